"""What is known of the patient: one flat set of optional facts, read from TOML (one patient) or TSV (many).

Every field may be missing, and missing means unknown: nothing is assumed in its place.
"""

from __future__ import annotations

import csv
import difflib
import re
import tomllib
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Self, get_args

from pydantic import Field, ValidationError, ValidationInfo, field_validator, model_validator

from pancreassign.errors import ClinicalError, raise_all
from pancreassign.records import Part, Setting

SettingName = Literal[
    "resectable", "borderline", "locally_advanced", "first_line_metastatic", "adjuvant", "second_line"
]
SETTINGS: tuple[SettingName, ...] = get_args(SettingName)
DEFAULT_SETTING: SettingName = "first_line_metastatic"
SETTING_WORDS: dict[str, str] = {
    "resectable": "resectable disease",
    "borderline": "borderline resectable disease",
    "locally_advanced": "locally advanced disease",
    "first_line_metastatic": "first-line metastatic disease",
    "adjuvant": "adjuvant treatment",
    "second_line": "second-line treatment",
}
Guideline = Literal["nccn", "esmo", "tncd"]
GUIDELINES: dict[Guideline, str] = {"nccn": "NCCN", "esmo": "ESMO", "tncd": "TNCD"}
"""Guidelines that may set the regimens' tiers, with the names that a reader knows them by."""
OTHER_REGIMEN = "other"
"""A prior regimen that the catalogue does not hold."""

_SLUG = re.compile(r"[a-z0-9_]+")
_DIPLOTYPE = re.compile(r"\*(\d+)/\*(\d+)")
_LINE_END = re.compile(r"\r\n|\r|\n")

MAX_SHOWN = 40
"""Characters of an impossible value or an unknown name that a message repeats."""
_G8_MOST = ((85, 15.0), (79, 16.0))
"""Past an age in years, the most that the G8 can add up to: of its 17 points 2 are for an age below 80 and 1 for
80 to 85 (Bellera et al., Ann Oncol 2012;23:2166-2172, doi 10.1093/annonc/mdr587)."""
PREGNANCY_UNTIL = 60
"""The last age in years at which a pregnancy is taken for possible (our judgement)."""


class Clinical(Part):
    """The facts that eligibility rules ask for; ``None`` is unknown.

    ``bilirubin_uln`` is a multiple of the upper limit of normal, not a concentration. ``neuropathy_grade`` is
    the CTCAE grade. ``dpyd`` is the DPD status that the laboratory concludes from the genotype. ``albumin_g_l`` is in
    g/L, ``g8`` the sum of the G8 screening tool (0-17, in halves), ``weight_loss_percent`` the loss over six months.
    ``guideline`` chooses whose order of the regimens is taken, ``language`` that of the report (ISO 639-1; which
    ones are written is the report's business). Ranges are bounds of plausibility that catch slips of unit or key,
    not limits of treatment (our judgement).
    """

    setting: SettingName | None = None
    age: int | None = Field(default=None, ge=18, le=110)
    ecog: int | None = Field(default=None, ge=0, le=4)
    bilirubin_uln: float | None = Field(default=None, gt=0, le=30, allow_inf_nan=False)
    neuropathy_grade: int | None = Field(default=None, ge=0, le=4)
    dpyd: Literal["normal", "partial", "complete"] | None = None
    uracilaemia_ng_ml: float | None = Field(default=None, gt=0, le=2000, allow_inf_nan=False)
    ugt1a1: str | None = None
    gbrca_palb2: bool | None = None
    msi: bool | None = None
    prior_regimens: list[str] | None = None
    pregnancy: bool | None = None
    albumin_g_l: float | None = Field(default=None, ge=10, le=60, allow_inf_nan=False)
    g8: float | None = Field(default=None, ge=0, le=17, multiple_of=0.5, allow_inf_nan=False)
    weight_loss_percent: float | None = Field(default=None, ge=0, le=60, allow_inf_nan=False)
    guideline: Guideline | None = None
    language: str | None = Field(default=None, pattern=r"^[a-z]{2}$")

    @field_validator("ugt1a1")
    @classmethod
    def _diplotype(cls, value: str | None) -> str | None:
        """``*28/*1`` and ``*1/*28`` are the same genotype: the lower allele number comes first."""
        if value is None:
            return None
        match = _DIPLOTYPE.fullmatch(value.strip())
        if match is None:
            raise ValueError("expected two star alleles such as *1/*28")
        low, high = sorted(int(number) for number in match.groups())
        return f"*{low}/*{high}"

    @field_validator("prior_regimens")
    @classmethod
    def _slugs(cls, value: list[str] | None) -> list[str] | None:
        for name in value or []:
            if not _SLUG.fullmatch(name):
                raise ValueError(f"{_shown(name)} is not a regimen id such as folfirinox")
        return value

    @field_validator("g8")
    @classmethod
    def _within_age(cls, value: float | None, info: ValidationInfo) -> float | None:
        age = info.data.get("age")
        for past, most in _G8_MOST:
            if value is not None and age is not None and age > past and value > most:
                raise ValueError(f"contradicts age {age}: past {past} years the G8 is at most {most:g}")
        return value

    @field_validator("pregnancy")
    @classmethod
    def _of_an_age(cls, value: bool | None, info: ValidationInfo) -> bool | None:
        age = info.data.get("age")
        if value and age is not None and age > PREGNANCY_UNTIL:
            raise ValueError(f"contradicts age {age}: past {PREGNANCY_UNTIL} years no pregnancy is expected")
        return value

    @model_validator(mode="after")
    def _line(self) -> Self:
        if self.setting == "second_line" and self.prior_regimens == []:
            raise ValueError("setting second_line contradicts an empty prior_regimens")
        return self

    def given(self) -> dict[str, Any]:
        """The fields that are known, as they enter the record."""
        return self.model_dump(exclude_none=True)


