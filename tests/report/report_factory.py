"""Prediction records built by hand, one per situation that the page must carry."""

# ruff: noqa: E501 (tables of values read better in long lines)
# fmt: off

from __future__ import annotations

from typing import Any

from pancreassign.records import Prediction, SampleInfo

DRUGS = ("5-FU", "oxaliplatin", "irinotecan", "gemcitabine", "paclitaxel")
UNKNOWN = {
    "dpd": "DPYD genotype or uracilaemia unknown: test before any fluoropyrimidine",
    "ugt1a1_irinotecan": "UGT1A1 genotype unknown: test before irinotecan",
    "bilirubin_naliri": "Bilirubin unknown: measure it",
    "ecog_0_1": "ECOG performance status unknown: assess it",
    "neuropathy": "Peripheral neuropathy unknown: examine",
    "frailty": "Frailty unknown: a question that no language file knows of.",
}
NAB = "Scored by the paclitaxel signature: nab-paclitaxel is not the same drug."
NAL = "Scored by the irinotecan signature: liposomal irinotecan is not the same drug."
BASIS = "side by side with the triplets"
TWO_OF_THREE = "at least two of its three drugs sensitive (the PancreasView rule)"
ONE_OF_TWO = "at least one of its two drugs sensitive and none resistant (our judgement)"
ONE = "its drug sensitive."
NO_RULE = "no drug with a signature decides it; only eligibility does."


def interval(low: float, high: float, level: float = 0.9) -> dict[str, float]:
    return {"low": low, "high": high, "level": level}


def drug(name: str, **changes: Any) -> dict[str, Any]:
    """One drug's result; without changes it is one whose signature has no demonstrated skill."""
    index = DRUGS.index(name)
    shift = 0.12 * index
    result: dict[str, Any] = {
        "drug": name,
        "call": "not_evaluable",
        "reason": "no_demonstrated_skill",
        "score": 0.31 - 0.2 * index,
        "score_interval": interval(-0.12 - 0.2 * index, 0.74 - 0.2 * index),
        "percentile": (62.4, 48.8, 33.1, 21.7, 18.0)[index],
        "probability": 0.35,
        "probability_interval": interval(0.19, 0.55, 0.95),
        "evidence": "D",
        "validation": {
            "n": 66,
            "spearman": 0.14 + 0.02 * index,
            "spearman_interval": interval(-0.11, 0.37, 0.95),
            "auroc": 0.57,
            "auroc_interval": interval(0.43, 0.7, 0.95),
            "permutation_p": 0.13,
            "brier": 0.221,
            "brier_base_rate": 0.222,
            "calibration_slope": 0.6,
            "ceiling": (0.57, None, 0.73, 0.79, 0.63)[index],
            "ceiling_source": "between-assay correlation",
            "source": "card.md",
        },
        "reference": {
            "q0": -1.9 - shift, "q5": -1.2, "q25": -0.45, "q50": 0.02 + shift, "q75": 0.5 + shift,
            "q95": 1.3 + shift, "q100": 2.2,
        },
        "coverage": {"genes": 1842, "found": 1837 - index, "missing": ["ABC1"] * (5 + index)},
        "content_correction": None,
    }
    result |= changes
    return {"contributions": genes(result["score"])} | result


def genes(score: float | None) -> list[dict[str, Any]]:
    """Two genes that add up to ``score``, one towards either end."""
    if score is None:
        return []
    return [{"symbol": "GATA6", "value": score + 0.12}, {"symbol": "KRT17", "value": -0.12}]


def called(name: str = "paclitaxel", call: str = "sensitive") -> dict[str, Any]:
    """A drug with demonstrated skill; score, percentile and probability agree with the call."""
    score, percentile, probability, low, high = {
        "sensitive": (1.21, 83.4, 0.52, 0.36, 0.68),
        "intermediate": (0.55, 57.0, 0.37, 0.22, 0.55),
        "resistant": (-0.9, 8.2, 0.15, 0.06, 0.29),
    }[call]
    result = drug(
        name,
        call=call,
        reason="called",
        score=score,
        score_interval=interval(score - 0.5, score + 0.5),
        percentile=percentile,
        probability=probability,
        probability_interval=interval(low, high, 0.95),
        evidence="C",
    )
    result["validation"] |= {"spearman": 0.41, "spearman_interval": interval(0.19, 0.6, 0.95)}
    return result


