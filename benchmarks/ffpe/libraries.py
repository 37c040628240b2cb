"""Libraries through ``pancreassign.predict``, as ``score`` would take them, and what their records say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from pancreassign.counts.samples import Sample
from pancreassign.kit import Kit
from pancreassign.predict import predict
from pancreassign.quality.verdict import worst
from pancreassign.records import Call, Drug, DrugResult, Prediction, SampleInfo, Specimen
from pancreassign.regimens.clinical import Clinical
from pancreassign.signatures.calibrate import HALF_WIDTH, Estimate, call
from pancreassign.signatures.pack import GENERAL

DRUGS = [drug.value for drug in Drug]
TARGETS = [*DRUGS, GENERAL]
Preservation = Literal["ffpe", "frozen"]
PROFILE_CODES = frozenset({"genomic_dna", "sex_mixed"})
"""What reads of an averaged profile trip whatever their tissue: it has every gene at a low level, and both sexes."""


@dataclass(frozen=True)
class Records:
    """What the records of some libraries say; every table is libraries × something, in one order.

    Attributes
    ----------
    scores
        By target, in standard deviations of the pack's reference scores, 0 at their mean.
    noise
        By drug, in the same units: the standard deviation that the record's ``score_interval`` stands for.
    uncorrected
        By drug, in the same units: the score before the correction for tumour content.
    calls
        By drug: the call as it would be if the drug's grade were C and the library's quality passed.
    quality
        ``verdict``, ``codes`` of the checks that warn or fail, ``content`` (estimated; NaN where unknown), and
        ``own_verdict``, the verdict without the checks that an averaged profile trips by being one.
    """

    scores: pd.DataFrame
    uncorrected: pd.DataFrame
    noise: pd.DataFrame
    calls: pd.DataFrame
    quality: pd.DataFrame


def score(counts: pd.DataFrame, kit: Kit, preservation: Preservation) -> Records:
    """Predict every column of ``counts`` (genes × libraries, raw counts), each alone.

    Parameters
    ----------
    preservation
        As stated for each library; ``frozen`` leaves the noise of paraffin out of the intervals.
    """
    found = {str(name): _record(str(name), counts[name].dropna(), kit, preservation) for name in counts}
    return Records(
        scores=pd.DataFrame({name: _scores(one, kit) for name, one in found.items()}).T,
        uncorrected=pd.DataFrame({name: _uncorrected(one, kit) for name, one in found.items()}).T,
        noise=pd.DataFrame({name: _noises(one, kit) for name, one in found.items()}).T,
        calls=pd.DataFrame({name: _calls(one) for name, one in found.items()}).T,
        quality=pd.DataFrame({name: _quality(one) for name, one in found.items()}).T,
    )


def reference_sd(kit: Kit, target: str) -> float:
    """Standard deviation of a signature's frozen reference scores."""
    return float(kit.pack.signatures[target].reference_scores.std(ddof=1))


def _record(name: str, counts: pd.Series, kit: Kit, preservation: Preservation) -> Prediction:
    n = len(counts)
    sample = Sample(
        id=name,
        counts=counts.astype(float),
        units="counts",
        strand=None,
        rounded=False,
        genes=n,
        genes_matched=n,
        genes_renamed=0,
        genes_ambiguous=0,
        genes_summed=0,
        sha256="",
    )
    info = SampleInfo(id=name, specimen=Specimen(preservation=preservation))
    return predict(sample, kit, info, Clinical())


def _scores(record: Prediction, kit: Kit) -> dict[str, float]:
    raw: dict[str, float | None] = {drug.drug.value: drug.score for drug in record.drugs}
    return {target: _in_sd(value, kit, target) for target, value in {**raw, GENERAL: record.general.score}.items()}


def _uncorrected(record: Prediction, kit: Kit) -> dict[str, float]:
    raw = {drug.drug.value: (drug.score, drug.content_correction) for drug in record.drugs}
    return {
        target: _in_sd(None if value is None else value - (moved or 0.0), kit, target)
        for target, (value, moved) in raw.items()
    }


def _in_sd(value: float | None, kit: Kit, target: str) -> float:
    centre = float(kit.pack.signatures[target].reference_scores.mean())
    return np.nan if value is None else (value - centre) / reference_sd(kit, target)


def _noises(record: Prediction, kit: Kit) -> dict[str, float]:
    half = {
        drug.drug.value: np.nan if (own := drug.score_interval) is None else (own.high - own.low) / 2.0
        for drug in record.drugs
    }
    return {drug: width / HALF_WIDTH / reference_sd(kit, drug) for drug, width in half.items()}


def _calls(record: Prediction) -> dict[str, str]:
    return {drug.drug.value: call(_estimate(drug), "C", qc_failed=False)[0].value for drug in record.drugs}


def _estimate(drug: DrugResult) -> Estimate | None:
    if drug.probability is None or drug.probability_interval is None:
        return None
    return Estimate(drug.probability_interval.low, drug.probability, drug.probability_interval.high)


def _quality(record: Prediction) -> dict[str, object]:
    content = record.qc.tumour_content.value
    return {
        "verdict": record.qc.verdict,
        "own_verdict": worst([check for check in record.qc.checks if check.code not in PROFILE_CODES]),
        "codes": ",".join(sorted({check.code for check in record.qc.checks if check.verdict != "pass"})),
        "content": np.nan if content is None else content,
    }


def opposite(first: pd.Series, second: pd.Series) -> pd.Series:
    """Whether one call is sensitive and the other resistant."""
    pairs: Mapping[str, str] = {Call.SENSITIVE.value: Call.RESISTANT.value, Call.RESISTANT.value: Call.SENSITIVE.value}
    return first.map(pairs) == second
