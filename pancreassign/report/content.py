"""From a prediction record to the plain values of the page: all wording and number formatting, no layout.

Pure: the same record, words and date give the same values. The keys are what the typst files read.
"""

from __future__ import annotations

from typing import Any

from pancreassign.records import (
    HASH_DIGITS,
    Call,
    Drug,
    DrugResult,
    Interval,
    Prediction,
    QcCheck,
    Validation,
)
from pancreassign.report import appendix, details, evidence, regimens
from pancreassign.report.regimens import NAME, NO_SKILL
from pancreassign.report.words import Words, clipped

Values = dict[str, Any]
HEAD, IDENTITY = 80, 300
"""Signs of a name at the head of each page, and of one value of the identity block."""
FOOT, VERSION = 60, 20
"""Signs of a name, and of a version or protocol, at the foot of each page."""
ELSEWHERE = {"setting", "language"}
"""Clinical facts that are no item of the list: the setting has its own line at the top, the language is the page's."""
FRONT = {"reads on genes", "tumour programme", "tumour content"}
"""Quality checks that stand on the front page whatever they found."""
PUBLISHED = "below_published"
"""The code of a check against a published limit, which is stricter than our signatures need."""
SHARE = "share"
"""The unit of a quality check that is a share of one, alone or as in "share of reads"."""


def page(record: Prediction, words: Words, report_date: str | None = None) -> Values:
    """The values of the page, as JSON can hold them.

    Parameters
    ----------
    record
        The prediction record: the only source.
    words
        The language of the page.
    report_date
        The date of the report as ISO text; printed as not given where ``None``.
    """
    return {
        "lang": words["page.lang"],
        "document": words.say("page.document", sample=clipped(record.sample.id, HEAD)),
        "top": _top(record, words),
        "identity": _identity(record, words, report_date),
        "quality": _quality(record, words),
        "context": _context(record, words),
        "drugs": _drugs(record, words),
        "details": details.section(record, _evaluable(record), words),
        "evidence": evidence.section(record, words),
        "reading": words["front.reading"],
        "appendix": appendix.section(record, words),
        "regimens": regimens.section(record, _evaluable(record), words),
        "caveats": {
            "heading": words["caveats.heading"],
            "items": [words.text(caveat.text) for caveat in record.caveats] or [words["caveats.none"]],
        },
        "signature": [words.label(f"signing.{key}") for key in ("name", "date", "signature")],
        "footer": footer(record, words),
    }


def _top(record: Prediction, words: Words) -> Values:
    key = "page.setting_assumed" if record.setting.assumed else "page.setting"
    return {
        "title": words["page.title"],
        "disease": words["page.disease"],
        "setting": words.say(key, setting=words.code("setting", record.setting.value)),
        "setting_why": words["page.assumed_why"] if record.setting.assumed else None,
        "research": words["page.research"],
        "research_detail": words["page.research_detail"],
        "simulated": words["page.simulated"] if record.sample.simulated else None,
    }


def _identity(record: Prediction, words: Words, report_date: str | None) -> Values:
    sample, counts = record.sample, record.input
    counted = words.say(
        "identity.counted",
        units=words.code("units", counts.units),
        strand=words.known(counts.strand and words.code("strand", counts.strand)),
        matched=words.decimal(counts.genes_matched, 0),
        genes=words.decimal(counts.genes, 0),
    )
    if counts.rounded:
        counted = words.listed([counted, words["identity.rounded"]])
    order, specimen = sample.order, sample.specimen
    dated = report_date or order.reported
    fields = {
        "identity.sample": sample.id,
        "identity.patient": words.known(sample.patient),
        "specimen.second_id": words.known(sample.second_id),
        "specimen.type": words.known(specimen.specimen_type),
        "identity.site": words.known(sample.site),
        "specimen.collected": _day(specimen.collected, words),
        "identity.preservation": words.code("preservation", specimen.preservation),
        "specimen.tumour_cells": _stated(specimen.tumour_cells_percent, "number.percent", words),
        "identity.tumour_content": tumour_content(record, words),
        "specimen.rna": _stated(specimen.rna_ng, "specimen.nanograms", words),
        "specimen.requester": words.known(order.requester),
        "specimen.ordered": _day(order.ordered, words),
        "specimen.received": _day(order.received, words),
        "identity.report_date": words.date(dated) if dated else words["identity.no_date"],
    }
    facts = words["number.join"].join(clipped(fact, IDENTITY) for fact in _clinical(record, words))
    wide = {"identity.input": counted, "identity.clinical": facts or words["identity.no_clinical"]}
    return {
        "heading": words["identity.heading"],
        "fields": [[words.label(key), clipped(text, IDENTITY)] for key, text in fields.items()],
        "wide": [[words.label(key), text] for key, text in wide.items()],
    }


