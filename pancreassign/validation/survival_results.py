"""Every figure of a survival validation, computed from its patients."""

from __future__ import annotations

from typing import Any

import pandas as pd

from pancreassign.validation import cox
from pancreassign.validation.page import flow_figures, head
from pancreassign.validation.survival_cohort import Cohort, Question
from pancreassign.validation.survival_measures import (
    Curve,
    concordance,
    curve,
    follow_up,
    log_rank,
    restricted_difference,
    ticks,
)

NO_ARM = "no column of arms was given (--arm)"
DRUGS = 5
"""Drugs that a user may have tried on the same patients."""


def figures(cohort: Cohort, question: Question) -> dict[str, Any]:
    """Every figure of the report, as ``validation.json`` holds them.

    Hazard ratios are per SD of the score among these patients; below 1, more sensitive patients live longer. That of
    the interaction is the score's in the treated arm over that in the other arms. Times are in months.
    """
    table = cohort.table
    plain = cox.fit(table["time"], table["event"], _score(table), cohort.stratum, ph=True)
    found = head("survival", question.drug, cohort.evidence, len(table)) | {
        "events": int(table["event"].sum()),
        "score": {"mean": float(table["score"].mean()), "sd": float(table["score"].std())},
        "follow_up": follow_up(table),
        "groups": _groups(cohort),
        "rmst": _restricted(cohort),
        "cox": {
            "hr_per_sd": plain.ratio(cox.SCORE),
            "by_group": _by_group(cohort),
            "adjusted": _adjusted(cohort),
            "stratified_by": question.stratify,
        },
        "c_index": concordance(*(table[name].to_numpy(dtype=float) for name in ("time", "event", "z"))),
        "interaction": _interaction(cohort, question),
        "ph": {"p": plain.ph.get(cox.SCORE), "by_term": dict(plain.ph)},
        "flow": flow_figures(cohort.flow),
        "warnings": list(cohort.warnings),
    }
    return found | {"multiplicity": _multiplicity(found)}


def curves(cohort: Cohort, part: pd.DataFrame | None = None) -> list[Curve]:
    """The groups' Kaplan-Meier curves, of all patients or of a part of them; a group without patients has none."""
    table = cohort.table if part is None else part
    axis = ticks(float(cohort.table["time"].max()))
    own = [(name, table[table["group"] == name]) for name in cohort.groups]
    return [curve(name, rows, axis) for name, rows in own if len(rows)]


def interaction_model(cohort: Cohort, adjusted: bool = False, ph: bool = False) -> cox.Fit:
    """The model of score, arm and their product; where wanted, adjusted, and its proportional hazards tested."""
    table = cohort.table
    covariates = cohort.covariates if adjusted else None
    return cox.interaction(table["time"], table["event"], table["z"], table["treated"], covariates, cohort.stratum, ph)


def _fit(cohort: Cohort, design: pd.DataFrame, ph: bool = False) -> cox.Fit:
    """A model of those patients whom the design has."""
    table = cohort.table.loc[design.index]
    stratum = None if cohort.stratum is None else cohort.stratum[design.index]
    return cox.fit(table["time"], table["event"], design, stratum, ph)


def _score(table: pd.DataFrame) -> pd.DataFrame:
    return table[["z"]].set_axis([cox.SCORE], axis=1)


def _groups(cohort: Cohort) -> dict[str, Any]:
    """Survival of each group, and the log-rank test over them."""
    known = cohort.table[cohort.table["group"].notna()]
    return {
        "by": cohort.by,
        "logrank_p": log_rank(known) if known["event"].any() else None,
        "curves": {
            one.name: {
                "n": one.n,
                "events": one.events,
                "median": one.median,
                "at_risk": {f"{time:g}": n for time, n in one.at_risk.items()},
            }
            for one in curves(cohort)
        },
    }


def _restricted(cohort: Cohort) -> dict[str, Any]:
    """Restricted mean survival of the most sensitive group less that of the most resistant one."""
    first, last = cohort.groups[0], cohort.groups[-1]
    return {"of": first, "less": last, **restricted_difference(first, last, cohort.table)}


def _by_group(cohort: Cohort) -> dict[str, Any]:
    """Hazard ratio of every group against the most resistant one."""
    known = cohort.table[cohort.table["group"].notna()]
    *others, last = cohort.groups
    design = pd.DataFrame({name: (known["group"] == name).astype(float) for name in others})
    model = _fit(cohort, design)
    return {"against": last, **{name: model.ratio(name) for name in others}}


def _adjusted(cohort: Cohort) -> dict[str, Any] | None:
    """The score beside the covariates, and alone in the same patients, so that the two can be compared."""
    if cohort.covariates is None:
        return None
    plain = _score(cohort.table.loc[cohort.covariates.index])
    model = _fit(cohort, plain.join(cohort.covariates), ph=True)
    return {
        "n": model.n,
        "events": model.events,
        "hr_per_sd": model.ratio(cox.SCORE),
        "unadjusted_hr_per_sd": _fit(cohort, plain).ratio(cox.SCORE),
        "covariates": {str(name): model.ratio(str(name)) for name in cohort.covariates},
        "ph_by_term": dict(model.ph),
    }


def _interaction(cohort: Cohort, question: Question) -> dict[str, Any]:
    """The interaction of score and treatment, or the reason why it cannot be tested."""
    table, compared = cohort.table, len(cohort.arms) > 1
    if compared:
        model = interaction_model(cohort, ph=True)
    else:
        only = ", ".join(cohort.arms)
        alone = f"all {len(table)} patients are in one arm ({only}): there is nothing to compare with"
        reason = NO_ARM if question.arm is None else alone
        model = cox.unfitted(cox.INTERACTION, len(table), int(table["event"].sum()), reason)
    adjusted = None
    if cohort.covariates is not None:
        adjusted = (interaction_model(cohort, adjusted=True) if compared else model).ratio(cox.PRODUCT)
    hr = model.ratio(cox.PRODUCT)
    return {
        "hr": hr,
        "p": hr["p"],
        "adjusted": adjusted,
        "reason": model.reason,
        "patients": dict(cohort.arms),
        "events": {arm: int(table.loc[table["arm"] == arm, "event"].sum()) for arm in cohort.arms},
        "treated": {"arm": question.treated, "hr_per_sd": model.ratio(cox.SCORE, cox.PRODUCT)},
        "others": {"hr_per_sd": model.ratio(cox.SCORE)},
        "treatment_hr_at_mean_score": model.ratio(cox.TREATED),
        "ph_p": model.ph.get(cox.PRODUCT),
        "detectable_hr": model.detectable(cox.PRODUCT),
    }


def _multiplicity(found: dict[str, Any]) -> dict[str, Any]:
    """Which test leads, how many p-values the page shows, and what the leading one is worth if all drugs were tried."""
    tested = found["interaction"]["p"] is not None
    primary = found["interaction"]["p"] if tested else found["cox"]["hr_per_sd"]["p"]
    return {
        "primary": "interaction.p" if tested else "cox.hr_per_sd.p",
        "p": primary,
        "p_if_five_drugs": None if primary is None else min(1.0, DRUGS * primary),
        "p_values": _count_p(found),
    }


def _count_p(value: Any) -> int:
    """How many p-values figures hold, the interaction's counted once."""
    if not isinstance(value, dict):
        return 0
    own = sum(name in ("p", "logrank_p") and p is not None for name, p in value.items())
    repeated = int(own > 0 and "hr" in value)
    return own - repeated + sum(_count_p(item) for item in value.values())
