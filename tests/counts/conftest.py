"""Hand-made count files: 26 genes, small numbers, real ids."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from pancreassign.counts.genes import GeneTable
from pancreassign.counts.readers import read_samples
from pancreassign.counts.samples import InputFile, Sample

# Ensembl 105, checked against data/genes/genes.tsv.gz in test_genes.py
GENES = {
    "ENSG00000012061": "ERCC1", "ENSG00000075624": "ACTB", "ENSG00000085563": "ABCB1", "ENSG00000108821": "COL1A1",
    "ENSG00000111640": "GAPDH", "ENSG00000112759": "SLC29A1", "ENSG00000113140": "SPARC", "ENSG00000119888": "EPCAM",
    "ENSG00000128422": "KRT17", "ENSG00000133703": "KRAS", "ENSG00000141448": "GATA6", "ENSG00000141510": "TP53",
    "ENSG00000141646": "SMAD4", "ENSG00000147889": "CDKN2A", "ENSG00000148773": "MKI67", "ENSG00000156136": "DCK",
    "ENSG00000163631": "ALB", "ENSG00000167325": "RRM1", "ENSG00000171848": "RRM2", "ENSG00000172831": "CES2",
    "ENSG00000176890": "TYMS", "ENSG00000186081": "KRT5", "ENSG00000188641": "DPYD", "ENSG00000196754": "S100A2",
    "ENSG00000198900": "TOP1", "ENSG00000241635": "UGT1A1",
}  # fmt: skip
COUNTS = [0, 1, 20, 300, 4000, 12, 7, 150, 31, 64, 88, 95, 17, 3, 29, 46, 5, 81, 73, 22, 38, 101, 9, 57, 66, 2]

Read = Callable[..., tuple[list[Sample], list[InputFile]]]


@pytest.fixture
def genes() -> dict[str, str]:
    """Ensembl id -> symbol of the 26 genes."""
    return dict(GENES)


@pytest.fixture
def counts() -> list[int]:
    """One sample's counts of the 26 genes, in the order of ``genes``."""
    return list(COUNTS)


@pytest.fixture
def read(gene_table: GeneTable) -> Read:
    """``read_samples`` with the shipped gene table."""

    def call(*paths: Path, **options: str) -> tuple[list[Sample], list[InputFile]]:
        return read_samples(paths, gene_table, **options)

    return call


@pytest.fixture
def put(tmp_path: Path) -> Callable[..., Path]:
    """Write a file of ``tmp_path`` from text, bytes or rows of cells; ``.gz`` names are gzipped."""

    def call(name: str, content: str | bytes | Sequence[Sequence[object]], sep: str = "\t") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not isinstance(content, str | bytes):
            content = "".join(sep.join(map(str, row)) + "\n" for row in content)
        data = content.encode() if isinstance(content, str) else content
        path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
        return path

    return call
