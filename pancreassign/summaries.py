"""What a run says of all its samples together, and of itself."""

from __future__ import annotations

import json
import platform
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import pandas as pd

from pancreassign import __version__
from pancreassign.artefacts import sha256_of
from pancreassign.errors import OutputError
from pancreassign.faces import DONE
from pancreassign.kit import Kit
from pancreassign.patients import with_several
from pancreassign.records import Call, Prediction

SUMMARY, SCORES, MULTIQC, PAGE, RUN = "summary.tsv", "scores.h5ad", "pancreassign_mqc.json", "cohort.html", "run.json"
COMMON = (SUMMARY, SCORES, MULTIQC, PAGE)
RUN_FILES = (*COMMON, RUN)
"""What a run writes beside its samples' folders."""
OF_RECORDS = ("samples", "patients_with_several_lesions", "quality", "not_evaluable", "calls")
"""What ``run.json`` says of the samples."""
LIBRARIES = ("anndata", "h5py", "matplotlib", "numpy", "pandas", "pydantic", "scipy", "typst")
"""Libraries that stand between the counts and a result, whose versions ``run.json`` names."""


@dataclass
class Stopwatch:
    """When a run began, and how long its stages took, in seconds: for ``run.json`` alone."""

    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    laps: dict[str, float] = field(default_factory=dict)
    _last: float = field(default_factory=time.perf_counter)

    def lap(self, stage: str) -> None:
        """The stage that ends now."""
        now = time.perf_counter()
        self.laps[stage] = round(self.laps.get(stage, 0.0) + now - self._last, 3)
        self._last = now


def write(
    folder: Path,
    records: Sequence[Prediction],
    counts: Sequence[pd.Series[float]],
    kit: Kit,
    parameters: Mapping[str, Any],
    folders: Sequence[str] | None,
    patients: bool,
    failed: Sequence[str | None] = (),
) -> None:
    """Write every file of :data:`RUN_FILES` but ``run.json`` into ``folder``.

    Parameters
    ----------
    records, counts
        One of each a sample, in the same order; counts by Ensembl gene id.
    parameters
        Options of the run that ``scores.h5ad`` keeps: text and numbers by name.
    folders
        Each sample's folder, where it holds a PDF that the page may link to.
    patients
        Whether the page names patients; else it numbers them.
    failed
        The patient, if known, of each sample that could not be scored.
    """
    from pancreassign.export import anndata, multiqc, table
    from pancreassign.page.build import to_html

    (folder / SUMMARY).write_bytes(table.to_tsv(records).encode())
    anndata.write(anndata.to_anndata(records, counts, kit.genes.symbol, parameters), folder / SCORES)
    (folder / MULTIQC).write_bytes(multiqc.to_mqc(records).encode())
    (folder / PAGE).write_bytes(to_html(records, folders=folders, patients=patients, failed=failed).encode())


def write_run(folder: Path, run: Mapping[str, Any], kept: Mapping[str, str]) -> None:
    """Write ``run.json``, with the hash of every other file in ``folder``, and of those that are ``kept`` elsewhere."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    hashes = {path.relative_to(folder).as_posix(): sha256_of(path) for path in files}
    text = json.dumps({**run, "outputs": {**kept, **hashes}}, indent=2, ensure_ascii=False) + "\n"
    (folder / RUN).write_bytes(text.encode("utf-8", "backslashreplace"))  # a path may hold bytes that are no text


def earlier_run(out: Path) -> dict[str, Any]:
    """What ``run.json`` of an earlier run says; nothing where there is none that can be read."""
    return _said(out / RUN)


def _said(path: Path) -> dict[str, Any]:
    try:
        said = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}


def check_same_names(out: Path, key: str | None) -> None:
    """Raise :class:`OutputError` where names would stand beside pseudonyms: equal counts would tell who is who.

    ``key`` tells the keys of pseudonyms apart, ``None`` stands for names; it is in ``run.json``, and in what a run that
    was stopped has left of each sample.
    """
    said = [_said(out / RUN), *map(_said, out.glob(f"*/{DONE}"))]
    if any("key" in own and own["key"] != key for own in said):
        problem = "holds results under other names (pseudonyms, those of another key, or none)"
        raise OutputError(str(out), problem, "Give another --out.")


def describe_run(kit: Kit, watch: Stopwatch) -> dict[str, Any]:
    """What ``run.json`` says of every run: what may differ between two of the same samples, and so is in no record."""
    pack, reference = kit.pack, kit.reference
    return {
        "schema": "pancreassign/run/1",
        "software": {"name": "pancreassign", "version": __version__},
        "versions": {"python": platform.python_version(), **{name: metadata.version(name) for name in LIBRARIES}},
        "started": watch.started.isoformat(timespec="seconds"),
        "seconds": round(sum(watch.laps.values()), 3),
        "timings": dict(watch.laps),
        "pack": {"name": pack.manifest["name"], "version": pack.manifest["version"], "sha256": pack.sha256},
        "reference": {
            "name": reference.name,
            "version": reference.manifest["version"],
            "protocol": reference.manifest["protocol"],
            "sha256": reference.sha256,
        },
        "catalogue": {"version": kit.catalogue.version, "sha256": kit.catalogue_sha256},
    }


def describe_records(records: Sequence[Prediction]) -> dict[str, Any]:
    """What ``run.json`` says of the samples: the keys of :data:`OF_RECORDS`."""
    calls = Counter(drug.call.value for record in records for drug in record.drugs)
    return {
        "samples": [record.sample.id for record in records],
        "patients_with_several_lesions": len(with_several(record.sample for record in records)),
        "quality": dict(sorted(Counter(record.qc.verdict for record in records).items())),
        "not_evaluable": not_evaluable(records),
        "calls": {call.value: calls[call.value] for call in Call},
    }


def not_evaluable(records: Sequence[Prediction]) -> int:
    """How many samples have no drug that can be called."""
    return sum(record.silent for record in records)


def same_counts(records: Sequence[Prediction]) -> list[str]:
    """A note where two samples hold the very same counts: one of them is most likely a slip."""
    by_input: dict[str, list[str]] = {}
    for record in records:
        by_input.setdefault(record.input.sha256, []).append(record.sample.id)
    return [
        f"{' and '.join(map(repr, names))} hold the same counts: was one file given twice?"
        for names in by_input.values()
        if len(names) > 1
    ]


def table_hashes(**tables: Path | None) -> dict[str, dict[str, str]]:
    """Path and hash of each table that was given, by its option."""
    return {name: {"path": str(path), "sha256": sha256_of(path)} for name, path in tables.items() if path}


def without_names(run: Mapping[str, Any]) -> dict[str, Any]:
    """``run`` for a pseudonymous folder.

    Paths and notes may name patients; the hash of a file that does can be found by trying names; and the day of the run
    is near that of the sample.
    """
    unknown = {"path": None, "sha256": None}
    hidden = {**run, "started": None}
    hidden["inputs"] = [{**own, **unknown} for own in run["inputs"]]
    hidden["tables"] = {name: {**own, **unknown} for name, own in run["tables"].items()}
    hidden["notes"] = [f"{len(run['notes'])} notes, which name files, were shown to the user alone"]
    if "sheet" in run:
        hidden["sheet"] = {**run["sheet"], **unknown}
    return hidden
