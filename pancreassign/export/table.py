"""``summary.tsv``: a row a sample, empty cells where unknown."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from pancreassign.records import Drug, Prediction, RegimenResult

FIELDS = ("call", "score", "percentile", "probability")
COLUMNS = (
    "sample",
    "patient",
    "qc",
    *(f"{drug.value}_{field}" for drug in Drug for field in FIELDS),
    "top_regimen",
    "tied_with",
)


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
            cells[f"{drug.drug.value}_{field}"] = "" if value is None else str(value)
    return cells


def to_tsv(records: Iterable[Prediction]) -> str:
    """The whole table as text."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, delimiter="\t", lineterminator="\n")
    writer.writeheader()
    writer.writerows(row(record) for record in records)
    return out.getvalue()
