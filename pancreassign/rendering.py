"""Rendering records that exist already (``pancreassign report``)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pancreassign import lesions
from pancreassign.counts.names import check_name, folder_name
from pancreassign.errors import OutputError, raise_all
from pancreassign.output import staged
from pancreassign.records import Prediction, read_record
from pancreassign.report.pdf import Renderer

RECORD, RUN = "prediction.json", "run.json"
Again = Callable[[Sequence[Prediction], Sequence[str]], list[Prediction]]
"""Makes new records of records and what they are called."""


@dataclass(frozen=True)
class Plan:
    """Where things go in ``folder``: ``targets`` of the records, ``views`` of patients by patient (without ending)."""

    folder: Path
    targets: list[str]
    views: dict[str, str]
    records_too: bool

    @property
    def files(self) -> list[str]:
        """Everything that will be written; the views by their folder, since their names name patients."""
        return [
            *self.targets,
            *(self.record_of(target) for target in self.targets if self.records_too),
            *([lesions.FOLDER] if self.views else []),
        ]

    @staticmethod
    def record_of(target: str) -> str:
        """The record that stands beside a page."""
        return str(Path(target).with_name(RECORD))


def render_records(
    paths: Sequence[Path],
    out: Path,
    report_date: str | None,
    lang: str | None,
    force: bool,
    progress: Callable[[int, int], None],
    warn: Callable[[str], None],
    again: Again | None = None,
) -> None:
    """Render every record: ``out/<sample>/report.pdf``, or the file ``out`` itself where it ends in ``.pdf``.

    In a folder, the records of several lesions of a patient are set side by side too: ``out/patients/<patient>.pdf``.
    All records are read, and their languages found, before anything is written; an error names the first that cannot
    be.

    Parameters
    ----------
    lang
        As in :class:`Renderer`.
    warn
        Told of patients whose records cannot be compared.
    again
        Makes new records of those read, such as with other clinical facts; in a folder each stands beside its page.
    """
    records = [read_record(path) for path in paths]
    # a record's id becomes a folder: one that was edited must not lead outside `out`
    named = zip(paths, records, strict=True)
    raise_all([fault for path, record in named if (fault := check_name(record.sample.id, str(path)))])
    if again is not None:
        records = again(records, [str(path) for path in paths])
    renderer = Renderer(lang)
    for record in records:
        renderer.words(record.clinical)
    plan = _plan(out, records, again is not None, warn)
    # views of an earlier run may not hold beside new records
    stale = lesions.earlier(plan.folder) if force and plan.records_too else []
    with staged(plan.folder, plan.files, force, stale) as growing:
        for done, (record, target) in enumerate(zip(records, plan.targets, strict=True), start=1):
            path = growing / target
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(renderer.render(record, report_date))
            if plan.records_too:
                (growing / plan.record_of(target)).write_bytes(record.to_json().encode())
            progress(done, len(records))
        side_by_side = partial(renderer.render_lesions, report_date=report_date)
        lesions.write(growing, plan.views, records, side_by_side, as_json=plan.records_too)


def _plan(out: Path, records: Sequence[Prediction], changed: bool, warn: Callable[[str], None]) -> Plan:
    if out.suffix.lower() == ".pdf":
        if len(records) > 1:
            raise OutputError(str(out), f"is one file, but {len(records)} records are given", "Give a folder.")
        return Plan(out.parent, [out.name], {}, False)
    names = [folder_name(record.sample.id) for record in records]
    if len({name.casefold() for name in names}) < len(names):
        raise OutputError(str(out), "two records are of the same sample", "Render them into two folders.")
    if changed and (out / RUN).exists():
        problem = "holds a run of `score`, whose summary would contradict the new records"
        raise OutputError(str(out), problem, "Give another folder.")
    views, faults = lesions.stems([record.sample for record in records], names)
    strangers = lesions.not_comparable(records)
    for error in [*faults, *strangers.values()]:
        warn(f"no page of lesions side by side: {error}")
    comparable = {patient: stem for patient, stem in views.items() if patient not in strangers}
    return Plan(out, [f"{name}/report.pdf" for name in names], comparable, changed)
