"""From a score to a percentile, a probability with its interval, and a call.

Two logistic curves, fitted on out-of-fold scores of the training models, give the probability of being in the
sensitive and in the resistant third of models (tertiles as Shi et al. 2022, doi 10.1038/s41467-022-29857-6;
the curve is Platt's). Each curve comes with bootstrap refits, so that it shows in the interval how few the
models are.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt
import pandas as pd

from pancreassign.records import BASE_RATE, Call, Grade

Array = npt.NDArray[np.float64]

LEVEL = 0.9
"""Level of every interval on a record: 5 % in each tail (judgement)."""
HALF_WIDTH = NormalDist().inv_cdf((1.0 + LEVEL) / 2.0)
"""Half the width of a normal interval of that level, in standard deviations (1.645)."""
TOLERANCE = 1e-6
"""Curves are stored with six digits: a probability this close to the base rate is the base rate."""
BEYOND = 1.0
"""Standard deviations beyond the lowest or highest reference tumour from which a score is outside (judgement)."""
NOISE_STEPS = np.array([NormalDist().inv_cdf((i + 0.5) / 201) for i in range(201)])
"""Evenly spread quantiles of the standard normal: the score's noise without a random number."""


@dataclass(frozen=True)
class Estimate:
    """A probability and its interval of level :data:`LEVEL`."""

    low: float
    point: float
    high: float


def curve(score: float | Array, intercept: float | Array, slope: float | Array) -> Array:
    """The logistic curve ``1 / (1 + exp(-(intercept + slope · score)))``."""
    return np.asarray(1.0 / (1.0 + np.exp(-(intercept + slope * np.asarray(score)))))


def probability(score: float, noise: float, calibration: pd.DataFrame, third: str) -> Estimate:
    """Probability of being in the ``third`` (``sensitive`` or ``resistant``) of models.

    The point is the fitted curve at the score. The interval holds the central :data:`LEVEL` of the curve's
    bootstrap refits, each evaluated over the score's own noise.

    Parameters
    ----------
    score, noise
        The score and its standard deviation.
    calibration
        A row per curve: the fit first, then the refits; columns ``<third>_intercept`` and ``<third>_slope``.
    """
    intercepts = calibration[f"{third}_intercept"].to_numpy()
    slopes = calibration[f"{third}_slope"].to_numpy()
    point = float(curve(score, intercepts[0], slopes[0]))
    scores = score + noise * NOISE_STEPS
    spread = curve(scores[None, :], intercepts[1:, None], slopes[1:, None])
    low, high = np.quantile(spread, [(1.0 - LEVEL) / 2.0, (1.0 + LEVEL) / 2.0])
    # the refits scatter about the fit, but a fit that was made flat may lie beside them: the interval holds it too
    return Estimate(min(float(low), point), point, max(float(high), point))


def is_outside(score: float | None, reference: Array) -> bool:
    """Whether a score lies further from the reference tumours' scores than :data:`BEYOND` allows."""
    room = BEYOND * float(reference.std(ddof=1))
    return score is not None and not float(reference.min()) - room <= score <= float(reference.max()) + room


def call(estimate: Estimate | None, grade: Grade, qc_failed: bool, outside: bool = False) -> tuple[Call, str]:
    """The call and the code of its reason (design, section 3).

    ``sensitive`` where the whole interval lies above the base rate of one third, ``resistant`` where it lies
    below, ``intermediate`` where it holds it. Never by percentile, which would call a third of any cohort. A score
    ``outside`` what any reference tumour has is an extrapolation, which is not called.
    """
    if qc_failed:
        return Call.NOT_EVALUABLE, "quality_failed"
    if estimate is None:
        return Call.NOT_EVALUABLE, "gene_coverage"
    if grade == "D":
        return Call.NOT_EVALUABLE, "no_demonstrated_skill"
    if outside:
        return Call.NOT_EVALUABLE, "outside_reference"
    if estimate.low > BASE_RATE + TOLERANCE:
        return Call.SENSITIVE, "called"
    if estimate.high < BASE_RATE - TOLERANCE:
        return Call.RESISTANT, "called"
    return Call.INTERMEDIATE, "called"
