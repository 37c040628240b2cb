"""Every language says all that the page can print: the strings, and the texts of the shipped data."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib import resources as packaged
from pathlib import Path
from typing import Any

import pytest
import report_factory as factory
from shipped_texts import NOTHING, catalogue, codes, example, made, of_protocols, whole
from test_report_content import texts as leaves
from test_report_pdf import needs_pdftotext, text_of
from typer.testing import CliRunner

from pancreassign import caveats, resources
from pancreassign.appraise import appraise
from pancreassign.cli import app
from pancreassign.errors import ConfigError
from pancreassign.faces import Faces
from pancreassign.patients import patient_views
from pancreassign.records import (
    Call,
    Drug,
    Prediction,
    SampleInfo,
    Setting,
)
from pancreassign.regimens.clinical import GUIDELINES, SETTING_WORDS, Clinical
from pancreassign.regimens.eligibility import JUDGEMENT
from pancreassign.regimens.rank import rank_regimens
from pancreassign.rendering import render_records
from pancreassign.report import content, rcp, words
from pancreassign.report import lesions as lesion_page
from pancreassign.report.pdf import Renderer
from pancreassign.report.typeset import Typesetter
from pancreassign.report.words import Words, languages, load_words

LANGUAGES = languages()
OTHERS = [lang for lang in LANGUAGES if lang != "en"]
OWN_TABLES = {"spacing", "texts"}
"""Tables that a language has for itself: English needs neither."""
BRACE = re.compile(r"\{\w*\}")
NNBSP, NBSP = "\u202f", "\u00a0"


@cache
def tables(lang: str) -> dict[str, dict[str, str]]:
    file = packaged.files("pancreassign.report").joinpath("lang", f"{lang}.toml")
    return tomllib.loads(file.read_text(encoding="utf-8"))


def strings(lang: str) -> dict[str, str]:
    return {
        f"{table}.{key}": text
        for table, entries in tables(lang).items()
        if table not in OWN_TABLES
        for key, text in entries.items()
    }


# --- completeness ----------------------------------------------------------------------------------------------------


def test_there_are_the_two_languages_that_the_project_promises() -> None:
    assert {"en", "fr"} <= set(LANGUAGES)


@pytest.mark.parametrize("lang", OTHERS)
def test_every_language_has_the_keys_of_english(lang: str) -> None:
    english, own = strings("en"), strings(lang)
    assert sorted(own.keys() - english.keys()) == []
    assert sorted(english.keys() - own.keys()) == []
    assert [key for key, text in own.items() if not text and english[key]] == []


@pytest.mark.parametrize("lang", OTHERS)
def test_every_text_of_the_shipped_data_has_words(lang: str) -> None:
    own = tables(lang)["texts"]
    known = load_words(lang)
    assert sorted(text for text in whole() if text not in own) == []
    assert sorted(text for text in made() if text not in own and known.text(text) == text) == []


@pytest.mark.parametrize("lang", OTHERS)
def test_no_text_is_left_over(lang: str) -> None:
    printed = whole() | made() | set(SETTING_WORDS.values()) | set(GUIDELINES.values()) | {JUDGEMENT}
    # what stands in the brackets of the order is filled in
    printed |= {part for text in made() for part in text.partition(" (")[2].removesuffix(")").split("; ")}
    printed |= {part for text in of_protocols() for part in re.split(r"[ ,;]+", text)}
    unused = []
    for key in tables(lang)["texts"].keys() - printed:
        template = re.compile(BRACE.sub("(.+)", re.escape(key).replace(r"\{", "{").replace(r"\}", "}")))
        if not BRACE.search(key) or not any(template.fullmatch(text) for text in printed):
            unused.append(key)
    assert unused == []


@pytest.mark.parametrize("lang", OTHERS)
def test_translations_keep_their_braces_and_every_number(lang: str) -> None:
    """A wrong figure in a translation is a wrong figure before the board."""

    def fixed(text: str) -> list[str]:
        numbers = re.findall(r"\d+(?:[.,]\d+)*", text)
        return sorted([number.replace(",", ".") for number in numbers] + BRACE.findall(text))

    english, own = strings("en"), strings(lang)
    pairs = [*tables(lang)["texts"].items(), *((english[key], own[key]) for key in english.keys() & own.keys())]
    assert {text: translated for text, translated in pairs if fixed(text) != fixed(translated)} == {}


def test_tables_of_codes_hold_the_real_codes() -> None:
    english = tables("en")
    assert {name: sorted(set(english[name]) ^ found) for name, found in codes().items()} == {
        name: [] for name in codes()
    }


def rare() -> Iterator[Prediction]:
    """What the factory's variants do not hold: results, figures and facts of every kind."""
    yield factory.record(qc={"verdict": "pass", "checks": []}, caveats=[])
    yield factory.record(drugs=[factory.drug(name, percentile=None, probability=0.001) for name in factory.DRUGS])
    yield factory.record(clinical={"msi": True, "prior_regimens": ["other"]})
    specimen = {"preservation": "frozen", "rna_ng": 50.0, "tumour_cells_percent": 30.0}
    yield factory.record(sample={"id": "s", "specimen": specimen})
    finding = factory.finding("ecog_0_1", "ok", "in order")
    trial = {"name": "a", "population": "b", "efficacy": "c", "toxicity": None, "source": "d"}
    rows = factory.regimens()
    rows[0] |= {"eligibility": [finding], "trials": [trial]}
    yield factory.record(regimens=rows)
    for out in (factory.regimens(), [row for row in factory.regimens() if row["for_setting"]]):
        yield factory.record(regimens=[row | {"contraindicated": row["for_setting"]} for row in out])
    shared = [row | {"eligibility": [factory.finding("g8", "caution", "G8 low")]} for row in factory.regimens()]
    yield factory.record(regimens=shared)
    for figures in ({"adjusted_p": 0.05, "brier": 0.9}, {"spearman_interval": factory.interval(0.1, 0.4, 0.95)}):
        drug = factory.drug("5-FU")
        drug["validation"] |= {"permutation_p": 0.001} | figures
        yield factory.record(drugs=[drug, *(factory.drug(name) for name in factory.DRUGS[1:])])
    for drug in (skilled(0.1, 0.3), skilled(-0.1, 0.3), skilled(-0.3, -0.1), skilled(0.1, 0.3, brier=0.9)):
        yield factory.record(drugs=[drug if name == drug["drug"] else factory.drug(name) for name in factory.DRUGS])
    silent = factory.drug("5-FU", reason="no_signature", score=None, score_interval=None, validation=None)
    yield factory.record(drugs=[silent, *(factory.drug(name) for name in factory.DRUGS[1:])])


