"""How well scores rank, separate and predict the responses to one drug: every figure with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import brentq
from scipy.stats import t as student
from sklearn.linear_model import LogisticRegression

from pancreassign.errors import ClinicalError
from pancreassign.records import BASE_RATE, Call, rounded
from pancreassign.training.evaluate import INTERVAL, MIN_LOGIT_SPREAD, auroc, interval, spearman, wilson
from pancreassign.training.skill import one_sided_p, reliability_groups
from pancreassign.validation import units
from pancreassign.validation.responses import MIN_PATIENTS, Responses

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Picks = Sequence[units.Places]

DRAWS, SHUFFLES, SEED = 2000, 1999, 0
"""Bootstrap draws, permutations, and the seed of both: the same input gives the same figures."""
THRESHOLDS = np.arange(10, 61, 5) / 100
"""Probabilities of response from which one would treat: 0.1 to 0.6 (judgement: about the base rate of one third)."""
POWER = 0.8
MAX_LEVELS = 8
"""A column with more values than this makes no subgroups (judgement)."""
EDGE = 1e-6
"""Probabilities of 0 and 1 are moved by this, so that they have a logit."""
UNKNOWN_GROUP = "unknown"


def with_interval(value: float, draws: Array) -> dict[str, float]:
    """A figure and the central 95 % of its bootstrap draws; draws in which it does not exist are left out."""
    drawn = draws[np.isfinite(draws)]
    if not np.isfinite(value) or not len(drawn):
        return {"value": float("nan"), "low": float("nan"), "high": float("nan"), "level": INTERVAL}
    return {"value": value, **interval(drawn)}


def rank_draws(found: Responses, picks: Picks) -> dict[str, Array]:
    """Spearman's correlation and AUROC in each draw; NaN in one that holds none of these samples."""
    score = scores_of(found)
    rho = [float(spearman(score[pick], found.better[pick])) if len(pick) else float("nan") for pick in picks]
    area = [auroc(score[pick], found.positive[pick]) for pick in picks]
    return {"spearman": np.array(rho), "auroc": np.array(area)}


def scores_of(found: Responses) -> Array:
    """By sample: the score, higher = more sensitive."""
    return found.joined["score"].to_numpy(dtype=float)


def ranking(found: Responses, draws: dict[str, Array]) -> dict[str, Any]:
    """How well the score ranks the responses.

    ``spearman``: Spearman's correlation of score and response, both turned so that higher = more sensitive.
    ``auroc``: how often a positive sample scores above another (0.5 = no skill). ``permutation_p``: one-sided, how
    often the shuffled responses of whole patients correlate as well (:func:`pancreassign.validation.units.shuffled`).
    ``detectable_spearman``: the smallest true correlation that this many effective patients show in four studies of
    five (Fisher's z, two-sided 5 %); NaN where they are three or fewer.
    """
    score, patients = scores_of(found), units.patients_of(found.joined)
    rho = float(spearman(score, found.better))
    null = units.shuffled(score, found.better, patients, SHUFFLES, SEED)
    beyond = units.effective(patients) - 3
    reach = (NormalDist().inv_cdf((1 + INTERVAL) / 2) + NormalDist().inv_cdf(POWER)) / np.sqrt(
        beyond if beyond > 0 else np.nan
    )
    return {
        "spearman": with_interval(rho, draws["spearman"]),
        "auroc": with_interval(auroc(score, found.positive), draws["auroc"]),
        "permutation_p": one_sided_p(null, rho),
        "detectable_spearman": float(np.tanh(reach)),
    }


def classification(said: Flags, truth: Flags, patients: pd.Series) -> dict[str, Any]:
    """Sensitivity, specificity and predictive values of what was said, as :func:`share` gives them."""
    counts = {"tp": said & truth, "fp": said & ~truth, "fn": ~said & truth, "tn": ~said & ~truth}
    return {name: int(inside.sum()) for name, inside in counts.items()} | {
        "sensitivity": share(said[truth], patients[truth]),
        "specificity": share(~said[~truth], patients[~truth]),
        "ppv": share(truth[said], patients[said]),
        "npv": share(~truth[~said], patients[~said]),
    }


def share(inside: Flags, patients: pd.Series) -> dict[str, float]:
    """The share of samples that are ``inside``, with Wilson's 95 % interval of as many patients as they are worth."""
    if not len(inside):
        return {"value": float("nan"), "low": float("nan"), "high": float("nan"), "level": INTERVAL}
    part, worth = int(inside.sum()), units.effective(patients)
    # the formula holds for an effective number, which is no whole one
    ends = wilson(part * (worth / len(inside)), worth)
    return {"value": part / len(inside), **ends}


