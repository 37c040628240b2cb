"""Every bad input gives one named error that says which file, what, and how to mend it."""

from __future__ import annotations

import gzip
import io
import zipfile

import anndata
import h5py
import numpy as np
import pandas as pd
import pytest
from refusals import refused, table

from pancreassign.errors import Faults, GeneError, InputError, SampleError, UnitsError

# --- files


def test_missing_file(read, tmp_path):
    assert "no such file" in refused(read, tmp_path / "none.tsv").problem


def test_folder(read, tmp_path):
    assert "folder" in refused(read, tmp_path).problem


@pytest.mark.parametrize("content", [b"", b"\n\n", b"  \n"])
@pytest.mark.parametrize("name", ["m.tsv", "m.tsv.gz"])
def test_empty(content, name, read, put):
    assert "empty" in refused(read, put(name, content)).problem


def test_comments_alone(read, put):
    assert "no table" in refused(read, put("m.tsv", "# nothing\n# here\n")).problem


def test_header_alone(read, put):
    assert "no rows" in refused(read, put("m.tsv", "gene_id\tS1\tS2\n")).problem


@pytest.mark.parametrize("text", ["hello\nworld\n", "just one line", "[]"])
def test_not_a_table(text, read, put):
    assert "not a table" in refused(read, put("m.tsv", text)).problem


def test_prose_is_no_table(read, put):
    refused(read, put("m.txt", "Dear colleague,\nplease find the counts attached, as agreed.\nYours\n"))


def xlsx():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("xl/workbook.xml", "<x/>")
    return buffer.getvalue()


def plain_zip():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("counts.tsv", "x")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (xlsx(), "Excel workbook (xlsx)"),
        (plain_zip(), "zip archive"),
        (gzip.compress(b"BAM\x01\x00\x00\x00\x00"), "BAM file"),
        (gzip.compress(b"X\n\x00\x00\x00\x03\x00"), "RDS file"),
        (gzip.compress(b"RDX3\nX\n\x00\x00"), "RData file"),
        (b"CRAM\x03\x00\x01", "CRAM file"),
        (b"BZh91AY&SY\x00", "bzip2"),
        (b"\xfd7zXZ\x00\x00", "xz"),
        (b"%PDF-1.7\n", "PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "Excel workbook (xls)"),
        (b"PAR1\x15\x04\x00", "Parquet"),
        (bytes(range(256)) * 4, "binary"),
        (b"<!DOCTYPE html><html></html>", "web page"),
        ("gene\tS1\n".encode("utf-16"), "UTF-16"),
        (b"gene\tS\xe91\nENSG00000141448\t3\n", "not UTF-8 text (line 1)"),
        (b"x" * 257 + b"ustar\x00", "tar archive"),
    ],
    # a gzip head holds the time: as a name it would differ between pytest's workers
    ids=lambda value: value if isinstance(value, str) else "file",
)
def test_other_kinds_of_file(content, says, read, put):
    assert says in refused(read, put("m.tsv", content)).problem


def test_truncated_gzip(read, put, genes, counts):
    path = put("m.tsv.gz", table(genes, counts))
    path.write_bytes(path.read_bytes()[:-20])
    assert "truncated" in refused(read, path).problem


def test_corrupted_gzip(read, put, genes, counts):
    path = put("m.tsv.gz", table(genes, counts))
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(bytes(data))
    assert "corrupted" in refused(read, path).problem


def test_gzip_needs_no_suffix(read, put, genes, counts):
    path = put("m.tsv.gz", table(genes, counts))
    path = path.rename(path.with_name("m.tsv"))
    assert read(path)[0][0].genes == 26


# --- h5ad


def test_hdf5_that_is_no_anndata(read, tmp_path):
    with h5py.File(tmp_path / "x.h5ad", "w") as file:
        file["x"] = [1]
    assert "AnnData" in refused(read, tmp_path / "x.h5ad").problem


def test_truncated_h5ad(read, tmp_path, genes, counts):
    path = tmp_path / "x.h5ad"
    anndata.AnnData(np.array([counts], dtype=float), var=pd.DataFrame(index=list(genes))).write_h5ad(path)
    path.write_bytes(path.read_bytes()[:3000])
    assert "cannot be read" in refused(read, path).problem


def test_transposed_h5ad(read, tmp_path, genes, counts):
    data = anndata.AnnData(np.array([counts], dtype=float).T, obs=pd.DataFrame(index=list(genes)))
    data.write_h5ad(tmp_path / "x.h5ad")
    assert "genes in obs" in refused(read, tmp_path / "x.h5ad").problem


def test_log_values_in_h5ad(read, tmp_path, genes, counts):
    values = np.log1p(np.array([counts], dtype=float))
    anndata.AnnData(values, obs=pd.DataFrame(index=["S1"]), var=pd.DataFrame(index=list(genes))).write_h5ad(
        tmp_path / "x.h5ad"
    )
    assert "log-transformed" in refused(read, tmp_path / "x.h5ad", UnitsError).problem


