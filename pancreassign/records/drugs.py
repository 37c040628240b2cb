"""The parts of a record that say what is predicted of a drug, and how far that can be trusted."""

from __future__ import annotations

from pydantic import Field

from pancreassign.records.base import Call, Drug, Grade, Interval, Part, Percentile, Probability


class General(Part):
    """Sensitivity shared by the five drugs (the mean of their responses in the training models)."""

    score: float | None
    percentile: Percentile | None
    evidence: Grade


class SetSkill(Part):
    """Spearman's correlation of score and response in one set of models that the signature was not trained on."""

    name: str
    n: int
    spearman: float
    spearman_interval: Interval


class ReliabilityGroup(Part):
    """Models of like predicted probability, and the share of them that was sensitive (Wilson's interval)."""

    n: int
    predicted: Probability
    observed: Probability
    observed_interval: Interval


class Validation(Part):
    """Skill in models that the signature was not trained on, and the assay's own ceiling.

    ``adjusted_p`` is ``permutation_p`` after Holm's correction for the drugs of the pack.
    ``specific`` is the correlation with the drug's response that is left once general sensitivity is known. ``worlds``
    are the sets that the figures are averaged over, ``external`` those that no grade rests on (other tissues, assays
    and cancers); ``reliability`` is how predicted probabilities turned out; ``family`` is the kind of model.
    """

    n: int
    spearman: float
    spearman_interval: Interval
    auroc: float
    auroc_interval: Interval
    permutation_p: float
    adjusted_p: float | None = None
    brier: float
    brier_base_rate: float
    calibration_slope: float | None
    specific: float | None = None
    specific_interval: Interval | None = None
    ceiling: float | None
    ceiling_source: str | None
    source: str
    family: str | None = None
    worlds: list[SetSkill] = Field(default_factory=list)
    external: list[SetSkill] = Field(default_factory=list)
    reliability: list[ReliabilityGroup] = Field(default_factory=list)


class Coverage(Part):
    """The signature's genes and how many of them the sample measured."""

    genes: int
    found: int
    missing: list[str]


class Contribution(Part):
    """How far one gene moved the score, in units of the score."""

    symbol: str
    value: float


class DrugResult(Part):
    """One drug in one tumour; ``score`` is higher for a more sensitive tumour.

    The score is the sum of the contributions and of ``content_correction``, which takes out how stroma moves it.
    ``score_interval`` holds the noise of depth, missing genes, stroma, paraffin and another protocol;
    ``probability_interval`` that, and what weights and curve owe to the few models that they were fitted on.
    ``probability_resistant`` is that of the resistant third, which only the rules of regimens use.
    A drug that the pack has no signature of has neither score nor ``validation``, and its reason is ``no_signature``.
    """

    drug: Drug
    call: Call
    reason: str
    score: float | None
    score_interval: Interval | None
    percentile: Percentile | None
    probability: Probability | None
    probability_interval: Interval | None
    probability_resistant: Probability | None = None
    probability_resistant_interval: Interval | None = None
    evidence: Grade
    validation: Validation | None
    reference: dict[str, float]
    coverage: Coverage
    contributions: list[Contribution]
    content_correction: float | None = None
