"""Lesions side by side: what each record says, what differs, and no more."""

from __future__ import annotations

from typing import Any

import pytest
import report_factory as factory
from test_report_pdf import needs_pdftotext, pages_of, text_of

from pancreassign.errors import RecordError
from pancreassign.patients import patient_views
from pancreassign.records import Prediction, Setting
from pancreassign.report import lesions
from pancreassign.report.pdf import Renderer
from pancreassign.report.words import Words, load_words


@pytest.fixture(scope="module")
def words() -> Words:
    return load_words("en")


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return Renderer()


def view_of(records: list[Prediction]) -> dict[str, Any]:
    [view] = patient_views(records)
    return view.model_dump(mode="json")


def test_each_lesion_keeps_its_own_values(words: Words) -> None:
    records = factory.lesions(4)
    view = view_of(records)
    page = lesions.page(view, lesions.in_order(view, records[::-1]), words, "2025-11-20")
    assert [(row["number"], row["sample"], row["site"], row["quality"]) for row in page["lesions"]["rows"]] == [
        ("1", "L01", "site 1", "pass"),
        ("2", "L02", "site 2", "pass"),
        ("3", "L03", "site 3", "pass"),
        ("4", "L04", "unknown", "FAIL"),
    ]
    paclitaxel = [row["drugs"][4] for row in page["calls"]["rows"]]
    assert [(cell["said"], cell["values"]) for cell in paclitaxel] == [
        ("resistant", "P 8 · 15 % (6–29 %)"),
        ("intermediate", "P 57 · 37 % (22–55 %)"),
        ("sensitive", "P 83 · 52 % (36–68 %)"),
        ("not evaluable: sample quality failed", "P 18 · 35 % (19–55 %)"),
    ]
    assert [cell["muted"] for cell in paclitaxel] == [False, False, False, True]
    # the evidence above the column says already why
    assert page["calls"]["columns"][1] == "5-FU (evidence D)"


def test_what_differs_comes_from_the_view(words: Words) -> None:
    records = factory.lesions(4)
    shown = lesions.page(view_of(records), records, words, None)["differences"]
    assert shown["rows"][4] == [
        "paclitaxel",
        "opposite: one lesion sensitive, another resistant",
        "1",
        "75",
        "37",
    ]
    assert shown["rows"][0][1] == "fewer than two lesions called"
    assert shown["muted"] == [True, True, True, True, False]
    assert shown["said"] == ["The 3 lesions compared have the same leading regimens."]


@pytest.mark.parametrize(
    ("which", "calls", "leaders"),
    [
        ([1, 2], "differ", "The 2 lesions compared have the same leading regimens."),
        ([0, 3], "fewer than two lesions called", "cannot be compared"),
    ],
)
def test_what_cannot_be_compared_is_said(which: list[int], calls: str, leaders: str, words: Words) -> None:
    records = [factory.lesions(4)[place] for place in which]
    shown = lesions.page(view_of(records), records, words, None)["differences"]
    assert shown["rows"][4][1] == calls
    assert leaders in shown["said"][0]


def test_a_failed_lesion_leads_to_no_regimen(words: Words) -> None:
    records = factory.lesions(3)
    rows = lesions.page(view_of(records), records, words, None)["lesions"]["rows"]
    assert [row["leaders"].startswith("not compared (quality): gemcitabine") for row in rows] == [False, False, True]
    assert [row["failed"] for row in rows] == [False, False, True]


def test_an_assumed_setting_is_marked(words: Words) -> None:
    first, second = factory.lesions(3)[:2]
    second = second.model_copy(update={"setting": Setting(value="adjuvant", assumed=False)})
    rows = lesions.page(view_of([first, second]), [first, second], words, None)["lesions"]["rows"]
    assert [row["assumed"] for row in rows] == ["Setting assumed: first-line metastatic", None]


