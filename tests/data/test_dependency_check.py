"""Mistakes in dependencies, services and response: each is one message that says it all."""

import re
from collections.abc import Callable

import pytest

from data.problems import InputError, Problem
from data.read import BUILT_IN, load_region
from tests.data.spreadsheet import Sheet

Edit = Callable[[Callable[[str], Sheet]], object]


@pytest.fixture
def sheet(folder) -> Callable[[str], Sheet]:
    """A table of a region that a test may spoil."""
    return lambda name: Sheet(folder / f"{name}.csv")


def problems(folder) -> tuple[Problem, ...]:
    try:
        load_region(folder)
    except InputError as error:
        return error.problems
    return ()


def only(folder) -> Problem:
    found = problems(folder)
    assert len(found) == 1, "\n".join(map(str, found))
    return found[0]


def depend(sheet, dependent, needs, **cells) -> int:
    """Add a dependency with a delay both ways; return its line."""
    usual = {"group": "", "rule": "weakest", "k": 0, "autonomy_h": 1, "level_after": 0.5}
    values = usual | {"recovery_h": 1} | cells
    return sheet("dependencies").add(dependent=dependent, needs=needs, **values)


SHIPPED = Sheet(BUILT_IN / "dependencies.csv")
LAST = len(SHIPPED.rows) + 2
"""Line of the first dependency that a test adds."""

HALLS = SHIPPED.lines(dependent="it", rule="k_of_n")
CALL = SHIPPED.lines(dependent="hospital", group="call")


def listed(*lines: int) -> str:
    return ", ".join(str(line) for line in lines)


