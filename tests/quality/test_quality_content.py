"""Tumour content from three levels, by hand."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from quality_factory import GENES, IDS, MODEL, reference, versus

from pancreassign.quality import content
from pancreassign.quality.content import ContentModel, burden, describe, estimate, fraction, gene_sets, level

EVEN = ContentModel(0.0, 0.0, 0.1)


def levels(tumour: float = 0.0, stroma: float = 0.0, immune: float = 0.0) -> dict[str, float]:
    return {"tumour": tumour, "stroma": stroma, "immune": immune}


def of(tumour: float = 0.0, stroma: float = 0.0, immune: float = 0.0, normal: float = 0.0) -> float:
    found = estimate(levels(tumour, stroma, immune), EVEN, normal)
    assert found is not None
    return found


def test_each_set_holds_the_genes_of_its_cells() -> None:
    sets = gene_sets(versus(), reference())
    assert {name: list(members) for name, members in sets.items()} == {
        "tumour": IDS["T"],
        "stroma": IDS["S"],
        "immune": IDS["I"],
    }


@pytest.mark.parametrize(
    ("column", "bound", "beyond", "kind", "name"),
    [
        ("vs_fibroblast", content.TUMOUR_LOG2, -0.01, "T", "tumour"),
        ("vs_stroma", content.TUMOUR_LOG2, -0.01, "T", "tumour"),
        ("vs_fibroblast", -content.STROMA_LOG2, 0.01, "S", "stroma"),
        ("vs_stroma", -content.STROMA_LOG2, 0.01, "S", "stroma"),
        ("vs_stroma", -content.IMMUNE_LOG2, 0.01, "I", "immune"),
    ],
)
def test_the_bounds_of_the_sets(column: str, bound: float, beyond: float, kind: str, name: str) -> None:
    table = versus()
    table.loc[f"{kind}0", column] = bound
    assert list(gene_sets(table, reference())[name]) == IDS[kind]
    table.loc[f"{kind}0", column] = bound + beyond
    assert list(gene_sets(table, reference())[name]) == IDS[kind][1:]


@pytest.mark.parametrize("side", [-1.0, 1.0])
def test_an_immune_gene_is_neither_of_fibroblasts_nor_of_tumour_cells(side: float) -> None:
    table = versus()
    table.loc["I0", "vs_fibroblast"] = side * (content.IMMUNE_FIBROBLAST_LOG2 + 0.01)
    assert list(gene_sets(table, reference())["immune"]) == IDS["I"][1:]


def test_a_gene_that_was_not_measured_in_fibroblasts_is_in_no_set_and_one_without_orthologue_may_be_the_tumours() -> (
    None
):
    table = versus()
    table.loc[["T0", "S0", "I0"], "vs_fibroblast"] = np.nan
    table.loc[["T1", "S1", "I1"], "vs_stroma"] = np.nan
    sets = gene_sets(table, reference())
    assert list(sets["tumour"]) == IDS["T"][1:]
    assert list(sets["stroma"]) == IDS["S"][2:]
    assert list(sets["immune"]) == IDS["I"][2:]
    assert list(gene_sets(versus().drop("T0"), reference())["tumour"]) == IDS["T"][1:]


def test_only_expressed_genes_are_used_and_only_stable_ones_tell_the_tumour() -> None:
    table = reference()
    table.loc[["T0", "S0", "I0"], "bulk_mean"] = content.EXPRESSED - 0.01
    table.loc[["T1", "S1", "I1"], "stable"] = False
    sets = gene_sets(versus(), table)
    assert list(sets["tumour"]) == IDS["T"][2:]
    assert list(sets["stroma"]) == IDS["S"][1:]
    assert list(sets["immune"]) == IDS["I"][1:]


def test_a_level_is_the_mean_over_the_genes_measured() -> None:
    bulk = pd.Series(np.arange(len(GENES), dtype=float), index=GENES)
    members = pd.Index(IDS["T"])
    assert level(bulk, members) == 4.5
    assert level(bulk.drop(IDS["T"][5:]), members) == 2.0, "half of them suffice"
    assert math.isnan(level(bulk.drop(IDS["T"][4:]), members))
    masked = bulk.copy()
    masked[IDS["T"][4:]] = np.nan
    assert math.isnan(level(masked, members)), "a NaN is not measured"
    assert content.levels(bulk, {"tumour": members, "stroma": pd.Index(IDS["S"])}) == {"tumour": 4.5, "stroma": 14.5}


def test_fraction_by_hand() -> None:
    table = pd.DataFrame([levels(), levels(1.0), levels(stroma=2.0), levels(immune=3.0), levels(5.0, 5.0, 5.0)])
    found = fraction(table, 0.0, 0.0)
    assert found.to_list() == pytest.approx([1 / 3, 1 / 2, 1 / 6, 1 / 10, 1 / 3])
    # offsets of -1 and -2: half as much stroma, a quarter as much immune RNA
    assert fraction(table, -1.0, -2.0)[0] == pytest.approx(1 / 1.75)


def test_pure_tumour_is_near_one_and_other_cells_lower_it() -> None:
    assert of(tumour=1.0, stroma=-8.0, immune=-8.0) > 0.95
    stroma, immune = ([of(**{name: value}) for value in (-4.0, -1.0, 0.0, 2.0, 4.0)] for name in ("stroma", "immune"))
    assert stroma == sorted(stroma, reverse=True)
    assert immune == sorted(immune, reverse=True)
    assert len(set(stroma)) == len(set(immune)) == 5
    tumour = [of(tumour=value) for value in (-2.0, 0.0, 2.0)]
    assert tumour == sorted(tumour)


def test_depth_of_all_cells_alike_changes_nothing() -> None:
    assert of(2.0, 2.0, 2.0) == pytest.approx(of())


def test_normal_tissue_takes_its_share() -> None:
    assert of(normal=0.4) == pytest.approx(0.6 * of())
    assert of(normal=0.0) == of()
    assert of(normal=1.0) == of(normal=1.3) == content.LEAST


def test_what_cannot_be_told_apart_is_clipped() -> None:
    assert of(tumour=20.0) == content.MOST
    assert of(tumour=-20.0) == content.LEAST


@pytest.mark.parametrize("name", ["tumour", "stroma", "immune"])
def test_a_level_that_was_not_measured_leaves_content_unknown(name: str) -> None:
    assert estimate({**levels(), name: math.nan}, EVEN) is None


def test_a_burden_counts_halvings() -> None:
    # as much RNA of each kind beside the tumour's as the tumour made: one halving by each
    assert burden(levels(), EVEN) == (1.0, 1.0)
    # three times, and seven times as much
    assert burden(levels(stroma=np.log2(3.0), immune=np.log2(7.0)), EVEN) == pytest.approx((2.0, 3.0))
    # offsets of -1 and -2: half, and a quarter
    assert burden(levels(), MODEL) == pytest.approx((np.log2(1.5), np.log2(1.25)))


def test_pure_tumour_has_no_burden_and_each_kind_raises_its_own() -> None:
    assert burden(levels(tumour=30.0), EVEN) == pytest.approx((0.0, 0.0), abs=1e-6)
    base, more_stroma, more_immune = (burden(levels(**own), EVEN) for own in ({}, {"stroma": 2.0}, {"immune": 2.0}))
    assert base is not None
    assert more_stroma is not None
    assert more_immune is not None
    assert more_stroma[0] > base[0] == more_immune[0]
    assert more_immune[1] > base[1] == more_stroma[1]


def test_a_burden_ends_where_content_does_and_may_be_unknown() -> None:
    assert burden(levels(stroma=50.0), EVEN) == (content.MOST_BURDEN, 1.0)
    assert burden(levels(immune=50.0), EVEN) == (1.0, content.MOST_BURDEN)
    assert pytest.approx(content.LEAST) == 2.0**-content.MOST_BURDEN
    for name in ("tumour", "stroma", "immune"):
        assert burden({**levels(), name: math.nan}, EVEN) is None


def test_every_class_holds_its_lower_bound_and_not_its_upper() -> None:
    bounds = [bound for bound, _ in content.CLASSES]
    names = [name for _, name in content.CLASSES]
    assert bounds == sorted(bounds)
    assert bounds[-1] > content.MOST, "the largest content has a class"
    assert describe(content.LEAST, MODEL).class_ == names[0]
    for bound, name, following in zip(bounds[:-1], names[:-1], names[1:], strict=True):
        assert describe(bound - 1e-9, MODEL).class_ == name
        assert describe(bound, MODEL).class_ == following
    assert describe(content.MOST, MODEL).class_ == names[-1]


@pytest.mark.parametrize("value", [content.LEAST, 0.1, 0.5, 0.9, content.MOST])
@pytest.mark.parametrize("error", [0.01, 0.15, 2.0])
def test_the_interval_holds_the_value_and_is_a_share(value: float, error: float) -> None:
    interval = describe(value, ContentModel(0.0, 0.0, error)).interval
    assert interval is not None
    assert 0.0 <= interval.low <= value <= interval.high <= 1.0
    assert interval.level == content.LEVEL
    assert interval.low == pytest.approx(max(value - 1.645 * error, 0.0), rel=1e-5)
    assert interval.high == pytest.approx(min(value + 1.645 * error, 1.0), rel=1e-5)


def test_the_unknown_has_no_class() -> None:
    unknown = describe(None, MODEL)
    assert (unknown.class_, unknown.value, unknown.interval) == (None, None, None)
