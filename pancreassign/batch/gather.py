"""The results of all samples of a sheet together, from those of this run and of earlier ones."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from pancreassign import lesions, summaries
from pancreassign.artefacts import sha256_of
from pancreassign.batch import state
from pancreassign.batch.account import Before, account, failures
from pancreassign.batch.inputs import Inputs
from pancreassign.batch.ledger import Entry, Ledger
from pancreassign.batch.sheet import Sheet
from pancreassign.cohort import Job
from pancreassign.errors import OutputError, SampleError
from pancreassign.faces import DONE, RECORD, Maker
from pancreassign.kit import Kit
from pancreassign.output import staged
from pancreassign.records import Prediction, read_record


def check_ours(job: Job) -> None:
    """Check that a run of a sheet may write into the output folder.

    Raises
    ------
    OutputError
        Where results of something else stand there, unless ``force``; or results under other names.
    """
    summaries.check_same_names(job.out, job.key_id)
    taken = [name for name in summaries.RUN_FILES if (job.out / name).exists()]
    if taken and not Before(job.out).of_sheet and not job.force:
        mend = "Give another --out, or --force to replace it."
        raise OutputError(str(job.out / taken[0]), "was not made by a run of a sheet", mend)


def gather(
    sheet: Sheet,
    entries: Sequence[Entry],
    job: Job,
    kit: Kit,
    inputs: Inputs,
    ledger: Ledger,
    watch: summaries.Stopwatch,
) -> list[str]:
    """Write the results of all samples together, unless those that stand say the same already; and ``run.json``.

    Returns
    -------
    Notes for the user.
    """
    _refuse_twins(entries, job, ledger)
    done = [entry for entry in entries if entry.line not in ledger.failed]
    before = Before(job.out)
    notes = _left(job.out, done) if done else []
    if not done and not before.of_sheet and before.outputs:
        return [f"{job.out}: no line could be done; the results of something else that stand there stay"]
    digest = _digest(done, job, ledger)
    kept = not done or before.stand(digest)
    views = {} if kept else _views(done, ledger, notes)
    owned = [] if kept else [*summaries.COMMON, *lesions.earlier(job.out)]
    targets = [summaries.RUN] if kept else [*summaries.RUN_FILES, *([lesions.FOLDER] if views else [])]
    with staged(job.out, targets, force=True, owned=owned) as growing:
        if kept:
            said = before.said_of_records
            if not done:
                notes.append(f"{job.out}: no line could be done; the common results of the earlier run stay, if any")
        else:
            records = [_record(entry, job.out, ledger) for entry in done]
            counts = _counts(done, records, before, inputs, ledger)
            lesions.write(growing, views, records, Maker(job.faces).lesions if job.reports else None)
            links = [entry.folder for entry in done] if job.reports else None
            parameters = job.options("format", "units", "strand")
            failed = [ledger.infos[line].patient for line in ledger.failed]
            summaries.write(growing, records, counts, kit, parameters, links, job.name_patients, failed)
            said = summaries.describe_records(records)
        watch.lap("write")
        ledger.not_evaluable = said.get("not_evaluable", 0)
        own = account(sheet, digest, entries, job, ledger)
        run = {**summaries.describe_run(kit, watch), **own, **said, "notes": [*inputs.notes, *notes]}
        hidden = summaries.without_names(run) if job.pseudonyms else run
        summaries.write_run(growing, hidden, before.outputs if kept else {})
    return notes


def _refuse_twins(entries: Sequence[Entry], job: Job, ledger: Ledger) -> None:
    """Fail the samples that hold the very same counts: one of them is a slip, and nobody knows which."""
    takers: dict[str, list[Entry]] = {}
    for entry in entries:
        if entry.line in ledger.failed:
            continue
        own = ledger.records.get(entry.line)
        counts = own.input.sha256 if own is not None else state.input_of(job.out / entry.folder)
        takers.setdefault(counts, []).append(entry)
    for twins in takers.values():
        for entry in twins if len(twins) > 1 else ():
            others = " and ".join(repr(other.line.sample) for other in twins if other is not entry)
            problem = f"gives {entry.line.sample!r} the same counts as {others}"
            mend = "Name for each sample its own file or column."
            ledger.failed[entry.line] = SampleError(str(entry.line.path), problem, mend)
            ledger.records.pop(entry.line, None)
            if entry.line in ledger.skipped:
                ledger.skipped.remove(entry.line)


def _views(done: Sequence[Entry], ledger: Ledger, notes: list[str]) -> dict[str, str]:
    """Where the views of patients go; none for one with a lesion that failed: it would not say what is missing."""
    views, _ = lesions.stems([entry.info for entry in done], [entry.folder for entry in done])
    for line in ledger.failed:
        patient = ledger.infos[line].patient
        if patient is not None and patient in {entry.info.patient for entry in done}:
            views.pop(patient, None)
            notes.append(f"no view of the lesions of the patient of {line.sample!r}, which failed")
    return views


def _record(entry: Entry, out: Path, ledger: Ledger) -> Prediction:
    own = ledger.records.get(entry.line)
    return own if own is not None else read_record(out / entry.folder / RECORD)


def _counts(
    done: Sequence[Entry], records: Sequence[Prediction], before: Before, inputs: Inputs, ledger: Ledger
) -> list[pd.Series[float]]:
    """Each sample's counts: of this run, else as ``scores.h5ad`` of the earlier run holds them, else read again."""
    from pancreassign.export import anndata

    known = dict(ledger.counts)
    wanted = {entry.line: record for entry, record in zip(done, records, strict=True) if entry.line not in known}
    if wanted and before.untouched(summaries.SCORES):
        held = anndata.read_counts(before.out / summaries.SCORES)
        for line, record in wanted.items():
            if record.sample.id in held and held[record.sample.id][0] == record.input.sha256:
                known[line] = held[record.sample.id][1]
    for line, sample in inputs.samples([line for line in wanted if line not in known]):
        if isinstance(sample, Exception):
            raise sample  # its bytes are those that it was scored from: it could be read then
        known[line] = sample.counts
    return [known[entry.line] for entry in done]


def _digest(done: Sequence[Entry], job: Job, ledger: Ledger) -> str:
    """A hash of all that the common results rest on."""
    rests = {
        "done": [(entry.folder, sha256_of(job.out / entry.folder / DONE)) for entry in done],
        "failed": failures(ledger, job),
        "name_patients": job.name_patients,
    }
    return hashlib.sha256(json.dumps(rests, sort_keys=True).encode()).hexdigest()


def _left(out: Path, done: Sequence[Entry]) -> list[str]:
    """A note on results of samples that failed now, or that the sheet names no more: they stay where they are."""
    current = {entry.folder for entry in done}
    left = sum(path.parent.name not in current for path in out.glob(f"*/{DONE}"))
    return [f"{out}: keeps earlier results of {left} samples, which summary.tsv does not list"] if left else []
