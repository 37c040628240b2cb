from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import Any

import pytest
from explain_factory import NOTHING, SMALL, between, drug, record
from hypothesis import given, settings
from hypothesis import strategies as st

from pancreassign import resources
from pancreassign.errors import ConfigError, RecordError
from pancreassign.explain.account import Account, DrugAccount, explain
from pancreassign.explain.arithmetic import Sum
from pancreassign.explain.pharmacology import Pharmacology, load_pharmacology
from pancreassign.explain.text import COLUMN, LABEL, SHOWN, to_text
from pancreassign.records import BASE_RATE, Drug, Prediction, drug_of, known

TABLE = resources.data_dir() / "pharmacology" / "pharmacology.toml"


@pytest.fixture(scope="module")
def table() -> Pharmacology:
    return load_pharmacology(TABLE)


def account(read: Prediction, table: Pharmacology, *drugs: Drug) -> Account:
    return explain(read, drugs or list(Drug), table, "here.json")


def one(read: Prediction, table: Pharmacology, which: Drug = Drug.IRINOTECAN) -> DrugAccount:
    return account(read, table, which).drugs[0]


def summed(read: Prediction, table: Pharmacology, which: Drug = Drug.IRINOTECAN) -> Sum:
    parts = one(read, table, which).sum
    assert parts is not None
    return parts


def flat(text: str) -> str:
    return " ".join(text.split())


# the sum


def test_the_sum_by_hand(table: Pharmacology) -> None:
    parts = summed(record(), table)
    moved = {group.title: group.sum for group in parts.groups if group.contributions}
    assert moved == {"glucuronidation of SN-38, oxidation of irinotecan": 0.02}
    assert parts.others[0].symbol == "TFF2"
    assert [part.symbol for part in parts.others[1:3]] == ["SMALL16", "SMALL15"]
    assert (parts.others_sum, parts.genes_sum, parts.content_correction) == (-0.114, -0.094, 0.004)
    assert (parts.parts, parts.score, parts.rounding) == (-0.09, -0.09, 0.0)
    assert parts.grouped_share == pytest.approx(0.04 / (0.25 + 0.04 + 0.136))


