"""Fuel in a course of the built-in region: trucks, terminals and filling stations."""

from dataclasses import replace

import numpy as np
import pytest

from sim.services.fuel import Order

OSLO, GARDERMOEN = 0, 1
NEAR, FAR, REMOTE = "030113", "3207", "3212"
STOCK_H = 6.0


def with_trucks(region, trucks):
    depots = region.depots
    crews = np.where(depots.skill == "fuel", trucks, depots.crews)
    return replace(region, depots=replace(depots, crews=crews))


def with_small_stations(region):
    """Tanks of filling stations that last six hours."""
    table = region.filling_stations
    stock = np.full(len(table), STOCK_H / 24.0)
    return replace(region, filling_stations=replace(table, stock_d=stock))


def ask(course, t_h, area_id, *, urgency=5, litres=5000.0):
    """Order fuel for a site of an area; hours and litres of what comes."""
    got = []
    area = course.area(area_id)

    def order():
        course.parts.fuel.order(
            Order(
                site=0,
                area=area,
                urgency=urgency,
                litres=lambda: litres,
                fill=lambda brought, _: got.append((course.env.now, brought)),
                because=course.root("fuel_ordered", f"site in {area_id}"),
                name=f"site in {area_id}",
            )
        )

    course.at(t_h, order)
    return got


def ways(course):
    """Travel time between two areas, and from the terminal in Oslo to one."""
    travel, home = course.case.travel_h, course.case.services.fuel_home[OSLO]

    def between(start, end):
        return float(travel[course.area(start), course.area(end)])

    def out(end):
        return float(travel[home, course.area(end)])

    return between, out


def fuel_level(course, area_id):
    """Share missing at the filling stations of an area, from and to."""
    rows, area = course.parts.areas.missing("fuel"), course.area(area_id)
    return [
        (share, from_h, to_h)
        for at, share, from_h, to_h in zip(
            rows.area.tolist(),
            rows.share.tolist(),
            rows.from_h.tolist(),
            rows.to_h.tolist(),
            strict=True,
        )
        if at == area
    ]


def close(course, t_h, to_h, area_id):
    """Every road of an area closed from one hour to another."""
    roads = course.case.region.roads
    touching = (roads.from_area_id == area_id) | (roads.to_area_id == area_id)
    links = np.flatnonzero(touching).tolist()

    def change(speed):
        event = course.root("road_struck", area_id)
        course.parts.roads.strike(links, 99, speed, event)

    course.at(t_h, lambda: change(0.0))
    course.at(to_h, lambda: change(1.0))


def load_h(region):
    return region.constants["truck_load_h"]


def test_a_truck_loads_drives_and_unloads(bench, region):
    course = bench.course()
    got = ask(course, 1.0, FAR)
    course.run()
    _, out = ways(course)
    assert got == [(pytest.approx(1.0 + load_h(region) + out(FAR) + load_h(region)), 5000.0)]
    assert course.why("fuel_delivered", f"site in {FAR}") == ["fuel_delivered", "fuel_ordered"]


def test_one_truck_serves_several_sites_in_one_trip(bench, region):
    course = bench.course(with_trucks(region, 1))
    first, second = ask(course, 1.0, NEAR, urgency=1), ask(course, 1.0, FAR, urgency=2)
    course.run()
    between, out = ways(course)
    there = 1.0 + load_h(region) + out(NEAR) + load_h(region)
    assert first == [(pytest.approx(there), 5000.0)]
    assert second == [(pytest.approx(there + between(NEAR, FAR) + load_h(region)), 5000.0)]


