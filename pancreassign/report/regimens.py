"""The ranked regimens in words: a part of :mod:`pancreassign.report.content`, as pure as the rest of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import groupby
from string import ascii_lowercase
from typing import Any

from pancreassign.records import Drug, Finding, Prediction, RegimenResult
from pancreassign.report.words import Words, clipped, sentence

Values = dict[str, Any]
NO_SKILL = "D"
"""The evidence grade of a signature without demonstrated skill."""
NAME = 120
"""Signs of a name in a table: far more than any real one has."""


class Footnotes:
    """Sentences that several regimens share, printed once and pointed to by number."""

    def __init__(self) -> None:
        """Start without any."""
        self.texts: list[str] = []

    def mark(self, text: str) -> str:
        """The number of ``text``, as a footnote mark."""
        text = sentence(text)
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
    letters = _letters(main, [*elsewhere, *contraindicated])
    return {
        "heading": words["regimens.heading"],
        "warning": None if evaluable else words["regimens.none_evaluable"],
        "columns": [words[f"regimens.{key}"] for key in columns],
        "rows": [_regimen(regimen, evaluable, letters, words, notes) for regimen in main],
        "empty": None if main else words["regimens.none_placed" if elsewhere else "regimens.none_open"],
        "aside": [
            {"label": words[f"regimens.{key}"], "items": _asides(group, evaluable, letters, words)}
            for key, group in groups.items()
            if group
        ],
        "shared": _shared(letters, main, words),
        "check": _open_checks(main, words) or _open_checks(record.regimens, words),
        "notes": [words["regimens.order"], words.say("regimens.score_note", level=level)],
        "short": words.say("front.regimens", level=level),
        "footnotes": notes.texts,
    }


def _name(regimen: RegimenResult, words: Words) -> str:
    return clipped(words.text(regimen.name), NAME)


def _against(regimen: RegimenResult) -> list[Finding]:
    """What speaks against a regimen in this patient."""
    return [item for item in regimen.eligibility if item.status in ("contraindicated", "caution")]


def _unknown(regimen: RegimenResult) -> list[Finding]:
    return [item for item in regimen.eligibility if item.status == "unknown"]


def _regimen(
    regimen: RegimenResult, evaluable: set[Drug], letters: dict[str, str], words: Words, notes: Footnotes
) -> Values:
    return {
        "rank": _rank(regimen, words),
        "name": _name(regimen, words),
        # why we put it there stands with its trials: this page has no room for it
        "name_mark": notes.marks([words["regimens.judged"]] * regimen.judgement + list(map(words.text, regimen.notes))),
        "rule_mark": notes.marks(_rule_note(regimen, words)),
        "rule": words[f"rule.{regimen.rule}"],
        "score": words.estimate(regimen.score, regimen.interval, 0),
        "muted": evaluable.isdisjoint(regimen.evidence.grades),
        "evidence": _evidence(regimen, evaluable, words),
        "against": _against_lines(regimen, letters, words),
    }


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


def _against_lines(regimen: RegimenResult, letters: dict[str, str], words: Words) -> list[str]:
    lines = []
    for message in (item.message for item in _against(regimen)):
        key = "regimens.caution_lettered" if message in letters else "regimens.caution"
        lines.append(words.say(key, letter=letters.get(message, ""), message=_finding(message, words)))
    count = len(_unknown(regimen))
    if count:
        said = words["regimens.open_one"] if count == 1 else words.say("regimens.open_many", count=str(count))
        lines[-1:] = [words["regimens.join"].join([*lines[-1:], said])]  # no line of its own: space is short
    return lines or [words["regimens.nothing"]]


def _cautions(regimen: RegimenResult) -> list[str]:
    return [item.message for item in regimen.eligibility if item.status == "caution"]


def _letters(main: list[RegimenResult], last: list[RegimenResult]) -> dict[str, str]:
    """Cautions that the last regimens share, each with the letter that stands for it there: room for one page is short.

    In the table of the others every caution stands in full, with its letter.
    """
    counted = Counter(message for regimen in [*main, *last] for message in dict.fromkeys(_cautions(regimen)))
    of_last = {message for regimen in last for message in _cautions(regimen)}
    shared = (message for message, count in counted.items() if count > 1 and message in of_last)
    return dict(zip(shared, ascii_lowercase, strict=False))


def _shared(letters: dict[str, str], main: list[RegimenResult], words: Words) -> Values | None:
    """What those letters stand for that the table does not tell."""
    told = {message for regimen in main for message in _cautions(regimen)}
    items = [
        words.say("regimens.lettered", letter=letter, message=_finding(message, words))
        for message, letter in letters.items()
        if message not in told
    ]
    return {"label": words["regimens.shared"], "text": sentence(words.listed(items))} if items else None


def _finding(message: str, words: Words) -> str:
    return words.inside(words.text(message).rstrip("."))


def _asides(group: list[RegimenResult], evaluable: set[Drug], letters: dict[str, str], words: Words) -> list[str]:
    """The lines of a group at the end of the order; neighbours of which nothing is said in full share one."""

    def short(regimen: RegimenResult) -> bool:
        return all(item.message in letters for item in _against(regimen))

    lines: list[str] = []
    for bare, run in groupby(group, key=short):
        items = [_aside(regimen, evaluable, letters, words) for regimen in run]
        lines += [words["regimens.join"].join(items)] if bare else items
    return lines


def _aside(regimen: RegimenResult, evaluable: set[Drug], letters: dict[str, str], words: Words) -> str:
    """One regimen in short: what rules it out, then every caution, in full or by its letter."""
    cautions = _cautions(regimen)
    said = [_finding(item.message, words) for item in regimen.eligibility if item.status == "contraindicated"]
    said += [
        words.say("regimens.aside_caution", message=_finding(message, words))
        for message in cautions
        if message not in letters
    ]
    marks = sorted({letters[message] for message in cautions if message in letters})
    if marks:
        said.append(words.say("regimens.aside_letters", letters=words["number.join"].join(marks)))
    against = words.say("regimens.aside_against", findings=words.listed(said)) if said else ""
    basis, name = _aside_basis(regimen, evaluable, words), _name(regimen, words)
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
    return words[key] if key in words else _finding(finding.message, words)


def _open_checks(regimens: list[RegimenResult], words: Words) -> Values | None:
    """Every open question once, in the order in which the regimens raise it."""
    topics = dict.fromkeys(_topic(finding, words) for regimen in regimens for finding in _unknown(regimen))
    return {"label": words["regimens.check"], "items": words.before_semicolons(topics)} if topics else None
