"""Choosing a family per drug by a rule, inside each training fold (docs/training.md)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
from sklearn.base import clone
from sklearn.model_selection import KFold

from pancreassign.training.evaluate import spearman
from pancreassign.training.families import BLOCK, Linear

Array = npt.NDArray[np.float64]

OWN = 0.5
"""Weight of a drug's own inner correlation; the rest is the family's mean over the drugs (docs/training.md)."""
INNER_FOLDS, INNER_REPEATS = 5, 2
RULES = ("ships", "strict")
Places = npt.NDArray[np.intp]


class Estimator(Protocol):
    """What is cross-validated: an estimator in scikit-learn's manner, models × genes to models × targets."""

    def fit(self, expression: Array, sensitivity: Array) -> object:
        """Fit on models × genes and models × targets."""

    def predict(self, expression: Array) -> Array:
        """Scores, models × targets."""


@dataclass(frozen=True)
class Nested:
    """Out-of-fold scores (models × targets) with, by family, how many outer folds chose it (by target)."""

    scores: Array
    chosen: Mapping[str, npt.NDArray[np.int_]]


def splits(n: int, folds: int, repeats: int, seed: int) -> Iterator[tuple[Places, Places]]:
    """Train and test indices of a repeated K-fold."""
    for repeat in range(repeats):
        yield from KFold(folds, shuffle=True, random_state=seed + repeat).split(np.empty(n))


def out_of_fold(expression: Array, sensitivity: Array, family: Estimator, folds: int, repeats: int, seed: int) -> Array:
    """Scores of each model by one family's signatures that never saw it, averaged over the repeats.

    Everything that is fitted (standardisation, normal scores, penalty, weights) is fitted inside the training
    fold. No training mean is added back: pooled predictions that keep it are biased against the truth.

    Parameters
    ----------
    expression
        models × genes.
    sensitivity
        models × targets.

    Returns
    -------
    models × targets.
    """
    total = np.zeros_like(sensitivity)
    for train, test in splits(len(expression), folds, repeats, seed):
        fitted = clone(family)
        fitted.fit(expression[train], sensitivity[train])
        total[test] += fitted.predict(expression[test])
    return total / repeats


def choose(
    expression: Array, sensitivity: Array, families: Mapping[str, Linear], seed: int, block: int = BLOCK
) -> tuple[Places, Places]:
    """Per target, the place in ``families`` of the one that each rule chooses on these models.

    Returns
    -------
    By the rule that ships: the default (:func:`default_of`) unless another beats it by more than a standard error of
    the difference of their correlations. By the strict rule: the highest, without a default. The targets stand in
    blocks of ``block``, as in :mod:`pancreassign.training.families`.
    """
    inner = [
        out_of_fold(expression, sensitivity, family, INNER_FOLDS, INNER_REPEATS, seed) for family in families.values()
    ]
    merits = np.array([_merit(spearman(scores, sensitivity), block) for scores in inner])
    place = list(families).index(default_of(families))
    alike = np.array([spearman(scores, inner[place]) for scores in inner])
    margin = np.sqrt(2.0 * np.clip(1.0 - alike, 0.0, None) / (len(expression) - 1))
    clear = np.where(merits - merits[place] > margin, merits, -np.inf)
    clear[place] = np.where(np.isinf(clear).all(axis=0), 0.0, -np.inf)
    return np.argmax(clear, axis=0), np.argmax(merits, axis=0)  # the first of equals


def default_of(families: Iterable[str]) -> str:
    """The family that stands where no other is clearly better: the one that joins both sources, where there are two."""
    return "stack" if "stack" in families else "ridge"


def _merit(rho: Array, block: int) -> Array:
    """A family's inner correlations by target, each drawn half-way to the mean over the drugs of its block."""
    blocks = rho.reshape(-1, block)
    over_drugs = blocks[:, :-1].mean(axis=1, keepdims=True)
    return np.asarray((OWN * blocks + (1.0 - OWN) * over_drugs).ravel())


def nested(
    expression: Array,
    sensitivity: Array,
    families: Mapping[str, Linear],
    folds: int,
    repeats: int,
    seed: int,
    block: int = BLOCK,
) -> tuple[Nested, Nested]:
    """Out-of-fold scores of the whole procedure, by the rule that ships and by the strict one (see :func:`choose`).

    The choice of family is made inside each training fold.
    """
    totals = [np.zeros_like(sensitivity) for _ in RULES]
    counts = [np.zeros((len(families), sensitivity.shape[1]), dtype=int) for _ in RULES]
    for train, test in splits(len(expression), folds, repeats, seed):
        winners = choose(expression[train], sensitivity[train], families, seed, block)
        for place, family in enumerate(families.values()):
            mine = [winner == place for winner in winners]
            if not any(one.any() for one in mine):
                continue
            scores = clone(family).fit(expression[train], sensitivity[train]).predict(expression[test])
            for total, count, one in zip(totals, counts, mine, strict=True):
                total[np.ix_(test, one)] += scores[:, one]
                count[place] += one
    ships, strict = (
        Nested(total / repeats, dict(zip(families, count, strict=True)))
        for total, count in zip(totals, counts, strict=True)
    )
    return ships, strict
