"""Values that are no counts, or not what the user or the file says: one named error."""

from __future__ import annotations

import numpy as np
import pytest
from refusals import refused, table

from pancreassign.errors import UnitsError


def scaled(counts, total):
    return [c * total / sum(counts) for c in counts]


def logs(counts):
    return [float(np.log2(c + 1)) for c in counts]


@pytest.mark.parametrize("name", ["m.tsv", "salmon.merged.gene_counts.tsv"])
@pytest.mark.parametrize("units", ["auto", "counts", "tpm", "fpkm"])
def test_log_values_are_refused_as_any_unit(name, units, read, put, genes, counts):
    path = put(name, table(genes, logs(counts)))
    assert "look log-transformed" in refused(read, path, UnitsError, units=units).problem


@pytest.mark.parametrize("name", ["m.tsv", "salmon.merged.gene_tpm.tsv", "S1.htseq.txt"])
@pytest.mark.parametrize("units", ["auto", "counts"])
def test_tpm_is_refused_as_counts(name, units, read, put, genes, counts):
    rows = table(genes, scaled(counts, 1_000_500))
    path = put(name, rows[1:] if "htseq" in name else rows)
    error = refused(read, path, UnitsError, units=units)
    assert "sum to one million" in error.problem
    assert "--units tpm" in error.mend
    (sample,), _ = read(path, units="tpm")
    assert sample.counts.sum() == pytest.approx(1_000_500)


def test_tpm_among_featurecounts_columns_is_refused(read, put, genes, counts):
    head = ["Geneid", "Chr", "Start", "End", "Strand", "Length", "S1.bam"]
    rows = [[g, "1", 1, 2, "+", 2, v] for g, v in zip(genes, scaled(counts, 1e6), strict=True)]
    assert "one million" in refused(read, put("fc.txt", [head, *rows]), UnitsError).problem


@pytest.mark.parametrize("name", ["m.tsv", "S1.FPKM.txt"])
def test_fractions_are_refused_unless_said_what_they_are(name, read, put, genes, counts):
    rows = table(genes, scaled(counts, 2e6))
    path = put(name, rows[1:] if "FPKM" in name else rows)
    error = refused(read, path, UnitsError)
    assert "fractional values" in error.problem
    for option in ("--units tpm", "--units fpkm", "--units counts"):
        assert option in error.mend
    assert read(path, units="fpkm")[0][0].units == "fpkm"


def test_one_wrong_sample_of_two_is_named(read, put, genes, counts):
    rows = [["gene_id", "S1", "S2"], *([g, c, v] for g, c, v in zip(genes, counts, logs(counts), strict=True))]
    assert refused(read, put("m.tsv", rows), UnitsError).problem.startswith("sample S2: ")


def test_whole_numbers_are_counts_whatever_their_size_and_sum(read, put, genes):
    values = [1_000_000 - 25, *[1] * 25]
    assert read(put("m.tsv", table(genes, values)))[0][0].counts.sum() == 1_000_000
    assert read(put("n.tsv", table(genes, [2] * 26)))[0][0].counts.max() == 2


@pytest.mark.parametrize("units", ["tpm", "fpkm"])
def test_units_that_a_format_has_not(units, read, put, genes, counts):
    rows = [["N_unmapped", 1, 1, 1], *([g, c, c, 0] for g, c in zip(genes, counts, strict=True))]
    assert f"no {units.upper()}" in refused(read, put("S1ReadsPerGene.out.tab", rows), UnitsError, units=units).problem
    head = ["Name", "Length", "EffectiveLength", "TPM", "NumReads"]
    path = put("quant.genes.sf", [head, *([g, 9, 9, c, c] for g, c in zip(genes, counts, strict=True))])
    if units == "fpkm":
        assert "no FPKM" in refused(read, path, UnitsError, units=units).problem


def test_fpkm_under_an_nfcore_like_header_is_refused(read, put, genes, counts):
    rows = [["gene_id", "gene_name", "S1"], *(
        [g, s, v] for (g, s), v in zip(genes.items(), scaled(counts, 2e6), strict=True))]  # fmt: skip
    assert "fractional values" in refused(read, put("m.tsv", rows), UnitsError).problem
    assert read(put("m.tsv", rows), format="nfcore")[0][0].rounded
