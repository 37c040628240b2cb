"""Several lesions of one patient side by side: the plain values of a document of its own, no layout.

Each lesion keeps its own report; this one compares what the records say, and never pools them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pancreassign.errors import RecordError
from pancreassign.records import Call, DrugResult, Interval, Prediction
from pancreassign.report import content
from pancreassign.report.regimens import NAME, NO_SKILL
from pancreassign.report.words import Words, clipped

Values = dict[str, Any]
NameKey = list[tuple[int, str]]


def page(view: Mapping[str, Any], lesions: Sequence[Prediction], words: Words, report_date: str | None) -> Values:
    """The values of the document, as JSON can hold them.

    Parameters
    ----------
    view
        The patient's view, as the JSON of ``pancreassign/patient/1`` holds it: what differs comes from here.
    lesions
        The records of its lesions, in the order of the page (:func:`in_order`).
    report_date
        The date of the report as ISO text; printed as not given where ``None``.
    """
    numbers = {record.sample.id: words.decimal(number, 0) for number, record in enumerate(lesions, start=1)}
    footer = content.footer(lesions[0], words)
    return {
        "lang": words["page.lang"],
        "document": words.say("lesions.document", patient=clipped(view["patient"], content.HEAD)),
        "top": _top(view, lesions, words, report_date),
        "lesions": {
            "heading": words["lesions.heading"],
            "columns": [words[f"lesions.{key}"] for key in ("number", "sample", "quality", "content", "leaders")],
            "rows": [_lesion(record, numbers, view, words) for record in lesions],
        },
        "calls": {
            "heading": words["lesions.calls"],
            "columns": [words["lesions.number"], *(_graded(drug, words) for drug in lesions[0].drugs)],
            "rows": [_calls(record, numbers, words) for record in lesions],
            "note": words.say("lesions.calls_note", level=words.levels(_intervals(lesions))),
        },
        "differences": _differences(view, numbers, words),
        # every lesion has an input of its own, which its own report names
        "footer": footer | {"items": footer["items"][:-1]},
    }


def in_order(view: Mapping[str, Any], records: Sequence[Prediction]) -> list[Prediction]:
    """The records of the view's lesions by name, L2 before L10; those of other samples are passed over.

    Raises
    ------
    RecordError
        Where a lesion of the view has no record.
    """
    known = {record.sample.id: record for record in records}
    for lesion in view["lesions"]:
        if lesion["sample"] not in known:
            raise RecordError(
                f"sample {lesion['sample']}",
                "is a lesion of the patient's view, but its record is missing",
                "Give the records of all lesions that the patient's view names.",
            )
    return sorted((known[lesion["sample"]] for lesion in view["lesions"]), key=lambda own: _natural(own.sample.id))


def _natural(name: str) -> NameKey:
    """Sorts names by their words and by the size of their numbers; no number is too long for it."""
    parts = re.findall(r"[0-9]+|[^0-9]+", name)
    sized = ((len(part.lstrip("0")) if part[0] in "0123456789" else 0, part) for part in parts)
    return [(size, part.lstrip("0") or "0" if size else part) for size, part in sized] + [(0, name)]


def _intervals(lesions: Sequence[Prediction]) -> list[Interval | None]:
    return [drug.probability_interval for record in lesions for drug in record.drugs]


def _top(view: Mapping[str, Any], lesions: Sequence[Prediction], words: Words, report_date: str | None) -> Values:
    simulated = any(record.sample.simulated for record in lesions)
    dated = words.date(report_date) if report_date else words["identity.no_date"]
    second = next((record.sample.second_id for record in lesions if record.sample.second_id), None)
    patient, second = clipped(view["patient"], content.IDENTITY), clipped(words.known(second), content.IDENTITY)
    return {
        "title": words["lesions.title"],
        "disease": words["page.disease"],
        "setting": words.say(
            "lesions.patient", patient=words.bracket(patient, second), count=words.decimal(len(lesions), 0)
        ),
        "setting_why": words.say("lesions.dated", date=dated),
        "research": words["page.research"],
        "research_detail": words["page.research_detail"],
        "simulated": words["page.simulated"] if simulated else None,
    }


def _lesion(record: Prediction, numbers: Mapping[str, str], view: Mapping[str, Any], words: Words) -> Values:
    leaders = next(own["leaders"] for own in view["lesions"] if own["sample"] == record.sample.id)
    names = {regimen.id: clipped(words.text(regimen.name), NAME) for regimen in record.regimens}
    failed, assumed = record.qc.verdict == "fail", record.setting.assumed
    first = words["number.join"].join(names[own] for own in leaders) or words["lesions.no_leader"]
    setting = words.say("page.setting_assumed", setting=words.code("setting", record.setting.value))
    return {
        "number": numbers[record.sample.id],
        "sample": clipped(record.sample.id, content.IDENTITY),
        "site": clipped(words.known(record.sample.site), content.IDENTITY),
        "quality": words[f"verdict.{record.qc.verdict}"],
        "failed": failed,
        "content": content.tumour_content(record, words),
        # nothing was called on a failed lesion: its order says nothing of this tumour
        "leaders": words.say("lesions.leaders_not_compared", leaders=first) if failed else first,
        "assumed": setting if assumed else None,
    }


def _graded(drug: DrugResult, words: Words) -> str:
    """A drug with its evidence, which is the same in every lesion: they come of one pack."""
    return words.say("lesions.graded", drug=words.code("drug", drug.drug), grade=drug.evidence)


def _calls(record: Prediction, numbers: Mapping[str, str], words: Words) -> Values:
    return {"number": numbers[record.sample.id], "drugs": [_call(drug, words) for drug in record.drugs]}


def _call(drug: DrugResult, words: Words) -> Values:
    probability = " ".join(words.probability(drug.probability, drug.probability_interval))
    call = f"call.{drug.call}"
    told = drug.call is not Call.NOT_EVALUABLE or drug.reason == "no_demonstrated_skill"  # the grade says that above
    return {
        "symbol": drug.call.value,
        "muted": content.is_muted(drug),
        "values": words.say("lesions.values", percentile=words.decimal(drug.percentile, 0), probability=probability),
        "said": words[call] if told else f"{words.label(call)} {words.code('reason', drug.reason)}",
    }


def _differences(view: Mapping[str, Any], numbers: Mapping[str, str], words: Words) -> Values:
    """What the view found to differ; what could not be compared says so."""
    leaders = {True: "leaders_differ", False: "leaders_same", None: "leaders_unknown"}[view["leaders_differ"]]
    compared = words.decimal(sum(lesion["qc"] != "fail" for lesion in view["lesions"]), 0)
    columns = ("drug", "calls_of", "least", "percentiles", "probabilities")
    return {
        "heading": words["lesions.differences"],
        "said": [
            words.say(f"lesions.{leaders}", count=compared),
            *([words["lesions.clinical_differs"]] if view["clinical_differs"] else []),
        ],
        "columns": [words[f"lesions.{key}"] for key in columns],
        "rows": [_difference(drug, numbers, words) for drug in view["drugs"]],
        "muted": [drug["evidence"] == NO_SKILL for drug in view["drugs"]],
        "note": words["lesions.differences_note"],
    }


def _difference(drug: Mapping[str, Any], numbers: Mapping[str, str], words: Words) -> list[str]:
    calls = {True: "differ", False: "same", None: "not_compared"}[drug["calls_differ"]]
    least = [numbers[sample] for sample in sorted(drug["least_sensitive"] or [], key=_natural)]
    probability = drug["spread"]["probability"]
    return [
        words.code("drug", drug["drug"]),
        words["lesions.dissociated" if drug["dissociated"] else f"lesions.{calls}"],
        words["number.join"].join(least) or words["number.unknown"],
        words.decimal(drug["spread"]["percentile"], 0),
        words["number.unknown"] if probability is None else words.decimal(100 * probability, 0),
    ]
