"""Which caveats a record carries for its preservation, its library protocol and what quality found."""

from __future__ import annotations

import pytest

from pancreassign import caveats, cohort, resources
from pancreassign.cohort import Job
from pancreassign.records import Call, Interval, Prediction, QcCheck, Specimen

OF_PROTOCOL = {"protocol_unverified", "protocol_unknown", "protocol_differs"}


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Prediction:
    """A record of a full-length reference, without any check of quality."""
    example = resources.data_dir() / "example"
    out = tmp_path_factory.mktemp("caveats") / "out"
    job = Job([example / "counts.tsv.gz"], out, resources.DEFAULT_PACK, resources.DEFAULT_REFERENCE, reports=False)
    first = cohort.score(job, lambda done, total: None, lambda note: None)[0]
    assert first.reference.protocol == "full-length"
    return first.model_copy(update={"qc": first.qc.model_copy(update={"checks": []})})


def with_checks(record: Prediction, **codes: str) -> Prediction:
    """The record with checks of these names (`_` for a blank) and codes."""
    checks = [
        QcCheck(
            name=name.replace("_", " "), value=None, unit=None, threshold=None, verdict="pass", code=code, source="test"
        )
        for name, code in codes.items()
    ]
    return record.model_copy(update={"qc": record.qc.model_copy(update={"checks": checks})})


def of_specimen(record: Prediction, **specimen: str) -> Prediction:
    sample = record.sample.model_copy(update={"specimen": Specimen.model_validate(specimen)})
    return record.model_copy(update={"sample": sample})


def codes(record: Prediction) -> set[str]:
    shipped = caveats.load(resources.data_dir() / "caveats" / "caveats.toml")
    return {caveat.code for caveat in caveats.of(record, shipped)}


def test_what_is_not_checked_is_said_until_it_is(record: Prediction) -> None:
    unchecked = {"domain_not_checked", "protocol_unverified"}
    assert unchecked <= codes(record)
    assert unchecked <= codes(with_checks(record, reads_on_genes="ok"))
    assert unchecked <= codes(with_checks(record, tumour_programme="not_measured", tumour_content="ok"))
    assert unchecked <= codes(with_checks(record, tumour_content="not_measured", tumour_programme="ok"))
    checked = codes(with_checks(record, tumour_programme="ok", tumour_content="ok", protocol="ok"))
    assert codes(record) - checked == unchecked
    assert checked <= codes(record)


@pytest.mark.parametrize(
    ("stated", "checks", "expected"),
    [
        ("unknown", {}, {"protocol_unverified"}),
        ("3-prime", {}, {"protocol_unverified", "protocol_differs"}),
        ("full-length", {"tumour_programme": "ok", "tumour_content": "ok"}, set()),
        ("capture", {"tumour_programme": "ok", "tumour_content": "ok"}, {"protocol_differs"}),
        ("capture", {"tumour_programme": "ok", "tumour_content": "ok", "protocol": "ok"}, {"protocol_differs"}),
        ("unknown", {"tumour_programme": "ok", "tumour_content": "ok"}, {"protocol_unknown"}),
        ("unknown", {"tumour_programme": "ok", "tumour_content": "ok", "protocol": "not_told"}, {"protocol_unknown"}),
        ("unknown", {"tumour_programme": "ok", "tumour_content": "ok", "another": "ok"}, {"protocol_unknown"}),
        ("unknown", {"tumour_programme": "ok", "tumour_content": "ok", "protocol": "ok"}, set()),
        (
            "unknown",
            {"tumour_programme": "ok", "tumour_content": "ok", "protocol": "protocol_differs"},
            {"protocol_differs"},
        ),
        (
            "full-length",
            {"tumour_programme": "ok", "tumour_content": "ok", "protocol": "protocol_differs"},
            {"protocol_differs"},
        ),
    ],
)
def test_the_protocol(record: Prediction, stated: str, checks: dict[str, str], expected: set[str]) -> None:
    assert codes(of_specimen(with_checks(record, **checks), protocol=stated)) & OF_PROTOCOL == expected


@pytest.mark.parametrize(
    ("own", "reference", "expected"),
    [
        ("ffpe", "frozen", {"preservation_differs"}),
        ("frozen", "ffpe", {"preservation_differs"}),
        ("ffpe", "ffpe", set()),
        ("frozen", "frozen", set()),
        ("unknown", "frozen", {"preservation_unknown"}),
        ("unknown", None, {"preservation_unknown"}),
        ("ffpe", None, set()),
        ("ffpe", "unknown", set()),
    ],
)
def test_the_preservation(record: Prediction, own: str, reference: str | None, expected: set[str]) -> None:
    reference_id = record.reference.model_copy(update={"preservation": reference})
    changed = of_specimen(record.model_copy(update={"reference": reference_id}), preservation=own)
    assert codes(changed) & {"preservation_differs", "preservation_unknown"} == expected


@pytest.mark.parametrize(
    ("code", "caveat"),
    [
        ("wrong_tumour", "out_of_domain"),
        ("low_content", "low_tumour_content"),
        ("too_little_tumour", "low_tumour_content"),
        ("admixture", "normal_admixture"),
        ("no_stroma", "xenograft_or_cell_line"),
        ("sex_contradicts", "sex_contradicts"),
        ("sex_mixed", "sex_mixed"),
        ("unusual_tumour", "unusual_tumour"),
        ("mouse_reads", "mouse_reads"),
        ("genomic_dna", "genomic_dna"),
    ],
)
def test_what_quality_found_is_said(record: Prediction, code: str, caveat: str) -> None:
    without = with_checks(record, tumour_programme="ok", tumour_content="ok", protocol="ok", other="ok")
    assert codes(with_checks(record, tumour_programme="ok", tumour_content="ok", protocol="ok", other=code)) - codes(
        without
    ) == {caveat}


def test_texts_are_short() -> None:
    """The page has little room: one or two sentences each."""
    shipped = caveats.load(resources.data_dir() / "caveats" / "caveats.toml")
    assert {code for code, text in shipped.texts.items() if len(text) > 225} == set()
    assert all(text.rstrip(".").count(". ") < 2 for text in shipped.texts.values())


@pytest.mark.parametrize(
    ("grades", "lows", "said"),
    [
        ("CCCCC", [-0.1] * 5, True),
        ("CCCCC", [-0.1, -0.1, 0.01, -0.1, -0.1], False),
        ("DDCDD", [0.2, 0.2, -0.1, 0.2, 0.2], True),  # what a drug without skill shows says nothing
        ("DDDDD", [-0.1] * 5, False),  # no call at all: another caveat says so
        ("CCCCC", [None] * 5, True),  # not measured is not demonstrated
    ],
)
def test_it_is_said_where_no_single_drug_has_skill_of_its_own(
    record: Prediction, grades: str, lows: list[float | None], said: bool
) -> None:
    drugs = []
    for drug, grade, low in zip(record.drugs, grades, lows, strict=True):
        interval = None if low is None else Interval(low=low, high=0.5, level=0.95)
        own = drug.validation.model_copy(update={"specific_interval": interval})
        drugs.append(drug.model_copy(update={"evidence": grade, "validation": own, "call": Call.INTERMEDIATE}))
    assert ("no_specific_skill" in codes(record.model_copy(update={"drugs": drugs}))) is said
    silent = [drug.model_copy(update={"call": Call.NOT_EVALUABLE}) for drug in drugs]
    # an order that rests on no drug does not rest on general sensitivity either
    told = codes(record.model_copy(update={"drugs": silent})) & {"no_specific_skill", "no_drug_evaluable"}
    assert told == {"no_drug_evaluable"}
