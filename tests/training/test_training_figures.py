"""Figures of a pack: what they show, and that they are the same bytes twice."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pancreassign.training import figures
from pancreassign.training.skill import World

TARGETS = ("5-FU", "paclitaxel")


def own(grade: str, rho: float, ceiling: float | None) -> dict[str, Any]:
    part = {"spearman": rho, "spearman_interval": {"low": rho - 0.2, "high": rho + 0.2, "level": 0.95}}
    return {"grade": grade, "ceiling": ceiling, **part, "worlds": {"organoids": part, "lines": part}}


def worlds() -> list[World]:
    rng = np.random.default_rng(0)
    found = []
    for name, n in (("organoids", 30), ("lines", 24)):
        score = pd.DataFrame(rng.normal(size=(n, 2)), columns=list(TARGETS))
        found.append(World(name, score, score + rng.normal(size=(n, 2)), np.zeros((1, 2))))
    return found


def test_the_figures_name_what_they_show_and_are_the_same_twice() -> None:
    told = {"5-FU": own("D", 0.1, None), "paclitaxel": own("C", 0.4, 0.63)}
    drawn = figures.draw(told, worlds())
    assert set(drawn) == {"skill.svg", "reliability.svg"}
    assert drawn == figures.draw(told, worlds())
    for text in drawn.values():
        ElementTree.fromstring(text)
        assert "5-FU (D)" in text
        assert "paclitaxel (C)" in text
    words = set(drawn["skill.svg"].replace(">", " ").replace("<", " ").split())
    assert {"organoids", "lines", "ceiling"} <= words
    other = {**told, "paclitaxel": own("C", 0.5, 0.63)}
    assert figures.draw(other, worlds())["skill.svg"] != drawn["skill.svg"]


@pytest.mark.parametrize(("positives", "n"), [(0, 10), (5, 10), (10, 10)])
def test_wilsons_interval_holds_the_share_and_stays_within_nought_and_one(positives: int, n: int) -> None:
    share, error = figures._share(np.arange(n) < positives)
    assert share == positives / n
    low, high = share - error[0, 0], share + error[1, 0]
    assert 0 <= low <= share <= high <= 1
    # Wilson 1927: the bounds solve (share - p)² = z² p (1 - p) / n
    for bound in {low, high} - {0.0, 1.0}:
        assert (share - bound) ** 2 == pytest.approx(1.959964**2 * bound * (1 - bound) / n, abs=1e-9)
