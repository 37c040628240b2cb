"""What is made of the levels of tissue: every code, and every limit on both sides."""

from __future__ import annotations

import math

import numpy as np
import pytest
from quality_factory import MEASURED, tissues, tumours

from pancreassign.quality.tissue import ADMIXTURE, CONTENT, FAR, LEAST_EXCESS, NO_STROMA, PROGRAMME, checks, limits_of
from pancreassign.quality.tissues import Tissues
from pancreassign.quality.verdict import worst
from pancreassign.records import QcCheck

LIMITS = limits_of(tumours(), tissues())
LIVER, ACINAR, ISLETS = "liver beside the tumour", "acinar pancreas beside the tumour", "islets beside the tumour"


def judged(found: float | None = 0.5, known: Tissues | None = None, **changed: float) -> dict[str, QcCheck]:
    """The checks by name, of the average reference tumour but for what is changed."""
    made = checks({**MEASURED, **changed}, LIMITS, found, known or tissues())
    assert len({check.name for check in made}) == len(made)
    return {check.name: check for check in made}


def found(made: dict[str, QcCheck]) -> dict[str, tuple[str, str]]:
    """Verdict and code of what did not pass."""
    return {name: (check.verdict, check.code) for name, check in made.items() if check.verdict != "pass"}


def test_an_average_tumour_passes_every_check() -> None:
    made = judged()
    assert set(made) == {"tumour programme", "tumour content", "stroma", LIVER, ACINAR, ISLETS, "kidney"}
    assert {check.code for check in made.values()} == {"ok"}
    assert not [name for name in made if "basal" in name or "O0" in name], "what is exploratory is not judged"


def test_a_kidney_is_the_wrong_tumour_by_both_its_programmes() -> None:
    made = judged(ductal=PROGRAMME["fail"] - 1.0, kidney=LIMITS["kidney"] + 1.0)
    assert found(made) == {"tumour programme": ("fail", "wrong_tumour"), "kidney": ("warn", "unusual_tumour")}
    assert found(judged(kidney=LIMITS["kidney"] + FAR + 0.1)) == {"kidney": ("fail", "wrong_tumour")}
    assert worst(made.values()) == "fail"


def test_a_liver_with_little_tumour_shows_both() -> None:
    share = ADMIXTURE["liver"]["fail"] + 0.1
    made = judged(found=CONTENT["fail"] / 2, share_liver=share, liver=9.0)
    assert found(made) == {"tumour content": ("fail", "too_little_tumour"), LIVER: ("fail", "admixture")}
    assert made[LIVER].value == pytest.approx(share)


def test_acinar_tissue_and_islets() -> None:
    warned = judged(share_acinar=(ADMIXTURE["acinar"]["warn"] + ADMIXTURE["acinar"]["fail"]) / 2)
    assert found(warned) == {ACINAR: ("warn", "admixture")}
    assert found(judged(share_acinar=0.99)) == {ACINAR: ("fail", "admixture")}
    assert found(judged(islet=LIMITS["islet"] + 0.1)) == {ISLETS: ("warn", "admixture")}
    assert found(judged(islet=50.0)) == {ISLETS: ("warn", "admixture")}, "without a profile it cannot say how much"


def test_a_tissue_with_a_profile_goes_by_its_share_and_one_without_by_its_level() -> None:
    assert found(judged(liver=50.0, acinar=50.0)) == {}
    known = tissues(kidney="normal")
    assert found(judged(known=known, kidney=50.0)) == {"kidney beside the tumour": ("warn", "admixture")}


def test_no_stroma_as_in_a_xenograft() -> None:
    bare = {"stroma": NO_STROMA - 0.5, "immune": NO_STROMA - 0.5}
    assert found(judged(found=0.98, **bare)) == {"stroma": ("warn", "no_stroma")}
    # the mean of both counts
    assert found(judged(stroma=2 * NO_STROMA - 0.1, immune=0.0)) == {"stroma": ("warn", "no_stroma")}
    assert found(judged(stroma=NO_STROMA - 0.5, immune=0.0)) == {}


@pytest.mark.parametrize(
    ("name", "metric", "limits", "sign", "codes"),
    [
        ("tumour programme", "ductal", PROGRAMME, -1, ("unusual_tumour", "wrong_tumour")),
        (LIVER, "share_liver", ADMIXTURE["liver"], 1, ("admixture", "admixture")),
        (ACINAR, "share_acinar", ADMIXTURE["acinar"], 1, ("admixture", "admixture")),
    ],
)
def test_a_value_at_its_limit_is_on_the_good_side(
    name: str, metric: str, limits: dict[str, float], sign: int, codes: tuple[str, str]
) -> None:
    for level, before, code in (("warn", ("pass", "ok"), codes[0]), ("fail", ("warn", codes[0]), codes[1])):
        at, beyond = (judged(**{metric: limits[level] + step})[name] for step in (0.0, sign * 1e-6))
        assert (at.verdict, at.code) == before
        assert (beyond.verdict, beyond.code) == (level, code)
        assert at.threshold == limits


