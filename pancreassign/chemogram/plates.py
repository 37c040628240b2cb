"""Plates as they are read, whatever the layout: doses in micromolar, lowest first, and signals as viability."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pancreassign.chemogram.names import drug_order, passage_order
from pancreassign.errors import Faults, PancreassignError, PlateError, raise_all

Floats = NDArray[np.float64]
SAME_AS_CONTROL = 1e-6
"""A row whose mean is the untreated control to one part in a million is the control itself (judgement)."""

LEAST_DOSES = 2
"""Fewer doses have no area; what a curve needs is asked by the verdict."""


@dataclass(frozen=True)
class Plate:
    """One drug on one passage of one model.

    Attributes
    ----------
    name
        The plate's name: the file's name without its ending, or the table's ``plate``.
    unit
        The unit that the file states; ``dose`` is in µM whatever it is.
    control
        Signal of the untreated control, in the reader's units.
    dose
        (doses,) µM, increasing, greater than 0.
    viability
        (doses, replicates) signal / untreated control; NaN where a well is blank, in no row throughout.
    control_row
        Whether the lowest row of the file was the untreated control itself, and was taken out.
    """

    name: str
    model: str
    drug: str
    passage: str
    date: str
    unit: str
    control: float
    dose: Floats
    viability: Floats
    control_row: bool = False

    @property
    def log_dose(self) -> Floats:
        """(doses,) log10 of the dose in µM."""
        return np.asarray(np.log10(self.dose))

    @property
    def means(self) -> Floats:
        """(doses,) mean viability of the replicates."""
        return np.asarray(np.nanmean(self.viability, axis=1))

    @property
    def order(self) -> tuple[Any, ...]:
        """Key of the order in every table and drawing: drug, model, passage, name."""
        return (drug_order(self.drug), self.model, passage_order(self.passage), self.date, self.name)


def make_plate(about: dict[str, str], control: float, dose: Floats, signal: Floats) -> Plate:
    """A plate from raw signals.

    Blank rows are left out. So is the lowest row where it is the untreated control over again, which some laboratories
    export as if it were one dose more: it carries no dose, and the dose that the ladder would give it was never used.

    Parameters
    ----------
    about
        The texts of :class:`Plate`, by attribute.
    control
        Mean signal of the untreated control, greater than 0.
    dose, signal
        (doses,) µM, increasing; (doses, replicates), NaN where blank.
    """
    filled = ~np.isnan(signal).all(axis=1)
    dose, viability = dose[filled], signal[filled] / control
    again = len(dose) > 0 and abs(float(np.nanmean(viability[0])) - 1.0) < SAME_AS_CONTROL
    first = int(again)
    return Plate(**about, control=control, dose=dose[first:], viability=viability[first:], control_row=again)


Reader = Callable[[Path, Sequence[str]], list[Plate]]


def read_plates(paths: Iterable[Path], layouts: Callable[[Path, Sequence[str]], Reader]) -> list[Plate]:
    """Read every file, or say all that is wrong with all of them.

    Parameters
    ----------
    paths
        Files; of a folder, every file in it that is not hidden.
    layouts
        Finds the reader of a file by its lines.

    Returns
    -------
    The plates in :attr:`Plate.order`: the order of ``paths`` changes nothing.

    Raises
    ------
    PlateError
        Where a file cannot be read, or the same plate comes twice; :class:`~pancreassign.errors.Faults` of them where
        there are several.
    """
    plates: list[Plate] = []
    sources: list[Path] = []
    faults: list[PancreassignError] = []
    for path in _files(paths):
        try:
            lines = _lines(path)
            found = layouts(path, lines)(path, lines)
        except Faults as several:
            faults += several.faults
        except PlateError as error:
            faults.append(error)
        else:
            plates += found
            sources += [path] * len(found)
    raise_all([*faults, *_short(plates, sources), *_twice(plates, sources)])
    if not plates:
        raise PlateError("PLATES", "hold no plate", "Give dose-response files, or folders that hold them.")
    return sorted(plates, key=lambda plate: plate.order)


def _files(paths: Iterable[Path]) -> list[Path]:
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            files += sorted(one for one in path.iterdir() if one.is_file() and not one.name.startswith("."))
        else:
            files.append(path)
    return files


def _lines(path: Path) -> list[str]:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise PlateError(
            str(path), f"cannot be read ({error.strerror})", "Check the path and its permissions."
        ) from None
    except UnicodeDecodeError:
        raise PlateError(str(path), "is not UTF-8 text", "Save it as tab-separated text, UTF-8.") from None
    if not text.strip():
        raise PlateError(str(path), "is empty", "Export the plate again, or leave the file out.")
    return text.splitlines()


def _short(plates: Sequence[Plate], sources: Sequence[Path]) -> list[PlateError]:
    """Plates that are no dose-response at all."""
    return [
        PlateError(
            str(path),
            f"has {len(plate.dose)} dose(s) of {plate.drug} with signals, the untreated control apart",
            f"Give {LEAST_DOSES} doses or more.",
        )
        for plate, path in zip(plates, sources, strict=True)
        if len(plate.dose) < LEAST_DOSES
    ]


def _twice(plates: Sequence[Plate], sources: Sequence[Path]) -> list[PlateError]:
    """Plates that stand for one another: the same name, or the same signals under two names."""
    faults = []
    named: dict[tuple[str, ...], Path] = {}
    signals: dict[tuple[str, str, bytes], Path] = {}
    for plate, path in zip(plates, sources, strict=True):
        name = (plate.name, plate.model, plate.drug, plate.passage)
        wells = (plate.model, plate.drug, plate.viability.tobytes())
        other = named.get(name) or signals.get(wells)
        if other is not None:
            faults.append(
                PlateError(
                    str(path),
                    f"gives {plate.model}, {plate.drug} {plate.passage} again as {other} does",
                    "Keep one of the two: a plate that counts twice would look like a replicate.",
                )
            )
        named.setdefault(name, path)
        signals.setdefault(wells, path)
    return faults
