"""Several lesions of one patient: what the view says, what it refuses, and the files that a run writes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pancreassign import cohort, resources, summaries
from pancreassign.cohort import Job
from pancreassign.errors import Faults, OutputError, RecordError, SampleError
from pancreassign.patients import DrugView, patient_views
from pancreassign.records import Call, Prediction, SampleInfo

EXAMPLE = resources.data_dir() / "example"
SEN, MID, RES, NOT = Call.SENSITIVE, Call.INTERMEDIATE, Call.RESISTANT, Call.NOT_EVALUABLE
FIRST, SECOND = "SIMULATED_02_good", "SIMULATED_03_lesion"


def run(out: Path, counts: Path = EXAMPLE / "counts.tsv.gz", **options: Any) -> list[Prediction]:
    job = Job([counts], out, resources.DEFAULT_PACK, resources.DEFAULT_REFERENCE, **{"reports": False, **options})
    return cohort.score(job, lambda done, total: None, lambda note: None)


def table(folder: Path, **patients: str) -> Path:
    """A table of samples: the patient of each."""
    path = folder / "samples.tsv"
    path.write_text("sample\tpatient\n" + "".join(f"{name}\t{who}\n" for name, who in patients.items()))
    return path


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("patients") / "out"
    run(out, samples=EXAMPLE / "samples.tsv")
    return out


@pytest.fixture(scope="module")
def base(scored: Path) -> Prediction:
    return Prediction.from_json((scored / "SIMULATED_01_good" / "prediction.json").read_bytes())


def lesion(
    base: Prediction,
    sample: str,
    calls: Sequence[Call] = (NOT,) * 5,
    percentile: float | None = 50.0,
    probability: float | None = 0.3,
    qc: str = "pass",
    **changes: Any,
) -> Prediction:
    """A record of patient P; ``percentile`` and ``probability`` are those of every drug, ``None`` without a score."""
    value = {"percentile": percentile, "probability": probability}
    value |= {"score": None} if percentile is None else {}
    drugs = [drug.model_copy(update={"call": call, **value}) for drug, call in zip(base.drugs, calls, strict=True)]
    changed = {"sample": SampleInfo(id=sample, patient="P"), "drugs": drugs, **changes}
    return base.model_copy(update={**changed, "qc": base.qc.model_copy(update={"verdict": qc})})


def first_drug(*records: Prediction) -> DrugView:
    (view,) = patient_views(records)
    return view.drugs[0]


def called(base: Prediction, *calls: Call, qc: str = "pass") -> tuple[bool | None, bool | None]:
    """Whether calls differ and whether they are dissociated, for lesions of these calls of the first drug."""
    drug = first_drug(*(lesion(base, f"S{n}", [call, *[NOT] * 4], qc=qc) for n, call in enumerate(calls)))
    return drug.calls_differ, drug.dissociated


@pytest.mark.parametrize(
    ("calls", "differ", "dissociated"),
    [
        ((SEN, SEN), False, False),
        ((SEN, RES), True, True),
        ((RES, MID, SEN), True, True),
        ((SEN, MID), True, False),
        ((MID, RES), True, False),
        ((SEN, NOT), None, None),
        ((NOT, NOT), None, None),
        ((SEN, NOT, RES), True, True),
        ((RES, NOT, RES), False, False),
    ],
)
def test_calls_that_differ(base: Prediction, calls: Sequence[Call], differ: bool, dissociated: bool) -> None:
    assert called(base, *calls) == (differ, dissociated)


def test_a_drug_is_compared_with_itself_alone(base: Prediction) -> None:
    one, other = lesion(base, "A", [SEN, RES, NOT, NOT, MID]), lesion(base, "B", [SEN, SEN, SEN, NOT, MID])
    (view,) = patient_views([one, other])
    assert [drug.dissociated for drug in view.drugs] == [False, True, None, None, False]
    assert [drug.drug for drug in view.drugs] == [drug.drug for drug in base.drugs]
    assert [(own.sample, own.call) for own in view.drugs[2].lesions] == [("A", NOT), ("B", SEN)]


def test_least_sensitive_and_spread(base: Prediction) -> None:
    low, high = lesion(base, "low", percentile=60.0, probability=0.2), lesion(base, "high", percentile=35.5)
    drug = first_drug(high, low)
    assert drug.least_sensitive == ["low"]
    assert (drug.spread.percentile, drug.spread.probability) == (24.5, 0.1)
    # by the probability, though its percentile is the higher; both lesions of one probability are named
    also = lesion(base, "also", percentile=10.0, probability=0.2)
    drug = first_drug(high, low, also)
    assert drug.least_sensitive == ["also", "low"]
    assert (drug.spread.percentile, drug.spread.probability) == (50.0, 0.1)


def test_a_lesion_without_a_score_or_of_failed_quality_is_shown_but_not_compared(base: Prediction) -> None:
    good = lesion(base, "good", [RES, NOT, NOT, NOT, NOT], percentile=60.0, probability=0.5)
    empty = lesion(base, "empty", percentile=None, probability=None)
    failed = lesion(base, "failed", [SEN, NOT, NOT, NOT, NOT], percentile=1.0, probability=0.01, qc="fail")
    drug = first_drug(good, empty, failed)
    assert drug.least_sensitive == ["good"]
    assert (drug.spread.percentile, drug.spread.probability) == (None, None)
    assert (drug.calls_differ, drug.dissociated) == (None, None)
    assert [(own.sample, own.percentile) for own in drug.lesions] == [("empty", None), ("failed", 1.0), ("good", 60.0)]
    assert first_drug(empty, failed).least_sensitive is None


def leading(base: Prediction, *ids: str) -> dict[str, Any]:
    """The regimens of ``base``, of which these share the first rank."""
    return {
        "regimens": [
            regimen.model_copy(update={"rank": 1 if regimen.id in ids else 2, "for_setting": True})
            for regimen in base.regimens
        ]
    }


def test_regimens_that_lead(base: Prediction) -> None:
    gem, folfirinox = leading(base, "gem_nabpaclitaxel"), leading(base, "folfirinox")
    one, other = lesion(base, "A", **gem), lesion(base, "B", **folfirinox)
    (view,) = patient_views([one, other])
    assert view.leaders_differ is True
    assert [own.leaders for own in view.lesions] == [["gem_nabpaclitaxel"], ["folfirinox"]]
    tied = lesion(base, "B", **leading(base, "folfirinox", "gem_nabpaclitaxel"))
    assert patient_views([one, tied])[0].leaders_differ is True
    assert patient_views([tied, lesion(base, "C", regimens=tied.regimens[::-1])])[0].leaders_differ is False
    assert patient_views([one, lesion(base, "B", qc="fail", **folfirinox)])[0].leaders_differ is None
    against = [regimen.model_copy(update={"contraindicated": True}) for regimen in one.regimens]
    assert patient_views([one, lesion(base, "B", regimens=against)])[0].lesions[1].leaders == []


def test_other_clinical_facts_are_said(base: Prediction) -> None:
    one = lesion(base, "A")
    assert patient_views([one, lesion(base, "B")])[0].clinical_differs is False
    assert patient_views([one, lesion(base, "B", clinical={"age": 60})])[0].clinical_differs is True
    assert patient_views([one, lesion(base, "B", clinical={"language": "fr"})])[0].clinical_differs is False
    adjuvant = base.setting.model_copy(update={"value": "adjuvant"})
    assert patient_views([one, lesion(base, "B", setting=adjuvant)])[0].clinical_differs is True


def test_who_gets_a_view(base: Prediction) -> None:
    def of(sample: str, patient: str | None) -> Prediction:
        return lesion(base, sample).model_copy(update={"sample": SampleInfo(id=sample, patient=patient)})

    given = [of("5", "Q"), of("4", "P"), of("3", None), of("2", "Q"), of("1", None), of("0", ""), of("00", "")]
    views = patient_views(given)
    assert [(view.patient, [own.sample for own in view.lesions]) for view in views] == [("Q", ["2", "5"])]
    assert patient_views([]) == []


def test_the_order_of_the_records_changes_no_byte(base: Prediction) -> None:
    records = [lesion(base, name, probability=value) for name, value in (("b", 0.1), ("c", 0.2), ("a", 0.3))]
    texts = {patient_views(order)[0].to_json() for order in (records, records[::-1], records[1:] + records[:1])}
    assert len(texts) == 1
    data = json.loads(texts.pop())
    assert data["schema"] == "pancreassign/patient/1"
    assert [own["sample"] for own in data["lesions"]] == ["a", "b", "c"]


@pytest.mark.parametrize("part", ["pack", "reference", "catalogue"])
def test_records_of_different_versions_are_not_compared(base: Prediction, part: str) -> None:
    other = getattr(base, part).model_copy(update={"sha256": "0" * 64})
    with pytest.raises(RecordError, match=f"samples A and B: .*different versions of the {part}"):
        patient_views([lesion(base, "B", **{part: other}), lesion(base, "A")])


def test_one_sample_twice_is_not_two_lesions(base: Prediction) -> None:
    with pytest.raises(RecordError, match="sample A: has two records"):
        patient_views([lesion(base, "A"), lesion(base, "B"), lesion(base, "A")])


def test_a_run_writes_the_view_beside_the_records(scored: Path) -> None:
    assert [path.name for path in (scored / "patients").iterdir()] == ["SIMULATED_B.json"]
    view = json.loads((scored / "patients" / "SIMULATED_B.json").read_bytes())
    assert view["patient"] == "SIMULATED_B"
    assert [(own["sample"], own["site"]) for own in view["lesions"]] == [
        (FIRST, "pancreas"),
        (SECOND, "liver metastasis"),
    ]
    assert all(own["simulated"] for own in view["lesions"])
    for place, own in enumerate(view["lesions"]):
        data = (scored / own["sample"] / "prediction.json").read_bytes()
        assert own["record_sha256"] == hashlib.sha256(data).hexdigest()
        for drug, said in zip(json.loads(data)["drugs"], view["drugs"], strict=True):
            assert said["lesions"][place] == {"sample": own["sample"]} | {
                key: drug[key] for key in ("call", "percentile", "probability")
            }
            assert said["evidence"] == drug["evidence"]
    assert json.loads((scored / "run.json").read_bytes())["patients_with_several_lesions"] == 1


def test_a_lesion_alone_has_the_same_record_and_no_view(scored: Path, tmp_path: Path) -> None:
    counts = pd.read_csv(EXAMPLE / "counts.tsv.gz", sep="\t", index_col=0)
    counts[[SECOND]].to_csv(tmp_path / "alone.tsv", sep="\t")
    run(tmp_path / "out", tmp_path / "alone.tsv", samples=EXAMPLE / "samples.tsv")
    alone = (tmp_path / "out" / SECOND / "prediction.json").read_bytes()
    assert alone == (scored / SECOND / "prediction.json").read_bytes()
    assert not (tmp_path / "out" / "patients").exists()
    assert json.loads((tmp_path / "out" / "run.json").read_bytes())["patients_with_several_lesions"] == 0


def test_without_records_there_is_no_view(tmp_path: Path) -> None:
    run(tmp_path / "out", samples=EXAMPLE / "samples.tsv", records=False)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(summaries.RUN_FILES)
    assert json.loads((tmp_path / "out" / "run.json").read_bytes())["patients_with_several_lesions"] == 1


def test_a_later_run_leaves_no_view_that_does_not_hold(tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(out, samples=table(tmp_path, **{FIRST: "P:1", SECOND: "P:1"}))
    assert [path.name for path in (out / "patients").iterdir()] == ["P_1.json"]
    (out / "patients" / "mine.json").write_text('{"schema": "mine"}')
    with pytest.raises(OutputError, match="exists already"):
        run(out, samples=table(tmp_path, **{FIRST: "P1", SECOND: "P2"}))
    assert (out / "patients" / "P_1.json").exists()
    run(out, samples=table(tmp_path, **{FIRST: "P1", SECOND: "P2"}), force=True)
    assert [path.name for path in (out / "patients").iterdir()] == ["mine.json"]


def test_what_stands_in_the_place_of_the_views_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "out" / "patients").mkdir(parents=True)
    with pytest.raises(OutputError, match="patients: exists already"):
        run(tmp_path / "out", samples=EXAMPLE / "samples.tsv")


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Counts of two samples, of which one is called as the folder of the views."""
    counts = pd.read_csv(EXAMPLE / "counts.tsv.gz", sep="\t", index_col=0).iloc[:, :2]
    path = tmp_path_factory.mktemp("two") / "counts.tsv"
    counts.set_axis(["Patients", "S2"], axis=1).to_csv(path, sep="\t")
    return path


