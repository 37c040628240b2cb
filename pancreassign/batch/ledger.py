"""What is known of the lines of a sheet, and what became of them."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from pancreassign.batch.sheet import Line
from pancreassign.counts.names import folder_name
from pancreassign.errors import PancreassignError
from pancreassign.records import Prediction, SampleInfo
from pancreassign.regimens.clinical import Clinical


@dataclass(frozen=True)
class Entry:
    """A line whose inputs can be had: who it is in the results, the facts, and what the results would rest on."""

    line: Line
    info: SampleInfo
    clinical: Clinical
    grounds: dict[str, str]
    counts_sha256: str

    @property
    def folder(self) -> str:
        """The sample's folder in the results."""
        return folder_name(self.info.id)


@dataclass
class Ledger:
    """What became of the lines of a sheet.

    ``infos`` says of every line who it is in the results.
    ``why`` holds those that had to be done, with the reason; ``records`` and ``counts`` those done in this run;
    ``not_evaluable`` is how many of all that stand at the end have no drug that can be called.
    """

    infos: dict[Line, SampleInfo]
    skipped: list[Line] = field(default_factory=list)
    why: dict[Line, str] = field(default_factory=dict)
    failed: dict[Line, Exception] = field(default_factory=dict)
    records: dict[Line, Prediction] = field(default_factory=dict)
    counts: dict[Line, pd.Series[float]] = field(default_factory=dict)
    not_evaluable: int = 0

    @property
    def defects(self) -> list[Exception]:
        """Errors that no user can mend."""
        return [error for error in self.failed.values() if not isinstance(error, PancreassignError)]
