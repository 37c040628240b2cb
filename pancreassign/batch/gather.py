"""The results of all samples of a sheet together, from those of this run and of earlier ones."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from pancreassign import lesions, summaries
from pancreassign.artefacts import sha256_of
from pancreassign.batch import state
from pancreassign.batch.inputs import Inputs
from pancreassign.batch.ledger import Entry, Ledger
from pancreassign.batch.sheet import Line
from pancreassign.cohort import Job
from pancreassign.errors import OutputError, PancreassignError
from pancreassign.faces import RECORD, Maker
from pancreassign.kit import Kit
from pancreassign.output import staged
from pancreassign.records import Prediction, read_record

OPTIONS = ("format", "units", "strand", "lang", "reports", "fhir", "rcp", "name_patients", "jobs")
"""Options of a run of a sheet that ``run.json`` names."""


def check_ours(job: Job) -> None:
    """Raise :class:`OutputError` where results of something else stand in the output folder, unless ``force``."""
    taken = [name for name in summaries.RUN_FILES if (job.out / name).exists()]
    if taken and "sheet" not in earlier_run(job.out) and not job.force:
        mend = "Give another --out, or --force to replace it."
        raise OutputError(str(job.out / taken[0]), "was not made by a run of a sheet", mend)


def earlier_run(out: Path) -> dict[str, Any]:
    """What ``run.json`` of an earlier run says; nothing where there is none that can be read."""
    try:
        said = json.loads((out / summaries.RUN).read_bytes())
    except (OSError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}


def gather(
    sheet: Path,
    entries: Sequence[Entry],
    job: Job,
    kit: Kit,
    inputs: Inputs,
    ledger: Ledger,
    watch: summaries.Stopwatch,
) -> list[str]:
    """Write the results of all samples together, unless those that stand say the same already.

    Returns
    -------
    Notes for the user.
    """
    done = [entry for entry in entries if entry.line not in ledger.failed]
    before = earlier_run(job.out)
    failed = [_failure(line, error, job) for line, error in ledger.failed.items()]
    digest = _digest(done, failed, job)
    stand = all(_untouched(job.out, before, name) for name in before.get("outputs", {}))
    ledger.not_evaluable = before.get("not_evaluable", 0)
    if before.get("sheet", {}).get("digest") != digest or not stand:
        records = [_record(entry, job.out, ledger) for entry in done]
        counts = _counts(done, records, job.out, before, inputs, ledger)
        about = {
            "sheet": {"path": None if job.pseudonyms else str(sheet), "sha256": sha256_of(sheet), "digest": digest},
            "options": job.options(*OPTIONS),
            "pseudonymised": job.pseudonyms is not None,
            "lines": {"skipped": len(ledger.skipped), "done": len(ledger.records), "failed": len(failed)},
            "done_because": dict(sorted(Counter(ledger.why[line] for line in ledger.records).items())),
            "failed": failed,
        }
        _write(done, records, counts, job, kit, about, watch)
        ledger.not_evaluable = summaries.not_evaluable(records)
    return _left(job.out, done)


def _write(
    done: Sequence[Entry],
    records: Sequence[Prediction],
    counts: Sequence[pd.Series[float]],
    job: Job,
    kit: Kit,
    about: dict[str, Any],
    watch: summaries.Stopwatch,
) -> None:
    folders = [entry.folder for entry in done]
    views, _ = lesions.stems([entry.info for entry in done], folders)
    targets = [*summaries.RUN_FILES, *([lesions.FOLDER] if views else [])]
    owned = [*summaries.RUN_FILES, *lesions.earlier(job.out)]
    with staged(job.out, targets, force=True, owned=owned) as growing:
        lesions.write(growing, views, records, Maker(job.faces).lesions if job.reports else None)
        if records:
            parameters = job.options("format", "units", "strand")
            links = folders if job.reports else None
            summaries.write(growing, records, counts, kit, parameters, links, job.name_patients)
        watch.lap("write")
        summaries.write_run(growing, {**summaries.describe(records, kit, watch), **about})


def _record(entry: Entry, out: Path, ledger: Ledger) -> Prediction:
    own = ledger.records.get(entry.line)
    return own if own is not None else read_record(out / entry.folder / RECORD)


def _counts(
    done: Sequence[Entry],
    records: Sequence[Prediction],
    out: Path,
    before: dict[str, Any],
    inputs: Inputs,
    ledger: Ledger,
) -> list[pd.Series[float]]:
    """Each sample's counts: of this run, else as ``scores.h5ad`` of the earlier run holds them, else read again."""
    from pancreassign.export import anndata

    known = dict(ledger.counts)
    wanted = {entry.line: record for entry, record in zip(done, records, strict=True) if entry.line not in known}
    if wanted and _untouched(out, before, summaries.SCORES):
        held = anndata.read_counts(out / summaries.SCORES)
        for line, record in wanted.items():
            if record.sample.id in held and held[record.sample.id][0] == record.input.sha256:
                known[line] = held[record.sample.id][1]
    for line, sample in inputs.samples([line for line in wanted if line not in known]):
        if isinstance(sample, Exception):
            raise sample  # its bytes are those that it was scored from: it could be read then
        known[line] = sample.counts
    return [known[entry.line] for entry in done]


def _digest(done: Sequence[Entry], failed: Sequence[dict[str, Any]], job: Job) -> str:
    """A hash of all that the common results rest on."""
    rests = {
        "done": [(entry.folder, sha256_of(job.out / entry.folder / state.DONE)) for entry in done],
        "failed": failed,
        "name_patients": job.name_patients,
    }
    return hashlib.sha256(json.dumps(rests, sort_keys=True).encode()).hexdigest()


def _untouched(out: Path, before: dict[str, Any], name: str) -> bool:
    """Whether a common result is as the earlier run wrote it."""
    digest = before.get("outputs", {}).get(name)
    return (out / name).is_file() and sha256_of(out / name) == digest


def _failure(line: Line, error: Exception, job: Job) -> dict[str, Any]:
    """A failed line for ``run.json``; where names are hidden, without the message, which may quote them."""
    kind = type(error).__name__
    if job.pseudonyms:
        return {"sample": job.pseudonyms.of_sample(line.sample), "kind": kind, "problem": None}
    return {"sample": line.sample, "kind": kind, "problem": problem_of(error)}


def problem_of(error: Exception) -> str:
    """What is said of a failed line: our message, or that the fault is ours."""
    return str(error) if isinstance(error, PancreassignError) else f"a defect of pancreassign: {error!r}"


def _left(out: Path, done: Sequence[Entry]) -> list[str]:
    """A note on results of samples that failed now, or that the sheet names no more: they stay where they are."""
    current = {entry.folder for entry in done}
    left = sum(path.parent.name not in current for path in out.glob(f"*/{state.DONE}"))
    return [f"{out}: keeps earlier results of {left} samples, which summary.tsv does not list"] if left else []
