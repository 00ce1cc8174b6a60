"""Who is shed, in small grids whose answers are known."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from data.problems import BeredtError, InputError
from grid.protection import NO_TRIPS
from grid.reference import dc_shedding_case
from grid.solver import GridSolver
from tests.grid.conftest import small_grid
from tests.strategies import CLASS_COST

CASE = Path(__file__).parents[1] / "reference" / "13-dc-load-shedding"


def solve(arrays, demand, **options):
    solver = GridSolver(arrays, CLASS_COST, NO_TRIPS)
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


def test_inside_a_class_those_who_cost_least_go_first():
    """Three buses behind 40 MW: class 1 is worth 3, 2 and 3 there; bus 1 has class 2 too."""
    demand = np.zeros((1, 5, 4))
    demand[0, 2:, 1], demand[0, 2, 2] = 20.0, 20.0
    arrays = small_grid([(0, 1), (1, 2), (1, 3), (1, 4)], [30.0, 500.0, 500.0, 500.0], [400.0])
    cost = np.tile(CLASS_COST, (5, 1))
    cost[2:, 1] = [30.0, 20.0, 30.0]
    everything = np.ones(4, dtype=bool)
    solver = GridSolver(arrays, cost, NO_TRIPS)
    state = solver.solve(everything, demand)
    shed = (demand * (1.0 - state.served_share))[0]
    assert shed[3, 1] == pytest.approx(20.0)
    assert shed[[2, 4], 1].sum() == pytest.approx(30.0)
    assert shed[[2, 4], 1] == pytest.approx([15.0, 15.0], abs=2.6)
    assert shed[2, 2] == pytest.approx(0.0)
    wide = np.full(4, 900.0)
    free = replace(arrays, rating_mw=wide, short_term_mw=wide, trip_mw=wide)
    lacking = GridSolver(free, cost, NO_TRIPS).solve(
        everything, demand, source_p_max_mw=np.array([50.0])
    )
    assert lacking.lp_hours == 0
    assert lacking.served_share[0, 2:, 1] == pytest.approx([0.75, 0.0, 0.75])


def test_the_shadow_price_of_the_weak_line_is_what_a_megawatt_there_brings(triangle):
    """Two thirds of what goes to bus 2 pass the weak line: 1 MW more lets 1.5 MW through."""
    arrays, demand = triangle
    cost = np.array([500.0, 1000.0, 2000.0, 4000.0])
    state = GridSolver(arrays, cost, NO_TRIPS).solve(np.ones(3, dtype=bool), demand)
    (limit,) = state.binding
    assert (limit.hour, limit.branch_id) == (0, "l2")
    assert limit.loading == pytest.approx(1.0)
    # Tie-breaks add up to 4 % to the price of the last part that is shed.
    assert limit.nok_per_mw == pytest.approx(1.5 * 500.0, rel=0.05)
    assert state.prices.nodal_nok_per_mw[0] == pytest.approx([0.0, 250.0, 500.0], rel=0.05, abs=1)
    assert state.shortages == ()
    rating = arrays.rating_mw + np.array([0.0, 0.0, 0.1])
    wider = replace(arrays, rating_mw=rating)
    better = GridSolver(wider, cost, NO_TRIPS).solve(np.ones(3, dtype=bool), demand)
    saved = (state.prices.cost_nok - better.prices.cost_nok) / 0.1
    assert limit.nok_per_mw == pytest.approx(saved[0], rel=1e-6)


def test_lacking_power_has_the_price_of_the_dearest_who_are_shed(two_buses):
    arrays, demand = two_buses
    state = solve(arrays, demand, source_p_max_mw=np.array([30.0]))
    (shortage,) = state.shortages
    assert shortage.bus_ids == ("b0", "b1")
    assert shortage.deficit_mw == pytest.approx(50.0)
    assert shortage.nok_per_mw == pytest.approx(CLASS_COST[2])
    assert state.binding == ()
    assert state.prices.cost_nok == pytest.approx([20.0 * 1 + 20.0 * 10 + 10.0 * 100])


def test_a_state_that_sheds_nothing_has_no_prices(two_buses):
    arrays, demand = two_buses
    state = solve(arrays, demand * 0.5)
    assert state.binding == ()
    assert state.prices.cost_nok.tolist() == [0.0]
    assert not state.prices.nodal_nok_per_mw.any()


def test_prices_of_earlier_hours_stay_when_demand_changes_later(two_buses):
    arrays, demand = two_buses
    demand = np.concatenate([demand, demand * 0.5, demand * 0.5])
    solver = GridSolver(arrays, CLASS_COST, NO_TRIPS)
    state = solver.solve(np.ones(1, dtype=bool), demand)
    assert [limit.hour for limit in state.binding] == [0]
    more = solver.change_demand(state, 1, np.full((1, 4), 30.0), 2)
    assert [limit.hour for limit in more.binding] == [0, 2]
    assert more.binding[0] == state.binding[0]


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


def test_a_rating_that_a_phase_shift_alone_passes_is_named():
    arrays = small_grid([(0, 1), (0, 1)], [5.0, 500.0], [200.0])
    arrays = replace(arrays, shift_rad=np.array([0.2, 0.0]))
    solver = GridSolver(arrays, CLASS_COST, NO_TRIPS)
    with pytest.raises(BeredtError, match="l0 above the rating by phase shift alone"):
        solver.solve(np.ones(2, dtype=bool), np.full((1, 2, 4), 1.0))


def test_an_island_whose_reactances_cancel_is_named():
    arrays = small_grid(
        [(0, 1), (1, 2), (1, 2), (0, 2)], [99.0] * 4, [50.0], susceptance_pu=[1.0, 2.0, -2.0, 1.0]
    )
    solver = GridSolver(arrays, CLASS_COST, NO_TRIPS)
    with pytest.raises(BeredtError, match="island of 3 buses with b0 have no unique solution"):
        solver.solve(np.array([True, True, True, False]), np.full((1, 3, 4), 1.0))
    intact = small_grid([(0, 1), (0, 1)], [99.0] * 2, [50.0], susceptance_pu=[2.0, -2.0])
    with pytest.raises(BeredtError, match="island of 2 buses with b0"):
        GridSolver(intact, CLASS_COST, NO_TRIPS)


@pytest.mark.parametrize("cost", [np.ones((3, 4)), np.ones((1, 2, 4)), np.zeros(4)])
def test_costs_that_do_not_fit_are_refused(cost):
    with pytest.raises(ValueError, match="shed_cost"):
        GridSolver(small_grid([(0, 1)], [50.0], [200.0]), cost)
