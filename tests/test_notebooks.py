"""Every notebook runs from an empty folder, without a warning, and writes its figures."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
FIGURES = {
    "ffpe_robustness": {"ffpe_shift.png", "ffpe_verdict.png"},
    "onboarding_a_reference": {"reference_percentiles.png", "reference_shift.png"},
    "plates_to_pack": {
        "plates_card.png",
        "plates_chemogram_gemcitabine.png",
        "plates_chemogram_paclitaxel.png",
        "plates_recovered.png",
    },
    "scoring_a_cohort": {"cohort_calls.png", "cohort_percentiles.png"},
    "validating_on_survival": {"survival_curves.png", "survival_one_arm.png", "survival_ratios.png"},
}
SMALLEST = 5_000
"""Bytes below which a picture of the notebooks' size is blank."""


def test_every_notebook_is_tested() -> None:
    assert {path.stem for path in NOTEBOOKS.glob("*.py")} == set(FIGURES)


@pytest.mark.parametrize("name", sorted(FIGURES))
def test_notebook_runs_and_draws(name: str, tmp_path: Path) -> None:
    if name == "validating_on_survival":
        pytest.importorskip("lifelines")
    ran = subprocess.run(
        [sys.executable, "-W", "error", str(NOTEBOOKS / f"{name}.py")],
        cwd=tmp_path,
        env={**os.environ, "MPLBACKEND": "Agg"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    drawn = {path.name: path.read_bytes() for path in (tmp_path / "figures").iterdir()}
    assert set(drawn) == FIGURES[name]
    for picture, content in drawn.items():
        assert content.startswith(b"\x89PNG"), picture
        assert len(content) > SMALLEST, picture
