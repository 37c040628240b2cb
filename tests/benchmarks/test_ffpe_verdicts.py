"""The shipped scores' tables, on records made by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from benchmarks.ffpe.aims import aims_table
from benchmarks.ffpe.libraries import DRUGS, TARGETS, Records, opposite
from benchmarks.ffpe.shipped import content_table, depth_table
from benchmarks.ffpe.verdicts import Group, altered, summary_table, verdict_table


def records(scores: np.ndarray, verdicts: list[str], noise: float = 0.1) -> Records:
    """Libraries whose six scores are alike."""
    names = [f"L{i}" for i in range(len(scores))]
    codes = ["few_reads", *[""] * (len(names) - 1)]
    quality = pd.DataFrame({"verdict": verdicts, "own_verdict": "pass", "codes": codes}, index=names)
    table = pd.DataFrame(dict.fromkeys(TARGETS, scores), index=names)
    empty = pd.DataFrame(index=names)
    return Records(table, table[DRUGS], pd.DataFrame(noise, index=names, columns=DRUGS), empty, quality)


def test_a_library_is_unreliable_by_its_worst_score_and_caught_unless_it_passes() -> None:
    after = records(np.array([0.0, 0.0, 0.0]), ["pass", "warn", "fail"])
    truth = after.scores.copy()
    truth.loc["L0", "paclitaxel"] = -1.01  # one of five off by more than 1 SD is enough
    truth.loc["L1"] = 0.99
    truth.loc["L2", "5-FU"] = 2.0
    truth.loc[:, "general"] = 9.0  # no drug, so it does not count
    group = altered("a", after, truth)
    assert group.error == pytest.approx([1.01, 0.99, 2.0])
    row = verdict_table([group]).iloc[0]
    assert (row["unreliable"], row["caught"], row["failed"]) == (2, 1, 1)
    assert row["codes"] == "few_reads 1"
    foreign = Group("k", "foreign", records(np.zeros(2), ["fail", "fail"]))
    good = Group("g", "good", records(np.zeros(4), ["pass", "pass", "pass", "warn"]))
    summary = summary_table([group, foreign, good]).set_index("libraries")
    assert summary.loc["unreliable", "caught"] == 0.5
    assert summary.loc["good", "pass"] == 0.75
    assert summary.loc["foreign", "fail"] == 1.0
    assert summary.loc["altered but reliable", "n"] == 1
    averaged = altered("a", after, truth, averaged=True)  # what only an averaged profile trips catches nothing
    assert verdict_table([averaged]).iloc[0]["caught"] == 0


def test_depth_compares_each_library_with_itself_and_counts_what_the_interval_holds() -> None:
    whole = records(np.array([0.0, 1.0, 2.0]), ["pass"] * 3)
    thin = records(np.array([0.1, 1.3]), ["pass"] * 2, noise=0.1)  # ±0.16: holds the first, not the second
    rows = depth_table("l", {0: whole, 1000: thin}, None).set_index("score")
    assert len(rows) == len(TARGETS)
    assert rows.loc["5-FU", "bias"] == pytest.approx(0.2)
    assert rows.loc["5-FU", "error"] == pytest.approx(np.sqrt((0.01 + 0.09) / 2))
    assert rows.loc["5-FU", "holds"] == 0.5
    assert np.isnan(rows.loc["general", "holds"])


def test_a_mixture_interval_is_held_against_the_pure_tumour_with_and_without_the_common_drift() -> None:
    pure = records(np.array([0.0, 1.0, 2.0]), ["pass"] * 3)
    mixed = records(np.array([0.3, 1.3, 2.9]), ["pass"] * 3, noise=0.2)  # ±0.33 around 0.3, 0.3, 0.9; mean 0.5
    pure.quality["content"], mixed.quality["content"] = 1.0, 0.5
    row = content_table({("s", 1.0): pure, ("s", 0.5): mixed}, None).set_index("score").loc["5-FU"]
    assert (row["drift"], row["holds"], row["holds_beside_drift"]) == pytest.approx((0.5, 2 / 3, 2 / 3))
    close = records(np.array([0.5, 1.5, 2.5]), ["pass"] * 3, noise=0.2)
    close.quality["content"] = 0.5
    row = content_table({("s", 1.0): pure, ("s", 0.5): close}, None).set_index("score").loc["5-FU"]
    assert (row["holds"], row["holds_beside_drift"]) == (0.0, 1.0)


def test_calls_are_opposite_only_when_one_is_sensitive_and_the_other_resistant() -> None:
    first = pd.Series(["sensitive", "resistant", "sensitive", "intermediate"])
    second = pd.Series(["resistant", "sensitive", "intermediate", "resistant"])
    assert list(opposite(first, second)) == [True, True, False, False]


def test_an_aim_is_met_by_the_worst_drug_or_not_at_all() -> None:
    def drugs(**columns: object) -> pd.DataFrame:
        return pd.DataFrame({"score": [*DRUGS, "general"], **columns})

    pairs = pd.concat(
        drugs(pairs=label, spearman=[0.9, 0.9, 0.8, 0.9, 0.9, 0.0], shift=[0.0, -0.31, 0.1, 0.1, 0.1, 9.0])
        for label in ("matched", "all")
    )
    calls = pd.DataFrame({"pairs": ["matched"] * 5, "drug": DRUGS, "opposite": [0, 0, 1, 0, 0]})
    depth = drugs(libraries="pancreas", reads=1_000_000, holds=[0.9, 0.95, 0.95, 0.95, 0.95, None])
    content = drugs(content=0.2, spearman=0.8, drift=[0.1, 0.1, 0.1, -0.5, 0.1, 9.0], drift_cross_fitted=0.49)
    summary = pd.DataFrame({"libraries": ["unreliable", "good"], "pass": [0.05, 0.89], "caught": [0.95, 0.11]})
    tables = {"shipped_pairs": pairs.reset_index(drop=True), "shipped_calls": calls, "shipped_depth": depth}
    found = aims_table({**tables, "shipped_content": content, "verdict_summary": summary})
    met = [text == "yes" for text in found["met"]]
    assert met == [True, True, False, False, True, True, True, True, False, True, True, False]
    assert list(found["worst"])[:3] == ["irinotecan", "", "oxaliplatin"]
    assert found["worst"].iloc[8] == "gemcitabine"
    assert list(found["figure"])[:3] == pytest.approx([0.8, 0.88, 0.31])
