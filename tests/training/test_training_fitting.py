"""Fitting all targets: which genes, which family, which null, and lines whose prior never saw them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from training_factory import LINES_ALONE, MODELS, PANEL, chosen_genes, recipe_with_lines, write_lines, write_world

from pancreassign.counts.genes import GeneTable
from pancreassign.errors import ConfigError
from pancreassign.signatures.pack import TARGETS
from pancreassign.training import datasets, fitting, lines, select
from pancreassign.training.evaluate import spearman
from pancreassign.training.fitting import Material, Trained

RECIPE = recipe_with_lines(permutations=12)


def silent(_: str) -> None:
    pass


def panel(genes: list[str]) -> Any:
    """A reference of which only the panel matters, and how far its genes spread: by a half, one, one and a half ..."""
    spread = pd.DataFrame({"sd": 0.5 * np.arange(1.0, len(genes) + 1)}, index=genes)
    return SimpleNamespace(panel=genes, genes=spread)


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory, gene_table: GeneTable) -> Material:
    """The small world's models and lines."""
    data = tmp_path_factory.mktemp("data")
    return gathered(data, gene_table)


def gathered(data: Path, genes: GeneTable) -> Material:
    """Write the small world, and read its models and lines."""
    write_world(data, genes)
    write_lines(data, genes)
    models = datasets.load(RECIPE.models, data, genes)
    assert RECIPE.lines is not None
    known = lines.read(RECIPE.lines, data, genes)
    return fitting.gather(RECIPE, models.expression, models.sensitivity, panel(chosen_genes(genes)[:PANEL]), known)


@pytest.fixture(scope="module")
def trained(material: Material) -> Trained:
    """Fitted once."""
    return fitting.fit(RECIPE, material, silent)


def without_lines(material: Material) -> Material:
    """The models alone."""
    return replace(material, lines=None)


# --- genes ---


def test_genes_are_those_of_the_panel_that_the_models_measure(material: Material, gene_table: GeneTable) -> None:
    ids = chosen_genes(gene_table)
    assert list(material.genes) == sorted(ids[: PANEL - LINES_ALONE]), "what the lines alone measure gets no weight"
    assert (material.expression.std() > 0).all()
    assert material.targets == list(TARGETS)


def test_weights_are_balanced_by_the_spread_among_the_references_tumours(
    material: Material, trained: Trained, gene_table: GeneTable
) -> None:
    ids = chosen_genes(gene_table)
    sd = np.array([0.5 * (ids.index(gene) + 1) for gene in material.genes])
    assert material.balance == pytest.approx(1 / sd)
    assert (trained.weights.to_numpy() / sd[:, None]).sum(axis=0) == pytest.approx(np.zeros(6), abs=1e-9)


def test_genes_of_lines_outside_the_panel_do_not_count(material: Material, gene_table: GeneTable) -> None:
    ids = chosen_genes(gene_table)
    expression = material.expression
    some = fitting.gather(RECIPE, expression, material.sensitivity, panel(ids[: PANEL - 2]), material.lines)
    assert list(some.genes) == sorted(ids[: PANEL - LINES_ALONE])
    none = fitting.gather(RECIPE, expression, material.sensitivity, panel(ids), None)
    assert list(none.genes) == sorted(ids[: PANEL - LINES_ALONE])


def test_too_few_genes_and_too_many_folds_are_named(material: Material, gene_table: GeneTable) -> None:
    ids = chosen_genes(gene_table)
    expression = material.expression
    with pytest.raises(ConfigError, match=r"expression\.tsv: holds 49 genes of the reference's panel; at least 50"):
        fitting.gather(RECIPE, expression, material.sensitivity, panel(ids[:49]), material.lines)
    with pytest.raises(ConfigError, match=rf"evaluation\.folds: is more than the {MODELS} models"):
        fitting.gather(recipe_with_lines(folds=21), expression, material.sensitivity, panel(ids), None)


# --- candidates and weights ---


def test_families_with_a_prior_need_lines(material: Material) -> None:
    assert "stack" in fitting.candidates_of(RECIPE, material)
    assert list(fitting.candidates_of(RECIPE, without_lines(material))) == [
        "zscore", "ridge", "ridge_denoised", "ridge_general"
    ]  # fmt: skip


def test_the_prior_is_that_of_the_lines_in_the_order_of_the_targets(material: Material) -> None:
    assert material.lines is not None
    assert RECIPE.lines is not None
    for without in (None, "Pancreas"):
        weights = fitting.candidates_of(RECIPE, material, without)["prior"].get_params()["weights"]
        table = lines.prior(material.lines, material.genes, RECIPE.lines.penalty_per_gene, without)
        for place, target in enumerate(TARGETS):
            assert weights[:, place].tolist() == table[target].tolist()


def test_each_target_has_the_weights_of_its_own_family(material: Material) -> None:
    candidates = fitting.candidates_of(RECIPE, material)
    family = dict(zip(TARGETS, ["zscore", "ridge", "prior", "stack", "shrink", "ridge"], strict=True))
    weights = fitting.weights_of(material, candidates, family)
    for place, target in enumerate(TARGETS):
        alone = clone(candidates[family[target]]).fit(*material.arrays).coef_[:, place]
        assert weights[target].tolist() == alone.tolist()


