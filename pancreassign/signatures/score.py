"""Scoring one normalised sample with one linear signature."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

MIN_COVERAGE = 0.8
"""Share of a signature's absolute weight that must be measured (judgement: a fifth of the score unseen is too much)."""


@dataclass(frozen=True)
class Score:
    """A score with the noise that can be computed from the sample itself.

    Attributes
    ----------
    value
        Higher = more sensitive, in standard deviations of the training models' response. ``None`` where the
        genes found carry less than :data:`MIN_COVERAGE` of the absolute weight, or the library is empty.
    noise
        Standard deviation of ``value`` from counting noise and from genes that are missing.
    missing
        Ensembl ids of signature genes that the sample did not measure.
    contributions
        By Ensembl gene id, in units of the score; they sum to ``value``.
    """

    value: float | None
    noise: float
    missing: list[str]
    contributions: pd.Series


def score(weights: pd.Series, z: pd.Series, error: pd.Series, loadings: pd.DataFrame) -> Score:
    """``value = Σ w·z`` over the genes found.

    A missing gene counts as the reference mean (z = 0), and what it varies among the reference tumours goes into
    the noise. Genes vary together: with the loadings ``L`` of the reference's factors on the z scale,
    ``noise² = Σ_found (w·error)² + Σ_factors (Σ_missing w·L)² + Σ_missing w²·(1 - Σ_factors L²)``.

    Parameters
    ----------
    weights
        By Ensembl gene id.
    z, error
        As in :class:`pancreassign.normalize.apply.Normalised`.
    loadings
        genes × factors, at least the signature's genes, on the z scale.
    """
    found = weights.index.intersection(z.index, sort=False)
    missing = weights.index.difference(found)
    contributions = weights.loc[found] * z.loc[found]
    covered = float(weights.loc[found].abs().sum() / weights.abs().sum())
    variance = float(((weights.loc[found] * error.loc[found]) ** 2).sum())
    variance += _missing_variance(weights.loc[missing].to_numpy(), loadings.loc[missing].to_numpy())
    # a plain pairwise sum, not a BLAS product: the same bits on every machine
    value = float(np.add.reduce(contributions.to_numpy()))
    usable = covered >= MIN_COVERAGE and np.isfinite(value)
    return Score(value if usable else None, float(np.sqrt(variance)), list(missing), contributions)


def _missing_variance(weights: npt.NDArray[np.float64], loadings: npt.NDArray[np.float64]) -> float:
    shared = ((weights[:, None] * loadings).sum(axis=0) ** 2).sum()
    own = (weights**2 * np.clip(1.0 - (loadings**2).sum(axis=1), 0.0, None)).sum()
    return float(shared + own)
