"""How customers hang on the grid: sections, feeders, cells and substations by position.

A *cell* is the part of one area under one substation. Demand that is spread out lies
along the cell's feeder sections, bulk demand on the substation's busbar.
"""

from dataclasses import dataclass

import numpy as np

from data.region import SECTORS, Region
from data.tables import BoolArray, FloatArray, IntArray, positions
from grid.arrays import GridArrays
from grid.feeders import FeederArrays
from grid.net import SHED_CLASSES


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """Positions and shares that do not change during a replication.

    Attributes
    ----------
    section_feeder, section_area, section_cell, section_substation : ndarray of int
        Of each section.
    feeder_substation : ndarray of int, shape (feeder,)
        Substation that feeds each feeder normally.
    section_share : ndarray, shape (section,)
        Share of the area's spread-out demand on the section.
    section_cell_share : ndarray, shape (section,)
        Share of the cell's spread-out demand on the section.
    section_customers, section_persons : ndarray, shape (section,)
    feeder_sections : tuple of ndarray
        Sections of each feeder, parents first.
    cell_area, cell_substation : ndarray of int, shape (cell,)
    cell_share : ndarray, shape (cell,)
        Share of the area's demand in the cell; sums to 1 per area.
    substation_cells : tuple of ndarray
        Cells of each substation.
    substation_bus : ndarray of int, shape (substation,)
        Position of its secondary bus among the grid's buses.
    substation_branches : tuple of ndarray
        Its transformers among the grid's branches.
    substation_area : ndarray of int, shape (substation,)
    branch_area : ndarray of int, shape (branch,)
        Where a branch of the meshed grid is repaired; -1 outside the areas.
    bulk : ndarray of bool, shape (sector,)
        Sectors on the busbar.
    sector_class : ndarray of int, shape (sector,)
        Shedding class, 0 is shed first.
    """

    section_feeder: IntArray
    section_area: IntArray
    section_cell: IntArray
    section_substation: IntArray
    feeder_substation: IntArray
    section_share: FloatArray
    section_cell_share: FloatArray
    section_customers: FloatArray
    section_persons: FloatArray
    feeder_sections: tuple[IntArray, ...]
    cell_area: IntArray
    cell_substation: IntArray
    cell_share: FloatArray
    substation_cells: tuple[IntArray, ...]
    substation_bus: IntArray
    substation_branches: tuple[IntArray, ...]
    substation_area: IntArray
    branch_area: IntArray
    bulk: BoolArray
    sector_class: IntArray


def build_network(region: Region, arrays: GridArrays, radial: FeederArrays) -> Network:
    """Derive the positions and shares of a region."""
    areas, feeders, sections = region.areas, region.feeders, region.sections
    n_area = len(areas)
    feeder_area = positions(areas.area_id, feeders.area_id)
    feeder_substation = positions(region.substations.substation_id, feeders.substation_id)
    section_feeder = positions(feeders.feeder_id, sections.feeder_id)
    pair = feeder_substation * n_area + feeder_area
    cells, feeder_cell = np.unique(pair, return_inverse=True)
    cell_area, cell_substation = cells % n_area, cells // n_area
    cell_share = np.zeros(len(cells))
    np.add.at(cell_share, feeder_cell, feeders.demand_share)
    section_share = feeders.demand_share[section_feeder] * sections.feeder_share
    section_cell = feeder_cell[section_feeder]
    section_area = feeder_area[section_feeder]
    customers = sections.customers.astype(float)
    per_area = np.bincount(section_area, customers, minlength=n_area)
    persons_per_customer = areas.population / np.maximum(per_area, 1.0)
    sector_row = positions(region.sectors.sector, np.array(SECTORS))
    n_sub = len(region.substations)
    branch_row = {name: at for at, name in enumerate(arrays.branch_ids.tolist())}
    trafos_of: list[list[int]] = [[] for _ in range(n_sub)]
    sub_of_bus = {b: at for at, b in enumerate(region.substations.mv_bus_id.tolist())}
    for name, bus in zip(
        region.trafos.trafo_id.tolist(), region.trafos.lv_bus_id.tolist(), strict=True
    ):
        if bus in sub_of_bus:
            trafos_of[sub_of_bus[bus]].append(branch_row[name])
    substation_area = positions(areas.area_id, region.substations.area_id)
    return Network(
        section_feeder=section_feeder,
        section_area=section_area,
        section_cell=section_cell,
        section_substation=feeder_substation[section_feeder],
        feeder_substation=feeder_substation,
        section_share=section_share,
        section_cell_share=section_share / cell_share[section_cell],
        section_customers=customers,
        section_persons=customers * persons_per_customer[section_area],
        feeder_sections=tuple(np.array(f.sections, dtype=np.int64) for f in radial.feeders),
        cell_area=cell_area,
        cell_substation=cell_substation,
        cell_share=cell_share,
        substation_cells=tuple(np.flatnonzero(cell_substation == at) for at in range(n_sub)),
        substation_bus=positions(arrays.bus_ids, region.substations.mv_bus_id),
        substation_branches=tuple(np.array(rows, dtype=np.int64) for rows in trafos_of),
        substation_area=substation_area,
        branch_area=_branch_area(region, arrays, substation_area, trafos_of),
        bulk=region.sectors.bulk[sector_row],
        sector_class=region.sectors.shed_class[sector_row],
    )


def _branch_area(
    region: Region, arrays: GridArrays, substation_area: IntArray, trafos_of: list[list[int]]
) -> IntArray:
    area = np.full(len(arrays.branch_ids), -1, dtype=np.int64)
    lines = positions(arrays.branch_ids, region.lines.line_id)
    area[lines] = positions(region.areas.area_id, region.lines.exposure_area_id)
    for substation, branches in enumerate(trafos_of):
        area[branches] = substation_area[substation]
    return area


def demand_by_class(demand_mw: FloatArray, network: Network) -> tuple[FloatArray, FloatArray]:
    """Demand of each area by shedding class, spread out and bulk apart.

    Parameters
    ----------
    demand_mw : ndarray, shape (time, area, sector)
        [MW]

    Returns
    -------
    spread, bulk : ndarray, shape (area, time, class)
        [MW]
    """
    of_class = np.eye(SHED_CLASSES)[network.sector_class]
    by_area = np.moveaxis(demand_mw, 0, 1)
    return (
        np.ascontiguousarray(by_area @ (of_class * ~network.bulk[:, None])),
        np.ascontiguousarray(by_area @ (of_class * network.bulk[:, None])),
    )


def bus_demand(
    network: Network, substation: int, spread: FloatArray, bulk: FloatArray, out: FloatArray
) -> FloatArray:
    """Demand at a substation's secondary bus with some of its feeders out.

    Parameters
    ----------
    spread, bulk : ndarray, shape (area, time, class)
        From `demand_by_class`. [MW]
    out : ndarray, shape (cell,)
        Share of each cell's spread-out demand cut off by feeder faults.

    Returns
    -------
    ndarray, shape (time, class)
        [MW]
    """
    total = np.zeros(spread.shape[1:])
    for cell in network.substation_cells[substation]:
        area, share = network.cell_area[cell], network.cell_share[cell]
        total += share * ((1.0 - out[cell]) * spread[area] + bulk[area])
    return total
