import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from data.check import check_region
from data.check_keys import REQUIRED_CONSTANTS

ROOT = Path(__file__).parents[2]


def with_table(region, name, **arrays):
    return replace(region, **{name: replace(getattr(region, name), **arrays)})


def put(values, at, value):
    changed = values.copy()
    changed[at] = value
    return changed


def without(table, rows):
    keep = np.ones(len(table), dtype=bool)
    keep[rows] = False
    names = list(table.__dataclass_fields__)
    return replace(table, **{name: getattr(table, name)[keep] for name in names})


def codes(region):
    return [problem.code for problem in check_region(region)]


def test_built_in_region_breaks_no_rule(region):
    assert check_region(region) == []


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("feeders", "demand_share"),
        ("sections", "feeder_share"),
        ("sector_profiles", "share"),
        ("deliveries", "share"),
        ("dwellings", "share"),
        ("supplies", "share"),
    ],
)
def test_shares_that_do_not_sum_to_1_are_told(region, table, column):
    values = getattr(getattr(region, table), column)
    spoiled = with_table(region, table, **{column: put(values, 0, values[0] / 2 + 0.01)})
    found = check_region(spoiled)
    assert [problem.code for problem in found] == ["shares_not_1"]
    assert found[0].place.startswith(f"{table}.csv")


def test_more_than_all_homes_with_district_heating_is_told(region):
    share = put(region.district_heat_supply.dwelling_share, 0, 1.0)
    twice = put(region.district_heat_supply.area_id, 1, region.district_heat_supply.area_id[0])
    spoiled = with_table(region, "district_heat_supply", dwelling_share=share, area_id=twice)
    assert codes(spoiled) == ["share_above_1"]


def test_bus_without_connection_is_told(region):
    hv = region.substations.hv_bus_id[0]
    ends = np.flatnonzero((region.lines.from_bus_id == hv) | (region.lines.to_bus_id == hv))
    spoiled = replace(region, lines=without(region.lines, ends))
    found = check_region(spoiled)
    assert len(ends) > 0
    assert {problem.code for problem in found} == {"disconnected_bus"}
    assert f"buses.csv bus_id {hv}" in [problem.place for problem in found]


def test_line_between_two_voltages_is_told(region):
    to = put(region.lines.to_bus_id, 0, region.substations.mv_bus_id[0])
    assert codes(with_table(region, "lines", to_bus_id=to)) == ["line_ends"]


def test_a_plant_that_starts_an_island_it_cannot_hold_is_told(region):
    starts = put(region.generation.black_start, 0, True)
    spoiled = with_table(region, "generation", black_start=starts)
    (found,) = check_region(spoiled)
    assert found.code == "black_start"
    assert region.generation.plant_id[0] in found.place
    forming = put(region.generation.grid_forming, 0, True)
    assert codes(with_table(region, "generation", black_start=starts, grid_forming=forming)) == []


def test_transformer_upside_down_is_told(region):
    own = region.trafos
    hv = put(own.hv_bus_id, 0, own.lv_bus_id[0])
    lv = put(own.lv_bus_id, 0, own.hv_bus_id[0])
    assert codes(with_table(region, "trafos", hv_bus_id=hv, lv_bus_id=lv)) == ["trafo_ends"]


def test_substation_on_a_bus_of_another_kind_is_told(region):
    spoiled = with_table(
        region,
        "buses",
        kind=put(region.buses.kind, region.buses.kind == "substation_mv", "regional"),
    )
    assert set(codes(spoiled)) == {"bus_kind"}


def test_area_without_feeder_is_told(region):
    gone = np.flatnonzero(region.feeders.area_id == "3242")
    sections = np.flatnonzero(np.isin(region.sections.feeder_id, region.feeders.feeder_id[gone]))
    spoiled = replace(
        region, feeders=without(region.feeders, gone), sections=without(region.sections, sections)
    )
    assert codes(spoiled) == ["area_without_feeder"]


