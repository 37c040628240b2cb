"""Each normalisation: hand-computed values, and nothing fitted on what comes in."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.ffpe import normalisations
from benchmarks.ffpe.material import gene_sets, read_counts
from pancreassign import resources
from pancreassign.counts.genes import GeneTable
from pancreassign.errors import ConfigError
from pancreassign.normalize import reference as references
from pancreassign.normalize.apply import normalise

GENES, TUMOURS = 400, 12


@pytest.fixture(scope="module")
def counts() -> np.ndarray:
    """Reference counts, genes × tumours: 400 genes over four decades, the last twenty silent."""
    rng = np.random.default_rng(1)
    mean = np.geomspace(0.5, 5000.0, GENES)
    drawn = rng.negative_binomial(4, 4 / (4 + mean[:, None]), size=(GENES, TUMOURS)).astype(float)
    drawn[-20:] = 0.0
    return drawn


@pytest.fixture(scope="module")
def named(counts: np.ndarray) -> dict[str, normalisations.Normalisation]:
    expressed = counts.mean(axis=1) > 20
    anchor = expressed & (np.arange(GENES) % 3 == 0)
    return normalisations.fit_all(counts, expressed, expressed, anchor, vst=find_spec("pydeseq2") is not None)


def samples() -> np.ndarray:
    rng = np.random.default_rng(2)
    return rng.poisson(np.geomspace(1.0, 3000.0, GENES)[:, None] * rng.gamma(3, 1, size=(GENES, 6))).astype(float)


def test_a_sample_has_the_same_values_in_any_batch(named: dict[str, normalisations.Normalisation]) -> None:
    incoming = samples()
    for name, normalisation in named.items():
        alone = normalisation(incoming[:, 2])
        assert np.isfinite(alone).all(), name
        for batch in ([2], [0, 2, 5], [5, 4, 3, 2, 1, 0]):
            together = normalisations.values(normalisation, incoming[:, batch])
            assert np.array_equal(together[batch.index(2)], alone), name


def test_variance_stabilising_gives_a_sample_alone_what_pydeseq2_gives_the_reference(counts: np.ndarray) -> None:
    dds = pytest.importorskip("pydeseq2.dds")
    table = pd.DataFrame(counts.T.astype(int), index=[f"t{i}" for i in range(TUMOURS)])
    table.columns = table.columns.astype(str)
    metadata = pd.DataFrame({"g": "a"}, index=table.index)
    with np.errstate(all="ignore"):
        fitted = dds.DeseqDataSet(counts=table, metadata=metadata, design="~1", quiet=True, n_cpus=1)
        fitted.vst(use_design=False)
    alone = normalisations.fit_vst(counts)(counts[:, 3])
    assert np.allclose(alone, fitted.layers["vst_counts"][3])


@pytest.mark.parametrize("name", ["median_of_ratios", "median_of_ratios_vst"])
def test_a_sample_with_mostly_zeros_is_unknown_and_not_infinite(
    name: str, named: dict[str, normalisations.Normalisation]
) -> None:
    if name not in named:
        pytest.skip("pydeseq2 is not installed: pip install 'pancreassign[bench]'")
    empty = np.zeros(GENES)
    empty[:100] = 5.0
    assert np.isnan(named[name](empty)).all()


def test_an_empty_sample_is_unknown_everywhere(named: dict[str, normalisations.Normalisation]) -> None:
    for name, normalisation in named.items():
        assert np.isnan(normalisation(np.zeros(GENES))).all(), name


def test_a_reference_with_a_zero_in_every_gene_is_refused(counts: np.ndarray) -> None:
    holed = counts.copy()
    holed[:, 0] = 0.0
    with pytest.raises(ConfigError, match="every gene has a zero"):
        normalisations.fit_median_of_ratios(holed, np.ones(GENES, bool))
    pytest.importorskip("pydeseq2")
    # pydeseq2 would fit anew on what comes in
    with pytest.raises(ConfigError, match="every gene has a zero"):
        normalisations.fit_vst(np.where(np.arange(GENES)[:, None] % TUMOURS == np.arange(TUMOURS), 0.0, counts + 1))


def test_values_by_hand() -> None:
    reference = np.array([[1.0, 4.0], [2.0, 2.0], [4.0, 1.0], [0.0, 0.0]])
    sample = np.array([6.0, 2.0, 0.0, 0.0])
    assert normalisations.log_cpm(sample) == pytest.approx(np.log2(1 + 1e6 * sample / 8))
    # ratios to the geometric means 2, 2, 2 are 3, 1, 0: their median is 1, the typical library 7 reads
    ratios = normalisations.fit_median_of_ratios(reference, np.ones(4, bool))
    assert ratios(sample) == pytest.approx(np.log2(1 + 1e6 * sample / 7))
    # upper quartiles of the three genes seen: 3 and 3 in libraries of 7 reads; in the sample 4
    quartile = normalisations.fit_upper_quartile(reference)
    assert quartile(sample) == pytest.approx(np.log2(1 + 1e6 * sample / (4 * 7 / 3)))
    assert normalisations.rank(sample) == pytest.approx([1.0, 0.75, 0.375, 0.375])


def test_quantile_mapping_gives_the_reference_distribution_in_the_order_of_the_sample() -> None:
    reference = np.array([[1.0, 30.0], [10.0, 3.0], [100.0, 300.0]])
    mapped = normalisations.fit_quantile(reference)(np.array([7.0, 900.0, 8.0]))
    target = np.sort(np.log2(1 + 1e6 * reference / reference.sum(axis=0)), axis=0).mean(axis=1)
    assert mapped == pytest.approx(target[[0, 2, 1]])


def test_the_shipped_normalisation_is_the_one_that_score_uses(counts: np.ndarray) -> None:
    symbols = pd.Series([f"GENE{i}" for i in range(GENES)], index=[f"ENSG{i:011d}" for i in range(GENES)])
    stable = counts.mean(axis=1) > 20
    anchor = stable & (np.arange(GENES) % 2 == 0)
    share = counts / counts[stable].sum(axis=0)
    genes = pd.DataFrame({"symbol": symbols, "stable": stable, "anchor": anchor, "share": share.mean(axis=1)})
    shipped = normalisations.fit_total(counts, anchor, stable)
    own = normalisations.values(shipped, counts)
    genes = genes.assign(mean=own.mean(axis=0), sd=own.std(axis=0, ddof=1), bulk_mean=0.0)
    genes.loc[genes["sd"] == 0, "sd"] = 1.0
    sample = pd.Series(samples()[:, 0], index=symbols.index)
    z = normalise(sample, genes, "counts", pd.Series(1.0, index=symbols.index)).z
    mine = normalisations.standardise(shipped(sample.to_numpy())[None, :], own)[0]
    assert normalisations.SHIPPED == "anchor_total"
    assert mine == pytest.approx(z.to_numpy())


@pytest.mark.realdata
def test_the_gene_sets_are_those_that_the_reference_was_built_from(realdata: Path, gene_table: GeneTable) -> None:
    frozen = references.load(resources.find_reference(resources.DEFAULT_REFERENCE))
    files = ["tumours/umccr_pdac/counts.tsv.gz", "tumours/tcga_paad/counts_20.tsv.gz"]
    counts = read_counts([realdata / file for file in files], gene_table)
    fold = pd.read_csv(resources.data_dir() / "tissues" / "genes.tsv.gz", sep="\t", index_col=0)["vs_fibroblast"]
    genes = frozen.genes.index
    sets = gene_sets(counts.loc[genes, list(frozen.tumours)], frozen.genes["symbol"], fold.reindex(genes))
    assert set(frozen.panel) <= set(genes[sets["variable_tumour"]])
    assert set(genes[sets["expressed"] & ~sets["variable"]]) == set(genes[frozen.genes["stable"]])
