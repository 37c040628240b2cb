"""Which columns of a table hold samples, and which say something of the genes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pancreassign.counts.genes import is_gene_row
from pancreassign.counts.names import is_bam
from pancreassign.counts.samples import Strings
from pancreassign.counts.tables import Body, Grid, is_number, plain
from pancreassign.errors import InputError

ANNOTATION = frozenset(
    {
        "geneid", "geneids", "genename", "genesymbol", "symbol", "genetype", "genebiotype", "biotype",
        "type", "description", "genedescription", "chr", "chrom", "chromosome", "chromosomename", "seqname",
        "seqnames", "start", "end", "startposition", "endposition", "genestart", "geneend", "strand",
        "length", "genelength", "exonlength", "efflength", "effectivelength", "width", "entrez", "entrezid",
        "entrezgene", "entrezgeneid", "ncbigeneid", "hgnc", "hgncid", "hgncsymbol", "ensembl", "ensemblid",
        "ensemblgeneid", "externalgenename", "externalgeneid", "transcriptid", "transcriptids", "txname",
        "havanagene", "geneversion", "gccontent", "percentagegenegccontent", "unnamed0",
    }
)  # fmt: skip
"""Columns that annotate genes, spelt without capitals and signs."""

VALUE_WORDS = frozenset(
    {
        "count", "counts", "rawcount", "rawcounts", "genecount", "genecounts", "readcount", "readcounts",
        "reads", "value", "values", "expression", "expectedcount", "expectedcounts", "numreads",
        "estcounts", "tpm", "fpkm",
    }
)  # fmt: skip
"""Names that say what a single column holds and not whose it is."""

_GENOMIC = frozenset(
    {
        "chr", "chrom", "chromosome", "chromosomename", "seqname", "seqnames", "start", "end", "startposition",
        "endposition", "genestart", "geneend", "strand", "length", "genelength", "exonlength", "efflength",
        "effectivelength", "width",
    }
)  # fmt: skip
_AMBIGUOUS = frozenset({"start", "end", "type", "strand", "length", "width", "description", "symbol", "biotype"})
"""Annotation that a sample may also be called."""

_LENGTHS = frozenset({"length", "width"})
_TOTALS = frozenset({"total", "totals", "sum", "sums", "rowsum", "rowsums", "totalcount", "totalcounts", "totalreads"})

ZEROS = 0.01
"""Share of zeros above which a column is no place and no length on a genome, and so holds counts (our judgement:
places and lengths are never 0 in a GTF; of a tumour's genes about a third have no read)."""


def annotating(grid: Grid, body: Body) -> list[int]:
    """The columns of numbers that annotate genes, by position.

    A name that a sample may have as well (``Start``, ``Length``) annotates where it stands before the samples, beside
    another place on the genome or as the genes' length, and its values can be such.

    Raises
    ------
    InputError
        Where such a column may be either.
    """
    names = list(grid.header or [])
    found = []
    for k, at in enumerate(body.positions):
        word = plain(names[at])
        if word not in ANNOTATION:
            continue
        if word in _AMBIGUOUS:
            if np.mean(body.numbers[:, k] == 0) > ZEROS:
                continue
            if not _stands_before(names, body, at):
                raise InputError(
                    grid.where,
                    f"{grid.column_name(at)} may hold a sample's counts or annotate the genes",
                    "Remove the column, or rename the sample.",
                )
        found.append(at)
    return found


def _stands_before(names: Sequence[str], body: Body, at: int) -> bool:
    """Whether a column of an ambiguous name stands where annotation does."""
    if any(other not in body.text and plain(names[other]) not in ANNOTATION for other in range(at)):
        return False
    beside = [plain(names[other]) for other in (at - 1, at + 1) if 0 < other < len(names)]
    return plain(names[at]) in _LENGTHS or not _GENOMIC.isdisjoint(beside)


def blank_in_summary(ids: Strings, body: Body) -> list[int]:
    """The columns that are empty in every summary row (``__no_feature``): attributes of genes, as HTSeq adds them."""
    summary = np.fromiter((str(gene).startswith("__") for gene in ids), dtype=bool, count=len(ids))
    if not summary.any():
        return []
    blank = np.isnan(body.numbers[summary]).all(axis=0)
    return [] if blank.all() else [body.positions[k] for k in np.flatnonzero(blank)]


def totals(names: Sequence[str], body: Body, keep: Sequence[int]) -> list[int]:
    """Which of the kept columns are called a total and are the sum of the others."""
    named = [k for k in keep if plain(names[body.positions[k]]) in _TOTALS]
    others = [k for k in keep if k not in named]
    if not named or not others:
        return []
    total = body.numbers[:, others].sum(axis=1)
    return [k for k in named if np.allclose(body.numbers[:, k], total, rtol=1e-9, atol=1e-6)]


def note_dropped(notes: list[str], names: Sequence[str], dropped: Sequence[int]) -> None:
    """Say which columns were left out."""
    if dropped:
        said = ", ".join(names[at] or f"column {at + 1}" for at in sorted(dropped))
        notes.append(f"columns not read: {said}")


def is_attribute(cells: Strings) -> bool:
    """Whether a column of text annotates genes, and is not a column of counts with a bad cell."""
    words = [cell for cell in cells if cell]
    return 2 * sum(map(is_number, words)) < max(len(words), 1)


def leading_attributes(grid: Grid, body: Body, after: int) -> list[int]:
    """The columns of text from position ``after`` on, which must all annotate genes.

    Raises
    ------
    InputError
        Where a column of counts holds a cell that is no number.
    """
    found = [at for at in body.text if at >= after]
    last = body.positions[0] if body.positions else after
    for at in found:
        name = grid.header[at] if grid.header else ""
        if is_bam(name) or not is_attribute(body.text[at]) or (at > last and plain(name) not in ANNOTATION):
            pairs = zip(body.text[0], body.text[at], strict=True)
            raise grid.text_fault(at, np.array([cell if is_gene_row(gene) else "" for gene, cell in pairs]))
    return found
