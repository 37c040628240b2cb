"""What differs between the lesions of a patient, in words: only what the patient's view says, never pooled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pancreassign.page.markup import Markup, joined, name, tag
from pancreassign.patients import DrugView, Lesion, PatientView, patient_views
from pancreassign.records import Prediction
from pancreassign.report.words import Words

NOTE = (
    "Every lesion's own noise is part of a difference: lesions whose intervals overlap are not shown to differ, and"
    " calls are compared among lesions that were called. No lesion is averaged with another."
)
PARTIAL = "a sample of this patient could not be scored, so the lesions are not compared."
OPPOSITE = "opposite calls: one lesion sensitive, another resistant"
COMPARED = {True: "calls differ", False: "the same call", None: "not compared, fewer than two lesions called"}


def views(records: Sequence[Prediction]) -> list[PatientView]:
    """The views of the patients with several lesions, in the order of their first samples."""
    order = {record.sample.patient: place for place, record in reversed(list(enumerate(records)))}
    return sorted(patient_views(records), key=lambda view: order[view.patient])


def section(
    found: Sequence[PatientView], partial: Sequence[str], names: Mapping[str, str], words: Words
) -> Markup | None:
    """An item a patient, which the script repeats above the patient's rows; ``None`` where nobody has several.

    ``partial`` are the patients, as the page calls them, of whom a sample could not be scored.
    """
    if not found and not partial:
        return None
    return joined(
        tag("ul", *(_patient(view, names[view.patient], words) for view in found)) if found else None,
        *(tag("p", name(called), f": {PARTIAL}") for called in partial),
        tag("p", NOTE, class_="note"),
    )


def _patient(view: PatientView, called: str, words: Words) -> Markup:
    lesions = joined(*(_after("; ", place, name(_lesion(lesion))) for place, lesion in enumerate(view.lesions)))
    said = [_leaders(view, words)]
    if view.clinical_differs:
        said.append(words["lesions.clinical_differs"])
    head = tag("h3", name(called), f": {len(view.lesions)} lesions")
    return tag("li", head, tag("p", lesions), _calls(view, words), tag("p", " ".join(said)), data_patient=called)


def _lesion(lesion: Lesion) -> str:
    return f"{lesion.sample}, {lesion.site}" if lesion.site else lesion.sample


def _after(sign: str, place: int, item: Markup) -> Markup:
    return joined(sign if place else None, item)


def _leaders(view: PatientView, words: Words) -> str:
    key = {True: "leaders_differ", False: "leaders_same", None: "leaders_unknown"}[view.leaders_differ]
    compared = sum(lesion.qc != "fail" for lesion in view.lesions)
    return words.say(f"lesions.{key}", count=words.decimal(compared, 0))


def _calls(view: PatientView, words: Words) -> Markup:
    """The drugs by what can be said of their calls, opposite ones first."""
    by_words: dict[str, list[str]] = {}
    for drug in sorted(view.drugs, key=_alarm):
        label = words.say("lesions.graded", drug=words.code("drug", drug.drug), grade=drug.evidence)
        by_words.setdefault(OPPOSITE if drug.dissociated else COMPARED[drug.calls_differ], []).append(label)
    items = [
        tag("li", ", ".join(drugs), ": ", tag("b" if said == OPPOSITE else "span", said))
        for said, drugs in by_words.items()
    ]
    return tag("ul", *items)


def _alarm(drug: DrugView) -> int:
    """Opposite calls, then those that differ, then the same, then those that cannot be compared."""
    if drug.dissociated:
        return 0
    return {True: 1, False: 2, None: 3}[drug.calls_differ]
