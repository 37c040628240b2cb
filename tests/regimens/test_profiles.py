"""The example profiles load, and lead to what README.md of data/example says of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from pancreassign import resources
from pancreassign.records import Drug, RegimenResult
from pancreassign.regimens.catalogue import Catalogue
from pancreassign.regimens.clinical import Clinical, load_clinical, setting_of
from pancreassign.regimens.rank import rank_regimens
from pancreassign.regimens.rules import DrugEvidence

EXAMPLE = resources.data_dir() / "example"
PROFILES = sorted((EXAMPLE / "profiles").glob("*.toml"))


def facts(catalogue: Catalogue, path: Path) -> Clinical:
    table = load_clinical(path, catalogue.ids)
    assert list(table) == [""]  # it names no sample, so that it serves any
    return table[""]


def ranked(catalogue: Catalogue, drugs: dict[Drug, DrugEvidence], name: str) -> dict[str, RegimenResult]:
    clinical = facts(catalogue, EXAMPLE / "profiles" / f"{name}.toml")
    return {one.id: one for one in rank_regimens(catalogue, drugs, setting_of(clinical), clinical, 0.9)}


def status(result: RegimenResult, code: str) -> str:
    return next(finding.status for finding in result.eligibility if finding.code == code)


def test_the_readme_names_every_profile() -> None:
    readme = (EXAMPLE / "README.md").read_text(encoding="utf-8")
    assert len(PROFILES) == 3
    for path in PROFILES:
        assert f"`{path.name}`" in readme


@pytest.mark.parametrize("path", PROFILES, ids=lambda path: path.stem)
def test_a_profile_states_its_setting(catalogue: Catalogue, path: Path) -> None:
    assert not setting_of(facts(catalogue, path)).assumed


def test_folfirinox_ineligible_first_line(catalogue: Catalogue, five: dict[Drug, DrugEvidence]) -> None:
    results = ranked(catalogue, five, "folfirinox_ineligible")
    assert {name for name, one in results.items() if one.contraindicated} == {"folfirinox", "nalirifox"}
    assert next(iter(results)) == "gem_nabpaclitaxel"
    assert list(results)[-2:] == ["folfirinox", "nalirifox"]  # last, not hidden
    assert status(results["gem_nabpaclitaxel"], "g8") == "caution"
    assert status(results["gem_nabpaclitaxel"], "nutrition") == "caution"  # 8 % lost
    assert status(results["s1"], "uracilaemia_france") == "unknown"  # TNCD, and a genotype alone
    assert results["gem_nabpaclitaxel"].order[0] == "no known contraindication"


def test_borderline_neoadjuvant(catalogue: Catalogue, five: dict[Drug, DrugEvidence]) -> None:
    results = ranked(catalogue, five, "borderline_neoadjuvant")
    tiers = {name: one.tier for name, one in results.items() if one.for_setting}
    assert tiers == {"folfirinox": 1, "gem_nabpaclitaxel": 1}
    assert not [name for name, one in results.items() if one.contraindicated]
    assert status(results["folfirinox"], "nutrition") == "caution"
    assert status(results["folfirinox"], "ugt1a1_irinotecan") == "unknown"


def test_advanced_first_line(catalogue: Catalogue, five: dict[Drug, DrugEvidence]) -> None:
    results = ranked(catalogue, five, "advanced_first_line")
    assert list(results)[:3] == ["folfirinox", "nalirifox", "gem_nabpaclitaxel"]
    assert [results[name].tier for name in list(results)[:3]] == [1, 1, 2]
    assert results["folfirinox"].order[2] == "guideline tier 1 (TNCD)"
    assert results["gem_nabpaclitaxel"].order[2] == "the catalogue's tier 2 (after TNCD; our judgement)"
    assert status(results["folfirinox"], "dpd") == "caution"
    assert status(results["folfirinox"], "g8") == "ok"
    assert not results["folfirinox"].contraindicated
