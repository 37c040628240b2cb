"""Names that only the holder of a key can trace: for results that leave the laboratory (``--pseudonymise``).

A pseudonym is a keyed hash (HMAC-SHA-256, RFC 2104) of the name: the same name gets the same one in every run with the
same key, so records stay comparable and a sample's record never depends on others; without the key nobody can find out
names by trying them.
"""

from __future__ import annotations

import base64
import hmac
import os
import secrets
import unicodedata
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pancreassign.counts.metadata import SIMULATED_PREFIX
from pancreassign.errors import ConfigError
from pancreassign.records import Order, SampleInfo

LENGTH = 12
"""Letters and digits of a pseudonym: 60 bits, so that two of a million names share one in one of two million runs."""
LEAST_KEY = 16
"""Bytes that a key must have at least, 128 bits (our judgement)."""


KEEPS_NOTHING = "PANCREASSIGN_KEEPS_NOTHING"
"""Environment variable of a place that keeps nothing, such as our container: a key made there would be lost with it."""


@dataclass(frozen=True)
class Pseudonyms:
    """Pseudonyms by one key, which no printed form shows."""

    _key: bytes

    def __repr__(self) -> str:
        """Without the key."""
        return "Pseudonyms()"

    def of_sample(self, name: str) -> str:
        """A sample's pseudonym; one that was simulated stays marked so."""
        mark = SIMULATED_PREFIX if name.startswith(SIMULATED_PREFIX) else ""
        return f"{mark}S-{self._code('sample', name)}"

    def of_patient(self, name: str) -> str:
        """A patient's pseudonym."""
        return f"P-{self._code('patient', name)}"

    def hide(self, info: SampleInfo) -> SampleInfo:
        """``info`` with pseudonyms, and without second identifier, requester and every day.

        Sex, site and specimen stay, in the words of the table of samples: keep names out of these.
        """
        return info.model_copy(
            update={
                "id": self.of_sample(info.id),
                "patient": None if info.patient is None else self.of_patient(info.patient),
                "second_id": None,
                "order": Order(),
                "specimen": info.specimen.model_copy(update={"collected": None}),
            }
        )

    def digest(self, text: str) -> str:
        """A keyed hash, in hex, in place of one that could be found by trying what ``text`` may be."""
        return hmac.digest(self._key, f"digest\0{text}".encode(), "sha256").hex()

    @property
    def key_id(self) -> str:
        """What tells this key from others, and nothing of it."""
        return self.digest("key")[:16]

    def _code(self, kind: str, name: str) -> str:
        # one name may be written in two ways that look the same (Unicode's NFC and NFD)
        spelt = unicodedata.normalize("NFC", name)
        digest = hmac.digest(self._key, f"{kind}\0{spelt}".encode(), "sha256")
        return base64.b32encode(digest).decode()[:LENGTH]


def default_key() -> Path:
    """Where the key lies if none is named: the user's own configuration.

    Raises
    ------
    ConfigError
        Where the user has no home, as in some containers.
    """
    try:
        base = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    except RuntimeError:
        mend = "Give a key with --pseudonym-key, or set HOME."
        raise ConfigError("--pseudonymise", "the user has no home to keep a key in", mend) from None
    return Path(base) / "pancreassign" / "pseudonym.key"


def load(path: Path | None, make: bool = True) -> tuple[Pseudonyms, str | None]:
    """The pseudonyms by the key in ``path``, or by the user's own; with ``make`` that is made where there is none yet.

    Returns
    -------
    The pseudonyms, and a note where a key was made.

    Raises
    ------
    ConfigError
        Where the key cannot be read or made, or is too short to keep anything secret.
    """
    own = path or default_key()
    note = None
    try:
        if path is None and make and not own.exists() and not os.environ.get(KEEPS_NOTHING):
            _make(own)
            note = f"{own}: a new key was made; keep it, and apart from the results: it alone leads back to the names"
        key = own.read_bytes().strip()
    except OSError as error:
        mend = "Give a file that can be read with --pseudonym-key."
        raise ConfigError(str(own), f"the key cannot be read or made ({error.strerror})", mend) from None
    if len(key) < LEAST_KEY:
        mend = f'Make one: python -c "import secrets; print(secrets.token_hex())" > {own.name}'
        raise ConfigError(str(own), f"the key has {len(key)} bytes, at least {LEAST_KEY} are needed", mend)
    return Pseudonyms(key), note


def _make(path: Path) -> None:
    """A new random key that its owner alone may read; one that another run has just made stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    grown = path.with_name(f".{path.name}-{os.getpid()}")
    handle = os.open(grown, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_hex() + "\n")
        with suppress(FileExistsError):
            os.link(grown, path)
    finally:
        grown.unlink()
