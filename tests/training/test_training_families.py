"""The families of linear signatures: direction, size, blocks, and nothing used of models that are scored."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm, rankdata, spearmanr
from sklearn.base import clone
from sklearn.linear_model import Ridge as SkRidge
from training_factory import PLACE, matrices

from pancreassign.training import families
from pancreassign.training.families import BLOCK, MAX_GENES, CorrelatedGenes, Linear, Prior, Ridge, Shrink, Stack

GENES = 60
PRIOR = np.random.default_rng(1).normal(size=(GENES, BLOCK))
BALANCE = np.random.default_rng(2).uniform(0.3, 3.0, GENES)
ALL = families.families([0.3, 3.0], PRIOR)
BALANCED = families.families([0.3, 3.0], PRIOR, BALANCE)
EITHER = {**ALL, **{f"{name}, balanced": family for name, family in BALANCED.items()}}
LEARNING = ["zscore", "ridge", "ridge_denoised", "stack", "stack_denoised", "shrink"]


def z_of(expression: np.ndarray) -> np.ndarray:
    """Z-scores by numpy."""
    return np.asarray((expression - expression.mean(axis=0)) / expression.std(axis=0, ddof=1))


def unit(expression: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Weights whose scores over these models have a standard deviation of 1."""
    return np.asarray(weights / (z_of(expression) @ weights).std(axis=0, ddof=1))


def normal(sensitivity: np.ndarray) -> np.ndarray:
    """Normal scores of each column."""
    return np.asarray(norm.ppf((rankdata(sensitivity, axis=0) - 0.5) / len(sensitivity)))


def test_the_table_of_docs_training_in_its_order_and_without_a_prior_what_needs_none() -> None:
    own = ["zscore", "ridge", "ridge_denoised", "ridge_general"]
    assert list(ALL) == [*own, "prior", "stack", "stack_denoised", "stack_general", "shrink"]
    assert list(families.families([1.0], None)) == own


@pytest.mark.parametrize("name", EITHER)
def test_scores_of_the_models_fitted_on_have_unit_variance_and_mean_zero(name: str) -> None:
    x, y = matrices(0)
    scores = EITHER[name].fit(x, y).predict(x)
    assert scores.shape == y.shape
    assert scores.std(axis=0, ddof=1) == pytest.approx(np.ones(BLOCK))
    assert scores.mean(axis=0) == pytest.approx(np.zeros(BLOCK), abs=1e-9)


@pytest.mark.parametrize("name", LEARNING)
def test_a_planted_gene_gets_a_positive_weight_and_the_other_way_round_a_negative_one(name: str) -> None:
    x, y = matrices(1)
    x[:, 5:10] *= -1.0  # high in resistant models
    y[:] = y[:, [PLACE]]
    elsewhere = np.zeros((GENES, BLOCK))
    elsewhere[30] = 1.0  # a prior that says nothing of the planted genes
    fitted = clone(families.families([0.3, 3.0], elsewhere)[name])
    weights = fitted.fit(x, y).coef_[:, PLACE]
    assert (weights[:5] > 0).all()
    assert (weights[5:10] < 0).all()
    turned = fitted.fit(-x, y).coef_[:, PLACE]
    assert (turned[:5] < 0).all()


@pytest.mark.parametrize("name", ALL)
def test_at_most_two_hundred_genes_have_a_weight_and_they_are_the_largest(name: str) -> None:
    x, y = matrices(2, genes=300)
    prior = np.random.default_rng(2).normal(size=(300, BLOCK))
    expected = families.TOP_GENES if name == "zscore" else MAX_GENES
    for balance in (None, np.linspace(0.5, 2.0, 300)):
        weights = families.families([3.0], prior, balance)[name].fit(x, y).coef_
        assert (weights != 0).sum(axis=0).tolist() == [expected] * BLOCK


def test_of_the_weights_the_largest_in_absolute_value_are_kept() -> None:
    weights = np.column_stack([np.arange(1.0, 301), -np.arange(300.0, 0, -1)])
    kept = families.sparse(weights)
    assert kept[:100, 0].tolist() == [0.0] * 100
    assert kept[100:, 0].tolist() == weights[100:, 0].tolist()
    assert kept[:200, 1].tolist() == weights[:200, 1].tolist()
    assert kept[200:, 1].tolist() == [0.0] * 100
    assert families.sparse(weights[:150]).tolist() == weights[:150].tolist()


@pytest.mark.parametrize("name", EITHER)
def test_fit_uses_nothing_of_models_that_are_scored(name: str) -> None:
    x, y = matrices(3)
    fitted = clone(EITHER[name]).fit(x[:30], y[:30])
    together = fitted.predict(x[30:])
    for row in range(10):
        assert fitted.predict(x[[30 + row]])[0] == pytest.approx(together[row], abs=1e-12)
    strange = x[30:].copy()
    strange[0] += 1e6
    assert fitted.predict(strange)[1:] == pytest.approx(together[1:], abs=1e-12)
    z = (x[30:] - x[:30].mean(axis=0)) / x[:30].std(axis=0, ddof=1)
    assert together == pytest.approx(z @ fitted.coef_)


