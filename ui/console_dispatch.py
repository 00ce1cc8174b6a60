"""What the command line prints of the cheapest dispatch."""

from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from grid.optimal_flow import OptimalFlow


def dispatch_rows(found: OptimalFlow) -> list[dict[str, Any]]:
    """Say everything about a dispatch as rows of the same keys, for JSON.

    Parameters
    ----------
    found : OptimalFlow

    Returns
    -------
    list of dict
        ``what``, ``where``, ``value`` and ``unit``.
    """

    def row(what: str, where: str, value: float, unit: str) -> dict[str, Any]:
        return {"what": what, "where": where, "value": float(value), "unit": unit}

    rows = [row("cost", "all", found.cost_per_h, "1/h")]
    for at, table in enumerate(found.generator_table.tolist()):
        rows.append(row("p", f"{table} {found.generator_row[at]}", found.p_mw[at], "MW"))
    for at, bus in enumerate(found.bus_row.tolist()):
        rows.append(row("price", f"bus {bus}", found.price_per_mwh[at], "1/MWh"))
    for at in found.binding.tolist():
        name = f"{found.branch_table[at]} {found.branch_row[at]}"
        rows.append(row("limit price", name, found.limit_price_per_mwh[at], "1/MWh"))
    return rows


def print_dispatch(console: Console, found: OptimalFlow) -> None:
    """Print the cheapest dispatch, who gives what, and what limits it.

    Parameters
    ----------
    console : Console
    found : OptimalFlow
    """
    console.print(
        f"Cheapest dispatch in DC: {found.cost_per_h:,.2f} an hour in the net's own currency.\n"
    )
    table = Table("Generator", "MW", "Least", "Most", "Next MWh costs", box=None)
    for at, kind in enumerate(found.generator_table.tolist()):
        table.add_row(
            f"{kind} {found.generator_row[at]}",
            f"{found.p_mw[at]:,.2f}",
            f"{found.p_min_mw[at]:,.1f}",
            f"{found.p_max_mw[at]:,.1f}",
            f"{found.marginal_per_mwh[at]:,.2f}",
        )
    console.print(table)
    prices = found.price_per_mwh[~np.isnan(found.price_per_mwh)]
    console.print(f"\nPrice at the buses: {prices.min():,.2f} to {prices.max():,.2f} per MWh")
    if not len(found.binding):
        console.print("No line or transformer limits it.")
    for at in found.binding.tolist():
        console.print(
            f"{found.branch_table[at]} {found.branch_row[at]} is full at "
            f"{found.limit_mw[at]:,.1f} MW: one more MW saves "
            f"{found.limit_price_per_mwh[at]:,.2f} an hour"
        )
