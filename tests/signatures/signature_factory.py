"""Hand-made signatures: three genes, curves that can be evaluated in the head."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from pancreassign.signatures.pack import Signature

LOGIT_THIRD = float(np.log(0.5))
"""The logit of one third: the base rate."""


Figures = dict[str, Any]
STILL: Figures = {"slope": [0.0, 0.0], "centre": [0.0, 0.0], "spread": [0.0, 0.0], "residual": 0.0}
"""The drift of a score that other cells do not move."""
DRIFTING: Figures = {"slope": [-0.5, 0.25], "centre": [1.0, 2.0], "spread": [0.6, 1.6], "residual": 0.1}
"""A score that stroma lowers and immune cells raise; ``spread`` makes noise of 0.3 by one and 0.4 by the other."""


def figures(grade: str = "C", ffpe_noise: float = 0.5, drift: Figures = STILL, weight_noise: float = 0.0) -> Figures:
    """What ``validation.json`` holds of one target."""
    return {
        "grade": grade,
        "n": 39,
        "spearman": 0.5,
        "spearman_interval": {"low": 0.2, "high": 0.7, "level": 0.95},
        "auroc": 0.75,
        "auroc_interval": {"low": 0.6, "high": 0.9, "level": 0.95},
        "permutation_p": 0.01,
        "brier": 0.2,
        "brier_base_rate": 0.222,
        "calibration_slope": None,
        "specific": 0.1,
        "specific_interval": {"low": -0.1, "high": 0.3, "level": 0.95},
        "source": "a test",
        "ceiling": 0.6,
        "ceiling_source": "two assays",
        "family": "ridge",
        "worlds": {"models": {"n": 39, "spearman": 0.5, "spearman_interval": {"low": 0.2, "high": 0.7, "level": 0.95}}},
        "external": {"others": {"n": 20, "spearman": -0.1, "low": -0.4, "high": 0.3, "level": 0.95}},
        "reliability": [
            {"n": 10, "predicted": 0.3, "observed": 0.2, "observed_interval": {"low": 0.1, "high": 0.5, "level": 0.95}}
        ],
        # in standard deviations of fresh scores; the reference tumours' is 2
        "ffpe": {"noise": ffpe_noise / 2},
        "stability": {"noise": weight_noise / 2},
        "to_tumours": {"reference_sd": 2.0},
        "content": {**drift, "drift_stroma": -1.0},
    }


def independent(*genes: str) -> pd.DataFrame:
    """Loadings of genes that share no factor."""
    return pd.DataFrame(0.0, index=list(genes), columns=["factor_1", "factor_2"])


def curves(*sensitive: tuple[float, float], resistant: tuple[tuple[float, float], ...] | None = None) -> pd.DataFrame:
    """A calibration table from (intercept, slope) pairs; the resistant curves mirror the sensitive ones."""
    mirrored = resistant or tuple((intercept, -slope) for intercept, slope in sensitive)
    return pd.DataFrame(
        {
            "sensitive_intercept": [a for a, _ in sensitive],
            "sensitive_slope": [b for _, b in sensitive],
            "resistant_intercept": [a for a, _ in mirrored],
            "resistant_slope": [b for _, b in mirrored],
        },
        index=pd.RangeIndex(len(sensitive), name="draw"),
    )


def signature(
    grade: str = "C",
    ffpe_noise: float = 0.5,
    slope: float = 1.0,
    drift: Figures = STILL,
    weight_noise: float = 0.0,
) -> Signature:
    """Weights 3, -1 and 1 on A, B and C; twenty-one equal curves through the base rate; five reference tumours."""
    genes = ["A", "B", "C"]
    return Signature(
        weights=pd.Series([3.0, -1.0, 1.0], index=genes),
        symbols=pd.Series(["GENE1", "GENE2", "GENE3"], index=genes),
        calibration=curves(*[(LOGIT_THIRD, slope)] * 21),
        reference_scores=np.array([-2.0, -1.0, 0.0, 1.0, 2.0]),
        validation=figures(grade, ffpe_noise, drift, weight_noise),
    )
