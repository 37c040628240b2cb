"""Reading plates: small dirt is taken, what changes the meaning is refused with file, line and mend."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from chemogram_factory import CONTROL, doses, hill, rows_of, write

from pancreassign.chemogram.layouts import layout_of
from pancreassign.chemogram.names import drug_name, passage_order, unit_name
from pancreassign.chemogram.plates import Plate, read_plates
from pancreassign.errors import Faults, PancreassignError, PlateError

VIABILITY = hill(doses(), e_inf=0.1) * 0.98
ROWS = rows_of(VIABILITY)


def read(*paths: Path) -> list[Plate]:
    return read_plates(paths, layout_of)


def refused(*paths: Path) -> str:
    with pytest.raises(PancreassignError) as caught:
        read(*paths)
    return str(caught.value)


def test_a_plate_is_read_lowest_dose_first(tmp_path: Path) -> None:
    (plate,) = read(write(tmp_path / "GEM__M1.txt", ROWS))
    about = (plate.name, plate.model, plate.drug, plate.passage, plate.date, plate.unit)
    assert about == ("GEM__M1", "M1", "gemcitabine", "p5", "20200101", "uM")
    assert plate.dose == pytest.approx(doses())  # 10 / 5**7 to 10
    assert plate.dose[-1] == 10
    assert plate.means == pytest.approx(VIABILITY)
    assert plate.viability.shape == (8, 3)
    assert not plate.control_row


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("5FU", "5-FU"),
        ("5-Fluorouracil", "5-FU"),
        ("IRI,", "irinotecan"),
        (" cpt11 ", "irinotecan"),
        ("SN-38", "SN-38"),
        ("OXA", "oxaliplatin"),
        ("TAX", "paclitaxel"),
        ("nab-paclitaxel", "nab-paclitaxel"),
        ("GEM", "gemcitabine"),
        ("Olaparib;", "olaparib"),
        ("ola", "OLA"),
        (",", ""),
    ],
)
def test_drugs_have_one_name(text: str, name: str) -> None:
    assert drug_name(text) == name


@pytest.mark.parametrize(
    ("unit", "factor"), [("uM", 1), ("µM", 1), ("umol/L", 1), ("NM", 1e-3), ("mM", 1e3), ("pM", 1e-6)]
)
def test_units_become_micromolar(tmp_path: Path, unit: str, factor: float) -> None:
    (plate,) = read(write(tmp_path / "a.txt", ROWS, unit=unit))
    assert plate.dose == pytest.approx(doses() * factor)
    assert plate.unit == unit_name(unit)


def test_small_dirt_is_taken(tmp_path: Path) -> None:
    rows = [row.replace("\t", " \t ") for row in ROWS]
    rows[2] = rows[2].rsplit("\t", 1)[0] + "\t"  # one blank well
    path = write(tmp_path / "a.txt", [*rows, "", "   "], drug="IRI,", unit=" uM ")
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    (plate,) = read(path)
    assert plate.drug == "irinotecan"
    assert np.isnan(plate.viability).sum() == 1
    assert plate.means == pytest.approx(VIABILITY)


def test_a_row_of_blank_cells_keeps_its_place_on_the_ladder(tmp_path: Path) -> None:
    (plate,) = read(write(tmp_path / "a.txt", [ROWS[0], "\t\t", *ROWS[2:]]))
    assert plate.dose == pytest.approx(np.delete(doses(), 6))  # the second highest is gone, no other moved
    assert plate.means == pytest.approx(np.delete(VIABILITY, 6))


def test_a_control_exported_as_the_lowest_dose_is_no_dose(tmp_path: Path) -> None:
    control = "\t".join(str(CONTROL * part) for part in (0.9, 1.0, 1.1))
    (plate,) = read(write(tmp_path / "a.txt", [*ROWS[:-1], control]))
    assert plate.control_row
    assert plate.dose == pytest.approx(doses()[1:])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"without": ["untreated_control"]}, "has no line #untreated_control"),
        ({"without": ["drug"]}, "has no line #drug"),
        ({"untreated_control": "0"}, "line 6: untreated_control is '0'"),
        ({"untreated_control": "1.548.906,7"}, "untreated_control is '1.548.906,7'"),
        ({"unit": "ug/ml"}, "line 5: the unit is 'ug/ml'. Write uM, nM, pM or mM"),
        ({"fold": "1"}, "line 8: fold is '1'. Write a number greater than 1"),
        ({"start_dose": "-10"}, "line 7: start_dose is '-10'"),
        ({"start_dose": "inf"}, "start_dose is 'inf'"),
        ({"sampleID": ""}, "line 2: names no model"),
        ({"drug": ","}, "line 3: names no drug"),
    ],
)
def test_a_bad_header_is_refused(tmp_path: Path, change: dict, said: str) -> None:
    message = refused(write(tmp_path / "bad.txt", ROWS, **change))
    assert said in message
    assert "bad.txt" in message


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([*ROWS[:3], "1\tn/a\t2"], "line 12: the signal in column 2 is 'n/a'"),
        ([*ROWS[:3], "1\t-5\t2"], "the signal in column 2 is '-5'"),
        ([*ROWS[:3], "1\tnan\t2"], "the signal in column 2 is 'nan'"),
        ([], "has no row of signals"),
        (["\t\t", *ROWS], "line 9: blank cells stand before the first row"),
        ([ROWS[0], "\t\t"], "has 1 dose(s)"),
    ],
)
def test_bad_rows_are_refused(tmp_path: Path, rows: list[str], said: str) -> None:
    assert said in refused(write(tmp_path / "a.txt", rows))


def test_a_header_that_contradicts_itself_is_refused(tmp_path: Path) -> None:
    assert "#fold stands twice" in refused(write(tmp_path / "a.txt", ["#fold:3", *ROWS]))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b" \n\n", "is empty"),
        (b"\xff\xfe\x00\x01", "is not UTF-8"),
        (b"a,b\n1,2\n", "starts neither"),
    ],
)
def test_a_file_that_is_no_plate_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "a.txt").write_bytes(content)
    assert said in refused(tmp_path / "a.txt")


def test_a_missing_file_and_an_empty_folder_are_refused(tmp_path: Path) -> None:
    assert "cannot be read" in refused(tmp_path / "none.txt")
    assert "hold no plate" in refused(tmp_path)


def test_all_faults_of_all_files_come_at_once(tmp_path: Path) -> None:
    first = write(tmp_path / "one.txt", ROWS, unit="mg", fold="0")
    second = write(tmp_path / "two.txt", ["x\ty\tz"])
    good = write(tmp_path / "good.txt", ROWS)
    with pytest.raises(Faults) as caught:
        read(first, good, second)
    assert len(caught.value.faults) == 5
    assert all(isinstance(fault, PlateError) for fault in caught.value.faults)
    assert str(caught.value).count("one.txt") == 2


def test_the_same_plate_twice_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt", ROWS)
    other = write(tmp_path / "copy.txt", ROWS, phase="p6")  # the same wells under another passage
    assert "again as" in refused(path, path)
    assert "copy.txt" in refused(path, other)
    repeat = write(tmp_path / "repeat.txt", rows_of(VIABILITY * 0.97))  # a true repeat of the same passage
    assert len(read(path, repeat)) == 2


def test_a_folder_and_any_order_of_files_give_the_same_plates(tmp_path: Path) -> None:
    paths = [
        write(tmp_path / "a.txt", ROWS, phase="p10"),
        write(tmp_path / "b.txt", rows_of(VIABILITY * 0.9), phase="p9"),
        write(tmp_path / "c.txt", ROWS, drug="5FU"),
    ]
    (tmp_path / ".hidden").write_text("not a plate")
    names = [plate.name for plate in read(tmp_path)]
    assert names == ["c", "b", "a"]  # 5-FU first, then passage 9 before 10
    assert names == [plate.name for plate in read(*paths[::-1])]
    assert passage_order("p9") < passage_order("p10")


TABLE = ["model\tdrug\tpassage\tdose_uM\treplicate\tsignal"]
TABLE += [f"M1\tgemcitabine\tp5\t0\t{well}\t{CONTROL * part}" for well, part in ((1, 0.9), (2, 1.1))]
TABLE += [
    f"M1\tgemcitabine\tp5\t{dose!r}\t{well}\t{value * CONTROL!r}"
    for dose, value in zip(doses().tolist(), VIABILITY.tolist(), strict=True)
    for well in (1, 2, 3)
]


def table(path: Path, lines: list[str]) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_a_tidy_table_gives_the_plate_that_the_ladder_gives(tmp_path: Path) -> None:
    (tidy,) = read(table(tmp_path / "wells.tsv", [TABLE[0], *TABLE[:0:-1]]))  # rows in any order
    (ladder,) = read(write(tmp_path / "a.txt", ROWS))
    assert (tidy.model, tidy.drug, tidy.passage, tidy.control) == ("M1", "gemcitabine", "p5", CONTROL)
    assert tidy.dose == pytest.approx(ladder.dose)
    assert tidy.viability == pytest.approx(ladder.viability)


def test_a_tidy_table_holds_many_plates_and_blank_wells(tmp_path: Path) -> None:
    more = [line.replace("gemcitabine", "OXA").replace("p5", "p6") for line in TABLE[1:]]
    more[-1] = more[-1].rsplit("\t", 1)[0] + "\t"
    first, second = read(table(tmp_path / "wells.tsv", [*TABLE, *more]))
    assert (first.drug, second.drug) == ("oxaliplatin", "gemcitabine")
    assert np.isnan(first.viability).sum() == 1


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([TABLE[0].replace("signal", "value"), *TABLE[1:]], "line 1: lacks the columns signal"),
        ([TABLE[0], *TABLE[3:]], "has no untreated control"),
        ([TABLE[0], *TABLE[1:3]], "has no dose above 0"),
        ([TABLE[0], "M1\tGEM\tp5\t0\t1\t0", *TABLE[3:]], "has an untreated control of 0"),
        ([*TABLE, TABLE[-1]], "line 28: gives dose 10, replicate 3 of M1 gemcitabine p5 again"),
        ([*TABLE, "M1\tGEM\tp5\tten\t1\t5"], "line 28: dose_uM is 'ten'"),
        ([*TABLE, "M1\tGEM\tp5\t7\t1\thigh"], "line 28: signal is 'high'"),
        ([*TABLE, "\tGEM\tp5\t7\t1\t5"], "names no model or no drug"),
        ([TABLE[0]], "has no row with a signal"),
    ],
)
def test_a_bad_table_is_refused(tmp_path: Path, lines: list[str], said: str) -> None:
    assert said in refused(table(tmp_path / "wells.tsv", lines))
