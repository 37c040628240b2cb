"""What a validation reads: scores, a table of the same samples or patients, and who was left out on the way."""

from __future__ import annotations

import csv
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from pancreassign.errors import ClinicalError, RecordError
from pancreassign.records import Call, Drug, Prediction, drug_of, read_record

COLUMNS = ("patient", "qc", "call", "score", "percentile", "probability", "evidence")
"""What is known of one drug in one sample, see :func:`read_scores`."""
NUMBERS = ("score", "percentile", "probability")
HIGHEST = {"percentile": 100.0, "probability": 1.0}
"""What cannot pass these, nor be below 0."""
MISSING = ("", "NA", "N/A", "NaN", "nan", "NULL", "null")
"""Cells that say nothing. "None" is not among them: it may be a category, such as of prior treatment."""
SHOWN = 5
"""Names that an error lists before it says how many more there are."""
SUMMARY = "Give the summary.tsv that `pancreassign score` wrote, its folder, or a prediction.json."
NO_SCORE = "scored without a value: too few of the signature's genes were measured"


@dataclass(frozen=True)
class Flow:
    """The way from all to those analysed, as REMARK asks of a marker study (item 12; doi 10.1093/jnci/dji237).

    Attributes
    ----------
    steps
        In order: what is counted, and how many.
    left_out
        By reason: the ids of those who were left out.
    """

    steps: list[tuple[str, int]] = field(default_factory=list)
    left_out: dict[str, list[str]] = field(default_factory=dict)


def read_scores(path: Path, drug: str) -> pd.DataFrame:
    """Scores of one drug.

    Parameters
    ----------
    path
        A ``summary.tsv``, a folder that holds ``*/prediction.json`` (or else a ``summary.tsv``), or one record.
    drug
        One of the five, as :func:`drug_of` names them.

    Returns
    -------
    By sample id: :data:`COLUMNS`. ``score`` (higher = more sensitive), ``percentile`` (0-100) and ``probability`` (of
    the sensitive third, 0-1) are floats, NaN where unknown; the others are text, ``None`` where unknown, as
    ``evidence`` is in every ``summary.tsv``.

    Raises
    ------
    ConfigError
        Where ``drug`` is none of the five.
    RecordError
        Where ``path`` is no such file, holds no record, has a sample twice or a value that cannot be, or mixes packs.
    """
    wanted = drug_of(drug)
    if path.is_dir():
        found = sorted(path.glob("*/prediction.json"))
        if not found and (path / "summary.tsv").is_file():
            return _of_summary(path / "summary.tsv", wanted)
        if not found:
            raise RecordError(str(path), "holds neither */prediction.json nor summary.tsv", SUMMARY)
        return _of_records([read_record(one) for one in found], wanted, str(path))
    if path.suffix == ".json":
        return _of_records([read_record(path)], wanted, str(path))
    return _of_summary(path, wanted)


def _of_records(records: Sequence[Prediction], drug: Drug, where: str) -> pd.DataFrame:
    made = {(record.pack.sha256, record.reference.sha256) for record in records}
    if len(made) > 1:
        problem = "holds records of several packs or references, whose scores are on different scales"
        raise RecordError(where, problem, "Score all samples with one pack and reference.")
    rows = {}
    for record in records:
        if record.sample.id in rows:
            raise RecordError(where, f"has two records of {record.sample.id}", "Keep one record a sample.")
        one = next(result for result in record.drugs if result.drug is drug)
        known = {"patient": record.sample.patient, "qc": record.qc.verdict}
        rows[record.sample.id] = known | {key: getattr(one, key) for key in COLUMNS if key not in known}
    table = pd.DataFrame.from_dict(rows, orient="index", columns=list(COLUMNS)).rename_axis("sample")
    return table.astype(dict.fromkeys(NUMBERS, float))


