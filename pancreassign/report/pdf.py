"""From a prediction record to one PDF/A-2a, PDF/UA-1 page, the same bytes every time."""

from __future__ import annotations

import json
import unicodedata
from datetime import UTC, date, datetime
from importlib import resources
from pathlib import Path
from typing import Any

import matplotlib
import typst
from matplotlib.ft2font import FT2Font

from pancreassign.errors import PancreassignError
from pancreassign.records import Prediction
from pancreassign.report import content, figures
from pancreassign.report.words import load_words

STANDARDS: list[typst.PDFStandard] = ["a-2a", "ua-1"]


class Renderer:
    """Renders records to PDF; made once for a run, so that fonts and template are prepared once.

    Parameters
    ----------
    lang
        The language of the page; raises :class:`ConfigError` where there is none such.
    """

    def __init__(self, lang: str = "en") -> None:
        """Load words, template and fonts."""
        self._words = load_words(lang)
        self._template = resources.files(__package__).joinpath("template.typ").read_bytes()
        fonts = Path(matplotlib.get_data_path(), "fonts", "ttf")
        faces = (FT2Font(str(fonts / name)) for name in ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf"))
        self._glyphs = frozenset.intersection(*(frozenset(face.get_charmap()) for face in faces))
        # Only fonts that come with the two libraries: what is installed on the host never changes a page.
        self._compiler = typst.Compiler(
            font_paths=typst.Fonts(include_system_fonts=False, font_paths=[str(fonts)]), ignore_system_fonts=True
        )

    def render(self, record: Prediction, report_date: str | None = None) -> bytes:
        """The page of ``record`` as PDF.

        Parameters
        ----------
        record
            The prediction record: the only source of the page.
        report_date
            ISO date of the report. The clock is never read: without a date the page says "not given", and the
            document date that PDF/A wants is the day on which the signature pack was released.

        Raises
        ------
        PancreassignError
            Where a date is not an ISO date.
        """
        day = _day("report date" if report_date else "pack.released", report_date or record.pack.released)
        values = content.page(record, self._words, report_date)
        values["date"] = [day.year, day.month, day.day]
        values = self._printable(values)
        for row, strip in zip(values["drugs"]["rows"], figures.drug_strips(record.drugs), strict=True):
            row["strip"] = strip
        pdf = self._compiler.compile(
            input=self._template,
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
            return " "
        hidden = unicodedata.category(sign)[0] == "C"
        return f"[U+{ord(sign):04X}]" if hidden or ord(sign) not in self._glyphs else sign


def _day(where: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise PancreassignError(where, f"{text!r} is not a date", "Give it as YYYY-MM-DD.") from None
