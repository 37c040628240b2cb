"""The parts of a record that say how the regimens are ranked, and why."""

from __future__ import annotations

from pancreassign.records.base import Drug, Grade, Interval, Part, Rule, Status


class Setting(Part):
    """The clinical setting; ``assumed`` where none was given."""

    value: str
    assumed: bool


class Finding(Part):
    """One eligibility rule held against what is known of the patient."""

    code: str
    status: Status
    message: str
    source: str


class Trial(Part):
    """A trial of the regimen; figures as published, ``None`` where not reported or not verified."""

    name: str
    population: str
    efficacy: str
    toxicity: str | None
    source: str


class RegimenEvidence(Part):
    """What the regimen's score rests on: the grade of each scored drug, and what has no signature."""

    grades: dict[Drug, Grade]
    without_skill: int
    without_signature: list[str]


class RegimenResult(Part):
    """One regimen in its place; ``rank`` 1 is the first, ties share a rank.

    ``for_setting`` is false where the catalogue does not place it for the setting, line and patient; ``order`` is the
    rank tuple in words. ``tier`` and ``basis`` (what the placement rests on) are ``None`` where it is not placed in the
    setting; ``judgement`` is true where our judgement, not a guideline or trial alone, put it there.
    """

    id: str
    name: str
    drugs: list[str]
    rank: int
    tied_with: list[str]
    contraindicated: bool
    for_setting: bool
    tier: int | None
    basis: str | None
    judgement: bool
    score: float | None
    interval: Interval | None
    rule: Rule
    rule_text: str
    order: list[str]
    eligibility: list[Finding]
    trials: list[Trial]
    evidence: RegimenEvidence
    notes: list[str]
