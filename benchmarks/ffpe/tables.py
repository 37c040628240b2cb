"""The tables of random signatures: normalisation and gene set, cross-fitted choice, ceiling, depth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmarks.ffpe.material import PANEL, Material
from benchmarks.ffpe.normalisations import SHIPPED
from benchmarks.ffpe.random_signatures import SEED, Drawn, Scorer, halves, thin
from benchmarks.ffpe.statistics import Agreement, agreement, interval
from pancreassign.simulate.mix import mix

Array = npt.NDArray[np.float64]

DEPTHS = (10_000_000, 5_000_000, 2_000_000, 1_000_000, 500_000, 100_000)
DEPTH_SETS = ("variable", "variable_tumour", PANEL)
"""Gene sets for which depth and content are reported: the panel, and what it was narrowed down from."""
CONTENTS = (1.0, 0.5, 0.3, 0.2, 0.1)
"""Shares of the reads that are the tumour's."""
CONTENT_PROFILES = ("human_stroma", "stroma", "fibroblast")
Scores = dict[str, tuple[Array, Array]]
"""By gene set: paraffin and fresh scores, patients × signatures."""


def pair_scores(material: Material, scorers: Sequence[Scorer], drawn: Mapping[str, Drawn]) -> dict[str, Scores]:
    """Scores of the pairs by normalisation and gene set."""
    scored: dict[str, Scores] = {}
    for scorer in scorers:
        paraffin, fresh = scorer.normalised(material.paraffin), scorer.normalised(material.fresh)
        scored[scorer.name] = {
            name: (scorer.scores(paraffin, one), scorer.scores(fresh, one)) for name, one in drawn.items()
        }
    return scored


def normalisation_table(scored: Mapping[str, Scores], matched: int) -> pd.DataFrame:
    """A row for each gene set, choice of pairs and normalisation."""
    rows = []
    for name in scored[SHIPPED]:
        for label, part in (("matched", slice(0, matched)), ("all", slice(None))):
            found = {
                method: agreement(scores[name][0][part], scores[name][1][part], SEED)
                for method, scores in scored.items()
            }
            rows += [
                {"genes": name, "pairs": label, "normalisation": method, **_row(one, found[SHIPPED])}
                for method, one in found.items()
            ]
    return pd.DataFrame(rows)


def _row(one: Agreement, shipped: Agreement) -> dict[str, float]:
    low, high = interval(one.spearman)
    shift_low, shift_high = interval(one.shift)
    gain = one.spearman - shipped.spearman
    gain_low, gain_high = interval(gain)
    return {
        "n": one.pairs,
        "spearman": one.spearman[0],
        "spearman_low": low,
        "spearman_high": high,
        "minus_shipped": gain[0],
        "minus_shipped_low": gain_low,
        "minus_shipped_high": gain_high,
        "shift": one.shift[0],
        "shift_low": shift_low,
        "shift_high": shift_high,
        "error": one.error,
        "spread": one.spread,
    }


def crossfit_table(scored: Mapping[str, Scores], matched: int) -> pd.DataFrame:
    """What choosing the normalisation by these very pairs is worth, for each gene set.

    For each patient the normalisation with the highest Spearman among the other patients is taken, and the patient is
    scored by it. ``spearman`` and ``shift`` are those of scores that did not see their own choice.
    """
    rows = []
    for name in scored[SHIPPED]:
        for label, n in (("matched", matched), ("all", len(next(iter(scored[SHIPPED].values()))[0]))):
            chosen = [_best(scored, name, [other for other in range(n) if other != one]) for one in range(n)]
            paraffin, fresh = (
                np.array([_centred(scored[method][name], side, n)[one] for one, method in enumerate(chosen)])
                for side in (0, 1)
            )
            found = agreement(paraffin, fresh, SEED)
            counts = pd.Series(chosen).value_counts()
            rows.append(
                {
                    "genes": name,
                    "pairs": label,
                    "spearman": found.spearman[0],
                    "shift": found.shift[0],
                    "chosen": ", ".join(f"{method} {times}" for method, times in counts.items()),
                }
            )
    return pd.DataFrame(rows)


def _best(scored: Mapping[str, Scores], name: str, rows: Sequence[int]) -> str:
    """The normalisation with the highest mean Spearman among the patients ``rows``; the first where two are level."""
    found = {m: agreement(s[name][0][rows], s[name][1][rows], SEED, draws=0).spearman[0] for m, s in scored.items()}
    return max(found, key=lambda method: found[method])


def _centred(pair: tuple[Array, Array], side: int, n: int) -> Array:
    # rank pairs have a level of their own: off with the level of the fresh tumours, the same for both sides
    return np.asarray(pair[side][:n] - pair[1][:n].mean(axis=0))


