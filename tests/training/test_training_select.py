"""Choosing a family: cross-validation sees nothing of what it tests, the rules are those of docs/training.md."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from scipy.stats import spearmanr
from training_factory import PLACE, matrices

from pancreassign.training import select
from pancreassign.training.families import BLOCK, CorrelatedGenes, Linear, Prior, Ridge, Stack

FAMILY = Ridge([0.3, 3.0])


def world(seed: int, models: int = 40, genes: int = 60) -> tuple[np.ndarray, np.ndarray]:
    """Expression, and one response that its first ten genes decide."""
    expression, sensitivity = matrices(seed, models, genes)
    return expression, sensitivity[:, [PLACE]]


# --- out of fold ---


def test_splits_test_every_model_once_a_repeat() -> None:
    folds = list(select.splits(11, 4, 3, seed=5))
    assert len(folds) == 12
    for repeat in range(3):
        tested = np.concatenate([test for _, test in folds[4 * repeat : 4 * repeat + 4]])
        assert sorted(tested) == list(range(11))
    assert all(not set(train) & set(test) for train, test in folds)
    assert not np.array_equal(folds[0][1], folds[4][1]), "each repeat shuffles anew"
    again = list(select.splits(11, 4, 3, seed=5))
    assert all(np.array_equal(a[1], b[1]) for a, b in zip(folds, again, strict=True))


def test_out_of_fold_finds_a_planted_signal_in_the_right_direction() -> None:
    expression, sensitivity = world(0)
    scores = select.out_of_fold(expression, sensitivity, FAMILY, 5, 2, 1)
    assert scores.shape == (40, 1)
    assert spearmanr(scores[:, 0], sensitivity[:, 0]).statistic > 0.6
    turned = select.out_of_fold(expression, -sensitivity, FAMILY, 5, 2, 1)
    assert turned == pytest.approx(-scores)


@pytest.mark.parametrize("absurd", [1e9, -1e9])
def test_out_of_fold_never_sees_the_response_of_the_model_it_scores(absurd: float) -> None:
    expression, sensitivity = world(1)
    scores = select.out_of_fold(expression, sensitivity, FAMILY, 8, 2, 1)[:, 0]
    for model in (0, 17, 39):
        changed = sensitivity.copy()
        changed[model] = absurd
        after = select.out_of_fold(expression, changed, FAMILY, 8, 2, 1)[:, 0]
        assert after[model] == scores[model]
        assert (after != scores).sum() > 20, "the others are trained on it"


def test_out_of_fold_never_uses_the_expression_of_the_models_it_tests() -> None:
    # were genes standardised over all models, one absurd test model would change the scores of its whole fold
    expression, sensitivity = world(2)
    scores = select.out_of_fold(expression, sensitivity, FAMILY, 5, 1, 1)[:, 0]
    (test,) = (test for _, test in select.splits(40, 5, 1, 1) if 3 in test)
    changed = expression.copy()
    changed[3] += 1e6
    after = select.out_of_fold(changed, sensitivity, FAMILY, 5, 1, 1)[:, 0]
    companions = test[test != 3]
    assert after[companions].tolist() == scores[companions].tolist()


@pytest.mark.parametrize("repeats", [1, 3])
def test_out_of_fold_of_leave_one_out_is_a_plain_loop(repeats: int) -> None:
    expression, sensitivity = world(3, models=12, genes=15)
    scores = select.out_of_fold(expression, sensitivity, FAMILY, 12, repeats, 4)
    for model in range(12):
        rest = np.delete(expression, model, 0)
        weights = FAMILY.fit(rest, np.delete(sensitivity, model, 0)).coef_
        z = (expression[model] - rest.mean(axis=0)) / rest.std(axis=0, ddof=1)
        assert scores[model, 0] == pytest.approx(z @ weights[:, 0])


def test_pure_noise_has_no_skill_and_no_negative_bias() -> None:
    found = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        expression, sensitivity = rng.normal(size=(30, 40)), rng.normal(size=(30, 4))
        scores = select.out_of_fold(expression, sensitivity, Ridge([3.0]), 5, 1, seed)
        found.extend(spearmanr(scores[:, k], sensitivity[:, k]).statistic for k in range(4))
    # 240 correlations of sd about 0.2, so their mean has a standard error of about 0.014; adding a training
    # mean back, or sharing anything fitted between the folds, shows here
    assert abs(np.mean(found)) < 0.05
    assert np.std(found) < 0.3


# --- the rules ---


def pointing(genes: int, *directions: np.ndarray) -> dict[str, Linear]:
    """Families of fixed weights, the same for each target; the first is the default."""
    weights = [np.tile(direction[:, None], (1, BLOCK)) for direction in directions]
    names = ["ridge", *(f"rival{k}" for k in range(1, len(directions)))]
    return {name: Prior(one) for name, one in zip(names, weights, strict=True)}


def by_hand(x: np.ndarray, y: np.ndarray, families: Mapping[str, Linear], seed: int) -> tuple[list[int], list[int]]:
    """The two rules of docs/training.md, target by target, with scipy's correlations."""
    names = list(families)
    default = names.index("stack" if "stack" in names else "ridge")
    inner = [select.out_of_fold(x, y, family, 5, 2, seed) for family in families.values()]
    rho = np.array([[spearmanr(own[:, k], y[:, k]).statistic for k in range(BLOCK)] for own in inner])
    figure = 0.5 * rho + 0.5 * rho[:, :5].mean(axis=1, keepdims=True)
    ships, strict = [], []
    for k in range(BLOCK):
        strict.append(int(np.argmax(figure[:, k])))
        best, place = 0.0, default
        for rival in range(len(names)):
            alike = spearmanr(inner[rival][:, k], inner[default][:, k]).statistic
            ahead = figure[rival, k] - figure[default, k]
            clear = ahead > np.sqrt(2 * max(1 - alike, 0.0) / (len(x) - 1))
            if rival != default and clear and ahead > best:
                best, place = ahead, rival
        ships.append(place)
    return ships, strict


