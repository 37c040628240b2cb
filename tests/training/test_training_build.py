"""Training end to end on a small made-up world."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr
from training_factory import (
    DRUGS,
    MODELS,
    PANEL,
    PERMUTATIONS,
    TUMOURS,
    build_reference,
    expression_and_response,
    few_draws,
    planted_genes,
    recipe,
    tissues,
    tumour_counts,
    write_world,
)  # fmt: skip

from pancreassign import artefacts
from pancreassign.counts.genes import GeneTable
from pancreassign.errors import ConfigError
from pancreassign.normalize.apply import normalise
from pancreassign.normalize.reference import Reference
from pancreassign.records import Drug, DrugResult
from pancreassign.signatures import pack
from pancreassign.signatures.outcome import Handling, evaluate_drug
from pancreassign.training import content, fitting, skill, stability
from pancreassign.training.build import train, validate


def silent(_: str) -> None:
    pass


@dataclass(frozen=True)
class World:
    data: Path
    reference: Reference
    folder: Path
    sha256: str
    pack: pack.Pack


@pytest.fixture(scope="module", autouse=True)
def few_refits() -> Iterator[None]:
    """Four refits on resampled models instead of fifty: what they say is tested where they are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stability, "REFITS", 4)
        yield


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, gene_table: GeneTable) -> World:
    """The world, trained once."""
    root = tmp_path_factory.mktemp("world")
    write_world(root / "data", gene_table)
    reference = build_reference(root / "data", gene_table, root / "reference")
    (root / "pack").mkdir()
    sha256 = train(recipe(), root / "data", reference, gene_table, tissues(gene_table), root / "pack", silent)
    return World(root / "data", reference, root / "pack", sha256, pack.load(root / "pack"))


def test_the_pack_loads_and_belongs_to_its_reference(world: World) -> None:
    assert world.pack.sha256 == world.sha256
    assert world.pack.manifest["name"] == "tiny-pack"
    assert (world.pack.manifest["genes"], world.pack.manifest["models"]) == (PANEL, MODELS)
    assert world.pack.manifest["training_data"] == [
        {"name": "Twenty made-up models", "source": "a test", "terms": "none"}
    ]
    own = world.pack.manifest["reference"]
    assert (own["name"], own["sha256"]) == (world.reference.name, world.reference.sha256)


def test_training_twice_gives_the_same_bytes(world: World, tmp_path: Path, gene_table: GeneTable) -> None:
    assert (
        train(recipe(), world.data, world.reference, gene_table, tissues(gene_table), tmp_path, silent) == world.sha256
    )
    names = {path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file()}
    assert names == {path.relative_to(world.folder) for path in world.folder.rglob("*") if path.is_file()}
    for name in names:
        assert (tmp_path / name).read_bytes() == (world.folder / name).read_bytes()


def test_the_planted_drug_has_skill_and_noise_has_none(world: World) -> None:
    grades = {target: world.pack.signatures[target].grade for target in DRUGS}
    planted = world.pack.signatures["gemcitabine"].validation
    assert grades["gemcitabine"] == "C"
    assert list(grades.values()).count("D") >= 3
    assert planted["spearman"] > 0.7
    assert planted["permutation_p"] == pytest.approx(1 / (PERMUTATIONS + 1), rel=1e-5), (
        "none of the shuffles comes near"
    )
    assert planted["adjusted_p"] == pytest.approx(5 / (PERMUTATIONS + 1), rel=1e-5), "five drugs are tested"
    general = world.pack.signatures["general"].validation
    assert general["adjusted_p"] == general["permutation_p"], "it stands alone"
    assert planted["auroc"] > 0.8
    assert planted["brier"] < planted["brier_base_rate"]
    for target, grade in grades.items():
        figures = world.pack.signatures[target].validation
        both = [{**figures, **rule} for rule in ({}, figures["strict"])]
        skilled = [
            one["spearman_interval"]["low"] > 0
            and one["permutation_p"] < 0.025
            and one["adjusted_p"] < 0.05
            and one["brier"] < one["brier_base_rate"]
            for one in both
        ]
        assert (grade == "C") is all(skilled)
        assert (figures["strict"]["grade"] == "C") is skilled[1]


