"""What ``run.json`` of a sheet says of this run, and what that of the run before it said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pancreassign import summaries
from pancreassign.artefacts import sha256_of
from pancreassign.batch.ledger import Entry, Ledger
from pancreassign.batch.sheet import Sheet
from pancreassign.cohort import Job
from pancreassign.errors import PancreassignError

OPTIONS = ("format", "units", "strand", "lang", "reports", "fhir", "rcp", "name_patients", "jobs", "force")
"""Options of a run of a sheet that ``run.json`` names."""


class Before:
    """What stands of an earlier run in ``out``, as far as its ``run.json`` can be read."""

    def __init__(self, out: Path) -> None:
        """Read ``run.json``; a damaged one says nothing."""
        self.out = out
        said = summaries.earlier_run(out)
        sheet, outputs = said.get("sheet"), said.get("outputs")
        self.of_sheet = isinstance(sheet, dict)
        self.outputs: dict[str, str] = outputs if isinstance(outputs, dict) else {}
        self.said_of_records = {key: said[key] for key in summaries.OF_RECORDS if key in said}
        self._digest = sheet.get("digest") if isinstance(sheet, dict) else None

    def stand(self, digest: str) -> bool:
        """Whether the common results rest on what ``digest`` says, and are as they were written."""
        return self._digest == digest and bool(self.outputs) and all(map(self.untouched, self.outputs))

    def untouched(self, name: str) -> bool:
        """Whether a common result is as it was written."""
        path = self.out / name
        return path.is_file() and sha256_of(path) == self.outputs.get(name)


def account(sheet: Sheet, digest: str, entries: Sequence[Entry], job: Job, ledger: Ledger) -> dict[str, Any]:
    """This run's part of ``run.json``: its sheet, inputs and options, and what became of the lines."""
    files = Counter((str(entry.line.path), entry.counts_sha256) for entry in entries)
    return {
        "sheet": {"path": str(sheet.path), "sha256": sheet.sha256, "digest": digest},
        "inputs": [{"path": path, "sha256": own, "samples": number} for (path, own), number in files.items()],
        "tables": summaries.table_hashes(clinical=job.clinical, regimens=job.regimens),
        "options": job.options(*OPTIONS),
        "pseudonymised": job.pseudonyms is not None,
        "key": job.key_id,
        "lines": {"done": len(ledger.records), "skipped": len(ledger.skipped), "failed": len(ledger.failed)},
        "done_because": dict(sorted(Counter(ledger.why[line] for line in ledger.records).items())),
        "failed": failures(ledger, job),
    }


def failures(ledger: Ledger, job: Job) -> list[dict[str, Any]]:
    """The failed lines; where names are hidden, without the messages, which may quote them."""
    return [
        {
            "sample": ledger.infos[line].id,
            "kind": type(error).__name__,
            "problem": None if job.pseudonyms else problem_of(error),
        }
        for line, error in ledger.failed.items()
    ]


def problem_of(error: Exception) -> str:
    """What is said of a failed line: our message, or that the fault is ours."""
    return str(error) if isinstance(error, PancreassignError) else f"a defect of pancreassign: {error!r}"
