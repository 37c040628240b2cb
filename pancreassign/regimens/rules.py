"""When a regimen counts as predicted sensitive, how probable that is, and how it stands among the reference.

Pure functions of the drugs' evidence; no file is read here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from pancreassign.errors import ArtefactError
from pancreassign.records import BASE_RATE, Call, Grade, Interval, Rule, rounded

RuleKind = Literal["two_of_three", "pair", "single", "none"]
Floats = npt.NDArray[np.float64]
Triple = tuple[float, float, float]

TIE = 1e-12
"""Probabilities closer than this are equal: far below any real difference, far above rounding (~1e-16)."""

NEUTRAL_SCORE = 50.0
"""Where a regimen without a score stands in the order: neither favoured nor disfavoured."""

RULE_TEXT: dict[RuleKind, str] = {
    "two_of_three": "at least two of the three drugs sensitive (as PancreasView counts FOLFIRINOX, Ann Oncol "
    "2024;35:780-791)",
    "pair": "at least one of the two drugs sensitive and none resistant (our judgement)",
    "single": "its drug sensitive",
    "none": "no rule: a component has no signature, so the regimen stands only on its eligibility",
}


@dataclass(frozen=True)
class DrugEvidence:
    """What one signature says of the tumour and of the frozen reference tumours.

    ``sensitive`` and ``resistant`` are (low, point, high) of the probability of the sensitive and the resistant
    tertile; the ``reference_*`` arrays hold the point probabilities of the N reference tumours, in one order for
    all drugs. Where the drug is not evaluable, none of the numbers is used.
    """

    call: Call
    grade: Grade
    sensitive: Triple
    resistant: Triple
    reference_sensitive: Floats
    reference_resistant: Floats

    @property
    def evaluable(self) -> bool:
        """False for a drug without a call, and for one without demonstrated skill (grade D)."""
        return self.call is not Call.NOT_EVALUABLE and self.grade != "D"

    @property
    def effective_call(self) -> Call:
        """The call, or ``not_evaluable`` where the drug is not evaluable for whatever reason."""
        return self.call if self.evaluable else Call.NOT_EVALUABLE


def rule_status(kind: RuleKind, drugs: Sequence[DrugEvidence]) -> Rule:
    """Whether the regimen's rule is met.

    A drug that is not evaluable leaves open what depends on it, and so does an intermediate one, whose interval holds
    the base rate: otherwise a regimen would fall behind another because its drugs are known a little and the other's
    not at all.
    """
    calls = [drug.effective_call for drug in drugs]
    sensitive, resistant = calls.count(Call.SENSITIVE), calls.count(Call.RESISTANT)
    if kind == "none":
        return "unclear"
    if kind == "two_of_three":
        return _decided(sensitive >= 2, len(calls) - resistant < 2)
    if kind == "pair":
        return _decided(resistant == 0 and Call.NOT_EVALUABLE not in calls and sensitive >= 1, resistant > 0)
    return _decided(sensitive == 1, resistant == 1)


def _decided(met: bool, refuted: bool) -> Rule:
    if met:
        return "met"
    return "not met" if refuted else "unclear"


def rule_probability(kind: RuleKind, sensitive: Floats, resistant: Floats) -> Floats:
    """Probability that the rule is met, the drugs being independent given the tumour.

    Parameters
    ----------
    sensitive, resistant
        Probabilities s_i and r_i of each drug's sensitive and resistant tertile, drugs along the first axis.

    Returns
    -------
    One probability for each position of the other axes:

    - two of three (Poisson-binomial): s1 s2 + s1 s3 + s2 s3 - 2 s1 s2 s3
    - pair: prod(1 - r_i) - prod(1 - r_i - s_i), none resistant less none resistant and none sensitive;
      where s_i + r_i > 1 (two calibrations that disagree), s_i gives way, so that resistance is never understated
    - single: s

    It never falls as an s_i rises and never rises as an r_i rises.
    """
    s = np.clip(np.asarray(sensitive, dtype=np.float64), 0.0, 1.0)
    r = np.clip(np.asarray(resistant, dtype=np.float64), 0.0, 1.0)
    if kind == "two_of_three":
        a, b, c = s
        return np.asarray(a * b + a * c + b * c - 2.0 * a * b * c)
    if kind == "pair":
        free = 1.0 - r
        return np.asarray(np.prod(free, axis=0) - np.prod(np.maximum(free - s, 0.0), axis=0))
    if kind == "single":
        return np.asarray(s[0])
    raise ValueError(f"rule {kind!r} has no probability")


def regimen_score(kind: RuleKind, drugs: Sequence[DrugEvidence], level: float) -> tuple[float | None, Interval | None]:
    """The regimen's percentile among the reference tumours (0-100), and the interval that the drugs carry through.

    The score is the mid-rank percentile of the probability that the rule is met. Its low end takes the low ends
    of sensitivity with the high ends of resistance, its high end the reverse. A drug that is not evaluable enters
    at the base rate of 1/3, here and in every reference tumour; so a regimen that rests wholly on such drugs
    scores 50 with the interval 0 to 100. Both are ``None`` for the rule ``none``. ``level`` is that of the
    drugs' probability intervals.

    Raises
    ------
    ArtefactError
        Where a probability is not one, or the drugs' references differ in length.
    """
    if kind == "none":
        return None, None
    tumours = _reference_size(drugs)
    s = np.array([drug.sensitive if drug.evaluable else (BASE_RATE,) * 3 for drug in drugs])
    r = np.array([drug.resistant if drug.evaluable else (BASE_RATE,) * 3 for drug in drugs])
    base = np.full(tumours, BASE_RATE)
    reference = rule_probability(
        kind,
        np.stack([drug.reference_sensitive if drug.evaluable else base for drug in drugs]),
        np.stack([drug.reference_resistant if drug.evaluable else base for drug in drugs]),
    )
    low, point, high = rule_probability(kind, s, r[:, ::-1])
    below = float(np.mean(reference < point - TIE))
    equal = float(np.mean(np.abs(reference - point) <= TIE))
    interval = Interval(
        low=_entering(100.0 * float(np.mean(reference < low - TIE))),
        high=_entering(100.0 * float(np.mean(reference <= high + TIE))),
        level=level,
    )
    return _entering(100.0 * (below + equal / 2.0)), interval


def _entering(value: float) -> float:
    """``value`` as it enters the record."""
    result = rounded(value)
    if result is None:
        raise ArtefactError("regimen score", "is not a number", "Report this: no score can come of these inputs.")
    return result


def _reference_size(drugs: Sequence[DrugEvidence]) -> int:
    """The number of reference tumours; 1 where no drug is evaluable, since all positions are then equal."""
    sizes: set[int] = set()
    for drug in drugs:
        if not drug.evaluable:
            continue
        values = np.concatenate([drug.sensitive, drug.resistant, drug.reference_sensitive, drug.reference_resistant])
        if not bool(np.all((values >= 0.0) & (values <= 1.0))):  # NaN fails too
            raise ArtefactError("drug probabilities", "lie outside 0 to 1", "Verify the signature pack.")
        for low, point, high in (drug.sensitive, drug.resistant):
            if not low <= point <= high:
                raise ArtefactError(
                    "drug probabilities", "do not lie within their interval", "Verify the signature pack."
                )
        sizes |= {len(drug.reference_sensitive), len(drug.reference_resistant)}
    if len(sizes) > 1 or 0 in sizes:
        raise ArtefactError(
            "reference probabilities",
            f"cover {sorted(sizes)} tumours, expected one number for all drugs",
            "Use a pack whose drugs were scored on one reference.",
        )
    return sizes.pop() if sizes else 1
