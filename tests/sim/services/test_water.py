from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import simpy

from data.calendars import calendar_hours
from data.dependency_graph import Edge
from data.region import Region
from sim.dependencies.graph import build_graph
from sim.dependencies.levels import Levels
from sim.event_log import EventLog
from sim.services.water import Water, WaterDay, water_day
from sim.state_log import StateLog

OSET = "w1"
HOURS = 72


def calendar(hours=HOURS, first=0):
    start = datetime(2026, 1, 12, first, tzinfo=ZoneInfo("Europe/Oslo"))
    return calendar_hours(start, hours)


def steady():
    """A day on which people use as much every hour."""
    return WaterDay(demand_h=np.arange(HOURS + 1.0), swing_h=np.zeros(HOURS + 1), highest_h=0.0)


@dataclass
class Works:
    """One works and its reservoir, in a scenario of its own."""

    region: Region
    day: WaterDay
    env: simpy.Environment
    water: Water
    levels: Levels
    log: EventLog
    states: StateLog
    site: int
    row: int
    node: int
    seen: list

    def make(self, t_h, level):
        """Let the works make a share of what it can from an hour on."""

        def happen(_):
            event = self.log.note(self.env.now, "site_weakened", OSET, cause="test", level=level)
            self.water.works_changed(self.site, self.row, level, event)

        self.env.timeout(t_h).callbacks.append(happen)

    def run(self, until=float(HOURS)):
        self.env.run(until=until)
        self.water.finish()
        return self.seen


def works(region, day=None, **columns):
    """The reservoir behind Oset, with other figures if told."""
    table, sites = region.water_works, region.sites
    row = int(np.flatnonzero(table.site_id == OSET)[0])
    changed = {}
    for name, value in columns.items():
        changed[name] = getattr(table, name).copy()
        changed[name][row] = value
    region = replace(region, water_works=replace(table, **changed))
    env, log, states, seen = simpy.Environment(), EventLog(), StateLog(), []
    graph = build_graph([Edge(dependent="supply", needs="reservoir")])

    def changed_level(node, _before, level, because, _through):
        if graph.nodes[node] == "reservoir":
            seen.append((env.now, level))
        return because

    levels = Levels(env, graph, changed_level)
    site = int(np.flatnonzero(sites.site_id == OSET)[0])
    day = day or water_day(region, calendar())
    water = Water(
        env,
        region,
        day,
        levels=levels,
        log=log,
        states=states,
        nodes={site: graph.index["reservoir"]},
    )
    node = graph.index["reservoir"]
    return Works(region, day, env, water, levels, log, states, site, row, node, seen)


def lasts_h(region, hour):
    """How long Oset's reservoirs last when the works stop at an hour of the second day."""
    run = works(region)
    run.make(24.0 + hour, 0.0)
    ((empty_h, level),) = run.run()
    assert level == 0.0
    return run, empty_h - 24.0 - hour


@pytest.mark.parametrize("hour", range(24))
def test_a_reservoir_is_empty_when_people_have_used_what_was_in_it(region, hour):
    run, lasts = lasts_h(region, hour)
    held = 8.5 + run.day.swing_h[24 + hour]
    demand = run.day.demand_h
    used = np.interp(24.0 + hour + lasts, np.arange(HOURS + 1), demand) - demand[24 + hour]
    assert used == pytest.approx(held)


def test_osets_clean_water_lasts_eight_to_nine_hours_over_the_day(region):
    """As the city says of Oset: 8 to 9 hours, depending on the time of day."""
    lasts = [lasts_h(region, hour)[1] for hour in range(24)]
    assert 8.0 < np.mean(lasts) < 9.0
    # Stopped at night, when few use any: through to the morning's peak.
    assert all(8.0 < lasts[hour] < 9.25 for hour in range(10))


def test_a_works_that_stops_before_the_evening_peak_leaves_the_shortest_time(region):
    lasts = [lasts_h(region, hour)[1] for hour in range(24)]
    assert 12 <= int(np.argmin(lasts)) <= 17
    # With the evening peak behind and the night ahead it lasts longest.
    assert 19 <= int(np.argmax(lasts)) <= 21


def test_on_a_day_without_course_the_reservoir_lasts_its_hours(region):
    run = works(region, steady(), storage_h=8.5)
    run.make(10.0, 0.0)
    assert run.run() == [(pytest.approx(18.5), 0.0)]


