"""The declarative recipe of a signature pack (``pancreassign train CONFIG.toml``)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from pancreassign import recipes


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Compounds(_Section):
    """Responses of the same models to further compounds, models × compounds: their mean is general sensitivity."""

    response: str
    high_means: Literal["resistant", "sensitive"]


class Models(_Section):
    """The training models, in a word their ``world``: paths are relative to the data folder."""

    name: str
    source: str
    terms: str
    endpoint: str
    expression: str
    world: str = "models"
    response: str
    compounds: Compounds | None = None
    patients: str | None = None
    limits: list[str] = []


class Slice(_Section):
    """Expression of some lines and genes: ``genes`` is the column of gene names, ``names`` what names the lines."""

    name: str
    expression: str
    genes: str
    names: Literal["ModelID", "CCLEName", "StrippedCellLineName", "COSMICID"]


class Screen(_Section):
    """Another laboratory's responses of the same lines, for a prior of both that is tried beside the shipped one."""

    name: str
    response: str
    response_value: str = "value"
    response_model: str = "model"
    response_names: Literal["ModelID", "CCLEName", "StrippedCellLineName", "COSMICID"]
    same_drug: dict[str, str] = {}


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
    response_model: str = "model"
    response_names: Literal["ModelID", "CCLEName", "StrippedCellLineName", "COSMICID"]
    penalty_per_gene: float = Field(gt=0)
    second: Screen | None = None
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
    comparators: list[Literal["elastic net", "rank pairs", "ICA, LASSO, forest", "XGBoost"]] = []
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


class Assay(_Section):
    """Dose-response plates of an organoid assay: how far it agrees with itself bounds what a model of it can reach."""

    plates: list[str] = Field(min_length=1)
    source: str


class External(_Section):
    """A set of models to test on, never trained on. ``drugs`` gives the names in its table the five drugs' own."""

    name: str
    source: str
    terms: str
    expression: str
    genes: str
    scale: Literal["log2", "linear"]
    response: str
    model: str = "model"
    drug: str = "drug"
    value: str = "value"
    high_means: Literal["resistant", "sensitive"]
    drugs: dict[str, Literal["5-FU", "oxaliplatin", "irinotecan", "gemcitabine", "paclitaxel"]] = Field(min_length=1)


RELATIVE = r"^\w[\w.+ ()-]*(/\w[\w.+ ()-]*)*$"
"""A path inside a folder: not absolute, no step up, nothing hidden."""


class SourceFile(_Section):
    """One file of a source as it is published; without ``url`` it is brought by hand.

    ``checksum`` is ``sha256:...``, or ``md5:...`` where the publisher gives no other; ``size`` is in bytes.
    """

    file: str = Field(pattern=RELATIVE)
    url: str = Field(default="", pattern=r"^(https://\S+)?$")
    checksum: str = Field(default="", pattern=r"^(sha256:[0-9a-f]{64}|md5:[0-9a-f]{32})?$")
    size: int | None = Field(default=None, gt=0)


class Source(_Section):
    """Published files, or a laboratory's own, and the format whose loader makes the project's tables of them.

    ``into`` is the folder under the data folder that the tables are written to. ``lines`` (GDSC2, CTRPv2, PRISM) is the
    table of lines that names the models, ``sample_names`` (GEO) the row that names the samples, ``sample_types`` (GDC)
    the samples kept, and ``tpm_from`` (folder) the count files that are written as TPM too.
    """

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    format: Literal[
        "depmap-expression", "depmap-models", "gdsc2", "ctrpv2", "prism", "gdc-star", "geo-series-matrix", "folder"
    ]
    files: list[SourceFile] = Field(min_length=1)
    version: str
    citation: str
    terms: str
    into: str = Field(pattern=RELATIVE)
    lines: str | None = None
    sample_names: Literal["geo_accession", "title"] = "geo_accession"
    sample_types: list[str] = ["Primary Tumor"]
    tpm_from: list[str] = []


class Sources(BaseModel):
    """The ``[[sources]]`` of a recipe, whatever else stands in it."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    sources: list[Source] = Field(min_length=1)


class Recipe(_Section):
    """A whole recipe."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    version: str = Field(pattern=r"^\d+\.\d+\.\d+$")
    released: str = Field(pattern=r"^\d{4}-\d\d-\d\d$")
    description: str
    use: str = "see the terms of the training data"
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
    external: list[External] = []
    assay: Assay | None = None
    sources: list[Source] = []


def read_recipe(path: Path) -> Recipe:
    """Read and check a recipe; raises :class:`ConfigError` naming the key at fault."""
    return recipes.read(path, Recipe, "signatures/README.md")


def read_sources(path: Path) -> list[Source]:
    """Read the sources of a recipe, which may hold nothing else; raises :class:`ConfigError` as :func:`read_recipe`."""
    return recipes.read(path, Sources, "docs/recipes.md").sources
