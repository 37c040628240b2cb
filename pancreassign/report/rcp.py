"""The section for the form of a tumour board (fiche RCP) as plain text to paste: what the page says, in short.

Every value and nearly every sentence comes from :mod:`pancreassign.report.content`, so that text and page cannot say
two things. Plain text has no grey: figures that the page shows in grey, so that they can be traced, stay on the page.
"""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Iterable
from typing import Any

from pancreassign.records import BASE_RATE, DrugResult, Prediction, RegimenResult
from pancreassign.report import content
from pancreassign.report.words import Words, language_of, load_words

Values = dict[str, Any]
RCP_LANGUAGE = "fr"
"""The language where nobody asked for another: the fiche RCP is a French form."""
WIDTH = 80
"""Signs of a line: what a form's text field shows without breaking it again (our judgement)."""
CODE_PAGE = "cp1252"
"""What forms of French hospitals can hold; a sign outside it may arrive as a question mark."""
SPELT = {"\u202f": "\u00a0", "−": "-", "\u2010": "-", "\u2011": "-", "≥": ">=", "≤": "<=", "→": "->", "μ": "µ"}
"""How signs are written that the code page lacks."""
FIRST_RANKS = 3
"""Regimens up to this rank are explained, with all that are tied there; those behind are named."""
IDENTITY = (
    "identity.sample",
    "identity.patient",
    "specimen.type",
    "identity.site",
    "specimen.collected",
    "identity.preservation",
    "specimen.tumour_cells",
    "identity.tumour_content",
)
"""What is said of the sample, without its second identifier (a date of birth, a hospital number) and the requester:
the form has both already, and the text is passed through a clipboard."""
TOLD = {"simulated", "assumed_setting", "weak_quality", "poor_quality", "no_drug_evaluable"}
"""Caveats that the text says in its own place; every other one is listed."""
MADE_BY = 4
"""Items of the page's foot that say what made the record; the last, its input, is told by the record's own hash."""
AGAINST = ("contraindicated", "caution")
"""Findings that stand with their regimen; open questions stand once for all."""


def to_text(record: Prediction, lang: str | None = None) -> str:
    """The section of one record: lines of at most 80 signs of Windows-1252, each ended by a line feed.

    Parameters
    ----------
    record
        The prediction record: the only source.
    lang
        The language; ``None`` for the one that the record's clinical facts name, else French.

    Raises
    ------
    ConfigError
        Where there is no such language.
    """
    asked = language_of(record.clinical) if lang is None else lang
    return text_of(record, load_words(RCP_LANGUAGE if asked is None else asked))


def text_of(record: Prediction, words: Words) -> str:
    """The section in the language of ``words``, as :func:`to_text` says."""
    page = content.page(record, words)
    parts = [
        [*_head(page, words), _sample(page, words), *_quality(record, page, words)],
        _drugs(record, page, words),
        _regimens(record, page, words),
        _limits(record, page, words),
        [words["rcp.room"], words["rcp.departure"], words["page.motto"]],
        _trace(record, page, words),
    ]
    return "\n".join("".join(f"{line}\n" for text in part for line in _wrapped(text)) for part in parts)


def _head(page: Values, words: Words) -> list[str]:
    top = page["top"]
    setting = top["setting"] if top["setting_why"] is None else words.bracket(top["setting"], top["setting_why"])
    return [
        words.say("rcp.title", title=top["title"]),
        words.say("rcp.research", research=top["research"], detail=top["research_detail"]),
        *([top["simulated"]] if top["simulated"] else []),
        top["disease"],
        setting,
    ]


def _sample(page: Values, words: Words) -> str:
    known = dict(page["identity"]["fields"])
    return words.listed(f"{words.label(key)} {known[words.label(key)]}" for key in IDENTITY)


def _quality(record: Prediction, page: Values, words: Words) -> list[str]:
    """The verdict, and each check that did not pass by our own limits."""
    verdict = words[f"verdict.{record.qc.verdict}"]
    found = [words.say("rcp.finding", **row) for row in page["quality"]["rows"] if row["flagged"]]
    return [f"{words.label('quality.heading')} {verdict}", *_items(found)]


def _drugs(record: Prediction, page: Values, words: Words) -> list[str]:
    rows = zip(record.drugs, page["drugs"]["rows"], strict=True)
    lines = [_heading(page["drugs"]), *_items(_drug(drug, row, words) for drug, row in rows)]
    if all(map(content.is_muted, record.drugs)):
        return lines  # no figure is left to explain
    grades = {drug.evidence: words[f"grade.{drug.evidence}"] for drug in record.drugs}
    note = words.say(
        "rcp.drugs_note",
        tumours=words.decimal(record.reference.tumours, 0),
        base=words.percent(BASE_RATE),
        level=words.levels([drug.probability_interval for drug in record.drugs]),
        grades=words.listed(words.say("rcp.grade", grade=grade, words=grades[grade]) for grade in sorted(grades)),
    )
    return [*lines, note]