def test_a_world_may_not_have_the_name_of_the_left_out_lines(material: Material, gene_table: GeneTable) -> None:
    own = RECIPE.model_copy(update={"models": RECIPE.models.model_copy(update={"world": "pancreas lines"})})
    with pytest.raises(ConfigError, match=r"models\.world: is 'pancreas lines', as the left-out lines are"):
        fitting.gather(own, material.expression, material.sensitivity, panel(chosen_genes(gene_table)), material.lines)


# --- the fit ---


def test_what_ships_is_what_the_rule_chooses_on_all_models(material: Material, trained: Trained) -> None:
    candidates = fitting.candidates_of(RECIPE, material)
    ships, strict = select.choose(*material.arrays, candidates, RECIPE.seed)
    names = list(candidates)
    assert trained.family == {target: names[place] for target, place in zip(TARGETS, ships, strict=True)}
    assert trained.strict_family == {target: names[place] for target, place in zip(TARGETS, strict, strict=True)}
    pd.testing.assert_frame_equal(trained.weights, fitting.weights_of(material, candidates, trained.family))


def test_the_models_scores_are_nested_out_of_fold_under_either_rule(material: Material, trained: Trained) -> None:
    candidates = fitting.candidates_of(RECIPE, material)
    found = select.nested(*material.arrays, candidates, 4, 1, RECIPE.seed)
    for own, worlds in zip(found, (trained.worlds, trained.strict), strict=True):
        assert [world.name for world in worlds] == ["models", "pancreas lines"]
        assert worlds[0].scores.to_numpy().tolist() == own.scores.tolist()
        assert worlds[0].responses.equals(material.sensitivity)
    assert {name: count.tolist() for name, count in trained.chosen.items()} == {
        name: count.tolist() for name, count in found[0].chosen.items()
    }


def test_the_null_runs_choice_and_all_on_each_shuffle(material: Material, trained: Trained) -> None:
    x, y = material.arrays
    rng = np.random.default_rng(RECIPE.seed)
    orders = [rng.permutation(MODELS) for _ in range(12)]
    assert trained.worlds[0].null.shape == trained.strict[0].null.shape == (12, 6)
    candidates = fitting.candidates_of(RECIPE, material)
    for place in (0, 11):
        shuffled = y[orders[place]]
        found = select.nested(x, shuffled, candidates, 4, 1, RECIPE.seed)
        for own, worlds in zip(found, (trained.worlds, trained.strict), strict=True):
            assert worlds[0].null[place] == pytest.approx(spearman(own.scores, shuffled))
    gemcitabine = list(TARGETS).index("gemcitabine")
    observed = spearman(trained.worlds[0].scores.to_numpy(), y)[gemcitabine]
    assert observed > 0.8
    assert (trained.worlds[0].null[:, gemcitabine] < observed).all()
    assert abs(trained.worlds[0].null.mean()) < 0.15


# --- the lines that are left out ---


def test_lines_are_scored_by_the_models_families_with_a_prior_that_never_saw_them(
    material: Material, trained: Trained
) -> None:
    assert material.lines is not None
    candidates = fitting.candidates_of(RECIPE, material, "Pancreas")
    places = select.choose(*material.arrays, candidates, RECIPE.seed)  # the family too is chosen without that tissue
    for worlds, own in zip((trained.worlds, trained.strict), places, strict=True):
        family = {target: list(candidates)[place] for target, place in zip(TARGETS, own, strict=True)}
        weights = fitting.weights_of(material, candidates, family)
        z = lines.own_world(material.lines, "Pancreas", material.genes)
        assert worlds[1].scores.to_numpy() == pytest.approx(z.to_numpy() @ weights.to_numpy())
        assert list(worlds[1].scores.index) == list(z.index)
        assert len(z) == 10
        responses = lines.centred_responses(material.lines).loc[z.index, list(TARGETS)]
        pd.testing.assert_frame_equal(worlds[1].responses, responses)
        assert worlds[1].null.shape == (12, 6)
    assert spearman(*trained.worlds[1].of("gemcitabine")) > 0.8
    seen = fitting.weights_of(material, fitting.candidates_of(RECIPE, material), trained.family)
    assert not np.allclose(seen, weights), "with the tissue the prior is another"


def test_the_order_of_the_left_out_lines_responses_changes_no_score_of_theirs(
    material: Material, trained: Trained
) -> None:
    # in another order they hold the same values, so that ranks among all lines stay
    assert material.lines is not None
    here = material.lines.tissue == "Pancreas"
    sensitivity = material.lines.sensitivity.copy()
    sensitivity.loc[here] = sensitivity.loc[here].to_numpy()[::-1]
    turned = replace(material, lines=replace(material.lines, sensitivity=sensitivity))
    weights = [
        fitting.weights_of(one, fitting.candidates_of(RECIPE, one, "Pancreas"), trained.family)
        for one in (material, turned)
    ]
    for target in TARGETS[1:5]:  # one response of 5-FU is not known, and so changes its tissue's mean
        assert fitting.scores_in(turned, weights[1], "Pancreas")[0][target].to_numpy() == pytest.approx(
            fitting.scores_in(material, weights[0], "Pancreas")[0][target].to_numpy()
        )


def test_without_lines_there_is_one_world(material: Material) -> None:
    alone = fitting.fit(recipe_with_lines(permutations=1), without_lines(material), silent)
    assert [world.name for world in alone.worlds] == [world.name for world in alone.strict] == ["models"]
