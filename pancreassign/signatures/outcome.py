"""One drug in one tumour: score, calibrate, call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from pancreassign.percentiles import percentile
from pancreassign.records import (
    Call,
    Contribution,
    Coverage,
    Drug,
    DrugResult,
    General,
    Interval,
    SetSkill,
    Validation,
    known,
    rounded,
)
from pancreassign.signatures import calibrate
from pancreassign.signatures.calibrate import Estimate
from pancreassign.signatures.content import Pair
from pancreassign.signatures.pack import Signature
from pancreassign.signatures.score import Score, score

Array = npt.NDArray[np.float64]
QUANTILES = (0, 5, 25, 50, 75, 95, 100)
PROTOCOL_NOISE = 0.96
"""Standard deviation, as a share of the reference tumours' spread, that another library protocol adds to a score: from
a correlation of 0.72 between protocols on one sample (R = .67-.78, doi 10.1186/s12864-021-08068-1), sqrt(1/R^2 - 1)."""
NO_SIGNATURE = "no_signature"
"""The reason of a drug that the pack has no signature of."""


@dataclass(frozen=True)
class Handling:
    """How a library was made, as far as it is known.

    Attributes
    ----------
    frozen
        Whether the specimen is known to be frozen; otherwise the noise of paraffin goes into every interval.
    same_protocol
        Whether the library is known to be of the reference's protocol; otherwise :data:`PROTOCOL_NOISE` goes in.
    qc_failed
        Whether the quality verdict forbids a call.
    """

    frozen: bool
    same_protocol: bool
    qc_failed: bool

    def noise(self, signature: Signature) -> float:
        """Standard deviation of a score that paraffin and another protocol may bring."""
        paraffin = 0.0 if self.frozen else signature.ffpe_noise
        spread = float(signature.validation["to_tumours"]["reference_sd"])
        return float(np.hypot(paraffin, 0.0 if self.same_protocol else PROTOCOL_NOISE * spread))


def evaluate_drug(
    drug: Drug,
    signature: Signature,
    z: pd.Series,
    error: pd.Series,
    loadings: pd.DataFrame,
    burden: Pair | None,
    handling: Handling,
) -> DrugResult:
    """Score, calibrate and call one drug.

    Parameters
    ----------
    z, error
        As in :class:`pancreassign.normalize.apply.Normalised`.
    loadings
        genes × factors on the z scale, for the noise of missing genes.
    burden
        Halvings of the tumour's RNA by stroma and by immune cells; ``None`` where they cannot be told.
    handling
        What is known of the library, beside its counts.
    """
    scored, value, own_noise = _score(signature, z, error, loadings, burden)
    noise = float(np.hypot(own_noise, handling.noise(signature)))
    sensitive = resistant = None
    if value is not None:
        doubt = float(np.hypot(noise, signature.weight_noise))  # of another training set's weights: a probability's own
        sensitive = calibrate.probability(value, doubt, signature.calibration, "sensitive")
        resistant = calibrate.probability(value, doubt, signature.calibration, "resistant")
    outside = calibrate.is_outside(value, signature.reference_scores)
    call, reason = calibrate.call(sensitive, signature.grade, handling.qc_failed, outside)
    return DrugResult(
        drug=drug,
        call=call,
        reason=reason,
        score=rounded(value),
        score_interval=_score_interval(value, noise),
        percentile=percentile(value, signature.reference_scores),
        probability=rounded(sensitive.point) if sensitive else None,
        probability_interval=_interval(sensitive),
        probability_resistant=rounded(resistant.point) if resistant else None,
        probability_resistant_interval=_interval(resistant),
        evidence=signature.grade,
        validation=_validation(signature),
        reference=_quantiles(signature.reference_scores),
        coverage=_coverage(signature, scored),
        contributions=_contributions(signature, scored),
        content_correction=None if value is None or scored.value is None else rounded(value - scored.value),
    )


def unsigned(drug: Drug) -> DrugResult:
    """A drug that the pack has no signature of: nothing is known."""
    return DrugResult(
        drug=drug,
        call=Call.NOT_EVALUABLE,
        reason=NO_SIGNATURE,
        score=None,
        score_interval=None,
        percentile=None,
        probability=None,
        probability_interval=None,
        evidence="D",
        validation=None,
        reference={},
        coverage=Coverage(genes=0, found=0, missing=[]),
        contributions=[],
    )


def evaluate_general(
    signature: Signature, z: pd.Series, error: pd.Series, loadings: pd.DataFrame, burden: Pair | None
) -> General:
    """The sensitivity that the drugs share: a score and its percentile, without a call."""
    value, _ = _score(signature, z, error, loadings, burden)[1:]
    return General(
        score=rounded(value), percentile=percentile(value, signature.reference_scores), evidence=signature.grade
    )


def _score(
    signature: Signature, z: pd.Series, error: pd.Series, loadings: pd.DataFrame, burden: Pair | None
) -> tuple[Score, float | None, float]:
    """The score as the genes give it, its value once the burden is corrected for, and the noise of both."""
    scored = score(signature.weights, z, error, loadings)
    if scored.value is None:
        return scored, None, scored.noise
    value, left = signature.drift.correct(scored.value, burden)
    return scored, value, float(np.hypot(scored.noise, left))


def _score_interval(value: float | None, noise: float) -> Interval | None:
    if value is None:
        return None
    half = calibrate.HALF_WIDTH * noise
    return Interval(low=known(value - half), high=known(value + half), level=calibrate.LEVEL)


def _interval(estimate: Estimate | None) -> Interval | None:
    if estimate is None:
        return None
    return Interval(low=known(estimate.low), high=known(estimate.high), level=calibrate.LEVEL)


def chances_at_reference(signature: Signature, third: str) -> Array:
    """Probability of the ``sensitive`` or ``resistant`` third for every reference tumour, in the reference's order."""
    fit = signature.calibration.iloc[0]
    return calibrate.curve(signature.reference_scores, fit[f"{third}_intercept"], fit[f"{third}_slope"])


