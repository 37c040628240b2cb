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
    assert fields["Clinical data"] == ("prior regimens FOLFIRINOX / mFOLFIRINOX, another regimen, MSI no")


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
    assert quality[
        "note"
    ] == f"Of {len(quality['all'])} checks; all stand further on, published limits too, which are " + (
        "stricter and may warn."
    )
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
    failed = factory.failed_quality().model_dump(mode="json", by_alias=True)["drugs"]
    assert front(factory.record(qc={"verdict": "fail", "checks": rows}, drugs=failed)) == [
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
    # the two that share a caution share a line, and the caution is said once
    assert [item.split("  ")[0] for item in elsewhere["items"]] == ["7", "9"]
    assert elsewhere["items"][0] == (
        "7  nal-IRI + 5-FU / leucovorin (2 of 2 drugs of grade D): caution (a) · "
        "8  OFF / FOLFOX (2 of 2 drugs of grade D): caution (a)"
    )
    assert regimens["shared"] == {
        "label": "Cautions of several of these:",
        "text": "(a) Studied in second line after gemcitabine, which was not given; "
        "(b) ECOG 2: this regimen is for ECOG 0-1.",
    }
    assert contraindicated["items"][1] == (
        "11  NALIRIFOX (3 of 3 drugs of grade D): Complete DPD deficiency contraindicates fluoropyrimidines; "
        "caution (b)"
    )
    assert elsewhere["items"][1].startswith(
        "9  gemcitabine + paclitaxel (rule unclear; score 25; 1 of 2 drugs of grade D): caution: Studied in second line"
    )
    names = " ".join([*shown, *elsewhere["items"], *contraindicated["items"]])
    assert [one.name for one in record.regimens if one.name not in names] == []
    assert len(record.regimens) == 11


def test_last_regimens_without_findings_share_a_line(words: Words) -> None:
    rows = factory.regimens()
    for row in rows[8:10]:
        row["eligibility"] = []
    items = content.page(factory.record(regimens=rows), words)["regimens"]["aside"][0]["items"]
    assert len(items) == 2
    assert items[0] == (
        "9  nal-IRI + 5-FU / leucovorin (2 of 2 drugs of grade D) · 10  OFF / FOLFOX (2 of 2 drugs of grade D)"
    )
    bare = content.page(factory.none_evaluable(), words)["regimens"]["aside"][0]["items"]
    assert bare == [
        "9  nal-IRI + 5-FU / leucovorin: caution (a) · 10  OFF / FOLFOX: caution (a)",
        "11  gemcitabine + paclitaxel: caution: Studied in second line after FOLFIRINOX, which was not given",
    ]


def test_a_caution_of_the_table_is_not_said_again_below_it(words: Words) -> None:
    rows = factory.regimens()
    g8 = factory.finding("g8", "caution", "G8 of 14 or less: geriatric assessment")
    for row in (rows[0], rows[8], rows[10]):
        row["eligibility"] = [*row["eligibility"], g8]
    regimens = content.page(factory.record(regimens=rows), words)["regimens"]
    assert regimens["rows"][0]["against"][0].startswith("Caution (a): G8 of 14 or less: geriatric assessment")
    assert "caution (a, b)" in regimens["aside"][0]["items"][0]
    assert "G8" not in regimens["shared"]["text"]
    assert all("G8" not in item for item in regimens["aside"][0]["items"])
    # what no other regimen shares has no letter
    assert "caution: Studied in second line after FOLFIRINOX" in regimens["aside"][0]["items"][-1]


def all_out(row: dict[str, Any]) -> dict[str, Any]:
    reason = factory.finding("ecog_0_1", "contraindicated", "ECOG 3 or more: supportive care")
    return row | {"contraindicated": True, "eligibility": [*row["eligibility"], reason]}


def test_where_everything_is_contraindicated_a_sentence_says_so(words: Words) -> None:
    rows = [all_out(row) for row in factory.regimens()]
    regimens = content.page(factory.record(regimens=rows), words)["regimens"]
    assert regimens["rows"] == []
    assert regimens["empty"] == "No regimen without a contraindication for this patient."
    [group] = regimens["aside"]
    assert len(group["items"]) == len(rows)
    assert all("ECOG 3 or more: supportive care" in item for item in group["items"])
    # what is open stays open: a reason may fall away
    assert "UGT1A1 genotype (irinotecan)" in regimens["check"]["items"]
    for row in rows:
        row["eligibility"] = row["eligibility"][-1:]
    assert content.page(factory.record(regimens=rows), words)["regimens"]["check"] is None
    some = [all_out(row) if row["for_setting"] else row for row in factory.regimens()]
    said = content.page(factory.record(regimens=some), words)["regimens"]["empty"]
    assert said.startswith("No regimen is both placed in this setting or line and without a contraindication")
    assert content.page(factory.record(), words)["regimens"]["empty"] is None


def test_every_interval_of_the_front_page_says_its_level(words: Words) -> None:
    page = content.page(factory.record(), words)
    key = page["drugs"]["short"]
    for said in ("this tumour, 90 % interval", "(base rate 1 in 3), 95 % interval", "Spearman: 95 % interval"):
        assert said in key
    assert (
        "Score: percentile, among the reference tumours, of the chance that the rule is met"
        in (page["regimens"]["short"])
    )
    assert "90 % intervals" in page["regimens"]["short"]


LONG = "y" * 10_000


def test_long_fields_are_cut_where_there_is_no_room_for_them(words: Words) -> None:
    sample = {"id": LONG, "patient": LONG, "second_id": LONG, "site": LONG, "specimen": {"specimen_type": LONG}}
    base = factory.data()
    drug = factory.called() | {"contributions": [{"symbol": LONG, "value": 1.21}]}
    drug["coverage"] = {"genes": 9, "found": 8, "missing": [LONG]}
    rows, checks = factory.regimens(), factory.checks()
    rows[0]["name"] = rows[9]["name"] = checks[0]["name"] = LONG
    page = content.page(
        factory.record(
            sample=sample | {"order": {"requester": LONG}},
            pack=base["pack"] | {"name": LONG, "version": LONG},
            reference=base["reference"] | {"name": LONG, "version": LONG, "protocol": LONG},
            software={"name": LONG, "version": LONG},
            catalogue=base["catalogue"] | {"version": LONG},
            clinical={"prior_regimens": [LONG]},
            drugs=[*base["drugs"][:-1], drug],
            regimens=rows,
            qc=base["qc"] | {"checks": checks},
        ),
        words,
    )
    fields = dict([*page["identity"]["fields"], *page["identity"]["wide"]])
    for label in ("Sample", "Patient", "Second identifier", "Specimen", "Site", "Requester"):
        assert fields[f"{label}:"] == "y" * 300 + "…"
    assert len(fields["Clinical data:"]) == 301
    assert page["document"].endswith(" " + "y" * 80 + "…")
    foot = [part for item in page["footer"]["items"][:-1] for part in re.split("[ ,]+", item[1])]
    assert set(foot) == {"y" * 60 + "…", "y" * 20 + "…"}
    own = page["details"]["drugs"][4]
    assert own["drivers"]["rows"][0]["label"] == "y" * 20 + "…"
    assert dict(own["facts"])["Genes:"].endswith(": " + "y" * 20 + "…")
    cut = "y" * 120 + "…"
    assert page["regimens"]["rows"][0]["name"] == page["evidence"]["regimens"][0]["name"] == cut
    assert page["quality"]["all"][0]["name"] == cut
    assert max(map(len, texts(page["regimens"]["aside"]))) < 1000


def test_a_placement_by_our_judgement_is_marked(words: Words) -> None:
    regimens = content.page(factory.record(), words)["regimens"]
    marks = [row["name_mark"].split(",")[0] for row in regimens["rows"]]
    said = "Placed here by our judgement; why: “Regimens: trials and eligibility”."
    assert regimens["footnotes"][int(marks[0]) - 1] == said
    assert regimens["footnotes"].count(said) == 1


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
