from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pancreassign.errors import OutputError
from pancreassign.output import PARTIAL, locked, staged


def everything(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


def test_files_appear_together_at_the_end(tmp_path: Path) -> None:
    out = tmp_path / "a" / "out"
    with staged(out, ["x.txt", "deep"], force=False) as folder:
        (folder / "x.txt").write_text("x")
        (folder / "deep").mkdir()
        (folder / "deep" / "y.txt").write_text("y")
        assert not (out / "x.txt").exists()
    assert everything(out) == {"x.txt", "deep", "deep/y.txt"}
    assert (out / "deep" / "y.txt").read_text() == "y"


def test_a_failure_leaves_nothing(tmp_path: Path) -> None:
    out = tmp_path / "a" / "out"
    with pytest.raises(RuntimeError), staged(out, ["x.txt"], force=False) as folder:
        (folder / "x.txt").write_text("x")
        raise RuntimeError
    assert not everything(tmp_path)


def test_a_failure_leaves_what_stood_there(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("old")
    with pytest.raises(RuntimeError), staged(tmp_path, ["x.txt"], force=True) as folder:
        (folder / "x.txt").write_text("new")
        raise RuntimeError
    assert everything(tmp_path) == {"x.txt"}
    assert (tmp_path / "x.txt").read_text() == "old"


def test_existing_results_need_force(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("old")
    with pytest.raises(OutputError, match=r"x\.txt: exists already, as do 1 others.*--force"):
        (tmp_path / "y.txt").write_text("old")
        with staged(tmp_path, ["x.txt", "y.txt"], force=False):
            pytest.fail("the block must not run")
    with staged(tmp_path, ["x.txt"], force=True) as folder:
        (folder / "x.txt").write_text("new")
    assert (tmp_path / "x.txt").read_text() == "new"


def test_files_of_an_earlier_run_that_would_contradict_this_one_go(tmp_path: Path) -> None:
    (tmp_path / "s").mkdir()
    for name in ("prediction.json", "report.pdf", "notes.txt"):
        (tmp_path / "s" / name).write_text("old")
    owned = ["s/prediction.json", "s/report.pdf"]
    with pytest.raises(RuntimeError), staged(tmp_path, ["s"], force=True, owned=owned):
        raise RuntimeError
    assert (tmp_path / "s" / "prediction.json").exists()
    with staged(tmp_path, ["s"], force=True, owned=owned) as folder:
        (folder / "s").mkdir()
        (folder / "s" / "report.pdf").write_text("new")
    assert everything(tmp_path) == {"s", "s/report.pdf", "s/notes.txt"}
    assert (tmp_path / "s" / "report.pdf").read_text() == "new"


def test_a_folder_is_kept_to_one_run(tmp_path: Path) -> None:
    out = tmp_path / "a" / "out"
    with locked(out):
        with pytest.raises(OutputError, match="is being written by another run"), locked(out):
            pytest.fail("the block must not run")
        assert not everything(out)
    with locked(out):
        (out / "x.txt").write_text("x")
    assert everything(tmp_path) == {"a", "a/out", "a/out/x.txt"}


def test_a_folder_in_which_nothing_came_about_goes_again(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), locked(tmp_path / "a" / "out"):
        raise RuntimeError
    assert not everything(tmp_path)


def test_what_a_killed_run_left_is_swept_away(tmp_path: Path) -> None:
    (tmp_path / f"{PARTIAL}abc").mkdir()
    (tmp_path / f"{PARTIAL}abc" / "x.txt").write_text("x")
    with locked(tmp_path):
        assert not everything(tmp_path)


def test_what_another_command_is_writing_is_left_alone(tmp_path: Path) -> None:
    with staged(tmp_path, ["x.txt"], force=False) as folder, locked(tmp_path):
        (folder / "x.txt").write_text("x")
    assert everything(tmp_path) == {"x.txt"}


def test_a_folder_that_cannot_be_made_is_one_message(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match=r"cannot be written \(Not a directory\)"), locked(tmp_path / "file" / "out"):
        pytest.fail("the block must not run")


def test_a_run_that_finished_here_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    with (
        pytest.raises(OutputError, match="exists already"),
        staged(tmp_path, ["x.txt"], force=False) as folder,
    ):
        (folder / "x.txt").write_text("late")
        (tmp_path / "x.txt").write_text("early")
    assert (tmp_path / "x.txt").read_text() == "early"
    assert everything(tmp_path) == {"x.txt"}


def test_strangers_in_the_folder_stay(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with staged(tmp_path, ["x.txt"], force=False) as folder:
        (folder / "x.txt").write_text("x")
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="is a file"), staged(tmp_path / "file", ["x"], force=False):
        pytest.fail("the block must not run")
    with pytest.raises(OutputError, match="cannot be written"), staged(tmp_path / "file" / "out", ["x"], force=False):
        pytest.fail("the block must not run")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(OutputError, match="cannot be written"), staged(tmp_path / "out", ["x"], force=False):
        pytest.fail("the block must not run")


def test_a_polite_kill_in_the_middle_leaves_nothing(tmp_path: Path) -> None:
    out = tmp_path / "out"
    code = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from pancreassign import cli, summaries\n"
        "def slow(*_):\n"
        "    print('here', flush=True); time.sleep(60)\n"
        "summaries.write = slow\n"
        f"sys.argv = ['pancreassign', 'score', {str(EXAMPLE)!r}, '-o', {str(out)!r}, '--no-report']\n"
        "cli.main()\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == "here\n"
        assert list(out.glob(".pancreassign-partial-*/*/prediction.json"))
        run.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + 30
        while run.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
    assert run.returncode == 128 + signal.SIGTERM
    assert not out.exists()


EXAMPLE = Path(__file__).parents[1] / "data" / "example" / "counts.tsv.gz"
