"""One simulated year, compiled: from change to change, adding up what was short.

Between two changes (a unit or link fails or returns, an hour begins) nothing moves except
the content of storage; a stretch is cut where a storage becomes full or empty.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from data.tables import BoolArray, FloatArray, IntArray
from grid.adequacy.system import SHORT_TOL_MW
from grid.adequacy.transfers import supply

FULL_TOL_MWH = 1e-9
"""Storage closer than this to full or empty is full or empty. [MWh]"""

TIME_TOL_H = 1e-12
"""A stretch shorter than this has ended. [h]"""

LOSS, UNSERVED, EVENTS, ON_HOUR = 0, 1, 2, 3
DISCHARGED, LOWEST, HIGHEST = 0, 1, 2


class YearInput(NamedTuple):
    """A system as plain arrays; components are the units, then the links."""

    net_mw: FloatArray
    unit_area: IntArray
    unit_mw: FloatArray
    unit_row: IntArray
    hourly_mw: FloatArray
    from_area: IntArray
    to_area: IntArray
    there_mw: FloatArray
    back_mw: FloatArray
    probability: FloatArray
    failure_rate_per_h: FloatArray
    repair_rate_per_h: FloatArray
    is_hourly: BoolArray
    store_area: IntArray
    power_mw: FloatArray
    energy_mwh: FloatArray
    efficiency: FloatArray
    initial_mwh: FloatArray


class _State(NamedTuple):
    """What changes within a year, and room to work in."""

    is_up: BoolArray
    area_mw: FloatArray
    link_mw: FloatArray
    level_mwh: FloatArray
    was_short: BoolArray
    short_on_hour: BoolArray
    margin_mw: FloatArray
    short_mw: FloatArray
    area_give_mw: FloatArray
    area_take_mw: FloatArray
    give_mw: FloatArray
    take_mw: FloatArray
    residual: FloatArray
    parent: IntArray
    queue: IntArray
    surplus_mw: FloatArray


@njit(cache=True)
def walk_year(
    rng: np.random.Generator, given: YearInput, by_area: FloatArray, by_store: FloatArray
) -> None:
    """Simulate one year.

    Parameters
    ----------
    rng : numpy.random.Generator
        The year's own stream.
    given : YearInput
        The system.
    by_area : ndarray, shape (4, area + 1)
        Zeros; on return hours of loss, unserved energy [MWh], events in continuous time
        and events on the hour, of each area and of the system.
    by_store : ndarray, shape (3, store)
        On return energy discharged, least and greatest content. [MWh]
    """
    hours, areas = given.net_mw.shape
    stores = len(given.store_area)
    state = _State(
        np.zeros(len(given.probability), dtype=np.bool_),
        np.zeros(areas),
        np.zeros((areas, areas)),
        given.initial_mwh.copy(),
        np.zeros(areas + 1, dtype=np.bool_),
        np.zeros(areas + 1, dtype=np.bool_),
        np.zeros(areas),
        np.zeros(areas),
        np.zeros(areas),
        np.zeros(areas),
        np.zeros(stores),
        np.zeros(stores),
        np.zeros((areas + 2, areas + 2)),
        np.zeros(areas + 2, dtype=np.int64),
        np.zeros(areas + 2, dtype=np.int64),
        np.zeros(areas),
    )
    for store in range(stores):
        by_store[LOWEST, store] = by_store[HIGHEST, store] = state.level_mwh[store]
    times, which = _transitions(rng, hours, given, state.is_up)
    by_hour = _changing_by_hour(given)
    # The period repeats: who was short in its last hour is not newly short in its first.
    _available(given, state, hours - 1)
    _flows(given, state, hours - 1)
    _start_flags(state)
    change = 0
    for hour in range(hours):
        if len(by_hour) > 0:
            _new_hour(rng, given, state, by_hour, hour)
        t_h = float(hour)
        while t_h < hour + 1:
            changes = change < len(times) and times[change] < hour + 1
            end_h = times[change] if changes else hour + 1.0
            if stores == 0 and _all_as_before(state, given.net_mw, hour):
                t_h = end_h
            while t_h < end_h:
                _flows(given, state, hour)
                dt_h = min(end_h - t_h, _until_full_or_empty(given, state))
                _count(state, dt_h, t_h == hour, by_area)
                _move_energy(given, state, dt_h, by_store)
                t_h = end_h if t_h + dt_h > end_h - TIME_TOL_H else t_h + dt_h
            if changes:
                _switch(given, state, hour, which[change])
                change += 1


@njit(cache=True)
def _all_as_before(state: _State, net_mw: FloatArray, hour: int) -> bool:
    """Whether nobody is short by itself and nobody was: most of the time, so asked first."""
    areas = len(state.area_mw)
    if state.was_short[areas] or state.short_on_hour[areas]:
        return False
    for area in range(areas):  # noqa: SIM110 -- numba compiles no generators
        if state.area_mw[area] < net_mw[hour, area] - SHORT_TOL_MW:
            return False
    return True


@njit(cache=True)
def _transitions(
    rng: np.random.Generator, hours: int, given: YearInput, is_up: BoolArray
) -> tuple[FloatArray, IntArray]:
    """Start components in their steady state; times and components of all changes, in order."""
    times, which = np.empty(256), np.empty(256, dtype=np.int64)
    count = 0
    for component in range(len(is_up)):
        up = rng.random() >= given.probability[component]
        is_up[component] = up
        failure = given.failure_rate_per_h[component]
        repair = given.repair_rate_per_h[component]
        if given.is_hourly[component] or failure == 0.0:
            continue
        t_h = 0.0
        while True:
            t_h += rng.standard_exponential() / (failure if up else repair)
            if t_h >= hours:
                break
            if count == len(times):
                times = np.concatenate((times, np.empty(count)))
                which = np.concatenate((which, np.empty(count, dtype=np.int64)))
            times[count] = t_h
            which[count] = component
            count += 1
            up = not up
    order = np.argsort(times[:count])
    return times[:count][order], which[:count][order]


@njit(cache=True)
def _changing_by_hour(given: YearInput) -> IntArray:
    """Components that are drawn each hour, and units whose capacity changes by the hour."""
    found = np.empty(len(given.probability), dtype=np.int64)
    count = 0
    for component in range(len(found)):
        has_row = component < len(given.unit_row) and given.unit_row[component] >= 0
        if given.is_hourly[component] or has_row:
            found[count] = component
            count += 1
    return found[:count]


@njit(cache=True)
def _new_hour(
    rng: np.random.Generator, given: YearInput, state: _State, by_hour: IntArray, hour: int
) -> None:
    """Draw and sum anew what changes from one hour to the next."""
    units = len(given.unit_area)
    is_up, area_mw, is_hourly = state.is_up, state.area_mw, given.is_hourly
    rows, unit_area, unit_mw = given.unit_row, given.unit_area, given.unit_mw
    last = hour - 1 if hour > 0 else len(given.net_mw) - 1
    for component in by_hour:
        was_up = is_up[component]
        if is_hourly[component]:
            is_up[component] = rng.random() >= given.probability[component]
        if component >= units:
            if is_up[component] != was_up:
                _add(given, state, hour, component, 1.0 if is_up[component] else -1.0)
            continue
        row = rows[component]
        before = given.hourly_mw[row, last] if row >= 0 else unit_mw[component]
        now = given.hourly_mw[row, hour] if row >= 0 else unit_mw[component]
        change = (now if is_up[component] else 0.0) - (before if was_up else 0.0)
        area_mw[unit_area[component]] += change


@njit(cache=True)
def _available(given: YearInput, state: _State, hour: int) -> None:
    """Sum what is in service: capacity by area, and by pair of areas."""
    state.area_mw[:] = 0.0
    state.link_mw[:] = 0.0
    for component in range(len(state.is_up)):
        if state.is_up[component]:
            _add(given, state, hour, component, 1.0)


@njit(cache=True)
def _switch(given: YearInput, state: _State, hour: int, component: int) -> None:
    """Take a component out of service, or back into it."""
    state.is_up[component] = not state.is_up[component]
    _add(given, state, hour, component, 1.0 if state.is_up[component] else -1.0)


@njit(cache=True)
def _add(given: YearInput, state: _State, hour: int, component: int, sign: float) -> None:
    units = len(given.unit_area)
    if component < units:
        row = given.unit_row[component]
        capacity = given.hourly_mw[row, hour] if row >= 0 else given.unit_mw[component]
        state.area_mw[given.unit_area[component]] += sign * capacity
    else:
        link = component - units
        here, there = given.from_area[link], given.to_area[link]
        state.link_mw[here, there] += sign * given.there_mw[link]
        state.link_mw[there, here] += sign * given.back_mw[link]


@njit(cache=True)
def _flows(given: YearInput, state: _State, hour: int) -> None:
    """Find who is short now, and what storage gives and takes."""
    any_short = False
    for area in range(len(state.area_mw)):
        margin = state.area_mw[area] - given.net_mw[hour, area]
        state.margin_mw[area] = margin
        state.short_mw[area] = 0.0
        any_short |= margin < -SHORT_TOL_MW
    if len(state.give_mw) == 0:
        if any_short:
            _supply(state)
        return
    state.area_give_mw[:] = 0.0
    state.area_take_mw[:] = 0.0
    any_room = False
    for store in range(len(state.give_mw)):
        level, area = state.level_mwh[store], given.store_area[store]
        room = level < given.energy_mwh[store]
        state.give_mw[store] = given.power_mw[store] if level > 0.0 else 0.0
        state.take_mw[store] = given.power_mw[store] if room else 0.0
        state.area_give_mw[area] += state.give_mw[store]
        state.area_take_mw[area] += state.take_mw[store]
        any_room |= room
    if any_short or any_room:
        _supply(state)
        _share_out(state.area_give_mw, given.store_area, state.give_mw)
        _share_out(state.area_take_mw, given.store_area, state.take_mw)
    else:
        state.give_mw[:] = 0.0
        state.take_mw[:] = 0.0


@njit(cache=True)
def _supply(state: _State) -> None:
    supply(
        state.margin_mw,
        state.link_mw,
        state.area_give_mw,
        state.area_take_mw,
        state.residual,
        state.parent,
        state.queue,
        state.surplus_mw,
        state.short_mw,
    )


@njit(cache=True)
def _share_out(area_mw: FloatArray, store_area: IntArray, flow_mw: FloatArray) -> None:
    """Spread each area's flow over its stores in their order; ``flow_mw`` holds the most."""
    for store in range(len(flow_mw)):
        flow_mw[store] = min(flow_mw[store], area_mw[store_area[store]])
        area_mw[store_area[store]] -= flow_mw[store]


