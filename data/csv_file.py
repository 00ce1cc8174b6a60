"""The text of a CSV file as rows of cells, for the tables of every kind of folder."""

import csv
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from data.check_units import misnamed_columns
from data.problems import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvFile:
    """Cells of a file, as text.

    Attributes
    ----------
    header : list of str
        Names of the columns as they stand in the file.
    numbers : list of int
        Row number of each body row in a spreadsheet.
    columns : list of list of str
        Cells of each column, without blanks around them.
    left_out : int
        Rows that could not be split into cells.
    """

    header: list[str]
    numbers: list[int]
    columns: list[list[str]]
    left_out: int = 0


def parse_csv(file: str, content: bytes, problems: list[Problem]) -> CsvFile | None:
    """Split the content of a file into cells.

    Parameters
    ----------
    file : str
        Its name, for messages.
    content : bytes
        UTF-8, comma-separated, with a header; empty rows are passed over.
    problems : list of Problem
        Grows by what is wrong. Rows with too many or too few cells are left out.

    Returns
    -------
    CsvFile or None
        None if it is no such file.
    """
    try:
        lines = content.decode("utf-8-sig").splitlines(keepends=True)
        rows = list(csv.reader(lines, strict=True))
    except UnicodeDecodeError as error:
        found = f"byte {error.start}"
        problems.append(
            Problem("not_utf8", file, found, "text in UTF-8", "Save the file as CSV UTF-8.")
        )
        return None
    except csv.Error as error:
        problems.append(Problem("not_csv", file, str(error), "comma-separated values"))
        return None
    header = rows[0] if rows else []
    numbers, body, left_out = [], [], 0
    for number, row in enumerate(rows[1:], start=2):
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != len(header):
            remedy = "A decimal comma splits a cell in two." if len(row) > len(header) else ""
            place, found = f"{file} row {number}", f"{len(row)} cells"
            problems.append(Problem("cell_count", place, found, f"{len(header)} cells", remedy))
            left_out += 1
            continue
        numbers.append(number)
        body.append([cell.strip() for cell in row])
    columns = [list(cells) for cells in zip(*body, strict=True)] or [[] for _ in header]
    return CsvFile(header=header, numbers=numbers, columns=columns, left_out=left_out)


def header_problems(
    file: str, header: Sequence[str], required: Collection[str], known: Collection[str] | None
) -> list[Problem]:
    """Find what is wrong with the names of the columns.

    Parameters
    ----------
    file : str
    header : sequence of str
    required : collection of str
        Columns that must be there.
    known : collection of str or None
        Columns that may be there, the required among them; None for any.

    Returns
    -------
    list of Problem
        A column whose name ends on another unit is one problem, not a missing and an
        unknown one.
    """
    place = f"{file} row 1"
    remedy = ""
    if len(header) == 1 and ";" in header[0]:
        remedy = "Separate the columns by comma, not semicolon."
    misnamed = misnamed_columns(header, required)
    found = [
        Problem("unit_of_column", f"{place} column {name}", name, wanted, _rename(wanted, factor))
        for wanted, (name, factor) in misnamed.items()
    ]
    found += [
        Problem("missing_column", place, "nothing", f"a column {name}", remedy)
        for name in required
        if name not in header and name not in misnamed
    ]
    if known is not None:
        told = {name for name, _ in misnamed.values()}
        found += [
            Problem("unknown_column", place, name, ", ".join(known), remedy)
            for name in header
            if name not in known and name not in told
        ]
    found += [
        Problem("repeated_column", place, name, "each column once")
        for name, times in Counter(header).items()
        if times > 1
    ]
    return found


def _rename(wanted: str, factor: float) -> str:
    """Say how to bring a column into the unit its name asks for."""
    numbers = f"multiply its numbers by {factor:.10g}"
    if factor == 1.0:
        numbers = "leave its numbers as they are"
    elif factor < 1.0:
        numbers = f"divide its numbers by {1.0 / factor:.10g}"
    return f"Rename the column to {wanted} and {numbers}."
