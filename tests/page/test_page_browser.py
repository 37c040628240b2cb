"""The cohort page in a real headless Chromium: by mouse, by keyboard, to a screen reader, on paper, under attack."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlparse

import pytest
from page_factory import cohort, sample, stored

from pancreassign.export import table
from pancreassign.page.build import to_html
from pancreassign.records import Prediction

if TYPE_CHECKING:
    from playwright.sync_api import Page

    Open = Callable[..., Page]

HOSTILE = "</script><img src=x onerror=alert(1)><svg onload=alert(2)>"
ROW = "#samples tbody tr.row"


def write(folder: Path, records: Sequence[Prediction], **options: Any) -> Path:
    path = folder / "cohort.html"
    folders = [f"{place}" for place, _ in enumerate(records)]
    path.write_text(to_html(records, **{"folders": folders, **options}), encoding="utf-8")
    return path


def three() -> list[Prediction]:
    """Two lesions of one patient that are opposite, and a sample that failed."""
    base = stored()
    return [
        sample(base, "L10", "snnnm", patient="P", site="pancreas", percentiles=[95.0, 50.0, 50.0, 50.0, 60.0]),
        sample(base, "L2", "mnnnm", "fail", simulated=True, percentiles=[40.0, 50.0, 50.0, 50.0, None]),
        sample(base, "L9", "rnnnm", "warn", patient="P", site="liver", percentiles=[4.0, 50.0, 50.0, 50.0, 30.0]),
    ]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("small"), three())


@pytest.fixture(scope="module")
def many() -> list[Prediction]:
    return cohort(60)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory, many: list[Prediction]) -> Path:
    return write(tmp_path_factory.mktemp("large"), many)


def names(page: Page) -> list[str]:
    return page.locator(f"{ROW} > th button").all_inner_texts()


def status(page: Page) -> str:
    return page.get_by_role("status").inner_text()


def wait_for_rows(page: Page, count: int) -> None:
    from playwright.sync_api import expect

    expect(page.locator(ROW)).to_have_count(count)


def choose(page: Page, label: str, value: str) -> None:
    page.get_by_label(label, exact=True).select_option(value)


def test_the_script_makes_the_table_one_to_work_with(open_page: Open, small: Path) -> None:
    page = open_page(small)
    assert names(page) == ["L10", "L2", "L9"]
    assert status(page) == "3 of 3 samples shown, of 1 known patients."
    assert page.get_by_role("columnheader").count() == 11
    assert page.get_by_role("rowheader").count() == 3
    assert page.get_by_role("img").count() == 5
    assert page.get_by_role("img").first.get_attribute("aria-label", timeout=1000).startswith("5-FU: scores of 3 of 3")


EXPECTED = {
    "Sample": (["L2", "L9", "L10"], ["L10", "L9", "L2"]),
    "Patient": (["L10", "L9", "L2"], ["L10", "L9", "L2"]),  # of unknown patient: last, either way round
    "Site": (["L9", "L10", "L2"], ["L10", "L9", "L2"]),
    "Quality": (["L10", "L9", "L2"], ["L2", "L9", "L10"]),
    "5-FU": (["L9", "L2", "L10"], ["L10", "L2", "L9"]),
    "paclitaxel": (["L9", "L10", "L2"], ["L10", "L9", "L2"]),  # without a score: last, either way round
}


@pytest.mark.parametrize("column", EXPECTED)
def test_a_column_sorts_up_then_down_then_as_it_was(open_page: Open, small: Path, column: str) -> None:
    page = open_page(small)
    head = page.get_by_role("columnheader", name=column)
    up, down = EXPECTED[column]
    button = head.get_by_role("button")
    for order, direction in ((up, "ascending"), (down, "descending")):
        button.click()
        assert names(page) == order
        assert head.get_attribute("aria-sort") == direction
        assert page.locator("[aria-sort]").count() == 1
        assert f"sorted by {column}, {direction}" in status(page)
    button.click()
    assert names(page) == ["L10", "L2", "L9"]
    assert page.locator("[aria-sort]").count() == 0


def test_every_column_sorts(open_page: Open, large: Path, many: list[Prediction]) -> None:
    page = open_page(large)
    heads = page.get_by_role("columnheader")
    assert heads.count() == 11
    for place in range(11):
        heads.nth(place).get_by_role("button").click()
        assert heads.nth(place).get_attribute("aria-sort") == "ascending"
        assert sorted(names(page)) == sorted(record.sample.id for record in many)


@pytest.mark.parametrize("by", ["probability", "percentile", "call"])
def test_drug_columns_sort_by_what_is_chosen(open_page: Open, large: Path, many: list[Prediction], by: str) -> None:
    page = open_page(large)
    choose(page, "Drug columns sort by", by)
    page.get_by_role("columnheader", name="paclitaxel").get_by_role("button").click()
    ranks = {"not_evaluable": 0, "resistant": 1, "intermediate": 2, "sensitive": 3}
    values = {
        record.sample.id: ranks[record.drugs[4].call] if by == "call" else getattr(record.drugs[4], by)
        for record in many
    }
    assert names(page) == sorted(
        values, key=lambda name: values[name]
    )  # sorted keeps the order of equals, as the page does


def shown(records: Sequence[Prediction], test: Callable[[Prediction], bool]) -> list[str]:
    found = [record.sample.id for record in records if test(record)]
    assert 0 < len(found) < len(records)
    return found


def test_filters_by_quality_call_and_regimen_work_together(
    open_page: Open, large: Path, many: list[Prediction]
) -> None:
    page = open_page(large)
    choose(page, "Quality", "pass")
    passed = shown(many, lambda record: record.qc.verdict == "pass")
    assert names(page) == passed
    choose(page, "paclitaxel", "intermediate")
    called = shown(many, lambda one: one.sample.id in passed and one.drugs[4].call == "intermediate")
    assert names(page) == called
    assert status(page).startswith(f"{len(called)} of 60 samples shown")
    assert "filtered: quality pass, paclitaxel intermediate" in status(page)
    page.get_by_role("button", name="Clear filters").click()
    wait_for_rows(page, 60)
    first = many[0].regimens[0]
    choose(page, "Leads or is tied", first.id)
    leads = {
        record.sample.id
        for record in many
        if any(
            one.id == first.id and one.rank == 1 and one.for_setting and not one.contraindicated
            for one in record.regimens
        )
    }
    assert names(page) == shown(many, lambda one: one.sample.id in leads)


def test_the_words_that_are_looked_for_may_stand_in_any_name(open_page: Open, small: Path) -> None:
    page = open_page(small)
    find = page.get_by_role("searchbox", name="Find")
    for text, expected in (
        ("LIVER", ["L9"]),
        ("patient 1", ["L10", "L9"]),
        ("l9 pancreas", []),
        ("", ["L10", "L2", "L9"]),
    ):
        find.fill(text)
        wait_for_rows(page, len(expected))
        assert names(page) == expected
    find.fill("liver")
    wait_for_rows(page, 1)
    assert status(page) == "1 of 3 samples shown, of 1 known patients; filtered: “liver”."
    # what is filtered out is faint in the drawings, and the counts of calls are of what is shown
    assert page.locator(".marks [data-i='0'].off").count() == 5
    assert page.locator(".marks [data-i='2'].off").count() == 0
    assert page.locator(".tally").first.inner_text() == "1 resistant"


def test_a_row_opens_to_reasons_checks_and_limits(open_page: Open, small: Path) -> None:
    page = open_page(small)
    button = page.get_by_role("button", name="L2")
    assert button.get_attribute("aria-expanded") == "false"
    button.click()
    assert button.get_attribute("aria-expanded") == "true"
    panel = page.locator(f"#{button.get_attribute('aria-controls')}")
    text = panel.inner_text()
    assert "not evaluable: sample quality failed" in text
    assert text.count("not evaluable: ") == 5
    assert "reads on genes: 149,447 reads (limits: warn 2,000,000, fail 500,000): FAIL" in text
    assert "no score" in text  # paclitaxel
    assert panel.locator("svg").count() == 4
    assert panel.get_by_role("row").count() == 6
    page.get_by_role("columnheader", name="Sample").get_by_role("button").click()
    following = page.locator(ROW, has=page.get_by_role("button", name="L2")).locator("xpath=following-sibling::tr[1]")
    assert following.get_attribute("id") == "detail-1"  # it moves with its row
    button.click()
    assert page.locator("tr.detail").count() == 0


def test_a_row_shows_its_marks_and_a_mark_its_row(open_page: Open, small: Path) -> None:
    page = open_page(small)
    page.locator(ROW).nth(2).locator("td").first.hover()
    assert {mark.get_attribute("data-i") for mark in page.locator(".marks .hot").all()} == {"2"}
    assert page.locator(".marks .hot").count() == 5
    assert page.locator(".told").first.inner_text() == "L9: P 4, resistant (C)"
    page.mouse.move(0, 0)
    assert page.locator(".marks .hot").count() == 0
    page.locator("figure [data-i='0']").first.click()
    assert page.evaluate("document.activeElement.textContent") == "L10"


def test_lesions_of_a_patient_stand_together_under_what_their_records_say(open_page: Open, small: Path) -> None:
    page = open_page(small)
    page.get_by_label("group lesions of a patient").check()
    assert names(page) == ["L10", "L9", "L2"]
    head = page.locator("tr.group")
    assert head.count() == 1
    assert "patient 1: 2 lesions" in head.inner_text()
    assert "5-FU (evidence C): opposite calls: one lesion sensitive, another resistant" in head.inner_text()
    assert page.locator("#samples tbody tr").first.get_attribute("class") == "group"
    choose(page, "5-FU", "resistant")
    assert "1 of 2 lesions shown" in head.inner_text()
    page.get_by_label("group lesions of a patient").uncheck()
    assert head.count() == 0


def downloaded(page: Page) -> str:
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download").click()
    assert waiting.value.suggested_filename == "cohort-for-research-use.tsv"
    return Path(waiting.value.path()).read_bytes().decode()


def test_what_is_shown_can_be_downloaded_with_the_records_own_numbers(
    open_page: Open, large: Path, many: list[Prediction]
) -> None:
    page = open_page(large)
    choose(page, "Quality", "fail")
    page.get_by_role("columnheader", name="Sample").get_by_role("button").dblclick()
    rows = list(csv.DictReader(io.StringIO(downloaded(page)), delimiter="\t"))
    failed = {record.sample.id: record for record in many if record.qc.verdict == "fail"}
    assert [row["sample"] for row in rows] == sorted(failed, reverse=True)
    for row in rows:
        expected = table.row(failed[row["sample"]]) | {"patient": row["patient"]}
        assert {column: row[column] for column in table.COLUMNS} == expected


def test_the_keyboard_alone_does_everything(open_page: Open, small: Path) -> None:
    page = open_page(small)
    keys = page.keyboard

    def focused() -> str:
        found: str = page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()")
        return found

    def tab_to(what: str) -> None:
        for _ in range(40):
            keys.press("Tab")
            if focused() == what:
                return
        raise AssertionError(f"no tab stop: {what}")

    tab_to("Skip to the table")
    assert page.locator(".skip").bounding_box()["x"] >= 0  # type: ignore[index]
    tab_to("find")
    keys.type("l")
    tab_to("by-qc")
    keys.press("ArrowDown")
    assert page.locator("#by-qc").input_value() == "pass"
    keys.press("ArrowUp")
    tab_to("group")
    keys.press("Space")
    assert page.locator("tr.group").count() == 1
    keys.press("Space")
    tab_to("download")
    with page.expect_download():
        keys.press("Enter")
    tab_to("table")  # the pane itself, so that arrows scroll it
    tab_to("Sample")
    keys.press("Enter")
    assert names(page) == ["L2", "L9", "L10"]
    assert focused() == "Sample"
    tab_to("L2")
    keys.press("Space")
    assert page.locator("tr.detail").count() == 1
    keys.press("ArrowDown")
    assert focused() == "L9"
    keys.press("End")
    assert focused() == "L10"
    keys.press("ArrowDown")
    assert focused() == "L10"
    keys.press("Home")
    keys.press("Enter")
    assert page.locator("tr.detail").count() == 0
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_links_lead_to_files_that_are_there(open_page: Open, tmp_path: Path) -> None:
    folders = ["S1", "a b/é#1?%20"]
    path = write(tmp_path, three()[:2], folders=folders)
    for folder in folders:
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "report.pdf").write_bytes(b"%PDF-")
    page = open_page(path)
    links = page.get_by_role("link", name="PDF report of")
    targets = [Path(unquote(urlparse(link.evaluate("own => own.href")).path)) for link in links.all()]
    assert targets == [tmp_path / folder / "report.pdf" for folder in folders]
    assert all(target.is_file() for target in targets)
    assert links.first.evaluate("own => own.getAttribute('aria-label')") == "PDF report of L10"


def test_markup_in_names_does_nothing_anywhere(open_page: Open, tmp_path: Path) -> None:
    base = stored()
    regimen = base.regimens[0].model_copy(update={"name": HOSTILE, "for_setting": True, "contraindicated": False})
    check = base.qc.checks[0].model_copy(update={"name": HOSTILE, "verdict": "warn", "unit": HOSTILE})
    changes = {
        "regimens": [regimen, *base.regimens[1:]],
        "qc": base.qc.model_copy(update={"checks": [check]}),
        "caveats": [base.caveats[0].model_copy(update={"text": HOSTILE}), *base.caveats],
    }
    own = {"patient": HOSTILE, "site": HOSTILE, "changes": changes}
    records = [sample(base, f"{HOSTILE}\t{number}", "snnnr", **own) for number in (1, 2)]
    page = open_page(write(tmp_path, [*records, sample(base, "S3")], patients=True))
    assert page.locator("img, svg[onload]").count() == 0
    page.get_by_label("group lesions of a patient").check()
    page.get_by_role("searchbox").fill("<img")
    wait_for_rows(page, 2)
    for button in page.locator(f"{ROW} > th button").all():
        button.click()
    assert page.locator("tr.detail").first.inner_text().count(HOSTILE) >= 2  # a check and a limit
    page.locator("figure [data-i='1']").first.hover()
    rows = list(csv.DictReader(io.StringIO(downloaded(page)), delimiter="\t"))
    assert [row["sample"] for row in rows] == [record.sample.id for record in records]
    assert page.locator("img, svg[onload]").count() == 0


def test_the_policy_stops_what_is_not_the_pages_own(open_page: Open, small: Path) -> None:
    page = open_page(small)
    ran = page.evaluate(
        """() => {
          const add = (name, put) => {
            const made = document.createElement(name);
            put(made);
            document.body.append(made);
          };
          add("script", (own) => { own.textContent = "window.ran = 'inline'"; });
          add("script", (own) => { own.src = "data:text/javascript,window.ran='data'"; });
          add("div", (own) => { own.setAttribute("onclick", "window.ran = 'handler'"); own.click(); });
          add("p", (own) => { own.setAttribute("style", "position: fixed"); own.id = "styled"; });
          return [window.ran, getComputedStyle(document.getElementById("styled")).position];
        }"""
    )
    assert ran == [None, "static"]
    sent = page.evaluate("fetch('https://example.org').then(() => 'sent', () => 'refused')")
    assert sent == "refused"
    complaints = open_page.complaints  # type: ignore[attr-defined]
    assert len(complaints) >= 5
    assert all("Content Security Policy" in one for one in complaints)  # nothing came as far as the network
    complaints.clear()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 400])
def test_nothing_is_hard_to_read_or_without_a_name(open_page: Open, small: Path, scheme: str, width: int) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = open_page(small, color_scheme=scheme, viewport={"width": width, "height": 900})
    page.get_by_label("group lesions of a patient").check()
    for button in page.locator(f"{ROW} > th button").all():
        button.click()
    found = (
        Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]}).response
    )
    assert len(found["passes"]) > 20
    faults = [
        (rule["id"], rule["nodes"][0]["target"], rule["nodes"][0]["failureSummary"]) for rule in found["violations"]
    ]
    assert faults == []


def test_a_screen_reader_hears_the_table_as_one(open_page: Open, small: Path) -> None:
    page = open_page(small)
    page.get_by_role("button", name="L10").click()
    tree = page.get_by_role("table", name="Samples").aria_snapshot()
    assert '- rowheader "L10 PDF report of L10":' in tree
    assert '- button "L10" [expanded]' in tree
    assert "- 'columnheader \"5-FU evidence C: skill in preclinical models\"':" in tree
    assert '- cell "sensitive C P 95 · 67 % (5–80 %)"' in tree
    assert page.get_by_role("region", name="Table of samples").count() == 1
    assert (
        page.get_by_role("banner").count()
        == page.get_by_role("main").count()
        == page.get_by_role("contentinfo").count()
        == 1
    )


@pytest.mark.parametrize(("width", "height"), [(320, 640), (720, 450)])  # 1280 at 400 %, 1440 × 900 at 200 %
def test_nothing_is_lost_in_a_narrow_window(open_page: Open, large: Path, width: int, height: int) -> None:
    page = open_page(large, viewport={"width": width, "height": height})
    page.locator(f"{ROW} > th button").first.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for control in page.locator("#controls :is(input, select, button)").all():
        box = control.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
    last = page.get_by_role("columnheader", name="Leading regimen").get_by_role("button")
    last.click()  # the pane scrolls to it
    assert page.get_by_role("columnheader", name="Leading regimen").get_attribute("aria-sort") == "ascending"
    panel = page.locator(".panel").bounding_box()
    assert panel is not None
    assert panel["width"] <= width


def test_without_scripts_the_table_is_there_and_nothing_that_needs_them(open_page: Open, small: Path) -> None:
    page = open_page(small, java_script_enabled=False)
    assert page.locator("#samples tbody tr").count() == 3
    assert "sensitive C" in page.locator("#samples tbody tr").first.inner_text()
    assert not page.locator("#controls").is_visible()
    assert page.locator("#samples button").count() == 0
    assert "Scripts are off" in page.locator("noscript").inner_text()
    assert "opposite calls" in page.locator("#lesions").inner_text()
    assert page.get_by_role("link", name="PDF report of L9").count() == 1


def test_on_paper_all_rows_stand_with_the_research_line_and_no_controls(open_page: Open, large: Path) -> None:
    import pypdfium2

    page = open_page(large, color_scheme="dark")
    choose(page, "Quality", "pass")
    page.emulate_media(media="print")
    assert not page.locator("#controls").is_visible()
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(27, 31, 36)"
    document = pypdfium2.PdfDocument(page.pdf(prefer_css_page_size=True))
    width, height = document[0].get_size()
    assert width > height
    sheets = [sheet.get_textpage().get_text_bounded() for sheet in document]
    text = "".join(sheets)
    assert text.count("FOR RESEARCH USE ONLY") == 2
    assert "filtered: quality pass" in text
    shown_rows = names(page)
    assert len(shown_rows) > 20
    assert [name for name in shown_rows if name not in text] == []
    with_rows = [sheet for sheet in sheets if "second-line" in sheet]
    assert len(with_rows) > 1
    assert all("Leading regimen" in sheet and "gemcitabine" in sheet for sheet in with_rows)  # headings on every sheet
    document.close()
