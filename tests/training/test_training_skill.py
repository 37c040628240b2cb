"""Skill within worlds and over them: by hand, against scipy and scikit-learn."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score

from pancreassign.training import evaluate, skill
from pancreassign.training.skill import World

TARGET = "gemcitabine"


def world(
    name: str, score: np.ndarray, response: np.ndarray, null: np.ndarray | None = None, other: str = "5-FU"
) -> World:
    """A world with the target in its second column; the first is in the way."""
    columns = [other, TARGET]
    null = np.zeros(9) if null is None else null
    return World(
        name,
        pd.DataFrame(np.column_stack([-score, score]), columns=columns),
        pd.DataFrame(np.column_stack([response, response]), columns=columns),
        np.column_stack([np.full(len(null), 0.99), null]),
    )


def pair(seed: int, models: int, noise: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Scores that tell their responses as well as the noise lets them."""
    rng = np.random.default_rng(seed)
    response = rng.normal(size=models)
    return response + noise * rng.normal(size=models), response


def test_correlations_are_averaged_by_the_models_of_each_world() -> None:
    a, b = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]), np.array([2.0, 1.0, 3.0, 4.0, 6.0, 5.0])
    one, two = (a, b), (np.tile(a, 2) + np.repeat([0.0, 10.0], 6), -np.tile(b, 2) - np.repeat([0.0, 10.0], 6))
    figures = skill.figures(TARGET, [world("one", *one), world("two", *two)], 100, 0)
    first, second = 1 - 6 * 4 / (6 * 35), spearmanr(*two).statistic
    assert figures["n"] == 18
    assert figures["worlds"]["one"]["spearman"] == pytest.approx(first)
    assert figures["worlds"]["two"]["spearman"] == pytest.approx(second)
    assert figures["spearman"] == pytest.approx((6 * first + 12 * second) / 18)
    area = [roc_auc_score(evaluate.in_third(response), score) for score, response in (one, two)]
    assert figures["auroc"] == pytest.approx((6 * area[0] + 12 * area[1]) / 18)


def test_worlds_are_never_ranked_together() -> None:
    # the second world lies higher in score and lower in response: pooled, they would contradict each other
    (a, b), (c, d) = pair(0, 20, 0.2), pair(1, 20, 0.2)
    plain = skill.figures(TARGET, [world("one", a, b), world("two", c, d)], 200, 0)
    moved = skill.figures(TARGET, [world("one", a, b), world("two", c, d - 100.0)], 200, 0)
    assert moved == plain
    assert plain["spearman"] > 0.9
    assert spearmanr([*a, *c], [*b, *(d - 100.0)]).statistic < 0.8


def test_models_without_a_response_are_left_out() -> None:
    score, response = pair(2, 30)
    holed = response.copy()
    holed[[3, 11, 29]] = np.nan
    keep = ~np.isnan(holed)
    with_holes = skill.figures(TARGET, [world("one", score, holed)], 200, 4)
    without = skill.figures(TARGET, [world("one", score[keep], response[keep])], 200, 4)
    assert with_holes == without
    assert with_holes["n"] == with_holes["worlds"]["one"]["n"] == 27
    told = world("one", score, holed).of(TARGET)
    assert told[0].tolist() == score[keep].tolist()
    assert told[1].tolist() == response[keep].tolist()


def test_thirds_are_taken_within_each_world() -> None:
    high, low = np.arange(100.0, 109.0), np.arange(12.0)
    sensitive = skill.thirds([(high, high), (low, low)], "sensitive")
    resistant = skill.thirds([(high, high), (low, low)], "resistant")
    assert np.flatnonzero(sensitive).tolist() == [6, 7, 8, 17, 18, 19, 20]
    assert np.flatnonzero(resistant).tolist() == [0, 1, 2, 9, 10, 11, 12]


def test_calibration_takes_the_models_of_all_worlds_and_their_own_thirds() -> None:
    (a, b), (c, d) = pair(3, 21), pair(4, 12)
    table = skill.calibration(TARGET, [world("one", a, b), world("two", c, d + 50.0)], 120, seed=5)
    inside = {third: np.append(evaluate.in_third(b, third), evaluate.in_third(d, third)) for third in THIRDS}
    assert table.equals(evaluate.calibrate(np.append(a, c), inside, 120, 5))
    assert table.iloc[0]["sensitive_slope"] > 0 > table.iloc[0]["resistant_slope"]


THIRDS = ("sensitive", "resistant")


