"""Sets of models that no signature was trained on, beside those that grades are given on: for the card alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from pancreassign.counts.genes import GeneTable
from pancreassign.errors import ConfigError
from pancreassign.signatures.pack import GENERAL
from pancreassign.training.baselines import partial_spearman
from pancreassign.training.datasets import MAX_LOG, SIGNS, by_gene, read_numbers, read_response, read_table
from pancreassign.training.evaluate import interval, spearman
from pancreassign.training.fitting import Trained, left_out
from pancreassign.training.models import standardise
from pancreassign.training.promises import conformal
from pancreassign.training.recipe import External, Recipe

Array = npt.NDArray[np.float64]
Both = tuple[pd.DataFrame, pd.DataFrame]
"""Scores and responses, models × targets, higher = more sensitive; responses of the drugs that the set has."""

MIN_MODELS = 12
"""Models with a response without which a set tells nothing of a drug (judgement)."""
MIN_WEIGHT = 0.5
"""Share of a signature's absolute weight that a set must measure to tell of it (judgement; a patient needs 0.8)."""


def evaluate(
    recipe: Recipe, trained: Trained, data: Path, genes: GeneTable, draws: int
) -> dict[str, dict[str, dict[str, Any]]]:
    """By set and target: ``n`` models, ``spearman``, its bootstrap interval, and how conformal intervals hold.

    Where the set measures general sensitivity, also what is left beyond it (``specific``).

    Each set's genes are standardised among its own models. The cell lines of other tissues are scored with each
    tissue left out of the prior in turn, those of the test tissue with it left out.
    """
    found: dict[str, Both] = {}
    if trained.material.lines is not None:
        found["other tissues' lines, each left out"] = _other_tissues(recipe, trained)
        found[f"{trained.material.lines.test_tissue} lines, second assay"] = _second_assay(recipe, trained, data)
    for one in recipe.external:
        found[one.name] = _read(one, trained, data, genes)
    rng = np.random.default_rng(recipe.seed)
    return {name: _figures(both, rng, draws) for name, both in found.items()}


def _figures(both: Both, rng: np.random.Generator, draws: int) -> dict[str, dict[str, Any]]:
    scores, responses = both
    figures = {}
    for target in responses.columns.intersection(scores.columns, sort=False):
        seen = responses[target].notna() & scores[target].notna()
        score, response = (table.loc[seen, target].to_numpy() for table in (scores, responses))
        if len(score) < MIN_MODELS:
            continue
        picks = rng.integers(0, len(score), (draws, len(score)))
        own = {"n": len(score), "spearman": float(spearman(score, response))}
        own |= interval(spearman(score[picks].T, response[picks].T))
        figures[target] = {**own, "conformal": conformal(score, response)}
        if GENERAL in responses and target != GENERAL:
            three = np.column_stack([score, response, responses.loc[seen, GENERAL]])
            rho = float(partial_spearman(three[:, :, None])[0])
            left = partial_spearman(three[picks].transpose(1, 2, 0))
            figures[target]["specific"] = {"spearman": rho, **interval(left)}
    return figures


def _other_tissues(recipe: Recipe, trained: Trained) -> Both:
    """Every other tissue's lines, each scored by signatures whose prior did not see the tissue."""
    lines = trained.material.lines
    assert lines is not None
    parts = []
    for tissue in lines.tissues:
        if tissue != lines.test_tissue:
            parts.append(left_out(recipe, trained.material, trained.family, tissue))
    return pd.concat([scores for scores, _ in parts]), pd.concat([responses for _, responses in parts])


def _second_assay(recipe: Recipe, trained: Trained, data: Path) -> Both:
    """The test tissue's lines against the second laboratory's assay of the recipe's ceiling."""
    lines = trained.material.lines
    assert lines is not None
    how = recipe.ceiling
    scores, _ = left_out(recipe, trained.material, trained.family, lines.test_tissue)
    names = read_table(data / how.lines).drop_duplicates("name").set_index("name")["depmap_id"]
    second = read_response(data / how.second, how.same_drug)
    second = second[second.index.isin(names.index)].rename(index=names.to_dict())
    return scores, second.reindex(scores.index)


def _read(one: External, trained: Trained, data: Path, genes: GeneTable) -> Both:
    """Scores by the shipped signatures, each gene standardised among the set's models, and the set's responses."""
    values = read_numbers(data / one.expression, one.genes)
    if (one.scale == "linear") != bool(values.to_numpy().max() >= MAX_LOG):
        raise ConfigError(one.expression, f"is not {one.scale}, as the recipe says", "Correct external.scale.")
    logs = pd.DataFrame(np.log2(1.0 + values)) if one.scale == "linear" else values
    table = by_gene(logs, genes).T
    measured = trained.weights.index.intersection(table.columns, sort=False)
    z = standardise(table[measured].to_numpy(), table[measured].to_numpy())
    weights = trained.weights.loc[measured]
    scores = pd.DataFrame(z @ weights.to_numpy(), index=table.index, columns=trained.weights.columns)
    covered = weights.abs().sum() / trained.weights.abs().sum()
    return scores.loc[:, covered >= MIN_WEIGHT], _responses(one, data).reindex(scores.index)


def _responses(one: External, data: Path) -> pd.DataFrame:
    """models × drugs, higher = more sensitive; several rows of a model and drug are averaged."""
    table = read_table(data / one.response)
    lacking = sorted({one.model, one.drug, one.value} - set(table.columns))
    if lacking:
        raise ConfigError(one.response, f"lacks the columns {lacking}", "Correct the recipe.")
    own = table[table[one.drug].isin(one.drugs)]
    if own.empty:
        raise ConfigError(one.response, f"names none of {list(one.drugs)}", f"It has {_some(table[one.drug])}.")
    value = SIGNS[one.high_means] * pd.to_numeric(own[one.value], errors="coerce")
    return value.groupby([own[one.model].astype(str), own[one.drug].map(one.drugs)]).mean().unstack()


def _some(values: Iterable[object]) -> str:
    return ", ".join(sorted({str(value) for value in values})[:5])


def by_target(sets: Mapping[str, Mapping[str, dict[str, Any]]], target: str) -> dict[str, dict[str, Any]]:
    """One target's figures by set."""
    return {name: figures[target] for name, figures in sets.items() if target in figures}
