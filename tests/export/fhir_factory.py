"""Records that are made for the tests of FHIR, and how to find things in their bundles."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pancreassign.records import Prediction

Json = dict[str, Any]
EARLIER = sorted((Path(__file__).parents[1] / "fixtures" / "records").glob("*.json.gz"))
BAD = 'a<script>alert("1")</script>&amp;\n]]>\'\x00\x1b -->'


def earlier() -> Json:
    """A record as plain JSON, to be changed at will."""
    loaded: Json = json.loads(gzip.decompress(EARLIER[-1].read_bytes()))
    return loaded


def record(change: Callable[[Json], object] = lambda plain: None) -> Prediction:
    plain = earlier()
    change(plain)
    return Prediction.from_json(json.dumps(plain))


def called(call: str) -> Callable[[Json], object]:
    return lambda plain: plain["drugs"][4].update(call=call, evidence="B", reason="called")


def unknown(plain: Json) -> None:
    """Nothing is known but the sample's name and its hash."""
    plain["sample"] = {"id": "S1"}
    plain["clinical"] = {}
    plain["setting"]["assumed"] = True
    plain["general"].update(score=None, percentile=None, evidence="D")
    plain["qc"]["tumour_content"] = {"class": None, "value": None, "interval": None}
    for check in plain["qc"]["checks"]:
        check.update(value=None, unit=None, threshold=None, code="not_measured", verdict="pass")
    for drug in plain["drugs"]:
        drug.update(call="not_evaluable", reason="no_signature", evidence="D", validation=None)
        for key in ("score", "score_interval", "percentile", "probability", "probability_interval"):
            drug[key] = None
    for regimen in plain["regimens"]:
        regimen.update(score=None, interval=None, tier=None, basis=None, trials=[], eligibility=[], order=[], notes=[])


def full(plain: Json) -> None:
    """All that can be stated is stated."""
    plain["sample"].update(
        id="S1",
        patient="P1",
        second_id="1961-04-05",
        sex="female",
        site="liver metastasis",
        simulated=False,
        specimen={
            "preservation": "ffpe",
            "protocol": "full-length",
            "specimen_type": "EUS-FNB",
            "collected": "2026-01-02",
            "tumour_cells_percent": 0.0,
            "rna_ng": 50.0,
        },
        order={"ordered": "2026-01-03", "received": "2026-01-04", "reported": "2026-01-09", "requester": "Dr Who"},
    )


def failed(plain: Json) -> None:
    plain["qc"]["verdict"] = "fail"
    for drug in plain["drugs"]:
        drug.update(call="not_evaluable", reason="quality_failed")


def markup(plain: Json) -> None:
    """Markup wherever a laboratory, a catalogue or a pack can write words."""
    full(plain)
    plain["sample"].update(id=BAD, patient=BAD, second_id=BAD, site=BAD)
    plain["sample"]["specimen"]["specimen_type"] = BAD
    plain["sample"]["order"]["requester"] = BAD
    plain["setting"]["value"] = BAD
    plain["caveats"].append({"code": BAD, "text": BAD})
    plain["qc"]["checks"][0].update(name=BAD, unit=BAD, code=BAD)
    plain["qc"]["tumour_content"]["class"] = BAD
    for regimen in plain["regimens"][:2]:
        regimen.update(id=BAD + regimen["id"], name=BAD, drugs=[BAD], rule_text=BAD, order=[BAD], notes=[BAD])
        regimen["eligibility"][0].update(code=BAD, message=BAD, source=BAD)
        regimen["trials"] = [
            dict.fromkeys(("name", "population", "efficacy", "toxicity"), BAD) | {"source": 'doi 10.1000/<x>"y'}
        ]


def blank(plain: Json) -> None:
    """Fields that hold nothing but white space."""
    full(plain)
    plain["sample"].update(patient=" ", second_id="\n", site="\t")
    plain["sample"]["order"]["requester"] = " "


def nobody(plain: Json) -> None:
    """An order, but nothing of a patient: R4 has no order without one."""
    full(plain)
    plain["sample"].update(patient=None, second_id=None, sex=None)


MADE = {
    "as it was": lambda plain: None,
    "unknown": unknown,
    "full": full,
    "failed": failed,
    "markup": markup,
    "blank": blank,
    "no patient, but an order": nobody,
    "sensitive": called("sensitive"),
    "resistant": called("resistant"),
    "intermediate": called("intermediate"),
}


def of(bundle: Json, kind: str) -> list[Json]:
    return [entry["resource"] for entry in bundle["entry"] if entry["resource"]["resourceType"] == kind]


def observed(bundle: Json, code: str) -> Json:
    """The one observation with that code of ours, or of the guide."""
    (found,) = [one for one in of(bundle, "Observation") if one["code"].get("coding", [{}])[0].get("code") == code]
    return found


def implied(bundle: Json, drug: str) -> Json:
    """The one implication of a drug alone."""
    (found,) = [
        one
        for one in of(bundle, "Observation")
        if [part["valueCodeableConcept"]["text"] for part in parts(one, "51963-7")] == [drug] and not parts(one, "rank")
    ]
    return found


def parts(observation: Json, code: str) -> list[Json]:
    return [part for part in observation.get("component", []) if part["code"]["coding"][0]["code"] == code]


def part(observation: Json, code: str) -> Json:
    (found,) = parts(observation, code)
    return found
