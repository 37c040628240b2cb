"""From a table as read to samples over primary gene ids."""

from __future__ import annotations

import hashlib
import math

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pancreassign.counts.genes import AMBIGUOUS, IGNORED, MATCHED, RENAMED, Resolution, ensembl_species
from pancreassign.counts.samples import CountTable, Floats, Sample, Units


def harmonise(table: CountTable, resolution: Resolution) -> list[Sample]:
    """Sum each sample's values over the rows of one primary gene.

    Parameters
    ----------
    table
        A file's values, genes x samples.
    resolution
        What its gene ids mean, in the same order.
    """
    matched = np.isin(resolution.status, (MATCHED, RENAMED))
    primary, gene_of_row = np.unique(resolution.primary[matched].astype(str), return_inverse=True)
    values = sum_rows(table.values[matched], gene_of_row, len(primary), exact=table.units == "counts")  # noqa: PD011 -- an array
    index = pd.Index(primary.astype(object), dtype=object, name="gene_id")
    keys = [f"{gene}\t" for gene in index]
    foreign = _foreign_shares(table, matched)
    return [
        Sample(
            id=name,
            counts=pd.Series(values[:, k].copy(), index=index, name=name),
            units=table.units,
            strand=table.strand,
            rounded=bool(table.rounded[k]),
            genes=len(resolution.status) - resolution.count(IGNORED),
            genes_matched=int(matched.sum()),
            genes_renamed=resolution.count(RENAMED),
            genes_ambiguous=resolution.count(AMBIGUOUS),
            genes_summed=int(matched.sum()) - len(primary),
            sha256=canonical_sha256(keys, values[:, k], table.units),
            foreign_share=foreign[k],
        )
        for k, name in enumerate(table.samples)
    ]


def _foreign_shares(table: CountTable, human: NDArray[np.bool_]) -> list[float | None]:
    """By sample, the share of mouse genes: a library of a xenograft that was mapped to both genomes holds some."""
    others = np.flatnonzero(~human)
    mouse = [row for row in others if ensembl_species(str(table.genes[row]).strip()) == "MUS"]
    if not mouse:
        return [None] * len(table.samples)
    shares: list[float | None] = []
    for k in range(len(table.samples)):
        # fsum, since the order of a file's rows must leave no trace
        values = table.values[:, k]  # noqa: PD011 -- an array
        part, whole = math.fsum(values[mouse]), math.fsum(values[human])
        shares.append(part / (part + whole) if part + whole > 0 else 0.0)
    return shares


def sum_rows(values: Floats, group: NDArray[np.intp], groups: int, *, exact: bool) -> Floats:
    """Sum rows by group: ``values`` is rows x samples, ``group`` gives each row's group in 0..groups-1.

    Whole numbers below 2**53 add up alike in any order (``exact``); others are added by ``math.fsum``, so
    that the order of a file's rows leaves no trace in the last bit.
    """
    order = np.argsort(group, kind="stable")
    size = np.bincount(group, minlength=groups)
    start = np.concatenate(([0], np.cumsum(size)[:-1])).astype(np.intp)
    if not groups:
        return np.zeros((0, values.shape[1]))
    if exact:
        return np.asarray(np.add.reduceat(values[order], start, axis=0))
    out = values[order[start]].copy()
    for k in np.flatnonzero(size > 1):
        rows = values[order[start[k] : start[k] + size[k]]]
        out[k] = [math.fsum(column) for column in rows.T]
    return out


def canonical_sha256(keys: list[str], values: Floats, units: Units) -> str:
    """The hash of a sample: ``keys`` are the sorted gene ids, each with a tab; counts are written as integers."""
    numbers = map(str, values.astype(np.int64).tolist()) if units == "counts" else map(repr, values.tolist())
    text = "\n".join(map("".join, zip(keys, numbers, strict=True)))
    return hashlib.sha256(f"{text}\n".encode()).hexdigest()
