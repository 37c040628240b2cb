"""Sex genes and mouse reads: what contradicts, what is only absent."""

from __future__ import annotations

import pandas as pd
import pytest

from pancreassign.counts.genes import GeneTable
from pancreassign.counts.readers import read_samples
from pancreassign.quality.identity import mouse_check, sex_check

SYMBOLS = ["XIST", "RPS4Y1", "DDX3Y", "KDM5D", "UTY", "EIF1AY", "USP9Y", "ACTB"]
GENES = pd.DataFrame({"symbol": SYMBOLS, "length": [20_000.0] + [2000.0] * 7}, index=[f"E{s}" for s in SYMBOLS])


def library(xist: float, y: float, total: float = 1e7, usp9y: float = 0.0) -> pd.Series:
    """``xist`` and ``y`` (over five genes) in reads per million of ``total`` reads."""
    per_million = pd.Series([xist, *[y / 5] * 5, usp9y, 0.0], index=GENES.index)
    counts = per_million * total / 1e6
    counts["EACTB"] = total - counts.sum()
    return counts


@pytest.mark.parametrize(
    ("xist", "y", "stated", "verdict", "code"),
    [
        (0.0, 200.0, "male", "pass", "ok"),
        (0.0, 0.0, "male", "pass", "ok"),  # the Y may be lost
        (18.0, 200.0, "male", "pass", "ok"),
        (150.0, 0.0, "male", "warn", "sex_contradicts"),
        (150.0, 200.0, "male", "warn", "sex_mixed"),
        (150.0, 0.0, "female", "pass", "ok"),
        (0.0, 0.0, "female", "pass", "ok"),  # XIST may be lost
        (150.0, 10.0, "female", "pass", "ok"),  # stray reads beside XIST
        (0.0, 10.0, "female", "warn", "sex_contradicts"),
        (150.0, 30.0, "female", "warn", "sex_mixed"),
        (150.0, 0.0, None, "pass", "sex_not_stated"),
        (0.0, 200.0, None, "pass", "sex_not_stated"),
        (150.0, 200.0, None, "warn", "sex_mixed"),
    ],
)
@pytest.mark.parametrize("units", ["counts", "tpm"])
def test_sex(xist: float, y: float, stated, verdict: str, code: str, units: str) -> None:
    counts = library(xist, y)
    values = counts if units == "counts" else counts / GENES["length"]
    check = sex_check(values, units, GENES, stated)
    assert (check.verdict, check.code) == (verdict, code)
    assert check.value == pytest.approx(xist if stated == "male" else y)


@pytest.mark.parametrize(("y", "verdict"), [(1.9, "pass"), (2.1, "warn")])
def test_the_limit_of_the_y_genes(y: float, verdict: str) -> None:
    assert sex_check(library(0.0, y), "counts", GENES, "female").verdict == verdict


@pytest.mark.parametrize(("xist", "verdict"), [(24.9, "pass"), (25.1, "warn")])
def test_the_limit_of_xist(xist: float, verdict: str) -> None:
    assert sex_check(library(xist, 0.0), "counts", GENES, "male").verdict == verdict


def test_a_gene_with_a_copy_on_the_x_says_nothing() -> None:
    assert sex_check(library(0.0, 0.0, usp9y=50.0), "counts", GENES, "female").verdict == "pass"


def test_a_few_reads_of_a_shallow_library_do_not_contradict() -> None:
    shallow = sex_check(library(0.0, 4.0, total=1e6), "counts", GENES, "female")  # four reads
    assert (shallow.verdict, shallow.threshold) == ("pass", {"warn": 5.0})
    assert sex_check(library(0.0, 4.0, total=1e7), "counts", GENES, "female").verdict == "warn"


def test_genes_that_are_not_listed() -> None:
    unlisted = library(0.0, 200.0).drop(["EXIST"])
    assert sex_check(unlisted, "counts", GENES, "male").code == "not_measured"
    assert sex_check(unlisted, "counts", GENES, "female").code == "sex_contradicts"
    assert sex_check(library(0.0, 200.0)[["EACTB", "EUTY", "EDDX3Y"]], "counts", GENES, "female").code == "not_measured"
    assert sex_check(library(0.0, 0.0) * 0, "counts", GENES, None).code == "not_measured"


@pytest.mark.parametrize(
    ("share", "verdict", "code"),
    [
        (0.0, "pass", "ok"),
        (0.05, "pass", "ok"),
        (0.051, "warn", "mouse_reads"),
        (0.3, "warn", "mouse_reads"),
        (0.301, "fail", "mouse_reads"),
        (None, "pass", "not_measured"),
    ],
)
def test_mouse_reads(share: float | None, verdict: str, code: str) -> None:
    check = mouse_check(share)
    assert (check.verdict, check.code, check.value) == (verdict, code, share)


@pytest.mark.realdata
def test_the_sex_of_real_patients(realdata, gene_table: GeneTable) -> None:
    samples, _ = read_samples([realdata / "tumours/tcga_paad/counts_20.tsv.gz"], gene_table)
    clinical = pd.read_csv(realdata / "tumours/tcga_paad/clinical.tsv", sep="\t", index_col="patient")
    genes = pd.DataFrame({"symbol": gene_table.symbol, "length": gene_table.length})
    right, swapped = [], []
    for sample in samples:
        sex = str(clinical.loc[sample.id[:12], "gender"]).lower()
        right.append(sex_check(sample.counts, "counts", genes, sex).code)
        other = "male" if sex == "female" else "female"
        swapped.append(sex_check(sample.counts, "counts", genes, other).code)
    assert right == ["ok"] * 20
    # one woman's undifferentiated carcinoma makes next to no XIST, so it contradicts nothing
    assert sorted(swapped) == ["ok", *["sex_contradicts"] * 19]
