"""The pictures of docs/report.md: pages of the shipped example, in both languages.

    make pictures        (python docs/pictures/make.py [FOLDER])

Needs pypdfium2 (extra ``dev``). `tests/report/test_report_pictures.py` compares the pages with them: after a change of
the page that is meant, make them again and look at them.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pypdfium2
from PIL import Image

from pancreassign.cohort import Job, score

HERE = Path(__file__).parent
EXAMPLE = HERE.parents[1] / "data" / "example"
LANGUAGES = ("en", "fr")
PAGES = {
    "good": ("SIMULATED_01_good/report.pdf", 0),
    "details": ("SIMULATED_01_good/report.pdf", 1),
    "borderline": ("SIMULATED_04_degraded/report.pdf", 0),
    "failed": ("SIMULATED_07_liver_mixed/report.pdf", 0),
    "lesions": ("patients/SIMULATED_B.pdf", 0),
}
"""By picture: the file of the run, and the page."""
SCALE = 100 / 72
STEP = 17
"""Between the shades that are kept: 16 are enough for text, and make half the size."""


def pictures() -> Iterator[tuple[str, Image.Image]]:
    """Every picture by name, in grey."""
    for lang in LANGUAGES:
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "out"
            inputs = {name: EXAMPLE / f"{name}.tsv" for name in ("samples", "clinical")}
            job = Job([EXAMPLE / "counts.tsv.gz"], out, "pdac-public", "pdac-full-length", lang=lang, **inputs)
            score(job, lambda done, total: None, lambda note: None)
            for name, (file, page) in PAGES.items():
                yield f"{name}-{lang}", drawn((out / file).read_bytes(), page)


def drawn(pdf: bytes, page: int) -> Image.Image:
    """One page, in a few shades of grey."""
    bitmap = pypdfium2.PdfDocument(pdf)[page].render(scale=SCALE, grayscale=True).to_numpy()
    return Image.fromarray(np.rint(bitmap.squeeze() / STEP).astype(np.uint8) * STEP)


def main(folder: Path) -> None:
    """Write the pictures into ``folder``."""
    for name, picture in pictures():
        picture.save(folder / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