def _drug(drug: DrugResult, row: Values, words: Words) -> str:
    """The call beside its evidence; what is not evaluable has its reason in place of figures."""
    if content.is_muted(drug):
        call, reason = words[f"call.{drug.call}"], words.code("reason", drug.reason)
        return words.say("rcp.muted", drug=row["drug"], call=call, reason=reason, grade=drug.evidence)
    return words.say(
        "rcp.called",
        drug=row["drug"],
        call=row["call"],
        grade=drug.evidence,
        percentile=row["percentile"],
        probability=" ".join(row["probability"]),
    )


def _regimens(record: Prediction, page: Values, words: Words) -> list[str]:
    """The first ranks with why and what speaks against each, the names of the others, and what rules regimens out."""
    section = page["regimens"]
    findings = dict(zip((one.id for one in record.regimens), page["evidence"]["regimens"], strict=True))
    main = [regimen for regimen in record.regimens if regimen.for_setting and not regimen.contraindicated]
    lines = [section["warning"], section["empty"]]
    behind = []
    for regimen, row in zip(main, section["rows"], strict=True):
        if regimen.rank <= FIRST_RANKS:
            lines += _regimen(regimen, row, findings[regimen.id], section["warning"] is None, words)
        else:
            behind.append(row["name"])
    if behind:
        lines.append(words.say("rcp.behind", names=words["number.join"].join(behind)))
    out = [findings[regimen.id] for regimen in record.regimens if regimen.contraindicated]
    if out:
        lines += [words["regimens.contraindicated_group"], *_items(_ruled_out(own, words) for own in out)]
    if section["check"]:
        lines.append(f"{section['check']['label']} {'; '.join(section['check']['items'])}")
    return [_heading(section), *filter(None, lines), words["rcp.regimens_note"]]


def _regimen(regimen: RegimenResult, row: Values, own: Values, evaluable: bool, words: Words) -> list[str]:
    """Its rank, its rule and what that rests on; then why it is placed there, and what speaks against it."""
    evidence = words.listed(row["evidence"])
    if not evaluable:
        basis = ""  # the warning above says it of all regimens
    elif row["muted"]:
        basis = words.say("regimens.aside_muted", evidence=evidence)
    else:
        basis = words.say("rcp.ruled", rule=row["rule"], evidence=evidence)
    first = words.say("regimens.aside_item", rank=row["rank"], name=row["name"], basis=basis, against="")
    placed = own["notes"][:1] if regimen.basis is not None else []
    return [first, *(f"  {text}" for text in [*placed, *_against(own, words)])]


def _against(own: Values, words: Words) -> list[str]:
    """What speaks against a regimen in this patient, with its label."""
    labels = [words[f"status.{status}"] for status in AGAINST]
    return [
        f"{group['label']} {words.listed(text for text, _ in group['items'])}"
        for group in own["findings"]
        if group["label"] in labels
    ]


def _ruled_out(own: Values, words: Words) -> str:
    """A contraindicated regimen with what rules it out; without its rank, which would read as a recommendation."""
    label = words[f"status.{AGAINST[0]}"]
    reasons = [text for group in own["findings"] if group["label"] == label for text, _ in group["items"]]
    against = words.say("regimens.aside_against", findings=words.listed(reasons)) if reasons else ""
    return f"{own['name']}{against}"


def _limits(record: Prediction, page: Values, words: Words) -> list[str]:
    told = {words.text(caveat.text) for caveat in record.caveats if caveat.code in TOLD}
    return [_heading(page["caveats"]), *_items(text for text in page["caveats"]["items"] if text not in told)]


def _trace(record: Prediction, page: Values, words: Words) -> list[str]:
    """What the text was made from: versions with the start of their hashes, and the whole hash of the record."""
    items = [" ".join(part for part in item if part) for item in page["footer"]["items"][:MADE_BY]]
    return [words.listed(items), words.label("rcp.record"), record.sha256]


def _heading(part: Values) -> str:
    heading: str = part["heading"]
    return heading.upper()


def _items(texts: Iterable[str]) -> list[str]:
    return [f"- {text}" for text in texts]


def _wrapped(text: str) -> list[str]:
    """``text`` in lines of the code page; what follows the first line of an item is set in."""
    start = len(text) - len(text.lstrip(" "))
    indent = " " * (start + 2 * text.startswith("- "))
    plain = "".join(map(_sign, unicodedata.normalize("NFC", text)))
    return textwrap.wrap(plain, WIDTH, subsequent_indent=indent, break_on_hyphens=False)


def _sign(sign: str) -> str:
    """``sign`` in the code page: respelt, without its accent, or as its code point, rather than lost."""
    if sign in SPELT:
        return SPELT[sign]
    if sign.isspace():
        return sign if sign == "\u00a0" else " "
    for form in (sign, unicodedata.normalize("NFD", sign)[0]):
        if unicodedata.category(form)[0] != "C" and _fits(form):
            return form
    return f"[U+{ord(sign):04X}]"


def _fits(sign: str) -> bool:
    try:
        sign.encode(CODE_PAGE)
    except UnicodeEncodeError:
        return False
    return True
