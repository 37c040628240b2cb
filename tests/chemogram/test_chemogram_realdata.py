"""The 165 plates of the COMPASS organoids: read, fitted, judged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pancreassign.chemogram.layouts import layout_of
from pancreassign.chemogram.plates import read_plates
from pancreassign.chemogram.responses import Result, measure, response_table

pytestmark = pytest.mark.realdata


@pytest.fixture(scope="module")
def results(realdata: Path) -> list[Result]:
    return measure(read_plates([realdata / "models/compass_plates"], layout_of))


def named(results: list[Result], start: str) -> Result:
    (found,) = [one for one in results if one.plate.name.startswith(start)]
    return found


def test_all_plates_are_read_under_seven_names(results: list[Result]) -> None:
    assert len(results) == 165
    assert len({one.plate.model for one in results}) == 22
    drugs = {one.plate.drug for one in results}
    assert drugs == {"5-FU", "oxaliplatin", "irinotecan", "gemcitabine", "paclitaxel", "AFB", "OLA"}


def test_the_plate_named_with_a_comma_is_irinotecan(results: list[Result]) -> None:
    odd = named(results, "IRI,__")
    assert (odd.plate.drug, odd.plate.model, odd.usable) == ("irinotecan", "PPTO.121", True)
    assert odd.aac == pytest.approx(named(results, "IRI__PPTO.121__p3").aac, abs=0.05)  # the passage before


def test_fits_follow_the_wells(results: list[Result]) -> None:
    usable = [one for one in results if one.usable]
    assert len(usable) > 165 / 2
    assert all(0 <= one.aac <= 1 for one in usable)
    assert np.median([abs(one.aac - one.aac_trapezoid) for one in usable]) < 0.01
    assert max(abs(one.aac - one.aac_trapezoid) for one in usable) < 0.1


def test_the_six_plates_in_nanomolar_are_suspected(results: list[Result]) -> None:
    suspects = [one for one in results if "unit_suspect" in one.reasons]
    assert sorted({one.plate.model for one in suspects}) == ["PPTO.120", "PPTO.98"]
    assert len(suspects) == 6 == sum(one.plate.unit == "nM" for one in results)


def test_the_control_taken_for_a_dose_is_taken_out(results: list[Result]) -> None:
    found = [one.plate for one in results if one.plate.control_row]
    assert len(found) == 27
    assert len(named(results, "GEM__PPTO.121__p4").plate.dose) == 7


def test_a_sensitive_and_a_resistant_model_by_eye(results: list[Result]) -> None:
    # PPTO.69 falls to 4 % under irinotecan, PPTO.141 keeps 98 % of its signal at the highest dose
    sensitive, resistant = named(results, "IRI__PPTO.69__p9"), named(results, "IRI__PPTO.141__p5")
    assert sensitive.aac > 0.2 > 0.1 > resistant.aac
    assert sensitive.ic50[0] == "="
    assert resistant.ic50 == (">", 10.0)


def test_responses_are_one_row_a_model_and_drug(results: list[Result]) -> None:
    table = response_table(results)
    assert not table.duplicated(["model", "drug"]).any()
    assert table["n_plates"].sum() + table["n_refused"].sum() == 165
    assert (table["value"].notna() == (table["n_plates"] > 0)).all()
