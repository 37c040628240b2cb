"""From the score to the call, a sentence a step, in the words and number style of the page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pancreassign.errors import RecordError
from pancreassign.explain.arithmetic import ALTERED
from pancreassign.records import BASE_RATE, Call, Drug, DrugResult, Interval, Part, Prediction, rounded
from pancreassign.report.words import Words
from pancreassign.signatures import calibrate
from pancreassign.signatures.calibrate import Estimate
from pancreassign.signatures.outcome import unsigned
from pancreassign.signatures.score import MIN_COVERAGE

HALF_DIGIT = 5e-7
"""Half a unit in the last digit of a probability in a record: the call was made before rounding."""
THIRD = "1 in 3"
FORMS = {
    Drug.IRINOTECAN: "Liposomal irinotecan: scored by the same signature, but not the same drug.",
    Drug.PACLITAXEL: "nab-Paclitaxel: scored by the same signature, but not the same drug.",
}


class Step(Part):
    """One step of the reasoning, in words."""

    step: Literal["score", "percentile", "probability", "call", "evidence"]
    text: str


def check_call(record: Prediction, result: DrugResult, where: str) -> None:
    """Make the call again from what the record says of grade, quality and probability.

    Raises
    ------
    RecordError
        Where the record's call or reason is another.
    """
    if result.reason == "no_signature" and result == unsigned(result.drug):
        return  # the pack decided it; there is nothing that it can be held against
    inside, point = result.probability_interval, result.probability
    if (result.score is None) != (inside is None or point is None):
        raise RecordError(f"{where}, {result.drug}", "has a score or a probability without the other", ALTERED)
    estimates: list[Estimate | None] = [None]
    if inside is not None and point is not None:
        nudges = (0.0, -HALF_DIGIT, HALF_DIGIT)
        estimates = [Estimate(inside.low + nudge, point, inside.high + nudge) for nudge in nudges]
    failed = record.qc.verdict == "fail"
    # the record does not say how far outside is: that the score lies beyond every reference tumour is what can be seen
    outside = result.reason == "outside_reference" and _beyond(result.score, result.reference)
    allowed = [calibrate.call(estimate, result.evidence, failed, outside) for estimate in estimates]
    if (result.call, result.reason) not in allowed:
        call, reason = allowed[0]
        raise RecordError(
            f"{where}, {result.drug}",
            f"is called {result.call} ({result.reason}), but its grade, quality and interval give {call} ({reason})",
            f"The record was altered, or version {record.software.version}, which wrote it, had other rules: "
            "score the sample again.",
        )


def _beyond(score: float | None, reference: Mapping[str, float]) -> bool:
    """Whether a score lies below or above every reference tumour's."""
    return score is not None and not reference.get("q0", score) <= score <= reference.get("q100", score)


def steps(record: Prediction, result: DrugResult, words: Words) -> list[Step]:
    """Score, percentile, probability, call and evidence of one drug, each explained."""
    texts = {
        "score": _score(result, words),
        "percentile": _percentile(record, result, words),
        "probability": _probability(result, words),
        "call": _call(record, result, words),
        "evidence": _evidence(result, words),
    }
    return [Step.model_validate({"step": name, "text": text}) for name, text in texts.items() if text]


def not_in_score(record: Prediction, result: DrugResult, words: Words) -> list[str]:
    """What a reader might take to be in the score, and is not."""
    general = record.general
    place = words.decimal(general.percentile, 0)
    shared = f"score {words.decimal(general.score, 2)}, percentile {place}, evidence {general.evidence}"
    return [
        "A preference for this drug over the others: sensitivity that the drugs share is part of this score "
        f"(general sensitivity of this sample: {shared}).",
        "Anything but the abundance of RNA: mutations, copy numbers, proteins, metabolites.",
        "What the body does to the drug: liver, kidney, germline variants such as those of DPYD and UGT1A1. Those "
        "given are rules of eligibility, not parts of a score.",
        "Dose, schedule, the regimen's other drugs, earlier treatment, stage and fitness.",
        "The programmes and genes under `context`: exploratory, read by no score and no rank.",
        *([FORMS[result.drug]] if result.drug in FORMS else []),
    ]


def _score(result: DrugResult, words: Words) -> str:
    if result.score is None:
        return (
            "There is no score: one is given where the genes found carry at least "
            f"{words.percent(MIN_COVERAGE)} of the signature's absolute weight, and the library is not empty."
        )
    return (
        f"The score{_level(result.score_interval, words)} is {words.estimate(result.score, result.score_interval, 3)}, "
        "in standard deviations of the training models' response; higher is more sensitive. The interval holds the "
        "noise of sequencing depth, of missing genes, of what the correction for tumour content leaves and, unless "
        "the specimen is known to be frozen and of the reference's protocol, of paraffin and of another protocol; it "
        "does not hold what the weights owe to the models they were learnt on."
    )


