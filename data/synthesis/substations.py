"""Primary substations and the regional grid that ties them to transmission stations."""

import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from shapely.geometry.base import BaseGeometry

from data.synthesis.areas import OSLO, estimates
from data.synthesis.geometry import area_of_place, project_rows
from data.synthesis.rows import apportion, read_input, synthetic
from data.synthesis.stations import (
    Rows,
    distance_km,
    exposure_area,
    line_constants,
    nearest_index,
    top_bus,
)

# Weight of a kind of place when substations are placed and loaded (estimates).
PLACE_WEIGHT = {
    "town": 10.0,
    "village": 4.0,
    "neighbourhood": 4.0,
    "hamlet": 1.0,
    "lake_shore": 0.3,
    "forest": 0.1,
}

# Regional voltage under each station (estimate after grid_substations secondary_kV:
# 47 kV cable rings under the inner Oslo stations, 132 kV elsewhere). [kV]
INNER_OSLO = ("smestad", "sogn", "ulven", "furuset")
REGIONAL_KV = {True: 47.0, False: 132.0}

# How much farther a substation may be from a station and still hang on it, so that no
# station and none of the lines to it carries too much (estimate). [km]
REACH_KM = {
    "hamang": 3.0,
    "sogn": -0.3,
    "ulven": -1.2,
    "furuset": 0.7,
    "roykas": 1.5,
    "follo": 5.0,
}

# Areas whose substations hang on one station whatever the distance: no crossing of the
# fjord, and Hadeland from the west as today's grid areas suggest (estimate).
STATION_OF_AREA = {
    "3203": "hamang",
    "3212": "follo",
    "3214": "follo",
    "3234": "ringerike",
    "3236": "ringerike",
}

# Substations in one ring, at most (estimate).
RING_SIZE = {47.0: 2, 132.0: 3}

# Route length over straight line (estimate).
DETOUR = 1.25

# Room above the worst single outage at the dimensioning temperature (estimate).
MARGIN = 1.1
COS_PHI = 0.98

# Standard ratings. [MVA]
STATION_TRAFO_MVA = {132.0: 300.0, 47.0: 160.0}
SUBSTATION_TRAFO_MVA = (16.0, 20.0, 25.0, 31.5, 40.0, 50.0, 63.0, 80.0, 100.0, 125.0, 160.0)
LINE_MVA = {
    132.0: (100.0, 150.0, 200.0, 250.0, 300.0, 350.0, 400.0, 500.0),
    47.0: (40.0, 63.0, 80.0, 100.0, 125.0, 160.0, 200.0, 250.0, 315.0),
}
STATION_VK_PERCENT = {132.0: (12.0, 0.3), 47.0: (12.0, 0.35)}
SUBSTATION_VK_PERCENT = (10.0, 0.4)

