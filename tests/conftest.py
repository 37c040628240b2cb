"""Fixtures that every test may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pancreassign import resources
from pancreassign.counts.genes import GeneTable

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def realdata() -> Path:
    """The folder of real data; a test that asks for it skips where the folder is not, but never in CI."""
    folder = Path(os.environ.get("PANCREASSIGN_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        message = f"no real data at {folder}: set PANCREASSIGN_DATA"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return folder


@pytest.fixture(scope="session")
def gene_table() -> GeneTable:
    """The shipped gene table."""
    return GeneTable.load(resources.data_dir() / "genes")
