"""Published load-shedding cases from tables, solved by the product's own solver."""

import csv
from pathlib import Path

import numpy as np

from data.problems import InputError, Problem
from grid.arrays import GridArrays
from grid.protection import NO_TRIPS
from grid.solver import GridSolver

BASE_MVA = 100.0

Rows = list[dict[str, str]]


def dc_shedding_case(folder: Path) -> dict[str, float]:
    """Solve every outage of a load-shedding case.

    Each load is a class of its own, shed at its own cost. Generators run between 0 and
    their capacity.

    Parameters
    ----------
    folder : Path
        With ``generators.csv`` (generator, bus, capacity_mw), ``lines.csv`` (line,
        from_bus, to_bus, reactance_pu_100mva, rating_mw), ``loads.csv`` (bus, load_mw,
        interruption_cost_per_mwh) and ``outages.csv`` (outage, out: names of
        generators and lines, separated by blanks).

    Returns
    -------
    dict of str to float
        ``<outage>/shed_bus_<bus>_mw`` for each load, and ``<outage>/shed_mw``. [MW]

    Raises
    ------
    InputError
        If a table or a column is missing.
    """
    generators = _rows(folder / "generators.csv", ("generator", "bus", "capacity_mw"))
    lines = _rows(
        folder / "lines.csv", ("line", "from_bus", "to_bus", "reactance_pu_100mva", "rating_mw")
    )
    loads = _rows(folder / "loads.csv", ("bus", "load_mw", "interruption_cost_per_mwh"))
    outages = _rows(folder / "outages.csv", ("outage", "out"))
    arrays = _arrays(generators, lines, loads)
    at = [int(np.flatnonzero(arrays.bus_ids == row["bus"])[0]) for row in loads]
    demand = np.zeros((1, len(arrays.bus_ids), len(loads)))
    demand[0, at, np.arange(len(loads))] = [float(row["load_mw"]) for row in loads]
    cost = np.array([float(row["interruption_cost_per_mwh"]) for row in loads])
    solver = GridSolver(arrays, cost, NO_TRIPS)
    result: dict[str, float] = {}
    for row in outages:
        out = row["out"].split()
        state = solver.solve(
            ~np.isin(arrays.branch_ids, out),
            demand,
            source_p_max_mw=np.where(np.isin(arrays.source_ids, out), 0.0, arrays.source_p_max_mw),
        )
        shed = (demand * (1.0 - state.served_share))[0].sum(axis=1)
        for load, bus in zip(loads, at, strict=True):
            result[f"{row['outage']}/shed_bus_{load['bus']}_mw"] = float(shed[bus])
        result[f"{row['outage']}/shed_mw"] = float(shed.sum())
    return result


def _arrays(generators: Rows, lines: Rows, loads: Rows) -> GridArrays:
    """Turn the tables into arrays; generators share by capacity."""
    named = [row["bus"] for row in (*generators, *loads)]
    buses = np.unique(named + [row[end] for row in lines for end in ("from_bus", "to_bus")])
    capacity = np.array([float(row["capacity_mw"]) for row in generators])
    rating = np.array([float(row["rating_mw"]) for row in lines])
    return GridArrays(
        base_mva=BASE_MVA,
        bus_ids=buses,
        branch_ids=np.array([row["line"] for row in lines]),
        from_bus=np.searchsorted(buses, [row["from_bus"] for row in lines]),
        to_bus=np.searchsorted(buses, [row["to_bus"] for row in lines]),
        susceptance_pu=1.0 / np.array([float(row["reactance_pu_100mva"]) for row in lines]),
        shift_rad=np.zeros(len(lines)),
        rating_mw=rating,
        short_term_mw=rating,
        trip_mw=np.full(len(lines), np.inf),
        source_ids=np.array([row["generator"] for row in generators]),
        source_bus=np.searchsorted(buses, [row["bus"] for row in generators]),
        source_p_min_mw=np.zeros(len(generators)),
        source_p_max_mw=capacity,
        source_p_set_mw=capacity,
        source_share=capacity / capacity.sum(),
        source_fixed=np.zeros(len(generators), dtype=np.bool_),
        source_grid_forming=np.ones(len(generators), dtype=np.bool_),
    )


def _rows(path: Path, columns: tuple[str, ...]) -> Rows:
    """Read a table with its columns as text."""
    if not path.exists():
        raise InputError([Problem("missing_file", str(path), "nothing", "a table")])
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        missing = [name for name in columns if name not in (reader.fieldnames or ())]
        if missing:
            raise InputError(
                [
                    Problem("missing_column", f"{path}: {name}", "nothing", "this column")
                    for name in missing
                ]
            )
        return list(reader)
