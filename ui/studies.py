"""What the commands of ``run.py grid`` work on: the region, a user's grid, a moment of a run."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from data.problems import InputError, Problem
from data.read import load_region
from data.region import Region
from grid.exchange.own_grid import own_grid
from grid.security.black_start import (
    BlackStartStudy,
    at_temperature,
    region_pickup_mw,
    region_rules,
    study_black_start,
)
from grid.security.outage import solve_outage
from grid.state import GridState
from grid.study import GridStudy, region_study
from sim.moment import Moment, grid_at
from sim.plan import CACHE, continue_run
from ui.output import refuse_beside


def open_study(file: str | None, region: Path | None, *, week: bool = False) -> GridStudy:
    """Take a user's grid at the demand it states, or the region at its winter peak.

    Parameters
    ----------
    file : str or None
        File, folder or SimBench code; None for the region.
    region : Path or None
        Folder of a region; the built-in when None.
    week : bool
        Every hour of the region's cold week.

    Raises
    ------
    InputError
        With every problem of the file.
    """
    if file is None:
        return region_study(load_region(region), CACHE, week=week)
    refuse_beside("a grid of your own", {"--region": region, "--week": week})
    study, _ = own_grid(file)
    return study


def outage_state(
    file: str | None, region: Path | None, out: Sequence[str]
) -> tuple[GridStudy, GridState]:
    """Open a study and solve it with elements out."""
    study = open_study(file, region)
    return study, solve_outage(study, out)


def open_black_start(
    file: str | None,
    region: Path | None,
    *,
    lost: Sequence[str],
    can_start: Sequence[str],
    outage_h: float,
    outdoor_degc: float | None,
    supplies_return_h: float,
    pickup: float | None,
) -> tuple[str, BlackStartStudy]:
    """Lose what feeds a grid and plan its restoration, from the options of the command.

    Parameters
    ----------
    file : str or None
        File, folder or SimBench code; None for the region.
    region : Path or None
        Folder of a region; the built-in when None.
    lost, can_start : sequence of str
        As in `study_black_start`.
    outage_h : float
        Hours without electricity before the restoration begins. [h]
    outdoor_degc : float or None
        Of the region; its dimensioning temperature when None. [degC]
    supplies_return_h : float
        [h]
    pickup : float or None
        Demand at its return over normal demand; when None after the region's heating,
        or 1 for a user's grid.

    Returns
    -------
    about : str
        Which grid and hour it is, and what in it is an estimate.
    plans : BlackStartStudy

    Raises
    ------
    InputError
        With every problem of the file or the names.
    """
    _refuse_infinite({"--outage-h": outage_h, "--temperature": outdoor_degc, "--pickup": pickup})
    study, rules = open_study(file, region), None
    when = "the demand the file states"
    if isinstance(study.origin, Region):
        own = study.origin
        degc = own.constants["dimensioning_temperature_degc"]
        degc = degc if outdoor_degc is None else outdoor_degc
        study, rules = at_temperature(study, own, degc), region_rules(own)
        extra_mw = region_pickup_mw(own, outage_h, degc)
        when = f"highest hour of a working week at {degc:g} degC, dark for {outage_h:g} h"
    elif outdoor_degc is not None:
        remedy = "Say how much higher demand returns with --pickup."
        allowed = "the region's grid: nothing is known of what heats your own"
        raise InputError(
            [Problem("temperature_with_file", "--temperature", outdoor_degc, allowed, remedy)]
        )
    if rules is None or pickup is not None:
        extra_mw = ((pickup or 1.0) - 1.0) * study.demand_mw[0]
    about = (
        f"{study.name}: {when}. Ratings, switching and start-up times, blocks and cold-load "
        "pick-up are estimates; voltage and reactive power are left out."
    )
    return about, study_black_start(
        study,
        extra_mw,
        lost=lost,
        can_start=can_start,
        supplies_return_h=supplies_return_h,
        rules=rules,
    )


def _refuse_infinite(options: Mapping[str, float | None]) -> None:
    """Refuse options that are not numbers of a possible size."""
    problems = [
        Problem("not_finite", option, f"{value:g}", "a finite number")
        for option, value in options.items()
        if value is not None and not math.isfinite(value)
    ]
    if problems:
        raise InputError(problems)


def run_moment(
    runs: Path,
    run_id: str,
    scenario: str | None,
    portfolio: str | None,
    *,
    replication: int,
    t_h: float,
) -> tuple[GridStudy, Moment]:
    """Follow a replication of a run again up to a time.

    Raises
    ------
    InputError
        If the run has no such scenario, portfolio or replication, or the time is outside.
    BeredtError
        If its inputs or the model have changed since.
    """
    planned = continue_run(runs, run_id)
    manifest = planned.run.manifest
    problems = [
        Problem("not_in_run", option, found, " | ".join(known))
        for option, found, known in (
            ("--scenario", scenario, manifest.scenarios),
            ("--portfolio", portfolio, manifest.portfolios),
        )
        if found is not None and found not in known
    ]
    if replication >= manifest.replications:
        allowed = f"0 to {manifest.replications - 1}"
        problems.append(Problem("not_in_run", "--replication", replication, allowed))
    if problems:
        raise InputError(problems)
    case = planned.cases[scenario or manifest.scenarios[0], portfolio or manifest.portfolios[0]]
    study = region_study(case.region, arrays=case.arrays)
    return study, grid_at(case, manifest.seed, replication, t_h)


def about(study: GridStudy) -> str:
    """Say which grid and hours a table is of, and what in it is an estimate."""
    hours = len(study.demand_mw)
    if study.area_demand_mw.shape[1]:
        when = f"{hours} hours of a cold working week" if hours > 1 else "winter peak"
        return (
            f"{study.name}: {when} at the dimensioning temperature. Ratings, their short-term and "
            "trip limits, and the operator's times are estimates."
        )
    return (
        f"{study.name}: the demand the file states. Short-term and trip limits, the operator's "
        "times, and classes nobody has given are defaults (estimates)."
    )
