"""One sample against the frozen reference: per-gene z-scores and the error that sequencing depth leaves in them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pancreassign.normalize.reference import log_abundance

ASSUMED_READS = 500_000.0
"""Library size taken for TPM and FPKM, whose depth is unknown: the shallowest that quality would let pass, so that an
interval is too wide rather than too narrow (judgement)."""


@dataclass(frozen=True)
class Normalised:
    """One sample on the reference's scale.

    Attributes
    ----------
    z
        By Ensembl gene id: how many reference standard deviations above the reference mean. Only measured genes.
    error
        The standard deviation that counting noise leaves in each ``z``.
    bulk
        By Ensembl gene id: log2 of the abundance in the whole sample, tumour cells or not, over the average
        reference tumour. What quality and content look at.
    """

    z: pd.Series
    error: pd.Series
    bulk: pd.Series


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
        proportional to counts; their depth is unknown, and the error is that of :data:`ASSUMED_READS`.
    lengths
        Gene lengths in bases, by Ensembl gene id; used for TPM and FPKM.
    """
    if units != "counts":
        counts = (counts * lengths.reindex(counts.index)).dropna()
    logs, size = log_abundance(counts, genes, "anchor")
    here = genes.loc[logs.index]
    whole, depth = log_abundance(counts, genes, "stable")
    z = (logs - here["mean"]) / here["sd"]
    seen = counts.loc[logs.index]
    if units != "counts" and depth > 0:
        seen, size = seen * (ASSUMED_READS / depth), size * (ASSUMED_READS / depth)
    return Normalised(z, counting_error(seen, size) / here["sd"], whole - here["bulk_mean"])


def counting_error(counts: pd.Series, size: float) -> pd.Series:
    """Standard deviation of ``log2(1 + 1e6 · c / size)`` where ``c`` is a Poisson count.

    By the delta method ``sqrt(c) / (c + size / 1e6) / ln 2``. A count of 0 is taken as 1, since a gene that was
    not seen may have an expectation of about one read.
    """
    if size <= 0:
        return pd.Series(np.nan, index=counts.index)
    seen = counts.clip(lower=1.0)
    return pd.Series(np.sqrt(seen) / (seen + size / 1e6) / np.log(2))
