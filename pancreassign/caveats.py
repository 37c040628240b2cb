"""Caveats: limits that the reader must know. Their texts are data; code decides which apply to a record."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from pancreassign.errors import ArtefactError
from pancreassign.records import Call, Caveat, Prediction


@dataclass(frozen=True)
class Caveats:
    """Texts by code, in the file's order, and the codes that stand on every record."""

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
    """The caveats of one record, in the order of the file."""
    applies = {
        "simulated": record.sample.simulated,
        "assumed_setting": record.setting.assumed,
        "no_drug_evaluable": all(drug.call is Call.NOT_EVALUABLE for drug in record.drugs),
        "preservation_unknown": record.sample.specimen.preservation == "unknown",
        "rounded_counts": record.input.rounded,
        "depth_unknown": record.input.units != "counts",
        "poor_quality": record.qc.verdict == "fail",
        "weak_quality": record.qc.verdict == "warn",
    }
    missing = set(applies) - set(caveats.texts)
    if missing:
        raise ArtefactError("caveats", f"have no text for {sorted(missing)}", "Restore data/caveats/caveats.toml.")
    chosen = caveats.always | {code for code, yes in applies.items() if yes}
    return [Caveat(code=code, text=text) for code, text in caveats.texts.items() if code in chosen]