def test_lesions_stand_by_the_size_of_their_numbers(words: Words) -> None:
    names = ["L1", "L2", "L9", "L10", "L10b", "L010", "M", "M0", "M" + "9" * 5000, "a b2", "a b10"]
    base = factory.lesions(2)[0]
    records = [base.model_copy(update={"sample": base.sample.model_copy(update={"id": name})}) for name in names[::-1]]
    view = view_of(records)
    ordered = lesions.in_order(view, records)
    order = [record.sample.id for record in ordered]
    assert order.index("L2") < order.index("L9") < order.index("L10") < order.index("L10b")
    assert order.index("a b2") < order.index("a b10")
    assert order.index("M0") < order.index("M" + "9" * 5000)
    assert sorted(order) == sorted(names)
    page = lesions.page(view, ordered, words, None)
    assert page["differences"]["rows"][0][2] == ", ".join(str(n + 1) for n in range(len(names)))


def test_long_names_are_cut_in_head_table_and_top(words: Words) -> None:
    base = factory.lesions(2)[0]
    sample = {"patient": "p" * 10_000, "site": "s" * 10_000, "second_id": "i" * 10_000}
    records = [
        base.model_copy(update={"sample": base.sample.model_copy(update=sample | {"id": name * 5_000})})
        for name in "ab"
    ]
    page = lesions.page(view_of(records), records, words, None)
    assert page["document"].endswith(" " + "p" * 80 + "…")
    assert "p" * 300 + "… (" + "i" * 300 + "…)" in page["top"]["setting"]
    row = page["lesions"]["rows"][0]
    assert (row["sample"], row["site"]) == ("a" * 300 + "…", "s" * 300 + "…")


def test_other_clinical_data_are_said_to_be_a_reason(words: Words) -> None:
    first, second = factory.lesions(3)[:2]
    second = second.model_copy(update={"clinical": {"age": 80}})
    shown = lesions.page(view_of([first, second]), [first, second], words, None)["differences"]
    assert "different clinical data" in shown["said"][1]


def test_a_lesion_without_its_record_is_named() -> None:
    records = factory.lesions(3)
    with pytest.raises(RecordError, match=r"sample L02.*lesion of the patient's view.*record is missing"):
        lesions.in_order(view_of(records), [records[0], records[2]])


def test_records_of_other_samples_are_passed_over() -> None:
    records = factory.lesions(3)
    assert lesions.in_order(view_of(records[:2]), records[::-1]) == records[:2]


@needs_pdftotext
def test_twelve_lesions_make_one_page(renderer: Renderer) -> None:
    records = factory.lesions(12)
    pdf = renderer.render_lesions(view_of(records), records, "2025-11-20")
    assert pages_of(pdf) == 1
    text = text_of(pdf)
    for record in records:
        assert record.sample.id in text
    for wanted in (
        "Patient P-0017 (unknown), 12 lesions (report date 2025-11-20)",
        "FOR RESEARCH USE ONLY",
        "What differs",
    ):
        assert wanted in text
    assert "SIMULATED" not in text
    assert records[0].input.sha256[:12] not in text


@needs_pdftotext
def test_long_names_flow_on_and_lose_nothing(renderer: Renderer) -> None:
    records = factory.lesions(12, name="a_lesion_of_a_very_long_name_" * 7)
    pdf = renderer.render_lesions(view_of(records), records)
    squeezed = text_of(pdf, layout=False).replace(" ", "")
    for record in records:  # the name is broken into lines, its neighbours stand between them: its end tells it
        assert f"_{record.sample.id[-2:]}" in squeezed
    assert squeezed.count("FORRESEARCHUSEONLY") == pages_of(pdf) > 1
    assert "Whatdiffers" in squeezed
    assert pdf.startswith(b"%PDF")
    assert len(pdf) < 300_000


@needs_pdftotext
def test_a_simulated_lesion_is_unmistakable(renderer: Renderer) -> None:
    first, second = factory.lesions(3)[:2]
    second = second.model_copy(update={"sample": second.sample.model_copy(update={"simulated": True})})
    assert "SIMULATED SAMPLE" in text_of(renderer.render_lesions(view_of([first, second]), [first, second]))


def test_standards_dates_and_the_same_bytes(renderer: Renderer) -> None:
    records = factory.lesions(3)
    view = view_of(records)
    pdf = renderer.render_lesions(view, records)
    assert b"<pdfaid:part>2</pdfaid:part>" in pdf
    assert b"<pdfuaid:part>1</pdfuaid:part>" in pdf
    assert records[0].pack.released.encode() in pdf
    assert renderer.render_lesions(view, records[::-1]) == pdf
