"""How a score drifts as stroma dilutes the tumour, and its frozen correction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Drift:
    """A score's drift with dilution, ``-log2(tumour content)``, frozen in the pack (``training/content.py``).

    Attributes
    ----------
    slope
        Score per unit of dilution.
    centre, spread
        Mean and standard deviation of the dilution among the reference tumours.
    residual
        Root mean square of what the correction leaves, per unit of dilution.
    """

    slope: float
    centre: float
    spread: float
    residual: float

    @classmethod
    def of(cls, figures: Mapping[str, float]) -> Drift:
        """The drift from the figures of ``validation.json``."""
        return cls(**{key: float(figures[key]) for key in ("slope", "centre", "spread", "residual")})

    def correct(self, score: float, dilution: float | None) -> tuple[float, float]:
        """The score at the reference tumours' mean dilution, and the standard deviation that the correction leaves.

        Where the dilution is unknown, the score stays and the noise is what the reference tumours' spread would make.
        """
        if dilution is None:
            return score, abs(self.slope) * self.spread
        away = dilution - self.centre
        return score - self.slope * away, self.residual * abs(away)
