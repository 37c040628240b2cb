"""The restated methods: right direction, the shipped procedure is the shipped one, a batch of one is told apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.peers import material, methods, oncopredict, skill, transact
from benchmarks.peers.material import DRUGS, batch_z
from benchmarks.peers.oncopredict import automatic_ridge
from pancreassign.errors import ConfigError
from pancreassign.signatures.pack import TARGETS
from pancreassign.training import lines as cell_lines
from pancreassign.training import select
from pancreassign.training.evaluate import spearman
from pancreassign.training.families import families

GENES = [f"G{place}" for place in range(40)]


def cohort(n: int, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Lines of which the first gene tells the sensitivity to every drug."""
    rng = np.random.default_rng(seed)
    expression = pd.DataFrame(rng.normal(5.0, 1.0, (n, len(GENES))), [f"L{i}" for i in range(n)], GENES)
    noise = rng.normal(0.0, 0.3, (n, len(DRUGS)))
    return expression, pd.DataFrame(expression[["G0"]].to_numpy() + noise, expression.index, DRUGS)


def test_the_ridge_of_the_recipe_is_that_of_its_formula() -> None:
    expression, sensitivity = cohort(30, 0)
    x, y = expression.to_numpy(), sensitivity["paclitaxel"].to_numpy()
    unit = (x - x.mean(axis=0)) / np.sqrt(((x - x.mean(axis=0)) ** 2).sum(axis=0))
    values, vectors = np.linalg.eigh(unit.T @ unit)
    values, vectors = values[::-1][:29], vectors[:, ::-1][:, :29]
    components, centred = unit @ vectors, y - y.mean()
    slopes = components.T @ centred / values
    best = (np.inf, np.nan)
    for r in range(1, int((np.cumsum(values) / values.sum() < 0.9).sum()) + 2):
        left = centred - components[:, :r] @ slopes[:r]
        penalty = r * (left @ left) / (30 - r) / (slopes[:r] @ slopes[:r])
        best = min(best, (abs((values**2 / (values + penalty) ** 2).sum() - r), penalty))
    expected = unit @ np.linalg.solve(unit.T @ unit + best[1] * np.eye(len(GENES)), unit.T @ centred)
    assert automatic_ridge(x, y, x) == pytest.approx(expected)


def test_the_recipe_ranks_in_the_right_direction_and_hangs_on_its_batch() -> None:
    expression, sensitivity = cohort(80, 1)
    patients, truth = cohort(30, 2)
    missing = sensitivity.where(np.random.default_rng(3).random(sensitivity.shape) > 0.2)
    found = oncopredict.predict([expression, expression[GENES[:20]]], missing, patients)
    assert (spearman(found.to_numpy(), truth.to_numpy()) > 0.7).all()
    shrunk = oncopredict.predict([expression], sensitivity, patients.iloc[:5])
    whole = oncopredict.predict([expression], sensitivity, patients)
    assert not np.allclose(shrunk.iloc[0], whole.iloc[0], atol=0.01)
    assert oncopredict.predict([expression], sensitivity, patients.iloc[:1]).isna().all(axis=None)


def test_a_gene_that_does_not_vary_in_the_batch_is_zero() -> None:
    z = batch_z(pd.DataFrame({"flat": [1.0, 1.0, 1.0], "other": [1.0, 2.0, 3.0]}))
    assert z["flat"].tolist() == [0.0, 0.0, 0.0]
    assert z["other"].tolist() == [-1.0, 0.0, 1.0]


def test_the_procedure_in_each_fold_is_the_nested_one_of_training() -> None:
    rng = np.random.default_rng(4)
    x = rng.normal(size=(24, 30))
    y = np.column_stack([x[:, 0] + rng.normal(size=24) for _ in TARGETS])
    candidates = families([1.0, 10.0], rng.normal(size=(30, len(TARGETS))), None, len(TARGETS))
    shipped, _ = select.nested(x, y, candidates, 4, 2, 7, len(TARGETS))
    total = np.zeros_like(y)
    for train, test in select.splits(len(x), 4, 2, 7):
        centre, spread = x[train].mean(axis=0), x[train].std(axis=0, ddof=1)
        total[test] += (x[test] - centre) / spread @ methods.procedure(x[train], y[train], candidates, 7)
    assert total / 2 == pytest.approx(shipped.scores)


def test_ulm_reads_the_genes_of_a_signature_by_their_signs() -> None:
    pytest.importorskip("decoupler", reason="the extra `bench` is not installed")
    weights = pd.DataFrame(0.0, GENES, DRUGS)
    weights.iloc[:6], weights.iloc[6:12] = 3.0, -0.5
    assert set(methods.net(weights)["weight"]) == {1.0, -1.0}
    assert len(methods.net(weights)) == 12 * len(DRUGS)
    values, _ = cohort(4, 5)
    values.iloc[0, :6] += 3.0
    values.iloc[1, 6:12] += 3.0
    found = methods.ulm(values, weights)
    assert (found.iloc[0] > found.iloc[2:].max()).all()
    assert (found.iloc[1] < found.iloc[2:].min()).all()


def test_a_worker_that_fails_is_named_with_the_mend(tmp_path: Path) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho 'ModuleNotFoundError: transact' >&2\nexit 1\n")
    broken.chmod(0o755)
    source, sensitivity = cohort(10, 6)
    with pytest.raises(ConfigError, match=r"ModuleNotFoundError: transact.*make bench-peers"):
        transact.predict(broken, source, sensitivity, [source])


@pytest.mark.realdata
@pytest.mark.slow
def test_our_row_is_the_card(realdata: Path) -> None:
    """The comparison scores the same models by the same procedure as ``train``: the card's figures, to the digit."""
    pytest.importorskip("decoupler", reason="the extra `bench` is not installed")
    samples = material.load(realdata)
    lines = methods.pancreas_lines(samples)
    responses = cell_lines.centred_responses(samples.lines).loc[lines[methods.OURS].index]
    worlds = {
        "organoids": (methods.organoids(samples), samples.models.sensitivity),
        "pancreas lines": (lines, responses),
    }
    for name, (scores, truth) in worlds.items():
        found = skill.resampled(scores[methods.OURS].to_numpy()[None], truth[DRUGS].to_numpy(), 0, draws=0)[0, 0]
        figures = [samples.kit.pack.signatures[drug].validation["worlds"][name]["spearman"] for drug in DRUGS]
        assert found == pytest.approx(figures, abs=1e-5)
