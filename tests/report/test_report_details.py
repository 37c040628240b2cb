"""What each call rests on: bars that add up, figures held against something, failures as plain as successes."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from typing import Any

import pytest
import report_factory as factory
from test_report_pdf import needs_pdftotext, text_of

from pancreassign.records import Prediction
from pancreassign.report import content
from pancreassign.report.details import DRIVERS, MAX_ADJUSTED_P, MAX_P, MISSING
from pancreassign.report.pdf import Renderer
from pancreassign.report.words import Words, load_words
from pancreassign.training import evaluate

PACLITAXEL = 4


@pytest.fixture(scope="module")
def words() -> Words:
    return load_words("en")


def details(record: Prediction, words: Words, drug: int = PACLITAXEL) -> dict[str, Any]:
    found: dict[str, Any] = content.page(record, words)["details"]["drugs"][drug]
    return found


def facts(record: Prediction, words: Words, drug: int = PACLITAXEL) -> dict[str, str]:
    return {label.removesuffix(":"): text for label, text in details(record, words, drug)["facts"]}


def test_bars_run_from_sensitive_to_resistant_and_add_up_to_the_score(words: Words) -> None:
    drivers = details(factory.with_details(), words)["drivers"]
    names = [row["label"] for row in drivers["rows"]]
    assert names == [
        *(f"GENE{n}" for n in range(20, 12, -1)),
        "4 other genes",
        "correction for stroma",
        *(f"GENE{n:02}" for n in range(7, -1, -1)),
    ]
    # genes 09 to 12: 0.02 + 0.04 + 0.06 + 0.08
    assert drivers["rows"][8]["value"] == "+0.20"
    assert drivers["rows"][0]["value"] == "+0.24"
    assert drivers["rows"][-1]["value"] == "−0.16"
    assert drivers["total"] == ["Score", "+1.21"]
    assert drivers["note"] is None
    # the widest bar fills its half; every other is to scale, its sign the side
    places = [row["at"] for row in drivers["rows"]]
    assert max(map(abs, places)) == 1.0
    assert places[0] == pytest.approx(0.24 / abs(sum(0.02 * (n - 8) for n in range(21)) - 1.21))
    assert [row["gene"] for row in drivers["rows"]].count(False) == 2
    shown = sum(float(row["value"].replace("−", "-")) for row in drivers["rows"])
    assert shown == pytest.approx(1.21, abs=0.005 * len(names))


def test_at_most_eight_genes_of_each_side_have_a_bar(words: Words) -> None:
    one_sided = factory.called()
    one_sided["contributions"] = [{"symbol": f"G{n}", "value": 0.1} for n in range(12)] + [
        {"symbol": "Z", "value": 0.01}
    ]
    drugs = [factory.drug(name) for name in factory.DRUGS[:-1]] + [one_sided]
    rows = details(factory.record(drugs=drugs), words)["drivers"]["rows"]
    assert sum(row["gene"] for row in rows) == DRIVERS
    assert rows[-1]["label"] == "5 other genes"


def test_contributions_that_are_not_the_score_are_said_not_to_be(words: Words) -> None:
    broken = factory.called() | {"contributions": [{"symbol": "G", "value": 0.3}]}
    drugs = [factory.drug(name) for name in factory.DRUGS[:-1]] + [broken]
    assert "do not add up to its score" in details(factory.record(drugs=drugs), words)["drivers"]["note"]


def test_no_bars_without_a_score_and_the_reason_is_said(words: Words) -> None:
    low = details(factory.low_coverage(), words, 2)
    assert low["drivers"]["rows"] == []
    assert low["drivers"]["note"] == "No score: too few of the signature's genes."
    silent = details(factory.no_signature(), words, 1)
    assert (silent["facts"], silent["skill"], silent["calibration"]) == ([], None, None)
    assert silent["warning"] == "no signature in this pack"


def test_figures_stand_beside_what_they_are_held_against(words: Words) -> None:
    assert facts(factory.with_details(), words) == {
        "This tumour": "score 1.21 (0.71–1.71); percentile 83; probability of the sensitive third 52 % (36–68 %)",
        "Genes": "20 of 24 measured. Missing, taken at the reference's mean with their spread in the interval: "
        "ABC1, ABC2, ABC3, ABC4",
        "Model": "half cell lines of many tissues, half the models' responses; ridge regressions",
        "AUROC": "0.57 (0.43–0.70) for the sensitive third; chance: 0.5",
        "Permutation": "p 0.13, one-sided; 0.26 after correction for all drugs (Holm)",
        "Brier score": "0.221, better than the 0.222 of saying 1 in 3 of all",
        "Slope": "0.60 (1: right; less: too far from 1 in 3)",
        "Ceiling": "0.63",
        "Beyond the shared part": "0.35 (−0.04 to 0.63), 99 % interval: the interval holds 0, so that it tells "
        "anything of this drug beyond general sensitivity is not shown",
    }


@pytest.mark.parametrize(
    ("ends", "said"),
    [
        ((0.05, 0.5), "more than general sensitivity does"),
        ((-0.05, 0.5), "is not shown"),
        ((0.0, 0.5), "is not shown"),
        ((-0.5, -0.05), "points the wrong way"),
        (None, "not measured"),
    ],
)
def test_the_specific_part_says_no_more_than_its_interval(ends: Any, said: str, words: Words) -> None:
    own = {"specific": ends and 0.2, "specific_interval": ends and factory.interval(*ends, 0.99)}
    assert said in facts(factory.with_details(**own), words)["Beyond the shared part"]


@pytest.mark.parametrize(("brier", "said"), [(0.2, "better than"), (0.222, "no better than"), (0.3, "no better than")])
def test_a_brier_score_is_called_better_only_where_it_is(brier: float, said: str, words: Words) -> None:
    text = facts(factory.with_details(brier=brier, brier_base_rate=0.222), words)["Brier score"]
    assert text.split(", ")[1].startswith(said)


def test_failures_in_other_sets_are_as_plain_as_successes(words: Words) -> None:
    skill = details(factory.with_details(), words)["skill"]
    assert [(row["label"], row.get("estimate"), row.get("reading")) for row in skill["rows"]] == [
        ("All of them (66)", "0.41 (0.19–0.60)", "interval above 0"),
        ("Each by itself:", None, None),
        ("organoids (39)", "0.45 (0.10–0.70)", "interval above 0"),
        ("pancreas lines (26)", "0.25 (−0.23 to 0.67)", "interval holds 0"),
        ("Other sets, on which no grade rests:", None, None),
        ("other tissues' lines, each left out (499)", "0.11 (0.02–0.19)", "interval above 0"),
        ("colorectal xenografts (41)", "−0.37 (−0.63 to −0.04)", "interval below 0"),
    ]
    assert [row["overall"] for row in skill["rows"] if row["set"]] == [True, False, False, False, False]


def test_the_calibration_plot_can_be_heard(words: Words) -> None:
    plot = details(factory.with_details(), words)["calibration"]
    assert plot["alt"].startswith("Calibration plot of paclitaxel. 17 models: predicted 14 %, observed 12 % (3–34 %);")
    assert [(group["x"], group["y"]) for group in plot["groups"]] == [one[1:3] for one in factory.GROUPS]
    assert plot["patient"] == 0.52


def test_an_earlier_record_says_what_it_does_not_hold(words: Words) -> None:
    shown = details(factory.earlier(), words)
    assert shown["skill"]["note"] == "This record does not hold the single sets."
    assert shown["calibration"]["note"] == "This record holds no calibration groups."
    assert facts(factory.earlier(), words)["Model"] == "unknown"


def test_missing_genes_are_named_and_the_rest_counted(words: Words) -> None:
    drug = factory.called() | {"coverage": {"genes": 100, "found": 70, "missing": [f"M{n}" for n in range(30)]}}
    drugs = [factory.drug(name) for name in factory.DRUGS[:-1]] + [drug]
    text = facts(factory.record(drugs=drugs), words)["Genes"]
    assert text.startswith("70 of 100 measured")
    assert f"M{MISSING - 1} and 6 more" in text
    assert f"M{MISSING}," not in text


def test_grey_drugs_say_why_once(words: Words) -> None:
    shown = content.page(factory.record(), words)["details"]["drugs"]
    assert [drug["muted"] for drug in shown] == [True, True, True, True, False]
    assert shown[0]["warning"] == "shown to be traced, supports no choice"
    assert shown[4]["warning"] is None
    failed = details(factory.failed_quality(), words)
    assert failed["warning"] == "sample quality failed: shown to be traced, supports no choice"


def test_shared_and_specific_sensitivity_stand_apart(words: Words) -> None:
    general = content.page(factory.with_details(), words)["details"]["general"]
    assert general["rows"][4] == [
        "paclitaxel",
        "83",
        "0.41 (0.19–0.60)",
        "0.35 (−0.04 to 0.63)",
        "nothing shown beyond the shared part",
    ]
    assert general["rows"][0][3:] == ["unknown", "not measured"]
    assert (
        content.page(factory.no_signature(), words)["details"]["general"]["rows"][1][4] == "the pack holds no signature"
    )


SKILLED: dict[str, Any] = {
    "spearman_interval": factory.interval(0.01, 0.5, 0.95),
    "permutation_p": 0.0249,
    "adjusted_p": 0.0499,
    "brier": 0.2,
    "brier_base_rate": 0.21,
}


@pytest.mark.parametrize(
    ("figures", "said"),
    [
        ({"spearman_interval": factory.interval(0.0, 0.5, 0.95)}, "interval of the correlation above 0"),
        ({"permutation_p": 0.025}, "permutation p below 0.025"),
        ({"adjusted_p": 0.05}, "p after correction below 0.05"),
        ({"brier": 0.21}, "Brier score below that of saying 1 in 3"),
        ({"brier": 0.3, "permutation_p": 0.9}, "permutation p below 0.025; Brier score below that of saying 1 in 3"),
        ({}, "the stricter rule of selection, see the pack’s card"),
        ({"adjusted_p": None}, "the stricter rule of selection, see the pack’s card"),
    ],
)
def test_grade_d_names_what_it_does_not_meet(figures: dict[str, Any], said: str, words: Words) -> None:
    drug = factory.drug("5-FU")
    drug["validation"] |= SKILLED | figures
    drugs = [drug, *(factory.drug(name) for name in factory.DRUGS[1:])]
    grade_of = details(factory.record(drugs=drugs), words, 0)["grade"]
    assert grade_of == f"evidence D, no demonstrated skill (not met: {said})"
    if drug["validation"]["adjusted_p"] is not None:
        # the page names a criterion where training fails one, and only there
        assert (evaluate.grade(SKILLED | figures) == "D") is bool(figures)


def test_the_limits_of_grade_c_are_those_of_training() -> None:
    assert (MAX_P, MAX_ADJUSTED_P) == (evaluate.MAX_P, evaluate.MAX_ADJUSTED_P)


def test_a_skilled_or_missing_signature_names_no_criterion(words: Words) -> None:
    assert details(factory.record(), words)["grade"] == "evidence C, skill in preclinical models"
    assert details(factory.no_signature(), words, 1)["grade"] == "evidence D, no demonstrated skill"


@needs_pdftotext
@pytest.mark.parametrize("lang", ["en", "fr"])
def test_readings_end_before_the_forest_plot_begins(lang: str) -> None:
    pdf = Renderer(lang).render(factory.with_details())
    run = subprocess.run(["pdftotext", "-bbox", "-", "-"], input=pdf, capture_output=True, check=True)
    boxes = re.findall(r'xMin="([\d.]+)".* xMax="([\d.]+)" yMax="[\d.]+">([^<]*)<', run.stdout.decode())
    # every axis begins at its −1, in the heads of the columns
    [(edge, heads)] = Counter(float(left) for left, _, text in boxes if text == "−1").most_common(1)
    assert heads == len(factory.DRUGS)
    reading = {"en": ["interval", "below", "0"], "fr": ["intervalle", "au-dessous", "de", "0"]}[lang]
    said = [text for _, _, text in boxes]
    ends = [float(boxes[n + len(reading) - 1][1]) for n in range(len(said)) if said[n : n + len(reading)] == reading]
    assert len(ends) == 1
    assert ends[0] < edge


@needs_pdftotext
def test_bars_and_sets_are_text_in_reading_order() -> None:
    text = text_of(Renderer().render(factory.with_details()), layout=False)
    own = text[text.index("paclitaxel: sensitive") :]
    wanted = ["GENE20", "GENE13", "4 other genes", "correction for stroma", "GENE07", "GENE00", "Score"]
    places = [own.index(name) for name in wanted]
    assert places == sorted(places)
    assert re.search(r"colorectal xenografts \(41\)", own)
    assert "−0.37 (−0.63 to −0.04)" in own
