"""Measures of skill, calibration curves, and the grade that they give."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import rankdata
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from pancreassign.records import BASE_RATE, Grade
from pancreassign.signatures.calibrate import curve

Array = npt.NDArray[np.float64]

INTERVAL = 0.95
"""Level of the validation intervals; that of Spearman decides grade C (design, section 4)."""
MAX_P = 0.025
"""One-sided permutation p that grade C must stay below: the tail of the interval."""
MAX_ADJUSTED_P = 0.05
"""The same after Holm's correction over the five drugs (as the design asks of grade B)."""
MIN_LOGIT_SPREAD = 0.1
"""Standard deviation of the logits below which a calibration slope says nothing (judgement)."""
SLOPE_SHRINKAGE = 1.0
"""Inverse penalty of the calibration curves on a score of unit variance (judgement: a weak pull to the base rate)."""


def in_third(sensitivity: Array, third: str = "sensitive") -> npt.NDArray[np.bool_]:
    """Which models belong to the ``sensitive`` (or ``resistant``) third by rank; ``sensitivity`` is 1-D.

    Ties are broken by position, alike for both thirds, so that no model is in both.
    """
    order = rankdata(sensitivity, method="ordinal")
    size = round(len(sensitivity) * BASE_RATE)
    return np.asarray(order > len(sensitivity) - size if third == "sensitive" else order <= size)


def spearman(a: Array, b: Array) -> Array:
    """Spearman correlation of each column of ``a`` with the same column of ``b`` (1-D arrays are one column).

    A column without variance has no correlation and gives 0.
    """
    x, y = (rankdata(v, axis=0) - (len(v) + 1) / 2 for v in (a, b))
    norm = np.sqrt((x**2).sum(axis=0) * (y**2).sum(axis=0))
    return np.asarray((x * y).sum(axis=0) / np.where(norm > 0, norm, np.inf))


def auroc(score: Array, positive: npt.NDArray[np.bool_]) -> float:
    """Area under the ROC curve by the rank-sum formula, ties half; NaN where a class is empty."""
    n_positive = int(positive.sum())
    n_negative = len(positive) - n_positive
    if not n_positive or not n_negative:
        return float("nan")
    return float((rankdata(score)[positive].sum() - n_positive * (n_positive + 1) / 2) / (n_positive * n_negative))


FLAT = (float(np.log(BASE_RATE / (1 - BASE_RATE))), 0.0)
"""The curve that says the base rate, whatever the score."""


