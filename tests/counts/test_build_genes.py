"""The script that builds the gene table, on a table small enough to check by eye."""

from __future__ import annotations

import gzip
import importlib.util
import sqlite3
import sys
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest

SCRIPT = Path(__file__).parents[2] / "data" / "genes" / "build.py"

ENSEMBL = """GENEID\tGENENAME\tGENEBIOTYPE\tGENELENGTH
ENSG00000000009\tAAA\tprotein_coding\t90
LRG_1\tAAA\tLRG_gene\t90
ENSG00000000001\tAAA\tlncRNA\t10
ENSG00000000010\tAAA\tprotein_coding\t100
ENSG00000000002\t\tlncRNA\t20
ENSG00000000003\t\tlncRNA\t30
ENSG00000000004\tBBB\tmiRNA\t40
ENSG00000000005\tCCC\tmiRNA\t50
ENSG00000000006\tSEPTIN2\tprotein_coding\t60
ENSG00000000007\tSEPTIN6\tprotein_coding\t70
"""

# _id: symbol, Ensembl ids, aliases
NCBI = {
    1: ("AAA", ["ENSG00000000010"], ["OLDA", "BOTH", "BBB"]),  # BBB is a current symbol: no alias
    2: ("NEWB", ["ENSG00000000004"], ["BOTH", "CUR"]),  # NCBI's symbol is not Ensembl's
    3: ("CCC", [], ["OLDC"]),  # no link, but Ensembl's name
    4: ("GONE", ["ENSG00000999999"], ["LOST"]),  # not in Ensembl 105
    5: ("CUR", ["ENSG00000000002"], ["MANY"]),  # a current symbol wins over gene 2's alias
    7: ("SEPTIN2", ["ENSG00000000006"], ["SEPT2"]),
    8: ("SEPTIN6", ["ENSG00000000007"], ["SEPT2", "SEPT6", "SEPT99"]),
    9: ("OTHER", ["ENSG00000000002"], ["SEPT99"]),  # no SEPTIN99: the rule says nothing
    6: ("MULTI", ["ENSG00000000002", "ENSG00000000003"], []),
}


@pytest.fixture
def build(monkeypatch) -> ModuleType:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # data/ is shipped: no __pycache__ in it
    spec = importlib.util.spec_from_file_location("build_genes", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def built(build, tmp_path, monkeypatch) -> Path:
    (tmp_path / "ensembl.tsv.gz").write_bytes(gzip.compress(ENSEMBL.encode()))
    db = sqlite3.connect(tmp_path / "org.sqlite")
    for name in ("gene_info (_id, symbol)", "ensembl (_id, ensembl_id)", "alias (_id, alias_symbol)"):
        db.execute(f"CREATE TABLE {name}")
    for key, (symbol, ids, names) in NCBI.items():
        db.execute("INSERT INTO gene_info VALUES (?, ?)", (key, symbol))
        db.executemany("INSERT INTO ensembl VALUES (?, ?)", [(key, gene) for gene in ids])
        db.executemany("INSERT INTO alias VALUES (?, ?)", [(key, name) for name in [symbol, *names]])
    db.commit()
    db.close()
    call = ["build.py", "--ensembl", str(tmp_path / "ensembl.tsv.gz"), "--orgdb", str(tmp_path / "org.sqlite")]
    monkeypatch.setattr(sys, "argv", [*call, "--out", str(tmp_path)])
    build.main()
    return tmp_path


def rows(path: Path) -> list[list[str]]:
    return pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False).to_numpy().tolist()


def test_genes(built):
    assert rows(built / "genes.tsv.gz") == [
        ["ENSG00000000001", "ENSG00000000009", "AAA", "lncRNA", "10"],
        ["ENSG00000000002", "ENSG00000000002", "", "lncRNA", "20"],
        ["ENSG00000000003", "ENSG00000000003", "", "lncRNA", "30"],
        ["ENSG00000000004", "ENSG00000000004", "BBB", "miRNA", "40"],
        ["ENSG00000000005", "ENSG00000000005", "CCC", "miRNA", "50"],
        ["ENSG00000000006", "ENSG00000000006", "SEPTIN2", "protein_coding", "60"],
        ["ENSG00000000007", "ENSG00000000007", "SEPTIN6", "protein_coding", "70"],
        ["ENSG00000000009", "ENSG00000000009", "AAA", "protein_coding", "90"],
        ["ENSG00000000010", "ENSG00000000009", "AAA", "protein_coding", "100"],
    ]


def test_aliases(built):
    assert rows(built / "aliases.tsv.gz") == [
        ["BOTH", "ENSG00000000004|ENSG00000000009", "ambiguous"],
        ["CUR", "ENSG00000000002", "alias"],
        ["MANY", "ENSG00000000002", "alias"],
        ["MULTI", "ENSG00000000002|ENSG00000000003", "ambiguous"],
        ["NEWB", "ENSG00000000004", "alias"],
        ["OLDA", "ENSG00000000009", "alias"],
        ["OLDC", "ENSG00000000005", "alias"],
        ["OTHER", "ENSG00000000002", "alias"],
        ["SEPT2", "ENSG00000000006", "alias"],
        ["SEPT6", "ENSG00000000007", "alias"],
        ["SEPT99", "ENSG00000000002|ENSG00000000007", "ambiguous"],
    ]


def test_same_bytes_again(built, build):
    first = {path.name: path.read_bytes() for path in built.glob("*.tsv.gz")}
    build.main()
    assert {path.name: path.read_bytes() for path in built.glob("*.tsv.gz")} == first
    assert first["genes.tsv.gz"][4:8] == bytes(4)  # no time in the gzip header
