"""The tables of the shipped five scores, taken from the records that ``score`` would write."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmarks.ffpe.libraries import DRUGS, TARGETS, Records, opposite, reference_sd, score
from benchmarks.ffpe.random_signatures import SEED, thin
from benchmarks.ffpe.statistics import interval, resamples, spearman
from benchmarks.ffpe.tables import CONTENT_PROFILES, CONTENTS, DEPTHS
from pancreassign.kit import Kit
from pancreassign.records import Call
from pancreassign.signatures.calibrate import HALF_WIDTH
from pancreassign.simulate.mix import mix
from pancreassign.training.content import LOW

Array = npt.NDArray[np.float64]


class Pairs:
    """Both sides of the pairs as records; the matched patients come first."""

    def __init__(self, counts: pd.DataFrame, pairs: Sequence[tuple[str, str]], matched: int, kit: Kit) -> None:
        self.matched, self.counts, self._kit = matched, counts, kit
        self.paraffin_names, self.fresh_names = ([pair[side] for pair in pairs] for side in (0, 1))
        self.paraffin = score(counts[self.paraffin_names], kit, "ffpe")
        # stated as frozen, the interval of a paraffin library holds the noise of its own depth and genes alone
        self.depth_only = score(counts[self.paraffin_names], kit, "frozen")
        self.fresh = score(counts[self.fresh_names], kit, "frozen")

    def scores(self, target: str) -> tuple[Array, Array]:
        """Paraffin and fresh scores of every patient."""
        return tuple(side.scores[target].to_numpy(float) for side in (self.paraffin, self.fresh))  # type: ignore[return-value]

    def uncorrected(self, target: str, n: int) -> float:
        """Spearman of the first ``n`` patients' scores before the correction for content; NaN for the general score."""
        if target not in DRUGS:
            return float("nan")
        a, b = (side.uncorrected[target].to_numpy(float)[:n] for side in (self.paraffin, self.fresh))
        return _spearman(a, b)

    def rows(self) -> dict[str, int]:
        """How many patients each choice of pairs has."""
        return {"matched": self.matched, "all": len(self.paraffin_names)}


def pairs_table(pairs: Pairs) -> pd.DataFrame:
    """Agreement of paraffin with fresh for each score; units: standard deviations of the reference tumours' scores."""
    rows = []
    for label, n in pairs.rows().items():
        weights = resamples(n, SEED)
        for target in TARGETS:
            a, b = (side[:n] for side in pairs.scores(target))
            rho = spearman(a[:, None], b[:, None], weights)[:, 0]
            shift = weights @ (a - b) / n
            low, high = interval(rho)
            shift_low, shift_high = interval(shift)
            rows.append(
                {
                    "pairs": label,
                    "n": n,
                    "score": target,
                    "spearman": rho[0],
                    "spearman_uncorrected": pairs.uncorrected(target, n),
                    "spearman_low": low,
                    "spearman_high": high,
                    "shift": shift[0],
                    "shift_low": shift_low,
                    "shift_high": shift_high,
                    "error": float(np.sqrt(((a - b) ** 2).mean())),
                    "spread": float(b.std(ddof=1)),
                }
            )
    return pd.DataFrame(rows)


def calls_table(pairs: Pairs) -> pd.DataFrame:
    """Calls of both sides as they would be at grade C with quality passed, and what the paraffin interval holds.

    ``holds`` is how often it holds the fresh score: the shipped interval, whose noise of paraffin was measured on the
    matched pairs themselves; ``holds_crossfitted``, one whose noise was measured on the *other* matched patients.
    """
    rows = []
    for label, n in pairs.rows().items():
        for drug in DRUGS:
            first, second = (side.calls[drug].iloc[:n].reset_index(drop=True) for side in (pairs.paraffin, pairs.fresh))
            a, b = (side[:n] for side in pairs.scores(drug))
            shipped, crossed = pairs.paraffin.noise[drug].to_numpy(float)[:n], crossfitted_noise(pairs, drug)[:n]
            rows.append(
                {
                    "pairs": label,
                    "n": n,
                    "drug": drug,
                    "same_call": int((first == second).sum()),
                    "opposite": int(opposite(first, second).sum()),
                    **{f"paraffin_{call.value}": int((first == call.value).sum()) for call in Call},
                    **{f"fresh_{call.value}": int((second == call.value).sum()) for call in Call},
                    "holds": float((np.abs(a - b) <= HALF_WIDTH * shipped).mean()),
                    "holds_crossfitted": float((np.abs(a - b) <= HALF_WIDTH * crossed).mean()),
                }
            )
    return pd.DataFrame(rows)


