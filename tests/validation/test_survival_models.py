"""Cox models, restricted means and concordance, held against published figures, arithmetic and lifelines."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

from pancreassign.validation import cox, separation, survival_measures


@pytest.fixture(scope="module")
def rossi() -> pd.DataFrame:
    from lifelines.datasets import load_rossi

    return load_rossi()


def test_hazard_ratios_are_those_of_the_published_example(rossi: pd.DataFrame) -> None:
    """Fox (2002), Cox regression for survival data, appendix to An R and S-PLUS companion: coefficients and errors."""
    terms = ["fin", "age", "race", "wexp", "mar", "paro", "prio"]
    model = cox.fit(rossi["week"], rossi["arrest"], rossi[terms].astype(float))
    published = [-0.3794, -0.0574, 0.3139, -0.1498, -0.4337, -0.0849, 0.0915]
    errors = [0.1914, 0.0220, 0.3080, 0.2122, 0.3819, 0.1958, 0.0286]
    assert model.coefficients == pytest.approx(published, abs=1e-4)
    assert np.sqrt(np.diag(model.covariance)) == pytest.approx(errors, abs=1e-4)
    assert model.ratio("fin")["p"] == pytest.approx(0.047, abs=5e-4)
    assert model.ratio("fin")["low"] == pytest.approx(np.exp(-0.3794 - 1.96 * 0.1914), abs=1e-3)
    assert (model.n, model.events) == (432, 114)


def test_proportional_hazards_are_doubted_where_a_ratio_changes_with_time() -> None:
    rng = np.random.default_rng(0)
    n = 400
    x = pd.Series(rng.integers(0, 2, n).astype(float))
    # the group's hazard is four times the other's until time 1, a quarter of it after
    early = rng.exponential(size=n) / np.where(x == 1, 4.0, 1.0)
    late = 1.0 + rng.exponential(size=n) / np.where(x == 1, 0.25, 1.0)
    time = pd.Series(np.where(early < 1, early, late))
    assert cox.fit(time, pd.Series(np.ones(n)), x.to_frame("x"), ph=True).ph["x"] < 1e-4
    steady = pd.Series(rng.exponential(size=n) / np.where(x == 1, 2.0, 1.0))
    assert cox.fit(steady, pd.Series(np.ones(n)), x.to_frame("x"), ph=True).ph["x"] > 0.05


@pytest.mark.parametrize("stratified", [False, True])
def test_the_interaction_is_the_ratio_of_the_arms(stratified: bool) -> None:
    rng = np.random.default_rng(1)
    n = 300
    score, treated = pd.Series(rng.standard_normal(n)), pd.Series(rng.integers(0, 2, n).astype(float))
    time = pd.Series(rng.exponential(size=n) * np.exp(0.7 * score * treated))
    event = pd.Series((rng.random(n) < 0.8).astype(float))
    stratum = pd.Series(np.where(rng.random(n) < 0.5, "a", "b")) if stratified else None
    model = cox.interaction(time, event, score, treated, stratum=stratum)
    whole, arm, others = (model.ratio(*terms) for terms in [(cox.PRODUCT,), (cox.SCORE, cox.PRODUCT), (cox.SCORE,)])
    assert whole["value"] == pytest.approx(arm["value"] / others["value"])
    assert whole["low"] < np.exp(-0.7) < whole["high"] < 1
    assert whole["p"] < 0.001
    effect = model.treatment_by_score(np.array([0.0, 1.0]))
    assert effect[0, 1] / effect[0, 0] == pytest.approx(whole["value"])
    assert effect[1, 0] == pytest.approx(model.ratio(cox.TREATED)["low"])


def test_the_interaction_of_few_events_is_held_against_students_t() -> None:
    rng = np.random.default_rng(2)
    score, treated = pd.Series(rng.standard_normal(20)), pd.Series(np.tile([0.0, 1.0], 10))
    model = cox.interaction(pd.Series(rng.exponential(size=20)), pd.Series(np.ones(20)), score, treated)
    assert model.freedom == 17
    figure = model.ratio(cox.PRODUCT)
    error = np.sqrt(model.covariance[2, 2])
    assert np.log(figure["high"] / figure["value"]) == pytest.approx(2.1098 * error, rel=1e-4)  # t table, 17 degrees


def test_a_score_that_tells_events_apart_without_exception_gives_no_figure() -> None:
    time = pd.Series(np.arange(1.0, 21.0))
    score = pd.Series(np.linspace(-2, 2, 20))
    model = cox.fit(time, pd.Series(np.ones(20)), score.to_frame("score"))
    assert model.ratio("score")["value"] is None
    assert model.ratio("score")["reason"] == "separation: score tells who has the next event without exception"
    assert model.detectable("score") is None


def test_only_a_likelihood_without_a_maximum_is_called_separation() -> None:
    rng = np.random.default_rng(4)
    n = 40
    time, event = pd.Series(rng.exponential(size=n)), pd.Series(np.ones(n))
    first, second = rng.standard_normal((2, n))
    mixed = pd.DataFrame({"first": first, "second": second})
    assert separation.separating(time, event, mixed, None) == []
    # the order of the events is that of the sum: neither term tells it alone
    together = pd.Series(n - (first + second).argsort().argsort(), dtype=float)
    assert separation.separating(together, event, mixed, None) == ["first", "second"]
    assert separation.separating(together, event, mixed[["first"]], None) == []
    model = cox.fit(together, event, mixed)
    assert model.reason == "separation: first, second together tell who has the next event without exception"
    # within strata of their own, the order of two groups is told; over all it is not
    stratum = pd.Series(np.where(np.arange(n) < 20, "a", "b"))
    shifted = pd.Series(n - first.argsort().argsort(), dtype=float)
    moved = pd.DataFrame({"first": first + np.where(stratum == "a", 5.0, 0.0)})
    assert separation.separating(shifted, event, moved, stratum) == ["first"]
    assert separation.separating(shifted, event, moved, None) == []


def test_a_censored_patient_who_was_still_followed_keeps_the_likelihood_bounded() -> None:
    time, score = pd.Series([1.0, 2, 3, 4]), pd.DataFrame({"score": [4.0, 3, 2, 5]})
    seen = pd.Series([1.0, 1, 1, 0])
    assert separation.separating(time, seen, score, None) == []
    assert separation.separating(time.where(time != 4, 0.5), seen, score, None) == ["score"]


def test_two_who_die_together_at_different_scores_keep_the_likelihood_bounded() -> None:
    time, event = pd.Series([1.0, 1, 2]), pd.Series([1.0, 1, 1])
    assert separation.separating(time, event, pd.DataFrame({"score": [3.0, 2, 1]}), None) == []
    assert separation.separating(time, event, pd.DataFrame({"score": [3.0, 3, 1]}), None) == ["score"]


@pytest.mark.parametrize("flaw", ["runs away", "does not converge", "raises"])
def test_a_fit_that_fails_otherwise_is_not_called_separation(flaw: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import lifelines
    from lifelines.exceptions import ConvergenceError, ConvergenceWarning

    class Failing(lifelines.CoxPHFitter):
        def fit(self, *given: object, **named: object) -> Failing:
            if flaw == "raises":
                raise ConvergenceError("delta contains nan value(s)")
            if flaw == "does not converge":
                warnings.warn("Newton-Raphson failed to converge sufficiently.", ConvergenceWarning, stacklevel=1)
            super().fit(*given, **named)
            if flaw == "runs away":
                self.params_[:] = 30.0
            return self

    monkeypatch.setattr(lifelines, "CoxPHFitter", Failing)
    rng = np.random.default_rng(5)
    score = pd.DataFrame({"score": rng.standard_normal(40)})
    reason = str(cox.fit(pd.Series(rng.exponential(size=40)), pd.Series(np.ones(40)), score).reason)
    assert "separation" not in reason
    assert ("ran away" if flaw == "runs away" else "did not converge") in reason


def test_nobody_followed_beside_them_is_no_separation() -> None:
    """All of one side left before the first event: nothing is known of them, and nothing grows without end."""
    time, event = pd.Series([1.0, 1, 1, 2, 3, 4, 5]), pd.Series([0.0, 0, 0, 1, 1, 1, 1])
    design = pd.DataFrame({"x": [1.0, 1, 1, 0, 0, 0, 0]})
    assert cox.fit(time, event, design).reason == "no event was seen on one side of x"


def test_a_term_that_is_constant_within_every_stratum_says_so() -> None:
    rng = np.random.default_rng(6)
    stratum = pd.Series(["a", "b"] * 20)
    design = pd.DataFrame({"score": rng.standard_normal(40), "site": (stratum == "a").astype(float)})
    model = cox.fit(pd.Series(rng.exponential(size=40)), pd.Series(np.ones(40)), design, stratum)
    assert model.reason == "site does not vary within any stratum, where patients are compared"


@pytest.mark.parametrize(
    ("event", "design", "words"),
    [
        ([1, 1, 1, 0, 0, 0], {"x": [0, 0, 0, 1, 1, 1]}, "separation: no event was seen on one side of x"),
        ([0, 0, 0, 0, 0, 0], {"x": [0, 1, 0, 1, 0, 1]}, "no event was seen"),
        ([1, 1, 1, 1, 0, 1], {"x": [1, 1, 1, 1, 1, 1]}, "x is the same in all patients"),
        ([1, 1, 1, 1, 1, 1], {"x": [0, 1, 2, 3, 5, 4], "y": [0, 2, 4, 6, 10, 8]}, "collinear"),
        ([1, 0, 0, 1, 0, 0], {"x": [0.1, 1, 2, 3, 5, 4], "y": [4, 2, 4.5, 6, 1, 8]}, "2 events cannot carry 2 terms"),
    ],
)
def test_a_model_that_cannot_be_fitted_says_why(event: list[int], design: dict[str, list[float]], words: str) -> None:
    time = pd.Series([3.0, 1.0, 2.0, 6.0, 4.0, 5.0])
    model = cox.fit(time, pd.Series(event, dtype=float), pd.DataFrame(design, dtype=float))
    assert words in str(model.reason)
    assert model.ratio("x")["reason"] == model.reason


def test_restricted_mean_without_censoring_is_the_mean_and_its_error() -> None:
    table = pd.DataFrame({"time": [1.0, 2.0, 3.0, 4.0], "event": 1.0})
    mean, variance = survival_measures.restricted_mean(survival_measures.curve("a", table, []), 4.0, table)
    assert mean == pytest.approx(2.5)
    assert variance == pytest.approx(np.var([1, 2, 3, 4]) / 4)
    until_two, _ = survival_measures.restricted_mean(survival_measures.curve("a", table, []), 2.0, table)
    assert until_two == pytest.approx(1.75)  # one dies at 1, three live to 2


def test_restricted_mean_with_censoring_agrees_with_lifelines_and_the_bootstrap() -> None:
    from lifelines import KaplanMeierFitter
    from lifelines.utils import restricted_mean_survival_time

    rng = np.random.default_rng(5)
    death, end = rng.exponential(10, 150), rng.uniform(3, 20, 150)
    table = pd.DataFrame({"time": np.minimum(death, end), "event": (death <= end).astype(float)})

    def mean_of(part: pd.DataFrame) -> tuple[float, float]:
        return survival_measures.restricted_mean(survival_measures.curve("a", part, []), 12.0, part)

    mean, variance = mean_of(table)
    fitter = KaplanMeierFitter().fit(table["time"], table["event"])
    assert mean == pytest.approx(restricted_mean_survival_time(fitter, 12.0))
    draws = [mean_of(table.sample(150, replace=True, random_state=seed))[0] for seed in range(300)]
    assert np.sqrt(variance) == pytest.approx(np.std(draws), rel=0.12)


def test_a_group_without_events_gives_a_difference_without_interval() -> None:
    table = pd.DataFrame(
        {"time": [5.0, 6, 7, 1, 2, 8], "event": [0.0, 0, 0, 1, 1, 1], "group": ["a", "a", "a", "b", "b", "b"]}
    )
    found = survival_measures.restricted_difference("a", "b", table)
    assert found["until"] == 7.0
    assert found["value"] == pytest.approx(7.0 - (1 + 2 + 7) / 3)
    assert (found["low"], found["p"]) == (None, None)


def test_concordance_is_lifelines_and_right_way_up() -> None:
    from lifelines.utils import concordance_index

    rng = np.random.default_rng(6)
    score = np.round(rng.standard_normal(120), 1)
    time = np.ceil(rng.exponential(10, 120) * np.exp(0.5 * score))  # ties in time and score
    event = (rng.random(120) < 0.7).astype(float)
    found = survival_measures.concordance(time, event, score)
    assert found["value"] == pytest.approx(concordance_index(time, score, event), abs=0.01)
    assert 0.5 < found["low"] < found["value"] < found["high"]
    untied = time + rng.random(120) / 2
    assert survival_measures.concordance(untied, event, score)["value"] == pytest.approx(
        concordance_index(untied, score, event)
    )
    assert survival_measures.concordance(time, event, -score)["value"] < 0.5


def test_concordance_in_blocks_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(7)
    material = rng.exponential(size=50), np.ones(50), rng.standard_normal(50)
    whole = survival_measures.concordance(*material)
    monkeypatch.setattr(survival_measures, "BLOCK", 7)
    assert survival_measures.concordance(*material) == pytest.approx(whole)


def test_concordance_of_nobody_comparable_is_unknown() -> None:
    found = survival_measures.concordance(np.array([1.0, 2.0]), np.zeros(2), np.array([0.0, 1.0]))
    assert (found["value"], found["low"]) == (None, None)


def test_curve_counts_who_is_at_risk() -> None:
    table = pd.DataFrame({"time": [2.0, 6.0, 6.0, 13.0], "event": [1.0, 0.0, 1.0, 1.0]})
    one = survival_measures.curve("a", table, [0.0, 6.0, 12.0])
    assert one.at_risk == {0.0: 4, 6.0: 3, 12.0: 1}
    assert one.at(np.array([0.0, 2.0, 6.0, 12.9, 13.0])) == pytest.approx([1, 0.75, 0.5, 0.5, 0])
    assert one.median["value"] == 6.0
    assert list(one.censored) == [6.0]


@pytest.mark.parametrize(("longest", "expected"), [(5.0, [0, 1, 2, 3, 4, 5]), (60.0, [0, 12, 24, 36, 48, 60])])
def test_ticks_are_few_and_even(longest: float, expected: list[float]) -> None:
    assert survival_measures.ticks(longest) == expected
