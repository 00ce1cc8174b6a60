"""What valid dependencies are: names, groups and loops, one function a rule.

Cells that could not be read break no rule here: they are told already.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from data.check_rows import Rows
from data.dependency_graph import (
    CREW,
    Edge,
    expand,
    instant_loops,
    loops_among,
    shared_services,
    waiting_edges,
)
from data.problems import Problem, did_you_mean
from data.region import Region
from data.response_tables import SKILLS
from data.service_tables import NEEDS

TABLE = "dependencies"

MOST_LOOPS = 20
"""Loops told at most, of each kind."""

LONGEST_TOLD = 8
"""Steps of a loop that a message shows."""

OWN_TABLES = {
    "electricity": "the tables of the grid",
    "telecom": "telecom.csv and telecom_routes.csv",
    "nodnett": "telecom.csv",
    "water": "water_works.csv, deliveries.csv and water_networks.csv",
    "sewage": "water_networks.csv",
    "heat": "district_heat.csv and district_heat_supply.csv",
    "road": "roads.csv",
    "fuel": "fuel_depots.csv and filling_stations.csv",
    "staff": "staff.csv",
}
"""Where stands what a service of areas needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Names:
    """Names a row may hold."""

    functions: frozenset[str]
    sites: frozenset[str]
    kinds: frozenset[str]
    shared: frozenset[str]

    @property
    def dependents(self) -> frozenset[str]:
        """What may stand as dependent."""
        crews = frozenset(CREW + skill for skill in SKILLS)
        return self.functions | self.sites | self.kinds | crews | self.shared

    @property
    def needs(self) -> frozenset[str]:
        """What may be needed."""
        return frozenset(NEEDS) | self.functions | self.sites | self.shared


def _names(region: Region) -> _Names:
    return _Names(
        functions=frozenset(region.functions.function_id.tolist()),
        sites=frozenset(region.sites.site_id.tolist()),
        kinds=frozenset(region.sites.kind.tolist()),
        shared=shared_services(region),
    )


def _pairs(region: Region) -> Iterable[tuple[int, str, str]]:
    """Row, dependent and need; empty cells are told already."""
    table = region.dependencies
    for row, (dependent, need) in enumerate(
        zip(table.dependent.tolist(), table.needs.tolist(), strict=True)
    ):
        if dependent and need:
            yield row, dependent, need


def check_names_apart(region: Region, rows: Rows) -> list[Problem]:
    """Each name that may stand in a column of the table means one thing there."""
    functions, sites = region.functions.function_id, region.sites.site_id
    service = dict.fromkeys(NEEDS, "a service")
    function = dict.fromkeys(functions.tolist(), "a function")
    site = dict.fromkeys(sites.tolist(), "a site")
    found: list[Problem] = []
    for file, column, names, taken in (
        ("functions", "function_id", functions, service),
        ("sites", "site_id", sites, service | function),
        ("sites", "kind", region.sites.kind, function | site),
        ("telecom_routes", "route_id", region.telecom_routes.route_id, service | function | site),
    ):
        first: dict[str, int] = {}
        for row, name in enumerate(names.tolist()):
            first.setdefault(name, row)
        found += [
            Problem(
                "name_twice",
                rows.place(file, row, column),
                name,
                "a name of its own",
                f"{name} is {taken[name]} too; dependencies.csv could mean either. Rename it.",
            )
            for name, row in first.items()
            if name and name in taken
        ]
    return found


def check_dependents(region: Region, rows: Rows) -> list[Problem]:
    """Dependents exist."""
    known = _names(region).dependents
    found: list[Problem] = []
    for row, dependent, _ in _pairs(region):
        place = rows.place(TABLE, row, "dependent")
        if dependent in known:
            continue
        if dependent in NEEDS:
            found.append(
                Problem(
                    "service_as_dependent",
                    place,
                    dependent,
                    "a function, a site, a kind of site, crews or a shared service",
                    f"What {dependent} needs in an area stands in {OWN_TABLES[dependent]}; "
                    "delete this row.",
                )
            )
        else:
            found.append(
                Problem(
                    "unknown_dependent",
                    place,
                    dependent,
                    f"a function, a site, a kind of site, {CREW} and a skill of depots, or a "
                    "shared service that another row needs",
                    did_you_mean(dependent, known)
                    or "Correct the name, or add a row in which something needs it.",
                )
            )
    return found


