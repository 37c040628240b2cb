"""Rank correlations over resampled patients, random signatures, thinning."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr

from benchmarks.ffpe.random_signatures import GENES, Drawn, Scorer, draw, halves, thin
from benchmarks.ffpe.statistics import agreement, interval, resamples, spearman


def test_spearman_of_resampled_patients_is_that_of_the_rows_drawn() -> None:
    rng = np.random.default_rng(3)
    a, b = rng.standard_normal((2, 8, 4)).round(1)
    weights = resamples(8, seed=5, draws=20)
    found = spearman(a, b, weights)
    assert found.shape == (21, 4)
    for row, weight in zip(found, weights, strict=True):
        drawn = np.repeat(np.arange(8), weight.astype(int))
        expected = [spearmanr(a[drawn, s], b[drawn, s]).statistic for s in range(4)]
        assert row == pytest.approx(expected)


def test_agreement_by_hand() -> None:
    fresh = np.array([[0.0, 0.0], [1.0, -1.0], [2.0, -2.0], [3.0, -3.0], [4.0, -4.0]])
    found = agreement(fresh + np.array([0.5, -0.25]), fresh, seed=0)
    assert found.spearman[0] == pytest.approx(1.0)
    # a shift up and one down do not cancel: the mean of 0.5 and 0.25
    assert found.shift[0] == pytest.approx(0.375)
    assert found.error == pytest.approx(np.sqrt((0.25 + 0.0625) / 2))
    assert found.spread == pytest.approx(np.std(range(5), ddof=1))
    assert interval(found.shift) == pytest.approx((0.375, 0.375))


def test_a_patient_who_could_not_be_normalised_is_left_out_and_too_few_are_unknown() -> None:
    rng = np.random.default_rng(0)
    fresh = rng.standard_normal((6, 3))
    paraffin = fresh.copy()
    paraffin[0] = np.nan
    assert agreement(paraffin, fresh, seed=0).pairs == 5
    assert agreement(paraffin, fresh, seed=0).spearman[0] == pytest.approx(1.0)
    paraffin[1] = np.nan
    assert np.isnan(agreement(paraffin, fresh, seed=0).spearman).all()


def test_signatures_are_drawn_inside_the_set_and_alike_every_time() -> None:
    mask = np.arange(1000) % 2 == 0
    one, again = draw(mask, signatures=7), draw(mask, signatures=7)
    assert np.array_equal(one.genes, again.genes)
    assert np.array_equal(one.weights, again.weights)
    assert mask[one.genes].all()
    assert mask[one.partners].all()
    for genes, partners in zip(one.genes, one.partners, strict=True):
        assert len({*genes, *partners}) == 2 * GENES


def test_scores_are_weighted_sums_in_reference_standard_deviations() -> None:
    reference = np.array([[1.0, 2.0, 3.0], [5.0, 5.0, 8.0]])
    drawn = Drawn(np.array([[0, 1]]), np.array([[1, 0]]), np.array([[2.0, -1.0]]))
    linear = Scorer("plain", lambda counts: counts, reference)
    sample = np.array([[4.0], [6.0]])
    z = (sample[:, 0] - [2.0, 6.0]) / [1.0, np.sqrt(3.0)]
    own = (reference - [[2.0], [6.0]]) / [[1.0], [np.sqrt(3.0)]]
    spread = (np.array([2.0, -1.0]) @ own).std(ddof=1)
    assert linear.scores(linear.normalised(sample), drawn)[0, 0] == pytest.approx((2 * z[0] - z[1]) / spread)
    # pairs: gene 0 above gene 1 counts 2, gene 1 above gene 0 counts -1, a tie half of each
    pairs = Scorer("rank_pairs", lambda counts: counts, np.array([[1.0, 2.0, 3.0], [0.0, 5.0, 3.0]]))
    spread = np.std([2.0, -1.0, 0.5], ddof=1)
    found = pairs.scores(np.array([[4.0, 6.0], [6.0, 4.0], [5.0, 5.0]]), drawn)[:, 0]
    assert found == pytest.approx(np.array([-1.0, 2.0, 0.5]) / spread)


def test_thinning_takes_reads_and_never_adds_them() -> None:
    counts = np.full((1000, 2), [[100.0, 5.0]])
    thinned = thin(counts, 10_000, np.random.default_rng(0))
    assert (thinned <= counts).all()
    assert thinned[:, 0].sum() == pytest.approx(10_000, rel=0.05)
    assert np.array_equal(thinned[:, 1], counts[:, 1])  # it holds 5,000 reads only
    first, second = halves(counts, np.random.default_rng(0))
    assert np.array_equal(first + second, counts)
    assert first.sum() == pytest.approx(counts.sum() / 2, rel=0.02)
