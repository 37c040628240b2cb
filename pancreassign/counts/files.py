"""A count file's bytes: found, unpacked and decoded, or refused by saying what the file is."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from dataclasses import dataclass
from pathlib import Path

from pancreassign.errors import InputError, PancreassignError

HDF5 = b"\x89HDF\r\n\x1a\n"
WANTED = "Give a table of counts as text (TSV or CSV, may be gzipped), or an h5ad file."

_KINDS: tuple[tuple[bytes, str, str], ...] = (
    (b"PK\x03\x04", "a zip archive", "Unpack it and give the table inside."),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook (xls)", "Save the sheet as TSV or CSV."),
    (b"BAM\x01", "a BAM file of alignments", "Count its reads per gene first (featureCounts, HTSeq)."),
    (b"CRAM\x03", "a CRAM file of alignments", "Count its reads per gene first (featureCounts, HTSeq)."),
    (b"RDX3\n", "an RData file", "In R: write.table(counts, 'counts.tsv', sep = '\\t', quote = FALSE)."),
    (b"X\n\x00", "an RDS file", "In R: write.table(counts, 'counts.tsv', sep = '\\t', quote = FALSE)."),
    (b"A\n3\n", "an RDS file", "In R: write.table(counts, 'counts.tsv', sep = '\\t', quote = FALSE)."),
    (b"BZh91AY&SY", "compressed with bzip2", "Unpack it, or compress it with gzip."),
    (b"\xfd7zXZ\x00", "compressed with xz (or an RDS file)", "Unpack it, or compress it with gzip."),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd", "Unpack it, or compress it with gzip."),
    (b"PAR1\x15", "a Parquet file", "Write the table as TSV or CSV."),
    (b"%PDF-", "a PDF file", WANTED),
)


@dataclass(frozen=True)
class Source:
    """One file: ``data`` unpacked, ``sha256`` of the bytes on disk, ``packed`` where it was gzipped."""

    path: Path
    data: bytes
    sha256: str
    packed: bool

    @property
    def where(self) -> str:
        """How errors name the file."""
        return str(self.path)

    @property
    def is_hdf5(self) -> bool:
        """Whether the file is HDF5, as h5ad files are."""
        return self.data.startswith(HDF5)


def read_source(path: Path) -> Source:
    """Read a file whole, unpacking gzip by its first bytes, whatever its suffix.

    Raises
    ------
    InputError
        Where it is missing, a folder, unreadable, empty, or damaged gzip.
    """
    where = str(path)
    if path == Path():  # an empty argument too, as an unset shell variable gives it
        raise InputError(where, "is an empty path, or the current folder", "Give the count files themselves.")
    data = read_bytes(path, InputError, "Give the count files themselves.")
    sha256 = hashlib.sha256(data).hexdigest()
    packed = data.startswith(b"\x1f\x8b")
    if packed:
        data = _unpack(data, where)
    if not data.strip():
        raise InputError(where, "is empty", WANTED)
    return Source(path, data, sha256, packed)


def read_bytes(path: Path, kind: type[PancreassignError], file_mend: str) -> bytes:
    """A file's bytes; every way a path can fail (too long, out of reach, a folder) raises one error of ``kind``."""
    where, mend = str(path), "Check the path and its permissions."
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise kind(where, "no such file", "Check the path.") from None
    except IsADirectoryError:
        raise kind(where, "is a folder", file_mend) from None
    except OSError as error:
        raise kind(
            where if len(where) < 300 else f"{where[:300]}...", f"cannot be read ({error.strerror})", mend
        ) from None
    except ValueError as error:  # a NUL in the path
        raise kind(repr(where), f"cannot be read ({error})", mend) from None


def _unpack(data: bytes, where: str) -> bytes:
    try:
        return gzip.decompress(data)
    except EOFError:
        raise InputError(where, "the gzip file is truncated", "Copy or download it again.") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise InputError(where, f"the gzip file is corrupted ({error})", "Copy or download it again.") from None


def decode(source: Source) -> str:
    """The text of a file that must be a table, with ``\\n`` as its only line end.

    Raises
    ------
    InputError
        Where it is some other kind of file, which is named, or not UTF-8.
    """
    data, where = source.data, source.where
    for magic, kind, mend in _KINDS:
        if data.startswith(magic):
            if magic.startswith(b"PK") and b"xl/" in data:
                kind, mend = "an Excel workbook (xlsx)", "Save the sheet as TSV or CSV."
            raise InputError(where, f"is {kind}, not a table of counts", mend)
    if data[257:262] == b"ustar":
        raise InputError(where, "is a tar archive, not a table of counts", "Unpack it and give the tables inside.")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError(where, "is UTF-16 text", "Save it as UTF-8 (in Excel: 'CSV UTF-8').")
    if b"\x00" in data:
        raise InputError(where, "is a binary file, not a table of counts", WANTED)
    if data.lstrip()[:14].lower().startswith((b"<!doctype", b"<html", b"<?xml")):
        raise InputError(where, "is a web page or XML, not a table of counts", "Download the file itself again.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(where, f"is not UTF-8 text (line {line})", "Save it as UTF-8.") from None
    return text.replace("\r\n", "\n").replace("\r", "\n")
