from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.event_log import EventLog
from sim.response.control import Control
from tests.sim.conftest import Course, outage, with_chain

REMOTE = ("breaker", "remote", "remote", "remote", "remote")
AREA = 2


class Phones:
    """Telephone networks as a test sets them."""

    def __init__(self, up=1.0, reached=1.0):
        self.share, self.reached = up, reached

    def up(self, _service, _area):
        return self.share

    def coordination(self, _area):
        return self.reached


def control(region, phones=None, **constants):
    value = region.constants.value.copy()
    for key, figure in constants.items():
        value[region.constants.key == key] = figure
    region = replace(region, constants=replace(region.constants, value=value))
    log = EventLog()
    return Control(region, phones or Phones(), log, seed=1, replication=0), log


def test_undisturbed_the_control_room_sees_everything_and_can_switch_everything(region):
    room, _ = control(region, Phones(up=0.0))
    assert room.detection_h(AREA) == region.constants["detection_h"]
    assert room.dispatch_h == region.constants["dispatch_h"]
    assert all(room.can_switch(section) for section in range(500))


def test_what_nobody_sees_is_known_when_customers_call(region):
    room, _ = control(region)
    room.strike(1.0, 0, 0.0, 1.0)
    assert room.detection_h(AREA) == region.constants["detection_by_calls_h"]


def test_half_the_sight_is_half_of_each(region):
    room, _ = control(region)
    room.strike(1.0, 0, 0.0, 0.5)
    constants = region.constants
    half = 0.5 * constants["detection_h"] + 0.5 * constants["detection_by_calls_h"]
    assert room.detection_h(AREA) == pytest.approx(half)


def test_calls_take_longer_where_few_telephones_work_but_not_for_ever(region):
    calls_h = region.constants["detection_by_calls_h"]
    fewest = region.constants["calls_without_telephone_share"]
    for up, hours in ((0.5, 2.0 * calls_h), (0.0, calls_h / fewest)):
        room, _ = control(region, Phones(up=up))
        room.strike(1.0, 0, 0.0, 1.0)
        assert room.detection_h(AREA) == pytest.approx(hours)
        # Outside the areas telephones are taken to work.
        assert room.detection_h(-1) == pytest.approx(calls_h)


def test_shared_data_shorten_knowing_and_sending(region):
    room, _ = control(region, data_sharing=0.5, data_sharing_gain=0.4)
    assert room.detection_h(AREA) == pytest.approx(0.8 * region.constants["detection_h"])
    assert room.dispatch_h == pytest.approx(0.8 * region.constants["dispatch_h"])


def test_crews_nobody_reaches_are_not_coordinated_but_shared_data_help(region):
    assert control(region, Phones(reached=0.25))[0].blindness(AREA) == pytest.approx(0.75)
    room, _ = control(region, Phones(reached=0.25), data_sharing=1.0, data_sharing_gain=0.4)
    assert room.blindness(AREA) == pytest.approx(0.6 * 0.75)


def test_about_the_share_that_is_lost_does_not_answer(region):
    room, _ = control(region)
    room.strike(1.0, 0, 0.3, 0.0)
    sections = len(region.sections)
    lost = sum(not room.can_switch(section) for section in range(sections))
    assert abs(lost / sections - 0.3) < 4.0 * np.sqrt(0.3 * 0.7 / sections)


def test_all_of_it_lost_answers_nowhere_and_all_of_it_back_everywhere(region):
    room, log = control(region)
    room.strike(1.0, 0, 1.0, 0.0)
    assert not any(room.can_switch(section) for section in range(500))
    room.strike(4.0, 0, 0.0, 0.0)
    assert all(room.can_switch(section) for section in range(500))
    assert [(e.t_h, e.what, e.cause) for e in log.events] == [
        (1.0, "control_lost", "scenario"),
        (4.0, "control_back", "scenario"),
    ]


def test_the_worse_of_two_attacks_counts_and_each_ends_on_its_own(region):
    room, _ = control(region)
    room.strike(1.0, 0, 1.0, 0.0)
    room.strike(2.0, 1, 0.0, 1.0)
    assert not room.can_switch(0)
    assert room.detection_h(AREA) == region.constants["detection_by_calls_h"]
    room.strike(3.0, 0, 0.0, 0.0)
    assert room.can_switch(0)
    assert room.detection_h(AREA) == region.constants["detection_by_calls_h"]


@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0), st.integers(0, 2000))
def test_what_answers_when_more_is_lost_answers_when_less_is(region, one, other, section):
    room, _ = control(region)
    less, more = sorted((one, other))
    room.strike(1.0, 0, more, 0.0)
    answers = room.can_switch(section)
    room.strike(2.0, 0, less, 0.0)
    assert room.can_switch(section) or not answers


def struck(bench, region, *hazards):
    """A fault behind remote switches while control systems are struck."""
    changed, ids = with_chain(region, REMOTE)
    case, grid = bench.case(*hazards, outage(2.0, ids[1], 1.0), region=changed)
    course = Course(case, grid).run()
    return dict(reversed(course.log(ids[1])))


def test_without_remote_control_somebody_has_to_go_and_switch(bench, region):
    hazard = {"kind": "control_loss", "start_h": 1.0, "duration_h": 9.0, "remote_share": 1.0}
    plain, blind = struck(bench, region), struck(bench, region, hazard)
    constants = region.constants
    afar = 2.0 + constants["detection_h"] + constants["remote_switching_h"]
    assert plain["section_isolated"] == pytest.approx(afar)
    assert "section_cut_out" not in blind
    assert blind["section_isolated"] == pytest.approx(
        blind["crew_arrived"] + constants["manual_switching_h"]
    )


def test_without_sight_switching_waits_for_the_calls(bench, region):
    hazard = {"kind": "control_loss", "start_h": 1.0, "duration_h": 9.0, "sight_share": 1.0}
    constants = region.constants
    got = struck(bench, region, hazard)["section_isolated"]
    called = 2.0 + constants["detection_by_calls_h"] + constants["remote_switching_h"]
    assert got == pytest.approx(called)
