"""The best order of repairs, by an exact solver that knows everything in advance.

Jobs become ready at given hours, take given hours of one of a few equal crews, and cost their
weight for every hour until they are done: minimise the sum of weight times completion time on
parallel machines with release dates. As a time-indexed integer programme [1]_,

    minimise    sum over jobs j, slots t of  w_j (t + p_j) x_jt
    subject to  sum over t of x_jt = 1                              every job begins once
                sum over j, t - p_j < s <= t of x_js <= m_t         no more crews than there are
                x_jt in {0, 1},  t >= ready_j

whose relaxation is tight. It is an upper bound on what any order of repairs can do, not a
plan: nobody knows repair times in advance.

References
----------
.. [1] J. P. Sousa and L. A. Wolsey, A time indexed formulation of non-preemptive single
   machine scheduling problems, Math. Program. 54 (1992) 353-367.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

from data.problems import BeredtError
from data.tables import FloatArray, IntArray
from sim.case import Case
from sim.hazards.damage import OVERHEAD_MV, Failures
from sim.response.order import CRITICAL_WEIGHT
from sim.response.repair_times import RepairTimes

SLOT_H = 0.5
"""Length of a slot when repairs of a course are ordered. [h]"""

MIP_GAP = 1e-3
"""Relative gap at which an order counts as the best."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Jobs in their best order.

    Attributes
    ----------
    start_h : ndarray, shape (job,)
        [h]
    cost : float
        Sum of weight times completion time.
    bound : float
        No schedule in these slots costs less.
    """

    start_h: FloatArray
    cost: float
    bound: float


def best_schedule(
    ready_h: FloatArray,
    work_h: FloatArray,
    weight: FloatArray,
    crews_from_h: Sequence[float],
    slot_h: float,
) -> Schedule:
    """Schedule jobs on equal crews at the least weighted completion time.

    Parameters
    ----------
    ready_h, work_h, weight : ndarray, shape (job,)
        When each job may begin, how long it takes (rounded up to slots), what an hour
        until its end costs. [h], [h], [1/h]
    crews_from_h : sequence of float
        When each crew is there. [h]
    slot_h : float
        Length of a slot. [h]

    Raises
    ------
    ValueError
        If there is no crew or a job takes no time.
    BeredtError
        If the solver finds no schedule.
    """
    jobs = len(ready_h)
    if not len(crews_from_h) or not (work_h > 0.0).all():
        raise ValueError("a schedule needs a crew, and jobs that take time")
    if jobs == 0:
        return Schedule(start_h=np.zeros(0), cost=0.0, bound=0.0)
    length: IntArray = np.ceil(work_h / slot_h - 1e-9).astype(np.int64)
    ready: IntArray = np.ceil(ready_h / slot_h - 1e-9).astype(np.int64)
    there = np.ceil(np.asarray(crews_from_h) / slot_h - 1e-9).astype(np.int64)
    # Every job can be done one after another by the first crew there.
    slots = int(max(ready.max(), there.min()) + length.sum()) + 1
    crews = (there[None, :] <= np.arange(slots)[:, None]).sum(axis=1)
    job, slot = np.nonzero(np.arange(slots)[None, :] >= ready[:, None])
    fits = slot + length[job] <= slots
    job, slot = job[fits], slot[fits]
    cost = weight[job] * (slot + length[job]) * slot_h
    columns = np.arange(len(job))
    once = coo_array((np.ones(len(job)), (job, columns)), shape=(jobs, len(job)))
    busy_column = np.repeat(columns, length[job])
    offset = np.arange(len(busy_column)) - np.repeat(
        np.cumsum(length[job]) - length[job], length[job]
    )
    busy = coo_array(
        (np.ones(len(busy_column)), (np.repeat(slot, length[job]) + offset, busy_column)),
        shape=(slots, len(job)),
    )
    found = milp(
        cost,
        constraints=[
            LinearConstraint(once.tocsr(), 1.0, 1.0),
            LinearConstraint(busy.tocsr(), -np.inf, crews.astype(np.float64)),
        ],
        integrality=np.ones(len(job), dtype=np.int64),
        bounds=Bounds(0.0, 1.0),
        options={"mip_rel_gap": MIP_GAP},
    )
    if found.x is None:
        raise BeredtError(f"no order of repairs found: {found.message}")
    chosen = np.flatnonzero(found.x > 0.5)  # noqa: PLR2004 -- halfway between no and yes
    start = np.zeros(jobs)
    start[job[chosen]] = slot[chosen] * slot_h
    return Schedule(
        start_h=start,
        cost=float(found.fun),
        bound=float(found.mip_dual_bound),
    )


def best_order(
    case: Case, failures: Sequence[Failures], repairs: RepairTimes, gust_ms: FloatArray
) -> dict[str, int]:
    """Order the repairs of feeder sections of a course, depot by depot.

    A job is ready when the fault is known and the wind lets crews work; it takes the way
    from the depot and the repair; an hour of it costs the mean demand of the section plus
    ``CRITICAL_WEIGHT`` times the load of sites it feeds. Switching is left out.

    Returns
    -------
    dict
        Place of each section that fails, by its identifier.
    """
    region, network = case.region, case.network
    constants = region.constants
    known_h = constants["detection_h"] + constants["remote_switching_h"]
    calm = gust_ms <= constants["work_gust_limit_ms"]
    by_depot: dict[int, list[tuple[int, float]]] = {}
    for failed in failures:
        if failed.kind != OVERHEAD_MV:
            continue
        for section, t_h in zip(failed.asset.tolist(), failed.t_h.tolist(), strict=True):
            area = int(network.section_area[section])
            ready_h = t_h + known_h
            hour = min(int(ready_h), case.hours - 1)
            after = np.flatnonzero(calm[hour:, area])
            if len(after):
                ready_h = max(ready_h, float(hour + after[0]))
            depot = int(case.area_depot["distribution"][area])
            by_depot.setdefault(depot, []).append((section, ready_h))
    site_mw = np.zeros(len(network.section_area))
    np.add.at(site_mw, [rows[0] for rows in case.site_sections], region.sites.load_mw)
    mean_mw = case.spread_mw.mean(axis=0)
    place: dict[str, int] = {}
    for depot, jobs in sorted(by_depot.items()):
        section = np.array([each[0] for each in jobs])
        area = network.section_area[section]
        home = case.depot_area[depot]
        work_h = np.array([repairs.section(int(each)).hours for each in section])
        work_h += constants["dispatch_h"] + case.travel_h[home, area]
        weight = network.section_share[section] * mean_mw[area] + CRITICAL_WEIGHT * site_mw[section]
        schedule = best_schedule(
            np.array([each[1] for each in jobs]),
            work_h,
            weight,
            _crews_from_h(case, depot),
            SLOT_H,
        )
        for at in np.lexsort((section, schedule.start_h)).tolist():
            place[str(region.sections.section_id[section[at]])] = len(place)
    return place


def _crews_from_h(case: Case, depot: int) -> list[float]:
    """When each crew of a depot is there, mutual aid included. [h]."""
    region = case.region
    strikes_h = min((hazard.start_h for hazard in case.scenario.hazards), default=0.0)
    aid = region.mutual_aid
    own = aid.depot_id == region.depots.depot_id[depot]
    arrivals = np.repeat(strikes_h + aid.arrives_h[own], aid.crews[own])
    return [0.0] * int(region.depots.crews[depot]) + arrivals.tolist()
