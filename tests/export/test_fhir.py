from __future__ import annotations

import copy
import gzip
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from fhir.resources.R4B.bundle import Bundle
from fhir_factory import (
    BAD,
    EARLIER,
    MADE,
    Json,
    called,
    failed,
    full,
    implied,
    markup,
    observed,
    of,
    part,
    parts,
    record,
    unknown,
)
from fhir_profiles import faults, walk

from pancreassign import resources
from pancreassign.cohort import Job, read
from pancreassign.export import fhir
from pancreassign.export.fhir_codes import OWN, RESEARCH
from pancreassign.kit import load_kit
from pancreassign.predict import predict
from pancreassign.records import Call, Prediction

EXAMPLE = resources.data_dir() / "example"
GUIDE = "http://hl7.org/fhir/uv/genomics-reporting/StructureDefinition/"


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> list[Prediction]:
    """The records of the shipped example."""
    kit = load_kit("pdac-public", "pdac-full-length", None)
    job = Job(
        [EXAMPLE / "counts.tsv.gz"],
        tmp_path_factory.mktemp("fhir"),
        "pdac-public",
        "pdac-full-length",
        samples=EXAMPLE / "samples.tsv",
        clinical=EXAMPLE / "clinical.tsv",
    )
    cohort = read(job, kit)
    known = zip(cohort.samples, cohort.infos, cohort.clinicals, strict=True)
    return [predict(sample, kit, info, clinical) for sample, info, clinical in known]


def held(bundle: Json) -> None:
    """Validate a bundle: R4B's own rules, then the guide's profiles."""
    Bundle.model_validate_json(json.dumps(bundle))
    assert faults(bundle) == []


def test_every_record_of_the_example_is_valid(scored: list[Prediction]) -> None:
    assert len(scored) == 7
    for one in scored:
        held(fhir.to_bundle(one))


@pytest.mark.parametrize("path", EARLIER, ids=lambda path: path.name)
def test_an_earlier_record_is_valid(path: Path) -> None:
    held(fhir.to_bundle(Prediction.from_json(gzip.decompress(path.read_bytes()))))


@pytest.mark.parametrize("name", MADE)
def test_a_made_record_is_valid(name: str) -> None:
    held(fhir.to_bundle(record(MADE[name])))


def breaks() -> Iterator[tuple[str, Callable[[Json], object], str]]:
    """Ways to break a bundle that fhir.resources lets pass, and what the checker must say."""
    yield "category", lambda b: observed(b, "score-general")["category"].pop(1), "mbCategory: 0"
    yield "derived", lambda b: implied(b, "paclitaxel").pop("derivedFrom"), "derivedFrom: 0"
    yield "value", lambda b: implied(b, "paclitaxel").update(valueString="x"), r"value\[x\]: 1"
    yield "code", lambda b: of(b, "DiagnosticReport")[0].update(code={"text": "x"}), "DiagnosticReport.code"
    yield "genetics", lambda b: of(b, "DiagnosticReport")[0].update(category=[{"text": "x"}]), "Genetics: 0"
    yield "period", lambda b: of(b, "DiagnosticReport")[0].update(effectivePeriod={"start": "2026"}), "effectivePeriod"
    yield "dangling", lambda b: b["entry"].pop(2), "leads nowhere"
    yield (
        "wrong kind",
        lambda b: of(b, "DiagnosticReport")[0]["result"].append(of(b, "Observation")[0]["device"]),
        "leads",
    )
    yield "medication", lambda b: retyped(part(implied(b, "paclitaxel"), "51963-7")), "valueString is none of"
    yield "call", lambda b: implied(b, "paclitaxel")["component"].append(outside()), "is not in the guide's value set"
    yield "both", lambda b: observed(b, "quality").update(dataAbsentReason={"text": "x"}), "obs-6"
    yield "silent", lambda b: of(b, "Device")[0].pop("text"), "dom-6"
    yield "twice", lambda b: b["entry"].append(b["entry"][0]), "share a fullUrl"
    yield (
        "note",
        lambda b: of(b, "DiagnosticReport")[0]["extension"][0].update(valueString="x"),
        "valueString is none of",
    )


def retyped(component: Json) -> None:
    component["valueString"] = component.pop("valueCodeableConcept")["text"]


