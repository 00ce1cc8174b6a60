"""Buses of a user's net among those of a region, and the tables while they are changed."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from data.problems import Problem
from data.region import Region
from grid.exchange.labels import element_name, in_service, label, rows_of
from grid.exchange.region_branches import branches_of
from grid.exchange.table_rows import TableRows
from grid.net_places import places_m

if TYPE_CHECKING:
    from pandapower import pandapowerNet

ORIGIN = {"measured": "S", "published": "S", "estimated": "E"}
"""Mark of the fact base for rows that come of a user's file."""

TRANSMISSION_KV = 300.0
SAME_KV = 1e-6


BUS_KINDS = ("transmission", "regional", "substation_hv", "substation_mv")


@dataclass
class RegionWork:
    """Tables while they are changed, and the account of it."""

    region: Region
    tables: dict[str, TableRows]
    source: str
    quality: str
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    account: dict[str, dict[str, list[str]]] = field(
        default_factory=lambda: {what: {} for what in ("added", "changed", "removed", "kept")}
    )

    def count(self, what: str, table: str, key: str) -> None:
        """Keep account of a row."""
        self.account[what].setdefault(table, []).append(key)

    def provenance(self) -> dict[str, str]:
        """Cells every new or changed row has."""
        return {"source": self.source, "quality": self.quality, "origin": ORIGIN[self.quality]}


def bus_ids(net: "pandapowerNet", work: RegionWork) -> dict[int, str]:
    """Find the bus of the region, old or new, that each net bus in service is.

    Parameters
    ----------
    net : pandapowerNet
    work : RegionWork
        Changed: problems and notes.

    Returns
    -------
    dict of int to str
        Buses joined by closed bus-bus switches are one.
    """
    known = set(work.region.buses.bus_id.tolist())
    alive = net.bus.index[in_service(net, "bus")].tolist()
    leader = {bus: bus for bus in alive}

    def root(bus: int) -> int:
        while leader[bus] != bus:
            bus = leader[bus]
        return bus

    if rows_of(net, "switch"):
        joins = net.switch[(net.switch["et"] == "b") & in_service(net, "switch")]
        for a, b in zip(joins["bus"].tolist(), joins["element"].tolist(), strict=True):
            if a in leader and b in leader:
                leader[root(b)] = root(a)
    groups: dict[int, list[int]] = {}
    for bus in alive:
        groups.setdefault(root(bus), []).append(bus)
    found: dict[int, str] = {}
    for members in groups.values():
        names = [element_name(net, "bus", bus) for bus in members]
        matched = [each for each in names if each in known]
        if len(matched) > 1:
            work.problems.append(
                Problem(
                    "joined_buses",
                    f"buses {', '.join(matched)}",
                    "joined by a closed bus-bus switch",
                    "at most one bus of the region in a group",
                    "Open the switch or rename a bus.",
                )
            )
        for bus in members:
            found[bus] = (matched or names)[0]
    joined = sum(len(members) - 1 for members in groups.values())
    if joined:
        work.notes.append(f"Closed bus-bus switches join {joined} buses with others: one bus each.")
    if not known & set(found.values()):
        near = ", ".join(sorted(known)[:6])
        work.problems.append(
            Problem(
                "no_common_bus",
                "net.bus name",
                "no name of a region bus",
                "at least one bus named as in buses.csv",
                f"Rename the buses where your grid meets the region, for example to {near}.",
            )
        )
    return found


