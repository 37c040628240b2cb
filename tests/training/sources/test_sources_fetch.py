"""Bringing files: from a folder, the cache, or downloaded; nothing is trusted in silence, and no test is online."""

from __future__ import annotations

import builtins
import hashlib
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from published import checksum, source_keys

from pancreassign.errors import ConfigError, Faults
from pancreassign.training.recipe import Source
from pancreassign.training.sources.fetch import DOWNLOADS, Fetcher

URL = "https://example.org/files/1"


def one(**changed: Any) -> Source:
    file = {"file": "table.csv", "url": URL, **changed}
    return Source.model_validate({**source_keys("gdsc2"), "files": [file]})


def fetcher(data: Path, given: Path | None = None, accept: bool = False) -> tuple[Fetcher, list[str]]:
    told: list[str] = []
    return Fetcher(data, given, accept, told.append), told


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """In pooch's place: what it was asked for, and what it gives."""
    state: dict[str, Any] = {"content": b"a,b\n1,2\n", "calls": []}

    def retrieve(url: str, known_hash: str | None, fname: str, path: Path, progressbar: bool) -> str:
        state["calls"].append((url, known_hash, fname))
        if isinstance(state["content"], Exception):
            raise state["content"]
        Path(path).mkdir(parents=True, exist_ok=True)
        (Path(path) / fname).write_bytes(state["content"])
        return str(Path(path) / fname)

    monkeypatch.setitem(sys.modules, "pooch", SimpleNamespace(retrieve=retrieve))
    return state


def test_a_download_is_checked_kept_and_not_brought_twice(tmp_path: Path, server: dict[str, Any]) -> None:
    sha256 = f"sha256:{hashlib.sha256(server['content']).hexdigest()}"
    wanted, (own, told) = one(checksum=sha256, size=8), fetcher(tmp_path)
    raw = own.bring(wanted, wanted.files)
    assert raw[0].path == tmp_path / DOWNLOADS / "gdsc2" / "table.csv"
    assert (raw[0].sha256, raw[0].checked) == (sha256.removeprefix("sha256:"), True)
    assert server["calls"] == [(URL, sha256, "table.csv")]
    assert own.bring(wanted, wanted.files) == raw
    assert len(server["calls"]) == 1
    assert len(told) == 1
    assert URL in told[0]


@pytest.mark.parametrize("algorithm", ["sha256", "md5"])
def test_another_content_is_refused_and_says_both_checksums(algorithm: str, tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(b"right")
    right = f"{algorithm}:{hashlib.new(algorithm, b'right').hexdigest()}"
    own, _ = fetcher(tmp_path, given=tmp_path)
    assert own.bring(one(), one(checksum=right).files)[0].checked
    path.write_bytes(b"wrong")
    wrong = hashlib.new(algorithm, b"wrong").hexdigest()
    with pytest.raises(ConfigError, match=rf"{algorithm}:{wrong}, the recipe gives {right}"):
        own.bring(one(), one(checksum=right).files)


def test_a_page_of_errors_is_told_by_its_size(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text("<html>")
    own, _ = fetcher(tmp_path, given=tmp_path)
    with pytest.raises(ConfigError, match=r"has 6 bytes, gdsc2 1\.0 has 1000"):
        own.bring(one(), one(size=1000).files)


def test_a_file_without_checksum_is_refused_unless_accepted(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text("x")
    found = checksum(tmp_path / "table.csv")
    own, _ = fetcher(tmp_path, given=tmp_path)
    with pytest.raises(ConfigError, match=f'checksum = "{found}"'):
        own.bring(one(), one().files)
    own, told = fetcher(tmp_path, given=tmp_path, accept=True)
    raw = own.bring(one(), one().files)
    assert not raw[0].checked, "accepted, and recorded as unchecked"
    assert any(found in line for line in told)


def test_accepting_does_not_pass_a_wrong_checksum(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text("x")
    own, _ = fetcher(tmp_path, given=tmp_path, accept=True)
    with pytest.raises(ConfigError, match="the recipe gives"):
        own.bring(one(), one(checksum=f"md5:{'0' * 32}").files)


def test_with_a_folder_given_nothing_is_downloaded(tmp_path: Path, server: dict[str, Any]) -> None:
    (tmp_path / "copies" / "gdsc2").mkdir(parents=True)
    own, _ = fetcher(tmp_path, given=tmp_path / "copies")
    with pytest.raises(ConfigError, match=URL):
        own.bring(one(), one().files)
    assert server["calls"] == []
    (tmp_path / "copies" / "gdsc2" / "table.csv").write_text("the source's own folder")
    (tmp_path / "copies" / "table.csv").write_text("beside it")
    assert own.local(one(), "table.csv") == tmp_path / "copies" / "gdsc2" / "table.csv"


def test_a_file_without_address_is_brought_by_hand(tmp_path: Path, server: dict[str, Any]) -> None:
    own, _ = fetcher(tmp_path)
    with pytest.raises(ConfigError, match=r"knows no address.*doi 10\.0000/made-up.*--from"):
        own.bring(one(), one(url="").files)
    assert server["calls"] == []


@pytest.mark.parametrize("error", [OSError("no route to host"), ValueError("hash of downloaded file differs")])
def test_a_download_that_fails_says_what_to_do(error: Exception, tmp_path: Path, server: dict[str, Any]) -> None:
    server["content"] = error
    own, _ = fetcher(tmp_path)
    with pytest.raises(ConfigError, match=rf"{error}.*by hand"):
        own.bring(one(), one().files)


def test_without_pooch_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name == "pooch":
            raise ImportError(name)
        return whole(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    own, _ = fetcher(tmp_path)
    with pytest.raises(ConfigError, match=r"pip install 'pancreassign\[fetch\]'.*--from"):
        own.bring(one(), one().files)


def test_all_faults_come_at_once(tmp_path: Path) -> None:
    own, _ = fetcher(tmp_path, given=tmp_path)
    files = [*one().files, *one(file="other.csv").files]
    with pytest.raises(Faults) as caught:
        own.bring(one(), files)
    assert [Path(fault.where).name for fault in caught.value.faults] == ["table.csv", "other.csv"]


@pytest.mark.parametrize("path", ["/etc/passwd", "../x", "a/../b", ".hidden", "a//b", "a\\b", ""])
def test_a_file_or_folder_outside_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="pattern"):
        one(file=path)
    with pytest.raises(ValueError, match="pattern"):
        Source.model_validate(source_keys("folder", into=path, files=[{"file": "a"}]))


@pytest.mark.parametrize("changed", [{"url": "http://x.org/a"}, {"url": "file:///etc"}, {"checksum": "sha256:abc"}])
def test_an_address_is_https_and_a_checksum_whole(changed: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="pattern"):
        one(**changed)
