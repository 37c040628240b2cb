"""Tables that can be taken for something else: read as what they are, or refused, never as other samples."""

from __future__ import annotations

import anndata
import h5py
import numpy as np
import pandas as pd
import pytest

from pancreassign.errors import GeneError, InputError, PancreassignError, UnitsError

BASE = ["Geneid", "Chr", "Start", "End", "Strand", "Length"]


def refused(read, path, kind=InputError, **options):
    """The one error for ``path``."""
    with pytest.raises(PancreassignError) as caught:
        read(path, **options)
    assert type(caught.value) is kind
    assert caught.value.where == str(path)
    return caught.value


def same(read, put, genes, counts, sample):
    """Whether a sample is that of the plain table of the same counts."""
    (plain,), _ = read(put("plain.tsv", [["gene_id", "S1"], *zip(genes, counts, strict=True)]))
    return (sample.sha256, sample.genes_matched) == (plain.sha256, plain.genes_matched)


def matrix(genes, counts, head, row):
    return [head, *(row(g, c) for g, c in zip(genes, counts, strict=True))]


# --- headers one cell short, cells too many


@pytest.mark.parametrize("first", ["gene_id", "Geneid", "gene", "symbol", "Name", "id", ""])
def test_a_header_one_cell_short_is_refused(first, read, put, genes, counts):
    path = put("m.tsv", matrix(genes, counts, [first, "S1", "S2"], lambda g, c: [g, c, c + 1, c + 2]))
    error = refused(read, path)
    assert "the header has 3 cells" in error.problem
    assert "and the rows have 4" in error.problem
    assert "Name every column" in error.mend


def test_a_header_of_samples_alone_is_still_r(read, put, genes, counts):
    path = put("m.tsv", matrix(genes, counts, ["Sample_1", "S2", "S3"], lambda g, c: [g, c, c + 1, c + 2]))
    assert [s.id for s in read(path)[0]] == ["Sample_1", "S2", "S3"]


@pytest.mark.parametrize("sep", ["\t", ","])
def test_rows_that_end_in_a_delimiter(sep, read, put, genes, counts):
    path = put("m.txt", matrix(genes, counts, ["gene_id", "S1", "S2"], lambda g, c: [g, c, c + 1, ""]), sep)
    (one, two), (file,) = read(path)
    assert same(read, put, genes, counts, one)
    assert (two.id, two.counts["ENSG00000111640"]) == ("S2", 4001)
    assert file.notes == ["the empty last cell of every row is not read"]


def test_rows_that_end_in_a_delimiter_under_r_s_header_are_refused(read, put, genes, counts):
    path = put("m.tsv", matrix(genes, counts, ["A", "B", "C"], lambda g, c: [g, c, c + 1, ""]))
    assert "every row ends in an empty cell" in refused(read, path).problem


def test_htseq_rows_that_end_in_a_tab(read, put, genes, counts):
    (sample,), (file,) = read(put("S1.htseq.txt", [*([g, c, ""] for g, c in zip(genes, counts, strict=True))]))
    assert sample.id == "S1"
    assert same(read, put, genes, counts, sample)
    assert file.notes == ["the empty last cell of every row is not read"]


# --- files whose name says that they hold no counts


@pytest.mark.parametrize("name", ["salmon.merged.gene_tpm.tsv", "g_fpkm.tsv", "x.TPM.csv"])
def test_a_name_that_says_tpm(name, read, put, genes, counts):
    path = put(name, matrix(genes, counts, ["gene_id", "gene_name", "S1"], lambda g, c: [g, "x", c]))
    error = refused(read, path, UnitsError)
    assert "by its name" in error.problem
    assert read(path, units="counts")[0][0].units == "counts"
    assert read(path, units="tpm")[0][0].units == "tpm"


def test_a_subset_of_nfcore_tpm_is_refused(read, put, genes, counts):
    rows = matrix(genes, counts, ["gene_id", "gene_name", "S1"], lambda g, c: [g, "x", c if c % 5 else c + 0.5])
    refused(read, put("salmon.merged.gene_tpm.tsv", rows), UnitsError)


@pytest.mark.parametrize("units", ["auto", "counts", "tpm"])
def test_gene_lengths_are_never_counts(units, read, put, genes, counts):
    path = put("salmon.merged.gene_lengths.tsv", matrix(genes, counts, ["gene_id", "S1"], lambda g, c: [g, c + 900]))
    assert "lengths of genes" in refused(read, path, units=units).problem


