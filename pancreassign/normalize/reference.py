"""The frozen reference: what tumours look like in one protocol, fitted once and shipped.

A reference holds, for each protein-coding gene, its mean and standard deviation over the reference tumours on
the scale of :func:`log_abundance`, whether it belongs to the *panel* (genes that signatures may use), to the
*stable* genes (which measure a library's size) or to the *anchors* (stable genes of the tumour cell, which measure how
much of the library the tumour cells made), and what is needed to simulate tumours like these.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import tomli_w

from pancreassign import artefacts
from pancreassign.errors import ArtefactError

KIND = "reference"
SCORES = "scores"
"""Folder of the tumours' scores by packs that were trained with another reference."""
COMPATIBILITY = 2

EXPRESSED_CPM = 5.0
"""Mean counts per million from which a gene counts as expressed (judgement: docs/architecture.md, "Panel")."""
PANEL_SHARE = 0.2
"""Share of the expressed genes, by variance among tumours, that makes the panel (judgement, as above)."""
UNSTABLE_SYMBOLS = (
    r"^(?:MT-"  # mitochondrial
    r"|HB[ABDEGMQZ]\d?$"  # haemoglobins
    r"|H[1-4](?:[ABC]|-)|HIST\d"  # histones, present and former names
    r"|RP[LS]\d+[AXY]?L?\d*$|RPLP\d|RPSA$)"  # ribosomal proteins, not the S6 kinases
)
"""Mitochondrial, haemoglobin, histone and ribosomal protein genes: they follow handling and library, not the tumour."""
FACTORS = 5
"""Principal components kept for simulation (judgement: enough to keep genes correlated, too few to give one tumour)."""
FLAGS = ("panel", "stable", "anchor")
TUMOUR_CELL_LOG2 = 1.0
"""Log2 by which pure tumour holds more of a gene than pure stroma, or less (judgement: twofold; docs/ffpe.md lists
what else was tried)."""
MIN_TUMOURS = 10
MIN_EXPRESSED = 100
MIN_ANCHORS = 50


@dataclass(frozen=True)
class Reference:
    """A frozen reference.

    Attributes
    ----------
    manifest
        Name, version, protocol, sources and their terms.
    sha256
        The artefact's hash.
    genes
        By Ensembl gene id: ``symbol``, ``mean`` and ``sd`` (log2 units, scale of the anchors), ``bulk_mean`` (log2
        units, scale of the stable genes), ``share`` (mean share of the stable reads), ``panel``, ``stable`` and
        ``anchor`` (bool), ``dispersion`` (negative binomial).
    loadings
        genes × factors: the reference's principal components, log2 units for a factor of standard deviation 1.
    tumours
        Ids of the reference tumours, in the order of every table of frozen scores.
    quality
        tumours × metrics: what the quality checks measure, in each reference tumour. Limits are derived from it.
    scores
        By a pack's hash, tumours × targets: scores by packs that were trained with another reference, before the
        correction for content.
    """

    manifest: Mapping[str, Any]
    sha256: str
    genes: pd.DataFrame
    loadings: pd.DataFrame
    tumours: tuple[str, ...]
    quality: pd.DataFrame
    scores: Mapping[str, pd.DataFrame] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The reference's name."""
        return str(self.manifest["name"])

    @cached_property
    def z_loadings(self) -> pd.DataFrame:
        """The loadings on the z scale; kept, since every sample asks for them."""
        return self.loadings.div(self.genes["sd"], axis=0)

    @property
    def panel(self) -> pd.Index:
        """Ensembl ids of the genes inside which signatures are trained."""
        return self.genes.index[self.genes["panel"]]


