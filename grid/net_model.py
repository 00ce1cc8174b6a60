"""pandapower's own DC model of a net, and what in a net the arrays cannot hold."""

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from data.problems import InputError, Problem
from data.tables import BoolArray, FloatArray
from grid.exchange.labels import in_service, label, references
from grid.net_rows import (
    BranchRows,
    branch_rows,
    bus_names,
    convert,
    negative_ratings,
    no_reference,
    ratings_mva,
    refused,
)
from grid.rating_tiers import rating_tiers

if TYPE_CHECKING:
    from pandapower import pandapowerNet

WATTS = {
    "load": ("p_mw", "scaling"),
    "sgen": ("p_mw", "scaling"),
    "gen": ("p_mw", "scaling"),
    "storage": ("p_mw", "scaling"),
    "shunt": ("p_mw", "step"),
    "ward": ("ps_mw", "pz_mw"),
    "xward": ("ps_mw", "pz_mw"),
    "dcline": ("p_mw", "loss_percent", "loss_mw"),
}
"""Columns that say what an element takes or gives."""


class NetModel:
    """What pandapower makes of a net for its DC power flow, in its own bus order."""

    def __init__(self, net: "pandapowerNet") -> None:
        from pandapower.pypower import idx_brch, idx_bus, idx_gen
        from pandapower.pypower.makeBdc import calc_b_from_branch

        _refuse(net)
        converted = convert(net, _dc_options)
        ppc, lookup = converted.ppc, converted.net._pd2ppc_lookups
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
        self.bus_ids = bus_names(converted)[: self.bus_count]
        # Only what pandapower has at the buses; references are left to the balance.
        injection = -(bus[:, idx_bus.PD] + bus[:, idx_bus.GS])
        gen_bus = gen[:, idx_gen.GEN_BUS].astype(np.int64)
        given = _generation(net, converted.net, len(gen))
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
        places = branch_rows(converted)
        ids, used = places.ids(net)[in_use], places.taken(in_use)
        rating = ratings_mva(converted)[in_use]
        reactance = branch[in_use, idx_brch.BR_X].real
        _refuse_values(net, used, reactance, rating)
        short_term, trip = rating_tiers(net, used)
        self.branches: dict[str, Any] = {
            "name": ids,
            "table": used.table,
            "row": used.row,
            "side": used.side,
            "from": ends[in_use, 0],
            "to": ends[in_use, 1],
            "susceptance": calc_b_from_branch(branch[in_use], len(in_use)).astype(np.float64),
            "shift": np.deg2rad(branch[in_use, idx_brch.SHIFT].real),
            "rating": np.where(np.isnan(rating), np.inf, rating),
            "short_term": short_term,
            "trip": trip,
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
    problems = refused(net)
    for table, columns in WATTS.items():
        rows = net[table]
        for row in rows.index[in_service(net, table)]:
            problems += [
                Problem("not_a_number", label(net, table, row), f"{column} nan", "a number")
                for column in columns
                if not np.isfinite(rows.at[row, column])
            ]
    if not references(net):
        problems.append(no_reference())
    if problems:
        raise InputError(problems)


def _refuse_values(
    net: "pandapowerNet", branches: BranchRows, reactance_pu: FloatArray, rating_mva: FloatArray
) -> None:
    problems = [
        Problem(
            "no_reactance",
            label(net, str(branches.table[at]), int(branches.row[at])),
            f"reactance {reactance_pu[at]:g}",
            "a number other than 0",
            "Give its reactance, or join its buses by a bus-bus switch.",
        )
        for at in np.flatnonzero((reactance_pu == 0) | ~np.isfinite(reactance_pu))
    ]
    problems += negative_ratings(net, branches, rating_mva)
    if problems:
        raise InputError(list(dict.fromkeys(problems)))


def _dc_options(net: "pandapowerNet") -> None:
    """Choose what ``pandapower.rundcpp`` does by default."""
    from pandapower.auxiliary import _init_rundcpp_options

    _init_rundcpp_options(
        net,
        trafo_model="t",
        trafo_loading="current",
        recycle=None,
        check_connectivity=True,
        switch_rx_ratio=2,
        trafo3w_losses="hv",
    )


def _generation(net: "pandapowerNet", converted: "pandapowerNet", count: int) -> FloatArray:
    """Set power of each row of pandapower's generator array, 0 for references. [MW]."""
    given = np.zeros(count)
    first, last = converted._gen_order.get("gen", (0, 0))
    if last == first:
        return given
    alive = converted._is_elements["gen"]
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
