"""How scores drift as stroma dilutes the tumour: pure tumours mixed with pure stroma, at known contents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from pancreassign.counts.genes import GeneTable
from pancreassign.counts.readers import read_samples
from pancreassign.errors import ConfigError
from pancreassign.normalize.apply import normalise
from pancreassign.normalize.reference import Reference
from pancreassign.quality import content
from pancreassign.quality.content import Burden
from pancreassign.quality.tissues import Tissues

Array = npt.NDArray[np.float64]
DEPTH = 1e7
"""Reads of a mixture; it is taken at its expectation, so that nothing but the content moves a score."""
LOW = 0.2
"""The content down to which the drift is reported (the aim of issue 3: from 100 to 20 %)."""


@dataclass(frozen=True)
class Mixtures:
    """Mixtures of pure tumours: ``z`` mixtures × genes, ``burden`` × 2 as estimated, and what each truly is.

    ``what`` has the columns ``tumour``, ``profile`` and ``content`` (1 = pure).
    """

    z: pd.DataFrame
    burden: pd.DataFrame
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
    rows, burdens = {}, []
    what: list[tuple[str, str, float]] = []
    for sample in samples:
        own = sample.counts.reindex(tissues.profiles.index).fillna(0.0)
        own = own / own.sum()
        for kind in kinds:
            for share in (1.0, *contents):
                mixture = DEPTH * (share * own + (1.0 - share) * tissues.profiles[kind])
                normalised = normalise(mixture, reference.genes, "counts", genes.length)
                rows[len(what)] = normalised.z
                burdens.append(burden(normalised.bulk, reference, tissues))
                what.append((sample.id, kind, share))
    table = pd.DataFrame(what, columns=["tumour", "profile", "content"])
    return Mixtures(pd.DataFrame(rows).T, pd.DataFrame(burdens), table)


def burden(bulk: pd.Series, reference: Reference, tissues: Tissues) -> Burden:
    """Halvings of the tumour's RNA by stroma and by immune cells; NaN where they cannot be told."""
    levels = content.levels(bulk, content.gene_sets(tissues.genes, reference.genes))
    return content.burden(levels, tissues.content) or (float("nan"), float("nan"))


def drift(scores: Array, mixtures: Mixtures, reference_burden: Array) -> dict[str, Any]:
    """Fit one score's drift, and say what is left of it (units of the score).

    ``drift_<profile>`` is the mean change from the pure tumour to :data:`LOW` content, before the correction, and
    ``..._corrected`` after it, with the slopes of the other half of the tumours. The stroma is the same: how far the
    correction carries to another is not shown by it.

    Parameters
    ----------
    scores
        The score of every mixture, before the correction.
    reference_burden
        Reference tumours × 2: their burdens.
    """
    moved = _from_pure(scores, mixtures)
    away = np.column_stack([_from_pure(mixtures.burden[name].to_numpy(), mixtures) for name in mixtures.burden])
    slope = _slopes(moved, away, np.ones(len(moved), dtype=bool))
    kinds = mixtures.what["profile"].to_numpy()
    mixed = (mixtures.what["content"] < 1.0).to_numpy()
    left, distance = moved - away @ slope, (away**2).sum(axis=1)
    residuals = [
        (left[rows] ** 2).mean() / distance[rows].mean() for rows in (mixed & (kinds == k) for k in set(kinds))
    ]
    figures: dict[str, Any] = {
        "slope": slope.tolist(),
        "centre": np.nanmean(reference_burden, axis=0).tolist(),
        "spread": np.nanstd(reference_burden, axis=0, ddof=1).tolist(),
        "residual": float(np.sqrt(max(residuals))),
    }
    half = mixtures.what["tumour"].rank(method="dense").to_numpy() % 2 == 0
    low = (mixtures.what["content"] == LOW).to_numpy()
    first, second = (away @ _slopes(moved, away, side) for side in (half, ~half))
    after = moved - np.where(half, second, first)
    for kind in sorted(set(kinds)):
        here = low & (kinds == kind)
        figures[f"drift_{kind}"] = float(moved[here].mean())
        figures[f"drift_{kind}_corrected"] = float(after[here].mean())
    return figures


def _from_pure(values: Array, mixtures: Mixtures) -> Array:
    """Each mixture's value minus that of its own pure tumour."""
    series = pd.Series(values, index=mixtures.what.index)
    pure = series[mixtures.what["content"] == 1.0]
    keys = [mixtures.what["tumour"], mixtures.what["profile"]]
    own = pure.groupby([key[pure.index] for key in keys]).first()
    base = own.reindex(pd.MultiIndex.from_arrays(keys)).to_numpy()
    return np.asarray(values - base)


def _slopes(moved: Array, away: Array, rows: npt.NDArray[np.bool_]) -> Array:
    """Least squares through the pure tumour."""
    return np.asarray(np.linalg.lstsq(away[rows], moved[rows], rcond=None)[0])
