"""Build the gene table and the alias table that ``pancreassign.counts.genes`` reads.

    python data/genes/build.py --ensembl ensembl105.tsv.gz --orgdb org.Hs.eg.sqlite

The same inputs give the same bytes: rows are sorted and the gzip header carries no time.
"""

from __future__ import annotations

import argparse
import gzip
import io
import re
import sqlite3
from collections import defaultdict
from pathlib import Path

import pandas as pd

Targets = dict[int, set[str]]

RENAMED_FAMILIES = (
    (re.compile(r"SEPT(\d+)"), r"SEPTIN\1"),
    (re.compile(r"MARCH(\d+)"), r"MARCHF\1"),
    (re.compile(r"([A-Z]ARS)"), r"\g<1>1"),
)
"""Families whose every symbol HGNC changed in one way, since a spreadsheet took it for a date or a reader for a word
(septins, membrane-associated ring-CH-type fingers, aminoacyl-tRNA synthetases): Bruford et al. 2020, Nat Genet 52,
754, doi 10.1038/s41588-020-0669-3."""


def read_ensembl(path: Path) -> pd.DataFrame:
    """Ensembl's genes as gene_id, symbol ('' where unnamed), biotype, length; LRG records are dropped."""
    table = pd.read_csv(path, sep="\t", keep_default_na=False, dtype=str)
    table.columns = pd.Index(["gene_id", "symbol", "biotype", "length"])
    table = table[~table["gene_id"].str.startswith("LRG_")]
    return table.sort_values("gene_id", ignore_index=True)


def add_primary(table: pd.DataFrame) -> pd.DataFrame:
    """Give every gene id its ``primary_id``: one for all ids that share a symbol.

    A protein-coding id goes first, then the lowest ENSG number; an unnamed gene is its own primary.
    """
    ranked = table.assign(noncoding=table["biotype"] != "protein_coding").sort_values(["noncoding", "gene_id"])
    first = ranked.drop_duplicates("symbol").set_index("symbol")["gene_id"]
    primary = table["symbol"].map(first).where(table["symbol"] != "", table["gene_id"])
    return table.assign(primary_id=primary)[["gene_id", "primary_id", "symbol", "biotype", "length"]]


def ncbi_targets(db: sqlite3.Connection, genes: pd.DataFrame) -> tuple[Targets, dict[int, str]]:
    """Primary Ensembl ids of each NCBI gene, and each NCBI gene's current symbol.

    Where NCBI's symbol is also Ensembl's name for one of the gene's ids (or NCBI links no id), that
    name decides; otherwise all linked ids count.
    """
    primary = dict(zip(genes["gene_id"], genes["primary_id"], strict=True))
    by_symbol = dict(zip(genes["symbol"], genes["primary_id"], strict=True))
    by_symbol.pop("", None)
    linked: Targets = defaultdict(set)
    for key, ensembl in db.execute("SELECT _id, ensembl_id FROM ensembl"):
        if ensembl in primary:
            linked[key].add(primary[ensembl])
    symbols: dict[int, str] = dict(db.execute("SELECT _id, symbol FROM gene_info"))
    targets: Targets = {}
    for key, symbol in symbols.items():
        named, ids = by_symbol.get(symbol), linked.get(key, set())
        targets[key] = {named} if named is not None and (not ids or named in ids) else ids
    return targets, symbols


def aliases(db: sqlite3.Connection, genes: pd.DataFrame) -> pd.DataFrame:
    """NCBI's aliases as alias, primary_id (several joined by ``|``), status.

    A current Ensembl symbol is no alias of anything; NCBI's current symbol of one gene wins over
    the same word as a mere alias of another, and so does the former symbol of a family renamed as a whole.
    """
    targets, symbols = ncbi_targets(db, genes)
    current: dict[str, set[str]] = defaultdict(set)
    retired: dict[str, set[str]] = defaultdict(set)
    for key, symbol in symbols.items():
        current[symbol.strip()] |= targets[key]
    for key, alias in db.execute("SELECT _id, alias_symbol FROM alias"):
        retired[alias.strip()] |= targets.get(key, set())
    by_symbol = dict(zip(genes["symbol"], genes["primary_id"], strict=True))
    named = by_symbol.keys() | {""}
    rows = []
    for alias in sorted((current.keys() | retired.keys()) - named):
        ids = current.get(alias) or retired.get(alias)
        if ids and len(ids) > 1:
            ids = renamed(alias, by_symbol) & ids or ids
        if ids:
            rows.append((alias, "|".join(sorted(ids)), "alias" if len(ids) == 1 else "ambiguous"))
    return pd.DataFrame(rows, columns=["alias", "primary_id", "status"])


def renamed(alias: str, by_symbol: dict[str, str]) -> set[str]:
    """The primary id of the gene that had this symbol before its family was renamed; empty where there is none."""
    names = [former.sub(now, alias) for former, now in RENAMED_FAMILIES if former.fullmatch(alias)]
    return {by_symbol[name] for name in names if name in by_symbol}


def write(table: pd.DataFrame, path: Path) -> None:
    """Write ``table`` as gzipped TSV, with no time or name in the gzip header."""
    text = table.to_csv(sep="\t", index=False, lineterminator="\n").encode()
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", fileobj=buffer, mode="wb", compresslevel=9, mtime=0) as stream:
        stream.write(text)
    path.write_bytes(buffer.getvalue())


def main() -> None:
    """Read the two sources, write the two tables beside this script."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--ensembl", type=Path, required=True, help="GENEID GENENAME GENEBIOTYPE GENELENGTH")
    parser.add_argument("--orgdb", type=Path, required=True, help="org.Hs.eg.sqlite")
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parent)
    options = parser.parse_args()
    genes = add_primary(read_ensembl(options.ensembl))
    db = sqlite3.connect(f"file:{options.orgdb}?mode=ro", uri=True)
    try:
        other = aliases(db, genes)
    finally:
        db.close()
    write(genes, options.out / "genes.tsv.gz")
    write(other, options.out / "aliases.tsv.gz")


if __name__ == "__main__":
    main()