def test_length_scaled_counts_are_counts(read, put, genes, counts):
    rows = matrix(genes, counts, ["gene_id", "S1"], lambda g, c: [g, c])
    assert read(put("salmon.merged.gene_counts_length_scaled.tsv", rows))[0][0].id == "S1"


# --- columns that are no samples


@pytest.mark.parametrize("extra", [["level"], ["hgnc_id", "level", "tag"], ["mixed"], ["gene_version"]])
def test_featurecounts_attributes_are_no_samples(extra, read, put, genes, counts):
    cells = {"level": 2, "hgnc_id": "HGNC:12", "tag": "basic", "mixed": "2;2", "gene_version": 3}
    rows = matrix(
        genes, counts, [*BASE, *extra, "a/S1.bam"],
        lambda g, c: [g, "1", 1, 2, "+", 2, *(2 if cells[e] == "2;2" and c % 2 else cells[e] for e in extra), c],
    )  # fmt: skip
    (sample,), (file,) = read(put("fc.txt", rows))
    assert sample.id == "S1"
    assert same(read, put, genes, counts, sample)
    assert file.notes == [f"columns not read: {', '.join(extra)}"]


def test_featurecounts_text_between_renamed_samples(read, put, genes, counts):
    rows = matrix(genes, counts, [*BASE, "S1", "tag"], lambda g, c: [g, "1", 1, 2, "+", 2, c, "basic"])
    (sample,), (file,) = read(put("fc.txt", rows))
    assert (sample.id, file.notes) == ("S1", ["columns not read: tag"])


def test_a_bad_cell_of_featurecounts_is_still_named(read, put, genes, counts):
    rows = matrix(genes, counts, [*BASE, "S1.bam"], lambda g, c: [g, "1", 1, 2, "+", 2, c])
    rows[4][6] = "abc"
    assert "column 'S1.bam', line 5, holds 'abc'" in refused(read, put("fc.txt", rows)).problem


def test_a_numeric_attribute_of_htseq_is_no_sample(read, put, genes, counts):
    rows = [*([g, 2, c] for g, c in zip(genes, counts, strict=True)), ["__no_feature", "", 5], ["__ambiguous", "", 7]]
    (sample,), (file,) = read(put("S1.counts", rows))
    assert sample.id == "S1"
    assert same(read, put, genes, counts, sample)
    assert file.notes == ["columns not read: 2"]


@pytest.mark.parametrize(
    "head",
    [
        ["gene_id", "unstranded", "forward", "reverse"],
        ["gene", "count_unstranded", "count_1st", "count_2nd"],
        ["unstranded", "forward", "reverse"],
    ],
)
def test_star_with_a_header_is_one_sample(head, read, put, genes, counts):
    rows = [head, ["N_unmapped", 1, 1, 1], *([g, c + 1, 0, c] for g, c in zip(genes, counts, strict=True))]
    (sample,), (file,) = read(put("S1.tsv", rows))
    assert (file.format, sample.id, sample.strand) == ("star", "S1", "reverse")
    assert same(read, put, genes, counts, sample)


def test_star_with_its_columns_in_another_order(read, put, genes, counts):
    rows = matrix(genes, counts, ["gene", "reverse", "forward", "unstranded"], lambda g, c: [g, c, 0, c + 1])
    (sample,), _ = read(put("S1.tsv", rows))
    assert same(read, put, genes, counts, sample)


def test_a_total_is_no_sample(read, put, genes, counts):
    rows = matrix(genes, counts, ["gene", "S1", "S2", "Total"], lambda g, c: [g, c, c + 1, 2 * c + 1])
    (one, two), (file,) = read(put("m.tsv", rows))
    assert same(read, put, genes, counts, one)
    assert two.id == "S2"
    assert file.notes == ["column 'Total' not read: it is the sum of the others"]


def test_a_sample_called_total_stays(read, put, genes, counts):
    rows = matrix(genes, counts, ["gene", "S1", "S2", "Total"], lambda g, c: [g, c, c + 1, 2 * c])
    assert [s.id for s in read(put("m.tsv", rows))[0]] == ["S1", "S2", "Total"]


