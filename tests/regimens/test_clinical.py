"""Clinical files: what is read, and what each error names."""

from __future__ import annotations

from pathlib import Path

import pytest

from pancreassign.errors import ClinicalError, Faults
from pancreassign.regimens.clinical import FIELDS, Clinical, load_clinical, setting_of


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_toml_of_one_patient(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "clinical.toml",
        'setting = "adjuvant"\nage = 71\necog = 1\nbilirubin_uln = 1\nugt1a1 = "*28/*1"\npregnancy = false\n'
        'prior_regimens = ["folfirinox", "other"]\n',
    )
    table = load_clinical(path, known_regimens=["folfirinox"])
    assert list(table) == [""]
    assert table[""].given() == {
        "setting": "adjuvant",
        "age": 71,
        "ecog": 1,
        "bilirubin_uln": 1.0,
        "ugt1a1": "*1/*28",
        "pregnancy": False,
        "prior_regimens": ["folfirinox", "other"],
    }


def test_toml_may_name_its_sample(tmp_path: Path) -> None:
    table = load_clinical(write(tmp_path, "c.toml", 'sample = "P1"\necog = 0\n'))
    assert table == {"P1": Clinical(ecog=0)}


def test_tsv_of_many_with_unknowns(tmp_path: Path) -> None:
    text = (
        "sample\tecog\tgbrca_palb2\tdpyd\tprior_regimens\turacilaemia_ng_ml\r\n"
        "A\t2\tyes\t\tgemcitabine; gemcap\t12.5\r\nB\t\tfalse\tpartial\r\n\r\n"
    )
    table = load_clinical(write(tmp_path, "c.tsv", "\ufeff" + text))
    assert table == {
        "A": Clinical(ecog=2, gbrca_palb2=True, prior_regimens=["gemcitabine", "gemcap"], uracilaemia_ng_ml=12.5),
        "B": Clinical(gbrca_palb2=False, dpyd="partial"),
    }
    assert table["B"].ecog is None


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ("ecog = 5", "ecog"),
        ("ecog = true", "ecog"),
        ("age = 7", "age"),
        ("bilirubin_uln = 250", "bilirubin_uln"),
        ("bilirubin_uln = nan", "bilirubin_uln"),
        ("neuropathy_grade = 5", "neuropathy_grade"),
        ('dpyd = "deficient"', "dpyd"),
        ("uracilaemia_ng_ml = 0", "uracilaemia_ng_ml"),
        ('ugt1a1 = "28/28"', "ugt1a1"),
        ('gbrca_palb2 = "no"', "gbrca_palb2"),
        ('setting = "palliative"', "setting"),
        ('prior_regimens = ["FOLFIRINOX"]', "prior_regimens"),
        ('prior_regimens = ["unheard_of"]', "prior_regimens"),
        ("performance = 1", "performance"),
        ("albumin_g_l = 3.5", "albumin_g_l"),  # g/dL
        ("albumin_g_l = 61", "albumin_g_l"),
        ("albumin_g_l = nan", "albumin_g_l"),
        ('albumin_g_l = "35"', "albumin_g_l"),
        ("g8 = 17.5", "g8"),
        ("g8 = -1", "g8"),
        ("g8 = 14.2", "g8"),
        ("g8 = true", "g8"),
        ("age = 86\ng8 = 15.5", "g8"),
        ("g8 = 16.5\nage = 80", "g8"),
        ("weight_loss_percent = -2", "weight_loss_percent"),
        ("weight_loss_percent = 61", "weight_loss_percent"),
        ("age = 61\npregnancy = true", "pregnancy"),
        ("pregnancy = true\nage = 85", "pregnancy"),
        ('guideline = "asco"', "guideline"),
        ('guideline = "TNCD"', "guideline"),
        ('language = "french"', "language"),
        ('language = "FR"', "language"),
        ("language = 1", "language"),
        ('setting = "second_line"\nprior_regimens = []', "setting"),
        ("sample = 3", "sample"),
    ],
)
def test_impossible_toml_names_file_and_field(tmp_path: Path, line: str, field: str) -> None:
    path = write(tmp_path, "c.toml", line + "\n")
    with pytest.raises(ClinicalError) as caught:
        load_clinical(path, known_regimens=["folfirinox"])
    assert caught.value.where == f"{path}, field {field}"
    assert caught.value.problem
    assert caught.value.mend


