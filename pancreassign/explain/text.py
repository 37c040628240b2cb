"""An account as plain text. Its columns of numbers add up by hand, to the last digit printed.

Every row is printed with the decimals of the score's sixth significant digit (six to nine), and every subtotal is the
sum of the rows printed under it. What this rounding and that of the record make together is a row of its own, so that
the column closes on the record's score.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal, localcontext

from pancreassign.explain.account import Account, DrugAccount, Measured
from pancreassign.explain.arithmetic import PRECISION, Group, Sum, exact, total, unit
from pancreassign.records import Contribution

WIDTH = 110
LABEL = 74
COLUMN = 16
"""Widths of a row's label and of each of its two columns."""
SHOWN = 15
"""Genes in no group that have a row of their own."""
MOST_NAMES = 30
"""Genes that a list names before it only counts them."""
LEAST_DECIMALS, MOST_DECIMALS = 6, 9
Rows = list[tuple[str, Decimal]]
"""Labels with the values that are printed beside them."""


def to_text(account: Account) -> str:
    """The account for a terminal; what a terminal would obey and not print is replaced."""
    lines = [*_head(account)]
    with localcontext(prec=PRECISION):
        for drug in account.drugs:
            lines += ["", *_drug(account, drug)]
    lines += ["", "LIMITS THAT THE RECORD CARRIES", *_items(caveat.text for caveat in account.limits)]
    return "".join(_printable(line.rstrip()) + "\n" for line in lines)


def _printable(line: str) -> str:
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in line)


def _head(account: Account) -> Iterator[str]:
    sample, pack, reference = account.sample, account.pack, account.reference
    simulated = " (SIMULATED: no patient)" if sample.simulated else ""
    yield from _wrapped(f"How the calls of sample {sample.id}{simulated} came about. For research use only.")
    yield from _wrapped(
        f"Record of {account.software.name} {account.software.version}; pack {pack.name} {pack.version}; reference "
        f"{reference.name} {reference.version}, {reference.tumours} tumours; table of pharmacology "
        f"{account.pharmacology.version} of {account.pharmacology.date}."
    )


def _drug(account: Account, drug: DrugAccount) -> Iterator[str]:
    title = f"{drug.drug.value}: {drug.call.value.replace('_', ' ')}"
    yield from [title.upper(), "=" * len(title), "", "1. What was measured"]
    yield from _measured(account, drug.measured)
    yield from ["", "2. The sum"]
    if drug.sum is None:
        yield from _wrapped("There is no score, so there is nothing to sum: step 3 says why.")
    else:
        yield from _sum(drug, drug.sum)
    yield from ["", "3. From the score to the call"]
    yield from _items(step.text for step in drug.steps)
    yield from ["", "4. What is not in the score"]
    yield from _items([*_absent(drug.sum), *drug.not_in_score])


def _measured(account: Account, measured: Measured) -> Iterator[str]:
    counts, content = account.input, account.tumour_content
    rounded = ", expected counts rounded to whole reads" if counts.rounded else ""
    yield from _wrapped(
        f"Units: {counts.units}{rounded}. Of the {counts.genes} gene rows of the input {counts.genes_matched} were "
        f"matched to the gene table. Quality: {account.quality}. Tumour content by expression: "
        f"{content.class_ or 'could not be estimated, so nothing is taken out for it'}."
    )
    unseen = f"; not measured, so taken at the reference's mean: {_some(measured.missing)}" if measured.missing else ""
    yield from _wrapped(f"Genes of the signature: {measured.found} of {measured.signature_genes} found{unseen}.")
    low, high = measured.weight_missing.low, measured.weight_missing.high
    bounds = f"between {100 * low:.0f} % and {100 * high:.0f} % (a record holds no weights to say it exactly)"
    yield from _wrapped(f"Share of the signature's absolute weight not measured: {bounds if high else 'none'}.")


