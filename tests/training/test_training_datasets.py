"""Response and expression tables: one direction, one id per gene, and named faults."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pancreassign.counts.genes import GeneTable
from pancreassign.errors import ConfigError
from pancreassign.training import datasets
from pancreassign.training.models import normal_scores
from pancreassign.training.recipe import Models

HEAD = "model\tdrug\tvalue\thigh_means\n"


def response(folder: Path, text: str) -> Path:
    path = folder / "response.tsv"
    path.write_text(text)
    return path


def test_auc_and_aac_of_the_same_models_have_opposite_signs(tmp_path: Path) -> None:
    rows = "A\tgemcitabine\t0.2\t{0}\nB\tgemcitabine\t0.9\t{0}\n"
    auc = datasets.read_response(response(tmp_path, HEAD + rows.format("resistant")))
    aac = datasets.read_response(response(tmp_path, HEAD + rows.format("sensitive")))
    # a high AUC is a resistant model: B; a high AAC a sensitive one: B
    assert auc["gemcitabine"].to_dict() == {"A": -0.2, "B": -0.9}
    assert aac["gemcitabine"].to_dict() == {"A": 0.2, "B": 0.9}


def test_direction_is_read_row_by_row(tmp_path: Path) -> None:
    table = datasets.read_response(
        response(tmp_path, HEAD + "A\tpaclitaxel\t0.4\tsensitive\nA\t5-FU\t0.7\tresistant\nB\t5-FU\t0.1\tresistant\n")
    )
    assert list(table.columns) == ["5-FU", "paclitaxel"], "in the order of the record, not of the file"
    assert table.loc["A"].to_dict() == {"5-FU": -0.7, "paclitaxel": 0.4}
    assert np.isnan(table.loc["B", "paclitaxel"])


def test_other_drugs_are_left_out_and_aliases_only_where_given(tmp_path: Path) -> None:
    path = response(tmp_path, HEAD + "A\tSN-38\t1.5\tresistant\nA\tolaparib\t2\tresistant\nA\t5-FU\t1\tresistant\n")
    assert list(datasets.read_response(path).columns) == ["5-FU"]
    aliased = datasets.read_response(path, {"SN-38": "irinotecan"})
    assert aliased["irinotecan"].to_dict() == {"A": -1.5}
    assert list(aliased.columns) == ["5-FU", "irinotecan"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("model\tdrug\tvalue\nA\t5-FU\t1\n", r"lacks the columns \['high_means'\]"),
        ("model\tvalue\tauc\nA\t5\t1\n", r"lacks the columns \['drug', 'high_means'\]"),
        (HEAD + "A\t5-FU\t1\tup\n", r"high_means is \['up'\]"),
        (HEAD + "A\t5-FU\t1\tResistant\n", r"high_means is \['Resistant'\]"),
        (HEAD + "A\t5-FU\t1\t\nB\t5-FU\t1\tresistant\n", r"high_means is \['nan'\]"),
        (HEAD + "A\t5-FU\t1\tresistant\nB\t5-FU\t3\tresistant\nA\t5-FU\t1\tresistant\n", "has A twice for 5-FU"),
        (HEAD + "A\tolaparib\t1\tresistant\n", "has none of the five drugs"),
    ],
)
def test_response_faults_are_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=rf"response\.tsv: {message}"):
        datasets.read_response(response(tmp_path, text))


def test_an_alias_that_collides_is_a_model_twice(tmp_path: Path) -> None:
    path = response(tmp_path, HEAD + "A\tSN-38\t1\tresistant\nA\tirinotecan\t2\tresistant\n")
    with pytest.raises(ConfigError, match="has A twice for irinotecan"):
        datasets.read_response(path, {"SN-38": "irinotecan"})


def test_expression_is_log2_by_ensembl_id_with_retired_symbols_summed(tmp_path: Path, gene_table: GeneTable) -> None:
    path = tmp_path / "expression.tsv"
    # H2AFZ is the retired name of H2AZ1: two rows of one gene
    path.write_text(
        "gene\tA\tB\nKRAS\t7\t0\nH2AFZ\t1\t3\nH2AZ1\t2\t4\nENSG00000141510.18\t31\t15\nNOT_A_GENE\t99\t99\n"
    )
    table = datasets.read_expression(path, gene_table)
    h2az1 = gene_table.by_symbol["H2AZ1"]
    assert set(table.columns) == {"ENSG00000133703", h2az1, "ENSG00000141510"}
    assert table["ENSG00000133703"].to_dict() == {"A": 3.0, "B": 0.0}
    assert table[h2az1].to_dict() == {"A": 2.0, "B": 3.0}
    assert table["ENSG00000141510"].to_dict() == {"A": 5.0, "B": 4.0}


@pytest.mark.parametrize("cell", ["-1", "", "inf"])
def test_expression_that_is_not_linear_is_refused(tmp_path: Path, gene_table: GeneTable, cell: str) -> None:
    path = tmp_path / "expression.tsv"
    path.write_text(f"gene\tA\tB\nKRAS\t7\t0\nTP53\t1\t{cell}\n")
    with pytest.raises(ConfigError, match=r"expression\.tsv: holds negative, missing or infinite values"):
        datasets.read_expression(path, gene_table)


DRUGS = ["5-FU", "oxaliplatin", "irinotecan", "gemcitabine", "paclitaxel"]
KEYS = {
    **dict.fromkeys(("name", "source", "terms", "endpoint"), "made up"),
    "expression": "expression.tsv",
    "response": "response.tsv",
}
MODELS = Models.model_validate(KEYS)


def test_load_keeps_models_with_expression_and_all_five_responses(tmp_path: Path, gene_table: GeneTable) -> None:
    names = [f"M{k:02}" for k in range(11)]
    head = "\t".join(["C", *names, "NO_RESPONSE", "PART"])
    (tmp_path / "expression.tsv").write_text(f"gene\t{head}\nKRAS\t7" + "\t63" * 13 + "\n")
    every = ["C", *names, "NO_RNA"]
    rows = [f"{m}\t{d}\t{k + n}\tresistant\n" for n, m in enumerate(every) for k, d in enumerate(DRUGS)]
    rows += [f"PART\t{d}\t1\tresistant\n" for d in DRUGS[:4]] + ["PART\tpaclitaxel\t\tresistant\n"]
    response(tmp_path, HEAD + "".join(rows))
    models = datasets.load(MODELS, tmp_path, gene_table)
    assert list(models.expression.index) == list(models.sensitivity.index) == ["C", *names]
    assert list(models.sensitivity.columns) == [*DRUGS, "general"]
    assert models.sensitivity.loc["C", DRUGS].to_list() == [0, -1, -2, -3, -4]
    assert models.expression.loc["C"].to_list() == [3.0]
    assert models.left_out == {
        "expression without a response": ["NO_RESPONSE"],
        "a response without expression": ["NO_RNA"],
        "not all responses": ["PART"],
    }


def test_a_drug_without_usable_responses_is_skipped_and_said_to_be(tmp_path: Path, gene_table: GeneTable) -> None:
    sensitivity = twelve(tmp_path)
    rows = [
        f"M{k:02}\t{d}\t{0.5 if d == 'irinotecan' else -sensitivity[k, j]}\tresistant\n"
        for k in range(12)
        for j, d in enumerate(DRUGS)
        if d != "oxaliplatin" and (d != "gemcitabine" or k)
    ]
    response(tmp_path, HEAD + "".join(rows))
    models = datasets.load(MODELS, tmp_path, gene_table)
    assert models.drugs == ["5-FU", "paclitaxel"]
    assert list(models.sensitivity) == ["5-FU", "paclitaxel", "general"]
    assert len(models.sensitivity) == 12, "a drug that is skipped costs no model"
    assert models.skipped == {
        "oxaliplatin": "0 models have a response and expression; 12 are needed",
        "irinotecan": "one and the same response in every model",
        "gemcitabine": "11 models have a response and expression; 12 are needed",
    }
    both = normal_scores(sensitivity[:, [DRUGS.index("5-FU"), DRUGS.index("paclitaxel")]])
    assert models.sensitivity["general"].to_numpy() == pytest.approx(both.mean(axis=1))
    response(tmp_path, HEAD + "".join(row for row in rows if "irinotecan" in row))
    with pytest.raises(ConfigError, match=r"no drug with usable responses \(.*irinotecan: one and the same"):
        datasets.load(MODELS, tmp_path, gene_table)


def test_models_of_one_patient_are_averaged(tmp_path: Path, gene_table: GeneTable) -> None:
    rng = np.random.default_rng(1)
    names = [f"M{k:02}" for k in range(24)]
    linear = rng.integers(40, 90, 24)
    (tmp_path / "expression.tsv").write_text(
        "\t".join(["gene", *names]) + "\nKRAS\t" + "\t".join(map(str, linear)) + "\n"
    )
    values = rng.normal(size=(24, 5)).round(3)
    rows = [f"{m}\t{d}\t{values[k, j]}\tsensitive\n" for k, m in enumerate(names) for j, d in enumerate(DRUGS)]
    response(tmp_path, HEAD + "".join(rows))
    recipe = Models.model_validate({**KEYS, "patients": "patients.tsv"})
    lines = [f"{m}\tP{k // 2:02}\n" for k, m in enumerate(names)]
    (tmp_path / "patients.tsv").write_text("model\tpatient\n" + "".join(lines))
    models = datasets.load(recipe, tmp_path, gene_table)
    assert list(models.sensitivity.index) == [f"P{k:02}" for k in range(12)]
    assert models.sensitivity[DRUGS].to_numpy() == pytest.approx(values.reshape(12, 2, 5).mean(axis=1))
    logs = np.log2(1.0 + linear).reshape(12, 2).mean(axis=1)
    assert models.expression.to_numpy()[:, 0] == pytest.approx(logs)
    (tmp_path / "patients.tsv").write_text("model\tpatient\n" + "".join(lines[1:]))
    with pytest.raises(ConfigError, match="names no patient of M00"):
        datasets.load(recipe, tmp_path, gene_table)
    (tmp_path / "patients.tsv").write_text("model\tpatient\n" + "".join(lines[:-1]) + "M23\t\n")
    with pytest.raises(ConfigError, match="names no patient of M23"):
        datasets.load(recipe, tmp_path, gene_table)
    (tmp_path / "patients.tsv").write_text("model\tdonor\n" + "".join(lines))
    with pytest.raises(ConfigError, match="lacks the columns 'model' and 'patient'"):
        datasets.load(recipe, tmp_path, gene_table)


def twelve(folder: Path) -> np.ndarray:
    """Twelve models with expression and the five responses; their sensitivities, models × drugs."""
    sensitivity = np.random.default_rng(0).normal(size=(12, 5)).round(3)
    (folder / "expression.tsv").write_text(
        "\t".join(["gene", *(f"M{k:02}" for k in range(12))]) + "\nKRAS" + "\t70" * 12
    )
    rows = [f"M{k:02}\t{d}\t{-sensitivity[k, j]}\tresistant\n" for k in range(12) for j, d in enumerate(DRUGS)]
    response(folder, HEAD + "".join(rows))
    return sensitivity


def test_models_named_by_numbers_join(tmp_path: Path, gene_table: GeneTable) -> None:
    twelve(tmp_path)
    for name in ("expression.tsv", "response.tsv"):
        text = (tmp_path / name).read_text()
        (tmp_path / name).write_text(text.replace("M0", "10").replace("M1", "11"))
    models = datasets.load(MODELS, tmp_path, gene_table)
    assert list(models.sensitivity.index) == [str(k) for k in range(100, 112)]


def test_general_is_what_the_five_drugs_share_where_no_compounds_are_named(
    tmp_path: Path, gene_table: GeneTable
) -> None:
    sensitivity = twelve(tmp_path)
    general = datasets.load(MODELS, tmp_path, gene_table).sensitivity["general"]
    assert general.to_numpy() == pytest.approx(normal_scores(sensitivity).mean(axis=1))


@pytest.mark.parametrize(("high_means", "sign"), [("resistant", -1.0), ("sensitive", 1.0)])
def test_general_is_the_mean_of_the_compounds_in_the_right_direction(
    high_means: str, sign: float, tmp_path: Path, gene_table: GeneTable
) -> None:
    twelve(tmp_path)
    rows = [f"M{k:02}\t{k}\t{3 * k}\n" for k in reversed(range(12))]
    (tmp_path / "more.tsv").write_text("model\tone\ttwo\n" + "".join(rows) + "OTHER\t5\t5\n")
    compounds = {"response": "more.tsv", "high_means": high_means}
    models = datasets.load(Models.model_validate({**KEYS, "compounds": compounds}), tmp_path, gene_table)
    assert models.sensitivity["general"].to_dict() == {f"M{k:02}": sign * 2.0 * k for k in range(12)}


def test_a_model_without_every_compound_is_left_out_and_one_twice_refused(
    tmp_path: Path, gene_table: GeneTable
) -> None:
    twelve(tmp_path)
    recipe = Models.model_validate({**KEYS, "compounds": {"response": "more.tsv", "high_means": "resistant"}})
    rows = [f"M{k:02}\t{k}\t{'' if k == 3 else k}\n" for k in range(12)]
    (tmp_path / "more.tsv").write_text("model\tone\ttwo\n" + "".join(rows))
    with pytest.raises(ConfigError, match="shares 11 models"):
        datasets.load(recipe, tmp_path, gene_table)
    (tmp_path / "more.tsv").write_text("model\tone\ttwo\n" + "".join(rows) + "OTHER\t>10\t1\n")
    with pytest.raises(ConfigError, match=r"more\.tsv: has text in the column one"):
        datasets.load(recipe, tmp_path, gene_table)
    (tmp_path / "more.tsv").write_text("model\tone\ttwo\n" + "".join(rows) + "M05\t1\t1\n")
    with pytest.raises(ConfigError, match=r"more\.tsv: has the model M05 twice"):
        datasets.load(recipe, tmp_path, gene_table)


def test_a_second_screen_is_averaged_only_where_asked_and_another_column_read(tmp_path: Path) -> None:
    text = "model\tdrug\tlnIC50\thigh_means\nA\t5-FU\t1\tresistant\nA\t5-FU\t4\tresistant\nB\t5-FU\t2\tresistant\n"
    path = response(tmp_path, text)
    table = datasets.read_response(path, value="lnIC50", repeats="mean")
    assert table["5-FU"].to_dict() == {"A": -2.5, "B": -2.0}
    with pytest.raises(ConfigError, match="has A twice for 5-FU"):
        datasets.read_response(path, value="lnIC50")
    with pytest.raises(ConfigError, match=r"lacks the columns \['value'\]"):
        datasets.read_response(path)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("gene\tA\tA\nKRAS\t70\t1\n", "has the model A twice"),
        ("gene\tA\nKRAS\t7.5\n", "looks log-transformed"),
        ("gene\tA\nKRAS\tmuch\n", "or text"),
    ],
)
def test_expression_that_cannot_be_trained_on_is_named(
    text: str, says: str, tmp_path: Path, gene_table: GeneTable
) -> None:
    (tmp_path / "expression.tsv").write_text(text)
    with pytest.raises(ConfigError, match=says):
        datasets.read_expression(tmp_path / "expression.tsv", gene_table)


def test_too_few_shared_models_are_named(tmp_path: Path, gene_table: GeneTable) -> None:
    (tmp_path / "expression.tsv").write_text("gene\tA\tB\nKRAS\t70\t1\n")
    response(tmp_path, HEAD + "".join(f"{m}\t{d}\t1\tresistant\n" for m in "AC" for d in DRUGS))
    with pytest.raises(ConfigError, match="5-FU: 1 models have a response and expression; 12 are needed"):
        datasets.load(MODELS, tmp_path, gene_table)
    sensitivity = twelve(tmp_path)
    rows = [
        f"M{k:02}\t{d}\t{-sensitivity[k % 12, j]}\tresistant\n" for j, d in enumerate(DRUGS) for k in range(j, 12 + j)
    ]
    names = [f"M{k:02}" for k in range(16)]
    (tmp_path / "expression.tsv").write_text("\t".join(["gene", *names]) + "\nKRAS" + "\t70" * 16)
    response(tmp_path, HEAD + "".join(rows))
    with pytest.raises(ConfigError, match="shares 8 models that have all of 5-FU, oxaliplatin"):
        datasets.load(MODELS, tmp_path, gene_table)


@pytest.mark.parametrize("value", ["inf", "high", "-inf"])
def test_a_response_that_is_no_number_is_named(value: str, tmp_path: Path) -> None:
    path = response(tmp_path, HEAD + f"A\tpaclitaxel\t{value}\tresistant\n")
    with pytest.raises(ConfigError, match="for A and paclitaxel"):
        datasets.read_response(path)


def test_a_table_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.tsv: cannot be read.*--data"):
        datasets.read_response(tmp_path / "none.tsv")


@pytest.mark.parametrize(
    ("head", "rows", "says"),
    [
        (
            "high_means",
            ("resistant", "sensitive"),
            "mixes scales of gemcitabine: high_means is resistant and sensitive",
        ),
        ("high_means\tmeasure", ("resistant\tAUC", "resistant\tlnIC50"), "measure is AUC and lnIC50"),
        ("high_means\tunit", ("resistant\tuM", "resistant\tnM"), "unit is nM and uM"),
    ],
)
def test_a_drug_on_two_scales_is_refused(head: str, rows: tuple[str, str], says: str, tmp_path: Path) -> None:
    text = "".join(f"M{k}\tgemcitabine\t{k}\t{row}\n" for k, row in enumerate(rows))
    path = response(tmp_path, f"model\tdrug\tvalue\t{head}\n{text}")
    with pytest.raises(ConfigError, match=says):
        datasets.read_response(path)
    # two drugs may differ: each is turned by its own direction
    two = text.replace("M1\tgemcitabine", "M1\tpaclitaxel")
    table = datasets.read_response(response(tmp_path, f"model\tdrug\tvalue\t{head}\n{two}"))
    assert list(table) == ["gemcitabine", "paclitaxel"]
