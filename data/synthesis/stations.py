"""Transmission stations, lines and the power that enters from outside."""

import math

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from data.synthesis.geometry import MARKA, project_rows
from data.synthesis.rows import provenance, read_input, synthetic

# Not confirmed in service, and without a line in the sources.
LEFT_OUT = ("liasen",)

# Line constants by voltage, kind: r, x [ohm/km], c [nF/km] (estimates: usual bundles).
CONSTANTS = {
    (420.0, "overhead"): (0.018, 0.29, 12.5),
    (420.0, "cable"): (0.012, 0.15, 200.0),
    (300.0, "overhead"): (0.03, 0.32, 11.5),
    (300.0, "cable"): (0.02, 0.16, 200.0),
    (132.0, "overhead"): (0.06, 0.38, 9.5),
    (132.0, "cable"): (0.03, 0.12, 230.0),
    (47.0, "cable"): (0.03, 0.11, 350.0),
}

# Transformer between transmission voltages: rating and impedance (estimates).
TIE_VK_PERCENT = 14.0
TIE_VKR_PERCENT = 0.25

# Power that can enter at each outer station [MW] and its part of what is needed.
# Estimate: the sum, 6 GW, is the upper end of the planning limit of 5.5-6 GW for Oslo,
# Akershus and Østfold (peak of 5 500 MW in 2022, statnett.no). The parts are chosen so
# that at the dimensioning temperature no element exceeds its rating after any single
# outage; the northern lines that end inside Oslo carry most of the power.
SUPPLIES = {
    "usta": (900, 0.16),
    "dagali": (720, 0.12),
    "nore": (400, 0.04),
    "kvilldal": (450, 0.04),
    "hemsil2": (700, 0.14),
    "nes_hd": (600, 0.095),
    "faberg": (1200, 0.24),
    "rod": (300, 0.04),
    "borgvik": (250, 0.04),
    "halden": (250, 0.045),
    "tveiten": (230, 0.04),
}

# Forest along lines in the region; lines far outside are not exposed to its weather.
FOREST_SHARE = {"overhead": 0.55, "cable": 0.0, "sea_cable": 0.0}

# A line more than this from every area is outside the region's weather. [m]
EXPOSURE_LIMIT_M = 8_000.0

Rows = list[dict[str, object]]


def station_rows() -> Rows:
    """Stations of the transmission grid."""
    source = [row for row in read_input("transmission_stations") if row["id"] not in LEFT_OUT]
    return [
        {
            "station_id": row["id"],
            "name": row["name"],
            "in_region": row["in_region"] == "1",
            "x_m": float(point[0]),
            "y_m": float(point[1]),
            **provenance(row["source"], row["origin"]),
        }
        for row, point in zip(source, project_rows(source), strict=True)
    ]


def bus_id(station: str, vn_kv: float) -> str:
    """Bus of a station at a voltage."""
    return f"{station}_{vn_kv:.0f}"


def _levels() -> dict[str, set[float]]:
    """Voltages that lines of the transmission grid reach each station at."""
    levels: dict[str, set[float]] = {}
    for row in read_input("transmission_lines"):
        for end in ("from_id", "to_id"):
            kv = [420.0, 300.0] if row["type"] == "transformer" else [_line_kv(row)]
            levels.setdefault(row[end], set()).update(kv)
    return levels


def _line_kv(row: dict[str, str]) -> float:
    # The Swedish 400 kV line is joined to the 420 kV bus.
    return 300.0 if row["voltage_kv"] == "300" else 420.0


def top_bus(station: str) -> str:
    """Bus the regional grid of a station is fed from: 300 kV if there is one."""
    return bus_id(station, min(_levels()[station]))


def bus_rows(stations: Rows) -> Rows:
    """One bus per station and voltage."""
    levels = _levels()
    return [
        {
            "bus_id": bus_id(str(station["station_id"]), kv),
            "vn_kv": kv,
            "kind": "transmission",
            "x_m": station["x_m"],
            "y_m": station["y_m"],
            "source": station["source"],
            "quality": station["quality"],
            "origin": station["origin"],
        }
        for station in stations
        for kv in sorted(levels.get(str(station["station_id"]), set()), reverse=True)
    ]


