"""What stands behind each drug: the genes that drove its score, and how the signature did where it was tested.

A part of :mod:`pancreassign.report.content`, as pure as the rest of it; nothing here is computed that the record does
not hold, but sums and places on a scale.
"""

from __future__ import annotations

from typing import Any

from pancreassign.records import (
    BASE_RATE,
    Call,
    Contribution,
    Drug,
    DrugResult,
    Interval,
    Prediction,
    ReliabilityGroup,
    SetSkill,
    Validation,
)
from pancreassign.report.regimens import NAME, NO_SKILL
from pancreassign.report.words import Words, clipped

Values = dict[str, Any]
DRIVERS = 8
"""Genes shown on either side; all others go into one bar."""
MISSING = 24
"""Missing genes that are named; the rest is counted."""
UNSUMMED = 1e-3
"""A sum of contributions further than this from the score is said not to be the score (both have six digits)."""
CHANCE = 0.5
"""AUROC of a signature that tells nothing."""
SYMBOL = 20
"""Signs of a gene's symbol."""
MAX_P, MAX_ADJUSTED_P = 0.025, 0.05
"""What grade C asks of the permutation p, alone and after correction (``pancreassign.training.evaluate``)."""


def section(record: Prediction, evaluable: set[Drug], words: Words) -> Values:
    """General sensitivity, then each drug, in the record's order.

    Parameters
    ----------
    evaluable
        The drugs whose signature says something of this sample: the others are shown in grey.
    """
    return {
        "heading": words["details.heading"],
        "intro": words["details.intro"],
        "notes": _notes(record, words),
        "general": _general(record, words),
        "drugs": [_drug(drug, drug.drug not in evaluable, words) for drug in record.drugs],
    }


def _notes(record: Prediction, words: Words) -> list[str]:
    """How to read the charts, and what the figures of all drugs come from: each source once."""
    figures = [drug.validation for drug in record.drugs if drug.validation is not None]
    observed: list[Interval | None] = [group.observed_interval for one in figures for group in one.reliability]
    sources = dict.fromkeys(one.source for one in figures)
    ceilings = dict.fromkeys(one.ceiling_source for one in figures if one.ceiling_source is not None)
    return [
        words.say("details.key", level=words.levels(observed)),
        *(words.say("details.tested", source=words.text(source)) for source in sources),
        *(words.say("details.ceiling_note", source=words.text(source)) for source in ceilings),
    ]


def _general(record: Prediction, words: Words) -> Values:
    """What the drugs share beside what each signature tells of its drug alone."""
    general = record.general
    return {
        "heading": words["details.general"],
        "text": words.say(
            "details.general_text",
            score=words.decimal(general.score, 2),
            percentile=words.decimal(general.percentile, 0),
            grade=general.evidence,
            words=words[f"grade.{general.evidence}"],
        ),
        "columns": [words[f"details.{key}"] for key in ("drug", "percentile", "shared", "specific", "reading")],
        "rows": [_apart(drug, words) for drug in record.drugs],
        "note": words.say("details.general_note", level=_levels(record, words)),
    }


def _levels(record: Prediction, words: Words) -> str:
    return words.levels([drug.validation.specific_interval for drug in record.drugs if drug.validation is not None])


def _apart(drug: DrugResult, words: Words) -> list[str]:
    """A row: where the tumour stands, the correlation with the drug's response, and its part beyond the shared one."""
    name, percentile = words.code("drug", drug.drug), words.decimal(drug.percentile, 0)
    figures = drug.validation
    if figures is None:
        return [name, percentile, words["number.unknown"], words["number.unknown"], words["details.no_signature"]]
    shared = words.estimate(figures.spearman, figures.spearman_interval, 2)
    specific = words.estimate(figures.specific, figures.specific_interval, 2)
    return [name, percentile, shared, specific, words[f"specific_short.{_side(figures.specific_interval)}"]]


def _drug(drug: DrugResult, muted: bool, words: Words) -> Values:
    return {
        "title": words.code("drug", drug.drug) + words["number.before_colon"] + ":",
        "call": words[f"call.{drug.call}"],
        "symbol": drug.call.value,
        "grade": _grade(drug, words),
        "muted": muted,
        "warning": _warning(drug, words) if muted else None,
        "drivers": _drivers(drug, words),
        "facts": _facts(drug, words),
        "skill": None if drug.validation is None else _skill(drug.validation, words),
        "calibration": None if drug.validation is None else _calibration(drug, drug.validation, words),
    }


def _grade(drug: DrugResult, words: Words) -> str:
    """The grade in words; where no skill was shown, with what grade C asks and these figures do not give."""
    meaning = words[f"grade.{drug.evidence}"]
    if drug.evidence != NO_SKILL or drug.validation is None:
        return words.say("details.grade", grade=drug.evidence, words=meaning)
    failed = words.listed(_failed(drug.validation, words))
    return words.say("details.failed", grade=drug.evidence, words=meaning, failed=failed)


