"""Build the tissue tables: what pure tumour, stroma, liver and acinar tissue look like beside each other.

    python data/tissues/build.py --data ../shared/data --orthologues mouse_to_human.csv

Writes ``genes.tsv.gz`` and ``profiles.tsv.gz`` beside this script; README.md names the sources. The content model is
fitted after the reference was built: ``fit_content.py``.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from pancreassign import resources
from pancreassign.counts.genes import GeneTable
from pancreassign.counts.readers import read_samples

HERE = Path(__file__).parent
MOST_ACINAR = 3
"""Tumours that the acinar profile is taken from (judgement: one would be a person)."""
ALBUMIN_HIGH = ("Sample_1", "Sample_2")
"""UMCCR's albumin-high libraries; Sample_3 is a near-duplicate of Sample_2."""
FEW_ACINAR = 0.005
"""Share of the reads on eight digestive enzymes below which a tumour may tell what stroma is (judgement)."""
FEWEST_TUMOUR_CELLS = 5
"""Tumours that the profile of human stroma is taken from (judgement)."""
UNDIFFERENTIATED = "TCGA-2J-AABP-01A-11R-A41B-07"
ACINAR = ("PRSS1", "CPA1", "CPA2", "CELA3A", "CTRB1", "CTRB2", "PNLIP", "CPB1")


def main() -> None:
    """Read the sources and write the two tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--orthologues", type=Path, required=True)
    args = parser.parse_args()
    genes = GeneTable.load(resources.data_dir() / "genes")
    counts = read_counts(args.data, genes)
    coding = genes.biotype.index[(genes.biotype == "protein_coding") & genes.symbol.ne("")]
    murine = as_human(args.data / "tumours/pacaomics_pdx/counts_murine.tsv.gz", args.orthologues, coding)
    moffitt = read_moffitt(args.data / "tumours/moffitt_s2", genes, coding)
    table = gene_table(counts["pdx"].loc[counts["pdx"].index.intersection(coding)], murine, moffitt, genes.symbol)
    profiles = profile_table(counts, murine, moffitt["CAF"], genes, coding, table)
    level = np.log2(1 + 1e6 * profiles.drop(columns="symbol")).reindex(table.index)
    for tissue in ("human_stroma", "liver", "acinar"):
        table[f"vs_{tissue}"] = level["tumour"] - level[tissue]
    write(table, HERE / "genes.tsv.gz", "%.3f")
    write(profiles, HERE / "profiles.tsv.gz", "%.4g")


def read_counts(data: Path, genes: GeneTable) -> dict[str, pd.DataFrame]:
    """Raw counts, genes × samples, by source."""
    files = {
        "umccr": "tumours/umccr_pdac/counts.tsv.gz",
        "tcga": "tumours/tcga_paad/counts_20.tsv.gz",
        "pdx": "tumours/pacaomics_pdx/counts_human.tsv.gz",
    }
    found = {}
    for name, path in files.items():
        samples, _ = read_samples([data / path], genes)
        found[name] = pd.DataFrame({sample.id: sample.counts for sample in samples})
    return found


def as_human(path: Path, orthologues: Path, coding: pd.Index) -> pd.DataFrame:
    """Murine counts by the human gene, where the two are each other's only orthologue."""
    pairs = pd.read_csv(orthologues)
    pairs = pairs[pairs["Human homology type"] == "ortholog_one2one"]
    human = pairs.drop_duplicates("Gene stable ID").set_index("Gene stable ID")["Human gene stable ID"]
    murine = pd.read_csv(path, sep="\t", index_col=0)
    ids = human.reindex(murine.index)
    known = ids.isin(coding).to_numpy()
    return murine[known].groupby(ids[known].to_numpy()).sum().sort_index()


def read_moffitt(folder: Path, genes: GeneTable, coding: pd.Index) -> dict[str, pd.DataFrame]:
    """Moffitt's FPKM-like values by Ensembl gene id, for xenografts (PDX) and fibroblasts (CAF)."""
    values = pd.read_csv(folder / "expression_fpkm_like.tsv.gz", sep="\t", index_col=0)
    ids = np.asarray(genes.resolve(values.index.astype(str)).primary)
    values = values[ids != ""].groupby(ids[ids != ""]).sum()
    kinds = pd.read_csv(folder / "samples.tsv", sep="\t", index_col=0)["sample_type"]
    here = values.loc[values.index.intersection(coding)]
    return {kind: here[kinds.index[kinds == kind]] for kind in ("PDX", "CAF")}


