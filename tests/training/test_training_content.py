"""How scores drift as other cells dilute a tumour: planted slopes are found again, by tumours that were not used."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from training_factory import (
    OF_TUMOUR,
    PANEL,
    XENOGRAFTS,
    build_reference,
    chosen_genes,
    tissues,
    write_world,
    xenograft_counts,
)

from pancreassign.counts.genes import GeneTable
from pancreassign.normalize.apply import normalise
from pancreassign.normalize.reference import Reference
from pancreassign.signatures.content import Drift
from pancreassign.training import content
from pancreassign.training.content import LOW, Mixtures

TUMOURS, KINDS, CONTENTS = ("A", "B", "C", "D"), ("fibroblast", "stroma"), (1.0, 0.5, LOW)
REFERENCE = np.array([[0.5, 0.0], [1.5, 2.0], [2.5, 7.0]])


def mixtures(tumours: tuple[str, ...] = TUMOURS) -> Mixtures:
    """Each tumour with each kind at each content; stroma holds immune cells too, and each tumour some of its own."""
    what = [(tumour, kind, share) for tumour in tumours for kind in KINDS for share in CONTENTS]
    burden = []
    for tumour, kind, share in what:
        halvings, own = -np.log2(share), 0.1 * TUMOURS.index(tumour)
        burden.append((own + halvings, own + (0.5 * halvings**2 if kind == "stroma" else 0.0)))
    table = pd.DataFrame(what, columns=["tumour", "profile", "content"])
    return Mixtures(pd.DataFrame(index=table.index), pd.DataFrame(burden), table)


def scores(made: Mixtures, *slopes: tuple[float, float]) -> np.ndarray:
    """Scores of each tumour's own height that drift by the first slopes, or by the two in turn."""
    height = made.what["tumour"].map({tumour: 3.0 * k**2 for k, tumour in enumerate(TUMOURS)}).to_numpy()
    turn = made.what["tumour"].map({tumour: k % len(slopes) for k, tumour in enumerate(TUMOURS)}).to_numpy()
    each = np.array(slopes)[turn]
    return np.asarray(height + (each * made.burden.to_numpy()).sum(axis=1))


def low(made: Mixtures, kind: str) -> np.ndarray:
    """Burdens at the low content over those of the pure tumours; the same in every tumour."""
    rows = made.what[(made.what["profile"] == kind) & (made.what["tumour"] == "A")]
    pure, diluted = (
        made.burden[(rows["content"] == share).reindex(made.what.index, fill_value=False)] for share in (1.0, LOW)
    )
    return np.asarray(diluted.to_numpy()[0] - pure.to_numpy()[0])


def test_a_planted_slope_is_found_and_leaves_nothing() -> None:
    made = mixtures()
    found = content.drift(scores(made, (-0.4, 0.15)), made, REFERENCE)
    assert found["slope"] == pytest.approx([-0.4, 0.15])
    assert found["residual"] == pytest.approx(0.0, abs=1e-9)
    for kind in KINDS:
        away = low(made, kind)
        assert found[f"drift_{kind}"] == pytest.approx(-0.4 * away[0] + 0.15 * away[1])
        assert found[f"drift_{kind}_corrected"] == pytest.approx(0.0, abs=1e-9)


def test_height_of_a_score_and_pure_tumours_alone_say_nothing() -> None:
    made = mixtures()
    still = content.drift(scores(made, (0.0, 0.0)), made, REFERENCE)
    assert still["slope"] == pytest.approx([0.0, 0.0], abs=1e-9)
    assert still["drift_stroma"] == pytest.approx(0.0, abs=1e-9)


def test_centre_and_spread_are_those_of_the_reference_tumours() -> None:
    made = mixtures()
    found = content.drift(scores(made, (-0.4, 0.15)), made, REFERENCE)
    assert found["centre"] == pytest.approx([1.5, 3.0])
    assert found["spread"] == pytest.approx([1.0, np.sqrt(13.0)])
    unknown = np.vstack([REFERENCE, [np.nan, np.nan]])
    assert content.drift(scores(made, (-0.4, 0.15)), made, unknown)["centre"] == pytest.approx([1.5, 3.0])


def test_what_is_reported_of_a_tumour_is_corrected_by_the_others() -> None:
    """Tumours of two kinds in turn drift by two slopes: each is corrected by the slopes of the other kind."""
    made, first, second = mixtures(), np.array([-1.0, 0.0]), np.array([0.2, 0.0])
    found = content.drift(scores(made, tuple(first), tuple(second)), made, REFERENCE)
    assert found["slope"] == pytest.approx((first + second) / 2, abs=1e-9)
    for kind in KINDS:
        away = low(made, kind)
        # half of the tumours are left with first - second, half with second - first
        assert found[f"drift_{kind}_corrected"] == pytest.approx(0.0, abs=1e-9)
        assert found[f"drift_{kind}"] == pytest.approx(float((first + second) @ away / 2))
    assert found["residual"] > 0.1
    three = content.drift(scores(mixtures(TUMOURS[:3]), tuple(first), tuple(second)), mixtures(TUMOURS[:3]), REFERENCE)
    away = low(made, "fibroblast")
    # A and C drift by the first and are corrected by B's, B by theirs; by its own nothing would be left
    expected = (2 * (first - second) + (second - first)) @ away / 3
    assert three["drift_fibroblast_corrected"] == pytest.approx(float(expected))


