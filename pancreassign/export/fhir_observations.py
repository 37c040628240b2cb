"""The observations of a FHIR bundle: quality, tumour content, the score of each drug and what follows from it.

A drug that is not evaluable has neither score nor call here, although the record keeps its score: no system greys a
number out, so the number is left out and ``dataAbsentReason`` says why.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from uuid import uuid5

from pancreassign.export.fhir_codes import (
    BIOMARKER,
    GENETICS,
    IMPLICATION,
    LABORATORY,
    NAMESPACE,
    PERCENT_UNIT,
    PERCENTILE_UNIT,
    PRESUMED,
    PROFILE,
    REASONS,
    RESEARCH,
    RESEARCH_LABEL,
    SCORE_UNIT,
    TEST_LABEL,
    Json,
    absent,
    component,
    concluded,
    graded,
    interval,
    markdown,
    measured,
    medication,
    narrative,
    own,
    quantity,
)
from pancreassign.records import Call, DrugResult, General, Prediction, QcCheck

CONTENT_UNIT = "share of tumour cells"
GENERAL = "general"


@dataclass(frozen=True)
class Frame:
    """What every resource of one record shares."""

    record: Prediction

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the record as ``prediction.json`` holds it."""
        return self.record.sha256

    def url(self, role: str) -> str:
        """The ``fullUrl`` of the resource that plays ``role``: the same for the same record, and for no other."""
        return f"urn:uuid:{uuid5(NAMESPACE, f'{self.digest} {role}')}"

    def reference(self, role: str) -> Json:
        """A reference to the resource that plays ``role``."""
        return {"reference": self.url(role)}

    @property
    def subject(self) -> Json | None:
        """A reference to the patient; none where nothing is known of one."""
        sample = self.record.sample
        return self.reference("patient") if sample.patient or sample.second_id or sample.sex else None

    def meta(self, profile: str | None = None) -> Json:
        """The profile that a resource follows, and the labels that say for what it may be used."""
        return {
            "profile": [PROFILE + profile] if profile else None,
            "security": [RESEARCH_LABEL],
            "tag": [TEST_LABEL] if self.record.sample.simulated else None,
        }

    def observation(self, role: str, profile: str | None, lines: list[str], **elements: object) -> Json:
        """An observation with what all of them share; ``lines`` are its narrative, the first its title.

        Its status is ``preliminary``, *data may be incomplete or unverified*: no person has verified what a program
        wrote, and ``final`` would let a system act on it.
        """
        return {
            "resourceType": "Observation",
            "meta": self.meta(profile),
            "text": narrative(lines[0], [*lines[1:], RESEARCH]),
            "status": "preliminary",
            "category": [LABORATORY, GENETICS],
            "subject": self.subject,
            "effectiveDateTime": self.record.sample.specimen.collected,
            "specimen": self.reference("specimen"),
            "device": self.reference("device"),
            "note": [{"text": markdown(RESEARCH)}],
            **elements,
        }


def biomarker_role(name: str) -> str:
    """The role in the bundle of the score of that drug, or of :data:`GENERAL`."""
    return f"biomarker {name}"


def observations(frame: Frame) -> Iterator[tuple[str, Json]]:
    """Every observation but those of the regimens, by its role, in the order of the report."""
    yield "quality", quality(frame)
    yield "content", content(frame)
    yield biomarker_role(GENERAL), general(frame)
    for drug in frame.record.drugs:
        yield biomarker_role(drug.drug), biomarker(frame, drug)
        yield f"implication {drug.drug}", implication(frame, drug)


def quality(frame: Frame) -> Json:
    """The quality verdict with every check, and what was read of the counts."""
    record = frame.record
    read = record.input
    found = [f"{check.name}: {check.code} ({check.verdict})" for check in record.qc.checks if check.verdict != "pass"]
    return frame.observation(
        "quality",
        None,
        [f"Quality of the sample: {record.qc.verdict}", *found],
        code=own("quality", "quality of the RNA-seq sample"),
        valueCodeableConcept=own(record.qc.verdict),
        component=[
            component(own("input-sha256", "SHA-256 of the counts after harmonising"), valueString=read.sha256),
            component(own("input-units", "units of the input"), valueString=read.units),
            component(own("input-genes", "genes of the input"), valueInteger=read.genes),
            component(own("input-genes-matched", "genes found in the gene table"), valueInteger=read.genes_matched),
            *map(_check, record.qc.checks),
        ],
    )


def _check(check: QcCheck) -> Json:
    """One check: value, limits and verdict; a check that was not made has no verdict, since it clears nothing."""
    limits = ", ".join(f"{name} {limit}" for name, limit in (check.threshold or {}).items())
    verdict = [own(check.verdict, f"{check.verdict}: {check.code}")]
    ranges = [{"text": limits}] if limits else None
    if check.value is None:
        reason = absent("not-performed" if check.code == "not_measured" else "unknown", check.code)
        judged = None if check.verdict == "pass" else verdict
        return {"code": own(check.name), "dataAbsentReason": reason, "interpretation": judged, "referenceRange": ranges}
    # units such as "reads" are words, not UCUM
    value = component(own(check.name), valueQuantity={"value": check.value, "unit": check.unit})
    return value | {"interpretation": verdict, "referenceRange": ranges}


