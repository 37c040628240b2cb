"""One prediction record as an HL7 FHIR R4 bundle after the Genomics Reporting guide, STU3 (docs/fhir.md).

Built as plain dictionaries: writing a bundle needs no library, and the tests hold it against two.
"""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid5

from pancreassign.export.fhir_codes import (
    GENETICS,
    NAMESPACE,
    NOTES,
    PROFILE,
    REPORT_CODE,
    RESEARCH,
    Json,
    markdown,
    narrative,
    own,
    pruned,
)
from pancreassign.export.fhir_observations import Frame, observations
from pancreassign.export.fhir_regimens import in_words, regimens
from pancreassign.export.table import leading
from pancreassign.records import Caveat, Prediction

URI = "urn:ietf:rfc:3986"
PRESERVATION = {"ffpe": "formalin-fixed, paraffin-embedded", "frozen": "frozen"}


def to_bundle(record: Prediction) -> dict[str, Any]:
    """A record as an R4 ``Bundle`` of type ``collection``.

    A collection is handed over to be read; a ``transaction`` would tell a server to store, which is for the laboratory
    to decide. Nothing in it comes from a clock: of the days, those that are stated; of the identifiers, UUIDs drawn
    from the record's own SHA-256. So the same record gives the same bundle.
    """
    frame = Frame(record)
    found = [*observations(frame), *regimens(frame)]
    entries = [
        ("report", _report(frame, [role for role, _ in found])),
        ("patient", _patient(frame)),
        ("specimen", _specimen(frame)),
        ("order", _order(frame)),
        ("device", _device(frame)),
        *found,
    ]
    bundle: dict[str, Any] = pruned(
        {
            "resourceType": "Bundle",
            "meta": frame.meta(),
            "identifier": {"system": URI, "value": frame.url("bundle")},
            "type": "collection",
            "entry": [{"fullUrl": frame.url(role), "resource": given} for role, given in entries if given],
        }
    )
    return bundle


