"""Reserve power: battery (UPS), genset, tank and refuelling, as events in time.

Between two events every quantity changes at a constant rate, so the state is moved
exactly from event to event and nothing happens in between.
"""

from collections.abc import Callable
from enum import Enum
from math import inf
from typing import NamedTuple

import simpy

from sim.backup.plant import BackupPlant

# Two transitions closer than this happen together; a genset that is ready goes first.
TIME_TOL_H = 1e-9


class BackupEvent(NamedTuple):
    """One event of a backup: hour [h], what, battery [kWh] and tank [l] after it."""

    t_h: float
    what: str
    battery_kwh: float
    fuel_l: float


class Genset(Enum):
    """What the genset does."""

    OFF = "off"
    STARTING = "starting"
    RUNNING = "running"
    FAILED = "failed"


class Backup:
    """The reserve power of one load through a replication.

    Parameters
    ----------
    env : simpy.Environment
        The replication's environment; time in hours.
    plant : BackupPlant
        What stands there.
    starts : bool
        Whether the genset starts when asked; drawn once for the whole replication,
        since what keeps it from starting is seldom mended during a crisis (estimate).
    on_change : callable(float, str, bool), optional
        Called with time, cause and whether the load is served, each time that flips.
        Causes of a loss: ``genset_failed``, ``genset_starting``, ``fuel_empty``,
        ``battery_empty``, ``no_backup``; of supply: ``genset_running``, ``grid_back``.
    order_fuel : callable(), optional
        Called when the running genset's tank falls to ``order_below_l``, and again
        only after a delivery; must not deliver within the call.
    order_below_l : float
        Fuel level that triggers the order. [l]

    Attributes
    ----------
    served : bool
        Whether the load is served now, from grid, battery or genset.
    battery_kwh, fuel_l : float
        State at the last event; ``settle()`` brings it to the present.
    ens_kwh, genset_run_h : float
        Energy not supplied and hours the genset ran, up to the last event.
    events : list of BackupEvent
        What happened.
    """

    __slots__ = (
        "_due",
        "_genset",
        "_genset_ready_h",
        "_grid",
        "_moved_h",
        "_on_change",
        "_order_below_l",
        "_order_fuel",
        "_ordered",
        "_starts",
        "_transition",
        "battery_kwh",
        "ens_kwh",
        "env",
        "events",
        "fuel_l",
        "genset_run_h",
        "plant",
        "served",
    )

    def __init__(
        self,
        env: simpy.Environment,
        plant: BackupPlant,
        *,
        starts: bool = True,
        on_change: Callable[[float, str, bool], None] | None = None,
        order_fuel: Callable[[], None] | None = None,
        order_below_l: float = 0.0,
    ) -> None:
        self.env = env
        self.plant = plant
        self.battery_kwh = plant.battery_kwh
        self.fuel_l = plant.tank_l
        self.served = True
        self.ens_kwh = 0.0
        self.genset_run_h = 0.0
        self.events: list[BackupEvent] = []
        self._starts = starts
        self._on_change = on_change
        self._order_fuel = order_fuel
        self._order_below_l = order_below_l
        self._ordered = False
        self._grid = True
        self._genset = Genset.OFF
        self._genset_ready_h = inf
        self._moved_h = env.now
        self._due: simpy.Event | None = None
        self._transition: Callable[[], str] | None = None

    @property
    def room_l(self) -> float:
        """Litres that fill the tank to its level at the start of the replication."""
        self.settle()
        return max(self.plant.tank_l - self.fuel_l, 0.0)

    def grid_lost(self) -> None:
        """Take over the load; the grid is gone from now on."""
        if not self._grid:
            return
        self.settle()
        self._grid = False
        self._note("grid_lost")
        self._start_genset()
        self._go_on("grid_lost")

    def grid_back(self) -> None:
        """Hand the load back to the grid; the battery is recharged from it."""
        if self._grid:
            return
        self.settle()
        self._grid = True
        self._genset = Genset.OFF
        self._genset_ready_h = inf
        self._note("grid_back")
        self._go_on("grid_back")

    def deliver_fuel(self, litres: float) -> None:
        """Fill the tank; a genset that stands for want of fuel is started.

        Raises
        ------
        ValueError
            If ``litres`` is not positive.
        """
        if not litres > 0.0:
            raise ValueError(f"litres is {litres}, must be positive")
        self.settle()
        self.fuel_l += litres
        self._ordered = False
        self._note("fuel_delivered")
        if not self._grid and self._genset is Genset.OFF:
            self._start_genset()
        self._go_on("fuel_delivered")

    def settle(self) -> None:
        """Bring battery, tank and sums to the present time."""
        dt_h = self.env.now - self._moved_h
        if dt_h <= 0.0:
            return
        self._moved_h = self.env.now
        battery_kw, fuel_l_per_h = self._rates()
        # Within one interval no limit is passed; the bounds only take off rounding,
        # except on the grid, where a full battery is no event of its own.
        self.battery_kwh = min(
            max(self.battery_kwh + battery_kw * dt_h, 0.0), self.plant.battery_kwh
        )
        self.fuel_l = max(self.fuel_l - fuel_l_per_h * dt_h, 0.0)
        if self._genset is Genset.RUNNING:
            self.genset_run_h += dt_h
        if not self.served:
            self.ens_kwh += self.plant.load_kw * dt_h

    def _rates(self) -> tuple[float, float]:
        """Net power into the battery [kW] and fuel used [l/h] until the next event."""
        plant = self.plant
        genset = self._genset is Genset.RUNNING
        if not (self._grid or genset):
            empty = self.battery_kwh <= 0.0
            return (0.0 if empty else -plant.load_kw / plant.discharge_efficiency), 0.0
        charger_kw = plant.charger_kw if self.battery_kwh < plant.battery_kwh else 0.0
        output_kw = plant.load_kw + charger_kw
        fuel = plant.fuel_idle_l_per_h + plant.fuel_l_per_kwh * output_kw if genset else 0.0
        return charger_kw * plant.charge_efficiency, fuel

    def _start_genset(self) -> None:
        if not self.plant.has_genset or self.fuel_l <= 0.0:
            return
        if not self._starts:
            if self._genset is not Genset.FAILED:
                self._genset = Genset.FAILED
                self._note("genset_failed")
            return
        self._genset = Genset.STARTING
        self._genset_ready_h = self.env.now + self.plant.start_delay_h

    def _next(self) -> tuple[float, Callable[[], str] | None]:
        """Hours to the next transition, and the transition."""
        if self._grid:
            return inf, None
        plant = self.plant
        first: tuple[float, Callable[[], str] | None] = (inf, None)
        candidates: list[tuple[float, Callable[[], str]]] = []
        battery_kw, fuel_l_per_h = self._rates()
        if self._genset is Genset.STARTING:
            candidates.append((self._genset_ready_h - self.env.now, self._genset_takes_load))
        if fuel_l_per_h > 0.0:
            if self._order_fuel is not None and not self._ordered:
                spare_l = max(self.fuel_l - self._order_below_l, 0.0)
                candidates.append((spare_l / fuel_l_per_h, self._fuel_low))
            candidates.append((self.fuel_l / fuel_l_per_h, self._tank_empty))
        if battery_kw > 0.0:
            to_full_h = (plant.battery_kwh - self.battery_kwh) / battery_kw
            candidates.append((to_full_h, self._battery_full))
        elif battery_kw < 0.0:
            candidates.append((self.battery_kwh / -battery_kw, self._battery_empty))
        for candidate in candidates:
            if candidate[0] < first[0] - TIME_TOL_H:
                first = candidate
        return first

    def _genset_takes_load(self) -> str:
        self._genset = Genset.RUNNING
        self._genset_ready_h = inf
        return "genset_running"

    def _tank_empty(self) -> str:
        self.fuel_l = 0.0
        self._genset = Genset.OFF
        return "fuel_empty"

    def _fuel_low(self) -> str:
        self._ordered = True
        if self._order_fuel is not None:
            self._order_fuel()
        return "fuel_ordered"

    def _battery_full(self) -> str:
        self.battery_kwh = self.plant.battery_kwh
        return "battery_full"

    def _battery_empty(self) -> str:
        self.battery_kwh = 0.0
        return "battery_empty"

    def _go_on(self, what: str) -> None:
        """Make the transitions due now, tell of a flip, wait for the next transition."""
        wait_h, transition = self._next()
        while transition is not None and wait_h <= TIME_TOL_H:
            what = transition()
            self._note(what)
            wait_h, transition = self._next()
        self._transition = transition
        self._due = None
        if transition is not None:
            due = self.env.timeout(wait_h)
            due.callbacks.append(self._wake)
            self._due = due
        served = self._grid or self._genset is Genset.RUNNING or self.battery_kwh > 0.0
        if served != self.served:
            self.served = served
            if self._on_change is not None:
                self._on_change(self.env.now, what if served else self._why_lost(), served)

    def _why_lost(self) -> str:
        if self._genset is Genset.FAILED:
            return "genset_failed"
        if self._genset is Genset.STARTING:
            return "genset_starting"
        if self.plant.has_genset:
            return "fuel_empty"
        return "battery_empty" if self.plant.battery_kwh > 0.0 else "no_backup"

    def _wake(self, event: simpy.Event) -> None:
        if event is not self._due:
            return
        self.settle()
        if self._transition is not None:
            what = self._transition()
            self._note(what)
            self._go_on(what)

    def _note(self, what: str) -> None:
        self.events.append(BackupEvent(self.env.now, what, self.battery_kwh, self.fuel_l))