def test_a_gene_not_measured_is_told_from_one_that_the_signature_lacks(table: Pharmacology) -> None:
    coverage = {"genes": 21, "found": 19, "missing": ["CES2", "SMALL99"]}
    groups = {group.kind: group for group in summed(record(irinotecan={"coverage": coverage}), table).groups}
    assert (groups["activation"].missing, groups["activation"].absent) == (["CES2"], ["CES1"])
    assert groups["target"].missing == []
    assert groups["inactivation"].absent == ["UGT1A1", "UGT1A6", "UGT1A7", "UGT1A9", "CYP3A4"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"score": -0.0901}, r"sum to -0\.09, but a score of -0\.0901"),
        ({"content_correction": 0.0041}, r"sum to -0\.0899"),
        ({"content_correction": None}, r"sum to -0\.094"),
        ({"contributions": drug("irinotecan")["contributions"][:-1]}, "18 contributions, but 19 genes"),
        ({"contributions": [*drug("irinotecan")["contributions"][:-1], {"symbol": "X", "value": 0.002}]}, "sum to"),
    ],
)
def test_an_altered_record_is_refused(table: Pharmacology, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(RecordError, match=rf"here\.json, irinotecan: .*{said}"):
        account(record(irinotecan=changes), table)


def test_only_the_drugs_asked_for_are_judged(table: Pharmacology) -> None:
    broken = record(irinotecan={"score": 5.0})
    assert [done.drug for done in account(broken, table, Drug.PACLITAXEL, Drug.FLUOROURACIL).drugs] == [
        "5-FU",
        "paclitaxel",
    ]


@pytest.mark.parametrize(("off", "refused"), [(0.99, False), (1.02, True)])
def test_the_bound_is_half_a_unit_of_each_value(table: Pharmacology, off: float, refused: bool) -> None:
    # two contributions of the size 0.1, a correction of zero and a score of the size 0.1: three half units of 1e-6
    score = 0.333333 + off * 1.5e-6
    parts = [{"symbol": "A", "value": 0.111111}, {"symbol": "B", "value": 0.222222}]
    changes = {
        "contributions": parts, "coverage": {"genes": 2, "found": 2, "missing": []}, "content_correction": 0.0,
        "score": score,
    }  # fmt: skip
    if refused:
        with pytest.raises(RecordError, match=r"rounding explains 1\.5e-06 at most"):
            account(record(irinotecan=changes), table)
    else:
        assert summed(record(irinotecan=changes), table).rounding == pytest.approx(off * 1.5e-6)


def test_a_record_of_before_the_correction_says_so(table: Pharmacology) -> None:
    done = account(record(irinotecan={"content_correction": None, "score": -0.094}), table, Drug.IRINOTECAN)
    assert "correction for tumour content: none in this record" in to_text(done)
    assert_columns_close(to_text(done))


# the text


def columns(text: str) -> tuple[list[tuple[str, Decimal]], list[list[Decimal]]]:
    """Labels and values of the outer column, and the inner values that stand under each of its first entries."""
    outer: list[tuple[str, Decimal]] = []
    inner: list[list[Decimal]] = []
    for line in text.splitlines():
        found = re.match(rf"^(.{{{LABEL}}}) +([+-]\d+\.\d+)$", line)
        if found is None:
            continue
        value = Decimal(found[2])
        if len(line) == LABEL + COLUMN:
            inner[-1].append(value)
        else:
            outer.append((found[1].strip(), value))
            inner.append([])
    return outer, inner


def assert_columns_close(text: str) -> Decimal:
    """The inner column sums to the outer, the outer to the score; gives the score back."""
    outer, inner = columns(text)
    *parts, (last, score) = outer
    assert last == "SCORE, as the record has it"
    assert sum(value for _, value in parts) == score
    for (_, value), rows in zip(outer, inner, strict=True):
        assert not rows or sum(rows) == value
    assert any(inner)
    return score


def test_the_printed_columns_add_up_to_the_printed_score(table: Pharmacology) -> None:
    text = to_text(account(record(), table, Drug.IRINOTECAN))
    assert assert_columns_close(text) == Decimal("-0.09")
    outer, inner = columns(text)
    assert [label for label, _ in outer] == [
        "inactivation: glucuronidation of SN-38, oxidation of irinotecan",
        "other genes of the signature",
        "correction for tumour content (stroma and immune cells)",
        "rounding, of these rows and of the record",
        "SCORE, as the record has it",
    ]
    assert [len(rows) for rows in inner] == [2, SHOWN + 1, 0, 0, 0]
    assert "the other 2, summed" in text  # 17 genes in no group, 15 of them shown


VALUES = st.floats(-3, 3).filter(lambda value: abs(value) > 1e-9)


@settings(max_examples=60, deadline=None)
@given(values=st.lists(VALUES, min_size=1, max_size=60), correction=st.floats(-1, 1))
def test_what_a_record_rounds_is_accepted_and_its_columns_close(values: list[float], correction: float) -> None:
    table = load_pharmacology(TABLE)
    names = ["UGT1A10", "CES2", *(f"G{i}" for i in range(len(values)))][: len(values)]
    score = known(math.fsum(values) + correction)
    changes = {
        "contributions": [{"symbol": n, "value": known(v)} for n, v in zip(names, values, strict=True)],
        "coverage": {"genes": len(values), "found": len(values), "missing": []},
        "content_correction": known(correction),
        "score": score,
    }
    done = account(record(irinotecan=changes), table, Drug.IRINOTECAN)
    # nine decimals are printed at most: all that a score of a thousandth or more has
    printed = assert_columns_close(to_text(done))
    assert abs(printed - Decimal(repr(score))) <= (0 if abs(score) >= 1e-3 else Decimal("5e-10"))


@pytest.mark.parametrize("value", [1e300, 5e-324])
def test_absurd_sizes_are_added_and_printed(table: Pharmacology, value: float) -> None:
    parts = [{"symbol": "A", "value": value}, {"symbol": "B", "value": 1e-7}]
    changes = {"contributions": parts, "coverage": {"genes": 2, "found": 2, "missing": []}, "content_correction": 0.0}
    done = account(record(irinotecan=changes | {"score": value + 1e-7}), table, Drug.IRINOTECAN)
    assert "SCORE, as the record has it" in to_text(done)


def test_where_no_gene_of_the_pharmacology_is_in_the_signature_it_says_exactly_that(table: Pharmacology) -> None:
    done = account(record(), table, Drug.GEMCITABINE)
    text = flat(to_text(done))
    listed = sum(len(group.genes) for group in table.of(Drug.GEMCITABINE))
    assert f"None of the {listed} genes that we list as known pharmacology of gemcitabine is in this signature." in text
    assert "pharmacology explains nothing of this score" in text
    assert "absolute contributions" not in text
    assert "that the signature does not use: SLC29A1, SLC29A2, SLC28A1, SLC28A3, DCK," in text
    parts = done.drugs[0].sum
    assert parts is not None
    assert parts.grouped_share == 0.0


def test_how_little_the_groups_hold_is_said(table: Pharmacology) -> None:
    text = flat(to_text(account(record(), table, Drug.IRINOTECAN)))
    assert "2 are in this signature; they hold 9.4 % of the sum of absolute contributions" in text
    assert "Pharmacology does not explain the rest." in text


def test_every_group_has_its_source_or_says_that_it_is_judgement(table: Pharmacology) -> None:
    text = flat(to_text(account(record(), table)))
    for group in table.groups:
        for source in table.cited(group):
            assert source in text
        assert group.note is None or f"our judgement: {group.note}." in text
    assert any(group.note for group in table.groups)


def test_what_a_terminal_would_obey_is_not_printed(table: Pharmacology) -> None:
    text = to_text(account(record(sample="S1\x1b[2J\u202e"), table, Drug.PACLITAXEL))
    assert "S1\N{REPLACEMENT CHARACTER}[2J\N{REPLACEMENT CHARACTER}" in text
    assert all(sign.isprintable() or sign == "\n" for sign in text)


def test_a_long_list_of_missing_genes_is_counted(table: Pharmacology) -> None:
    missing = [f"LOST{i:02d}" for i in range(40)]
    changes = {"coverage": {"genes": 59, "found": 19, "missing": missing}}
    text = flat(to_text(account(record(irinotecan=changes), table, Drug.IRINOTECAN)))
    assert "19 of 59 found; not measured, so taken at the reference's mean: LOST00," in text
    assert "LOST29 and 10 more." in text
    assert "not measured: between 0 % and 20 %" in text


# the steps


def step(done: DrugAccount, name: str) -> str:
    return next(entry.text for entry in done.steps if entry.step == name)


CALLED = {"reason": "called", "evidence": "C"}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "reason code `no_demonstrated_skill`): the signature's evidence grade is D"),
        (
            {**CALLED, "call": "sensitive", "probability": 0.5, "probability_interval": between(0.36, 0.7)},
            "Call: sensitive (reason code `called`): the whole interval of the probability, from 36 %, lies above",
        ),
        (
            {**CALLED, "call": "resistant", "probability": 0.1, "probability_interval": between(0.05, 0.29)},
            "Call: resistant (reason code `called`): the whole interval of the probability, up to 29 %, lies below",
        ),
        ({**CALLED, "call": "intermediate"}, "the interval of the probability, 20 % to 45 %, holds 1 in 3"),
        ({**NOTHING, "reason": "gene_coverage"}, "without a score nothing can be called"),
    ],
)
def test_each_reason_is_explained(table: Pharmacology, changes: dict[str, Any], said: str) -> None:
    assert said in step(one(record(irinotecan=changes), table), "call")


