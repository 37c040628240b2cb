"""The table of known pharmacology: which genes do what to which drug, and who says so."""

from __future__ import annotations

import datetime
import tomllib
from collections import Counter
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, ValidationError, model_validator

from pancreassign.errors import ArtefactError
from pancreassign.records import Drug, Part

SCHEMA = 1
"""The table's compatibility number."""

Kind = Literal["transport", "activation", "inactivation", "target", "repair", "efflux"]


class PharmacologyGroup(Part):
    """Genes that do one thing to one drug.

    ``sources`` are keys of :attr:`Pharmacology.sources`. ``judgement`` marks a group in which some gene is our own
    choice, and ``note`` says which; without it every gene rests on the sources. A longer ``title`` would not fit the
    column that it is printed in.
    """

    drug: Drug
    kind: Kind
    title: str = Field(min_length=1, max_length=56)
    genes: list[str] = Field(min_length=1)
    sources: list[str]
    judgement: bool = False
    note: str | None = None

    @model_validator(mode="after")
    def _owned(self) -> Self:
        if not self.sources and not self.judgement:
            raise ValueError(f"{self.drug} {self.title!r} has no source and is not marked as judgement")
        if self.judgement != bool(self.note):
            raise ValueError(f"{self.drug} {self.title!r}: a note says what is judgement, and stands with it only")
        return self


class Pharmacology(Part):
    """The whole table; a gene stands in one group of a drug, so that contributions are counted once."""

    schema_: Literal[1] = Field(alias="schema")
    version: str = Field(min_length=1)
    date: datetime.date
    sources: dict[str, str]
    groups: list[PharmacologyGroup]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        used = {key for group in self.groups for key in group.sources}
        if used != set(self.sources):
            raise ValueError(f"sources without entry or without use: {sorted(used ^ set(self.sources))}")
        for drug in Drug:
            counts = Counter(gene for group in self.of(drug) for gene in group.genes)
            twice = sorted(gene for gene, count in counts.items() if count > 1)
            if twice or not counts:
                raise ValueError(f"{drug}: {', '.join(twice) + ' stand twice' if twice else 'has no group'}")
        return self

    def of(self, drug: Drug) -> list[PharmacologyGroup]:
        """The groups of one drug, in the table's order."""
        return [group for group in self.groups if group.drug is drug]

    def cited(self, group: PharmacologyGroup) -> list[str]:
        """The sources of a group as they are printed."""
        return [self.sources[key] for key in group.sources]


def load_pharmacology(path: Path) -> Pharmacology:
    """Read and check ``pharmacology.toml``.

    Raises
    ------
    ArtefactError
        Where it cannot be read or breaks a rule of the table; it names the key at fault.
    """
    try:
        return Pharmacology.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ArtefactError(str(path), f"cannot be read ({error})", "Restore it from the release.") from None
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(step) for step in first["loc"]) or "the whole file"
        raise ArtefactError(str(path), f"{key}: {first['msg']}", "Restore it from the release.") from None
