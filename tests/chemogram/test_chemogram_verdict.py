"""Each reason against a plate falls on a plate made for it, and on nothing else; ranges follow their rule."""

from __future__ import annotations

import numpy as np
import pytest
from chemogram_factory import doses, hill, plate

from pancreassign.chemogram.plates import Plate
from pancreassign.chemogram.ranges import DoseRange, common_ranges, parse_ranges
from pancreassign.chemogram.responses import measure
from pancreassign.chemogram.verdict import REASONS, suspect_units
from pancreassign.errors import ConfigError

GOOD = hill(doses(), e_inf=0.2)
NEARBY = DoseRange(0.001, 10.0)


def verdict(*plates: Plate, common: DoseRange | None = NEARBY) -> tuple[str, ...]:
    """Reasons against the first plate."""
    drug = {"gemcitabine": common} if common else {}
    results = measure(plates, drug)
    return next(one.reasons for one in results if one.plate is plates[0])


def changed(**rows: float) -> np.ndarray:
    """The good plate with the means of some rows (``d0`` the lowest dose) replaced."""
    means = GOOD.copy()
    for row, value in rows.items():
        means[int(row[1:])] = value
    return means


def columns(*shifts: float, spread: float = 0.0) -> np.ndarray:
    wells = GOOD[:, None] + np.array(shifts)
    return wells + spread * np.where(np.arange(8)[:, None] % 2, [1, 0, -1], [-1, 1, 0])


def test_a_good_plate_is_usable() -> None:
    assert verdict(plate(GOOD)) == ()


@pytest.mark.parametrize(
    ("viability", "reasons"),
    [
        (changed(d0=0.3), ("poor_fit", "edge_artefact")),
        (changed(d0=0.72), ("edge_artefact",)),
        (changed(d7=0.62), ("poor_fit", "edge_artefact")),
        (changed(d2=0.60), ("non_monotone",)),
        (GOOD * 0.75, ("control_off",)),
        (GOOD * 1.3, ("control_off",)),
        (columns(0.0, 0.0, 0.3), ("noisy_replicates", "edge_artefact")),
        (columns(-0.1, 0.2, -0.1), ("noisy_replicates",)),
        (columns(0.0, 0.0, 0.0, spread=0.2), ("noisy_replicates",)),
    ],
)
def test_a_fault_has_its_reason(viability: np.ndarray, reasons: tuple[str, ...]) -> None:
    found = verdict(plate(viability))
    assert set(reasons) <= set(found)
    assert set(found) <= set(reasons) | {"poor_fit"}


def test_just_inside_the_limits_a_plate_is_usable() -> None:
    assert verdict(plate(changed(d0=0.80))) == ()
    assert verdict(plate(GOOD * 0.85)) == ()
    assert verdict(plate(columns(0.1, 0.0, -0.1))) == ()


def test_a_steep_fall_from_the_lowest_dose_is_no_artefact() -> None:
    assert "edge_artefact" not in verdict(plate(hill(doses(), e_inf=0.1, slope=3, middle=0.0004)))


def test_short_ladders_are_named() -> None:
    assert "too_few_doses" in verdict(plate(GOOD[[0, 3, 7]], doses()[[0, 3, 7]]))
    assert verdict(plate(hill(doses(6)), doses(6))) == ("range_not_covered",)  # from 0.0032 only


def test_extrapolation_is_measured_and_never_silent() -> None:
    (short,) = measure([plate(hill(doses(6)), doses(6))], {"gemcitabine": NEARBY})
    assert short.quality.outside == pytest.approx(np.log10(0.0032 / 0.001) / 4)
    assert not short.usable
    (whole,) = measure([plate(GOOD)], {"gemcitabine": NEARBY})
    assert whole.quality.outside == 0.0


def test_reasons_stand_in_the_order_of_their_table() -> None:
    found = verdict(plate(changed(d0=0.1, d1=0.3, d2=0.9)))
    assert list(found) == [code for code in REASONS if code in found]
    assert len(found) > 1


def test_the_common_range_is_what_nine_tenths_of_the_plates_reach() -> None:
    long, short = doses(8), doses(4, top=1.0)
    plates = [plate(hill(long), long, name=str(one)) for one in range(9)] + [plate(hill(short), short, name="short")]
    assert common_ranges(plates, {})["gemcitabine"] == DoseRange(pytest.approx(long[0]), 10.0)
    cut = common_ranges(plates[1:], {})["gemcitabine"]  # one of nine is more than a tenth: it has to be covered
    assert cut == DoseRange(pytest.approx(short[0]), pytest.approx(1.0))


def test_plates_without_a_shared_range_have_no_area() -> None:
    low, high = doses(4, top=0.01), doses(4, top=100.0, fold=2.0)
    results = measure([plate(hill(low), low, name="low"), plate(hill(high), high, name="high")])
    assert [one.range for one in results] == [None, None]
    assert all(np.isnan(one.aac) and "range_not_covered" in one.reasons for one in results)


def test_a_stated_range_is_taken_and_changes_the_area() -> None:
    first, second = (measure([plate(GOOD)], stated)[0] for stated in ({}, {"gemcitabine": DoseRange(0.1, 10)}))
    assert second.range == DoseRange(0.1, 10)
    assert second.aac > first.aac + 0.2


def test_ranges_are_parsed() -> None:
    assert parse_ranges(["GEM=0.001:1", "5FU=0.1:250"]) == {
        "gemcitabine": DoseRange(0.001, 1),
        "5-FU": DoseRange(0.1, 250),
    }


@pytest.mark.parametrize(
    "text", ["GEM", "GEM=1", "GEM=1:0.1", "GEM=0:1", "=0.1:1", "GEM=a:b", "GEM=0.1:inf", "GEM=1:2:3"]
)
def test_a_range_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="is not one range"):
        parse_ranges([text])


def test_a_range_stated_twice_is_refused() -> None:
    with pytest.raises(ConfigError):
        parse_ranges(["GEM=0.1:1", "gemcitabine=0.1:2"])


def test_a_unit_a_thousandfold_off_is_suspected() -> None:
    good = [plate(GOOD * (1 - one / 100), name=str(one)) for one in range(3)]
    wrong = plate(GOOD, doses() / 1000, name="wrong", unit="nM")
    assert suspect_units([*good, wrong]) == {wrong.order}
    assert verdict(wrong, *good, common=None) == ("range_not_covered", "unit_suspect")
    assert verdict(good[0], wrong, *good[1:], common=None) == ()  # its doses do not cut the range of the others


def test_another_unit_on_the_usual_doses_is_not_suspected() -> None:
    good = [plate(GOOD * (1 - one / 100), name=str(one)) for one in range(3)]
    assert suspect_units([*good, plate(GOOD, name="nano", unit="nM")]) == set()
    low = plate(GOOD, doses() / 1000, name="low")  # the usual unit: a low ladder, not a slip
    assert suspect_units([*good, low]) == set()
    assert suspect_units([good[0], plate(GOOD, doses() / 1000, name="wrong", unit="nM")]) == set()  # no majority
