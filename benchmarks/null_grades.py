"""How often grade C is given where there is no skill (the figure of docs/architecture.md).

    python benchmarks/null_grades.py [DATA]

Shuffles the responses of the training models, so that no signature can have skill, runs the recipe's whole
cross-validation on each shuffle, and counts how often the interval of Spearman alone lies above 0, and how often all
that grade C asks holds. The permutation p of a shuffle is its place among all shuffles of the same drug.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from pancreassign import resources
from pancreassign.counts.genes import GeneTable
from pancreassign.normalize import reference
from pancreassign.training import datasets, evaluate
from pancreassign.training.models import Ridge
from pancreassign.training.recipe import read_recipe

SHUFFLES = 400
DRAWS = 1000


def main(data: Path) -> None:
    """Print, per drug, the shares of shuffles that would be graded C."""
    recipe = read_recipe(resources.signatures_dir() / "pdac-organoids.toml")
    panel = reference.load(resources.find_reference(recipe.reference)).panel
    models = datasets.load(recipe.models.model_dump(), data, GeneTable.load(resources.data_dir() / "genes"))
    inside = models.expression[models.expression.columns.intersection(panel).sort_values()].to_numpy()
    family, how = Ridge(recipe.ridge.penalty_per_gene), recipe.evaluation
    rng = np.random.default_rng(recipe.seed)
    print("drug\tinterval above 0\tgrade C")
    for drug, response in models.sensitivity.items():
        shuffled = np.array([rng.permutation(response.to_numpy()) for _ in range(SHUFFLES)]).T
        scores = evaluate.out_of_fold(inside, shuffled, family, how.folds, how.repeats, recipe.seed)
        rho = evaluate.spearman(scores, shuffled)
        above = graded = 0
        for column in range(SHUFFLES):
            score, sensitivity = scores[:, column], shuffled[:, column]
            low, high = evaluate.bootstrap_intervals(score, sensitivity, DRAWS, recipe.seed)["spearman"]
            figures = {
                "spearman_interval": {"low": low, "high": high},
                "permutation_p": float(np.mean(rho >= rho[column])),
                **(evaluate.calibration_figures(score, sensitivity) if low > 0 else {"brier": 1, "brier_base_rate": 0}),
            }
            above += low > 0
            graded += evaluate.grade(figures) == "C"
        print(f"{drug}\t{above / SHUFFLES:.3f}\t{graded / SHUFFLES:.3f}", flush=True)


if __name__ == "__main__":
    with threadpool_limits(1):
        main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("../shared/data"))
