"""The tables of a pack's card, each from the figures of ``validation.json``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from pancreassign.training.content import LOW
from pancreassign.training.fitting import Trained
from pancreassign.training.recipe import Recipe
from pancreassign.training.stability import REFITS, TOP

SILENT = "too few models with a response, or too little of a signature measured"
GRADES = {
    "C": (
        "the 95 % interval of Spearman lies above 0, the permutation p is below 0.025 (after Holm's correction below "
        "0.05), and the Brier score is "
        "below that of the base rate; under both rules of selection"
    ),
    "D": "no demonstrated skill: every call is `not_evaluable`",
}


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _number(value: float | None, digits: int = 2) -> str:
    return "unknown" if value is None else f"{value:.{digits}f}"


def _between(value: float, interval: Mapping[str, float]) -> str:
    return f"{value:.2f} ({interval['low']:.2f} to {interval['high']:.2f})"


def skill(figures: Mapping[str, Mapping[str, Any]]) -> str:
    """Grades and skill in models that were not trained on."""
    worlds = list(next(iter(figures.values()))["worlds"])
    rows = [
        [
            target,
            f["grade"],
            str(f["n"]),
            _between(f["spearman"], f["spearman_interval"]),
            f"{f['permutation_p']:.3f} ({f['adjusted_p']:.3f})",
            *(_in_world(f["worlds"][world]) for world in worlds),
            f"{f['strict']['grade']}: {_between(f['strict']['spearman'], f['strict']['spearman_interval'])}, "
            f"p {f['strict']['permutation_p']:.3f} ({f['strict']['adjusted_p']:.3f})",
            _between(f["auroc"], f["auroc_interval"]),
            _assays(f["assays"]),
        ]
        for target, f in figures.items()
    ]
    auroc = "AUROC, sensitive third (95 %)"
    head = ["target", "grade", "models", "Spearman (95 %)", "p (Holm)", *worlds, "strict rule", auroc, "ceiling"]
    grades = "\n".join(f"- {grade}: {text}." for grade, text in GRADES.items())
    source = next((f["ceiling_source"] for f in figures.values() if f["ceiling_source"]), "none")
    return (
        f"{_table(head, rows)}\n\n{grades}\n- Spearman and AUROC are averaged over the worlds by their models; "
        f"beside them each world's own (figures/skill.svg).\n- Ceiling: {source}."
    )


def _in_world(figures: Mapping[str, Any]) -> str:
    between = _between(figures["spearman"], figures["spearman_interval"])
    return f"{between}, p {figures['permutation_p']:.3f}, n = {figures['n']}"


def assay(recipe: Recipe, agreement: pd.DataFrame) -> str:
    """How far an organoid assay agrees with itself."""
    assert recipe.assay is not None
    rows = []
    for row in agreement.to_dict("records"):
        icc = "unknown" if pd.isna(row["icc"]) else f"{row['icc']:.2f} ({row['icc_low']:.2f} to {row['icc_high']:.2f})"
        others = ("spearman", "ceiling", "replicate_reliability")
        shown = (_number(None if pd.isna(row[name]) else float(row[name])) for name in others)
        rows.append([str(row["drug"]), str(row["plates"]), str(row["models"]), str(row["pairs"]), icc, *shown])
    head = ["drug", "plates", "models", "pairs of passages", "ICC (95 %)", "Spearman", "ceiling", "replicates"]
    return (
        _table(head, rows)
        + f"\n\n{recipe.assay.source}; AAC by `pancreassign chemogram`. Agreement between passages of one model; "
        "ceiling: root of the intraclass\ncorrelation, where its interval excludes 0; replicates: reliability of a "
        "plate's replicates (Spearman-Brown)."
    )


def adds(figures: Mapping[str, Mapping[str, Any]]) -> str:
    """What is left of a correlation once another score is known."""
    controls = list(dict.fromkeys(name for f in figures.values() for name in f["adds"]))
    rows = []
    for target, f in figures.items():
        cells = [f["adds"].get(name) for name in controls]
        rows.append([target, *("" if cell is None else _between(cell["spearman"], cell) for cell in cells)])
    return (
        _table(["target", *(f"beyond {name}" for name in controls)], rows)
        + "\n\nSpearman's partial correlation of score and response, averaged over the worlds: what is left once the "
        "other score is known\n(95 %; beyond the general response 99 %, as for five drugs asked at once). `general "
        "score` is the signature of general sensitivity,\n`general response` what was measured of it: where the "
        "interval of the last holds 0, an order between drugs rests on general\nsensitivity, not on this tumour's "
        "preference."
    )


def external(recipe: Recipe, figures: Mapping[str, Mapping[str, Any]]) -> str:
    """Skill in sets that no grade rests on."""
    sets = list(dict.fromkeys(name for f in figures.values() for name in f["external"]))
    if not sets and not recipe.external:
        return "None in the recipe."
    rows = [[name, *(_in_set(figures[target]["external"].get(name)) for target in figures)] for name in sets]
    for name in sets:
        beyond = [figures[target]["external"].get(name, {}).get("specific") for target in figures]
        if any(beyond):
            cells = ["" if one is None else _between(one["spearman"], one) for one in beyond]
            rows.append([f"{name}: beyond general response", *cells])
    named = "".join(
        f"\n- {one.name}: {one.source}; {one.terms}{'' if one.name in sets else '; tells nothing: ' + SILENT}."
        for one in recipe.external
    )
    return (
        _table(["set", *figures], rows)
        + "\n\nSpearman (95 %, bootstrap; n). No grade rests on these sets: other tissues, the same lines in another "
        "laboratory's\nassay, or other cancers. Genes are standardised among each set's own models." + named
    )


def _in_set(figures: Mapping[str, Any] | None) -> str:
    return "" if figures is None else f"{_between(figures['spearman'], figures)}, n = {figures['n']}"


def stability(figures: Mapping[str, Mapping[str, Any]], trained: Trained) -> str:
    """How much of a signature hangs on which models it was fitted on."""
    rows = []
    for target, f in figures.items():
        own = f["stability"]
        genes = int((trained.weights[target] != 0.0).sum())
        shown = (_number(own[name]) for name in ("overlap", "agreement", "noise"))
        rows.append([target, f["family"], str(genes), *shown])
    head = ["target", "family", "genes", f"overlap of the top {TOP}", "agreement", "noise"]
    return (
        _table(head, rows)
        + f"\n\n{REFITS} refits on four fifths of the models (the lines' prior kept): the share of the {TOP} genes "
        "of largest weight that two\nrefits have in common; over the reference tumours, the mean Spearman correlation "
        "of refitted and shipped scores, and the root\nmean square of their difference in standard deviations, as the "
        "delete-d jackknife scales it. It "
        "goes into a record's interval of probability, not into that of the score."
    )


def _assays(figures: Mapping[str, float | None] | None) -> str:
    """The ceiling with the agreement that it is the root of."""
    if figures is None:
        return "unknown"
    rho, low, high = (_number(figures[key]) for key in ("rho", "low", "high"))
    return f"{_number(figures['ceiling'])} (rho {rho}, {low} to {high}, n = {figures['n']})"


def probabilities(figures: Mapping[str, Mapping[str, Any]]) -> str:
    """How probabilities turned out."""
    rows = [
        [
            target,
            f"{f['brier']:.3f}",
            f"{f['brier_base_rate']:.3f}",
            _number(f["calibration_slope"]),
            f"{f['venn_abers']['brier']:.3f}",
            _number(f["venn_abers"]["width"]),
        ]
        for target, f in figures.items()
    ]
    head = ["target", "Brier", "Brier of the base rate", "calibration slope", "Brier, Venn-Abers", "its width"]
    return (
        _table(head, rows) + "\n\nEach probability comes from a curve fitted on the other models' out-of-fold scores. "
        "A Brier score above that of the base rate\nmeans that saying one third for everyone would have been better. "
        "The slope is unknown where the probabilities barely differ (figures/reliability.svg). "
        "Venn-Abers probabilities\nwere tried beside the "
        "logistic curve that ships; their width is the mean distance of the two that each model is given."
    )


def conformal(figures: Mapping[str, Mapping[str, Any]]) -> str:
    """Coverage and width of the intervals of the response."""
    rows = []
    for target, f in figures.items():
        sets = {**f["conformal"], **{name: own["conformal"] for name, own in f["external"].items()}}
        for name, own in sets.items():
            held = f"{own['coverage']:.2f} ({own['low']:.2f} to {own['high']:.2f})"
            rows.append([target, name, str(own["n"]), held, _number(own["width"]), _number(own["width_unknowing"])])
    return (
        _table(["target", "set", "n", "coverage of 90 % (binomial 95 %)", "width", "width without the score"], rows)
        + "\n\nConformal intervals of the response (normal scores within the set) around a line through the score, "
        "each model left out in\nturn. Widths are in standard deviations of the response: hardly narrower than without "
        "the score where the skill is small. No record\nshows them; they say what a single score is worth."
    )


def transfer(recipe: Recipe, figures: Mapping[str, Mapping[str, Any]]) -> str:
    """What it costs to carry a signature to tumours and to paraffin."""
    rows = [
        [
            target,
            _number(f["to_tumours"]["rank_agreement"]),
            _number(f["to_tumours"]["level_shift"]),
            _number(f["to_tumours"]["spread_ratio"]),
            f"{f['ffpe']['spearman']:.2f} (n = {f['ffpe']['n']})",
            f"{f['ffpe_all_pairs']['spearman']:.2f} (n = {f['ffpe_all_pairs']['n']})",
            _number(f["ffpe"]["shift"]),
            _number(f["ffpe"]["noise"]),
        ]
        for target, f in figures.items()
    ]
    head = [
        "target",
        "rank agreement",
        "level shift",
        "spread ratio",
        "FFPE Spearman, matched",
        "FFPE Spearman, all",
        "FFPE shift",
        "FFPE noise",
    ]
    return (
        _table(head, rows)
        + "\n\nEach gene is standardised in its own world: models by the models, a patient by the reference tumours. "
        "Rank agreement and level\nshift compare that, over the reference tumours, with standardising by the models; "
        "spread ratio is the tumours' standard deviation\nof scores over the models'. FFPE: "
        f"{recipe.ffpe.source}; noise is the root mean square of FFPE - fresh\nover the matched pairs, shift included, "
        "in standard deviations of the fresh scores; times the reference tumours' standard deviation\nit goes into "
        "every interval unless the specimen is known to be frozen. The tissue is another one: that it holds for\n"
        "pancreas is assumed."
    )


def content(recipe: Recipe, figures: Mapping[str, Mapping[str, Any]]) -> str:
    """How scores move as stroma dilutes the tumour."""
    kinds = recipe.content.profiles
    rows = []
    for target, f in figures.items():
        spread, drift = f["to_tumours"]["reference_sd"], f["content"]
        names = [name for kind in kinds for name in (f"drift_{kind}", f"drift_{kind}_corrected")]
        rows.append([target, *(_number(drift[name] / spread) for name in names), _number(drift["residual"] / spread)])
    head = ["target", *(f"{kind}, {when}" for kind in kinds for when in ("before", "after")), "left per halving, worst"]
    return (
        _table(head, rows)
        + f"\n\nMean change of the score from pure tumour to {LOW:.0%} content, in standard deviations of the\n"
        "reference tumours' scores, before and after the frozen correction for stroma and immune cells (slopes from\n"
        f"the other half of the tumours). {recipe.content.source}, mixed with\nprofiles of data/tissues. The kinds of "
        "stroma are those that the correction was fitted on: how far it carries to others is\nnot shown."
    )


def choice(trained: Trained) -> str:
    """By either rule the family chosen for every target, and how many outer folds chose each by the one that ships."""
    targets = list(trained.family)
    folds = [[name, *(str(count) for count in counts)] for name, counts in trained.chosen.items() if counts.any()]
    rows = [
        ["**ships**", *(f"`{trained.family[target]}`" for target in targets)],
        ["strict rule", *(f"`{trained.strict_family[target]}`" for target in targets)],
        *([f"folds: {name}", *counts] for name, *counts in folds),
    ]
    return (
        _table(["chosen", *targets], rows)
        + "\n\nThe families chosen on all models by either rule, then in how many outer folds the rule that ships "
        "chose each: a choice that changes\nwith the fold hangs on few models."
    )


def attempts(recipe: Recipe, found: pd.DataFrame, targets: Sequence[str]) -> str:
    """Everything that was tried, with its figures."""
    rows = [
        [row["kind"], row["attempt"], row["world"], *(_number(float(row[target])) for target in targets)]
        for row in found.to_dict("records")
    ]
    where = f"models: {recipe.models.world}, out of fold, same folds"
    judged = "prior without them, their responses by the first laboratory"
    lines = f"; lines: {recipe.lines.test_tissue} lines, {judged}" if recipe.lines else ""
    return (
        _table(["kind", "attempt", "world", *targets], rows)
        + f"\n\nSpearman ({where}{lines}). What ships was not picked from this table: docs/training.md says by which\n"
        "rule, and which rule was tried before it. Comparators cannot be chosen. The mean of the training responses, "
        "or of the model's tissue,\nis the same for every model of a world: it ranks none (Spearman 0), and as a "
        "probability it is the base rate (Brier, above).\n`attempts.tsv` holds the same."
    )