@pytest.mark.parametrize("names", [["Start", "End", "S3"], ["Type", "S2", "S3"], ["S1", "Length", "S3"]])
def test_samples_called_like_annotation_stay(names, read, put, genes, counts):
    rows = matrix(genes, counts, ["gene", *names], lambda g, c: [g, c, c, c])
    found, (file,) = read(put("m.tsv", rows))
    assert [s.id for s in found] == names
    assert file.notes == []


@pytest.mark.parametrize("at", [1, 2])
def test_a_length_after_the_ids_is_annotation(at, read, put, genes, counts):
    rows = matrix(genes, counts, ["gene", "gene_name", "S1"], lambda g, c: [g, genes[g], c])
    for row in rows:
        row.insert(at, "Length" if row[0] == "gene" else 900)
    (sample,), (file,) = read(put("m.tsv", rows))
    assert same(read, put, genes, counts, sample)
    assert "Length" in file.notes[0]


@pytest.mark.parametrize("head", [["gene", "Start", "S1"], ["gene", "S1", "length"]])
def test_a_column_that_may_be_either_is_refused(head, read, put, genes, counts):
    rows = matrix(genes, counts, head, lambda g, c: [g, *(c if name == "S1" else 900 + c for name in head[1:])])
    assert "may hold a sample's counts or annotate the genes" in refused(read, put("m.tsv", rows)).problem


def test_places_on_the_genome_together_are_annotation(read, put, genes, counts):
    rows = matrix(genes, counts, ["gene", "start", "end", "S1"], lambda g, c: [g, 900, 990 + c, c])
    (sample,), (file,) = read(put("m.tsv", rows))
    assert same(read, put, genes, counts, sample)
    assert file.notes == ["columns not read: start, end"]


# --- units


def test_counts_are_no_tpm(read, put, genes, counts):
    path = put("m.tsv", matrix(genes, counts, ["gene", "S1"], lambda g, c: [g, c * 1000 + 0.5]))
    assert "are no TPM" in refused(read, path, UnitsError, units="tpm").problem


def test_whole_numbers_are_no_fpkm(read, put, genes, counts):
    path = put("m.tsv", matrix(genes, counts, ["gene", "S1"], lambda g, c: [g, c * 1000]))
    assert "whole numbers" in refused(read, path, UnitsError, units="fpkm").problem


def test_empty_cells_among_logarithms_are_both_told(read, put, genes, counts):
    rows = matrix(genes, counts, ["gene", "S1"], lambda g, c: [g, float(np.log2(c + 1))])
    rows[3][1] = ""
    problem = refused(read, put("m.tsv", rows), UnitsError).problem
    assert "missing value" in problem
    assert "look log-transformed" in problem


def test_empty_cells_among_counts_are_told_alone(read, put, genes, counts):
    rows = matrix(genes, counts, ["gene", "S1"], lambda g, c: [g, c])
    rows[3][1] = ""
    assert "log" not in refused(read, put("m.tsv", rows), UnitsError).problem


# --- genes


@pytest.mark.parametrize("name", ["m.tsv", "S1.htseq.txt"])
def test_a_file_joined_with_itself_is_refused(name, read, put, genes, counts):
    rows = [*zip(genes, counts, strict=True)]
    path = put(name, [*([["gene", "S1"]] if name == "m.tsv" else []), *rows, *rows])
    error = refused(read, path, GeneError)
    assert "26 of its 26 gene ids stand in more than one row" in error.problem


