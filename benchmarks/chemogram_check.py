"""The chemograms held against an independent fit, and how far each limit of the verdict is from the plates.

    python benchmarks/chemogram_check.py [PLATES]

Fits every plate with four parameters a second time in other ways: by scipy's differential evolution, a global search
without a start, and by lmfit (``pip install lmfit``) where it is installed. Both minimise the same squares in other
parameters; their areas come from numeric quadrature, their IC50 from bisection: of ours, only the plates are used.
Before that it prints the quantiles of every figure that the verdict has a limit for, the counts of verdicts, the
common ranges, the agreement table, and the same agreement of all plates that cover the range, usable or not.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from scipy.integrate import quad
from scipy.optimize import brentq, differential_evolution

from pancreassign.chemogram.agreement import agreement_table
from pancreassign.chemogram.layouts import layout_of
from pancreassign.chemogram.plates import Plate, read_plates
from pancreassign.chemogram.responses import Result, measure, plate_table, to_tsv

PLATES = Path("../shared/data/models/compass_plates")
Curve = Callable[[float], float]
KEPT = {"range_not_covered", "unit_suspect", "too_few_doses"}
"""Reasons that leave no comparable area, whatever one thinks of the plate."""
APART = 0.002
"""Areas further apart than this are named."""


def hill_curve(top: float, bottom: float, slope: float, middle: float) -> Curve:
    """The log-logistic written with powers of ten, over log10 dose."""
    return lambda x: bottom + (top - bottom) / (1.0 + 10.0 ** min(slope * (x - middle), 300.0))


def by_evolution(plate: Plate) -> Curve:
    """The curve by a global search, on every well; the plateaus as (top, drop), the slope as its log10."""
    x, y = plate.log_dose, plate.viability
    box = [(0.8, 1.2), (0.0, 1.0), (math.log10(0.3), 1.0), (x[0] - 1, x[-1] + 1)]

    def error(theta: np.ndarray) -> float:
        top, share, slope, middle = theta
        curve = hill_curve(top, top * (1 - share), 10.0**slope, middle)
        return float(np.nansum((np.array([curve(one) for one in x])[:, None] - y) ** 2))

    found = differential_evolution(error, box, seed=0, tol=1e-10, maxiter=600, popsize=20)
    top, share, slope, middle = found.x
    return hill_curve(top, top * (1 - share), 10.0**slope, middle)


def by_lmfit(plate: Plate) -> Curve:
    """The curve by lmfit's Levenberg-Marquardt from nine starts, on every well."""
    import lmfit

    x = np.repeat(plate.log_dose, plate.viability.shape[1])
    y = plate.viability.ravel()
    x, y = x[~np.isnan(y)], y[~np.isnan(y)]

    def residual(p: object) -> np.ndarray:
        return (
            p["bottom"] + (p["top"] - p["bottom"]) / (1 + 10 ** np.clip(p["slope"] * (x - p["middle"]), -300, 300)) - y
        )

    best = None
    for middle in np.quantile(plate.log_dose, [0.25, 0.5, 0.75]):
        for slope in (0.7, 1.5, 5.0):
            p = lmfit.Parameters()
            p.add("top", value=1.0, min=0.8, max=1.2)
            p.add("share", value=0.5, min=0.0, max=1.0)
            p.add("bottom", expr="top * share")
            p.add("slope", value=slope, min=0.3, max=10.0)
            p.add("middle", value=middle, min=plate.log_dose[0] - 1, max=plate.log_dose[-1] + 1)
            found = lmfit.minimize(residual, p, method="leastsq")
            if best is None or found.chisqr < best.chisqr:
                best = found
    return hill_curve(*(best.params[name].value for name in ("top", "bottom", "slope", "middle")))


def area(curve: Curve, low: float, high: float) -> float:
    """AAC by numeric quadrature in 400 pieces; above 1 counts as 1."""
    edges = np.linspace(low, high, 401)
    pieces = [quad(lambda x: 1 - min(curve(x), 1.0), a, b)[0] for a, b in itertools.pairwise(edges)]
    return float(sum(pieces) / (high - low))


def half(curve: Curve, plate: Plate) -> float:
    """IC50 in µM by bisection inside the doses; infinite or 0 where it is not reached or passed."""
    low, high = plate.log_dose[0], plate.log_dose[-1]
    if curve(high) > 0.5:
        return math.inf
    if curve(low) < 0.5:
        return 0.0
    return 10.0 ** brentq(lambda x: curve(x) - 0.5, low, high)


