"""Plates with a known curve, written as files or made in memory."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pancreassign.chemogram.plates import Plate, make_plate

CONTROL = 1_000_000.0
LADDER = {"date": "20200101", "sampleID": "M1", "drug": "GEM", "phase": "p5", "unit": "uM"}
TOP_DOSE, FOLD, DOSES = 10.0, 5.0, 8


def hill(dose: np.ndarray, top: float = 1.0, e_inf: float = 0.0, slope: float = 1.0, middle: float = 0.1) -> np.ndarray:
    """Viability, written with powers as in a textbook."""
    return e_inf + (top - e_inf) / (1 + (dose / middle) ** slope)


def doses(number: int = DOSES, top: float = TOP_DOSE, fold: float = FOLD) -> np.ndarray:
    """Lowest first."""
    return top / fold ** np.arange(number - 1, -1, -1)


def plate(viability: np.ndarray, dose: np.ndarray | None = None, **about: str) -> Plate:
    """A plate of ``viability`` (doses,) in three equal replicates, or (doses, replicates)."""
    dose = doses(len(viability)) if dose is None else dose
    signal = viability if viability.ndim == 2 else np.repeat(viability[:, None], 3, axis=1)
    texts = {"name": "one", "model": "M1", "drug": "gemcitabine", "passage": "p5", "date": "", "unit": "uM"} | about
    return make_plate(texts, CONTROL, dose, signal * CONTROL)


def rows_of(viability: np.ndarray) -> list[str]:
    """Rows of a file, highest dose first, from (doses,) or (doses, replicates) with the lowest first."""
    wells = viability if viability.ndim == 2 else np.repeat(viability[:, None], 3, axis=1)
    return ["\t".join(f"{signal:.6f}" for signal in row * CONTROL) for row in wells[::-1]]


def write(path: Path, rows: Sequence[str], without: Sequence[str] = (), **header: str) -> Path:
    """A plate file; ``header`` replaces lines, ``without`` leaves some out."""
    lines = LADDER | {"untreated_control": str(CONTROL), "start_dose": str(TOP_DOSE), "fold": str(FOLD)} | header
    text = [f"#{key}:{value}" for key, value in lines.items() if key not in without]
    path.write_text("\n".join([*text, *rows]) + "\n", encoding="utf-8")
    return path
