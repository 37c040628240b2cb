"""Preparing miniatures: what the tests of the loaders share."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from pancreassign.counts.genes import GeneTable
from pancreassign.output import staged
from pancreassign.training.recipe import Source
from pancreassign.training.sources.fetch import Fetcher
from pancreassign.training.sources.prepare import prepare


def made(genes: GeneTable, data: Path, raw: Path, *sources: Source, accept: bool = False) -> list[str]:
    """Prepare sources of the files in ``raw``; what was told meanwhile."""
    told: list[str] = []
    prepare(sources, data, Fetcher(data, raw, accept, told.append), genes, staged)
    return told


def table(data: Path, source: Source, name: str) -> pd.DataFrame:
    """A prepared table, its first column the index."""
    return pd.read_csv(data / source.into / name, sep="\t", index_col=0)
