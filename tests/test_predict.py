"""The spine: what enters a call and what does not, and how stroma, mouse reads and another reference reach a record."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pancreassign import kit as kits
from pancreassign import resources
from pancreassign.appraise import appraise
from pancreassign.counts.readers import read_samples
from pancreassign.counts.samples import Sample
from pancreassign.errors import ArtefactError
from pancreassign.kit import Kit, load_kit, load_scale
from pancreassign.normalize.reference import Reference
from pancreassign.predict import predict
from pancreassign.quality import content
from pancreassign.records import Call, Prediction, SampleInfo, Specimen
from pancreassign.regimens.clinical import Clinical
from pancreassign.signatures.pack import TARGETS

EXAMPLE = resources.data_dir() / "example" / "counts.tsv.gz"
OWN_PROTOCOL = Specimen(preservation="frozen", protocol="full-length")


@pytest.fixture(scope="module")
def kit() -> Kit:
    return load_kit(resources.DEFAULT_PACK, resources.DEFAULT_REFERENCE)


@pytest.fixture(scope="module")
def sample(kit: Kit) -> Sample:
    return read_samples([EXAMPLE], kit.genes)[0][0]


def predicted(sample: Sample, kit: Kit, **info: Any) -> Prediction:
    return predict(sample, kit, SampleInfo(id=sample.id, specimen=OWN_PROTOCOL, **info), Clinical())


def with_counts(sample: Sample, counts: pd.Series) -> Sample:
    return dataclasses.replace(sample, counts=counts.reindex(sample.counts.index).fillna(0.0).round())


def mixed(sample: Sample, kit: Kit, profile: str, share: float) -> Sample:
    """The sample with ``share`` of its coding reads taken by a profile."""
    own, other = sample.counts, kit.yardstick.tissues.profiles[profile]
    coding = own.index.intersection(other.index)
    return with_counts(sample, (1 - share) * own.add(share / (1 - share) * own[coding].sum() * other, fill_value=0.0))


def without_context(kit: Kit) -> Kit:
    """The kit without what is exploratory, and with a reference that never measured it."""
    known = kit.yardstick.tissues
    kept = {name: one for name, one in known.programmes.items() if one.kind not in ("context", "gene")}
    gone = [name for name in known.programmes if name not in kept]
    assert gone
    stick = dataclasses.replace(
        kit.yardstick,
        tissues=dataclasses.replace(known, programmes=kept),
        tumours=kit.yardstick.tumours.drop(columns=gone),
    )
    frozen = dataclasses.replace(kit.reference, quality=kit.reference.quality.drop(columns=gone))
    return dataclasses.replace(kit, yardstick=stick, reference=frozen)


def test_context_enters_no_call_and_no_rank(kit: Kit, sample: Sample) -> None:
    plain, bare = predicted(sample, kit), predicted(sample, without_context(kit))
    assert plain.context["exploratory"] is bare.context["exploratory"] is True
    assert len(plain.context["programmes"]) > 5
    assert bare.context["programmes"] == {}
    assert bare.model_copy(update={"context": plain.context}).to_json() == plain.to_json()


def test_context_holds_every_exploratory_programme_with_its_percentile(kit: Kit, sample: Sample) -> None:
    shown = predicted(sample, kit).context["programmes"]
    wanted = {name for name, one in kit.yardstick.tissues.programmes.items() if one.kind in ("context", "gene")}
    assert set(shown) == wanted
    assert all(0.0 <= one["percentile"] <= 100.0 for one in shown.values())


def test_a_score_is_the_sum_of_what_the_record_shows(kit: Kit, sample: Sample) -> None:
    for drug in predicted(sample, kit).drugs:
        assert drug.score is not None
        assert drug.content_correction is not None
        total = sum(one.value for one in drug.contributions) + drug.content_correction
        assert drug.score == pytest.approx(total, abs=1e-4)


def test_the_correction_goes_by_the_burden_of_the_sample(kit: Kit, sample: Sample) -> None:
    normalised, _, measured = appraise(sample, kit, SampleInfo(id=sample.id, specimen=OWN_PROTOCOL))
    assert set(normalised.z.index) <= set(kit.reference.genes.index)
    burden = content.burden(measured, kit.yardstick.tissues.content)
    assert burden is not None
    for drug in predicted(sample, kit).drugs:
        drift = kit.pack.signatures[drug.drug.value].drift
        moved = sum(drift.slope[k] * (burden[k] - drift.centre[k]) for k in (0, 1))
        assert drug.content_correction == pytest.approx(-moved, abs=1e-4)


def test_stroma_lowers_the_content_and_moves_no_score_far(kit: Kit, sample: Sample) -> None:
    """From the sample's own content to 40 % of it: the drift left is small beside the reference's spread."""
    pure, diluted = (predicted(one, kit) for one in (sample, mixed(sample, kit, "stroma", 0.6)))
    assert pure.qc.tumour_content.value is not None
    assert diluted.qc.tumour_content.value is not None
    assert diluted.qc.tumour_content.value < 0.7 * pure.qc.tumour_content.value
    for one, other in zip(pure.drugs, diluted.drugs, strict=True):
        assert one.score is not None
        assert other.score is not None
        spread = kit.pack.signatures[one.drug.value].validation["to_tumours"]["reference_sd"]
        assert abs(other.score - one.score) < spread


@pytest.mark.parametrize(("profile", "name"), [("liver", "liver beside"), ("acinar", "acinar pancreas beside")])
def test_normal_tissue_is_found_at_its_share(kit: Kit, sample: Sample, profile: str, name: str) -> None:
    clean, foul = (predicted(one, kit).qc for one in (sample, mixed(sample, kit, profile, 0.9)))
    shares = [next(check for check in qc.checks if check.name.startswith(name)) for qc in (clean, foul)]
    assert shares[0].verdict == "pass"
    assert shares[1].code == "admixture"
    assert shares[1].value == pytest.approx(0.9, abs=0.1)
    assert foul.verdict == "fail"
    assert foul.tumour_content.value is not None
    assert clean.tumour_content.value is not None
    assert foul.tumour_content.value < clean.tumour_content.value


def test_mouse_reads_fail_the_sample_and_forbid_the_calls(kit: Kit, sample: Sample) -> None:
    record = predicted(dataclasses.replace(sample, foreign_share=0.8), kit)
    assert record.qc.verdict == "fail"
    assert {(drug.call, drug.reason) for drug in record.drugs} == {(Call.NOT_EVALUABLE, "quality_failed")}
    assert "mouse_reads" in {caveat.code for caveat in record.caveats}
    assert [drug.score for drug in record.drugs] == [drug.score for drug in predicted(sample, kit).drugs]


def test_a_library_whose_protocol_is_not_known_has_wider_intervals(kit: Kit, sample: Sample) -> None:
    bare = dataclasses.replace(sample, units="tpm", counts=sample.counts / kit.genes.length[sample.counts.index])
    widths = []
    for protocol in ("full-length", "unknown"):
        info = SampleInfo(id=bare.id, specimen=Specimen(preservation="frozen", protocol=protocol))
        record = predict(bare, kit, info, Clinical())
        widths.append([drug.score_interval.high - drug.score_interval.low for drug in record.drugs])  # type: ignore[union-attr]
    assert all(known < unknown for known, unknown in zip(*widths, strict=True))


def test_the_yardstick_is_the_references_own(kit: Kit) -> None:
    scale = load_scale(resources.DEFAULT_REFERENCE)
    assert scale.yardstick.limits == kit.yardstick.limits
    pd.testing.assert_frame_equal(scale.yardstick.tumours, kit.reference.quality)
    assert scale.yardstick.protocol == kit.reference.manifest["protocol"]


def rescaled(kit: Kit, **changed: Any) -> Kit:
    """The kit with a reference of another hash."""
    other: Reference = dataclasses.replace(kit.reference, sha256="f" * 64, **changed)
    return dataclasses.replace(kit, reference=other)


def test_a_pack_of_another_reference_is_put_on_this_ones_tumours(kit: Kit) -> None:
    tumours = list(kit.reference.tumours)
    raw = pd.DataFrame({target: np.arange(len(tumours)) / 7 for target in TARGETS}, index=tumours)
    shuffled = raw.iloc[::-1]
    moved = kits._on_scale(kit.pack, rescaled(kit, scores={kit.pack.sha256: shuffled}))
    for target in TARGETS:
        own, was = moved.signatures[target], kit.pack.signatures[target]
        # the same tumours, so the same burdens as those that the pack was trained with
        assert own.drift.centre == pytest.approx(was.drift.centre, rel=1e-3)
        assert own.drift.spread == pytest.approx(was.drift.spread, rel=1e-3)
        assert own.reference_scores.mean() == pytest.approx(raw[target].mean(), rel=1e-3), "a correction about the mean"
        assert np.corrcoef(own.reference_scores, raw[target])[0, 1] > 0.9, "by tumour, not by place"
    assert kits._on_scale(kit.pack, kit) is kit.pack


def test_a_reference_without_scores_by_the_pack_is_refused(kit: Kit) -> None:
    with pytest.raises(ArtefactError, match=r"holds no scores of its tumours by the pack .*--pack"):
        kits._on_scale(kit.pack, rescaled(kit, scores={"0" * 64: pd.DataFrame()}))


GROUPS = {
    "umccr": "tumours/umccr_pdac/counts.tsv.gz",
    "tcga": "tumours/tcga_paad/counts_20.tsv.gz",
    "xenografts": "tumours/pacaomics_pdx/counts_human.tsv.gz",
    "kidney": "ffpe/ccrcc_32pairs_counts.tsv.gz",
}


def codes(realdata: Path, group: str, *only: str) -> dict[str, tuple[str, set[str]]]:
    """Verdict and codes of every sample of a group, or of some."""
    scale = load_scale(resources.DEFAULT_REFERENCE)
    judged = {}
    for sample in read_samples([realdata / GROUPS[group]], scale.genes)[0]:
        if only and sample.id not in only:
            continue
        _, qc, _ = appraise(sample, scale, SampleInfo(id=sample.id))
        judged[sample.id] = (qc.verdict, {check.code for check in qc.checks if check.verdict != "pass"})
    return judged


@pytest.mark.realdata
@pytest.mark.slow
@pytest.mark.parametrize("group", ["umccr", "tcga"])
def test_reference_tumours_mostly_pass(realdata: Path, kit: Kit, group: str) -> None:
    judged = {name: one for name, one in codes(realdata, group).items() if name in kit.reference.tumours}
    verdicts = pd.Series([verdict for verdict, _ in judged.values()])
    assert len(judged) > 15
    assert (verdicts == "fail").mean() < 0.15
    assert (verdicts == "pass").mean() > 0.5
    assert not [name for name, (_, found) in judged.items() if found & {"wrong_tumour", "no_stroma", "mouse_reads"}]


@pytest.mark.realdata
@pytest.mark.slow
def test_every_kidney_is_told_from_a_pancreatic_tumour(realdata: Path) -> None:
    judged = codes(realdata, "kidney")
    assert len(judged) == 64
    assert all(verdict == "fail" and "wrong_tumour" in found for verdict, found in judged.values())


@pytest.mark.realdata
def test_xenografts_have_no_stroma(realdata: Path) -> None:
    assert all("no_stroma" in found for _, found in codes(realdata, "xenografts").values())


@pytest.mark.realdata
def test_an_albumin_high_sample_holds_liver(realdata: Path) -> None:
    verdict, found = codes(realdata, "umccr", "Sample_1")["Sample_1"]
    assert verdict == "fail"
    assert "admixture" in found


def test_a_drug_that_the_pack_has_no_signature_of_is_not_evaluable_and_says_why(sample: Sample, kit: Kit) -> None:
    held = {target: own for target, own in kit.pack.signatures.items() if target != "paclitaxel"}
    without = dataclasses.replace(kit, pack=dataclasses.replace(kit.pack, signatures=held))
    whole, record = predicted(sample, kit), predicted(sample, without)
    lost = record.drugs[4]
    assert (lost.call, lost.reason, lost.evidence) == (Call.NOT_EVALUABLE, "no_signature", "D")
    assert (lost.score, lost.probability, lost.validation, lost.contributions) == (None, None, None, [])
    assert record.drugs[:4] == whole.drugs[:4]
    assert Prediction.from_json(record.to_json()) == record
    scores = {one.id: one.score for one in record.regimens}
    before = {one.id: one.score for one in whole.regimens}
    changed = {name for name, score in scores.items() if score != before[name]}
    assert changed
    assert all("paclitaxel" in name for name in changed)
    folfirinox = next(one for one in record.regimens if one.id == "folfirinox")
    assert folfirinox.score == before["folfirinox"]
