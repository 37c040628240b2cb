"""The finished page: read back as text, checked as PDF/A and PDF/UA, compared byte by byte."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import report_factory as factory

from pancreassign.errors import PancreassignError
from pancreassign.report.pdf import Renderer

HERE = Path(__file__).parent
needs_pdftotext = pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext (poppler) is not installed")


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return Renderer()


def text_of(pdf: bytes, page: int | None = None, layout: bool = True) -> str:
    """The text of the document, or of one page, with all white space as single spaces; line by line or in its order."""
    chosen = [] if page is None else ["-f", str(page), "-l", str(page)]
    command = ["pdftotext", *["-layout"] * layout, *chosen, "-", "-"]
    run = subprocess.run(command, input=pdf, capture_output=True, check=True)
    return " ".join(run.stdout.decode().split())


def pages_of(pdf: bytes) -> int:
    found = re.search(rb"/Type\s*/Pages.*?/Count\s+(\d+)", pdf, re.DOTALL)
    assert found is not None
    return int(found[1])


@needs_pdftotext
@pytest.mark.parametrize("name", factory.VARIANTS)
def test_one_page_for_the_board_and_the_rest_after_it(name: str, renderer: Renderer) -> None:
    pdf = renderer.render(factory.VARIANTS[name]())
    assert "Signature:" in text_of(pdf, 1)
    second = text_of(pdf, 2).removeprefix("FOR RESEARCH USE ONLY · Chemosensitivity report: ")
    head = second.replace(" ", "").index("Howtoreadthefrontpage")
    assert head <= len(factory.VARIANTS[name]().sample.id) + 60  # the name may be spelt out sign by sign
    assert len(pdf) < 300_000


@needs_pdftotext
def test_the_pages_after_the_first_hold_the_rest_in_order(renderer: Renderer) -> None:
    pdf = renderer.render(factory.with_details())
    front, whole = text_of(pdf, 1), text_of(pdf)
    wanted = [
        "How to read the front page",
        "What each call rests on",
        "Shared and drug-specific sensitivity",
        "GENE20",
        "Regimens: trials and eligibility",
        "Sources of the findings",
        "All quality checks",
        "mitochondrial share",
        "published: reads on genes",
        "Context (exploratory)",
        "basal-like",
        "Methods",
        "Glossary",
    ]
    pointed = re.sub("“.*?”", "", front)
    assert [text for text in wanted if text in pointed] == []
    places = [whole.rindex(text) for text in wanted if text != "basal-like"]
    assert places == sorted(places)
    assert "reads on genes" in front
    last = pages_of(pdf)
    assert "FOR RESEARCH USE ONLY" in text_of(pdf, last)
    assert f"Page {last} of {last}" in text_of(pdf, last)


@needs_pdftotext
def test_without_checks_and_context_there_is_no_empty_heading(renderer: Renderer) -> None:
    text = text_of(renderer.render(factory.record(qc={"verdict": "pass", "checks": []}, context={})))
    assert "All quality checks" not in text
    assert "exploratory" not in text


@needs_pdftotext
def test_the_page_carries_what_a_board_needs(renderer: Renderer) -> None:
    record = factory.record()
    text = text_of(renderer.render(record, "2025-11-20"), 1)
    assert "FOR RESEARCH USE ONLY — not for treatment decisions" in text
    assert "decisions alone" not in text
    assert "Setting assumed: first-line metastatic" in text
    assert "The tool informs; the board decides." in text
    assert re.search(r"Page 1 of \d", text)
    for wanted in (
        "PDAC-0042",
        "P-0017",
        "2025-11-20",
        "more resistant",
        "more sensitive",
        "sensitive",
        "52 %",
        "(36–68 %)",
    ):
        assert wanted in text
    for sha in (record.pack.sha256, record.reference.sha256, record.input.sha256):
        assert sha[:12] in text
        assert sha[:13] not in text
    for regimen in record.regimens:
        assert regimen.name in text
    for caveat in record.caveats:
        assert caveat.text in text
    assert "SIMULATED" not in text


@needs_pdftotext
def test_a_simulated_sample_is_unmistakable(renderer: Renderer) -> None:
    assert "SIMULATED SAMPLE: no patient" in text_of(renderer.render(factory.simulated()))


@needs_pdftotext
def test_no_report_date_is_said(renderer: Renderer) -> None:
    assert "Report date: not given" in text_of(renderer.render(factory.record()))


@needs_pdftotext
def test_markup_is_shown_literally(renderer: Renderer) -> None:
    text = text_of(renderer.render(factory.markup()), layout=False)
    for part in factory.MARKUP.split():
        assert part in text
    assert '"}; #read("/etc/passwd")' in text
    for part in ("[U+6F22][U+5B57]", "[U+202E]", "[U+0007] é Ω"):
        assert part in text


def test_whatever_sign_a_name_holds_there_is_a_page(renderer: Renderer) -> None:
    """PDF/A refuses a missing glyph: signs from all over Unicode, in plain and in bold type."""
    name = "".join(map(chr, [*range(1, 0x500, 11), *range(0x500, 0xD800, 997)])) + "\U0001f469\ufffe\U0010ffff"
    rows = factory.regimens()
    rows[0]["name"] = name
    assert renderer.render(factory.record(sample={"id": name}, regimens=rows)).startswith(b"%PDF")


@needs_pdftotext
def test_long_content_flows_on_and_loses_nothing(renderer: Renderer) -> None:
    record = factory.long_names()
    pdf = renderer.render(record)
    pages = pages_of(pdf)
    squeezed = text_of(pdf)
    assert f"Page {pages} of {pages}" in squeezed
    assert record.caveats[-1].text in squeezed
    assert squeezed.count("FOR RESEARCH USE ONLY") == pages
    run = subprocess.run(["pdftotext", "-", "-"], input=pdf, capture_output=True, check=True)
    # pdftotext takes a hyphen at the end of a line for that of a broken word
    assert record.sample.id.replace("-", "") in "".join(run.stdout.decode().split()).replace("-", "")


def test_standards_language_and_alternative_text(renderer: Renderer) -> None:
    pdf = renderer.render(factory.record())
    assert b"<pdfaid:part>2</pdfaid:part>" in pdf
    assert b"<pdfaid:conformance>A</pdfaid:conformance>" in pdf
    assert b"<pdfuaid:part>1</pdfuaid:part>" in pdf
    assert re.search(rb"/Lang\s*\(en\)", pdf)
    assert pdf.count(b"/Alt") >= 5


@pytest.mark.skipif(shutil.which("pdffonts") is None, reason="pdffonts (poppler) is not installed")
def test_the_file_is_tagged_and_every_font_is_in_it(renderer: Renderer, tmp_path: Path) -> None:
    path = tmp_path / "report.pdf"
    path.write_bytes(renderer.render(factory.with_details()))

    def told(command: str) -> str:
        return subprocess.run([command, str(path)], capture_output=True, check=True, text=True).stdout

    assert re.search(r"^Tagged:\s+yes$", told("pdfinfo"), re.MULTILINE)
    fonts = told("pdffonts").splitlines()[2:]
    assert fonts
    # columns from the right: object and generation, unicode map, subset, embedded
    assert {tuple(line.split()[-5:-2]) for line in fonts} == {("yes", "yes", "yes")}


def test_the_document_date_is_the_report_date_or_the_packs(renderer: Renderer) -> None:
    assert b"2025-11-20" in renderer.render(factory.record(), "2025-11-20")
    undated = renderer.render(factory.record())
    assert factory.record().pack.released.encode() in undated
    years = set(re.findall(rb"D:(\d{8})", undated))
    assert years == {b"20251103"}


@pytest.mark.parametrize("wrong", ["20/11/2025", "20261201", "2027-W01-1", "2026-12-1", "2026-02-30", " 2026-12-01"])
def test_a_wrong_date_is_named(wrong: str, renderer: Renderer) -> None:
    with pytest.raises(PancreassignError, match=rf"report date: '{wrong}' is not a date.*YYYY-MM-DD"):
        renderer.render(factory.record(), wrong)


@needs_pdftotext
@pytest.mark.parametrize("sign", ["y", "\u202e"])
def test_head_and_foot_stay_on_the_sheet_however_long_the_names(sign: str, renderer: Renderer) -> None:
    name, base = sign * 10_000, factory.data()
    pdf = renderer.render(
        factory.record(
            sample=base["sample"] | {"id": name, "patient": name},
            pack=base["pack"] | {"name": name, "version": name},
            reference=base["reference"] | {"name": name, "protocol": name},
            software={"name": name, "version": name},
        )
    )
    assert pages_of(pdf) <= pages_of(renderer.render(factory.record())) + 2
    run = subprocess.run(["pdftotext", "-f", "2", "-bbox", "-", "-"], input=pdf, capture_output=True, check=True)
    heads = re.findall(r'yMin="([\d.]+)" xMax="[\d.]+" yMax="[\d.]+">RESEARCH</word>', run.stdout.decode())
    assert len(heads) == pages_of(pdf) - 1
    assert min(map(float, heads)) > 5
    if sign.isprintable():  # a name spelt out sign by sign is cut off at the foot of the sheet
        assert max(float(end) for end in re.findall(r'yMax="([\d.]+)">', run.stdout.decode())) <= 840


def test_same_bytes_whatever_came_before(renderer: Renderer) -> None:
    first = renderer.render(factory.record())
    renderer.render(factory.markup())
    assert renderer.render(factory.record()) == first
    assert Renderer().render(factory.record()) == first


def test_same_bytes_in_another_process_and_folder(renderer: Renderer, tmp_path: Path) -> None:
    code = (
        "import hashlib, report_factory; from pancreassign.report.pdf import Renderer;"
        "print(hashlib.sha256(Renderer().render(report_factory.all_calls())).hexdigest())"
    )
    path = os.pathsep.join([str(HERE), str(HERE.parents[1])])
    environment = os.environ | {"PYTHONPATH": path, "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "LC_ALL": "C"}
    environment |= {"MPLCONFIGDIR": str(tmp_path / "fresh"), "SOURCE_DATE_EPOCH": "1"}
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == hashlib.sha256(renderer.render(factory.all_calls())).hexdigest()


def test_no_host_and_no_path_in_the_file(renderer: Renderer) -> None:
    pdf = renderer.render(factory.record())
    # a short name may stand in compressed bytes by chance: only what can be read is searched
    readable = re.sub(rb"stream\r?\n(?!<\?xpacket).*?endstream", b"", pdf, flags=re.DOTALL)
    assert b"xpacket" in readable
    assert str(HERE.parents[1]).encode() not in readable
    assert re.search(rb"\b" + re.escape(os.uname().nodename.encode()) + rb"\b", readable) is None
