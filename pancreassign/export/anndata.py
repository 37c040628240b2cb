"""``scores.h5ad``: counts, scores, calls and quality of a cohort, to open in scanpy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import anndata
import numpy as np
import pandas as pd

from pancreassign.export.table import leading
from pancreassign.records import Prediction

PARTS = ("software", "pack", "reference", "catalogue")
TABLES = {"scores": "score", "percentiles": "percentile", "probabilities": "probability"}


def to_anndata(
    records: Sequence[Prediction], counts: Sequence[pd.Series], symbols: pd.Series, parameters: Mapping[str, Any]
) -> anndata.AnnData:
    """Put a cohort into AnnData's slots (samples × genes).

    ``layers["counts"]`` holds the harmonised counts, NaN where a sample's own file lacks the gene;
    ``obsm["scores"|"percentiles"|"probabilities"]`` samples × drugs, NaN where unknown; ``obs`` the calls, quality,
    patient and first regimens, named as the columns of ``summary.tsv`` are; ``uns["pancreassign"]`` versions, hashes,
    ``parameters`` and the evidence grade of each drug.

    Parameters
    ----------
    records, counts
        One of each a sample, in the same order; counts by Ensembl gene id.
    symbols
        By Ensembl gene id.
    parameters
        Options of the run, text and numbers by name.
    """
    names = pd.Index([record.sample.id for record in records], dtype=object)
    genes = _all_genes(counts)
    values = np.full((len(records), len(genes)), np.nan, dtype=np.float32)
    for place, own in enumerate(counts):
        values[place, genes.get_indexer(own.index)] = own.to_numpy()
    data = anndata.AnnData(
        obs=_obs(records, names), var=pd.DataFrame({"symbol": symbols.reindex(genes).fillna("").astype(object)}, genes)
    )
    data.layers["counts"] = values
    for table, field in TABLES.items():
        data.obsm[table] = _per_drug(records, names, field)
    first = records[0]
    data.uns["pancreassign"] = {
        **{part: _plain(getattr(first, part).model_dump(mode="json")) for part in PARTS},
        "parameters": _plain(parameters),
        "evidence": {drug.drug.value: drug.evidence for drug in first.drugs},
    }
    return data


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """``values`` without what is unknown, which HDF5 cannot hold."""
    return {name: value for name, value in values.items() if value is not None}


def _all_genes(counts: Sequence[pd.Series]) -> pd.Index:
    """The union of the samples' genes, sorted; most cohorts share one index, which is then taken as it is."""
    first = counts[0].index
    shared = all(own.index is first or own.index.equals(first) for own in counts)
    genes: pd.Index = first if shared else pd.Index(sorted(set().union(*(own.index for own in counts))), dtype=object)
    return genes.rename("gene_id")


def _obs(records: Sequence[Prediction], names: pd.Index) -> pd.DataFrame:
    obs = pd.DataFrame(
        {
            "patient": [record.sample.patient or "" for record in records],
            "qc": [record.qc.verdict for record in records],
            "tumour_content": [record.qc.tumour_content.class_ or "" for record in records],
            "top_regimen": [leader.id if leader else "" for leader in map(leading, records)],
            "tied_with": [",".join(leader.tied_with) if leader else "" for leader in map(leading, records)],
            "input_sha256": [record.input.sha256 for record in records],
        },
        index=names,
    )
    for place, drug in enumerate(records[0].drugs):
        obs[f"{drug.drug.value}_call"] = [record.drugs[place].call.value for record in records]
    return obs.astype(object)


def _per_drug(records: Sequence[Prediction], names: pd.Index, field: str) -> pd.DataFrame:
    rows = [[getattr(drug, field) for drug in record.drugs] for record in records]
    return pd.DataFrame(rows, names, [drug.drug.value for drug in records[0].drugs], dtype=float)


def write(data: anndata.AnnData, path: Path) -> None:
    """Write the file, compressed."""
    # 38,000 gene symbols sorted into categories cost more than all the scoring
    data.write_h5ad(path, compression="gzip", compression_opts=1, convert_strings_to_categoricals=False)


def read_counts(path: Path) -> dict[str, tuple[str, pd.Series]]:
    """By sample the hash of its input and its counts by gene, from a file that :func:`write` wrote."""
    data = anndata.read_h5ad(path)
    rows = np.asarray(data.layers["counts"])
    found = {}
    for place, name in enumerate(data.obs_names):
        own = pd.Series(rows[place], data.var_names, name=name)
        found[name] = (str(data.obs["input_sha256"].iloc[place]), own[own.notna()])
    return found
