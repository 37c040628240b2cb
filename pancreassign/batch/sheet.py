"""The sample sheet of ``pancreassign run``: the table of samples, with the file that each lies in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from pancreassign.counts.metadata import Row, describe, read_rows
from pancreassign.counts.names import check_names
from pancreassign.errors import PancreassignError, SampleError, raise_all
from pancreassign.records import SampleInfo

EXTRA = ("path", "column", "sha256", "clinical")
"""Columns of a sheet beside those of the table of samples: the count file, the sample's name in it where that is
another one, the file's hash, and a file of clinical facts."""


@dataclass(frozen=True)
class Line:
    """One sample of a sheet.

    ``path`` and ``clinical`` are files; ``column`` is the sample's name in the file, ``sha256`` the hash that the file
    must have, each ``None`` where the sheet does not say.
    """

    where: str
    info: SampleInfo
    path: Path
    column: str | None
    sha256: str | None
    clinical: Path | None

    @property
    def sample(self) -> str:
        """The sample's name."""
        return self.info.id


@dataclass(frozen=True)
class Sheet:
    """The lines of a sheet, and the hash of the bytes that they were read from."""

    path: Path
    lines: list[Line]
    sha256: str


def read_sheet(path: Path) -> Sheet:
    """Read a sample sheet: ``path``, ``sample``, and any other column of the table of samples or of :data:`EXTRA`.

    A file that is not given by its full path is looked for beside the sheet, then in the current folder; whether it
    exists is not asked here.

    Raises
    ------
    SampleError
        Where the sheet cannot be read or holds what cannot be (as ``--samples``), names no path or no sample, a sample
        twice, a hash that is none, or a column that is not known: a typing slip must not pass for an empty column.
    """
    table = read_rows(path, EXTRA, needed=("path",))
    faults: list[PancreassignError] = []
    if table.unknown:
        problem = f"has columns that are not known: {', '.join(table.unknown)}"
        faults.append(SampleError(str(path), problem, "Rename them, or take them out."))
    faults += [fault for row in table.rows if (fault := _cell_fault(row)) is not None]
    faults += check_names([(row.info.id, row.where) for row in table.rows])
    raise_all(faults)
    return Sheet(path, [_line(row, path.parent) for row in table.rows], table.sha256)


def _cell_fault(row: Row) -> SampleError | None:
    if not row.cells["path"]:
        return SampleError(row.where, "names no count file", "Fill the column `path`.")
    digest = row.cells["sha256"]
    if digest and not re.fullmatch("[0-9a-fA-F]{64}", digest):
        return SampleError(row.where, "sha256 is not 64 hexadecimal digits", "Give what `sha256sum FILE` prints.")
    return None


def _line(row: Row, beside: Path) -> Line:
    clinical = row.cells["clinical"]
    return Line(
        where=row.where,
        info=describe(row.info.id, {row.info.id: row.info}),
        path=_found(row.cells["path"], beside),
        column=row.cells["column"] or None,
        sha256=row.cells["sha256"].lower() or None,
        clinical=_found(clinical, beside) if clinical else None,
    )


def _found(text: str, beside: Path) -> Path:
    """The file that a cell names; where it lies in neither folder, the place beside the sheet."""
    own = beside / text
    try:
        return Path(text) if not own.exists() and Path(text).exists() else own
    except OSError:  # a name that is too long: reading it will say so
        return own
