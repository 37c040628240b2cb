"""Simulated two-arm trials with known truth: what the interaction test finds, and what it is fooled by.

A trial's patients have a true sensitivity to the treatment (standard normal, or yes/no), which a score measures with a
stated correlation. Their hazard is that of a Weibull distribution, times a prognostic effect of the sensitivity in both
arms, the treatment's own effect, and the planted interaction. Many trials are drawn and fitted at once, by a Newton
search that is tested against lifelines' (tests/validation/test_trials.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pancreassign.validation.cox import two_sided

Array = npt.NDArray[np.float64]

CHUNK = 250
"""Trials that are fitted at once, to bound memory."""
STEPS, TOLERANCE = 30, 1e-8
"""Newton steps before a search is given up, and the largest change of a coefficient at which it has ended."""


@dataclass(frozen=True)
class Design:
    """How a trial is drawn. Hazard ratios of the sensitivity are per SD of the *true* sensitivity, not of the score.

    The medians and the treatment's hazard ratio are those of disease-free survival in PRODIGE-24: 21.4 months under
    mFOLFIRINOX, the other arm here, hazard ratio 0.66 against gemcitabine, the treated arm whose score is tested.

    Parameters
    ----------
    n
        Patients of both arms together.
    interaction
        Hazard ratio of the sensitivity in the treated arm over that in the other arm; 1 is none.
    prognosis
        Hazard ratio of the sensitivity in both arms, whatever the treatment; 1 is none.
    correlation
        Correlation of score and true sensitivity.
    treatment
        Hazard ratio of the treated v the other arm at mean sensitivity.
    share_treated
        Probability that a patient is in the treated arm.
    positive
        Where given, sensitivity is yes or no, and this the share of yes; it is scaled to an SD of 1 like the other.
    median
        Median survival in the other arm at mean sensitivity, in months.
    shape
        Weibull's shape: 1 is exponential, above 1 the hazard rises with time. Hazards stay proportional.
    recruitment, follow_up
        Months of recruiting, at an even pace, and of follow-up after it; there is no other censoring.
    """

    n: int
    interaction: float = 1.0
    prognosis: float = 1.0
    correlation: float = 1.0
    treatment: float = 1.0 / 0.66
    share_treated: float = 0.5
    positive: float | None = None
    median: float = 21.4
    shape: float = 1.0
    recruitment: float = 36.0
    follow_up: float = 24.0


@dataclass(frozen=True)
class Trials:
    """Drawn trials: arrays of trials × patients. ``time`` is in months, ``event`` and ``treated`` are 0 or 1."""

    time: Array
    event: Array
    score: Array
    treated: Array


@dataclass(frozen=True)
class Tested:
    """What the Cox model with the interaction gives for each trial (1-D arrays; NaN where the search failed).

    ``log_ratio`` is the interaction's log hazard ratio per SD of the score, ``p`` its two-sided p as
    :func:`pancreassign.validation.cox.interaction` gives it, ``p_normal`` the same by the normal distribution;
    ``p_treated`` is the p of the score in the treated arm, what a study without a second arm would report.
    """

    log_ratio: Array
    p: Array
    p_normal: Array
    p_treated: Array


def draw(design: Design, repeats: int, seed: int) -> Trials:
    """Draw ``repeats`` trials of one design."""
    rng = np.random.default_rng(seed)
    shape = (repeats, design.n)
    if design.positive is None:
        truth = rng.standard_normal(shape)
    else:
        spread = np.sqrt(design.positive * (1.0 - design.positive))
        truth = ((rng.random(shape) < design.positive) - design.positive) / spread
    noise = rng.standard_normal(shape)
    score = design.correlation * truth + np.sqrt(1.0 - design.correlation**2) * noise
    treated = (rng.random(shape) < design.share_treated).astype(float)
    log_hazard = truth * np.log(design.prognosis) + treated * (
        np.log(design.treatment) + truth * np.log(design.interaction)
    )
    unit = (rng.exponential(size=shape) / np.log(2.0) * np.exp(-log_hazard)) ** (1.0 / design.shape)
    death = design.median * unit
    end = design.follow_up + design.recruitment * rng.random(shape)
    return Trials(np.minimum(death, end), (death <= end).astype(float), score, treated)


def examine(trials: Trials) -> Tested:
    """The interaction test of every trial: score per SD of the trial's patients, arm, and their product."""
    parts = [_tested(trials, slice(start, start + CHUNK)) for start in range(0, len(trials.time), CHUNK)]
    return Tested(*(np.concatenate([getattr(part, name) for part in parts]) for name in Tested.__dataclass_fields__))


