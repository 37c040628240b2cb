"""What `validate survival` takes, warns of and refuses."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from survival_factory import ARMS, SMALL, refused, run, trial, words_of, written


def test_who_is_left_out_is_counted_and_named(tmp_path: Path) -> None:
    scores, clinical = trial(SMALL, 4)
    scores["gemcitabine_score"] = scores["gemcitabine_score"].astype(object)
    scores.loc["S000", "gemcitabine_score"] = ""
    scores.loc["S001", "qc"] = "fail"
    clinical["histology"] = "PDAC"
    clinical.loc[2, "histology"] = "neuroendocrine"
    clinical.loc[3, "OS.time"] = ""
    clinical.loc[4, "arm"] = ""
    clinical.loc[5, "patient"] = "somebody"
    done = run(written(tmp_path, scores, clinical), tmp_path / "out", *ARMS, "--only", "histology=PDAC")
    assert done.exit_code == 0, done.output
    found = json.loads((tmp_path / "out" / "validation.json").read_text())
    out = found["flow"]["left_out"]
    assert out.pop("scored, but not in the table") == ["S005"]
    assert out.pop("in the table, but not scored") == ["somebody"]
    assert out.pop("failed quality") == ["S001"]
    assert out.pop("histology is not PDAC") == ["S002"]
    assert out.pop("survival is unknown") == ["S003"]
    assert out.pop("the arm is unknown") == ["S004"]
    assert list(out.values()) == [["S000"]]
    assert found["n"] == 54
    assert "somebody" in done.stderr
    assert "S002" in words_of(tmp_path / "out")


def test_samples_that_failed_quality_are_kept_on_demand_and_said_to_be_there(tmp_path: Path) -> None:
    scores, clinical = trial(SMALL, 4)
    scores.iloc[:7, list(scores.columns).index("qc")] = "fail"
    assert run(written(tmp_path, scores, clinical), tmp_path / "out", "--keep-failed").exit_code == 0
    found = json.loads((tmp_path / "out" / "validation.json").read_text())
    assert found["n"] == 60
    assert found["warnings"][0].startswith("7 patients here failed quality")


def test_months_and_days_are_the_same_cohort(tmp_path: Path) -> None:
    scores, clinical = trial(SMALL, 4)
    months = clinical.assign(**{"OS.time": (clinical["OS.time"].astype(float) / (365.25 / 12)).astype(str)})
    start = date(2015, 1, 31)
    dated = clinical.assign(
        **{
            "start": "2015-01-31",
            "OS.time": [(start + timedelta(days=int(days))).isoformat() for days in clinical["OS.time"]],
        }
    )
    found = []
    for name, table, more in (
        ("days", clinical, ()),
        ("months", months, ("--time-unit", "months")),
        ("dates", dated, ("--start", "start")),
    ):
        (tmp_path / name).mkdir()
        assert run(written(tmp_path / name, scores, table), tmp_path / name / "out", *more).exit_code == 0
        found.append(json.loads((tmp_path / name / "out" / "validation.json").read_text()))
    for other in found[1:]:
        assert other["groups"] == found[0]["groups"]
        assert other["cox"]["hr_per_sd"] == found[0]["cox"]["hr_per_sd"]


def test_times_that_look_like_months_are_asked_about(tmp_path: Path) -> None:
    scores, clinical = trial(SMALL, 4)
    months = clinical.assign(**{"OS.time": np.ceil(clinical["OS.time"].astype(float) / 30.4).astype(int).astype(str)})
    assert run(written(tmp_path, scores, months), tmp_path / "out").exit_code == 0
    warned = json.loads((tmp_path / "out" / "validation.json").read_text())["warnings"]
    assert "--time-unit months" in warned[0]


@pytest.mark.parametrize(
    ("column", "cell", "words"),
    [
        ("OS.time", "0", "follow-up that is not above 0 (0.0 in S007)"),
        ("OS.time", "-12", "not above 0 (-12.0 in S007)"),
        ("OS.time", "99999", "more than 100 years (99999.0 in S007)"),
        ("OS.time", "long", "no number"),
        ("OS.time", "2015-02-03", "--start"),
        ("OS", "2", "neither 0 nor 1 (2 in S007)"),
        ("OS", "dead", "no number"),
    ],
)
def test_an_impossible_cell_is_refused_with_the_sample(tmp_path: Path, column: str, cell: str, words: str) -> None:
    scores, clinical = trial(SMALL, 4)
    clinical.loc[7, column] = cell
    message = refused(tmp_path, scores, clinical)
    assert words in message
    assert column in message


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        ("2015-02-30", "2016-01-01", "what is no day (2015-02-30 in S003)"),
        ("1015-02-03", "2016-01-01", "what is no day (1015-02-03 in S003)"),
        ("2016-02-03", "2016-01-01", "not above 0 (-33.0 in S003)"),
    ],
)
def test_impossible_dates_are_refused(tmp_path: Path, start: str, end: str, words: str) -> None:
    scores, clinical = trial(SMALL, 4)
    clinical = clinical.assign(start="2015-01-01", end="2016-01-01")
    clinical.loc[3, ["start", "end"]] = [start, end]
    assert words in refused(tmp_path, scores, clinical, "--start", "start", time="end")


def test_other_faults_are_refused_in_words(tmp_path: Path) -> None:
    scores, clinical = trial(SMALL, 4)
    twice = pd.concat([clinical, clinical.iloc[[5]]])
    assert "more than one row of P005" in refused(tmp_path, scores, twice)
    strangers = clinical.assign(patient="X" + clinical["patient"])
    assert "names no sample and no patient that was scored" in refused(tmp_path, scores, strangers)
    message = refused(tmp_path, scores, clinical, "--arm", "arm", "--treated-arm", "gem")
    assert "no patient in the arm 'gem'" in message
    assert "gemcitabine (" in message
    assert "no column 'stage'" in refused(tmp_path, scores, clinical, "--adjust", "stage")
    assert "has 60 values" in refused(tmp_path, scores, clinical, "--adjust", "patient")
    flat = scores.assign(gemcitabine_score=1.5)
    assert "whose scores do not differ" in refused(tmp_path, flat, clinical)
    assert "leaves nobody" in refused(tmp_path, scores, clinical, "--only", "arm=none")
    assert "go together" in refused(tmp_path, scores, clinical, "--arm", "arm")
    assert "COLUMN=VALUE" in refused(tmp_path, scores, clinical, "--only", "arm")
    assert "days or months" in refused(tmp_path, scores, clinical, "--time-unit", "weeks")


def test_a_clinical_column_may_be_called_as_one_of_the_scores(tmp_path: Path) -> None:
    scores, clinical = trial(SMALL, 4)
    named = clinical.rename(columns={"OS.time": "score", "arm": "call"})
    done = run(
        written(tmp_path, scores, named),
        tmp_path / "out",
        "--arm",
        "call",
        "--treated-arm",
        "gemcitabine",
        time="score",
    )
    assert done.exit_code == 0, done.output
    assert json.loads((tmp_path / "out" / "validation.json").read_text())["interaction"]["p"] is not None


def test_a_patient_counts_once(tmp_path: Path) -> None:
    scores, clinical = trial(SMALL, 3)
    scores["patient"] = [f"P{place // 2}" for place in range(len(scores))]
    by_sample = clinical.assign(patient=scores.index)
    assert "several samples of one patient" in refused(tmp_path, scores, by_sample)


@pytest.mark.parametrize(
    ("cells", "words"),
    [([np.nan] * 60, "does not vary among the 0 patients"), (["II"] * 60, "does not vary among the 60 patients")],
)
def test_a_covariate_that_tells_nobody_apart_is_refused(tmp_path: Path, cells: list[Any], words: str) -> None:
    scores, clinical = trial(SMALL, 3)
    assert words in refused(tmp_path, scores, clinical.assign(stage=cells), "--adjust", "stage")


def test_no_cell_of_a_covariate_is_repeated(tmp_path: Path) -> None:
    scores, clinical = trial(SMALL, 3)
    people = clinical.assign(name=[f"Smith {place}" for place in range(len(clinical))])
    said = refused(tmp_path, scores, people, "--adjust", "name")
    assert "has 60 values, of which 60 rows hold no number" in said
    assert "Smith" not in said


def test_a_call_of_one_patient_is_no_group(tmp_path: Path) -> None:
    scores, clinical = trial(SMALL, 3)
    column = "gemcitabine_call"
    scores[column] = ["sensitive"] * 25 + ["intermediate"] * 34 + ["resistant"]
    done = run(written(tmp_path, scores, clinical), tmp_path / "out")
    assert done.exit_code == 0, done.output
    found = json.loads((tmp_path / "out" / "validation.json").read_text())
    assert found["rmst"]["less"] == "intermediate"


@pytest.mark.parametrize(
    ("unit", "cell", "words"),
    [
        ("months", "812", "1 patient followed for more than 20 years (68 years in S007). Are the times days"),
        ("days", "9000", "1 patient followed for more than 20 years (25 years in S007). Check the table"),
    ],
)
def test_a_follow_up_of_decades_is_warned_of_with_the_patient(tmp_path: Path, unit: str, cell: str, words: str) -> None:
    scores, clinical = trial(SMALL, 4)
    clinical.loc[7, "OS.time"] = cell
    others = clinical.index != 7
    if unit == "months":
        clinical.loc[others, "OS.time"] = (clinical.loc[others, "OS.time"].astype(float) / 30.4).astype(str)
    done = run(written(tmp_path, scores, clinical), tmp_path / "out", "--time-unit", unit)
    assert done.exit_code == 0, done.output
    assert words in " ".join(done.stderr.split())
    found = json.loads((tmp_path / "out" / "validation.json").read_text())
    assert any(words in one for one in found["warnings"])
    assert words in words_of(tmp_path / "out")


def test_twenty_years_are_not_too_long(tmp_path: Path) -> None:
    scores, clinical = trial(SMALL, 4)
    clinical.loc[7, "OS.time"] = "7300"
    assert run(written(tmp_path, scores, clinical), tmp_path / "out").exit_code == 0
    assert not json.loads((tmp_path / "out" / "validation.json").read_text())["warnings"]
