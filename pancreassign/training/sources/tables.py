"""What the loaders share: reading published tables, naming drugs and lines as we do, writing tables."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from pancreassign.counts.genes import GeneTable
from pancreassign.errors import ConfigError
from pancreassign.records import Drug
from pancreassign.training.datasets import read_table
from pancreassign.training.recipe import Source

SN38 = "SN-38"
DRUGS = {
    "5-fluorouracil": Drug.FLUOROURACIL.value,
    "fluorouracil": Drug.FLUOROURACIL.value,
    "oxaliplatin": Drug.OXALIPLATIN.value,
    "irinotecan": Drug.IRINOTECAN.value,
    "gemcitabine": Drug.GEMCITABINE.value,
    "paclitaxel": Drug.PACLITAXEL.value,
    "sn-38": SN38,
}
"""The published names, in small letters, of what is kept: the five drugs, and SN-38, which irinotecan turns into.

Names are compared whole, so that CTRPv2's mixtures such as ``navitoclax:gemcitabine (1:1 mol/mol)`` are left out.
"""
MIN_MAPPED = 0.5
"""Share of the measured lines that the table of lines must know: fewer are another naming (judgement)."""


@dataclass(frozen=True)
class Job:
    """What a loader is given: the source, its raw files by name, and the folder ``out`` to write its tables into.

    ``data`` is the data folder, ``tell`` is told what was left out.
    """

    source: Source
    raw: Mapping[str, Path]
    data: Path
    out: Path
    genes: GeneTable
    tell: Callable[[str], None]

    def only(self) -> Path:
        """The one raw file of a format that has one."""
        if len(self.raw) != 1:
            fault = f"names {len(self.raw)} files; {self.source.format} is one"
            raise ConfigError(f"sources.{self.source.name}.files", fault, "Give every file a source of its own.")
        return next(iter(self.raw.values()))

    def called(self, name: str) -> Path:
        """The raw file of this name, whatever its folder."""
        found = [path for file, path in self.raw.items() if file.rpartition("/")[2] == name]
        if len(found) != 1:
            fault = f"names {len(found)} files {name}; {self.source.format} needs one"
            raise ConfigError(f"sources.{self.source.name}.files", fault, "See docs/recipes.md for the format's files.")
        return found[0]


def role(names: Sequence[str], word: str) -> str | None:
    """The file of a source whose name holds ``word``; ``None`` where there is none."""
    return next((name for name in names if word in name.rpartition("/")[2]), None)


def read_columns(path: Path, columns: Sequence[str], stream: Any = None, sep: str = ",") -> pd.DataFrame:
    """Read some columns of a published text table or workbook.

    Parameters
    ----------
    path
        The file, gzipped or not; a name ending in ``.xlsx`` is read as a workbook's first sheet (needs openpyxl).
    columns
        The columns that are read, all needed.
    stream
        Read instead of ``path``, which then only names the fault.
    sep
        What separates the columns.

    Raises
    ------
    ConfigError
        Where the file cannot be read, or lacks a column.
    """
    try:
        if path.name.endswith(".xlsx"):
            table = pd.read_excel(path)
        else:
            wanted = set(columns)
            table = pd.read_csv(
                stream if stream is not None else path,
                sep=sep,
                usecols=lambda name: name in wanted,
                low_memory=False,
                encoding_errors="replace",
            )
    except ImportError:
        mend = "pip install 'pancreassign[fetch]', or save it as CSV and name that file in the recipe."
        raise ConfigError(str(path), "is a workbook, and openpyxl is not installed", mend) from None
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise ConfigError(str(path), f"cannot be read ({error})", "Bring it again.") from None
    lacking = [column for column in columns if column not in table.columns]
    if lacking:
        raise ConfigError(
            str(path), f"lacks the columns {lacking}", "It is another file or version: see docs/recipes.md."
        )
    return table[list(columns)]


def write(table: pd.DataFrame, path: Path) -> None:
    """Write a table, tab-separated and gzipped where its name ends so; the same table gives the same bytes."""
    packed = {"method": "gzip", "mtime": 0} if path.suffix == ".gz" else None
    path.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(path, sep="\t", float_format="%.6g", lineterminator="\n", compression=packed)


def clean(name: object) -> str:
    """A line's name in capital letters and digits alone; a number without its decimals."""
    return re.sub(r"[^A-Z0-9]", "", str(name).removesuffix(".0").upper())


def write_responses(job: Job, table: pd.DataFrame, names: str, measure: str) -> None:
    """Write ``response.tsv.gz``: ``model, drug, value, measure, high_means, curves``, one row a model and drug.

    Curves of one line and drug are averaged, other drugs than :data:`DRUGS` left out. SN-38 is kept where irinotecan
    was not measured, so that ``same_drug`` never finds both.

    Parameters
    ----------
    table
        A row a curve: ``line, drug, value``, high for resistant lines.
    names
        The column of the table of lines that ``line`` is; the response's models are its ``ModelID``.
    measure
        What ``value`` is, in a word.
    """
    kept = table.assign(
        drug=table["drug"].astype(str).str.strip().str.lower().map(DRUGS), line=table["line"].map(clean)
    )
    kept = kept.assign(value=pd.to_numeric(kept["value"], errors="coerce")).dropna(subset=["drug", "value"])
    if (kept["drug"] == Drug.IRINOTECAN).any():
        kept = kept[kept["drug"] != SN38]
    if kept.empty:
        raise ConfigError(job.source.name, "has no response to any of the five drugs", "Check its files and version.")
    own = _model_ids(job, names)
    known = kept["line"].isin(own.index)
    lines = kept.loc[~known, "line"].nunique(), kept["line"].nunique()
    if 1 - lines[0] / lines[1] < MIN_MAPPED:
        problem = f"{lines[0]} of {lines[1]} lines are not among the column {names} of {job.source.lines}"
        raise ConfigError(job.source.name, problem, "Prepare the table of lines of a fitting release.")
    if lines[0]:
        job.tell(f"{job.source.name}: {lines[0]} of {lines[1]} lines are not in {job.source.lines} and are left out")
    named = kept[known].assign(model=kept.loc[known, "line"].map(own))
    grouped = named.groupby(["model", "drug"])["value"].agg(["mean", "size"]).reset_index()
    tidy = pd.DataFrame(
        {
            "drug": grouped["drug"].to_numpy(),
            "value": grouped["mean"].to_numpy(),
            "measure": measure,
            "high_means": "resistant",
            "curves": grouped["size"].to_numpy(),
        },
        index=pd.Index(grouped["model"], name="model"),
    )
    write(tidy, job.out / "response.tsv.gz")


def _model_ids(job: Job, names: str) -> pd.Series:
    """``ModelID`` by the cleaned name in a column of the table of lines; a name that two lines have is left out."""
    if job.source.lines is None:
        mend = "Name the lines.tsv.gz of a depmap-models source."
        raise ConfigError(f"sources.{job.source.name}.lines", "is missing", mend)
    listed = read_table(job.data / job.source.lines)
    if not {"ModelID", names} <= set(listed.columns):
        raise ConfigError(str(job.data / job.source.lines), f"lacks ModelID or {names}", "Prepare it again.")
    listed = listed.dropna(subset=[names])
    own = pd.Series(listed["ModelID"].to_numpy(), index=listed[names].map(clean).to_numpy())
    return own[~own.index.duplicated(keep=False)]
