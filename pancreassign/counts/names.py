"""Sample names: taken from files, and checked, since each becomes a folder of the results."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from pancreassign.errors import SampleError

RESERVED = frozenset({"summary.tsv", "scores.h5ad", "run.json", "pancreassign_mqc.json", "cohort.html"})
"""Files that ``score`` writes beside the samples' folders."""

MAX_BYTES = 150
"""Longest name in bytes of UTF-8; file systems allow 255, and our own suffixes need some (our judgement)."""

FORMULA = ("=", "+", "-", "@")
"""What a formula starts with in a spreadsheet: summary.tsv is opened in one."""
_FORBIDDEN = re.compile(r'[<>:"|?*]')
_TURNS_TEXT = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Unicode's marks of direction: a name that holds one is read otherwise than it is written."""

_TOOL_FOLDERS = frozenset(
    {"quant", "salmon", "rsem", "star", "kallisto", "htseq", "featurecounts", "tophat", "tophat_out"}
)
_TOOL_FILES = frozenset({"accepted_hits", "aligned", "alignments", "possorted_genome_bam"})
"""What tools call their folder or their file whatever the sample: the name of the folder above is taken."""

_EXTENSION = re.compile(r"\.(?:gz|tsv|txt|csv|tab|sf|out|results|h5ad)$", re.I)
_FILE_TAIL = re.compile(
    r"[._-]?ReadsPerGene(?:\.out)?$|"
    r"(?:^|[._-])(?:rna_seq\.augmented_star_gene_counts|augmented_star_gene_counts|"
    r"star_gene_counts|htseq|featurecounts?|(?:raw_|gene_|read_)?counts?|genes|quant|abundance(?:\.gene)?|rsem|fpkm(?:-uq)?|tpm)$",
    re.I,
)
_BAM = re.compile(r"\.(?:bam|sam|cram)$", re.I)
_BAM_TAIL = re.compile(
    r"(?:^|[._-]?)Aligned(?:\.(?:sortedByCoord|toTranscriptome))?\.out$|"
    r"(?:^|[._-])(?:Aligned|sortedByCoord|sorted|sort|markdups?|mkdup|mdups?|md|dedup(?:ed)?|rmdup|nodups?|"
    r"dupmarked|umi_dedup|hisat2|out)$",
    re.I,
)


def name_from_path(path: str | Path) -> str:
    """The sample's name from a single-sample file: the prefix before what the tool itself wrote.

    Where nothing is left (``quant.sf``, ``ReadsPerGene.out.tab``) the name of the file's folder is taken, or of the
    folder above where that one is the tool's own as well (``S1/quant/quant.sf``).
    """
    path = Path(path)
    stem = _strip(path.name, _EXTENSION)
    stem = _strip(_strip(stem, _FILE_TAIL), _EXTENSION)
    stem = stem.rstrip("._-")
    return stem or _folder(path.absolute().parent.parts, stem)


def name_from_bam(text: str) -> str:
    """The sample's name from an alignment file's path as a counting tool prints it.

    The path and the common tails are dropped (``/a/S1.Aligned.sortedByCoord.out.bam`` gives ``S1``);
    where nothing is left, or only a word of the tool's own (``accepted_hits.bam``), the folder's name is taken,
    whatever the other columns. RSEM's ``S1.genes.results`` gives ``S1``. Any other name stays.
    """
    if is_rsem_column(text):
        return name_from_path(text)
    if not is_bam(text):
        return text
    parts = re.split(r"[/\\]", text.strip())
    stem = _strip(_BAM.sub("", parts[-1]), _BAM_TAIL).rstrip("._-")
    return stem if stem and stem.casefold() not in _TOOL_FILES else _folder(parts[:-1], stem)


def _folder(parts: Sequence[str], otherwise: str) -> str:
    """The last folder of a path that is not called after a tool; ``otherwise`` where the path names none."""
    named = [part for part in parts if part not in ("", ".", "..", "/")]
    own = [part for part in named if part.casefold() not in _TOOL_FOLDERS]
    return (own or named or [otherwise])[-1]


def is_rsem_column(text: str) -> bool:
    """Whether a column's name is that of an RSEM file, as ``rsem-generate-data-matrix`` writes it."""
    return text.strip().endswith(".genes.results")


def is_bam(text: str) -> bool:
    """Whether a column's name is that of an alignment file."""
    return _BAM.search(text.strip()) is not None


def _strip(text: str, tail: re.Pattern[str]) -> str:
    """``text`` without any of the tails at its end, however many follow one another."""
    while (shorter := tail.sub("", text)) != text:
        text = shorter
    return text


def folder_name(sample_id: str) -> str:
    """The folder that a sample's results go to: its own name wherever a file system can hold that.

    Unicode is composed (NFC), each of ``<>:"|?*`` becomes ``_``, and dots and spaces at the end go.
    """
    return _FORBIDDEN.sub("_", unicodedata.normalize("NFC", sample_id)).rstrip(". ")


def check_name(name: str, where: str) -> SampleError | None:
    """The fault of one sample's name, or ``None``."""
    problem = _name_problem(name)
    if problem is None:
        return None
    shown = repr(name if len(name) <= 60 else name[:57] + "...")
    return SampleError(where, f"the sample name {shown} {problem}", "Rename the sample.")


def _name_problem(name: str) -> str | None:
    if all(char.isspace() or unicodedata.category(char) == "Cf" for char in name):
        return "holds invisible characters only" if name.strip() else "is empty"
    if "/" in name or "\\" in name or name in (".", ".."):
        return "looks like a path"
    if any(unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") for char in name):
        return "holds a control character"
    if not _TURNS_TEXT.isdisjoint(name):
        return "holds a mark that turns the direction of text"
    if name.startswith("."):
        return "starts with a dot, which hides its folder"
    if name.startswith(FORMULA):
        return f"starts with {name[0]!r}, which a spreadsheet would take for a formula"
    if len(name.encode()) > MAX_BYTES:
        return f"is longer than {MAX_BYTES} bytes"
    folder = folder_name(name)
    if folder.casefold() in RESERVED:
        return "is the name of a file that every run writes"
    return None if folder else "leaves nothing for a folder's name"


def check_names(named: Sequence[tuple[str, str]]) -> list[SampleError]:
    """Every fault of the samples' names; ``named`` gives (name, file) over all files of a run."""
    faults = [fault for name, where in named if (fault := check_name(name, where)) is not None]
    seen: dict[str, tuple[str, str]] = {}
    told: set[str] = set()
    for name, where in named:
        key = folder_name(name).casefold()
        if key not in seen:
            seen[key] = (name, where)
        elif key and name not in told:
            told.add(name)
            faults.append(_clash(seen[key], (name, where)))
    return faults


def _clash(first: tuple[str, str], second: tuple[str, str]) -> SampleError:
    """Two samples whose results would go to one folder."""
    also = "" if first[1] == second[1] else f" (the first is in {first[1]})"
    if first[0] == second[0]:
        return SampleError(second[1], f"two samples are named {second[0]!r}{also}", "Give each its own name.")
    return SampleError(
        second[1],
        f"the samples {first[0]!r} and {second[0]!r} would share one folder{also}",
        "Rename one of them.",
    )
