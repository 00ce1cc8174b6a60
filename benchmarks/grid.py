"""Grid states on the region's own meshed grid, beside pandapower."""

import numpy as np
import pandapower as pp

from benchmarks.replication import default_case
from benchmarks.speed import Speed, beside, seconds
from grid.net import build_net
from sim.case import Case, intact_grid

OUTAGES = 40
PEER_OUTAGES = 10


def _states(case: Case) -> np.ndarray:
    """Outage states of one branch each, spread over the grid, shape (state, branch)."""
    count = len(case.arrays.branch_ids)
    out = np.linspace(0, count - 1, OUTAGES).astype(int)
    states = np.ones((OUTAGES, count), dtype=bool)
    states[np.arange(OUTAGES), out] = False
    return states


def _beside_rundcpp(name: str, value: float, peer_value: float) -> Speed:
    peer = "pandapower.rundcpp"
    return beside(name, value, "1/s", peer=peer, peer_value=peer_value, less_is_better=False)


def dc_states() -> Speed:
    """DC states with a new topology each, one hour. [1/s]."""
    case = default_case()
    solver = intact_grid(case).solver
    demand = np.ascontiguousarray(case.intact_demand[:1])
    states = _states(case)
    took = seconds(lambda: [solver.solve(state, demand) for state in states], 5)
    net = build_net(case.region, case.intact_bus_mw[0])
    lines = len(case.region.lines)

    def peer() -> None:
        for state in states[:PEER_OUTAGES]:
            net.line["in_service"] = state[:lines]
            net.trafo["in_service"] = state[lines:]
            pp.rundcpp(net)

    peer_took = seconds(peer, 3)
    return _beside_rundcpp("grid.dc_states", OUTAGES / took, PEER_OUTAGES / peer_took)


def batched_hours() -> Speed:
    """Hours solved in one topology. [1/s]."""
    case = default_case()
    solver = intact_grid(case).solver
    everything = np.ones(len(case.arrays.branch_ids), dtype=bool)
    took = seconds(lambda: solver.solve(everything, case.intact_demand), 10)
    net = build_net(case.region, case.intact_bus_mw[0])

    def peer() -> None:
        for _ in range(PEER_OUTAGES):
            pp.rundcpp(net)

    peer_took = seconds(peer, 3)
    return _beside_rundcpp("grid.batched_hours", case.hours / took, PEER_OUTAGES / peer_took)


def shedding() -> Speed:
    """Hours that need the shedding programme. [1/s]."""
    case = default_case()
    solver = intact_grid(case).solver
    everything = np.ones(len(case.arrays.branch_ids), dtype=bool)
    # Demand beyond what the lines can bring, so that limits bind in every hour.
    demand = np.ascontiguousarray(case.intact_demand[80:92] * 1.45)
    state = solver.solve(everything, demand)
    took = seconds(lambda: solver.solve(everything, demand), 3)
    return Speed(name="grid.shedding", value=max(state.lp_hours, 1) / took, unit="1/s")
