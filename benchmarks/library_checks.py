"""What the checks of a library say of every real one (the figures of docs/quality.md).

    python benchmarks/library_checks.py [DATA]

Limits come from the shipped reference's own tumours, measured here. Prints, per set, the least, median and greatest
of each metric; then how many libraries each check warns of and fails, without and with the published limits; then sex
genes against the sex in TCGA's clinical table and between the four libraries of each kidney patient; then the share
of mouse reads of the xenografts. UMCCR and TCGA are also what the reference was fitted on.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd

from pancreassign import resources
from pancreassign.counts.genes import GeneTable
from pancreassign.counts.readers import read_samples
from pancreassign.counts.samples import Sample
from pancreassign.normalize import reference
from pancreassign.quality import identity, library, protocol
from pancreassign.quality.verdict import worst

SETS = {
    "UMCCR": "tumours/umccr_pdac/counts.tsv.gz",
    "TCGA": "tumours/tcga_paad/counts_20.tsv.gz",
    "PaCaOmics": "tumours/pacaomics_pdx/counts_human.tsv.gz",
    "kidney": "ffpe/ccrcc_32pairs_counts.tsv.gz",
    "HTSeq": "formats/htseq_human_candidate.txt.gz",
    "RSEM": "formats/rsem_ERR188021.genes.results.gz",
    "nf-core": "formats/nfcore_salmon.merged.gene_counts.tsv.gz",
    "STAR": "formats/star_ReadsPerGene.out.tab.gz",
}


def main(data: Path) -> None:
    """Print the tables."""
    table = GeneTable.load(resources.data_dir() / "genes")
    genes = pd.DataFrame({"symbol": table.symbol, "biotype": table.biotype, "length": table.length})
    world = reference.load(resources.find_reference(resources.DEFAULT_REFERENCE))
    sets = {name: read_samples([data / path], table)[0] for name, path in SETS.items()}
    stable = world.genes.index[world.genes["stable"]]
    measured = {
        name: {s.id: library.measure(s.counts, s.units, genes, world.genes["bulk_mean"], stable) for s in samples}
        for name, samples in sets.items()
    }
    every = pd.DataFrame({**measured["UMCCR"], **measured["TCGA"]}).T
    limits = library.limits_of(every.loc[list(world.tumours)])
    print("limits", limits)
    profile = world.genes.loc[stable, "bulk_mean"]
    for name, samples in sets.items():
        print_set(name, samples, measured[name], limits, genes, profile)
    print_sex(sets, genes, data)
    print_mouse(sets["PaCaOmics"], data)


def print_set(
    name: str,
    samples: list[Sample],
    measured: dict[str, dict[str, float]],
    limits: dict[str, float],
    genes: pd.DataFrame,
    profile: pd.Series,
) -> None:
    """Print one set's metrics, and what each check says of its libraries."""
    for metric, values in pd.DataFrame(measured).T.items():
        print(f"{name}\t{metric}\t" + " / ".join(f"{v:.4g}" for v in values.quantile([0, 0.5, 1])))
    listed = genes["biotype"].reindex(samples[0].counts.index)
    print(f"{name}\tlists {len(listed)} genes, {(listed == 'protein_coding').sum()} of them coding")
    found: Counter[str] = Counter()
    verdicts: Counter[str] = Counter()
    for sample in samples:
        inferred = protocol.infer(sample.counts, genes, profile)
        made = library.checks(measured[sample.id], limits, sample.units, inferred.protocol, "full-length")
        found.update(f"{check.name}: {check.verdict} {check.code}" for check in made if check.verdict != "pass")
        own = [check for check in made if not check.name.startswith("published")]
        verdicts[f"own {worst(own)}"] += 1
        if worst(own) != "pass" or inferred.protocol is None:
            print(f"{name}\t{sample.id}\town {worst(own)}, protocol {inferred.protocol or 'unclear'}")
        verdicts[f"with published {worst(made)}"] += 1
    print(f"{name}\t{len(samples)} libraries\t{dict(sorted(verdicts.items()))}\t{dict(sorted(found.items()))}")


def print_sex(sets: dict[str, list[Sample]], genes: pd.DataFrame, data: Path) -> None:
    """Print XIST and Y genes against the stated sex, as stated and swapped, and between one patient's libraries."""
    stated = pd.read_csv(data / "tumours/tcga_paad/clinical.tsv", sep="\t", index_col="patient")["gender"].str.lower()
    swapped = {"female": "male", "male": "female"}
    for title, turn in (("as stated", lambda sex: sex), ("swapped", swapped.get)):
        calls: Counter[str] = Counter()
        for sample in sets["TCGA"]:
            sex = stated[sample.id[:12]]
            check = identity.sex_check(sample.counts, sample.units, genes, turn(sex))
            calls[f"{sex} {check.verdict} {check.code}"] += 1
            if title == "as stated":
                print(f"TCGA\t{sample.id}\t{sex}\t" + levels(sample, genes))
        print(f"TCGA\tsex {title}\t{dict(sorted(calls.items()))}")
    for name in ("UMCCR", "PaCaOmics"):
        found = [identity.sex_check(s.counts, s.units, genes, None).code for s in sets[name]]
        print(f"{name}\tnothing stated\t{dict(Counter(found))}")
    patients: dict[str, list[str]] = {}
    y: dict[str, list[float]] = {"Y": [], "no Y": []}
    usp9y = genes.index[genes["symbol"] == "USP9Y"][0]
    for sample in sets["kidney"]:
        check = identity.sex_check(sample.counts, sample.units, genes, "female")
        call = "Y" if check.verdict == "warn" else "no Y"
        number = re.sub(r"\D", "", sample.id)
        patients.setdefault(number, []).append(call)
        y[call].append(float(check.value or 0.0))
        if call == "no Y":
            per_million = 1e6 * sample.counts[usp9y] / sample.counts.sum()
            print(f"kidney\t{sample.id}\tY {check.value:.2f}\tUSP9Y {per_million:.2f}")
    agree = Counter(f"{len(calls)} libraries, {' and '.join(sorted(set(calls)))}" for calls in patients.values())
    print(f"kidney\tpatients\t{dict(agree)}\tY {min(y['Y']):.2f} to {max(y['Y']):.2f}, no Y up to {max(y['no Y']):.2f}")


def levels(sample: Sample, genes: pd.DataFrame) -> str:
    """XIST and the Y genes of one library, in reads per million."""
    xist, y = (identity.sex_check(sample.counts, sample.units, genes, sex).value for sex in ("male", "female"))
    return f"XIST {xist:.2f}\tY {y:.2f}"


def print_mouse(human: list[Sample], data: Path) -> None:
    """Print the share of mouse reads of each xenograft, and what the check says."""
    murine = pd.read_csv(data / "tumours/pacaomics_pdx/counts_murine.tsv.gz", sep="\t", index_col=0).sum()
    shares = [murine[s.id] / (murine[s.id] + s.counts.sum()) for s in human]
    calls = Counter(identity.mouse_check(share).verdict for share in shares)
    print("mouse\t" + " / ".join(f"{v:.3f}" for v in np.quantile(shares, [0, 0.5, 1])) + f"\t{dict(calls)}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("../shared/data"))