def log_abundance(
    counts: pd.Series, genes: pd.DataFrame, by: Literal["stable", "anchor"] = "stable"
) -> tuple[pd.Series, float]:
    """Log2 abundance of one sample, ``log2(1 + 1e6 · c / size)``.

    ``size`` is the sum of the counts over the stable genes that were measured, divided by the reference's share
    of those genes. So a gene that is absent from the input changes nothing but itself, and a few huge genes
    (PRSS1, ALB, INS) do not push all others down, as they do with counts per million of all reads. By the anchors,
    ``size`` counts what the tumour cells made: stroma that dilutes them changes little.

    Parameters
    ----------
    counts
        Counts (or values proportional to counts) by Ensembl gene id.
    genes
        The reference's gene table.
    by
        The genes that measure ``size``.

    Returns
    -------
    The log2 abundance of the measured reference genes, and ``size`` in reads (0 where no such gene has a read;
    the abundances are then NaN).
    """
    measured = counts.index.intersection(genes.index, sort=False)
    here = genes.loc[measured]
    values = counts.loc[measured]
    share = float(here.loc[here[by], "share"].sum())
    reads = float(values[here[by]].sum())
    size = reads / share if share > 0 else 0.0
    if size <= 0:
        return pd.Series(np.nan, index=measured), 0.0
    return pd.Series(np.log2(1.0 + values * (1e6 / size))), size


