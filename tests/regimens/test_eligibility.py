"""Each check of the shipped catalogue on either side of its threshold, and what unknown facts give."""

from __future__ import annotations

from typing import Any

import pytest

from pancreassign.records import Finding
from pancreassign.regimens.catalogue import Catalogue
from pancreassign.regimens.clinical import Clinical
from pancreassign.regimens.eligibility import contraindications, findings, fits_line

FIRST = "first_line_metastatic"


def found(catalogue: Catalogue, regimen_id: str, facts: dict[str, Any], setting: str = FIRST) -> dict[str, Finding]:
    regimen = next(regimen for regimen in catalogue.regimens if regimen.id == regimen_id)
    return {f.code: f for f in findings(catalogue, regimen, Clinical(**facts), setting)}


def test_nothing_known_is_all_questions(catalogue: Catalogue) -> None:
    for regimen in catalogue.regimens:
        for setting in (FIRST, "adjuvant", "second_line"):
            for finding in findings(catalogue, regimen, Clinical(), setting):
                assert finding.status == "unknown", (regimen.id, finding)
                assert "unknown" in finding.message or "not fully known" in finding.message


def test_the_question_before_a_fluoropyrimidine(catalogue: Catalogue) -> None:
    finding = found(catalogue, "folfirinox", {})["dpd"]
    assert finding.message == "DPYD genotype or uracilaemia unknown: test before any fluoropyrimidine"
    assert "EMA" in finding.source


@pytest.mark.parametrize(
    ("regimen", "code", "facts", "status"),
    [
        ("folfirinox", "ecog_0_1", {"ecog": 1}, "ok"),
        ("folfirinox", "ecog_0_1", {"ecog": 2}, "contraindicated"),
        ("nalirifox", "ecog_0_1", {"ecog": 2}, "contraindicated"),
        ("gem_nabpaclitaxel", "ecog_0_2", {"ecog": 2}, "ok"),
        ("gem_nabpaclitaxel", "ecog_0_2", {"ecog": 3}, "contraindicated"),
        ("gem_cisplatin", "ecog_0_1_trial", {"ecog": 2}, "caution"),
        ("naliri_5fu", "ecog_3", {"ecog": 2}, "caution"),
        ("s1", "ecog_3", {"ecog": 3}, "contraindicated"),
        ("folfirinox", "age_folfirinox", {"age": 75}, "ok"),
        ("folfirinox", "age_folfirinox", {"age": 76}, "caution"),
        ("folfirinox", "bilirubin_irinotecan", {"bilirubin_uln": 1.5}, "ok"),
        ("folfirinox", "bilirubin_irinotecan", {"bilirubin_uln": 1.51}, "contraindicated"),
        ("nalirifox", "bilirubin_naliri", {"bilirubin_uln": 1.51}, "contraindicated"),
        ("folfirinox", "dpd", {"dpyd": "complete"}, "contraindicated"),
        ("gemcap", "dpd", {"dpyd": "complete"}, "contraindicated"),
        ("s1", "dpd", {"dpyd": "complete"}, "contraindicated"),
        ("folfox", "dpd", {"dpyd": "partial"}, "caution"),
        ("fluorouracil", "dpd", {"dpyd": "normal"}, "ok"),
        ("fluorouracil", "dpd", {"uracilaemia_ng_ml": 15.9}, "ok"),
        ("fluorouracil", "dpd", {"uracilaemia_ng_ml": 16.0}, "caution"),
        ("fluorouracil", "dpd", {"uracilaemia_ng_ml": 149.9}, "caution"),
        ("fluorouracil", "dpd", {"uracilaemia_ng_ml": 150.0}, "contraindicated"),
        # where genotype and phenotype disagree, the graver stands
        ("fluorouracil", "dpd", {"dpyd": "normal", "uracilaemia_ng_ml": 200.0}, "contraindicated"),
        ("fluorouracil", "dpd", {"dpyd": "partial", "uracilaemia_ng_ml": 8.0}, "caution"),
        ("folfirinox", "ugt1a1_irinotecan", {"ugt1a1": "*28/*28"}, "caution"),
        ("folfirinox", "ugt1a1_irinotecan", {"ugt1a1": "*28/*6"}, "caution"),
        ("folfirinox", "ugt1a1_irinotecan", {"ugt1a1": "*28/*1"}, "ok"),
        ("folfirinox", "ugt1a1_irinotecan", {"ugt1a1": "*1/*60"}, "unknown"),
        ("naliri_5fu", "ugt1a1_naliri", {"ugt1a1": "*28/*28"}, "caution"),
        ("folfirinox", "neuropathy", {"neuropathy_grade": 1}, "ok"),
        ("folfirinox", "neuropathy", {"neuropathy_grade": 2}, "caution"),
        ("gem_nabpaclitaxel", "neuropathy", {"neuropathy_grade": 2}, "caution"),
        ("gemcitabine", "pregnancy", {"pregnancy": True}, "contraindicated"),
        ("gemcitabine", "pregnancy", {"pregnancy": False}, "ok"),
        ("gem_cisplatin", "gbrca_palb2_only", {"gbrca_palb2": True}, "ok"),
        ("gem_cisplatin", "gbrca_palb2_only", {"gbrca_palb2": False}, "contraindicated"),
        ("gemcitabine", "already_given", {"prior_regimens": ["gemcitabine"]}, "caution"),
        ("gemcitabine", "already_given", {"prior_regimens": ["gemcap"]}, "ok"),
        ("gemcitabine", "already_given", {"prior_regimens": []}, "ok"),
    ],
)
def test_thresholds(catalogue: Catalogue, regimen: str, code: str, facts: dict[str, Any], status: str) -> None:
    assert found(catalogue, regimen, facts)[code].status == status


