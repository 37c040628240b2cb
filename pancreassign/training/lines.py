"""Cell lines: what other tumours' sensitivity says of a gene, as a prior for pancreatic signatures.

Public tables hold the lines' expression in slices, each of other genes and lines. A ridge is fitted in each slice and
the weights are averaged. Tissue rules both expression and response, so each tissue's mean is taken off either.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from pancreassign.counts.genes import GeneTable
from pancreassign.errors import ConfigError
from pancreassign.records import Drug
from pancreassign.training.datasets import by_gene, read_numbers, read_response, read_table
from pancreassign.training.models import normal_scores, ridge_weights, standardise
from pancreassign.training.recipe import LinesSection, Screen, Slice

Array = npt.NDArray[np.float64]

DRUGS = tuple(drug.value for drug in Drug)
MIN_WORLD = 5
"""Lines of a tissue that a slice must hold to standardise them among themselves (judgement)."""
MIN_TESTED = 5
"""Lines of the left-out tissue without which nothing is told of a drug there (judgement)."""
MIN_MAPPED = 0.5
"""Share of a slice's columns that the table of lines must know: fewer are another naming (judgement)."""


@dataclass(frozen=True)
class Lines:
    """Cell lines of the tissues kept.

    Attributes
    ----------
    slices
        By name: lines × genes (Ensembl gene ids), log scale or z-scores.
    sensitivity
        lines × drugs, higher = more sensitive; NaN where not measured.
    tissue
        By line.
    test_tissue
        The tissue that is left out as a whole to test on.
    """

    slices: Mapping[str, pd.DataFrame]
    sensitivity: pd.DataFrame
    tissue: pd.Series
    test_tissue: str

    @property
    def test_world(self) -> str:
        """What the left-out lines are called."""
        return f"{self.test_tissue.lower()} lines"

    @property
    def tissues(self) -> list[str]:
        """Every tissue, sorted."""
        return sorted(set(self.tissue))


def read(recipe: LinesSection, data: Path, genes: GeneTable, drugs: Sequence[str] = DRUGS) -> Lines:
    """Read the lines, their responses to ``drugs`` and their slices of expression.

    Raises
    ------
    ConfigError
        Where a table cannot be read, or names its lines otherwise than the recipe says.
    """
    known = read_table(data / recipe.lines)
    for column in {recipe.tissue, recipe.response_names, "ModelID", *(one.names for one in recipe.slices)}:
        if column not in known.columns:
            raise ConfigError(str(data / recipe.lines), f"has no column {column!r}", "Correct the recipe.")
    response = read_response(
        data / recipe.response, value=recipe.response_value, model=recipe.response_model, repeats="mean"
    )
    response.index = _renamed(response.index, known, recipe.response_names, recipe.response)
    response = response[response.index.notna() & ~response.index.duplicated()]
    tissue = known.set_index("ModelID")[recipe.tissue].reindex(response.index).dropna()
    tissue = tissue[~tissue.isin(recipe.without_tissues)]
    tissue = tissue[tissue.map(tissue.value_counts()) >= recipe.min_lines].sort_index()
    if recipe.test_tissue not in set(tissue):
        raise ConfigError("lines.test_tissue", f"no line is of {recipe.test_tissue!r}", f"Known: {sorted(set(tissue))}")
    if tissue.nunique() < 2:
        mend = "Lower min_lines, or give lines of more tissues."
        raise ConfigError("lines", f"hold no tissue of {recipe.min_lines} lines beside {recipe.test_tissue!r}", mend)
    slices = {one.name: _slice(one, data, genes, known, tissue) for one in recipe.slices}
    response = response.reindex(index=tissue.index, columns=list(drugs))
    _check_drugs(response, tissue, slices, recipe)
    return Lines(slices, response, tissue, recipe.test_tissue)


def of_both(recipe: LinesSection, second: Screen, data: Path, lines: Lines) -> Lines:
    """The lines with the mean of two laboratories' responses, each screen's drugs at unit variance first.

    A line that one laboratory alone measured keeps that one's; no line is added.
    """
    other = read_response(
        data / second.response,
        second.same_drug,
        value=second.response_value,
        model=second.response_model,
        repeats="mean",
    )
    other.index = _renamed(other.index, read_table(data / recipe.lines), second.response_names, second.response)
    other = other[other.index.notna() & ~other.index.duplicated()]
    known = other.reindex(index=lines.sensitivity.index, columns=lines.sensitivity.columns)
    trained = lines.tissue != lines.test_tissue  # nothing of the tissue that is left out enters the scale either
    screens = pd.concat([(one - one[trained].mean()) / one[trained].std() for one in (lines.sensitivity, known)])
    mean = screens.groupby(level=0).mean().loc[lines.sensitivity.index]
    return replace(lines, sensitivity=mean)


def _check_drugs(
    response: pd.DataFrame, tissue: pd.Series, slices: Mapping[str, pd.DataFrame], recipe: LinesSection
) -> None:
    """Every drug needs lines of the tissue that is left out, and in every slice some of the others."""
    scored = {line for table in slices.values() for line in table.index if tissue[line] == recipe.test_tissue}
    for drug in response:
        known = response.index[response[drug].notna()]
        here = len(known.intersection(sorted(scored)))
        if here < MIN_TESTED:
            problem = f"hold {here} lines of {recipe.test_tissue} with expression and {drug}; {MIN_TESTED} are needed"
            raise ConfigError("lines", problem, "Give responses of more lines, or another test_tissue.")
        for name, table in slices.items():
            if len(known.intersection(table.index[tissue[table.index].ne(recipe.test_tissue)])) < MIN_WORLD:
                mend = "Leave the slice out."
                raise ConfigError(f"lines.slices {name}", f"has fewer than {MIN_WORLD} lines with {drug}", mend)


