"""Commands that hold scores against what became of the models or patients."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pancreassign.cli.base import Force, Out, note, validate_app

Scores = Annotated[
    Path,
    typer.Option("--scores", help="summary.tsv that `score` wrote, its folder, or a prediction.json."),
]


@validate_app.command("response")
def validate_response(
    scores: Scores,
    response: Annotated[
        Path,
        typer.Option(
            "--response",
            help="Table: model, drug, value, and high_means (resistant or sensitive) where values are numbers; values "
            "may be RECIST (CR, PR, SD, PD, NE), or sensitive, intermediate, resistant.",
        ),
    ],
    out: Out,
    drug: Annotated[
        list[str] | None,
        typer.Option("--drug", help="5-FU, oxaliplatin, irinotecan, gemcitabine or paclitaxel; repeat it for several."),
    ] = None,
    id: Annotated[str, typer.Option("--id", help="Column of the table that names sample or patient.")] = "model",
    subgroup: Annotated[
        list[str] | None,
        typer.Option("--subgroup", metavar="COLUMN", help="Figures for each of its values; repeatable."),
    ] = None,
    force: Force = False,
) -> None:
    """Hold scores against measured response: higher score = more sensitive = better response, if the signature holds.

    Writes validation.json, report.pdf and the figures. Without --drug, every drug that scores and table share, each
    tested, and the p-values corrected for their number (Holm). Several samples of one patient never count as several
    patients in an interval or a p.
    """
    from pancreassign.validation import response as validation

    for line in validation.validate(scores, response, out, drug or [], id, subgroup or [], force):
        note(line)


@validate_app.command("survival")
def validate_survival(
    scores: Scores,
    clinical: Annotated[Path, typer.Option("--clinical", help="Table (TSV): a row a patient.")],
    time: Annotated[str, typer.Option("--time", help="Its column of follow-up; with --start, of days YYYY-MM-DD.")],
    event: Annotated[str, typer.Option("--event", help="Its column of the event: 1 seen, 0 censored.")],
    drug: Annotated[
        str, typer.Option("--drug", help="5-FU, oxaliplatin, irinotecan, gemcitabine or paclitaxel: whose score.")
    ],
    out: Out,
    id: Annotated[
        str, typer.Option("--id", help="Column of the table that names the sample, or the patient.")
    ] = "patient",
    arm: Annotated[str | None, typer.Option("--arm", help="Its column of treatment arms.")] = None,
    treated_arm: Annotated[
        str | None, typer.Option("--treated-arm", help="The arm that had the drug; all others are held against it.")
    ] = None,
    adjust: Annotated[
        str, typer.Option("--adjust", metavar="COLUMN,...", help="Columns to adjust for: numbers or categories.")
    ] = "",
    stratify: Annotated[
        str | None, typer.Option("--stratify", help="Column whose values have baseline hazards of their own.")
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="COLUMN=VALUE", help="Analyse these patients alone; may be repeated."),
    ] = None,
    start: Annotated[
        str | None, typer.Option("--start", help="Column of the day on which follow-up starts (YYYY-MM-DD).")
    ] = None,
    keep_failed: Annotated[
        bool, typer.Option("--keep-failed", help="Analyse samples that failed quality too; they are left out else.")
    ] = False,
    time_unit: Annotated[str, typer.Option("--time-unit", help="Of --time without --start: days or months.")] = "days",
    force: Force = False,
) -> None:
    """Hold scores against survival: prognosis, and with two arms whether the score tells who gains by the drug.

    Writes validation.json, report.pdf and the figures. A hazard ratio below 1 per SD: more sensitive patients live
    longer. With --arm and --treated-arm the interaction of score and treatment is tested, which alone is evidence of
    prediction; without them the page says that it is prognosis only.
    """
    if (arm is None) != (treated_arm is None):
        raise typer.BadParameter("--arm and --treated-arm go together: the column, and the value that had the drug")
    if time_unit not in ("days", "months"):
        raise typer.BadParameter("is days or months", param_hint="--time-unit")
    if any("=" not in rule for rule in only or []):
        raise typer.BadParameter("is COLUMN=VALUE, such as histology=PDAC", param_hint="--only")
    from pancreassign.records import drug_of
    from pancreassign.validation import survival
    from pancreassign.validation.survival_cohort import Question

    question = Question(
        drug=drug_of(drug).value,
        by=id,
        time=time,
        event=event,
        arm=arm,
        treated=treated_arm,
        start=start,
        adjust=tuple(name.strip() for name in adjust.split(",") if name.strip()),
        stratify=stratify,
        only=tuple(only or ()),
        unit="months" if time_unit == "months" else "days",
        failed=keep_failed,
    )
    for line in survival.validate(scores, clinical, question, out, force):
        note(line)
