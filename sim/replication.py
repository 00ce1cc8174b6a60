"""One replication: one SimPy environment from the scenario's start to its end."""

import math
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import numpy as np
import simpy

from data.tables import FloatArray
from scenarios.hazards import gust_ms
from scenarios.schema import AssetOutage, WindStorm
from sim.case import Case, IntactGrid
from sim.dependencies.functions import function_levels
from sim.failures import CAUGHT, Failure, ReplicationError
from sim.hazards.damage import OVERHEAD_MV, SUBSTATION, Failures, sample_failures
from sim.interruption_costs import interruption_indices, kile_by_area
from sim.intervals import hourly_weight
from sim.metrics import (
    caidi_h,
    energy_not_supplied,
    function_loss_h,
    function_loss_total_h,
    person_hours,
)
from sim.outcome import SERVICES, Event, Outcome
from sim.power.interruptions import Interruptions
from sim.power.mesh import Mesh
from sim.power.supply import Supply
from sim.resilience import step_area_lost, step_trapezoid, time_to_restored_h
from sim.response.faults import Response
from sim.rng import stream
from sim.services.losses import (
    Losses,
    electricity_losses,
    heat_losses,
    pumped_water_losses,
    telecom_losses,
    works_water_losses,
)
from sim.services.service_events import service_events
from sim.services.sites import SiteOutages, Sites

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
    events: list[Event] = []
    try:
        course = start_course(env, events, case, grid, seed=seed, replication=replication)
        env.run(until=float(case.hours))
        course.mesh.finish()
        return _outcome(
            case,
            replication,
            mesh=course.mesh,
            supply=course.supply,
            interruptions=course.supply.finish(),
            outages=course.sites.finish(),
            events=events,
            failures=course.failures,
            crew_busy_h=course.response.busy_crew_h,
        )
    except CAUGHT as error:
        last = events[-1] if events else None
        failure = Failure(
            replication=replication,
            t_h=float(env.now),
            after=f"{last.what} {last.asset_id}".strip() if last else "",
            kind=type(error).__name__,
            message=" ".join(str(error).split()),
        )
        raise ReplicationError(failure) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """A replication under way: its parts, and how many assets the hazards damage."""

    mesh: Mesh
    supply: Supply
    response: Response
    sites: Sites
    failures: int


def start_course(
    env: simpy.Environment,
    events: list[Event],
    case: Case,
    grid: IntactGrid,
    *,
    seed: int,
    replication: int,
) -> Course:
    """Set up a replication, ready for ``env.run``.

    Parameters
    ----------
    env : simpy.Environment
        New.
    events : list of Event
        What happens is added to it.
    case, grid, seed, replication
        As for `replicate`.

    Returns
    -------
    Course
    """
    mesh = Mesh(case, grid)
    supply = Supply(env, case, mesh, events.append)
    gust = np.zeros((case.hours, len(case.population)))
    storms: list[tuple[WindStorm, FloatArray]] = []
    for number, hazard in enumerate(case.scenario.hazards):
        if isinstance(hazard, WindStorm):
            field = _storm(case, hazard, seed, replication, number)
            storms.append((hazard, field))
            gust = np.maximum(gust, field)
    response = Response(
        env, case, supply, gust, seed=seed, replication=replication, log=events.append
    )
    sites = Sites(
        env, case, supply, response, seed=seed, replication=replication, log=events.append
    )
    supply.on_change = sites.section_changed
    supply.on_mesh = sites.look_at_all
    supply.on_trip = response.overload_trip
    failures = 0
    for number, (_, field) in enumerate(storms):
        for exposure in case.exposures:
            failed = sample_failures(
                exposure,
                case.region.fragility,
                field,
                seed=seed,
                replication=replication,
                hazard=f"storm {number}",
            )
            failures += len(failed.asset)
            _start_failures(env, case, response, failed)
    for hazard in case.scenario.hazards:
        if isinstance(hazard, AssetOutage):
            failures += len(hazard.asset_ids)
            _start_outages(env, case, response, hazard)
    return Course(mesh=mesh, supply=supply, response=response, sites=sites, failures=failures)


def _storm(case: Case, storm: WindStorm, seed: int, replication: int, number: int) -> FloatArray:
    """Gust of one storm in this replication, severity lognormal and arrival normal."""
    normal = stream(seed, replication, "storm", str(number)).standard_normal(2)
    return gust_ms(
        storm,
        case.region.areas,
        case.hours,
        severity=float(np.exp(storm.severity_spread * normal[0])),
        shift_h=float(storm.timing_spread_h * normal[1]),
    )


def _start_failures(
    env: simpy.Environment, case: Case, response: Response, failures: Failures
) -> None:
    """Start a process for each asset that fails, and for no other."""
    for asset, t_h in zip(failures.asset.tolist(), failures.t_h.tolist(), strict=True):
        if failures.kind == OVERHEAD_MV:
            course = response.section_fault(asset, "wind: tree or break on overhead line")
        elif failures.kind == SUBSTATION:
            course = _substation_fault(case, response, asset, "wind: damage in substation")
        else:
            course = _branch_fault(
                case,
                response,
                str(case.region.lines.line_id[asset]),
                cause="wind: overhead line down",
                work_h=response.branch_repair_h("lines", asset),
            )
        _at(env, t_h, course)


