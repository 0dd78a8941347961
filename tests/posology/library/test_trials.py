"""Arms of published trials: every cell is read, and a wrong one is named."""

import math
from dataclasses import fields, replace
from importlib import resources
from pathlib import Path

import pytest

from posology.library import TrialArm, read_arms, regimen_names, trial_arms
from posology.library.trials import COLUMNS, arms_in

TABLE = (resources.files("posology.library") / "data" / "trials.csv").read_text(encoding="utf-8")
HEADER, FIRST = TABLE.splitlines()[:2]


def row(**cells: str) -> str:
    """A table of one arm of docetaxel and cisplatin in which some cells are others."""
    values = dict(zip(COLUMNS, FIRST.replace('"7,14,21"', "DAYS").split(","), strict=True), **cells)
    return HEADER + "\n" + ",".join(values.values()).replace("DAYS", '"7,14,21"') + "\n"


def arm(name: str) -> TrialArm:
    return next(each for each in trial_arms() if each.id == name)


def test_there_are_25_arms_with_names_of_their_own() -> None:
    assert len({each.id for each in trial_arms()}) == len(trial_arms()) == 25


def test_an_arm_is_what_its_row_says() -> None:
    tax326 = arm("N01")
    assert (tax326.trial, tax326.regimen, tax326.interval_days) == (
        "TAX326",
        "docetaxel-cisplatin",
        21,
    )
    assert (tax326.patients, tax326.prior_lines, tax326.blood_days) == (408, 0, (7, 14, 21))
    assert (tax326.response_pct, tax326.survival_months) == (31.6, 11.3)
    assert tax326.neutropenia_grade4_pct is None
    assert tax326.verified_fields == ("ORR_pct", "OS_mo")


def test_doses_that_differ_from_the_regimen_are_read_by_agent() -> None:
    assert arm("N07").doses == {"paclitaxel": 225.0}
    assert arm("C02").doses == {"oxaliplatin": 100.0}
    assert arm("N01").doses == {}


def test_the_arm_with_counts_only_before_each_cycle_says_so() -> None:
    # TAX 327: weekly counts would show 77 % instead of 32 %.
    assert arm("R01").blood_days == (21,)
    assert arm("R01").neutropenia_grade34_pct == 32.0


def test_adjuvant_arms_have_no_scans_and_no_response() -> None:
    assert {each.id for each in trial_arms() if each.scan_weeks is None} == {"B05", "B06"}
    assert arm("B05").response_pct is None


def test_every_arm_gives_a_regimen_of_the_library() -> None:
    assert {each.regimen for each in trial_arms()} <= set(regimen_names())


@pytest.mark.parametrize("each", trial_arms(), ids=lambda each: each.id)
def test_no_reported_figure_is_out_of_its_range(each: TrialArm) -> None:
    for field in fields(each):
        value = getattr(each, field.name)
        if isinstance(value, float):
            assert math.isfinite(value)
            assert 0.0 <= value <= 100.0
    worse = each.neutropenia_grade4_pct or 0.0
    assert worse <= (each.neutropenia_grade34_pct or 100.0)


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ({"cycles": "six"}, r"row 2 \(N01\), column cycles: expected a whole number"),
        ({"ORR_pct": "131.6"}, "column ORR_pct: expected 0 to 100 %; got '131.6'"),
        ({"OS_mo": "0"}, "column OS_mo: expected a number above 0"),
        ({"patients": ""}, "column patients: expected a whole number of 1 or more; got ''"),
        ({"prior_lines": "2"}, "column prior_lines: expected 0 or 1"),
        ({"confidence": "sure"}, "column confidence: expected one of verified"),
        ({"regimen": "docetaxel-cis"}, "column regimen: the library has no regimen"),
        ({"tumour": "CRC"}, "column tumour: docetaxel-cisplatin is for NSCLC; got CRC"),
        ({"doses": "paclitaxel=225"}, "column doses: docetaxel-cisplatin gives docetaxel, cis"),
        ({"doses": "docetaxel 60"}, "column doses: expected agent=dose"),
        ({"interval_days": "24"}, "column interval_days: cycles are whole weeks; got 24 d"),
        ({"interval_days": "14"}, "column blood_days: give rising days from 1 to 14"),
        ({"verified_fields": "ORR"}, "column verified_fields: expected names of columns; got ORR"),
        ({"notes": "one,too many"}, "more cells than columns"),
    ],
)
def test_a_wrong_cell_is_named_by_row_and_column(cells: dict[str, str], message: str) -> None:
    assert len(arms_in(row())) == 1
    with pytest.raises(ValueError, match=message):
        arms_in(row(**cells))


def test_all_faults_come_in_one_pass() -> None:
    with pytest.raises(ValueError, match=r"(?s)column cycles.*column ORR_pct"):
        arms_in(row(cycles="0", ORR_pct="many"))
    with pytest.raises(ValueError, match="id N01 names several rows"):
        arms_in(row() + row().splitlines()[1])


def test_a_missing_column_is_named() -> None:
    with pytest.raises(ValueError, match="out of place: blood_days"):
        arms_in(TABLE.replace("blood_days,", "", 1))


def test_a_file_is_read_as_the_library_is_with_or_without_a_spreadsheets_mark(
    tmp_path: Path,
) -> None:
    path = tmp_path / "mine.csv"
    for encoding in ("utf-8", "utf-8-sig"):
        path.write_text(TABLE, encoding=encoding)
        assert read_arms(path) == trial_arms()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (row(cycles="six").encode(), r"mine.csv cannot be read:\nrow 2 \(N01\), column cycles"),
        (b"", "mine.csv must have the columns id, tumour"),
        (HEADER.encode(), "mine.csv holds no arm"),
        (b"\xff\xfe", "mine.csv is not text in UTF-8"),
    ],
)
def test_faults_name_the_file(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "mine.csv"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message):
        read_arms(path)


def test_a_figure_is_verified_only_if_it_was_itself_read() -> None:
    dcf = arm("G01")
    assert dcf.confidence == "verified"
    assert dcf.confidence_of("mucositis_grade34_pct") == "verified"
    assert dcf.confidence_of("response_pct") == "recalled-high"
    doubtful = replace(dcf, confidence="recalled-medium")
    assert doubtful.confidence_of("response_pct") == "recalled-medium"
