"""The record itself: read, written, and checked as a whole."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import ConfigDict, Field, ValidationError, model_validator

from pancreassign.errors import RecordError
from pancreassign.records.base import Call, Drug, Part
from pancreassign.records.drugs import DrugResult, General
from pancreassign.records.regimens import RegimenResult, Setting
from pancreassign.records.sample import InputInfo, Qc, SampleInfo

SCHEMA = "pancreassign/prediction/1"


class Software(Part):
    """The program that made the record."""

    name: str
    version: str


class PackId(Part):
    """The signature pack; ``sha256`` is that of its ``SHA256SUMS``; ``released`` an ISO date."""

    name: str
    version: str
    sha256: str
    released: str


class ReferenceId(Part):
    """The frozen reference; ``tumours`` is how many it was fitted on, ``preservation`` how most of them were kept."""

    name: str
    version: str
    protocol: str
    preservation: str | None = None
    sha256: str
    tumours: int


class CatalogueId(Part):
    """The catalogue of regimens; ``sha256`` is that of its file."""

    version: str
    sha256: str


class Caveat(Part):
    """A limit that the reader must know, by code; its text comes from ``data/caveats``."""

    code: str
    text: str


class Prediction(Part):
    """The whole record of one sample."""

    schema_: Literal["pancreassign/prediction/1"] = Field(default="pancreassign/prediction/1", alias="schema")
    software: Software
    pack: PackId
    reference: ReferenceId
    catalogue: CatalogueId
    sample: SampleInfo
    input: InputInfo
    qc: Qc
    general: General
    drugs: list[DrugResult] = Field(min_length=5, max_length=5)
    setting: Setting
    clinical: dict[str, Any]
    regimens: list[RegimenResult]
    context: dict[str, Any]
    caveats: list[Caveat]

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)

    @model_validator(mode="after")
    def _each_drug_once(self) -> Self:
        if [drug.drug for drug in self.drugs] != list(Drug):
            raise ValueError(f"the drugs must be {', '.join(Drug)}, in this order")
        return self

    @model_validator(mode="after")
    def _calls_may_be_made(self) -> Self:
        for drug in self.drugs:
            if drug.call is not Call.NOT_EVALUABLE and (drug.evidence == "D" or self.qc.verdict == "fail"):
                why = "quality failed" if self.qc.verdict == "fail" else "its evidence is D"
                raise ValueError(f"{drug.drug} is called {drug.call}, although {why}")
        return self

    def to_json(self) -> str:
        """The record as JSON text: the same bytes for the same content."""
        return json.dumps(self.model_dump(mode="json"), indent=2, ensure_ascii=False, allow_nan=False) + "\n"

    @property
    def silent(self) -> bool:
        """Whether no drug is called, so that the order of the regimens is not this tumour's."""
        return all(drug.call is Call.NOT_EVALUABLE for drug in self.drugs)

    @property
    def leaders(self) -> list[RegimenResult]:
        """The regimens that share the first rank; none where even these are contraindicated or not for the setting."""
        return [own for own in self.regimens if own.rank == 1 and own.for_setting and not own.contraindicated]

    @property
    def sha256(self) -> str:
        """The hash of the record's own file, by which other files name it."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    @classmethod
    def from_json(cls, text: str | bytes, where: str = "record") -> Prediction:
        """Read a record back.

        Raises
        ------
        RecordError
            Where ``text`` is not JSON or not of this schema, a newer one included; ``where`` names the file.
        """
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            _refuse_newer(text, where)
            first = error.errors()[0]
            place = ".".join(str(step) for step in first["loc"]) or "the whole file"
            raise RecordError(
                where,
                f"not a prediction record of schema {SCHEMA} (at {place}: {first['msg']})",
                "Give a prediction.json that `pancreassign score` wrote.",
            ) from None


def _refuse_newer(text: str | bytes, where: str) -> None:
    """Raise :class:`RecordError` where the record names a later schema: then the program is old, not the file wrong."""
    try:
        named = json.loads(text)["schema"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return
    family, _, own = SCHEMA.rpartition("/")
    later = re.fullmatch(rf"{family}/(\d{{1,6}})", str(named))
    if later and int(later.group(1)) > int(own):
        raise RecordError(
            where, f"is a record of schema {named}", f"A newer version wrote it; this one reads {SCHEMA}: update it."
        )


def read_record(path: Path) -> Prediction:
    """Read one ``prediction.json``; raises :class:`RecordError` where it is not one."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise RecordError(
            str(path), f"cannot be read ({error.strerror})", "Check the path and its permissions."
        ) from None
    return Prediction.from_json(data, str(path))
