from dataclasses import replace

import numpy as np
import pytest
import simpy
from hypothesis import given
from hypothesis import strategies as st

from sim.event_log import EventLog
from sim.services.section_stores import SectionStores, StoreKind
from sim.state_log import StateLog

AREA = np.array([0, 0, 0, 1])
FEEDER = np.array([0, 0, 1, 2])
PERSONS = np.array([100.0, 200.0, 50.0, 400.0])
BATTERY, TANK, PUMPS = 0, 1, 2

KINDS = (
    StoreKind(
        name="battery",
        stock="base_station_battery",
        empty="base_stations_down",
        share=np.array([0.9, 1.0]),
        lasts_h=np.array([2.0, 4.0]),
        refill_h=np.array([10.0, 10.0]),
        restart_h=np.array([0.5, 0.5]),
    ),
    StoreKind(
        name="tank",
        stock="local_tank",
        empty="local_tank_empty",
        share=np.array([0.25, 0.0]),
        lasts_h=np.array([6.0, 12.0]),
        refill_h=np.array([4.0, 4.0]),
        restart_h=np.array([0.0, 0.0]),
    ),
    StoreKind(
        name="pumps",
        stock="",
        empty="",
        share=np.array([1.0, 1.0]),
        lasts_h=np.array([0.0, 0.0]),
        refill_h=np.array([1.0, 1.0]),
        restart_h=np.array([0.0, 0.0]),
    ),
)


class Town:
    """Four sections in two areas, darkened and lit by hand."""

    def __init__(self, kinds=KINDS, watched=None):
        self.env = simpy.Environment()
        self.log, self.states, self.told = EventLog(), StateLog(), []
        self.stores = SectionStores(
            self.env,
            kinds,
            section_area=AREA,
            section_feeder=FEEDER,
            section_persons=PERSONS,
            area_ids=["a", "b"],
            feeder_ids=["f0", "f1", "f2"],
            section_ids=np.array(["s0", "s1", "s2", "s3"]),
            log=self.log,
            states=self.states,
            watched=watched,
        )
        self.stores.on_change = lambda *change: self.told.append((self.env.now, *change))

    def at(self, t_h, act):
        def happen(_):
            act()
            self.stores.settle()

        self.env.timeout(t_h).callbacks.append(happen)

    def dark(self, t_h, *sections, weight=1.0):
        def act():
            event = self.log.note(self.env.now, "substation_dark", "s1", "a", cause="test")
            for section in sections:
                self.stores.dark(section, weight, event)

        self.at(t_h, act)

    def light(self, t_h, *sections):
        def act():
            event = self.log.note(self.env.now, "substation_live", "s1", "a", cause="test")
            for section in sections:
                self.stores.light(section, event)

        self.at(t_h, act)

    def run(self, until=48.0):
        self.env.run(until=until)
        self.stores.finish(until)
        return self

    def lost(self, kind, area=0):
        """Persons, from and to of each loss that is over."""
        rows = [loss for loss in self.stores.losses if (loss.kind, loss.area) == (kind, area)]
        return sorted((loss.from_h, loss.to_h, loss.persons) for loss in rows)

    def happened(self, what):
        return [(event.t_h, event.asset_id) for event in self.log.events if event.what == what]

    def ask(self, t_h, question):
        """Answer of a question asked at an hour, after all that happens then."""
        found = []
        self.env.timeout(t_h + 1e-6).callbacks.append(lambda _: found.append(question()))
        return found


def test_a_battery_lasts_its_hours_and_people_are_served_again_after_the_restart():
    town = Town()
    town.dark(1.0, 0)
    town.light(9.0, 0)
    town.run()
    assert town.lost(BATTERY) == [(3.0, 9.5, pytest.approx(90.0))]
    assert town.lost(TANK) == [(7.0, 9.0, pytest.approx(25.0))]
    assert town.lost(PUMPS) == [(1.0, 9.0, pytest.approx(100.0))]
    assert town.happened("base_stations_down") == [(3.0, "f0")]
    assert town.happened("local_tank_empty") == [(7.0, "f0")]


def test_areas_have_their_own_hours_and_a_kind_nobody_has_is_not_lost():
    town = Town()
    town.dark(1.0, 3)
    town.light(20.0, 3)
    town.run()
    assert town.lost(BATTERY, area=1) == [(5.0, 20.5, pytest.approx(400.0))]
    assert town.lost(TANK, area=1) == []


def test_an_outage_shorter_than_the_battery_costs_nothing():
    town = Town()
    town.dark(1.0, 0)
    town.light(2.99, 0)
    assert town.run().lost(BATTERY) == []
    assert town.happened("base_stations_down") == []


def test_a_battery_half_used_lasts_for_what_is_left_and_what_was_charged():
    town = Town()
    town.dark(1.0, 0)
    town.light(2.5, 0)
    # 0.5 h left, and two hours at 2 h of battery in 10 h of charging: 0.4 h.
    town.dark(4.5, 0)
    town.light(9.0, 0)
    assert town.run().lost(BATTERY) == [(pytest.approx(5.4), 9.5, pytest.approx(90.0))]


