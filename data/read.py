"""Tables on disk -> Region; every problem of every file is told in one pass."""

import csv
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_type_hints

import numpy as np

from data.check import check_region
from data.check_cells import read_cells
from data.check_partial import TablesRead, check_partial
from data.check_rows import Rows
from data.check_units import misnamed_columns, rescaled
from data.csv_file import CsvFile, header_problems, parse_csv
from data.problems import InputError, Problem, did_you_mean
from data.region import Region
from data.tables import Table, columns

BUILT_IN = Path(__file__).parent / "oslo_akershus"

MOST_GUESSES = 20
"""Unknown identifiers of a column for which one that is spelt alike is looked for."""


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
        tables (``data.check``) are tried too, as far as what could be read is enough.
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
        raise InputError([*problems, *check_partial(types, read, problems)])
    tables: dict[str, Any] = {name: types[name](**cells) for name, cells in read.cells.items()}
    region = Region(region_id=folder.resolve().name, input_hash=read.digest, **tables)
    problems = check_region(region, Rows(numbers=read.row_numbers))
    if problems:
        raise InputError(problems)
    return region


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
    read = TablesRead()
    for name, declaration in types.items():
        content = _file_content(folder / f"{name}.csv", problems, remedy)
        if content is None:
            continue
        hasher.update(name.encode())
        hasher.update(content)
        file = parse_csv(f"{name}.csv", content, problems)
        if file is not None:
            _read_columns(name, declaration, file, problems, read, may_leave_out=may_leave_out)
    read.digest = hasher.hexdigest()
    _check_keys_and_refs(types, read, problems)
    return read


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
    file: CsvFile,
    problems: list[Problem],
    read: TablesRead,
    *,
    may_leave_out: bool,
) -> None:
    """Read the columns of one table; what is wrong with cells becomes problems."""
    header, rows = file.header, Rows(numbers={name: file.numbers})
    declared = dict(columns(declaration))
    left_out = {
        column_name
        for column_name, column in declared.items()
        if may_leave_out and column.optional and column_name not in header
    }
    required = [column_name for column_name in declared if column_name not in left_out]
    problems.extend(header_problems(f"{name}.csv", header, required, declared))
    misnamed = misnamed_columns(header, required)
    read.cells[name], read.doubtful[name] = {}, {}
    read.row_numbers[name] = file.numbers
    if file.left_out:
        read.incomplete.add(name)
    for column_name, column in declared.items():
        found, factor = misnamed.get(column_name, (column_name, 1.0))
        if column_name in left_out:
            words = [""] * len(file.numbers)
        elif header.count(found) != 1:
            continue
        else:
            words = file.columns[header.index(found)]
        values, wrong = read_cells(rescaled(words, factor), column)
        problems.extend(
            Problem(
                each.code,
                rows.place(name, each.at, found),
                words[each.at],
                each.allowed,
                each.remedy,
            )
            for each in wrong
        )
        values.setflags(write=False)
        is_clean = not wrong and found == column_name
        (read.cells if is_clean else read.doubtful)[name][column_name] = values


def _check_keys_and_refs(
    types: dict[str, type[Table]], read: TablesRead, problems: list[Problem]
) -> None:
    """Keys are unique, references point at a key; columns in which they do not are doubtful."""
    rows = Rows(numbers=read.row_numbers)
    keys: dict[str, set[str]] = {}
    wrong: set[tuple[str, str]] = set()
    for name, column_name, _, words in _columns_of_kind("key", types, read):
        seen: set[str] = set()
        for at, word in enumerate(words):
            if word and word in seen:
                place = rows.place(name, at, column_name)
                remedy = "Rename one of the rows, or delete it if it is there twice."
                problems.append(
                    Problem("duplicate_key", place, word, "each identifier once", remedy)
                )
                wrong.add((name, column_name))
            seen.add(word)
        # What a row left out or without a name would be called is not known.
        if name not in read.incomplete and "" not in seen:
            keys[name] = seen
    for name, column_name, target, words in _columns_of_kind("ref", types, read):
        known = keys.get(target)
        # Empty cells are allowed, or told already.
        unknown = [
            at for at, word in enumerate(words) if known is not None and word and word not in known
        ]
        guesses = {
            word: did_you_mean(word, known or ())
            for word in sorted({words[at] for at in unknown})[:MOST_GUESSES]
        }
        problems.extend(
            Problem(
                "unknown_id",
                rows.place(name, at, column_name),
                words[at],
                f"an identifier of {target}.csv",
                guesses.get(words[at]) or f"Correct it, or add it to {target}.csv.",
            )
            for at in unknown
        )
        if unknown:
            wrong.add((name, column_name))
    for name, column_name in wrong:
        if column_name in read.cells[name]:
            read.doubtful[name][column_name] = read.cells[name].pop(column_name)


def _columns_of_kind(
    kind: str, types: dict[str, type[Table]], read: TablesRead
) -> Iterator[tuple[str, str, str, list[str]]]:
    """Table, name, table pointed at and cells of each column of a kind."""
    for name in read.cells:
        both = read.cells[name] | read.doubtful[name]
        for column_name, column in columns(types[name]):
            if column.kind == kind and column_name in both:
                yield name, column_name, column.table, both[column_name].tolist()
