"""From the lines of a sheet to samples: each file is read once, and what cannot be read fails its own lines alone."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TypeVar

from pancreassign.batch.sheet import Line
from pancreassign.cohort import Job, strangers
from pancreassign.counts.files import read_bytes
from pancreassign.counts.readers import read_samples
from pancreassign.counts.samples import InputFile, Options, Sample
from pancreassign.errors import ClinicalError, InputError, SampleError
from pancreassign.kit import Kit
from pancreassign.regimens.clinical import Clinical, by_sample, load_clinical

Made = TypeVar("Made")
NAMED_WITHIN = ("matrix", "nfcore", "featurecounts", "h5ad")
"""Formats that name their samples themselves; the others' files hold one sample, and no name but the file's own."""


@dataclass(frozen=True)
class Read:
    """One file's samples, and what was read for ``run.json``."""

    samples: Sequence[Sample]
    file: InputFile


class Inputs:
    """The files of a sheet; each is read once, also when it fails. ``notes`` holds what the user should know of them.

    Parameters
    ----------
    job
        The options that all files are read with, and the clinical facts of lines that name none.
    """

    def __init__(self, job: Job, kit: Kit) -> None:
        """Nothing is read yet."""
        self.notes: list[str] = []
        self._job, self._kit = job, kit
        self._sha256 = cache(self._hash)
        self._facts = cache(self._load_clinical)

    def sha256(self, line: Line) -> str:
        """The hash of a line's count file.

        Raises
        ------
        InputError
            Where it cannot be read, or is not what the sheet says.
        """
        found = self._sha256(line.path)
        if line.sha256 not in (None, found):
            problem = f"is not the file of the sheet: its SHA-256 begins with {found[:12]}, not {str(line.sha256)[:12]}"
            raise InputError(str(line.path), problem, "Restore the file, or correct the column sha256.")
        return found

    def check(self, lines: Sequence[Line]) -> list[str]:
        """Check the options, and that clinical facts can serve their lines; notes for the user.

        Raises
        ------
        InputError
            Where an option says what is not known.
        ClinicalError, SampleError
            Where a file of one patient would serve several, or the file for all names none of the samples.
        """
        Options.of(self._job.format, self._job.units, self._job.strand)
        for path, own in _grouped(lines, lambda line: line.clinical).items():
            patients = {line.info.patient or line.sample for line in own}
            if path.suffix.lower() == ".toml" and len(patients) > 1:
                named = " and ".join(repr(line.sample) for line in own[:2])
                problem = f"describes one patient, but serves samples of {len(patients)}, such as {named}"
                raise ClinicalError(str(path), problem, "Give each patient a file, or a TSV by sample.")
        others = [line.sample for line in lines if line.clinical is None]
        if self._job.clinical is None or not others:
            return []
        given = self._facts(self._job.clinical)
        silent = sum(own.given().keys() <= {"language"} for own in by_sample(self._job.clinical, given, others))
        notes = strangers(self._job.clinical, [name for name in given if name], [line.sample for line in lines])
        if silent:
            notes.append(f"{self._job.clinical}: says nothing of {silent} of the samples; their setting is assumed")
        return notes

    def clinical(self, line: Line) -> Clinical:
        """The clinical facts of a line: those of its own file, else of the file for all.

        Raises
        ------
        ClinicalError
            Where the file cannot be read or says what cannot be, or the line's own table does not name the sample.
        """
        path = line.clinical or self._job.clinical
        if path is None:
            return Clinical()
        given = self._facts(path)
        if line.clinical and not {"", line.sample} & set(given):
            raise SampleError(str(path), f"says nothing of sample {line.sample!r}", "Add its line, or correct its id.")
        return by_sample(path, given, [line.sample])[0]

    def samples(self, lines: Sequence[Line]) -> Iterator[tuple[Line, Sample | Exception]]:
        """Each line with its sample, or with what is wrong; one file is held at a time."""
        for own in _grouped(lines, lambda line: line.path).values():
            read = attempt(self._read, own[0].path)
            if isinstance(read, Exception):
                yield from ((line, read) for line in own)
            else:
                yield from ((line, attempt(_pick, line, read)) for line in own)

    def _read(self, path: Path) -> Read:
        job = self._job
        samples, files = read_samples([path], self._kit.genes, format=job.format, units=job.units, strand=job.strand)
        if files[0].sha256 != self._sha256(path):
            raise InputError(str(path), "was changed while it was read", "Run again once it is written whole.")
        self.notes += [f"{path}: {note}" for note in files[0].notes]
        return Read(samples, files[0])

    def _hash(self, path: Path) -> str:
        return hashlib.sha256(read_bytes(path, InputError, "Give the count file itself.")).hexdigest()

    def _load_clinical(self, path: Path) -> dict[str, Clinical]:
        return load_clinical(path, self._kit.catalogue.ids)


def _grouped(lines: Sequence[Line], by: Callable[[Line], Path | None]) -> dict[Path, list[Line]]:
    """The lines of each file that they name; those that name none are in no group."""
    groups: dict[Path, list[Line]] = {}
    for line in lines:
        if (path := by(line)) is not None:
            groups.setdefault(Path(os.path.realpath(path)), []).append(line)  # one file may be spelt in two ways
    return groups


def _pick(line: Line, read: Read) -> Sample:
    """The sample of a line among those of its file, under the name that the sheet gives it."""
    named = {sample.id: sample for sample in read.samples}
    wanted = line.column or line.sample
    if line.column is None and read.file.format not in NAMED_WITHIN:
        wanted = read.samples[0].id
    if wanted in named:
        return replace(named[wanted], id=line.sample)
    shown = ", ".join(repr(name) for name in list(named)[:5]) + (", ..." if len(named) > 5 else "")
    mend = "Name the sample as in its file, or give its name there in the column `column`."
    raise SampleError(str(line.path), f"has no sample {wanted!r}; it has {shown}", mend)


def attempt(make: Callable[..., Made], *given: object) -> Made | Exception:
    """What ``make`` makes of what is given, or its error: one line's fault, or a defect, must not stop the others."""
    try:
        return make(*given)
    except Exception as error:
        return error
