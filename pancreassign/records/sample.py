"""The parts of a record that say what was sequenced, what was read of it, and how good it is."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from pancreassign.records.base import Interval, Part, Verdict

FIRST_YEAR, LAST_YEAR = 1950, 2100
"""Years that a stated day may fall in: bounds that catch slips of typing, no clock (our judgement)."""


def day_of(text: str) -> date | None:
    """The day that ``text`` writes as ``YYYY-MM-DD``, and in no other form; ``None`` where it is none."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    # the library also reads 20261201 and weeks, which a board may read as another day
    return day if day.isoformat() == text else None


def _iso_date(text: str) -> str:
    """``text`` where it is a day as ``YYYY-MM-DD``, from :data:`FIRST_YEAR` to :data:`LAST_YEAR`."""
    day = day_of(text)
    if day is None or not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValueError("not a day of the calendar, written YYYY-MM-DD")
    return text


IsoDate = Annotated[str, AfterValidator(_iso_date), Field(json_schema_extra={"format": "date"})]
"""A day as ISO text, so that text order is time order."""
DAYS_IN_ORDER = (
    ("collected", "received"),
    ("received", "reported"),
    ("collected", "reported"),
    ("ordered", "reported"),
)
"""Pairs of days of which the first cannot come after the second."""


class Specimen(Part):
    """What is stated of the block that the RNA came from, and of the library made of it.

    ``specimen_type`` is free text such as ``EUS-FNB``; ``tumour_cells_percent`` is the pathologist's estimate (0-100),
    ``rna_ng`` the RNA that went into the library, in nanograms.
    """

    preservation: Literal["ffpe", "frozen", "unknown"] = "unknown"
    protocol: Literal["full-length", "3-prime", "capture", "unknown"] = "unknown"
    specimen_type: str | None = None
    collected: IsoDate | None = None
    tumour_cells_percent: float | None = Field(default=None, ge=0.0, le=100.0)
    rna_ng: float | None = Field(default=None, gt=0.0)


class Order(Part):
    """Who asked for the examination; and the days of the order, of receipt and of the report, all as stated."""

    ordered: IsoDate | None = None
    received: IsoDate | None = None
    reported: IsoDate | None = None
    requester: str | None = Field(default=None, repr=False)


class SampleInfo(Part):
    """Who and what was sequenced; ``simulated`` is true for a sample that no patient gave.

    ``second_id`` is the second identifier that tells patients apart, such as a date of birth. ``sex`` is the patient's
    as stated, for comparison with the sex genes. What names a person is shown by no printed form of this object.
    """

    id: str
    patient: str | None = Field(default=None, repr=False)
    second_id: str | None = Field(default=None, repr=False)
    sex: Literal["female", "male"] | None = Field(default=None, repr=False)
    site: str | None = None
    specimen: Specimen = Specimen()
    order: Order = Order()
    simulated: bool = False

    @property
    def days(self) -> dict[str, str | None]:
        """Every day that is stated, by its name."""
        return {"collected": self.specimen.collected, **self.order.model_dump(exclude={"requester"})}

    @model_validator(mode="after")
    def _days_in_order(self) -> Self:
        days = self.days
        for first, then in DAYS_IN_ORDER:
            early, late = days[first], days[then]
            if early is not None and late is not None and early > late:
                raise ValueError(f"{then} is before {first}")  # the days name a person, with the rest: not repeated
        return self


class InputInfo(Part):
    """The counts that were read, after harmonising.

    ``sha256`` is over the sorted canonical (gene, count) pairs; ``genes`` counts the input's gene rows,
    ``genes_matched`` those found in the gene table; ``rounded`` is true where expected counts were rounded.
    """

    sha256: str
    units: Literal["counts", "tpm", "fpkm"]
    strand: Literal["unstranded", "forward", "reverse"] | None
    genes: int
    genes_matched: int
    genes_renamed: int
    genes_ambiguous: int
    genes_summed: int
    rounded: bool


class QcCheck(Part):
    """One check of quality; ``threshold`` gives the values at which it warns and fails."""

    name: str
    value: float | None
    unit: str | None
    threshold: dict[str, float] | None
    verdict: Verdict
    code: str
    source: str


class TumourContent(Part):
    """Neoplastic cell content by expression; all ``None`` where it was not estimated."""

    class_: str | None = Field(default=None, alias="class")
    value: float | None = None
    interval: Interval | None = None

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)


class Qc(Part):
    """The quality verdict: the worst of its checks, those against published limits apart (``below_published``)."""

    verdict: Verdict
    checks: list[QcCheck]
    tumour_content: TumourContent = TumourContent()
