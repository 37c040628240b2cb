from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from pancreassign import caveats, cohort, resources
from pancreassign.cohort import Job
from pancreassign.errors import ArtefactError, Faults, InputError, RecordError, raise_all
from pancreassign.records import Call, Interval, Prediction, QcCheck, SampleInfo, Specimen, read_record, rounded

EXAMPLE = resources.data_dir() / "example" / "counts.tsv.gz"


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Prediction:
    out = tmp_path_factory.mktemp("records") / "out"
    job = Job([EXAMPLE], out, resources.DEFAULT_PACK, resources.DEFAULT_REFERENCE, reports=False)
    return cohort.score(job, lambda done, total: None, lambda note: None)[0]


@pytest.mark.parametrize(
    ("value", "kept"),
    [(0.12345678, 0.123457), (123456789.0, 123457000.0), (-1e-9, -1e-9), (None, None), (math.nan, None), (0.0, 0.0)],
)
def test_floats_keep_six_significant_digits(value: float | None, kept: float | None) -> None:
    assert rounded(value) == kept


def test_a_record_survives_json_to_the_byte(record: Prediction) -> None:
    text = record.to_json()
    assert Prediction.from_json(text) == record
    assert Prediction.from_json(text).to_json() == text
    assert "NaN" not in text


def test_the_contracts_keys(record: Prediction) -> None:
    data = json.loads(record.to_json())
    assert set(data) >= {
        "schema", "software", "pack", "reference", "sample", "input", "qc", "general", "drugs", "setting", "clinical",
        "regimens", "context", "caveats",
    }  # fmt: skip
    assert data["schema"] == "pancreassign/prediction/1"
    assert [drug["drug"] for drug in data["drugs"]] == [
        "5-FU",
        "oxaliplatin",
        "irinotecan",
        "gemcitabine",
        "paclitaxel",
    ]
    assert set(data["drugs"][0]) >= {
        "drug", "call", "reason", "score", "score_interval", "percentile", "probability", "probability_interval",
        "evidence", "validation", "reference", "coverage", "contributions", "content_correction",
    }  # fmt: skip
    assert set(data["regimens"][0]) >= {
        "id", "name", "drugs", "rank", "tied_with", "score", "interval", "rule", "eligibility", "trials", "evidence",
    }  # fmt: skip
    assert set(data["qc"]) >= {"verdict", "checks", "tumour_content"}
    assert set(data["qc"]["tumour_content"]) == {"class", "value", "interval"}
    assert set(data["qc"]["checks"][0]) == {"name", "value", "unit", "threshold", "verdict", "code", "source"}
    assert data["context"]["exploratory"] is True
    assert data["reference"]["preservation"] == "frozen"
    assert len(data["regimens"]) == 11


def test_an_unknown_key_is_a_fault(record: Prediction) -> None:
    data = {**json.loads(record.to_json()), "extra": 1}
    with pytest.raises(RecordError, match=r"here\.json: .*extra"):
        Prediction.from_json(json.dumps(data), "here.json")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match=r"none\.json: cannot be read"):
        read_record(tmp_path / "none.json")


def codes(record: Prediction) -> list[str]:
    return [caveat.code for caveat in caveats.of(record, shipped())]


def shipped() -> caveats.Caveats:
    return caveats.load(resources.data_dir() / "caveats" / "caveats.toml")