def test_direction_planted_genes_weigh_for_sensitivity(world: World, gene_table: GeneTable) -> None:
    weights = world.pack.signatures["gemcitabine"].weights
    planted = planted_genes(gene_table)
    assert (weights[planted] > 0).all()
    assert weights[planted].min() > weights.drop(planted).abs().quantile(0.9)
    expression, response = expression_and_response(gene_table)
    auc = response[response["drug"] == "gemcitabine"].set_index("model")["value"]
    level = np.log2(expression.iloc[:12] + 1).mean()
    assert spearmanr(level[auc.index], auc).statistic < -0.9, "in the input, high means a low AUC: sensitive"


def test_turning_the_response_table_turns_every_score(world: World, tmp_path: Path, gene_table: GeneTable) -> None:
    """The same numbers said to be AAC instead of AUC."""
    data, folder = tmp_path / "data", tmp_path / "pack"
    write_world(data, gene_table)
    table = pd.read_csv(data / "response.tsv", sep="\t").assign(high_means="sensitive")
    table.to_csv(data / "response.tsv", sep="\t", index=False)
    folder.mkdir()
    train(few_draws(recipe(permutations=1)), data, world.reference, gene_table, tissues(gene_table), folder, silent)
    turned = pack.load(folder).signatures
    for target in pack.TARGETS:
        own = world.pack.signatures[target]
        assert turned[target].weights.to_numpy() == pytest.approx(-own.weights.to_numpy(), abs=1e-6)
        assert turned[target].reference_scores == pytest.approx(-own.reference_scores, abs=1e-5)
        # the sensitive third has become the resistant one
        fit, other = own.calibration.iloc[0], turned[target].calibration.iloc[0]
        assert other["sensitive_slope"] == pytest.approx(-fit["resistant_slope"], rel=1e-4, abs=1e-5)
        assert turned[target].validation["spearman"] == pytest.approx(own.validation["spearman"], abs=1e-5)


def scored(world: World, genes: GeneTable, factor: float) -> DrugResult:
    """A tumour whose planted genes are ``factor`` times those of a middling one."""
    counts = tumour_counts(genes).median(axis=1)
    counts[planted_genes(genes)] *= factor
    own = normalise(counts, world.reference.genes, "counts", genes.length)
    burden = content.burden(own.bulk, world.reference, tissues(genes))
    scale = (own.z, own.error, world.reference.z_loadings, burden)
    handling = Handling(frozen=True, same_protocol=True, qc_failed=False)
    return evaluate_drug(Drug.GEMCITABINE, world.pack.signatures["gemcitabine"], *scale, handling)


def test_direction_from_counts_to_both_probabilities(world: World, gene_table: GeneTable) -> None:
    low, middle, high = (scored(world, gene_table, factor) for factor in (1 / 8, 1.0, 8.0))
    for field in ("score", "percentile", "probability"):
        values = [getattr(result, field) for result in (low, middle, high)]
        assert values[0] < values[1] < values[2], field
    resistant = [result.probability_resistant for result in (high, middle, low)]
    assert resistant == sorted(resistant)
    assert len(set(resistant)) == 3
    assert high.call == "sensitive"
    assert low.call == "resistant"
    for factor in (1 / 64, 64.0):
        assert scored(world, gene_table, factor).reason == "outside_reference", "no reference tumour is like it"


def test_frozen_scores_are_those_that_scoring_gives(world: World, gene_table: GeneTable) -> None:
    counts = tumour_counts(gene_table)
    for target in pack.TARGETS:
        own = world.pack.signatures[target]
        assert len(own.reference_scores) == TUMOURS
        for place in (0, 7):
            one = counts.iloc[:, place]
            seen = normalise(one, world.reference.genes, "counts", gene_table.length)
            raw = float(sum(own.weights[gene] * seen.z[gene] for gene in own.weights.index))
            burden = content.burden(seen.bulk, world.reference, tissues(gene_table))
            drift = own.validation["content"]
            moved = [drift["slope"][k] * (burden[k] - drift["centre"][k]) for k in (0, 1)]
            again = raw - sum(moved)
            assert own.reference_scores[place] == pytest.approx(again, abs=1e-4)


