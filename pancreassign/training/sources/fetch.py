"""Bringing the files of a source: from a folder of copies, or downloaded; each checked before it is read."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from pancreassign.errors import ConfigError, PancreassignError, raise_all
from pancreassign.training.recipe import Source, SourceFile

DOWNLOADS = "downloads"
"""The folder under the data folder that downloads go to, one folder a source; files brought by hand may lie there."""
CHUNK = 1 << 22
"""Bytes read at a time: the expression of all cell lines is half a gigabyte."""


@dataclass(frozen=True)
class Raw:
    """A file as it was brought. ``checked`` tells whether it was compared with a checksum of the recipe."""

    file: str
    path: Path
    sha256: str
    checked: bool


def hash_of(path: Path, algorithm: str) -> str:
    """Hash of a file's bytes in hex, read in pieces; raises :class:`ConfigError` where it cannot be read."""
    found = hashlib.new(algorithm, usedforsecurity=False)
    try:
        with path.open("rb") as stream:
            while piece := stream.read(CHUNK):
                found.update(piece)
    except OSError as error:
        raise ConfigError(str(path), f"cannot be read ({error.strerror})", "Check the file.") from None
    return found.hexdigest()


@dataclass(frozen=True)
class Fetcher:
    """Where files come from.

    Attributes
    ----------
    data
        The data folder; downloads are kept in its :data:`DOWNLOADS`.
    given
        A folder of copies brought by hand: where it is given, nothing is downloaded.
    accept
        Whether a file without a checksum in the recipe may be read.
    tell
        Told each download and each file that is read unchecked.
    """

    data: Path
    given: Path | None
    accept: bool
    tell: Callable[[str], None]

    def local(self, source: Source, file: str) -> Path | None:
        """The file where it is at hand already: in the source's own folder, or beside it."""
        root = self.given or self.data / DOWNLOADS
        return next((path for path in (root / source.name / file, root / file) if path.is_file()), None)

    def bring(self, source: Source, files: Iterable[SourceFile]) -> list[Raw]:
        """Bring and check files; raises :class:`ConfigError`, one over all faults."""
        brought: list[Raw] = []
        faults: list[PancreassignError] = []
        for one in files:
            try:
                brought.append(self._checked(source, one, self.local(source, one.file) or self._download(source, one)))
            except PancreassignError as fault:
                faults.append(fault)
        raise_all(faults)
        return brought

    def _download(self, source: Source, one: SourceFile) -> Path:
        target = self.data / DOWNLOADS / source.name / one.file
        if self.given is not None:
            place = one.url or f"where {source.citation} is published"
            raise ConfigError(
                str(self.given / one.file), "is not there", f"Bring it from {place}, or leave --from out."
            )
        if not one.url:
            mend = f"Bring it by hand ({source.citation}) and put it there, or name its folder with --from."
            raise ConfigError(str(target), "is not there, and the recipe knows no address of it", mend)
        self.tell(f"downloading {one.file} of {source.name} {source.version} from {one.url}")
        by_hand = f"Bring it by hand and put it at {target}, or name its folder with --from."
        try:
            import pooch
        except ImportError:
            mend = f"pip install 'pancreassign[fetch]'. Or: {by_hand}"
            raise ConfigError("pooch", "is not installed, and downloads need it", mend) from None
        try:
            pooch.retrieve(one.url, one.checksum or None, target.name, target.parent, progressbar=False)
        except (OSError, ValueError) as error:  # requests' errors are OSErrors; a wrong hash is a ValueError
            raise ConfigError(one.url, f"could not be downloaded ({error})", by_hand) from None
        return target

    def _checked(self, source: Source, one: SourceFile, path: Path) -> Raw:
        sha256 = hash_of(path, "sha256")
        if one.size is not None and path.stat().st_size != one.size:
            raise ConfigError(
                str(path),
                f"has {path.stat().st_size} bytes, {source.name} {source.version} has {one.size}",
                "It is cut short, a page of errors, or another version: delete it and bring it again.",
            )
        algorithm, _, wanted = one.checksum.partition(":")
        found = sha256 if algorithm in ("", "sha256") else hash_of(path, algorithm)
        if wanted and found != wanted:
            raise ConfigError(
                str(path),
                f"has the checksum {algorithm}:{found}, the recipe gives {algorithm}:{wanted}",
                "It is damaged or another version: delete it and bring it again; correct the recipe if you know why.",
            )
        if not wanted and source.format != "folder":  # what a laboratory made itself is not checked, only recorded
            self._unchecked(one, path, sha256)
        return Raw(one.file, path, sha256, checked=bool(wanted))

    def _unchecked(self, one: SourceFile, path: Path, sha256: str) -> None:
        if not self.accept:
            raise ConfigError(
                str(path),
                f"cannot be checked: the recipe gives no checksum. Found: sha256:{sha256}",
                f'Compare it with the publisher\'s, and write checksum = "sha256:{sha256}" beside file = "{one.file}"; '
                "or give --accept-checksums to read it as it is.",
            )
        self.tell(f"{path} is read unchecked: sha256:{sha256}")
