"""Responses of cell lines: GDSC2, CTRPv2 and PRISM, each as one tidy table by DepMap's ``ModelID``."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from pancreassign.errors import ConfigError
from pancreassign.training.sources.tables import Job, read_columns, write_responses

LATEST = "MTS010"
"""PRISM's last screen, which repeated compounds of the earlier ones: where a line and drug have it, it alone counts."""
CTRP_FILES = {
    "v20.data.curves_post_qc.txt": ["experiment_id", "area_under_curve", "master_cpd_id"],
    "v20.meta.per_experiment.txt": ["experiment_id", "master_ccl_id"],
    "v20.meta.per_cell_line.txt": ["master_ccl_id", "ccl_name"],
    "v20.meta.per_compound.txt": ["master_cpd_id", "cpd_name"],
}
"""The four of CTRPv2's ten files that are read, and their columns."""


def gdsc2(job: Job) -> None:
    """``GDSC2_fitted_dose_response_*`` (workbook or CSV): natural logarithm of the IC50 in µM; high is resistant."""
    table = read_columns(job.only(), ["COSMIC_ID", "DRUG_NAME", "LN_IC50"])
    table.columns = ["line", "drug", "value"]
    write_responses(job, table, "COSMICID", "lnIC50")


def ctrpv2(job: Job) -> None:
    """CTRPv2, the zip as published or its files: area under the curve, in its own units; high is resistant.

    A curve's line is its experiment's; an experiment that is listed with two lines is left out.
    """
    curves, experiments, lines, compounds = (_ctrp(job, name) for name in CTRP_FILES)
    experiments = experiments.drop_duplicates()
    doubtful = experiments["experiment_id"].duplicated(keep=False)
    if doubtful.any():
        job.tell(f"{job.source.name}: {int(doubtful.sum())} rows of experiments with two lines are left out")
    joined = (
        curves.merge(experiments[~doubtful], on="experiment_id")
        .merge(lines.drop_duplicates("master_ccl_id"), on="master_ccl_id")
        .merge(compounds.drop_duplicates("master_cpd_id"), on="master_cpd_id")
    )
    table = joined.rename(columns={"ccl_name": "line", "cpd_name": "drug", "area_under_curve": "value"})
    write_responses(job, table[["line", "drug", "value"]], "StrippedCellLineName", "AUC")


def _ctrp(job: Job, name: str) -> pd.DataFrame:
    archives = [path for file, path in job.raw.items() if file.endswith(".zip")]
    if not archives:
        return read_columns(job.called(name), CTRP_FILES[name], sep="\t")
    return _unpacked(archives[0], name, lambda stream: read_columns(Path(name), CTRP_FILES[name], stream, sep="\t"))


def _unpacked(archive: Path, name: str, read: Callable[[object], pd.DataFrame]) -> pd.DataFrame:
    try:
        with zipfile.ZipFile(archive) as packed:
            members = [one for one in packed.namelist() if one.rpartition("/")[2] == name]
            if len(members) != 1:
                raise ConfigError(str(archive), f"holds {len(members)} files {name}", "Give CTRPv2's expanded dataset.")
            with packed.open(members[0]) as stream:
                return read(stream)
    except (OSError, zipfile.BadZipFile) as error:
        raise ConfigError(
            str(archive), f"is no zip archive ({error})", "It may be a page of errors: bring it again."
        ) from None


def prism(job: Job) -> None:
    """PRISM's ``secondary-screen-dose-response-curve-parameters.csv``: area under the curve; high is resistant.

    Lines whose identity failed (``passed_str_profiling``) are left out.
    """
    columns = ["depmap_id", "name", "auc", "screen_id", "passed_str_profiling"]
    table = read_columns(job.only(), columns)
    table = table[table["passed_str_profiling"].astype(str).str.upper() == "TRUE"].dropna(subset=["depmap_id", "auc"])
    latest = table["screen_id"] == LATEST
    redone = latest.groupby([table["depmap_id"], table["name"]]).transform("any")
    table = table[latest | ~redone].rename(columns={"depmap_id": "line", "name": "drug", "auc": "value"})
    write_responses(job, table[["line", "drug", "value"]], "ModelID", "AUC")
