"""How often each rule would grade a drug C where there is no skill: the real models, with shuffled responses.

    python benchmarks/null_grades.py [DATA]

Shuffles the responses within each world of models, runs the whole procedure of the shipped recipe on the organoids (by
the rule of selection that ships; that the strict rule must agree lowers the shares further), and prints, per target,
the share of shuffles whose interval alone lies above 0, and of those that all three conditions of grade C let through.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from pancreassign import resources
from pancreassign.counts.genes import GeneTable
from pancreassign.normalize import reference as references
from pancreassign.signatures.pack import GENERAL
from pancreassign.training import datasets, evaluate, fitting, lines, select, skill
from pancreassign.training.recipe import Recipe, read_recipe
from pancreassign.training.skill import World

SHUFFLES, DRAWS = 375, 1000
"""Whole chunks of shuffles, and bootstrap draws."""


def main(data: Path) -> None:
    """Print the shares."""
    recipe = read_recipe(resources.signatures_dir() / f"{resources.DEFAULT_PACK}.toml")
    genes = GeneTable.load(resources.data_dir() / "genes")
    reference = references.load(resources.find_reference(recipe.reference))
    models = datasets.load(recipe.models, data, genes)
    read = lines.read(recipe.lines, data, genes, models.drugs) if recipe.lines else None
    material = fitting.gather(recipe, models.expression, models.sensitivity, reference, read)
    worlds = shuffled_worlds(recipe, material)
    rho = pd.DataFrame({t: [skill.figures(t, one, 1, 0)["spearman"] for one in worlds] for t in material.targets})
    # the p of a shuffle is its place among all shuffles of the same target
    p = rho.rank(ascending=False, method="max") / len(rho)
    drugs = p.drop(columns=GENERAL)
    adjusted = p.assign(**pd.DataFrame([evaluate.holm(row.to_dict()) for _, row in drugs.iterrows()]))
    print("target\tinterval above 0\tgrade C")
    for target in material.targets:
        above = graded = 0
        for place, one in enumerate(worlds):
            own = {"permutation_p": p.loc[place, target], "adjusted_p": adjusted.loc[place, target]}
            figures = {**skill.figures(target, one, DRAWS, recipe.seed), **own}
            above += figures["spearman_interval"]["low"] > 0
            graded += evaluate.grade(figures) == "C"
        print(f"{target}\t{above / SHUFFLES:.3f}\t{graded / SHUFFLES:.3f}", flush=True)


def shuffled_worlds(recipe: Recipe, material: fitting.Material) -> list[list[World]]:
    """Per shuffle: the organoids with their nested scores, and the left-out lines with theirs."""
    x, y = material.arrays
    candidates = fitting.candidates_of(recipe, material)
    how, targets = recipe.evaluation, material.targets
    rng = np.random.default_rng(recipe.seed + 1)
    nothing = np.zeros((1, len(targets)))
    others = []
    if material.lines is not None:
        tissue = material.lines.test_tissue
        family = dict.fromkeys(targets, select.default_of(candidates))
        others.append(fitting.left_out(recipe, material, family, tissue))
    found = []
    for _ in range(SHUFFLES // fitting.CHUNK):
        orders = [rng.permutation(len(y)) for _ in range(fitting.CHUNK)]
        shuffled = np.hstack([y[order] for order in orders])
        scores, _ = select.nested(x, shuffled, candidates, how.folds, how.repeats, recipe.seed)
        for place in range(fitting.CHUNK):
            block = slice(place * len(targets), (place + 1) * len(targets))
            own = (pd.DataFrame(table[:, block], columns=targets) for table in (scores.scores, shuffled))
            one = [World("models", *own, nothing)]
            for line_scores, responses in others:
                order = rng.permutation(len(responses))
                moved = pd.DataFrame(responses.to_numpy()[order], responses.index, responses.columns)
                one.append(World("lines", line_scores, moved, nothing))
            found.append(one)
    return found


if __name__ == "__main__":
    with threadpool_limits(1):
        main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("../shared/data"))
