"""The command `grid adequacy`, as it is typed."""

import json

import pytest

from ui.command_line import main

UNITS = "unit_id,capacity_mw,number,mttf_h,mttr_h\ng1,20,4,900,100\n"
LOAD = "hour,load_mw\n" + "".join(f"{hour},{40 + hour % 24}\n" for hour in range(168))


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "units.csv").write_text(UNITS, encoding="utf-8")
    (tmp_path / "load.csv").write_text(LOAD, encoding="utf-8")
    return tmp_path


def test_both_methods_stand_beside_each_other(folder, capsys):
    assert main(["grid", "adequacy", str(folder), "--years", "2000", "--json"]) == 0
    rows = {row["quantity"]: row for row in json.loads(capsys.readouterr().out)}
    for quantity in ("lole_h", "loee_mwh", "lolf", "mean_duration_h"):
        row = rows[quantity]
        assert abs(row["simulation"] - row["convolution"]) < 4 * row["standard_error"]
    assert rows["lolf_on_the_hour"]["convolution"] is None


def test_the_table_says_what_was_understood_and_how_sure_it_is(folder, capsys):
    assert main(["grid", "adequacy", str(folder), "--years", "400", "--seed", "3"]) == 0
    text = capsys.readouterr().out
    assert "4 units, 80.0 MW installed" in text
    assert "168 hours" in text
    assert "LOLE" in text
    assert "400 years, seed 3" in text
    assert "to 1 % it takes about" in text


def test_bad_tables_end_with_2_and_name_the_cell(folder, capsys):
    (folder / "units.csv").write_text(UNITS.replace("20,4", "20000,4"), encoding="utf-8")
    assert main(["grid", "adequacy", str(folder)]) == 2
    assert "units.csv row 2 column capacity_mw" in capsys.readouterr().err


def test_an_example_is_written_to_start_from(tmp_path, capsys):
    assert main(["grid", "adequacy", "new", str(tmp_path / "mine")]) == 0
    assert (tmp_path / "mine" / "units.csv").is_file()
    assert "python3 run.py grid adequacy" in capsys.readouterr().out
    assert main(["grid", "adequacy", "one", "two", "three"]) == 2
