"""A folder of tables -> AdequacySystem; every problem of every table is told in one pass.

The tables are described in ``docs/adequacy.md``.
"""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from data.problems import InputError, Problem
from data.tables import FloatArray
from data.write import new_folder
from grid.adequacy.load_tables import (
    ANNUAL_PEAK,
    LOAD,
    ONE_AREA,
    PERCENT_TABLES,
    read_hourly,
    read_load,
)
from grid.adequacy.outage_columns import COLUMNS, read_outages
from grid.adequacy.system import AdequacySystem, Links, Outages, Stores, Units, no_links, no_stores
from grid.adequacy.table import CsvTable, Limits, read_table

EXAMPLE = Path(__file__).parent / "example"

CERTAIN = "certain_generation.csv"
UNIT_CAPACITY = "unit_capacity.csv"
TABLES = (
    "areas.csv", "units.csv", "links.csv", "storage.csv", LOAD, *PERCENT_TABLES, CERTAIN,
    UNIT_CAPACITY,
)  # fmt: skip
ALIASES = {"area": "area_id", "number_of_units": "number"}
FREE = ("name", "source", "note")
"""Columns any table may have, for the reader's own use."""

# The largest single units in the world are nuclear, below 1 800 MW.
LARGEST_UNIT_MW = 5000.0
CAPACITY = Limits(unit="MW", above=True, high=LARGEST_UNIT_MW, remedy="In MW: is it in kW?")
POWER = Limits(unit="MW", above=True, remedy="In MW.")
ENERGY = Limits(unit="MWh", above=True, remedy="In MWh.")
LINK = Limits(unit="MW", remedy="In MW, not negative; capacity_back_mw is the other way.")
HOURLY = Limits(unit="MW", remedy="In MW, not negative.")
SHARE = Limits(high=1.0, remedy="A share: divide percent by 100.")
EFFICIENCY = Limits(above=True, high=1.0, remedy="A share: divide percent by 100.")
WHOLE = Limits(low=1.0, whole=True, high=10_000.0)

LOAD_FAR_ABOVE, LOAD_FAR_BELOW = 3.0, 0.01
"""A peak load outside these multiples of the capacity is in another unit (*estimate*)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """A system, and what the reader made of its tables.

    Attributes
    ----------
    system : AdequacySystem
    files : tuple of str
        Tables that were read.
    notes : tuple of str
        Defaults that were used, and files nothing reads.
    """

    system: AdequacySystem
    files: tuple[str, ...]
    notes: tuple[str, ...]


def read_system(folder: Path) -> Understood:
    """Read and check a folder of adequacy tables.

    Parameters
    ----------
    folder : Path
        See ``docs/adequacy.md``.

    Returns
    -------
    Understood

    Raises
    ------
    InputError
        With every problem found, each naming file, row and column.
    """
    folder = Path(folder)
    if not folder.is_dir():
        remedy = "`run.py grid adequacy new FOLDER` writes an example."
        problem = Problem(
            "missing_folder", str(folder), "nothing", "a folder of adequacy tables", remedy
        )
        raise InputError([problem])
    problems: list[Problem] = []
    areas, area_ids = None, None
    if (folder / "areas.csv").is_file():
        areas = read_table(
            folder / "areas.csv",
            problems,
            required=("area_id",),
            optional=(ANNUAL_PEAK, *FREE),
            aliases=ALIASES,
        )
        if areas is None:
            raise InputError(problems)
        area_ids = tuple(areas.names("area_id"))
    load = read_load(folder, areas, area_ids, problems)
    known = area_ids or (load.area_ids if load is not None else None)
    if known and len(known) > 1 and ONE_AREA in known:
        problems.append(
            Problem("reserved_name", "area_id", ONE_AREA, "another name", "It means all areas.")
        )
    places = {name: at for at, name in enumerate(known)} if known else None
    hours = len(load.load_mw) if load is not None else None
    notes = list(load.notes) if load is not None else []
    units = _units(folder, places, hours, problems, notes)
    links = _links(folder, places, problems, notes)
    stores = _stores(folder, places, problems, notes)
    certain_mw = _certain(folder, known, hours, problems)
    if problems or load is None or units is None or places is None:
        raise InputError(problems)
    _check_load(load.load_mw, units, certain_mw, problems)
    if problems:
        raise InputError(problems)
    system = AdequacySystem(
        area_ids=np.array(load.area_ids),
        load_mw=load.load_mw,
        certain_mw=np.zeros_like(load.load_mw) if certain_mw is None else certain_mw,
        units=units,
        links=links,
        stores=stores,
    )
    present = sorted(path.name for path in folder.glob("*.csv"))
    notes += [f"{name}: not read, no table of that name" for name in present if name not in TABLES]
    return Understood(
        system=system,
        files=tuple(name for name in TABLES if name in present),
        notes=tuple(notes),
    )


def new_system(folder: Path) -> None:
    """Write an example to start from.

    Parameters
    ----------
    folder : Path
        Made if it does not exist.

    Raises
    ------
    InputError
        If the folder holds anything, or is a file.
    """
    folder = new_folder(folder)
    for path in sorted(EXAMPLE.glob("*.csv")):
        shutil.copyfile(path, folder / path.name)


def _areas_of(table: CsvTable, column: str, places: Mapping[str, int] | None) -> list[int]:
    """Position of each row's area; the only one where the cell is empty."""
    if places is None:
        return [0] * len(table)
    only = next(iter(places)) if len(places) == 1 else ""
    return table.choices(column, places, "area", only)


