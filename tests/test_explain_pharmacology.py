"""The table of known pharmacology: what ships, and what its loader refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from pancreassign import resources
from pancreassign.counts.genes import GeneTable
from pancreassign.errors import ArtefactError
from pancreassign.explain.pharmacology import Pharmacology, load_pharmacology
from pancreassign.records import Drug

TABLE = resources.data_dir() / "pharmacology" / "pharmacology.toml"


def test_every_gene_of_the_table_is_a_current_symbol(gene_table: GeneTable) -> None:
    table = load_pharmacology(TABLE)
    genes = {gene for group in table.groups for gene in group.genes}
    assert not {gene for gene in genes if gene not in gene_table.by_symbol}
    assert {"DCK", "RRM1", "TYMS", "DPYD", "TOP1", "CES2", "ERCC1", "TUBB3", "SLC29A1"} <= genes


GROUP = {"drug": "5-FU", "kind": "target", "title": "t", "genes": ["TYMS"], "sources": ["a"]}


def raw(*groups: dict[str, Any]) -> dict[str, Any]:
    others = [GROUP | {"drug": drug.value} for drug in Drug if drug is not Drug.FLUOROURACIL]
    return {
        "schema": 1,
        "version": "1",
        "date": "2026-01-01",
        "sources": {"a": "A"},
        "groups": [*(GROUP | group for group in groups), *others],
    }


@pytest.mark.parametrize(
    ("groups", "said"),
    [
        ([{"sources": []}], "has no source and is not marked as judgement"),
        ([{"judgement": True}], "a note says what is judgement"),
        ([{"note": "why"}], "a note says what is judgement"),
        ([{"sources": ["b"]}], r"without entry or without use: \['b'\]"),
        ([{}, {"kind": "repair"}], "5-FU: TYMS stand twice"),
        ([{"genes": ["TYMS", "TYMS"]}], "5-FU: TYMS stand twice"),
        ([], "5-FU: has no group"),
        ([{"kind": "magic"}], "Input should be 'transport'"),
    ],
)
def test_a_table_that_breaks_a_rule_is_refused(groups: list[dict[str, Any]], said: str) -> None:
    assert Pharmacology.model_validate(raw({}))
    with pytest.raises(ValidationError, match=said):
        Pharmacology.model_validate(raw(*groups))


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"schema = ", "cannot be read"), (b"\xff", "cannot be read"), (b"schema = 2", "schema: Input should be 1")],
)
def test_a_damaged_table_is_named(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "pharmacology.toml"
    with pytest.raises(ArtefactError, match="cannot be read"):
        load_pharmacology(path)
    path.write_bytes(content)
    with pytest.raises(ArtefactError, match=rf"pharmacology\.toml: .*{said}"):
        load_pharmacology(path)
