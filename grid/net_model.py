"""pandapower's own DC model of a net, and what in a net the arrays cannot hold."""

import copy
import warnings
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import MatrixRankWarning

from data.problems import InputError, Problem
from data.tables import BoolArray, FloatArray, IntArray, StrArray

if TYPE_CHECKING:
    from pandapower import pandapowerNet

REFUSED = {
    "tcsc": "a series capacitor is left out of pandapower's DC power flow",
    "ssc": "a static compensator has no place in pandapower's DC power flow",
    "vsc": "converters and what is behind them have no place in the arrays",
    "vsc_stacked": "converters and what is behind them have no place in the arrays",
    "vsc_bipolar": "converters and what is behind them have no place in the arrays",
    "b2b_vsc": "converters and what is behind them have no place in the arrays",
    "bus_dc": "a direct-current grid has no place in the arrays",
    "line_dc": "a direct-current grid has no place in the arrays",
    "source_dc": "a direct-current grid has no place in the arrays",
    "load_dc": "a direct-current grid has no place in the arrays",
}
"""Tables whose elements in service are refused, and why."""

REMEDY = "Take it out of service, or put the power it exchanges as a load or an sgen."

SIDES = ("hv", "mv", "lv")


class NetModel:
    """What pandapower makes of a net for its DC power flow, in its own bus order."""

    def __init__(self, net: "pandapowerNet") -> None:
        from pandapower.pypower import idx_brch, idx_bus, idx_gen
        from pandapower.pypower.makeBdc import calc_b_from_branch

        _refuse(net)
        solved = _converted(net)
        ppc, lookup = solved._ppc, solved._pd2ppc_lookups
        bus, gen = ppc["bus"], ppc["gen"]
        self.base_mva = float(ppc["baseMVA"])
        self.bus_count = int((bus[:, idx_bus.BUS_TYPE] != idx_bus.NONE).sum())
        rows = np.full(int(net.bus.index.max()) + 1, -1)
        index = net.bus.index.to_numpy(dtype=np.int64)
        rows[index] = lookup["bus"][index]
        rows[index[~net.bus["in_service"].to_numpy(dtype=bool)]] = -1
        rows[rows >= self.bus_count] = -1
        self.bus_of = rows
        self.angle_rad = np.deg2rad(bus[:, idx_bus.VA])
        self.bus_ids = _bus_ids(net, lookup, rows, self.bus_count)
        # Only what pandapower has at the buses; references are left to the balance.
        injection = -(bus[:, idx_bus.PD] + bus[:, idx_bus.GS])
        gen_bus = gen[:, idx_gen.GEN_BUS].astype(np.int64)
        given = _generation(net, solved, len(gen))
        np.add.at(injection, gen_bus, given)
        for kind, sign in (("asymmetric_load", -1.0), ("asymmetric_sgen", 1.0)):
            table = net[kind][net[kind]["in_service"].astype(bool)]
            p_mw = table[["p_a_mw", "p_b_mw", "p_c_mw"]].sum(axis=1) * table["scaling"]
            at = rows[table["bus"].to_numpy(dtype=np.int64)]
            np.add.at(injection, at[at >= 0], sign * p_mw.to_numpy(dtype=float)[at >= 0])
        self.injection_mw = injection[: self.bus_count]

        branch = ppc["branch"]
        ends = branch[:, [idx_brch.F_BUS, idx_brch.T_BUS]].real.astype(np.int64)
        in_use = np.flatnonzero(
            (branch[:, idx_brch.BR_STATUS].real == 1) & (ends < self.bus_count).all(axis=1)
        )
        place, ids = _branch_places(net, solved, lookup["branch"], len(branch))
        reactance = branch[in_use, idx_brch.BR_X].real
        rating = _ratings(net, lookup["branch"], len(branch))
        _refuse_values(place, in_use, reactance, rating, solved)
        self.branches: dict[str, Any] = {
            "name": ids[in_use].astype(np.str_),
            "table": np.array([place[row][0] for row in in_use], dtype=np.str_),
            "row": np.array([place[row][1] for row in in_use], dtype=np.int64),
            "side": np.array([place[row][2] for row in in_use], dtype=np.str_),
            "from": ends[in_use, 0],
            "to": ends[in_use, 1],
            "susceptance": calc_b_from_branch(branch[in_use], len(in_use)).astype(np.float64),
            "shift": np.deg2rad(branch[in_use, idx_brch.SHIFT].real),
            "rating": rating[in_use],
        }
        self._keep_connected(bus[: self.bus_count, idx_bus.BUS_TYPE] == idx_bus.REF)

    def _keep_connected(self, is_reference: BoolArray) -> None:
        """Leave out what has no path to a reference; pandapower may keep open ends."""
        ends = self.branches["from"], self.branches["to"]
        count = self.bus_count
        graph = csr_array((np.ones(len(ends[0]), dtype=np.int8), ends), shape=(count, count))
        _, label = connected_components(graph, directed=False)
        kept = np.isin(label, label[is_reference])
        position = np.where(kept, np.cumsum(kept) - 1, -1)
        self.bus_count = int(kept.sum())
        self.bus_of = np.where(self.bus_of >= 0, position[self.bus_of], -1)
        self.bus_ids = self.bus_ids[kept]
        self.angle_rad = self.angle_rad[:count][kept]
        self.injection_mw = self.injection_mw[kept]
        both = kept[ends[0]]
        self.branches = {name: values[both] for name, values in self.branches.items()}
        for end in ("from", "to"):
            self.branches[end] = position[self.branches[end]]


