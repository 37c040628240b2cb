"""Building a reference from samples: who is left out, and what is refused."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from training_factory import FLAT, PANEL, TUMOURS, chosen_genes, reference_recipe, tissues, write_world

from pancreassign.counts.genes import GeneTable
from pancreassign.counts.readers import read_samples
from pancreassign.counts.samples import Sample
from pancreassign.errors import ArtefactError, ConfigError, UnitsError
from pancreassign.normalize import reference
from pancreassign.normalize.apply import normalise
from pancreassign.signatures.pack import TARGETS, Pack, Signature
from pancreassign.training.reference import build


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory, gene_table: GeneTable) -> list[Sample]:
    data = tmp_path_factory.mktemp("data")
    write_world(data, gene_table)
    return read_samples([data / "tumours.tsv"], gene_table)[0]


def built(
    samples: list[Sample], folder: Path, genes: GeneTable, exclude: dict[str, list[str]], packs: Sequence[Pack] = ()
) -> reference.Reference:
    folder.mkdir()
    digest = build(samples, reference_recipe(exclude=exclude), genes, tissues(genes), packs, folder)
    loaded = reference.load(folder)
    assert loaded.sha256 == digest
    return loaded


def test_the_variable_genes_make_the_panel(tmp_path: Path, samples: list[Sample], gene_table: GeneTable) -> None:
    own = built(samples, tmp_path / "r", gene_table, {})
    assert set(own.panel) == set(chosen_genes(gene_table)[:PANEL])
    assert own.genes["stable"].sum() == FLAT
    assert own.manifest["tumours"] == len(own.tumours) == TUMOURS
    assert own.genes.loc["ENSG00000000003", "symbol"] == "TSPAN6"


def test_excluded_samples_are_listed_but_not_fitted(
    tmp_path: Path, samples: list[Sample], gene_table: GeneTable
) -> None:
    out = [f"TUMOUR_0{k}" for k in (2, 5, 7)]
    own = built(samples, tmp_path / "r", gene_table, {"albumin_high": out, "not_adenocarcinoma": ["TUMOUR_11"]})
    kept = [sample for sample in samples if sample.id not in (*out, "TUMOUR_11")]
    assert own.tumours == tuple(sample.id for sample in kept)
    assert own.manifest["tumours"] == TUMOURS - 4
    alone = built(kept, tmp_path / "kept", gene_table, {})
    pd.testing.assert_frame_equal(own.genes, alone.genes)
    pd.testing.assert_frame_equal(own.quality, alone.quality)
    assert list(own.quality.index) == list(own.tumours), "an excluded sample sets no limit"
    listed = pd.read_csv(tmp_path / "r" / "tumours.tsv", sep="\t", index_col=0, keep_default_na=False)["excluded"]
    assert listed["TUMOUR_11"] == "not_adenocarcinoma"
    assert listed["TUMOUR_00"] == ""


def test_a_gene_that_one_tumour_did_not_measure_is_left_out(
    tmp_path: Path, samples: list[Sample], gene_table: GeneTable
) -> None:
    gene = chosen_genes(gene_table)[100]
    fewer = [dataclasses.replace(samples[0], counts=samples[0].counts.drop(gene)), *samples[1:]]
    own = built(fewer, tmp_path / "r", gene_table, {})
    assert gene not in own.genes.index
    assert len(own.genes) == PANEL + FLAT - 1


def test_unknown_exclusions_units_and_too_few_tumours_are_refused(
    tmp_path: Path, samples: list[Sample], gene_table: GeneTable
) -> None:
    with pytest.raises(ConfigError, match=r"exclude: names samples that were not read: \['NOBODY'\]"):
        stranger = reference_recipe(exclude={"albumin_high": ["NOBODY", "TUMOUR_00"]})
        build(samples, stranger, gene_table, tissues(gene_table), [], tmp_path)
    with pytest.raises(UnitsError, match="TUMOUR_03: is in tpm"):
        one_tpm = [dataclasses.replace(s, units="tpm") if s.id == "TUMOUR_03" else s for s in samples]
        build(one_tpm, reference_recipe(), gene_table, tissues(gene_table), [], tmp_path)
    with pytest.raises(ArtefactError, match="9 tumours are too few"):
        build(samples[:9], reference_recipe(), gene_table, tissues(gene_table), [], tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_two_builds_have_the_same_hash_and_another_sample_another(
    tmp_path: Path, samples: list[Sample], gene_table: GeneTable
) -> None:
    one, two = (built(samples, tmp_path / name, gene_table, {}) for name in ("one", "two"))
    other = built(samples[:-1], tmp_path / "other", gene_table, {})
    assert one.sha256 == two.sha256 != other.sha256
    assert np.isfinite(one.genes[["mean", "sd", "share", "dispersion"]].to_numpy()).all()


def a_pack(genes: GeneTable, sha256: str, *strangers: str) -> Pack:
    """A pack whose targets weigh two panel genes, each in its own way, and ``strangers``."""
    first, second = chosen_genes(genes)[:2]
    signatures = {}
    for place, target in enumerate(TARGETS):
        weights = pd.Series({first: 1.0 + place, second: -2.0, **dict.fromkeys(strangers, 0.25)})
        signatures[target] = Signature(weights, weights.astype(str), pd.DataFrame(), np.zeros(1), {})
    return Pack({"name": f"pack-{sha256}"}, sha256, signatures)


def test_tumours_are_scored_by_each_pack_before_the_correction(
    tmp_path: Path, samples: list[Sample], gene_table: GeneTable
) -> None:
    packs = [a_pack(gene_table, "one"), a_pack(gene_table, "two", "ENSG_NOT_MEASURED")]
    own = built(samples, tmp_path / "r", gene_table, {"albumin_high": ["TUMOUR_02"]}, packs)
    assert set(own.scores) == {"one", "two"}
    first, second = chosen_genes(gene_table)[:2]
    for name, table in own.scores.items():
        assert list(table.columns) == list(TARGETS)
        assert tuple(table.index) == own.tumours, "the excluded tumour has no score"
        for sample in (samples[0], samples[7]):
            z = normalise(sample.counts, own.genes, "counts", gene_table.length).z
            for place, target in enumerate(TARGETS):
                # a gene that no tumour measured counts as the mean
                by_hand = (1.0 + place) * z[first] - 2.0 * z[second]
                assert table.loc[sample.id, target] == pytest.approx(by_hand, abs=1e-4), (name, target)
    plain = built(samples, tmp_path / "plain", gene_table, {"albumin_high": ["TUMOUR_02"]})
    assert plain.scores == {}
    pd.testing.assert_frame_equal(plain.genes, own.genes)


def test_a_pack_that_the_tumours_do_not_cover_is_refused(
    tmp_path: Path, samples: list[Sample], gene_table: GeneTable
) -> None:
    foreign = a_pack(gene_table, "one", *(f"ENSG_STRANGER_{k}" for k in range(40)))
    with pytest.raises(ArtefactError, match=r"pack pack-one: has \d+% of its 5-FU signature among the tumours' genes"):
        build(samples, reference_recipe(), gene_table, tissues(gene_table), [foreign], tmp_path)
    assert list(tmp_path.iterdir()) == []
