"""Checks from values and thresholds, and the worst of them."""

from __future__ import annotations

import math

import pytest

from pancreassign.quality.verdict import BELOW_PUBLISHED, above, below, shown, worst

LIMITS = {"warn": 10.0, "fail": 5.0}


@pytest.mark.parametrize(
    ("value", "verdict", "code"),
    [(11.0, "pass", "ok"), (10.0, "pass", "ok"), (9.9, "warn", "low"), (5.0, "warn", "low"), (4.9, "fail", "too_low")],
)
def test_below(value: float, verdict: str, code: str) -> None:
    check = below("n", value, "u", LIMITS, "low", "s", "too_low")
    assert (check.verdict, check.code, check.value, check.threshold) == (verdict, code, value, LIMITS)


@pytest.mark.parametrize(
    ("value", "verdict"), [(4.0, "pass"), (5.0, "pass"), (5.1, "warn"), (10.0, "warn"), (10.1, "fail")]
)
def test_above(value: float, verdict: str) -> None:
    check = above("n", value, None, {"warn": 5.0, "fail": 10.0}, "high", "s")
    assert (check.verdict, check.code) == (verdict, "ok" if verdict == "pass" else "high")


@pytest.mark.parametrize("limit", ["warn", "fail"])
def test_one_threshold_gives_its_own_verdict(limit: str) -> None:
    assert below("n", 1.0, None, {limit: 2.0}, "low", "s").verdict == limit
    assert above("n", 3.0, None, {limit: 2.0}, "high", "s").verdict == limit


@pytest.mark.parametrize("judge", [above, below])
def test_an_unknown_value_passes_and_says_so(judge) -> None:
    check = judge("n", math.nan, "u", LIMITS, "bad", "s")
    assert (check.value, check.verdict, check.code, check.threshold) == (None, "pass", "not_measured", LIMITS)


def test_a_value_without_limit() -> None:
    check = shown("n", 1 / 3, "share")
    assert (check.value, check.verdict, check.code, check.threshold) == (0.333333, "pass", "no_limit", None)
    assert shown("n", math.nan, "share").code == "not_measured"


def test_whole_numbers_stay_exact() -> None:
    assert shown("n", 34_960_641.0, "reads").value == 34_960_641
    assert shown("n", 34_960_641.5, "reads").value == 34_960_600


def test_the_worst_of_the_checks_in_any_order() -> None:
    good, warned, failed = (below("n", value, None, LIMITS, "low", "s") for value in (20.0, 7.0, 1.0))
    assert worst([]) == "pass"
    assert worst([good, good]) == "pass"
    assert worst([warned, good]) == "warn"
    assert worst([failed, warned, good]) == worst([good, warned, failed]) == "fail"


def test_a_published_limit_warns_and_leaves_the_verdict_alone() -> None:
    good, warned, failed = (below("n", value, None, LIMITS, "low", "s") for value in (20.0, 7.0, 1.0))
    published = below("p", 7.0, None, LIMITS, BELOW_PUBLISHED, "s")
    assert (published.verdict, published.code) == ("warn", BELOW_PUBLISHED)
    assert worst([published]) == worst([good, published]) == "pass"
    assert worst([published, warned]) == "warn"
    assert worst([failed, published]) == "fail"
