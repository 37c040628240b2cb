"""``pancreassign_mqc.json``: its own content, and what a real MultiQC makes of it.

MultiQC is GPL and in no environment of ours: the tests run one that they find (``MULTIQC``, PATH, ``.venv-multiqc``).
"""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from pancreassign.export import table
from pancreassign.export.multiqc import ALWAYS, RESEARCH, to_mqc
from pancreassign.records import Call, Prediction

ROOT = Path(__file__).parents[2]
EARLIER = ROOT / "tests" / "fixtures" / "records" / "pack-0.3.0.json.gz"
MARKUP = "<img src=x onerror=alert(1)>, \"A&B\" 'c' &lt;"
NOT_SHOWN = "oxaliplatin"
"""A drug of grade D in the fixture."""


def record(name: str = "S1", **changes: Any) -> Prediction:
    """The fixture's record under another name, with other parts."""
    base = Prediction.from_json(gzip.decompress(EARLIER.read_bytes()))
    return base.model_copy(update={"sample": base.sample.model_copy(update={"id": name}), **changes})


def called(name: str, call: Call, **figures: Any) -> Prediction:
    """A record whose paclitaxel, of grade C, is called so."""
    base = record(name)
    reason = "quality_failed" if call is Call.NOT_EVALUABLE else "called"
    last = base.drugs[4].model_copy(update={"call": call, "reason": reason, **figures})
    return base.model_copy(update={"drugs": [*base.drugs[:4], last]})


def cohort() -> list[Prediction]:
    return [
        called("S1", Call.SENSITIVE),
        called("S2", Call.RESISTANT),
        called("S10", Call.INTERMEDIATE),
        called("S11.sorted", Call.NOT_EVALUABLE),
        record(MARKUP),
    ]


def content(records: list[Prediction]) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(to_mqc(records))
    return loaded


# --- the file itself -------------------------------------------------------------------------------------------------


def test_keys_are_those_of_the_other_tables() -> None:
    found = content(cohort())
    keys = {key for row in found["data"].values() for key in row}
    assert keys <= set(found["headers"])
    shared = {*table.COLUMNS, *table.VERDICT_COLUMNS}
    assert keys - shared == {"setting", "caveats", "pack", "reference", "input_sha256"}
    assert {"sample", "qc", "5-FU_call", "5-FU_percentile", "5-FU_probability", "top_regimen"} <= keys


def test_a_call_stands_with_its_grade_and_a_drug_without_one_with_its_reason_alone() -> None:
    rows = content(cohort())["data"]
    assert [rows[name]["paclitaxel_call"] for name in ("S1", "S2", "S10", "S11.sorted")] == [
        "sensitive (C)",
        "resistant (C)",
        "intermediate (C)",
        "not evaluable (C): quality failed",
    ]
    own = cohort()[0].drugs[4]
    assert (rows["S1"]["paclitaxel_percentile"], rows["S1"]["paclitaxel_probability"]) == (
        own.percentile,
        own.probability,
    )
    assert rows["S1"][f"{NOT_SHOWN}_call"] == "not evaluable (D): no demonstrated skill"
    assert record().drugs[1].probability is not None
    assert {f"{NOT_SHOWN}_percentile", f"{NOT_SHOWN}_probability"}.isdisjoint(rows["S1"])
    assert {"paclitaxel_percentile", "paclitaxel_probability"}.isdisjoint(rows["S11.sorted"])


def test_unknown_is_absent() -> None:
    silent = called("S1", Call.INTERMEDIATE, percentile=None)
    out = record("S3", regimens=[one.model_copy(update={"contraindicated": True}) for one in record().regimens])
    text = to_mqc([silent, out])
    assert "null" not in text
    assert "NaN" not in text
    rows = json.loads(text)["data"]
    assert "paclitaxel_percentile" not in rows["S1"]
    assert {"top_regimen", "tied_with"}.isdisjoint(rows["S3"])


def test_a_sample_of_which_nothing_is_called_leads_to_no_regimen() -> None:
    drugs = [one.model_copy(update={"call": Call.NOT_EVALUABLE, "reason": "quality_failed"}) for one in record().drugs]
    rows = content([record("S1"), record("S2", drugs=drugs)])["data"]
    assert "top_regimen" in rows["S1"]
    assert {"top_regimen", "tied_with"}.isdisjoint(rows["S2"])