def test_a_battery_run_empty_has_what_was_charged_since():
    town = Town()
    town.dark(1.0, 0)
    town.light(5.0, 0)
    town.dark(10.0, 0)
    town.light(20.0, 0)
    first, second = town.run().lost(BATTERY)
    assert first == (3.0, 5.5, pytest.approx(90.0))
    assert second == (pytest.approx(10.0 + 5.0 * 2.0 / 10.0), 20.5, pytest.approx(90.0))


def test_a_battery_charged_for_long_enough_is_full_and_no_more():
    town = Town()
    town.dark(1.0, 0)
    town.light(5.0, 0)
    town.dark(40.0, 0)
    assert town.run().lost(BATTERY)[1] == (42.0, 48.0, pytest.approx(90.0))


def test_three_short_outages_wear_a_battery_down():
    town = Town()
    for start in (0.0, 2.0, 4.0):
        town.dark(start, 0)
        town.light(start + 1.0, 0)
    # Two hours less one, plus 0.2, less one, plus 0.2: 0.4 h are left at the third.
    assert town.run().lost(BATTERY) == [(pytest.approx(4.4), 5.5, pytest.approx(90.0))]


def test_a_section_dark_again_while_its_stations_restart_stays_out_as_one_loss():
    town = Town()
    town.dark(1.0, 0)
    town.light(5.0, 0)
    now = town.ask(5.45, lambda: town.stores.lost[BATTERY][0])
    town.dark(5.2, 0)
    town.light(8.0, 0)
    town.run()
    assert town.lost(BATTERY) == [(3.0, 8.5, pytest.approx(90.0))]
    assert now == [pytest.approx(90.0)]


def test_a_battery_carrying_half_leaves_the_stores_of_the_other_half():
    town = Town()
    town.dark(1.0, 1, weight=0.5)
    out = town.ask(4.0, lambda: town.stores.out_share(BATTERY, 1))
    town.light(9.0, 1)
    town.run()
    assert town.lost(BATTERY) == [(3.0, 9.5, pytest.approx(0.5 * 200.0 * 0.9))]
    assert out == [0.5]


def test_halves_of_a_section_that_go_dark_one_after_the_other_add_up():
    town = Town()
    town.dark(1.0, 1, weight=0.5)
    town.dark(4.0, 1, weight=0.5)
    out = town.ask(6.0, lambda: town.stores.out_share(BATTERY, 1))
    town.light(9.0, 1)
    town.run()
    half = pytest.approx(0.5 * 200.0 * 0.9)
    assert town.lost(BATTERY) == [(3.0, 9.5, half), (6.0, 9.5, half)]
    assert out == [pytest.approx(1.0)]


def test_no_more_people_are_out_than_live_there_when_dark_again_in_other_parts():
    town = Town()
    town.dark(1.0, 1)
    town.light(5.0, 1)
    town.dark(5.2, 1, weight=0.25)
    town.dark(5.2, 1, weight=0.75)
    most = [town.ask(t_h, lambda: town.stores.lost[BATTERY][0]) for t_h in (5.3, 5.45, 5.7, 8.0)]
    town.light(12.0, 1)
    town.run()
    for (people,) in most:
        assert people <= 200.0 * 0.9 + 1e-9


def test_nobody_is_left_over_when_everything_has_come_back():
    town = Town()
    for start in (0.0, 3.1, 7.3):
        town.dark(start, 0, 1, 2, weight=1.0 / 3.0)
        town.dark(start + 0.7, 0, 1, weight=0.1)
        town.light(start + 2.9, 0, 1, 2)
    nobody = town.ask(30.0, lambda: town.stores.lost)
    whole = town.ask(30.0, lambda: [town.stores.out_share(BATTERY, each) for each in range(4)])
    town.run()
    assert nobody == [[[0.0, 0.0], [0.0, 0.0], [0.0, 0.0]]]
    assert whole == [[0.0] * 4]


def test_what_is_still_out_at_the_end_is_lost_until_then():
    town = Town()
    town.dark(1.0, 0)
    town.dark(40.0, 2)
    town.light(47.8, 2)
    town.run()
    # One is dark, the other about to restart.
    assert town.lost(BATTERY) == [
        (3.0, 48.0, pytest.approx(90.0)),
        (42.0, 48.0, pytest.approx(45.0)),
    ]


def test_sections_that_go_dark_together_are_told_together():
    town = Town()
    town.dark(1.0, 0, 1, 2, 3)
    town.run()
    assert [
        (t_h, kind, area, sections) for t_h, kind, area, sections, _ in town.told if kind == BATTERY
    ] == [(3.0, BATTERY, 0, [0, 1, 2]), (5.0, BATTERY, 1, [3])]
    # Of several feeders in an area, what darkened them stands for them.
    assert town.happened("base_stations_down") == [(3.0, "s1"), (5.0, "f2")]


