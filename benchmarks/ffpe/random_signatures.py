"""Random signatures: what a score loses to paraffin, whatever it was trained on.

A signature is 100 genes of a set with normal weights on their z-scores. Every normalisation is given the same
signatures, so that they differ in nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmarks.ffpe.normalisations import PAIRS, Normalisation, standardise, values

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Indices = npt.NDArray[np.int64]

SIGNATURES = 500
GENES = 100
SEED = 20261122


@dataclass(frozen=True)
class Drawn:
    """Signatures of one gene set: gene positions, their partners in a pair, and weights, all signatures × genes."""

    genes: Indices
    partners: Indices
    weights: Array


def draw(mask: Mask, seed: int = SEED, signatures: int = SIGNATURES) -> Drawn:
    """Draw signatures inside a gene set; the partner of a gene is another gene of the set."""
    rng = np.random.default_rng(seed)
    members = np.flatnonzero(mask)
    # twice as many, without replacement: no gene is its own partner
    both = np.array([rng.permutation(members)[: 2 * GENES] for _ in range(signatures)])
    return Drawn(both[:, :GENES], both[:, GENES:], rng.standard_normal((signatures, GENES)))


class Scorer:
    """One normalisation, frozen with its reference: counts to scores in reference standard deviations."""

    def __init__(self, name: str, normalisation: Normalisation, reference: Array) -> None:
        self.name = name
        self._normalisation = normalisation
        self._reference = values(normalisation, reference)

    def normalised(self, counts: Array) -> Array:
        """samples × genes: z-scores, or for pairs the counts themselves."""
        own = values(self._normalisation, counts)
        return own if self.name == PAIRS else standardise(own, self._reference)

    def scores(self, normalised: Array, drawn: Drawn) -> Array:
        """samples × signatures, in standard deviations of the reference tumours' scores (not centred)."""
        reference = self._reference if self.name == PAIRS else standardise(self._reference, self._reference)
        spread = self._raw(reference, drawn).std(axis=0, ddof=1)
        return np.asarray(self._raw(normalised, drawn) / np.where(spread > 0, spread, np.nan))

    def _raw(self, own: Array, drawn: Drawn) -> Array:
        seen = own[:, drawn.genes]
        if self.name == PAIRS:
            other = own[:, drawn.partners]
            known = np.isfinite(seen)
            seen = np.where(known, (seen > other) + 0.5 * (seen == other), np.nan)
        return np.asarray(np.einsum("nsg,sg->ns", seen, drawn.weights))


def scorers(named: Mapping[str, Normalisation], reference: Array) -> list[Scorer]:
    """A scorer for each normalisation."""
    return [Scorer(name, normalisation, reference) for name, normalisation in named.items()]


def thin(counts: Array, reads: float, rng: np.random.Generator) -> Array:
    """Draw ``reads`` reads of each sample, binomially; a library that holds fewer stays whole (genes × samples)."""
    share = np.minimum(1.0, reads / counts.sum(axis=0))
    return rng.binomial(counts.astype(np.int64), share).astype(float)


def halves(counts: Array, rng: np.random.Generator) -> tuple[Array, Array]:
    """Two halves of each library, each read in one of them."""
    first = rng.binomial(counts.astype(np.int64), 0.5).astype(float)
    return first, counts - first
