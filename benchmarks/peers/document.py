"""Put the tables of a run into docs/validation.md, so that no figure there is copied by hand.

python -m benchmarks.peers.document [OUT] [PAGE]

What is known of the shipped pack is read from it at once (known.py), the comparison from the run's tables.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import pandas as pd

from benchmarks.ffpe.document import Row, Table, fill, number, plain, spanned, wide
from benchmarks.peers import known
from benchmarks.peers.skill import MEAN
from pancreassign import resources
from pancreassign.signatures import pack
from pancreassign.training.evaluate import MAX_ADJUSTED_P

OUT, PAGE = Path("results/bench-peers"), Path("docs/validation.md")
COMMAND = "make bench-peers"
ALONE = {"same": "yes", "none": "**no**", "moves": "another value"}
"""Whether a patient alone can be scored, in words; other values stand as they are."""
UNKNOWN = "–"


def main(out: Path, page: Path) -> None:
    """Fill every block of the page."""
    shipped = pack.load(resources.find_pack(resources.DEFAULT_PACK))
    for name, table in (("known", known.skill_table(shipped)), ("external", known.external_table(shipped))):
        table.to_csv(out / f"{name}.tsv", sep="\t", index=False)
    page.write_text(fill(page.read_text(encoding="utf-8"), out, RENDERERS, COMMAND), encoding="utf-8")


def peers(table: Table) -> Table:
    """The one table of all methods."""
    rows = table.to_dict("records")
    worlds = list(dict.fromkeys(str(name).split(": ")[0] for name in table if ": " in str(name)))
    cells: dict[str, list[str]] = {"method": [str(row["method"]) for row in rows]}
    for world in worlds:
        cells[f"{world}: Spearman, mean of five (95 %)"] = [_spanned(row, f"{world}: spearman") for row in rows]
        cells[f"{world}: minus pancreassign"] = [_spanned(row, f"{world}: minus_ours") for row in rows]
    cells["one patient alone"] = [ALONE.get(said, said) for said in table["alone"].fillna(UNKNOWN).astype(str)]
    for change, words in CHANGES.items():
        cells[words] = [number(row[change]) for row in rows]
    for name, words in (("time", "time a sample, ×"), ("memory", "peak memory, ×")):
        cells[words] = [number(row[name]) for row in rows]
    return pd.DataFrame(cells)


CHANGES = {
    "shrunk": "batch 20 → 5, SD",
    "other_patients": "other patients, SD",
    "other_laboratory": "other laboratory, SD",
}
"""How far a patient's value moves, by change of its batch."""


def _spanned(row: Row, name: str) -> str:
    return UNKNOWN if pd.isna(row[name]) else spanned(row, name)


def by_drug(world: str, table: Table) -> Table:
    """Spearman of every method and drug in one set."""
    own = table[(table["set"] == world) & (table["drug"] != MEAN)]
    labelled = own.assign(drug=own["drug"] + " (n = " + own["n"].astype(str) + ")")
    return wide(labelled, "method", "drug", lambda row: _spanned(row, "spearman"))


def moves(table: Table) -> Table:
    """How far a patient's value moves, by method: the drug that moves least and the one that moves most."""
    rows = []
    for method, own in table.groupby("method", sort=False):
        span = {words: f"{number(own[one].min())} to {number(own[one].max())}" for one, words in CHANGES.items()}
        largest = max(float(own[f"{one}_largest"].max()) for one in CHANGES)
        rows.append({"method": method, **span, "largest of any patient, SD": number(largest)})
    return pd.DataFrame(rows)


def skill(table: Table) -> Table:
    """What is known of each drug."""
    worlds = [str(name).removeprefix("rho_") for name in table if str(name).startswith("rho_")]
    return pd.DataFrame(
        [
            {
                "drug": row["target"],
                "grade": row["grade"],
                "Spearman (95 %), models": f"{spanned(row, 'spearman')}, n = {row['n']}",
                "p (Holm)": f"{row['adjusted_p']:.3f}",
                **{f"{world} (n)": f"{number(row[f'rho_{world}'])} ({row[f'n_{world}']})" for world in worlds},
                "ceiling": number(row["ceiling"]),
                "AUROC (95 %), sensitive third": spanned(row, "auroc"),
                "Brier (base rate)": f"{row['brier']:.3f} ({row['brier_base_rate']:.3f})",
            }
            for row in table.to_dict("records")
        ]
    )


def adds(table: Table) -> Table:
    """What a signature tells beyond subtype and beyond general sensitivity, and what paraffin leaves of it."""
    return pd.DataFrame(
        [
            {
                "drug": row["target"],
                "beyond classical − basal (95 %)": spanned(row, "beyond_subtype"),
                "beyond the general response (99 %)": _spanned(row, "beyond_general"),
                "paraffin with fresh, kidney (n)": f"{number(row['paraffin'])} ({row['paraffin_n']})",
            }
            for row in table.to_dict("records")
        ]
    )


def reasons(row: Row) -> str:
    """Why a drug has grade D, in words; nothing for another grade."""
    if row["grade"] != "D":
        return ""
    checks = {
        "the interval holds 0": row["spearman_low"] <= 0,
        f"p after correction is not below {MAX_ADJUSTED_P}": row["adjusted_p"] >= MAX_ADJUSTED_P,
        "its probabilities are no better than saying one third to everyone": row["brier"] >= row["brier_base_rate"],
    }
    return "; ".join(words for words, true in checks.items() if true) or "the strict rule of selection gives D"


def why(table: Table) -> Table:
    """What keeps each drug of grade D from grade C."""
    rows = [{"drug": row["target"], "why no call": reasons(row)} for row in table.to_dict("records")]
    return pd.DataFrame([row for row in rows if row["why no call"]])


def external(table: Table) -> Table:
    """Other sets, by drug."""
    cells = wide(table, "set", "target", lambda row: f"{_spanned(row, 'spearman')}, n = {row['n']}")
    return cells.fillna("")


RENDERERS: Mapping[str, tuple[str, Callable[[Table], Table]]] = {
    "peers": ("summary", peers),
    "peers_sources": ("sources", plain),
    "peers_organoids": ("skill", partial(by_drug, "organoids")),
    "peers_lines": ("skill", partial(by_drug, "pancreas lines")),
    "peers_moves": ("batches", moves),
    "known": ("known", skill),
    "known_adds": ("known", adds),
    "known_why": ("known", why),
    "known_external": ("external", external),
}
"""By block: the file it is read from, and how it is shown."""


if __name__ == "__main__":
    given = [Path(argument) for argument in sys.argv[1:3]]
    main(*given, *(OUT, PAGE)[len(given) :])
