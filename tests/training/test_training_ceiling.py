"""The agreement of two assays, by hand on six lines."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from pancreassign.training.ceiling import between_assays
from pancreassign.training.recipe import Ceiling

HEAD = "model\tdrug\tvalue\thigh_means\n"
RECIPE = Ceiling(
    first="first.tsv",
    second="second.tsv",
    lines="lines.tsv",
    without_tissues=["BLOOD"],
    source="made up",
    same_drug={"SN-38": "irinotecan"},
)
TISSUES = ["PANCREAS"] * 6 + ["LUNG"] * 6 + ["BLOOD"] * 6 + ["SKIN"] * 4
A = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
B = [2.0, 1.0, 3.0, 4.0, 6.0, 5.0]


def put(
    folder: Path, first: dict[str, list[float]], second: dict[str, list[float]], first_high_means: str = "sensitive"
) -> Path:
    """Lines 0-5 of pancreas, 6-11 of lung, 12-17 of blood, 18-21 of skin; values by drug in that order."""
    lines = [f"ACH-{k}\tLINE{k}\t{tissue}\n" for k, tissue in enumerate(TISSUES)]
    (folder / "lines.tsv").write_text("depmap_id\tname\ttissue\n" + "".join(lines))
    for name, ids, table in (("first", "ACH-", first), ("second", "LINE", second)):
        rows = [
            f"{ids}{k}\t{drug}\t{value}\t{first_high_means if name == 'first' else 'sensitive'}\n"
            for drug, values in table.items()
            for k, value in enumerate(values)
        ]
        (folder / f"{name}.tsv").write_text(HEAD + "".join(rows))
    return folder


def test_agreement_of_one_tissue_is_that_of_scipy_with_its_interval(tmp_path: Path) -> None:
    figures = between_assays(RECIPE, put(tmp_path, {"gemcitabine": A}, {"gemcitabine": B}))["gemcitabine"]
    rho = 1 - 6 * 4 / (6 * 35)  # d² is 1 four times
    assert figures["n"] == 6
    assert figures["rho"] == pytest.approx(rho)
    # Fieller: the standard error of Fisher's z is sqrt(1.06 / 3) = 0.594
    assert figures["low"] == pytest.approx(math.tanh(math.atanh(rho) - 1.96 * 0.59442), abs=1e-4)
    assert figures["high"] == pytest.approx(math.tanh(math.atanh(rho) + 1.96 * 0.59442), abs=1e-4)
    assert figures["low"] > 0
    assert figures["ceiling"] == pytest.approx(math.sqrt(rho))


def test_a_tissue_that_is_sensitive_as_a_whole_adds_no_agreement(tmp_path: Path) -> None:
    lung = [value + 100 for value in A]
    other = [value + 100 for value in B]
    folder = put(tmp_path, {"gemcitabine": A + lung}, {"gemcitabine": B[::-1] + other[::-1]})
    figures = between_assays(RECIPE, folder)["gemcitabine"]
    # across tissues the two agree, within each they are opposite
    assert figures["n"] == 12
    assert figures["rho"] < -0.8
    assert figures["ceiling"] is None


def test_tissues_that_are_left_out_or_small_do_not_count(tmp_path: Path) -> None:
    nowhere = [float("nan")] * 6
    values = A + nowhere + [9.0, -9.0, 9.0, -9.0, 0.0, 1.0] + [7.0, -7.0, 3.0, 1.0]
    other = B + nowhere + [-9.0, 9.0, -9.0, 9.0, 1.0, 0.0] + [-7.0, 7.0, 1.0, 3.0]
    figures = between_assays(RECIPE, put(tmp_path, {"5-FU": values}, {"5-FU": other}))["5-FU"]
    assert figures["n"] == 6
    assert figures["rho"] == pytest.approx(1 - 24 / 210)


def test_assays_of_opposite_direction_are_turned(tmp_path: Path) -> None:
    folder = put(tmp_path, {"paclitaxel": A}, {"paclitaxel": [-value for value in B]}, first_high_means="resistant")
    # the second says AAC with its numbers turned: what is high in one is low in the other, and both mean sensitive
    turned = between_assays(RECIPE, folder)["paclitaxel"]["rho"]
    assert turned == pytest.approx(1 - 24 / 210)
    plain = between_assays(RECIPE, put(tmp_path, {"paclitaxel": A}, {"paclitaxel": B}, first_high_means="resistant"))
    assert plain["paclitaxel"]["rho"] == pytest.approx(-(1 - 24 / 210))


def test_perfect_agreement_has_a_ceiling_of_one(tmp_path: Path) -> None:
    figures = between_assays(RECIPE, put(tmp_path, {"5-FU": A}, {"5-FU": A}))["5-FU"]
    assert figures["rho"] == figures["ceiling"] == pytest.approx(1.0)
    assert figures["low"] is not None
    assert figures["low"] > 0.99


def test_an_agreement_that_may_be_none_gives_no_ceiling(tmp_path: Path) -> None:
    weak = [3.0, 1.0, 5.0, 2.0, 6.0, 4.0]
    figures = between_assays(RECIPE, put(tmp_path, {"5-FU": A}, {"5-FU": weak}))["5-FU"]
    assert figures["rho"] == pytest.approx(1 - 6 * 18 / 210)
    assert figures["low"] < 0 < figures["high"]
    assert figures["ceiling"] is None


def test_lines_without_both_values_do_not_count_and_sn38_is_irinotecan(tmp_path: Path) -> None:
    nan = float("nan")
    figures = between_assays(RECIPE, put(tmp_path, {"irinotecan": [*A[:5], nan]}, {"SN-38": B}))
    assert list(figures) == ["irinotecan"]
    assert figures["irinotecan"]["n"] == 5
    # 1 2 3 4 5 against 2 1 3 4 6
    assert figures["irinotecan"]["rho"] == pytest.approx(0.9)


def test_a_drug_of_one_assay_has_no_ceiling(tmp_path: Path) -> None:
    folder = put(tmp_path, {"gemcitabine": A, "oxaliplatin": A}, {"gemcitabine": B})
    assert list(between_assays(RECIPE, folder)) == ["gemcitabine"]
