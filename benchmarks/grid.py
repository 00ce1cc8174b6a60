"""DC states, hours and shedding on a 200-bus meshed grid, beside pandapower and lightsim2grid."""

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.peers import lightsim_grid
from benchmarks.speed import Speed, beside, seconds
from data.tables import FloatArray
from grid.dc_batch import OutageBatch
from grid.dc_flow import DcGrid
from grid.dispatch import dispatch
from grid.net_arrays import NetArrays, net_arrays
from grid.protection import NO_TRIPS
from grid.solver import GridSolver

if TYPE_CHECKING:
    from pandapower import pandapowerNet

STATES = 20_000
"""Of one to three random branches out, those that split the grid included."""

LARGE_STATES, LARGE_HOURS = 2_000, 2_000
SMALL = "the same with 200 buses"
HOURS = 8760
SHED_HOURS = 168
PEER_STATES = 10

OVERLOAD = 1.6
"""Demand in the shedding hours, as a multiple of the net's, so that limits bind in all."""

RUNDCPP = "pandapower.rundcpp"
SHED_COST = np.array([500.0, 20_000.0, 60_000.0, 400_000.0])
CLASS_SHARE = np.array([0.1, 0.4, 0.4, 0.1])


def _rate(name: str, value: float, peer: str, peer_value: float) -> Speed:
    return beside(name, value, "1/s", peer=peer, peer_value=peer_value, less_is_better=False)


def _illinois() -> tuple["pandapowerNet", NetArrays]:
    import pandapower.networks as pn

    net = pn.case_illinois200()
    return net, net_arrays(net)


def _outages(model: NetArrays, states: int) -> list[list[int]]:
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence(3)))
    count = len(model.branch_row)
    return [
        rng.choice(count, int(each), replace=False).tolist() for each in rng.integers(1, 4, states)
    ]


def _states_per_s(model: NetArrays, outages: list[list[int]]) -> float:
    """Flows of every branch in every state, in chunks of bounded memory."""
    batch = OutageBatch(model.arrays, model.demand_mw)
    return len(outages) / seconds(lambda: [None for _ in batch.chunks(outages)], 5)


def dc_states() -> Speed:
    """DC states with a new topology each, one core. [1/s]."""
    import pandapower as pp

    net, model = _illinois()
    outages = _outages(model, STATES)
    value = _states_per_s(model, outages)

    def each() -> None:
        for out in outages[:PEER_STATES]:
            for branch in out:
                net[model.branch_table[branch]].at[model.branch_row[branch], "in_service"] = False
            pp.rundcpp(net)
            for branch in out:
                net[model.branch_table[branch]].at[model.branch_row[branch], "in_service"] = True

    return _rate("grid.dc_states", value, RUNDCPP, PEER_STATES / seconds(each, 3))


def dc_states_batch() -> Speed:
    """DC states beside lightsim2grid's batch on the same states, one core. [1/s]."""
    from lightsim2grid.lightsim2grid_cpp import AlgorithmType, ContingencyAnalysisCPP

    net, model = _illinois()
    outages = _outages(model, STATES)
    value = _states_per_s(model, outages)
    # Its branches are the lines, then the transformers, as here.
    grid = lightsim_grid(net)
    start = grid.dc_pf(np.ones(grid.total_bus(), dtype=np.complex128), 1, 1e-8)

    peer = ContingencyAnalysisCPP(grid)
    peer.change_algorithm(AlgorithmType.DC_KLU)
    peer.handle_disconnected_grid = True
    for out in outages:
        peer.add_nk(out)

    def work() -> None:
        peer.clear_results_only()
        peer.compute(start, 1, 1e-8)
        peer.compute_power_flows()

    work()
    solved = peer.nb_solved()
    peer_value = solved / seconds(work, 3)
    return _rate("grid.dc_states.lightsim2grid", value, "lightsim2grid batch, DC", peer_value)


def _large() -> NetArrays:
    """Take a grid of about 2 000 buses."""
    import pandapower.networks as pn

    return net_arrays(pn.case1888rte())


def dc_states_2000() -> Speed:
    """DC states of a grid of about 2 000 buses, beside the one of 200. [1/s]."""
    large, small = _large(), _illinois()[1]
    value = _states_per_s(large, _outages(large, LARGE_STATES))
    return _rate("grid.dc_states_2000", value, SMALL, _states_per_s(small, _outages(small, STATES)))


def _injections(model: NetArrays, hours: int = HOURS) -> tuple[DcGrid, FloatArray, FloatArray]:
    """Demand factor of each hour, and what it makes of the injections."""
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence(4)))
    factor = rng.uniform(0.6, 1.2, (hours, 1)) * rng.uniform(0.9, 1.1, (hours, 1))
    grid = DcGrid(model.arrays)
    demand = factor * model.demand_mw
    plan = dispatch(grid.topology(np.ones(len(model.branch_row), dtype=bool)), demand)
    injection = -demand
    np.add.at(injection.T, model.arrays.source_bus, plan.source_p_mw.T)
    return grid, factor, injection


