"""What is known of tissues: genes of tumour cells and of stroma, programmes of marker genes, the content model."""

from __future__ import annotations

import tomllib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import pandas as pd

from pancreassign.errors import ArtefactError
from pancreassign.quality.content import ContentModel, gene_sets, level, levels

SOURCES = ("vs_fibroblast", "vs_stroma", "vs_human_stroma", "vs_liver", "vs_acinar")
"""Columns of the gene table: log2 of pure tumour over each (NaN: not measured)."""
Kind = Literal["identity", "normal", "other", "context", "gene"]


@dataclass(frozen=True)
class Programme:
    """A set of marker genes (Ensembl ids) that tells a tissue or a state."""

    name: str
    kind: Kind
    title: str
    source: str
    genes: tuple[str, ...]


@dataclass(frozen=True)
class Tissues:
    """Tables of ``data/tissues``, loaded once.

    Attributes
    ----------
    genes
        By Ensembl gene id, the columns :data:`SOURCES`.
    profiles
        By Ensembl gene id, a column per pure tissue: shares of the reads of protein-coding genes.
    programmes
        By name, in the file's order.
    content
        The fitted model of tumour content.
    """

    genes: pd.DataFrame
    profiles: pd.DataFrame
    programmes: Mapping[str, Programme]
    content: ContentModel


def load(folder: Path, symbols: pd.Series) -> Tissues:
    """Load ``data/tissues``; ``symbols`` gives the symbol of every Ensembl gene id.

    Raises
    ------
    ArtefactError
        Where a file is damaged or a programme names a gene that is not known.
    """
    try:
        genes = pd.read_csv(folder / "genes.tsv.gz", sep="\t", index_col="gene_id")
        profiles = pd.read_csv(folder / "profiles.tsv.gz", sep="\t", index_col="gene_id")
        programmes = tomllib.loads((folder / "programmes.toml").read_text(encoding="utf-8"))
        model = tomllib.loads((folder / "content.toml").read_text(encoding="utf-8"))["model"]
        content = ContentModel(**{key: float(value) for key, value in model.items()})
        profiles = profiles.drop(columns="symbol")
        genes[list(SOURCES)].astype(float)
    except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError) as error:
        raise ArtefactError(str(folder), f"cannot be read ({error!r})", "Restore it from the release.") from None
    ids = pd.Series(symbols.index, index=symbols.to_numpy())
    ids = ids[~ids.index.duplicated()]
    entries = {name: entry for name, entry in programmes.items() if isinstance(entry, dict)}
    loaded = {name: _programme(name, entry, ids, folder) for name, entry in entries.items()}
    return Tissues(genes, profiles, loaded, content)


def _programme(name: str, entry: Mapping[str, object], ids: pd.Series, folder: Path) -> Programme:
    genes = entry.get("genes")
    told = entry.get("kind") in get_args(Kind) and entry.get("title") and entry.get("source")
    if not told or not isinstance(genes, list) or not genes:
        problem = f"programme {name} lacks its kind or genes, its title or its source"
        raise ArtefactError(str(folder), problem, "Restore it from the release.")
    unknown = [gene for gene in genes if gene not in ids.index]
    if unknown:
        raise ArtefactError(str(folder), f"programme {name} names {unknown[0]}, which is no gene", "Correct its name.")
    kind: Kind = entry["kind"]  # type: ignore[assignment]  # checked above
    return Programme(name, kind, str(entry["title"]), str(entry["source"]), tuple(ids[genes]))


def measure(bulk: pd.Series, tissues: Tissues, genes: pd.DataFrame) -> dict[str, float]:
    """What the tissue checks look at in one sample; NaN where it cannot be told.

    Parameters
    ----------
    bulk
        By Ensembl gene id: log2 abundance over the average reference tumour.
    genes
        The reference's gene table.

    Returns
    -------
    Each programme's mean over its genes, that of the reference's anchors (``epithelial``), and those of the ``tumour``,
    ``stroma`` and ``immune`` genes that content is estimated from, all in log2 over the average reference tumour.
    """
    values = {name: level(bulk, pd.Index(one.genes)) for name, one in tissues.programmes.items()}
    values["epithelial"] = level(bulk, genes.index[genes["anchor"]])
    return values | levels(bulk, gene_sets(tissues.genes, genes))
