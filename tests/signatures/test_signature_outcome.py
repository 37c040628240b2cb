"""One drug in one tumour: every field of the record, from a signature of three genes."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm
from signature_factory import DRIFTING, LOGIT_THIRD, curves, independent, signature

from pancreassign.records import Call, Drug, DrugResult, General, Interval
from pancreassign.signatures import outcome as outcomes
from pancreassign.signatures.content import Pair
from pancreassign.signatures.outcome import PROTOCOL_NOISE, Handling, chances_at_reference
from pancreassign.signatures.pack import Signature

DRUG = Drug.GEMCITABINE
Z = pd.Series({"A": 0.5, "B": 1.0, "C": -0.25, "ELSE": 9.0})  # 1.5 - 1 - 0.25 = 0.25
ERROR = pd.Series({"A": 0.1, "B": 0.0, "C": 0.4, "ELSE": 9.0})  # variance 0.09 + 0 + 0.16 = 0.5²


LOADINGS = independent("A", "B", "C", "ELSE")
FROZEN = Handling(frozen=True, same_protocol=True, qc_failed=False)


def evaluate_drug(
    drug: Drug,
    own: Signature,
    z: pd.Series,
    error: pd.Series | None,
    frozen: bool,
    qc_failed: bool,
    burden: Pair | None = None,
    same_protocol: bool = True,
) -> DrugResult:
    """One drug, with genes that share no factor; no counting noise where ``error`` is ``None``."""
    scale = (z, z * 0.0 if error is None else error, LOADINGS, burden)
    return outcomes.evaluate_drug(drug, own, *scale, Handling(frozen, same_protocol, qc_failed))


def evaluate_general(own: Signature, z: pd.Series, burden: Pair | None = None) -> General:
    """The general score without noise."""
    return outcomes.evaluate_general(own, z, z * 0.0, LOADINGS, burden)


def inside(result: DrugResult, field: str = "probability_interval") -> Interval:
    """An interval that is there."""
    found = getattr(result, field)
    assert isinstance(found, Interval)
    return found


def sensitive_at(score: float) -> float:
    """The sensitive curve by hand."""
    return 1 / (1 + 2 * np.exp(-score))


def resistant_at(score: float) -> float:
    """The resistant curve by hand."""
    return 1 / (1 + 2 * np.exp(score))


def test_every_field_of_a_frozen_specimen() -> None:
    result = evaluate_drug(DRUG, signature(), Z, ERROR, frozen=True, qc_failed=False)
    assert (result.drug, result.call, result.reason, result.evidence) == (DRUG, Call.INTERMEDIATE, "called", "C")
    assert result.score == 0.25
    assert result.score_interval is not None
    assert result.score_interval.low == pytest.approx(0.25 + norm.ppf(0.05) * 0.5, rel=1e-5)
    assert result.score_interval.high == pytest.approx(0.25 + norm.ppf(0.95) * 0.5, rel=1e-5)
    assert result.score_interval.level == 0.9
    assert result.percentile == 60.0
    assert result.probability == pytest.approx(sensitive_at(0.25), rel=1e-5)
    assert result.probability_interval is not None
    assert result.probability_interval.low == pytest.approx(sensitive_at(0.25 - 0.5 * 1.645), abs=0.004)
    assert result.probability_interval.high == pytest.approx(sensitive_at(0.25 + 0.5 * 1.645), abs=0.004)
    assert result.probability_interval.level == 0.9
    assert result.reference == {
        "q0": -2.0, "q5": -1.8, "q25": -1.0, "q50": 0.0, "q75": 1.0, "q95": 1.8, "q100": 2.0
    }  # fmt: skip
    assert (result.coverage.genes, result.coverage.found, result.coverage.missing) == (3, 3, [])
    assert [(c.symbol, c.value) for c in result.contributions] == [("GENE1", 1.5), ("GENE2", -1.0), ("GENE3", -0.25)]
    assert result.content_correction == 0.0
    assert result.validation.n == 39
    assert result.validation.spearman_interval.low == 0.2
    assert result.validation.auroc_interval.high == 0.9
    assert (result.validation.brier, result.validation.brier_base_rate) == (0.2, 0.222)
    assert result.validation.calibration_slope is None
    assert (result.validation.ceiling, result.validation.ceiling_source) == (0.6, "two assays")


def test_what_the_regimens_are_given() -> None:
    result = evaluate_drug(DRUG, signature(), Z, None, frozen=True, qc_failed=False)
    assert result.probability == pytest.approx(sensitive_at(0.25), rel=1e-5)
    assert result.probability_resistant == pytest.approx(resistant_at(0.25), rel=1e-5)
    ends = inside(result, "probability_resistant_interval")
    assert ends.low <= result.probability_resistant <= ends.high
    at = (-2.0, -1.0, 0.0, 1.0, 2.0)
    assert chances_at_reference(signature(), "sensitive") == pytest.approx([sensitive_at(score) for score in at])
    assert chances_at_reference(signature(), "resistant") == pytest.approx([resistant_at(score) for score in at])


def test_paraffin_noise_enters_unless_the_specimen_is_frozen() -> None:
    def half_width(frozen: bool, error: pd.Series | None, ffpe_noise: float = 1.2) -> float:
        own = signature(ffpe_noise=ffpe_noise)
        interval = evaluate_drug(DRUG, own, Z, error, frozen=frozen, qc_failed=False).score_interval
        assert interval is not None
        return (interval.high - interval.low) / 2 / norm.ppf(0.95)

    assert half_width(True, ERROR) == pytest.approx(0.5, rel=1e-4)
    assert half_width(False, ERROR) == pytest.approx(1.3, rel=1e-4)  # 5, 12, 13
    assert half_width(False, None) == pytest.approx(1.2, rel=1e-4)
    assert half_width(True, None) == 0.0


def test_paraffin_noise_widens_the_probability_but_moves_no_point() -> None:
    frozen, ffpe = (evaluate_drug(DRUG, signature(), Z, ERROR, frozen, False) for frozen in (True, False))
    assert ffpe.score == frozen.score
    assert ffpe.probability == frozen.probability
    assert inside(ffpe).low < inside(frozen).low < inside(frozen).high < inside(ffpe).high


@pytest.mark.parametrize(("z", "expected"), [(1.15, Call.SENSITIVE), (-1.15, Call.RESISTANT), (0.0, Call.INTERMEDIATE)])
def test_direction_from_expression_to_call(z: float, expected: Call) -> None:
    expression = pd.Series({"A": z, "B": 0.0, "C": 0.0})
    outcome = evaluate_drug(DRUG, signature(), expression, None, frozen=False, qc_failed=False)
    average = evaluate_drug(DRUG, signature(), expression * 0, None, frozen=False, qc_failed=False)
    assert outcome.call == expected
    for own, mean in (
        (outcome.score, average.score),
        (outcome.percentile, average.percentile),
        (outcome.probability, average.probability),
        (average.probability_resistant, outcome.probability_resistant),  # the other way round
    ):
        assert own is not None
        assert mean is not None
        assert np.sign(own - mean) == np.sign(z)


@pytest.mark.parametrize(("score", "called"), [(3.58, True), (3.59, False), (-3.58, True), (-3.59, False)])
def test_a_score_beyond_every_reference_tumour_is_not_called(score: float, called: bool) -> None:
    # the reference's scores are -2 to 2 with a standard deviation of 1.5811
    expression = pd.Series({"A": score / 3, "B": 0.0, "C": 0.0})
    result = evaluate_drug(DRUG, signature(), expression, None, frozen=True, qc_failed=False)
    assert result.score == pytest.approx(score)
    assert (result.reason == "called") is called
    if not called:
        assert (result.call, result.reason) == (Call.NOT_EVALUABLE, "outside_reference")


def test_the_noise_of_the_weights_widens_the_probability_and_not_the_score() -> None:
    plain, doubtful = (
        evaluate_drug(DRUG, signature(weight_noise=noise), Z, ERROR, frozen=True, qc_failed=False)
        for noise in (0.0, 1.2)
    )
    assert plain.score_interval == doubtful.score_interval
    assert plain.probability == doubtful.probability
    # 0.5 and 1.2 make 1.3
    assert inside(doubtful).low == pytest.approx(sensitive_at(0.25 - 1.3 * norm.ppf(0.95)), abs=0.005)
    assert inside(doubtful, "probability_resistant_interval").high == pytest.approx(
        resistant_at(0.25 - 1.3 * norm.ppf(0.95)), abs=0.005
    )


def test_failed_quality_keeps_the_score_and_makes_no_call() -> None:
    passed, failed = (evaluate_drug(DRUG, signature(), Z, ERROR, True, failed) for failed in (False, True))
    assert (failed.call, failed.reason) == (Call.NOT_EVALUABLE, "quality_failed")
    same = {"call": passed.call, "reason": passed.reason}
    assert failed.model_copy(update=same) == passed
    assert failed.score == 0.25


def test_grade_d_keeps_the_score_and_makes_no_call() -> None:
    result = evaluate_drug(DRUG, signature("D"), Z * 10, None, frozen=True, qc_failed=False)
    assert (result.call, result.reason, result.evidence) == (Call.NOT_EVALUABLE, "no_demonstrated_skill", "D")
    assert result.score == 2.5
    assert result.percentile == 100.0
    assert result.probability == pytest.approx(sensitive_at(2.5), rel=1e-5)


def test_low_coverage_leaves_everything_that_is_unknown_unknown() -> None:
    result = evaluate_drug(DRUG, signature(), Z.drop("A"), ERROR, frozen=True, qc_failed=False)
    assert (result.call, result.reason) == (Call.NOT_EVALUABLE, "gene_coverage")
    assert result.score is None
    assert result.score_interval is None
    assert result.percentile is None
    assert result.probability is None
    assert result.probability_interval is None
    assert result.content_correction is None
    assert (result.coverage.found, result.coverage.missing) == (2, ["GENE1"])
    assert [c.symbol for c in result.contributions] == ["GENE2", "GENE3"]
    assert result.probability_resistant is None
    assert result.probability_resistant_interval is None


def test_coverage_of_exactly_four_fifths_is_scored() -> None:
    result = evaluate_drug(DRUG, signature(), Z.drop("C"), None, frozen=True, qc_failed=False)
    assert result.score == 0.5
    assert result.coverage.missing == ["GENE3"]
    assert result.score_interval is not None
    assert result.score_interval.high == pytest.approx(0.5 + norm.ppf(0.95) * 1.0, rel=1e-5)


def test_missing_genes_that_vary_together_widen_the_interval_together() -> None:
    loadings = LOADINGS.assign(factor_1=1.0)
    own = dataclasses.replace(signature(), weights=pd.Series({"A": 20.0, "B": 1.0, "C": 1.0}))
    z = Z.drop(["B", "C"])
    together = outcomes.evaluate_drug(DRUG, own, z, z * 0.0, loadings, None, FROZEN).score_interval
    apart = outcomes.evaluate_drug(DRUG, own, z, z * 0.0, LOADINGS, None, FROZEN).score_interval
    assert together is not None
    assert apart is not None
    assert together.high - 10 == pytest.approx(2 * norm.ppf(0.95), rel=1e-4)
    assert apart.high - 10 == pytest.approx(np.sqrt(2) * norm.ppf(0.95), rel=1e-4)


def test_an_empty_library_gives_no_score() -> None:
    result = evaluate_drug(DRUG, signature(), Z * np.nan, ERROR * np.nan, frozen=False, qc_failed=True)
    assert result.score is None
    assert result.score_interval is None
    assert result.reason == "quality_failed"
    assert result.contributions == []


def test_contributions_are_ordered_by_size_then_symbol_and_sum_to_the_score() -> None:
    z = pd.Series({"C": 2.0, "B": -2.0, "A": -0.5})
    result = evaluate_drug(DRUG, signature(), z, None, frozen=True, qc_failed=False)
    assert [(c.symbol, c.value) for c in result.contributions] == [("GENE2", 2.0), ("GENE3", 2.0), ("GENE1", -1.5)]
    assert sum(c.value for c in result.contributions) == result.score == 2.5


def test_reference_curves_are_those_of_the_fit_not_of_a_refit() -> None:
    own = dataclasses.replace(signature(), calibration=curves((LOGIT_THIRD, 1.0), (0.0, 3.0), (0.0, 3.0)))
    result = evaluate_drug(DRUG, own, Z, None, frozen=True, qc_failed=False)
    assert chances_at_reference(own, "sensitive")[-1] == pytest.approx(sensitive_at(2.0))
    assert result.probability == pytest.approx(sensitive_at(0.25), rel=1e-5)


def test_general_has_score_and_percentile_and_no_call() -> None:
    general = evaluate_general(signature("D"), Z)
    assert (general.score, general.percentile, general.evidence) == (0.25, 60.0, "D")
    unknown = evaluate_general(signature(), Z.drop("A"))
    assert (unknown.score, unknown.percentile) == (None, None)


@pytest.mark.parametrize(
    ("burden", "correction", "left"),
    # stroma lowers the score by 0.5 a halving, immune cells raise it by 0.25; the reference's tumours lie at (1, 2)
    [((0.0, 0.0), 0.0, 0.0), ((3.0, 0.0), 1.5, 0.3), ((0.0, 4.0), -1.0, 0.4), ((3.0, 4.0), 0.5, 0.5), (None, 0.0, 0.5)],
)
def test_other_cells_are_taken_out_of_the_score_and_what_is_left_widens_it(
    burden: Pair | None, correction: float, left: float
) -> None:
    own = signature(drift=DRIFTING)
    result = evaluate_drug(DRUG, own, Z, ERROR, frozen=True, qc_failed=False, burden=burden)
    assert result.score == pytest.approx(0.25 + correction, rel=1e-5)
    assert result.content_correction == pytest.approx(correction, abs=1e-6)
    assert sum(one.value for one in result.contributions) == pytest.approx(0.25), "the genes moved what they moved"
    assert result.score_interval is not None
    half = norm.ppf(0.95) * np.hypot(0.5, left)
    assert result.score_interval.low == pytest.approx(0.25 + correction - half, rel=1e-4)
    assert result.score_interval.high == pytest.approx(0.25 + correction + half, rel=1e-4)
    assert result.probability == pytest.approx(sensitive_at(0.25 + correction), rel=1e-5)


@pytest.mark.parametrize("burden", [None, (0.3, 0.0), (1.7, 2.0), (4.0, 5.5)])
def test_the_score_is_its_contributions_and_the_correction(burden: Pair | None) -> None:
    result = evaluate_drug(DRUG, signature(drift=DRIFTING), Z, ERROR, False, False, burden)
    assert result.content_correction is not None
    total = sum(one.value for one in result.contributions) + result.content_correction
    assert result.score == pytest.approx(total, rel=1e-5)


def test_the_corrected_score_has_the_percentile_and_the_regimens_are_given_it() -> None:
    own = signature(drift=DRIFTING)
    diluted = evaluate_drug(DRUG, own, Z, None, True, False, burden=(5.0, 2.0))  # 0.25 + 4 · 0.5 = 2.25
    assert diluted.percentile == 100.0
    assert diluted.probability == pytest.approx(sensitive_at(2.25), rel=1e-5)
    assert diluted.probability_resistant == pytest.approx(resistant_at(2.25), rel=1e-5)
    assert inside(diluted).low < diluted.probability < inside(diluted).high
    general = evaluate_general(own, Z, burden=(5.0, 2.0))
    assert (general.score, general.percentile) == (2.25, 100.0)


def test_a_diluted_tumour_scores_nearer_the_pure_one_than_its_genes_do() -> None:
    """A pure tumour and the same one in stroma, whose score fell by the slope that was learnt, and a little more."""
    own = signature(drift=DRIFTING)
    pure = evaluate_drug(DRUG, own, Z, None, True, False, burden=(0.0, 0.0))
    lowered = Z - pd.Series({"A": 1.3 / 3}).reindex(Z.index, fill_value=0.0)
    mixed = evaluate_drug(DRUG, own, lowered, None, True, False, burden=(2.4, 0.0))
    assert pure.score is not None
    assert mixed.score is not None
    raw = {name: sum(one.value for one in made.contributions) for name, made in (("pure", pure), ("mixed", mixed))}
    assert abs(mixed.score - pure.score) < 0.2 < abs(raw["mixed"] - raw["pure"])


def test_without_a_score_nothing_is_corrected() -> None:
    own = signature(drift=DRIFTING)
    result = evaluate_drug(DRUG, own, Z.drop("A"), ERROR, True, False, burden=(4.0, 0.0))
    assert (result.score, result.content_correction) == (None, None)
    assert evaluate_general(own, Z.drop("A"), burden=(4.0, 0.0)).score is None


def test_another_protocol_widens_the_interval_and_moves_no_point() -> None:
    same, other = (evaluate_drug(DRUG, signature(), Z, ERROR, True, False, None, known) for known in (True, False))
    assert other.score == same.score
    assert other.probability == same.probability
    assert inside(other).low < inside(same).low < inside(same).high < inside(other).high
    assert other.score_interval is not None
    # a share of the reference tumours' spread of 2, over the noise of counting
    half = norm.ppf(0.95) * np.hypot(0.5, 2.0 * PROTOCOL_NOISE)
    assert other.score_interval.high == pytest.approx(0.25 + half, rel=1e-5)


def test_paraffin_and_protocol_add_up_as_variances() -> None:
    own = signature(ffpe_noise=1.5)
    assert Handling(frozen=True, same_protocol=True, qc_failed=False).noise(own) == 0.0
    assert Handling(frozen=False, same_protocol=True, qc_failed=True).noise(own) == pytest.approx(1.5)
    both = Handling(frozen=False, same_protocol=False, qc_failed=False).noise(own)
    assert both == pytest.approx(np.hypot(1.5, 2.0 * PROTOCOL_NOISE))


def test_every_set_that_a_signature_was_tested_on_stands_in_the_record() -> None:
    told = evaluate_drug(DRUG, signature(), Z, ERROR, frozen=True, qc_failed=False).validation
    assert told is not None
    assert [(one.name, one.n, one.spearman) for one in told.worlds] == [("models", 39, 0.5)]
    assert [(one.name, one.n, one.spearman) for one in told.external] == [("others", 20, -0.1)]
    assert (told.external[0].spearman_interval.low, told.external[0].spearman_interval.high) == (-0.4, 0.3)
    assert [group.observed for group in told.reliability] == [0.2]
    assert told.family == "ridge"
