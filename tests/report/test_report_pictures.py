"""Today's pages look as the pictures of docs/report.md show them."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
PAGE = PICTURES.parent / "report.md"
MOST = 0.5
"""Mean difference of grey, of 255, that another version of the renderer may bring; a moved line brings more."""


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
    grey = [np.asarray(picture.convert("L"), dtype=float) for picture in (one, other)]
    return 255.0 if grey[0].shape != grey[1].shape else float(np.abs(grey[0] - grey[1]).mean())


def test_the_pages_look_as_expected(make: ModuleType) -> None:
    made = {name: picture.quantize(make.GREYS) for name, picture in make.pictures()}
    assert {f"{name}.png" for name in made} == {path.name for path in PICTURES.glob("*.png")}
    differ = {name: difference(one, Image.open(PICTURES / f"{name}.png")) for name, one in made.items()}
    assert max(differ.values()) < MOST, f"run `make pictures`, and look: {differ}"
    assert difference(made["good-en"], made["borderline-en"]) > MOST, "another page would be told"


def test_every_picture_stands_in_the_docs() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for path in PICTURES.glob("*.png"):
        assert f"(pictures/{path.name})" in text, path.name
