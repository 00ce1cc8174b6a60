"""The public telephone network and Nødnett in a course of the built-in region."""

import numpy as np
import pytest

from sim.services.losses import losses_of, persons_without
from sim.services.stores import NODNETT, NODNETT_LONG, TELECOM
from tests.sim.conftest import Course

AREA = "3228"
ROUTES = ("fibre_3228_1", "fibre_3228_2")


def strike(start_h, duration_h, **figures):
    return {
        "kind": "telecom_outage",
        "start_h": float(start_h),
        "duration_h": float(duration_h),
    } | figures


def course_of(bench, *hazards, hours=48):
    return Course(*bench.case(*hazards, hours=hours))


def watch(course, hours, service="telecom", area_id=AREA):
    """Share of an area's people whose network works at given hours."""
    seen = []
    area = course.area(area_id)
    for t_h in hours:
        course.at(t_h, lambda: seen.append(course.parts.telecom.up(service, area)))
    return seen


def coordination(course, t_h, area_id=AREA):
    seen = []
    area = course.area(area_id)
    course.at(t_h, lambda: seen.append(course.parts.telecom.coordination(area)))
    return seen


def test_one_of_two_routes_is_enough(bench):
    course = course_of(bench, strike(2.0, 1.0, route_ids=ROUTES[:1]))
    seen = watch(course, (2.5, 8.0))
    course.run()
    assert seen == [1.0, 1.0]
    assert course.log(ROUTES[0])[0] == ("route_cut", 2.0)
    assert course.log(f"backhaul@{AREA}") == []


def test_without_any_route_the_area_is_silent_until_one_is_spliced(bench, region):
    course = course_of(bench, strike(2.0, 1.0, route_ids=ROUTES))
    case, constants = course.case, region.constants
    depot = int(case.area_depot["telecom"][course.area(AREA)])
    way_h = float(case.travel_h[case.depot_area[depot], course.area(AREA)])
    # Half of the crews have Nødnett: half of the largest slowdown.
    factor = 1.0 + constants["telecom_slowdown"] * (1.0 - constants["crews_on_nodnett"])
    splice_h = float(region.telecom_routes.repair_h[region.telecom_routes.route_id == ROUTES[0]][0])
    done = 3.0 + factor * (constants["dispatch_h"] + way_h + splice_h)
    seen = watch(course, (1.9, 2.1, done - 0.1, done + 0.1))
    course.run()
    assert seen == [1.0, 0.0, 0.0, 1.0]
    assert dict(course.log(f"backhaul@{AREA}")) == {
        "service_lost": 2.0,
        "service_back": pytest.approx(done),
    }
    assert course.why("service_lost", f"backhaul@{AREA}") == ["service_lost", "route_cut"]
    assert course.why("service_back", f"backhaul@{AREA}")[:2] == ["service_back", "route_repaired"]


def test_an_area_without_routes_leaves_everybody_without_telephone_but_not_nodnett(bench):
    course = course_of(bench, strike(2.0, 1.0, route_ids=ROUTES))
    course.run()
    case, area = course.case, course.area(AREA)
    found = losses_of(case, course.interruptions, course.parts.stores, course.parts.areas)
    got = persons_without(case, found, "telecom")
    assert got[3, area] == pytest.approx(case.population[area])
    assert not np.delete(got, area, axis=1).any()
    assert not persons_without(case, found, "nodnett").any()


def test_one_core_site_lost_costs_nobody_a_call(bench):
    course = course_of(bench)
    course.strike(2.0, 10.0, "telecom_core_1")
    seen = watch(course, (5.0,))
    course.run()
    assert seen == [1.0]
    assert [event for event in course.events if event.what.startswith("service")] == []


def test_both_core_sites_lost_silence_the_region(bench, region):
    course = course_of(bench)
    course.strike(2.0, 10.0, "telecom_core_1")
    course.strike(4.0, 8.0, "telecom_core_2", level=0.25)
    seen = watch(course, (3.0, 5.0, 9.0))
    course.run()
    # What is left of the better core is left of the network.
    assert seen == [1.0, pytest.approx(0.25), 1.0]
    lost = [event.area_id for event in course.events if event.what == "service_weakened"]
    assert sorted(lost) == sorted(region.areas.area_id.tolist())
    assert course.why("service_weakened", f"backhaul@{AREA}") == [
        "service_weakened",
        "site_weakened",
        "site_struck",
    ]