@pytest.mark.parametrize("name", EITHER)
def test_blocks_fitted_together_give_the_weights_of_each_alone(name: str) -> None:
    x, y = matrices(4)
    orders = [np.arange(40), *(np.random.default_rng(k).permutation(40) for k in range(2))]
    together = clone(EITHER[name]).fit(x, np.hstack([y[order] for order in orders])).coef_
    assert together.shape == (GENES, 3 * BLOCK)
    for place, order in enumerate(orders):
        alone = clone(EITHER[name]).fit(x, y[order]).coef_
        assert together[:, BLOCK * place : BLOCK * (place + 1)] == pytest.approx(alone, abs=1e-9)


@pytest.mark.parametrize("name", EITHER)
def test_scikit_learn_can_clone_it_and_only_the_order_of_responses_matters(name: str) -> None:
    x, y = matrices(5)
    family = EITHER[name]
    copy = clone(family)
    assert type(copy) is type(family)
    assert copy.get_params().keys() == family.get_params().keys()
    assert all(np.array_equal(copy.get_params()[key], value) for key, value in family.get_params().items())
    assert not hasattr(clone(family.fit(x, y)), "coef_"), "a clone has not been fitted"
    assert copy.fit(x, y).coef_.tobytes() == family.fit(x, y).coef_.tobytes()
    assert copy.fit(3 * x + 7, np.exp(5 * y)).coef_ == pytest.approx(family.fit(x, y).coef_, abs=1e-9)


@pytest.mark.parametrize("name", EITHER)
def test_a_gene_that_does_not_vary_has_no_say(name: str) -> None:
    x, y = matrices(6)
    x[:, 59] = 3.0
    fitted = clone(EITHER[name]).fit(x, y)
    strange = x.copy()
    strange[:, 59] = 1e6
    assert fitted.predict(strange).tolist() == fitted.predict(x).tolist()


# --- balance ---


@pytest.mark.parametrize("name", BALANCED)
def test_a_balanced_score_does_not_move_when_every_gene_moves_by_the_same_log_factor(name: str) -> None:
    x, y = matrices(16)
    weights = clone(BALANCED[name]).fit(x, y).coef_
    # a tumour's z-score is (log level - mean) / sd, and balance is 1 / sd
    sd, tumour = 1 / BALANCE, np.random.default_rng(5).normal(size=GENES)
    assert ((tumour + 3.0) / sd) @ weights == pytest.approx((tumour / sd) @ weights, abs=1e-9)
    plain = clone(ALL[name]).fit(x, y).coef_
    assert np.abs((plain / sd[:, None]).sum(axis=0)).max() > 0.1, "it is not so by itself"


def test_balance_takes_the_nearest_weights_and_gives_none_to_a_gene_without() -> None:
    weights = np.array([[2.0, 1.0], [1.0, 0.0], [0.0, -3.0], [-1.0, 0.0]])
    balance = np.array([1.0, 2.0, 1.0, 1.0])
    found = families.balanced(weights, balance)
    # first column: Σ = 2 + 2 - 1 = 3 over 1 + 4 + 1 = 6: half of the balance is taken off
    assert found[:, 0].tolist() == [1.5, 0.0, 0.0, -1.5]
    # second: Σ = 1 - 3 = -2 over 2
    assert found[:, 1].tolist() == [2.0, 0.0, -2.0, 0.0]
    assert families.balanced(found, balance) == pytest.approx(found)
    assert families.balanced(weights, None) is weights
    assert families.balanced(np.zeros((4, 2)), balance).tolist() == np.zeros((4, 2)).tolist()


# --- the correlated genes ---


def test_correlated_genes_are_those_of_scipy_with_their_signs() -> None:
    x, y = matrices(7)
    x[:, 3] *= -1.0
    weights = CorrelatedGenes(12).fit(x, y).coef_
    for k in range(BLOCK):
        rho = np.array([spearmanr(x[:, gene], y[:, k]).statistic for gene in range(GENES)])
        best = np.argsort(-np.abs(rho))[:12]
        assert set(np.flatnonzero(weights[:, k])) == set(best)
        assert np.sign(weights[best, k]).tolist() == np.sign(rho[best]).tolist()
        assert np.abs(weights[best, k]) == pytest.approx(np.full(12, np.abs(weights[best[0], k])))
    assert set(range(10)) <= set(np.flatnonzero(weights[:, PLACE]))
    assert weights[3, PLACE] < 0 < weights[4, PLACE]


# --- ridge, alone and with general sensitivity ---


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_ridge_is_that_of_scikit_learn_on_the_mixed_normal_scores(share: float) -> None:
    x, y = matrices(8)
    family = Ridge([0.1, 1.0, 10.0], share).fit(x, y)
    scores = normal(y)
    for k in range(BLOCK):
        mixed = (1 - share) * scores[:, k] + share * scores[:, 5]
        expected = SkRidge(alpha=family.penalties_[k] * GENES).fit(z_of(x), mixed).coef_[:, None]
        assert family.coef_[:, [k]] == pytest.approx(unit(x, expected), abs=1e-9)


