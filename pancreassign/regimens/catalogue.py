"""The catalogue of regimens: its shape, and the checks that it must pass before any patient meets it."""

from __future__ import annotations

import datetime
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations, product
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from pancreassign.errors import ArtefactError
from pancreassign.records import Drug, Part, Status, Trial
from pancreassign.regimens.clinical import FIELDS, GUIDELINES, Guideline, SettingName
from pancreassign.regimens.rules import RuleKind

SCHEMA = 1
"""The catalogue's compatibility number."""

Operator = Literal[">", ">=", "<", "<=", "==", "in", "includes_any", "includes_self", "includes_unnamed", "shares_drug"]
_ON_PRIOR = {"includes_any", "includes_self", "includes_unnamed", "shares_drug"}
_ORDERED = {">", ">=", "<", "<="}
_SCORED: dict[str, int] = {"two_of_three": 3, "pair": 2, "single": 1}


class Clause(Part):
    """One condition on one clinical fact, and what it means where it holds.

    ``unplaced`` marks a clause that takes the regimen out of its setting: studied in other patients only. The message
    of ``shares_drug`` may hold ``{drugs}`` and ``{regimens}``, which are filled with names.
    """

    field: str
    operator: Operator
    value: bool | int | float | str | list[str] | None = None
    status: Status
    message: str = Field(min_length=1)
    source: str = Field(min_length=1)
    judgement: bool = False
    unplaced: bool = False
    settings: list[SettingName] = Field(default_factory=list)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.field not in FIELDS:
            raise ValueError(f"unknown clinical field {self.field!r}; known: {', '.join(FIELDS)}")
        number = isinstance(self.value, int | float) and not isinstance(self.value, bool)
        if self.operator in _ORDERED and not number:
            raise ValueError(f"operator {self.operator} needs a number, found {self.value!r}")
        if self.operator in {"in", "includes_any"} and not (isinstance(self.value, list) and self.value):
            raise ValueError(f"operator {self.operator} needs a list, found {self.value!r}")
        if self.operator == "==" and self.value is None:
            raise ValueError("operator == needs a value")
        if (self.operator in _ON_PRIOR) != (self.field == "prior_regimens"):
            raise ValueError(f"operator {self.operator} does not fit the field {self.field}")
        if self.operator == "shares_drug":
            self.filled(drugs="", regimens="")
        return self

    def filled(self, **names: str) -> str:
        """The message with names in its braces."""
        try:
            return self.message.format(**names)
        except (KeyError, IndexError) as error:
            raise ValueError(f"message holds an unknown brace ({error}); known: {', '.join(names)}") from None


class Check(Part):
    """One eligibility question: what to ask where it is open, and what the answers mean.

    The gravest clause that holds decides. Where none holds, the check is open (``unknown``, with ``ask``) while
    facts are missing: any of its fields, or with ``needs = "any"`` all of them. Otherwise ``otherwise`` stands.
    A check without ``ask`` says nothing while it is open: another one asks for its facts. ``unplaced`` takes the
    regimen out of its setting while the check is open. ``guidelines`` limits it to patients for whom one of these was
    chosen.
    """

    id: str = Field(pattern=r"^[a-z0-9_]+$")
    needs: Literal["all", "any"] = "all"
    ask: str | None = Field(default=None, min_length=1)
    unplaced: bool = False
    otherwise: str = Field(min_length=1)
    otherwise_status: Status = "ok"
    source: str = Field(min_length=1)
    judgement: bool = False
    settings: list[SettingName] = Field(default_factory=list)
    guidelines: list[Guideline] = Field(default_factory=list)
    clauses: list[Clause] = Field(min_length=1)

    @model_validator(mode="after")
    def _says_why(self) -> Self:
        if self.unplaced and self.ask is None:
            raise ValueError("unplaced needs ask: it says why the regimen is not placed")
        return self

    def open_for(self, known: Mapping[str, object]) -> bool:
        """Whether facts are missing that it needs; ``known`` are those that are not."""
        missing = [name for name in self.fields if name not in known]
        return bool(missing) and (self.needs == "all" or len(missing) == len(self.fields))

    @property
    def fields(self) -> tuple[str, ...]:
        """The clinical facts that it asks for, in order of first use."""
        return tuple(dict.fromkeys(clause.field for clause in self.clauses))


class Component(Part):
    """One drug as it is given, and the signature that scores it, if any.

    ``form_of`` names the drug that an unscored component turns into, so that it is known again after a prior line.
    """

    name: str = Field(min_length=1)
    scored_by: Drug | None = None
    form_of: Drug | None = None
    note: str | None = None

    @property
    def drug(self) -> str:
        """What it is in the body: nab-paclitaxel is paclitaxel, capecitabine 5-FU."""
        return self.scored_by or self.form_of or self.name

    @property
    def words(self) -> str:
        """Its name, with the drug that it is where the two differ."""
        return self.name if self.drug == self.name else f"{self.name} ({self.drug})"


