"""The cohort page without a browser: what stands in the file, what must not, and what can be read without scripts."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Sequence
from html.parser import HTMLParser
from typing import Any

import pytest
from page_factory import cohort, sample, stored

from pancreassign.errors import RecordError
from pancreassign.export import table
from pancreassign.page.build import to_html
from pancreassign.page.markup import json_text, name, tag
from pancreassign.page.strips import HALF, STEP, WIDTH, spot, swarm
from pancreassign.records import Prediction

DRUGS = ["5-FU", "oxaliplatin", "irinotecan", "gemcitabine", "paclitaxel"]
HOSTILE = "</script><img src=x onerror=\"alert('1')\"><!--&amp;"


class Page(HTMLParser):
    """The page as a browser without scripts would read it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.rows: list[list[str]] = []
        self.texts: dict[str, list[str]] = {}
        self._open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in ("meta", "input", "col"):
            self._open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("th", "td"):
            self.rows[-1].append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open:
            self.texts.setdefault(self._open[-1], []).append(data)
        if {"th", "td"} & set(self._open):
            self.rows[-1][-1] += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for own, attributes in self.elements if own == tag]

    @property
    def data(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.texts["script"][0])
        return found


@pytest.fixture(scope="module")
def base() -> Prediction:
    return stored()


def html(records: Sequence[Prediction], **options: Any) -> str:
    return to_html(records, **{"folders": [record.sample.id for record in records], **options})


def test_the_same_records_give_the_same_bytes_and_the_order_is_that_of_the_samples(base: Prediction) -> None:
    two = [sample(base, "S10"), sample(base, "S2")]
    assert html(two) == html([Prediction.from_json(record.to_json()) for record in two])
    assert [row[0].split()[0] for row in Page(html(two)).rows[1:]] == ["S10PDF", "S2PDF"]


def test_the_table_can_be_read_without_scripts(base: Prediction) -> None:
    record = sample(base, "S1", "smnnr", patient="P1", site="liver", percentiles=[90.0, 50.0, 50.0, 50.0, None])
    head, row = Page(html([record])).rows
    assert [
        cell for cell in head if cell in ("Sample", "Patient", "Site", "Quality", "Tumour content", "Leading regimen")
    ]
    for drug, own, cell in zip(DRUGS, record.drugs, head[5:10], strict=True):
        assert cell.startswith(f"{drug}evidence {own.evidence}: ")
    assert row[1:4] == ["patient 1", "liver", "pass"]
    assert row[5] == "sensitive CP 90 · 64 % (5–80 %) "
    assert row[7] == "not evaluable DP 50 · 40 % (5–80 %) "
    assert row[9] == "resistant Cno score"
    assert row[10].startswith(record.regimens[0].name)


def test_every_call_stands_with_its_grade_and_what_is_not_evaluable_is_grey_with_its_reason(base: Prediction) -> None:
    failed = sample(base, "S1", qc="fail")
    page = Page(html([failed]))
    cells = page.rows[1][5:10]
    for cell, own in zip(cells, failed.drugs, strict=True):
        assert cell.startswith(f"not evaluable {own.evidence}")
    assert "sample quality failed" in cells[0]
    assert (
        sum("muted" in (own.get("class") or "") for own in page.all("td")) == 6
    )  # the drugs, and the order of regimens
    assert "no drug is called: the order is not this tumour's" in page.rows[1][10]
    assert page.rows[1][3] == "FAIL"
    assert "evidence D: no demonstrated skill" in page.rows[0][6]


def test_leading_regimens_are_those_of_the_first_rank_that_may_be_given(base: Prediction) -> None:
    ranked = [
        own.model_copy(
            update={"rank": max(place, 1), "name": f"R{place}", "for_setting": True, "contraindicated": False}
        )
        for place, own in enumerate(base.regimens)
    ]
    none = [own.model_copy(update={"contraindicated": True}) for own in ranked]
    page = Page(html([sample(base, "S1", changes={"regimens": own}) for own in (ranked, ranked[1:], none)]))
    cells = [row[10] for row in page.rows[1:]]
    assert cells[0].startswith("R0= tied with R1second-line")
    assert cells[1].startswith("R1second-line")
    assert cells[2].startswith("none without a contraindication and for the setting")
    assert [[own[0] for own in one["leaders"]] for one in page.data["samples"]] == [
        [ranked[0].id, ranked[1].id],
        [ranked[1].id],
        [],
    ]


