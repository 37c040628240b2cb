"""The script that measures paraffin's noise, on pairs whose noise is known."""

from __future__ import annotations

import gzip
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

from pancreassign import resources

SCRIPT = Path(__file__).parents[2] / "data" / "ffpe" / "build.py"
GENES = 6_000
PAIRS = 10
INDEX = pd.Index([f"G{k:04d}" for k in range(GENES)], name="gene_id")


@pytest.fixture
def build(monkeypatch) -> ModuleType:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # data/ is shipped: no __pycache__ in it
    spec = importlib.util.spec_from_file_location("build_noise", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "build_noise", module)  # dataclasses look themselves up there
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def world() -> pd.DataFrame:
    """Genes of 3 to 300 counts per million; all measure the library's size."""
    shares = np.tile(np.geomspace(3, 300, GENES // 2), 2)
    return pd.DataFrame({"share": shares / shares.sum(), "stable": True}, index=INDEX)


def pairs(world: pd.DataFrame, sd: np.ndarray, dropout: float = 0.0) -> tuple[dict[str, pd.Series], list]:
    rng = np.random.default_rng(0)
    counts, named = {}, []
    for k in range(PAIRS):
        expected = 5_000_000 * world["share"].to_numpy()
        disturbed = expected * 2.0 ** (sd * rng.standard_normal(GENES)) * (rng.random(GENES) >= dropout)
        counts[f"F{k}"] = pd.Series(rng.poisson(disturbed).astype(float), index=INDEX)
        counts[f"R{k}"] = pd.Series(rng.poisson(expected).astype(float), index=INDEX)
        named.append((f"F{k}", f"R{k}"))
    return counts, named


def test_counting_noise_alone_leaves_next_to_nothing(build, world) -> None:
    measured = build.measure(*pairs(world, np.zeros(GENES)), world)
    sd, _, weight = build.noise_of(measured)
    assert len(sd) == GENES
    assert np.sqrt(measured.change.var(axis=1, ddof=1)).mean() > 0.1
    assert sd.mean() < 0.03
    assert weight > 0.8


def test_noise_common_to_all_genes_is_measured_and_shrunken_to_its_trend(build, world) -> None:
    sd, line, weight = build.noise_of(build.measure(*pairs(world, np.full(GENES, 0.5)), world))
    assert np.sqrt(line[1]) == pytest.approx(np.full(build.BINS, 0.5), rel=0.15)
    assert weight > 0.8
    assert sd.std() < 0.06


def test_noise_of_a_gene_s_own_is_kept(build, world) -> None:
    truth = np.repeat([0.2, 0.8], GENES // 2)
    sd, _, weight = build.noise_of(build.measure(*pairs(world, truth), world))
    assert weight < 0.6
    assert sd[INDEX[truth == 0.2]].median() < 0.45
    assert 0.6 < sd[INDEX[truth == 0.8]].median() < 0.95


def test_a_change_that_all_pairs_share_is_not_noise(build, world) -> None:
    counts, named = pairs(world, np.zeros(GENES))
    shifted = {name: c * np.tile([1, 3], GENES // 2) if name.startswith("F") else c for name, c in counts.items()}
    measured = build.measure(shifted, named, world)
    assert measured.change.mean(axis=1).std() > 0.5
    assert build.noise_of(measured)[0].median() < 0.15


def test_dropout_is_what_neither_depth_nor_noise_explains(build, world) -> None:
    for dropout in (0.0, 0.05):
        measured = build.measure(*pairs(world, np.zeros(GENES), dropout), world)
        # the noise that dropout itself leaves in a gene is not to explain it away here
        _, lost, absent = build.dropout_of(measured, pd.Series(0.0, index=measured.genes))
        assert lost.mean() == pytest.approx(dropout, abs=0.01)
        assert absent.mean() >= lost.mean()


def test_noise_explains_zeros_of_its_own(build, world) -> None:
    measured = build.measure(*pairs(world, np.full(GENES, 2.5)), world)
    blamed, known = (build.dropout_of(measured, pd.Series(sd, index=measured.genes))[1].sum() for sd in (0.0, 2.5))
    assert blamed > 0.05
    assert known < blamed / 4


@pytest.mark.realdata
def test_the_shipped_table_is_rebuilt(build, realdata: Path, tmp_path: Path) -> None:
    build.main(realdata, tmp_path)
    shipped = resources.data_dir() / "ffpe" / "noise.tsv.gz"
    again = tmp_path / "noise.tsv.gz"
    assert gzip.decompress(again.read_bytes()) == gzip.decompress(shipped.read_bytes())
    assert again.read_bytes()[4:8] == bytes(4)  # no time in the gzip header
