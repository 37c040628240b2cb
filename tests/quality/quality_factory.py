"""A made-up world of tissues: 70 genes whose cells are known, so that every level can be worked out by hand.

Ten genes each of the tumour cell (``T``), of stroma (``S``) and of immune cells (``I``), which vary little among the
reference's tumours, ten ductal genes (``D``), and five each of liver (``L``), acini (``A``), islets (``N``), kidney
(``K``), a context programme (``C``) and others (``O``).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from pancreassign.quality.assess import Yardstick
from pancreassign.quality.content import ContentModel
from pancreassign.quality.tissues import SOURCES, Kind, Programme, Tissues

SIZES = {"T": 10, "S": 10, "I": 10, "D": 10, "L": 5, "A": 5, "N": 5, "K": 5, "C": 5, "O": 5}
IDS = {kind: [f"{kind}{k}" for k in range(size)] for kind, size in SIZES.items()}
GENES = pd.Index([gene for members in IDS.values() for gene in members], name="gene_id")
PROGRAMMES: tuple[tuple[str, Kind, str, str], ...] = (
    ("ductal", "identity", "ductal carcinoma", "D"),
    ("liver", "normal", "liver", "L"),
    ("acinar", "normal", "acinar pancreas", "A"),
    ("islet", "normal", "islets", "N"),
    ("kidney", "other", "kidney", "K"),
    ("basal", "context", "basal-like", "C"),
    ("O0", "gene", "O0 (does something)", "O"),
)
MODEL = ContentModel(stroma_offset=-1.0, immune_offset=-2.0, error=0.1)
MEASURED = {
    "ductal": 0.0,
    "epithelial": 0.0,
    "tumour": 0.0,
    "stroma": 0.0,
    "immune": 0.0,
    "liver": 0.0,
    "acinar": 0.0,
    "islet": 0.0,
    "kidney": 0.0,
    "basal": 0.0,
    "O0": 0.0,
    "share_liver": 0.0,
    "share_acinar": 0.0,
}
"""The average reference tumour."""


def versus() -> pd.DataFrame:
    """Log2 of pure tumour over other tissue: 4 for the tumour's genes, -4 for those of the tissue."""
    table = pd.DataFrame(4.0, index=GENES, columns=list(SOURCES))
    table.loc[IDS["S"], ["vs_fibroblast", "vs_stroma"]] = -4.0
    table.loc[IDS["I"], ["vs_fibroblast", "vs_stroma"]] = [0.0, -4.0]
    table.loc[IDS["L"], "vs_liver"] = -4.0
    table.loc[IDS["A"], "vs_acinar"] = -4.0
    return table


def profiles() -> pd.DataFrame:
    """Shares of reads: liver holds 0.6 on its markers, acini 0.8, tumour and stroma none of either."""
    table = pd.DataFrame(0.0, index=GENES, columns=["tumour", "stroma", "liver", "acinar"])
    table.loc[[*IDS["T"], *IDS["D"]], "tumour"] = 0.05
    table.loc[[*IDS["S"], *IDS["I"]], "stroma"] = 0.05
    for name, kind, markers in (("liver", "L", 0.6), ("acinar", "A", 0.8)):
        table.loc[IDS[kind], name] = markers / 5
        table.loc[IDS["T"], name] = (1.0 - markers) / 10
    return table


def tissues(**programme: Kind) -> Tissues:
    """The tissues of this world; ``programme`` gives a programme another kind."""
    made = {
        name: Programme(name, programme.get(name, kind), title, f"source of {name}", tuple(IDS[genes]))
        for name, kind, title, genes in PROGRAMMES
    }
    return Tissues(versus(), profiles(), made, MODEL)


def reference() -> pd.DataFrame:
    """The reference's gene table: tumour, stroma and immune genes are stable, the tumour's are the anchors."""
    table = pd.DataFrame({"bulk_mean": 10.0, "stable": False, "anchor": False}, index=GENES)
    table.loc[[*IDS["T"], *IDS["S"], *IDS["I"]], "stable"] = True
    table.loc[IDS["T"], "anchor"] = True
    return table


def tumours(**changed: Any) -> pd.DataFrame:
    """What was measured in 21 reference tumours: every level from -1 to 1, so that the quartiles are -0.5 and 0.5."""
    spread = np.linspace(-1.0, 1.0, 21)
    return pd.DataFrame({**dict.fromkeys(MEASURED, spread), **changed})


def described() -> pd.DataFrame:
    """The gene table: every gene codes for a protein and is of one length."""
    return pd.DataFrame({"symbol": list(GENES), "biotype": "protein_coding", "length": 1000.0}, index=GENES)


def yardstick(**changed: Any) -> Yardstick:
    """The yardstick of this world."""
    given = {
        "genes": described(),
        "reference": reference(),
        "tumours": tumours(),
        "protocol": "full-length",
        "tissues": tissues(),
    }
    return Yardstick(**{**given, **changed})
