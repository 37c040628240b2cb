"""Where the views of patients with several lesions lie, and writing them, as JSON and as PDF."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pancreassign.counts.names import check_name, folder_name
from pancreassign.errors import PancreassignError, RecordError, SampleError
from pancreassign.patients import SCHEMA, patient_views, with_several
from pancreassign.records import Prediction, SampleInfo

FOLDER = "patients"
Render = Callable[[Mapping[str, Any], Sequence[Prediction]], bytes]
"""Makes the PDF of a view (as its JSON holds it) and the records of its lesions."""


def stems(samples: Sequence[SampleInfo], folders: Sequence[str]) -> tuple[dict[str, str], list[PancreassignError]]:
    """Where the views of patients with several lesions go, and what is in the way of others'.

    Parameters
    ----------
    folders
        The samples' own folders, in their order.

    Returns
    -------
    By patient the file of its view, relative to the output folder and without its ending; and the faults: an id that
    cannot name a file, two that would share one, or a sample's own folder. Patients are named by their samples.
    """
    found: dict[str, str] = {}
    faults: list[PancreassignError] = []
    taken: dict[str, str] = {}
    for patient, places in with_several(samples).items():
        where = f"patient of {' and '.join(samples[place].id for place in places[:2])}"
        stem = f"{FOLDER}/{folder_name(patient)}"
        if check_name(patient, where):
            problem = "has an id that cannot name a file"
            mend = "Give a shorter id, without slashes or signs that do not show and no dot at its start."
            faults.append(SampleError(where, problem, mend))
        elif stem.casefold() in taken:
            other = taken[stem.casefold()]
            faults.append(SampleError(where, f"would share a file with the {other}", "Give them ids that differ more."))
        else:
            found[patient], taken[stem.casefold()] = stem, where
    if found and (own := next((name for name in folders if name.casefold() == FOLDER), None)):
        problem = f"would share its folder with the views of {len(found)} patients with several lesions"
        faults.append(SampleError(f"sample {own}", problem, "Rename the sample."))
        found = {}
    return found, faults


def earlier(out: Path) -> list[str]:
    """Views that a run left in ``out``, told by what they say, with their PDFs: they may not hold any more."""
    found = []
    for path in sorted((out / FOLDER).glob("*.json")):
        try:
            schema = json.loads(path.read_bytes())["schema"]
        except (OSError, ValueError, KeyError, TypeError):
            continue
        if schema == SCHEMA:
            found += [f"{FOLDER}/{path.name}", f"{FOLDER}/{path.with_suffix('.pdf').name}"]
    return found


def write(
    folder: Path, files: Mapping[str, str], records: Sequence[Prediction], render: Render | None, as_json: bool = True
) -> None:
    """Write the view of every patient of ``files`` (:func:`stems`) into ``folder``: JSON, and a PDF by ``render``."""
    if not files:
        return
    (folder / FOLDER).mkdir()
    for view in patient_views([record for record in records if record.sample.patient in files]):
        path = folder / files[view.patient]
        if as_json:
            path.with_name(f"{path.name}.json").write_bytes(view.to_json().encode())
        if render is not None:
            pdf = render(view.model_dump(mode="json"), records)
            path.with_name(f"{path.name}.pdf").write_bytes(pdf)


def not_comparable(records: Sequence[Prediction]) -> dict[str, RecordError]:
    """By patient whose records cannot stand side by side: why (:func:`pancreassign.patients.patient_views`)."""
    found = {}
    for patient, places in with_several([record.sample for record in records]).items():
        try:
            patient_views([records[place] for place in places])
        except RecordError as error:
            found[patient] = error
    return found
