"""What the interaction test of `validate survival` finds in trials whose truth is known, and what it is fooled by.

    python benchmarks/trials.py [PAGE]

Draws two-arm trials (pancreassign/validation/trials.py) and writes its tables between ``<!-- trials NAME -->`` and
``<!-- end -->`` of PAGE (docs/validation-trials.md). `fooled` runs the command's own model, by lifelines, over 1,000
trials of each kind without an interaction, and the same test by Newton's search over 10,000; `power` and `needed` use
the latter. About six minutes on one core.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import norm
from threadpoolctl import threadpool_limits

from benchmarks.ffpe.document import markdown
from pancreassign.validation import cox, trials
from pancreassign.validation.trials import Design

PAGE = Path("docs/validation-trials.md")
BLOCK = re.compile(r"(<!-- trials (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
LEVEL = 0.05
BY_COMMAND, BY_NEWTON, POWER_REPEATS = 1000, 10_000, 2000
"""Trials of each kind: by the command's own model, by Newton's search, and for each cell of the power table."""
SIZES, RATIOS, CORRELATIONS = (60, 100, 200, 400), (0.5, 0.6, 0.7, 0.8), (0.3, 0.5, 0.8)
GEMPRED = {"positive": 0.255, "yes_no": 0.43}
"""GemPred in PRODIGE-24 (doi 10.1200/JCO.22.02668): share of positives, and their hazard ratio under gemcitabine."""
SEED = 20


@dataclass(frozen=True)
class Kind:
    """A kind of trial without an interaction."""

    name: str
    design: Design


KINDS = (
    Kind("no effect, n = 60", Design(60)),
    Kind("no effect, n = 100", Design(100)),
    Kind("prognostic 0.6 per SD, correlation 0.8, n = 60", Design(60, prognosis=0.6, correlation=0.8)),
    Kind("… n = 100", Design(100, prognosis=0.6, correlation=0.8)),
    Kind("… n = 400", Design(400, prognosis=0.6, correlation=0.8)),
    Kind("… n = 100, rising hazard (Weibull 1.5)", Design(100, prognosis=0.6, correlation=0.8, shape=1.5)),
    Kind("… n = 100, one in five treated", Design(100, prognosis=0.6, correlation=0.8, share_treated=0.2)),
    Kind("prognostic 0.6 per SD, correlation 0.3, n = 100", Design(100, prognosis=0.6, correlation=0.3)),
    Kind("prognostic 0.4 per SD, correlation 0.5, n = 100", Design(100, prognosis=0.4, correlation=0.5)),
    Kind("… arms far apart (0.33), n = 100", Design(100, prognosis=0.4, correlation=0.5, treatment=0.33)),
    Kind("… arms far apart (0.33), n = 1,000", Design(1000, prognosis=0.4, correlation=0.5, treatment=0.33)),
)


def main(page: Path) -> None:
    """Fill the page's tables."""
    tables = {"fooled": fooled(), "power": power(), "needed": needed(), "gempred": gempred()}
    fill(page, tables, "python benchmarks/trials.py")


def fill(page: Path, tables: Mapping[str, pd.DataFrame], command: str) -> None:
    """Put tables between their marks, and below each the command that wrote it; other blocks stay as they are."""

    def block(found: re.Match[str]) -> str:
        if found.group(2) not in tables:
            return found.group()
        return f"{found.group(1)}\n{markdown(tables[found.group(2)])}\n\n`{command}`\n\n{found.group(3)}"

    page.write_text(BLOCK.sub(block, page.read_text(encoding="utf-8")), encoding="utf-8")


