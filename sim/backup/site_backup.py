"""The reserve power of a site of the region, from its row of the backup table."""

from collections.abc import Callable

import simpy

from data.region import Backups
from sim.backup.backup import Backup
from sim.backup.plant import plant_from_hours


class SiteBackup:
    """The backup of a site of which only a share may be behind a genset.

    The share behind a genset and the rest have the same hours of battery and are
    followed as two loads, since one outlasts the other.

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
    starts : bool
        Whether the genset starts when asked.
    on_change : callable(float, str, float), optional
        Called with time, cause and share of the load served, each time that changes.
    order_fuel : callable(), optional
        Called when the tank of a site that is refuelled falls to ``order_below_h``.
    order_below_h : float
        Hours of fuel left that trigger the order. [h]

    Attributes
    ----------
    parts : tuple of (float, Backup)
        Shares of the load, and what carries them; the one behind a genset first.
    """

    __slots__ = ("_on_change", "parts")

    def __init__(
        self,
        env: simpy.Environment,
        backups: Backups,
        row: int,
        *,
        load_kw: float,
        starts: bool = True,
        on_change: Callable[[float, str, float], None] | None = None,
        order_fuel: Callable[[], None] | None = None,
        order_below_h: float = 0.0,
    ) -> None:
        self._on_change = on_change
        parts = []
        genset_share = float(backups.genset_share[row])
        for share, has_genset in ((genset_share, True), (1.0 - genset_share, False)):
            if share > 0.0:
                plant = plant_from_hours(
                    load_kw=share * load_kw,
                    ups_h=float(backups.ups_h[row]),
                    has_genset=has_genset,
                    start_delay_h=float(backups.start_delay_h[row]),
                    fuel_h=float(backups.fuel_h[row]),
                )
                refuelled = has_genset and bool(backups.refuelled[row])
                part = Backup(
                    env,
                    plant,
                    starts=starts,
                    on_change=self._part_changed,
                    order_fuel=order_fuel if refuelled else None,
                    order_below_l=order_below_h * plant.fuel_l_per_h,
                )
                parts.append((share, part))
        self.parts: tuple[tuple[float, Backup], ...] = tuple(parts)

    @property
    def served_share(self) -> float:
        """Share of the load served now."""
        lost = sum(share for share, part in self.parts if not part.served)
        return 0.0 if all(not part.served for _, part in self.parts) else 1.0 - lost

    @property
    def genset(self) -> Backup | None:
        """The part behind a genset."""
        first = self.parts[0][1]
        return first if first.plant.has_genset else None

    def grid_lost(self) -> None:
        """Take over the load; the grid is gone from now on."""
        for _, part in self.parts:
            part.grid_lost()

    def grid_back(self) -> None:
        """Hand the load back to the grid."""
        for _, part in self.parts:
            part.grid_back()

    def fill_tank(self) -> float:
        """Fill the tank, as a truck does, and return the litres [l] it took."""
        genset = self.genset
        litres = genset.room_l if genset is not None else 0.0
        if genset is not None and litres > 0.0:
            genset.deliver_fuel(litres)
        return litres

    def _part_changed(self, t_h: float, cause: str, _served: bool) -> None:
        if self._on_change is not None:
            self._on_change(t_h, cause, self.served_share)
