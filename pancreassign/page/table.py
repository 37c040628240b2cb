"""The table of samples as HTML that can be read without scripts."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from pancreassign.page.markup import Markup, joined, name, tag
from pancreassign.page.samples import Shown, Values, setting
from pancreassign.records import DrugResult
from pancreassign.report import content
from pancreassign.report.words import Words

NO_SKILL = "no_demonstrated_skill"
"""The reason that stands in the drug's heading, since it is the pack's and the same for every sample."""


def table(samples: Sequence[Shown], words: Words) -> Markup:
    """Head and body, a row a sample in the order of the records."""
    drugs = samples[0].record.drugs
    plain = (
        ("name", "Sample"),
        ("patient", "Patient"),
        ("site", "Site"),
        ("qc", "Quality"),
        ("content", "Tumour content"),
    )
    heads = [tag("th", tag("span", label), scope="col", data_key=key) for key, label in plain]
    heads += [_drug_head(place, drug, words) for place, drug in enumerate(drugs)]
    heads.append(tag("th", tag("span", "Leading regimen"), scope="col", data_key="regimen"))
    widths = ("name", "patient", "site", "qc", "content", *["drug"] * len(drugs), "regimen")
    return joined(
        tag("colgroup", *(tag("col", class_=f"c-{width}") for width in widths)),
        tag("thead", tag("tr", *heads)),
        tag("tbody", *(_row(sample, words) for sample in samples)),
    )


def _drug_head(place: int, drug: DrugResult, words: Words) -> Markup:
    grade = f"evidence {drug.evidence}: {words[f'grade.{drug.evidence}']}"
    label = tag("span", words.code("drug", drug.drug))
    return tag(
        "th", label, tag("small", grade), scope="col", data_key=f"drug{place}", class_=_muted(drug.evidence == "D")
    )


def _muted(yes: bool) -> str | None:
    return "muted" if yes else None


def _row(sample: Shown, words: Words) -> Markup:
    record = sample.record
    unknown = tag("span", words["number.unknown"], class_="unknown")
    verdict = record.qc.verdict
    return tag(
        "tr",
        tag("th", _sample(sample), scope="row"),
        tag("td", unknown if sample.patient is None else name(sample.patient)),
        tag("td", name(record.sample.site) if record.sample.site else unknown),
        tag("td", tag("span", words[f"verdict.{verdict}"], class_=f"verdict {verdict}")),
        tag("td", content.tumour_content(record, words)),
        *(_drug(drug, said, words) for drug, said in zip(record.drugs, sample.said["drugs"]["rows"], strict=True)),
        _regimen(sample, words),
        class_="failed" if verdict == "fail" else None,
    )


def _sample(sample: Shown) -> Markup:
    own = sample.record.sample
    link = None
    if sample.folder is not None:
        address = f"./{quote(sample.folder)}/report.pdf"
        link = tag("a", "PDF", href=address, aria_label=f"PDF report of {own.id}")
    simulated = tag("small", "SIMULATED") if own.simulated else None
    return joined(tag("span", name(own.id), class_="name"), tag("span", link, simulated, class_="under"))


def _drug(drug: DrugResult, said: Values, words: Words) -> Markup:
    """Call and grade, why there is no call, and the figures."""
    called = tag("span", words[f"call.{drug.call}"], class_="said")
    grade = tag("b", drug.evidence)
    why = None
    if said["muted"] and drug.reason not in (NO_SKILL, "called"):
        why = tag("small", words.code("reason", drug.reason))
    if drug.percentile is None and drug.probability is None:
        figures = tag("small", said["no_score"] or words["number.unknown"])
    else:
        share, *interval = said["probability"]
        kept = [f"P {said['percentile']} · {share}", *interval]  # a narrow column breaks between these alone
        figures = tag("small", *(joined(tag("span", part, class_="kept"), " ") for part in kept))
    classes = f"{drug.call.value} muted" if said["muted"] else drug.call.value
    return tag("td", tag("span", called, " ", grade, class_="kept"), why, figures, class_=classes)


def _regimen(sample: Shown, words: Words) -> Markup:
    record = sample.record
    first = record.leaders
    named = first[0].name if first else words["lesions.no_leader"]
    ties = tag("small", f"= tied with {', '.join(one.name for one in first[1:])}") if first[1:] else None
    silent = record.silent
    why = tag("small", "no drug is called: the order is not this tumour's") if silent else None
    return tag("td", named, ties, why, tag("small", setting(record, words)), class_=_muted(silent))