def _failed(figures: Validation, words: Words) -> list[str]:
    """The criteria of grade C that the figures fail; where they fail none, the rule that they were not made by."""
    adjusted = figures.adjusted_p
    criteria = {
        "interval": figures.spearman_interval.low > 0,
        "p": figures.permutation_p < MAX_P,
        "adjusted": adjusted is None or adjusted < MAX_ADJUSTED_P,
        "brier": figures.brier < figures.brier_base_rate,
    }
    limits = {"p": words.decimal(MAX_P, 3), "adjusted": words.decimal(MAX_ADJUSTED_P, 2)}
    failed = [key for key, met in criteria.items() if not met] or ["strict"]
    return [words.say(f"details.failed_{key}", limit=limits.get(key, "")) for key in failed]


def _warning(drug: DrugResult, words: Words) -> str:
    """Why the drug is grey, where the grade beside it does not say so already."""
    if drug.call is not Call.NOT_EVALUABLE or drug.reason == "no_demonstrated_skill":
        return words["details.muted_skill"]
    reason = _reason(drug, words)
    return reason if drug.score is None else words.say("details.muted", reason=reason)


def _drivers(drug: DrugResult, words: Words) -> Values:
    """Bars that add up to the score: most sensitive genes first, the others and the correction in the middle."""
    heading = words["details.drivers"]
    if drug.score is None:
        return {"heading": heading, "rows": [], "note": words.say("details.no_score", reason=_reason(drug, words))}
    ups = sorted((one for one in drug.contributions if one.value > 0), key=lambda one: -one.value)
    downs = sorted((one for one in drug.contributions if one.value < 0), key=lambda one: one.value)
    shown = (ups[:DRIVERS], downs[:DRIVERS])
    rest = _rest(drug, [*shown[0], *shown[1]], words)
    # the weakest of the resistant side comes first, so that the chart runs from one end to the other
    bars = [*map(_pair, shown[0]), *rest, *map(_pair, reversed(shown[1]))]
    widest = max((abs(value) for _, value, _ in bars), default=0.0) or 1.0
    total = sum(one.value for one in drug.contributions) + (drug.content_correction or 0.0)
    return {
        "heading": heading,
        "ends": [words["drugs.resistant_end"], words["drugs.sensitive_end"]],
        "rows": [
            {"label": label, "value": _signed(value, words), "at": value / widest, "gene": gene}
            for label, value, gene in bars
        ],
        "total": [words["details.total"], _signed(drug.score, words)],
        "note": None if abs(total - drug.score) <= UNSUMMED else words["details.unsummed"],
    }


def _signed(value: float, words: Words) -> str:
    """``value`` with two decimals and its sign, so that a direction is never told by place or colour alone."""
    text = words.decimal(value, 2)
    return f"+{text}" if value > 0 and text != words.decimal(0.0, 2) else text


def _pair(one: Contribution) -> tuple[str, float, bool]:
    return clipped(one.symbol, SYMBOL), one.value, True


def _rest(drug: DrugResult, shown: list[Contribution], words: Words) -> list[tuple[str, float, bool]]:
    """The genes without a bar of their own as one bar, and what was taken out for stroma."""
    rows = []
    count = len(drug.contributions) - len(shown)
    if count:
        value = sum(one.value for one in drug.contributions) - sum(one.value for one in shown)
        rows.append((words.say("details.others", count=words.decimal(count, 0)), value, False))
    if drug.content_correction is not None:
        rows.append((words["details.correction"], drug.content_correction, False))
    return rows


def _reason(drug: DrugResult, words: Words) -> str:
    return words.code("reason", drug.reason)


def _facts(drug: DrugResult, words: Words) -> list[list[str]]:
    """The figures that stand beside the charts, each with what it is held against; none without a signature."""
    if drug.validation is None:
        return []
    rows = {
        "tumour": words.say(
            "details.tumour_value",
            score=words.estimate(drug.score, drug.score_interval, 2),
            percentile=words.decimal(drug.percentile, 0),
            probability=" ".join(words.probability(drug.probability, drug.probability_interval)),
        ),
        "coverage": _coverage(drug, words),
        **_validation_facts(drug.validation, words),
    }
    return [[words.label(f"details.{key}"), text] for key, text in rows.items()]


def _coverage(drug: DrugResult, words: Words) -> str:
    coverage = drug.coverage
    found, genes = words.decimal(coverage.found, 0), words.decimal(coverage.genes, 0)
    if not coverage.missing:
        return words.say("details.coverage_value", found=found, genes=genes)
    names = words["number.join"].join(clipped(name, SYMBOL) for name in coverage.missing[:MISSING])
    if len(coverage.missing) > MISSING:
        names = words.say("details.missing_more", genes=names, more=words.decimal(len(coverage.missing) - MISSING, 0))
    return words.say("details.coverage_missing", found=found, genes=genes, missing=names)


