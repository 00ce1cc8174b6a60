"""The reserve power of a site of the region, from its row of the backup table."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import simpy

from data.service_tables import Backups
from sim.backup.backup import Backup
from sim.backup.plant import plant_from_hours
from sim.state_log import StateLog, StockPiece


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteName:
    """How a site's stocks are shown."""

    site_id: str
    area_id: str


class SiteBackup:
    """The backup of a site of which only a share may be behind gensets.

    The share behind gensets and the rest have the same hours of battery and are followed
    as two loads, since one outlasts the other. A mobile genset that has been connected
    carries part of what neither of them does.

    Parameters
    ----------
    env : simpy.Environment
        The replication's environment; time in hours.
    backups : Backups
        The region's table.
    row : int
        Row of the site.
    load_kw : float
        Load of the whole site. [kW]
    recharge_h, l_per_kwh : float
        As for `plant_from_hours`. [h], [l/kWh]
    lives_h : list of float
        Hours each genset runs, 0 for one that does not start. [h]
    name : SiteName
    states : StateLog
    on_change : callable(str, float)
        Called with cause and share of the load served, each time that changes.
    order_fuel : callable()
        Called when the tank of a site that is refuelled falls to ``order_below_h``.
    order_below_h : float
        Hours of fuel left that trigger the order. [h]

    Attributes
    ----------
    parts : tuple of (float, Backup)
        Shares of the load, and what carries them; the one behind gensets first.
    mobile_share : float
        Share of the load mobile gensets carry when asked to.
    """

    __slots__ = ("_env", "_name", "_on_change", "_shown", "_states", "mobile_share", "parts")

    def __init__(
        self,
        env: simpy.Environment,
        backups: Backups,
        row: int,
        *,
        load_kw: float,
        recharge_h: float,
        l_per_kwh: float,
        lives_h: list[float],
        name: SiteName,
        states: StateLog,
        on_change: Callable[[str, float], None],
        order_fuel: Callable[[], None],
        order_below_h: float = 0.0,
    ) -> None:
        self._env = env
        self._name = name
        self._states = states
        self._on_change = on_change
        self._shown: dict[int, tuple[float, float, float]] = {}
        self.mobile_share = 0.0
        parts: list[tuple[float, Backup]] = []
        genset_share = float(backups.genset_share[row])
        for share, has_genset in ((genset_share, True), (1.0 - genset_share, False)):
            if share > 0.0:
                plant = plant_from_hours(
                    load_kw=share * load_kw,
                    ups_h=float(backups.ups_h[row]),
                    recharge_h=recharge_h,
                    l_per_kwh=l_per_kwh,
                    units=int(backups.gensets[row]) if has_genset else 0,
                    units_needed=int(backups.gensets_needed[row]) if has_genset else 0,
                    start_delay_h=float(backups.start_delay_h[row]),
                    fuel_h=float(backups.fuel_h[row]),
                )
                refuelled = has_genset and bool(backups.refuelled[row])
                part = Backup(
                    env,
                    plant,
                    lives_h=lives_h if has_genset else None,
                    on_change=self._part_changed,
                    order_fuel=order_fuel if refuelled else None,
                    order_below_l=order_below_h * plant.fuel_l_per_h,
                    on_move=partial(self._show, len(parts)),
                )
                parts.append((share, part))
        self.parts: tuple[tuple[float, Backup], ...] = tuple(parts)

    @property
    def served_share(self) -> float:
        """Share of the load served now."""
        lost = sum(share * (1.0 - part.served_share) for share, part in self.parts)
        lost = max(lost - self.mobile_share, 0.0)
        # Rounding must not leave a trace of a load that is served or lost as a whole.
        return min(max(round(1.0 - lost, 12), 0.0), 1.0)

    @property
    def genset(self) -> Backup | None:
        """The part behind gensets."""
        first = self.parts[0][1] if self.parts else None
        return first if first is not None and first.plant.has_genset else None

    def grid_lost(self) -> None:
        """Take over the load; the grid is gone from now on."""
        for _, part in self.parts:
            part.grid_lost()

    def grid_back(self) -> None:
        """Hand the load back to the grid."""
        for _, part in self.parts:
            part.grid_back()

    @property
    def room_l(self) -> float:
        """Litres the tank takes now. [l]."""
        genset = self.genset
        return genset.room_l if genset is not None else 0.0

    def fill_tank(self, litres: float) -> None:
        """Put fuel into the tank, as a truck does. [l]."""
        genset = self.genset
        if genset is not None and litres > 0.0:
            genset.deliver_fuel(litres)

    def connect_mobile(self, share: float) -> None:
        """Let mobile gensets carry so much of the load from now on."""
        self.mobile_share = share
        self._on_change("mobile_genset", self.served_share)

    def show(self) -> None:
        """Note what battery and tank have done since the last change."""
        for number, (_, part) in enumerate(self.parts):
            part.settle()
            self._show(number)

    def _show(self, number: int) -> None:
        """Note what battery and tank of a part have done since it last changed."""
        now, part = self._env.now, self.parts[number][1]
        plant = part.plant
        since_h, battery, fuel = self._shown.get(number, (now, part.battery_kwh, part.fuel_l))
        if now > since_h:
            # Of two parts the last has no genset, and uses its battery up.
            if part.battery_kwh < battery and number == len(self.parts) - 1:
                self._piece("ups", since_h, battery, part.battery_kwh, plant.battery_kwh)
            if part.fuel_l < fuel:
                self._piece("genset_tank", since_h, fuel, part.fuel_l, plant.tank_l)
        self._shown[number] = (now, part.battery_kwh, part.fuel_l)

    def _piece(self, kind: str, from_h: float, before: float, after: float, full: float) -> None:
        now = self._env.now
        self._states.piece(
            StockPiece(
                stock_id=self._name.site_id,
                kind=kind,
                area_id=self._name.area_id,
                from_h=from_h,
                to_h=now,
                from_level=min(before / full, 1.0),
                to_level=after / full,
                empty_in_h=before / (before - after) * (now - from_h),
            )
        )

    def _part_changed(self, _t_h: float, cause: str, _share: float) -> None:
        self._on_change(cause, self.served_share)
