"""Simulated tumours: labelled, repeatable, and distributed as the reference says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pancreassign import simulate
from pancreassign.errors import ConfigError
from pancreassign.simulate import SimulatedSample, SimulationRecipe, tumours

GENES = 500
INDEX = pd.Index([f"G{k:03d}" for k in range(GENES)], name="gene_id")


def table(dispersion: float = 0.05) -> pd.DataFrame:
    """A reference's gene table: 500 genes of abundance 7 to 1023."""
    return pd.DataFrame(
        {"mean": np.repeat([3.0, 5.0, 7.0, 8.0, 10.0], GENES // 5), "dispersion": dispersion}, index=INDEX
    )


def profiles() -> pd.DataFrame:
    """Two pure tissues: one made of the first ten genes, and one whose ten genes the reference lacks in part."""
    shares = pd.DataFrame({"liver": np.r_[np.full(10, 0.1), np.zeros(GENES - 10)]}, index=INDEX)
    shares = pd.concat([shares, pd.DataFrame({"liver": 0.0}, index=["ELSEWHERE"])])
    return shares.assign(acinar=[*[0.0] * 10, *[0.05] * 10, *[0.0] * (GENES - 20), 0.5])


def loadings(size: float = 0.0) -> pd.DataFrame:
    """Two factors; the first moves the last 100 genes up together."""
    values = np.zeros((GENES, 2))
    values[-100:, 0] = size
    return pd.DataFrame(values, index=INDEX, columns=["factor_1", "factor_2"])


def recipe(*samples: dict[str, Any], seed: int = 1) -> SimulationRecipe:
    filled = [
        {"name": f"SIMULATED_{k}", "patient": f"P{k}", "reads": 1_000_000, **own} for k, own in enumerate(samples)
    ]
    return SimulationRecipe.model_validate({"seed": seed, "sample": filled})


def draw(*samples: dict[str, Any], seed: int = 1, genes: pd.DataFrame | None = None, size: float = 0.0) -> pd.DataFrame:
    return simulate.simulate(
        recipe(*samples, seed=seed), table() if genes is None else genes, loadings(size), profiles()
    )


def test_the_same_seed_gives_the_same_counts_and_another_does_not() -> None:
    one, two, other = draw({}, {}), draw({}, {}), draw({}, {}, seed=2)
    pd.testing.assert_frame_equal(one, two)
    assert (one["SIMULATED_0"] != other["SIMULATED_0"]).mean() > 0.9
    assert (one["SIMULATED_0"] != one["SIMULATED_1"]).mean() > 0.9


def test_a_sample_added_anywhere_changes_no_other() -> None:
    first, second, new = {"name": "SIMULATED_a"}, {"name": "SIMULATED_b", "dropout": 0.2}, {"name": "SIMULATED_new"}
    few, more = draw(first, second), draw(new, first, second)
    pd.testing.assert_frame_equal(few, more[few.columns])


def test_counts_are_whole_and_indexed_as_the_reference() -> None:
    counts = draw({})
    assert counts.dtypes.to_list() == [np.dtype("int64")]
    assert (counts >= 0).all().all()
    assert list(counts.index) == list(INDEX)
    assert counts.index.name == "gene_id"


@pytest.mark.parametrize("reads", [20_000, 2_000_000])
@pytest.mark.parametrize("extra", [{}, {"gene_noise": 1.0}, {"mix_with": "liver", "mix_share": 0.7}])
def test_the_library_has_about_the_reads_asked_for(reads: int, extra: dict[str, Any]) -> None:
    total = draw({"reads": reads, **extra})["SIMULATED_0"].sum()
    assert total == pytest.approx(reads, rel=0.2)


def test_genes_get_their_share_of_the_reads() -> None:
    counts = draw({"reads": 10_000_000}, genes=table(0.001))["SIMULATED_0"]
    by_level = counts.groupby(table()["mean"]).sum()
    expected = pd.Series({mean: 2.0**mean - 1 for mean in (3.0, 5.0, 7.0, 8.0, 10.0)})
    assert (by_level / by_level.sum()).to_numpy() == pytest.approx((expected / expected.sum()).to_numpy(), rel=0.05)


def test_factors_move_their_genes_together() -> None:
    counts = draw(*[{}] * 60, size=0.8, genes=table(0.001))
    logs = np.log2(counts.iloc[-100:] + 1)
    own, other = logs.mean(), np.log2(counts.iloc[200:300] + 1).mean()
    assert (own - other).std() == pytest.approx(0.8, rel=0.3)
    assert np.corrcoef(logs.iloc[0], logs.iloc[1])[0, 1] > 0.9
    assert (draw(*[{}] * 60, genes=table(0.001)).iloc[-100:].mean()).std() < 100


def test_dropout_loses_that_share_of_genes() -> None:
    whole, degraded = draw({}, genes=table(0.001)), draw({"dropout": 0.3}, genes=table(0.001))
    assert (whole == 0).to_numpy().sum() == 0
    assert float((degraded == 0).to_numpy().mean()) == pytest.approx(0.3, abs=0.06)
    assert degraded["SIMULATED_0"].sum() == pytest.approx(1_000_000, rel=0.02)


def test_gene_noise_disturbs_each_gene_by_itself() -> None:
    counts = draw({"gene_noise": 1.0}, genes=table(0.001))["SIMULATED_0"]
    spread = np.log2(counts + 1).groupby(table()["mean"]).std()
    assert spread[8.0] == pytest.approx(1.0, rel=0.25)
    assert spread[10.0] == pytest.approx(1.0, rel=0.25)


@pytest.mark.parametrize(("tissue", "markers"), [("liver", slice(0, 10)), ("acinar", slice(10, 20))])
def test_mixing_gives_the_other_tissue_its_share_of_reads(tissue: str, markers: slice) -> None:
    counts = draw({"mix_with": tissue, "mix_share": 0.7}, genes=table(0.001))["SIMULATED_0"]
    # its ten genes hold 0.7 of the reads and next to nothing of the rest, whatever else its profile lists
    assert counts[markers].sum() / counts.sum() == pytest.approx(0.7, abs=0.02)
    assert counts.drop(INDEX[markers]).min() > 0


def test_an_unknown_tissue_is_named_with_those_that_are_known() -> None:
    with pytest.raises(ConfigError, match=r"profile spleen: is not in the table\. Known: liver, acinar"):
        draw({"mix_with": "spleen", "mix_share": 0.5})


@pytest.mark.parametrize(("mean", "dispersion"), [(5.0, 0.5), (200.0, 0.1), (3000.0, 0.02), (0.5, 2.0)])
def test_negative_binomial_moments(mean: float, dispersion: float) -> None:
    rng = np.random.default_rng(0)
    size = 200_000
    drawn = tumours._negative_binomial(np.full(size, mean), np.full(size, dispersion), rng)
    assert drawn.mean() == pytest.approx(mean, rel=0.02)
    assert drawn.var() == pytest.approx(mean + dispersion * mean**2, rel=0.04)


def test_a_gene_without_reads_stays_without() -> None:
    assert not tumours._negative_binomial(np.zeros(9), np.full(9, 0.1), np.random.default_rng(0)).any()


def test_metadata_is_the_table_of_samples() -> None:
    rows = simulate.metadata(recipe({"site": "liver"}, {"preservation": "frozen", "protocol": "3-prime"}).sample)
    assert rows.index.name == "sample"
    assert list(rows.index) == ["SIMULATED_0", "SIMULATED_1"]
    first = {"patient": "P0", "site": "liver", "preservation": "ffpe", "protocol": "full-length"}
    assert rows.loc["SIMULATED_0"].to_dict() == first
    second = {"patient": "P1", "site": "pancreas", "preservation": "frozen", "protocol": "3-prime"}
    assert rows.loc["SIMULATED_1"].to_dict() == second


SAMPLE = '[[sample]]\nname = "SIMULATED_1"\npatient = "P"\nreads = 1000\n'


def test_a_recipe_is_read(tmp_path: Path) -> None:
    path = tmp_path / "recipe.toml"
    path.write_text(f"seed = 4\n{SAMPLE}dropout = 0.25\n")
    assert simulate.read_recipe(path) == SimulationRecipe(
        seed=4, sample=[SimulatedSample(name="SIMULATED_1", patient="P", reads=1000, dropout=0.25)]
    )


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (SAMPLE, "seed: "),
        ("seed = 1\n", "sample: "),
        ("seed = 1\nsample = []\n", "sample: "),
        (f"seed = 1\n{SAMPLE}dropuot = 0.5\n", r"sample\.0\.dropuot: "),
        (f"seed = 1\n{SAMPLE}dropout = 1.0\n", r"sample\.0\.dropout: "),
        (f"seed = 1\n{SAMPLE}mix_share = 1.1\n", r"sample\.0\.mix_share: "),
        (f"seed = 1\n{SAMPLE}gene_noise = -1\n", r"sample\.0\.gene_noise: "),
        (f"seed = 1\n{SAMPLE}{SAMPLE}".replace("reads = 1000", "reads = 0"), r"sample\.0\.reads: "),
        (f"seed = 1\n{SAMPLE}".replace("SIMULATED_1", "PATIENT_1"), r"sample\.0\.name: "),
        (f"seed = 1\n{SAMPLE}".replace("SIMULATED_1", "SIMULATED_../x"), r"sample\.0\.name: "),
        (f"seed = -1\n{SAMPLE}", "seed: "),
        (f"seed = 1\n{SAMPLE}gene_noise = inf\n", r"sample\.0\.gene_noise: "),
        (f"seed = 1\n{SAMPLE}mix_share = 0.5\n", r"sample\.0: .*go together"),
        (f"seed = 1\n{SAMPLE}preservation = 'formalin'\n", r"sample\.0\.preservation: "),
        (f"seed = 1\n{SAMPLE}protocol = 'long'\n", r"sample\.0\.protocol: "),
        (f"seed = 1\n{SAMPLE}{SAMPLE}", "the whole file: .*one name"),
        ("seed = \n", "(?:cannot be read as|is not) TOML"),
    ],
)
def test_a_bad_recipe_names_the_key(tmp_path: Path, text: str, key: str) -> None:
    path = tmp_path / "recipe.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=rf"recipe\.toml: {key}"):
        simulate.read_recipe(path)


def test_a_missing_recipe_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.toml: cannot be read"):
        simulate.read_recipe(tmp_path / "none.toml")
