"""What every report says alike: how it was made, what it cannot tell, what it is for, references, glossary.

A part of :mod:`pancreassign.report.content`. The texts hold for any pack: what a pack's own figures are stands with its
drugs, and in its card.
"""

from __future__ import annotations

import unicodedata
from typing import Any

from pancreassign.records import PackId, Prediction, ReferenceId
from pancreassign.report.regimens import NAME
from pancreassign.report.words import Words, clipped

Values = dict[str, Any]
METHODS = ("levels", "score", "probability", "call", "grades", "regimens", "quality")
LIMITS = ("patients", "shared", "combined", "few", "unchecked", "lesion")
USE = ("kind", "meant", "not_meant")
REFERENCES = ("ebai", "esmo", "thirds", "pancreasview", "protocols", "ffpe", "wilson", "docs")
TERMS = (
    "auroc",
    "brier",
    "ceiling",
    "chemogram",
    "general",
    "interval",
    "percentile",
    "permutation",
    "reference",
    "rule",
    "signature",
    "slope",
    "spearman",
    "third",
    "tie",
    "tumour_content",
)


def section(record: Prediction, words: Words) -> list[Values]:
    """The sections in their order: each a heading and its paragraphs, with a term before them where they have one."""
    return [
        _part("methods", [_termed("methods", key, words, **_named(record, words)) for key in METHODS], words),
        _part("limits", [[None, words[f"limits.{key}"]] for key in LIMITS], words),
        _part("use", [[None, words[f"use.{key}"]] for key in USE], words),
        _part("references", [[None, words[f"references.{key}"]] for key in REFERENCES], words),
        _part("glossary", sorted((_termed("glossary", key, words) for key in TERMS), key=_by_term), words),
    ]


def _part(name: str, items: list[list[str | None]], words: Words) -> Values:
    return {"heading": words[f"{name}.heading"], "items": items}


def _termed(table: str, key: str, words: Words, **values: str) -> list[str | None]:
    return [words.label(f"{table}_term.{key}"), words.say(f"{table}.{key}", **values)]


def _by_term(item: list[str | None]) -> str:
    """Alphabetical, an accented letter beside its plain one."""
    return unicodedata.normalize("NFKD", item[0] or "").casefold()


def _named(record: Prediction, words: Words) -> dict[str, str]:
    """What the methods name of this record."""

    def named(part: PackId | ReferenceId) -> str:
        name, version = clipped(part.name, NAME), clipped(part.version, NAME)
        return words.say("footer.versioned", name=name, version=version)

    return {
        "pack": named(record.pack),
        "reference": named(record.reference),
        "tumours": words.decimal(record.reference.tumours, 0),
    }
