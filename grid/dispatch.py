"""What each source gives in each island, and who goes without when that is too little."""

from dataclasses import dataclass

import numpy as np

from data.tables import BoolArray, FloatArray
from grid.dc_flow import Topology

P_TOL_MW = 1e-6
"""Powers closer than this are equal; the tolerance of every limit and balance. [MW]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch:
    """Output of the sources, and what they cannot cover.

    Attributes
    ----------
    source_p_mw : ndarray, shape (time, source)
        Within the limits of every source. [MW]
    deficit_mw : ndarray, shape (time, island)
        Demand above what the island's sources can give together. [MW]
    linear : ndarray of bool, shape (time,)
        Hours that are must-run plus fixed shares of the rest everywhere, so that a
        change of demand changes the outputs in proportion.
    """

    source_p_mw: FloatArray
    deficit_mw: FloatArray
    linear: BoolArray


def dispatch(topology: Topology, demand_mw: FloatArray) -> Dispatch:
    """Balance every island that is alive.

    Must-run sources come first, at their set power; the others share the rest by
    participation. What a source cannot take of its share goes to the others in
    proportion to the room they have. When the others together are too small, must-run
    sources rise in proportion to the room they have left before anything is lacking;
    they are turned down together when nobody can take the surplus.

    Parameters
    ----------
    topology : Topology
        The islands and their sources.
    demand_mw : ndarray, shape (time, bus)
        Demand, 0 at dark buses. [MW]

    Returns
    -------
    Dispatch
    """
    arrays, islands = topology.arrays, topology.islands.alive
    hours = len(demand_mw)
    source_p = np.zeros((hours, len(arrays.source_ids)))
    deficit = np.zeros((hours, len(islands)))
    linear = np.full(hours, all(island.share.any() for island in islands))
    for number, island in enumerate(islands):
        whole = len(island.buses) == demand_mw.shape[1]
        total = (demand_mw if whole else demand_mw[:, island.buses]).sum(axis=1)
        p_max = topology.source_p_max_mw[island.sharing]
        p_min = np.maximum(arrays.source_p_min_mw[island.sharing], -p_max)
        most = topology.source_p_max_mw[island.must_run]
        must_run = np.minimum(arrays.source_p_set_mw[island.must_run], most)
        rest = total - must_run.sum()
        surplus = np.maximum(p_min.sum() - rest, 0.0)
        if must_run.size:
            if (surplus > 0).any():
                linear &= surplus == 0
                kept = 1.0 - surplus / must_run.sum()
                source_p[:, island.must_run] = kept[:, None] * must_run
            else:
                source_p[:, island.must_run] = must_run
            room = most - must_run
            if room.any():
                risen = np.clip(rest - p_max.sum(), 0.0, room.sum())
                linear &= risen == 0
                source_p[:, island.must_run] += (risen / room.sum())[:, None] * room
                rest -= risen
        lack = np.maximum(rest - p_max.sum(), 0.0)
        deficit[:, number] = lack
        rest += surplus - lack
        shared = rest[:, None] * island.share
        held = np.clip(shared, p_min, p_max)
        missing = rest - held.sum(axis=1)
        is_off = np.abs(missing) > P_TOL_MW * 1e-3
        if is_off.any():
            linear &= ~is_off
            held = _spread(held, missing, p_min, p_max)
        source_p[:, island.sharing] = held
    linear &= ~(deficit > P_TOL_MW).any(axis=1)
    return Dispatch(source_p_mw=source_p, deficit_mw=deficit, linear=linear)


def _spread(
    held: FloatArray, missing: FloatArray, p_min: FloatArray, p_max: FloatArray
) -> FloatArray:
    """Give what is missing to the sources in proportion to the room each has left."""
    room = np.where(missing[:, None] > 0, p_max - held, held - p_min)
    available = room.sum(axis=1)
    part = np.divide(missing, available, out=np.zeros_like(missing), where=available > 0)
    return np.asarray(held + part[:, None] * room)
