"""Lines and transformers of a net as rows of a region, and what such rows cannot hold."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from data.problems import Problem
from data.region import Region
from data.tables import FloatArray
from grid.exchange.labels import element_name, in_service, label, numbers, opened_ends, rows_of
from grid.exchange.unit_check import unlimited

if TYPE_CHECKING:
    from pandapower import pandapowerNet

NO_PLACE = {
    "trafo3w": "Model it as two-winding transformers.",
    "impedance": "Give it as a line.",
    "dcline": "Take it out of service; a supply at each end says what it exchanges.",
    "xward": "Take it out of service.",
    "shunt": "Take it out of service; the region has no reactive compensation.",
    "svc": "Take it out of service.",
    "tcsc": "Give it as a line.",
    "ssc": "Take it out of service.",
    "vsc": "Take it out of service.",
}
"""Tables the region has no place for, and what to do."""

VECTOR_GROUP_DEGREE = 30.0
"""Shifts by multiples are vector groups: the same on every path between two voltages."""

UNLIMITED_RATING_MVA = 99_999.0
"""Written for a branch without a rating; the region's tables need a number."""

SAME = 1e-6
"""Figures closer than this share are the same."""

KINDS = {"ol": "overhead", "cs": "cable"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """One circuit or unit between two buses of the region.

    Attributes
    ----------
    key : str
        Its identifier in the region.
    table : str
        ``line`` or ``trafo``.
    place : str
        Where it stands in the net.
    a, b : str
        Identifiers of its buses; the high-voltage one first.
    figures : dict of str to float
        By column of the region's table.
    kind : str
        ``overhead``, ``cable`` or empty for a line; empty when the net does not say.
    forest_share : float
        NaN when the net does not say.
    area_id : str
        Area whose weather it meets, empty when the net does not say.
    """

    key: str
    table: str
    place: str
    a: str
    b: str
    figures: dict[str, float]
    kind: str = ""
    forest_share: float = float("nan")
    area_id: str = ""


def cannot_hold(net: "pandapowerNet") -> list[Problem]:
    """Name every element in service that a region's tables have no place for.

    Parameters
    ----------
    net : pandapowerNet

    Returns
    -------
    list of Problem
    """
    found = [
        Problem(
            "not_in_region", label(net, table, row), f"a {table} in service",
            "lines and two-winding transformers", remedy,
        )
        for table, remedy in NO_PLACE.items()
        if rows_of(net, table)
        for row in net[table].index[in_service(net, table)]
    ]  # fmt: skip
    if not rows_of(net, "trafo"):
        return found
    shift = np.nan_to_num(numbers(net, "trafo", "shift_degree", 0.0))
    away = np.nan_to_num(numbers(net, "trafo", "tap_pos") - numbers(net, "trafo", "tap_neutral"))
    turn = away * np.nan_to_num(numbers(net, "trafo", "tap_step_degree", 0.0))
    rest = np.abs(np.remainder(shift + 15.0, VECTOR_GROUP_DEGREE) - 15.0)
    found += [
        Problem(
            "not_in_region",
            label(net, "trafo", net.trafo.index[at]),
            f"a phase shift of {shift[at] + turn[at]:g} degrees",
            "no phase shifters",
            "Set shift_degree to that of its vector group and tap_pos to tap_neutral.",
        )
        for at in np.flatnonzero(in_service(net, "trafo") & ((rest > SAME) | (turn != 0)))
    ]
    return found


def branches_of(
    net: "pandapowerNet", bus_id: Mapping[int, str], notes: list[str]
) -> Iterator[Branch]:
    """Turn lines and transformers in service, without open switches, into branches.

    Parameters
    ----------
    net : pandapowerNet
    bus_id : mapping of int to str
        Identifier of each bus in service.
    notes : list of str
        Added to: what the region cannot say of them.

    Yields
    ------
    Branch
        Parallel circuits one by one.
    """
    cut = {(table, row) for table, row, _ in opened_ends(net)}
    for table, (a, b) in (("line", ("from_bus", "to_bus")), ("trafo", ("hv_bus", "lv_bus"))):
        if not rows_of(net, table):
            continue
        figures = _line_figures(net, notes) if table == "line" else _trafo_figures(net, notes)
        parallel = np.nan_to_num(numbers(net, table, "parallel", 1.0), nan=1.0).astype(int)
        use = in_service(net, table)
        inside: list[str] = []
        for at, row in enumerate(net[table].index):
            ends = [int(net[table].at[row, column]) for column in (a, b)]
            if not use[at] or (table, row) in cut or not all(bus in bus_id for bus in ends):
                continue
            name = element_name(net, table, row)
            if bus_id[ends[0]] == bus_id[ends[1]]:
                inside.append(name)
                continue
            for circuit in range(parallel[at]):
                yield Branch(
                    key=name if circuit == 0 else f"{name}#{circuit + 1}",
                    table=table,
                    place=label(net, table, row),
                    a=bus_id[ends[0]],
                    b=bus_id[ends[1]],
                    figures={column: float(values[at]) for column, values in figures.items()},
                    kind=KINDS.get(str(net.line.at[row, "type"]), "")
                    if table == "line" and "type" in net.line
                    else "",
                    forest_share=float(numbers(net, table, "forest_share")[at]),
                    area_id=_word(net, table, row, "exposure_area_id"),
                )
        if inside:
            notes.append(f"Within one busbar, left out: {', '.join(inside)}.")


def _word(net: "pandapowerNet", table: str, row: int, column: str) -> str:
    value = net[table].at[row, column] if column in net[table] else None
    return value.strip() if isinstance(value, str) else ""


def _line_figures(net: "pandapowerNet", notes: list[str]) -> dict[str, FloatArray]:
    """Figures of one circuit of each line."""
    ka = numbers(net, "line", "max_i_ka")
    volts = np.asarray(net.bus.loc[net.line["from_bus"], "vn_kv"], dtype=np.float64)
    rating = np.sqrt(3.0) * volts * ka * np.nan_to_num(numbers(net, "line", "df", 1.0), nan=1.0)
    none = unlimited(ka)
    if none.any():
        notes.append(
            f"{int(none.sum())} lines without a rating stand with {UNLIMITED_RATING_MVA:g} MVA: "
            "they are never overloaded."
        )
    return {
        "length_km": numbers(net, "line", "length_km"),
        "r_ohm_per_km": numbers(net, "line", "r_ohm_per_km"),
        "x_ohm_per_km": numbers(net, "line", "x_ohm_per_km"),
        "c_nf_per_km": np.nan_to_num(numbers(net, "line", "c_nf_per_km", 0.0)),
        "rating_mva": np.where(none, UNLIMITED_RATING_MVA, rating),
    }


def _trafo_figures(net: "pandapowerNet", notes: list[str]) -> dict[str, FloatArray]:
    """Figures of one unit of each transformer."""
    mva = numbers(net, "trafo", "sn_mva")
    factor = np.nan_to_num(numbers(net, "trafo", "df", 1.0), nan=1.0)
    away = numbers(net, "trafo", "tap_pos") - numbers(net, "trafo", "tap_neutral")
    off = in_service(net, "trafo") & (np.nan_to_num(away) != 0)
    for side in ("hv", "lv"):
        volts = np.asarray(net.bus.loc[net.trafo[f"{side}_bus"], "vn_kv"], dtype=np.float64)
        off |= np.abs(numbers(net, "trafo", f"vn_{side}_kv") / volts - 1.0) > SAME
    if off.any():
        notes.append(
            f"{int(off.sum())} transformers are away from their nominal ratio; the region takes "
            "every ratio as nominal."
        )
    none = unlimited(mva)
    if none.any():
        notes.append(f"{int(none.sum())} transformers have no rating: they are never overloaded.")
    return {
        "rating_mva": mva * factor,
        "vk_percent": numbers(net, "trafo", "vk_percent"),
        "vkr_percent": numbers(net, "trafo", "vkr_percent"),
    }


def same(cells: Mapping[str, str], branch: Branch) -> bool:
    """Whether a row of the region says what a branch of the net says.

    Parameters
    ----------
    cells : mapping of str to str
        The region's row.
    branch : Branch

    Returns
    -------
    bool
        Lines may be the other way round.
    """
    ends = ("from_bus_id", "to_bus_id") if branch.table == "line" else ("hv_bus_id", "lv_bus_id")
    there = (cells[ends[0]], cells[ends[1]])
    turned = branch.table == "line" and there == (branch.b, branch.a)
    if there != (branch.a, branch.b) and not turned:
        return False
    if branch.kind and branch.kind == "overhead" and cells["kind"] != "overhead":
        return False
    return all(
        bool(np.isclose(value, float(cells[column]), rtol=SAME, atol=0.0))
        for column, value in branch.figures.items()
    )


def trafo_cells(branch: Branch) -> dict[str, str]:
    """Cells of a transformer's row, without its provenance."""
    return {
        "trafo_id": branch.key,
        "hv_bus_id": branch.a,
        "lv_bus_id": branch.b,
        **{column: f"{value:.10g}" for column, value in branch.figures.items()},
    }


def line_cells(
    branch: Branch,
    before: Mapping[str, str] | None,
    region: Region,
    buses: Mapping[str, Mapping[str, str]],
    notes: list[str],
) -> dict[str, str]:
    """Cells of a line's row, without its provenance.

    What the net does not say comes from the row it replaces, and for a new line from the
    region's line nearest to its middle.

    Parameters
    ----------
    branch : Branch
    before : mapping of str to str, optional
        The region's row of the same identifier.
    region : Region
    buses : mapping of str to mapping
        Cells of ``buses.csv``, new buses included.
    notes : list of str
        Added to: whose figures a new line was given.

    Returns
    -------
    dict of str to str
    """
    kind, forest, area = branch.kind, branch.forest_share, branch.area_id
    if before is not None:
        is_cable = kind == "cable" and before["kind"] != "overhead"
        kind = before["kind"] if not kind or is_cable else kind
        forest_text, area = before["forest_share"], area or before["exposure_area_id"]
    else:
        nearest = _nearest_line(branch, region, buses)
        like = region.lines
        kind = kind or str(like.kind[nearest])
        forest_text = f"{like.forest_share[nearest]:.10g}" if kind == "overhead" else "0"
        area = area or str(like.exposure_area_id[nearest])
        if np.isnan(forest) or not branch.area_id:
            notes.append(
                f"{branch.key}: forest share and exposed area as the nearest line, "
                f"{like.line_id[nearest]}."
            )
    return {
        "line_id": branch.key,
        "from_bus_id": branch.a,
        "to_bus_id": branch.b,
        "kind": kind,
        **{column: f"{value:.10g}" for column, value in branch.figures.items()},
        "forest_share": forest_text if np.isnan(forest) else f"{forest:.10g}",
        "exposure_area_id": area,
    }


def _nearest_line(branch: Branch, region: Region, buses: Mapping[str, Mapping[str, str]]) -> int:
    """Row of the region's line whose middle lies nearest, by position then by order."""
    at = {
        name: np.array([x, y])
        for name, x, y in zip(
            region.buses.bus_id.tolist(), region.buses.x_m.tolist(), region.buses.y_m.tolist(),
            strict=True,
        )
    }  # fmt: skip
    ends = [np.array([float(buses[end]["x_m"]), float(buses[end]["y_m"])]) for end in
            (branch.a, branch.b)]  # fmt: skip
    middle = 0.5 * (ends[0] + ends[1])
    lines = zip(region.lines.from_bus_id.tolist(), region.lines.to_bus_id.tolist(), strict=True)
    return int(np.argmin([np.hypot(*(0.5 * (at[a] + at[b]) - middle)) for a, b in lines]))
