"""The wheel carries `signatures/` and `data/`: installed elsewhere, it scores the example."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel built from this checkout, unpacked into a folder of its own."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run(
        [*pip, "wheel", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(folder), str(ROOT)],
        check=True,
    )
    (wheel,) = folder.glob("*.whl")
    target = folder / "site"
    subprocess.run([*pip, "install", "--no-deps", "--no-index", "--target", str(target), str(wheel)], check=True)
    return target


def run(installed: Path, cwd: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    # -S would hide the dependencies too: the folder simply comes before the checkout on the path
    environment = {**os.environ, "PYTHONPATH": str(installed), "PYTHONSAFEPATH": "1"}
    command = [sys.executable, "-m", "pancreassign", *arguments]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=True)


def test_the_wheel_scores_the_example_elsewhere(installed: Path, tmp_path: Path) -> None:
    example = installed / "pancreassign" / "_resources" / "data" / "example"
    run(
        installed, tmp_path, "score", str(example / "counts.tsv.gz"),
        "--samples", str(example / "samples.tsv"), "-o", "results", "--fhir", "--rcp",
    )  # fmt: skip
    written = {path.relative_to(tmp_path / "results").parts[-1] for path in (tmp_path / "results").rglob("*.*")}
    lesions = Counter(line.split("\t")[1] for line in (example / "samples.tsv").read_text().splitlines()[1:])
    several = [patient for patient, number in lesions.items() if number > 1]
    views = {f"{patient}.{ending}" for patient in several for ending in ("json", "pdf")}
    assert views, "the example shows a patient with several lesions"
    common = {"summary.tsv", "scores.h5ad", "cohort.html", "pancreassign_mqc.json", "run.json"}
    assert written == {"prediction.json", "report.pdf", "fhir.json", "rcp.txt", *common, *views}
    assert len((tmp_path / "results" / "summary.tsv").read_text().splitlines()) == 8


def test_the_wheel_verifies_its_packs(installed: Path, tmp_path: Path) -> None:
    done = run(installed, tmp_path, "signatures", "verify")
    assert [line.split("\t")[:2] for line in done.stdout.splitlines()] == [
        ["pdac-public", "ok"],
        ["pdac-full-length", "ok"],
    ]


def test_the_wheel_carries_its_licence_and_no_training_data(installed: Path) -> None:
    names = [path.name for path in installed.rglob("*")]
    assert "LICENSE" in names
    tables = [name for name in names if not name.endswith((".py", ".pyc"))]
    assert not [name for name in tables if "expression" in name or "response" in name]
