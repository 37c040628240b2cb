"""What is known of the samples beside their counts (``--samples samples.tsv``)."""

from __future__ import annotations

import difflib
import hashlib
import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from pancreassign.counts.files import read_bytes
from pancreassign.counts.names import FORMULA
from pancreassign.errors import PancreassignError, SampleError, raise_all
from pancreassign.records import Order, SampleInfo, Specimen

COLUMNS = ("sample", "patient", "second_id", "sex", "site", *Specimen.model_fields, *Order.model_fields)
MENDS = {
    **dict.fromkeys(("collected", "ordered", "received", "reported"), "Give days as YYYY-MM-DD, in their true order."),
    "tumour_cells_percent": "Give a number from 0 to 100, such as 40 or 12.5.",
    "rna_ng": "Give nanograms as a number above 0, such as 50 or 12.5.",
}
"""What to do where a column says what cannot be."""
MAX_SHOWN = 60
"""Characters of a cell or column name that a message repeats."""
WORDS = {
    "preservation": {"ffpe": "ffpe", "frozen": "frozen", "unknown": "unknown"},
    "protocol": {
        "fulllength": "full-length",
        **dict.fromkeys(("3prime", "3'", "3\u2032", "3\u2019"), "3-prime"),
        "capture": "capture",
        "unknown": "unknown",
    },
    "sex": {"female": "female", "f": "female", "male": "male", "m": "male", "unknown": "unknown"},
}
"""What a column may say: spellings, squeezed as :func:`_word` does, with the word that is kept for each."""

SIMULATED_PREFIX = "SIMULATED_"
"""A sample of this name was simulated. The label is in the name because only the name travels through every format."""


@dataclass(frozen=True)
class Table:
    """A table of samples: its lines, the columns that are not known (as a message may show them), its bytes' hash."""

    rows: list[Row]
    unknown: list[str]
    sha256: str


@dataclass(frozen=True)
class Row:
    """One line of a table of samples: where it stands, what it says of the sample, and its cells by column."""

    where: str
    info: SampleInfo
    cells: Mapping[str, str]


def read_metadata(path: Path) -> tuple[dict[str, SampleInfo], list[str]]:
    """Read the table of samples: ``sample`` and any of the other :data:`COLUMNS`; empty = unknown.

    Days are ``YYYY-MM-DD``, ``tumour_cells_percent`` is 0 to 100 and ``rna_ng`` in nanograms; the rest is free text,
    kept as it stands. Quotes are ordinary characters: one left open must not swallow the lines below it.

    Returns
    -------
    The samples by id, and notes on columns that were not used.

    Raises
    ------
    SampleError
        Where the table cannot be read, lacks ``sample``, names one twice, says in a column of :data:`WORDS` what
        is none of its words, holds a number, a day or an order of days that cannot be, or says of one patient in two
        lines what cannot both be true.
    """
    table = read_rows(path)
    notes = [f"{path}: columns not used: {', '.join(table.unknown)}"] if table.unknown else []
    return {row.info.id: row.info for row in table.rows}, notes


def read_rows(path: Path, more: Sequence[str] = (), needed: Sequence[str] = ()) -> Table:
    """A table of samples (:func:`read_metadata`) that may have ``more`` columns, and must have ``needed``."""
    data = read_bytes(path, SampleError, "Give the table itself.")
    lines = [(n, line) for n, line in enumerate(_text(path, data).split("\n"), 1) if line.strip(" ")]
    header = [cell.strip() for cell in lines[0][1].split("\t")] if lines else []
    columns = (*COLUMNS, *more)
    _check_header(path, header, len(lines), columns, ("sample", *needed))
    faults: list[PancreassignError] = []
    rows: dict[str, Row] = {}
    told: dict[tuple[str, str], SampleInfo] = {}
    for number, line in lines[1:]:
        where = f"{path}, line {number}"
        row = [cell.strip() for cell in line.split("\t")]
        cells = dict.fromkeys(columns, "") | dict(zip(header, row, strict=False))
        fault = _row_fault(where, row, header) or _sample_fault(where, cells, rows)
        wrong: list[SampleError] = [fault] if fault else _word_faults(where, cells)
        try:
            if not wrong:
                info = _info(cells)
                rows[info.id] = Row(where, info, cells)
                wrong = _person_faults(where, info, told)
        except ValidationError as error:
            wrong = _value_faults(where, error)
        faults += wrong
    raise_all(faults)
    unknown = [_unused(column, columns) for column in header if column not in columns]
    return Table(list(rows.values()), unknown, hashlib.sha256(data).hexdigest())


def _unused(column: str, known: Sequence[str]) -> str:
    """A column that is not used, with the nearest one that would be."""
    near = difflib.get_close_matches(column.lower(), known, n=1)
    return f"{_shown(column)} (did you mean {near[0]}?)" if near else _shown(column)


def _shown(text: str) -> str:
    """``text`` as a message may repeat it: short, and with nothing in it that a terminal would act on."""
    short = text if len(text) <= MAX_SHOWN else f"{text[: MAX_SHOWN - 3]}..."
    return short if short.isprintable() else repr(short)


