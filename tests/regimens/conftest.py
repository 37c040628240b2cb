"""The shipped catalogue, and drugs made to order."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from pancreassign import resources
from pancreassign.records import Call, Drug, Grade
from pancreassign.regimens.catalogue import Catalogue, load_catalogue
from pancreassign.regimens.rules import DrugEvidence

REFERENCE = np.linspace(0.05, 0.75, 21)
"""Sensitive probabilities of 21 reference tumours; the resistant ones are 0.8 less these."""

MakeDrug = Callable[..., DrugEvidence]


def make_drug(
    call: Call = Call.INTERMEDIATE,
    sensitive: float = 0.3,
    resistant: float = 0.3,
    half: float = 0.0,
    grade: Grade = "C",
) -> DrugEvidence:
    """One drug's evidence; ``half`` is half the width of both intervals."""

    def triple(p: float) -> tuple[float, float, float]:
        return max(0.0, p - half), p, min(1.0, p + half)

    return DrugEvidence(call, grade, triple(sensitive), triple(resistant), REFERENCE, 0.8 - REFERENCE)


def dead_drug(grade: Grade = "D") -> DrugEvidence:
    """A drug without a call: its numbers must never be used, so they are not even numbers."""
    nan = (float("nan"),) * 3
    return DrugEvidence(Call.NOT_EVALUABLE, grade, nan, nan, np.array([]), np.array([]))


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return load_catalogue(resources.data_dir() / "regimens" / "regimens.toml")


@pytest.fixture
def five() -> dict[Drug, DrugEvidence]:
    """Five drugs that say nothing in particular."""
    return {drug: make_drug() for drug in Drug}
