"""Sealed folders: what is noticed, and what a rebuild must reproduce."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pandas as pd
import pytest

from pancreassign import artefacts
from pancreassign.errors import ArtefactError

MANIFEST = 'kind = "thing"\ncompatibility = 3\nname = "t"\nversion = "1.2.0"\nreleased = "2026-01-01"\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three files, one of them in a folder below, not sealed yet."""
    own = tmp_path / "artefact"
    (own / "below").mkdir(parents=True)
    (own / "manifest.toml").write_text(MANIFEST)
    (own / "b.tsv").write_bytes(b"gene\tvalue\nNA\t1\n")
    (own / "below" / "a.tsv").write_bytes(b"abc")
    return own


def test_sha256_of_is_the_published_digest_of_abc(folder: Path) -> None:
    known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # FIPS 180-2, appendix B.1
    assert artefacts.sha256_of(folder / "below" / "a.tsv") == known


def test_seal_lists_every_file_and_its_hash_is_that_of_the_list(folder: Path) -> None:
    digest = artefacts.seal(folder)
    lines = (folder / "SHA256SUMS").read_text().splitlines()
    assert sorted(line.split("  ")[1] for line in lines) == ["b.tsv", "below/a.tsv", "manifest.toml"]
    assert f"{hashlib.sha256(b'abc').hexdigest()}  below/a.tsv" in lines
    assert digest == hashlib.sha256((folder / "SHA256SUMS").read_bytes()).hexdigest()
    assert artefacts.verify(folder) == digest
    assert artefacts.seal(folder) == digest, "sealing again must not list SHA256SUMS itself"


def test_seal_depends_on_content_and_names(folder: Path) -> None:
    first = artefacts.seal(folder)
    (folder / "b.tsv").write_bytes(b"gene\tvalue\nNA\t2\n")
    second = artefacts.seal(folder)
    (folder / "b.tsv").rename(folder / "c.tsv")
    assert len({first, second, artefacts.seal(folder)}) == 3


def test_verify_names_a_changed_file(folder: Path) -> None:
    artefacts.seal(folder)
    (folder / "below" / "a.tsv").write_bytes(b"abd")
    with pytest.raises(ArtefactError, match=r"a\.tsv: does not match its hash"):
        artefacts.verify(folder)


def test_verify_names_a_missing_file(folder: Path) -> None:
    artefacts.seal(folder)
    (folder / "b.tsv").unlink()
    with pytest.raises(ArtefactError, match=r"b\.tsv: is listed in SHA256SUMS but missing"):
        artefacts.verify(folder)


def test_verify_names_an_extra_file(folder: Path) -> None:
    artefacts.seal(folder)
    (folder / "below" / "extra.tsv").write_text("x")
    with pytest.raises(ArtefactError, match=r"extra\.tsv: is not listed"):
        artefacts.verify(folder)


def test_verify_refuses_a_folder_without_sums(folder: Path) -> None:
    with pytest.raises(ArtefactError, match="has no SHA256SUMS"):
        artefacts.verify(folder)


def test_changed_sums_give_another_hash_or_an_error(folder: Path) -> None:
    digest = artefacts.seal(folder)
    sums = folder / "SHA256SUMS"
    sums.write_text("".join(reversed(sums.read_text().splitlines(keepends=True))))
    assert artefacts.verify(folder) != digest


def test_read_manifest_gives_its_keys(folder: Path) -> None:
    manifest = artefacts.read_manifest(folder, "thing", 3)
    assert manifest.pop("kind") == "thing"
    assert manifest == {"compatibility": 3, "name": "t", "version": "1.2.0", "released": "2026-01-01"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (MANIFEST.replace("thing", "other"), "is a 'other', not a 'thing'"),
        (MANIFEST.replace("3", "2"), "has compatibility number 2, this version reads 3"),
        (MANIFEST.replace("3", "4"), "has compatibility number 4, this version reads 3"),
        ('name = "t"\n', "is a None, not a 'thing'"),
        ("kind = \n", "cannot be read"),
        (MANIFEST.replace('name = "t"\n', ""), "gives no text for 'name'"),
        (MANIFEST.replace('"1.2.0"', "1.2"), "gives no text for 'version'"),
        (MANIFEST.replace('"2026-01-01"', "2026-01-01"), "gives no text for 'released'"),
    ],
)
def test_read_manifest_refuses(folder: Path, text: str, message: str) -> None:
    (folder / "manifest.toml").write_text(text)
    with pytest.raises(ArtefactError, match=message):
        artefacts.read_manifest(folder, "thing", 3)


def test_read_manifest_refuses_a_folder_without_one(tmp_path: Path) -> None:
    with pytest.raises(ArtefactError, match="cannot be read"):
        artefacts.read_manifest(tmp_path, "thing", 3)


def test_read_table_keeps_ids_as_text_and_na_as_a_name(folder: Path) -> None:
    (folder / "b.tsv").write_text("gene\tsymbol\tvalue\n007\tNA\t1.5\n1e3\tnan\t2\n")
    table = artefacts.read_table(folder / "b.tsv", "gene")
    assert list(table.index) == ["007", "1e3"]
    assert list(table["symbol"]) == ["NA", "nan"]
    assert list(table["value"]) == [1.5, 2.0]


def test_read_table_refuses_a_missing_file_or_index(folder: Path) -> None:
    with pytest.raises(ArtefactError, match="cannot be read as a table"):
        artefacts.read_table(folder / "none.tsv", "gene")
    with pytest.raises(ArtefactError, match="cannot be read as a table"):
        artefacts.read_table(folder / "b.tsv", "model")


def test_write_table_keeps_six_digits_and_unix_lines(folder: Path) -> None:
    table = pd.DataFrame({"value": [1 / 3, 123456789.0, 1e-9]}, index=pd.Index(["a", "b", "c"], name="gene"))
    artefacts.write_table(table, folder / "t.tsv")
    assert (folder / "t.tsv").read_bytes() == b"gene\tvalue\na\t0.333333\nb\t1.23457e+08\nc\t1e-09\n"
    artefacts.write_table(table, folder / "t.tsv", digits=2)
    assert (folder / "t.tsv").read_bytes().splitlines()[1] == b"a\t0.33"


def test_the_files_of_an_artefact_are_those_it_lists_and_none_outside(tmp_path: Path) -> None:
    assert artefacts.files_of(tmp_path) == []
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a.tsv").write_text("a")
    artefacts.seal(tmp_path)
    (tmp_path / "mine.txt").write_text("not part of it")
    assert artefacts.files_of(tmp_path) == ["deep/a.tsv"]
    (tmp_path / artefacts.SUMS).write_text("0  ../outside\n0  /etc/hosts\n0  deep/a.tsv\n")
    assert artefacts.files_of(tmp_path) == ["deep/a.tsv"]
