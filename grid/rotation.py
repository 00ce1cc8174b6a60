"""Rotating disconnection: who is out when, so that equals take turns."""

from dataclasses import dataclass

import numpy as np

from data.demand import substation_shares
from data.region import SECTORS, Region
from data.tables import BoolArray, FloatArray, IntArray, StrArray, positions
from grid.dispatch import P_TOL_MW
from grid.state import GridState

BLOCK_H = 2.0
"""Length of one turn; the region's constant ``forced_disconnection_h``. Estimate: planned
zone-wise rotation ended in Norway with the rationing rules of 2024, and what is left is
short emergency disconnection ordered by the system operator, for which no length is set."""

TIME_TOL_H = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """Customers that are disconnected together.

    Attributes
    ----------
    group_id : ndarray of str, shape (group,)
    bus : ndarray of int, shape (group,)
        Position of the bus each hangs on.
    mw : ndarray, shape (time, group)
        What each would use. [MW]
    shed_class : ndarray of int, shape (group,)
        Lower ones are out first.
    is_critical : ndarray of bool, shape (group,)
        Whether a critical site is among them: those are out last of all.
    """

    group_id: StrArray
    bus: IntArray
    mw: FloatArray
    shed_class: IntArray
    is_critical: BoolArray

    def __post_init__(self) -> None:
        count = len(self.group_id)
        if len(set(self.group_id.tolist())) != count:
            raise ValueError("group_id: each group has a name of its own")
        if self.mw.ndim != 2 or self.mw.shape[1] != count or not (self.mw >= 0).all():  # noqa: PLR2004 -- two dims
            raise ValueError("mw: a number that is not negative for each hour and group")


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One group without supply from one time to another.

    Attributes
    ----------
    start_h, end_h : float
        [h]
    group_id : str
    mw : float
        Mean of what it would have used. [MW]
    """

    start_h: float
    end_h: float
    group_id: str
    mw: float


def rotation_plan(
    shed_mw: FloatArray, groups: Groups, block_h: float = BLOCK_H
) -> tuple[Turn, ...]:
    """Plan turns of disconnection that shed what is asked for in every hour.

    When a group's turn is over or more is needed, those follow who have been out least,
    then by name; groups without critical sites before the others, lower classes before
    higher. When less is needed, those with most hours out are connected again at once.
    At no time is more disconnected than is asked for plus one group.

    Parameters
    ----------
    shed_mw : ndarray, shape (time,)
        What must be disconnected in each hour. [MW]
    groups : Groups
        Who can be.
    block_h : float
        Length of a turn. [h]

    Returns
    -------
    tuple of Turn
        By start, then name. Turns of one group that meet are one.

    Raises
    ------
    ValueError
        If more must be shed than the groups use, or a turn has no length.
    """
    if not block_h > 0:
        raise ValueError("block_h: must be above 0")
    hours = len(shed_mw)
    if groups.mw.shape[0] != hours:
        raise ValueError(f"mw: {groups.mw.shape[0]} hours, {hours} needed")
    if (shed_mw > groups.mw.sum(axis=1) + P_TOL_MW).any():
        raise ValueError("shed_mw: more must be shed than the groups use")
    by_name = np.argsort(np.argsort(groups.group_id))
    out_h = np.zeros(len(groups.group_id))
    until: dict[int, float] = {}
    open_since: dict[int, float] = {}
    turns: list[Turn] = []
    now = 0.0
    while now < hours:
        hour = int(now + TIME_TOL_H)
        mw, need = groups.mw[hour], float(shed_mw[hour])
        # Equal at the tolerance, so that sums of hours do not decide whose turn it is.
        waited = np.round(out_h, 6)
        order = np.lexsort((by_name, waited, groups.shed_class, groups.is_critical)).tolist()
        # Turns that are over end first: who comes next is decided among all.
        kept = [at for at in order if until.get(at, 0.0) > now + TIME_TOL_H]
        total = float(mw[kept].sum())
        for at in reversed(list(kept)):
            if total - mw[at] >= need - P_TOL_MW:
                kept.remove(at)
                total -= float(mw[at])
        fresh = []
        for at in order:
            if total >= need - P_TOL_MW:
                break
            if at not in kept and mw[at] > 0:
                fresh.append(at)
                total += float(mw[at])
        until = {at: until[at] for at in kept} | dict.fromkeys(fresh, now + block_h)
        ended = [at for at in open_since if at not in until]
        turns += [_turn(groups, at, open_since.pop(at), now) for at in ended]
        for at in until:
            open_since.setdefault(at, now)
        after = min([float(hour + 1), *until.values()])
        out_h[list(until)] += after - now
        now = after
    turns += [_turn(groups, at, since, float(hours)) for at, since in open_since.items()]
    return tuple(sorted(turns, key=lambda turn: (turn.start_h, turn.group_id)))


def _turn(groups: Groups, at: int, start_h: float, end_h: float) -> Turn:
    hours = np.arange(len(groups.mw))
    length = np.clip(np.minimum(end_h, hours + 1) - np.maximum(start_h, hours), 0.0, None)
    return Turn(
        start_h=start_h,
        end_h=end_h,
        group_id=str(groups.group_id[at]),
        mw=float(groups.mw[:, at] @ length / length.sum()),
    )


def state_rotation(state: GridState, groups: Groups, block_h: float = BLOCK_H) -> tuple[Turn, ...]:
    """Turn what a state sheds into turns of the groups at its buses.

    Where a branch is the limit, the groups of each bus share what is shed there; where
    only power is lacking, all groups of the island do. Dark buses have no turns.

    Parameters
    ----------
    state : GridState
        From the solver.
    groups : Groups
        Covering the demand of the buses, for the state's hours.
    block_h : float
        Length of a turn. [h]

    Returns
    -------
    tuple of Turn
        By start, then name.

    Raises
    ------
    ValueError
        If the groups of a bus use less than is shed there.
    """
    shed = np.einsum("tbc,tbc->tb", state.demand_mw, 1.0 - state.served_share)
    shed[:, state.dark] = 0.0
    label = state.topology.islands.label
    zone = np.arange(len(label)) if state.lp_hours else label
    turns: list[Turn] = []
    for number in np.unique(zone[(shed > P_TOL_MW).any(axis=0)]):
        here = zone[groups.bus] == number
        part = Groups(
            group_id=groups.group_id[here],
            bus=groups.bus[here],
            mw=groups.mw[:, here],
            shed_class=groups.shed_class[here],
            is_critical=groups.is_critical[here],
        )
        turns += rotation_plan(shed[:, zone == number].sum(axis=1), part, block_h)
    return tuple(sorted(turns, key=lambda turn: (turn.start_h, turn.group_id)))


def region_groups(region: Region, area_demand_mw: FloatArray) -> Groups:
    """Feeders of a region's substations, and what hangs on their busbars.

    A feeder is out as a whole; its class is that of most of its demand. Bulk sectors are
    a group of their own at each substation, named ``<substation>/<sector>``.

    Parameters
    ----------
    region : Region
    area_demand_mw : ndarray, shape (time, area, sector)
        [MW]

    Returns
    -------
    Groups
        Buses by their position in the region's table.
    """
    feeders, areas, substations = region.feeders, region.areas, region.substations
    row = positions(region.sectors.sector, np.array(SECTORS))
    bulk, shed_class = region.sectors.bulk[row], region.sectors.shed_class[row]
    bus = positions(region.buses.bus_id, substations.mv_bus_id)
    area = positions(areas.area_id, feeders.area_id)
    of_feeder = area_demand_mw[:, area] * feeders.demand_share[:, None]
    of_feeder[:, :, bulk] = 0.0
    by_class = of_feeder.sum(axis=0) @ np.eye(shed_class.max() + 1)[shed_class]
    site_section = positions(region.sections.section_id, region.sites.section_id)
    hosts = np.isin(feeders.feeder_id, region.sections.feeder_id[site_section])
    at_busbar = np.einsum("tas,ab->tbs", area_demand_mw[:, :, bulk], substation_shares(region))
    used = np.argwhere((at_busbar > 0).any(axis=0))
    names = np.array(SECTORS)[bulk]
    busbar_ids = [f"{substations.substation_id[at]}/{names[sector]}" for at, sector in used]
    return Groups(
        group_id=np.array([*feeders.feeder_id.tolist(), *busbar_ids]),
        bus=np.concatenate(
            [
                bus[positions(substations.substation_id, feeders.substation_id)],
                bus[used[:, 0]],
            ]
        ),
        mw=np.concatenate([of_feeder.sum(axis=2), at_busbar[:, used[:, 0], used[:, 1]]], axis=1),
        shed_class=np.concatenate([by_class.argmax(axis=1), shed_class[bulk][used[:, 1]]]),
        is_critical=np.concatenate([hosts, np.zeros(len(used), dtype=np.bool_)]),
    )
