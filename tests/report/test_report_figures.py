"""The strips of the five-drug figure: where the marks stand, and what they look like."""

from __future__ import annotations

import re
from typing import Any

import matplotlib
import pytest
import report_factory as factory

from pancreassign.records import DrugResult
from pancreassign.report.figures import EDGE, GREY, INK, LEFT, RIGHT, drug_strips, position

REFERENCE = {"q0": -3.0, "q5": -1.0, "q25": -0.5, "q50": 0.0, "q75": 0.5, "q95": 1.0, "q100": 2.0}


def strip(**changes: Any) -> str:
    data = factory.called() | {"reference": REFERENCE} | changes
    return drug_strips([DrugResult.model_validate(data)])[0]


def marker(svg: str) -> tuple[float, str]:
    """Horizontal place and style of the marker in the drawing."""
    group = re.search(r'<g id="score">(.*?)</g>\s*</g>', svg, re.DOTALL)
    assert group is not None
    used = re.search(r'<use [^>]*x="([\d.]+)"[^>]*style="([^"]*)"', group[1])
    assert used is not None
    return float(used[1]), used[2]


def test_position_by_hand() -> None:
    assert position(-1.0, REFERENCE) == pytest.approx(LEFT)
    assert position(1.0, REFERENCE) == pytest.approx(RIGHT)
    assert position(0.5, REFERENCE) == pytest.approx(LEFT + 0.75 * (RIGHT - LEFT))
    assert position(99.0, REFERENCE) == 1 - EDGE
    assert position(-99.0, REFERENCE) == EDGE
    assert position(5.0, {"q5": 1.0, "q95": 1.0}) == 0.5


def test_right_is_more_sensitive() -> None:
    places = [marker(strip(score=score))[0] for score in (-0.9, -0.2, 0.0, 0.4, 0.9)]
    assert places == sorted(places)
    assert len(set(places)) == 5


def test_hollow_and_grey_where_not_evaluable() -> None:
    assert f"fill: {INK}" in marker(strip())[1]
    hollow = marker(strip(call="not_evaluable", reason="no_demonstrated_skill"))[1]
    assert "fill: #ffffff" in hollow
    assert f"stroke: {GREY}" in hollow


def test_each_call_has_its_own_shape() -> None:
    shapes = set()
    for call in ("sensitive", "intermediate", "resistant"):
        path = re.search(r'<g id="score">.*?<path id="\w+" d="([^"]*)"', strip(call=call), re.DOTALL)
        assert path is not None
        shapes.add(path[1])
    assert len(shapes) == 3


def test_no_marker_without_a_score_and_nothing_without_a_reference() -> None:
    assert 'id="score"' not in strip(score=None)
    assert "<use" not in strip(reference={})


def test_same_drug_same_drawing_whatever_the_users_style() -> None:
    first = strip()
    with matplotlib.rc_context({"lines.linewidth": 9, "savefig.dpi": 300, "path.sketch": (1, 2, 3), "figure.dpi": 50}):
        assert strip() == first
        assert matplotlib.rcParams["lines.linewidth"] == 9
    assert "<text" not in first
    assert "<dc:date>" not in first
