"""Training end to end with cell lines: every family, both worlds, all that was tried."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from joblib.externals.loky import get_reusable_executor
from training_factory import (
    DRUGS,
    FLAT,
    LINES_ALONE,
    MODELS,
    PANEL,
    PERMUTATIONS,
    TISSUES,
    build_reference,
    chosen_genes,
    few_draws,
    planted_genes,
    recipe_with_lines,
    tissues,
    write_lines,
    write_world,
)

from pancreassign import artefacts
from pancreassign.counts.genes import GeneTable
from pancreassign.normalize.reference import Reference
from pancreassign.signatures import pack
from pancreassign.training import fitting, stability
from pancreassign.training.build import train
from pancreassign.training.families import families

FAMILIES = list(families([1.0], np.zeros((1, 6))))
LINES, ALL = TISSUES["Pancreas"], MODELS + TISSUES["Pancreas"]


@dataclass(frozen=True)
class Trained:
    data: Path
    reference: Reference
    folder: Path
    sha256: str
    pack: pack.Pack
    told: list[str]

    @property
    def figures(self) -> dict[str, Any]:
        """``validation.json``."""
        read: dict[str, Any] = json.loads((self.folder / "validation.json").read_text())
        return read


@pytest.fixture(scope="module", autouse=True)
def quick() -> Iterator[None]:
    """Four refits on resampled models instead of fifty; permutations in two parts, so that two processes can share."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stability, "REFITS", 4)
        patch.setattr(fitting, "CHUNK", 55)
        yield
    get_reusable_executor().shutdown(wait=True)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, gene_table: GeneTable) -> Trained:
    """The world with lines, trained once by one process."""
    root = tmp_path_factory.mktemp("lines")
    write_world(root / "data", gene_table)
    write_lines(root / "data", gene_table)
    reference = build_reference(root / "data", gene_table, root / "reference")
    (root / "pack").mkdir()
    told: list[str] = []
    sha256 = train_on(root / "data", reference, gene_table, root / "pack", cores=1, told=told)
    return Trained(root / "data", reference, root / "pack", sha256, pack.load(root / "pack"), told)


def train_on(
    data: Path,
    reference: Reference,
    genes: GeneTable,
    folder: Path,
    cores: int,
    told: list[str] | None = None,
    **evaluation: Any,
) -> str:
    """Train with so many processes, some keys of the recipe's evaluation changed."""
    say = (told if told is not None else []).append
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.cpu_count", lambda: cores)
        return train(few_draws(recipe_with_lines(**evaluation)), data, reference, genes, tissues(genes), folder, say)


def cells(card: str, heading: str) -> list[list[str]]:
    """The first table under a heading of the card, cell by cell."""
    lines = card.split(f"## {heading}\n")[1].split("\n## ")[0].splitlines()
    rows = [line.strip("|").split("|") for line in lines if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows if not set(row[0]) <= {"-", " "}]


def test_a_rebuild_gives_the_same_bytes_parallel_or_not(
    trained: Trained, tmp_path: Path, gene_table: GeneTable
) -> None:
    assert train_on(trained.data, trained.reference, gene_table, tmp_path, cores=2) == trained.sha256
    names = {path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file()}
    assert names == {path.relative_to(trained.folder) for path in trained.folder.rglob("*") if path.is_file()}
    for name in names:
        assert (tmp_path / name).read_bytes() == (trained.folder / name).read_bytes()


def test_the_manifest_lists_both_training_data_and_the_family_of_each_target(trained: Trained) -> None:
    manifest = trained.pack.manifest
    assert manifest["training_data"] == [
        {"name": "Twenty made-up models", "source": "a test", "terms": "none"},
        {"name": "Thirty-six made-up lines", "source": "a test of lines", "terms": "none at all"},
    ]
    assert (manifest["genes"], manifest["models"]) == (PANEL - LINES_ALONE, MODELS)
    assert list(manifest["families"]) == list(pack.TARGETS)
    for target, family in manifest["families"].items():
        assert family in FAMILIES
        assert trained.figures[target]["family"] == family


