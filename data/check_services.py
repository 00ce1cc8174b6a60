"""What valid tables of services and response are: one function a rule.

Cells that could not be read break no rule here: they are told already.
"""

import numpy as np

from data.check_cells import UNREADABLE
from data.check_rows import Rows, exactly_once, no_repeats
from data.dependency_graph import CREW, water_shares
from data.problems import Problem, did_you_mean
from data.region import Region
from data.response_tables import SKILLS


def check_backup_units(region: Region, rows: Rows) -> list[Problem]:
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
        place = rows.place("backups", row, "gensets_needed")
        if needed > units >= 0:
            found.append(
                Problem(
                    "k_above_n",
                    place,
                    needed,
                    f"at most the {units} gensets there are",
                    f"{needed} of {units} can never run; correct gensets_needed or gensets.",
                )
            )
        if share > 0.0 and needed == 0:
            found.append(
                Problem(
                    "load_without_genset",
                    place,
                    needed,
                    f"at least 1, since genset_share is {share:g}",
                    "Say how many gensets carry the load, or write 0 in genset_share.",
                )
            )
    return found


def check_area_rows(region: Region, _: Rows) -> list[Problem]:
    """Every area has people, filling stations, a water works and a telephone route."""
    areas = [area for area in region.areas.area_id.tolist() if area]
    found: list[Problem] = []
    for name in ("people", "filling_stations"):
        found += exactly_once(f"{name}.csv", getattr(region, name).area_id, areas)
    served = water_shares(region)
    found += [
        Problem(
            "area_without_water",
            "deliveries.csv",
            "no delivery from a site of water_works.csv",
            f"a water works that delivers to {area}",
            "Add a row with the function of water supply, the works and the area.",
        )
        for area in areas
        if area not in served
    ]
    routed = set(region.telecom_routes.area_id.tolist())
    return found + [
        Problem(
            "area_without_route",
            "telecom_routes.csv",
            "no route",
            f"a route to {area}",
            "Add a row with the area and the core site its base stations hang on.",
        )
        for area in areas
        if area not in routed
    ]


def check_single_rows(region: Region, _: Rows) -> list[Problem]:
    """Nothing has two rows where one is meant, and each hour has its water demand."""
    hours = region.water_profile.hour
    given = hours[hours != UNREADABLE].astype(np.str_)
    return [
        *no_repeats("water_works.csv", region.water_works.site_id),
        *no_repeats("staff.csv", region.staff.works_at),
        *no_repeats("fuel_depots.csv", region.fuel_depots.depot_id),
        *exactly_once("water_profile.csv", given, [str(hour) for hour in range(24)]),
    ]


def check_skills(region: Region, _: Rows) -> list[Problem]:
    """Every skill has a depot; no depots at all is told by `data.check`."""
    skills = set(region.depots.skill.tolist())
    return [
        Problem(
            "no_depot",
            "depots.csv",
            "no depot",
            f"a depot with skill {skill}",
            "Add one; without crews of its own it has 0 crews.",
        )
        for skill in SKILLS
        if skills and skill not in skills
    ]


def check_workplaces(region: Region, rows: Rows) -> list[Problem]:
    """Staff work at a kind of site, for a function or in a crew."""
    known = (
        set(region.sites.kind.tolist())
        | set(region.functions.function_id.tolist())
        | {CREW + skill for skill in SKILLS}
    )
    return [
        Problem(
            "unknown_id",
            rows.place("staff", row, "works_at"),
            name,
            f"a kind of site, a function, or {CREW} and a skill of depots",
            did_you_mean(name, known) or "Correct the name, or delete the row.",
        )
        for row, name in enumerate(region.staff.works_at.tolist())
        if name and name not in known
    ]


def check_preparedness(region: Region, rows: Rows) -> list[Problem]:
    """Who copes for more days copes for fewer too."""
    people = region.people
    falls = (people.prepared_3d > people.prepared_1d) | (people.prepared_7d > people.prepared_3d)
    return [
        Problem(
            "preparedness_rises",
            rows.place("people", row),
            f"{people.prepared_1d[row]:g}, {people.prepared_3d[row]:g}, "
            f"{people.prepared_7d[row]:g} for 1, 3 and 7 days",
            "shares that do not rise with the days",
            "Who copes for seven days is counted under one and three days too.",
        )
        for row in np.flatnonzero(falls).tolist()
    ]


def check_parts(region: Region, rows: Rows) -> list[Problem]:
    """Each part a component takes has a row among the spares, even if none is left."""
    known = set(region.spares.part.tolist())
    return [
        Problem(
            "unknown_id",
            rows.place("reliability", row, "part"),
            part,
            "a part of spares.csv, or empty",
            did_you_mean(part, known) or "Add it to spares.csv, with 0 units if there is none.",
        )
        for row, part in enumerate(region.reliability.part.tolist())
        if part and part not in known
    ]


SERVICE_RULES = (
    check_backup_units,
    check_area_rows,
    check_single_rows,
    check_skills,
    check_workplaces,
    check_preparedness,
    check_parts,
)
