"""Demand by area and sector, profiles with mean 1, and electric cars."""

from collections.abc import Mapping

import numpy as np
from shapely.geometry.base import BaseGeometry

from data.calendars import (
    DAY_TYPES,
    SEASONS,
    day_kinds,
    normal_day_temperature,
    normal_year_days,
)
from data.demand import COLDEST_DEGC, WARMEST_DEGC
from data.region import (
    SECTORS,
    Demand,
    EvCharging,
    Profiles,
    SectorProfiles,
    Sectors,
    Temperatures,
)
from data.synthesis.areas import LEFT_OUT, OSLO, estimates
from data.synthesis.geometry import borough_at, project_rows
from data.synthesis.rows import apportion, as_table, origin_of, provenance, read_input
from data.tables import FloatArray

# Share of "services and public" that is commercial (estimate, two thirds).
COMMERCIAL_PART = 0.65

# Share of home charging that is controlled today (estimate).
SMART_SHARE = 0.3

# Data centres whose place decides which boroughs Oslo's data-centre energy falls in.
OSLO_DATA_CENTRES = ("d1", "d3", "d4")

# A profile may not fall below this multiple of its mean inside its temperatures.
PROFILE_FLOOR = 0.02

# Sector: KILE group, order of shedding, on the busbar, profile classes (estimates).
SECTOR_ROWS: dict[str, tuple[str, int, bool, dict[str, float]]] = {
    "household": ("household", 2, False, {"household": 1.0}),
    "ev_charging": ("household", 2, False, {"ev": 1.0}),
    "commercial": ("commercial", 2, False, {"office": 0.45, "retail": 0.4, "hotel": 0.15}),
    "public": ("public", 3, False, {"school": 0.35, "health_social": 0.35, "office": 0.3}),
    "industry": (
        "industry",
        1,
        False,
        {"industry_1shift": 0.4, "industry_2shift": 0.3, "industry_3shift": 0.3},
    ),
    "data_centre": ("commercial", 1, True, {"data_centre": 1.0}),
    "transport": ("commercial", 3, True, {"traction": 1.0}),
    "district_heat": ("electric_process_industry", 0, True, {"electric_boiler": 1.0}),
}

# Shapes of our own classes, hour 0 to 23 (estimates). Charging in kW per car: 0.8 from 17
# to 22 on winter weekdays (demand_facts ev_evening_coincident), 7.5 kWh a day in all.
_EV_WEEKDAY = [0.3] * 3 + [0.16] * 3 + [0.09] * 9 + [0.24, 0.45] + [0.8] * 5 + [0.5, 0.42]
_EV_WEEKEND = [0.3] * 3 + [0.16] * 4 + [0.15] * 4 + [0.3] * 5 + [0.48] * 6 + [0.4, 0.35]
_EV_SMART = [0.86] * 6 + [0.12] * 17 + [0.86]
_TRACTION_WEEKDAY = [0.35] * 5 + [0.8, 1.3, 1.6, 1.5, 1.2] + [1.05] * 5 + [1.5, 1.55, 1.4]
_TRACTION_WEEKDAY += [1.1, 1.0, 0.95, 0.9, 0.8, 0.6]
_TRACTION_WEEKEND = [0.4] * 6 + [0.55, 0.7, 0.8] + [0.95] * 11 + [0.85, 0.8, 0.75, 0.6]
OWN_SHAPES: dict[str, tuple[list[float], list[float], float, float]] = {
    # class: weekday, weekend, summer factor, slope relative to the mean [1/degC]
    "ev": (_EV_WEEKDAY, _EV_WEEKEND, 0.88, 0.0),
    "ev_smart": (_EV_SMART, _EV_SMART, 0.88, 0.0),
    "data_centre": ([1.0] * 24, [1.0] * 24, 1.0, 0.0),
    "traction": (_TRACTION_WEEKDAY, _TRACTION_WEEKEND, 0.95, -0.006),
}
OWN_BASIS = "estimated shape of the class"


def temperatures_table() -> Temperatures:
    """Monthly normals at Oslo Blindern."""
    rows = [
        {
            "month": int(row["month"]),
            "mean_degc": float(row["mean_degc"]),
            **provenance(row["source"], row["origin"]),
        }
        for row in read_input("temperatures")
    ]
    return as_table(Temperatures, rows)


