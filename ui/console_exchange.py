"""What ``run.py grid import`` prints: what was understood, and what changed in a region."""

import math
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from data.problems import Problem
from grid.exchange.understood import NAMES, Understood

if TYPE_CHECKING:
    from grid.exchange.to_region import RegionImport

SHOWN = 6
"""Elements, or findings of one kind, printed before "and n more"."""

MANY_MW = 1000.0
"""Power from here on is printed in whole megawatts."""

TABLES = {
    "buses": "buses",
    "lines": "lines",
    "trafos": "transformers",
    "substations": "substations",
    "supplies": "supplies",
    "generation": "plants",
}


def shortened(problems: Sequence[Problem], most: int = 4 * SHOWN) -> list[Problem]:
    """Keep the first findings of each kind and count the rest.

    Parameters
    ----------
    problems : sequence of Problem
    most : int
        Findings of one kind that are kept.

    Returns
    -------
    list of Problem
    """
    seen: Counter[str] = Counter()
    kept: list[Problem] = []
    for each in problems:
        seen[each.code] += 1
        if seen[each.code] <= most:
            kept.append(each)
    return kept + [
        Problem(code, "and", f"{count - most} more of the kind", "none", "All of them: --json.")
        for code, count in seen.items()
        if count > most
    ]


def print_understood(console: Console, report: Understood) -> None:
    """Print what a grid holds, what it leaves open and what is odd in it."""
    _say(console, f"{report.name}: read as {report.file_format}.")
    if report.counts:
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
        table.add_column("What", no_wrap=True)
        table.add_column("kV", no_wrap=True)
        table.add_column("In service", justify="right")
        table.add_column("Out", justify="right")
        before = ""
        for count in report.counts:
            name = NAMES.get(count.table, count.table)
            out = str(count.out_of_service) if count.out_of_service else ""
            shown = "" if name == before else name
            table.add_row(shown, count.vn_kv, str(count.in_service), out)
            before = name
        console.print()
        console.print(table)
    customers = "unknown" if math.isnan(report.customers) else f"{report.customers:,.0f}"
    _say(
        console,
        f"\nDemand {_mw(report.demand_mw)}, generation set to {_mw(report.generation_mw)} "
        f"besides the external grids, customers {customers}, {report.with_place} buses with a "
        "position.",
    )
    if report.defaults:
        _say(console, "\nMissing, and what is used instead:")
        for default in report.defaults:
            _say(console, f"- {default.missing}: {default.used}. {_some(default.elements)}")
    if report.notes:
        _say(console, "\nFrom the conversion:")
        for note in report.notes:
            _say(console, f"- {note}")
    if report.warnings:
        _say(console, f"\n{len(report.warnings)} warning(s); the grid is used as given:")
        for problem in shortened(report.warnings, SHOWN):
            _say(console, f"- {problem}")


def print_region_import(console: Console, done: "RegionImport") -> None:
    """Print which rows of a region changed."""
    _say(console, f"\nInto the region {done.folder}:")
    for name, title in TABLES.items():
        parts = [
            f"{len(rows)} {what}{f' ({_some(rows)})' if what != 'as before' else ''}"
            for what, account in (
                ("added", done.added),
                ("changed", done.changed),
                ("removed", done.removed),
                ("as before", done.kept),
            )
            if (rows := account.get(name))
        ]
        if parts:
            _say(console, f"- {title}: {', '.join(parts)}")
    for note in done.notes:
        _say(console, f"- {note}")
    files = ", ".join(done.files) or "nothing: the region already says the same"
    _say(
        console,
        f"Rewritten: {files}. Every table reads and fits together; "
        f"{100 * done.estimated_share:.0f} % of the inputs are estimates.",
    )
    _say(
        console, f"Key figures beside the published ones: python3 run.py region check {done.folder}"
    )


def _mw(value: float) -> str:
    return f"{value:,.0f} MW" if abs(value) >= MANY_MW else f"{value:.4g} MW"


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def _say(console: Console, text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)
