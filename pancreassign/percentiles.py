"""Where a value stands among others."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from pancreassign.records import rounded


def percentile(value: float | None, reference: npt.NDArray[Any]) -> float | None:
    """Mid-rank percentile (0-100) of ``value`` among ``reference``: ties count half; ``None`` where it is unknown.

    Both are compared with the six digits that frozen tables hold, so that a reference tumour ties with itself.
    """
    known = rounded(value)
    if known is None or not len(reference):
        return None
    below, level = np.count_nonzero(reference < known), np.count_nonzero(reference == known)
    return rounded(100.0 * (below + 0.5 * level) / len(reference))