def test_an_assumed_setting_and_a_samples_own_caveats_are_said() -> None:
    assumed = record("S2", setting=record().setting.model_copy(update={"assumed": True}))
    rows = content([record("S1"), assumed])["data"]
    assert rows["S1"]["setting"] == "second line"
    assert rows["S2"]["setting"] == "second line (assumed)"
    assert rows["S1"]["caveats"] == "no_specific_skill; simulated; preservation_differs"


def test_the_description_says_research_use_first_then_what_always_holds() -> None:
    said = content(cohort())["description"]
    assert said.startswith(f"<strong>{RESEARCH}</strong>")
    own = {caveat.code: caveat.text for caveat in record().caveats}
    assert all(own[code] in said for code in ALWAYS)
    pack, reference = record().pack, record().reference
    for part in (pack, reference):
        assert f"{part.name} {part.version} (sha256 {part.sha256[:12]})" in said


def test_no_person_is_named() -> None:
    sample = record().sample.model_copy(update={"patient": "Jane Doe", "second_id": "1957-02-11", "sex": "female"})
    text = to_mqc([record("S1", sample=sample)])
    assert not re.search("Jane|1957|female", text)


# --- what a real MultiQC makes of it ---------------------------------------------------------------------------------


class Page(HTMLParser):
    """The rows of our table as a browser reads them, and every element that a sample's name could have brought in."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.grounds: dict[str, set[str]] = {}
        self.handlers: list[tuple[str, str]] = []
        self._inside = self._cell = False
        self._ground = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        self.handlers += [(tag, name) for name, value in attrs if name == "onerror" or value == "x"]
        if tag == "table":
            self._inside = known.get("id") == "pancreassign_table_table"
        elif self._inside and tag == "tr":
            self.rows.append([])
        elif self._inside and tag in ("td", "th"):
            self._cell, self._ground = True, known.get("style") or ""
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == "table":
            self._inside = False
        if self._inside and tag in ("td", "th"):
            self._cell = False
            self.grounds.setdefault(self.rows[-1][-1], set()).add(self._ground)

    def handle_data(self, data: str) -> None:
        if self._inside and self._cell:
            self.rows[-1][-1] += data


@dataclass(frozen=True)
class Made:
    """What one run left: its data, its page, and every line of its log that is a warning or worse."""

    data: dict[str, Any]
    html: str
    complaints: list[str]

    @property
    def page(self) -> Page:
        page = Page()
        page.feed(self.html)
        return page


def program() -> str | None:
    own = ROOT / ".venv-multiqc" / "bin" / "multiqc"
    return os.environ.get("MULTIQC") or shutil.which("multiqc") or (str(own) if own.is_file() else None)


def run(folder: Path, out: Path) -> Made:
    """MultiQC over ``folder``, without network and without any configuration of the user's."""
    found = program()
    if found is None:
        message = "no MultiQC: python -m venv .venv-multiqc && .venv-multiqc/bin/pip install 'multiqc>=1.25'"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    nowhere = "http://127.0.0.1:9"  # a request that is made all the same fails, and is logged
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(out),
        "http_proxy": nowhere,
        "https_proxy": nowhere,
        "MPLCONFIGDIR": str(out),
    }
    command = [found, "--no-version-check", "--no-ansi", "--outdir", str(out), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, env=env, cwd=folder, timeout=300)
    assert done.returncode == 0, done.stderr
    log = (out / "multiqc_data" / "multiqc.log").read_text(encoding="utf-8")
    complaints = [line for line in log.splitlines() if re.search(r"\[(WARNING|ERROR|CRITICAL)", line)]
    data = json.loads((out / "multiqc_data" / "multiqc_data.json").read_text(encoding="utf-8"))
    return Made(data, (out / "multiqc_report.html").read_text(encoding="utf-8"), complaints)


