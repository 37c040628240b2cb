"""What is known of the samples beside their counts (``--samples samples.tsv``)."""

from __future__ import annotations

import csv
from collections.abc import Collection, Mapping
from pathlib import Path

from pancreassign.errors import PancreassignError, SampleError, raise_all
from pancreassign.records import SampleInfo, Specimen

COLUMNS = ("sample", "patient", "site", "preservation")
PRESERVATIONS = ("ffpe", "frozen", "unknown")
SIMULATED_PREFIX = "SIMULATED_"
"""A sample of this name was simulated. The label is in the name because only the name travels through every format."""


def read_metadata(path: Path) -> tuple[dict[str, SampleInfo], list[str]]:
    """Read the table of samples: ``sample`` and any of ``patient, site, preservation``; empty = unknown.

    Returns
    -------
    The samples by id, and notes on columns that were not used.

    Raises
    ------
    SampleError
        Where the table cannot be read, lacks ``sample``, names one twice, or gives an unknown preservation.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            rows = list(csv.DictReader(handle, delimiter="\t"))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SampleError(str(path), f"cannot be read ({error})", "Give a tab-separated table in UTF-8.") from None
    if not rows or "sample" not in rows[0]:
        raise SampleError(
            str(path), "has no rows under a column `sample`", f"Give a tab-separated table with {', '.join(COLUMNS)}."
        )
    unused = [str(column) for column in rows[0] if column not in COLUMNS]
    faults: list[PancreassignError] = []
    samples: dict[str, SampleInfo] = {}
    for line, row in enumerate(rows, start=2):
        cells = {column: (row.get(column) or "").strip() for column in COLUMNS}
        preservation = cells["preservation"].lower() or "unknown"
        where = f"{path}, line {line}"
        if not cells["sample"]:
            faults.append(SampleError(where, "names no sample", "Fill the column `sample`, or remove the line."))
        elif cells["sample"] in samples:
            faults.append(SampleError(where, f"names {cells['sample']} a second time", "Keep one line a sample."))
        elif preservation not in PRESERVATIONS:
            known = ", ".join(PRESERVATIONS)
            faults.append(SampleError(where, f"preservation is {cells['preservation']!r}", f"Give one of: {known}."))
        else:
            samples[cells["sample"]] = SampleInfo(
                id=cells["sample"],
                patient=cells["patient"] or None,
                site=cells["site"] or None,
                specimen=Specimen.model_validate({"preservation": preservation}),
            )
    raise_all(faults)
    notes = [f"{path}: columns not used: {', '.join(unused)}"] if unused else []
    return samples, notes


def describe(sample: str, known: Mapping[str, SampleInfo]) -> SampleInfo:
    """What is known of one sample; everything unknown where the table has no such row."""
    info = known.get(sample, SampleInfo(id=sample))
    return info.model_copy(update={"simulated": sample.startswith(SIMULATED_PREFIX)})


def unmatched(known: Collection[str], samples: Collection[str]) -> list[str]:
    """Rows of the table that no count column answers to, in order."""
    return [name for name in known if name not in set(samples)]
