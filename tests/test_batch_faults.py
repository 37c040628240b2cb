"""`run`: slips that could give a patient another's result, or lose one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from test_batch import EXAMPLE, Laboratory, names
from typer.testing import CliRunner

from pancreassign import cohort, produce, resources
from pancreassign.cli import app
from pancreassign.errors import ArtefactError, ClinicalError, ConfigError, InputError, OutputError, SampleError
from pancreassign.faces import Faces
from pancreassign.produce import Means
from pancreassign.pseudonyms import Pseudonyms


@pytest.fixture
def laboratory(tmp_path: Path) -> Laboratory:
    return Laboratory(tmp_path, pd.read_csv(EXAMPLE / "counts.tsv.gz", sep="\t", index_col=0).iloc[:, :4])


def record(laboratory: Laboratory, sample: str) -> dict[str, dict[str, object]]:
    return json.loads((laboratory.out / sample / "prediction.json").read_text())  # type: ignore[no-any-return]


def test_a_corrected_column_is_scored_again(laboratory: Laboratory) -> None:
    laboratory.write("two.tsv\tX\tA", header="path\tsample\tcolumn")
    laboratory.run()
    first = record(laboratory, "X")["input"]
    laboratory.write("two.tsv\tX\tB", header="path\tsample\tcolumn")
    assert list(laboratory.run().why.values()) == ["changed: column"]
    assert record(laboratory, "X")["input"] != first


def test_two_samples_do_not_take_the_same_counts(laboratory: Laboratory) -> None:
    laboratory.write("c.htseq.txt\tC\tp2", "c.htseq.txt\tD\tp3", "two.tsv\tA\tp1")
    ledger = laboratory.run()
    assert names(ledger.failed) == ["C", "D"]
    assert "gives 'C' the same counts as 'D'" in str(next(iter(ledger.failed.values())))
    assert laboratory.summary() == ["A"]


def test_the_same_counts_in_two_files_fail_whatever_was_done_before(laboratory: Laboratory) -> None:
    laboratory.htseq("d.htseq.txt", 2)
    laboratory.write("c.htseq.txt\tC\tp2", "two.tsv\tA\tp1")
    laboratory.run()
    laboratory.write("c.htseq.txt\tC\tp2", "two.tsv\tA\tp1", "d.htseq.txt\tD\tp3")
    for _ in range(2):
        assert sorted(names(laboratory.run().failed)) == ["C", "D"]
        assert laboratory.summary() == ["A"]
        (laboratory.out / "scores.h5ad").unlink()
    laboratory.write("c.htseq.txt\tC\tp2", "two.tsv\tA\tp1")
    assert names(laboratory.run().skipped) == ["C", "A"]


def test_a_folder_that_is_in_the_way_fails_its_line_alone(laboratory: Laboratory) -> None:
    laboratory.out.mkdir()
    (laboratory.out / "A").write_text("mine")
    ledger = laboratory.run()
    assert names(ledger.failed) == ["A"]
    assert "out/A: is a file where a folder must be" in str(next(iter(ledger.failed.values())))
    assert laboratory.summary() == ["B", "C"]
    assert (laboratory.out / "A").read_text() == "mine"


def test_the_page_compares_no_lesions_where_one_failed(laboratory: Laboratory) -> None:
    laboratory.write("two.tsv\tA\tp1", "two.tsv\tB\tp1", "gone.tsv\tL\tp1")
    laboratory.run()
    page = (laboratory.out / "cohort.html").read_text()
    assert "1 that could not be scored" in page
    assert "a sample of this patient could not be scored, so the lesions are not compared" in page
    assert "The 2 lesions compared" not in page
    laboratory.write("two.tsv\tA\tp1", "two.tsv\tB\tp1")
    laboratory.run()
    assert "could not be scored" not in (laboratory.out / "cohort.html").read_text()


def test_a_stopped_run_under_names_is_not_finished_under_pseudonyms(laboratory: Laboratory) -> None:
    laboratory.run()
    (laboratory.out / "run.json").unlink()
    with pytest.raises(OutputError, match="holds results under other names"):
        laboratory.run(pseudonyms=Pseudonyms(b"0123456789abcdef"), force=True)


def test_two_keys_do_not_share_a_folder(laboratory: Laboratory) -> None:
    laboratory.run(pseudonyms=Pseudonyms(b"0123456789abcdef"))
    with pytest.raises(OutputError, match="holds results under other names"):
        laboratory.run(pseudonyms=Pseudonyms(b"fedcba9876543210"))
    assert names(laboratory.run(pseudonyms=Pseudonyms(b"0123456789abcdef")).skipped) == ["A", "B", "C"]


def test_nothing_done_over_something_elses_results_leaves_them_its_own(laboratory: Laboratory) -> None:
    job = cohort.Job(
        [laboratory.folder / "two.tsv"],
        laboratory.out,
        resources.DEFAULT_PACK,
        resources.DEFAULT_REFERENCE,
        reports=False,
    )
    cohort.score(job, lambda done, total: None, lambda note: None)
    laboratory.write("gone.tsv\tX\tp1")
    laboratory.run(force=True)
    laboratory.write("c.htseq.txt\tC\tp2")
    with pytest.raises(OutputError, match="was not made by a run of a sheet"):
        laboratory.run()


def test_one_file_of_facts_spelt_in_two_ways(laboratory: Laboratory) -> None:
    (laboratory.folder / "facts.toml").write_text('dpyd = "complete"\n')
    spelt = f"../{laboratory.folder.name}/facts.toml"
    header = "path\tsample\tpatient\tclinical"
    laboratory.write("two.tsv\tA\tp1\tfacts.toml", f"two.tsv\tB\tp2\t{spelt}", header=header)
    with pytest.raises(ClinicalError, match="describes one patient, but serves samples of 2"):
        laboratory.run()


def test_facts_for_all_may_name_a_line_with_a_file_of_its_own(laboratory: Laboratory) -> None:
    (laboratory.folder / "facts.tsv").write_text("sample\tage\nA\t58\n")
    laboratory.write("two.tsv\tA\tfacts.tsv", "two.tsv\tB\t", header="path\tsample\tclinical")
    assert names(laboratory.run(clinical=laboratory.folder / "facts.tsv").records) == ["A", "B"]


def test_facts_for_all_must_name_a_sample(laboratory: Laboratory) -> None:
    facts = laboratory.folder / "facts.tsv"
    facts.write_text("sample\tdpyd\nA-1\tcomplete\n")
    with pytest.raises(SampleError, match="names none of the samples, but 'A-1'"):
        laboratory.run(clinical=facts)
    facts.write_text("sample\tdpyd\nA\tcomplete\n")
    laboratory.run(clinical=facts)
    assert record(laboratory, "A")["clinical"] == {"dpyd": "complete"}
    assert record(laboratory, "C")["clinical"] == {}


def test_facts_of_one_patient_do_not_serve_others(laboratory: Laboratory) -> None:
    facts = laboratory.folder / "facts.toml"
    facts.write_text('dpyd = "complete"\n')
    with pytest.raises(ClinicalError, match="describes one patient, but there are 3 samples"):
        laboratory.run(clinical=facts)
    header = "path\tsample\tpatient\tclinical"
    laboratory.write("two.tsv\tA\tp1\tfacts.toml", "two.tsv\tB\tp2\tfacts.toml", header=header)
    with pytest.raises(ClinicalError, match="describes one patient, but serves samples of 2, such as 'A' and 'B'"):
        laboratory.run()
    laboratory.write("two.tsv\tA\tp1\tfacts.toml", "two.tsv\tB\tp1\tfacts.toml", header=header)
    assert names(laboratory.run().records) == ["A", "B"]


@pytest.mark.parametrize(
    ("option", "kind"), [({"format": "mtrix"}, InputError), ({"lang": "xx", "rcp": True}, ConfigError)]
)
def test_a_slip_in_an_option_refuses_the_run_and_wipes_nothing(
    laboratory: Laboratory, option: dict[str, object], kind: type[Exception]
) -> None:
    laboratory.run()
    before = laboratory.files()
    with pytest.raises(kind):
        laboratory.run(**option)
    assert laboratory.files() == before


def test_names_and_pseudonyms_do_not_share_a_folder(laboratory: Laboratory) -> None:
    hidden = Pseudonyms(b"0123456789abcdef")
    laboratory.run()
    with pytest.raises(OutputError, match="holds results under other names"):
        laboratory.run(pseudonyms=hidden, force=True)
    again = cohort.Job(
        [laboratory.folder / "two.tsv"],
        laboratory.out,
        resources.DEFAULT_PACK,
        resources.DEFAULT_REFERENCE,
        reports=False,
        pseudonyms=hidden,
        force=True,
    )
    with pytest.raises(OutputError, match="holds results under other names"):
        cohort.score(again, lambda done, total: None, lambda note: None)


def test_no_hash_under_pseudonyms_can_be_found_by_trying(laboratory: Laboratory) -> None:
    from pancreassign.artefacts import sha256_of

    laboratory.run(pseudonyms=Pseudonyms(b"0123456789abcdef"))
    known = [sha256_of(laboratory.folder / name) for name in ("sheet.tsv", "two.tsv")]  # names stand in both
    for path in laboratory.out.rglob("*.json"):
        assert not [digest for digest in known if digest in path.read_text()], path.name
    assert laboratory.said()["started"] is None


def test_a_sheet_that_goes_during_the_run_is_named_by_what_was_read(
    laboratory: Laboratory, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pancreassign.artefacts import sha256_of
    from pancreassign.batch import run as module

    def meanwhile(*given: object) -> None:
        laboratory.sheet.unlink(missing_ok=True)
        keep(*given)  # type: ignore[arg-type]

    keep, digest = module._keep, sha256_of(laboratory.sheet)
    monkeypatch.setattr(module, "_keep", meanwhile)
    laboratory.run()
    assert laboratory.said()["sheet"]["sha256"] == digest  # type: ignore[index]


def test_a_patient_with_a_lesion_that_failed_has_no_view(laboratory: Laboratory) -> None:
    laboratory.write("two.tsv\tA\tp1", "two.tsv\tB\tp1", "gone.tsv\tL\tp1")
    laboratory.run()
    assert not (laboratory.out / "patients").exists()
    assert [note for note in laboratory.said()["notes"] if "'L', which failed" in note]  # type: ignore[attr-defined]
    laboratory.write("two.tsv\tA\tp1", "two.tsv\tB\tp1")
    laboratory.run()
    assert (laboratory.out / "patients/p1.json").exists()


@pytest.mark.parametrize("damage", ['{"sheet": "x"}', '{"sheet": {}, "outputs": []}', "[]", "{"])
def test_a_damaged_account_of_the_earlier_run(laboratory: Laboratory, damage: str) -> None:
    laboratory.run()
    (laboratory.out / "run.json").write_text(damage)
    ledger = laboratory.run(force=True)
    assert names(ledger.records) == ["A", "B", "C"]
    assert laboratory.said()["lines"] == {"done": 3, "skipped": 0, "failed": 0}


def test_a_mark_of_done_without_results_is_not_believed(laboratory: Laboratory) -> None:
    laboratory.run()
    mark = laboratory.out / "C/done.json"
    said = json.loads(mark.read_text())
    mark.write_text(json.dumps({**said, "files": {}}))
    (laboratory.out / "C/prediction.json").unlink()
    assert names(laboratory.run().records) == ["C"]
    mark.write_text(json.dumps({key: said[key] for key in ("grounds", "files")}))
    assert list(laboratory.run().why.values()) == ["new"]


def test_a_page_that_no_run_of_a_sheet_made_stays(laboratory: Laboratory) -> None:
    (laboratory.out / "C").mkdir(parents=True)
    (laboratory.out / "C/report.pdf").write_text("mine")
    assert names(laboratory.run().failed) == ["C"]
    assert (laboratory.out / "C/report.pdf").read_text() == "mine"


def test_a_path_that_is_no_text(tmp_path: Path, laboratory: Laboratory) -> None:
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.tsv"))
    try:
        odd.write_bytes((laboratory.folder / "two.tsv").read_bytes())
    except OSError:
        pytest.skip("this file system takes no such name")
    job = cohort.Job([odd], tmp_path / "odd", resources.DEFAULT_PACK, resources.DEFAULT_REFERENCE, reports=False)
    cohort.score(job, lambda done, total: None, lambda note: None)
    assert json.loads((tmp_path / "odd/run.json").read_bytes())["inputs"][0]["path"].endswith("caf\udce9.tsv")


@pytest.mark.slow
def test_a_kit_that_changes_before_the_other_processes_load_it(laboratory: Laboratory) -> None:
    regimens = laboratory.folder / "regimens.toml"
    regimens.write_bytes((resources.data_dir() / "regimens/regimens.toml").read_bytes())
    means = Means(resources.DEFAULT_PACK, resources.DEFAULT_REFERENCE, regimens, Faces(reports=False), jobs=2)
    kit = means.kit()
    regimens.write_text(regimens.read_text() + "# changed\n")
    tasks = [produce.Task(object(), None, None)]  # type: ignore[arg-type]
    with pytest.raises(ArtefactError, match="were changed while they were read"), produce.workshop(means, kit) as cores:
        list(cores.products(tasks))


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
def test_a_killed_run_leaves_no_process_behind(laboratory: Laboratory) -> None:
    arguments = [sys.executable, "-m", "pancreassign", "run", str(laboratory.sheet), "-o", str(laboratory.out)]
    process = subprocess.Popen([*arguments, "--jobs", "2"], stderr=subprocess.DEVNULL, start_new_session=True)
    while not (laboratory.out / "A").exists():
        assert process.poll() is None
        time.sleep(0.01)
    others = in_session(process.pid)
    assert len(others) > 2
    process.send_signal(signal.SIGKILL)
    process.wait()
    deadline = time.monotonic() + 20
    while in_session(process.pid) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not in_session(process.pid)


def in_session(session: int) -> list[int]:
    """The processes of a session that are not dead."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, own = path.read_text().rpartition(")")[2].split()[:4]
        except OSError:
            continue
        if int(own) == session and state != "Z":
            found.append(int(path.parent.name))
    return found


def test_a_defect_does_not_hide_what_else_failed(laboratory: Laboratory, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*given: object) -> object:
        raise KeyError("ours")

    monkeypatch.setattr(produce, "predict", broken)
    laboratory.write("two.tsv\tA\tp1", "gone.tsv\tD\tp2")
    arguments = ["run", str(laboratory.sheet), "-o", str(laboratory.out), "--no-report", "--log-format", "json"]
    ended = CliRunner().invoke(app, arguments)
    assert ended.exit_code == 1
    lines = [json.loads(line) for line in ended.stderr.splitlines() if line.startswith("{")]
    failed = {line["sample"]: line for line in lines if line["event"] == "failed"}
    assert failed["D"]["problem"] == "no such file"
    assert "a defect of pancreassign" in failed["A"]["message"]
    assert [line["event"] for line in lines][-2:] == ["done", "defect"]
