"""Untrained scores, and partial correlations against residuals of ranks."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import rankdata, spearmanr

from pancreassign.quality.tissues import Programme
from pancreassign.training import baselines
from pancreassign.training.skill import World

BASAL, CLASSICAL, PROLIFERATION = ([f"{kind}{k}" for k in range(6)] for kind in "BCP")


def tissues(**programmes: list[str]) -> Any:
    """Tissues of which only the programmes matter."""
    named = {name: Programme(name, "context", name, "a test", tuple(genes)) for name, genes in programmes.items()}
    return SimpleNamespace(programmes=named)


ALL = tissues(basal=BASAL, classical=CLASSICAL, proliferation=PROLIFERATION, ductal=["D1"])


def z_scores(genes: list[str], models: int = 9) -> pd.DataFrame:
    """Noise, models × genes."""
    values = np.random.default_rng(0).normal(size=(models, len(genes)))
    return pd.DataFrame(values, columns=genes, index=[f"M{k}" for k in range(models)])


def test_the_subtype_is_classical_less_basal_so_that_basal_models_score_low() -> None:
    z = z_scores([*BASAL, *CLASSICAL, *PROLIFERATION])
    found = baselines.untrained(z, ALL)
    assert list(found.columns) == ["classical - basal", "proliferation"]
    assert found["classical - basal"].to_numpy() == pytest.approx(z[CLASSICAL].mean(axis=1) - z[BASAL].mean(axis=1))
    assert found["proliferation"].to_numpy() == pytest.approx(z[PROLIFERATION].mean(axis=1))
    basal = z.copy()
    basal.loc["M0", BASAL] += 3.0
    assert baselines.untrained(basal, ALL).loc["M0", "classical - basal"] < found.loc["M0", "classical - basal"] - 2.9


def test_a_programme_that_is_missing_or_hardly_measured_is_left_out() -> None:
    whole = z_scores([*BASAL, *CLASSICAL, *PROLIFERATION])
    assert list(baselines.untrained(whole.drop(columns=BASAL[:2]), ALL)) == ["proliferation"]
    assert list(baselines.untrained(whole.drop(columns=PROLIFERATION[:2]), ALL)) == ["classical - basal"]
    silent = whole.assign(**dict.fromkeys(PROLIFERATION[:2], 0.0))
    assert list(baselines.untrained(silent, ALL)) == ["classical - basal"], "0 throughout is not measured"
    nothing = baselines.untrained(whole, tissues(ductal=["D1"]))
    assert nothing.shape == (9, 0)


def test_five_of_six_genes_are_enough_and_the_others_do_not_count_as_zero() -> None:
    whole = z_scores([*BASAL, *CLASSICAL, *PROLIFERATION])
    five = whole.assign(P0=0.0)
    expected = whole[PROLIFERATION[1:]].mean(axis=1)
    assert baselines.untrained(five, ALL)["proliferation"].to_numpy() == pytest.approx(expected)


def test_the_genes_to_look_at_are_those_of_the_three_programmes() -> None:
    assert list(baselines.genes_of(ALL)) == sorted([*BASAL, *CLASSICAL, *PROLIFERATION])
    assert list(baselines.genes_of(tissues(basal=BASAL, ductal=["D1"]))) == BASAL


# --- partial correlation ---


def by_residuals(three: np.ndarray) -> float:
    """Pearson's correlation of what a line on the third's ranks leaves of the first two's."""
    ranks = rankdata(three, axis=0)
    left = [ranks[:, k] - np.polyval(np.polyfit(ranks[:, 2], ranks[:, k], 1), ranks[:, 2]) for k in (0, 1)]
    return float(np.corrcoef(*left)[0, 1])


def test_partial_correlation_is_that_of_residuals_of_ranks() -> None:
    rng = np.random.default_rng(1)
    draws = rng.integers(0, 15, (25, 3, 6)).astype(float)
    draws[:, 0] += draws[:, 2]
    draws[:, 1] -= 2 * draws[:, 2]
    found = baselines.partial_spearman(draws)
    assert found == pytest.approx([by_residuals(draws[:, :, k]) for k in range(6)])