def test_research_use_the_caveats_of_all_and_the_versions_stand_on_the_page(base: Prediction) -> None:
    other = sample(base, "S2", changes={"caveats": base.caveats[:2]})
    text = html([sample(base, "S1"), other])
    page = Page(text)
    assert page.texts["strong"] == ["FOR RESEARCH USE ONLY"] * 2
    assert [caveat.text for caveat in base.caveats[:2]] == [
        own for own in page.texts["li"] if own in {caveat.text for caveat in base.caveats}
    ]
    assert page.data["caveats"] == [caveat.text for caveat in base.caveats[2:]]
    assert [own["caveats"] for own in page.data["samples"]] == [list(range(len(base.caveats) - 2)), []]
    for sha in (base.pack.sha256, base.reference.sha256, base.catalogue.sha256):
        assert f"sha256 {sha}" in text


def test_simulated_samples_are_marked(base: Prediction) -> None:
    text = html([sample(base, "S1", simulated=True), sample(base, "S2")])
    assert "SIMULATED: 1 of 2 samples come of no patient" in text
    assert ["SIMULATED" in row[0] for row in Page(text).rows[1:]] == [True, False]
    assert "SIMULATED" not in html([sample(base, "S2")])


PERSON = {
    "patient": "Zoe-ID-4711",
    "second_id": "SECOND-99",
    "sex": "female",
    "order": {"ordered": "2031-01-02", "received": "2031-01-03", "reported": "2031-01-04", "requester": "Dr Quill"},
    "specimen": {"collected": "2031-01-01", "rna_ng": 61.25, "specimen_type": "EUS-XYZ"},
}
SEX = {"name": "sex genes", "value": 87.125, "unit": "XIST reads per million", "threshold": {"warn": 43.5}}


def person(base: Prediction, name: str) -> Prediction:
    """A sample with all that can name a person, and findings that would tell it."""
    told = base.regimens[0].eligibility[0].model_copy(update={"message": "Age 87, female, born 1944"})
    regimen = base.regimens[0].model_copy(update={"eligibility": [told]})
    checks = [base.qc.checks[0].model_copy(update={**SEX, "verdict": "warn", "code": "sex_contradicts"})]
    changes = {
        "clinical": {"age": 87, "setting": "adjuvant"},
        "regimens": [regimen, *base.regimens[1:]],
        "qc": base.qc.model_copy(update={"checks": checks, "verdict": "warn"}),
    }
    return sample(base, name, changes=changes, **PERSON)


def test_nothing_that_names_a_person_stands_in_the_file(base: Prediction) -> None:
    records = [person(base, "S1"), person(base, "S2"), sample(base, "S3", patient="Other-17"), sample(base, "S4")]
    text = html(records)
    secrets = [
        "Zoe-ID-4711",
        "Other-17",
        "SECOND-99",
        "Quill",
        "2031",
        "1944",
        "Age",
        '"age"',
        "87.1",
        "female",
        "XIST",
    ]
    assert [secret for secret in [*secrets, "EUS-XYZ", "61.2"] if secret in text] == []
    page = Page(text)
    assert [row[1] for row in page.rows[1:]] == ["patient 1", "patient 1", "patient 2", "unknown"]
    assert page.data["samples"][0]["checks"] == [
        ["sex genes", "left to the report", "left to the report", "warning", ""]
    ]
    cells = dict(zip(page.data["columns"], page.data["samples"][0]["cells"], strict=True))
    assert (cells["sample"], cells["patient"]) == ("S1", "patient 1")
    assert "--pseudonymise replaces" in text


def test_patients_ids_stand_only_where_they_are_asked_for(base: Prediction) -> None:
    text = html([person(base, "S1"), person(base, "S2")], patients=True)
    assert [row[1] for row in Page(text).rows[1:]] == ["Zoe-ID-4711"] * 2
    assert "treat it as their records" in text
    assert [secret for secret in ("SECOND-99", "Quill", "2031", "female", "XIST") if secret in text] == []


def test_markup_in_any_name_stays_text(base: Prediction) -> None:
    regimen = base.regimens[0].model_copy(update={"name": HOSTILE, "for_setting": True, "contraindicated": False})
    changes = {
        "regimens": [regimen, *base.regimens[1:]],
        "caveats": [base.caveats[0].model_copy(update={"text": HOSTILE}), *base.caveats],
    }
    clean, hostile = (
        Page(html([sample(base, "S1", patient="P", site="x")])),
        Page(html([sample(base, HOSTILE, patient=HOSTILE, site=HOSTILE, changes=changes)], patients=True)),
    )
    assert len(hostile.all("img")) == 0
    assert len(hostile.all("script")) == len(clean.all("script")) == 2
    assert hostile.rows[1][1:3] == [HOSTILE, HOSTILE]
    assert hostile.data["samples"][0]["name"] == HOSTILE
    (link,) = hostile.all("a")[1:]
    assert (
        link["href"]
        == "./%3C/script%3E%3Cimg%20src%3Dx%20onerror%3D%22alert%28%271%27%29%22%3E%3C%21--%26amp%3B/report.pdf"
    )


