"""Cell lines: tissues are taken off and left out whole, whatever the tables call the lines."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm, rankdata, spearmanr
from training_factory import DRUGS, PANEL, chosen_genes, lines_keys, write_lines, write_world

from pancreassign.counts.genes import GeneTable
from pancreassign.errors import ConfigError
from pancreassign.training import lines
from pancreassign.training.lines import Lines
from pancreassign.training.recipe import LinesSection

GENES = [f"G{k:02}" for k in range(20)]
PANEL_GENES = pd.Index(GENES)
MARKER, TOLD = "G19", GENES[:4]


def made_up(seed: int = 0, per_tissue: int = 40) -> Lines:
    """Three tissues; ``MARKER`` is high in skin, as is sensitivity; within tissues ``TOLD`` genes tell gemcitabine."""
    rng = np.random.default_rng(seed)
    tissue = pd.Series(np.repeat(["Lung", "Pancreas", "Skin"], per_tissue))
    tissue.index = pd.Index([f"ACH-{k:03}" for k in range(len(tissue))])
    n = len(tissue)
    latent, skin = rng.normal(size=n), np.asarray(tissue == "Skin", dtype=float)
    values = rng.normal(size=(n, len(GENES)))
    values[:, :4] += 2 * latent[:, None]
    values[:, -1] = 5 * skin
    table = pd.DataFrame(values, index=tissue.index, columns=GENES)
    drugs = {drug: 8 * skin + rng.normal(size=n) for drug in DRUGS}
    drugs["gemcitabine"] = 8 * skin + latent + 0.3 * rng.normal(size=n)
    return Lines({"all": table}, pd.DataFrame(drugs, index=tissue.index), tissue, "Pancreas")


# --- the responses ---


def test_responses_lose_their_tissue_mean_and_keep_their_order_within_it() -> None:
    own = made_up()
    found = lines.centred_responses(own)
    assert list(found.columns) == [*DRUGS, "general"]
    assert found.groupby(own.tissue).mean().abs().to_numpy().max() < 0.15
    for tissue in own.tissues:
        here = own.tissue == tissue
        assert spearmanr(found.loc[here, "5-FU"], own.sensitivity.loc[here, "5-FU"]).statistic == pytest.approx(1.0)
    assert found["general"].to_numpy() == pytest.approx(found[DRUGS].mean(axis=1))


def test_responses_are_normal_scores_of_what_is_known_and_general_the_mean_of_these() -> None:
    tissue = pd.Series(["A", "A", "A", "B", "B", "B"], index=list("abcdef"))
    values = pd.DataFrame({"5-FU": [1.0, 2.0, 6.0, 9.0, 5.0, np.nan], "gemcitabine": [0.0, 1, 2, 10, 12, 14]})
    values.index = tissue.index
    found = lines.centred_responses(Lines({}, values, tissue, "A"))
    # 5-FU less 3 in A and 7 in B: -2, -1, 3, 2, -2
    ranks = rankdata([-2.0, -1.0, 3.0, 2.0, -2.0])
    assert found["5-FU"].iloc[:5].to_numpy() == pytest.approx(norm.ppf((ranks - 0.5) / 5))
    assert np.isnan(found.loc["f", "5-FU"])
    assert found.loc["f", "general"] == found.loc["f", "gemcitabine"]
    assert found.loc["a", "general"] == pytest.approx(found.loc["a"].iloc[:2].mean())


# --- the prior ---


def test_a_gene_that_only_marks_a_tissue_gets_no_weight() -> None:
    own = made_up()
    weights = lines.prior(own, PANEL_GENES, 0.1)["gemcitabine"]
    raw = own.sensitivity["gemcitabine"]
    assert spearmanr(own.slices["all"][MARKER], raw).statistic > 0.6, "over all lines the marker tells best"
    assert weights[TOLD].min() > 0
    assert weights[MARKER] == pytest.approx(0.0, abs=1e-9)


def test_each_tissue_is_taken_off_the_genes() -> None:
    own = made_up()
    z = lines.within(own.slices["all"], own.tissue)
    table = own.slices["all"]
    scaled = (table - table.mean()) / table.std()
    for tissue in own.tissues:
        here = np.asarray(own.tissue == tissue)
        assert z[here] == pytest.approx((scaled[here] - scaled[here].mean()).to_numpy())


def test_a_prior_without_a_tissue_does_not_depend_on_its_lines_at_all() -> None:
    own = made_up()
    before = lines.prior(own, PANEL_GENES, 1.0, "Pancreas")
    here = np.asarray(own.tissue == "Pancreas")
    table, response = own.slices["all"].copy(), own.sensitivity.copy()
    table.loc[here] = 99.0 * table.loc[here].to_numpy()[::-1]
    other_genes = lines.prior(Lines({"all": table}, response, own.tissue, "Pancreas"), PANEL_GENES, 1.0, "Pancreas")
    pd.testing.assert_frame_equal(other_genes, before)
    response.loc[here] = 50.0 * np.random.default_rng(1).normal(size=(here.sum(), 5))
    changed = Lines({"all": table}, response, own.tissue, "Pancreas")
    pd.testing.assert_frame_equal(lines.prior(changed, PANEL_GENES, 1.0, "Pancreas"), before)
    # and is the one learnt where they never were
    rest = Lines({"all": own.slices["all"][~here]}, own.sensitivity[~here], own.tissue[~here], "Pancreas")
    pd.testing.assert_frame_equal(lines.prior(rest, PANEL_GENES, 1.0), before)
    assert not lines.prior(own, PANEL_GENES, 1.0).equals(before), "with them it is another"


def test_slices_are_averaged_and_a_gene_of_one_slice_has_half_its_weight() -> None:
    own = made_up()
    table = own.slices["all"]
    some, others = table[GENES[:12]], table.iloc[:90][GENES[8:]]
    one, two, both = (
        lines.prior(Lines(slices, own.sensitivity, own.tissue, "Pancreas"), PANEL_GENES, 1.0)
        for slices in ({"a": some}, {"b": others}, {"a": some, "b": others})
    )
    pd.testing.assert_frame_equal(both, (one + two) / 2)
    assert (one.loc[GENES[12:]] == 0).all(axis=None)
    assert both.loc["G00", "gemcitabine"] == pytest.approx(one.loc["G00", "gemcitabine"] / 2)


def test_each_slice_gives_scores_of_unit_variance_and_only_panel_genes_weigh() -> None:
    own = made_up()
    panel = pd.Index(["ELSEWHERE", *GENES[:10]])
    weights = lines.prior(own, panel, 1.0)
    assert list(weights.index) == list(panel)
    assert (weights.loc["ELSEWHERE"] == 0).all()
    z = lines.within(own.slices["all"][GENES[:10]], own.tissue)
    assert (z @ weights.loc[GENES[:10]].to_numpy()).std(axis=0, ddof=1) == pytest.approx(np.ones(6))


def test_a_target_is_learnt_from_the_lines_where_it_is_known() -> None:
    own = made_up()
    holed = own.sensitivity.copy()
    holed.loc[holed.index[::3], "gemcitabine"] = np.nan
    part = Lines(own.slices, holed, own.tissue, "Pancreas")
    weights = lines.prior(part, PANEL_GENES, 1.0)
    assert weights.loc[TOLD, "gemcitabine"].min() > 0
    assert np.isfinite(weights.to_numpy()).all()
    assert not weights["gemcitabine"].equals(lines.prior(own, PANEL_GENES, 1.0)["gemcitabine"])
    pd.testing.assert_series_equal(weights["5-FU"], lines.prior(own, PANEL_GENES, 1.0)["5-FU"])


# --- lines in their own world ---


def test_own_world_averages_slices_and_gives_zero_for_what_is_not_measured() -> None:
    own = made_up(per_tissue=6)
    table = own.slices["all"]
    here = own.tissue.index[own.tissue == "Pancreas"]
    one, two = table[["G00", "G01"]], (table[["G01", "G02"]] * 3 + table[["G03", "G04"]].to_numpy()).drop(index=here[0])
    panel = pd.Index(["G00", "G01", "G02", "G09"])
    found = lines.own_world(Lines({"a": one, "b": two}, own.sensitivity, own.tissue, "Pancreas"), "Pancreas", panel)
    assert list(found.index) == list(here)
    assert list(found.columns) == list(panel)
    a, b = ((part - part.mean()) / part.std() for part in (one.loc[here], two.loc[here[1:]]))
    assert found["G00"].to_numpy() == pytest.approx(a["G00"])
    assert found.loc[here[1:], "G01"].to_numpy() == pytest.approx((a.loc[here[1:], "G01"] + b["G01"]) / 2)
    assert found.loc[here[0], "G01"] == pytest.approx(a.loc[here[0], "G01"])
    assert found.loc[here[0], "G02"] == 0.0
    assert found.loc[here[1:], "G02"].to_numpy() == pytest.approx(b["G02"])
    assert (found["G09"] == 0.0).all()


def test_own_world_knows_no_line_of_another_tissue_and_leaves_out_slices_of_few() -> None:
    own = made_up(per_tissue=6)
    found = lines.own_world(own, "Pancreas", PANEL_GENES)
    moved = own.slices["all"].where(own.tissue == "Pancreas", 1e6)
    again = lines.own_world(Lines({"all": moved}, own.sensitivity, own.tissue, "Pancreas"), "Pancreas", PANEL_GENES)
    pd.testing.assert_frame_equal(again, found)
    few = own.slices["all"].drop(index=own.tissue.index[own.tissue == "Pancreas"][:2])
    both = Lines({"all": own.slices["all"], "few": 7 - few}, own.sensitivity, own.tissue, "Pancreas")
    pd.testing.assert_frame_equal(lines.own_world(both, "Pancreas", PANEL_GENES), found)
    alone = lines.own_world(Lines({"few": few}, own.sensitivity, own.tissue, "Pancreas"), "Pancreas", PANEL_GENES)
    assert alone.shape == (0, 20)


# --- reading ---


@pytest.fixture
def read(tmp_path: Path, gene_table: GeneTable) -> Callable[..., Lines]:
    """Read the lines of the small world, some keys of the recipe changed."""
    write_world(tmp_path, gene_table)
    write_lines(tmp_path, gene_table)

    def reader(**changed: Any) -> Lines:
        return lines.read(LinesSection.model_validate(lines_keys(**changed)), tmp_path, gene_table)

    return reader


def test_lines_are_read_by_model_with_tissues_that_count(
    read: Callable[..., Lines], tmp_path: Path, gene_table: GeneTable
) -> None:
    own = read()
    assert own.tissue.value_counts().to_dict() == {"Pancreas": 10, "Lung": 10, "Skin": 10}, "Bone is too small"
    assert own.test_tissue == "Pancreas"
    assert set(read(min_lines=3, without_tissues=[]).tissues) == {"Lung", "Lymphoid", "Pancreas", "Skin"}
    ids = chosen_genes(gene_table)
    assert set(own.slices["one"].columns) == set(ids[:40])
    assert set(own.slices["two"].columns) == set(ids[8:70])
    assert len(own.slices["one"]) == 30
    assert "ACH-001" in own.slices["one"].index
    # the second slice begins with the fourth line
    assert not {"ACH-000", "ACH-001", "ACH-002"} & set(own.slices["two"].index)
    table = pd.read_csv(tmp_path / "response_of_lines.tsv", sep="\t")
    row = table[(table["model"] == "LINE7") & (table["drug"] == "paclitaxel")].iloc[0]
    assert own.sensitivity.loc["ACH-007", "paclitaxel"] == -row["lnIC50_uM"], "a low lnIC50 is a sensitive line"
    assert np.isnan(own.sensitivity.loc["ACH-000", "5-FU"])


@pytest.mark.parametrize(
    ("naming", "before_the_number"),
    [("CCLEName", ""), ("StrippedCellLineName", ""), ("COSMICID", ""), ("COSMICID", "COSMIC_")],
)
def test_every_naming_leads_to_the_same_lines(
    naming: str, before_the_number: str, read: Callable[..., Lines], tmp_path: Path
) -> None:
    before = read().slices["one"]
    known = pd.read_csv(tmp_path / "known_lines.tsv", sep="\t")
    table = pd.read_csv(tmp_path / "slice_one.tsv", sep="\t", index_col=0)
    names = known[naming] if naming != "COSMICID" else known[naming].fillna(0).astype(int).astype(str)
    table.columns = pd.Index(before_the_number + names)
    table.to_csv(tmp_path / "slice_one.tsv", sep="\t")
    slices = [{"name": "one", "expression": "slice_one.tsv", "genes": "symbol", "names": naming}]
    after = read(slices=slices).slices["one"]
    # one line has no COSMIC number
    expected = before.drop(index="ACH-001") if naming == "COSMICID" else before
    pd.testing.assert_frame_equal(after, expected)


def test_several_screens_of_a_line_are_averaged(read: Callable[..., Lines], tmp_path: Path) -> None:
    before = read().sensitivity
    table = pd.read_csv(tmp_path / "response_of_lines.tsv", sep="\t")
    second = table[table["drug"] == "irinotecan"].assign(lnIC50_uM=lambda one: one["lnIC50_uM"] + 3.0)
    pd.concat([table, second]).to_csv(tmp_path / "response_of_lines.tsv", sep="\t", index=False)
    after = read().sensitivity
    assert after["irinotecan"].to_numpy() == pytest.approx(before["irinotecan"] - 1.5)
    pd.testing.assert_frame_equal(after.drop(columns="irinotecan"), before.drop(columns="irinotecan"))


def test_rows_of_one_gene_are_averaged_and_unknown_or_unmeasured_genes_left_out(
    read: Callable[..., Lines], tmp_path: Path, gene_table: GeneTable
) -> None:
    before = read().slices["two"]
    first, second, *_ = chosen_genes(gene_table)[8:]
    table = pd.read_csv(tmp_path / "slice_two.tsv", sep="\t", index_col=0)
    table.loc[gene_table.symbol[first]] = table.loc[first] + 4.0
    table.loc["NOT_A_GENE"] = 1.0
    table.loc[second, "COSMIC_9005"] = np.nan
    table.rename_axis("gene").to_csv(tmp_path / "slice_two.tsv", sep="\t")
    after = read().slices["two"]
    assert after[first].to_numpy() == pytest.approx(before[first] + 2.0)
    assert set(before.columns) - set(after.columns) == {second}
    assert set(after.columns) < set(before.columns)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"response_names": "ModelID"}, r"response_of_lines\.tsv: 36 of 36 lines are not among the column ModelID"),
        ({"tissue": "Organ"}, r"known_lines\.tsv: has no column 'Organ'"),
        ({"test_tissue": "Liver"}, r"lines\.test_tissue: no line is of 'Liver'.*Lung.*Pancreas"),
        ({"test_tissue": "Lymphoid"}, r"no line is of 'Lymphoid'"),
        ({"response_value": "AUC"}, r"response_of_lines\.tsv: lacks the columns \['AUC'\]"),
        ({"lines": "none.tsv"}, r"none\.tsv: cannot be read"),
        (
            {"slices": [{"name": "one", "expression": "slice_one.tsv", "genes": "gene_id", "names": "ModelID"}]},
            r"slice_one\.tsv: has no column 'gene_id'",
        ),
        (
            {"slices": [{"name": "one", "expression": "slice_one.tsv", "genes": "symbol", "names": "CCLEName"}]},
            r"slice_one\.tsv: 36 of 36 lines are not among the column CCLEName, such as 'ACH-000'.*which column",
        ),
    ],
)
def test_what_cannot_be_read_is_named(changed: dict[str, Any], says: str, read: Callable[..., Lines]) -> None:
    with pytest.raises(ConfigError, match=says):
        read(**changed)


def test_the_small_world_teaches_its_planted_genes(read: Callable[..., Lines], gene_table: GeneTable) -> None:
    ids = chosen_genes(gene_table)
    weights = lines.prior(read(), pd.Index(ids[:PANEL]), 1.0, "Pancreas")["gemcitabine"]
    assert weights[ids[:8]].min() > 0
    assert weights[ids[:8]].mean() > 1.5 * weights[ids[12:PANEL]].abs().mean()


def test_a_drug_that_too_few_left_out_lines_know_is_named(read: Callable[..., Lines], tmp_path: Path) -> None:
    path = tmp_path / "response_of_lines.tsv"
    table = pd.read_csv(path, sep="\t")
    known = pd.read_csv(tmp_path / "known_lines.tsv", sep="\t")
    ours = known.loc[known["OncotreeLineage"] == "Pancreas", "StrippedCellLineName"]
    gone = (table["drug"] == "gemcitabine") & table["model"].isin(ours.iloc[lines.MIN_TESTED - 1 :])
    table[~gone].to_csv(path, sep="\t", index=False)
    with pytest.raises(ConfigError, match="hold 4 lines of Pancreas with expression and gemcitabine; 5 are needed"):
        read()
    table[table["drug"] != "gemcitabine"].to_csv(path, sep="\t", index=False)
    with pytest.raises(ConfigError, match="hold 0 lines of Pancreas with expression and gemcitabine"):
        read()


def test_a_slice_whose_lines_hardly_know_a_drug_is_named(read: Callable[..., Lines], tmp_path: Path) -> None:
    path = tmp_path / "slice_two.tsv"
    table = pd.read_csv(path, sep="\t", index_col=0)
    table.iloc[:, :10].to_csv(path, sep="\t")  # Pancreas and a few others
    with pytest.raises(ConfigError, match=r"lines\.slices two: has fewer than 5 lines with 5-FU"):
        read()


def test_one_tissue_alone_has_no_prior(read: Callable[..., Lines]) -> None:
    with pytest.raises(ConfigError, match="hold no tissue of 5 lines beside 'Pancreas'"):
        read(without_tissues=["Lymphoid", "Lung", "Skin"])


def test_two_laboratories_are_averaged_at_unit_variance_and_one_alone_stands(
    tmp_path: Path, gene_table: GeneTable
) -> None:
    write_world(tmp_path, gene_table)
    write_lines(tmp_path, gene_table)
    recipe = LinesSection.model_validate(lines_keys())
    own = lines.read(recipe, tmp_path, gene_table)
    assert recipe.second is not None
    both = lines.of_both(recipe, recipe.second, tmp_path, own)
    assert list(both.sensitivity.index) == list(own.sensitivity.index)
    assert list(both.sensitivity) == list(own.sensitivity)
    others = own.tissue != own.test_tissue  # of the tissue that is left out nothing enters, the scale neither
    first = (own.sensitivity - own.sensitivity[others].mean()) / own.sensitivity[others].std()
    table = pd.read_csv(tmp_path / "second_screen.tsv", sep="\t").pivot(index="model", columns="drug", values="value")
    known = pd.read_csv(tmp_path / "known_lines.tsv", sep="\t").set_index("ModelID")["StrippedCellLineName"]
    second = table.reindex(known[own.sensitivity.index]).set_axis(own.sensitivity.index)[list(own.sensitivity)]
    second = (second - second[others].mean()) / second[others].std()
    assert second["5-FU"].isna().any()
    expected = first.where(second.isna(), (first + second) / 2).where(first.notna(), second)
    pd.testing.assert_frame_equal(both.sensitivity, expected, check_names=False)
    strangers = recipe.second.model_copy(update={"response_names": "ModelID"})
    with pytest.raises(ConfigError, match=r"second_screen\.tsv: \d+ of \d+ lines are not among the column ModelID"):
        lines.of_both(recipe, strangers, tmp_path, own)
