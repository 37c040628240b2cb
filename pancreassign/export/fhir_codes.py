"""What the FHIR bundle is made of: the systems and codes that it uses, and R4 data types as plain dictionaries.

Names and codes are those of HL7 FHIR R4 (4.0.1, hl7.org/fhir/R4) and of the Genomics Reporting guide, STU3
(hl7.fhir.uv.genomics-reporting 3.0.0); where neither has one, it is our own (:data:`OWN`). A value that is unknown is
``None`` here and has no element in the bundle, or a ``dataAbsentReason`` where its absence must be said.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from pancreassign.records import Call, Drug, Grade, Interval

Json = dict[str, Any]

GUIDE = "http://hl7.org/fhir/uv/genomics-reporting"
PROFILE = f"{GUIDE}/StructureDefinition/"
TBD = f"{GUIDE}/CodeSystem/tbd-codes-cs"
NOTES = f"{GUIDE}/CodeSystem/coded-annotation-types-cs"
LOINC = "http://loinc.org"
ATC = "http://www.whocc.no/atc"
UCUM = "http://unitsofmeasure.org"
ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
SECTION = "http://terminology.hl7.org/CodeSystem/v2-0074"
PURPOSE = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
XHTML = "http://www.w3.org/1999/xhtml"

SCORE_UNIT = "standard deviations of the training models"
PERCENTILE_UNIT = "percentile"
PERCENT_UNIT = "% of cells"
UCUM_CODES = {SCORE_UNIT: "{SD}", PERCENTILE_UNIT: "{percentile}", PERCENT_UNIT: "%"}
"""UCUM's codes of units in words; braces mark an annotation of a number without dimension, and all others are ``1``."""

NAMESPACE = uuid5(NAMESPACE_URL, "pancreassign/prediction/1")
"""What every identifier of a bundle is drawn from: the name of the record's schema."""
OWN = f"urn:uuid:{NAMESPACE}"
"""The system of our own codes (docs/fhir.md lists them). The project owns no domain that it could be named by."""

RESEARCH = "For research use; must not decide treatment."
"""On every clinical statement, so that none says less when it is taken out of its bundle."""
RESEARCH_LABEL = {"system": PURPOSE, "code": "HRESCH", "display": "healthcare research"}
TEST_LABEL = {"system": PURPOSE, "code": "HTEST", "display": "test health data"}
LABORATORY = {"coding": [{"system": CATEGORY, "code": "laboratory"}]}
GENETICS = {"coding": [{"system": SECTION, "code": "GE"}]}
BIOMARKER = {"coding": [{"system": TBD, "code": "biomarker-category"}]}

REPORT_CODE = {"coding": [{"system": LOINC, "code": "51969-4"}], "text": "Genetic analysis report"}
IMPLICATION = {"coding": [{"system": TBD, "code": "therapeutic-implication"}], "text": "Therapeutic implication"}
CONCLUSION = {"coding": [{"system": TBD, "code": "conclusion-string"}], "text": "Conclusion"}
MEDICATION = {"coding": [{"system": LOINC, "code": "51963-7"}], "text": "Medication assessed"}
EVIDENCE = {"coding": [{"system": LOINC, "code": "93044-6"}], "text": "Level of evidence"}