def line_rows(stations: Rows, shapes: dict[str, BaseGeometry]) -> Rows:
    """One row per circuit."""
    place = {str(s["station_id"]): (float(str(s["x_m"])), float(str(s["y_m"]))) for s in stations}
    rows: Rows = []
    for row in read_input("transmission_lines"):
        if row["type"] == "transformer":
            continue
        kv = _line_kv(row)
        kind = _line_kind(row["type"])
        constants = CONSTANTS[kv, "cable" if kind == "cable" else "overhead"]
        exposed = ""
        if kind == "overhead":
            exposed = exposure_area(place[row["from_id"]], place[row["to_id"]], shapes)
        for circuit in range(1, int(row["circuits"]) + 1):
            rows.append(
                {
                    "line_id": f"{row['id']}_{circuit}",
                    "from_bus_id": bus_id(row["from_id"], kv),
                    "to_bus_id": bus_id(row["to_id"], kv),
                    "kind": kind,
                    "length_km": float(row["length_km"]),
                    **_electric(constants),
                    "rating_mva": float(row["rating_mva"]),
                    "forest_share": FOREST_SHARE[kind],
                    "exposure_area_id": exposed,
                    **provenance(row["source"] + "; r, x, c: usual values", row["origin"], "E"),
                }
            )
    return rows


def _electric(constants: tuple[float, float, float]) -> dict[str, float]:
    return dict(zip(("r_ohm_per_km", "x_ohm_per_km", "c_nf_per_km"), constants, strict=True))


def line_constants(kv: float, kind: str) -> dict[str, float]:
    """Columns r, x and c of a line by its voltage and kind."""
    return _electric(CONSTANTS[kv, kind])


def _line_kind(text: str) -> str:
    if text.startswith("cable"):
        return "cable"
    return "sea_cable" if "sea cable" in text else "overhead"


def exposure_area(
    start: tuple[float, float], end: tuple[float, float], shapes: dict[str, BaseGeometry]
) -> str:
    """Area whose weather a line meets: nearest to its middle, "" when far outside."""
    middle = shapely.Point((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
    distance = {a: float(s.distance(middle)) for a, s in shapes.items() if a != MARKA}
    nearest = min(distance, key=lambda area: (distance[area], area))
    return nearest if distance[nearest] <= EXPOSURE_LIMIT_M else ""


def tie_rows() -> Rows:
    """List transformers between 420 and 300 kV."""
    return [
        {
            "trafo_id": f"{row['id']}_{unit}",
            "hv_bus_id": bus_id(row["from_id"], 420),
            "lv_bus_id": bus_id(row["to_id"], 300),
            "rating_mva": float(row["rating_mva"]),
            "vk_percent": TIE_VK_PERCENT,
            "vkr_percent": TIE_VKR_PERCENT,
            **provenance(row["source"], row["origin"]),
        }
        for row in read_input("transmission_lines")
        if row["type"] == "transformer"
        for unit in range(1, int(row["circuits"]) + 1)
    ]


def supply_rows() -> Rows:
    """Where power enters, and how it is shared."""
    levels = _levels()
    return [
        {
            "supply_id": f"supply_{station}",
            "bus_id": bus_id(station, max(levels[station])),
            "p_max_mw": float(mw),
            "share": share,
            **synthetic("stations", "secure import of about 6 GW split over outer stations"),
        }
        for station, (mw, share) in SUPPLIES.items()
    ]


def distance_km(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Straight distance between two points in metres [km]."""
    return math.hypot(a[0] - b[0], a[1] - b[1]) / 1000


def nearest_index(point: tuple[float, float], points: np.ndarray) -> np.ndarray:
    """List indices of points in order of distance from a point; ties by index."""
    away = np.hypot(points[:, 0] - point[0], points[:, 1] - point[1])
    return np.argsort(away, kind="stable")
