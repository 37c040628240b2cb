"""Where the files of workflows/ and the tools that go with them lie."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

ROOT = Path(__file__).parents[2]
WORKFLOWS = ROOT / "workflows"


def tool(name: str) -> str | None:
    """A program by the variable of its name, on the PATH, or in the environment that `make tools` makes."""
    place = ROOT / ".venv-snakemake" / "bin" / name
    return os.environ.get(name.upper()) or shutil.which(name) or (str(place) if place.exists() else None)
