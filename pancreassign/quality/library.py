"""What a library itself tells of its quality: reads, shares of reads, genes, agreement with the reference's tumours."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from pancreassign.quality.verdict import BELOW_PUBLISHED, above, below, shown
from pancreassign.records import QcCheck, rounded

READS = {"warn": 2_000_000.0, "fail": 500_000.0}
"""Reads on genes (measured by thinning: docs/quality.md). A whole-transcriptome protocol may ask for more."""
REFERENCE_GENES = {"warn": 0.95, "fail": 0.5}
"""Share of the reference's size-measuring genes that the input holds (judgement)."""

PUBLISHED_READS = 25_000_000.0
PUBLISHED_GENES = 11_400.0
PUBLISHED_CORRELATION = 0.75
PUBLISHED_TPM = 4.0
PUBLISHED_SOURCE = "PMC9479231: whole-transcriptome capture of 130 FFPE samples; stricter than our signatures need"
PUBLISHED_PROTOCOLS = frozenset({"full-length", "capture"})

MIN_COUNT = 5
"""Counts from which a gene is detected."""
MIN_LISTED = 0.95
"""Share of the reference's coding genes that the input must hold for :func:`excess_genes` (judgement)."""
DETECTED = {
    1e5: 0.274,
    2.5e5: 0.459,
    5e5: 0.566,
    1e6: 0.647,
    2e6: 0.704,
    5e6: 0.765,
    1e7: 0.805,
    2e7: 0.834,
    3e7: 0.841,
    4e7: 0.846,
}
"""Share of the reference's coding genes with :data:`MIN_COUNT` counts or more, by reads on those genes.

Median of UMCCR's thinned libraries; of the three deepest alone at 40 million
(``python benchmarks/detected_genes.py ../shared/data``).
"""

FENCE = 3.0
"""Interquartile ranges beyond the quartiles at which a reference's own tumours are far out (Tukey, Exploratory Data
Analysis, 1977). Not deviations from the median: mitochondrial reads have two modes, for the two ways that the shipped
reference's libraries were made, and the smaller one would be called far out."""


@dataclass(frozen=True)
class _Class:
    """A kind of genes by symbol; its share is unknown where the input lists fewer than ``least`` of them."""

    symbols: str
    least: int


CLASSES = {
    "mitochondrial": _Class(r"MT-", 10),
    "ribosomal": _Class(r"RP[LS]\d+[AXY]?L?\d*$|RPLP\d$|RPSA$", 40),
    "haemoglobin": _Class(r"HB[ABDEGMQZ]\d?$", 3),
}
"""By metric: the genes, and how many an input must list (judgement: about half)."""
PREFIXES = ("MT-", "RP", "HB")
"""What the symbols of all classes begin with."""
MIN_NONCODING = 1000
"""Non-coding genes that an input must list for its protein-coding share to mean something (judgement)."""


@dataclass(frozen=True)
class _Judged:
    """A metric that warns beyond its limit; ``bound`` is the strictest that a reference can make it (judgement)."""

    name: str
    unit: str | None
    side: Literal["above", "below"]
    bound: float
    code: str


JUDGED = {
    "protein_coding": _Judged("protein-coding share", "share of reads", "below", 0.80, "few_coding_reads"),
    "mitochondrial": _Judged("mitochondrial share", "share of reads", "above", 0.25, "mitochondrial_reads"),
    "ribosomal": _Judged("ribosomal protein share", "share of reads", "above", 0.20, "ribosomal_reads"),
    "haemoglobin": _Judged("haemoglobin share", "share of reads", "above", 0.05, "blood"),
    "largest_gene": _Judged("largest gene's share", "share of reads", "above", 0.15, "dominant_gene"),
    "correlation": _Judged("correlation with the reference", "Spearman", "below", 0.70, "unlike_reference"),
    "excess_genes": _Judged("excess of detected genes", "share", "above", 0.12, "genomic_dna"),
}
"""The metrics that warn, in the record's order."""
FULL_LENGTH_ONLY = frozenset({"correlation", "excess_genes"})
"""Metrics that say nothing of a 3' library where the reference is not of such: the protocol alone moves them."""


