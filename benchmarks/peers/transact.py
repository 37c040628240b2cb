"""TRANSACT as a method like the others; it runs in an interpreter of its own (``make bench-peers`` installs it)."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.peers import methods
from benchmarks.peers.material import DRUGS, Samples, batch_z
from pancreassign.errors import ConfigError

WORKER = Path(__file__).with_name("transact_worker.py")


@dataclass(frozen=True)
class Run:
    """What the worker gave back.

    Attributes
    ----------
    batches
        By batch: samples × drugs, higher = more sensitive, refitted on each batch; NaN where it is too small.
    new
        The further samples, by the fit on the first batch; ``None`` where there were none.
    seconds
        By batch.
    megabytes
        The worker's peak, its interpreter and libraries included.
    """

    batches: list[pd.DataFrame]
    new: pd.DataFrame | None
    seconds: list[float]
    megabytes: float


def predict(
    python: Path,
    source: pd.DataFrame,
    sensitivity: pd.DataFrame,
    batches: Sequence[pd.DataFrame],
    new: pd.DataFrame | None = None,
) -> Run:
    """Refit on every batch (samples × genes, log scale) and predict it.

    Parameters
    ----------
    python
        An interpreter that has ``transact-dr``.
    source, sensitivity
        lines × genes, z-scores; lines × drugs, higher = more sensitive.
    new
        Samples to predict by the fit on the first batch, standardised by that batch.

    Raises
    ------
    ConfigError
        Where the worker fails.
    """
    genes = source.columns.intersection(batches[0].columns, sort=False)
    genes = genes[np.logical_and.reduce([batch[genes].notna().all() for batch in batches])]
    arrays = {f"target_{place}": batch_z(batch[genes]).to_numpy() for place, batch in enumerate(batches)}
    if new is not None:
        first = batches[0][genes]
        arrays["new"] = (
            (new[genes] - first.mean()) / first.std(ddof=1).where(first.std(ddof=1) > 0, np.inf)
        ).to_numpy()
    known = sensitivity.reindex(source.index)[DRUGS].to_numpy()
    with tempfile.TemporaryDirectory() as folder:
        job, out = Path(folder, "job.npz"), Path(folder, "out.npz")
        np.savez(job, source=source[genes].to_numpy(), responses=known, targets=len(batches), **arrays)  # type: ignore[arg-type]
        # isolated: our folder, which has a module of the package's name, is no part of its path
        command = [str(python), "-I", str(WORKER), str(job), str(out)]
        alone = {**os.environ, "OMP_NUM_THREADS": "1"}
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=alone)
        if done.returncode:
            last = done.stderr.strip().splitlines()[-1:] or [f"exit code {done.returncode}"]
            raise ConfigError(str(python), f"cannot run TRANSACT ({last[0]})", "Install it: make bench-peers does.")
        with np.load(out) as found:
            tables = [pd.DataFrame(found[f"target_{place}"], batch.index, DRUGS) for place, batch in enumerate(batches)]
            extra = None if new is None else pd.DataFrame(found["new"], new.index, DRUGS)
            seconds = [float(found[f"seconds_{place}"]) for place in range(len(batches))]
            return Run(tables, extra, seconds, float(found["peak_bytes"]) / 1e6)


def worlds(python: Path, samples: Samples) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Scores of the organoids (by lines of all tissues), and of the pancreas lines (by lines of the others)."""
    lines = samples.every_line
    source = methods.joined(lines.slices)
    organoids = predict(python, source, lines.sensitivity, [samples.models.expression]).batches[0]
    others = source[lines.tissue[source.index].ne(samples.tissue).to_numpy()]
    return organoids, predict(python, others, lines.sensitivity, [samples.left_out(lines)]).batches[0]
