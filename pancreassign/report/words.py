"""The words and numbers of the page, in one language.

A language is one file, ``lang/<code>.toml``; nothing else in ``report`` holds a sentence.
"""

from __future__ import annotations

import tomllib
from importlib import resources
from typing import Any

from pancreassign.errors import ConfigError
from pancreassign.records import Interval

HASH_DIGITS = 12
"""Leading hex digits of a hash that the page prints (48 bits: enough to tell packs apart by eye)."""


class Words(dict[str, str]):
    """The strings of one language by dotted key, and how it writes numbers."""

    def say(self, key: str, **values: str) -> str:
        """The string ``key`` with its braces filled."""
        return self[key].format(**values)

    def code(self, table: str, code: str) -> str:
        """The words for a code of the record; a code without words is shown as it is."""
        key = f"{table}.{code}"
        return self[key] if key in self else code.replace("_", " ")

    def known(self, text: str | None) -> str:
        """``text``, or the word for unknown."""
        return text if text is not None and text.strip() else self["number.unknown"]

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


def load_words(lang: str = "en") -> Words:
    """The words of ``lang``; raises :class:`ConfigError` where there is no such language."""
    folder = resources.files(__package__).joinpath("lang")
    languages = sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml"))
    if lang not in languages:
        raise ConfigError(
            f"language {lang!r}", "the report is not written in it", f"Choose one of: {', '.join(languages)}."
        )
    tables: dict[str, dict[str, Any]] = tomllib.loads(folder.joinpath(f"{lang}.toml").read_text(encoding="utf-8"))
    words = Words({f"{table}.{key}": str(text) for table, entries in tables.items() for key, text in entries.items()})
    words["page.lang"] = lang
    return words