def fit(
    counts: pd.DataFrame, symbols: pd.Series, biotypes: pd.Series, tissues: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Fit a reference's gene table and factor loadings.

    Parameters
    ----------
    counts
        genes × tumours, raw counts, Ensembl gene ids measured in every tumour.
    symbols, biotypes
        By Ensembl gene id.
    tissues
        By Ensembl gene id: ``vs_fibroblast``, ``vs_stroma``, ``vs_human_stroma``, ``vs_liver`` and ``vs_acinar``, log2
        of pure tumour over fibroblasts, murine stroma, human stroma, liver and acinar tissue, NaN where not measured.

    Returns
    -------
    The gene table described in :class:`Reference`, and its loadings.
    """
    if counts.shape[1] < MIN_TUMOURS:
        raise ArtefactError(
            "reference",
            f"{counts.shape[1]} tumours are too few to fit one; at least {MIN_TUMOURS} are needed",
            "Give more tumours, or exclude fewer.",
        )
    empty = counts.columns[counts.sum() == 0]
    if len(empty):
        raise ArtefactError("reference", f"{empty[0]} has no read", "Exclude it.")
    coding = counts.index[(biotypes.reindex(counts.index) == "protein_coding") & symbols.reindex(counts.index).ne("")]
    counts = counts.loc[coding.sort_values()]
    genes = _classify(counts, symbols.loc[counts.index], tissues.reindex(counts.index))
    abundance = 1e6 * counts / counts.loc[genes["stable"]].sum()
    genes["bulk_mean"] = np.log2(1.0 + abundance).mean(axis=1)
    genes["share"] = (abundance / 1e6).mean(axis=1)
    # so that the shares of the stable genes sum to exactly one
    genes["share"] /= genes.loc[genes["stable"], "share"].sum()
    logs = pd.DataFrame({name: log_abundance(counts[name], genes, "anchor")[0] for name in counts})
    genes["mean"] = logs.mean(axis=1)
    genes["sd"] = logs.std(axis=1, ddof=1)
    # a gene silent in every tumour has no scale of its own; it is never in the panel, and 1 keeps z finite
    genes.loc[genes["sd"] == 0, "sd"] = 1.0
    loadings, residual = _factors(logs)
    poisson = 1.0 / np.maximum(counts.mean(axis=1), 1.0)
    genes["dispersion"] = np.clip((np.log(2) ** 2) * residual - poisson, 0.01, 10.0)
    return genes, loadings


def _classify(counts: pd.DataFrame, symbols: pd.Series, tissues: pd.DataFrame) -> pd.DataFrame:
    """Mark the panel (expressed, variable, of the tumour cell), the stable genes (expressed, constant), the anchors.

    The panel asks for more than the fibroblasts hold, measured in one species for every gene, and bars what the whole
    stroma of xenografts, liver or acinar tissue hold clearly more of. The anchors, whose sum must not rise with
    stroma, ask for more than either stroma holds. The stroma of xenografts is murine: a gene without an orthologue
    there is taken at the fibroblasts' word.
    """
    cpm = 1e6 * counts / counts.sum()
    eligible = (cpm.mean(axis=1) >= EXPRESSED_CPM) & ~symbols.str.contains(UNSTABLE_SYMBOLS)
    variance = np.log2(1.0 + cpm).var(axis=1)
    if eligible.sum() < MIN_EXPRESSED:
        raise ArtefactError(
            "reference", f"{eligible.sum()} genes are expressed; {MIN_EXPRESSED} are needed", "Check the counts."
        )
    cut = variance[eligible].quantile(1.0 - PANEL_SHARE)
    variable = eligible & (variance >= cut)
    more_than_fibroblasts = tissues["vs_fibroblast"] >= TUMOUR_CELL_LOG2
    normal = (tissues[["vs_human_stroma", "vs_liver", "vs_acinar"]] < -TUMOUR_CELL_LOG2).any(axis=1)
    panel = variable & more_than_fibroblasts & ~normal & ~(tissues["vs_stroma"] < -TUMOUR_CELL_LOG2)
    stable = eligible & ~variable
    anchor = stable & more_than_fibroblasts & ~normal & ~(tissues["vs_stroma"] < TUMOUR_CELL_LOG2)
    if anchor.sum() < MIN_ANCHORS:
        raise ArtefactError(
            "reference", f"{anchor.sum()} stable tumour-cell genes; {MIN_ANCHORS} are needed", "Check the counts."
        )
    return pd.DataFrame({"symbol": symbols, "panel": panel, "stable": stable, "anchor": anchor})


def _factors(logs: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series]:
    """Loadings of the leading principal components, and the variance per gene that they leave."""
    centred = logs.sub(logs.mean(axis=1), axis=0)
    left, singular, _ = np.linalg.svd(centred.to_numpy(), full_matrices=False)
    # a component's sign is arbitrary: fix it, so that a rebuild gives the same bytes
    signs = np.sign(left[np.abs(left).argmax(axis=0), np.arange(left.shape[1])])
    loadings = (left * signs * singular)[:, :FACTORS] / np.sqrt(logs.shape[1] - 1)
    table = pd.DataFrame(loadings, index=logs.index, columns=[f"factor_{i + 1}" for i in range(FACTORS)])
    table.index.name = logs.index.name
    residual = (centred.var(axis=1) - (table**2).sum(axis=1)).clip(lower=0.0)
    return table, residual


def save(
    folder: Path,
    manifest: Mapping[str, Any],
    genes: pd.DataFrame,
    loadings: pd.DataFrame,
    tumours: pd.DataFrame,
    quality: pd.DataFrame,
    scores: Mapping[str, pd.DataFrame],
) -> str:
    """Write a reference into the empty ``folder`` and seal it; return its hash."""
    head = {"kind": KIND, "compatibility": COMPATIBILITY, **manifest}
    (folder / "manifest.toml").write_text(tomli_w.dumps(head), encoding="utf-8")
    flags = genes.assign(**{flag: genes[flag].astype(int) for flag in FLAGS})
    artefacts.write_table(flags.rename_axis("gene_id"), folder / "genes.tsv", digits=6)
    artefacts.write_table(loadings.rename_axis("gene_id"), folder / "loadings.tsv", digits=4)
    artefacts.write_table(tumours.rename_axis("sample"), folder / "tumours.tsv")
    artefacts.write_table(quality.rename_axis("sample"), folder / "quality.tsv", digits=6)
    for pack, table in scores.items():
        (folder / SCORES).mkdir(exist_ok=True)
        artefacts.write_table(table.rename_axis("sample"), folder / SCORES / f"{pack}.tsv")
    return artefacts.seal(folder)


def load(folder: Path) -> Reference:
    """Load and verify a reference.

    Raises
    ------
    ArtefactError
        Where it is damaged, or of another compatibility number.
    """
    sha256 = artefacts.verify(folder)
    manifest = artefacts.read_manifest(folder, KIND, COMPATIBILITY)
    genes = artefacts.read_table(folder / "genes.tsv", "gene_id")
    genes = genes.assign(**{flag: genes[flag].astype(bool) for flag in FLAGS})
    tumours = artefacts.read_table(folder / "tumours.tsv", "sample")
    used = tumours.index[tumours["excluded"] == ""]
    loadings = artefacts.read_table(folder / "loadings.tsv", "gene_id")
    quality = _numbers(folder / "quality.tsv")
    scores = {path.stem: _numbers(path) for path in sorted((folder / SCORES).glob("*.tsv"))}
    return Reference(manifest, sha256, genes, loadings, tuple(used), quality, scores)


def _numbers(path: Path) -> pd.DataFrame:
    """A table of numbers by sample; an empty cell is NaN: what a laboratory's tumours did not measure."""
    return pd.DataFrame(artefacts.read_table(path, "sample").apply(pd.to_numeric, errors="coerce"))
