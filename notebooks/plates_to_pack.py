# %% [markdown]
# # I have dose-response plates: how do I get to a pack?
#
# From plates to one response per model and drug (`pancreassign chemogram`), and from responses and counts to a
# signature pack (`pancreassign train`). **All plates here are simulated**: fourteen models, two drugs, with known
# curves, so that we can see whether the known areas come back. A few plates are spoilt on purpose, as real ones are.

# %%
import json
import tomllib
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from pancreassign import resources
from pancreassign.chemogram import layouts, plots, responses
from pancreassign.chemogram.agreement import agreement_table
from pancreassign.chemogram.curves import Curve, area_above
from pancreassign.chemogram.plates import read_plates
from pancreassign.chemogram.verdict import REASONS
from pancreassign.training.figures import COLOURS, plain

PLATES, FIGURES = Path("work/plates"), Path("figures")
for folder in (PLATES, FIGURES):
    folder.mkdir(parents=True, exist_ok=True)

# %% [markdown]
# ## The plates
#
# A plate file is a few header lines and a row a dose, highest first (docs/chemogram.md; a tidy table does as well). We
# write one for every model, drug and passage: viability from a known curve, and noise of two kinds. Wells of one plate
# differ by an SD of 0.04; and passages of one model differ in their inflection, by an SD of 0.25 in log10 dose. Both
# are chosen, not measured.

# %%
rng = np.random.default_rng(20261122)
MODELS = [f"SIMULATED_{number:02d}" for number in range(1, 15)]
INFLECTION = {"gemcitabine": -1.2, "paclitaxel": -2.0}  # mean log10 dose in µM
CONTROL, DOSES, REPLICATES = 250_000.0, 8, 3


def write_plate(
    model: str, drug: str, passage: str, curve: Curve, noise: float = 0.04, unit: str = "uM", top: float = 10
):
    """One plate file: a ladder of five-fold dilutions from `top` downwards."""
    log_dose = np.log10(top) - np.log10(5.0) * np.arange(DOSES)
    viability = curve.viability(log_dose)[:, None] + noise * rng.standard_normal((DOSES, REPLICATES))
    header = {
        "sampleID": model,
        "drug": drug,
        "phase": passage,
        "unit": unit,
        "untreated_control": f"{CONTROL:.0f}",
        "start_dose": f"{top:g}",
        "fold": "5",
    }
    rows = ["\t".join(f"{signal:.0f}" for signal in row) for row in np.maximum(viability, 0.0) * CONTROL]
    text = "\n".join([f"#{key}:{value}" for key, value in header.items()] + rows) + "\n"
    (PLATES / f"{model}_{drug}_{passage}.txt").write_text(text, encoding="utf-8")


SPOILT = {
    ("SIMULATED_03", "gemcitabine", "p5"): {"noise": 0.25},
    ("SIMULATED_07", "gemcitabine", "p5"): {"unit": "nM"},  # a slip in the header: the doses were µM
    ("SIMULATED_11", "paclitaxel", "p5"): {"top": 0.05},  # a ladder that ends too low
}
truth = {}
for drug, middle in INFLECTION.items():
    for model in MODELS:
        own = Curve(1.0, rng.uniform(0.05, 0.35), rng.uniform(0.8, 1.6), middle + 0.6 * rng.standard_normal())
        truth[model, drug] = own
        for passage in ("p5", "p9"):
            moved = Curve(own.top, own.e_inf, own.hill, own.log_ec50 + 0.25 * rng.standard_normal())
            write_plate(model, drug, passage, moved, **SPOILT.get((model, drug, passage), {}))

print((PLATES / "SIMULATED_01_gemcitabine_p5.txt").read_text(encoding="utf-8"))

# %% [markdown]
# ## From plates to responses
#
# The command is `pancreassign chemogram work/plates -o responses.tsv --plots curves/`; here are its steps, so that we
# can look inside. Each plate gets a curve, an area above it (AAC: 0 no effect, 1 full kill; **high is sensitive**) over
# the dose range that the drug's plates share, and a verdict. A plate that is not usable is never repaired, only named.

# %%
results = responses.measure(read_plates([PLATES], layouts.layout_of))
table = responses.response_table(results)
Path("work/responses.tsv").write_text(responses.to_tsv(table), encoding="utf-8")

print("spoilt on purpose:", *(" ".join(key) for key in SPOILT), sep="\n  ")
print(f"{sum(one.usable for one in results)} of {len(results)} plates are usable; the others:")
for one in results:
    for code in one.reasons:
        print(f"  {one.plate.model} {one.plate.drug} {one.plate.passage}: {code} ({REASONS[code]})")
table[["model", "drug", "value", "high_means", "n_plates", "n_refused", "ic50_relation", "ic50_uM"]]

# %% [markdown]
# Two lessons. The verdict is no oracle: the noisy plate of SIMULATED_03 passes, since the median spread of its wells
# stays below the limit. And a refusal is not at random: `control_off` takes the most sensitive model of each drug,
# whose lowest dose acts already. Its value stays unknown until somebody repeats it on a lower ladder; it is not filled
# in.
#
# **Look at every curve.** The package draws a page a drug; refused plates are dashed, with the reason above them.

