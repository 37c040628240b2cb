"""From count files of any pipeline to harmonised samples: the one entry to this package."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pancreassign.counts.files import Source, decode, read_source
from pancreassign.counts.genes import GeneTable, Resolution
from pancreassign.counts.h5ad import read_h5ad
from pancreassign.counts.harmonise import harmonise
from pancreassign.counts.names import check_names
from pancreassign.counts.quantifiers import read_table
from pancreassign.counts.samples import CountTable, InputFile, Options, RawTable, Sample, Strings
from pancreassign.counts.sniff import SPOKEN, choose, kind_of
from pancreassign.counts.species import gene_fault, repeat_fault
from pancreassign.counts.tables import read_grid
from pancreassign.counts.units import check_values
from pancreassign.errors import InputError, PancreassignError, raise_all


@dataclass
class _Resolver:
    """Resolves gene ids, remembering the last list: files of one pipeline share theirs."""

    genes: GeneTable
    last_ids: Strings | None = None
    last: Resolution | None = None

    def __call__(self, ids: Strings) -> Resolution:
        if self.last is None or self.last_ids is None or not np.array_equal(ids, self.last_ids):
            self.last_ids, self.last = ids, self.genes.resolve(ids)
        return self.last


def read_samples(
    paths: Sequence[Path],
    genes: GeneTable,
    *,
    format: str = "auto",
    units: str = "auto",
    strand: str = "auto",
) -> tuple[list[Sample], list[InputFile]]:
    """Read every sample of every file, in their order.

    Nothing of one sample depends on another, nor on the file format (the strand apart).

    Parameters
    ----------
    paths
        Count files: text tables of any known program, gzipped or not, or h5ad.
    genes
        The gene table.
    format, units, strand
        As on the command line; ``auto`` lets the files tell.

    Returns
    -------
    tuple
        The samples, and what was read for ``run.json``.

    Raises
    ------
    PancreassignError
        One error over all files, naming every fault.
    """
    options = Options.of(format, units, strand)
    if not paths:
        raise InputError("COUNTS", "no file was given", "Give one or more count files.")
    samples: list[Sample] = []
    files: list[InputFile] = []
    faults: list[PancreassignError] = []
    named: list[tuple[str, str]] = []
    resolve = _Resolver(genes)
    for path in map(Path, paths):
        try:
            source = read_source(path)
            raw = read_raw(source, genes, options)
        except PancreassignError as fault:
            faults.append(fault)
            continue
        named += [(name, raw.where) for name in raw.samples]
        table, wrong = check_values(raw, options)
        ids = raw.genes if table is None else table.genes
        resolution = resolve(ids)
        alien = gene_fault(raw.where, list(ids), resolution)
        if table is not None and alien is None:
            alien = repeat_fault(table)
        faults += [*wrong, *([alien] if alien else [])]
        if table is not None and alien is None:
            samples += harmonise(table, resolution)
            files.append(_described(source, table))
    raise_all([*faults, *check_names(named)])
    return samples, files


def read_raw(source: Source, genes: GeneTable, options: Options) -> RawTable:
    """Read one file's numbers, whatever they are.

    Raises
    ------
    InputError
        Where the file is damaged, of an unknown kind, or not what ``options.format`` says.
    """
    if source.is_hdf5:
        if options.format not in (None, "h5ad"):
            raise InputError(
                source.where, f"is not what --format {options.format} reads: it is HDF5", "Give --format h5ad."
            )
        return read_h5ad(source, genes, options)
    grid = read_grid(source.where, decode(source))
    kind = kind_of(grid, genes, source.path.name)
    if options.format == "h5ad":
        raise InputError(source.where, f"is not an h5ad file: it looks like {SPOKEN[kind]}", "Leave --format out.")
    format, kind = choose(options.format, kind, grid)
    return read_table(grid, kind, format, source.path, genes, options)


def _described(source: Source, table: CountTable) -> InputFile:
    return InputFile(table.path, table.format, source.sha256, len(table.samples), table.notes)
