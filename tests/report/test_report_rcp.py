"""The text for the fiche RCP: what it says, and that every sign of it survives a hospital's form."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest
import report_factory as factory

from pancreassign import resources
from pancreassign.cohort import Job, score
from pancreassign.errors import ConfigError
from pancreassign.records import Prediction
from pancreassign.report import content, rcp
from pancreassign.report.words import Words, load_words

PAGE = Path(__file__).parents[2] / "docs" / "rcp.md"
EXAMPLE = "SIMULATED_02_good"
NBSP = "\u00a0"


def plain(text: str) -> str:
    """``text`` on one line, with plain spaces: where it was broken is not asked."""
    return " ".join(text.split())


def said(record: Prediction, lang: str | None = None) -> str:
    return plain(rcp.to_text(record, lang))


def line_of(record: Prediction, drug: str, lang: str = "fr") -> str:
    """The entry of one drug, on one line."""
    text = rcp.to_text(record, lang).replace("\n  ", " ")
    return next(plain(line) for line in text.splitlines() if line.startswith(f"- {drug}"))


# --- the form of the text --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["fr", "en"])
@pytest.mark.parametrize("name", sorted(factory.VARIANTS))
def test_every_record_gives_short_lines_of_the_code_page(name: str, lang: str) -> None:
    text = rcp.to_text(factory.VARIANTS[name](), lang)
    assert text.encode("cp1252").decode("cp1252") == text
    assert max(map(len, text.split("\n"))) <= 80
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert not re.search(r"[\t\r]| \n|\n\n\n", text)
    assert len(text.splitlines()) <= 75


def test_the_usual_text_fits_a_page() -> None:
    assert len(rcp.to_text(factory.record()).splitlines()) <= 60


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("≥ 3 ≤ −1", "s>= 3 <= -1"),
        ("Dvořák Čapek", "sDvorák Capek"),
        ("Dvora\u0301k", "sDvorák"),
        ("漢\u202e\x07Ω", "s[U+6F22][U+202E][U+0007][U+03A9]"),
        ("a\nb\tc", "sa b c"),
        ("œ€’–«»µ", "sœ€’–«»µ"),
    ],
)
def test_signs_that_a_form_cannot_hold_are_written_otherwise(name: str, shown: str) -> None:
    text = rcp.to_text(factory.record(sample={"id": f"s{name}", "specimen": {}}))
    assert f"Échantillon{NBSP}: {shown}{NBSP};" in text


def test_no_break_spaces_stay_and_the_narrow_ones_become_wide() -> None:
    text = rcp.to_text(factory.all_calls())
    assert f"52{NBSP}% (36–68{NBSP}%)" in text
    assert "\u202f" not in text


# --- what it says ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lang", "first", "second"),
    [
        ("fr", "fiche RCP", "USAGE RÉSERVÉ À LA RECHERCHE : ne doit pas servir à décider d’un traitement"),
        ("en", "tumour board's form", "FOR RESEARCH USE ONLY: not for treatment decisions"),
    ],
)
def test_research_use_stands_in_the_second_line(lang: str, first: str, second: str) -> None:
    lines = rcp.to_text(factory.record(), lang).splitlines()
    assert first in lines[0]
    assert plain(lines[1]) == second


def test_a_simulated_sample_and_an_assumed_setting_are_said_at_the_top() -> None:
    top = plain("\n".join(rcp.to_text(factory.simulated()).splitlines()[:6]))
    assert "ÉCHANTILLON SIMULÉ : aucun patient" in top
    assert "Situation supposée : première ligne métastatique (aucune situation n’a été indiquée)" in top
    assert "Situation : première ligne métastatique Échantillon" in said(factory.contraindicated())


def test_a_called_drug_has_its_grade_and_figures() -> None:
    record = factory.all_calls()
    assert line_of(record, "paclitaxel") == (
        "- paclitaxel : sensible (preuve C) ; percentile 83 ; probabilité 52 % (36–68 %)"
    )
    assert line_of(record, "oxaliplatine") == (
        "- oxaliplatine : résistant (preuve A) ; percentile 8 ; probabilité 15 % (6–29 %)"
    )
    text = said(record)
    assert "taux de base 33 %" in text
    assert "intervalle à 95 %" in text
    assert "C (capacité prédictive en préclinique) ; D (capacité prédictive non démontrée)" in text


def test_a_drug_that_is_not_evaluable_has_its_reason_and_no_figure() -> None:
    assert line_of(factory.all_calls(), "gemcitabine") == (
        "- gemcitabine : non évaluable (preuve D ; capacité non démontrée)"
    )
    failed = factory.failed_quality()
    assert "(preuve D ; qualité en échec)" in line_of(failed, "5-FU")
    assert "Qualité : ÉCHEC" in said(failed)
    assert "percentile" not in said(failed).casefold()


def test_findings_of_quality_stand_with_their_limits() -> None:
    record = factory.failed_quality()
    rows = [row for row in content.page(record, load_words("en"))["quality"]["rows"] if row["flagged"]]
    assert rows
    for row in rows:
        assert plain(f"- {row['name']}: {row['value']} ({row['verdict']}; limits: {row['threshold']})").replace(
            "−", "-"
        ) in said(record, "en")


def test_tied_regimens_share_a_rank_and_what_speaks_against_them_is_told() -> None:
    text = rcp.to_text(factory.all_calls(), "en")
    assert len(re.findall(r"^1 =  ", text, re.M)) == 3
    assert "Then: " in text
    record = factory.contraindicated()
    assert "\n3  gemcitabine (" in rcp.to_text(record, "en")
    text = said(record, "en")
    assert "Caution: Grade 2 neuropathy: nab-paclitaxel worsens it (grade >= 3 in 17 % of MPACT)" in text
    assert "Last, contraindicated for this patient:" in text
    assert re.search(r"- FOLFIRINOX / mFOLFIRINOX: Complete DPD deficiency contraindicates", text)
    # those behind the third rank are named, in order, and none that is ruled out is among them
    (behind,) = re.findall(r"Then: (.*?) Last,", text)
    assert behind == "gemcitabine + capecitabine, S-1, 5-FU / leucovorin"


def test_what_goes_on_is_set_in() -> None:
    lines = rcp.to_text(factory.all_calls()).splitlines()
    first = lines.index(next(line for line in lines if line.startswith("- 5-FU")))
    assert lines[first + 1].startswith("  ")
    assert lines[first + 2].startswith("- oxaliplatine")


def test_what_is_unknown_is_a_question() -> None:
    text = said(factory.record(), "en")
    assert "Before prescribing, check (unknown for this patient): " in text
    assert "DPYD genotype or uracilaemia (fluoropyrimidines)" in text


def test_nothing_to_choose_from_is_said() -> None:
    rows = [row | {"contraindicated": True} for row in factory.regimens()]
    assert "No regimen" in said(factory.record(regimens=rows), "en")
    assert load_words("en")["regimens.none_evaluable"] in said(factory.none_evaluable(), "en")


def test_every_caveat_is_listed_but_those_said_in_their_own_place() -> None:
    codes = {**dict.fromkeys(rcp.TOLD, False), "research_use": True, "preclinical_probability": True, "other": True}
    caveats = [{"code": code, "text": f"the text of {code}"} for code in codes]
    text = said(factory.record(caveats=caveats))
    assert {code: f"the text of {code}" in text for code in codes} == codes


def test_the_board_decides() -> None:
    text = rcp.to_text(factory.record())
    assert "L’outil informe" in text
    assert re.search(r"^Discussion en RCP.: \.{20,}$", text, re.M)
    assert "Tout écart au référentiel est tracé" in text


def test_the_text_is_traced_to_its_record() -> None:
    record = factory.record()
    text = said(record)
    assert text.endswith(hashlib.sha256(record.to_json().encode()).hexdigest())
    for part in (record.pack, record.reference, record.catalogue):
        assert part.version in text
        assert part.sha256[:12] in text


def test_identity_is_sample_and_patient_alone() -> None:
    record = factory.identified()
    text = said(record)
    assert record.sample.patient is not None
    assert record.sample.id in text
    assert record.sample.patient in text
    assert "Prélèvement : EUS-FNB" in text
    for kept in ("1957", "Dr Ordering"):
        assert kept not in text


# --- languages -------------------------------------------------------------------------------------------------------


def test_french_unless_the_facts_or_the_caller_ask_for_another() -> None:
    own = factory.record(clinical={"language": "en"})
    assert "MÉDICAMENTS" in rcp.to_text(factory.record())
    assert "DRUGS" in rcp.to_text(own)
    assert "MÉDICAMENTS" in rcp.to_text(own, "fr")
    for lang in ("xx", ""):
        with pytest.raises(ConfigError, match="language"):
            rcp.to_text(own, lang)


def test_every_string_of_the_text_is_asked_for() -> None:
    asked: set[str] = set()

    class Watched(Words):
        def __getitem__(self, key: str) -> str:
            asked.add(key)
            return super().__getitem__(key)

    words = Watched(load_words("fr"))
    for make in factory.VARIANTS.values():
        rcp.text_of(make(), words)
    assert {key for key in words if key.startswith("rcp.")} == {key for key in asked if key.startswith("rcp.")}


# --- the page of the documentation -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Prediction:
    folder = resources.data_dir() / "example"
    job = Job(
        [folder / "counts.tsv.gz"],
        tmp_path_factory.mktemp("rcp") / "out",
        "pdac-public",
        "pdac-full-length",
        samples=folder / "samples.tsv",
        clinical=folder / "clinical.tsv",
        reports=False,
    )
    records = score(job, lambda done, total: None, lambda note: None)
    return next(record for record in records if record.sample.id == EXAMPLE)


def test_the_documentation_shows_the_examples_own_text(example: Prediction) -> None:
    (shown,) = re.findall(r"```text\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)
    assert shown == rcp.to_text(example)