def _permutation(figures: Validation, words: Words) -> str:
    """The p of shuffled responses, and that corrected for the drugs, where the record holds it."""
    p = words.measure(figures.permutation_p)
    if figures.adjusted_p is None:
        return words.say("details.permutation_value", p=p)
    return words.say("details.permutation_corrected", p=p, corrected=words.measure(figures.adjusted_p))


def _validation_facts(figures: Validation, words: Words) -> dict[str, str]:
    better = figures.brier < figures.brier_base_rate
    auroc = words.estimate(figures.auroc, figures.auroc_interval, 2)
    return {
        "model": words.known(None) if figures.family is None else words.code("family", figures.family),
        "auroc": words.say("details.auroc_value", value=auroc, chance=words.decimal(CHANCE, 1)),
        "permutation": _permutation(figures, words),
        "brier": words.say(
            "details.brier_better" if better else "details.brier_worse",
            value=words.decimal(figures.brier, 3),
            base=words.decimal(figures.brier_base_rate, 3),
        ),
        "slope": words.say("details.slope_value", value=words.decimal(figures.calibration_slope, 2)),
        "ceiling": words.decimal(figures.ceiling, 2),
        "specific": _specific(figures, words),
    }


def _specific(figures: Validation, words: Words) -> str:
    """The part beyond general sensitivity, and in a sentence what its interval allows to be said."""
    meaning = words[f"specific.{_side(figures.specific_interval)}"]
    if figures.specific is None:
        return meaning
    return words.say(
        "details.specific_value",
        value=words.estimate(figures.specific, figures.specific_interval, 2),
        level=words.levels([figures.specific_interval]),
        meaning=meaning,
    )


def _side(interval: Interval | None) -> str:
    """Where an interval of a correlation lies: the only reading that it allows."""
    if interval is None:
        return "unknown"
    if interval.low > 0:
        return "above"
    return "below" if interval.high < 0 else "holds"


def _skill(figures: Validation, words: Words) -> Values:
    """Spearman's correlation overall, in each world, and in the sets that no grade rests on; what failed as well."""
    overall = SetSkill(
        name=words["details.overall"],
        n=figures.n,
        spearman=figures.spearman,
        spearman_interval=figures.spearman_interval,
    )
    rows = [{**_set(overall, words), "overall": True}]
    for key, sets in (("worlds", figures.worlds), ("external", figures.external)):
        if sets:
            rows.append({"label": words[f"details.{key}"], "set": False})
            rows += [_set(one, words) for one in sets]
    level = words.levels([one.spearman_interval for one in (overall, *figures.worlds, *figures.external)])
    titles = [words["details.set"], words.say("details.spearman", level=level), words["details.reading"]]
    return {
        "columns": titles,
        "rows": rows,
        "note": None if figures.worlds or figures.external else words["details.no_sets"],
    }


def _set(one: SetSkill, words: Words) -> Values:
    interval = one.spearman_interval
    return {
        "label": words.say("details.set_value", name=clipped(words.text(one.name), NAME), n=words.decimal(one.n, 0)),
        "set": True,
        "overall": False,
        "estimate": words.estimate(one.spearman, interval, 2),
        "reading": words[f"skill.{_side(interval)}"],
        "x": one.spearman,
        "low": interval.low,
        "high": interval.high,
    }


def _calibration(drug: DrugResult, figures: Validation, words: Words) -> Values:
    """The calibration plot: what was predicted against what was observed, as shares of one."""
    groups = figures.reliability
    spoken = words.listed(_group(one, words) for one in groups) if groups else words["details.no_groups"]
    return {
        "heading": words["details.calibration"],
        "axes": [words["details.predicted"], words["details.observed"]],
        "ticks": [[share, words.percent(share)] for share in (0.0, 0.5, 1.0)],
        "groups": [
            {
                "x": one.predicted,
                "y": one.observed,
                "low": one.observed_interval.low,
                "high": one.observed_interval.high,
            }
            for one in groups
        ],
        "base": BASE_RATE,
        "patient": drug.probability,
        "alt": words.say("details.calibration_alt", drug=words.code("drug", drug.drug), groups=spoken),
        "note": None if groups else words["details.no_groups"],
    }


def _group(one: ReliabilityGroup, words: Words) -> str:
    return words.say(
        "details.group",
        n=words.decimal(one.n, 0),
        predicted=words.percent(one.predicted),
        observed=" ".join(words.probability(one.observed, one.observed_interval)),
    )