def test_the_planted_drug_has_skill_in_both_worlds_and_the_grade_is_of_both_together(trained: Trained) -> None:
    figures = trained.figures
    planted = figures["gemcitabine"]
    assert planted["grade"] == "C"
    assert planted["n"] == ALL
    assert list(planted["worlds"]) == ["models", "pancreas lines"]
    assert [own["n"] for own in planted["worlds"].values()] == [MODELS, LINES]
    assert min(own["spearman"] for own in planted["worlds"].values()) > 0.7
    assert planted["permutation_p"] == pytest.approx(1 / (PERMUTATIONS + 1), rel=1e-5)
    assert planted["source"] == "scores of models that were not trained on: models and pancreas lines (card.md)"
    assert [figures[drug]["grade"] for drug in DRUGS].count("D") >= 3
    for own in figures.values():
        both = own["worlds"].values()
        mean = sum(one["n"] * one["spearman"] for one in both) / sum(one["n"] for one in both)
        assert own["spearman"] == pytest.approx(mean, abs=1e-5)
    # one response of 5-FU is not known, of a line of pancreas
    table = pd.read_csv(trained.data / "response_of_lines.tsv", sep="\t")
    missing = table[table["lnIC50_uM"].isna()]
    assert missing[["model", "drug"]].to_numpy().tolist() == [["LINE0", "5-FU"]]
    assert figures["5-FU"]["n"] == ALL - 1


def test_figures_of_the_strict_rule_stand_beside_and_the_grade_is_the_lower(trained: Trained) -> None:
    different = 0
    for own in trained.figures.values():
        strict = own["strict"]
        assert set(strict) == {"grade", "spearman", "spearman_interval", "permutation_p", "adjusted_p", "brier"}
        assert strict["spearman_interval"]["low"] <= strict["spearman"] <= strict["spearman_interval"]["high"]
        both = [{**own, **rule} for rule in ({}, strict)]
        skilled = [
            one["spearman_interval"]["low"] > 0
            and one["permutation_p"] < 0.025
            and one["adjusted_p"] < 0.05
            and one["brier"] < own["brier_base_rate"]
            for one in both
        ]
        assert (strict["grade"] == "C") is skilled[1]
        assert (own["grade"] == "C") is all(skilled)
        different += strict["spearman"] != own["spearman"]
    assert different > 0, "on noise the strict rule chooses otherwise"


def test_weights_hold_only_the_genes_that_have_one_and_point_the_right_way(
    trained: Trained, gene_table: GeneTable
) -> None:
    alone = set(chosen_genes(gene_table)[PANEL - LINES_ALONE : PANEL])
    for target, signature in trained.pack.signatures.items():
        weights = pd.read_csv(trained.folder / target.lower() / "weights.tsv", sep="\t", index_col="gene_id")["weight"]
        assert (weights != 0).all()
        assert not alone & set(weights.index), "what the models do not measure was never tested on them"
        assert (signature.symbols == gene_table.symbol[signature.weights.index]).all()
    planted = trained.pack.signatures["gemcitabine"].weights[planted_genes(gene_table)]
    assert (planted > 0).all()


