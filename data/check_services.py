"""What valid tables of services, dependencies and response are: one function a rule."""

from typing import Literal

import numpy as np

from data.check_rows import exactly_once, no_repeats
from data.dependency_graph import CREW, Edge, expand, instant_loops, shared_services, water_shares
from data.problems import Problem, did_you_mean
from data.region import Region
from data.response_tables import SKILLS
from data.service_tables import NEEDS


def _row(row: int, column: str) -> str:
    """Place of a cell of ``dependencies.csv`` as a spreadsheet shows it."""
    return f"dependencies.csv row {row + 2} column {column}"


def check_dependency_names(region: Region) -> list[Problem]:
    """Dependents and needs exist, and each need is one the dependent can have."""
    table = region.dependencies
    functions = set(region.functions.function_id.tolist())
    sites = set(region.sites.site_id.tolist())
    kinds = set(region.sites.kind.tolist())
    crews = {CREW + skill for skill in SKILLS}
    shared = shared_services(region)
    needed = set(table.needs.tolist())
    found: list[Problem] = []
    for row, (dependent, need) in enumerate(
        zip(table.dependent.tolist(), table.needs.tolist(), strict=True)
    ):
        known = functions | sites | kinds | crews
        if dependent not in known and dependent not in needed:
            found.append(
                Problem(
                    "unknown_dependent",
                    _row(row, "dependent"),
                    dependent,
                    "a function, a site, a kind of site, crew_ and a skill of depots, or a "
                    "shared service that another row needs",
                    did_you_mean(dependent, known),
                )
            )
        known = set(NEEDS) | functions | sites | shared
        if need not in known:
            found.append(
                Problem(
                    "unknown_need",
                    _row(row, "needs"),
                    need,
                    f"{', '.join(NEEDS)}, a function, a site or a shared service",
                    did_you_mean(need, known),
                )
            )
        elif need in functions and dependent not in functions:
            found.append(
                Problem(
                    "need_of_function",
                    _row(row, "needs"),
                    need,
                    "a service, a site or a shared service; only functions may need functions",
                    "Name the sites or the service behind the function instead.",
                )
            )
        elif dependent in shared and need in NEEDS:
            found.append(
                Problem(
                    "need_without_place",
                    _row(row, "needs"),
                    need,
                    "a site or another shared service; a shared service is in no area",
                )
            )
        elif need == "staff" and dependent not in set(region.staff.works_at.tolist()):
            kinds_of = _kinds_of(region, dependent)
            missing = sorted(kinds_of - set(region.staff.works_at.tolist()))
            found += [
                Problem(
                    "need_of_staff",
                    _row(row, "needs"),
                    need,
                    f"a row of staff.csv with works_at {name}",
                )
                for name in missing
            ]
    return found


def _kinds_of(region: Region, dependent: str) -> set[str]:
    sites = region.sites
    hit = sites.kind[sites.site_id == dependent]
    return {str(hit[0])} if len(hit) else {dependent}


def check_dependency_groups(region: Region) -> list[Problem]:
    """Rows of a group agree on its rule and k, and k is not above the number of rows."""
    table = region.dependencies
    groups: dict[tuple[str, str], list[int]] = {}
    found: list[Problem] = []
    for row, (dependent, group, rule, k) in enumerate(
        zip(
            table.dependent.tolist(),
            table.group.tolist(),
            table.rule.tolist(),
            table.k.tolist(),
            strict=True,
        )
    ):
        if group:
            groups.setdefault((dependent, group), []).append(row)
        elif rule in ("any", "k_of_n"):
            allowed = "weakest or linear, or a group of rows this one belongs to"
            found.append(Problem("rule_without_group", _row(row, "rule"), rule, allowed))
        if rule != "k_of_n" and k:
            found.append(Problem("k_without_rule", _row(row, "k"), k, "0, or rule k_of_n"))
    for (dependent, group), rows in groups.items():
        place = f"dependencies.csv dependent {dependent} group {group}"
        rules = sorted({str(table.rule[row]) for row in rows})
        counts = sorted({int(table.k[row]) for row in rows})
        if len(rules) > 1:
            found.append(Problem("group_rules", place, ", ".join(rules), "one rule a group"))
        elif rules == ["k_of_n"]:
            if len(counts) > 1:
                listed = ", ".join(str(k) for k in counts)
                found.append(Problem("group_k", place, listed, "the same k in every row"))
            elif not 1 <= counts[0] <= len(rows):
                remedy = f"{counts[0]} of {len(rows)} can never be had." if counts[0] else ""
                found.append(
                    Problem("k_above_n", place, f"k {counts[0]}", f"1 to {len(rows)}", remedy)
                )
    return found


def check_dependency_loops(region: Region) -> list[Problem]:
    """Around every loop something takes time, both when it is lost and when it returns."""
    edges = expand(region)
    rows = {(edge.dependent, edge.needs): edge for edge in edges}
    delays: tuple[tuple[Literal["autonomy_h", "recovery_h"], str], ...] = (
        ("autonomy_h", "a loss"),
        ("recovery_h", "a recovery"),
    )
    found = [
        Problem(
            "loop_without_delay",
            "dependencies.csv" + _rows_of(loop, rows),
            " <- ".join(loop),
            f"{delay} above 0 somewhere around the loop",
            f"As it stands {what} would come round and meet itself in no time. Say how long "
            "one of them lasts without the next (autonomy_h) and how long it takes to be whole "
            "again (recovery_h).",
        )
        for delay, what in delays
        for loop in instant_loops(edges, delay)
    ]
    return found + _dead_loops(edges, rows)


