"""From models to tumours and from fresh to paraffin, on numbers that can be followed by hand."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from pancreassign.training.transfer import Libraries, own_world_cost, paraffin_noise

PAIRS = [("f1", "r1"), ("f2", "r2"), ("f3", "r3"), ("f4", "r4")]
FRESH = [0.0, 1.0, 2.0, 3.0]


def libraries(z: pd.DataFrame) -> Libraries:
    """Libraries of which only ``z`` matters; each has a burden of its own."""
    return Libraries(z, z * 10.0, pd.DataFrame({0: np.arange(len(z)), 1: 9.0}, index=z.index))


def noise_of(ffpe: list[float], pairs: list[tuple[str, str]] = PAIRS) -> dict[str, float]:
    names = [name for side in (0, 1) for name in [pair[side] for pair in PAIRS]]
    z = pd.DataFrame({"g": [*ffpe, *FRESH]}, index=names)
    return paraffin_noise(lambda one: one.z["g"].to_numpy(), libraries(z), pairs)


def test_noise_is_the_root_mean_square_with_the_shift_in_units_of_the_fresh_spread() -> None:
    spread = np.sqrt(5 / 3)  # of 0, 1, 2, 3
    shifted = noise_of([0.5, 1.5, 2.5, 3.5])
    half = pytest.approx(0.5 / spread)
    assert shifted == {"n": 4, "spearman": pytest.approx(1.0), "shift": half, "noise": half}
    scattered = noise_of([0.5, 0.5, 2.5, 2.5])
    assert (scattered["shift"], scattered["noise"]) == (pytest.approx(0.0), half)
    uneven = noise_of([2.0, 1.0, 2.0, 3.0])
    assert (uneven["shift"], uneven["noise"]) == (half, pytest.approx(1.0 / spread))


def test_noise_does_not_depend_on_the_scale_of_the_score() -> None:
    one = noise_of([0.5, 0.5, 2.5, 3.5])
    names = [name for side in (0, 1) for name in [pair[side] for pair in PAIRS]]
    z = pd.DataFrame({"g": [0.5, 0.5, 2.5, 3.5, *FRESH]}, index=names)
    assert paraffin_noise(lambda own: 7 * own.z["g"].to_numpy(), libraries(z), PAIRS) == pytest.approx(one)


def test_shift_is_ffpe_minus_fresh_and_pairs_keep_their_partner() -> None:
    assert noise_of([-1.0, 0.0, 1.0, 2.0])["shift"] < 0
    assert noise_of([3.0, 2.0, 1.0, 0.0])["spearman"] == pytest.approx(-1.0)
    # fresh 2 and 1 have a standard deviation of sqrt(1/2)
    chosen = noise_of([9.0, 1.0, 2.5, 3.0], [("f3", "r3"), ("f2", "r2")])
    assert chosen["noise"] == pytest.approx(np.sqrt(0.25 / 2) / np.sqrt(1 / 2))


def test_a_choice_of_libraries_keeps_each_sample_whole() -> None:
    some = libraries(pd.DataFrame({"g": [1.0, 2.0, 3.0]}, index=["a", "b", "c"])).of(["c", "a"])
    assert some.z["g"].to_dict() == {"c": 3.0, "a": 1.0}
    assert some.counts["g"].to_dict() == {"c": 30.0, "a": 10.0}
    assert some.burden[0].to_dict() == {"c": 2, "a": 0}
    assert list(some.z.index) == list(some.counts.index) == list(some.burden.index) == ["c", "a"]


def test_own_world_cost_by_hand() -> None:
    # one gene of 2 kb beside a filler, in libraries of a million: FPKM is half the count
    counts = pd.DataFrame({"g": [6.0, 30.0, 126.0], "filler": [999_994.0, 999_970.0, 999_874.0]})
    genes = SimpleNamespace(length=pd.Series({"g": 2000, "filler": 1000}))
    weights = pd.Series({"g": 2.0})
    models = pd.DataFrame({"g": [0.0, 2.0, 4.0]})  # log2 units: mean 2, sd 2
    z = pd.DataFrame({"g": [-1.0, 0.0, 1.0]})
    cost = own_world_cost(weights, models, np.array([-4.0, 0.0, 4.0]), z, counts, genes)
    # log2(FPKM + 1) is 2, 4, 6: by the models z is 0, 1, 2 and the score 0, 2, 4
    assert cost == {
        "rank_agreement": pytest.approx(1.0),
        "level_shift": pytest.approx(2.0),
        "spread_ratio": pytest.approx(0.5),
    }
    reverse = own_world_cost(weights, models, np.array([-4.0, 0.0, 4.0]), -z, counts, genes)
    assert reverse["rank_agreement"] == pytest.approx(-1.0)
