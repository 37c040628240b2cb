"""`doctor`: what is installed, what verifies, what is wrong; and logs for machines."""

from __future__ import annotations

import json
import shutil
from importlib import metadata
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pancreassign import doctor, resources
from pancreassign.cli import app

EXAMPLE = resources.data_dir() / "example"


def states(found: list[doctor.Finding]) -> dict[str, str]:
    return {finding.what: finding.state for finding in found}


def test_a_sound_installation() -> None:
    found = states(list(doctor.examine()))
    assert {found[f"pack {resources.DEFAULT_PACK}"], found[f"reference {resources.DEFAULT_REFERENCE}"]} == {"ok"}
    assert {found["library numpy"], found["scoring"], found["report"], found["temporary folder"]} == {"ok"}
    assert "wrong" not in found.values()


def test_a_pack_with_one_changed_byte(tmp_path: Path) -> None:
    changed = tmp_path / "mine"
    shutil.copytree(resources.find_pack(resources.DEFAULT_PACK), changed)
    card = changed / "card.md"
    card.write_bytes(card.read_bytes() + b" ")
    own = [finding for finding in doctor.examine(packs=[str(changed)]) if finding.what == "pack mine"]
    assert [finding.state for finding in own] == ["wrong"]
    assert "card.md: does not match its hash" in own[0].said


def test_a_reference_that_is_not_there() -> None:
    found = list(doctor.examine(references=["nowhere"]))
    assert states(found)["reference nowhere"] == "wrong"


def test_libraries_that_are_missing_or_too_old(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = ["numpy>=99", "no-such-library>=1", "no-such-extra>=1; extra == 'fhir'", "pytest; extra == 'dev'"]
    monkeypatch.setattr(metadata, "requires", lambda name: wanted)
    monkeypatch.setattr(doctor, "_extra_names", lambda: ["dev", "fhir"])
    found = {finding.what: finding for finding in doctor.examine()}
    assert found["library numpy"].state == "wrong"
    assert "is installed, >=99 is needed: pip install 'numpy>=99'" in found["library numpy"].said
    assert found["library no-such-library"].state == "wrong"
    assert found["library no-such-extra"].state == "optional"
    assert "pip install 'pancreassign[fhir]'" in found["library no-such-extra"].said
    assert "library pytest" not in found


def test_the_command_says_so_by_its_exit_code(tmp_path: Path) -> None:
    fine = CliRunner().invoke(app, ["doctor"])
    assert fine.exit_code == 0
    assert "ok        pack pdac-public" in fine.stdout
    broken = CliRunner().invoke(app, ["doctor", "--reference", str(tmp_path), "--log-format", "json"])
    assert broken.exit_code == 2
    lines = [json.loads(line) for line in broken.stdout.splitlines()]
    assert [line["what"] for line in lines if line["state"] == "wrong"] == [f"reference {tmp_path.name}"]


def test_a_log_for_machines(tmp_path: Path) -> None:
    arguments = ["score", str(EXAMPLE / "counts.tsv.gz"), "-o", str(tmp_path / "out"), "--no-report"]
    fine = CliRunner().invoke(app, [*arguments, "--log-format", "json"])
    lines = [json.loads(line) for line in fine.stderr.splitlines()]
    assert [line["done"] for line in lines if line["event"] == "progress"] == [1, 2, 3, 4, 5, 6, 7]
    assert lines[-1]["event"] == "done"
    assert lines[-1]["samples"] == 7
    assert all(line["time"] and line["level"] == "info" for line in lines)
    assert "SIMULATED" not in fine.stderr


def test_errors_for_machines_one_line_a_fault(tmp_path: Path) -> None:
    arguments = ["score", "none.tsv", "gone.tsv", "-o", str(tmp_path / "out"), "--log-format", "json"]
    wrong = CliRunner().invoke(app, arguments)
    assert wrong.exit_code == 2
    lines = [json.loads(line) for line in wrong.stderr.splitlines()]
    assert [(line["level"], line["event"], line["where"]) for line in lines] == [
        ("error", "InputError", "none.tsv"),
        ("error", "InputError", "gone.tsv"),
    ]
    assert lines[0]["problem"] == "no such file"
    again = CliRunner().invoke(app, [arguments[0], "none.tsv", "-o", str(tmp_path / "out")])
    assert again.stderr.startswith("pancreassign: none.tsv: no such file")


def test_a_log_format_that_is_none() -> None:
    wrong = CliRunner().invoke(app, ["doctor", "--log-format", "xml"])
    assert wrong.exit_code == 2


@pytest.mark.parametrize("arguments", [["score", "x.tsv"], ["score", "x.tsv", "-o", "out", "--jobs", "0"]])
def test_faults_of_usage_for_machines(arguments: list[str]) -> None:
    wrong = CliRunner().invoke(app, [arguments[0], "--log-format", "json", *arguments[1:]])
    assert wrong.exit_code == 2
    (line,) = [json.loads(line) for line in wrong.stderr.splitlines()]
    assert (line["level"], line["event"]) == ("error", "usage")
    plain = CliRunner().invoke(app, arguments)
    assert plain.exit_code == 2
    assert "Usage:" in plain.stderr


def test_a_defect_for_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*given: object) -> object:
        raise KeyError("ours")

    monkeypatch.setattr(doctor, "examine", broken)
    ended = CliRunner().invoke(app, ["doctor", "--log-format", "json"])
    assert ended.exit_code == 1
    assert json.loads(ended.stderr.splitlines()[0])["event"] == "defect"


def test_a_home_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere() -> Path:
        raise RuntimeError("no home")

    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setattr(Path, "home", nowhere)
    assert states(list(doctor.examine()))["pseudonym key"] == "optional"
    arguments = ["score", str(EXAMPLE / "counts.tsv.gz"), "-o", "out", "--pseudonymise"]
    wrong = CliRunner().invoke(app, arguments)
    assert wrong.exit_code == 2
    assert "the user has no home to keep a key in" in wrong.stderr


def test_a_key_of_no_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    own = tmp_path / "pancreassign" / "pseudonym.key"
    own.parent.mkdir()
    own.write_text("12345")
    (found,) = [finding for finding in doctor.examine() if finding.what == "pseudonym key"]
    assert found.state == "wrong"
    assert "the key has 5 bytes" in found.said


def test_the_way_back_needs_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    lost = CliRunner().invoke(app, ["pseudonym", "S1"])
    assert lost.exit_code == 2
    assert not any(tmp_path.iterdir())
    key = tmp_path / "key"
    key.write_text("0123456789abcdef")
    found = CliRunner().invoke(app, ["pseudonym", "S1", "--pseudonym-key", str(key)])
    assert found.stdout == "name\tpseudonym\nS1\tS-KEU7JGV2IA73\n"
