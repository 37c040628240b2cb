"""How much of a signature hangs on which models it was trained on: refits on resampled models."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import clone

from pancreassign.training.families import largest
from pancreassign.training.fitting import Trained, candidates_of
from pancreassign.training.recipe import Recipe

Array = npt.NDArray[np.float64]

REFITS = 50
TOP = 50
"""Genes of largest weight whose overlap between refits is reported (judgement)."""


def of(recipe: Recipe, trained: Trained, target: str, tumours: pd.DataFrame) -> dict[str, Any]:
    """Refit a target's family on models drawn with replacement; the prior's lines stay as they are.

    Parameters
    ----------
    tumours
        Reference tumours × genes, z-scores.

    Returns
    -------
    ``refits``; ``overlap``: the mean share of the :data:`TOP` genes that two refits have in common; and over the
    reference tumours ``agreement``, the mean Spearman correlation of refitted and shipped scores, and ``noise``, the
    root mean square of their difference, in standard deviations of the shipped scores, both standardised.
    """
    x, y = trained.material.arrays
    family = candidates_of(recipe, trained.material)[trained.family[target]]
    column = trained.material.targets.index(target)
    rng = np.random.default_rng(recipe.seed)
    z = tumours.reindex(columns=trained.material.genes).fillna(0.0).to_numpy()
    shipped = _standard(z @ trained.weights[target].to_numpy())
    tops, agreement, square = [], [], []
    for _ in range(REFITS):
        pick = rng.integers(0, len(x), len(x))
        weights = clone(family).fit(x[pick], y[pick]).coef_[:, column]
        tops.append(largest(weights[:, None], TOP)[:, 0])
        score = _standard(z @ weights)
        agreement.append(float(pd.Series(score).corr(pd.Series(shipped), method="spearman")))
        square.append(float(((score - shipped) ** 2).mean()))
    both = np.array(tops, dtype=float)
    shared = (both @ both.T) / TOP
    pairs = shared[np.triu_indices(REFITS, 1)]
    return {
        "refits": REFITS,
        "overlap": float(pairs.mean()),
        "agreement": float(np.mean(agreement)),
        "noise": float(np.sqrt(np.mean(square))),
    }


def _standard(score: Array) -> Array:
    spread = score.std(ddof=1)
    return np.asarray((score - score.mean()) / (spread if spread > 0 else 1.0))
