"""What the simulations share: counts in, names, drawing reads, and tables by gene."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pancreassign.counts.genes import GeneTable
from pancreassign.counts.readers import read_samples
from pancreassign.errors import ArtefactError, ConfigError, InputError, SampleError, UnitsError
from pancreassign.simulate import libraries

MEND = "Build it again."


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def matrix(path: Path, gene_table: GeneTable, first: int = 0, **samples: list[float]) -> Path:
    """A file of thirty genes, from the ``first`` coding one of the table on; values are repeated over them."""
    coding = gene_table.biotype.index[gene_table.biotype == "protein_coding"][first : first + 30]
    table = {name: np.resize(values, 30) for name, values in samples.items()}
    pd.DataFrame(table, index=coding.rename("gene")).to_csv(path, sep="\t")
    return path


def test_thinning_keeps_that_many_reads_and_the_proportions() -> None:
    counts = np.array([0, 1_000, 20_000, 300_000, 4_000_000])
    thinned = libraries.thin(counts, 400_000, rng())
    assert thinned.sum() == 400_000
    assert thinned[0] == 0
    # hypergeometric: mean n K / N, and a standard deviation below its square root
    expected = 400_000 * counts / counts.sum()
    assert (np.abs(thinned - expected) <= 5 * np.sqrt(expected)).all()
    assert (thinned <= counts).all()


def test_thinning_spreads_as_binomial_thinning_does() -> None:
    random = rng()
    drawn = [libraries.thin(np.array([1_000, 9_000]), 5_000, random)[0] for _ in range(3_000)]
    assert np.mean(drawn) == pytest.approx(500, abs=2)
    # N p (1 - p) of the gene, times the share that lies outside it
    assert np.var(drawn) == pytest.approx(1_000 * 0.5 * 0.5 * 0.9, rel=0.1)


def test_all_the_reads_are_the_library_itself() -> None:
    counts = np.array([5, 0, 7])
    assert libraries.thin(counts, 12, rng()).tolist() == [5, 0, 7]
    assert libraries.thin(counts, 0, rng()).tolist() == [0, 0, 0]


@pytest.mark.parametrize("reads", [13, -1])
def test_reads_that_are_not_there_are_refused(reads: int) -> None:
    with pytest.raises(ConfigError, match=rf"{reads} cannot be drawn out of 12"):
        libraries.thin(np.array([5, 0, 7]), reads, rng())


def test_a_library_beyond_what_can_be_drawn_from_is_refused_by_name() -> None:
    with pytest.raises(ConfigError, match="a library of 3000000000 is too large"):
        libraries.thin(np.array([3 * 10**9]), 5, rng())


@pytest.mark.parametrize(
    ("name", "what", "label"),
    [
        ("S1", "ffpe1", "SIMULATED_S1_ffpe1"),
        ("SIMULATED_S1", "ffpe1", "SIMULATED_S1_ffpe1"),
        ("S1", "", "SIMULATED_S1"),
        ("a:b", "x", "SIMULATED_a_b_x"),
    ],
)
def test_labels_bear_the_mark_once_and_are_safe_as_file_names(name: str, what: str, label: str) -> None:
    assert libraries.label(name, what) == label


def test_labels_that_clash_or_are_too_long_are_refused() -> None:
    with pytest.raises(SampleError, match="two samples are named 'SIMULATED_S'"):
        libraries.check_labels(["SIMULATED_S", "SIMULATED_S"])
    with pytest.raises(SampleError, match="longer than 150 bytes"):
        libraries.check_labels(["SIMULATED_" + 141 * "x"])


def test_a_negative_seed_is_refused() -> None:
    with pytest.raises(ConfigError, match="seed: is -1"):
        libraries.generator(-1, "S")


def test_counts_of_samples_is_a_table_of_whole_numbers(gene_table: GeneTable, tmp_path: Path) -> None:
    path = matrix(tmp_path / "m.tsv", gene_table, A=[3, 40], B=[5, 60])
    counts = libraries.counts_of(read_samples([path], gene_table)[0])
    assert counts.dtypes.tolist() == [np.dtype("int64")] * 2
    assert counts.iloc[:2].to_dict("list") == {"A": [3, 40], "B": [5, 60]}
    assert counts.index.name == "gene_id"


def test_tpm_are_refused_since_they_hold_no_reads(gene_table: GeneTable, tmp_path: Path) -> None:
    path = matrix(tmp_path / "m.tsv", gene_table, A=[0.5, 60_000.5])
    samples, _ = read_samples([path], gene_table, units="tpm")
    with pytest.raises(UnitsError, match=r"A: is in tpm, which holds no reads.*raw counts"):
        libraries.counts_of(samples)


def test_samples_with_other_genes_are_refused_and_never_filled_with_zeros(
    gene_table: GeneTable, tmp_path: Path
) -> None:
    one = matrix(tmp_path / "one.tsv", gene_table, A=[3, 40])
    two = matrix(tmp_path / "two.tsv", gene_table, first=1, B=[3, 40])
    samples, _ = read_samples([one, two], gene_table)
    with pytest.raises(InputError, match="B: has other genes than A"):
        libraries.counts_of(samples)


GOOD = "gene_id\tsymbol\ta\tb\nG1\tX\t0.5\t0\nG2\tY\t0.25\t1e-3\n"


def test_a_table_by_gene_is_read_packed_or_not(tmp_path: Path) -> None:
    plain, packed = tmp_path / "t.tsv", tmp_path / "t.tsv.gz"
    plain.write_text(GOOD)
    packed.write_bytes(gzip.compress(GOOD.encode()))
    for path in (plain, packed):
        table = libraries.read_gene_table(path, MEND)
        assert table.to_dict() == {"a": {"G1": 0.5, "G2": 0.25}, "b": {"G1": 0.0, "G2": 0.001}}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (GOOD.replace("gene_id", "gene"), "has no column `gene_id`"),
        (GOOD.replace("G2", "G1"), "names G1 twice"),
        (GOOD.replace("0.25", "-0.25"), "column a, gene G2: '-0.25' is no number"),
        (GOOD.replace("0.25", "much"), "column a, gene G2: 'much' is no number"),
        (GOOD.replace("0.25", ""), "column a, gene G2: '' is no number"),
        (GOOD.replace("0.25", "inf"), "column a, gene G2: 'inf' is no number"),
        (GOOD.replace("\t1e-3", ""), "column b, gene G2: '' is no number"),
        (GOOD + "G3\tZ\t1\t2\t3\t4\n", "cannot be read as a table"),
        ("gene_id\tsymbol\nG1\tX\n", "has no numbers"),
        (GOOD.split("\n")[0] + "\n", "has no numbers"),
    ],
)
def test_a_damaged_table_is_refused_with_the_place(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "t.tsv"
    path.write_text(text)
    with pytest.raises(ArtefactError, match=rf"t\.tsv: {problem}.*{MEND}"):
        libraries.read_gene_table(path, MEND)


def test_a_truncated_table_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.tsv.gz"
    path.write_bytes(gzip.compress(GOOD.encode())[:-12])
    with pytest.raises(InputError, match="truncated"):
        libraries.read_gene_table(path, MEND)
