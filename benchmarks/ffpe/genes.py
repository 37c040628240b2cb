"""Whether other genes would survive paraffin better, and what kidney can tell of the shipped ones.

Scores here are sums of weight times z, without the correction for content: what is asked is of genes alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmarks.ffpe.libraries import DRUGS
from pancreassign.kit import Kit
from pancreassign.training import datasets, fitting, transfer
from pancreassign.training import lines as cell_lines
from pancreassign.training.evaluate import spearman
from pancreassign.training.fitting import Material
from pancreassign.training.recipe import Recipe

Array = npt.NDArray[np.float64]

EXPRESSED = (0, 1, 2, 5, 10, 20)
"""Counts per million, mean over the kidney libraries, from which a gene is kept."""
KEPT = (1.0, 0.9, 0.75, 0.5)
"""Share of the genes kept, those that paraffin moves least."""
FAMILIES = ("stack", "ridge")
SPLITS = 20
SHOWN = 10


class Pairs:
    """Paraffin and fresh libraries of the same tumours on the reference's scale, and the reference tumours."""

    def __init__(self, recipe: Recipe, data: Path, kit: Kit) -> None:
        known = (kit.reference, kit.genes, kit.yardstick.tissues)
        self.matched = len(recipe.ffpe.matched)
        self._order = [*recipe.ffpe.matched, *recipe.ffpe.mismatched]
        self._libraries = transfer.read([data / recipe.ffpe.counts], *known)
        self._tumours = transfer.reference_tumours([data / path for path in recipe.tumours.counts], *known)

    @property
    def n(self) -> int:
        """How many tumours; the matched ones come first."""
        return len(self._order)

    def z(self, side: int, genes: pd.Index) -> Array:
        """tumours × genes of one side (0: paraffin, 1: fresh); a gene that is not there is at the reference's mean."""
        return _z(self._libraries.of([pair[side] for pair in self._order]).z, genes)

    def per_million(self, genes: pd.Index) -> tuple[pd.Series, pd.Series]:
        """Mean counts per million of every gene in these libraries, and in the reference's tumours."""
        names = [name for pair in self._order for name in pair]
        here, there = (one.div(one.sum(axis=1), axis=0).mean() * 1e6 for one in (
            self._libraries.of(names).counts, self._tumours.counts
        ))  # fmt: skip
        return here.reindex(genes).fillna(0.0), there.reindex(genes).fillna(0.0)

    def agreement(self, weights: pd.DataFrame, tumours: Sequence[int]) -> tuple[Array, Array]:
        """By target: Spearman of paraffin and fresh, and the mean change in SD of the reference tumours' scores."""
        a, b = (self.z(side, weights.index)[list(tumours)] @ weights.to_numpy() for side in (0, 1))
        spread = (_z(self._tumours.z, weights.index) @ weights.to_numpy()).std(axis=0, ddof=1)
        return spearman(a, b), (a - b).mean(axis=0) / spread

    def moved(self, genes: pd.Index, tumours: Sequence[int]) -> Array:
        """By gene: root mean square of paraffin - fresh, in the reference's standard deviations."""
        change = self.z(0, genes)[list(tumours)] - self.z(1, genes)[list(tumours)]
        return np.asarray(np.sqrt((change**2).mean(axis=0)))


def _z(table: pd.DataFrame, genes: pd.Index) -> Array:
    return np.asarray(table.reindex(columns=genes).fillna(0.0))


def expressed_table(pairs: Pairs, kit: Kit) -> pd.DataFrame:
    """The shipped scores on the genes alone that kidney expresses: of others a few reads tell there, or none."""
    weights = pd.DataFrame({drug: kit.pack.signatures[drug].weights for drug in DRUGS}).fillna(0.0)
    kidney, _ = pairs.per_million(weights.index)
    rows = []
    for limit in EXPRESSED:
        kept = weights[kidney >= limit]
        share = kept.abs().sum() / weights.abs().sum()
        matched, shift = pairs.agreement(kept, range(pairs.matched))
        everything, _ = pairs.agreement(kept, range(pairs.n))
        rows.append(
            {
                "at_least": limit,
                "genes": len(kept),
                "weight_low": share.min(),
                "weight_high": share.max(),
                "matched": matched.mean(),
                "matched_worst": matched.min(),
                "all": everything.mean(),
                "all_worst": everything.min(),
                "shift_mean": np.abs(shift).mean(),
                "shift_worst": np.abs(shift).max(),
            }
        )
    return pd.DataFrame(rows)


def material_of(recipe: Recipe, data: Path, kit: Kit) -> Material:
    """What the shipped pack is learnt from."""
    models = datasets.load(recipe.models, data, kit.genes)
    lines = cell_lines.read(recipe.lines, data, kit.genes, models.drugs) if recipe.lines else None
    return fitting.gather(recipe, models.expression, models.sensitivity, kit.reference, lines)


def filter_table(recipe: Recipe, material: Material, pairs: Pairs) -> pd.DataFrame:
    """Signatures refitted without the genes that paraffin moves most, tried on tumours that did not choose the genes.

    Each of :data:`SPLITS` times half of the tumours says which genes go, and the other half is scored; over the matched
    tumours, and over all 16, of which six differ as tissues.
    """
    rows = []
    for label, n in (("matched", pairs.matched), ("all", pairs.n)):
        for family in FAMILIES:
            rows += [
                {"pairs": label, "family": family, "kept": kept, **_filtered(recipe, material, pairs, n, family, kept)}
                for kept in KEPT
            ]
    return pd.DataFrame(rows)


def _filtered(
    recipe: Recipe, material: Material, pairs: Pairs, n: int, family: str, kept: float
) -> dict[str, float | np.floating]:
    """Means over the splits of the first ``n`` tumours, of the mean over the drugs; and the spread over the splits."""
    rng = np.random.default_rng(recipe.seed)
    rho, shift = [], []
    for _ in range(SPLITS):
        order = rng.permutation(n)
        half, other = order[: n // 2], order[n // 2 :]
        moved = pairs.moved(material.genes, list(half))
        some = material.of(material.genes[moved <= np.quantile(moved, kept)])
        chosen = dict.fromkeys(material.targets, family)
        weights = fitting.weights_of(some, fitting.candidates_of(recipe, some), chosen)[DRUGS]
        found = pairs.agreement(weights, list(other))
        rho.append(found[0].mean())
        shift.append(np.abs(found[1]).mean())
    return {"spearman": np.mean(rho), "over_splits": np.std(rho, ddof=1), "shift": np.mean(shift)}


def moved_table(material: Material, pairs: Pairs, symbols: pd.Series) -> pd.DataFrame:
    """The genes that the matched pairs move most, with what the others do, and what kidney and tumours express."""
    genes = material.genes
    kidney, tumours = pairs.per_million(genes)
    table = pd.DataFrame(
        {
            "symbol": symbols.reindex(genes).to_numpy(),
            "matched": pairs.moved(genes, range(pairs.matched)),
            "mismatched": pairs.moved(genes, range(pairs.matched, pairs.n)),
            "kidney": kidney.to_numpy(),
            "tumours": tumours.to_numpy(),
        }
    )
    return table.sort_values(["matched", "symbol"], ascending=[False, True]).head(SHOWN)
