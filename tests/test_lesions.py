"""Lesions of one patient side by side: by `score` and `report`, never stale, never of what cannot be compared."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pancreassign import resources
from pancreassign.cli import app

EXAMPLE = resources.data_dir() / "example"
LESIONS = ("SIMULATED_02_good", "SIMULATED_03_lesion")


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(one) for one in arguments])


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two lesions of one patient and another's sample, with reports; the inputs lie beside."""
    folder = tmp_path_factory.mktemp("lesions")
    lines = gzip.decompress((EXAMPLE / "counts.tsv.gz").read_bytes()).decode().splitlines()
    (folder / "counts.tsv").write_text("\n".join("\t".join(line.split("\t")[:4]) for line in lines) + "\n")
    done = run("score", folder / "counts.tsv", "--samples", EXAMPLE / "samples.tsv", "--out", folder / "out")
    assert done.exit_code == 0, done.output
    return folder


def records(scored: Path) -> list[Path]:
    found = sorted((scored / "out").glob("*/prediction.json"))
    assert len(found) == 3
    return found


def test_scoring_writes_view_and_pdf(scored: Path) -> None:
    files = {path.name: path.read_bytes() for path in (scored / "out" / "patients").iterdir()}
    assert set(files) == {"SIMULATED_B.json", "SIMULATED_B.pdf"}
    assert [one["sample"] for one in json.loads(files["SIMULATED_B.json"])["lesions"]] == list(LESIONS)
    assert files["SIMULATED_B.pdf"].startswith(b"%PDF-")


def test_a_pdf_of_lesions_goes_with_its_view_when_they_are_no_longer_of_one_patient(
    scored: Path, tmp_path: Path
) -> None:
    shutil.copytree(scored / "out", tmp_path / "out")
    apart = (
        (EXAMPLE / "samples.tsv").read_text().replace("SIMULATED_03_lesion\tSIMULATED_B", "SIMULATED_03_lesion\tOTHER")
    )
    (tmp_path / "samples.tsv").write_text(apart)
    given = ["score", scored / "counts.tsv", "--samples", tmp_path / "samples.tsv", "--out", tmp_path / "out"]
    done = run(*given, "--no-report", "--force")
    assert done.exit_code == 0, done.output
    assert not list((tmp_path / "out").glob("patients/*"))


def test_no_report_leaves_the_view_alone(scored: Path, tmp_path: Path) -> None:
    given = ["score", scored / "counts.tsv", "--samples", EXAMPLE / "samples.tsv", "--out", tmp_path / "out"]
    assert run(*given, "--no-report").exit_code == 0
    view = tmp_path / "out" / "patients" / "SIMULATED_B.json"
    assert [path.name for path in view.parent.iterdir()] == [view.name]
    assert view.read_bytes() == (scored / "out" / "patients" / view.name).read_bytes()


def test_rendering_again_gives_the_same_bytes(scored: Path, tmp_path: Path) -> None:
    assert run("report", *records(scored), "-o", tmp_path).exit_code == 0
    assert [path.name for path in (tmp_path / "patients").iterdir()] == ["SIMULATED_B.pdf"]
    for path in (scored / "out").rglob("*.pdf"):
        assert (tmp_path / path.relative_to(scored / "out")).read_bytes() == path.read_bytes(), path


def test_one_lesion_alone_has_no_page_beside_others(scored: Path, tmp_path: Path) -> None:
    assert run("report", records(scored)[1], "-o", tmp_path).exit_code == 0
    assert not (tmp_path / "patients").exists()


def test_with_new_facts_the_view_is_of_the_new_records(scored: Path, tmp_path: Path) -> None:
    (tmp_path / "facts.tsv").write_text("sample\tsetting\nSIMULATED_02_good\tadjuvant\nSIMULATED_03_lesion\tadjuvant\n")
    every = run("report", *records(scored), "--clinical", tmp_path / "facts.tsv", "-o", tmp_path / "out")
    assert every.exit_code == 2
    assert "says nothing of SIMULATED_01_good" in every.output, "what the record knows of a patient is not wiped"
    given = ["report", *records(scored)[1:], "--clinical", tmp_path / "facts.tsv", "-o"]
    done = run(*given, tmp_path / "out")
    assert done.exit_code == 0, done.output
    inside = run(*given, scored / "out", "--force")
    assert inside.exit_code == 2
    assert "holds a run of `score`" in inside.output
    view = json.loads((tmp_path / "out" / "patients" / "SIMULATED_B.json").read_text())
    before = json.loads((scored / "out" / "patients" / "SIMULATED_B.json").read_text())
    assert [one["record_sha256"] for one in view["lesions"]] != [one["record_sha256"] for one in before["lesions"]]
    assert view["clinical_differs"] is False


def test_lesions_of_two_packs_are_rendered_apart_and_it_is_said(scored: Path, tmp_path: Path) -> None:
    first, second = (json.loads(path.read_text(encoding="utf-8")) for path in records(scored)[1:])
    second["pack"]["version"] = "9.9.9"
    for name, record in (("a", first), ("b", second)):
        (tmp_path / f"{name}.json").write_text(json.dumps(record), encoding="utf-8")
    done = run("report", tmp_path / "a.json", tmp_path / "b.json", "-o", tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert "no page of lesions side by side" in done.output
    assert "different versions of the pack" in done.output
    assert len(list((tmp_path / "out").glob("*/report.pdf"))) == 2
    assert not (tmp_path / "out" / "patients").exists()


def test_a_report_date_before_receipt_is_refused(scored: Path, tmp_path: Path) -> None:
    record = json.loads(records(scored)[0].read_text(encoding="utf-8"))
    record["sample"]["order"]["received"] = "2026-11-20"
    (tmp_path / "a.json").write_text(json.dumps(record), encoding="utf-8")
    given = ["report", tmp_path / "a.json", "-o", tmp_path / "a.pdf", "--report-date"]
    refused = run(*given, "2026-11-19")
    assert refused.exit_code == 2
    assert "2026-11-19 is before the sample SIMULATED_01_good was received. Correct it" in refused.output
    assert not (tmp_path / "a.pdf").exists()
    assert run(*given, "2026-11-20").exit_code == 0
