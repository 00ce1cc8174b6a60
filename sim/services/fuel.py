"""Fuel: terminals, tank trucks that many share, and filling stations.

*Filling stations* of an area sell as far as they have power to pump, and as long as their
tanks last. What fills them is the share that the terminal can load, that trucks are free to
bring, and that the roads let through; their tanks cover the rest.

*Tank trucks* carry to sites that order for their gensets. The most urgent site is served
first; a truck that still has fuel goes on to the next site before it returns. Each trip draws
on the terminal, and takes a truck from the filling stations.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

import simpy

from sim.case import Case
from sim.dependencies.levels import Levels
from sim.event_log import ROOT, EventLog
from sim.response.crews import CrewPool
from sim.services.area_levels import AreaLevels
from sim.services.bridge import Bridge
from sim.services.roads import Roads
from sim.services.section_stores import SectionStores
from sim.state_log import StateLog, StockPiece

LITRES_PER_M3 = 1000.0


@dataclass(slots=True, kw_only=True, eq=False)
class Order:
    """Fuel a site waits for.

    Attributes
    ----------
    site, area : int
    urgency : int
        Smaller is served first.
    litres : callable
        How much its tank takes now. [l]
    fill : callable
        Fills it; called with the litres brought and the event of the delivery.
    because : int
        Event of the order.
    name : str
        Of the site, for the log.
    """

    site: int
    area: int
    urgency: int
    litres: Callable[[], float]
    fill: Callable[[float, int], None]
    because: int
    name: str


@dataclass(slots=True, kw_only=True)
class _Terminal:
    """A fuel depot: what it holds, and whether it can load."""

    row: int
    stock_m3: float
    at_h: float
    loads: float = 1.0
    imports: float = 1.0
    because: int = ROOT
    due: simpy.Event | None = None


class Fuel:
    """Fuel of one course.

    Parameters
    ----------
    env : simpy.Environment
    case : Case
    roads : Roads
    levels : Levels
    stores : SectionStores
    areas : AreaLevels
    log : EventLog
    states : StateLog
    pools : list of CrewPool
        Trucks of each fuel depot.
    """

    def __init__(
        self,
        env: simpy.Environment,
        case: Case,
        *,
        roads: Roads,
        levels: Levels,
        stores: SectionStores,
        areas: AreaLevels,
        log: EventLog,
        states: StateLog,
        pools: list[CrewPool],
    ) -> None:
        self._env = env
        self._case = case
        self._roads = roads
        self._levels = levels
        self._stores = stores
        self._areas = areas
        self._log = log
        self._states = states
        self._pools = pools
        depots = case.region.fuel_depots
        self._terminals = [
            _Terminal(row=row, stock_m3=float(depots.stock_m3[row]), at_h=env.now)
            for row in range(len(depots))
        ]
        self._orders: list[list[Order]] = [[] for _ in self._terminals]
        self._tanks: dict[int, Bridge] = {}
        self._pumped: dict[int, tuple[float, int]] = {}
        self._available: dict[int, tuple[float, int]] = {}
        self._can_load = [env.event() for _ in self._terminals]
        self._free = [1.0] * len(self._terminals)
        self._looking: set[int] = set()

    # Terminals

    def terminal_changed(self, terminal: int, level: float, because: int) -> None:
        """Let a terminal load trucks at a level from now on."""
        self._settle(terminal)
        self._terminals[terminal].loads = level
        self._terminals[terminal].because = because
        self._go_on(terminal)

    def stop_import(self, terminal: int, level: float, because: int) -> None:
        """Let a terminal receive only a share of its imports from now on."""
        self._settle(terminal)
        self._terminals[terminal].imports = level
        self._terminals[terminal].because = because
        self._go_on(terminal)

    def _settle(self, terminal: int) -> None:
        """Bring a terminal's stock to the present."""
        each, depots, now = self._terminals[terminal], self._case.region.fuel_depots, self._env.now
        passed_h = now - each.at_h
        if passed_h <= 0.0:
            return
        before = each.stock_m3
        full = float(depots.stock_m3[each.row])
        net = self._net_m3_per_h(each)
        each.stock_m3 = min(max(before + net * passed_h, 0.0), full)
        if net < 0.0 and before > 0.0:
            self._show(each, before, now, before / -net)
        each.at_h = now

    def _net_m3_per_h(self, each: _Terminal) -> float:
        depots = self._case.region.fuel_depots
        out = float(depots.normal_out_m3_per_h[each.row]) * self._loading(each)
        return float(depots.import_m3_per_h[each.row]) * each.imports - out

    def _loading(self, each: _Terminal) -> float:
        """Share of what filling stations usually take that a terminal gives."""
        depots = self._case.region.fuel_depots
        if each.stock_m3 > 0.0:
            return each.loads
        usual = float(depots.normal_out_m3_per_h[each.row])
        comes = float(depots.import_m3_per_h[each.row]) * each.imports
        return min(each.loads, comes / usual if usual > 0.0 else 0.0)

    def _go_on(self, terminal: int) -> None:
        """Wait until a terminal is dry, and tell filling stations and trucks."""
        each = self._terminals[terminal]
        each.due = None
        net = self._net_m3_per_h(each)
        if net < 0.0 and each.stock_m3 > 0.0:
            dry_h = each.stock_m3 / -net
            if self._env.now + dry_h < self._case.hours:
                due = self._env.timeout(dry_h)
                due.callbacks.append(lambda event: self._dry(terminal, event))
                each.due = due
        if self._loading(each) > 0.0:
            waiting, self._can_load[terminal] = self._can_load[terminal], self._env.event()
            waiting.succeed()
        for area in self._case.services.fuel_areas[terminal]:
            self._look(area, each.because)

    def _dry(self, terminal: int, event: simpy.Event) -> None:
        each = self._terminals[terminal]
        if event is not each.due:
            return
        self._settle(terminal)
        each.stock_m3 = 0.0
        name = str(self._case.region.fuel_depots.depot_id[each.row])
        each.because = self._log.note(
            self._env.now, "depot_dry", name, because=each.because, level=0.0
        )
        self._go_on(terminal)

    # Filling stations

    def pumps_changed(self, area: int, because: int) -> None:
        """Take note that filling stations of an area lost or regained power."""
        dark = self._stores.dark_people[area] / float(self._case.population[area])
        lost = dark * self._case.services.pumps_on_grid[area]
        self._pumped[area] = (max(1.0 - lost, 0.0), because)
        self._serve(area, because)

    def access_changed(self, area: int, because: int) -> None:
        """Take note that an area is reached more or less easily than before."""
        self._look(area, because)

    def _look(self, area: int, because: int) -> None:
        """Compute what fills an area's filling stations now."""
        terminal = self._case.services.fuel_terminal[area]
        brought = self._loading(self._terminals[terminal]) * self._free[terminal]
        brought *= self._roads.access(area)
        tank = self._tanks.get(area)
        if tank is None:
            if brought >= 1.0:
                return
            tank = self._tanks[area] = self._tank(area)
        tank.supply(min(brought, 1.0), because)

    def _free_trucks(self, terminal: int) -> float:
        """Share of the filling stations' usual deliveries that free trucks can make."""
        depots, pool = self._case.region.fuel_depots, self._pools[terminal]
        usual = (
            float(depots.station_work_share[terminal]) * self._case.services.usual_trucks[terminal]
        )
        return min(max(pool.available - pool.busy, 0) / usual, 1.0) if usual > 0.0 else 1.0

    def _tank(self, area: int) -> Bridge:
        name = str(self._case.region.areas.area_id[area])
        return Bridge(
            self._env,
            full_h=24.0 * float(self._case.services.station_stock_d[area]),
            refill_h=self._case.region.constants["station_refill_h"],
            shown=(f"stations@{name}", "station_tanks", name),
            states=self._states,
            on_empty=lambda because: self._log.note(
                self._env.now, "stations_dry", name, name, because=because
            ),
            on_change=lambda level, because: self._filled(area, level, because),
        )

    def _filled(self, area: int, level: float, because: int) -> None:
        self._available[area] = (level, because)
        if level >= 1.0:
            name = str(self._case.region.areas.area_id[area])
            because = self._log.note(
                self._env.now, "stations_filled", name, name, because=because, level=level
            )
        self._serve(area, because)

    def _serve(self, area: int, because: int) -> None:
        """Tell what people and crews of an area can fill now."""
        level = min(self._pumped.get(area, (1.0, ROOT))[0], self._available.get(area, (1.0, 0))[0])
        self._areas.set(self._env.now, "fuel", area, level, because)
        node = self._case.services.area_nodes["fuel"][area]
        if node >= 0:
            self._levels.set_own(node, level, because)

    # Deliveries to sites

    def order(self, order: Order) -> None:
        """Ask for fuel; a truck of the depot that serves the site's area brings it."""
        terminal = self._case.services.fuel_terminal[order.area]
        self._orders[terminal].append(order)
        self._env.process(self._trip(terminal, order.urgency))

    def _trip(self, terminal: int, urgency: int) -> Generator[simpy.Event, Any, None]:
        """Bring fuel until nobody waits at this terminal; one such process an order."""
        home = self._case.services.fuel_home[terminal]
        while self._orders[terminal]:
            if self._next_order(terminal, home) is None:
                # Nobody who waits can be reached: no truck is bound meanwhile.
                yield self._roads.until_changed()
                continue
            with self._pools[terminal].request(priority=urgency) as truck:
                yield truck
                self._trucks_changed(terminal)
                yield from self._round(terminal, home)
            self._trucks_changed(terminal)

    def _round(self, terminal: int, home: int) -> Generator[simpy.Event, Any, None]:
        """Load, serve one site after another while there is fuel, and return."""
        env, case = self._env, self._case
        depots, load_h = case.region.fuel_depots, case.region.constants["truck_load_h"]
        while self._loading(self._terminals[terminal]) <= 0.0:
            yield self._can_load[terminal]
        if self._next_order(terminal, home) is None:
            return
        yield env.timeout(load_h)
        left_l = float(depots.truck_m3[terminal]) * LITRES_PER_M3
        self._load(terminal, left_l / LITRES_PER_M3)
        here = home
        while left_l > 0.0:
            order = self._next_order(terminal, here)
            if order is None:
                break
            self._orders[terminal].remove(order)
            yield env.timeout(self._roads.travel_h(here, order.area) + load_h)
            here = order.area
            brought_l = min(order.litres(), left_l)
            left_l -= brought_l
            if brought_l > 0.0:
                event = self._log.note(
                    env.now,
                    "fuel_delivered",
                    order.name,
                    str(case.region.areas.area_id[here]),
                    because=order.because,
                )
                order.fill(brought_l, event)
        while self._roads.travel_h(here, home) == float("inf"):
            yield self._roads.until_changed()
        yield env.timeout(self._roads.travel_h(here, home))

    def _load(self, terminal: int, m3: float) -> None:
        """Take a truck's load from a terminal; one that runs down is dry the sooner."""
        self._settle(terminal)
        each = self._terminals[terminal]
        each.stock_m3 = max(each.stock_m3 - m3, 0.0)
        if each.stock_m3 == 0.0 or self._net_m3_per_h(each) < 0.0:
            self._go_on(terminal)

    def _next_order(self, terminal: int, here: int) -> Order | None:
        """Find the most urgent order that can be reached, the nearest among equals."""
        reach = [
            (order.urgency, self._roads.travel_h(here, order.area), at)
            for at, order in enumerate(self._orders[terminal])
        ]
        near = min((each for each in reach if each[1] < float("inf")), default=None)
        return None if near is None else self._orders[terminal][near[2]]

    def _trucks_changed(self, terminal: int) -> None:
        """Look at the next full hour at what free trucks bring to filling stations.

        Their tanks last for days: a truck that is away within the hour is not felt.
        """
        if terminal in self._looking:
            return
        self._looking.add(terminal)
        next_hour = self._env.timeout(1.0 - self._env.now % 1.0)
        next_hour.callbacks.append(lambda _: self._look_at_trucks(terminal))

    def _look_at_trucks(self, terminal: int) -> None:
        self._looking.discard(terminal)
        free = self._free_trucks(terminal)
        if free != self._free[terminal]:
            self._free[terminal] = free
            for area in self._case.services.fuel_areas[terminal]:
                self._look(area, self._terminals[terminal].because)

    def finish(self) -> None:
        """Show every stock up to the scenario's end."""
        for tank in self._tanks.values():
            tank.settle()
        for terminal in range(len(self._terminals)):
            self._settle(terminal)

    def _show(self, each: _Terminal, before: float, now: float, empty_in_h: float) -> None:
        depots = self._case.region.fuel_depots
        full = float(depots.stock_m3[each.row])
        if full <= 0.0:
            return
        self._states.piece(
            StockPiece(
                stock_id=str(depots.depot_id[each.row]),
                kind="fuel_depot",
                area_id="",
                from_h=each.at_h,
                to_h=now,
                from_level=before / full,
                to_level=each.stock_m3 / full,
                empty_in_h=empty_in_h,
            )
        )
