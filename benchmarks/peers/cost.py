"""Wall time and peak memory a sample, as ratios to pancreassign within one run."""

from __future__ import annotations

import statistics
import time
import tracemalloc
from collections.abc import Mapping

import pandas as pd

from benchmarks.peers.batches import Values
from benchmarks.peers.methods import OURS

RUNS = 3
"""Timed runs; the median is taken. One more comes before them, to warm up."""


def table(tumours: pd.DataFrame, scorers: Mapping[str, Values]) -> pd.DataFrame:
    """A row a method: scoring the columns of ``tumours`` together, models and packages loaded before.

    Returns
    -------
    ``seconds`` a sample, ``megabytes`` at the peak of the whole batch (what Python and numpy allocate), and both over
    those of :data:`OURS`. Times are of one machine on one day: only their ratios are worth a look.
    """
    rows = []
    for name, values in scorers.items():
        values(tumours)
        taken = []
        for _ in range(RUNS):
            start = time.perf_counter()
            values(tumours)
            taken.append(time.perf_counter() - start)
        tracemalloc.start()
        values(tumours)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        rows.append({"method": name, "seconds": statistics.median(taken) / tumours.shape[1], "megabytes": peak / 1e6})
    return with_ratios(pd.DataFrame(rows))


def with_ratios(found: pd.DataFrame) -> pd.DataFrame:
    """The table with ``time`` and ``memory`` as multiples of pancreassign's."""
    ours = found.set_index("method").loc[OURS]
    return found.assign(time=found["seconds"] / ours["seconds"], memory=found["megabytes"] / ours["megabytes"])
