"""Fitting, saving and loading the frozen reference."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from normalize_factory import DEPTH, LOOKALIKES, TUMOURS, UNSTABLE, Cohort, cohort

from pancreassign import artefacts
from pancreassign.errors import ArtefactError
from pancreassign.normalize import reference

MANIFEST = {
    "name": "small",
    "version": "0.0.1",
    "released": "2026-01-01",
    "protocol": "full-length",
    "tumours": TUMOURS,
}


@pytest.fixture(scope="module")
def small() -> Cohort:
    return cohort()


@pytest.fixture(scope="module")
def fitted(small: Cohort) -> tuple[pd.DataFrame, pd.DataFrame]:
    return reference.fit(small.counts, small.symbols, small.biotypes)


@pytest.fixture
def genes(fitted: tuple[pd.DataFrame, pd.DataFrame]) -> pd.DataFrame:
    return fitted[0].copy()


@pytest.fixture
def folder(tmp_path: Path, fitted: tuple[pd.DataFrame, pd.DataFrame], small: Cohort) -> Path:
    """The reference of the cohort, saved; one more sample is listed as excluded."""
    own = tmp_path / "small"
    own.mkdir()
    excluded = ["" for _ in small.counts.columns]
    tumours = pd.DataFrame({"excluded": [*excluded, "duplicate"]}, index=[*small.counts.columns, "Z"])
    reference.save(own, MANIFEST, *fitted, tumours)
    return own


def kinds(genes: pd.DataFrame, column: str) -> dict[str, int]:
    """How many genes of each kind (the first letter of their id) are marked."""
    marked = genes.index[genes[column]]
    return pd.Series(marked.str[0]).value_counts().to_dict()


def test_panel_is_the_variable_fifth_and_the_rest_is_stable(genes: pd.DataFrame) -> None:
    assert kinds(genes, "panel") == {"V": 60}
    assert kinds(genes, "stable") == {"F": 240}


def test_only_named_coding_genes_are_kept_sorted(genes: pd.DataFrame) -> None:
    assert len(genes) == 240 + 60 + len(UNSTABLE) + 40 + 45
    assert not set(genes.index.str[0]) & {"N", "X"}
    assert genes.index.is_monotonic_increasing


def test_mean_sd_and_share_by_hand(genes: pd.DataFrame) -> None:
    variable = genes[genes["panel"]]
    # six tumours at log2(64) = 6 and six at log2(4) = 2
    assert variable["mean"].to_numpy() == pytest.approx(4.0, abs=1e-12)
    assert variable["sd"].to_numpy() == pytest.approx(np.sqrt(12 * 2**2 / 11), abs=1e-12)
    assert variable["share"].to_numpy() == pytest.approx(33e-6)
    flat = genes.loc[[gene for gene in genes.index if gene[0] == "F" and int(gene[1:]) > 1]]
    assert flat["share"].to_numpy() == pytest.approx(4000e-6)
    assert flat["mean"].to_numpy() == pytest.approx((np.log2(4041) + np.log2(3961)) / 2)


def test_shares_of_the_stable_genes_sum_to_one(genes: pd.DataFrame) -> None:
    assert genes.loc[genes["stable"], "share"].sum() == pytest.approx(1.0, abs=1e-14)
    assert genes["share"].sum() > 1.0


def test_a_gene_silent_in_all_tumours_has_sd_one(genes: pd.DataFrame) -> None:
    silent = genes[genes.index.str.startswith("S")]
    assert len(silent) == 45
    assert (silent["sd"] == 1.0).all()
    assert (silent["mean"] == 0.0).all()
    assert not silent["panel"].any()


@pytest.mark.parametrize("symbol", UNSTABLE)
def test_genes_that_follow_handling_are_excluded(genes: pd.DataFrame, symbol: str) -> None:
    row = genes[genes["symbol"] == symbol].iloc[0]
    assert row["mean"] > 12, "it is expressed, so only its name can exclude it"
    assert not row["panel"]
    assert not row["stable"]


@pytest.mark.parametrize("symbol", LOOKALIKES)
def test_lookalikes_of_those_genes_are_kept(genes: pd.DataFrame, symbol: str) -> None:
    assert genes[genes["symbol"] == symbol].iloc[0]["stable"]


@pytest.mark.parametrize(
    ("symbol", "unstable"),
    [("MT-ND4L", True), ("MT1X", False), ("MTOR", False), ("HBA2", True), ("HBP1", False), ("H3-3A", True),
     ("H1-10", True), ("H4C3", True), ("RPS4Y1", True), ("RPL36AL", True), ("RPL22L1", True), ("RPS27A", True),
     ("RPLP2", True), ("RPS6KB1", False), ("RPS19BP1", False), ("RPP30", False), ("MRPS18A", False)],
)  # fmt: skip
def test_names_of_handling_genes(symbol: str, unstable: bool) -> None:
    assert bool(re.search(reference.UNSTABLE_SYMBOLS, symbol)) is unstable


def test_expressed_means_five_counts_per_million() -> None:
    def marked(abundance: float) -> bool:
        own = cohort()
        per_million = own.counts.sum() / 1e6
        own.counts.loc["S360"] = abundance * per_million
        table, _ = reference.fit(own.counts, own.symbols, own.biotypes)
        return bool(table.loc["S360", ["panel", "stable"]].any())

    assert not marked(4.9)
    assert marked(5.1)


def test_fit_does_not_depend_on_the_order_of_genes_or_depth(small: Cohort, genes: pd.DataFrame) -> None:
    other, _ = reference.fit(small.counts[::-1] * 7, small.symbols[::-1], small.biotypes)
    pd.testing.assert_frame_equal(other.drop(columns="dispersion"), genes.drop(columns="dispersion"), rtol=1e-9)


def test_loadings_and_dispersion_account_for_the_variance(fitted: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    genes, loadings = fitted
    # all variation of this cohort has one rank, so the factors hold it all and the residual is nothing
    assert loadings.shape == (len(genes), 5)
    explained = (loadings**2).sum(axis=1)[genes["panel"]]
    assert explained.to_numpy() == pytest.approx(48 / 11)
    assert (genes["dispersion"] == 0.01).all()


def test_dispersion_is_that_of_the_counts_that_were_drawn() -> None:
    rng = np.random.default_rng(1)
    ids = pd.Index([f"G{k:03d}" for k in range(300)])
    truth = pd.Series(np.repeat([0.04, 0.25], 150), index=ids)
    gamma = rng.gamma(1 / truth.to_numpy()[:, None], truth.to_numpy()[:, None], (300, 80))
    counts = pd.DataFrame(rng.poisson(2000 * gamma), index=ids)
    table, _ = reference.fit(counts, pd.Series(ids, index=ids), pd.Series("protein_coding", index=ids))
    # five factors take some of the noise of 80 tumours, and the variance of a logarithm is larger than its delta
    found = table["dispersion"].groupby(truth).mean()
    assert found[0.04] == pytest.approx(0.04, rel=0.2)
    assert found[0.25] == pytest.approx(0.25, rel=0.2)


def test_too_few_tumours_are_refused(small: Cohort) -> None:
    with pytest.raises(ArtefactError, match="9 tumours are too few"):
        reference.fit(small.counts.iloc[:, :9], small.symbols, small.biotypes)
    assert reference.fit(small.counts.iloc[:, :10], small.symbols, small.biotypes)[0]["panel"].any()


def test_profiles_keep_kinds_of_three_samples_or_more(small: Cohort, genes: pd.DataFrame) -> None:
    albumin = small.counts.iloc[:, :3].copy()
    albumin.loc["S360"] = 250_000 * DEPTH[:3]  # a quarter of the stable reads
    excluded = {"albumin_high": albumin, "pair": small.counts.iloc[:, :2]}
    table = reference.profiles(excluded, genes)
    assert list(table.columns) == ["profile_albumin_high"]
    assert list(table.index) == list(genes.index)
    assert table.loc["S360", "profile_albumin_high"] == pytest.approx(0.25)
    assert table.loc["F100", "profile_albumin_high"] == pytest.approx(0.004, rel=0.011)


def test_save_and_load_round_trip(folder: Path, fitted: tuple[pd.DataFrame, pd.DataFrame], small: Cohort) -> None:
    loaded = reference.load(folder)
    genes, loadings = fitted
    assert loaded.name == "small"
    assert loaded.manifest["tumours"] == TUMOURS
    assert loaded.sha256 == artefacts.sha256_of(folder / "SHA256SUMS")
    assert loaded.tumours == tuple(small.counts.columns), "the excluded sample is no reference tumour"
    assert loaded.genes["panel"].dtype == bool
    pd.testing.assert_frame_equal(loaded.genes, genes, rtol=1e-5, check_names=False)
    assert list(loaded.panel) == list(genes.index[genes["panel"]])
    kept = reference.load(folder).loadings
    pd.testing.assert_frame_equal(kept, loadings, rtol=1e-3, atol=1e-3, check_names=False)


def test_z_loadings_are_the_share_of_a_standard_deviation(folder: Path) -> None:
    loaded = reference.load(folder)
    assert list(loaded.z_loadings.index) == list(loaded.genes.index)
    explained = (loaded.z_loadings**2).sum(axis=1)
    # the variable genes have one rank: all of their variance of 1 is in the factors, and none of a silent gene's
    assert explained[loaded.panel].to_numpy() == pytest.approx(1.0, abs=1e-3)
    assert explained[loaded.genes.index.str.startswith("S")].to_numpy() == pytest.approx(0.0)


@pytest.mark.parametrize("name", ["genes.tsv", "loadings.tsv", "tumours.tsv", "manifest.toml"])
def test_one_changed_byte_is_noticed(folder: Path, name: str) -> None:
    data = bytearray((folder / name).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / name).write_bytes(bytes(data))
    with pytest.raises(ArtefactError, match="does not match its hash"):
        reference.load(folder)


def test_missing_and_extra_files_are_noticed(folder: Path) -> None:
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(ArtefactError, match=r"notes\.txt: is not listed"):
        reference.load(folder)
    (folder / "notes.txt").unlink()
    (folder / "loadings.tsv").unlink()
    with pytest.raises(ArtefactError, match=r"loadings\.tsv: is listed in SHA256SUMS but missing"):
        reference.load(folder)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("compatibility = 1", "compatibility = 2", "has compatibility number 2, this version reads 1"),
        ('kind = "reference"', 'kind = "signature pack"', "is a 'signature pack', not a 'reference'"),
    ],
)
def test_another_compatibility_and_a_pack_are_refused(folder: Path, old: str, new: str, message: str) -> None:
    manifest = folder / "manifest.toml"
    assert old in manifest.read_text()
    manifest.write_text(manifest.read_text().replace(old, new))
    artefacts.seal(folder)
    with pytest.raises(ArtefactError, match=message):
        reference.load(folder)


def test_saving_twice_gives_the_same_bytes(
    tmp_path: Path, fitted: tuple[pd.DataFrame, pd.DataFrame], small: Cohort
) -> None:
    tumours = pd.DataFrame({"excluded": ""}, index=small.counts.columns)
    hashes = set()
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        hashes.add(reference.save(tmp_path / name, MANIFEST, *fitted, tumours))
    again = reference.fit(small.counts, small.symbols, small.biotypes)
    (tmp_path / "three").mkdir()
    hashes.add(reference.save(tmp_path / "three", MANIFEST, *again, tumours))
    assert len(hashes) == 1
