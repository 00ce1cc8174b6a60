"""DC power flow for all hours of a segment at once, one factorisation per topology."""

from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import csc_array, csr_array
from scipy.sparse.linalg import SuperLU, splu

from data.tables import BoolArray, FloatArray, IntArray
from grid.arrays import GridArrays
from grid.islands import Islands


@dataclass(frozen=True, slots=True, kw_only=True)
class NodalPattern:
    """Where the branches stand in the sparse nodal matrix; the same for every topology.

    Attributes
    ----------
    indices, indptr : ndarray of int
        Compressed columns of the intact matrix, with its whole diagonal.
    from_from, to_to, from_to, to_from : ndarray of int, shape (branch,)
        Position of each branch's four entries in the matrix's data.
    diagonal : ndarray of int, shape (bus,)
        Position of the diagonal.
    """

    indices: IntArray
    indptr: IntArray
    from_from: IntArray
    to_to: IntArray
    from_to: IntArray
    to_from: IntArray
    diagonal: IntArray


def nodal_pattern(arrays: GridArrays) -> NodalPattern:
    """Lay out the nodal matrix of the intact grid.

    Parameters
    ----------
    arrays : GridArrays

    Returns
    -------
    NodalPattern
    """
    buses = len(arrays.bus_ids)
    own = np.arange(buses, dtype=np.int64)
    head, tail = arrays.from_bus, arrays.to_bus
    rows = np.concatenate([head, tail, head, tail, own])
    cols = np.concatenate([head, tail, tail, head, own])
    entries, at = np.unique(cols * buses + rows, return_inverse=True)
    ends = len(head) * np.arange(5)
    return NodalPattern(
        indices=(entries % buses).astype(np.int32),
        indptr=np.searchsorted(entries, np.arange(buses + 1) * buses).astype(np.int32),
        from_from=at[: ends[1]],
        to_to=at[ends[1] : ends[2]],
        from_to=at[ends[2] : ends[3]],
        to_from=at[ends[3] : ends[4]],
        diagonal=at[ends[4] :],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Topology:
    """One set of branches in service, with its islands and factorised nodal matrix.

    The angle of each island is held by a stiff connection to ground at its reference
    bus. Injections that sum to zero leave that connection without flow; whatever does
    not, leaves there.

    Attributes
    ----------
    in_service : ndarray of bool, shape (branch,)
        Branches that conduct.
    source_p_max_mw : ndarray, shape (source,)
        What each source can give. [MW]
    islands : Islands
        The connected parts.
    factor : SuperLU
        Factor of the nodal matrix. [MW/rad]
    flow_of_angle : csr_array, shape (branch, bus)
        Flow of each branch from the angles; empty rows where out of service. [MW/rad]
    shift_flow_mw : ndarray, shape (branch,)
        Flow from phase shifts alone. [MW]
    shift_injection_mw : ndarray, shape (bus,)
        The injections that stand for the phase shifts. [MW]
    """

    arrays: GridArrays
    in_service: BoolArray
    source_p_max_mw: FloatArray
    islands: Islands
    factor: SuperLU
    flow_of_angle: csr_array
    shift_flow_mw: FloatArray
    shift_injection_mw: FloatArray
    _effect: dict[int, FloatArray] = field(default_factory=dict, repr=False)

    def flow_mw(self, injection_mw: FloatArray) -> FloatArray:
        """Flow of every branch in every hour.

        Parameters
        ----------
        injection_mw : ndarray, shape (time, bus)
            What sources feed in less demand, summing to 0 in each island. [MW]

        Returns
        -------
        ndarray, shape (time, branch)
            ``f = D (A theta - phi)`` with ``A^T D A theta = p + A^T D phi``. [MW]

        References
        ----------
        .. [1] R. D. Zimmerman et al., MATPOWER User's Manual, section 3.7 (DC
           modelling).
        """
        shifts = bool(self.shift_flow_mw.any())
        injection = injection_mw + self.shift_injection_mw if shifts else injection_mw
        flow = self.flow_of_angle @ np.ascontiguousarray(self.factor.solve(injection.T))
        if shifts:
            flow += self.shift_flow_mw[:, None]
        return np.asarray(flow.T)

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
        arrays, branches = self.arrays, len(self.in_service)
        ends = np.concatenate([arrays.from_bus, arrays.to_bus])
        sign = np.repeat([1.0, -1.0], branches)
        every = np.tile(np.arange(branches), 2)
        incidence = csr_array((sign, (ends, every)), shape=(len(arrays.bus_ids), branches))
        return np.asarray(incidence @ np.ascontiguousarray(flow_mw.T))

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
            label = self.islands.label
            known = np.zeros(len(self.in_service) + len(self.source_p_max_mw))
            for island in self.islands.alive:
                if label[island.buses[0]] == label[bus]:
                    covered = known[len(self.in_service) :]
                    covered[island.sharing] = island.share
                    injection = np.bincount(self.arrays.source_bus, covered, len(label))
                    injection[bus] -= 1.0
                    known[: len(self.in_service)] = self.flow_of_angle @ self.factor.solve(
                        injection
                    )
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
            [MW/MW]
        """
        return np.asarray(self.factor.solve(self.flow_of_angle[branches].toarray().T).T)


def factorise(
    arrays: GridArrays,
    pattern: NodalPattern,
    in_service: BoolArray,
    source_p_max_mw: FloatArray,
    islands: Islands,
) -> Topology:
    """Factorise the nodal matrix of one topology.

    Parameters
    ----------
    arrays : GridArrays
        The grid.
    pattern : NodalPattern
        Of the same grid.
    in_service : ndarray of bool, shape (branch,)
        Branches that conduct.
    source_p_max_mw : ndarray, shape (source,)
        What each source can give. [MW]
    islands : Islands
        Of the same branches.

    Returns
    -------
    Topology
    """
    buses, branches = len(arrays.bus_ids), len(arrays.branch_ids)
    conducts = np.where(in_service, arrays.susceptance_mw, 0.0)
    entries = np.zeros(len(pattern.indices))
    for at, sign in (
        (pattern.from_from, 1.0),
        (pattern.to_to, 1.0),
        (pattern.from_to, -1.0),
        (pattern.to_from, -1.0),
    ):
        entries += np.bincount(at, sign * conducts, minlength=len(entries))
    entries[pattern.diagonal[islands.reference_bus]] += np.abs(arrays.susceptance_mw).mean()
    matrix = csc_array((entries, pattern.indices, pattern.indptr), shape=(buses, buses))
    factor = splu(
        matrix,
        permc_spec="MMD_AT_PLUS_A",
        diag_pivot_thresh=0.0,
        options={"SymmetricMode": True},
    )
    starts = np.arange(0, 2 * branches + 1, 2, dtype=np.int32)
    ends = np.column_stack([arrays.from_bus, arrays.to_bus]).ravel().astype(np.int32)
    flow_of_angle = csr_array(
        (np.column_stack([conducts, -conducts]).ravel(), ends, starts), shape=(branches, buses)
    )
    shift_flow = -conducts * arrays.shift_rad
    return Topology(
        arrays=arrays,
        in_service=in_service,
        source_p_max_mw=source_p_max_mw,
        islands=islands,
        factor=factor,
        flow_of_angle=flow_of_angle,
        shift_flow_mw=shift_flow,
        shift_injection_mw=np.asarray(
            np.bincount(arrays.to_bus, shift_flow, buses)
            - np.bincount(arrays.from_bus, shift_flow, buses),
            dtype=np.float64,
        ),
    )
