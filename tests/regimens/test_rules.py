"""Rules and scores against values worked out by hand or by enumeration."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pancreassign.errors import ArtefactError
from pancreassign.records import Call
from pancreassign.regimens.rules import DrugEvidence, RuleKind, regimen_score, rule_probability, rule_status

from .conftest import dead_drug, make_drug

S, I, R, N = Call.SENSITIVE, Call.INTERMEDIATE, Call.RESISTANT, Call.NOT_EVALUABLE  # noqa: E741
SIZE: dict[RuleKind, int] = {"two_of_three": 3, "pair": 2, "single": 1}


def status(kind: RuleKind, *calls: Call) -> str:
    return rule_status(kind, [make_drug(call) for call in calls])


@pytest.mark.parametrize(
    ("calls", "expected"),
    [
        ((S, S, S), "met"),
        ((S, S, R), "met"),
        ((S, S, N), "met"),
        ((S, I, R), "unclear"),  # an intermediate drug may be sensitive: its interval holds the base rate
        ((S, R, R), "not met"),
        ((I, R, R), "not met"),
        ((S, I, N), "unclear"),
        ((S, N, N), "unclear"),
        ((N, N, R), "unclear"),
        ((N, I, R), "unclear"),
        ((N, R, R), "not met"),
        ((N, N, N), "unclear"),
        ((I, I, I), "unclear"),
    ],
)
def test_two_of_three(calls: tuple[Call, ...], expected: str) -> None:
    for order in itertools.permutations(calls):
        assert status("two_of_three", *order) == expected


@pytest.mark.parametrize(
    ("calls", "expected"),
    [
        ((S, S), "met"),
        ((S, I), "met"),
        ((S, R), "not met"),
        ((I, I), "unclear"),
        ((I, R), "not met"),
        ((R, N), "not met"),
        ((S, N), "unclear"),
        ((I, N), "unclear"),
        ((N, N), "unclear"),
    ],
)
def test_pair(calls: tuple[Call, ...], expected: str) -> None:
    for order in itertools.permutations(calls):
        assert status("pair", *order) == expected


@pytest.mark.parametrize(("call", "expected"), [(S, "met"), (I, "unclear"), (R, "not met"), (N, "unclear")])
def test_single(call: Call, expected: str) -> None:
    assert status("single", call) == expected


def test_no_rule_is_unclear_whatever_its_drugs_say() -> None:
    assert status("none", S, S) == "unclear"
    assert regimen_score("none", [make_drug(S)], 0.9) == (None, None)


def test_grade_d_is_not_evaluable_even_with_a_call() -> None:
    assert rule_status("single", [make_drug(S, grade="D")]) == "unclear"
    assert regimen_score("single", [make_drug(S, 0.7, grade="D")], 0.9)[0] == 50.0


def test_probabilities_by_hand() -> None:
    # .5*.4*.2 + .5*.4*.8 + .5*.6*.2 + .5*.4*.2 = .04 + .16 + .06 + .04
    assert rule_probability("two_of_three", np.array([0.5, 0.4, 0.2]), np.zeros(3)) == pytest.approx(0.30)
    # none resistant .8*.9 = .72, of which none sensitive .3*.6 = .18
    pair = rule_probability("pair", np.array([0.5, 0.3]), np.array([0.2, 0.1]))
    assert pair == pytest.approx(0.54)
    assert rule_probability("single", np.array([0.37]), np.array([0.9])) == pytest.approx(0.37)
    # s + r > 1: s gives way to r, so one drug cannot be more than 1 - r sensitive
    assert rule_probability("pair", np.array([0.9, 0.0]), np.array([0.6, 0.0])) == pytest.approx(0.4)


probabilities = st.floats(0.0, 1.0)


@given(st.lists(st.tuples(probabilities, probabilities), min_size=3, max_size=3))
def test_probability_is_the_sum_over_all_outcomes(pairs: list[tuple[float, float]]) -> None:
    """Every outcome of (sensitive, resistant, neither) in turn: an independent way to the same number."""
    split = [(min(s, 1 - r), r) for s, r in pairs]
    s, r = np.array(split).T
    for kind, n in (("two_of_three", 3), ("pair", 2)):
        total = 0.0
        for outcome in itertools.product("sri", repeat=n):
            p = float(np.prod([{"s": a, "r": b, "i": 1 - a - b}[o] for o, (a, b) in zip(outcome, split, strict=False)]))
            met = outcome.count("s") >= 2 if kind == "two_of_three" else "s" in outcome and "r" not in outcome
            total += p * met
        assert rule_probability(kind, s[:n], r[:n]) == pytest.approx(total, abs=1e-12)  # type: ignore[arg-type]


@given(
    st.sampled_from(list(SIZE)), st.lists(st.tuples(probabilities, probabilities), min_size=3, max_size=3), st.data()
)
def test_more_sensitive_or_less_resistant_never_lowers(
    kind: RuleKind, pairs: list[tuple[float, float]], data: st.DataObject
) -> None:
    s, r = np.array(pairs[: SIZE[kind]]).T
    which = data.draw(st.integers(0, len(s) - 1))
    up, down = s.copy(), r.copy()
    up[which] = data.draw(st.floats(s[which], 1.0))
    down[which] = data.draw(st.floats(0.0, r[which]))
    before = rule_probability(kind, s, r)
    assert rule_probability(kind, up, r) >= before - 1e-12
    assert rule_probability(kind, s, down) >= before - 1e-12


def single(sensitive: tuple[float, float, float], reference: list[float]) -> DrugEvidence:
    ref = np.array(reference)
    return DrugEvidence(Call.INTERMEDIATE, "C", sensitive, (0.1, 0.1, 0.1), ref, np.full(len(ref), 0.1))


def test_score_is_the_mid_rank_percentile() -> None:
    # of .1 .2 .2 .4: one below .2 and two equal, so (1 + 2/2)/4
    score, interval = regimen_score("single", [single((0.15, 0.2, 0.3), [0.1, 0.2, 0.2, 0.4])], 0.9)
    assert score == 50.0
    assert interval is not None
    assert (interval.low, interval.high, interval.level) == (25.0, 75.0, 0.9)


def test_pair_interval_sets_low_sensitivity_against_high_resistance() -> None:
    a = DrugEvidence(I, "C", (0.2, 0.4, 0.6), (0.0, 0.2, 0.4), np.array([0.11, 0.13, 0.5, 0.61]), np.zeros(4))
    b = DrugEvidence(I, "C", (0.0, 0.0, 0.0), (0.0, 0.0, 0.0), np.zeros(4), np.zeros(4))
    # b is always intermediate, so the rule's probability is a's s: .2 (r = .4), .4 (r = .2), .6 (r = 0)
    score, interval = regimen_score("pair", [a, b], 0.8)
    assert interval is not None
    assert (interval.low, score, interval.high) == (50.0, 50.0, 75.0)
    # with b sensitive for certain, only a's resistance counts: low end 1 - .4, high end 1 - 0
    sure = DrugEvidence(S, "C", (1.0, 1.0, 1.0), (0.0, 0.0, 0.0), np.ones(4), np.zeros(4))
    a = DrugEvidence(I, "C", (0.2, 0.4, 0.6), (0.0, 0.2, 0.4), np.zeros(4), np.array([0.5, 0.3, 0.1, 0.05]))
    score, interval = regimen_score("pair", [a, sure], 0.8)  # references: .5 .7 .9 .95
    assert interval is not None
    assert (interval.low, score, interval.high) == (25.0, 50.0, 100.0)


@pytest.mark.parametrize("kind", list(SIZE))
def test_regimen_on_dead_drugs_alone_scores_50_of_0_to_100(kind: RuleKind) -> None:
    score, interval = regimen_score(kind, [dead_drug() for _ in range(SIZE[kind])], 0.9)
    assert interval is not None
    assert (score, interval.low, interval.high) == (50.0, 0.0, 100.0)


def test_dead_drug_enters_at_the_base_rate_in_patient_and_reference() -> None:
    ref = [0.1, 0.2, 0.3, 0.9]
    live = single((0.25, 0.25, 0.25), ref)
    drugs = [live, dead_drug(), dead_drug()]
    # P(at least two) = (1/9) + s * (4/9): rises with s alone, so the order of the references is that of s
    assert regimen_score("two_of_three", drugs, 0.9)[0] == 50.0
    third = DrugEvidence(I, "C", (1 / 3,) * 3, (1 / 3,) * 3, np.full(4, 1 / 3), np.full(4, 1 / 3))
    assert regimen_score("two_of_three", [live, third, third], 0.9) == regimen_score("two_of_three", drugs, 0.9)
    pair = DrugEvidence(I, "C", (0.5,) * 3, (0.3,) * 3, np.array(ref), np.full(4, 0.3))
    assert regimen_score("pair", [pair, third], 0.9) == regimen_score("pair", [pair, dead_drug()], 0.9)


@given(
    st.sampled_from(list(SIZE)),
    st.lists(st.tuples(probabilities, probabilities, st.floats(0.0, 0.5)), min_size=3, max_size=3),
)
def test_point_lies_within_its_interval(kind: RuleKind, drugs: list[tuple[float, float, float]]) -> None:
    score, interval = regimen_score(kind, [make_drug(I, s, r, h) for s, r, h in drugs[: SIZE[kind]]], 0.9)
    assert score is not None
    assert interval is not None
    assert 0.0 <= interval.low <= score <= interval.high <= 100.0


def test_impossible_evidence_is_refused() -> None:
    short = DrugEvidence(I, "C", (0.3,) * 3, (0.3,) * 3, np.full(4, 0.3), np.full(4, 0.3))
    with pytest.raises(ArtefactError, match=r"cover \[4, 21\] tumours"):
        regimen_score("pair", [short, make_drug()], 0.9)
    nan = DrugEvidence(I, "C", (0.3,) * 3, (0.3,) * 3, np.array([np.nan]), np.array([0.3]))
    with pytest.raises(ArtefactError, match="outside 0 to 1"):
        regimen_score("single", [nan], 0.9)
    upside_down = DrugEvidence(I, "C", (0.5, 0.4, 0.6), (0.3,) * 3, np.array([0.3]), np.array([0.3]))
    with pytest.raises(ArtefactError, match="within their interval"):
        regimen_score("single", [upside_down], 0.9)
