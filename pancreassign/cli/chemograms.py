"""The command that turns dose-response plates into responses to train on."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pancreassign.cli.base import Force, app, folder, note

if TYPE_CHECKING:
    from pancreassign.chemogram.responses import Result

PARTS = ("", ".plates", ".agreement")
"""What stands before ``.tsv`` in the names of the three tables."""


def _table_file(text: str) -> Path:
    """The name of the first table; the two others are named after it."""
    path = Path(text)
    if path.suffix != ".tsv" or not path.stem:
        raise typer.BadParameter("give a file that ends in .tsv, such as responses.tsv")
    return path


@app.command()
def chemogram(
    plates: Annotated[
        list[Path],
        typer.Argument(help="Plate files (#header lines and a row a dose) or tidy tables, or folders that hold them."),
    ],
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            "-o",
            parser=_table_file,
            metavar="TABLE.tsv",
            help="Responses per model and drug; TABLE.plates.tsv and TABLE.agreement.tsv appear beside it.",
        ),
    ],
    plots: Annotated[
        Path | None,
        typer.Option("--plots", parser=folder, metavar="DIR", help="Draw every curve: one page (PNG) per drug."),
    ] = None,
    ranges: Annotated[
        list[str] | None,
        typer.Option(
            "--range",
            metavar="DRUG=LOW:HIGH",
            help="Dose range (µM) of a drug's AAC, such as gemcitabine=0.001:1; else the range that its plates share.",
        ),
    ] = None,
    force: Force = False,
) -> None:
    """Turn dose-response plates into AAC per model and drug, with a verdict on every plate.

    AAC is the area above the fitted viability curve over a dose range common to the drug: 0 is no effect, 1 is full
    kill at every dose, so a high value is a sensitive model. A plate that cannot be used is named with its reasons in
    TABLE.plates.tsv and enters no value. `pancreassign train` reads TABLE.tsv.
    """
    from pancreassign.chemogram import layouts, responses
    from pancreassign.chemogram.agreement import agreement_table
    from pancreassign.chemogram.plates import read_plates
    from pancreassign.chemogram.plots import PREFIX, page_name
    from pancreassign.chemogram.plots import pages as draw
    from pancreassign.chemogram.ranges import parse_ranges
    from pancreassign.output import staged

    stated = parse_ranges(ranges or ())
    read = read_plates(plates, layouts.layout_of)
    names = [f"{out.stem}{part}.tsv" for part in PARTS]
    with ExitStack() as stack:
        tables = stack.enter_context(staged(out.parent, names, force))
        pages = None
        if plots:
            old = [path.name for path in plots.glob(f"{PREFIX}*.png")] if force else []
            wanted = [page_name(plate.drug) for plate in read]
            pages = stack.enter_context(staged(plots, list(dict.fromkeys(wanted)), force, old))
        results = responses.measure(read, stated)
        made = (responses.response_table(results), responses.plate_table(results), agreement_table(results))
        for name, table in zip(names, made, strict=True):
            (tables / name).write_text(responses.to_tsv(table), encoding="utf-8", newline="")
        if pages:
            for name, page in draw(results).items():
                (pages / name).write_bytes(page)
    _tell(results)


def _tell(results: list[Result]) -> None:
    """How many plates are usable, and how many fall under each reason."""
    note(f"{sum(one.usable for one in results)} of {len(results)} plates usable")
    for code, number in Counter(code for one in results for code in one.reasons).most_common():
        note(f"  {code}: {number}")
