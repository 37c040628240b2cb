"""How many coding genes a clean library detects at its depth, and what genomic DNA adds (figures of docs/quality.md).

    python benchmarks/detected_genes.py [DATA]

Thins the UMCCR libraries that the reference was fitted on binomially (seed 0) to a ladder of reads on the
reference's protein-coding genes and prints the share of those genes with five counts or more: median, least, most,
and beside it the median that ``pancreassign.quality.library.DETECTED`` holds. Then it adds reads as genomic DNA would
leave them (by gene length alone), as a share of the reads on coding genes, and prints the excess.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from pancreassign import resources
from pancreassign.counts.genes import GeneTable
from pancreassign.counts.readers import read_samples
from pancreassign.normalize import reference
from pancreassign.quality.library import DETECTED, MIN_COUNT, excess_genes

ADDED = (0.0, 0.002, 0.005, 0.01, 0.02, 0.05)


def main(data: Path) -> None:
    """Print the curve, then the excess by depth and added genomic DNA."""
    genes = GeneTable.load(resources.data_dir() / "genes")
    world = reference.load(resources.find_reference(resources.DEFAULT_REFERENCE))
    samples, _ = read_samples([data / "tumours/umccr_pdac/counts.tsv.gz"], genes)
    coding = world.genes.index
    used = [sample.counts[coding] for sample in samples if sample.id in world.tumours]
    rng = np.random.default_rng(0)
    print(f"{len(used)} libraries, {len(coding)} coding genes\nreads\tmedian\tleast\tmost\tDETECTED")
    for depth, stored in DETECTED.items():
        # a library shallower than the step says nothing of it
        shares = [(thin(c, depth, rng) >= MIN_COUNT).mean() for c in used if c.sum() >= depth]
        print(f"{depth:.0f}\t{np.median(shares):.3f}\t{min(shares):.3f}\t{max(shares):.3f}\t{stored}\tof {len(shares)}")
    print("reads\tadded DNA\tmedian excess\tleast\tmost")
    lengths = genes.length[coding]
    dna = (lengths / lengths.sum()).to_numpy()
    for depth in (1e6, 5e6, 10e6):
        for added in ADDED:
            excess = [excess_genes(thin(c, depth, rng) + rng.poisson(added * depth * dna), coding) for c in used]
            print(f"{depth:.0f}\t{added}\t{np.median(excess):.3f}\t{min(excess):.3f}\t{max(excess):.3f}")


def thin(counts: pd.Series, depth: float, rng: np.random.Generator) -> pd.Series:
    """``counts`` thinned binomially to an expected sum of ``depth``; as they are where they hold no more."""
    share = min(1.0, depth / counts.sum())
    return pd.Series(rng.binomial(counts.astype(int), share).astype(float), index=counts.index)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("../shared/data"))
