"""From a prediction record to one PDF/A-2a, PDF/UA-1 page, the same bytes every time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from pancreassign.errors import PancreassignError
from pancreassign.records import DAYS_IN_ORDER, Prediction, SampleInfo, day_of
from pancreassign.report import content, figures, lesions
from pancreassign.report.typeset import Typesetter, source
from pancreassign.report.words import DEFAULT_LANGUAGE, Words, language_of, load_words

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
        self._report, self._lesions = source(__package__, REPORT), source(__package__, LESIONS)
        self._typesetter = Typesetter()

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
            As in :meth:`render`; without it, the day that all lesions state, else the document says "not given".

        Raises
        ------
        RecordError
            Where a lesion of the view has no record.
        ConfigError, PancreassignError
            As in :meth:`render`.
        """
        ordered = lesions.in_order(view, records)
        days = {_reported(record.sample, report_date) for record in ordered}
        dated = days.pop() if len(days) == 1 else None
        values = lesions.page(view, ordered, self.words(ordered[0].clinical), dated)
        return self._compile(self._lesions, values, dated, ordered[0])

    def _compile(self, document: bytes, values: dict[str, Any], dated: str | None, record: Prediction) -> bytes:
        """One document, dated with the report's date or else with the day that ``record``'s pack was released."""
        day = _day("report date" if dated else "pack.released", dated or record.pack.released)
        return self._typesetter.compile(document, values, day)


def _reported(sample: SampleInfo, report_date: str | None) -> str | None:
    """The day of the report: the one given, else the one that the record states."""
    if report_date is None:
        return sample.order.reported
    day = _day("report date", report_date).isoformat()
    stated = sample.days
    for key, then in DAYS_IN_ORDER:
        before = stated[key]
        if then == "reported" and before is not None and day < before:
            problem = f"{day} is before the sample {sample.id} was {key}"
            raise PancreassignError("report date", problem, f"Correct it, or {key!r} in the table of samples.")
    return day


def _day(where: str, text: str) -> date:
    day = day_of(text)
    if day is None:
        raise PancreassignError(where, f"{text!r} is not a date", "Give it as YYYY-MM-DD.")
    return day
