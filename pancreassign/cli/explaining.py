"""The command that accounts for a record."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pancreassign.cli.base import app


@app.command()
def explain(
    record: Annotated[Path, typer.Argument(help="A prediction.json that `score` wrote.")],
    drug: Annotated[
        list[str] | None,
        typer.Option("--drug", help="5-FU, oxaliplatin, irinotecan, gemcitabine or paclitaxel; may be repeated."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON with stable keys, not text.")] = False,
) -> None:
    """Print the arithmetic from counts to call, from the record alone: genes, sum, steps, and what is left out."""
    from pancreassign import resources
    from pancreassign.explain import account, text
    from pancreassign.explain.pharmacology import load_pharmacology
    from pancreassign.records import Drug, drug_of, read_record

    wanted = [drug_of(name) for name in drug or Drug]
    read = read_record(record)
    table = load_pharmacology(resources.data_dir() / "pharmacology" / "pharmacology.toml")
    done = account.explain(read, wanted, table, str(record))
    typer.echo(done.to_json() if as_json else text.to_text(done), nl=False)