def test_only_watched_sections_are_told_but_everybody_is_counted():
    town = Town(watched={1})
    town.dark(1.0, 0, 1)
    town.light(9.0, 0, 1)
    town.run()
    told = [(kind, sections) for _, kind, _, sections, _ in town.told]
    assert (BATTERY, [1]) in told
    assert all(sections in ([], [1]) for _, sections in told)
    assert sum(people for *_, people in town.lost(BATTERY)) == pytest.approx(270.0)


def test_a_section_lit_in_time_is_not_out_with_the_others():
    town = Town()
    town.dark(1.0, 0, 1)
    town.light(2.0, 0)
    town.light(9.0, 1)
    assert town.run().lost(BATTERY) == [(3.0, 9.5, pytest.approx(180.0))]


def test_each_loss_names_the_event_of_the_empty_store_and_that_the_dark():
    town = Town()
    town.dark(1.0, 0)
    town.light(9.0, 0)
    town.run()
    events = town.log.events
    (loss,) = [loss for loss in town.stores.losses if loss.kind == BATTERY]
    assert events[loss.event].what == "base_stations_down"
    assert events[events[loss.event].because].what == "substation_dark"
    # Pumps that stop with the power have no event of their own.
    (loss,) = [loss for loss in town.stores.losses if loss.kind == PUMPS]
    assert events[loss.event].what == "substation_dark"


def test_kinds_are_empty_in_their_order_also_when_partly_used():
    """A long store worn down ends before a short one that is full again."""
    slow = replace(KINDS[TANK], lasts_h=np.array([3.0, 3.0]), refill_h=np.array([100.0, 100.0]))
    quick = replace(KINDS[BATTERY], refill_h=np.array([1.0, 1.0]))
    town = Town((quick, slow, KINDS[PUMPS]))
    town.dark(0.0, 0)
    town.light(1.9, 0)
    town.dark(4.0, 0)
    town.light(20.0, 0)
    town.run()
    # Tank: 1.1 h and 2.1 h of filling at 3 in 100; battery full again, 2 h.
    assert town.lost(TANK)[0][0] == pytest.approx(4.0 + 1.1 + 2.1 * 0.03)
    assert town.lost(BATTERY)[0][0] == pytest.approx(6.0)
    times = [event.t_h for event in town.log.events]
    assert times == sorted(times)


def test_what_a_store_did_is_shown_once_for_a_feeder():
    town = Town()
    town.dark(1.0, 0, 1)
    town.light(5.0, 0, 1)
    town.run()
    pieces = [piece for piece in town.states.stocks if piece.kind == "base_station_battery"]
    assert [(p.stock_id, p.from_h, p.to_h, p.from_level, p.to_level) for p in pieces] == [
        ("s0", 1.0, 3.0, 1.0, 0.0)
    ]
    assert pieces[0].empty_in_h == 2.0


@st.composite
def outages(draw):
    """Outages of the four sections, each over before the next of the section begins."""
    found = []
    for section in range(4):
        t_h = 0.0
        for gap, length in draw(
            st.lists(st.tuples(st.floats(0.05, 9.0), st.floats(0.05, 9.0)), max_size=4)
        ):
            found.append((section, t_h + gap, t_h + gap + length))
            t_h += gap + length
    return found


def played(rows, kinds=KINDS):
    town = Town(kinds)
    for section, from_h, to_h in rows:
        town.dark(from_h, section)
        town.light(to_h, section)
    return town.run(100.0)


@given(outages())
def test_people_are_never_without_before_the_dark_nor_more_than_there_are(rows):
    town = played(rows)
    for kind in range(3):
        for area in range(2):
            losses = town.lost(kind, area)
            most = float(PERSONS[area == AREA].sum() * KINDS[kind].share[area])
            for t_h in {from_h for from_h, _, _ in losses}:
                now = sum(people for a, b, people in losses if a <= t_h < b)
                assert now <= most + 1e-6
            first = min((a for section, a, _ in rows if AREA[section] == area), default=0.0)
            assert all(from_h >= first for from_h, _, _ in losses)
            assert town.stores.lost[kind][area] == 0.0


@given(outages(), st.floats(1.0, 3.0))
def test_larger_stores_that_fill_as_fast_never_cost_more(rows, factor):
    def person_h(town):
        return sum(people * (b - a) for a, b, people in town.lost(BATTERY))

    # The same hours of battery for an hour of charging.
    larger = replace(
        KINDS[BATTERY],
        lasts_h=KINDS[BATTERY].lasts_h * factor,
        refill_h=KINDS[BATTERY].refill_h * factor,
    )
    before, after = played(rows), played(rows, (larger, *KINDS[1:]))
    assert person_h(after) <= person_h(before) + 1e-6