def compare(name: str, method: Callable[[Plate], Curve], results: Sequence[Result]) -> None:
    """Print how far ours and the other's AAC and IC50 lie apart."""
    fitted = [one for one in results if one.curve and one.curve.parameters == 4]
    others = [method(one.plate) for one in fitted]
    ours = np.array([one.aac for one in fitted])
    theirs = np.array([area(curve, *one.range.logs) for one, curve in zip(fitted, others, strict=True)])
    apart = np.abs(ours - theirs)
    usable = np.array([one.usable for one in fitted])
    print(f"{name}\tplates {len(fitted)}\tAAC r {np.corrcoef(ours, theirs)[0, 1]:.6f}", end="")
    for label, part in (("all", apart), ("usable", apart[usable])):
        print(
            f"\t{label}: median {np.median(part):.1e}, 99 % {np.quantile(part, 0.99):.1e}, largest {part.max():.1e}",
            end="",
        )
    print()
    halves = [half(curve, one.plate) for one, curve in zip(fitted, others, strict=True)]
    relations = [">" if math.isinf(dose) else "<" if dose == 0 else "=" for dose in halves]
    same = [one.ic50[0] == relation for one, relation in zip(fitted, relations, strict=True)]
    both = [
        (one.ic50[1], dose) for one, dose, ok in zip(fitted, halves, same, strict=True) if ok and 0 < dose < math.inf
    ]
    folds = np.abs([math.log10(first / second) for first, second in both])
    print(f"{name}\tIC50 censored alike {sum(same)} of {len(same)}", end="")
    print(f"\tlog10 ratio of {len(folds)}: median {np.median(folds):.1e}, largest {folds.max():.1e}")
    for one, their, gap, ok in zip(fitted, theirs, apart, same, strict=True):
        if gap > APART or not ok:
            print(f"{name}\t{one.plate.name}\tours {one.aac:.4f} theirs {their:.4f}\t{','.join(one.reasons)}")
    worse = [squares(one, curve) - squares(one, one.curve.viability) for one, curve in zip(fitted, others, strict=True)]
    print(f"{name}\tsum of squares, theirs - ours: least {min(worse):.1e}, largest {max(worse):.1e}")


def squares(result: Result, curve: Callable) -> float:
    """Sum of squares over every well: what both fits minimise."""
    fitted = np.array([float(np.asarray(curve(one))) for one in result.plate.log_dose])
    return float(np.nansum((fitted[:, None] - result.plate.viability) ** 2))


def main(folder: Path) -> None:
    """Print everything that docs/chemogram.md quotes."""
    results = measure(read_plates([folder], layout_of))
    table = plate_table(results)
    print("figure\tq50\tq75\tq90\tq95\tlargest")
    for figure in ("rmse", "replicate_sd", "largest_rise", "low_edge", "high_edge", "edge_column"):
        print(figure, *(f"{table[figure].quantile(q):.3f}" for q in (0.5, 0.75, 0.9, 0.95, 1.0)), sep="\t")
    away = (table["plateau"] - 1).abs()
    print("control", *(f"{away.quantile(q):.3f}" for q in (0.5, 0.75, 0.9, 0.95, 1.0)), sep="\t")
    print(f"control rows taken for a dose\t{(table['control_row_removed'] == 'yes').sum()}")
    print("\ndrug\tusable\tplates\trange")
    for drug, own in table.groupby("drug", sort=False):
        span = f"{own['range_low_uM'].iloc[0]:g} to {own['range_high_uM'].iloc[0]:g}"
        print(drug, (own["verdict"] == "usable").sum(), len(own), span, sep="\t")
    print("\nreason\tplates\tthe only reason")
    for reason, number in Counter(code for one in results for code in one.reasons).most_common():
        print(reason, number, sum(one.reasons == (reason,) for one in results), sep="\t")
    gap = (table["aac"] - table["aac_trapezoid"]).abs()[table["verdict"] == "usable"]
    print(f"\nfitted and trapezoid AAC of usable plates: median {gap.median():.4f}, largest {gap.max():.4f}")
    print("\nagreement, usable plates\n" + to_tsv(agreement_table(results).round(2)))
    every = [dataclasses.replace(one, reasons=tuple(sorted(KEPT & set(one.reasons)))) for one in results]
    print("agreement, all plates that cover the range\n" + to_tsv(agreement_table(every).round(2)))
    compare("evolution", by_evolution, results)
    try:
        compare("lmfit", by_lmfit, results)
    except ImportError:
        print("lmfit is not installed: pip install lmfit")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else PLATES)
