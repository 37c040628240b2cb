"""Where a value stands among others."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import percentileofscore

from pancreassign.percentiles import percentile


def test_percentile_by_hand_with_ties() -> None:
    reference = np.array([1.0, 2.0, 2.0, 2.0, 5.0])
    assert percentile(0.0, reference) == 0.0
    assert percentile(1.0, reference) == 10.0  # half of one in five
    assert percentile(2.0, reference) == 50.0  # one below and half of three
    assert percentile(4.9, reference) == 80.0
    assert percentile(9.0, reference) == 100.0


def test_percentile_against_scipy() -> None:
    reference = np.random.default_rng(0).integers(0, 20, 60).astype(float)
    for value in np.arange(-1, 21, 0.5):
        assert percentile(value, reference) == pytest.approx(percentileofscore(reference, value, kind="mean"), rel=1e-5)


def test_the_unknown_has_no_percentile() -> None:
    reference = np.array([1.0, 2.0])
    assert percentile(None, reference) is None
    assert percentile(math.nan, reference) is None
    assert percentile(1.0, np.array([])) is None


def test_a_tumour_of_the_reference_ties_with_its_own_frozen_value() -> None:
    frozen = np.array([0.123456, 1.0, 2.0])
    # kept with six digits, measured with more
    assert percentile(0.1234564, frozen) == percentile(0.123456, frozen) == pytest.approx(100 / 6, rel=1e-5)
    assert percentile(0.1234575, frozen) == pytest.approx(100 / 3, rel=1e-5)
