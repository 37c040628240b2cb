"""Cohorts for the page, computed from one stored record: as many samples as a test asks for, of every kind."""

from __future__ import annotations

import gzip
from pathlib import Path
from random import Random
from typing import Any

from pancreassign.records import Call, DrugResult, Prediction, QcCheck, SampleInfo

STORED = Path(__file__).parents[1] / "fixtures" / "records" / "pack-0.3.0.json.gz"
SEN, MID, RES, NOT = Call.SENSITIVE, Call.INTERMEDIATE, Call.RESISTANT, Call.NOT_EVALUABLE
SITES = ("pancreas", "liver metastasis", "peritoneum", None)
VERDICTS = ("pass",) * 6 + ("warn",) * 3 + ("fail",)
SHALLOW = QcCheck(
    name="reads on genes",
    value=149447.0,
    unit="reads",
    threshold={"warn": 2e6, "fail": 5e5},
    verdict="fail",
    code="shallow",
    source="judgement",
)


def stored() -> Prediction:
    return Prediction.from_json(gzip.decompress(STORED.read_bytes()))


def drug(base: DrugResult, call: Call, percentile: float | None = 50.0, **changes: Any) -> DrugResult:
    """The drug with this call; its score is put where the percentile says, by the reference's quantiles."""
    reason = {NOT: "quality_failed" if base.evidence != "D" else "no_demonstrated_skill"}.get(call, "called")
    score = None
    if percentile is not None:
        low, high = base.reference["q5"], base.reference["q95"]
        score = round(low + (high - low) * (percentile - 5) / 90, 6)
    probability = None if percentile is None else round(0.1 + 0.006 * percentile, 6)
    spread = {"low": 0.05, "high": 0.8, "level": 0.9} if probability is not None else None
    values = {
        "call": call,
        "reason": reason,
        "percentile": percentile,
        "score": score,
        "score_interval": score and {"low": score - 0.5, "high": score + 0.5, "level": 0.9},
        "probability": probability,
        "probability_interval": spread,
    }
    return DrugResult.model_validate(base.model_dump() | values | changes)


def sample(base: Prediction, name: str, calls: str = "mnnnm", qc: str = "pass", **info: Any) -> Prediction:
    """A record of this name; ``calls`` has a letter a drug (s, m, r, n), and ``percentiles`` may stand in ``info``."""
    percentiles = info.pop("percentiles", [50.0] * 5)
    changes = info.pop("changes", {})
    kinds = {"s": SEN, "m": MID, "r": RES, "n": NOT}
    drugs = [
        drug(own, NOT if qc == "fail" else kinds[letter], at)
        for own, letter, at in zip(base.drugs, calls, percentiles, strict=True)
    ]
    checks = [*base.qc.checks, *([SHALLOW] if qc == "fail" else [])]
    quality = base.qc.model_copy(update={"verdict": qc, "checks": checks})
    own = SampleInfo.model_validate({"id": name, **info})
    return base.model_copy(update={"sample": own, "drugs": drugs, "qc": quality, **changes})


def cohort(count: int, seed: int = 7) -> list[Prediction]:
    """``count`` samples drawn by a seed: about a fifth are further lesions of a patient."""
    base, dice = stored(), Random(seed)
    found: list[Prediction] = []
    patient = 0
    for number in range(1, count + 1):
        patient += not found or dice.random() > 0.25
        percentiles = [round(min(max(dice.gauss(50, 28), 0), 100), 3) for _ in range(5)]
        calls = "".join(
            "n" if own.evidence == "D" else "s" if at > 80 else "r" if at < 20 else "m"
            for own, at in zip(base.drugs, percentiles, strict=True)
        )
        order = list(base.regimens)
        dice.shuffle(order)
        regimens = [one.model_copy(update={"rank": rank}) for rank, one in enumerate(order, start=1)]
        regimens[0] = regimens[0].model_copy(update={"for_setting": True, "contraindicated": False})
        found.append(
            sample(
                base,
                f"LAB-{number:04}",
                calls,
                dice.choice(VERDICTS),
                patient=f"P{patient:04}" if dice.random() > 0.05 else None,
                site=dice.choice(SITES),
                simulated=True,
                percentiles=percentiles,
                changes={"regimens": regimens},
            )
        )
    return found
