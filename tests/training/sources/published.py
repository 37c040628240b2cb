"""Miniatures of published files, in their true formats: tests/fixtures/README.md says where each was looked up.

Names, ids and values are made up; column names, their order, separators, quoting and header lines are not.
"""

from __future__ import annotations

import gzip
import hashlib
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from pancreassign.training.recipe import Source

MODEL_COLUMNS = [
    "ModelID", "PatientID", "CellLineName", "StrippedCellLineName", "DepmapModelType", "OncotreeLineage",
    "OncotreePrimaryDisease", "OncotreeSubtype", "OncotreeCode", "PatientSubtypeFeatures", "RRID", "Age", "AgeCategory",
    "Sex", "PatientRace", "PrimaryOrMetastasis", "SampleCollectionSite", "SourceType", "SourceDetail", "CatalogNumber",
    "ModelType", "TissueOrigin", "ModelDerivationMaterial", "ModelTreatment", "PatientTreatmentStatus", "CCLEName",
    "WTSIMasterCellID", "SangerModelID", "COSMICID", "ModelIDAlias",
]  # fmt: skip
LIBRARY_COLUMNS = ["SequencingID", "ModelID", "IsDefaultEntryForModel", "ModelConditionID", "IsDefaultEntryForMC"]
GDSC_COLUMNS = [
    "DATASET", "NLME_RESULT_ID", "NLME_CURVE_ID", "COSMIC_ID", "CELL_LINE_NAME", "SANGER_MODEL_ID", "TCGA_DESC",
    "DRUG_ID", "DRUG_NAME", "PUTATIVE_TARGET", "PATHWAY_NAME", "COMPANY_ID", "WEBRELEASE", "MIN_CONC", "MAX_CONC",
    "LN_IC50", "AUC", "RMSE", "Z_SCORE",
]  # fmt: skip
PRISM_COLUMNS = [
    "broad_id", "depmap_id", "ccle_name", "screen_id", "upper_limit", "lower_limit", "slope", "r2", "auc", "ec50",
    "ic50", "name", "moa", "target", "disease.area", "indication", "smiles", "phase",
    "passed_str_profiling", "row_name",
]  # fmt: skip
ANNOTATION_COLUMNS = [
    "ID", "Gene title", "Gene symbol", "Gene ID", "UniGene title", "UniGene symbol", "UniGene ID", "Nucleotide Title",
    "GI", "GenBank Accession", "Platform_CLONEID", "Platform_ORF", "Platform_SPOTID", "Chromosome location",
    "Chromosome annotation", "GO:Function", "GO:Process", "GO:Component", "GO:Function ID", "GO:Process ID",
    "GO:Component ID",
]  # fmt: skip
LINES = [
    {"ModelID": "ACH-000001", "CCLEName": "AAA1_PANCREAS", "StrippedCellLineName": "AAA1", "CellLineName": "AAA-1",
     "COSMICID": 901, "OncotreeLineage": "Pancreas"},
    {"ModelID": "ACH-000002", "CCLEName": "BBB2_LUNG", "StrippedCellLineName": "BBB2", "CellLineName": "BBB/2",
     "COSMICID": 902, "OncotreeLineage": "Lung"},
    {"ModelID": "ACH-000003", "CCLEName": "CCC3_SKIN", "StrippedCellLineName": "CCC3", "CellLineName": "CCC 3",
     "COSMICID": None, "OncotreeLineage": "Skin"},
]  # fmt: skip
"""Three lines; the last is in no collection of COSMIC's."""


def _columns(rows: Sequence[Mapping[str, Any]], columns: list[str]) -> pd.DataFrame:
    return pd.DataFrame(list(rows)).reindex(columns=columns)


def model_csv(path: Path, lines: Sequence[Mapping[str, Any]] = LINES) -> Path:
    """DepMap's Model.csv; a missing COSMICID makes the column decimal, as in the true file."""
    _columns(lines, MODEL_COLUMNS).to_csv(path, index=False)
    return path


def expression_24q4(path: Path, values: pd.DataFrame) -> Path:
    """Lines × genes (``TSPAN6 (7105)``); the first column holds the ModelID and has no name."""
    values.to_csv(path, index_label="")
    return path


