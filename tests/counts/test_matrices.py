"""Plain matrices, either way round, as the programs that write them do."""

from __future__ import annotations

import hashlib

import pytest
from layouts import (
    as_matrix,
    as_nfcore,
    pairs,
)


@pytest.mark.parametrize("sep", ["\t", ",", ";"])
@pytest.mark.parametrize("first", ["", "gene_id", "Geneid", "Name", "Unnamed: 0", "whatever"])
def test_matrix_delimiters_and_first_names(sep, first, read, put, genes, counts):
    rows = [[first, "S1", "S2"], *([g, c, c + 1] for g, c in pairs(genes, counts))]
    one, two = read(put("m.txt", rows, sep))[0]
    assert (one.id, two.id) == ("S1", "S2")
    assert two.counts.tolist() == [c + 1 for c in counts]


def test_matrix_as_r_writes_it(read, put, genes, counts):
    rows = [['"S1"', '"S2"'], *([f'"{g}"', c, c + 1] for g, c in pairs(genes, counts))]
    for sep in ("\t", " ", ","):
        one, two = read(put("m.txt", rows, sep))[0]
        assert (one.id, two.id, two.counts["ENSG00000111640"]) == ("S1", "S2", 4001)


def test_single_sample_as_r_writes_it(read, put, genes, counts):
    (sample,), _ = read(put("m.txt", [["S1"], *pairs(genes, counts)]))
    assert (sample.id, sample.counts["ENSG00000111640"]) == ("S1", 4000)


@pytest.mark.parametrize("word", ["count", "raw_counts", "expected_count"])
def test_column_that_names_no_sample(word, read, put, genes, counts):
    (sample,), (file,) = read(put("P3.tsv", [["gene_id", word], *pairs(genes, counts)]))
    assert sample.id == "P3"
    assert word in file.notes[0]


def test_windows_line_ends_bom_and_comments(read, put, genes, counts):
    lines = ["# made by hand", "gene_id,S1", *(f"{g},{c}" for g, c in pairs(genes, counts)), "", ""]
    path = put("m.csv", b"\xef\xbb\xbf" + "\r\n".join(lines).encode())
    (sample,), _ = read(path)
    assert (sample.id, sample.genes, sample.counts["ENSG00000111640"]) == ("S1", 26, 4000)


def test_header_behind_a_hash(read, put, genes, counts):
    (sample,), _ = read(put("m.tsv", [["#gene_id", "S1"], *pairs(genes, counts)]))
    assert (sample.id, sample.genes) == ("S1", 26)


def test_annotation_columns_are_not_read_and_said(read, put, genes, counts):
    head = ["gene_id", "gene_name", "Gene Type", "description", "chr", "Start", "length", "EntrezGene", "S1"]
    rows = [[g, genes[g], "protein_coding", "a, b", "7", 1, 99, 4, c] for g, c in pairs(genes, counts)]
    (sample,), (file,) = read(put("m.tsv", [head, *rows]))
    assert sample.id == "S1"
    assert file.notes == ["columns not read: gene_name, Gene Type, description, chr, Start, length, EntrezGene"]


def test_ensembl_wins_over_symbol(read, put, genes, counts):
    # the symbols are those of the wrong genes
    symbols = list(genes.values())[::-1]
    rows = [["symbol", "ensembl", "S1"], *([s, *p] for s, p in zip(symbols, pairs(genes, counts), strict=True))]
    (sample,), _ = read(put("m.tsv", rows))
    assert sample.counts["ENSG00000111640"] == 4000


def test_row_numbers_are_no_sample(read, put, genes, counts):
    rows = [["", "gene", "S1"], *([k, *p] for k, p in enumerate(pairs(genes, counts)))]
    (sample,), _ = read(put("m.csv", rows, ","))
    assert (sample.id, sample.counts["ENSG00000111640"]) == ("S1", 4000)


