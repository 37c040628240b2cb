"""Where every sample of a cohort lies on the reference tumours, drug by drug: drawings in SVG.

Each drug has its own scale, stretched so that the reference's 5 % and 95 % quantiles stand at the same places in all of
them, as in the report; right is more sensitive. Nothing is drawn at random: the same records give the same drawing.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from pancreassign.page.markup import Markup, joined, tag
from pancreassign.records import Call, DrugResult
from pancreassign.report.words import Words

WIDTH, HEIGHT = 480.0, 66.0
"""The drawing's own units."""
Q5_AT, Q95_AT = 0.16, 0.84
"""Where the two quantiles stand, as shares of the width."""
MARGIN = 8.0
"""A score far outside stands this far from the edge: no sample is lost."""
SIZE, STEP = 4.0, 7.6
"""Half the size of a mark, and the width that a mark needs for itself."""
HALF = 27.0
"""How far marks may stand above and below the middle."""


def spot(score: float, reference: dict[str, float]) -> float | None:
    """Where a score stands, in units from the left; ``None`` where the reference tells no scale.

    Linear between the reference's 5 % and 95 % quantiles and beyond, cut off at the margins.
    """
    low, high = reference.get("q5"), reference.get("q95")
    if low is None or high is None or high <= low:
        return None
    share = Q5_AT + (Q95_AT - Q5_AT) * (score - low) / (high - low)
    return round(min(max(share * WIDTH, MARGIN), WIDTH - MARGIN), 1)


def swarm(places: Sequence[float]) -> list[float]:
    """How far above (less) or below (more) the middle each mark stands, so that marks of like place stand apart.

    Marks of one :data:`STEP` of the width are stacked from the middle outwards by place; stacks too high for the
    drawing are pressed together, all by the same measure.
    """
    stacks = defaultdict(list)
    for mark in sorted(range(len(places)), key=lambda mark: (places[mark], mark)):
        stacks[int(places[mark] // STEP)].append(mark)
    highest = max((len(stack) for stack in stacks.values()), default=0) // 2
    step = min(STEP, HALF / highest) if highest else STEP
    offsets = [0.0] * len(places)
    for stack in stacks.values():
        for level, mark in enumerate(stack):
            offsets[mark] = step * ((level + 1) // 2) * (-1 if level % 2 else 1)
    return offsets


def figure(place: int, drugs: Sequence[DrugResult], tumours: int, words: Words) -> Markup:
    """The drawing of one drug with its words; ``drugs`` are the results of every sample, in the table's order.

    Parameters
    ----------
    place
        Of the drug in the record.
    tumours
        How many the reference holds.
    """
    drug = drugs[0]
    label = words.code("drug", drug.drug)
    caption = tag(
        "figcaption",
        tag("b", label),
        f" evidence {drug.evidence}, {words[f'grade.{drug.evidence}']}",
        tag("span", tally(drugs, words), class_="tally"),
    )
    if "q5" not in drug.reference or "q95" not in drug.reference:
        drawing = tag("p", words["reason.no_signature"], class_="ends")
    else:
        alt = _alternative(label, drugs, tumours, words)
        drawing = tag(
            "svg",
            _reference(drug.reference),
            _marks(drugs),
            viewBox=f"0 0 {WIDTH:g} {HEIGHT:g}",
            role="img",
            aria_label=alt,
        )
    ends = [tag("span", f"← {words['drugs.resistant_end']}"), tag("span", f"{words['drugs.sensitive_end']} →")]
    muted = "strip muted" if drug.evidence == "D" else "strip"
    told = tag("p", class_="told", aria_hidden="true")
    return tag("figure", caption, drawing, tag("p", *ends, class_="ends"), told, class_=muted, data_d=place)


def tally(drugs: Sequence[DrugResult], words: Words) -> str:
    """``2 sensitive, 3 intermediate``: how often each call was made, without those that never were."""
    calls = Counter(drug.call for drug in drugs)
    return ", ".join(f"{calls[call]} {words[f'call.{call}']}" for call in Call if calls[call])


def _alternative(label: str, drugs: Sequence[DrugResult], tumours: int, words: Words) -> str:
    """What the drawing shows, in words."""
    scored = [(drug.score, drug.reference) for drug in drugs if drug.score is not None]
    below = sum(score < reference["q5"] for score, reference in scored)
    above = sum(score > reference["q95"] for score, reference in scored)
    parts = [
        f"{label}: scores of {len(scored)} of {len(drugs)} samples among {tumours} reference tumours",
        f"{len(scored) - below - above} within the reference's 5 to 95 %",
        f"{below} below, towards resistant",
        f"{above} above, towards sensitive",
    ]
    return f"{'; '.join(parts)}. Calls: {tally(drugs, words)}."


def _reference(quantiles: dict[str, float]) -> Markup:
    """Range as a line, 5 to 95 % as a light box, the middle half as a darker one, the median as a bar."""
    at = {key: spot(value, quantiles) for key, value in quantiles.items()}
    shapes = [_box(at["q5"], at["q95"], "most"), _box(at.get("q25"), at.get("q75"), "half")]
    middle = HEIGHT / 2
    if at.get("q0") is not None and at.get("q100") is not None:
        shapes.append(tag("line", x1=_n(at["q0"]), x2=_n(at["q100"]), y1=_n(middle), y2=_n(middle), class_="range"))
    if at.get("q50") is not None:
        shapes.append(tag("line", x1=_n(at["q50"]), x2=_n(at["q50"]), y1="4", y2=_n(HEIGHT - 4), class_="median"))
    return tag("g", *shapes, class_="reference")


def _box(left: float | None, right: float | None, kind: str) -> Markup:
    if left is None or right is None:
        return Markup()
    return tag("rect", x=_n(left), y="4", width=_n(right - left), height=_n(HEIGHT - 8), class_=kind)


def _marks(drugs: Sequence[DrugResult]) -> Markup:
    """One mark a sample that has a score; its shape is its call's, so that no call is told by colour alone."""
    placed = [
        (row, drug.call, place)
        for row, drug in enumerate(drugs)
        if drug.score is not None and (place := spot(drug.score, drug.reference)) is not None
    ]
    heights = swarm([place for _, _, place in placed])
    marks = [
        _mark(row, call, place, HEIGHT / 2 + height) for (row, call, place), height in zip(placed, heights, strict=True)
    ]
    return tag("g", *marks, class_="marks")


def _mark(row: int, call: Call, x: float, y: float) -> Markup:
    kind = call.value
    if call in (Call.SENSITIVE, Call.RESISTANT):
        way = SIZE if call is Call.SENSITIVE else -SIZE
        tip = f"M{_n(x + way)} {_n(y)}l{_n(-2 * way)} {_n(-SIZE)}v{_n(2 * SIZE)}z"
        return tag("path", d=tip, class_=kind, data_i=row)
    return tag(
        "circle", cx=_n(x), cy=_n(y), r=_n(SIZE if call is Call.INTERMEDIATE else SIZE - 0.6), class_=kind, data_i=row
    )


def _n(value: float | None) -> str:
    return f"{value:.1f}".removesuffix(".0") if value is not None else ""


def key(words: Words, tumours: int) -> Markup:
    """What the drawings' shapes mean."""
    calls = joined(*(tag("li", words[f"call.{call}"], class_=f"said {call.value}") for call in Call))
    return joined(
        tag(
            "p",
            f"Boxes: the {tumours} reference tumours (line: full range; light: 5–95 %; dark: middle half; bar:",
            " median). Each mark is a sample; each drug has its own scale, and a score far outside stands at the edge.",
        ),
        tag("ul", calls, class_="key"),
    )
