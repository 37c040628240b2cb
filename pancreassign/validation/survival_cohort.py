"""The patients of a survival validation: read, checked, and counted; who is left out is named with the reason."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from pancreassign.errors import ClinicalError
from pancreassign.records import Call
from pancreassign.records.sample import FIRST_YEAR, LAST_YEAR
from pancreassign.training.evaluate import in_third
from pancreassign.validation.tables import Flow, join, listed, number, read_clinical, read_scores, without

Unit = Literal["days", "months"]
DAYS_IN_MONTH = 365.25 / 12
LONGEST = 1200.0
"""Months of follow-up above which a time cannot be (100 years)."""
LONG = 240.0
"""Months (20 years) of follow-up above which the times are more likely days (judgement; only warned of)."""
SHORT = 120.0
"""Days: where nobody was followed for longer, the times are more likely months (judgement; only warned of)."""
MIN_EVENTS = 10
"""Events below which every figure is given with a warning (issue 6)."""
MAX_LEVELS = 10
"""Values that a category may have; more look like names or free text (judgement)."""
MIN_GROUP = 5
"""Patients that two calls must have, for curves by call: one patient is no curve (judgement)."""
THIRDS = ("highest third", "middle third", "lowest third")
CALLS = tuple(call.value for call in (Call.SENSITIVE, Call.INTERMEDIATE, Call.RESISTANT))
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True)
class Question:
    """What is asked of the tables: the options of ``validate survival``.

    Parameters
    ----------
    by
        The clinical table's column of sample or patient ids.
    time, event
        Its columns of follow-up (in ``unit``) and of the event (1 seen, 0 censored).
    arm, treated
        Its column of arms, and the arm whose drug is scored; both or neither.
    start
        Where given, ``time`` and ``start`` are days (``YYYY-MM-DD``), and follow-up is what lies between them.
    adjust
        Columns that the score is adjusted for.
    stratify
        A column whose values have baseline hazards of their own.
    only
        ``COLUMN=VALUE``: patients of another value, or of none, are left out.
    failed
        Whether samples that failed quality are analysed too; without it they are left out, as they get no call.
    """

    drug: str
    by: str
    time: str
    event: str
    arm: str | None = None
    treated: str | None = None
    start: str | None = None
    adjust: tuple[str, ...] = ()
    stratify: str | None = None
    only: tuple[str, ...] = ()
    unit: Unit = "days"
    failed: bool = False


@dataclass(frozen=True)
class Cohort:
    """Those who are analysed.

    Parameters
    ----------
    table
        By sample id: ``time`` (months), ``event`` (0 or 1), ``score`` (as given), ``z`` (the score less its mean, per
        SD of these patients), ``group`` (call or third; ``None`` where a patient has no call), ``arm`` (text) and
        ``treated`` (0 or 1) where arms are known.
    groups
        The groups in order, the most sensitive first.
    by
        ``call`` or ``thirds``: what the groups are.
    covariates
        By sample id: what is adjusted for, numbers per SD, categories as 0 and 1 with the commonest left out; rows with
        an unknown value are left out. ``None`` where nothing is.
    stratum
        The value that has a baseline hazard of its own; ``None`` without.
    arms
        Patients by arm.
    evidence
        The grade of the drug's signature where the scores say it.
    flow
        Who was left out, and why.
    warnings
        What the reader must know of these patients, as sentences.
    """

    table: pd.DataFrame
    groups: tuple[str, ...]
    by: Literal["call", "thirds"]
    covariates: pd.DataFrame | None
    stratum: pd.Series | None
    arms: dict[str, int]
    evidence: str | None
    flow: Flow
    warnings: tuple[str, ...]


def assemble(scores: Path, clinical: Path, question: Question) -> Cohort:
    """Read both tables and bring them together.

    Raises
    ------
    ClinicalError
        For a column that is not there, a time that cannot be, an event other than 0 and 1, an arm that does not exist,
        a score that is the same in all, or nobody left; the patients at fault are named.
    RecordError, ConfigError
        As :func:`pancreassign.validation.tables.read_scores` does.
    """
    where = str(clinical)
    read = read_clinical(clinical)
    for name in _columns(question):
        if name not in read:
            raise ClinicalError(where, f"has no column {name!r}", f"It has {', '.join(map(str, read))}.")
    joined, flow = join(read_scores(scores, question.drug), read, question.by, where)
    facts = _facts(joined, read)
    for drop, why, step in _rules(joined, facts, question):
        joined, flow = without(joined, flow, drop[joined.index], why, step)
    if joined.empty:
        steps = ", ".join(f"{step}: {n}" for step, n in flow.steps)
        raise ClinicalError(where, f"leaves nobody to analyse ({steps})", "Check ids, --only and the columns named.")
    facts = facts.loc[joined.index]
    _refuse_patients_twice(joined, where)
    table = pd.DataFrame(
        {"score": joined["score"], "time": _months(facts, question, where), "event": _events(facts, question, where)}
    )
    spread = table["score"].std()
    if not spread > 0:  # NaN for one patient alone
        found = f"leaves {len(table)} patients whose scores do not differ"
        raise ClinicalError(where, found, "Nothing can be compared: check --only, and that it is the right cohort.")
    table["z"] = (table["score"] - table["score"].mean()) / spread
    if question.arm is not None:
        table["arm"] = facts[question.arm]
        table["treated"] = _treated(facts, question, where)
    table["group"], groups, by = _groups(joined["call"], table["score"])
    return Cohort(
        table=table,
        groups=groups,
        by=by,
        covariates=_covariates(facts, question.adjust, where) if question.adjust else None,
        stratum=None if question.stratify is None else facts[question.stratify].fillna("unknown"),
        arms={} if question.arm is None else {str(arm): len(own) for arm, own in table.groupby("arm")},
        evidence=next((str(grade) for grade in joined["evidence"] if grade is not None), None),
        flow=flow,
        warnings=tuple(_warnings(table, joined, facts, question)),
    )


def _refuse_patients_twice(joined: pd.DataFrame, where: str) -> None:
    """A patient with several samples would count several times; raises :class:`ClinicalError`."""
    patient = joined["patient"].dropna()
    again = patient[patient.duplicated(keep=False)]
    if len(again):
        found = f"leads to several samples of one patient ({_cells(pd.Series(again.index, again.index))})"
        raise ClinicalError(where, found, "Keep one sample a patient: take the others' rows out.")


def _columns(question: Question) -> list[str]:
    """Every column that the question names, the ids apart."""
    optional = [name for name in (question.start, question.arm, question.stratify) if name is not None]
    rules = [rule.partition("=")[0] for rule in question.only]
    return [question.time, question.event, *optional, *question.adjust, *rules]


def _facts(joined: pd.DataFrame, read: pd.DataFrame) -> pd.DataFrame:
    """The clinical columns of joined samples under their own names, where :func:`join` had to rename one or not."""
    return pd.DataFrame(
        {name: joined[f"{name}_table" if f"{name}_table" in joined else name] for name in read}, index=joined.index
    )


def _rules(joined: pd.DataFrame, facts: pd.DataFrame, question: Question) -> list[tuple[pd.Series, str, str]]:
    """Who is left out, in order: the samples, the reason, and what those are called that are left."""
    rules = []
    if not question.failed:
        rules.append((joined["qc"] == "fail", "failed quality", "with quality pass or warn"))
    for rule in question.only:
        name, _, value = rule.partition("=")
        rules.append((facts[name] != value, f"{name} is not {value}", f"{name} = {value}"))
    survival = [name for name in (question.start, question.time, question.event) if name is not None]
    rules.append((facts[survival].isna().any(axis=1), "survival is unknown", "with survival"))
    if question.arm is not None:
        rules.append((facts[question.arm].isna(), "the arm is unknown", "with an arm"))
    return rules


def _months(facts: pd.DataFrame, question: Question, where: str) -> pd.Series:
    """Follow-up in months; raises :class:`ClinicalError` for one that cannot be."""
    named = f"{where}, column {question.time!r}"
    dated = facts[question.time][facts[question.time].map(lambda cell: bool(_DAY.fullmatch(cell)))]
    if question.start is None and len(dated):
        mend = "Name the day on which follow-up starts by --start; then --time is the day on which it ends."
        raise ClinicalError(named, f"holds days ({_cells(dated)}), not times", mend)
    if question.start is None:
        time = number(facts[question.time], where, question.time)
        months = time / DAYS_IN_MONTH if question.unit == "days" else time
    else:
        begin, end = (_days(facts[name], where, name) for name in (question.start, question.time))
        time = (end - begin).dt.days.astype(float)
        months = time / DAYS_IN_MONTH
    early = time[time <= 0]
    if len(early):
        mend = "Correct them, or take these patients out of the table: nobody is followed for no time."
        raise ClinicalError(named, f"gives follow-up that is not above 0 ({_cells(early)})", mend)
    late = months[months > LONGEST]
    if len(late):
        mend = "Correct them, or give the unit by --time-unit days or months."
        raise ClinicalError(named, f"gives follow-up of more than 100 years ({_cells(time[late.index])})", mend)
    return months


def _days(column: pd.Series, where: str, name: str) -> pd.Series:
    """A column of days; raises :class:`ClinicalError` where a cell is none of the calendar."""
    days = pd.to_datetime(column, format="%Y-%m-%d", errors="coerce")
    bad = column[days.isna() | ~days.dt.year.between(FIRST_YEAR, LAST_YEAR)]
    if len(bad):
        mend = f"Write days of the calendar as YYYY-MM-DD, {FIRST_YEAR} to {LAST_YEAR}."
        raise ClinicalError(f"{where}, column {name!r}", f"holds what is no day ({_cells(bad)})", mend)
    return days


def _events(facts: pd.DataFrame, question: Question, where: str) -> pd.Series:
    """1 where the event was seen, 0 where the patient was censored; anything else is refused."""
    event = number(facts[question.event], where, question.event)
    bad = facts[question.event][~event.isin((0.0, 1.0))]
    if len(bad):
        mend = "Write 1 where the event was seen and 0 where the patient was censored."
        raise ClinicalError(f"{where}, column {question.event!r}", f"is neither 0 nor 1 ({_cells(bad)})", mend)
    return event


def _treated(facts: pd.DataFrame, question: Question, where: str) -> pd.Series:
    arm = facts[str(question.arm)]
    known = set(arm)
    if question.treated not in known and len(known) > 1:  # of one arm alone the interaction says why it is not tested
        arms = ", ".join(f"{name} ({n})" for name, n in arm.value_counts().sort_index().items())
        raise ClinicalError(
            f"{where}, column {question.arm!r}",
            f"has no patient in the arm {question.treated!r}",
            f"Give one of these as --treated-arm: {arms}.",
        )
    return (arm == question.treated).astype(float)


def _groups(call: pd.Series, score: pd.Series) -> tuple[pd.Series, tuple[str, ...], Literal["call", "thirds"]]:
    """The calls, where two of them have :data:`MIN_GROUP` patients; else thirds of the score among these patients."""
    # a call of fewer patients is no group: as the last one all others would be held against it
    made = tuple(name for name in CALLS if (call == name).sum() >= MIN_GROUP)
    if len(made) > 1:
        return call.where(call.isin(made), None), made, "call"
    group = pd.Series(THIRDS[1], index=score.index, dtype=object)
    for third, name in (("sensitive", THIRDS[0]), ("resistant", THIRDS[2])):
        group[in_third(score.to_numpy(), third)] = name
    return group, tuple(name for name in THIRDS if (group == name).any()), "thirds"


def _covariates(facts: pd.DataFrame, names: Sequence[str], where: str) -> pd.DataFrame:
    """Numbers per SD, categories as 0 and 1 against the commonest; patients with an unknown value are left out."""
    wanted = list(dict.fromkeys(names))
    known = facts[wanted].dropna()
    for name in wanted:
        if known[name].nunique() < 2:
            problem = f"does not vary among the {len(known)} patients with all covariates known"
            raise ClinicalError(f"{where}, column {name!r}", problem, "Leave it out of --adjust.")
    parts = [_numeric(known[name]) if _is_number(known[name]) else _levels(known[name], where) for name in wanted]
    return pd.concat(parts, axis=1)


def _is_number(column: pd.Series) -> bool:
    """Whether a covariate is a number: two values alone are a category, whatever they are written as."""
    return column.nunique() > 2 and bool(np.isfinite(pd.to_numeric(column, errors="coerce")).all())


def _numeric(column: pd.Series) -> pd.DataFrame:
    values = column.astype(float)
    return ((values - values.mean()) / values.std()).to_frame(f"{column.name} (per SD)")


def _levels(column: pd.Series, where: str) -> pd.DataFrame:
    counts = column.value_counts()
    if len(counts) > MAX_LEVELS:
        text = pd.to_numeric(column, errors="coerce").isna()  # the cells themselves may name a person
        found = f"has {len(counts)} values, of which {int(text.sum())} rows hold no number"
        mend = "Adjust for numbers, or for a category of few values: join its rarer ones into one."
        raise ClinicalError(f"{where}, column {column.name!r}", found, mend)
    first = min(counts[counts == counts.max()].index)
    others = sorted(set(counts.index) - {first})
    return pd.DataFrame({f"{column.name}: {one} v {first}": (column == one).astype(float) for one in others})


def _warnings(table: pd.DataFrame, joined: pd.DataFrame, facts: pd.DataFrame, question: Question) -> list[str]:
    found = []
    failed = int((joined["qc"] == "fail").sum())
    if failed:
        found.append(f"{counted(failed)} here failed quality: the tool would make no call, and scores may be off.")
    events = int(table["event"].sum())
    if events < MIN_EVENTS:
        found.append(
            f"Only {events} events: every figure here is too uncertain to conclude from, and the intervals, which rest "
            "on large numbers, may be too narrow."
        )
    long = table["time"][table["time"] > LONG]
    if len(long):
        mend = "Are the times days (--time-unit days)?" if question.unit == "months" else "Check the table."
        mend = "Check the days." if question.start is not None else mend
        found.append(
            f"{counted(len(long))} followed for more than {LONG / 12:.0f} years "
            f"({_cells(long.map(lambda months: f'{months / 12:.0f} years'))}). {mend}"
        )
    longest = table["time"].max() * DAYS_IN_MONTH
    if question.start is None and question.unit == "days" and longest <= SHORT:
        found.append(
            f"Nobody was followed for longer than {longest:.0f} days. Are the times months (--time-unit months)?"
        )
    for name in question.adjust:
        unknown = int(facts[name].isna().sum())
        if unknown:
            found.append(f"{name} is unknown in {counted(unknown)}: left out of the adjusted figures.")
    return found


def counted(n: int) -> str:
    """How many patients, in words."""
    return f"{n} patient" if n == 1 else f"{n} patients"


def _cells(column: pd.Series) -> str:
    """Cells at fault with the samples that they belong to."""
    return listed([f"{value} in {name}" for name, value in column.items()])
