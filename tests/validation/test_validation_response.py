"""`validate response`: its figures against hand-computed and independent ones, and what it refuses."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from scipy.stats import norm, spearmanr
from typer.testing import CliRunner, Result
from validation_factory import correlated, names, write_summary, write_table

from pancreassign import resources
from pancreassign.cli import app
from pancreassign.records import Drug
from pancreassign.training.evaluate import wilson
from pancreassign.validation import response_figures as measure
from pancreassign.validation.responses import Responses, responses_of, rows_of
from pancreassign.validation.tables import read_clinical, read_scores

GEM = Drug.GEMCITABINE


def call(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["validate", "response", *[str(argument) for argument in arguments]])


def run(folder: Path, scores: Path, response: Path, *more: object) -> dict[str, Any]:
    result = call("--scores", scores, "--response", response, "-o", folder / "out", "--force", *more)
    assert result.exit_code == 0, result.output
    figures: dict[str, Any] = json.loads((folder / "out" / "validation.json").read_text())
    return figures


def tidy(path: Path, values: list[Any], drug: str = "gemcitabine", **more: list[Any]) -> Path:
    columns: dict[str, list[Any]] = {"model": names(len(values)), "drug": [drug] * len(values), "value": values}
    return write_table(path, **columns, **more)


def numbers(path: Path, values: list[float], means: str, **more: list[Any]) -> Path:
    n = len(values)
    return tidy(path, values, measure=["AUC"] * n, high_means=[means] * n, **more)


def found(folder: Path, scores: Path, response: Path) -> Responses:
    rows = rows_of(read_clinical(response), [GEM], "model", response)[GEM]
    return responses_of(read_scores(scores, GEM), rows, GEM, "model", response)


def made(folder: Path, score: list[float], better: list[float], **columns: list[Any]) -> Responses:
    """Scores and responses of which higher is better."""
    summary = write_summary(folder / "made.tsv", {"gemcitabine": score}, **columns)
    return found(folder, summary, numbers(folder / "made-response.tsv", better, "sensitive"))


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


def test_the_interval_of_spearman_is_that_of_fishers_z(tmp_path: Path) -> None:
    one = made(tmp_path, *correlated(200, 0.5))
    picks = measure.resample(measure.patients_of(one.joined))
    interval = measure.ranking(one, measure.rank_draws(one, picks))["spearman"]
    z, half = math.atanh(interval["value"]), 1.96 * 1.06 / math.sqrt(197)  # 1.06: Spearman's variance (Fieller 1957)
    assert interval["low"] == pytest.approx(math.tanh(z - half), abs=0.03)
    assert interval["high"] == pytest.approx(math.tanh(z + half), abs=0.03)
    assert interval["level"] == 0.95


def test_the_detectable_correlation_is_found_four_times_in_five() -> None:
    n = 40
    reach = math.tanh((norm.ppf(0.975) + norm.ppf(0.8)) / math.sqrt(n - 3))
    hits = [spearmanr(*correlated(n, reach, seed)).pvalue < 0.05 for seed in range(600)]
    assert np.mean(hits) == pytest.approx(0.8, abs=0.08)


def test_detectable_spearman(tmp_path: Path) -> None:
    one = made(tmp_path, *correlated(123, 0.2))
    draws = {key: np.zeros(1) for key in ("spearman", "auroc")}
    assert measure.ranking(one, draws)["detectable_spearman"] == pytest.approx(0.25, abs=0.002)  # findings: 123 models


def test_auroc_counts_pairs(tmp_path: Path) -> None:
    one = made(tmp_path, *correlated(30, 0.5))
    score = measure.scores_of(one)
    pairs = [a > b for a in score[one.positive] for b in score[~one.positive]]
    figures = measure.ranking(one, {"spearman": np.ones(3), "auroc": np.ones(3)})
    assert figures["auroc"]["value"] == pytest.approx(np.mean(pairs))
    assert one.positive.sum() == one.negative.sum() == 10
    assert one.better[one.positive].min() > one.better[~one.positive].max()
    assert one.better[one.negative].max() < one.better[~one.negative].min()


def test_permutation_p_is_uniform_without_skill_and_small_with(tmp_path: Path) -> None:
    assert run_p(tmp_path, 0.7) == pytest.approx(1 / 2000)
    chance = [run_p(tmp_path, 0.0, seed) for seed in range(40)]
    assert 0.3 < np.mean(chance) < 0.7
    assert sum(p < 0.05 for p in chance) <= 6  # 2 expected; binomial tail beyond 6 is 0.3 %


def run_p(folder: Path, rho: float, seed: int = 1) -> float:
    draws = {"spearman": np.zeros(1), "auroc": np.zeros(1)}
    p: float = measure.ranking(made(folder, *correlated(40, rho, seed)), draws)["permutation_p"]
    return p


def test_calls_by_hand(tmp_path: Path) -> None:
    # thirds of 12: the 4 best are sensitive, the 4 worst resistant
    words = {"s": "sensitive", "i": "intermediate", "r": "resistant", "-": "not_evaluable"}
    said = [words[letter] for letter in "sssris-rrrir"]
    better = [float(12 - place) for place in range(12)]
    one = made(tmp_path, better, better, gemcitabine_call=said)
    calls = measure.calls(one)
    assert calls["available"]
    assert calls["n"] == 11
    assert [calls["sensitive"][key] for key in ("tp", "fp", "fn", "tn")] == [3, 1, 1, 6]
    assert [calls["resistant"][key] for key in ("tp", "fp", "fn", "tn")] == [3, 2, 1, 5]
    assert calls["sensitive"]["sensitivity"] == {"value": 0.75, **wilson(3, 4)}
    assert calls["sensitive"]["specificity"] == {"value": 6 / 7, **wilson(6, 7)}
    assert calls["resistant"]["ppv"] == {"value": 0.6, **wilson(3, 5)}
    assert calls["resistant"]["npv"] == {"value": 5 / 6, **wilson(5, 6)}


def test_wilson_as_published() -> None:
    assert (wilson(81, 263)["low"], wilson(81, 263)["high"]) == pytest.approx(
        (0.2553, 0.3662), abs=5e-5
    )  # Newcombe 1998


def test_without_a_call_the_base_rate_is_no_call(tmp_path: Path) -> None:
    score = [3.0, 2.0, 1.0, *[-1.0 - place for place in range(9)]]
    one = made(tmp_path, score, [float(-place) for place in range(12)])
    calls = measure.calls(one)
    assert not calls["available"]
    assert calls["why"] == "every call is not_evaluable"
    above = (one.joined["probability"] > 1 / 3).to_numpy()
    assert [calls["sensitive"][key] for key in ("tp", "fp", "fn", "tn")] == [
        (above & one.positive).sum(), (above & ~one.positive).sum(),
        (~above & one.positive).sum(), (~above & ~one.positive).sum(),
    ]  # fmt: skip
    assert calls["sensitive"]["tp"] == 3
    one.joined["evidence"] = "D"
    assert measure.calls(one)["why"] == "every call is not_evaluable (evidence grade D)"
    one.joined["probability"] = 0.333333  # a flat curve as a record holds it: nobody is above
    assert measure.calls(one)["sensitive"]["tp"] == measure.calls(one)["sensitive"]["fp"] == 0


def test_calibration_against_another_fit(tmp_path: Path) -> None:
    one = made(tmp_path, *correlated(120, 0.5))
    figures = measure.calibration(one, measure.resample(measure.patients_of(one.joined)))
    assert figures is not None
    p, y = one.joined["probability"].to_numpy(), one.positive.astype(float)
    logit = np.log(p / (1 - p))

    def loss(terms: np.ndarray) -> float:
        eta = terms[0] + (terms[1] if len(terms) == 2 else 1.0) * logit
        return float(np.sum(np.logaddexp(0.0, eta) - y * eta))

    free, shift = minimize(loss, [0.0, 1.0], method="BFGS"), minimize(loss, [0.0], method="BFGS")
    assert figures["slope"]["value"] == pytest.approx(free.x[1], abs=1e-3)
    assert figures["intercept"]["value"] == pytest.approx(shift.x[0], abs=1e-3)
    at = 1 / (1 + np.exp(-(free.x[0] + free.x[1] * logit)))
    design = np.column_stack([np.ones_like(logit), logit])
    error = math.sqrt(np.linalg.inv((design * (at * (1 - at))[:, None]).T @ design)[1, 1])
    assert figures["slope"]["high"] - figures["slope"]["low"] == pytest.approx(2 * 1.959964 * error, rel=1e-3)
    assert figures["brier"]["value"] == pytest.approx(np.mean((p - y) ** 2))
    assert figures["brier"]["low"] < figures["brier"]["value"] < figures["brier"]["high"]
    assert figures["brier_base_rate"] == pytest.approx(2 / 9)
    assert sum(group["n"] for group in figures["groups"]) == 120
    assert figures["groups"][0]["predicted"] < figures["groups"][-1]["predicted"]


@pytest.mark.parametrize("probability", [0.3, [0.1] * 20 + [0.9] * 10])
def test_a_slope_that_does_not_exist(tmp_path: Path, probability: float | list[float]) -> None:
    order = [float(place) for place in range(30)]
    one = made(tmp_path, order, order)
    one.joined["probability"] = probability
    figures = measure.calibration(one, measure.resample(measure.patients_of(one.joined)))
    assert figures is not None
    assert figures["slope"] is None


def test_net_benefit_by_hand(tmp_path: Path) -> None:
    order = [float(place) for place in range(12)]  # the last four are positive
    one = made(tmp_path, order, order)
    one.joined["probability"] = [0.1, 0.1, 0.1, 0.1, 0.1, 0.5, 0.2, 0.1, 0.1, 0.5, 0.5, 0.2]
    curve = measure.net_benefit(one, measure.resample(measure.patients_of(one.joined)))
    assert curve is not None
    assert [point["threshold"] for point in curve] == pytest.approx(np.arange(0.1, 0.61, 0.05))
    at = {round(point["threshold"], 2): point for point in curve}
    assert at[0.2]["treated"] == 5  # a probability at the threshold is treated
    assert at[0.2]["model"]["value"] == pytest.approx(3 / 12 - 2 / 12 * 0.25)
    assert at[0.2]["all"] == pytest.approx(4 / 12 - 8 / 12 * 0.25)
    assert at[0.5]["model"]["value"] == pytest.approx(2 / 12 - 1 / 12)
    assert at[0.5]["gain"]["value"] == pytest.approx(1 / 12)  # treating none is the better of the two others
    assert at[0.1]["model"]["value"] == pytest.approx(at[0.1]["all"])
    assert at[0.6]["model"] == {"value": 0.0, "low": 0.0, "high": 0.0, "level": 0.95}
    assert all(point["none"] == 0 for point in curve)


def test_roc_ends_at_both_corners_and_encloses_the_auroc(tmp_path: Path) -> None:
    score, better = correlated(30, 0.4)
    one = made(tmp_path, [round(value) for value in score], better)  # with ties
    false, true = np.array(measure.roc(one)).T
    assert (false[0], true[0], false[-1], true[-1]) == (0.0, 0.0, 1.0, 1.0)
    area = measure.ranking(one, {"spearman": np.ones(1), "auroc": np.ones(1)})["auroc"]["value"]
    assert np.trapezoid(true, false) == pytest.approx(area)


def test_samples_of_one_patient_are_drawn_together() -> None:
    patients = pd.Series(["A", "A", "B", "C"])
    for pick in measure.resample(patients):
        assert np.count_nonzero(pick == 0) == np.count_nonzero(pick == 1)
        assert 3 <= len(pick) <= 6
    own = measure.resample(pd.Series(list("ABCD")))
    assert np.mean([len(set(pick)) for pick in own]) == pytest.approx(4 * (1 - 0.75**4), abs=0.05)


RECIST = [
    "PD",
    "sd",
    "PR",
    "CR",
    "NE",
    "Progressive Disease",
    "Stable disease",
    "partial response",
    "PD",
    "SD",
    "CR",
    "PD",
]


def test_recist(tmp_path: Path) -> None:
    better = {"PD": 0, "SD": 1, "PR": 2, "CR": 3}
    score = [0.1 * place for place in range(12)]
    one = found(
        tmp_path,
        write_summary(tmp_path / "s.tsv", {"gemcitabine": score}),
        tidy(tmp_path / "r.tsv", RECIST),
    )
    said = [one for one in RECIST if one != "NE"]
    short = ["".join(word[0] for word in one.split()).upper() if " " in one else one.upper() for one in said]
    assert one.better.tolist() == [better[word] for word in short]
    assert one.positive.tolist() == [word in ("CR", "PR") for word in short]
    assert one.negative.tolist() == [word == "PD" for word in short]
    assert one.kind == "recist"
    assert one.flow.left_out == {"response not evaluable (NE)": ["S004"]}


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


@pytest.mark.parametrize(("border", "tied"), [(8.0, True), (7.5, False)])
def test_a_tie_on_the_border_of_a_third_is_said(tmp_path: Path, border: float, tied: bool) -> None:
    better = [*[float(place) for place in range(7)], border, 8.0, 9.0, 10.0, 11.0]
    assert made(tmp_path, correlated(12, 0.0)[0], better).tied is tied


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
