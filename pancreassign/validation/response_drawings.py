"""The drawings of a response validation, as SVG: score v response, ROC, reliability, decision curve."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pancreassign.training.figures import COLOURS, MARKERS, plain, style, svg
from pancreassign.validation.page import Drawing, shown, shown_interval
from pancreassign.validation.response_figures import roc, scores_of
from pancreassign.validation.responses import RECIST, THIRDS, Responses

SIZE = (3.45, 2.7)
"""Inches: two stand beside each other on the sheet."""
GREY = "#767676"
JITTER = 0.16
"""Half the width over which points of one category are spread, so that they do not hide each other."""


def draw(found: Responses, figures: dict[str, Any]) -> list[Drawing]:
    """Every drawing of one drug that its figures allow; the same inputs give the same bytes."""
    with style():
        drawn = [_response(found, figures)]
        if found.positive.any() and not found.positive.all():
            drawn.append(_roc(found, figures))
        if figures["calibration"] is not None:
            drawn += [_reliability(found, figures["calibration"]), _decision(found, figures["net_benefit"])]
    return drawn


def _axes() -> tuple[Figure, Axes]:
    figure = Figure(figsize=SIZE, layout="constrained")
    axes = figure.add_subplot()
    plain(axes)
    return figure, axes


def _name(found: Responses, what: str) -> str:
    return f"{found.drug.value.lower()}-{what}"


def _groups(found: Responses) -> list[tuple[str, Any]]:
    """Names and masks of the samples by class, in the order of :data:`COLOURS` from the second on."""
    positive, negative = found.names
    rest = ~found.positive & ~found.negative
    return [(positive, found.positive), (negative, found.negative), ("other", rest)]


def _response(found: Responses, figures: dict[str, Any]) -> Drawing:
    figure, axes = _axes()
    score = scores_of(found)
    height = found.better if found.kind == "continuous" else found.better + _spread(found)
    for place, (name, inside) in enumerate(_groups(found)):
        if inside.any():
            colour = (COLOURS[1], COLOURS[2], GREY)[place]
            axes.plot(score[inside], height[inside], MARKERS[place], ms=3.5, color=colour, alpha=0.8, label=name)
    if found.kind != "continuous":
        names = RECIST if found.kind == "recist" else THIRDS
        axes.set_yticks(list(names.values()), list(names))
    turned = "sign turned, " if found.high_means == "resistant" else ""
    axes.set_ylabel(f"{found.measure or 'response'}\n{turned}→ more sensitive", fontsize=7)
    axes.set_xlabel("score → more sensitive")
    figure.legend(loc="outside upper center", ncols=1, frameon=False, fontsize=6.5)
    rho = shown_interval(figures["spearman"])
    alt = f"Points: score against response to {found.drug} in {len(score)} samples; Spearman {rho}."
    caption = f"Score and response to {found.drug}, both turned so that up and right is more sensitive. Spearman {rho}."
    return Drawing(_name(found, "response"), svg(figure), alt, caption)


def _spread(found: Responses) -> Any:
    """Points of one category side by side, by their order: no random number."""
    offsets = np.zeros(len(found.better))
    for level in np.unique(found.better):
        inside = np.flatnonzero(found.better == level)
        offsets[inside] = np.resize(np.linspace(-JITTER, JITTER, 7), len(inside))
    return offsets


def _roc(found: Responses, figures: dict[str, Any]) -> Drawing:
    figure, axes = _axes()
    false, true = zip(*roc(found), strict=True)
    axes.plot([0, 1], [0, 1], color=GREY, linewidth=0.8)
    axes.plot(false, true, color=COLOURS[1], linewidth=1.4)  # a slope is a tie
    axes.set_xlabel("1 − specificity")
    axes.set_ylabel("sensitivity")
    axes.set_xlim(-0.01, 1.01)
    axes.set_ylim(-0.01, 1.01)
    area, positive = shown_interval(figures["auroc"]), found.names[0]
    alt = f"ROC curve of the score for {positive}; area {area}, 0.5 is no skill."
    caption = f"ROC curve: a high score as a test for the {positive}. Area {area}; the grey line is no skill (0.5)."
    return Drawing(_name(found, "roc"), svg(figure), alt, caption)


def _reliability(found: Responses, figures: dict[str, Any]) -> Drawing:
    figure, axes = _axes()
    axes.plot([0, 1], [0, 1], color=GREY, linewidth=0.8)
    axes.axhline(figures["observed"]["value"], color=GREY, linewidth=0.7, linestyle=":")
    for group in figures["groups"]:
        share, ends = group["observed"], group["observed_interval"]
        error = [[max(0.0, share - ends["low"])], [max(0.0, ends["high"] - share)]]  # rounding may leave -1e-17
        axes.errorbar(group["predicted"], share, yerr=error, fmt="o", ms=4, color=COLOURS[1], linewidth=1)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.set_xlabel("predicted probability")
    axes.set_ylabel("observed share (95 %, Wilson)")
    pairs = ", ".join(f"{shown(one['predicted'])} → {shown(one['observed'])}" for one in figures["groups"])
    alt = f"Predicted probability and observed share of four groups: {pairs}."
    caption = "Reliability: points on the grey line are right. Dotted: the share observed in all."
    return Drawing(_name(found, "reliability"), svg(figure), alt, caption)


def _decision(found: Responses, points: list[dict[str, Any]]) -> Drawing:
    figure, axes = _axes()
    at = [point["threshold"] for point in points]
    model = [point["model"] for point in points]
    low, high = [one["low"] for one in model], [one["high"] for one in model]
    axes.fill_between(at, low, high, color=COLOURS[1], alpha=0.15, linewidth=0)
    axes.plot(at, [one["value"] for one in model], color=COLOURS[1], label="by probability (95 %)")
    axes.plot(at, [point["all"] for point in points], color=COLOURS[2], linestyle="--", label="treat all")
    axes.plot(at, [point["none"] for point in points], color=COLOURS[0], linestyle=":", label="treat none")
    top = max(*high, *(point["all"] for point in points), 0.05)
    axes.set_ylim(min(-0.1, *low) if min(low) > -0.3 else -0.3, top * 1.05)
    axes.set_xlabel("threshold: chance of response to treat from")
    axes.set_ylabel("net benefit (true positives per patient)", fontsize=7)
    figure.legend(loc="outside upper center", ncols=3, frameon=False, fontsize=6.5)
    best = [point for point in points if point["gain"]["low"] > 0]
    said = f"better than both at {', '.join(shown(p['threshold']) for p in best)}" if best else "nowhere clearly better"
    alt = f"Net benefit at thresholds 0.1 to 0.6 of treating by probability, all, and none: {said}."
    caption = "Decision curve (Vickers and Elkin 2006): worth using where the blue line stands above the two others."
    return Drawing(_name(found, "decision"), svg(figure), alt, caption)