def _of_summary(path: Path, drug: Drug) -> pd.DataFrame:
    fields = [key for key in COLUMNS if key not in ("patient", "qc", "evidence")]
    try:
        table = read_clinical(path)
        lacking = [name for name in ("sample", *(f"{drug}_{key}" for key in fields)) if name not in table]
        if lacking:
            raise ClinicalError(str(path), f"has no column {lacking[0]!r}", SUMMARY)
        unnamed = table.index[table["sample"].isna()]
        if len(unnamed):
            raise ClinicalError(f"{path}, row {unnamed[0]}", "names no sample", SUMMARY)
        _refuse_twice(table["sample"], str(path), "sample")
        own = {f"{drug}_{key}": key for key in fields}
        read = table.set_index("sample").rename(columns=own).reindex(columns=list(COLUMNS))
        for name in NUMBERS:
            read[name] = number(read[name], str(path), f"{drug}_{name}")
        for name, most in HIGHEST.items():
            outside = read.index[read[name].notna() & ~read[name].between(0.0, most)]
            if len(outside):
                raise ClinicalError(str(path), f"has a {name} of {drug} outside 0 to {most:g} ({outside[0]})", SUMMARY)
        odd = sorted(set(read["call"].dropna()) - set(Call))
        if odd:
            raise ClinicalError(str(path), f"has the call {odd[0]!r} of {drug}", SUMMARY)
    except ClinicalError as error:
        raise RecordError(error.where, error.problem, SUMMARY) from None
    texts = [name for name in COLUMNS if name not in NUMBERS]
    read[texts] = read[texts].astype(object).where(read[texts].notna(), None)
    return read


def read_clinical(path: Path) -> pd.DataFrame:
    """Read a tab-separated table, gzipped or not, all of it as text.

    Returns
    -------
    By row of the file (its header is row 1): the columns as named; NaN where a cell is one of :data:`MISSING`.

    Raises
    ------
    ClinicalError
        Where it cannot be read, has no rows, or has a column twice.
    """
    mend = "Give tab-separated text in UTF-8 with a header, such as a spreadsheet's export as .tsv."
    try:
        raw = pd.read_csv(
            path,
            sep="\t",
            header=None,
            dtype=str,
            encoding="utf-8-sig",
            keep_default_na=False,
            skip_blank_lines=False,
            quoting=csv.QUOTE_NONE,  # an open quote would swallow the patients that follow
        )
    except OSError as error:
        raise ClinicalError(str(path), f"cannot be read ({error.strerror or error})", "Check the path.") from None
    except (ValueError, EOFError, zlib.error) as error:  # parser and encoding errors are among them
        raise ClinicalError(str(path), f"is no table ({str(error).strip()})", mend) from None
    header = raw.iloc[0].fillna("").str.strip()
    if len(header) < 2:
        raise ClinicalError(str(path), "has one column alone", mend)
    if header.duplicated().any() or (header == "").any():
        name = header[header.duplicated()].iloc[0] if header.duplicated().any() else ""
        raise ClinicalError(str(path), f"has the column {name!r} {'twice' if name else 'without a name'}", mend)
    body: pd.DataFrame = raw.iloc[1:].apply(lambda column: column.str.strip())
    body = body.mask(body.isin(MISSING))
    body = body.set_axis(list(header), axis=1).set_axis(range(2, len(raw) + 1), axis=0).dropna(how="all")
    if body.empty:
        raise ClinicalError(str(path), "has no rows", mend)
    return body


def number(column: pd.Series, where: str, name: str) -> pd.Series:
    """A column of text as floats; NaN where it says nothing.

    Parameters
    ----------
    where, name
        The file and the column, for the error.

    Raises
    ------
    ClinicalError
        Where cells are no finite numbers: it names the rows (or samples) of the first, and says how many there are.
    """
    values = pd.to_numeric(column, errors="coerce").astype(float)
    bad = column[column.notna() & ~np.isfinite(values)]
    if len(bad):
        rows = listed([f"{bad.iloc[place]!r} in {_row(bad.index[place])}" for place in range(len(bad))])
        mend = "Write plain numbers with a decimal point, and leave unknown cells empty."
        raise ClinicalError(where, f"column {name!r} holds what is no number: {rows}", mend)
    return values


