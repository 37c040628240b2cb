"""What a plate calls its drug and its unit, and what we call them."""

from __future__ import annotations

import re

from pancreassign.records import Drug

SPELLINGS = {
    Drug.FLUOROURACIL: ("5-FU", "FU", "5-fluorouracil", "fluorouracil"),
    Drug.OXALIPLATIN: ("oxaliplatin", "OXA", "OXALI", "L-OHP"),
    Drug.IRINOTECAN: ("irinotecan", "IRI", "CPT-11"),
    Drug.GEMCITABINE: ("gemcitabine", "GEM"),
    Drug.PACLITAXEL: ("paclitaxel", "PAC", "PTX", "taxol", "TAX"),
}
"""Spellings read as one of the five drugs; case, blanks and punctuation do not count.

``TAX`` is read as Taxol (judgement: docetaxel would be Taxotere). SN-38 is what irinotecan turns into and
nab-paclitaxel another formulation: they keep their names.
"""
LONGEST_CODE = 5
"""Letters and digits up to which a name is a laboratory's code and stays in capitals (judgement)."""
MICROMOLAR = {"pm": 1e-6, "nm": 1e-3, "um": 1.0, "mm": 1e3}
"""Factors to micromolar, by the unit in small letters with ``u`` for micro."""


def _key(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.casefold())


KNOWN = {_key(spelling): drug.value for drug, spellings in SPELLINGS.items() for spelling in spellings}


def drug_name(text: str) -> str:
    """The INN of one of the five drugs; another drug under a clean name; empty where nothing is left.

    A clean name has no punctuation at its ends and single blanks inside; codes are in capitals, names in small letters.
    """
    known = KNOWN.get(_key(text))
    if known:
        return known
    clean = re.sub(r"\s+", " ", re.sub(r"^\W+|\W+$", "", text))
    return clean.upper() if len(_key(clean)) <= LONGEST_CODE else clean.lower()


def unit_name(text: str) -> str:
    """The unit as ``pM``, ``nM``, ``uM`` or ``mM``; anything else as it stands."""
    clean = re.sub(r"mol/l$", "m", re.sub("[µμ]", "u", text.strip().casefold()))
    return clean[0] + "M" if clean in MICROMOLAR else text.strip()


def drug_order(name: str) -> tuple[int, str]:
    """Key that puts the five drugs first, in the order of the record, and others by name."""
    names = [drug.value for drug in Drug]
    return (names.index(name) if name in names else len(names), name)


def passage_order(passage: str) -> tuple[int, str]:
    """Key that puts ``p9`` before ``p10``; a passage without a number comes first."""
    number = re.search(r"\d+", passage)
    return (int(number.group()) if number else -1, passage)