def test_validation_has_every_figure_within_its_range(world: World) -> None:
    for target in pack.TARGETS:
        figures = world.pack.signatures[target].validation
        assert figures["n"] == MODELS
        for name in ("spearman", "auroc"):
            bounds = figures[f"{name}_interval"]
            assert bounds["low"] <= figures[name] <= bounds["high"]
            assert bounds["level"] == 0.95
        assert 0 < figures["permutation_p"] <= 1
        assert figures["family"] in ("zscore", "ridge", "ridge_denoised", "ridge_general")
        assert "penalty_per_gene" not in figures, "not every family has one"
        assert figures["source"] == "scores of models that were not trained on: models (card.md)"
        assert figures["ffpe"]["n"] == 4
        assert figures["ffpe_all_pairs"]["n"] == 5
        assert set(figures["content"]) >= {"slope", "centre", "spread", "residual", "drift_stroma", "drift_fibroblast"}
        assert all(len(figures["content"][name]) == 2 for name in ("slope", "centre", "spread"))
        assert min(figures["content"]["spread"]) > 0
        assert figures["content"]["residual"] >= 0
        assert figures["ffpe"]["noise"] >= abs(figures["ffpe"]["shift"])
        assert figures["to_tumours"]["reference_sd"] == pytest.approx(
            world.pack.signatures[target].reference_scores.std(ddof=1), rel=1e-4
        )
        assert world.pack.signatures[target].ffpe_noise == pytest.approx(
            figures["ffpe"]["noise"] * figures["to_tumours"]["reference_sd"]
        )


def test_stroma_that_holds_the_planted_genes_moves_the_planted_drug_and_is_corrected(world: World) -> None:
    drift = world.pack.signatures["gemcitabine"].validation["content"]
    assert drift["slope"][0] > 0
    for kind in ("stroma", "fibroblast"):
        before, after = drift[f"drift_{kind}"], drift[f"drift_{kind}_corrected"]
        assert before > 0
        assert abs(after) < before / 2


def test_the_ceiling_is_of_its_drug_alone_and_unknown_stays_unknown(world: World) -> None:
    ceilings = {target: world.pack.signatures[target].validation["ceiling"] for target in pack.TARGETS}
    # 1 2 3 4 5 6 against 1 2 3 4 6 5: rho = 1 - 6·2 / (6·35)
    assert ceilings.pop("gemcitabine") == pytest.approx(np.sqrt(1 - 12 / 210), rel=1e-5)
    assert set(ceilings.values()) == {None}
    assays = {target: world.pack.signatures[target].validation["assays"] for target in pack.TARGETS}
    assert assays.pop("gemcitabine")["n"] == 6
    assert set(assays.values()) == {None}


def test_the_card_names_every_target_grade_and_limit(world: World) -> None:
    card = (world.folder / "card.md").read_text()
    for target in pack.TARGETS:
        own = world.pack.signatures[target]
        rho = own.validation["spearman"]
        row = next(line for line in card.splitlines() if line.startswith(f"| {target} | {own.grade} | {MODELS} |"))
        assert f"| {rho:.2f} (" in row
    assert "They are made up." in card
    assert f"{MODELS} models with every response, {PANEL} genes" in card
    for target in pack.TARGETS:
        unskilled = card.split("Without demonstrated skill: ")[1].split(".\n")[0].split(", ")
        assert (target in unskilled) is (world.pack.signatures[target].grade == "D")
    assert "Twenty made-up models; a test; none" in card


def test_calibration_has_the_fit_and_the_draws_asked_for(world: World) -> None:
    for own in world.pack.signatures.values():
        assert list(own.calibration.index) == [str(draw) for draw in range(101)]
        assert list(own.calibration.columns) == [
            "sensitive_intercept", "sensitive_slope", "resistant_intercept", "resistant_slope"
        ]  # fmt: skip


