"""The picture of docs/page.md: the cohort page of the shipped example in a real browser.

    python docs/pictures/cohort.py [FOLDER]

Needs Chromium (``chromium`` on the path, or ``PANCREASSIGN_CHROMIUM``) and the extra ``dev``. Text is drawn in the
machine's own fonts, so no test compares it: after a change of the page that is meant, make it again and look at it.
"""

from __future__ import annotations

import io
import os
import shutil
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from pancreassign.cohort import Job, score
from pancreassign.page.build import to_html

HERE = Path(__file__).parent
EXAMPLE = HERE.parents[1] / "data" / "example"
OPENED = "SIMULATED_03_lesion"
WIDTH, HEIGHT = 1440, 1800
COLOURS = 64
"""That are kept: enough for the page, at a third of the size."""


def page(folder: Path) -> Path:
    """The cohort page of the example."""
    inputs = {name: EXAMPLE / f"{name}.tsv" for name in ("samples", "clinical")}
    job = Job([EXAMPLE / "counts.tsv.gz"], folder / "out", "pdac-public", "pdac-full-length", reports=False, **inputs)
    records = score(job, lambda done, total: None, lambda note: None)
    path = folder / "cohort.html"
    path.write_text(to_html(records, folders=[record.sample.id for record in records]), encoding="utf-8")
    return path


def drawn(path: Path) -> Image.Image:
    """The page with the lesions of a patient together and one of them open."""
    program = os.environ.get("PANCREASSIGN_CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        window = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        window.goto(path.as_uri())
        window.get_by_label("group lesions of a patient").check()
        window.get_by_role("button", name=OPENED).click()
        picture = Image.open(io.BytesIO(window.screenshot(full_page=True)))
        browser.close()
    return picture.convert("RGB").quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)


def main(folder: Path) -> None:
    """Write the picture into ``folder``."""
    with tempfile.TemporaryDirectory() as temporary:
        drawn(page(Path(temporary))).save(folder / "cohort.png", optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
