"""Invariants of design.md section 4 on random meshed grids."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from grid import shedding_programme
from grid.dc_flow import DcGrid
from grid.dispatch import dispatch
from grid.islands import find_islands
from grid.protection import NO_TRIPS
from grid.shedding import LoadShedder
from grid.solver import GridSolver
from grid.state import GridState
from tests.strategies import CLASS_COST, GridCase, grid_cases

TOL_MW = 1e-5

cases = st.one_of(
    grid_cases(),
    grid_cases(tightness=2.0),
    grid_cases(buses=25, tightness=0.7, sources=6, out_share=0.05),
    grid_cases(buses=5, hours=2, sources=1, out_share=0.0),
)
tight = grid_cases(tightness=2.5, out_share=0.05)


def solve(case: GridCase, demand: np.ndarray | None = None, **options) -> GridState:
    solver = GridSolver(case.arrays, CLASS_COST, NO_TRIPS)
    return solver.solve(case.in_service, case.demand_mw if demand is None else demand, **options)


def bus_cost(case: GridCase, seed: int) -> np.ndarray:
    """Costs of their own at every bus, each class above the one before."""
    rng = np.random.default_rng(seed)
    return CLASS_COST * rng.choice([1.0, 1.5, 2.0], (len(case.arrays.bus_ids), 4))


def shed_cost(state: GridState) -> float:
    return float((state.demand_mw * (1.0 - state.served_share) @ CLASS_COST).sum())


@given(cases)
def test_power_balances_at_every_bus(case):
    state = solve(case)
    assert (state.residual_mw <= 1e-6 * np.maximum(case.demand_mw.sum(axis=(1, 2)), 1.0)).all()


@given(cases)
def test_power_balances_in_every_island(case):
    state = solve(case)
    label = state.topology.islands.label
    served = (state.demand_mw * state.served_share).sum(axis=2)
    for number in np.unique(label):
        given_mw = state.source_p_mw[:, label[case.arrays.source_bus] == number].sum(axis=1)
        used_mw = served[:, label == number].sum(axis=1)
        assert given_mw == pytest.approx(used_mw, rel=1e-6, abs=TOL_MW)


@given(cases)
def test_served_lies_between_zero_and_demand(case):
    served = solve(case).served_share
    assert (served >= 0).all()
    assert (served <= 1).all()


@given(cases)
def test_no_flow_and_no_source_is_beyond_its_limit_after_shedding(case):
    state = solve(case)
    arrays = case.arrays
    assert (np.abs(state.flow_mw) <= arrays.rating_mw + TOL_MW).all()
    assert (state.flow_mw[:, ~case.in_service] == 0).all()
    assert (state.source_p_mw <= arrays.source_p_max_mw + TOL_MW).all()
    lowest = np.maximum(arrays.source_p_min_mw, -arrays.source_p_max_mw)
    assert (state.source_p_mw >= lowest - TOL_MW).all()


@given(cases)
def test_buses_without_a_grid_forming_source_are_dark(case):
    state = solve(case)
    label = state.topology.islands.label
    forms = case.arrays.source_grid_forming & (case.arrays.source_p_max_mw > 0)
    alive = np.isin(label, label[case.arrays.source_bus[forms]])
    assert (state.dark == ~alive).all()
    assert (state.served_share[:, state.dark] == 0).all()
    assert state.source_p_mw[:, state.dark[case.arrays.source_bus]] == pytest.approx(0.0)


@settings(max_examples=50)
@given(cases, st.integers(0, 100))
def test_losing_a_source_never_lowers_the_cost_of_shedding(case, which):
    lost = case.arrays.source_p_max_mw.copy()
    lost[which % len(lost)] = 0.0
    before, after = solve(case), solve(case, source_p_max_mw=lost)
    assert shed_cost(after) >= shed_cost(before) * (1 - 0.02) - TOL_MW


@settings(max_examples=50)
@given(cases, st.integers(0, 100))
def test_losing_a_branch_that_splits_the_grid_never_lowers_the_cost_of_shedding(case, which):
    arrays, p_max = case.arrays, case.arrays.source_p_max_mw
    parts = len(find_islands(arrays, case.in_service, p_max).reference_bus)
    candidates = np.roll(np.flatnonzero(case.in_service), which)
    fewer = ((np.arange(len(case.in_service)) != lost) & case.in_service for lost in candidates)
    splitting = [
        each for each in fewer if len(find_islands(arrays, each, p_max).reference_bus) > parts
    ]
    assume(splitting)
    before, after = solve(case), solve(GridCase(arrays, case.demand_mw, splitting[0]))
    assert shed_cost(after) >= shed_cost(before) * (1 - 0.02) - TOL_MW


def test_in_a_dc_grid_losing_a_line_inside_a_mesh_can_lower_shedding(triangle):
    """Known of meshed grids: why the property above is stated for splits and sources."""
    arrays, demand = triangle
    solver = GridSolver(arrays, CLASS_COST, NO_TRIPS)
    intact = solver.solve(np.ones(3, dtype=bool), demand)
    without_weak = solver.solve(np.array([True, True, False]), demand)
    assert intact.demand_mw.sum() - intact.served_mw.sum() == pytest.approx(60.0)
    assert without_weak.served_mw.sum() == pytest.approx(100.0)


@settings(max_examples=50)
@given(tight, st.integers(0, 2))
def test_splitting_the_hours_changes_nothing(case, at):
    whole = solve(case)
    parts = [solve(case, case.demand_mw[:at]) if at else None, solve(case, case.demand_mw[at:])]
    for name in ("flow_mw", "served_share", "source_p_mw"):
        pieces = [getattr(part, name) for part in parts if part is not None]
        assert np.concatenate(pieces) == pytest.approx(getattr(whole, name), abs=TOL_MW)


@settings(max_examples=40, deadline=None)
@given(tight, st.integers(0, 2**32 - 1))
def test_hours_solved_in_few_columns_are_the_hours_one_by_one(case, seed):
    """From scarcity to plenty and back, the programme starting anew wherever it can."""
    factor = np.random.default_rng(seed).uniform(0.3, 2.0, 6)
    demand = factor[:, None, None] * case.demand_mw[:1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shedding_programme, "MANY_PARTS", 0)
        together = solve(case, demand)
    for hour in range(len(demand)):
        alone = solve(case, demand[hour : hour + 1])
        assert together.served_share[hour] == pytest.approx(alone.served_share[0], abs=TOL_MW)
        assert together.source_p_mw[hour] == pytest.approx(alone.source_p_mw[0], abs=TOL_MW)
        assert together.prices.cost_nok[hour] == pytest.approx(alone.prices.cost_nok[0], abs=1.0)


@settings(max_examples=50)
@given(tight, tight)
def test_the_result_does_not_depend_on_what_was_solved_before(case, other):
    used = GridSolver(case.arrays, CLASS_COST, NO_TRIPS)
    used.solve(other.in_service[: len(case.in_service)], other.demand_mw)
    used.solve(~case.in_service, case.demand_mw[::-1])
    again, fresh = used.solve(case.in_service, case.demand_mw), solve(case)
    assert (again.served_share == fresh.served_share).all()
    assert (again.flow_mw == fresh.flow_mw).all()


@settings(max_examples=60)
@given(cases, st.integers(0, 2**32 - 1))
def test_changing_demand_bus_by_bus_equals_solving_from_scratch(case, seed):
    rng = np.random.default_rng(seed)
    solver = GridSolver(case.arrays, CLASS_COST, NO_TRIPS)
    state = solver.solve(case.in_service, case.demand_mw)
    demand = case.demand_mw.copy()
    for _ in range(6):
        bus, first = int(rng.integers(demand.shape[1])), int(rng.integers(len(demand)))
        new = demand[first:, bus] * rng.uniform(0.0, 1.3)
        demand[first:, bus] = new
        state = solver.change_demand(state, bus, new, first)
    scratch = solver.solve(case.in_service, demand)
    assert state.demand_mw == pytest.approx(scratch.demand_mw)
    assert state.flow_mw == pytest.approx(scratch.flow_mw, abs=TOL_MW)
    assert state.served_share == pytest.approx(scratch.served_share, abs=TOL_MW)
    assert state.source_p_mw == pytest.approx(scratch.source_p_mw, abs=TOL_MW)
    assert state.residual_mw.max() < TOL_MW


@given(cases)
def test_no_demand_and_nothing_that_must_run_means_no_flow(case):
    p_max = np.where(case.arrays.source_fixed, 0.0, case.arrays.source_p_max_mw)
    state = solve(case, np.zeros_like(case.demand_mw), source_p_max_mw=p_max)
    assert state.flow_mw == pytest.approx(0.0, abs=TOL_MW)
    assert not state.is_curtailed


@settings(max_examples=40)
@given(cases, st.integers(0, 2**32 - 1))
def test_with_costs_by_bus_every_limit_holds_too(case, seed):
    cost = bus_cost(case, seed)
    state = GridSolver(case.arrays, cost, NO_TRIPS).solve(case.in_service, case.demand_mw)
    assert (state.served_share >= 0).all()
    assert (state.served_share <= 1).all()
    assert (np.abs(state.flow_mw) <= case.arrays.rating_mw + TOL_MW).all()
    assert state.residual_mw.max() < TOL_MW
    uniform = solve(case)
    shed = (case.demand_mw * (1.0 - state.served_share))[:, ~state.dark]
    other = (case.demand_mw * (1.0 - uniform.served_share))[:, ~state.dark]
    assert (shed * cost[~state.dark]).sum() <= (other * cost[~state.dark]).sum() * 1.05 + TOL_MW


@settings(max_examples=40)
@given(tight, st.integers(0, 2**32 - 1), st.booleans())
def test_a_shadow_price_lies_between_what_a_little_more_and_a_little_less_costs(case, seed, by_bus):
    """The cost is convex in a rating, so the price lies between the slopes on its sides."""
    cost = bus_cost(case, seed) if by_bus else CLASS_COST
    hour = case.demand_mw[:1]
    state = GridSolver(case.arrays, cost, NO_TRIPS).solve(case.in_service, hour)
    assume(state.binding)
    limit = state.binding[seed % len(state.binding)]
    assert limit.nok_per_mw >= 0
    assert limit.loading == pytest.approx(1.0, abs=1e-5)
    costs = []
    for change_mw in (-0.1, 0.1):
        rating = case.arrays.rating_mw.copy()
        rating[case.arrays.branch_ids == limit.branch_id] += change_mw
        arrays = replace(case.arrays, rating_mw=rating)
        other = GridSolver(arrays, cost, NO_TRIPS).solve(case.in_service, hour)
        assume(other.lp_hours == 1)
        costs.append(float(other.prices.cost_nok[0]))
    here = float(state.prices.cost_nok[0])
    tol = 1e-6 * max(here, 1.0)
    assert here - costs[1] <= limit.nok_per_mw * 0.1 + tol
    assert limit.nok_per_mw * 0.1 <= costs[0] - here + tol


@settings(max_examples=40)
@given(tight, st.integers(0, 100))
def test_the_price_at_a_bus_is_what_a_megawatt_fed_in_there_saves(case, which):
    arrays = case.arrays
    bus = which % len(arrays.bus_ids)
    # A source without capacity stands for the power fed in.
    arrays = replace(
        arrays,
        source_ids=np.append(arrays.source_ids, "extra"),
        source_bus=np.append(arrays.source_bus, bus),
        source_p_min_mw=np.append(arrays.source_p_min_mw, 0.0),
        source_p_max_mw=np.append(arrays.source_p_max_mw, 0.0),
        source_p_set_mw=np.append(arrays.source_p_set_mw, 0.0),
        source_share=np.append(arrays.source_share, 0.0),
        source_fixed=np.append(arrays.source_fixed, True),
        source_grid_forming=np.append(arrays.source_grid_forming, False),
    )
    topology = DcGrid(arrays).topology(case.in_service)
    dark = topology.islands.dark
    assume(not dark[bus])
    wish = np.where(dark[:, None], 0.0, case.demand_mw[:1])
    shedder = LoadShedder(np.tile(CLASS_COST, (len(arrays.bus_ids), 1)))
    plan = dispatch(topology, wish.sum(axis=2))
    island = next(
        at for at, each in enumerate(topology.islands.alive) if bus in each.buses.tolist()
    )

    def cost_with(fed_in_mw):
        more = replace(plan, source_p_mw=plan.source_p_mw.copy(), deficit_mw=plan.deficit_mw.copy())
        more.source_p_mw[0, -1] += fed_in_mw
        more.deficit_mw[0, island] -= fed_in_mw
        return float(shedder.solve(topology, wish, more).cost_nok[0])

    price = float(shedder.solve(topology, wish, plan).nodal_nok_per_mw[0, bus])
    here = cost_with(0.0)
    tol = 1e-6 * max(here, 1.0)
    assert here - cost_with(0.1) <= price * 0.1 + tol
    assert price * 0.1 <= cost_with(-0.1) - here + tol


@settings(max_examples=40)
@given(tight)
def test_generation_in_a_short_island_is_worth_the_dearest_who_are_shed(case):
    hour = case.demand_mw[:1]
    p_max = case.arrays.source_p_max_mw * 0.5
    state = solve(case, hour, source_p_max_mw=p_max)
    label = state.topology.islands.label
    for shortage in state.shortages:
        here = np.isin(case.arrays.bus_ids, shortage.bus_ids)
        assert len(np.unique(label[here])) == 1
        shed = ((1.0 - state.served_share[0]) * hour[0])[here].sum(axis=0)
        dearest = CLASS_COST[np.flatnonzero(shed > 1e-6)[-1]]
        if state.lp_hours == 0:
            assert shed.sum() == pytest.approx(shortage.deficit_mw)
            assert shortage.nok_per_mw == pytest.approx(dearest)
        else:
            assert shed.sum() >= shortage.deficit_mw - TOL_MW
