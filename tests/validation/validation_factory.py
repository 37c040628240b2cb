"""Made-up scores and responses, as the files that a user would have. No model or patient stands behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from pancreassign.export.table import COLUMNS
from pancreassign.records import Drug


def names(n: int) -> list[str]:
    return [f"S{place:03d}" for place in range(n)]


def write_summary(path: Path, scores: Mapping[str, Sequence[float]], **columns: Sequence[object]) -> Path:
    """A ``summary.tsv``: scores by drug, other drugs empty; ``columns`` as in the file (``-`` is written ``_``)."""
    n = len(next(iter(scores.values())))
    table = pd.DataFrame("", index=range(n), columns=list(COLUMNS)).astype(object)
    table["sample"], table["patient"], table["qc"] = names(n), [f"P{place}" for place in range(n)], "pass"
    for drug in Drug:
        table[f"{drug}_call"] = "not_evaluable"
    for name, values in scores.items():
        table[f"{name}_score"] = list(values)
        table[f"{name}_percentile"] = 50.0
        table[f"{name}_probability"] = [round(1 / (1 + np.exp(0.7 - value)), 6) for value in values]
    for name, cells in columns.items():
        table[name] = list(cells)
    table.to_csv(path, sep="\t", index=False)
    return path


def write_table(path: Path, **columns: Sequence[object]) -> Path:
    pd.DataFrame({name: list(cells) for name, cells in columns.items()}).to_csv(path, sep="\t", index=False)
    return path


def correlated(n: int, rho: float, seed: int = 1) -> tuple[list[float], list[float]]:
    """Two columns whose true correlation is ``rho``."""
    rng = np.random.default_rng(seed)
    first, noise = rng.normal(size=(2, n))
    return list(np.round(first, 6)), list(np.round(rho * first + np.sqrt(1 - rho**2) * noise, 6))
