"""One core or several: the same results; and errors come back whole from another process."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path

import pytest

from pancreassign import cohort, errors, resources
from pancreassign.errors import Faults, InputError, OutputError, PancreassignError
from pancreassign.faces import Faces
from pancreassign.produce import Means, Task, workshop
from pancreassign.records import SampleInfo
from pancreassign.regimens.clinical import Clinical

EXAMPLE = resources.data_dir() / "example"


def job(out: Path, **options: object) -> cohort.Job:
    given = {"pack": resources.DEFAULT_PACK, "reference": resources.DEFAULT_REFERENCE, "reports": False, **options}
    return cohort.Job(counts=[EXAMPLE / "counts.tsv.gz"], out=out, **given)  # type: ignore[arg-type]


def everything(out: Path) -> dict[str, bytes]:
    files = (path for path in out.rglob("*") if path.is_file() and path.name != "run.json")
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in files}


@pytest.mark.slow
def test_two_processes_give_the_same_bytes_in_the_same_order(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    for jobs in (1, 2):
        wanted = job(tmp_path / str(jobs), jobs=jobs, reports=True, samples=EXAMPLE / "samples.tsv")
        cohort.score(wanted, lambda done, total: told.append((done, total)), lambda note: None)
    assert everything(tmp_path / "1") == everything(tmp_path / "2")
    assert told == [(done, 7) for done in range(1, 8)] * 2


def test_the_error_of_one_sample_leaves_the_others(tmp_path: Path) -> None:
    means = Means(resources.DEFAULT_PACK, resources.DEFAULT_REFERENCE, None, Faces(reports=False))
    wanted = job(tmp_path)
    kit = means.kit()
    read = cohort.read(wanted, kit)
    broken = object()
    tasks = [Task(sample, SampleInfo(id=sample.id), Clinical()) for sample in read.samples[:2]]
    tasks.insert(1, Task(broken, SampleInfo(id="x"), Clinical()))  # type: ignore[arg-type]
    with workshop(means, kit) as cores:
        first, wrong, last = cores.products(tasks)
    assert isinstance(wrong, AttributeError)
    assert [product.record.sample.id for product in (first, last)] == [sample.id for sample in read.samples[:2]]  # type: ignore[union-attr]


@pytest.mark.slow
def test_files_are_read_as_they_are_needed_with_processes_too(tmp_path: Path) -> None:
    means = Means(resources.DEFAULT_PACK, resources.DEFAULT_REFERENCE, None, Faces(reports=False), jobs=2)
    kit = means.kit()
    samples = cohort.read(job(tmp_path), kit).samples
    taken: list[int] = []

    def tasks() -> Iterator[Task]:
        for place, sample in enumerate(samples):
            taken.append(place)
            yield Task(sample, SampleInfo(id=sample.id), Clinical())

    with workshop(means, kit) as cores:
        products = cores.products(tasks())
        next(products)
        assert len(taken) == 4
        assert len(list(products)) == len(samples) - 1


@pytest.mark.slow
def test_a_killed_process_is_one_clear_message(tmp_path: Path) -> None:
    means = Means(resources.DEFAULT_PACK, resources.DEFAULT_REFERENCE, None, Faces(reports=False), jobs=2)
    kit = means.kit()
    with pytest.raises(OutputError, match="one of the processes was killed"), workshop(means, kit) as cores:
        list(cores.products([Task(Killer(), SampleInfo(id="x"), Clinical())]))  # type: ignore[arg-type]


class Killer:
    """A sample that ends the process which unpacks it."""

    def __reduce__(self) -> tuple[object, tuple[int]]:
        import os

        return os._exit, (9,)


def every_error() -> list[type[PancreassignError]]:
    found = [PancreassignError]
    for kind in found:
        found += kind.__subclasses__()
    return [kind for kind in found if kind.__module__ == errors.__name__ and kind is not Faults]


@pytest.mark.parametrize("kind", every_error())
def test_an_error_survives_another_process(kind: type[PancreassignError]) -> None:
    error = pickle.loads(pickle.dumps(kind("file", "is wrong", "Mend it.")))
    assert type(error) is kind
    assert (error.where, error.problem, error.mend, str(error)) == (
        "file",
        "is wrong",
        "Mend it.",
        "file: is wrong. Mend it.",
    )


def test_several_faults_survive_another_process() -> None:
    error = pickle.loads(pickle.dumps(Faults([InputError("a", "b", "C."), OutputError("d", "e", "F.")])))
    assert [type(fault) for fault in error.faults] == [InputError, OutputError]
    assert str(error) == "a: b. C.\nd: e. F."