def finding(code: str, status: str, message: str) -> dict[str, str]:
    return {"code": code, "status": status, "message": message, "source": "doi 10.0000/example"}


def regimen(name: str, drugs: list[str], rank: int, **changes: Any) -> dict[str, Any]:
    scored = {"nab-paclitaxel": "paclitaxel", "nal-IRI": "irinotecan"}
    grades = {
        scored.get(item, item): "C" if scored.get(item, item) == "paclitaxel" else "D"
        for item in drugs
        if scored.get(item, item) in DRUGS
    }
    without = [item for item in drugs if scored.get(item, item) not in DRUGS]
    rule_text = {0: NO_RULE, 1: ONE, 2: ONE_OF_TWO}.get(len(grades), TWO_OF_THREE)
    checks = ["ecog_0_1"]
    checks += ["dpd"] if "5-FU" in drugs or "capecitabine" in drugs else []
    checks += ["ugt1a1_irinotecan", "bilirubin_naliri"] if {"irinotecan", "nal-IRI"} & set(drugs) else []
    checks += ["neuropathy"] if {"oxaliplatin", "nab-paclitaxel", "paclitaxel"} & set(drugs) else []
    result: dict[str, Any] = {
        "id": name.lower().replace(" ", "_"),
        "name": name,
        "drugs": drugs,
        "rank": rank,
        "tied_with": [],
        "score": 58.0 - 3 * rank if grades else None,
        "interval": interval(31.0 - rank, 84.0 - rank) if grades else None,
        "rule": "unclear",
        "rule_text": rule_text,
        "order": [
            "no contraindication",
            "for this setting",
            f"tier {1 + rank // 4}",
            "rule unclear",
            "0.55",
            str(rank),
        ],
        "eligibility": [finding(code, "unknown", UNKNOWN[code]) for code in checks],
        "trials": [],
        "evidence": {
            "grades": grades,
            "without_skill": sum(grade == "D" for grade in grades.values()),
            "without_signature": without,
        },
        "notes": [NAB] * ("nab-paclitaxel" in drugs) + [NAL] * ("nal-IRI" in drugs),
    }
    result |= changes
    against = any(item["status"] == "contraindicated" for item in result["eligibility"])
    placed = {"tier": 1 + rank // 4, "basis": "a trial", "judgement": False}
    return {"contraindicated": against, "for_setting": True} | placed | result


def regimens() -> list[dict[str, Any]]:
    def elsewhere(setting: str) -> dict[str, Any]:
        line = finding("prior_line", "caution", f"Studied in {setting}, which was not given")
        order = ["no known contraindication", "not for first-line metastatic disease", "no guideline tier here"]
        return {"eligibility": [line], "order": order, "for_setting": False, "tier": None, "basis": None}

    tied = ["folfirinox", "nalirifox", "gem_nabpaclitaxel"]
    cisplatin = [
        finding(
            "gbrca_palb2_only", "caution", "benefit shown only with a germline BRCA1/2 or PALB2 variant, unknown here"
        ),
        finding("ecog_0_1", "unknown", UNKNOWN["ecog_0_1"]),
        finding("frailty", "unknown", UNKNOWN["frailty"]),
    ]
    return [
        regimen(
            "gemcitabine + nab-paclitaxel", ["gemcitabine", "nab-paclitaxel"], 1, tied_with=tied[:2],
            score=71.3, interval=interval(44.0, 91.0), judgement=True, basis=BASIS,
        ),
        regimen("FOLFIRINOX / mFOLFIRINOX", ["5-FU", "oxaliplatin", "irinotecan"], 1, tied_with=tied[1:]),
        regimen("NALIRIFOX", ["5-FU", "oxaliplatin", "nal-IRI"], 1, tied_with=tied[::2]),
        regimen("gemcitabine + cisplatin", ["gemcitabine", "cisplatin"], 4, eligibility=cisplatin),
        regimen("gemcitabine", ["gemcitabine"], 5),
        regimen("gemcitabine + capecitabine", ["gemcitabine", "capecitabine"], 6),
        regimen("S-1", ["S-1"], 7),
        regimen("5-FU / leucovorin", ["5-FU"], 8),
        regimen("nal-IRI + 5-FU / leucovorin", ["nal-IRI", "5-FU"], 9, **elsewhere("second line after gemcitabine")),
        regimen("OFF / FOLFOX", ["5-FU", "oxaliplatin"], 10, **elsewhere("second line after gemcitabine")),
        regimen("gemcitabine + paclitaxel", ["gemcitabine", "paclitaxel"], 11, **elsewhere("second line after FOLFIRINOX")),
    ]


def checks(verdict: str = "pass") -> list[dict[str, Any]]:
    reads = {"pass": 14_231_877.0, "warn": 1_204_388.0, "fail": 212_904.0}[verdict]
    rows = [
        ("reads on genes", reads, "reads", {"warn": 2e6, "fail": 5e5}, verdict),
        ("reference genes measured", 0.984, "share", {"warn": 0.95, "fail": 0.5}, "pass"),
        ("protein-coding share", 0.9213, "share of reads", None, "pass"),
        ("mitochondrial share", None, "share of reads", None, "pass"),
        ("largest_gene", 3.25, None, {"ceiling": 8.0}, "pass"),
        ("tumour content", None, "share of RNA", {"warn": 0.2, "fail": 0.1}, "pass"),
        ("stroma", -3.1, "log2", {"warn": -2.7}, "warn" if verdict == "warn" else "pass"),
        ("published: reads on genes", reads, "reads", {"warn": 25e6}, "warn"),
    ]
    return [
        {
            "name": name, "value": value, "unit": unit, "threshold": threshold, "verdict": result,
            "code": "below_published" if name.startswith("published") else name,
            "source": "example",
        }
        for name, value, unit, threshold, result in rows
    ]


def context() -> dict[str, Any]:
    """Two programmes, one of them not measured."""
    rows = [("basal", "basal-like", "context", 0.4, 71.7), ("CDA", "CDA (breaks gemcitabine down)", "gene", None, None)]
    programmes = {
        name: {"title": title, "kind": kind, "level": level, "percentile": percentile, "source": f"genes of {name}"}
        for name, title, kind, level, percentile in rows
    }
    return {"exploratory": True, "programmes": programmes}


CAVEATS = {
    "models_not_patients": "The probabilities were calibrated on preclinical models, not on treated patients.",
    "prospective": "No signature of this pack has been tested in a prospective trial (EBAI class C2, doi 10.1016/j.annonc.2025.11.009).",
    "drugs_share": "The five drugs' scores share one general sensitivity; a preference between drugs has little support of its own.",
    "ffpe": "Fixation adds about half a standard deviation of noise to each score; the score interval carries it.",
    "one_lesion": "One lesion was sequenced; up to a third of primary and metastasis pairs differ in subtype.",
}


def data(**changes: Any) -> dict[str, Any]:
    base: dict[str, Any] = {
        "schema": "pancreassign/prediction/1",
        "software": {"name": "pancreassign", "version": "0.1.0"},
        "pack": {"name": "pdac-core", "version": "0.1.0", "sha256": "ab12cd34ef56" + "0" * 52, "released": "2025-11-03"},
        "reference": {
            "name": "tcga-paad", "version": "1", "protocol": "whole-transcriptome, poly-A", "sha256": "9f8e7d6c5b4a" + "1" * 52,
            "tumours": 172,
        },
        "catalogue": {"version": "1.0.0", "sha256": "fedcba987654" + "3" * 52},
        "sample": {"id": "PDAC-0042", "patient": "P-0017", "site": "liver metastasis", "specimen": {"preservation": "ffpe"}},
        "input": {
            "sha256": "0123456789ab" + "2" * 52, "units": "counts", "strand": "reverse", "genes": 60_683,
            "genes_matched": 59_712, "genes_renamed": 0, "genes_ambiguous": 3, "genes_summed": 0, "rounded": False,
        },
        "qc": {"verdict": "pass", "checks": checks(), "tumour_content": {"class": "30–60 %", "value": None, "interval": None}},
        "general": {"score": 0.42, "percentile": 66.2, "evidence": "C"},
        "drugs": [drug(name) for name in DRUGS[:-1]] + [called()],
        "setting": {"value": "first_line_metastatic", "assumed": True},
        "clinical": {},
        "regimens": regimens(),
        "context": context(),
        "caveats": [{"code": code, "text": text} for code, text in CAVEATS.items()],
    }
    return base | changes


def record(**changes: Any) -> Prediction:
    return Prediction.model_validate(data(**changes))


def none_evaluable() -> Prediction:
    return record(drugs=[drug(name) for name in DRUGS], general={"score": 0.1, "percentile": 51.0, "evidence": "D"})


def failed_quality() -> Prediction:
    return record(
        qc={"verdict": "fail", "checks": checks("fail")},
        drugs=[drug(name, reason="quality_failed") for name in DRUGS],
    )


def low_coverage() -> Prediction:
    """One drug without a score, and so without anything that follows from it."""
    nothing = {
        "score": None,
        "score_interval": None,
        "percentile": None,
        "probability": None,
        "probability_interval": None,
    }
    missing = drug(
        "irinotecan", reason="gene_coverage", coverage={"genes": 1842, "found": 701, "missing": []}, **nothing
    )
    drugs = [missing if item["drug"] == "irinotecan" else item for item in data()["drugs"]]
    return record(
        drugs=drugs,
        qc={"verdict": "warn", "checks": checks("warn"), "tumour_content": {"class": "high", "value": 0.62, "interval": interval(0.4, 0.8)}},
        sample={"id": "S1"},
        input=data()["input"] | {"strand": None, "rounded": True},
    )


def simulated() -> Prediction:
    return record(sample={"id": "SIM-1", "simulated": True})


def contraindicated() -> Prediction:
    """Clinical data are given: some regimens are contraindicated and stand last, one carries a caution."""
    rows = regimens()
    for row in rows:
        row["eligibility"] = [item for item in row["eligibility"] if item["code"] == "prior_line"]
    out = [rows.pop(1), rows.pop(1)]
    for row in out:
        row["contraindicated"] = True
        row["eligibility"].append(finding("ecog_0_1", "caution", "ECOG 2: this regimen is for ECOG 0-1"))
        row["eligibility"].append(
            finding("dpd", "contraindicated", "Complete DPD deficiency contraindicates fluoropyrimidines")
        )
    rows[0]["eligibility"].append(
        finding("neuropathy", "caution", "Grade 2 neuropathy: nab-paclitaxel worsens it (grade ≥ 3 in 17 % of MPACT)")
    )
    rows[2]["eligibility"].append(finding("ecog_0_1", "unknown", UNKNOWN["ecog_0_1"]))
    rows += out
    for rank, row in enumerate(rows, 1):
        row.update(rank=rank, tied_with=[])
    clinical = {
        "setting": "first_line_metastatic", "age": 67, "ecog": None, "dpyd": "complete", "neuropathy_grade": 2,
        "gbrca_palb2": False, "prior_regimens": [],
    }
    return record(regimens=rows, setting={"value": "first_line_metastatic", "assumed": False}, clinical=clinical)


def all_calls() -> Prediction:
    """Each call once, and one drug far outside the reference."""
    far = called("5-FU") | {
        "score": 9.0,
        "score_interval": interval(7.0, 11.0),
        "contributions": genes(9.0),
        "percentile": 100.0,
        "probability": 0.997,
    }
    kinds = [called("oxaliplatin", "resistant"), called("irinotecan", "intermediate"), drug("gemcitabine"), called()]
    kinds[0]["evidence"], kinds[1]["evidence"] = "A", "B"
    rows = regimens()
    grades = {"5-FU": "C", "oxaliplatin": "A", "irinotecan": "B"}
    rows[1].update(rule="met", evidence={"grades": grades, "without_skill": 0, "without_signature": []})
    rows[7].update(rule="not met", notes=["A note of its own"])
    return record(drugs=[far, *kinds], regimens=rows)


WORLDS = [("organoids", 39, 0.45, 0.1, 0.7), ("pancreas lines", 26, 0.25, -0.23, 0.67)]
EXTERNAL = [("other tissues' lines, each left out", 499, 0.11, 0.02, 0.19), ("colorectal xenografts", 41, -0.37, -0.63, -0.04)]
GROUPS = [(17, 0.14, 0.12, 0.03, 0.34), (16, 0.27, 0.31, 0.14, 0.56), (16, 0.38, 0.31, 0.14, 0.56), (16, 0.55, 0.56, 0.33, 0.77)]


def detailed(**changes: Any) -> dict[str, Any]:
    """A called drug with all that a pack can hold of it: 21 genes that add up, sets of models, calibration groups."""
    result = called()
    result["contributions"] = [{"symbol": f"GENE{n:02}", "value": round(0.02 * (n - 8), 2)} for n in range(21) if n != 8]
    total = sum(one["value"] for one in result["contributions"])
    result["content_correction"] = result["score"] - total
    result["coverage"] = {"genes": 24, "found": 20, "missing": ["ABC1", "ABC2", "ABC3", "ABC4"]}
    result["validation"] |= {
        "family": "stack", "adjusted_p": 0.26, "specific": 0.35, "specific_interval": interval(-0.04, 0.63, 0.99),
        "worlds": [skill(*one) for one in WORLDS],
        "external": [skill(*one) for one in EXTERNAL],
        "reliability": [
            {"n": n, "predicted": predicted, "observed": observed, "observed_interval": interval(low, high, 0.95)}
            for n, predicted, observed, low, high in GROUPS
        ],
    }
    result["validation"] |= changes
    return result


def skill(name: str, n: int, spearman: float, low: float, high: float) -> dict[str, Any]:
    return {"name": name, "n": n, "spearman": spearman, "spearman_interval": interval(low, high, 0.95)}


def with_details(**changes: Any) -> Prediction:
    return record(drugs=[drug(name) for name in DRUGS[:-1]] + [detailed(**changes)])


def no_signature() -> Prediction:
    """The pack holds no signature of oxaliplatin."""
    nothing = dict.fromkeys(("score", "score_interval", "percentile", "probability", "probability_interval", "validation"))
    silent = drug("oxaliplatin", reason="no_signature", reference={}, coverage={"genes": 0, "found": 0, "missing": []}, **nothing)
    return record(drugs=[silent if item["drug"] == "oxaliplatin" else item for item in data()["drugs"]])


def identified() -> Prediction:
    """Every fact of identity and order is stated."""
    specimen = {
        "preservation": "ffpe", "specimen_type": "EUS-FNB", "collected": "2025-10-30", "tumour_cells_percent": 35.0, "rna_ng": 62.5,
    }
    order = {"ordered": "2025-11-03", "received": "2025-11-05", "reported": "2025-11-18", "requester": "Dr Ordering"}
    return record(sample=data()["sample"] | {"second_id": "1957-02-11", "specimen": specimen, "order": order})


def lesions(count: int, name: str = "L") -> list[Prediction]:
    """Lesions of one patient: calls in turn, the last of failed quality."""
    kinds = ("sensitive", "resistant", "intermediate")
    found = []
    for number in range(1, count):
        drugs = [drug(one) for one in DRUGS[:-1]] + [called(call=kinds[number % 3])]
        found.append(record(drugs=drugs, sample={"id": f"{name}{number:02}", "patient": "P-0017", "site": f"site {number}"}))
    last = failed_quality()
    sample = {"id": f"{name}{count:02}", "patient": "P-0017"}
    return [*found, last.model_copy(update={"sample": SampleInfo.model_validate(sample)})]


def long_names() -> Prediction:
    name = "Institut-regional-du-cancer_2025-000117_bloc-B7_lame-3_capture-exome_repeat-2_" * 2
    rows = regimens()
    rows[0]["name"] = "gemcitabine + nab-paclitaxel every two weeks in the modified schedule of the regional protocol"
    rows[0]["eligibility"].append(finding("frailty", "caution", "a long caution, " * 12))
    return record(
        sample={"id": name, "patient": "x" * 90, "site": "peritoneal metastasis near the " + "very " * 20 + "end"},
        regimens=rows,
        drugs=[drug(item, reason="a_reason_that_no_language_file_knows_of_yet") for item in DRUGS],
    )


MARKUP = '<b>#x*_$ #panic("no") @ref `raw` \\ = // [a] <label>'


def markup() -> Prediction:
    return record(sample={"id": MARKUP, "patient": "漢字 \u202e\x07 é Ω", "site": '"}; #read("/etc/passwd")'})


def earlier() -> Prediction:
    """A record as an earlier version wrote it: no context, and drugs that were not corrected for content."""
    return record(context={})


VARIANTS = {
    "usual": record,
    "earlier": earlier,
    "none_evaluable": none_evaluable,
    "failed_quality": failed_quality,
    "low_coverage": low_coverage,
    "simulated": simulated,
    "contraindicated": contraindicated,
    "all_calls": all_calls,
    "long_names": long_names,
    "markup": markup,
    "with_details": with_details,
    "no_signature": no_signature,
    "identified": identified,
}
