"""Fit the model of tumour content on TCGA's purities and on mixtures of known content.

    python data/tissues/fit_content.py --data ../shared/data

Writes ``content.toml`` beside this script, with the figures that README.md and docs/quality.md cite. It stands on the
shipped reference, so it is run after that was built.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
import tomli_w
from scipy.optimize import least_squares

from pancreassign import resources
from pancreassign.counts.genes import GeneTable
from pancreassign.counts.readers import read_samples
from pancreassign.normalize import reference as references
from pancreassign.quality import content

HERE = Path(__file__).parent
FRACTIONS = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05)
"""Tumour contents of the mixtures, each tumour with each kind of stroma."""
KINDS = ("human_stroma", "stroma", "fibroblast")
"""Profiles that the tumours are mixed with."""
FOLDS = 10


def main() -> None:
    """Fit, write, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    data = parser.parse_args().data
    genes = GeneTable.load(resources.data_dir() / "genes")
    counts = {
        name: read_counts(data / "tumours" / path, genes)
        for name, path in (("tcga", "tcga_paad/counts_20.tsv.gz"), ("pdx", "pacaomics_pdx/counts_human.tsv.gz"))
    }
    profiles = pd.read_csv(HERE / "profiles.tsv.gz", sep="\t", index_col=0)
    fitted = fit_content(counts, profiles, genes, data / "tumours/tcga_paad")
    text = "# Written by fit_content.py; never edited.\n" + tomli_w.dumps(fitted)
    (HERE / "content.toml").write_text(text, encoding="utf-8")
    print(text)


def read_counts(path: Path, genes: GeneTable) -> pd.DataFrame:
    """Raw counts, genes × samples."""
    samples, _ = read_samples([path], genes)
    return pd.DataFrame({sample.id: sample.counts for sample in samples})


def fit_content(
    counts: dict[str, pd.DataFrame], profiles: pd.DataFrame, genes: GeneTable, tcga: Path
) -> dict[str, dict[str, float]]:
    """Fit the two constants of the content model on TCGA's purities and on mixtures of known content."""
    table = pd.read_csv(HERE / "genes.tsv.gz", sep="\t", index_col=0)
    frozen = references.load(resources.find_reference(resources.DEFAULT_REFERENCE))
    sets = content.gene_sets(table, frozen.genes)
    mixtures, truth, sources = mixed_indices(counts["pdx"], profiles, frozen, sets)
    indices, purity = tcga_indices(counts["tcga"], tcga, genes, frozen, sets)

    def residuals(parameters: np.ndarray, rows: np.ndarray) -> np.ndarray:
        seen = content.fraction(indices.iloc[rows], *parameters) - purity.iloc[rows]
        made = content.fraction(mixtures, *parameters) - truth
        return np.concatenate([seen / np.sqrt(len(seen)), made / np.sqrt(len(made))])

    everyone = np.arange(len(purity))
    offsets = least_squares(residuals, [0.0, 0.0], args=(everyone,)).x
    held = pd.Series(0.0, index=purity.index)
    fold = np.random.default_rng(0).permutation(len(purity)) % FOLDS
    for one in range(FOLDS):
        own = least_squares(residuals, [0.0, 0.0], args=(everyone[fold != one],)).x
        held.iloc[fold == one] = content.fraction(indices.iloc[fold == one], *own)
    error, made = held - purity, content.fraction(mixtures, *offsets) - truth
    # the larger of the two root mean squares, bias included: a patient's sample comes alone
    rms = {"tcga_rms": np.sqrt((error**2).mean()), "mixtures_rms": np.sqrt((made**2).mean())}
    figures = {
        "tcga_n": len(purity),
        "tcga_mae": error.abs().mean(),
        "tcga_mae_of_median": (purity - purity.median()).abs().mean(),
        "tcga_bias": error.mean(),
        **rms,
        "tcga_spearman": held.corr(purity, method="spearman"),
        **{f"mixtures_mae_{name}": np.abs(made[sources == name]).mean() for name in KINDS},
    }
    model = {"stroma_offset": offsets[0], "immune_offset": offsets[1], "error": max(rms.values())}
    return {
        "model": {key: float(f"{value:.4g}") for key, value in model.items()},
        "figures": {key: float(f"{value:.3g}") for key, value in figures.items()},
    }


def mixed_indices(
    pdx: pd.DataFrame, profiles: pd.DataFrame, frozen: references.Reference, sets: dict[str, pd.Index]
) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Indices of pure tumours mixed with each kind of stroma, their true contents and the kind."""
    pure = pdx.reindex(profiles.index).fillna(0.0)
    pure = pure / pure.sum()
    rows, truth, sources = [], [], []
    for kind in KINDS:
        for fraction in FRACTIONS:
            mixture = 1e7 * (fraction * pure).add((1 - fraction) * profiles[kind], axis=0)
            for name in mixture:
                bulk, _ = references.log_abundance(mixture[name], frozen.genes)
                rows.append(content.levels(bulk - frozen.genes["bulk_mean"].reindex(bulk.index), sets))
                truth.append(fraction)
                sources.append(kind)
    return pd.DataFrame(rows), np.array(truth), np.array(sources)


def tcga_indices(
    counts: pd.DataFrame, folder: Path, genes: GeneTable, frozen: references.Reference, sets: dict[str, pd.Index]
) -> tuple[pd.DataFrame, pd.Series]:
    """Indices and ABSOLUTE purities of the adenocarcinomas among TCGA's 172 tumours.

    Their table is log2 RSEM with gaps; each gene's offset from our scale comes from the tumours in both tables.
    """
    rsem = pd.read_csv(folder / "log2_rsem_172_partial.tsv.gz", sep="\t", index_col=0)
    ids = np.asarray(genes.resolve(rsem.index.astype(str)).primary)
    rsem = rsem[ids != ""].groupby(ids[ids != ""]).first()
    rsem.columns = rsem.columns.str[:12]
    own = {}
    for name in counts:
        bulk, _ = references.log_abundance(counts[name].dropna(), frozen.genes)
        own[name[:12]] = bulk - frozen.genes["bulk_mean"].reindex(bulk.index)
    ours = pd.DataFrame(own)
    common = [name for name in ours if name in rsem and rsem[name].notna().mean() > 0.9]
    offset = (rsem[common] - ours.reindex(rsem.index)[common]).mean(axis=1)
    centred = rsem.sub(offset, axis=0)
    clinical = pd.read_csv(folder / "clinical.tsv", sep="\t", index_col=0).reindex(centred.columns)
    use = clinical.index[(clinical["in_published_150_PDAC"] == True) & clinical["absolute_purity"].notna()]  # noqa: E712
    here = {name: members.intersection(centred.index) for name, members in sets.items()}
    indices = pd.DataFrame({name: content.levels(centred[name].dropna(), here) for name in use}).T.dropna()
    return indices, clinical.loc[indices.index, "absolute_purity"]


if __name__ == "__main__":
    main()
