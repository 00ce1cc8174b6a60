"""Whether the figures of a grid are what they may be: references, numbers, names, voltages."""

import difflib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from data.problems import Problem
from data.region import KILE_GROUPS
from data.tables import BoolArray, FloatArray
from grid.exchange.labels import (
    ELEMENTS,
    bus_columns,
    bus_kv,
    in_service,
    label,
    numbers,
    plain,
    rows_of,
)
from grid.exchange.standard_columns import needed_columns

if TYPE_CHECKING:
    from pandapower import pandapowerNet

LIMITS: dict[str, dict[str, tuple[str, str]]] = {
    "bus": {"vn_kv": (">0", "kV")},
    "line": {
        "length_km": (">0", "km"),
        "r_ohm_per_km": ("number", "ohm/km"),
        "x_ohm_per_km": ("number", "ohm/km"),
        "c_nf_per_km": ("number", "nF/km"),
        "parallel": (">0", "1"),
    },
    "trafo": {
        "sn_mva": (">0", "MVA"),
        "vn_hv_kv": (">0", "kV"),
        "vn_lv_kv": (">0", "kV"),
        "vk_percent": ("not 0", "%"),
        "vkr_percent": ("number", "%"),
        "parallel": (">0", "1"),
    },
    "trafo3w": {
        f"{name}_{side}_{unit}": (limit, said)
        for side in ("hv", "mv", "lv")
        for name, unit, limit, said in (
            ("sn", "mva", ">0", "MVA"), ("vn", "kv", ">0", "kV"),
            ("vk", "percent", "not 0", "%"), ("vkr", "percent", "number", "%"),
        )
    },
    "impedance": {
        "sn_mva": (">0", "MVA"), "rft_pu": ("number", "pu"), "xft_pu": ("number", "pu"),
        "rtf_pu": ("number", "pu"), "xtf_pu": ("number", "pu"),
    },
    "load": {"p_mw": ("number", "MW"), "q_mvar": ("number", "Mvar"), "scaling": (">=0", "1")},
    "gen": {"p_mw": ("number", "MW"), "vm_pu": (">0", "pu"), "scaling": (">=0", "1")},
    "sgen": {"p_mw": ("number", "MW"), "q_mvar": ("number", "Mvar"), "scaling": (">=0", "1")},
    "storage": {"p_mw": ("number", "MW")},
    "ext_grid": {"vm_pu": (">0", "pu"), "va_degree": ("number", "degree")},
    "shunt": {"p_mw": ("number", "MW"), "q_mvar": ("number", "Mvar")},
    "dcline": {"p_mw": ("number", "MW")},
}  # fmt: skip
"""What must be a number and in which range, for elements in service."""

RATINGS = {
    "line": ("max_i_ka", "max_loading_percent", "df"),
    "trafo": ("max_loading_percent", "df"),
}
"""What may be missing but, where given, is above 0."""

NAMED = ("bus", "line", "trafo", "trafo3w", "impedance", "dcline")
"""Tables whose names identify an element in results and commands."""

MAY_SHARE = ("load", "gen", "sgen", "storage", "ext_grid")
"""Tables whose elements results tell apart by a number where they share a name."""

ZERO_PU = 1e-8
"""Impedance on 100 MVA below which a branch is none. [pu]"""

NEARLY_ZERO_PU = 1e-6
"""Below this a branch is a few metres long: usable, and worth a switch instead. [pu]"""

BASE_MVA = 100.0

SHOWN = 6
"""Names shown before "and n more"."""


def check_tables(net: "pandapowerNet") -> Iterator[Problem]:
    """There are buses, and the tables have the columns every element needs."""
    if not rows_of(net, "bus"):
        yield Problem("no_bus", "net.bus", "no rows", "at least one bus")
        return
    for table in ELEMENTS:
        if not rows_of(net, table):
            continue
        for column in needed_columns(table):
            if column not in net[table]:
                known = needed_columns(table)
                others = [str(each) for each in net[table].columns if each not in known]
                near = difflib.get_close_matches(column, others, n=1, cutoff=0.7)
                yield Problem(
                    "missing_column", f"net.{table}", f"no column {column}", f"a column {column}",
                    f"Is it {near[0]}? Then rename that." if near else "",
                )  # fmt: skip
        if net[table].index.has_duplicates:
            twice = net[table].index[net[table].index.duplicated()][0]
            yield Problem("duplicate_index", f"net.{table}", int(twice), "each index once")


