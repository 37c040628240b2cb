"""Several lesions of one patient side by side: each keeps its own record, the view only compares what these say.

The keys are the contract ``pancreassign/patient/1``. What is unknown is ``None``.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any, Final, Literal

from pydantic import ConfigDict, Field

from pancreassign.errors import RecordError
from pancreassign.records import (
    Call,
    CatalogueId,
    Drug,
    DrugResult,
    Grade,
    PackId,
    Part,
    Percentile,
    Prediction,
    Probability,
    ReferenceId,
    SampleInfo,
    Verdict,
    rounded,
)

SCHEMA: Final = "pancreassign/patient/1"


class Lesion(Part):
    """One sample of the patient.

    ``record_sha256`` is over the bytes of its ``prediction.json``; ``leaders`` holds the ids of the regimens that
    share the first rank, none where even these are contraindicated or not for the setting.
    """

    sample: str
    site: str | None
    simulated: bool
    qc: Verdict
    record_sha256: str
    leaders: list[str]


class LesionDrug(Part):
    """What one lesion's record says of one drug."""

    sample: str
    call: Call
    percentile: Percentile | None
    probability: Probability | None


class Spread(Part):
    """Largest less smallest among the lesions, in the units of the record; the noise of each lesion is part of it."""

    percentile: Percentile | None
    probability: Probability | None


class DrugView(Part):
    """One drug over the lesions.

    ``least_sensitive`` (every lesion of the lowest probability) and ``spread`` are taken among lesions that have a
    score and did not fail quality; ``None`` with fewer than one and two of them. ``calls_differ`` and ``dissociated``
    (one lesion sensitive, another resistant) compare the lesions that are called; ``None`` with fewer than two.
    """

    drug: Drug
    evidence: Grade
    lesions: list[LesionDrug]
    least_sensitive: list[str] | None
    spread: Spread
    calls_differ: bool | None
    dissociated: bool | None


class PatientView(Part):
    """The lesions of one patient.

    ``leaders_differ`` compares the leading regimens of lesions that did not fail quality; ``None`` with fewer than two.
    ``clinical_differs`` is true where the lesions were given different clinical facts: that alone can part the leaders.
    """

    schema_: Literal["pancreassign/patient/1"] = Field(default=SCHEMA, alias="schema")
    patient: str
    pack: PackId
    reference: ReferenceId
    catalogue: CatalogueId
    lesions: list[Lesion] = Field(min_length=2)
    drugs: list[DrugView]
    leaders_differ: bool | None
    clinical_differs: bool

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)

    def to_json(self) -> str:
        """The view as JSON text: the same bytes for the same records, in whatever order they came."""
        return json.dumps(self.model_dump(mode="json"), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def with_several(samples: Iterable[SampleInfo]) -> dict[str, list[int]]:
    """Patients with two samples or more, sorted, each with the places of its samples; one without an id is nobody."""
    places = defaultdict(list)
    for place, sample in enumerate(samples):
        if sample.patient:
            places[sample.patient].append(place)
    return {patient: places[patient] for patient in sorted(places) if len(places[patient]) > 1}


def patient_views(records: Sequence[Prediction]) -> list[PatientView]:
    """The view of each patient with two records or more, by patient id; lesions by sample id.

    Raises
    ------
    RecordError
        Where the records of one patient name a sample twice, or come of different packs, references or catalogues:
        their scores cannot be compared.
    """
    groups = with_several(record.sample for record in records)
    return [_view(patient, [records[place] for place in places]) for patient, places in groups.items()]


def _view(patient: str, records: Sequence[Prediction]) -> PatientView:
    lesions = sorted(records, key=lambda record: record.sample.id)
    first = lesions[0]
    _check(lesions)
    sound = [record for record in lesions if record.qc.verdict != "fail"]
    return PatientView(
        patient=patient,
        pack=first.pack,
        reference=first.reference,
        catalogue=first.catalogue,
        lesions=[_lesion(record) for record in lesions],
        drugs=[_drug(place, lesions) for place in range(len(Drug))],
        leaders_differ=_differ([frozenset(_leaders(record)) for record in sound]),
        clinical_differs=any((own.setting, _facts(own)) != (first.setting, _facts(first)) for own in lesions),
    )


def _facts(record: Prediction) -> dict[str, Any]:
    """What is known of the patient: the language of the page is no such fact."""
    return {name: value for name, value in record.clinical.items() if name != "language"}


def _check(lesions: Sequence[Prediction]) -> None:
    """Raise :class:`RecordError` where two lesions, sorted by id, cannot stand in one view."""
    first = lesions[0]
    for before, record in pairwise(lesions):
        if record.sample.id == before.sample.id:
            raise RecordError(f"sample {record.sample.id}", "has two records", "Give one record a sample.")
        for part in ("second_id", "sex"):
            stated = {getattr(one.sample, part) for one in (first, record)} - {None}
            if len(stated) > 1:
                raise RecordError(
                    f"samples {first.sample.id} and {record.sample.id}",
                    f"are of one patient, but with another {part}",
                    "Rule out that samples were exchanged, then correct the table of samples.",
                )
        for part in ("pack", "reference", "catalogue"):
            if getattr(record, part) != getattr(first, part):
                raise RecordError(
                    f"samples {first.sample.id} and {record.sample.id}",
                    f"are lesions of one patient, but were scored with different versions of the {part}",
                    "Score them in one run.",
                )


def _lesion(record: Prediction) -> Lesion:
    return Lesion(
        sample=record.sample.id,
        site=record.sample.site,
        simulated=record.sample.simulated,
        qc=record.qc.verdict,
        record_sha256=record.sha256,
        leaders=_leaders(record),
    )


def _leaders(record: Prediction) -> list[str]:
    """Tied ones too: among these the record itself does not choose."""
    return [regimen.id for regimen in record.leaders]


def _drug(place: int, lesions: Sequence[Prediction]) -> DrugView:
    """The view of the drug at ``place`` of each record."""
    results = [record.drugs[place] for record in lesions]
    measured = {
        record.sample.id: result
        for record, result in zip(lesions, results, strict=True)
        if result.score is not None and record.qc.verdict != "fail"
    }
    calls = [result.call for result in measured.values() if result.call is not Call.NOT_EVALUABLE]
    differ = _differ(calls)
    return DrugView(
        drug=results[0].drug,
        evidence=results[0].evidence,
        lesions=[
            LesionDrug(
                sample=record.sample.id,
                call=result.call,
                percentile=result.percentile,
                probability=result.probability,
            )
            for record, result in zip(lesions, results, strict=True)
        ],
        least_sensitive=_least_sensitive(measured),
        spread=Spread(
            percentile=_spread([result.percentile for result in measured.values()]),
            probability=_spread([result.probability for result in measured.values()]),
        ),
        calls_differ=differ,
        dissociated=None if differ is None else {Call.SENSITIVE, Call.RESISTANT} <= set(calls),
    )


def _least_sensitive(measured: dict[str, DrugResult]) -> list[str] | None:
    """The samples of the lowest probability of being sensitive, ties included."""
    known = {sample: result.probability for sample, result in measured.items() if result.probability is not None}
    lowest = min(known.values(), default=None)
    return [sample for sample, value in known.items() if value == lowest] or None


def _spread(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return rounded(max(known) - min(known)) if len(known) > 1 else None


def _differ(values: Sequence[object]) -> bool | None:
    """Whether the values are not all the same; ``None`` where there are not two to compare."""
    return len(set(values)) > 1 if len(values) > 1 else None
