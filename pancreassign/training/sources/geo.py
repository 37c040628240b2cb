"""GEO: a series matrix, its probes turned to genes by the platform's table."""

from __future__ import annotations

import gzip
import io
import re
from pathlib import Path

import numpy as np
import pandas as pd

from pancreassign.errors import ConfigError
from pancreassign.training.sources.tables import Job, role, write

SERIES = "series_matrix"
BEGIN, END = "!series_matrix_table_begin", "!series_matrix_table_end"
PLATFORM_BEGIN, PLATFORM_END = "!platform_table_begin", "!platform_table_end"
SYMBOLS = ("genesymbol", "symbol")
"""Columns of a platform's table that hold symbols, by their letters alone; the first that is there is read."""
SEVERAL = "///"
"""What stands between the symbols of a probe that means several genes."""


def series(job: Job) -> None:
    """``expression.tsv.gz`` (genes × samples, values as published), and ``samples.tsv`` with what is said of each.

    A second file is the platform's table: ``GPL*.annot.gz``, its full table as text, or one's own with the columns
    ``ID`` and ``symbol``. A probe that names several genes or none is left out, several probes of a gene are averaged.
    Without it the rows keep their ids.
    """
    name = role(list(job.raw), SERIES)
    if name is None:
        fault = f"names no file with {SERIES!r} in its name"
        raise ConfigError(f"sources.{job.source.name}.files", fault, "Name the series matrix, then the platform.")
    values, samples = _matrix(job.raw[name])
    for platform in (path for other, path in job.raw.items() if other != name):
        values = _by_gene(values, platform, job)
    if job.source.sample_names not in samples:
        raise ConfigError(str(job.raw[name]), f"has no row !Sample_{job.source.sample_names}", "Bring the file again.")
    names = samples[job.source.sample_names]
    if names.duplicated().any():
        twice = names[names.duplicated()].iloc[0]
        raise ConfigError(str(job.raw[name]), f"names two samples {twice!r}", "Set sample_names = 'geo_accession'.")
    write(values.set_axis(names.to_numpy(), axis=1).rename_axis("gene"), job.out / "expression.tsv.gz")
    write(samples.set_index(job.source.sample_names), job.out / "samples.tsv")


def _lines(path: Path) -> list[str]:
    """The lines of a text file, gzipped or not."""
    try:
        if path.suffix == ".gz":
            with gzip.open(path, "rt", encoding="utf-8", errors="replace") as stream:
                return stream.read().splitlines()
        return path.read_text(encoding="utf-8", errors="replace").splitlines()
    except (OSError, EOFError) as error:
        raise ConfigError(str(path), f"cannot be read ({error})", "Bring it again.") from None


def _between(path: Path, lines: list[str], begin: str, end: str) -> list[str]:
    try:
        first = lines.index(begin) + 1
        return lines[first : lines.index(end, first)]
    except ValueError:
        raise ConfigError(
            str(path), f"has no table from {begin} to {end}", "It is cut short or another file."
        ) from None


def _matrix(path: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Values (rows × samples by accession), and what is said of each sample, in the same order."""
    lines = _lines(path)
    body = _between(path, lines, BEGIN, END)
    table = pd.read_csv(io.StringIO("\n".join(body)), sep="\t", index_col=0, dtype={0: str})
    if table.empty:
        mend = "Name those as a folder source; GEO keeps RNA-seq counts so."
        raise ConfigError(str(path), "holds no values: the series has them in supplementary files", mend)
    table.index = table.index.astype(str)
    numbers = table.apply(pd.to_numeric, errors="coerce").dropna(how="all")
    if np.isnan(numbers.to_numpy()).any():
        numbers = numbers.dropna()  # a probe that one array lacks could not be averaged fairly
    said: dict[str, list[str]] = {}
    for line in lines:
        if line.startswith("!Sample_"):
            key, *cells = (cell.strip('"') for cell in line.removeprefix("!Sample_").split("\t"))
            said |= _named(key, cells)
    kept = {key: cells for key, cells in said.items() if len(cells) == numbers.shape[1]}
    samples = pd.DataFrame(kept)
    if list(samples.get("geo_accession", [])) != [str(name) for name in numbers.columns]:
        raise ConfigError(str(path), "names other samples above its table than in it", "Bring the file again.")
    return numbers, samples


def _named(key: str, cells: list[str]) -> dict[str, list[str]]:
    """A row of the header under its own name; a row of characteristics under what its cells call themselves."""
    if key in ("geo_accession", "title", "description"):
        return {key: cells}
    names = {cell.partition(": ")[0] for cell in cells if ": " in cell}
    if key.startswith("characteristics") and len(names) == 1:
        return {names.pop(): [cell.partition(": ")[2] for cell in cells]}
    return {}


def _by_gene(values: pd.DataFrame, path: Path, job: Job) -> pd.DataFrame:
    """Probes as genes: the mean of a gene's probes."""
    lines = _lines(path)
    if PLATFORM_BEGIN in lines:
        lines = _between(path, lines, PLATFORM_BEGIN, PLATFORM_END)
    body = [line for line in lines if line and line[0] not in "#!^"]
    table = pd.read_csv(io.StringIO("\n".join(body)), sep="\t", dtype=str, quoting=3) if body else pd.DataFrame()
    letters = {re.sub(r"[^a-z]", "", str(name).lower()): name for name in table.columns}
    column = next((letters[name] for name in SYMBOLS if name in letters), None)
    if column is None or "id" not in letters:
        mend = "Give a table of your own with the columns ID and symbol."
        raise ConfigError(str(path), "has no column ID, or none of gene symbols", mend)
    symbols = table.drop_duplicates(letters["id"]).set_index(letters["id"])[column].dropna().str.strip()
    symbols = symbols[(symbols != "") & ~symbols.str.contains(SEVERAL, regex=False)]
    own = symbols.reindex(values.index).dropna()
    if own.empty:
        fault = f"names none of the {len(values)} probes"
        raise ConfigError(str(path), fault, "Give the platform that the series was measured on.")
    job.tell(f"{job.source.name}: {len(own)} of {len(values)} probes name one gene each, the others are left out")
    return values.loc[own.index].groupby(own.to_numpy()).mean()
