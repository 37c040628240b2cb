"""The two layouts of a plate file: a header with a dose ladder, and a tidy table with a row a well."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pancreassign.chemogram.names import MICROMOLAR, drug_name, unit_name
from pancreassign.chemogram.plates import Floats, Plate, Reader, make_plate
from pancreassign.errors import PlateError, raise_all

HEADER = ("sampleID", "drug", "unit", "untreated_control", "start_dose", "fold")
"""Header lines that a plate must have; ``date`` and ``phase`` (the passage) may stand beside them."""
COLUMNS = ("model", "drug", "dose_uM", "replicate", "signal")
"""Columns that a table must have; ``passage`` and ``plate`` may stand beside them."""


def layout_of(path: Path, lines: Sequence[str]) -> Reader:
    """The reader for a file by its first line that is not blank; raises :class:`PlateError` where none fits."""
    first = next(line for line in lines if line.strip())
    if first.lstrip().startswith("#"):
        return read_ladder
    if {"model", "drug"} <= {name.strip() for name in first.split("\t")}:
        return read_table
    raise PlateError(
        str(path),
        "starts neither with header lines (#sampleID:...) nor with the columns of a table",
        f"Give {', '.join('#' + key for key in HEADER)} and a row a dose, or a table with {', '.join(COLUMNS)}.",
    )


class _Sheet:
    """One file while it is read: collects every fault with its line."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.faults: list[PlateError] = []

    def fault(self, line: int | None, problem: str, mend: str) -> None:
        self.faults.append(PlateError(f"{self.path}, line {line}" if line else str(self.path), problem, mend))

    def number(self, text: str, line: int, what: str, *, least: float = 0.0, above: bool = False) -> float:
        """A finite number from ``least``, or above it; NaN, with a fault, where it is none."""
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        good = math.isfinite(value) and (value > least if above else value >= least)
        if not good:
            limit = f"greater than {least:g}" if above else f"of {least:g} or more"
            self.fault(line, f"{what} is {text.strip()!r}", f"Write a number {limit}, with a point for decimals.")
        return value if good else math.nan

    def close(self) -> None:
        raise_all(self.faults)


def read_ladder(path: Path, lines: Sequence[str]) -> list[Plate]:
    """Read one plate: ``#key:value`` lines, then a row a dose, highest first, replicates in columns.

    The doses are ``start_dose / fold**row``. A blank cell is a missing well; an empty line is no row, but a line of
    blank cells below the first row is a dose without wells, which keeps its place on the ladder. Raises
    :class:`PlateError` for every fault of the file.
    """
    sheet = _Sheet(path)
    header, rows = _split(sheet, lines)
    for key in HEADER:
        if key.lower() not in header:
            sheet.fault(None, f"has no line #{key}", f"Add the line #{key}:<value> at the top.")
    if not rows:
        sheet.fault(None, "has no row of signals", "Give a row a dose, highest first, replicates in columns.")
    sheet.close()
    control = sheet.number(
        header["untreated_control"][1], header["untreated_control"][0], "untreated_control", above=True
    )
    start = sheet.number(header["start_dose"][1], header["start_dose"][0], "start_dose", above=True)
    fold = sheet.number(header["fold"][1], header["fold"][0], "fold", least=1.0, above=True)
    about = _about(sheet, header, path.stem)
    signal = _signals(sheet, rows)
    sheet.close()
    steps = np.arange(len(rows), dtype=np.float64)
    dose = start * MICROMOLAR[about["unit"].lower()] * fold**-steps
    return [make_plate(about, control, dose[::-1], signal[::-1])]


def _split(sheet: _Sheet, lines: Sequence[str]) -> tuple[dict[str, tuple[int, str]], list[tuple[int, list[str]]]]:
    """Header values and rows of cells, each with its line; keys in small letters."""
    header: dict[str, tuple[int, str]] = {}
    rows: list[tuple[int, list[str]]] = []
    for line, text in enumerate(lines, start=1):
        if text.lstrip().startswith("#"):
            key, _, value = (part.strip() for part in text.lstrip()[1:].partition(":"))
            if header.get(key.lower(), (0, value))[1] != value:
                sheet.fault(line, f"#{key} stands twice with different values", "Keep the right one.")
            header[key.lower()] = (line, value)
        elif text.strip(" "):
            if not rows and not text.strip():
                sheet.fault(
                    line,
                    "blank cells stand before the first row: an empty line, or the highest dose without wells",
                    "Delete the line; if the highest dose has no wells, write the next one as start_dose.",
                )
            rows.append((line, [cell.strip() for cell in text.split("\t")]))
    return header, rows


