"""What every model family is made of: normal scores of the responses, standardised genes, ridge weights."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.stats import norm, rankdata
from sklearn.linear_model import RidgeCV

Array = npt.NDArray[np.float64]

CONSTANT = 1e-9
"""A column whose spread is this share of its level is constant: floating point leaves 1e-17 of it."""


def normal_scores(values: Array) -> Array:
    """Van der Waerden scores ``Φ⁻¹((rank - 0.5) / n)`` of each column, ties at their mean rank.

    The response AUCs are scaled by each drug's most resistant model, so their distances mean little and one
    outlier would rule a least-squares fit; their order is what the tertiles and Spearman use.
    """
    return np.asarray(norm.ppf((rankdata(values, axis=0) - 0.5) / len(values)))


def standardise(values: Array, fitted_on: Array) -> Array:
    """``values`` as z-scores by the columns' mean and standard deviation in ``fitted_on`` (0 where that is 0)."""
    centre, spread = fitted_on.mean(axis=0), fitted_on.std(axis=0, ddof=1)
    varies = spread > CONSTANT * (1.0 + np.abs(centre))
    safe = np.where(varies, spread, 1.0)
    return np.where(varies, (values - centre) / safe, 0.0)


def ridge_weights(z: Array, responses: Array, penalty_per_gene: Sequence[float]) -> tuple[Array, Array]:
    """Ridge on standardised genes, the penalty of each target chosen by leave-one-out error.

    Parameters
    ----------
    z
        models × genes, standardised; a gene that does not vary is 0 throughout and counts for no penalty.
    responses
        models × targets, centred.
    penalty_per_gene
        Candidate penalties, each multiplied by the number of genes that vary.

    Returns
    -------
    Weights (genes × targets) and the chosen penalties (targets), in multiples of the number of genes. There is no
    intercept: a score of 0 is the average model.
    """
    genes = max(int(z.any(axis=0).sum()), 1)
    ridge = RidgeCV(alphas=np.asarray(penalty_per_gene) * genes, alpha_per_target=True).fit(z, responses)
    weights = np.reshape(ridge.coef_, (responses.shape[1], z.shape[1])).T
    return weights, np.atleast_1d(ridge.alpha_) / genes
