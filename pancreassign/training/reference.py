"""Building a frozen reference from a laboratory's own tumours (``pancreassign reference build``)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from pancreassign import recipes
from pancreassign.counts.genes import GeneTable
from pancreassign.counts.samples import Sample
from pancreassign.errors import ConfigError, UnitsError
from pancreassign.normalize import reference
from pancreassign.normalize.apply import normalise
from pancreassign.quality.assess import measure
from pancreassign.quality.tissues import Tissues


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
    protocol: str
    preservation: str
    description: str = ""
    sources: list[Source] = []
    exclude: dict[str, list[str]] = {}


def read_recipe(path: Path) -> ReferenceRecipe:
    """Read a reference recipe; raises :class:`ConfigError` naming the key at fault."""
    return recipes.read(path, ReferenceRecipe, "data/reference/README.md")


def build(samples: Sequence[Sample], recipe: ReferenceRecipe, genes: GeneTable, tissues: Tissues, folder: Path) -> str:
    """Fit a reference on ``samples`` and write it into the empty ``folder``; return its hash.

    Raises
    ------
    ConfigError
        Where the recipe excludes a sample that is not there.
    UnitsError
        Where a sample is not in counts.
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
    bulk = {name: normalise(used[name], table, "counts", genes.length).bulk for name in used}
    measured = {name: measure(used[name], "counts", bulk[name], genes.described, table, tissues) for name in used}
    tumours = pd.DataFrame({"excluded": [reasons.get(sample, "") for sample in ids]}, index=ids)
    manifest = {**recipe.model_dump(exclude={"exclude"}), "tumours": used.shape[1]}
    return reference.save(folder, manifest, table, loadings, tumours, pd.DataFrame(measured).T)