def check_references(net: "pandapowerNet") -> Iterator[Problem]:
    """Every element stands at a bus of the net, every switch at an element of it."""
    known = set(net.bus.index)
    for table in ELEMENTS if known else ():
        if table in ("bus", "bus_dc", "line_dc") or not rows_of(net, table):
            continue
        for column in bus_columns(table):
            if column not in net[table]:
                continue
            for row, bus in net[table][column].items():
                if bus not in known:
                    yield Problem(
                        "unknown_bus", f"{label(net, table, row)} {column}", plain(bus),
                        "an index of net.bus", "Add the bus, or correct the number.",
                    )  # fmt: skip
    if not rows_of(net, "switch") or not {"et", "element"} <= set(net.switch.columns):
        return
    kinds = {"b": "bus", "l": "line", "t": "trafo", "t3": "trafo3w"}
    for row, kind, element in zip(
        net.switch.index, net.switch["et"], net.switch["element"], strict=True
    ):
        table = kinds.get(str(kind), "")
        if not table:
            yield Problem("unknown_switch", label(net, "switch", row), kind, ", ".join(kinds))
        elif element not in net[table].index:
            yield Problem(
                "unknown_element", f"{label(net, 'switch', row)} element", plain(element),
                f"an index of net.{table}",
            )  # fmt: skip


def check_numbers(net: "pandapowerNet") -> Iterator[Problem]:
    """Check that every needed figure of what is in service is a number in its range."""
    for table, columns in LIMITS.items():
        if not rows_of(net, table):
            continue
        use = in_service(net, table)
        for column, (limit, unit) in columns.items():
            if column not in net[table]:
                continue
            values = numbers(net, table, column)
            for at in np.flatnonzero(use & ~_within(values, limit)):
                row = net[table].index[at]
                if isinstance(net[table].at[row, column], str):
                    continue  # check_cells names it
                yield Problem(
                    "not_a_number" if not np.isfinite(values[at]) else "out_of_range",
                    f"{label(net, table, row)} {column}",
                    plain(net[table].at[row, column]),
                    f"a number{'' if limit == 'number' else ' ' + limit}"
                    + ("" if unit == "1" else f" [{unit}]"),
                    _number_remedy(column, values[at]),
                )


def _within(values: FloatArray, limit: str) -> BoolArray:
    finite = np.isfinite(values)
    tests = {">0": values > 0, ">=0": values >= 0, "not 0": values != 0}
    return np.asarray(finite & tests.get(limit, finite))


def _number_remedy(column: str, value: float) -> str:
    if np.isnan(value):
        return "Fill it in, or take the element out of service."
    if value < 0 and column in ("length_km", "sn_mva", "vn_kv"):
        return f"Without the sign it is {-value:g}."
    if column == "length_km":
        return "Give its length, or use a bus-bus switch."
    if column == "vk_percent":
        return "A short-circuit voltage of 4 to 20 % is usual; a coupling is a bus-bus switch."
    return ""


def check_ratings(net: "pandapowerNet") -> Iterator[Problem]:
    """Ratings that are given are above 0; a missing one is unlimited."""
    for table, columns in RATINGS.items():
        for column in columns:
            values = numbers(net, table, column)
            for at in np.flatnonzero(values < 0):
                row = net[table].index[at]
                yield Problem(
                    "negative_rating", f"{label(net, table, row)} {column}", float(values[at]),
                    "> 0, or empty for no limit", f"Without the sign it is {-values[at]:g}.",
                )  # fmt: skip


def check_zero_impedance(net: "pandapowerNet") -> Iterator[Problem]:
    """Every line and impedance in service has an impedance a power flow can use."""
    for table, z_pu, shown in _impedances(net):
        use = in_service(net, table) & np.isfinite(z_pu)
        if table == "line":
            use &= numbers(net, "line", "length_km") > 0
        for at in np.flatnonzero(use & (z_pu < ZERO_PU)):
            yield Problem(
                "zero_impedance", label(net, table, net[table].index[at]),
                f"{shown[at]}, {z_pu[at]:.3g} pu on {BASE_MVA:g} MVA",
                f"x of at least {ZERO_PU:g} pu",
                "Give r and x, or use a closed bus-bus switch where the ends are one busbar.",
            )  # fmt: skip


