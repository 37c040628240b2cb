"""A small world to train in: 14 tumours, 20 models, 300 real genes, and one drug that expression decides.

Sixty genes vary among the tumours and so make the panel. Of the others, which vary little, 150 are of the tumour cell,
50 of its stroma and 40 of immune cells. In the models, sensitivity to gemcitabine follows ``PLANTED`` genes up; the
four other drugs are noise.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import tomli_w

from pancreassign.counts.genes import GeneTable
from pancreassign.counts.readers import read_samples
from pancreassign.normalize import reference
from pancreassign.quality.content import ContentModel
from pancreassign.quality.tissues import SOURCES, Programme, Tissues
from pancreassign.training.recipe import Recipe
from pancreassign.training.reference import ReferenceRecipe, build

DRUGS = ["5-FU", "oxaliplatin", "irinotecan", "gemcitabine", "paclitaxel"]
PANEL, FLAT, PLANTED, MODELS, TUMOURS, XENOGRAFTS = 60, 240, 12, 20, 14, 6
OF_TUMOUR, OF_STROMA, OF_IMMUNE = slice(60, 210), slice(210, 260), slice(260, 300)
"""Places of the genes that vary little, by the cells that hold them."""


def chosen_genes(genes: GeneTable) -> list[str]:
    """300 coding genes with a symbol that neither handling nor the name excludes; the first 60 make the panel."""
    good = (genes.biotype == "protein_coding") & genes.symbol.ne("") & (genes.length > 500)
    good &= ~genes.symbol.str.contains(reference.UNSTABLE_SYMBOLS)
    return list(genes.symbol.index[good])[: PANEL + FLAT]


def planted_genes(genes: GeneTable) -> list[str]:
    """The genes that are high in models that gemcitabine kills."""
    return chosen_genes(genes)[:PLANTED]


def tumour_counts(genes: GeneTable) -> pd.DataFrame:
    """Counts of 14 tumours: panel genes spread by two log2 units, the others by a tenth."""
    rng = np.random.default_rng(5)
    spread = np.repeat([2.0, 0.1], [PANEL, FLAT])[:, None]
    logs = 10.0 + spread * rng.standard_normal((PANEL + FLAT, TUMOURS))
    counts = rng.poisson(2.0**logs)
    columns = [f"TUMOUR_{k:02d}" for k in range(TUMOURS)]
    return pd.DataFrame(counts, index=pd.Index(chosen_genes(genes), name="gene_id"), columns=columns)


def xenograft_counts(genes: GeneTable) -> pd.DataFrame:
    """Counts of 6 tumours with next to no stroma: a sixty-fourth of what the reference's tumours hold."""
    rng = np.random.default_rng(6)
    spread = np.repeat([1.0, 0.1], [PANEL, FLAT])[:, None]
    logs = 10.0 + spread * rng.standard_normal((PANEL + FLAT, XENOGRAFTS))
    logs[OF_TUMOUR.stop :] -= 6.0
    columns = [f"PDX_{k}" for k in range(XENOGRAFTS)]
    return pd.DataFrame(rng.poisson(2.0**logs), index=pd.Index(chosen_genes(genes), name="gene_id"), columns=columns)


def tissues(genes: GeneTable) -> Tissues:
    """What is known of tissues in this world: stroma holds its own genes, and much of the planted ones."""
    ids = pd.Index(chosen_genes(genes), name="gene_id")
    versus = pd.DataFrame(4.0, index=ids, columns=list(SOURCES))
    versus.loc[ids[OF_STROMA], ["vs_fibroblast", "vs_stroma"]] = -4.0
    versus.loc[ids[OF_IMMUNE], ["vs_fibroblast", "vs_stroma"]] = [0.0, -4.0]
    shares = pd.DataFrame(0.02, index=ids, columns=["stroma", "fibroblast"])
    shares.iloc[OF_STROMA] = 8.0
    shares.iloc[OF_IMMUNE, 0] = 4.0
    shares.iloc[:PLANTED] = [6.0, 5.0]
    programmes = {"ductal": Programme("ductal", "identity", "ductal carcinoma", "a test", tuple(ids[60:70]))}
    return Tissues(versus, shares / shares.sum(), programmes, ContentModel(-2.0, -3.0, 0.1))


def expression_and_response(genes: GeneTable) -> tuple[pd.DataFrame, pd.DataFrame]:
    """FPKM by symbol, and a tidy table of AUC in which high means resistant."""
    rng = np.random.default_rng(11)
    latent = rng.permutation(np.linspace(-2, 2, MODELS))
    logs = 5.0 + rng.standard_normal((PANEL + FLAT, MODELS))
    logs[:PLANTED] = 5.0 + latent + 0.3 * rng.standard_normal((PLANTED, MODELS))
    models = [f"M{k:02d}" for k in range(MODELS)]
    symbols = pd.Index(genes.symbol[chosen_genes(genes)], name="gene")
    rows = []
    for drug in DRUGS:
        sensitivity = latent + 0.2 * rng.standard_normal(MODELS) if drug == "gemcitabine" else rng.normal(size=MODELS)
        rows += [
            {"model": model, "drug": drug, "value": value, "high_means": "resistant"}
            for model, value in zip(models, 0.6 - 0.1 * sensitivity, strict=True)
        ]
    return pd.DataFrame(2.0**logs - 1.0, index=symbols, columns=models).clip(lower=0.0), pd.DataFrame(rows)


