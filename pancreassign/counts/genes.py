"""The gene table: which primary Ensembl gene an id, a symbol or a retired symbol means."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pancreassign.counts.samples import Strings
from pancreassign.errors import ArtefactError

UNMATCHED, MATCHED, RENAMED, AMBIGUOUS, IGNORED = range(5)
"""What became of an id: IGNORED is no gene at all (an empty cell, ``.``, a summary row)."""

SUMMARY_ROWS = frozenset({"N_unmapped", "N_multimapping", "N_noFeature", "N_ambiguous"})
"""STAR's rows that are not genes; HTSeq's begin with two underscores."""

_ENSEMBL = re.compile(r"ENSG(?:\d{11}|R\d{10})(?=$|[._|:]|-(?!.*ENSG)| \()")
_LATER_ENSEMBL = re.compile(r"[_(:\- ](ENSG\d{11})(?=$|[._)])")
_ANY_GENE = re.compile(r"(?:gene[:-]|(?:GRCh3[78]|hg19|hg38)_+)?(ENS[A-Z]{0,6}G[R\d]\d{10})")
_PREFIX = re.compile(r"gene(?::|-(?!\d+$))|(?:GRCh3[78]|hg19|hg38)_+")
"""What GFF3 files (``gene:ENSG...``, ``gene-TP53``) and genomes joined with another put before a human gene."""

_MOUSE_PREFIX = re.compile(r"(?:GRCm3[89]|mm9|mm10|mm39)_+")
_NUMBERED = re.compile(r"(\S+) \((?:\d+|ENSG\d{11}(?:\.\d+)?)\)$")
_TRANSCRIPT = re.compile(r"ENS[A-Z]{0,6}T\d{11}|[NX][MR]_\d{4,}")
_MOUSE_SYMBOL = re.compile(r"(?!C\d+orf)[A-Z]\d*[a-z][A-Za-z0-9.-]*$|[0-9A-Z]+Rik$")


def is_transcript(gene: str) -> bool:
    """Whether an id is an Ensembl or RefSeq transcript (GENCODE's ``ENST...|ENSG...`` included)."""
    return _TRANSCRIPT.match(gene) is not None


def ensembl_species(gene: str) -> str | None:
    """The species part of an Ensembl gene id (``""`` human, ``"MUS"`` mouse), ``None`` where it is none."""
    found = _ANY_GENE.match(gene)
    if found is None:
        return "MUS" if _MOUSE_PREFIX.match(gene) else None
    return found.group(1)[3:-12]


def is_mouse_symbol(gene: str) -> bool:
    """Whether a symbol is spelt as mouse symbols are: ``Trp53``, ``H2ac4``, ``1700001C19Rik``."""
    return _MOUSE_SYMBOL.match(gene) is not None


def is_gene_row(gene: str) -> bool:
    """Whether a row's id can be a gene: not empty, not ``.``, and no summary row."""
    return gene not in ("", ".") and gene not in SUMMARY_ROWS and not gene.startswith("__")


def bare_id(gene: str) -> str:
    """The Ensembl id within ``gene`` without version, PAR mark or symbol; otherwise ``gene`` itself.

    ``ENSG00000182378.14_PAR_Y`` and Ensembl's old ``ENSGR0000182378`` are the Y copies of
    pseudo-autosomal genes and take the id of the X copy. ``SYMBOL|123`` and ``SYMBOL (123)`` give ``SYMBOL``;
    ``gene:``, ``gene-`` and the name of a human genome before an id are left out.
    """
    if gene.startswith("ENSG"):
        if len(gene) == 15 and gene[4] != "R":
            return gene
        found = _ENSEMBL.match(gene)
        if found is None:
            return gene
        core = found.group()
        return f"ENSG0{core[5:]}" if core[4] == "R" else core
    if "|" in gene and not is_transcript(gene):
        parts = [part.strip() for part in gene.split("|")]
        named = [part for part in parts if part.startswith("ENSG")]
        return bare_id(named[0]) if named else parts[0]
    return _bare_symbol(gene) if "_" in gene or "-" in gene or ":" in gene or "(" in gene else gene


def _bare_symbol(gene: str) -> str:
    """The id within a name that begins with something else; the name itself where it holds two ids."""
    if _MOUSE_PREFIX.match(gene) or is_transcript(gene):
        return gene
    prefix = _PREFIX.match(gene)
    if prefix is not None:
        return bare_id(gene[prefix.end() :])
    if gene.count("ENSG") == 1 and (later := _LATER_ENSEMBL.search(gene)) is not None:
        return later.group(1)
    numbered = _NUMBERED.match(gene)
    return numbered.group(1) if numbered is not None else gene


@dataclass(frozen=True)
class Resolution:
    """What each of ``n`` ids means: its primary gene id (``""`` where none) and what became of it."""

    primary: Strings
    status: NDArray[np.int8]

    def count(self, *status: int) -> int:
        """How many ids have one of these statuses."""
        return int(np.isin(self.status, status).sum())


@dataclass(frozen=True)
class GeneTable:
    """Ensembl 105's human genes, and other names for them.

    ``symbol``, ``biotype`` and ``length`` (bases of exon) are indexed by primary id, sorted; an unnamed gene's
    symbol is ``""``. ``primary`` gives the primary id of every Ensembl id, ``by_symbol`` that of every
    current symbol.
    """

    folder: Path
    symbol: pd.Series[str]
    biotype: pd.Series[str]
    length: pd.Series[int]
    primary: dict[str, str]
    by_symbol: dict[str, str]

    @classmethod
    def load(cls, folder: Path) -> GeneTable:
        """Read ``genes.tsv.gz`` of ``folder``.

        Raises
        ------
        ArtefactError
            Where the table is missing or not as ``data/genes/build.py`` writes it.
        """
        path = folder / "genes.tsv.gz"
        gene_id, primary_id, symbol, biotype, length = _columns(
            path, ["gene_id", "primary_id", "symbol", "biotype", "length"]
        )
        own = np.fromiter(map(str.__eq__, gene_id, primary_id), dtype=bool, count=len(gene_id))
        index = pd.Index(_array(gene_id)[own], dtype=object, name="primary_id")
        by_symbol = dict(zip(symbol, primary_id, strict=True))
        by_symbol.pop("", None)
        return cls(
            folder=folder,
            symbol=pd.Series(_array(symbol)[own], index=index, dtype=object, name="symbol"),
            biotype=pd.Series(_array(biotype)[own], index=index, dtype=object, name="biotype"),
            length=pd.Series(np.array(length)[own].astype(np.int64), index=index, dtype="int64", name="length"),
            primary=dict(zip(gene_id, primary_id, strict=True)),
            by_symbol=by_symbol,
        )

    @cached_property
    def aliases(self) -> dict[str, str]:
        """Primary id of every other name, ``""`` where it means several genes; read when first asked for."""
        columns = _columns(self.folder / "aliases.tsv.gz", ["alias", "primary_id", "status"])
        return {alias: primary if status == "alias" else "" for alias, primary, status in zip(*columns, strict=True)}

    def is_current(self, gene: str) -> bool:
        """Whether an id is a known Ensembl id or a current symbol."""
        gene = bare_id(gene.strip())
        return gene in self.primary or gene in self.by_symbol

    @cached_property
    def described(self) -> pd.DataFrame:
        """``symbol``, ``biotype`` and ``length`` (bases) by primary Ensembl gene id."""
        return pd.DataFrame({"symbol": self.symbol, "biotype": self.biotype, "length": self.length})

    def resolve(self, genes: Iterable[str]) -> Resolution:
        """Find what each id means: an Ensembl id, else a current symbol, else another name.

        Parameters
        ----------
        genes
            Ids or symbols as they stand in a file, in any mixture; symbols are matched exactly.
        """
        bare = [bare_id(gene.strip()) for gene in genes]
        found = [self.primary.get(gene) or self.by_symbol.get(gene) or "" for gene in bare]
        primary = np.array(found, dtype=object)
        status = np.where(primary != "", MATCHED, UNMATCHED).astype(np.int8)
        for k in np.flatnonzero(status == UNMATCHED):
            name = bare[k]
            if not is_gene_row(name):
                status[k] = IGNORED
            elif not name.startswith("ENS"):
                target = self.aliases.get(name)
                if target is not None:
                    primary[k], status[k] = target, RENAMED if target else AMBIGUOUS
        return Resolution(primary, status)


def _array(column: list[str]) -> Strings:
    return np.array(column, dtype=object)


def _columns(path: Path, names: list[str]) -> list[list[str]]:
    """The columns of one of our own gzipped tables, cut out of one flat list, which is faster than a list a row."""
    mend = "Install pancreassign again."
    try:
        text = gzip.decompress(path.read_bytes()).decode()
    except (OSError, EOFError, ValueError) as error:
        raise ArtefactError(str(path), f"the gene table cannot be read ({error})", mend) from None
    head, _, body = text.partition("\n")
    if head.split("\t") != names:
        raise ArtefactError(str(path), f"expected the columns {', '.join(names)}", mend)
    rows = body.count("\n")
    cells = body.replace("\n", "\t").split("\t")
    if cells.pop() or len(cells) != rows * len(names):
        raise ArtefactError(str(path), "the gene table is cut short", mend)
    return [cells[at :: len(names)] for at in range(len(names))]
