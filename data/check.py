"""What a valid region is beyond single cells: one function a rule."""

import numpy as np

from data.calendars import DAY_TYPES, SEASONS
from data.check_dependencies import DEPENDENCY_RULES
from data.check_grid import GRID_RULES
from data.check_keys import check_constant_units, check_required_keys
from data.check_rows import Rows, exactly_once, missing_row, no_repeats
from data.check_services import SERVICE_RULES
from data.demand import COLDEST_DEGC, EV_CLASS, EV_SMART_CLASS, WARMEST_DEGC, profile_arrays
from data.problems import Problem
from data.region import KILE_GROUPS, SECTORS, Region
from data.tables import BoolArray, FloatArray, StrArray

# Shares of 1 may miss it by rounding in the tables.
SHARE_TOLERANCE = 1e-5

# Periods of correction factors: first, end (not included); hours are half-open in the
# table, months and weekdays include the last.
CORRECTION_PERIODS = {"month": (1, 13, 1), "weekday": (1, 8, 1), "hour": (0, 24, 0)}


def check_region(region: Region, rows: Rows | None = None) -> list[Problem]:
    """Try every rule.

    Parameters
    ----------
    region : Region
        Tables whose cells all read cleanly.
    rows : Rows, optional
        Where its rows stand in their files; as if there were no empty lines when left out.

    Returns
    -------
    list of Problem
        Empty if the region is valid.
    """
    rows = rows or Rows()
    found = [problem for rule in ENTIRE_RULES for problem in rule(region)]
    return found + [problem for rule in TOLERANT_RULES for problem in rule(region, rows)]


def check_not_empty(region: Region) -> list[Problem]:
    """Tables without which nothing can be computed have rows."""
    needed = (
        "areas",
        "buses",
        "lines",
        "supplies",
        "substations",
        "feeders",
        "sections",
        "functions",
        "depots",
    )
    return [
        Problem("empty_table", f"{name}.csv", "no rows", "at least one row")
        for name in needed
        if len(getattr(region, name)) == 0
    ]


def check_shares(region: Region) -> list[Problem]:
    """Shares that split a whole sum to 1; homes with district heating to at most 1."""
    found: list[Problem] = []
    deliveries = np.char.add(
        np.char.add(region.deliveries.function_id, " to "), region.deliveries.area_id
    )
    for file, key, keys, share in (
        ("sector_profiles", "sector", region.sector_profiles.sector, region.sector_profiles.share),
        ("feeders", "area_id", region.feeders.area_id, region.feeders.demand_share),
        ("sections", "feeder_id", region.sections.feeder_id, region.sections.feeder_share),
        ("deliveries", "function_id to area_id", deliveries, region.deliveries.share),
        ("dwellings", "area_id", region.dwellings.area_id, region.dwellings.share),
    ):
        names, sums = _sums(keys, share)
        found += [
            _share_problem(f"{file}.csv {key} {names[at]}", sums[at])
            for at in np.flatnonzero(np.abs(sums - 1) > SHARE_TOLERANCE)
        ]
    supply = float(region.supplies.share.sum())
    if len(region.supplies) and abs(supply - 1) > SHARE_TOLERANCE:
        found.append(_share_problem("supplies.csv column share", supply))
    names, sums = _sums(
        region.district_heat_supply.area_id, region.district_heat_supply.dwelling_share
    )
    found += [
        Problem("share_above_1", f"district_heat_supply.csv area_id {names[at]}", sums[at], "<= 1")
        for at in np.flatnonzero(sums > 1 + SHARE_TOLERANCE)
    ]
    return found


def _share_problem(place: str, found: float) -> Problem:
    remedy = "Change the shares of these rows so that they add up to 1."
    return Problem("shares_not_1", place, round(float(found), 6), "a sum of 1", remedy)


def _sums(keys: StrArray, values: FloatArray) -> tuple[StrArray, FloatArray]:
    names, at = np.unique(keys, return_inverse=True)
    sums = np.zeros(len(names))
    np.add.at(sums, at, values)
    return names, sums


def check_one_row_per_area(region: Region) -> list[Problem]:
    """Every area has exactly one row in the tables of services."""
    found: list[Problem] = []
    for name in ("ev_charging", "telecom", "water_networks"):
        areas = getattr(region, name).area_id
        found += exactly_once(f"{name}.csv", areas, region.areas.area_id.tolist())
    pairs = np.char.add(np.char.add(region.dwellings.area_id, " "), region.dwellings.dwelling_class)
    found += no_repeats("dwellings.csv", pairs)
    missing = np.setdiff1d(region.areas.area_id, region.dwellings.area_id)
    return found + [missing_row("dwellings.csv", area) for area in missing.tolist()]


def check_demand_coverage(region: Region) -> list[Problem]:
    """Every area has one row for every sector."""
    pairs = np.char.add(np.char.add(region.demand.area_id, " "), region.demand.sector)
    wanted = [f"{area} {sector}" for area in region.areas.area_id.tolist() for sector in SECTORS]
    return exactly_once("demand.csv", pairs, wanted)


def check_sectors(region: Region) -> list[Problem]:
    """Sectors are the ones the model knows, each with a mix of known profiles."""
    found = exactly_once("sectors.csv", region.sectors.sector, SECTORS)
    found += [
        Problem("not_allowed", f"sectors.csv sector {sector}", sector, ", ".join(SECTORS))
        for sector in region.sectors.sector.tolist()
        if sector not in SECTORS
    ]
    mixed = set(region.sector_profiles.sector.tolist())
    found += [missing_row("sector_profiles.csv", s) for s in SECTORS if s not in mixed]
    known = set(region.profiles.profile_class.tolist())
    used = {*region.sector_profiles.profile_class.tolist(), EV_CLASS, EV_SMART_CLASS}
    return found + [
        Problem("unknown_id", "profiles.csv", "no rows", f"rows of profile_class {name}")
        for name in sorted(used - known)
    ]


