"""From records to what the page says of each sample: words, numbers and places, no markup.

Nothing enters that names a person, but the patient's id where it is asked for: no second identifier, requester, day,
age or sex, and no level of the sex genes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pancreassign.errors import RecordError
from pancreassign.export.table import COLUMNS, row
from pancreassign.page.strips import spot
from pancreassign.records import DrugResult, Prediction, RegimenResult
from pancreassign.report import content
from pancreassign.report.words import Words

TELLS_SEX = "sex genes"
"""The check of quality whose unit, value and limits tell the patient's sex: its figures are left to the PDF."""
EXTRA = ("reason", "evidence", "probability_low", "probability_high")
"""What the downloaded table has of each drug beside the columns of ``summary.tsv``."""
MORE = ("site", "simulated", "setting", "setting_assumed")
RESEARCH = "research_use_only"
"""The last column of the downloaded table: it says so in every row."""
Values = dict[str, Any]


@dataclass(frozen=True)
class Shown:
    """One sample as the page shows it.

    ``patient`` is the patient's id or pseudonym, ``None`` where none is known; ``folder`` that of its ``report.pdf``,
    relative to the page, ``None`` where no PDF was written; ``said`` the sample's values as the report words them.
    """

    place: int
    record: Prediction
    patient: str | None
    folder: str | None
    said: Values


def shown(
    records: Sequence[Prediction], folders: Sequence[str] | None, names: Mapping[str, str], words: Words
) -> list[Shown]:
    """Every sample of the page, in the order of the records; ``names`` is what each patient is called."""
    places = [None] * len(records) if folders is None else folders
    return [
        Shown(place, record, names.get(record.sample.patient or ""), folder, content.page(record, words))
        for place, (record, folder) in enumerate(zip(records, places, strict=True))
    ]


def patient_names(records: Sequence[Prediction], as_given: bool) -> dict[str, str]:
    """What the page calls each patient: the id, or a number in the order of the samples."""
    known = dict.fromkeys(record.sample.patient for record in records if record.sample.patient)
    return {own: own if as_given else f"patient {number}" for number, own in enumerate(known, start=1)}


def check_comparable(records: Sequence[Prediction]) -> None:
    """Raise :class:`RecordError` where there is no record, or where two were not scored by the same means."""
    where = "the cohort page"
    if not records:
        raise RecordError(where, "has no sample to show", "Give at least one record.")
    means = {(one.pack.sha256, one.reference.sha256, one.catalogue.sha256) for one in records}
    if len(means) > 1:
        raise RecordError(
            where,
            f"cannot hold these {len(records)} samples: they come of different packs, references or catalogues",
            "Score them in one run.",
        )


def setting(record: Prediction, words: Words) -> str:
    """The clinical setting, and that it was assumed where it was."""
    value = words.code("setting", record.setting.value)
    return words.bracket(value, "assumed") if record.setting.assumed else value


def common_caveats(records: Sequence[Prediction]) -> list[str]:
    """The texts of the caveats that every record carries, those that always show among them."""
    every = set.intersection(*({caveat.text for caveat in record.caveats} for record in records))
    return [caveat.text for caveat in records[0].caveats if caveat.text in every]


def data(samples: Sequence[Shown], words: Words) -> Values:
    """What the page's script works with: the JSON object that stands in the file.

    ``samples`` are in the order of the table's rows; ``at`` of a drug holds the places of score, low and high end in
    the drawing's units; ``cells`` are those of the downloaded table.
    """
    common = common_caveats([sample.record for sample in samples])
    texts = list(dict.fromkeys(c.text for sample in samples for c in sample.record.caveats if c.text not in common))
    number = {text: place for place, text in enumerate(texts)}
    return {
        "drugs": [drug.drug.value for drug in samples[0].record.drugs],
        "regimens": {regimen.id: regimen.name for sample in samples for regimen in sample.record.regimens},
        "caveats": texts,
        "columns": _columns(),
        "samples": [_sample(sample, number, words) for sample in samples],
    }


def _sample(sample: Shown, caveats: Mapping[str, int], words: Words) -> Values:
    record = sample.record
    return {
        "name": record.sample.id,
        "patient": sample.patient,
        "site": record.sample.site,
        "qc": record.qc.verdict,
        "content": record.qc.tumour_content.value,
        "setting": setting(record, words),
        "leaders": [[one.id, _regimen(one, words)] for one in record.leaders],
        "drugs": [
            _drug(drug, said, words) for drug, said in zip(record.drugs, sample.said["drugs"]["rows"], strict=True)
        ],
        "checks": _checks(sample),
        "caveats": [caveats[one.text] for one in record.caveats if one.text in caveats],
        "cells": _cells(sample),
    }


def _regimen(regimen: RegimenResult, words: Words) -> str:
    rule = words.code("rule", regimen.rule)
    if regimen.score is None:
        return f"no score; rule {rule}"
    return f"score {words.estimate(regimen.score, regimen.interval, 0)}; rule {rule}"


def _drug(drug: DrugResult, said: Values, words: Words) -> Values:
    ends = drug.score_interval
    at = [drug.score, *((None, None) if ends is None else (ends.low, ends.high))]
    return {
        "call": drug.call.value,
        "said": said["call"],
        "score": words.estimate(drug.score, ends, 2),
        "percentile": drug.percentile,
        "probability": drug.probability,
        "grade": drug.evidence,
        "genes": said["genes"],
        "at": [None if value is None else spot(value, drug.reference) for value in at],
    }


def _checks(sample: Shown) -> list[list[str]]:
    """Of every check that is not passed: name, value, limits, verdict, and a note where it counts apart."""
    found = []
    for check, said in zip(sample.record.qc.checks, sample.said["quality"]["all"], strict=True):
        if check.verdict == "pass":
            continue
        apart = "published limit: beside the verdict" if check.code == content.PUBLISHED else ""
        if check.name == TELLS_SEX:
            found.append([said["name"], "left to the report", "left to the report", said["verdict"], apart])
        else:
            found.append([said["name"], said["value"], said["threshold"], said["verdict"], apart])
    return found


def _columns() -> list[str]:
    drugs = [name.removesuffix("_call") for name in COLUMNS if name.endswith("_call")]
    return [*COLUMNS, *(f"{drug}_{field}" for drug in drugs for field in EXTRA), *MORE, RESEARCH]


def _cells(sample: Shown) -> list[str]:
    """The sample's row of the download: that of ``summary.tsv``, with the page's name of the patient, and more."""
    record = sample.record
    cells = row(record) | {"patient": sample.patient or ""}
    for drug in record.drugs:
        ends = drug.probability_interval
        low, high = ("", "") if ends is None else (str(ends.low), str(ends.high))
        own = (drug.reason, drug.evidence, low, high)
        cells |= {f"{drug.drug.value}_{field}": value for field, value in zip(EXTRA, own, strict=True)}
    stated = (
        record.sample.site or "",
        _yes(record.sample.simulated),
        record.setting.value,
        _yes(record.setting.assumed),
    )
    cells |= dict(zip(MORE, stated, strict=True)) | {RESEARCH: _yes(True)}
    return [cells[column] for column in _columns()]


def _yes(value: bool) -> str:
    return "yes" if value else "no"
