"""A run over many samples: read and check all, predict each, render, write everything or nothing."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pancreassign import __version__, lesions
from pancreassign.artefacts import sha256_of
from pancreassign.counts.metadata import describe, read_metadata, unmatched
from pancreassign.counts.names import folder_name
from pancreassign.counts.readers import read_samples
from pancreassign.counts.samples import InputFile, Sample
from pancreassign.errors import SampleError, raise_all
from pancreassign.kit import Kit, load_kit
from pancreassign.output import check_free, staged
from pancreassign.patients import with_several
from pancreassign.predict import predict
from pancreassign.records import Call, Prediction, SampleInfo
from pancreassign.regimens.clinical import Clinical, by_sample, load_clinical

if TYPE_CHECKING:
    from pancreassign.report.pdf import Renderer

RUN_FILES = ("summary.tsv", "scores.h5ad", "run.json")
SAMPLE_FILES = ("prediction.json", "report.pdf")
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
    force: bool = False


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
    started, clock = datetime.now(UTC), time.perf_counter()
    check_free(job.out, RUN_FILES, job.force)
    kit = load_kit(job.pack, job.reference, job.regimens)
    cohort = read(job, kit)
    for note in cohort.notes:
        warn(note)
    folders = [folder_name(sample.id) for sample in cohort.samples]
    views, faults = lesions.stems(cohort.infos, folders) if job.records else ({}, [])
    raise_all(faults)
    targets = [*RUN_FILES, *(folders if job.records or job.reports else []), *([lesions.FOLDER] if views else [])]
    owned = [f"{folder}/{file}" for folder in folders for file in SAMPLE_FILES]
    owned += lesions.earlier(job.out) if job.force else []
    left = _left_of_an_earlier_run(job.out, folders)
    if left:
        warn(f"{job.out}: keeps the folders of {left} samples of an earlier run, which summary.tsv will not list")
    with staged(job.out, targets, job.force, owned) as folder:
        records = []
        renderer = _renderer(job, cohort) if job.reports else None
        for done, record in enumerate(_predict_each(job, kit, cohort, folder, renderer), start=1):
            records.append(record)
            progress(done, len(cohort.samples))
        lesions.write(folder, views, records, renderer.render_lesions if renderer else None)
        run = _run(job, kit, cohort, records, started, time.perf_counter() - clock)
        _write_run(folder, kit, cohort, records, run)
    return records


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
    return Cohort(samples, [describe(name, known) for name in names], clinicals, files, notes)


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
    try:
        earlier = json.loads((out / "run.json").read_bytes())["samples"]
    except (OSError, ValueError, KeyError, TypeError):
        return 0
    return sum(folder not in folders and (out / folder).is_dir() for folder in map(folder_name, earlier))


def _predict_each(job: Job, kit: Kit, cohort: Cohort, folder: Path, renderer: Renderer | None) -> Iterator[Prediction]:
    for sample, info, clinical in zip(cohort.samples, cohort.infos, cohort.clinicals, strict=True):
        record = predict(sample, kit, info, clinical)
        own = folder / folder_name(sample.id)
        if job.records or renderer:
            own.mkdir()
        if job.records:
            (own / "prediction.json").write_bytes(record.to_json().encode())
        if renderer:
            (own / "report.pdf").write_bytes(renderer.render(record))
        yield record


def _renderer(job: Job, cohort: Cohort) -> Renderer:
    from pancreassign.report.pdf import Renderer  # half a second of imports that --no-report need not pay

    renderer = Renderer(job.lang)
    for clinical in cohort.clinicals:  # a language that does not exist is found before the first sample is scored
        renderer.words(clinical.given())
    return renderer


def _write_run(folder: Path, kit: Kit, cohort: Cohort, records: Sequence[Prediction], run: dict[str, Any]) -> None:
    from pancreassign.export import anndata, table

    (folder / "summary.tsv").write_bytes(table.to_tsv(records).encode())
    data = anndata.to_anndata(records, [sample.counts for sample in cohort.samples], kit.genes.symbol)
    anndata.write(data, folder / "scores.h5ad")
    (folder / "run.json").write_text(json.dumps(run, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _run(
    job: Job, kit: Kit, cohort: Cohort, records: Sequence[Prediction], started: datetime, seconds: float
) -> dict[str, Any]:
    """What ``run.json`` says: all that may differ between two runs of the same samples, and so is in no record."""
    calls = Counter(drug.call.value for record in records for drug in record.drugs)
    return {
        "schema": "pancreassign/run/1",
        "software": {"name": "pancreassign", "version": __version__},
        "started": started.isoformat(timespec="seconds"),
        "seconds": round(seconds, 3),
        "pack": records[0].pack.model_dump(mode="json"),
        "reference": records[0].reference.model_dump(mode="json"),
        "catalogue": {"version": kit.catalogue.version, "sha256": kit.catalogue_sha256},
        "inputs": [
            {"path": file.path, "format": file.format, "sha256": file.sha256, "samples": file.samples}
            for file in cohort.files
        ],
        "tables": {
            name: {"path": str(path), "sha256": sha256_of(path)}
            for name, path in (("samples", job.samples), ("clinical", job.clinical), ("regimens", job.regimens))
            if path
        },
        "options": {
            key: getattr(job, key) for key in ("format", "units", "strand", "lang", "reports", "records", "force")
        },
        "notes": list(cohort.notes),
        "samples": [record.sample.id for record in records],
        "patients_with_several_lesions": len(with_several(cohort.infos)),
        "quality": dict(sorted(Counter(record.qc.verdict for record in records).items())),
        "calls": {call.value: calls[call.value] for call in Call},
    }
