from dataclasses import fields, replace

import numpy as np
import pytest
import simpy
from hypothesis import given
from hypothesis import strategies as st

from data.dependency_graph import Edge
from sim.dependencies.graph import build_graph
from sim.dependencies.levels import Levels
from sim.event_log import EventLog
from sim.services.road_kernels import shortest_ways
from sim.services.roads import Roads, access_of, link_ends, travel_between
from sim.state_log import StateLog

A, B, C, D = range(4)
AB, BC, AC, CD = range(4)
INSIDE_H = 0.1
LINKS = (
    ("A", "B", 1.0, 2),
    ("B", "C", 1.0, 1),
    ("A", "C", 3.0, 1),
    ("C", "D", 0.5, 2),
)


def taken(table, rows):
    return replace(table, **{f.name: getattr(table, f.name)[rows] for f in fields(table)})


def island(region):
    """Four areas of 64 km2, four road links: 4 km of way inside each."""
    areas = taken(region.areas, np.arange(4))
    areas = replace(
        areas,
        area_id=np.array(["A", "B", "C", "D"]),
        land_area_km2=np.full(4, 64.0),
        population=np.array([100, 200, 300, 400]),
    )
    start, end, hours, ways = (np.array(column) for column in zip(*LINKS, strict=True))
    roads = replace(
        taken(region.roads, np.arange(4)),
        road_id=np.array(["ab", "bc", "ac", "cd"]),
        from_area_id=start,
        to_area_id=end,
        travel_h=hours,
        ways=ways,
    )
    return replace(region, areas=areas, roads=roads)


class Map:
    """Roads of the island, driven by hand."""

    def __init__(self, region):
        self.region = island(region)
        self.env, self.log, self.states = simpy.Environment(), EventLog(), StateLog()
        graph = build_graph([Edge(dependent="depot", needs=f"road@{name}") for name in "ABCD"])
        self.levels = Levels(self.env, graph, lambda *change: change[3])
        self.node = [graph.index[f"road@{name}"] for name in "ABCD"]
        self.roads = Roads(
            self.env,
            self.region,
            travel_between(self.region, self.region.roads.travel_h),
            levels=self.levels,
            nodes=tuple(self.node),
            log=self.log,
            states=self.states,
        )
        self.told = []
        self.roads.on_access = lambda *change: self.told.append(change)

    def struck(self):
        return self.log.note(self.env.now, "road_struck", "tree", cause="test")

    def close(self, *links):
        for link in links:
            self.roads.close_way(link, self.struck())

    def open(self, *links):
        for link in links:
            self.roads.open_way(link, self.struck())

    def ways(self):
        return np.array([[self.roads.travel_h(a, b) for b in range(4)] for a in range(4)])


@pytest.fixture
def town(region):
    return Map(region)


def test_the_usual_way_is_the_shortest_and_ends_inside_the_area(town):
    assert town.roads.travel_h(A, B) == pytest.approx(1.0 + INSIDE_H)
    assert town.roads.travel_h(A, C) == pytest.approx(2.0 + INSIDE_H)
    assert town.roads.travel_h(A, D) == pytest.approx(2.5 + INSIDE_H)
    assert town.roads.travel_h(A, A) == pytest.approx(INSIDE_H)
    assert not town.roads.is_disturbed


def test_one_of_two_ways_closed_doubles_the_time_of_that_link(town):
    town.close(CD)
    assert town.roads.travel_h(C, D) == pytest.approx(1.0 + INSIDE_H)
    assert town.roads.travel_h(A, C) == pytest.approx(2.0 + INSIDE_H)
    last = town.log.events[-1]
    assert (last.what, last.asset_id, last.level) == ("road_slowed", "cd", 0.5)


def test_a_slower_link_is_driven_round_when_that_is_quicker(town):
    town.close(AB)
    # Two hours to B and one on, or three hours straight to C.
    assert town.roads.travel_h(A, B) == pytest.approx(2.0 + INSIDE_H)
    assert town.roads.travel_h(A, C) == pytest.approx(3.0 + INSIDE_H)


