"""Named errors. Each says where the fault lies, what was wrong, and how to mend it.

The library raises them; only :mod:`pancreassign.cli` turns them into exit codes.
"""

from __future__ import annotations

from collections.abc import Sequence


class PancreassignError(Exception):
    """A fault that its user can mend.

    Parameters
    ----------
    where
        The file, column, sample or option at fault.
    problem
        What was found, and what was expected.
    mend
        What to do about it.
    """

    def __init__(self, where: str, problem: str, mend: str) -> None:
        self.where, self.problem, self.mend = where, problem, mend
        super().__init__(f"{where}: {problem}. {mend}")

    def __reduce__(self) -> tuple[type[PancreassignError], tuple[object, ...]]:
        """How an error comes back whole from another process (``--jobs``)."""
        return type(self), (self.where, self.problem, self.mend)


class InputError(PancreassignError):
    """A count file that cannot be read as what it was said to be."""


class UnitsError(InputError):
    """Values that are not counts where counts are needed, or that are impossible in any unit."""


class GeneError(InputError):
    """Gene ids that cannot be matched to the human gene table."""


class SampleError(InputError):
    """Sample names that are duplicated, unsafe as file names, or unknown."""


class PlateError(PancreassignError):
    """A dose-response plate that cannot be read, or whose doses, units or signals cannot be trusted."""


class ClinicalError(PancreassignError):
    """A clinical file with an unknown field or an impossible value."""


class RecordError(PancreassignError):
    """A file that is not a prediction record of a known schema."""


class ArtefactError(PancreassignError):
    """A pack, reference or catalogue that is damaged, incompatible or unknown."""


class ConfigError(PancreassignError):
    """A training or simulation recipe that cannot be followed."""


class OutputError(PancreassignError):
    """An output that exists already or cannot be written."""


class Faults(PancreassignError):  # noqa: N818 - a plural says what it is
    """Several faults found in one check, so that all can be mended at once."""

    def __init__(self, faults: Sequence[PancreassignError]) -> None:
        self.faults = tuple(faults)
        Exception.__init__(self, "\n".join(str(fault) for fault in faults))

    def __reduce__(self) -> tuple[type[PancreassignError], tuple[object, ...]]:
        """As in :class:`PancreassignError`."""
        return type(self), (self.faults,)


def raise_all(faults: Sequence[PancreassignError]) -> None:
    """Raise the one fault, or all of them together; return when there is none."""
    if len(faults) == 1:
        raise faults[0]
    if faults:
        raise Faults(faults)