class Standing(Part):
    """How high a regimen stands: ``tier`` 1 is preferred, ``order`` is the guideline order within the setting.

    ``basis`` says what this was read from, and ``judgement`` marks what no source that we hold decides.
    """

    tier: int = Field(ge=1, le=9)
    order: int = Field(ge=1)
    basis: str = Field(min_length=1)
    judgement: bool


class GuidelineStanding(Standing):
    """Where one guideline puts a regimen in a setting; it takes the place of the standing that serves all.

    ``ages`` (first and last, in years) limits it to patients of a known age within them.
    """

    guideline: Guideline
    ages: tuple[int, int] | None = None

    def serves(self, guideline: Guideline | None, age: int | None) -> bool:
        """Whether it is what ``guideline`` says of a patient of that age (``None``: unknown)."""
        within = self.ages is None or (age is not None and self.ages[0] <= age <= self.ages[1])
        return self.guideline == guideline and within

    @model_validator(mode="after")
    def _ages_ascend(self) -> Self:
        if self.ages is not None and self.ages[0] > self.ages[1]:
            raise ValueError(f"ages must ascend, found {self.ages[0]} to {self.ages[1]}")
        return self


class Placement(Standing):
    """Where a regimen stands in one setting, and where single guidelines put it, as far as we hold them.

    ``after`` names the prior regimens that it was studied after, ``after_words`` says them short; empty where the
    line does not depend on them.
    """

    setting: SettingName
    after: list[str] = Field(default_factory=list)
    after_words: str | None = None
    guidelines: list[GuidelineStanding] = Field(default_factory=list)

    def standing(self, guideline: Guideline | None, age: int | None = None) -> Standing:
        """Where ``guideline`` puts the regimen at that age (``None``: unknown), what it says of an age first.

        The standing that serves all where the guideline is silent, or none is chosen.
        """
        own = [one for one in self.guidelines if one.serves(guideline, age)]
        return min(own, key=lambda one: one.ages is None, default=self)


class SourcedTrial(Trial):
    """A trial that must say where its figures come from; what it leaves out was not reported or not verified."""

    toxicity: str | None = None
    source: str = Field(min_length=1)


class Regimen(Part):
    """One regimen with its drugs, rule, settings, trials and eligibility checks."""

    id: str = Field(pattern=r"^[a-z0-9_]+$")
    name: str = Field(min_length=1)
    rule: RuleKind
    components: list[Component] = Field(min_length=1)
    checks: list[str]
    notes: list[str] = Field(default_factory=list)
    settings: list[Placement] = Field(min_length=1)
    trials: list[SourcedTrial] = Field(min_length=1)

    @property
    def scored(self) -> tuple[Drug, ...]:
        """The drugs whose signatures the rule rests on; none where there is no rule."""
        if self.rule == "none":
            return ()
        return tuple(part.scored_by for part in self.components if part.scored_by is not None)

    @property
    def without_signature(self) -> list[str]:
        """Components that no signature scores."""
        return [part.name for part in self.components if part.scored_by is None]

    def placement(self, setting: str) -> Placement | None:
        """Where it stands in ``setting``; ``None`` where it is not for it."""
        return next((place for place in self.settings if place.setting == setting), None)

    @model_validator(mode="after")
    def _rule_fits(self) -> Self:
        if self.rule == "none":
            if not self.without_signature:
                raise ValueError("rule none is for a regimen with a component without a signature")
            return self
        drugs = set(self.scored)
        if self.without_signature or len(self.components) != _SCORED[self.rule] or len(drugs) != len(self.scored):
            raise ValueError(
                f"rule {self.rule} needs {_SCORED[self.rule]} components, each scored by a signature of its own"
            )
        return self


class Catalogue(Part):
    """All regimens and the checks that they share."""

    schema_: Literal[1] = Field(alias="schema")
    version: str = Field(pattern=r"^\d+\.\d+\.\d+$")
    date: datetime.date
    sources: list[str] = Field(min_length=1)
    checks: list[Check]
    regimens: list[Regimen] = Field(min_length=1)

    @property
    def ids(self) -> tuple[str, ...]:
        """The regimens' ids, in the catalogue's order."""
        return tuple(regimen.id for regimen in self.regimens)

    def regimen(self, regimen_id: str) -> Regimen | None:
        """The regimen of that id; ``None`` where the catalogue does not hold it."""
        return next((regimen for regimen in self.regimens if regimen.id == regimen_id), None)

    def holds(self, guideline: Guideline, setting: str) -> bool:
        """Whether it holds where ``guideline`` puts any regimen in ``setting``."""
        places = [place for regimen in self.regimens if (place := regimen.placement(setting)) is not None]
        return any(own.guideline == guideline for place in places for own in place.guidelines)

    def check(self, check_id: str) -> Check:
        """The check of that id."""
        return next(check for check in self.checks if check.id == check_id)