def test_the_last_way_closes_the_link_and_leaves_the_detour(town):
    town.close(AB, AB)
    assert town.roads.travel_h(A, B) == pytest.approx(3.0 + 1.0 + INSIDE_H)
    closed = [event for event in town.log.events if event.what == "road_closed"]
    assert [(event.asset_id, event.level) for event in closed] == [("ab", 0.0)]


def test_an_area_behind_a_closed_link_is_cut_off_until_a_way_is_open(town):
    town.close(CD, CD)
    assert town.roads.travel_h(A, D) == np.inf
    assert town.roads.travel_h(D, D) == pytest.approx(INSIDE_H)
    assert town.roads.access(D) == 0.0
    assert town.levels.level(town.node[D]) == 0.0
    town.open(CD)
    assert town.roads.travel_h(C, D) == pytest.approx(1.0 + INSIDE_H)
    whats = [event.what for event in town.log.events if event.asset_id == "D"]
    assert whats == ["area_cut_off", "area_reached"]
    chain = [event.because for event in town.log.events if event.what == "area_cut_off"]
    assert town.log.events[chain[0]].what == "road_closed"


def test_everybody_else_still_reaches_each_other_when_one_area_is_cut_off(town):
    town.close(CD, CD)
    # D holds 400 of the 900 others of A: 500 / 900 of the usual, against 0.8.
    assert town.roads.access(A) == pytest.approx(0.7)
    assert town.roads.access(A) == pytest.approx(round(500.0 / 900.0 / 0.8, 1))


def test_access_is_the_usual_over_the_present_time_weighted_by_people(town):
    town.close(AB)
    usual, now = np.array([1.1, 2.1, 2.6]), np.array([2.1, 3.1, 3.6])
    share = (np.array([200.0, 300.0, 400.0]) * usual / now).sum() / 900.0
    assert town.roads.access(A) == pytest.approx(round(share / 0.8, 1))
    assert town.roads.access(A) == pytest.approx(0.8)
    # From C to D nothing is longer, to A it takes an hour more.
    assert town.roads.access(C) == 1.0


def test_access_is_exactly_one_again_when_everything_is_open(town):
    before = town.ways()
    town.close(AB, CD, AB, BC, CD)
    assert town.roads.is_disturbed
    town.open(BC, CD, AB, CD, AB)
    assert [town.roads.access(area) for area in range(4)] == [1.0] * 4
    assert (town.ways() == before).all()
    assert not town.roads.is_disturbed
    assert all(town.levels.level(node) == 1.0 for node in town.node)
    town.states.finish(10.0)
    assert town.states.states == []


def test_a_change_of_access_is_told_with_its_level(town):
    town.close(CD, CD)
    told = {area: level for area, level, _ in town.told}
    assert told == {area: town.roads.access(area) for area in range(4)}


def test_a_hazard_slows_its_links_and_the_slowest_of_two_counts(town):
    town.roads.strike([AB, CD], 1, 0.5, town.struck())
    assert town.roads.travel_h(C, D) == pytest.approx(1.0 + INSIDE_H)
    town.roads.strike([CD], 2, 0.25, town.struck())
    assert town.roads.travel_h(C, D) == pytest.approx(2.0 + INSIDE_H)
    town.roads.strike([CD], 2, 1.0, town.struck())
    assert town.roads.travel_h(C, D) == pytest.approx(1.0 + INSIDE_H)
    town.roads.strike([AB, CD], 1, 1.0, town.struck())
    assert town.roads.travel_h(C, D) == pytest.approx(0.5 + INSIDE_H)


def test_snow_and_a_fallen_tree_multiply(town):
    town.close(CD)
    town.roads.strike([CD], 1, 0.5, town.struck())
    assert town.roads.travel_h(C, D) == pytest.approx(2.0 + INSIDE_H)


def test_a_hazard_can_close_a_link(town):
    town.roads.strike([CD], 1, 0.0, town.struck())
    assert town.roads.travel_h(C, D) == np.inf
    town.roads.strike([CD], 1, 1.0, town.struck())
    assert town.roads.travel_h(C, D) == pytest.approx(0.5 + INSIDE_H)


