"""The regimens of a FHIR bundle: one observation each, in the record's order, none of them a request.

The guide's own form for advice is a ``Task`` of status ``requested``, which a system may put on somebody's list. A
ranking for a tumour board must not: so a regimen is a therapeutic implication that says where it stands and why.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote

from pancreassign.export.fhir_codes import (
    IMPLICATION,
    PERCENTILE_UNIT,
    RESEARCH,
    Json,
    absent,
    component,
    concluded,
    graded,
    interval,
    measured,
    medication,
    own,
)
from pancreassign.export.fhir_observations import Frame, biomarker_role
from pancreassign.records import Call, Finding, RegimenResult, Trial

CITATION = "http://hl7.org/fhir/StructureDefinition/workflow-relatedArtifact"
SCORE = "percentile of the probability that the rule is met"
_DOI = re.compile(r"\b10\.\d{4,9}/\S+")


def regimens(frame: Frame) -> Iterator[tuple[str, Json]]:
    """An observation for every regimen, by its role, in the record's order."""
    for regimen in frame.record.regimens:
        yield f"regimen {regimen.id}", _regimen(frame, regimen)


def _regimen(frame: Frame, regimen: RegimenResult) -> Json:
    # the profile wants a biomarker that the implication derives from: what no signature scores cannot claim it
    scored = list(regimen.evidence.grades)
    place = in_words(regimen)
    return frame.observation(
        f"regimen {regimen.id}",
        "therapeutic-implication" if scored else None,
        [f"Regimen: {regimen.name}", place, *regimen.order, *_against(regimen), *regimen.notes],
        extension=[_citation(trial) for trial in regimen.trials],
        code=IMPLICATION if scored else own("regimen", "place of a regimen that no signature scores"),
        derivedFrom=[frame.reference(biomarker_role(drug)) for drug in scored],
        component=[
            *map(medication, regimen.drugs),
            *(graded(grade, drug) for drug, grade in regimen.evidence.grades.items()),
            concluded(f"{regimen.name}: {place}. {RESEARCH}"),
            *_place(frame, regimen),
            *_score(frame, regimen),
            *map(_finding, regimen.eligibility),
        ],
    )


def in_words(regimen: RegimenResult) -> str:
    """Where a regimen stands, in one line."""
    tie = f", tied with {', '.join(regimen.tied_with)}" if regimen.tied_with else ""
    barred = "; contraindicated" if regimen.contraindicated else ""
    other = "" if regimen.for_setting else "; not placed for this setting, line and patient"
    return f"rank {regimen.rank}{tie}{barred}{other}"


def _place(frame: Frame, regimen: RegimenResult) -> list[Json]:
    setting = frame.record.setting
    assumed = f"{setting.value} (assumed: it was not stated)" if setting.assumed else setting.value
    return [
        component(own("regimen-id", "regimen of the catalogue"), valueString=regimen.id),
        component(own("rank", "rank; ties share one"), valueInteger=regimen.rank),
        *(component(own("tied-with", "tied with the regimen"), valueString=other) for other in regimen.tied_with),
        component(own("contraindicated"), valueBoolean=regimen.contraindicated),
        component(own("for-setting", "placed for the setting, line and patient"), valueBoolean=regimen.for_setting),
        component(own("setting", "clinical setting"), valueCodeableConcept=own(setting.value, assumed)),
        *([] if regimen.tier is None else [component(own("tier"), valueInteger=regimen.tier)]),
        component(own("order", "what the rank rests on, in turn"), valueString="; ".join(regimen.order) or None),
    ]


def _score(frame: Frame, regimen: RegimenResult) -> list[Json]:
    """Rule and score, only where a drug of the regimen is evaluable: else they say nothing of this tumour."""
    evaluable = {drug.drug for drug in frame.record.drugs if drug.call is not Call.NOT_EVALUABLE}
    rule = own("rule", f"rule of the signature: {regimen.rule_text}")
    if evaluable.isdisjoint(regimen.evidence.grades):
        why = absent("unknown", "no drug of this regimen is evaluable")
        return [
            {"code": rule, "dataAbsentReason": why},
            {"code": own("regimen-score", SCORE), "dataAbsentReason": why},
        ]
    return [
        component(rule, valueCodeableConcept=own(regimen.rule)),
        measured("regimen-score", SCORE, regimen.score, PERCENTILE_UNIT),
        *interval("regimen-score-interval", "interval of the regimen's score", regimen.interval, PERCENTILE_UNIT),
    ]


def _finding(finding: Finding) -> Json:
    """One rule of eligibility; what is not known of the patient has no value, and the question as its reason."""
    code = own(f"eligibility-{finding.code}", "eligibility")
    said = f"{finding.message} ({finding.source})"
    if finding.status == "unknown":
        return {"code": code, "dataAbsentReason": absent("unknown", said)}
    return component(code, valueCodeableConcept=own(finding.status, f"{finding.status}: {said}"))


def _against(regimen: RegimenResult) -> list[str]:
    return [f"{item.status}: {item.message}" for item in regimen.eligibility if item.status != "ok"]


def _citation(trial: Trial) -> Json:
    """A trial of the regimen, with a link where its source holds a DOI."""
    doi = _DOI.search(trial.source)
    said = [f"{trial.name}: {trial.efficacy}", trial.population, trial.toxicity, trial.source]
    return {
        "url": CITATION,
        "valueRelatedArtifact": {
            "type": "citation",
            "display": "; ".join(filter(None, said)),
            "url": f"https://doi.org/{quote(doi.group().rstrip('.,;)'), safe='/:;()._-')}" if doi else None,
        },
    }
