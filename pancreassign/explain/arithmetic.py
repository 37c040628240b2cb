"""The sum of a score, exactly: in decimal arithmetic, on the digits that stand in the record.

A record holds every value to six significant digits, each rounded by itself. So the parts need not sum to the score to
the last digit; but how far they may miss it is known: by half a unit in the last digit of each value, no more. A record
that misses by more was altered. (What was altered by less than this bound cannot be told.)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal, localcontext

from pancreassign.errors import RecordError
from pancreassign.explain.pharmacology import Kind, Pharmacology
from pancreassign.records import SIGNIFICANT_DIGITS, Contribution, DrugResult, Part

PRECISION = 700
"""Digits that decimal arithmetic keeps: enough for the exact sum of any two numbers that a JSON float can hold."""
FLOAT_SLACK = Decimal("1e-12")
"""What binary floating point may add before a value is rounded; far below any digit that is printed."""
ALTERED = "The record was altered or damaged after it was written: score the sample again."


class Group(Part):
    """What the genes of one group of known pharmacology brought to the score.

    ``listed`` are all its genes, ``contributions`` those that the sample measured, ``missing`` those that the signature
    uses and the sample did not measure (each counts as the reference mean), ``absent`` those that the signature lacks.
    """

    kind: Kind
    title: str
    listed: list[str]
    contributions: list[Contribution]
    missing: list[str]
    absent: list[str]
    sum: float
    sources: list[str]
    judgement: bool
    note: str | None


class Sum(Part):
    """The parts of a score, in units of the score; ``others`` are the signature's genes in no group, largest first.

    ``parts`` is the exact sum of every contribution and the correction; ``rounding = score - parts``, and
    ``rounding_bound`` the most that six significant digits a value can make of it. ``grouped_share`` is the share of
    the sum of absolute contributions that the groups' genes hold; ``None`` where nothing moved the score.
    """

    groups: list[Group]
    others: list[Contribution]
    others_sum: float
    genes_sum: float
    content_correction: float | None
    parts: float
    rounding: float
    rounding_bound: float
    score: float
    grouped_share: float | None


def exact(value: float) -> Decimal:
    """The decimal number that the record shows for ``value``."""
    return Decimal(repr(value))


def unit(value: float) -> Decimal:
    """One unit in the last of the six significant digits of ``value``; zero for zero."""
    digits = exact(value)
    return Decimal(1).scaleb(digits.adjusted() - SIGNIFICANT_DIGITS + 1) if digits else Decimal(0)


def total(values: Iterable[float]) -> Decimal:
    """The exact sum of the values as the record shows them."""
    return sum((exact(value) for value in values), Decimal(0))


def add_up(result: DrugResult, pharmacology: Pharmacology, where: str) -> Sum | None:
    """The sum of one drug's score by groups of known pharmacology; ``None`` where the record has no score.

    Parameters
    ----------
    result
        The drug's part of a record.
    where
        Names the record in an error.

    Raises
    ------
    RecordError
        Where the parts do not sum to the score within the rounding of the record, or their number is not that of the
        signature's genes found.
    """
    if result.score is None:
        return None
    if len(result.contributions) != result.coverage.found:
        counted = f"{len(result.contributions)} contributions, but {result.coverage.found} genes of the signature found"
        raise RecordError(f"{where}, {result.drug}", f"holds {counted}", ALTERED)
    with localcontext(prec=PRECISION):
        return _add_up(result, result.score, pharmacology, where)


def _add_up(result: DrugResult, score: float, pharmacology: Pharmacology, where: str) -> Sum:
    values = [part.value for part in result.contributions]
    added = [*values, result.content_correction or 0.0]
    whole = total(added)
    rounding = exact(score) - whole
    bound = sum((unit(value) for value in [*added, score]), Decimal(0)) / 2 + FLOAT_SLACK
    if abs(rounding) > bound:
        missed = f"has parts that sum to {float(whole):.10g}, but a score of {score:.10g}"
        problem = f"{missed}: rounding explains {float(bound):.1e} at most"
        raise RecordError(f"{where}, {result.drug}", problem, ALTERED)
    groups = _groups(result, pharmacology)
    grouped = {part.symbol for group in groups for part in group.contributions}
    others = sorted((part for part in result.contributions if part.symbol not in grouped), key=_largest)
    size = total(map(abs, values))
    inside = total(abs(part.value) for part in result.contributions if part.symbol in grouped)
    return Sum(
        groups=groups,
        others=others,
        others_sum=float(total(part.value for part in others)),
        genes_sum=float(total(values)),
        content_correction=result.content_correction,
        parts=float(whole),
        rounding=float(rounding),
        rounding_bound=float(bound),
        score=score,
        grouped_share=float(inside / size) if size else None,
    )


def _largest(part: Contribution) -> tuple[float, str]:
    return -abs(part.value), part.symbol


def _groups(result: DrugResult, pharmacology: Pharmacology) -> list[Group]:
    missing = set(result.coverage.missing)
    groups = []
    for group in pharmacology.of(result.drug):
        inside = sorted((part for part in result.contributions if part.symbol in group.genes), key=_largest)
        found = {part.symbol for part in inside}
        groups.append(
            Group(
                kind=group.kind,
                title=group.title,
                listed=group.genes,
                contributions=inside,
                missing=_in_order(group.genes, missing),
                absent=_in_order(group.genes, set(group.genes) - missing - found),
                sum=float(total(part.value for part in inside)),
                sources=pharmacology.cited(group),
                judgement=group.judgement,
                note=group.note,
            )
        )
    return groups


def _in_order(genes: Sequence[str], wanted: set[str]) -> list[str]:
    return [gene for gene in genes if gene in wanted]
