"""The regimens in their order for one patient: an explicit tuple, printed in words, and ties that are said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from pancreassign.errors import ArtefactError, ClinicalError
from pancreassign.records import (
    Drug,
    Finding,
    Interval,
    RegimenEvidence,
    RegimenResult,
    Rule,
    Setting,
    Trial,
)
from pancreassign.regimens.catalogue import Catalogue, GuidelineStanding, Placement, Regimen, Standing
from pancreassign.regimens.clinical import GUIDELINES, SETTING_WORDS, Clinical
from pancreassign.regimens.eligibility import JUDGEMENT, contraindications, findings, fits_line, unplaced
from pancreassign.regimens.rules import (
    NEUTRAL_SCORE,
    RULE_TEXT,
    DrugEvidence,
    regimen_score,
    rule_status,
)

NO_TIER = 99
"""Stands for the tier and order of a regimen that is not placed in the setting: below all that are."""

_RULE_ORDER: dict[Rule, int] = {"met": 0, "unclear": 1, "not met": 2}

RankKey = tuple[int, int, int, int, float, int]


@dataclass(frozen=True)
class _Placed:
    """A regimen with all that its place depends on."""

    regimen: Regimen
    eligibility: list[Finding]
    place: Standing | None
    """Where it stands in the setting, by the guideline chosen where the catalogue holds that; ``None`` = not placed."""
    origin: str | None
    """How that stands to the guideline chosen, in words; ``None`` where none was chosen."""
    line: str
    """Whether it is placed for setting, line and patient, in words."""
    fits: bool
    rule: Rule
    score: float | None
    interval: Interval | None
    position: int
    """Its place in the catalogue: the last resort, so that the order is always the same."""

    @property
    def key(self) -> RankKey:
        """The rank tuple of the design; the smaller comes first."""
        score = NEUTRAL_SCORE if self.score is None else self.score
        return (
            # 1. What is contraindicated sinks to the end, whatever else speaks for it.
            int(bool(contraindications(self.eligibility))),
            # 2. Then what the catalogue does not place for this setting, line and patient.
            int(not self.fits),
            # 3. The tier, by the guideline chosen or our own, comes before any signature. Where there is none, a
            # single drug still stands below combinations, so that it never passes its own by its signature alone.
            self.place.tier if self.place is not None else NO_TIER + int(self.regimen.rule == "single"),
            # 4. Within a tier, the rule: met, unclear, not met.
            _RULE_ORDER[self.rule],
            # 5. The higher score first; rounded so that noise breaks no tie.
            -round(score, 2),
            # 6. The guideline's order, then the catalogue's.
            self.place.order if self.place is not None else NO_TIER + self.position,
        )

    @property
    def reach(self) -> tuple[float, float]:
        """The score's interval; a regimen without a score could stand anywhere."""
        return (0.0, 100.0) if self.interval is None else (self.interval.low, self.interval.high)


def rank_regimens(
    catalogue: Catalogue,
    drugs: Mapping[Drug, DrugEvidence],
    setting: Setting,
    clinical: Clinical,
    level: float,
) -> list[RegimenResult]:
    """All regimens of the catalogue in ranked order; none is hidden.

    Parameters
    ----------
    drugs
        The evidence of all five drugs.
    setting
        The setting to rank for (see :func:`pancreassign.regimens.clinical.setting_of`).
    level
        The level of the drugs' probability intervals, which the regimens' intervals carry on.

    Raises
    ------
    ArtefactError
        Where a drug's evidence is missing or is not made of probabilities.
    ClinicalError
        Where the setting is not one of the vocabulary.
    """
    if setting.value not in SETTING_WORDS:
        raise ClinicalError("setting", f"{setting.value!r} is unknown", f"Use one of {', '.join(SETTING_WORDS)}.")
    missing = [drug.value for drug in Drug if drug not in drugs]
    if missing:
        raise ArtefactError("drug evidence", f"lacks {', '.join(missing)}", "Use a pack with all five drugs.")
    placed = [
        _place(catalogue, regimen, position, drugs, setting, clinical, level)
        for position, regimen in enumerate(catalogue.regimens)
    ]
    silent = _silent(catalogue, setting, clinical)
    results: list[RegimenResult] = []
    for group in tie_groups(placed):
        rank = len(results) + 1  # 1 + the number of regimens above
        results += [_result(one, rank, group, drugs, silent) for one in group]
    return results


def _place(
    catalogue: Catalogue,
    regimen: Regimen,
    position: int,
    drugs: Mapping[Drug, DrugEvidence],
    setting: Setting,
    clinical: Clinical,
    level: float,
) -> _Placed:
    scored = [drugs[drug] for drug in regimen.scored]
    score, interval = regimen_score(regimen.rule, scored, level)
    placement = regimen.placement(setting.value)
    place = None if placement is None else placement.standing(clinical.guideline, clinical.age)
    line, fits = _line(catalogue, regimen, setting, clinical)
    return _Placed(
        regimen=regimen,
        eligibility=findings(catalogue, regimen, clinical, setting.value),
        place=place,
        origin=None if placement is None else _origin(placement, clinical),
        line=line,
        fits=fits,
        rule=rule_status(regimen.rule, scored),
        score=score,
        interval=interval,
        position=position,
    )


