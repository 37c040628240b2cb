"""Every curve on paper: one page of small multiples per drug."""

from __future__ import annotations

import io
import itertools
import math
import re
import textwrap
from collections.abc import Sequence

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from pancreassign.chemogram.responses import Result

PREFIX = "chemogram_"
COLUMNS = 5
PANEL_INCHES = (2.3, 2.2)
HEAD_INCHES = 1.1
DPI = 110
INK, GREY, SHADE = "#1b1f24", "#767676", "#e8ecf1"
USABLE, REFUSED = "#0072b2", "#d55e00"
"""Blue and vermilion of Okabe and Ito's colour-blind safe palette; a refused curve is dashed as well."""
MARKERS = "os^Dvp*X"
TALLEST = 1.6
"""Viability up to which the panels reach; a point above it is drawn at the edge."""
POINTS = 200
TITLE_CHARACTERS = 36
"""Characters of a line of reasons over a panel."""
TITLE_LINES = 2


def pages(results: Sequence[Result]) -> dict[str, bytes]:
    """One PNG per drug, by file name; the same bytes for the same results.

    ``results`` stand in the order of :func:`~pancreassign.chemogram.responses.measure`, a drug's plates together.
    """
    drawn: dict[str, bytes] = {}
    with matplotlib.rc_context():
        matplotlib.rcdefaults()  # the user's matplotlibrc never changes a page
        for drug, own in itertools.groupby(results, key=lambda one: one.plate.drug):
            drawn[page_name(drug)] = _page(drug, list(own))
    return drawn


def page_name(drug: str) -> str:
    """File name of a drug's page."""
    return f"{PREFIX}{re.sub(r'[^A-Za-z0-9-]+', '_', drug)}.png"


def _page(drug: str, results: Sequence[Result]) -> bytes:
    rows = math.ceil(len(results) / COLUMNS)
    width, height = COLUMNS * PANEL_INCHES[0], rows * PANEL_INCHES[1] + HEAD_INCHES
    figure = Figure(figsize=(width, height), facecolor="white")
    axes = figure.subplots(rows, COLUMNS, sharex=True, sharey=True, squeeze=False)
    figure.subplots_adjust(
        left=0.055, right=0.995, top=1 - HEAD_INCHES / height, bottom=0.5 / height, wspace=0.06, hspace=0.45
    )
    for panel, result in itertools.zip_longest(axes.ravel(), results):
        if result is None:
            panel.set_visible(False)
        else:
            _panel(panel, result)
    used = sum(result.usable for result in results)
    figure.text(
        0.055, 1 - 0.22 / height, f"{drug}: {used} of {len(results)} plates usable", fontsize=13, color=INK, va="center"
    )
    figure.legend(
        handles=_key(results),
        loc="center left",
        bbox_to_anchor=(0.048, 1 - 0.5 / height),
        ncols=8,
        fontsize=8,
        frameon=False,
        borderaxespad=0,
        columnspacing=1.4,
    )
    _label(axes, results, figure, height)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=DPI, metadata={"Software": None})
    return buffer.getvalue()


def _label(axes: np.ndarray, results: Sequence[Result], figure: Figure, height: float) -> None:
    """Dose labels under the last panel of each column, and the names of the axes."""
    for column in range(min(COLUMNS, len(results))):
        last = (len(results) - 1 - column) // COLUMNS
        axes[last, column].tick_params(labelbottom=True)
    figure.text(0.5, 0.13 / height, "dose (µM)", ha="center", va="center", fontsize=9, color=INK)
    figure.text(
        0.012,
        0.5,
        "viability (signal / untreated control)",
        rotation=90,
        ha="center",
        va="center",
        fontsize=9,
        color=INK,
    )


def _panel(axes: Axes, result: Result) -> None:
    plate, colour = result.plate, USABLE if result.usable else REFUSED
    if result.range:
        axes.axvspan(result.range.low, result.range.high, color=SHADE, linewidth=0, zorder=0)
    for level, style in ((1.0, "-"), (0.5, ":")):
        axes.axhline(level, color=GREY, linewidth=0.6, linestyle=style, zorder=1)
    for column, replicate in enumerate(plate.viability.T):
        axes.plot(
            plate.dose,
            np.minimum(replicate, TALLEST),
            linestyle="none",
            marker=MARKERS[column % len(MARKERS)],
            markersize=3.2,
            markerfacecolor="none",
            markeredgecolor=INK,
            markeredgewidth=0.7,
            zorder=2,
        )
    if result.curve:
        log_dose = np.linspace(plate.log_dose[0], plate.log_dose[-1], POINTS)
        style = "-" if result.usable else "--"
        axes.plot(
            10**log_dose, result.curve.viability(log_dose), color=colour, linewidth=1.6, linestyle=style, zorder=3
        )
    if result.ic50[0] == "=":
        axes.plot([result.ic50[1]], [0.5], marker="|", markersize=15, color=colour, markeredgewidth=1.4, zorder=4)
    axes.set_xscale("log")
    axes.set_ylim(-0.05, TALLEST + 0.05)
    axes.set_yticks([0, 0.5, 1, 1.5])
    axes.tick_params(labelsize=7, length=2, colors=INK)
    axes.minorticks_off()
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.set_title(_title(result), fontsize=7.2, color=colour, loc="left", pad=3, linespacing=1.15)


def _title(result: Result) -> str:
    """Model and passage, AAC, and the verdict with its reasons."""
    plate = result.plate
    area = "no AAC" if math.isnan(result.aac) else f"AAC {result.aac:.2f}"
    first = f"{plate.model} {plate.passage}".strip() + f"  {area}"
    verdict = "usable" if result.usable else ", ".join(code.replace("_", " ") for code in result.reasons)
    return "\n".join([first, *textwrap.wrap(verdict, TITLE_CHARACTERS, max_lines=TITLE_LINES, placeholder=" …")])


def _key(results: Sequence[Result]) -> list[Line2D | Patch]:
    replicates = max(result.plate.viability.shape[1] for result in results)
    wells = [
        Line2D(
            [],
            [],
            linestyle="none",
            marker=MARKERS[one % len(MARKERS)],
            markerfacecolor="none",
            markeredgecolor=INK,
            markersize=4,
            label=f"replicate {one + 1}",
        )
        for one in range(min(replicates, len(MARKERS)))
    ]
    curves = [
        Line2D([], [], color=USABLE, linewidth=1.6, label="curve, usable"),
        Line2D([], [], color=REFUSED, linewidth=1.6, linestyle="--", label="curve, not usable"),
        Line2D([], [], linestyle="none", marker="|", color=INK, markersize=11, markeredgewidth=1.4, label="IC50"),
    ]
    return [*wells, *curves, Patch(color=SHADE, label="common dose range")]
