"""From a prediction record to one PDF/A-2a, PDF/UA-1 page, the same bytes every time."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from importlib import resources
from pathlib import Path
from typing import Any

import matplotlib
import typst
from matplotlib.ft2font import FT2Font

from pancreassign.errors import PancreassignError
from pancreassign.records import Prediction, SampleInfo
from pancreassign.report import content, figures, lesions
from pancreassign.report.words import DEFAULT_LANGUAGE, Words, language_of, load_words

UNBROKEN = {"\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}"}
"""White space that stays as it is: before a sign of punctuation, and between thousands, no line may break."""
STANDARDS: list[typst.PDFStandard] = ["a-2a", "ua-1"]
REPORT = ("base", "front", "details", "evidence", "template")
"""The files that make one typst source, in order: the compiler reads nothing from disk, so they are joined here."""


LESIONS = ("base", "front", "lesions")
"""The files of the document that sets a patient's lesions side by side."""


class Renderer:
    """Renders records to PDF; made once for a run, so that fonts and template are prepared once.

    Parameters
    ----------
    lang
        The language of every page; ``None`` for that which each record's clinical facts name, else English. Raises
        :class:`ConfigError` where there is none such.
    """

    def __init__(self, lang: str | None = None) -> None:
        """Load template and fonts, and the words where the language is known."""
        self._lang = lang
        self._known: dict[str, Words] = {}
        self.words({})
        self._report, self._lesions = _source(REPORT), _source(LESIONS)
        fonts = Path(matplotlib.get_data_path(), "fonts", "ttf")
        faces = (FT2Font(str(fonts / name)) for name in ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf"))
        self._glyphs = frozenset.intersection(*(frozenset(face.get_charmap()) for face in faces))
        # Only fonts that come with the two libraries: what is installed on the host never changes a page.
        self._compiler = typst.Compiler(
            font_paths=typst.Fonts(include_system_fonts=False, font_paths=[str(fonts)]), ignore_system_fonts=True
        )

    def words(self, clinical: Mapping[str, object]) -> Words:
        """The words of a page, loaded once for each language.

        Parameters
        ----------
        clinical
            The record's clinical facts; asked for their ``language`` where none was given for every page.

        Raises
        ------
        ConfigError
            Where the page is not written in that language.
        """
        lang = language_of(clinical) if self._lang is None else self._lang
        if lang is None:
            lang = DEFAULT_LANGUAGE
        if lang not in self._known:
            self._known[lang] = load_words(lang)
        return self._known[lang]

    def render(self, record: Prediction, report_date: str | None = None) -> bytes:
        """The page of ``record`` as PDF.

        Parameters
        ----------
        record
            The prediction record: the only source of the page.
        report_date
            ISO date of the report; ``None`` for the one that the record states. The clock is never read: without a
            date the page says "not given", and the document date that PDF/A wants is the day on which the signature
            pack was released.

        Raises
        ------
        ConfigError
            Where the clinical facts name a language that the page is not written in.
        PancreassignError
            Where a date is not an ISO date, or comes before the sample was collected, ordered or received.
        """
        dated = _reported(record.sample, report_date)
        values = content.page(record, self.words(record.clinical), report_date)
        values["strips"] = figures.drug_strips(record.drugs)
        return self._compile(self._report, values, dated, record)

    def render_lesions(
        self, view: Mapping[str, Any], records: Sequence[Prediction], report_date: str | None = None
    ) -> bytes:
        """The lesions of one patient side by side, as PDF.

        Parameters
        ----------
        view
            The patient's view, as the JSON of ``pancreassign/patient/1`` holds it.
        records
            The records of its lesions, in any order.
        report_date
            As in :meth:`render`; without it, the document says "not given".

        Raises
        ------
        RecordError
            Where a lesion of the view has no record.
        ConfigError, PancreassignError
            As in :meth:`render`.
        """
        ordered = lesions.in_order(view, records)
        values = lesions.page(view, ordered, self.words(ordered[0].clinical), report_date)
        return self._compile(self._lesions, values, report_date, ordered[0])

    def _compile(self, source: bytes, values: dict[str, Any], dated: str | None, record: Prediction) -> bytes:
        """One document, dated with the report's date or else with the day that ``record``'s pack was released."""
        day = _day("report date" if dated else "pack.released", dated or record.pack.released)
        values = self._printable(values) | {"date": [day.year, day.month, day.day]}
        pdf = self._compiler.compile(
            input=source,
            format="pdf",
            sys_inputs={"page": json.dumps(values, ensure_ascii=False)},
            pdf_standards=STANDARDS,
            timestamp=datetime(day.year, day.month, day.day, tzinfo=UTC),
        )
        if not isinstance(pdf, bytes):
            raise TypeError(f"typst gave {type(pdf).__name__}, not the bytes of one PDF")
        return pdf

    def _printable(self, value: Any) -> Any:
        """``value`` with every character that no font can show written as its code point.

        PDF/A forbids missing glyphs, so one odd sign in a sample's name would stop the whole report; control
        and direction signs are spelt out too, since they would change what a name looks like.
        """
        if isinstance(value, dict):
            return {key: self._printable(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._printable(item) for item in value]
        return "".join(map(self._sign, value)) if isinstance(value, str) else value

    def _sign(self, sign: str) -> str:
        if sign.isspace():
            return sign if sign in UNBROKEN else " "
        hidden = unicodedata.category(sign)[0] == "C"
        return f"[U+{ord(sign):04X}]" if hidden or ord(sign) not in self._glyphs else sign


def _source(parts: tuple[str, ...]) -> bytes:
    return b"\n".join(resources.files(__package__).joinpath(f"{part}.typ").read_bytes() for part in parts)


def _reported(sample: SampleInfo, report_date: str | None) -> str | None:
    """The day of the report: the one given, else the one that the record states."""
    if report_date is None:
        return sample.order.reported
    day = _day("report date", report_date).isoformat()
    stated = {
        "collected": sample.specimen.collected,
        "ordered": sample.order.ordered,
        "received": sample.order.received,
    }
    for key, before in stated.items():
        if before is not None and day < before:
            problem = f"{day} is before the sample {sample.id} was {key} ({before})"
            raise PancreassignError("report date", problem, f"Correct it, or {key!r} in the table of samples.")
    return day


def _day(where: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise PancreassignError(where, f"{text!r} is not a date", "Give it as YYYY-MM-DD.") from None
