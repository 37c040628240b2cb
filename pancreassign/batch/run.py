"""Working off a sheet: each sample's results appear whole, one after another; those of all together at the end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from pancreassign import lesions, summaries
from pancreassign.batch import state
from pancreassign.batch.gather import check_ours, gather
from pancreassign.batch.inputs import Inputs, attempt
from pancreassign.batch.ledger import Entry, Ledger
from pancreassign.batch.sheet import Line, read_sheet
from pancreassign.cohort import Job, Progress, Warn, write_sample
from pancreassign.counts.names import folder_name
from pancreassign.errors import OutputError, raise_all
from pancreassign.faces import DONE, SAMPLE_FILES, Maker
from pancreassign.kit import Kit
from pancreassign.output import locked, staged
from pancreassign.produce import Product, Task, workshop
from pancreassign.records import Prediction, SampleInfo


def run(sheet: Path, job: Job, progress: Progress, warn: Warn) -> Ledger:
    """Work off a sheet: skip what is done and unchanged, redo what changed, list what failed and go on with the rest.

    Parameters
    ----------
    sheet
        The sample sheet (:func:`pancreassign.batch.sheet.read_sheet`).
    job
        The options; its ``counts`` and ``samples`` are not used. With ``force`` every line is done again.
    progress, warn
        As in :func:`pancreassign.cohort.score`.

    Raises
    ------
    PancreassignError
        Where the sheet or an option is wrong, or results cannot be written; what was done by then stands whole.

    Returns
    -------
    What became of each line. An error in it that is no ``PancreassignError`` is a defect of ours.
    """
    watch = summaries.Stopwatch()
    read = read_sheet(sheet)
    infos = [job.pseudonyms.hide(line.info) if job.pseudonyms else line.info for line in read.lines]
    raise_all(lesions.stems(infos, [folder_name(info.id) for info in infos])[1])
    Maker(job.faces).check_language({})
    with locked(job.out):
        check_ours(job)
        kit = job.means.kit()
        inputs, ledger = Inputs(job, kit), Ledger(dict(zip(read.lines, infos, strict=True)))
        for note in inputs.check(read.lines):
            warn(note)
        entries = list(_entries(job, kit, inputs, ledger))
        pending = list(_pending(entries, job, ledger))
        watch.lap("read")
        _do(pending, job, kit, inputs, ledger, progress)
        watch.lap("score")
        for note in (*inputs.notes, *gather(read, entries, job, kit, inputs, ledger, watch)):
            warn(note)
    return ledger


def _entries(job: Job, kit: Kit, inputs: Inputs, ledger: Ledger) -> Iterator[Entry]:
    """The lines whose files can be had; the others are failed."""
    maker = Maker(job.faces)

    def entry(line: Line, info: SampleInfo) -> Entry:
        clinical = inputs.clinical(line)
        maker.check_language(clinical.given())
        options = job.options("format", "units", "strand")
        found = inputs.sha256(line)
        counts = found, line.column or ""
        if job.pseudonyms:  # names and bytes could be found by trying
            counts = job.pseudonyms.digest(counts[0]), job.pseudonyms.digest(counts[1])
        return Entry(line, info, clinical, state.grounds(kit, job.faces, options, counts, info, clinical), found)

    for line, info in ledger.infos.items():
        made = attempt(entry, line, info)
        if isinstance(made, Exception):
            ledger.failed[line] = made
        else:
            yield made


def _pending(entries: Sequence[Entry], job: Job, ledger: Ledger) -> Iterator[Entry]:
    """The entries that must be done, entered with why; the others are skipped, or failed."""
    for entry in entries:
        why = state.why_again(job.out / entry.folder, entry.grounds, job.faces.files)
        if why == state.ALIEN and not job.force:
            where = str(job.out / entry.folder)
            mend = "Give another --out, or --force to replace it."
            ledger.failed[entry.line] = OutputError(where, "holds files that no run of a sheet has made", mend)
        elif why is None and not job.force:
            ledger.skipped.append(entry.line)
        else:
            ledger.why[entry.line] = why or state.FORCED
            yield entry


def _do(pending: Sequence[Entry], job: Job, kit: Kit, inputs: Inputs, ledger: Ledger, progress: Progress) -> None:
    taken: list[Entry] = []
    entries = {entry.line: entry for entry in pending}

    def tasks() -> Iterator[Task]:
        for line, sample in inputs.samples(list(entries)):
            if isinstance(sample, Exception):
                ledger.failed[line] = sample
                continue
            entry = entries[line]
            taken.append(entry)
            ledger.counts[line] = sample.counts
            yield Task(replace(sample, id=entry.info.id), entry.info, entry.clinical)

    with workshop(job.means, kit) as cores:
        for place, product in enumerate(cores.products(tasks())):
            entry = taken[place]
            kept = product if isinstance(product, Exception) else attempt(_keep, entry, product, job)
            if isinstance(kept, Exception):
                ledger.failed[entry.line] = kept
            else:
                ledger.records[entry.line] = kept
            progress(sum(line in ledger.failed or line in ledger.records for line in entries), len(entries))


def _keep(entry: Entry, product: Product, job: Job) -> Prediction:
    """Put one sample's files into place, and what they rest on; its record."""
    owned = [f"{entry.folder}/{name}" for name in SAMPLE_FILES]
    with staged(job.out, [entry.folder], force=True, owned=owned) as growing:
        write_sample(growing, product)
        (growing / entry.folder / DONE).write_bytes(state.done_text(entry.grounds, product, job.key_id))
    return product.record