def test_quoted_commas(read, put, genes, counts):
    rows = [["gene_id", "description", "S1"], *([g, '"kinase, type 2"', c] for g, c in pairs(genes, counts))]
    (sample,), _ = read(put("m.csv", rows, ","))
    assert sample.counts["ENSG00000111640"] == 4000


@pytest.mark.parametrize("ids", ["ensembl", "symbols"])
def test_genes_in_columns(ids, read, put, genes, counts):
    names = list(genes) if ids == "ensembl" else list(genes.values())
    rows = [["sample", *names], ["S1", *counts], ["S2", *(c + 1 for c in counts)]]
    (one, two), (file,) = read(put("m.csv", rows, ","))
    assert (one.id, two.id) == ("S1", "S2")
    assert two.counts["ENSG00000111640"] == 4001
    assert file.notes == ["genes in columns"]


def test_wide_matrix_is_read_like_a_long_one(read, put, gene_table):
    names = list(gene_table.symbol.index[:1500])
    rows = [["sample", "description", *names], ["S1", "a b", *range(1500)], ["S2", "c", *range(1, 1501)]]
    (one, two), (file,) = read(put("m.tsv", rows))
    flipped = [["gene_id", "S1", "S2"], *([g, k, k + 1] for k, g in enumerate(names))]
    (first, second), _ = read(put("long.tsv", flipped))
    assert (one.sha256, two.sha256) == (first.sha256, second.sha256)
    assert file.notes == ["genes in columns", "columns not read: description"]


def test_sample_called_like_a_gene(read, put, genes, counts):
    (sample,), _ = read(put("m.tsv", [["gene", "MET"], *pairs(genes, counts)]))
    assert sample.id == "MET"


def test_numbers_as_sample_names(read, put, genes, counts):
    rows = [["gene_id", "1", "2"], *([g, c, c + 1] for g, c in pairs(genes, counts))]
    one, two = read(put("m.tsv", rows))[0]
    assert (one.id, two.id, two.genes) == ("1", "2", 26)


@pytest.mark.parametrize("units", ["tpm", "fpkm"])
def test_matrix_units(units, read, put, genes, counts):
    rows = [["gene_id", "S1"], *([g, c + 0.123456789012345] for g, c in pairs(genes, counts))]
    (sample,), _ = read(put("m.tsv", rows), units=units)
    assert sample.counts["ENSG00000111640"] == 4000.123456789012345
    assert (sample.units, sample.rounded) == (units, False)
    text = "".join(f"{g}\t{c + 0.123456789012345!r}\n" for g, c in pairs(genes, counts))
    assert sample.sha256 == hashlib.sha256(text.encode()).hexdigest()


def test_fractions_are_rounded_where_said_to_be_counts(read, put, genes, counts):
    rows = [["gene_id", "S1", "S2"], *([g, c + 0.6, c] for g, c in pairs(genes, counts))]
    one, two = read(put("m.tsv", rows), units="counts")[0]
    assert (one.counts["ENSG00000111640"], one.rounded) == (4001, True)
    assert (two.counts["ENSG00000111640"], two.rounded) == (4000, False)


def test_all_zero_sample_is_read(read, put, genes):
    (sample,), _ = read(put("m.tsv", as_matrix(genes, [0] * 26)))
    assert sample.counts.sum() == 0
    assert len(sample.counts) == 26


def test_renamed_nfcore_file_is_told_by_its_few_fractions(read, put, genes, counts):
    rows = as_nfcore(genes, counts)
    rows[5][2] = "4000.499"
    (sample,), (file,) = read(put("renamed.tsv", rows))
    assert (file.format, sample.counts["ENSG00000111640"], sample.rounded) == ("nfcore", 4000, True)


def test_comment_that_ends_in_a_number_is_no_header(read, put, genes, counts):
    (sample,), _ = read(put("S1.htseq.txt", [["# version", 3], *pairs(genes, counts)]))
    assert (sample.id, sample.genes) == ("S1", 26)
