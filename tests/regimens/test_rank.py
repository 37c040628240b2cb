"""The order of the shipped catalogue for made-up patients."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pancreassign.errors import ArtefactError, ClinicalError
from pancreassign.records import Call, Drug, RegimenResult, Setting
from pancreassign.regimens.catalogue import Catalogue
from pancreassign.regimens.clinical import GUIDELINES, SETTINGS, Clinical, setting_of
from pancreassign.regimens.rank import rank_regimens
from pancreassign.regimens.rules import DrugEvidence

from .conftest import dead_drug, make_drug

Drugs = dict[Drug, DrugEvidence]
SENSITIVE = make_drug(Call.SENSITIVE, 0.72, 0.06)
RESISTANT = make_drug(Call.RESISTANT, 0.06, 0.72)


def ranked(catalogue: Catalogue, drugs: Drugs, **facts: Any) -> list[RegimenResult]:
    clinical = Clinical(**facts)
    return rank_regimens(catalogue, drugs, setting_of(clinical), clinical, 0.9)


def by_id(results: list[RegimenResult]) -> dict[str, RegimenResult]:
    return {result.id: result for result in results}


def ids(results: list[RegimenResult]) -> list[str]:
    return [result.id for result in results]


def test_nothing_known_of_tumour_or_patient(catalogue: Catalogue) -> None:
    results = ranked(catalogue, {drug: dead_drug() for drug in Drug})
    assert ids(results)[:6] == ["folfirinox", "nalirifox", "gem_nabpaclitaxel", "gemcitabine", "s1", "gem_cisplatin"]
    assert [result.rank for result in results[:6]] == [1, 1, 1, 4, 5, 6]
    top = results[0]
    assert top.tied_with == ["nalirifox", "gem_nabpaclitaxel"]
    assert (top.rule, top.score) == ("unclear", 50.0)
    assert top.interval is not None
    assert (top.interval.low, top.interval.high, top.interval.level) == (0.0, 100.0, 0.9)
    assert top.order == [
        "no known contraindication",
        "for first-line metastatic disease",
        "the catalogue's tier 1",
        "rule unclear",
        "score 50.0",
        "the catalogue's order 1",
    ]
    assert (top.evidence.without_skill, top.evidence.without_signature) == (3, [])
    assert (top.tier, top.judgement) == (1, False)


def test_a_placement_says_what_it_rests_on(catalogue: Catalogue, five: Drugs) -> None:
    results = by_id(ranked(catalogue, five))
    nab = results["gem_nabpaclitaxel"]
    assert (nab.tier, nab.judgement) == (1, True)
    assert nab.basis is not None
    assert "MPACT" in nab.basis
    assert nab.order[2] == "the catalogue's tier 1 (our judgement)"
    assert results["folfirinox"].order[2] == "the catalogue's tier 1"
    elsewhere = results["folfox"]
    assert (elsewhere.tier, elsewhere.basis, elsewhere.judgement) == (None, None, False)


def test_the_guideline_chosen_orders_and_is_named(catalogue: Catalogue, five: Drugs) -> None:
    drugs = five | {Drug.GEMCITABINE: SENSITIVE, Drug.PACLITAXEL: SENSITIVE}
    assert ids(ranked(catalogue, drugs))[0] == "gem_nabpaclitaxel"
    results = ranked(catalogue, drugs, guideline="tncd")
    assert ids(results)[:3] == ["folfirinox", "nalirifox", "gem_nabpaclitaxel"]
    named = by_id(results)
    nab = named["gem_nabpaclitaxel"]
    assert (nab.tier, nab.judgement) == (2, True)
    assert nab.basis is not None
    assert nab.basis.startswith("TNCD 2024")
    assert (nab.order[2], nab.order[5]) == (
        "the catalogue's tier 2 (after TNCD; our judgement)",
        "the catalogue's order 3 (after TNCD; our judgement)",
    )
    assert named["folfirinox"].order[2] == "guideline tier 1 (TNCD)"
    assert named["s1"].order[2] == "the catalogue's tier 4 (nothing of TNCD held; our judgement)"
    assert named["folfox"].order[2] == "no tier here"
    assert not [note for result in results for note in result.notes if note.startswith("Nothing of")]


def test_esmo_is_the_catalogues_own_order_in_the_adjuvant_setting_up_to_70(catalogue: Catalogue, five: Drugs) -> None:
    plain, esmo = (ranked(catalogue, five, setting="adjuvant", age=70, guideline=one) for one in (None, "esmo"))
    assert ids(plain) == ids(esmo)
    assert [result.order[2] for result in esmo[:3]] == [f"guideline tier {tier} (ESMO)" for tier in (1, 2, 3)]
    assert not [note for result in esmo for note in result.notes if note.startswith("Nothing of")]


@pytest.mark.parametrize("age", [71, 79, 88])
def test_esmo_over_70_puts_gemcitabine_and_capecitabine_first(catalogue: Catalogue, five: Drugs, age: int) -> None:
    drugs = five | {Drug.OXALIPLATIN: SENSITIVE, Drug.FLUOROURACIL: SENSITIVE, Drug.GEMCITABINE: RESISTANT}
    results = ranked(catalogue, drugs, setting="adjuvant", age=age, guideline="esmo")
    assert ids(results)[:3] == ["gemcap", "folfirinox", "gemcitabine"]  # whatever the signatures say
    assert [result.rank for result in results[:3]] == [1, 2, 3]
    assert results[0].order[2] == "guideline tier 1 (ESMO)"
    assert results[1].order[2] == "the catalogue's tier 2 (after ESMO; our judgement)"
    plain = ranked(catalogue, drugs, setting="adjuvant", age=age)
    assert plain[0].id == "folfirinox"  # without the guideline it stays a caution


def test_esmo_at_unknown_age_is_the_catalogues_order_and_asks_for_the_age(catalogue: Catalogue, five: Drugs) -> None:
    results = ranked(catalogue, five, setting="adjuvant", guideline="esmo")
    assert ids(results) == ids(ranked(catalogue, five, setting="adjuvant"))
    assert results[0].order[2] == "the catalogue's tier 1 (ESMO goes by age)"
    age = next(finding for finding in results[0].eligibility if finding.code == "age_folfirinox")
    assert age.status == "unknown"


@pytest.mark.parametrize(
    ("guideline", "setting", "words"),
    [
        (
            "nccn",
            "first_line_metastatic",
            "Nothing of NCCN is held for first-line metastatic disease: the catalogue's own order stands",
        ),
        ("tncd", "adjuvant", "Nothing of TNCD is held for adjuvant treatment: the catalogue's own order stands"),
        ("esmo", "second_line", "Nothing of ESMO is held for second-line treatment: the catalogue's own order stands"),
    ],
)
def test_a_guideline_that_is_not_held_changes_nothing_and_says_so(
    catalogue: Catalogue, five: Drugs, guideline: str, setting: str, words: str
) -> None:
    plain = ranked(catalogue, five, setting=setting)
    chosen = ranked(catalogue, five, setting=setting, guideline=guideline)
    assert [(one.id, one.rank, one.tier, one.basis) for one in chosen] == [
        (one.id, one.rank, one.tier, one.basis) for one in plain
    ]
    for result in chosen:
        said = [note for note in result.notes if note == words]
        assert len(said) == (result.tier is not None), result.id
        assert ("nothing of" in result.order[2]) == (result.tier is not None), result.id


def test_jaundice_lifts_no_regimen_without_a_caution(catalogue: Catalogue, five: Drugs) -> None:
    for setting in SETTINGS:
        for result in ranked(catalogue, five, setting=setting, bilirubin_uln=3.0):
            said = [finding for finding in result.eligibility if finding.code.startswith("bilirubin")]
            assert [finding.status in ("caution", "contraindicated") for finding in said] == [True], result.id


def test_the_signature_decides_among_regimens_side_by_side(catalogue: Catalogue, five: Drugs) -> None:
    gemcitabine = five | {Drug.GEMCITABINE: SENSITIVE, Drug.PACLITAXEL: SENSITIVE}
    results = ranked(catalogue, gemcitabine)
    assert ids(results)[:3] == ["gem_nabpaclitaxel", "folfirinox", "nalirifox"]
    assert [result.rank for result in results[:3]] == [1, 2, 2]
    assert results[0].rule == "met"
    assert results[0].tied_with == []
    triplet = five | {Drug.OXALIPLATIN: SENSITIVE, Drug.FLUOROURACIL: SENSITIVE, Drug.GEMCITABINE: RESISTANT}
    results = ranked(catalogue, triplet)
    assert ids(results)[:3] == ["folfirinox", "nalirifox", "gem_nabpaclitaxel"]
    assert [result.rule for result in results[:3]] == ["met", "met", "not met"]
    assert [result.rank for result in results[:3]] == [1, 1, 3]


def test_more_sensitive_scores_higher(catalogue: Catalogue, five: Drugs) -> None:
    for drug in Drug:
        more = by_id(ranked(catalogue, five | {drug: make_drug(sensitive=0.6, resistant=0.1)}))
        less = by_id(ranked(catalogue, five | {drug: make_drug(sensitive=0.1, resistant=0.6)}))
        for regimen in catalogue.regimens:
            high, low = more[regimen.id].score, less[regimen.id].score
            if drug in regimen.scored:
                assert high is not None
                assert low is not None
                assert high > low, (drug, regimen.id)
            else:
                assert high == low


def test_contraindicated_sinks_with_its_reason(catalogue: Catalogue, five: Drugs) -> None:
    drugs = five | {Drug.OXALIPLATIN: SENSITIVE, Drug.FLUOROURACIL: SENSITIVE}
    assert ids(ranked(catalogue, drugs))[0] == "folfirinox"
    results = ranked(catalogue, drugs, dpyd="complete")
    assert results[0].id == "gem_nabpaclitaxel"
    sunk = ids(results)[-7:]
    assert set(sunk) == {"folfirinox", "nalirifox", "gemcap", "naliri_5fu", "folfox", "fluorouracil", "s1"}
    assert sunk[:2] == ["folfirinox", "nalirifox"]
    assert by_id(results)["folfirinox"].order[0] == "contraindicated: Complete DPD deficiency: no fluoropyrimidine"
    assert len(results) == len(catalogue.regimens)  # never hidden


def test_caution_and_unknown_do_not_sink(catalogue: Catalogue, five: Drugs) -> None:
    facts = {"age": 80, "dpyd": "partial", "ugt1a1": "*28/*28", "neuropathy_grade": 2}
    assert ids(ranked(catalogue, five, **facts)) == ids(ranked(catalogue, five))


def test_ecog_2_leaves_gemcitabine_regimens_on_top(catalogue: Catalogue, five: Drugs) -> None:
    results = ranked(catalogue, five, ecog=2)
    assert results[0].id == "gem_nabpaclitaxel"
    assert {result.id for result in results if result.order[0].startswith("contraindicated")} == {
        "folfirinox",
        "nalirifox",
    }
    assert all(r.order[0].startswith("contraindicated") for r in ranked(catalogue, five, ecog=3))


def test_gemcitabine_cisplatin_by_germline(catalogue: Catalogue, five: Drugs) -> None:
    reasons = {
        None: "Only for carriers of gBRCA/PALB2: status unknown, test it",
        False: "Studied in gBRCA/PALB2 carriers",
    }
    for known, rank, status in ((True, 4, "ok"), (None, 6, "unknown"), (False, 6, "caution")):
        result = by_id(ranked(catalogue, five, gbrca_palb2=known))["gem_cisplatin"]
        assert result.rank == rank
        assert result.eligibility[0].status == status
        assert result.for_setting is (known is True)
        assert not result.contraindicated
        if known is not True:
            assert f"not placed for this patient: {reasons[known]}" in result.order[1]
    assert (result.score, result.interval, result.rule) == (None, None, "unclear")
    assert result.evidence.grades == {}
    assert result.evidence.without_signature == ["cisplatin"]


@pytest.mark.parametrize("guideline", [None, *GUIDELINES])
@pytest.mark.parametrize("setting", ["first_line_metastatic", "locally_advanced"])
@pytest.mark.parametrize("ecog", [None, 1, 2])
def test_gemcitabine_cisplatin_never_leads_others_than_known_carriers(
    catalogue: Catalogue, five: Drugs, guideline: str | None, setting: str, ecog: int | None
) -> None:
    drugs = five | {Drug.GEMCITABINE: RESISTANT, Drug.PACLITAXEL: RESISTANT}
    for known in (None, False):
        results = by_id(ranked(catalogue, drugs, guideline=guideline, setting=setting, ecog=ecog, gbrca_palb2=known))
        for below in ("gem_nabpaclitaxel", "gemcitabine"):
            assert results["gem_cisplatin"].rank > results[below].rank, below
        asked = [finding.status for finding in results["gem_nabpaclitaxel"].eligibility if "gbrca" in finding.code]
        assert asked == ["unknown" if known is None else "ok"]


@pytest.mark.parametrize(
    ("facts", "out"),
    [
        (
            {"neuropathy_grade": 4},
            {"folfirinox", "nalirifox", "gem_nabpaclitaxel", "gem_cisplatin", "folfox", "gem_paclitaxel"},
        ),
        ({"bilirubin_uln": 4.0}, {"folfirinox", "nalirifox", "gem_nabpaclitaxel", "naliri_5fu"}),
    ],
)
def test_neuropathy_and_jaundice_leave_gemcitabine_alone_on_top(
    catalogue: Catalogue, five: Drugs, facts: dict[str, Any], out: set[str]
) -> None:
    drugs = five | {Drug.GEMCITABINE: SENSITIVE, Drug.PACLITAXEL: SENSITIVE}
    assert ids(ranked(catalogue, drugs))[0] == "gem_nabpaclitaxel"
    results = ranked(catalogue, drugs, **facts)
    assert results[0].id == "gemcitabine"
    assert {result.id for result in results if result.contraindicated} == out


def test_second_line_follows_what_was_given(catalogue: Catalogue, five: Drugs) -> None:
    after_triplet = ranked(catalogue, five, setting="second_line", prior_regimens=["folfirinox"])
    assert ids(after_triplet)[:2] == ["gem_paclitaxel", "gemcitabine"]
    assert by_id(after_triplet)["naliri_5fu"].order[1] == (
        "for second-line treatment, but the catalogue holds no figures for it after the regimens given"
    )
    after_gemcitabine = ranked(catalogue, five, setting="second_line", prior_regimens=["gem_nabpaclitaxel"])
    assert ids(after_gemcitabine)[:3] == ["naliri_5fu", "folfox", "fluorouracil"]
    assert by_id(after_gemcitabine)["folfirinox"].order[1] == (
        "not placed for second-line treatment: the catalogue holds no figures for it there"
    )


def test_rule_class_comes_before_the_score(catalogue: Catalogue, five: Drugs) -> None:
    """A met rule leads even where an unclear regimen's score is higher."""
    drugs = five | {
        Drug.GEMCITABINE: make_drug(Call.SENSITIVE, 0.5, 0.3),
        Drug.FLUOROURACIL: dead_drug(),
        Drug.OXALIPLATIN: make_drug(Call.SENSITIVE, 0.74, 0.05),
        Drug.IRINOTECAN: make_drug(Call.INTERMEDIATE, 0.70, 0.1),
    }
    results = by_id(ranked(catalogue, drugs))
    pair, triplet = results["gem_nabpaclitaxel"], results["folfirinox"]
    assert (pair.rule, triplet.rule) == ("met", "unclear")
    assert pair.score is not None
    assert triplet.score is not None
    assert pair.score < triplet.score
    assert (pair.rank, triplet.rank) == (1, 2)


