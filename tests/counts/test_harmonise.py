"""What becomes of the genes: renamed, summed, dropped; and that samples never touch one another."""

from __future__ import annotations

import math
from itertools import permutations

import pytest


def base(genes, counts):
    return [["gene_id", "S1"], *zip(genes, counts, strict=True)]


def test_versions_par_copies_and_symbols_are_one_gene(read, put, genes, counts):
    extra = [
        ["ENSG00000182378.14", 5],  # PLCXD1 on X
        ["ENSG00000182378.14_PAR_Y", 7],
        ["ENSGR0000182378.9", 11],
        ["PLCXD1", 13],
        ["ENSG00000141448.3", 1000],  # GATA6 again
    ]
    (sample,), _ = read(put("m.tsv", [*base(genes, counts), *extra]))
    assert sample.counts["ENSG00000182378"] == 5 + 7 + 11 + 13
    assert sample.counts["ENSG00000141448"] == 88 + 1000
    assert (sample.genes, sample.genes_matched, sample.genes_summed) == (31, 31, 4)
    assert len(sample.counts) == 27


def test_other_haplotypes_are_summed(read, put, genes, counts):
    extra = [["ENSG00000206503", 3], ["ENSG00000224320", 4]]  # HLA-A and one of its haplotypes
    (sample,), _ = read(put("m.tsv", [*base(genes, counts), *extra]))
    assert sample.counts["ENSG00000206503"] == 7
    assert "ENSG00000224320" not in sample.counts.index


def test_retired_ambiguous_and_unknown_names(read, put, genes, counts):
    extra = [["MLL", 3], ["KMT2A", 4], ["DEC1", 50], ["1-Mar", 60], [".", 70], ["nonsense", 80]]
    (sample,), _ = read(put("m.tsv", [*base(genes, counts), *extra]))
    assert sample.counts["ENSG00000118058"] == 7
    assert sample.counts.sum() == sum(counts) + 7
    assert sample.genes == 26 + 5  # '.' is no gene
    assert (sample.genes_matched, sample.genes_renamed, sample.genes_ambiguous, sample.genes_summed) == (28, 1, 1, 1)


def test_index_is_sorted_whatever_the_file_order(read, put, genes, counts):
    rows = base(genes, counts)
    (one,), _ = read(put("a.tsv", rows))
    (two,), _ = read(put("b.tsv", [rows[0], *rows[:0:-1]]))
    assert one.counts.index.is_monotonic_increasing
    assert one.sha256 == two.sha256


def test_sums_of_fractions_do_not_depend_on_row_order(read, put, genes, counts):
    extra = [["GATA6", 0.1], ["ENSG00000141448.1", 0.7], ["ENSG00000141448.2", 1e9]]
    rows = base(genes, counts)
    (one,), _ = read(put("a.tsv", [*rows, *extra]), units="fpkm")
    (two,), _ = read(put("b.tsv", [rows[0], *extra[::-1], *rows[:0:-1]]), units="fpkm")
    assert one.counts["ENSG00000141448"] == math.fsum([88, 0.1, 0.7, 1e9])
    assert one.sha256 == two.sha256


def test_rounding_comes_before_summing(read, put, genes, counts):
    rows = [*base(genes, counts), ["ENSG00000141448.1", 0.4], ["ENSG00000141448.2", 0.4]]
    (sample,), _ = read(put("m.tsv", rows), units="counts")
    assert sample.counts["ENSG00000141448"] == 88


def test_a_sample_is_the_same_alone_and_in_company(read, put, genes, counts):
    alone = [["gene_id", "S1"], *([g, c + 0.5] for g, c in zip(genes, counts, strict=True))]
    among = [["gene_id", "S0", "S1", "S2"], *([g, c, c + 0.5, 7] for g, c in zip(genes, counts, strict=True))]
    (one,), _ = read(put("a.tsv", alone), units="counts")
    before, two, after = read(put("b.tsv", among), units="counts")[0]
    assert one.counts.equals(two.counts)
    assert (one.sha256, one.rounded, one.genes) == (two.sha256, two.rounded, two.genes)
    assert (before.rounded, after.rounded) == (False, False)


def test_files_keep_their_own_genes(read, put, genes, counts):
    rows = base(genes, counts)
    less = [["gene_id", "S2"], *rows[3:]]
    (one, two), files = read(put("a.tsv", rows), put("b.tsv", less))
    assert (one.id, two.id) == ("S1", "S2")
    assert len(one.counts) == 26
    assert len(two.counts) == 24
    assert "ENSG00000075624" not in two.counts.index
    assert [file.samples for file in files] == [1, 1]


def test_files_of_equal_length_and_other_genes(read, put, genes, counts):
    rows = base(genes, counts)
    other = [["gene_id", "S2"], *rows[2:], ["ENSG00000118058", 5]]
    one, two = read(put("a.tsv", rows), put("b.tsv", other))[0]
    assert one.counts.get("ENSG00000118058") is None
    assert two.counts["ENSG00000118058"] == 5


