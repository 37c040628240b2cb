"""Cox models of survival on a score: hazard ratios, the interaction of score and treatment, and when none can be given.

The models are lifelines' (Efron's ties). A hazard ratio below 1 for a higher score says that more sensitive patients
live longer. Where the likelihood has no maximum (separation), or the search for it fails or runs away, the model says
which it is and gives no number: a coefficient of -20 with a standard error of 3,000 is not a figure.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import t as student

from pancreassign.training.evaluate import INTERVAL
from pancreassign.validation.separation import separating

Array = npt.NDArray[np.float64]

SCORE, TREATED, PRODUCT = "score", "treated", "score x treated"
"""Terms of the models: the score per SD, the arm (1 = treated), and their product, the interaction."""
INTERACTION = (SCORE, TREATED, PRODUCT)
TIME, EVENT, STRATUM = "(time)", "(event)", "(stratum)"
"""Columns of the table that lifelines sees; in brackets, so that no covariate bears their names."""
MAX_ERROR = 50.0
"""Standard error of a log hazard ratio above which it is not estimable. Terms are per SD or yes/no, so that one event
on each side gives about 1.4; the value only tells such a fit from a likelihood without a maximum (judgement)."""
MAX_RATIO = 1000.0
"""Hazard ratio per SD, or of yes v no, beyond which (or below its inverse) an estimate has run away: no biology
gives it, and a search without a maximum stops anywhere (judgement)."""
POWER = 0.8
"""Power at which the smallest interaction that a cohort can show is told."""
NOT_FOUND = "the search for the estimate did not converge"
SEARCH = "Newton-Raphson"
"""With this, lifelines' warnings speak of how the search ended; the others guess from the table."""
MIN_ARM = 5
"""Patients whom the treated arm and the others must each have: of fewer, no effect of a score is told (judgement)."""


@dataclass(frozen=True)
class Fit:
    """A fitted model, or the reason why there is none.

    Parameters
    ----------
    terms
        Names of the coefficients, in order.
    coefficients, covariance
        Log hazard ratios and their covariance; NaN where the model could not be fitted.
    n, events
        Patients and events that the model rests on.
    reason
        Why there are no figures; ``None`` where there are.
    ph
        p-value by term of the test of proportional hazards; empty where it was not asked for.
    freedom
        Degrees of freedom of Student's t that intervals and p-values use; infinite is the normal distribution.
    """

    terms: tuple[str, ...]
    coefficients: Array
    covariance: Array
    n: int
    events: int
    reason: str | None = None
    ph: Mapping[str, float] = field(default_factory=dict)
    freedom: float = np.inf

    def ratio(self, *terms: str) -> dict[str, Any]:
        """The hazard ratio of one term, or of a sum of terms, with its Wald interval and two-sided p.

        Returns
        -------
        dict
            ``value``, ``low``, ``high``, ``level``, ``p``, ``reason``; numbers are ``None``, with the ``reason``, where
            the model could not be fitted, and the reason is ``None`` where it could.
        """
        if self.reason is not None:
            return {"value": None, "low": None, "high": None, "level": INTERVAL, "p": None, "reason": self.reason}
        weights = np.array([float(name in terms) for name in self.terms])
        log, error = float(weights @ self.coefficients), self._error(weights)
        half = self._reach() * error
        return {
            "value": float(np.exp(log)),
            "low": float(np.exp(log - half)),
            "high": float(np.exp(log + half)),
            "level": INTERVAL,
            "p": float(two_sided(log / error, self.freedom)),
            "reason": None,
        }

    def detectable(self, term: str) -> float | None:
        """The hazard ratio below 1 that a test of ``term`` at 5 % would find with :data:`POWER`.

        From the standard error alone, not from the estimate, so it is no restatement of the p-value.
        """
        if self.reason is not None:
            return None
        reach = self._reach() + float(student.ppf(POWER, self.freedom))
        weights = np.array([float(name == term) for name in self.terms])
        return float(np.exp(-reach * self._error(weights)))

    def treatment_by_score(self, score: Array) -> Array:
        """Hazard ratio of the treated v the other arms by score (standardised; 1-D): rows value, low, high."""
        weights = np.zeros((len(score), len(self.terms)))
        weights[:, self.terms.index(TREATED)] = 1.0
        weights[:, self.terms.index(PRODUCT)] = score
        log = weights @ self.coefficients
        half = self._reach() * np.sqrt(np.einsum("ij,jk,ik->i", weights, self.covariance, weights))
        return np.asarray(np.exp([log, log - half, log + half]))

    def _reach(self) -> float:
        """Standard errors from the estimate to the end of its interval."""
        return float(student.ppf((1.0 + INTERVAL) / 2.0, self.freedom))

    def _error(self, weights: Array) -> float:
        return float(np.sqrt(weights @ self.covariance @ weights))


