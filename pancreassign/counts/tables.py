"""A text table taken apart: delimiter, header, text columns and numbers, with line numbers for errors."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from pancreassign.counts.samples import Floats, Strings
from pancreassign.errors import InputError

NA = ["", "NA", "NaN", "nan", "N/A", "n/a", "NULL", "null", "None", "#N/A", "<NA>"]
"""Cells that say 'missing'."""

WIDE = 1000
"""Columns from which a table is parsed by row: the CSV parser works by column and grows slow."""

ID_WORDS = frozenset(
    {"", "gene", "genes", "geneid", "geneids", "genename", "genenames", "genesymbol", "genesymbols", "symbol",
     "symbols", "hugosymbol", "id", "ids", "name", "ensembl", "ensemblid", "ensemblgene", "ensemblgeneid", "hgnc",
     "hgncsymbol", "index", "feature", "featureid", "sample", "samples", "sampleid", "target", "targetid", "unnamed0",
     "rownames", "entrez", "entrezid", "entrezgene"}
)  # fmt: skip
"""What headers call the column of ids, spelt without capitals and signs."""

EMPTY_END = "the empty last cell of every row is not read"

MAX_TEXT_COLUMNS = 50
"""Most columns of text that a wide table's rows may still reveal; more are a table of text (our judgement)."""

_NA = frozenset(NA)
_PROGRESS = re.compile(r"\d+ [^\t]*\b(?:lines|records?|pairs?|reads?|alignments?)\b[^\t]* processed\.?\s*$")
_DECIMAL_COMMA = re.compile(r"\s*[+-]?\d+(?:\.\d{3})*,\d+\s*$")
_NUMBER = re.compile(r"\s*[+-]?(?:\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|inf(?:inity)?|nan)\s*$", re.I)


def plain(name: str) -> str:
    """A column's name without capitals and signs."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def is_number(cell: str) -> bool:
    """Whether a cell is a number, infinite and NaN included (but not ``1_000``, which Python would take)."""
    return _NUMBER.match(cell) is not None


def not_a_number(where: str, place: str, cell: str) -> InputError:
    """The error for a cell that should be a number; ``place`` names its column and line."""
    shown = cell if len(cell) <= 40 else cell[:37] + "..."
    if _DECIMAL_COMMA.match(cell):
        return InputError(
            where,
            f"{place} holds {shown!r}, a number written with a comma",
            "Write decimals with a point, and no thousands separators.",
        )
    return InputError(where, f"{place} holds {shown!r}, which is not a number", "Mend the cell, or remove the column.")


@dataclass(frozen=True)
class Body:
    """A table's columns by position: those of text, and the numbers (rows x ``positions``, NaN = missing)."""

    text: dict[int, Strings]
    positions: list[int]
    numbers: Floats