def test_another_seed_gives_another_pack_and_progress_is_told(
    world: World, tmp_path: Path, gene_table: GeneTable
) -> None:
    told: list[str] = []
    other = few_draws(recipe(permutations=1)).model_copy(update={"seed": 4})
    assert (
        train(other, world.data, world.reference, gene_table, tissues(gene_table), tmp_path, told.append)
        != world.sha256
    )
    assert any(f"{MODELS} models × {PANEL} genes" in text for text in told)
    # the seed rules folds and draws, and so the choice of a family, but never a family's weights
    there = pack.load(tmp_path)
    same = [name for name in pack.TARGETS if there.manifest["families"][name] == world.pack.manifest["families"][name]]
    assert "gemcitabine" in same
    for target in same:
        pd.testing.assert_series_equal(there.signatures[target].weights, world.pack.signatures[target].weights)


def test_too_few_panel_genes_and_unknown_tumours_are_refused(
    world: World, tmp_path: Path, gene_table: GeneTable
) -> None:
    data = tmp_path / "data"
    write_world(data, gene_table)
    expression = pd.read_csv(data / "expression.tsv", sep="\t", index_col=0)
    expression.iloc[11:].to_csv(data / "expression.tsv", sep="\t")
    with pytest.raises(ConfigError, match="holds 49 genes of the reference's panel; at least 50"):
        train(recipe(), data, world.reference, gene_table, tissues(gene_table), tmp_path, silent)
    write_world(data, gene_table)
    tumour_counts(gene_table).iloc[:, 1:].to_csv(data / "tumours.tsv", sep="\t")
    with pytest.raises(ConfigError, match=r"tumours\.counts: lacks 1 tumours of the reference, such as TUMOUR_00"):
        train(recipe(permutations=1), data, world.reference, gene_table, tissues(gene_table), tmp_path, silent)
    assert artefacts.SUMS not in {path.name for path in tmp_path.iterdir()}, "an unfinished pack is not sealed"


def test_a_recipe_that_the_data_cannot_follow_is_named(world: World, tmp_path: Path, gene_table: GeneTable) -> None:
    write_world(tmp_path, gene_table)
    folds = recipe(folds=1000)
    with pytest.raises(ConfigError, match=r"evaluation\.folds: is more than the"):
        train(folds, tmp_path, world.reference, gene_table, tissues(gene_table), tmp_path, silent)
    pairs = [("NOPE", "NOPE_TOO"), *recipe().ffpe.matched]
    plain = recipe(permutations=1)
    stranger = plain.model_copy(update={"ffpe": plain.ffpe.model_copy(update={"matched": pairs})})
    with pytest.raises(ConfigError, match="has no sample NOPE"):
        train(stranger, tmp_path, world.reference, gene_table, tissues(gene_table), tmp_path, silent)
    foreign = plain.model_copy(update={"content": plain.content.model_copy(update={"profiles": ["stroma", "spleen"]})})
    with pytest.raises(ConfigError, match=r"content\.profiles: 'spleen' is not known.*stroma.*fibroblast"):
        train(foreign, tmp_path, world.reference, gene_table, tissues(gene_table), tmp_path, silent)


@pytest.mark.parametrize(("ships", "strict", "grade"), [(1, 1, "C"), (1, 0, "D"), (0, 1, "D"), (0, 0, "D")])
def test_the_grade_is_the_lower_of_those_of_the_two_rules(ships: int, strict: int, grade: str) -> None:
    rng = np.random.default_rng(1)
    responses = pd.DataFrame(rng.normal(size=(30, 6)), columns=pack.TARGETS)
    noise = pd.DataFrame(rng.normal(size=(30, 6)), columns=pack.TARGETS)
    scores = {1: responses + 0.2 * noise, 0: 0.2 * responses.iloc[::-1].reset_index(drop=True) + noise}
    null = rng.uniform(-0.4, 0.4, (PERMUTATIONS, 6))
    rules = [[skill.World("models", scores[told], responses, null)] for told in (ships, strict)]
    chosen = dict.fromkeys(pack.TARGETS, "ridge")
    trained = fitting.Trained(None, None, chosen, chosen, {}, *rules)  # type: ignore[arg-type]  # not looked at
    figures = validate(recipe(), trained, {})
    for target in DRUGS:
        assert figures[target]["grade"] == grade
        assert figures[target]["strict"]["grade"] == ("C" if strict else "D")
        assert figures[target]["spearman"] == skill.figures(target, rules[0], 200, 3)["spearman"]
