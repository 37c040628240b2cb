"""Rendering records that exist already (``pancreassign report``)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from pancreassign.counts.names import check_name, folder_name
from pancreassign.errors import OutputError, raise_all
from pancreassign.output import staged
from pancreassign.records import read_record
from pancreassign.report.pdf import Renderer


def render_records(
    paths: Sequence[Path], out: Path, report_date: str | None, force: bool, progress: Callable[[int, int], None]
) -> None:
    """Render every record: ``out/<sample>/report.pdf``, or the file ``out`` itself where it ends in ``.pdf``.

    All records are read before anything is written; an error names the first that cannot be.
    """
    records = [read_record(path) for path in paths]
    # a record's id becomes a folder: one that was edited must not lead outside `out`
    named = zip(paths, records, strict=True)
    raise_all([fault for path, record in named if (fault := check_name(record.sample.id, str(path)))])
    renderer = Renderer()
    if out.suffix.lower() == ".pdf":
        if len(records) > 1:
            raise OutputError(str(out), f"is one file, but {len(records)} records are given", "Give a folder.")
        folder, targets = out.parent, [out.name]
    else:
        folder, targets = out, [f"{folder_name(record.sample.id)}/report.pdf" for record in records]
        if len({target.casefold() for target in targets}) < len(targets):
            raise OutputError(str(out), "two records are of the same sample", "Render them into two folders.")
    with staged(folder, targets, force) as partial:
        for done, (record, target) in enumerate(zip(records, targets, strict=True), start=1):
            path = partial / target
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(renderer.render(record, report_date))
            progress(done, len(records))