def _sum(drug: DrugAccount, parts: Sum) -> Iterator[str]:
    yield from _wrapped(
        "A gene's contribution is its weight, learnt from models, times its standardised level in this sample; a "
        "positive one speaks for sensitivity. Units: those of the score. The inner column adds up to the outer, the "
        "outer to the score."
    )
    yield from ["", *_wrapped(_pharmacology(drug, parts)), ""]
    places = min(max(LEAST_DECIMALS, -unit(parts.score).adjusted()), MOST_DECIMALS)
    outer = []
    for group in parts.groups:
        rows = _genes(group.contributions, places)
        yield from [*_block(f"{group.kind}: {group.title}", rows), *_about(group)]
        outer.append(_added(rows))
    rows = _genes(parts.others[:SHOWN], places)
    if rest := parts.others[SHOWN:]:
        rows.append((f"the other {len(rest)}, summed", _cut(total(part.value for part in rest), places)))
    yield from _block("other genes of the signature", rows)
    outer.append(_added(rows))
    if parts.content_correction is None:
        yield "  correction for tumour content: none in this record"
    else:
        outer.append(_cut(exact(parts.content_correction), places))
        yield _row("  correction for tumour content (stroma and immune cells)", outer=outer[-1])
    score = _cut(exact(parts.score), places)
    yield _row("  rounding, of these rows and of the record", outer=score - sum(outer, Decimal(0)))
    yield _row("  SCORE, as the record has it", outer=score)
    yield ""
    yield from _wrapped(
        f"Checked: with all the digits of the record the parts sum to {exact(parts.parts):f}, which is "
        f"{abs(parts.rounding):.1e} from the score; six significant digits a value allow {parts.rounding_bound:.1e}."
    )


def _pharmacology(drug: DrugAccount, parts: Sum) -> str:
    """How much of the score genes of known pharmacology explain; it must not sound like more than it is."""
    listed = sum(len(group.listed) for group in parts.groups)
    inside = listed - sum(len(group.absent) for group in parts.groups)
    genes = f"the {listed} genes that we list as known pharmacology of {drug.drug}"
    if not inside:
        return (
            f"None of {genes} is in this signature. So pharmacology explains nothing of this score: it rests on genes "
            "whose expression went along with response in the models."
        )
    share = "nothing" if parts.grouped_share is None else f"{100 * parts.grouped_share:.1f} %"
    verb = "is in this signature; it holds" if inside == 1 else "are in this signature; they hold"
    return (
        f"Of {genes}, {inside} {verb} {share} of the sum of absolute contributions. Pharmacology does not explain "
        "the rest. A group says what a gene is known to do, not that its learnt weight has the sign to be expected."
    )


def _block(title: str, rows: Rows) -> Iterator[str]:
    """A title with the sum of its rows in the outer column, and the rows in the inner one."""
    yield _row(f"  {title}", outer=_added(rows)) if rows else f"  {title}"
    yield from (_row(f"    {label}", inner=value) for label, value in rows)


def _about(group: Group) -> Iterator[str]:
    if group.missing:
        yield from _wrapped(f"in the signature, but not measured in this sample: {', '.join(group.missing)}", "    ")
    if group.absent:
        yield from _wrapped(f"not in the signature: {', '.join(group.absent)}", "    ")
    sources = f"source: {'; '.join(group.sources)}." if group.sources else ""
    judged = f"our judgement: {group.note}." if group.note else ""
    yield from _wrapped(f"{sources} {judged}".strip(), "    ")


def _genes(parts: Iterable[Contribution], places: int) -> Rows:
    return [(part.symbol, _cut(exact(part.value), places)) for part in parts]


def _added(rows: Rows) -> Decimal:
    return sum((value for _, value in rows), Decimal(0))


def _absent(parts: Sum | None) -> Iterator[str]:
    absent = [gene for group in parts.groups for gene in group.absent] if parts else []
    if absent:
        yield f"Genes of its known pharmacology that the signature does not use: {', '.join(absent)}."


def _some(names: Sequence[str]) -> str:
    rest = len(names) - MOST_NAMES
    return ", ".join(names[:MOST_NAMES]) + (f" and {rest} more" if rest > 0 else "")


def _cut(value: Decimal, places: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places))


def _row(label: str, inner: Decimal | None = None, outer: Decimal | None = None) -> str:
    cells = ("" if value is None else f"{value:+f}" for value in (inner, outer))
    return f"{label:<{LABEL}}" + "".join(f"{cell:>{COLUMN}}" for cell in cells)


def _items(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        yield from textwrap.wrap(text, WIDTH, initial_indent="  - ", subsequent_indent="    ", break_long_words=False)


def _wrapped(text: str, indent: str = "  ") -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=indent, break_long_words=False)
