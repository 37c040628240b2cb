from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from pancreassign.counts.genes import (
    AMBIGUOUS,
    IGNORED,
    MATCHED,
    RENAMED,
    UNMATCHED,
    GeneTable,
    bare_id,
    ensembl_species,
    is_mouse_symbol,
    is_transcript,
)
from pancreassign.errors import ArtefactError


def test_symbols_of_known_genes(gene_table, genes):
    assert {gene: gene_table.symbol[gene] for gene in genes} == genes


def test_attributes_by_primary_id(gene_table):
    assert gene_table.biotype["ENSG00000141448"] == "protein_coding"
    assert gene_table.length["ENSG00000000003"] == 4536
    assert gene_table.symbol.index.equals(gene_table.length.index)
    assert gene_table.symbol.index.is_unique
    assert gene_table.symbol.index.is_monotonic_increasing
    assert len(gene_table.symbol) == 61935


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("ENSG00000141448", "ENSG00000141448"),
        ("ENSG00000141448.18", "ENSG00000141448"),
        ("ENSG00000182378.14_PAR_Y", "ENSG00000182378"),
        ("ENSG00000182378_PAR_Y", "ENSG00000182378"),
        ("ENSGR0000182378", "ENSG00000182378"),
        ("ENSGR0000182378.9", "ENSG00000182378"),
        ("ENSG00000000003.14_TSPAN6", "ENSG00000000003"),
        ("ENSG00000000003|TSPAN6", "ENSG00000000003"),
        ("TSPAN6|ENSG00000000003.14", "ENSG00000000003"),
        ("A1BG|1", "A1BG"),
        ("ENSG000001414489", "ENSG000001414489"),  # twelve digits: no Ensembl id
        ("HLA-A", "HLA-A"),
        ("TSPAN6 (7105)", "TSPAN6"),
        ("TSPAN6 (ENSG00000000003)", "ENSG00000000003"),
        ("ENSG00000000003 (TSPAN6)", "ENSG00000000003"),
        ("gene:ENSG00000000003", "ENSG00000000003"),
        ("gene-TSPAN6", "TSPAN6"),
        ("gene-5_8S_rRNA", "5_8S_rRNA"),
        ("gene-89", "gene-89"),  # an alias
        ("TSPAN6_ENSG00000000003.14", "ENSG00000000003"),
        ("ENSG00000000003-TSPAN6", "ENSG00000000003"),
        ("GRCh38_ENSG00000000003", "ENSG00000000003"),
        ("hg19_TSPAN6", "TSPAN6"),
        ("GRCm38_ENSG00000000003", "GRCm38_ENSG00000000003"),
        ("mm10___Trp53", "mm10___Trp53"),
        ("ENSG00000000003+ENSG00000000419", "ENSG00000000003+ENSG00000000419"),  # DEXSeq: two genes
        ("ENSG00000000003-ENSG00000000419", "ENSG00000000003-ENSG00000000419"),
        ("ENST00000456328_ENSG00000223972", "ENST00000456328_ENSG00000223972"),
    ],
)
def test_bare_id(given, expected):
    assert bare_id(given) == expected


def test_transcript_with_its_gene_is_a_transcript():
    gencode = "ENST00000456328.2|ENSG00000223972.5|OTTHUMG00000000961.2"
    assert is_transcript(gencode)
    assert bare_id(gencode) == gencode


@pytest.mark.parametrize("given", ["NM_005257", "NR_001526_1", "XM_011525", "ENST00000269216.10", "ENSMUST00000000001"])
def test_transcripts(given):
    assert is_transcript(given)


@pytest.mark.parametrize(
    ("given", "species"), [("ENSG00000141448", ""), ("ENSMUSG00000051951", "MUS"), ("ENSRNOG00000046319.1", "RNO")]
)
def test_ensembl_species(given, species):
    assert ensembl_species(given) == species


def test_no_ensembl_gene_no_species():
    assert ensembl_species("GATA6") is None
    assert ensembl_species("ENST00000269216") is None


