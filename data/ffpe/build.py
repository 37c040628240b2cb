"""Measure the noise that paraffin adds to each gene beyond counting noise, and how often a gene is lost in it.

    python data/ffpe/build.py DATA

Reads the content-matched tumour pairs that signatures/pdac-public.toml lists, writes noise.tsv.gz beside this
script, and prints the figures of README.md. The same inputs give the same bytes: rows are sorted, digits fixed, and the
gzip header carries no time.
"""

from __future__ import annotations

import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import brentq
from scipy.special import polygamma
from scipy.stats import spearmanr

from pancreassign import resources
from pancreassign.counts.genes import GeneTable
from pancreassign.counts.readers import read_samples
from pancreassign.normalize import reference as references
from pancreassign.normalize.apply import counting_error

Array = npt.NDArray[np.float64]
Pairs = list[tuple[str, str]]

RECIPE = "pdac-public.toml"
MEASURABLE_READS = 10.0
MEASURABLE_LEVEL = 1.0
"""Mean reads a library and mean log2 abundance, over both sides, from which a gene's own noise is measured (judgement:
below, counting noise is most of the variance, and first-order formulas fail: those of counting and of log2(1 + a))."""
CLEAR = 5.0
"""Reads that a fresh count lets expect in paraffin, at its size, from which a gene is clearly there (judgement: none is
then seen in less than 1 of 100 by depth alone)."""
BINS = 25
"""Bins of equally many genes over which the trends are averaged (judgement: some 500 genes each)."""
NODES = 31
"""Nodes of the Gauss-Hermite sum over a gene's noise."""


@dataclass(frozen=True)
class Measured:
    """What pairs say of each measurable gene; ``level`` and ``change`` in log2 units, arrays of genes or genes × pairs.

    ``level`` is the mean log2 abundance over both sides, ``change`` FFPE - fresh, ``counting`` the variance that
    counting leaves in it, ``expected`` the reads in paraffin that the fresh count lets expect, ``absent`` where
    paraffin has none.
    """

    genes: pd.Index
    level: Array
    change: Array
    counting: Array
    expected: Array
    absent: npt.NDArray[np.bool_]

    @property
    def damping(self) -> Array:
        """How much of a small change of log2 abundance shows on the scale log2(1 + a): a / (1 + a)."""
        return np.asarray(1.0 - 2.0**-self.level)

    @property
    def excess(self) -> Array:
        """Variance of ``change`` over pairs beyond counting, for log2 of the abundance itself; may be below 0."""
        beyond = self.change.var(axis=1, ddof=1) - self.counting.mean(axis=1)
        return np.asarray(beyond / self.damping**2)


def measure(counts: dict[str, pd.Series], pairs: Pairs, world: pd.DataFrame) -> Measured:
    """Compare both sides of every pair, on the reference's scale."""
    logs, reads, counting, expected = [], [], [], []
    for pair in pairs:
        (ffpe, ffpe_size), (fresh, fresh_size) = (references.log_abundance(counts[name], world) for name in pair)
        sides = [counts[name].loc[fresh.index] for name in pair]
        logs.append((ffpe.to_numpy(), fresh.to_numpy()))
        reads.append([side.to_numpy() for side in sides])
        counting.append(counting_error(sides[0], ffpe_size) ** 2 + counting_error(sides[1], fresh_size) ** 2)
        expected.append(sides[1] * (ffpe_size / fresh_size))
    both, seen = np.array(logs), np.array(reads)
    level = both.mean(axis=(0, 1))
    use = (seen.mean(axis=(0, 1)) >= MEASURABLE_READS) & (level >= MEASURABLE_LEVEL)
    return Measured(
        genes=fresh.index[use],
        level=level[use],
        change=(both[:, 0] - both[:, 1]).T[use],
        counting=np.array(counting).T[use],
        expected=np.array(expected).T[use],
        absent=(seen[:, 0] == 0).T[use],
    )


def trend(level: Array, values: Array, over: Array) -> tuple[Array, Array]:
    """Mean level, and sum of ``values`` over sum of ``over``, in bins of equally many genes; not below 0."""
    bins = np.array_split(np.argsort(level, kind="stable"), BINS)
    means = [values[part].sum() / max(over[part].sum(), 1.0) for part in bins]
    return np.array([level[part].mean() for part in bins]), np.maximum(means, 0.0)


def prior_freedom(ratio: Array, freedom: int) -> float:
    """Degrees of freedom d of the prior that spreads the genes' variances about their trend.

    Variances over their expectation are F-distributed, and the variance of log F is ψ'(freedom / 2) + ψ'(d / 2)
    (Smyth 2004, Stat Appl Genet Mol Biol 3:3, doi 10.2202/1544-6115.1027).
    """
    left = float(np.log(ratio).var(ddof=1) - polygamma(1, freedom / 2))
    most = 1e6  # from here on the genes' variances are their trend's
    return float(brentq(lambda d: polygamma(1, d / 2) - left, 1e-3, most)) if left > polygamma(1, most / 2) else most


