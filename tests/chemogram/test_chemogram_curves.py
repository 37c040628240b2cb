"""Curves with known areas, slopes and IC50 come back; directions are pinned by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from chemogram_factory import doses, hill
from scipy.integrate import quad

from pancreassign.chemogram.curves import BEYOND, HILL, TOP, Curve, area_above, area_by_trapezoid, fit, ic50

LOG = np.log10(doses())


def fitted(viability: np.ndarray, log_dose: np.ndarray = LOG) -> Curve:
    wells = viability if viability.ndim == 2 else np.repeat(viability[:, None], 3, axis=1)
    curve = fit(log_dose, wells)
    assert curve is not None
    return curve


@pytest.mark.parametrize(
    ("top", "e_inf", "slope", "middle"),
    [(1.0, 0.0, 1.0, 0.1), (0.95, 0.3, 2.0, 0.02), (1.1, 0.1, 0.7, 0.5), (1.0, 0.6, 4.0, 1.0)],
)
def test_a_known_curve_is_recovered(top: float, e_inf: float, slope: float, middle: float) -> None:
    curve = fitted(hill(10**LOG, top, e_inf, slope, middle))
    assert curve.parameters == 4
    assert (curve.top, curve.e_inf, curve.hill) == pytest.approx((top, e_inf, slope), abs=1e-4)
    assert 10**curve.log_ec50 == pytest.approx(middle, rel=1e-3)


def test_area_of_a_symmetric_curve_is_one_half() -> None:
    # hill 1, from 1 to 0, inflection in the middle of the range: what lies above equals what lies below
    assert area_above(Curve(1.0, 0.0, 1.0, -1.0), -3.0, 1.0) == pytest.approx(0.5, abs=1e-12)


def test_area_of_a_step_is_the_share_of_the_range_past_it() -> None:
    # a fall to 0.2 after a quarter of four decades: 0.75 * 0.8
    assert area_above(Curve(1.0, 0.2, 500.0, -2.0), -3.0, 1.0) == pytest.approx(0.6, abs=1e-3)


@pytest.mark.parametrize("top", [0.85, 1.0, 1.15])
def test_closed_form_agrees_with_quadrature_and_counts_growth_as_none(top: float) -> None:
    curve = Curve(top, 0.25, 1.4, -0.7)
    wanted = quad(lambda x: 1 - min(float(hill(10.0**x, top, 0.25, 1.4, 10**-0.7)), 1.0), -3, 1, limit=500)[0] / 4
    assert area_above(curve, -3.0, 1.0) == pytest.approx(wanted, abs=1e-6)


def test_a_more_sensitive_curve_has_the_higher_area() -> None:
    areas = [area_above(fitted(hill(10**LOG, middle=middle)), LOG[0], LOG[-1]) for middle in (5.0, 0.5, 0.05)]
    deeper = [area_above(fitted(hill(10**LOG, e_inf=e_inf)), LOG[0], LOG[-1]) for e_inf in (0.8, 0.4, 0.0)]
    assert areas == sorted(areas)
    assert deeper == sorted(deeper)
    assert min(np.diff(areas).min(), np.diff(deeper).min()) > 0.1


def test_a_flat_plate_has_no_area_and_no_ic50() -> None:
    curve = fitted(np.ones(8))
    assert area_above(curve, LOG[0], LOG[-1]) == pytest.approx(0.0, abs=1e-6)
    assert area_by_trapezoid(LOG, np.ones(8), LOG[0], LOG[-1]) == 0.0
    assert ic50(curve, 10 ** LOG[0], 10 ** LOG[-1]) == (">", pytest.approx(10.0))


def test_growth_past_the_control_has_area_0_and_not_less() -> None:
    assert area_above(fitted(np.full(8, 1.15)), LOG[0], LOG[-1]) == 0.0
    assert area_by_trapezoid(LOG, np.full(8, 1.15), LOG[0], LOG[-1]) == 0.0


def test_full_kill_at_every_dose_is_close_to_1() -> None:
    curve = fitted(np.full(8, 0.01))
    assert area_above(curve, LOG[0], LOG[-1]) > 0.95
    assert ic50(curve, 10 ** LOG[0], 10 ** LOG[-1]) == ("<", pytest.approx(10 / 5**7))


def test_ic50_is_half_of_the_control_not_the_inflection() -> None:
    # e_inf 0.25, hill 1: 0.5 = 0.25 + 0.75 / (1 + d / 0.1), so d = 0.1 * (0.75 / 0.25 - 1) = 0.2
    relation, dose = ic50(Curve(1.0, 0.25, 1.0, -1.0), 0.001, 10.0)
    assert (relation, dose) == ("=", pytest.approx(0.2))


@pytest.mark.parametrize(("lowest", "highest", "wanted"), [(0.001, 0.1, (">", 0.1)), (0.3, 10.0, ("<", 0.3))])
def test_nothing_is_read_off_beyond_the_doses(lowest: float, highest: float, wanted: tuple[str, float]) -> None:
    assert ic50(Curve(1.0, 0.25, 1.0, -1.0), lowest, highest) == wanted  # its IC50 is 0.2


def test_a_plateau_above_half_is_censored() -> None:
    assert ic50(Curve(1.0, 0.5, 5.0, -3.0), 1e-4, 10.0) == (">", 10.0)


def test_trapezoid_by_hand() -> None:
    # 1 at 0.1, 0.5 at 1, 0 at 10: (0 + 0.5) / 2 and (0.5 + 1) / 2 over two decades
    log_dose, means = np.array([-1.0, 0.0, 1.0]), np.array([1.0, 0.5, 0.0])
    assert area_by_trapezoid(log_dose, means, -1.0, 1.0) == pytest.approx((0.25 + 0.75) / 2)
    # from half way in the first decade: (0.25 + 0.5) / 2 * 0.5 + 0.75 over 1.5
    assert area_by_trapezoid(log_dose, means, -0.5, 1.0) == pytest.approx((0.1875 + 0.75) / 1.5)


def test_trapezoid_and_curve_agree_where_the_ladder_is_fine() -> None:
    log_dose = np.linspace(-4, 1, 60)
    means = hill(10**log_dose, 1.0, 0.2, 1.3, 0.05)
    assert area_by_trapezoid(log_dose, means, -3.5, 0.5) == pytest.approx(
        area_above(fitted(means, log_dose), -3.5, 0.5), abs=1e-3
    )


@pytest.mark.parametrize(("number", "parameters"), [(7, 4), (6, 4), (5, 3), (4, 2)])
def test_fewer_doses_have_fewer_parameters(number: int, parameters: int) -> None:
    log_dose = np.linspace(-2, 1, number)
    curve = fitted(hill(10**log_dose, slope=1.5, middle=0.3), log_dose)
    assert curve.parameters == parameters
    assert curve.top == 1.0 or parameters == 4
    assert curve.e_inf == 0.0 or parameters > 2
    assert 10**curve.log_ec50 == pytest.approx(0.3, rel=0.01)


def test_three_doses_have_no_curve() -> None:
    assert fit(np.array([-1.0, 0.0, 1.0]), np.ones((3, 3))) is None


def test_replicate_order_changes_nothing_and_a_blank_well_little() -> None:
    rng = np.random.default_rng(0)
    wells = hill(10**LOG, 1.0, 0.2)[:, None] + rng.normal(0, 0.05, (8, 3))
    first, turned = fitted(wells), fitted(wells[:, [2, 0, 1]])
    assert area_above(turned, -3, 1) == pytest.approx(area_above(first, -3, 1), abs=1e-7)
    wells[3, 1] = np.nan
    assert area_above(fitted(wells), -3, 1) == pytest.approx(area_above(first, -3, 1), abs=0.02)


def test_noise_moves_the_area_little_and_leaves_no_bias() -> None:
    rng = np.random.default_rng(1)
    truth = hill(10**LOG, 1.0, 0.2)
    wanted = area_above(Curve(1.0, 0.2, 1.0, -1.0), LOG[0], LOG[-1])
    areas = [area_above(fitted(truth[:, None] + rng.normal(0, 0.05, (8, 3))), LOG[0], LOG[-1]) for _ in range(30)]
    # a mean of 24 wells of SD 0.05 has an SD of about 0.01; thirty of them, 0.002
    assert np.mean(areas) == pytest.approx(wanted, abs=0.006)
    assert np.std(areas) < 0.025


def test_the_fit_stays_in_its_bounds_and_never_rises() -> None:
    rng = np.random.default_rng(2)
    for _ in range(20):
        curve = fitted(rng.uniform(0, 2, (8, 3)))
        assert TOP[0] <= curve.top <= TOP[1]
        assert 0 <= curve.e_inf <= curve.top
        assert HILL[0] - 1e-9 <= curve.hill <= HILL[1] + 1e-9
        assert LOG[0] - BEYOND <= curve.log_ec50 <= LOG[-1] + BEYOND
        assert (np.diff(curve.viability(LOG)) <= 1e-12).all()
        assert math.isfinite(area_above(curve, LOG[0], LOG[-1]))
