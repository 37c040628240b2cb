"""From samples to the files of each, on one core or on several: the same bytes either way."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pancreassign.counts.samples import Sample
from pancreassign.errors import ArtefactError, OutputError, PancreassignError
from pancreassign.faces import Faces, Maker
from pancreassign.kit import Kit, load_kit
from pancreassign.predict import predict
from pancreassign.records import Prediction, SampleInfo
from pancreassign.regimens.clinical import Clinical


@dataclass(frozen=True)
class Task:
    """One sample with what is known of it."""

    sample: Sample
    info: SampleInfo
    clinical: Clinical


@dataclass(frozen=True)
class Product:
    """What became of one sample: its record, and its files by name."""

    record: Prediction
    files: dict[str, bytes]


@dataclass(frozen=True)
class Means:
    """Where pack, reference and regimens lie (names or paths), which files are wanted, and on how many cores."""

    pack: str
    reference: str
    regimens: Path | None
    faces: Faces
    jobs: int = 1

    def kit(self) -> Kit:
        """Everything that scoring needs from disk; raises ``ArtefactError``."""
        return load_kit(self.pack, self.reference, self.regimens)


@dataclass(frozen=True)
class Worker:
    """Makes one product after another."""

    kit: Kit
    maker: Maker

    def __call__(self, task: Task) -> Product | Exception:
        """The product, or the error of this one sample: it says nothing of the others."""
        try:
            record = predict(task.sample, self.kit, task.info, task.clinical)
            return Product(record, self.maker.files(record))
        except Exception as error:  # whoever asked decides whether the others go on
            return error


@contextmanager
def workshop(means: Means, kit: Kit) -> Iterator[Workshop]:
    """Cores that make products as long as the block lasts; ``kit`` is what ``means`` names, loaded."""
    if means.jobs == 1:
        yield Workshop(Worker(kit, Maker(means.faces)))
        return
    # spawned, not forked: a forked process may inherit a lock that a library's thread holds
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(means.jobs, context, _prepare, (means, kit.hashes)) as pool:
        try:
            yield Workshop(pool, 2 * means.jobs)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


@dataclass(frozen=True)
class Workshop:
    """One worker here, or a pool of them that is handed ``ahead`` tasks at a time."""

    own: Worker | ProcessPoolExecutor
    ahead: int = 1

    def products(self, tasks: Iterable[Task]) -> Iterator[Product | Exception]:
        """What becomes of each task, in order.

        Raises
        ------
        OutputError
            Where a process was killed from outside, most often for want of memory.
        """
        if isinstance(self.own, Worker):
            yield from map(self.own, tasks)
            return
        ahead: deque[Future[Product | Exception]] = deque()
        try:
            for task in tasks:
                ahead.append(self.own.submit(_work, task))
                if len(ahead) >= self.ahead:  # tasks are read as they are needed, and no result waits for the last file
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()
        except BrokenProcessPool:
            raise OutputError("--jobs", "one of the processes was killed", "Give fewer jobs, or more memory.") from None


_worker: Worker | PancreassignError | None = None
"""What a process of the pool works with; it has no other place for it."""


def _prepare(means: Means, hashes: tuple[str, ...]) -> None:
    """Load the kit, once for each process; one that is not the first process's own (``hashes``) is refused at work."""
    global _worker
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group: the first process ends the others
    threading.Thread(target=_end_with_the_first, daemon=True).start()
    try:
        kit = means.kit()
        _worker = Worker(kit, Maker(means.faces))
        if kit.hashes != hashes:
            problem = "pack, reference or regimens were changed while they were read"
            _worker = ArtefactError("--jobs", problem, "Run again once they are written whole.")
    except PancreassignError as error:
        _worker = error


def _end_with_the_first() -> None:
    """A first process that is killed outright can end nobody: each of the others watches it."""
    first = multiprocessing.parent_process()
    if first is not None:
        first.join()
        os._exit(1)


def _work(task: Task) -> Product | Exception:
    if not isinstance(_worker, Worker):
        raise _worker or RuntimeError("the process was not prepared")
    return _worker(task)
