"""Sites through a course: feed, reserve power and stock, and what they still deliver.

Electricity at a site is one of its needs in the graph: the grid over the normal or the
reserve feed, then reserve power, then a stock of what electricity makes. What a site
delivers follows from all its needs (`sim.dependencies.levels`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import simpy

from data.tables import FloatArray, IntArray
from sim.backup.site_backup import SiteBackup, SiteName
from sim.backup.units import lives_h
from sim.case import Case
from sim.dependencies.levels import Levels
from sim.event_log import ROOT, EventLog
from sim.power.supply import Supply
from sim.rng import stream
from sim.services.bridge import Bridge
from sim.services.fuel import Fuel, Order
from sim.services.section_stores import SectionStores
from sim.services.stores import LOCAL_TANK
from sim.state_log import StateLog

MOST_UNITS = 50
"""Gensets a site may have; so many numbers are drawn for each, whatever it has."""

TOLD_STEP = 0.02
"""A change of a site's level by less is counted but not told."""

LAST = 100
"""Urgency of a site without a place in the order of mobile gensets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteOutages:
    """When sites did not deliver, and how much of them.

    Attributes
    ----------
    site : ndarray of int, shape (outage,)
    weight : ndarray, shape (outage,)
        Share of the site's delivery that was missing.
    from_h, to_h : ndarray, shape (outage,)
        [h]
    event : ndarray of int, shape (outage,)
        Position in the log of the event that set it.
    """

    site: IntArray
    weight: FloatArray
    from_h: FloatArray
    to_h: FloatArray
    event: IntArray


@dataclass(slots=True, kw_only=True)
class _Site:
    """State of one site's electricity; created when it first loses its feed.

    ``because`` is the event that last made it worse, ``better`` the one that last helped.
    """

    fed: bool = True
    because: int = ROOT
    better: int = ROOT
    backup: SiteBackup | None = None
    stock: Bridge | None = None
    served: float = 1.0


class Sites:
    """Every site of one course.

    Parameters
    ----------
    env : simpy.Environment
    case : Case
    supply : Supply
    levels : Levels
    stores : SectionStores
    fuel : Fuel
        Its trucks bring fuel.
    log : EventLog
    states : StateLog
    seed, replication : int

    Attributes
    ----------
    on_feed : callable
        Called with a site whose feed is lost or back, and the event.
    on_level : callable
        Called with a site whose service level has changed, the level and the event.
    on_unserved : callable
        Called with a site that lacks electricity its own backup does not give, and the
        event; also when it no longer does.
    """

    def __init__(
        self,
        env: simpy.Environment,
        case: Case,
        *,
        supply: Supply,
        levels: Levels,
        stores: SectionStores,
        fuel: Fuel,
        log: EventLog,
        states: StateLog,
        seed: int,
        replication: int,
    ) -> None:
        self._env = env
        self._case = case
        self._supply = supply
        self._levels = levels
        self._stores = stores
        self._fuel = fuel
        self._log = log
        self._states = states
        self._seed = seed
        self._replication = replication
        self._numbers: FloatArray | None = None
        self._sites: dict[int, _Site] = {}
        self._told: dict[int, float] = {}
        self._missing: dict[int, tuple[float, float, int]] = {}
        self._closed: list[tuple[int, float, float, float, int]] = []
        self.on_feed: Callable[[int, int], None] = lambda *_: None
        self.on_level: Callable[[int, float, int], None] = lambda *_: None
        self.on_unserved: Callable[[int, int], None] = lambda *_: None

    def section_changed(self, section: int, because: int) -> None:
        """Look at the sites a section feeds."""
        for site in self._case.section_sites.get(section, ()):
            self._look(site, because)

    def look_at_all(self, because: int) -> None:
        """Look at every site; after the meshed grid has changed."""
        for site in range(len(self._case.region.sites)):
            self._look(site, because)

    def store_changed(self, kind: int, sections: Sequence[int], because: int) -> None:
        """Take note that local water tanks of some sections are empty or fill again.

        A site draws from its section's tank as its neighbours do: the share of people on
        pumped zones stands for the chance that it is one of them.
        """
        if kind != LOCAL_TANK:
            return
        services = self._case.services
        for section in sections:
            for site in services.home_sites.get(section, ()):
                area = int(self._case.site_area[site])
                pumped = float(services.store_kinds[LOCAL_TANK].share[area])
                level = 1.0 - pumped * self._stores.out_share(LOCAL_TANK, section)
                self._levels.set_own(services.site_nodes["water"][site], level, because)

    def is_fed(self, number: int) -> bool:
        """Whether a site has the grid now."""
        site = self._sites.get(number)
        return site is None or site.fed

    def unserved_kw(self, number: int) -> float:
        """Load of a site that neither grid nor its own reserve power carries now. [kW]."""
        site = self._sites.get(number)
        load_kw = float(self._case.region.sites.load_mw[number]) * 1e3
        return 0.0 if site is None else load_kw * (1.0 - site.served)

    def connect_mobile(self, number: int, kw: float, because: int) -> None:
        """Let mobile gensets carry so much of a site's load from now on; 0 takes them away."""
        site = self._sites[number]
        load_kw = float(self._case.region.sites.load_mw[number]) * 1e3
        if site.backup is None or load_kw <= 0.0:
            return
        share = min(kw / load_kw, 1.0)
        if share < site.backup.mobile_share:
            site.because = because
        else:
            site.better = because
        site.backup.connect_mobile(share)

    def finish(self) -> SiteOutages:
        """Close what is still missing at the scenario's end."""
        for site in self._sites.values():
            if site.backup is not None:
                site.backup.show()
            if site.stock is not None:
                site.stock.settle()
        for number in list(self._missing):
            self._miss(number, 0.0, ROOT, float(self._case.hours))
        rows = self._closed
        return SiteOutages(
            site=np.array([r[0] for r in rows], dtype=np.int64),
            weight=np.array([r[1] for r in rows]),
            from_h=np.array([r[2] for r in rows]),
            to_h=np.array([r[3] for r in rows]),
            event=np.array([r[4] for r in rows], dtype=np.int64),
        )

    def level_changed(
        self, number: int, _before: float, level: float, because: int, through: str
    ) -> int:
        """Take note of what a site delivers now; return the event."""
        sites, now = self._case.region.sites, self._env.now
        told = self._told.get(number, 1.0)
        event = because
        if abs(level - told) >= TOLD_STEP or level in (0.0, 1.0):
            if level < told:
                what = "site_lost" if level <= 0.0 else "site_weakened"
            else:
                what = "site_back" if level >= 1.0 else "site_partly_back"
            self._told[number] = level
            name, area = str(sites.site_id[number]), str(sites.area_id[number])
            event = self._log.note(
                now, what, name, area, because=because, cause=through, level=level
            )
            self._states.set(now, "site", name, area, level=level, event=event)
        self._miss(number, 1.0 - level, event, now)
        self.on_level(number, level, event)
        return event

    def _miss(self, number: int, missing: float, event: int, now: float) -> None:
        before = self._missing.pop(number, None)
        if before is not None and now > before[1]:
            self._closed.append((number, before[0], before[1], now, before[2]))
        if missing > 0.0:
            self._missing[number] = (missing, now, event)

    def _look(self, number: int, because: int) -> None:
        feeds = self._case.site_sections[number]
        fed = any(self._supply.is_fed(section) for section in feeds)
        site = self._sites.get(number)
        if site is None:
            if fed:
                return
            site = self._sites[number] = _Site()
            self._equip(number, site)
        if fed == site.fed:
            return
        site.fed = fed
        if fed:
            event = site.better = self._note("site_feed_back", number, because)
            if site.backup is not None:
                site.backup.mobile_share = 0.0
                site.backup.grid_back()
            self._serve(number, site, 1.0)
        else:
            because = self._supply.because_of(feeds[0])
            event = site.because = self._note("site_feed_lost", number, because)
            if site.backup is None:
                self._serve(number, site, 0.0)
            else:
                site.backup.grid_lost()
                self._serve(number, site, site.backup.served_share)
        self.on_feed(number, event)
        self.on_unserved(number, event)

    def _equip(self, number: int, site: _Site) -> None:
        """Find what reserve power and stock stand at a site."""
        region, row = self._case.region, self._case.site_backup[number]
        load_kw = float(region.sites.load_mw[number]) * 1e3
        if row < 0:
            return
        backups, constants = region.backups, region.constants
        name, area = str(region.sites.site_id[number]), str(region.sites.area_id[number])
        if load_kw > 0.0:
            if self._numbers is None:
                numbers = stream(self._seed, self._replication, "gensets")
                self._numbers = numbers.random((len(region.sites), MOST_UNITS, 2))
            site.backup = SiteBackup(
                self._env,
                backups,
                row,
                load_kw=load_kw,
                recharge_h=constants["ups_recharge_h"],
                l_per_kwh=constants["genset_l_per_kwh"],
                lives_h=lives_h(
                    backups, row, self._numbers[number], constants["start_failure_test_d"]
                ),
                name=SiteName(site_id=name, area_id=area),
                states=self._states,
                on_change=lambda cause, share: self._backup_changed(number, site, cause, share),
                order_fuel=lambda: self._order_fuel(number, site),
                # A tank smaller than the threshold would be ordered for without end.
                order_below_h=min(
                    constants["genset_refuel_threshold_h"],
                    0.5 * float(backups.fuel_h[row]),
                ),
            )
        stock_h = float(backups.process_autonomy_h[row])
        if stock_h > 0.0:
            site.stock = Bridge(
                self._env,
                full_h=stock_h,
                refill_h=region.constants["stock_refill_h"],
                shown=(name, "process_stock", area),
                states=self._states,
                on_empty=lambda because: self._note("stock_empty", number, because),
                on_change=lambda level, because: self._give(number, level, because),
            )

    def _backup_changed(self, number: int, site: _Site, cause: str, share: float) -> None:
        if site.fed:
            return
        if cause in ("genset_failed", "genset_stopped", "fuel_empty"):
            site.because = self._note(cause, number, site.because)
        self._serve(number, site, share)

    def _order_fuel(self, number: int, site: _Site) -> None:
        row = self._case.site_backup[number]
        urgency = int(self._case.region.backups.mobile_priority[row]) or LAST
        backup = site.backup

        def room_l() -> float:
            return 0.0 if backup is None else backup.room_l

        def fill(litres: float, event: int) -> None:
            if backup is not None:
                site.better = event
                backup.fill_tank(litres)

        self._fuel.order(
            Order(
                site=number,
                area=int(self._case.site_area[number]),
                urgency=urgency,
                litres=room_l,
                fill=fill,
                because=self._note("fuel_ordered", number, site.because),
                name=str(self._case.region.sites.site_id[number]),
            )
        )

    def _serve(self, number: int, site: _Site, share: float) -> None:
        """Electricity for the site is now ``share``; its stock bridges what is missing."""
        if share == site.served:
            return
        because = site.because if share < site.served else site.better
        site.served = share
        if site.stock is not None:
            site.stock.supply(share, because)
        else:
            self._give(number, share, because)
        if share < 1.0:
            self.on_unserved(number, because)

    def _give(self, number: int, level: float, because: int) -> None:
        self._levels.set_own(self._case.services.site_nodes["electricity"][number], level, because)

    def _note(self, what: str, number: int, because: int) -> int:
        sites = self._case.region.sites
        return self._log.note(
            self._env.now,
            what,
            str(sites.site_id[number]),
            str(sites.area_id[number]),
            because=because,
        )
