"""Restoration from black: which part can start, and in what order loads return.

The plan is a course of events over arrays. Sources that can start on their own (plants
with black-start ability, supplies whose outside grid has returned, what is still alive)
energise the grid around them, as many switchings at a time as there are operators. The
next target is what is worth most per switching on the way to it, the way being the
electrically shortest: waiting load at what an hour without costs; a plant, or an island
to be synchronised, at its power times the dearest class that waits; a loop that may
relieve a full branch at the load the branch holds back. Load follows in blocks of a
share of the online capacity, so that frequency holds, the dearest class first, and never
more than sources and branches carry in DC power flow. Sources share each block in
proportion to the room they have left, or as the branches allow.

Voltage, reactive power, inrush and protection are left out, as is a minimum load of
plants. Feeders are small beside a block, so load is taken as divisible; cold-load
pick-up lasts through the whole plan (both on the safe side of, or near, real practice).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from data.problems import InputError, Problem, did_you_mean
from data.region import Region
from data.tables import BoolArray, FloatArray
from grid.arrays import UNLIMITED_MW, GridArrays
from grid.cold_load import bus_pickup_mw
from grid.net import SHED_CLASSES, bus_demand_mw, cold_week_mw
from grid.security.restoration import Restoration
from grid.security.restoration_plan import BlackStartPlan, RestorationRules
from grid.solver import GridSolver
from grid.study import GridStudy

START_UP_H = 0.25
"""From energised auxiliaries to power, for a plant of unknown kind: hydropower. Estimate. [h]"""


def black_start_plan(
    arrays: GridArrays,
    demand_mw: FloatArray,
    *,
    shed_cost: FloatArray,
    start_h: FloatArray,
    start_up_h: FloatArray,
    available: BoolArray | None = None,
    alive: BoolArray | None = None,
    served_mw: FloatArray | None = None,
    source_p_mw: FloatArray | None = None,
    rules: RestorationRules | None = None,
) -> BlackStartPlan:
    """Plan the restoration of a dark grid, or of the dark part of one.

    Parameters
    ----------
    arrays : GridArrays
        Its ``source_p_max_mw`` is what each source can give once online.
    demand_mw : ndarray, shape (bus, class)
        Demand as it returns, with cold-load pick-up. [MW]
    shed_cost : ndarray, shape (class,) or (bus, class)
        What an hour without is worth; the dearest is picked up first. [NOK/MW]
    start_h : ndarray, shape (source,)
        When a source can start on its own; infinite for one that needs the grid. [h]
    start_up_h : ndarray, shape (source,)
        From its bus being energised to its power for one that needs the grid; infinite
        for one that is lost. [h]
    available : ndarray of bool, shape (branch,), optional
        Branches that can be closed; all when left out.
    alive : ndarray of bool, shape (bus,), optional
        Buses that have electricity now; none when left out.
    served_mw : ndarray, shape (bus, class), optional
        What is served now; all demand of live buses when left out. [MW]
    source_p_mw : ndarray, shape (source,), optional
        What sources at live buses give now; by capacity when left out. [MW]
    rules : RestorationRules, optional

    Returns
    -------
    BlackStartPlan

    Raises
    ------
    ValueError
        If a shape does not fit or a demand is negative or NaN.
    """
    buses, branches, sources = (
        len(each) for each in (arrays.bus_ids, arrays.branch_ids, arrays.source_ids)
    )
    if demand_mw.ndim != 2 or len(demand_mw) != buses or not demand_mw.min(initial=0.0) >= 0:  # noqa: PLR2004 -- two dims
        raise ValueError("demand_mw: (bus, class), a number and not negative, is needed")
    if start_h.shape != (sources,) or start_up_h.shape != (sources,):
        raise ValueError("start_h, start_up_h: an hour for each source is needed")
    course = Restoration(
        arrays,
        demand_mw,
        cost=np.broadcast_to(shed_cost, demand_mw.shape),
        start_h=start_h,
        start_up_h=start_up_h,
        available=np.ones(branches, dtype=np.bool_) if available is None else available,
        rules=rules or RestorationRules(),
    )
    live = np.zeros(buses, dtype=np.bool_) if alive is None else alive
    served = np.where(live[:, None], demand_mw, 0.0) if served_mw is None else served_mw.copy()
    course.begin(live, served, source_p_mw)
    return course.run()


@dataclass(frozen=True, slots=True, kw_only=True)
class BlackStartStudy:
    """The restoration of a grid with its supplies back, and on its own plants.

    Attributes
    ----------
    plan : BlackStartPlan
        With the supplies back.
    own : BlackStartPlan
        With plants alone.
    lost_sources : tuple of str
        Sources that were lost.
    dark_buses : int
        Buses without electricity at the start.
    demand_mw, pickup_mw : float
        Demand without the loss, and what it returns higher. [MW]
    can_start : tuple of str
        Plants taken to start from black.
    supplies_return_h : float
        When lost sources are back in ``plan``. [h]
    """

    plan: BlackStartPlan
    own: BlackStartPlan
    lost_sources: tuple[str, ...]
    dark_buses: int
    demand_mw: float
    pickup_mw: float
    can_start: tuple[str, ...]
    supplies_return_h: float


def study_black_start(
    study: GridStudy,
    pickup_mw: FloatArray,
    *,
    lost: Sequence[str] = (),
    can_start: Sequence[str] = (),
    supplies_return_h: float = 0.0,
    rules: RestorationRules | None = None,
) -> BlackStartStudy:
    """Lose sources, lines and transformers of a grid, and plan how it comes back.

    Parameters
    ----------
    study : GridStudy
        Its hour of highest demand is taken.
    pickup_mw : ndarray, shape (bus, class)
        What demand returns higher than normal. [MW]
    lost : sequence of str
        Sources, which return, and lines and transformers, which stay out. When left
        out, every supply is lost and nothing stays alive.
    can_start : sequence of str
        Plants taken to start from black besides those the tables say it of.
    supplies_return_h : float
        When lost sources are back, from the start of the restoration; infinite for
        never. [h]
    rules : RestorationRules, optional

    Returns
    -------
    BlackStartStudy

    Raises
    ------
    InputError
        Naming every identifier the grid has not.
    """
    arrays = study.arrays
    supply = ~arrays.source_fixed
    check_names(study, lost, can_start)
    known = {each.element_id for each in study.elements}
    available = study.in_service_without([name for name in lost if name in known])
    lost_source = np.isin(arrays.source_ids, list(lost)) if lost else supply.copy()
    starts = np.isin(arrays.source_ids, list(can_start)) & ~supply
    start_up_h = np.where(supply, np.inf, START_UP_H)
    if isinstance(study.origin, Region):
        start_up_h = region_start_up_h(study.origin)
        starts[~supply] |= study.origin.generation.black_start
    start_up_h[lost_source] = np.inf
    demand = study.demand_mw[np.argmax(study.demand_mw.sum(axis=(1, 2)))]
    alive = np.zeros(len(demand), dtype=np.bool_)
    served, source_p_mw = np.zeros_like(demand), None
    if lost:
        state = GridSolver(arrays, study.shed_cost, study.protection).solve(
            available,
            demand[None],
            source_p_max_mw=np.where(lost_source, 0.0, arrays.source_p_max_mw),
        )
        alive, source_p_mw = ~state.dark, state.source_p_mw[0]
        served = demand * state.served_share[0]
    dark = np.where(served < demand, demand + pickup_mw, demand)
    # What states no limit is as strong as the demand needs, so that blocks are no larger.
    strength = np.minimum(arrays.source_p_max_mw, max(float(dark.sum()), 1.0))
    limit = np.where(arrays.source_p_max_mw < UNLIMITED_MW, arrays.source_p_max_mw, strength)
    bounded = replace(arrays, source_p_max_mw=limit)

    def plan(supplies_h: float) -> BlackStartPlan:
        start_h = np.where(supply, 0.0, np.where(starts, start_up_h, np.inf))
        start_h[lost_source] = supplies_h
        return black_start_plan(
            bounded,
            dark,
            shed_cost=study.shed_cost,
            start_h=start_h,
            start_up_h=start_up_h,
            available=available,
            alive=alive,
            served_mw=served,
            source_p_mw=source_p_mw,
            rules=rules,
        )

    return BlackStartStudy(
        plan=plan(supplies_return_h),
        own=plan(np.inf),
        lost_sources=tuple(arrays.source_ids[lost_source].tolist()),
        dark_buses=int((~alive).sum()),
        demand_mw=float(demand.sum()),
        pickup_mw=float((dark - demand).sum()),
        can_start=tuple(arrays.source_ids[starts].tolist()),
        supplies_return_h=supplies_return_h,
    )


def at_temperature(study: GridStudy, region: Region, outdoor_degc: float) -> GridStudy:
    """Take the region's grid in the highest hour of a working week at a temperature.

    Parameters
    ----------
    study : GridStudy
        Of the region.
    region : Region
    outdoor_degc : float
        [degC]

    Returns
    -------
    GridStudy
    """
    area_demand = cold_week_mw(region, outdoor_degc)
    demand = bus_demand_mw(region, area_demand)
    peak = int(np.argmax(demand.sum(axis=(1, 2))))
    rows = slice(peak, peak + 1)
    return replace(study, demand_mw=demand[rows], area_demand_mw=area_demand[rows])


def region_pickup_mw(region: Region, outage_h: float, outdoor_degc: float) -> FloatArray:
    """Return how much higher demand comes back after an outage, shape (bus, class) [MW]."""
    return bus_pickup_mw(region, SHED_CLASSES, outage_h, outdoor_degc)


def region_rules(region: Region) -> RestorationRules:
    """Rules of restoration by a region's constants."""
    constants = region.constants
    return RestorationRules(
        operators=round(constants["black_start_operators"]),
        switching_h=constants["black_start_switching_h"],
        block_share=constants["black_start_block_share"],
        block_h=constants["black_start_block_h"],
    )


def region_start_up_h(region: Region) -> FloatArray:
    """Hours from the bus of a source being energised to its power, shape (source,) [h].

    Infinite for supplies: they bring power from outside or none.
    """
    plants = [region.constants[f"start_up_{kind}_h"] for kind in region.generation.kind.tolist()]
    return np.concatenate([np.full(len(region.supplies), np.inf), plants])


def check_names(study: GridStudy, lost: Sequence[str], can_start: Sequence[str]) -> None:
    """Refuse names the grid has not.

    Raises
    ------
    InputError
        With every one of them.
    """
    sources, plants = study.arrays.source_ids, study.arrays.source_ids[study.arrays.source_fixed]
    known = {each.element_id for each in study.elements} | set(sources.tolist())
    kinds = f"a supply, plant, line or transformer of {study.name}"
    problems = [
        Problem("unknown_asset", "--lost", name, kinds, did_you_mean(name, known))
        for name in lost
        if name not in known
    ] + [
        Problem(
            "unknown_plant",
            "--can-start",
            name,
            f"a plant of {study.name}",
            did_you_mean(name, plants.tolist()),
        )
        for name in can_start
        if name not in plants
    ]
    if problems:
        raise InputError(problems)