def ceiling_table(material: Material, scorers: Sequence[Scorer], drawn: Mapping[str, Drawn]) -> pd.DataFrame:
    """Split-half reliability: how far a library agrees with itself, and what that leaves for a pair.

    ``paraffin`` and ``fresh`` are the Spearman correlation of two binomial halves over the tumours, stepped up to the
    whole library by ``2r / (1 + r)`` (Spearman and Brown, 1910); ``ceiling`` is the root of their product.
    """
    rng = np.random.default_rng(SEED)
    split = {"paraffin": halves(material.paraffin, rng), "fresh": halves(material.fresh, rng)}
    rows = []
    for scorer in scorers:
        own = {side: [scorer.normalised(half) for half in both] for side, both in split.items()}
        for name, one in drawn.items():
            for label, part in (("matched", slice(0, material.matched)), ("all", slice(None))):
                whole = {}
                for side, (first, second) in own.items():
                    a, b = (scorer.scores(half[part], one) for half in (first, second))
                    r = agreement(a, b, SEED, draws=0).spearman[0]
                    whole[side] = 2.0 * r / (1.0 + r)
                ceiling = float(np.sqrt(whole["paraffin"] * whole["fresh"]))
                rows.append({"genes": name, "pairs": label, "normalisation": scorer.name, **whole, "ceiling": ceiling})
    return pd.DataFrame(rows)


def depth_table(material: Material, scorers: Sequence[Scorer], drawn: Mapping[str, Drawn]) -> pd.DataFrame:
    """Paraffin libraries thinned: agreement with the fresh library, and error against the same library unthinned.

    ``deep`` libraries hold more reads than the row asks for; the others enter whole. ``error`` and ``bias`` (root mean
    square, and mean over signatures of the absolute mean) are of the deep libraries, in reference standard deviations;
    ``failed`` libraries could not be normalised.
    """
    rng = np.random.default_rng(SEED)
    reads = material.paraffin.sum(axis=0)
    thinned = {depth: thin(material.paraffin, depth, rng) for depth in DEPTHS}
    rows = []
    for scorer in scorers:
        whole, fresh = scorer.normalised(material.paraffin), scorer.normalised(material.fresh)
        for depth, counts in thinned.items():
            own = scorer.normalised(counts)
            deep = reads > depth
            for name in DEPTH_SETS:
                a, b, c = (scorer.scores(values, drawn[name]) for values in (own, fresh, whole))
                change = (a - c)[deep & np.isfinite(a).all(axis=1)]
                rows.append(
                    {
                        "genes": name,
                        "normalisation": scorer.name,
                        "reads": depth,
                        "deep": int(deep.sum()),
                        "failed": int((~np.isfinite(a).all(axis=1)).sum()),
                        "spearman_matched": _spearman(a, b, material.matched),
                        "spearman_all": _spearman(a, b, len(a)),
                        "error": float(np.sqrt((change**2).mean())) if len(change) else np.nan,
                        "bias": float(np.abs(change.mean(axis=0)).mean()) if len(change) else np.nan,
                    }
                )
    return pd.DataFrame(rows)


def content_table(material: Material, scorers: Sequence[Scorer], drawn: Mapping[str, Drawn]) -> pd.DataFrame:
    """Pure tumours mixed with pure stroma: agreement with the same tumours unmixed, in reference standard deviations.

    ``drift`` is the mean over signatures of the absolute mean change, ``error`` its root mean square. No correction for
    content is made: what is left is what normalisation and gene set do by themselves.
    """
    rows = []
    for kind in CONTENT_PROFILES:
        mixed, what = mix(material.pure.astype(np.int64), material.tissues[kind], CONTENTS, SEED)
        for scorer in scorers:
            own = scorer.normalised(mixed.to_numpy(float))
            for name in DEPTH_SETS:
                scores = scorer.scores(own, drawn[name])
                pure = scores[(what["content"] == 1.0).to_numpy()]
                for content in CONTENTS[1:]:
                    found = agreement(scores[(what["content"] == content).to_numpy()], pure, SEED, draws=0)
                    figures = {"spearman": found.spearman[0], "drift": found.shift[0], "error": found.error}
                    where = {"genes": name, "normalisation": scorer.name, "profile": kind, "content": content}
                    rows.append({**where, "n": found.pairs, **figures})
    return pd.DataFrame(rows)


def _spearman(paraffin: Array, fresh: Array, n: int) -> float:
    return float(agreement(paraffin[:n], fresh[:n], SEED, draws=0).spearman[0])
