"""Who is shed, in small grids whose answers are known."""

from pathlib import Path

import numpy as np
import pytest

from data.problems import InputError
from grid.reference import dc_shedding_case
from grid.solver import GridSolver
from tests.grid.conftest import small_grid
from tests.strategies import CLASS_COST

CASE = Path(__file__).parents[1] / "reference" / "13-dc-load-shedding"


def solve(arrays, demand, **options):
    solver = GridSolver(arrays, CLASS_COST, trip_limit=np.inf)
    return solver.solve(np.ones(len(arrays.branch_ids), dtype=bool), demand, **options)


@pytest.fixture
def two_buses():
    """200 MW source at bus 0; 20 MW of each class at bus 1 behind a 50 MW line."""
    demand = np.zeros((1, 2, 4))
    demand[0, 1] = 20.0
    return small_grid([(0, 1)], [50.0], [200.0]), demand


def test_critical_load_is_shed_only_when_the_lower_classes_are_exhausted(two_buses):
    arrays, demand = two_buses
    state = solve(arrays, demand)
    assert state.served_share[0, 1] == pytest.approx([0.0, 0.5, 1.0, 1.0])
    assert state.flow_mw[0] == pytest.approx([50.0])
    assert state.lp_hours == 1


def test_lack_of_power_is_shed_in_the_same_order_without_the_programme(two_buses):
    arrays, demand = two_buses
    state = solve(arrays, demand, source_p_max_mw=np.array([30.0]))
    assert state.served_share[0, 1] == pytest.approx([0.0, 0.0, 0.5, 1.0])
    assert state.lp_hours == 0


def test_equals_share_a_lack_of_power_by_the_same_fraction():
    demand = np.zeros((1, 3, 4))
    demand[0, 1, 1], demand[0, 2, 1] = 60.0, 20.0
    state = solve(small_grid([(0, 1), (0, 2)], [500.0, 500.0], [40.0]), demand)
    assert state.served_share[0, 1:, 1] == pytest.approx([0.5, 0.5])


def test_equals_behind_one_limit_share_it_by_about_the_same_fraction():
    demand = np.zeros((1, 4, 4))
    demand[0, 2, 1], demand[0, 3, 1] = 60.0, 20.0
    arrays = small_grid([(0, 1), (1, 2), (1, 3)], [40.0, 500.0, 500.0], [400.0])
    state = solve(arrays, demand)
    assert state.served_mw.sum() == pytest.approx(40.0)
    assert state.served_share[0, 2:, 1] == pytest.approx([0.5, 0.5], abs=0.13)


def test_sources_are_moved_before_anybody_is_shed():
    arrays = small_grid(
        [(0, 2), (1, 2)], [50.0, 200.0], [100.0, 100.0], source_bus=[0, 1], share=[0.9, 0.1]
    )
    demand = np.zeros((1, 3, 4))
    demand[0, 2, 3] = 100.0
    state = solve(arrays, demand)
    assert state.served_mw.sum() == pytest.approx(100.0)
    assert state.source_p_mw[0] == pytest.approx([50.0, 50.0])


def test_what_one_source_cannot_take_of_its_share_goes_to_the_others():
    arrays = small_grid(
        [(0, 2), (1, 2)], [500.0, 500.0], [20.0, 100.0], source_bus=[0, 1], share=[0.5, 0.5]
    )
    demand = np.zeros((1, 3, 4))
    demand[0, 2, 3] = 100.0
    state = solve(arrays, demand)
    assert state.source_p_mw[0] == pytest.approx([20.0, 80.0])
    assert state.lp_hours == 0


def test_an_island_without_a_grid_forming_source_is_dark():
    arrays = small_grid(
        [(0, 1), (1, 2)], [99.0, 99.0], [50.0, 50.0], source_bus=[0, 2], forming=[True, False]
    )
    demand = np.full((2, 3, 4), 2.0)
    solver = GridSolver(arrays, CLASS_COST)
    state = solver.solve(np.array([True, False]), demand)
    assert state.dark.tolist() == [False, False, True]
    assert state.served_mw[0] == pytest.approx([8.0, 8.0, 0.0])
    assert state.source_p_mw[0] == pytest.approx([16.0, 0.0])
    more = solver.change_demand(state, 2, np.full((1, 4), 5.0), 1)
    assert more.demand_mw[1, 2].tolist() == [5.0] * 4
    assert more.served_mw[1] == pytest.approx([8.0, 8.0, 0.0])


def test_reference_case_13_is_reproduced():
    got = dc_shedding_case(CASE)
    assert got["G3 G7 G8 G9/shed_bus_3_mw"] == pytest.approx(35.0)
    assert got["L2 L7 G1 G2 G3/shed_mw"] == pytest.approx(74.0)


def test_a_reference_case_without_its_tables_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"generators\.csv"):
        dc_shedding_case(tmp_path)


@pytest.mark.parametrize(
    ("in_service", "demand", "message"),
    [
        (np.ones(2, dtype=bool), np.zeros((1, 2, 4)), "in_service"),
        (np.ones(1, dtype=bool), np.zeros((1, 2, 3)), "demand_mw: shape"),
        (np.ones(1, dtype=bool), np.full((1, 2, 4), -1.0), "not negative"),
        (np.ones(1, dtype=bool), np.full((1, 2, 4), np.nan), "must be a number"),
    ],
)
def test_input_without_physical_meaning_is_refused(in_service, demand, message):
    solver = GridSolver(small_grid([(0, 1)], [50.0], [200.0]), CLASS_COST)
    with pytest.raises(ValueError, match=message):
        solver.solve(in_service, demand)
