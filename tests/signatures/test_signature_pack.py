"""Saving and loading a pack, and what is refused."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pandas as pd
import pytest
from signature_factory import Figures, curves, signature

from pancreassign import artefacts
from pancreassign.errors import ArtefactError
from pancreassign.signatures import pack
from pancreassign.signatures.content import Drift

MANIFEST = {
    "name": "tiny",
    "version": "1.2.3",
    "released": "2026-01-01",
    "reference": {"name": "small", "version": "0.0.1", "sha256": "a" * 64},
}
TUMOURS = ["T1", "T2", "T3", "T4", "T5"]


def calibration(place: int) -> pd.DataFrame:
    """Twenty-one curves, each of its own, and other ones for each target."""
    return curves(*[(0.1 * place - 0.01 * draw, 1 + draw / 7) for draw in range(21)])


def drift(place: int) -> Figures:
    """Each target has a drift of its own."""
    pair = [-0.1 * place, 0.2 * place]
    return {"slope": pair, "centre": [0.5 + place, 1.5], "spread": [0.25, 0.5], "residual": 0.125 * place}


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """A sealed pack in which each target has weights of its own."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    signatures = {
        target: dataclasses.replace(
            signature("C" if target == "gemcitabine" else "D", ffpe_noise=0.1 * k, drift=drift(k)),
            weights=signature().weights * (k + 1),
            reference_scores=signature().reference_scores + k,
            calibration=calibration(k),
        )
        for k, target in enumerate(pack.TARGETS)
    }
    pack.save(folder, MANIFEST, signatures, TUMOURS)
    artefacts.seal(folder)
    return folder


def test_targets_are_the_five_drugs_and_the_general_one() -> None:
    assert pack.TARGETS == ("5-FU", "oxaliplatin", "irinotecan", "gemcitabine", "paclitaxel", "general")


def test_round_trip(saved: Path) -> None:
    loaded = pack.load(saved)
    assert loaded.manifest["version"] == "1.2.3"
    assert loaded.manifest["reference"]["name"] == "small"
    assert loaded.sha256 == artefacts.sha256_of(saved / "SHA256SUMS")
    assert tuple(loaded.signatures) == pack.TARGETS
    for k, target in enumerate(pack.TARGETS):
        own = loaded.signatures[target]
        assert own.weights.to_dict() == {"A": 3.0 * (k + 1), "B": -1.0 * (k + 1), "C": 1.0 * (k + 1)}
        assert own.symbols.to_dict() == {"A": "GENE1", "B": "GENE2", "C": "GENE3"}
        assert own.reference_scores.tolist() == [-2.0 + k, -1.0 + k, k, 1.0 + k, 2.0 + k], "in the order of the tumours"
        assert own.grade == ("C" if target == "gemcitabine" else "D")
        assert own.ffpe_noise == pytest.approx(0.1 * k)
        assert own.drift == Drift.of(drift(k))
        assert own.validation["calibration_slope"] is None
        # draw 0, the fit, comes first: probability() takes it by its place
        assert list(own.calibration.index) == [str(draw) for draw in range(21)]
        kept = own.calibration.reset_index(drop=True)
        pd.testing.assert_frame_equal(kept, calibration(k), rtol=1e-5, check_names=False)


def test_tables_are_plain_text(saved: Path) -> None:
    assert (saved / "gemcitabine" / "weights.tsv").read_text().splitlines()[:2] == ["gene_id\tsymbol\tweight",
                                                                                    "A\tGENE1\t12"]  # fmt: skip
    assert (saved / "reference_scores.tsv").read_text().startswith("tumour\t" + "\t".join(pack.TARGETS) + "\nT1\t-2\t")
    assert set(json.loads((saved / "validation.json").read_text())) == set(pack.TARGETS)


@pytest.mark.parametrize(
    "name",
    ["manifest.toml", "validation.json", "reference_scores.tsv", "5-fu/weights.tsv", "paclitaxel/calibration.tsv"],
)
def test_one_changed_byte_is_refused(saved: Path, name: str) -> None:
    data = bytearray((saved / name).read_bytes())
    data[-2] ^= 1
    (saved / name).write_bytes(bytes(data))
    with pytest.raises(ArtefactError, match="does not match its hash"):
        pack.load(saved)


def test_an_unsealed_pack_and_a_missing_target_are_refused(saved: Path) -> None:
    (saved / "general" / "weights.tsv").unlink()
    with pytest.raises(ArtefactError, match=r"weights\.tsv: is listed in SHA256SUMS but missing"):
        pack.load(saved)
    artefacts.seal(saved)
    with pytest.raises(ArtefactError, match=r"weights\.tsv: cannot be read as a table"):
        pack.load(saved)
    (saved / "SHA256SUMS").unlink()
    with pytest.raises(ArtefactError, match="has no SHA256SUMS"):
        pack.load(saved)


def test_a_target_without_figures_is_refused(saved: Path) -> None:
    figures = json.loads((saved / "validation.json").read_text())
    del figures["paclitaxel"]
    (saved / "validation.json").write_text(json.dumps(figures))
    artefacts.seal(saved)
    with pytest.raises(ArtefactError, match="no figures or frozen scores for paclitaxel"):
        pack.load(saved)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("compatibility = 3", "compatibility = 2", "has compatibility number 2, this version reads 3"),
        ('"signature pack"', '"reference"', "is a 'reference', not a 'signature pack'"),
    ],
)
def test_another_kind_or_compatibility_is_refused(saved: Path, old: str, new: str, message: str) -> None:
    manifest = saved / "manifest.toml"
    assert old in manifest.read_text()
    manifest.write_text(manifest.read_text().replace(old, new))
    artefacts.seal(saved)
    with pytest.raises(ArtefactError, match=message):
        pack.load(saved)


def test_against_another_reference_scores_spread_and_centre_are_its_own(
    saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = pack.load(saved)
    raw = pd.DataFrame({target: [1.0, 2.0, 6.0] for target in pack.TARGETS}, index=["X", "Y", "Z"])
    burdens = [(0.0, 1.0), (2.0, 5.0), None]
    with pytest.raises(ArtefactError, match=r"of 2 of its 3 tumours; 10 are needed"):
        pack.rebased(loaded, raw, burdens)
    monkeypatch.setattr(pack, "MIN_BURDENS", 2)
    moved = pack.rebased(loaded, raw, burdens)
    assert moved.sha256 == loaded.sha256
    for target in pack.TARGETS:
        own, was = moved.signatures[target], loaded.signatures[target]
        new = own.drift
        # mean and standard deviation of 0 and 2, and of 1 and 5: the third tumour's is unknown
        assert new.centre == pytest.approx((1.0, 3.0))
        assert new.spread == pytest.approx((2**0.5, 8**0.5))
        assert (new.slope, new.residual) == (was.drift.slope, was.drift.residual)
        shift = new.slope[0] + 2.0 * new.slope[1]
        assert own.reference_scores == pytest.approx([1.0 + shift, 2.0 - shift, 6.0])
        spread = own.reference_scores.std(ddof=1)
        assert own.validation["to_tumours"]["reference_sd"] == pytest.approx(spread)
        # the share of the spread that paraffin takes is the pack's, the spread the reference's
        share = was.validation["ffpe"]["noise"]
        assert own.ffpe_noise == pytest.approx(share * spread)
        pd.testing.assert_series_equal(own.weights, was.weights)
        pd.testing.assert_frame_equal(own.calibration, was.calibration)
        assert own.grade == was.grade
    assert loaded.signatures["5-FU"].drift == Drift.of(drift(0)), "the pack that was loaded stays as it was"
