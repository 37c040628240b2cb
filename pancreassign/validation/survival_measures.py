"""Measures of survival that need no model: Kaplan-Meier curves, restricted means, concordance."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from pancreassign.training.evaluate import INTERVAL, interval

Array = npt.NDArray[np.float64]

DRAWS, SEED = 1000, 0
"""Bootstrap draws of patients for the concordance, and their seed."""
BLOCK = 500
"""Patients whose pairs are held in memory at once."""
STEPS = (1.0, 2.0, 3.0, 6.0, 12.0, 24.0, 60.0)
MOST_TICKS = 8
"""Months between the ticks of a curve's axis, and how many ticks it may have."""


@dataclass(frozen=True)
class Curve:
    """The Kaplan-Meier estimate of one group.

    Parameters
    ----------
    times, survival, low, high
        The steps, from time 0 on: share alive, with its interval (log-log; NaN where there is none).
    censored
        Times at which patients were censored.
    at_risk
        Patients still followed, by time of :func:`ticks`.
    median
        In months, with its interval; ``None`` where the curve does not come down to a half.
    """

    name: str
    n: int
    events: int
    times: Array
    survival: Array
    low: Array
    high: Array
    censored: Array
    at_risk: dict[float, int]
    median: dict[str, Any]

    def at(self, time: Array) -> Array:
        """Share alive at each ``time`` (1-D)."""
        return np.asarray(self.survival[np.searchsorted(self.times, time, side="right") - 1])


def ticks(longest: float) -> list[float]:
    """Times of the axis, in months: even, the fewest of :data:`STEPS` that make no more than :data:`MOST_TICKS`."""
    step = next((step for step in STEPS if longest / step < MOST_TICKS), STEPS[-1])
    return [float(time) for time in np.arange(0.0, longest + 1e-9, step)]


def curve(name: str, table: pd.DataFrame, axis: list[float]) -> Curve:
    """The curve of the patients of ``table`` (columns ``time`` in months, ``event``), by lifelines."""
    from lifelines import KaplanMeierFitter

    fitter = KaplanMeierFitter(alpha=1.0 - INTERVAL).fit(table["time"], table["event"])
    times = fitter.survival_function_.index.to_numpy(dtype=float)
    survival = fitter.survival_function_.iloc[:, 0].to_numpy(dtype=float)
    low, high = (fitter.confidence_interval_.iloc[:, place].to_numpy(dtype=float) for place in (0, 1))
    return Curve(
        name=name,
        n=len(table),
        events=int(table["event"].sum()),
        times=times,
        survival=survival,
        low=low,
        high=high,
        censored=np.sort(table.loc[table["event"] == 0, "time"].to_numpy(dtype=float)),
        at_risk={time: int((table["time"] >= time).sum()) for time in axis},
        median={
            "value": _half(times, survival),
            "low": _half(times, low),
            "high": _half(times, high),
            "level": INTERVAL,
        },
    )


def _half(times: Array, survival: Array) -> float | None:
    """The first time at which no more than half are alive; of a limit of the interval, the limit of the median."""
    below = np.flatnonzero(survival <= 0.5)
    return float(times[below[0]]) if len(below) else None


def follow_up(table: pd.DataFrame) -> dict[str, Any]:
    """Median follow-up in months by the reverse Kaplan-Meier method (Schemper and Smith 1996, Control Clin Trials)."""
    return curve("follow-up", table.assign(event=1 - table["event"]), []).median


def log_rank(table: pd.DataFrame) -> float:
    """Two-sided p-value that the groups' survival is the same (log-rank; columns ``time``, ``event``, ``group``)."""
    from lifelines.statistics import multivariate_logrank_test

    return float(multivariate_logrank_test(table["time"], table["group"], table["event"]).p_value)


def restricted_mean(one: Curve, until: float, table: pd.DataFrame) -> tuple[float, float]:
    """Mean survival up to ``until`` (months) and its variance.

    The area under the curve, and Greenwood's variance of it (Royston and Parmar 2013, doi 10.1186/1471-2288-13-152).
    lifelines gives the variance of a patient's restricted time instead, which no interval of the mean can be made of.
    """
    edges = np.append(one.times[one.times < until], until)
    areas = one.at(edges[:-1]) * np.diff(edges)
    variance = 0.0
    for time in edges[1:-1]:
        risk = int((table["time"] >= time).sum())
        died = int(((table["time"] == time) & (table["event"] == 1)).sum())
        if 0 < died < risk:  # where all die, no area is left
            variance += float(areas[edges[:-1] >= time].sum()) ** 2 * died / (risk * (risk - died))
    return float(areas.sum()), variance


def restricted_difference(first: str, second: str, table: pd.DataFrame) -> dict[str, Any]:
    """Restricted mean survival of one group less that of another, up to the last time that both were followed to.

    Parameters
    ----------
    first, second
        Names of two groups.
    table
        Columns ``time`` (months), ``event``, ``group``.

    Returns
    -------
    dict
        ``value``, ``low``, ``high``, ``level``, ``p`` in months; ``until``; and each group's ``mean``. No interval
        where a group has no event until then: its mean would seem to be known without error.
    """
    own = {name: table[table["group"] == name] for name in (first, second)}
    until = min(float(part["time"].max()) for part in own.values())
    means = {name: restricted_mean(curve(name, part, []), until, part) for name, part in own.items()}
    difference = means[first][0] - means[second][0]
    error = float(np.sqrt(means[first][1] + means[second][1]))
    known = {"until": until, "mean": {name: mean for name, (mean, _) in means.items()}}
    if not all(variance > 0 for _, variance in means.values()):
        return {"value": difference, "low": None, "high": None, "level": INTERVAL, "p": None, **known}
    normal = NormalDist()
    half = normal.inv_cdf((1.0 + INTERVAL) / 2.0) * error
    p = 2.0 * normal.cdf(-abs(difference / error))
    return {
        "value": difference,
        "low": difference - half,
        "high": difference + half,
        "level": INTERVAL,
        "p": p,
        **known,
    }


def concordance(time: Array, event: Array, score: Array) -> dict[str, Any]:
    """Harrell's C: of two patients of whom it is known who lived longer, how often that is the one of higher score.

    0.5 is chance; above it, more sensitive patients live longer. Equal scores count half. The interval is the
    bootstrap's over patients; a pair of one patient with himself, which a draw can make, is no pair.

    Returns
    -------
    dict
        ``value``, ``low``, ``high``, ``level``; ``None`` where no two patients can be compared.
    """
    n = len(time)
    rng = np.random.default_rng(SEED)
    weights = np.vstack([np.ones(n), rng.multinomial(n, np.full(n, 1.0 / n), DRAWS)])
    agreeing, comparable = np.zeros(len(weights)), np.zeros(len(weights))
    for start in range(0, n, BLOCK):
        own = slice(start, start + BLOCK)
        before = (time[own, None] < time) | ((time[own, None] == time) & (event < 1))
        pairs = (event[own, None] > 0) & before
        right = pairs * ((score[own, None] < score) + 0.5 * (score[own, None] == score))
        for total, matrix in ((agreeing, right), (comparable, pairs.astype(float))):
            total += np.einsum("wi,wi->w", weights[:, own], weights @ matrix.T)
    if not comparable[0] > 0:
        return {"value": None, "low": None, "high": None, "level": INTERVAL}
    usable = comparable > 0
    shares = agreeing[usable] / comparable[usable]
    return {"value": float(shares[0]), **interval(shares[1:])}