def measure(
    counts: pd.Series, units: str, genes: pd.DataFrame, profile: pd.Series, stable: pd.Index
) -> dict[str, float]:
    """Measure one library; nothing is judged.

    Parameters
    ----------
    counts
        Values by Ensembl gene id, in ``units`` (``counts``, ``tpm`` or ``fpkm``); only the genes that the file has.
    genes
        By Ensembl gene id: ``symbol``, ``biotype``, ``length`` (bases).
    profile
        Mean log2 abundance among the reference's tumours, by Ensembl gene id, of its protein-coding genes.
    stable
        Ensembl ids of the reference's genes that measure a library's size.

    Returns
    -------
    By metric, NaN where unknown: ``reads``, ``genes_detected`` (with :data:`MIN_COUNT` counts), ``reference_genes``
    (share of ``stable`` that the input holds), the shares of reads ``protein_coding``, ``mitochondrial``,
    ``ribosomal``, ``haemoglobin`` and ``largest_gene``, ``correlation`` (Spearman, with ``profile``),
    ``excess_genes`` (see :func:`excess_genes`) and ``genes_tpm4`` (genes above :data:`PUBLISHED_TPM` TPM).
    """
    here = genes.reindex(counts.index)
    reads = per_read(counts, units, here["length"])
    known = units == "counts"
    return {
        "reads": float(counts.sum()) if known else math.nan,
        "genes_detected": float((counts >= MIN_COUNT).sum()) if known else math.nan,
        "reference_genes": len(counts.index.intersection(stable)) / len(stable),
        **_shares(reads, here),
        "correlation": _correlation(reads, profile),
        "excess_genes": excess_genes(counts, profile.index) if known else math.nan,
        "genes_tpm4": _genes_above(reads, here["length"]),
    }


def per_read(counts: pd.Series, units: str, length: pd.Series) -> pd.Series:
    """Values in proportion to reads: counts as they are, TPM and FPKM times gene length (unknown lengths left out)."""
    return counts if units == "counts" else (counts * length.reindex(counts.index)).dropna()


def _shares(reads: pd.Series, genes: pd.DataFrame) -> dict[str, float]:
    """Shares of the reads; NaN where there is no read, or where the input does not list such genes."""
    total = float(reads.sum())
    here = genes.loc[reads.index]
    coding = here["biotype"] == "protein_coding"
    symbols = here["symbol"].fillna("")
    near = symbols[symbols.str.startswith(PREFIXES)]  # expressions over all 60,000 symbols would take a second for five
    kinds = {name: pd.Series(False, index=here.index) for name in CLASSES}
    for name, kind in CLASSES.items():
        kinds[name][near.index[near.str.match(kind.symbols)]] = True
    listed = {name: int(kinds[name].sum()) >= kind.least for name, kind in CLASSES.items()}
    kinds, listed = {"protein_coding": coding, **kinds}, {"protein_coding": (~coding).sum() >= MIN_NONCODING, **listed}
    if total <= 0:
        return dict.fromkeys([*kinds, "largest_gene"], math.nan)
    shares = {name: float(reads[kind].sum()) / total if listed[name] else math.nan for name, kind in kinds.items()}
    return {**shares, "largest_gene": float(reads.max()) / total}


def _correlation(reads: pd.Series, profile: pd.Series) -> float:
    """Spearman's correlation over the genes of both; summed without BLAS, so that it is the same on any machine."""
    common = reads.index.intersection(profile.index)
    if len(common) < 3:
        return math.nan
    own, reference = (values[common].rank() for values in (reads, profile))
    own, reference = own - own.mean(), reference - reference.mean()
    spread = math.sqrt(float((own**2).sum()) * float((reference**2).sum()))
    return float((own * reference).sum()) / spread if spread > 0 else math.nan


def _genes_above(reads: pd.Series, length: pd.Series) -> float:
    """How many genes lie above :data:`PUBLISHED_TPM` transcripts per million."""
    rate = (reads / length.reindex(reads.index)).dropna()
    total = float(rate.sum())
    return float((rate * (1e6 / total) > PUBLISHED_TPM).sum()) if total > 0 else math.nan


def excess_genes(counts: pd.Series, coding: pd.Index) -> float:
    """How many more coding genes are detected than the depth explains, as a share of those that it explains.

    Genomic DNA puts a few reads on every gene, expressed or not. Over the reference's ``coding`` genes alone, so that
    neither the annotation nor non-coding RNA matters. NaN below the least depth of :data:`DETECTED`, and where the
    input holds less than :data:`MIN_LISTED` of the genes.
    """
    seen = counts[counts.index.intersection(coding)]
    depth = float(seen.sum())
    if len(seen) < MIN_LISTED * len(coding) or depth < min(DETECTED):
        return math.nan
    explained = np.interp(math.log10(depth), np.log10(list(DETECTED)), list(DETECTED.values()))
    return float((seen >= MIN_COUNT).mean() / explained - 1.0)


