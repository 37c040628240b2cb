"""Matrices of genes and samples, either way round."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np

from pancreassign.counts.columns import ANNOTATION, VALUE_WORDS, annotating, blank_in_summary, note_dropped, totals
from pancreassign.counts.genes import GeneTable, ensembl_species
from pancreassign.counts.names import is_rsem_column, name_from_bam, name_from_path
from pancreassign.counts.samples import Format, RawTable, Strings
from pancreassign.counts.species import MIN_GENES, MIN_SHARE, looks_like_gene, transcript_fault, transcript_share
from pancreassign.counts.tables import Body, Grid, plain
from pancreassign.errors import InputError

Axis = Literal["rows", "columns", "both", "neither"]


def read_matrix(grid: Grid, genes: GeneTable, format: Format, path: Path, *, sure: bool) -> RawTable:
    """Read a matrix with a header; which axis the genes are on is told by the gene table.

    ``sure`` says that an nf-core matrix is one beyond doubt; otherwise its fractions are looked at.

    Raises
    ------
    InputError
        Where genes are on both axes or on neither, a column holds text, or there is nothing to read.
    """
    grid = grid.with_header()
    body = _without_empty(grid, grid.body())
    names = _names(grid)
    columns = [names[at] for at in body.positions if plain(names[at]) not in ANNOTATION]
    known = {at: _known(cells, genes) for at, cells in body.text.items()}
    rows = len(grid.lines)
    across = sum(looks_like_gene(name, genes) for name in columns)
    axis = gene_axis(max(known.values()), rows, across, len(columns))
    if axis == "both":
        raise InputError(
            grid.where, "has gene ids both in rows and in columns", "Give a matrix with genes on one axis only."
        )
    if axis == "columns" or (axis == "neither" and len(columns) > rows):
        raw = _genes_in_columns(grid, body, format)
    else:
        raw = _genes_in_rows(grid, body, known, format, path)
    if format != "nfcore":
        return raw
    return replace(raw, expected=True, suspects=raw.suspects if sure else raw.suspects | {"scaled"})


def gene_axis(down: int, rows: int, across: int, columns: int) -> Axis:
    """Where the genes are: ``down`` of ``rows`` row names and ``across`` of ``columns`` column names are known.

    An axis holds genes where enough of its names are known (the limits of :mod:`species`); among tables too
    small for that, where half are.
    """
    enough = (
        down >= max(MIN_GENES, MIN_SHARE * rows),
        across >= max(MIN_GENES, MIN_SHARE * columns),
    )
    if not any(enough):
        enough = (2 * down >= rows > 0, 2 * across >= columns > 0)
    if all(enough):
        return "both"
    return "rows" if enough[0] else "columns" if enough[1] else "neither"


def _known(cells: Strings, genes: GeneTable) -> int:
    return sum(looks_like_gene(cell, genes) for cell in cells)


def _names(grid: Grid) -> list[str]:
    return list(grid.header or [])


def _without_empty(grid: Grid, body: Body) -> Body:
    """Drop columns without name and without content, as trailing delimiters make them."""
    names = _names(grid)
    keep = [k for k, at in enumerate(body.positions) if names[at] or not np.isnan(body.numbers[:, k]).all()]
    if len(keep) == len(body.positions):
        return body
    return Body(body.text, [body.positions[k] for k in keep], body.numbers[:, keep])


def _genes_in_rows(grid: Grid, body: Body, known: dict[int, int], format: Format, path: Path) -> RawTable:
    names, rows, notes = _names(grid), len(grid.lines), list(grid.notes)
    ensembl = [at for at, cells in body.text.items() if 2 * sum(ensembl_species(c) is not None for c in cells) >= rows]
    # on a tie the first column; with no known gene at all, the first column too
    id_at = ensembl[0] if ensembl else max(body.text, key=lambda at: (known[at], -at))
    if transcript_share([str(cell) for cell in body.text[0]]) > 0.5:
        raise transcript_fault(grid.where, [str(cell) for cell in body.text[0]])
    dropped = []
    for at, cells in body.text.items():
        if at == id_at:
            continue
        if at > 0 and plain(names[at]) not in ANNOTATION and 2 * known[at] < rows:
            raise grid.text_fault(at, cells)
        dropped.append(at)
    numeric = {*annotating(grid, body), *blank_in_summary(body.text[id_at], body)}
    dropped += sorted(numeric)
    keep = [k for k, at in enumerate(body.positions) if at not in numeric]
    if not keep:
        raise InputError(grid.where, "has no column of counts", "Give a table of genes with a column a sample.")
    note_dropped(notes, names, dropped)
    sums = totals(names, body, keep)
    notes += [f"column {names[body.positions[k]]!r} not read: it is the sum of the others" for k in sums]
    keep = [k for k in keep if k not in sums]
    columns = [names[body.positions[k]] for k in keep]
    merged = all(map(is_rsem_column, columns))  # rsem-generate-data-matrix: expected counts, unless of other columns
    samples = [name_from_bam(name) for name in columns]
    if len(samples) == 1 and (samples[0] == "" or plain(samples[0]) in VALUE_WORDS):
        notes.append(f"the sample is named after the file: its column is {samples[0]!r}")
        samples = [name_from_path(path)]
    return RawTable(
        where=grid.where,
        format=format,
        genes=body.text[id_at],
        samples=samples,
        values=body.numbers if len(keep) == body.numbers.shape[1] else body.numbers[:, keep],
        expected=merged,
        suspects=frozenset({"log", "million", "scaled"} if merged else {"log", "million"}),
        notes=notes,
    )


def _genes_in_columns(grid: Grid, body: Body, format: Format) -> RawTable:
    names, notes = _names(grid), [*grid.notes, "genes in columns"]
    dropped = []
    for at, cells in body.text.items():
        if at > 0 and plain(names[at]) not in ANNOTATION:
            raise grid.text_fault(at, cells)
        if at > 0:
            dropped.append(at)
    keep = [k for k, at in enumerate(body.positions) if plain(names[at]) not in ANNOTATION]
    dropped += [at for at in body.positions if plain(names[at]) in ANNOTATION]
    note_dropped(notes, names, dropped)
    return RawTable(
        where=grid.where,
        format=format,
        genes=np.array([names[body.positions[k]] for k in keep], dtype=object),
        samples=[name_from_bam(str(name)) for name in body.text[0]],
        values=np.ascontiguousarray(body.numbers[:, keep].T),
        notes=notes,
    )