def test_ties_go_by_overlap_with_the_leader_and_stand_together(catalogue: Catalogue) -> None:
    """In tier 1: a narrow leader, a narrow second that it does not reach, a wide third that it does."""
    renamed = {"folfirinox": 0.60, "nalirifox": 0.40, "gem_nabpaclitaxel": 0.35}
    singles = [
        regimen.model_copy(update={"rule": "single", "components": (regimen.components[0],)})
        for regimen in catalogue.regimens
        if regimen.id in renamed
    ]
    drug_of = {"folfirinox": Drug.OXALIPLATIN, "nalirifox": Drug.IRINOTECAN, "gem_nabpaclitaxel": Drug.GEMCITABINE}
    singles = [
        one.model_copy(update={"components": [one.components[0].model_copy(update={"scored_by": drug_of[one.id]})]})
        for one in singles
    ]
    three = catalogue.model_copy(update={"regimens": singles})
    drugs = {drug: make_drug() for drug in Drug} | {
        Drug.OXALIPLATIN: make_drug(Call.INTERMEDIATE, 0.60, half=0.02),
        Drug.IRINOTECAN: make_drug(Call.INTERMEDIATE, 0.40, half=0.02),
        Drug.GEMCITABINE: make_drug(Call.INTERMEDIATE, 0.35, half=0.30),
    }
    results = ranked(three, drugs)
    scores = [result.score for result in results]
    assert ids(results) == ["folfirinox", "gem_nabpaclitaxel", "nalirifox"]
    assert [result.rank for result in results] == [1, 1, 3]
    assert [result.tied_with for result in results] == [["gem_nabpaclitaxel"], ["folfirinox"], []]
    assert scores[1] < scores[2]  # type: ignore[operator]  # the group is kept together against the score