def _quantiles(reference: Array) -> dict[str, float]:
    values = np.percentile(reference, QUANTILES)
    return {f"q{q}": known(float(value)) for q, value in zip(QUANTILES, values, strict=True)}


def _coverage(signature: Signature, scored: Score) -> Coverage:
    genes = len(signature.weights)
    missing = [str(signature.symbols[gene]) for gene in scored.missing]
    return Coverage(genes=genes, found=genes - len(missing), missing=sorted(missing))


def _contributions(signature: Signature, scored: Score) -> list[Contribution]:
    """Largest first, symbol as tie-break, so that the order does not depend on the input's."""
    moved = scored.contributions.dropna()
    symbols = signature.symbols.loc[moved.index]
    pairs = [(str(symbol), known(value)) for symbol, value in zip(symbols, moved, strict=True)]
    pairs.sort(key=lambda pair: (-abs(pair[1]), pair[0]))
    return [Contribution(symbol=symbol, value=value) for symbol, value in pairs]


def _validation(signature: Signature) -> Validation:
    figures = signature.validation
    sets = {key: [_in_set(name, one) for name, one in figures[key].items()] for key in ("worlds", "external")}
    own = {key: figures[key] for key in Validation.model_fields if key in figures}  # a pack of 0.3.0 has no groups
    return Validation(**{**own, **sets})


def _in_set(name: str, figures: Mapping[str, Any]) -> SetSkill:
    """A set's figures: a world keeps its interval under a key of its own, an external set beside its correlation."""
    ends = figures.get("spearman_interval", figures)
    interval = Interval(low=ends["low"], high=ends["high"], level=ends["level"])
    return SetSkill(name=name, n=figures["n"], spearman=figures["spearman"], spearman_interval=interval)