def test_featurecounts_rows_per_exon_are_summed(read, put, genes, counts):
    halves = [(g, h) for g, c in zip(genes, counts, strict=True) for h in (c // 3, c - c // 3)]
    rows = [[*BASE, "S1.bam"], *([g, "1", 1, 2, "+", 2, h] for g, h in halves)]
    (sample,), _ = read(put("fc.txt", rows))
    assert sample.counts["ENSG00000111640"] == 4000


def test_featurecounts_joined_with_itself_is_refused(read, put, genes, counts):
    rows = [[g, "1", 1, 2, "+", 2, c] for g, c in zip(genes, counts, strict=True)]
    refused(read, put("fc.txt", [[*BASE, "S1.bam"], *rows, *rows]), GeneError)


@pytest.mark.parametrize(
    "spell", ["gene:{0}", "gene-{1}", "{1}_{0}", "{0}-{1}", "GRCh38_{0}", "{1} ({0})", "{1} (7105)"]
)
def test_other_spellings_of_ids(spell, read, put, genes, counts):
    rows = matrix(genes, counts, ["gene", "S1"], lambda g, c: [spell.format(g, genes[g]), c])
    (sample,), _ = read(put("m.tsv", rows))
    assert same(read, put, genes, counts, sample)


@pytest.mark.parametrize("spell", ["{0} ({1})", "{0} (7105)"])
def test_depmap_s_columns(spell, read, put, genes, counts):
    rows = [["", *(spell.format(symbol, gene) for gene, symbol in genes.items())], ["S1", *counts], ["S2", *counts]]
    one, _ = read(put("m.csv", rows, ","))[0]
    assert same(read, put, genes, counts, one)


def test_ids_of_the_mouse_genome_are_mouse(read, put, genes, counts):
    rows = matrix(genes, counts, ["gene", "S1"], lambda g, c: [f"mm10___{genes[g]}", c])
    assert "those of mouse" in refused(read, put("m.tsv", rows), GeneError).problem


def test_entrez_ids_are_named(read, put):
    error = refused(read, put("m.tsv", [["GeneID", "S1"], *([k, k] for k in range(100, 160))]), GeneError)
    assert "Entrez" in error.problem
    assert "Translate" in error.mend


# --- wide tables


@pytest.mark.parametrize("first", ["1", "NA", ""])
def test_a_wide_table_s_text_is_told_by_any_row(first, read, put, genes, counts):
    names = [f"/d/W{k}.bam" for k in range(1100)]
    rows = matrix(genes, counts, [*BASE, *names], lambda g, c: [g, "X", 5, 9, "+", 5, *[c] * 1100])
    rows[1][1] = first
    rows[7][2] = "5;9"
    found, _ = read(put("fc.txt", rows))
    assert len(found) == 1100
    assert found[1].id == "W1"
    assert same(read, put, genes, counts, found[1])


def test_a_wide_nfcore_table_whose_first_gene_has_no_name(read, put, genes, counts):
    names = [f"W{k}" for k in range(1100)]
    rows = matrix(genes, counts, ["gene_id", "gene_name", *names], lambda g, c: [g, genes[g], *[c] * 1100])
    rows[1][1] = "NA"
    assert len(read(put("salmon.merged.gene_counts.tsv", rows))[0]) == 1100


# --- programs' other tables


def test_rsem_of_tcga(read, put, genes, counts):
    head = ["gene_id", "raw_count", "scaled_estimate", "transcript_id"]
    rows = matrix(genes, counts, head, lambda g, c: [f"{genes[g]}|7", f"{c}.00", 1.2e-06, "uc001"])
    path = put("S1.rsem.genes.results", rows)
    (sample,), (file,) = read(path)
    assert (sample.id, file.format) == ("S1", "rsem")
    assert same(read, put, genes, counts, sample)
    assert "holds no TPM" in refused(read, path, UnitsError, units="tpm").problem


def test_rsem_generate_data_matrix(read, put, genes, counts):
    rows = matrix(genes, counts, ['""', '"S1.genes.results"', '"S2.genes.results"'], lambda g, c: [f'"{g}"', c, c])
    rows[3][2] = "20.25"
    one, two = read(put("matrix.txt", rows))[0]
    assert (one.id, two.id, two.rounded) == ("S1", "S2", True)
    assert same(read, put, genes, counts, one)


@pytest.mark.parametrize(
    ("name", "head"),
    [("salmon_merged_gene_counts.csv", ['""', '"S1"']), ("salmon.merged.gene_counts.csv", ['""', "gene_id", "S1"])],
)
def test_nfcore_written_again_by_r(name, head, read, put, genes, counts):
    rows = matrix(genes, counts, head, lambda g, c: ["7", g, c + 0.25] if len(head) == 3 else [g, c + 0.25])
    (sample,), (file,) = read(put(name, rows, ","))
    assert (sample.id, file.format, sample.rounded) == ("S1", "nfcore", True)


def test_salmon_before_0_6(read, put, genes, counts):
    rows = matrix(genes, counts, ["# Name", "Length", "TPM", "NumReads"], lambda g, c: [g, 9, 1.5, c])
    (sample,), (file,) = read(put("S1/quant.genes.sf", [["# salmon v0.5.0"], *rows]))
    assert (sample.id, file.format) == ("S1", "salmon")
    assert same(read, put, genes, counts, sample)


def test_commas_and_semicolons_in_names_of_a_tab_file(read, put, genes, counts):
    rows = matrix(genes, counts, ["gene", "S1, primary, FFPE", "S;2;a;b"], lambda g, c: [g, c, c])
    assert [s.id for s in read(put("m.tsv", rows))[0]] == ["S1, primary, FFPE", "S;2;a;b"]
    rows = matrix(genes, counts, ["S1, primary, FFPE"], lambda g, c: [g, c])
    assert [s.id for s in read(put("r.tsv", rows))[0]] == ["S1, primary, FFPE"]


def test_comments_at_the_end(read, put, genes, counts):
    (sample,), _ = read(put("m.tsv", [*matrix(genes, counts, ["gene", "S1"], lambda g, c: [g, c]), ["# end"]]))
    assert same(read, put, genes, counts, sample)


def test_gct(read, put, genes, counts):
    rows = matrix(genes, counts, ["Name", "Description", "S1"], lambda g, c: [g, "na", c])
    (sample,), _ = read(put("m.gct", [["#1.2"], [26, 1], *rows]))
    assert same(read, put, genes, counts, sample)
    assert "GCT file of version 1.3" in refused(read, put("n.gct", [["#1.3"], [26, 1, 0, 0], *rows])).problem


def test_htseq_with_its_progress(read, put, genes, counts):
    rows = [["100000 GFF lines processed."], *zip(genes, counts, strict=True), ["200 SAM alignment records processed."]]
    (sample,), (file,) = read(put("S1.htseq.txt", rows))
    assert same(read, put, genes, counts, sample)
    assert file.notes == ["2 lines of the program's progress not read"]


def test_featurecounts_of_files_with_one_name(read, put, genes, counts):
    names = ["/d/S1/accepted_hits.bam", "/d/S2/accepted_hits.bam"]
    rows = matrix(genes, counts, [*BASE, *names], lambda g, c: [g, "1", 1, 2, "+", 2, c, c])
    assert [s.id for s in read(put("fc.txt", rows))[0]] == ["S1", "S2"]


# --- HDF5


def adata(genes, counts, names, transform=lambda values: values):
    values = transform(np.array([counts] * len(names), dtype=float))
    return anndata.AnnData(values, obs=pd.DataFrame(index=names), var=pd.DataFrame(index=list(genes)))


def test_h5ad_of_htseq_names_alignment_files(tmp_path, read, genes, counts):
    adata(genes, counts, ["/d/S1.bam", "S2.sorted.bam"]).write_h5ad(tmp_path / "x.h5ad")
    assert [s.id for s in read(tmp_path / "x.h5ad")[0]] == ["S1", "S2"]


def test_counts_elsewhere_in_an_h5ad_are_named(tmp_path, read, genes, counts):
    data = adata(genes, counts, ["S1"], np.log1p)
    data.raw = adata(genes, counts, ["S1"])
    data.layers["raw_counts"] = np.array([counts], dtype=float)
    data.write_h5ad(tmp_path / "x.h5ad")
    mend = refused(read, tmp_path / "x.h5ad", UnitsError).mend
    assert "layers['raw_counts'], raw: copy the counts to layers['counts']" in mend


@pytest.mark.parametrize(
    ("groups", "says"),
    [
        (["est_counts", "aux"], "kallisto's abundance.h5"),
        (["matrix", "row_attrs", "col_attrs"], "a loom file"),
        (["matrix"], "10x Genomics"),
    ],
)
def test_hdf5_of_other_programs(groups, says, tmp_path, read):
    with h5py.File(tmp_path / "x.h5", "w") as file:
        for name in groups:
            file.create_group(name)
    assert says in refused(read, tmp_path / "x.h5").problem


# --- paths


@pytest.mark.parametrize("name", ["x" * 256, "nul\0.tsv"])
def test_a_path_that_no_file_can_have(name, tmp_path, read):
    with pytest.raises(InputError, match="cannot be read"):
        read(tmp_path / name)


def test_an_empty_path(read):
    with pytest.raises(InputError, match="an empty path"):
        read("")
