"""The honest evaluation: against scipy and scikit-learn, on planted signal and on noise."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, roc_auc_score

from pancreassign.training import evaluate
from pancreassign.training.models import Ridge

FAMILY = Ridge([0.3, 3.0])
LOGIT_THIRD = np.log(0.5)


def world(seed: int, models: int = 40, genes: int = 60, signal: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Expression, and one response that its first ten genes decide."""
    rng = np.random.default_rng(seed)
    latent = rng.normal(size=models)
    expression = rng.normal(size=(models, genes))
    expression[:, :10] += 2 * latent[:, None]
    return expression, (signal * latent + 0.5 * rng.normal(size=models))[:, None]


# --- Spearman, AUROC, thirds ---


def test_spearman_against_scipy_with_ties_and_several_columns() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 6, (25, 4)).astype(float), rng.normal(size=(25, 4))
    found = evaluate.spearman(a, b)
    assert found == pytest.approx([spearmanr(a[:, k], b[:, k]).statistic for k in range(4)])
    assert float(evaluate.spearman(a[:, 0], b[:, 0])) == pytest.approx(found[0])


def test_spearman_by_hand() -> None:
    a = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    assert float(evaluate.spearman(a, np.exp(a))) == pytest.approx(1.0)
    assert float(evaluate.spearman(a, -a)) == pytest.approx(-1.0)
    # d² = 1 + 1 + 0 + 1 + 1: rho = 1 - 6·4 / (5·24)
    assert float(evaluate.spearman(a, np.array([2.0, 1.0, 3.0, 5.0, 4.0]))) == pytest.approx(0.8)


def test_spearman_of_a_constant_column_is_zero() -> None:
    a = np.column_stack([np.full(5, 3.0), np.arange(5.0)])
    assert evaluate.spearman(a, np.column_stack([np.arange(5.0)] * 2)).tolist() == [0.0, 1.0]


def test_auroc_against_scikit_learn_with_ties() -> None:
    rng = np.random.default_rng(1)
    for _ in range(5):
        score, positive = rng.integers(0, 8, 30).astype(float), rng.random(30) < 0.4
        assert evaluate.auroc(score, positive) == pytest.approx(roc_auc_score(positive, score))


def test_auroc_direction_and_empty_class() -> None:
    positive = np.array([False, False, True, True])
    assert evaluate.auroc(np.array([1.0, 2.0, 3.0, 4.0]), positive) == 1.0
    assert evaluate.auroc(np.array([4.0, 3.0, 2.0, 1.0]), positive) == 0.0
    assert np.isnan(evaluate.auroc(np.arange(4.0), np.zeros(4, dtype=bool)))
    assert np.isnan(evaluate.auroc(np.arange(4.0), np.ones(4, dtype=bool)))


@pytest.mark.parametrize(("models", "third"), [(9, 3), (10, 3), (11, 4), (20, 7), (39, 13)])
def test_thirds_have_a_third_of_the_models_in_the_right_direction(models: int, third: int) -> None:
    sensitivity = np.random.default_rng(models).permutation(np.arange(float(models)))
    sensitive = evaluate.in_third(sensitivity)
    resistant = evaluate.in_third(sensitivity, "resistant")
    assert sorted(sensitivity[sensitive]) == list(range(models - third, models))
    assert sorted(sensitivity[resistant]) == list(range(third))


def test_no_model_is_in_both_thirds_however_many_are_tied() -> None:
    for sensitivity in (np.zeros(12), np.array([0.0] * 5 + [1.0] * 20 + [2.0] * 5)):
        sensitive, resistant = (evaluate.in_third(sensitivity, third) for third in ("sensitive", "resistant"))
        assert sensitive.sum() == resistant.sum() == len(sensitivity) // 3
        assert not (sensitive & resistant).any()


def test_ties_at_the_edge_still_give_exactly_a_third() -> None:
    sensitivity = np.array([0.0, 1.0, 1.0, 1.0, 1.0, 2.0])
    assert evaluate.in_third(sensitivity).sum() == 2
    assert evaluate.in_third(sensitivity)[5]
    assert evaluate.in_third(sensitivity, "resistant").sum() == 2
    assert evaluate.in_third(sensitivity, "resistant")[0]


# --- out of fold ---


