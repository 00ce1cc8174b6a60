"""A CSV table as rows of text, so that rows nobody changes stay as they are, byte for byte."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class TableRows:
    """Rows of one table, by the identifier in its first column.

    Attributes
    ----------
    path : Path
    header : list of str
    ending : str
        End of a line, as in the file.
    rows : dict of str to str
        Text of each row, with its end, in the order of the file.
    cells : dict of str to dict
        Cells of each row by column.
    """

    path: Path
    header: list[str]
    ending: str
    start: str
    rows: dict[str, str] = field(default_factory=dict)
    cells: dict[str, dict[str, str]] = field(default_factory=dict)
    before: str = ""

    @property
    def is_changed(self) -> bool:
        """Whether the text differs from the file's."""
        return self.text != self.before

    @property
    def text(self) -> str:
        """Text of the whole table."""
        return self.start + "".join(self.rows.values())

    def change(self, key: str, **cells: str) -> None:
        """Change cells of a row that is there; equal cells change nothing."""
        new = self.cells[key] | cells
        if new != self.cells[key]:
            self.put(key, new)

    def put(self, key: str, cells: Mapping[str, str]) -> None:
        """Write a row: in its place when it is there, otherwise last."""
        if self.rows:
            last = next(reversed(self.rows))
            if not self.rows[last].endswith(("\n", "\r")):
                self.rows[last] += self.ending
        text = io.StringIO()
        writer = csv.writer(text, lineterminator=self.ending)
        writer.writerow([cells[name] for name in self.header])
        self.rows[key] = text.getvalue()
        self.cells[key] = dict(cells)

    def drop(self, key: str) -> None:
        """Take a row out."""
        del self.rows[key], self.cells[key]


def read_rows(path: Path) -> TableRows:
    """Read a table that ``data.read`` has accepted.

    Parameters
    ----------
    path : Path

    Returns
    -------
    TableRows
    """
    # newline="" keeps what ends the lines.
    with path.open(encoding="utf-8", newline="") as file:
        text = file.read()
    lines = text.splitlines(keepends=True)
    reader = csv.reader(lines)
    ending = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
    header = [name.removeprefix("\ufeff") for name in next(reader)]
    table = TableRows(
        path=path,
        header=header,
        ending=ending,
        start="".join(lines[: reader.line_num]),
        before=text,
    )
    done = reader.line_num
    for row in reader:
        piece = "".join(lines[done : reader.line_num])
        done = reader.line_num
        key = row[0].strip() if row else ""
        if key:
            table.rows[key] = piece
            table.cells[key] = dict(zip(header, (cell.strip() for cell in row), strict=True))
    return table
