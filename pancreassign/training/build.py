"""From a recipe to a signature pack: train, evaluate, calibrate, grade, freeze, write."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from threadpoolctl import threadpool_limits

from pancreassign import __version__, artefacts
from pancreassign.counts.genes import GeneTable
from pancreassign.errors import ConfigError
from pancreassign.normalize.reference import Reference
from pancreassign.quality.tissues import Tissues
from pancreassign.records import rounded
from pancreassign.signatures import pack
from pancreassign.signatures.content import Drift
from pancreassign.training import card, content, datasets, evaluate, transfer
from pancreassign.training.ceiling import between_assays
from pancreassign.training.models import Ridge, normal_scores
from pancreassign.training.recipe import Recipe

Array = npt.NDArray[np.float64]
Progress = Callable[[str], None]
MIN_GENES = 50


@dataclass(frozen=True)
class Trained:
    """The fitted signatures of all targets: ``weights`` genes × targets, ``scores`` models × targets out of fold."""

    expression: pd.DataFrame
    sensitivity: pd.DataFrame
    weights: pd.DataFrame
    penalties: pd.Series
    scores: pd.DataFrame


@dataclass(frozen=True)
class Worlds:
    """What signatures are carried to: the reference tumours, the FFPE pairs, and mixtures of known tumour content."""

    tumours: transfer.Libraries
    pairs: transfer.Libraries
    mixtures: content.Mixtures


def train(
    recipe: Recipe,
    data: Path,
    reference: Reference,
    genes: GeneTable,
    tissues: Tissues,
    folder: Path,
    progress: Progress,
) -> str:
    """Train every signature of ``recipe`` into the empty ``folder``; return the pack's hash.

    Parameters
    ----------
    data
        The folder that the recipe's paths are relative to.
    reference
        The frozen reference, whose panel the signatures are trained inside.
    tissues
        Profiles of pure tissue, and the model of tumour content.
    progress
        Told each step, in words.
    """
    # one BLAS thread: small matrices run faster so, and sums do not depend on the number of cores
    with threadpool_limits(1):
        return _train(recipe, data, reference, genes, tissues, folder, progress)


def _train(
    recipe: Recipe,
    data: Path,
    reference: Reference,
    genes: GeneTable,
    tissues: Tissues,
    folder: Path,
    progress: Progress,
) -> str:
    progress("reading the training models")
    models = datasets.load(recipe.models.model_dump(), data, genes)
    sensitivity = models.sensitivity.assign(**{pack.GENERAL: normal_scores(models.sensitivity.to_numpy()).mean(axis=1)})
    trained = fit(recipe, models.expression, sensitivity, reference, progress)
    progress("scoring the reference tumours, the FFPE pairs and mixtures of known content")
    worlds = read_worlds(recipe, data, reference, genes, tissues)
    costs = {target: _transfer(recipe, trained, target, worlds, genes) for target in pack.TARGETS}
    progress("permutations and bootstrap")
    figures = validate(recipe, trained, between_assays(recipe.ceiling, data))
    attempts = try_variants(recipe, models.expression, sensitivity, reference, progress)
    signatures = {}
    for index, target in enumerate(pack.TARGETS):
        seed = recipe.seed + 100 + index
        response = trained.sensitivity[target].to_numpy()
        signatures[target] = pack.Signature(
            trained.weights[target],
            reference.genes.loc[trained.weights.index, "symbol"],
            evaluate.calibrate(trained.scores[target].to_numpy(), response, recipe.evaluation.calibration_draws, seed),
            _scored(worlds.tumours, trained.weights[target], Drift.of(costs[target]["content"])),
            _round({**figures[target], **costs[target]}),
        )
    progress("writing the pack")
    pack.save(folder, _manifest(recipe, trained, reference), signatures, list(reference.tumours))
    text = card.write(recipe, reference, signatures, trained.weights.shape[0], len(sensitivity), attempts)
    (folder / "card.md").write_text(text, encoding="utf-8")
    return artefacts.seal(folder)


def fit(
    recipe: Recipe, expression: pd.DataFrame, sensitivity: pd.DataFrame, reference: Reference, progress: Progress
) -> Trained:
    """Fit the final weights on all models, and the out-of-fold scores by nested cross-validation."""
    panel = expression.columns.intersection(reference.panel, sort=False).sort_values()
    if len(panel) < MIN_GENES:
        raise ConfigError(
            recipe.models.expression,
            f"holds {len(panel)} genes of the reference's panel; at least {MIN_GENES} are needed",
            "Give expression of more genes, or a reference with another panel.",
        )
    if recipe.evaluation.folds > len(expression):
        raise ConfigError("evaluation.folds", f"is more than the {len(expression)} models", "Give fewer folds.")
    inside = expression[panel]
    family = Ridge(recipe.ridge.penalty_per_gene)
    progress(f"cross-validating {sensitivity.shape[1]} targets on {len(inside)} models × {len(panel)} genes")
    scores = _out_of_fold(recipe, inside, sensitivity)
    weights, penalties = family.fit(inside.to_numpy(), sensitivity.to_numpy())
    targets = list(sensitivity.columns)
    return Trained(
        inside,
        sensitivity,
        pd.DataFrame(weights, index=panel, columns=targets),
        pd.Series(penalties, index=targets),
        pd.DataFrame(scores, index=inside.index, columns=targets),
    )


def _out_of_fold(recipe: Recipe, expression: pd.DataFrame, sensitivity: pd.DataFrame, as_ranks: bool = True) -> Array:
    family, how = Ridge(recipe.ridge.penalty_per_gene, as_ranks), recipe.evaluation
    return evaluate.out_of_fold(
        expression.to_numpy(), sensitivity.to_numpy(), family, how.folds, how.repeats, recipe.seed
    )


def validate(
    recipe: Recipe, trained: Trained, ceilings: Mapping[str, Mapping[str, float | None]]
) -> dict[str, dict[str, Any]]:
    """The validation figures and the grade of every target."""
    how = recipe.evaluation
    scores, sensitivity = trained.scores.to_numpy(), trained.sensitivity.to_numpy()
    observed = evaluate.spearman(scores, sensitivity)
    family = Ridge(recipe.ridge.penalty_per_gene)
    setup = {"seed": recipe.seed, **how.model_dump()}
    p = evaluate.permutation_p(trained.expression.to_numpy(), sensitivity, observed, family, setup)
    figures = {}
    for column, target in enumerate(trained.scores.columns):
        score, response = scores[:, column], sensitivity[:, column]
        bounds = evaluate.bootstrap_intervals(score, response, how.bootstrap, recipe.seed)
        ceiling = ceilings.get(target)
        own = {
            "n": len(score),
            "spearman": float(observed[column]),
            "spearman_interval": _interval(bounds["spearman"]),
            "auroc": evaluate.auroc(score, evaluate.in_third(response)),
            "auroc_interval": _interval(bounds["auroc"]),
            "permutation_p": float(p[column]),
            **evaluate.calibration_figures(score, response),
            "penalty_per_gene": float(trained.penalties[target]),
            "ceiling": ceiling["ceiling"] if ceiling else None,
            "ceiling_source": recipe.ceiling.source if ceiling else None,
            "assays": ceiling,
        }
        figures[target] = {"grade": evaluate.grade(own), **own}
    return figures


def try_variants(
    recipe: Recipe, expression: pd.DataFrame, sensitivity: pd.DataFrame, reference: Reference, progress: Progress
) -> dict[str, dict[str, float]]:
    """Cross-validated Spearman of the variants that were tried, for the card; the first is what ships."""
    expressed = reference.genes.index[reference.genes["panel"] | reference.genes["stable"]]
    sets = {
        "panel": expression.columns.intersection(reference.panel),
        "expressed in tumours": expression.columns.intersection(expressed),
        "all measured": expression.columns,
    }
    attempts = {}
    for as_ranks, responses in ((True, "normal scores"), (False, "responses as measured")):
        for name, chosen in sets.items():
            attempt = f"{name}, {len(chosen)} genes, {responses}"
            progress(f"for the card: {attempt}")
            scores = _out_of_fold(recipe, expression[chosen], sensitivity, as_ranks)
            rho = evaluate.spearman(scores, sensitivity.to_numpy())
            attempts[attempt] = dict(zip(sensitivity.columns, rho.tolist(), strict=True))
    return attempts


def read_worlds(recipe: Recipe, data: Path, reference: Reference, genes: GeneTable, tissues: Tissues) -> Worlds:
    """Read what signatures are carried to."""
    kit = (reference, genes, tissues)
    tumours = transfer.reference_tumours([data / path for path in recipe.tumours.counts], *kit)
    pairs = transfer.read([data / recipe.ffpe.counts], *kit)
    for name in sorted({name for pair in (*recipe.ffpe.matched, *recipe.ffpe.mismatched) for name in pair}):
        if name not in pairs.z.index:
            raise ConfigError(recipe.ffpe.counts, f"has no sample {name}", "Correct the recipe's pairs.")
    how = recipe.content
    return Worlds(tumours, pairs, content.mix(data / how.counts, how.profiles, how.contents, *kit))


def _transfer(recipe: Recipe, trained: Trained, target: str, worlds: Worlds, genes: GeneTable) -> dict[str, Any]:
    weights, tumours = trained.weights[target], worlds.tumours
    mixed = worlds.mixtures.z.reindex(columns=weights.index).fillna(0.0).to_numpy() @ weights.to_numpy()
    drift = content.drift(mixed, worlds.mixtures, tumours.burden.to_numpy())

    def score(libraries: transfer.Libraries) -> Array:
        return _scored(libraries, weights, Drift.of(drift))

    everything = [*recipe.ffpe.matched, *recipe.ffpe.mismatched]
    out_of_fold = trained.scores[target].to_numpy()
    return {
        "to_tumours": {
            "reference_sd": float(score(tumours).std(ddof=1)),
            **transfer.own_world_cost(weights, trained.expression, out_of_fold, tumours.z, tumours.counts, genes),
        },
        "content": drift,
        "ffpe": transfer.paraffin_noise(score, worlds.pairs, recipe.ffpe.matched),
        "ffpe_all_pairs": transfer.paraffin_noise(score, worlds.pairs, everything),
    }


def _scored(libraries: transfer.Libraries, weights: pd.Series, drift: Drift) -> Array:
    """Scores as they are for a patient: a missing gene counts as the reference mean, other cells are corrected for."""
    raw = libraries.z.reindex(columns=weights.index).fillna(0.0).to_numpy() @ weights.to_numpy()
    burdens = [None if np.isnan(one).any() else (float(one[0]), float(one[1])) for one in libraries.burden.to_numpy()]
    return np.array([drift.correct(float(value), one)[0] for value, one in zip(raw, burdens, strict=True)])


def _interval(bounds: tuple[float, float]) -> dict[str, float]:
    return {"low": bounds[0], "high": bounds[1], "level": evaluate.INTERVAL}


def _round(value: Any) -> Any:
    """Floats to six significant digits throughout, so that a rebuild gives the same bytes."""
    if isinstance(value, dict):
        return {key: _round(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_round(item) for item in value]
    return rounded(value) if isinstance(value, float) else value


def _manifest(recipe: Recipe, trained: Trained, reference: Reference) -> dict[str, Any]:
    return {
        "name": recipe.name,
        "version": recipe.version,
        "released": recipe.released,
        "description": recipe.description,
        "endpoint": recipe.models.endpoint,
        "protocol": reference.manifest["protocol"],
        "seed": recipe.seed,
        "family": "ridge",
        "genes": len(trained.weights),
        "models": len(trained.sensitivity),
        "training_data": {
            "name": recipe.models.name,
            "source": recipe.models.source,
            "terms": recipe.models.terms,
        },
        "reference": {
            "name": reference.name,
            "version": reference.manifest["version"],
            "sha256": reference.sha256,
        },
        "packages": {
            "pancreassign": __version__,
            **{name: version(name) for name in ("numpy", "pandas", "scipy", "scikit-learn")},
        },
    }
