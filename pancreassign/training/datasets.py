"""Training data: models with expression and drug response, read in one direction (higher = more sensitive)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from pancreassign.counts.genes import GeneTable
from pancreassign.errors import ConfigError
from pancreassign.records import Drug
from pancreassign.signatures.pack import GENERAL
from pancreassign.training.models import normal_scores
from pancreassign.training.recipe import Compounds, Models

SIGNS = {"resistant": -1.0, "sensitive": 1.0}
"""By the table's ``high_means``: AUC and lnIC50 are high for resistant models, AAC for sensitive ones."""


@dataclass(frozen=True)
class ModelSet:
    """Models with expression and response.

    Attributes
    ----------
    expression
        models × genes (Ensembl gene ids), log2 units.
    sensitivity
        models × targets (drugs with usable responses, ``general``), higher = more sensitive, each in its own units; no
        missing value.
    left_out
        By reason: models that one table names and that are not among these.
    skipped
        By drug without usable responses: why it gets no signature.
    """

    expression: pd.DataFrame
    sensitivity: pd.DataFrame
    left_out: Mapping[str, list[str]]
    skipped: Mapping[str, str]

    @property
    def drugs(self) -> list[str]:
        """The drugs that have usable responses."""
        return [str(target) for target in self.sensitivity if target != GENERAL]


SCALES = ("measure", "unit", "units")
"""Columns that a response table may name its scale in."""
MIN_MODELS = 12
"""Fewer models than this leave thirds of less than four (judgement)."""
MAX_LOG = 30.0
"""No log2 expression passes this, and every table of linear FPKM or TPM does."""


def read_table(path: Path, header: int | None = 0) -> pd.DataFrame:
    """Read a tab-separated table, gzipped or not; raises :class:`ConfigError` where it cannot be."""
    try:
        return pd.read_csv(path, sep="\t", header=header, dtype=None if header == 0 else str)
    except (OSError, ValueError, EOFError) as error:
        raise ConfigError(str(path), f"cannot be read ({error})", "Correct the recipe's path, or --data.") from None


def read_numbers(path: Path, index: str, words: Literal["drop", "refuse"] = "drop") -> pd.DataFrame:
    """Read a table of numbers whose rows the column ``index`` names; columns with words are dropped or refused."""
    table = read_table(path)
    if index not in table.columns:
        raise ConfigError(str(path), f"has no column {index!r}", f"It has {list(table.columns[:3])}, ...")
    numbers = table.set_index(index).select_dtypes("number")
    text = sorted(set(table.columns) - set(numbers.columns) - {index})
    if text and words == "refuse":
        raise ConfigError(str(path), f"has text in the column {text[0]}", "Give numbers, or leave the cell empty.")
    return numbers


def by_gene(table: pd.DataFrame, genes: GeneTable) -> pd.DataFrame:
    """Expression by Ensembl gene id; rows of one gene are averaged, names that are none left out."""
    ids = genes.resolve(table.index.astype(str)).primary
    return pd.DataFrame(table.loc[ids != ""].groupby(ids[ids != ""]).mean())


