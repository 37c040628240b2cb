"""Fitting every target's signature, and scores of models that it never saw (docs/training.md)."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from joblib import Parallel, delayed
from sklearn.base import clone
from threadpoolctl import threadpool_limits

from pancreassign.errors import ConfigError
from pancreassign.normalize.reference import Reference
from pancreassign.training import lines as cell_lines
from pancreassign.training import select
from pancreassign.training.evaluate import spearman
from pancreassign.training.families import Linear, families
from pancreassign.training.lines import Lines
from pancreassign.training.recipe import Recipe
from pancreassign.training.skill import World, shuffled_within

Array = npt.NDArray[np.float64]
Progress = Callable[[str], None]

MIN_GENES = 50
CHUNK = 125
"""Shuffles that are fitted at once: fewer would take longer, more would need more memory."""
SHUFFLED_LINES = 1
"""Added to the seed for the lines' shuffles, which are independent of the models'."""


@dataclass(frozen=True)
class Material:
    """What signatures are learnt from.

    Attributes
    ----------
    expression
        models × genes that may have a weight.
    sensitivity
        models × targets, higher = more sensitive.
    lines
        Cell lines for the prior, if any.
    balance
        By gene: 1 over its spread (log2) among the reference's tumours.
    """

    expression: pd.DataFrame
    sensitivity: pd.DataFrame
    lines: Lines | None
    balance: Array

    def of(self, genes: pd.Index) -> Material:
        """The same with some of the genes alone."""
        kept = self.genes.isin(genes)
        return replace(self, expression=self.expression.loc[:, kept], balance=self.balance[kept])

    @property
    def genes(self) -> pd.Index:
        """The genes that may have a weight."""
        return self.expression.columns

    @property
    def targets(self) -> list[str]:
        """The drugs with usable responses, and general sensitivity."""
        return [str(target) for target in self.sensitivity]

    @property
    def arrays(self) -> tuple[Array, Array]:
        """Expression and sensitivity without their labels."""
        return self.expression.to_numpy(), self.sensitivity.to_numpy()


@dataclass(frozen=True)
class Trained:
    """The fitted signatures of all targets.

    Attributes
    ----------
    weights
        genes × targets.
    family
        By target: the chosen family; ``strict_family`` by the rule without a default.
    chosen
        By family: in how many outer folds it was chosen, by target.
    worlds
        The models that grades are given on, with scores that never saw them; the training models come first.
    strict
        The same with signatures chosen without a default: a grade must hold in both.
    """

    material: Material
    weights: pd.DataFrame
    family: Mapping[str, str]
    strict_family: Mapping[str, str]
    chosen: Mapping[str, npt.NDArray[np.int_]]
    worlds: list[World]
    strict: list[World]


def gather(
    recipe: Recipe, expression: pd.DataFrame, sensitivity: pd.DataFrame, reference: Reference, lines: Lines | None
) -> Material:
    """Choose the genes: those of the reference's panel that the models measure.

    A gene that the lines alone measure gets no weight: what ships would then be another score than the one that the
    models tested.

    Raises
    ------
    ConfigError
        Where the models measure too few genes of the panel, or are fewer than the folds.
    """
    panel = pd.Index(sorted(reference.panel))
    measured = panel.intersection(expression.columns, sort=False)
    if len(measured) < MIN_GENES:
        raise ConfigError(
            recipe.models.expression,
            f"holds {len(measured)} genes of the reference's panel; at least {MIN_GENES} are needed",
            "Give expression of more genes, or a reference with another panel.",
        )
    if recipe.evaluation.folds > len(expression):
        raise ConfigError("evaluation.folds", f"is more than the {len(expression)} models", "Give fewer folds.")
    if lines and lines.test_world == recipe.models.world:
        raise ConfigError("models.world", f"is {lines.test_world!r}, as the left-out lines are", "Give another word.")
    balance = 1.0 / reference.genes.loc[measured, "sd"].to_numpy(dtype=float)
    return Material(expression[measured], sensitivity, lines, balance)


def fit(recipe: Recipe, material: Material, progress: Progress) -> Trained:
    """Choose and fit a family per target, and score models that never saw it."""
    x, y = material.arrays
    how, targets = recipe.evaluation, material.targets
    candidates = candidates_of(recipe, material)
    progress(f"cross-validating {len(targets)} targets on {len(x)} models × {len(material.genes)} genes")
    nested = select.nested(x, y, candidates, how.folds, how.repeats, recipe.seed, len(targets))
    winners = select.choose(x, y, candidates, recipe.seed, len(targets))
    nulls = _shuffled(recipe, x, y, candidates, progress)
    elsewhere = _winners_elsewhere(recipe, material)
    family, worlds = [], []
    for own, places, null, others in zip(nested, winners, nulls, elsewhere, strict=True):
        chosen = _named(candidates, material, places)
        scores = pd.DataFrame(own.scores, index=material.expression.index, columns=targets)
        models = World(recipe.models.world, scores, material.sensitivity, null)
        family.append(chosen)
        worlds.append([models, *([_lines_world(recipe, material, others)] if material.lines else [])])
    weights = weights_of(material, candidates, family[0])
    return Trained(material, weights, family[0], family[1], nested[0].chosen, worlds[0], worlds[1])


def candidates_of(recipe: Recipe, material: Material, without: str | None = None) -> Mapping[str, Linear]:
    """The families that may be chosen; the prior saw no line of the tissue ``without``."""
    prior = None
    if recipe.lines is not None and material.lines is not None:
        table = cell_lines.prior(material.lines, material.genes, recipe.lines.penalty_per_gene, without)
        prior = table[material.targets].to_numpy()
    return families(recipe.ridge.penalty_per_gene, prior, material.balance, len(material.targets))


def weights_of(material: Material, candidates: Mapping[str, Linear], family: Mapping[str, str]) -> pd.DataFrame:
    """Weights (genes × targets) of each target's family, fitted on all models."""
    fitted = {name: clone(candidates[name]).fit(*material.arrays).coef_ for name in sorted(set(family.values()))}
    columns = {target: fitted[family[target]][:, place] for place, target in enumerate(material.targets)}
    return pd.DataFrame(columns, index=material.genes)


