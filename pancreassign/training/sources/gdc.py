"""Tumours of the Genomic Data Commons: STAR counts of every file that a manifest lists."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from pydantic import ValidationError

from pancreassign.counts.readers import read_samples
from pancreassign.errors import ConfigError
from pancreassign.training.datasets import read_table
from pancreassign.training.recipe import SourceFile
from pancreassign.training.sources.tables import Job, role, write

ADDRESS = "https://api.gdc.cancer.gov/data/{}"
"""Where the GDC's API gives a file of open access by its id."""
MANIFEST = "manifest"
SHEET = "sample_sheet"
STAR = ".rna_seq.augmented_star_gene_counts.tsv"
"""How the names of the files that are read end."""
SPOKEN = {
    "file": ("File ID", "file_id", "id"),
    "sample": ("Sample ID", "cases.0.samples.0.submitter_id"),
    "type": ("Sample Type", "cases.0.samples.0.sample_type"),
}
"""Columns of a sample sheet, as the portal writes them and as the API's table does."""


def listed(manifest: Path) -> list[SourceFile]:
    """The STAR counts that a manifest lists (``id, filename, md5, size, state``), as files to bring: ``id/filename``.

    Raises
    ------
    ConfigError
        Where it is no manifest, or lists no STAR counts.
    """
    table = read_table(manifest)
    if not {"id", "filename", "md5", "size"} <= set(table.columns):
        raise ConfigError(
            str(manifest), "is no manifest of the GDC", "Download it from the portal's cart or repository."
        )
    table = table[table["filename"].astype(str).str.endswith(STAR)]
    if table.empty:
        mend = "Select workflow type STAR - Counts, data type Gene Expression Quantification."
        raise ConfigError(str(manifest), f"lists no file that ends in {STAR}", mend)
    try:
        return [
            SourceFile(
                file=f"{row['id']}/{row['filename']}",
                url=ADDRESS.format(row["id"]),
                checksum=f"md5:{row['md5']}",
                size=row["size"],
            )
            for row in table.sort_values("id").to_dict("records")
        ]
    except ValidationError as error:
        first = error.errors()[0]
        fault = f"has an odd {first['loc'][0]}: {first['input']!r}"
        raise ConfigError(str(manifest), fault, "Download the manifest again.") from None


def star(job: Job) -> None:
    """``counts.tsv.gz`` (genes × samples, unstranded reads), and ``samples.tsv``: sample, file, type, if used.

    With a sample sheet the samples are named by their barcode and those of other types than the recipe's are left out;
    of several files of one sample the first by id is used. Without one they are named by the file's id. A gene that not
    every file has is left out.
    """
    names = list(job.raw)
    files = {name: path for name, path in job.raw.items() if name.endswith(STAR)}
    table = pd.DataFrame({"file": sorted(files)}).assign(sample=lambda own: own["file"].str.partition("/")[0], type="")
    sheet = role(names, SHEET)
    if sheet is not None:
        table = _sheeted(table, job.raw[sheet])
    kept = table["type"].isin(job.source.sample_types) if sheet is not None else pd.Series(True, table.index)
    table["used"] = kept & ~table["sample"].where(kept).duplicated()
    used = table[table["used"]]
    if used.empty:
        fault = f"has no sample of the types {job.source.sample_types}, but {sorted(set(table['type']))}"
        raise ConfigError(f"sources.{job.source.name}.sample_types", fault, "Correct the types.")
    samples, _ = read_samples([files[name] for name in used["file"]], job.genes, format="star", strand="unstranded")
    counts = {name: one.counts for name, one in zip(used["sample"], samples, strict=True)}
    write(pd.DataFrame(counts).dropna().astype(int).rename_axis("gene_id"), job.out / "counts.tsv.gz")
    write(table.set_index("sample"), job.out / "samples.tsv")


def _sheeted(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Barcode and type of each file, as the sample sheet gives them."""
    sheet = read_table(path)
    found = {key: next((one for one in names if one in sheet.columns), None) for key, names in SPOKEN.items()}
    if None in found.values():
        raise ConfigError(
            str(path), f"has no column for {[key for key in found if not found[key]]}", f"Name: {SPOKEN}."
        )
    sheet = sheet.drop_duplicates(str(found["file"])).set_index(str(found["file"]))
    own = sheet.reindex(table["sample"])
    if own[str(found["sample"])].isna().any():
        lacking = table.loc[own[str(found["sample"])].isna().to_numpy(), "sample"].iloc[0]
        raise ConfigError(
            str(path), f"does not list the file {lacking}", "Download sheet and manifest of the same cart."
        )
    return table.assign(sample=own[str(found["sample"])].to_numpy(), type=own[str(found["type"])].to_numpy())
