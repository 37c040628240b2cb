"""One sample against a hand-made reference table of six genes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pancreassign.normalize.apply import ASSUMED_READS, counting_error, normalise
from pancreassign.normalize.reference import log_abundance
from pancreassign.quality import library

# three stable genes of known shares, two of them anchors, two panel genes, and one of neither kind
GENES = pd.DataFrame(
    {
        "mean": [10.0, 11.0, 12.0, 4.0, 6.0, 3.0],
        "sd": [0.5, 0.5, 0.25, 2.0, 1.5, 1.0],
        "share": [0.5, 0.3, 0.2, 31e-6, 127e-6, 0.4],
        "bulk_mean": [18.0, 18.0, 17.5, 5.0, 9.0, 0.0],
        "stable": [True, True, True, False, False, False],
        "anchor": [True, True, False, False, False, False],
        "panel": [False, False, False, True, True, False],
    },
    index=pd.Index(["S1", "S2", "S3", "P1", "P2", "OTHER"], name="gene_id"),
)
LENGTHS = pd.Series({"S1": 1000, "S2": 2500, "S3": 400, "P1": 3200, "P2": 700, "OTHER": 5000, "UNKNOWN": 1000})
# 1,000,000 reads on the stable genes at their exact shares
COUNTS = pd.Series({"S1": 500_000.0, "S2": 300_000.0, "S3": 200_000.0, "P1": 31.0, "P2": 127.0, "OTHER": 0.0})


def test_log_abundance_by_hand() -> None:
    logs, size = log_abundance(COUNTS, GENES)
    assert size == 1_000_000
    assert logs["P1"] == 5.0  # log2(1 + 31)
    assert logs["P2"] == 7.0  # log2(1 + 127)
    assert logs["OTHER"] == 0.0
    assert logs["S1"] == pytest.approx(np.log2(500_001))


def test_scaling_all_counts_changes_nothing_but_the_size() -> None:
    logs, _ = log_abundance(COUNTS, GENES)
    scaled, size = log_abundance(COUNTS * 10, GENES)
    assert size == 10_000_000
    assert scaled.to_numpy() == pytest.approx(logs.to_numpy(), abs=1e-12)


def test_a_huge_gene_outside_the_stable_ones_moves_no_other() -> None:
    logs, _ = log_abundance(COUNTS, GENES)
    flooded, size = log_abundance(COUNTS.replace({0.0: 1e9}), GENES)
    assert size == 1_000_000
    assert flooded["OTHER"] == pytest.approx(np.log2(1 + 1e9))
    assert flooded.drop("OTHER").to_list() == logs.drop("OTHER").to_list()


@pytest.mark.parametrize("absent", [["S1"], ["S3"], ["S1", "S2"], ["S2", "P2", "OTHER"]])
def test_absent_stable_genes_do_not_shift_the_others(absent: list[str]) -> None:
    logs, _ = log_abundance(COUNTS, GENES)
    fewer, size = log_abundance(COUNTS.drop(absent), GENES)
    assert size == pytest.approx(1_000_000)
    assert list(fewer.index) == [gene for gene in COUNTS.index if gene not in absent]
    assert fewer.to_numpy() == pytest.approx(logs.drop(absent).to_numpy(), abs=1e-9)


def test_a_stable_gene_counted_as_zero_is_not_the_same_as_absent() -> None:
    zeroed, size = log_abundance(COUNTS.replace({500_000.0: 0.0}), GENES)
    assert size == 500_000
    assert zeroed["P1"] == pytest.approx(np.log2(1 + 62))


def test_genes_outside_the_reference_are_left_out() -> None:
    logs, size = log_abundance(pd.concat([pd.Series({"UNKNOWN": 1e7}), COUNTS]), GENES)
    assert "UNKNOWN" not in logs.index
    assert size == 1_000_000


@pytest.mark.parametrize("counts", [COUNTS * 0, COUNTS[["P1", "P2"]]])
def test_a_library_without_stable_reads_is_unknown(counts: pd.Series) -> None:
    logs, size = log_abundance(counts, GENES)
    assert size == 0
    assert logs.isna().all()
    normalised = normalise(counts, GENES, "counts", LENGTHS)
    assert normalised.z.isna().all()
    assert normalised.error.isna().all()


def test_z_by_hand_and_its_direction() -> None:
    normalised = normalise(COUNTS, GENES, "counts", LENGTHS)
    assert normalised.z["P1"] == pytest.approx((5.0 - 4.0) / 2.0)
    assert normalised.z["P2"] == pytest.approx((7.0 - 6.0) / 1.5)
    assert normalised.z["OTHER"] == pytest.approx(-3.0)
    more = normalise(COUNTS.replace({31.0: 255.0}), GENES, "counts", LENGTHS)
    assert more.z["P1"] == pytest.approx((8.0 - 4.0) / 2.0)


# as many reads again from stroma, which holds the third stable gene and OTHER, but no anchor and no panel gene
STROMA = pd.Series({"S1": 0.0, "S2": 0.0, "S3": 600_000.0, "P1": 0.0, "P2": 0.0, "OTHER": 400_000.0})


def test_stroma_moves_the_abundance_by_stable_genes_and_not_that_by_anchors() -> None:
    mixed = COUNTS + STROMA
    pure, own = log_abundance(COUNTS, GENES, "anchor")
    diluted, size = log_abundance(mixed, GENES, "anchor")
    assert own == size == 1_000_000
    tumour_genes = ["S1", "S2", "P1", "P2"]
    assert diluted[tumour_genes].to_list() == pure[tumour_genes].to_list()
    whole, bulk_size = log_abundance(mixed, GENES, "stable")
    assert bulk_size == 1_600_000
    assert whole["P1"] == pytest.approx(np.log2(1 + 31 / 1.6))
    assert (whole[tumour_genes] < pure[tumour_genes]).all()


def test_pure_tumour_is_the_same_by_either() -> None:
    for one, other in zip(log_abundance(COUNTS, GENES, "anchor"), log_abundance(COUNTS, GENES, "stable"), strict=True):
        assert np.asarray(one) == pytest.approx(np.asarray(other), rel=1e-12)


def test_z_goes_by_the_anchors_and_bulk_by_the_stable_genes() -> None:
    pure = normalise(COUNTS, GENES, "counts", LENGTHS)
    mixed = normalise(COUNTS + STROMA, GENES, "counts", LENGTHS)
    assert mixed.z[["P1", "P2"]].to_list() == pure.z[["P1", "P2"]].to_list()
    # log2(1 + 31) = 5 and log2(1 + 127) = 7, over their bulk means of 5 and 9
    assert pure.bulk["P1"] == pytest.approx(0.0)
    assert pure.bulk["P2"] == pytest.approx(-2.0)
    assert mixed.bulk["P1"] == pytest.approx(np.log2(1 + 31 / 1.6) - 5.0)
    assert mixed.bulk["OTHER"] == pytest.approx(np.log2(1 + 250_000))
    assert (mixed.bulk[["P1", "P2"]] < pure.bulk[["P1", "P2"]]).all()


def test_without_anchors_there_is_no_z_and_still_a_bulk() -> None:
    left = normalise(COUNTS.drop(["S1", "S2"]), GENES, "counts", LENGTHS)
    assert left.z.isna().all()
    assert left.error.isna().all()
    assert left.bulk["P1"] == pytest.approx(0.0)


def test_error_by_hand() -> None:
    error = normalise(COUNTS, GENES, "counts", LENGTHS).error
    # sqrt(31) / (31 + 1) / ln 2, in units of a reference sd of 2; and a count of 0 as one of 1
    assert error["P1"] == pytest.approx(5.5677643628 / 32 / 0.6931471806 / 2)
    assert error["OTHER"] == pytest.approx(1 / 2 / 0.6931471806 / 1.0)


@pytest.mark.parametrize("expected", [20, 50, 200, 1000])
@pytest.mark.parametrize("size", [1e6, 12e6])
def test_counting_error_against_drawn_counts(expected: int, size: float) -> None:
    drawn = np.random.default_rng(expected).poisson(expected, 40_000)
    observed = np.log2(1 + 1e6 * drawn / size).std()
    error = counting_error(pd.Series({"g": float(expected)}), size)["g"]
    assert error == pytest.approx(observed, rel=0.05)


def test_counting_error_falls_with_depth_and_vanishes() -> None:
    errors = [counting_error(pd.Series({"g": 30.0 * k}), 1e6 * k)["g"] for k in (1, 4, 16)]
    assert errors[0] / errors[1] == pytest.approx(2.0)
    assert errors[1] / errors[2] == pytest.approx(2.0)


@pytest.mark.parametrize("units", ["tpm", "fpkm"])
def test_tpm_and_fpkm_of_the_same_library_give_the_same_z(units: str) -> None:
    rate = COUNTS / LENGTHS.reindex(COUNTS.index)
    values = 1e6 * rate / rate.sum() if units == "tpm" else 1e9 * rate / COUNTS.sum()
    given = normalise(values, GENES, units, LENGTHS)
    counted = normalise(COUNTS, GENES, "counts", LENGTHS)
    assert given.z[counted.z.index].to_numpy() == pytest.approx(counted.z.to_numpy(), abs=1e-9)
    # the depth is unknown: taken as 500,000 reads, where P1 has 15.5 of them
    assert given.error["P1"] == pytest.approx(np.sqrt(15.5) / 16 / np.log(2) / 2.0)
    assert given.error["P1"] > counted.error["P1"]


def test_a_gene_of_unknown_length_is_absent_from_tpm() -> None:
    given = normalise(COUNTS, GENES, "tpm", LENGTHS.drop("P2"))
    assert "P2" not in given.z.index
    assert "P1" in given.z.index


def test_scale_of_tpm_says_nothing_of_its_depth() -> None:
    assert ASSUMED_READS == 500_000
    errors = [normalise(COUNTS * factor, GENES, "tpm", LENGTHS).error for factor in (1e-3, 1.0, 1e3)]
    for error in errors[1:]:
        assert error.to_numpy() == pytest.approx(errors[0].to_numpy())
    empty = normalise(COUNTS * 0, GENES, "tpm", LENGTHS)
    assert empty.z.isna().all()
    assert empty.error.isna().all()


def test_the_depth_taken_for_tpm_is_the_shallowest_that_quality_lets_pass() -> None:
    assert library.READS["fail"] == ASSUMED_READS
