"""Model families that give one weight a gene; each is a small estimator in scikit-learn's manner.

``fit`` takes models × genes and models × targets (higher = more sensitive) and ``predict`` gives models × targets. The
targets stand in blocks of ``block``, the last of each general sensitivity: a block is the five drugs, or the same
shuffled, so that many permutations are fitted at once. Scores have unit variance among the models fitted on, and
do not depend on a library's size (:func:`balanced`).
Everything is fitted on those models alone: genes are standardised by them, responses ranked among them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata
from sklearn.base import BaseEstimator, RegressorMixin

from pancreassign.training.models import CONSTANT, normal_scores, ridge_weights, standardise

Array = npt.NDArray[np.float64]

BLOCK = 6
"""Targets of a block where every drug is trained: five, then general sensitivity."""
MAX_GENES = 200
"""Genes of a signature at most (issue: a signature must be sparse enough to read)."""
TOP_GENES = 50
"""Genes of the correlated-gene score (judgement, of the order of published organoid signatures)."""


class Linear(RegressorMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn is untyped
    """What the linear families share: standardising, keeping the largest weights, unit variance.

    Attributes
    ----------
    coef_
        genes × targets, on z-scores; at most :data:`MAX_GENES` of a column differ from 0.
    """

    coef_: Array
    balance: Array | None
    _models: Array

    def fit(self, expression: Array, sensitivity: Array) -> Self:
        """Fit every column of ``sensitivity`` (models × targets) on ``expression`` (models × genes, log scale)."""
        z = standardise(expression, expression)
        self.coef_ = unit(z, balanced(sparse(self._weights(z, sensitivity)), self.balance))
        self._models = expression
        return self

    def predict(self, expression: Array) -> Array:
        """Scores (models × targets), higher = more sensitive; genes on the scale of the models fitted on."""
        return np.asarray(standardise(expression, self._models) @ self.coef_)

    def _weights(self, z: Array, sensitivity: Array) -> Array:
        raise NotImplementedError


def largest(values: Array, genes: int) -> npt.NDArray[np.bool_]:
    """Which are among the ``genes`` largest of their column in absolute value (all of equals at the edge)."""
    size = np.abs(values)
    if len(values) <= genes:
        return np.ones(values.shape, dtype=bool)
    return np.asarray(size >= np.partition(size, len(values) - genes, axis=0)[len(values) - genes])


def sparse(weights: Array) -> Array:
    """The :data:`MAX_GENES` largest weights of each column, in absolute value; the others become 0."""
    return np.where(largest(weights, MAX_GENES), weights, 0.0)


def balanced(weights: Array, balance: Array | None) -> Array:
    """The nearest weights with ``Σ weight · balance = 0`` in each column; genes without a weight stay without.

    With ``balance = 1 / sd``, a gene's spread in log units among the reference's tumours, a score does not change when
    every gene of a library moves by the same log factor: it is free of how the library's size was measured (zero-sum
    regression, Altenbuchinger et al. 2017, doi 10.1093/bioinformatics/btw598).
    """
    if balance is None:
        return weights
    own = balance[:, None] * (weights != 0.0)
    size = (own**2).sum(axis=0)
    return np.asarray(weights - own * (own * weights).sum(axis=0) / np.where(size > 0, size, 1.0))


def unit(z: Array, weights: Array) -> Array:
    """Weights whose scores over the models ``z`` have a standard deviation of 1 (as they are where it is 0)."""
    spread = (z @ weights).std(axis=0, ddof=1)
    return np.asarray(weights / np.where(spread > CONSTANT * np.abs(weights).sum(axis=0), spread, 1.0))


def towards_general(values: Array, share: float, block: int) -> Array:
    """Each column mixed with the last of its block: ``(1 - share) · own + share · general``."""
    if share == 0.0:
        return values
    blocks = values.reshape(len(values), -1, block)
    return np.asarray(((1.0 - share) * blocks + share * blocks[:, :, -1:]).reshape(values.shape))


def tiled(weights: Array, targets: int) -> Array:
    """Weights of one block's targets, repeated for every block."""
    return np.tile(weights, (1, targets // weights.shape[1]))


class CorrelatedGenes(Linear):
    """The genes that correlate best with the response, by their signs: the correlated-gene z-score.

    In the manner of Tiriac et al. 2018 (doi 10.1158/2159-8290.CD-18-0349), who took the genes that correlate with an
    organoid's AUC; here a fixed number of them by Spearman's correlation.
    """

    def __init__(self, genes: int = TOP_GENES, balance: Array | None = None) -> None:
        self.genes, self.balance = genes, balance

    def _weights(self, z: Array, sensitivity: Array) -> Array:
        ranks, responses = rankdata(z, axis=0), rankdata(sensitivity, axis=0)
        rho = standardise(ranks, ranks).T @ standardise(responses, responses)
        return np.where(largest(rho, self.genes), np.sign(rho), 0.0)


class Ridge(Linear):
    """Ridge on the responses' normal scores, or on those mixed with general sensitivity.

    Attributes
    ----------
    penalties_
        By target: the chosen penalty, in multiples of the number of genes.
    """

    penalties_: Array

    def __init__(
        self,
        penalty_per_gene: Sequence[float],
        general_share: float = 0.0,
        balance: Array | None = None,
        block: int = BLOCK,
    ) -> None:
        self.penalty_per_gene, self.general_share = penalty_per_gene, general_share
        self.balance, self.block = balance, block

    def _weights(self, z: Array, sensitivity: Array) -> Array:
        responses = towards_general(normal_scores(sensitivity), self.general_share, self.block)
        weights, self.penalties_ = ridge_weights(z, responses, self.penalty_per_gene)
        return weights


class Prior(Linear):
    """Weights learnt elsewhere, as they are (genes × targets of one block)."""

    def __init__(self, weights: Array, balance: Array | None = None) -> None:
        self.weights, self.balance = weights, balance

    def _weights(self, z: Array, sensitivity: Array) -> Array:
        return tiled(self.weights, sensitivity.shape[1])


class Stack(Linear):
    """Half the prior's score and half that of a ridge on these models, each at unit variance.

    Half and not a fitted share: with 35 models a share could hardly be told from its neighbours (judgement).
    """

    def __init__(
        self,
        weights: Array,
        penalty_per_gene: Sequence[float],
        general_share: float = 0.0,
        balance: Array | None = None,
        block: int = BLOCK,
    ) -> None:
        self.weights, self.penalty_per_gene, self.general_share = weights, penalty_per_gene, general_share
        self.balance, self.block = balance, block

    def _weights(self, z: Array, sensitivity: Array) -> Array:
        responses = towards_general(normal_scores(sensitivity), self.general_share, self.block)
        own, _ = ridge_weights(z, responses, self.penalty_per_gene)
        prior = towards_general(tiled(unit(z, self.weights), sensitivity.shape[1]), self.general_share, self.block)
        return 0.5 * unit(z, own) + 0.5 * unit(z, prior)


class Shrink(Linear):
    """Ridge that shrinks towards the prior's weights instead of towards zero.

    The prior's score enters with its least-squares slope, 0 where that is negative; ridge explains what is left.
    """

    def __init__(self, weights: Array, penalty_per_gene: Sequence[float], balance: Array | None = None) -> None:
        self.weights, self.penalty_per_gene, self.balance = weights, penalty_per_gene, balance

    def _weights(self, z: Array, sensitivity: Array) -> Array:
        responses = normal_scores(sensitivity)
        prior = tiled(unit(z, self.weights), sensitivity.shape[1])
        score = z @ prior
        slope = np.maximum((score * responses).sum(axis=0) / np.maximum((score**2).sum(axis=0), 1e-12), 0.0)
        own, _ = ridge_weights(z, responses - score * slope, self.penalty_per_gene)
        return np.asarray(prior * slope + own)


def families(
    penalty_per_gene: Sequence[float], prior: Array | None, balance: Array | None = None, block: int = BLOCK
) -> Mapping[str, Linear]:
    """Every family that may be chosen, in the order in which ties are settled (docs/training.md).

    Parameters
    ----------
    penalty_per_gene
        Candidate penalties of every ridge.
    prior
        Weights learnt on other models (genes × targets), or ``None``: then the families that need them are left out.
    balance
        By gene, as in :func:`balanced`.
    block
        Targets of a block: the drugs, and general sensitivity.
    """
    own: dict[str, Linear] = {
        "zscore": CorrelatedGenes(balance=balance),
        "ridge": Ridge(penalty_per_gene, balance=balance, block=block),
        "ridge_denoised": Ridge(penalty_per_gene, 0.5, balance, block),
        "ridge_general": Ridge(penalty_per_gene, 1.0, balance, block),
    }
    if prior is None:
        return own
    return {
        **own,
        "prior": Prior(prior, balance),
        "stack": Stack(prior, penalty_per_gene, balance=balance, block=block),
        "stack_denoised": Stack(prior, penalty_per_gene, 0.5, balance, block),
        "stack_general": Stack(prior, penalty_per_gene, 1.0, balance, block),
        "shrink": Shrink(prior, penalty_per_gene, balance),
    }
