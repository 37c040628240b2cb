"""A Dockerfile read, and its building stage carried out in a folder: as much of an image as needs no engine."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Stage:
    """The instructions of one stage in order, each with its argument."""

    base: str
    steps: list[tuple[str, str]] = field(default_factory=list)

    def of(self, instruction: str) -> list[str]:
        """Arguments of every instruction of one kind."""
        return [argument for name, argument in self.steps if name == instruction]

    @property
    def environment(self) -> dict[str, str]:
        """What ENV sets."""
        return dict(pair.split("=", 1) for argument in self.of("ENV") for pair in argument.split())


def parse(text: str) -> tuple[dict[str, str], list[Stage]]:
    """Arguments before the first stage, and the stages."""
    joined = re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE))
    arguments: dict[str, str] = {}
    stages: list[Stage] = []
    for line in filter(str.strip, joined.splitlines()):
        name, argument = line.split(maxsplit=1)
        if name == "FROM":
            stages.append(Stage(argument))
        elif not stages:
            key, value = argument.split("=", 1)
            arguments[key] = value
        else:
            stages[-1].steps.append((name, argument.strip()))
    return arguments, stages


def context(root: Path, ignored: str, target: Path) -> None:
    """Copy what a .dockerignore that begins with `*` lets through, and no more."""
    lines = [line for line in ignored.splitlines() if line and not line.startswith("#")]
    assert lines[0] == "*"
    allowed = [line[1:] for line in lines if line.startswith("!")]
    assert {line for line in lines[1:] if not line.startswith("!")} == {"**/__pycache__"}
    for pattern in allowed:
        for path in root.glob(pattern):
            own = target / path.relative_to(root)
            own.parent.mkdir(parents=True, exist_ok=True)
            if path.is_dir():
                shutil.copytree(path, own, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(path, own)


def build(stage: Stage, source: Path, target: Path) -> None:
    """Carry out a stage as its file says, with ``target`` for the root of the file system.

    Raises
    ------
    RuntimeError
        Where a command fails, with what it said.
    """
    python = target / "shim" / "python"  # the base image's `python`
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec "{Path(sys.executable).resolve()}" "$@"\n', encoding="utf-8")
    python.chmod(0o755)
    environment = {**os.environ, **stage.environment, "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}"}
    environment.pop("PYTHONPATH", None)
    folder = target
    for name, argument in stage.steps:
        if name == "WORKDIR":
            folder = target / argument.lstrip("/")
            folder.mkdir(parents=True)
        elif name == "COPY":
            *files, to = argument.split()
            if files == ["."]:
                shutil.copytree(source, folder / to)
            else:
                for file in files:
                    shutil.copy(source / file, folder / to)
        elif name == "RUN":
            command = ["bash", "-euc", argument.replace("/opt/", f"{target}/opt/")]
            done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
            if done.returncode:
                raise RuntimeError(done.stdout + done.stderr)
        else:
            assert name == "ENV", f"a step that this test does not understand: {name}"