def write_world(data: Path, genes: GeneTable) -> None:
    """Write every input of the recipe into ``data``."""
    data.mkdir(parents=True, exist_ok=True)
    tumours = tumour_counts(genes)
    tumours.to_csv(data / "tumours.tsv", sep="\t")
    expression, response = expression_and_response(genes)
    expression.to_csv(data / "expression.tsv", sep="\t")
    response.to_csv(data / "response.tsv", sep="\t", index=False)
    xenograft_counts(genes).to_csv(data / "pdx.tsv", sep="\t")
    rng = np.random.default_rng(7)
    pairs = {}
    for k in range(5):
        fresh = tumours.iloc[:, k]
        pairs[f"P{k}_fresh"] = fresh
        pairs[f"P{k}_FFPE"] = rng.poisson(fresh * 2.0 ** (0.3 * rng.standard_normal(len(fresh))))
    pd.DataFrame(pairs, index=tumours.index).to_csv(data / "ffpe.tsv", sep="\t")
    lines = [f"L{k}" for k in range(6)]
    pd.DataFrame({"depmap_id": [f"ACH-{k}" for k in range(6)], "name": lines, "tissue": "PANCREAS"}).to_csv(
        data / "lines.tsv", sep="\t", index=False
    )
    both = ("first", [f"ACH-{k}" for k in range(6)], [1, 2, 3, 4, 5, 6]), ("second", lines, [1, 2, 3, 4, 6, 5])
    for name, ids, values in both:
        pd.DataFrame({"model": ids, "drug": "gemcitabine", "value": values, "high_means": "sensitive"}).to_csv(
            data / f"{name}.tsv", sep="\t", index=False
        )


def recipe_keys(**evaluation: Any) -> dict[str, Any]:
    """The keys of a training recipe over :func:`write_world`."""
    return {
        "name": "tiny-pack",
        "version": "0.0.1",
        "released": "2026-01-01",
        "description": "A pack made for a test",
        "seed": 3,
        "reference": "tiny-reference",
        "models": {
            "name": "Twenty made-up models",
            "source": "a test",
            "terms": "none",
            "endpoint": "made-up AUC",
            "expression": "expression.tsv",
            "response": "response.tsv",
            "limits": ["They are made up."],
        },
        "ridge": {"penalty_per_gene": [0.3, 3.0]},
        "evaluation": {
            "folds": 5, "repeats": 2, "bootstrap": 200, "permutations": 41, "calibration_draws": 100, **evaluation
        },
        "tumours": {"counts": ["tumours.tsv"]},
        "ffpe": {
            "counts": "ffpe.tsv",
            "source": "made-up pairs",
            "matched": [[f"P{k}_FFPE", f"P{k}_fresh"] for k in range(4)],
            "mismatched": [["P4_FFPE", "P4_fresh"]],
        },
        "content": {
            "counts": "pdx.tsv",
            "source": "made-up xenografts",
            "profiles": ["stroma", "fibroblast"],
            "contents": [0.5, 0.2],
        },
        "ceiling": {
            "first": "first.tsv",
            "second": "second.tsv",
            "lines": "lines.tsv",
            "without_tissues": ["BLOOD"],
            "source": "made-up lines",
            "same_drug": {},
        },
    }  # fmt: skip


def recipe(**evaluation: Any) -> Recipe:
    """The training recipe over :func:`write_world`."""
    return Recipe.model_validate(recipe_keys(**evaluation))


def write_recipe(path: Path, keys: dict[str, Any]) -> Path:
    """Write a recipe's keys as TOML."""
    path.write_text(tomli_w.dumps(keys))
    return path


def reference_recipe(**keys: Any) -> ReferenceRecipe:
    """A reference recipe that leaves out nothing unless told."""
    own = {
        "name": "tiny-reference",
        "version": "0.0.1",
        "released": "2026-01-01",
        "protocol": "full-length",
        "preservation": "frozen",
    }
    return ReferenceRecipe.model_validate({**own, **keys})


def build_reference(data: Path, genes: GeneTable, folder: Path) -> reference.Reference:
    """Build and load the reference of :func:`write_world`'s tumours."""
    samples, _ = read_samples([data / "tumours.tsv"], genes)
    folder.mkdir(parents=True)
    build(samples, reference_recipe(), genes, tissues(genes), [], folder)
    return reference.load(folder)
