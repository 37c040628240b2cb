"""Mixed libraries: part of a real sample's reads replaced by reads of stroma, liver or another tissue."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from pancreassign.errors import ArtefactError, ConfigError
from pancreassign.simulate.libraries import Counts, check_labels, generator, label, read_gene_table, thin

Array = npt.NDArray[np.float64]

PROFILES_MEND = "Give a table with gene_id (Ensembl), symbol, and a column of shares of reads for each profile."
SUM_TOLERANCE = 0.001
"""How far from one the shares of a profile may sum (judgement: digits rounded over 20,000 genes)."""


def read_profiles(path: Path) -> pd.DataFrame:
    """Read profiles: genes × profiles, each the shares of reads over protein-coding genes, summing to one.

    Raises
    ------
    InputError, ArtefactError
        Where the table cannot be read, or is damaged.
    """
    table = read_gene_table(path, PROFILES_MEND)
    sums = table.sum()
    for name in table.columns[(sums - 1.0).abs() > SUM_TOLERANCE]:
        raise ArtefactError(str(path), f"the shares of {name} sum to {sums[name]:.4g}, not to 1", PROFILES_MEND)
    return table


def find_profile(profiles: pd.DataFrame, name: str) -> pd.Series:
    """One profile by its name; raises :class:`ConfigError` that lists the known ones where there is none of it."""
    if name not in profiles:
        raise ConfigError(f"profile {name}", "is not in the table", f"Known: {', '.join(map(str, profiles.columns))}.")
    return profiles[name]


def mix(
    counts: pd.DataFrame, profile: pd.Series, fractions: Sequence[float], seed: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Mix every sample with a profile at every fraction, each library by a generator of its own.

    With ``n`` reads in the sample, exactly ``round(f · n)`` of its own are kept, drawn without replacement, and the
    others are drawn from the profile, so expected counts are ``n · (f · own shares + (1 - f) · profile shares)`` and
    the library keeps its size. ``f`` is a share of reads, not of cells, and of the sample as it came: where that
    holds stroma already, its share of tumour is lower than ``f``.

    Parameters
    ----------
    counts
        genes × samples, whole numbers, by Ensembl gene id.
    profile
        Shares of reads by Ensembl gene id, named after the tissue. Genes that the samples lack stay absent, and the
        shares of the others are scaled to sum to one; genes that the profile lacks, such as non-coding ones, are
        the tumour's alone.
    fractions
        Shares of the sample's own reads, 0 to 1.
    seed
        0 or more.

    Returns
    -------
    genes × simulated libraries, and their ``samples.tsv`` with the truth (``source``, ``seed``, ``reads``,
    ``profile``, ``content``).

    Raises
    ------
    ConfigError
        Where a fraction is out of range, none is given, or the profile shares no gene with the samples.
    SampleError
        Where two results would have one name.
    """
    if not fractions:
        raise ConfigError("--content", "is not given", "Give one or more shares of the sample's own reads, 0 to 1.")
    for fraction in fractions:
        if not 0.0 <= fraction <= 1.0:
            raise ConfigError("--content", f"is {fraction:g}", "Give a share of reads, 0 to 1.")
    shares = profile.reindex(counts.index).fillna(0.0).to_numpy(dtype=float)
    if shares.sum() <= 0:
        raise ConfigError(f"--with {profile.name}", "shares no expressed gene with the samples", PROFILES_MEND)
    plan = [
        (str(sample), f, label(str(sample), f"{profile.name}_content{f:.15g}")) for sample in counts for f in fractions
    ]
    check_labels([name for _, _, name in plan])
    drawn = {
        name: _mixed(counts[sample].to_numpy(dtype=np.int64), shares / shares.sum(), fraction, generator(seed, name))
        for sample, fraction, name in plan
    }
    simulated = pd.DataFrame(drawn, index=counts.index)
    rows = {
        "patient": [label(sample) for sample, _, _ in plan],
        "site": "",
        "preservation": "unknown",
        "source": [sample for sample, _, _ in plan],
        "seed": seed,
        "reads": simulated.sum().to_numpy(dtype=np.int64),
        "profile": profile.name,
        "content": [fraction for _, fraction, _ in plan],
    }
    return simulated, pd.DataFrame(rows, index=pd.Index(list(simulated.columns), name="sample"))


def _mixed(own: Counts, shares: Array, fraction: float, rng: np.random.Generator) -> Counts:
    """One library: reads kept of its own, and reads of the profile in the place of the others."""
    total = int(own.sum())
    kept = round(fraction * total)
    return thin(own, kept, rng) + rng.multinomial(total - kept, shares)
