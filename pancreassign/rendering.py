"""Rendering records that exist already (``pancreassign report``)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from pancreassign.counts.names import check_name, folder_name
from pancreassign.errors import OutputError, raise_all
from pancreassign.output import staged
from pancreassign.records import Prediction, read_record
from pancreassign.report.pdf import Renderer

RECORD = "prediction.json"
Again = Callable[[Sequence[Prediction], Sequence[str]], list[Prediction]]
"""Makes new records of records and what they are called."""


def render_records(
    paths: Sequence[Path],
    out: Path,
    report_date: str | None,
    lang: str | None,
    force: bool,
    progress: Callable[[int, int], None],
    again: Again | None = None,
) -> None:
    """Render every record: ``out/<sample>/report.pdf``, or the file ``out`` itself where it ends in ``.pdf``.

    All records are read, and their languages found, before anything is written; an error names the first that cannot
    be. ``lang`` is as in :class:`Renderer`. ``again`` makes new records of those read, such as with other clinical
    facts; in a folder each new record stands beside its page.
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
    if out.suffix.lower() == ".pdf":
        if len(records) > 1:
            raise OutputError(str(out), f"is one file, but {len(records)} records are given", "Give a folder.")
        folder, targets = out.parent, [out.name]
    else:
        folder, targets = out, [f"{folder_name(record.sample.id)}/report.pdf" for record in records]
        if len({target.casefold() for target in targets}) < len(targets):
            raise OutputError(str(out), "two records are of the same sample", "Render them into two folders.")
    written = [] if again is None or folder != out else [str(Path(target).with_name(RECORD)) for target in targets]
    with staged(folder, [*targets, *written], force) as partial:
        for done, (record, target) in enumerate(zip(records, targets, strict=True), start=1):
            path = partial / target
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(renderer.render(record, report_date))
            if written:
                path.with_name(RECORD).write_bytes(record.to_json().encode())
            progress(done, len(records))