def check_needs(region: Region, rows: Rows) -> list[Problem]:
    """Needs exist, and each is one the dependent can have."""
    names = _names(region)
    found: list[Problem] = []
    for row, dependent, need in _pairs(region):
        told: tuple[str, str, str] | None = None
        if need not in names.needs:
            told = _unknown_need(need, names)
        elif need in names.functions and dependent in names.dependents - names.functions:
            told = (
                "need_of_function",
                "a service, a site or a shared service; only functions may need functions",
                "Name the sites or the service behind the function instead.",
            )
        elif need in NEEDS and dependent in names.shared:
            told = (
                "need_without_place",
                "a site or another shared service; a shared service is in no area",
                f"Name the sites that {dependent} runs at, and let them need {need}.",
            )
        if told:
            code, allowed, remedy = told
            place = rows.place(TABLE, row, "needs")
            found.append(Problem(code, place, need, allowed, remedy))
    return found


def _unknown_need(need: str, names: _Names) -> tuple[str, str, str]:
    """Code, what is allowed and what to do about a need that nobody knows."""
    allowed = f"{', '.join(NEEDS)}, a function, a site or a shared service"
    if need in names.kinds:
        remedy = "A kind of site cannot be needed: name its sites, each in a row of one group."
        return "kind_as_need", allowed, remedy
    remedy = did_you_mean(need, names.needs)
    remedy = remedy or f"Correct the name, or add rows that say what {need} needs."
    return "unknown_need", allowed, remedy


def check_staff_needs(region: Region, rows: Rows) -> list[Problem]:
    """Who needs staff has a row of staff."""
    kind = dict(zip(region.sites.site_id.tolist(), region.sites.kind.tolist(), strict=True))
    works_at = set(region.staff.works_at.tolist())
    placed = _names(region)
    able = placed.dependents - placed.shared
    found: list[Problem] = []
    for row, dependent, need in _pairs(region):
        name = kind.get(dependent, dependent)
        if need == "staff" and dependent in able and name and name not in works_at:
            found.append(
                Problem(
                    "need_of_staff",
                    rows.place(TABLE, row, "needs"),
                    need,
                    f"a row of staff.csv with works_at {name}",
                    "Add that row, or delete this one.",
                )
            )
    return found


def check_rules(region: Region, rows: Rows) -> list[Problem]:
    """Rules of several rows have a group, and k has its rule."""
    table = region.dependencies
    found: list[Problem] = []
    for row, (group, rule, k) in enumerate(
        zip(table.group.tolist(), table.rule.tolist(), table.k.tolist(), strict=True)
    ):
        if rule in ("any", "k_of_n") and not group:
            found.append(
                Problem(
                    "rule_without_group",
                    rows.place(TABLE, row, "rule"),
                    rule,
                    "weakest or linear, or a group of rows this one belongs to",
                    "Write the same word in column group of each row that belongs together.",
                )
            )
        if rule and rule != "k_of_n" and k > 0:
            found.append(
                Problem(
                    "k_without_rule",
                    rows.place(TABLE, row, "k"),
                    k,
                    "0, or rule k_of_n",
                    f"Write k_of_n in column rule if {k} of the group are enough, else 0 here.",
                )
            )
    return found


def check_groups(region: Region, rows: Rows) -> list[Problem]:
    """Rows of a group agree on its rule and k, and k is not above the number of rows.

    Rows of a site join those of its kind when they have the same group.
    """
    groups: dict[tuple[str, str], list[Edge]] = {}
    for edge in expand(region):
        if edge.row >= 0 and edge.group:
            groups.setdefault((edge.dependent, edge.group), []).append(edge)
    distinct = {tuple(edge.row for edge in group): group for group in groups.values()}
    found: list[Problem] = []
    told: list[set[int]] = []
    for members, group in sorted(distinct.items(), key=lambda pair: (len(pair[0]), pair[0])):
        problem = _group_problem(region, group, rows)
        if problem and not any(smaller <= set(members) for smaller in told):
            found.append(problem)
            told.append(set(members))
    return found


def _group_problem(region: Region, group: Sequence[Edge], rows: Rows) -> Problem | None:
    """Say what is wrong with the rows of one group."""
    rules = sorted({str(edge.rule) for edge in group})
    if "" in rules:
        return None
    if len(rules) > 1:
        remedy = "Write the same rule in each of these rows, or give them groups of their own."
        told = ("group_rules", "rule", ", ".join(rules), "one rule a group", remedy)
    elif rules == ["k_of_n"] and (wrong := _count_problem(group)):
        told = wrong
    else:
        return None
    code, column, found, allowed, remedy = told
    at = [edge.row for edge in group]
    name = f"group {group[0].group} of {region.dependencies.dependent[at[0]]}"
    return Problem(code, rows.places(TABLE, at, column), f"{found} in {name}", allowed, remedy)