def _substation_fault(
    case: Case, response: Response, substation: int, cause: str, work_h: float | None = None
) -> Generator[simpy.Event, Any, None]:
    return response.branch_fault(
        str(case.region.substations.substation_id[substation]),
        case.network.substation_branches[substation].tolist(),
        int(case.network.substation_area[substation]),
        cause=cause,
        work_h=response.branch_repair_h("substations", substation) if work_h is None else work_h,
        lost_mw=float(case.intact_bus_mw[:, case.network.substation_bus[substation]].mean()),
    )


def _branch_fault(
    case: Case, response: Response, name: str, *, cause: str, work_h: float
) -> Generator[simpy.Event, Any, None]:
    branch = int(np.flatnonzero(case.arrays.branch_ids == name)[0])
    area = int(case.network.branch_area[branch])
    return response.branch_fault(name, [branch], area, cause=cause, work_h=work_h)


def _start_outages(
    env: simpy.Environment, case: Case, response: Response, hazard: AssetOutage
) -> None:
    region = case.region
    for name in hazard.asset_ids:
        section = np.flatnonzero(region.sections.section_id == name)
        substation = np.flatnonzero(region.substations.substation_id == name)
        if len(section):
            course = response.section_fault(int(section[0]), "scenario", hazard.repair_h)
        elif len(substation):
            course = _substation_fault(
                case, response, int(substation[0]), "scenario", hazard.repair_h
            )
        else:
            course = _branch_fault(case, response, name, cause="scenario", work_h=hazard.repair_h)
        _at(env, hazard.start_h, course)


def _at(env: simpy.Environment, t_h: float, course: Generator[simpy.Event, Any, None]) -> None:
    start = env.timeout(t_h)

    def begin(_: simpy.Event) -> None:
        env.process(course)

    start.callbacks.append(begin)


def _outcome(
    case: Case,
    replication: int,
    *,
    mesh: Mesh,
    supply: Supply,
    interruptions: Interruptions,
    outages: SiteOutages,
    events: list[Event],
    failures: int,
    crew_busy_h: float,
) -> Outcome:
    network, hours, n_area = case.network, case.hours, len(case.population)
    out_share = hourly_weight(
        network.section_area[interruptions.section],
        network.section_share[interruptions.section] * interruptions.weight,
        interruptions.from_h,
        interruptions.to_h,
        places=n_area,
        hours=hours,
    )
    unserved = out_share[:, :, None] * case.demand_mw * ~network.bulk + mesh.shed_mwh
    events = [*events, *service_events(case, interruptions)]
    losses = losses_of(case, interruptions, outages)
    persons = np.zeros((hours, n_area, len(SERVICES)))
    for at, service in enumerate(SERVICES):
        have = np.ones((hours, n_area))
        for kind in losses[service]:
            have *= 1.0 - kind.share(case.population, hours)
        persons[:, :, at] = (1.0 - have) * case.population
    persons[:, :, 0] = np.minimum(persons[:, :, 0] + mesh.shed_person_h, case.population)
    without_power = persons[:, :, 0] / case.population
    level = function_levels(case, losses, outages, without_power)
    kile = kile_by_area(case, interruptions, mesh.shed_mwh)
    battery_mwh = sum(supply.battery_mwh.values())
    demanded = float(case.demand_mw.sum())
    missing = demanded - float(unserved.sum()) - battery_mwh - mesh.served_mwh
    peak_mw = float(case.demand_mw.sum(axis=(1, 2)).max())
    saifi, saidi = interruption_indices(case, interruptions, mesh.shed_person_h)
    return Outcome(
        replication=replication,
        unserved_mw=unserved,
        persons_without=persons,
        function_level=level,
        area_kile_mnok=kile,
        metrics=_metrics(case, unserved, persons, level)
        | {
            "kile_mnok": float(kile.sum()),
            "saifi": saifi,
            "saidi_h": saidi,
            "caidi_h": caidi_h(saidi, saifi),
            "failures": float(failures),
            "crew_busy_h": crew_busy_h,
            "battery_mwh": battery_mwh,
            "cold_load_mwh": mesh.cold_load_mwh,
        },
        events=tuple(sorted(events, key=lambda event: event.t_h)),
        balance_residual=max(abs(missing) / demanded, mesh.residual_mw / peak_mw),
    )


def losses_of(
    case: Case, interruptions: Interruptions, outages: SiteOutages
) -> dict[str, tuple[Losses, ...]]:
    """Losses of each of ``SERVICES``; several kinds of one service side by side."""
    return {
        "electricity": (electricity_losses(case, interruptions),),
        "heat": (heat_losses(case, interruptions, outages),),
        "water": (pumped_water_losses(case, interruptions), works_water_losses(case, outages)),
        "telecom": (telecom_losses(case, interruptions),),
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
