"""From a recipe to a signature pack: train, evaluate, calibrate, grade, freeze, write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from threadpoolctl import threadpool_limits

from pancreassign import __version__, artefacts
from pancreassign.chemogram.agreement import agreement_table
from pancreassign.chemogram.layouts import layout_of
from pancreassign.chemogram.plates import read_plates
from pancreassign.chemogram.responses import measure
from pancreassign.counts.genes import GeneTable
from pancreassign.errors import ConfigError
from pancreassign.normalize.reference import Reference
from pancreassign.quality.tissues import Tissues
from pancreassign.records import rounded
from pancreassign.signatures import pack
from pancreassign.signatures.content import Drift
from pancreassign.training import (
    attempts,
    baselines,
    card,
    content,
    datasets,
    evaluate,
    external,
    fitting,
    promises,
    skill,
    stability,
    transfer,
)
from pancreassign.training import figures as drawings
from pancreassign.training import lines as cell_lines
from pancreassign.training.ceiling import between_assays
from pancreassign.training.fitting import Progress, Trained
from pancreassign.training.lines import Lines
from pancreassign.training.recipe import Recipe
from pancreassign.training.sources.prepare import provenance

Array = npt.NDArray[np.float64]
STRICT = ("grade", "spearman", "spearman_interval", "permutation_p", "adjusted_p", "brier")
"""Figures of the strict rule of selection that a pack keeps."""
SOURCE = "scores of models that were not trained on: {} (card.md)"


@dataclass(frozen=True)
class Carried:
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
    models = datasets.load(recipe.models, data, genes)
    for drug, reason in models.skipped.items():
        progress(f"{drug} is skipped, no signature of it is trained: {reason}")
    lines = cell_lines.read(recipe.lines, data, genes, models.drugs) if recipe.lines else None
    material = fitting.gather(recipe, models.expression, models.sensitivity, reference, lines)
    trained = fitting.fit(recipe, material, progress)
    progress("scoring the reference tumours, the FFPE pairs and mixtures of known content")
    carried = read_carried(recipe, data, reference, genes, tissues)
    costs = {target: _transfer(recipe, trained, target, carried, genes) for target in material.targets}
    figures = validate(recipe, trained, between_assays(recipe.ceiling, data))
    known = attempts.untrained_by_world(trained, models.expression, tissues)
    everything = (models.expression, reference, carried.tumours.z, _both(recipe, data, lines), known)
    tried = attempts.table(attempts.try_all(recipe, trained, *everything, progress))
    progress("what the signatures add, and how stable they are")
    sets = external.evaluate(recipe, trained, data, genes, recipe.evaluation.bootstrap)
    signatures = {}
    for index, target in enumerate(material.targets):
        seed = recipe.seed + 100 + index
        weights = _own(trained, target)
        adds = baselines.adds(target, trained.worlds, known, recipe.evaluation.bootstrap, recipe.seed)
        more = {
            "adds": adds,
            **_specific(adds),
            "external": external.by_target(sets, target),
            "conformal": {world.name: promises.conformal(*world.of(target)) for world in trained.worlds},
            "venn_abers": promises.venn_abers(trained.worlds, target),
            "stability": stability.of(recipe, trained, target, carried.tumours.z),
        }
        signatures[target] = pack.Signature(
            weights,
            reference.genes.loc[weights.index, "symbol"],
            skill.calibration(target, trained.worlds, recipe.evaluation.calibration_draws, seed),
            _scored(carried.tumours, weights, Drift.of(costs[target]["content"])),
            _round({**figures[target], **costs[target], **more}),
        )
    progress("writing the pack")
    pack.save(folder, _manifest(recipe, data, trained, reference), signatures, list(reference.tumours))
    (folder / "figures").mkdir()
    for name, drawing in drawings.draw(figures).items():
        (folder / "figures" / name).write_text(drawing, encoding="utf-8")
    artefacts.write_table(tried.set_index("kind"), folder / "attempts.tsv", digits=4)
    text = card.write(recipe, reference, signatures, trained, tried, _agreement(recipe, data), models)
    (folder / "card.md").write_text(text, encoding="utf-8")
    return artefacts.seal(folder)


def _both(recipe: Recipe, data: Path, lines: Lines | None) -> Lines | None:
    """The lines with two laboratories' responses, where the recipe names a second."""
    if recipe.lines is None or recipe.lines.second is None or lines is None:
        return None
    return cell_lines.of_both(recipe.lines, recipe.lines.second, data, lines)


def _agreement(recipe: Recipe, data: Path) -> pd.DataFrame | None:
    """How far the recipe's organoid assay agrees with itself, by drug (:mod:`pancreassign.chemogram.agreement`)."""
    if recipe.assay is None:
        return None
    return agreement_table(measure(read_plates([data / path for path in recipe.assay.plates], layout_of)))


