"""How well the counts tell a library's protocol (the figures of docs/quality.md).

    python benchmarks/protocol.py [DATA]

Infers the protocol of every real library, and of the same libraries turned into 3' ones: counts divided by gene
length, times a factor per gene (log2 standard deviation 0 or 1), drawn by Poisson at 5 million and 1 million reads
(seed 0). There is no real 3' library among the data, and the simulation divides by the same lengths that the slope is
taken on, so its sensitivity is an upper bound. The real libraries are also drawn at 1 million reads. Prints per set
the least, median and greatest slope and shares that panels leave out, and the calls. UMCCR and TCGA are also what the
reference was fitted on.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from pancreassign import resources
from pancreassign.counts.genes import GeneTable
from pancreassign.counts.readers import read_samples
from pancreassign.normalize import reference
from pancreassign.quality.protocol import Inferred, infer

SETS = {
    "UMCCR": "tumours/umccr_pdac/counts.tsv.gz",
    "TCGA": "tumours/tcga_paad/counts_20.tsv.gz",
    "PaCaOmics": "tumours/pacaomics_pdx/counts_human.tsv.gz",
    "kidney (capture)": "ffpe/ccrcc_32pairs_counts.tsv.gz",
    "HTSeq": "formats/htseq_human_candidate.txt.gz",
    "RSEM": "formats/rsem_ERR188021.genes.results.gz",
    "nf-core": "formats/nfcore_salmon.merged.gene_counts.tsv.gz",
}
MIN_LENGTH = 200.0
Turn = Callable[[pd.Series], pd.Series]


def main(data: Path) -> None:
    """Print a table per set and kind of library."""
    genes = GeneTable.load(resources.data_dir() / "genes")
    world = reference.load(resources.find_reference(resources.DEFAULT_REFERENCE)).genes
    frame = pd.DataFrame({"symbol": genes.symbol, "biotype": genes.biotype, "length": genes.length})
    stable = world.loc[world["stable"], "bulk_mean"]
    rng = np.random.default_rng(0)
    kinds: dict[str, Turn] = {
        "as is": lambda counts: counts,
        "1 M": lambda counts: draw(counts, 1e6, rng),
        "3' 5 M": lambda counts: draw(shortened(counts, genes.length, 0.0, rng), 5e6, rng),
        "3' 5 M noisy": lambda counts: draw(shortened(counts, genes.length, 1.0, rng), 5e6, rng),
        "3' 1 M noisy": lambda counts: draw(shortened(counts, genes.length, 1.0, rng), 1e6, rng),
    }
    print("set\tlibraries\tkind\tslope\tmitochondrial\tnon-coding\tcalls")
    for name, path in SETS.items():
        samples, _ = read_samples([data / path], genes)
        for kind, turn in kinds.items():
            found = [infer(turn(sample.counts), frame, stable) for sample in samples]
            shares = [span(found, part) for part in ("slope", "mitochondrial", "noncoding")]
            calls = Counter(one.protocol or "unclear" for one in found)
            print(f"{name}\t{len(samples)}\t{kind}\t" + "\t".join(shares) + f"\t{dict(sorted(calls.items()))}")


def span(found: list[Inferred], part: str) -> str:
    """Least, median and greatest of one part."""
    values = [value for one in found if (value := getattr(one, part)) is not None]
    return " / ".join(f"{value:.4f}" for value in np.quantile(values, [0, 0.5, 1])) if values else "-"


def shortened(counts: pd.Series, length: pd.Series, noise: float, rng: np.random.Generator) -> pd.Series:
    """What a 3' library would hold in proportion: counts over length, with ``noise`` (log2 sd) per gene."""
    per_molecule = counts / length.reindex(counts.index).clip(lower=MIN_LENGTH)
    return per_molecule * 2.0 ** rng.normal(0.0, noise, len(counts))


def draw(rates: pd.Series, reads: float, rng: np.random.Generator) -> pd.Series:
    """Poisson counts in proportion to ``rates``, ``reads`` in all."""
    return pd.Series(rng.poisson(rates * (reads / rates.sum())).astype(float), index=rates.index)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("../shared/data"))
