"""Figures of a pack: skill by target and world, and how predicted probabilities turned out."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pancreassign.records import BASE_RATE

COLOURS = ("#1b1f24", "#0072b2", "#d55e00", "#009e73")
MARKERS = ("o", "s", "^", "D")
"""Colours that colour-blind readers tell apart (Okabe and Ito 2008), and marks that a black-and-white print keeps."""


@contextmanager
def style() -> Iterator[None]:
    """The look of every figure drawn inside; the same inputs give the same bytes."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()  # the user's matplotlibrc never changes a figure
        matplotlib.rcParams.update({"svg.hashsalt": "pancreassign", "svg.fonttype": "none", "font.size": 8})
        yield


def draw(figures: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """The figures as SVG by file name; the same inputs give the same bytes."""
    with style():
        return {"skill.svg": svg(_skill(figures)), "reliability.svg": svg(_reliability(figures))}


def svg(figure: Figure) -> str:
    """The figure as SVG text, without date or program version."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return buffer.getvalue()


def _skill(figures: Mapping[str, Mapping[str, Any]]) -> Figure:
    """Spearman's correlation with its 95 % interval by target: over the worlds, in each, and the ceiling."""
    figure = Figure(figsize=(6.3, 0.55 * len(figures) + 1.1), layout="constrained")
    axes = figure.add_subplot()
    names = ["all", *next(iter(figures.values()))["worlds"]]
    for row, own in enumerate(figures.values()):
        parts = [own, *own["worlds"].values()]
        for place, (name, part) in enumerate(zip(names, parts, strict=True)):
            height = -row + 0.22 - 0.22 * place
            low, high = part["spearman_interval"]["low"], part["spearman_interval"]["high"]
            colour, label = COLOURS[place % len(COLOURS)], name if row == 0 else None
            axes.plot([low, high], [height, height], color=colour, linewidth=1.2)
            axes.plot([part["spearman"]], [height], MARKERS[place % len(MARKERS)], color=colour, ms=4, label=label)
    known = [(own["ceiling"], -row) for row, own in enumerate(figures.values()) if own["ceiling"] is not None]
    if known:
        heights, rows = zip(*known, strict=True)
        axes.plot(heights, rows, "|", color="#767676", ms=14, mew=1.5, label="ceiling (two assays)")
    axes.axvline(0.0, color="#767676", linewidth=0.8)
    labels = [f"{target} ({own['grade']})" for target, own in figures.items()]
    axes.set_yticks([-row for row in range(len(figures))], labels)
    axes.set_xlabel("Spearman's correlation of score and response, 95 % interval; models not trained on")
    axes.set_xlim(-0.65, 1.0)
    figure.legend(loc="outside upper center", ncols=4, frameon=False)
    plain(axes)
    return figure


def _reliability(figures: Mapping[str, Mapping[str, Any]]) -> Figure:
    """Observed share of sensitive models against predicted probability, in groups (:func:`skill.reliability`)."""
    columns = 3
    rows = -(-len(figures) // columns)
    figure = Figure(figsize=(6.3, 2.2 * rows), layout="constrained")
    grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
    for axes, (target, own) in zip(grid, figures.items(), strict=False):
        axes.plot([0, 1], [0, 1], color="#767676", linewidth=0.8)
        axes.axhline(BASE_RATE, color="#767676", linewidth=0.6, linestyle=":")
        for group in own["reliability"]:
            share, ends = group["observed"], group["observed_interval"]
            error = [[share - ends["low"]], [ends["high"] - share]]
            axes.errorbar(group["predicted"], share, yerr=error, fmt="o", ms=4, color=COLOURS[1], linewidth=1)
        axes.set_title(f"{target} ({own['grade']})", fontsize=8)
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1)
        plain(axes)
    for axes in grid[len(figures) :]:
        axes.set_visible(False)
    figure.supxlabel("predicted probability of the sensitive third", fontsize=8)
    figure.supylabel("observed share (95 %, Wilson)", fontsize=8)
    return figure


def plain(axes: Axes) -> None:
    """Take away the frame's upper and right side."""
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