def _refuse(net: "pandapowerNet") -> None:
    """Refuse what has no place in the arrays, all of it at once."""
    problems = []
    for table, why in REFUSED.items():
        rows = net.get(table)
        if rows is None or not len(rows):
            continue
        used = rows["in_service"].astype(bool) if "in_service" in rows else rows.index == rows.index
        problems += [
            Problem("not_honoured", _place(net, table, row), why, "out of service", REMEDY)
            for row in rows.index[used]
        ]
    for table, columns in (
        ("load", ("p_mw", "scaling")),
        ("sgen", ("p_mw", "scaling")),
        ("gen", ("p_mw", "scaling")),
        ("storage", ("p_mw", "scaling")),
        ("shunt", ("p_mw", "step")),
        ("ward", ("ps_mw", "pz_mw")),
        ("xward", ("ps_mw", "pz_mw")),
        ("dcline", ("p_mw", "loss_percent", "loss_mw")),
    ):
        rows = net[table]
        for row in rows.index[rows["in_service"].astype(bool)]:
            problems += [
                Problem("not_a_number", _place(net, table, row), f"{column} nan", "a number")
                for column in columns
                if not np.isfinite(rows.at[row, column])
            ]
    if not references_in_service(net):
        problems.append(
            Problem(
                "no_reference",
                "ext_grid",
                "none in service",
                "an ext_grid, or a gen with slack, in service at a bus in service",
                "Say where the grid above feeds in: pandapower.create_ext_grid.",
            )
        )
    if problems:
        raise InputError(problems)


def references_in_service(net: "pandapowerNet") -> list[tuple[str, int]]:
    """Table and row of each ext_grid, and each gen with ``slack``, that is in service."""
    alive = net.bus["in_service"].astype(bool)
    found = []
    for table in ("ext_grid", "gen"):
        rows = net[table]
        used = rows["in_service"].astype(bool) & rows["bus"].map(alive).astype(bool)
        if table == "gen":
            used &= rows["slack"].astype(bool)
        found += [(table, int(row)) for row in rows.index[used]]
    return found


def _refuse_values(
    place: list[tuple[str, int, str]],
    in_use: IntArray,
    reactance: FloatArray,
    rating: FloatArray,
    net: "pandapowerNet",
) -> None:
    problems = []
    for row, x_pu in zip(in_use, reactance, strict=True):
        table, index, _ = place[row]
        where = _place(net, table, index)
        if x_pu == 0 or not np.isfinite(x_pu):
            problems.append(
                Problem(
                    "no_reactance",
                    where,
                    f"reactance {x_pu:g}",
                    "a number other than 0",
                    "Give its reactance, or join its buses by a bus-bus switch.",
                )
            )
        if rating[row] < 0:
            problems.append(
                Problem("negative_rating", where, f"{rating[row]:g} MVA", "above 0, or none")
            )
    if problems:
        raise InputError(list(dict.fromkeys(problems)))


def _converted(net: "pandapowerNet") -> "pandapowerNet":
    """Solve a copy of the net, which leaves pandapower's model in it."""
    import pandapower as pp

    solved = copy.deepcopy(net)
    with warnings.catch_warnings():
        # Old tables lack columns that pandapower warns of; DC does not use them.
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", FutureWarning)
        # A line open at both ends; only the model is used, not this solution.
        warnings.simplefilter("ignore", MatrixRankWarning)
        try:
            pp.rundcpp(solved)
        except FloatingPointError:
            # A branch without reactance; the model is there, and shows which.
            return solved
    return solved


def _generation(net: "pandapowerNet", solved: "pandapowerNet", count: int) -> FloatArray:
    """Set power of each row of pandapower's generator array, 0 for references. [MW]."""
    given = np.zeros(count)
    first, last = solved._gen_order.get("gen", (0, 0))
    if last == first:
        return given
    alive = solved._is_elements["gen"]
    slack = net.gen["slack"].to_numpy(dtype=bool)
    own = (net.gen["p_mw"] * net.gen["scaling"]).to_numpy(dtype=float)
    ends = [p_mw for _, to_mw, from_mw in dcline_ends(net) for p_mw in (to_mw, from_mw)]
    powers = np.concatenate([np.where(slack, 0.0, own), ends])
    given[first:last] = powers[alive]
    return given


