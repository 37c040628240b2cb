# %% [markdown]
# # I have a trial: does the score tell who gains by the drug?
#
# We simulate two trials whose truth is known, and run `pancreassign validate survival` on both. In the first, the score
# is **predictive**: it acts under gemcitabine only. In the second it is merely **prognostic**: it tells slow tumours
# from fast ones whatever is given. Both are **simulated**; nothing here says that the shipped signatures do either.

# %%
import json
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from pancreassign.records import Call
from pancreassign.training.evaluate import in_third, wilson
from pancreassign.training.figures import COLOURS, plain
from pancreassign.validation import survival, survival_measures, trials
from pancreassign.validation.survival_cohort import Question

FIGURES = Path("figures")
FIGURES.mkdir(exist_ok=True)
DESIGNS = {
    "predictive": trials.Design(n=400, interaction=0.5, correlation=0.8),
    "prognostic": trials.Design(n=400, prognosis=0.6, correlation=0.8),
}
ARMS = {0: "mFOLFIRINOX", 1: "gemcitabine"}

# %% [markdown]
# A trial has 400 patients in two equal arms, with survival as in PRODIGE-24. The score measures the true sensitivity
# with a correlation of 0.8, **which is generous**: in models that they were not trained on, the shipped signatures
# reach 0.20 to 0.53 (the pack's card). We write the two tables that the command reads: scores in the form of
# `summary.tsv`, and a clinical table. Gemcitabine's signature makes no call (grade D), so the command compares thirds
# of the score.


# %%
def write_trial(name: str, design: trials.Design) -> tuple[Path, Path]:
    """One simulated trial as the two files of the command."""
    drawn = trials.draw(design, repeats=1, seed=24)
    ids = [f"SIMULATED_{number:03d}" for number in range(design.n)]
    scores = pd.DataFrame(
        {
            "sample": ids,
            "patient": ids,
            "qc": "pass",
            "gemcitabine_call": Call.NOT_EVALUABLE.value,
            "gemcitabine_score": drawn.score[0],
            "gemcitabine_percentile": np.nan,
            "gemcitabine_probability": np.nan,
        }
    )
    arm = [ARMS[int(treated)] for treated in drawn.treated[0]]
    clinical = pd.DataFrame({"patient": ids, "months": drawn.time[0], "event": drawn.event[0].astype(int), "arm": arm})
    folder = Path("work/trials") / name
    folder.mkdir(parents=True, exist_ok=True)
    for table, file in ((scores, "summary.tsv"), (clinical, "clinical.tsv")):
        table.to_csv(folder / file, sep="\t", index=False)
    return folder / "summary.tsv", folder / "clinical.tsv"


question = Question(
    drug="gemcitabine", by="patient", time="months", event="event", arm="arm", treated="gemcitabine", unit="months"
)
tables, found = {}, {}
for name, design in DESIGNS.items():
    scores, clinical = write_trial(name, design)
    out = clinical.parent / "validation"
    print(name, *survival.validate(scores, clinical, question, out, force=True), sep="\n  ")
    found[name] = json.loads((out / "validation.json").read_text(encoding="utf-8"))
    tables[name] = pd.read_csv(scores, sep="\t").merge(pd.read_csv(clinical, sep="\t"))

# %% [markdown]
# The same by command:
#
# ```
# pancreassign validate survival --scores summary.tsv --clinical clinical.tsv --time months --event event \
#   --time-unit months --arm arm --treated-arm gemcitabine --drug gemcitabine -o validation
# ```
#
# It writes `report.pdf`, the drawings and `validation.json`. Here are the curves of both trials, by arm (thirds of the
# score in the whole trial, the middle one not shown). One seed drew both, so they have the same patients, scores and
# arms, and differ in survival alone.

# %%
EXTREMES = {"highest third": ("sensitive", COLOURS[1]), "lowest third": ("resistant", COLOURS[2])}
figure, grid = plt.subplots(2, 2, figsize=(7.2, 5.4), sharex=True, sharey=True, layout="constrained")
for row, (name, table) in zip(grid, tables.items(), strict=True):
    for axes, (treated, arm) in zip(row, reversed(ARMS.items()), strict=True):
        for third, (side, colour) in EXTREMES.items():
            part = table[in_third(table["gemcitabine_score"].to_numpy(), side) & (table["arm"] == arm).to_numpy()]
            curve = survival_measures.curve(third, part.rename(columns={"months": "time"}), [])
            axes.step(curve.times, curve.survival, where="post", color=colour, label=f"{third} ({curve.n})")
            axes.fill_between(curve.times, curve.low, curve.high, step="post", color=colour, alpha=0.13, lw=0)
        axes.set_title(f"{name} score: {arm}", fontsize=9, loc="left", fontweight="bold" if treated else "normal")
        axes.legend(frameon=False, fontsize=8)
        plain(axes)
for axes in grid[1]:
    axes.set_xlabel("months")