def _slice(one: Slice, data: Path, genes: GeneTable, known: pd.DataFrame, tissue: pd.Series) -> pd.DataFrame:
    """One slice as lines × genes, of the lines with a response; rows of one gene are averaged."""
    values = read_numbers(data / one.expression, one.genes)
    table = by_gene(values, genes).T
    table.index = _renamed(table.index, known, one.names, one.expression)
    table = table[table.index.notna() & ~table.index.duplicated()]
    return pd.DataFrame(table.loc[tissue.index.intersection(table.index)].dropna(axis="columns"))


def _renamed(names: pd.Index, known: pd.DataFrame, column: str, where: str) -> pd.Index:
    """Names of lines as ``ModelID``; missing where the table of lines does not know one."""
    if column == "ModelID":
        own = pd.Series(known["ModelID"].to_numpy(), index=known["ModelID"].to_numpy())
    else:
        listed = known.dropna(subset=[column])
        keys = listed[column].astype(str).str.removesuffix(".0")
        own = pd.Series(listed["ModelID"].to_numpy(), index=keys.to_numpy())
    own = own[~own.index.duplicated()]
    found = own.reindex(names.astype(str).str.removeprefix("COSMIC_").str.removesuffix(".0"))
    if found.notna().mean() < MIN_MAPPED:
        problem = f"{found.isna().sum()} of {len(found)} lines are not among the column {column}, such as {names[0]!r}"
        raise ConfigError(where, problem, "Say in the recipe which column names them.")
    return pd.Index(found.tolist())


def centred_responses(lines: Lines, without: str | None = None) -> pd.DataFrame:
    """lines × targets: each drug less its tissue's mean, as normal scores; ``general`` is the mean of those known.

    The lines of the tissue ``without`` are left out, before anything is ranked.
    """
    kept = lines.sensitivity.loc[lines.tissue != without]
    centred = kept - kept.groupby(lines.tissue).transform("mean")
    scores = pd.DataFrame(np.nan, index=centred.index, columns=centred.columns)
    for drug in centred:
        own = centred[drug].dropna()
        scores.loc[own.index, drug] = normal_scores(own.to_numpy()[:, None])[:, 0]
    return scores.assign(general=scores.mean(axis=1))


def prior(lines: Lines, panel: pd.Index, penalty_per_gene: float, without: str | None = None) -> pd.DataFrame:
    """Weights (genes × targets) of the lines: the mean over slices, each scaled to scores of unit variance.

    Parameters
    ----------
    panel
        The genes that may have a weight.
    penalty_per_gene
        Of every slice's ridge, in multiples of its number of genes.
    without
        A tissue that is left out: nothing of it enters, its genes' spread neither.
    """
    responses = centred_responses(lines, without)
    total = pd.DataFrame(0.0, index=panel, columns=responses.columns)
    for table in lines.slices.values():
        own = table.loc[lines.tissue[table.index] != without, table.columns.intersection(panel, sort=False)]
        if own.shape[1]:
            total.loc[own.columns] += _weights(own, lines.tissue[own.index], responses.loc[own.index], penalty_per_gene)
    return total / len(lines.slices)


def _weights(table: pd.DataFrame, tissue: pd.Series, responses: pd.DataFrame, penalty: float) -> pd.DataFrame:
    """One slice's weights; each target on the lines where it is known."""
    z = within(table, tissue)
    weights = {}
    for target, values in responses.items():
        seen = values.notna().to_numpy()
        known = values.to_numpy()[seen, None]
        fitted, _ = ridge_weights(z[seen], known - known.mean(), [penalty])
        spread = float((z[seen] @ fitted).std(ddof=1))
        weights[str(target)] = fitted[:, 0] / (spread if spread > 0 else 1.0)
    return pd.DataFrame(weights, index=table.columns)


def within(table: pd.DataFrame, tissue: pd.Series) -> Array:
    """Genes as z-scores over the lines, less their tissue's mean."""
    z = pd.DataFrame(standardise(table.to_numpy(), table.to_numpy()), index=table.index, columns=table.columns)
    return np.asarray(z - z.groupby(tissue).transform("mean"))


def own_world(lines: Lines, tissue: str, panel: pd.Index) -> pd.DataFrame:
    """The lines of one tissue, standardised among themselves: lines × genes of the panel that any slice measures.

    A gene that several slices measure is averaged over them; one that none of a line's slices measures is 0, its mean.
    """
    tables = []
    for table in lines.slices.values():
        own = table.loc[lines.tissue[table.index] == tissue, table.columns.intersection(panel, sort=False)]
        if len(own) >= MIN_WORLD and own.shape[1]:
            tables.append(pd.DataFrame(standardise(own.to_numpy(), own.to_numpy()), own.index, own.columns))
    stacked = pd.concat(tables).groupby(level=0).mean() if tables else pd.DataFrame()
    return stacked.reindex(columns=panel).fillna(0.0)