# An area without a substation of its own is fed from this many nearest ones.
FOREIGN_FEEDS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A substation with its place and the share of each area it feeds."""

    substation_id: str
    name: str
    area_id: str
    station_id: str
    point: tuple[float, float]
    shares: dict[str, float]
    load_mw: float


def place_substations(peak_mw: dict[str, float], stations: Rows) -> list[Placed]:
    """Place the known number of substations in each municipality, at its places.

    The first goes to the heaviest place; each next to the place with the largest
    product of weight and distance to those before. Oslo's number is split over the
    boroughs by peak demand, at least one each.

    Parameters
    ----------
    peak_mw : dict
        Peak of each area at the dimensioning temperature. [MW]
    stations : list of dict
        Transmission stations.
    """
    counts = _counts(peak_mw)
    places = read_input("places")
    points = project_rows(places)
    outside = set(STATION_OF_AREA.values())
    feeding = [s for s in stations if s["in_region"] or s["station_id"] in outside]
    found: list[tuple[str, str, tuple[float, float], float]] = []
    for area in sorted(counts):
        rows = [at for at, place in enumerate(places) if area_of_place(place) == area]
        weights = np.array([PLACE_WEIGHT[places[at]["kind"]] for at in rows])
        for at in _spread_out(points[rows], weights, counts[area]):
            x_m, y_m = points[rows[at]]
            found.append((area, places[rows[at]]["place"], (x_m, y_m), math.sqrt(weights[at])))
    shares = _area_shares(found, peak_mw)
    placed = []
    for number, (area, name, point, _) in enumerate(found):
        own = shares[number]
        placed.append(
            Placed(
                substation_id=f"s{number + 1:03d}",
                name=f"{name} (synthetic)",
                area_id=area,
                station_id=_station_of(area, point, feeding),
                point=point,
                shares=own,
                load_mw=sum(share * peak_mw[a] for a, share in own.items()),
            )
        )
    return placed


def _station_of(area: str, point: tuple[float, float], feeding: Rows) -> str:
    """Station with the shortest distance less its reach; ties by identifier.

    The 47 kV cables of the inner Oslo stations stay inside Oslo.
    """
    if area in STATION_OF_AREA:
        return STATION_OF_AREA[area]
    in_oslo = estimates()[area]["settlement"] == "city"
    away = {
        str(s["station_id"]): distance_km(point, (float(str(s["x_m"])), float(str(s["y_m"]))))
        - REACH_KM.get(str(s["station_id"]), 0.0)
        for s in feeding
        if s["in_region"] and (in_oslo or s["station_id"] not in INNER_OSLO)
    }
    return min(away, key=lambda station: (away[station], station))


def _counts(peak_mw: dict[str, float]) -> dict[str, int]:
    judged = estimates()
    counts = {r["kommunenummer"]: int(r["hv_mv_stations"]) for r in read_input("substation_counts")}
    boroughs = sorted(area for area, row in judged.items() if row["settlement"] == "city")
    total = counts.pop(OSLO)
    extra = apportion([peak_mw[area] for area in boroughs], total - len(boroughs))
    counts.update({area: 1 + int(more) for area, more in zip(boroughs, extra, strict=True)})
    return counts


def _spread_out(points: np.ndarray, weights: np.ndarray, count: int) -> list[int]:
    chosen: list[int] = []
    away = np.full(len(points), np.inf)
    for _ in range(count):
        worth = weights if not chosen else weights * away
        best = int(np.argmax(np.where(np.isin(np.arange(len(points)), chosen), -1.0, worth)))
        chosen.append(best)
        step = np.hypot(*(points - points[best]).T)
        away = np.minimum(away, step)
    return chosen


def _area_shares(
    found: list[tuple[str, str, tuple[float, float], float]], peak_mw: dict[str, float]
) -> list[dict[str, float]]:
    shares: list[dict[str, float]] = [{} for _ in found]
    points = np.array([point for _, _, point, _ in found])
    centres = {row["kommunenummer"]: row for row in read_input("municipalities")}
    for area in sorted(peak_mw):
        own = [at for at, row in enumerate(found) if row[0] == area]
        if not own:
            row = centres[area]
            centre = project_rows([{"lat": row["centre_lat"], "lon": row["centre_lon"]}])[0]
            own = nearest_index((centre[0], centre[1]), points)[:FOREIGN_FEEDS].tolist()
        total = sum(found[at][3] for at in own)
        for at in own:
            shares[at][area] = found[at][3] / total
    return shares


def _standard(sizes: tuple[float, ...], needed: float) -> float:
    for size in sizes:
        if size >= needed:
            return size
    return math.ceil(needed / 50.0) * 50.0


def regional_kv(station: str) -> float:
    """Voltage of the regional grid under a station [kV]."""
    return REGIONAL_KV[station in INNER_OSLO]


def regional_bus(station: str) -> str:
    """Regional bus of a station."""
    return f"{station}_r"


def rings(placed: list[Placed], station: tuple[float, float]) -> list[list[int]]:
    """Group a station's substations by bearing into rings, each in its shortest order.

    Parameters
    ----------
    placed : list of Placed
        Substations of one station.
    station : tuple of float
        Where the rings start and end. [m]

    Returns
    -------
    list of list of int
        Positions in ``placed``.
    """
    if not placed:
        return []
    size = RING_SIZE[regional_kv(placed[0].station_id)]
    bearing = [math.atan2(p.point[1] - station[1], p.point[0] - station[0]) for p in placed]
    order = sorted(range(len(placed)), key=lambda at: (bearing[at], placed[at].substation_id))
    count = math.ceil(len(order) / size)
    groups = [part.tolist() for part in np.array_split(np.array(order), count)]

    def length(path: Iterable[int]) -> float:
        stops = [station, *(placed[at].point for at in path), station]
        return sum(distance_km(a, b) for a, b in itertools.pairwise(stops))

    return [list(min(itertools.permutations(group), key=length)) for group in groups]


def grid_rows(
    placed: list[Placed], stations: Rows, shapes: dict[str, BaseGeometry]
) -> tuple[Rows, Rows, Rows, Rows]:
    """Substations, buses, lines and transformers of the regional grid.

    Every rating is the next standard size above the worst flow after any single
    outage at the dimensioning temperature times ``MARGIN``: the whole ring through
    one end, the station's load through all transformers but one.

    Returns
    -------
    tuple of list of dict
        Rows of substations, buses, lines and trafos.
    """
    substations: Rows = []
    buses: Rows = []
    lines: Rows = []
    trafos: Rows = []
    for station in stations:
        name = str(station["station_id"])
        point = (float(str(station["x_m"])), float(str(station["y_m"])))
        own = [p for p in placed if p.station_id == name]
        if not own:
            continue
        kv = regional_kv(name)
        load = sum(p.load_mw for p in own) / COS_PHI * MARGIN
        buses.append(_bus(regional_bus(name), kv, "regional", point))
        trafos += _station_trafos(name, kv, load)
        for p in own:
            hv, mv = f"{p.substation_id}_hv", f"{p.substation_id}_mv"
            buses.append(_bus(hv, kv, "substation_hv", p.point))
            mv_kv = 11.0 if estimates()[p.area_id]["settlement"] == "city" else 22.0
            buses.append(_bus(mv, mv_kv, "substation_mv", p.point))
            trafos += _substation_trafos(p, hv, mv)
            substations.append(_substation(p, hv, mv))
        for number, ring in enumerate(rings(own, point), start=1):
            lines += _ring_lines(f"{name}_ring{number}", [own[at] for at in ring], point, shapes)
    return substations, buses, lines, trafos


def _bus(bus: str, kv: float, kind: str, point: tuple[float, float]) -> dict[str, object]:
    basis = "number of stations per municipality, places"
    return {
        "bus_id": bus,
        "vn_kv": kv,
        "kind": kind,
        "x_m": point[0],
        "y_m": point[1],
        **synthetic("substations", basis),
    }


def _substation(placed: Placed, hv: str, mv: str) -> dict[str, object]:
    return {
        "substation_id": placed.substation_id,
        "name": placed.name,
        "area_id": placed.area_id,
        "station_id": placed.station_id,
        "hv_bus_id": hv,
        "mv_bus_id": mv,
        "x_m": placed.point[0],
        "y_m": placed.point[1],
        "synthetic": True,
        **synthetic("substations", "number of stations per municipality, places"),
    }


def _station_trafos(station: str, kv: float, load_mva: float) -> Rows:
    size = STATION_TRAFO_MVA[kv]
    units = max(2, math.ceil(load_mva / size) + 1)
    vk, vkr = STATION_VK_PERCENT[kv]
    return [
        {
            "trafo_id": f"{station}_t{unit}",
            "hv_bus_id": top_bus(station),
            "lv_bus_id": regional_bus(station),
            "rating_mva": size,
            "vk_percent": vk,
            "vkr_percent": vkr,
            **synthetic("substations", "load of the station, one transformer to spare"),
        }
        for unit in range(1, units + 1)
    ]


def _substation_trafos(placed: Placed, hv: str, mv: str) -> Rows:
    vk, vkr = SUBSTATION_VK_PERCENT
    return [
        {
            "trafo_id": f"{placed.substation_id}_t{unit}",
            "hv_bus_id": hv,
            "lv_bus_id": mv,
            "rating_mva": _standard(SUBSTATION_TRAFO_MVA, placed.load_mw / COS_PHI * MARGIN),
            "vk_percent": vk,
            "vkr_percent": vkr,
            **synthetic("substations", "load of the substation, one transformer to spare"),
        }
        for unit in (1, 2)
    ]


def _ring_lines(
    ring: str, stops: list[Placed], station: tuple[float, float], shapes: dict[str, BaseGeometry]
) -> Rows:
    name = stops[0].station_id
    kv = regional_kv(name)
    kind = "cable" if kv < 100 else "overhead"  # noqa: PLR2004 -- 47 kV or 132 kV
    ends = [(regional_bus(name), station)]
    ends += [(f"{p.substation_id}_hv", p.point) for p in stops]
    ends.append(ends[0])
    needed = sum(p.load_mw for p in stops) / COS_PHI * MARGIN
    rows: Rows = []
    judged = estimates()
    for number, ((a, start), (b, end)) in enumerate(itertools.pairwise(ends), start=1):
        area = exposure_area(start, end, shapes) if kind == "overhead" else ""
        rows.append(
            {
                "line_id": f"{ring}_{number}",
                "from_bus_id": a,
                "to_bus_id": b,
                "kind": kind,
                "length_km": round(max(distance_km(start, end) * DETOUR, 0.5), 2),
                **line_constants(kv, kind),
                "rating_mva": _standard(LINE_MVA[kv], needed),
                "forest_share": float(judged[area]["forest_share"]) if area else 0.0,
                "exposure_area_id": area,
                **synthetic("substations", "ring from the nearest transmission station"),
            }
        )
    return rows