def outside() -> Json:
    code = {"coding": [{"system": "http://hl7.org/fhir/uv/genomics-reporting/CodeSystem/tbd-codes-cs"}]}
    code["coding"][0]["code"] = "therapeutic-implication"
    return {"code": code, "valueCodeableConcept": {"coding": [{"system": "http://loinc.org", "code": "LA0-0"}]}}


@pytest.mark.parametrize(("change", "said"), [one[1:] for one in breaks()], ids=[one[0] for one in breaks()])
def test_the_checker_sees_what_breaks_the_guide(change: Callable[[Json], object], said: str) -> None:
    bundle = copy.deepcopy(fhir.to_bundle(record(full)))
    assert faults(bundle) == []
    change(bundle)
    assert re.search(said, "\n".join(faults(bundle)))


def test_the_same_record_gives_the_same_bytes_and_another_record_other_identifiers() -> None:
    one, same, other = record(), record(), record(lambda plain: plain["clinical"].update(ecog=2))
    assert fhir.to_json(one) == fhir.to_json(same)
    urls = [{entry["fullUrl"] for entry in fhir.to_bundle(item)["entry"]} for item in (one, other)]
    assert not urls[0] & urls[1]
    reports = [of(fhir.to_bundle(item), "DiagnosticReport")[0]["identifier"] for item in (one, other)]
    assert reports[0] == reports[1], "the same counts ranked again are the same report"
    moved = record(lambda plain: plain["pack"].update(sha256="0" * 64))
    assert of(fhir.to_bundle(moved), "DiagnosticReport")[0]["identifier"] != reports[0]


def test_the_text_is_json_that_ends_with_a_line_and_holds_the_bundle() -> None:
    text = fhir.to_json(record(full))
    assert json.loads(text) == fhir.to_bundle(record(full))
    assert text.endswith("}\n")
    assert text.startswith('{\n  "resourceType": "Bundle"')


def test_nothing_is_final_and_nothing_asks_to_act(scored: list[Prediction]) -> None:
    for one in [*scored, record(full)]:
        bundle = fhir.to_bundle(one)
        assert bundle["type"] == "collection"
        assert {item["status"] for item in of(bundle, "Observation")} == {"preliminary"}
        assert [item["status"] for item in of(bundle, "DiagnosticReport")] == ["partial"]
        kinds = {entry["resource"]["resourceType"] for entry in bundle["entry"]}
        assert not kinds & {"Task", "CarePlan", "MedicationRequest"}
        assert {item["status"] for item in of(bundle, "ServiceRequest")} <= {"unknown"}


def test_every_statement_says_research_use_by_itself() -> None:
    bundle = fhir.to_bundle(record(full))
    for item in [*of(bundle, "Observation"), *of(bundle, "DiagnosticReport")]:
        assert RESEARCH in item["text"]["div"]
        assert item["meta"]["security"][0]["code"] == "HRESCH"
    assert all(item["note"] == [{"text": RESEARCH}] for item in of(bundle, "Observation"))
    assert of(bundle, "DiagnosticReport")[0]["conclusion"].startswith(RESEARCH)


def test_every_caveat_is_a_note_and_in_the_conclusion() -> None:
    one = record()
    (report,) = of(fhir.to_bundle(one), "DiagnosticReport")
    notes = [item["valueAnnotation"] for item in report["extension"]]
    assert [note["text"] for note in notes[:-1]] == [caveat.text for caveat in one.caveats]
    codes = [note.get("extension", [{}])[0].get("valueCodeableConcept", {}).get("coding", [{}]) for note in notes]
    assert [code[0].get("code") for code in codes[:2]] == ["test-disclaimer"] * 2
    assert codes[-1][0]["code"] == "test-methodology"
    for digest in (one.pack.sha256, one.reference.sha256, one.input.sha256):
        assert digest in notes[-1]["text"]
    assert all(caveat.text in report["conclusion"] for caveat in one.caveats)


