"""Whether a library is of whom, and of which species, it is said to be: sex genes and mouse reads."""

from __future__ import annotations

import math
from typing import Literal

import pandas as pd

from pancreassign.quality.library import per_read
from pancreassign.quality.verdict import above, shown
from pancreassign.records import QcCheck

Sex = Literal["female", "male"]

XIST = "XIST"
Y_GENES = ("RPS4Y1", "DDX3Y", "KDM5D", "UTY", "EIF1AY")
"""Broadly expressed genes of the Y chromosome. Not USP9Y, which takes reads of its copy on the X: where the kidney
libraries are of women, it holds most reads of the Y genes (``python benchmarks/library_checks.py ../shared/data``)."""
MIN_Y_GENES = 3
"""Y genes that an input must list for their sum to mean something (judgement)."""

XIST_PRESENT = 25.0
"""Reads per million of XIST above which a library is a woman's (judgement between the libraries of docs/quality.md)."""
Y_PRESENT = 2.0
"""Reads per million on the Y genes together above which a library without XIST is a man's (judgement, as above)."""
Y_BESIDE_XIST = 20.0
"""Reads per million on the Y genes above which a library with XIST holds both sexes (judgement: ten times the above,
since a few reads stray from library to library in one sequencing run)."""
MIN_READS = 5.0
"""Reads without which no gene counts as present, whatever they are per million (judgement)."""

MOUSE = {"warn": 0.05, "fail": 0.30}
"""Share of the reads on mouse genes (judgement). No patient's tumour holds any; a xenograft's stroma does."""

NAME = "sex genes"
PER_MILLION = "reads per million"
SEX_SOURCE = "XIST and genes of the Y chromosome; limits by judgement (docs/quality.md)"


def sex_check(counts: pd.Series, units: str, genes: pd.DataFrame, stated: Sex | None) -> QcCheck:
    """Compare the genes that tell the sex with the sex in the table of samples.

    A tumour may lose its Y chromosome, or the silenced X that makes XIST: absence contradicts nothing, presence does.

    Parameters
    ----------
    counts
        Values by Ensembl gene id, in ``units`` (``counts``, ``tpm`` or ``fpkm``).
    genes
        By Ensembl gene id: ``symbol``, ``length`` (bases).
    stated
        The patient's sex as stated, ``None`` where it is not.

    Returns
    -------
    The check ``sex genes``, in reads per million. Its value is what could speak against the statement: XIST for a
    stated male, the Y genes for a stated female and where nothing is stated. It warns with ``sex_contradicts`` (a
    swapped sample, or a wrong entry) or ``sex_mixed`` (both sexes: two patients in one tube, a transplant, XXY);
    ``sex_not_stated`` and ``not_measured`` pass.
    """
    xist, y, one_read = _sex_genes(counts, units, genes)
    least = MIN_READS * one_read
    is_female = xist > max(XIST_PRESENT, least)
    beside = max(Y_BESIDE_XIST, least)
    if stated == "male":
        limit, code = {"warn": max(XIST_PRESENT, least)}, "sex_mixed" if y > beside else "sex_contradicts"
        return above(NAME, xist, f"XIST {PER_MILLION}", limit, code, SEX_SOURCE)
    unit = f"Y {PER_MILLION}"
    if is_female:
        return _told(above(NAME, y, unit, {"warn": beside}, "sex_mixed", SEX_SOURCE), stated)
    if stated == "female":
        return above(NAME, y, unit, {"warn": max(Y_PRESENT, least)}, "sex_contradicts", SEX_SOURCE)
    return _told(shown(NAME, y, unit), stated)


def _sex_genes(counts: pd.Series, units: str, genes: pd.DataFrame) -> tuple[float, float, float]:
    """XIST, the Y genes together, and one read, per million reads.

    The first two are NaN where the input does not list them; one read is 0 for TPM and FPKM, whose depth is unknown.
    """
    reads = per_read(counts, units, genes["length"])
    total = float(reads.sum())
    if total <= 0:
        return math.nan, math.nan, 0.0
    symbols = genes["symbol"].reindex(reads.index)
    scale = 1e6 / total
    xist, y = reads[symbols == XIST], reads[symbols.isin(Y_GENES)]
    return (
        float(xist.sum()) * scale if len(xist) else math.nan,
        float(y.sum()) * scale if len(y) >= MIN_Y_GENES else math.nan,
        scale if units == "counts" else 0.0,
    )


def _told(check: QcCheck, stated: Sex | None) -> QcCheck:
    """The check with the code ``sex_not_stated`` where it passes for want of a statement."""
    silent = stated is None and check.verdict == "pass" and check.value is not None
    return check.model_copy(update={"code": "sex_not_stated"}) if silent else check


def mouse_check(foreign_share: float | None) -> QcCheck:
    """Judge the share of reads on mouse genes, as an input made on both genomes shows it.

    Parameters
    ----------
    foreign_share
        Reads on mouse genes over those on human and mouse genes; ``None`` where the input lists no mouse gene, which
        passes with the code ``not_measured``: a table of human genes alone cannot show it.
    """
    share = math.nan if foreign_share is None else foreign_share
    return above("reads on mouse genes", share, "share of reads", MOUSE, "mouse_reads", "judgement")
