"""Does the quality verdict catch what the benchmark shows to be unreliable, and let good libraries pass?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmarks.ffpe.libraries import DRUGS, Records, score
from benchmarks.ffpe.random_signatures import SEED
from pancreassign.kit import Kit
from pancreassign.simulate.degrade import Degradation, degrade
from pancreassign.simulate.mix import mix

Array = npt.NDArray[np.float64]

UNRELIABLE = 1.0
"""Error of a score, in reference standard deviations, from which a library counts as unreliable (issue 3)."""
FOREIGN = ("liver", "acinar")
FOREIGN_CONTENTS = (0.5, 0.3, 0.1)
DEGRADATIONS = {
    "paraffin noise": Degradation(ffpe=1.0, dropout=1.0),
    "twice the paraffin noise": Degradation(ffpe=2.0, dropout=1.0),
    "3' bias": Degradation(three_prime=1.0),
}


@dataclass(frozen=True)
class Group:
    """Libraries of one kind.

    ``kind`` is ``good`` (real pancreatic tumours as sequenced), ``altered`` (with a truth: the same library before),
    ``foreign`` (no pancreatic tumour: there is no true score, and none should be believed) or ``shown`` (neither).
    ``error`` is the largest absolute error of the five scores, by library, in reference standard deviations; ``None``
    without a truth. ``averaged`` says that the libraries hold reads drawn from a profile averaged over samples: the
    checks that any such profile trips are then left out of the verdict.
    """

    name: str
    kind: str
    records: Records
    error: Array | None = None
    averaged: bool = False

    @property
    def verdicts(self) -> npt.NDArray[np.str_]:
        """The verdict of each library."""
        return self.records.quality["own_verdict" if self.averaged else "verdict"].to_numpy(str)


def altered(name: str, records: Records, truth: pd.DataFrame, averaged: bool = False) -> Group:
    """A group whose libraries, in order, are those of ``truth`` (scores before they were altered)."""
    change = np.abs(records.scores[DRUGS].to_numpy(float) - truth[DRUGS].to_numpy(float))
    return Group(name, "altered", records, change.max(axis=1), averaged)


def degraded(counts: pd.DataFrame, whole: Records, noise: pd.DataFrame, lengths: pd.Series, kit: Kit) -> list[Group]:
    """Real libraries degraded (genes × libraries)."""
    groups = []
    for name, how in DEGRADATIONS.items():
        spoilt, _ = degrade(counts.astype(np.int64), how, noise, lengths, SEED)
        groups.append(altered(name, score(spoilt, kit, "ffpe"), whole.scores.loc[list(counts)]))
    return groups


def diluted(counts: pd.DataFrame, whole: Records, tissues: pd.DataFrame, kit: Kit) -> list[Group]:
    """Real libraries with reads of another organ in the place of their own (genes × libraries)."""
    groups = []
    for tissue in FOREIGN:
        mixed, what = mix(counts.astype(np.int64), tissues[tissue], FOREIGN_CONTENTS, SEED)
        for content in FOREIGN_CONTENTS:
            own = mixed.loc[:, (what["content"] == content).to_numpy()]
            name = f"{100 * (1 - content):.0f} % {tissue}"
            groups.append(altered(name, score(own, kit, "frozen"), whole.scores.loc[list(counts)], averaged=True))
    return groups


def from_content(found: Mapping[tuple[str, float], Records]) -> list[Group]:
    """Groups of the mixtures with stroma."""
    return [
        altered(f"{100 * (1 - content):.0f} % {kind}", records, found[kind, 1.0].scores, averaged=True)
        for (kind, content), records in found.items()
        if content < 1.0
    ]


def from_depth(name: str, found: Mapping[int, Records]) -> list[Group]:
    """Groups of the thinned libraries."""
    return [
        altered(f"{name}, {depth:,} reads", records, found[0].scores.loc[records.scores.index])
        for depth, records in found.items()
        if depth
    ]


def verdict_table(groups: list[Group]) -> pd.DataFrame:
    """A row a group: verdicts, errors, how many unreliable libraries are caught (warn or fail), commonest codes."""
    rows = []
    for group in groups:
        verdict = group.verdicts
        row: dict[str, object] = {"libraries": group.name, "kind": group.kind, "n": len(verdict)}
        row |= {name: int((verdict == name).sum()) for name in ("pass", "warn", "fail")}
        if group.error is not None:
            bad = group.error > UNRELIABLE
            caught = bad & (verdict != "pass")
            row |= {"median_error": float(np.median(group.error)), "unreliable": int(bad.sum())}
            row |= {"caught": int(caught.sum()), "failed": int((bad & (verdict == "fail")).sum())}
        codes = Counter(code for text in group.records.quality["codes"] for code in text.split(",") if code)
        row["codes"] = ", ".join(f"{code} {n}" for code, n in codes.most_common(4))
        rows.append(row)
    return pd.DataFrame(rows).astype(dict.fromkeys(("unreliable", "caught", "failed"), "Int64"))


def summary_table(groups: list[Group]) -> pd.DataFrame:
    """The two aims of issue 3, and what else the verdict does; ``caught`` is warn or fail."""
    known = [(group, error) for group in groups if (error := group.error) is not None]
    verdicts = _together([group for group, _ in known])
    bad = np.concatenate([error for _, error in known]) > UNRELIABLE
    return pd.DataFrame(
        [
            _shares("unreliable", verdicts[bad]),
            *(_shares(kind, _together([one for one in groups if one.kind == kind])) for kind in ("good", "foreign")),
            _shares("altered but reliable", verdicts[~bad]),
        ]
    )


def _together(groups: list[Group]) -> npt.NDArray[np.str_]:
    return np.concatenate([group.verdicts for group in groups])


def _shares(name: str, verdicts: npt.NDArray[np.str_]) -> dict[str, object]:
    share = {word: float((verdicts == word).mean()) for word in ("pass", "warn", "fail")}
    return {"libraries": name, "n": len(verdicts), **share, "caught": 1.0 - share["pass"]}
