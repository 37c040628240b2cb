"""Families that are reported beside the others and cannot be chosen: they give no weight a gene, or are slow.

Each fits every target on its own. None is tuned beyond what stands here: with 39 models a finer choice is noise.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.decomposition import FastICA
from sklearn.ensemble import RandomForestRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import ElasticNetCV, LassoCV

from pancreassign.errors import ConfigError
from pancreassign.training.models import normal_scores, standardise

Array = npt.NDArray[np.float64]

INNER_FOLDS = 5
PENALTIES = np.geomspace(1.0, 0.03, 15)
"""Candidate penalties of LASSO and elastic net, from next to no gene to many (on standardised data)."""
PAIR_GENES, PAIRS = 50, 25
"""Genes from which pairs are made, and pairs kept (judgement)."""
COMPONENTS = 10
"""Independent components (judgement: a quarter of the models)."""
TREES, DEPTH, RATE = 100, 2, 0.05
"""Trees, their depth and learning rate for XGBoost (judgement: small trees for few models)."""
FOREST = 100


class PerTarget(RegressorMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn is untyped
    """What the comparators share: one model a target, on standardised genes and normal scores."""

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed

    def fit(self, expression: Array, sensitivity: Array) -> Self:
        """Fit on models × genes and models × targets."""
        self._expression = expression
        inputs, responses = self._inputs(expression), normal_scores(sensitivity)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # said on the card by their figures
            self._fitted = [self._one(inputs, responses[:, column]) for column in range(responses.shape[1])]
        return self

    def predict(self, expression: Array) -> Array:
        """Scores, models × targets."""
        inputs = self._inputs(expression)
        return np.column_stack([one.predict(inputs) for one in self._fitted])

    def _inputs(self, expression: Array) -> Array:
        return standardise(expression, self._expression)

    def _one(self, inputs: Array, response: Array) -> Any:
        raise NotImplementedError


class ElasticNet(PerTarget):
    """Elastic net, its penalty and mixture by inner cross-validation."""

    def _one(self, inputs: Array, response: Array) -> Any:
        mixtures = [0.1, 0.5, 0.9]
        return ElasticNetCV(l1_ratio=mixtures, alphas=PENALTIES, cv=INNER_FOLDS, max_iter=2000).fit(inputs, response)


class Trees(PerTarget):
    """Gradient-boosted trees (XGBoost)."""

    def _one(self, inputs: Array, response: Array) -> Any:
        from xgboost import XGBRegressor  # an extra: no shipped signature uses trees

        settings = {"n_estimators": TREES, "max_depth": DEPTH, "learning_rate": RATE, "subsample": 0.8}
        return XGBRegressor(**settings, random_state=self.seed, n_jobs=1).fit(inputs, response)


class ComponentForest(PerTarget):
    """Independent components, those that LASSO keeps, and a random forest on them (all of them where it keeps none).

    The published recipe of the PancreasView signatures, as far as it is told (facts: ICA with LASSO and random forest).
    """

    def _inputs(self, expression: Array) -> Array:
        if expression is self._expression:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)
                self._components = FastICA(COMPONENTS, random_state=self.seed, max_iter=500, tol=1e-3)
                self._components.fit(super()._inputs(expression))
        return np.asarray(self._components.transform(super()._inputs(expression)))

    def _one(self, inputs: Array, response: Array) -> Any:
        kept = LassoCV(cv=INNER_FOLDS, alphas=PENALTIES).fit(inputs, response).coef_ != 0
        return _On(kept if kept.any() else np.ones_like(kept), inputs, response, self.seed)


class _On:
    """A random forest on some of the columns."""

    def __init__(self, kept: npt.NDArray[np.bool_], inputs: Array, response: Array, seed: int) -> None:
        self.kept = kept
        forest = RandomForestRegressor(FOREST, min_samples_leaf=3, random_state=seed)
        self.forest = forest.fit(inputs[:, kept], response)

    def predict(self, inputs: Array) -> Array:
        return np.asarray(self.forest.predict(inputs[:, self.kept]))


class RankPairs(PerTarget):
    """The pairs of genes whose order within a sample tells the response best, by their signs."""

    def _inputs(self, expression: Array) -> Array:
        return expression

    def _one(self, inputs: Array, response: Array) -> Any:
        ranks = rankdata(inputs, axis=0)
        rho = standardise(ranks, ranks).T @ standardise(response[:, None], response[:, None])[:, 0]
        return _Pairs(np.argsort(-np.abs(rho), kind="stable")[:PAIR_GENES], inputs, response)


class _Pairs:
    """Pairs among ``genes``, chosen and signed by their correlation with the response."""

    def __init__(self, genes: npt.NDArray[np.int_], inputs: Array, response: Array) -> None:
        first, second = np.triu_indices(len(genes), 1)
        orders = (inputs[:, genes[first]] > inputs[:, genes[second]]).astype(float)
        told = standardise(orders, orders).T @ response
        best = np.argsort(-np.abs(told), kind="stable")[:PAIRS]
        self.first, self.second, self.sign = genes[first[best]], genes[second[best]], np.sign(told[best])

    def predict(self, inputs: Array) -> Array:
        return np.asarray((inputs[:, self.first] > inputs[:, self.second]).astype(float) @ self.sign)


FAMILIES: Mapping[str, type[PerTarget]] = {
    "elastic net": ElasticNet,
    "rank pairs": RankPairs,
    "ICA, LASSO, forest": ComponentForest,
    "XGBoost": Trees,
}


def comparators(names: Sequence[str], seed: int) -> Mapping[str, PerTarget]:
    """The comparators of these names.

    Raises
    ------
    ConfigError
        Where XGBoost is asked for and not installed.
    """
    if "XGBoost" in names and find_spec("xgboost") is None:
        mend = "Install pancreassign[trees], or leave XGBoost out of the recipe."
        raise ConfigError("evaluation.comparators", "names XGBoost, which is not installed", mend)
    return {name: FAMILIES[name](seed) for name in names}