FIELDS: tuple[str, ...] = tuple(Clinical.model_fields)
_INTEGERS = {"age", "ecog", "neuropathy_grade"}
_NUMBERS = {"bilirubin_uln", "uracilaemia_ng_ml", "albumin_g_l", "g8", "weight_loss_percent"}
_BOOLEANS = {"gbrca_palb2", "msi", "pregnancy"}
_TRUTH = {"true": True, "yes": True, "false": False, "no": False}
_ALLOWED = {
    "setting": "one of " + ", ".join(SETTINGS),
    "age": "whole years, 18 to 110",
    "ecog": "0 to 4",
    "bilirubin_uln": "a multiple of the upper limit of normal, above 0 and up to 30 (not µmol/L)",
    "neuropathy_grade": "the CTCAE grade, 0 to 4",
    "dpyd": "normal, partial or complete (deficiency)",
    "uracilaemia_ng_ml": "ng/mL, above 0 and up to 2000",
    "ugt1a1": "a genotype such as *1/*28",
    "gbrca_palb2": "true or false",
    "msi": "true or false",
    "prior_regimens": "regimen ids such as folfirinox (a list in TOML, separated by ; in TSV), or other",
    "pregnancy": "true or false, possible at the age given",
    "albumin_g_l": "g/L, 10 to 60 (not g/dL)",
    "g8": "the sum of the G8, 0 to 17 in halves, possible at the age given",
    "weight_loss_percent": "per cent of body weight lost over six months, 0 to 60",
    "guideline": "one of " + ", ".join(GUIDELINES),
    "language": "two small letters such as en or fr",
}


def setting_of(clinical: Clinical) -> Setting:
    """The setting given, or first-line metastatic disease marked as assumed."""
    if clinical.setting is None:
        return Setting(value=DEFAULT_SETTING, assumed=True)
    return Setting(value=clinical.setting, assumed=False)


def load_clinical(path: Path, known_regimens: Collection[str] | None = None) -> dict[str, Clinical]:
    """Read the clinical facts of one patient (``.toml``) or of many (``.tsv`` with a ``sample`` column).

    Parameters
    ----------
    path
        The file. A TOML without a ``sample`` key is filed under ``""``: the run's single sample.
    known_regimens
        Ids that ``prior_regimens`` may name (the catalogue's), besides ``other``; ``None`` leaves them unchecked.

    Raises
    ------
    ClinicalError
        An unknown field, an impossible value, a sample given twice, or a file that cannot be read.
    Faults
        Several of these in one table.
    """
    text = _text(path)
    if path.suffix.lower() == ".toml":
        return _from_toml(path, text, known_regimens)
    if path.suffix.lower() == ".tsv":
        return _from_tsv(path, text, known_regimens)
    raise ClinicalError(str(path), "clinical facts come as .toml or .tsv", "Rename or convert the file.")


def by_sample(path: Path, given: Mapping[str, Clinical], names: Sequence[str]) -> list[Clinical]:
    """The facts of each named sample, in order: nothing is known of one that the file does not name.

    Raises
    ------
    ClinicalError
        Where a file of one patient (:func:`load_clinical`) meets several samples.
    """
    if "" in given and len(names) > 1:
        raise ClinicalError(
            str(path), f"describes one patient, but there are {len(names)} samples", "Give a TSV by sample."
        )
    return [given.get(name, given.get("", Clinical())) for name in names]


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ClinicalError(
            str(path), f"cannot be read ({error.strerror})", "Check the path and its permissions."
        ) from None
    except UnicodeDecodeError:
        raise ClinicalError(str(path), "is not UTF-8 text", "Save it as UTF-8.") from None


def _from_toml(path: Path, text: str, known: Collection[str] | None) -> dict[str, Clinical]:
    try:
        values = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        # beside a TOMLDecodeError: a number of thousands of digits, or thousands of brackets
        raise ClinicalError(str(path), f"is not TOML ({error})", "Correct the line named.") from None
    sample = values.pop("sample", "")
    if not isinstance(sample, str):
        raise ClinicalError(f"{path}, field sample", "is not text", 'Write sample = "name".')
    faults = _unknown_fields(str(path), values)
    clinical = _validated(str(path), {k: v for k, v in values.items() if k in FIELDS}, known, faults)
    raise_all(faults)
    return {sample: clinical}


