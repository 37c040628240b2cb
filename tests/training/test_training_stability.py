"""How much hangs on which models, and the table of all that was tried."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from training_factory import DRUGS, recipe

from pancreassign.quality.tissues import Programme
from pancreassign.training import attempts, stability
from pancreassign.training.attempts import Attempt
from pancreassign.training.evaluate import spearman
from pancreassign.training.families import TOP_GENES
from pancreassign.training.fitting import Material, Trained, candidates_of, weights_of
from pancreassign.training.skill import World

RECIPE = recipe(folds=5, repeats=1)
TARGETS = [*DRUGS, "general"]


def trained(signal: float, family: str, models: int = 40, genes: int = 120) -> Trained:
    """Signatures of every target, each by ``family``; sixty genes tell the responses as well as ``signal`` says."""
    rng = np.random.default_rng(2)
    latent = rng.normal(size=models)
    expression = rng.normal(size=(models, genes))
    expression[:, :60] += 2 * signal * latent[:, None]
    responses = signal * latent[:, None] + 0.3 * rng.normal(size=(models, 6))
    names = pd.Index([f"G{k:03}" for k in range(genes)])
    tables = pd.DataFrame(expression, columns=names), pd.DataFrame(responses, columns=TARGETS)
    material = Material(*tables, None, rng.uniform(0.5, 2.0, genes))
    chosen = dict.fromkeys(TARGETS, family)
    weights = weights_of(material, candidates_of(RECIPE, material), chosen)
    return Trained(material, weights, chosen, chosen, {}, [], [])


def tumours(genes: int = 120) -> pd.DataFrame:
    """Reference tumours, z-scores, in which the sixty move together; one gene of the signature is not among theirs."""
    rng = np.random.default_rng(3)
    values = rng.normal(size=(30, genes))
    values[:, :60] += 2 * rng.normal(size=(30, 1))
    return pd.DataFrame(values, columns=[f"G{k:03}" for k in range(genes)]).drop(columns="G119")


@pytest.mark.parametrize("family", ["ridge", "zscore"])
def test_a_strong_signal_is_stable_and_noise_is_not(family: str) -> None:
    strong, weak = (stability.of(RECIPE, trained(one, family), "gemcitabine", tumours()) for one in (1.0, 0.0))
    assert strong["refits"] == stability.REFITS
    assert strong["noise"] < 0.7 * weak["noise"]
    assert strong["agreement"] > 0.95 > weak["agreement"]
    assert 0.0 < weak["overlap"] < strong["overlap"] <= 1.0


def test_figures_by_a_plain_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stability, "REFITS", 3)
    own = trained(0.5, "zscore")
    x, y = own.material.arrays
    z = tumours().assign(G119=0.0)[own.material.genes].to_numpy()
    rng = np.random.default_rng(RECIPE.seed)
    column = TARGETS.index("irinotecan")
    family = candidates_of(RECIPE, own.material)["zscore"]
    kept, scores = [], []
    for _ in range(3):
        pick = rng.permutation(40)[:32]  # four fifths, none twice
        weights = clone(family).fit(x[pick], y[pick]).coef_[:, column]
        kept.append(set(np.flatnonzero(weights)))
        scores.append(z @ weights)
    standard = [(one - one.mean()) / one.std(ddof=1) for one in (z @ own.weights["irinotecan"].to_numpy(), *scores)]
    found = stability.of(RECIPE, own, "irinotecan", tumours())
    shared = [len(kept[a] & kept[b]) / TOP_GENES for a, b in ((0, 1), (0, 2), (1, 2))]
    assert found["overlap"] == pytest.approx(np.mean(shared))
    assert found["agreement"] == pytest.approx(np.mean([spearman(one, standard[0]) for one in standard[1:]]))
    # the delete-d jackknife: 32 kept, 8 left out
    assert found["noise"] == pytest.approx(2 * np.sqrt(np.mean([(one - standard[0]) ** 2 for one in standard[1:]])))
    assert found == stability.of(RECIPE, own, "irinotecan", tumours()), "the same each time"


# --- the table of attempts ---


def test_the_table_has_a_row_an_attempt_and_world() -> None:
    told = dict.fromkeys(TARGETS, 0.5)
    table = attempts.table([Attempt("family", "ridge", told, {**told, "5-FU": 0.1}), Attempt("baseline", "x", told)])
    assert list(table.columns) == ["kind", "attempt", "world", *TARGETS]
    assert table[["kind", "attempt", "world"]].to_numpy().tolist() == [
        ["family", "ridge", "models"], ["family", "ridge", "lines"], ["baseline", "x", "models"]
    ]  # fmt: skip
    assert table["5-FU"].tolist() == [0.5, 0.1, 0.5]


def of_genes(genes: pd.Index) -> Any:
    """Tissues of which only two programmes matter: ten genes each."""
    named = {"basal": tuple(genes[:10]), "classical": tuple(genes[10:20])}
    return SimpleNamespace(
        programmes={name: Programme(name, "context", name, "a test", own) for name, own in named.items()}
    )


def test_untrained_scores_of_models_are_standardised_among_them() -> None:
    own = trained(0.5, "ridge")
    world = World("models", own.material.sensitivity, own.material.sensitivity, np.zeros((1, 6)))
    both = Trained(own.material, own.weights, own.family, own.family, {}, [world], [world])
    (table,) = attempts.untrained_by_world(both, own.material.expression * 5 + 3, of_genes(own.material.genes))
    z = own.material.expression
    z = (z - z.mean()) / z.std()
    expected = z.iloc[:, 10:20].mean(axis=1) - z.iloc[:, :10].mean(axis=1)
    assert table["classical - basal"].to_numpy() == pytest.approx(expected)
