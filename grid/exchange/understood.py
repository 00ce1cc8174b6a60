"""What was understood of a grid: what is in it, what is missing and what is used instead."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from data.problems import Problem
from grid.exchange.completed import Default, completed
from grid.exchange.imported import ImportedNet
from grid.exchange.labels import ELEMENTS, bus_columns, bus_kv, in_service, numbers, rows_of
from grid.exchange.net_check import inspect_net

if TYPE_CHECKING:
    from pandapower import pandapowerNet

NAMES = {
    "bus": "buses",
    "line": "lines",
    "trafo": "transformers, two windings",
    "trafo3w": "transformers, three windings",
    "impedance": "impedances",
    "dcline": "HVDC lines",
    "switch": "switches (closed / open)",
    "load": "loads",
    "asymmetric_load": "loads by phase",
    "motor": "motors",
    "gen": "generators",
    "sgen": "static generators",
    "asymmetric_sgen": "static generators by phase",
    "storage": "storage",
    "ext_grid": "external grids",
    "shunt": "shunts",
    "ward": "wards",
    "xward": "extended wards",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How many of one kind at one voltage.

    Attributes
    ----------
    table : str
        pandapower's table.
    vn_kv : str
        Nominal voltage, ``132/22`` for a transformer. [kV]
    in_service, out_of_service : int
        Closed and open for switches.
    """

    table: str
    vn_kv: str
    in_service: int
    out_of_service: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """Report on an imported grid.

    Attributes
    ----------
    name, file_format : str
    counts : tuple of Count
    demand_mw, generation_mw : float
        Set points in service, storage that discharges among the generation. [MW]
    customers : float
        Of the loads that say; NaN when none does.
    with_place : int
        Buses with a position.
    defaults : tuple of Default
    notes : tuple of str
        What the converter said and what was changed on the way.
    errors, warnings : tuple of Problem
    """

    name: str
    file_format: str
    counts: tuple[Count, ...]
    demand_mw: float
    generation_mw: float
    customers: float
    with_place: int
    defaults: tuple[Default, ...]
    notes: tuple[str, ...]
    errors: tuple[Problem, ...]
    warnings: tuple[Problem, ...]

    def rows(self) -> Iterator[dict[str, Any]]:
        """Everything as rows of the same keys, for JSON; every element on its own."""
        yield report_row("format", self.file_format, name=self.name)
        for count in self.counts:
            yield report_row(
                "count", count.table, name=count.vn_kv, value=count.in_service, unit="in service"
            )
            if count.out_of_service:
                yield report_row(
                    "count", count.table, name=count.vn_kv, value=count.out_of_service,
                    unit="out of service",
                )  # fmt: skip
        yield report_row("total", "demand", value=self.demand_mw, unit="MW")
        yield report_row("total", "generation", value=self.generation_mw, unit="MW")
        yield report_row("total", "customers", value=self.customers, unit="customers")
        yield report_row("total", "buses with a position", value=self.with_place, unit="buses")
        for note in self.notes:
            yield report_row("note", "converter", text=note)
        for default in self.defaults:
            for element in default.elements:
                yield report_row("default", default.code, name=element, text=default.used)
        for kind, problems in (("warning", self.warnings), ("error", self.errors)):
            for problem in problems:
                yield report_row(kind, problem.code, name=problem.place, text=str(problem))


def report_row(
    kind: str,
    what: str,
    *,
    name: str = "",
    value: float | None = None,
    unit: str = "",
    text: str = "",
) -> dict[str, Any]:
    """Give one line of a report; all of them have the same keys."""
    return {"kind": kind, "what": what, "name": name, "value": value, "unit": unit, "text": text}


def understood(imported: ImportedNet) -> tuple["pandapowerNet", Understood]:
    """Check a grid, fill in what it leaves open and tell all of it.

    Parameters
    ----------
    imported : ImportedNet

    Returns
    -------
    net : pandapowerNet
        A copy with names and our own columns filled in; the net as it came when it has
        errors.
    Understood
    """
    net = imported.net
    findings = inspect_net(net)
    defaults: tuple[Default, ...] = ()
    if not findings.errors:
        net, defaults = completed(net)
    broken = {problem.code for problem in findings.errors}
    counted = not broken & {"missing_column", "unknown_bus", "no_bus", "unknown_element"}
    geo = net.bus["geo"].notna() if "geo" in net.bus else np.zeros(len(net.bus), dtype=np.bool_)
    report = Understood(
        name=imported.name,
        file_format=imported.file_format,
        counts=tuple(_counts(net)) if counted else (),
        demand_mw=_power(net, ("load", "asymmetric_load")),
        generation_mw=_power(net, ("gen", "sgen", "asymmetric_sgen")) - _power(net, ("storage",)),
        customers=_customers(net),
        with_place=int(np.sum(geo)),
        defaults=defaults,
        notes=imported.notes,
        errors=findings.errors,
        warnings=findings.warnings,
    )
    return net, report


def _counts(net: "pandapowerNet") -> Iterator[Count]:
    for table in ELEMENTS:
        if not rows_of(net, table) or table.endswith("_dc"):
            continue
        use = in_service(net, table)
        if table == "bus":
            volts = numbers(net, "bus", "vn_kv").reshape(-1, 1)
        else:
            ends = [bus_kv(net, net[table][column]) for column in bus_columns(table)]
            volts = np.stack(ends, axis=1)
        keys = np.array(["/".join(dict.fromkeys(f"{v:g}" for v in row)) for row in volts.tolist()])
        top = volts.max(axis=1)
        for key in sorted(set(keys.tolist()), key=lambda k: -top[keys == k][0]):
            here = keys == key
            yield Count(
                table=table,
                vn_kv=key,
                in_service=int((here & use).sum()),
                out_of_service=int((here & ~use).sum()),
            )


def _power(net: "pandapowerNet", tables: Sequence[str]) -> float:
    """Add up the active power [MW] in service, over phases too."""
    total = 0.0
    for table in tables:
        if not rows_of(net, table):
            continue
        columns = ("p_a_mw", "p_b_mw", "p_c_mw") if table.startswith("asym") else ("p_mw",)
        scaling = numbers(net, table, "scaling", 1.0)
        for column in columns:
            p_mw = np.nan_to_num(numbers(net, table, column, 0.0) * scaling)
            total += float(p_mw[in_service(net, table)].sum())
    return total


def _customers(net: "pandapowerNet") -> float:
    values = numbers(net, "load", "customers") if rows_of(net, "load") else np.empty(0)
    return float(np.nansum(values)) if np.isfinite(values).any() else float("nan")
