"""Telecom, water, homes and district heating of the areas."""

import numpy as np

from data.region import Areas
from data.synthesis.areas import estimates
from data.synthesis.figures import numeric_rows
from data.synthesis.rows import apportion, provenance, read_input, synthetic
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

# Hours until an empty battery is full again (estimate).
RECHARGE_H = 10.0

# Nødnett: at least 8 h on every station, 48 h on some (preparedness_rules); 15 % is a
# planning figure recalled.
NODNETT_H, NODNETT_LONG_H, NODNETT_LONG_SHARE = 8.0, 48.0, 0.15

# Two routes an area, one to each core, and hours to splice a cut one (estimates).
ROUTE_REPAIR_H = 8.0

# Local water tanks (estimate). [h]
LOCAL_TANK_H = {"city": 6.0, "town": 8.0, "rural": 12.0}

# Hours from empty to full, when pumps run again (estimate). [h]
TANK_REFILL_H = 4.0

# Share of people whose sewage is pumped, and how long a sump holds (estimates).
SEWAGE_PUMPED_SHARE = {"city": 0.1, "town": 0.3, "rural": 0.4}
SEWAGE_SUMP_H = 1.5

# Persons who get water by tank (Oslo: preparedness_rules; others estimate), and when. [h]
OSLO_EMERGENCY_WATER = 20_000
EMERGENCY_WATER_SHARE = 0.03
EMERGENCY_WATER_H = 6.0

WATER_KINDS = ("water_works", "water_works_local")

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
                "nodnett_h": NODNETT_H,
                "nodnett_long_share": NODNETT_LONG_SHARE,
                "nodnett_long_h": NODNETT_LONG_H,
                "recharge_h": RECHARGE_H,
                "restart_h": RESTART_H,
                **provenance(
                    "battery 2 h / 4 h and reinforced 72 h: Nkom; Nødnett 8 / 48 h: DNK "
                    "(preparedness_rules); number of stations, one reinforced area per "
                    "municipality, recharge and restart: estimate",
                    "S+K+E",
                ),
            }
        )
    return rows


def route_rows(areas: Areas, cores: list[str]) -> Rows:
    """Routes from the base stations of each area to each core site."""
    return [
        {
            "route_id": f"fibre_{area}_{number}",
            "area_id": area,
            "core_site_id": core,
            "repair_h": ROUTE_REPAIR_H,
            **synthetic("services", "two separate routes an area, one to each core site"),
        }
        for area in areas.area_id.tolist()
        for number, core in enumerate(cores, start=1)
    ]


def water_rows(areas: Areas) -> Rows:
    """Pumped zones with local tanks, pumped sewage, emergency water."""
    judged = estimates()
    oslo = np.flatnonzero(areas.kind == "borough").tolist()
    split = apportion(areas.population[oslo].astype(float), OSLO_EMERGENCY_WATER)
    emergency = dict(zip(areas.area_id[oslo].tolist(), split.tolist(), strict=True))
    rows: Rows = []
    for at, area in enumerate(areas.area_id.tolist()):
        settlement = str(areas.settlement[at])
        others = round(float(areas.population[at]) * EMERGENCY_WATER_SHARE)
        rows.append(
            {
                "area_id": area,
                "pumped_share": float(judged[area]["pumped_share"]),
                "local_tank_h": LOCAL_TANK_H[settlement],
                "tank_refill_h": TANK_REFILL_H,
                "sewage_pumped_share": SEWAGE_PUMPED_SHARE[settlement],
                "sewage_sump_h": SEWAGE_SUMP_H,
                "emergency_water_persons": emergency.get(area, others),
                "emergency_water_ready_h": EMERGENCY_WATER_H,
                **provenance(
                    "estimate: terrain and type of area; emergency water of Oslo 20 000 persons "
                    "(preparedness_rules), elsewhere 3 % of the people: estimate",
                    "S+E" if area in emergency else "E",
                ),
            }
        )
    return rows


def works_rows(sites: Rows) -> Rows:
    """Reservoirs of the water works in service."""
    given = {str(row["site_id"]): row for row in numeric_rows("water_works", ("site_id",))}
    rows: Rows = []
    for site in sites:
        if site["kind"] in WATER_KINDS:
            name = str(site["site_id"])
            row = given.get(name, given["local"])
            rows.append({**row, "site_id": name})
    return rows


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
                "electric_share": float(row["electric_share"]),
                "accumulator_h": float(row["accumulator_h"]),
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
