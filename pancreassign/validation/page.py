"""What a validation writes: its figures as JSON, the same as a document, and every drawing."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from pancreassign.output import staged
from pancreassign.records import rounded
from pancreassign.report.typeset import Typesetter, source
from pancreassign.validation.tables import Flow

SCHEMA = "pancreassign/validation/1"
JSON, PDF = "validation.json", "report.pdf"
LAYOUT_DAY = date(2026, 11, 23)
"""The document date that PDF/A wants: the day of this layout. The clock is never read, and scores carry no date."""
WORDY = 26
"""A column with a cell longer than this takes what width is left (signs; judgement)."""
ALIKE = 12
"""Names of those left out that the report prints for each reason; ``validation.json`` has all."""
_NUMBER = re.compile(r"[-+−<>≤≥]?\s?\d.*|[-–—]?")
RESEARCH = "FOR RESEARCH USE ONLY"


@dataclass
class Table:
    """A table of the document; the first column names the row, ``note`` stands below in small print."""

    columns: list[str]
    rows: list[list[str]]
    note: str = ""


@dataclass
class Drawing:
    """A figure: ``name`` is its file without ending, ``alt`` what it shows in words for who cannot see it."""

    name: str
    svg: str
    alt: str
    caption: str


@dataclass
class Section:
    """A part of the document, in this order: heading, paragraphs, tables, drawings."""

    heading: str
    paragraphs: list[str] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    drawings: list[Drawing] = field(default_factory=list)


def head(kind: str, drug: str | None, evidence: str | None, n: int) -> dict[str, Any]:
    """What the figures of every validation begin with.

    Parameters
    ----------
    kind
        ``response`` or ``survival``: which keys follow.
    drug, evidence
        The one drug that is judged, and the grade of its signature as the scores say it; ``None`` where there are
        several drugs, or no grade is known.
    n
        Samples that were analysed.
    """
    return {"schema": SCHEMA, "kind": kind, "use": RESEARCH.lower(), "drug": drug, "evidence": evidence, "n": n}


def graded(drug: str, evidence: str | None) -> str:
    """The evidence grade of a drug's signature, in a sentence: no call is shown without it."""
    if evidence is None:
        return (
            f"Evidence grade of the signature of {drug}: not said by these scores (the records say it: give the folder "
            "that `score` wrote). A call of this page is worth no more than its grade."
        )
    if evidence == "D":
        return (
            f"The signature of {drug} has no demonstrated skill in models (grade D), so the tool makes no call for "
            "this drug; the score is tested here all the same."
        )
    return f"Evidence grade of the signature of {drug}: {evidence}."


def flow_figures(flow: Flow) -> dict[str, Any]:
    """Who is analysed and who was left out, with every id."""
    return {"steps": [{"step": step, "n": n} for step, n in flow.steps], "left_out": dict(flow.left_out)}


def write(out: Path, title: str, subtitle: str, sections: list[Section], figures: dict[str, Any], force: bool) -> None:
    """Write ``validation.json``, ``report.pdf`` and ``<drawing>.svg`` into ``out``: all of them, or none.

    Parameters
    ----------
    figures
        What ``validation.json`` holds: keys sorted, floats to six significant digits; NaN and infinite values are
        unknown and become ``null``.
    force
        Whether results that exist may be replaced. Drawings that an earlier run left, and this one does not make, go.

    Raises
    ------
    OutputError
        Where a result exists and ``force`` is not given, or ``out`` cannot be written.
    """
    drawings = {f"{one.name}.svg": one.svg for section in sections for one in section.drawings}
    old = _drawings_of(out) if force else []
    with staged(out, [JSON, PDF, *drawings], force, owned=old) as growing:
        for name, svg in drawings.items():
            (growing / name).write_text(svg, encoding="utf-8", newline="")
        text = json.dumps(plain(figures | {"drawings": sorted(drawings)}), indent=2, sort_keys=True, ensure_ascii=False)
        (growing / JSON).write_text(text + "\n", encoding="utf-8", newline="")
        (growing / PDF).write_bytes(render(title, subtitle, sections))


def _drawings_of(out: Path) -> list[str]:
    """The drawings that an earlier run into ``out`` names as its own; none where there is no such run."""
    try:
        names = json.loads((out / JSON).read_bytes())["drawings"]
        return [name for name in names if re.fullmatch(r"[\w-]+\.svg", name)]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def render(title: str, subtitle: str, sections: Sequence[Section]) -> bytes:
    """The document as PDF/A-2a and PDF/UA-1; the same arguments give the same bytes."""
    values = {
        "lang": "en",
        "document": title,
        "title": title,
        "subtitle": subtitle,
        "sections": [_section(one) for one in sections],
        "footer": {
            "research": RESEARCH,
            "motto": "A validation in one group's data; no medical device.",
            "items": [["Figures:", f"{JSON}, under the same names", None]],
            "page": "page {page} of {pages}",
        },
    }
    document = source("pancreassign.report", ["base"]) + b"\n" + source(str(__package__), ["page"])
    return Typesetter().compile(document, values, LAYOUT_DAY)


def _section(section: Section) -> dict[str, Any]:
    return asdict(section) | {"tables": [asdict(one) | _columns(one) for one in section.tables]}


def _columns(table: Table) -> dict[str, list[bool]]:
    """By column: whether all its cells are numbers (set to the right), and whether it is wordy (takes the width)."""
    columns = [[row[place] for row in table.rows] for place in range(len(table.columns))]
    numeric = [place > 0 and all(_NUMBER.fullmatch(cell) for cell in cells) for place, cells in enumerate(columns)]
    wordy = [any(len(cell) > WORDY for cell in cells) for cells in columns]
    return {"numeric": numeric, "wordy": wordy if any(wordy) else [True] + [False] * (len(columns) - 1)}


def plain(value: Any) -> Any:
    """``value`` as JSON can hold it: numpy's types as Python's, floats rounded, NaN and infinite ones ``None``."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return rounded(value) if math.isfinite(value) else None
    return value


def flow_table(flow: Flow) -> Table:
    """Who is analysed and who was left out, as rows; ids beyond the first :data:`ALIKE` are in the JSON alone."""
    rows = [[step, str(number), ""] for step, number in flow.steps]
    for why, names in flow.left_out.items():
        more = f" and {len(names) - ALIKE} more (in {JSON})" if len(names) > ALIKE else ""
        rows.append([f"left out: {why}", str(len(names)), ", ".join(names[:ALIKE]) + more])
    return Table(["step", "n", "who"], rows)


def shown(value: float | None, digits: int = 2) -> str:
    """A number of the document; "–" where it is unknown."""
    if value is None or not math.isfinite(value):
        return "–"
    return f"{round(value, digits) + 0.0:.{digits}f}".replace("-", "−")  # + 0.0: no negative zero


def shown_interval(figure: Mapping[str, Any], digits: int = 2) -> str:
    """A figure with its interval, as ``0.31 (0.05 to 0.54)``."""
    low, high = shown(figure["low"], digits), shown(figure["high"], digits)
    return f"{shown(figure['value'], digits)} ({low} to {high})"


def shown_p(p: float | None) -> str:
    """A p-value: two significant digits, ``< 0.001`` below that."""
    if p is None or not math.isfinite(p):
        return "–"
    return "< 0.001" if p < 0.001 else f"{p:.2g}"
