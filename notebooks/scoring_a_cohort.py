# %% [markdown]
# # I have counts of a cohort: what do I get, and what may I read from it?
#
# We score the seven simulated patients that ship with the package, open `summary.tsv` and `scores.h5ad`, and look at
# percentiles, calls and quality. **No patient stands behind these samples**; seven of them show what the tables hold,
# nothing more.

# %%
from pathlib import Path

import anndata
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.colors import ListedColormap

from pancreassign import cohort, resources
from pancreassign.records import Call, Drug
from pancreassign.training.figures import COLOURS, plain

OUT, FIGURES = Path("work/scored"), Path("figures")
FIGURES.mkdir(exist_ok=True)
EXAMPLE = resources.data_dir() / "example"

# %% [markdown]
# On the command line this is
#
# ```
# pancreassign score counts.tsv.gz --samples samples.tsv --clinical clinical.tsv --no-report -o work/scored
# ```
#
# Each sample is scored alone, against a frozen reference: adding or leaving out another one changes none of its
# figures.

# %%
job = cohort.Job(
    counts=[EXAMPLE / "counts.tsv.gz"],
    samples=EXAMPLE / "samples.tsv",
    clinical=EXAMPLE / "clinical.tsv",
    out=OUT,
    pack=resources.DEFAULT_PACK,
    reference=resources.DEFAULT_REFERENCE,
    reports=False,
    force=True,
)
records = cohort.score(job, lambda done, of: None, lambda note: print(f"note: {Path(note).name}"))
summary = pd.read_csv(OUT / "summary.tsv", sep="\t", index_col="sample")
summary[["patient", "qc", *(f"{drug.value}_call" for drug in Drug), "top_regimen"]]

# %% [markdown]
# `scores.h5ad` holds the same for programs: counts, and samples × drugs tables of scores, percentiles and
# probabilities.

# %%
data = anndata.read_h5ad(OUT / "scores.h5ad")
percentiles = data.obsm["percentiles"]
print(data)
percentiles.round(0)

# %% [markdown]
# ## Where does each sample stand?
#
# A percentile is the place of the score among the frozen reference tumours, 54 real ones: 50 is the middle tumour, and
# higher is more sensitive; the band is the middle third. Crosses are samples that failed quality: they have a score,
# but no call, and it should not be read.

# %%
drugs, failed = list(percentiles.columns), (data.obs["qc"] == "fail").to_numpy()
figure, axes = plt.subplots(figsize=(7, 3.6), layout="constrained")
axes.axhspan(100 / 3, 200 / 3, color="#e8ecf1", zorder=0)
offsets = np.linspace(-0.27, 0.27, len(percentiles))
for place, name in enumerate(percentiles.index):
    style = {
        "marker": "x" if failed[place] else "o",
        "color": "#767676" if failed[place] else plt.cm.viridis(place / 6),
    }
    label = name.removeprefix("SIMULATED_") + (" (failed)" if failed[place] else "")
    axes.plot(np.arange(len(drugs)) + offsets[place], percentiles.loc[name], ls="", ms=7, label=label, **style)
axes.set_xticks(range(len(drugs)), drugs)
axes.set_ylim(0, 100)
axes.set_ylabel("percentile among reference tumours")
figure.legend(loc="outside right center", frameon=False, fontsize=8)
plain(axes)
figure.savefig(FIGURES / "cohort_percentiles.png", dpi=110)

# %% [markdown]
# Scores of different drugs go together: part of each is general sensitivity, and the card's "What a signature adds"
# says how little is left beside it. So the order of drugs within one patient says less than five numbers seem to. In
# this handful:

# %%
between = percentiles[~failed].corr(method="spearman")
apart = between.to_numpy()[np.triu_indices(len(drugs), k=1)]
print(
    f"Spearman between drugs, {int((~failed).sum())} samples that did not fail: median {np.median(apart):.2f}, ", end=""
)
print(f"{apart.min():.2f} to {apart.max():.2f} (so few samples give no interval worth printing)")

# %% [markdown]
# ## What is called, and why so little?
#
# A high percentile is not a call. A call needs a drug whose signature has shown skill in models that it was not trained
# on (its grade), a sample of sufficient quality, and a probability whose whole interval is clear of the base rate, a
# third. Else it is `intermediate`, or `not_evaluable` with the reason that stands in the cell.

# %%
order = [Call.SENSITIVE, Call.INTERMEDIATE, Call.RESISTANT, Call.NOT_EVALUABLE]
hues = [COLOURS[1], "#b8c4d0", COLOURS[2], "#ffffff"]
grid = np.array([[order.index(drug.call) for drug in record.drugs] for record in records])
figure, axes = plt.subplots(figsize=(7.4, 3.4), layout="constrained")
axes.imshow(grid, cmap=ListedColormap(hues), vmin=-0.5, vmax=3.5, aspect="auto")
for row, record in enumerate(records):
    for column, drug in enumerate(record.drugs):
        text = drug.reason if drug.call is Call.NOT_EVALUABLE else f"{drug.call.value}\np = {drug.probability:.2f}"
        light = drug.call in (Call.SENSITIVE, Call.RESISTANT)
        axes.text(
            column, row, text.replace("_", " "), ha="center", va="center", fontsize=7, color="w" if light else "k"
        )
axes.set_xticks(range(len(drugs)), [f"{drug.drug.value} ({drug.evidence})" for drug in records[0].drugs])
axes.set_yticks(range(len(records)), [f"{r.sample.id.removeprefix('SIMULATED_')}: {r.qc.verdict}" for r in records])
axes.set_xticks(np.arange(len(drugs) + 1) - 0.5, minor=True)
axes.set_yticks(np.arange(len(records) + 1) - 0.5, minor=True)
axes.grid(which="minor", color="#767676", lw=0.5)
axes.tick_params(which="both", length=0)
axes.xaxis.tick_top()
figure.savefig(FIGURES / "cohort_calls.png", dpi=110)
pd.Series([drug.reason for record in records for drug in record.drugs]).value_counts().rename("drugs × samples")

# %% [markdown]
# The letter behind a drug is the grade of its signature, the word beside a sample its quality; p is the probability of
# belonging to the sensitive third of models. What was wrong with the samples that did not pass:

# %%
for record in records:
    bad = [f"{one.code} ({one.verdict})" for one in record.qc.checks if one.verdict in ("warn", "fail")]
    print(f"{record.sample.id}: {record.qc.verdict}" + (f": {', '.join(bad)}" if bad else ""))
