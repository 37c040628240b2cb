"""The GDC's counts, GEO's series matrices and a laboratory's own folder, on miniatures of the true files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from preparing import made, table
from published import annotation, checksum, gdc_manifest, gdc_sheet, series_matrix, source, star_counts

from pancreassign.counts.genes import GeneTable
from pancreassign.counts.readers import read_samples
from pancreassign.errors import ConfigError
from pancreassign.training.datasets import read_expression
from pancreassign.training.recipe import Source

IDS = [f"{k}d3ddab0-4c6e-4f96-88dc-3c9813d9c292" for k in range(4)]


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    (tmp_path / "raw").mkdir()
    return tmp_path / "raw"


def tumours(raw: Path, genes: GeneTable, sheet: bool = True, **changed: object) -> Source:
    """Four files of three samples: two of one tumour, another tumour, a normal tissue."""
    chosen = list(genes.symbol.index[genes.symbol != ""][:30])
    files = {}
    for k, own in enumerate(IDS):
        name = f"file{k}.rna_seq.augmented_star_gene_counts.tsv"
        counts = {gene: 100 * (k + 1) + place for place, gene in enumerate(chosen)}
        files[own] = star_counts(raw / own / name, counts, genes.symbol.to_dict())
    paths = [gdc_manifest(raw / "gdc_manifest.2026-01-01.txt", files)]
    if sheet:
        kinds = ["Primary Tumor", "Primary Tumor", "Primary Tumor", "Solid Tissue Normal"]
        samples = ["TCGA-AA-0001-01A", "TCGA-AA-0001-01A", "TCGA-AA-0002-01A", "TCGA-AA-0002-11A"]
        rows = list(zip(IDS, samples, kinds, strict=True))
        paths.append(gdc_sheet(raw / "gdc_sample_sheet.2026-01-01.tsv", rows))
    return source("gdc-star", *paths, **changed)


def test_the_manifest_brings_its_files_and_the_sheet_names_them(
    tmp_path: Path, raw: Path, gene_table: GeneTable
) -> None:
    own = tumours(raw, gene_table)
    made(gene_table, tmp_path, raw, own)
    counts = table(tmp_path, own, "counts.tsv.gz")
    assert list(counts.columns) == ["TCGA-AA-0001-01A", "TCGA-AA-0002-01A"]
    assert list(counts.iloc[0]) == [100, 300], (
        "the first file of a sample, unstranded reads, without the summary's rows"
    )
    assert len(counts) == 30
    said = pd.read_csv(tmp_path / own.into / "samples.tsv", sep="\t")
    assert list(said["used"]) == [True, False, True, False]
    samples, _ = read_samples([tmp_path / own.into / "counts.tsv.gz"], gene_table)
    assert [one.id for one in samples] == list(counts.columns), "`reference build` reads it"


def test_other_types_and_no_sheet(tmp_path: Path, raw: Path, gene_table: GeneTable) -> None:
    normal = tumours(raw, gene_table, sample_types=["Solid Tissue Normal"], name="normal", into="normal")
    made(gene_table, tmp_path, raw, normal)
    assert list(table(tmp_path, normal, "counts.tsv.gz").columns) == ["TCGA-AA-0002-11A"]
    bare = tumours(raw, gene_table, sheet=False, name="bare", into="bare")
    made(gene_table, tmp_path, raw, bare)
    assert list(table(tmp_path, bare, "counts.tsv.gz").columns) == IDS
    none = tumours(raw, gene_table, sample_types=["Metastatic"])
    with pytest.raises(ConfigError, match=r"no sample of the types \['Metastatic'\]"):
        made(gene_table, tmp_path, raw, none)


def test_a_file_that_the_manifest_does_not_know_so_is_refused(tmp_path: Path, raw: Path, gene_table: GeneTable) -> None:
    own = tumours(raw, gene_table)
    path = next((raw / IDS[2]).iterdir())
    path.write_text(path.read_text().replace("\t300\t", "\t999\t", 1))
    with pytest.raises(ConfigError, match="has the checksum md5:"):
        made(gene_table, tmp_path, raw, own)
    path.unlink()
    with pytest.raises(ConfigError, match=rf"{IDS[2]}.*is not there.*api\.gdc\.cancer\.gov/data/{IDS[2]}"):
        made(gene_table, tmp_path, raw, own)


def test_manifests_that_are_none(tmp_path: Path, raw: Path, gene_table: GeneTable) -> None:
    tumours(raw, gene_table)
    path = raw / "gdc_manifest.2026-01-01.txt"
    text = path.read_text()
    for changed, message in [
        (text.replace("filename", "name", 1), "no manifest"),
        (text.replace("augmented_star_gene_counts", "star_splice_junctions"), "lists no file"),
        (text.replace(IDS[0], "../../etc", 1), "odd file"),
    ]:
        path.write_text(changed)
        with pytest.raises(ConfigError, match=message):
            made(gene_table, tmp_path, raw, source("gdc-star", path))
    with pytest.raises(ConfigError, match="no file with 'manifest'"):
        made(gene_table, tmp_path, raw, source("gdc-star", raw / "gdc_sample_sheet.2026-01-01.tsv"))


PROBES = pd.DataFrame(
    [[5.0, 6.5], [7.0, 8.5], [1.0, 2.0], [3.0, 3.5], [9.0, np.nan]],
    index=["p1", "p2", "p3", "4", "p5"],
    columns=["GSM1", "GSM2"],
)


def test_probes_become_genes(tmp_path: Path, raw: Path, gene_table: GeneTable) -> None:
    matrix = series_matrix(raw / "GSE0_series_matrix.txt.gz", PROBES, ["organoid a", "organoid b"])
    symbols = {"p1": "KRAS", "p2": "KRAS", "p3": "TP53///WRAP53", "4": "SMAD4", "p5": "CDA", "p6": "DCK"}
    own = source("geo-series-matrix", matrix, annotation(raw / "GPL0.annot.gz", symbols), sample_names="title")
    told = made(gene_table, tmp_path, raw, own)
    values = table(tmp_path, own, "expression.tsv.gz")
    assert values.to_dict("index") == {
        "KRAS": {"organoid a": 6.0, "organoid b": 7.5},
        "SMAD4": {"organoid a": 3.0, "organoid b": 3.5},
    }, "probes of several genes, and those that an array lacks, are left out"
    assert any("3 of 4 probes" in line for line in told)
    said = table(tmp_path, own, "samples.tsv")
    assert list(said.loc["organoid b"]) == ["GSM2", "organoid 1"], "characteristics that mix names are left out"


def test_a_platform_table_of_ones_own_and_none(tmp_path: Path, raw: Path, gene_table: GeneTable) -> None:
    matrix = series_matrix(raw / "GSE0_series_matrix.txt.gz", PROBES.iloc[:4], ["same", "same"])
    mine = raw / "probes.tsv"
    mine.write_text("# my table\nID\tsymbol\np1\tKRAS\n4\tSMAD4\n")
    own = source("geo-series-matrix", matrix, mine, name="own", into="own")
    bare = source("geo-series-matrix", matrix, name="bare", into="bare")
    made(gene_table, tmp_path, raw, own, bare)
    assert list(table(tmp_path, own, "expression.tsv.gz").index) == ["KRAS", "SMAD4"]
    assert list(table(tmp_path, bare, "expression.tsv.gz").index) == ["p1", "p2", "p3", "4"]
    titled = source("geo-series-matrix", matrix, sample_names="title")
    with pytest.raises(ConfigError, match="two samples 'same'"):
        made(gene_table, tmp_path, raw, titled)
    mine.write_text("ID\tGB_ACC\np1\tNM_000001\n")
    with pytest.raises(ConfigError, match="gene symbols"):
        made(gene_table, tmp_path, raw, source("geo-series-matrix", matrix, mine))
    mine.write_text("ID\tsymbol\nelse\tKRAS\n")
    with pytest.raises(ConfigError, match="none of the 4 probes"):
        made(gene_table, tmp_path, raw, source("geo-series-matrix", matrix, mine))


def test_a_series_of_sequencing_has_no_values_in_its_matrix(tmp_path: Path, raw: Path, gene_table: GeneTable) -> None:
    matrix = series_matrix(raw / "GSE0_series_matrix.txt.gz", PROBES.iloc[:0], ["a", "b"])
    with pytest.raises(ConfigError, match="supplementary files"):
        made(gene_table, tmp_path, raw, source("geo-series-matrix", matrix))


def test_a_folder_is_taken_as_it_is_and_counts_as_tpm(tmp_path: Path, raw: Path, gene_table: GeneTable) -> None:
    chosen = gene_table.length.index[(gene_table.symbol != "") & (gene_table.biotype == "protein_coding")][:400]
    rng = np.random.default_rng(1)
    counts = pd.DataFrame(rng.poisson(300, (400, 3)), index=chosen, columns=["o1", "o2", "o3"])
    counts.rename_axis("gene").to_csv(raw / "counts.tsv", sep="\t")
    (raw / "responses.tsv").write_text("model\tdrug\n")
    own = source("folder", raw / "counts.tsv", raw / "responses.tsv", tpm_from=["counts.tsv"])
    made(gene_table, tmp_path, raw, own)
    assert (tmp_path / own.into / "responses.tsv").read_text() == "model\tdrug\n"
    rate = counts.div(gene_table.length[chosen], axis=0)
    expected = np.log2(1 + 1e6 * rate / rate.sum()).T
    read = read_expression(tmp_path / own.into / "expression_tpm.tsv.gz", gene_table)
    pd.testing.assert_frame_equal(read, expected[read.columns], check_names=False, rtol=1e-4)
    unknown = source("folder", raw / "responses.tsv", tpm_from=["counts.tsv"], name="other", into="other")
    with pytest.raises(ConfigError, match=r"names 'counts\.tsv'"):
        made(gene_table, tmp_path, raw, unknown)


def test_a_laboratorys_own_files_need_no_checksum(tmp_path: Path, raw: Path, gene_table: GeneTable) -> None:
    path = raw / "responses.tsv"
    path.write_text("model\tdrug\n")
    own = source("folder", path, files=[{"file": path.name}])
    made(gene_table, tmp_path, raw, own)
    path.write_text("model\tdrug\tvalue\n")
    made(gene_table, tmp_path, raw, own)
    assert (tmp_path / own.into / path.name).read_text() == "model\tdrug\tvalue\n", "what changed is taken again"
    assert checksum(tmp_path / own.into / path.name) == checksum(path)
