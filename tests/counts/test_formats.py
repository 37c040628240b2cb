"""One test or more a format; then all formats of the same counts against one another."""

from __future__ import annotations

import dataclasses
import hashlib

import anndata
import numpy as np
import pandas as pd
import pytest
from layouts import (
    as_columns,
    as_featurecounts,
    as_gdc,
    as_htseq,
    as_htseq_names,
    as_kallisto,
    as_matrix,
    as_nfcore,
    as_rsem,
    as_rsem_merged,
    as_salmon,
    as_star,
    as_symbols,
    pairs,
)
from scipy import sparse

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
