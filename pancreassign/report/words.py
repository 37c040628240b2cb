"""The words and numbers of the page, in one language.

A language is one file, ``lang/<code>.toml``; nothing else in ``report`` holds a sentence.
"""

from __future__ import annotations

import datetime
import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources

from pancreassign.errors import ConfigError
from pancreassign.records import Interval

DEFAULT_LANGUAGE = "en"
"""The language of the records' own texts, and of a page for which nobody asked for another."""
_BRACE = re.compile(r"\{(\w+)\}")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_AND, _SEMICOLON = " and ", "; "
"""What the record sets between the last two names, and between texts."""
NAMES = frozenset({"drugs", "regimens", "studied"})
"""Braces of a template that hold names: a laboratory's own name in them is shown as it is."""


class Words(dict[str, str]):
    """The strings of one language by dotted key, and how it writes numbers, dates and the record's own texts.

    Parameters
    ----------
    strings
        By dotted key.
    texts
        The language's words for English texts of the record, see :meth:`text`; empty for English itself.
    """

    def __init__(self, strings: Mapping[str, str], texts: Mapping[str, str] | None = None) -> None:
        """Compile those texts that hold braces."""
        super().__init__(strings)
        self._texts = dict(texts or {})
        self._templates = [(_pattern(key), own) for key, own in self._texts.items() if _BRACE.search(key)]

    def say(self, key: str, **values: str) -> str:
        """The string ``key`` with its braces filled."""
        return self[key].format(**values)

    def label(self, key: str) -> str:
        """The string ``key`` with the language's colon."""
        return f"{self[key]}{self['number.before_colon']}:"

    def code(self, table: str, code: str) -> str:
        """The words for a code of the record; a code without words is shown as it is."""
        key = f"{table}.{code}"
        return self[key] if key in self else code.replace("_", " ")

    def text(self, english: str) -> str:
        """A text that the record holds in English, in this language.

        A text that the language file does not know (a laboratory's own catalogue) is shown as it is: rather another
        language than a translation that nobody made for it. A text with something filled in is known by its template:
        numbers and known texts in its braces are translated, and lists of names (:data:`NAMES`) name by name.
        """
        own = self._own(english)
        return english if own is None else own

    def _own(self, english: str) -> str | None:
        """The translation of ``english``; ``None`` where there is none."""
        if english in self._texts:
            return self._texts[english]
        for pattern, own in self._templates:
            found = pattern.fullmatch(english)
            values = (
                {} if found is None else {name: self._filled(name, text) for name, text in found.groupdict().items()}
            )
            if values and None not in values.values():
                return own.format(**values)
        return None

    def _filled(self, name: str, text: str) -> str | None:
        """What stands in the brace ``name`` of a template, in this language; ``None`` where it is not known."""
        if name in NAMES:
            return self._names(text)
        if _NUMBER.fullmatch(text):
            return text.replace(".", self["number.decimal"])
        whole = self._own(text)
        if whole is not None or _SEMICOLON not in text:
            return whole
        parts = [self._own(part) for part in text.split(_SEMICOLON)]
        known = [part for part in parts if part is not None]
        return self.listed(known) if len(known) == len(parts) else None

    def _names(self, listed: str) -> str:
        """``a, b and c``, each in this language where it is known."""
        first, joined, last = listed.rpartition(_AND)
        if listed in self._texts or not joined:
            return ", ".join(self._texts.get(name, name) for name in listed.split(", "))
        return self._names(first) + self["number.and"] + self._texts.get(last, last)

    def inside(self, text: str) -> str:
        """A text that starts as a sentence does, as it stands behind a colon or semicolon in this language."""
        lower = self["number.inside"] == "lower" and text[1:2].islower()
        return text[0].lower() + text[1:] if lower else text

    def known(self, text: str | None) -> str:
        """``text``, or the word for unknown."""
        return text if text is not None and text.strip() else self["number.unknown"]

    def date(self, iso: str) -> str:
        """An ISO date as the language writes it; what is no date is shown as it is."""
        try:
            day = datetime.date.fromisoformat(iso)
        except ValueError:
            return iso
        return self.say("number.date", year=f"{day.year:04}", month=f"{day.month:02}", day=f"{day.day:02}")

    def listed(self, items: Iterable[str]) -> str:
        """Items with semicolons between them."""
        return "; ".join(self.before_semicolons(items))

    def before_semicolons(self, items: Iterable[str]) -> list[str]:
        """The items, each but the last with what the language sets before the semicolon that is to follow."""
        said = list(items)
        return [item + self["number.before_semicolon"] for item in said[:-1]] + said[-1:]

    def decimal(self, value: float | None, places: int) -> str:
        """``value`` with ``places`` decimals, thousands grouped, and a true minus sign."""
        if value is None:
            return self["number.unknown"]
        text = f"{value:,.{places}f}"
        if float(text.replace(",", "")) == 0:
            text = text.lstrip("-")  # "−0.00" would claim a direction that rounding has removed
        marks = {",": self["number.thousands"], ".": self["number.decimal"], "-": "−"}
        return "".join(marks.get(sign, sign) for sign in text)

    def measure(self, value: float | None) -> str:
        """A value of any size: whole from 100 up, else three significant digits without trailing zeros."""
        if value is None or abs(value) >= 100 or value == int(value):
            return self.decimal(value, 0)
        digits = f"{value:.3g}"
        places = len(digits.partition(".")[2]) if "e" not in digits else 6
        return self.decimal(value, places)

    def percent(self, share: float | None) -> str:
        """A share of one as a whole percentage; the ends are never rounded to certainty."""
        if share is None:
            return self["number.unknown"]
        if 0 < share < 0.005:
            return self["number.below_one_percent"]
        if 0.995 <= share < 1:
            return self["number.above_99_percent"]
        return self.say("number.percent", value=self.decimal(100 * share, 0))

    def probability(self, share: float | None, interval: Interval | None) -> list[str]:
        """``41 %`` and ``(22–63 %)``; the unknown interval of a known value is said to be unknown."""
        if share is None:
            return [self["number.unknown"]]
        inside = self["number.unknown"]
        if interval is not None:
            low, high = self.decimal(100 * interval.low, 0), self.percent(interval.high)
            inside = self.say("number.range", low=low, high=high)
        return [self.percent(share), self.say("number.bracket", range=inside)]

    def estimate(self, value: float | None, interval: Interval | None, places: int) -> str:
        """``0.31 (0.05–0.52)``; with a minus sign in it, the range is written with a word."""
        if value is None:
            return self["number.unknown"]
        if interval is None:
            return self.bracket(self.decimal(value, places), self["number.unknown"])
        low, high = self.decimal(interval.low, places), self.decimal(interval.high, places)
        key = "number.range_signed" if "−" in low + high else "number.range"
        return self.bracket(self.decimal(value, places), self.say(key, low=low, high=high))

    def bracket(self, value: str, inside: str) -> str:
        """``value (inside)``."""
        return f"{value} {self.say('number.bracket', range=inside)}"

    def levels(self, intervals: list[Interval | None]) -> str:
        """``95 % `` for intervals of one level, ``90 %, 95 % `` for several, empty for none."""
        levels = sorted({interval.level for interval in intervals if interval is not None})
        if not levels:
            return ""
        return self.say("drugs.level", level=self["number.join"].join(self.percent(level) for level in levels))