def test_p_counts_the_shuffles_that_do_as_well_and_the_observation_itself() -> None:
    score = np.arange(12.0)
    one = world("one", score, score, np.array([0.2, 1.0, -1.0, 1.0, 0.5, 0.9, 0.0, 0.3, 0.1]))
    assert skill.figures(TARGET, [one], 100, 0)["permutation_p"] == pytest.approx(3 / 10)
    never = world("one", score, score, np.full(99, 0.8))
    assert skill.figures(TARGET, [never], 100, 0)["permutation_p"] == pytest.approx(1 / 100)
    always = world("one", score, -score, np.zeros(99))
    assert skill.figures(TARGET, [always], 100, 0)["permutation_p"] == 1.0


def test_p_over_worlds_averages_each_shuffle_by_the_models() -> None:
    perfect, flat = np.arange(20.0), np.arange(10.0)
    # observed: (20·1 + 10·-1) / 30 = 1/3; by shuffle (20·a + 10·b) / 30
    a, b = np.array([0.8, 0.2, 0.9, 0.0]), np.array([0.0, 0.9, -0.9, 0.9])
    worlds = [world("one", perfect, perfect, a), world("two", flat, -flat, b)]
    figures = skill.figures(TARGET, worlds, 100, 0)
    assert figures["permutation_p"] == pytest.approx((1 + sum((20 * a + 10 * b) / 30 >= 1 / 3)) / 5)
    assert figures["permutation_p"] == pytest.approx(3 / 5)
    assert figures["worlds"]["one"]["permutation_p"] == pytest.approx(1 / 5)
    assert figures["worlds"]["two"]["permutation_p"] == 1.0


def test_the_interval_holds_the_point_and_narrows_with_models() -> None:
    widths = []
    for models in (25, 400):
        score, response = pair(models, models)
        figures = skill.figures(TARGET, [world("one", score, response)], 400, 1)
        for name in ("spearman", "auroc"):
            assert figures[f"{name}_interval"]["low"] < figures[name] < figures[f"{name}_interval"]["high"]
            assert figures[f"{name}_interval"]["level"] == 0.95
        assert figures["worlds"]["one"]["spearman_interval"] == figures["spearman_interval"]
        widths.append(figures["spearman_interval"]["high"] - figures["spearman_interval"]["low"])
    assert widths[0] > 3 * widths[1]
    # the standard error of a correlation of 0.69 among 400 is about (1 - 0.69²) / 20 = 0.026
    assert widths[1] == pytest.approx(2 * 1.96 * 0.026, rel=0.35)


def test_the_bootstrap_draws_models_with_their_response_and_within_each_world() -> None:
    score = np.arange(30.0)
    worlds = [world("one", score, score), world("two", -score, 3 * score)]
    figures = skill.figures(TARGET, worlds, 100, 0)
    # every draw of the first world is in perfect order, of the second reversed: the mean is always 0
    assert figures["spearman_interval"] == {"low": pytest.approx(0.0), "high": pytest.approx(0.0), "level": 0.95}
    assert figures["worlds"]["one"]["spearman_interval"]["low"] == pytest.approx(1.0)
    assert figures["worlds"]["two"]["spearman_interval"]["high"] == pytest.approx(-1.0)


def test_two_worlds_are_known_better_than_either() -> None:
    (a, b), (c, d) = pair(7, 40), pair(8, 40)
    figures = skill.figures(TARGET, [world("one", a, b), world("two", c, d)], 1000, 1)
    both, *each = (
        one["spearman_interval"]["high"] - one["spearman_interval"]["low"]
        for one in (figures, *figures["worlds"].values())
    )
    assert both == pytest.approx(np.mean(each) / np.sqrt(2), rel=0.2)


def test_figures_are_those_of_their_target_and_repeat() -> None:
    score, response = pair(9, 24, 0.3)
    one = world("one", score, response, np.zeros(9))
    own, reversed_ = (skill.figures(target, [one], 100, 3) for target in (TARGET, "5-FU"))
    assert own["spearman"] == pytest.approx(-reversed_["spearman"])
    assert own["permutation_p"] == pytest.approx(0.1)
    assert reversed_["permutation_p"] == 1.0
    assert own == skill.figures(TARGET, [one], 100, 3)
    assert own["spearman_interval"] != skill.figures(TARGET, [one], 100, 4)["spearman_interval"]