def _tested(trials: Trials, part: slice) -> Tested:
    score, treated = trials.score[part], trials.treated[part]
    z = (score - score.mean(axis=1, keepdims=True)) / score.std(axis=1, ddof=1, keepdims=True)
    design = np.stack([z, treated, z * treated], axis=-1)
    coefficients, covariance = newton(trials.time[part], trials.event[part], design)
    ratio, error = coefficients[:, 2], np.sqrt(covariance[:, 2, 2])
    slope = coefficients[:, 0] + ratio
    slope_error = np.sqrt(covariance[:, 0, 0] + covariance[:, 2, 2] + 2.0 * covariance[:, 0, 2])
    freedom = trials.event[part].sum(axis=1) - design.shape[2]
    p = (two_sided(ratio / error, freedom), two_sided(ratio / error), two_sided(slope / slope_error, freedom))
    return Tested(ratio, *p)


def newton(time: Array, event: Array, design: Array) -> tuple[Array, Array]:
    """Cox's partial likelihood maximised for many data sets at once.

    Parameters
    ----------
    time, event
        Data sets × patients. Times must not tie, which those drawn from a continuous distribution do not.
    design
        Data sets × patients × terms.

    Returns
    -------
    tuple
        Coefficients (data sets × terms) and their covariance (data sets × terms × terms); NaN for a data set whose
        search did not end.
    """
    order = np.argsort(-time, axis=1)
    seen = np.take_along_axis(event, order, axis=1)
    x = np.take_along_axis(design, order[:, :, None], axis=1)
    x = x - x.mean(axis=1, keepdims=True)
    beta = np.zeros((len(time), design.shape[2]))
    settled = np.zeros(len(time), dtype=bool)
    information = np.zeros((*beta.shape, beta.shape[1]))
    for _ in range(STEPS):
        left = np.flatnonzero(~settled)
        if not len(left):
            break
        gradient, information[left] = _derivatives(x[left], seen[left], beta[left])
        usable = np.linalg.det(information[left]) > 0
        left, gradient = left[usable], gradient[usable]
        step = np.linalg.solve(information[left], gradient[:, :, None])[:, :, 0]
        beta[left] += np.clip(step, -1.0, 1.0)
        settled[left] = np.abs(step).max(axis=1) < TOLERANCE
    covariance = np.full_like(information, np.nan)
    covariance[settled] = np.linalg.inv(information[settled])
    beta[~settled] = np.nan
    return beta, covariance


def _derivatives(x: Array, seen: Array, beta: Array) -> tuple[Array, Array]:
    """Gradient and information of the partial log-likelihood; patients stand in order of falling time."""
    risk = np.exp(np.einsum("bnp,bp->bn", x, beta))
    total = np.cumsum(risk, axis=1)[:, :, None]
    mean = np.cumsum(risk[:, :, None] * x, axis=1) / total
    square = np.cumsum(risk[:, :, None, None] * x[:, :, :, None] * x[:, :, None, :], axis=1) / total[:, :, :, None]
    gradient = np.einsum("bn,bnp->bp", seen, x - mean)
    information = np.einsum("bn,bnpq->bpq", seen, square - mean[:, :, :, None] * mean[:, :, None, :])
    return gradient, information
