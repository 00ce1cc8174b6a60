"""Adequacy tables: what is read, and how mistakes are told."""

import numpy as np
import pytest

from data.problems import InputError
from grid.adequacy.convolution import convolve
from grid.adequacy.load_tables import PERCENT_TABLES
from grid.adequacy.read import EXAMPLE, new_system, read_system

UNITS = "unit_id,capacity_mw,number,mttf_h,mttr_h\ng1,20,3,900,100\ng2,40,1,950,50\n"
LOAD = "hour,load_mw\n1,50\n2,60\n3,55\n"


def write(folder, **tables):
    for name, text in ({"units": UNITS, "load": LOAD} | tables).items():
        if text:
            (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


def codes(folder):
    with pytest.raises(InputError) as caught:
        read_system(folder)
    return [problem.code for problem in caught.value.problems], str(caught.value)


def test_machines_of_a_row_are_units_of_their_own(tmp_path):
    system = read_system(write(tmp_path)).system
    assert system.units.unit_id.tolist() == ["g1", "g1", "g1", "g2"]
    assert system.units.outages.probability == pytest.approx([0.1, 0.1, 0.1, 0.05])
    assert system.area_ids.tolist() == ["system"]
    assert system.load_mw[:, 0].tolist() == [50.0, 60.0, 55.0]


def test_the_example_reads_and_can_be_computed_both_ways(tmp_path):
    new_system(tmp_path / "mine")
    understood = read_system(tmp_path / "mine")
    assert understood.system.hours == 8736
    assert understood.system.load_mw.max(axis=0) == pytest.approx([1500.0, 1250.0])
    assert convolve(understood.system).lole_h > 0.0
    with pytest.raises(InputError, match="folder_not_empty"):
        new_system(tmp_path / "mine")


def test_probability_and_repair_time_give_the_time_to_failure(tmp_path):
    units = "capacity_mw,forced_outage_rate,mttr_h\n20,0.1,100\n60,0,\n"
    outages = read_system(write(tmp_path, units=units)).system.units.outages
    assert outages.failure_rate_per_h == pytest.approx([1 / 900, 0.0])
    assert not outages.is_hourly.any()


def test_probability_alone_is_drawn_each_hour_and_that_is_said(tmp_path):
    units = "capacity_mw,forced_outage_rate\n20,0.1\n60,0.2\n"
    understood = read_system(write(tmp_path, units=units))
    assert understood.system.units.outages.is_hourly.all()
    assert "drawn anew each hour" in " ".join(understood.notes)


def test_everything_wrong_is_told_in_one_pass(tmp_path):
    units = (
        "unit_id,capacity_mw,number,mttf_h,mttr_h,forced_outage_rate\n"
        "g1,-20,3,900,100,\n"
        "g1,40000,1,950,50,\n"
        "g2,40,1.5,950,0,\n"
        'g3,"1,5",1,,,\n'
        "g4,40,1,900,100,0.4\n"
        "g5,40,1,,,10\n"
    )
    load = "hour,load_mw\n1,50\n2,-60\n4,x\n4,55\n"
    found, text = codes(write(tmp_path, units=units, load=load))
    assert "units.csv row 2 column capacity_mw" in text
    assert "is it in kW?" in text
    assert "Write a decimal point." in text
    assert "divide percent by 100" in text
    assert "load.csv row 3 column load_mw" in text
    assert "Missing: 3 to 3" in text
    for code in (
        "duplicate", "out_of_range", "not_a_number", "missing_outages", "outages_disagree",
        "hours_missing", "duplicate_hour",
    ):  # fmt: skip
        assert code in found


@pytest.mark.parametrize(
    ("tables", "code"),
    [
        ({"load": "hour,load_mw\n1,50000\n2,60000\n"}, "load_far_above_capacity"),
        ({"load": "hour,load_mw\n1,0.05\n2,0.06\n"}, "load_far_below_capacity"),
        ({"load": ""}, "missing_load"),
        ({"load": "hour;load_mw\n1;50\n"}, "missing_column"),
        ({"load": "hour,load_mw\n"}, "empty_table"),
        ({"units": ""}, "missing_file"),
        ({"units": "capacity_mw,mttf,mttr\n1,1,1\n"}, "unknown_column"),
        ({"units": "capacity_mw,area_id,mttf_h,mttr_h\n50,west,1,1\n"}, "unknown_area"),
        ({"links": "from_area,to_area,capacity_mw\nsystem,system,3\n"}, "link_to_itself"),
        ({"links": "from_area,to_area,capacity_mw\nsystem,east,3\n"}, "unknown_area"),
        ({"storage": "storage_id,power_mw,energy_mwh,efficiency\ns,1,2,85\n"}, "out_of_range"),
        ({"certain_generation": "hour,system\n1,5\n"}, "hours_missing"),
        ({"unit_capacity": "hour,g2\n1,5\n2,41\n3,5\n"}, "above_capacity"),
        ({"unit_capacity": "hour,g9\n1,5\n2,41\n3,5\n"}, "unknown_column"),
        ({"weekly_peak_percent": "week,percent_of_annual_peak\n1,100\n"}, "two_loads"),
        ({"areas": "area_id\neast\neast\n"}, "duplicate"),
    ],
)
def test_mistakes_have_a_name(tmp_path, tables, code):
    found, _ = codes(write(tmp_path, **tables))
    assert code in found


def test_percentages_written_as_shares_are_told(tmp_path):
    for path in EXAMPLE.glob("*.csv"):
        (tmp_path / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    day = "day,percent_of_weekly_peak\nMon,0.9\nTue,1\nWed,1\nThu,1\nFri,1\nSat,0.7\n"
    (tmp_path / PERCENT_TABLES[1]).write_text(day, encoding="utf-8")
    found, text = codes(tmp_path)
    assert found == ["share_not_percent", "days_missing"]
    assert "Multiply by 100" in text


def test_capacity_by_the_hour_replaces_the_capacity_of_the_unit(tmp_path):
    hourly = "hour,g2\n0,40\n1,0\n2,10\n"
    units = read_system(write(tmp_path, unit_capacity=hourly)).system.units
    assert np.array_equal(units.hourly_row, [-1, -1, -1, 0])
    assert np.array_equal(units.hourly_mw, [[40.0, 0.0, 10.0]])
