"""`validate survival` from files to files: what it finds, and what it says."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from survival_factory import ARMS, PLANTED, PROGNOSTIC, SMALL, figures_of, refused, run, trial, words_of, written
from typer.testing import CliRunner

from pancreassign.cli import app
from pancreassign.validation.trials import Design


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


def untested(found: dict[str, Any], why: str) -> None:
    """That an interaction without figures has every key of one with figures, and the reason."""
    own = found["interaction"]
    assert own["hr"] == {"value": None, "low": None, "high": None, "level": 0.95, "p": None, "reason": own["reason"]}
    assert why in own["reason"]
    assert own["p"] is own["detectable_hr"] is own["ph_p"] is None
    assert own["treated"]["hr_per_sd"]["value"] is own["others"]["hr_per_sd"]["value"] is None
    assert found["multiplicity"]["primary"] == "cox.hr_per_sd.p"


def test_the_keys_do_not_hang_on_the_arms(tmp_path: Path) -> None:
    found = []
    for name, more in (("two", ARMS), ("none", ())):
        (tmp_path / name).mkdir()
        found.append(figures_of(tmp_path / name, SMALL, 4, *more))
    assert set(found[0]) == set(found[1])
    assert set(found[0]["interaction"]) == set(found[1]["interaction"])
    assert set(found[0]["interaction"]["hr"]) == set(found[1]["interaction"]["hr"])
    for one in found:
        assert (one["schema"], one["kind"]) == ("pancreassign/validation/1", "survival")
        assert (one["use"], one["drug"], one["n"]) == ("for research use only", "gemcitabine", 60)


def test_without_arms_it_is_prognosis_only(tmp_path: Path) -> None:
    found = figures_of(tmp_path, PROGNOSTIC, 2)
    untested(found, "--arm")
    assert "Prognosis only" in words_of(tmp_path / "out")
    assert not (tmp_path / "out" / "treatment-effect.svg").exists()


def test_one_arm_alone_is_refused_an_interaction_with_the_reason(tmp_path: Path) -> None:
    scores, clinical = trial(PROGNOSTIC, 2)
    paths = written(tmp_path, scores, clinical.assign(arm="gemcitabine"))
    assert run(paths, tmp_path / "out", *ARMS).exit_code == 0
    found = json.loads((tmp_path / "out" / "validation.json").read_text())
    untested(found, "in one arm (gemcitabine)")
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
    said = words_of(tmp_path / "out")
    assert said.count("not estimable: separation") == 1
    assert "beside it" not in said
    assert "Nothing could be adjusted for: with marker the model gives no figure" in said
    assert "Adjusted for" not in said
    assert "Evidence grade of the signature of gemcitabine: not said by these scores" in said


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
    assert found["flow"]["steps"][0] == {"step": "samples scored", "n": 20}
    assert found["n"] + len(found["flow"]["left_out"].get("failed quality", [])) <= 20
    assert found["evidence"] in ("A", "B", "C", "D")
    untested(found, "--arm")
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
    untested(json.loads((tmp_path / "out" / "validation.json").read_text()), "are in one arm (mFOLFIRINOX)")


def test_two_treated_patients_are_too_few_to_tell_and_that_is_the_reason(tmp_path: Path) -> None:
    scores, clinical = trial(SMALL, 4)
    few = clinical.assign(arm=["gemcitabine"] * 2 + ["mFOLFIRINOX"] * 58)
    assert run(written(tmp_path, scores, few), tmp_path / "out", *ARMS).exit_code == 0
    untested(
        json.loads((tmp_path / "out" / "validation.json").read_text()), "2 patients in the treated arm: fewer than 5"
    )
    said = words_of(tmp_path / "out")
    assert "was not tested: 2 patients in the treated arm" in said
    assert "Prognosis only" in said


def test_arms_that_are_the_strata_cannot_be_compared_and_that_is_the_reason(tmp_path: Path) -> None:
    scores, clinical = trial(SMALL, 4)
    assert run(written(tmp_path, scores, clinical), tmp_path / "out", *ARMS, "--stratify", "arm").exit_code == 0
    found = json.loads((tmp_path / "out" / "validation.json").read_text())
    untested(found, "every stratum holds one arm alone")
    assert found["cox"]["hr_per_sd"]["value"] is not None
