"""Measures, calibration and grade: by hand, and against scipy and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, roc_auc_score

from pancreassign.training import evaluate

LOGIT_THIRD = np.log(0.5)


def thirds(sensitivity: np.ndarray) -> dict[str, np.ndarray]:
    """Both thirds of the models."""
    return {third: evaluate.in_third(sensitivity, third) for third in ("sensitive", "resistant")}


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
    table = evaluate.calibrate(score, thirds(sensitivity[:, 0]), 150, seed=2)
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
    assert table.equals(evaluate.calibrate(score, thirds(sensitivity[:, 0]), 150, seed=2))
    assert not table.equals(evaluate.calibrate(score, thirds(sensitivity[:, 0]), 150, seed=3))


def test_calibrate_flattens_a_fit_that_runs_the_wrong_way_but_keeps_its_refits() -> None:
    rng = np.random.default_rng(12)
    score = rng.normal(size=30)
    table = evaluate.calibrate(-score, thirds(score + rng.normal(size=30)), 100, seed=1)
    fit = table.iloc[0]
    assert (fit.sensitive_slope, fit.resistant_slope) == (0.0, 0.0)
    assert fit.sensitive_intercept == fit.resistant_intercept == pytest.approx(LOGIT_THIRD)
    # that they contradict the direction belongs in the interval
    assert table["sensitive_slope"].iloc[1:].median() < -0.3
    assert table["resistant_slope"].iloc[1:].median() > 0.3


def test_calibration_figures_of_a_score_that_knows() -> None:
    rng = np.random.default_rng(6)
    sensitivity = rng.normal(size=90)
    positive = evaluate.in_third(sensitivity)
    figures = evaluate.calibration_figures(sensitivity + 0.5 * rng.normal(size=90), positive)
    assert figures["brier_base_rate"] == pytest.approx(brier_score_loss(positive, np.full(90, 1 / 3)))
    assert figures["brier_base_rate"] == pytest.approx(2 / 9)
    assert figures["brier"] is not None
    assert figures["brier"] < 0.15
    assert figures["calibration_slope"] == pytest.approx(1.2, abs=0.4)


@pytest.mark.parametrize("score", [np.zeros(30), -np.arange(30.0)])
def test_calibration_figures_of_no_skill_are_those_of_the_base_rate(score: np.ndarray) -> None:
    figures = evaluate.calibration_figures(score, np.arange(30) >= 20)
    assert figures["brier"] == pytest.approx(figures["brier_base_rate"])
    assert figures["calibration_slope"] is None


def test_brier_of_folds_by_hand() -> None:
    score, sensitivity = np.random.default_rng(7).normal(size=(2, 12))
    figures = evaluate.calibration_figures(score + sensitivity, evaluate.in_third(sensitivity))
    whole = evaluate.logistic(score + sensitivity, evaluate.in_third(sensitivity))
    chances = 1 / (1 + np.exp(-(whole[0] + whole[1] * (score + sensitivity))))
    # curves that saw the model they predict look better than those that did not
    assert figures["brier"] is not None
    assert figures["brier"] > brier_score_loss(evaluate.in_third(sensitivity), chances)


# --- grade ---


def test_holm_by_hand_and_in_order() -> None:
    p = {"a": 0.04, "b": 0.01, "c": 0.03, "d": 0.005, "e": 0.9}
    # 5·0.005, 4·0.01, 3·0.03, then 2·0.04 which must not be below the one before, 0.9
    expected = {"d": 0.025, "b": 0.04, "c": 0.09, "a": 0.09, "e": 0.9}
    assert evaluate.holm(p) == pytest.approx(expected)
    assert evaluate.holm({"a": 0.6, "b": 0.7}) == {"a": 1.0, "b": 1.0}
    assert evaluate.holm({"a": 0.3}) == {"a": 0.3}


@pytest.mark.parametrize(
    ("low", "p", "adjusted", "brier", "expected"),
    [
        (0.3, 0.001, 0.005, 0.20, "C"),
        (1e-9, 0.0249, 0.0499, 0.2221, "C"),
        (0.0, 0.001, 0.005, 0.20, "D"),
        (-0.1, 0.001, 0.005, 0.20, "D"),
        (0.3, 0.025, 0.025, 0.20, "D"),
        (0.3, 0.01, 0.05, 0.20, "D"),
        (0.3, 0.001, 0.005, 0.2222, "D"),
        (0.3, 0.001, 0.005, 0.25, "D"),
    ],
)
def test_grade_needs_the_interval_both_p_and_the_brier_score(
    low: float, p: float, adjusted: float, brier: float, expected: str
) -> None:
    figures = {
        "spearman_interval": {"low": low, "high": 0.9, "level": 0.95},
        "permutation_p": p,
        "adjusted_p": adjusted,
        "brier": brier,
        "brier_base_rate": 0.2222,
    }
    assert evaluate.grade(figures) == expected
