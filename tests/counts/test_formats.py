"""One test or more a format; then all formats of the same counts against one another."""

from __future__ import annotations

import dataclasses
import hashlib

import anndata
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

TX = ["transcript_id(s)"]


def pairs(genes, counts):
    return list(zip(genes, counts, strict=True))


def as_matrix(genes, counts):
    return [["gene_id", "S1"], *pairs(genes, counts)]


def as_star(genes, counts):
    # unstranded: 50 % either way; the odd read goes to the reverse column
    summary = [["N_unmapped", 9, 9, 9], ["N_multimapping", 9, 9, 9], ["N_noFeature", 5, 4, 3], ["N_ambiguous", 2, 1, 1]]
    return [*summary, *([g, c, c // 2, c - c // 2] for g, c in pairs(genes, counts))]


def as_gdc(genes, counts):
    head = ["gene_id", "gene_name", "gene_type", "unstranded", "stranded_first", "stranded_second", "tpm_unstranded"]
    rows = [[g + ".5", genes[g], "protein_coding", c, c // 2, c - c // 2, c / 7] for g, c in pairs(genes, counts)]
    summary = [[n, "", "", 9, 9, 9, ""] for n in ("N_unmapped", "N_multimapping", "N_noFeature", "N_ambiguous")]
    return [["# gene-model: GENCODE v36"], head, *summary, *rows]


def as_htseq(genes, counts):
    return [*pairs(genes, counts), ["__no_feature", 12], ["__ambiguous", 3]]


def as_htseq_names(genes, counts):
    rows = [[g + ".1", genes[g], c] for g, c in pairs(genes, counts)]
    return [*rows, ["__no_feature", "", 12], ["__ambiguous", "", 3]]


def as_featurecounts(genes, counts):
    head = ["Geneid", "Chr", "Start", "End", "Strand", "Length", "gene_name", "/bams/S1.sorted.bam"]
    rows = [[g, "chr1;chr1", "1;9", "5;20", "+;+", 17, genes[g], c] for g, c in pairs(genes, counts)]
    return [['# Program:featureCounts v2.0.3; Command:"featureCounts" "-a" "x.gtf"'], head, *rows]


def as_rsem(genes, counts):
    head = ["gene_id", "transcript_id(s)", "length", "effective_length", "expected_count", "TPM", "FPKM"]
    rows = [[f"{g}_{genes[g]}", "ENST1,ENST2", 9.5, 7.5, f"{c}.00", c * 3.3, c * 2.1] for g, c in pairs(genes, counts)]
    return [head, *rows]


def as_rsem_merged(genes, counts):
    return [["gene_id", "transcript_id(s)", "S1"], *([g, "ENST1", f"{c}.0"] for g, c in pairs(genes, counts))]


def as_salmon(genes, counts):
    head = ["Name", "Length", "EffectiveLength", "TPM", "NumReads"]
    return [head, *([g + ".7", 100, 90.5, c * 3.3, f"{c}.000"] for g, c in pairs(genes, counts))]


def as_kallisto(genes, counts):
    head = ["target_id", "length", "eff_length", "est_counts", "tpm"]
    return [head, *([g, 100, 90.5, c, c * 3.3] for g, c in pairs(genes, counts))]


def as_nfcore(genes, counts):
    return [["gene_id", "gene_name", "S1"], *([g, genes[g], c] for g, c in pairs(genes, counts))]


def as_symbols(genes, counts):
    return [["symbol", "S1"], *zip(genes.values(), counts, strict=True)]


def as_columns(genes, counts):
    return [["sample", *genes], ["S1", *counts]]


FORMATS = {
    "S1.tsv": (as_matrix, "matrix"),
    "columns.tsv": (as_columns, "matrix"),
    "symbols.tsv": (as_symbols, "matrix"),
    "S1ReadsPerGene.out.tab": (as_star, "star"),
    "S1.rna_seq.augmented_star_gene_counts.tsv": (as_gdc, "star"),
    "S1.htseq.txt": (as_htseq, "htseq"),
    "S1.counts.txt": (as_htseq_names, "htseq"),
    "featureCounts.txt": (as_featurecounts, "featurecounts"),
    "S1.genes.results": (as_rsem, "rsem"),
    "rsem.merged.gene_counts.tsv": (as_rsem_merged, "nfcore"),
    "S1/quant.genes.sf": (as_salmon, "salmon"),
    "S1/abundance.tsv": (as_kallisto, "kallisto"),
    "salmon.merged.gene_counts.tsv": (as_nfcore, "nfcore"),
}


def without_strand(sample):
    fields = {f.name: getattr(sample, f.name) for f in dataclasses.fields(sample) if f.name not in ("strand", "counts")}
    return fields, sample.counts.to_dict()


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_same_counts_same_sample(name, suffix, read, put, genes, counts):
    make, format = FORMATS[name]
    (sample,), (file,) = read(put(name + suffix, make(genes, counts)))
    (plain,), _ = read(put("plain.csv", as_matrix(genes, counts), ","))
    assert without_strand(sample) == without_strand(plain)
    assert sample.counts.index.equals(plain.counts.index)
    assert file.format == format
    assert sample.id == "S1"


@pytest.mark.parametrize("name", FORMATS)
def test_format_may_be_named(name, read, put, genes, counts):
    make, format = FORMATS[name]
    (sample,), (file,) = read(put(name, make(genes, counts)), format=format)
    assert file.format == format
    assert sample.counts["ENSG00000111640"] == 4000


def adata(genes, counts, matrix=np.asarray, **var):
    values = matrix(np.array([counts, counts[::-1]], dtype=np.float32))
    return anndata.AnnData(
        values, obs=pd.DataFrame(index=["S1", "S2"]), var=pd.DataFrame(var, index=list(genes)), layers={}
    )


@pytest.mark.parametrize("matrix", [np.asarray, sparse.csr_matrix, sparse.csc_matrix])
def test_h5ad(matrix, tmp_path, read, put, genes, counts):
    adata(genes, counts, matrix).write_h5ad(tmp_path / "x.h5ad")
    (one, two), (file,) = read(tmp_path / "x.h5ad")
    (plain,), _ = read(put("plain.tsv", as_matrix(genes, counts)))
    assert without_strand(one) == without_strand(plain)
    assert two.id == "S2"
    assert two.counts["ENSG00000012061"] == 2  # the last count comes first
    assert (file.format, file.samples) == ("h5ad", 2)


def test_h5ad_prefers_its_counts_layer(tmp_path, read, genes, counts):
    data = adata(genes, counts)
    data.layers["counts"] = data.X.copy()
    data.X = np.log1p(data.X)
    data.write_h5ad(tmp_path / "x.h5ad")
    (one, _), (file,) = read(tmp_path / "x.h5ad")
    assert one.counts["ENSG00000111640"] == 4000
    assert file.notes == ["values from layers['counts']"]


@pytest.mark.parametrize("column", ["gene_id", "gene_ids", "ensembl_id"])
def test_h5ad_with_ensembl_ids_in_var(column, tmp_path, read, genes, counts):
    # var_names are symbols that nobody knows: only the column can match
    adata([f"x{k}" for k in range(26)], counts, **{column: list(genes)}).write_h5ad(tmp_path / "x.h5ad")
    (one, _), (file,) = read(tmp_path / "x.h5ad")
    assert one.genes_matched == 26
    assert file.notes == [f"gene ids from var['{column}']"]


def test_sha256_is_over_sorted_gene_and_count(read, put, genes, counts):
    (sample,), _ = read(put("S1.tsv", as_matrix(genes, counts)))
    text = "".join(f"{gene}\t{count}\n" for gene, count in sorted(pairs(genes, counts)))
    assert sample.sha256 == hashlib.sha256(text.encode()).hexdigest()


def test_file_hash_is_of_the_bytes_on_disk(read, put, genes, counts):
    path = put("S1.tsv.gz", as_matrix(genes, counts))
    _, (file,) = read(path)
    assert file.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (file.path, file.samples) == (str(path), 1)


# --- STAR


def star(genes, counts, forward, reverse):
    return [["N_unmapped", 1, 1, 1], *([g, c, c * forward, c * reverse] for g, c in pairs(genes, counts))]


@pytest.mark.parametrize(
    ("forward", "reverse", "strand", "value"),
    [(9, 1, "forward", 36000), (1, 9, "reverse", 36000), (5, 5, "unstranded", 4000), (8, 2, "forward", 32000),
     (2, 8, "reverse", 32000), (13, 7, "unstranded", 4000)],
)  # fmt: skip
def test_star_strand_is_told_by_the_counts(forward, reverse, strand, value, read, put, genes, counts):
    (sample,), (file,) = read(put("S1ReadsPerGene.out.tab", star(genes, counts, forward, reverse)))
    assert sample.strand == strand
    assert sample.counts["ENSG00000111640"] == value
    assert file.notes == [f"strand {strand} (told by the counts)"]


@pytest.mark.parametrize(("strand", "value"), [("unstranded", 4000), ("forward", 36000), ("reverse", 4000 * 3)])
def test_given_strand_overrides(strand, value, read, put, genes, counts):
    (sample,), _ = read(put("S1ReadsPerGene.out.tab", star(genes, counts, 9, 3)), strand=strand)
    assert (sample.strand, sample.counts["ENSG00000111640"]) == (strand, value)


def test_summary_rows_do_not_tell_the_strand(read, put, genes, counts):
    rows = star(genes, counts, 1, 9)
    rows[0] = ["N_noFeature", 0, 10**9, 0]
    (sample,), _ = read(put("S1ReadsPerGene.out.tab", rows))
    assert sample.strand == "reverse"


def test_gdc_columns(read, put, genes, counts):
    rows = as_gdc(genes, counts)
    for row in rows[6:]:
        row[4:6] = [row[3] * 2, row[3] * 18]
    path = put("S1.rna_seq.augmented_star_gene_counts.tsv", rows)
    (sample,), _ = read(path)
    assert (sample.strand, sample.counts["ENSG00000111640"]) == ("reverse", 72000)
    (sample,), _ = read(path, strand="unstranded")
    assert sample.counts["ENSG00000111640"] == 4000
    (sample,), _ = read(path, units="tpm")
    assert sample.counts["ENSG00000111640"] == 4000 / 7
    assert (sample.units, sample.rounded) == ("tpm", False)


@pytest.mark.parametrize("name", ["S1.tsv", "featureCounts.txt", "S1.htseq.txt"])
def test_strand_of_other_formats_is_what_was_given(name, read, put, genes, counts):
    path = put(name, FORMATS[name][0](genes, counts))
    assert read(path, strand="reverse")[0][0].strand == "reverse"
    assert read(path)[0][0].strand is None


# --- HTSeq


def test_htseq_with_header_as_r_writes_it(read, put, genes, counts):
    rows = [["S1.bam", "S2.bam"], *([g, c, c + 1] for g, c in pairs(genes, counts)), ["__no_feature", 5, 6]]
    (one, two), (file,) = read(put("run.txt", rows))
    assert (one.id, two.id, one.genes, file.format) == ("S1", "S2", 26, "htseq")


def test_htseq_several_bams(read, put, genes, counts):
    rows = [[g, c, c + 1] for g, c in pairs(genes, counts)]
    one, two = read(put("run.htseq.txt", [*rows, ["__no_feature", 5, 6]]))[0]
    assert (one.id, two.id) == ("run_1", "run_2")
    assert (one.counts["ENSG00000111640"], two.counts["ENSG00000111640"]) == (4000, 4001)


@pytest.mark.parametrize("head", [["", "gene_name", "a/S1.bam", "a/S2.bam"], ["gene_name", "a/S1.bam", "a/S2.bam"]])
def test_htseq_with_header(head, read, put, genes, counts):
    rows = [head, *([g, genes[g], c, c + 1] for g, c in pairs(genes, counts))]
    one, two = read(put("run.txt", [*rows, ["__no_feature", "", 5, 6]]))[0]
    assert (one.id, two.id, one.genes) == ("S1", "S2", 26)
    assert two.counts["ENSG00000111640"] == 4001


# --- featureCounts


def test_featurecounts_fractions_are_rounded_by_sample(read, put, genes, counts):
    head = ["Geneid", "Chr", "Start", "End", "Strand", "Length", "S1.bam", "S2.bam"]
    rows = [[g, "1", 1, 2, "+", 2, c + 0.4, c] for g, c in pairs(genes, counts)]
    (one, two), (file,) = read(put("fc.txt", [head, *rows]))
    assert (one.rounded, two.rounded) == (True, False)
    assert one.counts["ENSG00000111640"] == 4000
    assert file.notes == ["expected counts rounded to whole numbers"]


# --- expected counts and TPM columns


@pytest.mark.parametrize(
    ("name", "make", "column"),
    [("S1.genes.results", as_rsem, 4), ("S1.quant.genes.sf", as_salmon, 4), ("S1.abundance.tsv", as_kallisto, 3)],
)
def test_expected_counts_are_rounded(name, make, column, read, put, genes, counts):
    rows = make(genes, counts)
    rows[1][column] = "10.6"
    (sample,), (file,) = read(put(name, rows))
    assert sample.counts["ENSG00000012061"] == 11
    assert sample.rounded
    assert "expected counts rounded to whole numbers" in file.notes


@pytest.mark.parametrize(
    ("name", "make", "units", "factor"),
    [
        ("S1.genes.results", as_rsem, "tpm", 3.3),
        ("S1.genes.results", as_rsem, "fpkm", 2.1),
        ("S1.quant.genes.sf", as_salmon, "tpm", 3.3),
        ("S1.abundance.tsv", as_kallisto, "tpm", 3.3),
    ],
)
def test_tpm_and_fpkm_columns(name, make, units, factor, read, put, genes, counts):
    (sample,), _ = read(put(name, make(genes, counts)), units=units)
    assert sample.counts["ENSG00000163631"] == 5 * factor
    assert (sample.units, sample.rounded) == (units, False)


def test_nfcore_expected_counts_need_no_option(read, put, genes, counts):
    rows = as_nfcore(genes, counts)
    rows[1][2] = 2.5  # to the even neighbour, as numpy.rint
    (sample,), _ = read(put("salmon.merged.gene_counts_length_scaled.tsv", rows))
    assert sample.counts["ENSG00000012061"] == 2
    assert sample.rounded


def test_nfcore_without_gene_name(read, put, genes, counts):
    rows = [["gene_id", "S1"], *([g + ".2", c + 0.25] for g, c in pairs(genes, counts))]
    (sample,), (file,) = read(put("salmon.merged.gene_counts.tsv", rows))
    assert sample.counts["ENSG00000111640"] == 4000
    assert file.format == "nfcore"


def test_nfcore_with_symbols_as_ids(read, put, genes, counts):
    rows = [["gene_id", "gene_name", "S1"], *([s, s, c] for s, c in zip(genes.values(), counts, strict=True))]
    (sample,), _ = read(put("salmon.merged.gene_counts.tsv", rows))
    assert sample.genes_matched == 26


# --- matrices


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
