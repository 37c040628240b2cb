"""All that was tried, for the card: every family, the rules, comparators, baselines, other sets of genes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from pancreassign.normalize.reference import Reference
from pancreassign.quality.tissues import Tissues
from pancreassign.training import baselines, comparators, select
from pancreassign.training import lines as cell_lines
from pancreassign.training.evaluate import spearman
from pancreassign.training.families import Ridge
from pancreassign.training.fitting import Material, Progress, Trained, candidates_of, left_out
from pancreassign.training.lines import Lines
from pancreassign.training.models import CONSTANT, standardise
from pancreassign.training.recipe import Recipe
from pancreassign.training.select import default_of

Array = npt.NDArray[np.float64]

RANDOM_SETS = 20
"""Random sets of genes that a ridge is trained on."""


@dataclass(frozen=True)
class Attempt:
    """Spearman's correlation by target: out of fold in the training models, and in the lines that are left out."""

    kind: str
    name: str
    models: Mapping[str, float]
    lines: Mapping[str, float] | None = None


def table(attempts: list[Attempt]) -> pd.DataFrame:
    """A row an attempt and world."""
    rows = [
        {"kind": one.kind, "attempt": one.name, "world": world, **figures}
        for one in attempts
        for world, figures in (("models", one.models), ("lines", one.lines))
        if figures is not None
    ]
    return pd.DataFrame(rows)


def try_all(
    recipe: Recipe,
    trained: Trained,
    expression: pd.DataFrame,
    reference: Reference,
    tumours: pd.DataFrame,
    second: Lines | None,
    known: Sequence[pd.DataFrame],
    progress: Progress,
) -> list[Attempt]:
    """Evaluate everything that the card lists, in the folds of the shipped signatures.

    Parameters
    ----------
    expression
        models × all genes measured.
    tumours
        Reference tumours × genes, z-scores.
    second
        The lines with responses of two laboratories, if any.
    known
        Of :func:`untrained_by_world`.
    """
    material = trained.material
    progress("for the card: every family")
    found = [*_families(recipe, material), *_rules(trained), *_both_assays(recipe, material, second)]
    for name, family in comparators.comparators(recipe.evaluation.comparators, recipe.seed).items():
        progress(f"for the card: {name}")
        scores = _out_of_fold(recipe, material.expression, material.sensitivity, family)
        found.append(Attempt("comparator", name, _rho(scores, material.sensitivity)))
    progress("for the card: baselines and other sets of genes")
    found += _baselines(trained, known)
    return [*found, *_gene_sets(recipe, material, expression, reference), *_coexpressed(recipe, material, tumours)]


def _families(recipe: Recipe, material: Material) -> list[Attempt]:
    return [_with(recipe, material, name, "family", name) for name in candidates_of(recipe, material)]


def _with(
    recipe: Recipe, material: Material, family: str, kind: str, title: str, judged: Lines | None = None
) -> Attempt:
    """One family for every target; ``judged`` are the lines whose responses count, where not the material's own."""
    scores = _out_of_fold(recipe, material.expression, material.sensitivity, candidates_of(recipe, material)[family])
    chosen = dict.fromkeys(material.targets, family)
    return Attempt(kind, title, _rho(scores, material.sensitivity), _in_lines(recipe, material, chosen, judged))


def _both_assays(recipe: Recipe, material: Material, second: Lines | None) -> list[Attempt]:
    """The families with a prior of two laboratories' responses, judged as the others are, by those of the first."""
    if second is None or recipe.lines is None or recipe.lines.second is None:
        return []
    both, named = replace(material, lines=second), recipe.lines.second.name
    titles = {"prior": f"prior, with {named}", "stack": f"stack, prior with {named}"}
    return [_with(recipe, both, name, "prior", title, material.lines) for name, title in titles.items()]


def _coexpressed(recipe: Recipe, material: Material, tumours: pd.DataFrame) -> list[Attempt]:
    """The default family on the half of the genes whose co-expression in models and tumours agrees best.

    Agreement of a gene: the correlation, over the other genes, of its correlations with them in models and in tumours.
    No response enters it.
    """
    worlds = (material.expression, tumours[material.genes])
    varies = np.logical_and.reduce([table.to_numpy().std(axis=0) > CONSTANT for table in worlds])
    genes = material.genes[varies]
    both = [np.corrcoef(table[genes].to_numpy().T) for table in worlds]
    rows = enumerate(zip(*both, strict=True))
    agreement = np.array([np.corrcoef(np.delete(a, i), np.delete(b, i))[0, 1] for i, (a, b) in rows])
    kept = material.of(genes[agreement >= np.median(agreement)])
    title = f"{{}}, {len(kept.genes)} genes co-expressed alike in models and tumours"
    names = dict.fromkeys(["ridge", default_of(candidates_of(recipe, material))])
    return [_with(recipe, kept, name, "genes", title.format(name)) for name in names]


