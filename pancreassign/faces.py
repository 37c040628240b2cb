"""The faces of a record: the files that a sample has, and what is in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pancreassign.records import Prediction

if TYPE_CHECKING:
    from pancreassign.report.pdf import Renderer

RECORD, REPORT, FHIR, RCP = "prediction.json", "report.pdf", "fhir.json", "rcp.txt"
DONE = "done.json"
"""What a sample's files rest on and their hashes, where a sheet is worked off. It sorts before them and so is moved
first: a stop in between leaves hashes that do not agree, never results that pass for whole."""
SAMPLE_FILES = (RECORD, REPORT, FHIR, RCP)
"""Every file that a sample may have in its folder."""


@dataclass(frozen=True)
class Faces:
    """Which files of a sample are wanted, and the language of its page; ``None`` for the one that its facts name."""

    records: bool = True
    reports: bool = True
    fhir: bool = False
    rcp: bool = False
    lang: str | None = None

    @property
    def files(self) -> list[str]:
        """The names of the wanted files."""
        wanted = (self.records, self.reports, self.fhir, self.rcp)
        return [name for name, own in zip(SAMPLE_FILES, wanted, strict=True) if own]


@dataclass(frozen=True)
class Maker:
    """Makes the files of records; fonts and words are loaded once, when the first page is made."""

    faces: Faces

    def files(self, record: Prediction, report_date: str | None = None) -> dict[str, bytes]:
        """The bytes of every wanted file of one sample, by file name; ``report_date`` as in :meth:`Renderer.render`."""
        made: dict[str, bytes] = {}
        if self.faces.records:
            made[RECORD] = record.to_json().encode()
        if self.faces.reports:
            made[REPORT] = self._renderer.render(record, report_date)
        if self.faces.fhir:
            from pancreassign.export import fhir

            made[FHIR] = fhir.to_json(record).encode()
        if self.faces.rcp:
            from pancreassign.report import rcp

            made[RCP] = rcp.to_text(record, self.faces.lang).encode()
        return made

    def lesions(self, view: Mapping[str, Any], records: Sequence[Prediction], report_date: str | None = None) -> bytes:
        """The page of one patient's lesions."""
        return self._renderer.render_lesions(view, records, report_date)

    def check_language(self, clinical: Mapping[str, object]) -> None:
        """Raise :class:`ConfigError` where the language that is wanted is not written."""
        from pancreassign.report.words import language_of, load_words

        lang = self.faces.lang or language_of(clinical)
        if lang is not None and (self.faces.reports or self.faces.rcp):
            load_words(lang)

    @cached_property
    def _renderer(self) -> Renderer:
        from pancreassign.report.pdf import Renderer  # half a second of imports that --no-report need not pay

        return Renderer(self.faces.lang)
