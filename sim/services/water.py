"""Clean water: works, and the reservoirs behind them, by the hour of the day.

A reservoir is measured in hours of mean demand. On an ordinary day the works make the mean
demand all day and the reservoir follows the difference: it is fullest in the morning and
lowest in the evening, so how long it lasts depends on when the works stop,

    V(t) = V(t0) + P (t - t0) - (Q(t) - Q(t0)),

where P is what the works make and Q the demand since the scenario's start, both in hours of
mean demand. When it is empty people get what is made.
"""

from dataclasses import dataclass

import numpy as np
import simpy

from data.calendars import HourCalendar
from data.region import Region
from data.tables import FloatArray
from sim.dependencies.levels import Levels
from sim.event_log import EventLog
from sim.state_log import StateLog, StockPiece

DAY_H = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class WaterDay:
    """Demand for water and the ordinary course of reservoirs in a scenario.

    Attributes
    ----------
    demand_h : ndarray, shape (time + 1,)
        Demand since the start, in hours of mean demand. [h]
    swing_h : ndarray, shape (time + 1,)
        An ordinary reservoir above or below its mean. [h]
    highest_h : float
        Largest swing. [h]
    """

    demand_h: FloatArray
    swing_h: FloatArray
    highest_h: float


def water_day(region: Region, calendar: HourCalendar) -> WaterDay:
    """Prepare the demand of a scenario's hours from the daily profile, local time."""
    profile = np.zeros(DAY_H)
    profile[region.water_profile.hour] = region.water_profile.factor
    profile *= DAY_H / profile.sum()
    swing = np.concatenate([[0.0], np.cumsum(1.0 - profile)])
    swing -= 0.5 * (swing[:-1] + swing[1:]).mean()
    factor = profile[calendar.hour]
    end = (int(calendar.hour[-1]) + 1) % DAY_H if len(calendar.hour) else 0
    return WaterDay(
        demand_h=np.concatenate([[0.0], np.cumsum(factor)]),
        swing_h=swing[np.append(calendar.hour, end)],
        highest_h=float(swing.max()),
    )


@dataclass(slots=True, kw_only=True)
class _Reservoir:
    site: int
    storage_h: float
    production: float
    made: float
    level_h: float
    at_h: float
    because: int
    due: simpy.Event | None = None
    is_empty: bool = False


