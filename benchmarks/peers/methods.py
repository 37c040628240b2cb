"""The methods by name, and the scores that each gives to models it never saw.

Scores are models × drugs, higher = more sensitive.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import clone

from benchmarks.peers import oncopredict
from benchmarks.peers.material import DRUGS, Samples
from pancreassign.training import baselines, fitting, select
from pancreassign.training.families import CorrelatedGenes, Linear
from pancreassign.training.models import standardise

Array = npt.NDArray[np.float64]

OURS = "pancreassign"
RIDGE, RIDGE_ALL = "oncoPredict recipe, GDSC RMA", "oncoPredict recipe, six slices"
CORRELATED, CORRELATED_PANEL = "correlated genes", "correlated genes of the panel"
ULM_LOG, ULM_Z = "decoupler ulm, log expression", "decoupler ulm, frozen z"
TRANSACT = "TRANSACT"
METHODS = (
    OURS,
    RIDGE,
    RIDGE_ALL,
    CORRELATED,
    CORRELATED_PANEL,
    baselines.SUBTYPE,
    baselines.PROLIFERATION,
    ULM_LOG,
    ULM_Z,
    TRANSACT,
)
"""Every row of every table, in this order."""
RMA = "gdsc_rma"
"""The table of oncoPredict's own vignette: 1,000 genes of 400 lines (here those with a known tissue and response)."""
TRANSACT_SLICES = ("ccle706", "ccle791", "depmap535")
"""TRANSACT takes one table without gaps: of the slices' joins one with many genes and lines, 19 of them pancreatic."""
Scores = dict[str, pd.DataFrame]


def slices_of(samples: Samples, method: str) -> list[pd.DataFrame]:
    """The lines' tables that a variant of the oncoPredict recipe learns from."""
    slices = samples.every_line.slices
    return [slices[RMA]] if method == RIDGE else list(slices.values())


