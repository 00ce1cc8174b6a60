"""Tables on disk -> Region; every problem of every file is told in one pass."""

import csv
import hashlib
import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_type_hints

import numpy as np
from numpy.typing import NDArray

from data.check import check_region
from data.csv_file import header_problems, parse_csv
from data.problems import InputError, Problem
from data.region import Region
from data.tables import Column, Table, columns

BUILT_IN = Path(__file__).parent / "oslo_akershus"


def table_types() -> dict[str, type[Table]]:
    """Name and declaration of each table of a region, in the order of ``Region``."""
    hints = get_type_hints(Region)
    return {
        name: kind
        for name, kind in hints.items()
        if isinstance(kind, type) and issubclass(kind, Table)
    }


def load_region(folder: Path | None = None) -> Region:
    """Read a region and check all of it.

    Parameters
    ----------
    folder : Path, optional
        Folder of ``<table>.csv`` files; the built-in region when left out.

    Returns
    -------
    Region
        Immutable; its arrays are read-only.

    Raises
    ------
    InputError
        With every problem found, each naming file, row and column. Rules over whole
        tables (``data.check``) are tried only once every cell reads cleanly.
    """
    folder = BUILT_IN if folder is None else Path(folder)
    if not folder.is_dir():
        raise InputError([Problem("missing_folder", str(folder), "nothing", "a region's folder")])
    problems: list[Problem] = []
    types = table_types()
    read = read_tables(
        folder,
        types,
        problems,
        remedy="`run.py region new FOLDER` writes a complete set to start from.",
    )
    if problems:
        raise InputError(problems)
    tables: dict[str, Any] = {name: types[name](**cells) for name, cells in read.cells.items()}
    region = Region(region_id=folder.resolve().name, input_hash=read.digest, **tables)
    problems = check_region(region)
    if problems:
        raise InputError(problems)
    return region


@dataclass(frozen=True, slots=True, kw_only=True)
class TablesRead:
    """Cells of a folder's tables.

    Attributes
    ----------
    cells : dict
        Arrays of each table by column; columns with problems are left out.
    row_numbers : dict
        Line in the file of each row of each table.
    digest : str
        SHA-256 of names and contents.
    """

    cells: dict[str, dict[str, NDArray[Any]]]
    row_numbers: dict[str, list[int]]
    digest: str


def read_tables(
    folder: Path,
    types: dict[str, type[Table]],
    problems: list[Problem],
    *,
    remedy: str,
    may_leave_out: bool = False,
) -> TablesRead:
    """Read the CSV tables of a folder, keys and references checked.

    Parameters
    ----------
    folder : Path
        Holds ``<name>.csv`` for each table.
    types : dict
        Declaration of each table, by name.
    problems : list of Problem
        Gets every problem found.
    remedy : str
        What to do about a missing file.
    may_leave_out : bool
        Whether a file need not have the columns whose cells may be empty.

    Returns
    -------
    TablesRead
    """
    hasher = hashlib.sha256()
    cells: dict[str, dict[str, NDArray[Any]]] = {}
    row_numbers: dict[str, list[int]] = {}
    for name, declaration in types.items():
        content = _file_content(folder / f"{name}.csv", problems, remedy)
        if content is None:
            continue
        hasher.update(name.encode())
        hasher.update(content)
        cells[name], row_numbers[name] = _read_columns(
            name, declaration, content, problems, may_leave_out=may_leave_out
        )
    _check_keys_and_refs(types, cells, row_numbers, problems)
    return TablesRead(cells=cells, row_numbers=row_numbers, digest=hasher.hexdigest())


def area_polygons(folder: Path | None = None) -> dict[str, Any]:
    """Schematic outlines of the areas, from ``areas.geojson``.

    Parameters
    ----------
    folder : Path, optional
        Folder of the region; the built-in region when left out.

    Returns
    -------
    dict
        The GeoJSON feature collection, coordinates in EPSG:25832 [m]. Each feature has
        ``area_id``, ``name`` and ``kind``; kind ``remainder`` is land without an area.

    Raises
    ------
    InputError
        If the file is missing, is not GeoJSON, or an area has no polygon.
    """
    folder = BUILT_IN if folder is None else Path(folder)
    path = folder / "areas.geojson"
    missing_files = [file for file in (path, folder / "areas.csv") if not file.is_file()]
    if missing_files:
        remedy = "`run.py region new FOLDER` writes a complete set to start from."
        raise InputError([_missing_file(file, remedy) for file in missing_files])
    with (folder / "areas.csv").open(encoding="utf-8-sig", newline="") as file:
        wanted = [row.get("area_id") or "" for row in csv.DictReader(file)]
    try:
        collection: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        found = set()
        for feature in collection["features"]:
            _check_rings(feature["geometry"])
            found.add(str(feature["properties"]["area_id"]))
    except (ValueError, KeyError, TypeError) as error:
        problem = Problem("not_geojson", path.name, str(error), "features with area_id and polygon")
        raise InputError([problem]) from error
    missing = [area for area in wanted if area not in found]
    if missing:
        allowed = "one polygon per area of areas.csv"
        raise InputError([Problem("missing_polygon", path.name, area, allowed) for area in missing])
    return collection


def _check_rings(geometry: dict[str, Any]) -> None:
    """Refuse a geometry that is not rings of coordinate pairs."""
    polygons = geometry["coordinates"]
    if geometry["type"] == "Polygon":
        polygons = [polygons]
    elif geometry["type"] != "MultiPolygon":
        raise ValueError(f"geometry {geometry['type']}")
    rings = tuple(np.asarray(ring, dtype=np.float64) for polygon in polygons for ring in polygon)
    if any(ring.ndim != 2 or ring.shape[1] < 2 for ring in rings):  # noqa: PLR2004 -- x and y
        raise ValueError("coordinates are not pairs")


