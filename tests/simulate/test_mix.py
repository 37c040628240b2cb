"""Mixed libraries: the reads of each part, known by construction."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pancreassign.errors import ArtefactError, ConfigError, SampleError
from pancreassign.simulate import mix

INDEX = pd.Index([f"G{k:03d}" for k in range(300)], name="gene_id")
CODING = INDEX[:250]
"""The others stand for non-coding genes, which no profile holds."""


def cohort(*names: str) -> pd.DataFrame:
    """Tumours that express genes 100 and up."""
    rng = np.random.default_rng(0)
    counts = pd.DataFrame({name: rng.poisson(5_000, len(INDEX)) for name in names or ("S",)}, index=INDEX)
    counts.iloc[:100] = 0
    return counts


def stroma() -> pd.Series:
    """Genes 0 to 99 in a ramp, and gene 100, which tumours have too; ``ELSEWHERE`` is a gene that they lack."""
    shares = pd.Series(np.arange(101, dtype=float) + 1, index=INDEX[:101], name="stroma")
    shares["ELSEWHERE"] = shares.sum()  # half of the reads
    return shares / shares.sum()


def run(counts: pd.DataFrame, *fractions: float, seed: int = 1) -> pd.DataFrame:
    return mix.mix(counts, stroma(), fractions, seed)[0]


@pytest.mark.parametrize("fraction", [0.8, 0.5, 0.1, 0.0])
def test_expected_shares_are_those_of_both_parts(fraction: float) -> None:
    counts = cohort()
    total = counts["S"].sum()
    mixed = run(counts, fraction).iloc[:, 0]
    profile = stroma().reindex(INDEX).fillna(0.0)
    expected = fraction * counts["S"] + (1 - fraction) * total * profile / profile.sum()
    assert mixed.sum() == total
    assert (np.abs(mixed - expected) <= 5 * np.sqrt(expected) + 1e-9).all()
    assert mixed.iloc[:100].sum() / total == pytest.approx(
        (1 - fraction) * (1 - profile.iloc[100] / profile.sum()), abs=0.01
    )


def test_the_library_keeps_its_size_and_its_genes() -> None:
    counts = cohort("A", "B")
    mixed = run(counts, 0.333)
    assert mixed.sum().tolist() == counts.sum().tolist()
    assert list(mixed.index) == list(INDEX)
    assert mixed.dtypes.tolist() == [np.dtype("int64")] * 2


def test_content_one_gives_back_the_input() -> None:
    counts = cohort()
    assert (run(counts, 1.0).iloc[:, 0] == counts["S"]).all()


def test_genes_outside_the_profile_are_the_tumours_alone() -> None:
    counts = cohort()
    mixed = run(counts, 0.25).iloc[:, 0]
    own = counts["S"].iloc[250:]
    assert (mixed.iloc[250:] <= own).all()
    assert mixed.iloc[250:].sum() == pytest.approx(0.25 * own.sum(), rel=0.02)


def test_the_sample_s_own_part_has_no_more_counting_noise_than_it_had() -> None:
    counts = cohort()
    own = counts["S"].iloc[101:]
    left = (run(counts, 0.9).iloc[101:, 0] - 0.9 * own) / np.sqrt(own * 0.9 * 0.1)
    assert left.std() == pytest.approx(1.0, rel=0.2)  # drawing anew would give three times as much


def test_the_same_seed_gives_the_same_bytes_and_another_others() -> None:
    first, again, other = (run(cohort(), 0.5, seed=seed) for seed in (1, 1, 2))
    assert first.to_csv() == again.to_csv()
    assert (first != other).to_numpy().mean() > 0.9


def test_a_sample_or_a_content_alone_is_the_same_among_others() -> None:
    many = cohort("A", "B", "C")
    together, alone = run(many, 0.5, 0.2), run(many[["B"]], 0.2)
    pd.testing.assert_frame_equal(together[alone.columns], alone)


def test_names_and_truth() -> None:
    counts, truth = mix.mix(cohort("SIMULATED_X", "Y"), stroma(), [0.5, 0.05], 3)
    assert (
        list(counts.columns)
        == list(truth.index)
        == [
            "SIMULATED_X_stroma_content0.5",
            "SIMULATED_X_stroma_content0.05",
            "SIMULATED_Y_stroma_content0.5",
            "SIMULATED_Y_stroma_content0.05",
        ]
    )
    assert truth.loc["SIMULATED_Y_stroma_content0.05"].to_dict() == {
        "patient": "SIMULATED_Y",
        "site": "",
        "preservation": "unknown",
        "source": "Y",
        "seed": 3,
        "reads": int(cohort("SIMULATED_X", "Y")["Y"].sum()),
        "profile": "stroma",
        "content": 0.05,
    }


@pytest.mark.parametrize("fraction", [-0.01, 1.01, float("nan")])
def test_a_content_out_of_range_is_refused(fraction: float) -> None:
    with pytest.raises(ConfigError, match=r"--content: is .*0 to 1"):
        run(cohort(), 0.5, fraction)


def test_no_content_and_content_given_twice_are_refused() -> None:
    with pytest.raises(ConfigError, match="--content: is not given"):
        run(cohort())
    with pytest.raises(SampleError, match=r"two samples are named 'SIMULATED_S_stroma_content0\.5'"):
        run(cohort(), 0.5, 0.5)


def test_a_profile_of_other_ids_is_refused() -> None:
    with pytest.raises(ConfigError, match="--with stroma: shares no expressed gene"):
        mix.mix(cohort(), stroma().add_prefix("X"), [0.5], 1)


TABLE = "gene_id\tsymbol\tstroma\tliver\nG000\tCOL1A1\t0.75\t0\nG001\tALB\t0.25\t1\n"


def table(folder: Path, text: str = TABLE) -> Path:
    path = folder / "profiles.tsv"
    path.write_text(text)
    return path


def test_profiles_are_read_and_found_by_name(tmp_path: Path) -> None:
    profiles = mix.read_profiles(table(tmp_path))
    assert mix.find_profile(profiles, "stroma").to_dict() == {"G000": 0.75, "G001": 0.25}
    assert mix.find_profile(profiles, "liver").name == "liver"


def test_an_unknown_profile_lists_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^profile spleen: is not in the table\. Known: stroma, liver\.$"):
        mix.find_profile(mix.read_profiles(table(tmp_path)), "spleen")


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("0.25\t1", "0.26\t1", "the shares of stroma sum to 1.01, not to 1"),
        ("0.25\t1", "0.25\t-1", "column liver, gene G001: '-1' is no number"),
        ("gene_id", "gene", "has no column `gene_id`"),
    ],
)
def test_a_damaged_table_of_profiles_is_refused(tmp_path: Path, old: str, new: str, problem: str) -> None:
    with pytest.raises(ArtefactError, match=problem):
        mix.read_profiles(table(tmp_path, TABLE.replace(old, new)))