def limits_of(table: pd.DataFrame) -> dict[str, float]:
    """Warning limits from the reference's own tumours.

    Parameters
    ----------
    table
        tumours × metrics of :func:`measure`; other columns are passed over, and so is what is not a number.

    Returns
    -------
    By metric of :data:`JUDGED`: :data:`FENCE` interquartile ranges beyond the quartile on the bad side, or the
    metric's bound where the reference's tumours vary so little that the fence would be stricter.
    """
    limits = {}
    for metric, judged in JUDGED.items():
        limits[metric] = judged.bound
        if metric not in table:
            continue
        low, high = pd.to_numeric(table[metric], errors="coerce").quantile([0.25, 0.75])
        if judged.side == "above":
            fence = rounded(high + FENCE * (high - low))  # None where no tumour has a value
            limits[metric] = judged.bound if fence is None else max(judged.bound, fence)
        else:
            fence = rounded(low - FENCE * (high - low))
            limits[metric] = judged.bound if fence is None else min(judged.bound, fence)
    return limits


def checks(
    measured: Mapping[str, float],
    limits: Mapping[str, float],
    units: str,
    protocol: str | None,
    reference_protocol: str,
) -> list[QcCheck]:
    """Judge what :func:`measure` found.

    Parameters
    ----------
    measured
        The metrics of :func:`measure`.
    limits
        Those of :func:`limits_of`.
    units
        Those of the input; the depth of TPM and FPKM is unknown, which warns.
    protocol
        The library's, as inferred or stated; ``None`` where it is unclear. The published limits are held against
        full-length and capture libraries only.
    reference_protocol
        That of the reference's tumours.
    """
    foreign = protocol == "3-prime" != reference_protocol
    return [
        reads_check(measured["reads"], units),
        reference_genes_check(measured["reference_genes"]),
        shown("genes detected", measured["genes_detected"], "genes"),
        *(
            shown(judged.name, measured[metric], judged.unit)
            if foreign and metric in FULL_LENGTH_ONLY
            else _limited(judged, measured[metric], limits[metric])
            for metric, judged in JUDGED.items()
        ),
        *(_published(measured) if protocol in PUBLISHED_PROTOCOLS else []),
    ]


def reads_check(reads: float, units: str) -> QcCheck:
    """The check of a library's depth, absolute in every protocol; with TPM and FPKM it warns, since none is known."""
    source = "docs/quality.md: real libraries thinned; where to cut by judgement"
    check = below("reads on genes", reads, "reads", READS, "few_reads", source, "too_few_reads")
    if units == "counts":
        return check
    unknown = {"value": None, "verdict": "warn", "code": "depth_unknown"}
    return check.model_copy(update={**unknown, "source": f"{units.upper()} does not tell the depth"})


def reference_genes_check(share: float) -> QcCheck:
    """The check of the input's gene list: whether it holds the genes that measure a library's size."""
    return below("reference genes measured", share, "share", REFERENCE_GENES, "partial_gene_list", "judgement")


def _limited(judged: _Judged, value: float, limit: float) -> QcCheck:
    check = above if judged.side == "above" else below
    source = "judgement" if limit == judged.bound else f"{FENCE:g} interquartile ranges beyond the reference's tumours"
    return check(judged.name, value, judged.unit, {"warn": limit}, judged.code, source)


def _published(measured: Mapping[str, float]) -> list[QcCheck]:
    """Published limits that are stricter than ours: they warn, under names of their own, and never fail."""
    rules: tuple[tuple[str, str, str | None, float], ...] = (
        ("published: reads on genes", "reads", "reads", PUBLISHED_READS),
        ("published: genes above 4 TPM", "genes_tpm4", "genes", PUBLISHED_GENES),
        ("published: correlation", "correlation", "Spearman", PUBLISHED_CORRELATION),
    )
    return [
        below(name, measured[metric], unit, {"warn": limit}, BELOW_PUBLISHED, PUBLISHED_SOURCE)
        for name, metric, unit, limit in rules
    ]