def test_more_trees_than_ways_leave_it_closed_until_the_last_but_one_is_cleared(town):
    town.close(CD, CD, CD)
    town.open(CD)
    assert town.roads.travel_h(C, D) == np.inf
    town.open(CD)
    assert town.roads.travel_h(C, D) == pytest.approx(1.0 + INSIDE_H)


def test_whoever_waits_for_a_road_goes_on_when_one_is_opened(town):
    town.close(CD, CD)
    gone = []

    def wait():
        while town.roads.travel_h(A, D) == np.inf:
            yield town.roads.until_changed()
        gone.append(town.env.now)

    town.env.process(wait())
    town.env.timeout(3.0).callbacks.append(lambda _: town.close(AB))
    town.env.timeout(5.0).callbacks.append(lambda _: town.open(CD))
    town.env.run(until=10.0)
    assert gone == [5.0]


def test_the_state_of_a_link_lasts_as_long_as_its_speed(town):
    for t_h, act in ((1.0, town.close), (2.0, town.close), (4.0, town.open), (7.0, town.open)):
        town.env.timeout(t_h).callbacks.append(lambda _, act=act: act(CD))
    town.env.run(until=10.0)
    town.states.finish(10.0)
    rows = [state for state in town.states.states if state.kind == "road"]
    assert [(row.asset_id, row.level, row.from_h, row.to_h) for row in rows] == [
        ("cd", 0.5, 1.0, 2.0),
        ("cd", 0.0, 2.0, 4.0),
        ("cd", 0.5, 4.0, 7.0),
    ]


def test_in_the_built_in_region_the_last_way_of_every_link_leaves_nobody_else_farther(region):
    """Closing a link cuts off an area only where there is no other way round."""
    usual = travel_between(region, region.roads.travel_h)
    start, end = link_ends(region)
    for link in range(0, len(region.roads), 9):
        hours = region.roads.travel_h.copy()
        hours[link] = np.inf
        now = travel_between(region, hours)
        assert (now >= usual - 1e-12).all()
        access = access_of(usual, now, region.areas.population.astype(float), 0.8)
        others = np.delete(np.arange(len(access)), [start[link], end[link]])
        assert (access[others] > 0.0).all()


links = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 5), st.floats(0.1, 5.0)), min_size=1, max_size=12
)


@given(links, st.data())
def test_closing_or_slowing_never_shortens_any_way(rows, data):
    start, end, hours = (np.array(column) for column in zip(*rows, strict=True))
    slower = np.array(
        [hour * data.draw(st.sampled_from([1.0, 1.5, 2.0, np.inf])) for hour in hours.tolist()]
    )
    before = shortest_ways(start, end, hours.astype(float), 6)
    after = shortest_ways(start, end, slower, 6)
    assert (after >= before - 1e-12).all()
    people = np.arange(1.0, 7.0)
    usual, now = before + INSIDE_H, after + INSIDE_H
    reached = np.isfinite(usual).all()
    if reached:
        access = access_of(usual, now, people, 0.8)
        assert (access >= 0.0).all()
        assert (access <= 1.0).all()


@given(links)
def test_shortest_ways_obey_the_triangle_and_need_no_improvement(rows):
    start, end, hours = (np.array(column) for column in zip(*rows, strict=True))
    ways = shortest_ways(start, end, hours.astype(float), 6)
    assert (ways == ways.T).all()
    assert (np.diag(ways) == 0.0).all()
    assert (ways[:, None, :] <= ways[:, :, None] + ways[None, :, :] + 1e-9).all()
    for a, b, hour in rows:
        assert ways[a, b] <= hour


@given(st.lists(st.sampled_from([AB, BC, AC, CD]), max_size=8), st.randoms(use_true_random=False))
def test_in_whatever_order_roads_are_closed_and_opened_all_ends_as_usual(region, closed, chance):
    town = Map(region)
    before = town.ways()
    town.close(*closed)
    longer = town.ways()
    assert (longer >= before - 1e-12).all()
    opened = list(closed)
    chance.shuffle(opened)
    for link in opened:
        town.open(link)
        assert (town.ways() <= longer + 1e-12).all()
        longer = town.ways()
    assert (town.ways() == before).all()
    assert [town.roads.access(area) for area in range(4)] == [1.0] * 4
