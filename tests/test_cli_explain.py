"""`explain`: what it prints, what it refuses, and that it agrees with what `score` wrote."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from explain_factory import NOTHING, record
from test_explain import assert_columns_close
from typer.testing import CliRunner, Result

from pancreassign import resources
from pancreassign.cli import app
from pancreassign.records import Drug, Prediction

COUNTS = resources.data_dir() / "example" / "counts.tsv.gz"


def call(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def written(folder: Path, read: Prediction) -> Path:
    path = folder / "prediction.json"
    path.write_text(read.to_json())
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return written(tmp_path, record())


def test_all_five_drugs_one_after_another(path: Path) -> None:
    done = call("explain", path)
    assert (done.exit_code, done.stderr) == (0, "")
    titles = [f"{drug}: not evaluable".upper() for drug in Drug]
    places = [done.stdout.index(title) for title in titles]
    assert places == sorted(places)
    for section in ("1. What was measured", "2. The sum", "3. From the score to the call", "4. What is not in the"):
        assert done.stdout.count(section) == 5
    assert done.stdout.count("For research use.") == 1
    assert max(map(len, done.stdout.splitlines())) <= 110


def test_one_drug_or_some_in_any_case(path: Path) -> None:
    alone = call("explain", path, "--drug", "IRINOTECAN").stdout
    assert "IRINOTECAN: NOT EVALUABLE" in alone
    assert "PACLITAXEL" not in alone
    assert alone == call("explain", path, "--drug", "irinotecan", "--drug", "Irinotecan").stdout
    assert_columns_close(alone)
    two = call("explain", path, "--drug", "paclitaxel", "--drug", "fluorouracil").stdout
    assert two.index("5-FU: NOT") < two.index("PACLITAXEL: NOT")


def test_json_for_machines(path: Path) -> None:
    done = call("explain", path, "--drug", "irinotecan", "--json")
    assert done.exit_code == 0
    data = json.loads(done.stdout)
    assert set(data) == {
        "schema", "software", "pack", "reference", "pharmacology", "sample", "input", "quality", "tumour_content",
        "drugs", "limits",
    }  # fmt: skip
    assert data["schema"] == "pancreassign/explanation/1"
    (one,) = data["drugs"]
    assert set(one) == {"drug", "call", "reason", "evidence", "measured", "sum", "steps", "not_in_score"}
    assert set(one["sum"]) == {
        "groups", "others", "others_sum", "genes_sum", "content_correction", "parts", "rounding", "rounding_bound",
        "score", "grouped_share",
    }  # fmt: skip
    assert len(one["sum"]["others"]) == 17
    groups = sum(group["sum"] for group in one["sum"]["groups"])
    assert groups + one["sum"]["others_sum"] + one["sum"]["content_correction"] == pytest.approx(one["sum"]["score"])


def refused(*arguments: object) -> str:
    done = call("explain", *arguments)
    assert done.exit_code == 2
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    return done.stderr


def test_an_unknown_drug_gets_the_list(path: Path) -> None:
    said = refused(path, "--drug", "docetaxel")
    assert "'docetaxel'" in said
    assert "5-FU, oxaliplatin, irinotecan, gemcitabine, paclitaxel" in said


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "not a prediction record of schema pancreassign/prediction/1"),
        ("", "not a prediction record"),
        ('{"schema": "pancreassign/patient/1"}', "at schema"),
        ("\x00", "not a prediction record"),
    ],
)
def test_another_or_a_damaged_file_is_named(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "other.json"
    path.write_text(content)
    message = refused(path)
    assert str(path) in message
    assert said in message


def test_a_record_cut_short_or_absent_is_named(path: Path) -> None:
    path.write_text(path.read_text()[:2000])
    assert f"{path}: not a prediction record" in refused(path)
    assert f"{path.parent / 'none.json'}: cannot be read" in refused(path.parent / "none.json")
    assert "cannot be read" in refused(path.parent)


def test_an_altered_record_is_refused_whole(path: Path) -> None:
    data = json.loads(path.read_text())
    data["drugs"][4]["contributions"][0]["value"] += 0.001
    path.write_text(json.dumps(data))
    message = refused(path)
    assert f"{path}, paclitaxel: has parts that sum to -0.089, but a score of -0.09" in message
    assert "score the sample again" in message
    assert call("explain", path, "--drug", "5-FU").exit_code == 0


def test_a_drug_without_a_score_is_no_fault(tmp_path: Path) -> None:
    path = written(tmp_path, record(irinotecan={**NOTHING, "reason": "gene_coverage"}))
    done = call("explain", path)
    assert done.exit_code == 0
    assert done.stdout.count("There is no score, so there is nothing to sum") == 1


def test_what_score_writes_can_be_explained(tmp_path: Path) -> None:
    assert call("score", COUNTS, "-o", tmp_path / "out", "--no-report").exit_code == 0
    paths = sorted((tmp_path / "out").glob("*/prediction.json"))
    assert len(paths) == 7
    for path in paths:
        read = json.loads(path.read_text())
        for result in read["drugs"]:
            done = call("explain", path, "--drug", result["drug"])
            assert done.exit_code == 0, done.output
            assert result["score"] is not None
            assert float(assert_columns_close(done.stdout)) == result["score"]
            assert f"(reason code `{result['reason']}`)" in " ".join(done.stdout.split())
