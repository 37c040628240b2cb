"""A run over many samples: read and check all, predict each, render, write everything or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pancreassign import lesions, summaries
from pancreassign.counts.metadata import describe, read_metadata, unmatched
from pancreassign.counts.names import folder_name
from pancreassign.counts.readers import read_samples
from pancreassign.counts.samples import InputFile, Sample
from pancreassign.errors import SampleError, raise_all
from pancreassign.faces import SAMPLE_FILES, Faces, Maker
from pancreassign.kit import Kit
from pancreassign.output import check_free, locked, staged
from pancreassign.produce import Means, Product, Task, workshop
from pancreassign.pseudonyms import Pseudonyms
from pancreassign.records import Prediction, SampleInfo
from pancreassign.regimens.clinical import Clinical, by_sample, load_clinical

Progress = Callable[[int, int], None]
Warn = Callable[[str], None]


@dataclass(frozen=True)
class Job:
    """What ``pancreassign score`` was asked to do."""

    counts: Sequence[Path]
    out: Path
    pack: str
    reference: str
    regimens: Path | None = None
    samples: Path | None = None
    clinical: Path | None = None
    format: str = "auto"
    units: str = "auto"
    strand: str = "auto"
    lang: str | None = None
    reports: bool = True
    records: bool = True
    fhir: bool = False
    rcp: bool = False
    name_patients: bool = False
    pseudonyms: Pseudonyms | None = None
    jobs: int = 1
    force: bool = False

    @property
    def key_id(self) -> str | None:
        """What tells the keys of pseudonyms apart; ``None`` where names are used."""
        return self.pseudonyms.key_id if self.pseudonyms else None

    @property
    def faces(self) -> Faces:
        """Which files of a sample are wanted."""
        return Faces(self.records, self.reports, self.fhir, self.rcp, self.lang)

    @property
    def means(self) -> Means:
        """What samples are scored with."""
        return Means(self.pack, self.reference, self.regimens, self.faces, self.jobs)

    def options(self, *names: str) -> dict[str, object]:
        """The options of these names, as ``run.json`` and ``scores.h5ad`` hold them."""
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True)
class Cohort:
    """Samples that were read and checked, with what is known of each."""

    samples: Sequence[Sample]
    infos: Sequence[SampleInfo]
    clinicals: Sequence[Clinical]
    files: Sequence[InputFile]
    notes: Sequence[str]


def score(job: Job, progress: Progress, warn: Warn) -> list[Prediction]:
    """Score every sample of a job and write the results; nothing is written where one input is bad.

    Parameters
    ----------
    progress
        Told how many samples of how many are done.
    warn
        Told, once each, what the user should know although it is no fault.
    """
    watch = summaries.Stopwatch()
    check_free(job.out, summaries.RUN_FILES, job.force)
    summaries.check_same_names(job.out, job.key_id)
    with locked(job.out):
        kit = job.means.kit()
        cohort = read(job, kit)
        for note in cohort.notes:
            warn(note)
        watch.lap("read")
        return _write(job, kit, cohort, watch, progress, warn)


def _write(
    job: Job, kit: Kit, cohort: Cohort, watch: summaries.Stopwatch, progress: Progress, warn: Warn
) -> list[Prediction]:
    folders = [folder_name(sample.id) for sample in cohort.samples]
    views, faults = lesions.stems(cohort.infos, folders) if job.records else ({}, [])
    raise_all(faults)
    targets = [*summaries.RUN_FILES, *(folders if job.faces.files else []), *([lesions.FOLDER] if views else [])]
    owned = [f"{folder}/{file}" for folder in folders for file in SAMPLE_FILES]
    owned += lesions.earlier(job.out) if job.force else []
    left = _left_of_an_earlier_run(job.out, folders)
    if left:
        warn(f"{job.out}: keeps the folders of {left} samples of an earlier run, which summary.tsv will not list")
    with staged(job.out, targets, job.force, owned) as folder:
        maker = Maker(job.faces)
        for clinical in cohort.clinicals:  # a language that does not exist is found before the first sample is scored
            maker.check_language(clinical.given())
        records = []
        for done, product in enumerate(_products(job, kit, cohort), start=1):
            write_sample(folder, product)
            records.append(product.record)
            progress(done, len(cohort.samples))
        watch.lap("score")
        for note in summaries.same_counts(records):
            warn(note)
        lesions.write(folder, views, records, maker.lesions if job.reports else None)
        counts = [sample.counts for sample in cohort.samples]
        parameters = job.options("format", "units", "strand")
        links = folders if job.reports else None
        summaries.write(folder, records, counts, kit, parameters, links, job.name_patients)
        watch.lap("write")
        run = {**summaries.describe_run(kit, watch), **summaries.describe_records(records), **_inputs(job, cohort)}
        summaries.write_run(folder, summaries.without_names(run) if job.pseudonyms else run, {})
    return records


def _products(job: Job, kit: Kit, cohort: Cohort) -> Iterator[Product]:
    tasks = map(Task, cohort.samples, cohort.infos, cohort.clinicals)
    with workshop(job.means, kit) as cores:
        for product in cores.products(tasks):
            if isinstance(product, Exception):
                raise product
            yield product


def write_sample(folder: Path, product: Product) -> None:
    """Write the files of one sample into its own folder in ``folder``."""
    own = folder / folder_name(product.record.sample.id)
    if product.files:
        own.mkdir()
    for name, data in product.files.items():
        (own / name).write_bytes(data)


def read(job: Job, kit: Kit) -> Cohort:
    """Read and check every input of a job; raises one error that lists every fault of the counts."""
    samples, files = read_samples(job.counts, kit.genes, format=job.format, units=job.units, strand=job.strand)
    names = [sample.id for sample in samples]
    known, notes = read_metadata(job.samples) if job.samples else ({}, [])
    notes += strangers(job.samples, list(known), names)
    missing = len(unmatched(names, list(known)))
    if job.samples and missing:
        notes.append(f"{job.samples}: says nothing of {missing} of the samples")
    notes += [f"{file.path}: {note}" for file in files for note in file.notes]
    clinicals, more = _clinical(job, kit, names)
    notes += more
    silent = sum(clinical.given().keys() <= {"language"} for clinical in clinicals)
    if job.clinical and silent:
        notes.append(f"{job.clinical}: says nothing of {silent} of the samples; their setting is assumed")
    infos = [describe(name, known) for name in names]
    if job.pseudonyms:
        infos = [job.pseudonyms.hide(info) for info in infos]
        samples = [replace(sample, id=info.id) for sample, info in zip(samples, infos, strict=True)]
    return Cohort(samples, infos, clinicals, files, notes)


def strangers(path: Path | None, listed: Sequence[str], names: Sequence[str]) -> list[str]:
    """A note where a table names samples that are not scored: a table of the whole cohort serves a part of it too.

    Raises
    ------
    SampleError
        Where it names none of those that are: most likely the ids differ.
    """
    strangers = unmatched(listed, names)
    if strangers and len(strangers) == len(listed):
        raise SampleError(
            str(path),
            f"names none of the samples, but {strangers[0]!r}",
            f"Write the ids as in the counts: {names[0]!r}.",
        )
    return [f"{path}: {len(strangers)} of its samples are not among the counts"] if strangers else []


def _clinical(job: Job, kit: Kit, names: Sequence[str]) -> tuple[list[Clinical], list[str]]:
    if job.clinical is None:
        return [Clinical() for _ in names], []
    given = load_clinical(job.clinical, kit.catalogue.ids)
    found = by_sample(job.clinical, given, names)
    notes = strangers(job.clinical, [name for name in given if name], names)
    return found, notes


def _left_of_an_earlier_run(out: Path, folders: Sequence[str]) -> int:
    """How many samples the results that stand in ``out`` have beside those of this run."""
    earlier = summaries.earlier_run(out).get("samples")
    if not isinstance(earlier, list) or not all(isinstance(name, str) for name in earlier):
        return 0
    return sum(folder not in folders and (out / folder).is_dir() for folder in map(folder_name, earlier))


def _inputs(job: Job, cohort: Cohort) -> dict[str, object]:
    """What ``run.json`` says of the files and options of one ``score``."""
    shown = ("format", "units", "strand", "lang", "reports", "records", "fhir", "rcp", "jobs", "force")
    return {
        "inputs": [
            {"path": file.path, "format": file.format, "sha256": file.sha256, "samples": file.samples}
            for file in cohort.files
        ],
        "tables": summaries.table_hashes(samples=job.samples, clinical=job.clinical, regimens=job.regimens),
        "options": job.options(*shown),
        "pseudonymised": job.pseudonyms is not None,
        "key": job.key_id,
        "notes": list(cohort.notes),
    }
