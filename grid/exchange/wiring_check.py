"""Whether a grid hangs together and can be solved: references, dark parts, power flow."""

import copy
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from data.problems import Problem
from data.tables import FloatArray
from grid.exchange.labels import (
    element_name,
    in_service,
    label,
    numbers,
    parts,
    references,
    rows_of,
)
from grid.exchange.unit_check import FAR_ABOVE

if TYPE_CHECKING:
    from pandapower import pandapowerNet

SHOWN = 6
"""Elements named before "and n more"."""

STEEP_DEGREE = 90.0
"""Angle across a branch beyond which no more power can be carried."""

OVERLOAD_PERCENT = 150.0
FULL_PERCENT = 100.0 + 1e-6

USUAL_VM_PU = (0.9, 1.1)
SAME_VM_PU = 1e-4

SHARES = 6
"""Halvings in the search for the largest share of the load that converges."""


def _names(net: "pandapowerNet", table: str, rows: list[int]) -> str:
    shown = ", ".join(element_name(net, table, row) for row in rows[:SHOWN])
    return shown + (f" and {len(rows) - SHOWN} more" if len(rows) > SHOWN else "")


def check_reference(net: "pandapowerNet") -> Iterator[Problem]:
    """Something holds voltage and frequency, and load hangs on it."""
    holding = references(net)
    if not holding:
        if rows_of(net, "ext_grid"):
            rows = net.ext_grid.index.tolist()
            dead = set(net.bus.index[~in_service(net, "bus")])
            where = [row for row in rows if net.ext_grid.at[row, "bus"] in dead]
            found = f"{_names(net, 'ext_grid', rows)} out of service"
            remedy = "Put it in service" + (", and the bus it stands at." if where else ".")
        else:
            found = "no ext_grid and no gen with slack"
            remedy = (
                "Add an ext_grid where the grid above feeds in, or set slack=True on the generator "
                "that balances."
            )
        allowed = "at least one ext_grid, or gen with slack, in service"
        yield Problem("no_reference", "net.ext_grid", found, allowed, remedy)
        return
    load = _load_mw(net)
    part = parts(net)
    position = {bus: at for at, bus in enumerate(net.bus.index)}
    fed = {int(part[position[bus]]) for _, _, bus in holding}
    at_fed = float(load[np.isin(part, list(fed))].sum())
    if at_fed == 0 and load[part >= 0].sum() > 0:
        table, row, bus = holding[0]
        yield Problem(
            "islanded_slack", label(net, table, row),
            f"no load is connected with it; {load[part >= 0].sum():,.4g} MW lie elsewhere",
            "a reference in the same part as the load",
            f"Close the switch or put in service the branch that joins {label(net, 'bus', bus)} "
            "to the rest.",
        )  # fmt: skip


def check_dark_parts(net: "pandapowerNet") -> Iterator[Problem]:
    """Parts without a reference are dark in every study."""
    holding = references(net)
    if not holding:
        return
    load, part = _load_mw(net), parts(net)
    position = {bus: at for at, bus in enumerate(net.bus.index)}
    fed = {int(part[position[bus]]) for _, _, bus in holding}
    for number in np.unique(part[part >= 0]).tolist():
        members = np.flatnonzero(part == number)
        if number in fed:
            continue
        p_mw = float(load[members].sum())
        rows = net.bus.index[members].tolist()
        if p_mw == 0 and len(rows) == 1:
            continue
        yield Problem(
            "dark_part", f"buses {_names(net, 'bus', rows)}",
            f"{len(rows)} bus(es) with {p_mw:,.4g} MW of load and no path to a reference",
            "a path to an ext_grid or a gen with slack",
            "Close the switch or add the branch that feeds them, or take them out of service; "
            "as it is they are dark from the start.",
        )  # fmt: skip


def _load_mw(net: "pandapowerNet") -> FloatArray:
    """Add up the load [MW] in service at each row of ``net.bus``."""
    position = {bus: at for at, bus in enumerate(net.bus.index)}
    total = np.zeros(len(net.bus))
    for table in ("load", "motor"):
        if rows_of(net, table):
            column = "p_mw" if table == "load" else "pn_mech_mw"
            p_mw = np.abs(np.nan_to_num(numbers(net, table, column)))
            at = np.array([position[bus] for bus in net[table]["bus"]], dtype=np.int64)
            np.add.at(total, at, np.where(in_service(net, table), p_mw, 0.0))
    return total


