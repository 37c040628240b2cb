"""The prediction record: everything that is known of one sample, and the only thing that renderers see.

The keys are the contract ``pancreassign/prediction/1``. What is unknown is ``None``, never a stand-in.
Floats are rounded when they enter a record, so that a record is the same bytes on any machine.
"""

from __future__ import annotations

import json
import math
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pancreassign.errors import RecordError

SIGNIFICANT_DIGITS = 6
BASE_RATE = 1 / 3
"""Share of models in the sensitive tertile (tertiles as Shi et al. 2022, doi 10.1038/s41467-022-29857-6)."""


class Drug(StrEnum):
    """The five drugs, by INN, in the order of the record."""

    FLUOROURACIL = "5-FU"
    OXALIPLATIN = "oxaliplatin"
    IRINOTECAN = "irinotecan"
    GEMCITABINE = "gemcitabine"
    PACLITAXEL = "paclitaxel"


class Call(StrEnum):
    """What is said of one drug in one tumour."""

    SENSITIVE = "sensitive"
    INTERMEDIATE = "intermediate"
    RESISTANT = "resistant"
    NOT_EVALUABLE = "not_evaluable"


Grade = Literal["A", "B", "C", "D"]
Verdict = Literal["pass", "warn", "fail"]
Rule = Literal["met", "unclear", "not met"]
Status = Literal["ok", "caution", "contraindicated", "unknown"]


def rounded(value: float | None) -> float | None:
    """``value`` to six significant digits; ``None`` and NaN are unknown and stay ``None``."""
    if value is None or math.isnan(value):
        return None
    return float(f"{value:.{SIGNIFICANT_DIGITS}g}")


def known(value: float) -> float:
    """``value`` to six significant digits, where it cannot be unknown: NaN is a defect of ours."""
    digits = rounded(value)
    if digits is None:
        raise ArithmeticError("a value came out as NaN")
    return digits


class Part(BaseModel):
    """A part of the record; an unknown key is a fault, not something to drop in silence."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


Percentile = Annotated[float, Field(ge=0.0, le=100.0)]
Probability = Annotated[float, Field(ge=0.0, le=1.0)]


class Interval(Part):
    """An interval of level ``level`` for the sources of error that its field names, and no others."""

    low: float
    high: float
    level: Probability


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


class Specimen(Part):
    """What is stated of the block that the RNA came from, and of the library made of it."""

    preservation: Literal["ffpe", "frozen", "unknown"] = "unknown"
    protocol: Literal["full-length", "3-prime", "capture", "unknown"] = "unknown"


class SampleInfo(Part):
    """Who and what was sequenced; ``simulated`` is true for a sample that no patient gave.

    ``sex`` is the patient's as stated, for comparison with the sex genes; no printed form of this object shows it.
    """

    id: str
    patient: str | None = None
    sex: Literal["female", "male"] | None = Field(default=None, repr=False)
    site: str | None = None
    specimen: Specimen = Specimen()
    simulated: bool = False


class InputInfo(Part):
    """The counts that were read, after harmonising.

    ``sha256`` is over the sorted canonical (gene, count) pairs; ``genes`` counts the input's gene rows,
    ``genes_matched`` those found in the gene table; ``rounded`` is true where expected counts were rounded.
    """

    sha256: str
    units: Literal["counts", "tpm", "fpkm"]
    strand: Literal["unstranded", "forward", "reverse"] | None
    genes: int
    genes_matched: int
    genes_renamed: int
    genes_ambiguous: int
    genes_summed: int
    rounded: bool


class QcCheck(Part):
    """One check of quality; ``threshold`` gives the values at which it warns and fails."""

    name: str
    value: float | None
    unit: str | None
    threshold: dict[str, float] | None
    verdict: Verdict
    code: str
    source: str


class TumourContent(Part):
    """Neoplastic cell content by expression; all ``None`` where it was not estimated."""

    class_: str | None = Field(default=None, alias="class")
    value: float | None = None
    interval: Interval | None = None

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)


class Qc(Part):
    """The quality verdict: the worst of its checks, those against published limits apart (``below_published``)."""

    verdict: Verdict
    checks: list[QcCheck]
    tumour_content: TumourContent = TumourContent()


class General(Part):
    """Sensitivity shared by the five drugs (the mean of their responses in the training models)."""

    score: float | None
    percentile: Percentile | None
    evidence: Grade


class Validation(Part):
    """Skill in models that the signature was not trained on, and the assay's own ceiling.

    ``specific`` is the correlation with the drug's response that is left once general sensitivity is known.
    """

    n: int
    spearman: float
    spearman_interval: Interval
    auroc: float
    auroc_interval: Interval
    permutation_p: float
    brier: float
    brier_base_rate: float
    calibration_slope: float | None
    specific: float | None = None
    specific_interval: Interval | None = None
    ceiling: float | None
    ceiling_source: str | None
    source: str


class Coverage(Part):
    """The signature's genes and how many of them the sample measured."""

    genes: int
    found: int
    missing: list[str]