def expression_25q3(path: Path, values: pd.DataFrame, libraries: Sequence[tuple[str, str]]) -> Path:
    """Libraries × genes, each of a ModelID and ``Yes`` or ``No``; before the genes a number and five columns."""
    rows = [(f"CDS-{k}", model, default, f"MC-{k}", "Yes") for k, (model, default) in enumerate(libraries)]
    lead = pd.DataFrame(rows, columns=LIBRARY_COLUMNS)
    pd.concat([lead, values.reset_index(drop=True)], axis=1).to_csv(path, index_label="")
    return path


def gdsc2_table(rows: Sequence[tuple[int, str, int, float]]) -> pd.DataFrame:
    """Curves of (COSMIC_ID, DRUG_NAME, DRUG_ID, LN_IC50)."""
    own = [
        {"DATASET": "GDSC2", "COSMIC_ID": cosmic, "DRUG_NAME": name, "DRUG_ID": drug, "LN_IC50": value, "AUC": 0.9}
        for cosmic, name, drug, value in rows
    ]
    return _columns(own, GDSC_COLUMNS)


def ctrp_files(folder: Path, curves: Sequence[tuple[int, int, float]]) -> dict[str, Path]:
    """CTRPv2's four files: curves of (experiment, compound, area); experiment 3 is listed with two lines."""
    folder.mkdir(parents=True, exist_ok=True)
    tables = {
        "v20.data.curves_post_qc.txt": (
            ["experiment_id", "conc_pts_fit", "apparent_ec50_umol", "pred_pv_high_conc", "area_under_curve",
             "master_cpd_id"],
            [(experiment, 16, 1.0, 0.5, area, compound) for experiment, compound, area in curves],
        ),
        "v20.meta.per_experiment.txt": (
            ["experiment_id", "run_id", "experiment_date", "culture_media", "baseline_signal", "cells_per_well",
             "growth_mode", "snp_fp_status", "master_ccl_id"],
            [(1, "r1", 20120501, "RPMI001", 1.0, 500, "adherent", "SNP-matched-reference", 11),
             (1, "r1", 20120501, "DMEM001", 1.0, 500, "adherent", "SNP-matched-reference", 11),
             (2, "r2", 20120502, "RPMI001", 1.0, 500, "adherent", "SNP-matched-reference", 12),
             (3, "r3", 20120503, "RPMI001", 1.0, 500, "adherent", "unconfirmed", 11),
             (3, "r3", 20120503, "RPMI001", 1.0, 500, "adherent", "unconfirmed", 12)],
        ),
        "v20.meta.per_cell_line.txt": (
            ["master_ccl_id", "ccl_name", "ccl_availability", "ccle_primary_site"],
            [(11, "AAA1", "ccle;public", "pancreas"), (12, "BBB2", "ccle;public", "lung")],
        ),
        "v20.meta.per_compound.txt": (
            ["master_cpd_id", "cpd_name", "broad_cpd_id", "top_test_conc_umol", "cpd_status"],
            [(101, "gemcitabine", "BRD-K1", 66.0, "FDA"), (102, "SN-38", "BRD-K2", 66.0, "clinical"),
             (103, "navitoclax:gemcitabine (1:1 mol/mol)", "BRD-M3", 33.0, "probe"),
             (104, "\u00b5-lapachone", "BRD-K4", 66.0, "probe")],
        ),
    }  # fmt: skip
    made = {}
    for name, (columns, rows) in tables.items():
        made[name] = folder / name
        text = pd.DataFrame(rows, columns=columns).to_csv(sep="\t", index=False)
        made[name].write_bytes(text.encode("latin-1", errors="replace"))
    return made


def ctrp_zip(path: Path, files: Mapping[str, Path]) -> Path:
    """The published archive, with a README that is not read."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, own in files.items():
            archive.write(own, name)
        archive.writestr("CTRPv2.0._README.docx", b"PK")
    return path


def prism_csv(path: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    """PRISM's curves; identity passed and an early screen unless said."""
    own = [{"screen_id": "HTS002", "passed_str_profiling": True, **row} for row in rows]
    table = _columns(own, PRISM_COLUMNS)
    table["passed_str_profiling"] = table["passed_str_profiling"].map({True: "TRUE", False: "FALSE"})
    table.to_csv(path, index=False)
    return path


