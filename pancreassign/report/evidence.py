"""What stands behind each regimen's place: its order in words, every finding of eligibility, its trials, the sources.

A part of :mod:`pancreassign.report.content`, as pure as the rest of it. The front page shows what speaks against a
regimen; here stands everything that the record holds of it, also what is in order.
"""

from __future__ import annotations

from typing import Any

from pancreassign.records import Finding, Prediction, RegimenResult, Status
from pancreassign.report.regimens import NAME, Footnotes
from pancreassign.report.words import Words, clipped, sentence

Values = dict[str, Any]
STATUSES: tuple[Status, ...] = ("contraindicated", "caution", "unknown", "ok")
"""The order in which findings are printed: what forbids first, what is in order last."""


def section(record: Prediction, words: Words) -> Values:
    """Every regimen of the record in its order, with the sources of all findings once at the end."""
    sources = Footnotes()
    return {
        "heading": words["evidence.heading"],
        "intro": words["evidence.intro"],
        "columns": [words[f"evidence.{key}"] for key in ("trial", "efficacy", "toxicity", "source")],
        "regimens": [_regimen(regimen, sources, words) for regimen in record.regimens],
        "semicolon": words["number.before_semicolon"] + "; ",
        "sources_heading": words["evidence.sources"],
        "sources": sources.texts,
    }


def _regimen(regimen: RegimenResult, sources: Footnotes, words: Words) -> Values:
    return {
        "title": words.say(
            "regimens.tie" if regimen.tied_with else "evidence.rank", rank=words.decimal(regimen.rank, 0)
        ),
        "name": clipped(words.text(regimen.name), NAME),
        "order": [words["evidence.order"], *(words.text(step) for step in regimen.order)],
        "notes": _notes(regimen, words),
        "findings": [
            {"label": words[f"status.{status}"], "strong": status == STATUSES[0], "items": items}
            for status in STATUSES
            if (items := [_finding(one, sources, words) for one in regimen.eligibility if one.status == status])
        ],
        "trials": [
            [
                clipped(words.text(trial.name), NAME) + words["number.before_colon"] + ":",
                words.text(trial.population),
                words.text(trial.efficacy),
                words["evidence.no_figures"] if trial.toxicity is None else words.text(trial.toxicity),
                words.text(trial.source),
            ]
            for trial in regimen.trials
        ],
        "no_trial": None if regimen.trials else words["evidence.no_trial"],
    }


def _finding(one: Finding, sources: Footnotes, words: Words) -> list[str]:
    """What was found, and the number of its source."""
    return [words.inside(words.text(one.message).rstrip(".")), sources.mark(words.text(one.source))]


def _notes(regimen: RegimenResult, words: Words) -> list[str]:
    """Why it stands in its tier, what its rule asks, and how its drugs were scored, in whole sentences."""
    notes = []
    if regimen.basis is not None:
        key = "evidence.judged" if regimen.judgement else "evidence.basis"
        notes.append(words.say(key, basis=words.text(regimen.basis)))
    notes.append(words.say("evidence.rule", rule=words.text(regimen.rule_text), state=words[f"rule.{regimen.rule}"]))
    notes += [words.text(note) for note in regimen.notes]
    return [sentence(note) for note in notes]
