"""Reserve power: battery (UPS), gensets, tank and refuelling, as events in time.

Between two events every quantity changes at a constant rate, so the state is moved
exactly from event to event and nothing happens in between.
"""

from collections.abc import Callable, Sequence
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


class Gensets(Enum):
    """What the gensets do, as far as none has failed."""

    OFF = "off"
    STARTING = "starting"
    RUNNING = "running"


class Backup:
    """The reserve power of one load through a replication.

    Parameters
    ----------
    env : simpy.Environment
        The replication's environment; time in hours.
    plant : BackupPlant
        What stands there.
    lives_h : sequence of float, optional
        Hours each unit runs before it fails, 0 for one that does not start; without it no
        unit fails. What has failed stays failed, since it is seldom mended during a crisis
        (estimate). [h]
    on_change : callable(float, str, float), optional
        Called with time, cause and share of the load served, each time that changes.
        Causes of a loss: ``genset_failed`` (too few start), ``genset_stopped`` (too few
        run on), ``genset_starting``, ``fuel_empty``, ``battery_empty``, ``no_backup``; of
        supply: ``genset_running``, ``grid_back``.
    order_fuel : callable(), optional
        Called when the running gensets' tank falls to ``order_below_l``, and again
        only after a delivery; must not deliver within the call.
    order_below_l : float
        Fuel level that triggers the order. [l]
    on_move : callable(), optional
        Called before the rates of battery or tank change, with everything at the present.

    Attributes
    ----------
    served_share : float
        Share of the load served now, from grid, battery or gensets.
    battery_kwh, fuel_l : float
        State at the last event; ``settle()`` brings it to the present.
    ens_kwh, genset_run_h : float
        Energy not supplied and hours any genset ran, up to the last event.
    events : list of BackupEvent
        What happened.
    """

    __slots__ = (
        "_due",
        "_genset_ready_h",
        "_gensets",
        "_grid",
        "_has_failed",
        "_lives_h",
        "_moved_h",
        "_on_change",
        "_on_move",
        "_order_below_l",
        "_order_fuel",
        "_ordered",
        "_transition",
        "battery_kwh",
        "ens_kwh",
        "env",
        "events",
        "fuel_l",
        "genset_run_h",
        "plant",
        "served_share",
    )

    def __init__(
        self,
        env: simpy.Environment,
        plant: BackupPlant,
        *,
        lives_h: Sequence[float] | None = None,
        on_change: Callable[[float, str, float], None] | None = None,
        order_fuel: Callable[[], None] | None = None,
        order_below_l: float = 0.0,
        on_move: Callable[[], None] | None = None,
    ) -> None:
        self.env = env
        self.plant = plant
        self.battery_kwh = plant.battery_kwh
        self.fuel_l = plant.tank_l
        self.served_share = 1.0
        self.ens_kwh = 0.0
        self.genset_run_h = 0.0
        self.events: list[BackupEvent] = []
        lives = [inf] * plant.units if lives_h is None else list(lives_h)
        self._lives_h = [life for life in lives if life > 0.0]
        self._has_failed = len(self._lives_h) < plant.units_needed
        self._on_change = on_change
        self._on_move = on_move
        self._order_fuel = order_fuel
        self._order_below_l = order_below_l
        self._ordered = False
        self._grid = True
        self._gensets = Gensets.OFF
        self._genset_ready_h = inf
        self._moved_h = env.now
        self._due: simpy.Event | None = None
        self._transition: Callable[[], str] | None = None

    @property
    def room_l(self) -> float:
        """Litres that fill the tank to its level at the start of the replication."""
        self.settle()
        return max(self.plant.tank_l - self.fuel_l, 0.0)

    @property
    def rates(self) -> tuple[float, float]:
        """Net power into the battery [kW] and fuel used [l/h] now."""
        return self._rates()

    def grid_lost(self) -> None:
        """Take over the load; the grid is gone from now on."""
        if not self._grid:
            return
        self._move()
        self._grid = False
        self._note("grid_lost")
        self._start_gensets()
        self._go_on("grid_lost")

    def grid_back(self) -> None:
        """Hand the load back to the grid; the battery is recharged from it."""
        if self._grid:
            return
        self._move()
        self._grid = True
        self._gensets = Gensets.OFF
        self._genset_ready_h = inf
        self._note("grid_back")
        self._go_on("grid_back")

    def deliver_fuel(self, litres: float) -> None:
        """Fill the tank; gensets that stand for want of fuel are started.

        Raises
        ------
        ValueError
            If ``litres`` is not positive.
        """
        if not litres > 0.0:
            raise ValueError(f"litres is {litres}, must be positive")
        self._move()
        self.fuel_l += litres
        self._ordered = False
        self._note("fuel_delivered")
        if not self._grid and self._gensets is Gensets.OFF:
            self._start_gensets()
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
        # What would be used up within the tolerance of time is rounding, too.
        if self.battery_kwh <= -battery_kw * TIME_TOL_H:
            self.battery_kwh = 0.0
        if self.fuel_l <= fuel_l_per_h * TIME_TOL_H:
            self.fuel_l = 0.0
        if self._gensets is Gensets.RUNNING and self._lives_h:
            self.genset_run_h += dt_h
            self._lives_h = [life - dt_h for life in self._lives_h]
        self.ens_kwh += self.plant.load_kw * (1.0 - self.served_share) * dt_h

    def _move(self) -> None:
        """Bring everything to the present before something changes."""
        self.settle()
        if self._on_move is not None:
            self._on_move()

    @property
    def _carried(self) -> float:
        """Share of the load the units that have not failed could carry."""
        if not self._lives_h:
            return 0.0
        return min(len(self._lives_h) / self.plant.units_needed, 1.0)

    def _rates(self) -> tuple[float, float]:
        """Net power into the battery [kW] and fuel used [l/h] until the next event."""
        plant = self.plant
        carried = self._carried if self._gensets is Gensets.RUNNING else 0.0
        if not self._grid and carried < 1.0:
            missing_kw = plant.load_kw * (1.0 - carried)
            empty = self.battery_kwh <= 0.0
            fuel = plant.fuel_idle_l_per_h + plant.fuel_l_per_kwh * plant.load_kw
            return (0.0 if empty else -missing_kw / plant.discharge_efficiency), carried * fuel
        charger_kw = plant.charger_kw if self.battery_kwh < plant.battery_kwh else 0.0
        output_kw = plant.load_kw + charger_kw
        fuel = 0.0 if self._grid else plant.fuel_idle_l_per_h + plant.fuel_l_per_kwh * output_kw
        return charger_kw * plant.charge_efficiency, fuel

    def _start_gensets(self) -> None:
        if not self.plant.has_genset or self.fuel_l <= 0.0:
            return
        if self._has_failed:
            self._has_failed = False
            self._note("genset_failed")
        if self._lives_h:
            self._gensets = Gensets.STARTING
            self._genset_ready_h = self.env.now + self.plant.start_delay_h

    def _next(self) -> tuple[float, Callable[[], str] | None]:
        """Hours to the next transition, and the transition."""
        if self._grid:
            return inf, None
        plant = self.plant
        first: tuple[float, Callable[[], str] | None] = (inf, None)
        candidates: list[tuple[float, Callable[[], str]]] = []
        battery_kw, fuel_l_per_h = self._rates()
        if self._gensets is Gensets.STARTING:
            candidates.append((self._genset_ready_h - self.env.now, self._gensets_take_load))
        if self._gensets is Gensets.RUNNING and self._lives_h:
            candidates.append((min(self._lives_h), self._unit_fails))
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

    def _gensets_take_load(self) -> str:
        self._gensets = Gensets.RUNNING
        self._genset_ready_h = inf
        return "genset_running"

    def _unit_fails(self) -> str:
        self._lives_h.remove(min(self._lives_h))
        if not self._lives_h:
            self._gensets = Gensets.OFF
        return "genset_stopped"

    def _tank_empty(self) -> str:
        self.fuel_l = 0.0
        self._gensets = Gensets.OFF
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
        """Make the transitions due now, tell of a change, wait for the next transition."""
        wait_h, transition = self._next()
        while transition is not None and wait_h <= TIME_TOL_H:
            what = transition()
            self._note(what)
            wait_h, transition = self._next()
        self._transition = transition
        self._due = None
        if transition is not None and wait_h < inf:
            due = self.env.timeout(wait_h)
            due.callbacks.append(self._wake)
            self._due = due
        served = self._served()
        if served != self.served_share:
            is_better = served > self.served_share
            self.served_share = served
            if self._on_change is not None:
                self._on_change(self.env.now, what if is_better else self._why_lost(), served)

    def _served(self) -> float:
        if self._grid or self.battery_kwh > 0.0:
            return 1.0
        return self._carried if self._gensets is Gensets.RUNNING else 0.0

    def _why_lost(self) -> str:
        if self._gensets is Gensets.STARTING:
            return "genset_starting"
        if self.plant.has_genset and self.fuel_l > 0.0:
            stopped = any(event.what == "genset_stopped" for event in self.events)
            return "genset_stopped" if stopped else "genset_failed"
        if self.plant.has_genset:
            return "fuel_empty"
        return "battery_empty" if self.plant.battery_kwh > 0.0 else "no_backup"

    def _wake(self, event: simpy.Event) -> None:
        if event is not self._due:
            return
        self._move()
        if self._transition is not None:
            what = self._transition()
            self._note(what)
            self._go_on(what)

    def _note(self, what: str) -> None:
        self.events.append(BackupEvent(self.env.now, what, self.battery_kwh, self.fuel_l))