def test_an_empty_truck_goes_back_to_load(bench, region):
    course = bench.course(with_trucks(region, 1))
    truck_l = 1e3 * float(region.fuel_depots.truck_m3[OSLO])
    first = ask(course, 1.0, NEAR, urgency=1, litres=truck_l)
    second = ask(course, 1.0, FAR, urgency=2)
    course.run()
    between, out = ways(course)
    ids = course.case.region.areas.area_id
    home = str(ids[course.case.services.fuel_home[OSLO]])
    there = 1.0 + load_h(region) + out(NEAR) + load_h(region)
    again = there + between(NEAR, home) + load_h(region) + out(FAR) + load_h(region)
    assert first == [(pytest.approx(there), truck_l)]
    assert second == [(pytest.approx(again), 5000.0)]


def test_no_more_comes_than_a_truck_holds(bench, region):
    course = bench.course()
    truck_l = 1e3 * float(region.fuel_depots.truck_m3[OSLO])
    got = ask(course, 1.0, NEAR, litres=10.0 * truck_l)
    course.run()
    assert [litres for _, litres in got] == [truck_l]


def test_the_most_urgent_site_is_served_first_whoever_asked_before(bench, region):
    course = bench.course(with_trucks(region, 1))
    truck_l = 1e3 * float(region.fuel_depots.truck_m3[OSLO])
    busy = ask(course, 1.0, NEAR, urgency=5, litres=truck_l)
    # The truck is loaded and on its way.
    last = ask(course, 1.6, NEAR, urgency=3, litres=truck_l)
    first = ask(course, 1.7, FAR, urgency=1, litres=truck_l)
    second = ask(course, 1.8, REMOTE, urgency=2, litres=truck_l)
    course.run()
    times = [each[0][0] for each in (busy, first, second, last)]
    assert times == sorted(times)


def test_a_truck_that_is_still_being_loaded_goes_to_whoever_is_most_urgent_by_then(bench, region):
    course = bench.course(with_trucks(region, 1))
    truck_l = 1e3 * float(region.fuel_depots.truck_m3[OSLO])
    early = ask(course, 1.0, NEAR, urgency=5, litres=truck_l)
    urgent = ask(course, 1.2, FAR, urgency=1, litres=truck_l)
    course.run()
    _, out = ways(course)
    assert urgent[0][0] == pytest.approx(1.0 + load_h(region) + out(FAR) + load_h(region))
    assert early[0][0] > urgent[0][0]


def test_among_equals_the_nearest_is_next(bench, region):
    course = bench.course(with_trucks(region, 1))
    truck_l = 1e3 * float(region.fuel_depots.truck_m3[OSLO])
    ask(course, 1.0, NEAR, litres=truck_l)
    far, near = ask(course, 1.1, REMOTE), ask(course, 1.2, NEAR)
    course.run()
    assert near[0][0] < far[0][0]


def test_as_many_trips_are_under_way_as_there_are_trucks(bench, region):
    course = bench.course(with_trucks(region, 2))
    truck_l = 1e3 * float(region.fuel_depots.truck_m3[OSLO])
    got = [ask(course, 1.0, FAR, litres=truck_l) for _ in range(3)]
    course.run()
    times = sorted(each[0][0] for each in got)
    assert times[0] == pytest.approx(times[1])
    assert times[2] > times[1] + load_h(region)


def test_a_terminal_without_power_loads_nothing_until_it_is_back(bench, region):
    course = bench.course()
    course.strike(0.5, 9.0, str(region.fuel_depots.site_id[OSLO]))
    got = ask(course, 1.0, FAR)
    course.run()
    _, out = ways(course)
    assert got[0][0] == pytest.approx(9.0 + load_h(region) + out(FAR) + load_h(region))


def test_a_site_behind_closed_roads_gets_fuel_when_a_road_opens(bench, region):
    course = bench.course(with_trucks(region, 1))
    close(course, 0.5, 12.0, REMOTE)
    behind, other = ask(course, 1.0, REMOTE, urgency=1), ask(course, 2.0, NEAR, urgency=9)
    course.run()
    _, out = ways(course)
    # The truck is not bound meanwhile, and less urgent sites are served.
    assert other[0][0] == pytest.approx(2.0 + load_h(region) + out(NEAR) + load_h(region))
    assert behind[0][0] == pytest.approx(12.0 + load_h(region) + out(REMOTE) + load_h(region))


