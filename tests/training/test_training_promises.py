"""Whether intervals and probabilities hold what they promise, where it can be told by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

from pancreassign.training.models import normal_scores
from pancreassign.training.promises import conformal, venn_abers
from pancreassign.training.skill import World


def pair(seed: int, models: int, noise: float) -> tuple[np.ndarray, np.ndarray]:
    """Scores and the responses that they tell."""
    rng = np.random.default_rng(seed)
    score = rng.normal(size=models)
    return score, score + noise * rng.normal(size=models)


def test_conformal_intervals_by_a_plain_loop() -> None:
    score, response = pair(0, 15, 0.5)
    values = normal_scores(response[:, None])[:, 0]
    held, widths = [], []
    for left in range(15):
        others = [k for k in range(15) if k != left]
        residuals = []
        for one in others:
            rest = [k for k in others if k != one]
            residuals.append(abs(values[one] - np.polyval(np.polyfit(score[rest], values[rest], 1), score[one])))
        half = sorted(residuals)[13]  # the ceil(15 · 0.9) = 14th smallest of 14
        line = np.polyfit(score[others], values[others], 1)
        held.append(abs(values[left] - np.polyval(line, score[left])) <= half)
        widths.append(2 * half)
    found = conformal(score, response)
    assert (found["n"], found["level"]) == (15, 0.9)
    assert found["coverage"] == pytest.approx(np.mean(held))
    assert found["width"] == pytest.approx(np.mean(widths))
    exact = binomtest(sum(held), 15).proportion_ci(0.95)
    assert (found["low"], found["high"]) == (pytest.approx(exact.low), pytest.approx(exact.high))


def test_conformal_intervals_hold_and_are_narrower_where_the_score_tells() -> None:
    told, silent = conformal(*pair(1, 120, 0.2)), conformal(pair(2, 120, 1.0)[0], pair(3, 120, 1.0)[1])
    for found in (told, silent):
        assert found["low"] < 0.9 < found["high"]
    assert told["width"] < 0.4 * told["width_unknowing"]
    assert silent["width"] == pytest.approx(silent["width_unknowing"], rel=0.1)


def worlds(noise: float) -> list[World]:
    """Two worlds of one target."""
    made = []
    for seed, models in ((4, 30), (5, 18)):
        score, response = pair(seed, models, noise)
        made.append(World("x", pd.DataFrame({"a": score}), pd.DataFrame({"a": response}), np.zeros((1, 1))))
    return made


def test_venn_abers_knows_more_where_the_score_tells() -> None:
    told, silent = venn_abers(worlds(0.1), "a"), venn_abers(worlds(30.0), "a")
    assert told["brier"] < 0.12 < silent["brier"]
    assert silent["brier"] < 0.35
    for found in (told, silent):
        assert 0 < found["width"] < 1