def noise_of(m: Measured) -> tuple[pd.Series, tuple[Array, Array], float]:
    """Standard deviation by gene, shrunken; the trend of its square (levels, variances); and the trend's weight.

    The posterior mean of a variance under the conjugate prior of mean ``trend`` and d degrees of freedom, with n of its
    own: the trend weighs (d - 2) / (d - 2 + n).
    """
    line = trend(m.level, m.excess, np.ones_like(m.level))
    expected = np.interp(m.level, *line)
    freedom = m.change.shape[1] - 1
    ratio = m.change.var(axis=1, ddof=1) / (expected * m.damping**2 + m.counting.mean(axis=1))
    prior = max(prior_freedom(ratio, freedom) - 2.0, 0.0)
    weight = 1.0 - freedom / (prior + freedom)
    variance = np.maximum(weight * expected + (1.0 - weight) * m.excess, 0.0)
    return pd.Series(np.sqrt(variance), index=m.genes), line, weight


def dropout_of(m: Measured, sd: pd.Series) -> tuple[Array, Array, Array]:
    """Trend over level of the share of pairs in which a gene that is clearly there in fresh is absent from paraffin.

    Taken off is what a Poisson count of the expected reads, disturbed by the gene's own noise, would leave absent.
    Returned are levels, dropout, and the share absent before anything is taken off.
    """
    clear = m.expected >= CLEAR
    nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
    spread = sd.to_numpy()[:, None]
    # noise on a log scale adds reads on the whole, which the library's size, a sum of reads, has in it already
    gain = (m.expected * np.exp((spread * np.log(2)) ** 2 / 2)).sum() / m.expected.sum()
    chance = sum(
        weight * np.exp(-m.expected / gain * 2.0 ** (spread * node))
        for node, weight in zip(nodes, weights / weights.sum(), strict=True)
    )
    absent, explained = ((values * clear).sum(axis=1) for values in (m.absent, chance))
    pairs = clear.sum(axis=1)
    levels, lost = trend(m.level, absent - explained, pairs)
    return levels, lost, trend(m.level, absent, pairs)[1]


def main(data: Path, out: Path) -> None:
    """Measure, print the figures, write the table into the folder ``out``."""
    genes = GeneTable.load(resources.data_dir() / "genes")
    world = references.load(resources.find_reference(resources.DEFAULT_REFERENCE)).genes
    listed = tomllib.loads((resources.signatures_dir() / RECIPE).read_text(encoding="utf-8"))["ffpe"]
    samples, _ = read_samples([data / listed["counts"]], genes)
    counts = {sample.id: sample.counts for sample in samples}
    pairs = [(ffpe, fresh) for ffpe, fresh in listed["matched"]]
    tumour = measure(counts, pairs, world)
    normal = measure(counts, [(ffpe.replace("T", "N", 1), fresh.replace("T", "N", 1)) for ffpe, fresh in pairs], world)
    sd, line, weight = noise_of(tumour)
    levels, lost, absent = dropout_of(tumour, sd)
    # at the level that a gene has in pancreatic tumours: what was not measured in kidney, and every dropout
    here = np.log2(1.0 + 1e6 * world["share"].to_numpy())
    table = pd.DataFrame(
        {
            "symbol": world["symbol"],
            "sd": sd.reindex(world.index).fillna(pd.Series(np.sqrt(np.interp(here, *line)), index=world.index)),
            "dropout": np.interp(here, levels, lost),
        }
    ).sort_index()
    table.rename_axis("gene_id").to_csv(
        out / "noise.tsv.gz",
        sep="\t",
        float_format="%.4f",
        lineterminator="\n",
        compression={"method": "gzip", "mtime": 0},
    )
    show(tumour, normal, sd, line, weight, (levels, lost, absent))


def show(
    tumour: Measured, normal: Measured, sd: pd.Series, line: tuple[Array, Array], weight: float, drop: tuple[Array, ...]
) -> None:
    """Print the figures of README.md."""
    print(f"pairs\t{tumour.change.shape[1]}")
    print(f"genes measured\t{len(sd)}")
    print(f"weight of the trend\t{weight:.2f}")
    print("sd, quartiles\t" + "\t".join(f"{q:.2f}" for q in sd.quantile([0.25, 0.5, 0.75])))
    print(f"sd over genes of the mean change, not in the table\t{tumour.change.mean(axis=1).std(ddof=1):.2f}")
    other, normal_line, _ = noise_of(normal)
    both = sd.index.intersection(other.index)
    own, theirs = (
        pd.Series(m.excess / np.interp(m.level, *trended), index=m.genes)[both]
        for m, trended in ((tumour, line), (normal, normal_line))
    )
    print(
        f"tumour and normal pairs, Spearman of sd\t{spearmanr(sd[both], other[both]).statistic:.2f}\t{len(both)} genes"
    )
    print(f"the same, of the unshrunken variance over its trend\t{spearmanr(own, theirs).statistic:.2f}")
    print("level (log2)\tsd of the trend\tabsent\tdropout")
    for row in zip(line[0], np.sqrt(line[1]), drop[2], drop[1], strict=True):
        print("\t".join(f"{value:.4f}" if k > 1 else f"{value:.2f}" for k, value in enumerate(row)))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("../shared/data"), Path(__file__).resolve().parent)