def two_sided(z: float | Array, freedom: float | Array = np.inf) -> Any:
    """Two-sided p-value of an estimate that is ``z`` standard errors from 0; NaN stays NaN."""
    return 2.0 * student.sf(np.abs(z), freedom)


def unfitted(terms: Sequence[object], n: int, events: int, reason: str) -> Fit:
    """A model that gives no figure, and why."""
    size = len(terms)
    return Fit(tuple(map(str, terms)), np.full(size, np.nan), np.full((size, size), np.nan), n, events, reason)


def fit(
    time: pd.Series, event: pd.Series, design: pd.DataFrame, stratum: pd.Series | None = None, ph: bool = False
) -> Fit:
    """Fit a Cox model by lifelines.

    Parameters
    ----------
    time
        Follow-up of each patient, above 0, in any one unit.
    event
        1 where the event was seen, 0 where the patient was censored.
    design
        Patients × terms: per SD, or 0 and 1.
    stratum
        Where given, each stratum has a baseline hazard of its own.
    ph
        Whether to test proportional hazards too (scaled Schoenfeld residuals against the rank of time; Grambsch and
        Therneau 1994, Biometrika 81:515-526).

    Returns
    -------
    Fit
        With a ``reason`` in place of figures where there are none to give.
    """
    from lifelines import CoxPHFitter
    from lifelines.exceptions import ConvergenceError

    n, events = len(design), int(event.sum())
    flaw = _flaw(time, event, design, stratum)
    if flaw is not None:
        return unfitted(list(design), n, events, flaw)
    table = design.assign(**{TIME: time, EVENT: event})
    if stratum is not None:
        table[STRATUM] = stratum
    strata = None if stratum is None else [STRATUM]
    try:
        with warnings.catch_warnings(record=True) as said:
            # lifelines warns of what might be separation too; whether it is, the likelihood itself tells below
            warnings.simplefilter("always")
            model = CoxPHFitter(alpha=1.0 - INTERVAL).fit(table, TIME, EVENT, strata=strata)
            checked = _proportional(model, table) if ph else {}
    except (ConvergenceError, np.linalg.LinAlgError):
        return unfitted(list(design), n, events, _without_end(time, event, design, stratum) or NOT_FOUND)
    order = [model.params_.index.get_loc(name) for name in design]
    coefficients = model.params_.to_numpy()[order]
    covariance = model.variance_matrix_.to_numpy()[np.ix_(order, order)]
    errors = np.sqrt(np.diag(covariance))
    sure = (errors < MAX_ERROR) & (np.abs(coefficients) < np.log(MAX_RATIO))  # NaN is neither
    loose = [str(name) for name, found in zip(design, sure, strict=True) if not found]
    lost = any(SEARCH in str(one.message) for one in said)
    if loose or lost:
        other = (
            f"the estimate of {', '.join(loose)} ran away, though nothing separates the events" if loose else NOT_FOUND
        )
        return unfitted(list(design), n, events, _without_end(time, event, design, stratum) or other)
    return Fit(tuple(map(str, design)), coefficients, covariance, n, events, ph=checked)


def _without_end(time: pd.Series, event: pd.Series, design: pd.DataFrame, stratum: pd.Series | None) -> str | None:
    """That the likelihood has no maximum, where it has none."""
    terms = separating(time, event, design, stratum)
    if not terms:
        return None
    verb = "tells" if len(terms) == 1 else "together tell"
    return f"separation: {', '.join(terms)} {verb} who has the next event without exception"