class Water:
    """Reservoirs of one course; one is followed from when its works first falter.

    Parameters
    ----------
    env : simpy.Environment
    region : Region
    day : WaterDay
    levels : Levels
    log : EventLog
    states : StateLog
    nodes : dict
        Graph node of the reservoir behind each works, by row of the sites.
    """

    def __init__(
        self,
        env: simpy.Environment,
        region: Region,
        day: WaterDay,
        *,
        levels: Levels,
        log: EventLog,
        states: StateLog,
        nodes: dict[int, int],
    ) -> None:
        self._env = env
        self._region = region
        self._day = day
        self._levels = levels
        self._log = log
        self._states = states
        self._nodes = nodes
        self._reservoirs: dict[int, _Reservoir] = {}

    def works_changed(self, site: int, row: int, level: float, because: int) -> None:
        """Let a works make only a share of its largest production from now on.

        Parameters
        ----------
        site, row : int
            Rows of the site and of the works' table.
        level : float
            Service level of the works.
        because : int
            Event behind it.
        """
        works = self._region.water_works
        most = float(works.production_over_mean[row])
        reservoir = self._reservoirs.get(row)
        if reservoir is None:
            storage_h = float(works.storage_h[row])
            reservoir = self._reservoirs[row] = _Reservoir(
                site=site,
                storage_h=storage_h,
                production=most,
                made=1.0,
                level_h=max(storage_h + self._swing_h(self._env.now), 0.0),
                at_h=self._env.now,
                because=because,
            )
        self._settle(reservoir)
        reservoir.made, reservoir.because = level * most, because
        self._go_on(reservoir)

    def _swing_h(self, t_h: float) -> float:
        return float(np.interp(t_h, np.arange(len(self._day.swing_h)), self._day.swing_h))

    def _demand_h(self, t_h: float) -> float:
        demand = self._day.demand_h
        return float(np.interp(t_h, np.arange(len(demand)), demand))

    def _settle(self, reservoir: _Reservoir) -> None:
        """Bring a reservoir to the present, never above its ordinary course."""
        now = self._env.now
        if now <= reservoir.at_h:
            return
        before_h, made = reservoir.level_h, reservoir.made
        drawn_h = self._demand_h(now) - self._demand_h(reservoir.at_h)
        level_h = before_h + made * (now - reservoir.at_h) - drawn_h
        ordinary_h = max(reservoir.storage_h + self._swing_h(now), 0.0)
        reservoir.level_h = min(max(level_h, 0.0), ordinary_h)
        if made < 1.0 or reservoir.level_h < ordinary_h:
            self._show(reservoir, before_h, now)
        reservoir.at_h = now

    def _go_on(self, reservoir: _Reservoir) -> None:
        """Pass on what people get, and wait until the reservoir is empty."""
        reservoir.due = None
        if reservoir.made >= 1.0:
            self._serve(reservoir, 1.0)
        elif reservoir.level_h <= 0.0:
            self._serve(reservoir, reservoir.made)
        else:
            self._serve(reservoir, 1.0)
            empty_h = self._empty_h(reservoir)
            if empty_h < len(self._day.demand_h):
                due = self._env.timeout(empty_h - self._env.now)
                due.callbacks.append(lambda event: self._emptied(reservoir, event))
                reservoir.due = due

    def _empty_h(self, reservoir: _Reservoir) -> float:
        """When a reservoir is empty at the present production; infinite if not in time."""
        now, demand = self._env.now, self._day.demand_h
        hours = np.append(now, np.arange(int(now) + 1, len(demand)))
        drawn = np.append(self._demand_h(now), demand[int(now) + 1 :]) - self._demand_h(now)
        left = reservoir.level_h + reservoir.made * (hours - now) - drawn
        below = np.flatnonzero(left <= 0.0)
        if len(below) == 0:
            return float("inf")
        at = int(below[0])
        if at == 0:
            return now
        share = left[at - 1] / (left[at - 1] - left[at])
        return float(hours[at - 1] + share * (hours[at] - hours[at - 1]))

    def _emptied(self, reservoir: _Reservoir, event: simpy.Event) -> None:
        if event is not reservoir.due:
            return
        self._settle(reservoir)
        reservoir.level_h = 0.0
        self._go_on(reservoir)

    def _serve(self, reservoir: _Reservoir, level: float) -> None:
        sites, now = self._region.sites, self._env.now
        name, area = str(sites.site_id[reservoir.site]), str(sites.area_id[reservoir.site])
        if (level < 1.0) == reservoir.is_empty and level >= 1.0:
            return
        because = reservoir.because
        if level < 1.0 and not reservoir.is_empty:
            because = self._log.note(
                now, "reservoir_empty", name, area, because=because, level=level
            )
        elif level >= 1.0:
            because = self._log.note(now, "water_back", name, area, because=because, level=1.0)
        reservoir.is_empty = level < 1.0
        self._levels.set_own(self._nodes[reservoir.site], level, because)

    def finish(self) -> None:
        """Show every reservoir up to the scenario's end."""
        for reservoir in self._reservoirs.values():
            self._settle(reservoir)

    def _show(self, reservoir: _Reservoir, before_h: float, now: float) -> None:
        sites = self._region.sites
        full_h = reservoir.storage_h + self._day.highest_h
        falls = reservoir.level_h < before_h
        self._states.piece(
            StockPiece(
                stock_id=str(sites.site_id[reservoir.site]),
                kind="reservoir",
                area_id=str(sites.area_id[reservoir.site]),
                from_h=reservoir.at_h,
                to_h=now,
                from_level=before_h / full_h,
                to_level=reservoir.level_h / full_h,
                empty_in_h=before_h / (before_h - reservoir.level_h) * (now - reservoir.at_h)
                if falls
                else float("inf"),
            )
        )
