from dataclasses import replace

import numpy as np
import pytest
import simpy

from data.dependency_graph import Edge
from sim.dependencies.graph import build_graph
from sim.dependencies.levels import Levels
from sim.event_log import EventLog
from sim.services.area_levels import AreaLevels
from sim.services.district_heat import SERVICE, DistrictHeat
from sim.state_log import StateLog

ELECTRIC, ACCUMULATOR_H = 0.3, 1.5


class Plant:
    """One system of the built-in region with round figures."""

    def __init__(self, region, electric_share=ELECTRIC, accumulator_h=ACCUMULATOR_H):
        table = region.district_heat
        count = len(table)
        self.region = replace(
            region,
            district_heat=replace(
                table,
                electric_share=np.full(count, electric_share),
                accumulator_h=np.full(count, accumulator_h),
            ),
        )
        self.refill_h = region.constants["heat_refill_h"]
        self.name = str(table.system_id[0])
        self.env, self.log, self.states = simpy.Environment(), EventLog(), StateLog()
        self.missing = AreaLevels()
        graph = build_graph([Edge(dependent="heat", needs=f"district_heat@{self.name}")])
        self.node = graph.index[f"district_heat@{self.name}"]
        self.levels = Levels(self.env, graph, lambda *change: change[3])
        self.heat = DistrictHeat(
            self.env,
            self.region,
            levels=self.levels,
            missing=self.missing,
            log=self.log,
            states=self.states,
            nodes=(self.node,) * count,
        )

    def runs(self, t_h, level, *, is_fed=True):
        def change(_):
            event = self.log.note(self.env.now, "site_weakened", "e1", cause="test")
            self.heat.plant_changed(0, level, event, is_fed=is_fed)

        self.env.timeout(t_h).callbacks.append(change)

    def run(self, until=48.0):
        """Share of heat that is missing, from and to."""
        self.env.run(until=until)
        self.heat.finish()
        self.missing.finish(until)
        rows = self.missing.missing(SERVICE)
        return list(zip(rows.share.tolist(), rows.from_h.tolist(), rows.to_h.tolist(), strict=True))


def test_warm_pipes_last_their_hours_without_the_plant(region):
    plant = Plant(region)
    plant.runs(2.0, 0.0, is_fed=False)
    plant.runs(20.0, 1.0)
    assert plant.run() == [(1.0, 3.5, 20.0)]
    whats = [(e.what, e.t_h) for e in plant.log.events if e.asset_id == plant.name]
    assert whats == [("heat_lost", 3.5), ("heat_back", 20.0)]


def test_a_short_stop_is_not_felt(region):
    plant = Plant(region)
    plant.runs(2.0, 0.0, is_fed=False)
    plant.runs(3.4, 1.0)
    assert plant.run() == []


def test_on_reserve_power_only_heat_from_the_grid_is_missing(region):
    plant = Plant(region)
    plant.runs(2.0, 1.0, is_fed=False)
    plant.runs(20.0, 1.0)
    # Three tenths are missing: the pipes cover that for five hours.
    assert plant.run() == [(pytest.approx(0.3), pytest.approx(7.0), 20.0)]


def test_a_weak_plant_gives_the_less_of_its_level_and_what_needs_no_grid(region):
    plant = Plant(region)
    plant.runs(2.0, 0.9, is_fed=False)
    plant.runs(30.0, 0.4, is_fed=False)
    plant.runs(40.0, 1.0)
    # Three tenths all the time, as much again from the second blow on.
    assert sorted(plant.run(), key=lambda layer: layer[1]) == [
        (pytest.approx(0.3), pytest.approx(7.0), 40.0),
        (pytest.approx(0.3), 30.0, 40.0),
    ]


def test_with_the_grid_a_weak_plant_gives_its_level(region):
    plant = Plant(region)
    plant.runs(2.0, 0.5)
    plant.runs(20.0, 1.0)
    assert plant.run() == [(0.5, pytest.approx(5.0), 20.0)]


def test_pipes_that_were_cold_are_warmed_before_they_cover_again(region):
    plant = Plant(region)
    plant.runs(2.0, 0.0)
    plant.runs(10.0, 1.0)
    plant.runs(12.0, 0.0)
    lost = plant.run()
    # Two of the hours it takes to warm them.
    warm_h = 2.0 * ACCUMULATOR_H / plant.refill_h
    assert lost == [(1.0, 3.5, 10.0), (1.0, pytest.approx(12.0 + warm_h), 48.0)]


def test_a_plant_without_heat_from_the_grid_does_not_miss_it(region):
    plant = Plant(region, electric_share=0.0)
    plant.runs(2.0, 1.0, is_fed=False)
    assert plant.run() == []
    assert plant.log.events[-1].what == "site_weakened"


def test_sites_feel_what_the_system_gives(region):
    plant = Plant(region)
    plant.runs(2.0, 0.25)
    seen = []
    for t_h in (3.9, 4.1):
        plant.env.timeout(t_h).callbacks.append(
            lambda _: seen.append(plant.levels.level(plant.node))
        )
    plant.run()
    assert seen == [1.0, 0.25]


def test_without_power_and_reserve_a_built_in_plant_leaves_homes_without_heat(bench):
    """All the way from the dark substation: plant, pipes, heat of the areas it supplies."""
    course = bench.course()
    region = course.case.region
    systems = region.district_heat
    row = systems.system_id.tolist().index("oslofjord_varme")
    site = str(systems.site_id[row])
    section = region.sites.section_id[region.sites.site_id == site][0]
    feeder = region.sections.feeder_id[region.sections.section_id == section][0]
    substation = region.feeders.substation_id[region.feeders.feeder_id == feeder][0]
    course.darken(2.0, 12.0, str(substation))
    course.run()
    log = course.log("oslofjord_varme")
    # What the grid made is missing from the start, more when the battery of the pumps is empty.
    first = 2.0 + float(systems.accumulator_h[row]) / float(systems.electric_share[row])
    assert log[0] == ("heat_lost", pytest.approx(first))
    assert course.why("heat_lost", "oslofjord_varme") == [
        "heat_lost",
        "site_feed_lost",
        "substation_dark",
        "branch_failed",
    ]
    kind = region.sites.kind[region.sites.site_id == site][0]
    table = region.dependencies
    restart = (table.dependent == kind) & (table.needs == "electricity")
    assert log[-1] == ("heat_back", 12.0 + float(table.recovery_h[restart][0]))


def test_heat_that_comes_back_in_part_is_not_told_as_lost(region):
    plant = Plant(region)
    plant.runs(2.0, 0.0)
    plant.runs(10.0, 0.5)
    plant.runs(20.0, 1.0)
    plant.run()
    lost = [event.t_h for event in plant.log.events if event.what == "heat_lost"]
    assert lost == [3.5]