def _flaw(time: pd.Series, event: pd.Series, design: pd.DataFrame, stratum: pd.Series | None) -> str | None:
    """Why no model can be fitted, as far as that can be told beforehand."""
    if not event.any():
        return "no event was seen"
    constant = [str(name) for name in design if design[name].nunique() < 2]
    if constant:
        return f"{', '.join(constant)} is the same in all patients"
    silent = [
        str(name)
        for name in design
        if set(design[name].unique()) <= {0.0, 1.0}
        and any(not event[design[name] == side].any() for side in (0.0, 1.0))
    ]
    if silent:
        parted = set(separating(time, event, design[silent], stratum)) >= set(silent)
        return f"{'separation: ' * parted}no event was seen on one side of {', '.join(silent)}"
    within = pd.Series(0, index=design.index) if stratum is None else stratum
    same = [str(name) for name, most in design.groupby(within).nunique().max().items() if most < 2]
    if same:
        return f"{', '.join(same)} does not vary within any stratum, where patients are compared"
    if np.linalg.matrix_rank(design - design.groupby(within).transform("mean")) < design.shape[1]:
        return "the covariates follow from one another (collinear)"
    if int(event.sum()) <= design.shape[1]:
        return f"{int(event.sum())} events cannot carry {design.shape[1]} terms"
    return None


def _proportional(model: Any, table: pd.DataFrame) -> dict[str, float]:
    """p-value by term that its hazard ratio does not change with time; small: it does."""
    from lifelines.statistics import proportional_hazard_test

    tested = proportional_hazard_test(model, table, time_transform="rank")
    return dict(zip(map(str, model.params_.index), map(float, np.atleast_1d(tested.p_value)), strict=True))


def interaction(
    time: pd.Series,
    event: pd.Series,
    score: pd.Series,
    treated: pd.Series,
    covariates: pd.DataFrame | None = None,
    stratum: pd.Series | None = None,
    ph: bool = False,
) -> Fit:
    """The model of score, arm and their product, whose coefficient :data:`PRODUCT` is the interaction.

    Its hazard ratio is the score's in the treated arm over that in the other arms. Below 1: the higher the score, the
    more a patient gains by the treatment. Intervals and p-values use Student's t with the events less the terms as
    degrees of freedom: by the normal distribution, trials of 100 patients without an interaction are said to have one
    a little too often (``python benchmarks/trials.py``, table ``fooled``, shows both). There are no figures, with the
    reason, where an arm has fewer than :data:`MIN_ARM` patients, or no stratum has patients of both.

    Parameters
    ----------
    score
        Per SD.
    treated
        1 in the treated arm, 0 in the others.
    covariates
        Patients × terms to adjust for; patients who are not in it are left out.
    time, event, stratum, ph
        As in :func:`fit`.
    """
    design = pd.DataFrame(dict(zip(INTERACTION, (score, treated, score * treated), strict=True)))
    if covariates is not None:
        design = design.join(covariates, how="inner")
    here = design.index
    own = None if stratum is None else stratum[here]
    flaw = _unlike(design[TREATED], own)
    if flaw is not None:
        return unfitted(list(design), len(design), int(event[here].sum()), flaw)
    model = fit(time[here], event[here], design, own, ph)
    return replace(model, freedom=max(1.0, float(model.events - len(model.terms))))


def _unlike(treated: pd.Series, stratum: pd.Series | None) -> str | None:
    """Why the arms cannot be compared, as far as their patients' numbers tell."""
    numbers = {"treated arm": int(treated.sum()), "other arms": int((1.0 - treated).sum())}
    few = [f"{n} {'patient' if n == 1 else 'patients'} in the {arm}" for arm, n in numbers.items() if n < MIN_ARM]
    if few:
        return f"{' and '.join(few)}: fewer than {MIN_ARM} tell nothing of how the score acts there"
    if stratum is not None and treated.groupby(stratum).nunique().max() < 2:
        return "every stratum holds one arm alone, so that within it there is no other to compare with (--stratify)"
    return None
