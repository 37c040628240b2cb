"""The dose range over which a drug's areas are compared: one for all plates of the drug."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pancreassign.chemogram.names import drug_name
from pancreassign.chemogram.plates import Plate
from pancreassign.errors import ConfigError

SHARE_COVERED = 0.9
"""Share of a drug's plates that reach down to the range's low end, and that reach up to its high end (judgement).

All plates would be safest, but one plate of a short ladder would then cut the range of every other.
"""
SLACK = 0.005
"""Decades by which a plate's ladder may fall short of the range: rounding of doses, no more."""


@dataclass(frozen=True)
class DoseRange:
    """From ``low`` to ``high``, both in µM."""

    low: float
    high: float

    @property
    def logs(self) -> tuple[float, float]:
        """log10 of both ends in µM."""
        return math.log10(self.low), math.log10(self.high)

    def outside(self, plate: Plate) -> float:
        """Share of the range, in log dose, that lies beyond the plate's doses: the curve is extrapolated there."""
        low, high = self.logs
        first, last = plate.log_dose[0], plate.log_dose[-1]
        beyond = sum(gap for gap in (first - low, high - last) if gap > SLACK)
        return min(float(beyond) / (high - low), 1.0)


def common_ranges(plates: Sequence[Plate], stated: Mapping[str, DoseRange]) -> dict[str, DoseRange | None]:
    """The common range per drug.

    Its low end is the lowest dose that :data:`SHARE_COVERED` of the plates reach down to, its high end the highest dose
    that as many reach up to. A drug of ``stated`` has the range stated there; ``None`` where the plates of a drug share
    no range. The low end looks at the doses that were used, the control row apart.
    """
    ranges: dict[str, DoseRange | None] = {}
    for drug in dict.fromkeys(plate.drug for plate in plates):
        own = [plate for plate in plates if plate.drug == drug]
        needed = math.ceil(SHARE_COVERED * len(own))
        low = float(np.sort([plate.dose[0] for plate in own])[needed - 1])
        high = float(np.sort([plate.dose[-1] for plate in own])[len(own) - needed])
        ranges[drug] = stated.get(drug) or (DoseRange(low, high) if math.log10(high / low) > SLACK else None)
    return ranges


def parse_ranges(texts: Sequence[str]) -> dict[str, DoseRange]:
    """Ranges stated as ``DRUG=LOW:HIGH`` in µM, by drug; raises :class:`ConfigError` where one is none."""
    ranges: dict[str, DoseRange] = {}
    for text in texts:
        name, _, span = text.partition("=")
        drug = drug_name(name)
        try:
            low, high = (float(end) for end in span.split(":"))
        except ValueError:
            low = high = math.nan
        if not drug or drug in ranges or not 0 < low < high < math.inf:
            raise ConfigError(
                f"--range {text}",
                "is not one range of one drug",
                "Write for example --range gemcitabine=0.001:1, in µM.",
            )
        ranges[drug] = DoseRange(low, high)
    return ranges