def check_solution(net: "pandapowerNet") -> tuple[list[Problem], list[Problem]]:
    """Run pandapower's DC and AC power flow once.

    Parameters
    ----------
    net : pandapowerNet
        Without other errors; not changed.

    Returns
    -------
    errors, warnings : list of Problem
        DC must work; an AC power flow without solution is a warning with its likely cause.
    """
    import warnings

    import pandapower as pp
    from pandapower.auxiliary import LoadflowNotConverged

    trial = copy.deepcopy(net)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            pp.rundcpp(trial, numba=False)
        except Exception as error:  # noqa: BLE001 -- whatever pandapower refuses is told
            what = f"{type(error).__name__}: {error}"[:200]
            return [Problem("no_dc_solution", "DC power flow", what, "a grid it can solve")], []
        angles = np.asarray(trial.res_bus["va_degree"], dtype=np.float64)
        alive = parts(net) >= 0
        if np.isnan(angles[alive]).all():
            remedy = "Check impedances and references."
            allowed = "a solution"
            return [Problem("no_dc_solution", "DC power flow", "no angles", allowed, remedy)], []
        overloaded = list(_hopeless_loading(trial))
        if overloaded:
            return overloaded, []
        causes, loaded = _causes(trial), list(_overloaded(trial))
        try:
            pp.runpp(trial, numba=False)
        except LoadflowNotConverged:
            causes += _share_that_converges(net)
            worst = _largest_mismatch(trial)
            found = "no solution" + (f"; {worst}" if worst else "")
            remedy = "Likely: " + "; ".join(causes) + "." if causes else ""
            allowed = "a solution (DC has one, and is what is used)"
            return [], [*loaded, Problem("no_ac_solution", "AC power flow", found, allowed, remedy)]
        except Exception as error:  # noqa: BLE001 -- whatever pandapower refuses is told
            what = f"{type(error).__name__}: {error}"[:200]
            remedy = "Likely: " + "; ".join(causes) + "." if causes else ""
            return [], [
                *loaded,
                Problem("no_ac_solution", "AC power flow", what, "a solution", remedy),
            ]
    return [], loaded


def _hopeless_loading(solved: "pandapowerNet") -> Iterator[Problem]:
    """Branches loaded many times their rating with everything in service: a wrong unit."""
    for table in ("line", "trafo"):
        if not rows_of(solved, table):
            continue
        loading = np.nan_to_num(np.asarray(solved[f"res_{table}"]["loading_percent"], dtype=float))
        for at in np.flatnonzero(loading > 100.0 * FAR_ABOVE)[:SHOWN]:
            yield Problem(
                "unit_off", label(solved, table, solved[table].index[at]),
                f"{loading[at]:,.0f} % of its rating with everything in service",
                f"up to {100.0 * FAR_ABOVE:,.0f} %",
                "Off by 1000: are the loads behind it in kW, or is its rating in GVA or MA?",
            )  # fmt: skip


def _overloaded(solved: "pandapowerNet") -> Iterator[Problem]:
    """Branches above their rating in DC before anything goes out."""
    found: list[tuple[float, str]] = []
    for table in ("line", "trafo"):
        if rows_of(solved, table):
            loading = np.nan_to_num(np.asarray(solved[f"res_{table}"]["loading_percent"], float))
            found += [
                (float(loading[at]), element_name(solved, table, solved[table].index[at]))
                for at in np.flatnonzero(loading > FULL_PERCENT)
            ]
    found.sort(reverse=True)
    if found:
        shown = ", ".join(f"{name} {percent:.0f} %" for percent, name in found[:SHOWN])
        more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
        yield Problem(
            "overloaded", "DC power flow", shown + more,
            "up to 100 % of the rating with everything in service",
            "What is far above trips before anything goes out, in every study. Check ratings and "
            "demand.",
        )  # fmt: skip


