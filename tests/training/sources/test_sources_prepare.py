"""From published files to a pack: prepared once, whole or not at all, and written down in the pack."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from preparing import made
from published import expression_24q4, gdsc2_table, model_csv, source, source_keys
from training_factory import (
    TISSUES,
    build_reference,
    lines_keys,
    recipe_keys,
    tissues,
    write_lines,
    write_recipe,
    write_world,
)
from typer.testing import CliRunner

from pancreassign.cli import app
from pancreassign.counts.genes import GeneTable
from pancreassign.errors import ConfigError
from pancreassign.signatures import pack
from pancreassign.training import lines as cell_lines
from pancreassign.training.build import train
from pancreassign.training.recipe import Recipe, Source, read_sources

NAMES = {
    "5-FU": "5-Fluorouracil", "oxaliplatin": "Oxaliplatin", "irinotecan": "Irinotecan", "gemcitabine": "Gemcitabine",
    "paclitaxel": "Paclitaxel",
}  # fmt: skip
SOURCES = ("depmap-models", "depmap-expression", "gdsc2")


def publish(data: Path, raw: Path) -> dict[str, Path]:
    """The made-up lines of the factory as DepMap and GDSC2 would publish them."""
    raw.mkdir(parents=True, exist_ok=True)
    known = pd.read_csv(data / "known_lines.tsv", sep="\t")
    rows = known.assign(COSMICID=known["COSMICID"].astype(object)).to_dict("records")
    one = pd.read_csv(data / "slice_one.tsv", sep="\t", index_col=0)
    values = one.T.set_axis([f"{symbol} ({1000 + k})" for k, symbol in enumerate(one.index)], axis=1)
    response = pd.read_csv(data / "response_of_lines.tsv", sep="\t").dropna()
    cosmic = known.set_index("StrippedCellLineName")["COSMICID"]
    curves = [
        (int(cosmic[row.model]), NAMES[row.drug], 1, row.lnIC50_uM)
        for row in response.itertuples()
        if not np.isnan(cosmic[row.model])
    ]
    gdsc2_table(curves).to_csv(raw / "GDSC2_fitted_dose_response_27Oct23.csv", index=False)
    return {
        "depmap-models": model_csv(raw / "Model.csv", rows),
        "depmap-expression": expression_24q4(
            raw / "OmicsExpressionProteinCodingGenesTPMLogp1.csv", values.clip(lower=0)
        ),
        "gdsc2": raw / "GDSC2_fitted_dose_response_27Oct23.csv",
    }


def entries(files: dict[str, Path]) -> list[dict[str, Any]]:
    """The recipe's ``[[sources]]``."""
    named = {"gdsc2": {"lines": "prepared/depmap-models/lines.tsv.gz"}}
    return [source_keys(name, files[name], **named.get(name, {})) for name in SOURCES]


def keys(files: dict[str, Path]) -> dict[str, Any]:
    """A whole recipe over them: the factory's models, and lines of the prepared tables."""
    lines = lines_keys(
        lines="prepared/depmap-models/lines.tsv.gz",
        response="prepared/gdsc2/response.tsv.gz",
        response_value="value",
        response_names="ModelID",
        slices=[
            {
                "name": "depmap",
                "expression": "prepared/depmap-expression/expression.tsv.gz",
                "genes": "gene",
                "names": "ModelID",
            }
        ],
    )
    plain = recipe_keys(folds=4, repeats=1, permutations=3)
    return {**plain, "lines": lines, "sources": entries(files)}


@pytest.fixture
def world(tmp_path: Path, gene_table: GeneTable) -> Path:
    """A data folder of the factory's, and beside it ``raw``, what was published."""
    write_world(tmp_path / "data", gene_table)
    write_lines(tmp_path / "data", gene_table)
    return tmp_path


def test_published_files_train_a_pack_that_names_them(world: Path, gene_table: GeneTable) -> None:
    files = publish(world / "data", world / "raw")
    recipe = Recipe.model_validate(keys(files))
    made(gene_table, world / "data", world / "raw", *recipe.sources)
    assert recipe.lines is not None
    lines = cell_lines.read(recipe.lines, world / "data", gene_table)
    assert len(lines.tissue) == sum(n for name, n in TISSUES.items() if name in ("Pancreas", "Lung", "Skin")) - 1
    assert lines.slices["depmap"].shape == (29, 40), "one line has no COSMIC id, and so no response"
    reference = build_reference(world / "data", gene_table, world / "reference")
    (world / "pack").mkdir()
    train(recipe, world / "data", reference, gene_table, tissues(gene_table), world / "pack", lambda _: None)
    told = pack.load(world / "pack").manifest["training_data"]
    assert [one["name"] for one in told] == ["Twenty made-up models", "Thirty-six made-up lines", *SOURCES]
    assert told[-1] == {
        "name": "gdsc2",
        "version": "1.0",
        "source": "doi 10.0000/made-up",
        "terms": "none at all",
        "files": [
            {
                "file": "GDSC2_fitted_dose_response_27Oct23.csv",
                "sha256": recipe.sources[-1].files[0].checksum.removeprefix("sha256:"),
                "checked": True,
            }
        ],
    }


