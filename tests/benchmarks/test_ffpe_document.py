"""The page's tables are those of the run, and nothing else on it changes."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from benchmarks.ffpe.document import RENDERERS, fill, markdown, number, plain, shipped_depth
from pancreassign.errors import ConfigError

ROOT = Path(__file__).parents[2]
BLOCK = "before\n<!-- table one -->\nold\n<!-- end -->\nafter\n"


def test_a_block_is_replaced_and_the_words_around_it_stay(tmp_path: Path) -> None:
    pd.DataFrame({"name": ["a"], "value": [-0.126]}).to_csv(tmp_path / "file.tsv", sep="\t", index=False)
    filled = fill(BLOCK, tmp_path, {"one": ("file", plain)})
    assert filled.startswith("before\n<!-- table one -->\n")
    assert filled.endswith("<!-- end -->\nafter\n")
    assert "| a | −0.13 |" in filled
    assert "old" not in filled
    assert fill(filled, tmp_path, {"one": ("file", plain)}) == filled


def test_an_unknown_block_and_a_table_that_was_not_written_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="'one'"):
        fill(BLOCK, tmp_path, {})
    with pytest.raises(ConfigError, match=r"file\.tsv"):
        fill(BLOCK, tmp_path, {"one": ("file", plain)})


def test_numbers() -> None:
    assert [number(value) for value in (0.126, -0.126, -0.001, float("nan"))] == ["0.13", "−0.13", "0.00", "–"]
    assert markdown(pd.DataFrame({"a": [1], "b": ["x"]})) == "| a | b |\n| --- | --- |\n| 1 | x |"


def test_depth_is_shown_as_the_range_over_the_drugs_without_the_general_score() -> None:
    rows = [("5-FU", 0.1, 0.9), ("gemcitabine", 0.3, 1.0), ("general", 9.0, None)]
    table = pd.DataFrame(
        [
            {"libraries": "l", "reads": 1000, "n": 4, "score": s, "bias": -e, "error": e, "claimed": e, "holds": h}
            for s, e, h in rows
        ]
    ).assign(spearman_with_fresh=float("nan"))
    shown = shipped_depth(table).iloc[0]
    assert shown["error, SD"] == "0.10 to 0.30"
    assert shown["bias, SD"] == "−0.30 to −0.10"
    assert shown["interval holds"] == "0.90 to 1.00"
    assert shown["Spearman with fresh"] == "–"
    assert shown["reads"] == "1,000"


def test_every_table_of_the_page_is_known_and_every_known_table_is_on_the_page() -> None:
    page = (ROOT / "docs" / "ffpe.md").read_text(encoding="utf-8")
    blocks = [line.split()[2] for line in page.splitlines() if line.startswith("<!-- table ")]
    assert sorted(blocks) == sorted(RENDERERS)
    assert page.count("<!-- end -->") == len(blocks)