def put_buses(net: "pandapowerNet", bus_id: dict[int, str], work: RegionWork) -> None:
    """Add the net's new buses to ``buses.csv``; those that are there must agree in voltage.

    Parameters
    ----------
    net : pandapowerNet
    bus_id : dict of int to str
        From `bus_ids`.
    work : RegionWork
        Changed: tables, problems and notes.
    """
    table = work.tables["buses"]
    rows = {key: bus for bus, key in reversed(bus_id.items())}
    new = [key for key in rows if key not in table.cells]
    for key, bus in rows.items():
        kv = float(net.bus.at[bus, "vn_kv"])
        if key in table.cells:
            own = float(table.cells[key]["vn_kv"])
            if abs(kv / own - 1.0) > SAME_KV:
                work.problems.append(
                    Problem(
                        "voltage_differs",
                        label(net, "bus", bus),
                        f"{kv:g} kV",
                        f"{own:g} kV as in the region",
                        "Correct vn_kv, or give the bus another name.",
                    )
                )
            else:
                work.count("kept", "buses", key)
    places = dict(_places(net, rows, work))
    unplaced = _place_by_neighbours(net, bus_id, [key for key in new if key not in places], places)
    for key in new:
        if key not in places:
            work.problems.append(
                Problem(
                    "no_place",
                    label(net, "bus", rows[key]),
                    "no position, and no neighbour with one",
                    "geo, or area_id in net.bus",
                )
            )
            continue
        kind = _kind(net, rows[key], work)
        x_m, y_m = places[key]
        table.put(
            key,
            {"bus_id": key, "vn_kv": f"{float(net.bus.at[rows[key], 'vn_kv']):.10g}", "kind": kind,
             "x_m": f"{x_m:.0f}", "y_m": f"{y_m:.0f}", **work.provenance()},
        )  # fmt: skip
        work.count("added", "buses", key)
    if unplaced:
        work.notes.append(f"Placed at the mean of their neighbours: {', '.join(unplaced)}.")


def _kind(net: "pandapowerNet", bus: int, work: RegionWork) -> str:
    given = net.bus.at[bus, "kind"] if "kind" in net.bus else None
    if isinstance(given, str) and given:
        if given not in BUS_KINDS:
            allowed = ", ".join(BUS_KINDS)
            place = f"{label(net, 'bus', bus)} kind"
            work.problems.append(Problem("not_allowed", place, given, allowed))
        return given
    kv = float(net.bus.at[bus, "vn_kv"])
    substation = bus_text(net, bus, "substation_id")
    if substation:
        return "substation_mv" if kv == feeder_kv(work, substation) else "substation_hv"
    return "transmission" if kv >= TRANSMISSION_KV else "regional"


def bus_text(net: "pandapowerNet", bus: int, column: str) -> str:
    """Read a word a bus gives in a column of our own, empty when it gives none."""
    value = net.bus.at[bus, column] if column in net.bus else None
    return value.strip() if isinstance(value, str) else ""


def feeder_kv(work: RegionWork, substation: str) -> float:
    """Voltage of a substation's secondary side, NaN for one the region has not."""
    cells = work.tables["substations"].cells.get(substation)
    return float(work.tables["buses"].cells[cells["mv_bus_id"]]["vn_kv"]) if cells else float("nan")


def _places(
    net: "pandapowerNet", rows: dict[str, int], work: RegionWork
) -> Iterator[tuple[str, tuple[float, float]]]:
    """Find the position [m] of the buses that have one."""
    areas = work.region.areas
    centres = dict(
        zip(areas.area_id.tolist(), zip(areas.x_m.tolist(), areas.y_m.tolist(), strict=True),
            strict=True)
    )  # fmt: skip
    for key, cells in work.tables["buses"].cells.items():
        yield key, (float(cells["x_m"]), float(cells["y_m"]))
    for key, bus in rows.items():
        if key in work.tables["buses"].cells:
            continue
        area = bus_text(net, bus, "area_id")
        geo = net.bus.at[bus, "geo"] if "geo" in net.bus else None
        if isinstance(geo, str) and geo.strip():
            x_m, y_m = places_m([geo])[0].tolist()
            if x_m == x_m:  # noqa: PLR0124 -- NaN
                yield key, (x_m, y_m)
            else:
                place = f"{label(net, 'bus', bus)} geo"
                work.problems.append(Problem("not_geojson", place, geo[:60], "a GeoJSON point"))
        elif area in centres:
            yield key, centres[area]
        elif area:
            place = f"{label(net, 'bus', bus)} area_id"
            work.problems.append(Problem("unknown_id", place, area, "an area_id of areas.csv"))


def _place_by_neighbours(
    net: "pandapowerNet",
    bus_id: dict[int, str],
    missing: list[str],
    places: dict[str, tuple[float, float]],
) -> list[str]:
    """Put buses without position at the mean of those they are joined with."""
    ends = [(each.a, each.b) for each in branches_of(net, bus_id, [])]
    found: list[str] = []
    while True:
        now: dict[str, tuple[float, float]] = {}
        for key in missing:
            near = [b if a == key else a for a, b in ends if key in (a, b)]
            known = [places[each] for each in near if each in places]
            if known and key not in places:
                now[key] = tuple(np.mean(known, axis=0).tolist())
        if not now:
            return found
        places.update(now)
        found += now
