"""Figures of a pack: what they show, and that they are the same bytes twice."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from typing import Any

from pancreassign.training import figures


def own(grade: str, rho: float, ceiling: float | None) -> dict[str, Any]:
    part = {"spearman": rho, "spearman_interval": {"low": rho - 0.2, "high": rho + 0.2, "level": 0.95}}
    groups = [
        {"n": 9, "predicted": at, "observed": rho, "observed_interval": {"low": rho - 0.1, "high": rho + 0.3}}
        for at in (0.2, 0.4)
    ]
    return {
        "grade": grade, "ceiling": ceiling, **part, "worlds": {"organoids": part, "lines": part}, "reliability": groups
    }  # fmt: skip


def test_the_figures_name_what_they_show_and_are_the_same_twice() -> None:
    told = {"5-FU": own("D", 0.1, None), "paclitaxel": own("C", 0.4, 0.63)}
    drawn = figures.draw(told)
    assert set(drawn) == {"skill.svg", "reliability.svg"}
    assert drawn == figures.draw(told)
    for text in drawn.values():
        ElementTree.fromstring(text)
        assert "5-FU (D)" in text
        assert "paclitaxel (C)" in text
    words = set(drawn["skill.svg"].replace(">", " ").replace("<", " ").split())
    assert {"organoids", "lines", "ceiling"} <= words
    other = {**told, "paclitaxel": own("C", 0.5, 0.63)}
    changed = figures.draw(other)
    assert all(changed[name] != drawing for name, drawing in drawn.items())
