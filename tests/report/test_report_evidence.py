"""Regimens: every finding with its source, every trial, the order in words."""

from __future__ import annotations

import re
import subprocess
from typing import Any

import pytest
import report_factory as factory
from test_report_pdf import needs_pdftotext, pages_of, text_of

from pancreassign.report import content
from pancreassign.report.pdf import Renderer
from pancreassign.report.words import Words, load_words

TRIAL = {
    "name": "MPACT",
    "population": "metastatic, first line",
    "efficacy": "v gemcitabine: OS 8.5 v 6.7 (HR 0.72)",
    "toxicity": None,
    "source": "doi 10.1056/NEJMoa1304369",
}


@pytest.fixture(scope="module")
def words() -> Words:
    return load_words("en")


def rows() -> list[dict[str, Any]]:
    found = factory.regimens()
    found[0]["trials"] = [TRIAL]
    found[0]["eligibility"] = [
        factory.finding("ecog_0_1", "ok", "ECOG 0-1"),
        factory.finding("dpd", "contraindicated", "Complete DPD deficiency."),
        factory.finding("age_x", "unknown", "Age unknown") | {"source": "another source"},
        factory.finding("neuropathy", "caution", "Grade 2 neuropathy"),
    ]
    return found


def test_every_finding_stands_with_its_source_the_worst_first(words: Words) -> None:
    shown = content.page(factory.record(regimens=rows()), words)["evidence"]
    first = shown["regimens"][0]
    assert [(group["label"], group["items"]) for group in first["findings"]] == [
        ("Contraindicated:", [["Complete DPD deficiency", "1"]]),
        ("Caution:", [["Grade 2 neuropathy", "1"]]),
        ("Not known, to be asked:", [["Age unknown", "2"]]),
        ("In order:", [["ECOG 0-1", "1"]]),
    ]
    assert shown["sources"] == ["doi 10.0000/example.", "Another source."]


def test_all_findings_of_all_regimens_are_there(words: Words) -> None:
    for name, make in factory.VARIANTS.items():
        record = make()
        shown = content.page(record, words)["evidence"]["regimens"]
        assert len(shown) == len(record.regimens), name
        for regimen, one in zip(record.regimens, shown, strict=True):
            said = sorted(item[0] for group in one["findings"] for item in group["items"])
            assert said == sorted(finding.message.rstrip(".") for finding in regimen.eligibility), name


def test_order_rule_and_trials_in_words(words: Words) -> None:
    first = content.page(factory.record(regimens=rows()), words)["evidence"]["regimens"][0]
    assert first["order"] == [
        "Order:",
        "no contraindication",
        "for this setting",
        "tier 1",
        "rule unclear",
        "0.55",
        "1",
    ]
    assert first["title"] == "1 ="
    assert first["notes"] == [
        f"Placed by our judgement: {factory.BASIS}.",
        f"Rule: {factory.ONE_OF_TWO}; here: unclear.",
        factory.NAB,
    ]
    assert first["trials"] == [
        ["MPACT:", TRIAL["population"], TRIAL["efficacy"], "no figures held", "doi 10.1056/NEJMoa1304369"]
    ]
    assert first["no_trial"] is None
    second = content.page(factory.record(regimens=rows()), words)["evidence"]["regimens"][1]
    assert second["no_trial"] == "The catalogue holds no trial of it."
    assert second["notes"][0] == "Placed by a general rule: a trial."


@needs_pdftotext
def test_the_header_of_the_trials_is_repeated_on_every_page() -> None:
    found = rows()
    for place, row in enumerate(found):
        row["trials"] = [TRIAL | {"name": f"trial {n} of no. {place}:"} for n in range(4)]
    pdf = Renderer().render(factory.record(regimens=found))
    pages = [text for n in range(2, pages_of(pdf) + 1) if "trial 0" in (text := text_of(pdf, n))]
    assert len(pages) > 1
    for text in pages:
        assert "Trial and population" in text
    # a regimen and its trials stay on one page
    for place, row in enumerate(found):
        holding = [text for text in pages if f"of no. {place}:" in " ".join(text.split())]
        assert len(holding) == 1, row["name"]


@needs_pdftotext
def test_what_is_taller_than_a_page_breaks_and_stays_on_the_sheet() -> None:
    found = rows()
    found[0]["eligibility"].append(factory.finding("age_x", "caution", "an unending caution, " * 500))
    found[0]["trials"] = [TRIAL | {"population": "an unending population, " * 100}] * 3
    pdf = Renderer().render(factory.record(regimens=found))
    run = subprocess.run(["pdftotext", "-bbox", "-", "-"], input=pdf, capture_output=True, check=True)
    ends = [float(end) for end in re.findall(r'yMax="([\d.]+)">\w', run.stdout.decode())]
    assert max(ends) < 842 - 10
    assert text_of(pdf).count("unending") == 500 + 500 + 300  # the caution stands on the front page too