def _text(path: Path, data: bytes) -> str:
    """The table's text with ``\n`` as its only line end."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise SampleError(str(path), "is UTF-16 text", "Save it as UTF-8 (tab-separated text).")
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"\x1f\x8b")):
        raise SampleError(
            str(path), "is a workbook or packed file, not text", "Save it as tab-separated text in UTF-8."
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise SampleError(str(path), f"is not UTF-8 text (line {line}; Latin-1?)", "Save it as UTF-8.") from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _check_header(path: Path, header: list[str], lines: int, columns: Sequence[str], needed: Sequence[str]) -> None:
    """Raise :class:`SampleError` where the header lacks one or names a column twice, or has no rows below it."""
    where, mend = str(path), f"Give a tab-separated table with the columns {', '.join(columns)}."
    missing = next((column for column in needed if column not in header), None)
    if missing:
        found = ", ".join(repr(_shown(column)) for column in header[:8])
        separated = " (separated by tabs?)" if len(header) == 1 else ""
        problem = f"has no column `{missing}`; its columns are {found}{separated}" if header else "is empty"
        raise SampleError(where, problem, mend)
    for column in header:
        if header.count(column) > 1:
            raise SampleError(where, f"has the column {_shown(column)!r} twice", "Keep one of them.")
        if (control := _control(column)) is not None:
            raise SampleError(f"{where}, line 1", f"{control} in a column's name", "Take it out.")
    if lines < 2:
        raise SampleError(where, "has no rows under a column `sample`", "Give a row for each sample.")


def _row_fault(where: str, row: Sequence[str], header: Sequence[str]) -> SampleError | None:
    """What is wrong with the cells of a row, whatever they say; they may be personal, so their column names them."""
    width = len(header)
    if len(row) > width and any(row[width:]):
        return SampleError(
            where, f"has {len(row)} cells under {width} columns", "Take out the cells that are too many."
        )
    for column, cell in zip(header, row, strict=False):
        if (control := _control(cell)) is not None:
            return SampleError(where, f"{control} in the column {_shown(column)}", "Take it out.")
    return None


def _control(cell: str) -> str | None:
    """The control character that a cell holds: it would spoil a terminal, a report or an h5ad file."""
    found = next((char for char in cell if unicodedata.category(char) in ("Cc", "Zl", "Zp")), None)
    return None if found is None else f"holds the control character U+{ord(found):04X}"


def _sample_fault(where: str, cells: Mapping[str, str], samples: Collection[str]) -> SampleError | None:
    """What is wrong with the sample that a row names."""
    if not cells["sample"]:
        return SampleError(where, "names no sample", "Fill the column `sample`, or remove the line.")
    if cells["sample"] in samples:
        return SampleError(where, f"names {_shown(cells['sample'])} a second time", "Keep one line a sample.")
    if cells["patient"].startswith(FORMULA):
        problem = f"the patient's id starts with {cells['patient'][0]!r}, which a spreadsheet would take for a formula"
        return SampleError(where, problem, "Give another id, or leave the cell empty if the patient is unknown.")
    return None


def _word_faults(where: str, cells: Mapping[str, str]) -> list[SampleError]:
    """Each column of a row that says none of its words; what is said of the sex is not repeated in a log."""
    return [
        SampleError(
            where,
            f"{column} is {'not a word that is known' if column == 'sex' else repr(_shown(cells[column]))}",
            f"Give one of: {', '.join(dict.fromkeys(known.values()))}.",
        )
        for column, known in WORDS.items()
        if _word(column, cells) is None
    ]


def _word(column: str, cells: Mapping[str, str]) -> str | None:
    """The word that a cell says, in any case, with or without blanks and hyphens; ``None`` where it is none of them."""
    return WORDS[column].get(re.sub(r"[\s_-]", "", (cells[column] or "unknown").lower()))


def _person_faults(where: str, info: SampleInfo, told: dict[tuple[str, str], SampleInfo]) -> list[SampleError]:
    """What a row says of its patient otherwise than an earlier row: one patient has one sex and one second identifier.

    ``told`` holds, by patient and column, the first sample that says it; this one is added where it is the first.
    """
    faults = []
    for column in ("second_id", "sex"):
        said = getattr(info, column)
        if info.patient is None or said is None:
            continue
        first = told.setdefault((info.patient, column), info)
        if getattr(first, column) != said:
            problem = f"differs from that of sample {_shown(first.id)}, which names the same patient"
            mend = "Check that no samples were exchanged; then give both lines one value."
            faults.append(SampleError(f"{where}, column {column}", problem, mend))
    return faults


def _value_faults(where: str, error: ValidationError) -> list[SampleError]:
    """Each number or day of a row that cannot be, by its column; what the cell says is not repeated in a log."""
    faults = []
    for fault in error.errors(include_input=False):
        problem = fault["msg"].removeprefix("Value error, ").removeprefix("Input ")
        # a fault between two days belongs to neither cell alone: it says both columns itself
        column = str(fault["loc"][-1]) if fault["loc"] else ""
        mend = MENDS.get(column or "collected", "Correct the cell, or leave it empty if unknown.")
        faults.append(SampleError(f"{where}, column {column}" if column else where, problem, mend))
    return faults


def _info(cells: Mapping[str, str]) -> SampleInfo:
    """What a row says of its sample; raises pydantic's ``ValidationError`` for a number or day that cannot be."""
    known: dict[str, str | None] = {column: _word(column, cells) for column in WORDS}
    said = {column: cells[column] or None for column in COLUMNS} | known
    return SampleInfo.model_validate(
        {
            "id": said["sample"],
            "patient": said["patient"],
            "second_id": said["second_id"],
            "sex": None if said["sex"] == "unknown" else said["sex"],
            "site": said["site"],
            "specimen": {column: said[column] for column in Specimen.model_fields},
            "order": {column: said[column] for column in Order.model_fields},
        }
    )


def describe(sample: str, known: Mapping[str, SampleInfo]) -> SampleInfo:
    """What is known of one sample; everything unknown where the table has no such row."""
    info = known.get(sample, SampleInfo(id=sample))
    return info.model_copy(update={"simulated": sample.startswith(SIMULATED_PREFIX)})


def unmatched(known: Collection[str], samples: Collection[str]) -> list[str]:
    """Rows of the table that no count column answers to, in order."""
    present = set(samples)
    return [name for name in known if name not in present]
