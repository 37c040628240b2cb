"""Today's pages look as the pictures of docs/report.md show them."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import report_factory as factory
from PIL import Image

from pancreassign.report.pdf import Renderer

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
PAGE = PICTURES.parent / "report.md"
BLOCK = 24
"""Pixels of a block: about two lines of text."""
MOST = 1.5
"""Mean difference of grey, of 255, that a block may show: one digit of one number is more (the renderer is pinned)."""


@pytest.fixture(scope="module")
def make() -> ModuleType:
    pytest.importorskip("pypdfium2")
    spec = importlib.util.spec_from_file_location("make_pictures", PICTURES / "make.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def difference(one: Image.Image, other: Image.Image) -> float:
    """The largest mean difference of grey of any block."""
    grey = [np.asarray(picture.convert("L"), dtype=float) for picture in (one, other)]
    if grey[0].shape != grey[1].shape:
        return 255.0
    rows, columns = (size // BLOCK * BLOCK for size in grey[0].shape)
    blocks = np.abs(grey[0] - grey[1])[:rows, :columns].reshape(rows // BLOCK, BLOCK, columns // BLOCK, BLOCK)
    return float(blocks.mean(axis=(1, 3)).max())


def test_the_pages_look_as_expected(make: ModuleType) -> None:
    made = dict(make.pictures())
    drawn = {path.name for path in PICTURES.glob("*.png")} - {"cohort.png"}  # a browser's, in the machine's own fonts
    assert {f"{name}.png" for name in made} == drawn
    differ = {name: difference(one, Image.open(PICTURES / f"{name}.png")) for name, one in made.items()}
    assert max(differ.values()) < MOST, f"run `make pictures`, and look: {differ}"


def test_one_digit_would_be_told(make: ModuleType) -> None:
    record, renderer = factory.record(), Renderer("en")
    known = record.drugs[4].percentile
    assert known is not None
    other = record.drugs[4].model_copy(update={"percentile": known + 1})
    pages = [renderer.render(one) for one in (record, record.model_copy(update={"drugs": [*record.drugs[:4], other]}))]
    assert difference(*(make.drawn(pdf, 0) for pdf in pages)) > MOST


def test_every_picture_stands_in_the_docs() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in PAGE.parent.glob("*.md"))
    for path in PICTURES.glob("*.png"):
        assert f"(pictures/{path.name})" in text, path.name
