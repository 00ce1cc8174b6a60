"""One replication of the default week, beside pandapower hour by hour."""

import time

import numpy as np
import pandapower as pp

from benchmarks.speed import Speed, beside
from data.read import load_region
from grid.net import build_net
from scenarios.measures import apply
from scenarios.read import load_scenario
from sim.case import Case, intact_grid, prepare
from sim.plan import CACHE
from sim.replication import replicate

REPLICATIONS = 20
SEED = 1


def default_case() -> Case:
    """Prepare the default scenario under the baseline."""
    region = load_region()
    return prepare(apply(region, []), load_scenario("ekstremvaer-kulde"), "basis", CACHE)


def one_replication() -> Speed:
    """Mean time of a 7-day replication [ms], and of its hours by ``pandapower.runpp``."""
    case = default_case()
    grid = intact_grid(case)
    replicate(case, grid, SEED, 0)
    begin = time.perf_counter()
    for number in range(REPLICATIONS):
        replicate(case, grid, SEED, number)
    mean_ms = (time.perf_counter() - begin) / REPLICATIONS * 1e3
    net = build_net(case.region, case.intact_bus_mw[0])
    at_bus = net.load["bus"].to_numpy()
    ratio = net.load["q_mvar"].to_numpy() / net.load["p_mw"].to_numpy()
    columns = {name: at for at, name in enumerate(case.arrays.bus_ids.tolist())}
    column = np.array([columns[net.bus.at[bus, "name"]] for bus in at_bus])
    pp.runpp(net)
    begin = time.perf_counter()
    for hour in range(case.hours):
        p_mw = case.intact_bus_mw[hour, column]
        net.load["p_mw"] = p_mw
        net.load["q_mvar"] = p_mw * ratio
        pp.runpp(net)
    peer_ms = (time.perf_counter() - begin) * 1e3
    peer = f"pandapower.runpp, the same {case.hours} hours one by one"
    return beside("replication", mean_ms, "ms", peer=peer, peer_value=peer_ms, less_is_better=True)
