"""One sample against the yardstick: what is measured, judged, and shown as context."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from quality_factory import GENES, IDS, MEASURED, MODEL, profiles, tissues, tumours, versus, yardstick

from pancreassign.quality import library, tissue
from pancreassign.quality.assess import assess, measure
from pancreassign.quality.context import describe
from pancreassign.quality.identity import MOUSE
from pancreassign.quality.tissues import Tissues
from pancreassign.records import Qc, QcCheck

DEPTH = 1e7


def counts(**share: float) -> pd.Series:
    """A library: the tumour with other tissues at these shares of its reads."""
    table = profiles()
    own = (1.0 - sum(share.values())) * table["tumour"]
    return (DEPTH * sum((part * table[name] for name, part in share.items()), start=own)).round()


def bulk(**level: float) -> pd.Series:
    """Log2 over the average reference tumour, by kind of gene (``T``, ``S``, ...)."""
    values = pd.Series(0.0, index=GENES)
    for kind, value in level.items():
        values[IDS[kind]] = value
    return values


def assessed(given: pd.Series | None = None, levels: pd.Series | None = None, **options: Any) -> Qc:
    own, at = counts() if given is None else given, bulk() if levels is None else levels
    return assess(own, "counts", at, options.pop("stick", yardstick()), **options)[0]


def named(qc: Qc, name: str) -> QcCheck:
    return next(check for check in qc.checks if check.name == name)


def test_one_measurement_holds_all_that_the_checks_look_at() -> None:
    stick = yardstick()
    found = measure(counts(liver=0.25), "counts", bulk(D=2.0), stick.genes, stick.reference, stick.tissues)
    assert set(MEASURED) < set(found)
    assert set(library.JUDGED) < set(found)
    assert found["reads"] == pytest.approx(DEPTH, rel=1e-6)
    assert found["share_liver"] == pytest.approx(0.25, rel=1e-5)
    assert (found["ductal"], found["epithelial"]) == (2.0, 0.0)


@pytest.mark.parametrize("units", ["tpm", "fpkm"])
def test_admixture_of_tpm_is_in_shares_of_reads(units: str) -> None:
    stick = yardstick(genes=yardstick().genes.assign(length=np.linspace(300, 9000, len(GENES))))
    library_ = counts(liver=0.25)
    rate = library_ / stick.genes["length"]
    values = 1e6 * rate / rate.sum() if units == "tpm" else 1e9 * rate / library_.sum()
    found = measure(values, units, bulk(), stick.genes, stick.reference, stick.tissues)
    assert found["share_liver"] == pytest.approx(0.25, rel=1e-5)


def test_content_is_told_and_shown() -> None:
    qc = assessed()
    assert qc.tumour_content.value == pytest.approx(1 / 1.75, rel=1e-5)
    assert qc.tumour_content.class_ is not None
    check = named(qc, "tumour content")
    assert (check.value, check.verdict) == (qc.tumour_content.value, "pass")
    half = 1.645 * MODEL.error
    assert qc.tumour_content.interval is not None
    assert qc.tumour_content.interval.low == pytest.approx(1 / 1.75 - half, rel=1e-5)


def test_more_stroma_and_more_liver_lower_the_content() -> None:
    values = [
        assessed(given, levels).tumour_content.value
        for given, levels in (
            (counts(), bulk()),
            (counts(), bulk(S=2.0)),
            (counts(liver=0.4), bulk(S=2.0)),
            (counts(liver=0.4), bulk(S=2.0, T=-1.0)),
        )
    ]
    assert values == sorted(values, reverse=True)
    assert len(set(values)) == 4


def test_content_that_cannot_be_told_is_none_and_not_measured() -> None:
    qc = assessed(levels=bulk().drop([*IDS["S"], *IDS["I"]]))
    assert (qc.tumour_content.value, qc.tumour_content.class_, qc.tumour_content.interval) == (None, None, None)
    assert named(qc, "tumour content").code == "not_measured"
    assert named(qc, "stroma").code == "not_measured"


def test_a_sample_of_another_tissue_fails() -> None:
    qc = assessed(counts(liver=0.95), bulk(T=-3.0, D=-9.0, S=-3.0, I=-3.0, K=8.0))
    assert qc.verdict == "fail"
    codes = {check.code for check in qc.checks if check.verdict != "pass"}
    assert {"wrong_tumour", "too_little_tumour", "admixture", "no_stroma"} <= codes


@pytest.mark.parametrize(
    ("share", "verdict"),
    [(None, "pass"), (0.0, "pass"), (MOUSE["warn"] + 0.01, "warn"), (MOUSE["fail"] + 0.01, "fail")],
)
def test_mouse_reads_reach_the_verdict(share: float | None, verdict: str) -> None:
    qc = assessed(foreign_share=share)
    others = {check.verdict for check in qc.checks if check.name != "reads on mouse genes"}
    assert "fail" not in others
    assert named(qc, "reads on mouse genes").verdict == verdict
    assert (qc.verdict == "fail") is (verdict == "fail")


def test_what_was_stated_of_the_library_reaches_its_checks() -> None:
    assert named(assessed(), "protocol").code == "protocol_unclear", "so few genes tell nothing"
    assert named(assessed(stated_protocol="full-length"), "protocol").code == "ok"
    assert named(assessed(stated_protocol="3-prime"), "protocol").code == "protocol_differs"
    published = [check.name for check in assessed(stated_protocol="capture").checks if "published" in check.name]
    assert len(published) == 3
    sexed = yardstick().genes.assign(symbol=["XIST", *GENES[1:]])  # T0 is plentiful
    assert named(assessed(stick=yardstick(genes=sexed), sex="male"), "sex genes").code == "sex_contradicts"
    assert named(assessed(stick=yardstick(genes=sexed), sex=None), "sex genes").verdict == "pass"


def test_the_worse_of_stable_genes_and_anchors_speaks_for_the_gene_list() -> None:
    def share(dropped: list[str]) -> float | None:
        return named(assessed(counts().drop(dropped)), "reference genes measured").value

    assert share([]) == 1.0
    # three of thirty stable genes, which are three of ten anchors or none
    assert share(IDS["T"][:3]) == pytest.approx(0.7)
    assert share(IDS["S"][:3]) == pytest.approx(0.9)


def test_limits_are_derived_from_the_references_own_tumours() -> None:
    plain = yardstick()
    assert plain.limits == library.limits_of(tumours()) | tissue.limits_of(tumours(), tissues())
    mitochondrial = np.linspace(0.3, 0.8, 21)
    other = yardstick(tumours=tumours(islet=np.linspace(0.0, 20.0, 21), mitochondrial=mitochondrial))
    for name in ("islet", "mitochondrial"):
        assert other.limits[name] > plain.limits[name]
        assert {key: value for key, value in other.limits.items() if key not in ("islet", "mitochondrial")} == {
            key: value for key, value in plain.limits.items() if key not in ("islet", "mitochondrial")
        }
    high = bulk(N=plain.limits["islet"] + 1.0)
    assert named(assessed(levels=high), "islets beside the tumour").code == "admixture"
    assert named(assessed(levels=high, stick=other), "islets beside the tumour").code == "ok"


def test_every_check_is_made_once_and_none_of_the_context() -> None:
    names = [check.name for check in assessed().checks]
    assert len(set(names)) == len(names)
    assert {"reads on genes", "protocol", "tumour programme", "sex genes", "reads on mouse genes"} <= set(names)
    assert not {"basal-like", "O0 (does something)"} & set(names)


def shown(known: Tissues | None = None, **level: float) -> dict[str, dict[str, Any]]:
    made = describe({**MEASURED, **level}, tumours(), known or tissues())
    assert made["exploratory"] is True
    programmes: dict[str, dict[str, Any]] = made["programmes"]
    return programmes


def test_context_is_a_percentile_among_the_references_tumours() -> None:
    # the reference's levels run from -1 to 1 in steps of 0.1
    assert shown()["basal"] == {
        "title": "basal-like",
        "kind": "context",
        "level": 0.0,
        "percentile": 50.0,
        "source": "source of basal",
    }
    assert shown(basal=2.0)["basal"]["percentile"] == 100.0
    assert shown(basal=-2.0)["basal"]["percentile"] == 0.0
    assert shown(basal=0.55)["basal"]["percentile"] == pytest.approx(100 * 16 / 21, rel=1e-5)
    gene = shown(O0=-0.95)["O0"]
    assert (gene["kind"], gene["level"]) == ("gene", -0.95)
    assert gene["percentile"] == pytest.approx(100 / 21, rel=1e-5)


def test_only_context_and_genes_are_shown() -> None:
    assert list(shown()) == ["basal", "O0"]
    assert list(shown(tissues(ductal="context"))) == ["ductal", "basal", "O0"]


def test_an_unmeasured_programme_has_neither_level_nor_percentile() -> None:
    unknown = shown(basal=math.nan)["basal"]
    assert (unknown["level"], unknown["percentile"]) == (None, None)
    none = describe(MEASURED, tumours(basal=math.nan), tissues())["programmes"]["basal"]
    assert (none["level"], none["percentile"]) == (0.0, None)


def test_the_tables_of_this_world_agree() -> None:
    """The factory's own promise: a tissue's profile holds what ``versus`` says that it holds more of."""
    table = profiles()
    assert table.sum().to_numpy() == pytest.approx(1.0)
    for name in ("liver", "acinar"):
        more = versus().index[versus()[f"vs_{name}"] < 0]
        assert (table.loc[more, name] > table.loc[more, "tumour"]).all()
