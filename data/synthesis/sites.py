"""Sites, their reserve power, and what they deliver to whom."""

from collections.abc import Mapping

import numpy as np
from shapely.geometry.base import BaseGeometry

from data.region import Areas
from data.synthesis.figures import numeric_rows
from data.synthesis.geometry import borough_at, project_rows
from data.synthesis.rows import origin_of, provenance, read_input, shares, synthetic
from data.synthesis.services import AUXILIARY_SHARE, SYSTEM_AREAS, by_population, heat_site
from data.synthesis.stations import Rows, nearest_index
from data.synthesis.substations import Placed

# Without a place in the sources: Elvia's operations centre (left out on purpose).
# Nursing homes are split by area below.
LEFT_OUT = ("e2",)
CARE_SUMS = ("n1", "n2")

# Sites from this load up hang on the first section of a feeder (estimate). [MW]
HEAD_SECTION_MW = 1.0

# Local water works per person: kW of pumps and treatment (estimate after sites.csv).
WATER_KW_PER_PERSON = 0.012
CRISIS_STAFF_MW = 0.1

# Municipalities whose water comes from a named works (catchments, recalled).
NAMED_WATER = ("3201", "3203", "3205", "3222", "3224", "3232", "3209", "3240")

# Share of health and care that the area's own care homes deliver (estimate).
CARE_SHARE = 0.5

# Columns of the backup table taken as they stand in the input.
BACKUP_HOURS = ("ups_h", "genset_share", "test_interval_d", "start_delay_h")
BACKUP_UNITS = ("gensets", "gensets_needed", "mobile_priority")

# Where the two core sites of the mobile networks are put (synthetic; the real ones are not
# public), and their load. [MW]
CORE_AREAS = ("030109", "3222")
CORE_MW = 1.5

# A school hall as shelter. [MW]
SHELTER_MW = 0.1

# National names and groups of functions.
CATEGORIES = {
    "Governance and sovereignty": "governance",
    "Safety of the population": "safety",
    "Functionality of society": "functionality",
}

# Water and telephone have tanks and batteries of their own in the model; a dependency on
# electricity besides would count its loss twice.
SERVICE_FUNCTIONS = ("F09", "F12")

# Functions that have Nødnett beside the public network (rows in the input ``needs``).
TWO_NETWORKS = ("F01", "F03", "F05")
TRANSPORT = "F13"

# What is left of a function without what it depends on, by grade 1-3 (estimate).
LEVEL_AFTER = {1: 0.9, 2: 0.6, 3: 0.2}


def site_rows(
    areas: Areas,
    placed: list[Placed],
    feeders: Rows,
    sections: Rows,
    shapes: Mapping[str, BaseGeometry],
) -> tuple[Rows, Rows]:
    """Sites and their reserve power.

    Returns
    -------
    tuple of list of dict
        Rows of sites and backups.
    """
    rules = {row["kind"]: row for row in read_input("backups")}
    unit = {row["figure"]: float(row["value"]) for row in read_input("genset_units")}
    feeds = _Feeds(placed, feeders, sections)
    sites: Rows = []
    backups: Rows = []
    # New kinds of site come last, so that the others keep their feeders.
    for site in [*_named(shapes), *_care(areas), *_local(areas), *_cores(areas), *_shelters(areas)]:
        rule = rules[str(site["kind"])]
        point = (float(str(site.pop("x_m"))), float(str(site.pop("y_m"))))
        hours = site.pop("backup_h")
        load = float(str(site["load_mw"]))
        main, reserve = feeds.choose(str(site["area_id"]), point, load, rule["reserve_feed"] == "1")
        sites.append({**site, "section_id": main, "reserve_section_id": reserve})
        fuel = rule["fuel_h"] or str(hours)
        process = rule["process_autonomy_h"] or str(hours)
        backups.append(
            {
                "site_id": site["site_id"],
                **{name: float(rule[name]) for name in BACKUP_HOURS},
                **{name: int(rule[name]) for name in BACKUP_UNITS},
                **unit,
                "fuel_h": float(fuel),
                "refuelled": rule["refuelled"] == "1",
                "process_autonomy_h": float(process),
                **provenance(
                    f"hours by type of site, no knowledge of the site; {rule['source']}; "
                    "failure of units: defaults of REopt.jl",
                    rule["origin"],
                    "S",
                ),
            }
        )
    return sites, backups


