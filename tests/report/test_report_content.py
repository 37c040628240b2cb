"""What the page says, before any layout."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import report_factory as factory

from pancreassign.records import Prediction
from pancreassign.report import content
from pancreassign.report.words import Words, load_words


@pytest.fixture(scope="module")
def words() -> Words:
    return load_words("en")


def texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for item in value.values() for text in texts(item)]
    if isinstance(value, list):
        return [text for item in value for text in texts(item)]
    return [value] if isinstance(value, str) else []


@pytest.mark.parametrize("name", factory.VARIANTS)
def test_nothing_is_blank_or_none(name: str, words: Words) -> None:
    page = content.page(factory.VARIANTS[name](), words)
    marks = {"rule_mark", "name_mark"}
    rows = [{k: v for k, v in row.items() if k not in marks} for row in page["regimens"]["rows"]]
    page["regimens"]["rows"] = rows
    page["footer"]["items"][-1][1] = "the input has no name"
    found = texts(page)
    assert all(text.strip() for text in found)
    assert not [text for text in found if re.search(r"\bNone\b|\bnan\b|\{\w*\}", text) and text != words["page.number"]]


def test_setting_says_whether_it_was_assumed(words: Words) -> None:
    assert content.page(factory.record(), words)["top"]["setting"] == "Setting assumed: first-line metastatic"
    given = content.page(factory.contraindicated(), words)["top"]
    assert (given["setting"], given["setting_why"]) == ("Setting: first-line metastatic", None)


def identity(record: Prediction, words: Words, report_date: str | None = None) -> dict[str, str]:
    """The identity block by label, without its colons."""
    block = content.page(record, words, report_date)["identity"]
    return {label.removesuffix(":"): text for label, text in [*block["fields"], *block["wide"]]}


def test_identity_shows_unknown_as_unknown(words: Words) -> None:
    fields = identity(factory.low_coverage(), words)
    stated = {"Sample": "S1", "Tumour content (RNA)": "high, 62 % (40–80 %)", "Report date": "not given"}
    stated["Input"] = "counts, strand unknown; 59,712 of 60,683 genes matched; expected counts rounded"
    stated["Clinical data"] = "none given"
    assert {label: text for label, text in fields.items() if text != "unknown"} == stated
    assert len(fields) == 16
    assert identity(factory.record(), words, "2025-11-20")["Report date"] == "2025-11-20"


def test_identity_holds_all_that_is_stated(words: Words) -> None:
    fields = identity(factory.identified(), words)
    assert "unknown" not in fields.values()
    assert list(fields.items())[:14] == [
        ("Sample", "PDAC-0042"),
        ("Patient", "P-0017"),
        ("Second identifier", "1957-02-11"),
        ("Specimen", "EUS-FNB"),
        ("Site", "liver metastasis"),
        ("Collected", "2025-10-30"),
        ("Preservation", "FFPE"),
        ("Tumour cells (pathologist)", "35 %"),
        ("Tumour content (RNA)", "30–60 %"),
        ("RNA", "62.5 ng"),
        ("Requester", "Dr Ordering"),
        ("Ordered", "2025-11-03"),
        ("Received", "2025-11-05"),
        ("Report date", "2025-11-18"),
    ]
    # the date that a report is rendered for goes before the one that the record states
    assert identity(factory.identified(), words, "2025-12-01")["Report date"] == "2025-12-01"


def test_clinical_data_in_words(words: Words) -> None:
    assert identity(factory.contraindicated(), words)["Clinical data"] == (
        "age 67, DPYD status complete, neuropathy grade 2, gBRCA/PALB2 variant no, prior regimens none"
    )


def test_regimens_go_by_name_and_what_is_not_used_says_so(words: Words) -> None:
    rows = factory.regimens()
    rows[1]["id"] = "folfirinox"
    clinical = {"prior_regimens": ["folfirinox", "other"], "msi": False}
    fields = identity(factory.record(regimens=rows, clinical=clinical), words)
    assert fields["Clinical data"] == ("prior regimens FOLFIRINOX / mFOLFIRINOX, another regimen, MSI no (not used)")


def test_all_quality_checks_stand_further_on(words: Words) -> None:
    quality = content.page(factory.failed_quality(), words)["quality"]
    assert quality["verdict"] == "Failed: no drug is called on this sample."
    assert [list(row.values())[:5] for row in quality["all"]] == [
        ["reads on genes", "212,904 reads", "warn 2,000,000, fail 500,000", "FAIL", True],
        ["reference genes measured", "98.4 %", "warn 95 %, fail 50 %", "pass", False],
        ["protein-coding share", "92.1 % of reads", "none", "–", False],
        ["mitochondrial share", "unknown", "none", "–", False],
        ["largest gene", "3.25", "ceiling 8", "pass", False],
        ["tumour content", "unknown", "warn 20 %, fail 10 %", "–", False],
        ["stroma", "−3.1 log2", "warn −2.7", "pass", False],
        ["published: reads on genes", "212,904 reads", "warn 25,000,000", "warning", True],
    ]
    assert {row["source"] for row in quality["all"]} == {"example"}
    assert quality["note"] == f"Of {len(quality['all'])} checks; all of them stand further on."
    assert content.page(factory.record(), words)["quality"]["verdict"] == words["quality.pass"]


def test_the_front_page_shows_depth_tumour_and_what_our_own_limits_found(words: Words) -> None:
    def front(record: Prediction) -> list[str]:
        quality = content.page(record, words)["quality"]
        assert all(row in quality["all"] for row in quality["rows"])
        return [row["name"] for row in quality["rows"]]

    assert front(factory.record()) == ["reads on genes", "tumour content"]
    # a published limit, which is stricter than ours, is not put before the board
    assert front(factory.low_coverage()) == ["reads on genes", "tumour content", "stroma"]
    rows = factory.checks()
    rows[1]["verdict"] = "fail"
    assert front(factory.record(qc={"verdict": "fail", "checks": rows})) == [
        "reads on genes",
        "reference genes measured",
        "tumour content",
    ]
    none = content.page(factory.record(qc={"verdict": "pass", "checks": []}), words)["quality"]
    assert (none["rows"], none["all"], none["note"], none["empty"]) == ([], [], None, "No check was made.")


def test_context_is_called_exploratory_and_shows_percentiles(words: Words) -> None:
    shown = content.page(factory.record(), words)["context"]
    assert "exploratory" in shown["heading"]
    assert [list(row.values()) for row in shown["rows"]] == [
        ["basal-like", "72", "genes of basal"],
        ["CDA (breaks gemcitabine down)", "unknown", "genes of CDA"],
    ]
    assert content.page(factory.earlier(), words)["context"]["rows"] == []


def test_a_called_drug(words: Words) -> None:
    row = content.page(factory.record(), words)["drugs"]["rows"][4]
    assert row == {
        "drug": "paclitaxel",
        "call": "sensitive",
        "symbol": "sensitive",
        "muted": False,
        "no_score": None,
        "alt": "paclitaxel: sensitive. The score lies at percentile 83 of the reference tumours; "
        "further right is more sensitive.",
        "percentile": "83",
        "probability": ["52 %", "(36–68 %)"],
        "grade": "C",
        "grade_words": "skill in preclinical models",
        "genes": "1,833/1,842",
        "validation": ["0.41 (0.19–0.60)", "ceiling 0.63"],
    }


def test_a_drug_without_skill_is_grey_and_says_why(words: Words) -> None:
    row = content.page(factory.record(), words)["drugs"]["rows"][1]
    assert row["muted"]
    assert row["call"] == "not evaluable: no demonstrated skill"
    assert row["validation"][1] == "ceiling unknown"


def test_a_drug_without_score(words: Words) -> None:
    row = content.page(factory.low_coverage(), words)["drugs"]["rows"][2]
    assert (row["percentile"], row["probability"], row["no_score"]) == ("unknown", ["unknown"], "no score")
    assert row["alt"] == "irinotecan: not evaluable: too few of the signature's genes. No score is drawn."


def test_general_sensitivity_is_no_stronger_than_its_grade(words: Words) -> None:
    good = content.page(factory.record(), words)["drugs"]["general"]
    assert good["text"] == "score 0.42, percentile 66. Evidence C, skill in preclinical models."
    assert not good["muted"]
    assert content.page(factory.none_evaluable(), words)["drugs"]["general"]["muted"]
    assert content.page(factory.failed_quality(), words)["drugs"]["general"]["muted"]


def test_ranks_and_ties(words: Words) -> None:
    rows = content.page(factory.record(), words)["regimens"]["rows"]
    assert [row["rank"] for row in rows] == ["1 =", "1 =", "1 =", "4", "5", "6", "7", "8"]


def test_what_a_regimen_rests_on(words: Words) -> None:
    rows = content.page(factory.record(), words)["regimens"]["rows"]
    assert rows[0]["evidence"] == ["1 of 2 drugs of grade D"]
    assert rows[3]["evidence"] == ["1 of 1 drug of grade D", "no signature: cisplatin"]
    assert rows[6]["evidence"] == ["not scored (S-1: no signature)"]
    assert [row["muted"] for row in rows[:2]] == [False, True]
    assert (rows[0]["score"], rows[6]["score"]) == ("71 (44–91)", "unknown")
    best = content.page(factory.all_calls(), words)["regimens"]["rows"][1]
    assert best["evidence"] == ["no drug of grade D (C, A, B)"]
    lost = content.page(factory.failed_quality(), words)["regimens"]["rows"][0]
    assert lost["muted"]
    assert lost["evidence"][1] == "not evaluable here: paclitaxel"


def test_findings_in_full_and_open_questions_once(words: Words) -> None:
    regimens = content.page(factory.record(), words)["regimens"]
    assert regimens["rows"][3]["against"] == [
        "Caution: benefit shown only with a germline BRCA1/2 or PALB2 variant, unknown here · 2 checks open",
    ]
    assert regimens["rows"][4]["against"] == ["1 check open"]
    assert regimens["check"]["items"] == [
        "ECOG performance status",
        "peripheral neuropathy (platinum, taxanes)",
        "DPYD genotype or uracilaemia (fluoropyrimidines)",
        "UGT1A1 genotype (irinotecan)",
        "bilirubin",
        "Frailty unknown: a question that no language file knows of",
    ]


def test_last_regimens_are_condensed_not_hidden(words: Words) -> None:
    record = factory.contraindicated()
    regimens = content.page(record, words)["regimens"]
    shown = [row["name"] for row in regimens["rows"]]
    elsewhere, contraindicated = regimens["aside"]
    assert elsewhere["label"] == (
        "Last, not placed in this setting or line, or for this patient (the catalogue holds no figures for it there):"
    )
    assert [item.split("  ")[0] for item in elsewhere["items"]] == ["7", "8", "9"]
    assert contraindicated["items"][1] == (
        "11  NALIRIFOX (3 of 3 drugs of grade D): Complete DPD deficiency contraindicates fluoropyrimidines; "
        "caution: ECOG 2: this regimen is for ECOG 0-1"
    )
    assert elsewhere["items"][2].startswith(
        "9  gemcitabine + paclitaxel (rule unclear; score 25; 1 of 2 drugs of grade D): caution: Studied in second line"
    )
    assert len(shown) + len(elsewhere["items"]) + len(contraindicated["items"]) == len(record.regimens) == 11


def test_last_regimens_without_findings_share_a_line(words: Words) -> None:
    rows = factory.regimens()
    for row in rows[8:10]:
        row["eligibility"] = []
    items = content.page(factory.record(regimens=rows), words)["regimens"]["aside"][0]["items"]
    assert len(items) == 2
    assert items[0] == (
        "9  nal-IRI + 5-FU / leucovorin (2 of 2 drugs of grade D) · 10  OFF / FOLFOX (2 of 2 drugs of grade D)"
    )
    bare = content.page(factory.none_evaluable(), words)["regimens"]["aside"][0]["items"][1]
    assert bare == "10  OFF / FOLFOX: caution: Studied in second line after gemcitabine, which was not given"


def test_a_placement_by_our_judgement_is_marked(words: Words) -> None:
    regimens = content.page(factory.record(), words)["regimens"]
    marks = [row["name_mark"].split(",")[0] for row in regimens["rows"]]
    assert regimens["footnotes"][int(marks[0]) - 1] == f"Placed here by our judgement: {factory.BASIS}."
    assert sum("our judgement: " in note for note in regimens["footnotes"]) == 1


def test_shared_notes_are_printed_once(words: Words) -> None:
    regimens = content.page(factory.record(), words)["regimens"]
    notes = regimens["footnotes"]
    assert len(notes) == len(set(notes))
    first = regimens["rows"][0]
    assert notes[int(first["name_mark"].split(",")[1]) - 1] == factory.NAB
    assert notes[int(first["rule_mark"]) - 1] == f"Rule: {factory.ONE_OF_TWO}."


@pytest.mark.parametrize(("make", "said"), [(factory.record, False), (factory.none_evaluable, True)])
def test_no_evaluable_drug_is_said_in_plain_words(make: Any, said: bool, words: Words) -> None:
    warning = content.page(make(), words)["regimens"]["warning"]
    expected = (
        "No drug's signature could be used here: the order comes from eligibility and the catalogue's tiers, "
        "partly our own judgement."
    )
    assert warning == (expected if said else None)


def test_the_page_is_a_pure_function_of_the_record(words: Words) -> None:
    record = factory.all_calls()
    again = Prediction.from_json(record.to_json())
    assert content.page(record, words) == content.page(again, words)


def test_no_sentence_stands_in_the_code() -> None:
    """Words live in the language file; the code holds keys and codes only (docstrings and comments aside)."""
    source = Path(content.__file__).read_text(encoding="utf-8")
    code = re.sub(r'""".*?"""|#.*', "", source, flags=re.DOTALL)
    assert not re.findall(r'"[A-Z][a-z]+ [a-z ]+"', code)