def check_profiles(region: Region) -> list[Problem]:
    """Each class has each hour once, and no negative load at any usual temperature."""
    p = region.profiles
    hours = np.array([f"{hour:02d}" for hour in range(24)])
    names = np.char.add(np.char.add(p.profile_class, " "), np.char.add(p.season, " "))
    names = np.char.add(names, np.char.add(np.char.add(p.day_type, " "), hours[p.hour]))
    wanted = [
        f"{name} {season} {day} {hour}"
        for name in np.unique(p.profile_class).tolist()
        for season in SEASONS
        for day in DAY_TYPES
        for hour in hours
    ]
    found = exactly_once("profiles.csv", names, wanted)
    if found:
        return found
    classes, a, b = profile_arrays(p)
    for s, season in enumerate(SEASONS):
        for edge in (COLDEST_DEGC, WARMEST_DEGC[s]):
            negative: BoolArray = a[:, s] * edge + b[:, s] < 0
            found += [
                Problem(
                    "negative_load",
                    f"profiles.csv {classes[c]} {season} {DAY_TYPES[d]} hour {hour}",
                    round(float(a[c, s, d, hour] * edge + b[c, s, d, hour]), 4),
                    f">= 0 at {edge:g} degC",
                )
                for c, d, hour in np.argwhere(negative).tolist()
            ]
    return found


def check_temperatures(region: Region) -> list[Problem]:
    """Each month once."""
    months = region.temperatures.month.astype(np.str_)
    return exactly_once("temperatures.csv", months, [str(month) for month in range(1, 13)])


def check_kile(region: Region) -> list[Problem]:
    """Cost functions of each group run from 0 without gap or overlap to no end."""
    found: list[Problem] = []
    kile = region.kile
    for group in KILE_GROUPS:
        rows = np.flatnonzero(kile.customer_group == group)
        rows = rows[np.argsort(kile.from_h[rows], kind="stable")]
        place = f"kile.csv customer_group {group}"
        if len(rows) == 0:
            found.append(missing_row("kile.csv", group))
            continue
        if kile.from_h[rows[0]] != 0:
            found.append(Problem("kile_gap", place, f"starts at {kile.from_h[rows[0]]:g} h", "0 h"))
        ends = kile.to_h[rows]
        if not np.isnan(ends[-1]) or np.isnan(ends[:-1]).any():
            found.append(
                Problem("kile_end", place, ends.tolist(), "only the last row without to_h")
            )
        elif (ends[:-1] != kile.from_h[rows][1:]).any():
            allowed = "each row starts where the one before ends"
            found.append(Problem("kile_gap", place, ends[:-1].tolist(), allowed))
    return found


def check_kile_corrections(region: Region) -> list[Problem]:
    """Each month, weekday and hour has one factor in each group."""
    found: list[Problem] = []
    rows = region.kile_corrections
    for kind, (begin, end, inclusive) in CORRECTION_PERIODS.items():
        for group in KILE_GROUPS:
            own = np.flatnonzero((rows.factor_kind == kind) & (rows.customer_group == group))
            count = np.zeros(26, dtype=np.int64)
            for at in own:
                count[rows.first[at] : rows.last[at] + inclusive] += 1
            if (count[begin:end] != 1).any() or count[end:].any() or count[:begin].any():
                place = f"kile_corrections.csv {kind} {group}"
                allowed = f"each of {begin} to {end - 1} once"
                found.append(
                    Problem("correction_coverage", place, count[begin:end].tolist(), allowed)
                )
    return found


def check_backups(region: Region) -> list[Problem]:
    """Every site has one row of reserve power, also when it has none."""
    return exactly_once("backups.csv", region.backups.site_id, region.sites.site_id.tolist())


def check_roads(region: Region) -> list[Problem]:
    """Every area can be reached by road from the first one."""
    roads = region.roads
    found = [
        Problem("road_to_itself", f"roads.csv road_id {roads.road_id[at]}", area, "two areas")
        for at, area in enumerate(roads.from_area_id.tolist())
        if roads.to_area_id[at] == area
    ]
    reached = {str(area) for area in region.areas.area_id[:1]}
    links = list(zip(roads.from_area_id.tolist(), roads.to_area_id.tolist(), strict=True))
    before = 0
    while len(reached) > before:
        before = len(reached)
        for a, b in links:
            if a in reached or b in reached:
                reached.update((a, b))
    missing = [area for area in region.areas.area_id.tolist() if area not in reached]
    return found + [
        Problem("area_without_road", "roads.csv", "no road", f"a road to {area}")
        for area in missing
    ]


ENTIRE_RULES = (
    check_not_empty,
    check_shares,
    check_one_row_per_area,
    check_demand_coverage,
    check_sectors,
    check_profiles,
    check_temperatures,
    check_kile,
    check_kile_corrections,
    check_required_keys,
    check_constant_units,
    check_backups,
    check_roads,
    *GRID_RULES,
)
"""Rules that need every cell of the columns they look at."""

TOLERANT_RULES = (*DEPENDENCY_RULES, *SERVICE_RULES)
"""Rules that pass over cells that could not be read."""
