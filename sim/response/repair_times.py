"""How long repairs take, by whom, and which part they need.

Repair times are lognormal by component, with one standard normal number per asset whatever
the portfolio, so that a failure that stays takes the same time.
"""

from dataclasses import dataclass

import numpy as np

from data.tables import FloatArray, positions
from grid.security.scan_rates import line_component
from sim.case import Case
from sim.rng import stream

TRANSMISSION_KV = 200.0
"""Transformers from here up take the larger spare."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """What a repair takes.

    Attributes
    ----------
    hours : float
        Of work, without a part. [h]
    skill : str
        Skill of the crew.
    part : str
        Spare part it takes, or empty.
    rating_mva : float
        Of a transformer a mobile substation might stand in for; 0 for anything else. [MVA]
    """

    hours: float
    skill: str
    part: str = ""
    rating_mva: float = 0.0


class RepairTimes:
    """Repairs of one course.

    Parameters
    ----------
    case : Case
    seed, replication : int
    """

    def __init__(self, case: Case, seed: int, replication: int) -> None:
        self._case = case
        self._key = (seed, replication)
        self._normals: dict[str, FloatArray] = {}
        self._row = {name: at for at, name in enumerate(case.region.reliability.component.tolist())}

    def section(self, section: int) -> Repair:
        """Repair of a feeder section; one with any overhead line is repaired as a line."""
        overhead = self._case.region.sections.overhead_km[section] > 0.0
        component = "overhead_mv" if overhead else "cable_mv"
        return self._draw(
            component, self._normal("sections", section, len(self._case.region.sections))
        )

    def substation(self, substation: int) -> Repair:
        """Repair of a substation after wind."""
        return self._draw(
            "substation_wind",
            self._normal("substations", substation, len(self._case.region.substations)),
        )

    def line(self, line: int) -> Repair:
        """Repair of a line or cable of the meshed grid."""
        region = self._case.region
        at = positions(region.buses.bus_id, region.lines.from_bus_id[line : line + 1])[0]
        overhead = str(region.lines.kind[line]) == "overhead"
        component = line_component(float(region.buses.vn_kv[at]), is_overhead=overhead)
        return self._draw(component, self._normal("lines", line, len(region.lines)))

    def trafo(self, trafo: int) -> Repair:
        """Repair of a transformer of the meshed grid."""
        region = self._case.region
        at = positions(region.buses.bus_id, region.trafos.hv_bus_id[trafo : trafo + 1])[0]
        large = float(region.buses.vn_kv[at]) >= TRANSMISSION_KV
        component = "power_transformer_300_420" if large else "power_transformer"
        return self._draw(
            component,
            self._normal("trafos", trafo, len(region.trafos)),
            rating_mva=float(region.trafos.rating_mva[trafo]),
        )

    def road(self, way: int, ways: int) -> float:
        """Hours to clear a way of a road link. [h]."""
        return self._draw("road_clearing", self._normal("roads", way, ways)).hours

    def _normal(self, kind: str, asset: int, count: int) -> float:
        """Return an asset's number; a kind's stream is drawn whole when the first of it fails."""
        numbers = self._normals.get(kind)
        if numbers is None:
            numbers = stream(*self._key, "repair", kind).standard_normal(count)
            self._normals[kind] = numbers
        return float(numbers[asset])

    def _draw(self, component: str, normal: float, rating_mva: float = 0.0) -> Repair:
        """Lognormal with the component's mean and coefficient of variation."""
        table = self._case.region.reliability
        at = self._row[component]
        variance = float(np.log1p(table.repair_cv[at] ** 2))
        hours = table.repair_mean_h[at] * np.exp(np.sqrt(variance) * normal - 0.5 * variance)
        return Repair(
            hours=float(hours),
            skill=str(table.skill[at]),
            part=str(table.part[at]),
            rating_mva=rating_mva,
        )
