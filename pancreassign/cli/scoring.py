"""Commands on a patient's samples."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pancreassign import resources
from pancreassign.cli.base import (
    NO_CALL,
    Clinical,
    CountFiles,
    Force,
    Format,
    Jobs,
    Lang,
    LogAs,
    LogFormat,
    OtherPack,
    OtherReference,
    Out,
    Pack,
    Reference,
    Regimens,
    Samples,
    Strand,
    Units,
    app,
    folder,
    note,
    progress,
)

if TYPE_CHECKING:
    from pancreassign.pseudonyms import Pseudonyms

NoReport = Annotated[bool, typer.Option("--no-report", help="Write no PDF.")]
Fhir = Annotated[bool, typer.Option("--fhir", help="Write <sample>/fhir.json too: an HL7 FHIR R4 bundle.")]
Rcp = Annotated[
    bool, typer.Option("--rcp", help="Write <sample>/rcp.txt too: the text for the form of the tumour board (French).")
]
NamePatients = Annotated[
    bool, typer.Option("--name-patients", help="Show patient ids on cohort.html; else its patients are numbered.")
]
Pseudonymise = Annotated[
    bool,
    typer.Option(
        "--pseudonymise",
        help="Write pseudonyms by a secret key for samples and patients; no second id, requester or day.",
    ),
]
PseudonymKey = Annotated[
    Path | None,
    typer.Option("--pseudonym-key", help="File of the key; else one in your configuration, made at the first use."),
]
FailOnNoCall = Annotated[
    bool, typer.Option("--fail-on-no-call", help="Exit with 3 where no drug of some sample was evaluable.")
]


def pseudonyms_by(key: Path | None, wanted: bool) -> Pseudonyms | None:
    """The pseudonyms that were asked for."""
    if not wanted:
        if key is not None:
            raise typer.BadParameter("serves --pseudonymise alone", param_hint="--pseudonym-key")
        return None
    return load_pseudonyms(key)


def load_pseudonyms(key: Path | None, make: bool = True) -> Pseudonyms:
    """The pseudonyms by a key; a note says where a new one lies."""
    from pancreassign import pseudonyms

    found, made = pseudonyms.load(key, make)
    if made:
        note(made)
    return found


@app.command()
def score(
    counts: CountFiles,
    out: Out,
    samples: Samples = None,
    clinical: Clinical = None,
    pack: Pack = resources.DEFAULT_PACK,
    reference: Reference = resources.DEFAULT_REFERENCE,
    regimens: Regimens = None,
    format: Format = "auto",
    units: Units = "auto",
    strand: Strand = "auto",
    lang: Lang = None,
    no_report: NoReport = False,
    no_records: Annotated[bool, typer.Option("--no-records", help="Write no prediction.json.")] = False,
    fhir: Fhir = False,
    rcp: Rcp = False,
    name_patients: NamePatients = False,
    pseudonymise: Pseudonymise = False,
    pseudonym_key: PseudonymKey = None,
    jobs: Jobs = 1,
    log_format: LogAs = LogFormat.TEXT,
    fail_on_no_call: FailOnNoCall = False,
    force: Force = False,
) -> None:
    """Score tumours: a record and a PDF for each, and summary.tsv, scores.h5ad, cohort.html and others for the run."""
    from pancreassign import cohort, summaries

    job = cohort.Job(
        counts=counts,
        out=out,
        pack=pack,
        reference=reference,
        regimens=regimens,
        samples=samples,
        clinical=clinical,
        format=format,
        units=units,
        strand=strand,
        lang=lang,
        reports=not no_report,
        records=not no_records,
        fhir=fhir,
        rcp=rcp,
        name_patients=name_patients,
        pseudonyms=pseudonyms_by(pseudonym_key, pseudonymise),
        jobs=jobs,
        force=force,
    )
    records = cohort.score(job, progress("scored"), note)
    without = summaries.not_evaluable(records)
    text = f"scored into {out}: {len(records)} in all, {without} without any evaluable drug"
    note(text, "done", samples=len(records), not_evaluable=without)
    if without and fail_on_no_call:
        raise typer.Exit(NO_CALL)


@app.command()
def report(
    records: Annotated[list[Path], typer.Argument(help="prediction.json files that `score` wrote.")],
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            "-o",
            parser=folder,
            metavar="PATH",
            help="Folder for <sample>/report.pdf, or a .pdf file for one record.",
        ),
    ],
    report_date: Annotated[
        str | None, typer.Option("--report-date", help="Date of the report, YYYY-MM-DD; unknown where not given.")
    ] = None,
    lang: Lang = None,
    fhir: Fhir = False,
    rcp: Rcp = False,
    clinical: Clinical = None,
    pack: OtherPack = None,
    reference: OtherReference = None,
    regimens: Regimens = None,
    force: Force = False,
) -> None:
    """Render the PDF again, from the records alone; with --clinical, rank the regimens again first.

    The new facts take the place of all that the record holds. Pack and reference must be those that scored it; they and
    --regimens are used with --clinical alone. In a folder, the new record, fhir.json and rcp.txt stand beside the PDF.
    """
    from pancreassign import rendering
    from pancreassign.faces import Faces

    again = None
    if clinical is None:
        unused = {"--pack": pack, "--reference": reference, "--regimens": regimens}
        given = [name for name, value in unused.items() if value is not None]
        if given:
            raise typer.BadParameter("serves --clinical alone, which ranks the regimens again", param_hint=given[0])
    else:
        from pancreassign import ranking
        from pancreassign.kit import load_kit

        again = ranking.reranker(
            load_kit(pack or resources.DEFAULT_PACK, reference or resources.DEFAULT_REFERENCE, regimens), clinical
        )
    faces = Faces(records=again is not None, fhir=fhir, rcp=rcp, lang=lang)
    rendering.render_records(records, out, report_date, faces, force, progress("rendered"), note, again)


@app.command()
def qc(
    counts: CountFiles,
    samples: Samples = None,
    reference: Reference = resources.DEFAULT_REFERENCE,
    format: Format = "auto",
    units: Units = "auto",
    strand: Strand = "auto",
    every_check: Annotated[
        bool, typer.Option("--all", help="A line for every check with its value and limits, not one for every sample.")
    ] = False,
) -> None:
    """Print the quality verdict of each sample as a table, without scoring it."""
    from pancreassign.appraise import appraise
    from pancreassign.cohort import strangers
    from pancreassign.counts.metadata import describe, read_metadata
    from pancreassign.counts.readers import read_samples
    from pancreassign.export import table
    from pancreassign.kit import load_scale

    scale = load_scale(reference)
    read, files = read_samples(counts, scale.genes, format=format, units=units, strand=strand)
    known, notes = read_metadata(samples) if samples else ({}, [])
    notes += strangers(samples, list(known), [sample.id for sample in read])
    for line in [*notes, *(f"{file.path}: {text}" for file in files for text in file.notes)]:
        note(line)
    judged = {sample.id: appraise(sample, scale, describe(sample.id, known))[1] for sample in read}
    typer.echo(table.checks_tsv(judged) if every_check else table.verdicts_tsv(judged), nl=False)


@app.command()
def schema() -> None:
    """Print the JSON schema of the prediction record."""
    import json

    from pancreassign.records import Prediction

    typer.echo(json.dumps(Prediction.model_json_schema(mode="serialization"), indent=2))