def joined(slices: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """:data:`TRANSACT_SLICES` as one table: z-scores of the lines that are in all; a shared gene from the first."""
    tables = [slices[name] for name in TRANSACT_SLICES]
    whole = pd.concat(tables, axis=1, join="inner")
    whole = whole.loc[:, ~whole.columns.duplicated()]
    return pd.DataFrame(standardise(whole.to_numpy(), whole.to_numpy()), whole.index, whole.columns)


def sources(samples: Samples) -> pd.DataFrame:
    """What each method that learns from lines reads: lines, genes, and how many of these the organoids' table holds."""
    slices, panel = samples.every_line.slices, samples.panel.genes
    solid = samples.lines.slices.values()
    tables = {
        f"{OURS}, prior": [table[table.columns.intersection(panel, sort=False)] for table in solid],
        **{name: slices_of(samples, name) for name in (RIDGE, RIDGE_ALL)},
        TRANSACT: [joined(slices)],
    }
    rows = []
    for method, read in tables.items():
        lines, genes = (pd.Index(sorted({str(name) for one in read for name in one.axes[axis]})) for axis in (0, 1))
        rows.append(
            {
                "method": method,
                "lines": len(lines),
                "of pancreas": int(samples.every_line.tissue[lines].eq(samples.tissue).sum()),
                "genes": len(genes),
                "in the organoids' table": len(genes.intersection(samples.models.expression.columns)),
            }
        )
    return pd.DataFrame(rows)


def net(weights: pd.DataFrame) -> pd.DataFrame:
    """Signatures (genes × drugs) as a decoupler net: each gene of a signature with its sign."""
    long = weights[DRUGS].rename_axis("target").reset_index().melt("target", var_name="source", value_name="weight")
    return long[long["weight"] != 0.0].assign(weight=lambda table: np.sign(table["weight"])).reset_index(drop=True)


def ulm(values: pd.DataFrame, weights: pd.DataFrame) -> pd.DataFrame:
    """decoupler's ``ulm`` (doi 10.1093/bioadv/vbac016) of samples × genes: samples × drugs."""
    import decoupler  # type: ignore[import-untyped]  # takes seconds to import

    found, _ = decoupler.mt.ulm(values, net(weights), verbose=False)
    return pd.DataFrame(found).reindex(index=values.index, columns=DRUGS)


def correlated(expression: pd.DataFrame, sensitivity: pd.DataFrame) -> pd.DataFrame:
    """Weights (genes × targets) of the correlated-gene z-score, learnt on all genes that the models measure."""
    fitted = CorrelatedGenes().fit(expression.to_numpy(), sensitivity.to_numpy())
    return pd.DataFrame(fitted.coef_, index=expression.columns, columns=sensitivity.columns)


def procedure(x: Array, y: Array, candidates: Mapping[str, Linear], seed: int) -> Array:
    """The shipped procedure on these models: weights (genes × targets) of the family that its rule chooses."""
    winners, _ = select.choose(x, y, candidates, seed, y.shape[1])
    fitted = [
        clone(family).fit(x, y).coef_ if (winners == place).any() else None
        for place, family in enumerate(candidates.values())
    ]
    columns = []
    for target, place in enumerate(winners):
        coefficients = fitted[place]
        assert coefficients is not None
        columns.append(coefficients[:, target])
    return np.column_stack(columns)


def organoids(samples: Samples) -> Scores:
    """Out-of-fold scores of the organoids, in the folds of the card.

    What learns on organoids (the shipped procedure with its choice of families, its signs for ``ulm``, correlated
    genes) does so in each training fold. What does not gets all organoids as one batch, as its user would give them.
    """
    how, models = samples.recipe.evaluation, samples.models
    candidates = fitting.candidates_of(samples.recipe, samples.panel)
    learnt = (OURS, CORRELATED, CORRELATED_PANEL, ULM_LOG, ULM_Z)
    total = {name: pd.DataFrame(0.0, index=models.expression.index, columns=DRUGS) for name in learnt}
    for train, test in select.splits(len(models.expression), how.folds, how.repeats, samples.recipe.seed):
        for name, scores in _fold(samples, candidates, train, test).items():
            total[name].iloc[test] += scores[DRUGS].to_numpy()
    return {**{name: table / how.repeats for name, table in total.items()}, **_untrained_organoids(samples)}


def _fold(
    samples: Samples, candidates: Mapping[str, Linear], train: select.Places, test: select.Places
) -> Mapping[str, pd.DataFrame]:
    """Scores of the test models by what was learnt on the training models."""
    expression, sensitivity = samples.models.expression, samples.models.sensitivity
    z = pd.DataFrame(
        standardise(expression.to_numpy()[test], expression.to_numpy()[train]),
        expression.index[test],
        expression.columns,
    )
    x, y = samples.panel.arrays
    weights = _table(samples, procedure(x[train], y[train], candidates, samples.recipe.seed))
    inside = _table(samples, clone(candidates["zscore"]).fit(x[train], y[train]).coef_)
    every = correlated(expression.iloc[train], sensitivity.iloc[train])
    return {
        OURS: z[weights.index] @ weights,
        CORRELATED: z @ every,
        CORRELATED_PANEL: z[inside.index] @ inside,
        ULM_LOG: ulm(expression.iloc[test], weights),
        ULM_Z: ulm(z, weights),
    }


def _table(samples: Samples, weights: Array) -> pd.DataFrame:
    return pd.DataFrame(weights, index=samples.panel.genes, columns=samples.panel.targets)


def _untrained_organoids(samples: Samples) -> Scores:
    expression = samples.models.expression
    tissues = samples.kit.yardstick.tissues
    z = pd.DataFrame(standardise(expression.to_numpy(), expression.to_numpy()), expression.index, expression.columns)
    lines = samples.every_line.sensitivity
    return {
        **{name: oncopredict.predict(slices_of(samples, name), lines, expression) for name in (RIDGE, RIDGE_ALL)},
        **alike(baselines.untrained(z, tissues)),
    }


def pancreas_lines(samples: Samples) -> Scores:
    """Scores of the pancreas lines, by methods of which none saw a pancreas line.

    All read the lines standardised among themselves in each slice, so :data:`ULM_LOG` has nothing to read.
    """
    recipe, panel, tissue = samples.recipe, samples.panel, samples.tissue
    candidates = fitting.candidates_of(recipe, panel, tissue)
    weights = _table(samples, procedure(*panel.arrays, candidates, recipe.seed))
    scores, _ = fitting.scores_in(panel, weights, tissue)
    z = samples.left_out(samples.lines)
    every = correlated(samples.models.expression, samples.models.sensitivity)
    inside = _table(samples, clone(candidates["zscore"]).fit(*panel.arrays).coef_)
    return {
        OURS: scores[DRUGS],
        CORRELATED: _scored(z, every),
        CORRELATED_PANEL: _scored(z, inside),
        ULM_Z: ulm(z, weights),
        **{name: _ridge_on_others(samples, name) for name in (RIDGE, RIDGE_ALL)},
        **alike(baselines.untrained(z, samples.kit.yardstick.tissues)),
    }


def _ridge_on_others(samples: Samples, method: str) -> pd.DataFrame:
    lines = samples.every_line
    others = [table[lines.tissue[table.index].ne(samples.tissue).to_numpy()] for table in slices_of(samples, method)]
    return oncopredict.predict(others, lines.sensitivity, samples.left_out(lines))


def _scored(z: pd.DataFrame, weights: pd.DataFrame) -> pd.DataFrame:
    return z.reindex(columns=weights.index).fillna(0.0) @ weights[DRUGS]


def alike(scores: pd.DataFrame) -> Scores:
    """Untrained scores, samples × baselines, as every drug's score."""
    return {str(name): pd.DataFrame(dict.fromkeys(DRUGS, scores[name])) for name in scores}


def ordered(found: Mapping[str, pd.DataFrame], methods: Sequence[str] = METHODS) -> Scores:
    """In the order of the tables; what could not be scored is left out."""
    return {name: found[name] for name in methods if name in found}
