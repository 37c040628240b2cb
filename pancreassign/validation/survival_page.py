"""The words, tables and drawings of a survival validation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pancreassign.validation import survival_figures
from pancreassign.validation.page import Drawing, Section, Table, flow_table, graded, shown, shown_interval, shown_p
from pancreassign.validation.survival_cohort import MIN_GROUP, Cohort, Question, counted
from pancreassign.validation.survival_results import curves, interaction_model

DIRECTION = (
    "A higher score means a more sensitive tumour. Hazard ratios are per standard deviation of the score among these "
    "patients. A hazard ratio below 1: more sensitive patients live longer (or longer without the event)."
)
PROGNOSIS_ONLY = (
    "Prognosis only. All that can be seen here is whether patients of a higher score live longer; nothing on this page "
    "is evidence that the score predicts who gains by the drug. A score that only tells slow from fast tumours would "
    "look the same."
)
BY_LOT = (
    "The interaction is evidence of prediction only as far as the arms were chosen without regard to the outlook: by "
    "lot. Where physicians chose, adjust for what they went by (age, stage, performance status), and say so."
)
MIN_P = 0.05
"""p-value below which proportional hazards are doubted."""
Figures = Mapping[str, Any]


def sections(cohort: Cohort, question: Question, found: Figures) -> list[Section]:
    """The document's parts, in order, from the figures and the patients."""
    return [
        _answer(question, found),
        _patients(cohort, found),
        _survival(cohort, question, found),
        _score(cohort, found),
        _interaction(cohort, question, found),
        _limits(question, found),
    ]


def _answer(question: Question, found: Figures) -> Section:
    said = [DIRECTION, _prognosis(found)]
    if found["interaction"]["p"] is None:
        said.append(PROGNOSIS_ONLY)
    else:
        said.append(_prediction(question, found))
    said.append(graded(question.drug, found["evidence"]))
    said += [f"Warning. {warning}" for warning in found["warnings"]]
    return Section("What these patients show", said)


def _prognosis(found: Figures) -> str:
    hr, where = found["cox"]["hr_per_sd"], ""
    others = found["interaction"]["others"]["hr_per_sd"]
    if others["value"] is not None:
        # over all patients the drug's own effect would be taken for the tumour's course
        hr, where = others, " in the other arms, without the drug"
    if hr["value"] is None:
        return f"Prognosis: no hazard ratio can be given: {hr['reason']}."
    figure = f"hazard ratio per SD {shown_interval(hr)}, {_p(hr['p'])}"
    if hr["high"] < 1:
        return f"Prognosis: patients of a higher score live longer{where} ({figure})."
    if hr["low"] > 1:
        return f"Prognosis: patients of a higher score live shorter{where}, against the score's direction ({figure})."
    return f"Prognosis: no relation of score and survival is shown{where} ({figure})."


def _prediction(question: Question, found: Figures) -> str:
    own = found["interaction"]
    hr, arm = own["hr"], question.treated
    figure = f"interaction hazard ratio per SD {shown_interval(hr)}, {_p(own['p'])}"
    if hr["high"] < 1:
        return f"Prediction: the higher the score, the more patients gain by {arm} over the other arms ({figure})."
    if hr["low"] > 1:
        return f"Prediction: the higher the score, the less patients gain by {arm}: the wrong direction ({figure})."
    return (
        f"Prediction: not shown ({figure}). That is no proof that there is none: with 80 % power, these patients could "
        f"have shown an interaction of {shown(own['detectable_hr'])} or less."
    )


def _p(p: float | None) -> str:
    """A p-value in a sentence, on one line."""
    text = shown_p(p)
    return (f"p {text}" if text.startswith("<") else f"p = {text}").replace(" ", "\N{NO-BREAK SPACE}")


def _patients(cohort: Cohort, found: Figures) -> Section:
    followed = found["follow_up"]
    length = (
        f"Median follow-up {shown_interval(followed, 1)} months (reverse Kaplan-Meier)."
        if followed["value"] is not None
        else "The median follow-up cannot be given: most patients were followed to their event."
    )
    return Section("Patients (REMARK flow)", [length], [flow_table(cohort.flow)])


def _survival(cohort: Cohort, question: Question, found: Figures) -> Section:
    groups, rmst = found["groups"], found["rmst"]
    said = [_what_groups(cohort)]
    said.append(
        f"Restricted mean survival to {shown(rmst['until'], 1)} months: {rmst['of']} less {rmst['less']} "
        f"{shown_interval(rmst, 1)} months, {_p(rmst['p'])}. Log-rank over the groups: "
        f"{_p(groups['logrank_p'])}."
    )
    rows = [
        [name, str(one["n"]), str(one["events"]), shown_interval(one["median"], 1), shown(rmst["mean"].get(name), 1)]
        for name, one in groups["curves"].items()
    ]
    note = "In months. A median of – is not reached; restricted means are of the highest and the lowest group."
    table = Table(["group", "n", "events", "median (95 %)", "restricted mean"], rows, note)
    return Section(_by(cohort, "Survival by "), said, [table], _kaplan_meier(cohort, question))


