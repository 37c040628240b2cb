"""What is shown beside the calls as exploratory: never used by a call or a rank."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from pancreassign.percentiles import percentile
from pancreassign.quality.tissues import Tissues
from pancreassign.records import rounded


def describe(measured: Mapping[str, float], tumours: pd.DataFrame, tissues: Tissues) -> dict[str, Any]:
    """The record's ``context``: programmes and genes of pharmacology, as percentiles among the reference's tumours.

    Parameters
    ----------
    measured
        Level of every programme in the sample, log2 over the average reference tumour.
    tumours
        The same of the reference's tumours.

    Returns
    -------
    ``exploratory`` (always true) and by programme its ``title``, ``kind``, ``level``, ``percentile`` (0-100, ties half)
    and ``source``; ``level`` and ``percentile`` are ``None`` where too few of its genes were measured.
    """
    shown = {name: one for name, one in tissues.programmes.items() if one.kind in ("context", "gene")}
    programmes = {
        name: {
            "title": one.title,
            "kind": one.kind,
            "level": rounded(measured[name]),
            "percentile": percentile(measured[name], tumours[name].dropna().to_numpy(dtype=float)),
            "source": one.source,
        }
        for name, one in shown.items()
    }
    return {"exploratory": True, "programmes": programmes}
