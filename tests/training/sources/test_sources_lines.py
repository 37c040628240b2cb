"""DepMap's expression and lines, and the responses of GDSC2, CTRPv2 and PRISM, on miniatures of the true files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from preparing import made, table
from published import (
    LINES,
    ctrp_files,
    ctrp_zip,
    expression_24q4,
    expression_25q3,
    gdsc2_table,
    model_csv,
    prism_csv,
    source,
)

from pancreassign.counts.genes import GeneTable
from pancreassign.errors import ConfigError
from pancreassign.training.ceiling import between_assays
from pancreassign.training.datasets import read_numbers, read_response
from pancreassign.training.recipe import Ceiling, Source

GENES = ["TSPAN6 (7105)", "TNMD (64102)", "DPM1 (8813)", "ENSG00000288724.1"]
VALUES = pd.DataFrame(
    [[4.1, 0.0, 6.0, 1.0], [3.0, 0.25, 5.5, 0.0], [2.0, 0.5, 7.5, 2.5]],
    index=["ACH-000001", "ACH-000002", "ACH-000003"],
    columns=GENES,
)


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    (tmp_path / "raw").mkdir()
    return tmp_path / "raw"


def lines_of(raw: Path) -> Source:
    return source("depmap-models", model_csv(raw / "Model.csv"))


def responding(format: str, *paths: Path) -> Source:
    return source(format, *paths, lines="prepared/depmap-models/lines.tsv.gz")


def test_lines_keep_their_names_and_serve_the_ceiling(tmp_path: Path, raw: Path, gene_table: GeneTable) -> None:
    own = lines_of(raw)
    made(gene_table, tmp_path, raw, own)
    read = table(tmp_path, own, "lines.tsv.gz")
    assert list(read.index) == ["ACH-000001", "ACH-000002", "ACH-000003"]
    assert list(read["OncotreeLineage"]) == ["Pancreas", "Lung", "Skin"]
    text = pd.read_csv(tmp_path / own.into / "lines.tsv.gz", sep="\t", dtype=str)
    assert list(text["COSMICID"].fillna("")) == ["901", "902", ""], "whole numbers, as GDSC writes them"
    assert (text["depmap_id"] == text["ModelID"]).all()
    assert (text["name"] == text["ModelID"]).all()
    assert list(text["tissue"]) == list(text["OncotreeLineage"])


def test_expression_of_both_layouts_is_the_same_table(tmp_path: Path, raw: Path, gene_table: GeneTable) -> None:
    old = source("depmap-expression", expression_24q4(raw / "old.csv", VALUES), name="old", into="old")
    shuffled = VALUES.iloc[[1, 1, 2, 0]].copy()
    shuffled.iloc[0] += 1.0
    libraries = [("ACH-000002", "No"), ("ACH-000002", "Yes"), ("ACH-000003", "Yes"), ("ACH-000001", "Yes")]
    late = expression_25q3(raw / "new.csv", shuffled, libraries)
    new = source("depmap-expression", late, name="new", into="new")
    made(gene_table, tmp_path, raw, old, new)
    first, second = (read_numbers(tmp_path / name / "expression.tsv.gz", "gene") for name in ("old", "new"))
    assert first.T.to_numpy() == pytest.approx(VALUES.to_numpy(), abs=1e-5)
    pd.testing.assert_frame_equal(first, second[first.columns])
    assert list(gene_table.resolve(first.index).primary[:3]) == [
        "ENSG00000000003",
        "ENSG00000000005",
        "ENSG00000000419",
    ]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda values: 2**values * 100, "log2"),
        (lambda values: values - 1, "log2"),
        (lambda values: values.where(values != 6.0, np.nan), "log2"),
        (lambda values: values.set_axis(["a", "b", "c", "d"], axis=1), "TSPAN6"),
        (lambda values: values.iloc[[0, 0, 1]], "ACH-000001 twice"),
        (lambda values: values.iloc[:0], "no line"),
    ],
    ids=["counts", "negative", "missing", "no genes", "twice", "empty"],
)
def test_expression_that_is_something_else_is_named(tmp_path, raw, gene_table, change, message) -> None:  # type: ignore[no-untyped-def]
    own = source("depmap-expression", expression_24q4(raw / "x.csv", change(VALUES)))
    with pytest.raises(ConfigError, match=message):
        made(gene_table, tmp_path, raw, own)
    assert not (tmp_path / own.into).exists(), "whole or not at all"


def test_a_line_that_is_there_twice_is_refused(tmp_path: Path, raw: Path, gene_table: GeneTable) -> None:
    own = source("depmap-models", model_csv(raw / "Model.csv", [*LINES, LINES[0]]))
    with pytest.raises(ConfigError, match="twice"):
        made(gene_table, tmp_path, raw, own)


CURVES = [
    (901, "Gemcitabine", 1190, -3.0),
    (902, "Gemcitabine", 1190, 1.0),
    (901, "5-Fluorouracil", 1073, 4.0),
    (901, "Oxaliplatin", 1089, 2.0),
    (901, "Oxaliplatin", 1806, 4.0),
    (901, "Irinotecan", 1088, 0.5),
    (901, "SN-38", 1494, -5.0),
    (901, "Docetaxel", 1007, -4.0),
    (999, "Gemcitabine", 1190, 9.0),
]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_gdsc2_is_tidy_by_model_with_screens_averaged(
    kind: str, tmp_path: Path, raw: Path, gene_table: GeneTable
) -> None:
    path = raw / f"GDSC2_fitted_dose_response_27Oct23.{kind}"
    curves = gdsc2_table(CURVES)
    curves.to_csv(path, index=False) if kind == "csv" else curves.to_excel(path, index=False)
    own = responding("gdsc2", path)
    told = made(gene_table, tmp_path, raw, lines_of(raw), own)
    tidy = table(tmp_path, own, "response.tsv.gz")
    assert list(tidy.columns) == ["drug", "value", "measure", "high_means", "curves"]
    assert set(tidy["drug"]) == {"5-FU", "gemcitabine", "irinotecan", "oxaliplatin"}, "SN-38 goes where irinotecan is"
    platin = tidy[tidy["drug"] == "oxaliplatin"].loc["ACH-000001"]
    assert (platin["value"], platin["curves"]) == (3.0, 2)
    assert set(tidy["measure"]) == {"lnIC50"}
    assert any("1 of 3 lines are not in" in line for line in told), "COSMIC's 999 is unknown"
    wide = read_response(tmp_path / own.into / "response.tsv.gz")
    assert wide.loc["ACH-000001", "gemcitabine"] == 3.0 > wide.loc["ACH-000002", "gemcitabine"], (
        "a low IC50 is sensitive"
    )


def test_lines_under_other_names_are_refused_and_so_is_a_missing_table(
    tmp_path: Path, raw: Path, gene_table: GeneTable
) -> None:
    path = raw / "GDSC2.csv"
    gdsc2_table([(901, "Gemcitabine", 1190, 1.0), (7, "Gemcitabine", 1, 1.0), (8, "Gemcitabine", 1, 1.0)]).to_csv(path)
    with pytest.raises(ConfigError, match=r"2 of 3 lines are not among the column COSMICID"):
        made(gene_table, tmp_path, raw, lines_of(raw), responding("gdsc2", path))
    with pytest.raises(ConfigError, match=r"sources\.gdsc2\.lines: is missing"):
        made(gene_table, tmp_path, raw, source("gdsc2", path))
    gdsc2_table([(901, "Docetaxel", 1007, 1.0)]).to_csv(path)
    with pytest.raises(ConfigError, match="no response to any of the five drugs"):
        made(gene_table, tmp_path, raw, lines_of(raw), responding("gdsc2", path))


AREAS = [(1, 101, 10.0), (1, 101, 12.0), (2, 101, 14.0), (3, 101, 99.0), (1, 102, 6.0), (1, 103, 1.0), (2, 104, 2.0)]


@pytest.mark.parametrize("packed", [True, False], ids=["zip", "files"])
def test_ctrpv2_joins_its_four_files(packed: bool, tmp_path: Path, raw: Path, gene_table: GeneTable) -> None:
    files = ctrp_files(raw, AREAS)
    paths = [ctrp_zip(raw / "CTRPv2.0_2015_ctd2_ExpandedDataset.zip", files)] if packed else list(files.values())
    own = responding("ctrpv2", *paths)
    told = made(gene_table, tmp_path, raw, lines_of(raw), own)
    tidy = table(tmp_path, own, "response.tsv.gz").reset_index()
    rows = {(row.model, row.drug): (row.value, row.curves) for row in tidy.itertuples()}
    assert rows == {
        ("ACH-000001", "gemcitabine"): (11.0, 2),
        ("ACH-000002", "gemcitabine"): (14.0, 1),
        ("ACH-000001", "SN-38"): (6.0, 1),
    }, "mixtures and the experiment of two lines are left out; a line in two media counts once"
    assert any("experiments with two lines" in line for line in told)


def test_a_page_of_errors_in_place_of_the_zip_is_named(tmp_path: Path, raw: Path, gene_table: GeneTable) -> None:
    page = raw / "CTRPv2.zip"
    page.write_text("<html>moved</html>")
    with pytest.raises(ConfigError, match="no zip archive"):
        made(gene_table, tmp_path, raw, lines_of(raw), responding("ctrpv2", page))


def test_prism_takes_the_last_screen_and_identified_lines(tmp_path: Path, raw: Path, gene_table: GeneTable) -> None:
    first = {"depmap_id": "ACH-000001", "name": "gemcitabine"}
    rows = [
        {**first, "auc": 0.9},
        {**first, "auc": 0.5, "screen_id": "MTS010"},
        {**first, "auc": 0.7, "screen_id": "MTS010"},
        {**first, "auc": 0.1, "screen_id": "MTS010", "passed_str_profiling": False},
        {"depmap_id": "ACH-000002", "name": "gemcitabine", "auc": 0.8},
        {"depmap_id": None, "name": "gemcitabine", "auc": 0.3},
        {"depmap_id": "ACH-000002", "name": "fluorouracil", "auc": 1.1},
    ]
    own = responding("prism", prism_csv(raw / "secondary.csv", rows))
    made(gene_table, tmp_path, raw, lines_of(raw), own)
    wide = read_response(tmp_path / own.into / "response.tsv.gz")
    assert wide.loc["ACH-000001", "gemcitabine"] == pytest.approx(-0.6)
    assert wide.loc["ACH-000002"].to_dict() == {"5-FU": -1.1, "gemcitabine": -0.8}


def test_a_file_of_another_version_names_its_columns(tmp_path: Path, raw: Path, gene_table: GeneTable) -> None:
    path = raw / "GDSC2.csv"
    gdsc2_table(CURVES).rename(columns={"LN_IC50": "IC50"}).to_csv(path)
    with pytest.raises(ConfigError, match=r"lacks the columns \['LN_IC50'\]"):
        made(gene_table, tmp_path, raw, lines_of(raw), responding("gdsc2", path))


def test_two_prepared_assays_make_a_ceiling(tmp_path: Path, raw: Path, gene_table: GeneTable) -> None:
    """Both name their lines by ModelID, so that ``[ceiling]`` reads them as they are."""
    many = [
        {**LINES[0], "ModelID": f"ACH-{k:06d}", "StrippedCellLineName": f"L{k}", "COSMICID": 900 + k} for k in range(8)
    ]
    lines = source("depmap-models", model_csv(raw / "Model.csv", many))
    gdsc = raw / "GDSC2.csv"
    gdsc2_table([(900 + k, "Gemcitabine", 1190, float(k)) for k in range(8)]).to_csv(gdsc, index=False)
    curves = [{"depmap_id": f"ACH-{k:06d}", "name": "gemcitabine", "auc": k**2 / 64} for k in range(8)]
    own, other = responding("gdsc2", gdsc), responding("prism", prism_csv(raw / "prism.csv", curves))
    made(gene_table, tmp_path, raw, lines, own, other)
    how = Ceiling(
        first=f"{own.into}/response.tsv.gz",
        second=f"{other.into}/response.tsv.gz",
        lines=f"{lines.into}/lines.tsv.gz",
        without_tissues=[],
        source="made up",
        same_drug={"SN-38": "irinotecan"},
    )
    figures = between_assays(how, tmp_path)["gemcitabine"]
    assert (figures["n"], figures["rho"]) == (8, pytest.approx(1.0))
