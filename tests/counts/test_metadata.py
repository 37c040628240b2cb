"""The table of samples: what is read, what stays unknown, what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError

from pancreassign.counts.metadata import COLUMNS, describe, read_metadata, unmatched
from pancreassign.errors import Faults, SampleError
from pancreassign.records import Order, SampleInfo, Specimen

Put = Callable[..., Path]
HEAD = "sample\tpatient\tsite\tpreservation\n"


def test_a_full_row_is_read(put: Put) -> None:
    known, notes = read_metadata(put("samples.tsv", HEAD + "S1\tP1\tliver metastasis\tffpe\n"))
    info = known["S1"]
    assert (info.id, info.patient, info.site, info.specimen.preservation) == ("S1", "P1", "liver metastasis", "ffpe")
    assert info.simulated is False
    assert notes == []


def test_columns_in_any_order_and_empty_cells_are_unknown(put: Put) -> None:
    known, _ = read_metadata(put("samples.tsv", "preservation\tsample\tpatient\n\tS1\t  \nfrozen\t S2 \tP2\n"))
    assert list(known) == ["S1", "S2"]
    assert (known["S1"].patient, known["S1"].site) == (None, None)
    assert known["S1"].specimen.preservation == "unknown"
    assert (known["S2"].patient, known["S2"].specimen.preservation) == ("P2", "frozen")


def test_only_the_sample_column_is_needed_and_short_rows_are_unknown(put: Put) -> None:
    known, _ = read_metadata(put("samples.tsv", HEAD + "S1\n"))
    assert known == {"S1": SampleInfo(id="S1")}


@pytest.mark.parametrize(("word", "kept"), [("FFPE", "ffpe"), ("Frozen", "frozen"), ("unknown", "unknown")])
def test_preservation_in_any_case(put: Put, word: str, kept: str) -> None:
    known, _ = read_metadata(put("samples.tsv", f"sample\tpreservation\nS1\t{word}\n"))
    assert known["S1"].specimen.preservation == kept


@pytest.mark.parametrize(
    ("word", "kept"),
    [
        ("full-length", "full-length"),
        ("Full Length", "full-length"),
        ("full_length", "full-length"),
        ("3-prime", "3-prime"),
        ("3PRIME", "3-prime"),
        ("3'", "3-prime"),
        ("3\u2032", "3-prime"),
        ("3\u2019", "3-prime"),
        ("Capture", "capture"),
        ("unknown", "unknown"),
        ("", "unknown"),
    ],
)
def test_protocol_in_its_spellings(put: Put, word: str, kept: str) -> None:
    known, notes = read_metadata(put("samples.tsv", f"sample\tprotocol\tpatient\nS1\t{word}\tP1\n"))
    assert known["S1"].specimen == Specimen(protocol=kept)
    assert notes == []


@pytest.mark.parametrize(
    ("word", "kept"),
    [("female", "female"), ("F", "female"), ("Male", "male"), ("m", "male"), ("unknown", None), ("", None)],
)
def test_sex_in_its_spellings(put: Put, word: str, kept: str | None) -> None:
    known, notes = read_metadata(put("samples.tsv", f"sample\tsex\tpatient\nS1\t{word}\tP1\n"))
    assert known["S1"].sex == kept
    assert notes == []


def test_what_is_said_of_the_sex_reaches_no_log(put: Put) -> None:
    known, _ = read_metadata(put("samples.tsv", "sample\tsex\nS1\tfemale\n"))
    assert "female" not in repr(known["S1"]) + str(known["S1"])
    with pytest.raises(SampleError) as caught:
        read_metadata(put("samples.tsv", "sample\tsex\nS1\tfemme\n"))
    assert "femme" not in str(caught.value)


def test_a_record_of_before_these_columns_still_loads() -> None:
    old = SampleInfo.model_validate({"id": "S1", "patient": None, "specimen": {"preservation": "ffpe"}})
    assert (old.sex, old.specimen.protocol) == (None, "unknown")
    assert (old.second_id, old.order, old.specimen.collected) == (None, Order(), None)


def test_a_record_with_days_that_contradict_each_other_is_refused() -> None:
    with pytest.raises(ValidationError, match="reported is before received"):
        SampleInfo.model_validate({"id": "S1", "order": {"received": "2026-01-02", "reported": "2026-01-01"}})


def test_a_byte_order_mark_and_windows_lines_do_no_harm(put: Put) -> None:
    known, _ = read_metadata(put("samples.tsv", b"\xef\xbb\xbfsample\tpatient\r\nS1\tP1\r\n"))
    assert known["S1"].patient == "P1"


def test_unused_columns_are_told(put: Put) -> None:
    _, notes = read_metadata(put("samples.tsv", "sample\tbatch\tpatient\tage\nS1\t3\tP1\t60\n"))
    assert len(notes) == 1
    assert notes[0].endswith("columns not used: batch, age")


def test_an_unused_column_is_told_with_the_nearest_that_would_be_used(put: Put) -> None:
    _, notes = read_metadata(put("samples.tsv", "sample\tpateint\tTumor_cells\tbatch\nS1\tP1\t40\t3\n"))
    assert notes[0].endswith(
        "columns not used: pateint (did you mean patient?), Tumor_cells (did you mean tumour_cells_percent?), batch"
    )


def test_a_monstrous_column_is_told_briefly(put: Put) -> None:
    _, notes = read_metadata(put("samples.tsv", f"sample\t{'x' * 10_000}\tab\u202edc\nS1\t1\t2\n"))
    assert len(notes[0].rsplit("columns not used: ")[1]) < 100
    assert "\u202e" not in notes[0]


FULL = {
    "sample": "S1",
    "patient": "DUPONT",
    "second_id": "1950-03-01",
    "sex": "f",
    "site": "pancreas",
    "preservation": "ffpe",
    "protocol": "capture",
    "specimen_type": "EUS-FNB",
    "collected": "2026-01-02",
    "tumour_cells_percent": "40",
    "rna_ng": "12.5",
    "ordered": "2026-01-05",
    "received": "2026-01-06",
    "reported": "2026-01-09",
    "requester": "Dr Morel",
}


def one_row(put: Put, **cells: str) -> Path:
    row = FULL | cells
    return put("samples.tsv", [row.keys(), row.values()])


def test_identity_specimen_and_order_are_read(put: Put) -> None:
    assert set(FULL) == set(COLUMNS)
    known, notes = read_metadata(one_row(put))
    info = known["S1"]
    assert (info.patient, info.second_id, info.sex) == ("DUPONT", "1950-03-01", "female")
    assert info.specimen == Specimen(
        preservation="ffpe",
        protocol="capture",
        specimen_type="EUS-FNB",
        collected="2026-01-02",
        tumour_cells_percent=40.0,
        rna_ng=12.5,
    )
    assert info.order == Order(ordered="2026-01-05", received="2026-01-06", reported="2026-01-09", requester="Dr Morel")
    assert notes == []
    assert SampleInfo.model_validate_json(info.model_dump_json()) == info


def test_every_new_column_may_be_empty(put: Put) -> None:
    known, _ = read_metadata(one_row(put, **dict.fromkeys(set(FULL) - {"sample"}, "")))
    assert known["S1"] == SampleInfo(id="S1")


@pytest.mark.parametrize(
    ("column", "cell", "message"),
    [
        ("collected", "02/01/2026", "not a day of the calendar, written YYYY-MM-DD"),
        ("collected", "2026-02-30", "not a day of the calendar"),
        ("collected", "20260102", "not a day of the calendar"),
        ("collected", "2026-01-02T10:00", "not a day of the calendar"),
        ("received", "1767225600", "not a day of the calendar"),
        ("reported", "0026-01-09", "not a day of the calendar"),
        ("tumour_cells_percent", "101", "less than or equal to 100"),
        ("tumour_cells_percent", "-1", "greater than or equal to 0"),
        ("tumour_cells_percent", "40 %", "valid number.*0 to 100, such as 40"),
        ("rna_ng", "0", "greater than 0"),
        ("rna_ng", "12,5", r"valid number.*12\.5"),
        ("rna_ng", "inf", "finite"),
        ("rna_ng", "nan", "finite"),
    ],
)
def test_what_cannot_be_is_named_by_line_and_column(put: Put, column: str, cell: str, message: str) -> None:
    path = one_row(put, **{column: cell})
    with pytest.raises(SampleError, match=message) as caught:
        read_metadata(path)
    assert caught.value.where == f"{path}, line 2, column {column}"


@pytest.mark.parametrize(
    ("cells", "problem"),
    [
        ({"received": "2026-01-01"}, "received is before collected"),
        ({"reported": "2026-01-05"}, "reported is before received"),
        ({"reported": "2026-01-01", "received": ""}, "reported is before collected"),
        ({"ordered": "2026-01-10"}, "reported is before ordered"),
    ],
)
def test_days_that_contradict_each_other_are_named(put: Put, cells: dict[str, str], problem: str) -> None:
    path = one_row(put, **cells)
    with pytest.raises(SampleError) as caught:
        read_metadata(path)
    assert (caught.value.where, caught.value.problem) == (f"{path}, line 2", problem)


def test_all_on_one_day_and_an_order_after_collection_are_possible(put: Put) -> None:
    day = dict.fromkeys(("collected", "ordered", "received", "reported"), "2026-01-02")
    assert read_metadata(one_row(put, **day))[0]["S1"].order.reported == "2026-01-02"


@pytest.mark.parametrize(("column", "second"), [("second_id", "1961-07-30"), ("sex", "male")])
def test_one_patient_is_one_person(put: Put, column: str, second: str) -> None:
    rows = [FULL, FULL | {"sample": "S2", column: ""}, FULL | {"sample": "S3", column: second}]
    path = put("samples.tsv", [FULL.keys(), *(row.values() for row in rows)])
    with pytest.raises(SampleError, match="differs from that of sample S1, which names the same patient") as caught:
        read_metadata(path)
    assert caught.value.where == f"{path}, line 4, column {column}"
    for personal in ("DUPONT", "1950-03-01", second):
        assert personal not in str(caught.value)
    other = [FULL, FULL | {"sample": "S3", "patient": "MARTIN", column: second}]
    assert len(read_metadata(put("samples.tsv", [FULL.keys(), *(row.values() for row in other)]))[0]) == 2


def test_what_names_a_person_is_in_no_printed_form(put: Put) -> None:
    info = read_metadata(one_row(put))[0]["S1"]
    for personal in ("DUPONT", "1950-03-01", "female", "Morel"):
        assert personal not in repr(info) + str(info) + f"{info.order}"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-", "@a"])
def test_a_patient_that_a_spreadsheet_would_run_is_refused(put: Put, text: str) -> None:
    """Samples and patients stand in summary.tsv; a lone hyphen would also make lesions of strangers."""
    with pytest.raises(SampleError, match=r"the patient's id starts with .*leave the cell empty"):
        read_metadata(one_row(put, patient=text))
    assert read_metadata(one_row(put, site=text))[0]["S1"].site == text


@pytest.mark.parametrize("column", ["patient", "second_id", "requester"])
def test_a_fault_in_a_personal_cell_does_not_repeat_it(put: Put, column: str) -> None:
    with pytest.raises(SampleError, match=rf"U\+0007 in the column {column}") as caught:
        read_metadata(one_row(put, **{column: "DUR\x07AND"}))
    assert "DUR" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    ["<b>&amp;#x0;</b>", "#set text(red) $x$ @ref [a]", "\u202egnirts\u202c", "\u05d0\u05d1", "x" * 10_000],
)
def test_any_other_text_is_kept_as_it_stands(put: Put, text: str) -> None:
    columns = ("patient", "second_id", "site", "specimen_type", "requester")
    info = read_metadata(one_row(put, **dict.fromkeys(columns, text)))[0]["S1"]
    assert (info.patient, info.second_id, info.site) == (text, text, text)
    assert (info.specimen.specimen_type, info.order.requester) == (text, text)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty"),
        (HEAD, "has no rows under a column `sample`"),
        ("sample,patient\nS1,P1\n", r"its columns are 'sample,patient' \(separated by tabs\?\)"),
        ("Sample\tpatient\nS1\tP1\n", "no column `sample`; its columns are 'Sample', 'patient'"),
        (b"sample\tpatient\nS1\tM\xfcller\n", r"not UTF-8 text \(line 2; Latin-1\?\)"),
        (HEAD.encode("utf-16"), "is UTF-16 text"),
        (b"PK\x03\x04xl", "is a workbook"),
        ("sample\tpatient\tpatient\nS1\tP1\tP2\n", "has the column 'patient' twice"),
        ("sample\tpatient\nS1\tP1\tliver\n", "line 2: has 3 cells under 2 columns"),
        ("sample\tpatient\nS1\tP\x001\n", r"line 2: holds the control character U\+0000"),
        ("sample\tpatient\nS1\tP\x1b[31m\n", r"line 2: holds the control character U\+001B"),
        ("sample\tpatient\nS1\tP\u20281\n", r"line 2: holds the control character U\+2028"),
        ("sample\tpat\x07ient\nS1\tP1\n", r"line 1: holds the control character U\+0007"),
        (HEAD + "\tP1\t\t\n", "line 2: names no sample"),
        (HEAD + "S1\t\t\t\nS2\t\t\t\nS1\tP9\t\t\n", "line 4: names S1 a second time"),
        (HEAD + "S1\t\t\tformalin\n", "line 2: preservation is 'formalin'.*: ffpe, frozen, unknown"),
        ("sample\tprotocol\nS1\t5'\n", 'line 2: protocol is "5\'".*: full-length, 3-prime, capture, unknown'),
        ("sample\tprotocol\nS1\t-\n", "line 2: protocol is '-'"),
        ("sample\tsex\nS1\tx\n", "line 2: sex is not a word that is known.*: female, male, unknown"),
    ],
)
def test_faults_are_named(put: Put, content: str | bytes, message: str) -> None:
    with pytest.raises(SampleError, match=message):
        read_metadata(put("samples.tsv", content))


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(SampleError, match=r"none\.tsv: no such file"):
        read_metadata(tmp_path / "none.tsv")


def test_all_faults_are_told_at_once(put: Put) -> None:
    with pytest.raises(Faults) as caught:
        head = f"{HEAD.rstrip()}\tprotocol\n"
        read_metadata(put("samples.tsv", head + "S1\t\t\tdry\tpoly-A\n\t\t\t\nS2\t\t\t\nS2\t\t\t\n"))
    assert [str(fault).split(": ")[0].rsplit(", ")[-1] for fault in caught.value.faults] == [
        "line 2",
        "line 2",
        "line 3",
        "line 5",
    ]


def test_describe_gives_the_row_or_nothing_known(put: Put) -> None:
    known, _ = read_metadata(put("samples.tsv", HEAD + "S1\tP1\tpancreas\tfrozen\n"))
    assert describe("S1", known) == known["S1"]
    other = describe("S2", known)
    assert other == SampleInfo(id="S2")
    assert (other.patient, other.specimen.preservation, other.simulated) == (None, "unknown", False)


@pytest.mark.parametrize(
    ("name", "simulated"), [("SIMULATED_01", True), ("NOT_SIMULATED_01", False), ("simulated_01", False)]
)
def test_a_simulated_sample_is_known_by_its_name_alone(put: Put, name: str, simulated: bool) -> None:
    known, _ = read_metadata(put("samples.tsv", f"sample\tpatient\n{name}\tP1\n"))
    assert describe(name, known).simulated is simulated
    assert describe(name, known).patient == "P1"
    assert describe(name, {}).simulated is simulated


def test_unmatched_rows_in_order() -> None:
    assert unmatched(["S3", "S1", "S2"], ["S1", "S9"]) == ["S3", "S2"]
    assert unmatched([], ["S1"]) == []


def test_an_open_quote_swallows_no_line(put: Put) -> None:
    known, _ = read_metadata(put("samples.tsv", 'sample\tpatient\nS1\t"P1\nS2\tP2"\nS3\tP3\n'))
    assert {name: info.patient for name, info in known.items()} == {"S1": '"P1', "S2": 'P2"', "S3": "P3"}


def test_empty_cells_beyond_the_header_do_no_harm(put: Put) -> None:
    known, _ = read_metadata(put("samples.tsv", "sample\tpatient\nS1\tP1\t\t\n"))
    assert known["S1"].patient == "P1"


@pytest.mark.parametrize("name", ["x" * 300, "nul\0.tsv"])
def test_a_path_that_no_file_can_have_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(SampleError, match="cannot be read"):
        read_metadata(tmp_path / name)


def test_a_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(SampleError, match="is a folder"):
        read_metadata(tmp_path)
