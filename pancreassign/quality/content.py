"""Tumour content by expression: how much of the RNA the tumour cells made.

Three mean levels tell it: genes that tumour cells hold and no stroma does, genes of the stroma, and genes of immune and
other cells that neither tumour cells nor fibroblasts hold. With their differences in log2,
``content = 1 / (1 + 2^(a + stroma - tumour) + 2^(b + immune - tumour))``: two amounts of RNA beside the tumour's. The
constants are fitted on purities of TCGA and on mixtures of known content (data/tissues/fit_content.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pancreassign.records import Interval, TumourContent, known

LEVELS = ("tumour", "stroma", "immune")
"""The levels that content is estimated from."""
TUMOUR_LOG2 = 3.0
"""A tumour gene is this much higher in pure tumour than in both kinds of pure stroma (judgement: eightfold, so that
what stroma holds of it does not hide how little tumour there is)."""
STROMA_LOG2 = 2.0
"""A stroma gene is this much lower in pure tumour than in both kinds of pure stroma (judgement: fourfold)."""
IMMUNE_LOG2 = 3.0
"""An immune gene is this much lower in pure tumour than in murine stroma (judgement: eightfold) ..."""
IMMUNE_FIBROBLAST_LOG2 = 1.0
"""... and as low in cultured fibroblasts as in tumour, within this (judgement: twofold)."""
EXPRESSED = 3.0
"""Mean log2 abundance among the reference tumours from which a gene is used (judgement)."""
MIN_MEASURED = 0.5
"""Share of a set's genes that must be measured (judgement)."""
LEAST, MOST = 0.02, 0.98
"""Contents beyond these cannot be told apart (judgement)."""
MOST_BURDEN = float(-np.log2(LEAST))
"""The burden at the least content."""
Burden = tuple[float, float]
"""Halvings by stroma and by immune and other cells."""
CLASSES = ((0.1, "below 10 %"), (0.2, "10 to 20 %"), (0.4, "20 to 40 %"), (1.0, "above 40 %"))
"""Classes by their upper bounds. A class is what the error allows; PancreasView claims to need 10 % (facts.md)."""
LEVEL = 0.9
HALF_WIDTH = 1.645
"""Half the width of a 90 % normal interval, in standard deviations."""


@dataclass(frozen=True)
class ContentModel:
    """The model's two constants (log2), and the standard deviation of its error (content, 0 to 1)."""

    stroma_offset: float
    immune_offset: float
    error: float


def gene_sets(tissues: pd.DataFrame, reference: pd.DataFrame) -> dict[str, pd.Index]:
    """The genes that each level is the mean of.

    Parameters
    ----------
    tissues
        By Ensembl gene id: ``vs_fibroblast`` and ``vs_stroma``.
    reference
        The reference's gene table: ``bulk_mean`` and ``stable``.
    """
    expressed = reference.index[reference["bulk_mean"] >= EXPRESSED]
    here = tissues.reindex(expressed)
    stroma = (here["vs_fibroblast"] <= -STROMA_LOG2) & (here["vs_stroma"] <= -STROMA_LOG2)
    immune = (here["vs_stroma"] <= -IMMUNE_LOG2) & (here["vs_fibroblast"].abs() < IMMUNE_FIBROBLAST_LOG2)
    tumour = (here["vs_fibroblast"] >= TUMOUR_LOG2) & ~(here["vs_stroma"] < TUMOUR_LOG2)
    tumour &= reference.loc[expressed, "stable"]
    return {"tumour": expressed[tumour], "stroma": expressed[stroma], "immune": expressed[immune]}


def levels(bulk: pd.Series, sets: Mapping[str, pd.Index]) -> dict[str, float]:
    """The level of each set of genes in one sample: see :func:`level`."""
    return {name: level(bulk, members) for name, members in sets.items()}


def level(bulk: pd.Series, genes: pd.Index) -> float:
    """Mean over ``genes`` of ``bulk`` (log2 abundance); NaN where fewer than :data:`MIN_MEASURED` are measured."""
    seen = bulk.reindex(genes).dropna()
    return float(seen.mean()) if len(seen) >= MIN_MEASURED * len(genes) else float("nan")


def fraction(levels: pd.DataFrame, stroma_offset: float, immune_offset: float) -> pd.Series:
    """Tumour content (0 to 1) by sample, from the columns ``tumour``, ``stroma`` and ``immune`` (log2)."""
    stroma = 2.0 ** (stroma_offset + levels["stroma"] - levels["tumour"])
    immune = 2.0 ** (immune_offset + levels["immune"] - levels["tumour"])
    return pd.Series(1.0 / (1.0 + stroma + immune))


def estimate(levels: Mapping[str, float], model: ContentModel, normal: float = 0.0) -> float | None:
    """Tumour content of one sample, between :data:`LEAST` and :data:`MOST`; ``None`` where it cannot be told.

    ``normal`` is the share of the RNA that normal tissue with a profile of its own made (liver, acinar pancreas), which
    the levels of stroma do not show.
    """
    parts = pd.DataFrame({name: [levels[name]] for name in LEVELS})
    value = float(fraction(parts, model.stroma_offset, model.immune_offset).iloc[0]) * (1.0 - min(normal, 1.0))
    return None if np.isnan(value) else float(np.clip(value, LEAST, MOST))


def burden(levels: Mapping[str, float], model: ContentModel) -> Burden | None:
    """By how many halvings stroma, and immune and other cells, dilute the tumour's RNA: ``log2(1 + amount)`` of each.

    Scores drift with each of them in their own way (``signatures/content.py``). Both are 0 for pure tumour, at most
    :data:`MOST_BURDEN`; ``None`` where they cannot be told.
    """
    stroma, immune = (
        np.log2(1.0 + 2.0 ** (offset + levels[name] - levels["tumour"]))
        for name, offset in (("stroma", model.stroma_offset), ("immune", model.immune_offset))
    )
    if np.isnan(stroma) or np.isnan(immune):
        return None
    return float(min(stroma, MOST_BURDEN)), float(min(immune, MOST_BURDEN))


def describe(value: float | None, model: ContentModel) -> TumourContent:
    """The estimate as the record holds it: a class, the value and the interval that its error leaves."""
    if value is None:
        return TumourContent()
    name = next(name for bound, name in CLASSES if value < bound)
    half = HALF_WIDTH * model.error
    interval = Interval(low=known(max(value - half, 0.0)), high=known(min(value + half, 1.0)), level=LEVEL)
    return TumourContent(**{"class": name}, value=known(value), interval=interval)
