"""How a score drifts as other cells dilute the tumour, and its frozen correction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

Pair = tuple[float, float]
"""A value for stroma, and one for immune and other cells."""


@dataclass(frozen=True)
class Drift:
    """A score's drift with the burden of stroma and of immune cells, frozen in the pack (``training/content.py``).

    A burden counts halvings: ``log2(1 + amount of RNA beside the tumour's)``.

    Attributes
    ----------
    slope
        Score per unit of each burden.
    centre, spread
        Mean and standard deviation of each burden among the reference tumours.
    residual
        Root mean square of what the correction leaves in the worst kind of stroma, per unit from pure tumour.
    """

    slope: Pair
    centre: Pair
    spread: Pair
    residual: float

    @classmethod
    def of(cls, figures: Mapping[str, Any]) -> Drift:
        """The drift from the figures of ``validation.json``."""
        pairs = [figures[name] for name in ("slope", "centre", "spread")]
        slope, centre, spread = ((float(one), float(two)) for one, two in pairs)
        return cls(slope, centre, spread, float(figures["residual"]))

    def correct(self, score: float, burden: Pair | None) -> tuple[float, float]:
        """The score at the reference tumours' mean burden, and the standard deviation that the correction leaves.

        Where the burden is unknown, the score stays and the noise is what the reference tumours' spread would make.
        """
        if burden is None:
            return score, float(np.hypot(self.slope[0] * self.spread[0], self.slope[1] * self.spread[1]))
        away = (burden[0] - self.centre[0], burden[1] - self.centre[1])
        moved = self.slope[0] * away[0] + self.slope[1] * away[1]
        # what is left is counted from pure tumour: the correction does not know which stroma this patient has
        return score - moved, self.residual * float(np.hypot(*burden))
