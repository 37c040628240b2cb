"""Run the comparison and write its tables: ``python -m benchmarks.peers [DATA] [OUT] [TRANSACT]``.

``TRANSACT`` is an interpreter that has ``transact-dr``; without it, that row stays empty.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
from threadpoolctl import threadpool_limits

from benchmarks.peers import batches, cost, material, methods, skill, summary, transact
from benchmarks.peers.batches import LARGE, Draw
from benchmarks.peers.material import Samples
from benchmarks.peers.methods import TRANSACT
from pancreassign.training import lines as cell_lines

DATA, OUT, INTERPRETER = Path("../shared/data"), Path("results/bench-peers"), Path("results/transact-env/bin/python")
HOME, AWAY = "umccr_pdac", "tcga_paad"
"""The laboratories whose tumours are drawn: the patient's own, and another."""


def main(data: Path, out: Path, interpreter: Path) -> None:
    """Write one TSV a table."""
    out.mkdir(parents=True, exist_ok=True)

    def write(name: str, make: Callable[[], pd.DataFrame]) -> None:
        start = time.perf_counter()
        make().to_csv(out / f"{name}.tsv", sep="\t", index=False, float_format="%.4f")
        print(f"{out / name}.tsv\t{time.perf_counter() - start:.0f} s", flush=True)

    samples = material.load(data)
    python = interpreter if interpreter.is_file() else None
    if python is None:
        print(f"{interpreter} is not there: {TRANSACT} is left out", flush=True)
    write("sources", lambda: methods.sources(samples))
    write("skill", lambda: accuracy(samples, python))
    tumours = pd.concat([samples.tumours[HOME], samples.tumours[AWAY]], axis=1, join="inner")
    home, away = (list(map(str, samples.tumours[name])) for name in (HOME, AWAY))
    drawn = batches.draws(home, away, samples.recipe.seed)
    write("batches", lambda: dependence(samples, tumours, drawn, python))
    write("cost", lambda: costs(samples, tumours[drawn[0].batches["large"]], python))
    written = {name: pd.read_csv(out / f"{name}.tsv", sep="\t") for name in ("skill", "batches", "cost")}
    write("summary", lambda: summary.table(written))


def accuracy(samples: Samples, python: Path | None) -> pd.DataFrame:
    """Skill on the organoids and on the pancreas lines."""
    organoids, lines = methods.organoids(samples), methods.pancreas_lines(samples)
    if python is not None:
        organoids[TRANSACT], lines[TRANSACT] = transact.worlds(python, samples)
    responses = cell_lines.centred_responses(samples.lines).loc[lines[methods.OURS].index]
    worlds = (
        (samples.recipe.models.world, organoids, samples.models.sensitivity),
        (samples.lines.test_world, lines, responses),
    )
    return pd.concat([skill.table(*world, samples.recipe.seed) for world in worlds])


def dependence(samples: Samples, tumours: pd.DataFrame, drawn: list[Draw], python: Path | None) -> pd.DataFrame:
    """How values hang on the batch, of every method."""
    scorers = batches.scorers(samples)
    values = {name: batches.measured(drawn, tumours, one) for name, one in scorers.items()}
    cohort = {name: one(tumours) for name, one in scorers.items()}
    found = batches.table(values, cohort)
    if python is None:
        return found
    refitted, whole, by_cohort = by_transact(samples, tumours, drawn, python)
    own = batches.table({TRANSACT: refitted}, {TRANSACT: whole})
    # refitted on a batch it takes no patient alone, but a fit on earlier patients stays as it is
    frozen = float((by_cohort - whole.loc[by_cohort.index]).abs().max().max()) < batches.SAME
    return pd.concat([found, own.assign(alone="same by an earlier fit" if frozen else own["alone"])])


def by_transact(
    samples: Samples, tumours: pd.DataFrame, drawn: list[Draw], python: Path
) -> tuple[pd.Series, pd.DataFrame, pd.DataFrame]:
    """TRANSACT refitted on every batch; on all tumours; and, by that fit, the drawn patients one by one."""
    log = material.log_cpm(tumours, samples.kit)
    keys = [(place, batch) for place, draw in enumerate(drawn) for batch in draw.batches]
    around = [log.loc[drawn[place].batches[batch]] for place, batch in keys]
    source = methods.joined(samples.every_line.slices)
    patients = log.loc[[draw.patient for draw in drawn]]
    run = transact.predict(python, source, samples.every_line.sensitivity, [log, *around], patients)
    assert run.new is not None
    found = {key: table.iloc[0] for key, table in zip(keys, run.batches[1:], strict=True)}
    return batches.stacked(found), run.batches[0], run.new


def costs(samples: Samples, tumours: pd.DataFrame, python: Path | None) -> pd.DataFrame:
    """Time and memory of a batch of :data:`LARGE` tumours."""
    found = cost.table(tumours, batches.scorers(samples))
    if python is None:
        return found
    log = material.log_cpm(tumours, samples.kit)
    run = transact.predict(python, methods.joined(samples.every_line.slices), samples.every_line.sensitivity, [log])
    row = {"method": TRANSACT, "seconds": run.seconds[0] / LARGE, "megabytes": run.megabytes}
    return cost.with_ratios(pd.concat([found[["method", "seconds", "megabytes"]], pd.DataFrame([row])]))


if __name__ == "__main__":
    given = [Path(argument) for argument in sys.argv[1:4]]
    with threadpool_limits(1):
        main(*given, *(DATA, OUT, INTERPRETER)[len(given) :])
