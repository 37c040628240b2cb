"""Probability and call, with curves evaluated by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm
from signature_factory import LOGIT_THIRD, curves

from pancreassign.records import Call
from pancreassign.signatures import calibrate
from pancreassign.signatures.calibrate import Estimate, call, curve, probability


def test_curve_by_hand() -> None:
    assert curve(0.0, LOGIT_THIRD, 1.0) == pytest.approx(1 / 3)
    assert curve(np.log(2), LOGIT_THIRD, 1.0) == pytest.approx(0.5)
    assert curve(np.log(8), LOGIT_THIRD, 1.0) == pytest.approx(0.8)
    assert curve(np.log(8), LOGIT_THIRD, -1.0) == pytest.approx(1 / 17)


def test_interval_constants() -> None:
    assert pytest.approx(1.6448536) == calibrate.HALF_WIDTH
    assert np.mean(calibrate.NOISE_STEPS) == pytest.approx(0.0, abs=1e-12)
    assert np.std(calibrate.NOISE_STEPS) == pytest.approx(1.0, abs=0.04)


def test_point_is_the_first_curve_and_the_interval_the_others() -> None:
    # fit: 0.5 at this score; refits: one half of them flat at 0.2, one half flat at 0.8
    flat = [(float(np.log(0.25)), 0.0)] * 50 + [(float(np.log(4.0)), 0.0)] * 50
    table = curves((LOGIT_THIRD, 1.0), *flat)
    estimate = probability(np.log(2), 0.0, table, "sensitive")
    assert estimate.point == pytest.approx(0.5)
    assert estimate.low == pytest.approx(0.2)
    assert estimate.high == pytest.approx(0.8)


def test_interval_of_two_curves_without_noise_is_theirs_interpolated() -> None:
    table = curves((LOGIT_THIRD, 1.0), (LOGIT_THIRD, 1.0), (float(np.log(4.0)), 0.0))
    estimate = probability(0.0, 0.0, table, "sensitive")
    assert estimate.point == pytest.approx(1 / 3)
    # 41 noise steps each: a twentieth from either end is still all of one curve
    assert (estimate.low, estimate.high) == (pytest.approx(1 / 3), pytest.approx(0.8))


def test_interval_holds_the_central_nine_tenths_of_the_refits() -> None:
    chances = np.linspace(0.01, 0.99, 99)
    table = curves((0.0, 0.0), *[(float(np.log(p / (1 - p))), 0.0) for p in chances])
    estimate = probability(0.0, 0.0, table, "sensitive")
    assert estimate.low == pytest.approx(0.05, abs=0.011)
    assert estimate.high == pytest.approx(0.95, abs=0.011)


def test_noise_of_the_score_widens_the_interval_and_leaves_the_point() -> None:
    table = curves(*[(LOGIT_THIRD, 1.0)] * 11)
    quiet, noisy, loud = (probability(0.5, noise, table, "sensitive") for noise in (0.0, 0.4, 1.2))
    assert quiet.low == quiet.point == quiet.high
    assert loud.low < noisy.low < noisy.point == quiet.point < noisy.high < loud.high
    # one curve: the interval is the curve at score ± 1.645 noise, up to the steps
    assert noisy.low == pytest.approx(float(curve(0.5 + norm.ppf(0.05) * 0.4, LOGIT_THIRD, 1.0)), abs=0.01)
    assert noisy.high == pytest.approx(float(curve(0.5 + norm.ppf(0.95) * 0.4, LOGIT_THIRD, 1.0)), abs=0.01)


def test_each_third_reads_its_own_curve() -> None:
    table = curves(*[(LOGIT_THIRD, 2.0)] * 3, resistant=((0.0, -1.0),) * 3)
    assert probability(0.7, 0.0, table, "sensitive").point == pytest.approx(1 / (1 + 2 * np.exp(-1.4)))
    assert probability(0.7, 0.0, table, "resistant").point == pytest.approx(1 / (1 + np.exp(0.7)))


def test_direction_of_both_probabilities() -> None:
    table = curves(*[(LOGIT_THIRD, 1.0)] * 3)
    sensitive = [probability(score, 0.2, table, "sensitive").point for score in (-1.0, 0.0, 1.0)]
    resistant = [probability(score, 0.2, table, "resistant").point for score in (-1.0, 0.0, 1.0)]
    assert sensitive[0] < sensitive[1] < sensitive[2]
    assert resistant[0] > resistant[1] > resistant[2]


def test_point_outside_its_refits_stays_inside_the_interval() -> None:
    table = curves((0.0, 0.0), *[(float(np.log(4.0)), 0.0)] * 9)
    estimate = probability(0.0, 0.0, table, "sensitive")
    assert (estimate.low, estimate.point) == (0.5, 0.5)
    assert estimate.high == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("estimate", "expected"),
    [
        (Estimate(0.34, 0.5, 0.7), Call.SENSITIVE),
        (Estimate(1 / 3, 0.5, 0.7), Call.INTERMEDIATE),
        (Estimate(0.2, 0.5, 0.7), Call.INTERMEDIATE),
        (Estimate(0.1, 0.2, 1 / 3), Call.INTERMEDIATE),
        (Estimate(0.1, 0.2, 0.33), Call.RESISTANT),
        (Estimate(1 / 3, 1 / 3, 1 / 3), Call.INTERMEDIATE),
        # the base rate as six digits of its logit keep it
        (Estimate(0.3333333735, 0.3333333735, 0.6), Call.INTERMEDIATE),
        (Estimate(0.1, 0.3333332, 0.3333332), Call.INTERMEDIATE),
    ],
)
@pytest.mark.parametrize("grade", ["A", "B", "C"])
def test_call_against_the_base_rate(estimate: Estimate, expected: Call, grade: str) -> None:
    assert call(estimate, grade, False) == (expected, "called")


@pytest.mark.parametrize("digits", [6, 17])
def test_a_flat_curve_calls_nothing(digits: int) -> None:
    table = curves(*[(float(f"{LOGIT_THIRD:.{digits}g}"), 0.0)] * 21)
    for score in (-50.0, 0.0, 50.0):
        assert call(probability(score, 1.0, table, "sensitive"), "C", False)[0] == Call.INTERMEDIATE


def test_refits_that_run_the_other_way_forbid_a_call() -> None:
    agree = curves(*[(LOGIT_THIRD, 2.0)] * 101)
    doubt = curves(*[(LOGIT_THIRD, 2.0)] * 91, *[(LOGIT_THIRD, -2.0)] * 10)
    assert call(probability(1.0, 0.0, agree, "sensitive"), "C", False)[0] == Call.SENSITIVE
    assert call(probability(1.0, 0.0, doubt, "sensitive"), "C", False)[0] == Call.INTERMEDIATE
    assert call(probability(-1.0, 0.0, agree, "sensitive"), "C", False)[0] == Call.RESISTANT
    assert call(probability(-1.0, 0.0, doubt, "sensitive"), "C", False)[0] == Call.INTERMEDIATE


@pytest.mark.parametrize(
    ("estimate", "grade", "failed", "reason"),
    [
        (Estimate(0.6, 0.7, 0.8), "D", False, "no_demonstrated_skill"),
        (Estimate(0.1, 0.1, 0.1), "D", False, "no_demonstrated_skill"),
        (Estimate(0.6, 0.7, 0.8), "A", True, "quality_failed"),
        (Estimate(0.6, 0.7, 0.8), "D", True, "quality_failed"),
        (None, "C", False, "gene_coverage"),
        (None, "D", False, "gene_coverage"),
        (None, "C", True, "quality_failed"),
    ],
)
def test_no_call_and_its_reason(estimate: Estimate | None, grade: str, failed: bool, reason: str) -> None:
    assert call(estimate, grade, failed) == (Call.NOT_EVALUABLE, reason)
