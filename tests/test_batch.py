"""`run`: a sheet worked off again and again."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import anndata
import pandas as pd
import pytest

from pancreassign import cohort, resources, summaries
from pancreassign.artefacts import sha256_of
from pancreassign.batch.ledger import Ledger
from pancreassign.batch.run import run
from pancreassign.errors import InputError, OutputError, PancreassignError, SampleError
from pancreassign.pseudonyms import Pseudonyms

EXAMPLE = resources.data_dir() / "example"


@pytest.fixture(scope="module")
def counts() -> pd.DataFrame:
    return pd.read_csv(EXAMPLE / "counts.tsv.gz", sep="\t", index_col=0).iloc[:, :4]


class Laboratory:
    """A folder with a sheet, a matrix of two samples (A, B) and an HTSeq file of one (C)."""

    def __init__(self, folder: Path, counts: pd.DataFrame) -> None:
        self.folder, self.out, self.sheet = folder, folder / "out", folder / "sheet.tsv"
        self.counts = counts
        counts.iloc[:, :2].set_axis(["A", "B"], axis=1).to_csv(folder / "two.tsv", sep="\t")
        self.htseq("c.htseq.txt", 2)
        self.write("two.tsv\tA\tp1", "two.tsv\tB\tp1", "c.htseq.txt\tC\tp2")

    def htseq(self, name: str, column: int) -> None:
        self.counts.iloc[:, column].to_csv(self.folder / name, sep="\t", header=False)

    def write(self, *lines: str, header: str = "path\tsample\tpatient") -> None:
        self.sheet.write_text("\n".join([header, *lines]) + "\n")

    def job(self, **options: object) -> cohort.Job:
        given = {"pack": resources.DEFAULT_PACK, "reference": resources.DEFAULT_REFERENCE, "reports": False, **options}
        return cohort.Job(counts=(), out=self.out, **given)  # type: ignore[arg-type]

    def run(self, **options: object) -> Ledger:
        return run(self.sheet, self.job(**options), lambda done, total: None, lambda note: None)

    def files(self) -> dict[str, tuple[bytes, int]]:
        """Every result with its time of writing, what is said of the run itself apart: what was skipped keeps both."""
        found = (path for path in self.out.rglob("*") if path.is_file() and path.name != "run.json")
        return {path.relative_to(self.out).as_posix(): (path.read_bytes(), path.stat().st_mtime_ns) for path in found}

    def said(self) -> dict[str, object]:
        return json.loads((self.out / "run.json").read_text())  # type: ignore[no-any-return]

    def summary(self) -> list[str]:
        return list(pd.read_csv(self.out / "summary.tsv", sep="\t")["sample"])


@pytest.fixture
def laboratory(tmp_path: Path, counts: pd.DataFrame) -> Laboratory:
    return Laboratory(tmp_path, counts)


def names(lines: object) -> list[str]:
    return [line.sample for line in lines]  # type: ignore[attr-defined]


def test_a_sheet_gives_what_score_gives(laboratory: Laboratory) -> None:
    ledger = laboratory.run()
    assert names(ledger.records) == ["A", "B", "C"]
    assert laboratory.summary() == ["A", "B", "C"]
    renamed = laboratory.folder / "C.htseq.txt"
    shutil.copy(laboratory.folder / "c.htseq.txt", renamed)
    (laboratory.folder / "samples.tsv").write_text("sample\tpatient\nA\tp1\nB\tp1\nC\tp2\n")
    again = cohort.Job(
        counts=[laboratory.folder / "two.tsv", renamed],
        out=laboratory.folder / "score",
        pack=resources.DEFAULT_PACK,
        reference=resources.DEFAULT_REFERENCE,
        samples=laboratory.folder / "samples.tsv",
        reports=False,
    )
    cohort.score(again, lambda done, total: None, lambda note: None)
    for file in (
        "A/prediction.json",
        "C/prediction.json",
        "summary.tsv",
        "patients/p1.json",
        "cohort.html",
        "scores.h5ad",
    ):
        assert (laboratory.out / file).read_bytes() == (again.out / file).read_bytes(), file


def test_a_second_run_touches_nothing(laboratory: Laboratory) -> None:
    laboratory.run()
    before = laboratory.files()
    ledger = laboratory.run()
    assert names(ledger.skipped) == ["A", "B", "C"]
    assert laboratory.files() == before
    said = laboratory.said()
    assert said["lines"] == {"done": 0, "skipped": 3, "failed": 0}
    assert said["samples"] == ["A", "B", "C"]
    assert set(said["outputs"]) == {*summaries.COMMON, "patients/p1.json"}  # type: ignore[call-overload]


def test_only_what_changed_is_redone(laboratory: Laboratory) -> None:
    laboratory.run()
    before = laboratory.files()
    laboratory.htseq("c.htseq.txt", 3)
    ledger = laboratory.run()
    assert names(ledger.skipped) == ["A", "B"]
    assert {line.sample: why for line, why in ledger.why.items()} == {"C": "changed: counts"}
    after = laboratory.files()
    changed = {name for name in after if after[name] != before[name]}
    common = {"summary.tsv", "scores.h5ad", "pancreassign_mqc.json", "cohort.html"}
    assert changed == {"C/prediction.json", "C/done.json", "patients/p1.json"} | common
    assert after["patients/p1.json"][0] == before["patients/p1.json"][0]
    counts = anndata.read_h5ad(laboratory.out / "scores.h5ad")
    own = pd.Series(counts.layers["counts"][2], counts.var_names)
    assert own.loc[laboratory.counts.index].tolist() == laboratory.counts.iloc[:, 3].tolist()


@pytest.mark.parametrize(
    ("line", "options", "why"),
    [
        ("c.htseq.txt\tC\tp3", {}, "changed: sample"),
        ("c.htseq.txt\tC\tp2", {"rcp": True}, "changed: options"),
        ("c.htseq.txt\tC\tp2", {"force": True}, "--force"),
    ],
)
def test_why_a_sample_is_done_again(laboratory: Laboratory, line: str, options: dict[str, object], why: str) -> None:
    laboratory.write("c.htseq.txt\tC\tp2")
    laboratory.run()
    laboratory.write(line)
    assert list(laboratory.run(**options).why.values()) == [why]


def test_facts_that_change_are_a_reason_too(laboratory: Laboratory) -> None:
    facts = laboratory.folder / "c.toml"
    facts.write_text("age = 58\n")
    laboratory.write("c.htseq.txt\tC\tc.toml", header="path\tsample\tclinical")
    laboratory.run()
    facts.write_text("age = 58 # checked\n")
    assert not laboratory.run().why
    facts.write_text("age = 59\n")
    assert list(laboratory.run().why.values()) == ["changed: clinical"]
    assert json.loads((laboratory.out / "C/prediction.json").read_text())["clinical"] == {"age": 59}


@pytest.mark.parametrize("name", ["C/prediction.json", "C/done.json"])
def test_a_result_that_was_edited_or_lost_is_made_again(laboratory: Laboratory, name: str) -> None:
    laboratory.run()
    whole = (laboratory.out / name).read_bytes()
    (laboratory.out / name).write_bytes(whole + b" ")
    assert names(laboratory.run().why) == (["C"] if name == "C/prediction.json" else [])
    (laboratory.out / "C/prediction.json").unlink()
    assert names(laboratory.run().why) == ["C"]
    assert not laboratory.run().why


def test_common_results_that_were_edited_are_made_again_without_scoring(laboratory: Laboratory) -> None:
    laboratory.run()
    whole = (laboratory.out / "summary.tsv").read_bytes()
    for name in ("summary.tsv", "scores.h5ad"):
        (laboratory.out / name).write_bytes(b"edited")
    ledger = laboratory.run()
    assert not ledger.why
    assert (laboratory.out / "summary.tsv").read_bytes() == whole
    assert anndata.read_h5ad(laboratory.out / "scores.h5ad").n_obs == 3


def test_what_failed_is_listed_while_the_rest_goes_on(laboratory: Laboratory) -> None:
    digest = sha256_of(laboratory.folder / "two.tsv")
    (laboratory.folder / "tpm.tsv").write_text("gene\tT\nENSG00000000003\t1.5\n")
    (laboratory.folder / "x.toml").write_text("aeg = 58\n")
    laboratory.write(
        f"two.tsv\tA\t{digest}\t",
        f"c.htseq.txt\tC\t{digest}\t",
        "none.tsv\tD\t\t",
        "two.tsv\tE\t\t",
        "tpm.tsv\tT\t\t",
        "two.tsv\tB\t\tx.toml",
        header="path\tsample\tsha256\tclinical",
    )
    ledger = laboratory.run()
    assert names(ledger.records) == ["A"]
    problems = {line.sample: str(error) for line, error in ledger.failed.items()}
    assert "is not the file of the sheet: its SHA-256 begins with" in problems["C"]
    assert "none.tsv: no such file" in problems["D"]
    assert "has no sample 'E'; it has 'A', 'B'" in problems["E"]
    assert "tpm.tsv" in problems["T"]
    assert "aeg" in problems["B"]
    assert laboratory.summary() == ["A"]
    failed = laboratory.said()["failed"]
    assert {one["sample"]: one["problem"] for one in failed} == problems  # type: ignore[attr-defined]
    before = laboratory.files()
    laboratory.run()
    assert laboratory.files() == before
    laboratory.write(f"two.tsv\tA\t{digest}\t", "c.htseq.txt\tC\t\t", header="path\tsample\tsha256\tclinical")
    mended = laboratory.run()
    assert names(mended.skipped) == ["A"]
    assert names(mended.records) == ["C"]
    assert laboratory.said()["failed"] == []


def test_a_drive_that_is_gone_takes_nothing_with_it(laboratory: Laboratory) -> None:
    laboratory.run()
    before = laboratory.files()
    laboratory.folder.joinpath("two.tsv").rename(laboratory.folder / "gone.tsv")
    laboratory.folder.joinpath("c.htseq.txt").rename(laboratory.folder / "gone.txt")
    assert names(laboratory.run().failed) == ["A", "B", "C"]
    assert laboratory.files() == before
    laboratory.folder.joinpath("gone.tsv").rename(laboratory.folder / "two.tsv")
    assert names(laboratory.run().skipped) == ["A", "B"]
    assert laboratory.summary() == ["A", "B"]


def test_a_defect_of_one_line_leaves_the_rest(laboratory: Laboratory, monkeypatch: pytest.MonkeyPatch) -> None:
    from pancreassign import produce

    def broken(sample: object, *rest: object) -> object:
        if sample.id == "A":  # type: ignore[attr-defined]
            raise KeyError("ours")
        return predict(sample, *rest)  # type: ignore[arg-type]

    predict = produce.predict
    monkeypatch.setattr(produce, "predict", broken)
    assert isinstance(laboratory.run().defects[0], KeyError)
    assert laboratory.summary() == ["B", "C"]
    assert "a defect of pancreassign: KeyError('ours')" in str(laboratory.said()["failed"])
    monkeypatch.setattr(produce, "predict", predict)
    assert names(laboratory.run().records) == ["A"]


@pytest.mark.parametrize(
    ("header", "lines", "problem"),
    [
        ("path\tsample\tpatint", ["two.tsv\tA\tp"], r"columns that are not known: patint \(did you mean patient\?\)"),
        ("path\tsample", ["two.tsv\tA", "c.htseq.txt\tA"], r"line 3: names A a second time"),
        ("path\tsample", ["two.tsv\tA", "c.htseq.txt\ta"], r"'A' and 'a' would share one folder"),
        ("path\tsample", ["\tA"], r"line 2: names no count file"),
        ("path\tsample", ["two.tsv\t"], r"line 2: names no sample"),
        ("path\tsample\tsha256", ["two.tsv\tA\tabc"], r"line 2: sha256 is not 64 hexadecimal digits"),
        ("path\tsample\tpreservation", ["two.tsv\tA\tFFPEE"], r"line 2: preservation is 'FFPEE'"),
        ("path\tsample", ["two.tsv\t=1+1"], r"starts with '=', which a spreadsheet would take for a formula"),
        ("path\tsample\tpatient", ["two.tsv\tA\t-"], r"the patient's id starts with '-'"),
        ("path\tsample", ["two.tsv\t../A"], r"looks like a path"),
        ("path", ["two.tsv"], r"has no column `sample`"),
    ],
)
def test_a_sheet_that_is_wrong_is_refused_whole(
    laboratory: Laboratory, header: str, lines: list[str], problem: str
) -> None:
    laboratory.write(*lines, header=header)
    with pytest.raises(SampleError, match=problem):
        laboratory.run()
    assert not laboratory.out.exists()


def test_a_sheet_without_the_column_path(laboratory: Laboratory) -> None:
    laboratory.write("A", header="sample")
    with pytest.raises(PancreassignError, match=r"has no column `path`"):
        laboratory.run()


def test_a_sample_may_have_another_name_in_its_file(laboratory: Laboratory) -> None:
    laboratory.write("two.tsv\tX\tB", header="path\tsample\tcolumn")
    laboratory.run()
    mine = json.loads((laboratory.out / "X/prediction.json").read_text())
    laboratory.write("two.tsv\tB", header="path\tsample")
    laboratory.run()
    own = json.loads((laboratory.out / "B/prediction.json").read_text())
    assert mine["input"] == own["input"]
    assert mine["sample"]["id"] == "X"


def test_paths_are_sought_beside_the_sheet_then_here(
    laboratory: Laboratory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    shutil.copy(laboratory.folder / "two.tsv", elsewhere / "other.tsv")
    (elsewhere / "c.htseq.txt").write_text("not this one")
    monkeypatch.chdir(elsewhere)
    laboratory.write("other.tsv\tA", "c.htseq.txt\tC", header="path\tsample")
    assert names(laboratory.run().records) == ["A", "C"]


def test_results_of_something_else_are_not_replaced(laboratory: Laboratory) -> None:
    laboratory.out.mkdir()
    (laboratory.out / "summary.tsv").write_text("mine")
    with pytest.raises(OutputError, match=r"summary\.tsv: was not made by a run of a sheet"):
        laboratory.run()
    (laboratory.out / "summary.tsv").unlink()
    (laboratory.out / "A").mkdir()
    (laboratory.out / "A/prediction.json").write_text("mine")
    ledger = laboratory.run()
    assert names(ledger.failed) == ["A"]
    assert (laboratory.out / "A/prediction.json").read_text() == "mine"
    assert names(laboratory.run(force=True).records) == ["A", "B", "C"]


def test_a_line_that_left_the_sheet_leaves_the_summary_and_keeps_its_folder(laboratory: Laboratory) -> None:
    laboratory.run()
    laboratory.write("two.tsv\tA\tp1")
    notes: list[str] = []
    run(laboratory.sheet, laboratory.job(), lambda done, total: None, notes.append)
    assert laboratory.summary() == ["A"]
    assert (laboratory.out / "C/prediction.json").exists()
    assert not (laboratory.out / "patients/p1.json").exists()
    assert [note for note in notes if "keeps earlier results of 2 samples" in note]


def test_pseudonyms_hide_the_names_of_failed_lines_too(laboratory: Laboratory) -> None:
    laboratory.write("two.tsv\tA\tZzyzx", "none-Zzyzx.tsv\tZzyzx\tZzyzx")
    laboratory.run(pseudonyms=Pseudonyms(b"0123456789abcdef"))
    for path in laboratory.out.rglob("*"):
        assert "Zzyzx" not in path.name
        assert not path.is_file() or b"Zzyzx" not in path.read_bytes()
    assert laboratory.said()["failed"][0]["kind"] == InputError.__name__  # type: ignore[index]


COMMAND = [sys.executable, "-m", "pancreassign", "run"]


def start(laboratory: Laboratory) -> subprocess.Popen[str]:
    arguments = [*COMMAND, str(laboratory.sheet), "-o", str(laboratory.out)]
    return subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_stop_at_any_moment_loses_nothing(laboratory: Laboratory, how: signal.Signals) -> None:
    with start(laboratory) as process:
        first = laboratory.out / "A/report.pdf"  # the last of a sample's files to be moved
        while not first.exists():
            assert process.poll() is None
            time.sleep(0.002)
        process.send_signal(how)
        process.communicate()
    assert process.returncode != 0
    assert not (laboratory.out / "run.json").exists()
    record = first.read_bytes()
    done = run(laboratory.sheet, laboratory.job(reports=True), lambda done, total: None, lambda note: None)
    assert "A" in names(done.skipped)
    assert first.read_bytes() == record
    assert laboratory.summary() == ["A", "B", "C"]
    assert not [path for path in laboratory.out.iterdir() if path.name.startswith(".")]


@pytest.mark.slow
def test_two_runs_at_a_time_are_kept_apart(laboratory: Laboratory) -> None:
    with start(laboratory) as first:
        while not (laboratory.out / "A").exists():
            assert first.poll() is None
            time.sleep(0.002)
        with start(laboratory) as second:
            _, said = second.communicate()
        _, fine = first.communicate()
    assert (second.returncode, first.returncode) == (2, 0), fine
    assert "is being written by another run" in said
    assert laboratory.summary() == ["A", "B", "C"]


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs limits of POSIX")
def test_a_full_disk_is_one_message_and_leaves_nothing_half_written(laboratory: Laboratory) -> None:
    """No file may grow beyond 200 kB: each PDF does, as on a disk that is full."""
    limit = "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
    limit += "resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000));"
    code = f"{limit} from pancreassign.cli import main; main()"
    arguments = [sys.executable, "-c", code, "run", str(laboratory.sheet), "-o", str(laboratory.out)]
    ran = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert ran.returncode == 2, ran.stderr
    assert "cannot be written (File too large). Check its permissions and free space." in ran.stderr
    assert "Traceback" not in ran.stderr
    assert [path.name for path in laboratory.out.iterdir()] == ["run.json"]
    assert len(laboratory.said()["failed"]) == 3  # type: ignore[arg-type]
    assert names(laboratory.run().records) == ["A", "B", "C"]


def test_the_shipped_sheet(tmp_path: Path) -> None:
    job = cohort.Job((), tmp_path / "out", resources.DEFAULT_PACK, resources.DEFAULT_REFERENCE, reports=False)
    ledger = run(EXAMPLE / "sheet.tsv", job, lambda done, total: None, lambda note: None)
    assert len(ledger.records) == 7
    assert not ledger.failed


def test_a_file_that_changes_while_it_is_read_fails_its_lines(
    laboratory: Laboratory, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pancreassign.batch import inputs

    def meanwhile(*given: object, **options: object) -> object:
        laboratory.htseq("c.htseq.txt", 3)
        return read(*given, **options)  # type: ignore[arg-type]

    read = inputs.read_samples
    laboratory.write("c.htseq.txt\tC\tp2")
    monkeypatch.setattr(inputs, "read_samples", meanwhile)
    (error,) = laboratory.run().failed.values()
    assert "was changed while it was read" in str(error)
    monkeypatch.setattr(inputs, "read_samples", read)
    assert names(laboratory.run().records) == ["C"]