def test_a_works_at_part_of_its_capacity_empties_the_reservoir_by_what_is_missing(region):
    # 40 % of 1.25 times the mean demand is half of it: twice as long.
    run = works(region, steady(), storage_h=6.0, production_over_mean=1.25)
    run.make(10.0, 0.4)
    assert run.run() == [(pytest.approx(22.0), pytest.approx(0.5))]


def test_a_works_that_still_makes_the_mean_demand_leaves_nobody_dry(region):
    run = works(region, steady(), storage_h=6.0, production_over_mean=1.25)
    run.make(10.0, 0.8)
    assert run.run() == []


def test_an_outage_shorter_than_the_reservoir_is_not_felt(region):
    run = works(region, steady(), storage_h=6.0)
    run.make(10.0, 0.0)
    run.make(15.9, 1.0)
    assert run.run() == []
    assert run.log.events[-1].what == "site_weakened"


def test_water_is_back_when_the_works_are_even_if_the_reservoir_is_not_full(region):
    run = works(region, steady(), storage_h=6.0, production_over_mean=1.25)
    run.make(10.0, 0.0)
    run.make(20.0, 1.0)
    assert run.run() == [(pytest.approx(16.0), 0.0), (20.0, 1.0)]
    whats = [(event.what, event.t_h) for event in run.log.events if event.asset_id == OSET]
    assert ("reservoir_empty", pytest.approx(16.0)) in whats
    assert ("water_back", 20.0) in whats


def test_a_reservoir_fills_by_what_is_made_beyond_demand(region):
    # Empty from 16; from 20 to 30 a quarter more than the demand: 2.5 h.
    run = works(region, steady(), storage_h=6.0, production_over_mean=1.25)
    run.make(10.0, 0.0)
    run.make(20.0, 1.0)
    run.make(30.0, 0.0)
    assert run.run()[-1] == (pytest.approx(32.5), 0.0)


def test_a_reservoir_fills_no_higher_than_on_an_ordinary_day(region):
    run = works(region, steady(), storage_h=6.0, production_over_mean=1.5)
    run.make(1.0, 0.0)
    run.make(3.0, 1.0)
    run.make(40.0, 0.0)
    assert run.run() == [(pytest.approx(46.0), 0.0)]


def test_part_of_the_works_back_gives_people_that_part(region):
    run = works(region, steady(), storage_h=2.0, production_over_mean=1.25)
    run.make(1.0, 0.0)
    run.make(6.0, 0.4)
    run.make(9.0, 1.0)
    assert run.run() == [
        (pytest.approx(3.0), 0.0),
        (6.0, pytest.approx(0.5)),
        (9.0, 1.0),
    ]


def test_demand_is_highest_by_day_and_one_on_average(region):
    day = water_day(region, calendar(24))
    hourly = np.diff(day.demand_h)
    assert hourly.mean() == pytest.approx(1.0)
    factor = region.water_profile.factor[np.argsort(region.water_profile.hour)]
    assert hourly == pytest.approx(factor / factor.mean())


def test_an_ordinary_reservoir_moves_around_its_mean_and_is_fullest_in_the_morning(region):
    day = water_day(region, calendar(24))
    assert day.swing_h[0] == pytest.approx(day.swing_h[-1])
    # Piecewise linear between full hours.
    assert 0.5 * (day.swing_h[:-1] + day.swing_h[1:]).mean() * 24 == pytest.approx(0.0, abs=1e-12)
    assert day.highest_h == day.swing_h.max()
    assert 4 <= int(np.argmax(day.swing_h)) <= 7
    assert np.diff(day.swing_h) == pytest.approx(1.0 - np.diff(day.demand_h))


def test_a_scenario_that_begins_at_noon_uses_the_noon_hours_first(region):
    whole, noon = water_day(region, calendar(24)), water_day(region, calendar(24, first=12))
    assert np.diff(noon.demand_h)[:12] == pytest.approx(np.diff(whole.demand_h)[12:])
    assert noon.swing_h[0] == pytest.approx(whole.swing_h[12])


def test_the_stock_is_shown_from_where_it_stood_until_it_is_empty(region):
    run = works(region, steady(), storage_h=6.0, production_over_mean=1.25)
    run.make(10.0, 0.4)
    run.run()
    pieces = run.states.stocks
    assert (pieces[0].from_h, pieces[0].from_level) == (10.0, 1.0)
    falling = [piece for piece in pieces if piece.to_level < piece.from_level]
    assert falling[-1].to_h == pytest.approx(22.0)
    assert falling[-1].to_level == pytest.approx(0.0, abs=1e-12)
    assert falling[0].empty_in_h == pytest.approx(12.0)
    assert {piece.kind for piece in pieces} == {"reservoir"}