def demand_table(shapes: Mapping[str, BaseGeometry]) -> Demand:
    """Annual demand per area and sector; sums over a municipality equal the input [GWh]."""
    judged = estimates()
    people = {row["code"]: float(row["population_2020"]) for row in read_input("boroughs")}
    boroughs = sorted(area for area in people if area not in LEFT_OUT)
    cars = _cars()
    rows: list[dict[str, object]] = []
    for row in read_input("demand"):
        municipality = row["kommunenummer"]
        parts = [municipality] if municipality != OSLO else boroughs
        services = float(row["services_public_gwh"])
        totals = {
            "household": float(row["household_gwh"]),
            "commercial": services * COMMERCIAL_PART,
            "public": services * (1 - COMMERCIAL_PART),
            "industry": float(row["industry_gwh"]),
            "data_centre": float(row["data_centre_gwh"]),
            "transport": float(row["transport_incl_public_ev_gwh"]),
            "district_heat": float(row["district_heat_electricity_gwh"]),
        }
        gwh: dict[str, list[int]] = {}
        for sector, total in totals.items():
            if sector == "household":
                weights = [people.get(area, 1.0) for area in parts]
            elif sector == "data_centre" and len(parts) > 1:
                weights = _data_centre_load(parts, shapes)
            elif len(parts) > 1:
                weights = [float(judged[area][f"{sector}_weight"]) for area in parts]
            else:
                weights = [1.0]
            # In steps of 1 MWh, so that the sums are exact.
            gwh[sector] = apportion(weights, round(total * 1000)).tolist()
        for at, area in enumerate(parts):
            mwh = {sector: values[at] for sector, values in gwh.items()}
            mwh["ev_charging"] = round(cars[area] * _fact("ev_energy") / 1000)
            mwh["household"] -= mwh["ev_charging"]
            basis = "" if len(parts) == 1 else "; split over boroughs by population and workplaces"
            rows += [
                {
                    "area_id": area,
                    "sector": sector,
                    "annual_gwh": mwh[sector] / 1000,
                    **provenance(
                        f"{row['source']}; sectors split in data/synthesis/demand.py{basis}",
                        row["origin"],
                        "E",
                    ),
                }
                for sector in SECTORS
            ]
    rows.sort(key=lambda r: (str(r["area_id"]), SECTORS.index(str(r["sector"]))))
    return as_table(Demand, rows)


def business_gwh(demand: Demand) -> dict[str, float]:
    """Commercial, public and industry demand of each area [GWh]."""
    total: dict[str, float] = {}
    for area, sector, gwh in zip(demand.area_id, demand.sector, demand.annual_gwh, strict=True):
        if sector in ("commercial", "public", "industry"):
            total[str(area)] = total.get(str(area), 0.0) + float(gwh)
    return total


def ev_table() -> EvCharging:
    """Electric cars of each area."""
    rows = [
        {
            "area_id": area,
            "electric_cars": number,
            "smart_share": SMART_SHARE,
            **provenance(
                "cars and share of electric cars from demand_facts; by population times type of "
                "area; controlled share is an estimate",
                "S+K+E",
            ),
        }
        for area, number in sorted(_cars().items())
    ]
    return as_table(EvCharging, rows)


def sectors_tables() -> tuple[Sectors, SectorProfiles]:
    """How sectors are costed, shed and shaped."""
    marks = provenance("engineering choice, see data/synthesis/demand.py", "E")
    sectors = [
        {"sector": s, "kile_group": group, "shed_class": shed, "bulk": bulk, **marks}
        for s, (group, shed, bulk, _) in SECTOR_ROWS.items()
    ]
    mixes = [
        {"sector": s, "profile_class": profile, "share": share, **marks}
        for s, (_, _, _, mix) in SECTOR_ROWS.items()
        for profile, share in mix.items()
    ]
    return as_table(Sectors, sectors), as_table(SectorProfiles, mixes)


