"""What is known of the shipped signatures, as tables of docs/validation.md: read from the pack, no figure is typed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from pancreassign.signatures.pack import Pack
from pancreassign.training.baselines import GENERAL_RESPONSE, SUBTYPE


def skill_table(pack: Pack) -> pd.DataFrame:
    """A row a drug, and general sensitivity: the figures that its grade rests on, and the ceilings beside."""
    rows = []
    for target, signature in pack.signatures.items():
        own = signature.validation
        rows.append(
            {
                "target": target,
                "grade": own["grade"],
                "n": own["n"],
                **_spanned("spearman", own["spearman"], own["spearman_interval"]),
                "adjusted_p": own["adjusted_p"],
                **{f"n_{name}": world["n"] for name, world in own["worlds"].items()},
                **{f"rho_{name}": world["spearman"] for name, world in own["worlds"].items()},
                **_spanned("auroc", own["auroc"], own["auroc_interval"]),
                "brier": own["brier"],
                "brier_base_rate": own["brier_base_rate"],
                "ceiling": own["ceiling"],
                "paraffin": own["ffpe"]["spearman"],
                "paraffin_n": own["ffpe"]["n"],
                **_spanned("beyond_subtype", own["adds"][SUBTYPE]["spearman"], own["adds"][SUBTYPE]),
                **_beyond_general(own),
            }
        )
    return pd.DataFrame(rows)


def external_table(pack: Pack) -> pd.DataFrame:
    """A row an external set and target: Spearman with its interval; no grade rests on these."""
    return pd.DataFrame(
        [
            {"set": name, "target": target, "n": own["n"], **_spanned("spearman", own["spearman"], own)}
            for target, signature in pack.signatures.items()
            for name, own in signature.validation["external"].items()
        ]
    )


def _beyond_general(own: Mapping[str, Any]) -> dict[str, float]:
    """What is left of a drug once the measured general sensitivity is known; nothing for general sensitivity itself."""
    found = own["adds"].get(GENERAL_RESPONSE)
    return {} if found is None else _spanned("beyond_general", found["spearman"], found)


def _spanned(name: str, value: float, ends: Mapping[str, float]) -> dict[str, float]:
    return {name: value, f"{name}_low": ends["low"], f"{name}_high": ends["high"]}