@pytest.mark.parametrize("text", ["</script>", "<!--<script>", "&lt;", "\u2028\u2029", '"\\', "é\x00"])
def test_json_inside_a_script_comes_back_as_it_was(text: str) -> None:
    written = json_text({"a": text})
    assert json.loads(written) == {"a": text}
    assert not set(written) & set("<>&\u2028\u2029")


def test_elements_escape_what_is_no_markup() -> None:
    assert tag("p", "<b>", name("a&b"), None, title='"x"', hidden=True, id=None, class_="c", data_i=0) == (
        '<p title="&quot;x&quot;" hidden class="c" data-i="0">&lt;b&gt;<bdi>a&amp;b</bdi></p>'
    )


def test_the_policy_lets_nothing_run_but_what_stands_in_the_page(base: Prediction) -> None:
    text = html([sample(base, "S1")])
    page = Page(text)
    policy = next(own["content"] for own in page.all("meta") if own.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert (rules["default-src"], rules["base-uri"], rules["form-action"]) == ("'none'",) * 3
    for element, rule in (("style", "style-src"), ("script", "script-src")):
        own = text[text.rindex(f"<{element}>") + len(element) + 2 : text.rindex(f"</{element}>")]
        digest = base64.b64encode(hashlib.sha256(own.encode()).digest()).decode()
        assert rules[rule] == f"'sha256-{digest}'"
    attributes = {key for _, own in page.elements for key in own}
    assert not {key for key in attributes if key.startswith("on")} | attributes & {"src", "style", "srcset", "action"}
    assert not re.search(
        r"https?://|@import|url\(|innerHTML|insertAdjacentHTML|document\.write|eval\(",
        text.replace(
            "http://www.w3.org/2000/svg",
            "",  # the name of SVG, which no browser fetches
        ),
    )


def test_links_lead_to_the_pdfs_and_there_is_none_where_none_was_written(base: Prediction) -> None:
    records = [sample(base, "S1"), sample(base, "S2")]
    links = [own["href"] for own in Page(html(records, folders=["S1", "a b/é#1"])).all("a")]
    assert links == ["#table", "./S1/report.pdf", "./a%20b/%C3%A9%231/report.pdf"]
    assert [own["href"] for own in Page(html(records, folders=None)).all("a")] == ["#table"]
    with pytest.raises(ValueError, match="zip"):
        html(records, folders=["S1"])


def test_the_downloaded_columns_are_those_of_the_summary_and_more(base: Prediction) -> None:
    record = sample(base, "S1", "smnnr", patient="P1", site="liver")
    page = Page(html([record]))
    cells = dict(zip(page.data["columns"], page.data["samples"][0]["cells"], strict=True))
    assert tuple(page.data["columns"][: len(table.COLUMNS)]) == table.COLUMNS
    shared = table.row(record) | {"patient": "patient 1"}
    assert {column: cells[column] for column in table.COLUMNS} == shared
    assert (cells["paclitaxel_evidence"], cells["paclitaxel_reason"]) == ("C", "called")
    assert (cells["5-FU_probability_low"], cells["5-FU_probability_high"]) == ("0.05", "0.8")
    assert (cells["site"], cells["simulated"], cells["research_use_only"]) == ("liver", "no", "yes")


def lesions_text(records: Sequence[Prediction]) -> str:
    text = html(records)
    return re.sub(r"<[^>]+>", "", text[text.index('id="lesions"') : text.index("</main>")])


def test_lesions_are_compared_in_words_and_never_more_than_the_records_say(base: Prediction) -> None:
    opposite = [sample(base, "S1", "snnnm", patient="P"), sample(base, "S2", "rnnnm", patient="P", site="liver")]
    text = lesions_text(opposite)
    assert "5-FU (evidence C): opposite calls: one lesion sensitive, another resistant" in text
    assert "paclitaxel (evidence C): the same call" in text
    assert "gemcitabine (evidence D): not compared, fewer than two lesions called" in text
    assert "patient 1: 2 lesions" in text
    assert "S1; S2, liver" in text
    near = lesions_text([sample(base, "S1", "snnnm", patient="P"), sample(base, "S2", "mnnnm", patient="P")])
    assert "5-FU (evidence C): calls differ" in near
    assert "opposite" not in near
    failed = lesions_text([sample(base, "S1", "snnnm", patient="P"), sample(base, "S2", qc="fail", patient="P")])
    assert "the same call" not in failed
    assert "cannot be compared" in failed
    assert 'id="lesions"' not in html(
        [sample(base, "S1", patient="P"), sample(base, "S2", patient="Q"), sample(base, "S3")]
    )


def test_samples_without_a_patient_are_nobodys_lesions(base: Prediction) -> None:
    text = html([sample(base, "S1"), sample(base, "S2")])
    assert 'id="lesions"' not in text
    assert "0, 0 with several lesions; 2 samples of unknown" in text


def test_records_that_cannot_be_compared_are_refused(base: Prediction) -> None:
    other = sample(base, "S2", changes={"pack": base.pack.model_copy(update={"sha256": "0" * 64})})
    with pytest.raises(RecordError, match="different packs"):
        html([sample(base, "S1"), other])
    with pytest.raises(RecordError, match="no sample"):
        html([])


REFERENCE = {"q0": -4.0, "q5": -1.0, "q25": -0.5, "q50": 0.0, "q75": 0.5, "q95": 1.0, "q100": 2.0}


def test_a_score_stands_where_the_reference_puts_it_and_right_is_more_sensitive() -> None:
    assert spot(-1.0, REFERENCE) == pytest.approx(0.16 * 480, abs=0.06)
    assert spot(0.0, REFERENCE) == 240.0
    assert spot(1.0, REFERENCE) == pytest.approx(0.84 * 480, abs=0.06)
    assert (spot(-99.0, REFERENCE), spot(99.0, REFERENCE)) == (8.0, WIDTH - 8.0)
    assert spot(0.0, {}) is None
    assert spot(0.0, {"q5": 1.0, "q95": 1.0}) is None


def test_marks_of_like_place_stand_apart_and_inside_the_drawing() -> None:
    assert swarm([100.0, 300.0]) == [0.0, 0.0]
    assert swarm([100.0, 100.0, 100.0]) == [0.0, -STEP, STEP]
    many = swarm([100.0] * 501)
    assert len(set(many)) == 501
    assert max(map(abs, many)) == pytest.approx(HALF)
    assert swarm([]) == []


def test_each_drug_is_drawn_with_every_score_its_shape_by_call_and_words_for_it(base: Prediction) -> None:
    records = [
        sample(base, "S1", "snnnr", percentiles=[97.0, 50.0, 50.0, 50.0, 2.0]),
        sample(base, "S2", "mnnnm", percentiles=[None, 50.0, 50.0, 50.0, 50.0]),
    ]
    page = Page(html(records))
    drawings = page.all("svg")
    assert len(drawings) == 5
    assert drawings[0]["aria-label"] == (
        "5-FU: scores of 1 of 2 samples among 54 reference tumours; 0 within the reference's 5 to 95 %;"
        " 0 below, towards resistant; 1 above, towards sensitive. Calls: 1 sensitive, 1 intermediate."
    )
    marks = [own for element in ("path", "circle") for own in page.all(element)]
    assert sorted((own["class"], own["data-i"]) for own in marks) == sorted(
        [("sensitive", "0"), ("resistant", "0"), ("intermediate", "1"), *[("not_evaluable", i) for i in "01"] * 3]
    )
    tip = {own["class"]: own["d"] for own in page.all("path")}
    assert re.match(r"M[\d.]+ [\d.]+l-", tip["sensitive"] or "")  # its tip is to the right
    assert re.match(r"M[\d.]+ [\d.]+l\d", tip["resistant"] or "")


def test_a_drug_without_a_signature_is_said_to_have_none(base: Prediction) -> None:
    bare = {"reference": {}, "score": None, "score_interval": None, "percentile": None, "probability": None}
    none = base.drugs[1].model_copy(update={**bare, "probability_interval": None, "reason": "no_signature"})
    record = base.model_copy(update={"drugs": [base.drugs[0], none, *base.drugs[2:]]})
    page = Page(html([record]))
    assert len(page.all("svg")) == 4
    assert page.rows[1][6] == "not evaluable Dno signature in this packno score"
    assert page.data["samples"][0]["drugs"][1]["at"] == [None, None, None]


def test_a_cohort_of_every_kind_is_whole() -> None:
    records = cohort(60)
    page = Page(html(records))
    assert len(page.rows) == 61
    assert len(page.data["samples"]) == 60
    for row, record in zip(page.rows[1:], records, strict=True):
        assert row[0].startswith(record.sample.id)
        assert [cell.split(" ")[0] for cell in row[5:10]] == [drug.call.value.split("_")[0] for drug in record.drugs]