@dataclass(frozen=True)
class Grid:
    """The rows of a text table, none of them ragged.

    ``first`` is the first line's cells and ``header`` the columns' names where ``with_header`` took that line
    off. ``lines`` are the data lines, ``numbers`` their places in the file (from 1).
    """

    where: str
    delimiter: str
    quoted: bool
    comments: list[str]
    lines: list[str]
    numbers: list[int]
    header: list[str] | None = None
    notes: list[str] = field(default_factory=list)

    @cached_property
    def first(self) -> list[str]:
        """The cells of the first line."""
        return self.split(self.lines[0])

    @property
    def width(self) -> int:
        """Cells in the second line, which is data in any table (in the first, where there is no other)."""
        return len(self.split(self.lines[1] if len(self.lines) > 1 and self.header is None else self.lines[0]))

    def split(self, line: str) -> list[str]:
        """One line's cells, without quotes and outer spaces."""
        if not self.quoted or '"' not in line:
            return [cell.strip() for cell in line.split(self.delimiter)]
        try:
            return [cell.strip() for cell in next(csv.reader([line], delimiter=self.delimiter, strict=True))]
        except csv.Error:
            raise InputError(
                self.where, f"a quote is not closed in the line {line[:40]!r}", "Close the quote, or take it out."
            ) from None

    def head(self, count: int = 20) -> list[list[str]]:
        """The cells of the first lines, to recognise a format by."""
        return [self.split(line) for line in self.lines[:count]]

    def with_header(self) -> Grid:
        """The same table with its first line as the header; a name is added for unnamed row names (as R writes).

        Raises
        ------
        InputError
            Where there are no rows under the header, or a row has more or fewer cells.
        """
        if len(self.lines) < 2:
            raise InputError(self.where, "has a header and no rows", "Give the whole table.")
        names, lines = list(self.first), self.lines[1:]
        width = self.width
        if len(names) == width - 1:
            if all(line.rstrip(" ").endswith(self.delimiter) for line in lines):
                lines = self._without_end(names, lines)
            else:
                self._check_corner(names)
                names.insert(0, "")
        elif len(names) == width + 1 and names[-1] == "":
            names.pop()
        grid = Grid(self.where, self.delimiter, self.quoted, self.comments, lines, self.numbers[1:], names, self.notes)
        grid.check_rows(len(names))
        return grid

    def _without_end(self, names: list[str], lines: list[str]) -> list[str]:
        """The lines without the delimiter at their end, which the header has not."""
        if plain(names[0]) not in ID_WORDS:
            raise InputError(
                self.where,
                f"every row ends in an empty cell, and the header ({names[0]!r}, ...) has one cell less: either "
                "the ids have no name in it, or the rows end in a delimiter too many",
                "Name every column, or take the delimiter off the rows' ends.",
            )
        self.notes.append(EMPTY_END)
        return [line.rstrip(" ")[: -len(self.delimiter)] for line in lines]

    def _check_corner(self, names: list[str]) -> None:
        """Raise :class:`InputError` where a header one cell short is not R's, which leaves out the ids' name alone."""
        rows = (self.split(line) for line in self.lines[1:21])
        second = [row[1] for row in rows if len(row) > 1 and row[1] not in _NA]
        if plain(names[0]) in ID_WORDS and second and all(map(is_number, second)):
            raise InputError(
                self.where,
                f"the header has {len(names)} cells, the first of them {names[0]!r}, and the rows have "
                f"{len(names) + 1}: which column is whose cannot be told",
                "Name every column in the header.",
            )

    def check_rows(self, width: int) -> None:
        """Raise :class:`InputError` naming the first line that has not ``width`` cells."""
        if self.quoted:  # line by line: a quote that is not closed must not swallow the next line
            counts: Iterable[int] = (len(self.split(line)) for line in self.lines)
        else:
            counts = (line.count(self.delimiter) + 1 for line in self.lines)
        for place, cells in enumerate(counts):
            if cells != width:
                raise InputError(
                    self.where,
                    f"line {self.numbers[place]} has {cells} cells where {width} are expected",
                    "Mend the line; the file may be cut short or hold two tables.",
                )

    def column_name(self, position: int) -> str:
        """How errors name a column."""
        name = self.header[position] if self.header else ""
        return f"column {name!r}" if name else f"column {position + 1}"

    def body(self) -> Body:
        """The columns: the first is always text, any other where its cells are not numbers."""
        width = len(self.header) if self.header else self.width
        return self._wide_body(width) if width > WIDE else self._narrow_body(width)

    def _narrow_body(self, width: int) -> Body:
        table = pd.read_csv(
            io.StringIO("\n".join(self.lines)),
            sep=self.delimiter,
            header=None,
            names=[str(at) for at in range(width)],
            index_col=False,
            dtype={"0": str},
            keep_default_na=False,
            na_values={str(at): NA for at in range(1, width)},
            float_precision="round_trip",  # the same bits as any other reader of the same digits
            low_memory=False,
            skipinitialspace=True,
            skip_blank_lines=False,
            quoting=csv.QUOTE_MINIMAL if self.quoted else csv.QUOTE_NONE,
        )
        text: dict[int, Strings] = {}
        positions: list[int] = []
        for column in range(width):
            cells = table[str(column)]
            if column > 0 and cells.dtype.kind == "O" and all(map(is_number, cells.dropna().astype(str))):
                table[str(column)] = cells = cells.astype(float)  # integers too large for the parser
            if column > 0 and cells.dtype.kind in "iuf":
                positions.append(column)
            else:
                text[column] = cells.fillna("").astype(str).str.strip().to_numpy(dtype=object)
        return Body(text, positions, table[[str(at) for at in positions]].to_numpy(dtype=np.float64))

    def _wide_body(self, width: int) -> Body:
        """Read by row. Any row may show that a column is text: then reading starts again."""
        first = self.split(self.lines[0])
        texts = {at for at in range(width) if at == 0 or not (is_number(first[at]) or first[at] in _NA)}
        for _ in range(MAX_TEXT_COLUMNS):
            body = self._read_wide(texts, width)
            if isinstance(body, Body):
                return body
            texts |= body
        raise InputError(self.where, "has many columns that are not numbers", "Give a table of counts.")

    def _read_wide(self, texts: set[int], width: int) -> Body | set[int]:
        """The columns, or those found to be text beside ``texts``."""
        text: dict[int, list[str]] = {at: [] for at in sorted(texts)}
        positions = [at for at in range(width) if at not in texts]
        numbers = np.empty((len(self.lines), len(positions)))
        for place, line in enumerate(self.lines):
            row = self.split(line)
            for at, column in text.items():
                column.append("" if at and row[at] in _NA else row[at])
            cells = row[1:] if len(text) == 1 else [row[at] for at in positions]
            try:
                if "_" in line and any("_" in cell for cell in cells):
                    raise ValueError  # numpy reads 1_000 as a number, as Python does
                numbers[place] = np.array(cells, dtype=np.float64)
            except ValueError:
                words = {
                    at for at, cell in zip(positions, cells, strict=True) if cell not in _NA and not is_number(cell)
                }
                if words:
                    return words
                numbers[place] = [float("nan") if cell in _NA else float(cell) for cell in cells]
        return Body({at: np.array(column, dtype=object) for at, column in text.items()}, positions, numbers)

    def text_fault(self, position: int, cells: Strings) -> InputError:
        """The error for a column that should be numbers: it names the first cell that is none."""
        for place, cell in enumerate(cells):
            if cell not in _NA and not is_number(cell):
                return not_a_number(self.where, f"{self.column_name(position)}, line {self.numbers[place]},", str(cell))
        return InputError(
            self.where, f"{self.column_name(position)} holds no numbers", "Mend the column, or remove it."
        )


