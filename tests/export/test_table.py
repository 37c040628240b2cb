from __future__ import annotations

import csv
import io
from pathlib import Path

from pancreassign import resources
from pancreassign.cohort import Job, score
from pancreassign.export import table
from pancreassign.records import Prediction, Qc, QcCheck, TumourContent

EXAMPLE = resources.data_dir() / "example" / "counts.tsv.gz"


def scored(tmp_path: Path, clinical: str) -> Prediction:
    (tmp_path / "clinical.tsv").write_text(clinical)
    job = Job([EXAMPLE], tmp_path / "out", "pdac-public", "pdac-full-length", reports=False)
    job = Job(**{**vars(job), "clinical": tmp_path / "clinical.tsv"})
    return score(job, lambda done, total: None, lambda note: None)[0]


def test_unknown_is_an_empty_cell_and_known_is_the_records_own_value(tmp_path: Path) -> None:
    record = scored(tmp_path, "sample\tecog\nSIMULATED_01_good\t1\n")
    drugs = [record.drugs[0].model_copy(update={"score": None, "percentile": None}), *record.drugs[1:]]
    row = table.row(record.model_copy(update={"drugs": drugs}))
    assert set(row) == set(table.COLUMNS)
    assert (row["patient"], row["5-FU_score"], row["5-FU_percentile"]) == ("", "", "")
    assert float(row["paclitaxel_score"]) == record.drugs[4].score
    assert row["top_regimen"] == record.regimens[0].id
    assert row["tied_with"].split(",") == record.regimens[0].tied_with


def test_no_regimen_leads_where_all_are_contraindicated(tmp_path: Path) -> None:
    record = scored(tmp_path, "sample\tecog\nSIMULATED_01_good\t4\n")
    assert all(regimen.contraindicated for regimen in record.regimens)
    assert table.leading(record) is None
    row = table.row(record)
    assert (row["top_regimen"], row["tied_with"]) == ("", "")


def test_markup_and_tabs_in_a_cell_stay_one_cell(tmp_path: Path) -> None:
    record = scored(tmp_path, "sample\tecog\nSIMULATED_01_good\t1\n")
    odd = record.sample.model_copy(update={"patient": 'a\tb\n"c"'})
    text = table.to_tsv([record.model_copy(update={"sample": odd})])
    (back,) = csv.DictReader(io.StringIO(text), delimiter="\t")
    assert back["patient"] == 'a\tb\n"c"'


def test_columns_are_the_contract() -> None:
    assert table.COLUMNS[:4] == ("sample", "patient", "qc", "5-FU_call")
    assert table.COLUMNS[-2:] == ("top_regimen", "tied_with")
    assert len(table.COLUMNS) == 3 + 5 * 4 + 2


def check(name: str, verdict: str, code: str, value: float | None = 1.5, **threshold: float) -> QcCheck:
    return QcCheck(
        name=name, value=value, unit=None, threshold=threshold or None, verdict=verdict, code=code, source="a\ttest"
    )


JUDGED = {
    "S1": Qc(
        verdict="warn",
        checks=[check("one", "pass", "ok"), check("two", "warn", "low", 0.25, warn=0.5), check("three", "fail", "bad")],
        tumour_content=TumourContent(**{"class": "20 to 40 %", "value": 0.3}),
    ),
    "S2": Qc(verdict="pass", checks=[check("one", "pass", "not_measured", None, warn=1.0, fail=2.0)]),
}


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text), delimiter="\t"))


def test_a_row_of_verdicts_names_what_did_not_pass() -> None:
    text = table.verdicts_tsv(JUDGED)
    assert text.splitlines()[0].split("\t") == list(table.VERDICT_COLUMNS)
    assert rows_of(text) == [
        {
            "sample": "S1",
            "qc": "warn",
            "tumour_content": "0.3",
            "content_class": "20 to 40 %",
            "findings": "low@warn,bad@fail",
        },
        {"sample": "S2", "qc": "pass", "tumour_content": "", "content_class": "", "findings": ""},
    ]


def test_a_row_of_checks_has_every_check_with_its_limits() -> None:
    rows = rows_of(table.checks_tsv(JUDGED))
    assert tuple(rows[0]) == table.CHECK_COLUMNS
    assert [(row["sample"], row["check"], row["verdict"], row["code"]) for row in rows] == [
        ("S1", "one", "pass", "ok"),
        ("S1", "two", "warn", "low"),
        ("S1", "three", "fail", "bad"),
        ("S2", "one", "pass", "not_measured"),
    ]
    assert [row["value"] for row in rows] == ["1.5", "0.25", "1.5", ""]
    assert [row["limits"] for row in rows] == ["", "warn=0.5", "", "warn=1.0,fail=2.0"]
    assert {row["source"] for row in rows} == {"a\ttest"}