def views() -> Iterator[tuple[dict[str, Any], list[Prediction]]]:
    """Two lesions of one patient, with all that a comparison can find."""
    pair = [factory.record(sample={"id": name, "patient": "P"}) for name in "ab"]
    for leaders, calls in ((True, True), (False, False), (None, None)):
        view = json.loads(patient_views(pair)[0].to_json()) | {"leaders_differ": leaders, "clinical_differs": True}
        view["lesions"][0]["leaders"] = []
        pair[1] = factory.failed_quality().model_copy(update={"sample": pair[1].sample})
        for number, drug in enumerate(view["drugs"]):
            drug |= {"calls_differ": calls, "dissociated": number == 0}
        yield view, pair


def skilled(low: float, high: float, **figures: Any) -> dict[str, Any]:
    """A drug with all figures that a pack may hold; every correlation has the interval given."""
    drug = factory.called("gemcitabine")
    ends = factory.interval(low, high, 0.95)
    one = {"name": "organoids", "n": 30, "spearman": high - 0.05, "spearman_interval": ends}
    group = {"n": 9, "predicted": 0.4, "observed": 0.3, "observed_interval": factory.interval(0.1, 0.6, 0.95)}
    drug["validation"] |= {"specific": high - 0.05, "specific_interval": ends, "family": "stack"}
    drug["validation"] |= {"worlds": [one], "external": [one], "reliability": [group], **figures}
    drug["contributions"] = [{"symbol": f"G{n}", "value": (n - 10.5) / 100} for n in range(21)]
    drug["content_correction"] = drug["score"]
    drug["coverage"] = {"genes": 192, "found": 100, "missing": [f"M{n}" for n in range(92)]}
    return drug


