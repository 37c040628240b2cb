"""Several samples of one patient: no figure of `validate response` may take them for as many patients."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from validation_factory import call, correlated, made, names, numbers, run, write_summary

from pancreassign.training.evaluate import wilson
from pancreassign.training.skill import shuffled_within
from pancreassign.validation import response_figures as measure
from pancreassign.validation import units
from pancreassign.validation.responses import Responses

THRICE = 3


def thrice(folder: Path, score: list[float], better: list[float]) -> tuple[Responses, Responses]:
    """A cohort of one sample a patient, and the same with every sample three times, of the same patient."""
    n = len(score)
    words = ["sensitive" if value > 0.4 else "resistant" if value < -0.4 else "intermediate" for value in score]
    once = made(folder, score, better, gemcitabine_call=words)
    again = made(
        folder,
        [value for value in score for _ in range(THRICE)],
        [value for value in better for _ in range(THRICE)],
        patient=[f"P{place}" for place in range(n) for _ in range(THRICE)],
        gemcitabine_call=[word for word in words for _ in range(THRICE)],
    )
    return once, again


def ranking(one: Responses) -> dict[str, Any]:
    picks = units.resample(units.patients_of(one.joined), measure.DRAWS, measure.SEED)
    return measure.ranking(one, measure.rank_draws(one, picks))


def calibrated(one: Responses) -> dict[str, Any]:
    picks = units.resample(units.patients_of(one.joined), measure.DRAWS, measure.SEED)
    figures = measure.calibration(one, picks)
    assert figures is not None
    return figures


def test_samples_of_one_patient_are_drawn_together() -> None:
    patients = pd.Series(["A", "A", "B", "C"])
    for pick in units.resample(patients, 200, 0):
        assert np.count_nonzero(pick == 0) == np.count_nonzero(pick == 1)
        assert 3 <= len(pick) <= 6
    own = units.resample(pd.Series(list("ABCD")), 2000, 0)
    assert np.mean([len(set(pick)) for pick in own]) == pytest.approx(4 * (1 - 0.75**4), abs=0.05)


@pytest.mark.parametrize(("sizes", "worth"), [((1, 1, 1), 3.0), ((2, 2), 2.0), ((3, 1), 1.6), ((5,), 1.0)])
def test_samples_are_worth_as_many_patients(sizes: tuple[int, ...], worth: float) -> None:
    patients = pd.Series([f"P{place}" for place, size in enumerate(sizes) for _ in range(size)])
    assert units.effective(patients) == worth
    assert units.several(patients) == (len(patients) > len(sizes))


def test_one_sample_a_patient_is_shuffled_as_samples_are() -> None:
    score, better = (np.array(values) for values in correlated(25, 0.4))
    null = units.shuffled(score, better, pd.Series(names(25)), 300, 0)
    expected = shuffled_within(pd.DataFrame({"r": score}), pd.DataFrame({"r": better}), 300, 0)[:, 0]
    assert (null == expected).all()


def test_responses_of_a_patient_go_together_to_one_with_as_many_samples() -> None:
    patients = pd.Series(list("AABCCDDEE"))
    whole = {"A": {0, 1}, "C": {3, 4}, "D": {5, 6}, "E": {7, 8}}
    marks = np.arange(9.0)
    seen = set()
    for seed in range(40):
        null = units.shuffled(marks, marks, patients, 1, seed)
        order = np.empty(9, dtype=int)
        rng = np.random.default_rng(seed)
        for block in (np.array([[2]]), np.array([[0, 1], [3, 4], [5, 6], [7, 8]])):  # B alone; then those with two
            order[block] = block[rng.permutation(len(block))]
        assert {frozenset(order[sorted(own)]) for own in whole.values()} == {frozenset(own) for own in whole.values()}
        assert order[2] == 2
        assert null[0] == pytest.approx(np.corrcoef(marks, marks[order])[0, 1])
        seen.add(tuple(order))
    assert 15 < len(seen) <= units.arrangements(patients) == 24


def test_a_cohort_three_times_over_is_no_larger(tmp_path: Path) -> None:
    once, again = thrice(tmp_path, *correlated(24, 0.35))
    one, three = ranking(once), ranking(again)
    assert three["spearman"]["value"] == pytest.approx(one["spearman"]["value"])
    assert three["permutation_p"] == one["permutation_p"] > 0.01
    assert three["detectable_spearman"] == pytest.approx(one["detectable_spearman"])
    again.joined["patient"] = None
    assert ranking(again)["permutation_p"] < one["permutation_p"] / 2, "what samples alone would say"


def test_shares_of_a_cohort_three_times_over_have_the_same_intervals(tmp_path: Path) -> None:
    once, again = thrice(tmp_path, *correlated(24, 0.35))
    one, three = measure.calls(once), measure.calls(again)
    assert three["sensitive"]["tp"] == THRICE * one["sensitive"]["tp"] > 0
    for said in ("sensitive", "resistant"):
        for name in ("sensitivity", "specificity", "ppv", "npv"):
            assert three[said][name] == pytest.approx(one[said][name]), (said, name)


def test_a_share_of_none_or_all_is_not_sure() -> None:
    patients = pd.Series(["A"] * 8 + ["B"] * 2)
    found = measure.share(np.ones(10, dtype=bool), patients)
    worth = 100 / 68
    assert found == pytest.approx({"value": 1.0, **wilson(worth, worth)})
    assert found["low"] < 0.35


def test_calibration_of_a_cohort_three_times_over(tmp_path: Path) -> None:
    once, again = thrice(tmp_path, *correlated(60, 0.5))
    one, three = calibrated(once), calibrated(again)
    assert three["observed"] == pytest.approx(one["observed"])
    for name in ("intercept", "slope"):
        assert three[name]["value"] == pytest.approx(one[name]["value"], abs=1e-3)
        width = [figures[name]["high"] - figures[name]["low"] for figures in (one, three)]
        assert width[1] == pytest.approx(width[0], rel=0.3)  # by samples it would be 0.58 of it
    assert [group["n"] for group in three["groups"]] == [THRICE * group["n"] for group in one["groups"]]
    for left, right in zip(one["groups"], three["groups"], strict=True):
        assert right["observed_interval"] == pytest.approx(left["observed_interval"])


def test_the_calibrations_slope_by_patient_is_that_of_another_computation(tmp_path: Path) -> None:
    _, again = thrice(tmp_path, *correlated(60, 0.5))
    p, y = again.joined["probability"].to_numpy(), again.positive.astype(float)
    design = np.column_stack([np.ones_like(p), np.log(p / (1 - p))])
    terms = np.zeros(2)
    for _ in range(50):
        at = 1 / (1 + np.exp(-design @ terms))
        information = (design * (at * (1 - at))[:, None]).T @ design
        terms += np.linalg.solve(information, design.T @ (y - at))
    residuals = (design * (y - at)[:, None]).reshape(60, THRICE, 2).sum(axis=1)  # samples are in the patients' order
    meat = sum(np.outer(own, own) for own in residuals) * 60 / 59
    bread = np.linalg.inv(information)
    error = math.sqrt((bread @ meat @ bread)[1, 1])
    slope = calibrated(again)["slope"]
    assert slope["high"] - slope["value"] == pytest.approx(2.0017 * error, rel=2e-3)  # t table, 58 degrees


def test_without_skill_p_is_small_no_more_often_than_it_says() -> None:
    rng = np.random.default_rng(3)
    patients = pd.Series([f"P{place // THRICE}" for place in range(45)])
    small = {"patients": 0, "samples": 0}
    for seed in range(60):
        score, better = (np.repeat(rng.normal(size=15), THRICE) + 0.3 * rng.normal(size=45) for _ in range(2))
        observed = measure.spearman(score, better)
        for unit, own in (("patients", patients), ("samples", pd.Series(names(45)))):
            null = units.shuffled(score, better, own, 199, seed)
            small[unit] += int(measure.one_sided_p(null, float(observed)) <= 0.05)
    assert small["patients"] <= 8  # 3 expected; binomial tail beyond 8 is 0.3 %
    assert small["samples"] > 8


def cohort(folder: Path, sizes: list[int]) -> tuple[Path, Path]:
    """Tables of patients with so many samples each."""
    score, better = correlated(sum(sizes), 0.3)
    patient = [f"P{place}" for place, size in enumerate(sizes) for _ in range(size)]
    return write_summary(folder / "s.tsv", {"gemcitabine": score}, patient=patient), numbers(
        folder / "r.tsv", better, "sensitive"
    )


def test_the_report_says_what_the_unit_is(tmp_path: Path) -> None:
    figures = run(tmp_path, *cohort(tmp_path, [2] * 12 + [1] * 6))
    assert (figures["n"], figures["patients"]) == (30, 18)
    assert figures["effective_patients"] == pytest.approx(30**2 / (12 * 4 + 6), rel=1e-5)
    assert any("30 samples of 18 patients" in said for said in figures["warnings"])
    assert not any("ways" in said for said in figures["warnings"])
    single = run(tmp_path, *cohort(tmp_path, [1] * 30))
    assert single["effective_patients"] == single["patients"] == 30
    assert not any("several samples" in said for said in single["warnings"])


def test_the_command_says_who_is_left_out_and_what_to_mind(tmp_path: Path) -> None:
    summary, response = cohort(tmp_path, [2] * 12 + [1] * 6)
    table = pd.read_csv(response, sep="\t")
    table.iloc[1:].to_csv(response, sep="\t", index=False)
    done = call("--scores", summary, "--response", response, "-o", tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert "gemcitabine: left out, scored, but not in the table: S000" in done.stderr
    assert "gemcitabine: mind: some patients gave several samples (29 samples of 18 patients)" in done.stderr


@pytest.mark.parametrize(
    ("sizes", "words"),
    [(list(range(1, 11)), "cannot be shuffled, and the permutation p is 1"), ([2, 2, *range(3, 11)], "never below")],
)
def test_few_ways_of_shuffling_are_said(tmp_path: Path, sizes: list[int], words: str) -> None:
    figures = run(tmp_path, *cohort(tmp_path, sizes))
    assert any(words in said for said in figures["warnings"])
    assert figures["permutation_p"] >= 0.4


def test_a_cohort_dominated_by_one_patient_shows_nothing_and_says_so(tmp_path: Path) -> None:
    sizes = [60, *[1] * 9]
    figures = run(tmp_path, *cohort(tmp_path, sizes))
    assert figures["effective_patients"] < 3
    assert figures["detectable_spearman"] is None


def test_fewer_than_ten_patients_are_refused_however_many_their_samples(tmp_path: Path) -> None:
    summary, response = cohort(tmp_path, [4] * 9)
    done = call("--scores", summary, "--response", response, "-o", tmp_path / "out")
    assert done.exit_code == 2
    assert "leaves 36 samples of 9 patients" in done.output
    assert "10 patients are needed" in done.output


def test_a_subgroup_of_few_patients_is_counted_and_not_judged(tmp_path: Path) -> None:
    summary, _ = cohort(tmp_path, [2] * 8 + [1] * 12)
    site = ["liver"] * 16 + ["lung"] * 12
    response = numbers(tmp_path / "r.tsv", correlated(28, 0.3)[1], "sensitive", site=site)
    groups = run(tmp_path, summary, response, "--subgroup", "site")["subgroups"]["site"]
    assert (groups["liver"]["n"], groups["liver"]["patients"], groups["liver"]["spearman"]) == (16, 8, None)
    assert groups["lung"]["spearman"] is not None
