"""Rules over whole tables, tried as far as tables with mistakes in them allow.

So that everything is told in one pass, a mistake in one cell keeps no rule from being
tried that does without that cell.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from data.check import ENTIRE_RULES, TOLERANT_RULES
from data.check_rows import Rows
from data.problems import Problem
from data.region import Region
from data.tables import Table, columns

Cells = dict[str, dict[str, NDArray[Any]]]

LACKING = frozenset({"missing_row", "area_without_water", "area_without_route", "no_depot"})
"""Codes of what a table has not; it may stand where a cell could not be read."""

NAMES = ("sites.site_id", "sites.kind", "functions.function_id")

BEHIND = {
    "area_without_water": ("water_works.site_id",),
    "unknown_dependent": (*NAMES, "dependencies.needs"),
    "unknown_need": (*NAMES, "dependencies.dependent"),
    "need_of_staff": (*NAMES, "staff.works_at"),
    "unknown_id": (*NAMES, "spares.part"),
}
"""Columns in which what a code misses may stand unread."""


@dataclass(slots=True, kw_only=True)
class TablesRead:
    """Cells of a folder's tables.

    Attributes
    ----------
    cells : dict
        Arrays of each table by column; columns with problems are left out.
    doubtful : dict
        The columns left out: NaN, -1 or ``""`` in cells that could not be read, what
        stands there where it only fits nothing else.
    incomplete : set of str
        Tables with rows that could not be split into cells.
    row_numbers : dict
        Line in the file of each row of each table.
    digest : str
        SHA-256 of names and contents.
    """

    cells: Cells = field(default_factory=dict)
    doubtful: Cells = field(default_factory=dict)
    incomplete: set[str] = field(default_factory=set)
    row_numbers: dict[str, list[int]] = field(default_factory=dict)
    digest: str = ""


def check_partial(
    types: Mapping[str, type[Table]], read: TablesRead, told: Collection[Problem]
) -> list[Problem]:
    """Try every rule that what could be read is enough for.

    Parameters
    ----------
    types : mapping
        Declaration of each table of a region.
    read : TablesRead
    told : collection of Problem
        What is told already.

    Returns
    -------
    list of Problem
        Nothing about a cell that is told already, and nothing missing from a table in
        which it may stand unread.
    """
    whole = {name: cells for name, cells in read.cells.items() if name not in read.incomplete}
    clean = _region(types, whole)
    filled = _region(
        types, {name: cells | read.doubtful.get(name, {}) for name, cells in whole.items()}
    )
    rows = Rows(numbers=read.row_numbers)
    found: list[Problem] = []
    for rule in ENTIRE_RULES:
        try:
            found += rule(clean)
        except AttributeError as error:
            _raise_if_ours(error)
    for tolerant in TOLERANT_RULES:
        try:
            found += tolerant(filled, rows)
        except AttributeError as error:
            _raise_if_ours(error)
    unread = {
        f"{name}.{key}"
        for name, cells in read.doubtful.items()
        for key, column in columns(types[name])
        if key in cells and column.kind != "number"
    }
    places = {problem.place for problem in told}
    return [
        problem
        for problem in found
        if problem.place not in places and not _may_stand_unread(problem, unread)
    ]


def _may_stand_unread(problem: Problem, unread: Collection[str]) -> bool:
    """Whether what a problem misses may stand in a cell that could not be read."""
    table = problem.place.split(".csv")[0]
    return any(column in unread for column in BEHIND.get(problem.code, ())) or (
        problem.code in LACKING and any(column.startswith(f"{table}.") for column in unread)
    )


def _region(types: Mapping[str, type[Table]], given: Cells) -> Region:
    """Make a region of some columns; reaching for another one is an AttributeError."""
    region = object.__new__(Region)
    for name, cells in given.items():
        table = object.__new__(types[name])
        for column, values in cells.items():
            object.__setattr__(table, column, values)
        object.__setattr__(region, name, table)
    return region


def _raise_if_ours(error: AttributeError) -> None:
    """Let pass that a rule reached for a column that could not be read."""
    if not isinstance(error.obj, Region | Table):
        raise error
