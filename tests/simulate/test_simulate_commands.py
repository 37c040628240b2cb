"""`pancreassign simulate degrade` and `mix`: staged output, truth beside the counts, refusals. For tests/simulate/."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner

from pancreassign import resources
from pancreassign.cli import app
from pancreassign.simulate import mix

EXAMPLE = resources.data_dir() / "example" / "counts.tsv.gz"
DEGRADE = ("--ffpe", "1", "--dropout", "1", "--reads", "100000", "--reads", "50000")
COL1A1 = "ENSG00000108821"
MIX = ("--with", "stroma", "--content", "0.5", "--content", "0.2")


def call(*arguments: object) -> Any:
    return CliRunner().invoke(app, ["simulate", *map(str, arguments)])


def made(out: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    counts, samples = (pd.read_csv(out / name, sep="\t", index_col=0) for name in ("counts.tsv.gz", "samples.tsv"))
    return counts, samples


@pytest.mark.parametrize("command", [("degrade", *DEGRADE), ("mix", *MIX)])
def test_what_is_written_is_labelled_and_repeatable(tmp_path: Path, command: tuple[str, ...]) -> None:
    name, *options = command
    for out in ("one", "two"):
        assert call(name, EXAMPLE, "-o", tmp_path / out, *options, "--seed", 5).exit_code == 0
    for file in ("counts.tsv.gz", "samples.tsv"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()
    counts, samples = made(tmp_path / "one")
    assert list(counts.columns) == list(samples.index)
    assert all(sample.startswith("SIMULATED_") for sample in counts)
    assert counts.sum().tolist() == samples["reads"].tolist()
    assert samples["seed"].unique().tolist() == [5]
    assert call(name, EXAMPLE, "-o", tmp_path / "one", *options).exit_code == 2  # never over what exists


def test_degrading_gives_every_depth_of_every_sample(tmp_path: Path) -> None:
    assert call("degrade", EXAMPLE, "-o", tmp_path, *DEGRADE).exit_code == 0
    samples = made(tmp_path)[1]
    assert samples.groupby("source")["reads"].apply(list).tolist() == [[100_000, 50_000]] * 7


def test_mixing_states_the_content(tmp_path: Path) -> None:
    assert call("mix", EXAMPLE, "-o", tmp_path, *MIX).exit_code == 0
    counts, samples = made(tmp_path)
    assert samples.groupby("source")["content"].apply(list).tolist() == [[0.5, 0.2]] * 7
    profiles = mix.read_profiles(resources.data_dir() / "tissues" / "profiles.tsv.gz")
    own = pd.read_csv(EXAMPLE, sep="\t", index_col=0)
    shares, given = counts.loc[COL1A1] / counts.sum(), own.loc[COL1A1] / own.sum()
    content = samples["content"].to_numpy()
    expected = content * given[samples["source"]].to_numpy() + (1 - content) * profiles.loc[COL1A1, "stroma"]
    assert shares.to_numpy() == pytest.approx(expected, rel=0.08)


def test_a_laboratory_s_own_profiles(tmp_path: Path) -> None:
    table = tmp_path / "own.tsv.gz"
    table.write_bytes(gzip.compress(b"gene_id\tspleen\nENSG00000108821\t0.25\nENSG00000163631\t0.75\n"))
    done = call("mix", EXAMPLE, "-o", tmp_path / "out", "--profiles", table, "--with", "spleen", "--content", 0)
    assert done.exit_code == 0
    counts = made(tmp_path / "out")[0]
    assert (counts.loc[["ENSG00000108821", "ENSG00000163631"]].sum() == counts.sum()).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("degrade", EXAMPLE, "--reads", "900000000"), "fewer than the 900000000 asked for"),
        (("degrade", EXAMPLE, "--ffpe", "11"), "--ffpe: is 11"),
        (("mix", EXAMPLE, "--with", "spleen", "--content", "0.5"), "Known: tumour, stroma"),
        (("mix", EXAMPLE, "--with", "stroma", "--content", "1.5"), "--content"),
    ],
)
def test_refusals_leave_nothing_behind(tmp_path: Path, arguments: tuple[object, ...], message: str) -> None:
    done = call(*arguments, "-o", tmp_path / "out")
    assert done.exit_code == 2
    assert message in done.output
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("command", [("degrade", "--ffpe", "1"), ("mix", *MIX)])
def test_tpm_are_refused(tmp_path: Path, command: tuple[str, ...]) -> None:
    counts = pd.read_csv(EXAMPLE, sep="\t", index_col=0).iloc[:, :2]
    path = tmp_path / "tpm.tsv"
    (1e6 * counts / counts.sum()).to_csv(path, sep="\t")
    name, *options = command
    for units, message in (("auto", "look like TPM"), ("tpm", "is in tpm, which holds no reads")):
        done = call(name, path, "-o", tmp_path / "out", *options, "--units", units)
        assert done.exit_code == 2
        assert message in done.output
