"""`validate response` from files to files: what it finds, what it says, and what it refuses."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr
from typer.testing import CliRunner
from validation_factory import call, correlated, names, numbers, run, tidy, write_summary, write_table

from pancreassign import resources
from pancreassign.cli import app
from pancreassign.records import Drug
from pancreassign.validation.tables import read_scores


def test_the_direction_is_that_of_the_table(tmp_path: Path) -> None:
    score, better = correlated(40, 0.6)
    summary = write_summary(tmp_path / "summary.tsv", {"gemcitabine": score})
    figures = {}
    for means, sign in (("sensitive", 1), ("resistant", -1)):
        turned = numbers(tmp_path / f"{means}.tsv", [sign * value for value in better], means)
        figures[means] = run(tmp_path, summary, turned, "--drug", "gemcitabine")
        assert figures[means]["response"]["high_means"] == means
    for key in ("n", "spearman", "auroc", "permutation_p", "calibration", "net_benefit", "calls"):
        assert figures["sensitive"][key] == figures["resistant"][key]
    assert figures["sensitive"]["n"] == 40
    expected = spearmanr(score, better).statistic
    assert figures["sensitive"]["spearman"]["value"] == pytest.approx(expected, abs=1e-6)
    wrong = run(tmp_path, summary, numbers(tmp_path / "wrong.tsv", better, "resistant"))
    assert wrong["spearman"]["value"] == pytest.approx(-expected, abs=1e-6)
    assert wrong["spearman"]["high"] < 0
    assert wrong["permutation_p"] > 0.99


def test_thirds_in_words_need_no_direction(tmp_path: Path) -> None:
    words = ["sensitive", "Resistant", "intermediate"] * 4
    score = [{"s": 2.0, "R": 0.0, "i": 1.0}[word[0]] + 0.01 * place for place, word in enumerate(words)]
    figures = run(tmp_path, write_summary(tmp_path / "s.tsv", {"gemcitabine": score}), tidy(tmp_path / "r.tsv", words))
    assert figures["response"]["positive"]["n"] == 4
    assert figures["auroc"]["value"] == 1.0
    assert figures["spearman"]["value"] > 0.9
    assert figures["calibration"]["slope"] is None  # separated


def test_every_drug_and_the_mean_over_them(tmp_path: Path) -> None:
    columns = {drug.value: correlated(40, rho, place) for place, (drug, rho) in enumerate(zip(Drug, RHO, strict=True))}
    summary = write_summary(tmp_path / "s.tsv", {drug: score for drug, (score, _) in columns.items()})
    parts = [
        pd.read_csv(numbers(tmp_path / "part.tsv", better, "sensitive"), sep="\t").assign(drug=drug)
        for drug, (_, better) in columns.items()
    ]
    parts[4] = parts[4].iloc[:9]  # too few: named, and left out
    other = parts[0].assign(drug="docetaxel")
    response = tmp_path / "r.tsv"
    pd.concat([*parts, other]).to_csv(response, sep="\t", index=False)
    figures = run(tmp_path, summary, response)
    assert list(figures["drugs"]) == sorted(["5-FU", "oxaliplatin", "irinotecan", "gemcitabine"])
    assert "leaves 9 samples" in figures["skipped"]["paclitaxel"]
    rho = [one["spearman"]["value"] for one in figures["drugs"].values()]
    assert figures["spearman"]["value"] == pytest.approx(np.mean(rho), abs=1e-5)
    assert figures["spearman"]["low"] < figures["spearman"]["value"] < figures["spearman"]["high"]
    assert figures["n"] == 40
    p = {drug: one["permutation_p"] for drug, one in figures["drugs"].items()}
    least = min(p, key=lambda drug: p[drug])
    assert figures["drugs"][least]["adjusted_p"] == pytest.approx(min(1.0, 4 * p[least]))
    alone = run(tmp_path, summary, response, "--drug", "GEMCITABINE")
    assert alone["spearman"]["value"] == figures["drugs"]["gemcitabine"]["spearman"]["value"]
    assert alone["adjusted_p"] == alone["permutation_p"]


RHO = (0.2, 0.8, 0.1, 0.5, 0.5)


def test_subgroups_and_what_is_missing(tmp_path: Path) -> None:
    score, better = correlated(40, 0.5)
    site = [("liver", "lung", "pancreas", "")[min(3, place // 12)] for place in range(40)]
    summary = write_summary(tmp_path / "s.tsv", {"gemcitabine": score}, qc=["fail"] * 3 + ["pass"] * 37)
    response = numbers(tmp_path / "r.tsv", better, "sensitive", site=site)
    figures = run(tmp_path, summary, response, "--subgroup", "site")
    groups = figures["subgroups"]["site"]
    assert {name: one["n"] for name, one in groups.items()} == {"liver": 12, "lung": 12, "pancreas": 12, "unknown": 4}
    assert groups["liver"]["spearman"]["value"] == pytest.approx(spearmanr(score[:12], better[:12]).statistic, abs=1e-6)
    assert groups["unknown"]["spearman"] is None
    assert set(figures["subgroups"]["qc"]) == {"pass", "fail"}
    assert figures["missing"] == {"call": 40, "probability": 0, "qc": 0, "site": 4}
    assert any("3 samples failed quality" in said for said in figures["warnings"])
    many = numbers(tmp_path / "many.tsv", better, "sensitive", age=list(range(40)))
    refused = call("--scores", summary, "--response", many, "-o", tmp_path / "no", "--subgroup", "age")
    assert refused.exit_code == 2
    assert "column 'age' has 40 values" in refused.output


def test_order_of_rows_and_a_second_run_change_nothing(tmp_path: Path) -> None:
    score, better = correlated(30, 0.5)
    better = [round(value, 1) for value in better]  # with ties
    summary = write_summary(tmp_path / "s.tsv", {"gemcitabine": score})
    response = numbers(tmp_path / "r.tsv", better, "sensitive")
    run(tmp_path, summary, response)
    first = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    shuffled = pd.read_csv(response, sep="\t", dtype=str).sample(frac=1, random_state=1)
    shuffled.to_csv(response, sep="\t", index=False)
    run(tmp_path, summary, response)
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == first
    assert set(first) == {"validation.json", "report.pdf"} | {
        f"gemcitabine-{name}.svg" for name in ("response", "roc", "reliability", "decision")
    }


N = 12
ORDER = [float(place) for place in range(N)]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"value": ORDER}, "no column 'high_means'"),
        ({"value": ORDER, "high_means": ["sensitive"] * 11 + ["high"]}, "row 13: says 'high' in 'high_means'"),
        ({"value": ORDER, "high_means": ["sensitive"] * 11 + [""]}, "row 13: says nothing in 'high_means'"),
        ({"value": ORDER, "high_means": ["sensitive"] * 11 + ["resistant"]}, "mixes scales of gemcitabine"),
        ({"value": [1.0] * N, "high_means": ["sensitive"] * N}, "one and the same response in all 12 samples"),
        ({"value": [*ORDER[:-1], "1,5"], "high_means": ["sensitive"] * N}, "'1,5' in row 13"),
        ({"value": [*ORDER[:-1], "PR"]}, "mixes RECIST categories with '0.0' in row 2"),
        ({"value": ["sensitive"] * 6 + ["low"] * 6}, "mixes words with 'low' in row 8"),
        ({"value": [*ORDER[:9], "", "", ""], "high_means": ["sensitive"] * N}, "leaves 9 samples"),
        ({"value": [""] * N}, "has no response in any row"),
        ({"value": ORDER, "high_means": ["sensitive"] * N, "model": ["S001"] * N}, "more than one row of S001"),
        ({"value": ORDER, "high_means": ["sensitive"] * N, "model": [f"X{i}" for i in range(N)]}, "names no sample"),
        ({"value": ORDER, "high_means": ["sensitive"] * N, "drug": ["docetaxel"] * N}, "its drugs are docetaxel"),
    ],
)
def test_bad_tables_are_refused(tmp_path: Path, columns: dict[str, list[Any]], message: str) -> None:
    summary = write_summary(tmp_path / "s.tsv", {"gemcitabine": ORDER})
    whole = {"model": names(N), "drug": ["gemcitabine"] * N} | columns
    result = call("--scores", summary, "--response", write_table(tmp_path / "r.tsv", **whole), "-o", tmp_path / "out")
    assert result.exit_code == 2, result.output
    assert message in result.output
    assert "Traceback" not in result.output
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (("--drug", "aspirin"), "is no drug that has a signature"),
        (("--drug", "paclitaxel"), "has no row of paclitaxel; its drugs are gemcitabine"),
        (("--id", "patient"), "has no column 'patient'"),
        (("--subgroup", "site"), "has no column 'site'"),
    ],
)
def test_bad_options_are_refused(tmp_path: Path, more: tuple[str, str], message: str) -> None:
    summary = write_summary(tmp_path / "s.tsv", {"gemcitabine": ORDER})
    response = numbers(tmp_path / "r.tsv", ORDER[::-1], "sensitive")
    result = call("--scores", summary, "--response", response, "-o", tmp_path / "out", *more)
    assert result.exit_code == 2, result.output
    assert message in result.output


def test_a_table_without_drugs_needs_one_drug_and_an_id_of_patients(tmp_path: Path) -> None:
    summary = write_summary(tmp_path / "s.tsv", {"gemcitabine": ORDER})
    response = write_table(tmp_path / "r.tsv", who=[f"P{i}" for i in range(N)], value=["PD"] * 6 + ["PR"] * 6)
    refused = call("--scores", summary, "--response", response, "-o", tmp_path / "out", "--id", "who")
    assert refused.exit_code == 2
    assert "name the one drug with --drug" in refused.output
    figures = run(tmp_path, summary, response, "--id", "who", "--drug", "gemcitabine")
    assert figures["n"] == 12
    assert figures["auroc"]["value"] == 1.0


def test_scores_that_are_all_the_same_are_refused(tmp_path: Path) -> None:
    summary = write_summary(tmp_path / "s.tsv", {"gemcitabine": [1.0] * N})
    response = numbers(tmp_path / "r.tsv", ORDER, "sensitive")
    result = call("--scores", summary, "--response", response, "-o", tmp_path / "out")
    assert result.exit_code == 2
    assert "one and the same score in all 12 samples" in result.output


def test_no_responder_has_no_auroc_and_says_so(tmp_path: Path) -> None:
    summary = write_summary(tmp_path / "s.tsv", {"gemcitabine": ORDER})
    figures = run(tmp_path, summary, tidy(tmp_path / "r.tsv", ["PD"] * 6 + ["SD"] * 6))
    assert figures["auroc"]["value"] is None
    assert figures["calibration"] is None
    assert figures["spearman"]["value"] > 0.8
    assert any("no responder" in said for said in figures["warnings"])


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext (poppler) is not installed")
@pytest.mark.parametrize(
    ("rho", "said"), [(0.8, "higher scores go with better"), (0.0, "no skill shown"), (-0.8, "AGAINST the signature")]
)
def test_the_report_says_the_direction_in_words(tmp_path: Path, rho: float, said: str) -> None:
    score, better = correlated(40, rho)
    summary = write_summary(tmp_path / "s.tsv", {"gemcitabine": score})
    run(tmp_path, summary, numbers(tmp_path / "r.tsv", better, "sensitive"))
    pdf = (tmp_path / "out" / "report.pdf").read_bytes()
    text = subprocess.run(["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True).stdout
    words = " ".join(text.decode().split())
    assert said in words
    assert "higher score = more sensitive = better response" in words
    assert "It is not a call" in words


def test_from_simulated_counts_to_a_report(tmp_path: Path) -> None:
    """The example's tumours at three depths, with a response that is made of their scores: no patient stands behind."""
    example = resources.data_dir() / "example" / "counts.tsv.gz"
    steps = [
        ["simulate", "degrade", example, "--reads", 140_000, "--reads", 100_000, "-o", tmp_path / "thin"],
        ["score", tmp_path / "thin" / "counts.tsv.gz", "--no-report", "-o", tmp_path / "scored"],
    ]
    for step in steps:
        result = CliRunner().invoke(app, [str(part) for part in step])
        assert result.exit_code == 0, result.output
    scores = read_scores(tmp_path / "scored", "irinotecan")
    response = write_table(
        tmp_path / "r.tsv",
        model=list(scores.index),
        drug=["irinotecan"] * len(scores),
        value=list(-(scores["score"] ** 3)),
        high_means=["resistant"] * len(scores),
    )
    figures = run(tmp_path, tmp_path / "scored", response)
    assert figures["n"] == len(scores) >= 10
    assert figures["spearman"]["value"] == 1.0
    assert figures["auroc"]["value"] == 1.0
    grade = scores["evidence"].iloc[0]
    assert figures["calls"]["available"] == (grade != "D")
    assert (f"grade {grade}" in figures["calls"].get("why", "")) == (grade == "D")


@pytest.mark.realdata
def test_the_models_that_a_signature_was_trained_on_show_the_direction(tmp_path: Path, realdata: Path) -> None:
    """No evidence of skill: these organoids taught the weights. An AUC, high for resistant, must come out positive."""
    shi = realdata / "models" / "shi2022"
    counts = [shi / "expression_fpkm.tsv.gz", "--units", "fpkm", "--no-report", "--no-records", "-o", tmp_path / "shi"]
    assert CliRunner().invoke(app, ["score", *[str(part) for part in counts]]).exit_code == 0
    figures = run(tmp_path, tmp_path / "shi" / "summary.tsv", shi / "response.tsv")
    assert {one["n"] for one in figures["drugs"].values()} == {39}
    assert {one["response"]["high_means"] for one in figures["drugs"].values()} == {"resistant"}
    assert all(one["spearman"]["low"] > 0 for one in figures["drugs"].values())
