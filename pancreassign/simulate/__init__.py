"""Simulated samples: drawn from the frozen reference, degraded or mixed on purpose, and labelled as simulated."""

from pancreassign.simulate.mix import read_profiles
from pancreassign.simulate.tumours import SimulatedSample, SimulationRecipe, metadata, read_recipe, simulate

__all__ = ["SimulatedSample", "SimulationRecipe", "metadata", "read_profiles", "read_recipe", "simulate"]
