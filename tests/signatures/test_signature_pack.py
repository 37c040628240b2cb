"""Saving and loading a pack, and what is refused."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pandas as pd
import pytest
from signature_factory import curves, signature

from pancreassign import artefacts
from pancreassign.errors import ArtefactError
from pancreassign.signatures import pack

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


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """A sealed pack in which each target has weights of its own."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    signatures = {
        target: dataclasses.replace(
            signature("C" if target == "gemcitabine" else "D", ffpe_noise=0.1 * k),
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
        ("compatibility = 1", "compatibility = 99", "has compatibility number 99, this version reads 1"),
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


def test_only_the_very_reference_of_the_frozen_scores_is_accepted(saved: Path) -> None:
    loaded = pack.load(saved)
    pack.check_reference(loaded, "any name", "a" * 64)
    with pytest.raises(ArtefactError, match="holds scores of the reference small"):
        pack.check_reference(loaded, "small", "a" * 63 + "b")