def _from_tsv(path: Path, text: str, known: Collection[str] | None) -> dict[str, Clinical]:
    # quotes are text here: an open one would swallow the patients that follow
    # and nothing but a line's end ends a line: `splitlines` would also cut at a form feed or U+2028 within a cell
    lines = csv.reader(_LINE_END.split(text), delimiter="\t", quoting=csv.QUOTE_NONE)
    try:
        rows = [row for row in lines if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise ClinicalError(f"{path}, line {lines.line_num}", f"cannot be read ({error})", "Mend the line.") from None
    header = [name.strip() for name in rows[0]] if rows else []
    if "sample" not in header:
        raise ClinicalError(str(path), "has no column sample", "Add a first column named sample.")
    repeated = sorted({name for name in header if header.count(name) > 1})
    if repeated:
        raise ClinicalError(f"{path}, column {_named(repeated[0])}", "stands twice in the header", "Remove one.")
    faults = _unknown_fields(str(path), [name for name in header if name != "sample"])
    raise_all(faults)
    table: dict[str, Clinical] = {}
    for number, row in enumerate(rows[1:], start=1):
        where = f"{path}, row {number}"
        if len(row) > len(header):
            faults.append(ClinicalError(where, f"has {len(row)} cells under {len(header)} columns", "Check the tabs."))
            continue
        cells = {name: cell.strip() for name, cell in zip(header, row, strict=False)}
        sample = cells.pop("sample", "")
        if not sample:
            faults.append(ClinicalError(f"{where}, column sample", "is empty", "Name the sample."))
            continue
        if sample in table:
            faults.append(
                ClinicalError(f"{path}, sample {_named(sample)}", "stands in two rows", "Keep one row a sample.")
            )
            continue
        table[sample] = _from_cells(f"{path}, sample {_named(sample)}", cells, known, faults)
    raise_all(faults)
    return table


def _from_cells(
    where: str, cells: Mapping[str, str], known: Collection[str] | None, faults: list[ClinicalError]
) -> Clinical:
    values: dict[str, Any] = {}
    for name, cell in cells.items():
        if cell == "":  # an empty cell is unknown
            continue
        try:
            values[name] = _parsed(name, cell)
        except (ValueError, KeyError):
            faults.append(_impossible(where, name, f"{_shown(cell)} is not possible"))
    return _validated(where, values, known, faults)


def _parsed(name: str, cell: str) -> Any:
    if name in _INTEGERS:
        return int(cell)
    if name in _NUMBERS:
        return float(cell)
    if name in _BOOLEANS:
        return _TRUTH[cell.lower()]
    if name == "prior_regimens":
        return [part.strip() for part in cell.split(";") if part.strip()]
    return cell


def _validated(
    where: str, values: Mapping[str, Any], known: Collection[str] | None, faults: list[ClinicalError]
) -> Clinical:
    """The facts; what is at fault is added to ``faults``, and an empty set stands in until they are raised."""
    try:
        # strict: in a typed file `ecog = true` is a slip, not ECOG 1
        clinical = Clinical.model_validate(values, strict=True)
    except ValidationError as error:
        for fault in error.errors():
            name = str(fault["loc"][0]) if fault["loc"] else "setting"
            value = f" (found {_shown(values[name])})" if name in values else ""
            faults.append(_impossible(where, name, f"{fault['msg'].removeprefix('Value error, ')}{value}"))
        return Clinical()
    for name in clinical.prior_regimens or []:
        if known is not None and name != OTHER_REGIMEN and name not in known:
            allowed = ", ".join(sorted(known))
            faults.append(
                ClinicalError(
                    f"{where}, field prior_regimens",
                    f"{_shown(name)} is not in the catalogue",
                    f"Use one of {allowed}, or {OTHER_REGIMEN}.",
                )
            )
    return clinical


def _impossible(where: str, name: str, problem: str) -> ClinicalError:
    allowed = _ALLOWED.get(name, "a known field")
    return ClinicalError(f"{where}, field {name}", problem, f"Give {allowed}, or leave it out if unknown.")


def _unknown_fields(where: str, names: Collection[str]) -> list[ClinicalError]:
    """A fault for each name that is no field, with the nearest that is."""
    faults = []
    for name in names:
        if name in FIELDS:
            continue
        near = difflib.get_close_matches(name.lower(), ("sample", *FIELDS), n=1)
        asked = f"Did you mean {near[0]}? " if near else ""
        mend = f"{asked}Known fields: sample, {', '.join(FIELDS)}."
        faults.append(ClinicalError(f"{where}, field {_named(name)}", "is unknown", mend))
    return faults


def _shown(value: object) -> str:
    """A value as a message may repeat it: in quotes where it is text, and short."""
    if isinstance(value, str):
        return repr(value) if len(value) <= MAX_SHOWN else f"{value[:MAX_SHOWN]!r}..."
    text = repr(value)
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}..."


def _named(name: str) -> str:
    """A name as a message may repeat it: bare where a terminal can print it, and short."""
    return name if name.isprintable() and len(name) <= MAX_SHOWN else _shown(name)
