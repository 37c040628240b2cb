"""The command line: exit codes, messages, help, and that bad input writes nothing."""

from __future__ import annotations

import gzip
import json
import math
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from typer.main import get_command
from typer.testing import CliRunner, Result

from pancreassign import __version__, resources, summaries
from pancreassign.cli import app

EXAMPLE = resources.data_dir() / "example" / "counts.tsv.gz"


def call(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def small() -> pd.DataFrame:
    return pd.read_csv(EXAMPLE, sep="\t", index_col=0).iloc[:, :2]


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory, small: pd.DataFrame) -> Path:
    folder = tmp_path_factory.mktemp("scored")
    small.to_csv(folder / "counts.tsv", sep="\t")
    done = call("score", folder / "counts.tsv", "-o", folder / "out", "--no-report")
    assert done.exit_code == 0, done.output
    return folder / "out"


def commands(group=None, path=()):  # type: ignore[no-untyped-def]
    for name, command in (group or get_command(app)).commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name), command


@pytest.mark.parametrize(
    ("path", "command"), list(commands()), ids=lambda value: "-".join(value) if isinstance(value, tuple) else ""
)
def test_every_command_and_option_has_help_and_stands_in_the_readme(path, command) -> None:  # type: ignore[no-untyped-def]
    assert command.help
    assert all(getattr(parameter, "help", None) for parameter in command.params if parameter.name != "help")
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    assert f"pancreassign {' '.join(path)}" in readme


def test_version() -> None:
    done = call("--version")
    assert (done.exit_code, done.output) == (0, f"pancreassign {__version__}\n")