def _percentile(record: Prediction, result: DrugResult, words: Words) -> str | None:
    if result.score is None:
        return None
    reference = record.reference
    middle = [words.decimal(result.reference.get(quantile), 3) for quantile in ("q25", "q50", "q75")]
    return (
        f"Percentile {words.decimal(result.percentile, 1)}: that share of the {reference.tumours} tumours of the "
        f"frozen reference {reference.name} {reference.version} scores lower, a tie counted half. Their quartiles are "
        f"{middle[0]}, {middle[1]} and {middle[2]}. It is a place among tumours, not a chance of response, and makes "
        "no call: by percentile a third of any set of tumours would be sensitive."
    )


def _probability(result: DrugResult, words: Words) -> str | None:
    if result.score is None:
        return None
    value = " ".join(words.probability(result.probability, result.probability_interval))
    text = (
        "A logistic curve, fitted on scores of models that had no part in the weights, turns the score into the "
        f"probability{_level(result.probability_interval, words)} of lying in the sensitive third of the models: "
        f"{value}. The base rate, before anything is known, is {THIRD}. The interval holds the score's noise and what "
        "weights and curve owe to the few models."
    )
    if result.probability == rounded(BASE_RATE):
        text += (
            " Here the probability is the base rate itself: either the curve is flat, since in the models its fit ran "
            "against the score's direction, or the score stands exactly where the curve crosses the base rate."
        )
    return text


def _call(record: Prediction, result: DrugResult, words: Words) -> str:
    called = f"Call: {words.code('call', result.call)} (reason code `{result.reason}`)"
    return f"{called}: {_why(record, result, words)}"


def _why(record: Prediction, result: DrugResult, words: Words) -> str:
    """Why the call is what it is; the record was checked, so the reasons are those of :func:`calibrate.call`."""
    if result.reason == "quality_failed":
        failed = [check.name.replace("_", " ") for check in record.qc.checks if check.verdict == "fail"]
        return f"the sample failed quality ({words['number.join'].join(failed)}), so no drug is called."
    if result.reason == "no_signature":
        return "the pack holds no signature of this drug."
    if result.reason == "gene_coverage":
        return "without a score nothing can be called."
    if result.reason == "no_demonstrated_skill":
        return (
            "the signature's evidence grade is D, so nothing is called, whatever the score. Score, percentile and "
            "probability stand in the record for who wants to look."
        )
    if result.reason == "outside_reference":
        return (
            "the score lies more than one standard deviation beyond every reference tumour: the signature would have "
            "to be extrapolated, so nothing is called."
        )
    inside = result.probability_interval
    low, high = [words.percent(end) for end in ((inside.low, inside.high) if inside else (None, None))]
    return {
        Call.SENSITIVE: f"the whole interval of the probability, from {low}, lies above {THIRD}.",
        Call.RESISTANT: f"the whole interval of the probability, up to {high}, lies below {THIRD}.",
    }.get(result.call, f"the interval of the probability, {low} to {high}, holds {THIRD}: neither is shown.")


def _evidence(result: DrugResult, words: Words) -> str:
    figures = result.validation
    if figures is None:
        return "The signature pack holds no signature of this drug."
    ceiling = f"{words.decimal(figures.ceiling, 2)} ({words.known(figures.ceiling_source)})"
    parts = [
        f"Evidence grade {result.evidence}: {words.code('grade', result.evidence)}. In {figures.n} models "
        f"({figures.source}): Spearman of predicted against measured response"
        f"{_level(figures.spearman_interval, words)} "
        f"{words.estimate(figures.spearman, figures.spearman_interval, 2)}; AUROC of the sensitive third "
        f"{words.estimate(figures.auroc, figures.auroc_interval, 2)}; permutation p "
        f"{words.measure(figures.permutation_p)}; Brier score {words.decimal(figures.brier, 3)} against "
        f"{words.decimal(figures.brier_base_rate, 3)} for saying {THIRD} every time (lower is better); calibration "
        f"slope {words.decimal(figures.calibration_slope, 2)} (1 is ideal).",
        f"Ceiling that the assay itself allows: {ceiling}.",
    ]
    if figures.specific is not None:
        specific = words.estimate(figures.specific, figures.specific_interval, 2)
        parts.insert(1, f"Beyond the sensitivity that the drugs share: {specific}.")
    return " ".join(parts)


def _level(interval: Interval | None, words: Words) -> str:
    return "" if interval is None else f" with its {words.percent(interval.level)} interval"
