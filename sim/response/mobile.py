"""Mobile gensets: sent to the sites that need them most, and kept in fuel there."""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import simpy

from data.tables import positions
from sim.case import Case
from sim.event_log import EventLog
from sim.services.fuel import Fuel, Order
from sim.services.roads import Roads
from sim.services.sites import Sites
from sim.waits import first_of


@dataclass(slots=True, kw_only=True, eq=False)
class _Call:
    """A site that waits for a mobile genset, or has one."""

    site: int
    because: int
    unit: int = -1
    is_over: simpy.Event


class MobileGensets:
    """Gensets on wheels of one course.

    The most urgent site (``mobile_priority``) gets the smallest unit that carries what it
    lacks, or the largest there is. A unit returns when the site has the grid again.

    Parameters
    ----------
    env : simpy.Environment
    case : Case
    sites : Sites
    roads : Roads
    fuel : Fuel
    log : EventLog
    """

    def __init__(
        self,
        env: simpy.Environment,
        case: Case,
        *,
        sites: Sites,
        roads: Roads,
        fuel: Fuel,
        log: EventLog,
    ) -> None:
        self._env = env
        self._case = case
        self._sites = sites
        self._roads = roads
        self._fuel = fuel
        self._log = log
        units, constants = case.region.mobile_units, case.region.constants
        self._kw_per_mva = constants["genset_kw_per_mva"]
        self._l_per_kwh = constants["genset_l_per_kwh"]
        self._order_at = constants["mobile_refuel_share"]
        self._dispatch_h = constants["dispatch_h"]
        self._free = [
            int(n) if kind == "genset" else 0
            for kind, n in zip(units.kind.tolist(), units.units.tolist(), strict=True)
        ]
        depot = positions(case.region.depots.depot_id, units.depot_id)
        area = positions(case.region.areas.area_id, case.region.depots.area_id)
        self._home = [int(area[row]) for row in depot.tolist()]
        self._calls: dict[int, _Call] = {}
        self._waiting: list[_Call] = []

    def unserved_changed(self, site: int, because: int) -> None:
        """Take note that a site lacks electricity, or no longer does."""
        row = self._case.site_backup[site]
        if row < 0 or int(self._case.region.backups.mobile_priority[row]) == 0:
            return
        call = self._calls.get(site)
        if call is None:
            if not self._sites.is_fed(site) and self._sites.unserved_kw(site) > 0.0:
                call = _Call(site=site, because=because, is_over=self._env.event())
                self._calls[site] = call
                # Ordered when nothing else has brought the site back meanwhile.
                ordered = self._env.timeout(self._dispatch_h)
                ordered.callbacks.append(lambda _: self._order_unit(call))
        elif self._sites.is_fed(site):
            del self._calls[site]
            if call in self._waiting:
                self._waiting.remove(call)
            call.is_over.succeed()

    def _order_unit(self, call: _Call) -> None:
        """Put a site among those that wait, and send when everybody has asked at this moment."""
        if call.is_over.triggered:
            return
        self._waiting.append(call)
        self._env.timeout(0.0).callbacks.append(lambda _: self._send())

    def _urgency(self, site: int) -> int:
        row = self._case.site_backup[site]
        return int(self._case.region.backups.mobile_priority[row])

    def _send(self) -> None:
        """Send what is free to who is most urgent."""
        while self._waiting and any(self._free):
            call = min(self._waiting, key=lambda each: (self._urgency(each.site), each.site))
            self._waiting.remove(call)
            call.unit = self._choose(call.site)
            self._free[call.unit] -= 1
            self._env.process(self._course(call))

    def _choose(self, site: int) -> int:
        """Choose the smallest unit that is enough, else the largest; of equals the nearest."""
        ratings, area = self._case.region.mobile_units.rating_mva, int(self._case.site_area[site])
        free = [row for row, count in enumerate(self._free) if count > 0]
        kw = self._sites.unserved_kw(site)
        enough = [row for row in free if float(ratings[row]) * self._kw_per_mva >= kw]
        sign = 1.0 if enough else -1.0
        return min(
            enough or free,
            key=lambda row: (
                sign * float(ratings[row]),
                self._roads.travel_h(self._home[row], area),
                row,
            ),
        )

    def _course(self, call: _Call) -> Generator[simpy.Event, Any, None]:
        units, unit, env = self._case.region.mobile_units, call.unit, self._env
        area, home = int(self._case.site_area[call.site]), self._home[unit]
        self._note("mobile_genset_sent", call, unit)
        yield first_of(env, env.timeout(float(units.prepare_h[unit])), call.is_over)
        while not call.is_over.triggered and self._roads.travel_h(home, area) == float("inf"):
            yield first_of(env, self._roads.until_changed(), call.is_over)
        if not call.is_over.triggered:
            way_h = self._roads.travel_h(home, area) + float(units.connect_h[unit])
            yield env.timeout(way_h)
            if not call.is_over.triggered:
                yield from self._run(call, self._note("mobile_genset_connected", call, unit))
            self._note("mobile_genset_returned", call, unit)
            while self._roads.travel_h(area, home) == float("inf"):
                yield self._roads.until_changed()
            yield env.timeout(self._roads.travel_h(area, home))
        self._free[unit] += 1
        self._send()

    def _run(self, call: _Call, event: int) -> Generator[simpy.Event, Any, None]:
        """Carry load until the grid is back, as long as there is fuel."""
        units, unit, env = self._case.region.mobile_units, call.unit, self._env
        kw = float(units.rating_mva[unit]) * self._kw_per_mva
        tank_h = float(units.fuel_h[unit])
        left_h = tank_h
        while not call.is_over.triggered:
            self._sites.connect_mobile(call.site, kw, event)
            start_h = env.now
            yield first_of(env, env.timeout(left_h * (1.0 - self._order_at)), call.is_over)
            if call.is_over.triggered:
                return
            filled = env.event()
            self._order(call, kw * tank_h * self._l_per_kwh, filled)
            dry = env.timeout(left_h - (env.now - start_h))
            yield first_of(env, dry, filled, call.is_over)
            if call.is_over.triggered:
                return
            if not filled.triggered:
                self._sites.connect_mobile(call.site, 0.0, self._note("fuel_empty", call, unit))
                yield first_of(env, filled, call.is_over)
            if filled.triggered:
                event = int(filled.value or 0)
            left_h = tank_h

    def _order(self, call: _Call, litres: float, filled: simpy.Event) -> None:
        site, area = call.site, int(self._case.site_area[call.site])
        name = str(self._case.region.sites.site_id[site])

        def fill(_: float, event: int) -> None:
            filled.succeed(event)

        self._fuel.order(
            Order(
                site=site,
                area=area,
                urgency=self._urgency(site),
                litres=lambda: 0.0 if call.is_over.triggered else litres,
                fill=fill,
                because=self._note("fuel_ordered", call, call.unit),
                name=name,
            )
        )

    def _note(self, what: str, call: _Call, unit: int) -> int:
        sites = self._case.region.sites
        return self._log.note(
            self._env.now,
            what,
            str(sites.site_id[call.site]),
            str(sites.area_id[call.site]),
            because=call.because,
            cause=str(self._case.region.mobile_units.unit_id[unit]),
        )