def test_the_installed_command_ends_in_2_with_one_message_and_no_traceback(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pancreassign", "score", str(tmp_path / "none.tsv"), "-o", str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("pancreassign: ")
    assert "none.tsv" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_usage_errors_end_in_2() -> None:
    assert call("score", EXAMPLE).exit_code == 2
    assert call("score", EXAMPLE, "-o", "x", "--unheard-of").exit_code == 2


def write(folder: Path, name: str, content: bytes | str | pd.DataFrame) -> Path:
    path = folder / name
    if isinstance(content, pd.DataFrame):
        content.to_csv(path, sep="\t")
    elif isinstance(content, str):
        path.write_text(content)
    else:
        path.write_bytes(content)
    return path


def tpm(table: pd.DataFrame) -> pd.DataFrame:
    return 1e6 * table / table.sum()


BAD = {
    "empty": (lambda table: b"", "empty"),
    "prose": (lambda table: "This is not a table.\nIt only says so.\n", "table|gene"),
    "binary": (lambda table: bytes(range(256)) * 20, "text|binary|table"),
    "truncated gzip": (lambda table: gzip.compress(table.to_csv(sep="\t").encode())[:-2000], "truncated|cut|end"),
    "tpm": (lambda table: tpm(table), "TPM"),
    "log": (lambda table: (tpm(table) + 1).map(math.log2), "log"),
    "fractional": (lambda table: table * 1.37, "--units"),
    "negative": (lambda table: table - 1, "negative"),
    "missing": (lambda table: table.astype(float).where(table != 0), "empty|missing|NaN"),
    "infinite": (lambda table: table.astype(float).replace(0, float("inf")), "infinite"),
    "unknown genes": (lambda table: table.rename(lambda gene: f"xyz_{gene[-4:]}"), "gene"),
    "mouse": (lambda table: table.rename(lambda gene: gene.replace("ENSG", "ENSMUSG")), "mouse"),
    "duplicated samples": (lambda table: table.set_axis(["a", "a"], axis=1), "a"),
    "path as name": (lambda table: table.set_axis(["../x", "y"], axis=1), r"\.\./x"),
    "names that fall together": (lambda table: table.set_axis(["x:1", "x?1"], axis=1), r"x\?1"),
}  # fmt: skip


@pytest.mark.parametrize("kind", BAD)
def test_bad_input_is_refused_and_nothing_is_written(kind: str, small: pd.DataFrame, tmp_path: Path) -> None:
    make, word = BAD[kind]
    counts = write(tmp_path, "counts.tsv", make(small))
    done = call("score", counts, "-o", tmp_path / "out")
    assert done.exit_code == 2, done.output
    assert "counts.tsv" in done.output
    assert pd.Series([done.output]).str.contains(word, regex=True)[0], done.output
    assert sorted(path.name for path in tmp_path.iterdir()) == ["counts.tsv"]


def test_an_existing_output_needs_force(scored: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(scored, out)
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    done = call("score", EXAMPLE, "-o", out, "--no-report")
    assert done.exit_code == 2
    assert "--force" in done.output
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before
    assert call("score", EXAMPLE, "-o", out, "--no-report", "--force").exit_code == 0


def test_an_output_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    done = call("score", EXAMPLE, "-o", tmp_path / "file" / "out", "--no-report")
    assert done.exit_code == 2
    assert "cannot be written" in done.output
    assert (tmp_path / "file").read_text() == "mine"


@pytest.fixture
def damaged(tmp_path: Path) -> Path:
    pack = tmp_path / "pack"
    shutil.copytree(resources.find_pack(resources.DEFAULT_PACK), pack)
    weights = pack / "gemcitabine" / "weights.tsv"
    content = bytearray(weights.read_bytes())
    content[-2] ^= 1
    weights.write_bytes(bytes(content))
    return pack


def test_a_pack_with_one_changed_byte_is_refused(damaged: Path, tmp_path: Path) -> None:
    for done in (
        call("score", EXAMPLE, "-o", tmp_path / "out", "--pack", damaged),
        call("signatures", "verify", damaged),
        call("signatures", "show", damaged),
    ):
        assert done.exit_code == 2
        assert "weights.tsv" in done.output
        assert "hash" in done.output
    assert not (tmp_path / "out").exists()


def test_shipped_artefacts_verify_and_are_listed() -> None:
    verified = call("signatures", "verify")
    assert verified.exit_code == 0
    assert [line.split("\t")[:2] for line in verified.output.splitlines()] == [
        ["pdac-public", "ok"],
        ["pdac-full-length", "ok"],
    ]
    listed = call("signatures", "list").output.split("\t")
    assert listed[2] == verified.output.split()[2]
    assert call("signatures", "show").output.startswith("# pdac-public")


def test_an_unknown_pack_names_those_that_ship(tmp_path: Path) -> None:
    done = call("score", EXAMPLE, "-o", tmp_path / "out", "--pack", "nothing")
    assert done.exit_code == 2
    assert "pdac-public" in done.output


def test_fail_on_no_call_ends_in_3_and_still_writes(tmp_path: Path) -> None:
    shallow = pd.read_csv(EXAMPLE, sep="\t", index_col=0)[["SIMULATED_06_too_shallow"]]
    shallow.to_csv(tmp_path / "counts.tsv", sep="\t")
    arguments = ["score", tmp_path / "counts.tsv", "-o", tmp_path / "out", "--no-report"]
    assert call(*arguments, "--fail-on-no-call").exit_code == 3
    assert (tmp_path / "out" / "summary.tsv").is_file()
    assert call(*arguments, "--force").exit_code == 0


def test_no_records_and_no_report_leave_the_run_files(small: pd.DataFrame, tmp_path: Path) -> None:
    small.to_csv(tmp_path / "counts.tsv", sep="\t")
    done = call("score", tmp_path / "counts.tsv", "-o", tmp_path / "out", "--no-report", "--no-records")
    assert done.exit_code == 0
    assert {path.name for path in (tmp_path / "out").iterdir()} == set(summaries.RUN_FILES)


def test_no_sample_name_goes_to_the_log(small: pd.DataFrame, tmp_path: Path) -> None:
    small.to_csv(tmp_path / "counts.tsv", sep="\t")
    done = call("score", tmp_path / "counts.tsv", "-o", tmp_path / "out", "--no-report")
    assert "scored 2/2" in done.output
    assert not [name for name in small.columns if name in done.output]


def test_report_renders_again_from_the_json_alone(scored: Path, tmp_path: Path) -> None:
    record = next(scored.glob("*/prediction.json"))
    moved = tmp_path / "moved.json"
    shutil.copy(record, moved)
    assert call("report", moved, "-o", tmp_path / "one.pdf").exit_code == 0
    assert call("report", moved, "-o", tmp_path / "folder").exit_code == 0
    again = tmp_path / "folder" / record.parent.name / "report.pdf"
    assert again.read_bytes() == (tmp_path / "one.pdf").read_bytes()
    assert call("report", moved, "-o", tmp_path / "one.pdf").exit_code == 2
    assert call("report", moved, record, "-o", tmp_path / "two.pdf").exit_code == 2
    assert call("report", moved, record, "-o", tmp_path / "two").exit_code == 2
    assert call("report", moved, "-o", tmp_path / "dated", "--report-date", "2026-11-30").exit_code == 0
    assert call("report", moved, "-o", tmp_path / "undated", "--report-date", "soon").exit_code == 2
    assert not (tmp_path / "undated").exists()


@pytest.mark.parametrize("name", ["../../evil", "/tmp/evil", "", "..", "a\x00b"])
def test_a_record_whose_id_leads_elsewhere_is_refused(name: str, scored: Path, tmp_path: Path) -> None:
    record = json.loads(next(scored.glob("*/prediction.json")).read_text())
    record["sample"]["id"] = name
    odd = write(tmp_path, "odd.json", json.dumps(record))
    done = call("report", odd, "-o", tmp_path / "deep" / "out")
    assert done.exit_code == 2, done.output
    assert "odd.json" in done.output
    assert [path.name for path in tmp_path.iterdir()] == ["odd.json"]


@pytest.mark.parametrize(
    ("change", "key"),
    [
        (lambda record: record["drugs"][0].update(percentile=500), "percentile"),
        (lambda record: record["drugs"][0].update(probability=-0.1), "probability"),
        (lambda record: record["drugs"].reverse(), "order"),
        (lambda record: record["drugs"][0].update(call="maybe"), "call"),
    ],
)
def test_an_impossible_record_is_refused(change, key: str, scored: Path, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    record = json.loads(next(scored.glob("*/prediction.json")).read_text())
    change(record)
    done = call("report", write(tmp_path, "odd.json", json.dumps(record)), "-o", tmp_path / "out")
    assert done.exit_code == 2
    assert key in done.output


def test_paths_that_no_system_takes_are_named(tmp_path: Path) -> None:
    long = tmp_path / ("x" * 300)
    for done in (
        call("score", EXAMPLE, "-o", long),
        call("score", EXAMPLE, "-o", tmp_path / "out", "--pack", long),
        call("score", EXAMPLE, "-o", ""),
    ):
        assert done.exit_code == 2, done.exception
        assert "-o" in done.output or "xxx" in done.output
    assert not list(tmp_path.iterdir())


def test_a_folder_in_the_place_of_a_result_stops_all(small: pd.DataFrame, tmp_path: Path) -> None:
    small.to_csv(tmp_path / "counts.tsv", sep="\t")
    (tmp_path / "out" / "run.json").mkdir(parents=True)
    done = call("score", tmp_path / "counts.tsv", "-o", tmp_path / "out", "--no-report", "--force")
    assert done.exit_code == 2
    assert "run.json: is a folder" in done.output
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["run.json"]


def test_what_an_earlier_run_left_is_told_or_removed(small: pd.DataFrame, tmp_path: Path) -> None:
    small.to_csv(tmp_path / "two.tsv", sep="\t")
    small.iloc[:, :1].to_csv(tmp_path / "one.tsv", sep="\t")
    first, second = (tmp_path / "out" / name for name in small.columns)
    assert call("score", tmp_path / "two.tsv", "-o", tmp_path / "out").exit_code == 0
    done = call("score", tmp_path / "one.tsv", "-o", tmp_path / "out", "--no-report", "--force")
    assert "keeps the folders of 1 samples of an earlier run" in done.output
    assert (first / "prediction.json").exists()
    assert not (first / "report.pdf").exists()
    assert (second / "report.pdf").exists()


@pytest.mark.parametrize("content", ["", "{}", "[1", '{"schema": "pancreassign/prediction/9"}'])
def test_a_record_that_is_none_is_named(content: str, tmp_path: Path) -> None:
    bad = write(tmp_path, "bad.json", content)
    done = call("report", bad, "-o", tmp_path / "out")
    assert done.exit_code == 2
    assert "bad.json" in done.output
    assert not (tmp_path / "out").exists()


def test_the_schema_describes_what_is_written(scored: Path) -> None:
    schema = json.loads(call("schema").output)
    record = json.loads(next(scored.glob("*/prediction.json")).read_text())
    assert set(schema["required"]) <= set(record) <= set(schema["properties"])
    assert schema["properties"]["schema"]["const"] == "pancreassign/prediction/1"


def test_simulate_rebuilds_the_shipped_example(tmp_path: Path) -> None:
    recipe = EXAMPLE.parent / "recipe.toml"
    assert call("simulate", "tumours", recipe, "-o", tmp_path).exit_code == 0
    for name in ("counts.tsv.gz", "samples.tsv"):
        ours, shipped = ((folder / name).read_bytes() for folder in (tmp_path, EXAMPLE.parent))
        if name.endswith(".gz"):
            ours, shipped = gzip.decompress(ours), gzip.decompress(shipped)
        assert ours == shipped, f"{name} no longer follows from its recipe"


def test_a_bad_recipe_is_named(tmp_path: Path) -> None:
    bad = write(tmp_path, "recipe.toml", "seed = 1\nsample = []\n")
    for command in (["simulate", "tumours"], ["train"]):
        done = call(*command, bad, "-o", tmp_path / "out")
        assert done.exit_code == 2
        assert "recipe.toml" in done.output
    done = call("reference", "build", EXAMPLE, "--recipe", bad, "-o", tmp_path / "out")
    assert done.exit_code == 2
    assert not (tmp_path / "out").exists()


@pytest.mark.realdata
@pytest.mark.slow
def test_the_shipped_reference_and_pack_are_rebuilt_bit_for_bit(realdata: Path, tmp_path: Path) -> None:
    tumours = [realdata / "tumours/umccr_pdac/counts.tsv.gz", realdata / "tumours/tcga_paad/counts_20.tsv.gz"]
    recipe = resources.data_dir() / "reference" / "pdac-full-length.toml"
    assert call("reference", "build", *tumours, "--recipe", recipe, "-o", tmp_path / "reference").exit_code == 0
    same_files(tmp_path / "reference", resources.find_reference(resources.DEFAULT_REFERENCE))
    config = resources.signatures_dir() / "pdac-public.toml"
    assert call("train", config, "--data", realdata, "-o", tmp_path / "pack").exit_code == 0
    same_files(tmp_path / "pack", resources.find_pack(resources.DEFAULT_PACK), versions="manifest.toml")


def same_files(ours: Path, shipped: Path, versions: str | None = None) -> None:
    """The same files, bit for bit; a manifest that lists package versions may differ in those alone."""
    names = sorted(path.relative_to(shipped).as_posix() for path in shipped.rglob("*") if path.is_file())
    assert names == sorted(path.relative_to(ours).as_posix() for path in ours.rglob("*") if path.is_file())
    for name in names:
        one, other = ((folder / name).read_text(encoding="utf-8") for folder in (ours, shipped))
        if name == versions:
            one, other = (text.partition("[packages]")[0] for text in (one, other))
        if name != "SHA256SUMS" or versions is None:
            assert one == other, name


def test_other_faces_come_from_the_record_alone_too(small: pd.DataFrame, tmp_path: Path) -> None:
    small.to_csv(tmp_path / "counts.tsv", sep="\t")
    call("score", tmp_path / "counts.tsv", "-o", tmp_path / "out", "--no-report", "--fhir", "--rcp")
    records = sorted((tmp_path / "out").glob("*/prediction.json"))
    done = call("report", *records, "-o", tmp_path / "again", "--fhir", "--rcp")
    assert done.exit_code == 0, done.output
    for record in records:
        again = tmp_path / "again" / record.parent.name
        assert {path.name for path in again.iterdir()} == {"report.pdf", "fhir.json", "rcp.txt"}
        for name in ("fhir.json", "rcp.txt"):
            assert (again / name).read_bytes() == record.with_name(name).read_bytes()
    wrong = call("report", records[0], "-o", tmp_path / "one.pdf", "--rcp")
    assert wrong.exit_code == 2
    assert "is one file, but more than the PDF is wanted" in wrong.output
