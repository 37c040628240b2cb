"""The lock files hold what pyproject.toml asks for, for every Python that is supported."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version
from workflow_places import ROOT, WORKFLOWS

FOLDER = WORKFLOWS / "container"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
RUNTIME = PROJECT["project"]["dependencies"]
DEV = [*RUNTIME, *PROJECT["project"]["optional-dependencies"]["dev"]]
BUILD = PROJECT["build-system"]["requires"]
PYTHONS = ("3.11", "3.12", "3.13")
LOCKS = [
    *(("requirements.lock", RUNTIME, python) for python in PYTHONS),
    *(("requirements-dev.lock", DEV, python) for python in PYTHONS),
    *(("requirements-build.lock", BUILD, python) for python in PYTHONS),
    ("requirements-lowest.txt", DEV, "3.11"),
    ("requirements-lowest-3.13.txt", DEV, "3.13"),
]


def entries(path: Path) -> list[tuple[Requirement, int]]:
    """The requirements of a lock, each with the number of its hashes."""
    joined = re.sub(r"\\\n", " ", re.sub(r"^ *#.*\n", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE))
    return [
        (Requirement(line.split(" --hash")[0]), line.count("--hash=sha256:"))
        for line in filter(str.strip, joined.splitlines())
    ]


def pins(path: Path, python: str) -> dict[str, Version]:
    """The version of every package that a lock names for a Python on Linux; one each."""
    environment = default_environment() | {"python_version": python, "python_full_version": f"{python}.1"}
    environment |= {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"}
    found: dict[str, Version] = {}
    for requirement, _ in entries(path):
        if requirement.marker is None or requirement.marker.evaluate(environment):
            name = canonicalize_name(requirement.name)
            assert name not in found, f"{name} is named twice for Python {python}"
            (pin,) = requirement.specifier
            assert pin.operator == "=="
            found[name] = Version(pin.version)
    return found


@pytest.mark.parametrize(("file", "asked", "python"), LOCKS)
def test_a_lock_holds_what_the_project_asks_for(file: str, asked: Sequence[str], python: str) -> None:
    held = pins(FOLDER / file, python)
    for requirement in map(Requirement, asked):
        version = held.get(canonicalize_name(requirement.name))
        assert version is not None, f"{file} lacks {requirement}: python workflows/lock.py"
        assert version in requirement.specifier, (
            f"{file} holds {version}, asked is {requirement}: python workflows/lock.py"
        )


@pytest.mark.parametrize("file", ["requirements.lock", "requirements-dev.lock", "requirements-build.lock"])
def test_every_entry_of_a_lock_has_hashes(file: str) -> None:
    assert [str(requirement) for requirement, hashes in entries(FOLDER / file) if not hashes] == []


def test_the_lowest_versions_are_those_of_the_bounds() -> None:
    held = pins(FOLDER / "requirements-lowest.txt", "3.11")
    for requirement in map(Requirement, DEV):
        bounds = [one.version for one in requirement.specifier if one.operator == ">="]
        for bound in map(Version, bounds):
            lowest = held[canonicalize_name(requirement.name)]
            assert lowest.release[: len(bound.release)] == bound.release, f"{requirement} is tested at {lowest} only"


def test_the_lock_of_the_image_is_that_of_development_where_both_hold_a_package() -> None:
    for python in PYTHONS:
        runtime, dev = (pins(FOLDER / file, python) for file in ("requirements.lock", "requirements-dev.lock"))
        assert runtime.items() <= dev.items(), "what is tested is what is shipped"


def test_the_script_says_how_it_is_used(tmp_path: Path) -> None:
    script = WORKFLOWS / "lock.py"
    command, nowhere = [sys.executable, str(script)], {"PATH": str(tmp_path)}
    for options, word in ((["--no"], "--upgrade"), ([], "uv is not on the PATH")):
        done = subprocess.run([*command, *options], env=nowhere, capture_output=True, text=True, check=False)
        assert done.returncode == 2
        assert word in done.stderr
    for file in FOLDER.glob("requirements*"):
        assert f"python workflows/{script.name}" in file.read_text(encoding="utf-8").splitlines()[1]
