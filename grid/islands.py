"""Connected parts of the grid and the sources each of them has."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from data.tables import BoolArray, FloatArray, IntArray
from grid.arrays import GridArrays


@dataclass(frozen=True, slots=True, kw_only=True)
class Island:
    """One connected part that is alive, with what can feed it.

    Attributes
    ----------
    buses : ndarray of int
        Positions of its buses.
    must_run, sharing : ndarray of int
        Positions of its sources: those that run at their set power and those that
        share the rest.
    share : ndarray, shape (sharing,)
        Participation, summing to 1, or all 0 when no source states one. [1]
    """

    buses: IntArray
    must_run: IntArray
    sharing: IntArray
    share: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Islands:
    """All connected parts of one grid state.

    Attributes
    ----------
    label : ndarray of int, shape (bus,)
        Number of the part each bus belongs to.
    reference_bus : ndarray of int, shape (part,)
        First bus of each part, dark or not.
    alive : tuple of Island
        The parts with at least one grid-forming source.
    dark : ndarray of bool, shape (bus,)
        Buses without a grid-forming source in their part.
    """

    label: IntArray
    reference_bus: IntArray
    alive: tuple[Island, ...]
    dark: BoolArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjacency:
    """Branches by their from bus, so that a topology is a selection of them.

    Attributes
    ----------
    order, to_bus : ndarray of int, shape (branch,)
        Branches sorted by from bus, and where each leads.
    first : ndarray of int, shape (bus + 1,)
        Where each bus begins among them.
    """

    order: IntArray
    to_bus: IntArray
    first: IntArray


def adjacency(arrays: GridArrays) -> Adjacency:
    """Sort the branches of a grid by from bus.

    Parameters
    ----------
    arrays : GridArrays

    Returns
    -------
    Adjacency
    """
    order = np.argsort(arrays.from_bus, kind="stable")
    return Adjacency(
        order=order,
        to_bus=arrays.to_bus[order].astype(np.int32),
        first=np.searchsorted(arrays.from_bus[order], np.arange(len(arrays.bus_ids) + 1)),
    )


def part_labels(parts_of: Adjacency, in_service: BoolArray) -> IntArray:
    """Give each bus the number of its part; parts are numbered by their first bus.

    Parameters
    ----------
    parts_of : Adjacency
    in_service : ndarray of bool, shape (branch,)
        Branches that conduct.

    Returns
    -------
    ndarray of int, shape (bus,)
    """
    kept = in_service[parts_of.order]
    before = np.zeros(len(kept) + 1, dtype=np.int32)
    np.cumsum(kept, out=before[1:])
    ends, buses = parts_of.to_bus[kept], len(parts_of.first) - 1
    graph = csr_array(
        (np.ones(len(ends), dtype=np.int8), ends, before[parts_of.first]), shape=(buses, buses)
    )
    _, component = connected_components(graph, directed=False)
    return component.astype(np.int64)


def find_islands(arrays: GridArrays, in_service: BoolArray, source_p_max_mw: FloatArray) -> Islands:
    """Split the grid into its connected parts.

    Parameters
    ----------
    arrays : GridArrays
        The grid.
    in_service : ndarray of bool, shape (branch,)
        Branches that conduct.
    source_p_max_mw : ndarray, shape (source,)
        What each source can give now; one with 0 forms no grid. [MW]

    Returns
    -------
    Islands
        Numbered by their first bus, so that the same grid gives the same numbers.
    """
    return with_sources(arrays, part_labels(adjacency(arrays), in_service), source_p_max_mw)


def with_sources(arrays: GridArrays, label: IntArray, source_p_max_mw: FloatArray) -> Islands:
    """Say which parts are alive, and by which sources.

    Parameters
    ----------
    arrays : GridArrays
        The grid.
    label : ndarray of int, shape (bus,)
        Number of the part of each bus, from 0 in the order of their first buses.
    source_p_max_mw : ndarray, shape (source,)
        What each source can give now; one with 0 forms no grid. [MW]

    Returns
    -------
    Islands
    """
    _, reference = np.unique(label, return_index=True)
    source_label = label[arrays.source_bus]
    forms = arrays.source_grid_forming & (source_p_max_mw > 0)
    is_alive = np.zeros(len(reference), dtype=np.bool_)
    is_alive[source_label[forms]] = True
    alive = tuple(
        _island(arrays, label, source_label, int(number)) for number in np.flatnonzero(is_alive)
    )
    return Islands(
        label=label,
        reference_bus=reference.astype(np.int64),
        alive=alive,
        dark=~is_alive[label],
    )


def _island(arrays: GridArrays, label: IntArray, source_label: IntArray, number: int) -> Island:
    here = source_label == number
    sharing = np.flatnonzero(here & ~arrays.source_fixed)
    share = arrays.source_share[sharing]
    total = share.sum()
    return Island(
        buses=np.flatnonzero(label == number),
        must_run=np.flatnonzero(here & arrays.source_fixed),
        sharing=sharing,
        share=share / total if total > 0 else share,
    )


def balance_at_reference(injection_mw: FloatArray, islands: Islands) -> FloatArray:
    """Take out what each part has too much, or put in what it lacks, at its first bus.

    Parameters
    ----------
    injection_mw : ndarray, shape (time, bus)
        [MW]
    islands : Islands

    Returns
    -------
    ndarray, shape (time, bus)
        Summing to 0 in each part. [MW]
    """
    label, count = islands.label, len(islands.reference_bus)
    buses = len(label)
    part = csr_array((np.ones(buses), (label, np.arange(buses))), shape=(count, buses))
    balanced = injection_mw.copy()
    balanced[:, islands.reference_bus] -= np.asarray(part @ injection_mw.T).T
    return balanced
