"""Number formatting: every expected text is written out by hand."""

from __future__ import annotations

import pytest

from pancreassign.errors import ConfigError
from pancreassign.records import Interval
from pancreassign.report.words import Words, language_of, load_words


@pytest.fixture(scope="module")
def words() -> Words:
    return load_words("en")


@pytest.mark.parametrize(
    ("value", "places", "text"),
    [
        (None, 0, "unknown"),
        (62.4, 0, "62"),
        (14231877.0, 0, "14,231,877"),
        (-0.113, 2, "−0.11"),
        (-0.004, 2, "0.00"),
        (1.005e3, 1, "1,005.0"),
    ],
)
def test_decimal(words: Words, value: float | None, places: int, text: str) -> None:
    assert words.decimal(value, places) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "unknown"),
        (2e6, "2,000,000"),
        (98.4, "98.4"),
        (92.13, "92.1"),
        (3.25, "3.25"),
        (0.0, "0"),
        (123.456, "123"),
        (0.00012, "0.00012"),
        (0.00001234, "0.000012"),
    ],
)
def test_measure(words: Words, value: float | None, text: str) -> None:
    assert words.measure(value) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [(None, "unknown"), (0.41, "41 %"), (0.0, "0 %"), (0.001, "<1 %"), (0.997, ">99 %"), (1.0, "100 %")],
)
def test_percent(words: Words, share: float | None, text: str) -> None:
    assert words.percent(share) == text


def test_probability_with_interval(words: Words) -> None:
    assert words.probability(0.41, Interval(low=0.22, high=0.63, level=0.95)) == ["41 %", "(22–63 %)"]
    assert words.probability(0.41, None) == ["41 %", "(unknown)"]
    assert words.probability(None, None) == ["unknown"]


def test_estimate_avoids_a_dash_beside_a_minus(words: Words) -> None:
    assert words.estimate(0.31, Interval(low=0.05, high=0.52, level=0.95), 2) == "0.31 (0.05–0.52)"
    assert words.estimate(0.14, Interval(low=-0.11, high=0.37, level=0.95), 2) == "0.14 (−0.11 to 0.37)"
    assert words.estimate(71.3, None, 0) == "71 (unknown)"
    assert words.estimate(None, None, 0) == "unknown"


def test_levels_are_said_once_each(words: Words) -> None:
    ninety, other = Interval(low=0, high=1, level=0.9), Interval(low=0, high=1, level=0.95)
    assert words.levels([ninety, None, ninety]) == "90 % "
    assert words.levels([other, ninety]) == "90 %, 95 % "
    assert words.levels([None]) == ""


def test_unknown_code_is_shown_as_itself(words: Words) -> None:
    assert words.code("reason", "gene_coverage") == "too few of the signature's genes"
    assert words.code("reason", "out_of_domain") == "out of domain"


def test_unknown_language_names_those_there_are() -> None:
    with pytest.raises(ConfigError, match="Choose one of: en"):
        load_words("xx")


@pytest.fixture
def other(words: Words) -> Words:
    """English strings, with words of another language for some texts and names."""
    texts = {
        "Given {drugs} in {regimens}": "{regimens} : {drugs}",
        "our judgement: {source}": "nous ({source})",
        "score {score}": "points {score}",
        "one reason": "une raison",
        "another": "une autre",
        "platinum": "platine",
    }
    strings = {"number.decimal": ",", "number.and": " et ", "number.before_semicolon": "_"}
    return Words({**words, **strings}, texts)


@pytest.mark.parametrize(
    ("english", "own"),
    [
        ("one reason", "une raison"),
        ("Given platinum, 5-FU and platinum in A", "A : platine, 5-FU et platine"),
        ("our judgement: one reason", "nous (une raison)"),
        ("our judgement: one reason; another", "nous (une raison_; une autre)"),
        ("score 98.05", "points 98,05"),
        # unknown in part or whole: nobody translated it
        ("our judgement: one reason; a third", "our judgement: one reason; a third"),
        ("score high", "score high"),
        ("A LABORATORY'S {own} text", "A LABORATORY'S {own} text"),
        ("", ""),
    ],
)
def test_text(other: Words, english: str, own: str) -> None:
    assert other.text(english) == own


def test_english_texts_are_shown_as_they_are(words: Words) -> None:
    assert words.text("Given platinum in A") == "Given platinum in A"


@pytest.mark.parametrize(("iso", "text"), [("2026-01-02", "2026-01-02"), ("20260102", "2026-01-02"), ("soon", "soon")])
def test_date(words: Words, iso: str, text: str) -> None:
    assert words.date(iso) == text


def test_items_with_semicolons(words: Words) -> None:
    assert words.listed([]) == ""
    assert words.listed(["a"]) == "a"
    assert words.listed(iter(["a", "b", "c"])) == "a; b; c"


def test_the_language_that_the_facts_name() -> None:
    assert language_of({"language": "fr", "age": 60}) == "fr"
    assert language_of({}) is None
    assert language_of({"language": None}) is None
