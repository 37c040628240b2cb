"""Which protocol made a library, as far as its counts tell: full-length, 3-prime, or exome capture.

A long transcript yields more fragments than a short one, but one read at its 3' end: so the counts of a 3' library,
against those of full-length libraries, fall with gene length. Capture panels hold no probe for mitochondrial and most
non-coding RNA: so their share of the reads is next to nothing, where the input lists such genes at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from pancreassign.quality.verdict import OK
from pancreassign.records import Qc, QcCheck, rounded

NAME = "protocol"
Protocol = Literal["full-length", "3-prime", "capture"]

SLOPE_3PRIME = -0.75
SLOPE_FULL_LENGTH = -0.45
"""Slopes up to which a library is 3-prime, and from which it is not; between them it is unclear.

Full-length libraries lie at 0 in theory and 3' ones at -1. No real 3' library was at hand: the limits stand between
real full-length libraries and the same divided by length (``python benchmarks/protocol.py ../shared/data``); judgement.
"""
CAPTURE_SHARE = 0.0025
"""Share of the reads below which mitochondrial genes, or long non-coding ones, were left out by a panel (judgement,
between the captured kidney libraries and all others; ``python benchmarks/protocol.py ../shared/data``)."""
MITOCHONDRIAL_ALONE = 0.0005
"""The same of mitochondrial genes where non-coding ones are not listed: good handling too leaves few (judgement)."""
MIN_MITOCHONDRIAL = 10
"""Mitochondrial protein-coding genes, of 13, that an input must list for their share to mean something (judgement)."""
MIN_NONCODING = 1000
"""Long non-coding genes that it must list (judgement)."""

EXPRESSED = 3.3
"""Mean log2 abundance among the reference's tumours from which a gene is used: about 10 per million (judgement)."""
MIN_COUNT = 10.0
"""Counts from which a gene is used: below, log counts are noise (judgement)."""
MIN_GENES = 2000
"""Genes without which no slope is told (judgement)."""
CLIP = 3.0
"""Log2 by which a gene may depart from the median: one of another tissue shall not turn the slope (judgement)."""


@dataclass(frozen=True)
class Inferred:
    """What the counts tell of the protocol; every part is ``None`` where they do not.

    Attributes
    ----------
    protocol
        The protocol.
    slope
        Log2 of counts over a full-length library's, per log2 of gene length: about 0 full-length, about -1 3-prime.
    mitochondrial, noncoding
        Shares of the reads on mitochondrial protein-coding genes and on long non-coding ones.
    """

    protocol: Protocol | None = None
    slope: float | None = None
    mitochondrial: float | None = None
    noncoding: float | None = None


def infer(
    counts: pd.Series, genes: pd.DataFrame, profile: pd.Series, reference_protocol: str = "full-length"
) -> Inferred:
    """Infer the protocol of one library from its counts; TPM and FPKM have lost what tells it.

    Parameters
    ----------
    counts
        Raw counts by Ensembl gene id; only the genes that the file has.
    genes
        By Ensembl gene id: ``symbol``, ``biotype``, ``length`` (bases).
    profile
        Mean log2 abundance among the reference's tumours, by Ensembl gene id. Its stable genes alone serve best, since
        they differ least between tissues.
    reference_protocol
        That of the reference's tumours: a 3-prime profile is turned into a full-length one by gene length.
    """
    here = genes.reindex(counts.index)
    slope = _slope(counts, here["length"], profile, reference_protocol)
    coding = here["biotype"] == "protein_coding"
    mitochondrial = _share(counts, here["symbol"].fillna("").str.startswith("MT-") & coding, MIN_MITOCHONDRIAL)
    noncoding = _share(counts, here["biotype"] == "lncRNA", MIN_NONCODING)
    return Inferred(_tell(slope, mitochondrial, noncoding), slope, mitochondrial, noncoding)