for axes in grid[:, 0]:
    axes.set_ylabel("share without the event")
    axes.set_ylim(0, 1.02)
figure.savefig(FIGURES / "survival_curves.png", dpi=110)

# %% [markdown]
# **The left column alone cannot tell the two trials apart.** In both, gemcitabine's patients with a high score do
# better. Only the other arm shows that the first score is about the drug and the second about the tumour. The
# interaction puts a number on it.

# %%
rows = {}
for name, own in found.items():
    inside = own["interaction"]
    rows[name, "all patients"] = own["cox"]["hr_per_sd"]
    rows[name, "gemcitabine arm"] = inside["treated"]["hr_per_sd"]
    rows[name, "other arm"] = inside["others"]["hr_per_sd"]
    rows[name, "interaction"] = inside["hr"]
ratios = pd.DataFrame(rows).T[["value", "low", "high", "p"]].astype(float)

figure, axes = plt.subplots(figsize=(7, 3.4), layout="constrained")
for place, ((name, what), row) in enumerate(ratios.iterrows()):
    height = -place - 0.6 * (name == "prognostic")
    colour = COLOURS[2] if what == "interaction" else COLOURS[0]
    axes.plot([row["low"], row["high"]], [height, height], color=colour)
    axes.plot([row["value"]], [height], "s", color=colour, ms=5)
    axes.text(0.155, height, f"{name}: {what}", va="center", fontsize=9, color=colour)
    axes.text(1.75, height, "p < 0.001" if row["p"] < 0.001 else f"p = {row['p']:.2g}", va="center", fontsize=9)
axes.axvline(1.0, color="#767676", lw=0.8)
axes.set_xscale("log")
axes.set_xlim(0.15, 2.6)
axes.set_xticks([0.5, 0.7, 1.0, 1.4], ["0.5", "0.7", "1", "1.4"])
axes.minorticks_off()
axes.set_yticks([])
axes.set_xlabel("hazard ratio per SD of the score, 95 % interval (below 1: more sensitive lives longer)")
for side in ("left", "top", "right"):
    axes.spines[side].set_visible(False)
figure.savefig(FIGURES / "survival_ratios.png", dpi=110)
ratios.round(3)

# %% [markdown]
# ## One trial is one draw. What does each test say over many?
#
# 500 trials of each kind, 400 patients each, and a third kind without any effect. A study of one arm calls its score
# "significant" by the p of the score in the treated arm. A test of *prediction* should say yes to the first kind and to
# 5 % of the other two.

# %%
REPEATS = 500
kinds = {**DESIGNS, "no effect": trials.Design(n=400)}
tested = {name: trials.examine(trials.draw(design, REPEATS, seed=25)) for name, design in kinds.items()}
shares = pd.DataFrame(
    {
        name: {"treated arm alone": (own.p_treated < 0.05).mean(), "interaction": (own.p < 0.05).mean()}
        for name, own in tested.items()
    }
).T

figure, axes = plt.subplots(figsize=(6.5, 3.4), layout="constrained")
for place, what in enumerate(shares):
    heights = np.arange(len(shares)) + 0.2 * (2 * place - 1)
    ends = [wilson(round(share * REPEATS), REPEATS) for share in shares[what]]
    error = np.array([[share - end["low"], end["high"] - share] for share, end in zip(shares[what], ends, strict=True)])
    axes.barh(heights, shares[what], 0.36, xerr=error.T, color=COLOURS[2 - place], label=what, ecolor=COLOURS[0])
axes.axvline(0.05, color=COLOURS[0], lw=0.8, ls=":")
axes.set_yticks(range(len(shares)), shares.index)
axes.invert_yaxis()
axes.set_xlim(0, 1)
axes.set_xlabel(f"share of {REPEATS} simulated trials with p < 0.05 (95 % interval; dotted: 5 %)")
figure.legend(loc="outside upper center", ncols=2, frameon=False, fontsize=9)
plain(axes)
figure.savefig(FIGURES / "survival_one_arm.png", dpi=110)
shares

# %% [markdown]
# One arm says "significant" of the merely prognostic score nearly always. It is not a weaker answer to the question of
# who gains by the drug; it is an answer to another question. Without a second arm the command therefore gives no
# interaction, and says why:

# %%
treated = tables["prognostic"].query("arm == 'gemcitabine'")
treated[["patient", "months", "event", "arm"]].to_csv("work/trials/one_arm.tsv", sep="\t", index=False)
survival.validate(
    Path("work/trials/prognostic/summary.tsv"),
    Path("work/trials/one_arm.tsv"),
    question,
    Path("work/trials/one_arm"),
    True,
)
print(json.loads(Path("work/trials/one_arm/validation.json").read_text(encoding="utf-8"))["interaction"]["reason"])

# %% [markdown]
# How many patients a trial needs, at the correlations that signatures have reached so far, stands in
# docs/validation-trials.md: mostly far more than 400.
