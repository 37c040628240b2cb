"""How far the same patient's value moves when the patients around it change, on real tumours."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.base import clone

from benchmarks.ffpe.libraries import score
from benchmarks.peers import methods, oncopredict
from benchmarks.peers.material import DRUGS, Samples, batch_z, log_cpm
from pancreassign.normalize.apply import normalise
from pancreassign.training import baselines, fitting

PATIENTS = 20
"""Patients drawn, each with batches of its own."""
LARGE, SMALL, OTHERS = 20, 5, 16
"""Batch sizes: the first, the same shrunk, and one of other patients of the laboratory (as many as are left)."""
SAME = 1e-9
"""Values nearer than this, in standard deviations of the cohort, are the same."""
Values = Callable[[pd.DataFrame], pd.DataFrame]
"""From raw counts of a batch (genes × samples) to samples × drugs."""
CHANGES = ("shrunk", "other_patients", "other_laboratory")


@dataclass(frozen=True)
class Draw:
    """One patient with its batches, each the names of its samples, the patient first.

    Attributes
    ----------
    batches
        ``large``; ``shrunk`` (:data:`SMALL` of the large one); ``other_patients`` of the same laboratory, none of the
        large one; ``other_laboratory``, the patient among tumours that another laboratory sequenced; ``alone``.
    """

    patient: str
    batches: Mapping[str, list[str]]


def draws(home: Sequence[str], away: Sequence[str], seed: int, patients: int = PATIENTS) -> list[Draw]:
    """Draw patients of the laboratory ``home``, and the batches around each."""
    rng = np.random.default_rng(seed)
    found = []
    for patient in rng.permutation(list(home))[:patients].tolist():
        others = rng.permutation([one for one in home if one != patient]).tolist()
        away_drawn = rng.permutation(list(away)).tolist()
        batches = {
            "large": [patient, *others[: LARGE - 1]],
            "shrunk": [patient, *others[: SMALL - 1]],
            "other_patients": [patient, *others[LARGE - 1 :][: OTHERS - 1]],
            "other_laboratory": [patient, *away_drawn[: LARGE - 1]],
            "alone": [patient],
        }
        found.append(Draw(patient, batches))
    return found


def scorers(samples: Samples) -> dict[str, Values]:
    """By method, how it scores a batch of tumours; trained on all models before."""
    panel, models, kit = samples.panel, samples.models, samples.kit
    tissues, lines = kit.yardstick.tissues, samples.every_line.sensitivity
    every = methods.correlated(models.expression, models.sensitivity)
    family = clone(fitting.candidates_of(samples.recipe, panel)["zscore"]).fit(*panel.arrays)
    inside = pd.DataFrame(family.coef_, index=panel.genes, columns=panel.targets)
    shipped = pd.DataFrame({drug: kit.pack.signatures[drug].weights for drug in DRUGS}).fillna(0.0)

    def linear(weights: pd.DataFrame) -> Values:
        def values(counts: pd.DataFrame) -> pd.DataFrame:
            z = batch_z(log_cpm(counts, kit))
            genes = weights.index.intersection(z.columns, sort=False)
            return pd.DataFrame(z[genes].to_numpy() @ weights.loc[genes, DRUGS].to_numpy(), z.index, DRUGS)

        return values

    def ridge(name: str) -> Values:
        return lambda counts: oncopredict.predict(methods.slices_of(samples, name), lines, log_cpm(counts, kit))

    def untrained(name: str) -> Values:
        def values(counts: pd.DataFrame) -> pd.DataFrame:
            found = methods.alike(baselines.untrained(batch_z(log_cpm(counts, kit)), tissues))
            return found.get(name, pd.DataFrame(np.nan, index=counts.columns, columns=DRUGS))

        return values

    def frozen_z(counts: pd.DataFrame) -> pd.DataFrame:
        own = {name: normalise(counts[name], kit.reference.genes, "counts", kit.genes.length).z for name in counts}
        return methods.ulm(pd.DataFrame(own).T, shipped)

    return {
        methods.OURS: lambda counts: score(counts, kit, "frozen").scores[DRUGS],
        **{name: ridge(name) for name in (methods.RIDGE, methods.RIDGE_ALL)},
        methods.CORRELATED: linear(every),
        methods.CORRELATED_PANEL: linear(inside),
        **{name: untrained(name) for name in (baselines.SUBTYPE, baselines.PROLIFERATION)},
        methods.ULM_LOG: lambda counts: methods.ulm(log_cpm(counts, kit), shipped),
        methods.ULM_Z: frozen_z,
    }


def table(values: Mapping[str, pd.Series], cohort: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """A row a method and drug.

    Parameters
    ----------
    values
        By method: the value of each draw's patient, by (draw, batch, drug).
    cohort
        By method: all tumours scored as one batch, tumours × drugs, whose standard deviation is the unit.

    Returns
    -------
    Per change of :data:`CHANGES` the root mean square and the largest move of a patient's value from that in the large
    batch, in standard deviations of the cohort; ``alone``: whether a patient alone has the value that it has in the
    large batch (``same``), another (``moves``) or none (``none``).
    """
    rows = []
    for name, own in values.items():
        spread = cohort[name].std(ddof=1)
        by_batch = own.unstack("batch")
        for drug in DRUGS:
            here = by_batch.xs(drug, level="drug")
            row: dict[str, object] = {"method": name, "drug": drug, "patients": len(here), "tumours": len(cohort[name])}
            for change in CHANGES:
                move = (here[change] - here["large"]).abs() / spread[drug]
                row |= {change: float(np.sqrt((move**2).mean())), f"{change}_largest": float(move.max())}
            rows.append({**row, "alone": _alone((here["alone"] - here["large"]).abs() / spread[drug])})
    return pd.DataFrame(rows)


def _alone(moves: pd.Series) -> str:
    """What a patient alone gets; a value that one patient lacks is none for all."""
    if moves.isna().any():
        return "none"
    return "same" if bool((moves < SAME).all()) else "moves"


def measured(drawn: Sequence[Draw], tumours: pd.DataFrame, values: Values) -> pd.Series:
    """One method's values of every draw's patient, by (draw, batch, drug)."""
    found = {
        (place, batch): pd.Series(values(tumours[names]).loc[draw.patient])
        for place, draw in enumerate(drawn)
        for batch, names in draw.batches.items()
    }
    return stacked(found)


def stacked(found: Mapping[tuple[int, str], pd.Series]) -> pd.Series:
    """Values by (draw, batch) and drug as one series; a missing value stays."""
    frame = pd.DataFrame(dict(found)).T.rename_axis(["draw", "batch"]).rename_axis("drug", axis="columns")
    return frame.reset_index().melt(["draw", "batch"]).set_index(["draw", "batch", "drug"])["value"].astype(float)
