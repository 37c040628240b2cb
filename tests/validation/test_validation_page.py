"""What a validation writes."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from pancreassign.errors import OutputError
from pancreassign.validation import page
from pancreassign.validation.page import Drawing, Section, Table
from pancreassign.validation.tables import Flow

SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="100pt" height="50pt"><rect width="90" height="40"/></svg>'
needs_pdftotext = pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext (poppler) is not installed")


def document(*names: str) -> list[Section]:
    drawings = [Drawing(name, SVG, "a box", f"The box {name}.") for name in names]
    table = Table(["drug", "n", "why"], [["5-FU", "12", "long words that take the width of it"]], "A note.")
    return [Section("One", ["Words #not markup *at all*."], [table]), Section("Two", drawings=drawings)]


def test_figures_are_rounded_sorted_and_never_infinite(tmp_path: Path) -> None:
    figures = {"b": np.float64(1 / 3), "a": {"x": float("inf"), "y": [np.int64(3), np.bool_(True)], "z": float("nan")}}
    page.write(tmp_path / "out", "T", "s", document("box"), figures, force=False)
    text = (tmp_path / "out" / "validation.json").read_text()
    assert json.loads(text) == {
        "a": {"x": None, "y": [3, True], "z": None}, "b": 0.333333, "drawings": ["box.svg"],
    }  # fmt: skip
    assert text.index('"a"') < text.index('"b"')
    assert (tmp_path / "out" / "box.svg").read_text() == SVG


def test_nothing_is_replaced_without_force_and_no_drawing_is_left_over(tmp_path: Path) -> None:
    page.write(tmp_path, "T", "s", document("one", "two"), {}, force=False)
    (tmp_path / "mine.svg").write_text("mine")
    with pytest.raises(OutputError, match="exists already"):
        page.write(tmp_path, "T", "s", document("one"), {}, force=False)
    page.write(tmp_path, "T", "s", document("one"), {}, force=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.svg", "one.svg", "report.pdf", "validation.json"]


def test_an_earlier_file_cannot_name_what_is_not_a_drawing(tmp_path: Path) -> None:
    kept = tmp_path / "kept.svg"
    kept.write_text("mine")
    out = tmp_path / "out"
    out.mkdir()
    (out / "validation.json").write_text('{"drawings": ["../kept.svg"]}')
    page.write(out, "T", "s", document("one"), {}, force=True)
    assert kept.read_text() == "mine"


@needs_pdftotext
def test_the_document_says_all_and_is_the_same_bytes_again() -> None:
    pdf = page.render("A title", "of two files", document("one", "two"))
    assert pdf == page.render("A title", "of two files", document("one", "two"))
    run = subprocess.run(["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True)
    text = " ".join(run.stdout.decode().split())
    for said in ("A title", "of two files", "FOR RESEARCH USE ONLY", "Words #not markup *at all*.", "5-FU", "A note.",
                 "The box one.", "The box two.", "page 1 of 1"):  # fmt: skip
        assert said in text
    assert b"pdfaid" in pdf
    assert b"pdfuaid" in pdf


def test_a_flow_as_a_table_names_some_and_counts_all() -> None:
    names = [f"P{place}" for place in range(20)]
    table = page.flow_table(Flow([("scored", 30)], {"no time": names}))
    assert table.rows[0] == ["scored", "30", ""]
    assert table.rows[1][:2] == ["left out: no time", "20"]
    assert table.rows[1][2].endswith("P11 and 8 more (in validation.json)")


def test_numbers_in_words() -> None:
    assert page.shown(-0.014) == "−0.01"
    assert page.shown(-0.0004, 3) == "0.000"
    assert page.shown(None) == page.shown(float("nan")) == "–"
    assert page.shown_interval({"value": 0.5, "low": -0.25, "high": float("inf")}) == "0.50 (−0.25 to –)"
    assert [page.shown_p(p) for p in (0.0004, 0.0123, 0.5, None)] == ["< 0.001", "0.012", "0.5", "–"]


@pytest.mark.parametrize(("evidence", "words"), [("C", ": C."), ("D", "(grade D)"), (None, "not said by these scores")])
def test_a_grade_stands_in_words(evidence: str | None, words: str) -> None:
    assert words in page.graded("paclitaxel", evidence)
    assert "paclitaxel" in page.graded("paclitaxel", evidence)


@needs_pdftotext
def test_a_tables_note_stays_with_its_table() -> None:
    rows = [[f"row {place}", "1"] for place in range(15)]
    sections = [Section(f"Part {place}", [], [Table(["row", "n"], rows, f"Note {place}.")]) for place in range(9)]
    pdf = page.render("T", "s", sections)
    run = subprocess.run(["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True)
    for text in run.stdout.decode().split("\f"):
        assert text.count("row 14") == text.count("Note")
        assert text.count("row 0 ") == text.count("Note")