def _count_problem(group: Sequence[Edge]) -> tuple[str, str, str, str, str] | None:
    """Code, column, what was found, what is allowed and what to do about a count."""
    counts = sorted({edge.k for edge in group})
    needs = [edge.needs for edge in group]
    twice = sorted({_spoken(need) for need in needs if needs.count(need) > 1})
    n = len(group)
    if counts[0] < 0:
        return None
    if len(counts) > 1:
        found = f"k {', '.join(str(k) for k in counts)}"
        return "group_k", "k", found, "the same k in every row", "Write the same k in each row."
    if twice:
        allowed = "each need once in a group of rule k_of_n"
        remedy = "It would be counted twice; delete one of the rows."
        return "need_twice", "needs", ", ".join(twice), allowed, remedy
    if 1 <= counts[0] <= n:
        return None
    remedy = f"{counts[0]} of {n} can never be there. Lower k, or add the rows that are missing."
    if counts[0] == 0:
        remedy = "Write how many of the group have to be there."
    return "k_above_n", "k", f"k {counts[0]}", f"1 to {n}, the rows of the group", remedy


@dataclass(frozen=True, slots=True, kw_only=True)
class _Loop:
    """A loop as it is told: rows of the table, nodes as words, and how many are alike."""

    at: tuple[int, ...]
    words: str
    alike: int


def _told_loops(loops: Iterable[Sequence[str]], edges: Iterable[Edge]) -> list[_Loop]:
    """Loops with their rows; those through the same rows, as of a kind of site, are one."""
    between: dict[tuple[str, str], set[int]] = {}
    for edge in edges:
        between.setdefault((edge.dependent, edge.needs), set()).add(edge.row)
    found: dict[tuple[int, ...], tuple[str, int]] = {}
    for loop in loops:
        steps = list(pairwise(loop))
        at = tuple(sorted({row for step in steps for row in between[step] if row >= 0}))
        shown = [f"{_spoken(a)} needs {_spoken(b)}" for a, b in steps[:LONGEST_TOLD]]
        if len(steps) > LONGEST_TOLD:
            shown.append(f"{len(steps) - LONGEST_TOLD} more back to {_spoken(loop[-1])}")
        words, alike = found.get(at, (", ".join(shown), 0))
        found[at] = (words, alike + 1)
    return [
        _Loop(at=at, words=words, alike=alike)
        for at, (words, alike) in list(found.items())[:MOST_LOOPS]
    ]


def _spoken(node: str) -> str:
    """Node as people say it: ``water at h1``."""
    return " at ".join(node.split("@"))


def check_loops(region: Region, rows: Rows) -> list[Problem]:
    """Around every loop something takes time, both when it is lost and when it returns."""
    edges = expand(region)
    lacking: dict[tuple[int, ...], tuple[_Loop, list[str]]] = {}
    delays: tuple[Literal["autonomy_h", "recovery_h"], ...] = ("autonomy_h", "recovery_h")
    for delay in delays:
        instant = [edge for edge in edges if getattr(edge, delay) == 0.0]
        for loop in _told_loops(instant_loops(edges, delay), instant):
            lacking.setdefault(loop.at, (loop, []))[1].append(delay)
    what = {"autonomy_h": "a loss", "recovery_h": "a return"}
    how = {
        "autonomy_h": "how long one of them lasts without the next (autonomy_h)",
        "recovery_h": "how long one of them takes to be whole again (recovery_h)",
    }
    return [
        Problem(
            "loop_without_delay",
            rows.places(TABLE, loop.at),
            _found(loop, f"{' and '.join(without)} 0 all the way round"),
            f"{' and '.join(without)} above 0 in at least one of these rows",
            f"As it stands {' and '.join(what[delay] for delay in without)} would come round "
            "and meet itself in no time. "
            f"Say {' and '.join(how[delay] for delay in without)}.",
        )
        for loop, without in lacking.values()
    ]


def check_restart(region: Region, rows: Rows) -> list[Problem]:
    """Everything can begin again after everything was lost."""
    edges = waiting_edges(expand(region))
    return [
        Problem(
            "loop_without_restart",
            rows.places(TABLE, loop.at),
            _found(loop, "level_after 0 all the way round"),
            "level_after above 0 in at least one of these rows",
            "As it stands none of them comes back once all are lost, since each waits for the "
            "next. Say what one of them can do by itself (level_after), or put the need in a "
            "group of rule any with another that is not part of the loop.",
        )
        for loop in _told_loops(loops_among(edges), edges)
    ]


def _found(loop: _Loop, values: str) -> str:
    more = f" (and {loop.alike - 1} more like it through these rows)" if loop.alike > 1 else ""
    return f"{loop.words}{more}, with {values}"


DEPENDENCY_RULES = (
    check_names_apart,
    check_dependents,
    check_needs,
    check_staff_needs,
    check_rules,
    check_groups,
    check_loops,
    check_restart,
)