def load_catalogue(path: Path) -> Catalogue:
    """Read and check the catalogue.

    Raises
    ------
    ArtefactError
        Where it cannot be read or breaks a rule; it names the key at fault.
    """
    try:
        raw: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ArtefactError(
            str(path), f"cannot be read ({error.strerror})", "Give a regimens.toml with --regimens."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ArtefactError(str(path), f"is not TOML ({error})", "Correct the line named.") from None
    try:
        catalogue = Catalogue.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        key = _key(raw, first["loc"])
        raise ArtefactError(
            f"{path}, key {key}", first["msg"].removeprefix("Value error, "), "Correct this key."
        ) from None
    _verify(path, catalogue)
    return catalogue


def _key(raw: Any, steps: tuple[int | str, ...]) -> str:
    """The key's path, with a table's own id in place of its number: a person can find it."""
    words: list[str] = []
    node = raw
    for step in steps:
        try:
            node = node[step]
        except (KeyError, IndexError, TypeError):
            node = None
        name = node.get("id") if isinstance(step, int) and isinstance(node, dict) else None
        words.append(str(name or step))
    return ".".join(words) or "the whole file"


def _verify(path: Path, catalogue: Catalogue) -> None:
    """Refuse what no single table can show to be wrong: doubles, dangling names, a single above its combination."""
    _once(path, "regimens", catalogue.ids)
    _once(path, "checks", (check.id for check in catalogue.checks))
    known = {check.id for check in catalogue.checks}
    for regimen in catalogue.regimens:
        where = f"regimens.{regimen.id}"
        _once(path, f"{where}.settings", (place.setting for place in regimen.settings))
        _once(path, f"{where}.checks", regimen.checks)
        _known(path, f"{where}.checks", regimen.checks, known)
        for place in regimen.settings:
            _known(path, f"{where}.settings.{place.setting}.after", place.after, set(catalogue.ids))
            _no_overlap(path, f"{where}.settings.{place.setting}.guidelines", place.guidelines)
    for check in catalogue.checks:
        for clause in check.clauses:
            if clause.operator == "includes_any" and isinstance(clause.value, list):
                _known(path, f"checks.{check.id}.clauses.value", clause.value, set(catalogue.ids))
    for guideline, age in product((None, *GUIDELINES), _ages(catalogue)):
        _orders_once(path, catalogue, guideline, age)
        for single in (regimen for regimen in catalogue.regimens if regimen.rule == "single"):
            _below_combinations(path, catalogue, single, guideline, age)


def _ages(catalogue: Catalogue) -> list[int | None]:
    """Unknown, and one age for each stretch over which all standings stay the same."""
    places = [place for regimen in catalogue.regimens for place in regimen.settings]
    bounds = [own.ages for place in places for own in place.guidelines if own.ages is not None]
    return [None, *sorted({age for first, last in bounds for age in (first, last + 1)})]


def _no_overlap(path: Path, key: str, standings: Sequence[GuidelineStanding]) -> None:
    """No guideline says two things of one age, nor two of all ages."""
    _once(path, key, (own.guideline for own in standings if own.ages is None))
    for one, other in combinations(standings, 2):
        if one.ages is None or other.ages is None:
            continue
        age = max(one.ages[0], other.ages[0])
        if one.serves(other.guideline, age) and other.serves(one.guideline, age):
            raise ArtefactError(f"{path}, key {key}", f"{one.guideline!r} stands twice for age {age}", "Part the ages.")


def _once(path: Path, key: str, names: Iterable[str]) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise ArtefactError(f"{path}, key {key}", f"{twice[0]!r} stands twice", "Keep one.")


def _known(path: Path, key: str, names: Iterable[str], known: set[str]) -> None:
    for name in names:
        if name not in known:
            raise ArtefactError(f"{path}, key {key}", f"{name!r} is unknown", f"Use one of {', '.join(sorted(known))}.")


def _orders_once(path: Path, catalogue: Catalogue, guideline: Guideline | None, age: int | None) -> None:
    """No two regimens of a setting share an order, by whichever guideline they are ranked."""
    by = f"{guideline}, " if guideline else ""
    places = [place for regimen in catalogue.regimens for place in regimen.settings]
    orders = [f"{by}{place.setting}, order {place.standing(guideline, age).order}" for place in places]
    _once(path, "regimens.settings.guidelines.order" if guideline else "regimens.settings.order", orders)


def _below_combinations(
    path: Path, catalogue: Catalogue, single: Regimen, guideline: Guideline | None, age: int | None
) -> None:
    """In every setting a single drug stands in a lower tier than each combination that holds it.

    So it never passes its own combination by its signature alone: the tier comes before rule and score.
    """
    drug = single.scored[0]
    for other in catalogue.regimens:
        if len(other.components) < 2 or drug not in {part.scored_by for part in other.components}:
            continue
        for place in single.settings:
            combination = other.placement(place.setting)
            if combination is None:
                continue
            own, above = place.standing(guideline, age).tier, combination.standing(guideline, age).tier
            if own <= above:
                by = f"guidelines.{guideline}." if guideline else ""
                raise ArtefactError(
                    f"{path}, key regimens.{single.id}.settings.{place.setting}.{by}tier",
                    f"is {own}, not below its combination {other.id} in tier {above}",
                    "Give the single drug a higher tier number.",
                )
