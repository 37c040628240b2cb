"""Ids that are no known human genes: one named error that says what they look like."""

from __future__ import annotations

import pytest
from refusals import refused, table

from pancreassign.errors import GeneError, UnitsError


def test_no_known_genes(read, put):
    error = refused(read, put("m.tsv", table([f"probe{k}" for k in range(40)], range(40))), GeneError)
    assert "no known gene ids" in error.problem
    assert "probe0, probe1, probe2" in error.problem


def test_entrez_ids_are_not_known(read, put):
    error = refused(read, put("m.tsv", table(range(100, 160), range(60))), GeneError)
    assert "no known gene ids" in error.problem


def test_too_few_known_genes(read, put, genes, counts):
    error = refused(read, put("m.tsv", table(list(genes)[:19], counts[:19])), GeneError)
    assert "19 among its 19 rows" in error.problem
    assert read(put("n.tsv", table(list(genes)[:20], counts[:20])))[0][0].genes_matched == 20


def test_too_small_a_share_of_known_genes(read, put, genes, counts):
    ids = [*genes, *(f"probe{k}" for k in range(2600))]
    error = refused(read, put("m.tsv", table(ids, [*counts, *[1] * 2600])), GeneError)
    assert "26 among its 2626 rows" in error.problem


@pytest.mark.parametrize(
    ("pattern", "says"),
    [("ENSMUSG{:011d}.2", "mouse"), ("ENSRNOG{:011d}", "rat"), ("ENSXETG{:011d}", "another species")],
)
def test_other_species(pattern, says, read, put):
    error = refused(read, put("m.tsv", table([pattern.format(k) for k in range(30)], range(30))), GeneError)
    assert f"those of {says} " in error.problem


def test_mouse_symbols(read, put, gene_table):
    symbols = [s for s in gene_table.symbol if s][:3000]
    mouse = [s[0] + s[1:].lower() for s in symbols]
    error = refused(read, put("m.tsv", table(mouse, range(3000))), GeneError)
    assert "mouse genes" in error.problem


def test_unknown_human_ids_are_not_called_another_species(read, put):
    error = refused(read, put("m.tsv", table([f"ENSG00000999{k:03d}" for k in range(30)], range(30))), GeneError)
    assert "no known gene ids" in error.problem


def test_genes_on_both_axes(read, put, genes):
    rows = [["gene", *genes.values()], *([g, *[1] * 26] for g in genes)]
    assert "both in rows and in columns" in refused(read, put("m.tsv", rows)).problem


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("file", "kind", "says"),
    [
        ("formats/kallisto_abundance_ERR188021.tsv.gz", GeneError, "transcripts"),
        ("formats/salmon_quant_ERR188021.sf.gz", GeneError, "transcripts"),
        ("tumours/pacaomics_pdx/counts_murine.tsv.gz", GeneError, "mouse"),
        ("tumours/moffitt_s2/expression_fpkm_like.tsv.gz", UnitsError, "fractional values"),
        ("tumours/tcga_paad/log2_rsem_172_partial.tsv.gz", UnitsError, "missing values"),
    ],
)
def test_real_files_that_are_refused(realdata, read, file, kind, says):
    assert says in refused(read, realdata / file, kind).problem