def test_notes_and_rule_text_are_carried(catalogue: Catalogue, five: Drugs) -> None:
    results = by_id(ranked(catalogue, five))
    nab = results["gem_nabpaclitaxel"]
    assert nab.drugs == ["gemcitabine", "nab-paclitaxel"]
    assert "nab-paclitaxel is scored by the paclitaxel signature; they are not the same drug" in nab.notes
    assert "our judgement" in nab.rule_text
    assert nab.evidence.grades == {Drug.GEMCITABINE: "C", Drug.PACLITAXEL: "C"}
    assert results["s1"].evidence.without_signature == ["S-1"]


def test_results_survive_the_record(catalogue: Catalogue, five: Drugs) -> None:
    for result in ranked(catalogue, five, dpyd="partial"):
        assert RegimenResult.model_validate_json(result.model_dump_json()) == result


def test_missing_drug_and_unknown_setting_are_refused(catalogue: Catalogue, five: Drugs) -> None:
    del five[Drug.PACLITAXEL]
    with pytest.raises(ArtefactError, match="lacks paclitaxel"):
        ranked(catalogue, five)
    with pytest.raises(ClinicalError, match="'palliative' is unknown"):
        rank_regimens(catalogue, five, Setting(value="palliative", assumed=False), Clinical(), 0.9)


