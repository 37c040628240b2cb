"""One sample against the frozen reference: per-gene z-scores and the error that sequencing depth leaves in them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pancreassign.normalize.reference import log_abundance


@dataclass(frozen=True)
class Normalised:
    """One sample on the reference's scale.

    Attributes
    ----------
    z
        By Ensembl gene id: how many reference standard deviations above the reference mean. Only measured genes.
    error
        The standard deviation that counting noise leaves in each ``z``; ``None`` where the depth is unknown.
    size
        Library size in reads on coding genes, as the stable genes measure it; ``None`` where the depth is unknown.
    """

    z: pd.Series
    error: pd.Series | None
    size: float | None


def normalise(counts: pd.Series, genes: pd.DataFrame, units: str, lengths: pd.Series) -> Normalised:
    """Normalise one sample; nothing is fitted on it but its own size.

    Parameters
    ----------
    counts
        Values by Ensembl gene id.
    genes
        The reference's gene table.
    units
        ``counts``, ``tpm`` or ``fpkm``. TPM and FPKM are multiplied by gene length, which makes them
        proportional to counts; their depth is unknown.
    lengths
        Gene lengths in bases, by Ensembl gene id; used for TPM and FPKM.
    """
    if units != "counts":
        counts = (counts * lengths.reindex(counts.index)).dropna()
    logs, size = log_abundance(counts, genes)
    here = genes.loc[logs.index]
    z = (logs - here["mean"]) / here["sd"]
    if units != "counts":
        return Normalised(z, None, None)
    return Normalised(z, counting_error(counts.loc[logs.index], size) / here["sd"], size)


def counting_error(counts: pd.Series, size: float) -> pd.Series:
    """Standard deviation of ``log2(1 + 1e6 · c / size)`` where ``c`` is a Poisson count.

    By the delta method ``sqrt(c) / (c + size / 1e6) / ln 2``. A count of 0 is taken as 1, since a gene that was
    not seen may have an expectation of about one read.
    """
    if size <= 0:
        return pd.Series(np.nan, index=counts.index)
    seen = counts.clip(lower=1.0)
    return pd.Series(np.sqrt(seen) / (seen + size / 1e6) / np.log(2))