def _units(
    folder: Path,
    places: Mapping[str, int] | None,
    hours: int | None,
    problems: list[Problem],
    notes: list[str],
) -> Units | None:
    path = folder / "units.csv"
    if not path.is_file():
        remedy = "`run.py grid adequacy new FOLDER` writes an example."
        problems.append(Problem("missing_file", path.name, "nothing", "this table", remedy))
        return None
    table = read_table(
        path,
        problems,
        required=("capacity_mw",),
        optional=("unit_id", "area_id", "number", "forced_outage_rate", *COLUMNS, *FREE),
        aliases=ALIASES,
    )
    if table is None:
        return None
    if len(table) == 0:
        problems.append(Problem("empty_table", table.file, "no rows", "at least one unit"))
        return None
    if "unit_id" in table.cells:
        names = table.names("unit_id")
    else:
        names = [f"row {row}" for row in table.rows]
    area = _areas_of(table, "area_id", places)
    capacity_mw = table.numbers("capacity_mw", CAPACITY)
    number = table.numbers("number", WHOLE, default=1.0)
    outages, assumed = read_outages(table, "forced_outage_rate")
    notes.extend(assumed)
    hourly_row, hourly_mw = _unit_capacity(folder, names, capacity_mw, hours, problems)
    if problems:
        return None
    each = np.repeat(np.arange(len(table)), number.astype(np.int64))
    return Units(
        unit_id=np.array(names)[each],
        area=np.array(area, dtype=np.int64)[each],
        capacity_mw=capacity_mw[each],
        hourly_row=hourly_row[each],
        hourly_mw=hourly_mw,
        outages=Outages(
            probability=outages.probability[each],
            failure_rate_per_h=outages.failure_rate_per_h[each],
            repair_rate_per_h=outages.repair_rate_per_h[each],
            is_hourly=outages.is_hourly[each],
        ),
    )


def _unit_capacity(
    folder: Path,
    names: list[str],
    capacity_mw: FloatArray,
    hours: int | None,
    problems: list[Problem],
) -> tuple[np.ndarray[tuple[int], np.dtype[np.int64]], FloatArray]:
    """Read capacities that change by the hour: row of each unit, and shape (row, hour)."""
    rows = np.full(len(names), -1, dtype=np.int64)
    nothing = np.zeros((0, hours or 0))
    path = folder / UNIT_CAPACITY
    if not path.is_file():
        return rows, nothing
    found = read_hourly(path, names, problems, HOURLY)
    if found is None:
        return rows, nothing
    columns, values = found
    _check_length(path.name, len(values), hours, problems)
    for at, name in enumerate(columns):
        unit = names.index(name)
        rows[unit] = at
        most = float(np.nanmax(values[:, at], initial=0.0))
        if most > capacity_mw[unit]:
            problems.append(
                Problem(
                    "above_capacity",
                    f"{path.name} column {name}",
                    f"up to {most:g} MW",
                    f"<= {capacity_mw[unit]:g} MW, its capacity_mw in units.csv",
                    "The table holds what one machine can give in each hour.",
                )
            )
    return rows, np.ascontiguousarray(values.T)