def test_failed_quality_names_the_checks(table: Pharmacology) -> None:
    failed = {"reason": "quality_failed"}
    done = one(record(verdict="fail", irinotecan=failed), table)
    assert "the sample failed quality (reads on genes), so no drug is called" in step(done, "call")


@pytest.mark.parametrize(
    "changes",
    [
        {**CALLED, "call": "sensitive"},  # the interval holds a third
        {**CALLED, "call": "not_evaluable"},
        {**CALLED, "call": "resistant", "probability_interval": between(0.2, 0.34)},
        {"reason": "gene_coverage"},
    ],
)
def test_a_call_that_does_not_follow_is_refused(table: Pharmacology, changes: dict[str, Any]) -> None:
    with pytest.raises(RecordError, match=r"here\.json, irinotecan: is called .* version 0\.1\.0"):
        account(record(irinotecan=changes), table)


def test_a_call_made_before_rounding_is_accepted(table: Pharmacology) -> None:
    # 0.3333344 lies beyond a third and its tolerance, but is 0.333334 in a record
    changes = {**CALLED, "call": "sensitive", "probability": 0.5, "probability_interval": between(0.333334, 0.7)}
    assert one(record(irinotecan=changes), table).call == "sensitive"


@pytest.mark.parametrize("lost", ["score", "probability", "probability_interval"])
def test_a_score_without_its_probability_is_refused(table: Pharmacology, lost: str) -> None:
    with pytest.raises(RecordError, match="a score or a probability without the other"):
        account(record(irinotecan={lost: None}), table)


