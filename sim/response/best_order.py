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
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

from data.problems import BeredtError
from data.tables import FloatArray, IntArray
from sim.case import Case
from sim.hazards.damage import OVERHEAD_MV, Failures
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
    length, ready = _slots(work_h, slot_h), _slots(ready_h, slot_h)
    there = _slots(np.asarray(crews_from_h), slot_h)
    # Every job can be done one after another by the first crew there.
    slots = int(max(ready.max(), there.min()) + length.sum()) + 1
    crews = (there[None, :] <= np.arange(slots)[:, None]).sum(axis=1)
    job, slot = np.nonzero(np.arange(slots)[None, :] >= ready[:, None])
    fits = slot + length[job] <= slots
    job, slot = job[fits], slot[fits]
    # From ready on, so that the gap is one of what an order can change.
    cost = weight[job] * (slot + length[job] - ready[job]) * slot_h
    until_ready = float(weight @ ready) * slot_h
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
        cost=float(found.fun) + until_ready,
        bound=float(found.mip_dual_bound) + until_ready,
    )


def _slots(hours: FloatArray, slot_h: float) -> IntArray:
    """Count the slots that hours take, begun ones included."""
    return np.ceil(hours / slot_h - 1e-9).astype(np.int64)


def _rounded(hours: FloatArray) -> FloatArray:
    return _slots(hours, SLOT_H).astype(np.float64) * SLOT_H


@dataclass(frozen=True, slots=True, kw_only=True)
class DepotJobs:
    """Repairs of feeder sections that one depot has ahead of it in a course.

    Attributes
    ----------
    section : ndarray of int, shape (job,)
    ready_h, work_h : ndarray, shape (job,)
        When the fault is known and the wind lets crews work; the way from the depot and
        the repair. [h]
    out_mw, critical_mw : ndarray, shape (job,)
        Mean demand of the section, and load of the sites it feeds. [MW]
    critical_weight : float
        How many times a megawatt of a critical site counts. [1]
    crews_from_h : list of float
        When each crew is there, mutual aid included. [h]
    """

    section: IntArray
    ready_h: FloatArray
    work_h: FloatArray
    out_mw: FloatArray
    critical_mw: FloatArray
    critical_weight: float
    crews_from_h: list[float]

    def in_slots(self) -> "DepotJobs":
        """Return the jobs with every time rounded up to slots, as the solver sees them."""
        return replace(
            self,
            ready_h=_rounded(self.ready_h),
            work_h=_rounded(self.work_h),
            crews_from_h=_rounded(np.array(self.crews_from_h)).tolist(),
        )

    @property
    def weight(self) -> FloatArray:
        """What an hour until each repair is done costs. [MW]."""
        return self.out_mw + self.critical_weight * self.critical_mw


def best_order(jobs: Sequence[DepotJobs], case: Case) -> dict[str, int]:
    """Order the repairs of feeder sections of a course, depot by depot.

    Returns
    -------
    dict
        Place of each section that fails, by its identifier.
    """
    place: dict[str, int] = {}
    for each in jobs:
        schedule = best_of(each)
        for at in np.lexsort((each.section, schedule.start_h)).tolist():
            place[str(case.region.sections.section_id[each.section[at]])] = len(place)
    return place


def best_of(jobs: DepotJobs) -> Schedule:
    """Return the best schedule of one depot."""
    return best_schedule(jobs.ready_h, jobs.work_h, jobs.weight, jobs.crews_from_h, SLOT_H)


def depot_jobs(
    case: Case, failures: Sequence[Failures], repairs: RepairTimes, gust_ms: FloatArray
) -> list[DepotJobs]:
    """Gather what a storm leaves each depot to repair on the feeders; switching is left out."""
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
    found = []
    for depot, rows in sorted(by_depot.items()):
        section = np.array([each[0] for each in rows])
        area = network.section_area[section]
        repair_h = np.array([repairs.section(each).hours for each in section.tolist()])
        way_h = constants["dispatch_h"] + case.travel_h[case.depot_area[depot], area]
        found.append(
            DepotJobs(
                section=section,
                ready_h=np.array([each[1] for each in rows]),
                work_h=repair_h + way_h,
                out_mw=network.section_share[section] * mean_mw[area],
                critical_mw=site_mw[section],
                critical_weight=constants["critical_weight"],
                crews_from_h=_crews_from_h(case, depot),
            )
        )
    return found


def _crews_from_h(case: Case, depot: int) -> list[float]:
    """When each crew of a depot is there, mutual aid included. [h]."""
    region = case.region
    strikes_h = min((hazard.start_h for hazard in case.scenario.hazards), default=0.0)
    aid = region.mutual_aid
    own = aid.depot_id == region.depots.depot_id[depot]
    arrivals = np.repeat(strikes_h + aid.arrives_h[own], aid.crews[own])
    return [0.0] * int(region.depots.crews[depot]) + arrivals.tolist()