def clipped(text: str, most: int) -> str:
    """``text`` cut off after ``most`` signs, with a mark that it was: the record holds the whole."""
    return text if len(text) <= most else f"{text[:most]}…"


def sentence(text: str) -> str:
    """``text`` with a capital and a full stop; what starts with a name or symbol (mFOLFIRINOX, doi) keeps its case."""
    first = text.partition(" ")[0]
    plain = first.islower() and re.fullmatch(r"[^\W\d_]+(?:[-’'][^\W\d_]+)*[,;:]?", first) and first != "doi"
    return (text[0].upper() + text[1:] if plain else text).rstrip(".") + "."


def language_of(clinical: Mapping[str, object]) -> str | None:
    """The language that the clinical facts of a record ask for; ``None`` where they name none."""
    language = clinical.get("language")
    return language if isinstance(language, str) else None


def languages() -> list[str]:
    """The codes of the languages that the page is written in."""
    names = (entry.name for entry in resources.files(__package__).joinpath("lang").iterdir())
    return sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml"))


@cache
def load_words(lang: str = DEFAULT_LANGUAGE) -> Words:
    """The words of ``lang``, read once; raises :class:`ConfigError` where there is no such language.

    Every string is set as the file's table ``[spacing]`` says: what is written there with plain spaces gets those that
    no line breaks at.
    """
    if lang not in (known := languages()):
        raise ConfigError(
            f"language {lang!r}",
            "the report is not written in it",
            f"Choose one of: {', '.join(known)}; --lang goes before the language of the clinical facts.",
        )
    file = resources.files(__package__).joinpath("lang", f"{lang}.toml")
    tables: dict[str, dict[str, str]] = tomllib.loads(file.read_text(encoding="utf-8"))
    spacing, texts = tables.pop("spacing", {}), tables.pop("texts", {})
    strings = {f"{table}.{key}": text for table, entries in tables.items() for key, text in entries.items()}
    words = Words(
        {key: _typeset(text, spacing) for key, text in strings.items()},
        {english: _typeset(own, spacing) for english, own in texts.items()},
    )
    words["page.lang"] = lang
    return words


def _typeset(text: str, spacing: Mapping[str, str]) -> str:
    for plain, typeset in spacing.items():
        text = text.replace(plain, typeset)
    return text


def _pattern(template: str) -> re.Pattern[str]:
    """What matches ``template`` with anything in its braces."""
    parts = _BRACE.split(template)  # literal, name, literal, name, ..., literal
    texts = [f"(?P<{part}>.+)" if index % 2 else re.escape(part) for index, part in enumerate(parts)]
    return re.compile("".join(texts))
