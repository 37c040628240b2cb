"""Building a frozen reference from a laboratory's own tumours (``pancreassign reference build``)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from pancreassign import recipes
from pancreassign.counts.genes import GeneTable
from pancreassign.counts.samples import Sample
from pancreassign.errors import ArtefactError, ConfigError, UnitsError
from pancreassign.normalize import reference
from pancreassign.normalize.apply import normalise
from pancreassign.quality.assess import measure
from pancreassign.quality.tissues import Tissues
from pancreassign.signatures.pack import Pack
from pancreassign.signatures.score import MIN_COVERAGE


class Source(BaseModel):
    """Where tumours came from, and on which terms."""

    name: str
    source: str
    terms: str


class ReferenceRecipe(BaseModel):
    """What a reference says of itself, and which samples it leaves out, by reason."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    version: str = Field(pattern=r"^\d+\.\d+\.\d+$")
    released: str = Field(pattern=r"^\d{4}-\d\d-\d\d$")
    protocol: Literal["full-length", "3-prime", "capture"]
    preservation: Literal["ffpe", "frozen", "unknown"]
    description: str = ""
    sources: list[Source] = []
    exclude: dict[str, list[str]] = {}


def read_recipe(path: Path) -> ReferenceRecipe:
    """Read a reference recipe; raises :class:`ConfigError` naming the key at fault."""
    return recipes.read(path, ReferenceRecipe, "data/reference/README.md")


def build(
    samples: Sequence[Sample],
    recipe: ReferenceRecipe,
    genes: GeneTable,
    tissues: Tissues,
    packs: Sequence[Pack],
    folder: Path,
) -> str:
    """Fit a reference on ``samples`` and write it into the empty ``folder``; return its hash.

    The tumours are scored by ``packs`` too, so that a pack that was trained with another reference can be used with it.

    Raises
    ------
    ConfigError
        Where the recipe excludes a sample that is not there.
    UnitsError
        Where a sample is not in counts.
    ArtefactError
        Where the tumours measure too little of a pack's signature.
    """
    listed = [sample for samples_out in recipe.exclude.values() for sample in samples_out]
    twice = sorted({sample for sample in listed if listed.count(sample) > 1})
    if twice:
        raise ConfigError("exclude", f"names {twice[0]} more than once", "Give each sample one reason.")
    reasons = {sample: reason for reason, listed in recipe.exclude.items() for sample in listed}
    ids = [sample.id for sample in samples]
    unknown = sorted(set(reasons) - set(ids))
    if unknown:
        raise ConfigError("exclude", f"names samples that were not read: {unknown}", "Correct their names.")
    for sample in samples:
        if sample.units != "counts":
            raise UnitsError(sample.id, f"is in {sample.units}", "A reference is fitted on counts.")
    used = pd.DataFrame({s.id: s.counts for s in samples if s.id not in reasons}).dropna().rename_axis("gene_id")
    table, loadings = reference.fit(used, genes.symbol, genes.biotype, tissues.genes)
    # what the quality checks measure in the reference's own tumours: limits are derived from it
    seen = {name: normalise(used[name], table, "counts", genes.length) for name in used}
    measured = {
        name: measure(used[name], "counts", one.bulk, genes.described, table, tissues) for name, one in seen.items()
    }
    z = pd.DataFrame({name: one.z for name, one in seen.items()}).T
    scores = {pack.sha256: _scores(pack, z) for pack in packs}
    tumours = pd.DataFrame({"excluded": [reasons.get(sample, "") for sample in ids]}, index=ids)
    manifest = {**recipe.model_dump(exclude={"exclude"}), "tumours": used.shape[1]}
    return reference.save(folder, manifest, table, loadings, tumours, pd.DataFrame(measured).T, scores)


def _scores(pack: Pack, z: pd.DataFrame) -> pd.DataFrame:
    """tumours × targets: scores before the correction for content; a gene not measured counts as the mean."""
    scores = {}
    for target, signature in pack.signatures.items():
        weights = signature.weights
        found = weights.index.intersection(z.columns)
        covered = float(weights[found].abs().sum() / weights.abs().sum())
        if covered < MIN_COVERAGE:
            raise ArtefactError(
                f"pack {pack.manifest['name']}",
                f"has {covered:.0%} of its {target} signature among the tumours' genes; {MIN_COVERAGE:.0%} is needed",
                "Give counts of more genes, or train a pack with this reference.",
            )
        # plain sums, not a BLAS product: the same bits on every machine
        scores[target] = (z[found].to_numpy() * weights[found].to_numpy()).sum(axis=1)
    return pd.DataFrame(scores, index=z.index)
