"""``pancreassign_mqc.json``: calls and quality of a cohort as a table in MultiQC's report.

MultiQC reads the file by its name, without a plugin ("custom content",
https://docs.seqera.io/multiqc/custom_content). It is GPL and is never imported: what follows was learnt from its
documentation and from reports that it made (1.35).
"""

from __future__ import annotations

import html
import json
from collections.abc import Iterable, Sequence
from typing import Any, get_args

from pancreassign.export.table import leading
from pancreassign.records import HASH_DIGITS, Call, Drug, DrugResult, Grade, PackId, Prediction, ReferenceId

SECTION = "pancreassign"
"""Id of the section: several files of one id (a run a sample) become one table."""
RESEARCH = "FOR RESEARCH USE ONLY: not for treatment decisions."
ALWAYS = ("research_use", "preclinical_probability")
"""Caveats of every record (``data/caveats``) that are said above the table; those of single samples stand in rows."""
REASONS = ("no_demonstrated_skill", "quality_failed", "no_signature", "gene_coverage", "outside_reference")
"""Why a drug is not evaluable: known beforehand, so that files merge whatever their samples hold."""
GROUNDS = {
    Call.SENSITIVE: "rgba(31, 119, 180, 0.35)",
    Call.RESISTANT: "rgba(255, 127, 14, 0.35)",
    Call.NOT_EVALUABLE: "rgba(128, 128, 128, 0.25)",
}
"""Grounds of calls, told apart by colour-blind readers and never without the word; light enough for both themes."""

Cells = dict[str, str | float]


def to_mqc(records: Sequence[Prediction]) -> str:
    """The file as JSON text, the same bytes for the same records.

    A row a sample under its id, which MultiQC cleans as it does those of all tools; keys as in ``summary.tsv``, with
    an unknown cell left out. A call stands with its evidence grade. Percentile and probability of a drug that is not
    evaluable stay in the record: no column of MultiQC could show them in grey. The patient is left out, since such
    reports are passed around.
    """
    content = {
        "id": SECTION,
        "section_name": "pancreassign",
        "description": _description(records),
        "plot_type": "table",
        "pconfig": {
            "id": f"{SECTION}_table",
            "title": "pancreassign: chemosensitivity",
            "namespace": SECTION,
            # above 500 samples MultiQC would draw violins of the numbers and show no call
            "no_violin": True,
        },
        "headers": _headers(),
        "data": {_safe(record.sample.id): _row(record) for record in records},
    }
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _row(record: Prediction) -> Cells:
    """The cells of one sample, those that are known.

    Where no drug is called there is no first regimen either: its place would be none that this tumour gave it.
    """
    leader, content = None if record.silent else leading(record), record.qc.tumour_content
    cells: dict[str, str | float | None] = {
        "sample": record.sample.id,
        "qc": record.qc.verdict,
        "content_class": content.class_,
        "tumour_content": content.value,
        "findings": _joined(f"{one.code}@{one.verdict}" for one in record.qc.checks if one.verdict != "pass"),
        "setting": _words(record.setting.value) + (" (assumed)" if record.setting.assumed else ""),
        "top_regimen": leader.id if leader else None,
        "tied_with": _joined(leader.tied_with) if leader else None,
        "caveats": _joined(caveat.code for caveat in record.caveats if caveat.code not in ALWAYS),
        "pack": _named(record.pack),
        "reference": _named(record.reference),
        "input_sha256": record.input.sha256[:HASH_DIGITS],
    }
    for drug in record.drugs:
        cells |= _drug(drug)
    return {
        key: _safe(value) if isinstance(value, str) else value
        for key, value in cells.items()
        if value is not None and value != ""
    }


def _drug(drug: DrugResult) -> dict[str, str | float | None]:
    """The call with its grade; its figures where it is one."""
    name, call = drug.drug.value, _called(drug.call, drug.evidence, drug.reason)
    if drug.call is Call.NOT_EVALUABLE:
        return {f"{name}_call": call}
    return {
        f"{name}_call": call,
        f"{name}_percentile": drug.percentile,
        f"{name}_probability": drug.probability,
    }


def _called(call: Call, grade: Grade, reason: str) -> str:
    """A call with its evidence grade, and with its reason where nothing is called."""
    said = f"{_words(call)} ({grade})"
    return f"{said}: {_words(reason)}" if call is Call.NOT_EVALUABLE else said