def read_grid(where: str, text: str) -> Grid:
    """Find a table's delimiter in its first two lines; comments before it and blank lines are left out.

    Raises
    ------
    InputError
        Where the text holds no table.
    """
    every = text.split("\n")
    numbers = [n for n, line in enumerate(every, 1) if line.strip(" \t,;")]
    numbers, notes = _without_progress(every, numbers) if " processed" in text else (numbers, [])
    start, end = 0, len(numbers)
    while start < end and every[numbers[start] - 1].startswith("#"):
        start += 1
    while end > start and every[numbers[end - 1] - 1].startswith("#"):
        end -= 1
    comments = [every[n - 1] for n in numbers[:start]]
    numbers = numbers[start:end]
    lines = [every[n - 1] for n in numbers]
    if not lines:
        raise InputError(where, "holds comments and no table", "Give the whole table.")
    if comments and comments[0].startswith("#1.") and re.fullmatch(r"[\d\s]+", lines[0]):
        lines, numbers = _without_gct(where, comments[0], lines, numbers)
    delimiter = _delimiter(lines[:2])
    if delimiter is None:
        raise InputError(
            where,
            f"is not a table: its first line is {lines[0][:60]!r}",
            "Give a table with tab, comma or semicolon between cells.",
        )
    if comments and _is_header(comments[-1], lines[0], delimiter):
        lines.insert(0, comments.pop()[1:])
        numbers.insert(0, numbers[0] - 1)
    while all(line.rstrip(" ").endswith(delimiter) for line in lines):  # the header's too: a column that is none
        lines = [line.rstrip(" ")[:-1] for line in lines]
        notes = [*notes, EMPTY_END]
    return Grid(where, delimiter, any('"' in line for line in lines), comments, lines, numbers, notes=notes)


def _without_progress(every: list[str], numbers: list[int]) -> tuple[list[int], list[str]]:
    """Leave out what HTSeq says while it counts, where its output was caught together with its messages."""
    kept = [n for n in numbers if not _PROGRESS.match(every[n - 1])]
    dropped = len(numbers) - len(kept)
    return kept, [f"{dropped} lines of the program's progress not read"] if dropped else []


def _without_gct(where: str, comment: str, lines: list[str], numbers: list[int]) -> tuple[list[str], list[int]]:
    """The table of a GCT file without the line of its size; only version 1.2 is a plain table."""
    if comment.strip() != "#1.2" or len(lines) < 2:
        raise InputError(
            where,
            f"is a GCT file of version {comment[1:].strip()}",
            "Save it as GCT 1.2, or as TSV of genes and samples.",
        )
    return lines[1:], numbers[1:]


def _delimiter(lines: list[str]) -> str | None:
    """The delimiter of the first line that has one; spaces only where there is no other and numbers follow.

    Tabs win where all lines have them, or numbers follow them: names may hold commas and semicolons.
    """
    bares = [re.sub(r'"[^"]*"', "", line) for line in lines]
    if all("\t" in bare for bare in bares) or ("\t" in bares[-1] and is_number(bares[-1].rsplit("\t", 1)[-1])):
        return "\t"
    spaced = is_number(lines[-1].rsplit(" ", 1)[-1])
    for among in ("\t,;", " ") if spaced else ("\t,;",):
        for bare in bares:
            best = max(among, key=bare.count)
            if bare.count(best):
                return best
    return None


def _is_header(comment: str, line: str, delimiter: str) -> bool:
    """Whether a ``#`` line is the header of the rows below it (``#gene_id<TAB>S1``)."""
    names, cells = comment[1:].split(delimiter), line.split(delimiter)
    return len(names) == len(cells) > 1 and is_number(cells[-1]) and not is_number(names[-1])
