"""Normal scores, standardising and ridge against numpy, scipy and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm, zscore
from sklearn.linear_model import Ridge as SkRidge

from pancreassign.training.models import normal_scores, ridge_weights, standardise

RNG = np.random.default_rng(0)


def ridge(expression: np.ndarray, sensitivity: np.ndarray, candidates: list[float]) -> tuple[np.ndarray, np.ndarray]:
    """Weights and penalties on standardised genes and normal scores."""
    return ridge_weights(standardise(expression, expression), normal_scores(sensitivity), candidates)


def test_normal_scores_by_hand() -> None:
    # ranks 1..4 of 4: quantiles 1/8, 3/8, 5/8, 7/8
    scores = normal_scores(np.array([[10.0], [-3.0], [500.0], [11.0]]))[:, 0]
    assert scores == pytest.approx([-0.318639, -1.150349, 1.150349, 0.318639], abs=1e-6)


def test_normal_scores_give_ties_their_mean_rank() -> None:
    scores = normal_scores(np.array([[1.0], [2.0], [2.0], [3.0]]))[:, 0]
    assert scores == pytest.approx([norm.ppf(1 / 8), 0.0, 0.0, norm.ppf(7 / 8)], abs=1e-12)


def test_normal_scores_rank_each_column_by_itself() -> None:
    scores = normal_scores(np.array([[1.0, 30.0], [2.0, 20.0], [3.0, 10.0]]))
    assert scores[:, 0].tolist() == scores[::-1, 1].tolist()
    assert scores[2, 0] == pytest.approx(norm.ppf(5 / 6))


def test_standardise_against_scipy() -> None:
    values = RNG.normal(3, 5, (9, 4))
    assert standardise(values, values) == pytest.approx(zscore(values, ddof=1))


def test_standardise_uses_nothing_but_what_it_is_fitted_on() -> None:
    fitted_on = np.array([[0.0], [2.0], [4.0]])  # mean 2, sd 2
    assert standardise(np.array([[6.0], [1e6]]), fitted_on).tolist() == [[2.0], [499_999.0]]


def test_standardise_gives_zero_for_a_gene_that_does_not_vary() -> None:
    fitted_on = np.array([[0.0, 1.0], [0.0, 3.0]])
    assert standardise(np.array([[7.0, 2.0]]), fitted_on).tolist() == [[0.0, 0.0]]


def test_ridge_is_that_of_scikit_learn_at_the_chosen_penalty() -> None:
    expression = RNG.normal(5, 2, (30, 80))
    sensitivity = np.column_stack([expression[:, :5].sum(axis=1) + RNG.normal(size=30), RNG.normal(size=30)])
    candidates = [0.01, 0.1, 1.0, 10.0]
    weights, penalties = ridge(expression, sensitivity, candidates)
    z = zscore(expression, ddof=1)
    assert weights.shape == (80, 2)
    for column in range(2):
        assert min(abs(penalties[column] - c) for c in candidates) < 1e-12
        ranked = norm.ppf((sensitivity[:, column].argsort().argsort() + 0.5) / 30)
        expected = SkRidge(alpha=penalties[column] * 80).fit(z, ranked).coef_
        assert weights[:, column] == pytest.approx(expected, abs=1e-9)


def test_the_penalty_is_the_one_with_the_least_leave_one_out_error() -> None:
    expression = RNG.normal(size=(15, 20))
    sensitivity = expression[:, [0]] + 0.5 * RNG.normal(size=(15, 1))
    candidates = [0.02, 0.2, 2.0, 20.0]
    _, penalties = ridge(expression, sensitivity, candidates)
    z, y = zscore(expression, ddof=1), normal_scores(sensitivity)[:, 0]
    errors = []
    for candidate in candidates:
        left_out = [
            y[k] - SkRidge(alpha=candidate * 20).fit(np.delete(z, k, 0), np.delete(y, k)).predict(z[[k]])[0]
            for k in range(15)
        ]
        errors.append(np.mean(np.square(left_out)))
    assert penalties[0] == pytest.approx(candidates[int(np.argmin(errors))])


def test_penalty_counts_only_genes_that_vary_and_theirs_alone_have_weight() -> None:
    expression = RNG.normal(size=(25, 10))
    padded = np.column_stack([expression, np.zeros((25, 10))])
    sensitivity = expression[:, [0]] - expression[:, [1]]
    alone, _ = ridge(expression, sensitivity, [1.0])
    weights, penalties = ridge(padded, sensitivity, [1.0])
    assert weights[10:].tolist() == [[0.0]] * 10
    assert weights[:10] == pytest.approx(alone)
    assert penalties.tolist() == [1.0]


def test_a_gene_high_in_sensitive_models_gets_a_positive_weight() -> None:
    expression = RNG.normal(size=(40, 6))
    sensitivity = 3 * expression[:, [2]] - 3 * expression[:, [4]] + 0.1 * RNG.normal(size=(40, 1))
    weights = ridge(expression, sensitivity, [0.01])[0][:, 0]
    assert weights[2] > 0.3
    assert weights[4] < -0.3
    assert ridge(expression, -sensitivity, [0.01])[0][:, 0] == pytest.approx(-weights)


def test_only_the_order_of_the_responses_matters() -> None:
    expression, sensitivity = RNG.normal(size=(20, 8)), RNG.normal(size=(20, 1))
    one, _ = ridge(expression, sensitivity, [1.0])
    two, _ = ridge(expression * 3 + 7, np.exp(5 * sensitivity), [1.0])
    assert one == pytest.approx(two)


def test_one_target_alone_gets_the_same_weights() -> None:
    expression, sensitivity = RNG.normal(size=(20, 8)), RNG.normal(size=(20, 3))
    together, penalties = ridge(expression, sensitivity, [0.1, 1.0, 10.0])
    for column in range(3):
        alone, penalty = ridge(expression, sensitivity[:, [column]], [0.1, 1.0, 10.0])
        assert alone[:, 0] == pytest.approx(together[:, column])
        assert penalty[0] == penalties[column]
