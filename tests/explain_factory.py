"""Records whose sums can be checked in the head."""

from __future__ import annotations

from typing import Any

from pancreassign.records import Drug, Prediction

SMALL = [{"symbol": f"SMALL{i:02d}", "value": i / 1000} for i in range(1, 17)]
"""Sixteen genes that are in no group; they sum to 0.136."""
GROUPED = [
    {"symbol": "TFF2", "value": -0.25},
    {"symbol": "UGT1A10", "value": 0.03},
    {"symbol": "CYP3A5", "value": -0.01},
]
NOTHING = {
    "score": None,
    "score_interval": None,
    "percentile": None,
    "probability": None,
    "probability_interval": None,
    "content_correction": None,
}
"""What a drug's result holds of a score that could not be given."""


def between(low: float, high: float, level: float = 0.9) -> dict[str, float]:
    return {"low": low, "high": high, "level": level}


def drug(name: str, **changes: Any) -> dict[str, Any]:
    """One drug's result: -0.25 + 0.02 + 0.136 + 0.004 (the correction) = -0.09, without demonstrated skill."""
    parts = sorted([*GROUPED, *SMALL], key=lambda part: -abs(part["value"]))
    result: dict[str, Any] = {
        "drug": name,
        "call": "not_evaluable",
        "reason": "no_demonstrated_skill",
        "score": -0.09,
        "score_interval": between(-0.5, 0.3),
        "percentile": 40.0,
        "probability": 0.3,
        "probability_interval": between(0.2, 0.45),
        "evidence": "D",
        "validation": {
            "n": 65,
            "spearman": 0.2,
            "spearman_interval": between(-0.1, 0.4, 0.95),
            "auroc": 0.6,
            "auroc_interval": between(0.4, 0.75, 0.95),
            "permutation_p": 0.06,
            "brier": 0.219,
            "brier_base_rate": 0.222,
            "calibration_slope": None,
            "ceiling": 0.73,
            "ceiling_source": "two assays",
            "source": "models not trained on",
        },
        "reference": {"q25": -0.4, "q50": 0.0, "q75": 0.4},
        "coverage": {"genes": len(parts), "found": len(parts), "missing": []},
        "contributions": parts,
        "content_correction": 0.004,
    }
    return result | changes


def record(verdict: str = "pass", sample: str = "S1", **changed: dict[str, Any]) -> Prediction:
    """A record; ``changed`` holds what is changed by drug, in lower case, ``five_fu`` for 5-FU."""
    keys = {"5-FU": "five_fu"}
    failed = {
        "name": "reads_on_genes", "value": 1.0, "unit": "reads", "threshold": None, "verdict": "fail", "code": "few",
        "source": "test",
    }  # fmt: skip
    return Prediction.model_validate(
        {
            "software": {"name": "pancreassign", "version": "0.1.0"},
            "pack": {"name": "pack", "version": "1", "sha256": "0", "released": "2026-01-01"},
            "reference": {"name": "reference", "version": "2", "protocol": "full-length", "sha256": "1", "tumours": 54},
            "catalogue": {"version": "1", "sha256": "2"},
            "sample": {"id": sample, "sex": "female"},
            "input": {
                "sha256": "3", "units": "counts", "strand": None, "genes": 100, "genes_matched": 99, "genes_renamed": 0,
                "genes_ambiguous": 0, "genes_summed": 0, "rounded": False,
            },
            "qc": {"verdict": verdict, "checks": [failed] if verdict == "fail" else []},
            "general": {"score": 0.36, "percentile": 61.0, "evidence": "C"},
            "drugs": [drug(one, **changed.get(keys.get(one, one), {})) for one in Drug],
            "setting": {"value": "first_line_metastatic", "assumed": True},
            "clinical": {},
            "regimens": [],
            "context": {},
            "caveats": [{"code": "research_use", "text": "For research use."}],
        }
    )  # fmt: skip
