"""What issue 3 asked for, held against the run's own tables: a failure is reported as one."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from benchmarks.ffpe.libraries import DRUGS

SCORED_DEPTHS = (5_000_000, 2_000_000, 1_000_000, 500_000)
LOWEST_CONTENT = 0.2


def aims_table(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """A row an aim: the figure of the worst drug that it asks of, the limit, and whether it was met.

    Parameters
    ----------
    tables
        By file name, as the run wrote them: ``shipped_pairs``, ``shipped_calls``, ``shipped_depth``,
        ``shipped_content``, ``verdict_summary``.
    """
    pairs, calls, depth, content = (
        _drugs(tables[f"shipped_{name}"]) for name in ("pairs", "calls", "depth", "content")
    )
    matched, everyone = (pairs[pairs["pairs"] == label] for label in ("matched", "all"))
    thinned = depth[(depth["libraries"] == "pancreas") & depth["reads"].isin(SCORED_DEPTHS)]
    mixed, low = content[content["content"] >= LOWEST_CONTENT], content[content["content"] == LOWEST_CONTENT]
    verdict = tables["verdict_summary"]
    caught, passed = (
        float(verdict.loc[verdict["libraries"] == kind, column].iloc[0])
        for kind, column in (("unreliable", "caught"), ("good", "pass"))
    )
    rows = [
        ("Spearman, matched pairs, each score", "≥", 0.80, matched["spearman"].min(), _worst(matched, "spearman")),
        ("the same, mean of the five", "≥", 0.80, matched["spearman"].mean(), ""),
        ("mean shift, matched pairs, SD", "≤", 0.30, matched["shift"].abs().max(), _worst(matched, "shift")),
        ("opposite calls, matched pairs", "≤", 0, calls.loc[calls["pairs"] == "matched", "opposite"].sum(), ""),
        ("Spearman, all 16 tumours, each score", "≥", 0.50, everyone["spearman"].min(), _worst(everyone, "spearman")),
        ("the same, mean of the five", "≥", 0.50, everyone["spearman"].mean(), ""),
        ("90 % interval holds, 5 M to 500 k reads", "≥", 0.90, thinned["holds"].min(), _worst(thinned, "holds")),
        ("rank of tumours down to 20 % content", "≥", 0.80, mixed["spearman"].min(), _worst(mixed, "spearman")),
        ("drift to 20 % content, SD", "<", 0.50, low["drift"].abs().max(), _worst(low, "drift")),
        (
            "the same, tumours unseen",
            "<",
            0.50,
            low["drift_cross_fitted"].abs().max(),
            _worst(low, "drift_cross_fitted"),
        ),
        ("unreliable libraries caught", "≥", 0.95, caught, ""),
        ("good libraries that pass", "≥", 0.90, passed, ""),
    ]
    named = ("aim", "sign", "limit", "figure", "worst")
    return pd.DataFrame([{**dict(zip(named, row, strict=True)), "met": _met(*row[1:4])} for row in rows])


def _met(sign: str, limit: float, figure: float) -> str:
    held = {"≥": figure >= limit, "≤": figure <= limit, "<": figure < limit}[sign]
    return "yes" if held else "**no**"


def _drugs(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of the five drugs, their name in ``score``."""
    named = table.rename(columns={"drug": "score"})
    return named[named["score"].isin(DRUGS)]


def _worst(table: pd.DataFrame, column: str) -> str:
    """The drug furthest on the bad side: the lowest agreement, the largest shift or drift in either direction."""
    high_is_bad = column in {"shift", "drift", "drift_cross_fitted"}
    figures = table[column].abs() if high_is_bad else table[column]
    return str(table["score"].iloc[int(figures.argmax() if high_is_bad else figures.argmin())])