def test_content_at_its_limits() -> None:
    values = [CONTENT["warn"], CONTENT["warn"] - 1e-9, CONTENT["fail"], CONTENT["fail"] - 1e-9]
    made = [judged(found=value)["tumour content"] for value in values]
    assert [(check.verdict, check.code) for check in made] == [
        ("pass", "ok"),
        ("warn", "low_content"),
        ("warn", "low_content"),
        ("fail", "too_little_tumour"),
    ]


@pytest.mark.parametrize(
    ("name", "programme"), [("islets beside the tumour", "islet"), ("kidney", "kidney"), ("stroma", "")]
)
def test_levels_at_their_limits(name: str, programme: str) -> None:
    if programme:
        at, beyond = (judged(**{programme: LIMITS[programme] + step})[name] for step in (0.0, 1e-6))
    else:
        at, beyond = (judged(stroma=NO_STROMA + step, immune=NO_STROMA + step)[name] for step in (0.0, -1e-6))
    assert (at.verdict, beyond.verdict) == ("pass", "warn")


def test_only_the_difference_of_ductal_and_tumour_genes_counts() -> None:
    low = {"ductal": PROGRAMME["fail"] - 1.0, "epithelial": PROGRAMME["fail"] - 1.0}
    assert found(judged(**low)) == {}, "a diluted tumour is no other tumour"
    assert found(judged(epithelial=-PROGRAMME["fail"] + 1.0)) == {"tumour programme": ("fail", "wrong_tumour")}


@pytest.mark.parametrize(
    ("name", "metric"),
    [
        ("tumour programme", "ductal"),
        ("tumour programme", "epithelial"),
        ("stroma", "stroma"),
        ("stroma", "immune"),
        (LIVER, "share_liver"),
        (ACINAR, "share_acinar"),
        (ISLETS, "islet"),
        ("kidney", "kidney"),
    ],
)
def test_what_was_not_measured_says_so_and_warns_where_it_is_needed(name: str, metric: str) -> None:
    made = judged(**{metric: math.nan})
    verdict = "warn" if name == "tumour programme" else "pass"
    assert (made[name].verdict, made[name].code, made[name].value) == (verdict, "not_measured", None)
    assert {check.code for other, check in made.items() if other != name} == {"ok"}


def test_unknown_content_warns_and_says_so() -> None:
    check = judged(found=None)["tumour content"]
    assert (check.verdict, check.code, check.value) == ("warn", "not_measured", None)


def test_a_sample_of_unknown_domain_does_not_pass() -> None:
    unknown = judged(found=None, ductal=math.nan)
    assert found(unknown) == {
        "tumour programme": ("warn", "not_measured"),
        "tumour content": ("warn", "not_measured"),
    }
    assert worst(unknown.values()) == "warn"
    assert worst(judged(islet=math.nan, stroma=math.nan, share_liver=math.nan).values()) == "pass"


def test_another_tumour_warns_above_its_limit_and_fails_far_above() -> None:
    limit = LIMITS["kidney"]
    made = [judged(kidney=limit + step)["kidney"] for step in (0.0, 1e-6, FAR, FAR + 1e-6)]
    assert [(check.verdict, check.code) for check in made] == [
        ("pass", "ok"),
        ("warn", "unusual_tumour"),
        ("warn", "unusual_tumour"),
        ("fail", "wrong_tumour"),
    ]
    assert made[0].threshold == {"warn": limit, "fail": limit + FAR}


def test_limits_follow_the_reference_and_are_never_below_the_least() -> None:
    assert LIMITS == {"islet": LEAST_EXCESS, "kidney": LEAST_EXCESS}  # liver and acinar are judged by their share
    high = limits_of(tumours(islet=np.linspace(0.0, 20.0, 21), kidney=0.5), tissues())
    assert high["islet"] > LEAST_EXCESS
    assert high["kidney"] == LEAST_EXCESS
    assert found(judged(islet=high["islet"])) == {ISLETS: ("warn", "admixture")}
    own = checks({**MEASURED, "islet": high["islet"]}, high, 0.5, tissues())
    assert worst(own) == "pass", "a reference with such tumours lets them pass"


def test_a_programme_that_the_references_own_tumours_did_not_measure_keeps_the_least_limit() -> None:
    some = limits_of(tumours(islet=[math.nan, *[9.0] * 20], kidney=[math.nan] * 21), tissues())
    assert some["islet"] >= 9.0
    assert some["kidney"] == LEAST_EXCESS


def test_the_checks_do_not_depend_on_the_order_of_what_was_measured() -> None:
    turned = dict(reversed(MEASURED.items()))
    assert checks(turned, LIMITS, 0.5, tissues()) == checks(MEASURED, LIMITS, 0.5, tissues())