def _row(label: object) -> str:
    return f"row {label}" if isinstance(label, int | np.integer) else str(label)


def listed(names: Sequence[str]) -> str:
    """The first :data:`SHOWN` names, and how many more there are."""
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def join(scores: pd.DataFrame, table: pd.DataFrame, by: str, where: str) -> tuple[pd.DataFrame, Flow]:
    """Scores beside the rows of a table that are of the same sample, or else of the same patient.

    Parameters
    ----------
    scores
        As :func:`read_scores` gives them.
    table
        As :func:`read_clinical` gives it.
    by
        Its column of ids. They are held against the sample ids; where none is one, against the patients.
    where
        The table's file, for errors.

    Returns
    -------
    By sample id: the columns of ``scores`` and of ``table`` (one that bears the name of a score's is ``<name>_table``),
    for samples that stand in both and have a score; and the flow.

    Raises
    ------
    ClinicalError
        Where there is no such column, an id stands twice, a patient has several scored samples, or nothing joins.
    """
    if by not in table:
        raise ClinicalError(
            where, f"has no column {by!r}", f"Name the column of ids; it has {listed([str(name) for name in table])}."
        )
    named = table.dropna(subset=[by])
    _refuse_twice(named[by], where, by)
    ids = pd.Series(scores.index, index=scores.index, dtype=object)
    if not ids.isin(named[by]).any():
        ids = scores["patient"]
    matched = ids[ids.isin(named[by])]
    if matched.empty:
        shown = f"{where} names {listed(list(named[by]))}; the scores name {listed(list(scores.index))}"
        raise ClinicalError(
            f"{where}, column {by!r}", f"names no sample and no patient that was scored ({shown})", "Name them alike."
        )
    _refuse_several(matched, where)
    rows = named.set_index(by, drop=False).loc[matched].set_axis(matched.index, axis=0)
    joined = scores.loc[matched.index].join(rows, rsuffix="_table")
    flow = Flow(
        steps=[("samples scored", len(scores)), ("rows of the table", len(table)), ("in both", len(joined))],
        left_out={
            "scored, but not in the table": list(scores.index.difference(matched.index)),
            "in the table, but not scored": sorted(set(named[by]) - set(matched)),
            "in the table without an id": [_row(label) for label in table.index[table[by].isna()]],
        },
    )
    return without(joined, flow, joined["score"].isna(), NO_SCORE, "with a score")


def without(joined: pd.DataFrame, flow: Flow, drop: pd.Series, why: str, step: str) -> tuple[pd.DataFrame, Flow]:
    """Leave out the samples of which ``drop`` is true, and say so in the flow.

    Parameters
    ----------
    why, step
        The reason, and what those that are left are called. A reason that takes nobody is not named, the step is.
    """
    gone = [str(name) for name in joined.index[drop]]
    named = {reason: names for reason, names in (flow.left_out | {why: gone}).items() if names}
    kept = joined[~drop]
    return kept, Flow([*flow.steps, (step, len(kept))], named)


def _refuse_twice(ids: pd.Series, where: str, name: str) -> None:
    twice = sorted(set(ids[ids.duplicated()]))
    mend = "Keep one row of each: a sample that counts twice narrows every interval."
    if twice:
        raise ClinicalError(f"{where}, column {name!r}", f"has more than one row of {listed(twice)}", mend)


def _refuse_several(matched: pd.Series, where: str) -> None:
    twice = matched[matched.duplicated(keep=False)]
    if len(twice):
        patient = twice.iloc[0]
        samples = listed([str(name) for name in twice.index[twice == patient]])
        mend = "Name samples, not patients, in the table, or score one sample a patient."
        raise ClinicalError(where, f"names the patient {patient}, of whom {samples} were scored", mend)
