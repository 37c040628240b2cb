"""How well scores rank, separate and predict the responses to one drug: every figure with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import brentq
from sklearn.linear_model import LogisticRegression

from pancreassign.errors import ClinicalError
from pancreassign.records import BASE_RATE, Call, rounded
from pancreassign.training.evaluate import INTERVAL, MIN_LOGIT_SPREAD, auroc, interval, spearman, wilson
from pancreassign.training.skill import one_sided_p, reliability_groups, shuffled_within
from pancreassign.validation.responses import MIN_SAMPLES, Responses

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Picks = Sequence[npt.NDArray[np.int64]]

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


def resample(patients: pd.Series) -> list[npt.NDArray[np.int64]]:
    """Positions of :data:`DRAWS` bootstrap draws; patients are drawn, so that samples of one stay together."""
    rng = np.random.default_rng(SEED)
    codes, names = pd.factorize(patients)
    members = [np.flatnonzero(codes == code) for code in range(len(names))]
    picks = rng.integers(0, len(names), (DRAWS, len(names)))
    if len(names) == len(codes):
        return list(picks)
    return [np.concatenate([members[code] for code in pick]) for pick in picks]


def patients_of(joined: pd.DataFrame) -> pd.Series:
    """By sample: its patient, or itself where no patient is named."""
    return joined["patient"].fillna(pd.Series(joined.index, index=joined.index))


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
    often shuffled responses correlate as well. ``detectable_spearman``: the smallest true correlation that this many
    samples show in four studies of five (Fisher's z, two-sided 5 %).
    """
    score = scores_of(found)
    rho = float(spearman(score, found.better))
    null = shuffled_within(pd.DataFrame({"r": score}), pd.DataFrame({"r": found.better}), SHUFFLES, SEED)[:, 0]
    reach = (NormalDist().inv_cdf((1 + INTERVAL) / 2) + NormalDist().inv_cdf(POWER)) / np.sqrt(len(score) - 3)
    return {
        "spearman": with_interval(rho, draws["spearman"]),
        "auroc": with_interval(auroc(score, found.positive), draws["auroc"]),
        "permutation_p": one_sided_p(null, rho),
        "detectable_spearman": float(np.tanh(reach)),
    }


def classification(said: Flags, truth: Flags) -> dict[str, Any]:
    """Sensitivity, specificity and predictive values of what was said, with Wilson's 95 % intervals."""
    tp, fp = int((said & truth).sum()), int((said & ~truth).sum())
    fn, tn = int((~said & truth).sum()), int((~said & ~truth).sum())
    shares = {
        "sensitivity": (tp, tp + fn),
        "specificity": (tn, tn + fp),
        "ppv": (tp, tp + fp),
        "npv": (tn, tn + fn),
    }
    return {"tp": tp, "fp": fp, "fn": fn, "tn": tn} | {name: _share(*parts) for name, parts in shares.items()}


def _share(part: int, whole: int) -> dict[str, float]:
    if not whole:
        return {"value": float("nan"), "low": float("nan"), "high": float("nan"), "level": INTERVAL}
    return {"value": part / whole, **wilson(part, whole)}


def calls(found: Responses) -> dict[str, Any]:
    """How the calls turned out: ``sensitive`` v all others called, ``resistant`` v all others called.

    Where no sample was called, ``available`` is false with ``why``, and the same figures are those of a probability
    above (or not above) the base rate of one third, which is **not a call**: no interval stands behind it.
    """
    said = found.joined["call"].fillna(Call.NOT_EVALUABLE.value).to_numpy()
    called = said != Call.NOT_EVALUABLE.value
    if called.any():
        return {
            "available": True,
            "n": int(called.sum()),
            "sensitive": classification(said[called] == Call.SENSITIVE.value, found.positive[called]),
            "resistant": classification(said[called] == Call.RESISTANT.value, found.negative[called]),
        }
    grades = sorted(set(found.joined["evidence"].dropna()))
    why = "every call is not_evaluable" + (f" (evidence grade {', '.join(grades)})" if grades else "")
    chance = found.joined["probability"].to_numpy(dtype=float)
    known = np.isfinite(chance)
    above = chance[known] > float(rounded(BASE_RATE) or BASE_RATE)
    return {
        "available": False,
        "why": why,
        "n": int(known.sum()),
        "sensitive": classification(above, found.positive[known]),
        "resistant": classification(~above, found.negative[known]),
    }


