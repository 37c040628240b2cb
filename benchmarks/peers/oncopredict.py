"""The recipe of oncoPredict, restated: ridge on pan-cancer lines, after standardising the patients over their batch.

Maeser, Gruener and Huang 2021 (doi 10.1093/bib/bbab260), after Geeleher 2014 (doi 10.1186/gb-2014-15-3-r47). What
``calcPhenotype`` does with ``batchCorrect = "standardize"`` (its choice for RNA-seq patients and microarray lines),
``removeLowVaringGenesFrom = "rawData"`` and its other defaults, written anew: not the R package, no line of it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import boxcox

from benchmarks.peers.material import batch_z

Array = npt.NDArray[np.float64]

LOW_VARYING = 0.2
"""Share of the genes, by variance, that is dropped from either side."""
MOST_VARIANCE = 0.9
"""Components are looked at until they hold this share of the variance (Cule and De Iorio 2013)."""


def predict(tables: Sequence[pd.DataFrame], sensitivity: pd.DataFrame, batch: pd.DataFrame) -> pd.DataFrame:
    """Predicted sensitivity of a batch, samples × drugs, higher = more sensitive, in SD of the lines' responses.

    Parameters
    ----------
    tables
        lines × genes. The published recipe has one; of several, the predictions are averaged.
    sensitivity
        lines × drugs: −lnIC50 (µM), NaN where not measured.
    batch
        samples × genes, log scale: all that are predicted together. A batch of one gives no value (NaN).
    """
    every = [_by_one(table, sensitivity, batch) for table in tables]
    return pd.DataFrame(np.mean(every, axis=0), batch.index, every[0].columns)


def _by_one(table: pd.DataFrame, sensitivity: pd.DataFrame, batch: pd.DataFrame) -> pd.DataFrame:
    shared = table.columns.intersection(batch.columns, sort=False)
    genes = _varying(table[shared]).intersection(_varying(batch[shared]), sort=False)
    if not len(genes):
        return pd.DataFrame(np.nan, index=batch.index, columns=sensitivity.columns)
    z, patients = batch_z(table[genes]), batch_z(batch[genes]).to_numpy()
    found = {}
    for drug, values in sensitivity.reindex(table.index).items():
        known = values.notna()
        # powerTransform of the IC50, whose logarithm the table holds; rising, so high still means resistant
        transformed, _ = boxcox(np.exp(-values[known].to_numpy()))
        resistance = (transformed - transformed.mean()) / transformed.std(ddof=1)
        found[str(drug)] = -automatic_ridge(z[known].to_numpy(), resistance, patients)
    return pd.DataFrame(found, index=batch.index)


def _varying(table: pd.DataFrame) -> pd.Index:
    """The genes that vary most, all but :data:`LOW_VARYING` of them; none of a single sample's."""
    variance = table.var(ddof=1)
    kept = variance.sort_values(ascending=False, kind="stable").index[: int(len(variance) * (1.0 - LOW_VARYING))]
    return table.columns[table.columns.isin(kept) & (variance > 0)]


def automatic_ridge(train: Array, response: Array, test: Array) -> Array:
    """Predictions of a ridge whose penalty is chosen without validation, less the training mean.

    Cule and De Iorio 2013 (doi 10.1002/gepi.21750): of the penalties ``k_r = r·σ²_r / Σ a²`` over the first ``r``
    components, the one whose degrees of freedom for variance come nearest to ``r``. Columns are scaled to unit length.

    Parameters
    ----------
    train, test
        samples × genes.
    response
        Of the training samples.
    """
    n = len(train)
    centre = train.mean(axis=0)
    length = np.sqrt(((train - centre) ** 2).sum(axis=0))
    length = np.where(length > 0, length, np.inf)
    left, singular, right = np.linalg.svd((train - centre) / length, full_matrices=False)
    some = singular > 1e-10 * singular[0]
    left, singular, right = left[:, some], singular[some], right[some]
    share = np.cumsum(singular**2) / (singular**2).sum()
    r = np.arange(1, min(int((share < MOST_VARIANCE).sum()) + 1, n - 1) + 1)
    y = response - response.mean()
    on = left.T @ y
    noise = ((y**2).sum() - np.cumsum(on**2)[: len(r)]) / (n - r)
    penalties = r * noise / np.cumsum((on / singular) ** 2)[: len(r)]
    freedom = (singular[:, None] ** 4 / (singular[:, None] ** 2 + penalties) ** 2).sum(axis=0)
    penalty = penalties[np.argmin(np.abs(freedom - r))]
    weights = right.T @ (on * singular / (singular**2 + penalty))
    return np.asarray((test - centre) / length @ weights)
