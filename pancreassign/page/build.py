"""``cohort.html``: one file that loads nothing, made from records alone."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib import resources
from string import Template

from pancreassign.page import lesions, strips, table
from pancreassign.page.markup import Markup, joined, json_text, tag
from pancreassign.page.samples import check_comparable, common_caveats, data, patient_names, shown
from pancreassign.patients import PatientView
from pancreassign.records import Prediction, Verdict
from pancreassign.report.words import Words, load_words

QUALITY: tuple[Verdict, ...] = ("pass", "warn", "fail")
NUMBERED = (
    "Patients are numbered in the order of the samples. Sample names, sites and folders are the laboratory's own words;"
    " pancreassign score --pseudonymise replaces names and folders too."
)
AS_GIVEN = "This page shows patients' ids: treat it as their records."


def to_html(
    records: Sequence[Prediction],
    *,
    folders: Sequence[str] | None,
    patients: bool = False,
    failed: Sequence[str | None] = (),
) -> str:
    """The cohort page: a table of all samples to sort, filter and print, in one HTML file without any network.

    The table can be read where scripts are off. Nothing can run but the page's own script, whose hash its policy names.
    The same records give the same text.

    Parameters
    ----------
    records
        One a sample, in the order of the page; all of one pack, reference and catalogue.
    folders
        Of each sample, the folder of its ``report.pdf`` relative to the page; ``None`` where no PDFs were written.
    patients
        Whether patients' ids are shown. Without, patients are numbered, and no id stands anywhere in the file; second
        identifiers, requesters, days, ages, sexes and levels of sex genes never do.
    failed
        Of each sample that could not be scored, its patient's id, if known: such a patient's lesions are not compared.

    Raises
    ------
    RecordError
        Where there is no record, where records come of different packs, references or catalogues, or where two of one
        patient have one name.
    """
    check_comparable(records)
    words, names = load_words(), patient_names(records, as_given=patients)
    samples = shown(records, folders, names, words)
    partial = {patient for patient in failed if patient in names}
    views = [view for view in lesions.views(records) if view.patient not in partial]
    style, script = _file("cohort.css"), _file("cohort.js")
    tumours = records[0].reference.tumours
    columns = zip(*(record.drugs for record in records), strict=True)
    parts: dict[str, str | None] = {
        "policy": _policy(style, script),
        "style": style,
        "script": script,
        "title": f"Cohort of {len(records)} samples",
        "research": words["page.research"],
        "research_detail": words["page.research_detail"],
        "disease": words["page.disease"],
        "simulated": _simulated(records),
        "summary": _summary(records, names, len(views), len(failed), words),
        "privacy": AS_GIVEN if patients else NUMBERED,
        "caveats": joined(*(tag("li", text) for text in common_caveats(records))),
        "strips": joined(*(strips.figure(place, own, tumours, words) for place, own in enumerate(columns))),
        "strips_key": strips.key(words, tumours),
        "table": table.table(samples, words),
        "table_key": _table_key(records, words),
        "lesions": _lesions(views, sorted(names[patient] for patient in partial), names, words),
        "motto": words["page.motto"],
        "versions": _versions(records),
        "data": json_text(data(samples, words)),
    }
    return Template(_file("cohort.html")).substitute({key: joined(text) for key, text in parts.items()})


def _file(called: str) -> Markup:
    """One of the page's own parts; line ends are those that a browser hashes."""
    return Markup(resources.files(__package__).joinpath(called).read_text(encoding="utf-8"))


def _policy(style: str, script: str) -> str:
    """Nothing may be loaded from anywhere, and no style or script may run but those of these hashes."""

    def digest(text: str) -> str:
        return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"

    rules = (
        "default-src 'none'",
        f"script-src {digest(script)}",
        f"style-src {digest(style)}",
        "base-uri 'none'",
        "form-action 'none'",
    )
    return "; ".join(rules)


def _simulated(records: Sequence[Prediction]) -> Markup | None:
    count = sum(record.sample.simulated for record in records)
    return (
        tag("p", f"SIMULATED: {count} of {len(records)} samples come of no patient", class_="banner") if count else None
    )


def _summary(
    records: Sequence[Prediction], names: Mapping[str, str], several: int, failed: int, words: Words
) -> Markup:
    """How many samples and patients there are, of which quality, and how many say nothing of any drug."""
    quality = Counter(record.qc.verdict for record in records)
    verdicts = ", ".join(f"{quality[own]} {words[f'verdict.{own}']}" for own in QUALITY if quality[own])
    nameless = sum(not record.sample.patient for record in records)
    settings = Counter(record.setting.assumed for record in records)
    facts = {
        "Samples": str(len(records)),
        "Patients": f"{len(names)}, {several} with several lesions"
        + (f"; {nameless} samples of unknown" if nameless else ""),
        "Quality": verdicts,
        "Without any called drug": str(sum(record.silent for record in records)),
        "Setting assumed": str(settings[True]),
    }
    if failed:
        facts["Not on this page"] = f"{failed} that could not be scored"
    return joined(*(tag("div", tag("dt", label), tag("dd", value)) for label, value in facts.items()))


def _table_key(records: Sequence[Prediction], words: Words) -> str:
    drugs = [drug for record in records for drug in record.drugs]
    level = words.levels([drug.probability_interval for drug in drugs])
    score_level = words.levels([drug.score_interval for drug in drugs])
    return (
        "A letter beside a call is its evidence grade. P: percentile of the score among the reference tumours; then the"
        f" probability of the sensitive third of preclinical models (base rate 1 in 3) with its {level}interval; scores"
        f" stand with their {score_level}interval. Grey: supports no choice. “= tied with”: regimens that the data do"
        " not order. Eligibility, cautions and trials stand in each sample's report."
    )


def _lesions(
    views: Sequence[PatientView], partial: Sequence[str], names: Mapping[str, str], words: Words
) -> Markup | None:
    items = lesions.section(views, partial, names, words)
    if items is None:
        return None
    heading = f"Patients with several lesions: {len(views)}"
    return tag("details", tag("summary", tag("h2", heading)), items, id="lesions", open=True)


def _versions(records: Sequence[Prediction]) -> Markup:
    """Which versions made the records, with whole hashes."""
    first = records[0]
    software = sorted({f"{one.software.name} {one.software.version}" for one in records})
    pack, reference, catalogue = first.pack, first.reference, first.catalogue
    items = (
        ("Software", ", ".join(software), None),
        ("Signature pack", f"{pack.name} {pack.version}, released {pack.released}", pack.sha256),
        ("Reference", f"{reference.name} {reference.version}, {reference.tumours} tumours", reference.sha256),
        ("Regimens", catalogue.version, catalogue.sha256),
    )
    return joined(
        *(
            tag("div", tag("dt", label), tag("dd", text, sha and tag("code", f"sha256 {sha}")))
            for label, text, sha in items
        )
    )
