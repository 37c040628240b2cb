"""Commands for a laboratory's routine: a sheet worked off every week, pseudonyms, the state of the machine."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from pancreassign import resources
from pancreassign.cli.base import (
    BAD_INPUT,
    NO_CALL,
    Clinical,
    Format,
    Jobs,
    Lang,
    LogAs,
    LogFormat,
    Out,
    Pack,
    Reference,
    Regimens,
    Strand,
    Units,
    app,
    as_json,
    note,
    progress,
)
from pancreassign.cli.scoring import (
    FailOnNoCall,
    Fhir,
    NamePatients,
    NoReport,
    Pseudonymise,
    PseudonymKey,
    Rcp,
    load_pseudonyms,
    pseudonyms_by,
)


@app.command()
def run(
    sheet: Annotated[
        Path, typer.Argument(help="Table: path, sample, and patient, site, preservation, protocol, clinical (README).")
    ],
    out: Out,
    clinical: Clinical = None,
    pack: Pack = resources.DEFAULT_PACK,
    reference: Reference = resources.DEFAULT_REFERENCE,
    regimens: Regimens = None,
    format: Format = "auto",
    units: Units = "auto",
    strand: Strand = "auto",
    lang: Lang = None,
    no_report: NoReport = False,
    fhir: Fhir = False,
    rcp: Rcp = False,
    name_patients: NamePatients = False,
    pseudonymise: Pseudonymise = False,
    pseudonym_key: PseudonymKey = None,
    jobs: Jobs = 1,
    log_format: LogAs = LogFormat.TEXT,
    fail_on_no_call: FailOnNoCall = False,
    force: Annotated[
        bool, typer.Option("--force", help="Do every line again, and replace results that no run of a sheet made.")
    ] = False,
) -> None:
    """Work off a sample sheet, as often as you like: what is done and unchanged is skipped, what changed is redone.

    A line that fails is listed with its reason while the rest goes on; then the exit code is 2. A stop at any moment
    loses nothing: the next run completes.
    """
    from pancreassign.batch.account import problem_of
    from pancreassign.batch.run import run as work_off
    from pancreassign.cohort import Job

    job = Job(
        counts=(),
        out=out,
        pack=pack,
        reference=reference,
        regimens=regimens,
        clinical=clinical,
        format=format,
        units=units,
        strand=strand,
        lang=lang,
        reports=not no_report,
        fhir=fhir,
        rcp=rcp,
        name_patients=name_patients,
        pseudonyms=pseudonyms_by(pseudonym_key, pseudonymise),
        jobs=jobs,
        force=force,
    )
    ledger = work_off(sheet, job, progress("scored"), note)
    for line, error in ledger.failed.items():
        parts = {key: getattr(error, key, None) for key in ("where", "problem", "mend")}
        text = f"failed: {line.where}, {line.sample}: {problem_of(error)}"
        note(text, "failed", level="error", sample=line.sample, line=line.where, **parts)
    done, skipped, failed = len(ledger.records), len(ledger.skipped), len(ledger.failed)
    text = f"ran into {out}: {done} done, {skipped} skipped, {failed} failed"
    note(text, "done", done=done, skipped=skipped, failed=failed)
    if ledger.defects:
        raise ledger.defects[0]
    if ledger.failed:
        raise typer.Exit(BAD_INPUT)
    if fail_on_no_call and ledger.not_evaluable:
        raise typer.Exit(NO_CALL)


@app.command()
def doctor(
    pack: Annotated[list[str] | None, typer.Option("--pack", help="A pack of yours to verify too, by path.")] = None,
    reference: Annotated[
        list[str] | None, typer.Option("--reference", help="A reference of yours to verify too, by path.")
    ] = None,
    log_format: LogAs = LogFormat.TEXT,
) -> None:
    """Say what is installed, which packs and references verify, and what is wrong; exits with 2 where something is."""
    from pancreassign.doctor import examine

    wrong = 0
    for finding in examine(pack or (), reference or ()):
        wrong += finding.state == "wrong"
        line = json.dumps(asdict(finding)) if as_json() else f"{finding.state:<10}{finding.what:<32}{finding.said}"
        typer.echo(line)
    note("something is wrong" if wrong else "all is well", "done", wrong=wrong)
    if wrong:
        raise typer.Exit(BAD_INPUT)


@app.command()
def pseudonym(
    names: Annotated[list[str], typer.Argument(help="Samples, or with --patients patients.")],
    patients: Annotated[bool, typer.Option("--patients", help="The names are those of patients.")] = False,
    pseudonym_key: PseudonymKey = None,
) -> None:
    """Print the pseudonym of each name, as a table: the way back from results that --pseudonymise wrote."""
    by = load_pseudonyms(pseudonym_key, make=False)  # a new key would lead nowhere
    typer.echo("name\tpseudonym")
    for name in names:
        typer.echo(f"{name}\t{by.of_patient(name) if patients else by.of_sample(name)}")
