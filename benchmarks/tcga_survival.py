"""Scores and overall survival in TCGA-PAAD: prognosis alone, since nearly all had gemcitabine or an unknown treatment.

    python benchmarks/tcga_survival.py [DATA] [PAGE]

Scores the 20 tumours that have raw counts, and the 172 that have 5,888 genes as log2 RSEM (2^x - 1 taken as counts; all
fail quality for the partial list of genes and are kept on purpose), leaves out what is not adenocarcinoma, runs the
figures of `validate survival` for every drug, and writes the table ``tcga`` of PAGE (docs/validation-trials.md). About
a minute.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
from threadpoolctl import threadpool_limits

from benchmarks.trials import PAGE, fill
from pancreassign.cli import app
from pancreassign.records import Drug
from pancreassign.validation.page import shown_interval, shown_p
from pancreassign.validation.survival_cohort import Question, assemble
from pancreassign.validation.survival_results import figures
from pancreassign.validation.tables import read_clinical

COMMAND = "python benchmarks/tcga_survival.py ../shared/data"
ADJUST = ("age_at_initial_pathologic_diagnosis", "absolute_purity", "PurIST.prob")
"""Age, tumour content (ABSOLUTE) and subtype."""


def main(data: Path, page: Path) -> None:
    """Score both sets and fill the page's table."""
    folder = data / "tumours" / "tcga_paad"
    with TemporaryDirectory() as name:
        work = Path(name)
        clinical = work / "clinical.tsv"
        _followed(folder / "clinical.tsv").to_csv(clinical, sep="\t", index=False)
        counts = pd.read_csv(folder / "counts_20.tsv.gz", sep="\t", index_col=0)
        log2 = pd.read_csv(folder / "log2_rsem_172_partial.tsv.gz", sep="\t", index_col=0)
        sets = {
            "raw counts": (_scored(counts, work / "counts"), False),
            "5,888 genes": (_scored((2.0**log2 - 1.0).clip(lower=0.0).fillna(0.0).round(3), work / "rsem"), True),
        }
        rows = [_row(label, scores, kept, clinical, drug) for label, (scores, kept) in sets.items() for drug in Drug]
    fill(page, {"tcga": pd.DataFrame(rows)}, COMMAND)


def _followed(table: Path) -> pd.DataFrame:
    """The clinical table without the patients whose follow-up is 0 days: the command refuses them."""
    read = read_clinical(table)
    return read[read["OS.time"].astype(float) > 0]


def _scored(counts: pd.DataFrame, work: Path) -> Path:
    """The folder of the records; patients are the first twelve letters of a sample."""
    work.mkdir()
    counts.to_csv(work / "counts.tsv", sep="\t", index_label="gene_id")
    samples = pd.DataFrame({"sample": counts.columns, "patient": counts.columns.str[:12], "preservation": "frozen"})
    samples.to_csv(work / "samples.tsv", sep="\t", index=False)
    asked = ["score", str(work / "counts.tsv"), "--units", "counts", "--samples", str(work / "samples.tsv")]
    app([*asked, "--out", str(work / "scored"), "--no-report"], standalone_mode=False)
    return work / "scored"


def _row(label: str, scores: Path, kept: bool, clinical: Path, drug: Drug) -> dict[str, object]:
    """The figures of one drug in one set of tumours."""
    question = Question(drug.value, "patient", "OS.time", "OS", only=("rnasum_label=PAAD",), failed=kept, adjust=ADJUST)
    found = figures(assemble(scores, clinical, question), question)
    plain, adjusted = found["cox"]["hr_per_sd"], found["cox"]["adjusted"]["hr_per_sd"]
    return {
        "tumours": label,
        "drug": drug.value,
        "n": found["n"],
        "events": found["events"],
        "hazard ratio per SD": shown_interval(plain) if plain["value"] is not None else plain["reason"],
        "p": shown_p(plain["p"]),
        "adjusted": shown_interval(adjusted) if adjusted["value"] is not None else adjusted["reason"],
        "Harrell's C": shown_interval(found["c_index"]),
        "proportional hazards, p": shown_p(found["ph"]["p"]),
    }


if __name__ == "__main__":
    given = [Path(argument) for argument in sys.argv[1:]]
    with threadpool_limits(1):
        main(*(given + [Path("../shared/data"), PAGE][len(given) :]))
