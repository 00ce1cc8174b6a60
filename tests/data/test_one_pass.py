"""One mistake is one message, and several are as many, whatever else is wrong."""

import csv
import io
import shutil

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.check_cells import UNREADABLE
from data.check_partial import TablesRead, check_partial
from data.problems import InputError
from data.read import BUILT_IN, load_region, table_types
from data.tables import columns

TYPES = table_types()
# Words that may not stand in a column of the kind, whatever it holds.
WRONG = {
    "number": "?", "whole": "2.5", "choice": "?", "flag": "yes", "ref": "?", "text": "", "key": "",
}  # fmt: skip
CELLS = [
    (name, column_name, column.kind)
    for name, kind in TYPES.items()
    for column_name, column in columns(kind)
    # No battery is built in.
    if name != "storage" and not (column.kind == "text" and column.optional)
]
# Without its name nobody knows what points at a row; what does is told in the next pass.
NO_KEYS = [cell for cell in CELLS if cell[2] != "key"]


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    folder = tmp_path_factory.mktemp("region") / "own_region"
    shutil.copytree(BUILT_IN, folder)
    return folder


def rows_of(name: str) -> list[list[str]]:
    with (BUILT_IN / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def problems_with(folder, changed):
    """Problems of the built-in region with some tables changed for a moment."""
    for name, rows in changed.items():
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(rows)
        (folder / f"{name}.csv").write_text(text.getvalue(), encoding="utf-8")
    try:
        load_region(folder)
    except InputError as error:
        return error.problems
    finally:
        for name in changed:
            shutil.copyfile(BUILT_IN / f"{name}.csv", folder / f"{name}.csv")
    return ()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(CELLS), st.data())
def test_one_wrong_cell_is_one_problem_and_breaks_no_rule_besides(copy, cell, data):
    name, column, kind = cell
    rows = rows_of(name)
    line = data.draw(st.integers(2, len(rows)))
    rows[line - 1][rows[0].index(column)] = WRONG[kind]
    found = problems_with(copy, {name: rows})
    assert [p.place for p in found] == [f"{name}.csv row {line} column {column}"]


@pytest.mark.parametrize("name", sorted({name for name, _, _ in NO_KEYS}))
def test_a_wrong_cell_in_each_column_is_as_many_problems(copy, name):
    rows = rows_of(name)
    expected = set()
    for table, column, kind in NO_KEYS:
        if table == name:
            rows[1][rows[0].index(column)] = WRONG[kind]
            expected.add(f"{name}.csv row 2 column {column}")
    assert {p.place for p in problems_with(copy, {name: rows})} == expected


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(NO_KEYS), min_size=2, max_size=6, unique_by=lambda cell: cell[0]))
def test_wrong_cells_of_several_tables_are_as_many_problems(copy, cells):
    changed, expected = {}, set()
    for name, column, kind in cells:
        changed[name] = rows_of(name)
        changed[name][1][changed[name][0].index(column)] = WRONG[kind]
        expected.add(f"{name}.csv row 2 column {column}")
    assert {p.place for p in problems_with(copy, changed)} == expected


JUNK = st.sampled_from(["", "-1", "?", "1e9", "nan", "30 min", "0,5", "h1", "water", "F09", "it",
                        "k_of_n", "any", "crew_road", "1", "0", "æøå", "0301"])  # fmt: skip
EDITED = ("dependencies", "sites", "backups", "depots", "telecom_routes", "water_works", "staff",
          "deliveries", "functions", "district_heat", "fuel_depots", "people")  # fmt: skip


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_no_edit_of_tables_ends_in_anything_but_a_list_of_problems(copy, data):
    changed = {}
    for _ in range(data.draw(st.integers(1, 4))):
        name = data.draw(st.sampled_from(EDITED))
        rows = changed.setdefault(name, rows_of(name))
        for _ in range(data.draw(st.integers(1, 5))):
            row = data.draw(st.integers(0, min(len(rows) - 1, 12)))
            rows[row][data.draw(st.integers(0, len(rows[0]) - 1))] = data.draw(JUNK)
    for problem in problems_with(copy, changed):
        assert problem.place.split(".csv")[0] in TYPES
        assert len(str(problem)) < 2000


def test_a_missing_table_hides_no_mistake_in_another(folder):
    (folder / "spares.csv").unlink()
    text = (folder / "dependencies.csv").read_text(encoding="utf-8")
    path = folder / "dependencies.csv"
    path.write_text(text.replace("hospital,water,", "hospital,watr,"), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_region(folder)
    assert [p.code for p in caught.value.problems] == ["missing_file", "unknown_need"]


def test_a_row_that_cannot_be_split_is_told_alone(folder):
    for table, before, after in (
        ("deliveries", "F01,g1,030101,0.8,", "F01,g1,030101,0,8,"),
        ("depots", "oslo_west,", "oslo_west,x,"),
        ("dependencies", ",halls,k_of_n,2,0.5,", ",halls,k_of_n,2,0,5,"),
    ):
        path = folder / f"{table}.csv"
        text = path.read_text(encoding="utf-8")
        assert before in text
        path.write_text(text.replace(before, after, 1), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_region(folder)
    assert [p.code for p in caught.value.problems] == ["cell_count"] * 3


def test_every_rule_passes_over_a_region_of_which_nothing_could_be_read():
    read = TablesRead(cells={}, doubtful={})
    assert check_partial(TYPES, read, ()) == []


def test_an_error_in_a_rule_itself_is_not_taken_for_a_cell_that_was_not_read(monkeypatch):
    def broken(_region):
        return "x".no_such_attribute

    monkeypatch.setattr("data.check_partial.ENTIRE_RULES", (broken,))
    with pytest.raises(AttributeError, match="no_such_attribute"):
        check_partial(TYPES, TablesRead(), ())


def test_no_rule_is_broken_by_numbers_of_a_table_that_could_all_not_be_read(region):
    clean = {
        name: {c: getattr(getattr(region, name), c) for c, _ in columns(kind)}
        for name, kind in TYPES.items()
    }
    for name, kind in TYPES.items():
        fill = {"number": np.nan, "whole": UNREADABLE}
        doubtful = {
            c: np.full_like(clean[name][c], fill[column.kind])
            for c, column in columns(kind)
            if column.kind in fill
        }
        kept = {c: values for c, values in clean[name].items() if c not in doubtful}
        read = TablesRead(cells=clean | {name: kept}, doubtful={name: doubtful})
        assert check_partial(TYPES, read, ()) == [], name
