"""What ``grid scan`` prints: how many outages are secure, the worst of the others, and why."""

import csv
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from data.whole_file import whole_file
from grid.security.scan_rates import INDEPENDENT
from grid.security.scan_result import FAILED, SECURE, Contingency, SecurityScan

WORDS = {
    "secure": "secure",
    "relieved": "overload, relieved by redispatch",
    "shed": "load shed",
    "dark": "dark",
    "cascade": "cascade",
    "failed": "no solution",
}
"""Verdicts in the printed table."""

MNOK = 1e6
SHOWN_BUSES = 6
RARE_PER_YR = 0.1
"""Below, a frequency is printed as once in so many years."""


@contextmanager
def scan_progress(console: Console, *, quiet: bool) -> Iterator[Callable[[int, int], None]]:
    """Show a bar while outages are solved; yields what to call with done and total."""
    if quiet:
        yield lambda _done, _total: None
        return
    with Progress(
        TextColumn("Outages"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    ) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def write_scan(scan: SecurityScan, path: Path) -> None:
    """Write every contingency of the ranking as CSV."""
    rows = [each.row() for each in scan.ranking]
    with whole_file(path) as part, part.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(scan.intact.row()))
        writer.writeheader()
        writer.writerows(rows)


def print_scan(console: Console, scan: SecurityScan, top: int) -> None:
    """Print the verdict of the whole scan, the costliest outages and what stands behind them.

    Parameters
    ----------
    console : Console
    scan : SecurityScan
    top : int
        Outages in the table; sets the user named are always there.
    """
    for line in _heading(scan):
        console.print(line, highlight=False, soft_wrap=True)
    named = {each.part_ids for each in scan.chosen}
    worst = [each for each in scan.ranking if each.part_ids not in named and _is_bad(each)]
    shown = [*scan.chosen, *worst[:top]]
    if not shown:
        shown = list(scan.ranking[: min(top, 3)])
        console.print("\nNothing is lost. The outages that load the grid most:")
    elif len(worst) > top:
        console.print(f"\nThe {top} costliest of {len(worst)} (--top shows more, --csv all):")
    else:
        console.print()
    console.print(_table(shown))
    reasons = [(each, said) for each in shown for said in why(each)]
    if reasons:
        console.print("\n[bold]Why[/bold]")
        for each, said in reasons:
            console.print(f"{each.label}: {said}", markup=False, highlight=False, soft_wrap=True)
    for line in _notes(scan):
        console.print(line, style="dim", markup=False, highlight=False, soft_wrap=True)


def why(each: Contingency) -> tuple[str, ...]:
    """Say in sentences what an outage leads to; nothing when it is harmless."""
    if each.verdict == FAILED:
        return (f"no solution: {each.failure}",)
    said = [sentence for step in each.steps for sentence in step.sentences()]
    if each.dark_bus_ids:
        first = ", ".join(each.dark_bus_ids[:SHOWN_BUSES])
        more = len(each.dark_bus_ids) - SHOWN_BUSES
        said.append(f"dark: {first}" + (f" and {more} more" if more > 0 else ""))
    if each.loading_before > 1.0:
        said.append(
            f"{each.loaded_before} at {each.loading_before:.0%} of its rating before anybody "
            f"acts; afterwards {each.loaded} at {each.loading:.0%}"
        )
    if each.total_unserved_mw > 0:
        parts = [
            f"{power:,.1f} MW of class {number}"
            for number, power in enumerate(each.unserved_mw)
            if power > 0
        ]
        said.append("not served: " + ", ".join(parts))
    return tuple(said)


def _is_bad(each: Contingency) -> bool:
    return each.verdict != SECURE


def _heading(scan: SecurityScan) -> list[str]:
    singles = len(scan.singles)
    lines = [
        f"[bold]N-1: {scan.singles_secure} of {singles} single outages are secure, "
        f"{singles - scan.singles_secure} are not.[/bold]"
    ]
    if scan.pairs_scanned:
        bad = scan.pairs_scanned - scan.pairs_secure
        lines.append(
            f"[bold]N-2: {scan.pairs_secure:,} of {scan.pairs_scanned:,} pairs are secure, "
            f"{bad:,} are not.[/bold] {scan.pairs_not_worse:,} of these do no more harm than their "
            "parts one by one and are not listed."
        )
    if scan.pairs_left_out:
        lines.append(
            f"[yellow]{scan.pairs_left_out:,} pairs were left out: those of the lines and "
            f"transformers that are loaded least in the intact grid.[/yellow]"
        )
    failed = sum(each.verdict == FAILED for each in scan.ranking)
    if failed:
        lines.append(f"[red]{failed} outages have no solution; they stand first below.[/red]")
    intact = scan.intact
    lines.append(
        f"{escape(scan.name)}, {scan.demand_mw:,.1f} MW. Intact: {WORDS[intact.verdict]}, highest "
        f"loading {intact.loading_before:.0%} ({escape(intact.loaded_before)})."
    )
    if intact.verdict != SECURE:
        lines.append(
            "[yellow]The grid is not secure with everything in service; every outage below "
            "carries that with it.[/yellow]"
        )
    return lines


def _table(rows: list[Contingency]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("Out", overflow="fold")
    table.add_column("Result", overflow="fold")
    for heading in ("MW", "Customers", "Loading", "Hours", "MNOK", "How often", "NOK/yr"):
        table.add_column(heading, justify="right", no_wrap=True)
    for each in rows:
        loading = f"{each.loading_before:.0%}"
        if not math.isclose(each.loading_before, each.loading, rel_tol=1e-6):
            loading += f" > {each.loading:.0%}"
        table.add_row(
            escape(each.label),
            WORDS[each.verdict],
            f"{each.total_unserved_mw:,.1f}",
            _or_blank(each.customers, ",.0f"),
            "" if each.verdict == FAILED else loading,
            f"{each.duration_h:,.0f}{'*' if each.duration_estimated else ''}",
            f"{each.cost_nok / MNOK:,.1f}",
            _how_often(each.per_yr),
            _or_blank(each.cost_nok_per_yr, ",.0f"),
        )
    return table


def _notes(scan: SecurityScan) -> list[str]:
    lines = [
        "\nLoading before anything trips or anybody acts > when all is done.",
        "Cost: KILE of an hour's interruption times the energy not supplied, as if the hour "
        "scanned lasted until the repair: an upper estimate.",
        "* Repair time is an estimate.",
        "DC power flow, with the ratings the grid states; those of the built-in region are "
        "estimates. Only permanent failures count; the others are reclosed.",
    ]
    if any(len(each.part_ids) > 1 for each in scan.ranking):
        lines.append(f"How often several are out together: {INDEPENDENT}.")
    return lines


def _how_often(per_yr: float) -> str:
    if math.isnan(per_yr):
        return "not known"
    if per_yr <= 0:
        return "never"
    if per_yr >= RARE_PER_YR:
        return f"{per_yr:.2g} a year"
    years = 1.0 / per_yr
    return f"1 in {round(years, 1 - math.floor(math.log10(years))):,.0f} years"


def _or_blank(value: float, form: str) -> str:
    return "" if math.isnan(value) else format(value, form)
