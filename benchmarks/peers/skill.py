"""Spearman's correlation of every method, drug and test set, with its bootstrap interval and its distance from ours."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmarks.peers.material import DRUGS
from benchmarks.peers.methods import METHODS, OURS
from pancreassign.training.evaluate import interval, spearman

Array = npt.NDArray[np.float64]

DRAWS = 2000
MEAN = "mean of five"


def table(world: str, scores: Mapping[str, pd.DataFrame], responses: pd.DataFrame, seed: int) -> pd.DataFrame:
    """A row a method and drug, and a method's mean over the drugs; a method without scores has empty figures.

    Parameters
    ----------
    world
        The test set's name.
    scores
        By method: models × drugs.
    responses
        models × drugs (others are left out), higher = more sensitive, NaN where not measured.

    Returns
    -------
    ``spearman`` and ``minus_ours`` (the difference to :data:`OURS` on the same models), each with the ends of its 95 %
    percentile interval over :data:`DRAWS` resamples of the models; the same resamples for all methods and drugs.
    """
    names = [name for name in METHODS if name in scores]
    aligned = [scores[name].loc[responses.index, DRUGS].to_numpy() for name in names]
    rho = resampled(np.stack(aligned), responses[DRUGS].to_numpy(), seed)
    rho = np.concatenate([rho, rho.mean(axis=2, keepdims=True)], axis=2)
    n = [*(int(responses[drug].notna().sum()) for drug in DRUGS), len(responses)]
    rows = []
    for name in METHODS:
        for place, drug in enumerate([*DRUGS, MEAN]):
            row = {"set": world, "method": name, "drug": drug, "n": n[place]}
            if name in names:
                own, ours = (rho[:, names.index(one), place] for one in (name, OURS))
                row |= _ends("spearman", own) | (_ends("minus_ours", own - ours) if name != OURS else {})
            rows.append(row)
    return pd.DataFrame(rows)


def resampled(scores: Array, responses: Array, seed: int, draws: int = DRAWS) -> Array:
    """Correlations of the models as they are, then of each resample: (1 + draws) × methods × drugs.

    Parameters
    ----------
    scores
        methods × models × drugs.
    responses
        models × drugs; a model without a drug's response is left out of that drug's figure.
    """
    models = len(responses)
    picks = np.vstack([np.arange(models), np.random.default_rng(seed).integers(0, models, (draws, models))])
    found = np.empty((len(picks), len(scores), responses.shape[1]))
    for drug in range(responses.shape[1]):
        known = np.isfinite(responses[:, drug])
        for draw, pick in enumerate(picks):
            here = pick[known[pick]]
            truth = np.broadcast_to(responses[here, drug, None], (len(here), len(scores)))
            found[draw, :, drug] = spearman(scores[:, here, drug].T, truth)
    return found


def _ends(name: str, draws: Array) -> dict[str, float]:
    ends = interval(draws[1:])
    return {name: float(draws[0]), f"{name}_low": ends["low"], f"{name}_high": ends["high"]}
