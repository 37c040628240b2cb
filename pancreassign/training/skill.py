"""How well scores rank models that they never saw: within each world of models, and over the worlds together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from pancreassign.training import evaluate
from pancreassign.training.evaluate import spearman

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
GROUPS = 4
"""Groups of models in a reliability diagram, by predicted probability (judgement: some sixteen models each)."""


@dataclass(frozen=True)
class World:
    """Models of one kind with scores that never saw them.

    Attributes
    ----------
    scores, responses
        models × targets, higher = more sensitive; a response is NaN where it was not measured.
    null
        shuffles × targets: Spearman's correlation where the responses were shuffled.
    """

    name: str
    scores: pd.DataFrame
    responses: pd.DataFrame
    null: Array

    def of(self, target: str) -> tuple[Array, Array]:
        """Scores and responses of the models whose response is known."""
        known = self.responses[target].notna().to_numpy()
        return self.scores[target].to_numpy()[known], self.responses[target].to_numpy()[known]


def figures(target: str, worlds: Sequence[World], draws: int, seed: int) -> dict[str, Any]:
    """Every figure of one target: over the worlds, and within each (``worlds``).

    Correlations and areas under the curve are averaged over the worlds by their number of models, since scores
    and responses of two worlds cannot be ranked together. The bootstrap draws models within each world.
    """
    parts = [world.of(target) for world in worlds]
    column = list(worlds[0].scores).index(target)
    share = np.array([len(score) for score, _ in parts]) / sum(len(score) for score, _ in parts)
    rho = np.array([float(spearman(*part)) for part in parts])
    area = np.array([evaluate.auroc(score, evaluate.in_third(response)) for score, response in parts])
    rho_draws, area_draws = _bootstrap(parts, draws, seed)
    nulls = np.array([world.null[:, column] for world in worlds])
    return {
        "n": sum(len(score) for score, _ in parts),
        "spearman": float(share @ rho),
        "spearman_interval": evaluate.interval(share @ rho_draws),
        "auroc": float(share @ area),
        "auroc_interval": evaluate.interval(share @ area_draws),
        "permutation_p": one_sided_p(share @ nulls, float(share @ rho)),
        **evaluate.calibration_figures(np.concatenate([score for score, _ in parts]), thirds(parts, "sensitive")),
        "worlds": {
            world.name: {
                "n": len(parts[place][0]),
                "spearman": float(rho[place]),
                "spearman_interval": evaluate.interval(rho_draws[place]),
                "permutation_p": one_sided_p(nulls[place], float(rho[place])),
            }
            for place, world in enumerate(worlds)
        },
        "reliability": reliability(target, worlds),
    }


def reliability(target: str, worlds: Sequence[World]) -> list[dict[str, Any]]:
    """How probabilities of the sensitive third turned out, in :data:`GROUPS` groups of models of like probability.

    Each probability is of a curve fitted on other models. ``observed`` comes with Wilson's 95 % interval (1927, Journal
    of the American Statistical Association 22:209-212).
    """
    parts = [world.of(target) for world in worlds]
    positive = thirds(parts, "sensitive")
    chance = evaluate.left_out_chances(np.concatenate([score for score, _ in parts]), positive)
    return reliability_groups(chance, positive)


def reliability_groups(chance: Array, positive: Flags) -> list[dict[str, Any]]:
    """Models in up to :data:`GROUPS` groups of like predicted ``chance``, each with the share of ``positive`` ones."""
    order = np.argsort(chance, kind="stable")
    edges = [round(len(order) * part / GROUPS) for part in range(1, GROUPS)]
    # models of one probability stay together: where it is cut would hang on the order of the table
    cuts = [int(np.searchsorted(chance[order], chance[order[edge - 1]], side="right")) for edge in edges]
    groups = np.split(order, sorted({cut for cut in cuts if cut < len(order)}))
    return [
        {
            "n": len(group),
            "predicted": float(chance[group].mean()),
            "observed": float(positive[group].mean()),
            "observed_interval": evaluate.wilson(int(positive[group].sum()), len(group)),
        }
        for group in groups
    ]


def thirds(parts: Sequence[tuple[Array, Array]], third: str) -> Flags:
    """Which models belong to the ``sensitive`` (or ``resistant``) third of their own world, in order."""
    return np.concatenate([evaluate.in_third(response, third) for _, response in parts])


def calibration(target: str, worlds: Sequence[World], draws: int, seed: int) -> pd.DataFrame:
    """The calibration table of a target, on the models of all worlds."""
    parts = [world.of(target) for world in worlds]
    inside = {third: thirds(parts, third) for third in ("sensitive", "resistant")}
    return evaluate.calibrate(np.concatenate([score for score, _ in parts]), inside, draws, seed)


def shuffled_within(scores: pd.DataFrame, responses: pd.DataFrame, shuffles: int, seed: int) -> Array:
    """The null of fixed scores: shuffles × targets, Spearman's correlation with shuffled responses."""
    rng = np.random.default_rng(seed)
    null = np.empty((shuffles, scores.shape[1]))
    for column, target in enumerate(scores):
        known = responses[target].notna().to_numpy()
        values, score = responses[target].to_numpy()[known], scores[target].to_numpy()[known]
        orders = np.array([rng.permutation(len(values)) for _ in range(shuffles)])
        null[:, column] = spearman(np.tile(score[:, None], (1, shuffles)), values[orders].T)
    return null


def _bootstrap(parts: Sequence[tuple[Array, Array]], draws: int, seed: int) -> tuple[Array, Array]:
    """Spearman and AUROC of resampled models: worlds × draws."""
    rng = np.random.default_rng(seed)
    rho, area = [], []
    for score, response in parts:
        picks = rng.integers(0, len(score), (draws, len(score)))
        positive = evaluate.in_third(response)
        rho.append(spearman(score[picks].T, response[picks].T))
        areas = np.array([evaluate.auroc(score[pick], positive[pick]) for pick in picks])
        area.append(np.where(np.isnan(areas), 0.5, areas))  # a draw without one of the classes tells nothing
    return np.array(rho), np.array(area)


def one_sided_p(null: Array, observed: float) -> float:
    """One-sided p: how often shuffled responses do as well."""
    return float((1 + np.count_nonzero(null >= observed)) / (1 + len(null)))
