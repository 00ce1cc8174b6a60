"""Every case folder beside this file, computed by the product's own code."""

import json
from pathlib import Path

import pytest

from data.problems import InputError
from sim.reference.cases import RUNNERS, check_case, read_case, reference_cases
from sim.reference.queues import machine_repair_case
from ui.validation_page import validation_page

HERE = Path(__file__).parent
PAGE = HERE.parent.parent / "docs" / "validation.md"
FOLDERS = sorted(path.parent for path in HERE.glob("*/case.toml"))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_case_is_reproduced_and_stands_on_the_page(folder):
    case = read_case(folder)
    rows = check_case(case)
    assert rows
    wrong = [row for row in rows if not row.ok]
    assert wrong == []
    # Simulated values may differ in their last digits between processors.
    named = {line.split(" | ")[0] for line in validation_page([(case, rows)]).splitlines()}
    written = {line.split(" | ")[0] for line in PAGE.read_text(encoding="utf-8").splitlines()}
    assert named - written <= {f"**{len(rows)} of {len(rows)} quantities within their tolerance.**"}


def test_every_case_that_can_be_computed_is_here():
    assert [folder.name for folder in FOLDERS] == sorted(RUNNERS)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_case_names_its_source(folder):
    assert read_case(folder).source


def test_error_shrinks_with_the_square_root_of_the_replications(tmp_path):
    system = {
        "id": "pair",
        "machines": 2,
        "crews": 1,
        "failure_rate_per_h": 0.1,
        "repair_rate_per_h": 0.5,
        "warm_up_h": 50,
        "horizon_h": 200,
    }
    (tmp_path / "input.json").write_text(json.dumps({"systems": [system]}), encoding="utf-8")
    few = machine_repair_case(tmp_path, 1, 100)["pair/machine_availability"]
    many = machine_repair_case(tmp_path, 1, 1600)["pair/machine_availability"]
    assert few.standard_error / many.standard_error == pytest.approx(4.0, rel=0.25)


def copy_case(tmp_path, expected):
    folder = tmp_path / "10-resilience-metrics"
    folder.mkdir()
    for name in ("case.toml", "input.json"):
        text = (HERE / folder.name / name).read_text(encoding="utf-8")
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "expected.csv").write_text(f"quantity,expected,unit\n{expected}\n", encoding="utf-8")
    return folder


def test_a_wrong_value_is_found(tmp_path):
    copy_case(tmp_path, "steps/loss_percent_h,564.01,% h")
    ((_, (row,)),) = reference_cases(tmp_path)
    assert not row.ok
    assert row.got == pytest.approx(564.0)


def test_a_quantity_nobody_computes_is_named(tmp_path):
    copy_case(tmp_path, "steps/colour,1,1")
    with pytest.raises(InputError, match="steps/colour"):
        reference_cases(tmp_path)


def test_a_folder_without_cases_is_named(tmp_path):
    with pytest.raises(InputError, match="reference_cases_missing"):
        reference_cases(tmp_path)


def test_a_case_nothing_computes_is_named(tmp_path):
    copy_case(tmp_path, "steps/loss_percent_h,564,% h").rename(tmp_path / "99-new")
    with pytest.raises(InputError, match="99-new"):
        reference_cases(tmp_path)


def test_an_unreadable_case_is_named(tmp_path):
    copy_case(tmp_path, "steps/loss_percent_h,many,% h")
    with pytest.raises(InputError, match="reference_case_unreadable"):
        reference_cases(tmp_path)