def test_a_truck_that_cannot_return_comes_when_the_road_opens(bench, region):
    course = bench.course(with_trucks(region, 1))
    _, out = ways(course)
    truck_l = 1e3 * float(region.fuel_depots.truck_m3[OSLO])
    there = 1.0 + load_h(region) + out(REMOTE) + load_h(region)
    close(course, there - 0.1, 15.0, REMOTE)
    first = ask(course, 1.0, REMOTE, litres=truck_l)
    second = ask(course, 2.0, NEAR)
    course.run()
    between, _ = ways(course)
    home = str(course.case.region.areas.area_id[course.case.services.fuel_home[OSLO]])
    assert first[0][0] == pytest.approx(there)
    back = 15.0 + between(REMOTE, home)
    assert second[0][0] == pytest.approx(back + load_h(region) + out(NEAR) + load_h(region))


def test_filling_stations_run_dry_after_their_stock_when_the_terminal_stops(bench, region):
    course = bench.course(with_small_stations(region))
    course.strike(2.0, 20.0, str(region.fuel_depots.site_id[OSLO]))
    course.run()
    served = course.case.services.fuel_areas[OSLO]
    for area, name in enumerate(course.case.region.areas.area_id.tolist()):
        dry = [(1.0, pytest.approx(2.0 + STOCK_H), 20.0)] if area in served else []
        assert fuel_level(course, name) == dry
    assert course.why("stations_dry", NEAR) == [
        "stations_dry",
        "site_lost",
        "site_struck",
    ]
    assert dict(course.log(NEAR))["stations_filled"] == 20.0


def test_half_the_loading_leaves_stations_their_stock_for_twice_as_long(bench, region):
    course = bench.course(with_small_stations(region))
    course.strike(2.0, 20.0, str(region.fuel_depots.site_id[OSLO]), level=0.5)
    course.run()
    assert fuel_level(course, NEAR) == [(0.5, pytest.approx(2.0 + 2.0 * STOCK_H), 20.0)]


def test_stations_that_are_hard_to_reach_live_on_their_stock(bench, region):
    course = bench.course(with_small_stations(region))
    close(course, 2.0, 20.0, REMOTE)
    course.run()
    assert fuel_level(course, REMOTE) == [(1.0, pytest.approx(2.0 + STOCK_H), 20.0)]
    assert fuel_level(course, NEAR) == []


def test_stations_without_power_sell_nothing_however_much_they_have(bench, region):
    course = bench.course()
    area = course.area(NEAR)
    sections = np.flatnonzero(course.case.network.section_area == area)
    section = int(sections[np.argmax(course.case.network.section_persons[sections])])
    name = str(course.case.region.sections.section_id[section])
    course.cut(3.0, 8.0, name, isolate=True)
    course.run()
    people = sum(
        float(course.case.network.section_persons[course.row(each)])
        for each in course.interrupted()
        if course.case.network.section_area[course.row(each)] == area
    )
    backup = float(region.filling_stations.backup_share[region.filling_stations.area_id == NEAR][0])
    missing = people * (1.0 - backup) / course.case.population[area]
    assert fuel_level(course, NEAR) == [(pytest.approx(missing), 3.0, 8.0)]


def test_a_depot_nobody_supplies_is_dry_after_its_stock(bench, region):
    course = bench.course(hours=48)
    depots = region.fuel_depots
    lasts = float(depots.stock_m3[GARDERMOEN] / depots.normal_out_m3_per_h[GARDERMOEN])
    name = str(depots.depot_id[GARDERMOEN])

    def stop(level, what):
        event = course.root(what, name)
        course.parts.fuel.stop_import(GARDERMOEN, level, event)

    course.at(2.0, lambda: stop(0.0, "fuel_import_stopped"))
    course.run()
    assert course.log(name)[-1] == ("depot_dry", pytest.approx(2.0 + lasts))
    assert course.why("depot_dry", name) == ["depot_dry", "fuel_import_stopped"]