def fooled() -> pd.DataFrame:
    """How often each kind of trial without an interaction is said to have one, and what one arm alone would say."""
    rows = []
    for kind in KINDS:
        many = trials.draw(kind.design, BY_NEWTON, SEED)
        found = trials.examine(many)
        rows.append(
            {
                "trial": kind.name,
                "events": f"{many.event.mean():.0%}",
                f"the command, {BY_COMMAND:,} trials": _percent(np.array(list(_commanded(kind.design)))),
                f"the same test, {BY_NEWTON:,} trials": _percent(found.p),
                "by the normal distribution": _percent(found.p_normal),
                "score significant in the treated arm": _percent(found.p_treated),
            }
        )
    return pd.DataFrame(rows)


def _commanded(design: Design) -> Iterable[float]:
    """The interaction's p of each trial by the function behind `validate survival`; NaN where it gives none."""
    drawn = trials.draw(design, BY_COMMAND, SEED + 1)
    for time, event, score, treated in zip(drawn.time, drawn.event, drawn.score, drawn.treated, strict=True):
        z = pd.Series((score - score.mean()) / score.std(ddof=1))
        model = cox.interaction(pd.Series(time), pd.Series(event), z, pd.Series(treated))
        p = model.ratio(cox.PRODUCT)["p"]
        yield np.nan if p is None else p


def _percent(p: np.ndarray) -> str:
    """Share of p-values below 5 %, with one standard error of its counting; a trial without a p is none."""
    share = float(np.mean(p < LEVEL))
    return f"{share:.1%} ± {np.sqrt(share * (1 - share) / len(p)):.1%}"


def power() -> pd.DataFrame:
    """Share of trials whose planted interaction is found in the right direction, by size, strength and correlation."""
    rows = []
    for ratio in RATIOS:
        for correlation in CORRELATIONS:
            designs = [Design(n, interaction=ratio, correlation=correlation) for n in SIZES]
            found = {f"{design.n} patients": f"{_power(design, SEED + 2):.0%}" for design in designs}
            rows.append({"interaction per SD of sensitivity": ratio, "correlation": correlation, **found})
    return pd.DataFrame(rows)


def _power(design: Design, seed: int) -> float:
    found = trials.examine(trials.draw(design, POWER_REPEATS, seed))
    return float(np.mean((found.p < LEVEL) & (found.log_ratio < 0)))


def needed() -> pd.DataFrame:
    """Patients that find the interaction with 80 % power, from the estimate's spread in the largest trials."""
    rows = []
    for ratio in RATIOS:
        row: dict[str, object] = {"interaction per SD of sensitivity": ratio}
        for correlation in CORRELATIONS:
            design = Design(SIZES[-1], interaction=ratio, correlation=correlation)
            row[f"correlation {correlation}"] = f"{_needed(design):,}"
        rows.append(row)
    return pd.DataFrame(rows)


def _needed(design: Design) -> int:
    """The spread falls with the root of the patients: the number at which the mean is 2.8 spreads from 0; to tens."""
    log = trials.examine(trials.draw(design, POWER_REPEATS, SEED + 3)).log_ratio
    reach = norm.ppf(1 - LEVEL / 2) + norm.ppf(cox.POWER)
    exact = design.n * (reach * np.nanstd(log, ddof=1) / np.nanmean(log)) ** 2
    return int(np.ceil(exact / 10)) * 10


def gempred() -> pd.DataFrame:
    """Power for an effect as large as GemPred's, whose call is yes or no: 0.43 under gemcitabine, none otherwise."""
    share = GEMPRED["positive"]
    per_sd = GEMPRED["yes_no"] ** float(np.sqrt(share * (1 - share)))
    design = Design(100, interaction=per_sd, positive=share)
    sizes = (*SIZES, 350)
    found = {f"{n} patients": f"{_power(replace(design, n=n), SEED + 4):.0%}" for n in sorted(sizes)}
    return pd.DataFrame([{"interaction": f"0.43 yes v no = {per_sd:.2f} per SD", **found}])


if __name__ == "__main__":
    with threadpool_limits(1):
        main(Path(sys.argv[1]) if len(sys.argv) > 1 else PAGE)
