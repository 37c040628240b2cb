"""Rendering records that exist already (``pancreassign report``)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pancreassign import lesions
from pancreassign.counts.names import check_name, folder_name
from pancreassign.errors import OutputError, raise_all
from pancreassign.faces import REPORT, Faces, Maker
from pancreassign.output import staged
from pancreassign.records import Prediction, read_record
from pancreassign.summaries import RUN

Again = Callable[[Sequence[Prediction], Sequence[str]], list[Prediction]]
"""Makes new records of records and what they are called."""


@dataclass(frozen=True)
class Plan:
    """Where things go in ``folder``: the ``pages`` of the records, ``views`` of patients by patient (without ending).

    ``beside`` names the files that stand beside each page.
    """

    folder: Path
    pages: list[str]
    views: dict[str, str]
    beside: list[str]

    @property
    def files(self) -> list[str]:
        """Everything that will be written; the views by their folder, since their names name patients."""
        others = [str(Path(page).with_name(name)) for page in self.pages for name in self.beside]
        return [*self.pages, *others, *([lesions.FOLDER] if self.views else [])]


def render_records(
    paths: Sequence[Path],
    out: Path,
    report_date: str | None,
    faces: Faces,
    force: bool,
    progress: Callable[[int, int], None],
    warn: Callable[[str], None],
    again: Again | None = None,
) -> None:
    """Render every record: ``out/<sample>/report.pdf``, or the file ``out`` itself where it ends in ``.pdf``.

    In a folder, the other wanted faces stand beside each page, and the records of several lesions of a patient are set
    side by side: ``out/patients/<patient>.pdf``. All records are read, and their languages found, before anything is
    written; an error names the first that cannot be.

    Parameters
    ----------
    faces
        What is wanted of each record, the record itself where ``again`` makes new ones.
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
    maker = Maker(faces)
    for record in records:
        maker.check_language(record.clinical)
    plan = _plan(out, records, faces, warn)
    # views of an earlier run may not hold beside new records
    stale = lesions.earlier(plan.folder) if force and faces.records else []
    with staged(plan.folder, plan.files, force, stale) as growing:
        for done, (record, page) in enumerate(zip(records, plan.pages, strict=True), start=1):
            path = growing / page
            path.parent.mkdir(exist_ok=True)
            made = maker.files(record, report_date)
            path.write_bytes(made[REPORT])
            for name in plan.beside:
                path.with_name(name).write_bytes(made[name])
            progress(done, len(records))
        side_by_side = partial(maker.lesions, report_date=report_date)
        lesions.write(growing, plan.views, records, side_by_side, as_json=faces.records)


def _plan(out: Path, records: Sequence[Prediction], faces: Faces, warn: Callable[[str], None]) -> Plan:
    if out.suffix.lower() == ".pdf":
        if len(records) > 1:
            raise OutputError(str(out), f"is one file, but {len(records)} records are given", "Give a folder.")
        if faces.fhir or faces.rcp:
            raise OutputError(str(out), "is one file, but more than the PDF is wanted", "Give a folder.")
        return Plan(out.parent, [out.name], {}, [])
    names = [folder_name(record.sample.id) for record in records]
    if len({name.casefold() for name in names}) < len(names):
        raise OutputError(str(out), "two records are of the same sample", "Render them into two folders.")
    if faces.records and (out / RUN).exists():
        problem = "holds a run of `score`, whose summary would contradict the new records"
        raise OutputError(str(out), problem, "Give another folder.")
    views, faults = lesions.stems([record.sample for record in records], names)
    strangers = lesions.not_comparable(records)
    for error in [*faults, *strangers.values()]:
        warn(f"no page of lesions side by side: {error}")
    comparable = {patient: stem for patient, stem in views.items() if patient not in strangers}
    beside = [name for name in faces.files if name != REPORT]
    return Plan(out, [f"{name}/{REPORT}" for name in names], comparable, beside)
