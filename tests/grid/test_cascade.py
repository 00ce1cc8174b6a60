"""Overloads in time: what trips, when and why, and when the operator is there first."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.read import load_region
from grid.protection import NO_TRIPS, Protection, region_protection
from grid.solver import GridSolver
from tests.grid.conftest import small_grid
from tests.strategies import CLASS_COST, random_case

SHORT_TERM_H, OVERLOAD_H, DELAY_H = 0.25, 0.08, 0.001
SHEDDING_H = 0.1


@pytest.fixture
def three_parallel():
    """Three equal lines rated 40, 30 and 60 MW carry 90 MW."""
    demand = np.zeros((2, 2, 4))
    demand[:, 1, 3] = 90.0
    arrays = small_grid([(0, 1)] * 3, [40.0, 30.0, 60.0], [200.0])
    return arrays, demand


def test_nothing_trips_while_every_branch_is_within_its_rating(three_parallel):
    arrays, demand = three_parallel
    state = GridSolver(arrays, CLASS_COST).solve(np.ones(3, dtype=bool), demand)
    assert state.tripped == ()
    assert state.before_action is None
    assert state.served_mw.sum(axis=1) == pytest.approx([90.0, 90.0])


def test_each_step_says_what_tripped_when_and_why(three_parallel):
    arrays, demand = three_parallel
    arrays = replace(arrays, trip_mw=1.4 * arrays.rating_mw)
    state = GridSolver(arrays, CLASS_COST).solve(np.array([True, True, False]), demand)
    first, second = state.tripped
    assert (first.branch_ids, second.branch_ids) == (("l1",), ("l0",))
    assert first.loading == pytest.approx([1.5])
    assert second.loading == pytest.approx([2.25])
    assert (first.t_h, second.t_h) == pytest.approx((DELAY_H, 2 * DELAY_H))
    assert (first.tier, second.tier) == (("trip",), ("trip",))
    assert (first.cause, second.cause) == (((),), (("l1",),))
    assert first.sentences("l2 out") == ("l1 at 150% of its rating, 0.001 h after l2 out",)
    assert second.sentences() == ("l0 at 225% of its rating, 0.001 h after l1 tripped",)
    assert state.in_service.tolist() == [False, False, False]
    assert state.dark.tolist() == [False, True]


def test_a_small_overload_is_carried_until_the_operator_has_shed(three_parallel):
    arrays, demand = three_parallel
    state = GridSolver(arrays, CLASS_COST).solve(np.array([True, False, True]), demand)
    assert state.tripped == ()
    assert state.served_mw.sum(axis=1) == pytest.approx([80.0, 80.0])
    before = state.before_action
    assert before.flow_mw == pytest.approx([45.0, 0.0, 45.0])
    assert before.served_share[1] == pytest.approx(1.0)
    assert before.relief_h == pytest.approx(SHEDDING_H)


def test_above_the_short_term_rating_it_trips_before_anybody_has_acted(three_parallel):
    arrays, demand = three_parallel
    demand[:, 1, 3] = 100.0
    state = GridSolver(arrays, CLASS_COST).solve(np.array([True, False, True]), demand)
    first, second = state.tripped
    assert (first.branch_ids, first.tier) == (("l0",), ("overload",))
    assert first.t_h == pytest.approx(OVERLOAD_H)
    # 100 MW on a line of 60 MW is above its trip limit at once.
    assert (second.branch_ids, second.tier) == (("l2",), ("trip",))
    assert second.t_h == pytest.approx(OVERLOAD_H + DELAY_H)
    assert second.cause == (("l0",),)
    quick = Protection(shedding_h=0.05)
    saved = GridSolver(arrays, CLASS_COST, quick).solve(np.array([True, False, True]), demand)
    assert saved.tripped == ()
    assert saved.before_action.relief_h == pytest.approx(0.05)
    assert saved.served_mw.sum(axis=1) == pytest.approx([80.0, 80.0])


def test_a_small_overload_trips_too_when_it_is_not_relieved_in_time(three_parallel):
    arrays, demand = three_parallel
    slow = Protection(shedding_h=0.5)
    state = GridSolver(arrays, CLASS_COST, slow).solve(np.array([True, False, True]), demand)
    assert state.tripped[0].tier == ("short_term",)
    assert state.tripped[0].t_h == pytest.approx(SHORT_TERM_H)


def test_a_clock_that_runs_goes_on_while_other_branches_trip():
    """l0 is a little overloaded from the start; l1 trips early and does not unload it."""
    arrays = small_grid([(0, 1), (0, 2), (0, 2)], [40.0, 30.0, 500.0], [500.0])
    demand = np.zeros((1, 3, 4))
    demand[0, 1, 3], demand[0, 2, 3] = 45.0, 80.0
    slow = Protection(shedding_h=0.5, redispatch_h=0.5, flexibility_h=0.5)
    state = GridSolver(arrays, CLASS_COST, slow).solve(np.ones(3, dtype=bool), demand)
    assert [step.branch_ids for step in state.tripped] == [("l1",), ("l0",)]
    assert [step.t_h for step in state.tripped] == pytest.approx([OVERLOAD_H, SHORT_TERM_H])
    assert state.tripped[1].cause == ((),)
    assert state.tripped[1].after_h == pytest.approx([SHORT_TERM_H])


def test_relief_takes_as_long_as_its_slowest_part():
    """Source at bus 1 can take over; 0-2 carries 55 of 50 MW until it has."""
    arrays = small_grid(
        [(0, 2), (1, 2)], [50.0, 200.0], [100.0, 100.0], source_bus=[0, 1], share=[0.55, 0.45]
    )
    demand = np.zeros((1, 3, 4))
    demand[0, 2, 3] = 100.0
    state = GridSolver(arrays, CLASS_COST).solve(np.ones(2, dtype=bool), demand)
    assert state.served_mw.sum() == pytest.approx(100.0)
    assert state.before_action.relief_h == pytest.approx(0.25)
    flexible = np.zeros((1, 3, 4))
    flexible[0, 2, 0] = 55.0
    lone = small_grid([(0, 2), (0, 1)], [50.0, 200.0], [100.0])
    called = GridSolver(lone, CLASS_COST, Protection(flexibility_h=0.02))
    state = called.solve(np.ones(2, dtype=bool), flexible)
    assert state.before_action.relief_h == pytest.approx(0.02)


def test_lack_of_power_is_shed_by_frequency_relays_with_no_time_passing(three_parallel):
    arrays, demand = three_parallel
    solver = GridSolver(arrays, CLASS_COST)
    state = solver.solve(np.array([True, False, True]), demand, source_p_max_mw=np.array([70.0]))
    assert state.tripped == ()
    assert state.before_action is None
    assert state.served_mw.sum(axis=1) == pytest.approx([70.0, 70.0])


def test_trips_are_judged_with_the_load_connected_before(three_parallel):
    arrays, demand = three_parallel
    out = np.array([False, True, False])
    solver = GridSolver(arrays, CLASS_COST)
    assert solver.solve(out, demand).dark.any()
    spared = solver.solve(out, demand, served_before=np.full((2, 4), 0.38))
    assert spared.tripped == ()
    assert spared.before_action.served_share[1] == pytest.approx(0.38)
    assert spared.served_mw.sum(axis=1) == pytest.approx([30.0, 30.0])


def test_a_load_that_grows_later_trips_nothing(three_parallel):
    arrays, demand = three_parallel
    demand[0] *= 0.1
    state = GridSolver(arrays, CLASS_COST).solve(np.array([False, True, False]), demand)
    assert state.tripped == ()
    assert state.served_mw.sum(axis=1) == pytest.approx([9.0, 30.0])


def test_a_branch_without_a_rating_never_trips():
    arrays = small_grid([(0, 1)], [np.inf], [500.0])
    state = GridSolver(arrays, CLASS_COST).solve(np.ones(1, dtype=bool), np.full((1, 2, 4), 50.0))
    assert state.tripped == ()
    assert not state.is_curtailed


@settings(max_examples=50)
@given(st.integers(0, 2**32 - 1))
def test_steps_follow_in_time_and_nothing_that_is_left_is_due(seed):
    case = random_case(seed, buses=8, hours=1, tightness=1.8)
    solver = GridSolver(case.arrays, CLASS_COST)
    state = solver.solve(case.in_service, case.demand_mw)
    times = [step.t_h for step in state.tripped]
    assert times == sorted(times)
    gone = [name for step in state.tripped for name in step.branch_ids]
    assert len(set(gone)) == len(gone)
    known = set()
    for step in state.tripped:
        assert all(set(cause) <= known for cause in step.cause)
        known |= set(step.branch_ids)
    assert (state.in_service == (case.in_service & ~np.isin(case.arrays.branch_ids, gone))).all()
    if state.before_action is not None:
        flow = np.abs(state.before_action.flow_mw)
        assert (flow > case.arrays.rating_mw).any()
        assert (flow <= case.arrays.trip_mw + 1e-5).all()
        assert state.before_action.relief_h >= max(times, default=0.0)


@settings(max_examples=50)
@given(st.integers(0, 2**32 - 1))
def test_an_operator_who_acts_at_once_loses_no_branch(seed):
    case = random_case(seed, buses=8, hours=1, tightness=1.8)
    fast = Protection(redispatch_h=0.0, flexibility_h=0.0, shedding_h=0.0)
    saved = GridSolver(case.arrays, CLASS_COST, fast).solve(case.in_service, case.demand_mw)
    assert saved.tripped == ()
    free = GridSolver(case.arrays, CLASS_COST, NO_TRIPS).solve(case.in_service, case.demand_mw)
    assert (saved.served_share == free.served_share).all()


def test_the_times_of_the_built_in_region_are_the_usual_ones():
    assert region_protection(load_region().constants) == Protection()


@pytest.mark.parametrize("times", [{"trip_delay_h": -1.0}, {"overload_trip_h": 0.5}])
def test_times_that_make_no_sense_are_refused(times):
    with pytest.raises(ValueError, match=r"trip no later|negative"):
        Protection(**times)