def _hours_per_s(grid: DcGrid, injection: FloatArray) -> float:
    conducts = np.ones(len(grid.arrays.branch_ids), dtype=bool)
    conducts[7] = False
    topology = grid.topology(conducts)
    return len(injection) / seconds(lambda: topology.flow_mw(injection), 10)


def batched_hours() -> Speed:
    """Hours of flows in one topology with a branch out, one core. [1/s]."""
    import pandapower as pp

    net, model = _illinois()
    grid, factor, injection = _injections(model)
    value = _hours_per_s(grid, injection)
    load_mw = net.load["p_mw"].to_numpy(copy=True)

    def each() -> None:
        for hour in range(PEER_STATES):
            net.load["p_mw"] = factor[hour] * load_mw
            pp.rundcpp(net)

    return _rate("grid.batched_hours", value, RUNDCPP, PEER_STATES / seconds(each, 3))


def batched_hours_batch() -> Speed:
    """Hours of flows beside lightsim2grid's batch, one core. [1/s]."""
    from lightsim2grid.lightsim2grid_cpp import AlgorithmType, InjectionSweepCPP

    net, model = _illinois()
    dc_grid, factor, injection = _injections(model)
    value = _hours_per_s(dc_grid, injection)
    grid = lightsim_grid(net)
    start = grid.dc_pf(np.ones(grid.total_bus(), dtype=np.complex128), 1, 1e-8)
    peer = InjectionSweepCPP(grid)
    peer.change_algorithm(AlgorithmType.DC_KLU)
    peer.modify_load_p(np.ascontiguousarray(factor * net.load["p_mw"].to_numpy()))
    peer.modify_load_q(np.ascontiguousarray(factor * net.load["q_mvar"].to_numpy()))

    def work() -> None:
        peer.compute(start, 1, 1e-8)
        peer.compute_power_flows()

    peer_value = HOURS / seconds(work, 3)
    return _rate("grid.batched_hours.lightsim2grid", value, "lightsim2grid sweep, DC", peer_value)


def batched_hours_2000() -> Speed:
    """Hours of flows in a grid of about 2 000 buses, beside the one of 200. [1/s]."""
    grid, _, injection = _injections(_large(), LARGE_HOURS)
    small_grid, _, small_injection = _injections(_illinois()[1])
    value = _hours_per_s(grid, injection)
    return _rate("grid.batched_hours_2000", value, SMALL, _hours_per_s(small_grid, small_injection))


def _overload_factor() -> FloatArray:
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence(5)))
    return OVERLOAD * rng.uniform(0.9, 1.1, SHED_HOURS)


def _sheds_per_s(model: NetArrays) -> float:
    """Hours of a week that need the shedding programme."""
    demand = _overload_factor()[:, None, None] * model.demand_mw[:, None] * CLASS_SHARE
    solver = GridSolver(model.arrays, SHED_COST, NO_TRIPS)
    conducts = np.ones(len(model.branch_row), dtype=bool)
    hours = solver.solve(conducts, demand).lp_hours
    return hours / seconds(lambda: solver.solve(conducts, demand), 3)


def shedding() -> Speed:
    """Hours that need the shedding programme, beside pandapower's DC optimal flow. [1/s]."""
    net, model = _illinois()
    factor = _overload_factor()[:PEER_STATES]
    peer = PEER_STATES / seconds(lambda: _optimal_flows(net, factor), 1)
    return _rate("grid.shedding", _sheds_per_s(model), "pandapower.rundcopp", peer)


def shedding_2000() -> Speed:
    """Hours of shedding in a grid of about 2 000 buses, beside the one of 200. [1/s]."""
    value = _sheds_per_s(_large())
    return _rate("grid.shedding_2000", value, SMALL, _sheds_per_s(_illinois()[1]))


def _optimal_flows(net: "pandapowerNet", factor: FloatArray) -> None:
    """Run the DC optimal flow of each hour with every load free to be shed."""
    import copy

    import pandapower as pp

    for each in factor:
        hour = copy.deepcopy(net)
        hour.load["p_mw"] *= each
        hour.load["controllable"] = True
        hour.load["min_p_mw"], hour.load["max_p_mw"] = 0.0, hour.load["p_mw"]
        for load in hour.load.index:
            # Served power is worth something; more is lost than any generation costs.
            pp.create_poly_cost(hour, load, "load", cp1_eur_per_mw=-200.0)
        pp.rundcopp(hour)
