"""A small world to train in: 14 tumours, 20 models, 300 real genes, and one drug that expression decides.

Sixty genes vary among the tumours and so make the panel. Of the others, which vary little, 150 are of the tumour cell,
50 of its stroma and 40 of immune cells. In the models, sensitivity to gemcitabine follows ``PLANTED`` genes up; the
four other drugs are noise. So it is in 36 cell lines of five tissues, whose tissue moves genes and responses alike;
the last five genes of the panel are measured in lines alone, where the world is written with them.
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
PLACE = DRUGS.index("gemcitabine")
"""Where gemcitabine stands among the targets."""
PERMUTATIONS = 109
"""So that five times the least p, 1 / 110, is below 0.05."""
TISSUES = {"Pancreas": 10, "Lung": 10, "Skin": 10, "Lymphoid": 4, "Bone": 2}
"""Cell lines by tissue; Lymphoid is left out by name, Bone for being few."""
LINES_ALONE = 5
"""Genes at the panel's end that the models do not measure where there are lines."""


def chosen_genes(genes: GeneTable) -> list[str]:
    """300 coding genes with a symbol that neither handling nor the name excludes; the first 60 make the panel."""
    good = (genes.biotype == "protein_coding") & genes.symbol.ne("") & (genes.length > 500)
    good &= ~genes.symbol.str.contains(reference.UNSTABLE_SYMBOLS)
    return list(genes.symbol.index[good])[: PANEL + FLAT]


def planted_genes(genes: GeneTable) -> list[str]:
    """The genes that are high in models that gemcitabine kills."""
    return chosen_genes(genes)[:PLANTED]


def tumour_counts(genes: GeneTable) -> pd.DataFrame:
    """Counts of 14 tumours: panel genes spread by two log2 units, planted ones together, the others by a tenth."""
    rng = np.random.default_rng(5)
    spread = np.repeat([2.0, 0.1], [PANEL, FLAT])[:, None]
    logs = 10.0 + spread * rng.standard_normal((PANEL + FLAT, TUMOURS))
    logs[:PLANTED] = 10.0 + 0.3 * (logs[:PLANTED] - 10.0) + rng.permutation(np.linspace(-3.5, 3.5, TUMOURS))
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
    programmes = {
        "ductal": Programme("ductal", "identity", "ductal carcinoma", "a test", tuple(ids[60:70])),
        "basal": Programme("basal", "context", "basal-like", "a test", tuple(ids[30:36])),
        "classical": Programme("classical", "context", "classical", "a test", tuple(ids[36:42])),
    }
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


