"""Reading scores and tables, and who is left out on the way."""

from __future__ import annotations

import gzip
import math
from pathlib import Path

import pandas as pd
import pytest
from validation_factory import write_summary, write_table

from pancreassign import cohort, resources
from pancreassign.errors import ClinicalError, ConfigError, RecordError
from pancreassign.records import Drug, read_record
from pancreassign.validation.tables import Flow, join, number, read_clinical, read_scores, without

EXAMPLE = resources.data_dir() / "example" / "counts.tsv.gz"


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("scored") / "out"
    samples = EXAMPLE.with_name("samples.tsv")
    job = cohort.Job(
        [EXAMPLE], out, resources.DEFAULT_PACK, resources.DEFAULT_REFERENCE, samples=samples, reports=False
    )
    cohort.score(job, lambda done, total: None, lambda text: None)
    return out


@pytest.mark.parametrize("drug", list(Drug))
def test_summary_folder_and_record_say_the_same(scored: Path, drug: Drug) -> None:
    summary, folder = read_scores(scored / "summary.tsv", drug), read_scores(scored, drug)
    pd.testing.assert_frame_equal(summary.drop(columns="evidence"), folder.drop(columns="evidence"))
    assert summary["evidence"].isna().all()
    path = scored / "SIMULATED_02_good" / "prediction.json"
    one = read_scores(path, drug)
    pd.testing.assert_frame_equal(one, folder.loc[["SIMULATED_02_good"]])
    told = next(result for result in read_record(path).drugs if result.drug is drug)
    row = one.loc["SIMULATED_02_good"]
    assert (row["score"], row["probability"], row["call"], row["evidence"], row["patient"]) == (
        told.score, told.probability, told.call, told.evidence, "SIMULATED_B",
    )  # fmt: skip


def test_what_is_unknown_stays_unknown(tmp_path: Path) -> None:
    path = write_summary(
        tmp_path / "summary.tsv", {"gemcitabine": [1.0, math.nan]}, patient=["", "P2"], qc=["pass", ""]
    )
    read = read_scores(path, "Gemcitabine")
    assert read.index.tolist() == ["S000", "S001"]
    assert read["score"].tolist()[0] == 1.0
    assert math.isnan(read.loc["S001", "score"])
    assert read["patient"].tolist() == [None, "P2"]
    assert read["qc"].tolist() == ["pass", None]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"sample": ["A", "A"]}, "more than one row of A"),
        ({"sample": ["A", ""]}, "row 3: names no sample"),
        ({"gemcitabine_score": ["1", "high"]}, "'gemcitabine_score' holds what is no number: 'high' in S001"),
        ({"gemcitabine_call": ["sensitive", "good"]}, "has the call 'good' of gemcitabine"),
    ],
)
def test_a_summary_that_cannot_be(tmp_path: Path, columns: dict[str, list[str]], message: str) -> None:
    path = write_summary(tmp_path / "summary.tsv", {"gemcitabine": [1.0, 2.0]})
    table = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False).assign(**columns)
    table.set_index("sample").to_csv(path, sep="\t")
    with pytest.raises(RecordError) as caught:
        read_scores(path, "gemcitabine")
    assert message in str(caught.value)
    assert "summary.tsv that `pancreassign score` wrote" in str(caught.value)


def test_other_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="aspirin"):
        read_scores(write_summary(tmp_path / "summary.tsv", {"gemcitabine": [1.0]}), "aspirin")
    with pytest.raises(RecordError, match="has no column 'sample'"):
        read_scores(write_table(tmp_path / "other.tsv", a=["1"], b=["2"]), "gemcitabine")
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(RecordError, match="holds neither"):
        read_scores(empty, "gemcitabine")
    with pytest.raises(RecordError, match="cannot be read"):
        read_scores(tmp_path / "absent.tsv", "gemcitabine")


def test_records_of_two_packs_are_not_put_together(scored: Path, tmp_path: Path) -> None:
    for name, sha in (("SIMULATED_01_good", "0" * 64), ("SIMULATED_02_good", None)):
        record = read_record(scored / name / "prediction.json")
        if sha:
            record = record.model_copy(update={"pack": record.pack.model_copy(update={"sha256": sha})})
        (tmp_path / name).mkdir()
        (tmp_path / name / "prediction.json").write_text(record.to_json())
    with pytest.raises(RecordError, match="several packs or references"):
        read_scores(tmp_path, "gemcitabine")


def test_a_table_is_text_with_the_rows_of_its_file(tmp_path: Path) -> None:
    text = "\ufeffid\tstage\tprior\n 007 \tII\tNone\n\t\t\nB\tN/A\t\n"
    path = tmp_path / "table.tsv.gz"
    path.write_bytes(gzip.compress(text.encode()))
    read = read_clinical(path)
    assert read.index.tolist() == [2, 4]
    assert read["id"].tolist() == ["007", "B"]
    assert read["prior"].tolist()[0] == "None"
    assert read.isna().sum().to_dict() == {"id": 0, "stage": 1, "prior": 1}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is no table"),
        ("id,stage\nA,II\n", "has one column alone"),
        ("id\tid\nA\tB\n", "has the column 'id' twice"),
        ("id\t\nA\tB\n", "without a name"),
        ("id\tstage\n\t\n", "has no rows"),
        ("id\tstage\nA\tII\tsurplus\n", "line 2, saw 3"),
        ("id\tst\xe4ge\nA\tII\n".encode("latin-1"), "is no table"),
    ],
)
def test_what_is_no_table(tmp_path: Path, text: str | bytes, message: str) -> None:
    path = tmp_path / "table.tsv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ClinicalError) as caught:
        read_clinical(path)
    assert message in str(caught.value)
    assert "tab-separated" in str(caught.value)