def _by(cohort: Cohort, before: str) -> str:
    return before + ("call" if cohort.by == "call" else "third of the score")


def _what_groups(cohort: Cohort) -> str:
    if cohort.by == "call":
        silent = int(cohort.table["group"].isna().sum())
        left = f" {counted(silent)} without a call (not evaluable) in no group." if silent else ""
        return f"Groups are the calls of the tool.{left}"
    return (
        f"No two kinds of call have {MIN_GROUP} patients or more each, so the groups are thirds of the score among "
        "these patients. Their limits come from this cohort: they are no thresholds for another patient."
    )


def _kaplan_meier(cohort: Cohort, question: Question) -> list[Drawing]:
    by = "call" if cohort.by == "call" else "third of the score"
    whole = survival_figures.kaplan_meier([("all patients", curves(cohort))])
    counts = "; ".join(f"{one.name}: {one.events} events in {one.n}" for one in curves(cohort))
    ticks = "Ticks are censored patients; the band, where two groups are shown, is the 95 % interval."
    drawn = [
        Drawing(
            "kaplan-meier",
            whole,
            f"Kaplan-Meier curves by {by}. {counts}.",
            f"Survival by {by} (events of patients). {ticks}",
        )
    ]
    if len(cohort.arms) > 1:
        treated = cohort.table["treated"] == 1
        panels = [
            (f"treated: {question.treated}", curves(cohort, cohort.table[treated])),
            ("other arms", curves(cohort, cohort.table[~treated])),
        ]
        panels = [panel for panel in panels if panel[1]]
        text = "A predictive score parts the curves in the treated arm and not, or the other way, in the others."
        drawn.append(
            Drawing(
                "kaplan-meier-by-arm",
                survival_figures.kaplan_meier(panels),
                f"Kaplan-Meier curves by {by}, one panel for each arm.",
                f"Survival by {by} within the arms. {text} {ticks}",
            )
        )
    return drawn


def _score(cohort: Cohort, found: Figures) -> Section:
    own, adjusted = found["cox"], found["cox"]["adjusted"]
    n, events = found["n"], found["events"]
    rows = [_ratio("score, per SD", own["hr_per_sd"], n, events)]
    if adjusted is not None:
        size = (adjusted["n"], adjusted["events"])
        rows.append(_ratio("score, per SD, those with all covariates", adjusted["unadjusted_hr_per_sd"], *size))
        rows.append(_ratio("score, per SD, adjusted", adjusted["hr_per_sd"], *size))
        if adjusted["hr_per_sd"]["value"] is not None:  # else the reason stands once, beside the score
            rows += [_ratio(f"beside it: {name}", one, *size) for name, one in adjusted["covariates"].items()]
    groups = {name: one for name, one in own["by_group"].items() if name != "against"}
    known = cohort.table[cohort.table["group"].notna()]
    size = (len(known), int(known["event"].sum()))
    rows += [_ratio(f"{name} v {own['by_group']['against']}", one, *size) for name, one in groups.items()]
    strata = "" if own["stratified_by"] is None else f" Every model is stratified by {own['stratified_by']}."
    c = found["c_index"]
    said = [
        f"Of two patients of whom it is known who lived longer, it is the one of higher score in "
        f"{shown_interval(c)} of pairs (Harrell's C, bootstrap; 0.5 is chance)."
    ]
    note = f"Cox models, Wald intervals and p-values; numbers per SD, categories against the commonest.{strata}"
    table = Table(["term", "n", "events", "hazard ratio (95 %)", "p"], rows, note)
    return Section("Score and survival", said, [table], [_forest(found)])


def _ratio(name: str, own: Figures, n: int, events: int) -> list[str]:
    figure = f"not estimable: {own['reason']}" if own["value"] is None else shown_interval(own)
    return [name, str(n), str(events), figure, shown_p(own["p"])]


def _forest(found: Figures) -> Drawing:
    rows = [("all patients", found["cox"]["hr_per_sd"])]
    if found["cox"]["adjusted"] is not None:
        rows.append(("adjusted", found["cox"]["adjusted"]["hr_per_sd"]))
    own = found["interaction"]
    if len(own["patients"]) > 1:
        rows.append((f"in the arm {own['treated']['arm']}", own["treated"]["hr_per_sd"]))
        rows.append(("in the other arms", own["others"]["hr_per_sd"]))
        rows.append(("interaction (ratio of the two)", own["hr"]))
        if own["adjusted"] is not None:
            rows.append(("interaction, adjusted", own["adjusted"]))
    alt = "; ".join(f"{name}: {shown_interval(one) if one['value'] else 'not estimable'}" for name, one in rows)
    caption = "Hazard ratios per SD of the score. Intervals that leave the drawing stand whole in the tables."
    return Drawing("hazard-ratios", survival_figures.forest(rows), f"Hazard ratios per SD. {alt}.", caption)


