"""A laboratory's own tables, or published ones that need no loader: taken as they are, counts as TPM too."""

from __future__ import annotations

import shutil

import pandas as pd

from pancreassign.counts.readers import read_samples
from pancreassign.errors import ConfigError
from pancreassign.training.sources.tables import Job, write

TPM = "expression_tpm.tsv.gz"


def copy(job: Job) -> None:
    """Every file under its own name; with ``tpm_from`` also :data:`TPM`, genes × samples, by Ensembl id.

    ``tpm_from`` may be of any counting program that ``score`` reads. Counts are divided by the gene's length and scaled
    to a million in each sample; TPM and FPKM are scaled so too. A gene that not every sample has is left out.
    """
    for name, path in job.raw.items():
        target = job.out / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    wanted = job.source.tpm_from
    if not wanted:
        return
    unknown = sorted(set(wanted) - set(job.raw))
    if unknown:
        raise ConfigError(f"sources.{job.source.name}.tpm_from", f"names {unknown[0]!r}", "List it among files too.")
    samples, _ = read_samples([job.raw[name] for name in wanted], job.genes)
    columns = {}
    for one in samples:
        length = job.genes.length.reindex(one.counts.index)
        rate = one.counts / length if one.units == "counts" else one.counts
        columns[one.id] = 1e6 * rate / rate.sum()
    write(pd.DataFrame(columns).dropna().rename_axis("gene_id"), job.out / TPM)
