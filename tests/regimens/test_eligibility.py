"""Each check of the shipped catalogue on either side of its threshold, and what unknown facts give."""

from __future__ import annotations

from typing import Any

import pytest

from pancreassign.records import Finding
from pancreassign.regimens.catalogue import Catalogue
from pancreassign.regimens.clinical import SETTINGS, Clinical
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
        ("folfirinox", "neuropathy_oxaliplatin", {"neuropathy_grade": 1}, "ok"),
        ("folfirinox", "neuropathy_oxaliplatin", {"neuropathy_grade": 2}, "caution"),
        ("folfirinox", "neuropathy_oxaliplatin", {"neuropathy_grade": 3}, "contraindicated"),
        ("nalirifox", "neuropathy_oxaliplatin", {"neuropathy_grade": 3}, "contraindicated"),
        ("folfox", "neuropathy_oxaliplatin", {"neuropathy_grade": 3}, "contraindicated"),
        ("gem_nabpaclitaxel", "neuropathy_nabpaclitaxel", {"neuropathy_grade": 1}, "ok"),
        ("gem_nabpaclitaxel", "neuropathy_nabpaclitaxel", {"neuropathy_grade": 2}, "caution"),
        ("gem_nabpaclitaxel", "neuropathy_nabpaclitaxel", {"neuropathy_grade": 3}, "contraindicated"),
        ("gem_nabpaclitaxel", "neuropathy_nabpaclitaxel", {"neuropathy_grade": 4}, "contraindicated"),
        ("gem_paclitaxel", "neuropathy", {"neuropathy_grade": 2}, "caution"),
        ("gem_paclitaxel", "neuropathy", {"neuropathy_grade": 3}, "contraindicated"),
        ("gem_cisplatin", "neuropathy", {"neuropathy_grade": 3}, "contraindicated"),
        ("gem_nabpaclitaxel", "bilirubin_nabpaclitaxel", {"bilirubin_uln": 1.5}, "ok"),
        ("gem_nabpaclitaxel", "bilirubin_nabpaclitaxel", {"bilirubin_uln": 1.51}, "contraindicated"),
        ("gem_paclitaxel", "bilirubin_paclitaxel", {"bilirubin_uln": 1.25}, "ok"),
        ("gem_paclitaxel", "bilirubin_paclitaxel", {"bilirubin_uln": 1.26}, "caution"),
        ("gemcitabine", "bilirubin_gemcitabine", {"bilirubin_uln": 1.5}, "ok"),
        ("gemcitabine", "bilirubin_gemcitabine", {"bilirubin_uln": 1.51}, "caution"),
        ("folfox", "bilirubin_general", {"bilirubin_uln": 1.51}, "caution"),
        ("nalirifox", "age_nalirifox", {"age": 75}, "ok"),
        ("nalirifox", "age_nalirifox", {"age": 76}, "caution"),
        ("gem_nabpaclitaxel", "age_nabpaclitaxel", {"age": 74}, "ok"),
        ("gem_nabpaclitaxel", "age_nabpaclitaxel", {"age": 75}, "caution"),
        ("folfirinox", "g8", {"g8": 14.0}, "caution"),
        ("folfirinox", "g8", {"g8": 14.5}, "ok"),
        ("folfirinox", "g8", {"g8": 14.0, "age": 60}, "caution"),  # who was screened was thought to need it
        ("folfirinox", "g8", {"age": 69}, "ok"),
        ("folfirinox", "g8", {"age": 70}, "unknown"),
        ("folfirinox", "g8", {"age": 75, "g8": 15.0}, "ok"),
        ("gemcap", "g8", {"g8": 0.0}, "caution"),
        ("folfirinox", "nutrition", {"weight_loss_percent": 4.9}, "ok"),
        ("folfirinox", "nutrition", {"weight_loss_percent": 5.0}, "caution"),
        ("folfirinox", "nutrition", {"weight_loss_percent": 10.0}, "caution"),
        ("folfirinox", "nutrition", {"albumin_g_l": 30.0}, "unknown"),  # albumin alone answers nothing
        ("folfirinox", "nutrition", {"albumin_g_l": 29.9}, "unknown"),
        ("folfirinox", "nutrition", {"albumin_g_l": 40.0, "weight_loss_percent": 20.0}, "caution"),
        ("folfirinox", "nutrition_albumin", {"albumin_g_l": 30.0}, "ok"),
        ("folfirinox", "nutrition_albumin", {"albumin_g_l": 29.9}, "caution"),
        ("gemcitabine", "pregnancy", {"pregnancy": True}, "contraindicated"),
        ("gemcitabine", "pregnancy", {"pregnancy": False}, "ok"),
        ("gemcitabine", "pregnancy", {"age": 59}, "unknown"),
        ("gemcitabine", "pregnancy", {"age": 60}, "ok"),
        ("gemcitabine", "pregnancy", {"age": 60, "pregnancy": True}, "contraindicated"),
        ("gemcitabine", "msi", {"msi": True}, "caution"),
        ("gemcitabine", "msi", {"msi": False}, "ok"),
        ("folfirinox", "gbrca_platinum", {"gbrca_palb2": True}, "ok"),
        ("gem_nabpaclitaxel", "gbrca_no_platinum", {"gbrca_palb2": True}, "caution"),
        ("gem_nabpaclitaxel", "gbrca_no_platinum", {"gbrca_palb2": False}, "ok"),
        ("gem_cisplatin", "gbrca_palb2_only", {"gbrca_palb2": True}, "ok"),
        ("gem_cisplatin", "gbrca_palb2_only", {"gbrca_palb2": False}, "caution"),
        ("gemcitabine", "already_given", {"prior_regimens": ["gemcitabine"]}, "caution"),
        ("gemcitabine", "already_given", {"prior_regimens": ["gemcap"]}, "caution"),
        ("gemcitabine", "already_given", {"prior_regimens": ["folfirinox"]}, "ok"),
        ("gemcitabine", "already_given", {"prior_regimens": ["other"]}, "unknown"),
        ("gemcitabine", "already_given", {"prior_regimens": ["folfirinox", "other"]}, "unknown"),
        ("gemcitabine", "already_given", {"prior_regimens": ["gemcap", "other"]}, "caution"),
        ("gemcitabine", "already_given", {"prior_regimens": []}, "ok"),
    ],
)
def test_thresholds(catalogue: Catalogue, regimen: str, code: str, facts: dict[str, Any], status: str) -> None:
    assert found(catalogue, regimen, facts)[code].status == status