def _rows_of(loop: list[str], rows: dict[tuple[str, str], Edge]) -> str:
    pairs = zip(loop[1:], loop[:-1], strict=True)
    numbers = sorted({rows[pair].row + 2 for pair in pairs if pair in rows and rows[pair].row >= 0})
    return f" rows {', '.join(str(number) for number in numbers)}" if numbers else ""


def _dead_loops(edges: tuple[Edge, ...], rows: dict[tuple[str, str], Edge]) -> list[Problem]:
    """Loops in which nobody can begin again, since each waits for the next."""
    hard = [
        Edge(dependent=edge.dependent, needs=edge.needs)
        for edge in edges
        if edge.level_after == 0.0 and edge.rule == "weakest" and not edge.mediated
    ]
    return [
        Problem(
            "loop_without_restart",
            "dependencies.csv" + _rows_of(loop, rows),
            " <- ".join(loop),
            "level_after above 0 somewhere around the loop",
            "As it stands none of them comes back once all are lost, since each waits for "
            "the next.",
        )
        for loop in instant_loops(hard, "autonomy_h")
    ]


def check_backup_units(region: Region) -> list[Problem]:
    """Units needed are not more than there are, and a covered load has units."""
    table = region.backups
    found: list[Problem] = []
    for row, (units, needed, share) in enumerate(
        zip(
            table.gensets.tolist(),
            table.gensets_needed.tolist(),
            table.genset_share.tolist(),
            strict=True,
        )
    ):
        place = f"backups.csv row {row + 2}"
        if needed > units:
            found.append(
                Problem(
                    "k_above_n",
                    f"{place} column gensets_needed",
                    needed,
                    f"at most the {units} gensets there are",
                )
            )
        if share > 0.0 and needed == 0:
            found.append(
                Problem(
                    "load_without_genset",
                    f"{place} column gensets_needed",
                    needed,
                    f"at least 1, since genset_share is {share:g}",
                )
            )
    return found


def check_service_rows(region: Region) -> list[Problem]:
    """Areas, works, routes and skills the processes ask for are there once."""
    areas = region.areas.area_id.tolist()
    found: list[Problem] = []
    for name in ("people", "filling_stations"):
        found += exactly_once(f"{name}.csv", getattr(region, name).area_id, areas)
    found += no_repeats("water_works.csv", region.water_works.site_id)
    found += no_repeats("staff.csv", region.staff.works_at)
    found += no_repeats("fuel_depots.csv", region.fuel_depots.depot_id)
    hours = region.water_profile.hour.astype(np.str_)
    found += exactly_once("water_profile.csv", hours, [str(hour) for hour in range(24)])
    served = water_shares(region)
    found += [
        Problem(
            "area_without_water",
            "deliveries.csv",
            "no delivery from a site of water_works.csv",
            f"a water works that delivers to {area}",
        )
        for area in areas
        if area not in served
    ]
    routed = set(region.telecom_routes.area_id.tolist())
    found += [
        Problem("area_without_route", "telecom_routes.csv", "no route", f"a route to {area}")
        for area in areas
        if area not in routed
    ]
    skills = set(region.depots.skill.tolist())
    found += [
        Problem("no_depot", "depots.csv", "no depot", f"a depot with skill {skill}")
        for skill in SKILLS
        if skill not in skills
    ]
    known = (
        set(region.sites.kind.tolist())
        | set(region.functions.function_id.tolist())
        | {CREW + skill for skill in SKILLS}
    )
    found += [
        Problem(
            "unknown_id",
            f"staff.csv row {row + 2} column works_at",
            name,
            "a kind of site, a function, or crew_ and a skill of depots",
            did_you_mean(name, known),
        )
        for row, name in enumerate(region.staff.works_at.tolist())
        if name not in known
    ]
    return found


def check_preparedness(region: Region) -> list[Problem]:
    """Who copes for more days copes for fewer too."""
    people = region.people
    falls = (people.prepared_3d > people.prepared_1d) | (people.prepared_7d > people.prepared_3d)
    return [
        Problem(
            "preparedness_rises",
            f"people.csv row {row + 2}",
            f"{people.prepared_1d[row]:g}, {people.prepared_3d[row]:g}, "
            f"{people.prepared_7d[row]:g} for 1, 3 and 7 days",
            "shares that do not rise with the days",
        )
        for row in np.flatnonzero(falls).tolist()
    ]


def check_parts(region: Region) -> list[Problem]:
    """Each part a component takes has a row among the spares, even if none is left."""
    known = set(region.spares.part.tolist())
    return [
        Problem(
            "unknown_id",
            f"reliability.csv row {row + 2} column part",
            part,
            "a part of spares.csv, or empty",
            did_you_mean(part, known),
        )
        for row, part in enumerate(region.reliability.part.tolist())
        if part and part not in known
    ]


SERVICE_RULES = (
    check_dependency_names,
    check_dependency_groups,
    check_dependency_loops,
    check_backup_units,
    check_service_rows,
    check_preparedness,
    check_parts,
)
