"""The declarative recipe of a signature pack (``pancreassign train CONFIG.toml``)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from pancreassign import recipes


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Models(_Section):
    """The training models: paths are relative to the data folder."""

    name: str
    source: str
    terms: str
    endpoint: str
    expression: str
    response: str
    compounds: str | None = None
    limits: list[str] = []


class Slice(_Section):
    """Expression of some lines and genes: ``genes`` is the column of gene names, ``names`` what names the lines."""

    name: str
    expression: str
    genes: str
    names: Literal["ModelID", "CCLEName", "StrippedCellLineName", "COSMICID"]


class LinesSection(_Section):
    """Cell lines of many tissues, for the prior of the transfer families; ``test_tissue`` is left out to test on."""

    name: str
    source: str
    terms: str
    lines: str
    tissue: str
    without_tissues: list[str]
    test_tissue: str
    min_lines: int = Field(ge=3)
    response: str
    response_value: str
    response_names: Literal["ModelID", "CCLEName", "StrippedCellLineName", "COSMICID"]
    penalty_per_gene: float = Field(gt=0)
    slices: list[Slice] = Field(min_length=1)


class RidgeSection(_Section):
    """The model family: candidate penalties, in multiples of the number of genes."""

    penalty_per_gene: list[Annotated[float, Field(gt=0)]] = Field(min_length=1)


class Evaluation(_Section):
    """Repeated nested cross-validation, bootstrap, permutations and calibration refits."""

    folds: int = Field(ge=2)
    repeats: int = Field(ge=1)
    bootstrap: int = Field(ge=100)
    permutations: int = Field(ge=1)
    calibration_draws: int = Field(ge=100)


class Tumours(_Section):
    """Counts of the reference tumours, to freeze their scores."""

    counts: list[str]


class Pairs(_Section):
    """FFPE and fresh libraries of the same tumours: ``[FFPE, fresh]`` column names."""

    counts: str
    source: str
    matched: list[tuple[str, str]] = Field(min_length=3)
    mismatched: list[tuple[str, str]]


class Content(_Section):
    """Pure tumours to mix with profiles of ``data/tissues`` at known contents, to learn how scores drift."""

    counts: str
    source: str
    profiles: list[str] = Field(min_length=2)
    contents: list[Annotated[float, Field(gt=0, lt=1)]] = Field(min_length=1)


class Ceiling(_Section):
    """The same lines in two laboratories' assays: their agreement bounds what a model of either can reach."""

    first: str
    second: str
    lines: str
    without_tissues: list[str]
    source: str
    same_drug: dict[str, str]


class Recipe(_Section):
    """A whole recipe."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    version: str = Field(pattern=r"^\d+\.\d+\.\d+$")
    released: str = Field(pattern=r"^\d{4}-\d\d-\d\d$")
    description: str
    seed: int = Field(ge=0)
    reference: str
    models: Models
    lines: LinesSection | None = None
    ridge: RidgeSection
    evaluation: Evaluation
    tumours: Tumours
    ffpe: Pairs
    content: Content
    ceiling: Ceiling


def read_recipe(path: Path) -> Recipe:
    """Read and check a recipe; raises :class:`ConfigError` naming the key at fault."""
    return recipes.read(path, Recipe, "signatures/README.md")
