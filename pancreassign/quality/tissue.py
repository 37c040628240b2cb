"""Is it the tumour that the signatures were made for, how much of it, and what tissue beside it."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd

from pancreassign.quality import content
from pancreassign.quality.tissues import Programme, Tissues
from pancreassign.quality.verdict import above, below
from pancreassign.records import QcCheck

PROGRAMME = {"warn": -1.8, "fail": -2.6}
"""Log2 by which the ductal genes may lie below the genes of tumour cells at large (between the reference's tumours and
kidney; ``python benchmarks/domain.py ../shared/data``; where to cut by judgement)."""
CONTENT = {"warn": 0.25, "fail": 0.15}
"""Estimated tumour content (as above: at which contents scores hold; the estimate lies 8 points above ABSOLUTE)."""
ADMIXTURE = {"liver": {"warn": 0.2, "fail": 0.7}, "acinar": {"warn": 0.1, "fail": 0.35}}
"""Share of the RNA from a normal tissue whose profile is known (as above: acinar tissue moves scores more)."""
NO_STROMA = -2.7
"""Mean log2 of stroma and immune genes over the average reference tumour below which there are none (as above)."""
LEAST_EXCESS = 3.0
"""Log2 over the average reference tumour that a marker programme without a profile must exceed, whatever the
reference's own tumours do (judgement: eightfold)."""
FAR = 2.0
"""Log2 beyond its warning limit at which another tumour's programme fails (judgement: fourfold)."""
BENCHMARK = "docs/quality.md: real samples and mixtures"


def measure_admixture(reads: pd.Series, tissues: Tissues) -> dict[str, float]:
    """Share of the RNA that each normal tissue with a known profile made, by the reads on its markers.

    Parameters
    ----------
    reads
        By Ensembl gene id, proportional to reads.
    """
    coding = reads.reindex(tissues.profiles.index).dropna()
    total = float(coding.sum())
    shares = {}
    for name, programme in tissues.programmes.items():
        if programme.kind != "normal" or name not in tissues.profiles:
            continue
        markers = coding.index.intersection(pd.Index(programme.genes))
        listed = tissues.profiles.loc[coding.index, name]  # a list of some genes holds the same share of a pure tissue
        pure = float(listed[markers].sum() / listed.sum()) if len(listed) else 0.0
        known = total > 0 and pure > 0 and len(markers) >= content.MIN_MEASURED * len(programme.genes)
        shares[f"share_{name}"] = float(coding[markers].sum()) / total / pure if known else math.nan
    return shares


def content_of(measured: Mapping[str, float], tissues: Tissues) -> float | None:
    """Tumour content (0 to 1) of a sample, ``None`` where it cannot be told.

    Parameters
    ----------
    measured
        The levels of :func:`pancreassign.quality.tissues.measure` and the shares of :func:`measure_admixture`.
    """
    found = [share for name, share in measured.items() if name.startswith("share_") and not math.isnan(share)]
    return content.estimate(measured, tissues.content, min(sum(found), 1.0))


def limits_of(table: pd.DataFrame, tissues: Tissues) -> dict[str, float]:
    """Levels of marker programmes (log2) beyond which a sample is unlike every reference tumour.

    Not of normal tissues with a profile, which are judged by their share of the RNA.

    Parameters
    ----------
    table
        The reference's tumours × metrics.
    """
    limits = {}
    for name, programme in tissues.programmes.items():
        by_share = programme.kind == "normal" and name in tissues.profiles
        if programme.kind in ("normal", "other") and not by_share:
            limits[name] = max(LEAST_EXCESS, float(table[name].max()))
    return limits


def checks(
    measured: Mapping[str, float], limits: Mapping[str, float], found: float | None, tissues: Tissues
) -> list[QcCheck]:
    """Judge the tissue of one sample.

    Parameters
    ----------
    measured
        The levels of :func:`pancreassign.quality.tissues.measure` and the shares of :func:`measure_admixture`.
    limits
        Those of :func:`limits_of`.
    found
        The estimated tumour content, ``None`` where it cannot be told.
    """
    identity = measured["ductal"] - measured["epithelial"]
    stroma = (measured["stroma"] + measured["immune"]) / 2.0
    value = math.nan if found is None else found
    return [
        _needed(below("tumour programme", identity, "log2", PROGRAMME, "unusual_tumour", BENCHMARK, "wrong_tumour")),
        _needed(below("tumour content", value, "share of RNA", CONTENT, "low_content", BENCHMARK, "too_little_tumour")),
        below("stroma", stroma, "log2", {"warn": NO_STROMA}, "no_stroma", BENCHMARK),
        *(_tissue(one, measured, limits) for one in tissues.programmes.values() if one.kind in ("normal", "other")),
    ]


def _needed(check: QcCheck) -> QcCheck:
    """A check without which nobody knows whether the sample is in the domain: unknown, it warns."""
    return check.model_copy(update={"verdict": "warn"}) if check.value is None else check


def _tissue(programme: Programme, measured: Mapping[str, float], limits: Mapping[str, float]) -> QcCheck:
    """A normal tissue by its share of the RNA, where its profile is known; else by the level of its markers."""
    share = measured.get(f"share_{programme.name}")
    beside = f"{programme.title} beside the tumour"
    if share is not None:
        return above(beside, share, "share of RNA", ADMIXTURE[programme.name], "admixture", BENCHMARK)
    normal, level = programme.kind == "normal", measured[programme.name]
    source, limit = "above the reference's tumours (docs/quality.md)", limits[programme.name]
    if normal:
        return above(beside, level, "log2", {"warn": limit}, "admixture", source)
    both = {"warn": limit, "fail": limit + FAR}
    return above(programme.title, level, "log2", both, "unusual_tumour", source, "wrong_tumour")