def _day(iso: str | None, words: Words) -> str:
    return words["number.unknown"] if iso is None else words.date(iso)


def _stated(value: float | None, key: str, words: Words) -> str:
    """A figure that the laboratory states, in the words of ``key``."""
    return words["number.unknown"] if value is None else words.say(key, value=words.measure(value))


def _clinical(record: Prediction, words: Words) -> list[str]:
    """The clinical facts given, regimens by name."""
    names = {"other": words["clinical.other"]} | {one.id: words.text(one.name) for one in record.regimens}
    facts = []
    for field, value in record.clinical.items():
        if value is None or field in ELSEWHERE:
            continue
        if isinstance(value, (list, tuple)):
            value = [names.get(str(item), item) for item in value]
        facts.append(words.say("number.pair", name=words.code("clinical", field), value=_plain(value, words)))
    return facts


def _plain(value: object, words: Words) -> str:
    """A clinical value in words: truth as yes or no, lists with commas, codes by their words."""
    if isinstance(value, bool):
        return words["clinical.yes"] if value else words["clinical.no"]
    if isinstance(value, (list, tuple)):
        return words["number.join"].join(_plain(item, words) for item in value) or words["clinical.none"]
    if isinstance(value, int | float):
        return words.measure(float(value))
    return words.code("fact", str(value))


def tumour_content(record: Prediction, words: Words) -> str:
    """The class first: a number from expression is too uncertain to lead (on average some 11 points off)."""
    content = record.qc.tumour_content
    share = " ".join(words.probability(content.value, content.interval))
    if content.class_ is None:
        return share
    name = words.text(content.class_.replace("_", " "))
    return name if content.value is None else words["number.join"].join((name, share))


def _quality(record: Prediction, words: Words) -> Values:
    every = [_check(check, words) for check in record.qc.checks]
    return {
        "heading": words["quality.heading"],
        "verdict": words[f"quality.{record.qc.verdict}"],
        "failed": record.qc.verdict == "fail",
        "columns": [words[f"quality.{key}"] for key in ("check", "value", "threshold", "verdict", "source")],
        "rows": [row for row, check in zip(every, record.qc.checks, strict=True) if _on_front(check)],
        "all": every,
        "all_heading": words["quality.all_heading"],
        "note": words.say("quality.note", made=str(len(record.qc.checks))) if record.qc.checks else None,
        "empty": None if record.qc.checks else words["quality.no_checks"],
    }


def _context(record: Prediction, words: Words) -> Values:
    """Programmes and genes that no call or rank uses; nothing where an earlier version's record holds none."""
    programmes = record.context.get("programmes", {})
    return {
        "heading": words["context.heading"],
        "note": words["context.note"],
        "columns": [words[f"context.{key}"] for key in ("programme", "percentile", "source")],
        "rows": [
            {
                "title": clipped(words.text(one["title"]), NAME),
                "percentile": words.decimal(one["percentile"], 0),
                "source": words.text(one["source"]),
            }
            for one in programmes.values()
        ],
    }


def _on_front(check: QcCheck) -> bool:
    """What a board needs at a glance: depth and tumour, and what was found wrong by our own limits."""
    return check.name in FRONT or (check.verdict != "pass" and check.code != PUBLISHED)


def _check(check: QcCheck, words: Words) -> Values:
    limits = [
        words.say(f"threshold.{name}", value=_measured(limit, check.unit, words, limit=True))
        if f"threshold.{name}" in words
        else words.say("number.pair", name=name, value=_measured(limit, check.unit, words, limit=True))
        for name, limit in (check.threshold or {}).items()
    ]
    # nothing was held against a limit
    unlimited = check.verdict == "pass" and (not check.threshold or check.value is None)
    return {
        "name": clipped(words.text(check.name.replace("_", " ")), NAME),
        "value": _measured(check.value, check.unit, words),
        "threshold": words["number.join"].join(limits) or words["quality.no_threshold"],
        "verdict": words["verdict.unlimited" if unlimited else f"verdict.{check.verdict}"],
        "flagged": check.verdict != "pass",
        "source": words.text(check.source),
    }


def _measured(value: float | None, unit: str | None, words: Words, limit: bool = False) -> str:
    """A value with its unit, a share as a percentage; a limit stands beside the value, without the unit."""
    if value is None:
        return words["number.unknown"]
    of = unit or ""
    if of.split(" ")[0] == SHARE:
        of = of.removeprefix(SHARE).strip()
        text = words.say("number.percent", value=words.measure(100 * value))
    else:
        text = words.measure(value)
    return words.say("number.with_unit", value=text, unit=words.text(of)) if of and not limit else text


