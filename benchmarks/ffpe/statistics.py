"""Agreement of pairs of scores, with intervals by resampling the patients."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

RESAMPLES = 1000
LEVEL = 0.95
MIN_PAIRS = 5
"""Fewer pairs than this give no rank correlation worth a line (judgement)."""


def resamples(n: int, seed: int, draws: int = RESAMPLES) -> Array:
    """How often each of ``n`` patients is drawn: (1 + draws) × n; the first row is the patients as they are."""
    drawn = np.random.default_rng(seed).multinomial(n, np.full(n, 1.0 / n), size=draws)
    return np.vstack([np.ones((1, n)), drawn]).astype(float)


def spearman(a: Array, b: Array, weights: Array) -> Array:
    """Spearman correlation over patients for every resample and signature.

    A patient who is drawn twice counts as two with tied ranks, so this equals the correlation of the resampled rows.

    Parameters
    ----------
    a, b
        patients × signatures.
    weights
        resamples × patients.

    Returns
    -------
    resamples × signatures; 0 where a side has no variance.
    """
    x, y = (_centred_ranks(side, weights) for side in (a, b))
    shared, own_x, own_y = (np.einsum("sir,ri->rs", p * q, weights) for p, q in ((x, y), (x, x), (y, y)))
    norm = np.sqrt(own_x * own_y)
    return np.asarray(shared / np.where(norm > 0, norm, np.inf))


def _centred_ranks(side: Array, weights: Array) -> Array:
    """Mid-ranks less their mean: signatures × patients × resamples."""
    one, other = side.T[:, :, None], side.T[:, None, :]
    below = (other < one) + 0.5 * (other == one)
    # multiplicities as weights: a patient's rank is how many drawn patients lie below, ties by half
    return np.asarray(below @ weights.T - 0.5 * weights.sum(axis=1))


@dataclass(frozen=True)
class Agreement:
    """Paraffin against fresh, averaged over the signatures; the first entry is the patients as they are.

    Attributes
    ----------
    spearman
        Mean over signatures, by resample.
    shift
        Mean over signatures of the absolute mean of paraffin - fresh, by resample, in reference standard deviations.
    error
        Root mean square of paraffin - fresh, in the same units (patients as they are).
    spread
        Standard deviation of the fresh scores, in the same units: how much of the reference's spread the pairs have.
    pairs
        Patients with both scores.
    """

    spearman: Array
    shift: Array
    error: float
    spread: float
    pairs: int


def agreement(paraffin: Array, fresh: Array, seed: int, draws: int = RESAMPLES) -> Agreement:
    """Compare paraffin with fresh scores, patients × signatures, both in reference standard deviations.

    A patient whose sample could not be normalised (NaN) is left out; fewer than :data:`MIN_PAIRS` give NaN.
    """
    whole = np.isfinite(paraffin).all(axis=1) & np.isfinite(fresh).all(axis=1)
    a, b = paraffin[whole], fresh[whole]
    if len(a) < MIN_PAIRS:
        unknown = np.full(1 + draws, np.nan)
        return Agreement(unknown, unknown, float("nan"), float("nan"), len(a))
    weights = resamples(len(a), seed, draws)
    change = a - b
    return Agreement(
        spearman=spearman(a, b, weights).mean(axis=1),
        shift=np.abs(weights @ change / len(a)).mean(axis=1),
        error=float(np.sqrt((change**2).mean())),
        spread=float(b.std(axis=0, ddof=1).mean()),
        pairs=len(a),
    )


def interval(draws: Array) -> tuple[float, float]:
    """The central :data:`LEVEL` of the resamples (all but the first entry)."""
    low, high = np.quantile(draws[1:], [(1.0 - LEVEL) / 2.0, (1.0 + LEVEL) / 2.0])
    return float(low), float(high)
