"""What a library is measured to be, by hand, and every limit on both sides."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from pancreassign.quality.library import (
    DETECTED,
    JUDGED,
    checks,
    excess_genes,
    limits_of,
    measure,
    per_read,
)
from pancreassign.quality.verdict import worst
from pancreassign.records import QcCheck

CODING = [f"C{k}" for k in range(20)]
MITO = [f"M{k}" for k in range(10)]
RIBO = [f"R{k}" for k in range(40)]
BLOOD = ["HB1", "HB2", "HB3"]
NONCODING = [f"L{k}" for k in range(1000)]
EVERY = [*CODING, *MITO, *RIBO, *BLOOD, *NONCODING]
GENES = pd.DataFrame(
    {
        "symbol": [
            *CODING[:-2],
            "MTOR",  # not mitochondrial
            "RPS6KA1",  # a kinase, not a ribosomal protein
            *(f"MT-{k}" for k in range(10)),
            *(f"RPL{k}" for k in range(20)),
            *(f"RPS{k}" for k in range(20)),
            *("HBA1", "HBB", "HBG2"),
            *[""] * 1000,
        ],
        "biotype": ["protein_coding"] * 73 + ["lncRNA"] * 1000,
        "length": [1000.0] * 1073,
    },
    index=pd.Index(EVERY),
)
STABLE = pd.Index(CODING)
PROFILE = pd.Series(np.arange(20, dtype=float), index=CODING)
LIMITS = limits_of(pd.DataFrame())
GOOD = {
    "reads": 30e6,
    "genes_detected": 20_000.0,
    "reference_genes": 1.0,
    "protein_coding": 0.95,
    "mitochondrial": 0.05,
    "ribosomal": 0.05,
    "haemoglobin": 0.0,
    "largest_gene": 0.02,
    "correlation": 0.95,
    "excess_genes": 0.0,
    "genes_tpm4": 12_000.0,
}


def library() -> pd.Series:
    """20 coding genes × 1,000, 10 mitochondrial × 500, 40 ribosomal × 50, 3 haemoglobins × 1,000, one RNA of 10,000."""
    values = [1000.0] * 20 + [500.0] * 10 + [50.0] * 40 + [1000.0] * 3 + [10_000.0] + [0.0] * 999
    return pd.Series(values, index=EVERY)


def judged(
    protocol: str | None = "full-length", units: str = "counts", reference: str = "full-length", **changed: float
):
    made = checks({**GOOD, **changed}, LIMITS, units, protocol, reference)
    return {check.name: check for check in made}


def test_measured_by_hand() -> None:
    found = measure(library(), "counts", GENES, PROFILE, STABLE)
    total = 20_000 + 5_000 + 2_000 + 3_000 + 10_000
    assert found["reads"] == total
    assert found["genes_detected"] == 74
    assert found["reference_genes"] == 1.0
    assert found["protein_coding"] == pytest.approx(30_000 / total)
    assert found["mitochondrial"] == pytest.approx(5_000 / total)
    assert found["ribosomal"] == pytest.approx(2_000 / total)
    assert found["haemoglobin"] == pytest.approx(3_000 / total)
    assert found["largest_gene"] == pytest.approx(10_000 / total)
    assert found["genes_tpm4"] == 74
    assert math.isnan(found["correlation"]), "all alike: no rank"
    assert math.isnan(found["excess_genes"]), "below the least depth of the curve"


def test_five_counts_make_a_detected_gene() -> None:
    counts = pd.Series({"C0": 4.0, "C1": 5.0, "C2": 6.0})
    assert measure(counts, "counts", GENES, PROFILE, STABLE)["genes_detected"] == 2


def test_a_reference_gene_with_zero_reads_was_measured_and_an_absent_one_was_not() -> None:
    zeroed = library()
    zeroed[CODING[:15]] = 0.0
    assert measure(zeroed, "counts", GENES, PROFILE, STABLE)["reference_genes"] == 1.0
    assert measure(library().drop(CODING[:15]), "counts", GENES, PROFILE, STABLE)["reference_genes"] == 0.25


def test_correlation_against_scipy() -> None:
    counts = pd.Series(np.random.default_rng(0).integers(0, 9, 20).astype(float), index=CODING[::-1])
    found = measure(counts, "counts", GENES, PROFILE, STABLE)["correlation"]
    assert found == pytest.approx(spearmanr(counts[CODING], PROFILE).statistic, abs=1e-12)
    assert found != pytest.approx(spearmanr(counts, PROFILE).statistic), "matched by gene, not by place"


@pytest.mark.parametrize(
    ("left_out", "metric"),
    [
        (NONCODING[:1], "protein_coding"),
        (MITO[:1], "mitochondrial"),
        (RIBO[:1], "ribosomal"),
        (BLOOD[:1], "haemoglobin"),
    ],
)
def test_a_share_of_genes_that_are_not_listed_is_unknown(left_out: list[str], metric: str) -> None:
    assert not math.isnan(measure(library(), "counts", GENES, PROFILE, STABLE)[metric])
    assert math.isnan(measure(library().drop(left_out), "counts", GENES, PROFILE, STABLE)[metric])


def test_an_empty_library_has_no_shares() -> None:
    found = measure(library() * 0, "counts", GENES, PROFILE, STABLE)
    assert {key for key, value in found.items() if not math.isnan(value)} == {
        "reads",
        "genes_detected",
        "reference_genes",
    }


@pytest.mark.parametrize("units", ["tpm", "fpkm"])
def test_tpm_gives_the_same_shares_of_reads_and_no_depth(units: str) -> None:
    genes = GENES.assign(length=np.linspace(300, 9000, len(GENES)))
    counts = library()
    rate = counts / genes["length"]
    values = 1e6 * rate / rate.sum() if units == "tpm" else 1e9 * rate / counts.sum()
    given, counted = (measure(c, u, genes, PROFILE, STABLE) for c, u in ((values, units), (counts, "counts")))
    for metric in ("protein_coding", "mitochondrial", "largest_gene", "genes_tpm4", "reference_genes"):
        assert given[metric] == pytest.approx(counted[metric])
    for metric in ("reads", "genes_detected", "excess_genes"):
        assert math.isnan(given[metric])


def test_a_gene_of_unknown_length_is_left_out_of_tpm_alone() -> None:
    lengths = GENES["length"].drop("C0")
    assert "C0" in per_read(library(), "counts", lengths).index
    assert "C0" not in per_read(library(), "tpm", lengths).index


@pytest.mark.parametrize("depth", [1e5, 1e6, 1e7])
def test_excess_is_nothing_on_the_curve_and_counts_beyond_it(depth: float) -> None:
    coding = pd.Index([f"G{k}" for k in range(1000)])

    def detecting(genes: int) -> pd.Series:
        counts = pd.Series(0.0, index=coding)
        counts.iloc[:genes] = 5.0
        counts.iloc[0] += depth - counts.sum()
        return counts

    explained = round(1000 * DETECTED[depth])
    assert excess_genes(detecting(explained), coding) == pytest.approx(0.0, abs=1e-9)
    assert excess_genes(detecting(explained + 50), coding) == pytest.approx(50 / explained)
    assert excess_genes(detecting(explained - 50), coding) == pytest.approx(-50 / explained)


def test_excess_needs_depth_and_nearly_all_genes() -> None:
    """A table of expressed genes alone would look as if every gene were detected."""
    coding = pd.Index([f"G{k}" for k in range(20)])
    counts = pd.Series(1e5, index=coding)
    assert not math.isnan(excess_genes(counts[:19], coding))
    assert math.isnan(excess_genes(counts[:18], coding))
    assert math.isnan(excess_genes(counts / 21, coding))


def test_limits_without_a_reference_are_the_bounds() -> None:
    assert limits_of(pd.DataFrame()) == {name: rule.bound for name, rule in JUDGED.items()}
    assert limits_of(pd.DataFrame({"mitochondrial": ["", ""]}))["mitochondrial"] == JUDGED["mitochondrial"].bound


def test_limits_are_fences_where_they_are_laxer_than_the_bounds() -> None:
    # quartiles 0.2 and 0.4: the fence is 0.4 + 3 * 0.2
    wide = limits_of(pd.DataFrame({"mitochondrial": [0.1, 0.2, 0.3, 0.4, 0.5], "other": list("abcde")}))
    assert wide["mitochondrial"] == pytest.approx(1.0)
    narrow = limits_of(pd.DataFrame({"mitochondrial": [0.02] * 5, "correlation": [0.9] * 5}))
    assert narrow["mitochondrial"] == JUDGED["mitochondrial"].bound
    assert narrow["correlation"] == JUDGED["correlation"].bound
    # quartiles 0.6 and 0.7: the fence is 0.6 - 3 * 0.1
    low = limits_of(pd.DataFrame({"correlation": [0.5, 0.6, 0.65, 0.7, 0.8]}))
    assert low["correlation"] == pytest.approx(0.3)


def test_a_good_library_passes_every_check() -> None:
    made = judged()
    assert {check.verdict for check in made.values()} == {"pass"}
    assert len(made) == 3 + len(JUDGED) + 3


@pytest.mark.parametrize("metric", JUDGED)
def test_each_metric_warns_beyond_its_limit_on_its_bad_side(metric: str) -> None:
    rule = JUDGED[metric]
    worse = 1e-3 if rule.side == "above" else -1e-3
    assert judged(**{metric: rule.bound})[rule.name].verdict == "pass"
    check = judged(**{metric: rule.bound + worse})[rule.name]
    assert (check.verdict, check.code, check.threshold) == ("warn", rule.code, {"warn": rule.bound})
    assert judged(**{metric: rule.bound - worse})[rule.name].verdict == "pass"


def test_the_code_that_the_caveat_of_genomic_dna_asks_for() -> None:
    assert JUDGED["excess_genes"].code == "genomic_dna"


@pytest.mark.parametrize(
    ("reads", "verdict", "code"),
    [
        (2_000_000.0, "pass", "ok"),
        (1_999_999.0, "warn", "few_reads"),
        (500_000.0, "warn", "few_reads"),
        (499_999.0, "fail", "too_few_reads"),
        (0.0, "fail", "too_few_reads"),
    ],
)
@pytest.mark.parametrize("protocol", ["full-length", "3-prime", "capture", None])
def test_reads_in_every_protocol(reads: float, verdict: str, code: str, protocol: str | None) -> None:
    check = judged(protocol, reads=reads)["reads on genes"]
    assert (check.verdict, check.code, check.value) == (verdict, code, reads)


@pytest.mark.parametrize(
    ("share", "verdict"), [(0.95, "pass"), (0.949, "warn"), (0.5, "warn"), (0.499, "fail"), (0.0, "fail")]
)
def test_reference_genes(share: float, verdict: str) -> None:
    check = judged(reference_genes=share)["reference genes measured"]
    assert (check.verdict, check.code) == (verdict, "ok" if verdict == "pass" else "partial_gene_list")


@pytest.mark.parametrize("units", ["tpm", "fpkm"])
def test_unknown_depth_warns(units: str) -> None:
    made = judged(units=units, reads=math.nan, genes_detected=math.nan, excess_genes=math.nan)
    check = made["reads on genes"]
    assert (check.value, check.verdict, check.code) == (None, "warn", "depth_unknown")
    assert units.upper() in check.source
    assert {name for name, other in made.items() if other.verdict != "pass"} == {"reads on genes"}


def published(made: dict[str, QcCheck]) -> dict[str, str]:
    return {name: check.verdict for name, check in made.items() if name.startswith("published")}


@pytest.mark.parametrize("protocol", ["full-length", "capture"])
@pytest.mark.parametrize(("metric", "limit"), [("reads", 25e6), ("genes_tpm4", 11_400.0), ("correlation", 0.75)])
def test_published_limits_warn_under_their_own_names(protocol: str, metric: str, limit: float) -> None:
    assert set(published(judged(protocol, **{metric: limit})).values()) == {"pass"}
    below = judged(protocol, **{metric: 0.99 * limit})
    assert sorted(published(below).values()) == ["pass", "pass", "warn"]
    assert {check.code for check in below.values()} == {"ok", "no_limit", "below_published"}
    assert worst(below.values()) == "pass", "the signatures need less"


def test_published_limits_hide_no_warning_of_ours() -> None:
    poor = judged(reads=1e6, genes_tpm4=100.0, correlation=0.95)
    assert (poor["reads on genes"].verdict, poor["published: reads on genes"].verdict) == ("warn", "warn")
    assert worst(poor.values()) == "warn"
    assert worst(judged(reads=10.0, genes_tpm4=100.0).values()) == "fail"


@pytest.mark.parametrize("protocol", ["3-prime", None])
def test_published_limits_are_for_whole_transcriptomes_alone(protocol: str | None) -> None:
    assert not published(judged(protocol, reads=3e6, genes_tpm4=8000.0))


def test_what_a_protocol_moves_by_itself_is_shown_for_a_3_prime_library() -> None:
    poor = {"correlation": 0.3, "excess_genes": 0.9}
    foreign = judged("3-prime", **poor)
    assert foreign["correlation with the reference"].code == "no_limit"
    assert foreign["excess of detected genes"].code == "no_limit"
    own = judged("3-prime", reference="3-prime", **poor)
    assert own["correlation with the reference"].code == "unlike_reference"
    assert own["excess of detected genes"].code == "genomic_dna"