def test_every_string_is_asked_for() -> None:
    """Strings outside the tables of codes: one that no page of the factory's records asks for is left over."""
    asked: set[str] = set()

    class Watched(Words):
        def __getitem__(self, key: str) -> str:
            asked.add(key)
            return super().__getitem__(key)

    watched = Watched(load_words("en"))
    for make in factory.VARIANTS.values():
        content.page(make(), watched, "2025-11-20")
        rcp.text_of(make(), watched)
    for record in rare():
        content.page(record, watched)
    for view, lesions in views():
        lesion_page.page(view, lesions, watched, None)
    Watched(load_words("en"), {"x": "y", "{drugs}!": "{drugs}?"}).text("a and b!")
    by_code = {f"{name}.{code}" for name, found in codes().items() for code in found}
    assert sorted(strings("en").keys() - asked - by_code) == []


# --- right in French -------------------------------------------------------------------------------------------------


def french() -> dict[str, str]:
    known = load_words("fr")
    return {**known, **{english: known.text(english) for english in tables("fr")["texts"] if not BRACE.search(english)}}


def test_french_punctuation_never_breaks_from_its_word() -> None:
    faults = {}
    for key, text in french().items():
        bare = re.search(rf"[^{NNBSP}(][;!?%](?=$|[\s.,)])|[^{NBSP}]:(?=$|\s)|«[^{NBSP}]|[^{NBSP}]»", text)
        if bare and not key.startswith("number."):
            faults[key] = text
    assert faults == {}


def test_french_has_no_straight_apostrophe_and_no_decimal_point() -> None:
    faults = [text for text in french().values() if "'" in text or re.search(r"(?<![\d./])\d+\.\d+(?![\d./])", text)]
    # what is left is the first half of a DOI, and nothing else
    assert [text for text in faults if re.search(r"(?<!doi )(?<![\d./])\d+\.\d+(?![\d./])", text) or "'" in text] == []


def test_french_numbers_and_dates() -> None:
    known = load_words("fr")
    assert known.decimal(14_231_877.0, 0) == f"14{NNBSP}231{NNBSP}877"
    assert known.decimal(-0.113, 2) == "−0,11"
    assert known.percent(0.41) == f"41{NNBSP}%"
    assert known.percent(0.001) == f"<{NNBSP}1{NNBSP}%"
    assert known.date("2026-11-22") == "22/11/2026"
    assert load_words("en").date("2026-11-22") == "2026-11-22"
    assert known.date("after the operation") == "after the operation"
    assert known.listed(["a", "b", "c"]) == f"a{NNBSP}; b{NNBSP}; c"


def test_texts_with_something_filled_in() -> None:
    known = load_words("fr")
    assert known.text("Holds nal-IRI (irinotecan) and 5-FU, given before in FOLFIRINOX / mFOLFIRINOX") == (
        f"Déjà donné dans FOLFIRINOX / mFOLFIRINOX{NBSP}: irinotécan liposomal (irinotécan) et 5-FU"
    )
    # a laboratory's own name stays as it is, within a text of ours
    assert "dans Own protocol et gemcitabine" in known.text("Holds 5-FU, given before in Own protocol and gemcitabine")
    assert known.text("score 98.05") == "score 98,05"
    assert known.text("our judgement: cytotoxic chemotherapy harms the unborn child").startswith("notre appréciation")