def _tell(slope: float | None, mitochondrial: float | None, noncoding: float | None) -> Protocol | None:
    """The protocol by the slope and, of libraries that are not 3-prime, by what a panel leaves out."""
    if slope is None or SLOPE_3PRIME < slope < SLOPE_FULL_LENGTH:
        return None
    if slope <= SLOPE_3PRIME:
        return "3-prime"
    if noncoding is None:
        return _by_mitochondrial(mitochondrial)
    left_out = noncoding < CAPTURE_SHARE and (mitochondrial is None or mitochondrial < CAPTURE_SHARE)
    return "capture" if left_out else "full-length"


def _by_mitochondrial(share: float | None) -> Protocol | None:
    """The protocol of a library whose table lists coding genes alone; one kind of gene must be clear to decide."""
    if share is None or MITOCHONDRIAL_ALONE <= share < CAPTURE_SHARE:
        return None  # where not even these are listed, a captured library would look the same
    return "capture" if share < MITOCHONDRIAL_ALONE else "full-length"


def _share(counts: pd.Series, chosen: pd.Series, least: int) -> float | None:
    """Share of the reads on the chosen genes; ``None`` where few are listed, or none has a read (as where masked)."""
    part, total = float(counts[chosen].sum()), float(counts.sum())
    return part / total if int(chosen.sum()) >= least and part > 0 else None


def _slope(counts: pd.Series, length: pd.Series, profile: pd.Series, reference_protocol: str) -> float | None:
    """Least-squares slope of log2(count) - profile on log2(length); summed without BLAS."""
    expressed = profile[profile >= EXPRESSED]
    used = counts[(counts >= MIN_COUNT) & (length > 0)].index.intersection(expressed.index)
    if len(used) < MIN_GENES:
        return None
    lengths = np.log2(length[used].to_numpy(dtype=float))
    expected = expressed[used].to_numpy(dtype=float)
    if reference_protocol == "3-prime":
        expected = expected + lengths
    departure = np.log2(counts[used].to_numpy(dtype=float)) - expected
    departure = np.clip(departure - np.median(departure), -CLIP, CLIP)
    lengths = lengths - lengths.mean()
    spread = float((lengths**2).sum())
    return float((lengths * departure).sum()) / spread if spread > 0 else None


def check(inferred: Inferred, stated: str | None, reference_protocol: str) -> QcCheck:
    """Warn where a library's protocol, as told by its counts or as stated, is not that of the reference, or unclear.

    Parameters
    ----------
    inferred
        What :func:`infer` found; ``Inferred()`` for TPM and FPKM.
    stated
        The protocol in the table of samples; ``None`` or ``unknown`` where it says nothing.
    reference_protocol
        That of the reference's tumours.

    Returns
    -------
    The check ``protocol``, whose value is the slope, with the code ``ok``; ``protocol_differs`` where the counts or
    the statement name another protocol than the reference's; or ``protocol_unclear`` where neither the counts
    nor a statement does, or where the slope lies between the two protocols whatever is stated.
    """
    known = {protocol for protocol in (inferred.protocol, stated) if protocol not in (None, "unknown")}
    doubtful = inferred.slope is not None and SLOPE_3PRIME < inferred.slope < SLOPE_FULL_LENGTH
    code = OK
    if known - {reference_protocol}:
        code = "protocol_differs"
    elif not known or doubtful:
        code = "protocol_unclear"
    told = inferred.protocol or "unclear"
    return QcCheck(
        name=NAME,
        value=rounded(inferred.slope),
        unit="log2 per log2 of length",
        threshold={"3-prime": SLOPE_3PRIME, "full-length": SLOPE_FULL_LENGTH},
        verdict="pass" if code == OK else "warn",
        code=code,
        source=f"by the counts {told}, stated {stated or 'unknown'}, reference {reference_protocol}; "
        "simulated 3' libraries (docs/quality.md)",
    )


def agrees(qc: Qc) -> bool:
    """Whether a sample's library is known to be of the reference's protocol."""
    return any(one.name == NAME and one.code == OK for one in qc.checks)


def of_library(inferred: Inferred, stated: str | None) -> str | None:
    """The protocol to go by: what the counts tell, else what was stated, else ``None``."""
    return inferred.protocol or (None if stated == "unknown" else stated)
