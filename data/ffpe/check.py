"""Check noise.tsv.gz: does a simulated paraffin block lie as far from its fresh tissue as the real one does?

    python data/ffpe/check.py DATA

Degrades the fresh side of the ten pairs (``ffpe`` and ``dropout`` 1, at the depth of the real paraffin side where the
fresh one has as many reads) and prints, by expression level, the standard deviation over pairs of log2 paraffin -
log2 fresh and the share of genes absent, real and simulated; then the same of the scores of the shipped signatures, in
standard deviations of the fresh scores. Half of this is circular, since the table was measured on these pairs: what can
fail is the shrinking, the counting part, the dropout, and that genes are disturbed independently of each other.
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd

from pancreassign import resources
from pancreassign.counts.genes import GeneTable
from pancreassign.counts.readers import read_samples
from pancreassign.normalize import reference as references
from pancreassign.normalize.apply import normalise
from pancreassign.signatures import pack as packs
from pancreassign.simulate import degrade, libraries

LEVELS = (0.0, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 16.0)
SEEDS = range(5)


def main(data: Path) -> None:
    """Print both tables."""
    genes = GeneTable.load(resources.data_dir() / "genes")
    world = references.load(resources.find_reference(resources.DEFAULT_REFERENCE)).genes
    pack = packs.load(resources.find_pack(resources.DEFAULT_PACK))
    weights = {drug: signature.weights for drug, signature in pack.signatures.items()}
    noise = degrade.read_noise(Path(__file__).resolve().parent / "noise.tsv.gz")
    listed = tomllib.loads((resources.signatures_dir() / "pdac-public.toml").read_text(encoding="utf-8"))["ffpe"]
    samples, _ = read_samples([data / listed["counts"]], genes)
    counts = libraries.counts_of(samples)
    pairs = [(ffpe, fresh) for ffpe, fresh in listed["matched"]]
    fresh = counts[[fresh for _, fresh in pairs]]
    sides = {"real": [counts[[ffpe for ffpe, _ in pairs]].set_axis(fresh.columns, axis=1)], "simulated": []}
    for seed in SEEDS:
        sides["simulated"].append(
            pd.DataFrame({name: _simulated(counts, ffpe, name, noise, genes, seed) for ffpe, name in pairs})
        )

    before, start = _logs(fresh, world), _scores(fresh, world, weights, genes.length)
    level = pd.cut(before.mean(axis=1), LEVELS)
    there = fresh.loc[before.index] >= 10
    columns, rows = {}, {}
    for what, tables in sides.items():
        spread = [(_logs(table, world) - before).std(axis=1, ddof=1) for table in tables]
        absent = [((table.loc[before.index] == 0) & there).sum(axis=1) for table in tables]
        columns[f"{what} sd"] = sum(s.groupby(level, observed=True).median() for s in spread) / len(tables)
        lost = sum(a.groupby(level, observed=True).sum() for a in absent) / len(tables)
        columns[f"{what} absent"] = lost / there.sum(axis=1).groupby(level, observed=True).sum()
        moved = [(_scores(table, world, weights, genes.length) - start) / start.std(ddof=1) for table in tables]
        rows[f"{what}, spread"] = sum(m.std(ddof=1) for m in moved) / len(tables)
        rows[f"{what}, rmse"] = sum(np.sqrt((m**2).mean()) for m in moved) / len(tables)
    print(pd.DataFrame(columns).to_csv(sep="\t", float_format="%.4f"), end="")
    print(pd.DataFrame(rows).T.to_csv(sep="\t", float_format="%.2f"), end="")


def _logs(counts: pd.DataFrame, world: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({name: references.log_abundance(counts[name], world)[0] for name in counts})


def _scores(
    counts: pd.DataFrame, world: pd.DataFrame, weights: dict[str, pd.Series], lengths: pd.Series
) -> pd.DataFrame:
    """Samples × signatures; a gene that is not in the file counts as average."""
    z = {name: normalise(counts[name], world, "counts", lengths).z for name in counts}
    return pd.DataFrame(
        {drug: {name: own.reindex(w.index).fillna(0.0) @ w for name, own in z.items()} for drug, w in weights.items()}
    )


def _simulated(
    counts: pd.DataFrame, ffpe: str, fresh: str, noise: pd.DataFrame, genes: GeneTable, seed: int
) -> pd.Series:
    """The fresh side, degraded to paraffin of the real one's depth."""
    given = counts[[fresh]]
    wanted = degrade.Degradation(ffpe=1.0, dropout=1.0)
    library = degrade.degrade(given, wanted, noise, genes.length, seed)[0].iloc[:, 0]
    reads = min(int(counts[ffpe].sum()), int(library.sum()))
    drawn = libraries.thin(library.to_numpy(), reads, np.random.default_rng(seed))
    return pd.Series(drawn, index=counts.index)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("../shared/data"))
