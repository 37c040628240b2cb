"""The protocol told by counts that were made to order, and by real libraries."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from pancreassign import resources
from pancreassign.counts.genes import GeneTable
from pancreassign.counts.readers import read_samples
from pancreassign.normalize import reference
from pancreassign.quality import protocol
from pancreassign.quality.protocol import (
    CAPTURE_SHARE,
    MIN_GENES,
    SLOPE_3PRIME,
    SLOPE_FULL_LENGTH,
    Inferred,
    check,
    infer,
    of_library,
)
from pancreassign.records import Qc, QcCheck

NUMBER = 3000
RNG = np.random.default_rng(0)
CODING = pd.Index([f"C{k}" for k in range(NUMBER)])
MITO = pd.Index([f"M{k}" for k in range(13)])
LONG = pd.Index([f"L{k}" for k in range(1000)])
GENES = pd.DataFrame(
    {
        "symbol": [*CODING, *(f"MT-{k}" for k in range(13)), *LONG],
        "biotype": ["protein_coding"] * (NUMBER + 13) + ["lncRNA"] * 1000,
        "length": 2.0 ** RNG.uniform(9, 14, NUMBER + 1013),
    },
    index=CODING.append([MITO, LONG]),
)
PROFILE = pd.Series(RNG.uniform(4, 10, NUMBER), index=CODING)


def library(slope: float, mitochondrial: float = 0.05, noncoding: float = 0.01) -> pd.Series:
    """Counts that grow with length to the power ``slope`` beside the profile, and shares of the other genes."""
    coding = 1e3 * 2.0**PROFILE * (GENES["length"][CODING] / 2000.0) ** slope
    total = coding.sum() / (1 - mitochondrial - noncoding)
    rest = pd.concat(
        [pd.Series(mitochondrial * total / 13, index=MITO), pd.Series(noncoding * total / 1000, index=LONG)]
    )
    return pd.concat([coding, rest]).round()


def told(inferred: Inferred) -> str:
    return inferred.protocol or "unclear"


@pytest.mark.parametrize("slope", [-1.0, -0.6, 0.0, 0.3])
def test_the_slope_is_the_power_of_length(slope: float) -> None:
    assert infer(library(slope), GENES, PROFILE).slope == pytest.approx(slope, abs=0.02)


@pytest.mark.parametrize(
    ("slope", "protocol"),
    [(-1.0, "3-prime"), (-0.8, "3-prime"), (-0.6, "unclear"), (-0.4, "full-length"), (0.3, "full-length")],
)
def test_the_protocol_by_its_slope(slope: float, protocol: str) -> None:
    assert told(infer(library(slope), GENES, PROFILE)) == protocol


@pytest.mark.parametrize(
    ("mitochondrial", "noncoding", "protocol"),
    [
        (0.0002, 0.0002, "capture"),
        (0.0002, 0.02, "full-length"),  # mitochondrial RNA removed
        (0.05, 0.0002, "full-length"),
        (0.05, 0.02, "full-length"),
    ],
)
def test_capture_leaves_out_both_kinds(mitochondrial: float, noncoding: float, protocol: str) -> None:
    inferred = infer(library(0.2, mitochondrial, noncoding), GENES, PROFILE)
    assert told(inferred) == protocol
    assert inferred.mitochondrial == pytest.approx(mitochondrial, rel=0.05)
    assert inferred.noncoding == pytest.approx(noncoding, rel=0.05)


def test_a_list_without_either_kind_makes_capture_undecidable() -> None:
    inferred = infer(library(0.2)[CODING], GENES, PROFILE)
    assert inferred == Inferred(None, inferred.slope, None, None)
    assert inferred.slope == pytest.approx(0.2, abs=0.02)
    assert told(infer(library(-1.0)[CODING], GENES, PROFILE)) == "3-prime", "which needs neither"
    assert told(infer(library(0.2, 0.0002).drop(LONG), GENES, PROFILE)) == "capture", "by mitochondrial genes alone"
    between = infer(library(0.2, 0.001).drop(LONG), GENES, PROFILE)
    assert told(between) == "unclear", "good handling too leaves few mitochondrial reads"
    assert told(infer(library(0.2, 0.05).drop(LONG), GENES, PROFILE)) == "full-length"
    masked = library(0.2)
    masked[MITO] = 0.0
    assert infer(masked.drop(LONG), GENES, PROFILE).mitochondrial is None, "masked, as no panel leaves it"


def test_too_few_genes_tell_nothing() -> None:
    counts = library(-1.0)[CODING[: MIN_GENES - 1]]
    assert infer(counts, GENES, PROFILE).slope is None
    assert told(infer(counts, GENES, PROFILE)) == "unclear"
    assert infer(library(-1.0) * 0, GENES, PROFILE).slope is None


def test_a_3_prime_reference_is_turned_by_length() -> None:
    flat = library(0.0)  # as the profile is: 3-prime where that is 3-prime
    assert told(infer(flat, GENES, PROFILE, "3-prime")) == "3-prime"
    assert told(infer(library(1.0), GENES, PROFILE, "3-prime")) == "full-length"


def test_another_tissue_does_not_turn_the_slope() -> None:
    counts = library(0.0)
    shortest = GENES["length"][CODING].nsmallest(200).index
    counts[shortest] *= 1000.0  # which would give a slope of -0.7 or so, unless clipped
    slope = infer(counts, GENES, PROFILE).slope
    assert slope is not None
    assert SLOPE_FULL_LENGTH < slope < 0.0


CLEAR = Inferred("full-length", 0.0, 0.05, 0.02)


@pytest.mark.parametrize(
    ("inferred", "stated", "reference_protocol", "code"),
    [
        (CLEAR, None, "full-length", "ok"),
        (CLEAR, "unknown", "full-length", "ok"),
        (CLEAR, "full-length", "full-length", "ok"),
        (CLEAR, "3-prime", "full-length", "protocol_differs"),
        (CLEAR, None, "3-prime", "protocol_differs"),
        (Inferred("3-prime", -1.0), None, "full-length", "protocol_differs"),
        (Inferred("3-prime", -1.0), "full-length", "full-length", "protocol_differs"),
        (Inferred("3-prime", -1.0), "3-prime", "3-prime", "ok"),
        (Inferred("capture", 0.3, 0.0002), None, "full-length", "protocol_differs"),
        (Inferred(), None, "full-length", "protocol_unclear"),
        (Inferred(), "unknown", "full-length", "protocol_unclear"),
        (Inferred(), "full-length", "full-length", "ok"),
        (Inferred(), "capture", "full-length", "protocol_differs"),
        (Inferred(None, 0.1), "full-length", "full-length", "ok"),
        (Inferred(None, -0.6), "full-length", "full-length", "protocol_unclear"),
        (Inferred(None, -0.6), None, "full-length", "protocol_unclear"),
    ],
)
def test_check(inferred: Inferred, stated: str | None, reference_protocol: str, code: str) -> None:
    made = check(inferred, stated, reference_protocol)
    assert (made.name, made.code, made.verdict) == ("protocol", code, "pass" if code == "ok" else "warn")
    assert made.value == inferred.slope
    assert made.threshold == {"3-prime": SLOPE_3PRIME, "full-length": SLOPE_FULL_LENGTH}


@pytest.mark.parametrize(
    ("inferred", "stated", "protocol"),
    [
        (CLEAR, "3-prime", "full-length"),
        (Inferred(), "3-prime", "3-prime"),
        (Inferred(), "unknown", None),
        (Inferred(), None, None),
    ],
)
def test_the_protocol_to_go_by(inferred: Inferred, stated: str | None, protocol: str | None) -> None:
    assert of_library(inferred, stated) == protocol


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("path", "libraries", "expected", "at_least"),
    [
        ("tumours/pacaomics_pdx/counts_human.tsv.gz", 30, "full-length", 30),
        ("tumours/tcga_paad/counts_20.tsv.gz", 20, "full-length", 19),  # AABV lies between
        # the table lists next to no non-coding gene, and good handling may leave as few mitochondrial reads
        ("ffpe/ccrcc_32pairs_counts.tsv.gz", 64, "capture", 40),
    ],
)
def test_real_libraries(
    realdata, gene_table: GeneTable, path: str, libraries: int, expected: str, at_least: int
) -> None:
    world = reference.load(resources.find_reference(resources.DEFAULT_REFERENCE)).genes
    genes = pd.DataFrame({"symbol": gene_table.symbol, "biotype": gene_table.biotype, "length": gene_table.length})
    samples, _ = read_samples([realdata / path], gene_table)
    found = [infer(s.counts, genes, world.loc[world["stable"], "bulk_mean"]) for s in samples]
    kinds = [told(one) for one in found]
    assert len(kinds) == libraries
    assert set(kinds) <= {expected, "unclear"}, "none is taken for another"
    assert kinds.count(expected) >= at_least
    slopes = [one.slope for one in found]
    assert max(slopes) < 0.6
    assert not any(math.isnan(slope) for slope in slopes)
    if expected == "capture":
        assert all(one.noncoding is None and one.mitochondrial < CAPTURE_SHARE for one in found)


@pytest.mark.parametrize(
    ("codes", "agrees"),
    [
        ({"protocol": "ok"}, True),
        ({"protocol": "protocol_differs"}, False),
        ({"protocol": "protocol_unclear"}, False),
        ({"reads on genes": "ok"}, False),
        ({}, False),
    ],
)
def test_a_library_agrees_with_the_reference_only_where_the_check_says_so(codes: dict[str, str], agrees: bool) -> None:
    checks = [
        QcCheck(name=name, value=None, unit=None, threshold=None, verdict="pass", code=code, source="a test")
        for name, code in codes.items()
    ]
    assert protocol.agrees(Qc(verdict="pass", checks=checks)) is agrees
