"""Branches far above their rating trip, step by step."""

import numpy as np
import pytest

from grid.solver import GridSolver
from tests.grid.conftest import small_grid
from tests.strategies import CLASS_COST


@pytest.fixture
def three_parallel():
    """Three equal lines rated 40, 30 and 60 MW carry 90 MW."""
    demand = np.zeros((2, 2, 4))
    demand[:, 1, 3] = 90.0
    arrays = small_grid([(0, 1)] * 3, [40.0, 30.0, 60.0], [200.0])
    return arrays, demand


def test_nothing_trips_below_the_trip_limit(three_parallel):
    arrays, demand = three_parallel
    state = GridSolver(arrays, CLASS_COST).solve(np.ones(3, dtype=bool), demand)
    assert state.tripped == ()
    assert state.served_mw.sum(axis=1) == pytest.approx([90.0, 90.0])


def test_each_step_names_what_tripped_and_its_loading(three_parallel):
    arrays, demand = three_parallel
    solver = GridSolver(arrays, CLASS_COST, trip_limit=1.4)
    state = solver.solve(np.array([True, True, False]), demand)
    assert [step.branch_ids for step in state.tripped] == [("l1",), ("l0",)]
    assert state.tripped[0].loading == pytest.approx([1.5])
    assert state.tripped[1].loading == pytest.approx([2.25])
    assert state.in_service.tolist() == [False, False, False]
    assert state.dark.tolist() == [False, True]


def test_between_rating_and_trip_limit_load_is_shed_instead(three_parallel):
    arrays, demand = three_parallel
    state = GridSolver(arrays, CLASS_COST).solve(np.array([True, False, True]), demand)
    assert state.tripped == ()
    assert state.served_mw.sum(axis=1) == pytest.approx([80.0, 80.0])


def test_trips_are_judged_with_the_load_connected_before(three_parallel):
    arrays, demand = three_parallel
    out = np.array([False, True, False])
    solver = GridSolver(arrays, CLASS_COST)
    assert solver.solve(out, demand).dark.any()
    spared = solver.solve(out, demand, served_before=np.full((2, 4), 0.4))
    assert spared.tripped == ()
    assert spared.served_mw.sum(axis=1) == pytest.approx([30.0, 30.0])


def test_a_load_that_grows_later_trips_nothing(three_parallel):
    arrays, demand = three_parallel
    demand[0] *= 0.1
    state = GridSolver(arrays, CLASS_COST).solve(np.array([False, True, False]), demand)
    assert state.tripped == ()
    assert state.served_mw.sum(axis=1) == pytest.approx([9.0, 30.0])
