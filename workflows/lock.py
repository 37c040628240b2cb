"""Write the lock files from pyproject.toml: ``python workflows/lock.py [--upgrade]``, with uv on the PATH or in ``UV``.

Without ``--upgrade`` a version that stands in a lock stays where it still fits; with it every version is the newest
that fits. The lowest versions are the lowest that pyproject.toml's bounds allow, and their own requirements the newest.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDER = Path("workflows/container")
COMMAND = "python workflows/lock.py"
OLDEST, IMAGE = "3.11", "3.13"
"""The oldest Python that is supported, and that of the container."""

LOWEST = ("--resolution", "lowest-direct", "--only-binary", ":all:", "--extra", "dev", "--upgrade")
"""How the lowest versions are found: as wheels, since a bound that asks for building numpy from source is none that a
user can live at; and always anew, since a version that stood in the lock would be kept where a bound was lowered."""


@dataclass(frozen=True)
class Lock:
    """A lock file: its name, what it is made of, and how.

    Parameters
    ----------
    file
        Name inside ``workflows/container``.
    options
        Options of ``uv pip compile`` beside those that every lock has.
    source
        A TOML file whose dependencies are locked, relative to the repository; ``None`` for what builds the wheel.
    """

    file: str
    options: Sequence[str]
    source: str | None = "pyproject.toml"


# universal: one file serves every Python from the oldest on, with markers where versions part
LOCKS = (
    Lock("requirements.lock", ["--universal", "--python-version", OLDEST, "--generate-hashes"]),
    Lock("requirements-dev.lock", ["--universal", "--python-version", OLDEST, "--generate-hashes", "--extra", "dev"]),
    Lock("requirements-build.lock", ["--universal", "--python-version", OLDEST, "--generate-hashes"], source=None),
    Lock("requirements-lowest.txt", ["--python-version", OLDEST, *LOWEST]),
    Lock("requirements-lowest-3.13.txt", ["--python-version", IMAGE, *LOWEST]),
)


def compile_one(uv: str, lock: Lock, upgrade: bool) -> None:
    """Write one lock file.

    Raises
    ------
    subprocess.CalledProcessError
        Where the bounds contradict each other or a registry cannot be reached; uv has then said why.
    """
    command = [uv, "pip", "compile", "--quiet", "--custom-compile-command", COMMAND, *lock.options]
    command += ["--upgrade"] if upgrade and "--upgrade" not in lock.options else []
    command += ["--output-file", str(FOLDER / lock.file), lock.source or "-"]
    subprocess.run(command, cwd=ROOT, input=None if lock.source else _build_requires(), text=True, check=True)


def _build_requires() -> str:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return "\n".join(settings["build-system"]["requires"])


def main(arguments: Sequence[str]) -> int:
    """Write every lock file; 2 where uv is not found or the arguments are not understood."""
    if set(arguments) - {"--upgrade"}:
        print(__doc__, file=sys.stderr)
        return 2
    uv = os.environ.get("UV") or shutil.which("uv")
    if uv is None:
        print("uv is not on the PATH: python -m pip install uv, or name it with UV=...", file=sys.stderr)
        return 2
    for lock in LOCKS:
        compile_one(uv, lock, "--upgrade" in arguments)
        print(FOLDER / lock.file)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
