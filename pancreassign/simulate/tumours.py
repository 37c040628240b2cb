"""Simulated tumours, drawn from the frozen reference, disturbed or mixed as a recipe says."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, model_validator

from pancreassign import recipes
from pancreassign.counts.metadata import SIMULATED_PREFIX
from pancreassign.simulate.libraries import generator
from pancreassign.simulate.mix import find_profile

Array = npt.NDArray[np.float64]


class SimulatedSample(BaseModel):
    """One sample to draw.

    ``reads`` is the library size. ``gene_noise`` is the standard deviation, in log2 units, of a disturbance of
    each gene by itself, and ``dropout`` the share of genes lost: both stand for degraded RNA. ``mix_with`` names
    a profile of pure tissue, ``mix_share`` its share of the reads.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    name: str = Field(pattern=rf"^{SIMULATED_PREFIX}[A-Za-z0-9_-]+$")
    patient: str
    site: str = "pancreas"
    preservation: Literal["ffpe", "frozen", "unknown"] = "ffpe"
    protocol: Literal["full-length", "3-prime", "capture", "unknown"] = "full-length"
    reads: int = Field(gt=0, le=200_000_000)
    gene_noise: float = Field(default=0.0, ge=0.0)
    dropout: float = Field(default=0.0, ge=0.0, lt=1.0)
    mix_with: str | None = None
    mix_share: float = Field(default=0.0, ge=0.0, le=1.0)

    @model_validator(mode="after")
    def _mixed_with_something(self) -> Self:
        if (self.mix_with is None) != (self.mix_share == 0.0):
            raise ValueError("mix_with and mix_share go together")
        return self


class SimulationRecipe(BaseModel):
    """Which samples to draw, and the seed."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    seed: int = Field(ge=0)
    sample: list[SimulatedSample] = Field(min_length=1)

    @model_validator(mode="after")
    def _each_name_once(self) -> Self:
        names = [sample.name for sample in self.sample]
        if len(set(names)) < len(names):
            raise ValueError("two samples have one name")
        return self


def read_recipe(path: Path) -> SimulationRecipe:
    """Read a simulation recipe; raises :class:`ConfigError` naming the key at fault."""
    return recipes.read(path, SimulationRecipe, "data/example/recipe.toml")


def simulate(
    recipe: SimulationRecipe, genes: pd.DataFrame, loadings: pd.DataFrame, profiles: pd.DataFrame
) -> pd.DataFrame:
    """Draw every sample of a recipe: genes × samples, integer counts of protein-coding genes.

    Parameters
    ----------
    genes, loadings
        The reference's gene table and factor loadings.
    profiles
        genes × profiles of pure tissue, as :func:`pancreassign.simulate.mix.read_profiles` reads them.
    """
    drawn = {
        sample.name: _draw(sample, genes, loadings, profiles, generator(recipe.seed, sample.name))
        for sample in recipe.sample
    }
    return pd.DataFrame(drawn, index=genes.index).rename_axis("gene_id")


def _draw(
    sample: SimulatedSample,
    genes: pd.DataFrame,
    loadings: pd.DataFrame,
    profiles: pd.DataFrame,
    rng: np.random.Generator,
) -> Array:
    """Negative binomial counts around ``2^(mean + loadings · f + noise) - 1``, with ``f`` and noise normal."""
    factors = rng.standard_normal(loadings.shape[1])
    # plain sums, not a BLAS product: the same bits on every machine
    logs = genes["mean"].to_numpy() + (loadings.loc[genes.index].to_numpy() * factors).sum(axis=1)
    logs = logs + sample.gene_noise * rng.standard_normal(len(genes))
    shares = np.maximum(2.0**logs - 1.0, 0.0)
    shares[rng.random(len(genes)) < sample.dropout] = 0.0
    shares /= shares.sum()
    if sample.mix_with is not None:
        other = find_profile(profiles, sample.mix_with).reindex(genes.index).fillna(0.0).to_numpy()
        shares = (1.0 - sample.mix_share) * shares + sample.mix_share * other / other.sum()
    return _negative_binomial(sample.reads * shares, genes["dispersion"].to_numpy(), rng)


def _negative_binomial(mean: Array, dispersion: Array, rng: np.random.Generator) -> Array:
    """Counts of mean ``mean`` and variance ``mean + dispersion · mean²`` (gamma-Poisson)."""
    rate = rng.gamma(1.0 / dispersion, dispersion * mean)
    return rng.poisson(rate).astype(np.int64)


def metadata(samples: Sequence[SimulatedSample]) -> pd.DataFrame:
    """The ``samples.tsv`` that goes with the counts."""
    rows = [sample.model_dump(include={"name", "patient", "site", "preservation", "protocol"}) for sample in samples]
    return pd.DataFrame(rows).rename(columns={"name": "sample"}).set_index("sample")
