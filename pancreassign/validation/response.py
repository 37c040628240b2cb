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
from pancreassign.validation import page, response_page, units
from pancreassign.validation import response_figures as measure
from pancreassign.validation.responses import Responses, Result, responses_of, rows_of
from pancreassign.validation.tables import listed, read_clinical, read_scores

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
    return [*_told(results), *(f"{drug} left out: {why}" for drug, why in skipped.items())]


def _told(results: Sequence[Result]) -> list[str]:
    """The verdicts, then who was left out and what to mind; what holds for several drugs is said once."""
    drugs: dict[str, list[str]] = {}
    for one in results:
        gone = [f"left out, {why}: {listed(names)}" for why, names in one.found.flow.left_out.items()]
        for line in [*gone, *(f"mind: {said}" for said in one.figures["warnings"])]:
            drugs.setdefault(line, []).append(one.found.drug.value)
    verdicts = [response_page.verdict(one.found, one.figures) for one in results]
    return [*verdicts, *(f"{', '.join(names)}: {line}" for line, names in drugs.items())]


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
    samples = pd.concat([units.patients_of(one.joined) for one in found])
    patients = samples[~samples.index.duplicated()].sort_index()
    picks = units.resample(patients, measure.DRAWS, measure.SEED)
    results = [_one(drug, patients.index, picks, columns, where) for drug in found]
    corrected = holm({one.found.drug.value: one.figures["permutation_p"] for one in results})
    for one in results:
        one.figures["adjusted_p"] = corrected[one.found.drug.value]
    return results


def _one(found: Responses, samples: pd.Index, picks: measure.Picks, columns: Sequence[str], where: str) -> Result:
    place = found.joined.index.get_indexer(samples)
    own = [kept[kept >= 0] for kept in (place[pick] for pick in picks)]
    draws, patients = measure.rank_draws(found, own), units.patients_of(found.joined)
    columns = list(dict.fromkeys([*columns, *([QC] if len(found.joined[QC].dropna().unique()) > 1 else [])]))
    figures = {
        "n": len(found.joined),
        "patients": int(patients.nunique()),
        "effective_patients": units.effective(patients),
        "evidence": _grade(found),
        "response": _described(found),
        "flow": page.flow_figures(found.flow),
        "missing": _missing(found.joined, columns),
        **measure.ranking(found, draws),
        "calls": measure.calls(found),
        "calibration": measure.calibration(found, own),
        "net_benefit": measure.net_benefit(found, own),
        "subgroups": {column: measure.subgroups(found, column, where) for column in columns},
        "warnings": _warnings(found),
    }
    return Result(found, figures, draws)


def _grade(found: Responses) -> str | None:
    """The grade of the signature as the scores say it."""
    return next((str(grade) for grade in found.joined["evidence"] if grade is not None), None)


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
    said += _repeated(units.patients_of(found.joined))
    if found.kind != "continuous":
        said.append("probabilities speak of the sensitive third of models, not of this response: mind the calibration")
    return said


def _repeated(patients: pd.Series) -> list[str]:
    """What several samples of one patient do to the figures."""
    if not units.several(patients):
        return []
    said = [
        f"some patients gave several samples ({len(patients)} samples of {patients.nunique()} patients): correlations "
        "and shares are over samples, and every interval and p takes the patient as the unit"
    ]
    ways = units.arrangements(patients)
    if ways == 1:
        said.append(
            "no two patients gave as many samples: their responses cannot be shuffled, and the permutation p is 1"
        )
    elif ways <= measure.SHUFFLES:
        said.append(
            f"there are only {ways} ways of giving whole patients' responses to others with as many samples: the "
            f"permutation p is never below about 1/{ways}"
        )
    return said


def _together(results: Sequence[Result], skipped: Mapping[str, str]) -> dict[str, Any]:
    """``validation.json``: one drug's figures at the top where there is one, else the means over the drugs."""
    drugs = {one.found.drug.value: one.figures for one in results}
    known = {"skipped": dict(skipped), "draws": measure.DRAWS}
    if len(results) == 1:
        own = results[0].figures
        head = page.head("response", results[0].found.drug.value, own["evidence"], own["n"])
        return head | known | {"over": head["drug"]} | own | {"drugs": drugs}
    patients = pd.concat([units.patients_of(one.found.joined) for one in results])
    head = page.head("response", None, None, int(patients.index.nunique()))
    means = {
        "spearman": [float(spearman(measure.scores_of(one.found), one.found.better)) for one in results],
        "auroc": [auroc(measure.scores_of(one.found), one.found.positive) for one in results],
    }
    over = {
        key: measure.with_interval(float(np.mean(values)), np.mean([one.draws[key] for one in results], axis=0))
        for key, values in means.items()
    }
    known |= {"over": f"mean of {len(results)} drugs", "patients": int(patients.nunique())}
    return head | known | over | {"drugs": drugs}
