"""What the commands share: the groups they hang on, their options, and how they speak to the terminal."""

from __future__ import annotations

import json
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from pancreassign.errors import Faults, PancreassignError

BAD_INPUT = 2
NO_CALL = 3


class LogFormat(StrEnum):
    """How a command speaks on stderr."""

    TEXT = "text"
    JSON = "json"


_spoken = ContextVar("log_format", default=LogFormat.TEXT)
"""How the command that runs now speaks."""


_UsageError: Any = typer.BadParameter.__mro__[1]
"""What every fault of usage is: typer hands on no name for it."""


class _Group(TyperGroup):
    """Turns our named errors into one message and exit code 2."""

    def invoke(self, ctx: Any) -> Any:
        _spoken.set(LogFormat.TEXT)  # until the command's own option says otherwise
        try:
            return super().invoke(ctx)
        except PancreassignError as error:
            fail(error)
            raise typer.Exit(BAD_INPUT) from None
        except (typer.Exit, typer.Abort):
            raise
        except _UsageError as error:
            if not as_json():
                raise
            _log("error", "usage", error.format_message())
            raise typer.Exit(BAD_INPUT) from None
        except (Exception, KeyboardInterrupt, SystemExit) as error:
            if as_json():
                _log("error", *_ended(error))
            raise


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


Jobs = Annotated[int, typer.Option("--jobs", "-j", min=1, help="Processes that score side by side.")]


def _speak(wanted: LogFormat) -> LogFormat:
    _spoken.set(wanted)
    return wanted


LogAs = Annotated[
    LogFormat,
    typer.Option(
        "--log-format",
        callback=_speak,
        is_eager=True,
        help="Progress, notes and errors on stderr as text, or as one JSON object a line.",
    ),
]


def as_json() -> bool:
    """Whether the command speaks to machines."""
    return _spoken.get() is LogFormat.JSON


def _ended(error: BaseException) -> tuple[str, str]:
    """Event and message of a command that ends otherwise than it should; a defect's traceback follows as plain text."""
    if isinstance(error, Exception):
        return "defect", f"{type(error).__name__}: {error}"
    return "stopped", "stopped from outside; what stands is whole"


def _log(level: str, event: str, message: str, **fields: object) -> None:
    """One line for machines. The time is no part of any result, only of the log."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    line = {"time": now, "level": level, "event": event, "message": message, **fields}
    typer.echo(json.dumps(line, ensure_ascii=False), err=True)


def note(text: str, event: str = "note", level: str = "info", **fields: object) -> None:
    """One line to the user on stderr, so that stdout stays for results; ``fields`` are for machines alone."""
    if as_json():
        _log(level, event, text, **fields)
    else:
        typer.echo(text, err=True)


def fail(error: PancreassignError) -> None:
    """What was wrong, on stderr: one message, or for machines one line a fault."""
    if not as_json():
        typer.echo(f"pancreassign: {error}", err=True)
        return
    for fault in error.faults if isinstance(error, Faults) else [error]:
        _log("error", type(fault).__name__, str(fault), where=fault.where, problem=fault.problem, mend=fault.mend)


def progress(verb: str) -> Any:
    """One line that counts up on a terminal; in a log, a line at each tenth. It names no sample."""
    live = sys.stderr.isatty() and not as_json()

    def tell(done: int, total: int) -> None:
        if live:
            typer.echo(f"\r{verb} {done}/{total}", nl=done == total, err=True)
        elif done == total or done % max(1, total // 10) == 0:
            note(f"{verb} {done}/{total}", "progress", done=done, total=total)

    return tell