def calls(found: Responses) -> dict[str, Any]:
    """How the calls turned out: ``sensitive`` v all others called, ``resistant`` v all others called.

    Where no sample was called, ``available`` is false with ``why``, and the same figures are those of a probability
    above (or not above) the base rate of one third, which is **not a call**: no interval stands behind it.
    """
    said = found.joined["call"].fillna(Call.NOT_EVALUABLE.value).to_numpy()
    called, patients = said != Call.NOT_EVALUABLE.value, units.patients_of(found.joined)
    if called.any():
        own = patients[called]
        return {
            "available": True,
            "n": int(called.sum()),
            "sensitive": classification(said[called] == Call.SENSITIVE.value, found.positive[called], own),
            "resistant": classification(said[called] == Call.RESISTANT.value, found.negative[called], own),
        }
    grades, failed = sorted(set(found.joined["evidence"].dropna())), int((found.joined["qc"] == "fail").sum())
    known_why = [f"evidence grade {', '.join(grades)}"] if grades else []
    known_why += [f"{failed} of {len(said)} samples failed quality"] if failed else []
    why = "every call is not_evaluable" + (f" ({'; '.join(known_why)})" if known_why else "")
    chance = found.joined["probability"].to_numpy(dtype=float)
    known = np.isfinite(chance)
    above = chance[known] > float(rounded(BASE_RATE) or BASE_RATE)
    return {
        "available": False,
        "why": why,
        "n": int(known.sum()),
        "sensitive": classification(above, found.positive[known], patients[known]),
        "resistant": classification(~above, found.negative[known], patients[known]),
    }


def calibration(found: Responses, picks: Picks) -> dict[str, Any] | None:
    """How the probabilities of the sensitive third turned out; ``None`` where none is known or one class is empty.

    ``slope`` (1 is right, below 1 too extreme) of the outcome on the logit of the probability; ``intercept`` with that
    slope held at 1 (0 is right, below 0: too many predicted); both with Wald's interval (Van Calster et al. 2019, doi
    10.1186/s12916-019-1466-7; of several samples a patient, see :func:`_errors`). ``brier`` against
    ``brier_base_rate``, that of the share observed here for everyone. A slope is unknown where the probabilities barely
    differ, or where they separate the classes.
    """
    chance, positive, kept, patients = _known(found, picks)
    if not len(chance) or positive.all() or not positive.any():
        return None
    logit = np.log(chance / (1 - chance))
    square = (chance - positive) ** 2
    base = float(positive.mean())
    return {
        "n": len(chance),
        "predicted": float(chance.mean()),
        "observed": share(positive, patients),
        "intercept": _intercept(logit, positive, patients),
        "slope": _slope(logit, positive, patients),
        "brier": with_interval(float(square.mean()), _means(square, kept)),
        "brier_base_rate": base * (1 - base),
        "groups": _groups(chance, positive, patients),
    }


def _groups(chance: Array, positive: Flags, patients: pd.Series) -> list[dict[str, Any]]:
    """The groups of :func:`reliability_groups`, which are cut from the order of the chances, by :func:`share`."""
    groups = reliability_groups(chance, positive)
    cuts = np.cumsum([group["n"] for group in groups])[:-1]
    for group, own in zip(groups, np.split(np.argsort(chance, kind="stable"), cuts), strict=True):
        seen = share(positive[own], patients.iloc[own])
        group["observed_interval"] = {name: seen[name] for name in ("low", "high", "level")}
    return groups


def _known(found: Responses, picks: Picks) -> tuple[Array, Flags, Picks, pd.Series]:
    """Probabilities, outcomes, draws and patients of the samples whose probability is known."""
    chance = found.joined["probability"].to_numpy(dtype=float)
    known = np.isfinite(chance)
    place = np.cumsum(known) - 1
    kept = [place[pick[known[pick]]] for pick in picks]
    kept = [pick for pick in kept if len(pick)]
    return np.clip(chance[known], EDGE, 1 - EDGE), found.positive[known], kept, units.patients_of(found.joined)[known]


def _wald(value: float, errors: tuple[Array, float]) -> dict[str, float]:
    """A figure with Wald's interval, from the last of the errors and the degrees of freedom of Student's t."""
    half = float(student.ppf((1 + INTERVAL) / 2, errors[1]) * errors[0][-1])
    return {"value": value, "low": value - half, "high": value + half, "level": INTERVAL}


def _errors(design: Array, at: Array, positive: Flags, patients: pd.Series) -> tuple[Array, float]:
    """Standard errors of a logistic model's terms, and the degrees of freedom that they have.

    Of one sample a patient: the model's own, with infinite freedom. Of several: the larger of those and the errors
    that sum each patient's residuals first (Liang and Zeger 1986, Biometrika 73:13-22), with the patients less the
    terms as degrees of freedom, since few patients make such errors too small.

    Parameters
    ----------
    design
        samples × terms.
    at, positive, patients
        By sample: the model's chance, the outcome, the patient.
    """
    inverse = np.linalg.inv(design.T @ (design * (at * (1 - at))[:, None]))
    own = np.sqrt(np.diag(inverse))
    if not units.several(patients):
        return own, np.inf
    sums = pd.DataFrame(design * (positive - at)[:, None]).groupby(patients.to_numpy()).sum().to_numpy()
    n = len(sums)
    together = np.sqrt(np.diag(inverse @ sums.T @ sums @ inverse) * n / (n - 1))
    return np.maximum(own, together), float(n - design.shape[1])


