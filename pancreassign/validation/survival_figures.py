"""Drawings of a survival validation: curves with numbers at risk, hazard ratios, the treatment's effect."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pancreassign.training.figures import COLOURS
from pancreassign.validation import cox
from pancreassign.validation.survival_cohort import CALLS, THIRDS
from pancreassign.validation.survival_measures import Curve

Panel = tuple[str, Sequence[Curve]]
"""A heading and the curves under it."""
WIDTH = 6.9
"""Inches: the width of the document's text."""
GREY = "#767676"
STYLES = {name: place for names in (CALLS, THIRDS) for place, name in enumerate(names)}
"""Which colour and line a group has, in every panel, whoever else is in it."""
LINES = ("-", (0, (4, 1.5)), (0, (1, 1.2)))
HUES = (COLOURS[1], COLOURS[0], COLOURS[2])
"""Blue for the most sensitive group, black between, vermilion for the most resistant (Okabe and Ito 2008)."""
BANDS_TO = 2
"""Groups up to which each curve shows its interval: three bands over each other cannot be read."""


def drawn(build: Callable[[], Figure]) -> str:
    """A figure as SVG, the same bytes for the same figures; its letters are outlines, so that no font is needed."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()  # the user's matplotlibrc never changes a figure
        matplotlib.rcParams.update({"svg.hashsalt": "pancreassign", "font.size": 8, "axes.titlesize": 8.5})
        buffer = io.StringIO()
        build().savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
        return buffer.getvalue()


def kaplan_meier(panels: Sequence[Panel]) -> str:
    """Curves side by side, one panel an arm, with the numbers at risk below each."""
    return drawn(lambda: _kaplan_meier(panels))


def _kaplan_meier(panels: Sequence[Panel]) -> Figure:
    groups = sorted({one.name for _, curves in panels for one in curves}, key=lambda name: STYLES[name])
    figure = Figure(figsize=(WIDTH, 2.75 + 0.17 * len(groups)), layout="constrained")
    heights = [2.6, 0.17 * (len(groups) + 1)]
    grid = figure.subplots(2, len(panels), squeeze=False, sharex="col", sharey="row", height_ratios=heights)
    for place, (heading, curves) in enumerate(panels):
        axes = grid[0, place]
        for one in curves:
            _curve(axes, one, band=len(groups) <= BANDS_TO)
        axes.set_title(heading, loc="left")
        axes.set_ylim(0.0, 1.02)
        _plain(axes)
        axes.legend(frameon=False, loc="upper right", fontsize=7, handlelength=2.6)
        _at_risk(grid[1, place], curves, groups)
    grid[0, 0].set_ylabel("share without the event")
    return figure


def _curve(axes: Axes, one: Curve, band: bool) -> None:
    style = STYLES[one.name]
    label = f"{one.name} ({one.events} of {one.n})"
    axes.step(one.times, one.survival, where="post", color=HUES[style], linestyle=LINES[style], lw=1.4, label=label)
    axes.plot(one.censored, one.at(one.censored), "|", color=HUES[style], ms=4, mew=0.8)
    if band:
        axes.fill_between(one.times, one.low, one.high, step="post", color=HUES[style], alpha=0.13, linewidth=0)


def _at_risk(axes: Axes, curves: Sequence[Curve], groups: Sequence[str]) -> None:
    """A row of numbers a group under the curves, at the ticks of the axis."""
    times = list(curves[0].at_risk)
    axes.set_xticks(times, [f"{time:g}" for time in times])
    axes.set_yticks([-row for row in range(len(groups))], groups)
    axes.set_ylim(-len(groups) + 0.4, 0.9)
    for one in curves:
        row, colour = -groups.index(one.name), HUES[STYLES[one.name]]
        for time, n in one.at_risk.items():
            axes.text(time, row, str(n), ha="center", va="center", color=colour, fontsize=7)
    axes.tick_params(axis="y", length=0, labelsize=7)
    axes.set_title("number at risk", loc="left", fontsize=7, color=GREY, pad=1)
    axes.set_xlabel("months")
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)


def forest(rows: Sequence[tuple[str, Mapping[str, Any]]]) -> str:
    """Hazard ratios with their intervals on a logarithmic axis, 1 in the middle; a row without a figure says so."""
    return drawn(lambda: _forest(rows))


def _forest(rows: Sequence[tuple[str, Mapping[str, Any]]]) -> Figure:
    figure = Figure(figsize=(WIDTH, 0.27 * len(rows) + 0.95), layout="constrained")
    axes = figure.add_subplot()
    known = [own for _, own in rows if own["value"] is not None]
    reach = max([2.0, *(max(own["high"], 1.0 / own["low"]) for own in known)])
    reach = min(float(reach), 20.0)  # an interval that leaves the drawing is cut off; the table has it whole
    for place, (_, own) in enumerate(rows):
        if own["value"] is None:
            axes.text(1.0, -place, "not estimable", ha="center", va="center", color=GREY, fontsize=7)
            continue
        axes.plot([own["low"], own["high"]], [-place, -place], color=COLOURS[0], lw=1.2)
        axes.plot([own["value"]], [-place], "s", color=COLOURS[1], ms=5)
    axes.axvline(1.0, color=GREY, lw=0.8)
    axes.set_xscale("log")
    axes.set_xlim(1.0 / reach / 1.08, reach * 1.08)
    marks = [mark for mark in (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 10.0, 20.0) if 1.0 / reach <= mark <= reach]
    axes.set_xticks(marks, [f"{mark:g}" for mark in marks])
    axes.minorticks_off()
    axes.set_yticks([-place for place in range(len(rows))], [name for name, _ in rows])
    axes.set_ylim(-len(rows) + 0.4, 0.6)
    axes.set_xlabel("hazard ratio, 95 % interval   (left of 1: more sensitive lives longer)")
    _plain(axes)
    return figure


def treatment_effect(model: cox.Fit, z: Sequence[float], treated: str) -> str:
    """The hazard ratio of the treated v the other arms along the score, with its band and the patients' scores."""
    return drawn(lambda: _treatment_effect(model, z, treated))


def _treatment_effect(model: cox.Fit, z: Sequence[float], treated: str) -> Figure:
    figure = Figure(figsize=(WIDTH * 0.72, 2.7), layout="constrained")
    axes = figure.add_subplot()
    along = np.linspace(min(z), max(z), 101)
    value, low, high = model.treatment_by_score(along)
    axes.fill_between(along, low, high, color=COLOURS[1], alpha=0.15, linewidth=0)
    axes.plot(along, value, color=COLOURS[1], lw=1.5)
    axes.axhline(1.0, color=GREY, lw=0.8)
    axes.set_yscale("log")
    axes.set_ylim(max(0.05, float(low.min()) * 0.9), min(20.0, float(high.max()) * 1.1))
    marks = [mark for mark in (0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 10.0) if axes.get_ylim()[0] <= mark <= axes.get_ylim()[1]]
    axes.set_yticks(marks, [f"{mark:g}" for mark in marks])
    axes.minorticks_off()
    axes.plot(z, np.full(len(z), 0.02), "|", color=COLOURS[0], ms=5, mew=0.6, transform=axes.get_xaxis_transform())
    axes.set_xlabel("score, in SD from the mean   (right: more sensitive)")
    axes.set_ylabel(f"hazard ratio, {treated} v other arms")
    _plain(axes)
    return figure


def _plain(axes: Axes) -> None:
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