def test_the_rules_by_hand_on_every_kind_of_response() -> None:
    rng = np.random.default_rng(0)
    seen = set()
    for seed in range(6):
        x, y = matrices(seed, models=30, genes=30)
        prior = np.zeros((30, BLOCK))
        prior[:10] = 1.0 if seed % 2 else -1.0
        families = {
            "zscore": CorrelatedGenes(8),
            "ridge": FAMILY,
            "prior": Prior(prior + 0.1 * rng.normal(size=prior.shape)),
            **({"stack": Stack(prior, [3.0])} if seed > 2 else {}),
        }
        ships, strict = select.choose(x, y, families, seed)
        assert (ships.tolist(), strict.tolist()) == by_hand(x, y, families, seed)
        seen |= {("ships", list(families)[k]) for k in ships} | {("strict", list(families)[k]) for k in strict}
    assert len(seen) > 4, "the rules had something to choose"


def test_a_clearly_better_family_takes_the_place_of_the_default_and_one_that_is_worse_does_not() -> None:
    x, y = matrices(1)
    y[:] = y[:, [PLACE]]  # all targets can be told
    told, silent = np.zeros(60), np.zeros(60)
    told[:10], silent[40:] = 1.0, 1.0
    for rule in select.choose(x, y, pointing(60, silent, told), 3):
        assert rule.tolist() == [1] * BLOCK
    for rule in select.choose(x, y, pointing(60, told, silent), 3):
        assert rule.tolist() == [0] * BLOCK


def test_a_lead_within_the_standard_error_keeps_the_default_but_not_by_the_strict_rule() -> None:
    x, y = matrices(2)
    y[:] = y[:, [PLACE]]
    told, nearly = np.zeros(60), np.zeros(60)
    told[:10], nearly[:10], nearly[20:24] = 1.0, 1.0, 1.0
    ships, strict = select.choose(x, y, pointing(60, nearly, told), 3)
    assert strict.tolist() == [1] * BLOCK
    assert ships.tolist() == [0] * BLOCK


def test_on_noise_the_default_mostly_stays_where_the_strict_rule_wanders() -> None:
    kept, highest = [], []
    for seed in range(30):
        rng = np.random.default_rng(seed)
        x, y = rng.normal(size=(36, 30)), rng.normal(size=(36, BLOCK))
        ships, strict = select.choose(x, y, pointing(30, *rng.normal(size=(4, 30))), seed)
        kept += (ships == 0).tolist()
        highest += (strict == 0).tolist()
    # three rivals, each more than a standard error ahead in less than a tenth of cases
    assert np.mean(kept) > 0.7
    assert np.mean(highest) < 0.45


def test_of_equals_the_first_is_taken_and_the_default_is_left_only_for_a_lead() -> None:
    x, y = matrices(3)
    y[:] = y[:, [PLACE]]
    told, silent = np.zeros(60), np.zeros(60)
    told[:10], silent[40:] = 1.0, 1.0
    for rule in select.choose(x, y, pointing(60, silent, told, told), 3):
        assert rule.tolist() == [1] * BLOCK
    same = pointing(60, told)["ridge"]
    ships, strict = select.choose(x, y, {"zscore": same, "ridge": same}, 3)
    assert (set(ships), set(strict)) == ({1}, {0}), "the default stands second in the table"


def test_the_default_joins_both_sources_where_there_are_two() -> None:
    assert select.default_of(["zscore", "ridge", "prior", "stack"]) == "stack"
    assert select.default_of(["zscore", "ridge"]) == "ridge"


