"""The pack's card: what it was trained on, every figure with its interval, failures, and limits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from pancreassign.normalize.reference import Reference
from pancreassign.signatures.pack import Signature
from pancreassign.training import card_tables as tables
from pancreassign.training.datasets import ModelSet
from pancreassign.training.fitting import Material, Trained
from pancreassign.training.recipe import Recipe


def write(
    recipe: Recipe,
    reference: Reference,
    signatures: Mapping[str, Signature],
    trained: Trained,
    attempts: pd.DataFrame,
    agreement: pd.DataFrame | None,
    models: ModelSet,
) -> str:
    """The card as Markdown, made of nothing but the recipe and the figures that were computed.

    Parameters
    ----------
    attempts
        As :func:`pancreassign.training.attempts.table` gives them.
    agreement
        Of an organoid assay with itself, by drug; ``None`` where the recipe names no plates.
    models
        As they were read: who was left out, and which drugs were skipped.
    """
    figures = {target: signature.validation for target, signature in signatures.items()}
    own = [] if agreement is None else ["## An organoid assay's own ceiling\n\n" + tables.assay(recipe, agreement)]
    return (
        "\n\n".join(
            [
                f"# {recipe.name} {recipe.version}",
                f"{recipe.description}. Written by `pancreassign train`; no figure here is typed.",
                _intended_use(),
                _data(recipe, reference, trained, models),
                _protocol(recipe, trained),
                "## Skill in models that were not trained on\n\n" + tables.skill(figures),
                *own,
                "## What a signature adds\n\n" + tables.adds(figures),
                "## Other sets\n\n" + tables.external(recipe, figures),
                "## Probabilities\n\n" + tables.probabilities(figures),
                "## Intervals of the response\n\n" + tables.conformal(figures),
                "## From models to tumours, and to paraffin\n\n" + tables.transfer(recipe, figures),
                "## As stroma dilutes the tumour\n\n" + tables.content(recipe, figures),
                "## How much hangs on which models\n\n" + tables.stability(figures, trained),
                "## All that was tried\n\n" + tables.attempts(recipe, attempts, list(signatures)),
                _limits(recipe, figures),
            ]
        )
        + "\n"
    )


def _intended_use() -> str:
    return (
        "## Intended use\n\n"
        "Research use only. A novel predictive biomarker (class C2 of the EBAI framework, Aldea et al. 2025,\n"
        "doi 10.1016/j.annonc.2025.11.009): clinical use needs prospective validation, which this pack has not had.\n"
        "Input: bulk RNA-seq counts of one pancreatic adenocarcinoma. Output: a score and, where skill was shown,\n"
        "the probability of belonging to the sensitive third of models."
    )


def _data(recipe: Recipe, reference: Reference, trained: Trained, models: ModelSet) -> str:
    material = trained.material
    named = f"{reference.name} {reference.manifest['version']}"
    lines = (
        f"- Training: {recipe.models.name}; {recipe.models.source}; {recipe.models.terms}.\n"
        f"- Endpoint: {recipe.models.endpoint}. Turned so that a higher score is a more sensitive tumour.\n"
        f"- {len(material.sensitivity)} models with every response, {len(material.genes)} genes: those measured "
        f"in the models and inside the panel\n  of the reference {named} ({len(reference.tumours)} tumours, "
        f"{len(reference.panel)} panel genes).\n"
        f"- {_units(recipe)}\n"
        + "".join(f"- Left out, {reason}: {', '.join(names)}.\n" for reason, names in models.left_out.items())
        + "".join(f"- Skipped, without a signature: {drug} ({reason}).\n" for drug, reason in models.skipped.items())
        + f"- `general`: {_general(recipe)}.\n"
        f"- What the terms of the training data allow: {recipe.use}."
    )
    if recipe.lines is None or material.lines is None:
        return f"## Data\n\n{lines}"
    kept = material.lines.tissue
    return (
        f"## Data\n\n{lines}\n"
        f"- Prior: {recipe.lines.name}; {recipe.lines.source}; {recipe.lines.terms}. {len(kept)} lines of "
        f"{kept.nunique()} tissues, {(kept == material.lines.test_tissue).sum()} of {material.lines.test_tissue}, in\n"
        f"  {len(material.lines.slices)} slices of expression; {_shared(material)} of the genes above are in some "
        "slice. Each tissue's mean is taken off."
    )


def _shared(material: Material) -> int:
    """How many of the signatures' genes any slice of the lines measures."""
    assert material.lines is not None
    return sum(any(gene in table for table in material.lines.slices.values()) for gene in material.genes)


def _units(recipe: Recipe) -> str:
    if recipe.models.patients is None:
        return "Each model is taken as one patient; the recipe names no patients."
    return "Models of one patient are averaged: each patient counts once, on one side of a fold."


def _general(recipe: Recipe) -> str:
    if recipe.models.compounds is None:
        return "the mean of the responses' normal scores"
    return "in the models the mean response to all compounds of their table, in lines the mean of the drugs"


def _protocol(recipe: Recipe, trained: Trained) -> str:
    how = recipe.evaluation
    penalties = ", ".join(f"{value:g}" for value in recipe.ridge.penalty_per_gene)
    return (
        "## Protocol\n\n"
        "docs/training.md: the families, the rule that chooses one per drug, and the rule of grades.\n"
        f"Outer {how.folds}-fold cross-validation, repeated {how.repeats} times; ridge penalties among {penalties} × "
        "genes.\nEverything fitted or chosen is so inside the training fold; no training mean is added back to a "
        "held-out score.\n"
        f"Intervals: percentile bootstrap over models within each world, {how.bootstrap:,} draws, 95 %. Permutation p: "
        f"the whole\nprocedure on {how.permutations:,} shuffled responses, one-sided. Seed {recipe.seed}.\n"
        "Holm: p corrected for the drugs; `general` stands alone.\n\n" + tables.choice(trained)
    )


def _limits(recipe: Recipe, figures: Mapping[str, Mapping[str, Any]]) -> str:
    unskilled = [target for target, f in figures.items() if f["grade"] == "D"]
    named = ", ".join(unskilled) if unskilled else "none"
    return (
        "## Failures and limits\n\n"
        f"- Without demonstrated skill: {named}.\n"
        "- No probability was calibrated on treated patients; no score was tested on patients' outcomes.\n"
        + "".join(f"- {limit}\n" for limit in recipe.models.limits)
        + "- The correction for stroma was fitted on the kinds of stroma above; liver and acinar tissue are not "
        "corrected for."
    )
