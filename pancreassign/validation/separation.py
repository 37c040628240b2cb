"""Whether a Cox model's likelihood grows without end: the only case that is called separation."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import linprog

Array = npt.NDArray[np.float64]

SMALL = 1e-7
"""A gain or a part of a direction below this is none: the accuracy of the linear program."""


def separating(time: pd.Series, event: pd.Series, design: pd.DataFrame, stratum: pd.Series | None) -> list[str]:
    """The terms along which the partial likelihood grows without end; none where it has a maximum.

    It grows without end exactly where one direction puts every patient, at the time of the event, nowhere below those
    who are still followed, and at least once above one of them (Bryson and Johnson 1981, Technometrics 23:381-383).
    Whether there is such a direction is a linear program: exact, and no matter of how a search ended.

    Parameters
    ----------
    time, event, design, stratum
        As :func:`pancreassign.validation.cox.fit` takes them.

    Returns
    -------
    list of str
        Terms that do it alone, where there are any; else those of one direction that does.
    """
    steps = _steps(time, event, design, stratum)
    rising, falling = (steps >= 0).all(axis=0), (steps <= 0).all(axis=0)
    alone = (rising | falling) & (steps != 0).any(axis=0)
    if alone.any():
        return [str(name) for name in design.columns[alone]]
    if not len(steps):
        return []
    found = linprog(-steps.sum(axis=0), A_ub=-steps, b_ub=np.zeros(len(steps)), bounds=(-1.0, 1.0))
    if found.x is None or -found.fun <= SMALL:
        return []
    return [str(name) for name in design.columns[np.abs(found.x) > SMALL]]


def _steps(time: pd.Series, event: pd.Series, design: pd.DataFrame, stratum: pd.Series | None) -> Array:
    """Pairs × terms: each patient with the event less each who was still followed then, in the same stratum."""
    values, ends = design.to_numpy(dtype=float), time.to_numpy(dtype=float)
    values = values / np.abs(values).max(axis=0)  # the program's accuracy is the same for every term
    inside = np.zeros(len(ends), dtype=int) if stratum is None else pd.factorize(stratum)[0]
    pairs = [
        values[place] - values[(ends >= ends[place]) & (inside == inside[place])]
        for place in np.flatnonzero(event.to_numpy() > 0)
    ]
    return np.unique(np.concatenate(pairs), axis=0)