class Contribution(Part):
    """How far one gene moved the score, in units of the score."""

    symbol: str
    value: float


class DrugResult(Part):
    """One drug in one tumour; ``score`` is higher for a more sensitive tumour.

    The score is the sum of the contributions and of ``content_correction``, which takes out how stroma moves it.
    ``score_interval`` holds the noise of depth, missing genes, stroma, paraffin and another protocol;
    ``probability_interval`` that, and what weights and curve owe to the few models that they were fitted on.
    """

    drug: Drug
    call: Call
    reason: str
    score: float | None
    score_interval: Interval | None
    percentile: Percentile | None
    probability: Probability | None
    probability_interval: Interval | None
    evidence: Grade
    validation: Validation
    reference: dict[str, float]
    coverage: Coverage
    contributions: list[Contribution]
    content_correction: float | None = None


class Setting(Part):
    """The clinical setting; ``assumed`` where none was given."""

    value: str
    assumed: bool


class Finding(Part):
    """One eligibility rule held against what is known of the patient."""

    code: str
    status: Status
    message: str
    source: str


class Trial(Part):
    """A trial of the regimen; figures as published, ``None`` where not reported or not verified."""

    name: str
    population: str
    efficacy: str
    toxicity: str | None
    source: str


class RegimenEvidence(Part):
    """What the regimen's score rests on: the grade of each scored drug, and what has no signature."""

    grades: dict[Drug, Grade]
    without_skill: int
    without_signature: list[str]


class RegimenResult(Part):
    """One regimen in its place; ``rank`` 1 is the first, ties share a rank.

    ``for_setting`` is false where the catalogue does not place it for the setting, line and patient; ``order`` is the
    rank tuple in words. ``tier`` and ``basis`` (what the placement rests on) are ``None`` where it is not placed in the
    setting; ``judgement`` is true where our judgement, not a guideline or trial alone, put it there.
    """

    id: str
    name: str
    drugs: list[str]
    rank: int
    tied_with: list[str]
    contraindicated: bool
    for_setting: bool
    tier: int | None
    basis: str | None
    judgement: bool
    score: float | None
    interval: Interval | None
    rule: Rule
    rule_text: str
    order: list[str]
    eligibility: list[Finding]
    trials: list[Trial]
    evidence: RegimenEvidence
    notes: list[str]


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

    def to_json(self) -> str:
        """The record as JSON text: the same bytes for the same content."""
        return json.dumps(self.model_dump(mode="json"), indent=2, ensure_ascii=False, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes, where: str = "record") -> Prediction:
        """Read a record back.

        Raises
        ------
        RecordError
            Where ``text`` is not JSON or not of this schema; ``where`` names the file.
        """
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(step) for step in first["loc"]) or "the whole file"
            raise RecordError(
                where,
                f"not a prediction record of schema pancreassign/prediction/1 (at {place}: {first['msg']})",
                "Give a prediction.json that `pancreassign score` wrote.",
            ) from None


def read_record(path: Path) -> Prediction:
    """Read one ``prediction.json``; raises :class:`RecordError` where it is not one."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise RecordError(
            str(path), f"cannot be read ({error.strerror})", "Check the path and its permissions."
        ) from None
    return Prediction.from_json(data, str(path))
