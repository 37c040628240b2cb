"""What a second core and an earlier run save, as ratios within one run (``make bench``).

Scores :data:`SAMPLES` samples (those of the example under other names) once by ``pancreassign score`` with one process
and with two, then works them off as a sheet by ``pancreassign run``: at first, again with nothing changed, and with one
sample changed. Wall times, once each. Then the cohort page of :data:`MANY` samples: its size, what it takes to build.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd

from pancreassign.page.build import to_html
from pancreassign.records import read_record

ROOT = Path(__file__).parents[1]
SAMPLES, MANY = 100, 1000


def seconds(*arguments: object) -> float:
    """Wall time of one pancreassign command."""
    start = time.perf_counter()
    command = [sys.executable, "-m", "pancreassign", *map(str, arguments)]
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start


def main() -> None:
    """Measure and print."""
    counts = pd.read_csv(ROOT / "data/example/counts.tsv.gz", sep="\t", index_col=0)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        samples = [f"SIMULATED_{number}" for number in range(SAMPLES)]
        for number, sample in enumerate(samples):
            own = counts.iloc[:, number % counts.shape[1]].copy()
            own.iloc[0] += number  # the same counts under two names would be refused
            own.to_csv(folder / f"{sample}.htseq.txt", sep="\t", header=False)
        files = [folder / f"{sample}.htseq.txt" for sample in samples]
        sheet = folder / "sheet.tsv"
        lines = [f"{file.name}\t{sample}" for file, sample in zip(files, samples, strict=True)]
        sheet.write_text("\n".join(["path\tsample", *lines, ""]))
        worked = ("run", sheet, "-o", folder / "run")
        one = seconds("score", *files, "-o", folder / "one")
        two = seconds("score", *files, "-o", folder / "two", "--jobs", 2)
        first, again = seconds(*worked), seconds(*worked)
        (counts.iloc[:, 1] + 1).to_csv(files[0], sep="\t", header=False)
        changed = seconds(*worked)
        page, building = cohort_page(folder / "one")
    print(f"{SAMPLES} samples with reports, one process: {one:.1f} s")
    print(f"two processes / one: {two / one:.2f}")
    print(f"a sheet / score: {first / one:.2f}")
    print(f"the same sheet again, nothing changed / first: {again / first:.2f}")
    print(f"one sample changed / first: {changed / first:.2f}")
    print(f"cohort.html of {MANY} samples: {page / 1e6:.1f} MB; building it / scoring {SAMPLES}: {building / one:.2f}")


def cohort_page(out: Path) -> tuple[int, float]:
    """Bytes, and seconds to build, of the page of :data:`MANY` samples: those of ``out`` under other names."""
    known = [read_record(path) for path in sorted(out.glob("*/prediction.json"))]
    records = []
    for number in range(MANY):
        record = known[number % len(known)]
        sample = record.sample.model_copy(update={"id": f"SIMULATED_{number}"})
        records.append(record.model_copy(update={"sample": sample}))
    start = time.perf_counter()
    page = to_html(records, folders=[record.sample.id for record in records])
    return len(page.encode()), time.perf_counter() - start


if __name__ == "__main__":
    main()