def _line(catalogue: Catalogue, regimen: Regimen, setting: Setting, clinical: Clinical) -> tuple[str, bool]:
    """Whether the catalogue places the regimen for setting, line and patient: in words, and as a truth."""
    where = SETTING_WORDS[setting.value]
    place = regimen.placement(setting.value)
    if place is None:
        return f"not placed for {where}: the catalogue holds no figures for it there", False
    if not fits_line(catalogue, place, clinical):
        return f"for {where}, but the catalogue holds no figures for it after the regimens given", False
    reason = unplaced(catalogue, regimen, clinical, setting.value)
    if reason is not None:
        return f"for {where}, but not placed for this patient: {reason}", False
    return f"for {where}", True


def _origin(placement: Placement, clinical: Clinical) -> str | None:
    """How tier and order stand to the guideline chosen: its own, our reading of it, or the catalogue's own, and why."""
    if clinical.guideline is None:
        return None
    name = GUIDELINES[clinical.guideline]
    place = placement.standing(clinical.guideline, clinical.age)
    if isinstance(place, GuidelineStanding):
        return f"after {name}" if place.judgement else name
    held = any(own.guideline == clinical.guideline for own in placement.guidelines)
    return f"{name} goes by age" if held else f"nothing of {name} held"


def _silent(catalogue: Catalogue, setting: Setting, clinical: Clinical) -> list[str]:
    """The note that the guideline chosen changes nothing here, since the catalogue holds nothing of it."""
    guideline = clinical.guideline
    if guideline is None or catalogue.holds(guideline, setting.value):
        return []
    where, name = SETTING_WORDS[setting.value], GUIDELINES[guideline]
    return [f"Nothing of {name} is held for {where}: the catalogue's own order stands"]


def tie_groups(placed: Sequence[_Placed]) -> list[list[_Placed]]:
    """The regimens in order, cut into groups that share a rank.

    From the top, those of the leader's class (contraindicated, setting, tier, rule) whose score interval overlaps
    the leader's are tied with it; of the rest the first leads next. A regimen that the tuple puts between tied
    ones without overlapping the leader comes after their group: so printed ranks never fall, and what shares a
    rank stands together.
    """
    groups: list[list[_Placed]] = []
    for _, members in groupby(sorted(placed, key=lambda one: one.key), key=lambda one: one.key[:4]):
        rest = list(members)
        while rest:
            leader, *others = rest
            low, high = leader.reach
            tied = [one for one in others if one.reach[0] <= high and one.reach[1] >= low]
            groups.append([leader, *tied])
            rest = [one for one in others if one not in tied]
    return groups


def _result(
    one: _Placed, rank: int, group: Sequence[_Placed], drugs: Mapping[Drug, DrugEvidence], silent: Sequence[str]
) -> RegimenResult:
    regimen = one.regimen
    grades = {drug: drugs[drug].grade for drug in regimen.scored}
    return RegimenResult(
        id=regimen.id,
        name=regimen.name,
        drugs=[part.name for part in regimen.components],
        rank=rank,
        tied_with=[other.regimen.id for other in group if other is not one],
        contraindicated=bool(contraindications(one.eligibility)),
        for_setting=one.fits,
        tier=one.place.tier if one.place is not None else None,
        basis=one.place.basis if one.place is not None else None,
        judgement=one.place is not None and one.place.judgement,
        score=one.score,
        interval=one.interval,
        rule=one.rule,
        rule_text=RULE_TEXT[regimen.rule],
        order=_in_words(one),
        eligibility=one.eligibility,
        trials=[Trial(**trial.model_dump()) for trial in regimen.trials],
        evidence=RegimenEvidence(
            grades=grades,
            without_skill=list(grades.values()).count("D"),
            without_signature=regimen.without_signature,
        ),
        notes=[
            *(part.note for part in regimen.components if part.note),
            *regimen.notes,
            *(silent if one.place is not None else []),
        ],
    )


def _in_words(one: _Placed) -> list[str]:
    """The rank tuple, an element a string."""
    reasons = contraindications(one.eligibility)
    tier, order = _standing_in_words(one)
    return [
        "contraindicated: " + "; ".join(reason.message for reason in reasons)
        if reasons
        else "no known contraindication",
        one.line,
        tier,
        f"rule {one.rule}",
        f"no score (ordered as {NEUTRAL_SCORE})" if one.score is None else f"score {round(one.score, 2)}",
        order,
    ]


def _standing_in_words(one: _Placed) -> tuple[str, str]:
    """Tier and order, and whose they are: a guideline's only where the one chosen gave them."""
    place = one.place
    if place is None:
        below = " (a single drug: below combinations)" if one.regimen.rule == "single" else ""
        return f"no tier here{below}", "no order here"
    whose = "guideline" if isinstance(place, GuidelineStanding) and not place.judgement else "the catalogue's"
    said = [one.origin] if one.origin else []
    said += [JUDGEMENT] if place.judgement else []
    mark = f" ({'; '.join(said)})" if said else ""
    return f"{whose} tier {place.tier}{mark}", f"{whose} order {place.order}{mark}"