class _Feeds:
    """Which feeder sections sites hang on: nearest substations in turn."""

    def __init__(self, placed: list[Placed], feeders: Rows, sections: Rows) -> None:
        self._places = {p.substation_id: p.point for p in placed}
        self._feeders: dict[str, dict[str, list[str]]] = {}
        for feeder in feeders:
            by_substation = self._feeders.setdefault(str(feeder["area_id"]), {})
            ids = by_substation.setdefault(str(feeder["substation_id"]), [])
            ids.append(str(feeder["feeder_id"]))
        self._sections: dict[str, list[str]] = {}
        for section in sections:
            ids = self._sections.setdefault(str(section["feeder_id"]), [])
            ids.append(str(section["section_id"]))
        self._used: dict[str, int] = {}

    def choose(
        self, area: str, point: tuple[float, float], load_mw: float, reserve: bool
    ) -> tuple[str, str]:
        """Section and reserve section ("" for none) of a site."""
        own = self._feeders[area]
        names = sorted(own)
        points = np.array([self._places[name] for name in names])
        order = [names[at] for at in nearest_index(point, points).tolist()]
        main = self._next(own[order[0]], order[0], load_mw)
        if not reserve:
            return main, ""
        second = order[1] if len(order) > 1 else order[0]
        return main, self._next(own[second], second, load_mw)

    def _next(self, feeders: list[str], substation: str, load_mw: float) -> str:
        turn = self._used.get(substation, 0)
        self._used[substation] = turn + 1
        sections = self._sections[feeders[turn % len(feeders)]]
        return sections[0] if load_mw >= HEAD_SECTION_MW else sections[1 + turn % 3]


def _named(shapes: Mapping[str, BaseGeometry]) -> Rows:
    kinds = {row["sites_kind"]: row["kind"] for row in read_input("site_kinds")}
    rows = [r for r in read_input("sites") if r["id"] not in (*LEFT_OUT, *CARE_SUMS)]
    points = project_rows(rows)
    named: Rows = []
    for row, point in zip(rows, points, strict=True):
        at = (float(point[0]), float(point[1]))
        oslo = row["kommunenummer"] == "0301"
        named.append(
            {
                "site_id": row["id"],
                "name": row["name"],
                "kind": kinds[row["kind"]],
                "area_id": borough_at(at, shapes) if oslo else row["kommunenummer"],
                "load_mw": float(row["load_mw"]),
                "backup_h": float(row["backup_h"] or 0),
                "x_m": at[0],
                "y_m": at[1],
                "synthetic": False,
                **provenance(row["source"] + "; feeders synthetic", row["origin"], "E"),
            }
        )
    return named


def _care(areas: Areas) -> Rows:
    load = {row["id"]: float(row["load_mw"]) for row in read_input("sites")}
    rows: Rows = []
    for total, kind in (("n1", "borough"), ("n2", "municipality")):
        own = np.flatnonzero(areas.kind == kind).tolist()
        split = by_population(areas, round(load[total] * 1000), own)
        rows += [
            _made(areas, at, "care", f"Nursing homes, {areas.name[at]}", mw)
            for at, mw in zip(own, split, strict=True)
        ]
    return rows


def _local(areas: Areas) -> Rows:
    """Water works, crisis staff and heat centrals the sources do not name."""
    rows: Rows = []
    systems = {row["id"]: row for row in read_input("district_heat")}
    for at, area in enumerate(areas.area_id.tolist()):
        if areas.kind[at] != "municipality":
            continue
        name = areas.name[at]
        if area not in NAMED_WATER:
            mw = round(float(areas.population[at]) * WATER_KW_PER_PERSON / 1000, 3)
            rows.append(_made(areas, at, "water_works_local", f"Water works, {name}", mw))
        if area != "3201":
            mw = CRISIS_STAFF_MW
            rows.append(_made(areas, at, "crisis_staff", f"Municipal crisis staff, {name}", mw))
    for system, (first, *_) in SYSTEM_AREAS.items():
        at = int(np.flatnonzero(areas.area_id == first)[0])
        mw = round(float(systems[system]["peak_mw"]) * AUXILIARY_SHARE, 3)
        site = _made(areas, at, "district_heat", f"Heat central, {systems[system]['name']}", mw)
        rows.append({**site, "site_id": heat_site(system), "backup_h": 8.0})
    return rows


def _cores(areas: Areas) -> Rows:
    """Core sites of the mobile networks, made up."""
    rows: Rows = []
    for number, area in enumerate(CORE_AREAS, start=1):
        at = int(np.flatnonzero(areas.area_id == area)[0])
        site = _made(areas, at, "telecom_core", f"Telecom core {number} (synthetic)", CORE_MW)
        rows.append({**site, "site_id": f"telecom_core_{number}"})
    return rows