def test_a_probability_at_the_base_rate_is_explained(table: Pharmacology) -> None:
    changes = {"probability": known(BASE_RATE)}
    assert "the base rate itself" in step(one(record(irinotecan=changes), table), "probability")
    assert "the base rate itself" not in step(one(record(), table), "probability")


def test_the_figures_of_the_evidence_are_those_of_the_record(table: Pharmacology) -> None:
    text = step(one(record(), table), "evidence")
    for figure in ("grade D: no demonstrated skill", "65 models (models not trained on)", "0.20 (−0.10 to 0.40)"):
        assert figure in text
    for figure in ("0.219 against 0.222", "slope unknown", "Ceiling that the assay itself allows: 0.73 (two assays)"):
        assert figure in text
    assert "Beyond the sensitivity that the drugs share" not in text
    specific = drug("irinotecan")["validation"] | {"specific": 0.04, "specific_interval": between(-0.2, 0.3, 0.95)}
    text = step(one(record(irinotecan={"validation": specific}), table), "evidence")
    assert "Beyond the sensitivity that the drugs share: 0.04 (−0.20 to 0.30)." in text


def test_no_score_is_a_result_and_not_a_fault(table: Pharmacology) -> None:
    coverage = {"genes": 200, "found": 19, "missing": ["A", "B"]}
    read = record(irinotecan={**NOTHING, "reason": "gene_coverage", "coverage": coverage})
    done = account(read, table, Drug.IRINOTECAN)
    only = done.drugs[0]
    assert only.sum is None
    assert [entry.step for entry in only.steps] == ["score", "call", "evidence"]
    assert (only.measured.weight_missing.low, only.measured.weight_missing.high) == (pytest.approx(0.2), 1.0)
    text = flat(to_text(done))
    assert "There is no score, so there is nothing to sum: step 3 says why." in text
    assert "carry at least 80 % of the signature's absolute weight" in text


def test_an_empty_library_is_not_blamed_on_the_genes(table: Pharmacology) -> None:
    none = {"contributions": [], "coverage": {"genes": 200, "found": 199, "missing": ["A"]}}
    only = one(record(irinotecan={**NOTHING, **none, "reason": "gene_coverage"}), table)
    assert (only.measured.weight_missing.low, only.measured.weight_missing.high) == (0.0, 1.0)


def test_forms_that_are_not_the_same_drug_are_named(table: Pharmacology) -> None:
    left_out = {done.drug: " ".join(done.not_in_score) for done in account(record(), table).drugs}
    assert "Liposomal irinotecan" in left_out[Drug.IRINOTECAN]
    assert "nab-Paclitaxel" in left_out[Drug.PACLITAXEL]
    assert "not the same drug" not in left_out[Drug.GEMCITABINE]
    assert all("score 0.36, percentile 61, evidence C" in text for text in left_out.values())


def test_nothing_of_the_patient_is_repeated(table: Pharmacology) -> None:
    assert "female" in record().to_json()
    assert "female" not in account(record(), table).to_json()


@pytest.mark.parametrize(
    ("name", "found"), [("5-fu", "5-FU"), ("Fluorouracil", "5-FU"), (" GEMCITABINE ", "gemcitabine")]
)
def test_drugs_by_name_in_any_case(name: str, found: str) -> None:
    assert drug_of(name) == found


@pytest.mark.parametrize("name", ["docetaxel", "", "gem"])
def test_an_unknown_drug_is_answered_with_the_list(name: str) -> None:
    with pytest.raises(ConfigError, match="Choose one of: 5-FU, oxaliplatin, irinotecan, gemcitabine, paclitaxel"):
        drug_of(name)


def test_the_factory_is_what_it_says() -> None:
    assert sum(Decimal(str(part["value"])) for part in SMALL) == Decimal("0.136")


def test_a_reason_cannot_hide_an_altered_call(table: Pharmacology) -> None:
    with pytest.raises(RecordError, match=r"here\.json, irinotecan: .*is called sensitive \(no_signature\)"):
        account(record(irinotecan={**CALLED, "call": "sensitive", "reason": "no_signature"}), table)
