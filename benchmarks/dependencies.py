"""What the full dependency model adds to a replication, and how it grows with sites."""

import statistics
import time
from collections.abc import Callable
from dataclasses import fields, replace

import numpy as np
import simpy

from benchmarks.replication import SEED, default_case
from benchmarks.speed import Speed
from data.read import load_region
from data.region import Region
from data.tables import Table
from scenarios.measures import apply
from scenarios.read import load_scenario
from sim.case import Case, IntactGrid, intact_grid, prepare
from sim.course import assemble
from sim.hazards.damage import ROAD
from sim.hazards.strikes import storm_failures, storms_of
from sim.interruption_costs import interruption_indices, kile_by_area
from sim.intervals import hourly_weight
from sim.plan import CACHE
from sim.replication import replicate

REPLICATIONS = 20
ROUNDS = 3
MODERATE_MS, VIOLENT_MS = 36.0, 50.0
"""Peak gusts of two storms. [m/s]"""


def functions_added() -> Speed:
    """Time the full dependency model adds to a 7-day replication, one core. [ms]."""
    case = default_case()
    grid = intact_grid(case)
    full, electric = paired_ms(case, grid)
    return Speed(
        name="functions.added_ms",
        value=full - electric,
        unit="ms",
        peer="the same replications, electricity, crews and KILE only",
        peer_value=electric,
        ratio=electric / (full - electric),
    )


def functions_growth_4() -> Speed:
    """Time added with four times the sites over that with the sites as they are."""
    return _growth(4)


def functions_growth_16() -> Speed:
    """Time added with sixteen times the sites over that with the sites as they are."""
    return _growth(16)


def functions_growth_events() -> Speed:
    """Growth of the time added over growth of the events, from a moderate to a violent storm."""
    added, events = [], []
    for gust_ms in MODERATE_MS, VIOLENT_MS:
        case = storm_case(gust_ms)
        grid = intact_grid(case)
        full, electric = paired_ms(case, grid)
        added.append(full - electric)
        happened = [len(replicate(case, grid, SEED, k).events) for k in range(REPLICATIONS)]
        events.append(statistics.fmean(happened))
    return Speed(
        name="functions.growth_events",
        value=added[1] / added[0],
        unit="1",
        peer=f"linear growth: {events[0]:.0f} to {events[1]:.0f} events a course",
        peer_value=events[1] / events[0],
        ratio=events[1] / events[0] * added[0] / added[1],
    )


def storm_case(gust_ms: float) -> Case:
    """Prepare the default scenario with another peak gust. [m/s]."""
    scenario = load_scenario("ekstremvaer-kulde")
    hazards = tuple(
        hazard.model_copy(update={"peak_gust_ms": gust_ms}) for hazard in scenario.hazards
    )
    changed = scenario.model_copy(update={"hazards": hazards})
    return prepare(apply(load_region(), []), changed, "basis", CACHE)


def _growth(times: int) -> Speed:
    added = [added_with_sites(each) for each in (1, times)]
    return Speed(
        name=f"functions.growth_{times}",
        value=added[1] / added[0],
        unit="1",
        peer=f"linear growth: {times} times the sites",
        peer_value=float(times),
        ratio=times * added[0] / added[1],
    )


def added_with_sites(times: int) -> float:
    """Time added to a replication of a region with so many times its sites. [ms]."""
    region = with_sites(load_region(), times)
    case = prepare(apply(region, []), load_scenario("ekstremvaer-kulde"), "basis", CACHE)
    full, electric = paired_ms(case, intact_grid(case))
    return full - electric


def paired_ms(case: Case, grid: IntactGrid) -> tuple[float, float]:
    """Mean time of a replication in full and of its electricity alone, in turns. [ms]."""
    full: list[float] = []
    electric: list[float] = []
    replicate(case, grid, SEED, 0)
    electricity_only(case, grid, 0)
    for _ in range(ROUNDS):
        for number in range(REPLICATIONS):
            full.append(_ms(lambda number=number: replicate(case, grid, SEED, number)))
            electric.append(_ms(lambda number=number: electricity_only(case, grid, number)))
    # The least of the rounds of each replication: what else the machine does is no part of it.
    return _mean_of_least(full), _mean_of_least(electric)


def _mean_of_least(times: list[float]) -> float:
    rounds = np.array(times).reshape(ROUNDS, REPLICATIONS)
    return statistics.fmean(rounds.min(axis=0).tolist())


def _ms(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return (time.perf_counter() - begin) * 1e3


def electricity_only(case: Case, grid: IntactGrid, replication: int) -> float:
    """Follow faults, crews and the grid of a replication, and nothing that depends on them.

    The parts of the dependency model are made but not connected; making them takes about a
    millisecond, which the difference leaves out.
    """
    env = simpy.Environment()
    storms = storms_of(case, SEED, replication)
    failures = [
        each for each in storm_failures(case, storms, SEED, replication) if each.kind != ROAD
    ]
    course = assemble(env, case, grid, storms, seed=SEED, replication=replication)
    supply, nothing = course.supply, lambda *_: None
    supply.on_change = supply.on_mesh = supply.on_settled = nothing
    supply.on_dark = supply.on_light = nothing
    course.strikes.start(failures)
    env.run(until=float(case.hours))
    course.mesh.finish()
    interruptions = supply.finish()
    network = case.network
    share = hourly_weight(
        network.section_area[interruptions.section],
        network.section_share[interruptions.section] * interruptions.weight,
        interruptions.from_h,
        interruptions.to_h,
        places=len(case.population),
        hours=case.hours,
    )
    unserved = share[:, :, None] * case.demand_mw * ~network.bulk + course.mesh.shed_mwh
    interruption_indices(case, interruptions, course.mesh.shed_person_h)
    kile_by_area(case, interruptions, course.mesh.shed_mwh)
    return float(unserved.sum())


def with_sites(region: Region, times: int) -> Region:
    """Give a region so many times its sites, each delivering its part of what one did."""
    if times == 1:
        return region
    tables = {
        name: _repeated(getattr(region, name), times)
        for name in ("sites", "backups", "deliveries", "capacities")
    }
    shares = tables["deliveries"].share / times
    deliveries = replace(tables["deliveries"], share=shares)
    return replace(region, **(tables | {"deliveries": deliveries}))


def _repeated(table: Table, times: int) -> Table:
    """Repeat a table's rows, copies of sites under new names."""
    rows = len(table)
    suffix = np.repeat(["", *(f"-{k}" for k in range(1, times))], rows)
    columns = {}
    for field in fields(table):
        column = np.tile(getattr(table, field.name), times)
        columns[field.name] = np.char.add(column, suffix) if field.name == "site_id" else column
    return replace(table, **columns)
