"""The account of a record: what was measured, the sum, the steps to the call, and what is not in it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Literal

from pydantic import ConfigDict, Field

from pancreassign.explain.arithmetic import Sum, add_up
from pancreassign.explain.pharmacology import Pharmacology
from pancreassign.explain.steps import Step, check_call, not_in_score, steps
from pancreassign.records import (
    Call,
    Caveat,
    Drug,
    DrugResult,
    Grade,
    InputInfo,
    PackId,
    Part,
    Prediction,
    ReferenceId,
    Software,
    TumourContent,
    Verdict,
)
from pancreassign.report.words import Words, load_words
from pancreassign.signatures.score import MIN_COVERAGE


class Bounds(Part):
    """Between what a share lies; the record holds no more of it."""

    low: float
    high: float


class Measured(Part):
    """The signature's genes; ``weight_missing`` is the share of the absolute weight on those that were not measured.

    A record holds no weights, so the share is bounded by what is known: none without a missing gene, at most
    ``1 - MIN_COVERAGE`` where there is a score, and more than that where there is none.
    """

    signature_genes: int
    found: int
    missing: list[str]
    weight_missing: Bounds


class DrugAccount(Part):
    """One drug: ``sum`` is ``None`` where the record holds no score."""

    drug: Drug
    call: Call
    reason: str
    evidence: Grade
    measured: Measured
    sum: Sum | None
    steps: list[Step]
    not_in_score: list[str]


class SampleId(Part):
    """Whose record it is; nothing else of the patient is repeated."""

    id: str
    simulated: bool


class TableId(Part):
    """The table of known pharmacology."""

    version: str
    date: str


class Account(Part):
    """The account of one record; these keys are stable for machines."""

    schema_: Literal["pancreassign/explanation/1"] = Field(default="pancreassign/explanation/1", alias="schema")
    software: Software
    pack: PackId
    reference: ReferenceId
    pharmacology: TableId
    sample: SampleId
    input: InputInfo
    quality: Verdict
    tumour_content: TumourContent
    drugs: list[DrugAccount]
    limits: list[Caveat]

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)

    def to_json(self) -> str:
        """The account as JSON text."""
        return json.dumps(self.model_dump(mode="json"), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def explain(record: Prediction, drugs: Sequence[Drug], pharmacology: Pharmacology, where: str) -> Account:
    """Account for the drugs given, in the order of the record, from the record alone.

    Parameters
    ----------
    pharmacology
        By which the contributions are grouped.
    where
        Names the record in an error.

    Raises
    ------
    RecordError
        Where the parts of a score do not sum to it, or a call does not follow from its figures.
    """
    words = load_words()
    wanted = [result for result in record.drugs if result.drug in drugs]
    for result in wanted:
        check_call(record, result, where)
    return Account(
        software=record.software,
        pack=record.pack,
        reference=record.reference,
        pharmacology=TableId(version=pharmacology.version, date=pharmacology.date.isoformat()),
        sample=SampleId(id=record.sample.id, simulated=record.sample.simulated),
        input=record.input,
        quality=record.qc.verdict,
        tumour_content=record.qc.tumour_content,
        drugs=[_drug(record, result, pharmacology, where, words) for result in wanted],
        limits=record.caveats,
    )


def _drug(record: Prediction, result: DrugResult, pharmacology: Pharmacology, where: str, words: Words) -> DrugAccount:
    return DrugAccount(
        drug=result.drug,
        call=result.call,
        reason=result.reason,
        evidence=result.evidence,
        measured=_measured(result),
        sum=add_up(result, pharmacology, where),
        steps=steps(record, result, words),
        not_in_score=not_in_score(record, result, words),
    )


def _measured(result: DrugResult) -> Measured:
    coverage, most = result.coverage, 1.0 - MIN_COVERAGE
    if coverage.found == coverage.genes:
        bounds = Bounds(low=0.0, high=0.0)
    elif result.score is not None:
        bounds = Bounds(low=0.0, high=most)
    else:
        # an empty library has contributions of no gene: then it is not the weight that is missing
        bounds = Bounds(low=most if result.contributions else 0.0, high=1.0)
    return Measured(
        signature_genes=coverage.genes, found=coverage.found, missing=coverage.missing, weight_missing=bounds
    )
