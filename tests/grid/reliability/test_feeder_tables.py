"""Feeder tables: what reads, what is refused with its likely fix, and which defaults stand in."""

import csv
import json

import numpy as np
import pytest

from data.problems import InputError
from grid.reliability.analytical import analytical_indices
from grid.reliability.example import write_example
from grid.reliability.read import read_feeders
from tests.grid.reliability.conftest import REFERENCE, tables
from ui.command_line import main

HEAD = "section_id,from_node,to_node,device,kind,length_km"
POINTS = "load_point_id,node,customers,mean_mw"


def problems(folder):
    with pytest.raises(InputError) as caught:
        read_feeders(folder)
    return caught.value.problems


def only(folder):
    (problem,) = problems(folder)
    return problem


@pytest.mark.parametrize(
    ("table", "text", "code", "place", "remedy"),
    [
        (
            "sections",
            f"{HEAD}\ns,B,n1,breaker,overhead,0\n",
            "zero_length",
            "row 2 column length_km",
            "leave it empty",
        ),
        (
            "sections",
            f"{HEAD}\ns,B,n1,breaker,overhead,-2\n",
            "out_of_range",
            "row 2 column length_km",
            "sign",
        ),
        (
            "sections",
            f"{HEAD}\ns,B,n1,breaker,overhead,2500\n",
            "implausible_length",
            "row 2",
            "write 2.5",
        ),
        (
            "sections",
            f'{HEAD}\ns,B,n1,breaker,overhead,"2,5"\n',
            "not_a_number",
            "row 2",
            "Write 2.5",
        ),
        (
            "sections",
            f"{HEAD}\ns,B,n1,none,overhead,1\n",
            "feeder_without_breaker",
            "column device",
            "breaker",
        ),
        (
            "sections",
            f"{HEAD}\ns,B,n1,Breaker,overhead,1\n",
            "not_allowed",
            "column device",
            "Write breaker",
        ),
        (
            "sections",
            f"{HEAD}\ns,B,n1,breaker,,1\n",
            "missing_rate",
            "failure_rate_per_km_yr",
            "kind",
        ),
        ("sections", f"{HEAD}\ns,B,n1,breaker,overhead,\n", "missing_rate", "length_km", "length"),
        (
            "sections",
            f"{HEAD},repair_h\ns,B,n1,breaker,overhead,1,0\n",
            "zero_repair",
            "repair_h",
            "hours",
        ),
        (
            "sections",
            f"{HEAD},p_device_fails\ns,B,n1,breaker,overhead,1,10\n",
            "out_of_range",
            "p_device_fails",
            "write 0.1 for 10 %",
        ),
        (
            "sections",
            f"{HEAD},failure_rate_per_km_yr\ns,B,n1,breaker,,1,-0.1\n",
            "out_of_range",
            "failure_rate",
            "sign",
        ),
        ("load_points", f"{POINTS}\nL,n1,200,535,\n", "cell_count", "row 2", ""),
        (
            "load_points",
            f"{POINTS}\nL,n1,1,535\n",
            "implausible_load",
            "column mean_mw",
            "write 0.535",
        ),
        (
            "load_points",
            f"{POINTS},kile_group\nL,n1,10,3.5,household\n",
            "implausible_load",
            "mean_mw",
            "kW",
        ),
        (
            "load_points",
            f"{POINTS},peak_mw\nL,n1,200,0.9,0.5\n",
            "mean_above_peak",
            "mean_mw",
            "swapped",
        ),
        (
            "load_points",
            f"{POINTS},kile_group\nL,n1,10,0.02,residential\n",
            "not_allowed",
            "kile_group",
            "household",
        ),
        (
            "load_points",
            f"{POINTS}\nL,m1,10,0.02\n",
            "unknown_node",
            "column node",
            "Did you mean n1?",
        ),
        (
            "load_points",
            f"{POINTS}\nL,n1,10,0.02\nL,n1,10,0.02\n",
            "duplicate_key",
            "row 3",
            "Rename",
        ),
        ("load_points", f"{POINTS}\nL,n1,1.5,0.02\n", "not_whole", "customers", "Write 2"),
        (
            "load_points",
            f"{POINTS},transformer_out_h\nL,n1,1,0.02,5\n",
            "no_transformer",
            "transformer_out_h",
            "repair or replace",
        ),
        (
            "load_points",
            "load_point_id,node,customers\nL,n1,10\n",
            "missing_column",
            "row 1",
            "feeder-tables.md",
        ),
        ("load_points", f"{POINTS},mean_kw\nL,n1,10,0.02,20\n", "unknown_column", "row 1", "unit"),
        ("ties", "tie_id,node,p_available\nt,n1,95\n", "out_of_range", "p_available", "0.95"),
        ("ties", "tie_id,node,to_node\nt,n1,n9\n", "unknown_node", "to_node", "n1"),
        ("ties", "tie_id,node,to_node\nt,n1,n1\n", "tie_to_itself", "to_node", "other side"),
        (
            "ties",
            "tie_id,node,capacity_mw\nt,n1,1500\n",
            "implausible_capacity",
            "capacity_mw",
            "write 1.5",
        ),
        (
            "parameters",
            "name,value\nmanual_switchin_h,1\n",
            "unknown_parameter",
            "row 2",
            "manual_switching_h",
        ),
        (
            "parameters",
            "name,value,unit\nmanual_switching_h,60,min\n",
            "wrong_unit",
            "column unit",
            "to h",
        ),
        ("parameters", "name,value\np_fuse_fails,5\n", "out_of_range", "value", "write 0.05"),
        ("busbars", "node\n", "empty_table", "busbars.csv", ""),
    ],
)
def test_mistakes_are_named_with_their_likely_fix(tmp_path, table, text, code, place, remedy):  # noqa: PLR0917 -- columns of a table
    found = [
        each for each in problems(tables(tmp_path / "f", **{table: text})) if each.code == code
    ]
    assert len(found) == 1
    assert f"{table}.csv" in found[0].place
    assert place in found[0].place
    assert remedy in found[0].remedy


