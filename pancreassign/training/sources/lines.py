"""DepMap: the expression of every cell line, and the table of lines."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from pancreassign.errors import ConfigError
from pancreassign.training.datasets import MAX_LOG
from pancreassign.training.sources.tables import Job, read_columns, write

COLUMNS = ["ModelID", "CCLEName", "StrippedCellLineName", "COSMICID", "OncotreeLineage"]
"""What is kept of DepMap's ``Model.csv``: the names that other sets know a line by, and its tissue."""
GENE = re.compile(r"\S+ \(\d+\)|ENSG\d{11}(\.\d+)?( \(\d+\))?")
"""A gene's column: ``TSPAN6 (7105)``, or an Ensembl id where there is no symbol."""
DEFAULT = "IsDefaultEntryForModel"
"""Releases from 25Q3 on give a row a library; ``Yes`` marks the one that stands for its line."""


def models(job: Job) -> None:
    """``Model.csv`` as ``lines.tsv.gz``: :data:`COLUMNS`, and what ``[ceiling]`` asks of a table of lines.

    Its ``depmap_id`` and ``name`` are both the ``ModelID``, by which the prepared responses name their models.
    """
    path = job.only()
    table = read_columns(path, COLUMNS)
    if table["ModelID"].isna().any() or table["ModelID"].duplicated().any():
        raise ConfigError(str(path), "has a ModelID that is empty or there twice", "Bring the file again.")
    cosmic = table["COSMICID"].astype("string").str.removesuffix(".0")
    named = table.assign(
        COSMICID=cosmic, depmap_id=table["ModelID"], name=table["ModelID"], tissue=table["OncotreeLineage"]
    )
    write(named.set_index("ModelID").sort_index(), job.out / "lines.tsv.gz")


def expression(job: Job) -> None:
    """DepMap's log2(TPM + 1), lines × genes, as ``expression.tsv.gz``: ``gene``, then a column a ``ModelID``.

    Up to 24Q4 a row is a line and has its ``ModelID`` in a first column without a name; later it is a library and the
    ``ModelID`` is one of several columns before the genes: of those, the default library of each line is kept.
    """
    path = job.only()
    try:
        header = list(pd.read_csv(path, nrows=0).columns)
        genes = [name for name in header if GENE.fullmatch(name)]
        lead = "ModelID" if "ModelID" in header else header[0]
        kinds = dict.fromkeys(genes, np.float32)
        kept = [lead, *([DEFAULT] if DEFAULT in header else []), *genes]
        table = pd.read_csv(path, usecols=kept, dtype={lead: str, **kinds})
    except (OSError, ValueError, IndexError, EOFError) as error:
        raise ConfigError(str(path), f"cannot be read ({error})", "Bring it again.") from None
    if not genes:
        raise ConfigError(str(path), "has no column such as 'TSPAN6 (7105)'", "Give OmicsExpression...TPMLogp1....csv.")
    if DEFAULT in header:
        table = table[table[DEFAULT].astype(str).str.lower().isin(["yes", "true", "1"])]
    table = table.set_index(lead)[genes].rename_axis(None)
    twice = table.index[table.index.duplicated()]
    if len(twice) or table.empty:
        what = f"has {twice[0]} twice" if len(twice) else "has no line"
        raise ConfigError(str(path), what, "Give the file with one row a model, or a release that marks the default.")
    values = table.to_numpy()
    if not np.isfinite(values).all() or values.min() < 0 or values.max() >= MAX_LOG:
        raise ConfigError(
            str(path),
            f"holds values that are missing, below 0, or {MAX_LOG} and more",
            "Give log2(TPM + 1), not counts.",
        )
    write(table.T.rename_axis("gene"), job.out / "expression.tsv.gz")
