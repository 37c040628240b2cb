"""Ranking the regimens of one tumour: when it is scored, and again when clinical facts come later."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from pancreassign import __version__, caveats
from pancreassign.errors import ClinicalError, RecordError
from pancreassign.kit import Kit
from pancreassign.records import (
    BASE_RATE,
    CatalogueId,
    DrugResult,
    Interval,
    Prediction,
    RegimenResult,
    Setting,
    Software,
)
from pancreassign.regimens.clinical import Clinical, by_sample, load_clinical, setting_of
from pancreassign.regimens.rank import rank_regimens
from pancreassign.regimens.rules import DrugEvidence, Triple
from pancreassign.signatures.calibrate import LEVEL
from pancreassign.signatures.outcome import chances_at_reference

UNKNOWN = (BASE_RATE, BASE_RATE, BASE_RATE)


def ranked(drugs: Sequence[DrugResult], kit: Kit, setting: Setting, clinical: Clinical) -> list[RegimenResult]:
    """All regimens in order, from what the record says of the drugs: so a record can be ranked again alone."""
    evidence = {result.drug: _evidence(result, kit) for result in drugs}
    return rank_regimens(kit.catalogue, evidence, setting, clinical, LEVEL)


def reranker(kit: Kit, clinical: Path) -> Callable[[Sequence[Prediction], Sequence[str]], list[Prediction]]:
    """What ranks records again by the facts of a file, which is read at once (:func:`load_clinical`)."""
    given = load_clinical(clinical, kit.catalogue.ids)

    def again(records: Sequence[Prediction], places: Sequence[str]) -> list[Prediction]:
        names = [record.sample.id for record in records]
        facts = by_sample(clinical, given, names)
        for name in names:
            # an empty set of facts would wipe what the record knows of the patient, its contraindications too
            if name not in given and "" not in given:
                raise ClinicalError(str(clinical), f"says nothing of {name}", "Name it, or leave its record out.")
        return [
            with_clinical(record, kit, own, where) for record, own, where in zip(records, facts, places, strict=True)
        ]

    return again


def with_clinical(record: Prediction, kit: Kit, clinical: Clinical, where: str) -> Prediction:
    """The record as if it had been scored with these clinical facts: regimens, setting and caveats are made again.

    The language of the page is no fact of the patient: where the new facts name none, the record keeps its own.

    Raises
    ------
    RecordError
        Where the record, called ``where``, was scored with another pack or reference than the kit's, or by a version
        that did not keep what the rules of regimens need.
    """
    for part, own, loaded in (
        ("pack", record.pack, kit.pack.sha256),
        ("reference", record.reference, kit.reference.sha256),
    ):
        if own.sha256 != loaded:
            problem = f"was scored with another {part} ({own.name} {own.version}, sha256 {own.sha256[:12]})"
            raise RecordError(where, problem, f"Give --{part}, or score the sample again.")
    if any(result.score is not None and result.probability_resistant is None for result in record.drugs):
        raise RecordError(where, "lacks probabilities that ranking needs", "An earlier version wrote it: score again.")
    language = clinical.language or record.clinical.get("language")
    clinical = clinical.model_copy(update={"language": language})
    setting = setting_of(clinical)
    fresh = record.model_copy(
        update={
            "software": Software(name="pancreassign", version=__version__),
            "catalogue": CatalogueId(version=kit.catalogue.version, sha256=kit.catalogue_sha256),
            "setting": setting,
            "clinical": clinical.given(),
            "regimens": ranked(record.drugs, kit, setting, clinical),
        }
    )
    return fresh.model_copy(update={"caveats": caveats.of(fresh, kit.caveats)})


def _evidence(result: DrugResult, kit: Kit) -> DrugEvidence:
    """What the regimens need to know of a drug; without a signature the reference tumours are unknown too."""
    signature = kit.pack.signatures.get(result.drug)
    unknown = np.full(len(kit.reference.tumours), BASE_RATE)
    return DrugEvidence(
        call=result.call,
        grade=result.evidence,
        sensitive=_triple(result.probability, result.probability_interval),
        resistant=_triple(result.probability_resistant, result.probability_resistant_interval),
        reference_sensitive=chances_at_reference(signature, "sensitive") if signature else unknown,
        reference_resistant=chances_at_reference(signature, "resistant") if signature else unknown,
    )


def _triple(point: float | None, interval: Interval | None) -> Triple:
    return UNKNOWN if point is None or interval is None else (interval.low, point, interval.high)