@njit(cache=True)
def _until_full_or_empty(given: YearInput, state: _State) -> float:
    """Time until the first storage is full or empty at the present flows. [h]."""
    until_h = np.inf
    for store in range(len(state.give_mw)):
        level = state.level_mwh[store]
        if state.give_mw[store] > 0.0:
            until_h = min(until_h, level / state.give_mw[store])
        if state.take_mw[store] > 0.0:
            filling = state.take_mw[store] * given.efficiency[store]
            until_h = min(until_h, (given.energy_mwh[store] - level) / filling)
    return until_h


@njit(cache=True)
def _start_flags(state: _State) -> None:
    """Take who is short now as the past of the first hour."""
    areas = len(state.short_mw)
    for area in range(areas):
        is_short = state.short_mw[area] > SHORT_TOL_MW
        state.was_short[area] = state.short_on_hour[area] = is_short
        state.was_short[areas] |= is_short
    state.short_on_hour[areas] = state.was_short[areas]


@njit(cache=True)
def _count(state: _State, dt_h: float, on_the_hour: bool, by_area: FloatArray) -> None:
    """Add a stretch with constant shortfall to the year."""
    areas = len(state.short_mw)
    total_mw = 0.0
    any_short = False
    for area in range(areas + 1):
        if area < areas:
            short_mw = state.short_mw[area]
            is_short = short_mw > SHORT_TOL_MW
            if is_short:
                any_short = True
                total_mw += short_mw
        else:
            short_mw, is_short = total_mw, any_short
        if is_short:
            by_area[LOSS, area] += dt_h
            by_area[UNSERVED, area] += short_mw * dt_h
            if not state.was_short[area]:
                by_area[EVENTS, area] += 1.0
            if on_the_hour and not state.short_on_hour[area]:
                by_area[ON_HOUR, area] += 1.0
        state.was_short[area] = is_short
        if on_the_hour:
            state.short_on_hour[area] = is_short


@njit(cache=True)
def _move_energy(given: YearInput, state: _State, dt_h: float, by_store: FloatArray) -> None:
    """Charge and discharge storage for a stretch."""
    for store in range(len(state.give_mw)):
        full = given.energy_mwh[store]
        gain_mw = state.take_mw[store] * given.efficiency[store] - state.give_mw[store]
        level = state.level_mwh[store] + gain_mw * dt_h
        if level < FULL_TOL_MWH:
            level = 0.0
        elif level > full - FULL_TOL_MWH:
            level = full
        state.level_mwh[store] = level
        by_store[DISCHARGED, store] += state.give_mw[store] * dt_h
        by_store[LOWEST, store] = min(by_store[LOWEST, store], level)
        by_store[HIGHEST, store] = max(by_store[HIGHEST, store], level)
