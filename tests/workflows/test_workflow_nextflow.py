"""The Nextflow module and pipeline, by the engine where there is one, and by what can be held against them without."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml
from nextflow_blocks import emits, inputs, sections, shell
from typer.main import get_command
from workflow_places import ROOT, WORKFLOWS, tool

from pancreassign import __version__, resources
from pancreassign.cli import app
from pancreassign.counts.genes import GeneTable

PIPELINE = WORKFLOWS / "nextflow"
MODULE = PIPELINE / "modules" / "local" / "pancreassign" / "score"
EXAMPLE = resources.data_dir() / "example"
PROCESS = (MODULE / "main.nf").read_text(encoding="utf-8")
PARTS = sections(PROCESS)
META = yaml.safe_load((MODULE / "meta.yml").read_text(encoding="utf-8"))
NULL = dict.fromkeys(("samples", "clinical", "pack", "reference"), "") | {"task.cpus": "1"}


def bash(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a task's script as Nextflow does: bash that stops at the first fault."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def merged(tmp_path_factory: pytest.TempPathFactory, gene_table: GeneTable) -> Path:
    """Two samples of the example as nf-core/rnaseq merges them: ids, names, and a column a sample."""
    path = tmp_path_factory.mktemp("rnaseq") / "salmon.merged.gene_counts.tsv"
    table = pd.read_csv(EXAMPLE / "counts.tsv.gz", sep="\t").iloc[:, :3]
    table.insert(1, "gene_name", [gene_table.symbol.get(gene) or gene for gene in table["gene_id"]])
    table.to_csv(path, sep="\t", index=False)
    return path


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory, merged: Path) -> Path:
    """The folder of a task whose script was filled in and run by bash."""
    folder = tmp_path_factory.mktemp("task")
    values = NULL | {
        "task.process": "PANCREASSIGN:PANCREASSIGN_SCORE",
        "task.ext.args": "--no-report",
        "meta.id": "week 12",
        "counts": str(merged),
        "samples": str(EXAMPLE / "samples.tsv"),
        "clinical": str(EXAMPLE / "clinical.tsv"),
    }
    done = bash(shell(PARTS["script"], values), folder)
    assert done.returncode == 0, done.stderr
    return folder


def missing(folder: Path, prefix: str, absent: set[str]) -> set[str]:
    """Outputs that a task promises and has not written."""
    promised = {name: pattern for name, (pattern, optional) in emits(PARTS["output"]).items() if not optional}
    assert absent <= emits(PARTS["output"]).keys()
    found = {name: list(folder.glob(pattern.replace("${prefix}", prefix))) for name, pattern in promised.items()}
    return {name for name, paths in found.items() if not paths} - absent


def test_the_process_is_named_after_its_folder_and_keeps_nf_core_s_conventions() -> None:
    tool_name, subtool = MODULE.parts[-2:]
    assert re.findall(r"^process (\w+) \{", PROCESS, re.MULTILINE) == [f"{tool_name}_{subtool}".upper()]
    assert META["name"] == f"{tool_name}_{subtool}"
    for directive in ('tag "${meta.id}"', "label 'process_", 'conda "${moduleDir}/environment.yml"', "container '"):
        assert directive in PARTS["head"]
    assert PARTS["when"].strip() == "task.ext.when == null || task.ext.when"
    assert "versions" in emits(PARTS["output"])


def test_meta_yml_agrees_with_the_process() -> None:
    declared = [[next(iter(part)) for part in one] if isinstance(one, list) else list(one) for one in META["input"]]
    assert declared == inputs(PARTS["input"])
    patterns = {}
    for name, (one,) in META["output"].items():  # a tuple is a list of its parts, of which the file is the last
        patterns[name] = next(iter(one[-1] if isinstance(one, list) else one))
    assert patterns == {name: pattern for name, (pattern, _) in emits(PARTS["output"]).items()}


def test_every_option_of_the_script_is_one_of_the_command() -> None:
    command = get_command(app).commands["score"]  # type: ignore[attr-defined]
    known = {option for parameter in command.params for option in parameter.opts}
    used = set(re.findall(r"(?<![\w-])--[a-z-]+", PARTS["script"])) - {"--version"}
    assert used == {"--samples", "--clinical", "--pack", "--reference", "--jobs", "--out"}
    assert used <= known
    settings = (PIPELINE / "nextflow.config").read_text(encoding="utf-8")
    assert set(re.findall(r'"(--[a-z]+) \$\{params', settings)) <= known


def test_the_pipeline_names_what_exists() -> None:
    pipeline = (PIPELINE / "main.nf").read_text(encoding="utf-8")
    (module,) = re.findall(r"from '(\./[^']+)'", pipeline)
    assert (PIPELINE / f"{module}.nf").resolve() == MODULE / "main.nf"
    outputs = set(re.findall(r"PANCREASSIGN_SCORE\.out\.(\w+)", pipeline))
    assert outputs
    assert outputs <= emits(PARTS["output"]).keys()
    settings = (PIPELINE / "nextflow.config").read_text(encoding="utf-8")
    declared = set(re.findall(r"^    (\w+) +=", settings.split("params {")[1].split("}")[0], re.MULTILINE))
    used = set(re.findall(r"params\.(\w+)", pipeline + settings))
    assert used == declared, "a parameter that is used is declared, and the other way round"
    for path in re.findall(r"\$\{projectDir\}/([^\"]+)", settings):
        assert (PIPELINE / path).resolve().exists(), path


@pytest.mark.parametrize(
    ("file", "pattern"),
    [
        (MODULE / "main.nf", r"container 'docker.io/library/pancreassign:([^']+)'"),
        (MODULE / "environment.yml", r"pancreassign=(\S+)"),
        (PIPELINE / "nextflow.config", r"container = 'docker.io/library/pancreassign:([^']+)'"),
        (PIPELINE / "nextflow.config", r"version +=  *'([\d.]+)'"),
        (WORKFLOWS / "snakemake" / "rules" / "pancreassign.smk", r"pancreassign:([\d.]+)"),
        (WORKFLOWS / "snakemake" / "envs" / "pancreassign.yaml", r"pancreassign=(\S+)"),
        (WORKFLOWS / "container" / "Dockerfile", r'image\.version="([^"]+)"'),
        (WORKFLOWS / "container" / "Dockerfile", r"--tag pancreassign:(\S+)"),
        (ROOT / "docs" / "workflows.md", r"pancreassign:(\d[\d.]*\d)"),
    ],
    ids=lambda value: value.name if isinstance(value, Path) else "",
)
def test_every_file_names_the_version_that_is_here(file: Path, pattern: str) -> None:
    assert set(re.findall(pattern, file.read_text(encoding="utf-8"))) == {__version__}


def test_bash_runs_the_script_on_merged_counts_of_nf_core(ran: Path) -> None:
    assert missing(ran, "week 12", set()) == set()
    assert len(list(ran.glob("week 12/*/prediction.json"))) == 2
    run = json.loads((ran / "week 12" / "run.json").read_bytes())
    assert run["inputs"][0]["format"] == "nfcore"
    versions = yaml.safe_load((ran / "versions.yml").read_text(encoding="utf-8"))
    assert versions == {"PANCREASSIGN:PANCREASSIGN_SCORE": {"pancreassign": __version__}}


def test_the_scores_are_those_of_the_same_counts_as_a_plain_matrix(ran: Path, merged: Path, tmp_path: Path) -> None:
    pd.read_csv(merged, sep="\t").drop(columns="gene_name").to_csv(tmp_path / "plain.tsv", sep="\t", index=False)
    values = NULL | {"task.process": "P", "meta.id": "plain", "task.ext.args": "--no-report", "counts": "plain.tsv"}
    done = bash(shell(PARTS["script"], values), tmp_path)
    assert done.returncode == 0, done.stderr
    names = sorted(path.parent.name for path in ran.glob("week 12/*/prediction.json"))
    for name in names:
        ours, plain = (
            json.loads((folder / name / "prediction.json").read_bytes())["drugs"]
            for folder in (ran / "week 12", tmp_path / "plain")
        )
        assert ours == plain


def test_a_fault_of_the_input_is_the_task_s_fault(tmp_path: Path) -> None:
    (tmp_path / "counts.tsv").write_text("gene_id\tS1\nENSG00000000003\tmany\n", encoding="utf-8")
    values = NULL | {"task.process": "P", "meta.id": "run", "counts": "counts.tsv"}
    done = bash(shell(PARTS["script"], values), tmp_path)
    assert done.returncode == 2
    assert missing(tmp_path, "run", set()) == {"results", "multiqc", "page", "summary", "h5ad", "run", "versions"}


def test_bash_runs_the_stub(tmp_path: Path) -> None:
    done = bash(shell(PARTS["stub"], {"task.process": "P", "meta.id": "week 12"}), tmp_path)
    assert done.returncode == 0, done.stderr
    assert missing(tmp_path, "week 12", set()) == set()
    assert yaml.safe_load((tmp_path / "versions.yml").read_text(encoding="utf-8")) == {
        "P": {"pancreassign": __version__}
    }


@pytest.mark.slow
@pytest.mark.parametrize("options", [[], ["-stub"]], ids=["run", "stub"])
def test_nextflow_runs_the_pipeline(options: list[str], tmp_path: Path) -> None:
    engine = tool("nextflow")
    if engine is None:
        pytest.skip("no nextflow: its engine comes from nextflow.io alone (docs/workflows.md); NEXTFLOW=... names one")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [engine, "-quiet", "run", str(PIPELINE), "-profile", "test", "--outdir", str(tmp_path / "out"), *options],
        cwd=tmp_path, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert missing(tmp_path / "out", "pancreassign", {"versions"}) == set()
