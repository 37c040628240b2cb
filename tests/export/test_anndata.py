"""`scores.h5ad`: every slot, and that scanpy opens it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import anndata
import numpy as np
import pandas as pd
import pytest

from pancreassign import cohort, resources
from pancreassign.export.anndata import read_counts
from pancreassign.records import Drug, Prediction

ROOT = Path(__file__).parents[2]
EXAMPLE = resources.data_dir() / "example"


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("anndata") / "out"
    job = cohort.Job(
        counts=[EXAMPLE / "counts.tsv.gz"],
        out=folder,
        pack=resources.DEFAULT_PACK,
        reference=resources.DEFAULT_REFERENCE,
        samples=EXAMPLE / "samples.tsv",
        strand="reverse",
        reports=False,
    )
    cohort.score(job, lambda done, total: None, lambda note: None)
    return folder


def test_its_keys_are_those_of_the_summary(out: Path) -> None:
    data = anndata.read_h5ad(out / "scores.h5ad")
    summary = pd.read_csv(out / "summary.tsv", sep="\t", index_col="sample", keep_default_na=False)
    assert list(data.obs_names) == list(summary.index)
    shared = ["patient", "qc", "top_regimen", "tied_with", *(f"{drug}_call" for drug in Drug)]
    for column in shared:
        assert data.obs[column].astype(str).tolist() == summary[column].tolist(), column
    for slot, field in {"scores": "score", "percentiles": "percentile", "probabilities": "probability"}.items():
        for drug in Drug:
            own = pd.to_numeric(summary[f"{drug}_{field}"]).to_numpy()
            assert np.array_equal(data.obsm[slot][drug].to_numpy(), own), (slot, drug)


def test_it_says_what_it_was_made_with(out: Path) -> None:
    data = anndata.read_h5ad(out / "scores.h5ad")
    record = Prediction.from_json((out / data.obs_names[0] / "prediction.json").read_bytes())
    said = data.uns["pancreassign"]
    assert said["pack"]["sha256"] == record.pack.sha256
    assert said["reference"]["sha256"] == record.reference.sha256
    assert said["catalogue"]["sha256"] == record.catalogue.sha256
    assert dict(said["parameters"]) == {"format": "auto", "units": "auto", "strand": "reverse"}
    assert dict(said["evidence"]) == {drug.drug.value: drug.evidence for drug in record.drugs}
    assert data.obs["input_sha256"].iloc[0] == record.input.sha256
    assert data.obs["tumour_content"].iloc[0] == record.qc.tumour_content.class_


def test_counts_come_back_as_they_went_in(out: Path) -> None:
    held = read_counts(out / "scores.h5ad")
    own = pd.read_csv(EXAMPLE / "counts.tsv.gz", sep="\t", index_col=0)
    for name, (_, counts) in held.items():
        assert counts.to_dict() == own[name].to_dict()


@pytest.mark.slow
def test_scanpy_opens_it_and_works_with_it(out: Path) -> None:
    """scanpy in an environment of its own (`make tools`): 850 MB that nothing of ours needs."""
    place = ROOT / ".venv-scanpy" / "bin" / "python"
    python = os.environ.get("SCANPY_PYTHON") or (str(place) if place.exists() else None)
    if python is None:
        message = "no scanpy: make tools, or SCANPY_PYTHON=..."
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    code = (
        "import sys, scanpy\n"
        "data = scanpy.read_h5ad(sys.argv[1])\n"
        "data.X = data.layers['counts'].copy()\n"
        "scanpy.pp.normalize_total(data, target_sum=1e6)\n"
        "scanpy.pp.log1p(data)\n"
        "scanpy.tl.pca(data, n_comps=3)\n"
        "print(data.obsm['X_pca'].shape, sorted(set(data.obs['qc'])), data.obsm['scores'].shape)\n"
    )
    ran = subprocess.run([python, "-c", code, str(out / "scores.h5ad")], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.strip() == "(7, 3) ['fail', 'pass', 'warn'] (7, 5)"
