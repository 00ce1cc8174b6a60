from dataclasses import dataclass, field, replace

import numpy as np
import pytest
import simpy
from hypothesis import given
from hypothesis import strategies as st

from data.dependency_graph import Edge
from sim.dependencies.graph import build_graph
from sim.dependencies.levels import Levels
from sim.event_log import EventLog, chain
from sim.services.area_levels import AreaLevels
from sim.services.staff import Absence, Staff, StaffGroup, shift_hours
from sim.state_log import FULL

SHIFT_HOURS = frozenset({7, 15, 23})
HOURS = 96
BOTH = frozenset({0, 1})
HOSPITAL, SHOP = 0, 1


@dataclass
class Ways:
    """Access by road as a test sets it."""

    level: dict = field(default_factory=dict)

    def access(self, area):
        return self.level.get(area, FULL)

    @property
    def is_disturbed(self):
        return any(level < FULL for level in self.level.values())


def group(works_at, area, node, **figures):
    usual = {"needed_share": 0.8, "parents_share": 0.25, "home_office_share": 0.0}
    return StaffGroup(works_at=works_at, area=area, node=node, **(usual | figures))


class Town:
    """A hospital with a node of its own and a function kept by area, in two areas."""

    def __init__(self, first_hour=0, **figures):
        self.env, self.log, self.areas, self.roads = (
            simpy.Environment(),
            EventLog(),
            AreaLevels(),
            Ways(),
        )
        graph = build_graph([Edge(dependent="h1", needs="staff@hospital@a")])
        self.node = graph.index["staff@hospital@a"]
        self.seen = []
        self.levels = Levels(self.env, graph, self.changed)
        self.staff = Staff(
            self.env,
            (
                group("hospital", 0, self.node, **figures),
                group("F08", 0, -1, **figures),
                group("F08", 1, -1, **figures),
            ),
            (first_hour + np.arange(HOURS)) % 24,
            changes=SHIFT_HOURS,
            roads=self.roads,
            levels=self.levels,
            areas=self.areas,
            area_ids=["a", "b"],
            log=self.log,
        )

    def changed(self, node, _before, level, because, _through):
        if node == self.node:
            self.seen.append((self.env.now, level))
        return because

    def at(self, t_h, act):
        self.env.timeout(t_h).callbacks.append(lambda _: act())

    def strike(
        self, from_h, to_h, *, ill=0.0, schools_closed=False, works_at=(), areas=BOTH, number=1
    ):
        absence = Absence(
            ill=ill,
            schools_closed=schools_closed,
            works_at=frozenset(works_at),
            areas=frozenset(areas),
        )

        def change(now, what):
            event = self.log.note(self.env.now, what, cause="scenario")
            self.staff.strike(number, now, event)

        self.at(from_h, lambda: change(absence, "staff_short"))
        self.at(to_h, lambda: change(None, "staff_back"))

    def access(self, t_h, level, area=0):
        def change():
            self.roads.level[area] = level
            event = self.log.note(self.env.now, "road_closed", "r1", cause="test")
            self.staff.access_changed(event)

        self.at(t_h, change)

    def run(self):
        self.env.run(until=float(HOURS))
        self.areas.finish(float(HOURS))
        return self

    def short(self, area=0):
        """Share missing, from and to of the function's staff in an area."""
        rows = self.areas.missing("staff@F08")
        return [
            (pytest.approx(share), from_h, to_h)
            for at, share, from_h, to_h in zip(
                rows.area, rows.share, rows.from_h, rows.to_h, strict=True
            )
            if at == area
        ]


def test_absence_is_felt_from_the_next_change_of_shift_until_the_one_after_its_end():
    town = Town()
    town.strike(3.0, 30.0, ill=0.5)
    town.run()
    # Half the staff where 80 % are enough.
    assert town.seen == [(7.0, pytest.approx(0.625)), (31.0, 1.0)]


def test_who_is_at_work_when_the_shift_has_just_changed_stays_until_the_next():
    town = Town()
    town.strike(7.0, 50.0, ill=0.5)
    assert town.run().seen[0] == (15.0, pytest.approx(0.625))


@pytest.mark.parametrize("first_hour", [0, 5, 14, 22])
def test_shifts_change_by_the_clock_on_the_wall(first_hour):
    town = Town(first_hour=first_hour)
    town.strike(0.5, 90.0, ill=0.5)
    hour = (first_hour + town.run().seen[0][0]) % 24
    assert hour in SHIFT_HOURS
    assert town.seen[0][0] - 0.5 <= 8.0


def test_absence_between_two_changes_of_shift_is_not_felt():
    town = Town()
    town.strike(8.0, 14.0, ill=0.9)
    assert town.run().seen == []


