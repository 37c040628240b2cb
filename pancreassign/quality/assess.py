"""The quality verdict of one sample: what is measured, and what is made of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from pancreassign.quality import content, identity, library, protocol, tissue, tissues
from pancreassign.quality.identity import Sex
from pancreassign.quality.verdict import worst
from pancreassign.records import Qc


@dataclass(frozen=True)
class Yardstick:
    """What a sample is held against: the reference's tumours, the gene table and what is known of tissues.

    Attributes
    ----------
    genes
        By Ensembl gene id: ``symbol``, ``biotype``, ``length`` (bases).
    reference
        The reference's gene table: ``bulk_mean``, ``stable``, ``anchor``.
    tumours
        The reference's tumours × metrics of :func:`measure`; limits are derived from them.
    protocol
        That of the reference's tumours.
    """

    genes: pd.DataFrame
    reference: pd.DataFrame
    tumours: pd.DataFrame
    protocol: str
    tissues: tissues.Tissues

    @cached_property
    def limits(self) -> dict[str, float]:
        """Limits derived from the reference's tumours; kept, since every sample asks for them."""
        return library.limits_of(self.tumours) | tissue.limits_of(self.tumours, self.tissues)


def measure(
    counts: pd.Series, units: str, bulk: pd.Series, genes: pd.DataFrame, reference: pd.DataFrame, known: tissues.Tissues
) -> dict[str, float]:
    """Measure all that the checks look at; nothing is judged, NaN is unknown.

    Parameters
    ----------
    counts
        Harmonised values by Ensembl gene id, in ``units`` (``counts``, ``tpm`` or ``fpkm``).
    bulk
        By Ensembl gene id: log2 abundance over the average reference tumour.
    genes, reference, known
        As in :class:`Yardstick`.
    """
    reads = library.per_read(counts, units, genes["length"].reindex(counts.index))
    stable, anchors = (reference.index[reference[flag]] for flag in ("stable", "anchor"))
    own = library.measure(counts, units, genes, reference["bulk_mean"], stable)
    # scores take a library's size on the anchors, quality on all stable genes: the check speaks for the worse
    own["reference_genes"] = min(own["reference_genes"], len(counts.index.intersection(anchors)) / len(anchors))
    return {
        **own,
        **tissues.measure(bulk, known, reference),
        **tissue.measure_admixture(reads, known),
    }


def assess(
    counts: pd.Series,
    units: str,
    bulk: pd.Series,
    stick: Yardstick,
    stated_protocol: str | None = None,
    sex: Sex | None = None,
    foreign_share: float | None = None,
) -> tuple[Qc, dict[str, float]]:
    """Assess one harmonised sample.

    Parameters
    ----------
    counts, units, bulk
        As in :func:`measure`.
    stated_protocol, sex
        From the table of samples; ``None`` where it says nothing.
    foreign_share
        Reads on mouse genes over those on human and mouse genes; ``None`` where the input lists no mouse gene.

    Returns
    -------
    The quality of the record, and what was measured.
    """
    reference, known = stick.reference, stick.tissues
    measured = measure(counts, units, bulk, stick.genes, reference, known)
    profile = reference.loc[reference["stable"], "bulk_mean"]
    told = protocol.Inferred()
    if units == "counts":
        told = protocol.infer(counts, stick.genes, profile, stick.protocol)
    found = tissue.content_of(measured, known)
    checks = [
        *library.checks(
            measured,
            stick.limits,
            units,
            protocol.of_library(told, stated_protocol),
            stick.protocol,
        ),
        protocol.check(told, stated_protocol, stick.protocol),
        *tissue.checks(measured, stick.limits, found, known),
        identity.sex_check(counts, units, stick.genes, sex),
        identity.mouse_check(foreign_share),
    ]
    return Qc(verdict=worst(checks), checks=checks, tumour_content=content.describe(found, known.content)), measured
