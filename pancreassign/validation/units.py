"""The patient as the unit: samples of one patient are no independent witnesses.

Where every patient gave one sample, each function here does what it would do for samples.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pandas as pd

from pancreassign.training.evaluate import spearman

Array = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]


def patients_of(joined: pd.DataFrame) -> pd.Series:
    """By sample: its patient, or itself where no patient is named."""
    return joined["patient"].fillna(pd.Series(joined.index, index=joined.index))


def several(patients: pd.Series) -> bool:
    """Whether any patient gave more than one of these samples."""
    return bool(patients.duplicated().any())


def effective(patients: pd.Series) -> float:
    """How many patients these samples are worth, if samples of one patient say the same: ``(Σ n)² / Σ n²``.

    ``n`` are the samples of each patient (Kish 1965, Survey Sampling). It is the number of patients where all gave as
    many samples, less where a few gave most of them. Samples of one patient that differ are worth more: intervals
    of this number are rather too wide than too narrow.
    """
    each = patients.value_counts().to_numpy(dtype=float)
    return float(each.sum() ** 2 / (each**2).sum())


def resample(patients: pd.Series, draws: int, seed: int) -> list[Places]:
    """Positions of the samples in each bootstrap draw; patients are drawn, so that samples of one stay together."""
    rng = np.random.default_rng(seed)
    members = _members(patients)
    picks = rng.integers(0, len(members), (draws, len(members)))
    if len(members) == len(patients):
        return list(picks)
    return [np.concatenate([members[code] for code in pick]) for pick in picks]


def shuffled(score: Array, better: Array, patients: pd.Series, shuffles: int, seed: int) -> Array:
    """Spearman's correlation in each of ``shuffles`` orders of the responses that are as likely without any skill.

    The responses of a patient go together, in their order, to another patient with as many samples.
    """
    rng = np.random.default_rng(seed)
    orders, blocks = np.empty((shuffles, len(score)), dtype=np.intp), _blocks(patients)
    for order in orders:
        for block in blocks:
            order[block] = block[rng.permutation(len(block))]
    return spearman(np.tile(score[:, None], (1, shuffles)), better[orders].T)


def arrangements(patients: pd.Series) -> int:
    """How many orders :func:`shuffled` can draw from; one is the measured one."""
    return math.prod(math.factorial(len(block)) for block in _blocks(patients))


def _members(patients: pd.Series) -> list[Places]:
    """By patient, in the order of their first samples: the positions of the samples."""
    codes, names = pd.factorize(patients)
    return [np.flatnonzero(codes == code) for code in range(len(names))]


def _blocks(patients: pd.Series) -> list[Places]:
    """By number of samples: patients × the positions of their samples."""
    members = _members(patients)
    return [np.array([own for own in members if len(own) == size]) for size in sorted({len(own) for own in members})]