def test_one_drug_that_is_told_drags_no_other_below_and_the_mean_counts_drugs_alone() -> None:
    # general sensitivity, the sixth target, is told by the rival alone: were it in the mean, the drugs would follow it
    x, y = matrices(4)
    y[:, 5] = 1e3 * y[:, PLACE]
    y[:, :5] = np.random.default_rng(9).normal(size=(40, 5))
    told, silent = np.zeros(60), np.zeros(60)
    told[:10], silent[40:] = 1.0, 1.0
    families = pointing(60, silent, told)
    ships, strict = select.choose(x, y, families, 3)
    assert (ships[5], strict[5]) == (1, 1)
    inner = [select.out_of_fold(x, y, family, 5, 2, 3) for family in families.values()]
    rho = np.array([select.spearman(scores, y) for scores in inner])
    lead = np.diff(0.5 * rho[:, :5] + 0.5 * rho[:, :5].mean(axis=1, keepdims=True), axis=0)[0]
    assert strict[:5].tolist() == (lead > 0).astype(int).tolist()
    assert (lead < 0).any(), "with general in the mean every drug would have followed"


# --- nested ---


def real_families(genes: int = 30) -> dict[str, Linear]:
    """A few families that fit, and a prior."""
    prior = np.random.default_rng(5).normal(size=(genes, BLOCK))
    return {"zscore": CorrelatedGenes(8), "ridge": FAMILY, "prior": Prior(prior), "stack": Stack(prior, [3.0])}


def test_the_responses_of_test_models_reach_neither_their_scores_nor_the_choice_of_their_family() -> None:
    x, y = matrices(6, models=24, genes=30)
    before = select.nested(x, y, real_families(), 4, 1, 1)
    rng = np.random.default_rng(0)
    for _, test in select.splits(24, 4, 1, 1):
        changed = y.copy()
        changed[test] = rng.permutation(100.0 * x[test, :BLOCK])
        for old, new in zip(before, select.nested(x, changed, real_families(), 4, 1, 1), strict=True):
            assert new.scores[test].tolist() == old.scores[test].tolist()
            others = (np.delete(new.scores, test, 0) != np.delete(old.scores, test, 0)).mean()
            assert others > 0.5, "the others are trained on it, where the prior alone is not chosen"


def test_the_expression_of_a_test_model_reaches_no_other_score_of_its_fold() -> None:
    x, y = matrices(7, models=24, genes=30)
    before = select.nested(x, y, real_families(), 4, 1, 1)
    (test,) = (test for _, test in select.splits(24, 4, 1, 1) if 3 in test)
    changed = x.copy()
    changed[3] += 1e6
    for old, new in zip(before, select.nested(changed, y, real_families(), 4, 1, 1), strict=True):
        companions = test[test != 3]
        assert new.scores[companions].tolist() == old.scores[companions].tolist()


def test_nested_is_a_plain_loop_of_choosing_refitting_and_scoring() -> None:
    x, y = matrices(8, models=24, genes=30)
    families = real_families()
    found = select.nested(x, y, families, 4, 2, 1)
    for rule, own in enumerate(found):
        scores, chosen = np.zeros_like(y), np.zeros((4, BLOCK), dtype=int)
        for train, test in select.splits(24, 4, 2, 1):
            winners = select.choose(x[train], y[train], families, 1)[rule]
            for k, place in enumerate(winners):
                fitted = list(families.values())[place].fit(x[train], y[train])
                scores[test, k] += fitted.predict(x[test])[:, k] / 2
                chosen[place, k] += 1
        assert own.scores == pytest.approx(scores)
        assert [own.chosen[name].tolist() for name in families] == chosen.tolist()
        assert sum(own.chosen.values()).tolist() == [8] * BLOCK, "folds times repeats"


def test_where_one_family_alone_can_tell_nested_is_its_own_cross_validation() -> None:
    x, y = matrices(9)
    y[:] = y[:, [PLACE]]
    told, silent = np.zeros(60), np.zeros(60)
    told[:10], silent[40:] = 1.0, 1.0
    families = pointing(60, silent, told)
    alone = select.out_of_fold(x, y, families["rival1"], 5, 2, 3)
    for own in select.nested(x, y, families, 5, 2, 3):
        assert own.scores == pytest.approx(alone)
        assert own.chosen["ridge"].tolist() == [0] * BLOCK


def test_nested_is_deterministic_and_the_seed_rules_its_folds() -> None:
    x, y = matrices(10, models=24, genes=30)
    one, two = (select.nested(x, y, real_families(), 4, 1, 1) for _ in range(2))
    for a, b in zip(one, two, strict=True):
        assert a.scores.tobytes() == b.scores.tobytes()
    other = select.nested(x, y, real_families(), 4, 1, 2)
    assert (other[0].scores != one[0].scores).all()


def test_blocks_are_chosen_and_scored_each_by_itself() -> None:
    x, y = matrices(11, models=24, genes=30)
    shuffled = y[np.random.default_rng(1).permutation(24)]
    together = select.nested(x, np.hstack([y, shuffled]), real_families(), 4, 1, 1)
    for place, block in enumerate((y, shuffled)):
        columns = slice(BLOCK * place, BLOCK * (place + 1))
        for all_, own in zip(together, select.nested(x, block, real_families(), 4, 1, 1), strict=True):
            assert all_.scores[:, columns] == pytest.approx(own.scores)
            assert {name: count[columns].tolist() for name, count in all_.chosen.items()} == {
                name: count.tolist() for name, count in own.chosen.items()
            }