def test_all_faults_of_a_table_at_once(tmp_path: Path) -> None:
    path = write(
        tmp_path, "c.tsv", "sample\tecog\tmsi\nA\t9\tmaybe\nB\t1\ttrue\nB\t1\ttrue\n\t1\ttrue\nC\t1\ttrue\tx\n"
    )
    with pytest.raises(Faults) as caught:
        load_clinical(path)
    assert [fault.where for fault in caught.value.faults] == [
        f"{path}, sample A, field msi",
        f"{path}, sample A, field ecog",
        f"{path}, sample B",
        f"{path}, row 4, column sample",
        f"{path}, row 5",
    ]


@pytest.mark.parametrize(
    ("name", "text", "where", "problem"),
    [
        ("c.tsv", "sample\tperformance\nA\t1\n", "field performance", "unknown"),
        ("c.tsv", "ecog\n1\n", "c.tsv", "no column sample"),
        ("c.tsv", "", "c.tsv", "no column sample"),
        ("c.tsv", "sample\tecog\tecog\nA\t1\t1\n", "column ecog", "twice"),
        ("c.tsv", "sample\tecog\nA\tNA\n", "sample A, field ecog", "'NA'"),
        ("c.tsv", "sample\tage\nA\t70.5\n", "sample A, field age", "70.5"),
        ("c.csv", "sample,ecog\nA,1\n", "c.csv", ".tsv"),
        ("c.toml", "ecog 1\n", "c.toml", "not TOML"),
    ],
)
def test_bad_files(tmp_path: Path, name: str, text: str, where: str, problem: str) -> None:
    with pytest.raises(ClinicalError) as caught:
        load_clinical(write(tmp_path, name, text))
    assert str(tmp_path) in caught.value.where
    assert where in caught.value.where
    assert problem in caught.value.problem


def test_facts_of_frailty_nutrition_and_guideline_are_read(tmp_path: Path) -> None:
    facts = Clinical(albumin_g_l=33.0, g8=12.5, weight_loss_percent=8.0, guideline="tncd", language="fr")
    toml = 'albumin_g_l = 33\ng8 = 12.5\nweight_loss_percent = 8\nguideline = "tncd"\nlanguage = "fr"\n'
    assert load_clinical(write(tmp_path, "c.toml", toml)) == {"": facts}
    tsv = "sample\talbumin_g_l\tg8\tweight_loss_percent\tguideline\tlanguage\nA\t33\t12.5\t8\ttncd\tfr\n"
    assert load_clinical(write(tmp_path, "c.tsv", tsv)) == {"A": facts}
    assert facts.given()["g8"] == 12.5


@pytest.mark.parametrize(("age", "g8"), [(79, 17.0), (80, 16.0), (85, 16.0), (86, 15.0), (None, 17.0)])
def test_the_most_that_the_g8_can_be_at_an_age(age: int | None, g8: float) -> None:
    assert Clinical(age=age, g8=g8).g8 == g8


@pytest.mark.parametrize(("age", "pregnancy"), [(60, True), (None, True), (85, False)])
def test_a_pregnancy_that_is_possible_at_the_age(age: int | None, pregnancy: bool) -> None:
    assert Clinical(age=age, pregnancy=pregnancy).pregnancy is pregnancy


def test_a_pregnancy_past_sixty_is_a_contradiction_that_names_both(tmp_path: Path) -> None:
    with pytest.raises(ClinicalError, match="field pregnancy: contradicts age 72: past 60 years no pregnancy"):
        load_clinical(write(tmp_path, "c.tsv", "sample\tage\tpregnancy\nA\t72\tyes\n"))


def test_a_contradiction_says_both_facts(tmp_path: Path) -> None:
    path = write(tmp_path, "c.tsv", "sample\tage\tg8\nA\t88\t16\n")
    with pytest.raises(ClinicalError, match="contradicts age 88: past 85 years the G8 is at most 15") as caught:
        load_clinical(path)
    assert caught.value.where == f"{path}, sample A, field g8"