def same_class(one: RegimenResult, other: RegimenResult) -> bool:
    """Of one tier and rule, both placed or both not; the line's words may differ."""
    return (one.for_setting, one.tier, one.rule) == (other.for_setting, other.tier, other.rule)


evidence = st.builds(
    make_drug,
    st.sampled_from(list(Call)),
    st.floats(0, 1),
    st.floats(0, 1),
    st.floats(0, 0.5),
    st.sampled_from(["B", "C", "D"]),
)
patients = st.builds(
    Clinical,
    setting=st.sampled_from(SETTINGS),
    ecog=st.none() | st.integers(0, 4),
    age=st.none() | st.sampled_from([45, 65, 70, 71, 85]),
    neuropathy_grade=st.none() | st.integers(0, 4),
    msi=st.none() | st.booleans(),
    dpyd=st.none() | st.sampled_from(["normal", "partial", "complete"]),
    bilirubin_uln=st.none() | st.floats(0.1, 5),
    gbrca_palb2=st.none() | st.booleans(),
    prior_regimens=st.none() | st.just(["folfirinox"]) | st.just(["gemcitabine"]),
    guideline=st.none() | st.sampled_from(list(GUIDELINES)),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(drugs=st.fixed_dictionaries(dict.fromkeys(Drug, evidence)), clinical=patients)
def test_invariants_of_any_order(catalogue: Catalogue, drugs: Drugs, clinical: Clinical) -> None:
    results = rank_regimens(catalogue, drugs, setting_of(clinical), clinical, 0.9)
    assert sorted(ids(results)) == sorted(catalogue.ids)
    ranks = [result.rank for result in results]
    assert ranks == sorted(ranks)
    sunk = [result.order[0] != "no known contraindication" for result in results]
    assert sunk == sorted(sunk)
    table = {regimen.id: regimen for regimen in catalogue.regimens}
    for place, result in enumerate(results):
        assert result.rank == 1 + sum(other.rank < result.rank for other in results)
        assert set(result.tied_with) == {o.id for o in results if o.rank == result.rank} - {result.id}
        tied = [by_id(results)[other] for other in result.tied_with]
        assert all(same_class(other, result) for other in tied) or sunk[place]
        if table[result.id].rule != "single":
            continue
        for below in results[place + 1 :]:  # a single above its combination: never by its signature
            names = {part.scored_by for part in table[below.id].components}
            if len(names) > 1 and table[result.id].scored[0] in names:
                assert result.order[:2] != below.order[:2]
