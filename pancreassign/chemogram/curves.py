"""The dose-response curve: a bounded four-parameter log-logistic, fitted to every well, and its figures."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

Floats = NDArray[np.float64]
LN10 = math.log(10.0)
TOP = (0.8, 1.2)
"""Bounds of the upper plateau (judgement): further off, the untreated control does not fit the plate."""
HILL = (0.3, 10.0)
"""Bounds of the slope (judgement): beyond 10 a curve falls between two doses of any usual ladder and looks the same."""
BEYOND = 1.0
"""Decades beyond the doses in which the inflection may lie (judgement)."""
FEWEST = {6: 4, 5: 3, 4: 2}
"""Parameters by the number of doses that they need at least: two doses more than parameters.

Four are top, E_inf, Hill and inflection; three fix the top at 1; two fix E_inf at 0 as well.
"""
BLOCKS, STARTS = 8, 5
"""Starts that are polished: the best curves of a grid, one from each of the best blocks of inflections (judgement).

Neighbours on the grid lead to one minimum; a block apart may lead to a better one.
"""
TOLERANCE = 1e-12
"""Where a fit stops: so late that what it has not settled lies below the digits that are written."""
GRID = {"share": 6, "hill": 7, "centre": 32}
"""Steps of the grid of starts in E_inf / top, Hill and inflection (judgement)."""
HALF = 0.5
"""The viability that defines the IC50."""


@dataclass(frozen=True)
class Curve:
    """``viability(d) = e_inf + (top - e_inf) / (1 + (d / ec50)**hill)`` with ``ec50 = 10**log_ec50`` µM.

    ``e_inf`` is the viability at endless dose; ``log_ec50`` is log10 of the inflection in µM, which is not the IC50
    where ``top`` is not 1 or ``e_inf`` not 0; ``parameters`` says how many of the four were fitted.
    """

    top: float
    e_inf: float
    hill: float
    log_ec50: float
    parameters: int = 4

    def viability(self, log_dose: Floats) -> Floats:
        """Viability at log10 doses in µM, of the same shape."""
        return np.asarray(_model(np.array([self.top, 1.0, self.hill, self.log_ec50]), log_dose, self.e_inf))


def _model(theta: Floats, log_dose: Floats, e_inf: float) -> Floats:
    top, _, hill, centre = theta
    return np.asarray(e_inf + (top - e_inf) * _survival(hill, centre, log_dose))


def _survival(hill: float, centre: float, log_dose: Floats) -> Floats:
    """``1 / (1 + (d / ec50)**hill)``, without overflow."""
    return np.asarray(np.exp(-np.logaddexp(0.0, hill * LN10 * (log_dose - centre))))


def fit(log_dose: Floats, viability: Floats) -> Curve | None:
    """Fit by least squares on every well.

    Parameters
    ----------
    log_dose
        (doses,) log10 µM, increasing.
    viability
        (doses, replicates), NaN where a well is blank.

    Returns
    -------
    The curve, with as many parameters as :data:`FEWEST` grants; ``None`` for fewer doses than 4. A curve never rises
    with dose: ``0 <= e_inf <= top``.
    """
    free = next((number for doses, number in FEWEST.items() if len(log_dose) >= doses), None)
    if free is None:
        return None
    row, _ = np.nonzero(~np.isnan(viability))
    x, y = log_dose[row], viability[~np.isnan(viability)]
    low = np.array([TOP[0], 0.0, math.log(HILL[0]), log_dose[0] - BEYOND])
    high = np.array([TOP[1], 1.0, math.log(HILL[1]), log_dose[-1] + BEYOND])
    fixed = 4 - free  # the first of (top, e_inf / top, ln hill, inflection) stay where they are
    best, cost = None, math.inf
    for start in _starts(x, y, low, high, fixed):
        found = least_squares(
            lambda part, start=start: _curve(_whole(part, start), x) - y,
            start[fixed:],
            jac=lambda part, start=start: _jacobian(_whole(part, start), x)[:, fixed:],
            bounds=(low[fixed:], high[fixed:]),
            ftol=TOLERANCE,
            xtol=TOLERANCE,
            gtol=TOLERANCE,
        )
        if found.cost < cost * (1 - 1e-9):  # a tie goes to the earlier start
            best, cost = _whole(found.x, start), float(found.cost)
    assert best is not None  # there is always a start, and its cost is finite
    top, share, log_hill, centre = (float(value) for value in best)
    return Curve(top, top * share, math.exp(log_hill), centre, free)


def _whole(part: Floats, start: Floats) -> Floats:
    return np.concatenate([start[: 4 - len(part)], part])


def _curve(theta: Floats, x: Floats) -> Floats:
    """Viability by (top, e_inf / top, ln hill, inflection): a box in these is ``0 <= e_inf <= top``."""
    top, share, log_hill, centre = theta
    return np.asarray(top * (share + (1 - share) * _survival(math.exp(log_hill), centre, x)))


def _jacobian(theta: Floats, x: Floats) -> Floats:
    """(wells, 4) derivatives of :func:`_curve`."""
    top, share, log_hill, centre = theta
    slope = math.exp(log_hill) * LN10
    survival = _survival(math.exp(log_hill), centre, x)
    steep = -top * (1 - share) * survival * (1 - survival)
    columns = [share + (1 - share) * survival, top * (1 - survival), steep * slope * (x - centre), -steep * slope]
    return np.column_stack(columns)


def _starts(x: Floats, y: Floats, low: Floats, high: Floats, fixed: int) -> list[Floats]:
    """The best curves of a grid, the best first: the same for the same wells, so a fit owes nothing to chance."""
    top = 1.0 if fixed else float(np.clip(np.mean(y[x == x.min()]), *TOP))
    shares = np.zeros(1) if fixed == 2 else np.linspace(0.0, 1.0, GRID["share"])
    hills = np.linspace(low[2], high[2], GRID["hill"])
    centres = np.linspace(low[3], high[3], GRID["centre"])
    share, hill, centre = (axis.ravel() for axis in np.meshgrid(shares, hills, centres, indexing="ij"))
    curves = share + (1 - share) * np.exp(-np.logaddexp(0.0, np.exp(hill) * LN10 * (x[:, None] - centre)))
    error = np.sum((top * curves - y[:, None]) ** 2, axis=0)
    block = np.searchsorted(np.linspace(low[3], high[3], BLOCKS + 1)[1:-1], centre)
    leaders = [int(np.flatnonzero(block == one)[np.argmin(error[block == one])]) for one in range(BLOCKS)]
    best = sorted(leaders, key=lambda one: float(error[one]))[:STARTS]
    return [np.array([top, share[one], hill[one], centre[one]]) for one in best]


def area_above(curve: Curve, low: float, high: float) -> float:
    """AAC: the mean of ``1 - viability`` over log10 doses from ``low`` to ``high``; 0 to 1, high = sensitive.

    Where the curve lies above 1 it counts as 1: growth beyond the control is not the opposite of kill. In closed form:
    with ``s(x) = 1 / (1 + 10**(hill (x - c)))``, the integral of ``s`` is ``x - log10(1 + 10**(hill (x - c))) / hill``.
    """
    start = max(low, _crossing(curve, 1.0)) if curve.top > 1 else low
    if start >= high:
        return 0.0

    def integral(x: float) -> float:
        return x - float(np.logaddexp(0.0, curve.hill * LN10 * (x - curve.log_ec50))) / (LN10 * curve.hill)

    above = (1 - curve.e_inf) * (high - start) - (curve.top - curve.e_inf) * (integral(high) - integral(start))
    return min(max(above / (high - low), 0.0), 1.0)


def _crossing(curve: Curve, level: float) -> float:
    """log10 dose at which the curve falls to ``level``; infinite where it never does, or always is below."""
    if curve.e_inf >= level:
        return math.inf
    if curve.top <= level:
        return -math.inf
    return curve.log_ec50 + math.log10((curve.top - level) / (level - curve.e_inf)) / curve.hill


def ic50(curve: Curve, lowest: float, highest: float) -> tuple[str, float]:
    """The dose in µM at which the curve falls to half of the untreated control.

    Returns
    -------
    ``("=", dose)``; ``(">", highest)`` where half is not reached at the tested doses, ``("<", lowest)`` where the
    lowest tested dose is past it. Nothing is read off the curve beyond the doses ``lowest`` and ``highest`` (µM).
    """
    log_dose = _crossing(curve, HALF)
    if log_dose > math.log10(highest):
        return ">", float(highest)
    if log_dose < math.log10(lowest):
        return "<", float(lowest)
    return "=", 10.0**log_dose


def area_by_trapezoid(log_dose: Floats, means: Floats, low: float, high: float) -> float:
    """AAC without a model: straight lines between the mean viabilities, cut to 0 to 1, over ``low`` to ``high``.

    Beyond the doses the outermost mean is held.
    """
    inner = log_dose[(log_dose > low) & (log_dose < high)]
    x = np.concatenate([[low], inner, [high]])
    above = np.clip(1.0 - np.interp(x, log_dose, means), 0.0, 1.0)
    return float(np.sum((above[1:] + above[:-1]) / 2 * np.diff(x)) / (high - low))
