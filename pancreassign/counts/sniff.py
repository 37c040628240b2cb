"""Which program wrote a table, told by its header and first rows."""

from __future__ import annotations

import re
from typing import Literal

from pancreassign.counts.genes import SUMMARY_ROWS, GeneTable, ensembl_species, is_transcript
from pancreassign.counts.samples import Format, Strand
from pancreassign.counts.tables import ID_WORDS, Grid, is_number, plain
from pancreassign.errors import InputError

Kind = Literal[
    "star", "gdc", "headerless", "htseq", "featurecounts", "featurecounts_summary", "rsem", "rsem_isoforms",
    "salmon", "kallisto", "nfcore", "matrix",
]  # fmt: skip

SPOKEN: dict[Kind, str] = {
    "star": "STAR's ReadsPerGene.out.tab",
    "gdc": "GDC's augmented STAR gene counts",
    "headerless": "a table of counts without header, as HTSeq writes",
    "htseq": "HTSeq's counts",
    "featurecounts": "featureCounts' table",
    "featurecounts_summary": "featureCounts' summary of assigned reads",
    "rsem": "RSEM's genes.results",
    "rsem_isoforms": "RSEM's isoforms.results",
    "salmon": "salmon's quant file",
    "kallisto": "kallisto's abundance.tsv",
    "nfcore": "nf-core/rnaseq's merged gene counts",
    "matrix": "a matrix of genes and samples",
}

_ALLOWED: dict[Format, tuple[Kind, ...]] = {
    "star": ("star", "gdc"),
    "htseq": ("htseq", "headerless", "matrix"),
    "featurecounts": ("featurecounts", "featurecounts_summary"),
    "rsem": ("rsem", "rsem_isoforms"),
    "salmon": ("salmon",),
    "kallisto": ("kallisto",),
    "nfcore": ("nfcore", "matrix"),
    "matrix": ("matrix", "nfcore"),
    "h5ad": (),
}
_DEFAULT: dict[Kind, Format] = {
    "gdc": "star",
    "headerless": "htseq",
    "featurecounts_summary": "featurecounts",
    "rsem_isoforms": "rsem",
}

_NFCORE_FILE = re.compile(r"(?:salmon|rsem|kallisto|tx2gene)[._]merged[._]gene_(?:counts|tpm)", re.I)
_STRANDS: tuple[tuple[Strand, re.Pattern[str]], ...] = (
    ("unstranded", re.compile("unstranded")),
    ("reverse", re.compile("reverse|second|2nd|antisense")),
    ("forward", re.compile("forward|first|1st|sense")),
)


def strands(header: list[str], width: int) -> list[Strand]:
    """The strand of each column after the ids where a header names STAR's three columns; otherwise empty."""
    names = header[1:] if len(header) == width else header
    found = [next((strand for strand, word in _STRANDS if word.search(name.lower())), None) for name in names]
    told = [strand for strand in found if strand is not None]
    return told if len(names) == 3 and len(set(told)) == 3 else []


def kind_of(grid: Grid, genes: GeneTable, file_name: str) -> Kind:
    """What a table is; a table of no known program is a matrix."""
    by_header = _by_header(grid.first, file_name)
    if by_header is not None:
        return by_header
    if grid.width == 4 and strands(grid.first, grid.width):
        return "star"
    if not is_headerless(grid, genes):
        names = [cell for cell in grid.first if cell]
        bams = names and all(cell.lower().endswith((".bam", ".sam", ".cram")) for cell in names)
        return "htseq" if bams and grid.lines[-1].lstrip('"').startswith("__") else "matrix"
    four = grid.width == 4 and all(is_number(cell) for row in grid.head() for cell in row[1:])
    if four and (grid.first[0] in SUMMARY_ROWS or "readspergene" in file_name.lower()):
        return "star"
    return "htseq" if grid.lines[-1].startswith("__") else "headerless"


def _by_header(first: list[str], file_name: str) -> Kind | None:
    names = {cell.lower() for cell in first}
    if {"unstranded", "stranded_first", "stranded_second"} <= names:
        return "gdc"
    if [cell.lower() for cell in first[:6]] == ["geneid", "chr", "start", "end", "strand", "length"]:
        return "featurecounts"
    if first[0] == "Status":
        return "featurecounts_summary"
    if {"transcript_id", "effective_length", "expected_count"} <= names:
        return "rsem_isoforms"
    if {"gene_id", "effective_length", "expected_count"} <= names:
        return "rsem"
    if {"gene_id", "raw_count", "scaled_estimate"} <= names:  # RSEM before version 1.2, as in TCGA
        return "rsem"
    if {"name", "tpm", "numreads"} <= names:
        return "salmon"
    if {"target_id", "eff_length", "est_counts"} <= names:
        return "kallisto"
    return "nfcore" if first[:2] == ["gene_id", "gene_name"] or is_nfcore(first, file_name) else None


def is_nfcore(first: list[str], file_name: str) -> bool:
    """Whether header or file name leave no doubt that a matrix holds nf-core's expected counts.

    Anyone may head a matrix ``gene_id, gene_name``: such a one is read alike, but its fractions are looked at.
    """
    if _NFCORE_FILE.search(file_name) is not None:
        return first[0].lower() in ("gene_id", "")  # unnamed where R wrote the table again
    return first[0].lower() == "gene_id" and "transcript_id(s)" in (cell.lower() for cell in first)


def is_headerless(grid: Grid, genes: GeneTable) -> bool:
    """Whether the first line is data already: a gene's id, then numbers up to the end of the line.

    A first word that is neither a known gene nor one that headers begin with counts as an id.
    """
    first = grid.first
    if len(first) < 2 or len(first) != grid.width or not is_number(first[-1]):
        return False
    word = first[0]
    known = ensembl_species(word) is not None or is_transcript(word) or word in SUMMARY_ROWS or word.startswith("__")
    return known or genes.is_current(word) or plain(word) not in ID_WORDS


def choose(wanted: Format | None, kind: Kind, grid: Grid) -> tuple[Format, Kind]:
    """The format to read a table as, given what the user said and what it looks like.

    Raises
    ------
    InputError
        Where it does not look like the format that was named, or may be one of two.
    """
    four = kind == "headerless" and grid.width == 4
    if wanted is None:
        if four:
            raise InputError(
                grid.where,
                "has no header and three columns of numbers: STAR's counts without their N_ rows, or HTSeq's of three",
                "Give --format star or --format htseq.",
            )
        fallback: Format = kind  # type: ignore[assignment]  # the other kinds are formats by name
        return _DEFAULT.get(kind, fallback), kind
    if wanted == "star" and four:
        return "star", "star"
    if kind not in _ALLOWED[wanted]:
        likely = _DEFAULT.get(kind, kind)
        raise InputError(
            grid.where,
            f"is not what --format {wanted} reads: it looks like {SPOKEN[kind]}",
            f"Leave --format out, or give --format {likely}.",
        )
    return wanted, kind
