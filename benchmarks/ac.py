"""AC power flows per second and N-1 of a large grid, beside pandapower and lightsim2grid."""

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.peers import lightsim_grid
from benchmarks.speed import Speed, beside, seconds
from data.tables import FloatArray
from grid.ac_flow import ac_hours, ac_outages
from grid.ac_network import AcModel, ComplexArray, ac_model

if TYPE_CHECKING:
    from pandapower import pandapowerNet

STATES, LARGE_STATES = 4096, 512
SWING = 0.3
"""How far the load of all together may be off. [1]"""

PEER_STATES = 20
PEER_OUTAGES = 10
THREADS = 2
STEPS, TOLERANCE_PU = 20, 1e-8
"""What lightsim2grid is asked for; its tolerance is in pu of 100 MVA."""

RUNPP = "pandapower.runpp"
SWEEP = "lightsim2grid InjectionSweep, 2 threads"
SCENARIOS = "lightsim2grid ScenarioSweep, 2 threads"
CONTINGENCIES = "lightsim2grid ContingencyAnalysis, 2 threads"


def _loads(
    net: "pandapowerNet", states: int = STATES, swing: float = SWING
) -> tuple[FloatArray, FloatArray]:
    """Draw the loads of each state: together up to ``swing`` off, and each 10 % off that."""
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence(1)))
    together = rng.uniform(1.0 - swing, 1.0 + swing, (states, 1))
    factor = together * rng.uniform(0.9, 1.1, (states, len(net.load)))
    return factor * net.load["p_mw"].to_numpy(), factor * net.load["q_mvar"].to_numpy()


def _injections(
    net: "pandapowerNet", model: AcModel, p_mw: FloatArray, q_mvar: FloatArray
) -> ComplexArray:
    """Power fed in at each bus in each state. [MVA]."""
    at = np.array([model.bus_of[bus] for bus in net.load["bus"]])
    less = p_mw + 1j * q_mvar - (net.load["p_mw"] + 1j * net.load["q_mvar"]).to_numpy()
    feeds = np.zeros((len(at), len(model.kind)))
    feeds[np.arange(len(at)), at] = 1.0
    return np.asarray(model.s_mva - less @ feeds)


def _lightsim(net: "pandapowerNet") -> tuple[Any, ComplexArray]:
    """Convert a net to lightsim2grid, and solve it to start from."""
    grid = lightsim_grid(net)
    flat = np.ones(grid.total_bus(), dtype=np.complex128)
    return grid, grid.ac_pf(flat, STEPS, TOLERANCE_PU)


def _states_beside(name: str, took: float, peer: str, peer_value: float) -> Speed:
    value = STATES / took
    return beside(name, value, "1/s", peer=peer, peer_value=peer_value, less_is_better=False)


def ac_states() -> Speed:
    """AC states with new injections each, flows and loadings included. [1/s]."""
    import pandapower as pp
    import pandapower.networks as pn

    net = pn.case_illinois200()
    model = ac_model(net)
    p_mw, q_mvar = _loads(net)
    s_mva = _injections(net, model, p_mw, q_mvar)
    took = seconds(lambda: ac_hours(model, s_mva), 5)

    def each() -> None:
        for state in range(PEER_STATES):
            net.load["p_mw"], net.load["q_mvar"] = p_mw[state], q_mvar[state]
            pp.runpp(net)

    return _states_beside("grid.ac_states", took, RUNPP, PEER_STATES / seconds(each, 3))


def ac_states_2000() -> Speed:
    """AC states of a grid of about 2 000 buses, beside the one of 200. [1/s].

    Only single loads are off: what is missing in all comes from one slack bus, too far
    away in the larger grid.
    """
    import pandapower.networks as pn

    rates = []
    for net, states in ((pn.case1888rte(), LARGE_STATES), (pn.case_illinois200(), STATES)):
        model = ac_model(net)
        s_mva = _injections(net, model, *_loads(net, states, 0.0))
        rates.append(states / seconds(partial(ac_hours, model, s_mva), 3))
    value, peer_value = rates
    return beside(
        "grid.ac_states_2000",
        value,
        "1/s",
        peer="the same with 200 buses",
        peer_value=peer_value,
        less_is_better=False,
    )


