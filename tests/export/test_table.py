from __future__ import annotations

import csv
import io
from pathlib import Path

from pancreassign import resources
from pancreassign.cohort import Job, score
from pancreassign.export import table
from pancreassign.records import Prediction

EXAMPLE = resources.data_dir() / "example" / "counts.tsv.gz"


def scored(tmp_path: Path, clinical: str) -> Prediction:
    (tmp_path / "clinical.tsv").write_text(clinical)
    job = Job([EXAMPLE], tmp_path / "out", "pdac-organoids", "pdac-full-length", reports=False)
    job = Job(**{**vars(job), "clinical": tmp_path / "clinical.tsv"})
    return score(job, lambda done, total: None, lambda note: None)[0]


def test_unknown_is_an_empty_cell_and_known_is_the_records_own_value(tmp_path: Path) -> None:
    record = scored(tmp_path, "sample\tecog\nSIMULATED_01_good\t1\n")
    drugs = [record.drugs[0].model_copy(update={"score": None, "percentile": None}), *record.drugs[1:]]
    row = table.row(record.model_copy(update={"drugs": drugs}))
    assert set(row) == set(table.COLUMNS)
    assert (row["patient"], row["5-FU_score"], row["5-FU_percentile"]) == ("", "", "")
    assert float(row["paclitaxel_score"]) == record.drugs[4].score
    assert row["top_regimen"] == record.regimens[0].id == "folfirinox"
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