def _about(sheet: _Sheet, header: dict[str, tuple[int, str]], name: str) -> dict[str, str]:
    """The texts of a plate; an unknown unit, an empty model or drug is a fault."""
    unit = unit_name(header["unit"][1])
    if unit.lower() not in MICROMOLAR:
        sheet.fault(header["unit"][0], f"the unit is {unit!r}", "Write uM, nM, pM or mM.")
    about = {
        "name": name,
        "model": header["sampleid"][1],
        "drug": drug_name(header["drug"][1]),
        "passage": header.get("phase", (0, ""))[1],
        "date": header.get("date", (0, ""))[1],
        "unit": unit,
    }
    for key, line in (("model", header["sampleid"][0]), ("drug", header["drug"][0])):
        if not about[key]:
            sheet.fault(line, f"names no {key}", f"Write the {key}'s name.")
    return about


def _signals(sheet: _Sheet, rows: Sequence[tuple[int, list[str]]]) -> Floats:
    """(rows, replicates) signals, NaN where blank; a column that is blank throughout is left out."""
    signal = np.full((len(rows), max(len(cells) for _, cells in rows)), np.nan)
    for row, (line, cells) in enumerate(rows):
        for column, cell in enumerate(cells):
            if cell:
                signal[row, column] = sheet.number(cell, line, f"the signal in column {column + 1}")
    if not sheet.faults and np.isnan(signal).all():
        sheet.fault(None, "has no signal in any row", "Export the plate again.")
    return signal[:, ~np.isnan(signal).all(axis=0)]


def read_table(path: Path, lines: Sequence[str]) -> list[Plate]:
    """Read a tidy table with a row a well: the plates are its (plate, model, drug, passage).

    Rows with dose 0 are the plate's untreated control; doses are µM. Raises :class:`PlateError` for every fault.
    """
    sheet = _Sheet(path)
    reader = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
    lacking = [column for column in COLUMNS if column not in (reader.fieldnames or ())]
    if lacking:
        sheet.fault(
            1, f"lacks the columns {', '.join(lacking)}", f"Give a tab-separated table with {', '.join(COLUMNS)}."
        )
    sheet.close()
    wells: dict[tuple[str, ...], dict[tuple[float, str], float]] = {}
    for row in reader:
        line = reader.line_num
        cells = {key: (value or "").strip() for key, value in row.items() if isinstance(value, str | None)}
        model, drug, passage = cells["model"], drug_name(cells["drug"]), cells.get("passage", "")
        if not model or not drug:
            sheet.fault(line, "names no model or no drug", "Fill in both in every row.")
        if not cells["signal"]:
            continue
        dose, signal = sheet.number(cells["dose_uM"], line, "dose_uM"), sheet.number(cells["signal"], line, "signal")
        name = cells.get("plate") or " ".join(part for part in (model, drug, passage) if part)
        plate = wells.setdefault((name, model, drug, passage), {})
        if (dose, cells["replicate"]) in plate:
            sheet.fault(
                line, f"gives dose {dose:g}, replicate {cells['replicate']} of {name} again", "Keep one row a well."
            )
        plate[dose, cells["replicate"]] = signal
    sheet.close()
    if not wells:
        sheet.fault(None, "has no row with a signal", "Give a row a well.")
    plates = [_from_wells(sheet, key, plate) for key, plate in wells.items()]
    sheet.close()
    return [plate for plate in plates if plate is not None]


def _from_wells(sheet: _Sheet, key: tuple[str, ...], wells: dict[tuple[float, str], float]) -> Plate | None:
    untreated = [signal for (dose, _), signal in wells.items() if dose == 0]
    doses = sorted({dose for dose, _ in wells if dose > 0})
    control = float(np.mean(untreated)) if untreated else 0.0
    if control <= 0 or not doses:
        lacks = "no dose above 0" if not doses else "an untreated control of 0" if untreated else "no untreated control"
        sheet.fault(None, f"{key[0]} has {lacks}", "Give the untreated wells as rows with dose_uM 0, beside the doses.")
        return None
    replicates = sorted({replicate for dose, replicate in wells if dose > 0})
    signal = np.array([[wells.get((dose, replicate), np.nan) for replicate in replicates] for dose in doses])
    about = dict(zip(("name", "model", "drug", "passage"), key, strict=True)) | {"date": "", "unit": "uM"}
    return make_plate(about, control, np.array(doses), signal)
