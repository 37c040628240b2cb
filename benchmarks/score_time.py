"""How long `pancreassign score` takes for one sample, as ratios within one run (``make bench``).

Prints the median wall time of five runs each of: importing numpy, pandas and anndata; scoring one sample without
and with its report; and scoring all example samples, so that a further report's cost can be told. Then the time of
one hundred reports by ``pancreassign report``, once.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).parents[1]
RUNS, MANY = 5, 100


def seconds(*arguments: str) -> float:
    """Wall time of one run of this interpreter."""
    start = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
    return time.perf_counter() - start


def main() -> None:
    """Measure in turns, so that a machine that slows down slows all alike."""
    counts = pd.read_csv(ROOT / "data/example/counts.tsv.gz", sep="\t", index_col=0)
    with tempfile.TemporaryDirectory() as folder:
        one, all_samples = Path(folder, "one.tsv"), Path(folder, "all.tsv")
        counts.iloc[:, :1].to_csv(one, sep="\t")
        counts.to_csv(all_samples, sep="\t")
        score = ["-m", "pancreassign", "score", "--force", "-o", str(Path(folder, "out"))]
        commands = {
            "imports": ["-c", "import numpy, pandas, anndata"],
            "one sample, no report": [*score, str(one), "--no-report"],
            "one sample": [*score, str(one)],
            f"{counts.shape[1]} samples, no report": [*score, str(all_samples), "--no-report"],
            f"{counts.shape[1]} samples": [*score, str(all_samples)],
        }
        times: dict[str, list[float]] = {name: [] for name in commands}
        for turn in range(RUNS + 1):
            for name, command in commands.items():
                taken = seconds(*command)
                if turn:  # the first turn warms the file cache
                    times[name].append(taken)
    base, bare, first, many_bare, many = (statistics.median(taken) for taken in times.values())
    for name, taken in times.items():
        print(f"{name:28} {statistics.median(taken):6.2f} s   {min(taken):.2f} to {max(taken):.2f}")
    print(f"\none sample, no report / imports: {bare / base:.2f} (at most 3)")
    print(f"first report adds {first - bare:.2f} s (at most 1.5)")
    further = (many - many_bare - (first - bare)) / (counts.shape[1] - 1)
    print(f"a further report adds {further:.2f} s (at most 0.7)")
    print(f"{MANY} reports take {many_reports():.0f} s (at most 40)")


def many_reports() -> float:
    """Seconds for :data:`MANY` records of the example, under other names."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "out")
        counts = str(ROOT / "data/example/counts.tsv.gz")
        seconds("-m", "pancreassign", "score", counts, "--no-report", "-o", str(out))
        scored = [json.loads(path.read_bytes()) for path in sorted(out.glob("*/prediction.json"))]
        paths = []
        for number in range(MANY):
            record = scored[number % len(scored)]
            record["sample"]["id"] = f"SIMULATED_{number}"
            paths.append(Path(folder, f"{number}.json"))
            paths[-1].write_text(json.dumps(record), encoding="utf-8")
        return seconds("-m", "pancreassign", "report", *map(str, paths), "-o", str(Path(folder, "pages")))


if __name__ == "__main__":
    main()