def _drugs(record: Prediction, words: Words) -> Values:
    score_level = words.levels([drug.score_interval for drug in record.drugs])
    intervals: list[Interval | None] = [drug.probability_interval for drug in record.drugs]
    columns = ("drug", "figure", "percentile", "probability", "evidence", "genes", "validation")
    tumours, level = words.decimal(record.reference.tumours, 0), words.levels(intervals)
    validated = words.levels([drug.validation.spearman_interval for drug in record.drugs if drug.validation])
    return {
        "heading": words["drugs.heading"],
        "columns": [words[f"drugs.{key}"] for key in columns],
        "ends": [words["drugs.resistant_end"], words["drugs.sensitive_end"]],
        "rows": [_drug(drug, words) for drug in record.drugs],
        "notes": [
            words.say("drugs.key", tumours=tumours, level=score_level),
            words.say("drugs.probability_note", level=level),
        ],
        "short": words.say("front.drugs", score=score_level, probability=level, spearman=validated),
        "general": _general(record, words),
    }


def _drug(drug: DrugResult, words: Words) -> Values:
    reason = words.code("reason", drug.reason)
    call = words[f"call.{drug.call}"]
    if drug.call is Call.NOT_EVALUABLE:
        call = words.say("drugs.not_evaluable", reason=reason)
    return {
        "drug": words.code("drug", drug.drug),
        "call": call,
        "symbol": drug.call.value,
        "muted": is_muted(drug),
        "no_score": words["drugs.no_score"] if drug.score is None else None,
        "alt": _alt(drug, call, words),
        "percentile": words.decimal(drug.percentile, 0),
        "probability": words.probability(drug.probability, drug.probability_interval),
        "grade": drug.evidence,
        "grade_words": words[f"grade.{drug.evidence}"],
        "genes": words.say(
            "drugs.found",
            found=words.decimal(drug.coverage.found, 0),
            genes=words.decimal(drug.coverage.genes, 0),
        ),
        "validation": _validation(drug.validation, words),
    }


def is_muted(drug: DrugResult) -> bool:
    """True where the value is shown in grey, so that no ink is stronger than the evidence."""
    return drug.call is Call.NOT_EVALUABLE or drug.evidence == NO_SKILL


def _evaluable(record: Prediction) -> set[Drug]:
    """The drugs that say something of this sample: called, with demonstrated skill."""
    return {drug.drug for drug in record.drugs if not is_muted(drug)}


def _alt(drug: DrugResult, call: str, words: Words) -> str:
    if drug.score is None:
        position = words["drugs.alt_no_score"]
    elif drug.percentile is None:
        position = words["drugs.alt_unplaced"]
    else:
        position = words.say("drugs.alt_position", percentile=words.decimal(drug.percentile, 0))
    return words.say("drugs.alt", drug=words.code("drug", drug.drug), call=call, position=position)


def _validation(validation: Validation | None, words: Words) -> list[str]:
    if validation is None:
        return [words["number.unknown"]]
    return [
        words.estimate(validation.spearman, validation.spearman_interval, 2),
        words.say("drugs.ceiling", value=words.decimal(validation.ceiling, 2)),
    ]


def _general(record: Prediction, words: Words) -> Values:
    general = record.general
    text = words.say(
        "drugs.general_value",
        score=words.decimal(general.score, 2),
        percentile=words.decimal(general.percentile, 0),
        grade=general.evidence,
        words=words[f"grade.{general.evidence}"],
    )
    muted = general.evidence == NO_SKILL or record.qc.verdict == "fail"
    return {"label": words["drugs.general"], "text": text, "muted": muted}


def footer(record: Prediction, words: Words) -> Values:
    """What every sheet carries: the motto, and which versions made the record; its input comes last."""

    def item(label: str, value: str, sha256: str | None = None) -> list[str | None]:
        hashed = None if sha256 is None else words.say("footer.hash", hash=sha256[:HASH_DIGITS])
        return [words.label(f"footer.{label}"), value, hashed]

    def named(key: str, **parts: str) -> str:
        most = {"name": FOOT}
        return words.say(key, **{what: clipped(part, most.get(what, VERSION)) for what, part in parts.items()})

    software, pack, reference = record.software, record.pack, record.reference
    protocol = words.code("protocol", reference.protocol)
    frozen = named("footer.reference_value", name=reference.name, version=reference.version, protocol=protocol)
    return {
        "motto": words["page.motto"],
        "research": words["page.research"],
        "page": words["page.number"],
        "items": [
            item("software", named("footer.versioned", name=software.name, version=software.version)),
            item("catalogue", clipped(record.catalogue.version, VERSION), record.catalogue.sha256),
            item("pack", named("footer.versioned", name=pack.name, version=pack.version), pack.sha256),
            item("reference", frozen, reference.sha256),
            item("input", "", record.input.sha256),
        ],
    }