def write_lines(data: Path, genes: GeneTable) -> None:
    """Add the lines to :func:`write_world`: their table, responses, and two slices; the models lose five genes."""
    rng = np.random.default_rng(8)
    tissue = np.repeat(list(TISSUES), list(TISSUES.values()))
    n, ids = len(tissue), chosen_genes(genes)
    latent, offset = rng.standard_normal(n), np.unique(tissue, return_inverse=True)[1] * 3.0
    known = pd.DataFrame(
        {
            "ModelID": [f"ACH-{k:03d}" for k in range(n)],
            "CCLEName": [f"LINE{k}_{one.upper()}" for k, one in enumerate(tissue)],
            "StrippedCellLineName": [f"LINE{k}" for k in range(n)],
            "COSMICID": np.where(np.arange(n) == 1, np.nan, 9000.0 + np.arange(n)),
            "OncotreeLineage": tissue,
        }
    )
    known.to_csv(data / "known_lines.tsv", sep="\t", index=False)
    logs = 5.0 + offset + rng.standard_normal((PANEL + FLAT, n))
    logs[:PLANTED] = 5.0 + offset + latent + 0.3 * rng.standard_normal((PLANTED, n))
    first = pd.DataFrame(logs[:40], index=pd.Index(genes.symbol[ids[:40]], name="symbol"), columns=known["ModelID"])
    first.to_csv(data / "slice_one.tsv", sep="\t")
    cosmic = [f"COSMIC_{9000 + k}" for k in range(n)]
    second = pd.DataFrame(logs[8:70], index=pd.Index(ids[8:70], name="gene"), columns=cosmic)
    second.iloc[:, 3:].to_csv(data / "slice_two.tsv", sep="\t")
    rows = []
    for drug in DRUGS:
        own = latent + 0.2 * rng.standard_normal(n) if drug == "gemcitabine" else rng.standard_normal(n)
        rows += [
            {"model": f"LINE{k}", "drug": drug, "lnIC50_uM": 1.0 - value, "high_means": "resistant"}
            for k, value in enumerate(own + offset)
        ]
    rows[0]["lnIC50_uM"] = np.nan
    screen = pd.DataFrame(rows)
    screen.to_csv(data / "response_of_lines.tsv", sep="\t", index=False)
    # the other laboratory gives the sensitive end another sign and unit, and has no line of its own
    other = screen.assign(value=7.0 - 3.0 * screen["lnIC50_uM"], high_means="sensitive").drop(columns="lnIC50_uM")
    other.iloc[::2].to_csv(data / "second_screen.tsv", sep="\t", index=False)
    expression = pd.read_csv(data / "expression.tsv", sep="\t", index_col=0)
    hidden = genes.symbol[ids[PANEL - LINES_ALONE : PANEL]]
    expression.drop(index=hidden).to_csv(data / "expression.tsv", sep="\t")


def lines_keys(**changed: Any) -> dict[str, Any]:
    """The section ``lines`` over :func:`write_lines`."""
    return {
        "name": "Thirty-six made-up lines",
        "source": "a test of lines",
        "terms": "none at all",
        "lines": "known_lines.tsv",
        "tissue": "OncotreeLineage",
        "without_tissues": ["Lymphoid"],
        "test_tissue": "Pancreas",
        "min_lines": 5,
        "response": "response_of_lines.tsv",
        "response_value": "lnIC50_uM",
        "response_names": "StrippedCellLineName",
        "penalty_per_gene": 1.0,
        "second": {
            "name": "another screen",
            "response": "second_screen.tsv",
            "response_names": "StrippedCellLineName",
        },
        "slices": [
            {"name": "one", "expression": "slice_one.tsv", "genes": "symbol", "names": "ModelID"},
            {"name": "two", "expression": "slice_two.tsv", "genes": "gene", "names": "COSMICID"},
        ],
        **changed,
    }


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
            "folds": 4, "repeats": 1, "bootstrap": 200,
            "permutations": PERMUTATIONS, "calibration_draws": 100, **evaluation,
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


def recipe_with_lines(**evaluation: Any) -> Recipe:
    """The training recipe over :func:`write_world` and :func:`write_lines`."""
    keys = recipe_keys(**{"comparators": ["rank pairs"], **evaluation})
    return Recipe.model_validate({**keys, "lines": lines_keys()})


def few_draws(whole: Recipe) -> Recipe:
    """The recipe with fewer refits of the calibration curves than a recipe may ask for: most of a test's time."""
    return whole.model_copy(update={"evaluation": whole.evaluation.model_copy(update={"calibration_draws": 10})})


def matrices(seed: int, models: int = 40, genes: int = 60, told: int = 10) -> tuple[np.ndarray, np.ndarray]:
    """Expression (models × genes) and six targets: the fourth follows the first ``told`` genes, the others are noise.

    The last, general sensitivity, is the mean of the five before it.
    """
    rng = np.random.default_rng(seed)
    latent = rng.normal(size=models)
    expression = rng.normal(size=(models, genes))
    expression[:, :told] += 2 * latent[:, None]
    drugs = rng.normal(size=(models, 5))
    drugs[:, PLACE] = latent + 0.3 * rng.normal(size=models)
    return expression, np.column_stack([drugs, drugs.mean(axis=1)])


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
