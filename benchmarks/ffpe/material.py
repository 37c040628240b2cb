"""What the benchmark stands on: reference tumours, pairs of the same tumour in paraffin and fresh, and gene sets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from pancreassign import resources
from pancreassign.counts.genes import GeneTable
from pancreassign.counts.readers import read_samples
from pancreassign.normalize import reference as references
from pancreassign.simulate.mix import read_profiles
from pancreassign.training.recipe import read_recipe

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

PANEL = "panel"
"""The gene set that signatures are trained in, as the reference marks it."""


@dataclass(frozen=True)
class Material:
    """Counts on one gene list: the protein-coding genes that the reference and the pairs' table both measured.

    Attributes
    ----------
    reference
        genes × reference tumours.
    paraffin, fresh
        genes × patients, the same patient in the same column; the matched ones first.
    matched
        How many patients have blocks of like tumour content.
    pure
        genes × xenografts, raw counts of human reads: tumour cells alone.
    tissues
        genes × pure tissues, shares of the reads.
    sets
        Gene sets that signatures are drawn from, by name.
    stable, anchor
        The reference's genes that measure a library's size: of all cells, and of the tumour cell.
    """

    reference: Array
    paraffin: Array
    fresh: Array
    matched: int
    pure: pd.DataFrame
    tissues: pd.DataFrame
    sets: dict[str, Mask]
    stable: Mask
    anchor: Mask


def read_counts(paths: Sequence[Path], genes: GeneTable) -> pd.DataFrame:
    """Raw counts, genes × samples; only genes that every sample measured."""
    samples, _ = read_samples(paths, genes)
    return pd.DataFrame({sample.id: sample.counts for sample in samples}).dropna()


def profiles() -> pd.DataFrame:
    """Shares of the reads in pure tissues, genes × tissues (data/tissues)."""
    return read_profiles(resources.data_dir() / "tissues" / "profiles.tsv.gz")


def load(data: Path) -> Material:
    """Read the tables that the shipped pack's recipe names."""
    genes = GeneTable.load(resources.data_dir() / "genes")
    recipe = read_recipe(resources.signatures_dir() / f"{resources.DEFAULT_PACK}.toml")
    tumours = read_counts([data / path for path in recipe.tumours.counts], genes)
    frozen = references.load(resources.find_reference(resources.DEFAULT_REFERENCE))
    pairs = read_counts([data / recipe.ffpe.counts], genes)
    pure = read_counts([data / recipe.content.counts], genes)
    listed = frozen.genes.index.intersection(tumours.index).intersection(pairs.index).sort_values()
    whole = tumours.loc[frozen.genes.index, list(frozen.tumours)]
    fold = pd.read_csv(resources.data_dir() / "tissues" / "genes.tsv.gz", sep="\t", index_col=0)["vs_fibroblast"]
    sets = gene_sets(whole, frozen.genes["symbol"], fold.reindex(whole.index))
    order = [*recipe.ffpe.matched, *recipe.ffpe.mismatched]
    return Material(
        reference=whole.loc[listed].to_numpy(float),
        paraffin=pairs.loc[listed, [ffpe for ffpe, _ in order]].to_numpy(float),
        fresh=pairs.loc[listed, [fresh for _, fresh in order]].to_numpy(float),
        matched=len(recipe.ffpe.matched),
        # a gene that only one of the two tables holds is not expressed in the other
        pure=pure.reindex(listed).fillna(0.0),
        tissues=profiles().reindex(listed).fillna(0.0),
        sets={name: mask[listed].to_numpy() for name, mask in {**sets, PANEL: frozen.genes["panel"]}.items()},
        stable=frozen.genes.loc[listed, "stable"].to_numpy(),
        anchor=frozen.genes.loc[listed, "anchor"].to_numpy(),
    )


def gene_sets(counts: pd.DataFrame, symbols: pd.Series, fold: pd.Series) -> dict[str, pd.Series]:
    """The gene sets that signatures are drawn from; beside the reference's own panel.

    Parameters
    ----------
    counts
        genes × reference tumours, protein-coding.
    symbols, fold
        By gene, in the same order; ``fold`` is log2, pure tumour over fibroblasts, NaN where not measured.
    """
    cpm = 1e6 * counts / counts.sum()
    handling = symbols.str.contains(references.UNSTABLE_SYMBOLS)
    expressed = (cpm.mean(axis=1) >= references.EXPRESSED_CPM) & ~handling
    variance = np.log2(1.0 + cpm).var(axis=1)
    variable = expressed & (variance >= variance[expressed].quantile(1.0 - references.PANEL_SHARE))
    tumour = fold >= references.TUMOUR_CELL_LOG2
    return {
        "all": pd.Series(True, index=counts.index),
        "expressed": expressed,
        "variable": variable,
        "expressed_tumour": expressed & tumour,
        "variable_tumour": variable & tumour,
    }
