"""Figures of a response validation against hand-computed and independent ones."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from scipy.stats import norm, spearmanr
from sklearn.metrics import auc
from validation_factory import correlated, found, made, tidy, write_summary

from pancreassign.training.evaluate import wilson
from pancreassign.validation import response_figures as measure
from pancreassign.validation import units


def test_the_interval_of_spearman_is_that_of_fishers_z(tmp_path: Path) -> None:
    one = made(tmp_path, *correlated(200, 0.5))
    picks = units.resample(units.patients_of(one.joined), measure.DRAWS, measure.SEED)
    interval = measure.ranking(one, measure.rank_draws(one, picks))["spearman"]
    z, half = math.atanh(interval["value"]), 1.96 * 1.06 / math.sqrt(197)  # 1.06: Spearman's variance (Fieller 1957)
    assert interval["low"] == pytest.approx(math.tanh(z - half), abs=0.03)
    assert interval["high"] == pytest.approx(math.tanh(z + half), abs=0.03)
    assert interval["level"] == 0.95


def test_the_detectable_correlation_is_found_four_times_in_five() -> None:
    n = 40
    reach = math.tanh((norm.ppf(0.975) + norm.ppf(0.8)) / math.sqrt(n - 3))
    hits = [spearmanr(*correlated(n, reach, seed)).pvalue < 0.05 for seed in range(600)]
    assert np.mean(hits) == pytest.approx(0.8, abs=0.08)


def test_detectable_spearman(tmp_path: Path) -> None:
    one = made(tmp_path, *correlated(123, 0.2))
    draws = {key: np.zeros(1) for key in ("spearman", "auroc")}
    assert measure.ranking(one, draws)["detectable_spearman"] == pytest.approx(0.25, abs=0.002)  # findings: 123 models


def test_auroc_counts_pairs(tmp_path: Path) -> None:
    one = made(tmp_path, *correlated(30, 0.5))
    score = measure.scores_of(one)
    pairs = [a > b for a in score[one.positive] for b in score[~one.positive]]
    figures = measure.ranking(one, {"spearman": np.ones(3), "auroc": np.ones(3)})
    assert figures["auroc"]["value"] == pytest.approx(np.mean(pairs))
    assert one.positive.sum() == one.negative.sum() == 10
    assert one.better[one.positive].min() > one.better[~one.positive].max()
    assert one.better[one.negative].max() < one.better[~one.negative].min()


def test_permutation_p_is_uniform_without_skill_and_small_with(tmp_path: Path) -> None:
    assert run_p(tmp_path, 0.7) == pytest.approx(1 / 2000)
    chance = [run_p(tmp_path, 0.0, seed) for seed in range(40)]
    assert 0.3 < np.mean(chance) < 0.7
    assert sum(p < 0.05 for p in chance) <= 6  # 2 expected; binomial tail beyond 6 is 0.3 %


def run_p(folder: Path, rho: float, seed: int = 1) -> float:
    draws = {"spearman": np.zeros(1), "auroc": np.zeros(1)}
    p: float = measure.ranking(made(folder, *correlated(40, rho, seed)), draws)["permutation_p"]
    return p


def test_calls_by_hand(tmp_path: Path) -> None:
    # thirds of 12: the 4 best are sensitive, the 4 worst resistant
    words = {"s": "sensitive", "i": "intermediate", "r": "resistant", "-": "not_evaluable"}
    said = [words[letter] for letter in "sssris-rrrir"]
    better = [float(12 - place) for place in range(12)]
    one = made(tmp_path, better, better, gemcitabine_call=said)
    calls = measure.calls(one)
    assert calls["available"]
    assert calls["n"] == 11
    assert [calls["sensitive"][key] for key in ("tp", "fp", "fn", "tn")] == [3, 1, 1, 6]
    assert [calls["resistant"][key] for key in ("tp", "fp", "fn", "tn")] == [3, 2, 1, 5]
    assert calls["sensitive"]["sensitivity"] == {"value": 0.75, **wilson(3, 4)}
    assert calls["sensitive"]["specificity"] == {"value": 6 / 7, **wilson(6, 7)}
    assert calls["resistant"]["ppv"] == {"value": 0.6, **wilson(3, 5)}
    assert calls["resistant"]["npv"] == {"value": 5 / 6, **wilson(5, 6)}


def test_wilson_as_published() -> None:
    assert (wilson(81, 263)["low"], wilson(81, 263)["high"]) == pytest.approx(
        (0.2553, 0.3662), abs=5e-5
    )  # Newcombe 1998


def test_without_a_call_the_base_rate_is_no_call(tmp_path: Path) -> None:
    score = [3.0, 2.0, 1.0, *[-1.0 - place for place in range(9)]]
    one = made(tmp_path, score, [float(-place) for place in range(12)])
    calls = measure.calls(one)
    assert not calls["available"]
    assert calls["why"] == "every call is not_evaluable"
    above = (one.joined["probability"] > 1 / 3).to_numpy()
    assert [calls["sensitive"][key] for key in ("tp", "fp", "fn", "tn")] == [
        (above & one.positive).sum(), (above & ~one.positive).sum(),
        (~above & one.positive).sum(), (~above & ~one.positive).sum(),
    ]  # fmt: skip
    assert calls["sensitive"]["tp"] == 3
    one.joined["evidence"] = "D"
    assert measure.calls(one)["why"] == "every call is not_evaluable (evidence grade D)"
    one.joined.loc["S000", "qc"] = "fail"
    assert measure.calls(one)["why"].endswith("(evidence grade D; 1 of 12 samples failed quality)")
    one.joined["probability"] = 0.333333  # a flat curve as a record holds it: nobody is above
    assert measure.calls(one)["sensitive"]["tp"] == measure.calls(one)["sensitive"]["fp"] == 0


def test_calibration_against_another_fit(tmp_path: Path) -> None:
    one = made(tmp_path, *correlated(120, 0.5))
    figures = measure.calibration(one, units.resample(units.patients_of(one.joined), measure.DRAWS, measure.SEED))
    assert figures is not None
    p, y = one.joined["probability"].to_numpy(), one.positive.astype(float)
    logit = np.log(p / (1 - p))

    def loss(terms: np.ndarray) -> float:
        eta = terms[0] + (terms[1] if len(terms) == 2 else 1.0) * logit
        return float(np.sum(np.logaddexp(0.0, eta) - y * eta))

    free, shift = minimize(loss, [0.0, 1.0], method="BFGS"), minimize(loss, [0.0], method="BFGS")
    assert figures["slope"]["value"] == pytest.approx(free.x[1], abs=1e-3)
    assert figures["intercept"]["value"] == pytest.approx(shift.x[0], abs=1e-3)
    at = 1 / (1 + np.exp(-(free.x[0] + free.x[1] * logit)))
    design = np.column_stack([np.ones_like(logit), logit])
    error = math.sqrt(np.linalg.inv((design * (at * (1 - at))[:, None]).T @ design)[1, 1])
    assert figures["slope"]["high"] - figures["slope"]["low"] == pytest.approx(2 * 1.959964 * error, rel=1e-3)
    assert figures["brier"]["value"] == pytest.approx(np.mean((p - y) ** 2))
    assert figures["brier"]["low"] < figures["brier"]["value"] < figures["brier"]["high"]
    assert figures["brier_base_rate"] == pytest.approx(2 / 9)
    assert sum(group["n"] for group in figures["groups"]) == 120
    assert figures["groups"][0]["predicted"] < figures["groups"][-1]["predicted"]


@pytest.mark.parametrize("probability", [0.3, [0.1] * 20 + [0.9] * 10])
def test_a_slope_that_does_not_exist(tmp_path: Path, probability: float | list[float]) -> None:
    order = [float(place) for place in range(30)]
    one = made(tmp_path, order, order)
    one.joined["probability"] = probability
    figures = measure.calibration(one, units.resample(units.patients_of(one.joined), measure.DRAWS, measure.SEED))
    assert figures is not None
    assert figures["slope"] is None


def test_net_benefit_by_hand(tmp_path: Path) -> None:
    order = [float(place) for place in range(12)]  # the last four are positive
    one = made(tmp_path, order, order)
    one.joined["probability"] = [0.1, 0.1, 0.1, 0.1, 0.1, 0.5, 0.2, 0.1, 0.1, 0.5, 0.5, 0.2]
    curve = measure.net_benefit(one, units.resample(units.patients_of(one.joined), measure.DRAWS, measure.SEED))
    assert curve is not None
    assert [point["threshold"] for point in curve] == pytest.approx(np.arange(0.1, 0.61, 0.05))
    at = {round(point["threshold"], 2): point for point in curve}
    assert at[0.2]["treated"] == 5  # a probability at the threshold is treated
    assert at[0.2]["model"]["value"] == pytest.approx(3 / 12 - 2 / 12 * 0.25)
    assert at[0.2]["all"] == pytest.approx(4 / 12 - 8 / 12 * 0.25)
    assert at[0.5]["model"]["value"] == pytest.approx(2 / 12 - 1 / 12)
    assert at[0.5]["gain"]["value"] == pytest.approx(1 / 12)  # treating none is the better of the two others
    assert at[0.1]["model"]["value"] == pytest.approx(at[0.1]["all"])
    assert at[0.6]["model"] == {"value": 0.0, "low": 0.0, "high": 0.0, "level": 0.95}
    assert all(point["none"] == 0 for point in curve)


def test_roc_ends_at_both_corners_and_encloses_the_auroc(tmp_path: Path) -> None:
    score, better = correlated(30, 0.4)
    one = made(tmp_path, [round(value) for value in score], better)  # with ties
    false, true = np.array(measure.roc(one)).T
    assert (false[0], true[0], false[-1], true[-1]) == (0.0, 0.0, 1.0, 1.0)
    area = measure.ranking(one, {"spearman": np.ones(1), "auroc": np.ones(1)})["auroc"]["value"]
    assert auc(false, true) == pytest.approx(area)


RECIST = [
    "PD",
    "sd",
    "PR",
    "CR",
    "NE",
    "Progressive Disease",
    "Stable disease",
    "partial response",
    "PD",
    "SD",
    "CR",
    "PD",
]


def test_recist(tmp_path: Path) -> None:
    better = {"PD": 0, "SD": 1, "PR": 2, "CR": 3}
    score = [0.1 * place for place in range(12)]
    one = found(
        write_summary(tmp_path / "s.tsv", {"gemcitabine": score}),
        tidy(tmp_path / "r.tsv", RECIST),
    )
    said = [one for one in RECIST if one != "NE"]
    short = ["".join(word[0] for word in one.split()).upper() if " " in one else one.upper() for one in said]
    assert one.better.tolist() == [better[word] for word in short]
    assert one.positive.tolist() == [word in ("CR", "PR") for word in short]
    assert one.negative.tolist() == [word == "PD" for word in short]
    assert one.kind == "recist"
    assert one.flow.left_out == {"response not evaluable (NE)": ["S004"]}


@pytest.mark.parametrize(("border", "tied"), [(8.0, True), (7.5, False)])
def test_a_tie_on_the_border_of_a_third_is_said(tmp_path: Path, border: float, tied: bool) -> None:
    better = [*[float(place) for place in range(7)], border, 8.0, 9.0, 10.0, 11.0]
    assert made(tmp_path, correlated(12, 0.0)[0], better).tied is tied


def test_no_slope_where_the_outcomes_meet_in_one_value_alone() -> None:
    """Quasi-separation: the likelihood grows without end, and a number would be where the search stopped."""
    logit = np.array([-1.0] * 6 + [0.0] * 8 + [1.0] * 6)
    positive = np.array([False] * 6 + [False, True] * 4 + [True] * 6)
    patients = pd.Series(range(20)).astype(str)
    assert measure._slope(logit, positive, patients) is None
    assert measure._slope(-logit, positive, patients) is None
    crossed = np.where(np.arange(20) == 19, -1.0, logit)
    assert measure._slope(crossed, positive, patients) is not None
