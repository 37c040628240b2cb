"""A cohort of 12 tumours × 400 genes whose means, spreads and shares can be written down by hand.

The 240 flat genes sum to 1,000,000 × depth in every tumour, so that a gene's abundance is its count / depth.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pancreassign.normalize import reference
from pancreassign.quality.tissues import SOURCES

TUMOURS = 12
DEPTH = np.array([1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 5])
FLAT, VARIABLE = 240, 60
UNSTABLE = ["MT-CO1", "HBB", "H2AC6", "HIST1H1C", "RPL13A", "RPLP0", "RPSA"]
TISSUES = list(SOURCES)
LOOKALIKES = ["RPS6KA1", "HBEGF", "H6PD", "MRPL1"]


@dataclass(frozen=True)
class Cohort:
    """``counts`` genes × tumours; by gene id ``symbols``, ``biotypes`` and ``tissues``.

    In ``tissues`` pure tumour holds four times as much of every gene as any other tissue, so that nothing keeps a gene
    out of the panel or the anchors; a test that wants one kept out lowers its number.
    """

    counts: pd.DataFrame
    symbols: pd.Series
    biotypes: pd.Series
    tissues: pd.DataFrame

    def fit(self, **changed: Any) -> tuple[pd.DataFrame, pd.DataFrame]:
        """The reference of this cohort, of other ``counts``, ``symbols``, ``biotypes`` or ``tissues`` where given."""
        given = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return reference.fit(**{**given, **changed})


def cohort() -> Cohort:
    """Build the cohort: flat, variable, scarce, silent, unstable, not coding and unnamed genes."""
    high = np.arange(TUMOURS) % 2 == 0
    rows: list[tuple[str, str, str, np.ndarray]] = []  # id, symbol, biotype, abundance
    # 119 pairs of flat genes at 4000 ± 40 in opposite phase, and one pair that brings the sum to 1,000,000
    for pair in range(FLAT // 2):
        base = 4000.0 if pair else (1_000_000 - 238 * 4000) / 2
        swing = np.where(high, 0.01, -0.01) * base
        rows.append(("F", "", "protein_coding", base + swing))
        rows.append(("F", "", "protein_coding", base - swing))
    # abundance 63 or 3: log2(1 + x) is 6 or 2
    rows += [("V", "", "protein_coding", np.where(high ^ bool(k % 2), 63.0, 3.0)) for k in range(VARIABLE)]
    rows += [("U", name, "protein_coding", np.full(TUMOURS, 5000.0) + high) for name in UNSTABLE]
    rows += [("L", "", "protein_coding", np.where(high, 2.0, 1.0)) for _ in range(40)]  # mean CPM below 5
    rows += [("S", "", "protein_coding", np.zeros(TUMOURS)) for _ in range(45)]
    rows += [("N", "", "lncRNA", np.full(TUMOURS, 900.0)) for _ in range(4)]
    rows += [("X", None, "protein_coding", np.full(TUMOURS, 900.0)) for _ in range(4)]  # no symbol
    ids = [f"{kind}{place:03d}" for place, (kind, *_) in enumerate(rows)]
    symbols = ["" if name is None else name or f"SYM{gene}" for gene, (_, name, *_) in zip(ids, rows, strict=True)]
    for name, place in zip(LOOKALIKES, range(10, 14), strict=True):
        symbols[place] = name
    counts = np.array([abundance * DEPTH for *_, abundance in rows])
    index = pd.Index(ids, name="gene_id")
    columns = [f"T{k:02d}" for k in range(TUMOURS)]
    # shuffled, since a reference sorts its genes itself
    order = np.random.default_rng(3).permutation(len(ids))
    return Cohort(
        pd.DataFrame(counts, index=index, columns=columns).iloc[order],
        pd.Series(symbols, index=index),
        pd.Series([biotype for *_, biotype, _ in rows], index=index),
        pd.DataFrame(2.0, index=index, columns=TISSUES),
    )