def _causes(solved: "pandapowerNet") -> list[str]:
    """Say what in the DC solution and the set points makes an AC solution unlikely."""
    causes: list[str] = []
    angle = solved.res_bus["va_degree"]
    for table, a, b in (("line", "from_bus", "to_bus"), ("trafo", "hv_bus", "lv_bus")):
        if not rows_of(solved, table):
            continue
        own = solved[table]
        across = np.asarray(angle.reindex(own[a])) - np.asarray(angle.reindex(own[b]))
        if table == "trafo":
            across = across - numbers(solved, "trafo", "shift_degree", 0.0)
        across = np.where(in_service(solved, table), np.abs(np.nan_to_num(across)), 0.0)
        worst = int(np.argmax(across))
        if across[worst] > STEEP_DEGREE:
            causes.append(
                f"{label(solved, table, own.index[worst])} has {across[worst]:.0f} degrees across "
                "it in DC: its impedance or the power beyond it is far too large"
            )
        loading = np.nan_to_num(np.asarray(solved[f"res_{table}"]["loading_percent"], dtype=float))
        worst = int(np.argmax(loading))
        if loading[worst] > OVERLOAD_PERCENT:
            causes.append(
                f"{label(solved, table, own.index[worst])} is at {loading[worst]:.0f} % of "
                "its rating"
            )
    return causes + [
        f"{each.place} is {each.found:g}: {each.allowed}" for each in check_set_points(solved)
    ]


def check_set_points(net: "pandapowerNet") -> Iterator[Problem]:
    """Held voltages are usual ones, and one bus has one."""
    held: dict[int, tuple[str, float]] = {}
    low, high = USUAL_VM_PU
    for table in ("ext_grid", "gen"):
        if not rows_of(net, table):
            continue
        for at in np.flatnonzero(in_service(net, table)):
            row = net[table].index[at]
            vm_pu, bus = float(net[table].at[row, "vm_pu"]), int(net[table].at[row, "bus"])
            place = f"{label(net, table, row)} vm_pu"
            if not low <= vm_pu <= high:
                yield Problem("set_point", place, vm_pu, f"usually {low:g} to {high:g} pu")
            other, first = held.setdefault(bus, (label(net, table, row), vm_pu))
            if abs(first - vm_pu) > SAME_VM_PU:
                yield Problem(
                    "set_point", place, vm_pu, f"one voltage at a bus: {other} holds {first:g} pu",
                    "Give both the same; pandapower uses one of them.",
                )  # fmt: skip


def _share_that_converges(net: "pandapowerNet") -> list[str]:
    """Largest share of load and generation that AC can solve, and the weakest bus there."""
    import pandapower as pp
    from pandapower.auxiliary import LoadflowNotConverged

    low, high, weakest = 0.0, 1.0, ""
    for _ in range(SHARES):
        share = 0.5 * (low + high)
        trial = copy.deepcopy(net)
        for table in ("load", "sgen", "gen", "storage"):
            if rows_of(trial, table):
                trial[table]["scaling"] = trial[table].get("scaling", 1.0) * share
        try:
            pp.runpp(trial, numba=False)
        except LoadflowNotConverged:
            high = share
        else:
            low = share
            vm_pu = trial.res_bus["vm_pu"].dropna()
            if len(vm_pu):
                bus = int(vm_pu.idxmin())
                weakest = f"lowest voltage {vm_pu[bus]:.3f} pu at {label(net, 'bus', bus)}"
    if not low:
        return ["even with next to no load there is none: check impedances, taps and shunts"]
    return [f"it has one up to about {100 * low:.0f} % of the load, with the {weakest}"]


def _largest_mismatch(failed: "pandapowerNet") -> str:
    """Bus where the last iterate misses its power by most, as text."""
    inside = failed._ppc.get("internal", {}) if failed._ppc is not None else {}
    if not {"V", "Ybus", "Sbus"} <= inside.keys():
        return ""
    v, s = np.asarray(inside["V"]), np.asarray(inside["Sbus"])
    missing = np.abs(v * np.conj(inside["Ybus"] @ v) - s)
    if not len(missing) or not np.isfinite(missing).any():
        return ""
    lookup = failed._pd2ppc_lookups["bus"]
    row = int(np.nanargmax(missing))
    at = [bus for bus in failed.bus.index if lookup[bus] == row]
    where = label(failed, "bus", at[0]) if at else f"row {row}"
    return f"largest mismatch {missing[row] * float(failed._ppc['baseMVA']):.3g} MVA at {where}"


Rule = Callable[["pandapowerNet"], Iterator[Problem]]

WIRING_ERRORS: tuple[Rule, ...] = (check_reference,)
WIRING_WARNINGS: tuple[Rule, ...] = (check_dark_parts, check_set_points)