def validate(
    recipe: Recipe, trained: Trained, ceilings: Mapping[str, Mapping[str, float | None]]
) -> dict[str, dict[str, Any]]:
    """The validation figures and the grade of every target: the lower of those that the two rules of selection give."""
    ships, strict = (_skill(recipe, worlds) for worlds in (trained.worlds, trained.strict))
    figures = {}
    for target in map(str, trained.worlds[0].scores):
        ceiling = ceilings.get(target)
        other = {key: strict[target][key] for key in STRICT}
        figures[target] = {
            "grade": max(ships[target]["grade"], strict[target]["grade"]),
            **{key: value for key, value in ships[target].items() if key != "grade"},
            "strict": other,
            "family": trained.family[target],
            "source": SOURCE.format(" and ".join(world.name for world in trained.worlds)),
            "ceiling": ceiling["ceiling"] if ceiling else None,
            "ceiling_source": recipe.ceiling.source if ceiling else None,
            "assays": ceiling,
        }
    return figures


def _skill(recipe: Recipe, worlds: Sequence[skill.World]) -> dict[str, dict[str, Any]]:
    """Figures and grade by target; p is corrected for the five drugs, general sensitivity stands alone."""
    how = recipe.evaluation
    figures = {
        target: skill.figures(target, worlds, how.bootstrap, recipe.seed) for target in map(str, worlds[0].scores)
    }
    p = {target: own["permutation_p"] for target, own in figures.items()}
    adjusted = {**p, **evaluate.holm({target: value for target, value in p.items() if target != pack.GENERAL})}
    for target, own in figures.items():
        own["adjusted_p"] = adjusted[target]
        own["grade"] = evaluate.grade(own)
    return figures


def _specific(adds: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """What a signature tells of its drug beyond the measured general sensitivity."""
    own = adds.get(baselines.GENERAL_RESPONSE)
    if own is None:
        return {"specific": None, "specific_interval": None}
    return {"specific": own["spearman"], "specific_interval": {key: own[key] for key in ("low", "high", "level")}}


def _own(trained: Trained, target: str) -> pd.Series:
    """The genes of one signature with their weights."""
    weights = trained.weights[target]
    return weights[weights != 0.0]


def read_carried(recipe: Recipe, data: Path, reference: Reference, genes: GeneTable, tissues: Tissues) -> Carried:
    """Read what signatures are carried to."""
    kit = (reference, genes, tissues)
    tumours = transfer.reference_tumours([data / path for path in recipe.tumours.counts], *kit)
    pairs = transfer.read([data / recipe.ffpe.counts], *kit)
    for name in sorted({name for pair in (*recipe.ffpe.matched, *recipe.ffpe.mismatched) for name in pair}):
        if name not in pairs.z.index:
            raise ConfigError(recipe.ffpe.counts, f"has no sample {name}", "Correct the recipe's pairs.")
    how = recipe.content
    return Carried(tumours, pairs, content.mix(data / how.counts, how.profiles, how.contents, *kit))


def _transfer(recipe: Recipe, trained: Trained, target: str, carried: Carried, genes: GeneTable) -> dict[str, Any]:
    weights, tumours = _own(trained, target), carried.tumours
    mixed = carried.mixtures.z.reindex(columns=weights.index).fillna(0.0).to_numpy() @ weights.to_numpy()
    drift = content.drift(mixed, carried.mixtures, tumours.burden.to_numpy())

    def score(libraries: transfer.Libraries) -> Array:
        return _scored(libraries, weights, Drift.of(drift))

    everything = [*recipe.ffpe.matched, *recipe.ffpe.mismatched]
    out_of_fold = trained.worlds[0].scores[target].to_numpy()
    return {
        "to_tumours": {
            "reference_sd": float(score(tumours).std(ddof=1)),
            **transfer.own_world_cost(
                weights, trained.material.expression, out_of_fold, tumours.z, tumours.counts, genes
            ),
        },
        "content": drift,
        "ffpe": transfer.paraffin_noise(score, carried.pairs, recipe.ffpe.matched),
        "ffpe_all_pairs": transfer.paraffin_noise(score, carried.pairs, everything),
    }


def _scored(libraries: transfer.Libraries, weights: pd.Series, drift: Drift) -> Array:
    """Scores as they are for a patient: a missing gene counts as the reference mean, other cells are corrected for."""
    raw = libraries.z.reindex(columns=weights.index).fillna(0.0).to_numpy() @ weights.to_numpy()
    burdens = [None if np.isnan(one).any() else (float(one[0]), float(one[1])) for one in libraries.burden.to_numpy()]
    return np.array([drift.correct(float(value), one)[0] for value, one in zip(raw, burdens, strict=True)])


def _round(value: Any) -> Any:
    """Floats to six significant digits throughout, so that a rebuild gives the same bytes."""
    if isinstance(value, dict):
        return {key: _round(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_round(item) for item in value]
    return rounded(value) if isinstance(value, float) else value


def _manifest(recipe: Recipe, data: Path, trained: Trained, reference: Reference) -> dict[str, Any]:
    return {
        "name": recipe.name,
        "version": recipe.version,
        "released": recipe.released,
        "description": recipe.description,
        "use": recipe.use,
        "endpoint": recipe.models.endpoint,
        "protocol": reference.manifest["protocol"],
        "seed": recipe.seed,
        "families": dict(trained.family),
        "genes": len(trained.weights),
        "models": len(trained.material.sensitivity),
        "training_data": [
            *(
                {"name": one.name, "source": one.source, "terms": one.terms}
                for one in (recipe.models, recipe.lines)
                if one
            ),
            *provenance(recipe.sources, data),
        ],
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
