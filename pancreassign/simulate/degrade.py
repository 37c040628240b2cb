"""Degraded libraries: reads of a real sample lost or moved as shallow sequencing, paraffin and 3' protocols do.

The steps, in the order in which they happen to a block: 3' bias, dropout, the noise of each gene, depth. No step
invents reads: 3' bias, dropout and depth only take reads away, and the noise hands reads of some genes to others.

Each gene is disturbed by itself, so a score moves less than in a real block (data/ffpe/README.md has the figures): a
simulated block is a lower bound of what paraffin does.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from pancreassign.errors import ArtefactError, ConfigError, PancreassignError, raise_all
from pancreassign.simulate.libraries import Counts, check_labels, generator, label, read_gene_table, thin

Array = npt.NDArray[np.float64]

SHORT_GENE = 500.0
"""Bases of exon below which a gene keeps all its reads under 3' bias (judgement: about the length from which a
fragment's end tells 3' from 5'). A lower limit would leave fewer reads of every longer gene."""
MOST_FFPE = 10.0
"""Largest strength of the measured noise (judgement: far beyond any library worth simulating)."""
NOISE_MEND = "Restore it from its release, or build it again with data/ffpe/build.py."


@dataclass(frozen=True)
class Degradation:
    """How libraries are degraded; nothing by default.

    Attributes
    ----------
    reads
        Library sizes, one simulated library for each; empty for all the reads that the other steps leave.
    ffpe
        Strength of the noise of each gene: 1 as measured between paraffin and fresh tissue, 0 for none.
    dropout
        Strength of dropout: multiplies the measured probability that a gene is lost.
    three_prime
        Share of the way from counts proportional to gene length (0) to counts independent of it (1).
    """

    reads: tuple[int, ...] = ()
    ffpe: float = 0.0
    dropout: float = 0.0
    three_prime: float = 0.0

    def __post_init__(self) -> None:
        """Raise :class:`ConfigError` where a value is out of its range."""
        for name, value, most in (
            ("ffpe", self.ffpe, MOST_FFPE),
            ("dropout", self.dropout, math.inf),
            ("three-prime", self.three_prime, 1.0),
        ):
            if not (math.isfinite(value) and 0.0 <= value <= most):
                range_ = "0 or more" if most == math.inf else f"0 to {most:g}"
                raise ConfigError(f"--{name}", f"is {value:g}", f"Give {range_}.")
        for reads in self.reads:
            if reads < 1:
                raise ConfigError("--reads", f"is {reads}", "Give a whole number of 1 or more.")

    def words(self, reads: int | None) -> str:
        """What is done to a library, as it stands in its name."""
        done = (("ffpe", self.ffpe), ("dropout", self.dropout), ("3prime", self.three_prime))
        parts = [f"{name}{value:.15g}" for name, value in done if value > 0]
        parts += [f"{reads}reads"] if reads is not None else []
        return "_".join(parts) or "intact"


def read_noise(path: Path) -> pd.DataFrame:
    """Read the table that ``data/ffpe/build.py`` writes: ``sd`` (log2 units) and ``dropout`` (probability) by gene.

    Raises
    ------
    InputError, ArtefactError
        Where it cannot be read, or is damaged.
    """
    table = read_gene_table(path, NOISE_MEND)
    if list(table.columns) != ["sd", "dropout"]:
        raise ArtefactError(str(path), "expected the columns gene_id, symbol, sd, dropout", NOISE_MEND)
    if (table["dropout"] > 1.0).any():
        raise ArtefactError(str(path), "gives a dropout above 1, which is no probability", NOISE_MEND)
    return table