def calibration(found: Responses, picks: Picks) -> dict[str, Any] | None:
    """How the probabilities of the sensitive third turned out; ``None`` where none is known or one class is empty.

    ``slope`` (1 is right, below 1 too extreme) of the outcome on the logit of the probability; ``intercept`` with that
    slope held at 1 (0 is right, below 0: too many predicted); both with Wald's interval (Van Calster et al. 2019, doi
    10.1186/s12916-019-1466-7). ``brier`` against ``brier_base_rate``, that of the share observed here for everyone.
    A slope is unknown where the probabilities barely differ, or where they separate the classes.
    """
    chance, positive, kept = _known(found, picks)
    if not len(chance) or positive.all() or not positive.any():
        return None
    logit = np.log(chance / (1 - chance))
    square = (chance - positive) ** 2
    base = float(positive.mean())
    return {
        "n": len(chance),
        "predicted": float(chance.mean()),
        "observed": _share(int(positive.sum()), len(positive)),
        "intercept": _intercept(logit, positive),
        "slope": _slope(logit, positive),
        "brier": with_interval(float(square.mean()), _means(square, kept)),
        "brier_base_rate": base * (1 - base),
        "groups": reliability_groups(chance, positive),
    }


def _known(found: Responses, picks: Picks) -> tuple[Array, Flags, Picks]:
    """Probabilities, outcomes and draws of the samples whose probability is known."""
    chance = found.joined["probability"].to_numpy(dtype=float)
    known = np.isfinite(chance)
    place = np.cumsum(known) - 1
    kept = [place[pick[known[pick]]] for pick in picks]
    return np.clip(chance[known], EDGE, 1 - EDGE), found.positive[known], [pick for pick in kept if len(pick)]


def _wald(value: float, error: float) -> dict[str, float]:
    half = NormalDist().inv_cdf((1 + INTERVAL) / 2) * error
    return {"value": value, "low": value - half, "high": value + half, "level": INTERVAL}


def _intercept(logit: Array, positive: Flags) -> dict[str, float]:
    """``a`` such that the chances ``1 / (1 + exp(-(a + logit)))`` sum to the positives."""

    def chances(shift: float) -> Array:
        return np.asarray(1 / (1 + np.exp(-(shift + logit))))

    room = float(np.abs(logit).max()) + 20.0
    value = float(brentq(lambda shift: chances(shift).sum() - positive.sum(), -room, room))
    at = chances(value)
    return _wald(value, float(1 / np.sqrt((at * (1 - at)).sum())))


def _slope(logit: Array, positive: Flags) -> dict[str, float] | None:
    separated = auroc(logit, positive) in (0.0, 1.0)
    if logit.std() < MIN_LOGIT_SPREAD or separated:
        return None
    fit = LogisticRegression(C=np.inf).fit(logit[:, None], positive)
    at = fit.predict_proba(logit[:, None])[:, 1]
    design = np.column_stack([np.ones(len(logit)), logit])
    covariance = np.linalg.inv(design.T @ (design * (at * (1 - at))[:, None]))
    return _wald(float(fit.coef_[0, 0]), float(np.sqrt(covariance[1, 1])))


def net_benefit(found: Responses, picks: Picks) -> list[dict[str, Any]] | None:
    """The decision curve (Vickers and Elkin 2006, doi 10.1177/0272989X06295361); ``None`` as in :func:`calibration`.

    At a threshold ``t`` (the chance of response from which one would treat): ``TP/n - FP/n · t/(1 - t)`` of treating
    those whose probability is at least ``t``; of treating all; treating none is 0. Unit: true positives per patient.
    ``gain`` is the model's less the better of all and none.
    """
    chance, positive, kept = _known(found, picks)
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

    A group of fewer than :data:`MIN_SAMPLES` is counted and not judged. Positive samples are those of all samples.

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
    n = int(inside.sum())
    if n < MIN_SAMPLES:
        return {"n": n, "positive": int(found.positive[inside].sum()), "spearman": None, "auroc": None}
    part = found.of(inside)
    score, alike = scores_of(part), min(part.joined["score"].nunique(), len(np.unique(part.better))) < 2
    draws = rank_draws(part, resample(patients_of(part.joined)))
    rho = float("nan") if alike else float(spearman(score, part.better))
    return {
        "n": n,
        "positive": int(part.positive.sum()),
        "spearman": with_interval(rho, draws["spearman"]),
        "auroc": with_interval(auroc(score, part.positive), draws["auroc"]),
    }
