"""Crews, help from outside, spare parts, mobile units, fuel and roads between areas."""

import itertools
import math

from shapely.geometry.base import BaseGeometry

from data.region import Areas
from data.synthesis.areas import estimates
from data.synthesis.figures import numeric_rows
from data.synthesis.rows import provenance, read_input
from data.synthesis.stations import Rows

# Road over straight distance between centres, and mean speed (estimates). [km/h]
DETOUR = 1.3
SPEED_KMH = {"city": 25.0, "town": 45.0, "rural": 60.0}

# Borders shorter than this carry no road. [m]
SHORTEST_BORDER_M = 300.0

# Independent roads of a link, by its more rural end (estimate).
WAYS = {"city": 6, "town": 3, "rural": 2}
FROM_RURAL = ("rural", "town", "city")

SPARE_WORDS = ("part", "depot_id")


def depot_rows() -> Rows:
    """Depots with their crews or trucks."""
    return [
        {
            "depot_id": row["depot_id"],
            "name": row["name"],
            "skill": row["skill"],
            "area_id": row["area_id"],
            "crews": int(row["crews"]),
            **provenance(row["source"], row["origin"]),
        }
        for row in read_input("depots")
    ]


def aid_rows() -> Rows:
    """Crews that arrive during a crisis."""
    return [
        {
            "aid_id": row["aid_id"],
            "depot_id": row["depot_id"],
            "arrives_h": float(row["arrives_h"]),
            "crews": int(row["crews"]),
            **provenance(row["source"], row["origin"]),
        }
        for row in read_input("mutual_aid")
    ]


def fuel_depot_rows() -> Rows:
    """Terminals the tank trucks load at."""
    return numeric_rows("fuel_depots", ("depot_id", "site_id"))


def spare_rows() -> Rows:
    """Spare parts on stock."""
    return [{**row, "units": _whole(row["units"])} for row in numeric_rows("spares", SPARE_WORDS)]


def mobile_rows() -> Rows:
    """Gensets and substations on wheels."""
    rows = numeric_rows("mobile_units", ("unit_id", "kind", "depot_id"))
    return [{**row, "units": _whole(row["units"])} for row in rows]


def _whole(value: object) -> int:
    return int(float(str(value)))


def road_rows(areas: Areas, shapes: dict[str, BaseGeometry]) -> Rows:
    """One link for each pair of areas that share a border, and a few known ones."""
    rows: Rows = []
    ids = areas.area_id.tolist()
    for a, b in itertools.combinations(range(len(ids)), 2):
        border = shapes[ids[a]].intersection(shapes[ids[b]]).length
        if border < SHORTEST_BORDER_M:
            continue
        straight = math.hypot(areas.x_m[a] - areas.x_m[b], areas.y_m[a] - areas.y_m[b])
        km = max(straight / 1000 * DETOUR, 1.0)
        marks = provenance("synthetic: data/synthesis/resources.py; borders and centres", "E")
        rows.append(_road(areas, a, b, km, marks))
    for extra in read_input("extra_roads"):
        a, b = ids.index(extra["from_area_id"]), ids.index(extra["to_area_id"])
        marks = provenance(f"{extra['note']}; {extra['source']}", extra["origin"], "E")
        rows.append(_road(areas, a, b, float(extra["length_km"]), marks))
    return rows


def _road(areas: Areas, a: int, b: int, km: float, marks: dict[str, str]) -> dict[str, object]:
    hours = sum(km / 2 / SPEED_KMH[str(areas.settlement[end])] for end in (a, b))
    first, second = str(areas.area_id[a]), str(areas.area_id[b])
    settlements = [str(areas.settlement[end]) for end in (a, b)]
    judged = estimates()
    forest = sum(float(judged[area]["forest_share"]) for area in (first, second)) / 2
    return {
        "road_id": f"r_{first}_{second}",
        "from_area_id": first,
        "to_area_id": second,
        "length_km": round(km, 2),
        "travel_h": round(hours, 3),
        "ways": WAYS[min(settlements, key=FROM_RURAL.index)],
        "forest_share": round(forest, 3),
        **marks,
    }
