"""How far two laboratories agree on the same lines and drugs: a rough ceiling for any model of one assay."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from pancreassign.training.datasets import read_response, read_table
from pancreassign.training.evaluate import spearman
from pancreassign.training.recipe import Ceiling

MIN_LINES = 5
"""Lines of a tissue that both assays must share for the tissue to count: fewer have no centre to speak of."""
NORMAL_975 = 1.959964
MAX_RHO = 0.999999
"""Fisher's z has no end at a perfect correlation."""


def between_assays(recipe: Ceiling, data: Path) -> dict[str, dict[str, float | None]]:
    """Agreement of two assays, within tissues, per drug.

    Returns
    -------
    ``n`` shared lines of the tissues kept; ``rho``, their Spearman correlation after each tissue's mean is taken
    off, with its 95 % interval ``low`` and ``high`` (Fisher's z, with the variance 1.06 / (n - 3) of Fieller et al.
    1957); and ``ceiling``: ``sqrt(rho)``, ``None`` where the interval of ``rho`` holds 0. If both assays measure
    one truth with the same independent noise, their correlation is each assay's reliability, and no predictor
    correlates with one assay by more than its square root (Spearman's correction for attenuation, 1904).
    """
    lines = read_table(data / recipe.lines)
    lines = lines[~lines["tissue"].isin(recipe.without_tissues)].drop_duplicates("name")
    tissue = lines.set_index("name")["tissue"]
    names = lines.set_index("depmap_id")["name"]
    first = read_response(data / recipe.first, recipe.same_drug)
    second = read_response(data / recipe.second, recipe.same_drug)
    first = first[first.index.isin(names.index)].rename(index=names.to_dict())
    figures = {}
    for drug in first.columns.intersection(second.columns, sort=False):
        both = pd.concat([first[drug], second[drug]], axis=1, join="inner", keys=["first", "second"]).dropna()
        both = both[both.index.isin(tissue.index)]
        figures[drug] = _agreement(both, tissue.loc[both.index])
    return figures


def _agreement(both: pd.DataFrame, tissue: pd.Series) -> dict[str, float | None]:
    shared = tissue.map(tissue.value_counts()) >= MIN_LINES
    both, tissue = both[shared], tissue[shared]
    if len(both) < MIN_LINES:
        return {"n": len(both), "rho": None, "low": None, "high": None, "ceiling": None}
    centred = both - both.groupby(tissue).transform("mean")
    rho = float(spearman(centred["first"].to_numpy(), centred["second"].to_numpy()))
    inside = min(max(rho, -MAX_RHO), MAX_RHO)
    half = NORMAL_975 * np.sqrt(1.06 / (len(both) - 3))
    low, high = np.tanh(np.arctanh(inside) + np.array([-half, half]))
    ceiling = float(np.sqrt(rho)) if low > 0 else None
    return {"n": len(both), "rho": rho, "low": float(low), "high": float(high), "ceiling": ceiling}