def left_out(
    recipe: Recipe, material: Material, family: Mapping[str, str], tissue: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Scores and responses (lines × targets) of a tissue's lines, by signatures whose prior saw none of them."""
    return scores_in(material, weights_of(material, candidates_of(recipe, material, tissue), family), tissue)


def scores_in(material: Material, weights: pd.DataFrame, tissue: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Scores and responses (lines × targets) of a tissue's lines, standardised among themselves."""
    assert material.lines is not None
    z = cell_lines.own_world(material.lines, tissue, weights.index)
    scores = pd.DataFrame(z.to_numpy() @ weights.to_numpy(), index=z.index, columns=weights.columns)
    return scores, cell_lines.centred_responses(material.lines).loc[z.index, list(weights)]


def _winners_elsewhere(recipe: Recipe, material: Material) -> list[Mapping[str, str]]:
    """By rule, the families chosen on the models where the prior saw nothing of the left-out tissue."""
    if material.lines is None:
        return [{} for _ in select.RULES]
    candidates = candidates_of(recipe, material, material.lines.test_tissue)
    winners = select.choose(*material.arrays, candidates, recipe.seed, len(material.targets))
    return [_named(candidates, material, places) for places in winners]


def _named(candidates: Mapping[str, Linear], material: Material, places: select.Places) -> dict[str, str]:
    """By target, the family at its place among the candidates."""
    names = list(candidates)
    return {target: names[place] for target, place in zip(material.targets, places, strict=True)}


def _lines_world(recipe: Recipe, material: Material, family: Mapping[str, str]) -> World:
    """The lines of the tissue that is left out: family chosen on the models and prior, both without that tissue."""
    assert material.lines is not None
    scores, responses = left_out(recipe, material, family, material.lines.test_tissue)
    null = shuffled_within(scores, responses, recipe.evaluation.permutations, recipe.seed + SHUFFLED_LINES)
    return World(material.lines.test_world, scores, responses, null)


def _shuffled(
    recipe: Recipe, x: Array, y: Array, candidates: Mapping[str, Linear], progress: Progress
) -> tuple[Array, Array]:
    """Spearman's correlations (shuffles × targets) on shuffled models' responses, by either rule."""
    how = recipe.evaluation
    rng = np.random.default_rng(recipe.seed)
    orders = [rng.permutation(len(y)) for _ in range(how.permutations)]
    chunks = [orders[start : start + CHUNK] for start in range(0, len(orders), CHUNK)]
    # each chunk is the same whoever computes it, so the number of cores shows in nothing but the time
    workers = Parallel(n_jobs=min(len(chunks), os.cpu_count() or 1), return_as="generator")
    settings = (candidates, how.folds, how.repeats, recipe.seed)
    ships, strict = [], []
    for done, rho in enumerate(workers(delayed(_null)(x, y, chunk, *settings) for chunk in chunks), start=1):
        progress(f"permutations: {min(done * CHUNK, len(orders))} of {len(orders)}")
        ships.append(rho[0])
        strict.append(rho[1])
    return np.concatenate(ships), np.concatenate(strict)


def _null(
    x: Array,
    y: Array,
    orders: Sequence[npt.NDArray[np.int_]],
    candidates: Mapping[str, Linear],
    folds: int,
    repeats: int,
    seed: int,
) -> tuple[Array, Array]:
    with threadpool_limits(1):
        shuffled = np.hstack([y[order] for order in orders])
        ships, strict = (
            spearman(own.scores, shuffled).reshape(-1, y.shape[1])
            for own in select.nested(x, shuffled, candidates, folds, repeats, seed, y.shape[1])
        )
    return ships, strict
