"""Caveats: limits that the reader must know. Their texts are data; code decides which apply to a record."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from pancreassign.errors import ArtefactError
from pancreassign.records import Caveat, Prediction

DOMAIN_CHECKS = frozenset({"tumour programme", "tumour content"})
"""The checks of quality that ask whether this is the tumour that the signatures were made for, and how much of it."""
UNCHECKED = frozenset({"domain_not_checked", "protocol_unverified"})
"""Caveats that stand on every record, unless all :data:`DOMAIN_CHECKS` were made."""
NOT_MEASURED = "not_measured"
"""The code of a check that stands in the record but could not be made: it clears nothing."""
QC_CODES = {
    "wrong_tumour": "out_of_domain",
    "unusual_tumour": "unusual_tumour",
    "low_content": "low_tumour_content",
    "too_little_tumour": "low_tumour_content",
    "admixture": "normal_admixture",
    "no_stroma": "xenograft_or_cell_line",
    "sex_contradicts": "sex_contradicts",
    "sex_mixed": "sex_mixed",
    "mouse_reads": "mouse_reads",
    "genomic_dna": "genomic_dna",
}
"""The caveat that a check of quality brings, by the check's code."""


@dataclass(frozen=True)
class Caveats:
    """Texts by code, in the file's order, and the codes that stand on every record (but see :data:`UNCHECKED`)."""

    texts: dict[str, str]
    always: frozenset[str]


def load(path: Path) -> Caveats:
    """Read ``caveats.toml``; raises :class:`ArtefactError` where it is damaged."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        entries = {code: entry for code, entry in table.items() if isinstance(entry, dict)}
        texts = {code: str(entry["text"]) for code, entry in entries.items()}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError) as error:
        raise ArtefactError(str(path), f"cannot be read ({error!r})", "Restore it from the release.") from None
    return Caveats(texts, frozenset(code for code, entry in entries.items() if entry.get("always")))


def of(record: Prediction, caveats: Caveats) -> list[Caveat]:
    """The caveats of one record, in the order of the file.

    Raises
    ------
    ArtefactError
        Where a caveat that could apply has no text.
    """
    found = {check.code for check in record.qc.checks}
    always = caveats.always
    if {check.name for check in record.qc.checks if check.code != NOT_MEASURED} >= DOMAIN_CHECKS:
        always -= UNCHECKED
    applies = {
        "simulated": record.sample.simulated,
        "assumed_setting": record.setting.assumed,
        "no_drug_evaluable": record.silent,
        # it speaks of an order that rests on general sensitivity: where no drug says anything, none does
        "no_specific_skill": not record.silent and _no_specific_skill(record),
        "preservation_unknown": record.sample.specimen.preservation == "unknown",
        "rounded_counts": record.input.rounded,
        "depth_unknown": record.input.units != "counts",
        "poor_quality": record.qc.verdict == "fail",
        "weak_quality": record.qc.verdict == "warn",
        "preservation_differs": _preservation_differs(record),
        "protocol_differs": _protocol_differs(record),
        # where the protocol is not checked at all, `protocol_unverified` says so already
        "protocol_unknown": "protocol_unverified" not in always and _protocol_unknown(record),
        **{caveat: any(QC_CODES.get(code) == caveat for code in found) for caveat in QC_CODES.values()},
    }
    missing = set(applies) - set(caveats.texts)
    if missing:
        raise ArtefactError("caveats", f"have no text for {sorted(missing)}", "Restore data/caveats/caveats.toml.")
    chosen = always | {code for code, yes in applies.items() if yes}
    return [Caveat(code=code, text=text) for code, text in caveats.texts.items() if code in chosen]


def _no_specific_skill(record: Prediction) -> bool:
    """Whether no drug with demonstrated skill shows any beyond general sensitivity."""
    skilled = [drug.validation.specific_interval for drug in record.drugs if drug.validation and drug.evidence != "D"]
    return bool(skilled) and not any(interval and interval.low > 0 for interval in skilled)


def _preservation_differs(record: Prediction) -> bool:
    """Whether the specimen was kept otherwise than the reference's tumours; false where either is unknown."""
    own, reference = record.sample.specimen.preservation, record.reference.preservation
    return own != "unknown" and reference not in (None, "unknown", own)


def _protocol_differs(record: Prediction) -> bool:
    """Whether the library's protocol, as stated or as the counts tell it, is not the reference's."""
    stated = record.sample.specimen.protocol
    told = any(check.code == "protocol_differs" for check in record.qc.checks)
    return told or stated not in ("unknown", record.reference.protocol)


def _protocol_unknown(record: Prediction) -> bool:
    """Whether neither the table of samples nor the counts tell the library's protocol."""
    told = any(check.name == "protocol" and check.code in ("ok", "protocol_differs") for check in record.qc.checks)
    return record.sample.specimen.protocol == "unknown" and not told
