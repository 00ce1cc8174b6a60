"""Tables of a copied region as a planner edits them in a spreadsheet: by cell and line."""

import csv
from pathlib import Path


class Sheet:
    """One table; every change is saved at once.

    Lines are counted as a spreadsheet does, the header being line 1.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with path.open(encoding="utf-8", newline="") as file:
            self.header, *self.rows = list(csv.reader(file))

    def lines(self, **where: str) -> list[int]:
        """Lines whose cells are these."""
        return [
            line
            for line, row in enumerate(self.rows, start=2)
            if all(row[self.header.index(name)] == value for name, value in where.items())
        ]

    def line(self, **where: str) -> int:
        """The only line whose cells are these."""
        (line,) = self.lines(**where)
        return line

    def put(self, line: int, **cells: object) -> int:
        """Write into cells of a line."""
        for name, value in cells.items():
            self.rows[line - 2][self.header.index(name)] = str(value)
        self._save()
        return line

    def add(self, **cells: object) -> int:
        """Write a line below the last; what is not named is copied from the first line."""
        self.rows.append(list(self.rows[0]))
        return self.put(len(self.rows) + 1, **cells)

    def drop(self, *lines: int) -> None:
        """Delete lines."""
        self.rows = [row for line, row in enumerate(self.rows, start=2) if line not in lines]
        self._save()

    def rename(self, column: str, to: str) -> None:
        """Write into a cell of the header."""
        self.header[self.header.index(column)] = to
        self._save()

    def _save(self) -> None:
        with self.path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([self.header, *self.rows])