@pytest.mark.parametrize(
    ("regimen", "prior", "message"),
    [
        ("folfirinox", ["folfirinox"], "Given before: weigh response, interval and tolerance before repeating it"),
        ("fluorouracil", ["folfirinox"], "Holds 5-FU, given before in FOLFIRINOX / mFOLFIRINOX"),
        ("naliri_5fu", ["folfirinox"],
         "Holds nal-IRI (irinotecan) and 5-FU, given before in FOLFIRINOX / mFOLFIRINOX"),
        ("gemcap", ["folfirinox", "gemcitabine"],
         "Holds gemcitabine and capecitabine (5-FU), given before in FOLFIRINOX / mFOLFIRINOX and gemcitabine"),
        ("gem_paclitaxel", ["gem_nabpaclitaxel"],
         "Holds gemcitabine and paclitaxel, given before in gemcitabine + nab-paclitaxel"),
        ("s1", ["folfirinox"], "Holds S-1 (5-FU), given before in FOLFIRINOX / mFOLFIRINOX"),
        ("folfox", ["s1"], "Holds 5-FU, given before in S-1"),
        ("gem_cisplatin", ["folfirinox"], "None of its drugs was given before"),  # oxaliplatin is another drug
    ],
)  # fmt: skip
def test_drugs_given_before_are_noticed_across_regimens(
    catalogue: Catalogue, regimen: str, prior: list[str], message: str
) -> None:
    assert found(catalogue, regimen, {"prior_regimens": prior})["already_given"].message == message


def test_nothing_given_before_is_said_only_where_it_is_true(catalogue: Catalogue) -> None:
    drugs = {regimen.id: {part.drug for part in regimen.components} for regimen in catalogue.regimens}
    for regimen in catalogue.regimens:
        for earlier in catalogue.ids:
            status = found(catalogue, regimen.id, {"prior_regimens": [earlier]})["already_given"].status
            assert (status == "ok") == drugs[regimen.id].isdisjoint(drugs[earlier]), (regimen.id, earlier)


def test_prior_regimens_in_the_first_line_are_a_question(catalogue: Catalogue) -> None:
    asked = found(catalogue, "folfirinox", {"prior_regimens": ["gemcap"]})["setting_line"]
    assert asked.status == "unknown"
    assert asked.message == "Prior regimens are given but the setting is first line: check the setting"
    assert "setting_line" not in found(catalogue, "folfirinox", {"prior_regimens": []})
    assert "setting_line" not in found(catalogue, "folfirinox", {})
    assert "setting_line" not in found(catalogue, "gemcap", {"prior_regimens": ["gemcap"]}, "adjuvant")


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


