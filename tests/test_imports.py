"""Who may import whom, no circles, and nothing heavy on the path of `score`."""

from __future__ import annotations

import ast
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "pancreassign"
STEPS = {"counts", "normalize", "quality", "signatures", "regimens"}
BASE = {"__init__", "errors", "records", "resources", "artefacts", "percentiles"}
ALLOWED = {
    "__init__": set(),
    "errors": set(),
    "records": {"errors"},
    "resources": {"errors"},
    "artefacts": {"errors"},
    "caveats": {"errors", "records"},
    "output": {"errors"},
    "patients": {"errors", "records"},
    "recipes": {"errors"},
    "percentiles": {"records"},
    "simulate": {"errors", "counts", "recipes"},
    **dict.fromkeys(STEPS, BASE),
    "chemogram": {"errors", "records", "resources", "artefacts"},
    "report": {"errors", "records"},
    "export": {"errors", "records"},
    "explain": {"errors", "records", "report", "signatures"},
    "training": BASE | STEPS | {"chemogram", "recipes"},
    "validation": {"errors", "records", "report", "output", "training", "percentiles"},
    "kit": BASE | STEPS | {"caveats"},
    "appraise": BASE | STEPS | {"kit"},
    "ranking": BASE | STEPS | {"caveats", "kit"},
    "predict": BASE | STEPS | {"appraise", "caveats", "kit", "ranking"},
    "faces": {"errors", "records", "report", "export"},
    "produce": BASE | STEPS | {"faces", "kit", "predict"},
    "pseudonyms": {"errors", "records", "counts"},
    "summaries": BASE | {"faces", "kit", "patients", "export", "page"},
    "cohort": BASE | STEPS | {"faces", "kit", "output", "lesions", "produce", "pseudonyms", "summaries"},
    "batch": BASE | STEPS | {"cohort", "export", "faces", "kit", "output", "lesions", "produce", "summaries"},
    "doctor": BASE | {"kit", "normalize", "signatures", "pseudonyms", "report"},
    "page": {"errors", "records", "patients", "report", "export"},
    "lesions": {"errors", "records", "patients", "counts"},
    "rendering": {"errors", "records", "output", "faces", "counts", "lesions", "summaries"},
    "cli": None,
    "__main__": {"cli"},
}
"""Rooms by what they may import of ours; `None` is everything. A new room must be entered here on purpose."""


def room(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def imports_of(path: Path) -> set[str]:
    """Our own modules that a file imports, at any depth of its code."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if is_module(name) else node.module for name in names}
    return {name for name in found if name.split(".")[0] == "pancreassign"}


def is_module(name: str) -> bool:
    path = PACKAGE.parent / Path(*name.split("."))
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


MODULES = {
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
}


@pytest.mark.parametrize("module", MODULES)
def test_a_room_imports_only_what_it_may(module: str) -> None:
    own = room(module)
    assert own in ALLOWED, f"{own} is a new room: say in ALLOWED what it may import"
    allowed = ALLOWED[own]
    if allowed is None:
        return
    others = {room(name) for name in imports_of(MODULES[module])} - {own, "__init__"}
    assert others <= allowed, f"{module} may not import {sorted(others - allowed)}"


def test_no_import_circles() -> None:
    graph = {module: imports_of(path) - {module} for module, path in MODULES.items()}
    assert list(TopologicalSorter(graph).static_order())  # raises CycleError where there is one


@pytest.mark.parametrize("module", MODULES)
def test_no_module_has_grown_past_what_one_can_hold_in_the_head(module: str) -> None:
    assert len(MODULES[module].read_text(encoding="utf-8").splitlines()) <= 400


def test_the_spine_is_short() -> None:
    assert len((PACKAGE / "predict.py").read_text(encoding="utf-8").splitlines()) < 80


@pytest.mark.parametrize(
    ("arguments", "unwanted"),
    [
        (["--help"], {"numpy", "pandas", "anndata", "pydantic", "matplotlib", "typst", "sklearn", "scipy"}),
        (["score", "--help"], {"numpy", "pandas", "anndata", "matplotlib", "typst", "sklearn"}),
    ],
)
def test_help_answers_without_heavy_imports(arguments: list[str], unwanted: set[str]) -> None:
    assert not loaded_after(arguments) & unwanted


def test_scoring_without_a_report_imports_no_heavy_library(tmp_path: Path) -> None:
    counts = PACKAGE.parent / "data/example/counts.tsv.gz"
    modules = loaded_after(["score", str(counts), "-o", str(tmp_path / "out"), "--no-report"])
    assert "anndata" in modules
    assert not modules & {"scanpy", "pydeseq2", "decoupler", "sklearn", "xgboost", "matplotlib", "typst"}


def loaded_after(arguments: list[str]) -> set[str]:
    """The top-level modules that a fresh interpreter has loaded after one command."""
    code = (
        "import sys\n"
        "from pancreassign.cli import app\n"
        f"try: app({arguments!r})\n"
        "except SystemExit as stop: assert not stop.code, stop.code\n"
        "print('LOADED', *sorted({name.split('.')[0] for name in sys.modules}))\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(run.stdout.rpartition("LOADED ")[2].split())
