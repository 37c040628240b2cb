"""``validate response``: scores against measured response, drug by drug, and over the drugs together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pancreassign.errors import ClinicalError, raise_all
from pancreassign.records import Call, Drug, drug_of
from pancreassign.training.evaluate import auroc, holm, spearman
from pancreassign.validation import page, response_page
from pancreassign.validation import response_figures as measure
from pancreassign.validation.responses import Responses, Result, responses_of, rows_of
from pancreassign.validation.tables import read_clinical, read_scores

SCHEMA = "pancreassign/validation/1"
QC = "qc"


def validate(
    scores: Path, response: Path, out: Path, drugs: Sequence[str], by: str, subgroups: Sequence[str], force: bool
) -> list[str]:
    """Hold scores against a response table, and write figures, report and drawings into ``out``.

    Parameters
    ----------
    scores
        As :func:`read_scores` takes them.
    response
        A tidy table: ``by``, ``drug``, ``value``, and ``high_means`` where values are numbers.
    drugs
        Those asked for; none is every drug that both tables share and that can be judged.
    by
        The table's column of sample ids, or else of patients.
    subgroups
        Columns of the table, or of the scores, to show the figures by.

    Returns
    -------
    Lines for the user: what was found, and what could not be judged.

    Raises
    ------
    ClinicalError
        Where the table cannot be used, see :func:`responses_of`; of a drug that nobody asked for this is a note.
    ConfigError, RecordError, OutputError
        As reading and writing raise them.
    """
    asked = list(dict.fromkeys(drug_of(name) for name in drugs))
    rows = rows_of(read_clinical(response), asked, by, response)
    found, skipped = _find(scores, response, rows, by, bool(asked))
    results = _measure(found, list(subgroups), str(response))
    figures = _together(results, skipped)
    sections = response_page.sections(results, figures)
    page.write(out, response_page.TITLE, f"{scores.name} against {response.name}", sections, figures, force)
    told = [response_page.verdict(one.found, one.figures) for one in results]
    return [*told, *(f"{drug} left out: {why}" for drug, why in skipped.items())]


def _find(
    scores: Path, response: Path, rows: Mapping[Drug, pd.DataFrame], by: str, asked: bool
) -> tuple[list[Responses], dict[str, str]]:
    """The drugs that can be judged, and why others cannot; those asked for must be."""
    found, faults = [], {}
    for drug, table in rows.items():
        try:
            found.append(responses_of(read_scores(scores, drug), table, drug, by, response))
        except ClinicalError as error:
            faults[drug.value] = error
    if (asked and faults) or not found:
        raise_all(list(faults.values()))
    return found, {drug: f"{error.problem}" for drug, error in faults.items()}


def _measure(found: Sequence[Responses], columns: Sequence[str], where: str) -> list[Result]:
    """Every figure of every drug; the draws are of patients over all drugs, so that they can be averaged."""
    samples = pd.concat([measure.patients_of(one.joined) for one in found])
    patients = samples[~samples.index.duplicated()].sort_index()
    picks = measure.resample(patients)
    results = [_one(drug, patients.index, picks, columns, where) for drug in found]
    corrected = holm({one.found.drug.value: one.figures["permutation_p"] for one in results})
    for one in results:
        one.figures["adjusted_p"] = corrected[one.found.drug.value]
    return results


def _one(found: Responses, samples: pd.Index, picks: measure.Picks, columns: Sequence[str], where: str) -> Result:
    place = found.joined.index.get_indexer(samples)
    own = [kept[kept >= 0] for kept in (place[pick] for pick in picks)]
    draws = measure.rank_draws(found, own)
    columns = list(dict.fromkeys([*columns, *([QC] if len(found.joined[QC].dropna().unique()) > 1 else [])]))
    figures = {
        "n": len(found.joined),
        "patients": int(measure.patients_of(found.joined).nunique()),
        "response": _described(found),
        "flow": {"steps": [{"step": step, "n": n} for step, n in found.flow.steps], "left_out": found.flow.left_out},
        "missing": _missing(found.joined, columns),
        **measure.ranking(found, draws),
        "calls": measure.calls(found),
        "calibration": measure.calibration(found, own),
        "net_benefit": measure.net_benefit(found, own),
        "subgroups": {column: measure.subgroups(found, column, where) for column in columns},
        "warnings": _warnings(found),
    }
    return Result(found, figures, draws)


def _described(found: Responses) -> dict[str, Any]:
    positive, negative = found.names
    return {
        "kind": found.kind,
        "measure": found.measure,
        "high_means": found.high_means,
        "positive": {"means": positive, "n": int(found.positive.sum())},
        "negative": {"means": negative, "n": int(found.negative.sum())},
    }


def _missing(joined: pd.DataFrame, columns: Sequence[str]) -> dict[str, int]:
    """Among those analysed: how many lack a call, a probability, or a value of a subgroup's column."""
    uncalled = joined["call"].isna() | (joined["call"] == Call.NOT_EVALUABLE.value)
    absent = {name: int(joined[name].isna().sum()) for name in ("probability", *columns) if name in joined}
    return {"call": int(uncalled.sum()), **absent}


def _warnings(found: Responses) -> list[str]:
    """What a reader must know before the figures."""
    said = []
    failed = int((found.joined[QC] == "fail").sum())
    if failed:
        said.append(f"{failed} samples failed quality and would get no call; they are in every figure of ranking")
    if found.tied:
        said.append("equal responses stand on a third's border; who belongs to it is decided by the order of their ids")
    if not found.positive.any() or found.positive.all():
        said.append(f"there is {'no' if not found.positive.any() else 'nothing but a'} {found.names[0]}: no AUROC")
    if measure.patients_of(found.joined).duplicated().any():
        said.append(
            "some patients gave several samples; intervals draw patients, the permutation p treats samples alike"
        )
    if found.kind != "continuous":
        said.append("probabilities speak of the sensitive third of models, not of this response: mind the calibration")
    return said


def _together(results: Sequence[Result], skipped: Mapping[str, str]) -> dict[str, Any]:
    """``validation.json``: one drug's figures at the top where there is one, else the means over the drugs."""
    drugs = {one.found.drug.value: one.figures for one in results}
    head = {"schema": SCHEMA, "kind": "response", "skipped": dict(skipped), "draws": measure.DRAWS}
    if len(results) == 1:
        return head | {"over": results[0].found.drug.value} | results[0].figures | {"drugs": drugs}
    names = sorted({str(name) for one in results for name in one.found.joined.index})
    means = {
        "spearman": [float(spearman(measure.scores_of(one.found), one.found.better)) for one in results],
        "auroc": [auroc(measure.scores_of(one.found), one.found.positive) for one in results],
    }
    over = {
        key: measure.with_interval(float(np.mean(values)), np.mean([one.draws[key] for one in results], axis=0))
        for key, values in means.items()
    }
    return head | {"over": f"mean of {len(results)} drugs", "n": len(names), **over, "drugs": drugs}
