"""What a count file becomes: the table as read, and one harmonised sample."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, cast, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pancreassign.errors import InputError

Units = Literal["counts", "tpm", "fpkm"]
Strand = Literal["unstranded", "forward", "reverse"]
Format = Literal["star", "htseq", "featurecounts", "rsem", "salmon", "kallisto", "nfcore", "matrix", "h5ad"]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Strings = NDArray[Any]
"""Text: an object array of ``str``."""


@dataclass(frozen=True)
class Options:
    """What the user said of the files; ``None`` where the files themselves must tell."""

    format: Format | None = None
    units: Units | None = None
    strand: Strand | None = None

    @classmethod
    def of(cls, format: str, units: str, strand: str) -> Options:
        """The options from their command-line words, ``auto`` included.

        Raises
        ------
        InputError
            Where a word is not one of those known.
        """
        for option, word, known in (
            ("--format", format, get_args(Format)),
            ("--units", units, get_args(Units)),
            ("--strand", strand, get_args(Strand)),
        ):
            if word != "auto" and word not in known:
                raise InputError(option, f"{word!r} is not known", f"Give one of: auto, {', '.join(known)}.")
        return cls(
            format=None if format == "auto" else cast(Format, format),
            units=None if units == "auto" else cast(Units, units),
            strand=None if strand == "auto" else cast(Strand, strand),
        )


@dataclass(frozen=True)
class RawTable:
    """One file's numbers as they stand in it: any float, NaN where a cell is empty.

    ``values`` is genes x samples. ``expected`` is true where the format holds expected counts, which are
    rounded without asking; ``suspects`` names the disguises that must still be looked for
    (``log``: log-transformed values; ``million``: columns that sum to one million; ``scaled``: expected counts
    that are FPKM or the like). ``said_by_name`` is the unit that the file's own name gives, where it is none of
    counts; ``hint`` ends an error's mend, where the file may hold the counts elsewhere.
    """

    where: str
    format: Format
    genes: Strings
    samples: list[str]
    values: Floats
    expected: bool = False
    suspects: frozenset[str] = frozenset({"log", "million"})
    strand: Strand | None = None
    notes: list[str] = field(default_factory=list)
    said_by_name: str = ""
    hint: str = ""


@dataclass(frozen=True)
class CountTable:
    """One file as read and checked, before its genes are harmonised.

    ``values`` is genes x samples, finite and not negative, whole where ``units`` is ``counts``.
    ``rounded`` is true for each sample in which rounding changed a value.
    """

    path: str
    format: Format
    genes: Strings
    samples: list[str]
    values: Floats
    units: Units
    strand: Strand | None
    rounded: Bools
    notes: list[str]


@dataclass(frozen=True)
class Sample:
    """One harmonised sample: all that later steps see. It depends on the sample's own column alone.

    ``counts`` is indexed by sorted primary gene ids and holds only the genes of its own file.
    ``genes`` counts the gene rows of the input (summary rows such as ``N_unmapped`` apart),
    ``genes_matched`` those found in the gene table, ``genes_renamed`` those found by a retired or other
    name, ``genes_ambiguous`` those dropped because their name means several genes, and ``genes_summed``
    those matched rows that were added to another row of the same gene. ``sha256`` is over the sorted
    canonical ``gene<TAB>value`` lines. ``foreign_share`` is the share of mouse genes in the sum over human and mouse
    genes, ``None`` where the file lists no mouse gene by its Ensembl id.
    """

    id: str
    counts: pd.Series[float]
    units: Units
    strand: Strand | None
    rounded: bool
    genes: int
    genes_matched: int
    genes_renamed: int
    genes_ambiguous: int
    genes_summed: int
    sha256: str
    foreign_share: float | None = None


@dataclass(frozen=True)
class InputFile:
    """One file that was read, for ``run.json``; ``sha256`` is that of its bytes as they lie on disk."""

    path: str
    format: Format
    sha256: str
    samples: int
    notes: list[str]
