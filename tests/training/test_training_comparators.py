"""The comparators: each learns what is there to learn, the same each time."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.base import clone
from training_factory import PLACE, matrices

from pancreassign.errors import ConfigError
from pancreassign.training import comparators

NAMES = list(comparators.FAMILIES)


@pytest.fixture
def data() -> tuple[np.ndarray, np.ndarray]:
    """Forty models to learn from and forty to test on, two targets: the planted one and noise."""
    x, y = matrices(0, models=80)
    return x, y[:, [PLACE, 0]]


@pytest.mark.parametrize("name", NAMES)
def test_each_learns_a_planted_signal_and_is_deterministic(name: str, data: tuple[np.ndarray, np.ndarray]) -> None:
    x, y = data
    family = comparators.comparators([name], 1)[name]
    scores = clone(family).fit(x[:40], y[:40]).predict(x[40:])
    assert scores.shape == (40, 2)
    assert spearmanr(scores[:, 0], y[40:, 0]).statistic > 0.5
    again = clone(family).fit(x[:40], y[:40]).predict(x[40:])
    assert again.tobytes() == scores.tobytes()


@pytest.mark.parametrize("name", NAMES)
def test_no_score_hangs_on_the_other_models_that_are_scored(name: str, data: tuple[np.ndarray, np.ndarray]) -> None:
    x, y = data
    family = comparators.comparators([name], 1)[name].fit(x[:40], y[:40, :1])
    together = family.predict(x[40:])
    alone = np.vstack([family.predict(x[[row]]) for row in range(40, 46)])
    assert alone == pytest.approx(together[:6], abs=1e-6)
    assert family.predict(x[:40].copy()) == pytest.approx(family.predict(x[:40]), abs=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_only_the_order_of_the_responses_matters(name: str, data: tuple[np.ndarray, np.ndarray]) -> None:
    x, y = data
    plain, stretched = (
        comparators.comparators([name], 1)[name].fit(x[:40], response).predict(x[40:])
        for response in (y[:40, :1], np.exp(5 * y[:40, :1]))
    )
    assert stretched.tolist() == plain.tolist()


def test_elastic_net_gives_no_weight_to_most_genes_and_rank_pairs_look_at_order_alone() -> None:
    x, y = matrices(1, genes=200)
    family = comparators.comparators(["elastic net"], 0)["elastic net"].fit(x, y[:, [PLACE]])
    moved = [gene for gene in range(10, 200) if np.any(family.predict(x + np.eye(200)[gene]) != family.predict(x))]
    assert len(moved) < 95
    pairs = comparators.comparators(["rank pairs"], 0)["rank pairs"].fit(x, y[:, [PLACE]])
    assert pairs.predict(np.exp(x)).tolist() == pairs.predict(x).tolist()
    shift = np.linspace(-9, 9, 40)[:, None]
    assert pairs.predict(x + shift).tolist() == pairs.predict(x).tolist(), "a sample's level says nothing"


def test_xgboost_that_is_not_installed_is_named_and_needed_only_where_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(comparators, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"evaluation\.comparators: names XGBoost.*pancreassign\[trees\]"):
        comparators.comparators(["rank pairs", "XGBoost"], 0)
    others = [name for name in NAMES if name != "XGBoost"]
    assert list(comparators.comparators(others, 0)) == others
    assert comparators.comparators([], 0) == {}