def ac_states_batch() -> Speed:
    """AC states beside lightsim2grid's batch, which gives voltages only. [1/s]."""
    import pandapower.networks as pn
    from lightsim2grid.lightsim2grid_cpp import InjectionSweepCPP

    net = pn.case_illinois200()
    model = ac_model(net)
    p_mw, q_mvar = _loads(net)
    s_mva = _injections(net, model, p_mw, q_mvar)
    took = seconds(lambda: ac_hours(model, s_mva), 5)
    grid, start = _lightsim(net)
    peer = InjectionSweepCPP(grid)
    peer.nb_thread, peer.init_from_n_powerflow = THREADS, True
    peer.modify_load_p(p_mw)
    peer.modify_load_q(q_mvar)
    peer_took = seconds(lambda: peer.compute(start, STEPS, TOLERANCE_PU), 3)
    return _states_beside("grid.ac_states.lightsim2grid", took, SWEEP, STATES / peer_took)


def ac_outage_states() -> Speed:
    """AC states with new injections and another line out each, beside lightsim2grid. [1/s]."""
    import pandapower.networks as pn
    from lightsim2grid.lightsim2grid_cpp import ScenarioSweepCPP

    net = pn.case_illinois200()
    model = ac_model(net)
    p_mw, q_mvar = _loads(net)
    s_mva = _injections(net, model, p_mw, q_mvar)
    lines = np.flatnonzero(model.branch_table == "line")
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence(2)))
    out = rng.integers(0, len(lines), STATES)
    inside = np.ones((STATES, len(model.from_bus)), dtype=np.bool_)
    inside[np.arange(STATES), lines[out]] = False
    took = seconds(lambda: ac_outages(model, inside, s_mva=s_mva), 5)
    grid, start = _lightsim(net)
    peer = ScenarioSweepCPP(grid)
    peer.nb_thread, peer.init_from_n_powerflow = THREADS, True
    peer.handle_disconnected_grid = True
    peer.modify_load_p(p_mw)
    peer.modify_load_q(q_mvar)
    is_out = np.zeros((STATES, len(net.line)), dtype=np.bool_)
    is_out[np.arange(STATES), out] = True
    peer.set_contingency_lines(is_out)
    peer_took = seconds(lambda: peer.compute(start, STEPS, TOLERANCE_PU), 3)
    return _states_beside("grid.ac_outage_states", took, SCENARIOS, STATES / peer_took)


def _n1(model: AcModel) -> float:
    """Seconds for every single outage, flows and loadings included."""
    inside = ~np.eye(len(model.from_bus), dtype=np.bool_)
    return seconds(lambda: ac_outages(model, inside), 3)


def n1_1354() -> Speed:
    """AC N-1 of case1354pegase, all 1 991 branches. [s]."""
    import pandapower as pp
    import pandapower.networks as pn

    net = pn.case1354pegase()
    model = ac_model(net)
    took = _n1(model)
    lines = net.line.index[:: len(net.line) // PEER_OUTAGES][:PEER_OUTAGES]

    def each() -> None:
        for line in lines:
            net.line.at[line, "in_service"] = False
            pp.runpp(net)
            net.line.at[line, "in_service"] = True

    return beside(
        "grid.n1_1354",
        took,
        "s",
        peer=f"{RUNPP}, from {PEER_OUTAGES} outages",
        peer_value=seconds(each, 1) / PEER_OUTAGES * len(model.from_bus),
        less_is_better=True,
    )


def n1_1354_batch() -> Speed:
    """AC N-1 beside lightsim2grid's batch, which gives voltages only. [s]."""
    import pandapower.networks as pn
    from lightsim2grid.lightsim2grid_cpp import ContingencyAnalysisCPP

    net = pn.case1354pegase()
    took = _n1(ac_model(net))
    grid, start = _lightsim(net)
    peer = ContingencyAnalysisCPP(grid)
    peer.nb_thread, peer.init_from_n_powerflow = THREADS, True
    peer.handle_disconnected_grid = True
    peer.add_all_n1()
    peer_took = seconds(lambda: peer.compute(start, STEPS, TOLERANCE_PU), 1)
    return beside(
        "grid.n1_1354.lightsim2grid",
        took,
        "s",
        peer=CONTINGENCIES,
        peer_value=peer_took,
        less_is_better=True,
    )