def _interaction(cohort: Cohort, question: Question, found: Figures) -> Section:
    own, heading = found["interaction"], "Does the score tell who gains by the treatment?"
    if own["p"] is None:
        refused = f"The interaction of score and treatment was not tested: {own['reason']}."
        return Section(heading, [refused, PROGNOSIS_ONLY])
    arm = str(question.treated)
    others = {name: n for name, n in own["patients"].items() if name != arm}
    events = own["events"]
    treated_n, other_n = own["patients"][arm], sum(others.values())
    other_events = sum(events[name] for name in others)
    every = (treated_n + other_n, events[arm] + other_events)
    rows = [
        _ratio(f"score, per SD, in {arm}", own["treated"]["hr_per_sd"], treated_n, events[arm]),
        _ratio("score, per SD, in the other arms", own["others"]["hr_per_sd"], other_n, other_events),
        _ratio("interaction: the first over the second", own["hr"], *every),
    ]
    if own["adjusted"] is not None:
        size = (found["cox"]["adjusted"]["n"], found["cox"]["adjusted"]["events"])
        rows.append(_ratio("interaction, adjusted", own["adjusted"], *size))
    rows.append(_ratio(f"{arm} v other arms, at the mean score", own["treatment_hr_at_mean_score"], *every))
    said = [
        f"Treated v other arms: {arm} ({treated_n}) v {', '.join(f'{name} ({n})' for name, n in others.items())}. "
        f"An interaction below 1: the higher the score, the more a patient gains by {arm}. A score that is merely "
        "prognostic acts alike in all arms, and its interaction is 1.",
        f"With 80 % power these patients can show an interaction of {shown(own['detectable_hr'])} or less.",
        BY_LOT,
    ]
    if own["ph_p"] < MIN_P:
        said.append(
            f"The interaction changes with time (proportional hazards, {_p(own['ph_p'])}): it is an average over the "
            "follow-up. Look at the curves of each arm."
        )
    model = interaction_model(cohort)
    effect = Drawing(
        "treatment-effect",
        survival_figures.treatment_effect(model, cohort.table["z"].tolist(), arm),
        f"Hazard ratio of {arm} v the other arms along the score, with its 95 % band.",
        f"The effect of {arm} by score, from the model with the interaction. Below 1: {arm} is the better arm. The "
        "lines at the bottom are the patients.",
    )
    note = "One Cox model; intervals and p-values by Student's t (events less terms), which errs less in small trials."
    return Section(heading, said, [Table(["term", "n", "events", "hazard ratio (95 %)", "p"], rows, note)], [effect])


def _limits(question: Question, found: Figures) -> Section:
    return Section("Checks and limits", [_proportional(found), _many(question, found), _frame(question, found)])


def _proportional(found: Figures) -> str:
    p = found["ph"]["p"]
    if p is None:
        return "Proportional hazards could not be tested."
    doubt = (
        "The hazard ratio changes with time: it is an average over the follow-up, and the restricted means are the "
        "safer figure."
        if p < MIN_P
        else "No sign that the hazard ratio changes with time; with few events the test sees only large changes."
    )
    return f"Proportional hazards (scaled Schoenfeld residuals against the rank of time): {_p(p)}. {doubt}"


def _many(question: Question, found: Figures) -> str:
    many = found["multiplicity"]
    which = "the interaction" if many["primary"].startswith("interaction") else "the score in all patients"
    return (
        f"Multiplicity: this page tests one drug, {question.drug}, and shows {many['p_values']} p-values, uncorrected. "
        f"The leading one is that of {which} ({many['primary']}): {_p(many['p'])}; had all five drugs been "
        f"tried on these patients, it would count as {shown_p(many['p_if_five_drugs'])} (Bonferroni). Groups, "
        "covariates and cohort should be fixed before anyone looks."
    )


def _frame(question: Question, found: Figures) -> str:
    own = found["cox"]["adjusted"]
    if own is None:
        adjusted = "Nothing was adjusted for: stage, subtype and tumour content may explain what is seen (--adjust)."
    elif own["hr_per_sd"]["value"] is None:
        adjusted = (
            f"Nothing could be adjusted for: with {', '.join(question.adjust)} the model gives no figure "
            f"({own['hr_per_sd']['reason']}). Fewer covariates, or rare categories joined into one, may."
        )
    else:
        adjusted = f"Adjusted for {', '.join(question.adjust)}; what was not measured may still explain what is seen."
    return f"{adjusted} The tool is for research use; one retrospective cohort changes no grade of a signature."
