"""How much of a signature hangs on which models it was trained on: refits on four fifths of them."""

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
KEPT = 0.8
"""Share of the models in each refit, drawn without replacement: a model drawn twice would be its own neighbour when the
penalty is chosen by leaving one out, and the penalty would collapse."""
TOP = 50
"""Genes of largest weight whose overlap between refits is reported (judgement)."""


def of(recipe: Recipe, trained: Trained, target: str, tumours: pd.DataFrame) -> dict[str, Any]:
    """Refit a target's family on :data:`KEPT` of the models; the prior's lines stay as they are.

    Parameters
    ----------
    tumours
        Reference tumours × genes, z-scores.

    Returns
    -------
    ``refits``; ``overlap``: the mean share of the :data:`TOP` genes that two refits have in common; and over the
    reference tumours ``agreement``, the mean Spearman correlation of refitted and shipped scores, and ``noise``, the
    root mean square of their difference, both standardised, times ``sqrt(kept / left out)``: the delete-d jackknife's
    standard error (Shao and Wu 1989, doi 10.1214/aos/1176347263).
    """
    x, y = trained.material.arrays
    family = candidates_of(recipe, trained.material)[trained.family[target]]
    column = trained.material.targets.index(target)
    rng = np.random.default_rng(recipe.seed)
    z = tumours.reindex(columns=trained.material.genes).fillna(0.0).to_numpy()
    shipped = _standard(z @ trained.weights[target].to_numpy())
    tops, agreement, square = [], [], []
    kept = round(KEPT * len(x))
    for _ in range(REFITS):
        pick = rng.permutation(len(x))[:kept]
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
        "noise": float(np.sqrt(np.mean(square) * kept / (len(x) - kept))),
    }


def _standard(score: Array) -> Array:
    spread = score.std(ddof=1)
    return np.asarray((score - score.mean()) / (spread if spread > 0 else 1.0))
