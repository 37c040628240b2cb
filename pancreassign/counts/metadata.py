"""What is known of the samples beside their counts (``--samples samples.tsv``)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from pathlib import Path

from pancreassign.counts.files import read_bytes
from pancreassign.errors import PancreassignError, SampleError, raise_all
from pancreassign.records import SampleInfo, Specimen

COLUMNS = ("sample", "patient", "site", "preservation", "protocol", "sex")
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


def read_metadata(path: Path) -> tuple[dict[str, SampleInfo], list[str]]:
    """Read the table of samples: ``sample`` and any of the other :data:`COLUMNS`; empty = unknown.

    Quotes are ordinary characters: one left open must not swallow the lines below it.

    Returns
    -------
    The samples by id, and notes on columns that were not used.

    Raises
    ------
    SampleError
        Where the table cannot be read, lacks ``sample``, names one twice, or says in a column of :data:`WORDS` what
        is none of its words.
    """
    lines = [(n, line) for n, line in enumerate(_text(path).split("\n"), 1) if line.strip(" ")]
    header = [cell.strip() for cell in lines[0][1].split("\t")] if lines else []
    _check_header(path, header, len(lines))
    unused = [column for column in header if column not in COLUMNS]
    faults: list[PancreassignError] = []
    samples: dict[str, SampleInfo] = {}
    for number, line in lines[1:]:
        where = f"{path}, line {number}"
        row = [cell.strip() for cell in line.split("\t")]
        cells = dict.fromkeys(COLUMNS, "") | dict(zip(header, row, strict=False))
        fault = _row_fault(where, row, len(header)) or _sample_fault(where, cells, samples)
        wrong: list[SampleError] = [fault] if fault else _word_faults(where, cells)
        if wrong:
            faults += wrong
        else:
            samples[cells["sample"]] = _info(cells)
    raise_all(faults)
    notes = [f"{path}: columns not used: {', '.join(unused)}"] if unused else []
    return samples, notes


def _text(path: Path) -> str:
    """The table's text with ``\n`` as its only line end."""
    data = read_bytes(path, SampleError, "Give the table itself.")
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


def _check_header(path: Path, header: list[str], lines: int) -> None:
    """Raise :class:`SampleError` where the header lacks ``sample`` or names a column twice, or has no rows below it."""
    where, mend = str(path), f"Give a tab-separated table with the columns {', '.join(COLUMNS)}."
    if "sample" not in header:
        found = ", ".join(repr(column if len(column) <= 60 else f"{column[:57]}...") for column in header[:8])
        separated = " (separated by tabs?)" if len(header) == 1 else ""
        problem = f"has no column `sample`; its columns are {found}{separated}" if header else "is empty"
        raise SampleError(where, problem, mend)
    for column in header:
        if header.count(column) > 1:
            raise SampleError(where, f"has the column {column!r} twice", "Keep one of them.")
        if (control := _control(column)) is not None:
            raise SampleError(f"{where}, line 1", control, "Take it out.")
    if lines < 2:
        raise SampleError(where, "has no rows under a column `sample`", "Give a row for each sample.")


def _row_fault(where: str, row: list[str], width: int) -> SampleError | None:
    """What is wrong with the cells of a row, whatever they say."""
    if len(row) > width and any(row[width:]):
        return SampleError(
            where, f"has {len(row)} cells under {width} columns", "Take out the cells that are too many."
        )
    problem = next((found for cell in row if (found := _control(cell)) is not None), None)
    return None if problem is None else SampleError(where, problem, "Take it out.")


def _control(cell: str) -> str | None:
    """The control character that a cell holds: it would spoil a terminal, a report or an h5ad file."""
    found = next((char for char in cell if unicodedata.category(char) in ("Cc", "Zl", "Zp")), None)
    return None if found is None else f"holds the control character U+{ord(found):04X} in {cell[:40]!r}"


def _sample_fault(where: str, cells: Mapping[str, str], samples: Collection[str]) -> SampleError | None:
    """What is wrong with the sample that a row names."""
    if not cells["sample"]:
        return SampleError(where, "names no sample", "Fill the column `sample`, or remove the line.")
    if cells["sample"] in samples:
        return SampleError(where, f"names {cells['sample']} a second time", "Keep one line a sample.")
    return None


def _word_faults(where: str, cells: Mapping[str, str]) -> list[SampleError]:
    """Each column of a row that says none of its words; what is said of the sex is not repeated in a log."""
    return [
        SampleError(
            where,
            f"{column} is {'not a word that is known' if column == 'sex' else repr(cells[column])}",
            f"Give one of: {', '.join(dict.fromkeys(known.values()))}.",
        )
        for column, known in WORDS.items()
        if _word(column, cells) is None
    ]


def _word(column: str, cells: Mapping[str, str]) -> str | None:
    """The word that a cell says, in any case, with or without blanks and hyphens; ``None`` where it is none of them."""
    return WORDS[column].get(re.sub(r"[\s_-]", "", (cells[column] or "unknown").lower()))


def _info(cells: Mapping[str, str]) -> SampleInfo:
    sex = _word("sex", cells)
    return SampleInfo.model_validate(
        {
            "id": cells["sample"],
            "patient": cells["patient"] or None,
            "sex": None if sex == "unknown" else sex,
            "site": cells["site"] or None,
            "specimen": {column: _word(column, cells) for column in Specimen.model_fields},
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