def read_response(
    path: Path,
    same_drug: Mapping[str, str] | None = None,
    value: str = "value",
    model: str = "model",
    repeats: Literal["refuse", "mean"] = "refuse",
) -> pd.DataFrame:
    """Read a tidy response table as models × drugs, turned so that higher = more sensitive.

    Parameters
    ----------
    path
        A table with the columns ``model, drug, value, high_means``; drugs other than the five are left out.
    same_drug
        Names to read as one of the five drugs, such as ``{"SN-38": "irinotecan"}``.
    value, model
        The columns of the response and of the models' names.
    repeats
        What a second value for a model and drug is: a fault, or a screen to average with the first.

    Raises
    ------
    ConfigError
        Where a column is missing, a direction is unknown, none of the five drugs is there, a drug's values are on
        several scales, or a model has two values for a drug.
    """
    table = read_table(path)
    needed = {model, "drug", value, "high_means"}
    if not needed <= set(table.columns):
        raise ConfigError(str(path), f"lacks the columns {sorted(needed - set(table.columns))}", "Give a tidy table.")
    unknown = sorted(set(table["high_means"].astype(str)) - set(SIGNS))
    if unknown:
        raise ConfigError(str(path), f"high_means is {unknown}", "Write 'resistant' or 'sensitive' in every row.")
    drugs = [drug.value for drug in Drug]
    table = table.assign(model=table[model].astype(str), drug=table["drug"].replace(dict(same_drug or {})))
    table = table[table["drug"].isin(drugs)]
    if table.empty:
        raise ConfigError(str(path), "has none of the five drugs", f"Name them {drugs}.")
    check_one_scale(path, table)
    twice = table[table.duplicated(["model", "drug"])]
    if len(twice) and repeats == "refuse":
        name, drug = twice.iloc[0][["model", "drug"]]
        raise ConfigError(str(path), f"has {name} twice for {drug}", "Keep one value a model and drug.")
    numbers = pd.to_numeric(table[value], errors="coerce")
    bad = table[~np.isfinite(numbers) & table[value].notna()]
    if len(bad):
        name, drug, cell = bad.iloc[0][["model", "drug", value]]
        raise ConfigError(str(path), f"has the value {cell!r} for {name} and {drug}", "Give a finite number, or none.")
    signed = table.assign(sensitivity=numbers * table["high_means"].map(SIGNS))
    wide = signed.groupby(["model", "drug"])["sensitivity"].mean().unstack()
    return wide[[drug for drug in drugs if drug in wide.columns]]


def check_one_scale(path: Path, table: pd.DataFrame) -> None:
    """Every value of a drug must be on one scale: one direction, and one of each of :data:`SCALES` that there is.

    Raises :class:`ConfigError` with the drug and the scales that are mixed.
    """
    for column in ("high_means", *(name for name in SCALES if name in table)):
        for drug, said in table.groupby("drug")[column]:
            kinds = sorted(said.dropna().astype(str).unique())
            if len(kinds) > 1:
                problem = f"mixes scales of {drug}: {column} is {' and '.join(kinds)}"
                raise ConfigError(str(path), problem, "Give one measure, unit and direction a drug.")


def read_expression(path: Path, genes: GeneTable) -> pd.DataFrame:
    """Read linear expression (genes × models, FPKM or TPM) as models × Ensembl genes, ``log2(x + 1)``."""
    raw = read_table(path, header=None)
    names = raw.iloc[0, 1:].astype(str)
    if names.duplicated().any():
        raise ConfigError(
            str(path), f"has the model {names[names.duplicated()].iloc[0]} twice", "Keep one column a model."
        )
    values = raw.iloc[1:, 1:].apply(pd.to_numeric, errors="coerce").to_numpy(dtype=float)
    if not np.isfinite(values).all() or (values < 0).any():
        raise ConfigError(
            str(path), "holds negative, missing or infinite values, or text", "Give linear FPKM or TPM for every gene."
        )
    if values.max() < MAX_LOG:
        raise ConfigError(
            str(path), f"holds no value above {MAX_LOG}: it looks log-transformed", "Give linear FPKM or TPM."
        )
    table = pd.DataFrame(values, index=raw.iloc[1:, 0].astype(str), columns=names.to_numpy())
    ids = genes.resolve(table.index.astype(str)).primary
    known = ids != ""
    summed = table.loc[known].groupby(ids[known]).sum()
    return pd.DataFrame(np.log2(1.0 + summed)).T


