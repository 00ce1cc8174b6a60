"""What ``restoration`` and ``region backups`` print."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table


def print_orders(
    console: Console, rows: Sequence[Mapping[str, Any]], *, replications: int, seed: int
) -> None:
    """Print what each order of repairs costs against the exact solver's bound."""
    table = Table("Portfolio", "Order", "Repairs", "MWh", "Bound MWh", "Above")
    for row in rows:
        table.add_row(
            escape(str(row["name"])),
            str(row["policy"]).replace("_", " "),
            f"{row['repairs']:.1f}",
            f"{row['weighted_mwh']:.1f}",
            f"{row['bound_mwh']:.1f}",
            f"{row['above_bound']:.1%}",
        )
    console.print(table)
    console.print(
        f"Mean of {replications} replications, seed {seed}. MWh: megawatts out times hours until "
        "each feeder section is repaired, those of critical sites counted five times more "
        "(estimate). The bound knows every fault and repair time in advance; no order does better. "
        "Switching, telephones, closed roads and shifts are left out here; the full model compares "
        "the same portfolios with:\n"
        "python3 run.py compare "
        + " ".join(f"--portfolio {escape(str(row['portfolio']))}" for row in rows),
        soft_wrap=True,
        highlight=False,
    )


def print_backups(console: Console, rows: Sequence[Mapping[str, Any]]) -> None:
    """Print the chance of each site's gensets to carry an outage."""
    table = Table()
    for heading in ("Site", "Kind", "Load", "Units", "Starts", "24 h", "72 h", "168 h", "Tank h"):
        table.add_column(heading, no_wrap=heading not in ("Site", "Kind"))
    for row in rows:
        table.add_row(
            escape(str(row["name"])),
            str(row["kind"]).replace("_", " "),
            f"{row['covers']:.0%}",
            f"{row['needed']} of {row['gensets']}",
            f"{row['starts']:.3f}",
            *(f"{row[f'carries_{hours}_h']:.3f}" for hours in (24, 72, 168)),
            f"{row['fuel_h']:.0f}" + ("" if row["refuelled"] else " once"),
        )
    console.print(table)
    estimated = sum(row["quality"] == "estimated" for row in rows)
    console.print(
        "Load: share behind the gensets. 24, 72, 168 h: probability that as many units as are "
        "needed start and run to the end of such an outage, with fuel always there (NREL "
        "REopt.jl's method). Tank h: how long a full tank lasts; once: nobody refills it. "
        f"{estimated} of {len(rows)} rows are estimates by type of site.",
        soft_wrap=True,
        highlight=False,
    )