def test_what_the_third_explains_is_gone_and_what_it_does_not_stays() -> None:
    rng = np.random.default_rng(2)
    common = rng.normal(size=4000)
    a, b = (common + rng.normal(size=4000) for _ in range(2))
    assert spearmanr(a, b).statistic > 0.4
    assert baselines.partial_spearman(np.column_stack([a, b, common])[:, :, None])[0] == pytest.approx(0.0, abs=0.05)
    noise = rng.normal(size=4000)
    kept = baselines.partial_spearman(np.column_stack([a, b, noise])[:, :, None])[0]
    assert kept == pytest.approx(spearmanr(a, b).statistic, abs=0.02)


def test_where_it_is_not_defined_the_partial_correlation_is_zero() -> None:
    a, b = np.random.default_rng(3).normal(size=(2, 10))
    for three in (np.column_stack([a, b, a]), np.column_stack([np.ones(10), b, a])):
        assert baselines.partial_spearman(three[:, :, None]).tolist() == [0.0]


# --- what a signature adds ---


def world(seed: int, models: int, holes: int = 0) -> World:
    """Two targets; the score of the drug tells its response beyond general sensitivity."""
    rng = np.random.default_rng(seed)
    general, own = rng.normal(size=(2, models))
    responses = pd.DataFrame({"gemcitabine": general + own, "general": general})
    responses.loc[: holes - 1, "gemcitabine"] = np.nan
    scores = pd.DataFrame(
        {"gemcitabine": own + 0.5 * rng.normal(size=models), "general": general + rng.normal(size=models)}
    )
    return World("made up", scores, responses, np.zeros((1, 2)))


def known(worlds: list[World]) -> list[pd.DataFrame]:
    """Untrained scores by world: two in the first, one in the others."""
    rng = np.random.default_rng(4)
    tables = [pd.DataFrame({"subtype": rng.normal(size=len(one.scores))}) for one in worlds]
    tables[0]["alone"] = 1.0
    return tables


def test_adds_is_averaged_over_worlds_on_models_with_a_response() -> None:
    worlds = [world(5, 30), world(6, 20, holes=4)]
    tables = known(worlds)
    found = baselines.adds("gemcitabine", worlds, tables, 300, 0)
    assert list(found) == ["subtype", "general score", "general response"]
    controls = {
        "subtype": [table["subtype"] for table in tables],
        "general score": [one.scores["general"] for one in worlds],
        "general response": [one.responses["general"] for one in worlds],
    }
    for name, columns in controls.items():
        parts = []
        for one, column, seen in zip(worlds, columns, (slice(0, 30), slice(4, 20)), strict=True):
            three = [one.scores["gemcitabine"], one.responses["gemcitabine"], column]
            parts.append(by_residuals(np.column_stack([each.to_numpy()[seen] for each in three])))
        assert found[name]["spearman"] == pytest.approx((30 * parts[0] + 16 * parts[1]) / 46)
        assert found[name]["low"] < found[name]["spearman"] < found[name]["high"]
        assert found[name]["level"] == (0.99 if name == "general response" else 0.95)
    assert found == baselines.adds("gemcitabine", worlds, tables, 300, 0)


def test_a_drug_told_beyond_general_sensitivity_shows_it_and_one_told_by_it_alone_does_not() -> None:
    own = world(7, 60)
    found = baselines.adds("gemcitabine", [own], known([own]), 300, 0)
    assert found["general response"]["low"] > 0.3
    shared = World("made up", own.scores.assign(gemcitabine=own.scores["general"]), own.responses, own.null)
    beyond = baselines.adds("gemcitabine", [shared], known([shared]), 300, 0)
    assert beyond["general response"]["low"] < 0 < beyond["general response"]["high"]
    assert beyond["general score"]["spearman"] == 0.0


def test_general_sensitivity_is_not_held_against_itself() -> None:
    own = world(8, 20)
    assert list(baselines.adds("general", [own], known([own]), 100, 0)) == ["subtype", "alone"]


def test_correlations_of_one_score_leave_out_what_is_not_known() -> None:
    own = world(9, 20, holes=5)
    found = baselines.correlations(own.scores["gemcitabine"], own.responses)
    expected = spearmanr(own.scores["gemcitabine"][5:], own.responses["gemcitabine"][5:]).statistic
    assert found["gemcitabine"] == pytest.approx(expected)
    assert list(found) == ["gemcitabine", "general"]
