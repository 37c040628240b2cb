"""What is installed here, whether packs and references are whole, and what is wrong (``pancreassign doctor``)."""

from __future__ import annotations

import platform
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Literal

from packaging.requirements import Requirement

from pancreassign import __version__, resources
from pancreassign.errors import ArtefactError, PancreassignError

State = Literal["ok", "optional", "wrong"]
DAY = date(2000, 1, 1)
"""The day of the page that is only set to see that pages can be set."""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; ``optional`` is something that is not there and need not be."""

    what: str
    state: State
    said: str


def examine(packs: Sequence[str] = (), references: Sequence[str] = ()) -> Iterator[Finding]:
    """Look at everything that scoring needs, one finding at a time; nothing is changed.

    Parameters
    ----------
    packs, references
        Those to verify beside the shipped ones, by path.
    """
    yield Finding("pancreassign", "ok", f"{__version__}, Python {platform.python_version()}, {sys.platform}")
    yield from _libraries()
    for path in (*resources.packs(), *map(Path, packs)):
        yield _tried(f"pack {path.name}", partial(_pack, path))
    for path in (*resources.references(), *map(Path, references)):
        yield _tried(f"reference {path.name}", partial(_reference, path))
    yield _tried("scoring", _scoring)
    yield _tried("report", _report)
    yield _tried("temporary folder", _temporary)
    yield _key()


def _libraries() -> Iterator[Finding]:
    """Every library that the package names, and those of its extras that are there."""
    for line in metadata.requires("pancreassign") or []:
        wanted = Requirement(line)
        extra = _extra_of(wanted)
        if extra == "dev":
            continue
        yield _library(wanted, extra)


def _extra_of(wanted: Requirement) -> str | None:
    """The extra that asks for a library; ``None`` where the package itself does."""
    marker = wanted.marker
    if marker is None or marker.evaluate({"extra": ""}):
        return None
    return next((extra for extra in _extra_names() if marker.evaluate({"extra": extra})), None)


def _extra_names() -> list[str]:
    return metadata.metadata("pancreassign").get_all("Provides-Extra") or []


def _library(wanted: Requirement, extra: str | None) -> Finding:
    what = f"library {wanted.name}"
    try:
        found = metadata.version(wanted.name)
    except metadata.PackageNotFoundError:
        mend = f"pip install 'pancreassign[{extra}]'" if extra else f"pip install '{wanted.name}{wanted.specifier}'"
        return Finding(what, "optional" if extra else "wrong", f"not installed: {mend}")
    if not wanted.specifier.contains(found, prereleases=True):
        mend = f"pip install '{wanted.name}{wanted.specifier}'"
        return Finding(what, "wrong", f"{found} is installed, {wanted.specifier} is needed: {mend}")
    return Finding(what, "ok", found)


def _tried(what: str, attempt: Callable[[], str]) -> Finding:
    """What an attempt says, or why it fails."""
    try:
        return Finding(what, "ok", attempt())
    except PancreassignError as error:
        return Finding(what, "wrong", str(error))
    except Exception as error:  # whatever a broken installation may raise
        return Finding(what, "wrong", f"{type(error).__name__}: {error}")


# what follows imports what it needs when it runs, so that a broken library is a finding and no end


def _pack(folder: Path) -> str:
    from pancreassign.signatures import pack

    return f"{pack.load(folder).manifest['version']}, every file as released"


def _reference(folder: Path) -> str:
    from pancreassign.normalize import reference

    return f"{reference.load(folder).manifest['version']}, every file as released"


def _scoring() -> str:
    from pancreassign.kit import load_kit

    kit = load_kit(resources.DEFAULT_PACK, resources.DEFAULT_REFERENCE)
    return f"{resources.DEFAULT_PACK} on {resources.DEFAULT_REFERENCE}, catalogue {kit.catalogue.version}"


def _report() -> str:
    from pancreassign.report.typeset import Typesetter
    from pancreassign.report.words import languages, load_words

    spoken = languages()
    for language in spoken:
        load_words(language)
    page = b'#set document(title: "page")\n= Page'
    made = Typesetter().compile(page, {}, DAY)
    if not made.startswith(b"%PDF"):
        raise ArtefactError("report", "no PDF came out", "Install typst again.")
    return f"a PDF can be set; languages {', '.join(spoken)}"


def _key() -> Finding:
    """The user's own key: there need not be one, but one that is there must be of use."""
    what = "pseudonym key"
    try:
        from pancreassign import pseudonyms

        own = pseudonyms.default_key()
        if not own.exists():
            return Finding(what, "optional", f"{own}: none yet")
    except (ImportError, OSError, PancreassignError) as error:
        return Finding(what, "optional", f"none: {error}")
    return _tried(what, partial(_usable, own))


def _usable(key: Path) -> str:
    from pancreassign import pseudonyms

    pseudonyms.load(key)
    return str(key)


def _temporary() -> str:
    with tempfile.TemporaryFile() as file:
        file.write(b"x")
    return "can be written"