@pytest.mark.parametrize(
    ("name", "nearest"),
    [("albumin", "albumin_g_l"), ("bilirubin", "bilirubin_uln"), ("ECOG", "ecog"), ("dpd", "dpyd"),
     ("weight_loss", "weight_loss_percent"), ("guidelines", "guideline"), ("Sample", "sample"), ("performance", None)],
)  # fmt: skip
def test_an_unknown_field_is_told_with_the_nearest_known_one(tmp_path: Path, name: str, nearest: str | None) -> None:
    for path in (
        write(tmp_path, "c.toml", f"{name} = 1\n"),
        write(tmp_path, "c.tsv", f"sample\t{name}\nA\t1\n"),
    ):
        with pytest.raises(ClinicalError) as caught:
            load_clinical(path)
        assert caught.value.where == f"{path}, field {name}"
        asked = f"Did you mean {nearest}? " if nearest else ""
        assert caught.value.mend == f"{asked}Known fields: sample, {', '.join(FIELDS)}."


@pytest.mark.parametrize("mark", ["\x0c", "\x1c", "\x85", "\u2028", "\u2029", "\u202e", "\x00", "<b>"])
def test_nothing_but_a_line_end_ends_a_row(tmp_path: Path, mark: str) -> None:
    path = write(tmp_path, "c.tsv", f"sample\tsetting\nA{mark}B\tadjuvant\nC\tsecond_line\n")
    assert load_clinical(path) == {f"A{mark}B": Clinical(setting="adjuvant"), "C": Clinical(setting="second_line")}
    with pytest.raises(ClinicalError, match="field setting: ") as caught:
        load_clinical(write(tmp_path, "c.tsv", f"sample\tsetting\nA\tadju{mark}vant\n"))
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    "text",
    [
        'setting = "' + "x" * 10_000 + '"\n',
        'prior_regimens = ["' + "X" * 10_000 + '"]\n',
        'prior_regimens = ["' + "x" * 10_000 + '"]\n',
        "x" * 10_000 + " = 1\n",
        '"a\\u202eb\\u0007" = 1\n',
        'language = "\\u202e\\u001b[31m"\n',
    ],
)
def test_hostile_text_is_named_briefly_and_safely(tmp_path: Path, text: str) -> None:
    with pytest.raises(ClinicalError) as caught:
        load_clinical(write(tmp_path, "c.toml", text), known_regimens=["folfirinox"])
    assert len(str(caught.value)) < 700
    assert str(caught.value).isprintable()


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ClinicalError, match=r"absent\.toml: cannot be read"):
        load_clinical(tmp_path / "absent.toml")


def test_setting_is_assumed_only_where_none_is_given() -> None:
    assumed = setting_of(Clinical())
    assert (assumed.value, assumed.assumed) == ("first_line_metastatic", True)
    told = setting_of(Clinical(setting="first_line_metastatic"))
    assert (told.value, told.assumed) == ("first_line_metastatic", False)


def test_every_field_is_optional() -> None:
    assert Clinical().given() == {}
    assert all(getattr(Clinical(), name) is None for name in FIELDS)


def test_an_open_quote_swallows_no_patient(tmp_path: Path) -> None:
    path = tmp_path / "clinical.tsv"
    path.write_text('sample\tsetting\tugt1a1\n"S1\tadjuvant\t\nS2\tsecond_line\t\n')
    assert list(load_clinical(path)) == ['"S1', "S2"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("c.tsv", "sample\tage\nS1\t" + "9" * 200_000 + "\n"),
        ("c.tsv", "sample\tage\nS1\t" + "9" * 100_000 + "\n"),
        ("c.toml", "age = " + "9" * 5_000 + "\n"),
        ("c.toml", "prior_regimens = " + "[" * 3_000 + "\n"),
    ],
)
def test_monstrous_values_are_named_briefly(name: str, text: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(ClinicalError) as caught:
        load_clinical(path)
    assert name in str(caught.value)
    assert len(str(caught.value)) < 600
