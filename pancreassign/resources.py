"""Where packaged ``signatures/`` and ``data/`` lie. The only module that knows.

In a wheel they are carried inside the package; in a checkout they are its top-level folders.
"""

from __future__ import annotations

from pathlib import Path

from pancreassign.errors import ArtefactError

DEFAULT_PACK = "pdac-public"
DEFAULT_REFERENCE = "pdac-full-length"


def _root() -> Path:
    packaged = Path(__file__).parent / "_resources"
    return packaged if packaged.is_dir() else Path(__file__).parents[1]


def data_dir() -> Path:
    """The folder of shipped tables: genes, regimens, caveats, reference, example."""
    return _root() / "data"


def signatures_dir() -> Path:
    """The folder of shipped signature packs."""
    return _root() / "signatures"


def packs() -> list[Path]:
    """The shipped packs, by name."""
    return sorted(path.parent for path in signatures_dir().glob("*/manifest.toml"))


def references() -> list[Path]:
    """The shipped references, by name."""
    return sorted(path.parent for path in (data_dir() / "reference").glob("*/manifest.toml"))


def find_pack(name_or_path: str) -> Path:
    """The folder of a pack given by its shipped name or by its path."""
    return _find("signature pack", name_or_path, packs())


def find_reference(name_or_path: str) -> Path:
    """The folder of a reference given by its shipped name or by its path."""
    return _find("reference", name_or_path, references())


def _find(kind: str, name_or_path: str, shipped: list[Path]) -> Path:
    by_name = {path.name: path for path in shipped}
    if name_or_path in by_name:
        return by_name[name_or_path]
    path = Path(name_or_path)
    try:
        if (path / "manifest.toml").is_file():
            return path
    except OSError:  # a name that is too long, or a folder that may not be entered: not found
        pass
    raise ArtefactError(
        name_or_path,
        f"no {kind} of this name is shipped, and no folder there holds a manifest.toml",
        f"Shipped: {', '.join(by_name) or 'none'}; or give the path of a {kind} folder.",
    )