def test_numbers_name_the_rows_that_are_none() -> None:
    column = pd.Series(["1.5", None, "-2e3"], index=[2, 3, 4])
    assert number(column, "t", "age").dropna().tolist() == [1.5, -2000.0]
    bad = pd.Series(["1,5", "inf", *["x"] * 5], index=[*range(2, 8), "S9"])
    with pytest.raises(ClinicalError, match=r"'1,5' in row 2, 'inf' in row 3, .* and 2 more"):
        number(bad, "t", "age")


def scores(**patients: str | None) -> pd.DataFrame:
    known = {"patient": list(patients.values()), "score": [float(place) for place in range(len(patients))]}
    return pd.DataFrame(known, index=list(patients))


def test_join_by_sample_and_by_patient(tmp_path: Path) -> None:
    known = scores(S1="P1", S2="P2", S3="P3")
    table = read_clinical(write_table(tmp_path / "t.tsv", id=["S3", "S1", "S9", ""], score=["a", "b", "c", "d"]))
    joined, flow = join(known, table, "id", "t.tsv")
    assert joined["score"].to_dict() == {"S1": 0.0, "S3": 2.0}
    assert joined["score_table"].to_dict() == {"S1": "b", "S3": "a"}
    assert flow.steps == [("samples scored", 3), ("rows of the table", 4), ("in both", 2), ("with a score", 2)]
    assert flow.left_out == {
        "scored, but not in the table": ["S2"],
        "in the table, but not scored": ["S9"],
        "in the table without an id": ["row 5"],
    }
    people = read_clinical(write_table(tmp_path / "p.tsv", who=["P2", "P1"], arm=["x", "y"]))
    assert join(known, people, "who", "p.tsv")[0]["arm"].to_dict() == {"S1": "y", "S2": "x"}


def test_join_leaves_out_who_has_no_score(tmp_path: Path) -> None:
    known = scores(S1="P1", S2="P2")
    known.loc["S1", "score"] = math.nan
    table = read_clinical(write_table(tmp_path / "t.tsv", id=["S1", "S2"], arm=["x", "y"]))
    joined, flow = join(known, table, "id", "t.tsv")
    assert joined.index.tolist() == ["S2"]
    assert flow.left_out == {"scored without a value: too few of the signature's genes were measured": ["S1"]}
    kept, flow = without(joined, flow, pd.Series({"S2": True}), "gone", "left")
    assert kept.empty
    assert flow.steps[-1] == ("left", 0)
    assert flow.left_out["gone"] == ["S2"]


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        (["S1", "S1"], "more than one row of S1"),
        (["A", "B"], "names no sample and no patient that was scored"),
        (["P1", "P9"], "names the patient P1, of whom S1, S2 were scored"),
    ],
)
def test_joins_that_would_mislead(tmp_path: Path, ids: list[str], message: str) -> None:
    table = read_clinical(write_table(tmp_path / "t.tsv", id=ids, arm=["x", "y"]))
    with pytest.raises(ClinicalError, match=message):
        join(scores(S1="P1", S2="P1"), table, "id", "t.tsv")
    with pytest.raises(ClinicalError, match=r"has no column 'who'.*it has id, arm"):
        join(scores(S1="P1"), table, "who", "t.tsv")


def test_a_flow_starts_empty() -> None:
    assert Flow() == Flow([], {})


def test_a_quote_in_a_cell_swallows_nobody(tmp_path: Path) -> None:
    path = tmp_path / "clinical.tsv"
    path.write_text('patient\tnote\nA\t"5 cm\nB\tsmall\nC\tso "called"\n')
    assert list(read_clinical(path)["patient"]) == ["A", "B", "C"]


def test_a_damaged_archive_is_named(tmp_path: Path) -> None:
    whole = gzip.compress(b"patient\tnote\n" + b"A\tb\n" * 500)
    (tmp_path / "bad.tsv.gz").write_bytes(whole[:20] + b"\xff" * 8 + whole[28:])
    with pytest.raises(ClinicalError, match=r"bad\.tsv\.gz"):
        read_clinical(tmp_path / "bad.tsv.gz")


@pytest.mark.parametrize(("field", "cell"), [("probability", 1.5), ("probability", -0.1), ("percentile", 101.0)])
def test_a_value_that_cannot_be_is_refused(field: str, cell: float, tmp_path: Path) -> None:
    path = write_summary(tmp_path / "summary.tsv", {"gemcitabine": [0.1, 0.2]}, **{f"gemcitabine_{field}": [0.5, cell]})
    with pytest.raises(RecordError, match=f"has a {field} of gemcitabine outside 0 to"):
        read_scores(path, "gemcitabine")