def test_french_takes_no_capital_behind_a_colon() -> None:
    known = load_words("fr")
    rows = factory.regimens()
    row = rows[0]
    message = "Complete DPD deficiency: no fluoropyrimidine"
    row["eligibility"] = [factory.finding("dpd", "caution", message), factory.finding("ecog", "caution", "ECOG 0-1")]
    page = content.page(factory.record(regimens=rows), known)
    assert page["regimens"]["rows"][0]["against"] == [
        f"Attention{NBSP}: déficit complet en DPD{NBSP}: pas de fluoropyrimidine",
        f"Attention{NBSP}: OMS 0-1",
    ]
    assert page["evidence"]["regimens"][0]["findings"][0]["items"][0][0].startswith("déficit complet")
    english = content.page(factory.record(regimens=rows), load_words("en"))
    assert english["regimens"]["rows"][0]["against"][0] == f"Caution: {message}"


def test_sentences_start_with_a_capital() -> None:
    page = content.page(shipped(), load_words("fr"))
    notes = [note for regimen in page["evidence"]["regimens"] for note in regimen["notes"]]
    found = [*notes, *page["regimens"]["footnotes"], *page["evidence"]["sources"]]
    assert any(note.startswith("Le nab-paclitaxel est évalué") for note in notes)
    assert [text for text in found if text[0].islower() and not text.startswith("doi ")] == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nab-paclitaxel is scored", "Nab-paclitaxel is scored."),
        ("l’irinotécan est évalué.", "L’irinotécan est évalué."),
        ("mFOLFIRINOX if fit", "mFOLFIRINOX if fit."),
        ("doi 10.1/x", "doi 10.1/x."),
        ("docs/quality.md: real samples", "docs/quality.md: real samples."),
        ("étudié, puis", "Étudié, puis."),
        ("5-FU", "5-FU."),
        ("", "."),
    ],
)
def test_a_sentence_keeps_names_as_they_are(text: str, said: str) -> None:
    assert words.sentence(text) == said


@pytest.mark.parametrize(
    "own",
    ["A laboratory's own caution", "our judgement: a laboratory's own reason", "for a disease of theirs", "score high"],
)
def test_what_nobody_translated_stays_as_it_is(own: str) -> None:
    assert load_words("fr").text(own) == own


def shipped(**changes: Any) -> Prediction:
    """A record whose texts are those of the shipped data."""
    own = caveats.load(resources.data_dir() / "caveats" / "caveats.toml").texts
    setting = Setting(value="second_line", assumed=False)
    facts = {"prior_regimens": ["folfirinox", "gemcitabine"], "age": 81, "dpyd": "partial", "guideline": "nccn"}
    clinical = Clinical(**facts)
    ranked = rank_regimens(catalogue(), dict.fromkeys(Drug, NOTHING), setting, clinical, 0.9)
    scale, sample = example()
    programmes: dict[str, Any] = {
        name: {"title": one.title, "kind": one.kind, "level": 0.1, "percentile": 40.0, "source": one.source}
        for name, one in scale.yardstick.tissues.programmes.items()
        if one.kind in ("context", "gene")
    }
    base = {
        "regimens": [regimen.model_dump() for regimen in ranked],
        "setting": setting.model_dump(),
        "clinical": clinical.given(),
        "caveats": [{"code": code, "text": text} for code, text in own.items()],
        "qc": appraise(sample, scale, SampleInfo(id="s"))[1].model_dump(by_alias=True),
        "context": {"exploratory": True, "programmes": programmes},
        "sample": {"id": "S1", "patient": "P1", "site": "P1", "specimen": {"preservation": "ffpe"}},
    }
    return factory.record(**base | changes)


SAME = {
    "Calibration",
    "Date",
    "Patient",
    "Percentile",
    "Permutation",
    "Score",
    "Signature",
    "Site",
    "Source",
    "Verdict",
}
"""Headings that are the same words in both languages."""


def test_no_english_is_left_on_the_french_page() -> None:
    record = shipped()
    english, own = (leaves(content.page(record, load_words(lang), "2026-11-22")) for lang in ("en", "fr"))
    assert len(english) == len(own)
    same = {text.rstrip(".") for text, other in zip(english, own, strict=True) if text == other}
    names = {text for text, translated in tables("fr")["texts"].items() if text == translated}
    symbols = {call.value for call in Call}  # which sign to draw: no word of the page
    left = same - SAME - names - symbols - set(leaves(record.model_dump()))
    # hashes, versions and DOIs
    assert {
        text
        for text in left
        if re.search(r"[a-z]{3}", text) and not re.match(r"sha256 |tcga-paad |pdac-core |pancreassign |doi ", text)
    } == set()


