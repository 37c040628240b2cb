"""``validate response`` on the public data that have counts or FPKM and a response.

    python benchmarks/response_cohorts.py DATA OUT

1. ``tcga-counts``: TCGA-PAAD patients with raw counts, best response to gemcitabine as Ding et al. (2016) took it from
   TCGA's records. Most were resected: "complete response" there is mostly no relapse yet, not a tumour that shrank.
2. ``tcga-partial``: the same for the patients of whom parts of the RSEM table are at hand. Each sample is given as a
   file of its own with the genes measured in it, so that a gene that is not there stays unknown; RSEM's normalised
   counts are taken as expected counts. Their quality fails (too few genes), so none has a call.
3. ``shi-trained-on``: the 39 organoids that the signatures were **trained on**, from their FPKM. No evidence of skill:
   it shows that file, direction and command are right, and what a figure looks like that must not be believed.

Neuroendocrine and acinar tumours are excluded. Not covered: xenografts with response (PDXE) are no pancreatic tumours,
PaCaOmics' xenografts come without one. Prints a line a drug; every figure is in ``OUT/<set>/validation.json``.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from pancreassign import cohort, resources
from pancreassign.validation.response import validate

BEST = "gemcitabine_best_response_Ding2016"
OTHER_ENTITIES = ("PAAD-NET", "PAAD-ACC")
BARCODE = 12
"""Leading signs of a TCGA barcode that name the patient."""


def main(data: Path, out: Path) -> None:
    """Prepare, score and validate each set."""
    tcga = data / "tumours" / "tcga_paad"
    clinical = pd.read_csv(tcga / "clinical.tsv", sep="\t", dtype=str).set_index("patient")
    response = out / "tcga-response.tsv"
    out.mkdir(parents=True, exist_ok=True)
    gemcitabine_response(clinical).to_csv(response, sep="\t", index=False)
    counts = tcga / "counts_20.tsv.gz"
    names = list(pd.read_csv(counts, sep="\t", nrows=0).columns[1:])
    report("tcga-counts", score([counts], out / "scores-counts", patients(names, out / "counts.tsv")), response, out)
    files = one_file_a_sample(tcga / "log2_rsem_172_partial.tsv.gz", out / "partial")
    known = patients([path.stem for path in files], out / "partial.tsv")
    report("tcga-partial", score(files, out / "scores-partial", known), response, out)
    shi = data / "models" / "shi2022"
    scored = score([shi / "expression_fpkm.tsv.gz"], out / "scores-shi", None, units="fpkm")
    report("shi-trained-on", scored, shi / "response.tsv", out)


def gemcitabine_response(clinical: pd.DataFrame) -> pd.DataFrame:
    """The response table: patient, drug, value (RECIST's categories in words), measure."""
    kept = clinical.loc[clinical[BEST].notna() & ~clinical["rnasum_label"].isin(OTHER_ENTITIES), BEST]
    table = kept.rename("value").rename_axis("model").reset_index()
    return table.assign(drug="gemcitabine", measure="best response (TCGA, Ding et al. 2016)")


def patients(samples: list[str], path: Path) -> Path:
    """Write the table of samples that names the patient of each."""
    table = pd.DataFrame({"sample": samples, "patient": [name[:BARCODE] for name in samples]})
    table.to_csv(path, sep="\t", index=False)
    return path


def one_file_a_sample(path: Path, folder: Path) -> list[Path]:
    """Undo ``log2(x + 1)`` and write a file for each sample with the genes that were measured in it."""
    table = pd.read_csv(path, sep="\t", index_col=0)
    folder.mkdir(exist_ok=True)
    files = []
    for name, column in table.items():
        files.append(folder / f"{name}.tsv")
        counts = np.round(2.0 ** column.dropna() - 1.0).astype(int)
        counts.rename_axis("gene").rename(name).to_csv(files[-1], sep="\t")
    return files


def score(counts: list[Path], out: Path, samples: Path | None, units: str = "auto") -> Path:
    """Score into ``out``; the summary's path."""
    job = cohort.Job(
        counts=counts,
        out=out,
        pack=resources.DEFAULT_PACK,
        reference=resources.DEFAULT_REFERENCE,
        samples=samples,
        units=units,
        reports=False,
        force=True,
    )
    cohort.score(job, lambda done, total: None, lambda text: None)
    return out


def report(name: str, scores: Path, response: Path, out: Path) -> None:
    """Validate one set and print what was found; a refusal is a finding too."""
    from pancreassign.errors import PancreassignError

    try:
        lines = validate(scores, response, out / name, [], "model", [], force=True)
    except PancreassignError as error:
        lines = [f"refused: {error}"]
    for line in lines:
        print(f"{name}\t{line}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