def test_caveats_follow_from_the_record(record: Prediction) -> None:
    always = shipped().always - caveats.UNCHECKED
    assert {"research_use", "preclinical_probability"} <= always
    assert shipped().always > caveats.UNCHECKED
    own_part = record.drugs[0].validation.model_copy(
        update={"specific_interval": Interval(low=0.1, high=0.5, level=0.99)}
    )
    skilled = {"call": Call.SENSITIVE, "evidence": "C", "validation": own_part}
    drugs = [record.drugs[0].model_copy(update=skilled), *record.drugs[1:]]
    silent = {"call": Call.NOT_EVALUABLE, "evidence": "D"}
    unskilled = [drug.model_copy(update=silent) for drug in record.drugs]
    specimen = Specimen(preservation="frozen", protocol="full-length")
    for key in ("preservation", "protocol"):
        assert getattr(specimen, key) == getattr(record.reference, key)
    own = record.sample.model_copy(update={"simulated": False, "specimen": specimen})
    checked = [
        QcCheck(name=name, value=0.0, unit=None, threshold=None, verdict="pass", code="ok", source="a test")
        for name in sorted(caveats.DOMAIN_CHECKS)
    ]
    plain = record.model_copy(
        update={
            "drugs": drugs,
            "sample": own,
            "setting": record.setting.model_copy(update={"assumed": False}),
            "qc": record.qc.model_copy(update={"verdict": "pass", "checks": checked}),
        }
    )
    assert set(codes(plain)) == always
    # a change of the record, by the caveats that it brings
    for found, change in {
        ("rounded_counts",): {"input": record.input.model_copy(update={"rounded": True})},
        ("depth_unknown",): {"input": record.input.model_copy(update={"units": "tpm"})},
        ("poor_quality",): {"qc": plain.qc.model_copy(update={"verdict": "fail"})},
        ("weak_quality",): {"qc": plain.qc.model_copy(update={"verdict": "warn"})},
        ("no_drug_evaluable",): {"drugs": unskilled},
        ("assumed_setting",): {"setting": record.setting},
        ("simulated",): {"sample": own.model_copy(update={"simulated": True})},
        ("preservation_differs",): _of_specimen(own, preservation="ffpe"),
        ("preservation_unknown",): _of_specimen(own, preservation="unknown"),
        ("protocol_differs",): _of_specimen(own, protocol="capture"),
        tuple(sorted(caveats.UNCHECKED)): {"qc": plain.qc.model_copy(update={"checks": []})},
    }.items():
        assert set(codes(plain.model_copy(update=change))) == always | set(found)


def _of_specimen(own: SampleInfo, **changed: str) -> dict[str, SampleInfo]:
    return {"sample": own.model_copy(update={"specimen": own.specimen.model_copy(update=changed)})}


def test_a_missing_caveat_text_is_a_fault(record: Prediction, tmp_path: Path) -> None:
    (tmp_path / "caveats.toml").write_text('[research_use]\nalways = true\ntext = "x"\n')
    with pytest.raises(ArtefactError, match="assumed_setting"):
        caveats.of(record, caveats.load(tmp_path / "caveats.toml"))
    (tmp_path / "caveats.toml").write_text("[research_use]\n")
    with pytest.raises(ArtefactError, match=r"caveats\.toml"):
        caveats.load(tmp_path / "caveats.toml")


def test_faults_are_raised_together() -> None:
    one, two = InputError("a", "is bad", "Mend it."), InputError("b", "is worse", "Mend it too.")
    raise_all([])
    with pytest.raises(InputError, match=r"^a: is bad\. Mend it\.$"):
        raise_all([one])
    with pytest.raises(Faults, match=r"(?s)a: is bad.*b: is worse"):
        raise_all([one, two])


@pytest.mark.parametrize("forbids", ["grade", "quality"])
def test_a_call_that_grade_or_quality_forbids_is_no_record(forbids: str, record: Prediction) -> None:
    drugs = [drug.model_copy(update={"evidence": "C", "call": Call.INTERMEDIATE}) for drug in record.drugs]
    allowed = record.model_copy(update={"drugs": drugs, "qc": record.qc.model_copy(update={"verdict": "warn"})})
    assert Prediction.from_json(allowed.to_json()) == allowed
    failed = allowed.qc.model_copy(update={"verdict": "fail"})
    changes = (
        {"drugs": [drugs[0].model_copy(update={"evidence": "D"}), *drugs[1:]]} if forbids == "grade" else {"qc": failed}
    )
    with pytest.raises(RecordError, match="5-FU is called intermediate, although"):
        Prediction.from_json(allowed.model_copy(update=changes).to_json())
