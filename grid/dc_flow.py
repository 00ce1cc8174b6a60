"""DC power flow: one factorisation of the intact grid, an update for every topology."""

from dataclasses import dataclass, field

import numpy as np

from data.tables import BoolArray, FloatArray, IntArray
from grid.arrays import GridArrays
from grid.incidence import Incidence
from grid.islands import (
    Islands,
    adjacency,
    balance_at_reference,
    part_labels,
    with_sources,
)
from grid.meshes import Meshes, find_meshes
from grid.nodal import NodalFactor, NodalPattern
from grid.outage_update import joining, spread_of

DENSE_BUSES = 400
"""Up to here the sensitivities of all flows are kept as one dense matrix. Measured: at 200
buses the product gives 1.5 times the hours of the sparse solves, at 1 354 a third."""

FEW_HOURS = 64
"""Below, one product of everything is quicker than several smaller ones; measured."""

CHUNK_HOURS = {True: 512, False: 128}
"""Hours at a time, dense and sparse, so that what is between stays in the cache; measured."""

SENSITIVITY_ROWS = 64
"""Rows solved for at a time, so that memory stays small."""

DENSE_RANK, SPARSE_RANK = 64, 16
"""Branches out up to which an update is cheaper than factorising anew; measured."""


class DcGrid:
    """The intact grid, factorised once; what is kept depends on nothing solved after.

    Parameters
    ----------
    arrays : GridArrays
        The grid.

    Attributes
    ----------
    arrays : GridArrays
    incidence : Incidence
    label : ndarray of int, shape (bus,)
        Connected part of each bus with every branch in service.
    reference_bus : ndarray of int, shape (part,)
        First bus of each, whose angle is held.
    """

    def __init__(self, arrays: GridArrays) -> None:
        self.arrays = arrays
        buses, branches = len(arrays.bus_ids), len(arrays.branch_ids)
        self._adjacency = adjacency(arrays)
        everything = np.ones(branches, dtype=np.bool_)
        self.label = part_labels(self._adjacency, everything)
        self.reference_bus = np.unique(self.label, return_index=True)[1].astype(np.int64)
        self._islands = with_sources(arrays, self.label, arrays.source_p_max_mw)
        self.incidence = Incidence(arrays)
        self._pattern = NodalPattern(arrays)
        self.flow_of_angle = self.incidence.flow_of_angle(everything)
        self.factor = self.factorise(everything, self.reference_bus)
        self.ptdf: FloatArray | None = None
        """Flow per injection, transposed, shape (bus, branch), of a small grid. [MW/MW]."""
        self.meshes: Meshes | None = None
        """Of a small grid, for many hours."""
        if buses <= DENSE_BUSES:
            self.ptdf = self.sensitivities()
            self.meshes = find_meshes(arrays, self.ptdf)
        self.has_shifts = bool(arrays.shift_rad.any())
        self.shift_flow_mw = np.zeros(branches)
        """Flow of the intact grid from phase shifts alone, shape (branch,). [MW]."""
        if self.has_shifts:
            self.shift_flow_mw = self.incidence.circulating(everything, self.factor)

    def topology(
        self, in_service: BoolArray, source_p_max_mw: FloatArray | None = None
    ) -> "Topology":
        """Take branches out of the intact grid.

        The flow over the branches that went out is spread over the others by their
        sensitivities (line outage distribution factors for several branches at once). A
        branch that alone joined two islands may stay in this sum: islands are balanced,
        so nothing flows in it, and the sum stays solvable however the grid splits.

        Parameters
        ----------
        in_service : ndarray of bool, shape (branch,)
            Branches that conduct.
        source_p_max_mw : ndarray, shape (source,), optional
            What each source can give, in place of the arrays' limits. [MW]

        Returns
        -------
        Topology

        References
        ----------
        .. [1] J. Guo, Y. Fu, Z. Li, M. Shahidehpour, Direct calculation of line outage
           distribution factors, IEEE Trans. Power Systems 24(3), 2009.
        """
        arrays = self.arrays
        p_max = arrays.source_p_max_mw if source_p_max_mw is None else source_p_max_mw
        out = np.flatnonzero(~in_service)
        limit = SPARSE_RANK if self.ptdf is None else DENSE_RANK
        spread = None
        effect = np.zeros((len(in_service), 0))
        if 0 < out.size <= limit:
            effect = self.transfer(out)
            spread = spread_of(effect, out)
        islands = self._islands
        if out.size and spread is None:
            islands = with_sources(arrays, part_labels(self._adjacency, in_service), p_max)
        elif not np.array_equal(p_max, arrays.source_p_max_mw):
            islands = with_sources(arrays, self.label, p_max)
        removed, factor = out, None
        if out.size and spread is None:
            stays = joining(islands.label, arrays.from_bus[out], arrays.to_bus[out])
            removed = out[~stays]
            if 0 < removed.size <= limit:
                columns = effect[:, ~stays] if effect.size else self.transfer(removed)
                spread = spread_of(columns, removed)
            if removed.size and spread is None:
                factor = self.factorise(in_service, islands.reference_bus)
                removed = out
        return Topology(
            grid=self,
            in_service=in_service,
            source_p_max_mw=p_max,
            islands=islands,
            out=out,
            removed=removed,
            spread=np.zeros((len(in_service), 0)) if spread is None else spread,
            factor=factor,
        )

    def sensitivities(self) -> FloatArray:
        """Find the flow of every branch per MW fed in at each bus. [MW/MW].

        The shape is (bus, branch); what is fed in is taken out at the reference of its
        part.
        """
        if self.ptdf is not None:
            return self.ptdf
        buses = len(self.label)
        rows = np.empty((buses, len(self.arrays.branch_ids)))
        for first in range(0, buses, SENSITIVITY_ROWS):
            here = np.arange(first, min(first + SENSITIVITY_ROWS, buses))
            fed = np.zeros((buses, len(here)))
            fed[here, here - first] = 1.0
            rows[here] = (self.flow_of_angle @ self.factor.solve(fed)).T
        return rows

    def transfer(self, branches: IntArray) -> FloatArray:
        """Flow of every branch per MW sent from one end of some to the other.

        Parameters
        ----------
        branches : ndarray of int, shape (column,)
            Positions of the branches.

        Returns
        -------
        ndarray, shape (branch, column)
            [MW/MW]
        """
        head, tail = self.arrays.from_bus[branches], self.arrays.to_bus[branches]
        if self.ptdf is not None:
            return np.asarray((self.ptdf[head] - self.ptdf[tail]).T)
        sent = np.zeros((len(self.label), len(branches)))
        every = np.arange(len(branches))
        sent[head, every] += 1.0
        sent[tail, every] -= 1.0
        # One at a time: a column is then the same to the bit whichever others are asked for.
        angle = np.column_stack([self.factor.solve(each) for each in sent.T])
        return np.asarray(self.flow_of_angle @ angle)

    def flow_mw(self, injection_mw: FloatArray) -> FloatArray:
        """Flow of the intact grid without phase shifts.

        Parameters
        ----------
        injection_mw : ndarray, shape (time, bus)
            What does not sum to 0 leaves at the reference. [MW]

        Returns
        -------
        ndarray, shape (branch, time)
            [MW]
        """
        if self.ptdf is None:
            angle = np.ascontiguousarray(self.factor.solve(injection_mw.T))
            return np.asarray(self.flow_of_angle @ angle)
        return np.asarray(self.ptdf.T @ injection_mw.T)

    def factorise(self, in_service: BoolArray, reference_bus: IntArray) -> NodalFactor:
        """Factorise the nodal matrix of a topology in the order of the intact grid."""
        conducts = np.where(in_service, self.arrays.susceptance_mw, 0.0)
        return self._pattern.factorise(conducts, reference_bus)


