"""Ways to put one sample on the scale of a frozen reference.

Each ``fit_*`` takes the reference tumours once and returns a function of one sample's counts, so that nothing can be
fitted on a batch. All are in the order of one gene list; a sample that a method cannot normalise comes back as NaN,
never as an error or as infinite values.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import rankdata

from pancreassign.errors import ConfigError

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Normalisation = Callable[[Array], Array]
"""One sample's counts (genes) to its values (genes)."""

SHIPPED = "anchor_total"
"""The normalisation that ``score`` uses; a test holds it against ``pancreassign.normalize``."""
PAIRS = "rank_pairs"
"""Compared gene by gene, so scored as ``Σ w · (g1 > g2)`` and not as ``Σ w · z``."""
VST = "median_of_ratios_vst"
SILENT = 1e-9
"""A spread below this is rounding: a gene without a read has a variance-stabilised value that is not quite constant."""
UPPER_QUANTILE = 0.75
"""Bullard et al. 2010, doi 10.1186/1471-2105-11-94."""


def fit_all(
    reference: Array, expressed: Mask, stable: Mask, anchor: Mask, vst: bool = True
) -> dict[str, Normalisation]:
    """Fit every normalisation of the benchmark, by name.

    Parameters
    ----------
    reference
        genes × tumours, raw counts of protein-coding genes.
    expressed, stable, anchor
        Over the same genes: expressed; and the genes that measure a library's size, of all cells or of the tumour's.
    vst
        Whether the one that needs pydeseq2 is among them.
    """
    return {
        "log_cpm": log_cpm,
        "upper_quartile": fit_upper_quartile(reference),
        "stable_total": fit_total(reference, stable, stable),
        "anchor_total": fit_total(reference, anchor, stable),
        "median_of_ratios": fit_median_of_ratios(reference, expressed),
        **({VST: fit_vst(reference)} if vst else {}),
        "rank": rank,
        "quantile": fit_quantile(reference),
        PAIRS: counts_as_they_are,
    }


def values(normalisation: Normalisation, counts: Array) -> Array:
    """Samples × genes, one sample (a column of ``counts``) at a time."""
    return np.array([normalisation(counts[:, sample]) for sample in range(counts.shape[1])])


def log_scaled(counts: Array, size: float) -> Array:
    """``log2(1 + 1e6 · c / size)``; NaN where ``size`` is 0 or unknown."""
    if not size > 0:
        return np.full(len(counts), np.nan)
    return np.asarray(np.log2(1.0 + counts * (1e6 / size)))


def log_cpm(counts: Array) -> Array:
    """Log2 counts per million of the protein-coding reads: the naive baseline."""
    return log_scaled(counts, counts.sum())


def fit_upper_quartile(reference: Array) -> Normalisation:
    """Size from the upper quartile of the genes with a read in some tumour; that list is frozen (Bullard 2010)."""
    seen = reference.sum(axis=1) > 0
    quartiles = np.quantile(reference[seen], UPPER_QUANTILE, axis=0)
    per_read = float(np.median(quartiles / reference.sum(axis=0)))
    return lambda counts: log_scaled(counts, float(np.quantile(counts[seen], UPPER_QUANTILE)) / per_read)


def fit_total(reference: Array, among: Mask, stable: Mask) -> Normalisation:
    """Size from the sum over the genes ``among``, over their share of the stable reads in the reference.

    This is ``pancreassign.normalize.reference.log_abundance``.
    """
    share = float((reference[among].sum(axis=0) / reference[stable].sum(axis=0)).mean())
    if not share > 0:
        raise ConfigError("normalisation", "no gene to measure the size of a library", "Check the gene sets.")
    return lambda counts: log_scaled(counts, float(counts[among].sum()) / share)


def fit_median_of_ratios(reference: Array, among: Mask) -> Normalisation:
    """Median of the ratios to the reference's geometric means (Anders and Huber 2010, doi 10.1186/gb-2010-11-10-r106).

    Only genes ``among`` without a zero in the reference count. Where more than half of them are zero in the sample,
    the median is 0 and the sample cannot be normalised.
    """
    usable = among & (reference > 0).all(axis=1)
    if not usable.any():
        raise ConfigError("normalisation", "every gene has a zero in the reference", "Check the counts.")
    centre = np.exp(np.log(reference[usable]).mean(axis=1))
    typical = float(np.exp(np.log(reference.sum(axis=0)).mean()))
    return lambda counts: log_scaled(counts, typical * float(np.median(counts[usable] / centre)))


def fit_vst(reference: Array) -> Normalisation:
    """Median of ratios and the variance-stabilising transformation of pydeseq2, fitted on the reference once.

    Three traps are closed. pydeseq2 gives NaN where most of the reference's genes are zero in the sample: they are
    counted first. Where every gene has a zero in the reference it would fit anew on what comes in: refused here.
    And it takes fractions without complaint: counts are rounded.
    """
    try:
        from pydeseq2.dds import DeseqDataSet
    except ImportError:
        raise ConfigError("pydeseq2", "is not installed", "pip install 'pancreassign[bench]'.") from None
    names = [f"tumour_{number}" for number in range(reference.shape[1])]
    table = pd.DataFrame(np.rint(reference.T).astype(int), index=names)
    table.columns = table.columns.astype(str)
    metadata = pd.DataFrame({"group": "tumour"}, index=names)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a design of one group is meant; log of 0 is what the guard below is for
        dds = DeseqDataSet(counts=table, metadata=metadata, design="~1", fit_type="parametric", n_cpus=1, quiet=True)
        dds.vst_fit(use_design=False)
    if dds.logmeans is None or not np.asarray(dds.filtered_genes).any():
        raise ConfigError("normalisation", "every gene has a zero in the reference", "Check the counts.")
    usable = np.asarray(dds.filtered_genes)

    def transform(counts: Array) -> Array:
        whole = np.rint(counts).astype(int)
        if np.median(whole[usable]) <= 0:
            return np.full(len(counts), np.nan)
        with np.errstate(divide="ignore"):
            stabilised: Array = dds.vst_transform(whole[None, :])[0]
        return stabilised

    return transform


def rank(counts: Array) -> Array:
    """Rank of each gene within the sample, as a share of the genes; ties share the mean."""
    if not counts.sum() > 0:
        return np.full(len(counts), np.nan)
    return np.asarray(rankdata(counts) / len(counts))


def fit_quantile(reference: Array) -> Normalisation:
    """The rank of each gene is given the value that this rank has in the reference, on average (log-CPM)."""
    logs = values(log_cpm, reference)
    target = np.sort(logs, axis=1).mean(axis=0)
    places = (np.arange(len(target)) + 1.0) / len(target)

    def transform(counts: Array) -> Array:
        mapped: Array = np.interp(rank(counts), places, target)
        return mapped

    return transform


def counts_as_they_are(counts: Array) -> Array:
    """The order of two genes needs no normalisation."""
    return counts if counts.sum() > 0 else np.full(len(counts), np.nan)


def standardise(sample_values: Array, reference_values: Array) -> Array:
    """Z-scores of samples × genes by the reference's mean and standard deviation; a silent gene has the scale 1."""
    spread = reference_values.std(axis=0, ddof=1)
    return np.asarray((sample_values - reference_values.mean(axis=0)) / np.where(spread > SILENT, spread, 1.0))