# --- which language is taken -----------------------------------------------------------------------------------------


def test_a_language_that_is_not_there_is_refused_by_name() -> None:
    with pytest.raises(ConfigError, match=r"language 'xx'.*Choose one of: en, fr"):
        Renderer("xx")
    with pytest.raises(ConfigError, match="language 'xx'"):
        Renderer().render(factory.record(clinical={"language": "xx"}))
    with pytest.raises(ConfigError, match="language ''"):  # an option that a script left empty
        Renderer("")


def test_one_renderer_writes_several_languages(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = []
    load = words.load_words
    monkeypatch.setattr("pancreassign.report.pdf.load_words", lambda lang: loaded.append(lang) or load(lang))
    renderer = Renderer()
    english, french = factory.record(), factory.record(clinical={"language": "fr"})
    first = [renderer.render(record) for record in (english, french, english, french)]
    assert loaded == ["en", "fr"]
    assert first[:2] == first[2:]
    for pdf, lang in zip(first, (b"en", b"fr"), strict=False):
        assert re.search(rb"/Lang\s*\(" + lang + rb"\)", pdf)
    # the option goes before what the facts say, and the language itself is no fact of the patient
    assert Renderer("fr").render(english) == first[1] == Renderer("fr").render(french)
    assert Renderer("en").render(french) == first[0]


@needs_pdftotext
def test_the_french_page_keeps_its_signs_and_its_length() -> None:
    renderer = Renderer("fr")
    record = shipped()
    pdf = renderer.render(record, "2026-11-22")
    text = text_of(pdf)
    assert "22/11/2026" in text
    assert "[U+" not in text
    assert "USAGE RÉSERVÉ À LA RECHERCHE" in text
    for name in sorted(set(factory.VARIANTS) - {"long_names"}):
        # the front page is one page, as it is in English
        second = text_of(renderer.render(factory.VARIANTS[name]()), 2)
        assert load_words("fr")["details.heading"] in second, name


def test_no_break_spaces_reach_the_page() -> None:
    printable = Typesetter()._printable(f"a{NNBSP};{NBSP}: b\tc\u2003d")
    assert printable == f"a{NNBSP};{NBSP}: b c d"


def test_records_of_two_languages_are_rendered_in_one_run(tmp_path: Path) -> None:
    paths = []
    for lang in ("en", "fr", "xx"):
        sample = {"id": lang, "specimen": {"preservation": "ffpe"}}
        path = tmp_path / f"{lang}.json"
        path.write_text(factory.record(sample=sample, clinical={"language": lang}).to_json())
        paths.append(path)

    def render(out: str, which: list[Path], lang: str | None) -> None:
        render_records(
            which, tmp_path / out, None, Faces(records=False, lang=lang), False, lambda done, total: None, print
        )

    render("both", paths[:2], None)
    render("french", paths, "fr")
    own = (tmp_path / "both" / "fr" / "report.pdf").read_bytes()
    assert own == (tmp_path / "french" / "fr" / "report.pdf").read_bytes()
    assert (tmp_path / "both" / "en" / "report.pdf").read_bytes() != (
        tmp_path / "french" / "en" / "report.pdf"
    ).read_bytes()
    with pytest.raises(ConfigError, match="language 'xx'"):
        render("none", paths, None)
    assert not (tmp_path / "none").exists()


def test_score_refuses_an_unknown_language_before_it_writes(tmp_path: Path) -> None:
    example = resources.data_dir() / "example" / "counts.tsv.gz"
    done = CliRunner().invoke(app, ["score", str(example), "-o", str(tmp_path / "out"), "--lang", "xx"])
    assert done.exit_code == 2
    assert "language 'xx'" in done.output
    assert "scored 1" not in done.output
    assert not (tmp_path / "out").exists()
