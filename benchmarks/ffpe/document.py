"""Put the tables of a run into docs/ffpe.md, so that no figure there is copied by hand.

    python -m benchmarks.ffpe.document [OUT] [PAGE]

Replaces what stands between ``<!-- table NAME -->`` and ``<!-- end -->`` and leaves all other words alone.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Hashable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.ffpe.material import PANEL
from benchmarks.ffpe.normalisations import SHIPPED
from pancreassign.errors import ConfigError
from pancreassign.signatures.pack import GENERAL

OUT, PAGE = Path("results/bench-ffpe"), Path("docs/ffpe.md")
COMMAND = "make bench-ffpe"
BLOCK = re.compile(r"(<!-- table ([a-z_]+) -->\n).*?(<!-- end -->)", re.DOTALL)
Table = pd.DataFrame
Row = Mapping[Hashable, Any]


def main(out: Path, page: Path) -> None:
    """Fill every block of the page whose table the run has written."""
    page.write_text(fill(page.read_text(encoding="utf-8"), out, RENDERERS), encoding="utf-8")


def fill(
    text: str, out: Path, renderers: Mapping[str, tuple[str, Callable[[Table], Table]]], command: str = COMMAND
) -> str:
    """The text with its blocks replaced; raises :class:`ConfigError` for a block that no table is known for.

    ``command`` is what writes the tables: it is named under each.
    """

    def block(found: re.Match[str]) -> str:
        name = found.group(2)
        if name not in renderers:
            raise ConfigError("the page", f"has a block {name!r}", f"Known: {', '.join(renderers)}.")
        file, render = renderers[name]
        path = out / f"{file}.tsv"
        if not path.is_file():
            raise ConfigError(str(path), "is not there", f"Run `{command}` to the end first.")
        shown = render(pd.read_csv(path, sep="\t"))
        return f"{found.group(1)}\n{markdown(shown)}\n\n`{command}`, `{file}.tsv`\n\n{found.group(3)}"

    return BLOCK.sub(block, text)


def markdown(table: Table) -> str:
    """A table in Markdown, its cells as text."""
    rows = [list(table.columns), ["---"] * len(table.columns), *table.astype(str).to_numpy().tolist()]
    return "\n".join("| " + " | ".join(map(str, row)) + " |" for row in rows)


def number(value: float, digits: int = 2) -> str:
    """A figure; a dash where it is unknown."""
    if pd.isna(value):
        return "–"
    text = f"{value:.{digits}f}"
    return text.replace("-", "−") if float(text) else f"{0:.{digits}f}"


def spanned(row: Row, name: str) -> str:
    """A figure and its interval."""
    return f"{number(row[name])} ({number(row[f'{name}_low'])} to {number(row[f'{name}_high'])})"


def wide(table: Table, row: str, column: str, cell: Callable[[Row], str]) -> Table:
    """Rows and columns in the order in which they stand in the file."""
    cells = table.assign(cell=[cell(one) for one in table.to_dict("records")])
    order = [list(dict.fromkeys(table[axis])) for axis in (row, column)]
    return cells.pivot(index=row, columns=column, values="cell").loc[order[0], order[1]].reset_index()


def by_genes(pairs: str) -> Callable[[Table], Table]:
    """Spearman by normalisation and gene set, over one choice of pairs."""
    return lambda table: wide(
        table[table["pairs"] == pairs], "normalisation", "genes", lambda one: spanned(one, "spearman")
    )


def against_shipped(table: Table) -> Table:
    """On the panel: what another normalisation would gain over the shipped one, and the shift it leaves."""
    here = table[table["genes"] == PANEL]
    rows = here.to_dict("records")
    return pd.DataFrame(
        {
            "pairs": here["pairs"] + " (" + here["n"].astype(str) + ")",
            "normalisation": here["normalisation"],
            "Spearman minus shipped": [
                "–" if one["normalisation"] == SHIPPED else spanned(one, "minus_shipped") for one in rows
            ],
            "shift, SD": [spanned(one, "shift") for one in rows],
            "error, SD": [number(one["error"]) for one in rows],
            "spread of fresh, SD": [number(one["spread"]) for one in rows],
        }
    )


def plain(table: Table) -> Table:
    """A table as it stands, figures rounded."""
    return table.assign(**{str(name): table[name].map(number) for name in table.select_dtypes("float")})


def panel_only(column: str, value: str) -> Callable[[Table], Table]:
    """One figure on the panel, by normalisation and another column."""
    return lambda table: wide(table[table["genes"] == PANEL], "normalisation", column, lambda one: number(one[value]))


def depth_shipped(table: Table) -> Table:
    """The shipped normalisation on the panel, by depth."""
    here = table[(table["genes"] == PANEL) & (table["normalisation"] == SHIPPED)]
    return plain(here.drop(columns=["genes", "normalisation"]))


def content(value: str) -> Callable[[Table], Table]:
    """One figure of the mixtures on the panel, by normalisation and content in each profile."""

    def render(table: Table) -> Table:
        here = table[table["genes"] == PANEL]
        percent = (100 * here["content"]).round().astype(int).astype(str)
        labelled = here.assign(where=here["profile"] + " " + percent + " %")
        return wide(labelled, "normalisation", "where", lambda one: number(one[value]))

    return render


def ceiling(table: Table) -> Table:
    """The ceiling on the panel."""
    return plain(table[table["genes"] == PANEL].drop(columns="genes"))


def shipped_pairs(table: Table) -> Table:
    """Agreement of the shipped scores."""
    rows = table.to_dict("records")
    return pd.DataFrame(
        {
            "pairs": table["pairs"] + " (" + table["n"].astype(str) + ")",
            "score": table["score"],
            "Spearman": [spanned(one, "spearman") for one in rows],
            "without content correction": [number(one["spearman_uncorrected"]) for one in rows],
            "shift, SD": [spanned(one, "shift") for one in rows],
            "error, SD": [number(one["error"]) for one in rows],
            "spread of fresh, SD": [number(one["spread"]) for one in rows],
        }
    )


def shipped_calls(table: Table) -> Table:
    """Calls of both sides, as numbers of patients sensitive / intermediate / resistant."""

    def three(side: str) -> pd.Series:
        return (
            table[f"{side}_sensitive"].astype(str)
            + " / "
            + table[f"{side}_intermediate"].astype(str)
            + " / "
            + table[f"{side}_resistant"].astype(str)
        )

    return pd.DataFrame(
        {
            "pairs": table["pairs"] + " (" + table["n"].astype(str) + ")",
            "drug": table["drug"],
            "paraffin S / I / R": three("paraffin"),
            "fresh S / I / R": three("fresh"),
            "same call": table["same_call"],
            "opposite": table["opposite"],
            "interval holds": table["holds"].map(number),
            "cross-fitted": table["holds_crossfitted"].map(number),
        }
    )


def shipped_depth(table: Table) -> Table:
    """By libraries and depth, the range over the five drugs."""
    drugs = table[table["score"] != GENERAL]
    rows = []
    for (libraries, reads), own in drugs.groupby(["libraries", "reads"], sort=False):
        row = {"libraries": libraries, "reads": f"{reads:,}", "n": own["n"].iloc[0]}
        row |= {name: span(own[column]) for name, column in DEPTH_COLUMNS.items()}
        rows.append(row)
    return pd.DataFrame(rows)


DEPTH_COLUMNS = {
    "bias, SD": "bias",
    "error, SD": "error",
    "claimed, SD": "claimed",
    "interval holds": "holds",
    "Spearman with fresh": "spearman_with_fresh",
}


def span(values: pd.Series) -> str:
    """The range of some figures; a dash where none is known."""
    return "–" if values.isna().all() else f"{number(values.min())} to {number(values.max())}"


def shipped_content(value: str) -> Callable[[Table], Table]:
    """One figure by score and content in each profile."""

    def render(table: Table) -> Table:
        percent = (100 * table["content"]).round().astype(int).astype(str)
        labelled = table.assign(where=table["profile"] + " " + percent + " %")
        return wide(labelled, "score", "where", lambda one: number(one[value]))

    return render


def shipped_drift(table: Table) -> Table:
    """Drift to 20 % content: before the correction, as shipped, and with a slope that saw neither tumour nor stroma."""
    here = table[table["drift_cross_fitted"].notna()]
    return plain(here[["profile", "score", "drift_uncorrected", "drift", "drift_cross_fitted", "error", "estimated"]])


def shipped_coverage(table: Table) -> Table:
    """How often the interval of a mixture holds the pure tumour's score: range over the five drugs."""
    drugs = table[table["score"] != GENERAL]
    rows = []
    for (profile, content), own in drugs.groupby(["profile", "content"], sort=False):
        row = {"profile": profile, "content": f"{100 * content:.0f} %", "interval holds": span(own["holds"])}
        rows.append({**row, "the same, common drift taken out": span(own["holds_beside_drift"])})
    return pd.DataFrame(rows)


