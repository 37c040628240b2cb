"""Methods, limits, intended use, references, glossary: the parts that every report says alike."""

from __future__ import annotations

import pytest
import report_factory as factory

from pancreassign.report import appendix
from pancreassign.report.words import Words, load_words
from pancreassign.signatures.score import MIN_COVERAGE
from pancreassign.training.evaluate import grade


@pytest.fixture(scope="module")
def words() -> Words:
    return load_words("en")


def test_the_sections_stand_in_order(words: Words) -> None:
    parts = appendix.section(factory.record(), words)
    headings = ["Methods", "What this report cannot tell", "Intended use", "References", "Glossary"]
    assert [part["heading"] for part in parts] == headings
    assert all(text for part in parts for _, text in part["items"])


def test_the_methods_name_what_made_this_record(words: Words) -> None:
    levels, score = (text for _, text in appendix.section(factory.record(), words)[0]["items"][:2])
    assert "172 tumours of the frozen reference tcga-paad 1" in levels
    assert "pdac-core 0.1.0" in score


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_the_glossary_is_in_the_order_of_its_language(lang: str) -> None:
    first = [term[0] for term, _ in appendix.section(factory.record(), load_words(lang))[-1]["items"]]
    plain = [{"É": "E", "p": "P"}.get(letter, letter) for letter in first]
    assert plain == sorted(plain)
    assert len(first) == len(appendix.TERMS)


def test_intended_use_says_class_and_source(words: Words) -> None:
    parts = appendix.section(factory.record(), words)
    assert "class C2 of the EBAI framework" in parts[2]["items"][0][1]
    assert "doi 10.1016/j.annonc.2025.11.009" in parts[3]["items"][0][1]


def test_what_is_said_of_a_grade_is_what_training_asks(words: Words) -> None:
    """The sentence on grade C, held against the rule that gives it."""
    asked = {
        "spearman_interval": {"low": 0.01, "high": 0.5, "level": 0.95},
        "permutation_p": 0.0249,
        "adjusted_p": 0.0499,
        "brier": 0.2,
        "brier_base_rate": 0.21,
    }
    assert grade(asked) == "C"
    worse = [{"permutation_p": 0.0251}, {"adjusted_p": 0.0501}, {"brier": 0.22}]
    worse.append({"spearman_interval": {"low": -0.01, "high": 0.5, "level": 0.95}})
    assert [grade(asked | one) for one in worse] == ["D"] * 4
    said = words["methods.grades"]
    for figure in ("95 % interval", "0.025", "0.05", "1 in 3"):
        assert figure in said


def test_enough_genes_is_said_without_a_figure_that_could_go_stale(words: Words) -> None:
    assert "too few of the genes" in words["methods.call"]
    assert str(MIN_COVERAGE) not in words["methods.call"]