def test_the_command_prepares_from_a_folder_and_does_it_once(world: Path) -> None:
    recipe = write_recipe(world / "sources.toml", {"sources": entries(publish(world / "data", world / "raw"))})
    arguments = ["train", str(recipe), "--prepare-only", "--data", str(world / "out"), "--from", str(world / "raw")]
    first = CliRunner().invoke(app, arguments)
    assert first.exit_code == 0, first.output
    assert first.output.count("preparing ") == 3
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in (world / "out").rglob("*.gz")}
    again = CliRunner().invoke(app, arguments)
    assert again.output.count(" stands in ") == 3
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in before} == before


def test_the_command_asks_for_a_folder_for_the_pack(world: Path) -> None:
    recipe = write_recipe(world / "recipe.toml", recipe_keys())
    done = CliRunner().invoke(app, ["train", str(recipe)])
    assert done.exit_code == 2
    assert "--prepare-only" in done.output


def test_a_broken_copy_ends_in_2_and_prepares_nothing(world: Path) -> None:
    files = publish(world / "data", world / "raw")
    recipe = write_recipe(world / "recipe.toml", {"sources": entries(files)})
    files["gdsc2"].write_text("another version")
    arguments = ["train", str(recipe), "--prepare-only", "--data", str(world / "out"), "--from", str(world / "raw")]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 2
    assert "has the checksum sha256:" in done.output
    assert not (world / "out").exists(), "files are checked before any table is written"


def prepared(world: Path, genes: GeneTable) -> tuple[list[Source], dict[str, Path]]:
    files = publish(world / "data", world / "raw")
    sources = read_sources(write_recipe(world / "recipe.toml", {"sources": entries(files)}))
    made(genes, world / "data", world / "raw", *sources)
    return sources, files


def test_another_release_of_the_lines_renames_the_responses(world: Path, gene_table: GeneTable) -> None:
    (models, expression, gdsc), files = prepared(world, gene_table)
    before = pd.read_csv(world / "data/prepared/gdsc2/response.tsv.gz", sep="\t")
    rows = pd.read_csv(files["depmap-models"])
    rows.assign(ModelID=rows["ModelID"].str.replace("ACH-", "ACH-9")).to_csv(files["depmap-models"], index=False)
    later = source("depmap-models", files["depmap-models"], version="2.0")
    told = made(gene_table, world / "data", world / "raw", later, expression, gdsc)
    assert [line.split()[:2] for line in told if "preparing" in line] == [
        ["preparing", "depmap-models"],
        ["preparing", "gdsc2"],
    ]
    after = pd.read_csv(world / "data/prepared/gdsc2/response.tsv.gz", sep="\t")
    assert list(after["model"]) == list(before["model"].str.replace("ACH-", "ACH-9"))
    assert models.version == "1.0"


def test_prepared_tables_outlive_their_files_but_not_a_change(world: Path, gene_table: GeneTable) -> None:
    sources, files = prepared(world, gene_table)
    for path in files.values():
        path.unlink()
    told = made(gene_table, world / "data", world / "raw", *sources)
    assert all(" stands in " in line for line in told)
    damaged = world / "data/prepared/gdsc2/response.tsv.gz"
    damaged.write_bytes(damaged.read_bytes()[:-3])
    with pytest.raises(ConfigError, match="is not there"):
        made(gene_table, world / "data", world / "raw", *sources)


def test_a_foreign_table_is_not_overwritten(world: Path, gene_table: GeneTable) -> None:
    files = publish(world / "data", world / "raw")
    mine = world / "data/prepared/gdsc2/response.tsv.gz"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    sources = [Source.model_validate(one) for one in entries(files)]
    with pytest.raises(ConfigError, match="is not of the source gdsc2"):
        made(gene_table, world / "data", world / "raw", *sources)
    assert mine.read_text() == "mine"


def test_tables_that_a_source_no_longer_writes_go(world: Path, gene_table: GeneTable) -> None:
    for name in ("a.tsv", "b.tsv"):
        (world / name).write_text(name)
    made(gene_table, world / "data", world, source("folder", world / "a.tsv", world / "b.tsv"))
    made(gene_table, world / "data", world, source("folder", world / "b.tsv"))
    folder = world / "data/prepared/folder"
    assert sorted(path.name for path in folder.iterdir()) == ["b.tsv", "source.folder.toml"]


def test_unchecked_files_stay_so_in_the_record(world: Path, gene_table: GeneTable) -> None:
    files = publish(world / "data", world / "raw")
    bare = Source.model_validate(source_keys("depmap-models", files=[{"file": files["depmap-models"].name}]))
    with pytest.raises(ConfigError, match="cannot be checked"):
        made(gene_table, world / "data", world / "raw", bare)
    made(gene_table, world / "data", world / "raw", bare, accept=True)
    assert "checked = false" in (world / "data" / bare.into / "source.depmap-models.toml").read_text()
    with pytest.raises(ConfigError, match="cannot be checked"):
        made(gene_table, world / "data", world / "raw", bare)


def test_two_sources_of_one_name_are_refused(world: Path, gene_table: GeneTable) -> None:
    (world / "a.tsv").write_text("a")
    own = source("folder", world / "a.tsv")
    with pytest.raises(ConfigError, match="two are named 'folder'"):
        made(gene_table, world / "data", world, own, own)
