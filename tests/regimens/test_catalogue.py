"""The shipped catalogue keeps its promises, and a broken one is refused by the key at fault."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pancreassign import resources
from pancreassign.errors import ArtefactError
from pancreassign.records import Drug
from pancreassign.regimens.catalogue import Catalogue, load_catalogue
from pancreassign.regimens.clinical import GUIDELINES, SETTINGS

IDS = {
    "folfirinox", "nalirifox", "gem_nabpaclitaxel", "gemcitabine", "gemcap", "naliri_5fu", "folfox", "fluorouracil",
    "gem_paclitaxel", "gem_cisplatin", "s1",
}  # fmt: skip
FLUOROPYRIMIDINES = {"5-FU", "capecitabine", "S-1"}


@pytest.fixture
def shipped() -> str:
    return (resources.data_dir() / "regimens" / "regimens.toml").read_text(encoding="utf-8")


def test_every_regimen_of_the_design_is_there(catalogue: Catalogue) -> None:
    assert set(catalogue.ids) == IDS


def test_every_trial_has_a_source(catalogue: Catalogue) -> None:
    for regimen in catalogue.regimens:
        for trial in regimen.trials:
            assert re.match(r"doi 10\.\d{4}/\S+$|PASS-01", trial.source), (regimen.id, trial.name)


def test_scored_by_and_their_notes(catalogue: Catalogue) -> None:
    parts = {part.name: part for regimen in catalogue.regimens for part in regimen.components}
    assert {name: part.scored_by for name, part in parts.items()} == {
        "5-FU": Drug.FLUOROURACIL,
        "oxaliplatin": Drug.OXALIPLATIN,
        "irinotecan": Drug.IRINOTECAN,
        "nal-IRI": Drug.IRINOTECAN,
        "gemcitabine": Drug.GEMCITABINE,
        "paclitaxel": Drug.PACLITAXEL,
        "nab-paclitaxel": Drug.PACLITAXEL,
        "capecitabine": Drug.FLUOROURACIL,
        "cisplatin": None,
        "S-1": None,
    }
    for name, part in parts.items():
        if name != part.scored_by:  # a stand-in must say that it is one
            assert part.note, name


def test_triplet_pair_and_single_rules(catalogue: Catalogue) -> None:
    rules = {regimen.id: regimen.rule for regimen in catalogue.regimens}
    assert {i for i, rule in rules.items() if rule == "two_of_three"} == {"folfirinox", "nalirifox"}
    assert {i for i, rule in rules.items() if rule == "single"} == {"gemcitabine", "fluorouracil"}
    assert {i for i, rule in rules.items() if rule == "none"} == {"gem_cisplatin", "s1"}


def test_tier_one_of_the_first_line_is_side_by_side(catalogue: Catalogue) -> None:
    tiers = {
        regimen.id: place.tier
        for regimen in catalogue.regimens
        if (place := regimen.placement("first_line_metastatic")) is not None
    }
    assert {i for i, tier in tiers.items() if tier == 1} == {"folfirinox", "nalirifox", "gem_nabpaclitaxel"}
    assert tiers["gemcitabine"] > 1
    assert not {"naliri_5fu", "gem_paclitaxel", "folfox", "fluorouracil"} & set(tiers)


def test_what_guidelines_are_held(catalogue: Catalogue) -> None:
    """README.md lists these to the reader; a new one needs its line there."""
    held = {
        (guideline, setting) for guideline in GUIDELINES for setting in SETTINGS if catalogue.holds(guideline, setting)
    }
    assert held == {("tncd", "first_line_metastatic"), ("tncd", "locally_advanced"), ("esmo", "adjuvant")}
    for regimen in catalogue.regimens:
        for place in regimen.settings:
            for own in place.guidelines:
                assert GUIDELINES[own.guideline] in own.basis, (regimen.id, place.setting)


def test_single_drug_stands_below_its_combinations(catalogue: Catalogue) -> None:
    compared = 0
    for single in (r for r in catalogue.regimens if len(r.components) == 1):
        for other in (r for r in catalogue.regimens if len(r.components) > 1):
            if not {part.name for part in single.components} & {part.name for part in other.components}:
                continue
            for place in single.settings:
                if (above := other.placement(place.setting)) is not None:
                    assert place.tier > above.tier, (single.id, other.id, place.setting)
                    compared += 1
    assert compared >= 6


def test_each_drug_brings_its_own_checks(catalogue: Catalogue) -> None:
    for regimen in catalogue.regimens:
        names = {part.name for part in regimen.components}
        assert ("dpd" in regimen.checks) == bool(names & FLUOROPYRIMIDINES), regimen.id
        asked = any(name.startswith("ugt1a1") for name in regimen.checks)
        assert asked == bool(names & {"irinotecan", "nal-IRI"}), regimen.id
        assert sum(name.startswith("bilirubin") for name in regimen.checks) == 1, regimen.id  # jaundice lifts none
        assert ("neuropathy_oxaliplatin" in regimen.checks) == ("oxaliplatin" in names), regimen.id
        assert ("neuropathy_nabpaclitaxel" in regimen.checks) == ("nab-paclitaxel" in names), regimen.id
        assert ("neuropathy" in regimen.checks) == bool(names & {"cisplatin", "paclitaxel"}), regimen.id
        platinum = bool(names & {"oxaliplatin", "cisplatin"})
        assert ("gbrca_no_platinum" in regimen.checks) != platinum, regimen.id
        assert "msi" in regimen.checks
        assert "pregnancy" in regimen.checks
        assert any(name.startswith("ecog") for name in regimen.checks)


def test_wordings_can_be_followed_by_a_reader(shipped: str) -> None:
    for inside in ("of ours", "our facts", "fact sheet"):
        assert inside not in shipped


def test_from_memory_is_said(catalogue: Catalogue) -> None:
    folfirinox = catalogue.regimens[0]
    trial = next(trial for trial in folfirinox.trials if trial.name.startswith("PRODIGE-24"))
    assert trial.toxicity is not None
    assert "not verified" in trial.toxicity


def first(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new, 1)


@pytest.mark.parametrize(
    ("old", "new", "key", "problem"),
    [
        ('scored_by = "oxaliplatin"', 'scored_by = "docetaxel"', "regimens.folfirinox.components.1.scored_by", "5-FU"),
        ('setting = "adjuvant"', 'setting = "palliative"', "regimens.folfirinox.settings.1.setting", "resectable"),
        ('rule = "pair"', 'rule = "best"', "regimens.gem_nabpaclitaxel.rule", "two_of_three"),
        ('rule = "pair"', 'rule = "single"', "regimens.gem_nabpaclitaxel", "needs 1 components"),
        ('id = "nalirifox"', 'id = "folfirinox"', "regimens", "'folfirinox' stands twice"),
        ('id = "neuropathy"', 'id = "dpd"', "checks", "'dpd' stands twice"),
        ('checks = ["ecog_0_1", ', 'checks = ["absent", ', "regimens.folfirinox.checks", "'absent' is unknown"),
        ('field = "ecog"', 'field = "karnofsky"', "checks.ecog_0_1.clauses.0", "unknown clinical field"),
        ("Holds {drugs}", "Holds {drug}", "checks.already_given.clauses.1", "unknown brace ('drug')"),
        ("value = 3", 'value = "3"', "checks.ecog_0_1.clauses.0", "needs a number"),
        ('operator = ">="', 'operator = "~"', "checks.ecog_0_1.clauses.0.operator", "includes_any"),
        ('status = "contraindicated"', 'status = "forbidden"', "checks.ecog_0_1.clauses.0.status", "caution"),
        ('source = "doi 10.1056/NEJMoa1011923"\n[[regimens.trials]]', 'source = ""\n[[regimens.trials]]',
         "regimens.folfirinox.trials.0.source", "at least 1"),
        ('name = "NALIRIFOX"', 'name = "NALIRIFOX"\ndose = 3', "regimens.nalirifox.dose", "not permitted"),
        ("schema = 1", "schema = 2", "schema", "should be 1"),
        ('after = ["folfirinox", "nalirifox"]', 'after = ["folfiri"]',
         "regimens.gemcitabine.settings.second_line.after", "'folfiri' is unknown"),
        ("tier = 3\norder = 3\nbasis = \"ESMO", "tier = 2\norder = 3\nbasis = \"ESMO",
         "regimens.gemcitabine.settings.adjuvant.tier", "not below its combination gemcap"),
        ("tier = 1\norder = 2\nbasis = \"NAPOLI-3", "tier = 1\norder = 1\nbasis = \"NAPOLI-3",
         "regimens.settings.order", "'first_line_metastatic, order 1' stands twice"),
        ('guideline = "tncd"', 'guideline = "asco"', "regimens.folfirinox.settings.0.guidelines.0.guideline", "nccn"),
        ('guideline = "tncd"\ntier = 1', 'guideline = "tncd"\ntier = 0',
         "regimens.folfirinox.settings.0.guidelines.0.tier", "greater than or equal to 1"),
        ('basis = "ESMO 2019: mFOLFIRINOX if fit"', 'basis = ""',
         "regimens.folfirinox.settings.1.guidelines.0.basis", "at least 1"),
        ('guideline = "tncd"\ntier = 2\norder = 3', 'guideline = "tncd"\ntier = 2\norder = 1',
         "regimens.settings.guidelines.order", "'tncd, first_line_metastatic, order 1' stands twice"),
        ('guideline = "tncd"\ntier = 2\norder = 3', 'guideline = "tncd"\ntier = 3\norder = 3',
         "regimens.gemcitabine.settings.first_line_metastatic.guidelines.tncd.tier", "combination gem_nabpaclitaxel"),
        ('[[regimens.settings.guidelines]]\nguideline = "esmo"',
         '[[regimens.settings.guidelines]]\nguideline = "esmo"\nages = [71, 110]\n'
         'tier = 1\norder = 9\nbasis = "x"\njudgement = true\n'
         '[[regimens.settings.guidelines]]\nguideline = "esmo"',
         "regimens.folfirinox.settings.adjuvant.guidelines", "'esmo' stands twice for age 71"),
        ("ages = [71, 110]", "ages = [70, 110]", "regimens.folfirinox.settings.adjuvant.guidelines",
         "'esmo' stands twice for age 70"),
        ("ages = [71, 110]", "ages = [110, 71]", "regimens.folfirinox.settings.1.guidelines.1", "must ascend"),
        ("ages = [71, 110]\ntier = 2\norder = 2", "ages = [71, 110]\ntier = 2\norder = 1",
         "regimens.settings.guidelines.order", "'esmo, adjuvant, order 1' stands twice"),
        ("ages = [71, 110]\ntier = 1", "ages = [71, 110]\ntier = 3",
         "regimens.gemcitabine.settings.adjuvant.guidelines.esmo.tier", "not below its combination gemcap"),
        ('ask = "Only for carriers of gBRCA/PALB2: status unknown, test it"\n', "", "checks.gbrca_palb2_only",
         "unplaced needs ask"),
        ('guidelines = ["tncd"]', 'guidelines = ["asco"]', "checks.uracilaemia_france.guidelines.0", "nccn"),
    ],
)  # fmt: skip
def test_broken_catalogue_names_the_key(
    tmp_path: Path, shipped: str, old: str, new: str, key: str, problem: str
) -> None:
    path = tmp_path / "regimens.toml"
    path.write_text(first(shipped, old, new), encoding="utf-8")
    with pytest.raises(ArtefactError) as caught:
        load_catalogue(path)
    assert caught.value.where == f"{path}, key {key}"
    assert problem in caught.value.problem
    assert caught.value.mend


def test_unreadable_catalogue(tmp_path: Path) -> None:
    with pytest.raises(ArtefactError, match=r"absent\.toml: cannot be read"):
        load_catalogue(tmp_path / "absent.toml")
    (tmp_path / "bad.toml").write_text("= 1\n")
    with pytest.raises(ArtefactError, match="is not TOML"):
        load_catalogue(tmp_path / "bad.toml")


def test_s1_says_in_whom_it_was_studied(catalogue: Catalogue) -> None:
    s1 = catalogue.regimen("s1")
    assert s1 is not None
    assert {trial.name: "Japan" in trial.population for trial in s1.trials} == {"JASPAC-01": True, "GEST": True}
    gest = next(trial for trial in s1.trials if trial.name == "GEST")
    assert gest.efficacy == "v gemcitabine: OS 9.7 v 8.8 (HR 0.96, not inferior)"
    assert any("East Asian patients" in note for note in s1.notes)
