"""A folder of feeder tables -> pandapower net, so that flows can be run on it too.

The tables are made for reliability and give no voltage, impedance or rating: those are
defaults here, stated in the notes.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from data.problems import InputError, Problem
from grid.exchange.imported import ImportedNet
from grid.reliability.read import FeederTables, read_feeders
from grid.reliability.tables import DEFAULTS

if TYPE_CHECKING:
    from pandapower import pandapowerNet

VN_KV = 22.0
"""Voltage of the feeders: the usual one of Norwegian distribution. Estimate. [kV]"""

COS_PHI = 0.98
"""Power factor of the load points, as in the built-in region. Estimate."""

NO_LENGTH_KM = 1.0
"""Length of a section that gives only a failure rate. Estimate. [km]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _LineData:
    r_ohm_per_km: float
    x_ohm_per_km: float
    c_nf_per_km: float
    max_i_ka: float
    pandapower_type: str


# From pandapower's library of standard types.
LINE_DATA = {
    "overhead": _LineData(
        r_ohm_per_km=0.306, x_ohm_per_km=0.35, c_nf_per_km=10.0, max_i_ka=0.35,
        pandapower_type="94-AL1/15-ST1A 20.0",
    ),
    "cable": _LineData(
        r_ohm_per_km=0.122, x_ohm_per_km=0.112, c_nf_per_km=304.0, max_i_ka=0.421,
        pandapower_type="NA2XS2Y 1x240 RM/25 12/20 kV",
    ),
}  # fmt: skip

SWITCH_TYPES = {
    "breaker": "CB",
    "fuse": "FU",
    "disconnector": "DS",
    "remote_disconnector": "LBS",
}


def is_feeder_folder(path: Path) -> bool:
    """Whether a folder holds feeder tables; a region's folder has other names beside them.

    Raises
    ------
    InputError
        If the folder holds another kind of Beredt's own tables.
    """
    names = {each.name for each in path.glob("*.csv")}
    for tell_tale, what, remedy in (
        (
            "areas.geojson",
            "a region",
            f"Write its grid: run.py grid export NET.json --region {path}",
        ),
        ("units.csv", "generation adequacy tables", f"Use: run.py grid adequacy {path}"),
    ):
        if (path / tell_tale).is_file():
            allowed = "a grid file or a folder of feeder tables"
            raise InputError([Problem("other_folder", str(path), what, allowed, remedy)])
    return bool(names & {"load_points.csv", "busbars.csv"})


def read_feeder_folder(path: Path) -> ImportedNet:
    """Read a folder of feeder tables as a net at its peak load.

    Parameters
    ----------
    path : Path

    Returns
    -------
    ImportedNet

    Raises
    ------
    InputError
        With everything wrong in the tables.
    """
    tables = read_feeders(path)
    notes = [
        f"Reliability indices of these feeders: python3 run.py grid feeders {path}",
        f"The tables give no voltage: {VN_KV:g} kV is used (estimate).",
        "The tables give no impedance and no rating: "
        + "; ".join(
            f"{kind} r {each.r_ohm_per_km:g}, x {each.x_ohm_per_km:g} ohm/km, "
            f"{1e3 * each.max_i_ka:g} A (pandapower type {each.pandapower_type})"
            for kind, each in LINE_DATA.items()
        )
        + ".",
        f"Loads stand at their peak with power factor {COS_PHI:g} (estimate).",
    ]
    bare = tables.sections.section_id[np.isnan(tables.sections.length_km)].tolist()
    if bare:
        notes.append(f"Without a length, taken as {NO_LENGTH_KM:g} km: {', '.join(bare)}.")
    unsaid = tables.sections.section_id[tables.sections.kind == ""].tolist()
    if unsaid:
        notes.append(f"Without a kind, taken as overhead: {', '.join(unsaid)}.")
    outside = tables.ties.tie_id[tables.ties.to_node == ""].tolist()
    if outside:
        notes.append(f"Ties to a supply outside are not in the net: {', '.join(outside)}.")
    notes += [str(each) for each in tables.remarks]
    return ImportedNet(
        net=_net_of(tables),
        name=path.resolve().name,
        file_format="feeder tables",
        notes=tuple(notes),
    )


def _net_of(tables: FeederTables) -> "pandapowerNet":
    import pandapower as pp

    sections, points, ties = tables.sections, tables.load_points, tables.ties
    net = pp.create_empty_network(name=tables.folder.name, f_hz=50.0)
    nodes = [
        *tables.busbars.node.tolist(),
        *sections.from_node.tolist(),
        *sections.to_node.tolist(),
    ]
    bus = {node: pp.create_bus(net, vn_kv=VN_KV, name=node) for node in dict.fromkeys(nodes)}
    for node in tables.busbars.node.tolist():
        pp.create_ext_grid(net, bus[node], name=f"supply of {node}")
    lengths = np.where(np.isnan(sections.length_km), NO_LENGTH_KM, sections.length_km)
    for row, name in enumerate(sections.section_id.tolist()):
        data = LINE_DATA[str(sections.kind[row]) or "overhead"]
        begin = bus[str(sections.from_node[row])]
        line = pp.create_line_from_parameters(
            net, begin, bus[str(sections.to_node[row])], length_km=float(lengths[row]),
            r_ohm_per_km=data.r_ohm_per_km, x_ohm_per_km=data.x_ohm_per_km,
            c_nf_per_km=data.c_nf_per_km, max_i_ka=data.max_i_ka, name=name,
            type="cs" if sections.kind[row] == "cable" else "ol",
        )  # fmt: skip
        kind = SWITCH_TYPES.get(str(sections.device[row]))
        if kind:
            pp.create_switch(net, begin, line, et="l", type=kind, name=f"{name} upstream")
    for row in np.flatnonzero(ties.to_node != "").tolist():
        pp.create_switch(
            net, bus[str(ties.node[row])], bus[str(ties.to_node[row])], et="b", closed=False,
            type="LBS", name=str(ties.tie_id[row]),
        )  # fmt: skip
    peak = np.where(
        np.isnan(points.peak_mw),
        points.mean_mw * _parameter(tables, "peak_over_mean"),
        points.peak_mw,
    )
    for row, name in enumerate(points.load_point_id.tolist()):
        pp.create_load(
            net, bus[str(points.node[row])], p_mw=float(peak[row]),
            q_mvar=float(peak[row]) * float(np.tan(np.arccos(COS_PHI))), name=name,
        )  # fmt: skip
    net.load["customers"] = points.customers
    net.load["kile_group"] = points.kile_group.astype(object)
    return net


def _parameter(tables: FeederTables, name: str) -> float:
    at = np.flatnonzero(tables.parameters.name == name)
    return float(tables.parameters.value[at[0]]) if len(at) else DEFAULTS[name].value
