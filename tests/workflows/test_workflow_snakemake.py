"""The Snakemake workflow, run by Snakemake itself."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from workflow_places import WORKFLOWS

from pancreassign import resources

HERE = WORKFLOWS / "snakemake"
EXAMPLE = resources.data_dir() / "example"
GIVEN = {
    "counts": [str(EXAMPLE / "counts.tsv.gz")],
    "samples": str(EXAMPLE / "samples.tsv"),
    "clinical": str(EXAMPLE / "clinical.tsv"),
    "results": "out of week 12",
    "extra": "--no-report",
}

pytestmark = pytest.mark.slow


def run(snakemake: str, folder: Path, config: dict[str, Any], *options: str) -> subprocess.CompletedProcess[str]:
    (folder / "own.json").write_text(json.dumps(config), encoding="utf-8")
    command = [snakemake, "--snakefile", str(HERE / "Snakefile"), "--directory", str(folder), "--cores", "1"]
    command += ["--configfile", str(folder / "own.json"), "--nocolor", *options]
    # the engine's own home (caches, profiles) lies beside the run, and pancreassign is the one that is tested
    places = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "HOME": str(folder)}
    return subprocess.run(command, env={**os.environ, **places}, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def ran(snakemake: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the workflow ran on the example."""
    folder = tmp_path_factory.mktemp("snakemake")
    done = run(snakemake, folder, GIVEN)
    assert done.returncode == 0, done.stderr
    return folder


def test_the_example_is_scored(ran: Path) -> None:
    out = ran / "out of week 12"
    assert len(list(out.glob("*/prediction.json"))) == 7
    assert {"summary.tsv", "scores.h5ad", "pancreassign_mqc.json", "cohort.html", "run.json"} <= {
        path.name for path in out.iterdir()
    }
    assert "7 in all" in (ran / "logs" / "pancreassign" / "score.log").read_text(encoding="utf-8")
    assert not list(out.glob("*/report.pdf")), "extra options reach the command"


def test_nothing_is_done_again_until_an_input_changes(ran: Path, snakemake: str, tmp_path: Path) -> None:
    again = run(snakemake, ran, GIVEN)
    assert again.returncode == 0, again.stderr
    assert "Nothing to be done" in again.stdout + again.stderr
    shutil.copytree(ran, tmp_path / "copy")
    table = tmp_path / "samples.tsv"
    table.write_bytes((EXAMPLE / "samples.tsv").read_bytes())
    planned = run(snakemake, tmp_path / "copy", GIVEN | {"samples": str(table)}, "--dry-run")
    assert "pancreassign_score" in planned.stdout


def test_a_fault_of_the_input_stops_the_workflow_and_stands_in_the_log(snakemake: str, tmp_path: Path) -> None:
    (tmp_path / "counts.tsv").write_text("gene_id\tS1\nENSG00000000003\tmany\n", encoding="utf-8")
    done = run(snakemake, tmp_path, {"counts": ["counts.tsv"], "results": "out"})
    assert done.returncode != 0
    assert "many" in (tmp_path / "logs" / "pancreassign" / "score.log").read_text(encoding="utf-8")
    assert not (tmp_path / "out" / "summary.tsv").exists()


@pytest.mark.parametrize("fault", [{"count": ["x.tsv"]}, {"counts": []}, {"results": None}])
def test_a_configuration_with_a_fault_is_refused(fault: dict[str, Any], snakemake: str, tmp_path: Path) -> None:
    done = run(snakemake, tmp_path, GIVEN | fault, "--dry-run")
    assert done.returncode != 0
    assert next(iter(fault)) in done.stdout + done.stderr


def test_snakemake_finds_no_fault_of_style(snakemake: str, tmp_path: Path) -> None:
    done = run(snakemake, tmp_path, GIVEN, "--lint")
    assert done.returncode == 0, done.stdout + done.stderr