def place(folder: Path, records: list[Prediction]) -> None:
    folder.mkdir(parents=True)
    (folder / "pancreassign_mqc.json").write_text(to_mqc(records), encoding="utf-8")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Our file among the others of a run and beside another tool's counts of the same samples."""
    folder = tmp_path_factory.mktemp("mqc")
    place(folder / "in", cohort())
    (folder / "in" / "summary.tsv").write_text(table.to_tsv(cohort()))
    (folder / "in" / "run.json").write_text("{}\n")
    (folder / "in" / "S1").mkdir()
    (folder / "in" / "S1" / "prediction.json").write_text(cohort()[0].to_json())
    counted = "Status\tS1.bam\tS11.sorted.bam\nAssigned\t900\t800\nUnassigned_NoFeatures\t100\t200\n"
    (folder / "in" / "counts.txt.summary").write_text(counted)
    return run(folder / "in", folder / "out")


def test_multiqc_reads_every_sample_without_complaint(made: Made) -> None:
    assert made.complaints == []
    rows = made.data["report_saved_raw_data"]["multiqc_pancreassign_table"]
    assert len(rows) == len(cohort())
    assert [rows[name]["paclitaxel_call"] for name in ("S1", "S2", "S10")] == [
        "sensitive (C)",
        "resistant (C)",
        "intermediate (C)",
    ]


def test_names_line_up_with_another_tools(made: Made) -> None:
    """MultiQC shortens our names as it does those of the counts: ``S11.sorted`` is ``S11`` in both."""
    rows = made.data["report_saved_raw_data"]["multiqc_pancreassign_table"]
    general = made.data["report_general_stats_data"]
    others = {name for tool in (general.values() if isinstance(general, dict) else general) for name in tool}
    assert {"S1", "S11"} == others & set(rows)
    assert rows["S11"]["sample"] == "S11.sorted"


def test_the_page_shows_every_call_with_its_ground(made: Made) -> None:
    page = made.page
    header, *rows = page.rows
    assert header[:6] == [
        "Sample Name",
        "Sample as scored",
        "Quality",
        "Tumour content",
        "Tumour content (estimate)",
        "Findings",
    ]
    assert sorted(row[0] for row in rows) == sorted(["S1", "S2", "S10", "S11", MARKUP])
    place = header.index("paclitaxel")
    shown = {row[0]: row[place] for row in rows}
    assert (shown["S1"], shown["S2"], shown["S10"]) == ("sensitive (C)", "resistant (C)", "intermediate (C)")
    assert {row[header.index(NOT_SHOWN)] for row in rows} == {"not evaluable (D): no demonstrated skill"}
    grounds = {text: "".join(found) for text, found in page.grounds.items()}
    assert "128, 128, 128" in grounds["not evaluable (D): no demonstrated skill"]
    assert "31, 119, 180" in grounds["sensitive (C)"]
    assert "255, 127, 14" in grounds["resistant (C)"]
    assert grounds["intermediate (C)"] == ""


def test_the_page_says_research_use_and_where_the_calls_come_from(made: Made) -> None:
    for text in (RESEARCH, "not calibrated on treated patients", record().pack.sha256[:12]):
        assert text in made.html


def test_markup_in_a_name_is_text(made: Made) -> None:
    page = made.page
    assert page.handlers == []
    header, *rows = page.rows
    own = next(row for row in rows if row[0] == MARKUP)
    assert own[header.index("Sample as scored")] == MARKUP  # quotes and the comma are kept as well


def test_files_of_one_sample_each_become_one_table(tmp_path: Path) -> None:
    """As a pipeline leaves them that scores each sample by itself."""
    for one in cohort()[:3]:
        place(tmp_path / "in" / one.sample.id, [one])
    made = run(tmp_path / "in", tmp_path / "out")
    assert made.complaints == []
    assert set(made.data["report_saved_raw_data"]["multiqc_pancreassign_table"]) == {"S1", "S2", "S10"}
    assert {"sensitive (C)", "resistant (C)", "intermediate (C)"} <= set(made.page.grounds)
    assert "31, 119, 180" in "".join(made.page.grounds["sensitive (C)"])


def test_a_large_cohort_still_shows_its_calls(tmp_path: Path) -> None:
    """Above 500 samples MultiQC would draw violins of the numbers alone."""
    many = [record(f"S{number:03}") for number in range(510)]
    place(tmp_path / "in", many)
    made = run(tmp_path / "in", tmp_path / "out")
    assert made.complaints == []
    assert len(made.page.rows) == 1 + len(many)