def load(recipe: Models, data: Path, genes: GeneTable) -> ModelSet:
    """Load the models that have expression and every usable response, and ``general``: what these share.

    A drug without usable responses is skipped, and said to be. ``general`` is the mean over the further compounds of
    the recipe, in their own units, where it names any; else the mean of the drugs' normal scores.

    Raises
    ------
    ConfigError
        Where a table cannot be used, no drug has usable responses, or too few models have all of them.
    """
    expression = read_expression(data / recipe.expression, genes)
    response = read_response(data / recipe.response)
    skipped = _unusable(response.loc[response.index.isin(expression.index)])
    complete = response.drop(columns=list(skipped), errors="ignore").dropna(how="any")
    if not complete.shape[1]:
        reasons = "; ".join(f"{drug}: {reason}" for drug, reason in skipped.items())
        raise ConfigError(recipe.response, f"has no drug with usable responses ({reasons})", "Give more responses.")
    if recipe.compounds is not None:
        complete = complete.join(_mean_of_compounds(data / recipe.compounds.response, recipe.compounds), how="inner")
    left_out = {
        "expression without a response": sorted(set(expression.index) - set(response.index)),
        "a response without expression": sorted(set(response.index) - set(expression.index)),
        "not all responses": sorted((set(response.index) & set(expression.index)) - set(complete.index)),
    }
    models = expression.index.intersection(complete.index).sort_values()
    expression, complete = expression.loc[models], complete.loc[models]
    if recipe.patients is not None:
        expression, complete = _by_patient(data / recipe.patients, expression, complete)
    if len(complete) < MIN_MODELS:
        drugs = ", ".join(map(str, complete))
        raise ConfigError(
            recipe.response,
            f"shares {len(complete)} models that have all of {drugs} with the expression; {MIN_MODELS} are needed",
            "Check that both tables name the models alike, or leave out a drug that few models have.",
        )
    for target in lacking_spread(complete):
        mend = "Leave it out, or give responses that tell models apart."
        raise ConfigError(recipe.response, f"has one and the same response to {target} in all models kept", mend)
    if GENERAL not in complete:
        complete = complete.assign(**{GENERAL: normal_scores(complete.to_numpy()).mean(axis=1)})
    return ModelSet(expression, complete, {reason: names for reason, names in left_out.items() if names}, skipped)


def _unusable(response: pd.DataFrame) -> dict[str, str]:
    """By drug of which nothing can be learnt from these models: why."""
    found = {}
    constant = lacking_spread(response)
    for drug in (one.value for one in Drug):
        known = int(response[drug].notna().sum()) if drug in response else 0
        if known < MIN_MODELS:
            found[drug] = f"{known} models have a response and expression; {MIN_MODELS} are needed"
        elif drug in constant:
            found[drug] = "one and the same response in every model"
    return found


def lacking_spread(sensitivity: pd.DataFrame) -> list[str]:
    """The drugs whose response is the same in every model: nothing can be learnt of them."""
    return [str(drug) for drug in sensitivity if sensitivity[drug].nunique() < 2]


def _by_patient(path: Path, expression: pd.DataFrame, sensitivity: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The mean over each patient's models: so no patient stands on both sides of a fold, nor counts twice."""
    table = read_table(path)
    if not {"model", "patient"} <= set(table.columns):
        raise ConfigError(str(path), "lacks the columns 'model' and 'patient'", "Give a line a model.")
    named = table.dropna(subset=["model", "patient"]).astype(str).drop_duplicates("model")
    patient = named.set_index("model")["patient"].reindex(expression.index)
    if patient.isna().any():
        raise ConfigError(str(path), f"names no patient of {patient.index[patient.isna()][0]}", "Give a line a model.")
    return expression.groupby(patient.to_numpy()).mean(), sensitivity.groupby(patient.to_numpy()).mean()


def _mean_of_compounds(path: Path, recipe: Compounds) -> pd.Series:
    """By model: the mean sensitivity to every compound of a table of models × compounds."""
    table = read_numbers(path, "model", words="refuse")
    table.index = table.index.astype(str)
    if table.index.duplicated().any():
        twice = table.index[table.index.duplicated()][0]
        raise ConfigError(str(path), f"has the model {twice} twice", "Keep one row a model.")
    return (SIGNS[recipe.high_means] * table.dropna().mean(axis=1)).rename(GENERAL)
