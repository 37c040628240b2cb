"""The sum of weights times z, its noise, and what must be measured for it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from signature_factory import independent

from pancreassign.signatures.score import MIN_COVERAGE, Score
from pancreassign.signatures.score import score as score_by

WEIGHTS = pd.Series({"A": 2.0, "B": -1.0, "C": 0.5, "D": 0.25})
Z = pd.Series({"A": 1.5, "B": 2.0, "C": -1.0, "D": 4.0})
ERROR = pd.Series({"A": 0.1, "B": 0.3, "C": 0.2, "D": 0.4})


def score(weights: pd.Series, z: pd.Series, error: pd.Series | None) -> Score:
    """Score with genes that share no factor, and without counting noise where ``error`` is ``None``."""
    return score_by(weights, z, z * 0.0 if error is None else error, independent(*weights.index))


def test_value_and_contributions_by_hand() -> None:
    result = score(WEIGHTS, Z, ERROR)
    assert result.contributions.to_dict() == {"A": 3.0, "B": -2.0, "C": -0.5, "D": 1.0}
    assert result.value == 1.5
    assert result.contributions.sum() == result.value
    assert result.missing == []


def test_noise_of_counting_by_hand() -> None:
    # (2·0.1)² + (1·0.3)² + (0.5·0.2)² + (0.25·0.4)² = 0.04 + 0.09 + 0.01 + 0.01
    assert score(WEIGHTS, Z, ERROR).noise == pytest.approx(np.sqrt(0.15))
    assert score(WEIGHTS, Z, None).noise == 0.0


def test_a_missing_gene_counts_as_the_mean_and_adds_its_variance() -> None:
    without = score(WEIGHTS, Z.drop("C"), ERROR)
    assert without.value == 2.0
    assert without.missing == ["C"]
    assert without.noise == pytest.approx(np.sqrt(0.14 + 0.5**2))
    assert score(WEIGHTS, Z.drop(["C", "D"]), None).noise == pytest.approx(np.sqrt(0.5**2 + 0.25**2))


def test_a_gene_that_makes_sensitive_raises_the_score_and_the_opposite_lowers_it() -> None:
    base = score(WEIGHTS, Z, None).value
    more_a, more_b = (score(WEIGHTS, Z + pd.Series({g: 1.0}).reindex(Z.index, fill_value=0.0), None) for g in "AB")
    assert base is not None
    assert more_a.value == base + 2.0
    assert more_b.value == base - 1.0


@pytest.mark.parametrize(
    ("absent", "usable"),
    # 1.0 is found; with 0.25 absent that is exactly four fifths
    [(0.25, True), (0.2501, False), (0.2499, True)],
)
def test_coverage_threshold_on_both_sides(absent: float, usable: bool) -> None:
    assert MIN_COVERAGE == 0.8
    weights = pd.Series({"A": 0.75, "B": -0.25, "C": absent})
    result = score(weights, pd.Series({"A": 1.0, "B": 1.0}), None)
    assert (result.value is not None) is usable
    if usable:
        assert result.value == 0.5
    else:
        assert result.contributions.to_dict() == {"A": 0.75, "B": -0.25}, "kept, to explain what was there"


def test_coverage_goes_by_absolute_weight_not_by_number_of_genes() -> None:
    weights = pd.Series({"A": -10.0, **{f"g{k}": 0.01 for k in range(50)}})
    assert score(weights, pd.Series({"A": 1.0}), None).value == -10.0
    assert score(weights, pd.Series({f"g{k}": 1.0 for k in range(50)}), None).value is None


def test_an_empty_library_has_no_value() -> None:
    result = score(WEIGHTS, Z * np.nan, Z * np.nan)
    assert result.value is None


@pytest.mark.parametrize(
    ("loadings", "variance"),
    [
        ([[0.0, 0.0], [0.0, 0.0]], 1.25),  # 1² + 0.5²
        ([[1.0, 0.0], [1.0, 0.0]], 0.25),  # (-1 + 0.5)²
        ([[1.0, 0.0], [-1.0, 0.0]], 2.25),  # (-1 - 0.5)²
        ([[1.0, 0.0], [0.0, 1.0]], 1.25),
        ([[0.6, 0.0], [0.8, 0.0]], 0.04 + 0.64 + 0.25 * 0.36),  # (-0.6 + 0.4)², and what is each gene's own
    ],
)
def test_missing_genes_that_vary_together(loadings: list[list[float]], variance: float) -> None:
    table = pd.DataFrame([[9.0, 9.0], *loadings, [9.0, 9.0]], index=list("ABCD"))
    weights = pd.Series({"A": 8.0, "B": -1.0, "C": 0.5, "D": 0.25})
    result = score_by(weights, Z[["A", "D"]], Z * 0.0, table)
    assert result.missing == ["B", "C"]
    assert result.noise == pytest.approx(np.sqrt(variance))


def test_noise_of_missing_genes_against_drawn_tumours() -> None:
    rng = np.random.default_rng(2)
    loadings = pd.DataFrame(rng.uniform(-0.5, 0.5, (6, 3)), index=list("ABCDEF"))
    weights = pd.Series(rng.normal(size=6), index=list("ABCDEF"))
    weights["A"] = 40.0
    own = np.sqrt(1 - (loadings**2).sum(axis=1)).to_numpy()
    z = rng.standard_normal((100_000, 3)) @ loadings.to_numpy().T + own * rng.standard_normal((100_000, 6))
    unseen = (z[:, 1:] @ weights.to_numpy()[1:]).std()
    found = score_by(weights, pd.Series({"A": 1.0}), pd.Series({"A": 0.0}), loadings)
    assert found.noise == pytest.approx(unseen, rel=0.02)


def test_order_of_the_input_genes_and_further_genes_do_not_matter() -> None:
    rng = np.random.default_rng(0)
    genes = [f"g{k}" for k in range(300)]
    weights = pd.Series(rng.normal(size=300), index=genes)
    z = pd.Series(rng.normal(size=600), index=[f"g{k}" for k in range(600)])
    results = [score(weights, z.sample(frac=1, random_state=seed), z.abs()) for seed in range(5)]
    assert {result.value for result in results} == {score(weights, z[genes], z.abs()).value}
    assert {result.noise for result in results} == {score(weights, z[genes], z.abs()).noise}
    assert results[0].value == pytest.approx(float(np.dot(weights, z[genes])))