def _intercept(logit: Array, positive: Flags, patients: pd.Series) -> dict[str, float]:
    """``a`` such that the chances ``1 / (1 + exp(-(a + logit)))`` sum to the positives."""

    def chances(shift: float) -> Array:
        return np.asarray(1 / (1 + np.exp(-(shift + logit))))

    room = float(np.abs(logit).max()) + 20.0
    value = float(brentq(lambda shift: chances(shift).sum() - positive.sum(), -room, room))
    return _wald(value, _errors(np.ones((len(logit), 1)), chances(value), positive, patients))


def _slope(logit: Array, positive: Flags, patients: pd.Series) -> dict[str, float] | None:
    yes, no = logit[positive], logit[~positive]
    # also where the two meet in one value alone: the likelihood then grows without end
    separated = bool(no.max() <= yes.min() or yes.max() <= no.min())
    if logit.std() < MIN_LOGIT_SPREAD or separated:
        return None
    fit = LogisticRegression(C=np.inf).fit(logit[:, None], positive)
    at = fit.predict_proba(logit[:, None])[:, 1]
    design = np.column_stack([np.ones(len(logit)), logit])
    return _wald(float(fit.coef_[0, 0]), _errors(design, at, positive, patients))


def net_benefit(found: Responses, picks: Picks) -> list[dict[str, Any]] | None:
    """The decision curve (Vickers and Elkin 2006, doi 10.1177/0272989X06295361); ``None`` as in :func:`calibration`.

    At a threshold ``t`` (the chance of response from which one would treat): ``TP/n - FP/n · t/(1 - t)`` of treating
    those whose probability is at least ``t``; of treating all; treating none is 0. Unit: true positives per patient.
    ``gain`` is the model's less the better of all and none.
    """
    chance, positive, kept, _ = _known(found, picks)
    if not len(chance) or positive.all() or not positive.any():
        return None
    return [_at_threshold(float(t), chance, positive, kept) for t in THRESHOLDS]


def _at_threshold(threshold: float, chance: Array, positive: Flags, picks: Picks) -> dict[str, Any]:
    worth = np.where(positive, 1.0, -threshold / (1 - threshold))
    treated = worth * (chance >= threshold)

    drawn, all_of_them = _means(treated, picks), _means(worth, picks)
    value, everyone = float(treated.mean()), float(worth.mean())
    return {
        "threshold": threshold,
        "treated": int((chance >= threshold).sum()),
        "model": with_interval(value, drawn),
        "all": everyone,
        "none": 0.0,
        "gain": with_interval(value - max(everyone, 0.0), drawn - np.maximum(all_of_them, 0.0)),
    }


def _means(values: Array, picks: Picks) -> Array:
    """The mean of ``values`` in each draw; draws may differ in size, none is empty."""
    sizes = np.array([len(pick) for pick in picks])
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    return np.asarray(np.add.reduceat(values[np.concatenate(list(picks))], starts) / sizes)


def roc(found: Responses) -> list[tuple[float, float]]:
    """The ROC curve: (1 - specificity, sensitivity) from the highest score down, one point for tied scores."""
    score = scores_of(found)
    cuts = np.unique(score)[::-1]
    true, false = score[found.positive], score[~found.positive]
    return [(0.0, 0.0), *((float((false >= cut).mean()), float((true >= cut).mean())) for cut in cuts)]


def subgroups(found: Responses, column: str, where: str) -> dict[str, dict[str, Any]]:
    """Spearman and AUROC within each value of a column; figures alone, no test of a difference.

    A group of fewer than :data:`MIN_PATIENTS` is counted and not judged. Positive samples are those of all samples.

    Raises
    ------
    ClinicalError
        Where there is no such column, or it has more than :data:`MAX_LEVELS` values.
    """
    if column not in found.joined:
        raise ClinicalError(where, f"has no column {column!r} to make subgroups of", "Check --subgroup.")
    level = found.joined[column].astype(object).where(found.joined[column].notna(), UNKNOWN_GROUP).astype(str)
    names = sorted(level.unique())
    if len(names) > MAX_LEVELS:
        problem = f"column {column!r} has {len(names)} values, {MAX_LEVELS} make subgroups at most"
        raise ClinicalError(where, problem, "Put them into groups in the table, such as below and above a limit.")
    return {name: _subgroup(found, (level == name).to_numpy()) for name in names}


def _subgroup(found: Responses, inside: Flags) -> dict[str, Any]:
    part = found.of(inside)
    patients = units.patients_of(part.joined)
    counted = {"n": len(part.joined), "patients": int(patients.nunique()), "positive": int(part.positive.sum())}
    if counted["patients"] < MIN_PATIENTS:
        return {**counted, "spearman": None, "auroc": None}
    score, alike = scores_of(part), min(part.joined["score"].nunique(), len(np.unique(part.better))) < 2
    draws = rank_draws(part, units.resample(patients, DRAWS, SEED))
    rho = float("nan") if alike else float(spearman(score, part.better))
    return {
        **counted,
        "spearman": with_interval(rho, draws["spearman"]),
        "auroc": with_interval(auroc(score, part.positive), draws["auroc"]),
    }
