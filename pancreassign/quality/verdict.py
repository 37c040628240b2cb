"""From a measured value and its thresholds to a check of the record, and from the checks to a verdict."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from operator import gt, lt

from pancreassign.records import QcCheck, Verdict, rounded

ORDER: tuple[Verdict, ...] = ("pass", "warn", "fail")
OK = "ok"
NO_LIMIT = "no_limit"
NOT_MEASURED = "not_measured"
BELOW_PUBLISHED = "below_published"


def worst(checks: Iterable[QcCheck]) -> Verdict:
    """The verdict of a sample: the worst of its checks, ``pass`` where there is none.

    Published limits are stricter than our signatures need (facts.md, PMC9479231): their own checks warn, and leave the
    verdict alone, or nearly every paraffin library would carry a warning that changes nothing.
    """
    own = (check.verdict for check in checks if check.code != BELOW_PUBLISHED)
    return max(own, key=ORDER.index, default="pass")


def below(
    name: str,
    value: float,
    unit: str | None,
    threshold: dict[str, float],
    code: str,
    source: str,
    fail_code: str | None = None,
) -> QcCheck:
    """A check that warns or fails below its thresholds; a value that equals one is on the good side.

    Parameters
    ----------
    name, unit, source
        As the record shows them.
    value
        What was measured; NaN is unknown, which passes with the code ``not_measured``.
    threshold
        Under ``warn`` and ``fail`` (either may be absent) the values at which it warns and fails.
    code, fail_code
        The reason where it warns, and where it fails (the same where ``None``).
    """
    return _judged(lt, name, value, unit, threshold, code, source, fail_code)


def above(
    name: str,
    value: float,
    unit: str | None,
    threshold: dict[str, float],
    code: str,
    source: str,
    fail_code: str | None = None,
) -> QcCheck:
    """A check that warns or fails above its thresholds; the rest as in :func:`below`."""
    return _judged(gt, name, value, unit, threshold, code, source, fail_code)


def shown(name: str, value: float, unit: str | None) -> QcCheck:
    """A value that is shown and not judged."""
    return QcCheck(
        name=name,
        value=_value(value),
        unit=unit,
        threshold=None,
        verdict="pass",
        code=NOT_MEASURED if math.isnan(value) else NO_LIMIT,
        source="shown for information",
    )


def _judged(
    beyond: Callable[[float, float], bool],
    name: str,
    value: float,
    unit: str | None,
    threshold: dict[str, float],
    code: str,
    source: str,
    fail_code: str | None,
) -> QcCheck:
    found: Verdict = "pass"
    for level in ORDER[1:]:  # the worse last; nothing is beyond a limit where the value is NaN
        if level in threshold and beyond(value, threshold[level]):
            found = level
    reason = {"pass": NOT_MEASURED if math.isnan(value) else OK, "warn": code, "fail": fail_code or code}[found]
    return QcCheck(
        name=name,
        value=_value(value),
        unit=unit,
        threshold=threshold,
        verdict=found,
        code=reason,
        source=source,
    )


def _value(value: float) -> float | None:
    """A value as the record holds it; numbers of reads and of genes stay exact, past six digits too."""
    return value if value.is_integer() else rounded(value)
