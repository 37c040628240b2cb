"""What every part of a record is made of: drugs, calls, grades, intervals, and how a number enters a record."""

from __future__ import annotations

import math
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from pancreassign.errors import ConfigError

SIGNIFICANT_DIGITS = 6
HASH_DIGITS = 12
"""Leading hex digits of a hash where a face of the record shows it in short (48 bits: enough to tell packs apart)."""
BASE_RATE = 1 / 3
"""Share of models in the sensitive tertile (tertiles as Shi et al. 2022, doi 10.1038/s41467-022-29857-6)."""


class Drug(StrEnum):
    """The five drugs, by INN, in the order of the record."""

    FLUOROURACIL = "5-FU"
    OXALIPLATIN = "oxaliplatin"
    IRINOTECAN = "irinotecan"
    GEMCITABINE = "gemcitabine"
    PACLITAXEL = "paclitaxel"


def drug_of(name: str) -> Drug:
    """The drug of that name, in any case; 5-FU is also known as fluorouracil.

    Raises
    ------
    ConfigError
        With the list of drugs, where it is none of them.
    """
    for drug in Drug:
        if name.strip().casefold() in (drug.value.casefold(), drug.name.casefold()):
            return drug
    raise ConfigError(f"--drug {name!r}", "is no drug that has a signature", f"Choose one of: {', '.join(Drug)}.")


class Call(StrEnum):
    """What is said of one drug in one tumour."""

    SENSITIVE = "sensitive"
    INTERMEDIATE = "intermediate"
    RESISTANT = "resistant"
    NOT_EVALUABLE = "not_evaluable"


Grade = Literal["A", "B", "C", "D"]
Verdict = Literal["pass", "warn", "fail"]
Rule = Literal["met", "unclear", "not met"]
Status = Literal["ok", "caution", "contraindicated", "unknown"]


def rounded(value: float | None) -> float | None:
    """``value`` to six significant digits; ``None`` and NaN are unknown and stay ``None``."""
    if value is None or math.isnan(value):
        return None
    return float(f"{value:.{SIGNIFICANT_DIGITS}g}")


def known(value: float) -> float:
    """``value`` to six significant digits, where it cannot be unknown: NaN is a defect of ours."""
    digits = rounded(value)
    if digits is None:
        raise ArithmeticError("a value came out as NaN")
    return digits


class Part(BaseModel):
    """A part of the record; an unknown key is a fault, not something to drop in silence."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


Percentile = Annotated[float, Field(ge=0.0, le=100.0)]
Probability = Annotated[float, Field(ge=0.0, le=1.0)]


class Interval(Part):
    """An interval of level ``level`` for the sources of error that its field names, and no others."""

    low: float
    high: float
    level: Probability
