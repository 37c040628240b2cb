"""The assay's own ceiling: how far two laboratories agree on the same lines and drugs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from pancreassign.training.datasets import read_response
from pancreassign.training.evaluate import spearman
from pancreassign.training.recipe import Ceiling


def between_assays(recipe: Ceiling, data: Path) -> dict[str, dict[str, float]]:
    """Per drug: ``n`` shared lines, ``rho`` between the assays, and ``ceiling = sqrt(max(rho, 0))``.

    If both assays measure one truth with the same independent noise, their correlation is each assay's
    reliability, and no predictor correlates with one assay by more than its square root (Spearman's correction
    for attenuation, 1904).
    """
    lines = pd.read_csv(data / recipe.lines, sep="\t")
    lines = lines[lines["tissue"] == recipe.tissue]
    first = read_response(data / recipe.first, recipe.same_drug)
    second = read_response(data / recipe.second, recipe.same_drug)
    first = first.rename(index=dict(zip(lines["depmap_id"], lines["name"], strict=True)))
    figures = {}
    for drug in first.columns.intersection(second.columns, sort=False):
        both = pd.concat([first[drug], second[drug]], axis=1, join="inner", keys=["first", "second"]).dropna()
        both = both[both.index.isin(lines["name"])]
        rho = float(spearman(both["first"].to_numpy(), both["second"].to_numpy()))
        figures[drug] = {"n": len(both), "rho": rho, "ceiling": float(np.sqrt(max(rho, 0.0)))}
    return figures