def profiles_table(temperatures: Temperatures) -> Profiles:
    """Profiles whose mean over the normal year is 1."""
    lines = _published_lines()
    for name, (weekday, weekend, summer, per_degc) in OWN_SHAPES.items():
        shape = np.array([[weekday, weekend], [weekday, weekend]])
        shape[1] *= summer
        lines[name] = (per_degc * shape, shape, "E")
    days = normal_year_days()
    season, day_type, _ = day_kinds(days)
    normal = normal_day_temperature(temperatures.mean_degc, days)
    rows = []
    centre = np.array([normal[season == s].mean() for s in (0, 1)])
    for name, (a, b, mark) in lines.items():
        year = a[season, day_type] * normal[:, None] + b[season, day_type]
        mean = float(year.mean())
        slope, level = _lift(a / mean, b / mean, centre)
        changed = bool((slope != a / mean).any())
        mean = float((slope[season, day_type] * normal[:, None] + level[season, day_type]).mean())
        slope, level = slope / mean, level / mean
        source = f"synthetic: data/synthesis/demand.py; {OWN_BASIS}"
        origin = mark
        if mark == "S":
            source = "SINTEF RelDist.jl databases/lastprofiler.csv, divided by the normal-year mean"
        if changed:
            source += "; flattened where it would fall below 2 % of the mean"
            origin = origin_of(mark, "E")
        rows += [
            {
                "profile_class": name,
                "season": SEASONS[s],
                "day_type": DAY_TYPES[d],
                "hour": hour,
                "a_per_degc": round(float(slope[s, d, hour]), 8),
                "b": round(float(level[s, d, hour]), 8),
                **provenance(source, origin),
            }
            for s in (0, 1)
            for d in (0, 1)
            for hour in range(24)
        ]
    return as_table(Profiles, rows)


def _lift(a: FloatArray, b: FloatArray, centre: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Flatten lines that fall below the floor at the warmest or coldest temperature.

    The line is turned about the season's normal mean temperature, so the energy of the
    season stays as it was.
    """
    a, b = a.copy(), b.copy()
    for s, warm in enumerate(WARMEST_DEGC):
        middle = a[s] * centre[s] + b[s]
        for edge in (warm, COLDEST_DEGC):
            low = a[s] * edge + b[s] < PROFILE_FLOOR
            a[s] = np.where(low, (PROFILE_FLOOR - middle) / (edge - centre[s]), a[s])
            b[s] = middle - a[s] * centre[s]
    return a, b


def _published_lines() -> dict[str, tuple[FloatArray, FloatArray, str]]:
    lines: dict[str, tuple[FloatArray, FloatArray, str]] = {}
    for row in read_input("load_profiles"):
        a, b, _ = lines.setdefault(
            row["profile_class"], (np.zeros((2, 2, 24)), np.zeros((2, 2, 24)), row["origin"])
        )
        at = (SEASONS.index(row["season"]), DAY_TYPES.index(row["day_type"]), int(row["hour"]))
        a[at], b[at] = float(row["a_per_degc"]), float(row["b"])
    return lines


def _fact(key: str) -> float:
    return float(next(row["value"] for row in read_input("demand_facts") if row["key"] == key))


def _cars() -> dict[str, int]:
    judged = estimates()
    people = {row["code"]: float(row["population_2020"]) for row in read_input("boroughs")}
    for row in read_input("municipalities"):
        people[row["kommunenummer"]] = float(row["population"])
    groups = {
        round(_fact("cars_oslo") * _fact("ev_share_oslo") / 100): [
            area for area, row in judged.items() if row["settlement"] == "city"
        ],
        round(_fact("cars_akershus") * _fact("ev_share_akershus_est") / 100): [
            area for area, row in judged.items() if row["settlement"] != "city"
        ],
    }
    cars: dict[str, int] = {}
    for total, areas in groups.items():
        weights = [people[area] * float(judged[area]["car_weight"]) for area in areas]
        cars.update(zip(areas, apportion(weights, total).tolist(), strict=True))
    return cars


def _data_centre_load(boroughs: list[str], shapes: Mapping[str, BaseGeometry]) -> list[float]:
    """Load of Oslo's data centres in each borough [MW]."""
    sites = [row for row in read_input("sites") if row["id"] in OSLO_DATA_CENTRES]
    load = dict.fromkeys(boroughs, 0.0)
    for site, point in zip(sites, project_rows(sites), strict=True):
        load[borough_at((point[0], point[1]), shapes)] += float(site["load_mw"])
    return [load[area] for area in boroughs]
