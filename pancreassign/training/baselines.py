"""Scores that need no training, and what a signature adds to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import rankdata

from pancreassign.quality.tissues import Tissues
from pancreassign.signatures.pack import GENERAL
from pancreassign.training.evaluate import INTERVAL, interval
from pancreassign.training.skill import World

Array = npt.NDArray[np.float64]

SUBTYPE = "classical - basal"
PROLIFERATION = "proliferation"
SPECIFIC_LEVEL = 0.99
"""Level of the interval of what is left beyond the general response: 95 % for five drugs at once (Bonferroni)."""
GENERAL_SCORE, GENERAL_RESPONSE = "general score", "general response"
MIN_GENES = 5
"""Genes of a programme that models must measure (judgement)."""


def genes_of(tissues: Tissues) -> pd.Index:
    """The genes that the baselines look at."""
    named = [tissues.programmes[name].genes for name in _PROGRAMMES if name in tissues.programmes]
    return pd.Index(sorted({gene for genes in named for gene in genes}))


_PROGRAMMES = ("basal", "classical", "proliferation")


def untrained(z: pd.DataFrame, tissues: Tissues) -> pd.DataFrame:
    """Untrained scores of models (models × baselines), from genes standardised among them.

    ``classical - basal``: difference of the mean z of Moffitt's classical and basal-like genes (doi 10.1038/ng.3398);
    turned so since basal-like organoids are the resistant ones. ``proliferation``: mean z of its genes. A baseline
    whose genes the models hardly measure is left out.
    """
    means = {name: _mean(z, tissues, name) for name in _PROGRAMMES}
    found = {}
    if means["basal"] is not None and means["classical"] is not None:
        found[SUBTYPE] = means["classical"] - means["basal"]
    if means["proliferation"] is not None:
        found[PROLIFERATION] = means["proliferation"]
    return pd.DataFrame(found, index=z.index)


def _mean(z: pd.DataFrame, tissues: Tissues, name: str) -> pd.Series | None:
    programme = tissues.programmes.get(name)
    genes = [gene for gene in programme.genes if gene in z and z[gene].any()] if programme else []
    return z[genes].mean(axis=1) if len(genes) >= MIN_GENES else None


def adds(
    target: str, worlds: Sequence[World], known: Sequence[pd.DataFrame], draws: int, seed: int
) -> dict[str, dict[str, Any]]:
    """What a signature tells beyond other scores: Spearman's partial correlation of score and response, by control.

    Controls are the untrained scores that every world has, the ``general score`` (out of fold, like the signature's
    own) and the ``general response`` (measured: what is left of the drug once general sensitivity is known).

    Parameters
    ----------
    known
        By world: models × untrained scores.
    """
    shared = [str(name) for name in known[0] if all(name in table for table in known)]
    controls: dict[str, list[pd.Series]] = {name: [table[name] for table in known] for name in shared}
    if target != GENERAL:
        controls[GENERAL_SCORE] = [world.scores[GENERAL] for world in worlds]
        controls[GENERAL_RESPONSE] = [world.responses[GENERAL] for world in worlds]
    levels = {GENERAL_RESPONSE: SPECIFIC_LEVEL}
    return {
        name: _partial(target, worlds, columns, levels.get(name, INTERVAL), draws, seed)
        for name, columns in controls.items()
    }


def _partial(
    target: str, worlds: Sequence[World], control: Sequence[pd.Series], level: float, draws: int, seed: int
) -> dict[str, Any]:
    """The partial correlation averaged over the worlds by their models, with its bootstrap interval."""
    rng = np.random.default_rng(seed)
    parts, rho, sampled = [], [], []
    for world, column in zip(worlds, control, strict=True):
        seen = world.responses[target].notna() & column.notna()
        three = np.column_stack([world.scores.loc[seen, target], world.responses.loc[seen, target], column[seen]])
        parts.append(len(three))
        rho.append(partial_spearman(three[:, :, None])[0])
        picks = rng.integers(0, len(three), (draws, len(three)))
        sampled.append(partial_spearman(three[picks].transpose(1, 2, 0)))
    share = np.array(parts) / sum(parts)
    return {"spearman": float(share @ np.array(rho)), **interval(share @ np.array(sampled), level)}


def partial_spearman(three: Array) -> Array:
    """Spearman's correlation of the first two columns given the third: models × 3 × draws to draws.

    ``(r12 - r13·r23) / sqrt((1 - r13²)(1 - r23²))`` on ranks; 0 where it is not defined.
    """
    ranks = rankdata(three, axis=0)
    centred = ranks - ranks.mean(axis=0)
    sizes = np.sqrt((centred**2).sum(axis=0))
    unit = centred / np.where(sizes > 0, sizes, np.inf)
    r12, r13, r23 = ((unit[:, a] * unit[:, b]).sum(axis=0) for a, b in ((0, 1), (0, 2), (1, 2)))
    left = np.clip((1.0 - r13**2) * (1.0 - r23**2), 0.0, None)
    return np.where(left > 1e-12, (r12 - r13 * r23) / np.sqrt(np.where(left > 1e-12, left, 1.0)), 0.0)


def correlations(scores: pd.Series, responses: pd.DataFrame) -> Mapping[str, float]:
    """Spearman's correlation of one score with every target's response."""
    return {str(target): float(scores.corr(values, method="spearman")) for target, values in responses.items()}