def check_nearly_zero_impedance(net: "pandapowerNet") -> Iterator[Problem]:
    """Very short branches make results depend on rounding."""
    for table, z_pu, shown in _impedances(net):
        near = in_service(net, table) & (z_pu >= ZERO_PU) & (z_pu < NEARLY_ZERO_PU)
        for at in np.flatnonzero(near):
            yield Problem(
                "small_impedance", label(net, table, net[table].index[at]),
                f"{shown[at]}, {z_pu[at]:.3g} pu", f"usually above {NEARLY_ZERO_PU:g} pu",
                "A closed bus-bus switch says the same and is more exact.",
            )  # fmt: skip


def _impedances(net: "pandapowerNet") -> Iterator[tuple[str, FloatArray, list[str]]]:
    """Table, size of the reactance on 100 MVA [pu] and what to show of it."""
    if rows_of(net, "line"):
        volts = bus_kv(net, net.line["from_bus"])
        x_ohm = numbers(net, "line", "x_ohm_per_km") * numbers(net, "line", "length_km")
        x_ohm = np.abs(x_ohm / numbers(net, "line", "parallel", 1.0))
        with np.errstate(divide="ignore", invalid="ignore"):
            yield "line", x_ohm * BASE_MVA / volts**2, [f"x = {x:.3g} ohm" for x in x_ohm]
    if rows_of(net, "impedance"):
        x_pu = np.abs(numbers(net, "impedance", "xft_pu"))
        sn_mva = numbers(net, "impedance", "sn_mva")
        with np.errstate(divide="ignore", invalid="ignore"):
            yield "impedance", x_pu * BASE_MVA / sn_mva, [f"xft = {x:.3g} pu" for x in x_pu]


def check_names(net: "pandapowerNet") -> Iterator[Problem]:
    """Names that results and commands use are unique in their table."""
    for table in NAMED:
        if not rows_of(net, table) or "name" not in net[table]:
            continue
        names = net[table]["name"].dropna().astype(str).str.strip()
        names = names[names != ""]
        for name, rows in names.groupby(names).groups.items():
            if len(rows) > 1:
                shown = ", ".join(str(row) for row in rows[:6])
                yield Problem(
                    "duplicate_name", f"net.{table} rows {shown}", str(name),
                    f"each name of a {table} once",
                    f"Rename {len(rows) - 1} of them, for example {name!s}-2; results and commands "
                    "name elements.",
                )  # fmt: skip


def check_shared_names(net: "pandapowerNet") -> Iterator[Problem]:
    """Check that loads and sources have names of their own."""
    for table in MAY_SHARE:
        if not rows_of(net, table) or "name" not in net[table]:
            continue
        names = net[table]["name"].dropna().astype(str).str.strip()
        names = names[names != ""]
        shared = [
            f"{name} (rows {', '.join(str(row) for row in rows[:SHOWN])})"
            for name, rows in names.groupby(names).groups.items()
            if len(rows) > 1
        ]
        if shared:
            more = f" and {len(shared) - SHOWN} more" if len(shared) > SHOWN else ""
            yield Problem(
                "duplicate_name", f"net.{table}", ", ".join(shared[:SHOWN]) + more,
                f"each name of a {table} once",
                "Used as given: results add a number or the row. Rename them to find them by name.",
            )  # fmt: skip


def check_short_circuit(net: "pandapowerNet") -> Iterator[Problem]:
    """Check that the resistive part of a short-circuit voltage is below the whole."""
    for table, sides in (("trafo", ("",)), ("trafo3w", ("_hv", "_mv", "_lv"))):
        for side in sides if rows_of(net, table) else ():
            vk, vkr = (numbers(net, table, f"{name}{side}_percent") for name in ("vk", "vkr"))
            for at in np.flatnonzero(in_service(net, table) & (np.abs(vkr) > np.abs(vk))):
                yield Problem(
                    "out_of_range", f"{label(net, table, net[table].index[at])} vkr{side}_percent",
                    float(vkr[at]), f"up to vk{side}_percent, {vk[at]:g} %",
                    "Swapped with it, or given in another unit?",
                )  # fmt: skip


