"""Radial network of a reliability study: zones between devices, load points, ties."""

from dataclasses import dataclass

import numpy as np

from data.tables import BoolArray, FloatArray, IntArray, StrArray

EXTERNAL = -1
"""Other end of a tie whose supply lies outside the tables; parent of a root."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Branches:
    """Everything that fails: sections, transformers, and the busbars they start from.

    Attributes
    ----------
    name : ndarray of str, shape (branch,)
        Unique.
    parent : ndarray of int, shape (branch,)
        Branch upstream, -1 for a root. A root has a device that always clears.
    has_device, is_protective : ndarray of bool, shape (branch,)
        Whether a device stands at the upstream end, and whether it clears faults
        downstream by itself (breaker, fuse).
    p_stuck : ndarray, shape (branch,)
        Probability that a protective device does not clear, so that the next one
        upstream does. [1]
    switching_h : ndarray, shape (branch,)
        From fault to the device opened, closed or replaced. [h]
    failure_rate_per_yr, repair_h : ndarray, shape (branch,)
        Failures and mean time from fault to repaired. [1/yr], [h]
    """

    name: StrArray
    parent: IntArray
    has_device: BoolArray
    is_protective: BoolArray
    p_stuck: FloatArray
    switching_h: FloatArray
    failure_rate_per_yr: FloatArray
    repair_h: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Loads:
    """Load points.

    Attributes
    ----------
    name : ndarray of str, shape (load,)
    branch : ndarray of int, shape (load,)
        Branch at whose far end it hangs.
    customers : ndarray, shape (load,)
        Customers counted in SAIFI and SAIDI; 0 for a load that is not counted.
    mean_mw, peak_mw : ndarray, shape (load,)
        Mean demand, and the demand a tie must have room for. [MW]
    priority : ndarray of int, shape (load,)
        The smallest is supplied first where a tie has not room for all.
    distance_km : ndarray, shape (load,)
        From the busbar, the order among equals. [km]
    kile_group : ndarray of int, shape (load,)
        Position in ``KILE_GROUPS``, -1 for none.
    kile_reference_kw : ndarray, shape (load,)
        Load at the reference time. [kW]
    """

    name: StrArray
    branch: IntArray
    customers: FloatArray
    mean_mw: FloatArray
    peak_mw: FloatArray
    priority: IntArray
    distance_km: FloatArray
    kile_group: IntArray
    kile_reference_kw: FloatArray

    def __len__(self) -> int:
        return len(self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ties:
    """Normally open connections.

    Attributes
    ----------
    name : ndarray of str, shape (tie,)
    branch, other : ndarray of int, shape (tie,)
        Branches at whose far ends it ends; ``other`` is -1 for a supply outside.
    capacity_mw : ndarray, shape (tie,)
        Peak load it can take over, infinite for any. [MW]
    p_available : ndarray, shape (tie,)
        Probability that it can be used when it is needed. [1]
    switching_h : ndarray, shape (tie,)
        From fault to closed. [h]
    """

    name: StrArray
    branch: IntArray
    other: IntArray
    capacity_mw: FloatArray
    p_available: FloatArray
    switching_h: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class RadialSystem:
    """A radial network, its zones numbered so that all behind a zone follow it at once.

    Sections joined without a device are one zone: a fault anywhere in it keeps all of it
    out until repaired.

    Attributes
    ----------
    branches, loads : Branches, Loads
        Loads in the order passed in.
    ties : Ties
        In the order in which they are used: quickest first, then by name.
    repair_cv : float
        Coefficient of variation of the repair times: lognormal, 0 for the mean itself.
    branch_zone : ndarray of int, shape (branch,)
    zone_parent, zone_end : ndarray of int, shape (zone,)
        Zone upstream, -1 for a root; the zones behind zone z are ``z`` to
        ``zone_end[z] - 1``.
    zone_switching_h, zone_p_stuck : ndarray, shape (zone,)
        Of the device at its upstream end.
    zone_is_protected : ndarray of bool, shape (zone,)
        Whether that device clears faults.
    load_row : ndarray of int, shape (load,)
        Loads in the order of their zones: row in ``loads`` of each place.
    load_zone : ndarray of int, shape (load,)
        Zone of each place, not falling.
    load_rank : ndarray of int, shape (load,)
        Order of each place where a tie has not room for all.
    first_load : ndarray of int, shape (zone + 1,)
        First place of each zone; the last is the number of loads.
    end_tie, end_zone, end_other : ndarray of int, shape (tie end,)
        Each tie seen from each end that can be supplied over it: the tie, the zone of the
        end and that of the other end (-1 for a supply outside); by zone, then by tie.
    first_end : ndarray of int, shape (zone + 1,)
        First tie end of each zone.
    """

    branches: Branches
    loads: Loads
    ties: Ties
    repair_cv: float
    branch_zone: IntArray
    zone_parent: IntArray
    zone_end: IntArray
    zone_switching_h: FloatArray
    zone_p_stuck: FloatArray
    zone_is_protected: BoolArray
    load_row: IntArray
    load_zone: IntArray
    load_rank: IntArray
    first_load: IntArray
    end_tie: IntArray
    end_zone: IntArray
    end_other: IntArray
    first_end: IntArray


def radial_system(
    branches: Branches, loads: Loads, ties: Ties, *, repair_cv: float = 0.0
) -> RadialSystem:
    """Lay out a radial network in zones; the order of the rows changes nothing.

    Parameters
    ----------
    branches, loads, ties
        The network.
    repair_cv : float
        Coefficient of variation of every repair time. [1]

    Returns
    -------
    RadialSystem

    Raises
    ------
    ValueError
        If the branches form a loop.
    """
    count = len(branches.name)
    zone = np.full(count, -1, dtype=np.int64)
    parents: list[int] = []
    tops: list[int] = []
    ends: list[int] = []
    # Leaving marks (-1 - zone) close a zone's range once all behind it is numbered.
    stack = _by_name(branches, np.flatnonzero(branches.parent < 0))
    children = _children(branches)
    while stack:
        row = stack.pop()
        if row < 0:
            ends[-1 - row] = len(parents)
            continue
        above = int(branches.parent[row])
        if above < 0 or branches.has_device[row]:
            zone[row] = len(parents)
            parents.append(int(zone[above]) if above >= 0 else -1)
            tops.append(row)
            ends.append(-1)
            stack.append(-1 - int(zone[row]))
        else:
            zone[row] = zone[above]
        stack.extend(children.get(row, ()))
    if (zone < 0).any():
        raise ValueError(f"{branches.name[zone < 0][0]}: branches form a loop")
    top, zone_parent = np.array(tops, dtype=np.int64), np.array(parents, dtype=np.int64)
    is_root = zone_parent < 0
    load_zone = zone[loads.branch]
    load_row = np.lexsort((loads.name, load_zone))
    order = np.lexsort((loads.name, loads.distance_km, loads.priority))
    rank_of_row = np.empty(len(loads), dtype=np.int64)
    rank_of_row[order] = np.arange(len(loads))
    load_rank = rank_of_row[load_row]
    used = np.lexsort((ties.name, ties.switching_h))
    ties = Ties(
        name=ties.name[used],
        branch=ties.branch[used],
        other=ties.other[used],
        capacity_mw=ties.capacity_mw[used],
        p_available=ties.p_available[used],
        switching_h=ties.switching_h[used],
    )
    here = zone[ties.branch]
    there = np.where(ties.other < 0, EXTERNAL, zone[ties.other])
    inside = np.flatnonzero(there != EXTERNAL)
    end_tie = np.concatenate([np.arange(len(here)), inside])
    end_zone = np.concatenate([here, there[inside]])
    end_other = np.concatenate([there, here[inside]])
    by_zone = np.lexsort((end_tie, end_zone))
    zones = len(top)
    return RadialSystem(
        branches=branches,
        loads=loads,
        ties=ties,
        repair_cv=repair_cv,
        branch_zone=zone,
        zone_parent=zone_parent,
        zone_end=np.array(ends, dtype=np.int64),
        zone_switching_h=branches.switching_h[top],
        zone_p_stuck=np.where(is_root, 0.0, branches.p_stuck[top]),
        zone_is_protected=is_root | branches.is_protective[top],
        load_row=load_row,
        load_zone=load_zone[load_row],
        load_rank=load_rank,
        first_load=np.searchsorted(load_zone[load_row], np.arange(zones + 1)),
        end_tie=end_tie[by_zone],
        end_zone=end_zone[by_zone],
        end_other=end_other[by_zone],
        first_end=np.searchsorted(end_zone[by_zone], np.arange(zones + 1)),
    )


def _by_name(branches: Branches, rows: IntArray) -> list[int]:
    """Rows so that the last, which is taken first, has the smallest name."""
    return [int(row) for row in rows[np.argsort(branches.name[rows])[::-1]]]


def _children(branches: Branches) -> dict[int, list[int]]:
    """Branches below each branch; the last, which is taken first, has the smallest name."""
    below: dict[int, list[int]] = {}
    for row in _by_name(branches, np.arange(len(branches.name))):
        if branches.parent[row] >= 0:
            below.setdefault(int(branches.parent[row]), []).append(row)
    return below