def test_a_drug_that_is_not_evaluable_has_a_reason_and_no_number() -> None:
    one = record()
    bundle = fhir.to_bundle(one)
    lost = [drug for drug in one.drugs if drug.call is Call.NOT_EVALUABLE]
    assert len(lost) == 3
    assert all(drug.score is not None for drug in lost), "the record knows what the bundle withholds"
    for drug in lost:
        biomarker, implication = observed(bundle, f"score-{drug.drug}"), implied(bundle, drug.drug)
        for item in (biomarker, implication):
            codes = [coding["code"] for coding in item["dataAbsentReason"]["coding"]]
            assert codes == ["unknown", "no_demonstrated_skill"]
            assert item["dataAbsentReason"]["text"] == "no demonstrated skill"
            assert part(item, "93044-6")["valueCodeableConcept"]["coding"] == [{"system": OWN, "code": "grade-D"}]
            assert not any(isinstance(value, int | float) for _, value in walk(item))
            assert not parts(item, "therapeutic-implication")


def test_no_number_is_left_where_quality_failed() -> None:
    bundle = fhir.to_bundle(record(failed))
    assert observed(bundle, "quality")["valueCodeableConcept"]["text"] == "fail"
    general = observed(bundle, "score-general")
    assert general["dataAbsentReason"]["coding"][1]["code"] == "quality_failed"
    assert "valueQuantity" not in general
    for item in of(bundle, "Observation"):
        for score_part in parts(item, "regimen-score"):
            assert "valueQuantity" not in score_part
            assert score_part["dataAbsentReason"]["text"] == "no drug of this regimen is evaluable"


def test_a_drug_without_signature_is_unsupported() -> None:
    implication = implied(fhir.to_bundle(record(unknown)), "gemcitabine")
    codes = [coding["code"] for coding in implication["dataAbsentReason"]["coding"]]
    assert codes == ["unsupported", "no_signature"]
    assert "Not validated." in part(implication, "conclusion-string")["valueString"]


@pytest.mark.parametrize(
    ("call", "codes"),
    [
        ("sensitive", [("http://loinc.org", "LA9661-5"), (OWN, "sensitive")]),
        ("resistant", [("http://loinc.org", "LA9660-7"), (OWN, "resistant")]),
        ("intermediate", [(OWN, "intermediate")]),
    ],
)
def test_a_call_has_the_guides_code_where_it_has_one_and_its_grade(call: str, codes: list[tuple[str, str]]) -> None:
    one = record(called(call))
    implication = implied(fhir.to_bundle(one), "paclitaxel")
    value = part(implication, "therapeutic-implication")["valueCodeableConcept"]
    assert [(coding["system"], coding["code"]) for coding in value["coding"]] == codes
    assert value["text"] == call
    assert part(implication, "93044-6")["valueCodeableConcept"]["coding"][0]["code"] == "grade-B"
    assert "evidence B" in part(implication, "conclusion-string")["valueString"]
    assert f"paclitaxel: {call} (evidence B)." in of(fhir.to_bundle(one), "DiagnosticReport")[0]["conclusion"]


def test_a_score_stands_with_its_interval_percentile_and_probability() -> None:
    one = record()
    drug = one.drugs[4]
    assert drug.score_interval is not None
    assert drug.probability_interval is not None
    biomarker = observed(fhir.to_bundle(one), "score-paclitaxel")
    assert biomarker["valueQuantity"]["value"] == drug.score
    assert biomarker["valueQuantity"]["code"] == "{SD}"
    assert part(biomarker, "percentile")["valueQuantity"]["value"] == drug.percentile
    assert part(biomarker, "probability")["valueQuantity"]["value"] == drug.probability
    for name, interval in (("score", drug.score_interval), ("probability", drug.probability_interval)):
        bounds = part(biomarker, f"{name}-interval")["valueRange"]
        assert (bounds["low"]["value"], bounds["high"]["value"]) == (interval.low, interval.high)
        assert part(biomarker, f"{name}-interval-level")["valueQuantity"]["value"] == interval.level


def test_an_implication_derives_from_its_own_drugs_score() -> None:
    bundle = fhir.to_bundle(record())
    by_url = {entry["fullUrl"]: entry["resource"] for entry in bundle["entry"]}
    for drug in ("5-FU", "paclitaxel"):
        (reference,) = implied(bundle, drug)["derivedFrom"]
        assert by_url[reference["reference"]]["code"]["coding"][0]["code"] == f"score-{drug}"


