"""Signature packs: a folder with a manifest, a linear model per drug, its calibration and its card.

manifest.toml            name, version, compatibility, training data and their terms, seed, package versions
SHA256SUMS               over every other file; its own hash is the pack's
recipe.toml, card.md     how it was trained, and what is known of it
validation.json          per target: nested cross-validation, FFPE noise, the computed grade
reference_scores.tsv     tumour × target: frozen scores of the reference tumours
<target>/weights.tsv     gene_id, symbol, weight on the gene's z-score
<target>/calibration.tsv logistic curves: the fit (draw 0) and its bootstrap refits
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import tomli_w

from pancreassign import artefacts
from pancreassign.errors import ArtefactError
from pancreassign.records import Drug, Grade, known
from pancreassign.signatures.content import Drift, Pair

KIND = "signature pack"
COMPATIBILITY = 3
MIN_BURDENS = 10
"""Tumours of a reference whose burdens must be known (as many as a reference needs at least)."""
GENERAL = "general"
"""The target beside the drugs: sensitivity that they share."""
TARGETS = (*(drug.value for drug in Drug), GENERAL)
"""All that a pack can hold: a drug without usable responses has no signature, :data:`GENERAL` always has one."""


@dataclass(frozen=True)
class Signature:
    """One linear signature.

    Attributes
    ----------
    weights
        By Ensembl gene id, on z-scores; the sum ``Σ w·z`` is higher for a more sensitive tumour.
    symbols
        By Ensembl gene id.
    calibration
        Curves by draw, as :func:`pancreassign.signatures.calibrate.probability` reads them.
    reference_scores
        Scores of the reference tumours, in the reference's order.
    validation
        The figures of ``validation.json``.
    """

    weights: pd.Series
    symbols: pd.Series
    calibration: pd.DataFrame
    reference_scores: npt.NDArray[np.float64]
    validation: Mapping[str, Any]

    @property
    def grade(self) -> Grade:
        """The computed evidence grade."""
        grade: Grade = self.validation["grade"]
        return grade

    @cached_property
    def drift(self) -> Drift:
        """How the score drifts with tumour content."""
        return Drift.of(self.validation["content"])

    @property
    def ffpe_noise(self) -> float:
        """Standard deviation that paraffin adds to a score: a share of the spread, measured on FFPE-fresh pairs."""
        return float(self.validation["ffpe"]["noise"] * self.validation["to_tumours"]["reference_sd"])

    @property
    def weight_noise(self) -> float:
        """Standard deviation of a score over refits on resampled models: what the weights owe to which these were."""
        return float(self.validation["stability"]["noise"] * self.validation["to_tumours"]["reference_sd"])


@dataclass(frozen=True)
class Pack:
    """A loaded and verified pack; ``signatures`` by target (of :data:`TARGETS` those that it holds)."""

    manifest: Mapping[str, Any]
    sha256: str
    signatures: Mapping[str, Signature]


def save(folder: Path, manifest: Mapping[str, Any], signatures: Mapping[str, Signature], tumours: list[str]) -> None:
    """Write a pack's manifest, models and figures into ``folder``; sealing it is the caller's last step."""
    head = {"kind": KIND, "compatibility": COMPATIBILITY, **manifest}
    (folder / "manifest.toml").write_text(tomli_w.dumps(head), encoding="utf-8")
    scores = pd.DataFrame({target: sig.reference_scores for target, sig in signatures.items()}, index=tumours)
    artefacts.write_table(scores.rename_axis("tumour"), folder / "reference_scores.tsv")
    figures = {target: dict(signature.validation) for target, signature in signatures.items()}
    (folder / "validation.json").write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    for target, signature in signatures.items():
        own = folder / target.lower()
        own.mkdir()
        weights = pd.DataFrame({"symbol": signature.symbols, "weight": signature.weights})
        artefacts.write_table(weights.rename_axis("gene_id"), own / "weights.tsv")
        artefacts.write_table(signature.calibration, own / "calibration.tsv")


def load(folder: Path) -> Pack:
    """Load and verify a pack.

    Raises
    ------
    ArtefactError
        Where a file is damaged, or the pack is of another compatibility number.
    """
    sha256 = artefacts.verify(folder)
    manifest = artefacts.read_manifest(folder, KIND, COMPATIBILITY)
    figures = json.loads((folder / "validation.json").read_text(encoding="utf-8"))
    scores = artefacts.read_table(folder / "reference_scores.tsv", "tumour")
    held = [one for one in TARGETS if one == GENERAL or one in figures or (folder / one.lower()).is_dir()]
    return Pack(manifest, sha256, {target: _signature(folder, target, figures, scores) for target in held})


def _signature(folder: Path, target: str, figures: Mapping[str, Any], scores: pd.DataFrame) -> Signature:
    own = folder / target.lower()
    table = artefacts.read_table(own / "weights.tsv", "gene_id")
    calibration = artefacts.read_table(own / "calibration.tsv", "draw")
    if target not in figures or target not in scores.columns:
        raise ArtefactError(str(folder), f"has no figures or frozen scores for {target}", artefacts.REBUILD)
    return Signature(table["weight"], table["symbol"], calibration, scores[target].to_numpy(), figures[target])


def rebased(pack: Pack, raw: pd.DataFrame, burdens: Sequence[Pair | None]) -> Pack:
    """The pack against another reference: its tumours' scores, their spread and their mean burdens are replaced.

    Parameters
    ----------
    raw
        tumours × targets: the scores of that reference's tumours, before the correction for content.
    burdens
        Halvings of their RNA by stroma and by immune cells, in the same order; ``None`` where they cannot be told.
    """
    seen = np.array([one for one in burdens if one is not None])
    if len(seen) < MIN_BURDENS:
        raise ArtefactError(
            "reference",
            f"tells stroma and immune cells of {len(seen)} of its {len(burdens)} tumours; {MIN_BURDENS} are needed",
            "Build it from counts of all protein-coding genes.",
        )
    centre, spread = ((float(one), float(two)) for one, two in (seen.mean(axis=0), seen.std(axis=0, ddof=1)))
    signatures = {}
    for target, signature in pack.signatures.items():
        drift = replace(signature.drift, centre=centre, spread=spread)
        scores = np.array(
            [known(drift.correct(float(value), one)[0]) for value, one in zip(raw[target], burdens, strict=True)]
        )
        figures = {
            **signature.validation,
            "content": {**signature.validation["content"], "centre": list(centre), "spread": list(spread)},
            "to_tumours": {**signature.validation["to_tumours"], "reference_sd": float(scores.std(ddof=1))},
        }
        signatures[target] = replace(signature, reference_scores=scores, validation=figures)
    return replace(pack, signatures=signatures)
