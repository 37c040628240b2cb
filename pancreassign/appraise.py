"""What comes before the signatures: one sample normalised, and its quality judged."""

from __future__ import annotations

from pancreassign.counts.samples import Sample
from pancreassign.kit import Scale
from pancreassign.normalize.apply import Normalised, normalise
from pancreassign.quality.assess import assess
from pancreassign.records import Qc, SampleInfo


def appraise(sample: Sample, scale: Scale, info: SampleInfo) -> tuple[Normalised, Qc, dict[str, float]]:
    """Normalise one sample, judge its quality, and return with both what quality measured."""
    normalised = normalise(sample.counts, scale.reference.genes, sample.units, scale.genes.length)
    looked = (sample.counts, sample.units, normalised.bulk, scale.yardstick)
    qc, measured = assess(*looked, info.specimen.protocol, info.sex, sample.foreign_share)
    return normalised, qc, measured