def test_splits_test_every_model_once_a_repeat() -> None:
    folds = list(evaluate.splits(11, 4, 3, seed=5))
    assert len(folds) == 12
    for repeat in range(3):
        tested = np.concatenate([test for _, test in folds[4 * repeat : 4 * repeat + 4]])
        assert sorted(tested) == list(range(11))
    assert all(not set(train) & set(test) for train, test in folds)
    assert not np.array_equal(folds[0][1], folds[4][1]), "each repeat shuffles anew"
    again = list(evaluate.splits(11, 4, 3, seed=5))
    assert all(np.array_equal(a[1], b[1]) for a, b in zip(folds, again, strict=True))


def test_out_of_fold_finds_a_planted_signal_in_the_right_direction() -> None:
    expression, sensitivity = world(0)
    scores = evaluate.out_of_fold(expression, sensitivity, FAMILY, 5, 2, 1)
    assert scores.shape == (40, 1)
    assert spearmanr(scores[:, 0], sensitivity[:, 0]).statistic > 0.6
    turned = evaluate.out_of_fold(expression, -sensitivity, FAMILY, 5, 2, 1)
    assert turned == pytest.approx(-scores)


@pytest.mark.parametrize("absurd", [1e9, -1e9])
def test_out_of_fold_never_sees_the_response_of_the_model_it_scores(absurd: float) -> None:
    expression, sensitivity = world(1)
    scores = evaluate.out_of_fold(expression, sensitivity, FAMILY, 8, 2, 1)[:, 0]
    for model in (0, 17, 39):
        changed = sensitivity.copy()
        changed[model] = absurd
        after = evaluate.out_of_fold(expression, changed, FAMILY, 8, 2, 1)[:, 0]
        assert after[model] == scores[model]
        assert (after != scores).sum() > 20, "the others are trained on it"


def test_out_of_fold_never_uses_the_expression_of_the_models_it_tests() -> None:
    # were genes standardised over all models, one absurd test model would change the scores of its whole fold
    expression, sensitivity = world(2)
    scores = evaluate.out_of_fold(expression, sensitivity, FAMILY, 5, 1, 1)[:, 0]
    (test,) = (test for _, test in evaluate.splits(40, 5, 1, 1) if 3 in test)
    changed = expression.copy()
    changed[3] += 1e6
    after = evaluate.out_of_fold(changed, sensitivity, FAMILY, 5, 1, 1)[:, 0]
    companions = test[test != 3]
    assert after[companions].tolist() == scores[companions].tolist()


@pytest.mark.parametrize("repeats", [1, 3])
def test_out_of_fold_of_leave_one_out_is_a_plain_loop(repeats: int) -> None:
    expression, sensitivity = world(3, models=12, genes=15)
    scores = evaluate.out_of_fold(expression, sensitivity, FAMILY, 12, repeats, 4)
    for model in range(12):
        rest = np.delete(expression, model, 0)
        weights, _ = FAMILY.fit(rest, np.delete(sensitivity, model, 0))
        z = (expression[model] - rest.mean(axis=0)) / rest.std(axis=0, ddof=1)
        assert scores[model, 0] == pytest.approx(z @ weights[:, 0])


def test_pure_noise_has_no_skill_and_no_negative_bias() -> None:
    found = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        expression, sensitivity = rng.normal(size=(30, 40)), rng.normal(size=(30, 4))
        scores = evaluate.out_of_fold(expression, sensitivity, Ridge([3.0]), 5, 1, seed)
        found.extend(spearmanr(scores[:, k], sensitivity[:, k]).statistic for k in range(4))
    # 240 correlations of sd about 0.2, so their mean has a standard error of about 0.014; adding a training
    # mean back, or sharing anything fitted between the folds, shows here
    assert abs(np.mean(found)) < 0.05
    assert np.std(found) < 0.3


# --- calibration ---


def test_logistic_against_scikit_learn_on_the_unscaled_score() -> None:
    rng = np.random.default_rng(4)
    score = rng.normal(3.0, 0.2, 60)
    positive = rng.random(60) < 1 / (1 + np.exp(-10 * (score - 3.1)))
    intercept, slope = evaluate.logistic(score, positive)
    z = (score - score.mean()) / score.std()
    model = LogisticRegression(C=1.0).fit(z[:, None], positive)
    expected = model.predict_proba(z[:, None])[:, 1]
    assert 1 / (1 + np.exp(-(intercept + slope * score))) == pytest.approx(expected, abs=1e-9)
    assert slope > 0


