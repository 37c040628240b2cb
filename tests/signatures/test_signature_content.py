"""The frozen correction for what dilutes a tumour, by hand."""

from __future__ import annotations

import pytest
from signature_factory import DRIFTING

from pancreassign.signatures.content import Drift

DRIFT = Drift.of(DRIFTING)
"""Stroma lowers the score by 0.5 a halving, immune cells raise it by 0.25; the reference's tumours lie at (1, 2)."""


def test_at_the_reference_tumours_own_burden_the_score_stays() -> None:
    score, noise = DRIFT.correct(2.0, (1.0, 2.0))
    assert score == 2.0
    assert noise == pytest.approx(0.1 * 5**0.5), (
        "which stroma it is stays unknown, also where there is as much as usual"
    )


@pytest.mark.parametrize(
    ("burden", "corrected"),
    [
        ((2.0, 2.0), 2.5),  # more stroma lowered it
        ((0.0, 2.0), 1.5),
        ((1.0, 4.0), 1.5),  # more immune cells raised it
        ((1.0, 0.0), 2.5),
        ((2.0, 4.0), 2.0),  # both, and they undo each other
    ],
)
def test_what_other_cells_did_to_a_score_is_undone(burden: tuple[float, float], corrected: float) -> None:
    assert DRIFT.correct(2.0, burden)[0] == pytest.approx(corrected)


def test_an_unknown_burden_leaves_the_score_and_is_noise() -> None:
    assert DRIFT.correct(2.0, None) == (2.0, pytest.approx(0.5))  # 3, 4, 5


def test_noise_grows_away_from_pure_tumour() -> None:
    for one, two in ((1.0, 0.0), (0.0, 1.0)):
        noise = [DRIFT.correct(2.0, (far * one, far * two))[1] for far in (0.0, 1.0, 3.0)]
        assert noise == pytest.approx([0.0, 0.1, 0.3])
    assert DRIFT.correct(2.0, (3.0, 4.0))[1] == pytest.approx(0.5)


def test_a_planted_drift_is_taken_out_whole() -> None:
    pure = DRIFT.correct(3.0, (0.0, 0.0))[0]
    for stroma, immune in ((0.3, 0.0), (0.0, 2.0), (1.7, 0.9)):
        assert DRIFT.correct(3.0 - 0.5 * stroma + 0.25 * immune, (stroma, immune))[0] == pytest.approx(pure)


def test_the_figures_of_a_pack_are_read_by_name() -> None:
    figures = {"drift_stroma": 9.0, "residual": 4, "spread": [3, 6], "centre": [2.0, 5.0], "slope": [1.0, 4.0]}
    assert Drift.of(figures) == Drift(slope=(1.0, 4.0), centre=(2.0, 5.0), spread=(3.0, 6.0), residual=4.0)