def dcline_ends(net: "pandapowerNet") -> list[tuple[int, float, float]]:
    """Row, power fed in at the to bus and at the from bus of each dcline. [MW].

    As ``pandapower.auxiliary._add_dcline_gens``: the receiving end gets what is sent
    less the losses, whichever way it is sent.
    """
    ends = []
    for row in net.dcline.index:
        p_mw = float(net.dcline.at[row, "p_mw"])
        sent = abs(p_mw)
        received = sent * (1 - float(net.dcline.at[row, "loss_percent"]) / 100)
        received -= float(net.dcline.at[row, "loss_mw"])
        ends.append((row, received, -sent) if p_mw > 0 else (row, -sent, received))
    return ends


def name_of(net: "pandapowerNet", table: str, row: int) -> str:
    """Name of an element, ``line 12`` when it has none."""
    given = net[table].at[row, "name"] if "name" in net[table] else None
    missing = given is None or given != given or str(given).strip() in {"", "None"}  # noqa: PLR0124 -- NaN
    return f"{table} {row}" if missing else str(given)


def _place(net: "pandapowerNet", table: str, row: int) -> str:
    name = name_of(net, table, row)
    return name if name == f"{table} {row}" else f"{table} {row} ({name})"


def distinct(names: list[str], places: list[str] | None = None) -> list[str]:
    """Names that tell apart: what is used twice gets its place or number added."""
    uses = Counter(names)
    number: Counter[str] = Counter()
    result = []
    for at, name in enumerate(names):
        if uses[name] == 1:
            result.append(name)
            continue
        number[name] += 1
        result.append(f"{name} [{places[at] if places else number[name]}]")
    return result


def _bus_ids(net: "pandapowerNet", lookup: dict[str, Any], rows: IntArray, count: int) -> StrArray:
    """Name of each bus of pandapower's model, after the first net bus in it."""
    index = net.bus.index.to_numpy(dtype=np.int64)[::-1]
    names = dict(
        zip(
            index.tolist(),
            distinct([name_of(net, "bus", row) for row in index], [f"bus {row}" for row in index]),
            strict=True,
        )
    )
    ids = np.array([f"open end {row}" for row in range(count)], dtype=object)
    for table, inside in (("trafo3w", "star"), ("xward", "inside")):
        for row, bus in zip(net[table].index, lookup["aux"].get(table, ()), strict=False):
            if lookup["bus"][bus] < count:
                ids[lookup["bus"][bus]] = f"{name_of(net, table, row)} {inside}"
    for row in index:
        if rows[row] >= 0:
            ids[rows[row]] = names[row]
    return ids


def _branch_places(
    net: "pandapowerNet", solved: "pandapowerNet", spans: dict[str, tuple[int, int]], count: int
) -> tuple[list[tuple[str, int, str]], StrArray]:
    """Table, row and side, and the name, of each row of pandapower's branch array."""
    place: list[tuple[str, int, str]] = [("", -1, "")] * count
    for table, (first, last) in spans.items():
        index = net[table].index.tolist()
        if table == "switch":
            index = net.switch.index[solved._impedance_bb_switches].tolist()
        sides = SIDES if table == "trafo3w" else ("",)
        place[first:last] = [(table, row, side) for side in sides for row in index]
    whole = dict.fromkeys((table, row) for table, row, _ in place)
    labels = [f"{table} {row}" for table, row in whole]
    names = distinct([name_of(net, table, row) for table, row in whole], labels)
    given = dict(zip(whole, names, strict=True))
    ids = [f"{given[table, row]} {side}".strip() for table, row, side in place]
    return place, np.array(ids, dtype=object)


def _ratings(net: "pandapowerNet", spans: dict[str, tuple[int, int]], count: int) -> FloatArray:
    """Rating of each row of pandapower's branch array, infinite when none is given. [MW]."""
    rating = np.full(count, np.inf)
    for table, (first, last) in spans.items():
        rows = net[table]
        if table == "trafo3w":
            sides = [rows[f"sn_{side}_mva"].to_numpy(dtype=float) for side in SIDES]
            rating[first:last] = np.concatenate(sides)
        elif table in {"line", "trafo"}:
            units = (rows["parallel"] * rows["df"]).to_numpy(dtype=float)
            if table == "trafo":
                rating[first:last] = rows["sn_mva"].to_numpy(dtype=float) * units
            else:
                volts = net.bus.loc[rows["from_bus"], "vn_kv"].to_numpy(dtype=float)
                current = rows["max_i_ka"].to_numpy(dtype=float)
                rating[first:last] = np.sqrt(3.0) * volts * current * units
    return np.where(np.isnan(rating) | (rating == 0), np.inf, rating)
