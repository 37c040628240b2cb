"""The report of a response validation: the figures of ``validation.json`` in words and tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pancreassign.validation.page import Section, Table, flow_table, graded, shown, shown_interval, shown_p
from pancreassign.validation.response_drawings import draw
from pancreassign.validation.response_figures import SHUFFLES
from pancreassign.validation.responses import Responses, Result

TITLE = "Validation: does the score go with the response?"
DIRECTION = "Direction: a higher score = more sensitive = better response, if the signature holds."
_SHARES = ("sensitivity", "specificity", "ppv", "npv")


def sections(results: Sequence[Result], figures: dict[str, Any]) -> list[Section]:
    """The document: all drugs side by side, then each with its flow, figures and drawings."""
    return [_overview(results, figures), *(part for one in results for part in _drug(one))]


def verdict(found: Responses, figures: dict[str, Any]) -> str:
    """One sentence on a drug: the correlation, and what its interval allows to say."""
    rho = figures["spearman"]
    said = f"{found.drug}: n = {figures['n']}, Spearman {shown_interval(rho)}"
    if rho["low"] > 0:
        return f"{said}: higher scores go with better response."
    if rho["high"] < 0:
        return f"{said}: it runs AGAINST the signature, higher scores go with worse response."
    reach, unit = figures["detectable_spearman"], "patients" if _repeated(figures) else "samples"
    if not np.isfinite(reach):
        return f"{said}: no skill shown (and so few {unit} could show none)."
    return f"{said}: no skill shown (this many {unit} find a true correlation of {shown(reach)} four times in five)."


def _repeated(figures: dict[str, Any]) -> bool:
    """Whether some patients gave several samples."""
    return bool(figures["patients"] < figures["n"])


def _overview(results: Sequence[Result], figures: dict[str, Any]) -> Section:
    rows = [
        [
            one.found.drug.value,
            str(one.figures["n"]),
            shown_interval(one.figures["spearman"]),
            shown_p(one.figures["permutation_p"]),
            shown_p(one.figures["adjusted_p"]),
            shown_interval(one.figures["auroc"]),
        ]
        for one in results
    ]
    if len(results) > 1:
        overall = [shown_interval(figures["spearman"]), "–", "–", shown_interval(figures["auroc"])]
        rows.append([figures["over"], str(figures["n"]), *overall])
    whole = " of whole patients' responses, among patients with as many samples"
    whole = whole if any(_repeated(one.figures) for one in results) else ""
    note = (
        f"95 % intervals from {figures['draws']} bootstrap draws of patients. "
        f"p: one-sided, {SHUFFLES} permutations{whole}; "
        f"Holm: corrected for {len(results)} drug{'s' * (len(results) > 1)}. AUROC: 0.5 is no skill."
    )
    left = [f"{drug} is left out: {why}." for drug, why in figures["skipped"].items()]
    table = Table(["drug", "n", "Spearman (95 %)", "p", "p (Holm)", "AUROC (95 %)"], rows, note)
    told = [verdict(one.found, one.figures) for one in results]
    return Section("In short", [DIRECTION, *told, *left], [table])


def _drug(result: Result) -> list[Section]:
    found, figures = result.found, result.figures
    described = figures["response"]
    turned = f"; a high value means {found.high_means}" if found.high_means else ""
    counts = ", ".join(f"{one['means']} {one['n']}" for one in (described["positive"], described["negative"]))
    first = [
        f"Response: {found.measure or found.kind}{turned}. Of {figures['n']} samples: {counts}.",
        graded(found.drug.value, figures["evidence"]),
    ]
    first += [f"Mind: {said}." for said in figures["warnings"]]
    tables = [flow_table(found.flow), _missing_table(figures)]
    parts = [
        Section(found.drug.value, first, tables),
        _calls(found, figures),
        _probabilities(found, figures),
        _subgroups(found, figures["subgroups"]),
        Section(f"{found.drug}: drawings", drawings=draw(found, figures)),
    ]
    return [part for part in parts if part is not None]


def _missing_table(figures: dict[str, Any]) -> Table:
    n = figures["n"]
    rows = [[name, str(n - lacking), str(lacking)] for name, lacking in figures["missing"].items()]
    return Table(["of those analysed", "known", "missing"], rows)


def _calls(found: Responses, figures: dict[str, Any]) -> Section:
    calls, (positive, negative) = figures["calls"], found.names
    if calls["available"]:
        names = ("called sensitive", "called resistant")
        told = f"{calls['n']} samples have a call; each call is held against all other calls."
    else:
        names = ("probability above 1/3 (not a call)", "probability not above 1/3 (not a call)")
        told = (
            f"No sample has a call: {calls['why']}. What stands here instead is the probability split at the base "
            "rate of one third. It is not a call: no interval stands behind it, and the tool would not say it."
        )
    pairs = zip(names, (positive, negative), ("sensitive", "resistant"), strict=True)
    rows = [[name, truth, _counts(calls[key]), *_shares(calls[key])] for name, truth, key in pairs]
    columns = ["said", "is", "TP FP FN TN", "sensitivity", "specificity", "PPV", "NPV"]
    note = f"95 % intervals after Wilson (1927){_worth(figures)}."
    return Section(f"{found.drug}: calls", [told], [Table(columns, rows, note)])


def _worth(figures: dict[str, Any]) -> str:
    """How intervals of shares count several samples of one patient."""
    if not _repeated(figures):
        return ""
    return (
        f", of as many patients as the samples are worth if those of one patient say the same (Kish 1965): "
        f"{shown(figures['effective_patients'], 1)} for all {figures['n']} samples"
    )


def _counts(figures: dict[str, Any]) -> str:
    return " ".join(str(figures[key]) for key in ("tp", "fp", "fn", "tn"))


def _shares(figures: dict[str, Any]) -> list[str]:
    return [shown_interval(figures[key]) for key in _SHARES]


def _probabilities(found: Responses, figures: dict[str, Any]) -> Section:
    own = figures["calibration"]
    if own is None:
        return Section(
            f"{found.drug}: probabilities", ["No probability is known, or one class is empty: nothing to calibrate."]
        )
    slope = "– (probabilities barely differ, or separate the classes)"
    slope = slope if own["slope"] is None else shown_interval(own["slope"])
    rows = [
        ["mean predicted, share observed", f"{shown(own['predicted'])}, {shown_interval(own['observed'])}"],
        ["intercept (0 is right; below: too many predicted)", shown_interval(own["intercept"])],
        ["slope (1 is right; below: too extreme)", slope],
        [
            "Brier score, and that of the share observed",
            f"{shown_interval(own['brier'], 3)}, {own['brier_base_rate']:.3f}",
        ],
    ]
    groups = [
        [
            str(place),
            str(one["n"]),
            shown(one["predicted"]),
            shown_interval({"value": one["observed"], **one["observed_interval"]}),
        ]
        for place, one in enumerate(own["groups"], start=1)
    ]
    curve = [
        [
            shown(at["threshold"]),
            str(at["treated"]),
            shown_interval(at["model"], 3),
            shown(at["all"], 3),
            "0",
            shown_interval(at["gain"], 3),
        ]
        for at in figures["net_benefit"]
    ]
    columns = ["threshold", "treated", "by probability (95 %)", "all", "none", "gain over the better (95 %)"]
    note = (
        "Net benefit: true positives per patient, less false positives times t/(1 − t) (doi 10.1177/0272989X06295361)."
    )
    summed = (
        "Intercept and slope: each patient's samples together (Liang and Zeger 1986), Student's t by patients, and "
        f"never narrower than by samples. Shares: Wilson{_worth(figures)}."
    )
    tables = [
        Table(["calibration", "figure (95 %)"], rows, summed if _repeated(figures) else ""),
        Table(["group by probability", "n", "predicted", "observed (95 %, Wilson)"], groups),
        Table(columns, curve, note),
    ]
    return Section(f"{found.drug}: probabilities", [], tables)


def _subgroups(found: Responses, by_column: dict[str, dict[str, Any]]) -> Section | None:
    rows = [
        [f"{column}: {level}", str(one["n"]), str(one["positive"]), _or_few(one["spearman"]), _or_few(one["auroc"])]
        for column, levels in by_column.items()
        for level, one in levels.items()
    ]
    if not rows:
        return None
    told = "Figures within groups. That groups differ is neither tested nor claimed: it would take an interaction test."
    return Section(
        f"{found.drug}: subgroups", [told], [Table(["group", "n", "positive", "Spearman (95 %)", "AUROC (95 %)"], rows)]
    )


def _or_few(figure: dict[str, float] | None) -> str:
    return "too few" if figure is None else shown_interval(figure)
