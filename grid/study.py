"""A grid with its loads, ready to be solved: the region's own or a user's."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from data.problems import InputError, Problem
from data.region import Region
from data.tables import BoolArray, FloatArray, IntArray, StrArray, positions
from grid.arrays import GridArrays, region_arrays
from grid.net import build_net, winter_peak_mw
from grid.shedding import CLASS_COST_NOK_PER_MW

if TYPE_CHECKING:
    from pandapower import pandapowerNet


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """What goes out of service as one: a line, a transformer with all its windings.

    Attributes
    ----------
    element_id : str
        Its name.
    table : str
        pandapower table it stands in.
    row : int
        Its index there.
    branches : tuple of int
        Positions of its branches in the arrays.
    """

    element_id: str
    table: str
    row: int
    branches: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class GridStudy:
    """One grid at one or more hours.

    Attributes
    ----------
    name : str
        What people call it.
    arrays : GridArrays
        For the solver.
    demand_mw : ndarray, shape (time, bus, class)
        Demand with everything in service. [MW]
    shed_cost : ndarray, shape (bus, class)
        Cost of shedding for an hour. [NOK/MW]
    customers : ndarray, shape (bus,)
        NaN where nobody has said. [1]
    x_m, y_m : ndarray, shape (bus,)
        Places for the map (EPSG:25833 for the region), NaN where unknown. [m]
    branch_table, branch_row : ndarray of str, of int, shape (branch,)
        Where each branch stands in the pandapower net.
    origin : Region or pandapowerNet
        What it was made of.
    """

    name: str
    arrays: GridArrays
    demand_mw: FloatArray
    shed_cost: FloatArray
    customers: FloatArray
    x_m: FloatArray
    y_m: FloatArray
    branch_table: StrArray
    branch_row: IntArray
    origin: "Region | pandapowerNet" = field(repr=False)

    @cached_property
    def elements(self) -> tuple[Element, ...]:
        """Everything that can be taken out, in the order of its first branch."""
        found: dict[tuple[str, int], list[int]] = {}
        pairs = zip(self.branch_table.tolist(), self.branch_row.tolist(), strict=True)
        for branch, pair in enumerate(pairs):
            found.setdefault(pair, []).append(branch)
        names = self.arrays.branch_ids
        return tuple(
            Element(
                element_id=str(names[rows[0]]).removesuffix(" hv"),
                table=table,
                row=row,
                branches=tuple(rows),
            )
            for (table, row), rows in found.items()
        )

    def in_service_without(self, out: Sequence[str]) -> BoolArray:
        """Branches that conduct with some elements out.

        Parameters
        ----------
        out : sequence of str
            Names of elements.

        Returns
        -------
        ndarray of bool, shape (branch,)

        Raises
        ------
        InputError
            Naming every identifier the grid has not.
        """
        known = {each.element_id: each for each in self.elements}
        problems = [
            Problem("unknown_branch", "--out", name, f"a line or transformer of {self.name}")
            for name in out
            if name not in known
        ]
        if problems:
            raise InputError(problems)
        conducts = np.ones(len(self.arrays.branch_ids), dtype=np.bool_)
        for name in out:
            conducts[list(known[name].branches)] = False
        return conducts


def region_study(
    region: Region, cache: Path | None = None, demand_mw: FloatArray | None = None
) -> GridStudy:
    """Take the region's meshed grid, at the winter peak unless said otherwise.

    Parameters
    ----------
    region : Region
    cache : Path, optional
        Folder where the arrays are kept between runs.
    demand_mw : ndarray, shape (time, bus, class), optional
        [MW]

    Returns
    -------
    GridStudy
    """
    arrays = region_arrays(region, cache)
    lines, trafos = len(region.lines), len(region.trafos)
    customers = np.zeros(len(region.buses))
    feeder = positions(region.feeders.feeder_id, region.sections.feeder_id)
    substation = positions(region.substations.substation_id, region.feeders.substation_id)
    bus = positions(region.buses.bus_id, region.substations.mv_bus_id)
    np.add.at(customers, bus[substation[feeder]], region.sections.customers)
    return GridStudy(
        name=region.region_id,
        arrays=arrays,
        demand_mw=winter_peak_mw(region)[None] if demand_mw is None else demand_mw,
        shed_cost=np.tile(CLASS_COST_NOK_PER_MW, (len(region.buses), 1)),
        customers=customers,
        x_m=region.buses.x_m,
        y_m=region.buses.y_m,
        branch_table=np.array(["line"] * lines + ["trafo"] * trafos),
        branch_row=np.concatenate([np.arange(lines), np.arange(trafos)]),
        origin=region,
    )