def test_brier_is_that_of_all_models_with_the_thirds_of_their_worlds() -> None:
    (a, b), (c, d) = pair(10, 21), pair(11, 15)
    figures = skill.figures(TARGET, [world("one", a, b), world("two", c, d - 9.0)], 100, 0)
    positive = np.append(evaluate.in_third(b), evaluate.in_third(d))
    expected = evaluate.calibration_figures(np.append(a, c), positive)
    assert {name: figures[name] for name in expected} == expected


# --- the null of fixed scores ---


def test_shuffling_within_gives_the_spread_of_a_correlation_without_skill() -> None:
    score, response = pair(12, 30, 0.1)
    one = world("one", score, response)
    null = skill.shuffled_within(one.scores, one.responses, 2000, seed=1)
    assert null.shape == (2000, 2)
    # the standard error of Spearman's correlation is 1 / sqrt(n - 1), its mean 0
    assert null.mean(axis=0) == pytest.approx(np.zeros(2), abs=0.02)
    assert null.std(axis=0) == pytest.approx(np.full(2, 1 / np.sqrt(29)), rel=0.06)
    assert np.abs(np.corrcoef(null.T)[0, 1]) < 0.1, "each target has its own shuffles"
    assert (null == skill.shuffled_within(one.scores, one.responses, 2000, seed=1)).all()
    assert (null != skill.shuffled_within(one.scores, one.responses, 2000, seed=2)).any()


def test_shuffling_moves_known_responses_among_the_models_that_have_one() -> None:
    scores = pd.DataFrame({TARGET: [1.0, 2.0, 3.0, 50.0, 60.0]})
    responses = pd.DataFrame({TARGET: [1.0, 2.0, 3.0, np.nan, np.nan]})
    null = skill.shuffled_within(scores, responses, 300, 0)[:, 0]
    # the six orders of three: 1, two of 0.5, two of -0.5, -1
    values, counts = np.unique(null.round(6), return_counts=True)
    assert values.tolist() == [-1.0, -0.5, 0.5, 1.0]
    assert counts / 300 == pytest.approx([1 / 6, 1 / 3, 1 / 3, 1 / 6], abs=0.08)


def test_reliability_groups_hold_every_model_once_and_turn_out_as_told() -> None:
    parts = [pair(seed, 30, 0.5) for seed in (0, 1)]
    worlds = [world(name, *part) for name, part in zip(("one", "two"), parts, strict=True)]
    groups = skill.reliability(TARGET, worlds)
    assert [group["n"] for group in groups] == [15, 15, 15, 15]
    predicted = [group["predicted"] for group in groups]
    assert predicted == sorted(predicted)
    inside = skill.thirds(parts, "sensitive")
    chances = evaluate.left_out_chances(np.concatenate([score for score, _ in parts]), inside)
    order = np.argsort(chances, kind="stable").reshape(4, 15)
    assert [group["observed"] for group in groups] == pytest.approx(inside[order].mean(axis=1))
    assert groups[-1]["observed"] > groups[0]["observed"]
    assert groups[0]["observed_interval"] == evaluate.wilson(int(inside[order[0]].sum()), 15)


@pytest.mark.parametrize(("positives", "n"), [(0, 10), (5, 10), (10, 10)])
def test_wilsons_interval_holds_the_share_and_stays_within_nought_and_one(positives: int, n: int) -> None:
    ends = evaluate.wilson(positives, n)
    share = positives / n
    assert 0 <= ends["low"] <= share + 1e-12
    assert share - 1e-12 <= ends["high"] <= 1
    # Wilson 1927: the bounds solve (share - p)² = z² p (1 - p) / n
    for bound in {ends["low"], ends["high"]} - {0.0, 1.0}:
        assert (share - bound) ** 2 == pytest.approx(1.959964**2 * bound * (1 - bound) / n, abs=1e-7)


def test_models_of_one_probability_are_one_group_whatever_their_order() -> None:
    chance = np.array([0.2] * 10 + [0.4] * 3 + [0.5] * 7)
    positive = np.arange(20) % 3 == 0
    groups = skill.reliability_groups(chance, positive)
    assert [(group["n"], group["predicted"]) for group in groups] == [(10, 0.2), (10, pytest.approx(0.47))]
    order = np.random.default_rng(0).permutation(20)
    mixed = skill.reliability_groups(chance[order], positive[order])
    assert [group["observed"] for group in mixed] == pytest.approx([group["observed"] for group in groups])
    alone = skill.reliability_groups(np.full(20, 1 / 3), positive)
    assert [group["n"] for group in alone] == [20]
