"""Whether a plate can be used, and why not: every limit stands here."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pancreassign.chemogram.curves import Curve, Floats
from pancreassign.chemogram.plates import Plate

POOR_FIT = 0.1
"""Root mean square distance of the mean viabilities from the curve (judgement)."""
NOISY = 0.15
"""Median over the doses of the SD of viability between replicates (judgement)."""
RISE = 0.25
"""Rise of mean viability with rising dose, edge rows apart (judgement)."""
CONTROL = 0.2
"""Distance of the lowest doses' viability from 1 (judgement): as far as the curve's top may move."""
PLATEAU_DOSES = 2
"""Lowest doses that are held against the untreated control, an edge row apart."""
EDGE_ROW = 0.25
"""Distance of the lowest or highest dose from its neighbours, in viability, that no drug explains (judgement)."""
EDGE_COLUMN = 0.15
"""Median distance of the first or last replicate from the mean of all, in viability (judgement)."""
UNIT_FACTOR = 100.0
"""Ratio of highest doses at which another unit than the drug's usual one is not believed (judgement)."""

REASONS = {
    "too_few_doses": "fewer than 4 doses: no curve is fitted",
    "poor_fit": f"the mean viabilities lie more than {POOR_FIT} (root mean square) off the curve",
    "noisy_replicates": f"the replicates of a dose differ by more than {NOISY} (SD of viability, median over doses)",
    "non_monotone": f"viability rises by more than {RISE} with rising dose, edge rows apart",
    "control_off": f"the two lowest doses lie more than {CONTROL} off the untreated control: the control is off, or "
    "the lowest dose acts already",
    "range_not_covered": "the doses do not cover the drug's common range: the AAC holds an extrapolated part",
    "edge_artefact": f"the lowest dose lies {EDGE_ROW} below its neighbours, the highest as far above, or the first or "
    f"last replicate {EDGE_COLUMN} off the others",
    "unit_suspect": "the stated unit is not the drug's usual one and puts the doses 100-fold off: check the header",
}
"""Reasons against a plate, by code, in the order in which they are given."""


@dataclass(frozen=True)
class Quality:
    """What the verdict looks at; viability units throughout.

    Attributes
    ----------
    rmse, r2
        Root mean square distance of the mean viabilities from the curve, and the share of their variance that it
        explains (near 0 on a flat curve, which is no fault); NaN without a curve.
    replicate_sd
        Median over the doses of the SD between replicates; NaN with one replicate.
    largest_rise, inner_rise
        Largest rise of mean viability from a lower to a higher dose: over all doses, and without edge rows.
    plateau
        Mean viability of the lowest doses, edge row apart.
    low_edge, high_edge
        How far the lowest dose lies below, and the highest above, its neighbours.
    edge_column
        Median distance of the first or last replicate from the mean of all replicates, the larger of the two.
    outside
        Share of the common range beyond the doses; NaN without one.
    """

    rmse: float
    r2: float
    replicate_sd: float
    largest_rise: float
    inner_rise: float
    plateau: float
    low_edge: float
    high_edge: float
    edge_column: float
    outside: float


def assess(plate: Plate, curve: Curve | None, outside: float) -> Quality:
    """Measure one plate; ``outside`` is the share of the common range beyond its doses."""
    means = plate.means
    low_edge = float(np.median(means[1:3]) - means[0])
    high_edge = float(means[-1] - means[-2])
    inner = means[int(low_edge > EDGE_ROW) : len(means) - int(high_edge > EDGE_ROW)]
    rmse, r2 = (math.nan, math.nan) if curve is None else _fit(means, curve.viability(plate.log_dose))
    return Quality(
        rmse=rmse,
        r2=r2,
        replicate_sd=_replicate_sd(plate.viability),
        largest_rise=_rise(means),
        inner_rise=_rise(inner) if len(inner) else 0.0,
        plateau=float(np.mean(inner[:PLATEAU_DOSES])) if len(inner) else math.nan,
        low_edge=low_edge,
        high_edge=high_edge,
        edge_column=_edge_column(plate.viability),
        outside=outside,
    )


def _fit(means: Floats, fitted: Floats) -> tuple[float, float]:
    squares = float(np.sum((means - fitted) ** 2))
    total = float(np.sum((means - means.mean()) ** 2))
    return math.sqrt(squares / len(means)), 1.0 - squares / total if total > 0 else math.nan


def _replicate_sd(viability: Floats) -> float:
    several = viability[np.sum(~np.isnan(viability), axis=1) > 1]
    return float(np.median(np.nanstd(several, axis=1, ddof=1))) if len(several) else math.nan


def _rise(means: Floats) -> float:
    return float(np.max(means - np.minimum.accumulate(means)))


def _edge_column(viability: Floats) -> float:
    if viability.shape[1] < 2:
        return math.nan
    distance = viability[:, [0, -1]] - np.nanmean(viability, axis=1)[:, None]
    return float(np.max(np.abs(np.nanmedian(distance, axis=0))))


def suspect_units(plates: Sequence[Plate]) -> set[tuple[Any, ...]]:
    """Plates, by :attr:`Plate.order`, whose stated unit is likely wrong.

    Most plates of the drug state another unit, and the plate's highest dose is :data:`UNIT_FACTOR` or more off the
    median of theirs. The unit is never corrected here: who knows the plate mends its header.
    """
    suspects: set[tuple[Any, ...]] = set()
    for drug in {plate.drug for plate in plates}:
        own = [plate for plate in plates if plate.drug == drug]
        unit, number = Counter(plate.unit for plate in own).most_common(1)[0]
        if 2 * number <= len(own):
            continue
        usual = float(np.median([plate.dose[-1] for plate in own if plate.unit == unit]))
        for plate in own:
            away = abs(math.log10(plate.dose[-1] / usual))
            if plate.unit != unit and away >= math.log10(UNIT_FACTOR):
                suspects.add(plate.order)
    return suspects


def reasons(quality: Quality, fitted: bool, unit_suspect: bool) -> tuple[str, ...]:
    """Codes of :data:`REASONS` that hold, in that order; none where the plate can be used."""
    holds: Mapping[str, bool] = {
        "too_few_doses": not fitted,
        "poor_fit": quality.rmse > POOR_FIT,
        "noisy_replicates": quality.replicate_sd > NOISY,
        "non_monotone": quality.inner_rise > RISE,
        "control_off": not abs(quality.plateau - 1.0) <= CONTROL,
        "range_not_covered": not quality.outside <= 0,
        "edge_artefact": max(quality.low_edge, quality.high_edge) > EDGE_ROW or quality.edge_column > EDGE_COLUMN,
        "unit_suspect": unit_suspect,
    }
    return tuple(code for code in REASONS if holds[code])
