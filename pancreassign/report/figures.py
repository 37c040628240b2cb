"""The five-drug figure: one strip per drug, drawn to one common frame so that the strips form one chart.

Only shapes, no text: the labels stand in the table around the strips, so no font has to be found or measured.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence

import matplotlib
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from pancreassign.records import Call, DrugResult

WIDTH_MM, HEIGHT_MM = 52.0, 8.0
MM_PER_INCH = 25.4
LEFT, RIGHT = 0.16, 0.84
"""Where the reference's 5 % and 95 % quantiles stand, as shares of the width: the same in every strip."""
EDGE = 0.04
"""Marks beyond this margin are drawn on it: a score far outside the reference stays on the page."""
INK, GREY = "#1b1f24", "#767676"
BAND, BOX, MEDIAN, RANGE = "#e3e7ec", "#bcc5cf", "#5f6b78", "#9aa4af"
MARKERS = {Call.SENSITIVE: ">", Call.INTERMEDIATE: "o", Call.RESISTANT: "<", Call.NOT_EVALUABLE: "o"}
MIDDLE = 0.5


def position(score: float, reference: dict[str, float]) -> float:
    """Where ``score`` stands in the strip, as a share of its width from the left.

    Linear between the reference's 5 % quantile (``LEFT``) and its 95 % quantile (``RIGHT``), so right is more
    sensitive as a higher score is; cut off at the edges. A reference without spread puts all in the middle.
    """
    low, high = reference["q5"], reference["q95"]
    if high <= low:
        return MIDDLE
    share = LEFT + (RIGHT - LEFT) * (score - low) / (high - low)
    return min(max(share, EDGE), 1 - EDGE)


def drug_strips(drugs: Sequence[DrugResult]) -> list[str]:
    """The strips as SVG texts, one per drug: reference quantiles, score interval, marker."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()  # the user's matplotlibrc never changes a page
        matplotlib.rcParams["svg.hashsalt"] = "pancreassign"
        return [_strip(drug) for drug in drugs]


def _strip(drug: DrugResult) -> str:
    figure = Figure(figsize=(WIDTH_MM / MM_PER_INCH, HEIGHT_MM / MM_PER_INCH), facecolor="none", linewidth=0)
    for artist in _artists(drug):
        figure.add_artist(artist)
    buffer = io.StringIO()
    # no date and no program version: the same record gives the same drawing
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return buffer.getvalue()


def _artists(drug: DrugResult) -> Iterator[Artist]:
    if {"q5", "q95"} <= drug.reference.keys():
        yield from _reference(drug.reference)
        if drug.score is not None:
            yield from _patient(drug, drug.score)


def _reference(reference: dict[str, float]) -> Iterator[Artist]:
    """Range as a line, 5–95 % as a light box, the middle half as a dark box, the median as a bar."""
    at = {key: position(value, reference) for key, value in reference.items()}
    if {"q0", "q100"} <= at.keys():
        yield _line([at["q0"], at["q100"]], [MIDDLE, MIDDLE], RANGE, 0.6)
    yield _box(at["q5"], at["q95"], 0.52, BAND)
    if {"q25", "q75"} <= at.keys():
        yield _box(at["q25"], at["q75"], 0.52, BOX)
    if "q50" in at:
        yield _line([at["q50"], at["q50"]], [0.24, 0.76], MEDIAN, 1.1)


def _patient(drug: DrugResult, score: float) -> Iterator[Artist]:
    """The score with its interval; hollow and grey where the drug is not evaluable."""
    hollow = drug.call is Call.NOT_EVALUABLE
    colour = GREY if hollow else INK
    if drug.score_interval is not None:
        low = position(drug.score_interval.low, drug.reference)
        high = position(drug.score_interval.high, drug.reference)
        yield _line([low, high], [MIDDLE, MIDDLE], colour, 1.1)
        for end in (low, high):
            yield _line([end, end], [0.4, 0.6], colour, 1.1)
    marker = _line([position(score, drug.reference)], [MIDDLE], colour, 1.0)
    marker.set(
        marker=MARKERS[drug.call],
        markersize=5.6 if hollow else 6.4,
        markerfacecolor="white" if hollow else colour,
        markeredgecolor=colour,
        markeredgewidth=1.0,
        gid="score",
    )
    yield marker


def _line(x: list[float], y: list[float], colour: str, width: float) -> Line2D:
    return Line2D(x, y, color=colour, linewidth=width, linestyle="-", solid_capstyle="butt", antialiased=True)


def _box(left: float, right: float, height: float, colour: str) -> Rectangle:
    return Rectangle((left, MIDDLE - height / 2), right - left, height, facecolor=colour, edgecolor="none", linewidth=0)
