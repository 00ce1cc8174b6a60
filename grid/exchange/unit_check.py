"""Quantities off by a thousand and other values no real grid has: told with the likely unit.

The limits are wide on purpose (an order of magnitude beyond what is built), so that what
lies outside is a slip and not an unusual grid. They are *estimates* by voltage level.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from data.problems import Problem
from data.tables import BoolArray, FloatArray
from grid.exchange.labels import bus_kv, in_service, label, numbers, references, rows_of

if TYPE_CHECKING:
    from pandapower import pandapowerNet

# The highest AC voltage in use is 1 150 to 1 200 kV; below 100 V there is no public grid.
HIGHEST_KV = 1250.0
LOWEST_KV = 0.1

LEVELS_KV = (1.0, 36.0, 170.0)
"""Upper ends of low, medium and high voltage; what is above is extra-high. [kV]"""

# Estimates, one for each of the four levels.
LARGEST_MW = (20.0, 1000.0, 10_000.0, 50_000.0)
"""Largest load or generator at one bus. [MW]"""
LARGEST_TRAFO_MVA = (20.0, 1000.0, 5000.0, 5000.0)
"""Largest transformer, by the voltage of its low side. [MVA]"""
SMALLEST_TRAFO_MVA = (0.001, 0.001, 0.2, 1.0)
"""Smallest transformer, by the voltage of its high side. [MVA]"""
LONGEST_KM = (20.0, 400.0, 1500.0, 4000.0)
"""Longest line. [km]"""

NINES = (9900.0, 9999.0, 99_999.0)
"""Ratings that stand for none in many files, whether kA or MVA."""

LARGEST_KA = 60.0
"""Current no line carries; in ampere it is a usual one. Estimate. [kA]"""

SMALLEST_KA = 0.003
"""Current below which no line is rated; a thousand times it is a usual one. Estimate. [kA]"""

LARGEST_LINE_MVA = 10_000.0
"""Power no line carries, where the voltage may be made up and the current with it. Estimate."""

FAR_ABOVE = 20.0
"""Times the ratings around its bus that no load or generator can be. Estimate."""

FAR_BELOW = 1e-3
"""Share of the ratings around their buses below which all loads together are tiny."""

LARGEST_OHM_PER_KM = 10.0
"""Thin low-voltage wire of 2.5 mm2 copper has 7.4 ohm/km. Estimate."""

LARGEST_DROP = 1.5
"""Voltage drop along a line at its rating, as share of the nominal voltage. [1]"""


def unlimited(rating: FloatArray) -> BoolArray:
    """Whether a rating [kA or MVA] stands for none: missing, 0, a row of nines or more."""
    given = np.isfinite(rating) & (rating != 0) & (rating <= max(NINES))
    return np.asarray(~given | _nines(rating))


def _nines(rating: FloatArray) -> BoolArray:
    return np.asarray(np.isclose(rating[:, None], NINES, rtol=1e-2).any(axis=1))


def check_voltage_unit(net: "pandapowerNet") -> Iterator[Problem]:
    """Nominal voltages are kV."""
    kv = numbers(net, "bus", "vn_kv")
    for at in np.flatnonzero((kv > HIGHEST_KV) | ((kv > 0) & (kv < LOWEST_KV))):
        unit, value = ("V", kv[at] / 1e3) if kv[at] > HIGHEST_KV else ("MV", kv[at] * 1e3)
        yield _off(
            f"{label(net, 'bus', net.bus.index[at])} vn_kv",
            f"{kv[at]:g} kV",
            f"{LOWEST_KV:g} to {HIGHEST_KV:g} kV",
            unit,
            f"{value:g} kV",
        )


def check_current_unit(net: "pandapowerNet") -> Iterator[Problem]:
    """Ratings of lines are kA."""
    if not rows_of(net, "line"):
        return
    ka = numbers(net, "line", "max_i_ka")
    mva = np.sqrt(3.0) * ka * bus_kv(net, net.line["from_bus"])
    beyond = ka > LARGEST_KA
    if is_per_unit(net):
        beyond &= mva > LARGEST_LINE_MVA
    for at in np.flatnonzero(beyond & ~unlimited(ka) & ~_nines(mva)):
        yield _off(
            f"{label(net, 'line', net.line.index[at])} max_i_ka",
            f"{ka[at]:g} kA",
            f"up to {LARGEST_KA:g} kA, or empty for no limit",
            "A",
            f"{ka[at] / 1e3:g} kA",
        )


def check_small_rating(net: "pandapowerNet") -> Iterator[Problem]:
    """Ratings of lines and transformers are not a thousandth of what they should be."""
    if is_per_unit(net):
        return
    for table, column, unit, least in (
        ("line", "max_i_ka", "kA", _least_ka(net)),
        ("trafo", "sn_mva", "MVA", _least_mva(net)),
    ):
        if not rows_of(net, table):
            continue
        rating = numbers(net, table, column)
        for at in np.flatnonzero((rating > 0) & (rating < least)):
            yield Problem(
                "unit_off", f"{label(net, table, net[table].index[at])} {column}",
                f"{rating[at]:g} {unit}", f"at least {least[at]:g} {unit}, or empty for no limit",
                f"Off by 1000: if it was divided by 1000 once too often, it is "
                f"{rating[at] * 1e3:g} {unit}.",
            )  # fmt: skip


def _least_ka(net: "pandapowerNet") -> FloatArray:
    return np.full(rows_of(net, "line"), SMALLEST_KA)


def _least_mva(net: "pandapowerNet") -> FloatArray:
    if not rows_of(net, "trafo"):
        return np.empty(0)
    return _by_level(bus_kv(net, net.trafo["hv_bus"]), SMALLEST_TRAFO_MVA)


def is_per_unit(net: "pandapowerNet") -> bool:
    """Whether the net comes of per-unit data: every line is 1 km, and voltages may be made up."""
    km = numbers(net, "line", "length_km") if rows_of(net, "line") else np.empty(0)
    return bool(len(km) > 1 and (km == 1.0).all())


def check_trafo_unit(net: "pandapowerNet") -> Iterator[Problem]:
    """Ratings of transformers are MVA."""
    if is_per_unit(net):
        return
    for table, side, column in (
        ("trafo", "lv", "sn_mva"),
        ("trafo3w", "mv", "sn_hv_mva"),
        ("trafo3w", "mv", "sn_mv_mva"),
        ("trafo3w", "lv", "sn_lv_mva"),
    ):
        if not rows_of(net, table):
            continue
        mva = numbers(net, table, column)
        largest = _by_level(bus_kv(net, net[table][f"{side}_bus"]), LARGEST_TRAFO_MVA)
        for at in np.flatnonzero((mva > largest) & ~unlimited(mva)):
            yield _off(
                f"{label(net, table, net[table].index[at])} {column}",
                f"{mva[at]:g} MVA",
                f"up to {largest[at]:g} MVA at this voltage",
                "kVA",
                f"{mva[at] / 1e3:g} MVA",
            )


def check_length_unit(net: "pandapowerNet") -> Iterator[Problem]:
    """Lengths of lines are km."""
    if not rows_of(net, "line"):
        return
    km = numbers(net, "line", "length_km")
    longest = _by_level(bus_kv(net, net.line["from_bus"]), LONGEST_KM)
    for at in np.flatnonzero(km > longest):
        yield _off(
            f"{label(net, 'line', net.line.index[at])} length_km",
            f"{km[at]:g} km",
            f"up to {longest[at]:g} km at this voltage",
            "m",
            f"{km[at] / 1e3:g} km",
        )


def check_power_unit(net: "pandapowerNet") -> Iterator[Problem]:
    """Check that no load or generator is far beyond what its bus is connected with."""
    capacity = _capacity_mva(net)
    position = {bus: at for at, bus in enumerate(net.bus.index)}
    for table, column in (("load", "p_mw"), ("sgen", "p_mw"), ("gen", "p_mw"), ("storage", "p_mw")):
        if not rows_of(net, table):
            continue
        at_bus = np.array([position[bus] for bus in net[table]["bus"]], dtype=np.int64)
        p_mw = np.abs(numbers(net, table, column) * numbers(net, table, "scaling", 1.0))
        largest = _by_level(bus_kv(net, net[table]["bus"]), LARGEST_MW)
        around = capacity[at_bus]
        if is_per_unit(net):
            largest = np.full(len(p_mw), np.inf)
        beyond = np.where(np.isfinite(around), p_mw > FAR_ABOVE * around, p_mw > largest)
        for at in np.flatnonzero(in_service(net, table) & beyond & np.isfinite(p_mw)):
            allowed = (
                f"at most {FAR_ABOVE:g} times the {around[at]:.3g} MVA its bus is connected with"
                if np.isfinite(around[at])
                else f"up to {largest[at]:g} MW at one bus of this voltage"
            )
            yield _off(
                f"{label(net, table, net[table].index[at])} {column}",
                f"{p_mw[at]:g} MW",
                allowed,
                "kW",
                f"{p_mw[at] / 1e3:g} MW",
            )


def check_load_beside_sources(net: "pandapowerNet") -> Iterator[Problem]:
    """All loads together are not far beyond what all sources together may give."""
    if not references(net):
        return
    room = 0.0
    for table in ("ext_grid", "gen", "sgen"):
        if not rows_of(net, table):
            continue
        limit = numbers(net, table, "max_p_mw")
        if table == "sgen":
            limit = np.where(np.isnan(limit), np.abs(numbers(net, table, "p_mw")), limit)
        use = in_service(net, table)
        if np.isnan(limit[use]).any() or unlimited(limit[use]).any():
            return
        room += float(np.maximum(limit[use], 0.0).sum())
    if not rows_of(net, "load") or room == 0.0:
        return
    use = in_service(net, "load")
    total = float((numbers(net, "load", "p_mw") * numbers(net, "load", "scaling", 1.0))[use].sum())
    if total > FAR_ABOVE * room:
        yield _off(
            "net.load p_mw",
            f"{total:g} MW in all",
            f"no more than {FAR_ABOVE:g} times the {room:g} MW all sources may give",
            "kW",
            f"{total / 1e3:g} MW",
        )


def check_tiny_load(net: "pandapowerNet") -> Iterator[Problem]:
    """All loads together are not a trifle beside what their buses are connected with."""
    if not rows_of(net, "load"):
        return
    capacity = _capacity_mva(net)
    position = {bus: at for at, bus in enumerate(net.bus.index)}
    use = in_service(net, "load") & (numbers(net, "load", "p_mw") > 0)
    at_bus = np.unique([position[bus] for bus in net.load["bus"][use]]).astype(np.int64)
    rated = at_bus[np.isfinite(capacity[at_bus])]
    total = float(numbers(net, "load", "p_mw")[use].sum())
    room = float(capacity[rated].sum())
    if len(rated) == len(at_bus) and total > 0 and total < FAR_BELOW * room:
        yield _off(
            "net.load p_mw",
            f"{total:g} MW in all",
            f"more than {FAR_BELOW:g} of the {room:,.0f} MVA around them",
            "GW",
            f"{total * 1e3:g} MW",
        )


def check_line_impedance(net: "pandapowerNet") -> Iterator[Problem]:
    """Lines have an impedance a real line has."""
    if not rows_of(net, "line"):
        return
    km, volts = numbers(net, "line", "length_km"), bus_kv(net, net.line["from_bus"])
    r, x = numbers(net, "line", "r_ohm_per_km"), numbers(net, "line", "x_ohm_per_km")
    rating = numbers(net, "line", "max_i_ka")
    use = in_service(net, "line")
    if is_per_unit(net):
        yield Problem(
            "no_lengths", "net.line length_km", f"1 km for all {len(km)} lines", "their lengths",
            "Right for flows; failure rates per km and map lengths would mean nothing.",
        )  # fmt: skip
        return
    for at in np.flatnonzero(use & (np.maximum(np.abs(r), np.abs(x)) > LARGEST_OHM_PER_KM)):
        yield Problem(
            "implausible_line", label(net, "line", net.line.index[at]),
            f"r {r[at]:g}, x {x[at]:g} ohm/km", f"up to {LARGEST_OHM_PER_KM:g} ohm/km",
            "Was the total given instead of ohm per km, or milliohm as ohm?",
        )  # fmt: skip
    with np.errstate(invalid="ignore", divide="ignore"):
        drop = np.sqrt(3.0) * rating * np.hypot(r, x) * km / volts
    rated = use & ~unlimited(rating)
    for at in np.flatnonzero(rated & (drop > LARGEST_DROP)):
        yield Problem(
            "implausible_line", label(net, "line", net.line.index[at]),
            f"{100 * drop[at]:.0f} % voltage drop at its rating", f"below {100 * LARGEST_DROP:g} %",
            "Check r, x, length_km and max_i_ka for their units.",
        )  # fmt: skip
    for at in np.flatnonzero(use & ((r < 0) | (x < 0))):
        yield Problem(
            "negative_impedance", label(net, "line", net.line.index[at]),
            f"r {r[at]:g}, x {x[at]:g} ohm/km", "above 0",
            "Usual only for series capacitors and equivalents; used as given.",
        )  # fmt: skip


def _off(place: str, found: str, allowed: str, unit: str, meant: str) -> Problem:
    remedy = f"Off by 1000: if it was given in {unit}, it is {meant}."
    return Problem("unit_off", place, found, allowed, remedy)


def _by_level(kv: FloatArray, limits: tuple[float, ...]) -> FloatArray:
    """Limit of each voltage; infinite where the voltage is unknown."""
    level = np.searchsorted(LEVELS_KV, np.nan_to_num(kv))
    return np.where(np.isnan(kv), np.inf, np.asarray(limits)[level])


def _capacity_mva(net: "pandapowerNet") -> FloatArray:
    """Ratings of the branches at each bus together; infinite where one has none, shape (bus,)."""
    position = {bus: at for at, bus in enumerate(net.bus.index)}
    total = np.zeros(len(net.bus))

    def add(table: str, column: str, rating: FloatArray) -> None:
        at = np.array([position[bus] for bus in net[table][column]], dtype=np.int64)
        np.add.at(total, at, np.where(in_service(net, table), rating, 0.0))

    if rows_of(net, "line"):
        ka = numbers(net, "line", "max_i_ka") * numbers(net, "line", "parallel", 1.0)
        mva = np.sqrt(3.0) * ka * bus_kv(net, net.line["from_bus"])
        rating = np.where(unlimited(ka) | ~(ka >= SMALLEST_KA), np.inf, mva)
        for column in ("from_bus", "to_bus"):
            add("line", column, rating)
    for table, sides in (("trafo", ("hv", "lv")), ("trafo3w", ("hv", "mv", "lv"))):
        for side in sides if rows_of(net, table) else ():
            name = "sn_mva" if table == "trafo" else f"sn_{side}_mva"
            mva = numbers(net, table, name) * numbers(net, table, "parallel", 1.0)
            add(table, f"{side}_bus", np.where(unlimited(mva) | ~(mva > 0), np.inf, mva))
    for table in ("impedance", "dcline"):
        for column in ("from_bus", "to_bus") if rows_of(net, table) else ():
            add(table, column, np.full(len(net[table]), np.inf))
    if rows_of(net, "ext_grid"):
        add("ext_grid", "bus", np.full(len(net.ext_grid), np.inf))
    if rows_of(net, "switch"):
        for row in net.switch.index[(net.switch["et"] == "b") & in_service(net, "switch")]:
            for column in ("bus", "element"):
                total[position[net.switch.at[row, column]]] = np.inf
    return np.where(total == 0, np.inf, total)


Rule = Callable[["pandapowerNet"], Iterator[Problem]]

UNIT_ERRORS: tuple[Rule, ...] = (
    check_voltage_unit,
    check_current_unit,
    check_trafo_unit,
    check_small_rating,
    check_length_unit,
    check_power_unit,
    check_load_beside_sources,
)
UNIT_WARNINGS: tuple[Rule, ...] = (check_tiny_load, check_line_impedance)
