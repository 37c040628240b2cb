"""`qc`, and a laboratory's own reference: built from its tumours, with a pack, and scored against."""

from __future__ import annotations

import csv
import importlib.util
import io
import json
import shutil
import sys
from pathlib import Path

import pandas as pd
import pytest
import tomli_w
from typer.testing import CliRunner, Result

from pancreassign import resources
from pancreassign.cli import app
from pancreassign.export.table import CHECK_COLUMNS, VERDICT_COLUMNS

EXAMPLE = resources.data_dir() / "example"
COUNTS = EXAMPLE / "counts.tsv.gz"


def call(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text), delimiter="\t"))


def records(out: Path) -> dict[str, dict]:
    return {path.parent.name: json.loads(path.read_text()) for path in sorted(out.glob("*/prediction.json"))}


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict]:
    out = tmp_path_factory.mktemp("scored") / "out"
    assert call("score", COUNTS, "--samples", EXAMPLE / "samples.tsv", "-o", out, "--no-report").exit_code == 0
    return records(out)


def test_qc_gives_the_verdict_that_scoring_gives(scored: dict[str, dict]) -> None:
    done = call("qc", COUNTS, "--samples", EXAMPLE / "samples.tsv")
    assert done.exit_code == 0
    table = rows(done.stdout)
    assert tuple(table[0]) == VERDICT_COLUMNS
    assert [row["sample"] for row in table] == list(scored)
    for row in table:
        qc = scored[row["sample"]]["qc"]
        assert row["qc"] == qc["verdict"]
        assert float(row["tumour_content"]) == qc["tumour_content"]["value"]
        assert row["content_class"] == qc["tumour_content"]["class"]
        found = [f"{check['code']}@{check['verdict']}" for check in qc["checks"] if check["verdict"] != "pass"]
        assert row["findings"] == ",".join(found)


def test_qc_shows_every_check(scored: dict[str, dict]) -> None:
    table = rows(call("qc", COUNTS, "--samples", EXAMPLE / "samples.tsv", "--all").stdout)
    assert tuple(table[0]) == CHECK_COLUMNS
    expected = [
        (sample, check["name"], check["verdict"], check["code"])
        for sample, record in scored.items()
        for check in record["qc"]["checks"]
    ]
    assert [(row["sample"], row["check"], row["verdict"], row["code"]) for row in table] == expected


def test_qc_of_one_sample_alone_is_that_among_others_and_writes_nothing(tmp_path: Path) -> None:
    counts = pd.read_csv(COUNTS, sep="\t", index_col=0)
    counts.iloc[::-1, [2]].to_csv(tmp_path / "one.tsv", sep="\t")
    together = call("qc", COUNTS).stdout.splitlines()
    assert call("qc", tmp_path / "one.tsv").stdout.splitlines() == [together[0], together[3]]
    assert [path.name for path in tmp_path.iterdir()] == ["one.tsv"]


def test_qc_tells_bad_input_and_an_unknown_reference(tmp_path: Path) -> None:
    (tmp_path / "bad.tsv").write_text("This is not a table.\n")
    for done in (call("qc", tmp_path / "bad.tsv"), call("qc", COUNTS, "--reference", "nothing")):
        assert done.exit_code == 2
        assert done.stdout == ""
    assert "pdac-full-length" in call("qc", COUNTS, "--reference", "nothing").stderr


def recipe(folder: Path, name: str) -> Path:
    keys = {"name": name, "version": "0.0.1", "released": "2026-01-01", "protocol": "full-length"}
    path = folder / f"{name}.toml"
    path.write_text(tomli_w.dumps({**keys, "preservation": "frozen"}))
    return path


@pytest.mark.realdata
@pytest.mark.slow
def test_a_laboratorys_own_reference_serves_a_pack_of_another(realdata: Path, tmp_path: Path) -> None:
    tumours = realdata / "tumours/tcga_paad/counts_20.tsv.gz"
    own, bare = tmp_path / "own", tmp_path / "bare"
    build = ("reference", "build", tumours, "--recipe", recipe(tmp_path, "ours"))
    assert call(*build, "--pack", resources.DEFAULT_PACK, "-o", own).exit_code == 0
    assert call(*build, "-o", bare).exit_code == 0
    refused = call("score", COUNTS, "--reference", bare, "-o", tmp_path / "refused", "--no-report")
    assert refused.exit_code == 2
    assert "--pack" in refused.output
    assert not (tmp_path / "refused").exists()
    assert call("score", tumours, "--reference", own, "-o", tmp_path / "out", "--no-report").exit_code == 0
    done = records(tmp_path / "out")
    assert {(one["reference"]["name"], one["reference"]["tumours"]) for one in done.values()} == {("ours", 20)}
    for place in range(5):
        # its own tumours, scored against themselves: each has the percentile of its rank
        ranks = pd.Series({name: one["drugs"][place]["score"] for name, one in done.items()}).rank()
        found = pd.Series({name: one["drugs"][place]["percentile"] for name, one in done.items()})
        # within half a rank, where the last of the six digits that a reference holds differs
        assert (found - 100 * (ranks - 0.5) / 20).abs().max() <= 2.6


@pytest.mark.realdata
@pytest.mark.slow
def test_the_shipped_model_of_content_is_fitted_again(
    realdata: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = resources.data_dir() / "tissues"
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # data/ is shipped: no __pycache__ in it
    spec = importlib.util.spec_from_file_location("fit_content", shipped / "fit_content.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    for name in ("genes.tsv.gz", "profiles.tsv.gz"):
        shutil.copy(shipped / name, tmp_path / name)
    monkeypatch.setattr(script, "HERE", tmp_path)
    monkeypatch.setattr(sys, "argv", ["fit_content.py", "--data", str(realdata)])
    script.main()
    assert (tmp_path / "content.toml").read_bytes() == (shipped / "content.toml").read_bytes()
