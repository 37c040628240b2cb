"""A regimen's eligibility checks held against what is known of the patient.

The checks are data (``data/regimens/regimens.toml``); here is only the logic. A missing fact gives a question,
never an assumption.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pancreassign.records import Finding, Status
from pancreassign.regimens.catalogue import Catalogue, Check, Clause, Placement, Regimen
from pancreassign.regimens.clinical import Clinical

JUDGEMENT = "our judgement"
FIRST_LINE = "first_line_metastatic"
_GRAVITY: dict[Status, int] = {"ok": 0, "unknown": 1, "caution": 2, "contraindicated": 3}


def findings(catalogue: Catalogue, regimen: Regimen, clinical: Clinical, setting: str) -> list[Finding]:
    """One finding for each check that applies in ``setting``, in the catalogue's order, then the prior line.

    An open check without a question gives none.
    """
    checks = _checks(catalogue, regimen, clinical, setting)
    evaluated = (_evaluate(catalogue, check, regimen, clinical, setting) for check in checks)
    result = [finding for finding in evaluated if finding is not None]
    place = regimen.placement(setting)
    if place is not None and place.after:
        result.append(_prior_line(catalogue, place, clinical))
    if place is not None and setting == FIRST_LINE and clinical.prior_regimens:
        result.append(_setting_line())
    return result


def contraindications(eligibility: Sequence[Finding]) -> list[Finding]:
    """The findings that rule the regimen out."""
    return [finding for finding in eligibility if finding.status == "contraindicated"]


def fits_line(catalogue: Catalogue, place: Placement, clinical: Clinical) -> bool:
    """False where all prior regimens are known and the regimen was studied after none of them."""
    prior = clinical.prior_regimens
    if not place.after or prior is None or _unnamed(catalogue, prior):
        return True
    return bool(set(prior) & set(place.after))


def unplaced(catalogue: Catalogue, regimen: Regimen, clinical: Clinical, setting: str) -> str | None:
    """Why the regimen is not placed for this patient, who is not, or not known to be, one in whom it was studied.

    ``None`` where nothing says so.
    """
    for check in _checks(catalogue, regimen, clinical, setting):
        held = _held(catalogue, check, regimen, clinical, setting)
        for clause in held:
            if clause.unplaced:
                return clause.message
        if check.unplaced and not held and check.open_for(clinical.given()):
            return check.ask
    return None


def _checks(catalogue: Catalogue, regimen: Regimen, clinical: Clinical, setting: str) -> list[Check]:
    checks = [catalogue.check(check_id) for check_id in regimen.checks]
    return [
        check
        for check in checks
        if (not check.settings or setting in check.settings)
        and (not check.guidelines or clinical.guideline in check.guidelines)
    ]


def _held(catalogue: Catalogue, check: Check, regimen: Regimen, clinical: Clinical, setting: str) -> list[Clause]:
    """The clauses of ``check`` that hold; one whose fact is unknown does not."""
    return [
        clause
        for clause in check.clauses
        if (not clause.settings or setting in clause.settings)
        and (fact := getattr(clinical, clause.field)) is not None
        and _holds(catalogue, clause, fact, regimen)
    ]


def _evaluate(catalogue: Catalogue, check: Check, regimen: Regimen, clinical: Clinical, setting: str) -> Finding | None:
    held = _held(catalogue, check, regimen, clinical, setting)
    if held:
        worst = max(held, key=lambda clause: _GRAVITY[clause.status])  # the first of the gravest
        message = worst.message
        if worst.operator == "shares_drug":
            drugs, regimens = _shared(catalogue, regimen, clinical.prior_regimens or [])
            message = worst.filled(drugs=_and(drugs), regimens=_and(regimens))
        return _finding(check.id, worst.status, message, worst.source, worst.judgement)
    if check.open_for(clinical.given()):
        return None if check.ask is None else _finding(check.id, "unknown", check.ask, check.source, check.judgement)
    return _finding(check.id, check.otherwise_status, check.otherwise, check.source, check.judgement)


def _holds(catalogue: Catalogue, clause: Clause, fact: Any, regimen: Regimen) -> bool:
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
            return regimen.id in fact
        case "includes_unnamed":
            return _unnamed(catalogue, fact)
        case "shares_drug":
            return bool(_shared(catalogue, regimen, fact)[0])


def _unnamed(catalogue: Catalogue, prior: Sequence[str]) -> bool:
    """True where a prior regimen is ``other`` or not in the catalogue: its drugs are unknown."""
    return any(catalogue.regimen(name) is None for name in prior)


def _shared(catalogue: Catalogue, regimen: Regimen, prior: Sequence[str]) -> tuple[list[str], list[str]]:
    """Names of the regimen's drugs that were given before, and of the prior regimens that held them."""
    given = [earlier for name in prior if (earlier := catalogue.regimen(name)) is not None]
    own = {part.drug: part.words for part in regimen.components}
    held = {earlier.name: {part.drug for part in earlier.components} & own.keys() for earlier in given}
    drugs = [words for drug, words in own.items() if any(drug in common for common in held.values())]
    return drugs, [name for name, common in held.items() if common]


def _and(names: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def _prior_line(catalogue: Catalogue, place: Placement, clinical: Clinical) -> Finding:
    named = [regimen.name for regimen in catalogue.regimens if regimen.id in place.after]
    studied = place.after_words or " or ".join(named)
    prior = clinical.prior_regimens
    if prior is not None and set(prior) & set(place.after):
        status: Status = "ok"
        message = f"Studied after {studied}, which was given"
    elif prior is None or _unnamed(catalogue, prior):
        status = "unknown"
        message = f"Prior regimens not fully known: this one was studied after {studied}; ask which were given"
    else:
        status, message = "caution", f"Studied after {studied}, which was not given"
    return _finding("prior_line", status, message, place.basis, place.judgement)


def _setting_line() -> Finding:
    message = "Prior regimens are given but the setting is first line: check the setting"
    return _finding("setting_line", "unknown", message, "a prior palliative regimen makes this a later line", True)


def _finding(code: str, status: Status, message: str, source: str, judgement: bool) -> Finding:
    """A finding; what is our judgement says so where its source stands."""
    said = f"{JUDGEMENT}: {source}" if judgement else source
    return Finding(code=code, status=status, message=message, source=said)