def test_residual_is_per_unit_of_burden() -> None:
    made = mixtures()
    noise = np.where(made.what["content"] < 1.0, 0.3, 0.0) * np.where(made.what["tumour"].isin(["A", "B"]), 1.0, -1.0)
    found = content.drift(scores(made, (-0.4, 0.15)) + noise, made, REFERENCE)
    assert found["slope"] == pytest.approx([-0.4, 0.15]), "noise that cancels moves no slope"
    away = made.burden - np.array([[0.1 * TUMOURS.index(one)] * 2 for one in made.what["tumour"]])
    mixed = made.what["content"] < 1.0
    by_kind = [
        0.3 / np.sqrt((away[mixed & (made.what["profile"] == kind)] ** 2).sum(axis=1).mean())
        for kind in made.what["profile"].unique()
    ]
    assert found["residual"] == pytest.approx(max(by_kind)), "the worst kind of stroma"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, gene_table: GeneTable) -> tuple[Path, Reference]:
    data = tmp_path_factory.mktemp("content")
    write_world(data, gene_table)
    return data, build_reference(data, gene_table, data / "reference")


@pytest.fixture(scope="module")
def mixed(world: tuple[Path, Reference], gene_table: GeneTable) -> Mixtures:
    data, reference = world
    return content.mix(
        data / "pdx.tsv", ["stroma", "fibroblast"], [0.5, LOW], reference, gene_table, tissues(gene_table)
    )


def test_every_tumour_is_mixed_with_every_profile_beside_the_pure_one(
    mixed: Mixtures, world: tuple[Path, Reference], gene_table: GeneTable
) -> None:
    assert len(mixed.what) == len(mixed.z) == len(mixed.burden) == XENOGRAFTS * 2 * 3
    assert mixed.what["content"].value_counts().to_dict() == dict.fromkeys((1.0, 0.5, LOW), XENOGRAFTS * 2)
    assert mixed.what.groupby("profile").size().to_dict() == {"stroma": 18, "fibroblast": 18}
    own = xenograft_counts(gene_table)["PDX_1"].astype(float)
    pure = normalise(own, world[1].genes, "counts", gene_table.length)
    row = mixed.what.query("tumour == 'PDX_1' and profile == 'stroma' and content == 1.0").index[0]
    assert mixed.z.loc[row, pure.z.index].to_numpy() == pytest.approx(pure.z.to_numpy(), abs=1e-3)
    by_hand = 0.2 * own / own.sum() + 0.8 * tissues(gene_table).profiles["stroma"]
    row = mixed.what.query(f"tumour == 'PDX_1' and profile == 'stroma' and content == {LOW}").index[0]
    again = normalise(1e7 * by_hand, world[1].genes, "counts", gene_table.length)
    assert mixed.z.loc[row, again.z.index].to_numpy() == pytest.approx(again.z.to_numpy())


def test_burdens_rise_as_content_falls_and_fibroblasts_bring_no_immune_cells(mixed: Mixtures) -> None:
    for (_, kind), rows in mixed.what.groupby(["tumour", "profile"]):
        burden = mixed.burden.loc[rows.sort_values("content", ascending=False).index]
        assert burden[0].is_monotonic_increasing
        assert burden[0].iloc[-1] > burden[0].iloc[0] + 1.0
        if kind == "stroma":
            assert burden[1].iloc[-1] > burden[1].iloc[0] + 0.5


def test_genes_that_stroma_lacks_stay_where_they_are(mixed: Mixtures, gene_table: GeneTable) -> None:
    """By the anchors, the tumour's own genes are not pushed down by the reads of stroma."""
    own = chosen_genes(gene_table)[PANEL : OF_TUMOUR.stop]
    change = content._from_pure(mixed.z[own].mean(axis=1).to_numpy(), mixed)
    diluted = (mixed.what["content"] == LOW).to_numpy()
    sd_per_log2 = 1 / 0.1
    # a whole library would lose log2(5) = 2.3
    assert np.abs(change[diluted]).max() < 0.3 * sd_per_log2


def test_a_diluted_tumour_scores_nearer_its_pure_self_once_corrected(mixed: Mixtures, gene_table: GeneTable) -> None:
    """On a signature of the genes that this stroma holds much of."""
    genes = chosen_genes(gene_table)[:PANEL]
    raw = mixed.z[genes].mean(axis=1).to_numpy()
    found = Drift.of(content.drift(raw, mixed, mixed.burden.to_numpy()))
    corrected = [
        found.correct(value, (one[0], one[1]))[0] for value, one in zip(raw, mixed.burden.to_numpy(), strict=True)
    ]
    for share in (0.5, LOW):
        rows = (mixed.what["content"] == share).to_numpy()
        before, after = (np.abs(content._from_pure(np.asarray(one), mixed)[rows]) for one in (raw, corrected))
        assert before.min() > 0
        assert after.mean() < before.mean() / 2
        assert (after < before).all()


def test_an_unmeasured_level_leaves_the_burden_unknown(world: tuple[Path, Reference], gene_table: GeneTable) -> None:
    bulk = pd.Series(0.0, index=chosen_genes(gene_table))
    assert not np.isnan(content.burden(bulk, world[1], tissues(gene_table))).any()
    assert np.isnan(content.burden(bulk.iloc[: OF_TUMOUR.stop], world[1], tissues(gene_table))).all()