def test_a_zscore_signature_holds_its_genes_alone(
    trained: Trained, tmp_path: Path, gene_table: GeneTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pancreassign.training.select import RULES

    def zscore(x: np.ndarray, y: np.ndarray, known: dict[str, Any], *_: int) -> tuple[np.ndarray, ...]:
        return tuple(np.full(y.shape[1], list(known).index("zscore")) for _ in RULES)

    monkeypatch.setattr("pancreassign.training.select.choose", zscore)
    train_on(trained.data, trained.reference, gene_table, tmp_path, cores=1, permutations=1)
    for signature in pack.load(tmp_path).signatures.values():
        assert 50 <= len(signature.weights) < PANEL
        assert (signature.weights != 0).all()
        assert np.isfinite(signature.reference_scores).all()


def test_all_that_was_tried_is_in_the_table_and_on_the_card(trained: Trained) -> None:
    table = pd.read_csv(trained.folder / "attempts.tsv", sep="\t")
    by_kind = table.groupby("kind", sort=False)["attempt"].unique()
    assert by_kind["family"].tolist() == FAMILIES
    assert by_kind["rule"].tolist() == ["highest inner figure, no default", "stack unless clearly beaten (ships)"]
    assert by_kind["comparator"].tolist() == ["rank pairs"]
    assert by_kind["baseline"].tolist() == ["classical - basal"], "proliferation has no genes here"
    assert [name.split(",")[1] for name in by_kind["genes"]] == [
        " expressed in tumours", " all measured", f" random sets of {PANEL - LINES_ALONE} genes",
        *[f" {-(-(PANEL - LINES_ALONE) // 2)} genes co-expressed alike in models and tumours"] * 2
    ]  # fmt: skip
    assert by_kind["prior"].tolist() == ["prior, with another screen", "stack, prior with another screen"]
    alike = table["attempt"].str.contains("co-expressed")
    assert (table[alike].groupby("attempt")["world"].nunique() == 2).all()
    for kind, worlds in {"family": 2, "rule": 2, "comparator": 1, "baseline": 2, "genes": 1, "prior": 2}.items():
        own = table[(table["kind"] == kind) & ~alike]
        assert (own.groupby("attempt")["world"].nunique() == worlds).all(), kind
    assert table[list(pack.TARGETS)].abs().le(1).all(axis=None)
    told = table.groupby("attempt")["gemcitabine"].min()
    assert told["stack"] > 0.7
    assert told["rank pairs"] > 0.5
    assert told[f"ridge, all measured, {PANEL + FLAT - LINES_ALONE} genes"] > 0.5
    card = cells((trained.folder / "card.md").read_text(), "All that was tried")
    rows = table[["kind", "attempt", "world"]].astype(str).to_numpy().tolist()
    assert [row[:3] for row in card[1:]] == rows
    assert [row[6] for row in card[1:]] == [f"{value:.2f}" for value in table["gemcitabine"]]


def test_the_rules_in_the_table_are_the_worlds_of_the_figures(trained: Trained) -> None:
    table = pd.read_csv(trained.folder / "attempts.tsv", sep="\t")
    rules = table[table["kind"] == "rule"].set_index(["attempt", "world"]).sort_index()
    for target, own in trained.figures.items():
        for world, name in (("models", "models"), ("lines", "pancreas lines")):
            row = rules.loc["stack unless clearly beaten (ships)", world]
            assert row[target] == pytest.approx(own["worlds"][name]["spearman"], abs=1e-3)
        strict = [rules.loc["highest inner figure, no default", world][target] for world in ("models", "lines")]
        n = [one["n"] for one in own["worlds"].values()]
        assert np.average(strict, weights=n) == pytest.approx(own["strict"]["spearman"], abs=1e-3)


def test_the_card_says_what_was_trained_on_and_how_each_world_does(trained: Trained) -> None:
    card = (trained.folder / "card.md").read_text()
    assert (
        "Prior: Thirty-six made-up lines; a test of lines; none at all. 30 lines of 3 tissues, 10 of Pancreas" in card
    )
    assert re.search(r"2 slices of expression; \d+ of the genes above are in some slice", card)
    skill = cells(card, "Skill in models that were not trained on")
    assert skill[0][5:8] == ["models", "pancreas lines", "strict rule"]
    for row in skill[1:]:
        own = trained.figures[row[0]]
        assert row[1:3] == [own["grade"], str(own["n"])]
        for cell, world in zip(row[5:7], own["worlds"].values(), strict=True):
            assert cell.startswith(f"{world['spearman']:.2f} (")
            assert cell.endswith(f"n = {world['n']}")
        assert row[7].startswith(f"{own['strict']['grade']}: {own['strict']['spearman']:.2f} (")
    chosen = cells(card, "Protocol")
    assert chosen[0][1:] == list(trained.pack.manifest["families"])
    assert chosen[1] == ["**ships**", *(f"`{family}`" for family in trained.pack.manifest["families"].values())]
    assert chosen[2][0] == "strict rule"
    folds = np.array([[int(cell) for cell in row[1:]] for row in chosen[3:]])
    assert len(set(folds.sum(axis=0))) == 1, "every target is chosen for once in every outer fold"


def test_what_a_signature_adds_and_how_stable_it_is_stand_in_figures_and_card(trained: Trained) -> None:
    card = (trained.folder / "card.md").read_text()
    added, stable = cells(card, "What a signature adds"), cells(card, "How much hangs on which models")
    assert added[0][1:] == ["beyond classical - basal", "beyond general score", "beyond general response"]
    for row, other in zip(added[1:], stable[1:], strict=True):
        own = trained.figures[row[0]]
        general = row[0] == "general"
        assert list(own["adds"]) == ["classical - basal", *([] if general else ["general score", "general response"])]
        assert row[1].startswith(f"{own['adds']['classical - basal']['spearman']:.2f} (")
        assert (row[2] == row[3] == "") is general
        assert other[:3] == [row[0], own["family"], str(len(trained.pack.signatures[row[0]].weights))]
        assert other[3:] == [f"{own['stability'][name]:.2f}" for name in ("overlap", "agreement", "noise")]
    planted = trained.figures["gemcitabine"]
    assert planted["adds"]["general response"]["low"] > 0.3
    assert planted["stability"]["noise"] < trained.figures["oxaliplatin"]["stability"]["noise"]


def test_calibration_is_of_the_models_of_both_worlds(trained: Trained) -> None:
    for own in trained.figures.values():
        third = own["brier_base_rate"]
        # 7 of 20 and 3 of 10 (or of 9) models are sensitive
        positive, n = 10, own["n"]
        assert third == pytest.approx((positive * (2 / 3) ** 2 + (n - positive) * (1 / 3) ** 2) / n, rel=1e-5)


def test_every_step_is_told_and_the_pack_is_sealed(trained: Trained) -> None:
    for words in ("permutations: 55 of 109", "permutations: 109 of 109", "for the card: every family"):
        assert words in trained.told
    assert f"cross-validating 6 targets on {MODELS} models × {PANEL - LINES_ALONE} genes" in trained.told
    assert artefacts.verify(trained.folder) == trained.sha256


def test_a_drug_without_responses_gets_no_signature_and_the_others_do(
    trained: Trained, tmp_path: Path, gene_table: GeneTable
) -> None:
    data = tmp_path / "data"
    shutil.copytree(trained.data, data)
    for name in ("response.tsv", "response_of_lines.tsv"):
        table = pd.read_csv(data / name, sep="\t")
        table[table["drug"] != "oxaliplatin"].to_csv(data / name, sep="\t", index=False)
    (tmp_path / "pack").mkdir()
    told: list[str] = []
    train_on(data, trained.reference, gene_table, tmp_path / "pack", cores=1, told=told, permutations=5)
    reason = "0 models have a response and expression; 12 are needed"
    assert f"oxaliplatin is skipped, no signature of it is trained: {reason}" in told
    loaded = pack.load(tmp_path / "pack")
    assert list(loaded.signatures) == [target for target in pack.TARGETS if target != "oxaliplatin"]
    assert list(loaded.manifest["families"]) == list(loaded.signatures)
    card = (tmp_path / "pack" / "card.md").read_text()
    assert f"- Skipped, without a signature: oxaliplatin ({reason})." in card
    assert "oxaliplatin" not in cells(card, "Skill in models that were not trained on")[0]
    planted = loaded.signatures["gemcitabine"].weights[planted_genes(gene_table)]
    assert (planted > 0).all(), "the drug of the planted genes keeps its own weights"


def test_a_gene_that_is_silent_in_every_model_costs_no_pack(
    trained: Trained, tmp_path: Path, gene_table: GeneTable
) -> None:
    data = tmp_path / "data"
    shutil.copytree(trained.data, data)
    table = pd.read_csv(data / "expression.tsv", sep="\t", index_col=0)
    silent = table.index[PANEL - LINES_ALONE - 3]
    table.loc[silent] = 1.0
    table.to_csv(data / "expression.tsv", sep="\t")
    (tmp_path / "pack").mkdir()
    train_on(data, trained.reference, gene_table, tmp_path / "pack", cores=1, permutations=1)
    tried = pd.read_csv(tmp_path / "pack" / "attempts.tsv", sep="\t")
    assert tried["attempt"].str.contains("co-expressed alike").any()
    assert tried[list(pack.TARGETS)].notna().all(axis=None)
