"""The engine of the Snakemake workflow."""

from __future__ import annotations

import os

import pytest
from workflow_places import tool


@pytest.fixture(scope="session")
def snakemake() -> str:
    """Snakemake, which has an environment of its own; absent it skips, but never in CI."""
    found = tool("snakemake")
    if found is None:
        message = "no snakemake: make tools, or SNAKEMAKE=..."
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return found
