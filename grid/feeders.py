"""Radial feeders: who is dark after a fault, before and after switching."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from data.grid_tables import Sections
from data.tables import BoolArray, IntArray, StrArray, positions

NONE, MANUAL, REMOTE, BREAKER = 0, 1, 2, 3
"""What stands at a section's upstream end, or at a reserve connection."""

SWITCH_CODES = {"none": NONE, "manual": MANUAL, "remote": REMOTE, "breaker": BREAKER}


@dataclass(frozen=True, slots=True, kw_only=True)
class Feeder:
    """One radial feeder; its sections stand in an order where parents come first.

    Attributes
    ----------
    sections : tuple of int
        Row of each of its sections in the region's table.
    parent : tuple of int
        Position of each section's parent within the feeder, -1 for a head.
    zone : tuple of int
        Zone of each section: sections joined without a switch are one zone.
    zone_parent : tuple of int
        Zone upstream of each zone, -1 at the head; parents come first.
    zone_reserve, zone_remote_reserve : tuple of bool
        Whether a reserve connection ends in the zone, and one that is remote controlled.
    remote_group : tuple of int
        Group of each zone: zones joined by manual switches only, which the control room
        can cut out together without anybody going there.
    tripped : tuple of tuple of int
        For a fault in each zone, the zones behind the breaker that trips.
    """

    sections: tuple[int, ...]
    parent: tuple[int, ...]
    zone: tuple[int, ...]
    zone_parent: tuple[int, ...]
    zone_reserve: tuple[bool, ...]
    zone_remote_reserve: tuple[bool, ...]
    remote_group: tuple[int, ...]
    tripped: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeederArrays:
    """All feeders, with positions between the region's tables and each feeder.

    Attributes
    ----------
    feeders : tuple of Feeder
        In the order of the feeders passed in.
    place : ndarray of int, shape (section,)
        Position of each section within its feeder.
    is_remote : ndarray of bool, shape (section,)
        Whether a fault in the section can be isolated, and the rest supplied, without
        anybody going there.
    """

    feeders: tuple[Feeder, ...]
    place: IntArray
    is_remote: BoolArray


def feeder_arrays(feeder_ids: StrArray, sections: Sections) -> FeederArrays:
    """Lay out the feeders of a region.

    Parameters
    ----------
    feeder_ids : ndarray of str, shape (feeder,)
        Their order.
    sections : Sections
        Trees of sections; a parent is of the same feeder.

    Returns
    -------
    FeederArrays

    Raises
    ------
    ValueError
        If sections of a feeder form a loop or a parent is of another feeder.
    """
    feeder_of = positions(feeder_ids, sections.feeder_id)
    parent = positions(sections.section_id, sections.parent_section_id)
    strays = (parent >= 0) & (feeder_of[parent] != feeder_of)
    if strays.any():
        raise ValueError(f"{sections.section_id[strays][0]}: its parent is of another feeder")
    switch = np.array([SWITCH_CODES[kind] for kind in sections.switch_kind], dtype=np.int64)
    reserve = np.array([SWITCH_CODES[kind] for kind in sections.reserve], dtype=np.int64)
    members: list[list[int]] = [[] for _ in feeder_ids]
    for row, feeder in enumerate(feeder_of):
        members[feeder].append(row)
    place = np.zeros(len(sections), dtype=np.int64)
    is_remote = np.zeros(len(sections), dtype=np.bool_)
    feeders = []
    for rows in members:
        ordered = _parents_first(rows, parent)
        place[ordered] = np.arange(len(ordered))
        feeder = _feeder(ordered, parent, place, switch, reserve)
        feeders.append(feeder)
        remote = _remote_zones(feeder, switch, reserve)
        for row, zone in zip(ordered, feeder.zone, strict=True):
            is_remote[row] = remote[zone]
    return FeederArrays(feeders=tuple(feeders), place=place, is_remote=is_remote)


def supplied_sections(
    arrays: FeederArrays,
    feeder: int,
    faulted: Collection[int],
    isolated: Collection[int],
    *,
    cut_out: Collection[int] = (),
    reserve_alive: bool,
    head_alive: bool = True,
) -> BoolArray:
    """Sections of one feeder that have supply.

    A fault that is not isolated trips the nearest breaker upstream: everything behind
    it is dark. An isolated fault keeps its zone out until repaired; what lies upstream
    is supplied from the head, what lies downstream where it reaches a reserve
    connection without passing a zone that is out.

    Parameters
    ----------
    arrays : FeederArrays
        The feeders.
    feeder : int
        Position of the feeder.
    faulted : collection of int
        Rows of its sections with a fault that is not isolated yet.
    isolated : collection of int
        Rows of its sections isolated and awaiting repair.
    cut_out : collection of int
        Rows of its sections with a fault cut out by remote control only: the whole group
        of zones between remote switches is out. Without any isolated fault manual
        reserve connections are still open, since nobody has been there.
    reserve_alive : bool
        Whether the feeders behind its reserve connections have supply.
    head_alive : bool
        Whether its own substation has supply.

    Returns
    -------
    ndarray of bool, shape (section of the feeder,)
        In the order of ``arrays.feeders[feeder].sections``.
    """
    this = arrays.feeders[feeder]
    place = arrays.place
    zones = len(this.zone_parent)
    dark = [False] * zones
    for row in isolated:
        dark[this.zone[place[row]]] = True
    for row in cut_out:
        group = this.remote_group[this.zone[place[row]]]
        for zone in range(zones):
            dark[zone] = dark[zone] or this.remote_group[zone] == group
    # Manual reserves closed for an earlier fault stay closed.
    is_only_remote = bool(cut_out) and not isolated
    reserve = this.zone_remote_reserve if is_only_remote else this.zone_reserve
    for row in faulted:
        for zone in this.tripped[this.zone[place[row]]]:
            dark[zone] = True
    part = list(range(zones))
    fed = [False] * zones
    for zone in range(zones):
        if dark[zone]:
            continue
        above = this.zone_parent[zone]
        if above >= 0 and not dark[above]:
            part[zone] = part[above]
        if (head_alive and above < 0) or (reserve_alive and reserve[zone]):
            fed[part[zone]] = True
    return np.array([not dark[zone] and fed[part[zone]] for zone in this.zone], dtype=np.bool_)


