"""AnnData files (h5ad): samples in obs, genes in var."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np

from pancreassign.counts.files import Source
from pancreassign.counts.genes import GeneTable, ensembl_species
from pancreassign.counts.names import name_from_bam
from pancreassign.counts.samples import Floats, Options, RawTable, Strings
from pancreassign.counts.species import TRANSCRIPT_MEND, looks_like_gene
from pancreassign.errors import InputError

ID_COLUMNS = ("gene_id", "gene_ids", "ensembl_id", "ensembl_ids", "ensembl_gene_id", "ensembl", "feature_id")
"""Columns of var that may hold Ensembl ids where var_names are something else."""


def read_h5ad(source: Source, genes: GeneTable, options: Options) -> RawTable:
    """Read a layer named after the units if there is one (``layers["counts"]``), else ``X``.

    Raises
    ------
    InputError
        Where the file is no AnnData, holds no matrix, or has its genes in obs.
    """
    data = _open(source)
    notes: list[str] = []
    units = options.units or "counts"
    matrix = data.X
    if units in data.layers:
        matrix = data.layers[units]
        notes.append(f"values from layers[{units!r}]")
    if matrix is None:
        raise InputError(source.where, "has no X and no layers['counts']", "Write the counts to X or to that layer.")
    ids = _ids(data, notes)
    samples = [name_from_bam(str(name).strip()) for name in data.obs_names]
    if not len(ids) or not samples:
        raise InputError(source.where, "holds no samples or no genes", "Give the whole data set.")
    known = sum(looks_like_gene(gene, genes) for gene in ids)
    if 2 * known < len(ids) and 2 * sum(looks_like_gene(name, genes) for name in samples) > len(samples):
        raise InputError(source.where, "has its genes in obs and its samples in var", "Transpose it: adata.T.")
    return RawTable(source.where, "h5ad", ids, samples, _dense(matrix, source.where), notes=notes, hint=_hint(data))


def _hint(data: Any) -> str:
    """Where else the file may hold its counts."""
    places = [f"layers[{name!r}]" for name in data.layers if name != "counts"][:5]
    places += ["raw"] if data.raw is not None else []
    return f" The file also has {', '.join(places)}: copy the counts to layers['counts']." if places else ""


def _open(source: Source) -> Any:
    if source.packed:
        raise InputError(source.where, "is a gzipped HDF5 file", "Unpack it first (gunzip).")
    import anndata

    if (kind := _other_kind(source.path)) is not None:
        raise InputError(source.where, f"is {kind[0]}, not an h5ad file", kind[1])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # names that are not unique: genes are summed, samples refused later
            return anndata.read_h5ad(source.path)
    except Exception as error:  # h5py and anndata raise errors of many kinds for a foreign or damaged file
        reason = (str(error).splitlines() or [type(error).__name__])[0][:120]
        raise InputError(
            source.where, f"is HDF5 but cannot be read as AnnData ({reason})", "Write it again with adata.write_h5ad."
        ) from None


def _other_kind(path: Path) -> tuple[str, str] | None:
    """What an HDF5 file of another program is, and its mend."""
    import h5py

    try:
        with h5py.File(path, "r") as file:
            names = set(file)
    except OSError:  # damaged: anndata says so
        return None
    if {"row_attrs", "col_attrs"} <= names:
        return "a loom file", "Convert it: anndata.read_loom(path).write_h5ad(...)."
    if "est_counts" in names:
        return "kallisto's abundance.h5: counts per transcript", TRANSCRIPT_MEND
    if "matrix" in names and not {"X", "obs"} & names:
        return "10x Genomics' matrix of single cells", "Sum its cells to one sample, and write that as TSV or h5ad."
    return None


def _ids(data: Any, notes: list[str]) -> Strings:
    """Gene ids: var_names, unless only a column of var holds Ensembl ids."""
    names = np.array([str(name) for name in data.var_names], dtype=object)
    if _is_ensembl(names):
        return names
    for column in ID_COLUMNS:
        if column in data.var:
            ids = np.array([str(gene) for gene in data.var[column]], dtype=object)
            if _is_ensembl(ids):
                notes.append(f"gene ids from var[{column!r}]")
                return ids
    return names


def _is_ensembl(ids: Strings) -> bool:
    return 2 * sum(ensembl_species(gene) is not None for gene in ids) > len(ids)


def _dense(matrix: Any, where: str) -> Floats:
    """Samples x genes, sparse or dense, as genes x samples."""
    try:
        dense = np.asarray(matrix.toarray() if hasattr(matrix, "toarray") else matrix, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(where, "holds a matrix that is not numbers", "Write the counts to X.") from None
    return np.ascontiguousarray(dense.T)
