"""What stands of an earlier run of a sheet: which samples are done, and whether anything has changed since."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from pancreassign import __version__
from pancreassign.artefacts import sha256_of
from pancreassign.faces import DONE, SAMPLE_FILES, Faces
from pancreassign.kit import Kit
from pancreassign.produce import Product
from pancreassign.records import SampleInfo
from pancreassign.regimens.clinical import Clinical

SCHEMA = "pancreassign/done/1"

NEW, DAMAGED, FORCED, ALIEN = "new", "a result was edited or lost", "--force", "alien"
"""Why a sample must be done, beside changed grounds; ``ALIEN``: files stand there that no run of a sheet has made."""


def grounds(
    kit: Kit, faces: Faces, options: Mapping[str, Any], counts: tuple[str, str], info: SampleInfo, clinical: Clinical
) -> dict[str, str]:
    """What a sample's results rest on, each as text: equal grounds give the same bytes.

    Parameters
    ----------
    counts
        The hash of the count file, and the column of it that the sheet names.
    """
    return {
        "software": __version__,
        "pack": kit.pack.sha256,
        "reference": kit.reference.sha256,
        "catalogue": kit.catalogue_sha256,
        "counts": counts[0],
        "column": counts[1],
        "sample": _digest(info.model_dump(mode="json")),
        "clinical": _digest(clinical.given()),
        "options": json.dumps({**options, "lang": faces.lang, "files": faces.files}, sort_keys=True),
    }


def _digest(values: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def done_text(own: Mapping[str, str], product: Product, key: str | None) -> bytes:
    """The bytes of :data:`DONE`: the grounds, the hash of every result, and that of the counts as harmonised.

    ``key`` tells the keys of pseudonyms apart; ``None`` where names are used.
    """
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in sorted(product.files.items())}
    said = {"schema": SCHEMA, "key": key, "input": product.record.input.sha256, "grounds": dict(own), "files": hashes}
    text = json.dumps(said, indent=2)
    return f"{text}\n".encode()


def input_of(folder: Path) -> str:
    """The hash of the harmonised counts that a finished sample was scored from."""
    return str(json.loads((folder / DONE).read_bytes())["input"])


def why_again(folder: Path, own: Mapping[str, str], wanted: Collection[str]) -> str | None:
    """Why the sample of ``folder`` must be done, in words; ``None`` where its results stand.

    Parameters
    ----------
    folder
        Where its results would be.
    own
        What they would rest on now (:func:`grounds`).
    wanted
        The names of its files.
    """
    try:
        said = json.loads((folder / DONE).read_bytes())
        before, files, _ = dict(said["grounds"]), dict(said["files"]), said["input"]  # one that lacks a part is none
    except (OSError, ValueError, KeyError, TypeError):
        alien = not (folder / DONE).exists() and any((folder / name).exists() for name in SAMPLE_FILES)
        return ALIEN if alien else NEW
    changed = [name for name in own if before.get(name) != own[name]]
    if changed:
        return f"changed: {', '.join(changed)}"
    whole = set(files) == set(wanted) and all(
        (folder / name).is_file() and sha256_of(folder / name) == digest for name, digest in files.items()
    )
    return None if whole else DAMAGED