def test_the_regimens_stand_in_order_with_ties_and_what_argues_against_them() -> None:
    one = record(lambda plain: plain["regimens"][1].update(contraindicated=True))
    bundle = fhir.to_bundle(one)
    by_url = {entry["fullUrl"]: entry["resource"] for entry in bundle["entry"]}
    (report,) = of(bundle, "DiagnosticReport")
    found = [by_url[item["reference"]] for item in report["result"]]
    found = [item for item in found if parts(item, "rank")]
    assert len(found) == len(one.regimens)
    for item, regimen in zip(found, one.regimens, strict=True):
        assert part(item, "regimen-id")["valueString"] == regimen.id
        assert part(item, "rank")["valueInteger"] == regimen.rank
        assert [tie["valueString"] for tie in parts(item, "tied-with")] == regimen.tied_with
        assert part(item, "contraindicated")["valueBoolean"] is regimen.contraindicated
        assert part(item, "for-setting")["valueBoolean"] is regimen.for_setting
        named = [drug["valueCodeableConcept"]["text"] for drug in parts(item, "51963-7")]
        assert named == regimen.drugs
        for finding in regimen.eligibility:
            said = part(item, f"eligibility-{finding.code}")
            if finding.status == "unknown":
                assert said["dataAbsentReason"]["coding"][0]["code"] == "unknown"
                assert finding.message in said["dataAbsentReason"]["text"]
            else:
                assert said["valueCodeableConcept"]["coding"][0]["code"] == finding.status
        profiles = item["meta"].get("profile", [])
        assert profiles == ([GUIDE + "therapeutic-implication"] if regimen.evidence.grades else [])
    assert any(not item["meta"].get("profile") for item in found), "one regimen has no signature"


def test_another_form_of_a_drug_has_not_its_code() -> None:
    bundle = fhir.to_bundle(record())
    named = [part for item in of(bundle, "Observation") for part in parts(item, "51963-7")]
    coded = {item["valueCodeableConcept"]["text"]: item["valueCodeableConcept"].get("coding") for item in named}
    assert coded["paclitaxel"] == [{"system": "http://www.whocc.no/atc", "code": "L01CD01"}]
    assert coded["nab-paclitaxel"] is None
    assert coded["nal-IRI"] is None


def test_a_trial_is_cited_with_its_doi() -> None:
    one = record()
    trial = one.regimens[0].trials[0]
    bundle = fhir.to_bundle(one)
    cited = [item["valueRelatedArtifact"] for place in of(bundle, "Observation") for item in place.get("extension", [])]
    (first, *_) = [item for item in cited if item["display"].startswith(f"{trial.name}: {trial.efficacy}")]
    assert first["type"] == "citation"
    assert first["url"] == "https://doi.org/" + re.findall(r"10\.\S+", trial.source)[0]


def test_what_is_stated_of_the_sample_stands_where_it_belongs() -> None:
    bundle = fhir.to_bundle(record(full))
    (patient,), (specimen,), (order,) = (of(bundle, kind) for kind in ("Patient", "Specimen", "ServiceRequest"))
    (report,) = of(bundle, "DiagnosticReport")
    assert [item["value"] for item in patient["identifier"]] == ["P1", "1961-04-05"]
    assert "birthDate" not in patient
    assert patient["gender"] == "female"
    assert specimen["identifier"] == [{"value": "S1"}]
    assert specimen["type"] == {"text": "EUS-FNB"}
    assert specimen["collection"] == {"collectedDateTime": "2026-01-02", "bodySite": {"text": "liver metastasis"}}
    assert specimen["receivedTime"] == "2026-01-04"
    steps = [step["description"] for step in specimen["processing"]]
    assert steps == ["formalin-fixed, paraffin-embedded", "full-length library", "50.0 ng of RNA into the library"]
    assert (order["authoredOn"], order["requester"]) == ("2026-01-03", {"display": "Dr Who"})
    assert report["effectiveDateTime"] == "2026-01-02"
    assert "issued" not in report
    assert {item["valueAnnotation"]["time"] for item in report["extension"]} == {"2026-01-09"}
    stated = part(observed(bundle, "tumour-content"), "content-stated")["valueQuantity"]
    assert (stated["value"], stated["code"]) == (0.0, "%"), "a stated zero is known"
    assert "tag" not in bundle["meta"]