# %%
for name, page in plots.pages(results).items():
    (FIGURES / f"plates_{name}").write_bytes(page)
axes = plt.figure(figsize=(11, 13)).add_axes((0, 0, 1, 1))
axes.imshow(plt.imread(FIGURES / "plates_chemogram_gemcitabine.png"))
axes.set_axis_off()

# %% [markdown]
# ## Are the areas right, and how well can they be known?
#
# The truth against the result. A model's own curve moves between passages, and the mean of two plates averages only
# part of that out; the point furthest off is SIMULATED_03 with its noisy plate. With real plates nobody knows the
# truth, but the agreement of passages (the table) gives the ceiling: no signature can correlate with one plate's AAC
# better than that.

# %%
drugs = list(INFLECTION)
figure, panels = plt.subplots(1, len(drugs), figsize=(7, 3.5), sharex=True, sharey=True, layout="constrained")
for panel, drug in zip(panels, drugs, strict=True):
    rows = table[(table["drug"] == drug) & table["value"].notna()].set_index("model")
    low, high = np.log10(rows[["range_low_uM", "range_high_uM"]].iloc[0])
    known = np.array([area_above(truth[model, drug], low, high) for model in rows.index])
    few = rows["n_plates"] < 2
    panel.plot([0.2, 0.65], [0.2, 0.65], color="#767676", lw=0.8)
    panel.plot(known[~few], rows["value"][~few], "o", color=COLOURS[1], ms=5, label="two usable plates")
    panel.plot(known[few], rows["value"][few], "^", color=COLOURS[2], ms=6, label="one usable plate")
    away = np.abs(known - rows["value"])
    panel.set_title(f"{drug}: off by {away.median():.2f} (median), {away.max():.2f} at most", fontsize=9, loc="left")
    panel.set_xlabel("AAC of the model's true curve")
    plain(panel)
panels[0].set_ylabel("AAC from the plates")
panels[0].legend(frameon=False, fontsize=8)
figure.savefig(FIGURES / "plates_recovered.png", dpi=110)
agreement_table(results)[["drug", "plates", "models", "pairs", "spearman", "icc", "ceiling", "replicate_reliability"]]

# %% [markdown]
# Replicates agree better than passages here, because we made it so; 165 real plates do the same (docs/chemogram.md). A
# reliability from replicates alone overstates the assay.
#
# ## From responses to a pack
#
# `train` needs two files of yours, `responses.tsv` as written above and the models' counts, and a recipe that says what
# they are. `signatures/recipes/lab-folder.toml` is one to fill in: its first keys are below.

# %%
recipe = resources.signatures_dir() / "recipes" / "lab-folder.toml"
wanted = tomllib.loads(recipe.read_text(encoding="utf-8"))
for key in ("name", "version", "reference", "seed"):
    print(f"{key} = {wanted[key]!r}")
print("[[sources]]", wanted["sources"][0])
print("[models]", wanted["models"])
print("[evaluation]", wanted["evaluation"])

# %% [markdown]
# ```
# pancreassign train signatures/recipes/lab-folder.toml -o my-pack --data DATA --from copies
# pancreassign signatures show my-pack
# ```
#
# We do not train here: our models have no expression, and a drug with fewer than twelve models is skipped anyway. What
# comes out is a folder with weights, calibration and a **card**. Read the card first: whether a signature may make a
# call is decided there, on models that it was not trained on. This is what the shipped pack says of itself.

# %%
figures = json.loads((resources.find_pack(resources.DEFAULT_PACK) / "validation.json").read_text(encoding="utf-8"))
card = pd.DataFrame(
    {
        target: {
            "grade": own["grade"],
            "models": own["n"],
            "spearman": own["spearman"],
            "low": own["spearman_interval"]["low"],
            "high": own["spearman_interval"]["high"],
            "p (Holm)": own.get("adjusted_p"),
            "ceiling": own["ceiling"],
        }
        for target, own in figures.items()
    }
).T

figure, axes = plt.subplots(figsize=(6.5, 3), layout="constrained")
for place, row in enumerate(card[::-1].to_dict("records")):
    colour = COLOURS[1] if row["grade"] in "ABC" else "#767676"
    axes.plot([row["low"], row["high"]], [place, place], color=colour, lw=1.5)
    axes.plot([row["spearman"]], [place], "o", color=colour)
    axes.text(1.02, place, f"grade {row['grade']}", va="center", fontsize=9, color=colour)
    if row["ceiling"] is not None:
        axes.plot(
            [row["ceiling"]], [place], "|", color=COLOURS[2], ms=14, mew=2, label="ceiling: two assays" * (place == 1)
        )
axes.axvline(0, color="#767676", lw=0.8)
axes.set_yticks(range(len(card)), card.index[::-1])
axes.set_xlim(-0.2, 1)
axes.set_xlabel("Spearman's correlation with measured response, 95 % interval")
figure.legend(loc="outside upper center", frameon=False, fontsize=8)
plain(axes)
figure.savefig(FIGURES / "plates_card.png", dpi=110)
card

# %% [markdown]
# The mark is how well two assays of cell lines agree with each other (none is known for `general`). Grade D means that
# no skill was shown by the pack's rules, and every call of that drug is `not_evaluable`, whatever the score says. The
# best correlation is far from 1, and these are models, not patients.
