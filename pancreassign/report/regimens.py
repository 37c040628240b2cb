"""The ranked regimens in words: a part of :mod:`pancreassign.report.content`, as pure as the rest of it."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from pancreassign.records import Drug, Finding, Prediction, RegimenResult
from pancreassign.report.words import Words

Values = dict[str, Any]
NO_SKILL = "D"
"""The evidence grade of a signature without demonstrated skill."""


class Footnotes:
    """Sentences that several regimens share, printed once and pointed to by number."""

    def __init__(self) -> None:
        """Start without any."""
        self.texts: list[str] = []

    def mark(self, text: str) -> str:
        """The number of ``text``, as a footnote mark."""
        text = text.rstrip(".") + "."
        if text not in self.texts:
            self.texts.append(text)
        return str(self.texts.index(text) + 1)

    def marks(self, texts: Iterable[str]) -> str:
        """The marks of several texts, in one string."""
        return ",".join(self.mark(text) for text in texts if text.strip())


def section(record: Prediction, evaluable: set[Drug], words: Words) -> Values:
    """The regimens in their order, with what speaks against each; none is hidden.

    Parameters
    ----------
    evaluable
        The drugs whose signature says something of this sample: the other values are shown in grey.
    """
    notes = Footnotes()
    main = [regimen for regimen in record.regimens if regimen.for_setting and not regimen.contraindicated]
    contraindicated = [regimen for regimen in record.regimens if regimen.contraindicated]
    elsewhere = [regimen for regimen in record.regimens if not (regimen.for_setting or regimen.contraindicated)]
    columns = ("rank", "name", "rule", "score", "evidence", "against")
    level = words.levels([regimen.interval for regimen in record.regimens])
    groups = {"setting_group": elsewhere, "contraindicated_group": contraindicated}
    return {
        "heading": words["regimens.heading"],
        "warning": None if evaluable else words["regimens.none_evaluable"],
        "columns": [words[f"regimens.{key}"] for key in columns],
        "rows": [_regimen(regimen, evaluable, words, notes) for regimen in main],
        "aside": [
            {"label": words[f"regimens.{key}"], "items": _asides(group, evaluable, words)}
            for key, group in groups.items()
            if group
        ],
        "check": _open_checks(main, words),
        "notes": [words["regimens.order"], words.say("regimens.score_note", level=level)],
        "short": words["front.regimens"],
        "footnotes": notes.texts,
    }


def _against(regimen: RegimenResult) -> list[Finding]:
    """What speaks against a regimen in this patient."""
    return [item for item in regimen.eligibility if item.status in ("contraindicated", "caution")]


def _unknown(regimen: RegimenResult) -> list[Finding]:
    return [item for item in regimen.eligibility if item.status == "unknown"]


def _regimen(regimen: RegimenResult, evaluable: set[Drug], words: Words, notes: Footnotes) -> Values:
    return {
        "rank": _rank(regimen, words),
        "name": words.text(regimen.name),
        "name_mark": notes.marks(_judged(regimen, words) + list(map(words.text, regimen.notes))),
        "rule_mark": notes.marks(_rule_note(regimen, words)),
        "rule": words[f"rule.{regimen.rule}"],
        "score": words.estimate(regimen.score, regimen.interval, 0),
        "muted": evaluable.isdisjoint(regimen.evidence.grades),
        "evidence": _evidence(regimen, evaluable, words),
        "against": _against_lines(regimen, words),
    }


def _judged(regimen: RegimenResult, words: Words) -> list[str]:
    """The note on a placement that rests on our judgement; none where a guideline or trial gives it."""
    if not regimen.judgement or regimen.basis is None:
        return []
    return [words.say("regimens.judged", basis=words.text(regimen.basis))]


def _rule_note(regimen: RegimenResult, words: Words) -> list[str]:
    """The rule in words; none where no signature scores the regimen: its own note says so."""
    return [words.say("regimens.rule_note", rule=words.text(regimen.rule_text))] if regimen.evidence.grades else []


def _rank(regimen: RegimenResult, words: Words) -> str:
    rank = words.decimal(regimen.rank, 0)
    return words.say("regimens.tie", rank=rank) if regimen.tied_with else rank


def _evidence(regimen: RegimenResult, evaluable: set[Drug], words: Words) -> list[str]:
    """What the score rests on: drugs without skill, drugs that this sample cannot show, parts without signature."""

    def named(drugs: Iterable[str]) -> str:
        return words["number.join"].join(map(words.text, drugs))

    grades = regimen.evidence.grades
    without, total = regimen.evidence.without_skill, len(grades)
    unscored = regimen.evidence.without_signature
    if not grades:
        return [words.say("regimens.no_scored_drug", drugs=named(unscored))]
    if without == 0:
        lines = [words.say("regimens.all_skilled", grades=words["number.join"].join(grades.values()))]
    else:
        noun = words["regimens.drug"] if total == 1 else words["regimens.drugs"]
        lines = [words.say("regimens.without_skill", without=str(without), all=str(total), drugs=noun)]
    lost = [drug.value for drug, grade in grades.items() if grade != NO_SKILL and drug not in evaluable]
    if lost:
        lines.append(words.say("regimens.not_evaluable", drugs=named(lost)))
    if unscored:
        lines.append(words.say("regimens.without_signature", drugs=named(unscored)))
    return lines


def _against_lines(regimen: RegimenResult, words: Words) -> list[str]:
    lines = [words.say("regimens.caution", message=words.text(item.message)) for item in _against(regimen)]
    count = len(_unknown(regimen))
    if count:
        said = words["regimens.open_one"] if count == 1 else words.say("regimens.open_many", count=str(count))
        lines[-1:] = [words["regimens.join"].join([*lines[-1:], said])]  # no line of its own: space is short
    return lines or [words["regimens.nothing"]]


def _asides(group: list[RegimenResult], evaluable: set[Drug], words: Words) -> list[str]:
    """The lines of a group at the end of the order; neighbours that nothing is said against share one."""
    lines: list[str] = []
    for bare, run in groupby(group, key=lambda regimen: not _against(regimen)):
        items = [_aside(regimen, evaluable, words) for regimen in run]
        lines += [words["regimens.join"].join(items)] if bare else items
    return lines


def _aside(regimen: RegimenResult, evaluable: set[Drug], words: Words) -> str:
    """One regimen in short: what rules it out, then every caution in full."""
    said = [(item.status, words.text(item.message).rstrip(".")) for item in _against(regimen)]
    reasons = [message for status, message in said if status == "contraindicated"]
    reasons += [words.say("regimens.aside_caution", message=message) for status, message in said if status == "caution"]
    against = words.say("regimens.aside_against", findings=words.listed(reasons)) if reasons else ""
    basis, name = _aside_basis(regimen, evaluable, words), words.text(regimen.name)
    return words.say("regimens.aside_item", rank=_rank(regimen, words), name=name, basis=basis, against=against)


def _aside_basis(regimen: RegimenResult, evaluable: set[Drug], words: Words) -> str:
    """What the score rests on: rule and score only where they say something of this tumour."""
    if not evaluable:
        return ""  # the warning under the heading says it of all regimens
    evidence = words.listed(_evidence(regimen, evaluable, words))
    if evaluable.isdisjoint(regimen.evidence.grades):
        return words.say("regimens.aside_muted", evidence=evidence)
    rule, score = words[f"rule.{regimen.rule}"], words.decimal(regimen.score, 0)
    return words.say("regimens.aside_scored", rule=rule, score=score, evidence=evidence)


def _topic(finding: Finding, words: Words) -> str:
    """What a finding is about, by the first part of its code (``ecog_0_1``: ECOG); else its own message."""
    key = f"topic.{finding.code.partition('_')[0]}"
    return words[key] if key in words else words.text(finding.message).rstrip(".")


def _open_checks(regimens: list[RegimenResult], words: Words) -> Values | None:
    """Every open question once, in the order in which the regimens raise it."""
    topics = dict.fromkeys(_topic(finding, words) for regimen in regimens for finding in _unknown(regimen))
    return {"label": words["regimens.check"], "items": words.before_semicolons(topics)} if topics else None