@dataclass(frozen=True, slots=True, kw_only=True)
class Topology:
    """One set of branches in service, with its islands and the way to its flows.

    The first bus of each island holds its angle: injections that do not sum to zero
    there leave at that bus.

    Attributes
    ----------
    grid : DcGrid
        The intact grid.
    in_service : ndarray of bool, shape (branch,)
        Branches that conduct.
    source_p_max_mw : ndarray, shape (source,)
        What each source can give. [MW]
    islands : Islands
        The connected parts.
    out : ndarray of int
        Branches that do not conduct.
    removed : ndarray of int
        Those of them whose flow has to be spread.
    spread : ndarray, shape (branch, removed)
        Change of each flow per MW that each would carry. [MW/MW]
    factor : NodalFactor, optional
        Of this topology alone, when it is too far from the intact one.
    """

    grid: DcGrid
    in_service: BoolArray
    source_p_max_mw: FloatArray
    islands: Islands
    out: IntArray
    removed: IntArray
    spread: FloatArray
    factor: NodalFactor | None
    _effect: dict[int, FloatArray] = field(default_factory=dict, repr=False)

    @property
    def arrays(self) -> GridArrays:
        """The grid."""
        return self.grid.arrays

    def flow_mw(self, injection_mw: FloatArray) -> FloatArray:
        """Flow of every branch in every hour.

        Parameters
        ----------
        injection_mw : ndarray, shape (time, bus)
            What sources feed in less demand, summing to 0 in each island. [MW]

        Returns
        -------
        ndarray, shape (time, branch)
            0 in dark islands. [MW]
        """
        grid = self.grid
        other = None
        if grid.has_shifts:
            other = grid.shift_flow_mw
            if self.factor is not None:
                other = grid.incidence.circulating(self.in_service, self.factor)
        hours = len(injection_mw)
        if hours < FEW_HOURS:
            flow = self._driven(injection_mw, other)
        else:
            flow = self._many_hours(injection_mw, other)
        if grid.has_shifts and self.islands.dark.any():
            flow[self.islands.dark[grid.arrays.from_bus]] = 0.0
        return flow.T

    def _many_hours(self, injection_mw: FloatArray, other_mw: FloatArray | None) -> FloatArray:
        """As ``_driven``, in chunks that stay in the cache."""
        grid, islands, hours = self.grid, self.islands, len(injection_mw)
        flow = np.empty((len(self.in_service), hours))
        meshes, chunk = grid.meshes, CHUNK_HOURS[grid.meshes is not None]
        if meshes is None or self.factor is not None:
            for first in range(0, hours, chunk):
                part = slice(first, first + chunk)
                flow[:, part] = self._driven(injection_mw[part], other_mw)
            return flow
        if self.removed.size:
            meshes = meshes.without(self.removed, self.spread)
        splits = len(islands.reference_bus) > len(grid.reference_bus)
        for first in range(0, hours, chunk):
            part = slice(first, first + chunk)
            injection = injection_mw[part]
            meshes.fill(
                balance_at_reference(injection, islands) if splits else injection, flow[:, part]
            )
        if other_mw is not None:
            flow += (other_mw + self.spread @ other_mw[self.removed])[:, None]
        flow[self.out] = 0.0
        return flow

    def _driven(self, injection_mw: FloatArray, other_mw: FloatArray | None) -> FloatArray:
        """Flow of injections, and of what else flows, in some hours; (branch, time)."""
        grid = self.grid
        if self.factor is not None:
            angle = np.ascontiguousarray(self.factor.solve(injection_mw.T))
            flow = np.asarray(grid.flow_of_angle @ angle)
            flow[self.out] = 0.0
            return flow if other_mw is None else flow + other_mw[:, None]
        islands = self.islands
        if len(islands.reference_bus) > len(grid.reference_bus):
            injection_mw = balance_at_reference(injection_mw, islands)
        flow = grid.flow_mw(injection_mw)
        if other_mw is not None:
            flow += other_mw[:, None]
        if self.out.size:
            if self.removed.size:
                flow += self.spread @ flow[self.removed]
            flow[self.out] = 0.0
        return flow

    def leaving(self, flow_mw: FloatArray) -> FloatArray:
        """Flow that leaves each bus over its branches, less what arrives.

        Parameters
        ----------
        flow_mw : ndarray, shape (time, branch)
            [MW]

        Returns
        -------
        ndarray, shape (bus, time)
            [MW]
        """
        return self.grid.incidence.leaving(flow_mw)

    def demand_effect(self, bus: int) -> FloatArray:
        """Change of flows and outputs per MW of demand added at one bus.

        The island's sources cover it by their shares. Computed once per bus.

        Parameters
        ----------
        bus : int
            Position of the bus; nothing moves for one that is dark.

        Returns
        -------
        ndarray, shape (branch + source,)
            [MW/MW]
        """
        known = self._effect.get(bus)
        if known is None:
            label, branches = self.islands.label, len(self.in_service)
            known = np.zeros(branches + len(self.source_p_max_mw))
            for island in self.islands.alive:
                if label[island.buses[0]] == label[bus]:
                    known[branches + island.sharing] = island.share
                    injection = np.zeros(len(label))
                    np.add.at(injection, self.arrays.source_bus, known[branches:])
                    injection[bus] -= 1.0
                    known[:branches] = self._driven(injection[None], None)[:, 0]
            self._effect[bus] = known
        return known

    def branch_sensitivity(self, branches: IntArray) -> FloatArray:
        """Flow of some branches per MW fed in at each bus (PTDF rows).

        Parameters
        ----------
        branches : ndarray of int, shape (row,)
            Positions of the branches.

        Returns
        -------
        ndarray, shape (row, bus)
            What is fed in is taken out at the first bus of the island; 0 for buses of
            another island than the branch. [MW/MW]
        """
        grid, islands = self.grid, self.islands
        if self.factor is not None:
            rows = grid.flow_of_angle[branches].toarray()
            rows[~self.in_service[branches]] = 0.0
            return np.asarray(self.factor.solve(rows.T).T)
        need = np.concatenate([branches, self.removed])
        if grid.ptdf is not None:
            rows = grid.ptdf[:, need].T
        else:
            rows = grid.factor.solve(grid.flow_of_angle[need].toarray().T).T
        rows = rows[: len(branches)] + self.spread[branches] @ rows[len(branches) :]
        rows[~self.in_service[branches]] = 0.0
        if len(islands.reference_bus) > len(grid.reference_bus):
            own = islands.label[grid.arrays.from_bus[branches]]
            rows -= rows[np.arange(len(rows)), islands.reference_bus[own]][:, None]
            rows[islands.label != own[:, None]] = 0.0
        return rows