ATC_CODES = {
    Drug.FLUOROURACIL: "L01BC02",
    Drug.OXALIPLATIN: "L01XA03",
    Drug.IRINOTECAN: "L01CE02",
    Drug.GEMCITABINE: "L01BC05",
    Drug.PACLITAXEL: "L01CD01",
}
"""WHO's ATC codes. nab-paclitaxel and nal-IRI would share those of paclitaxel and irinotecan, which they are not."""
PRESUMED = {
    Call.SENSITIVE: {"system": LOINC, "code": "LA9661-5", "display": "Presumed responsive"},
    Call.RESISTANT: {"system": LOINC, "code": "LA9660-7", "display": "Presumed resistant"},
}
"""Calls that the guide's value set has a code for; *presumed*, since no treated patient stands behind them."""
GRADES: dict[Grade, str] = {
    "A": "grade A: prospective trial",
    "B": "grade B: one independent set of pancreatic xenografts or patients, named beforehand",
    "C": "grade C: nested cross-validation in pancreatic models",
    "D": "grade D: no skill demonstrated",
}
REASONS = {
    "no_demonstrated_skill": "no demonstrated skill",
    "quality_failed": "sample quality failed",
    "no_signature": "no signature in this pack",
    "gene_coverage": "too few of the signature's genes",
    "outside_reference": "score outside the reference tumours",
}
"""Why a drug is not evaluable, by the record's code."""

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def cleaned(text: str) -> str:
    """``text`` without the characters that neither FHIR's strings nor XHTML may hold; each leaves a mark behind."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def pruned(value: Any) -> Any:
    """``value`` without what is unknown or blank, at any depth, and with its strings :func:`cleaned`.

    FHIR's JSON has no ``null``, no empty string, list or object: what is unknown has no element.
    """
    if isinstance(value, str):
        return cleaned(value) if value.strip() else None
    if isinstance(value, dict):
        parts = {key: pruned(part) for key, part in value.items()}
        return {key: part for key, part in parts.items() if part is not None} or None
    if isinstance(value, list):
        return [part for part in map(pruned, value) if part is not None] or None
    return value


def own(code: str, text: str | None = None) -> Json:
    """A concept of :data:`OWN`; ``text`` is what a person reads, else the code itself.

    White space in ``code`` (the name of a check, say) becomes single blanks, as FHIR's codes want it.
    """
    return {"coding": [{"system": OWN, "code": " ".join(code.split())}], "text": text or code}


def markdown(text: str) -> str:
    """``text`` for an element that is shown as markdown, where a tag would otherwise be one."""
    return escape(text, quote=False)


def narrative(title: str, lines: Sequence[str]) -> Json:
    """The text that a person reads where a system understands nothing else; every word of it escaped."""
    paragraphs = [f"<p><b>{_xhtml(title)}</b></p>", *(f"<p>{_xhtml(line)}</p>" for line in lines if line.strip())]
    return {"status": "generated", "div": f'<div xmlns="{XHTML}">{"".join(paragraphs)}</div>'}


def _xhtml(text: str) -> str:
    return escape(cleaned(text))


def quantity(value: float | None, unit: str) -> Json | None:
    """A number with its unit in words and in UCUM (:data:`UCUM_CODES`); ``None`` where it is unknown."""
    return None if value is None else {"value": value, "unit": unit, "system": UCUM, "code": UCUM_CODES.get(unit, "1")}


def absent(code: str, text: str) -> Json:
    """Why a value is not there: a code of FHIR's data-absent-reason, and the reason in words."""
    return {"coding": [{"system": ABSENT, "code": code}], "text": text}


def component(code: Json, **value: Any) -> Json:
    """A component of an observation; one without a value says that it is unknown."""
    ((name, given),) = value.items()
    return (
        {"code": code, "dataAbsentReason": absent("unknown", "unknown")}
        if given is None
        else {"code": code, name: given}
    )


def measured(name: str, text: str, value: float | None, unit: str) -> Json:
    """A component that holds a number; ``name`` is its code, ``text`` what a person reads."""
    return component(own(name, text), valueQuantity=quantity(value, unit))


def interval(name: str, text: str, given: Interval | None, unit: str) -> list[Json]:
    """Two components: an interval and its level, so that no bound stands without the share that it promises."""
    if given is None:
        return [component(own(name, text), valueRange=None)]
    bounds = {"low": quantity(given.low, unit), "high": quantity(given.high, unit)}
    return [
        component(own(name, text), valueRange=bounds),
        measured(f"{name}-level", f"level of the {text}", given.level, "share"),
    ]


def medication(name: str) -> Json:
    """A component that names one drug; coded where it is one of the five and not another form of it."""
    code = ATC_CODES.get(Drug(name)) if name in list(Drug) else None
    coding = [{"system": ATC, "code": code}] if code else []
    return component(MEDICATION, valueCodeableConcept={"coding": coding, "text": name})


def graded(grade: Grade, of: str = "") -> Json:
    """A component with an evidence grade; ``of`` names the drug where an observation holds several."""
    text = f"{of}: {GRADES[grade]}" if of else GRADES[grade]
    return component(EVIDENCE, valueCodeableConcept=own(f"grade-{grade}", text))


def concluded(text: str) -> Json:
    """The guide's component for a conclusion in words."""
    return component(CONCLUSION, valueString=text)