def test_a_sample_called_as_the_folder_of_the_views(two: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(SampleError, match="sample Patients: would share its folder with the views of 1 patient"):
        run(out, two, samples=table(tmp_path, Patients="P", S2="P"))
    assert not out.exists()
    # without a view there is nothing to share
    run(out, two, samples=table(tmp_path, Patients="P", S2="Q"))
    before = (out / "Patients" / "prediction.json").read_bytes()
    run(out, two, samples=table(tmp_path, Patients="P", S2="Q"), force=True)
    assert (out / "Patients" / "prediction.json").read_bytes() == before


@pytest.mark.parametrize("patient", ["12/34", "..", ".hidden", "x" * 300, "\u202eP"])
def test_a_patient_whose_id_cannot_name_a_file(two: Path, tmp_path: Path, patient: str) -> None:
    with pytest.raises(SampleError, match="patient of S1 and S2: has an id that cannot name a file") as caught:
        renamed = tmp_path / "counts.tsv"
        renamed.write_text(two.read_text().replace("Patients", "S1", 1))
        run(tmp_path / "out", renamed, samples=table(tmp_path, S1=patient, S2=patient))
    assert patient not in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_patients_whose_views_would_share_a_file(tmp_path: Path) -> None:
    names = pd.read_csv(EXAMPLE / "counts.tsv.gz", sep="\t", index_col=0, nrows=1).columns
    who = dict(zip(names[:6], ["P:1", "P:1", "p?1", "p?1", "a/b", "a/b"], strict=True))
    with pytest.raises(Faults) as caught:
        run(tmp_path / "out", samples=table(tmp_path, **who))
    clash, unusable = sorted(map(str, caught.value.faults), key=lambda fault: "cannot name" in fault)
    assert clash.startswith(f"patient of {names[2]} and {names[3]}: would share a file with the patient of {names[0]}")
    assert unusable.startswith(f"patient of {names[4]} and {names[5]}: has an id that cannot name a file")


@pytest.mark.parametrize(
    ("field", "one", "other"), [("second_id", "1950-01-01", "1950-01-02"), ("sex", "female", "male")]
)
def test_two_people_are_never_one_patient(field: str, one: str, other: str, base: Prediction) -> None:
    first, second = lesion(base, "A"), lesion(base, "B")
    stated = [
        record.model_copy(update={"sample": record.sample.model_copy(update={field: value})})
        for record, value in ((first, one), (second, other))
    ]
    with pytest.raises(RecordError, match=f"samples A and B: are of one patient, but with another {field}"):
        patient_views(stated)
    assert patient_views([stated[0], second]), "what one record does not state contradicts nothing"
