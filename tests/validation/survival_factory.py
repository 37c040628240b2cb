"""Tables of simulated trials, as `score` and a clinic would write them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from typer.testing import CliRunner, Result

from pancreassign.cli import app
from pancreassign.export.table import COLUMNS
from pancreassign.validation.survival_cohort import DAYS_IN_MONTH, Question
from pancreassign.validation.trials import Design, draw

ASKED = Question("gemcitabine", "patient", "OS.time", "OS")
ARMS = ("--arm", "arm", "--treated-arm", "gemcitabine")
PLANTED = Design(300, interaction=0.5, correlation=0.8)
PROGNOSTIC = Design(300, prognosis=0.5, correlation=0.8)
SMALL = Design(60, correlation=0.8)
TWO_ARMS = Question("gemcitabine", "patient", "OS.time", "OS", arm="arm", treated="gemcitabine")


def scores_of(score: np.ndarray, calls: bool = True) -> pd.DataFrame:
    """A summary by sample id (S000, ...), of patients P000, ...; gemcitabine alone is scored."""
    ids = pd.Index([f"S{place:03d}" for place in range(len(score))], name="sample")
    table = pd.DataFrame("", index=ids, columns=list(COLUMNS[1:])).astype(object)
    table["patient"] = [f"P{place:03d}" for place in range(len(score))]
    table["qc"] = "pass"
    table["gemcitabine_score"] = score
    made = np.select([score > 0.5, score < -0.5], ["sensitive", "resistant"], "intermediate")
    table["gemcitabine_call"] = made if calls else "not_evaluable"
    return table


def trial(design: Design, seed: int, calls: bool = True) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Summary and clinical table of one drawn trial."""
    one = draw(design, 1, seed)
    scores = scores_of(one.score[0], calls)
    clinical = pd.DataFrame(
        {
            "patient": scores["patient"].to_numpy(),
            "OS.time": np.ceil(one.time[0] * DAYS_IN_MONTH).astype(int).astype(str),
            "OS": one.event[0].astype(int).astype(str),
            "arm": np.where(one.treated[0] == 1, "gemcitabine", "mFOLFIRINOX"),
        }
    )
    return scores, clinical


def written(folder: Path, scores: pd.DataFrame, clinical: pd.DataFrame) -> tuple[Path, Path]:
    """Both tables as files."""
    paths = folder / "summary.tsv", folder / "clinical.tsv"
    scores.to_csv(paths[0], sep="\t")
    clinical.to_csv(paths[1], sep="\t", index=False)
    return paths


def run(paths: tuple[Path, Path], out: Path, *more: str, time: str = "OS.time") -> Result:
    summary, clinical = map(str, paths)
    asked = ["--id", "patient", "--time", time, "--event", "OS", "--drug", "gemcitabine", "-o", str(out), *more]
    return CliRunner().invoke(app, ["validate", "survival", "--scores", summary, "--clinical", clinical, *asked])


def figures_of(folder: Path, design: Design, seed: int, *more: str, calls: bool = True) -> dict[str, Any]:
    done = run(written(folder, *trial(design, seed, calls)), folder / "out", *more)
    assert done.exit_code == 0, done.output
    return json.loads((folder / "out" / "validation.json").read_text())


def words_of(out: Path) -> str:
    import pypdfium2

    document = pypdfium2.PdfDocument(out / "report.pdf")
    pages = [document[place].get_textpage().get_text_range() for place in range(len(document))]
    return " ".join(" ".join(pages).replace("\ufffe", "-").split())


def refused(folder: Path, scores: pd.DataFrame, clinical: pd.DataFrame, *more: str, time: str = "OS.time") -> str:
    """The message of a run that must fail, and leave nothing."""
    done = run(written(folder, scores, clinical), folder / "out", *more, time=time)
    assert done.exit_code == 2, done.output
    assert "Traceback" not in done.output
    assert not (folder / "out").exists()
    return done.stderr
