"""Whether intervals and probabilities hold what they promise, on models that no signature was trained on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import beta
from sklearn.isotonic import IsotonicRegression

from pancreassign.training.models import normal_scores
from pancreassign.training.skill import World, thirds

Array = npt.NDArray[np.float64]

LEVEL = 0.9
"""Nominal level of the conformal intervals."""


def conformal(score: Array, response: Array) -> dict[str, Any]:
    """Leave-one-out conformal intervals of the response (as normal scores) around a line through the scores.

    For each model the line is fitted on the others, and half the interval is the ``ceil((n + 1) · level)``-th smallest
    of their leave-one-out residuals (Vovk et al. 2005; the jackknife of Barber et al. 2021, doi 10.1214/20-AOS1965).

    Returns
    -------
    ``n``, ``coverage`` with the exact 95 % binomial interval ``low`` and ``high``, the mean ``width``, and
    ``width_unknowing``: the width of intervals that do not know the score.
    """
    values = normal_scores(response[:, None])[:, 0]
    held, width = _jackknife(score, values)
    _, plain = _jackknife(np.zeros_like(score), values)
    hits, n = int(held.sum()), len(held)
    low = float(beta.ppf(0.025, hits, n - hits + 1)) if hits else 0.0
    high = float(beta.ppf(0.975, hits + 1, n - hits)) if hits < n else 1.0
    return {
        "n": n,
        "coverage": hits / n,
        "low": low,
        "high": high,
        "level": LEVEL,
        "width": float(width.mean()),
        "width_unknowing": float(plain.mean()),
    }


def _jackknife(score: Array, values: Array) -> tuple[npt.NDArray[np.bool_], Array]:
    """Whether each model's interval holds its value, and the intervals' widths."""
    held, width = np.empty(len(score), dtype=bool), np.empty(len(score))
    for place in range(len(score)):
        others = np.arange(len(score)) != place
        residuals = np.sort(np.abs(_left_out_residuals(score[others], values[others])))
        rank = min(math.ceil((len(residuals) + 1) * LEVEL), len(residuals)) - 1
        line = _line(score[others], values[others])
        half = residuals[rank]
        held[place] = abs(values[place] - line(score[place])) <= half
        width[place] = 2.0 * half
    return held, width


def _line(score: Array, values: Array) -> Any:
    spread = float(((score - score.mean()) ** 2).sum())
    slope = float(((score - score.mean()) * (values - values.mean())).sum()) / spread if spread > 0 else 0.0
    return lambda one: values.mean() + slope * (one - score.mean())


def _left_out_residuals(score: Array, values: Array) -> Array:
    """Residual of each model from the line through the others: ``e / (1 - h)`` with its leverage ``h``."""
    away = score - score.mean()
    spread = float((away**2).sum())
    leverage = 1.0 / len(score) + (away**2 / spread if spread > 0 else 0.0)
    return np.asarray((values - _line(score, values)(score)) / (1.0 - leverage))


def venn_abers(worlds: Sequence[World], target: str) -> dict[str, float]:
    """Leave-one-out Venn-Abers probabilities of the sensitive third, beside the logistic curve that ships.

    Each model is scored by two isotonic curves fitted on the others and on itself, once taken as sensitive and once
    not (Vovk and Petej 2014, arXiv 1211.0025); the probability is ``p1 / (1 - p0 + p1)``.

    Returns
    -------
    ``brier`` of these probabilities and ``width``, the mean of ``p1 - p0``.
    """
    parts = [world.of(target) for world in worlds]
    score, positive = np.concatenate([one for one, _ in parts]), thirds(parts, "sensitive").astype(float)
    chance, width = np.empty(len(score)), np.empty(len(score))
    for place in range(len(score)):
        ends = []
        for label in (0.0, 1.0):
            labels = positive.copy()
            labels[place] = label
            ends.append(float(IsotonicRegression().fit(score, labels).predict(score[place : place + 1])[0]))
        low, high = ends
        chance[place], width[place] = high / (1.0 - low + high), high - low
    return {"brier": float(((chance - positive) ** 2).mean()), "width": float(width.mean())}
