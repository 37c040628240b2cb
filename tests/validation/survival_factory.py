"""Tables of simulated trials, as `score` and a clinic would write them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from pancreassign.export.table import COLUMNS
from pancreassign.validation.survival_cohort import DAYS_IN_MONTH, Question
from pancreassign.validation.trials import Design, draw

ASKED = Question("gemcitabine", "patient", "OS.time", "OS")
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