def isolation_is_remote(arrays: FeederArrays, section: int) -> bool:
    """Whether a fault in a section is switched away from the control room alone.

    Every switch around its zone and one reserve connection of each part behind it that
    has any must be remote.

    Parameters
    ----------
    arrays : FeederArrays
        The feeders.
    section : int
        Row of the section.

    Returns
    -------
    bool
    """
    return bool(arrays.is_remote[section])


def _parents_first(rows: list[int], parent: IntArray) -> list[int]:
    """Order sections so that each stands after its parent; as they are if they do."""
    seen = {-1}
    for row in rows:
        if int(parent[row]) not in seen:
            break
        seen.add(row)
    else:
        return rows
    children: dict[int, list[int]] = {}
    for row in rows:
        children.setdefault(int(parent[row]), []).append(row)
    ordered = list(children.get(-1, ()))
    for row in ordered:
        ordered.extend(children.get(row, ()))
    if len(ordered) != len(rows):
        raise ValueError("sections of a feeder form a loop")
    return ordered


def _feeder(
    rows: list[int], parent: IntArray, place: IntArray, switch: IntArray, reserve: IntArray
) -> Feeder:
    """One feeder from its rows, parents first."""
    above = [int(place[parent[row]]) if parent[row] >= 0 else -1 for row in rows]
    zone: list[int] = []
    zone_parent: list[int] = []
    breaker: list[bool] = []
    for row, up in zip(rows, above, strict=True):
        if up >= 0 and switch[row] == NONE:
            zone.append(zone[up])
        else:
            zone.append(len(zone_parent))
            zone_parent.append(zone[up] if up >= 0 else -1)
            breaker.append(up < 0 or bool(switch[row] == BREAKER))
    zones = range(len(zone_parent))
    has_reserve = [False] * len(zone_parent)
    has_remote = [False] * len(zone_parent)
    group: list[int] = []
    for row, here in zip(rows, zone, strict=True):
        has_reserve[here] = has_reserve[here] or bool(reserve[row] != NONE)
        has_remote[here] = has_remote[here] or bool(reserve[row] >= REMOTE)
        if here == len(group):
            is_manual = zone_parent[here] >= 0 and switch[row] < REMOTE
            group.append(group[zone_parent[here]] if is_manual else here)
    behind = [_behind(zone_parent, each) for each in zones]
    return Feeder(
        sections=tuple(rows),
        parent=tuple(above),
        zone=tuple(zone),
        zone_parent=tuple(zone_parent),
        zone_reserve=tuple(has_reserve),
        zone_remote_reserve=tuple(has_remote),
        remote_group=tuple(group),
        tripped=tuple(behind[_breaker_of(zone_parent, breaker, each)] for each in zones),
    )


def _behind(zone_parent: list[int], top: int) -> tuple[int, ...]:
    """List a zone and all zones downstream of it."""
    inside = {top}
    for zone, above in enumerate(zone_parent):
        if above in inside:
            inside.add(zone)
    return tuple(sorted(inside))


def _breaker_of(zone_parent: list[int], breaker: list[bool], zone: int) -> int:
    """Zone whose upstream end holds the breaker that trips for a fault in ``zone``."""
    while not breaker[zone]:
        zone = zone_parent[zone]
    return zone


def _remote_zones(feeder: Feeder, switch: IntArray, reserve: IntArray) -> list[bool]:
    """Whether each zone can be isolated and the rest supplied by remote control."""
    zones = len(feeder.zone_parent)
    remote_switch = [False] * zones
    remote_reserve = [False] * zones
    for at, (row, zone) in enumerate(zip(feeder.sections, feeder.zone, strict=True)):
        if feeder.zone.index(zone) == at:
            remote_switch[zone] = feeder.zone_parent[zone] < 0 or bool(switch[row] >= REMOTE)
        remote_reserve[zone] = remote_reserve[zone] or bool(reserve[row] >= REMOTE)
    result = []
    for zone in range(zones):
        parts = [each for each in range(zones) if feeder.zone_parent[each] == zone]
        ready = remote_switch[zone]
        for part in parts:
            behind = _behind(list(feeder.zone_parent), part)
            has = any(feeder.zone_reserve[each] for each in behind)
            ready = ready and remote_switch[part]
            ready = ready and (not has or any(remote_reserve[each] for each in behind))
        result.append(ready)
    return result
