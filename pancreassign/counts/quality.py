"""The quality verdict of one sample: checks with value, threshold, source and reason code."""

from __future__ import annotations

import pandas as pd

from pancreassign.records import Qc, QcCheck, Verdict, rounded

READS = {"warn": 2_000_000.0, "fail": 500_000.0}
"""Reads on genes (measured by thinning: docs/quality.md). A whole-transcriptome protocol may ask for more."""
REFERENCE_GENES = {"warn": 0.95, "fail": 0.5}
"""Share of the reference's size-measuring genes that the input holds (judgement)."""
ORDER: tuple[Verdict, ...] = ("pass", "warn", "fail")


def verdict_below(value: float, threshold: dict[str, float]) -> Verdict:
    """``fail`` below the failing threshold, ``warn`` below the warning one, else ``pass``."""
    if value < threshold["fail"]:
        return "fail"
    return "warn" if value < threshold["warn"] else "pass"


def assess(counts: pd.Series, units: str, biotype: pd.Series, symbol: pd.Series, stable: pd.Index) -> Qc:
    """Assess one harmonised sample.

    Parameters
    ----------
    counts
        Values by Ensembl gene id, in ``units``.
    biotype, symbol
        By Ensembl gene id.
    stable
        Ensembl ids of the reference's genes that measure a library's size.
    """
    checks = [_reads(counts, units), _reference_genes(counts, stable), *_shares(counts, units, biotype, symbol)]
    worst = max((check.verdict for check in checks), key=ORDER.index)
    return Qc(verdict=worst, checks=checks)


def _reads(counts: pd.Series, units: str) -> QcCheck:
    source = "docs/quality.md: real libraries thinned; where to cut by judgement"
    if units != "counts":
        return QcCheck(
            name="reads on genes",
            value=None,
            unit="reads",
            threshold=READS,
            verdict="warn",
            code="depth_unknown",
            source=f"{units.upper()} does not tell the depth",
        )
    total = float(counts.sum())
    verdict = verdict_below(total, READS)
    code = {"pass": "ok", "warn": "few_reads", "fail": "too_few_reads"}[verdict]
    return QcCheck(
        name="reads on genes", value=total, unit="reads", threshold=READS, verdict=verdict, code=code, source=source
    )


def _reference_genes(counts: pd.Series, stable: pd.Index) -> QcCheck:
    share = len(counts.index.intersection(stable)) / len(stable)
    verdict = verdict_below(share, REFERENCE_GENES)
    return QcCheck(
        name="reference genes measured",
        value=rounded(share),
        unit="share",
        threshold=REFERENCE_GENES,
        verdict=verdict,
        code="ok" if verdict == "pass" else "partial_gene_list",
        source="judgement",
    )


def _shares(counts: pd.Series, units: str, biotype: pd.Series, symbol: pd.Series) -> list[QcCheck]:
    """Shares that are shown without a verdict: their limits are not established here."""
    if units != "counts" or counts.sum() == 0:
        return []
    total = float(counts.sum())
    parts = {
        "protein-coding share": counts[biotype.reindex(counts.index) == "protein_coding"].sum(),
        "mitochondrial share": counts[symbol.reindex(counts.index).str.startswith("MT-")].sum(),
        "largest gene's share": counts.max(),
    }
    return [
        QcCheck(
            name=name,
            value=rounded(float(part) / total),
            unit="share of reads",
            threshold=None,
            verdict="pass",
            code="no_limit",
            source="shown for information",
        )
        for name, part in parts.items()
    ]
