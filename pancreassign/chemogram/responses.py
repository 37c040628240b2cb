"""From plates to tables: every plate measured and judged, and one value per model and drug."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pancreassign.chemogram.curves import Curve, area_above, area_by_trapezoid, fit, ic50
from pancreassign.chemogram.names import passage_order
from pancreassign.chemogram.plates import Plate
from pancreassign.chemogram.ranges import DoseRange, common_ranges
from pancreassign.chemogram.verdict import Quality, assess, reasons, suspect_units
from pancreassign.records import rounded

USABLE, NOT_USABLE = "usable", "not_usable"


@dataclass(frozen=True)
class Result:
    """One plate with its curve, its figures and its verdict.

    Attributes
    ----------
    curve
        ``None`` with fewer than 4 doses.
    range
        The drug's common dose range; ``None`` where its plates share none.
    aac, aac_trapezoid
        Area above the fitted curve, and above straight lines between the means, over the common range: 0 to 1,
        high = sensitive; NaN without a range (or a curve).
    ic50
        Relation ``=``, ``>`` or ``<`` and dose in µM; ``("", NaN)`` without a curve.
    reasons
        Why the plate is not used; empty where it is.
    """

    plate: Plate
    curve: Curve | None
    range: DoseRange | None
    aac: float
    aac_trapezoid: float
    ic50: tuple[str, float]
    quality: Quality
    reasons: tuple[str, ...]

    @property
    def usable(self) -> bool:
        """Whether the plate enters the value of its model and drug."""
        return not self.reasons


def measure(plates: Sequence[Plate], stated: Mapping[str, DoseRange] | None = None) -> list[Result]:
    """Fit and judge every plate, in :attr:`Plate.order`; ``stated`` fixes the common ranges of drugs.

    A plate whose unit is suspect has no say in the range of the others.
    """
    plates = sorted(plates, key=lambda plate: plate.order)
    suspects = suspect_units(plates)
    ranges = common_ranges([plate for plate in plates if plate.order not in suspects], stated or {})
    return [_measure(plate, ranges[plate.drug], plate.order in suspects) for plate in plates]


def _measure(plate: Plate, common: DoseRange | None, unit_suspect: bool) -> Result:
    curve = fit(plate.log_dose, plate.viability)
    quality = assess(plate, curve, common.outside(plate) if common else math.nan)
    return Result(
        plate=plate,
        curve=curve,
        range=common,
        aac=area_above(curve, *common.logs) if curve and common else math.nan,
        aac_trapezoid=area_by_trapezoid(plate.log_dose, plate.means, *common.logs) if common else math.nan,
        ic50=ic50(curve, plate.dose[0], plate.dose[-1]) if curve else ("", math.nan),
        quality=quality,
        reasons=reasons(quality, curve is not None, unit_suspect),
    )


def plate_table(results: Sequence[Result]) -> pd.DataFrame:
    """A row a plate, with every figure; doses in µM, viabilities as shares of the untreated control."""
    return tidy([_plate_row(result) for result in results])


def _plate_row(result: Result) -> dict[str, Any]:
    plate, curve, quality = result.plate, result.curve, result.quality
    relation, dose = result.ic50
    return {
        "plate": plate.name,
        "model": plate.model,
        "drug": plate.drug,
        "passage": plate.passage,
        "date": plate.date,
        "verdict": USABLE if result.usable else NOT_USABLE,
        "reasons": ",".join(result.reasons),
        "aac": result.aac,
        "aac_trapezoid": result.aac_trapezoid,
        "range_low_uM": result.range.low if result.range else math.nan,
        "range_high_uM": result.range.high if result.range else math.nan,
        "extrapolated": quality.outside,
        "ic50_relation": relation,
        "ic50_uM": dose,
        "e_inf": curve.e_inf if curve else math.nan,
        "hill": curve.hill if curve else math.nan,
        "top": curve.top if curve else math.nan,
        "inflection_uM": 10**curve.log_ec50 if curve else math.nan,
        "parameters": curve.parameters if curve else 0,
        "rmse": quality.rmse,
        "r2": quality.r2,
        "replicate_sd": quality.replicate_sd,
        "largest_rise": quality.largest_rise,
        "plateau": quality.plateau,
        "low_edge": quality.low_edge,
        "high_edge": quality.high_edge,
        "edge_column": quality.edge_column,
        "doses": len(plate.dose),
        "replicates": plate.viability.shape[1],
        "lowest_dose_uM": plate.dose[0],
        "highest_dose_uM": plate.dose[-1],
        "stated_unit": plate.unit,
        "control_signal": plate.control,
        "control_row_removed": "yes" if plate.control_row else "no",
    }


def response_table(results: Sequence[Result]) -> pd.DataFrame:
    """The tidy table that ``train`` reads: a row a drug and model, the mean AAC of the usable plates.

    ``value`` is empty where no plate of the model is usable: what is unknown stays unknown.
    """
    groups = itertools.groupby(results, key=lambda one: (one.plate.drug, one.plate.model))
    return tidy([_response_row(model, drug, list(group)) for (drug, model), group in groups])


def _response_row(model: str, drug: str, results: Sequence[Result]) -> dict[str, Any]:
    used = [result for result in results if result.usable]
    values = np.array([result.aac for result in used])
    relation, dose = _model_ic50([result.ic50 for result in used])
    common = results[0].range
    curves = [result.curve for result in used if result.curve]
    return {
        "model": model,
        "drug": drug,
        "value": float(values.mean()) if len(used) else math.nan,
        "measure": "AAC",
        "high_means": "sensitive",
        "n_plates": len(used),
        "n_refused": len(results) - len(used),
        "passages": ",".join(sorted({one.plate.passage for one in used if one.plate.passage}, key=passage_order)),
        "sd_plates": float(values.std(ddof=1)) if len(used) > 1 else math.nan,
        "aac_trapezoid": float(np.mean([one.aac_trapezoid for one in used])) if used else math.nan,
        "ic50_relation": relation,
        "ic50_uM": dose,
        "e_inf": float(np.mean([curve.e_inf for curve in curves])) if curves else math.nan,
        "range_low_uM": common.low if common else math.nan,
        "range_high_uM": common.high if common else math.nan,
    }


def _model_ic50(plates: Sequence[tuple[str, float]]) -> tuple[str, float]:
    """Geometric mean of the plates' IC50; a bound where plates give bounds on one side, nothing where on both."""
    bounds = {relation for relation, _ in plates} - {"="}
    if not plates or len(bounds) > 1:
        return "", math.nan
    return (bounds.pop() if bounds else "="), float(np.exp(np.mean([math.log(dose) for _, dose in plates])))


def tidy(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Rows as a table: doses (columns ``_uM``) and signals to six significant digits, all else to six decimals.

    A share such as 1e-18 is 0: digits that the fit does not settle would differ between machines.
    """
    table = pd.DataFrame(rows)
    for column in table.select_dtypes("float").columns:
        significant = column.endswith(("_uM", "_signal"))
        table[column] = table[column].map(rounded).astype(float) if significant else table[column].round(6) + 0.0
    return table


def to_tsv(table: pd.DataFrame) -> str:
    """A table as tab-separated text, empty where unknown."""
    return str(table.to_csv(sep="\t", index=False, lineterminator="\n"))
