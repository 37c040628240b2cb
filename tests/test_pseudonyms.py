"""Results that leave the laboratory: no name in any file, the same pseudonym every time, a key that leads back."""

from __future__ import annotations

import json
import re
import stat
from pathlib import Path

import pandas as pd
import pytest

from pancreassign import cohort, pseudonyms, resources
from pancreassign.errors import ConfigError
from pancreassign.pseudonyms import Pseudonyms
from pancreassign.records import Order, SampleInfo, Specimen

EXAMPLE = resources.data_dir() / "example"
KEY = b"0123456789abcdef"


def test_pseudonyms_by_hand() -> None:
    # printf 'sample\0S1' | openssl dgst -sha256 -hmac 0123456789abcdef -binary | base32 | cut -c1-12
    assert Pseudonyms(KEY).of_sample("S1") == "S-KEU7JGV2IA73"


def test_two_spellings_that_look_alike_are_one_name() -> None:
    assert Pseudonyms(KEY).of_sample("caf\u00e9") == Pseudonyms(KEY).of_sample("cafe\u0301")


def test_one_name_has_one_pseudonym_by_one_key() -> None:
    by, other = Pseudonyms(KEY), Pseudonyms(KEY[::-1])
    assert by.of_sample("S1") == Pseudonyms(KEY).of_sample("S1")
    assert len({by.of_sample("S1"), by.of_sample("S2"), other.of_sample("S1"), by.of_patient("S1")}) == 4
    assert "012345" not in repr(by)


def test_what_names_a_person_goes_and_the_rest_stays() -> None:
    info = SampleInfo(
        id="Dupont-1",
        patient="Dupont",
        second_id="1950-01-02",
        sex="female",
        site="liver",
        specimen=Specimen(preservation="ffpe", collected="2026-01-02"),
        order=Order(ordered="2026-01-01", requester="Dr Martin"),
    )
    hidden = Pseudonyms(KEY).hide(info)
    assert not re.search("Dupont|1950|2026|Martin", hidden.model_dump_json())
    assert (hidden.sex, hidden.site, hidden.specimen.preservation) == ("female", "liver", "ffpe")


def test_a_simulated_sample_stays_marked() -> None:
    assert Pseudonyms(KEY).of_sample("SIMULATED_1").startswith("SIMULATED_S-")


def test_the_users_key_is_made_once_for_its_owner_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    first, note = pseudonyms.load(None)
    own = tmp_path / "pancreassign" / "pseudonym.key"
    assert str(own) in str(note)
    assert stat.S_IMODE(own.stat().st_mode) == 0o600
    again, silent = pseudonyms.load(None)
    assert silent is None
    assert first.of_sample("S1") == again.of_sample("S1")
    assert [path.name for path in own.parent.iterdir()] == ["pseudonym.key"]


def test_no_key_is_made_where_nothing_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("PANCREASSIGN_KEEPS_NOTHING", "1")
    with pytest.raises(ConfigError, match="--pseudonym-key"):
        pseudonyms.load(None)
    assert not any(tmp_path.iterdir())


def test_a_key_that_keeps_nothing_secret_is_refused(tmp_path: Path) -> None:
    short = tmp_path / "short.key"
    short.write_text("1234\n")
    with pytest.raises(ConfigError, match="the key has 4 bytes, at least 16"):
        pseudonyms.load(short)
    with pytest.raises(ConfigError, match="cannot be read or made"):
        pseudonyms.load(tmp_path / "none.key")


@pytest.fixture(scope="module")
def hidden(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results of two lesions of a patient whose name is in every column that may hold one."""
    folder = tmp_path_factory.mktemp("hidden")
    counts = pd.read_csv(EXAMPLE / "counts.tsv.gz", sep="\t", index_col=0).iloc[:, [1, 2]]
    counts.columns = ["Zzyzx-1", "Zzyzx-2"]
    counts.to_csv(folder / "Zzyzx.tsv", sep="\t")
    (folder / "Zzyzx-samples.tsv").write_text(
        "sample\tpatient\tsecond_id\tcollected\trequester\treported\n"
        "Zzyzx-1\tZzyzx\t1951-02-03\t2026-01-02\tDr Zzyzx\t2026-02-03\n"
        "Zzyzx-2\tZzyzx\t1951-02-03\t2026-01-02\tDr Zzyzx\t2026-02-03\n"
    )
    (folder / "Zzyzx.clinical.tsv").write_text("sample\tage\nZzyzx-1\t58\nZzyzx-2\t58\nZzyzx-3\t50\n")
    job = cohort.Job(
        counts=[folder / "Zzyzx.tsv"],
        out=folder / "out",
        pack=resources.DEFAULT_PACK,
        reference=resources.DEFAULT_REFERENCE,
        samples=folder / "Zzyzx-samples.tsv",
        clinical=folder / "Zzyzx.clinical.tsv",
        fhir=True,
        rcp=True,
        pseudonyms=Pseudonyms(KEY),
    )
    cohort.score(job, lambda done, total: None, lambda note: None)
    return folder / "out"


def test_no_file_names_the_patient(hidden: Path) -> None:
    files = [path for path in hidden.rglob("*") if path.is_file()]
    assert len(files) == 2 * 4 + 2 + 5
    for path in files:
        assert "Zzyzx" not in str(path.relative_to(hidden))
        data = path.read_bytes()
        for name in (b"Zzyzx", b"1951-02-03", b"2026-01-02", b"2026-02-03"):
            assert name not in data, path.name


def test_the_facts_still_reach_the_record_and_the_lesions_their_patient(hidden: Path) -> None:
    by = Pseudonyms(KEY)
    record = json.loads((hidden / by.of_sample("Zzyzx-1") / "prediction.json").read_text())
    assert record["clinical"] == {"age": 58}
    assert record["sample"]["patient"] == by.of_patient("Zzyzx")
    assert (hidden / "patients" / f"{by.of_patient('Zzyzx')}.json").is_file()
    assert json.loads((hidden / "run.json").read_text())["pseudonymised"] is True


def test_packed_files_name_nobody_either(hidden: Path) -> None:
    import anndata
    import pypdfium2

    data = anndata.read_h5ad(hidden / "scores.h5ad")
    assert not data.obs.astype(str).apply(lambda column: column.str.contains("Zzyzx")).to_numpy().any()
    for path in hidden.rglob("*.pdf"):
        text = "".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(path))
        assert "Zzyzx" not in text
        assert "1951" not in text
