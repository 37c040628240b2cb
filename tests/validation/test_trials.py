"""Simulated trials: drawn as their design says, and tested as lifelines tests them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pancreassign.validation import cox, trials
from pancreassign.validation.trials import Design


def test_newton_agrees_with_lifelines() -> None:
    drawn = trials.draw(Design(80, interaction=0.6, prognosis=0.7, correlation=0.6, shape=1.4), 12, 3)
    found = trials.examine(drawn)
    for place in range(12):
        z = pd.Series((drawn.score[place] - drawn.score[place].mean()) / drawn.score[place].std(ddof=1))
        time, event, treated = (pd.Series(own[place]) for own in (drawn.time, drawn.event, drawn.treated))
        model = cox.interaction(time, event, z, treated)
        assert np.exp(found.log_ratio[place]) == pytest.approx(model.ratio(cox.PRODUCT)["value"], rel=1e-3)
        assert found.p[place] == pytest.approx(model.ratio(cox.PRODUCT)["p"], abs=1e-3)
        assert found.p_treated[place] == pytest.approx(model.ratio(cox.SCORE, cox.PRODUCT)["p"], abs=1e-3)


def test_newton_finds_the_maximum_of_a_likelihood_written_out() -> None:
    time = np.array([[4.0, 3.0, 2.0, 1.0]])
    event = np.array([[1.0, 0.0, 1.0, 1.0]])
    x = np.array([0.0, 1.0, 0.0, 1.0])
    beta, variance = trials.newton(time, event, x[None, :, None])
    risk = np.exp(beta[0, 0])
    # events at 1 (x = 1; at risk 0, 1, 0, 1) and 2 (x = 0; at risk 0, 1, 0): the score is 1 - 2r/(2+2r) - r/(2+r) = 0
    assert 1 - 2 * risk / (2 + 2 * risk) - risk / (2 + risk) == pytest.approx(0.0, abs=1e-9)
    share = risk / (1 + risk), risk / (2 + risk)
    assert variance[0, 0, 0] == pytest.approx(1 / sum(one * (1 - one) for one in share))


def test_a_likelihood_without_maximum_gives_no_figure() -> None:
    time = np.arange(1.0, 9.0)[None]
    x = np.array([1.0, 1, 1, 1, 0, 0, 0, 0])[None, :, None]
    event = np.array([1.0, 1, 1, 1, 0, 0, 0, 0])[None]
    beta, variance = trials.newton(time, event, x)
    assert np.isnan(beta).all()
    assert np.isnan(variance).all()


def test_trials_are_drawn_as_designed() -> None:
    design = Design(400, correlation=0.5, treatment=2.0, recruitment=0.0, follow_up=1e6)
    drawn = trials.draw(design, 50, 1)
    assert drawn.event.all()
    others, treated = drawn.time[drawn.treated == 0], drawn.time[drawn.treated == 1]
    assert np.median(others) == pytest.approx(21.4, rel=0.05)
    assert np.median(treated) == pytest.approx(10.7, rel=0.05)  # twice the hazard halves an exponential's median
    assert drawn.score.std() == pytest.approx(1.0, abs=0.02)


def test_the_score_sees_sensitivity_with_the_stated_correlation() -> None:
    whole = trials.examine(trials.draw(Design(2000, prognosis=0.5, correlation=1.0, treatment=1.0), 20, 5))
    half = trials.examine(trials.draw(Design(2000, interaction=0.5, correlation=0.5, treatment=1.0), 20, 5))
    assert whole.log_ratio.mean() == pytest.approx(0.0, abs=0.03)
    assert np.median(whole.p_treated) < 1e-6
    # 0.5 per SD of sensitivity is sqrt(0.5) per SD of such a score, and a little nearer to 1 still, since what the
    # score does not see is heterogeneity
    assert 0.69 < np.exp(half.log_ratio.mean()) < 0.80


@pytest.mark.parametrize(
    "design",
    [Design(100), Design(100, prognosis=0.6, correlation=0.8), Design(100, prognosis=0.4, correlation=0.5, shape=1.5)],
    ids=["none", "prognostic", "strongly prognostic, rising hazard"],
)
def test_a_score_that_predicts_nothing_is_rarely_said_to(design: Design) -> None:
    found = trials.examine(trials.draw(design, 4000, 11))
    assert np.isfinite(found.p).all()
    assert 0.03 <= np.mean(found.p < 0.05) <= 0.07


def test_one_arm_alone_mistakes_prognosis_for_prediction() -> None:
    found = trials.examine(trials.draw(Design(100, prognosis=0.6, correlation=0.8), 500, 12))
    assert np.mean(found.p_treated < 0.05) > 0.5


def test_a_planted_interaction_is_found_more_often_the_larger_the_trial() -> None:
    shares = []
    for n in (60, 200, 400):
        found = trials.examine(trials.draw(Design(n, interaction=0.5, correlation=0.8), 300, 13))
        shares.append(np.mean((found.p < 0.05) & (found.log_ratio < 0)))
    assert shares == sorted(shares)
    assert shares[0] < 0.6 < 0.9 < shares[-1]


def test_the_same_seed_draws_the_same_trials() -> None:
    one, two = (trials.draw(Design(50, positive=0.25), 3, 4) for _ in range(2))
    assert np.array_equal(one.time, two.time)
    assert not np.array_equal(one.time, trials.draw(Design(50, positive=0.25), 3, 5).time)