def check_limits_order(net: "pandapowerNet") -> Iterator[Problem]:
    """Lower limits of power lie below the upper ones."""
    for table in ("gen", "sgen", "ext_grid", "storage", "load"):
        if not rows_of(net, table):
            continue
        low, high = numbers(net, table, "min_p_mw"), numbers(net, table, "max_p_mw")
        for at in np.flatnonzero(in_service(net, table) & (low > high)):
            yield Problem(
                "limits_swapped", label(net, table, net[table].index[at]),
                f"min_p_mw {low[at]:g}, max_p_mw {high[at]:g}", "min_p_mw up to max_p_mw",
                "Swap them.",
            )  # fmt: skip


def check_own_columns(net: "pandapowerNet") -> Iterator[Problem]:
    """Check customers, shedding class and KILE group of loads."""
    if not rows_of(net, "load"):
        return
    for column, allowed, good in (
        ("customers", "a whole number >= 0, or empty", lambda v: (v >= 0) & (v == np.floor(v))),
        ("shed_class", "0 (shed first) to 3 (shed last), or empty", lambda v: np.isin(v, range(4))),
    ):
        if column not in net.load:
            continue
        values = numbers(net, "load", column)
        given = np.asarray(net.load[column].notna()) & (net.load[column].astype(str) != "")
        for at in np.flatnonzero(given & ~good(values)):
            row = net.load.index[at]
            found = plain(net.load.at[row, column])
            yield Problem("not_allowed", f"{label(net, 'load', row)} {column}", found, allowed)
    if "kile_group" in net.load:
        for row, group in net.load["kile_group"].fillna("").items():
            if group not in ("", *KILE_GROUPS):
                near = difflib.get_close_matches(str(group), KILE_GROUPS, n=1)
                yield Problem(
                    "not_allowed", f"{label(net, 'load', row)} kile_group", group,
                    ", ".join(KILE_GROUPS), f"Did you mean {near[0]}?" if near else "",
                )  # fmt: skip


def check_customers(net: "pandapowerNet") -> Iterator[Problem]:
    """Where customers are given at all, every load has some."""
    if not rows_of(net, "load") or "customers" not in net.load:
        return
    customers = numbers(net, "load", "customers")
    if not (customers > 0).any():
        return
    drawing = in_service(net, "load") & (numbers(net, "load", "p_mw") > 0)
    for at in np.flatnonzero(drawing & ~(customers > 0)):
        row = net.load.index[at]
        yield Problem(
            "no_customers", label(net, "load", row),
            f"{net.load.at[row, 'p_mw']:g} MW and no customer", "the number of customers",
            "It counts in energy not supplied and not in SAIFI or SAIDI.",
        )  # fmt: skip


def check_negative_loads(net: "pandapowerNet") -> Iterator[Problem]:
    """Check that loads consume: what feeds in is generation."""
    if not rows_of(net, "load"):
        return
    p_mw = numbers(net, "load", "p_mw")
    for at in np.flatnonzero(in_service(net, "load") & (p_mw < 0)):
        yield Problem(
            "negative_load", label(net, "load", net.load.index[at]), f"{p_mw[at]:g} MW",
            "loads above 0", "Taken as generation that is not shed; make it an sgen to say so.",
        )  # fmt: skip


def check_no_load(net: "pandapowerNet") -> Iterator[Problem]:
    """Check that there is load: a grid without any loses nothing in an outage."""
    tables = [table for table in ("load", "asymmetric_load", "motor", "ward", "xward")
              if rows_of(net, table) and in_service(net, table).any()]  # fmt: skip
    if not tables:
        yield Problem(
            "no_load", "net.load", "no load in service", "at least one",
            "Every study of who loses what will say: nobody.",
        )  # fmt: skip


Rule = Callable[["pandapowerNet"], Iterator[Problem]]

REFERENCE_RULES: tuple[Rule, ...] = (check_tables, check_references)
VALUE_ERRORS: tuple[Rule, ...] = (
    check_numbers,
    check_ratings,
    check_zero_impedance,
    check_names,
    check_short_circuit,
    check_limits_order,
    check_own_columns,
)
VALUE_WARNINGS: tuple[Rule, ...] = (
    check_nearly_zero_impedance,
    check_customers,
    check_shared_names,
    check_negative_loads,
    check_no_load,
)
