"""The quality verdict: every threshold on both sides."""

from __future__ import annotations

import pandas as pd
import pytest

from pancreassign.counts.quality import assess
from pancreassign.records import Qc, QcCheck

STABLE = pd.Index([f"S{k}" for k in range(20)])
GENES = [*STABLE, "MITO", "LNC", "NOVEL"]
BIOTYPE = pd.Series(dict.fromkeys(GENES, "protein_coding") | {"LNC": "lncRNA", "NOVEL": ""})
SYMBOL = pd.Series({gene: gene for gene in GENES} | {"MITO": "MT-CO1", "LNC": "MTOR-AS1", "NOVEL": ""})


def library(total: float, stable: int = 20) -> pd.Series:
    """``total`` reads: 10 % mitochondrial, 5 % not coding, the rest spread over ``stable`` genes."""
    counts = dict.fromkeys(STABLE[:stable], 0.85 * total / stable)
    return pd.Series({**counts, "MITO": 0.1 * total, "LNC": 0.05 * total})


def assessed(counts: pd.Series, units: str = "counts") -> Qc:
    return assess(counts, units, BIOTYPE, SYMBOL, STABLE)


def check(qc: Qc, name: str) -> QcCheck:
    return next(check for check in qc.checks if check.name == name)


@pytest.mark.parametrize(
    ("reads", "verdict", "code"),
    [
        (30_000_000, "pass", "ok"),
        (2_000_000, "pass", "ok"),
        (1_999_980, "warn", "few_reads"),
        (500_000, "warn", "few_reads"),
        (499_980, "fail", "too_few_reads"),
        (0, "fail", "too_few_reads"),
    ],
)
def test_reads(reads: int, verdict: str, code: str) -> None:
    counts = library(reads).round()
    counts["MITO"] += reads - counts.sum()
    qc = assessed(counts)
    own = check(qc, "reads on genes")
    assert (own.verdict, own.code, own.value, own.unit) == (verdict, code, reads, "reads")
    assert own.threshold == {"warn": 2_000_000, "fail": 500_000}
    assert qc.verdict == verdict


@pytest.mark.parametrize(
    ("found", "verdict", "code"),
    [
        (20, "pass", "ok"),
        (19, "pass", "ok"),  # 0.95 exactly
        (18, "warn", "partial_gene_list"),
        (10, "warn", "partial_gene_list"),  # 0.5 exactly
        (9, "fail", "partial_gene_list"),
        (0, "fail", "partial_gene_list"),
    ],
)
def test_reference_genes(found: int, verdict: str, code: str) -> None:
    qc = assessed(library(10_000_000, found) if found else pd.Series({"MITO": 1e7}))
    own = check(qc, "reference genes measured")
    assert (own.verdict, own.code, own.value) == (verdict, code, found / 20)
    assert qc.verdict == verdict


def test_a_reference_gene_with_zero_reads_was_measured() -> None:
    counts = library(10_000_000)
    counts[STABLE[:15]] = 0.0
    assert check(assessed(counts), "reference genes measured").value == 1.0


@pytest.mark.parametrize("units", ["tpm", "fpkm"])
def test_depth_of_tpm_is_unknown(units: str) -> None:
    qc = assessed(library(1e6), units)
    own = check(qc, "reads on genes")
    assert (own.verdict, own.code, own.value) == ("warn", "depth_unknown", None)
    assert units.upper() in own.source
    assert qc.verdict == "warn"
    assert [c.name for c in qc.checks] == ["reads on genes", "reference genes measured"], "no shares of reads"


def test_the_verdict_is_the_worst_of_the_checks() -> None:
    assert assessed(library(1_000_000, 9)).verdict == "fail"
    assert assessed(library(100_000, 18)).verdict == "fail"
    assert assessed(library(5_000_000, 9), "tpm").verdict == "fail"
    assert assessed(library(5_000_000, 18)).verdict == "warn"


def test_shares_by_hand_and_without_a_verdict() -> None:
    counts = library(4_000_000)
    counts["NOVEL"] = 1_000_000.0
    qc = assessed(counts)
    shares = {c.name: c.value for c in qc.checks[2:]}
    assert shares == {
        # 3.4 M on stable genes and 0.4 M mitochondrial are coding
        "protein-coding share": pytest.approx(3.8 / 5),
        "mitochondrial share": pytest.approx(0.4 / 5),
        "largest gene's share": pytest.approx(1 / 5),
    }
    assert {(c.verdict, c.code) for c in qc.checks[2:]} == {("pass", "no_limit")}
    assert qc.verdict == "pass"
    assert check(qc, "mitochondrial share").threshold is None


def test_an_empty_library_has_no_shares() -> None:
    qc = assessed(library(0.0))
    assert qc.verdict == "fail"
    assert len(qc.checks) == 2


def test_tumour_content_is_unknown() -> None:
    content = assessed(library(1e7)).tumour_content
    assert (content.class_, content.value, content.interval) == (None, None, None)
