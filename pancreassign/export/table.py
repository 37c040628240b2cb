"""Tables for people and scripts: ``summary.tsv`` and the quality verdicts; empty cells where unknown."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence

from pancreassign.records import Drug, Prediction, Qc, RegimenResult

FIELDS = ("call", "score", "percentile", "probability")
COLUMNS = (
    "sample",
    "patient",
    "qc",
    *(f"{drug.value}_{field}" for drug in Drug for field in FIELDS),
    "top_regimen",
    "tied_with",
)
VERDICT_COLUMNS = ("sample", "qc", "tumour_content", "content_class", "findings")
CHECK_COLUMNS = ("sample", "check", "value", "unit", "limits", "verdict", "code", "source")


def leading(record: Prediction) -> RegimenResult | None:
    """The first regimen; none where even that is contraindicated or not for the setting."""
    first = record.regimens[0]
    return first if first.for_setting and not first.contraindicated else None


def row(record: Prediction) -> dict[str, str]:
    """One record as a row of :data:`COLUMNS`; ``tied_with`` joins regimen ids with a comma."""
    leader = leading(record)
    cells = {
        "sample": record.sample.id,
        "patient": record.sample.patient or "",
        "qc": record.qc.verdict,
        "top_regimen": leader.id if leader else "",
        "tied_with": ",".join(leader.tied_with) if leader else "",
    }
    for drug in record.drugs:
        for field in FIELDS:
            value = getattr(drug, field)
            cells[f"{drug.drug.value}_{field}"] = _cell(value)
    return cells


def to_tsv(records: Iterable[Prediction]) -> str:
    """The whole table as text."""
    return _tsv(COLUMNS, map(row, records))


def verdicts_tsv(judged: Mapping[str, Qc]) -> str:
    """A row a sample: its verdict, its tumour content, and the codes of what was found (``code@verdict``)."""
    rows = (
        {
            "sample": sample,
            "qc": qc.verdict,
            "tumour_content": _cell(qc.tumour_content.value),
            "content_class": qc.tumour_content.class_ or "",
            "findings": ",".join(f"{one.code}@{one.verdict}" for one in qc.checks if one.verdict != "pass"),
        }
        for sample, qc in judged.items()
    )
    return _tsv(VERDICT_COLUMNS, rows)


def checks_tsv(judged: Mapping[str, Qc]) -> str:
    """A row a check of every sample, with its value, unit, limits, verdict, code and source."""
    rows = (
        {
            "sample": sample,
            "check": one.name,
            "value": _cell(one.value),
            "unit": one.unit or "",
            "limits": ",".join(f"{name}={limit}" for name, limit in (one.threshold or {}).items()),
            "verdict": one.verdict,
            "code": one.code,
            "source": one.source,
        }
        for sample, qc in judged.items()
        for one in qc.checks
    )
    return _tsv(CHECK_COLUMNS, rows)


def _cell(value: float | None) -> str:
    return "" if value is None else str(value)


def _tsv(columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, delimiter="\t", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()
