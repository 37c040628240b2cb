"""`pancreassign chemogram`, from files to files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from pancreassign.cli import app
from pancreassign.training.datasets import read_response

NAMES = ("responses.tsv", "responses.plates.tsv", "responses.agreement.tsv")


def call(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["chemogram", *map(str, arguments)])


def write(path: Path, middle: float, drug: str = "GEM", model: str = "M1", unit: str = "uM", flaw: float = 1.0) -> Path:
    dose = 10.0 / 5.0 ** np.arange(8)
    viability = 0.1 + 0.89 / (1 + dose / middle)
    viability[-1] *= flaw
    head = (
        f"#sampleID:{model}\n#drug:{drug}\n#phase:p1\n#unit:{unit}\n#untreated_control:1000\n#start_dose:10\n#fold:5\n"
    )
    rows = ["\t".join(f"{1000 * value * part:.4f}" for part in (0.97, 1.0, 1.03)) for value in viability]
    path.write_text(head + "\n".join(rows) + "\n")
    return path


@pytest.fixture
def plates(tmp_path: Path) -> Path:
    folder = tmp_path / "plates"
    folder.mkdir()
    for number, middle in enumerate((0.01, 0.1, 1.0), start=1):
        write(folder / f"gem{number}.txt", middle, model=f"M{number}")
    write(folder / "iri.txt", 0.5, drug="IRI,", model="M1")
    write(folder / "flawed.txt", 0.5, drug="IRI", model="M2", flaw=0.2)
    return folder


def test_plates_become_responses_with_verdicts_and_pages(plates: Path, tmp_path: Path) -> None:
    out = tmp_path / "made" / "responses.tsv"
    done = call(plates, "-o", out, "--plots", tmp_path / "plots")
    assert done.exit_code == 0, done.output
    assert sorted(path.name for path in out.parent.iterdir()) == sorted(NAMES)
    response = read_response(out)
    assert list(response["gemcitabine"].dropna().sort_values().index) == ["M3", "M2", "M1"]  # M1 the most sensitive
    assert np.isnan(response.loc["M2", "irinotecan"])  # its one plate is refused
    rows = pd.read_csv(out.parent / "responses.plates.tsv", sep="\t").set_index("plate")
    assert rows["verdict"].to_dict() == {
        "iri": "usable", "flawed": "not_usable", "gem1": "usable", "gem2": "usable", "gem3": "usable"
    }  # fmt: skip
    assert "edge_artefact" in rows.loc["flawed", "reasons"]
    assert list(pd.read_csv(out.parent / "responses.agreement.tsv", sep="\t")["drug"]) == ["irinotecan", "gemcitabine"]
    pages = sorted(path.name for path in (tmp_path / "plots").iterdir())
    assert pages == ["chemogram_gemcitabine.png", "chemogram_irinotecan.png"]
    assert "4 of 5 plates usable" in done.stderr


def test_the_bytes_do_not_depend_on_the_order_of_files(plates: Path, tmp_path: Path) -> None:
    files = sorted(plates.iterdir())
    for name, order in (("forth", files), ("back", files[::-1])):
        assert call(*order, "-o", tmp_path / name / "responses.tsv", "--plots", tmp_path / name).exit_code == 0
    forth, back = (sorted((tmp_path / name).iterdir()) for name in ("forth", "back"))
    assert [path.name for path in forth] == [path.name for path in back]
    assert [path.read_bytes() for path in forth] == [path.read_bytes() for path in back]


def test_results_are_replaced_only_by_force(plates: Path, tmp_path: Path) -> None:
    out = tmp_path / "responses.tsv"
    assert call(plates, "-o", out, "--plots", tmp_path / "plots").exit_code == 0
    before = out.read_bytes()
    refused = call(plates / "gem1.txt", "-o", out)
    assert refused.exit_code == 2
    assert "exists already" in refused.output
    assert out.read_bytes() == before
    assert call(plates / "gem1.txt", "-o", out, "--plots", tmp_path / "plots", "--force").exit_code == 0
    assert out.read_bytes() != before
    assert [path.name for path in (tmp_path / "plots").iterdir()] == ["chemogram_gemcitabine.png"]  # no stale page


def test_bad_input_leaves_nothing_and_names_every_fault(plates: Path, tmp_path: Path) -> None:
    write(plates / "bad1.txt", 0.1, unit="mg")
    (plates / "bad2.txt").write_text("")
    done = call(plates, "-o", tmp_path / "made" / "responses.tsv", "--plots", tmp_path / "plots")
    assert done.exit_code == 2
    assert "bad1.txt, line 4: the unit is 'mg'" in done.output
    assert "bad2.txt: is empty" in done.output
    assert not (tmp_path / "made").exists()
    assert not (tmp_path / "plots").exists()


def test_a_stated_range_is_used_and_written(plates: Path, tmp_path: Path) -> None:
    out = tmp_path / "responses.tsv"
    assert call(plates, "-o", out, "--range", "gem=0.01:1").exit_code == 0
    table = pd.read_csv(out, sep="\t").set_index("drug")
    assert set(table.loc["gemcitabine", "range_low_uM"]) == {0.01}
    assert set(table.loc["irinotecan", "range_high_uM"]) == {10.0}


@pytest.mark.parametrize("option", [["--range", "gem=1"], ["-o", "folder"], ["--plots", ""]])
def test_bad_options_are_bad_usage(plates: Path, tmp_path: Path, option: list[str]) -> None:
    done = call(plates, "-o", tmp_path / "responses.tsv", *option)
    assert done.exit_code == 2
    assert not (tmp_path / "responses.tsv").exists()


def test_help_speaks_of_plates_and_direction() -> None:
    text = " ".join(call("--help").output.split())
    assert "a high value is a sensitive model" in text
