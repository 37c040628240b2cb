"""From one typst source and its values to one PDF/A-2a, PDF/UA-1 document, the same bytes every time."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Sequence
from datetime import UTC, date, datetime
from importlib import resources
from pathlib import Path
from typing import Any

import matplotlib
import typst
from matplotlib.ft2font import FT2Font

UNBROKEN = {"\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}"}
"""White space that stays as it is: before a sign of punctuation, and between thousands, no line may break."""
STANDARDS: list[typst.PDFStandard] = ["a-2a", "ua-1"]


def source(package: str, parts: Sequence[str]) -> bytes:
    """The typst files ``<part>.typ`` of ``package`` as one source: the compiler reads nothing from disk."""
    return b"\n".join(resources.files(package).joinpath(f"{part}.typ").read_bytes() for part in parts)


class Typesetter:
    """Compiles typst sources; made once for a run, so that fonts are prepared once."""

    def __init__(self) -> None:
        """Load the fonts."""
        fonts = Path(matplotlib.get_data_path(), "fonts", "ttf")
        faces = (FT2Font(str(fonts / name)) for name in ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf"))
        self._glyphs = frozenset.intersection(*(frozenset(face.get_charmap()) for face in faces))
        # Only fonts that come with the two libraries: what is installed on the host never changes a page.
        self._compiler = typst.Compiler(
            font_paths=typst.Fonts(include_system_fonts=False, font_paths=[str(fonts)]), ignore_system_fonts=True
        )

    def compile(self, document: bytes, values: dict[str, Any], day: date) -> bytes:
        """One document.

        Parameters
        ----------
        document
            The typst source; it reads ``values`` as the JSON text ``sys.inputs.page``, with ``date`` (year, month, day)
            among them.
        day
            The document date that PDF/A wants.
        """
        values = self._printable(values) | {"date": [day.year, day.month, day.day]}
        pdf = self._compiler.compile(
            input=document,
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