def aims(table: Table) -> Table:
    """The aims, with the figure of the worst drug."""
    asked = table["sign"] + " " + table["limit"].map(lambda value: f"{value:g}")
    return pd.DataFrame(
        {
            "aim": table["aim"],
            "asked": asked,
            "figure": table["figure"].map(number),
            "worst": table["worst"].fillna(""),
            "met": table["met"],
        }
    )


def genes_expressed(table: Table) -> Table:
    """The shipped scores on the genes that kidney expresses."""
    rows = table.to_dict("records")
    return pd.DataFrame(
        {
            "kidney expresses at least": table["at_least"].map(lambda value: f"{value} per million"),
            "genes": table["genes"],
            "share of weight": [f"{number(one['weight_low'])} to {number(one['weight_high'])}" for one in rows],
            "Spearman, matched": [f"{number(one['matched'])} ({number(one['matched_worst'])})" for one in rows],
            "all 16": [f"{number(one['all'])} ({number(one['all_worst'])})" for one in rows],
            "size of shift, SD": [f"{number(one['shift_mean'])} ({number(one['shift_worst'])})" for one in rows],
        }
    )


def verdict_rows(table: Table) -> Table:
    """Verdicts by group; whole numbers stay whole."""
    whole = ["unreliable", "caught", "failed"]
    shown = table.assign(**{name: table[name].map(lambda value: number(value, 0)) for name in whole})
    return plain(shown.fillna({"codes": ""}))


