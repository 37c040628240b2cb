"""Whether a file's gene ids are those of human genes, and what they are where they are not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from pancreassign.counts.genes import (
    IGNORED,
    MATCHED,
    RENAMED,
    GeneTable,
    Resolution,
    ensembl_species,
    is_mouse_symbol,
    is_transcript,
)
from pancreassign.counts.samples import CountTable
from pancreassign.errors import GeneError

MIN_GENES = 20
"""Fewest known genes of a file (our judgement: fewer are chance hits of some other list of words)."""

MIN_SHARE = 0.01
"""Least share of a file's gene rows that must be known (our judgement)."""

MOST = 0.5

TRANSCRIPT_MEND = (
    "Give counts per gene: quant.genes.sf (salmon quant -g genes.gtf), counts from R's tximport, "
    "or nf-core/rnaseq's salmon.merged.gene_counts.tsv."
)

MIN_REPEATED = 20
"""Fewest repeated ids that tell a file joined with itself (our judgement; few symbols and genes repeat)."""

_SPECIES = {"MUS": "mouse", "RNO": "rat", "DAR": "zebrafish", "MMU": "macaque", "SSC": "pig", "CAF": "dog"}
_HUMAN_MEND = "Give counts per human gene, by Ensembl id (ENSG...) or HGNC symbol."


def looks_like_gene(word: str, genes: GeneTable) -> bool:
    """Whether a word is a known gene, or an Ensembl gene or a transcript of any species."""
    return genes.is_current(word) or ensembl_species(word) is not None or is_transcript(word)


def transcript_share(ids: Sequence[str]) -> float:
    """Share of ids that are transcripts."""
    return sum(map(is_transcript, ids)) / max(len(ids), 1)


def transcript_fault(where: str, ids: Sequence[str]) -> GeneError:
    """The error for a file that counts transcripts."""
    first = ", ".join(list(ids)[:3])
    return GeneError(where, f"counts transcripts ({first}, ...), not genes", TRANSCRIPT_MEND)


def gene_fault(where: str, ids: Sequence[str], resolution: Resolution) -> GeneError | None:
    """The error for ids that are transcripts, another species, or unknown; ``None`` where they are human genes.

    ``ids`` are as in the file; ``resolution`` is what :meth:`GeneTable.resolve` made of them.
    """
    rows = [gene for gene, status in zip(ids, resolution.status, strict=True) if status != IGNORED]
    matched = resolution.count(MATCHED, RENAMED)
    if transcript_share(rows) > MOST:
        return transcript_fault(where, rows)
    enough = matched >= MIN_GENES and matched >= MIN_SHARE * len(rows)
    if enough and matched >= MOST * len(rows):
        return None
    species = Counter(found for gene in rows if (found := ensembl_species(gene)))  # "" is human: left out
    first = ", ".join(rows[:3])
    if not enough and species.total() > MOST * len(rows):
        name = _SPECIES.get(species.most_common(1)[0][0], "another species")
        return GeneError(where, f"the genes are those of {name} ({first}, ...), not human", _HUMAN_MEND)
    if sum(map(is_mouse_symbol, rows)) > MOST * len(rows):
        return GeneError(
            where, f"the genes look like mouse genes ({first}, ...): symbols in mouse spelling", _HUMAN_MEND
        )
    if enough:
        return None
    if sum(gene.isdecimal() for gene in rows) > MOST * len(rows):
        problem = f"no known gene ids among its {len(rows)} rows ({first}, ...), which look like NCBI's Entrez numbers"
        return GeneError(where, problem, "Translate them to Ensembl ids or symbols (in R: org.Hs.eg.db, mapIds).")
    if matched == 0:
        return GeneError(where, f"no known gene ids among its {len(rows)} rows ({first}, ...)", _HUMAN_MEND)
    return GeneError(
        where,
        f"no known gene ids but {matched} among its {len(rows)} rows ({first}, ...); at least {MIN_GENES} "
        f"and {MIN_SHARE:.0%} must be known",
        _HUMAN_MEND,
    )


def repeat_fault(raw: CountTable) -> GeneError | None:
    """The error for a file that holds itself twice: more than half of its ids stand in more than one row.

    featureCounts' rows per exon repeat their gene with other counts: there the counts must repeat too.
    """
    ids = [str(gene).strip() for gene in raw.genes]
    if len(set(ids)) > 0.75 * len(ids):  # half of the ids twice are two thirds of the rows
        return None
    rows: list[object] = list(ids)
    if raw.format == "featurecounts":
        values = raw.values
        rows = [(ids[k], values[k].tobytes()) for k in np.flatnonzero(values.sum(axis=1))]
    times = Counter(rows)
    repeated = sum(number > 1 for number in times.values())
    if repeated < MIN_REPEATED or repeated <= MOST * len(times):
        return None
    problem = f"{repeated} of its {len(times)} gene ids stand in more than one row, as in a file joined with itself"
    return GeneError(raw.path, problem, "Give each gene one row.")
