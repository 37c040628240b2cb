"""Model families: from standardised expression to a linear signature."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import norm, rankdata
from sklearn.linear_model import RidgeCV

Array = npt.NDArray[np.float64]


def normal_scores(values: Array) -> Array:
    """Van der Waerden scores ``Φ⁻¹((rank - 0.5) / n)`` of each column, ties at their mean rank.

    The response AUCs are scaled by each drug's most resistant model, so their distances mean little and one
    outlier would rule a least-squares fit; their order is what the tertiles and Spearman use.
    """
    return np.asarray(norm.ppf((rankdata(values, axis=0) - 0.5) / len(values)))


CONSTANT = 1e-9
"""A column whose spread is this share of its level is constant: floating point leaves 1e-17 of it."""


@dataclass(frozen=True)
class Ridge:
    """Ridge regression whose penalty is chosen by leave-one-out error within the data it is fitted on.

    Attributes
    ----------
    penalty_per_gene
        Candidate penalties, each multiplied by the number of genes.
    as_ranks
        Whether the responses are turned into normal scores, or only standardised.
    """

    penalty_per_gene: Sequence[float]
    as_ranks: bool = True

    def fit(self, expression: Array, sensitivity: Array) -> tuple[Array, Array]:
        """Fit every column of ``sensitivity`` on its own.

        Parameters
        ----------
        expression
            models × genes, any scale; standardised here, so nothing from outside these models is used.
        sensitivity
            models × targets, higher = more sensitive; brought to one scale here.

        Returns
        -------
        Weights on the standardised genes (genes × targets; 0 for a gene that does not vary) and the chosen
        penalties (targets), in multiples of the number of genes. There is no intercept: a score of 0 is the
        average model.
        """
        z = standardise(expression, expression)
        genes = int(z.any(axis=0).sum())
        ridge = RidgeCV(alphas=np.asarray(self.penalty_per_gene) * genes, alpha_per_target=True)
        ridge.fit(z, normal_scores(sensitivity) if self.as_ranks else standardise(sensitivity, sensitivity))
        weights = np.atleast_2d(ridge.coef_).T
        return weights, np.atleast_1d(ridge.alpha_) / genes


def standardise(values: Array, fitted_on: Array) -> Array:
    """``values`` as z-scores by the columns' mean and standard deviation in ``fitted_on`` (0 where that is 0)."""
    centre, spread = fitted_on.mean(axis=0), fitted_on.std(axis=0, ddof=1)
    varies = spread > CONSTANT * (1.0 + np.abs(centre))
    safe = np.where(varies, spread, 1.0)
    return np.where(varies, (values - centre) / safe, 0.0)
