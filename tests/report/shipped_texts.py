"""What the page can print of the shipped data: the texts that the record holds in English, and the codes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import product
from typing import Any, get_args

import numpy as np

from pancreassign import caveats, resources
from pancreassign.appraise import appraise
from pancreassign.counts.readers import read_samples
from pancreassign.counts.samples import Sample
from pancreassign.kit import Scale, load_scale
from pancreassign.quality import content as tumour_content
from pancreassign.quality import protocol
from pancreassign.records import Call, Drug, Grade, InputInfo, Rule, SampleInfo, Setting, Specimen, Verdict
from pancreassign.regimens.catalogue import Catalogue, load_catalogue
from pancreassign.regimens.clinical import FIELDS, GUIDELINES, SETTINGS, Clinical
from pancreassign.regimens.eligibility import JUDGEMENT
from pancreassign.regimens.rank import rank_regimens
from pancreassign.regimens.rules import RULE_TEXT, DrugEvidence
from pancreassign.report.content import ELSEWHERE, SHARE
from pancreassign.signatures.calibrate import Estimate, call
from pancreassign.signatures.outcome import NO_SIGNATURE
from pancreassign.training.families import families

NOTHING = DrugEvidence(Call.NOT_EVALUABLE, "D", (0, 0, 0), (0, 0, 0), np.array([]), np.array([]))
"""A drug that says nothing."""


@cache
def catalogue() -> Catalogue:
    return load_catalogue(resources.data_dir() / "regimens" / "regimens.toml")


def of_catalogue() -> Iterator[str | None]:
    for check in catalogue().checks:
        yield from (check.ask, check.otherwise, check.source)
        for clause in check.clauses:
            yield from (clause.message, clause.source)
    for regimen in catalogue().regimens:
        yield from (regimen.name, *regimen.notes)
        for part in regimen.components:
            yield from (part.name, part.words, part.note)
        for place in regimen.settings:
            yield from (place.basis, place.after_words, *(own.basis for own in place.guidelines))
        for trial in regimen.trials:
            yield from (trial.name, trial.population, trial.efficacy, trial.toxicity, trial.source)


def of_ranking() -> Iterator[str]:
    """What the code makes of the catalogue, for patients of all kinds."""
    ids = catalogue().ids
    worst: dict[str, Any] = {
        "ecog": 3,
        "bilirubin_uln": 9.0,
        "dpyd": "complete",
        "pregnancy": True,
        "gbrca_palb2": False,
    }
    reference = np.array([0.3])
    called = [
        DrugEvidence(call, "C", (s, s, s), (r, r, r), reference, reference)
        for call, s, r in ((Call.SENSITIVE, 0.8, 0.1), (Call.RESISTANT, 0.1, 0.8))
    ]
    priors = (None, ["other"], list(ids), ["folfirinox"], ["gemcitabine"])
    for setting, guideline, prior, facts in product(SETTINGS, (None, *GUIDELINES), priors, ({}, worst)):
        clinical = Clinical(guideline=guideline, prior_regimens=prior, **facts)
        for evidence in (NOTHING, *called):
            for one in rank_regimens(
                catalogue(), dict.fromkeys(Drug, evidence), Setting(value=setting, assumed=False), clinical, 0.9
            ):
                yield from (*one.order, *one.notes, one.rule_text)
                for finding in one.eligibility:
                    yield from (finding.message, finding.source, finding.source.removeprefix(f"{JUDGEMENT}: "))


@cache
def example() -> tuple[Scale, Sample]:
    """The shipped scale, and the first sample of the shipped example."""
    scale = load_scale(resources.DEFAULT_REFERENCE)
    samples, _ = read_samples([resources.data_dir() / "example" / "counts.tsv.gz"], scale.genes)
    return scale, samples[0]


def of_quality() -> Iterator[str]:
    """Names and units of all checks, classes of content, titles and sources of the context."""
    scale, sample = example()
    for sex in ("female", "male", None):
        info = SampleInfo(id="s", sex=sex, specimen=Specimen(protocol="full-length"))
        for check in appraise(sample, scale, info)[1].checks:
            unit = check.unit or ""
            if not check.source.startswith("by the counts"):  # filled in: :func:`of_protocols`
                yield check.source
            yield from (check.name, unit.removeprefix(SHARE).strip() if unit.split(" ")[0] == SHARE else unit)
    yield from (name for _, name in tumour_content.CLASSES)
    for one in scale.yardstick.tissues.programmes.values():
        if one.kind in ("context", "gene"):
            yield from (one.title, one.source)


def of_protocols() -> Iterator[str]:
    """Where the check of the protocol comes from, for all that counts and table may say; and depths not told."""
    stated = literals(Specimen.model_fields["protocol"].annotation)
    for told, said, own in product([*stated - {"unknown"}, None], [*stated, None], stated - {"unknown"}):
        yield protocol.check(protocol.Inferred(protocol=told), said, own).source
    yield from (f"{units} does not tell the depth" for units in ("TPM", "FPKM"))


def of_pack() -> Iterator[str | None]:
    figures = json.loads((resources.find_pack(resources.DEFAULT_PACK) / "validation.json").read_text())
    for one in (figures[drug] for drug in Drug):
        yield from (one["source"], one["ceiling_source"], *one["worlds"], *one["external"])


def worth_words(found: Iterable[str | None]) -> set[str]:
    """The texts that a language has to have words for; a DOI needs none."""
    return {text for text in found if text and not re.fullmatch(r"doi \S+", text)}


@cache
def whole() -> frozenset[str]:
    """Texts that stand in the data as they are (templates with their braces)."""
    own = caveats.load(resources.data_dir() / "caveats" / "caveats.toml").texts.values()
    return frozenset(worth_words([*own, *RULE_TEXT.values(), *of_catalogue(), *of_quality(), *of_pack(), *Drug]))


@cache
def made() -> frozenset[str]:
    return frozenset(worth_words([*of_ranking(), *of_protocols()]))


def literals(annotation: Any) -> set[str]:
    """The strings of a ``Literal``, also within a union."""
    args = get_args(annotation)
    return {text for arg in args for text in ([arg] if isinstance(arg, str) else literals(arg))}


@cache
def codes() -> dict[str, set[str]]:
    """The codes by which the page looks words up in a table, from where they are defined."""
    facts = {name: field.annotation for name, field in Clinical.model_fields.items()}
    own = {"yes", "no", "none", "other"}
    estimate = Estimate(0.4, 0.5, 0.6)
    cases = product((None, estimate), get_args(Grade), (True, False), (True, False))
    scale, sample = example()
    judged = appraise(sample, scale, SampleInfo(id="s"))[1].checks
    return {
        "setting": set(SETTINGS),
        "call": set(Call),
        "grade": set(get_args(Grade)),
        "rule": set(get_args(Rule)),
        "verdict": {*get_args(Verdict), "unlimited"},
        "drug": set(Drug),
        "units": literals(InputInfo.model_fields["units"].annotation),
        "strand": literals(InputInfo.model_fields["strand"].annotation),
        "protocol": literals(Specimen.model_fields["protocol"].annotation) - {"unknown"},
        "preservation": literals(Specimen.model_fields["preservation"].annotation),
        "clinical": (set(FIELDS) - ELSEWHERE) | own,
        "fact": literals(facts["dpyd"]) | literals(facts["guideline"]),
        "family": set(families([1.0], np.zeros((1, 1)))),
        "topic": {check.id.partition("_")[0] for check in catalogue().checks} | {"prior", "setting"},
        "threshold": {name for check in judged for name in check.threshold or {}},
        "reason": {call(*case)[1] for case in cases} | {NO_SIGNATURE},
    }
