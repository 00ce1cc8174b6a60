"""One CSV table of an adequacy folder: its cells as text, and columns taken out of it.

Every method that takes a column adds what is wrong with it to the table's problems and
goes on, so that one pass finds everything.

These tables are not declared as those of a region and of feeders are (``data.tables``):
columns are named by the folder's own areas and units, have other names in use, and go with
defaults that the reader must tell of. The file itself is taken apart by the same code.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from data.csv_file import header_problems, parse_csv
from data.problems import Problem
from data.tables import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a number may be.

    Attributes
    ----------
    unit : str
        "1" for none.
    low, high : float
        Smallest and largest allowed.
    above : bool
        Whether ``low`` itself is refused.
    whole : bool
        Whether only whole numbers are allowed.
    remedy : str
        What is likely wrong with a number outside.
    """

    unit: str = "1"
    low: float = 0.0
    high: float = math.inf
    above: bool = False
    whole: bool = False
    remedy: str = ""

    def __str__(self) -> str:
        unit = "" if self.unit == "1" else f" {self.unit}"
        least = f"{'>' if self.above else '>='} {self.low:g}{unit}"
        most = "" if math.isinf(self.high) else f" and <= {self.high:g}{unit}"
        return f"{'a whole number ' if self.whole else ''}{least}{most}"

    def hold(self, value: float) -> bool:
        """Whether a number is allowed."""
        if not math.isfinite(value) or value > self.high or value < self.low:
            return False
        return not (self.above and value == self.low) and not (self.whole and value % 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvTable:
    """A table as it was read.

    Attributes
    ----------
    file : str
        Its name.
    rows : tuple of int
        Row number of each body row in a spreadsheet.
    cells : dict of str to list of str
        By column, stripped.
    problems : list of Problem
        Shared by the tables of a folder; grows.
    """

    file: str
    rows: tuple[int, ...]
    cells: dict[str, list[str]]
    problems: list[Problem]

    def __len__(self) -> int:
        return len(self.rows)

    def has(self, column: str) -> bool:
        """Whether the table has the column, with anything in it."""
        return any(self.cells.get(column, ()))

    def blame(  # noqa: PLR0917 -- the fields of Problem, in its order
        self, row: int, column: str, code: str, found: object, allowed: str, remedy: str = ""
    ) -> None:
        """Note a problem in a cell; ``row`` counts from 0."""
        place = f"{self.file} row {self.rows[row]} column {column}"
        self.problems.append(Problem(code, place, found, allowed, remedy))

    def words(self, column: str, default: str = "") -> list[str]:
        """Cells of a column as text; ``default`` where it is missing or empty."""
        return [word or default for word in self.cells.get(column, [""] * len(self))]

    def names(self, column: str) -> list[str]:
        """Cells that name their rows: none empty, none twice."""
        words = self.words(column)
        seen: dict[str, int] = {}
        for row, word in enumerate(words):
            if not word:
                self.blame(row, column, "empty_cell", "", "a name")
            elif word in seen:
                first = self.rows[seen[word]]
                self.blame(row, column, "duplicate", word, f"each name once (also in row {first})")
            else:
                seen[word] = row
        return words

    def choices(
        self, column: str, allowed: Mapping[str, int], what: str, default: str = ""
    ) -> list[int]:
        """Cells that name something known; -1 where they do not."""
        words = self.words(column, default)
        for row, word in enumerate(words):
            if word not in allowed:
                options = ", ".join(sorted(allowed)) or "nothing"
                self.blame(row, column, f"unknown_{what}", word, f"one of: {options}")
        return [allowed.get(word, -1) for word in words]

    def numbers(self, column: str, limits: Limits, *, default: float | None = None) -> FloatArray:
        """Cells as numbers; empty ones are ``default`` (NaN too), or a problem without one."""
        values = np.full(len(self), math.nan if default is None else default)
        for row, word in enumerate(self.words(column)):
            if not word:
                if default is None:
                    self.blame(row, column, "empty_cell", "", str(limits))
                continue
            try:
                value = float(word)
            except ValueError:
                remedy = "Write a decimal point." if "," in word else ""
                self.blame(row, column, "not_a_number", word, str(limits), remedy)
                continue
            if limits.hold(value) and "_" not in word:
                values[row] = value
            else:
                self.blame(row, column, "out_of_range", word, str(limits), limits.remedy)
        return values

    def flags(self, column: str) -> list[bool | None]:
        """Cells 1 or 0; None where empty."""
        found: list[bool | None] = []
        for row, word in enumerate(self.words(column)):
            if word not in ("", "0", "1"):
                self.blame(row, column, "not_a_flag", word, "1 for yes, 0 for no")
            found.append({"0": False, "1": True}.get(word))
        return found

    def matrix(self, columns: Sequence[str], limits: Limits) -> FloatArray:
        """Several columns of numbers, shape (row, column)."""
        if not columns:
            return np.zeros((len(self), 0))
        return np.stack([self.numbers(column, limits) for column in columns], axis=1)


def read_table(
    path: Path,
    problems: list[Problem],
    *,
    required: Sequence[str],
    optional: Sequence[str] = (),
    aliases: Mapping[str, str] | None = None,
    others: bool = False,
) -> CsvTable | None:
    """Read a table and check its header.

    Parameters
    ----------
    path : Path
        The file, UTF-8, comma-separated, with a header.
    problems : list of Problem
        Grows by what is wrong.
    required, optional : sequence of str
        Columns it must and may have.
    aliases : mapping, optional
        Other names of columns, to ours.
    others : bool
        Whether further columns are allowed.

    Returns
    -------
    CsvTable or None
        None if the file cannot be used.
    """
    file = path.name
    try:
        content = path.read_bytes()
    except OSError as error:
        problems.append(Problem("unreadable_file", file, str(error), "a readable file"))
        return None
    read = parse_csv(file, content, problems)
    if read is None:
        return None
    header = [(aliases or {}).get(name.strip(), name.strip()) for name in read.header]
    wrong = header_problems(file, header, required, None if others else (*required, *optional))
    if wrong:
        problems.extend(wrong)
        return None
    return CsvTable(
        file=file,
        rows=tuple(read.numbers),
        cells=dict(zip(header, read.columns, strict=True)),
        problems=problems,
    )
