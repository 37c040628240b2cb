"""How far a score moves when a real library is thinned (the figures of docs/quality.md).

    python benchmarks/depth.py [DATA]

Thins 27 UMCCR libraries binomially, scores them against the full library, and prints, in standard deviations of the
reference tumours' scores, the mean shift, the root mean square error, and the noise that the score claimed.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from pancreassign import resources
from pancreassign.counts.readers import read_samples
from pancreassign.kit import load_kit
from pancreassign.normalize.apply import normalise
from pancreassign.signatures.score import score

DEPTHS = (20_000_000, 5_000_000, 2_000_000, 1_000_000, 500_000, 200_000, 100_000)


def main(data: Path) -> None:
    """Print a table for every depth."""
    kit = load_kit(resources.DEFAULT_PACK, resources.DEFAULT_REFERENCE)
    samples, _ = read_samples([data / "tumours/umccr_pdac/counts.tsv.gz"], kit.genes)
    rng = np.random.default_rng(0)
    signatures = kit.pack.signatures
    print("reads\tfigure\t" + "\t".join(signatures))
    for depth in DEPTHS:
        change, claimed = [], []
        for sample in samples[3:30]:
            full = normalise(sample.counts, kit.reference.genes, "counts", kit.genes.length)
            drawn = rng.binomial(sample.counts.astype(int), min(1.0, depth / sample.counts.sum()))
            counts = pd.Series(drawn.astype(float), index=sample.counts.index)
            thin = normalise(counts, kit.reference.genes, "counts", kit.genes.length)
            low, high = (
                [score(s.weights, seen.z, seen.error, kit.reference.z_loadings) for s in signatures.values()]
                for seen in (thin, full)
            )
            change.append([a.value - b.value for a, b in zip(low, high, strict=True)])
            claimed.append([one.noise for one in low])
        spread = np.array([s.reference_scores.std(ddof=1) for s in signatures.values()])
        moved = np.array(change) / spread
        for name, figures in (
            ("shift", moved.mean(axis=0)),
            ("rmse", np.sqrt((moved**2).mean(axis=0))),
            ("claimed", np.array(claimed).mean(axis=0) / spread),
        ):
            print(f"{depth}\t{name}\t" + "\t".join(f"{value:.2f}" for value in figures))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("../shared/data"))
