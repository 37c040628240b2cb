"""What the commands share: the groups they hang on, their options, and how they speak to the terminal."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from pancreassign.errors import PancreassignError

BAD_INPUT = 2
NO_CALL = 3


class _Group(TyperGroup):
    """Turns our named errors into one message and exit code 2."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except PancreassignError as error:
            typer.echo(f"pancreassign: {error}", err=True)
            raise typer.Exit(BAD_INPUT) from None


def group(text: str) -> typer.Typer:
    """A group of commands with its help text."""
    return typer.Typer(
        cls=_Group, help=text, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
    )


app = group("Open chemosensitivity signatures for pancreatic adenocarcinoma. For research use.")
signatures_app = group("List, show and verify signature packs.")
reference_app = group("Build a frozen reference from a laboratory's own tumours.")
validate_app = group("Hold scores against what became of models or patients: response, survival by treatment.")
simulate_app = group("Draw simulated samples from a frozen reference, or from a laboratory's own samples.")


def folder(text: str) -> Path:
    """A folder as it was given; an empty one is bad usage."""
    if not text.strip():  # most likely a shell variable that was never set
        raise typer.BadParameter("is empty: give a folder")
    return Path(text)


Out = Annotated[Path, typer.Option("--out", "-o", parser=folder, metavar="DIR", help="Folder to write into.")]
Force = Annotated[bool, typer.Option("--force", help="Replace results that exist already.")]
Pack = Annotated[str, typer.Option("--pack", help="Signature pack, by name or path.")]
Reference = Annotated[str, typer.Option("--reference", help="Frozen reference, by name or path.")]
OtherPack = Annotated[
    str | None, typer.Option("--pack", help="With --clinical: the pack that scored the records, if not the default.")
]
OtherReference = Annotated[
    str | None, typer.Option("--reference", help="With --clinical: the records' reference, if not the default.")
]
CountFiles = Annotated[list[Path], typer.Argument(help="Count files, gzipped or not; several become one cohort.")]
Format = Annotated[
    str,
    typer.Option("--format", help="auto, star, htseq, featurecounts, rsem, salmon, kallisto, nfcore, matrix or h5ad."),
]
Strand = Annotated[
    str, typer.Option("--strand", help="auto, unstranded, forward or reverse; STAR files tell it from their columns.")
]
Units = Annotated[str, typer.Option("--units", help="auto, counts (expected counts too, then rounded), tpm or fpkm.")]
Lang = Annotated[
    str | None,
    typer.Option("--lang", help="Language of the report, en or fr; else the one in the clinical facts, else English."),
]
Clinical = Annotated[
    Path | None, typer.Option("--clinical", help="Clinical facts: TOML for one patient, TSV by sample for many.")
]
Regimens = Annotated[Path | None, typer.Option("--regimens", help="Another catalogue of regimens (TOML).")]
Samples = Annotated[
    Path | None,
    typer.Option("--samples", help="Table: sample, and patient, site, preservation, protocol and others (README)."),
]


def note(text: str) -> None:
    """One line to the user on stderr, so that stdout stays for results."""
    typer.echo(text, err=True)


def progress(verb: str) -> Any:
    """One line that counts up on a terminal; in a log, a plain line at each tenth. It names no sample."""
    terminal = sys.stderr.isatty()

    def tell(done: int, total: int) -> None:
        if terminal:
            typer.echo(f"\r{verb} {done}/{total}", nl=done == total, err=True)
        elif done == total or done % max(1, total // 10) == 0:
            typer.echo(f"{verb} {done}/{total}", err=True)

    return tell