def test_half_the_import_dries_the_depot_in_twice_the_time(bench, region):
    course = bench.course(hours=72)
    depots = region.fuel_depots
    lasts = float(depots.stock_m3[GARDERMOEN] / depots.normal_out_m3_per_h[GARDERMOEN])
    name = str(depots.depot_id[GARDERMOEN])
    stop = course.root("fuel_import_stopped", name)
    course.at(2.0, lambda: course.parts.fuel.stop_import(GARDERMOEN, 0.5, stop))
    course.run()
    assert course.log(name)[-1] == ("depot_dry", pytest.approx(2.0 + 2.0 * lasts))


def test_a_dry_depot_loads_what_still_comes(bench, region):
    """Stations get half when half is imported and the stock is used up."""
    changed = with_small_stations(region)
    depots = changed.fuel_depots
    changed = replace(changed, fuel_depots=replace(depots, stock_m3=np.full(2, 17.0)))
    course = bench.course(changed, hours=48)
    name = str(depots.depot_id[GARDERMOEN])
    stop = course.root("fuel_import_stopped", name)
    course.at(2.0, lambda: course.parts.fuel.stop_import(GARDERMOEN, 0.5, stop))
    course.run()
    # Out 17 and in 8.5 m3/h: dry at 4; half a lack from then on, the tanks last 12 h.
    assert course.log(name)[-1] == ("depot_dry", pytest.approx(4.0))
    area = str(region.areas.area_id[course.case.services.fuel_areas[GARDERMOEN][0]])
    assert fuel_level(course, area) == [(0.5, pytest.approx(16.0), 48.0)]


def test_trucks_on_the_way_to_sites_are_missing_at_the_filling_stations(bench, region):
    course = bench.course(with_small_stations(with_trucks(region, 1)))
    ask(course, 1.0, FAR)
    course.run()
    pieces = [piece for piece in course.parts.states.stocks if piece.stock_id == f"stations@{NEAR}"]
    # The only truck is away for the whole trip.
    _, out = ways(course)
    between, _ = ways(course)
    home = str(course.case.region.areas.area_id[course.case.services.fuel_home[OSLO]])
    back = 1.0 + 2.0 * load_h(region) + out(FAR) + between(FAR, home)
    # Looked at every full hour.
    assert pieces[0].from_h == 2.0
    assert pieces[-1].to_h == np.ceil(back)
    assert pieces[0].empty_in_h == pytest.approx(STOCK_H)


def test_all_orders_are_served_in_the_end_and_none_twice(bench, region):
    course = bench.course(with_trucks(region, 2), hours=72)
    rng = np.random.default_rng(3)
    ids = region.areas.area_id.tolist()
    got = [
        ask(
            course,
            float(rng.uniform(0.0, 10.0)),
            str(rng.choice(ids)),
            urgency=int(rng.integers(1, 6)),
            litres=float(rng.uniform(100.0, 9000.0)),
        )
        for _ in range(25)
    ]
    course.run()
    assert [len(each) for each in got] == [1] * 25


def test_what_trucks_take_dries_a_depot_sooner(bench, region):
    course = bench.course(hours=48)
    depots, services = region.fuel_depots, course.case.services
    name = str(depots.depot_id[GARDERMOEN])
    stop = course.root("fuel_import_stopped", name)
    course.at(2.0, lambda: course.parts.fuel.stop_import(GARDERMOEN, 0.0, stop))
    ask(course, 3.0, str(region.areas.area_id[services.fuel_areas[GARDERMOEN][0]]))
    course.run()
    left = float(depots.stock_m3[GARDERMOEN] - depots.truck_m3[GARDERMOEN])
    dry = 2.0 + left / float(depots.normal_out_m3_per_h[GARDERMOEN])
    assert course.log(name)[-1] == ("depot_dry", pytest.approx(dry))
