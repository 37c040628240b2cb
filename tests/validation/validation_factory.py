"""Made-up scores and responses, as the files that a user would have. No model or patient stands behind them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from typer.testing import CliRunner, Result

from pancreassign.cli import app
from pancreassign.export.table import COLUMNS
from pancreassign.records import Drug
from pancreassign.validation.responses import Responses, responses_of, rows_of
from pancreassign.validation.tables import read_clinical, read_scores

GEM = Drug.GEMCITABINE


def names(n: int) -> list[str]:
    return [f"S{place:03d}" for place in range(n)]


def write_summary(path: Path, scores: Mapping[str, Sequence[float]], **columns: Sequence[object]) -> Path:
    """A ``summary.tsv``: scores by drug, other drugs empty; ``columns`` as in the file (``-`` is written ``_``)."""
    n = len(next(iter(scores.values())))
    table = pd.DataFrame("", index=range(n), columns=list(COLUMNS)).astype(object)
    table["sample"], table["patient"], table["qc"] = names(n), [f"P{place}" for place in range(n)], "pass"
    for drug in Drug:
        table[f"{drug}_call"] = "not_evaluable"
    for name, values in scores.items():
        table[f"{name}_score"] = list(values)
        table[f"{name}_percentile"] = 50.0
        table[f"{name}_probability"] = [round(1 / (1 + np.exp(0.7 - value)), 6) for value in values]
    for name, cells in columns.items():
        table[name] = list(cells)
    table.to_csv(path, sep="\t", index=False)
    return path


def write_table(path: Path, **columns: Sequence[object]) -> Path:
    pd.DataFrame({name: list(cells) for name, cells in columns.items()}).to_csv(path, sep="\t", index=False)
    return path


def correlated(n: int, rho: float, seed: int = 1) -> tuple[list[float], list[float]]:
    """Two columns whose true correlation is ``rho``."""
    rng = np.random.default_rng(seed)
    first, noise = rng.normal(size=(2, n))
    return list(np.round(first, 6)), list(np.round(rho * first + np.sqrt(1 - rho**2) * noise, 6))


def call(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["validate", "response", *[str(argument) for argument in arguments]])


def run(folder: Path, scores: Path, response: Path, *more: object) -> dict[str, Any]:
    result = call("--scores", scores, "--response", response, "-o", folder / "out", "--force", *more)
    assert result.exit_code == 0, result.output
    figures: dict[str, Any] = json.loads((folder / "out" / "validation.json").read_text())
    return figures


def tidy(path: Path, values: list[Any], drug: str = "gemcitabine", **more: list[Any]) -> Path:
    columns: dict[str, list[Any]] = {"model": names(len(values)), "drug": [drug] * len(values), "value": values}
    return write_table(path, **columns, **more)


def numbers(path: Path, values: list[float], means: str, **more: list[Any]) -> Path:
    n = len(values)
    return tidy(path, values, measure=["AUC"] * n, high_means=[means] * n, **more)


def found(scores: Path, response: Path) -> Responses:
    rows = rows_of(read_clinical(response), [GEM], "model", response)[GEM]
    return responses_of(read_scores(scores, GEM), rows, GEM, "model", response)


def made(folder: Path, score: list[float], better: list[float], **columns: list[Any]) -> Responses:
    """Scores and responses of which higher is better."""
    summary = write_summary(folder / "made.tsv", {"gemcitabine": score}, **columns)
    return found(summary, numbers(folder / "made-response.tsv", better, "sensitive"))