def _words(code: str) -> str:
    return code.replace("_", " ")


def _joined(items: Iterable[str]) -> str:
    """Items with semicolons: MultiQC takes a comma in a cell for a mark of thousands and drops it."""
    return "; ".join(items)


def _named(part: PackId | ReferenceId) -> str:
    return f"{part.name} {part.version} (sha256 {part.sha256[:HASH_DIGITS]})"


def _safe(text: str) -> str:
    """``text`` as MultiQC shows it unchanged: it escapes nothing, and drops quotes around a cell and commas in it.

    Its scripts read what is shown back as text, so that escaping once is enough.
    """
    return html.escape(text).replace(",", "&#44;")


def _description(records: Sequence[Prediction]) -> str:
    """What stands above the table: research use first, the caveats of every record, then what the records came from."""
    caveats = {caveat.code: caveat.text for record in records for caveat in record.caveats if caveat.code in ALWAYS}
    packs = dict.fromkeys(_named(record.pack) for record in records)
    references = dict.fromkeys(_named(record.reference) for record in records)
    said = [
        *(html.escape(caveats[code]) for code in ALWAYS if code in caveats),
        "The letter behind a call is its evidence grade: A a prospective trial, B an independent pancreatic set, "
        "C skill in preclinical models, D no demonstrated skill, for which nothing is called.",
        f"Signature pack: {html.escape(_joined(packs))}. Reference: {html.escape(_joined(references))}.",
        "Further columns are hidden: see “Configure columns”. The record and the page of each sample hold the rest.",
    ]
    # markup first: MultiQC would take a text without for Markdown, and a name with underscores for emphasis
    return " ".join([f"<strong>{RESEARCH}</strong>", *said])


def _headers() -> dict[str, dict[str, Any]]:
    """Every column in its order; MultiQC leaves out those without a cell."""
    columns = {
        "sample": _column("Sample as scored", "The sample's id before MultiQC shortened it", hidden=True),
        "qc": _column("Quality", "Verdict of pancreassign on this library; with fail no drug is called"),
        "content_class": _column("Tumour content", "Share of the sample's RNA from tumour cells, by expression"),
        "tumour_content": _number("Tumour content (estimate)", "The same as a share of one", 1, "{:.2f}"),
        "findings": _column("Findings", "Quality checks that did not pass, as code@verdict", hidden=True),
        "setting": _column(
            "Setting", "Clinical setting that the regimens were ranked for; assumed where none was given"
        ),
    }
    for drug in Drug:
        columns[f"{drug.value}_call"] = _call(drug)
    columns |= {
        "top_regimen": _column(
            "First regimen",
            "First by eligibility, tier, rule and score; none where no drug is called",
        ),
        "tied_with": _column("Tied with", "Regimens that the data do not order against the first"),
        "caveats": _column(
            "Caveats", "Codes of this sample's own limits; their texts stand in its record", hidden=True
        ),
    }
    for drug in Drug:
        name = drug.value
        columns |= {
            f"{name}_percentile": _number(
                f"{name} percentile",
                f"Place of the {name} score among the reference tumours (evaluable drugs)",
                100,
                "{:.0f}",
            ),
            f"{name}_probability": _number(
                f"{name} probability",
                f"Of the most sensitive third of preclinical models for {name}: base rate 1 in 3 (evaluable drugs)",
                1,
                "{:.2f}",
            ),
        }
    columns |= {
        "pack": _column("Pack", "Signature pack", hidden=True),
        "reference": _column("Reference", "Frozen reference tumours", hidden=True),
        "input_sha256": _column("Input", "Start of the SHA-256 of the harmonised counts", hidden=True),
    }
    return columns


def _column(title: str, description: str, hidden: bool = False) -> dict[str, Any]:
    return {"title": title, "description": description, "scale": False, "hidden": hidden}


def _number(title: str, description: str, most: int, form: str) -> dict[str, Any]:
    return _column(title, description, hidden=True) | {"min": 0, "max": most, "format": form}


def _call(drug: Drug) -> dict[str, Any]:
    return _column(drug.value, f"Predicted response to {drug.value}, and its evidence grade") | {
        "bgcols": {
            _called(call, grade, reason): ground
            for call, ground in GROUNDS.items()
            for grade in get_args(Grade)
            for reason in REASONS
        }
    }