def test_a_struck_network_leaves_what_the_hazard_leaves_in_the_areas_it_names(bench):
    course = course_of(bench, strike(2.0, 5.0, area_ids=[AREA], level=0.4))
    here, elsewhere = watch(course, (3.0, 8.0)), watch(course, (3.0,), area_id="3201")
    tetra = watch(course, (3.0,), service="nodnett")
    course.run()
    assert here == [pytest.approx(0.4), 1.0]
    assert elsewhere == tetra == [1.0]
    found = losses_of(course.case, course.interruptions, course.parts.stores, course.parts.areas)
    got = persons_without(course.case, found, "telecom")
    expected = 0.6 * course.case.population[course.area(AREA)]
    assert got[2:7, course.area(AREA)] == pytest.approx(expected)
    assert got.sum() == pytest.approx(5.0 * expected)


def test_the_worst_of_two_strikes_counts_and_each_ends_on_its_own(bench):
    course = course_of(
        bench,
        strike(2.0, 10.0, area_ids=[AREA], level=0.5),
        strike(4.0, 2.0, area_ids=[AREA], level=0.2),
    )
    seen = watch(course, (3.0, 5.0, 7.0, 13.0))
    course.run()
    assert seen == [pytest.approx(0.5), pytest.approx(0.2), pytest.approx(0.5), 1.0]


def test_base_stations_routes_and_strikes_multiply(bench):
    course = course_of(bench, strike(2.0, 30.0, area_ids=[AREA], level=0.5))
    course.strike(2.0, 30.0, "telecom_core_1", level=0.8)
    course.strike(2.0, 30.0, "telecom_core_2", level=0.8)
    area = course.area(AREA)
    sections = np.flatnonzero(course.case.network.section_area == area)
    section = int(sections[np.argmax(course.case.network.section_persons[sections])])
    name = str(course.case.region.sections.section_id[section])
    course.cut(3.0, 20.0, name, isolate=True)
    seen = watch(course, (15.0,))
    course.run()
    share = course.case.services.store_kinds[TELECOM].share[area]
    dark = sum(
        float(course.case.network.section_persons[course.row(each)])
        for each in course.interrupted()
        if course.case.network.section_area[course.row(each)] == area
    )
    stations = 1.0 - share * dark / course.case.population[area]
    assert seen == [pytest.approx(stations * 0.5 * 0.8)]


def test_crews_with_nodnett_are_reached_when_the_public_network_is_silent(bench, region):
    on_nodnett = region.constants["crews_on_nodnett"]
    course = course_of(
        bench,
        strike(2.0, 5.0, area_ids=[AREA], level=0.4),
        strike(10.0, 5.0, area_ids=[AREA], level=0.4, networks=["telecom", "nodnett"]),
    )
    usual, public, both = (coordination(course, t_h) for t_h in (1.0, 3.0, 12.0))
    course.run()
    assert usual == [1.0]
    assert public == [pytest.approx(0.4 + 0.6 * on_nodnett)]
    assert both == [pytest.approx(0.4 + 0.6 * on_nodnett * 0.4)]


def test_outside_the_areas_everybody_is_reached(bench):
    course = course_of(bench, strike(2.0, 5.0))
    seen = []
    course.at(3.0, lambda: seen.append(course.parts.telecom.coordination(-1)))
    course.run()
    assert seen == [1.0]


def test_nodnett_outlasts_the_public_network_where_it_is_dark(bench):
    course = course_of(bench)
    area = course.area(AREA)
    kinds = course.case.services.store_kinds
    sections = np.flatnonzero(course.case.network.section_area == area)
    section = int(sections[np.argmax(course.case.network.section_persons[sections])])
    course.cut(1.0, 40.0, str(course.case.region.sections.section_id[section]), isolate=True)
    public_h = 1.0 + kinds[TELECOM].lasts_h[area]
    tetra_h = 1.0 + kinds[NODNETT].lasts_h[area]
    assert public_h < tetra_h < 1.0 + kinds[NODNETT_LONG].lasts_h[area]
    public = watch(course, (public_h - 0.1, public_h + 0.1, tetra_h - 0.1))
    tetra = watch(course, (public_h + 0.1, tetra_h - 0.1, tetra_h + 0.1), service="nodnett")
    course.run()
    assert public[0] == 1.0 > public[1] == public[2]
    assert tetra[0] == tetra[1] == 1.0 > tetra[2]


def test_sites_hear_what_their_own_section_and_area_let_them(bench):
    course = course_of(bench, strike(2.0, 5.0, area_ids=["030104"], level=0.4))
    node = course.case.services.site_nodes["telecom"][course.site("h1")]
    other = course.case.services.site_nodes["telecom"][course.site("h2")]
    seen = []
    for t_h in (1.0, 3.0, 8.0):
        course.at(
            t_h,
            lambda: seen.append(
                (course.parts.levels.level(node), course.parts.levels.level(other))
            ),
        )
    course.run()
    assert seen == [(1.0, 1.0), (pytest.approx(0.4), 1.0), (1.0, 1.0)]