def degrade(
    counts: pd.DataFrame, wanted: Degradation, noise: pd.DataFrame, lengths: pd.Series, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Degrade every sample, each by a generator of its own.

    The steps before depth are drawn once for a sample: its libraries of several depths are thinned from the same
    degraded one, so that they differ by depth alone. Each step has a stream of its own, so that one more or less
    changes no draw of the others.

    Parameters
    ----------
    counts
        genes × samples, whole numbers, by Ensembl gene id.
    wanted
        What is done to them.
    noise
        ``sd`` and ``dropout`` by Ensembl gene id; a gene that it lacks is given the median of those it has.
    lengths
        Bases of exon, by Ensembl gene id, of every gene of ``counts``.
    seed
        0 or more.

    Returns
    -------
    genes × simulated libraries, and their ``samples.tsv`` with the truth (``source``, ``seed``, ``reads``, ``ffpe``,
    ``dropout``, ``three_prime``).

    Raises
    ------
    ConfigError
        Where a library has fewer reads left than were asked for.
    SampleError
        Where two results would have one name.
    """
    depths: tuple[int | None, ...] = wanted.reads or (None,)
    names = {(sample, reads): label(str(sample), wanted.words(reads)) for sample in counts for reads in depths}
    check_labels([label(str(sample), wanted.words(reads)) for sample in counts for reads in depths])
    known = noise.reindex(counts.index).fillna(noise.median())
    lost = np.minimum(wanted.dropout * known["dropout"].to_numpy(), 1.0)
    spread = wanted.ffpe * known["sd"].to_numpy()
    kept = three_prime_kept(lengths.loc[counts.index].to_numpy(dtype=float), wanted.three_prime)
    drawn: dict[str, Counts] = {}
    faults: list[PancreassignError] = []
    for sample in counts:
        own = counts[sample].to_numpy(dtype=np.int64)
        library = _degraded(own, kept, lost, spread, generator(seed, str(sample)))
        left = int(library.sum())
        for reads in depths:
            name = names[sample, reads]
            if reads is None or reads <= left:
                drawn[name] = library if reads is None else thin(library, reads, generator(seed, name))
            else:
                faults.append(_too_few(str(sample), reads, left, int(own.sum())))
    raise_all(faults)
    simulated = pd.DataFrame(drawn, index=counts.index)
    return simulated, _truth(simulated, wanted, {name: str(key[0]) for key, name in names.items()}, seed)


def three_prime_kept(lengths: Array, strength: float) -> Array:
    """Probability that a read survives 3' bias, ``min(1, 500 / length) ** strength``, by gene.

    A full-length library gives a transcript reads in proportion to its length, a 3' library one tag whatever its
    length: keeping each read in inverse proportion to the length turns the first into the second.
    """
    return np.asarray(np.minimum(1.0, SHORT_GENE / lengths) ** strength)


def _degraded(counts: Counts, kept: Array, lost: Array, spread: Array, rng: np.random.Generator) -> Counts:
    """One library after 3' bias, dropout and the noise of each gene."""
    biasing, dropping, shaking = rng.spawn(3)
    library: Counts = biasing.binomial(counts, kept)
    library[dropping.random(len(counts)) < lost] = 0
    return _shaken(library, spread, shaking)


def _shaken(counts: Counts, spread: Array, rng: np.random.Generator) -> Counts:
    """Multiply each gene by ``2 ** normal(0, spread)``, scaled so that the library is expected to keep its size.

    A factor q keeps each read ⌊q⌋ times, and once more with probability q - ⌊q⌋: a gene that loses is thinned, and
    one that gains carries the counting noise that it had. Reads that come out above the size given are taken back.
    """
    total = int(counts.sum())
    if total == 0:
        return counts
    factor = 2.0 ** (spread * rng.standard_normal(len(counts)))
    factor *= total / float((counts * factor).sum())  # not a BLAS product: the same bits on every machine
    whole = np.floor(factor)
    drawn: Counts = counts * whole.astype(np.int64) + rng.binomial(counts, factor - whole)
    return thin(drawn, min(total, int(drawn.sum())), rng)


def _too_few(sample: str, reads: int, left: int, given: int) -> ConfigError:
    after = "" if left == given else f" left after degrading, of {given}"
    return ConfigError(sample, f"has {left} reads{after}, fewer than the {reads} asked for", "Ask for fewer reads.")


def _truth(simulated: pd.DataFrame, wanted: Degradation, source: dict[str, str], seed: int) -> pd.DataFrame:
    """The ``samples.tsv`` that goes with the counts."""
    names = list(simulated.columns)
    rows = {
        "patient": [label(source[name]) for name in names],
        "site": "",
        "preservation": "ffpe" if wanted.ffpe > 0 or wanted.dropout > 0 else "unknown",
        "source": [source[name] for name in names],
        "seed": seed,
        "reads": simulated.sum().to_numpy(dtype=np.int64),
        "ffpe": wanted.ffpe,
        "dropout": wanted.dropout,
        "three_prime": wanted.three_prime,
    }
    return pd.DataFrame(rows, index=pd.Index(names, name="sample"))