def _links(
    folder: Path,
    places: Mapping[str, int] | None,
    problems: list[Problem],
    notes: list[str],
) -> Links:
    path = folder / "links.csv"
    if not path.is_file():
        return no_links()
    table = read_table(
        path,
        problems,
        required=("from_area", "to_area", "capacity_mw"),
        optional=("link_id", "capacity_back_mw", "unavailability", *COLUMNS, *FREE),
    )
    if table is None or len(table) == 0:
        return no_links()
    if "link_id" in table.cells:
        names = table.names("link_id")
    else:
        names = [f"row {row}" for row in table.rows]
    start = table.choices("from_area", places or {}, "area") if places else [0] * len(table)
    end = table.choices("to_area", places or {}, "area") if places else [1] * len(table)
    for row, (here, there) in enumerate(zip(start, end, strict=True)):
        if here == there >= 0:
            table.blame(row, "to_area", "link_to_itself", table.words("to_area")[row], "another")
    capacity_mw = table.numbers("capacity_mw", LINK)
    back_mw = table.numbers("capacity_back_mw", LINK, default=np.nan)
    outages, assumed = read_outages(table, "unavailability")
    notes.extend(assumed)
    if np.isnan(back_mw).all():
        notes.append("links carry the same in both directions")
    return Links(
        link_id=np.array(names),
        from_area=np.array(start, dtype=np.int64),
        to_area=np.array(end, dtype=np.int64),
        capacity_mw=capacity_mw,
        back_mw=np.where(np.isnan(back_mw), capacity_mw, back_mw),
        outages=outages,
    )


def _stores(
    folder: Path,
    places: Mapping[str, int] | None,
    problems: list[Problem],
    notes: list[str],
) -> Stores:
    path = folder / "storage.csv"
    if not path.is_file():
        return no_stores()
    table = read_table(
        path,
        problems,
        required=("storage_id", "power_mw", "energy_mwh", "efficiency"),
        optional=("area_id", "initial_share", *FREE),
        aliases=ALIASES,
    )
    if table is None or len(table) == 0:
        return no_stores()
    names = table.names("storage_id")
    area = _areas_of(table, "area_id", places)
    power_mw = table.numbers("power_mw", POWER)
    energy_mwh = table.numbers("energy_mwh", ENERGY)
    efficiency = table.numbers("efficiency", EFFICIENCY)
    initial_share = table.numbers("initial_share", SHARE, default=1.0)
    if not table.has("initial_share"):
        notes.append("storage is full at the start of each simulated year")
    if np.isnan([power_mw, energy_mwh, efficiency, initial_share]).any():
        return no_stores()
    return Stores(
        storage_id=np.array(names),
        area=np.array(area, dtype=np.int64),
        power_mw=power_mw,
        energy_mwh=energy_mwh,
        efficiency=efficiency,
        initial_share=initial_share,
    )


def _certain(
    folder: Path, known: tuple[str, ...] | None, hours: int | None, problems: list[Problem]
) -> FloatArray | None:
    path = folder / CERTAIN
    if not path.is_file() or known is None:
        return None
    found = read_hourly(path, known, problems, HOURLY)
    if found is None:
        return None
    columns, values = found
    _check_length(path.name, len(values), hours, problems)
    certain_mw = np.zeros((len(values), len(known)))
    certain_mw[:, [known.index(name) for name in columns]] = values
    return certain_mw


def _check_length(file: str, rows: int, hours: int | None, problems: list[Problem]) -> None:
    if hours is not None and rows != hours:
        problems.append(Problem("hours_missing", file, f"{rows} hours", f"{hours}, as the load"))


def _check_load(
    load_mw: FloatArray, units: Units, certain_mw: FloatArray | None, problems: list[Problem]
) -> None:
    """Blame a load that must be in another unit than the capacity."""
    peak_mw = float(load_mw.sum(axis=1).max())
    certain = 0.0 if certain_mw is None else float(certain_mw.sum(axis=1).max())
    capacity_mw = float(units.capacity_mw.sum()) + certain
    if LOAD_FAR_BELOW * capacity_mw <= peak_mw <= LOAD_FAR_ABOVE * capacity_mw:
        return
    above = peak_mw > capacity_mw
    problems.append(
        Problem(
            "load_far_above_capacity" if above else "load_far_below_capacity",
            "load",
            f"a peak of {peak_mw:,.6g} MW with {capacity_mw:,.6g} MW installed",
            f"between {LOAD_FAR_BELOW:g} and {LOAD_FAR_ABOVE:g} times what is installed",
            "One of them is off by 1000: everything is in MW, not kW or GW.",
        )
    )
