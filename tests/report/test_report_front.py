"""The front page is one page for whomever the examples describe, in every language."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from test_report_pdf import pages_of

from pancreassign import resources
from pancreassign.cohort import Job, read
from pancreassign.kit import Kit, load_kit
from pancreassign.predict import predict
from pancreassign.ranking import with_clinical
from pancreassign.records import Prediction
from pancreassign.regimens.clinical import Clinical, load_clinical
from pancreassign.report import content, figures
from pancreassign.report.typeset import Typesetter, source
from pancreassign.report.words import languages, load_words

EXAMPLE = resources.data_dir() / "example"
PROFILES = sorted((EXAMPLE / "profiles").glob("*.toml"))
TRIED = ("01", "02", "04", "06")
"""Examples that every profile is tried on: good ones, a borderline one and a failed one."""


@pytest.fixture(scope="module")
def kit() -> Kit:
    return load_kit(resources.DEFAULT_PACK, resources.DEFAULT_REFERENCE)


@pytest.fixture(scope="module")
def examples(kit: Kit) -> list[Prediction]:
    """The shipped samples with their own clinical facts, scored once."""
    tables = {"samples": EXAMPLE / "samples.tsv", "clinical": EXAMPLE / "clinical.tsv"}
    job = Job(
        [EXAMPLE / "counts.tsv.gz"], Path("unused"), resources.DEFAULT_PACK, resources.DEFAULT_REFERENCE, **tables
    )
    cohort = read(job, kit)
    return [predict(*one) for one in zip(cohort.samples, [kit] * 7, cohort.infos, cohort.clinicals, strict=True)]


@pytest.fixture(scope="module")
def typesetter() -> Typesetter:
    return Typesetter()


def sheets(record: Prediction, lang: str, typesetter: Typesetter) -> int:
    """How many pages the front page takes."""
    front = source("pancreassign.report", ("base", "front")) + b"#fitted(front-page)"
    values = content.page(record, load_words(lang), "2026-11-22") | {"strips": figures.drug_strips(record.drugs)}
    return pages_of(typesetter.compile(front, values, date(2026, 11, 22)))


@pytest.mark.parametrize("lang", languages())
def test_the_examples_make_one_page(lang: str, examples: list[Prediction], typesetter: Typesetter) -> None:
    assert {record.sample.id: sheets(record, lang, typesetter) for record in examples} == {
        record.sample.id: 1 for record in examples
    }


@pytest.mark.parametrize("lang", languages())
@pytest.mark.parametrize("profile", PROFILES, ids=lambda path: path.stem)
def test_every_profile_makes_one_page(
    profile: Path, lang: str, examples: list[Prediction], kit: Kit, typesetter: Typesetter
) -> None:
    [facts] = load_clinical(profile, kit.catalogue.ids).values()
    tried = [record for record in examples if record.sample.id.removeprefix("SIMULATED_").startswith(TRIED)]
    assert len(tried) == len(TRIED)
    again = [with_clinical(record, kit, facts, record.sample.id) for record in tried]
    assert {record.sample.id: sheets(record, lang, typesetter) for record in again} == {
        record.sample.id: 1 for record in again
    }


@pytest.mark.parametrize("lang", languages())
def test_where_every_regimen_is_contraindicated(
    lang: str, examples: list[Prediction], kit: Kit, typesetter: Typesetter
) -> None:
    record = with_clinical(examples[0], kit, Clinical(ecog=3, pregnancy=True), "record")
    regimens = content.page(record, load_words(lang))["regimens"]
    assert regimens["rows"] == []
    assert regimens["empty"] == load_words(lang)["regimens.none_open"]
    assert len(regimens["aside"][0]["items"]) == len(record.regimens)
    assert sheets(record, lang, typesetter) == 1
