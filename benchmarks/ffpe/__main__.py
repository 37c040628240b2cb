"""Run the benchmark and write its tables: ``python -m benchmarks.ffpe [DATA] [OUT]``."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd
from threadpoolctl import threadpool_limits

from benchmarks.ffpe import genes, material, normalisations, shipped, tables, verdicts
from benchmarks.ffpe.aims import aims_table
from benchmarks.ffpe.libraries import score
from benchmarks.ffpe.random_signatures import draw, scorers
from pancreassign import artefacts, resources
from pancreassign.kit import Kit, load_kit
from pancreassign.simulate.degrade import read_noise
from pancreassign.training.recipe import read_recipe

DATA, OUT = Path("../shared/data"), Path("results/bench-ffpe")
DEEPEST = "umccr_pdac"
"""The tumours that are thinned: 18 to 65 million reads."""
ALTERED = 20
"""Real libraries that are degraded, and mixed with other organs: enough for shares, few enough for ten minutes."""
Write = Callable[[str, Callable[[], pd.DataFrame]], None]


def main(data: Path, out: Path) -> None:
    """Write one TSV a table."""
    out.mkdir(parents=True, exist_ok=True)

    def write(name: str, make: Callable[[], pd.DataFrame]) -> None:
        start = time.perf_counter()
        make().to_csv(out / f"{name}.tsv", sep="\t", index=False, float_format="%.4f")
        print(f"{out / name}.tsv\t{time.perf_counter() - start:.0f} s", flush=True)

    random_signatures(data, write)
    gene_choice(data, write)
    shipped_scores(data, write)
    written = {path.stem: pd.read_csv(path, sep="\t") for path in out.glob("*.tsv")}
    write("aims", lambda: aims_table(written))


def random_signatures(data: Path, write: Write) -> None:
    """The tables that are independent of the shipped pack."""
    own = material.load(data)
    named = normalisations.fit_all(own.reference, own.sets["expressed"], own.stable, own.anchor)
    frozen = scorers(named, own.reference)
    drawn = {name: draw(mask) for name, mask in own.sets.items()}
    scored = tables.pair_scores(own, frozen, drawn)
    write("gene_sets", lambda: pd.DataFrame({"genes": list(own.sets), "n": [int(m.sum()) for m in own.sets.values()]}))
    write("normalisations", lambda: tables.normalisation_table(scored, own.matched))
    write("crossfit", lambda: tables.crossfit_table(scored, own.matched))
    write("ceiling", lambda: tables.ceiling_table(own, frozen, drawn))
    write("depth", lambda: tables.depth_table(own, frozen, drawn))
    write("content", lambda: tables.content_table(own, frozen, drawn))


def gene_choice(data: Path, write: Write) -> None:
    """The tables on which genes survive paraffin, and which of them kidney can tell of."""
    kit = load_kit(resources.DEFAULT_PACK, resources.DEFAULT_REFERENCE)
    recipe = read_recipe(resources.signatures_dir() / f"{resources.DEFAULT_PACK}.toml")
    pairs, own = genes.Pairs(recipe, data, kit), genes.material_of(recipe, data, kit)
    write("genes_expressed", lambda: genes.expressed_table(pairs, kit))
    write("genes_filtered", lambda: genes.filter_table(recipe, own, pairs))
    write("genes_moved", lambda: genes.moved_table(own, pairs, kit.reference.genes["symbol"]))


def shipped_scores(data: Path, write: Write) -> None:
    """The tables of the shipped scores and verdicts."""
    kit = load_kit(resources.DEFAULT_PACK, resources.DEFAULT_REFERENCE)
    recipe = read_recipe(resources.signatures_dir() / f"{resources.DEFAULT_PACK}.toml")
    kidney = material.read_counts([data / recipe.ffpe.counts], kit.genes)
    order = [*recipe.ffpe.matched, *recipe.ffpe.mismatched]
    pairs = shipped.Pairs(kidney, order, len(recipe.ffpe.matched), kit)
    write("shipped_pairs", lambda: shipped.pairs_table(pairs))
    write("shipped_calls", lambda: shipped.calls_table(pairs))
    # each file by itself: together they would share only the genes of all
    files = {Path(path).parent.name: material.read_counts([data / path], kit.genes) for path in recipe.tumours.counts}
    good = {name: counts[[one for one in counts if one in kit.reference.tumours]] for name, counts in files.items()}
    deepest = good[DEEPEST]
    paraffin = shipped.depth_records(kidney[pairs.paraffin_names], kit)
    tumours = shipped.depth_records(deepest, kit)
    write(
        "shipped_depth",
        lambda: pd.concat(
            [
                shipped.depth_table("kidney, paraffin", paraffin, pairs.fresh.scores),
                shipped.depth_table("pancreas", tumours, None),
            ]
        ),
    )
    pure = material.read_counts([data / recipe.content.counts], kit.genes)
    mixed = shipped.content_records(pure, material.profiles(), kit)
    write("shipped_content", lambda: shipped.content_table(mixed, kit))
    some = deepest.iloc[:, :ALTERED]
    noise = read_noise(resources.data_dir() / "ffpe" / "noise.tsv.gz")
    groups = [
        verdicts.Group(DEEPEST, "good", tumours[0]),
        *(verdicts.Group(n, "good", score(counts, kit, "frozen")) for n, counts in good.items() if n != DEEPEST),
        *verdicts.from_depth("pancreas", tumours),
        *verdicts.from_content(mixed),
        *verdicts.diluted(some, tumours[0], material.profiles(), kit),
        *verdicts.degraded(some, tumours[0], noise, kit.genes.length.reindex(some.index), kit),
        *excluded(files, kit),
        verdicts.Group("kidney tumour, fresh", "foreign", pairs.fresh),
        verdicts.Group("kidney tumour, paraffin", "foreign", pairs.paraffin),
        verdicts.Group("kidney, normal", "foreign", score(kidney.filter(regex="^N"), kit, "frozen")),
    ]
    write("verdicts", lambda: verdicts.verdict_table(groups))
    write("verdict_summary", lambda: verdicts.summary_table(groups))


def excluded(files: Mapping[str, pd.DataFrame], kit: Kit) -> list[verdicts.Group]:
    """The samples that the reference leaves out, by its reason."""
    folder = resources.find_reference(resources.DEFAULT_REFERENCE)
    reasons = artefacts.read_table(folder / "tumours.tsv", "sample")["excluded"]
    groups = []
    for counts in files.values():
        own = reasons.reindex(list(counts))
        for reason in sorted(set(own) - {""}):
            groups.append(
                verdicts.Group(f"excluded: {reason}", "shown", score(counts[own.index[own == reason]], kit, "frozen"))
            )
    return groups


if __name__ == "__main__":
    given = [Path(argument) for argument in sys.argv[1:3]]
    with threadpool_limits(1):
        main(*given, *(DATA, OUT)[len(given) :])
