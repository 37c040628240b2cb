"""What the simulations share: counts in, one generator for each library, drawing reads, names, gene tables."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from pancreassign.counts.files import decode, read_source
from pancreassign.counts.metadata import SIMULATED_PREFIX
from pancreassign.counts.names import check_names, folder_name
from pancreassign.counts.samples import Sample
from pancreassign.errors import ArtefactError, ConfigError, InputError, PancreassignError, UnitsError, raise_all

Counts = npt.NDArray[np.int64]

MOST_READS = 10**9
"""From here on numpy draws no hypergeometric numbers; no sequencer gives one bulk library as many."""


def counts_of(samples: Sequence[Sample]) -> pd.DataFrame:
    """The counts of samples that were read: genes × samples, whole numbers.

    Raises
    ------
    PancreassignError
        Every sample that is not in counts (:class:`UnitsError`: only counts are reads, which can be lost or drawn), or
        that has other genes than the first (:class:`InputError`: a gene absent from a file is not a zero, and one
        table cannot say so).
    """
    faults: list[PancreassignError] = [
        UnitsError(
            sample.id,
            f"is in {sample.units}, which holds no reads that could be lost or drawn",
            "Simulate from its raw counts.",
        )
        for sample in samples
        if sample.units != "counts"
    ]
    faults += [
        InputError(
            sample.id, f"has other genes than {samples[0].id}", "Simulate from files with other genes one by one."
        )
        for sample in samples
        if not sample.counts.index.equals(samples[0].counts.index)
    ]
    raise_all(faults)
    return pd.DataFrame({sample.id: sample.counts.astype(np.int64) for sample in samples}).rename_axis("gene_id")


def generator(seed: int, name: str) -> np.random.Generator:
    """The generator of one library: of its own, so that adding samples to a run does not change the others.

    Raises
    ------
    ConfigError
        Where ``seed`` is negative.
    """
    if seed < 0:
        raise ConfigError("seed", f"is {seed}", "Give a whole number of 0 or more.")
    return np.random.default_rng([seed, *name.encode()])


def thin(counts: Counts, reads: int, rng: np.random.Generator) -> Counts:
    """Keep exactly ``reads`` of a library's reads, each of them as likely as any other.

    Binomial thinning, given its total: without replacement, so no gene is given a read that it did not have.

    Raises
    ------
    ConfigError
        Where the library has fewer reads, or more than can be drawn from (:data:`MOST_READS`).
    """
    total = int(counts.sum())
    if reads == total:
        return counts.copy()
    if not 0 <= reads < total:
        raise ConfigError("reads", f"{reads} cannot be drawn out of {total}", "Ask for as many as there are, or fewer.")
    if total >= MOST_READS:
        raise ConfigError("reads", f"a library of {total} is too large to draw from", f"Give fewer than {MOST_READS}.")
    return rng.multivariate_hypergeometric(counts, reads, method="marginals")


def label(name: str, what: str = "") -> str:
    """The name of a simulated library made from ``name``: ``SIMULATED_<name>_<what>``, safe as a folder's name."""
    bare = name.removeprefix(SIMULATED_PREFIX)
    return folder_name(f"{SIMULATED_PREFIX}{bare}_{what}" if what else f"{SIMULATED_PREFIX}{bare}")


def check_labels(labels: Sequence[str]) -> None:
    """Check the names of a run's results.

    Raises
    ------
    SampleError
        Where one is too long, or two are the same: an option given twice, or samples ``S`` and ``SIMULATED_S``.
    """
    raise_all(check_names([(name, "the simulated samples") for name in labels]))


def read_gene_table(path: Path, mend: str) -> pd.DataFrame:
    """Read a table of numbers by gene: ``gene_id``, perhaps ``symbol``, and columns of finite numbers ≥ 0.

    Parameters
    ----------
    path
        Tab-separated text, gzipped or not.
    mend
        What the user should do about a damaged table.

    Returns
    -------
    genes × columns, without ``symbol``.

    Raises
    ------
    InputError
        Where the file cannot be read as text.
    ArtefactError
        Where it is not such a table.
    """
    where, text = str(path), decode(read_source(path))
    try:
        table = pd.read_csv(io.StringIO(text), sep="\t", dtype={"gene_id": str}, keep_default_na=False)
    except ValueError as error:
        raise ArtefactError(where, f"cannot be read as a table ({str(error).strip()})", mend) from None
    if "gene_id" not in table:
        raise ArtefactError(where, "has no column `gene_id`", mend)
    table = table.set_index("gene_id").drop(columns="symbol", errors="ignore")
    if table.empty:
        raise ArtefactError(where, "has no numbers beside the genes", mend)
    if table.index.has_duplicates:
        raise ArtefactError(where, f"names {table.index[table.index.duplicated()][0]} twice", mend)
    for column, cells in table.items():
        values = pd.to_numeric(cells, errors="coerce")
        wrong = ~(np.isfinite(values) & (values >= 0))
        if wrong.any():
            gene, cell = table.index[wrong][0], cells[wrong].iloc[0]
            raise ArtefactError(where, f"column {column}, gene {gene}: {str(cell)!r} is no number of 0 or more", mend)
    return table.astype(float)