def _rules(trained: Trained) -> list[Attempt]:
    """The rule that ships, and the strict one, which was tried first (docs/training.md)."""
    found = []
    for name, worlds in (
        ("highest inner figure, no default", trained.strict),
        (f"{default_of(trained.chosen)} unless clearly beaten (ships)", trained.worlds),
    ):
        rho = [{str(target): float(spearman(*world.of(str(target)))) for target in world.scores} for world in worlds]
        found.append(Attempt("rule", name, rho[0], rho[1] if rho[1:] else None))
    return found


def _in_lines(
    recipe: Recipe, material: Material, chosen: Mapping[str, str], judged: Lines | None = None
) -> Mapping[str, float] | None:
    """Correlations in the lines that are left out, by signatures whose prior saw none of them."""
    if material.lines is None:
        return None
    scores, responses = left_out(recipe, material, chosen, material.lines.test_tissue)
    if judged is not None:
        responses = cell_lines.centred_responses(judged).loc[scores.index]
    return {str(target): float(scores[target].corr(responses[target], method="spearman")) for target in scores}


def _baselines(trained: Trained, known: Sequence[pd.DataFrame]) -> list[Attempt]:
    found = []
    for name in map(str, known[0]):
        by_world = [
            baselines.correlations(scores[name], world.responses) if name in scores else None
            for world, scores in zip(trained.worlds, known, strict=True)
        ]
        first = by_world[0]
        assert first is not None
        found.append(Attempt("baseline", name, first, by_world[1] if by_world[1:] else None))
    return found


def untrained_by_world(trained: Trained, expression: pd.DataFrame, tissues: Tissues) -> list[pd.DataFrame]:
    """Untrained scores (models × baselines) of every world, each standardised within its own."""
    genes = baselines.genes_of(tissues)
    measured = expression[expression.columns.intersection(genes, sort=False)]
    own = pd.DataFrame(standardise(measured.to_numpy(), measured.to_numpy()), measured.index, measured.columns)
    tables = [baselines.untrained(own, tissues)]
    lines = trained.material.lines
    if lines is not None:
        tables.append(baselines.untrained(cell_lines.own_world(lines, lines.test_tissue, genes), tissues))
    return tables


def _gene_sets(recipe: Recipe, material: Material, expression: pd.DataFrame, reference: Reference) -> list[Attempt]:
    """Ridge on other genes than the panel's, and on random sets of as many."""
    expressed = reference.genes.index[reference.genes["panel"] | reference.genes["stable"]]
    sets = {"expressed in tumours": expression.columns.intersection(expressed), "all measured": expression.columns}
    ridge = Ridge(recipe.ridge.penalty_per_gene)
    found = []
    for name, genes in sets.items():
        scores = _out_of_fold(recipe, expression[genes], material.sensitivity, ridge)
        found.append(Attempt("genes", f"ridge, {name}, {len(genes)} genes", _rho(scores, material.sensitivity)))
    rng = np.random.default_rng(recipe.seed)
    drawn = []
    for _ in range(RANDOM_SETS):
        some = rng.choice(expression.shape[1], min(len(material.genes), expression.shape[1]), replace=False)
        scores = _out_of_fold(recipe, expression.iloc[:, some], material.sensitivity, ridge)
        drawn.append(_rho(scores, material.sensitivity))
    mean = pd.DataFrame(drawn).mean().to_dict()
    name = f"ridge, random sets of {len(material.genes)} genes, mean of {RANDOM_SETS}"
    return [*found, Attempt("genes", name, {str(target): float(rho) for target, rho in mean.items()})]


def _out_of_fold(
    recipe: Recipe, expression: pd.DataFrame, sensitivity: pd.DataFrame, family: select.Estimator
) -> Array:
    how = recipe.evaluation
    return select.out_of_fold(
        expression.to_numpy(), sensitivity.to_numpy(), family, how.folds, how.repeats, recipe.seed
    )


def _rho(scores: Array, sensitivity: pd.DataFrame) -> Mapping[str, float]:
    rho = spearman(scores, sensitivity.to_numpy())
    return {str(target): float(value) for target, value in zip(sensitivity, rho, strict=True)}
