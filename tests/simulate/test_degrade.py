"""Degraded libraries: known truths of each step, and that no step invents reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pancreassign import resources
from pancreassign.counts.metadata import read_metadata
from pancreassign.errors import ArtefactError, ConfigError, PancreassignError, SampleError
from pancreassign.simulate import degrade
from pancreassign.simulate.degrade import Degradation

GENES = 2_000
INDEX = pd.Index([f"G{k:04d}" for k in range(GENES)], name="gene_id")
LENGTHS = pd.Series(np.tile([200, 500, 1_000, 4_000], GENES // 4), index=INDEX)


def library(reads_a_gene: int = 1_000, seed: int = 0) -> pd.Series:
    return pd.Series(np.random.default_rng(seed).poisson(reads_a_gene, GENES), index=INDEX)


def cohort(*names: str, **options: Any) -> pd.DataFrame:
    return pd.DataFrame({name: library(seed=k, **options) for k, name in enumerate(names or ("S",))})


def noise(sd: float = 0.5, dropout: float = 0.1) -> pd.DataFrame:
    return pd.DataFrame({"sd": sd, "dropout": dropout}, index=INDEX)


def run(counts: pd.DataFrame, seed: int = 1, table: pd.DataFrame | None = None, **options: Any) -> pd.DataFrame:
    wanted = Degradation(**options)
    return degrade.degrade(counts, wanted, noise() if table is None else table, LENGTHS, seed)[0]


def one(counts: pd.DataFrame, **options: Any) -> pd.Series:
    return run(counts, **options).iloc[:, 0]


def test_nothing_asked_gives_back_the_input() -> None:
    counts = cohort("A", "B")
    given = run(counts)
    assert list(given.columns) == ["SIMULATED_A_intact", "SIMULATED_B_intact"]
    assert (given.to_numpy() == counts.to_numpy()).all()


def test_all_the_reads_and_no_noise_give_back_the_input() -> None:
    counts = cohort()
    same = one(counts, reads=(int(counts["S"].sum()),), ffpe=0.0, dropout=0.0, three_prime=0.0)
    assert (same == counts["S"]).all()


def test_depth_is_exact_and_keeps_the_proportions() -> None:
    counts = cohort()
    thin = one(counts, reads=(200_000,))
    assert thin.sum() == 200_000
    assert (thin <= counts["S"]).all()
    share = 200_000 / counts["S"].sum()
    left = (thin - share * counts["S"]) / np.sqrt(counts["S"] * share * (1 - share))
    assert left.mean() == pytest.approx(0.0, abs=0.1)
    assert left.std() == pytest.approx(1.0, rel=0.1)


def test_noise_moves_each_gene_by_the_measured_sd_times_the_strength() -> None:
    counts, table = cohort(reads_a_gene=100_000), noise()
    table.loc[INDEX[: GENES // 2], "sd"] = 0.2
    for strength in (0.5, 1.0, 2.0):
        change = np.log2(one(counts, table=table, ffpe=strength) / counts["S"])
        assert change.iloc[: GENES // 2].std() == pytest.approx(0.2 * strength, rel=0.1)
        assert change.iloc[GENES // 2 :].std() == pytest.approx(0.5 * strength, rel=0.1)


def test_noise_keeps_the_size_of_the_library_and_never_adds_to_it() -> None:
    counts = cohort(*[f"S{k}" for k in range(20)])
    total, given = run(counts, ffpe=1.0).sum().to_numpy(), counts.sum().to_numpy()
    assert (total <= given).all()
    assert total == pytest.approx(given, rel=0.002)
    # half of the draws come out above the size given: those are taken back to it exactly
    assert 3 <= (total == given).sum() <= 17


def test_a_gene_without_reads_is_given_none() -> None:
    counts = cohort()
    counts.iloc[:100] = 0
    assert not one(counts, ffpe=2.0, dropout=1.0, three_prime=0.5).iloc[:100].any()


def test_a_library_without_reads_stays_so() -> None:
    assert one(cohort() * 0, ffpe=1.0, dropout=1.0).sum() == 0


def test_dropout_loses_genes_at_the_measured_probability_and_no_read_elsewhere() -> None:
    counts = cohort()
    for strength, lost in ((0.5, 0.05), (1.0, 0.1), (3.0, 0.3)):
        left = one(counts, dropout=strength)
        assert (left == 0).mean() == pytest.approx(lost, abs=0.02)
        assert (left[left > 0] == counts["S"][left > 0]).all()
    assert one(counts, dropout=20.0).sum() == 0


def test_three_prime_takes_reads_in_inverse_proportion_to_length() -> None:
    for strength, kept in ((1.0, [1.0, 1.0, 0.5, 0.125]), (0.5, [1.0, 1.0, 0.5**0.5, 0.125**0.5])):
        counts = cohort()
        left = one(counts, three_prime=strength)
        assert (left <= counts["S"]).all()
        by_length = left.groupby(LENGTHS).sum() / counts["S"].groupby(LENGTHS).sum()
        assert by_length.to_numpy() == pytest.approx(kept, abs=0.01)


def test_full_three_prime_removes_what_length_did() -> None:
    # one molecule a gene everywhere: reads in proportion to length, from the shortest gene that the bias touches
    lengths = LENGTHS.where(LENGTHS >= 500, 500)
    counts = pd.DataFrame({"S": np.random.default_rng(0).poisson(lengths)}, index=INDEX)
    left = degrade.degrade(counts, Degradation(three_prime=1.0), noise(), lengths, 1)[0].iloc[:, 0]
    assert np.corrcoef(counts["S"], lengths)[0, 1] > 0.99
    assert abs(np.corrcoef(left, lengths)[0, 1]) < 0.05
    assert left.groupby(lengths).mean().to_numpy() == pytest.approx([500, 500, 500], rel=0.02)


def test_a_gene_that_the_table_lacks_is_given_its_median() -> None:
    counts = cohort(reads_a_gene=100_000)
    half = INDEX[: GENES // 2]
    table = noise(sd=0.5).loc[half].assign(sd=np.repeat([0.1, 0.4, 0.4, 0.4], GENES // 8))
    change = np.log2(one(counts, table=table, ffpe=1.0) / counts["S"])
    assert change.drop(half).std() == pytest.approx(0.4, rel=0.1)


def test_the_same_seed_gives_the_same_bytes_and_another_others() -> None:
    options = {"reads": (500_000,), "ffpe": 1.0, "dropout": 1.0, "three_prime": 0.3}
    first, again, other = (run(cohort(), seed=seed, **options) for seed in (1, 1, 2))
    assert first.to_csv() == again.to_csv()
    assert (first.to_numpy() != other.to_numpy()).mean() > 0.9


def test_a_sample_alone_is_the_sample_among_others() -> None:
    many = cohort("A", "B", "C")
    options = {"reads": (300_000, 100_000), "ffpe": 1.0, "dropout": 1.0}
    together, alone = run(many, **options), run(many[["B"]], **options)
    pd.testing.assert_frame_equal(together[alone.columns], alone)
    twin = run(pd.DataFrame({"A": many["A"], "B": many["A"]}), ffpe=1.0).to_numpy()
    assert (twin[:, 0] != twin[:, 1]).mean() > 0.9


def test_a_depth_added_changes_no_other_and_all_come_from_one_degraded_library() -> None:
    counts = cohort()
    few = run(counts, reads=(300_000,), ffpe=2.0)
    more = run(counts, reads=(900_000, 300_000), ffpe=2.0)
    pd.testing.assert_frame_equal(more[few.columns], few)
    deep, shallow = (np.log2((more[name] + 1) / counts["S"]) for name in more)
    assert np.corrcoef(deep, shallow)[0, 1] > 0.98


def test_a_step_added_changes_no_draw_of_the_others() -> None:
    counts = cohort()
    lost = one(counts, dropout=1.0) == 0
    both = one(counts, dropout=1.0, three_prime=0.5)
    assert (both[lost] == 0).all()
    assert (both[~lost] > 0).all()


def test_names_and_truth(tmp_path: Path) -> None:
    wanted = Degradation(reads=(500_000, 100_000), ffpe=1.0, dropout=0.5, three_prime=0.25)
    counts, truth = degrade.degrade(cohort("SIMULATED_X"), wanted, noise(), LENGTHS, 7)
    done = "SIMULATED_X_ffpe1_dropout0.5_3prime0.25"
    assert list(counts.columns) == list(truth.index) == [f"{done}_500000reads", f"{done}_100000reads"]
    assert truth.loc[f"{done}_100000reads"].to_dict() == {
        "patient": "SIMULATED_X",
        "site": "",
        "preservation": "ffpe",
        "source": "SIMULATED_X",
        "seed": 7,
        "reads": 100_000,
        "ffpe": 1.0,
        "dropout": 0.5,
        "three_prime": 0.25,
    }
    assert counts.sum().tolist() == truth["reads"].tolist()
    truth.to_csv(tmp_path / "samples.tsv", sep="\t")
    known, notes = read_metadata(tmp_path / "samples.tsv")
    assert known[f"{done}_100000reads"].specimen.preservation == "ffpe"
    assert len(notes) == 1


def test_thinning_alone_says_nothing_of_preservation() -> None:
    truth = degrade.degrade(cohort(), Degradation(reads=(1_000,)), noise(), LENGTHS, 1)[1]
    assert truth["preservation"].tolist() == ["unknown"]


def test_too_few_reads_name_every_sample() -> None:
    counts = cohort("A", "B")
    with pytest.raises(PancreassignError) as caught:
        run(counts, reads=(10, 3_000_000))
    assert [line.split(":")[0] for line in str(caught.value).splitlines()] == ["A", "B"]
    with pytest.raises(ConfigError, match=r"A: has \d+ reads left after degrading, of \d+, fewer than the 1900000"):
        run(counts[["A"]], reads=(1_900_000,), dropout=1.0)


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"ffpe": -0.1}, "--ffpe: is -0.1. Give 0 to 10"),
        ({"ffpe": 11.0}, "--ffpe: is 11"),
        ({"ffpe": float("nan")}, "--ffpe: is nan"),
        ({"dropout": -1.0}, "--dropout: is -1. Give 0 or more"),
        ({"dropout": float("inf")}, "--dropout: is inf"),
        ({"three_prime": 1.5}, "--three-prime: is 1.5. Give 0 to 1"),
        ({"reads": (5, 0)}, "--reads: is 0"),
    ],
)
def test_options_out_of_range_are_refused(options: dict[str, Any], problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        Degradation(**options)


def test_a_depth_given_twice_is_refused() -> None:
    with pytest.raises(SampleError, match="two samples are named 'SIMULATED_S_100reads'"):
        run(cohort(), reads=(100, 100))


def test_the_shipped_noise_is_read_and_plausible() -> None:
    table = degrade.read_noise(resources.data_dir() / "ffpe" / "noise.tsv.gz")
    assert table.index.is_monotonic_increasing
    assert table["sd"].between(0.0, 5.0).all()
    assert table["dropout"].max() < 0.1
    # GAPDH, stable and plentiful, against the whole
    assert table.loc["ENSG00000111640", "sd"] < table["sd"].median()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("gene_id\tsymbol\tsd\nG\tX\t1\n", "expected the columns gene_id, symbol, sd, dropout"),
        ("gene_id\tsymbol\tsd\tdropout\nG\tX\t1\t1.5\n", "gives a dropout above 1"),
    ],
)
def test_another_noise_table_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "noise.tsv"
    path.write_text(text)
    with pytest.raises(ArtefactError, match=problem):
        degrade.read_noise(path)