def test_a_few_who_are_ill_are_not_missed():
    town = Town()
    town.strike(3.0, 50.0, ill=0.2)
    town.run()
    assert town.seen == []
    assert town.short() == []


def test_closed_schools_keep_parents_at_home():
    town = Town(needed_share=1.0)
    town.strike(3.0, 50.0, schools_closed=True)
    assert town.run().seen[0] == (7.0, pytest.approx(0.75))


def test_parents_who_are_ill_are_missing_once():
    town = Town(needed_share=1.0)
    town.strike(3.0, 50.0, ill=0.4, schools_closed=True)
    assert town.run().seen[0] == (7.0, pytest.approx(0.6 * 0.75))


def test_closed_roads_keep_away_all_but_those_who_work_from_home():
    town = Town(needed_share=1.0, home_office_share=0.7)
    town.access(3.0, 0.5)
    town.access(20.0, 1.0)
    town.run()
    assert town.seen == [(7.0, pytest.approx(1.0 - 0.5 * 0.3)), (23.0, 1.0)]
    assert town.short() == [(0.15, 7.0, 23.0)]
    assert town.short(area=1) == []


def test_everybody_at_home_works_on_when_the_area_is_cut_off():
    town = Town(needed_share=1.0, home_office_share=1.0)
    town.access(3.0, 0.0)
    assert town.run().seen == []


def test_illness_and_roads_multiply():
    town = Town(needed_share=1.0)
    town.strike(3.0, 80.0, ill=0.5)
    town.access(4.0, 0.4)
    town.access(20.0, 1.0)
    town.run()
    assert town.seen == [(7.0, pytest.approx(0.2)), (23.0, pytest.approx(0.5)), (87.0, 1.0)]


def test_two_waves_of_illness_multiply_and_end_on_their_own():
    town = Town(needed_share=1.0)
    town.strike(3.0, 50.0, ill=0.2, number=1)
    town.strike(10.0, 30.0, ill=0.5, number=2)
    town.run()
    assert town.seen == [
        (7.0, pytest.approx(0.8)),
        (15.0, pytest.approx(0.4)),
        (31.0, pytest.approx(0.8)),
        (55.0, 1.0),
    ]


def test_only_the_places_and_areas_that_are_named_are_short():
    town = Town()
    town.strike(3.0, 50.0, ill=0.5, works_at=["F08"], areas={1})
    town.run()
    assert town.seen == []
    assert town.short() == []
    assert town.short(area=1) == [(0.375, 7.0, 55.0)]


def test_a_lack_names_what_took_most():
    town = Town(needed_share=1.0)
    town.strike(3.0, 90.0, ill=0.5)
    town.access(4.0, 0.9)
    town.run()
    at = next(k for k, event in enumerate(town.log.events) if event.asset_id == "staff@hospital")
    assert [event.what for event in chain(town.log.events, at)] == ["staff_short", "staff_short"]
    assert chain(town.log.events, at)[-1].cause == "scenario"


def test_roads_are_the_cause_where_they_keep_more_away():
    town = Town(needed_share=1.0)
    town.strike(3.0, 90.0, ill=0.1)
    town.access(4.0, 0.2)
    town.run()
    at = next(k for k, event in enumerate(town.log.events) if event.asset_id == "staff@hospital")
    assert [event.what for event in chain(town.log.events, at)] == ["staff_short", "road_closed"]


def test_a_second_absence_long_after_the_first_is_felt_too():
    town = Town()
    town.strike(3.0, 8.0, ill=0.5, number=1)
    town.strike(60.0, 90.0, ill=0.5, number=2)
    assert [t_h for t_h, _ in town.run().seen] == [7.0, 15.0, 63.0, 95.0]


def test_nobody_needed_is_nobody_missed():
    town = Town(needed_share=0.0)
    town.strike(3.0, 50.0, ill=1.0)
    assert town.run().seen == []


shares = st.floats(0.0, 1.0)


@given(shares, shares, st.booleans(), shares, shares)
def test_fewer_at_work_never_give_a_higher_level(ill, more, closed, access, home):
    def lowest(ill_share, way):
        town = Town(home_office_share=home)
        town.strike(3.0, 50.0, ill=ill_share, schools_closed=closed)
        town.access(4.0, way)
        return min((level for _, level in town.run().seen), default=1.0)

    worse = lowest(max(ill, more), min(access, 0.5 * access))
    assert 0.0 <= worse <= lowest(min(ill, more), access) + 1e-12


def test_shifts_change_as_often_as_the_region_says(region):
    assert shift_hours(region.constants) == SHIFT_HOURS
    value = region.constants.value.copy()
    value[region.constants.key == "shift_length_h"] = 12.0
    assert shift_hours(replace(region.constants, value=value)) == {7, 19}
