"""The shipped recipes: they are read, and every table that they name is made by one of their sources or is known."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from preparing import made
from published import gdsc2_table, model_csv, source

from pancreassign import resources
from pancreassign.counts.genes import GeneTable
from pancreassign.training import reference
from pancreassign.training.datasets import read_response
from pancreassign.training.recipe import Recipe, Source, read_recipe, read_sources
from pancreassign.training.sources.folder import TPM
from pancreassign.training.sources.prepare import FORMATS

FOLDER = resources.signatures_dir() / "recipes"
WHOLE = ["depmap", "lab-folder"]
ALONE = ["line-screens", "tcga-paad", "geo-organoids"]
DATA = re.compile(r"(published|own|models|tumours|ffpe)/\S+\.tsv(\.gz)?")


def tables(sources: list[Source]) -> set[str]:
    """What sources write, by path."""
    own: set[str] = set()
    for one in sources:
        names = [*FORMATS[one.format][1], *([file.file for file in one.files] if one.format == "folder" else [])]
        own |= {f"{one.into}/{name}" for name in [*names, *([TPM] if one.tpm_from else [])]}
    return own


def texts(value: Any) -> list[str]:
    """Every text in a recipe."""
    if isinstance(value, dict):
        return [text for one in value.values() for text in texts(one)]
    if isinstance(value, list | tuple):
        return [text for one in value for text in texts(one)]
    return [value] if isinstance(value, str) else []


def test_all_that_ship_are_tested() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.toml")) == sorted([*WHOLE, *ALONE, "tcga-paad-reference"])


@pytest.mark.parametrize("name", WHOLE)
def test_a_whole_recipe_names_what_its_sources_or_the_data_folder_hold(name: str) -> None:
    recipe = read_recipe(FOLDER / f"{name}.toml")
    known = {
        text for text in texts(read_recipe(FOLDER.parent / "pdac-public.toml").model_dump()) if DATA.fullmatch(text)
    }
    named = {text for text in texts(recipe.model_dump(exclude={"sources"})) if DATA.fullmatch(text)}
    assert len(named) > 5
    assert named <= tables(recipe.sources) | known, "a table that nothing makes"
    assert all(one.lines in tables(recipe.sources) for one in recipe.sources if one.lines)


@pytest.mark.parametrize("name", [*WHOLE, *ALONE])
def test_sources_are_in_the_order_that_they_need_and_do_not_collide(name: str) -> None:
    sources = read_sources(FOLDER / f"{name}.toml")
    done: set[str] = set()
    for one in sources:
        assert one.lines is None or one.lines in done
        assert not tables([one]) & done, "two sources write one table"
        done |= tables([one])


@pytest.mark.parametrize("name", [*WHOLE, *ALONE])
def test_what_can_be_downloaded_can_be_checked(name: str) -> None:
    for one in read_sources(FOLDER / f"{name}.toml"):
        assert all(file.checksum for file in one.files if file.url), one.name
        assert all(len(text) > 4 for text in (one.version, one.citation, one.terms)), one.name


def test_two_recipes_prepare_one_published_set_alike() -> None:
    """Else each run of the one would undo the tables of the other."""
    first = {one.name: one for one in read_sources(FOLDER / "depmap.toml")}
    shared = [one for one in read_sources(FOLDER / "line-screens.toml") if one.name in first]
    assert len(shared) == 3
    assert all(first[one.name] == one for one in shared)


def test_the_reference_recipe_is_read() -> None:
    own = reference.read_recipe(FOLDER / "tcga-paad-reference.toml")
    assert len(own.exclude["neuroendocrine"]) == 8


def test_sources_are_optional() -> None:
    recipe = read_recipe(FOLDER.parent / "pdac-public.toml")
    assert isinstance(recipe, Recipe)
    assert recipe.sources == []


@pytest.mark.realdata
def test_gdsc2_by_cosmic_id_is_the_table_at_hand(tmp_path: Path, realdata: Path, gene_table: GeneTable) -> None:
    """Real values, laid out as published: by COSMIC id, lines that share a name (T-T, TT) stay apart."""
    models = realdata / "models"
    listed = pd.read_csv(models / "cell_line_slices/depmap_models.tsv.gz", sep="\t")
    lines = source("depmap-models", model_csv(tmp_path / "Model.csv", listed.to_dict("records")))
    curves = pd.read_csv(models / "gdsc2_full/response.tsv.gz", sep="\t")
    spoken = {"5-FU": "5-Fluorouracil"}
    rows = [(one.cosmic, spoken.get(one.drug, one.drug), one.drug_id, one.lnIC50_uM) for one in curves.itertuples()]
    gdsc2_table(rows).to_csv(tmp_path / "gdsc2.csv", index=False)
    own = source("gdsc2", tmp_path / "gdsc2.csv", lines=f"{lines.into}/lines.tsv.gz")
    told = made(gene_table, tmp_path / "data", tmp_path, lines, own)
    assert any("19 of 782 lines are not in" in line for line in told)
    new = read_response(tmp_path / "data" / own.into / "response.tsv.gz")
    ids = listed.dropna(subset=["COSMICID"]).astype({"COSMICID": int}).set_index("COSMICID")["ModelID"]
    means = -curves.assign(model=curves["cosmic"].map(ids)).groupby(["model", "drug"])["lnIC50_uM"].mean().unstack()
    assert len(new) > 700
    assert list(new.index) == list(means.index)
    pd.testing.assert_frame_equal(new, means[new.columns], check_names=False, atol=1e-4)
    gullet = curves[(curves["cell_line"] == "T-T") & (curves["drug"] == "gemcitabine")]["lnIC50_uM"]
    assert new.loc["ACH-000561", "gemcitabine"] == pytest.approx(-gullet.mean(), abs=1e-4)
