"""The tables of the comparison: intervals, moves of a patient's value, and the page that shows them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.ffpe.document import fill
from benchmarks.peers import batches, document, known, skill, summary
from benchmarks.peers.batches import LARGE, OTHERS, SMALL, Draw
from benchmarks.peers.material import DRUGS
from benchmarks.peers.methods import METHODS, OURS
from pancreassign import resources
from pancreassign.signatures import pack

ROOT = Path(__file__).parents[2]
PEER = METHODS[1]
HOME, AWAY = [f"H{i}" for i in range(35)], [f"A{i}" for i in range(19)]


def scores_and_truth() -> tuple[dict[str, pd.DataFrame], pd.DataFrame]:
    rng = np.random.default_rng(0)
    truth = pd.DataFrame(rng.normal(size=(30, len(DRUGS))), columns=DRUGS)
    return {OURS: truth * 2.0, PEER: -truth}, truth


def test_a_perfect_and_a_reversed_score() -> None:
    scores, truth = scores_and_truth()
    found = skill.table("models", scores, truth, 1).set_index(["method", "drug"])
    assert len(found) == len(METHODS) * (len(DRUGS) + 1)
    ours, peer = found.loc[(OURS, skill.MEAN)], found.loc[(PEER, skill.MEAN)]
    assert ours[["spearman", "spearman_low", "spearman_high"]].tolist() == pytest.approx([1.0, 1.0, 1.0])
    assert peer[["spearman", "minus_ours", "minus_ours_high"]].tolist() == pytest.approx([-1.0, -2.0, -2.0])
    assert pd.isna(ours["minus_ours"])
    assert found.loc[METHODS[2], "spearman"].isna().all()  # did not run: a row all the same


def test_a_model_without_a_response_is_left_out_of_that_drug_alone() -> None:
    scores, truth = scores_and_truth()
    truth.loc[:9, "5-FU"] = np.nan
    scores[OURS].loc[:9, "5-FU"] = 99.0
    found = skill.table("models", scores, truth, 1).set_index(["method", "drug"])
    assert found.loc[(OURS, "5-FU"), ["n", "spearman"]].tolist() == [20, pytest.approx(1.0)]
    assert found.loc[(OURS, "paclitaxel"), "n"] == 30


def test_an_interval_holds_what_resampling_leaves_open() -> None:
    rng = np.random.default_rng(2)
    truth = pd.DataFrame(rng.normal(size=(30, len(DRUGS))), columns=DRUGS)
    scores = {OURS: truth + rng.normal(size=truth.shape)}
    row = skill.table("models", scores, truth, 1).iloc[0]
    assert row["spearman_low"] < row["spearman"] - 0.1
    assert row["spearman_high"] > row["spearman"] + 0.05


def test_every_batch_holds_its_patient_and_the_others_are_new() -> None:
    drawn = batches.draws(HOME, AWAY, 3)
    assert len({draw.patient for draw in drawn}) == len(drawn) == batches.PATIENTS
    for draw in drawn:
        sizes = {name: len(set(names)) for name, names in draw.batches.items()}
        assert sizes == {
            "large": LARGE, "shrunk": SMALL, "other_patients": OTHERS, "other_laboratory": len(AWAY) + 1, "alone": 1,
        }  # fmt: skip
        assert all(names[0] == draw.patient for names in draw.batches.values())
        assert set(draw.batches["shrunk"]) < set(draw.batches["large"])
        assert set(draw.batches["large"]) & set(draw.batches["other_patients"]) == {draw.patient}
        assert set(draw.batches["other_laboratory"]) - {draw.patient} == set(AWAY)


def moves(values: batches.Values) -> pd.DataFrame:
    """The table of one method on tumours of one gene, whose counts rise by one; spread of the cohort 15.8."""
    names = [*HOME, *AWAY]
    tumours = pd.DataFrame([np.arange(len(names), dtype=float)], ["G"], names)
    drawn = batches.draws(HOME, AWAY, 4)
    own = {"method": batches.measured(drawn, tumours, values)}
    return batches.table(own, {"method": values(tumours)})


def by_drug(values: pd.Series) -> pd.DataFrame:
    return pd.DataFrame(dict.fromkeys(DRUGS, values))


def test_a_score_of_the_sample_alone_does_not_move() -> None:
    found = moves(lambda counts: by_drug(counts.loc["G"]))
    assert (found[[*batches.CHANGES]] == 0.0).all(axis=None)
    assert set(found["alone"]) == {"same"}


def test_a_score_centred_on_its_batch_moves_by_the_change_of_the_mean() -> None:
    found = moves(lambda counts: by_drug(counts.loc["G"] - counts.loc["G"].mean()))
    drawn = batches.draws(HOME, AWAY, 4)
    rank = {name: place for place, name in enumerate([*HOME, *AWAY])}

    def mean(draw: Draw, batch: str) -> float:
        return float(np.mean([rank[name] for name in draw.batches[batch]]))

    changes = [mean(draw, "other_laboratory") - mean(draw, "large") for draw in drawn]
    spread = np.std(np.arange(len(rank)), ddof=1)
    assert found["other_laboratory"].iloc[0] == pytest.approx(np.sqrt(np.mean(np.square(changes))) / spread)
    assert found["other_laboratory_largest"].iloc[0] == pytest.approx(np.abs(changes).max() / spread)
    assert set(found["alone"]) == {"moves"}


def test_a_score_that_needs_a_spread_gives_a_patient_alone_none() -> None:
    found = moves(lambda counts: by_drug(counts.loc["G"] / counts.loc["G"].std(ddof=1)))
    assert set(found["alone"]) == {"none"}
    assert found[[*batches.CHANGES]].notna().all(axis=None)


def test_the_summary_has_a_row_for_a_method_that_did_not_run() -> None:
    scores, truth = scores_and_truth()
    sizes = {change: [0.0, 0.0, 0.0, 3.0, 4.0] for change in batches.CHANGES}
    moved = pd.DataFrame({"method": OURS, "drug": DRUGS, **sizes, "alone": "same"})
    cost = pd.DataFrame({"method": [OURS], "time": [1.0], "memory": [1.0]})
    found = summary.table({"skill": skill.table("models", scores, truth, 1), "batches": moved, "cost": cost})
    assert found["method"].tolist() == list(METHODS)
    assert found.loc[0, "shrunk"] == pytest.approx(np.sqrt(5.0))  # over the drugs: the root of (9 + 16) / 5
    shown = document.peers(found)
    assert shown["one patient alone"].tolist() == ["yes", *["–"] * (len(METHODS) - 1)]
    assert shown.loc[1, "models: Spearman, mean of five (95 %)"].startswith("−1.00 (")
    assert set(shown.iloc[-1]) == {METHODS[-1], "–"}


def test_the_page_says_what_the_shipped_pack_says(tmp_path: Path) -> None:
    """Whoever trains the pack again must run ``make bench-peers``, or at least its document step."""
    page = (ROOT / "docs" / "validation.md").read_text(encoding="utf-8")
    shipped = pack.load(resources.find_pack(resources.DEFAULT_PACK))
    known.skill_table(shipped).to_csv(tmp_path / "known.tsv", sep="\t", index=False)
    known.external_table(shipped).to_csv(tmp_path / "external.tsv", sep="\t", index=False)
    for name in (name for name in document.RENDERERS if name.startswith("known")):
        start = page.index(f"<!-- table {name} -->")
        block = page[start : page.index("<!-- end -->", start) + len("<!-- end -->")]
        assert fill(block, tmp_path, document.RENDERERS, document.COMMAND) == block


def test_every_table_of_the_page_is_known_and_filled() -> None:
    page = (ROOT / "docs" / "validation.md").read_text(encoding="utf-8")
    blocks = [line.split()[2] for line in page.splitlines() if line.startswith("<!-- table ")]
    assert sorted(blocks) == sorted(document.RENDERERS)
    assert page.count("<!-- end -->") == len(blocks)
    for method in METHODS:
        assert f"| {method} |" in page


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, "the strict rule of selection gives D"),
        ({"spearman_low": -0.1}, "the interval holds 0"),
        ({"adjusted_p": 0.05}, "p after correction is not below 0.05"),
        ({"brier": 0.23}, "its probabilities are no better than saying one third to everyone"),
        ({"grade": "C"}, ""),
    ],
)
def test_why_a_drug_has_no_grade(change: dict[str, object], said: str) -> None:
    row = {"grade": "D", "spearman_low": 0.1, "adjusted_p": 0.01, "brier": 0.2, "brier_base_rate": 0.22}
    assert document.reasons({**row, **change}) == said