def test_customers_that_do_not_add_up_are_told(region):
    customers = put(region.sections.customers, 3, region.sections.customers[3] + 5)
    assert codes(with_table(region, "sections", customers=customers)) == ["customers_differ"]


def test_section_loop_is_told(region):
    own = region.sections
    parent = put(own.parent_section_id, 1, own.section_id[2])
    found = check_region(with_table(region, "sections", parent_section_id=parent))
    assert {problem.code for problem in found} == {"section_loop"}
    assert any(own.section_id[1] in problem.place for problem in found)


def test_second_head_without_breaker_is_told(region):
    parent = put(region.sections.parent_section_id, 1, "")
    found = codes(with_table(region, "sections", parent_section_id=parent))
    assert found == ["feeder_heads", "head_switch"]


def test_parent_in_another_feeder_is_told(region):
    other = np.flatnonzero(region.sections.feeder_id != region.sections.feeder_id[1])[0]
    parent = put(region.sections.parent_section_id, 1, region.sections.section_id[other])
    assert codes(with_table(region, "sections", parent_section_id=parent)) == ["foreign_parent"]


def test_feeder_of_another_voltage_than_its_substation_is_told(region):
    volts = put(region.feeders.vn_kv, 0, 33.0)
    assert codes(with_table(region, "feeders", vn_kv=volts)) == ["feeder_voltage"]


def test_missing_hour_of_a_profile_is_told(region):
    assert codes(replace(region, profiles=without(region.profiles, [7]))) == ["missing_row"]


def test_profile_that_falls_below_zero_is_told(region):
    level = put(region.profiles.b, 0, -1.0)
    found = check_region(with_table(region, "profiles", b=level))
    assert {problem.code for problem in found} == {"negative_load"}


def test_unknown_profile_class_is_told(region):
    names = put(region.sector_profiles.profile_class, 0, "homes")
    assert codes(with_table(region, "sector_profiles", profile_class=names)) == ["unknown_id"]


@pytest.mark.parametrize(
    "table", ["demand", "ev_charging", "telecom", "water_networks", "temperatures", "backups"]
)
def test_missing_row_of_a_complete_table_is_told(region, table):
    spoiled = replace(region, **{table: without(getattr(region, table), [2])})
    assert codes(spoiled) == ["missing_row"]


def test_gap_between_cost_intervals_is_told(region):
    start = put(region.kile.from_h, 2, 1.5)
    assert codes(with_table(region, "kile", from_h=start)) == ["kile_gap"]


def test_correction_factor_given_twice_is_told(region):
    last = put(region.kile_corrections.last, 0, 6)
    found = check_region(with_table(region, "kile_corrections", last=last))
    assert [problem.code for problem in found] == ["correction_coverage"]


def test_missing_constant_is_told(region):
    at = np.flatnonzero(region.constants.key == "detection_h")
    found = check_region(replace(region, constants=without(region.constants, at)))
    assert [problem.allowed for problem in found] == ["one row for detection_h"]


def test_every_constant_the_model_asks_for_by_name_is_required(region):
    asked = {
        name
        for package in ("data", "scenarios", "grid", "sim", "ui")
        for path in (ROOT / package).rglob("*.py")
        for name in re.findall(r'constants\["(\w+)"\]', path.read_text(encoding="utf-8"))
    }
    assert "detection_h" in asked
    assert asked - set(REQUIRED_CONSTANTS) == set()
    assert set(REQUIRED_CONSTANTS) - set(region.constants.key.tolist()) == set()


def test_area_without_road_is_told(region):
    roads = region.roads
    gone = np.flatnonzero((roads.from_area_id == "3226") | (roads.to_area_id == "3226"))
    found = check_region(replace(region, roads=without(roads, gone)))
    assert [problem.code for problem in found] == ["area_without_road"]


def test_empty_table_is_told(region):
    spoiled = replace(region, depots=without(region.depots, np.arange(len(region.depots))))
    assert codes(spoiled) == ["empty_table"]
