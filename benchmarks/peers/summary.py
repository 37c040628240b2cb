"""The one table of the comparison: a row a method, what is asked of it in the columns."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from benchmarks.peers.batches import CHANGES
from benchmarks.peers.methods import METHODS
from benchmarks.peers.skill import MEAN


def table(written: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Join the tables ``skill``, ``batches`` and ``cost`` of a run.

    Returns
    -------
    By method, from ``skill`` the mean of the five drugs in each set with its interval and its distance from ours, from
    ``batches`` the root mean square over the drugs and the patients of each move and whether a patient can be scored
    alone, from ``cost`` the ratios. A method that did not run has a row all the same.
    """
    found = pd.DataFrame(index=pd.Index(METHODS, name="method"))
    mean = written["skill"][written["skill"]["drug"] == MEAN]
    for world, own in mean.groupby("set", sort=False):
        figures = own.set_index("method").drop(columns=["set", "drug", "n"])
        found = found.join(figures.add_prefix(f"{world}: "))
    moves = written["batches"].groupby("method")
    for change in CHANGES:
        # the square again: the mean over patients stands under the root of each drug's figure
        found[change] = moves[change].agg(lambda one: float((one**2).mean() ** 0.5))
    found["alone"] = moves["alone"].agg(lambda one: "; ".join(dict.fromkeys(one)))
    return found.join(written["cost"].set_index("method")[["time", "memory"]]).reset_index()
