"""A folder of tables -> feeders; every problem of every table is told in one pass."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from data.problems import InputError, Problem
from data.read import read_tables
from data.region import KILE_GROUPS
from data.tables import Table, columns
from grid.reliability.check import check_feeders
from grid.reliability.place import Place
from grid.reliability.remarks import remarks_on
from grid.reliability.tables import (
    OPTIONAL,
    REQUIRED,
    Busbars,
    LoadPoints,
    Parameters,
    Sections,
    TieTable,
)

NEW = "`run.py grid feeders new FOLDER` writes a complete example to start from."

RENAMED = {
    "residential": "household",
    "husholdning": "household",
    "government": "public",
    "offentlig": "public",
    "industri": "industry",
    "handel": "commercial",
    "jordbruk": "agriculture",
}
"""Words for KILE groups that people use, and the group."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeederTables:
    """The tables of a folder, and what in them deserves a second look.

    Attributes
    ----------
    folder : Path
    busbars, sections, load_points, ties, parameters
        ``ties`` and ``parameters`` have no rows when there is no such file.
    remarks : tuple of Problem
        What is unusual and was accepted.
    """

    folder: Path
    busbars: Busbars
    sections: Sections
    load_points: LoadPoints
    ties: TieTable
    parameters: Parameters
    remarks: tuple[Problem, ...]


def read_feeders(folder: Path) -> FeederTables:
    """Read a folder of radial feeders (see docs/feeder-tables.md) and check all of it.

    Parameters
    ----------
    folder : Path
        With ``busbars.csv``, ``sections.csv`` and ``load_points.csv``; ``ties.csv`` and
        ``parameters.csv`` if there is anything to say in them.

    Returns
    -------
    FeederTables

    Raises
    ------
    InputError
        With every problem found: file, row, column, what was found, what is allowed and
        what to do. Rules over whole tables are tried once every cell reads cleanly.
    """
    folder = Path(folder)
    if not folder.is_dir():
        allowed = "a folder of feeder tables"
        raise InputError([Problem("missing_folder", str(folder), "nothing", allowed, NEW)])
    present = {
        name: declaration
        for name, declaration in OPTIONAL.items()
        if (folder / f"{name}.csv").exists()
    }
    types = REQUIRED | present
    problems: list[Problem] = []
    read = read_tables(folder, types, problems, remedy=NEW, may_leave_out=True)
    if problems:
        raise InputError([_with_remedy(each) for each in problems])
    tables: dict[str, Any] = {
        name: declaration(**read.cells[name]) if name in types else _empty(declaration)
        for name, declaration in (REQUIRED | OPTIONAL).items()
    }
    feeders = FeederTables(folder=folder, remarks=(), **tables)
    place = Place(rows=read.row_numbers)
    problems = check_feeders(
        busbars=feeders.busbars,
        sections=feeders.sections,
        load_points=feeders.load_points,
        ties=feeders.ties,
        parameters=feeders.parameters,
        place=place,
    )
    if problems:
        raise InputError(problems)
    remarks = remarks_on(
        feeders.busbars, feeders.sections, feeders.load_points, feeders.ties, place
    )
    return replace(feeders, remarks=tuple(remarks))


def _empty(declaration: type[Table]) -> Table:
    """Make a table without rows."""
    kinds = {"number": np.float64}
    return declaration(
        **{
            name: np.empty(0, dtype=kinds.get(column.kind, "U1"))
            for name, column in columns(declaration)
        }
    )


def _with_remedy(problem: Problem) -> Problem:
    """Add the likely fix to what the reader found in a cell or header."""
    if problem.remedy:
        return problem
    found = str(problem.found)
    remedy = ""
    if problem.code == "not_a_number" and _is_number(found.replace(",", ".")):
        remedy = f"Write {found.replace(',', '.')} with a decimal point."
    elif problem.code == "not_a_number" and found.endswith("%"):
        remedy = "Write a share: 0.95 for 95 %."
    elif problem.code == "out_of_range" and " p_" in problem.place and float(found) > 1.0:
        remedy = f"A probability is a share: write {float(found) / 100.0:g} for {found} %."
    elif problem.code == "out_of_range" and found.startswith("-"):
        remedy = "A sign too many, or the wrong column?"
    elif problem.code == "not_allowed" and found.lower() in RENAMED:
        remedy = f"Write {RENAMED[found.lower()]}."
    elif problem.code == "not_allowed" and found.lower() in (*KILE_GROUPS, "none", *_words()):
        remedy = f"Write {found.lower()}."
    elif problem.code == "unknown_column":
        remedy = "Columns carry their unit in the name; see docs/feeder-tables.md."
    elif problem.code == "missing_column":
        remedy = "See docs/feeder-tables.md for what it holds."
    elif problem.code == "duplicate_key":
        remedy = "Rename one of the rows, or delete it if it is there twice."
    return replace(problem, remedy=remedy)


def _words() -> Sequence[str]:
    """Words that may stand in a choice of any table."""
    declarations = (*REQUIRED.values(), *OPTIONAL.values())
    return [word for each in declarations for _, column in columns(each) for word in column.allowed]


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True
