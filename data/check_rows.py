"""Where rows stand in their files, and rows that must be there once: for every check."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from data.problems import Problem
from data.tables import StrArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Where rows of tables stand in their files.

    Attributes
    ----------
    numbers : mapping
        Line in a spreadsheet of each row of each table; a table that is not there has no
        empty lines.
    """

    numbers: Mapping[str, Sequence[int]] = field(default_factory=dict)

    def number(self, table: str, at: int) -> int:
        """Line of a row."""
        return self.numbers[table][at] if table in self.numbers else at + 2

    def place(self, table: str, at: int, column: str = "") -> str:
        """Name file, row and column."""
        return f"{table}.csv row {self.number(table, at)}" + (f" column {column}" if column else "")

    def places(self, table: str, rows: Iterable[int], column: str = "") -> str:
        """Name a file and several of its rows, or the file alone when there are none."""
        lines = sorted({self.number(table, at) for at in rows})
        word = "row" if len(lines) == 1 else "rows"
        where = f" {word} {', '.join(str(line) for line in lines)}" if lines else ""
        return f"{table}.csv{where}" + (f" column {column}" if column else "")


def exactly_once(file: str, keys: StrArray, wanted: Sequence[str]) -> list[Problem]:
    """Each wanted key has a row, and no key has two."""
    missing = sorted(set(wanted) - set(keys.tolist()))
    return [missing_row(file, key) for key in missing] + no_repeats(file, keys)


def missing_row(file: str, key: str) -> Problem:
    """Say that a table lacks a row."""
    return Problem("missing_row", file, "no row", f"one row for {key}", "Add the row.")


def no_repeats(file: str, keys: StrArray) -> list[Problem]:
    """No key has two rows; empty keys are told elsewhere."""
    names, count = np.unique(keys, return_counts=True)
    return [
        Problem("repeated_row", file, f"{n} rows for {name}", "one row each", "Keep one of them.")
        for name, n in zip(names.tolist(), count.tolist(), strict=True)
        if n > 1 and name
    ]
