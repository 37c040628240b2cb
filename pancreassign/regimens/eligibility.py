"""A regimen's eligibility checks held against what is known of the patient.

The checks are data (``data/regimens/regimens.toml``); here is only the logic. A missing fact gives a question,
never an assumption.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pancreassign.records import Finding, Status
from pancreassign.regimens.catalogue import Catalogue, Check, Clause, Placement, Regimen
from pancreassign.regimens.clinical import OTHER_REGIMEN, Clinical

JUDGEMENT = "our judgement"
_GRAVITY: dict[Status, int] = {"ok": 0, "unknown": 1, "caution": 2, "contraindicated": 3}


def findings(catalogue: Catalogue, regimen: Regimen, clinical: Clinical, setting: str) -> list[Finding]:
    """One finding for each check that applies in ``setting``, in the catalogue's order, then the prior line."""
    result = []
    for check_id in regimen.checks:
        check = catalogue.check(check_id)
        if not check.settings or setting in check.settings:
            result.append(_evaluate(check, regimen, clinical, setting))
    place = regimen.placement(setting)
    if place is not None and place.after:
        result.append(_prior_line(place, clinical))
    return result


def contraindications(eligibility: Sequence[Finding]) -> list[Finding]:
    """The findings that rule the regimen out."""
    return [finding for finding in eligibility if finding.status == "contraindicated"]


def fits_line(place: Placement, clinical: Clinical) -> bool:
    """False where all prior regimens are known and the regimen was studied after none of them."""
    prior = clinical.prior_regimens
    if not place.after or prior is None or OTHER_REGIMEN in prior:
        return True
    return bool(set(prior) & set(place.after))


def _evaluate(check: Check, regimen: Regimen, clinical: Clinical, setting: str) -> Finding:
    facts = {name: getattr(clinical, name) for name in check.fields}
    held = [
        clause
        for clause in check.clauses
        if (not clause.settings or setting in clause.settings)
        and facts[clause.field] is not None
        and _holds(clause, facts[clause.field], regimen.id)
    ]
    if held:
        worst = max(held, key=lambda clause: _GRAVITY[clause.status])  # the first of the gravest
        return _finding(check.id, worst.status, worst.message, worst.source, worst.judgement)
    missing = [name for name, value in facts.items() if value is None]
    if missing and (check.needs == "all" or len(missing) == len(facts)):
        return _finding(check.id, "unknown", check.ask, check.source, check.judgement)
    return _finding(check.id, check.otherwise_status, check.otherwise, check.source, check.judgement)


def _holds(clause: Clause, fact: Any, regimen_id: str) -> bool:
    value: Any = clause.value
    match clause.operator:
        case ">":
            return bool(fact > value)
        case ">=":
            return bool(fact >= value)
        case "<":
            return bool(fact < value)
        case "<=":
            return bool(fact <= value)
        case "==":
            return bool(fact == value)
        case "in":
            return fact in value
        case "includes_any":
            return bool(set(fact) & set(value))
        case "includes_self":
            return regimen_id in fact


def _prior_line(place: Placement, clinical: Clinical) -> Finding:
    studied = ", ".join(place.after)
    prior = clinical.prior_regimens
    if prior is None or (OTHER_REGIMEN in prior and not set(prior) & set(place.after)):
        status: Status = "unknown"
        message = f"Prior regimens not fully known: this one was studied after {studied}; ask which were given"
    elif set(prior) & set(place.after):
        status, message = "ok", f"Studied after a regimen that was given (one of {studied})"
    else:
        status, message = "caution", f"Studied after {studied}, of which none was given"
    return _finding("prior_line", status, message, place.basis, place.judgement)


def _finding(code: str, status: Status, message: str, source: str, judgement: bool) -> Finding:
    """A finding; what is our judgement says so where its source stands."""
    said = f"{JUDGEMENT}: {source}" if judgement else source
    return Finding(code=code, status=status, message=message, source=said)