def _shelters(areas: Areas) -> Rows:
    """One hall in each area where people can be taken in."""
    return [
        _made(areas, at, "shelter", f"Shelter, {name}", SHELTER_MW)
        for at, name in enumerate(areas.name.tolist())
    ]


def _made(areas: Areas, at: int, kind: str, name: str, load_mw: float) -> dict[str, object]:
    return {
        "site_id": f"{kind}_{areas.area_id[at]}",
        "name": name,
        "kind": kind,
        "area_id": str(areas.area_id[at]),
        "load_mw": max(load_mw, 0.001),
        "backup_h": 12.0,
        "x_m": float(areas.x_m[at]),
        "y_m": float(areas.y_m[at]),
        "synthetic": True,
        **synthetic("sites", "one per area, load by population or type"),
    }


def function_rows() -> tuple[Rows, Rows]:
    """Critical functions and what they depend on."""
    judged = {row["function_id"]: row for row in read_input("function_estimates")}
    functions: Rows = []
    dependencies: Rows = []
    for row in read_input("functions"):
        own = judged[row["id"]]
        marks = provenance(row["source"], row["origin"], own["origin"])
        functions.append(
            {
                "function_id": row["id"],
                "name_nb": row["function_no"],
                "name_en": row["function_en"],
                "category": CATEGORIES[row["category"]],
                "site_share": float(own["site_share"]),
                "weight": float(own["weight"]),
                **marks,
            }
        )
        for needs, hours, level in _needs(row, own):
            two = needs == "telecom" and row["id"] in TWO_NETWORKS
            dependencies.append(
                {
                    "dependent": row["id"],
                    "needs": needs,
                    "group": "call" if two else "",
                    "rule": "any" if two else "weakest",
                    "k": 0,
                    "autonomy_h": hours,
                    "level_after": level,
                    "recovery_h": 0.0,
                    **marks,
                }
            )
    words = ("dependent", "needs", "group", "rule")
    dependencies += [
        {**row, "k": int(float(str(row["k"])))} for row in numeric_rows("needs", words)
    ]
    return functions, dependencies


def _needs(row: Mapping[str, str], own: Mapping[str, str]) -> list[tuple[str, float, float]]:
    hours = {
        "electricity": ("dep_power", row["hours_to_degrade_without_power"]),
        "telecom": ("dep_ekom", row["hours_to_degrade_without_ekom"]),
        "water": ("dep_water", own["water_autonomy_h"]),
        TRANSPORT: ("dep_transport", own["transport_autonomy_h"]),
        "fuel": ("dep_fuel", own["fuel_autonomy_h"]),
    }
    if row["id"] in SERVICE_FUNCTIONS:
        del hours["electricity"]
    found = [
        (needs, float(autonomy), LEVEL_AFTER[int(row[grade])])
        for needs, (grade, autonomy) in hours.items()
        if int(row[grade]) > 0
    ]
    if own["heat_level_after"]:
        found.append(("heat", float(own["heat_autonomy_h"]), float(own["heat_level_after"])))
    return found


def delivery_rows(areas: Areas, sites: Rows) -> Rows:
    """Deliveries of sites to areas; weights of each function and area scaled to 1."""
    weights: dict[tuple[str, str], dict[str, tuple[float, str]]] = {}
    for row in read_input("catchments"):
        reached = areas.area_id.tolist() if row["areas"] == "all" else row["areas"].split()
        for area in reached:
            pair = weights.setdefault((row["function_id"], area), {})
            before = pair.get(row["site_id"], (0.0, row["origin"]))
            pair[row["site_id"]] = (
                before[0] + float(row["share"]),
                origin_of(before[1], row["origin"]),
            )
    own = {
        "care": ("F04", CARE_SHARE),
        "water_works_local": ("F09", 0.8),
        "crisis_staff": ("F01", 0.8),
    }
    for site in sites:
        if site["synthetic"] and site["kind"] in own:
            function, share = own[str(site["kind"])]
            pair = weights.setdefault((function, str(site["area_id"])), {})
            pair[str(site["site_id"])] = (share, "E")
    rows: Rows = []
    for (function, area), pair in sorted(weights.items()):
        names = sorted(pair)
        split = shares([pair[name][0] for name in names], 4)
        rows += [
            {
                "function_id": function,
                "site_id": name,
                "area_id": area,
                "share": float(share),
                **provenance("data/synthesis/inputs/catchments.csv, scaled to 1", pair[name][1]),
            }
            for name, share in zip(names, split, strict=True)
        ]
    return rows