def test_frailty_and_nutrition_are_asked_of_combinations_and_never_contraindicate(catalogue: Catalogue) -> None:
    worst = {"g8": 0.0, "weight_loss_percent": 60.0, "albumin_g_l": 10.0}
    for regimen in catalogue.regimens:
        own = found(catalogue, regimen.id, worst)
        assert ("g8" in own, "nutrition" in own) == (len(regimen.components) > 1,) * 2, regimen.id
        assert not contraindications(list(own.values())), regimen.id
        for setting in ("resectable", "adjuvant", "second_line"):
            assert not contraindications(findings(catalogue, regimen, Clinical(**worst), setting))


def test_a_patient_whose_g8_is_known_is_not_told_to_have_it_taken(catalogue: Catalogue) -> None:
    for finding in found(catalogue, "nalirifox", {"age": 78, "g8": 16.0}).values():
        assert "G8" not in finding.message or finding.status == "ok"


def test_judgement_is_said_where_the_source_stands(catalogue: Catalogue) -> None:
    assert found(catalogue, "folfirinox", {"neuropathy_grade": 3})["neuropathy_oxaliplatin"].source.startswith(
        "our judgement: "
    )
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
    assert fits_line(catalogue, place, clinical) is fits
    line = {f.code: f for f in findings(catalogue, entry, clinical, "second_line")}["prior_line"]
    assert line.status == status
    assert not set(catalogue.ids) & {word for word in line.message.split() if "_" in word}  # names, not ids


def test_nutrition_says_what_is_known_and_no_more(catalogue: Catalogue) -> None:
    albumin = found(catalogue, "folfirinox", {"albumin_g_l": 38.0})
    assert albumin["nutrition_albumin"].message == "Albumin 30 g/L or more: this alone does not rule malnutrition out"
    assert albumin["nutrition"].message.startswith("Weight loss unknown")
    weight = found(catalogue, "folfirinox", {"weight_loss_percent": 3.0})
    assert weight["nutrition"].message == "Weight loss below 5 % in six months"
    assert "nutrition_albumin" not in weight  # it asks for nothing by itself
    for loss, message in ((7.0, "Weight loss of 5 %"), (12.0, "Weight loss of 10 %")):
        both = found(catalogue, "folfirinox", {"weight_loss_percent": loss, "albumin_g_l": 25.0})
        assert [both[code].status for code in ("nutrition", "nutrition_albumin")] == ["caution", "caution"]
        assert both["nutrition"].message.startswith(message)
        assert both["nutrition_albumin"].message.startswith("Albumin below 30 g/L")


def test_a_genotype_alone_does_not_answer_in_france(catalogue: Catalogue) -> None:
    for regimen in catalogue.regimens:
        own = found(catalogue, regimen.id, {"dpyd": "normal", "guideline": "tncd"})
        assert ("uracilaemia_france" in own) == ("dpd" in own), regimen.id
        if "dpd" in own:
            assert own["uracilaemia_france"].status == "unknown"
            assert "INCa/HAS, December 2018" in own["uracilaemia_france"].message
    told = found(catalogue, "folfirinox", {"dpyd": "normal", "uracilaemia_ng_ml": 9.0, "guideline": "tncd"})
    assert told["uracilaemia_france"].status == told["dpd"].status == "ok"
    for guideline in (None, "esmo", "nccn"):
        assert "uracilaemia_france" not in found(catalogue, "folfirinox", {"dpyd": "normal", "guideline": guideline})


def test_germline_and_msi_are_asked_of_every_regimen_in_every_setting(catalogue: Catalogue) -> None:
    for setting in SETTINGS:
        for regimen in catalogue.regimens:
            own = found(catalogue, regimen.id, {}, setting)
            asked = [code for code, one in own.items() if one.status == "unknown"]
            for topic in ("gbrca", "msi"):
                assert sum(code.partition("_")[0] == topic for code in asked) == 1, (setting, regimen.id, topic)


@pytest.mark.parametrize("setting", SETTINGS)
def test_germline_and_msi_are_read_in_every_setting_in_words_that_are_true_there(
    catalogue: Catalogue, setting: str
) -> None:
    own = found(catalogue, "folfirinox", {"gbrca_palb2": True, "msi": True}, setting)
    advanced = setting in ("locally_advanced", "first_line_metastatic")
    carrier = own["gbrca_platinum"].message
    assert carrier.startswith("Germline BRCA/PALB2 carrier: ")
    assert ("gemcitabine + cisplatin is open too" in carrier) == advanced
    assert own["msi"].status == "caution"
    later = advanced or setting == "second_line"
    assert ("immunotherapy is an option to discuss" in own["msi"].message) == later
    assert "10.1200/JCO.19.02105" in own["msi"].source
