"""Sites through a replication: feed, reserve power, fuel, and what they still deliver."""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

import numpy as np
import simpy

from data.tables import FloatArray, IntArray
from sim.backup.site_backup import SiteBackup
from sim.case import Case
from sim.outcome import Event
from sim.power.supply import Supply
from sim.response.faults import Response
from sim.rng import stream


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
    """

    site: IntArray
    weight: FloatArray
    from_h: FloatArray
    to_h: FloatArray


@dataclass(slots=True, kw_only=True)
class _Site:
    """State of one site; created when it first loses its feed."""

    fed: bool = True
    served: float = 1.0
    cause: str = ""
    backup: SiteBackup | None = None
    stock_h: float = 0.0
    stock_at_h: float = 0.0
    missing: float = 0.0
    missing_from_h: float = 0.0
    emptied: simpy.Event | None = None


class Sites:
    """Every site of one replication.

    Parameters
    ----------
    env : simpy.Environment
    case : Case
    supply : Supply
    response : Response
        Its fuel trucks bring fuel.
    seed, replication : int
    log : callable
    """

    def __init__(
        self,
        env: simpy.Environment,
        case: Case,
        supply: Supply,
        response: Response,
        *,
        seed: int,
        replication: int,
        log: Callable[[Event], None],
    ) -> None:
        self._env = env
        self._case = case
        self._supply = supply
        self._response = response
        self._log = log
        self._uniform = stream(seed, replication, "genset start").random(len(case.region.sites))
        self._sites: dict[int, _Site] = {}
        self._closed: list[tuple[int, float, float, float]] = []
        self._refill_share = 1.0 / case.region.constants["stock_refill_h"]

    def section_changed(self, section: int) -> None:
        """Look at the sites a section feeds."""
        for site in self._case.section_sites.get(section, ()):
            self._look(site)

    def look_at_all(self) -> None:
        """Look at every site; after the meshed grid has changed."""
        for site in range(len(self._case.region.sites)):
            self._look(site)

    def finish(self) -> SiteOutages:
        """Close what is still missing at the scenario's end."""
        for number, site in self._sites.items():
            self._close(number, site, float(self._case.hours))
        rows = self._closed
        return SiteOutages(
            site=np.array([r[0] for r in rows], dtype=np.int64),
            weight=np.array([r[1] for r in rows]),
            from_h=np.array([r[2] for r in rows]),
            to_h=np.array([r[3] for r in rows]),
        )

    def _look(self, number: int) -> None:
        feeds = self._case.site_sections[number]
        fed = any(self._supply.is_fed(section) for section in feeds)
        site = self._sites.get(number)
        if site is None:
            if fed:
                return
            row = self._case.site_backup[number]
            stock = self._case.region.backups.process_autonomy_h[row] if row >= 0 else 0.0
            site = self._sites[number] = _Site(stock_h=float(stock))
        if fed == site.fed:
            return
        site.fed = fed
        if fed:
            self._note("site_feed_back", number, "grid")
            if site.backup is not None:
                site.backup.grid_back()
            self._serve(number, site, 1.0, "grid back")
            return
        site.cause = self._supply.cause_of(feeds[0])
        self._note("site_feed_lost", number, site.cause)
        if site.backup is None:
            site.backup = self._make_backup(number, site)
        if site.backup is None:
            self._serve(number, site, 0.0, site.cause)
        else:
            site.backup.grid_lost()
            if site.backup.served_share < site.served:
                self._serve(number, site, site.backup.served_share, site.cause)

    def _make_backup(self, number: int, site: _Site) -> SiteBackup | None:
        region, row = self._case.region, self._case.site_backup[number]
        load_kw = float(region.sites.load_mw[number]) * 1e3
        if row < 0 or load_kw <= 0.0:
            return None
        starts = bool(self._uniform[number] >= region.backups.start_failure_probability[row])

        def changed(_t_h: float, cause: str, share: float) -> None:
            reason = "grid back" if site.fed else f"{cause}, after {site.cause}"
            if cause in ("genset_failed", "fuel_empty"):
                self._note(cause, number, reason)
            self._serve(number, site, share, reason)

        return SiteBackup(
            self._env,
            region.backups,
            row,
            load_kw=load_kw,
            starts=starts,
            on_change=changed,
            order_fuel=lambda: self._order_fuel(number, site),
            # A tank smaller than the threshold would be ordered for without end.
            order_below_h=min(
                region.constants["genset_refuel_threshold_h"],
                0.5 * float(region.backups.fuel_h[row]),
            ),
        )

    def _order_fuel(self, number: int, site: _Site) -> None:
        self._note("fuel_ordered", number, site.cause)
        self._env.process(self._deliver(number, site))

    def _deliver(self, number: int, site: _Site) -> Generator[simpy.Event, Any, None]:
        case, response = self._case, self._response
        area = int(case.site_area[number])
        pool, home = response.pool("fuel", area)
        with pool.request(priority=0) as truck:
            yield truck
            travel_h = response.slowed(float(case.travel_h[home, area]), area)
            yield self._env.timeout(travel_h + case.region.constants["truck_load_h"])
            if site.backup is not None and site.backup.fill_tank() > 0.0:
                self._note("fuel_delivered", number, "ordered")
            yield self._env.timeout(float(case.travel_h[area, home]))

    def _serve(self, number: int, site: _Site, share: float, cause: str) -> None:
        """Electricity for the site is now ``share``; its stock bridges what is missing."""
        now = self._env.now
        if share == site.served:
            return
        self._move_stock(number, site, now)
        site.served = share
        site.emptied = None
        if share < 1.0 and site.stock_h > 0.0:
            # The stock covers what is missing, so it lasts longer when part is served.
            emptied = self._env.timeout(site.stock_h / (1.0 - share))
            site.emptied = emptied
            emptied.callbacks.append(lambda event: self._stock_empty(number, site, event, cause))
            self._miss(number, site, 0.0, cause)
        else:
            self._miss(number, site, 1.0 - share, cause)

    def _move_stock(self, number: int, site: _Site, now: float) -> None:
        row = self._case.site_backup[number]
        full = float(self._case.region.backups.process_autonomy_h[row]) if row >= 0 else 0.0
        passed = now - site.stock_at_h
        rate = full * self._refill_share if site.served >= 1.0 else -(1.0 - site.served)
        site.stock_h = min(max(site.stock_h + rate * passed, 0.0), full)
        site.stock_at_h = now

    def _stock_empty(self, number: int, site: _Site, event: simpy.Event, cause: str) -> None:
        if event is not site.emptied:
            return
        site.emptied = None
        self._move_stock(number, site, self._env.now)
        site.stock_h = 0.0
        self._note("stock_empty", number, cause)
        self._miss(number, site, 1.0 - site.served, cause)

    def _miss(self, number: int, site: _Site, missing: float, cause: str) -> None:
        if missing == site.missing:
            return
        had = site.missing
        self._close(number, site, self._env.now)
        site.missing, site.missing_from_h = missing, self._env.now
        if missing > had:
            self._note("site_lost" if missing >= 1.0 else "site_weakened", number, cause)
        else:
            self._note("site_back" if missing == 0.0 else "site_partly_back", number, cause)

    def _close(self, number: int, site: _Site, now: float) -> None:
        if site.missing > 0.0 and now > site.missing_from_h:
            self._closed.append((number, site.missing, site.missing_from_h, now))

    def _note(self, what: str, number: int, cause: str) -> None:
        sites = self._case.region.sites
        self._log(
            Event(
                t_h=self._env.now,
                what=what,
                asset_id=str(sites.site_id[number]),
                area_id=str(sites.area_id[number]),
                cause=cause,
            )
        )
