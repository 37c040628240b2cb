"""Clinical facts that come later: the record is what it would have been, had they been known."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pancreassign import resources
from pancreassign.cli import app
from pancreassign.counts.readers import read_samples
from pancreassign.errors import ClinicalError, RecordError
from pancreassign.kit import Kit, load_kit
from pancreassign.predict import predict
from pancreassign.ranking import reranker, with_clinical
from pancreassign.records import Prediction, SampleInfo
from pancreassign.regimens.clinical import Clinical

EXAMPLE = resources.data_dir() / "example" / "counts.tsv.gz"
FACTS = [
    Clinical(),
    Clinical(setting="adjuvant", age=74, ecog=1),
    Clinical(setting="second_line", prior_regimens=["folfirinox"], dpyd="partial", neuropathy_grade=2),
    Clinical(ecog=3, language="fr"),
]


@pytest.fixture(scope="module")
def kit() -> Kit:
    return load_kit(resources.DEFAULT_PACK, resources.DEFAULT_REFERENCE)


@pytest.fixture(scope="module")
def by_facts(kit: Kit) -> list[Prediction]:
    """One sample, scored with each set of facts."""
    sample = read_samples([EXAMPLE], kit.genes)[0][1]
    return [predict(sample, kit, SampleInfo(id=sample.id), facts) for facts in FACTS]


@pytest.mark.parametrize("later", range(len(FACTS)))
@pytest.mark.parametrize("first", [0, 2])
def test_a_record_ranked_again_is_the_one_that_scoring_gives(
    first: int, later: int, by_facts: list[Prediction], kit: Kit
) -> None:
    read = Prediction.from_json(by_facts[first].to_json())
    again = with_clinical(read, kit, FACTS[later], "record")
    assert again.to_json() == by_facts[later].to_json()
    assert (again.regimens == by_facts[first].regimens) is (first == later)


def test_another_pack_or_reference_is_refused(by_facts: list[Prediction], kit: Kit) -> None:
    for part in ("pack", "reference"):
        own = getattr(by_facts[0], part).model_copy(update={"sha256": "0" * 64})
        stranger = by_facts[0].model_copy(update={part: own})
        with pytest.raises(RecordError, match=rf"here\.json: was scored with another {part} .*Give --{part}"):
            with_clinical(stranger, kit, Clinical(), "here.json")


def test_a_record_of_an_earlier_version_is_refused(by_facts: list[Prediction], kit: Kit) -> None:
    drugs = [
        one.model_copy(update={"probability_resistant": None, "probability_resistant_interval": None})
        for one in by_facts[0].drugs
    ]
    with pytest.raises(RecordError, match="An earlier version wrote it"):
        with_clinical(by_facts[0].model_copy(update={"drugs": drugs}), kit, Clinical(), "record")


def test_a_file_of_one_patient_serves_one_record_alone(by_facts: list[Prediction], kit: Kit, tmp_path: Path) -> None:
    path = tmp_path / "one.toml"
    path.write_text("ecog = 2\n")
    again = reranker(kit, path)
    assert again(by_facts[:1], ["a"])[0].clinical == {"ecog": 2}
    with pytest.raises(ClinicalError, match="describes one patient, but there are 2 samples"):
        again(by_facts[:2], ["a", "b"])


def test_the_command_writes_page_and_record_and_leaves_the_old_one(by_facts: list[Prediction], tmp_path: Path) -> None:
    (tmp_path / "old.json").write_text(by_facts[0].to_json(), encoding="utf-8")
    (tmp_path / "facts.toml").write_text('setting = "adjuvant"\nage = 74\necog = 1\n')
    given = ["report", str(tmp_path / "old.json"), "--clinical", str(tmp_path / "facts.toml")]
    done = CliRunner().invoke(app, [*given, "-o", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    folder = tmp_path / "out" / by_facts[0].sample.id
    assert {path.name for path in folder.iterdir()} == {"report.pdf", "prediction.json"}
    assert json.loads((folder / "prediction.json").read_text(encoding="utf-8"))["setting"]["value"] == "adjuvant"
    assert (tmp_path / "old.json").read_text(encoding="utf-8") == by_facts[0].to_json()
    (folder / "report.pdf").unlink()
    again = CliRunner().invoke(app, [*given, "-o", str(tmp_path / "out")])
    assert again.exit_code == 2
    assert "exists already" in again.output, "a record is never overwritten without --force"
    alone = CliRunner().invoke(app, [*given, "-o", str(tmp_path / "one.pdf")])
    assert alone.exit_code == 0, alone.output
    assert not (tmp_path / "prediction.json").exists()


def test_the_page_keeps_its_language_and_the_record_says_who_ranked_it(by_facts: list[Prediction], kit: Kit) -> None:
    french = with_clinical(by_facts[0], kit, FACTS[3], "record")
    old = french.model_copy(update={"software": french.software.model_copy(update={"version": "0.0.1"})})
    again = with_clinical(old, kit, Clinical(ecog=1), "record")
    assert again.clinical == {"ecog": 1, "language": "fr"}
    assert again.software == by_facts[0].software


def test_a_file_that_names_others_wipes_nothing(by_facts: list[Prediction], kit: Kit, tmp_path: Path) -> None:
    (tmp_path / "one.toml").write_text('sample = "OTHER"\necog = 2\n')
    (tmp_path / "many.tsv").write_text("sample\tecog\nOTHER\t1\n")
    for name in ("one.toml", "many.tsv"):
        with pytest.raises(ClinicalError, match=f"{name}: says nothing of {by_facts[2].sample.id}"):
            reranker(kit, tmp_path / name)([by_facts[2]], ["record"])


def test_what_serves_ranking_alone_is_refused_without_facts(by_facts: list[Prediction], tmp_path: Path) -> None:
    (tmp_path / "record.json").write_text(by_facts[0].to_json(), encoding="utf-8")
    given = ["report", str(tmp_path / "record.json"), "-o", str(tmp_path / "out"), "--regimens", "nothing.toml"]
    refused = CliRunner().invoke(app, given)
    assert refused.exit_code == 2
    assert "--regimens" in refused.output
    assert not (tmp_path / "out").exists()