def test_dpd_is_no_matter_without_a_fluoropyrimidine(catalogue: Catalogue) -> None:
    assert "dpd" not in found(catalogue, "gem_nabpaclitaxel", {"dpyd": "complete"})


@pytest.mark.parametrize(("age", "words"), [(70, None), (71, "Over 70"), (79, "Over 70"), (80, "Over 79")])
def test_age_after_surgery_follows_the_adjuvant_trial(catalogue: Catalogue, age: int, words: str | None) -> None:
    finding = found(catalogue, "folfirinox", {"age": age}, "adjuvant")["age_folfirinox"]
    assert finding.status == ("ok" if words is None else "caution")
    assert finding.message.startswith(words or "Age within")


def test_reduced_dose_is_in_the_message(catalogue: Catalogue) -> None:
    ugt = found(catalogue, "folfirinox", {"ugt1a1": "*28/*28"})["ugt1a1_irinotecan"]
    assert "70 %" in ugt.message
    assert "PMC10474017" in ugt.source
    assert "reduced dose" in found(catalogue, "folfirinox", {"dpyd": "partial"})["dpd"].message


def test_judgement_is_said_where_the_source_stands(catalogue: Catalogue) -> None:
    assert found(catalogue, "folfirinox", {"neuropathy_grade": 3})["neuropathy"].source.startswith("our judgement: ")
    assert not found(catalogue, "folfirinox", {"ecog": 2})["ecog_0_1"].source.startswith("our judgement")


def test_contraindications_alone(catalogue: Catalogue) -> None:
    eligibility = list(found(catalogue, "folfirinox", {"ecog": 2, "age": 80, "dpyd": "complete"}).values())
    assert [finding.code for finding in contraindications(eligibility)] == ["ecog_0_1", "dpd"]


@pytest.mark.parametrize(
    ("regimen", "prior", "fits", "status"),
    [
        ("naliri_5fu", ["gem_nabpaclitaxel"], True, "ok"),
        ("naliri_5fu", ["folfirinox"], False, "caution"),
        ("naliri_5fu", ["folfirinox", "gemcitabine"], True, "ok"),
        ("gem_paclitaxel", ["folfirinox"], True, "ok"),
        ("gem_paclitaxel", ["gemcitabine"], False, "caution"),
        ("gem_paclitaxel", None, True, "unknown"),
        ("gem_paclitaxel", ["other"], True, "unknown"),
    ],
)
def test_second_line_depends_on_the_first(
    catalogue: Catalogue, regimen: str, prior: list[str] | None, fits: bool, status: str
) -> None:
    clinical = Clinical(setting="second_line", prior_regimens=prior)
    entry = next(entry for entry in catalogue.regimens if entry.id == regimen)
    place = entry.placement("second_line")
    assert place is not None
    assert fits_line(place, clinical) is fits
    line = {f.code: f for f in findings(catalogue, entry, clinical, "second_line")}["prior_line"]
    assert line.status == status