def test_a_loop_is_named_and_where_to_open_it(tmp_path):
    rows = f"{HEAD}\ns,B,n1,breaker,overhead,1\nu,n1,n2,none,overhead,1\nv,n2,n1,none,overhead,1\n"
    problem = only(tables(tmp_path / "f", sections=rows))
    assert problem.code == "loop"
    assert "ties.csv" in problem.remedy


def test_two_busbars_joined_are_a_loop(tmp_path):
    rows = f"{HEAD}\ns,B,n1,breaker,overhead,1\nu,C,n1,breaker,overhead,1\n"
    assert only(tables(tmp_path / "f", sections=rows, busbars="node\nB\nC\n")).code == "loop"


def test_a_part_without_busbar_is_told_once(tmp_path):
    rows = f"{HEAD}\ns,B,n1,breaker,overhead,1\nu,n11,n2,none,overhead,1\nv,n2,n3,none,overhead,1\n"
    problem = only(tables(tmp_path / "f", sections=rows))
    assert problem.code == "unconnected_section"
    assert problem.place == "sections.csv row 3 column from_node"
    assert problem.remedy == "Did you mean n1?"


def test_a_section_the_wrong_way_round_is_told(tmp_path):
    rows = f"{HEAD}\ns,B,n1,breaker,overhead,1\nu,n2,n1,disconnector,overhead,1\n"
    problem = only(tables(tmp_path / "f", sections=rows))
    assert problem.code == "reversed_section"
    assert "Swap" in problem.remedy


def test_every_problem_of_every_table_is_told_in_one_pass(tmp_path):
    folder = tables(
        tmp_path / "f",
        sections=f"{HEAD}\ns,B,n1,none,overhead,0\n",
        load_points=f"{POINTS}\nL,x1,10,0.02\nM,n1,10,400\n",
        ties="tie_id,node\nt,nowhere\n",
    )
    codes = sorted(each.code for each in problems(folder))
    assert codes == [
        "feeder_without_breaker",
        "implausible_load",
        "unknown_node",
        "unknown_node",
        "zero_length",
    ]
    for each in problems(folder):
        assert each.remedy


def test_a_missing_table_and_folder_say_how_to_start(tmp_path):
    folder = tables(tmp_path / "f")
    (folder / "busbars.csv").unlink()
    assert "grid feeders new" in only(folder).remedy
    assert "grid feeders new" in only(tmp_path / "none").remedy


def test_load_without_customers_is_remarked_on_unless_the_cell_is_empty(tmp_path):
    remarked = read_feeders(tables(tmp_path / "f", load_points=f"{POINTS}\nL,n1,0,0.02\n"))
    assert "load_without_customers" in {each.code for each in remarked.remarks}
    meant = read_feeders(tables(tmp_path / "g", load_points=f"{POINTS}\nL,n1,,0.02\n"))
    assert "load_without_customers" not in {each.code for each in meant.remarks}


