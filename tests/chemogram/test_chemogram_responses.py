"""Tables: what `train` reads, a row a plate, and the assay's agreement with itself; pages of curves."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
import pytest
from chemogram_factory import doses, hill, plate

from pancreassign.chemogram.agreement import agreement_table, intraclass, replicate_reliability
from pancreassign.chemogram.plots import page_name, pages
from pancreassign.chemogram.responses import Result, measure, plate_table, response_table, to_tsv
from pancreassign.training.datasets import read_response

MIDDLES = {"M1": (0.02, 0.03), "M2": (0.2, 0.15), "M3": (2.0, 1.5)}


def panel(noise: float = 0.02, drug: str = "gemcitabine") -> list[Result]:
    """Three models of two passages each, M1 the most sensitive."""
    rng = np.random.default_rng(0)
    plates = []
    for model, middles in MIDDLES.items():
        for passage, middle in zip(("p9", "p10"), middles, strict=True):
            wells = hill(doses(), e_inf=0.1, middle=middle)[:, None] + rng.normal(0, noise, (8, 3))
            plates.append(plate(wells, name=f"{model}{passage}", model=model, passage=passage, drug=drug))
    return measure(plates)


def test_train_reads_the_responses_and_more_sensitive_is_higher(tmp_path: Path) -> None:
    path = tmp_path / "responses.tsv"
    path.write_text(to_tsv(response_table(panel())))
    response = read_response(path)["gemcitabine"]
    assert response["M1"] > response["M2"] > response["M3"] > 0
    table = pd.read_csv(path, sep="\t").set_index("model")
    assert set(table["measure"]) == {"AAC"}
    assert set(table["high_means"]) == {"sensitive"}


def test_a_value_is_the_mean_of_the_usable_plates() -> None:
    results = panel()
    row = response_table(results).set_index("model").loc["M2"]
    areas = [one.aac for one in results if one.plate.model == "M2"]
    assert row["value"] == pytest.approx(np.mean(areas), abs=1e-6)
    assert row["sd_plates"] == pytest.approx(np.std(areas, ddof=1), abs=1e-6)
    assert (row["n_plates"], row["n_refused"], row["passages"]) == (2, 0, "p9,p10")
    assert row["ic50_uM"] == pytest.approx(math.sqrt(results[2].ic50[1] * results[3].ic50[1]), rel=1e-5)


def test_a_refused_plate_enters_no_value_and_a_model_without_plates_has_none(tmp_path: Path) -> None:
    results = [
        dataclasses.replace(one, reasons=("poor_fit",)) if one.plate.name in ("M1p9", "M2p9", "M2p10") else one
        for one in panel()
    ]
    table = response_table(results).set_index("model")
    assert table.loc["M1", "value"] == pytest.approx(results[1].aac, abs=1e-6)
    assert (table.loc["M1", "n_plates"], table.loc["M1", "n_refused"], table.loc["M1", "passages"]) == (1, 1, "p10")
    assert math.isnan(table.loc["M1", "sd_plates"])
    assert math.isnan(table.loc["M2", "value"])
    assert table.loc["M2", "ic50_relation"] == ""
    (tmp_path / "r.tsv").write_text(to_tsv(response_table(results)))
    assert math.isnan(read_response(tmp_path / "r.tsv").loc["M2", "gemcitabine"])


@pytest.mark.parametrize(
    ("plates", "wanted"),
    [
        ([("=", 0.1), ("=", 10.0)], ("=", 1.0)),
        ([("=", 0.1), (">", 10.0)], (">", 1.0)),
        ([("<", 0.1), ("<", 0.1)], ("<", 0.1)),
        ([("<", 0.1), (">", 10.0)], ("", math.nan)),
    ],
)
def test_ic50_of_a_model_keeps_its_censoring(plates: list[tuple[str, float]], wanted: tuple[str, float]) -> None:
    base = panel()[:2]
    results = [dataclasses.replace(one, ic50=ic50) for one, ic50 in zip(base, plates, strict=True)]
    row = response_table(results).iloc[0]
    assert (row["ic50_relation"], row["ic50_uM"]) == (wanted[0], pytest.approx(wanted[1], nan_ok=True))


def test_every_plate_has_its_row_with_every_figure() -> None:
    results = panel()
    table = plate_table(results)
    assert list(table["plate"]) == ["M1p9", "M1p10", "M2p9", "M2p10", "M3p9", "M3p10"]
    assert set(table["verdict"]) == {"usable"}
    assert (table["reasons"] == "").all()
    first = table.iloc[0]
    assert first["aac"] == pytest.approx(results[0].aac, abs=1e-6)
    assert first["aac_trapezoid"] == pytest.approx(first["aac"], abs=0.03)
    assert first["e_inf"] == pytest.approx(0.1, abs=0.05)
    assert (first["doses"], first["replicates"]) == (8, 3)
    assert first["highest_dose_uM"] == 10


def test_the_tables_do_not_depend_on_the_order_of_plates() -> None:
    plates = [one.plate for one in panel()]
    forth, back = measure(plates), measure(plates[::-1])
    assert to_tsv(plate_table(forth)) == to_tsv(plate_table(back))
    assert to_tsv(agreement_table(forth)) == to_tsv(agreement_table(back))


def test_intraclass_correlation_of_shrout_and_fleiss() -> None:
    # Shrout and Fleiss 1979, table 2: six targets, four judges; ICC(1,1) = .17 by their table 4
    ratings = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
    figures = intraclass([np.array(one, dtype=float) for one in ratings])
    assert figures["icc"] == pytest.approx(0.17, abs=0.005)
    assert figures["icc_low"] < 0 < figures["icc"] < figures["icc_high"] < 1
    assert math.isnan(figures["ceiling"])  # the interval holds 0


def test_intraclass_correlation_by_hand() -> None:
    # means 1 and 5, each two plates 1 apart on either side: B = 2 * (4 + 4) / 1 = 16, W = 4 * 1 / 2 = 2
    figures = intraclass([np.array([0.0, 2.0]), np.array([4.0, 6.0]), np.array([2.0, 4.0])])
    # three models: B = 2 * (4 + 4 + 0) / 2 = 8, W = 6 / 3 = 2, so (8 - 2) / (8 + 2) and sqrt((8 - 2) / 2)
    assert figures["icc"] == pytest.approx(0.6)
    assert figures["sd_within"] == pytest.approx(math.sqrt(2))
    assert figures["sd_between"] == pytest.approx(math.sqrt(3))


def test_agreement_is_high_where_models_differ_and_passages_do_not() -> None:
    row = agreement_table(panel()).iloc[0]
    assert (row["drug"], row["plates"], row["models"], row["pairs"]) == ("gemcitabine", 6, 3, 3)
    assert row["spearman"] == pytest.approx(1.0)
    assert row["pearson"] > 0.95
    assert row["icc"] > 0.9
    assert row["ceiling"] == pytest.approx(math.sqrt(row["icc"]), abs=1e-5)
    assert row["sd_between"] > 5 * row["sd_within"]
    assert row["replicate_reliability"] > row["replicate_single"] > 0.9


def test_agreement_of_too_few_plates_is_empty() -> None:
    row = agreement_table(panel()[:3]).iloc[0]
    assert row["pairs"] == 1
    assert row[["spearman", "pearson", "icc", "ceiling"]].isna().all()


def test_replicates_are_stepped_up_by_spearman_and_brown() -> None:
    single, whole = replicate_reliability(panel(noise=0.15))
    assert 0 < single < 1
    assert whole == pytest.approx(3 * single / (1 + 2 * single))


def test_replicates_without_common_signal_are_not_reliable() -> None:
    rng = np.random.default_rng(3)
    plates = [plate(1 + rng.normal(0, 0.1, (8, 3)), name=str(one), model=str(one)) for one in range(12)]
    assert replicate_reliability(measure(plates))[0] < 0.5


def test_pages_show_every_plate_and_are_the_same_bytes_under_any_matplotlibrc() -> None:
    results = [*panel(), *panel(drug="oxaliplatin")[:1]]
    drawn = pages(results)
    assert list(drawn) == ["chemogram_gemcitabine.png", "chemogram_oxaliplatin.png"]
    assert all(page.startswith(b"\x89PNG") for page in drawn.values())
    with matplotlib.rc_context({"lines.linewidth": 9, "font.size": 30}):
        assert pages(results) == drawn


def test_a_page_shows_the_verdict() -> None:
    results = panel()[:2]
    refused = [dataclasses.replace(results[0], reasons=("poor_fit",)), results[1]]
    assert pages(refused) != pages(results)


def test_a_drug_name_becomes_a_file_name() -> None:
    assert page_name("5-FU") == "chemogram_5-FU.png"
    assert page_name("drug a/b") == "chemogram_drug_a_b.png"
