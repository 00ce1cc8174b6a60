"""A pandapower net as the arrays of AC power flow: admittances, injections, bus kinds."""

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from data.problems import InputError, Problem
from data.tables import FloatArray, IntArray, StrArray
from grid.exchange.labels import label, references
from grid.net_rows import (
    BranchRows,
    Converted,
    branch_rows,
    bus_names,
    convert,
    negative_ratings,
    no_reference,
    ratings_mva,
    refused,
)

if TYPE_CHECKING:
    from pandapower import pandapowerNet

ComplexArray = npt.NDArray[np.complex128]

DARK, PQ, PV, REF = 0, 1, 2, 3
"""Kinds of bus: without voltage; power given; active power and voltage; voltage and angle."""

SVC = {"svc": "a static var compensator sets its own susceptance, an unknown more"}
"""What AC adds to the tables no model takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AcModel:
    """One net in one switching state, as the AC power flow sees it.

    Buses and branches are pandapower's own rows: buses joined by closed switches are
    one, an open line switch adds a bus at the line's end, a three-winding transformer
    is three branches that meet in a bus of their own.

    Attributes
    ----------
    base_mva : float
        Base of the per-unit values. [MVA]
    bus_ids : ndarray of str, shape (bus,)
    bus_of : dict of int to int
        Position of each bus of the net, by its index there.
    vn_kv : ndarray, shape (bus,)
        Nominal voltages. [kV]
    kind : ndarray of int, shape (bus,)
        ``DARK``, ``PQ``, ``PV`` or ``REF``.
    start_pu : ndarray of complex, shape (bus,)
        Voltages to start from, those given at PV and REF buses included. [pu]
    s_mva : ndarray of complex, shape (bus,)
        Power fed in: generation less load; its reactive part at PV buses and all of it
        at REF buses is an outcome. [MVA]
    i_mva : ndarray of complex, shape (bus,)
        Load of constant current, taken at 1 pu. [MVA]
    shunt_pu : ndarray of complex, shape (bus,)
        Admittance to earth, loads of constant impedance included. [pu]
    from_bus, to_bus : ndarray of int, shape (branch,)
    yff, yft, ytf, ytt : ndarray of complex, shape (branch,)
        Current into each end by the voltage of each end. [pu]
    from_limit_ka, to_limit_ka : ndarray, shape (branch,)
        Rated current at each end; NaN where none is stated. [kA]
    branch_table : ndarray of str, shape (branch,)
        Table of the net: line, trafo, trafo3w, impedance, xward or switch.
    branch_row : ndarray of int, shape (branch,)
        Index in that table.
    branch_side : ndarray of str, shape (branch,)
        hv, mv or lv of a three-winding transformer, else empty.
    """

    base_mva: float
    bus_ids: StrArray
    bus_of: dict[int, int]
    vn_kv: FloatArray
    kind: IntArray
    start_pu: ComplexArray
    s_mva: ComplexArray
    i_mva: ComplexArray
    shunt_pu: ComplexArray
    from_bus: IntArray
    to_bus: IntArray
    yff: ComplexArray
    yft: ComplexArray
    ytf: ComplexArray
    ytt: ComplexArray
    from_limit_ka: FloatArray
    to_limit_ka: FloatArray
    branch_table: StrArray
    branch_row: IntArray
    branch_side: StrArray

    def ybus(self) -> csr_array:
        """Bus admittance matrix with every branch in service, shape (bus, bus). [pu]."""
        count, f, t = len(self.kind), self.from_bus, self.to_bus
        at = np.arange(count)
        rows = np.concatenate([f, f, t, t, at])
        columns = np.concatenate([f, t, f, t, at])
        values = np.concatenate([self.yff, self.yft, self.ytf, self.ytt, self.shunt_pu])
        matrix = csr_array((values, (rows, columns)), shape=(count, count))
        matrix.sum_duplicates()
        return matrix


def ac_model(net: "pandapowerNet") -> AcModel:
    """Arrays of a net as ``pandapower.runpp`` with its default options takes it.

    Everything comes from pandapower's own conversion, so that every kind of element
    means what it means there: transformers as T, angles from transformers' vector
    groups, loads that depend on voltage. Reactive limits of generators are not held.

    Parameters
    ----------
    net : pandapowerNet
        It is not changed.

    Returns
    -------
    AcModel

    Raises
    ------
    InputError
        If the net holds elements that cannot be honoured, no reference (ext_grid or
        gen with slack), branches without impedance, or values that are not numbers;
        all of it at once.
    """
    from pandapower.pypower import idx_brch, idx_bus
    from pandapower.pypower.makeSbus import makeSbus
    from pandapower.pypower.makeYbus import branch_vectors

    problems = refused(net, SVC)
    if not references(net):
        problems.append(no_reference())
    if problems:
        raise InputError(problems)
    try:
        converted = convert(net, _ac_options)
    except UserWarning as error:
        raise InputError([no_reference(str(error))]) from error
    ppc, ppci = converted.ppc, converted.ppci
    in_use = np.flatnonzero(ppc["branch"][:, idx_brch.BR_STATUS].real == 1)
    branch, places = ppc["branch"][in_use], branch_rows(converted).taken(in_use)
    bus_ids, rating = bus_names(converted), ratings_mva(converted)
    problems = [
        *_unusable(net, branch, places),
        *_unusable_buses(ppc["bus"], bus_ids),
        *negative_ratings(net, places, rating[in_use]),
    ]
    if problems:
        raise InputError(list(dict.fromkeys(problems)))
    ref, pv, pq, start = _start_pu(ppci)
    bus = ppc["bus"]
    kind = np.zeros(len(bus), dtype=np.int64)
    for where, code in ((pq, PQ), (pv, PV), (ref, REF)):
        kind[where] = code
    live = len(ppci["bus"])
    base_mva = float(ppc["baseMVA"])
    s_mva, i_mva, shunt_mva = (np.zeros(len(bus), dtype=np.complex128) for _ in range(3))
    s_mva[:live] = makeSbus(base_mva, ppci["bus"], ppci["gen"]) * base_mva
    load = bus[:, idx_bus.PD], bus[:, idx_bus.QD]
    current = bus[:, idx_bus.CID_P], bus[:, idx_bus.CID_Q]
    impedance = bus[:, idx_bus.CZD_P], bus[:, idx_bus.CZD_Q]
    i_mva += load[0] * current[0] + 1j * load[1] * current[1]
    z_mva = load[0] * impedance[0] + 1j * load[1] * impedance[1]
    s_mva += i_mva + z_mva
    shunt_mva += bus[:, idx_bus.GS] + 1j * bus[:, idx_bus.BS] + np.conj(z_mva)
    start_pu = np.ones(len(bus), dtype=np.complex128)
    start_pu[:live] = start
    ytt, yff, yft, ytf = branch_vectors(branch, len(branch))
    from_ka, to_ka = _limits_ka(converted, rating)
    lookup = converted.net._pd2ppc_lookups["bus"]
    return AcModel(
        base_mva=base_mva,
        bus_ids=bus_ids,
        bus_of={int(index): int(lookup[index]) for index in net.bus.index},
        vn_kv=bus[:, idx_bus.BASE_KV].real.astype(np.float64),
        kind=kind,
        start_pu=start_pu,
        s_mva=s_mva,
        i_mva=i_mva,
        shunt_pu=shunt_mva / base_mva,
        from_bus=branch[:, idx_brch.F_BUS].real.astype(np.int64),
        to_bus=branch[:, idx_brch.T_BUS].real.astype(np.int64),
        yff=yff.astype(np.complex128),
        yft=yft.astype(np.complex128),
        ytf=ytf.astype(np.complex128),
        ytt=ytt.astype(np.complex128),
        from_limit_ka=from_ka[in_use],
        to_limit_ka=to_ka[in_use],
        branch_table=places.table,
        branch_row=places.row,
        branch_side=places.side,
    )


def _ac_options(net: "pandapowerNet") -> None:
    """Choose what ``pandapower.runpp`` does by default."""
    from pandapower.auxiliary import _init_runpp_options

    _init_runpp_options(
        net,
        algorithm="nr",
        calculate_voltage_angles=True,
        init="auto",
        max_iteration="auto",
        tolerance_mva=1e-8,
        trafo_model="t",
        trafo_loading="current",
        enforce_p_lims=False,
        enforce_q_lims=False,
        check_connectivity=True,
        voltage_depend_loads=True,
        passed_parameters={},
        numba=False,
    )


def _start_pu(ppci: dict[str, Any]) -> tuple[IntArray, IntArray, IntArray, ComplexArray]:
    """List reference, PV and PQ buses, and the voltages pandapower starts from.

    The angles are those of the DC power flow, or 0 where a branch has no reactance.
    """
    from pandapower.pf.ppci_variables import _get_pf_variables_from_ppci
    from pandapower.pf.run_dc_pf import _run_dc_pf

    # The DC power flow overwrites powers.
    started = ppci | {name: ppci[name].copy() for name in ("bus", "gen", "branch")}
    with suppress(FloatingPointError):
        started = _run_dc_pf(started, None)
    *_, ref, pv, pq, _, _, start, _ = _get_pf_variables_from_ppci(started, vsc_ref=True)
    return ref, pv, pq, start


def _unusable(net: "pandapowerNet", branch: ComplexArray, places: BranchRows) -> list[Problem]:
    """Branches without impedance, and values that are not numbers."""
    from pandapower.pypower import idx_brch

    impedance = branch[:, idx_brch.BR_R] + 1j * branch[:, idx_brch.BR_X]
    values = branch[:, [idx_brch.BR_B, idx_brch.BR_G, idx_brch.TAP, idx_brch.SHIFT]]

    def where(at: int) -> str:
        return label(net, str(places.table[at]), int(places.row[at]))

    found = [
        Problem(
            "zero_impedance",
            where(at),
            0.0,
            "an impedance above 0 ohm",
            "Give its length and ohm per km, or join the buses with a closed switch.",
        )
        for at in np.flatnonzero(impedance == 0).tolist()
    ]
    wrong = ~np.isfinite(impedance) | ~np.isfinite(values).all(axis=1)
    found += [
        Problem(
            "not_a_number", where(at), complex(impedance[at]), "numbers in every electrical column"
        )
        for at in np.flatnonzero(wrong).tolist()
    ]
    return found


def _unusable_buses(bus: FloatArray, bus_ids: StrArray) -> list[Problem]:
    """Buses where what is taken is not a number."""
    from pandapower.pypower import idx_bus

    powers = bus[:, [idx_bus.PD, idx_bus.QD, idx_bus.GS, idx_bus.BS]]
    return [
        Problem(
            "not_a_number",
            f"bus {str(bus_ids[at]).removeprefix('bus ')}",
            "NaN",
            "numbers for every load and shunt",
        )
        for at in np.flatnonzero(~np.isfinite(powers).all(axis=1))
    ]


def _limits_ka(converted: Converted, rating_mva: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Rated current at both ends of each row of pandapower's branch array. [kA].

    A transformer's at the rated voltage of each winding; the first branch of a
    three-winding one begins at the high-voltage bus, the others end at theirs.
    """
    net = converted.net
    from_kv, to_kv = np.full((2, len(rating_mva)), np.nan)
    for table, (first, last) in converted.spans.items():
        rows = net[table]
        if table == "line":
            volts = net.bus.loc[rows["from_bus"], "vn_kv"].to_numpy(dtype=float)
            from_kv[first:last] = to_kv[first:last] = volts
        elif table == "trafo":
            from_kv[first:last] = rows["vn_hv_kv"]
            to_kv[first:last] = rows["vn_lv_kv"]
        elif table == "trafo3w":
            from_kv[first : first + len(rows)] = rows["vn_hv_kv"]
            to_kv[first + len(rows) : last] = np.concatenate([rows["vn_mv_kv"], rows["vn_lv_kv"]])
    return rating_mva / (np.sqrt(3.0) * from_kv), rating_mva / (np.sqrt(3.0) * to_kv)
