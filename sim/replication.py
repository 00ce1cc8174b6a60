"""One replication: one SimPy environment from the scenario's start to its end."""

import math

import numpy as np
import simpy

from data.tables import FloatArray
from sim.case import Case, IntactGrid
from sim.course import Course, start_course
from sim.dependencies.function_events import FunctionEvents
from sim.dependencies.functions import function_levels
from sim.failures import CAUGHT, Failure, ReplicationError
from sim.interruption_costs import interruption_indices, kile_by_area
from sim.intervals import hourly_weight
from sim.metrics import (
    caidi_h,
    energy_not_supplied,
    function_loss_h,
    function_loss_total_h,
    person_hours,
)
from sim.outcome import SERVICES, Outcome
from sim.resilience import step_area_lost, step_trapezoid, time_to_restored_h
from sim.services.consequences import PAYMENT_FUNCTION, consequences
from sim.services.households import households
from sim.services.losses import losses_of, persons_without

PLATEAU = 0.05
"""Hours within this share of the deepest loss count as the degraded state (estimate)."""


def replicate(case: Case, grid: IntactGrid, seed: int, replication: int) -> Outcome:
    """Simulate one sampled course of a case's scenario.

    Parameters
    ----------
    case : Case
    grid : IntactGrid
        From `sim.case.intact_grid`; its solver may have solved anything before.
    seed, replication : int
        With the scenario they decide everything random, whatever the portfolio.

    Returns
    -------
    Outcome

    Raises
    ------
    ReplicationError
        If the grid has no solution, the energy account does not close (see `Outcome`), or
        anything else goes wrong that concerns this replication alone.
    """
    env = simpy.Environment()
    course: Course | None = None
    try:
        course = start_course(env, case, grid, seed=seed, replication=replication)
        env.run(until=float(case.hours))
        course.finish(float(case.hours))
        return _outcome(case, replication, course)
    except CAUGHT as error:
        events = course.log.events if course is not None else []
        last = events[-1] if events else None
        failure = Failure(
            replication=replication,
            t_h=float(env.now),
            after=f"{last.what} {last.asset_id}".strip() if last else "",
            kind=type(error).__name__,
            message=" ".join(str(error).split()),
        )
        raise ReplicationError(failure) from error


def _outcome(case: Case, replication: int, course: Course) -> Outcome:
    network, hours, n_area = case.network, case.hours, len(case.population)
    mesh, areas, log, states = course.mesh, course.areas, course.log, course.states
    interruptions, outages = course.supply.finish(), course.sites.finish()
    out_share = hourly_weight(
        network.section_area[interruptions.section],
        network.section_share[interruptions.section] * interruptions.weight,
        interruptions.from_h,
        interruptions.to_h,
        places=n_area,
        hours=hours,
    )
    unserved = out_share[:, :, None] * case.demand_mw * ~network.bulk + mesh.shed_mwh
    losses = losses_of(case, interruptions, course.stores, areas)
    persons = {service: persons_without(case, losses, service) for service in losses}
    persons["electricity"] = np.minimum(
        persons["electricity"] + mesh.shed_person_h, case.population
    )
    functions = function_levels(
        case, losses, areas, outages, persons["electricity"] / case.population
    )
    persons |= _people_in_areas(case, course, functions.level, persons["telecom"])
    FunctionEvents(case, losses, areas, outages, log=log, states=states).note(functions)
    helped = households(case, losses, areas, outages, persons["water"])
    states.finish(float(hours))
    kile = kile_by_area(case, interruptions, mesh.shed_mwh)
    battery_mwh = sum(course.supply.battery_mwh.values())
    demanded = float(case.demand_mw.sum())
    missing = demanded - float(unserved.sum()) - battery_mwh - mesh.served_mwh
    peak_mw = float(case.demand_mw.sum(axis=(1, 2)).max())
    saifi, saidi = interruption_indices(case, interruptions, mesh.shed_person_h)
    without = np.stack([persons[service] for service in SERVICES], axis=2)
    return Outcome(
        replication=replication,
        unserved_mw=unserved,
        persons_without=without,
        function_level=functions.level,
        area_kile_mnok=kile,
        metrics=_metrics(case, unserved, without, functions.level)
        | consequences(case, persons, functions, helped, outages)
        | {
            "kile_mnok": float(kile.sum()),
            "saifi": saifi,
            "saidi_h": saidi,
            "caidi_h": caidi_h(saidi, saifi),
            "failures": float(course.strikes.failures),
            "crew_busy_h": course.crews.busy_crew_h,
            "battery_mwh": battery_mwh,
            "cold_load_mwh": mesh.cold_load_mwh,
        },
        events=tuple(log.events),
        states=tuple(states.states),
        stocks=tuple(states.stocks),
        balance_residual=max(abs(missing) / demanded, mesh.residual_mw / peak_mw),
    )


def _people_in_areas(
    case: Case, course: Course, level: FloatArray, without_telephone: FloatArray
) -> dict[str, FloatArray]:
    """People without fuel, payment and information, each of shape (time, area)."""
    fuel = course.areas.missing("fuel")
    without_fuel = hourly_weight(
        fuel.area,
        fuel.share,
        fuel.from_h,
        fuel.to_h,
        places=len(case.population),
        hours=case.hours,
    )
    ids = case.region.functions.function_id.tolist()
    payment = np.zeros_like(without_fuel)
    if PAYMENT_FUNCTION in ids:
        payment = (1.0 - level[:, :, ids.index(PAYMENT_FUNCTION)]) * case.population
    return {
        "fuel": np.minimum(without_fuel, 1.0) * case.population,
        "payment": payment,
        "information": without_telephone * (1.0 - case.people.battery_radio),
    }


def _metrics(
    case: Case, unserved: FloatArray, persons: FloatArray, level: FloatArray
) -> dict[str, float]:
    """Figures that follow from the hourly arrays; formulas in `sim.metrics`, `sim.resilience`.

    A time to restoration not reached by the scenario's end counts until the end.
    """
    t_h, end_h = np.arange(case.hours, dtype=float), float(case.hours)
    dt_h = np.ones(case.hours)
    demand_mw, unserved_mw = case.demand_mw.sum(axis=(1, 2)), unserved.sum(axis=(1, 2))
    supply = 1.0 - unserved_mw / demand_mw
    trapezoid = step_trapezoid(t_h, supply, end_h, plateau=PLATEAU)
    lost = function_loss_h(level, dt_h, case.population)
    figures = {
        "ens_mwh": float(energy_not_supplied(demand_mw, demand_mw - unserved_mw, dt_h)),
        "function_loss_h": function_loss_total_h(lost),
        "function_loss_weighted_h": function_loss_total_h(lost, case.region.functions.weight),
        "peak_persons_electricity": float(persons[:, :, 0].sum(axis=1).max()),
        "phi_per_h": float(trapezoid.phi_per_h),
        "lambda_": float(trapezoid.lambda_),
        "e_h": float(trapezoid.e_h),
        "pi_per_h": float(trapezoid.pi_per_h),
        "area_lost_h": float(step_area_lost(t_h, supply, end_h)),
    }
    for at, service in enumerate(SERVICES):
        figures[f"person_h_{service}"] = float(person_hours(persons[:, :, at], dt_h).sum())
    first_loss_h = float(trapezoid.begins_h)
    observed_h = end_h - first_loss_h if math.isfinite(first_loss_h) else 0.0
    for percent in (50, 80, 95, 100):
        t_restored = float(time_to_restored_h(t_h, supply, end_h, percent / 100.0))
        figures[f"t_{percent}_h"] = min(t_restored, observed_h)
    return figures
