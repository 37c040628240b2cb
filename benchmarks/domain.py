"""Which real samples and mixtures each check of the tissue lets through (the figures of docs/quality.md).

    python benchmarks/domain.py [DATA]

Prints, for groups of real samples and of mixtures at known tumour content, the quantiles of what is measured, and how
many samples each code catches.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from pancreassign import resources
from pancreassign.counts.readers import read_samples
from pancreassign.kit import Kit, load_kit
from pancreassign.normalize.apply import normalise
from pancreassign.quality import content
from pancreassign.quality.assess import assess
from pancreassign.records import Drug, Qc
from pancreassign.signatures.score import score

CONTENTS = (0.9, 0.8, 0.7, 0.5, 0.2, 0.1, 0.05)
KINDS = ("human_stroma", "stroma", "fibroblast", "liver", "acinar")
PURE = "xenografts, human reads"
SHOWN = ("tumour programme", "tumour content", "stroma", "liver beside the tumour", "acinar pancreas beside the tumour")
SILENT = {"ok", "no_limit", "not_measured", "sex_not_stated", "below_published"}


def groups(data: Path, kit: Kit) -> Iterator[tuple[str, pd.DataFrame]]:
    """Named tables of counts, genes × samples."""

    def read(path: str) -> pd.DataFrame:
        samples, _ = read_samples([data / path], kit.genes)
        return pd.DataFrame({sample.id: sample.counts for sample in samples})

    bulk = pd.concat([read("tumours/umccr_pdac/counts.tsv.gz"), read("tumours/tcga_paad/counts_20.tsv.gz")], axis=1)
    yield "reference tumours", bulk[list(kit.reference.tumours)]
    yield "albumin-high", bulk[["Sample_1", "Sample_2", "Sample_3"]]
    yield "undifferentiated", bulk[["TCGA-2J-AABP-01A-11R-A41B-07"]]
    kidney = read("ffpe/ccrcc_32pairs_counts.tsv.gz")
    yield "kidney, normal", kidney.loc[:, kidney.columns.str.startswith("N")]
    yield "kidney, carcinoma", kidney.loc[:, kidney.columns.str.startswith("T")]
    yield "lymphoblasts", read("formats/rsem_ERR188021.genes.results.gz")
    pdx = read("tumours/pacaomics_pdx/counts_human.tsv.gz")
    yield PURE, pdx
    profiles = kit.yardstick.tissues.profiles
    own = pdx.reindex(profiles.index).fillna(0.0)
    own = own / own.sum()
    for kind in KINDS:
        for part in CONTENTS:
            yield f"{kind}, content {part:.0%}", 1e7 * (part * own).add((1 - part) * profiles[kind], axis=0)


def judge(counts: pd.Series, kit: Kit) -> tuple[Qc, pd.Series]:
    """The quality of one sample, and its five scores in standard deviations of the reference tumours."""
    seen = normalise(counts, kit.reference.genes, "counts", kit.genes.length)
    qc, measured = assess(counts, "counts", seen.bulk, kit.yardstick)
    burden = content.burden(measured, kit.yardstick.tissues.content)
    scores = {}
    for drug in Drug:
        signature = kit.pack.signatures[drug]
        raw = score(signature.weights, seen.z, seen.error, kit.reference.z_loadings).value
        corrected = float("nan") if raw is None else signature.drift.correct(raw, burden)[0]
        scores[drug.value] = corrected / signature.reference_scores.std(ddof=1)
    return qc, pd.Series(scores)


def main(data: Path) -> None:
    """Print two lines a group: quantiles of the measures, and counts of verdicts and codes."""
    kit = load_kit(resources.DEFAULT_PACK, resources.DEFAULT_REFERENCE)
    for name, table in groups(data, kit):
        both = {sample: judge(table[sample].dropna(), kit) for sample in table}
        judged = [qc for qc, _ in both.values()]
        scores = pd.DataFrame({sample: one for sample, (_, one) in both.items()})
        if name == PURE:
            pure = scores
        print(f"{name}\tn={len(judged)}\t{dict(Counter(qc.verdict for qc in judged))}")
        for title in SHOWN:
            values = pd.Series([next(c.value for c in qc.checks if c.name == title) for qc in judged], dtype=float)
            print(f"  {title}\t" + "\t".join(f"{value:.2f}" for value in values.quantile([0, 0.1, 0.5, 0.9, 1])))
        codes = Counter(f"{c.verdict}:{c.code}" for qc in judged for c in qc.checks if c.code not in SILENT)
        print(f"  {dict(codes)}")
        if "content" in name:
            change = scores - pure
            print("  shift SD\t" + "\t".join(f"{drug} {value:.2f}" for drug, value in change.mean(axis=1).items()))
            beyond = {limit: f"{(change.abs().max() > limit).mean():.0%}" for limit in (0.5, 1.0)}
            print(f"  share with a drug off by more SD than: {beyond}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("../shared/data"))
