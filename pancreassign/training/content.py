"""How scores drift as stroma dilutes the tumour: pure tumours mixed with pure stroma, at known contents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from pancreassign.counts.genes import GeneTable
from pancreassign.counts.readers import read_samples
from pancreassign.errors import ConfigError
from pancreassign.normalize.apply import normalise
from pancreassign.normalize.reference import Reference
from pancreassign.quality import content
from pancreassign.quality.tissue import content_of, measure_admixture
from pancreassign.quality.tissues import Tissues, measure

Array = npt.NDArray[np.float64]
DEPTH = 1e7
"""Reads of a mixture; it is taken at its expectation, so that nothing but the content moves a score."""
LOW = 0.2
"""The content down to which the drift is reported (the aim of issue 3: from 100 to 20 %)."""


@dataclass(frozen=True)
class Mixtures:
    """Mixtures of pure tumours: ``z`` mixtures × genes, ``dilution`` as estimated, and what each truly is.

    ``what`` has the columns ``tumour``, ``profile`` and ``content`` (1 = pure).
    """

    z: pd.DataFrame
    dilution: pd.Series
    what: pd.DataFrame


def mix(
    counts: Path,
    kinds: Sequence[str],
    contents: Sequence[float],
    reference: Reference,
    genes: GeneTable,
    tissues: Tissues,
) -> Mixtures:
    """Mix every tumour of ``counts`` with every profile of ``kinds`` at every content, beside the pure tumour."""
    unknown = sorted(set(kinds) - set(tissues.profiles))
    if unknown:
        raise ConfigError("content.profiles", f"{unknown[0]!r} is not known", f"Give of {list(tissues.profiles)}.")
    samples, _ = read_samples([counts], genes)
    rows, dilutions = {}, []
    what: list[tuple[str, str, float]] = []
    for sample in samples:
        own = sample.counts.reindex(tissues.profiles.index).fillna(0.0)
        own = own / own.sum()
        for kind in kinds:
            for share in (1.0, *contents):
                mixture = DEPTH * (share * own + (1.0 - share) * tissues.profiles[kind])
                normalised = normalise(mixture, reference.genes, "counts", genes.length)
                rows[len(what)] = normalised.z
                dilutions.append(dilution(mixture, normalised.bulk, reference, tissues))
                what.append((sample.id, kind, share))
    table = pd.DataFrame(what, columns=["tumour", "profile", "content"])
    return Mixtures(pd.DataFrame(rows).T, pd.Series(dilutions, dtype=float), table)


def dilution(counts: pd.Series, bulk: pd.Series, reference: Reference, tissues: Tissues) -> float:
    """``-log2`` of the estimated tumour content of raw counts; NaN where it cannot be told."""
    measured = {**measure(bulk, tissues, reference.genes), **measure_admixture(counts, tissues)}
    found = content.dilution(content_of(measured, tissues))
    return float("nan") if found is None else found


def drift(scores: Array, mixtures: Mixtures, reference_dilution: Array) -> dict[str, float]:
    """Fit one score's drift, and say what is left of it (units of the score).

    ``drift_<profile>`` is the mean change from the pure tumour to :data:`LOW` content, before the correction;
    ``..._corrected`` after it, with the slope of the other half of the tumours; ``..._corrected_by_the_other`` with the
    slope of the other half mixed with the other profiles only: how far it carries to a stroma that it has not seen.

    Parameters
    ----------
    scores
        The score of every mixture, before the correction.
    reference_dilution
        Dilution of the reference tumours.
    """
    moved = _from_pure(scores, mixtures)
    away = _from_pure(mixtures.dilution.to_numpy(), mixtures)
    slope = _slope(moved, away, np.ones(len(moved), dtype=bool))
    left = moved - slope * away
    mixed = (mixtures.what["content"] < 1.0).to_numpy()
    residual = float(np.sqrt((left[mixed] ** 2).mean() / (away[mixed] ** 2).mean()))
    figures = {
        "slope": slope,
        "centre": float(reference_dilution.mean()),
        "spread": float(reference_dilution.std(ddof=1)),
        "residual": residual,
    }
    kinds = mixtures.what["profile"].to_numpy()
    half = mixtures.what["tumour"].rank(method="dense").to_numpy() % 2 == 0
    low = (mixtures.what["content"] == LOW).to_numpy()
    for kind in sorted(set(kinds)):
        here = low & (kinds == kind)
        figures[f"drift_{kind}"] = float(moved[here].mean())
        for name, others in (("corrected", kinds == kinds), ("corrected_by_the_other", kinds != kind)):
            after = moved - away * np.where(
                half, _slope(moved, away, ~half & others), _slope(moved, away, half & others)
            )
            figures[f"drift_{kind}_{name}"] = float(after[here].mean())
    return figures


def _from_pure(values: Array, mixtures: Mixtures) -> Array:
    """Each mixture's value minus that of its own pure tumour."""
    series = pd.Series(values, index=mixtures.what.index)
    pure = series[mixtures.what["content"] == 1.0]
    keys = [mixtures.what["tumour"], mixtures.what["profile"]]
    own = pure.groupby([key[pure.index] for key in keys]).first()
    base = own.reindex(pd.MultiIndex.from_arrays(keys)).to_numpy()
    return np.asarray(values - base)


def _slope(moved: Array, away: Array, rows: npt.NDArray[np.bool_]) -> float:
    """Least squares through the pure tumour."""
    return float((moved[rows] * away[rows]).sum() / (away[rows] ** 2).sum())
