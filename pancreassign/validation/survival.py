"""``validate survival``: does the score tell who lives longer, and who does so by the treatment?"""

from __future__ import annotations

from pathlib import Path

from pancreassign.errors import ConfigError
from pancreassign.validation import page
from pancreassign.validation.survival_cohort import Question, assemble
from pancreassign.validation.survival_page import sections
from pancreassign.validation.survival_results import figures
from pancreassign.validation.tables import listed


def validate(scores: Path, clinical: Path, question: Question, out: Path, force: bool) -> list[str]:
    """Run the validation and write ``validation.json``, ``report.pdf`` and its drawings into ``out``.

    Returns
    -------
    list of str
        What its user should read first, in lines.

    Raises
    ------
    ClinicalError, RecordError, ConfigError
        As :func:`assemble` does; ConfigError too where lifelines is not installed.
    OutputError
        As :func:`pancreassign.validation.page.write` does.
    """
    _need_lifelines()
    cohort = assemble(scores, clinical, question)
    found = figures(cohort, question)
    parts = sections(cohort, question, found)
    title = f"Validation on survival: {question.drug}"
    subtitle = f"{found['n']} patients, {found['events']} events; time and event: {question.time}, {question.event}"
    page.write(out, title, subtitle, parts, found, force)
    left_out = [f"left out, {why}: {listed(names)}" for why, names in cohort.flow.left_out.items()]
    return [subtitle, *left_out, *cohort.warnings]


def _need_lifelines() -> None:
    try:
        import lifelines  # noqa: F401
    except ImportError:
        mend = "pip install 'pancreassign[validate]'"
        raise ConfigError("lifelines", "is not installed, and survival needs it", mend) from None
