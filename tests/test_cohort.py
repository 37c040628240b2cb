"""`score` over real and simulated samples: what it writes, and that a record depends on its own sample alone."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import anndata
import numpy as np
import pandas as pd
import pytest

from pancreassign import artefacts, cohort, resources, summaries
from pancreassign.cohort import Job
from pancreassign.errors import ClinicalError, OutputError, PancreassignError, SampleError
from pancreassign.kit import load_kit
from pancreassign.records import Call, Drug, Prediction

EXAMPLE = resources.data_dir() / "example"


def job(counts: Path | list[Path], out: Path, **options: object) -> Job:
    paths = counts if isinstance(counts, list) else [counts]
    defaults = {"pack": resources.DEFAULT_PACK, "reference": resources.DEFAULT_REFERENCE, "reports": False}
    return Job(counts=paths, out=out, **{**defaults, **options})  # type: ignore[arg-type]


def run(wanted: Job) -> list[Prediction]:
    return cohort.score(wanted, lambda done, total: None, lambda note: None)


def records(out: Path) -> dict[str, bytes]:
    return {path.parent.name: path.read_bytes() for path in sorted(out.glob("*/prediction.json"))}


@pytest.fixture(scope="module")
def counts() -> pd.DataFrame:
    return pd.read_csv(EXAMPLE / "counts.tsv.gz", sep="\t", index_col=0)


@pytest.fixture(scope="module")
def together(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("together") / "out"
    run(job(EXAMPLE / "counts.tsv.gz", out))
    return out


def test_what_a_run_writes(together: Path, counts: pd.DataFrame) -> None:
    assert {path.name for path in together.iterdir()} == {*summaries.RUN_FILES, *counts.columns}
    summary = pd.read_csv(together / "summary.tsv", sep="\t", index_col="sample")
    assert list(summary.index) == list(counts.columns)
    scores = anndata.read_h5ad(together / "scores.h5ad")
    for name in counts.columns:
        record = Prediction.from_json((together / name / "prediction.json").read_bytes())
        assert record.sample.id == name
        assert record.sample.simulated
        assert "simulated" in {caveat.code for caveat in record.caveats}
        assert summary.loc[name, "qc"] == record.qc.verdict
        assert summary.loc[name, "top_regimen"] == record.regimens[0].id
        for drug in record.drugs:
            assert summary.loc[name, f"{drug.drug.value}_call"] == drug.call.value
            assert summary.loc[name, f"{drug.drug.value}_score"] == drug.score
            assert scores.obsm["scores"].loc[name, drug.drug.value] == drug.score
    own = pd.Series(np.asarray(scores.layers["counts"])[2], index=scores.var_names)
    assert own.loc[counts.index].tolist() == counts.iloc[:, 2].tolist()
    assert scores.uns["pancreassign"]["pack"]["name"] == resources.DEFAULT_PACK
    said = json.loads((together / "run.json").read_text())
    assert said["samples"] == list(counts.columns)
    assert said["catalogue"]["sha256"] == record.catalogue.sha256
    assert said["inputs"][0]["sha256"] == artefacts.sha256_of(EXAMPLE / "counts.tsv.gz")
    assert said["tables"] == {}


def test_the_example_shows_each_verdict(together: Path) -> None:
    verdicts = pd.read_csv(together / "summary.tsv", sep="\t")["qc"]
    assert set(verdicts) == {"pass", "warn", "fail"}


def test_a_failed_sample_is_a_result_without_a_call(together: Path) -> None:
    record = Prediction.from_json((together / "SIMULATED_06_too_shallow" / "prediction.json").read_bytes())
    assert record.qc.verdict == "fail"
    assert {(drug.call, drug.reason) for drug in record.drugs} == {(Call.NOT_EVALUABLE, "quality_failed")}
    assert all(drug.score is not None for drug in record.drugs)


def test_alone_or_in_any_batch_or_order(together: Path, counts: pd.DataFrame, tmp_path: Path) -> None:
    shuffled = counts.iloc[::-1, ::-1]
    shuffled.to_csv(tmp_path / "shuffled.csv")
    run(job(tmp_path / "shuffled.csv", tmp_path / "shuffled"))
    assert records(tmp_path / "shuffled") == records(together)
    name = counts.columns[3]
    counts[[name]].to_csv(tmp_path / "alone.tsv", sep="\t")
    run(job(tmp_path / "alone.tsv", tmp_path / "alone"))
    assert records(tmp_path / "alone") == {name: records(together)[name]}


def as_matrix_in_columns(own: pd.Series, path: Path) -> list[Path]:
    own.to_frame().T.to_csv(path / "genes_in_columns.csv")
    return [path / "genes_in_columns.csv"]


def as_h5ad(own: pd.Series, path: Path) -> list[Path]:
    anndata.AnnData(own.to_frame().T.astype(np.float32)).write_h5ad(path / "one.h5ad")
    return [path / "one.h5ad"]


def as_htseq(own: pd.Series, path: Path) -> list[Path]:
    tail = pd.Series({"__no_feature": 5, "__ambiguous": 7})
    file = path / f"{own.name}.htseq.txt"
    pd.concat([own, tail]).to_csv(file, sep="\t", header=False)
    return [file]


def as_featurecounts(own: pd.Series, path: Path) -> list[Path]:
    places = dict.fromkeys(["Chr", "Start", "End", "Strand", "Length"], 1)
    table = pd.DataFrame({**places, f"/data/{own.name}.sorted.bam": own}).rename_axis("Geneid")
    file = path / "counts.txt"
    file.write_text("# Program:featureCounts v2.0.3; Command: x\n" + table.to_csv(sep="\t"))
    return [file]


def as_rsem(own: pd.Series, path: Path) -> list[Path]:
    columns = {"transcript_id(s)": "x", "length": 1.0, "effective_length": 1.0}
    table = pd.DataFrame({**columns, "expected_count": own.astype(float), "TPM": 1.5, "FPKM": 2.5}).rename_axis(
        "gene_id"
    )
    file = path / f"{own.name}.genes.results.gz"
    file.write_bytes(gzip.compress(table.to_csv(sep="\t", float_format="%.2f").encode()))
    return [file]


def as_nfcore(own: pd.Series, path: Path) -> list[Path]:
    versions = own.rename(lambda gene: f"{gene}.7")
    table = pd.DataFrame({"gene_name": versions.index, own.name: versions.astype(float)}).rename_axis("gene_id")
    table.to_csv(path / "salmon.merged.gene_counts.tsv", sep="\t")
    return [path / "salmon.merged.gene_counts.tsv"]


def as_star(own: pd.Series, path: Path) -> list[Path]:
    table = pd.DataFrame({"all": own, "forward": own // 2, "reverse": own - own // 2})
    head = "".join(f"{row}\t10\t20\t20\n" for row in ("N_unmapped", "N_multimapping", "N_noFeature", "N_ambiguous"))
    file = path / f"{own.name}ReadsPerGene.out.tab"
    file.write_text(head + table.to_csv(sep="\t", header=False))
    return [file]


FORMATS = [as_matrix_in_columns, as_h5ad, as_htseq, as_featurecounts, as_rsem, as_nfcore]


@pytest.mark.parametrize("write", FORMATS)
def test_in_any_format(
    write: Callable[[pd.Series, Path], list[Path]], together: Path, counts: pd.DataFrame, tmp_path: Path
) -> None:
    name = counts.columns[1]
    run(job(write(counts[name], tmp_path), tmp_path / "out"))
    assert records(tmp_path / "out") == {name: records(together)[name]}


def test_star_records_its_strand_and_nothing_else_differs(counts: pd.DataFrame, tmp_path: Path) -> None:
    name = counts.columns[1]
    run(job(as_star(counts[name], tmp_path), tmp_path / "star"))
    star = records(tmp_path / "star")
    assert json.loads(star[name])["input"]["strand"] == "unstranded"
    run(job(as_htseq(counts[name], tmp_path), tmp_path / "told", strand="unstranded"))
    assert star == records(tmp_path / "told")


def test_single_files_of_different_genes_keep_their_own(counts: pd.DataFrame, tmp_path: Path) -> None:
    first, second = counts.columns[:2]
    fewer = counts[second].iloc[:-500]
    files = as_htseq(counts[first], tmp_path) + as_htseq(fewer, tmp_path)
    run(job(files, tmp_path / "both"))
    run(job(files[1], tmp_path / "alone"))
    assert records(tmp_path / "both")[second] == records(tmp_path / "alone")[second]
    data = anndata.read_h5ad(tmp_path / "both" / "scores.h5ad")
    absent = np.isnan(np.asarray(data.layers["counts"]))
    assert absent.sum() == 500
    assert absent[1].sum() == 500


def test_reports_are_the_same_bytes_alone_or_in_a_batch(counts: pd.DataFrame, tmp_path: Path) -> None:
    pair = counts.iloc[:, :2]
    pair.to_csv(tmp_path / "pair.tsv", sep="\t")
    pair.iloc[:, [1]].to_csv(tmp_path / "one.tsv", sep="\t")
    run(job(tmp_path / "pair.tsv", tmp_path / "pair", reports=True))
    run(job(tmp_path / "one.tsv", tmp_path / "one", reports=True))
    name = pair.columns[1]
    report = (tmp_path / "one" / name / "report.pdf").read_bytes()
    assert report.startswith(b"%PDF")
    assert report == (tmp_path / "pair" / name / "report.pdf").read_bytes()


def test_metadata_reaches_the_record(tmp_path: Path) -> None:
    (one, *_) = run(job(EXAMPLE / "counts.tsv.gz", tmp_path / "out", samples=EXAMPLE / "samples.tsv"))
    assert (one.sample.patient, one.sample.site, one.sample.specimen.preservation) == (
        "SIMULATED_A",
        "pancreas",
        "ffpe",
    )
    (unknown, *_) = run(job(EXAMPLE / "counts.tsv.gz", tmp_path / "unknown"))
    assert unknown.sample.patient is None
    assert "preservation_unknown" in {caveat.code for caveat in unknown.caveats}


def test_frozen_tissue_has_a_narrower_interval_than_paraffin(counts: pd.DataFrame, tmp_path: Path) -> None:
    name = counts.columns[0]
    widths = {}
    for kind in ("ffpe", "frozen"):
        (tmp_path / f"{kind}.tsv").write_text(f"sample\tpreservation\n{name}\t{kind}\n")
        first = run(job(EXAMPLE / "counts.tsv.gz", tmp_path / kind, samples=tmp_path / f"{kind}.tsv"))[0]
        widths[kind] = [drug.score_interval.high - drug.score_interval.low for drug in first.drugs]
    assert all(ffpe > frozen > 0 for ffpe, frozen in zip(widths["ffpe"], widths["frozen"], strict=True))


def test_the_setting_is_assumed_until_it_is_given(tmp_path: Path) -> None:
    assumed = run(job(EXAMPLE / "counts.tsv.gz", tmp_path / "assumed"))[0]
    assert assumed.setting.model_dump() == {"value": "first_line_metastatic", "assumed": True}
    assert "assumed_setting" in {caveat.code for caveat in assumed.caveats}
    (tmp_path / "clinical.tsv").write_text("sample\tsetting\nSIMULATED_01_good\tadjuvant\n")
    given = run(job(EXAMPLE / "counts.tsv.gz", tmp_path / "given", clinical=tmp_path / "clinical.tsv"))
    assert given[0].setting.model_dump() == {"value": "adjuvant", "assumed": False}
    assert given[1].setting.assumed


def test_one_patients_facts_are_not_given_to_many(tmp_path: Path) -> None:
    (tmp_path / "clinical.toml").write_text("age = 60\n")
    with pytest.raises(ClinicalError, match="one patient, but there are 7 samples"):
        run(job(EXAMPLE / "counts.tsv.gz", tmp_path / "out", clinical=tmp_path / "clinical.toml"))
    (tmp_path / "clinical.tsv").write_text("sample\tage\nsomebody\t60\n")
    with pytest.raises(SampleError, match="names none of the samples, but 'somebody'"):
        run(job(EXAMPLE / "counts.tsv.gz", tmp_path / "out", clinical=tmp_path / "clinical.tsv"))
    assert not (tmp_path / "out").exists()


def test_a_table_of_the_whole_cohort_serves_a_part_of_it(tmp_path: Path) -> None:
    for option, head in (("samples", "sample\tpatient"), ("clinical", "sample\tage")):
        path = tmp_path / f"{option}.tsv"
        path.write_text(f"{head}\nSIMULATED_01_good\t60\nnot_scored_here\t70\n")
        notes: list[str] = []
        wanted = job(EXAMPLE / "counts.tsv.gz", tmp_path / option, **{option: path})
        cohort.score(wanted, lambda done, total: None, notes.append)
        assert f"{path}: 1 of its samples are not among the counts" in notes
        assert any(f"{path}: says nothing of 6 of the samples" in note for note in notes)
        said = json.loads((tmp_path / option / "run.json").read_text())["tables"]
        assert said == {option: {"path": str(path), "sha256": artefacts.sha256_of(path)}}
        path.write_text(f"{head}\nnot_scored_here\t70\n")
        with pytest.raises(SampleError, match="names none of the samples"):
            run(job(EXAMPLE / "counts.tsv.gz", tmp_path / "none", **{option: path}))


def test_another_catalogue_shows_in_the_record(tmp_path: Path) -> None:
    shipped = resources.data_dir() / "regimens" / "regimens.toml"
    (tmp_path / "own.toml").write_text(shipped.read_text(encoding="utf-8") + "\n# ours\n", encoding="utf-8")
    ours = run(job(EXAMPLE / "counts.tsv.gz", tmp_path / "ours", regimens=tmp_path / "own.toml"))[0]
    plain = run(job(EXAMPLE / "counts.tsv.gz", tmp_path / "plain"))[0]
    assert ours.catalogue.version == plain.catalogue.version
    assert ours.catalogue.sha256 == artefacts.sha256_of(tmp_path / "own.toml") != plain.catalogue.sha256


def test_genes_that_a_signature_needs(counts: pd.DataFrame, tmp_path: Path) -> None:
    name = counts.columns[0]
    full = run(job(EXAMPLE / "counts.tsv.gz", tmp_path / "full"))[0]
    table = load_kit(resources.DEFAULT_PACK, resources.DEFAULT_REFERENCE).pack
    needed = table.signatures[Drug.GEMCITABINE.value].weights.abs().sort_values()
    lost = len(needed) // 2
    counts[[name]].drop(index=needed.index[-lost:]).to_csv(tmp_path / "fewer.tsv", sep="\t")
    fewer = run(job(tmp_path / "fewer.tsv", tmp_path / "fewer"))[0]
    drug = next(drug for drug in fewer.drugs if drug.drug is Drug.GEMCITABINE)
    assert (drug.call, drug.reason, drug.score, drug.probability) == (Call.NOT_EVALUABLE, "gene_coverage", None, None)
    assert drug.content_correction is None
    assert drug.coverage.found == len(needed) - lost
    assert len(drug.coverage.missing) == lost
    assert all(drug.score is not None for drug in full.drugs)


def test_tpm_is_taken_on_a_length_basis(counts: pd.DataFrame, tmp_path: Path) -> None:
    kit = load_kit(resources.DEFAULT_PACK, resources.DEFAULT_REFERENCE)
    name = counts.columns[0]
    rate = counts[name] / kit.genes.length.loc[counts.index]
    (1e6 * rate / rate.sum()).to_csv(tmp_path / "tpm.tsv", sep="\t")
    tpm = run(job(tmp_path / "tpm.tsv", tmp_path / "tpm", units="tpm"))[0]
    plain = run(job(EXAMPLE / "counts.tsv.gz", tmp_path / "counts"))[0]
    assert tpm.qc.verdict == "warn"
    assert "depth_unknown" in {caveat.code for caveat in tpm.caveats}
    for one, other in zip(tpm.drugs, plain.drugs, strict=True):
        assert one.score == pytest.approx(other.score, abs=1e-4)


def test_existing_results_are_not_overwritten(tmp_path: Path) -> None:
    wanted = job(EXAMPLE / "counts.tsv.gz", tmp_path / "out")
    run(wanted)
    before = records(tmp_path / "out")
    with pytest.raises(OutputError, match="exists already"):
        run(wanted)
    run(job(EXAMPLE / "counts.tsv.gz", tmp_path / "out", force=True))
    assert records(tmp_path / "out") == before


def test_one_bad_file_refuses_all(counts: pd.DataFrame, tmp_path: Path) -> None:
    good = as_htseq(counts.iloc[:, 0], tmp_path)
    bad = tmp_path / "bad.tsv"
    bad.write_bytes(b"")
    with pytest.raises(PancreassignError, match=r"bad\.tsv"):
        run(job([*good, bad], tmp_path / "out"))
    assert not (tmp_path / "out").exists()


@pytest.fixture
def skilled(tmp_path: Path) -> Path:
    """The shipped pack as if paclitaxel alone had shown skill, without noise, and the curve were steep; resealed."""
    pack = tmp_path / "skilled"
    shutil.copytree(resources.find_pack(resources.DEFAULT_PACK), pack)
    figures = json.loads((pack / "validation.json").read_text())
    for target, own in figures.items():
        own["grade"] = "C" if target == "paclitaxel" else "D"
    figures["paclitaxel"]["ffpe"]["noise"] = figures["paclitaxel"]["stability"]["noise"] = 0.0
    (pack / "validation.json").write_text(json.dumps(figures))
    curves = pd.read_csv(pack / "paclitaxel" / "calibration.tsv", sep="\t", index_col="draw")
    curves["sensitive_slope"], curves["resistant_slope"] = 40.0, -40.0
    curves.to_csv(pack / "paclitaxel" / "calibration.tsv", sep="\t")
    artefacts.seal(pack)
    return pack


def test_a_drug_with_skill_is_called_by_its_interval_and_moves_its_regimens(skilled: Path, tmp_path: Path) -> None:
    done = run(job(EXAMPLE / "counts.tsv.gz", tmp_path / "out", pack=str(skilled)))
    calls = set()
    for record in done:
        drug = record.drugs[4]
        calls.add(drug.call)
        if record.qc.verdict == "fail":
            assert drug.call is Call.NOT_EVALUABLE
        elif drug.probability_interval.low > 1 / 3:
            assert drug.call is Call.SENSITIVE
        elif drug.probability_interval.high < 1 / 3:
            assert drug.call is Call.RESISTANT
        else:
            assert drug.call is Call.INTERMEDIATE
        nab = next(regimen for regimen in record.regimens if regimen.id == "gem_nabpaclitaxel")
        # gemcitabine stays without skill: resistance to paclitaxel refutes the rule, nothing can meet it
        assert nab.rule == ("not met" if drug.call is Call.RESISTANT else "unclear")
        assert nab.evidence.without_skill == 1
        assert all(other.call is Call.NOT_EVALUABLE for other in record.drugs[:4])
        leader = record.regimens[0]
        if drug.call is Call.RESISTANT:
            assert nab.rank > leader.rank
            assert "gem_nabpaclitaxel" not in leader.tied_with
    assert {Call.SENSITIVE, Call.RESISTANT} & calls


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("path", "samples"),
    [
        ("tumours/umccr_pdac/counts.tsv.gz", 40),
        ("tumours/tcga_paad/counts_20.tsv.gz", 20),
        ("tumours/pacaomics_pdx/counts_human.tsv.gz", 30),
    ],
)
def test_real_tumours(realdata: Path, path: str, samples: int, tmp_path: Path) -> None:
    done = run(job(realdata / path, tmp_path / "out"))
    assert len(done) == samples == len(records(tmp_path / "out"))
    for record in done:
        assert record.qc.tumour_content.value is not None
        assert record.input.genes_matched > 0.85 * record.input.genes
        for drug in record.drugs:
            assert drug.coverage.found >= 0.95 * drug.coverage.genes
            assert drug.probability is not None
            assert 0 < drug.probability < 1


@pytest.mark.realdata
def test_a_real_record_alone_or_in_a_batch(realdata: Path, tmp_path: Path) -> None:
    table = pd.read_csv(realdata / "tumours/umccr_pdac/counts.tsv.gz", sep="\t", index_col=0)
    run(job(realdata / "tumours/umccr_pdac/counts.tsv.gz", tmp_path / "all"))
    together = records(tmp_path / "all")
    for name, write in zip(("Sample_7", "Sample_31"), (as_h5ad, as_featurecounts), strict=True):
        (tmp_path / name).mkdir()
        run(job(write(table[name], tmp_path / name), tmp_path / name / "out"))
        assert records(tmp_path / name / "out") == {name: together[name]}


@pytest.mark.realdata
def test_reference_tumours_get_the_percentiles_that_were_frozen(realdata: Path, tmp_path: Path) -> None:
    done = {record.sample.id: record for record in run(job(realdata / "tumours/umccr_pdac/counts.tsv.gz", tmp_path))}
    kit = load_kit(resources.DEFAULT_PACK, resources.DEFAULT_REFERENCE)
    for place, tumour in enumerate(kit.reference.tumours):
        if tumour in done:
            for drug in done[tumour].drugs:
                frozen = kit.pack.signatures[drug.drug.value].reference_scores[place]
                assert drug.score == pytest.approx(frozen, abs=2e-5)
