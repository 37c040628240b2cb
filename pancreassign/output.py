"""Writing a run's results: all of them whole, or none; and by one run at a time."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pancreassign.errors import OutputError

try:
    import fcntl
except ImportError:  # Windows has no such locks: there, two runs into one folder are not kept apart
    fcntl = None  # type: ignore[assignment]

PARTIAL = ".pancreassign-partial-"
"""Prefix of the hidden folder in which results grow; the next run deletes one that a killed run left behind."""


@contextmanager
def locked(out: Path) -> Iterator[None]:
    """Keep ``out`` to one run: made where it is missing, and removed again if nothing comes of it.

    The lock lies on the folder itself, so it leaves no file behind and goes with its process, however that ends. What a
    run that was killed left half done is swept away. On a file system without locks, and on Windows, nothing is locked.

    Raises
    ------
    OutputError
        Where another run writes into ``out``, or it cannot be made.
    """
    with _made(out), _held(out) as ours:
        if ours is False:
            mend = "Wait until it has ended, or give another --out."
            raise OutputError(str(out), "is being written by another run", mend)
        for left in out.glob(f"{PARTIAL}*"):
            with _held(left) as dead:
                if dead:
                    shutil.rmtree(left, ignore_errors=True)
        yield


@contextmanager
def _held(folder: Path) -> Iterator[bool | None]:
    """Whether a folder is ours alone for the length of the block; ``None`` where its file system cannot tell."""
    if fcntl is None:
        yield None
        return
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise _unwritable(error, folder) from error
    try:
        yield _lock(handle)
    finally:
        os.close(handle)


def _lock(handle: int) -> bool | None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


@contextmanager
def _made(out: Path) -> Iterator[None]:
    """``out`` and the folders above it; those that were missing and are empty at the end go again."""
    made: list[Path] = []
    try:
        for folder in (*reversed(out.parents), out):
            if not folder.is_dir():
                # another run may make it in between: then it is not ours to remove
                with suppress(FileExistsError):
                    folder.mkdir()
                    made.append(folder)
        out.mkdir(exist_ok=True)
    except OSError as error:
        raise _unwritable(error, out) from error
    try:
        yield
    finally:
        for folder in reversed(made):
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()


def _unwritable(error: OSError, out: Path) -> OutputError:
    where = str(error.filename or out)
    return OutputError(where, f"cannot be written ({error.strerror or error})", "Check its permissions and free space.")


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
    with _made(out):
        partial: Path | None = None
        try:
            partial = Path(tempfile.mkdtemp(prefix=PARTIAL, dir=out))
            with _held(partial):
                yield partial
                check_free(out, targets, force)  # another run may have finished here meanwhile
                _move(partial, out, owned)
        except OSError as error:
            raise _unwritable(error, out) from error
        finally:
            if partial is not None:
                shutil.rmtree(partial, ignore_errors=True)


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
        if target.parent.exists() and not target.parent.is_dir():
            raise OutputError(str(target.parent), "is a file where a folder must be", "Move it away.")
    for name in owned:
        if out / name not in files.values():
            (out / name).unlink(missing_ok=True)
    for path, target in sorted(files.items(), key=lambda pair: (-len(pair[0].parts), pair[0])):
        target.parent.mkdir(parents=True, exist_ok=True)
        path.replace(target)
