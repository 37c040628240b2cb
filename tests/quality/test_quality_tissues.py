"""The tables of tissues: what is refused, and what is measured with them."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import tomli_w
from quality_factory import GENES, IDS, MODEL, profiles, reference, tissues, versus

from pancreassign import resources
from pancreassign.counts.genes import GeneTable
from pancreassign.errors import ArtefactError
from pancreassign.quality.tissue import content_of, measure_admixture
from pancreassign.quality.tissues import SOURCES, load, measure

SYMBOLS = pd.Series([f"SYM{gene}" for gene in GENES], index=GENES)
FILES = ("genes.tsv.gz", "profiles.tsv.gz", "programmes.toml", "content.toml")


def programme(**changed: Any) -> dict[str, Any]:
    entry = {"kind": "identity", "title": "ductal carcinoma", "source": "a test", "genes": ["SYMD1", "SYMD0"]}
    return {key: value for key, value in {**entry, **changed}.items() if value is not None}


def written(folder: Path, **ductal: Any) -> Path:
    """The four files, with one programme beside the version and the date."""
    versus().to_csv(folder / FILES[0], sep="\t")
    profiles().assign(symbol=SYMBOLS).to_csv(folder / FILES[1], sep="\t")
    (folder / FILES[2]).write_text(tomli_w.dumps({"version": "1.0.0", "ductal": programme(**ductal)}))
    model = {"stroma_offset": -1.0, "immune_offset": -2, "error": 0.1}
    (folder / FILES[3]).write_text(tomli_w.dumps({"model": model, "figures": {"n": 3.0}}))
    return folder


def test_the_files_are_read_whole(tmp_path: Path) -> None:
    loaded = load(written(tmp_path), SYMBOLS)
    assert loaded.content == MODEL
    pd.testing.assert_frame_equal(loaded.genes, versus())
    pd.testing.assert_frame_equal(loaded.profiles, profiles())
    assert list(loaded.programmes) == ["ductal"]
    ductal = loaded.programmes["ductal"]
    assert (ductal.name, ductal.kind, ductal.title, ductal.source) == (
        "ductal",
        "identity",
        "ductal carcinoma",
        "a test",
    )
    assert ductal.genes == ("D1", "D0"), "by Ensembl id, in the file's order"


@pytest.mark.parametrize("name", FILES)
def test_a_missing_or_damaged_file_is_refused(tmp_path: Path, name: str) -> None:
    path = written(tmp_path) / name
    whole = path.read_bytes()
    path.unlink()
    with pytest.raises(ArtefactError, match="cannot be read"):
        load(tmp_path, SYMBOLS)
    path.write_bytes(whole[: len(whole) // 2] if name.endswith(".gz") else b"[model\n")
    with pytest.raises(ArtefactError, match=r"cannot be read.*Restore it from the release"):
        load(tmp_path, SYMBOLS)


@pytest.mark.parametrize("column", SOURCES)
def test_a_table_that_lacks_a_tissue_is_refused(tmp_path: Path, column: str) -> None:
    versus().drop(columns=column).to_csv(written(tmp_path) / FILES[0], sep="\t")
    with pytest.raises(ArtefactError, match=f"cannot be read.*{column}"):
        load(tmp_path, SYMBOLS)


@pytest.mark.parametrize(
    "model",
    [
        {},
        {"stroma_offset": 1.0, "immune_offset": 1.0},
        {"stroma_offset": 1.0, "immune_offset": 1.0, "error": 0.1, "x": 1},
        {"stroma_offset": "x", "immune_offset": 1.0, "error": 0.1},
    ],
)
def test_a_model_of_other_constants_is_refused(tmp_path: Path, model: dict[str, Any]) -> None:
    (written(tmp_path) / "content.toml").write_text(tomli_w.dumps({"model": model}))
    with pytest.raises(ArtefactError, match="cannot be read"):
        load(tmp_path, SYMBOLS)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"kind": None}, "programme ductal lacks its kind or genes"),
        ({"kind": "anything"}, "programme ductal lacks its kind or genes"),
        ({"genes": None}, "programme ductal lacks its kind or genes"),
        ({"genes": []}, "programme ductal lacks its kind or genes"),
        ({"genes": "SYMD0"}, "programme ductal lacks its kind or genes"),
        ({"genes": ["SYMD0", "SYMD99"]}, "programme ductal names SYMD99, which is no gene"),
    ],
)
def test_a_damaged_programme_is_refused(tmp_path: Path, changed: dict[str, Any], message: str) -> None:
    with pytest.raises(ArtefactError, match=message):
        load(written(tmp_path, **changed), SYMBOLS)


@pytest.mark.parametrize("key", ["title", "source"])
def test_a_programme_says_what_it_is_and_where_it_comes_from(tmp_path: Path, key: str) -> None:
    with pytest.raises(ArtefactError, match="ductal"):
        load(written(tmp_path, **{key: None}), SYMBOLS)


def test_the_shipped_tables_are_whole(gene_table: GeneTable) -> None:
    shipped = load(resources.data_dir() / "tissues", gene_table.symbol)
    assert {"ductal", "liver", "acinar", "kidney"} <= set(shipped.programmes)
    assert shipped.profiles.sum().to_numpy() == pytest.approx(1.0, abs=1e-3)
    assert set(shipped.genes) >= set(SOURCES)
    for one in shipped.programmes.values():
        assert len(set(one.genes)) == len(one.genes)
        assert one.source


def test_levels_by_hand() -> None:
    bulk = pd.Series(0.0, index=GENES)
    for kind, value in (("T", 1.0), ("S", -2.0), ("I", -3.0), ("D", 4.0), ("L", 5.0), ("C", 6.0)):
        bulk[IDS[kind]] = value
    found = measure(bulk, tissues(), reference())
    assert found["ductal"] == 4.0
    assert found["liver"] == 5.0
    assert found["kidney"] == 0.0
    assert found["basal"] == 6.0
    assert found["epithelial"] == found["tumour"] == 1.0
    assert (found["stroma"], found["immune"]) == (-2.0, -3.0)


def test_a_programme_needs_half_of_its_genes() -> None:
    bulk = pd.Series(1.0, index=GENES)
    found = measure(bulk.drop([*IDS["K"][:3], *IDS["L"][:2]]), tissues(), reference())
    assert math.isnan(found["kidney"])
    assert found["liver"] == 1.0
    assert not math.isnan(found["epithelial"])
    assert math.isnan(measure(bulk.drop(IDS["T"]), tissues(), reference())["epithelial"])


@pytest.mark.parametrize("share", [0.0, 0.05, 0.3, 0.9, 1.0])
@pytest.mark.parametrize("tissue", ["liver", "acinar"])
@pytest.mark.parametrize("depth", [1e3, 1e7])
def test_a_planted_admixture_is_given_back(share: float, tissue: str, depth: float) -> None:
    table = profiles()
    mixture = depth * (share * table[tissue] + (1 - share) * table["tumour"])
    other = "acinar" if tissue == "liver" else "liver"
    found = measure_admixture(mixture, tissues())
    assert found == {f"share_{tissue}": pytest.approx(share), f"share_{other}": pytest.approx(0.0)}


def test_two_tissues_at_once_and_genes_beside_the_profiles() -> None:
    table = profiles()
    mixture = 1e6 * (0.3 * table["liver"] + 0.2 * table["acinar"] + 0.5 * table["stroma"])
    more = pd.concat([mixture, pd.Series({"NONCODING": 1e9})])
    expected = {"share_liver": pytest.approx(0.3), "share_acinar": pytest.approx(0.2)}
    assert measure_admixture(mixture, tissues()) == measure_admixture(more, tissues()) == expected


def test_markers_that_are_absent_are_not_counted_as_none() -> None:
    """A panel that lacks some markers is held against what pure tissue has on the others."""
    table = profiles()
    mixture = 1e6 * (0.3 * table["liver"] + 0.7 * table["tumour"])
    fewer = measure_admixture(mixture.drop(IDS["L"][:2]), tissues())["share_liver"]
    # of 0.3 · 0.6 on five markers 0.108 is left, of all reads 1 - 0.072; of pure liver 0.36 of 1 - 0.24
    assert fewer == pytest.approx(0.108 / 0.928 / (0.36 / 0.76))
    assert math.isnan(measure_admixture(mixture.drop(IDS["L"][:3]), tissues())["share_liver"]), (
        "two of five tell nothing"
    )
    assert math.isnan(measure_admixture(mixture.drop(IDS["L"]), tissues())["share_liver"])


def test_an_empty_library_and_one_of_other_genes_tell_nothing() -> None:
    for counts in (pd.Series(0.0, index=GENES), pd.Series({"NONCODING": 5.0}), pd.Series(dtype=float)):
        assert all(math.isnan(share) for share in measure_admixture(counts, tissues()).values())


def test_only_normal_tissues_with_a_profile_have_a_share() -> None:
    found = measure_admixture(pd.Series(1.0, index=GENES), tissues(liver="other"))
    assert set(found) == {"share_acinar"}


def test_normal_tissue_lowers_the_content_and_an_unknown_share_does_not() -> None:
    levels = {"tumour": 0.0, "stroma": 0.0, "immune": 0.0}
    pure = content_of(levels, tissues())
    assert pure == pytest.approx(1 / 1.75)
    assert content_of({**levels, "share_liver": 0.3, "share_acinar": 0.2}, tissues()) == pytest.approx(0.5 * pure)
    assert content_of({**levels, "share_liver": np.nan, "share_acinar": 0.2}, tissues()) == pytest.approx(0.8 * pure)
    least = content_of({**levels, "share_liver": 0.9, "share_acinar": 0.9}, tissues())
    assert least is not None
    assert 0 < least < 0.1
    assert content_of({**levels, "tumour": np.nan}, tissues()) is None
