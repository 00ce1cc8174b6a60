from dataclasses import fields, replace

import numpy as np
import pytest

from sim.response.spares import MobileSubstations, Spares


def rows_of(table, **columns):
    """A table with these rows, other columns as in the first row it had."""
    count = len(next(iter(columns.values())))
    made = {}
    for each in fields(table):
        if each.name in columns:
            made[each.name] = np.array(columns[each.name])
        else:
            made[each.name] = np.repeat(getattr(table, each.name)[:1], count)
    return replace(table, **made)


@pytest.fixture
def stocked(region):
    """Two depots with transformers, the second with a longer way to a new one."""
    depots = region.depots.depot_id[region.depots.skill == "transmission"].tolist()
    spares = rows_of(
        region.spares,
        part=["trafo", "trafo", "cable"],
        depot_id=[depots[0], depots[1], depots[0]],
        units=[1, 2, 0],
        prepare_h=[72.0, 48.0, 24.0],
        install_h=[240.0, 200.0, 300.0],
        lead_time_h=[8760.0, 6000.0, 1440.0],
    )
    return replace(region, spares=spares), depots


def area_of(region, depot):
    row = int(np.flatnonzero(region.depots.depot_id == depot)[0])
    return region.areas.area_id.tolist().index(region.depots.area_id[row])


def test_a_part_on_stock_is_taken_with_its_hours_and_its_place(stocked):
    region, depots = stocked
    part = Spares(region).take("trafo")
    assert (part.ready_h, part.install_h, part.is_new) == (72.0, 240.0, False)
    assert part.from_area == area_of(region, depots[0])


def test_the_next_depot_helps_out_and_then_a_new_one_has_to_be_made(stocked):
    region, depots = stocked
    spares = Spares(region)
    taken = [spares.take("trafo") for _ in range(4)]
    assert [part.is_new for part in taken] == [False, False, False, True]
    assert [part.ready_h for part in taken] == [72.0, 48.0, 48.0, 6000.0]
    assert taken[1].from_area == area_of(region, depots[1])


def test_a_part_nobody_has_on_stock_takes_its_lead_time(stocked):
    region, _ = stocked
    part = Spares(region).take("cable")
    assert (part.ready_h, part.install_h, part.is_new) == (1440.0, 300.0, True)


def test_a_part_nobody_knows_is_refused(stocked):
    with pytest.raises(KeyError, match="flux capacitor"):
        Spares(stocked[0]).take("flux capacitor")


def test_what_one_course_takes_is_there_in_the_next(stocked):
    region, _ = stocked
    first = Spares(region)
    for _ in range(3):
        first.take("trafo")
    assert not Spares(region).take("trafo").is_new


@pytest.fixture
def wheels(region):
    """Two small substations, one large, and a genset that is none."""
    depots = region.depots.depot_id[region.depots.skill == "transmission"].tolist()
    units = rows_of(
        region.mobile_units,
        unit_id=["large", "small", "genset"],
        kind=["substation", "substation", "genset"],
        depot_id=[depots[0], depots[1], depots[0]],
        units=[1, 2, 5],
        rating_mva=[40.0, 16.0, 60.0],
        prepare_h=[24.0, 12.0, 1.0],
        connect_h=[20.0, 10.0, 1.0],
    )
    return replace(region, mobile_units=units), depots


def test_the_smallest_that_is_large_enough_is_taken(wheels):
    region, depots = wheels
    mobile = MobileSubstations(region)
    small, large = mobile.take(10.0), mobile.take(25.0)
    assert mobile.hours(small) == (12.0, 10.0)
    assert mobile.hours(large) == (24.0, 20.0)
    assert mobile.area(small) == area_of(region, depots[1])


def test_a_larger_one_stands_in_when_the_small_ones_are_away(wheels):
    mobile = MobileSubstations(wheels[0])
    assert [mobile.hours(mobile.take(10.0))[0] for _ in range(3)] == [12.0, 12.0, 24.0]
    assert mobile.take(10.0) is None


def test_none_is_large_enough_for_the_largest_transformers(wheels):
    assert MobileSubstations(wheels[0]).take(50.0) is None


def test_one_that_is_given_back_can_be_used_again(wheels):
    mobile = MobileSubstations(wheels[0])
    unit = mobile.take(30.0)
    assert mobile.take(30.0) is None
    mobile.give_back(unit)
    assert mobile.take(30.0) == unit


def transformer(region):
    """A transformer a mobile substation can stand in for, and the substation it feeds."""
    for row, bus in enumerate(region.trafos.lv_bus_id.tolist()):
        hit = np.flatnonzero(region.substations.mv_bus_id == bus)
        if len(hit) and region.trafos.rating_mva[row] <= 40.0:
            return str(region.trafos.trafo_id[row])
    raise LookupError("no such transformer")


def broken(bench, region, hours=600):
    """A transformer that fails at 1 h and has to be replaced."""
    name = transformer(region)
    hazard = {"kind": "asset_outage", "start_h": 1.0, "asset_ids": [name]}
    case, outcome = bench.replicate(hazard, region=region, hours=hours)
    return case, name, {e.what: e.t_h for e in outcome.events if e.asset_id == name}


def way_from(case, depot, name):
    """Travel from a depot's area to where a transformer stands."""
    branch = int(np.flatnonzero(case.arrays.branch_ids == name)[0])
    area = int(case.network.branch_area[branch])
    row = case.region.depots.depot_id.tolist().index(depot)
    home = case.depot_area[row]
    return float(case.travel_h[home].max() if area < 0 else case.travel_h[home, area]), area


def test_a_transformer_waits_for_its_spare_and_a_mobile_substation_comes_first(bench, region):
    case, name, times = broken(bench, region)
    constants, spares, units = region.constants, region.spares, region.mobile_units
    at = spares.part.tolist().index("transformer_132")
    unit = units.kind.tolist().index("substation")
    known = 1.0 + constants["detection_h"]
    way, _ = way_from(case, str(units.depot_id[unit]), name)
    connected = known + float(units.prepare_h[unit] + units.connect_h[unit]) + way
    assert times["spare_sent"] == pytest.approx(known)
    assert times["mobile_substation_connected"] == pytest.approx(connected)
    hauled, _ = way_from(case, str(spares.depot_id[at]), name)
    ready = known + float(spares.prepare_h[at]) + hauled
    assert times["crew_arrived"] > ready
    # A crew works in shifts: the work pauses while it rests.
    install = float(spares.install_h[at])
    shifts = np.ceil(install / constants["crew_shift_h"])
    least = times["crew_arrived"] + install
    most = least + (shifts + 1) * constants["crew_rest_h"]
    assert least < times["branch_repaired"] <= most


def test_without_spares_and_mobile_substations_a_transformer_is_out_for_months(bench, region):
    units = region.mobile_units
    none = replace(
        region,
        spares=replace(region.spares, units=np.zeros_like(region.spares.units)),
        mobile_units=replace(units, units=np.zeros_like(units.units)),
    )
    _, _, times = broken(bench, none)
    assert "spare_missing" in times
    assert not {"branch_repaired", "mobile_substation_connected", "spare_sent"} & set(times)
