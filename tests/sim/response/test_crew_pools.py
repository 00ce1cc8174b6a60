"""Which crews go where, and how long the way takes, in a course of the built-in region."""

import numpy as np
import pytest

from tests.sim.conftest import Course

AREA = "3228"


def depot_row(course, depot_id):
    return course.case.region.depots.depot_id.tolist().index(depot_id)


def depot_of(course, skill, area_id):
    return str(
        course.case.region.depots.depot_id[course.parts.crews.nearest(skill, course.area(area_id))]
    )


def close_around(course, area_id, speed=0.0):
    roads = course.case.region.roads
    touching = (roads.from_area_id == area_id) | (roads.to_area_id == area_id)
    event = course.root("road_struck", area_id)
    course.parts.roads.strike(np.flatnonzero(touching).tolist(), 9, speed, event)


def travelled(course, depot_id, area_id, t_h=1.0):
    """When a crew that is sent at an hour is there."""
    there = []

    def go():
        yield course.env.timeout(t_h)
        yield from course.parts.crews.travel(depot_row(course, depot_id), course.area(area_id))
        there.append(course.env.now)

    course.env.process(go())
    return there


def test_the_nearest_depot_of_the_skill_serves_an_area(bench):
    course = bench.course()
    case = course.case
    for skill in ("distribution", "cable", "transmission", "road", "telecom"):
        row = course.parts.crews.nearest(skill, course.area(AREA))
        assert case.region.depots.skill[row] == skill
        homes = [
            case.depot_area[other]
            for other in np.flatnonzero(case.region.depots.skill == skill).tolist()
        ]
        ways = [case.travel_h[home, course.area(AREA)] for home in homes]
        assert case.travel_h[case.depot_area[row], course.area(AREA)] == min(ways)


def test_another_depot_helps_where_the_usual_one_is_cut_off(bench):
    course = bench.course()
    usual = depot_of(course, "distribution", AREA)
    home = str(course.case.region.depots.area_id[depot_row(course, usual)])
    assert home != AREA
    close_around(course, home)
    other = depot_of(course, "distribution", AREA)
    assert other != usual
    assert course.parts.crews.way_h(depot_row(course, other), course.area(AREA)) < np.inf
    close_around(course, home, speed=1.0)
    assert depot_of(course, "distribution", AREA) == usual


def test_outside_the_areas_the_first_depot_of_the_skill_serves(bench):
    course = bench.course()
    skill = course.case.region.depots.skill
    assert course.parts.crews.nearest("cable", -1) == int(np.flatnonzero(skill == "cable")[0])


def test_a_crew_drives_by_the_roads_as_they_are(bench, region):
    course = bench.course()
    there = travelled(course, "jessheim", AREA)
    course.run()
    home = course.case.depot_area[depot_row(course, "jessheim")]
    way = course.case.travel_h[home, course.area(AREA)]
    assert there == [pytest.approx(1.0 + region.constants["dispatch_h"] + way)]


def test_a_crew_without_a_way_waits_until_a_road_opens(bench, region):
    course = bench.course()
    course.at(0.5, lambda: close_around(course, AREA))
    course.at(9.0, lambda: close_around(course, AREA, speed=1.0))
    there = travelled(course, "jessheim", AREA)
    course.run()
    home = course.case.depot_area[depot_row(course, "jessheim")]
    way = course.case.travel_h[home, course.area(AREA)]
    assert there == [pytest.approx(9.0 + region.constants["dispatch_h"] + way)]


def test_crews_nobody_reaches_take_longer(bench, region):
    hazard = {"kind": "telecom_outage", "start_h": 0.5, "duration_h": 20.0, "area_ids": [AREA]}
    course = Course(*bench.case(hazard))
    there = travelled(course, "jessheim", AREA)
    slowed = []
    course.at(2.0, lambda: slowed.append(course.parts.crews.slowed(4.0, course.area(AREA))))
    course.run()
    constants = region.constants
    factor = 1.0 + constants["telecom_slowdown"] * (1.0 - constants["crews_on_nodnett"])
    home = course.case.depot_area[depot_row(course, "jessheim")]
    way = constants["dispatch_h"] + course.case.travel_h[home, course.area(AREA)]
    assert there == [pytest.approx(1.0 + factor * way)]
    assert slowed == [pytest.approx(4.0 * factor)]


def test_a_third_of_the_staff_missing_takes_a_third_of_the_crews_rounded_up(bench):
    hazard = {
        "kind": "staff_absence",
        "start_h": 1.0,
        "duration_h": 16.0,
        "share": 1.0 / 3.0,
        "works_at": ["crew_distribution"],
    }
    course = Course(*bench.case(hazard, hours=48))
    pools, depots = course.parts.crews.pools, course.case.region.depots
    seen = {}
    for t_h in (6.9, 7.1, 23.1):
        course.at(t_h, lambda t_h=t_h: seen.update({t_h: [pool.available for pool in pools]}))
    course.run()
    own = depots.crews.tolist()
    line = (depots.skill == "distribution").tolist()
    fewer = [int(2 * n / 3 + 1e-9) if is_line else n for n, is_line in zip(own, line, strict=True)]
    assert seen == {6.9: own, 7.1: fewer, 23.1: own}
    assert course.log("jessheim") == [("crews_fewer", 7.0), ("crews_more", 23.0)]
    assert course.why("crews_fewer", "jessheim") == ["crews_fewer", "staff_short", "staff_short"]


def test_mutual_aid_is_there_at_its_hour_after_the_first_hazard(bench, region):
    hazard = {"kind": "fuel_stop", "start_h": 5.0, "duration_h": 1.0}
    course = Course(*bench.case(hazard, hours=72))
    aid = region.mutual_aid
    first = int(np.argmin(aid.arrives_h))
    row = depot_row(course, str(aid.depot_id[first]))
    pool, own = course.parts.crews.pools[row], int(region.depots.crews[row])
    arrives = 5.0 + float(aid.arrives_h[first])
    seen = []
    for t_h in (arrives - 0.1, arrives + 0.1):
        course.at(t_h, lambda: seen.append(pool.available))
    course.run()
    assert seen == [own, own + int(aid.crews[first])]