def test_what_is_not_known_has_no_element_and_no_stand_in() -> None:
    bundle = fhir.to_bundle(record(unknown))
    assert not of(bundle, "Patient")
    assert not of(bundle, "ServiceRequest")
    (specimen,) = of(bundle, "Specimen")
    assert set(specimen) == {"resourceType", "meta", "text", "identifier"}
    days = [at for at, value in walk(bundle) if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d.*", value)]
    assert days == []
    assert not any("subject" in entry["resource"] for entry in bundle["entry"])
    assert not any(value in (None, "", [], {}) for _, value in walk(bundle) if not isinstance(value, int | float))
    content = observed(bundle, "tumour-content")
    assert content["dataAbsentReason"]["coding"][0]["code"] == "unknown"
    assert "valueCodeableConcept" not in content


def test_a_check_that_was_not_made_clears_nothing() -> None:
    quality = observed(fhir.to_bundle(record(unknown)), "quality")
    made = [item for item in quality["component"] if "dataAbsentReason" in item]
    assert made
    assert all(item["dataAbsentReason"]["coding"][0]["code"] == "not-performed" for item in made)
    assert not any("interpretation" in item for item in made)


def test_a_check_has_its_value_limits_and_verdict() -> None:
    one = record()
    check = next(item for item in one.qc.checks if item.threshold and item.value is not None)
    found = part(observed(fhir.to_bundle(one), "quality"), check.name)
    assert found["valueQuantity"] == {"value": check.value, "unit": check.unit}
    assert found["interpretation"][0]["coding"][0]["code"] == check.verdict
    assert all(str(limit) in found["referenceRange"][0]["text"] for limit in (check.threshold or {}).values())


def test_a_simulated_sample_is_labelled_as_test_data(scored: list[Prediction]) -> None:
    bundle = fhir.to_bundle(scored[0])
    assert bundle["meta"]["tag"][0]["code"] == "HTEST"
    assert all(entry["resource"]["meta"]["tag"][0]["code"] == "HTEST" for entry in bundle["entry"])


def test_markup_stays_harmless_text() -> None:
    text = fhir.to_json(record(markup))
    assert not re.search("[\x00-\x09\x0b-\x1f]", text)
    bundle = json.loads(text)
    told = BAD.replace("\x00", "\N{REPLACEMENT CHARACTER}").replace("\x1b", "\N{REPLACEMENT CHARACTER}")
    assert of(bundle, "Patient")[0]["identifier"][0]["value"] == told, "an identifier is not rewritten"
    divs = [value for at, value in walk(bundle) if at.endswith(".div")]
    assert len(divs) == len(bundle["entry"])
    for div in divs:
        tree = ElementTree.fromstring(div)  # raises where the markup was taken for markup
        assert {element.tag.rpartition("}")[2] for element in tree.iter()} <= {"div", "p", "b"}
    assert any("<script>" in (element.text or "") for div in divs for element in ElementTree.fromstring(div).iter())
    shown = [value for at, value in walk(bundle) if at.endswith("valueAnnotation.text")]
    assert any("&lt;script&gt;" in value for value in shown)
    assert not any("<" in value for value in shown), "markdown would take it for a tag"
    links = [value for at, value in walk(bundle) if at.endswith("valueRelatedArtifact.url")]
    assert "https://doi.org/10.1000/%3Cx%3E%22y" in links


def test_every_code_of_ours_is_documented(scored: list[Prediction]) -> None:
    page = (Path(__file__).parents[2] / "docs" / "fhir.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"`([^`]+)`", page))
    assert OWN in documented
    one = record(full)
    named = {check.name for item in [*scored, one] for check in item.qc.checks}
    named |= {item.setting.value for item in [*scored, one]}
    used = {
        value["code"]
        for item in [*scored, one]
        for _, value in walk(fhir.to_bundle(item))
        if isinstance(value, dict) and value.get("system") == OWN
    }
    assert {code for code in used - named if not code.startswith(("eligibility-", "score-"))} <= documented


def test_writing_needs_no_library() -> None:
    code = (
        "import sys, pancreassign.export.fhir; print(*[m for m in ('fhir', 'pandas', 'anndata') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
