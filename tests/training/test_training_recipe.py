"""Recipes of packs and references: every fault names its key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from training_factory import lines_keys, recipe, recipe_keys, recipe_with_lines, reference_recipe, write_recipe

from pancreassign import resources
from pancreassign.errors import ConfigError
from pancreassign.training import reference
from pancreassign.training.recipe import read_recipe


def changed(dotted: str, value: Any) -> dict[str, Any]:
    """The keys of a recipe with lines, one of them changed; ``None`` takes it out."""
    keys = {**recipe_keys(), "lines": lines_keys()}
    *way, last = dotted.split(".")
    inner = keys
    for step in way:
        inner = inner[step]
    if value is None:
        del inner[last]
    else:
        inner[last] = value
    return keys


def test_a_recipe_is_read_whole(tmp_path: Path) -> None:
    read = read_recipe(write_recipe(tmp_path / "pack.toml", recipe_keys(folds=7)))
    assert read == recipe(folds=7)
    assert read.evaluation.folds == 7
    assert read.ffpe.matched[0] == ("P0_FFPE", "P0_fresh")


def test_lines_compounds_and_comparators_are_asked_for_and_absent_else(tmp_path: Path) -> None:
    plain = read_recipe(write_recipe(tmp_path / "plain.toml", recipe_keys()))
    assert (plain.lines, plain.models.compounds, plain.models.world) == (None, None, "models")
    assert plain.evaluation.comparators == []
    keys = recipe_keys(comparators=["rank pairs"])
    whole = read_recipe(write_recipe(tmp_path / "whole.toml", {**keys, "lines": lines_keys()}))
    assert whole == recipe_with_lines()
    assert whole.lines is not None
    assert [(one.name, one.names) for one in whole.lines.slices] == [("one", "ModelID"), ("two", "COSMICID")]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("seed", None),
        ("seed", "three"),
        ("name", "Tiny Pack"),
        ("version", "1.0"),
        ("released", "1 May 2026"),
        ("models.response", None),
        ("models.endpiont", "typo"),
        ("ridge.penalty_per_gene", []),
        ("evaluation.folds", 1),
        ("evaluation.repeats", 0),
        ("evaluation.bootstrap", 99),
        ("evaluation.permutations", 0),
        ("ffpe.matched", [["a", "b"]]),
        ("evaluation.calibration_draws", 10),
        ("tumours.counts", "one.tsv"),
        ("content", None),
        ("content.profiles", ["stroma"]),
        ("content.contents", []),
        ("ceiling", None),
        ("surprise", 1),
        ("evaluation.comparators", ["oracle"]),
        ("models.compounds", {"response": "more.tsv", "high_means": "high"}),
        ("lines.tissue", None),
        ("lines.tisue", "typo"),
        ("lines.min_lines", 2),
        ("lines.penalty_per_gene", 0.0),
        ("lines.penalty_per_gene", float("inf")),
        ("lines.response_names", "DepMap"),
        ("lines.slices", []),
        ("lines.slices", [{"name": "one", "expression": "a.tsv", "genes": "symbol", "names": "SIDM"}]),
    ],
)
def test_a_fault_names_its_key(tmp_path: Path, key: str, value: Any) -> None:
    path = write_recipe(tmp_path / "pack.toml", changed(key, value))
    with pytest.raises(ConfigError, match=rf"pack\.toml: {key}[.\w]*: "):
        read_recipe(path)


@pytest.mark.parametrize("content", [0.0, 1.0, -0.5, float("nan")])
def test_a_mixture_of_one_kind_alone_is_none(tmp_path: Path, content: float) -> None:
    path = write_recipe(tmp_path / "pack.toml", changed("content.contents", [0.5, content]))
    with pytest.raises(ConfigError, match=r"pack\.toml: content\.contents\.1: "):
        read_recipe(path)


def test_a_pair_of_three_names_its_place(tmp_path: Path) -> None:
    path = write_recipe(tmp_path / "pack.toml", changed("ffpe.matched", [["a", "b"], ["a", "b", "c"]]))
    with pytest.raises(ConfigError, match=r"pack\.toml: ffpe\.matched\.1"):
        read_recipe(path)


def test_what_is_no_toml_and_what_is_not_there_is_told(tmp_path: Path) -> None:
    (tmp_path / "pack.toml").write_text("name = \n")
    for read in (read_recipe, reference.read_recipe):
        with pytest.raises(ConfigError, match=r"pack\.toml: .*TOML"):
            read(tmp_path / "pack.toml")
        with pytest.raises(ConfigError, match=r"none\.toml: cannot be read"):
            read(tmp_path / "none.toml")


def test_the_shipped_recipes_can_be_read() -> None:
    for folder in resources.packs():
        assert read_recipe(folder.with_suffix(".toml")).name == folder.name
    for folder in resources.references():
        assert reference.read_recipe(folder.with_suffix(".toml")).name == folder.name


@pytest.mark.parametrize(
    ("key", "value"), [("protocol", None), ("version", "v1"), ("exclude", {"kind": "S1"}), ("tumors", 3)]
)
def test_a_fault_of_a_reference_recipe_names_its_key(tmp_path: Path, key: str, value: Any) -> None:
    keys = reference_recipe().model_dump()
    if value is None:
        del keys[key]
    else:
        keys[key] = value
    path = write_recipe(tmp_path / "reference.toml", keys)
    with pytest.raises(ConfigError, match=rf"reference\.toml: {key}"):
        reference.read_recipe(path)


@pytest.mark.parametrize("penalty", [-1.0, 0.0, float("nan"), float("inf")])
def test_an_impossible_penalty_is_named(tmp_path: Path, penalty: float) -> None:
    path = write_recipe(tmp_path / "pack.toml", changed("ridge.penalty_per_gene", [penalty]))
    with pytest.raises(ConfigError, match=r"ridge\.penalty_per_gene\.0: "):
        read_recipe(path)