RENDERERS: dict[str, tuple[str, Callable[[Table], Table]]] = {
    "aims": ("aims", aims),
    "gene_sets": ("gene_sets", plain),
    "matched": ("normalisations", by_genes("matched")),
    "all_pairs": ("normalisations", by_genes("all")),
    "against_shipped": ("normalisations", against_shipped),
    "crossfit": ("crossfit", plain),
    "ceiling": ("ceiling", ceiling),
    "depth_matched": ("depth", panel_only("reads", "spearman_matched")),
    "depth_error": ("depth", panel_only("reads", "error")),
    "depth_shipped": ("depth", depth_shipped),
    "content_rank": ("content", content("spearman")),
    "content_drift": ("content", content("drift")),
    "genes_expressed": ("genes_expressed", genes_expressed),
    "genes_filtered": ("genes_filtered", plain),
    "genes_moved": ("genes_moved", plain),
    "shipped_pairs": ("shipped_pairs", shipped_pairs),
    "shipped_calls": ("shipped_calls", shipped_calls),
    "shipped_depth": ("shipped_depth", shipped_depth),
    "shipped_rank": ("shipped_content", shipped_content("spearman")),
    "shipped_drift": ("shipped_content", shipped_drift),
    "shipped_coverage": ("shipped_content", shipped_coverage),
    "shipped_drift_all": ("shipped_content", shipped_content("drift")),
    "verdicts": ("verdicts", verdict_rows),
    "verdict_summary": ("verdict_summary", plain),
}
"""By block: the file it is read from, and how it is shown."""


if __name__ == "__main__":
    given = [Path(argument) for argument in sys.argv[1:3]]
    main(*given, *(OUT, PAGE)[len(given) :])
