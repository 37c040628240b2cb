"""The tables of the counting programs: STAR, HTSeq, featureCounts, RSEM, salmon, kallisto."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np

from pancreassign.counts.columns import ANNOTATION, blank_in_summary, is_attribute, leading_attributes
from pancreassign.counts.genes import GeneTable, is_gene_row
from pancreassign.counts.matrix import read_matrix
from pancreassign.counts.names import is_bam, name_from_bam, name_from_path
from pancreassign.counts.samples import Floats, Format, Options, RawTable, Strand, Strings
from pancreassign.counts.sniff import Kind, is_nfcore, strands
from pancreassign.counts.species import transcript_fault, transcript_share
from pancreassign.counts.tables import Body, Grid, is_number, plain
from pancreassign.errors import InputError, UnitsError

NONE: frozenset[str] = frozenset()

STRANDED = 0.8
"""Share of the reads on one strand from which a library is stranded (RSeQC's customary limit; our judgement)."""

UNSTRANDED = (0.35, 0.65)
"""Share between which it is not; a share outside both is not guessed at (our judgement)."""

MIN_STRAND_READS = 100
"""Fewest reads in genes to tell the strand by: the share's standard error is then at most 5 points."""

_COLUMNS: dict[Kind, dict[str, str]] = {
    "rsem": {"counts": "expected_count", "tpm": "TPM", "fpkm": "FPKM"},
    "salmon": {"counts": "NumReads", "tpm": "TPM"},
    "kallisto": {"counts": "est_counts", "tpm": "tpm"},
}
_STRAND_COLUMNS: dict[Strand, str] = {
    "unstranded": "unstranded",
    "forward": "stranded_first",
    "reverse": "stranded_second",
}


_LENGTHS_FILE = re.compile(r"(?:^|[._-])gene_lengths?(?:[._-]|$)", re.I)
_SCALED_FILE = re.compile(r"(?:^|[^a-z])(tpm|fpkm|rpkm)(?:[^a-z]|$)", re.I)


def read_table(grid: Grid, kind: Kind, format: Format, path: Path, genes: GeneTable, options: Options) -> RawTable:
    """Read a text table of any kind.

    Raises
    ------
    InputError
        Where it is a kind that holds no counts per gene, or damaged.
    """
    plainly = kind in ("matrix", "nfcore", "htseq", "headerless")
    if plainly and _LENGTHS_FILE.search(path.name):
        raise InputError(grid.where, "holds lengths of genes by its name, not counts", "Give the counts beside it.")
    raw = _read(grid, kind, format, path, genes, options)
    scaled = _SCALED_FILE.search(path.name) if plainly else None
    notes = [*grid.notes, *(note for note in raw.notes if note not in grid.notes)]
    return replace(raw, notes=notes, said_by_name=scaled.group(1).upper() if scaled else "")


def _read(grid: Grid, kind: Kind, format: Format, path: Path, genes: GeneTable, options: Options) -> RawTable:
    if kind in ("matrix", "nfcore") or (kind == "htseq" and not is_number(grid.first[-1])):
        sure = options.format == "nfcore" or is_nfcore(grid.first, path.name)
        return read_matrix(grid, genes, format, path, sure=sure)
    if kind == "featurecounts_summary":
        raise InputError(
            grid.where,
            "is featureCounts' summary of assigned reads, not its counts",
            "Give the table beside it, without '.summary' in its name.",
        )
    if kind == "rsem_isoforms":
        raise InputError(
            grid.where, "is RSEM's isoforms.results: counts per transcript", "Give the genes.results beside it."
        )
    if kind in ("star", "htseq", "headerless"):
        return _star(grid, path, options) if format == "star" else _htseq(grid, path)
    if options.units not in (None, "counts") and kind == "featurecounts":
        raise _no_such_units(grid.where, options.units)
    if kind == "gdc":
        return _gdc(grid, path, options)
    return _featurecounts(grid) if kind == "featurecounts" else _by_column(grid, kind, format, path, options)


def tell_strand(where: str, forward: float, reverse: float) -> Strand:
    """The library's strand from the reads in genes counted by either rule (sums over the gene rows).

    Raises
    ------
    InputError
        Where they do not tell.
    """
    total = forward + reverse
    mend = "Give --strand unstranded, forward or reverse."
    if total < MIN_STRAND_READS:
        raise InputError(where, f"too few reads in genes to tell the strand ({total:.0f})", mend)
    share = forward / total
    if share >= STRANDED:
        return "forward"
    if reverse / total >= STRANDED:  # not 1 - STRANDED, which is a little less than 0.2
        return "reverse"
    if UNSTRANDED[0] <= share <= UNSTRANDED[1]:
        return "unstranded"
    raise InputError(where, f"the strand is not clear: {share:.0%} of the stranded reads are forward", mend)


def _no_such_units(where: str, units: str | None) -> UnitsError:
    return UnitsError(where, f"holds counts and no {str(units).upper()}", "Leave --units out.")


def _gene_rows(ids: Strings) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return np.fromiter((is_gene_row(gene) for gene in ids), dtype=bool, count=len(ids))


def _star(grid: Grid, path: Path, options: Options) -> RawTable:
    if options.units not in (None, "counts"):
        raise _no_such_units(grid.where, options.units)
    order: list[Strand] = strands(grid.first, grid.width) or ["unstranded", "forward", "reverse"]
    grid = grid if is_number(grid.first[-1]) else grid.with_header()
    grid.check_rows(4)
    body = grid.body()
    for at in (1, 2, 3):
        if at in body.text:
            raise grid.text_fault(at, body.text[at])
    columns = body.numbers[:, [order.index(strand) for strand in _STRAND_COLUMNS]]
    return _stranded(grid, body.text[0], columns, path, options)


def _stranded(grid: Grid, ids: Strings, columns: Floats, path: Path, options: Options) -> RawTable:
    """Choose one of STAR's three columns (unstranded, forward, reverse)."""
    sums = np.nansum(columns[_gene_rows(ids)], axis=0)
    strand = options.strand or tell_strand(grid.where, float(sums[1]), float(sums[2]))
    at = {"unstranded": 0, "forward": 1, "reverse": 2}[strand]
    return RawTable(
        where=grid.where,
        format="star",
        genes=ids,
        samples=[name_from_path(path)],
        values=columns[:, [at]],
        suspects=NONE,
        strand=strand,
        notes=[f"strand {strand} ({'given' if options.strand else 'told by the counts'})"],
    )


def _gdc(grid: Grid, path: Path, options: Options) -> RawTable:
    grid = grid.with_header()
    body = grid.body()
    ids = body.text[0]
    if options.units in ("tpm", "fpkm"):
        values = _column(grid, body, f"{options.units}_unstranded", ids)
        return RawTable(grid.where, "star", ids, [name_from_path(path)], values[:, None], suspects=NONE,
                        strand="unstranded")  # fmt: skip
    columns = [_column(grid, body, name, ids) for name in _STRAND_COLUMNS.values()]
    return _stranded(grid, ids, np.column_stack(columns), path, options)


def _column(grid: Grid, body: Body, name: str, ids: Strings) -> Floats:
    """One column of numbers by its name, capitals aside."""
    lower = [cell.lower() for cell in grid.header or []]
    if name.lower() not in lower:
        raise InputError(grid.where, f"has no column {name!r}", "Give the whole table.")
    at = lower.index(name.lower())
    if at in body.text:
        raise grid.text_fault(at, np.where(_gene_rows(ids), body.text[at], ""))
    return body.numbers[:, body.positions.index(at)]


def _htseq(grid: Grid, path: Path) -> RawTable:
    grid.check_rows(grid.width)
    body = grid.body()
    empty = [at for k, at in enumerate(body.positions) if np.isnan(body.numbers[:, k]).all()]
    attributes = {*empty, *blank_in_summary(body.text[0], body)}
    dropped = sorted({*leading_attributes(grid, body, 1), *attributes})
    keep = [k for k, at in enumerate(body.positions) if at not in attributes]
    if not keep:
        raise InputError(grid.where, "has no column of counts", "Give HTSeq's whole table.")
    prefix, many = name_from_path(path), len(keep) > 1
    names = [f"{prefix}_{k}" for k in range(1, len(keep) + 1)] if many else [prefix]
    notes = [f"columns not read: {', '.join(str(at + 1) for at in dropped)}"] if dropped else []
    return RawTable(grid.where, "htseq", body.text[0], names, body.numbers[:, keep], notes=notes)


def _featurecounts(grid: Grid) -> RawTable:
    grid = grid.with_header()
    body = grid.body()
    names = grid.header or []
    dropped = _attributes(grid, body)
    keep = [k for k, at in enumerate(body.positions) if at >= 6 and at not in dropped]
    if not keep:
        raise InputError(grid.where, "has no column of counts after Length", "Give featureCounts' whole table.")
    return RawTable(
        where=grid.where,
        format="featurecounts",
        genes=body.text[0],
        samples=[name_from_bam(names[body.positions[k]]) for k in keep],
        values=body.numbers[:, keep],
        expected=True,  # -M --fraction shares a read between genes
        suspects=frozenset({"million"}),
        notes=[f"columns not read: {', '.join(names[at] for at in dropped)}"] if dropped else [],
    )


def _attributes(grid: Grid, body: Body) -> list[int]:
    """The columns after Length that are attributes of genes: all that are no alignment file where there is any."""
    names, after = grid.header or [], range(6, len(grid.header or []))
    bams = {at for at in after if is_bam(names[at])}
    for at in after:
        if at in body.text and (at in bams or not (bams or is_attribute(body.text[at]))):
            raise grid.text_fault(at, body.text[at])
    if bams:
        return [at for at in after if at not in bams]
    return [at for at in after if at in body.text or plain(names[at]) in ANNOTATION]


def _by_column(grid: Grid, kind: Kind, format: Format, path: Path, options: Options) -> RawTable:
    """RSEM, salmon and kallisto: a sample a file, expected counts and TPM in columns of their own."""
    grid = grid.with_header()
    body = grid.body()
    units = options.units or "counts"
    names = {cell.lower() for cell in grid.header or []}
    columns = {"counts": "raw_count"} if "raw_count" in names else _COLUMNS[kind]
    column = columns.get(units)
    if column is None:
        raise UnitsError(grid.where, f"holds no {units.upper()}", f"Give --units {' or '.join(columns)}.")
    # genes.results holds gene ids by contract; the other two are written for transcripts as a rule
    ids = body.text[0]
    if kind != "rsem" and transcript_share([str(gene) for gene in ids]) > 0.5:
        raise transcript_fault(grid.where, [str(gene) for gene in ids])
    return RawTable(
        where=grid.where,
        format=format,
        genes=ids,
        samples=[name_from_path(path)],
        values=_column(grid, body, column, ids)[:, None],
        expected=True,
        suspects=NONE,
    )