@pytest.mark.parametrize(
    ("symbol", "mouse"),
    [("Trp53", True), ("Gata6", True), ("1700001C19Rik", True), ("TP53", False), ("C1orf43", False), ("KRT5", False)],
)
def test_mouse_spelling(symbol, mouse):
    assert is_mouse_symbol(symbol) is mouse


@pytest.mark.parametrize(
    ("given", "primary", "status"),
    [
        ("GATA6", "ENSG00000141448", MATCHED),
        (" GATA6 ", "ENSG00000141448", MATCHED),
        ("gata6", "", UNMATCHED),
        ("MLL", "ENSG00000118058", RENAMED),  # KMT2A
        ("C10orf54", "ENSG00000107738", RENAMED),  # VSIR
        ("HIST1H4A", "ENSG00000278637", RENAMED),  # H4C1
        ("SEPT2", "ENSG00000168385", RENAMED),  # SEPTIN2; NCBI lists it for SEPTIN6 too
        ("SARS", "ENSG00000031698", RENAMED),  # SARS1, not SARS2
        ("DEC1", "", AMBIGUOUS),  # DELEC1 and BHLHE40
        ("1-Mar", "", UNMATCHED),
        ("44256", "", UNMATCHED),
        (".", "", IGNORED),
        ("", "", IGNORED),
        ("N_unmapped", "", IGNORED),
        ("__no_feature", "", IGNORED),
        ("ENSG00000999999", "", UNMATCHED),
        ("ENSMUSG00000051951", "", UNMATCHED),
    ],
)
def test_resolve(gene_table, given, primary, status):
    found = gene_table.resolve([given])
    assert (found.primary[0], found.status[0]) == (primary, status)


def test_ids_that_share_a_symbol_have_one_primary(gene_table):
    # HLA-A lies on chromosome 6 (ENSG00000206503) and on alternative haplotypes
    assert gene_table.primary["ENSG00000224320"] == gene_table.primary["ENSG00000206503"]
    assert gene_table.by_symbol["HLA-A"] == "ENSG00000206503"


def test_current_symbol_wins_over_alias(gene_table):
    assert not gene_table.aliases.keys() & gene_table.by_symbol.keys()


def test_aliases_stay_unread_without_symbols(gene_table, tmp_path):
    (tmp_path / "genes.tsv.gz").write_bytes((gene_table.folder / "genes.tsv.gz").read_bytes())
    table = GeneTable.load(tmp_path)  # there is no aliases.tsv.gz
    found = table.resolve(["ENSG00000141448.3", "KRT5", "ENSG00000999999", "."])
    assert found.status.tolist() == [MATCHED, MATCHED, UNMATCHED, IGNORED]
    with pytest.raises(ArtefactError, match="aliases"):
        table.resolve(["MLL"])


def test_every_alias_points_to_primary_ids(gene_table):
    targets = {primary for primary in gene_table.aliases.values() if primary}
    assert targets <= set(gene_table.symbol.index)
    assert "" in gene_table.aliases.values()


def test_resolution_counts(gene_table):
    found = gene_table.resolve(np.array(["GATA6", "MLL", "DEC1", ".", "nonsense"], dtype=object))
    assert (found.count(MATCHED), found.count(MATCHED, RENAMED), found.count(AMBIGUOUS)) == (1, 2, 1)


@pytest.mark.parametrize("content", [b"", b"not gzip"])
def test_damaged_table(tmp_path: Path, content):
    (tmp_path / "genes.tsv.gz").write_bytes(content)
    with pytest.raises(ArtefactError, match=r"genes\.tsv\.gz"):
        GeneTable.load(tmp_path)


def test_a_table_cut_short_is_named(gene_table, tmp_path: Path):
    text = gzip.decompress((gene_table.folder / "genes.tsv.gz").read_bytes())
    (tmp_path / "genes.tsv.gz").write_bytes(gzip.compress(text[:-9]))
    with pytest.raises(ArtefactError, match="cut short"):
        GeneTable.load(tmp_path)