def _missing_file(path: Path, remedy: str) -> Problem:
    return Problem("missing_file", path.name, "nothing", "this table", remedy)


def _file_content(path: Path, problems: list[Problem], remedy: str) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        problems.append(_missing_file(path, remedy))
    except OSError as error:
        problems.append(Problem("unreadable_file", path.name, str(error), "a readable file"))
    return None


def _read_columns(
    name: str,
    declaration: type[Table],
    content: bytes,
    problems: list[Problem],
    *,
    may_leave_out: bool,
) -> tuple[dict[str, NDArray[Any]], list[int]]:
    """Columns that read cleanly, and row numbers; the other columns become problems."""
    file = f"{name}.csv"
    table = parse_csv(file, content, problems)
    if table is None:
        return {}, []
    header, numbers = table.header, table.numbers
    declared = dict(columns(declaration))
    left_out = {
        name
        for name, column in declared.items()
        if may_leave_out and column.optional and name not in header
    }
    required = [name for name in declared if name not in left_out]
    problems.extend(header_problems(file, header, required, declared))
    clean: dict[str, NDArray[Any]] = {}
    for column_name, column in declared.items():
        if column_name in left_out:
            words = [""] * len(numbers)
        elif header.count(column_name) != 1:
            continue
        else:
            words = table.columns[header.index(column_name)]
        wrong: list[tuple[int, str, object, str]] = []
        values = _CONVERT[column.kind](words, column, wrong)
        for at, code, found, allowed in wrong:
            place = f"{file} row {numbers[at]} column {column_name}"
            problems.append(Problem(code, place, found, allowed))
        if not wrong:
            values.setflags(write=False)
            clean[column_name] = values
    return clean, numbers


Wrong = list[tuple[int, str, object, str]]


def _words(words: list[str], column: Column, wrong: Wrong) -> NDArray[Any]:
    if not column.optional:
        wrong.extend((at, "empty_cell", "", "text") for at, word in enumerate(words) if not word)
    return np.array(words, dtype=np.str_) if words else np.empty(0, dtype="U1")


def _choices(words: list[str], column: Column, wrong: Wrong) -> NDArray[Any]:
    allowed = set(column.allowed) | ({""} if column.optional else set())
    wrong.extend(
        (at, "not_allowed", word, ", ".join(column.allowed))
        for at, word in enumerate(words)
        if word not in allowed
    )
    return np.array(words, dtype=np.str_) if words else np.empty(0, dtype="U1")


def _limits(column: Column) -> str:
    unit = "" if column.unit == "1" else f" [{column.unit}]"
    if math.isinf(column.low) and math.isinf(column.high):
        return f"a number{unit}"
    if math.isinf(column.high):
        return f">= {column.low:g}{unit}"
    return f"{column.low:g} to {column.high:g}{unit}"


def _numbers(words: list[str], column: Column, wrong: Wrong) -> NDArray[Any]:
    values = np.full(len(words), np.nan)
    for at, word in enumerate(words):
        if word == "" and column.optional:
            continue
        try:
            values[at] = value = float(word)
        except ValueError:
            value = math.nan
        if not math.isfinite(value) or "_" in word:
            code = "empty_cell" if word == "" else "not_a_number"
            wrong.append((at, code, word, f"a number with decimal point, {_limits(column)}"))
        elif not column.low <= value <= column.high:
            wrong.append((at, "out_of_range", word, _limits(column)))
    return values


def _whole_numbers(words: list[str], column: Column, wrong: Wrong) -> NDArray[Any]:
    values = _numbers(words, column, wrong)
    if wrong:
        return values
    wrong.extend(
        (int(at), "not_whole", words[at], f"a whole number, {_limits(column)}")
        for at in np.flatnonzero(values != np.floor(values))
    )
    return values.astype(np.int64)


def _flags(words: list[str], _column: Column, wrong: Wrong) -> NDArray[Any]:
    wrong.extend(
        (at, "not_allowed", word, "1 or 0")
        for at, word in enumerate(words)
        if word not in ("0", "1")
    )
    return np.array([word == "1" for word in words], dtype=np.bool_)


_CONVERT: dict[str, Callable[[list[str], Column, Wrong], NDArray[Any]]] = {
    "key": _words,
    "ref": _words,
    "text": _words,
    "choice": _choices,
    "number": _numbers,
    "whole": _whole_numbers,
    "flag": _flags,
}


def _check_keys_and_refs(
    types: dict[str, type[Table]],
    arrays: dict[str, dict[str, NDArray[Any]]],
    row_numbers: dict[str, list[int]],
    problems: list[Problem],
) -> None:
    """Keys are unique, references point at a key; tables without clean keys are left out."""
    keys: dict[str, set[str]] = {}
    for name, cells in arrays.items():
        for column_name, column in columns(types[name]):
            if column.kind != "key" or column_name not in cells:
                continue
            seen: set[str] = set()
            for at, word in enumerate(cells[column_name].tolist()):
                if word in seen:
                    place = f"{name}.csv row {row_numbers[name][at]} column {column_name}"
                    problems.append(Problem("duplicate_key", place, word, "each identifier once"))
                seen.add(word)
            keys[name] = seen
    for name, cells in arrays.items():
        for column_name, column in columns(types[name]):
            if column.kind != "ref" or column_name not in cells or column.table not in keys:
                continue
            known = keys[column.table]
            for at, word in enumerate(cells[column_name].tolist()):
                if word not in known and not (word == "" and column.optional):
                    place = f"{name}.csv row {row_numbers[name][at]} column {column_name}"
                    allowed = f"an identifier of {column.table}.csv"
                    problems.append(Problem("unknown_id", place, word, allowed))
