"""The pack's card: what it was trained on, every figure with its interval, failures, and limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pancreassign.normalize.reference import Reference
from pancreassign.signatures.pack import TARGETS, Signature
from pancreassign.training.content import LOW
from pancreassign.training.recipe import Recipe

GRADES = {
    "C": (
        "the 95 % interval of Spearman lies above 0, the permutation p is below 0.025, and the Brier score is "
        "below that of the base rate"
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


def write(
    recipe: Recipe,
    reference: Reference,
    signatures: Mapping[str, Signature],
    genes: int,
    models: int,
    attempts: Mapping[str, Mapping[str, float]],
) -> str:
    """The card as Markdown, made of nothing but the recipe and the figures that were computed."""
    figures = {target: signatures[target].validation for target in TARGETS}
    return (
        "\n\n".join(
            [
                f"# {recipe.name} {recipe.version}",
                f"{recipe.description}. Written by `pancreassign train`; no figure here is typed.",
                _intended_use(),
                _data(recipe, reference, genes, models),
                _protocol(recipe),
                "## Skill in the training models\n\n" + _skill(figures),
                "## Probabilities\n\n" + _probabilities(figures),
                "## From models to tumours, and to paraffin\n\n" + _transfer(recipe, figures),
                "## As stroma dilutes the tumour\n\n" + _content(recipe, figures),
                "## All that was tried\n\n" + _attempts(attempts),
                _limits(recipe, figures),
            ]
        )
        + "\n"
    )


def _intended_use() -> str:
    return (
        "## Intended use\n\n"
        "Research use only. A novel predictive biomarker (class C2 of the EBAI framework, Aldea et al. 2025,\n"
        "doi 10.1016/j.annonc.2025.11.009): clinical use needs prospective validation, which this pack has not had.\n"
        "Input: bulk RNA-seq counts of one pancreatic adenocarcinoma. Output: a score and, where skill was shown,\n"
        "the probability of belonging to the sensitive third of models."
    )


def _data(recipe: Recipe, reference: Reference, genes: int, models: int) -> str:
    return (
        "## Data\n\n"
        f"- Training: {recipe.models.name}; {recipe.models.source}; {recipe.models.terms}.\n"
        f"- Endpoint: {recipe.models.endpoint}. Turned so that a higher score is a more sensitive tumour.\n"
        f"- {models} models with all five responses, {genes} genes: those measured in the models and inside the panel\n"
        f"  of the reference {reference.name} {reference.manifest['version']} "
        f"({len(reference.tumours)} tumours, {len(reference.panel)} panel genes).\n"
        "- Each model is taken as one patient; the source gives no patient table."
    )


def _protocol(recipe: Recipe) -> str:
    how = recipe.evaluation
    penalties = ", ".join(f"{value:g}" for value in recipe.ridge.penalty_per_gene)
    return (
        "## Protocol\n\n"
        "Ridge on standardised log2(FPKM + 1), responses as normal scores. Nested: an outer "
        f"{how.folds}-fold cross-validation, repeated {how.repeats} times,\n"
        f"and inside each training fold leave-one-out error choosing the penalty among {penalties} × genes.\n"
        "Everything fitted is fitted inside the training fold; no training mean is added back to a held-out score.\n"
        f"Intervals: percentile bootstrap over models, {how.bootstrap:,} draws, 95 %. Permutation p: the whole\n"
        f"cross-validation on {how.permutations:,} shuffled responses, one-sided. Seed {recipe.seed}.\n"
        "Five drugs are tested and the grade is not corrected for that. `general` is built from all models' responses\n"
        "before the folds are made; its own score is still cross-validated."
    )


def _skill(figures: Mapping[str, Mapping[str, Any]]) -> str:
    rows = [
        [
            target,
            f["grade"],
            str(f["n"]),
            _between(f["spearman"], f["spearman_interval"]),
            f"{f['permutation_p']:.3f}",
            _between(f["auroc"], f["auroc_interval"]),
            _assays(f["assays"]),
            f"{f['penalty_per_gene']:g}",
        ]
        for target, f in figures.items()
    ]
    head = [
        "target",
        "grade",
        "models",
        "Spearman (95 %)",
        "p",
        "AUROC, sensitive third (95 %)",
        "ceiling",
        "penalty, all models",
    ]
    grades = "\n".join(f"- {grade}: {text}." for grade, text in GRADES.items())
    source = next((f["ceiling_source"] for f in figures.values() if f["ceiling_source"]), "none")
    return f"{_table(head, rows)}\n\n{grades}\n- Ceiling: {source}. `general` is the mean of the five responses."


def _assays(figures: Mapping[str, float | None] | None) -> str:
    """The ceiling with the agreement that it is the root of."""
    if figures is None:
        return "unknown"
    rho, low, high = (_number(figures[key]) for key in ("rho", "low", "high"))
    return f"{_number(figures['ceiling'])} (rho {rho}, {low} to {high}, n = {figures['n']})"


def _probabilities(figures: Mapping[str, Mapping[str, Any]]) -> str:
    rows = [
        [target, f"{f['brier']:.3f}", f"{f['brier_base_rate']:.3f}", _number(f["calibration_slope"])]
        for target, f in figures.items()
    ]
    return (
        _table(["target", "Brier", "Brier of the base rate", "calibration slope"], rows)
        + "\n\nEach probability comes from a curve fitted on the other models' out-of-fold scores. "
        "A Brier score above that of the base rate\nmeans that saying one third for everyone would have been better. "
        "The slope is unknown where the probabilities barely differ."
    )


def _transfer(recipe: Recipe, figures: Mapping[str, Mapping[str, Any]]) -> str:
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


def _content(recipe: Recipe, figures: Mapping[str, Mapping[str, Any]]) -> str:
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


def _attempts(attempts: Mapping[str, Mapping[str, float]]) -> str:
    rows = [[name, *(f"{rho[target]:.2f}" for target in TARGETS)] for name, rho in attempts.items()]
    return (
        _table(["genes and responses", *TARGETS], rows)
        + "\n\nCross-validated Spearman, same folds; the first row ships. The panel was chosen because scores trained "
        "inside it survive\nparaffin better, normal scores because one outlier would rule a least-squares fit; not for "
        "these figures: other rows score\nas well or better."
    )


def _limits(recipe: Recipe, figures: Mapping[str, Mapping[str, Any]]) -> str:
    unskilled = [target for target, f in figures.items() if f["grade"] == "D"]
    named = ", ".join(unskilled) if unskilled else "none"
    return (
        "## Failures and limits\n\n"
        f"- Without demonstrated skill: {named}.\n"
        "- No probability was calibrated on treated patients; no score was tested on patients' outcomes.\n"
        + "".join(f"- {limit}\n" for limit in recipe.models.limits)
        + "- Nothing here shows that a signature adds to subtype or to general sensitivity: that is not tested yet.\n"
        "- The correction for stroma was fitted on three kinds of stroma; liver and acinar tissue are not "
        "corrected for."
    )