def test_a_rate_per_100_km_is_remarked_on(tmp_path):
    rows = f"{HEAD},failure_rate_per_km_yr\ns,B,n1,breaker,overhead,1,3.97\n"
    (remark,) = read_feeders(tables(tmp_path / "f", sections=rows)).remarks
    assert "write 0.0397" in remark.remedy


def test_a_tie_behind_the_busbar_and_a_load_on_it_are_fine(study, tmp_path):
    folder = tables(
        tmp_path / "f",
        load_points=f"{POINTS}\nL,n1,10,0.02\nM,B,5,0.02\n",
        ties="tie_id,node,to_node,control\nt,n1,B,remote\n",
    )
    points = analytical_indices(study(folder).system).load_points
    assert points.failure_rate_per_yr.tolist() == pytest.approx([0.0397, 0.0])


def test_defaults_are_named_with_value_source_and_rows(study, tmp_path):
    used = {each.name: each for each in study(tables(tmp_path / "f")).defaults}
    assert used["overhead_failure_rate_per_km_yr"].value == 0.0397
    assert used["overhead_failure_rate_per_km_yr"].rows == 1
    assert "CINELDI" in used["overhead_repair_h"].source
    assert "cable_repair_h" not in used
    own = tables(tmp_path / "g", parameters="name,value\noverhead_repair_h,7\n")
    assert "overhead_repair_h" not in {each.name for each in study(own).defaults}
    hours = analytical_indices(study(own).system).load_points.mean_outage_h
    assert hours.tolist() == pytest.approx([7.0])


def test_rows_of_their_own_go_before_parameters(study, tmp_path):
    rows = f"{HEAD},repair_h,failure_rate_per_yr\ns,B,n1,breaker,overhead,1,2,0.5\n"
    folder = tables(tmp_path / "f", sections=rows, parameters="name,value\noverhead_repair_h,7\n")
    points = analytical_indices(study(folder).system).load_points
    assert points.failure_rate_per_yr.tolist() == [0.5]
    assert points.mean_outage_h.tolist() == [2.0]


def test_order_of_the_rows_and_columns_changes_nothing(study, tmp_path):
    source = REFERENCE / "03-rbts-bus2-distribution" / "D"
    folder = tmp_path / "f"
    folder.mkdir()
    rng = np.random.default_rng(1)
    for path in source.glob("*.csv"):
        rows = list(csv.reader(path.read_text(encoding="utf-8").splitlines()))
        columns = rng.permutation(len(rows[0]))
        order = [0, *(1 + rng.permutation(len(rows) - 1))]
        with (folder / path.name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([[rows[r][c] for c in columns] for r in order])
    one, other = (analytical_indices(study(each).system) for each in (source, folder))
    assert other.system.saidi_h == pytest.approx(one.system.saidi_h, rel=1e-12)
    assert other.system.ens_mwh == pytest.approx(67.286071, rel=1e-6)


@pytest.fixture
def run(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "160")

    def command(*arguments):
        capsys.readouterr()
        code = main(["grid", "feeders", *(str(each) for each in arguments)])
        out, err = capsys.readouterr()
        return code, out, err

    return command


def test_the_example_can_be_written_and_computed(run, tmp_path):
    folder = tmp_path / "own"
    assert run("new", folder)[0] == 0
    assert (folder / "README.md").exists()
    code, out, _ = run(folder, "--years", "500", "--csv", tmp_path / "all.csv")
    assert code == 0
    for wanted in ("2 feeders", "6 load points", "SAIDI", "SE", "Default used", "Seter"):
        assert wanted in out
    assert read_feeders(folder).remarks == ()
    with (tmp_path / "all.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["load_point"] for row in rows} >= {"", "Nes", "Brygga works"}
    code, _, err = run("new", folder)
    assert code == 2
    assert "folder_not_empty" in err


def test_json_holds_every_index_and_tells_of_defaults_beside(run, tmp_path):
    write_example(tmp_path / "own")
    code, out, err = run(tmp_path / "own", "--years", "0", "--json")
    rows = json.loads(out)
    assert code == 0
    assert "Default used" in err
    assert {row["index"] for row in rows if not row["load_point"]} == {
        "saifi", "saidi_h", "caidi_h", "asai", "asui", "ens_mwh", "aens_kwh", "kile_nok",
    }  # fmt: skip
    assert all(row["simulated"] is None for row in rows)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("nowhere",), "missing_folder"),
        (("a", "b", "c"), "FOLDER or new FOLDER"),
        (("nowhere", "--years", "1"), "few_years"),
    ],
)
def test_what_cannot_be_run_ends_with_two(run, arguments, told):
    code, _, err = run(*arguments)
    assert code == 2
    assert told in err