def logistic(score: Array, positive: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """Intercept and slope of Platt's curve, weakly penalised; the flat curve where there is nothing to fit."""
    spread = score.std()
    if spread == 0 or positive.all() or not positive.any():
        return FLAT
    centre = score.mean()
    fit = LogisticRegression(C=SLOPE_SHRINKAGE).fit(((score - centre) / spread)[:, None], positive)
    slope = float(fit.coef_[0, 0]) / spread
    return float(fit.intercept_[0]) - slope * centre, slope


def directed(curve: tuple[float, float], direction: float) -> tuple[float, float]:
    """A curve whose slope runs against ``direction`` becomes flat.

    The direction is fixed by what a score means (higher = more sensitive); where the models contradict it, the
    score says nothing rather than the opposite. Refits stay as they are: that some run the other way is part of
    what is not known, and belongs in the interval.
    """
    return curve if curve[1] * direction > 0 else FLAT


def calibrate(score: Array, thirds: Mapping[str, npt.NDArray[np.bool_]], draws: int, seed: int) -> pd.DataFrame:
    """The calibration table of a signature: the fitted curves (draw 0), then bootstrap refits over patients.

    Parameters
    ----------
    thirds
        ``sensitive`` and ``resistant``: which models belong to each.
    """
    rng = np.random.default_rng(seed)
    picks = rng.integers(0, len(score), (draws, len(score)))
    columns: dict[str, list[float]] = {}
    for third, direction in (("sensitive", 1.0), ("resistant", -1.0)):
        inside = thirds[third]
        curves = [
            directed(logistic(score, inside), direction),
            *(logistic(score[pick], inside[pick]) for pick in picks),
        ]
        columns[f"{third}_intercept"] = [intercept for intercept, _ in curves]
        columns[f"{third}_slope"] = [slope for _, slope in curves]
    return pd.DataFrame(columns, index=pd.RangeIndex(draws + 1, name="draw"))


def left_out_chances(score: Array, positive: npt.NDArray[np.bool_]) -> Array:
    """Probability of each model to be positive, by a curve fitted on other models alone.

    Folds are stratified with one positive model each, so that every training part has the same base rate;
    otherwise a left-out positive model lowers the base rate that predicts it, and the figures come out worse
    than they are.
    """
    chances = np.empty(len(score))
    folds = StratifiedKFold(int(positive.sum()), shuffle=True, random_state=0)
    for train, test in folds.split(score[:, None], positive):
        intercept, slope = directed(logistic(score[train], positive[train]), 1.0)
        chances[test] = curve(score[test], intercept, slope)
    return chances


def calibration_figures(score: Array, positive: npt.NDArray[np.bool_]) -> dict[str, float | None]:
    """Brier score and calibration slope of :func:`left_out_chances`.

    ``positive`` are the models of the sensitive third. The slope is ``None`` where the probabilities barely differ:
    there is then nothing to slope.
    """
    chances = left_out_chances(score, positive)
    logit = np.log(chances / (1 - chances))
    free = LogisticRegression(C=np.inf).fit(logit[:, None], positive) if logit.std() > MIN_LOGIT_SPREAD else None
    return {
        "brier": float(np.mean((chances - positive) ** 2)),
        "brier_base_rate": float(np.mean((BASE_RATE - positive) ** 2)),
        "calibration_slope": None if free is None else float(free.coef_[0, 0]),
    }


def interval(values: Array, level: float = INTERVAL) -> dict[str, float]:
    """The central ``level`` of bootstrap values, as a record's interval names its ends."""
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return {"low": float(low), "high": float(high), "level": level}


def wilson(positive: float, n: float) -> dict[str, float]:
    """Wilson's interval of a share, of level :data:`INTERVAL`."""
    z, share = NormalDist().inv_cdf((1.0 + INTERVAL) / 2.0), positive / n
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * float(np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2)))
    return {"low": max(0.0, centre - half), "high": min(1.0, centre + half), "level": INTERVAL}


def holm(p: Mapping[str, float]) -> dict[str, float]:
    """p-values corrected for their number (Holm 1979, Scandinavian Journal of Statistics 6:65-70)."""
    order = sorted(p, key=lambda name: p[name])
    adjusted, highest = {}, 0.0
    for place, name in enumerate(order):
        highest = max(highest, min(1.0, (len(p) - place) * p[name]))
        adjusted[name] = highest
    return adjusted


def grade(figures: Mapping[str, Any]) -> Grade:
    """The evidence grade that cross-validation can give: C or D.

    C needs all of: the 95 % interval of Spearman above 0 (design, section 4; over the pancreatic models of every
    world, docs/training.md); a one-sided permutation p below the interval's own tail, because the interval holds the
    out-of-fold scores fixed and so excludes 0 too often where there is no skill; the same p corrected for five drugs,
    because five are tested; and, because a call speaks of the sensitive third, a Brier score below that of the base
    rate. A and B need a prospective trial or an independent set; ``train`` never assigns A, and no independent set is
    configured yet.
    """
    skilled = (
        figures["spearman_interval"]["low"] > 0
        and figures["permutation_p"] < MAX_P
        and figures["adjusted_p"] < MAX_ADJUSTED_P
        and figures["brier"] < figures["brier_base_rate"]
    )
    return "C" if skilled else "D"
