"""The response table of a validation: numbers with a direction, RECIST categories, or thirds in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from pancreassign.errors import ClinicalError, ConfigError
from pancreassign.records import Call, Drug, drug_of
from pancreassign.training.datasets import SCALES, SIGNS, check_one_scale
from pancreassign.training.evaluate import in_third
from pancreassign.validation.tables import Flow, join, listed, number, without
from pancreassign.validation.units import patients_of, several

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

RECIST = {"PD": 0.0, "SD": 1.0, "PR": 2.0, "CR": 3.0}
"""Categories from worst to best (RECIST 1.1: Eisenhauer et al. 2009, doi 10.1016/j.ejca.2008.10.026)."""
NOT_EVALUABLE = "NE"
"""RECIST's word for a response that could not be judged: left out, and counted."""
SPELT_OUT = {
    "COMPLETE RESPONSE": "CR",
    "PARTIAL RESPONSE": "PR",
    "STABLE DISEASE": "SD",
    "PROGRESSIVE DISEASE": "PD",
    "CLINICAL PROGRESSIVE DISEASE": "PD",
    "NOT EVALUABLE": NOT_EVALUABLE,
}
"""The categories in words, as clinical tables such as TCGA's have them."""
THIRDS = {Call.RESISTANT.value: 0.0, Call.INTERMEDIATE.value: 1.0, Call.SENSITIVE.value: 2.0}
MIN_PATIENTS = 10
"""Fewer patients than this are refused: no interval over them would say anything (judgement)."""
NO_RESPONSE = "no response given"
NOT_JUDGED = "response not evaluable (NE)"
MODEL, DRUG, VALUE, DIRECTION = "model", "drug", "value", "high_means"


@dataclass(frozen=True)
class Responses:
    """Scores and responses to one drug, sample by sample, in the order of their ids.

    Attributes
    ----------
    kind
        ``continuous``, ``recist`` or ``tertile``.
    measure
        What was measured, as the table says it; ``None`` where it does not.
    high_means
        What a high value of the table means; ``None`` where the words say it themselves.
    joined
        samples × columns of the scores and of the table.
    better
        samples: the response turned so that higher = more sensitive.
    positive, negative
        samples: in the sensitive third (or a responder, CR or PR), in the resistant third (or PD).
    tied
        Whether equal responses stand on both sides of a third's border, so that their order alone decides.
    flow
        Who was left out.
    """

    drug: Drug
    kind: str
    measure: str | None
    high_means: str | None
    joined: pd.DataFrame
    better: Array
    positive: Flags
    negative: Flags
    tied: bool
    flow: Flow

    @property
    def names(self) -> tuple[str, str]:
        """What positive and negative samples are called."""
        if self.kind == "recist":
            return "responder (CR or PR)", "progression (PD)"
        third = "third of the responses" if self.kind == "continuous" else "model or patient"
        return f"sensitive {third}", f"resistant {third}"

    def of(self, keep: Flags) -> Responses:
        """The same of some of the samples; thirds stay those of all, and the flow that of all."""
        return replace(
            self,
            joined=self.joined[keep],
            better=self.better[keep],
            positive=self.positive[keep],
            negative=self.negative[keep],
        )


@dataclass
class Result:
    """One drug: what was joined, its figures under the keys of ``validation.json``, and its bootstrap draws."""

    found: Responses
    figures: dict[str, Any]
    draws: dict[str, Array] = field(repr=False)


def rows_of(table: pd.DataFrame, drugs: Sequence[Drug], by: str, where: Path) -> dict[Drug, pd.DataFrame]:
    """By drug, in the record's order: the rows of the response table.

    Parameters
    ----------
    table
        As :func:`read_clinical` gives it: ``by``, ``value``, and ``drug``, which may be absent where one drug is asked
        for. Drugs are named in any case.
    drugs
        The drugs asked for; none is every drug of the five that the table has.

    Raises
    ------
    ClinicalError
        Where a column is missing, or none of the drugs is in the table.
    """
    for needed in (by, VALUE):
        if needed not in table:
            mend = f"It has {listed([str(name) for name in table])}; --id names the column of ids."
            raise ClinicalError(str(where), f"has no column {needed!r}", mend)
    if DRUG not in table:
        if len(drugs) != 1:
            raise ClinicalError(str(where), f"has no column {DRUG!r}", "Add it, or name the one drug with --drug.")
        return {drugs[0]: table}
    named = {name: _drug_or_none(name) for name in table[DRUG].dropna().unique()}
    found = table[DRUG].map(named)
    wanted = [one for one in Drug if one in (drugs or Drug) and (found == one).any()]
    absent = [one.value for one in drugs if one not in wanted]
    if absent or not wanted:
        has = listed(sorted(str(name) for name in named)) or "none"
        problem = f"has no row of {listed(absent) if absent else 'the five drugs'}; its drugs are {has}"
        raise ClinicalError(str(where), problem, f"Name the drugs {', '.join(Drug)}.")
    return {one: table[found == one] for one in wanted}


def _drug_or_none(name: str) -> Drug | None:
    try:
        return drug_of(name)
    except ConfigError:
        return None


