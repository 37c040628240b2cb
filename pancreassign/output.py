"""Writing a run's results: all of them whole, or none."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pancreassign.errors import OutputError

PARTIAL = ".pancreassign-partial-"
"""Prefix of the hidden folder in which results grow; one that a killed run left behind may be deleted."""


@contextmanager
def staged(out: Path, targets: Iterable[str], force: bool, owned: Iterable[str] = ()) -> Iterator[Path]:
    """A folder to write into, whose files move to ``out`` together when the block ends without an error.

    Parameters
    ----------
    out
        The output folder; made where it is missing, and removed again if nothing comes of it.
    targets
        The files and folders, relative to ``out``, that the block will write.
    force
        Whether results that exist may be replaced.
    owned
        Files, relative to ``out``, that an earlier run may have left and that would contradict this one's: those
        that the block does not write again are removed.

    Raises
    ------
    OutputError
        Where a target exists and ``force`` is not given, or ``out`` cannot be written.
    """
    targets = list(targets)
    check_free(out, targets, force)
    missing = [folder for folder in (out, *out.parents) if not folder.exists()]
    partial: Path | None = None
    try:
        out.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=PARTIAL, dir=out))
        yield partial
        check_free(out, targets, force)  # another run may have finished here meanwhile
        _move(partial, out, owned)
        missing = []
    except OSError as error:
        raise OutputError(
            str(error.filename or out), f"cannot be written ({error.strerror})", "Check its permissions and free space."
        ) from error
    finally:
        if partial is not None:
            shutil.rmtree(partial, ignore_errors=True)
        for folder in missing:
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()


def check_free(out: Path, targets: Iterable[str], force: bool) -> None:
    """Check that no target exists, unless ``force``; and that ``out`` is not a file."""
    try:
        if out.exists() and not out.is_dir():
            raise OutputError(str(out), "is a file, not a folder", "Give another --out.")
        taken = [target for target in targets if (out / target).exists()]
    except OSError as error:  # a name that is too long, or a folder that may not be entered
        raise OutputError(str(out), f"cannot be reached ({error.strerror})", "Give another --out.") from None
    if taken and not force:
        more = f", as do {len(taken) - 1} others" if len(taken) > 1 else ""
        raise OutputError(
            str(out / taken[0]), f"exists already{more}", "Give another output folder, or --force to replace results."
        )


def _move(partial: Path, out: Path, owned: Iterable[str]) -> None:
    """Move every file into place; deeper ones first, so that the run's own files are the last to appear."""
    files = {path: out / path.relative_to(partial) for path in partial.rglob("*") if path.is_file()}
    for target in files.values():
        if target.is_dir():
            raise OutputError(str(target), "is a folder where a result must be written", "Move it away.")
    for name in owned:
        if out / name not in files.values():
            (out / name).unlink(missing_ok=True)
    for path, target in sorted(files.items(), key=lambda pair: (-len(pair[0].parts), pair[0])):
        target.parent.mkdir(parents=True, exist_ok=True)
        path.replace(target)