def test_logistic_follows_the_data_and_directed_forbids_the_wrong_way() -> None:
    score, positive = np.arange(12.0), np.arange(12) >= 8
    up, down = evaluate.logistic(score, positive), evaluate.logistic(score, ~positive)
    assert up[1] > 0 > down[1]
    assert evaluate.directed(up, 1.0) == up
    assert evaluate.directed(down, -1.0) == down
    for curve, direction in ((up, -1.0), (down, 1.0)):
        assert evaluate.directed(curve, direction) == (pytest.approx(LOGIT_THIRD), 0.0)


@pytest.mark.parametrize("case", ["constant score", "all positive", "none positive"])
def test_logistic_that_cannot_be_fitted_is_the_base_rate(case: str) -> None:
    score = np.zeros(6) if case == "constant score" else np.arange(6.0)
    positive = np.arange(6) > 3 if case == "constant score" else np.full(6, case == "all positive")
    assert evaluate.logistic(score, positive) == (pytest.approx(LOGIT_THIRD), 0.0)


def test_calibrate_has_the_fit_first_and_then_its_refits() -> None:
    rng = np.random.default_rng(5)
    score = rng.normal(size=40)
    sensitivity = score[:, None] + 2 * rng.normal(size=(40, 1))
    table = evaluate.calibrate(score, sensitivity[:, 0], 150, seed=2)
    assert list(table.index) == list(range(151))
    assert table.index.name == "draw"
    order = np.argsort(sensitivity[:, 0])
    sensitive, resistant = (np.isin(np.arange(40), part) for part in (order[-13:], order[:13]))
    fit = table.iloc[0]
    assert (fit.sensitive_intercept, fit.sensitive_slope) == evaluate.logistic(score, sensitive)
    assert (fit.resistant_intercept, fit.resistant_slope) == evaluate.logistic(score, resistant)
    assert fit.sensitive_slope > 0 > fit.resistant_slope
    assert table["sensitive_slope"].iloc[1:].std() > 0.01
    low, high = table["sensitive_slope"].iloc[1:].quantile([0.05, 0.95])
    assert low < fit.sensitive_slope < high
    assert table.equals(evaluate.calibrate(score, sensitivity[:, 0], 150, seed=2))
    assert not table.equals(evaluate.calibrate(score, sensitivity[:, 0], 150, seed=3))


def test_calibrate_flattens_a_fit_that_runs_the_wrong_way_but_keeps_its_refits() -> None:
    rng = np.random.default_rng(12)
    score = rng.normal(size=30)
    table = evaluate.calibrate(-score, score + rng.normal(size=30), 100, seed=1)
    fit = table.iloc[0]
    assert (fit.sensitive_slope, fit.resistant_slope) == (0.0, 0.0)
    assert fit.sensitive_intercept == fit.resistant_intercept == pytest.approx(LOGIT_THIRD)
    # that they contradict the direction belongs in the interval
    assert table["sensitive_slope"].iloc[1:].median() < -0.3
    assert table["resistant_slope"].iloc[1:].median() > 0.3


def test_calibration_figures_of_a_score_that_knows() -> None:
    rng = np.random.default_rng(6)
    sensitivity = rng.normal(size=90)
    figures = evaluate.calibration_figures(sensitivity + 0.5 * rng.normal(size=90), sensitivity)
    positive = evaluate.in_third(sensitivity)
    assert figures["brier_base_rate"] == pytest.approx(brier_score_loss(positive, np.full(90, 1 / 3)))
    assert figures["brier_base_rate"] == pytest.approx(2 / 9)
    assert figures["brier"] is not None
    assert figures["brier"] < 0.15
    assert figures["calibration_slope"] == pytest.approx(1.2, abs=0.4)


@pytest.mark.parametrize("score", [np.zeros(30), -np.arange(30.0)])
def test_calibration_figures_of_no_skill_are_those_of_the_base_rate(score: np.ndarray) -> None:
    figures = evaluate.calibration_figures(score, np.arange(30.0))
    assert figures["brier"] == pytest.approx(figures["brier_base_rate"])
    assert figures["calibration_slope"] is None


def test_brier_of_folds_by_hand() -> None:
    score, sensitivity = np.random.default_rng(7).normal(size=(2, 12))
    figures = evaluate.calibration_figures(score + sensitivity, sensitivity)
    whole = evaluate.logistic(score + sensitivity, evaluate.in_third(sensitivity))
    chances = 1 / (1 + np.exp(-(whole[0] + whole[1] * (score + sensitivity))))
    # curves that saw the model they predict look better than those that did not
    assert figures["brier"] is not None
    assert figures["brier"] > brier_score_loss(evaluate.in_third(sensitivity), chances)