# --- cells


@pytest.mark.parametrize(
    ("cell", "kind", "says"),
    [
        ("", UnitsError, "a missing value at gene ENSG00000113140, sample S1"),
        ("NA", UnitsError, "a missing value at gene ENSG00000113140, sample S1"),
        ("NaN", UnitsError, "a missing value at gene ENSG00000113140, sample S1"),
        ("inf", UnitsError, "an infinite value at gene ENSG00000113140, sample S1"),
        ("-3", UnitsError, "a negative value at gene ENSG00000113140, sample S1"),
        ("9007199254740993", UnitsError, "a value beyond 2^53 at gene ENSG00000113140, sample S1"),
        ("99999999999999999999999", UnitsError, "a value beyond 2^53 at gene ENSG00000113140, sample S1"),
        ("abc", InputError, "column 'S1', line 8, holds 'abc', which is not a number"),
        ("True", InputError, "column 'S1', line 8, holds 'True', which is not a number"),
        ("1,5", InputError, "column 'S1', line 8, holds '1,5', a number written with a comma"),
        ("1_000", InputError, "column 'S1', line 8, holds '1_000', which is not a number"),
        ("0x1F", InputError, "column 'S1', line 8, holds '0x1F', which is not a number"),
    ],
)
@pytest.mark.parametrize("others", [0, 1100])
def test_bad_cells(cell, kind, says, others, read, put, genes, counts):
    """Narrow and wide tables are parsed in two ways: both must say the same."""
    rows = [
        ["gene_id", "S1", *(f"T{k}" for k in range(others))],
        *([g, c, *[1] * others] for g, c in zip(genes, counts, strict=True)),
    ]
    rows[7][1] = cell
    assert says in refused(read, put("m.tsv", rows), kind).problem


def test_decimal_commas_in_a_semicolon_file(read, put, genes, counts):
    path = put("m.csv", [["gene_id", "S1"], *([g, f"{c},5"] for g, c in zip(genes, counts, strict=True))], ";")
    error = refused(read, path)
    assert "comma" in error.problem
    assert "point" in error.mend


def test_several_bad_values_are_counted(read, put, genes, counts):
    counts[3] = counts[5] = -1
    assert (
        "2 negative values, the first at gene ENSG00000108821"
        in refused(read, put("m.tsv", table(genes, counts)), UnitsError).problem
    )


def test_missing_cells_of_rows_that_are_no_genes_do_not_matter(read, put, genes, counts):
    (sample,), _ = read(put("m.tsv", [*table(genes, counts), [".", "NA"], ["__no_feature", ""]]))
    assert sample.genes == 26


@pytest.mark.parametrize("cells", [["ENSG00000118058"], ["ENSG00000118058", 1, 2]])
def test_ragged_row(cells, read, put, genes, counts):
    problem = refused(read, put("m.tsv", [["# comment"], *table(genes, counts), cells])).problem
    assert f"line 29 has {len(cells)} cells where 2 are expected" in problem


def test_ragged_row_in_quotes(read, put, genes, counts):
    rows = [["gene_id", "x y", "S1"], *([g, '"a, b"', c] for g, c in zip(genes, counts, strict=True))]
    rows[5] = [rows[5][0], '"a"', '"b"', 7]
    assert "line 6 has 4 cells where 3 are expected" in refused(read, put("m.csv", rows, ",")).problem


def test_unknown_text_column(read, put, genes, counts):
    rows = [["gene_id", "batch", "S1"], *([g, "b7", c] for g, c in zip(genes, counts, strict=True))]
    assert "column 'batch', line 2, holds 'b7'" in refused(read, put("m.tsv", rows)).problem


def test_no_counts_at_all(read, put, genes):
    rows = [["gene_id", "gene_name"], *genes.items()]
    assert "no column of counts" in refused(read, put("m.tsv", rows)).problem


# --- formats


@pytest.mark.parametrize("shares", [(7, 3), (3, 7)])
def test_unclear_strand(shares, read, put, genes, counts):
    rows = [["N_unmapped", 1, 1, 1], *([g, c, *(c * s for s in shares)] for g, c in zip(genes, counts, strict=True))]
    error = refused(read, put("S1ReadsPerGene.out.tab", rows))
    assert "strand is not clear" in error.problem
    assert "--strand" in error.mend


def test_too_few_reads_for_the_strand(read, put, genes):
    rows = [["N_unmapped", 1, 1, 1], *([g, 3, 3, 0] for g in genes)]
    error = refused(read, put("S1ReadsPerGene.out.tab", rows))
    assert "too few reads in genes to tell the strand (78)" in error.problem
    assert "--strand" in error.mend


def test_star_or_three_bams(read, put, genes, counts):
    path = put("x.tab", [[g, c, c, 0] for g, c in zip(genes, counts, strict=True)])
    assert "--format star or --format htseq" in refused(read, path).mend
    assert read(path, format="star")[0][0].strand == "forward"
    assert [s.id for s in read(path, format="htseq")[0]] == ["x_1", "x_2", "x_3"]


