from __future__ import annotations

import pytest

from pancreassign.counts.names import check_name, check_names, folder_name, name_from_bam, name_from_path


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("S1ReadsPerGene.out.tab", "S1"),
        ("S1.ReadsPerGene.out.tab", "S1"),
        ("S1_ReadsPerGene.out.tab.gz", "S1"),
        ("S1.genes.results", "S1"),
        ("S1.genes.results.gz", "S1"),
        ("S1.htseq.txt.gz", "S1"),
        ("S1.htseq.counts.txt", "S1"),
        ("S1.counts.txt", "S1"),
        ("S1_counts.tsv", "S1"),
        ("S1.csv", "S1"),
        ("S-1.b.tsv", "S-1.b"),
        ("S1.quant.genes.sf", "S1"),
        ("1a2b.rna_seq.augmented_star_gene_counts.tsv", "1a2b"),
        ("TCGA-2J-AAB1-01A.tsv", "TCGA-2J-AAB1-01A"),
        ("countess.tsv", "countess"),
        ("S1.rsem.genes.results.gz", "S1"),
        ("abundance.gene.tsv", "folder"),
        ("quant/quant.genes.sf", "folder"),
        ("salmon/quant/quant.sf", "folder"),
        ("star/ReadsPerGene.out.tab", "folder"),
        ("S1_quant/quant.sf", "S1_quant"),
        ("quant.sf", "folder"),
        ("quant.genes.sf", "folder"),
        ("abundance.tsv", "folder"),
        ("ReadsPerGene.out.tab", "folder"),
        ("ReadsPerGene.out.tab.gz", "folder"),
    ],
)
def test_name_from_path(tmp_path, file, name):
    assert name_from_path(tmp_path / "folder" / file) == name


def test_name_from_relative_path(tmp_path, monkeypatch):
    (tmp_path / "P7").mkdir()
    monkeypatch.chdir(tmp_path / "P7")
    assert name_from_path("quant.genes.sf") == "P7"


@pytest.mark.parametrize(
    ("column", "name"),
    [
        ("S1.bam", "S1"),
        ("/data/run 1/S1.bam", "S1"),
        ("C:\\data\\S1.bam", "S1"),
        ("bams/S1Aligned.sortedByCoord.out.bam", "S1"),
        ("bams/S1.Aligned.sortedByCoord.out.bam", "S1"),
        ("bams/S1_Aligned.out.sam", "S1"),
        ("S1.markdup.sorted.bam", "S1"),
        ("S1.sorted.bam", "S1"),
        ("S1_sorted.BAM", "S1"),
        ("S1/Aligned.sortedByCoord.out.bam", "S1"),
        ("S1.cram", "S1"),
        ("/d/S1/accepted_hits.bam", "S1"),
        ("/d/S1/tophat_out/accepted_hits.bam", "S1"),
        ("accepted_hits.bam", "accepted_hits"),
        ("S1/STAR/Aligned.sortedByCoord.out.bam", "S1"),
        ("S3Aligned.sortedByCoord.out.md.bam", "S3"),
        ("S1.sorted.nodup.bam", "S1"),
        ("S2.hisat2.sorted.bam", "S2"),
        ("S1.genes.results", "S1"),
        ("runs/S1.genes.results", "S1"),
        ("S1", "S1"),
        ("resorted.bam", "resorted"),
        ("S1.sorted", "S1.sorted"),  # no alignment file: the name is the user's own
    ],
)
def test_name_from_bam(column, name):
    assert name_from_bam(column) == name


@pytest.mark.parametrize("name", ["S1", "TCGA-2J-AAB1-01A", "patient 7", "Müller_3", "👩\u200d🔬", "a.b", "S(1)", "7"])
def test_ordinary_names_keep_their_folder(name):
    assert folder_name(name) == name
    assert check_name(name, "f.tsv") is None


@pytest.mark.parametrize(
    ("name", "folder"),
    [("a:b", "a_b"), ('<>:"|?*', "_______"), ("S1. .", "S1"), ("e\u0301", "\u00e9")],
)
def test_folder_name(name, folder):
    assert folder_name(name) == folder


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("", "is empty"),
        ("  ", "is empty"),
        ("\u200b", "invisible characters only"),
        ("\u200b \ufeff", "invisible characters only"),
        ("\u202eabc", "direction of text"),
        ("a\u2066b", "direction of text"),
        ("a\x00b", "control character"),
        ("\ud800", "control character"),
        ("=1+1", "which a spreadsheet would take for a formula"),
        ("-1", "which a spreadsheet would take for a formula"),
        ("/etc/passwd", "looks like a path"),
        ("a/b", "looks like a path"),
        ("a\\b", "looks like a path"),
        (".", "looks like a path"),
        ("..", "looks like a path"),
        ("../../etc", "looks like a path"),
        (".hidden", "starts with a dot"),
        ("a\x07b", "control character"),
        ("a\u2028b", "control character"),
        ("a\nb", "control character"),
        ("x" * 151, "longer than 150 bytes"),
        ("é" * 76, "longer than 150 bytes"),
        ("summary.tsv", "every run writes"),
        ("SUMMARY.TSV", "every run writes"),
        ("run.json", "every run writes"),
        ("run.json.", "every run writes"),
        ("scores.h5ad", "every run writes"),
        ("cohort.html", "every run writes"),
        ("pancreassign_mqc.json", "every run writes"),
    ],
)
def test_bad_names(name, says):
    fault = check_name(name, "f.tsv")
    assert fault is not None
    assert says in fault.problem
    assert fault.where == "f.tsv"


def test_longest_name():
    assert check_name("x" * 150, "f.tsv") is None


def test_duplicate_over_files_names_both():
    faults = check_names([("S1", "a.tsv"), ("S2", "a.tsv"), ("S1", "b.tsv")])
    assert len(faults) == 1
    assert "'S1'" in faults[0].problem
    assert faults[0].where == "b.tsv"
    assert "a.tsv" in faults[0].problem


@pytest.mark.parametrize(("one", "two"), [("s1", "S1"), ("a:b", "a_b"), ("e\u0301", "\u00e9"), ("a?", "a*")])
def test_names_that_fall_together(one, two):
    (fault,) = check_names([(one, "a.tsv"), (two, "a.tsv")])
    assert "share one folder" in fault.problem


def test_three_of_a_name_are_one_fault():
    assert len(check_names([("S1", "a"), ("S1", "b"), ("S1", "c")])) == 1


def test_different_names_are_no_fault():
    assert check_names([("S1", "a"), ("S2", "a"), ("S10", "b")]) == []