# --- intervals, permutations, grade ---


def test_bootstrap_intervals_contain_the_estimate_and_narrow_with_models() -> None:
    widths = []
    for models in (25, 400):
        rng = np.random.default_rng(models)
        sensitivity = rng.normal(size=models)
        score = sensitivity + rng.normal(size=models)
        bounds = evaluate.bootstrap_intervals(score, sensitivity, 400, seed=1)
        rho = spearmanr(score, sensitivity).statistic
        area = roc_auc_score(evaluate.in_third(sensitivity), score)
        assert bounds["spearman"][0] < rho < bounds["spearman"][1]
        assert bounds["auroc"][0] < area < bounds["auroc"][1]
        widths.append(bounds["spearman"][1] - bounds["spearman"][0])
    assert widths[0] > 3 * widths[1]
    # the standard error of a correlation of 0.69 among 400 is about (1 - 0.69²) / 20 = 0.026
    assert widths[1] == pytest.approx(2 * 1.96 * 0.026, rel=0.35)


def test_bootstrap_resamples_score_and_response_together() -> None:
    score = np.arange(30.0)
    assert evaluate.bootstrap_intervals(score, score, 100, 0)["spearman"] == (pytest.approx(1.0), pytest.approx(1.0))
    assert evaluate.bootstrap_intervals(-score, score, 100, 0)["spearman"][1] == pytest.approx(-1.0)
    assert evaluate.bootstrap_intervals(-score, score, 100, 0)["auroc"] == (0.0, 0.0)


def setup(permutations: int) -> dict[str, Any]:
    return {"seed": 1, "folds": 4, "repeats": 1, "permutations": permutations}


def test_permutation_p_of_a_planted_signal_and_of_noise() -> None:
    expression, sensitivity = world(8, models=30, genes=30)
    both = np.column_stack([sensitivity[:, 0], np.random.default_rng(9).normal(size=30)])
    scores = evaluate.out_of_fold(expression, both, FAMILY, 4, 1, 1)
    p = evaluate.permutation_p(expression, both, evaluate.spearman(scores, both), FAMILY, setup(59))
    assert p[0] == 1 / 60, "none of 59 shuffles comes near"
    assert p[1] > 0.1


def test_permutation_p_counts_shuffles_and_itself() -> None:
    expression, sensitivity = world(10, models=12, genes=5)
    p = evaluate.permutation_p(expression, np.column_stack([sensitivity] * 2), np.array([-2.0, 2.0]), FAMILY, setup(9))
    assert p.tolist() == [1.0, 0.1]


def test_permutation_p_of_noise_is_spread_over_its_range() -> None:
    found = []
    for seed in range(4):
        rng = np.random.default_rng(seed)
        expression, sensitivity = rng.normal(size=(20, 12)), rng.normal(size=(20, 8))
        scores = evaluate.out_of_fold(expression, sensitivity, Ridge([1.0]), 4, 1, 1)
        observed = evaluate.spearman(scores, sensitivity)
        found += evaluate.permutation_p(expression, sensitivity, observed, Ridge([1.0]), setup(49)).tolist()
    assert 0.3 < np.mean(found) < 0.7
    assert np.mean(np.array(found) <= 0.1) < 0.3
    assert np.mean(np.array(found) >= 0.9) < 0.3


@pytest.mark.parametrize(
    ("low", "p", "brier", "expected"),
    [
        (0.3, 0.001, 0.20, "C"),
        (1e-9, 0.0249, 0.2221, "C"),
        (0.0, 0.001, 0.20, "D"),
        (-0.1, 0.001, 0.20, "D"),
        (0.3, 0.025, 0.20, "D"),
        (0.3, 0.001, 0.2222, "D"),
        (0.3, 0.001, 0.25, "D"),
    ],
)
def test_grade_needs_the_interval_the_permutations_and_the_brier_score(
    low: float, p: float, brier: float, expected: str
) -> None:
    figures = {
        "spearman_interval": {"low": low, "high": 0.9, "level": 0.95},
        "permutation_p": p,
        "brier": brier,
        "brier_base_rate": 0.2222,
    }
    assert evaluate.grade(figures) == expected
