"""The command line: thin commands that import what they need when they run.

The only room that knows exit codes: 0 done, 1 a defect of ours, 2 bad usage or bad input,
3 with ``--fail-on-no-call`` where some sample was not evaluable.
"""

from __future__ import annotations

import signal
import sys
from typing import Annotated

import typer

from pancreassign import __version__
from pancreassign.cli import chemograms, explaining, making, operating, scoring, simulating, validating
from pancreassign.cli.base import app, reference_app, signatures_app, simulate_app, validate_app

__all__ = ["app", "chemograms", "explaining", "main", "making", "operating", "scoring", "simulating", "validating"]

app.add_typer(signatures_app, name="signatures")
app.add_typer(reference_app, name="reference")
app.add_typer(simulate_app, name="simulate")
app.add_typer(validate_app, name="validate")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"pancreassign {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Open chemosensitivity signatures for pancreatic adenocarcinoma. For research use."""


def main() -> None:
    """Run the command line; a polite kill cleans up as an error does."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    app()