def content(frame: Frame) -> Json:
    """Tumour content: the class by expression, its estimate, and the pathologist's estimate where one is stated."""
    estimate, stated = frame.record.qc.tumour_content, frame.record.sample.specimen.tumour_cells_percent
    parts = []
    if estimate.value is not None:
        parts.append(measured("content", "estimate by expression", estimate.value, CONTENT_UNIT))
        parts += interval("content-interval", "interval of the estimate by expression", estimate.interval, CONTENT_UNIT)
    if stated is not None:
        parts.append(measured("content-stated", "estimate of the pathologist", stated, PERCENT_UNIT))
    unknown = estimate.class_ is None
    return frame.observation(
        "content",
        None,
        ["Tumour content by expression", estimate.class_ or "not estimated"],
        code=own("tumour-content", "tumour content by expression"),
        valueCodeableConcept=None if unknown else {"text": estimate.class_},
        dataAbsentReason=absent("unknown", "not estimated") if unknown else None,
        component=parts,
    )


def general(frame: Frame) -> Json:
    """The score that the drugs share; withheld, as a drug's, where nothing supports it."""
    shared = frame.record.general
    lines = ["General sensitivity, shared by the five drugs", f"evidence {shared.evidence}"]
    code = own("score-general", "general sensitivity shared by the five drugs, RNA signature score")
    return _score(frame, biomarker_role(GENERAL), code, lines, shared, _why_no_general(frame.record))


def biomarker(frame: Frame, drug: DrugResult) -> Json:
    """The score of one drug with its percentile, probability and intervals, as a molecular biomarker."""
    code = own(f"score-{drug.drug}", f"predicted sensitivity to {drug.drug}, RNA signature score")
    lines = [f"Signature score for {drug.drug}", f"evidence {drug.evidence}"]
    return _score(frame, biomarker_role(drug.drug), code, lines, drug, _why_not(drug))


def _score(
    frame: Frame, role: str, code: Json, lines: list[str], scored: DrugResult | General, why_not: Json | None
) -> Json:
    parts = [graded(scored.evidence)]
    if why_not is None:
        parts += _figures(scored)
        lines = [*lines, f"score {scored.score}, percentile {scored.percentile} (higher is more sensitive)"]
    else:
        lines = [*lines, f"not evaluable: {why_not['text']}"]
    return frame.observation(
        role,
        "molecular-biomarker",
        lines,
        category=[LABORATORY, BIOMARKER, GENETICS],
        code=code,
        valueQuantity=quantity(scored.score, SCORE_UNIT) if why_not is None else None,
        dataAbsentReason=why_not,
        component=parts,
    )


def _figures(scored: DrugResult | General) -> list[Json]:
    place = "percentile among the reference tumours"
    parts = [measured("percentile", place, scored.percentile, PERCENTILE_UNIT)]
    if isinstance(scored, DrugResult):
        chance = "probability of the sensitive third of models (base rate 1/3)"
        parts += interval("score-interval", "interval of the score", scored.score_interval, SCORE_UNIT)
        parts.append(measured("probability", chance, scored.probability, "probability"))
        parts += interval(
            "probability-interval", "interval of the probability", scored.probability_interval, "probability"
        )
    return parts


def implication(frame: Frame, drug: DrugResult) -> Json:
    """The call of one drug with its evidence grade, as a therapeutic implication of its score.

    The guide forbids this observation a value; the call is a component, and stands only where a call was made.
    """
    why_not = _why_not(drug)
    why = f" ({why_not['text']})" if why_not else ""
    line = f"{drug.drug}: {drug.call.replace('_', ' ')}{why}; evidence {drug.evidence}"
    parts = [medication(drug.drug), graded(drug.evidence), concluded(f"{line}. {_skill(drug)} {RESEARCH}")]
    if why_not is None:
        parts.append(component(IMPLICATION, valueCodeableConcept=_called(drug.call)))
    return frame.observation(
        f"implication {drug.drug}",
        "therapeutic-implication",
        [f"Predicted response to {drug.drug}", line],
        code=IMPLICATION,
        dataAbsentReason=why_not,
        derivedFrom=[frame.reference(biomarker_role(drug.drug))],
        component=parts,
    )


def _called(call: Call) -> Json:
    """A call, by the guide's code where it has one; none fits ``intermediate``."""
    ours = own(call.value)
    return ours | {"coding": [PRESUMED[call], *ours["coding"]]} if call in PRESUMED else ours


def _skill(drug: DrugResult) -> str:
    """What the evidence grade rests on, in words."""
    skill = drug.validation
    if skill is None:
        return "Not validated."
    spread = skill.spearman_interval
    return (
        f"Spearman {skill.spearman:.2f} ({spread.level:.0%} interval {spread.low:.2f} to {spread.high:.2f}) "
        f"in {skill.n} models that were not trained on."
    )


def _why_not(drug: DrugResult) -> Json | None:
    """Why a drug has no call; ``None`` where it has one."""
    if drug.call is not Call.NOT_EVALUABLE:
        return None
    return _withheld(drug.reason)


def _why_no_general(record: Prediction) -> Json | None:
    if record.qc.verdict == "fail":
        return _withheld("quality_failed")
    if record.general.evidence == "D":
        return _withheld("no_demonstrated_skill")
    return _withheld("gene_coverage") if record.general.score is None else None


def _withheld(reason: str) -> Json:
    """A record's reason: FHIR's nearest code, then our own, then words."""
    # whether the tumour responds is unknown in every case but where this pack could not have said it at all
    given = absent("unsupported" if reason == "no_signature" else "unknown", REASONS.get(reason, reason))
    return given | {"coding": [*given["coding"], *own(reason)["coding"]]}
