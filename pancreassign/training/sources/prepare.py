"""From the files of a recipe's sources to the tables that the rest of the recipe names."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import tomli_w

from pancreassign.counts.genes import GeneTable
from pancreassign.errors import ConfigError, PancreassignError, raise_all
from pancreassign.training.recipe import Source
from pancreassign.training.sources import folder, gdc, geo, lines, screens
from pancreassign.training.sources.fetch import Fetcher, Raw, hash_of
from pancreassign.training.sources.tables import Job, role

Stage = Callable[[Path, Iterable[str], bool, Iterable[str]], AbstractContextManager[Path]]
"""``pancreassign.output.staged``, handed in by the command: training imports no room that writes results."""

RESPONSE = ("response.tsv.gz",)
FORMATS: dict[str, tuple[Callable[[Job], None], tuple[str, ...]]] = {
    "depmap-expression": (lines.expression, ("expression.tsv.gz",)),
    "depmap-models": (lines.models, ("lines.tsv.gz",)),
    "gdsc2": (screens.gdsc2, RESPONSE),
    "ctrpv2": (screens.ctrpv2, RESPONSE),
    "prism": (screens.prism, RESPONSE),
    "gdc-star": (gdc.star, ("counts.tsv.gz", "samples.tsv")),
    "geo-series-matrix": (geo.series, ("expression.tsv.gz", "samples.tsv")),
    "folder": (folder.copy, ()),
}
"""By format: the loader, and the tables that it writes (``folder``: its files under their own names)."""
PROVENANCE = "source.{}.toml"
"""Beside a source's tables: what they were made of, and their own hashes."""
LAYOUT = 1
"""Raised when a loader writes another table of the same files, so that what stands there is made again."""


def prepare(sources: Sequence[Source], data: Path, fetcher: Fetcher, genes: GeneTable, stage: Stage) -> None:
    """Bring the files of every source and write its tables under ``data``, in the recipe's order.

    Tables that were made of the same files by the same section of a recipe are left as they stand; each source's tables
    appear together or not at all.

    Raises
    ------
    ConfigError
        One over all files that cannot be brought or checked, before any table is written; then the first source whose
        files are not what its format says.
    OutputError
        Where the data folder cannot be written.
    """
    _check_names(sources)
    brought: dict[str, list[Raw]] = {}
    faults: list[PancreassignError] = []
    for source in sources:
        if not stands(source, data, fetcher):
            try:
                brought[source.name] = _bring(source, fetcher)
            except PancreassignError as fault:
                faults += getattr(fault, "faults", [fault])
    raise_all(faults)
    for source in sources:
        # a table of lines that was made anew just now makes the responses that it names old
        raw = brought.get(source.name)
        if raw is None and not stands(source, data, fetcher):
            raw = _bring(source, fetcher)
        if raw is not None:
            _write(source, raw, data, fetcher, genes, stage)
        else:
            fetcher.tell(f"{source.name} {source.version} stands in {data / source.into}")


def provenance(sources: Sequence[Source], data: Path) -> list[dict[str, Any]]:
    """What a pack's manifest says of each prepared source: name, version, source, terms, and files with their SHA-256.

    ``checked`` tells whether a file was compared with a checksum that the recipe gives.
    """
    told = []
    for source in sources:
        record = _record(source, data) or {}
        files = [{key: one[key] for key in ("file", "sha256", "checked")} for one in record.get("files", [])]
        told.append(
            {
                "name": source.name,
                "version": source.version,
                "source": source.citation,
                "terms": source.terms,
                "files": files,
            }
        )
    return told


def stands(source: Source, data: Path, fetcher: Fetcher) -> bool:
    """Whether a source's tables are there, whole, and made by this section of these files (of those still at hand)."""
    record = _record(source, data)
    if record is None or record["made_from"] != _digest(source, data):
        return False
    for name, sha256 in record["tables"].items():
        path = data / source.into / name
        if not path.is_file() or hash_of(path, "sha256") != sha256:
            return False
    # what was read unchecked once is not trusted in silence for ever
    if source.format != "folder" and not fetcher.accept and not all(one["checked"] for one in record["files"]):
        return False
    at_hand = ((one["sha256"], fetcher.local(source, one["file"])) for one in record["files"])
    return all(path is None or hash_of(path, "sha256") == sha256 for sha256, path in at_hand)


def _check_names(sources: Sequence[Source]) -> None:
    names = [source.name for source in sources]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ConfigError("sources", f"two are named {twice[0]!r}", "Give each its own name.")


def _bring(source: Source, fetcher: Fetcher) -> list[Raw]:
    """The files of a source, and of a GDC manifest those that it lists."""
    raw = fetcher.bring(source, source.files)
    if source.format == "gdc-star":
        manifest = role([one.file for one in raw], gdc.MANIFEST)
        if manifest is None:
            fault = f"names no file with {gdc.MANIFEST!r} in its name"
            raise ConfigError(f"sources.{source.name}.files", fault, "Name the manifest of the files to read.")
        path = next(one.path for one in raw if one.file == manifest)
        raw += fetcher.bring(source, gdc.listed(path))
    return raw


def _write(source: Source, raw: list[Raw], data: Path, fetcher: Fetcher, genes: GeneTable, stage: Stage) -> None:
    load, tables = FORMATS[source.format]
    before = _record(source, data)
    old = list(before["tables"]) if before else []
    target, record = data / source.into, PROVENANCE.format(source.name)
    expected = [*tables, *([one.file for one in raw] if source.format == "folder" else [])]
    foreign = [name for name in expected if name not in old and (target / name).exists()]
    if foreign:
        mend = "Move it away, or give the source another folder with `into`."
        raise ConfigError(str(target / foreign[0]), f"is there already and is not of the source {source.name}", mend)
    fetcher.tell(f"preparing {source.name} {source.version} in {target}")
    with stage(target, [], True, [*old, record]) as out:
        load(Job(source, {one.file: one.path for one in raw}, data, out, genes, fetcher.tell))
        written = sorted(path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file())
        known = {
            "name": source.name,
            "version": source.version,
            "made_from": _digest(source, data),
            "tables": {name: hash_of(out / name, "sha256") for name in written},
            "files": [{"file": one.file, "sha256": one.sha256, "checked": one.checked} for one in raw],
        }
        (out / record).write_text(tomli_w.dumps(known), encoding="utf-8")


def _record(source: Source, data: Path) -> dict[str, Any] | None:
    """What stands beside a source's tables; ``None`` where nothing does, or it cannot be read."""
    try:
        text = (data / source.into / PROVENANCE.format(source.name)).read_text(encoding="utf-8")
        record = tomllib.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return None
    return record if {"made_from", "tables", "files"} <= set(record) else None


def _digest(source: Source, data: Path) -> str:
    """Hash of the recipe's section, the loaders' layout, and the table of lines that names the models."""
    named = data / source.lines if source.lines else None
    parts = [LAYOUT, source.model_dump(), hash_of(named, "sha256") if named and named.is_file() else None]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