def responses_of(scores: pd.DataFrame, rows: pd.DataFrame, drug: Drug, by: str, where: Path) -> Responses:
    """Join the scores of a drug with its rows of the response table, and turn the responses one way.

    Raises
    ------
    ClinicalError
        Where ids are doubled or none joins, a number has no direction, words and numbers are mixed, fewer than
        :data:`MIN_PATIENTS` are left, or scores or responses are all the same.
    """
    place = f"{where}, {drug}"
    kind, values = _values(rows, place)
    measure, high_means = _scale(rows, kind, drug, where)
    values = values * SIGNS[high_means] if high_means else values
    joined, flow = join(scores, rows.assign(_better=values), by, place)
    joined, flow = without(joined, flow, _recist(joined[VALUE]) == NOT_EVALUABLE, NOT_JUDGED, "with a response judged")
    joined, flow = without(joined, flow, joined["_better"].isna(), NO_RESPONSE, "with a response: analysed")
    patients = patients_of(joined)
    if patients.nunique() < MIN_PATIENTS:
        left = "; ".join(f"{why}: {listed(names)}" for why, names in flow.left_out.items())
        of = f" of {patients.nunique()} patients" if several(patients) else ""
        needed = f"{MIN_PATIENTS} patients" if of else f"{MIN_PATIENTS}"
        problem = f"leaves {len(joined)} samples{of} with score and response, {needed} are needed"
        raise ClinicalError(place, problem + (f" ({left})" if left else ""), "Give more, or check how ids are written.")
    joined = joined.sort_index()
    for name, column in (("response", joined["_better"]), ("score", joined["score"])):
        if column.nunique() < 2:
            raise ClinicalError(place, f"gives one and the same {name} in all {len(joined)} samples", "Leave it out.")
    better = joined["_better"].to_numpy(dtype=float)
    positive, negative, tied = _classes(kind, better)
    joined = joined.drop(columns="_better")
    return Responses(drug, kind, measure, high_means, joined, better, positive, negative, tied, flow)


def _values(rows: pd.DataFrame, where: str) -> tuple[str, pd.Series]:
    """The kind of a drug's responses, and each as a number; those of words rise from worst to best."""
    said = rows[VALUE].dropna()
    if said.empty:
        raise ClinicalError(where, "has no response in any row", "Leave the drug out, or fill the column 'value'.")
    judged, lower = _recist(said).isin([*RECIST, NOT_EVALUABLE]), said.str.lower()
    if judged.any():
        _refuse_others(said[~judged], where, "RECIST categories", [*RECIST, NOT_EVALUABLE])
        return "recist", _recist(rows[VALUE]).map(RECIST)
    if lower.isin(list(THIRDS)).any():
        _refuse_others(said[~lower.isin(list(THIRDS))], where, "words", list(THIRDS))
        return "tertile", rows[VALUE].str.lower().map(THIRDS)
    return "continuous", number(rows[VALUE], where, VALUE)


def _recist(said: pd.Series) -> pd.Series:
    """Responses as RECIST's abbreviations, where they are any."""
    upper = said.astype(object).str.upper()
    return upper.map(SPELT_OUT).fillna(upper)


def _refuse_others(others: pd.Series, where: str, kind: str, known: list[str]) -> None:
    if len(others):
        rows = listed([f"{value!r} in row {row}" for row, value in others.items()])
        raise ClinicalError(where, f"mixes {kind} with {rows}", f"Write {', '.join(known)}, or leave the cell empty.")


def _scale(rows: pd.DataFrame, kind: str, drug: Drug, where: Path) -> tuple[str | None, str | None]:
    """Measure and direction of a drug's responses; words say their direction themselves."""
    said = rows[rows[VALUE].notna()]
    measure = next((str(said[name].iloc[0]) for name in SCALES if name in said and said[name].notna().any()), None)
    if kind != "continuous":
        return measure, None
    if DIRECTION not in said:
        mend = f"Add it: {' or '.join(SIGNS)} in every row (an AUC or IC50 is high for resistant ones)."
        raise ClinicalError(str(where), f"has numbers as responses and no column {DIRECTION!r}", mend)
    odd = said[~said[DIRECTION].isin(list(SIGNS))]
    if len(odd):
        found = "nothing" if pd.isna(odd[DIRECTION].iloc[0]) else repr(odd[DIRECTION].iloc[0])
        raise ClinicalError(
            f"{where}, row {odd.index[0]}", f"says {found} in {DIRECTION!r}", f"Write {' or '.join(SIGNS)}."
        )
    check_one_scale(where, said.assign(**{DRUG: drug.value}))
    return measure, str(said[DIRECTION].iloc[0])


def _classes(kind: str, better: Array) -> tuple[Flags, Flags, bool]:
    """Who is positive, who is negative, and whether a tie decided it."""
    if kind == "recist":
        return better >= RECIST["PR"], better == RECIST["PD"], False
    if kind == "tertile":
        return better == THIRDS["sensitive"], better == THIRDS["resistant"], False
    sensitive, resistant = in_third(better, "sensitive"), in_third(better, "resistant")
    tied = better[sensitive].min() == better[~sensitive].max() or better[resistant].max() == better[~resistant].min()
    return sensitive, resistant, bool(tied)
