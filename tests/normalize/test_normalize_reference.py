"""Fitting, saving and loading the frozen reference."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from normalize_factory import DEPTH, LOOKALIKES, TISSUES, TUMOURS, UNSTABLE, Cohort, cohort

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
QUALITY = pd.DataFrame(
    {"reads": 1e6 * DEPTH, "ductal": np.linspace(-1, 1, TUMOURS)}, [f"T{k:02d}" for k in range(TUMOURS)]
)


@pytest.fixture(scope="module")
def small() -> Cohort:
    return cohort()


@pytest.fixture(scope="module")
def fitted(small: Cohort) -> tuple[pd.DataFrame, pd.DataFrame]:
    return small.fit()


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
    reference.save(own, MANIFEST, *fitted, tumours, QUALITY, {})
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


def marks(small: Cohort, gene: str, **tissue: float) -> dict[str, bool]:
    """The flags of one gene, once pure tumour holds ``tissue`` log2 more of it than each of those tissues."""
    tissues = small.tissues.copy()
    for name, value in tissue.items():
        tissues.loc[gene, f"vs_{name}"] = value
    table, _ = small.fit(tissues=tissues)
    others = (table["panel"] | table["stable"]).drop(gene)
    assert others.sum() == 240 + 60 - 1, "no other gene is touched"
    return table.loc[gene, list(reference.FLAGS)].to_dict()


ENOUGH = reference.TUMOUR_CELL_LOG2
CLEARLY_LESS = -3.0 * ENOUGH
OF_THE_TUMOUR = [
    # what pure tumour holds more, whether the gene may be in the panel, whether it may be an anchor
    ({}, True, True),
    ({"fibroblast": ENOUGH}, True, True),
    ({"fibroblast": ENOUGH - 0.01}, False, False),
    ({"fibroblast": CLEARLY_LESS}, False, False),
    ({"fibroblast": np.nan}, False, False),
    ({"stroma": ENOUGH}, True, True),
    ({"stroma": 0.0}, True, False),
    ({"stroma": CLEARLY_LESS}, False, False),
    ({"stroma": np.nan}, True, True),  # no orthologue in the mouse
    ({"human_stroma": CLEARLY_LESS}, False, False),
    ({"human_stroma": np.nan}, True, True),
    ({"liver": CLEARLY_LESS}, False, False),
    ({"acinar": CLEARLY_LESS}, False, False),
    ({"liver": np.nan, "acinar": np.nan}, True, True),
]


@pytest.mark.parametrize(("tissue", "panel", "anchor"), OF_THE_TUMOUR)
def test_the_panel_and_the_anchors_are_genes_of_the_tumour_cell(
    small: Cohort, tissue: dict[str, float], panel: bool, anchor: bool
) -> None:
    variable = next(gene for gene in small.counts.index if gene.startswith("V"))
    flat = next(gene for gene in small.counts.index if gene.startswith("F"))
    assert marks(small, variable, **tissue) == {"panel": panel, "stable": False, "anchor": False}
    # what other tissue holds does not change whether a gene is constant
    assert marks(small, flat, **tissue) == {"panel": False, "stable": True, "anchor": anchor}


def test_a_gene_that_the_table_of_tissues_lacks_is_of_no_tumour_cell(small: Cohort) -> None:
    variable = [gene for gene in small.counts.index if gene.startswith("V")]
    table, _ = small.fit(tissues=small.tissues.drop(variable[:9]))
    assert kinds(table, "panel") == {"V": 60 - 9}


def test_the_two_scales_differ_by_what_the_anchors_hold(small: Cohort) -> None:
    """Half of the tumours hold twice as much of the stable genes that are no anchors, as stroma would."""
    flat = [gene for gene in small.counts.index if gene.startswith("F")]
    stroma, counts = flat[:120], small.counts.copy()
    counts.loc[stroma, counts.columns[::2]] *= 1.1
    tissues = small.tissues.copy()
    tissues.loc[stroma, "vs_stroma"] = 0.0
    table, _ = small.fit(counts=counts, tissues=tissues)
    assert kinds(table, "anchor") == {"F": 120}
    assert kinds(table, "stable") == {"F": 240}
    variable = table[table["panel"]]
    # by the anchors the stroma moves no gene: 6 and 2 as ever; by the stable genes the diluted tumours lie lower
    expected, diluted = [], []
    for name in counts:
        size = counts.loc[flat, name].sum() / 1e6
        anchors = counts.loc[flat[120:], name].sum() / 1e6 / table.loc[flat[120:], "share"].sum()
        expected.append(np.log2(1 + counts.loc[variable.index, name] / anchors))
        diluted.append(np.log2(1 + counts.loc[variable.index, name] / size))
    assert variable["mean"].to_numpy() == pytest.approx(np.mean(expected, axis=0), rel=1e-9)
    assert variable["bulk_mean"].to_numpy() == pytest.approx(np.mean(diluted, axis=0), rel=1e-9)


def test_too_few_anchors_are_refused(small: Cohort) -> None:
    tissues = small.tissues.copy()
    flat = [gene for gene in small.counts.index if gene.startswith("F")]
    tissues.loc[flat[reference.MIN_ANCHORS :], "vs_liver"] = CLEARLY_LESS
    assert kinds(small.fit(tissues=tissues)[0], "anchor") == {"F": reference.MIN_ANCHORS}
    tissues.loc[flat[0], "vs_liver"] = CLEARLY_LESS
    with pytest.raises(ArtefactError, match=f"{reference.MIN_ANCHORS - 1} stable tumour-cell genes"):
        small.fit(tissues=tissues)


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
        table, _ = own.fit()
        return bool(table.loc["S360", ["panel", "stable"]].any())

    assert not marked(4.9)
    assert marked(5.1)


def test_fit_does_not_depend_on_the_order_of_genes_or_depth(small: Cohort, genes: pd.DataFrame) -> None:
    other, _ = small.fit(counts=small.counts[::-1] * 7, symbols=small.symbols[::-1], tissues=small.tissues[::-1])
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
    tissues = pd.DataFrame(2.0, index=ids, columns=TISSUES)
    table, _ = reference.fit(counts, pd.Series(ids, index=ids), pd.Series("protein_coding", index=ids), tissues)
    # five factors take some of the noise of 80 tumours, and the variance of a logarithm is larger than its delta
    found = table["dispersion"].groupby(truth).mean()
    assert found[0.04] == pytest.approx(0.04, rel=0.2)
    assert found[0.25] == pytest.approx(0.25, rel=0.2)


def test_too_few_tumours_are_refused(small: Cohort) -> None:
    with pytest.raises(ArtefactError, match="9 tumours are too few"):
        small.fit(counts=small.counts.iloc[:, :9])
    assert small.fit(counts=small.counts.iloc[:, :10])[0]["panel"].any()


def test_save_and_load_round_trip(folder: Path, fitted: tuple[pd.DataFrame, pd.DataFrame], small: Cohort) -> None:
    loaded = reference.load(folder)
    genes, loadings = fitted
    assert loaded.name == "small"
    assert loaded.manifest["tumours"] == TUMOURS
    assert loaded.sha256 == artefacts.sha256_of(folder / "SHA256SUMS")
    assert loaded.tumours == tuple(small.counts.columns), "the excluded sample is no reference tumour"
    assert [loaded.genes[flag].dtype for flag in reference.FLAGS] == [bool] * 3
    pd.testing.assert_frame_equal(loaded.quality, QUALITY, rtol=1e-5, check_names=False)
    assert loaded.scores == {}
    pd.testing.assert_frame_equal(loaded.genes, genes, rtol=1e-5, check_names=False)
    assert list(loaded.panel) == list(genes.index[genes["panel"]])
    kept = reference.load(folder).loadings
    pd.testing.assert_frame_equal(kept, loadings, rtol=1e-3, atol=1e-3, check_names=False)


def test_what_a_tumour_could_not_be_measured_for_stays_unknown(
    tmp_path: Path, fitted: tuple[pd.DataFrame, pd.DataFrame], small: Cohort
) -> None:
    tumours = pd.DataFrame({"excluded": ""}, index=small.counts.columns)
    quality = QUALITY.assign(islet=np.nan)
    quality.iloc[3, 1] = np.nan
    reference.save(tmp_path, MANIFEST, *fitted, tumours, quality, {})
    loaded = reference.load(tmp_path).quality
    pd.testing.assert_frame_equal(loaded, quality, rtol=1e-5, check_names=False)


def test_scores_by_other_packs_are_kept_by_the_hash_of_the_pack(
    tmp_path: Path, fitted: tuple[pd.DataFrame, pd.DataFrame], small: Cohort
) -> None:
    tumours = pd.DataFrame({"excluded": ""}, index=small.counts.columns)
    scores = {
        name: pd.DataFrame({"5-FU": place + np.arange(TUMOURS) / 8, "general": -1.5}, index=small.counts.columns)
        for place, name in enumerate(("a" * 64, "b" * 64))
    }
    reference.save(tmp_path, MANIFEST, *fitted, tumours, QUALITY, scores)
    loaded = reference.load(tmp_path).scores
    assert set(loaded) == set(scores)
    for name, table in scores.items():
        pd.testing.assert_frame_equal(loaded[name], table, rtol=1e-5, check_names=False)


def test_z_loadings_are_the_share_of_a_standard_deviation(folder: Path) -> None:
    loaded = reference.load(folder)
    assert list(loaded.z_loadings.index) == list(loaded.genes.index)
    explained = (loaded.z_loadings**2).sum(axis=1)
    # the variable genes have one rank: all of their variance of 1 is in the factors, and none of a silent gene's
    assert explained[loaded.panel].to_numpy() == pytest.approx(1.0, abs=1e-3)
    assert explained[loaded.genes.index.str.startswith("S")].to_numpy() == pytest.approx(0.0)


@pytest.mark.parametrize("name", ["genes.tsv", "loadings.tsv", "tumours.tsv", "quality.tsv", "manifest.toml"])
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
        ("compatibility = 2", "compatibility = 1", "has compatibility number 1, this version reads 2"),
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
        hashes.add(reference.save(tmp_path / name, MANIFEST, *fitted, tumours, QUALITY, {}))
    again = small.fit()
    (tmp_path / "three").mkdir()
    hashes.add(reference.save(tmp_path / "three", MANIFEST, *again, tumours, QUALITY, {}))
    assert len(hashes) == 1
