"""How far each order of repairs is from the best that could be known.

Every order serves the same jobs by the same crews in the same simplified setting as the exact
solver (`best_order`): a free crew takes the ready job of the smallest priority. What an order
gives in the full model, with switching, telephones, roads and shifts, a comparison tells.
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sim.case import Case
from sim.course import gust_of
from sim.hazards.strikes import storm_failures, storms_of
from sim.response.best_order import DepotJobs, best_of, best_order, depot_jobs
from sim.response.order import Job, RestorationOrder
from sim.response.repair_times import RepairTimes


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCost:
    """Cost of an order of repairs over replications.

    Attributes
    ----------
    portfolio_id : str
    weighted_mwh : float
        Mean of power out, that of critical sites counted ``critical_weight`` times more,
        until each fault is repaired. [MWh]
    bound_mwh : float
        No order of these repairs costs less, by the exact solver. [MWh]
    repairs : float
        Mean number of repairs.
    """

    portfolio_id: str
    weighted_mwh: float
    bound_mwh: float
    repairs: float

    @property
    def above_bound(self) -> float:
        """How much more than the bound, as a share of it."""
        return self.weighted_mwh / self.bound_mwh - 1.0 if self.bound_mwh > 0.0 else 0.0


def order_cost(
    case: Case,
    *,
    seed: int,
    replications: int,
    on_replication: Callable[[], None] = lambda: None,
) -> OrderCost:
    """Cost of a case's order of repairs, and the exact solver's bound on any order."""
    cost, bound, count = 0.0, 0.0, 0
    for replication in range(replications):
        storms = storms_of(case, seed, replication)
        failures = storm_failures(case, storms, seed, replication)
        repairs = RepairTimes(case, seed, replication)
        jobs = depot_jobs(case, failures, repairs, gust_of(case, storms))
        best = best_order(jobs, case) if case.restoration.policy == "best_known" else {}
        order = RestorationOrder(case.restoration, case.region.constants["critical_weight"], best)
        for each in [waiting.in_slots() for waiting in jobs]:
            cost += list_schedule(case, order, each)
            # From the strike on, as the hours before a fault are nobody's to save.
            bound += best_of(each).bound - float(each.weight @ each.ready_h)
            count += len(each.section)
        on_replication()
    return OrderCost(
        portfolio_id=case.portfolio_id,
        weighted_mwh=cost / replications,
        bound_mwh=bound / replications,
        repairs=count / replications,
    )


def list_schedule(case: Case, order: RestorationOrder, jobs: DepotJobs) -> float:
    """Weighted hours from ready to done when free crews take the first job of an order. [MWh]."""
    region, network = case.region, case.network
    priority = []
    for at, section in enumerate(jobs.section.tolist()):
        feeder = int(network.section_feeder[section])
        priority.append(
            order.priority(
                Job(
                    names=(
                        str(region.sections.section_id[section]),
                        str(region.feeders.feeder_id[feeder]),
                        str(region.feeders.substation_id[feeder]),
                        str(region.areas.area_id[network.section_area[section]]),
                    ),
                    out_mw=float(jobs.out_mw[at]),
                    critical_mw=float(jobs.critical_mw[at]),
                    customers=float(network.section_customers[section]),
                    work_h=float(jobs.work_h[at]),
                )
            )
        )
    free = sorted(jobs.crews_from_h)
    to_come = np.argsort(jobs.ready_h, kind="stable").tolist()
    waiting: list[tuple[float, int]] = []
    cost, now = 0.0, 0.0
    while to_come or waiting:
        # A crew that was free before waits for the jobs the last one found.
        now = max(now, heapq.heappop(free))
        if not waiting:
            now = max(now, float(jobs.ready_h[to_come[0]]))
        while to_come and jobs.ready_h[to_come[0]] <= now:
            at = to_come.pop(0)
            heapq.heappush(waiting, (priority[at], at))
        _, at = heapq.heappop(waiting)
        done_h = now + float(jobs.work_h[at])
        cost += float(jobs.weight[at]) * (done_h - float(jobs.ready_h[at]))
        heapq.heappush(free, done_h)
    return cost