def to_json(record: Prediction) -> str:
    """The bundle as JSON text, to be written as UTF-8: the same bytes for the same record."""
    return json.dumps(to_bundle(record), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _report(frame: Frame, results: list[str]) -> Json:
    """The report that holds all together.

    Its status is ``partial``, *may be incomplete or unverified*: R4's ``preliminary`` report is a verified one, and
    ``final`` is verified by an authorised person. ``issued`` wants a time of day, which nobody stated.
    """
    record = frame.record
    sample = record.sample
    said = [RESEARCH, *(caveat.text for caveat in record.caveats), *_results(record)]
    return {
        "resourceType": "DiagnosticReport",
        "meta": frame.meta("genomic-report"),
        "text": narrative(f"Drug-sensitivity signatures of sample {sample.id}", said),
        "extension": [*(_note(frame, caveat) for caveat in record.caveats), _method(frame)],
        "identifier": [{"system": URI, "value": _business(record)}],
        "basedOn": [frame.reference("order")] if _ordered(frame) else None,
        "status": "partial",
        "category": [GENETICS],
        "code": REPORT_CODE,
        "subject": frame.subject,
        "effectiveDateTime": sample.specimen.collected,
        "specimen": [frame.reference("specimen")],
        "result": [frame.reference(role) for role in results],
        "conclusion": " ".join(said),
    }


def _business(record: Prediction) -> str:
    """What stays the same when the same counts are ranked again by later facts: sample, counts, pack and reference."""
    what = (record.sample.id, record.input.sha256, record.pack.sha256, record.reference.sha256)
    return f"urn:uuid:{uuid5(NAMESPACE, ' '.join(what))}"


def _results(record: Prediction) -> list[str]:
    """Quality, calls with their grades, the first regimens and what rules regimens out, a sentence each."""
    calls = [f"{drug.drug}: {drug.call.replace('_', ' ')} (evidence {drug.evidence})." for drug in record.drugs]
    setting = f"{record.setting.value.replace('_', ' ')}{', assumed' if record.setting.assumed else ''}"
    lead = leading(record)
    first = f"{lead.name}, {in_words(lead)}" if lead else "none without contraindication and placed for it"
    said = [f"Quality: {record.qc.verdict}.", *calls]
    if record.silent:
        said.append(
            "No signature speaks here: the order of the regimens comes from eligibility and the catalogue alone."
        )
    else:
        said.append(f"First regimen for {setting}: {first}.")
    barred = [regimen.name for regimen in record.regimens if regimen.for_setting and regimen.contraindicated]
    if barred:
        said.append(f"Contraindicated: {', '.join(barred)}.")
    if lead and any(finding.status == "unknown" for finding in lead.eligibility):
        said.append("Facts that eligibility asks for are unknown: see the regimens' findings.")
    return said


def _note(frame: Frame, caveat: Caveat) -> Json:
    coded = "test-disclaimer" if caveat.code in ("research_use", "preclinical_probability") else None
    return _annotation(coded, caveat.text, frame.record.sample.order.reported)


def _method(frame: Frame) -> Json:
    """What made the report, by name, version and hash, so that it can be made again."""
    record = frame.record
    parts = (
        f"{record.software.name} {record.software.version}",
        f"pack {record.pack.name} {record.pack.version} (SHA-256 {record.pack.sha256})",
        f"reference {record.reference.name} {record.reference.version} (SHA-256 {record.reference.sha256})",
        f"regimens {record.catalogue.version} (SHA-256 {record.catalogue.sha256})",
        f"counts (SHA-256 {record.input.sha256})",
        f"record (SHA-256 {frame.digest})",
    )
    return _annotation("test-methodology", "; ".join(parts), record.sample.order.reported)


def _annotation(code: str | None, text: str, day: str | None) -> Json:
    """A coded note of the report; ``day`` is that of the report, where stated."""
    coding = {"coding": [{"system": NOTES, "code": code}]} if code else None
    kind = {"url": f"{PROFILE}annotation-code", "valueCodeableConcept": coding}
    return {
        "url": f"{PROFILE}genomic-report-note",
        "valueAnnotation": {"extension": [kind] if code else None, "time": day, "text": markdown(text)},
    }


def _patient(frame: Frame) -> Json | None:
    """Who the sample is of, as far as it was stated; the identifiers' systems are the laboratory's own."""
    sample = frame.record.sample
    if frame.subject is None:
        return None
    second = {"type": {"text": "second identifier, as stated"}, "value": sample.second_id} if sample.second_id else None
    return {
        "resourceType": "Patient",
        "meta": frame.meta(),
        "text": narrative("Patient", [sample.patient or "identifier not stated"]),
        "identifier": [{"value": sample.patient}, second],
        "gender": sample.sex,
    }


def _specimen(frame: Frame) -> Json:
    sample = frame.record.sample
    given = sample.specimen
    rna = f"{given.rna_ng} ng of RNA into the library" if given.rna_ng is not None else ""
    protocol = f"{given.protocol} library" if given.protocol != "unknown" else ""
    steps = [PRESERVATION.get(given.preservation, ""), protocol, rna]
    return {
        "resourceType": "Specimen",
        "meta": frame.meta(),
        "text": narrative(f"Specimen {sample.id}", [given.specimen_type or "", sample.site or "", *steps]),
        "identifier": [{"value": sample.id}],
        "type": {"text": given.specimen_type},
        "subject": frame.subject,
        "receivedTime": sample.order.received,
        "request": [frame.reference("order")] if _ordered(frame) else None,
        "collection": {"collectedDateTime": given.collected, "bodySite": {"text": sample.site}},
        "processing": [{"description": step} for step in steps],
    }


def _ordered(frame: Frame) -> bool:
    order = frame.record.sample.order
    return frame.subject is not None and bool(order.ordered or order.requester)


def _order(frame: Frame) -> Json | None:
    """The order, where one is stated of a known patient: R4 allows none without. Its state is not ours to know."""
    if not _ordered(frame):
        return None
    order = frame.record.sample.order
    return {
        "resourceType": "ServiceRequest",
        "meta": frame.meta(),
        "text": narrative("Order of drug-sensitivity signatures", [order.requester or "", order.ordered or ""]),
        "status": "unknown",
        "intent": "order",
        "code": own("signatures", "drug-sensitivity signatures of a pancreatic tumour by RNA-seq"),
        "subject": frame.subject,
        "authoredOn": order.ordered,
        "requester": {"display": order.requester},
    }


def _device(frame: Frame) -> Json:
    """The program, with the versions and hashes of what it worked with."""
    record = frame.record
    pack, reference = record.pack, record.reference
    versions = {
        "software": record.software.version,
        f"signature pack {pack.name}": pack.version,
        "signature pack, SHA-256": pack.sha256,
        f"reference {reference.name}": reference.version,
        "reference, SHA-256": reference.sha256,
        "regimens": record.catalogue.version,
        "regimens, SHA-256": record.catalogue.sha256,
    }
    return {
        "resourceType": "Device",
        "meta": frame.meta(),
        "text": narrative(f"{record.software.name} {record.software.version}", [RESEARCH]),
        "deviceName": [{"name": record.software.name, "type": "user-friendly-name"}],
        "type": {"text": "software"},
        "version": [{"type": {"text": kind}, "value": version} for kind, version in versions.items()],
    }
