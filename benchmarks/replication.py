"""One replication of the default week, beside pandapower hour by hour."""

import time

import numpy as np
import pandapower as pp

from benchmarks.speed import Speed, beside, seconds
from data.read import load_region
from grid.net import build_net
from scenarios.measures import apply
from scenarios.read import load_scenario
from sim.case import Case, intact_grid, prepare
from sim.dependencies.functions import function_levels
from sim.plan import CACHE
from sim.power.interruptions import Interruptions
from sim.replication import losses_of, replicate
from sim.services.sites import SiteOutages

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


def functions_added() -> Speed:
    """Time the critical functions add to a replication. [ms]."""
    case = default_case()
    rng = np.random.default_rng(SEED)
    count = 600
    start = rng.uniform(30.0, 60.0, count)
    interruptions = Interruptions(
        section=rng.integers(0, len(case.network.section_area), count),
        weight=np.ones(count),
        from_h=start,
        to_h=start + rng.exponential(8.0, count),
        cause=("benchmark",) * count,
    )
    outages = SiteOutages(
        site=np.arange(10),
        weight=np.ones(10),
        from_h=np.full(10, 40.0),
        to_h=np.full(10, 55.0),
    )
    losses = losses_of(case, interruptions, outages)
    without_power = losses["electricity"][0].share(case.population, case.hours)
    took = seconds(lambda: function_levels(case, losses, outages, without_power), 20)
    return Speed(name="functions.added_ms", value=took * 1e3, unit="ms")