def test_featurecounts_summary(read, put):
    rows = [["Status", "S1.bam"], ["Assigned", 100], ["Unassigned_Unmapped", 3]]
    error = refused(read, put("fc.txt.summary", rows))
    assert "summary" in error.problem
    assert ".summary" in error.mend


def test_rsem_isoforms(read, put):
    head = ["transcript_id", "gene_id", "length", "effective_length", "expected_count", "TPM", "FPKM", "IsoPct"]
    path = put("S1.isoforms.results", [head, ["ENST00000269216", "ENSG00000141448", 9, 9, 3, 1, 1, 100]])
    assert "genes.results" in refused(read, path).mend


@pytest.mark.parametrize("ids", ["ENST00000{:06d}.1", "NM_{:06d}", "ENST00000{:06d}.1|ENSG00000141448.1|x|y|"])
@pytest.mark.parametrize(
    "head",
    [
        ["Name", "Length", "EffectiveLength", "TPM", "NumReads"],
        ["target_id", "length", "eff_length", "est_counts", "tpm"],
    ],
)
def test_transcripts(ids, head, read, put):
    path = put("quant.sf", [head, *([ids.format(k), 9, 9, 3, 3] for k in range(30))])
    error = refused(read, path, GeneError)
    assert "transcripts" in error.problem
    assert "quant.genes.sf" in error.mend
    assert "tximport" in error.mend


def test_matrix_of_transcripts(read, put):
    path = put("m.tsv", [["tx", "gene_id", "S1"], *([f"ENST00000{k:06d}", "ENSG00000141448", 3] for k in range(30))])
    assert "transcripts" in refused(read, path, GeneError).problem


@pytest.mark.parametrize("format", ["star", "htseq", "featurecounts", "rsem", "salmon", "kallisto", "h5ad"])
def test_wrong_format_says_what_the_file_looks_like(format, read, put, genes, counts):
    path = put("salmon.merged.gene_counts.tsv", [["gene_id", "gene_name", "S1"], *(
        [g, s, c] for (g, s), c in zip(genes.items(), counts, strict=True))])  # fmt: skip
    problem = refused(read, path, format=format).problem
    assert "nf-core" in problem


def test_h5ad_given_as_matrix(read, tmp_path, genes, counts):
    anndata.AnnData(np.array([counts], dtype=float), var=pd.DataFrame(index=list(genes))).write_h5ad(tmp_path / "x")
    assert "HDF5" in refused(read, tmp_path / "x", format="matrix").problem


@pytest.mark.parametrize("option", ["format", "units", "strand"])
def test_unknown_option(option, read, put, genes, counts):
    with pytest.raises(InputError, match=f"--{option}: 'x' is not known"):
        read(put("m.tsv", table(genes, counts)), **{option: "x"})


def test_no_file(read):
    with pytest.raises(InputError, match="no file"):
        read()


# --- names, and several faults at once


@pytest.mark.parametrize("name", ["a/b", "..", ".x", "summary.tsv", "x" * 151])
def test_bad_sample_names(name, read, put, genes, counts):
    refused(read, put("m.tsv", table(genes, counts, name)), SampleError)


def test_duplicated_sample(read, put, genes, counts):
    rows = [["gene_id", "S1", "S1"], *([g, c, c] for g, c in zip(genes, counts, strict=True))]
    assert "two samples are named 'S1'" in refused(read, put("m.tsv", rows), SampleError).problem


def test_same_sample_in_two_files(read, put, genes, counts):
    one, two = put("a.tsv", table(genes, counts)), put("b.tsv", table(genes, counts))
    with pytest.raises(SampleError) as caught:
        read(one, two)
    assert caught.value.where == str(two)
    assert str(one) in caught.value.problem


def test_every_fault_of_every_file_in_one_error(read, put, tmp_path, genes, counts):
    good = put("good.tsv", table(genes, counts))
    negative = put("negative.tsv", table(genes, [-1, *counts[1:]], ".hidden"))
    with pytest.raises(Faults) as caught:
        read(good, tmp_path / "none.tsv", negative, put("empty.tsv", b""))
    wheres = [fault.where.rsplit("/", 1)[1] for fault in caught.value.faults]
    assert wheres == ["none.tsv", "negative.tsv", "empty.tsv", "negative.tsv"]
    assert len(str(caught.value).splitlines()) == 4


@pytest.mark.parametrize("quote", ['"ENSG00000118058\t5', 'ENSG00000118058\t"5', '"ENSG"00000118058\t5'])
def test_open_quote(quote, read, put, genes, counts):
    text = "".join(f"{g}\t{c}\n" for g, c in table(genes, counts)) + quote + "\n"
    assert "quote" in refused(read, put("m.tsv", text)).problem
