"""What it costs to carry a signature from models to tumours, and from fresh tissue to paraffin."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from pancreassign.counts.genes import GeneTable
from pancreassign.counts.readers import read_samples
from pancreassign.errors import ConfigError
from pancreassign.normalize.apply import normalise
from pancreassign.normalize.reference import Reference
from pancreassign.training.evaluate import spearman
from pancreassign.training.models import standardise

Array = npt.NDArray[np.float64]


def read_z(paths: Sequence[Path], reference: Reference, genes: GeneTable) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read count files; return samples × genes of z-scores, and samples × genes of counts."""
    samples, _ = read_samples(paths, genes)
    z = {s.id: normalise(s.counts, reference.genes, s.units, genes.length).z for s in samples}
    return pd.DataFrame(z).T, pd.DataFrame({s.id: s.counts for s in samples}).T


def reference_tumours(
    paths: Sequence[Path], reference: Reference, genes: GeneTable
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The reference tumours, in the reference's order, as z-scores and as counts (samples × genes)."""
    z, counts = read_z(paths, reference, genes)
    lacking = [tumour for tumour in reference.tumours if tumour not in z.index]
    if lacking:
        raise ConfigError(
            "tumours.counts", f"lacks {len(lacking)} tumours of the reference, such as {lacking[0]}", "List their file."
        )
    order = list(reference.tumours)
    return z.loc[order], counts.loc[order]


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
    ``reference_sd``
        Standard deviation of the tumours' scores.
    ``spread_ratio``
        That standard deviation over that of the models' out-of-fold scores.
    """
    own = z[weights.index].to_numpy() @ weights.to_numpy()
    kilobases = genes.length.reindex(counts.columns) / 1e3
    fpkm = counts.div(counts.sum(axis=1) / 1e6, axis=0) / kilobases
    logs = np.log2(1.0 + fpkm[weights.index].to_numpy())
    by_models = standardise(logs, models[weights.index].to_numpy()) @ weights.to_numpy()
    return {
        "rank_agreement": float(spearman(own, by_models)),
        "level_shift": float(by_models.mean()),
        "reference_sd": float(own.std(ddof=1)),
        "spread_ratio": float(own.std(ddof=1) / out_of_fold.std(ddof=1)),
    }


def paraffin_noise(
    score: Callable[[pd.DataFrame], Array], z: pd.DataFrame, pairs: Sequence[tuple[str, str]]
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
    ffpe, fresh = (score(z.loc[[pair[side] for pair in pairs]]) for side in (0, 1))
    change = (ffpe - fresh) / fresh.std(ddof=1)
    return {
        "n": len(pairs),
        "spearman": float(spearman(ffpe, fresh)),
        "shift": float(change.mean()),
        "noise": float(np.sqrt((change**2).mean())),
    }