MOUSE = [["ENSMUSG00000000001", 100], ["ENSMUSG00000000028.16", 50], ["ENSMUSG00000000031", 0]]


def test_mouse_rows_are_a_share_and_no_gene(read, put, genes, counts):
    rows = base(genes, counts)
    (plain,), _ = read(put("human.tsv", rows))
    (mixed,), _ = read(put("both.tsv", [*rows, *MOUSE]))
    assert plain.foreign_share is None, "a table of human genes cannot show it"
    assert mixed.foreign_share == 150 / (150 + sum(counts))
    assert mixed.counts.equals(plain.counts)
    assert mixed.sha256 == plain.sha256
    assert (mixed.genes, mixed.genes_matched) == (plain.genes + 3, plain.genes_matched)


def test_mouse_genes_without_reads_and_unknown_rows_are_none(read, put, genes, counts):
    rows = base(genes, counts)
    (clean,), _ = read(put("clean.tsv", [*rows, ["ENSMUSG00000000001", 0]]))
    assert clean.foreign_share == 0.0
    others = [["ENSRNOG00000000001", 900], ["nonsense", 900], ["__no_feature", 900]]
    (rat,), _ = read(put("rat.tsv", [*rows, *others]))
    assert rat.foreign_share is None
    (both,), _ = read(put("both.tsv", [*rows, *others, *MOUSE]))
    assert both.foreign_share == 150 / (150 + sum(counts)), "neither mouse nor human"


def test_each_sample_has_a_share_of_its_own(read, put, genes, counts):
    rows = [["gene_id", "S1", "S2"], *([g, c, 2 * c] for g, c in zip(genes, counts, strict=True))]
    samples, _ = read(put("m.tsv", [*rows, ["ENSMUSG00000000001", 0, 300]]))
    assert [one.foreign_share for one in samples] == [0.0, 300 / (300 + 2 * sum(counts))]


def test_order_of_rows_does_not_move_the_share(read, put, genes, counts):
    rows = base(genes, counts)
    odd = [["ENSMUSG00000000001", 0.1], ["ENSMUSG00000000028", 0.2], ["ENSMUSG00000000031", 0.3], ["GATA6", 0.7]]
    assert (0.1 + 0.2) + 0.3 != 0.1 + (0.2 + 0.3), "a plain sum goes by the order"
    shares = set()
    for place, order in enumerate(permutations(odd)):
        mixed = [*order[:2], *rows[1:], *order[2:]]
        (one,), _ = read(put(f"{place}.tsv", [rows[0], *mixed]), units="fpkm")
        shares.add(one.foreign_share)
    assert len(shares) == 1
    assert shares.pop() == pytest.approx(0.6 / (0.6 + 0.7 + sum(counts)))


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("file", "format", "samples", "first", "matched", "renamed"),
    [
        ("formats/htseq_human_candidate.txt.gz", "htseq", 1, "htseq_human_candidate", 52088, 0),
        ("formats/star_ReadsPerGene.out.tab.gz", "star", 1, "star", 52088, 0),
        ("formats/rsem_ERR188021.genes.results.gz", "rsem", 1, "rsem_ERR188021", 23874, 1707),
        ("formats/nfcore_salmon.merged.gene_counts.tsv.gz", "nfcore", 10, "CBA_001", 23959, 1895),
        ("tumours/umccr_pdac/counts.tsv.gz", "matrix", 40, "Sample_1", 52088, 0),
        ("tumours/tcga_paad/counts_20.tsv.gz", "matrix", 20, "TCGA-2J-AAB1-01A-11R-A41B-07", 56466, 0),
        ("tumours/pacaomics_pdx/counts_human.tsv.gz", "matrix", 30, "PDAC020T", 28605, 0),
    ],
)
def test_real_files(realdata, read, file, format, samples, first, matched, renamed):
    found, (described,) = read(realdata / file)
    assert (described.format, len(found), found[0].id) == (format, samples, first)
    assert (found[0].genes_matched, found[0].genes_renamed) == (matched, renamed)
    assert found[0].counts.min() >= 0


@pytest.mark.realdata
def test_real_star_is_forward(realdata, read):
    (sample,), _ = read(realdata / "formats/star_ReadsPerGene.out.tab.gz")
    # column 3 holds 56,513 of the 59,332 stranded reads in genes (awk over the file)
    assert sample.strand == "forward"
    assert sample.counts.sum() <= 56513


@pytest.mark.realdata
def test_real_par_rows_are_summed(realdata, read):
    found, _ = read(realdata / "tumours/tcga_paad/counts_20.tsv.gz")
    assert not [gene for gene in found[0].counts.index if gene.startswith("ENSGR")]
    assert found[0].genes_summed > 0