def gene_table(
    pdx: pd.DataFrame, murine: pd.DataFrame, moffitt: dict[str, pd.DataFrame], symbols: pd.Series
) -> pd.DataFrame:
    """How much more of each gene pure tumour holds than pure stroma, in log2, from two sources."""
    fibroblast = np.log2(1 + moffitt["PDX"]).mean(axis=1) - np.log2(1 + moffitt["CAF"]).mean(axis=1)
    common = pdx.index.intersection(murine.index)

    def level(counts: pd.DataFrame) -> pd.Series:
        # the same genes make the total of both species, or the one with more of them would seem lower in each
        return pd.Series(np.log2(1 + 1e6 * counts.loc[common] / counts.loc[common].sum()).mean(axis=1))

    table = pd.DataFrame({"vs_fibroblast": fibroblast, "vs_stroma": level(pdx) - level(murine)}).sort_index()
    table.insert(0, "symbol", symbols.reindex(table.index))
    return table.rename_axis("gene_id")


def profile_table(
    counts: dict[str, pd.DataFrame],
    murine: pd.DataFrame,
    fibroblasts: pd.DataFrame,
    genes: GeneTable,
    coding: pd.Index,
    table: pd.DataFrame,
) -> pd.DataFrame:
    """Shares of the reads of protein-coding genes in pure tissues; each column sums to 1."""
    tumour = share(counts["pdx"].reindex(coding).dropna())
    # FPKM times length is proportional to reads
    fibroblast = share(fibroblasts.mul(genes.length.reindex(fibroblasts.index), axis=0).dropna())
    stroma = share(murine)
    both = stroma.index.intersection(fibroblast.index)
    alone = fibroblast.index.difference(stroma.index)
    # genes without a single murine orthologue are taken from the fibroblasts, on the scale of the shared genes
    filled = pd.concat([stroma, fibroblast[alone] * (stroma[both].sum() / fibroblast[both].sum())])
    bulk = pd.concat([counts["umccr"], counts["tcga"]], axis=1).reindex(coding).dropna()
    plain = share(bulk.drop(columns=[*ALBUMIN_HIGH, "Sample_3"]))
    acinar = bulk.loc[genes.symbol.reindex(bulk.index).isin(ACINAR)].sum() / bulk.sum()
    most = acinar.sort_values().index[-MOST_ACINAR:]
    anchors = table.index[(table["vs_fibroblast"] >= 1) & (table["vs_stroma"] >= 1)].intersection(plain.index)
    strict = table.index[(table["vs_fibroblast"] >= 2) & ~(table["vs_stroma"] < 2)].intersection(bulk.index)
    clean = bulk.loc[:, (acinar < FEW_ACINAR) & ~bulk.columns.isin([*ALBUMIN_HIGH, "Sample_3", UNDIFFERENTIATED])]
    least = tumour_part(clean / clean.sum(), tumour, strict).sort_values().index[:FEWEST_TUMOUR_CELLS]
    columns: dict[str, pd.Series] = {
        "tumour": tumour,
        "stroma": filled,
        "fibroblast": fibroblast,
        "human_stroma": residual(bulk[least], tumour, strict),
        "liver": residual(bulk[list(ALBUMIN_HIGH)], plain, anchors),
        "acinar": residual(bulk[most], plain, anchors),
    }
    profiles = pd.DataFrame(columns).reindex(coding.sort_values()).fillna(0.0)
    profiles = profiles[(profiles > 0).any(axis=1)]
    profiles /= profiles.sum()
    profiles.insert(0, "symbol", genes.symbol.reindex(profiles.index))
    return profiles.rename_axis("gene_id")


def share(counts: pd.DataFrame) -> pd.Series:
    """Mean share of the reads over samples."""
    return pd.Series((counts / counts.sum()).mean(axis=1))


def residual(mixed: pd.DataFrame, tumour: pd.Series, anchors: pd.Index) -> pd.Series:
    """What is left of mixed samples when the average tumour is taken out of them.

    How much to take out is told by the genes of the tumour cell: the median of their ratio to the average tumour.
    """
    shares = mixed / mixed.sum()
    part = tumour_part(shares, tumour, anchors)
    print("tumour part of", dict(part.round(2)))
    left = pd.DataFrame({name: (shares[name] - part[name] * tumour).clip(lower=0.0) for name in shares})
    return share(left)


def tumour_part(shares: pd.DataFrame, tumour: pd.Series, anchors: pd.Index) -> pd.Series:
    """By sample, the median ratio of tumour-cell genes to the tumour's profile."""
    held = anchors[tumour.reindex(anchors) > 1e-5]
    return shares.loc[held].div(tumour[held], axis=0).median().clip(upper=1.0)


def write(table: pd.DataFrame, path: Path, digits: str) -> None:
    """A gzipped table without a time stamp, so that a rebuild gives the same bytes."""
    table.to_csv(path, sep="\t", float_format=digits, lineterminator="\n", compression={"method": "gzip", "mtime": 0})


if __name__ == "__main__":
    main()