@pytest.mark.parametrize(
    "make", [lambda share: Ridge([0.3, 3.0], share), lambda share: Stack(PRIOR, [0.3, 3.0], share)]
)
def test_a_share_of_one_is_general_sensitivity_for_every_drug(make: type[Linear]) -> None:
    x, y = matrices(9)
    whole, own = make(1.0).fit(x, y).coef_, make(0.0).fit(x, y).coef_
    for k in range(BLOCK):
        assert whole[:, k] == pytest.approx(own[:, 5], abs=1e-9)
    assert whole[:, PLACE] != pytest.approx(own[:, PLACE], abs=1e-2)


def test_mixing_goes_by_the_general_of_the_own_block() -> None:
    values = np.arange(24.0).reshape(2, 12)
    mixed = families.towards_general(values, 0.25, 6)
    assert mixed[1].tolist() == [0.75 * (12 + k) + 0.25 * (17 if k < 6 else 23) for k in range(12)]
    assert families.towards_general(values, 0.0, 6).tolist() == values.tolist()


# --- with a prior ---


def test_the_prior_alone_ignores_the_responses() -> None:
    x, y = matrices(10)
    weights = Prior(PRIOR).fit(x, y).coef_
    assert weights == pytest.approx(unit(x, PRIOR))
    assert Prior(PRIOR).fit(x, -y).coef_.tolist() == weights.tolist()
    assert Prior(1e3 * PRIOR).fit(x, y).coef_ == pytest.approx(weights)


@pytest.mark.parametrize("scale", [1.0, 1e-6])
def test_the_stack_is_half_and_half_of_scores_at_unit_variance(scale: float) -> None:
    x, y = matrices(11)
    ridge, prior = (family.fit(x[:30], y[:30]).predict(x[30:]) for family in (Ridge([0.3, 3.0]), Prior(PRIOR)))
    both = Stack(scale * PRIOR, [0.3, 3.0]).fit(x[:30], y[:30])
    half = (ridge + prior) / 2
    assert both.predict(x[30:]) / half == pytest.approx(np.tile((both.predict(x[30:]) / half)[0], (10, 1)))
    trained = (Ridge([0.3, 3.0]).fit(x[:30], y[:30]).coef_ + Prior(PRIOR).fit(x[:30], y[:30]).coef_) / 2
    assert both.coef_ == pytest.approx(unit(x[:30], trained), abs=1e-9)


def test_the_denoised_stack_mixes_both_halves_with_general_sensitivity() -> None:
    x, y = matrices(12)
    own, prior = Ridge([0.3, 3.0], 0.5).fit(x, y).coef_, unit(x, PRIOR)
    mixed = unit(x, (prior + prior[:, [5]]) / 2)
    expected = unit(x, own + mixed)
    assert Stack(PRIOR, [0.3, 3.0], 0.5).fit(x, y).coef_ == pytest.approx(expected, abs=1e-9)


def test_shrinking_keeps_a_perfect_prior() -> None:
    x, _ = matrices(13)
    truth = np.random.default_rng(3).normal(size=(GENES, BLOCK))
    y = z_of(x) @ truth
    weights = Shrink(truth, [30.0]).fit(x, y).coef_
    ridge = Ridge([30.0]).fit(x, y).coef_
    for k in range(BLOCK):
        kept, without = (np.corrcoef(one[:, k], truth[:, k])[0, 1] for one in (weights, ridge))
        assert kept > 0.99
        assert without < 0.97, "ridge alone cannot find it with more genes than models"


def test_shrinking_ignores_a_reversed_prior() -> None:
    x, _ = matrices(14)
    truth = np.random.default_rng(4).normal(size=(GENES, BLOCK))
    y = z_of(x) @ truth
    reversed_ = Shrink(-truth, [0.3, 3.0]).fit(x, y).coef_
    assert reversed_ == pytest.approx(Ridge([0.3, 3.0]).fit(x, y).coef_, abs=1e-9)


def test_shrinking_is_least_squares_on_the_prior_and_ridge_on_what_is_left() -> None:
    x, y = matrices(15)
    z, responses = z_of(x), normal(y)
    weights = Shrink(PRIOR, [1.0]).fit(x, y).coef_
    for k in range(BLOCK):
        prior = unit(x, PRIOR[:, [k]])[:, 0]
        slope = max(float(np.polyfit(z @ prior, responses[:, k], 1)[0]), 0.0)
        left = SkRidge(alpha=1.0 * GENES).fit(z, responses[:, k] - slope * (z @ prior)).coef_
        assert weights[:, [k]] == pytest.approx(unit(x, (slope * prior + left)[:, None]), abs=1e-9)
