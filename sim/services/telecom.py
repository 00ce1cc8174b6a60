"""Telephone: base stations on batteries, routes to core sites, and Nødnett beside them.

What people and sites have of the public network is the less of two things: base stations
with power around them, and a route that works from the area to a core site. Nødnett has
stations of its own with longer batteries, and keeps its own core.
"""

from collections.abc import Sequence

import simpy

from sim.case import Case
from sim.dependencies.levels import Levels
from sim.event_log import EventLog
from sim.services.area_levels import AreaLevels
from sim.services.section_stores import SectionStores
from sim.services.stores import NODNETT, NODNETT_LONG, REINFORCED, TELECOM


class Telecom:
    """Public network and Nødnett of one course.

    Parameters
    ----------
    env : simpy.Environment
    case : Case
    levels : Levels
    stores : SectionStores
    areas : AreaLevels
    log : EventLog
    """

    def __init__(
        self,
        env: simpy.Environment,
        case: Case,
        *,
        levels: Levels,
        stores: SectionStores,
        areas: AreaLevels,
        log: EventLog,
    ) -> None:
        self._env = env
        self._case = case
        self._levels = levels
        self._stores = stores
        self._areas = areas
        self._log = log
        self._struck: dict[tuple[str, int], dict[int, float]] = {}

    def stations_changed(self, kind: int, area: int, sections: Sequence[int], because: int) -> None:
        """Take note that base stations of some sections went out or came back."""
        service = "telecom" if kind in (TELECOM, REINFORCED) else "nodnett"
        for section in sections:
            for site in self._case.services.home_sites.get(section, ()):
                self._set_site(service, site, section, area, because)

    def _set_site(self, service: str, site: int, section: int, area: int, because: int) -> None:
        pair = (TELECOM, REINFORCED) if service == "telecom" else (NODNETT, NODNETT_LONG)
        level = self._struck_level(service, area)
        for kind in pair:
            share = float(self._case.services.store_kinds[kind].share[area])
            level -= share * self._stores.out_share(kind, section)
        self._levels.set_own(
            self._case.services.site_nodes[service][site], min(max(level, 0.0), 1.0), because
        )

    def strike(self, service: str, area: int, hazard: int, level: float, because: int) -> None:
        """Let a hazard leave an area only so much of a network; 1 ends it."""
        struck = self._struck.setdefault((service, area), {})
        if level < 1.0:
            struck[hazard] = level
        else:
            struck.pop(hazard, None)
        now = self._env.now
        level = self._struck_level(service, area)
        self._areas.set(now, f"{service}_struck", area, level, because)
        for site in self._case.services.area_sites[area]:
            section = self._case.site_sections[site][0]
            self._set_site(service, site, section, area, because)

    def _struck_level(self, service: str, area: int) -> float:
        return min(self._struck.get((service, area), {}).values(), default=1.0)

    def up(self, service: str, area: int) -> float:
        """Share of an area's people whose network works now, ``telecom`` or ``nodnett``."""
        pair = (TELECOM, REINFORCED) if service == "telecom" else (NODNETT, NODNETT_LONG)
        lost = self._stores.lost[pair[0]][area] + self._stores.lost[pair[1]][area]
        have = 1.0 - lost / float(self._case.population[area]) if lost > 0.0 else 1.0
        if self._struck:
            have *= self._struck_level(service, area)
        if service == "telecom":
            have *= self._levels.level(self._case.services.area_nodes["backhaul"][area])
        return max(have, 0.0)

    def coordination(self, area: int) -> float:
        """Share of crews in an area who can be reached, by public network or Nødnett.

        Crews with a Nødnett terminal (the constant ``crews_on_nodnett``) use it when the
        public network is out. Outside the areas (-1) everybody is reached.
        """
        if area < 0:
            return 1.0
        public = self.up("telecom", area)
        if public >= 1.0:
            return 1.0
        tetra = self._case.services.crews_on_nodnett * self.up("nodnett", area)
        return public + (1.0 - public) * tetra