# Each: what is done to the tables, the code told, the place, and words of the message.
MISTAKES: dict[str, tuple[Edit, str, str, tuple[str, ...]]] = {
    "an unknown dependent": (
        lambda s: depend(s, "hosptal", "water"),
        "unknown_dependent",
        f"dependencies.csv row {LAST} column dependent",
        ("'hosptal'", "Did you mean hospital"),
    ),
    "an unknown need": (
        lambda s: depend(s, "h1", "watr"),
        "unknown_need",
        f"dependencies.csv row {LAST} column needs",
        ("'watr'", "electricity, telecom", "Did you mean water"),
    ),
    "an unknown need like nothing else": (
        lambda s: depend(s, "h1", "zzz"),
        "unknown_need",
        f"dependencies.csv row {LAST} column needs",
        ("add rows that say what zzz needs",),
    ),
    "crews of an unknown skill": (
        lambda s: depend(s, "crew_rood", "road"),
        "unknown_dependent",
        f"dependencies.csv row {LAST} column dependent",
        ("crew_road",),
    ),
    "a kind of site as need": (
        lambda s: depend(s, "h1", "data_centre"),
        "kind_as_need",
        f"dependencies.csv row {LAST} column needs",
        ("name its sites, each in a row of one group",),
    ),
    "a site that needs a function": (
        lambda s: depend(s, "h1", "F10"),
        "need_of_function",
        f"dependencies.csv row {LAST} column needs",
        ("only functions may need functions", "Name the sites or the service"),
    ),
    "a shared service that needs an area's service": (
        lambda s: depend(s, "it", "telecom"),
        "need_without_place",
        f"dependencies.csv row {LAST} column needs",
        ("in no area", "sites that it runs at"),
    ),
    "a service of areas as dependent": (
        lambda s: depend(s, "telecom", "electricity"),
        "service_as_dependent",
        f"dependencies.csv row {LAST} column dependent",
        ("telecom.csv and telecom_routes.csv", "delete this row"),
    ),
    "a need of staff without a row of staff": (
        lambda s: depend(s, "university", "staff"),
        "need_of_staff",
        f"dependencies.csv row {LAST} column needs",
        ("staff.csv with works_at university", "Add that row"),
    ),
    "a site that needs staff of a kind without a row": (
        lambda s: depend(s, "u1", "staff"),
        "need_of_staff",
        f"dependencies.csv row {LAST} column needs",
        ("works_at university",),
    ),
    "a negative autonomy": (
        lambda s: depend(s, "h1", "water", autonomy_h=-4),
        "out_of_range",
        f"dependencies.csv row {LAST} column autonomy_h",
        ("'-4'", ">= 0 [h]", "sign"),
    ),
    "a level above 1": (
        lambda s: depend(s, "h1", "water", level_after=40),
        "out_of_range",
        f"dependencies.csv row {LAST} column level_after",
        ("0 to 1", "write 0.4 for 40 %"),
    ),
    "an unknown rule": (
        lambda s: depend(s, "h1", "water", rule="or"),
        "not_allowed",
        f"dependencies.csv row {LAST} column rule",
        ("weakest, any, k_of_n, linear",),
    ),
    "any without a group": (
        lambda s: depend(s, "h1", "water", rule="any"),
        "rule_without_group",
        f"dependencies.csv row {LAST} column rule",
        ("'any'", "same word in column group"),
    ),
    "k_of_n without a group": (
        lambda s: depend(s, "h1", "water", rule="k_of_n", k=1),
        "rule_without_group",
        f"dependencies.csv row {LAST} column rule",
        ("'k_of_n'",),
    ),
    "k without k_of_n": (
        lambda s: depend(s, "h1", "water", k=2),
        "k_without_rule",
        f"dependencies.csv row {LAST} column k",
        ("0, or rule k_of_n",),
    ),
    "k above the rows of its group": (
        lambda s: [s("dependencies").put(line, k=4) for line in HALLS],
        "k_above_n",
        f"dependencies.csv rows {listed(*HALLS)} column k",
        ("k 4 in group halls of it", "1 to 3", "4 of 3 can never be there"),
    ),
    "k_of_n without k": (
        lambda s: [s("dependencies").put(line, k=0) for line in HALLS],
        "k_above_n",
        f"dependencies.csv rows {listed(*HALLS)} column k",
        ("k 0", "how many of the group have to be there"),
    ),
    "two k in a group": (
        lambda s: s("dependencies").put(HALLS[1], k=1),
        "group_k",
        f"dependencies.csv rows {listed(*HALLS)} column k",
        ("k 1, 2 in group halls of it", "the same k"),
    ),
    "two rules in a group": (
        lambda s: s("dependencies").put(HALLS[1], rule="weakest", k=0),
        "group_rules",
        f"dependencies.csv rows {listed(*HALLS)} column rule",
        ("k_of_n, weakest in group halls of it", "one rule a group"),
    ),
    "a row of a site with another rule than the group of its kind": (
        lambda s: depend(s, "h1", "nodnett", group="call", rule="weakest"),
        "group_rules",
        f"dependencies.csv rows {listed(*CALL, LAST)} column rule",
        ("any, weakest in group call of hospital",),
    ),
    "a need twice in a count": (
        lambda s: depend(s, "it", "d1", group="halls", rule="k_of_n", k=2),
        "need_twice",
        f"dependencies.csv rows {listed(*HALLS, LAST)} column needs",
        ("'d1 in group halls of it'", "counted twice"),
    ),
    "more gensets needed than there are": (
        lambda s: s("backups").put(2, gensets=2),
        "k_above_n",
        "backups.csv row 2 column gensets_needed",
        ("found 3", "at most the 2 gensets", "3 of 2 can never run"),
    ),
    "a load behind no genset": (
        lambda s: s("backups").put(2, gensets_needed=0),
        "load_without_genset",
        "backups.csv row 2 column gensets_needed",
        ("genset_share is 0.9",),
    ),
    "a site without area": (
        lambda s: s("sites").put(3, area_id=""),
        "empty_cell",
        "sites.csv row 3 column area_id",
        ("an identifier of areas.csv", "which row of areas.csv"),
    ),
    "a site without feeder section": (
        lambda s: s("sites").put(3, section_id=""),
        "empty_cell",
        "sites.csv row 3 column section_id",
        ("an identifier of sections.csv", "which row of sections.csv"),
    ),
    "a site in an unknown area": (
        lambda s: s("sites").put(3, area_id="03018"),
        "unknown_id",
        "sites.csv row 3 column area_id",
        ("'03018'", "an identifier of areas.csv", "Did you mean 030108"),
    ),
    "no crews of a skill": (
        lambda s: s("depots").drop(20),
        "no_depot",
        "depots.csv",
        ("a depot with skill telecom", "0 crews"),
    ),
    "a skill left empty": (
        lambda s: s("depots").put(20, skill=""),
        "not_allowed",
        "depots.csv row 20 column skill",
        ("distribution, cable, transmission, road, telecom, fuel",),
    ),
    "an area without a telephone route": (
        lambda s: s("telecom_routes").drop(*s("telecom_routes").lines(area_id="3242")),
        "area_without_route",
        "telecom_routes.csv",
        ("a route to 3242", "core site"),
    ),
    "an area without water works": (
        lambda s: s("deliveries").put(
            s("deliveries").line(site_id="water_works_local_3242"), site_id="h1"
        ),
        "area_without_water",
        "deliveries.csv",
        ("a water works that delivers to 3242", "Add a row"),
    ),
    "preparedness that rises with the days": (
        lambda s: s("people").put(4, prepared_7d=0.9),
        "preparedness_rises",
        "people.csv row 4",
        ("0.8, 0.5, 0.9 for 1, 3 and 7 days", "do not rise"),
    ),
    "an unknown spare part": (
        lambda s: s("reliability").put(10, part="cable_13"),
        "unknown_id",
        "reliability.csv row 10 column part",
        ("'cable_13'", "a part of spares.csv", "Did you mean cable_132"),
    ),
    "staff of an unknown place": (
        lambda s: s("staff").add(works_at="hospitals"),
        "unknown_id",
        "staff.csv row 36 column works_at",
        ("'hospitals'", "Did you mean hospital"),
    ),
    "two rows of staff of one place": (
        lambda s: s("staff").add(works_at="care"),
        "repeated_row",
        "staff.csv",
        ("2 rows for care", "Keep one"),
    ),
    "an hour without water demand": (
        lambda s: s("water_profile").drop(9),
        "missing_row",
        "water_profile.csv",
        ("one row for 7",),
    ),
    "a site named like a service": (
        lambda s: s("telecom_routes").put(2, route_id="h1"),
        "name_twice",
        "telecom_routes.csv row 2 column route_id",
        ("h1 is a site too", "Rename it"),
    ),
    "a constant in another unit": (
        lambda s: s("constants").put(2, value=15, unit="min"),
        "unit_of_constant",
        "constants.csv key detection_h column unit",
        ("'min'", "allowed h", "Write 0.25 in column value and h in column unit"),
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_each_mistake_is_one_message_with_place_what_is_allowed_and_what_to_do(
    folder, sheet, mistake
):
    edit, code, place, words = MISTAKES[mistake]
    edit(sheet)
    found = only(folder)
    assert (found.code, found.place) == (code, place), str(found)
    assert found.allowed
    for word in words:
        assert word in str(found)


# Delays both ways, so that only what each test changes is wrong.
NO_TIME = {"autonomy_h": 0, "recovery_h": 0}


def test_a_loop_in_no_time_is_told_by_its_nodes_and_rows(folder, sheet):
    depend(sheet, "h1", "h2", **NO_TIME)
    depend(sheet, "h2", "h3", **NO_TIME)
    depend(sheet, "h3", "h1", **NO_TIME)
    found = only(folder)
    assert found.code == "loop_without_delay"
    assert found.place == f"dependencies.csv rows {listed(LAST, LAST + 1, LAST + 2)}"
    for step in ("h1 needs h2", "h2 needs h3", "h3 needs h1"):
        assert step in found.found
    assert found.allowed == "autonomy_h and recovery_h above 0 in at least one of these rows"
    assert "how long one of them lasts without the next (autonomy_h)" in found.remedy
    assert "how long one of them takes to be whole again (recovery_h)" in found.remedy


@pytest.mark.parametrize(("given", "lacking"), [("autonomy_h", "recovery_h"),
                                                ("recovery_h", "autonomy_h")])  # fmt: skip
def test_a_loop_with_a_delay_one_way_only_is_told_to_lack_the_other(folder, sheet, given, lacking):
    depend(sheet, "h1", "h2", **NO_TIME | {given: 2})
    depend(sheet, "h2", "h1", **NO_TIME)
    found = only(folder)
    assert found.code == "loop_without_delay"
    assert f"with {lacking} 0 all the way round" in found.found
    assert found.allowed == f"{lacking} above 0 in at least one of these rows"
    assert given not in found.remedy


def test_delays_in_different_rows_of_a_loop_are_enough(folder, sheet):
    depend(sheet, "h1", "h2", autonomy_h=2, recovery_h=0)
    depend(sheet, "h2", "h1", autonomy_h=0, recovery_h=1)
    assert problems(folder) == ()


def test_who_needs_itself_is_a_loop(folder, sheet):
    depend(sheet, "h1", "h1", **NO_TIME)
    found = only(folder)
    assert (found.code, found.place) == ("loop_without_delay", f"dependencies.csv row {LAST}")
    assert "h1 needs h1" in found.found


def test_loops_through_the_same_rows_of_a_kind_are_told_once(folder, sheet):
    depend(sheet, "care", "h1", **NO_TIME)
    depend(sheet, "h1", "care_030101", **NO_TIME)
    depend(sheet, "h1", "care_030102", **NO_TIME)
    found = problems(folder)
    assert [p.code for p in found] == ["loop_without_delay"] * 2
    assert {p.place for p in found} == {
        f"dependencies.csv rows {listed(LAST, LAST + 1)}",
        f"dependencies.csv rows {listed(LAST, LAST + 2)}",
    }


def test_a_loop_through_other_tables_is_told_by_the_rows_that_can_be_changed(folder, sheet):
    line = SHIPPED.line(dependent="telecom_core", needs="electricity")
    sheet("dependencies").put(line, needs="telecom", level_after=0.5, **NO_TIME)
    found = only(folder)
    assert (found.code, found.place) == ("loop_without_delay", f"dependencies.csv row {line}")
    assert "telecom at telecom_core_1 needs backhaul at 030109" in found.found
    assert "more like it through these rows" in found.found


def test_a_loop_in_which_nobody_can_begin_again_is_told(folder, sheet):
    depend(sheet, "h1", "h2", level_after=0)
    depend(sheet, "h2", "h1", level_after=0)
    found = only(folder)
    assert found.code == "loop_without_restart"
    assert found.place == f"dependencies.csv rows {listed(LAST, LAST + 1)}"
    assert "h1 needs h2, h2 needs h1" in found.found
    assert found.allowed == "level_after above 0 in at least one of these rows"
    assert "level_after" in found.remedy


def test_a_loop_in_which_one_keeps_something_begins_again(folder, sheet):
    depend(sheet, "h1", "h2", level_after=0.1)
    depend(sheet, "h2", "h1", level_after=0)
    assert problems(folder) == ()


def test_another_way_out_of_a_loop_is_enough_to_begin_again(folder, sheet):
    depend(sheet, "h1", "h2", level_after=0, group="help", rule="any")
    depend(sheet, "h1", "h3", level_after=0, group="help", rule="any")
    depend(sheet, "h2", "h1", level_after=0)
    assert problems(folder) == ()


def test_ways_that_all_lead_back_into_the_loop_are_no_way_out(folder, sheet):
    # Each route of an area leads to a core site; one core can wait for the other.
    depend(sheet, "telecom_core_1", "telecom", level_after=0)
    assert problems(folder) == ()
    depend(sheet, "telecom_core_2", "telecom", level_after=0)
    found = problems(folder)
    assert {p.code for p in found} == {"loop_without_restart"}
    assert f"dependencies.csv row {LAST}" in {p.place for p in found}


def test_empty_lines_do_not_shift_the_rows_of_a_rule(folder, sheet):
    depend(sheet, "h1", "watr")
    depend(sheet, "h1", "h2", **NO_TIME)
    depend(sheet, "h2", "h1", **NO_TIME)
    path = folder / "dependencies.csv"
    header, body = path.read_text(encoding="utf-8").split("\n", 1)
    commas = "," * header.count(",")
    path.write_text(f"{header}\n{commas}\n\n{body}", encoding="utf-8")
    assert [p.place for p in problems(folder)] == [
        f"dependencies.csv row {LAST + 2} column needs",
        f"dependencies.csv rows {listed(LAST + 3, LAST + 4)}",
    ]


def test_a_group_of_any_may_have_rows_of_a_kind_and_of_a_site(folder, sheet):
    depend(sheet, "h1", "heat", group="call", rule="any")
    assert problems(folder) == ()


def test_eight_mistakes_in_eight_places_come_in_one_pass_and_end_with_exit_code_2(
    folder, sheet, run
):
    expected = {
        f"dependencies.csv row {depend(sheet, 'hosptal', 'water')} column dependent":
            "unknown_dependent",
        f"dependencies.csv row {depend(sheet, 'care', 'it', autonomy_h=-2)} column autonomy_h":
            "out_of_range",
        f"dependencies.csv row {depend(sheet, 'h1', 'it', recovery_h='30 min')} "
        "column recovery_h":
            "unit_in_cell",
        f"backups.csv row {sheet('backups').put(3, gensets_needed=9)} column gensets_needed":
            "k_above_n",
        f"sites.csv row {sheet('sites').put(4, area_id='')} column area_id":
            "empty_cell",
        f"people.csv row {sheet('people').put(5, prepared_3d=1)}":
            "preparedness_rises",
        f"reliability.csv row {sheet('reliability').put(8, part='tower')} column part":
            "unknown_id",
    }  # fmt: skip
    loop = (depend(sheet, "h1", "h2", **NO_TIME), depend(sheet, "h2", "h1", **NO_TIME))
    expected[f"dependencies.csv rows {listed(*loop)}"] = "loop_without_delay"
    code, out, messages = run("region", "check", str(folder))
    assert (code, out) == (2, "")
    assert "8 problem(s) in the input" in messages
    for place, kind in expected.items():
        (line,) = [line for line in messages.splitlines() if line.startswith(f"- {place}: ")]
        assert f"[{kind}]. " in line
    assert {p.place: p.code for p in problems(folder)} == expected


# Each: cell, table and column, and what the message says to write.
UNITS = [
    ("30 min", "dependencies.autonomy_h", "Write 0.5 for 30 min; the column is in h"),
    ("4 h", "dependencies.autonomy_h", "Write 4 without the unit"),
    ("90 s", "backups.start_delay_h", "Write 0.025 for 90 s"),
    ("6 timer", "water_networks.local_tank_h", "Write 6 for 6 timer"),
    ("2 døgn", "telecom.reinforced_h", "Write 48 for 2 døgn"),
    ("3 days", "water_networks.emergency_water_ready_h", "Write 72 for 3 days"),
    ("1 uke", "spares.prepare_h", "Write 168 for 1 uke"),
    ("48 h", "filling_stations.stock_d", "Write 2 for 48 h; the column is in d"),
    ("500 kW", "sites.load_mw", "Write 0.5 for 500 kW; the column is in MW"),
    ("2 TWh", "district_heat.heat_supplied_gwh", "Write 2000 for 2 TWh"),
    ("800 m", "roads.length_km", "Write 0.8 for 800 m"),
    ("95 %", "backups.availability", "Write 0.95 for 95 %; the column is a share"),
    ("2 l/s", "filling_stations.sales_m3_per_d", "Write 172.8 for 2 l/s"),
    ("5 MW", "dependencies.autonomy_h", "the column is in h, and MW is a unit of power"),
    ("-30 min", "dependencies.autonomy_h", "It would be -0.5, which is not allowed"),
]


@pytest.mark.parametrize(("cell", "where", "remedy"), UNITS)
def test_a_unit_in_a_cell_is_told_with_the_number_to_write(folder, sheet, cell, where, remedy):
    table, column = where.split(".")
    sheet(table).put(2, **{column: cell})
    found = only(folder)
    assert (found.code, found.found) == ("unit_in_cell", cell)
    assert found.place == f"{table}.csv row 2 column {column}"
    assert remedy in found.remedy


@pytest.mark.parametrize(
    ("cell", "remedy"),
    [
        ("0,5", "Write 0.5 with a decimal point"),
        ("1 200", "Write 1200"),
        ("1,500", "Write 1.5 with a decimal point only, or 1500 if the comma separates"),
        ("1.234,5", "Write 1234.5"),
        ("4-6", "Write one number"),
        ("4 stk", "Write the number alone; the column is in h"),
        ("soon", ""),
    ],
)
def test_a_number_in_another_hand_is_told_with_the_number_to_write(folder, sheet, cell, remedy):
    sheet("dependencies").put(2, autonomy_h=cell)
    found = only(folder)
    assert (found.code, found.found) == ("not_a_number", cell)
    assert remedy in found.remedy


@pytest.mark.parametrize(
    ("where", "header", "change"),
    [
        ("dependencies.autonomy_h", "autonomy_min", "divide its numbers by 60"),
        ("dependencies.autonomy_h", "autonomy_days", "multiply its numbers by 24"),
        ("dependencies.autonomy_h", "autonomy_timer", "leave its numbers as they are"),
        ("dependencies.recovery_h", "Recovery (min)", "divide its numbers by 60"),
        ("sites.load_mw", "load_kw", "divide its numbers by 1000"),
        ("backups.genset_share", "genset_percent", "divide its numbers by 100"),
        ("roads.length_km", "length_m", "divide its numbers by 1000"),
        ("filling_stations.sales_m3_per_d", "sales_l_per_s", "multiply its numbers by 86.4"),
    ],
)
def test_a_column_in_another_unit_is_told_with_its_right_name(folder, sheet, where, header, change):
    table, column = where.split(".")
    sheet(table).rename(column, header)
    found = problems(folder)
    told = [p for p in found if p.code == "unit_of_column"]
    assert [(p.place, p.found, p.allowed) for p in told] == [
        (f"{table}.csv row 1 column {header}", header, column)
    ]
    assert f"Rename the column to {column} and {change}" in told[0].remedy
    assert {p.code for p in found} <= {"unit_of_column", "out_of_range"}


def test_cells_of_a_column_in_another_unit_are_read_in_that_unit(folder, sheet):
    table = sheet("dependencies")
    table.rename("autonomy_h", "autonomy_min")
    table.put(2, autonomy_min="-5")
    table.put(3, needs="watr")
    assert {(p.code, p.place, p.found) for p in problems(folder)} == {
        ("unit_of_column", "dependencies.csv row 1 column autonomy_min", "autonomy_min"),
        ("out_of_range", "dependencies.csv row 2 column autonomy_min", "-5"),
        ("unknown_need", "dependencies.csv row 3 column needs", "watr"),
    }


def test_a_semicolon_file_is_not_taken_for_other_units(folder):
    path = folder / "dependencies.csv"
    path.write_text(re.sub(",", ";", path.read_text(encoding="utf-8")), encoding="utf-8")
    assert "unit_of_column" not in {p.code for p in problems(folder)}