def crossfitted_noise(pairs: Pairs, drug: str) -> Array:
    """Noise of each paraffin score with the paraffin part from the other matched patients (as ``paraffin_noise``)."""
    paraffin, fresh = pairs.scores(drug)
    own = pairs.depth_only.noise[drug].to_numpy(float)
    noise = []
    for patient in range(len(paraffin)):
        others = [other for other in range(pairs.matched) if other != patient]
        change = (paraffin[others] - fresh[others]) / fresh[others].std(ddof=1)
        noise.append(float(np.hypot(own[patient], np.sqrt((change**2).mean()))))
    return np.array(noise)


def thinned(counts: pd.DataFrame, depth: int, rng: np.random.Generator) -> pd.DataFrame:
    """The libraries that hold more than ``depth`` reads, thinned to it."""
    deep = counts.loc[:, counts.sum() > depth]
    return pd.DataFrame(thin(deep.to_numpy(float), depth, rng), index=deep.index, columns=deep.columns)


def depth_records(counts: pd.DataFrame, kit: Kit) -> dict[int, Records]:
    """Records of the libraries at every depth that they reach; 0 is the whole library."""
    rng = np.random.default_rng(SEED)
    found = {0: score(counts, kit, "frozen")}
    for depth in DEPTHS:
        found[depth] = score(thinned(counts, depth, rng), kit, "frozen")
    return found


def depth_table(name: str, found: dict[int, Records], fresh: pd.DataFrame | None) -> pd.DataFrame:
    """Error of thinned libraries against themselves, what the record claims, and how often its interval holds.

    Parameters
    ----------
    name
        Of the libraries.
    found
        As :func:`depth_records`.
    fresh
        Scores of the fresh side of each library, in its order, for paraffin libraries; ``None`` for others.
    """
    rows = []
    for depth, records in ((depth, records) for depth, records in found.items() if depth):
        for target in TARGETS:
            here = records.scores.index
            whole, own = (one.scores.loc[here, target].to_numpy(float) for one in (found[0], records))
            change, noise = own - whole, records.noise.get(target)
            row: dict[str, object] = {"libraries": name, "reads": depth, "n": len(here), "score": target}
            row |= {"bias": change.mean(), "error": np.sqrt((change**2).mean())}
            if noise is not None:
                claimed = noise.to_numpy(float)
                row |= {"claimed": claimed.mean(), "holds": (np.abs(change) <= HALF_WIDTH * claimed).mean()}
            if fresh is not None and len(here) == len(fresh):
                row["spearman_with_fresh"] = _spearman(own, fresh[target].to_numpy(float))
            rows.append(row)
    return pd.DataFrame(rows)


def content_records(pure: pd.DataFrame, tissues: pd.DataFrame, kit: Kit) -> dict[tuple[str, float], Records]:
    """Records of pure tumours mixed with pure stroma, by profile and content; libraries in the order of ``pure``."""
    found = {}
    for kind in CONTENT_PROFILES:
        mixed, what = mix(pure.astype(np.int64), tissues[kind].reindex(pure.index).fillna(0.0), CONTENTS, SEED)
        for content in CONTENTS:
            found[kind, content] = score(mixed.loc[:, (what["content"] == content).to_numpy()], kit, "frozen")
    return found


def content_table(found: dict[tuple[str, float], Records], kit: Kit) -> pd.DataFrame:
    """Drift of each score, as shipped, from the same tumours unmixed.

    ``drift_uncorrected`` is without the correction for content. ``drift_cross_fitted``, the pack's own figure at 20 %
    (validation.json), takes the slopes of the other half of the tumours: the shipped slopes were
    fitted on these very tumours and kinds of stroma. ``holds`` is how often the mixture's 90 % interval holds the score
    of the pure tumour; ``holds_beside_drift``, how often it does once the drift that all share is taken out.
    """
    rows = []
    for (kind, content), records in found.items():
        if content == 1.0:
            continue
        for target in TARGETS:
            pure, own = (one.scores[target].to_numpy(float) for one in (found[kind, 1.0], records))
            row: dict[str, object] = {"profile": kind, "content": content, "n": len(own), "score": target}
            row |= {"spearman": _spearman(own, pure), "drift": (own - pure).mean()}
            row["error"] = np.sqrt(((own - pure) ** 2).mean())
            row["estimated"] = records.quality["content"].astype(float).mean()
            if target in DRUGS:
                half, change = HALF_WIDTH * records.noise[target].to_numpy(float), own - pure
                row["holds"] = (np.abs(change) <= half).mean()
                row["holds_beside_drift"] = (np.abs(change - change.mean()) <= half).mean()
                pure, own = (one.uncorrected[target].to_numpy(float) for one in (found[kind, 1.0], records))
                row["drift_uncorrected"] = (own - pure).mean()
            if content == LOW:
                figures, spread = kit.pack.signatures[target].validation["content"], reference_sd(kit, target)
                row["drift_cross_fitted"] = figures[f"drift_{kind}_corrected"] / spread
            rows.append(row)
    return pd.DataFrame(rows)


def _spearman(a: Array, b: Array) -> float:
    return float(spearman(a[:, None], b[:, None], np.ones((1, len(a))))[0, 0])