def star_counts(path: Path, counts: Mapping[str, int], symbols: Mapping[str, str]) -> Path:
    """The GDC's augmented STAR counts: a comment, a header, four rows of the summary, genes with versions."""
    path.parent.mkdir(parents=True, exist_ok=True)
    head = "gene_id\tgene_name\tgene_type\tunstranded\tstranded_first\tstranded_second\t"
    lines = ["# gene-model: GENCODE v36", head + "tpm_unstranded\tfpkm_unstranded\tfpkm_uq_unstranded"]
    lines += [f"{one}\t\t\t7\t7\t7\t\t\t" for one in ("N_unmapped", "N_multimapping", "N_noFeature", "N_ambiguous")]
    for gene, count in counts.items():
        halves = f"{count // 2}\t{count - count // 2}"
        lines.append(f"{gene}.5\t{symbols[gene]}\tprotein_coding\t{count}\t{halves}\t1.0\t0.5\t0.6")
    path.write_text("\n".join(lines) + "\n")
    return path


def gdc_manifest(path: Path, files: Mapping[str, Path]) -> Path:
    """The manifest of files by id."""
    lines = ["id\tfilename\tmd5\tsize\tstate"]
    for name, own in files.items():
        md5 = hashlib.md5(own.read_bytes(), usedforsecurity=False).hexdigest()
        lines.append(f"{name}\t{own.name}\t{md5}\t{own.stat().st_size}\treleased")
    path.write_text("\n".join(lines) + "\n")
    return path


def gdc_sheet(path: Path, rows: Sequence[tuple[str, str, str]]) -> Path:
    """The portal's sample sheet of (file id, sample id, sample type)."""
    lines = ["File ID\tFile Name\tData Category\tData Type\tProject ID\tCase ID\tSample ID\tSample Type"]
    for name, sample, kind in rows:
        middle = "Transcriptome Profiling\tGene Expression Quantification\tTCGA-PAAD"
        lines.append(
            f"{name}\t{name}.rna_seq.augmented_star_gene_counts.tsv\t{middle}\t{sample[:12]}\t{sample}\t{kind}"
        )
    path.write_text("\n".join(lines) + "\n")
    return path


def series_matrix(path: Path, values: pd.DataFrame, titles: Sequence[str]) -> Path:
    """A GEO series matrix of probes × accessions, gzipped."""

    def row(key: str, cells: Sequence[str]) -> str:
        return "\t".join([key, *(f'"{cell}"' for cell in cells)])

    gsm = [str(name) for name in values.columns]
    lines = [
        row("!Series_title", ["Made up"]),
        row("!Series_platform_id", ["GPL0"]),
        "",
        row("!Sample_title", titles),
        row("!Sample_geo_accession", gsm),
        row("!Sample_characteristics_ch1", [f"tissue: organoid {k}" for k in range(len(gsm))]),
        row("!Sample_characteristics_ch1", ["passage: 3", *["batch: b"] * (len(gsm) - 1)]),
        "!series_matrix_table_begin",
        row("ID_REF", gsm).replace("ID_REF", '"ID_REF"'),
        *(f'"{probe}"\t' + "\t".join(str(value) for value in own) for probe, *own in values.itertuples()),
        "!series_matrix_table_end",
    ]
    path.write_bytes(gzip.compress(("\n".join(lines) + "\n").encode(), mtime=0))
    return path


def annotation(path: Path, symbols: Mapping[str, str]) -> Path:
    """A platform's GPL*.annot.gz."""
    lines = ["^Annotation", "!Annotation_date = Jan 01 2020", "!Annotation_platform = GPL0", "#ID = ID from Platform"]
    lines += ["#Gene symbol = Entrez Gene symbol", "!platform_table_begin", "\t".join(ANNOTATION_COLUMNS)]
    for probe, symbol in symbols.items():
        cells = dict.fromkeys(ANNOTATION_COLUMNS, "") | {"ID": probe, "Gene symbol": symbol, "Gene title": "5' \"end"}
        lines.append("\t".join(cells.values()))
    path.write_bytes(gzip.compress(("\n".join([*lines, "!platform_table_end"]) + "\n").encode(), mtime=0))
    return path


def checksum(path: Path) -> str:
    """A file's checksum as a recipe gives it."""
    return f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"


def source_keys(format: str, *paths: Path, **changed: Any) -> dict[str, Any]:
    """A ``[[sources]]`` entry of these files, each with its checksum."""
    return {
        "name": format,
        "format": format,
        "version": "1.0",
        "citation": "doi 10.0000/made-up",
        "terms": "none at all",
        "into": f"prepared/{format}",
        "files": [{"file": path.name, "checksum": checksum(path)} for path in paths],
        **changed,
    }


def source(format: str, *paths: Path, **changed: Any) -> Source:
    """The same, checked."""
    return Source.model_validate(source_keys(format, *paths, **changed))
