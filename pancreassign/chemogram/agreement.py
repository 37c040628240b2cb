"""How well the assay agrees with itself: between passages of a model, and between the replicates of a plate."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import f as f_distribution
from scipy.stats import pearsonr, spearmanr

from pancreassign.chemogram.curves import Floats, area_above, fit
from pancreassign.chemogram.responses import Result, tidy

LEVEL = 0.95
"""Level of the interval of the intraclass correlation."""
FEWEST_PAIRS = 3
"""Pairs below which no correlation is given."""


def agreement_table(results: Sequence[Result]) -> pd.DataFrame:
    """A row a drug, from its usable plates; empty where too few plates say nothing.

    Columns: ``plates`` and ``models`` used; of passages: ``pairs`` (one a model: its first and its last plate by
    passage) with ``spearman`` and ``pearson``, ``icc`` of all plates with its 95 % interval, ``sd_within`` and
    ``sd_between`` models in AAC; ``ceiling``, the square root of ``icc`` where its interval excludes 0: no predictor of
    one plate's AAC correlates better with it (Spearman's correction for attenuation, 1904). Of replicates:
    ``replicate_single``, the mean correlation of AAC refitted on single replicate columns, and
    ``replicate_reliability``, that of the plate with all its columns by the Spearman-Brown formula.
    """
    drugs = itertools.groupby(results, key=lambda one: one.plate.drug)
    return tidy([_row(drug, [one for one in own if one.usable]) for drug, own in drugs])


def _row(drug: str, used: Sequence[Result]) -> dict[str, Any]:
    models = [list(own) for _, own in itertools.groupby(used, key=lambda one: one.plate.model)]
    pairs = np.array([(own[0].aac, own[-1].aac) for own in models if len(own) > 1]).reshape(-1, 2)
    single, whole = replicate_reliability(used)
    return {
        "drug": drug,
        "measure": "AAC",
        "plates": len(used),
        "models": len(models),
        "pairs": len(pairs),
        "spearman": _correlation(pairs, spearmanr),
        "pearson": _correlation(pairs, pearsonr),
        **intraclass([np.array([one.aac for one in own]) for own in models]),
        "replicate_single": single,
        "replicate_reliability": whole,
    }


def _correlation(pairs: Floats, method: Any) -> float:
    if len(pairs) < FEWEST_PAIRS or np.ptp(pairs, axis=0).min() == 0:
        return math.nan
    return float(method(pairs[:, 0], pairs[:, 1]).statistic)


def intraclass(models: Sequence[Floats]) -> dict[str, float]:
    """ICC(1), one-way random effects (Shrout and Fleiss 1979, doi 10.1037/0033-2909.86.2.420).

    ``(B - W) / (B + (k - 1) W)`` with the mean squares between and within models and ``k`` the mean number of plates a
    model, corrected for models with different numbers. Models with one plate tell of the spread between models only.
    The interval is exact for equal numbers and an approximation else.

    Parameters
    ----------
    models
        (plates,) values of each model.

    Returns
    -------
    ``icc``, ``icc_low``, ``icc_high``, ``sd_within``, ``sd_between`` and ``ceiling``; NaN where fewer than
    :data:`FEWEST_PAIRS` plates stand beside another of their model, or no two models are there.
    """
    names = ("icc", "icc_low", "icc_high", "sd_within", "sd_between", "ceiling")
    sizes = np.array([len(values) for values in models])
    inside = int(sizes.sum()) - len(models)
    if len(models) < 2 or inside < FEWEST_PAIRS:
        return dict.fromkeys(names, math.nan)
    everything = np.concatenate(models)
    between = float(sum(len(own) * (own.mean() - everything.mean()) ** 2 for own in models)) / (len(models) - 1)
    within = float(sum(np.sum((own - own.mean()) ** 2) for own in models)) / inside
    mean_size = float(sizes.sum() - np.sum(sizes**2) / sizes.sum()) / (len(models) - 1)
    if within == 0:
        return dict.fromkeys(names, math.nan)

    def at(ratio: float) -> float:
        return (ratio - 1) / (ratio + mean_size - 1)

    tail = (1 + LEVEL) / 2
    low = at(between / within / float(f_distribution.ppf(tail, len(models) - 1, inside)))
    high = at(between / within * float(f_distribution.ppf(tail, inside, len(models) - 1)))
    icc = at(between / within)
    spread = math.sqrt(max(0.0, (between - within) / mean_size))
    figures = (icc, low, high, math.sqrt(within), spread, math.sqrt(icc) if low > 0 else math.nan)
    return dict(zip(names, figures, strict=True))


def replicate_reliability(used: Sequence[Result]) -> tuple[float, float]:
    """Reliability of one replicate column, and of the whole plate by Spearman and Brown.

    Each column is fitted alone, on the same control. The mean of Pearson's correlations over all pairs of columns is
    the reliability ``r`` of one column, and ``k r / (1 + (k - 1) r)`` that of the mean of ``k``, here the fewest
    columns of any plate. NaN with one column, too few plates, or where ``r`` is not above 0. The untreated control and
    the doses are the same for all columns, so what they are wrong by does not show.
    """
    columns = min((one.plate.viability.shape[1] for one in used), default=0)
    areas = [areas for areas in (_column_areas(one, columns) for one in used) if np.isfinite(areas).all()]
    table = np.array(areas).reshape(-1, columns) if areas else np.empty((0, columns))
    pairs = [table[:, list(pair)] for pair in itertools.combinations(range(columns), 2)]
    single = float(np.mean([_correlation(pair, pearsonr) for pair in pairs])) if pairs else math.nan
    return single, columns * single / (1 + (columns - 1) * single) if single > 0 else math.nan


def _column_areas(one: Result, columns: int) -> Floats:
    """(columns,) AAC by single replicate columns; NaN where one has too few wells."""
    areas = np.full(columns, math.nan)
    for column in range(columns):
        viability = one.plate.viability[:, [column]]
        filled = ~np.isnan(viability[:, 0])
        curve = fit(one.plate.log_dose[filled], viability[filled])
        if curve and one.range:
            areas[column] = area_above(curve, *one.range.logs)
    return areas
