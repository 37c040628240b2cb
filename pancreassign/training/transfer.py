"""What it costs to carry a signature from models to tumours, and from fresh tissue to paraffin."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from pancreassign.counts.genes import GeneTable
from pancreassign.counts.readers import read_samples
from pancreassign.errors import ConfigError
from pancreassign.normalize.apply import normalise
from pancreassign.normalize.reference import Reference
from pancreassign.quality.tissues import Tissues
from pancreassign.training import content
from pancreassign.training.evaluate import spearman
from pancreassign.training.models import standardise

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Libraries:
    """Libraries on the reference's scale: ``z`` and ``counts`` samples × genes, ``burden`` samples × 2 (content.py)."""

    z: pd.DataFrame
    counts: pd.DataFrame
    burden: pd.DataFrame

    def of(self, samples: Sequence[str]) -> Libraries:
        """These samples, in this order."""
        order = list(samples)
        return Libraries(self.z.loc[order], self.counts.loc[order], self.burden.loc[order])


def read(paths: Sequence[Path], reference: Reference, genes: GeneTable, tissues: Tissues) -> Libraries:
    """Read count files and put every sample on the reference's scale."""
    samples, _ = read_samples(paths, genes)
    seen = {s.id: normalise(s.counts, reference.genes, s.units, genes.length) for s in samples}
    return Libraries(
        pd.DataFrame({name: one.z for name, one in seen.items()}).T,
        pd.DataFrame({s.id: s.counts for s in samples}).T,
        pd.DataFrame({name: content.burden(one.bulk, reference, tissues) for name, one in seen.items()}).T,
    )


def reference_tumours(paths: Sequence[Path], reference: Reference, genes: GeneTable, tissues: Tissues) -> Libraries:
    """The reference tumours, in the reference's order."""
    libraries = read(paths, reference, genes, tissues)
    lacking = [tumour for tumour in reference.tumours if tumour not in libraries.z.index]
    if lacking:
        raise ConfigError(
            "tumours.counts", f"lacks {len(lacking)} tumours of the reference, such as {lacking[0]}", "List their file."
        )
    return libraries.of(reference.tumours)


def own_world_cost(
    weights: pd.Series,
    models: pd.DataFrame,
    out_of_fold: Array,
    z: pd.DataFrame,
    counts: pd.DataFrame,
    genes: GeneTable,
) -> dict[str, float]:
    """Compare tumours scored by their own mean and spread with tumours scored by those of the models.

    Returns
    -------
    ``rank_agreement``
        Spearman, over the reference tumours, between the two ways.
    ``level_shift``
        Mean score of the tumours by the models' mean and spread, in units of the score: how far tumours lie from
        the models before each gene is standardised in its own world.
    ``spread_ratio``
        Standard deviation of the tumours' scores over that of the models' out-of-fold scores.
    """
    own = z[weights.index].to_numpy() @ weights.to_numpy()
    kilobases = genes.length.reindex(counts.columns) / 1e3
    fpkm = counts.div(counts.sum(axis=1) / 1e6, axis=0) / kilobases
    logs = np.log2(1.0 + fpkm[weights.index].to_numpy())
    by_models = standardise(logs, models[weights.index].to_numpy()) @ weights.to_numpy()
    return {
        "rank_agreement": float(spearman(own, by_models)),
        "level_shift": float(by_models.mean()),
        "spread_ratio": float(own.std(ddof=1) / out_of_fold.std(ddof=1)),
    }


def paraffin_noise(
    score: Callable[[Libraries], Array], libraries: Libraries, pairs: Sequence[tuple[str, str]]
) -> dict[str, float]:
    """How far an FFPE score lies from the fresh score of the same tumour, in units of the fresh tumours' spread.

    The pairs are of another tissue, in which the signature's genes vary less than among the reference tumours: so
    the noise is carried over as a share of the spread, not as it stands.

    Returns
    -------
    ``n`` pairs, their ``spearman``, and as shares of the fresh scores' standard deviation the mean ``shift``
    (FFPE - fresh) and the ``noise``: the root mean square of FFPE - fresh, shift included, since a patient's
    paraffin block comes alone and its shift cannot be removed.
    """
    ffpe, fresh = (score(libraries.of([pair[side] for pair in pairs])) for side in (0, 1))
    change = (ffpe - fresh) / fresh.std(ddof=1)
    return {
        "n": len(pairs),
        "spearman": float(spearman(ffpe, fresh)),
        "shift": float(change.mean()),
        "noise": float(np.sqrt((change**2).mean())),
    }
