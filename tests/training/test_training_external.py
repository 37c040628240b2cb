"""Sets that nothing is trained on: direction, names, scale and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from training_factory import chosen_genes, recipe

from pancreassign.counts.genes import GeneTable
from pancreassign.errors import ConfigError
from pancreassign.signatures.pack import TARGETS
from pancreassign.training import external
from pancreassign.training.fitting import Material, Trained
from pancreassign.training.recipe import External

GENES, MODELS = 60, 24


def trained(genes: GeneTable) -> Trained:
    """Signatures of ten genes up, alike for every target; nothing else of a training is looked at."""
    ids = pd.Index(chosen_genes(genes)[:GENES])
    weights = pd.DataFrame(0.0, index=ids, columns=list(TARGETS))
    weights.iloc[:10] = 0.1
    nothing = pd.DataFrame(columns=list(TARGETS))
    material = Material(pd.DataFrame(columns=ids), nothing, None, np.ones(GENES))
    return Trained(material, weights, {}, {}, {}, [], [])


def section(**changed: Any) -> External:
    """The section of a set in which the drug has a name of its own."""
    keys = {
        "name": "made-up xenografts",
        "source": "a test",
        "terms": "none",
        "expression": "expression.tsv",
        "genes": "symbol",
        "scale": "log2",
        "response": "response.tsv",
        "model": "id",
        "drug": "treatment",
        "value": "growth",
        "high_means": "resistant",
        "drugs": {"GEM": "gemcitabine"},
    }
    return External.model_validate({**keys, **changed})


def write(folder: Path, genes: GeneTable, measured: int = GENES, linear: bool = False) -> None:
    """Models whose first ten genes go with a low growth under GEM; each is measured twice, around its mean."""
    rng = np.random.default_rng(2)
    told = np.linspace(-1, 1, MODELS)
    logs = 6.0 + rng.normal(0, 0.3, (GENES, MODELS))
    logs[:10] += told
    names = [f"M{k:02d}" for k in range(MODELS)]
    symbols = pd.Index(genes.symbol[chosen_genes(genes)[:GENES]], name="symbol")
    table = pd.DataFrame(2.0**logs - 1.0 if linear else logs, index=symbols, columns=names)
    table.iloc[:measured].to_csv(folder / "expression.tsv", sep="\t")
    rows = [
        {"id": name, "treatment": drug, "growth": 10.0 - value + error}
        for name, value in zip(names, told, strict=True)
        for drug, error in (("GEM", -5.0), ("GEM", 5.0), ("untreated", 100.0))
    ]
    pd.DataFrame(rows).to_csv(folder / "response.tsv", sep="\t", index=False)


def figures(folder: Path, gene_table: GeneTable, **changed: Any) -> dict[str, Any]:
    whole = recipe().model_copy(update={"external": [section(**changed)]})
    return external.evaluate(whole, trained(gene_table), folder, gene_table, 100)["made-up xenografts"]


@pytest.mark.parametrize(("high_means", "sign"), [("resistant", 1.0), ("sensitive", -1.0)])
def test_direction_names_and_repeats(tmp_path: Path, gene_table: GeneTable, high_means: str, sign: float) -> None:
    write(tmp_path, gene_table)
    found = figures(tmp_path, gene_table, high_means=high_means)
    assert set(found) == {"gemcitabine"}, "what the table calls GEM, and nothing of the untreated"
    own = found["gemcitabine"]
    assert own["n"] == MODELS, "two rows of a model are one value"
    assert own["spearman"] * sign > 0.95
    assert own["low"] <= own["spearman"] <= own["high"]
    assert own["conformal"]["n"] == MODELS


def test_linear_values_are_logged_and_a_wrong_scale_is_refused(tmp_path: Path, gene_table: GeneTable) -> None:
    write(tmp_path, gene_table, linear=True)
    assert figures(tmp_path, gene_table, scale="linear")["gemcitabine"]["spearman"] > 0.95
    with pytest.raises(ConfigError, match="is not log2, as the recipe says"):
        figures(tmp_path, gene_table, scale="log2")


def test_a_set_that_measures_too_little_of_a_signature_tells_nothing_of_it(
    tmp_path: Path, gene_table: GeneTable
) -> None:
    write(tmp_path, gene_table, measured=5)
    assert "gemcitabine" in figures(tmp_path, gene_table), "half the weight is enough"
    write(tmp_path, gene_table, measured=4)
    assert figures(tmp_path, gene_table) == {}


def test_what_the_recipe_names_must_be_there(tmp_path: Path, gene_table: GeneTable) -> None:
    write(tmp_path, gene_table)
    with pytest.raises(ConfigError, match=r"response\.tsv: lacks the columns \['size'\]"):
        figures(tmp_path, gene_table, value="size")
    with pytest.raises(ConfigError, match=r"names none of \['TAX'\].*GEM, untreated"):
        figures(tmp_path, gene_table, drugs={"TAX": "paclitaxel"})
    with pytest.raises(ConfigError, match="has no column 'gene'"):
        figures(tmp_path, gene_table, genes="gene")


def test_few_models_are_not_shown(tmp_path: Path, gene_table: GeneTable) -> None:
    write(tmp_path, gene_table)
    table = pd.read_csv(tmp_path / "response.tsv", sep="\t")
    for kept, shown in ((external.MIN_MODELS, True), (external.MIN_MODELS - 1, False)):
        table[table["id"] < f"M{kept:02d}"].to_csv(tmp_path / "response.tsv", sep="\t", index=False)
        assert ("gemcitabine" in figures(tmp_path, gene_table)) is shown
