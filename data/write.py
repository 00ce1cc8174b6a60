"""Region -> tables on disk, in the form ``data.read`` reads."""

import csv
import io
import shutil
from pathlib import Path

import numpy as np

from data.problems import InputError, Problem
from data.read import BUILT_IN, table_types
from data.tables import Table, columns
from data.whole_file import whole_file


def table_text(table: Table) -> str:
    """Write a table as the text of its CSV file: UTF-8, comma, one header row, LF."""
    cells: dict[str, list[str]] = {}
    for name, column in columns(type(table)):
        values = getattr(table, name)
        if column.kind == "number":
            cells[name] = ["" if np.isnan(v) else format(v, ".10g") for v in values.tolist()]
        elif column.kind == "flag":
            cells[name] = ["1" if v else "0" for v in values.tolist()]
        else:
            cells[name] = [str(v) for v in values.tolist()]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(cells)
    writer.writerows(zip(*cells.values(), strict=True))
    return text.getvalue()


def write_table(path: Path, table: Table) -> None:
    """Write a table so that it reads back equal (numbers to ten digits).

    Parameters
    ----------
    path : Path
        The file; it appears whole or not at all.
    table : Table
        Any table of a region.
    """
    with whole_file(path) as part:
        part.write_text(table_text(table), encoding="utf-8", newline="")


def new_folder(folder: Path) -> Path:
    """Make a folder for an example that a user will change.

    Parameters
    ----------
    folder : Path
        Made if it does not exist.

    Returns
    -------
    Path

    Raises
    ------
    InputError
        If the folder exists and holds anything, or is a file.
    """
    folder = Path(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        problem = Problem(
            "folder_not_empty",
            str(folder),
            "something already there",
            "a folder that is empty or does not exist",
            "Choose another name.",
        )
        raise InputError([problem])
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def new_region(folder: Path) -> None:
    """Copy the built-in region as the start of a user's own.

    Parameters
    ----------
    folder : Path
        Made if it does not exist.

    Raises
    ------
    InputError
        If the folder exists and holds anything, or is a file.
    """
    folder = new_folder(folder)
    for name in (*(f"{table}.csv" for table in table_types()), "areas.geojson"):
        shutil.copyfile(BUILT_IN / name, folder / name)
