"""Whether branches fit the buses they join: two different ones, at the right voltages."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from data.problems import Problem
from data.tables import BoolArray, FloatArray
from grid.exchange.labels import BUS_COLUMNS, bus_kv, in_service, label, numbers, rows_of
from grid.exchange.unit_check import HIGHEST_KV, LOWEST_KV

if TYPE_CHECKING:
    from pandapower import pandapowerNet

VOLTAGE_TOLERANCE = 0.2
"""Transformers and lines may differ by this share from the voltage of their bus."""


def check_two_ends(net: "pandapowerNet") -> Iterator[Problem]:
    """Check that a branch in service joins two buses, not one with itself."""
    for table, columns in BUS_COLUMNS.items():
        if not rows_of(net, table):
            continue
        ends = np.stack([net[table][column].to_numpy(dtype=np.int64) for column in columns])
        same = (ends[0] == ends[1:]).any(axis=0) | (ends[-1] == ends[:-1]).any(axis=0)
        for at in np.flatnonzero(in_service(net, table) & same):
            where = " and ".join(label(net, "bus", int(bus)) for bus in ends[:, at])
            yield Problem(
                "same_bus", label(net, table, net[table].index[at]), where,
                "different buses at its ends", f"Correct {' or '.join(columns)}.",
            )  # fmt: skip


def check_voltages(net: "pandapowerNet") -> Iterator[Problem]:
    """Check that transformers step down and fit their buses, and lines stay on one voltage."""
    for table, sides in (("trafo", ("hv", "lv")), ("trafo3w", ("hv", "mv", "lv"))):
        if not rows_of(net, table):
            continue
        volts = [bus_kv(net, net[table][f"{side}_bus"]) for side in sides]
        use = in_service(net, table)
        swapped = use & (volts[0] < volts[-1])
        for at in np.flatnonzero(swapped):
            yield Problem(
                "sides_swapped", label(net, table, net[table].index[at]),
                f"hv_bus at {volts[0][at]:g} kV, lv_bus at {volts[-1][at]:g} kV",
                "hv_bus at the higher voltage", "Swap hv_bus and lv_bus.",
            )  # fmt: skip
        for side, volt in zip(sides, volts, strict=True):
            own = numbers(net, table, f"vn_{side}_kv")
            with np.errstate(invalid="ignore", divide="ignore"):
                off = use & ~swapped & (np.abs(own / volt - 1.0) > VOLTAGE_TOLERANCE)
                in_volts = np.abs(own / (1e3 * volt) - 1.0) <= VOLTAGE_TOLERANCE
            for at in np.flatnonzero(off & (own > 0) & _possible(volt)):
                row = net[table].index[at]
                bus = label(net, "bus", int(net[table].at[row, f"{side}_bus"]))
                yield Problem(
                    "voltage_mismatch", f"{label(net, table, row)} vn_{side}_kv", float(own[at]),
                    f"within {100 * VOLTAGE_TOLERANCE:.0f} % of its bus, {volt[at]:g} kV",
                    f"Off by 1000: if it was given in V, it is {own[at] / 1e3:g} kV."
                    if in_volts[at]
                    else f"Correct vn_{side}_kv, or the bus it stands at ({bus}).",
                )  # fmt: skip
    if rows_of(net, "line"):
        a, b = (bus_kv(net, net.line[column]) for column in BUS_COLUMNS["line"])
        with np.errstate(invalid="ignore", divide="ignore"):
            off = in_service(net, "line") & (np.abs(a / b - 1.0) > VOLTAGE_TOLERANCE)
        for at in np.flatnonzero(off & _possible(a) & _possible(b)):
            yield Problem(
                "line_ends", label(net, "line", net.line.index[at]), f"{a[at]:g} to {b[at]:g} kV",
                "two buses of one voltage",
                "A transformer is missing, or one end is at the wrong bus.",
            )  # fmt: skip


def _possible(kv: FloatArray) -> BoolArray:
    """Whether a voltage is one a bus can have; the others are told on their own."""
    return np.asarray((kv >= LOWEST_KV) & (kv <= HIGHEST_KV))


Rule = Callable[["pandapowerNet"], Iterator[Problem]]

END_ERRORS: tuple[Rule, ...] = (check_two_ends, check_voltages)
