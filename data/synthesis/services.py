"""Telecom, water, homes and district heating of the areas."""

from data.region import Areas
from data.synthesis.areas import estimates
from data.synthesis.rows import apportion, provenance, read_input
from data.synthesis.stations import Rows

# Base stations: 10 000 in Norway (preparedness_rules) for 5.4 million people and
# 324 000 km2; split between people and land is an estimate.
STATIONS_PER_PERSON = 1.3e-3
STATIONS_PER_KM2 = 0.01

# Battery hours in urban areas of 20 000 or more inhabitants, and elsewhere
# (preparedness_rules: 2 h and 4 h).
BATTERY_H = {"city": 2.0, "town": 2.0, "rural": 4.0}

# One reinforced area a municipality with this many stations (estimate); Oslo's is Sentrum.
REINFORCED_STATIONS = 3
OSLO_REINFORCED = "030116"
REINFORCED_H = 72.0
RESTART_H = 0.5

# Local water tanks (estimate). [h]
LOCAL_TANK_H = {"city": 6.0, "town": 8.0, "rural": 12.0}

# Hours for 63 % of the fall to outdoor temperature, share with a wood stove (estimates).
DWELLING_CLASSES = {
    "detached_old": (45.0, 0.75),
    "detached_new": (90.0, 0.6),
    "apartment": (110.0, 0.12),
}


def telecom_rows(areas: Areas) -> Rows:
    """List base stations and their batteries."""
    rows: Rows = []
    for at, area in enumerate(areas.area_id.tolist()):
        stations = round(
            areas.population[at] * STATIONS_PER_PERSON
            + areas.land_area_km2[at] * STATIONS_PER_KM2
            + 1
        )
        one_of_its_own = areas.kind[at] == "municipality" or area == OSLO_REINFORCED
        reinforced = min(REINFORCED_STATIONS / stations, 1.0) if one_of_its_own else 0.0
        rows.append(
            {
                "area_id": area,
                "base_stations": stations,
                "battery_h": BATTERY_H[str(areas.settlement[at])],
                "reinforced_share": round(reinforced, 4),
                "reinforced_h": REINFORCED_H,
                "restart_h": RESTART_H,
                **provenance(
                    "battery 2 h / 4 h and reinforced 72 h: Nkom (preparedness_rules); number of "
                    "stations, one reinforced area per municipality: estimate",
                    "S+E",
                ),
            }
        )
    return rows


def water_rows(areas: Areas) -> Rows:
    """Pumped zones and local tanks."""
    judged = estimates()
    return [
        {
            "area_id": area,
            "pumped_share": float(judged[area]["pumped_share"]),
            "local_tank_h": LOCAL_TANK_H[settlement],
            **provenance("estimate: terrain and type of area", "E"),
        }
        for area, settlement in zip(areas.area_id.tolist(), areas.settlement.tolist(), strict=True)
    ]


def dwelling_rows(areas: Areas) -> Rows:
    """Homes by class."""
    judged = estimates()
    rows: Rows = []
    for area in areas.area_id.tolist():
        old = float(judged[area]["detached_old_share"])
        new = float(judged[area]["detached_new_share"])
        share = {"detached_old": old, "detached_new": new, "apartment": round(1 - old - new, 6)}
        rows += [
            {
                "area_id": area,
                "dwelling_class": name,
                "share": share[name],
                "time_constant_h": hours,
                "stove_share": stove,
                **provenance("estimate: type of area; time constant by class", "E"),
            }
            for name, (hours, stove) in DWELLING_CLASSES.items()
        ]
    return rows


# Areas a system reaches, and the site it hangs on (names of areas: district_heat input).
SYSTEM_AREAS = {
    "oslofjord_varme": ("3201",),
    "akershus_lillestrom": ("3205", "3224"),
    "gardermoen": ("3209",),
    "as_nmbu": ("3218",),
    "ahus_lorenskog": ("3222",),
}
OSLO_SYSTEM = "celsio_oslo"
OSLO_SITE = "e1"

# Electricity that pumps and auxiliaries of a heat central need, part of heat peak
# (measures_costs: 1-2 kW per 100 kW heat).
AUXILIARY_SHARE = 0.015


def heat_site(system: str) -> str:
    """Site a district heating system hangs on."""
    return OSLO_SITE if system == OSLO_SYSTEM else f"heat_{system}"


def heat_rows(areas: Areas) -> tuple[Rows, Rows]:
    """District heating systems and the homes they heat."""
    judged = estimates()
    systems: Rows = []
    supply: Rows = []
    oslo = tuple(areas.area_id[areas.kind == "borough"].tolist())
    for row in read_input("district_heat"):
        system = row["id"]
        marks = provenance(row["source"], row["origin"])
        systems.append(
            {
                "system_id": system,
                "name": row["name"],
                "site_id": heat_site(system),
                "heat_supplied_gwh": float(row["heat_supplied_gwh"]),
                "peak_mw": float(row["peak_mw"]),
                "electricity_input_gwh": float(row["electricity_input_gwh"]),
                **marks,
            }
        )
        for area in oslo if system == OSLO_SYSTEM else SYSTEM_AREAS[system]:
            supply.append(
                {
                    "system_id": system,
                    "area_id": area,
                    "dwelling_share": float(judged[area]["district_heat_share"]),
                    **provenance("estimate: share of homes by type of area", "E"),
                }
            )
    return systems, supply


def by_population(areas: Areas, total_kw: int, rows: list[int]) -> list[float]:
    """Split a load over areas by population, in whole kilowatts [MW]."""
    kilowatts = apportion(areas.population[rows].astype(float), total_kw)
    return [int(kw) / 1000 for kw in kilowatts]
