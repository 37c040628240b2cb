"""What the comparison stands on: organoids and lines with responses, and real tumours' counts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.ffpe.material import read_counts
from pancreassign import resources
from pancreassign.kit import Kit, load_kit
from pancreassign.records import Drug
from pancreassign.training import datasets, fitting
from pancreassign.training import lines as cell_lines
from pancreassign.training.datasets import ModelSet
from pancreassign.training.fitting import Material
from pancreassign.training.lines import Lines
from pancreassign.training.recipe import Recipe, read_recipe

DRUGS = [drug.value for drug in Drug]


@dataclass(frozen=True)
class Samples:
    """Everything that a method may learn from, or is judged on.

    Attributes
    ----------
    recipe
        Of the shipped pack.
    models
        The organoids: models × all genes measured, and their responses.
    panel
        The same inside the panel, with the solid lines: what the shipped procedure learns from.
    every_line
        Lines of all tissues, blood too: what a pan-cancer recipe learns from.
    kit
        The shipped pack, reference and gene table.
    tumours
        By laboratory: genes × reference tumours, raw counts.
    """

    recipe: Recipe
    models: ModelSet
    panel: Material
    every_line: Lines
    kit: Kit
    tumours: dict[str, pd.DataFrame]

    @property
    def lines(self) -> Lines:
        """The solid lines of the shipped recipe."""
        assert self.panel.lines is not None
        return self.panel.lines

    @property
    def tissue(self) -> str:
        """The lines' tissue that is left out whole."""
        return self.lines.test_tissue

    def left_out(self, lines: Lines) -> pd.DataFrame:
        """The left-out tissue's lines, standardised among themselves: lines × every gene of their slices."""
        genes = pd.Index(sorted({str(gene) for table in lines.slices.values() for gene in table}))
        return cell_lines.own_world(lines, self.tissue, genes)


def load(data: Path) -> Samples:
    """Read the tables that the shipped pack's recipe names.

    Raises
    ------
    ConfigError
        Where one of them cannot be read.
    """
    recipe = read_recipe(resources.signatures_dir() / f"{resources.DEFAULT_PACK}.toml")
    assert recipe.lines is not None, "the shipped recipe learns from lines"
    kit = load_kit(resources.DEFAULT_PACK, resources.DEFAULT_REFERENCE)
    models = datasets.load(recipe.models, data, kit.genes)
    solid = cell_lines.read(recipe.lines, data, kit.genes, models.drugs)
    blood_too = recipe.lines.model_copy(update={"without_tissues": []})
    every = cell_lines.read(blood_too, data, kit.genes, models.drugs)
    files = {Path(path).parent.name: read_counts([data / path], kit.genes) for path in recipe.tumours.counts}
    return Samples(
        recipe=recipe,
        models=models,
        panel=fitting.gather(recipe, models.expression, models.sensitivity, kit.reference, solid),
        every_line=every,
        kit=kit,
        tumours={name: table[[one for one in table if one in kit.reference.tumours]] for name, table in files.items()},
    )


def log_cpm(counts: pd.DataFrame, kit: Kit) -> pd.DataFrame:
    """``log2(1 + CPM)`` of the protein-coding genes, samples × genes: what each sample gives by itself."""
    coding = counts.index[kit.genes.biotype.reindex(counts.index) == "protein_coding"]
    table = counts.loc[coding]
    return pd.DataFrame(np.log2(1.0 + 1e6 * table / table.sum())).T


def batch_z(batch: pd.DataFrame) -> pd.DataFrame:
    """Genes as z-scores over the batch (samples × genes), the usual first step; no value for a batch of one.

    A gene that does not vary in the batch is 0. This is the step by which a patient's value comes to hang on the
    other patients of the batch.
    """
    if len(batch) < 2:
        return pd.DataFrame(np.nan, index=batch.index, columns=batch.columns)
    spread = batch.std(ddof=1)
    return (batch - batch.mean()) / spread.where(spread > 0, np.inf)
