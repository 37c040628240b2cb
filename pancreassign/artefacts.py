"""Versioned folders (packs and references): a manifest, and a SHA-256 of every other file.

An artefact's own hash is that of its ``SHA256SUMS``, so one changed byte anywhere changes or breaks it.
"""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path
from typing import Any

import pandas as pd

from pancreassign.errors import ArtefactError

SUMS = "SHA256SUMS"
REBUILD = "Restore it from its release, or build it again."


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's bytes, in hex."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _content(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.name != SUMS)


def seal(folder: Path) -> str:
    """Write ``SHA256SUMS`` over every other file of ``folder``; return the folder's hash."""
    lines = [f"{sha256_of(path)}  {path.relative_to(folder).as_posix()}\n" for path in _content(folder)]
    (folder / SUMS).write_text("".join(lines), encoding="utf-8")
    return sha256_of(folder / SUMS)


def _listed(sums: Path) -> dict[str, str]:
    """Digest by file name, as ``SHA256SUMS`` gives them."""
    lines = sums.read_bytes().decode("utf-8", errors="replace").splitlines()
    return {name: digest for digest, _, name in (line.partition("  ") for line in lines)}


def files_of(folder: Path) -> list[str]:
    """The files, relative to ``folder``, of the artefact that stands there; none where none does."""
    sums = folder / SUMS
    if not sums.is_file():
        return []
    return [name for name in _listed(sums) if name and ".." not in Path(name).parts and not Path(name).is_absolute()]


def verify(folder: Path) -> str:
    """Check every file of ``folder`` against its ``SHA256SUMS``; return the folder's hash.

    Raises
    ------
    ArtefactError
        Where a file is changed, missing or not listed.
    """
    sums = folder / SUMS
    if not sums.is_file():
        raise ArtefactError(str(folder), f"has no {SUMS}", REBUILD)
    listed = _listed(sums)
    present = {path.relative_to(folder).as_posix(): path for path in _content(folder)}
    for name in sorted(set(listed) - set(present)):
        raise ArtefactError(str(folder / name), f"is listed in {SUMS} but missing", REBUILD)
    for name in sorted(set(present) - set(listed)):
        raise ArtefactError(str(folder / name), f"is not listed in {SUMS}", "Remove it, or build the artefact again.")
    for name, digest in listed.items():
        if sha256_of(present[name]) != digest:
            raise ArtefactError(str(folder / name), f"does not match its hash in {SUMS}", REBUILD)
    return sha256_of(sums)


def read_manifest(folder: Path, kind: str, compatibility: int) -> dict[str, Any]:
    """Read ``manifest.toml`` and check that it is a ``kind`` which this version of the program can read."""
    path = folder / "manifest.toml"
    try:
        manifest = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ArtefactError(str(path), f"cannot be read ({error})", REBUILD) from None
    if manifest.get("kind") != kind:
        raise ArtefactError(
            str(path), f"is a {manifest.get('kind')!r}, not a {kind!r}", f"Give the folder of a {kind}."
        )
    if manifest.get("compatibility") != compatibility:
        raise ArtefactError(
            str(path),
            f"has compatibility number {manifest.get('compatibility')}, this version reads {compatibility}",
            "Build it again with this version, or use the version that made it.",
        )
    for key in ("name", "version", "released"):
        if not isinstance(manifest.get(key), str):
            raise ArtefactError(str(path), f"gives no text for {key!r}", REBUILD)
    return manifest


def read_table(path: Path, index: str) -> pd.DataFrame:
    """Read a tab-separated table of an artefact, indexed by column ``index``."""
    try:
        return pd.read_csv(path, sep="\t", index_col=index, dtype={index: str}, keep_default_na=False)
    except (OSError, ValueError) as error:
        raise ArtefactError(str(path), f"cannot be read as a table ({error})", REBUILD) from None


def write_table(table: pd.DataFrame, path: Path, digits: int = 6) -> None:
    """Write a tab-separated table; floats to ``digits`` significant digits, so that a rebuild gives the same bytes."""
    table.to_csv(path, sep="\t", float_format=f"%.{digits}g", lineterminator="\n")
