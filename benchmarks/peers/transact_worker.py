"""TRANSACT (Mourragui et al. 2021, doi 10.1073/pnas.2106682118) in an environment of its own: run by transact.py.

    PYTHON transact_worker.py JOB.npz OUT.npz

Imports nothing of ours: its environment holds ``transact-dr`` alone. Settings as in the authors' study of GDSC and
TCGA (Gaussian kernel with gamma 0.0005, 70 and 150 components, 30 principal vectors), as far as a batch allows.
Gamma is scaled by the genes; that theirs were 1,780 is from memory, not verified.
"""

from __future__ import annotations

import resource
import sys
import time
import warnings
from typing import Any

import numpy as np
import numpy.typing as npt
from transact.TRANSACT import TRANSACT

Array = npt.NDArray[np.float64]

GAMMA_TIMES_GENES = 0.0005 * 1780
SOURCE, TARGET, VECTORS = 70, 150, 30
PENALTIES = np.logspace(-4, 1, 6)
"""Fewer than the package's 34 penalties: enough to find the best of a flat curve in a fifth of the time."""


def fitted(source: Array, target: Array) -> TRANSACT:
    """The consensus features of source and target, samples × genes, each standardised."""
    most = len(target) - 1
    model = TRANSACT(
        kernel="rbf",
        kernel_params={"gamma": GAMMA_TIMES_GENES / source.shape[1]},
        n_components={"source": SOURCE, "target": min(TARGET, most)},
        n_pv=min(VECTORS, most),
        n_jobs=1,
        verbose=False,
    )
    return model.fit(source, target, with_interpolation=True)


def predictions(model: TRANSACT, source: Array, responses: Array, batches: list[Array]) -> list[Array]:
    """By batch: samples × drugs, from a predictor learnt on the source's consensus features."""
    found = [np.full((len(batch), responses.shape[1]), np.nan) for batch in batches]
    for drug in range(responses.shape[1]):
        known = np.isfinite(responses[:, drug])
        y = responses[known, drug]
        model.fit_predictor(source[known], (y - y.mean()) / y.std(ddof=1), alpha_values=PENALTIES)
        for values, batch in zip(found, batches, strict=True):
            values[:, drug] = model.predict(batch)
    return found


def main(job_path: str, out_path: str) -> None:
    """Refit on every target, and predict it; the first target also serves as a frozen cohort for ``new``."""
    job = np.load(job_path)
    source, responses = job["source"], job["responses"]
    results: dict[str, Any] = {}
    for place in range(int(job["targets"])):
        target = job[f"target_{place}"]
        start = time.perf_counter()
        others = [job["new"]] if place == 0 and "new" in job else []
        if len(target) < 3:
            results[f"target_{place}"] = np.full((len(target), responses.shape[1]), np.nan)
        else:
            own, *new = predictions(fitted(source, target), source, responses, [target, *others])
            results[f"target_{place}"] = own
            results |= {"new": new[0]} if new else {}
        results[f"seconds_{place}"] = time.perf_counter() - start
    results["peak_bytes"] = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    np.savez(out_path, **results)


if __name__ == "__main__":
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # elastic nets that do not converge at the smallest penalties
        main(sys.argv[1], sys.argv[2])
