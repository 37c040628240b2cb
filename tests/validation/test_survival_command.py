"""`validate survival` from files to files: what it finds, what it refuses, and what it says."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from survival_factory import trial, written
from typer.testing import CliRunner, Result

from pancreassign.cli import app
from pancreassign.validation.trials import Design

ARMS = ("--arm", "arm", "--treated-arm", "gemcitabine")
PLANTED = Design(300, interaction=0.5, correlation=0.8)
PROGNOSTIC = Design(300, prognosis=0.5, correlation=0.8)
SMALL = Design(60, correlation=0.8)


def run(paths: tuple[Path, Path], out: Path, *more: str, time: str = "OS.time") -> Result:
    summary, clinical = map(str, paths)
    asked = ["--id", "patient", "--time", time, "--event", "OS", "--drug", "gemcitabine", "-o", str(out), *more]
    return CliRunner().invoke(app, ["validate", "survival", "--scores", summary, "--clinical", clinical, *asked])


def figures_of(folder: Path, design: Design, seed: int, *more: str, calls: bool = True) -> dict[str, Any]:
    done = run(written(folder, *trial(design, seed, calls)), folder / "out", *more)
    assert done.exit_code == 0, done.output
    return json.loads((folder / "out" / "validation.json").read_text())


def words_of(out: Path) -> str:
    import pypdfium2

    document = pypdfium2.PdfDocument(out / "report.pdf")
    pages = [document[place].get_textpage().get_text_range() for place in range(len(document))]
    return " ".join(" ".join(pages).replace("\ufffe", "-").split())


def refused(folder: Path, scores: pd.DataFrame, clinical: pd.DataFrame, *more: str, time: str = "OS.time") -> str:
    """The message of a run that must fail, and leave nothing."""
    done = run(written(folder, scores, clinical), folder / "out", *more, time=time)
    assert done.exit_code == 2, done.output
    assert "Traceback" not in done.output
    assert not (folder / "out").exists()
    return done.stderr


def test_a_planted_interaction_is_found(tmp_path: Path) -> None:
    found = figures_of(tmp_path, PLANTED, 1, *ARMS)
    own = found["interaction"]
    assert own["hr"]["low"] < own["hr"]["value"] < own["hr"]["high"] < 1
    assert own["p"] < 0.001
    assert own["treated"]["hr_per_sd"]["high"] < 1 < own["others"]["hr_per_sd"]["high"]
    assert sum(own["patients"].values()) == found["n"] == 300
    assert found["multiplicity"]["p_if_five_drugs"] == pytest.approx(5 * own["p"], rel=1e-4)
    said = words_of(tmp_path / "out")
    assert "the higher the score, the more patients gain by gemcitabine" in said
    assert "Prognosis only" not in said


def test_a_prognostic_score_is_not_said_to_predict(tmp_path: Path) -> None:
    found = figures_of(tmp_path, PROGNOSTIC, 2, *ARMS)
    assert found["cox"]["hr_per_sd"]["high"] < 0.8
    assert found["c_index"]["low"] > 0.5
    assert found["rmst"]["low"] > 0
    assert found["interaction"]["p"] > 0.05
    said = words_of(tmp_path / "out")
    assert "patients of a higher score live longer" in said
    assert "Prediction: not shown" in said


def test_direction_a_score_turned_round_turns_every_figure(tmp_path: Path) -> None:
    scores, clinical = trial(PLANTED, 1)
    found = figures_of(tmp_path, PLANTED, 1, *ARMS)
    turned = scores.assign(gemcitabine_score=-scores["gemcitabine_score"].astype(float))
    (tmp_path / "turned").mkdir()
    assert run(written(tmp_path / "turned", turned, clinical), tmp_path / "turned" / "out", *ARMS).exit_code == 0
    other = json.loads((tmp_path / "turned" / "out" / "validation.json").read_text())
    for key in ("value", "low", "high"):
        opposite = {"low": "high", "high": "low"}.get(key, key)
        hr = found["interaction"]["hr"][key] * other["interaction"]["hr"][opposite]
        assert hr == pytest.approx(1.0, rel=1e-4)
    assert other["c_index"]["value"] == pytest.approx(1 - found["c_index"]["value"], abs=1e-5)
    assert "the wrong direction" in words_of(tmp_path / "turned" / "out")


def test_without_arms_it_is_prognosis_only(tmp_path: Path) -> None:
    found = figures_of(tmp_path, PROGNOSTIC, 2)
    assert (found["interaction"]["hr"], found["interaction"]["p"]) == (None, None)
    assert "--arm" in found["interaction"]["reason"]
    assert "Prognosis only" in words_of(tmp_path / "out")
    assert not (tmp_path / "out" / "treatment-effect.svg").exists()


def test_one_arm_alone_is_refused_an_interaction_with_the_reason(tmp_path: Path) -> None:
    scores, clinical = trial(PROGNOSTIC, 2)
    paths = written(tmp_path, scores, clinical.assign(arm="gemcitabine"))
    assert run(paths, tmp_path / "out", *ARMS).exit_code == 0
    found = json.loads((tmp_path / "out" / "validation.json").read_text())
    assert found["interaction"]["hr"] is None
    assert "in one arm (gemcitabine)" in found["interaction"]["reason"]
    said = words_of(tmp_path / "out")
    assert "was not tested: all 300 patients are in one arm" in said
    assert "Prognosis only" in said


def test_calls_group_where_they_exist_and_thirds_where_not(tmp_path: Path) -> None:
    for name in ("calls", "thirds"):
        (tmp_path / name).mkdir()
    by_call = figures_of(tmp_path / "calls", PROGNOSTIC, 2)["groups"]
    assert (by_call["by"], list(by_call["curves"])) == ("call", ["intermediate", "resistant", "sensitive"])
    assert by_call["curves"]["sensitive"]["median"]["value"] > by_call["curves"]["resistant"]["median"]["value"]
    thirds = figures_of(tmp_path / "thirds", PROGNOSTIC, 2, calls=False)["groups"]
    assert thirds["by"] == "thirds"
    assert [one["n"] for one in thirds["curves"].values()] == [100, 100, 100]
    assert "no thresholds for another patient" in words_of(tmp_path / "thirds" / "out")


def test_adjustment_stands_beside_the_plain_figure(tmp_path: Path) -> None:
    scores, clinical = trial(PROGNOSTIC, 2)
    rng = np.random.default_rng(0)
    # the covariate is the score itself with little noise: it takes the score's place
    double = scores["gemcitabine_score"].astype(float).to_numpy() + 0.05 * rng.standard_normal(300)
    sex = np.where(np.arange(300) % 3, "female", "male")
    clinical = clinical.assign(copy=np.round(double, 4).astype(str), sex=sex, site=rng.choice(["A", "B"], 300))
    clinical.loc[:4, "sex"] = ""
    asked = ("--adjust", "copy,sex", "--stratify", "site")
    assert run(written(tmp_path, scores, clinical), tmp_path / "out", *ARMS, *asked).exit_code == 0
    found = json.loads((tmp_path / "out" / "validation.json").read_text())
    adjusted = found["cox"]["adjusted"]
    assert (adjusted["n"], found["n"]) == (295, 300)
    assert list(adjusted["covariates"]) == ["copy (per SD)", "sex: male v female"]
    assert adjusted["unadjusted_hr_per_sd"]["high"] < 0.8
    assert adjusted["hr_per_sd"]["low"] < 1 < adjusted["hr_per_sd"]["high"]
    assert found["interaction"]["adjusted"]["value"] is not None
    assert found["cox"]["stratified_by"] == "site"
    assert any("sex is unknown in 5 patients" in one for one in found["warnings"])


def test_few_events_are_shown_with_a_warning(tmp_path: Path) -> None:
    found = figures_of(tmp_path, Design(30, follow_up=2.0, recruitment=4.0), 3, *ARMS)
    assert 0 < found["events"] < 10
    assert any(f"Only {found['events']} events" in one for one in found["warnings"])
    assert f"Only {found['events']} events" in words_of(tmp_path / "out")
    assert "value" in found["cox"]["hr_per_sd"]


def test_no_event_at_all_gives_no_hazard_ratio_but_a_page(tmp_path: Path) -> None:
    scores, clinical = trial(SMALL, 4)
    assert run(written(tmp_path, scores, clinical.assign(OS="0")), tmp_path / "out", *ARMS).exit_code == 0
    found = json.loads((tmp_path / "out" / "validation.json").read_text())
    assert found["cox"]["hr_per_sd"]["reason"] == "no event was seen"
    assert found["interaction"]["reason"] == "no event was seen"
    assert found["c_index"]["value"] is None


def test_separation_is_named(tmp_path: Path) -> None:
    scores, clinical = trial(SMALL, 4)
    clinical["marker"] = np.where(clinical["OS"] == "1", "seen", "not")
    assert run(written(tmp_path, scores, clinical), tmp_path / "out", "--adjust", "marker").exit_code == 0
    adjusted = json.loads((tmp_path / "out" / "validation.json").read_text())["cox"]["adjusted"]
    assert adjusted["hr_per_sd"]["value"] is None
    assert "separation: no event was seen on one side of marker" in adjusted["hr_per_sd"]["reason"]
    assert "not estimable: separation" in words_of(tmp_path / "out")


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
    start = pd.Timestamp("2015-01-31")
    dated = clinical.assign(
        **{
            "start": "2015-01-31",
            "OS.time": [(start + pd.Timedelta(days=int(days))).date().isoformat() for days in clinical["OS.time"]],
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


def test_the_same_tables_give_the_same_bytes_and_nothing_is_overwritten(tmp_path: Path) -> None:
    paths = written(tmp_path, *trial(SMALL, 4))
    for name in ("one", "two"):
        assert run(paths, tmp_path / name, *ARMS).exit_code == 0
    names = sorted(path.name for path in (tmp_path / "one").iterdir())
    drawings = ["hazard-ratios.svg", "kaplan-meier-by-arm.svg", "kaplan-meier.svg", "treatment-effect.svg"]
    assert names == sorted([*drawings, "report.pdf", "validation.json"])
    assert all((tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes() for name in names)
    again = run(paths, tmp_path / "one", *ARMS)
    assert again.exit_code == 2
    assert "exists already" in again.stderr
    assert run(paths, tmp_path / "one", "--force").exit_code == 0
    assert not (tmp_path / "one" / "treatment-effect.svg").exists()  # it would contradict the new page


def test_without_lifelines_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "lifelines", None)
    assert "pip install 'pancreassign[validate]'" in refused(tmp_path, *trial(SMALL, 4))


@pytest.mark.realdata
def test_tcga_tells_of_prognosis_alone(realdata: Path, tmp_path: Path) -> None:
    folder = realdata / "tumours" / "tcga_paad"
    counts = folder / "counts_20.tsv.gz"
    ids = pd.read_csv(counts, sep="\t", nrows=0, index_col=0).columns
    samples = pd.DataFrame({"sample": ids, "patient": ids.str[:12], "preservation": "frozen"})
    samples.to_csv(tmp_path / "samples.tsv", sep="\t", index=False)
    scored = ["score", str(counts), "--samples", str(tmp_path / "samples.tsv"), "-o", str(tmp_path / "scored")]
    assert CliRunner().invoke(app, [*scored, "--no-report"]).exit_code == 0
    paths = tmp_path / "scored", folder / "clinical.tsv"
    done = run(paths, tmp_path / "out", "--only", "rnasum_label=PAAD")
    assert done.exit_code == 0, done.output
    found = json.loads((tmp_path / "out" / "validation.json").read_text())
    assert found["flow"]["steps"][0] == ["samples scored", 20]
    assert found["n"] + len(found["flow"]["left_out"].get("failed quality", [])) <= 20
    assert found["evidence"] in ("A", "B", "C", "D")
    assert found["interaction"]["hr"] is None
    assert any("Only 9 events" in one for one in found["warnings"])
    assert "Prognosis only" in words_of(tmp_path / "out")


def test_what_the_drug_does_is_not_called_prognosis(tmp_path: Path) -> None:
    found = figures_of(tmp_path, Design(400, interaction=0.4, correlation=0.9), 7, *ARMS)
    assert found["cox"]["hr_per_sd"]["high"] < 1, "over all patients the drug's own effect shows"
    assert found["interaction"]["others"]["hr_per_sd"]["high"] > 1
    said = words_of(tmp_path / "out")
    assert "Prognosis: no relation of score and survival is shown in the other arms, without the drug (" in said


def test_one_arm_that_is_not_the_treated_one_is_shown_all_the_same(tmp_path: Path) -> None:
    scores, clinical = trial(SMALL, 3)
    done = run(written(tmp_path, scores, clinical.assign(arm="mFOLFIRINOX")), tmp_path / "out", *ARMS)
    assert done.exit_code == 0, done.output
    own = json.loads((tmp_path / "out" / "validation.json").read_text())["interaction"]
    assert own["hr"] is None
    assert "are in one arm (mFOLFIRINOX)" in own["reason"]


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
