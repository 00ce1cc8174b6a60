"""A grid with its loads, ready to be solved: the region's own or a user's."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from data.problems import InputError, Problem, did_you_mean
from data.region import Region
from data.tables import BoolArray, FloatArray, IntArray, StrArray, positions
from grid.arrays import GridArrays, region_arrays
from grid.net import bus_demand_mw, cold_week_mw
from grid.protection import Protection, region_protection
from grid.shed_value import by_priority, region_kile_value

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
    area_demand_mw : ndarray, shape (time, area, sector)
        The same by the region's areas and sectors; of no area for a user's grid. [MW]
    kile_nok_per_mw : ndarray, shape (bus, class)
        KILE of disconnecting customers for an hour. [NOK/MW]
    customers : ndarray, shape (bus,)
        NaN where nobody has said. [1]
    x_m, y_m : ndarray, shape (bus,)
        Places for the map (EPSG:25832 for the region), NaN where unknown. [m]
    protection : Protection
        Times of tripping and of the operator's acts.
    branch_table, branch_row, branch_side : ndarray, shape (branch,)
        Where each branch stands in the pandapower net: table, index, and the winding of
        a three-winding transformer (``hv``, ``mv``, ``lv``, else empty).
    source_table, source_row : ndarray, shape (source,)
        Where each source stands there; -1 for one that is in no table.
    bus_of : ndarray of int, shape (highest bus index + 1,)
        Position of each bus of the net; -1 for one that is not part.
    load_class : ndarray of int, shape (load,)
        Shedding class of each row of the net's loads; -1 for a mix of all.
    origin : Region or pandapowerNet
        What it was made of.
    """

    name: str
    arrays: GridArrays
    demand_mw: FloatArray
    area_demand_mw: FloatArray
    kile_nok_per_mw: FloatArray
    customers: FloatArray
    x_m: FloatArray
    y_m: FloatArray
    protection: Protection
    branch_table: StrArray
    branch_row: IntArray
    branch_side: StrArray
    source_table: StrArray
    source_row: IntArray
    bus_of: IntArray
    load_class: IntArray
    origin: "Region | pandapowerNet" = field(repr=False)

    @cached_property
    def shed_cost(self) -> FloatArray:
        """Cost that decides who is shed, shape (bus, class). [NOK/MW]."""
        return by_priority(self.kile_nok_per_mw)

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
            Problem(
                "unknown_branch",
                "--out",
                name,
                f"a line or transformer of {self.name}",
                did_you_mean(name, known),
            )
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
    region: Region,
    cache: Path | None = None,
    *,
    arrays: GridArrays | None = None,
    week: bool = False,
) -> GridStudy:
    """Take the region's meshed grid at the winter peak.

    Parameters
    ----------
    region : Region
    cache : Path, optional
        Folder where the arrays are kept between runs.
    arrays : GridArrays, optional
        Of the same region, when they have been derived already.
    week : bool
        Every hour of the cold working week the peak lies in.

    Returns
    -------
    GridStudy
    """
    area_demand = cold_week_mw(region)
    demand = bus_demand_mw(region, area_demand)
    if not week:
        peak = int(np.argmax(demand.sum(axis=(1, 2))))
        area_demand, demand = area_demand[peak : peak + 1], demand[peak : peak + 1]
    arrays = region_arrays(region, cache) if arrays is None else arrays
    lines, trafos = len(region.lines), len(region.trafos)
    supplies, plants = len(region.supplies), len(region.generation)
    customers = np.zeros(len(region.buses))
    feeder = positions(region.feeders.feeder_id, region.sections.feeder_id)
    substation = positions(region.substations.substation_id, region.feeders.substation_id)
    bus = positions(region.buses.bus_id, region.substations.mv_bus_id)
    np.add.at(customers, bus[substation[feeder]], region.sections.customers)
    return GridStudy(
        name=region.region_id,
        arrays=arrays,
        demand_mw=demand,
        area_demand_mw=area_demand,
        kile_nok_per_mw=region_kile_value(region),
        customers=customers,
        x_m=region.buses.x_m,
        y_m=region.buses.y_m,
        protection=region_protection(region.constants),
        branch_table=np.array(["line"] * lines + ["trafo"] * trafos),
        branch_row=np.concatenate([np.arange(lines), np.arange(trafos)]),
        branch_side=np.full(lines + trafos, ""),
        source_table=np.array(["gen"] * supplies + ["sgen"] * plants),
        source_row=np.concatenate([np.arange(supplies), np.arange(plants)]),
        bus_of=np.arange(len(region.buses)),
        load_class=np.full(len(region.buses), -1),
        origin=region,
    )
