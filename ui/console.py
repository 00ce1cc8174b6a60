"""What the command line prints: tables, progress, and where to look next."""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from data.region import Region
from sim.compare import Comparison, Row, avoided_per_mnok, compare
from sim.ensemble import Progress as RunProgress
from sim.failures import WARN_SHARE
from sim.outcome import BALANCE_TOL
from sim.plan import Choice, unfinished
from sim.run_folder import LOG, resume_command
from sim.store import Run
from ui.exports import write_comparison, write_figures

if TYPE_CHECKING:
    from benchmarks.figures import Speed
    from data.calibration import Figure
    from sim.reference.cases import CheckRow

SHOWN = (
    ("ens_mwh", "Energy not supplied (ENS)", "MWh", 0),
    ("kile_mnok", "Cost of ENS (KILE)", "MNOK", 1),
    ("person_h_electricity", "Person-hours without electricity", "1000 h", 0),
    ("person_h_heat", "Person-hours below indoor limit", "1000 h", 0),
    ("person_h_water", "Person-hours without water", "1000 h", 0),
    ("person_h_telecom", "Person-hours without telephone", "1000 h", 0),
    ("function_loss_h", "Function-loss hours, 14 functions", "h", 2),
    ("function_loss_weighted_h", "Function-loss hours, weighted", "h", 2),
    ("t_95_h", "Time until 95 % is restored", "h", 1),
)
"""Metrics of the printed table, with unit and decimals."""

SCALE = {"1000 h": 1e-3}

COLUMNS = (
    ("Mean", 6),
    ("P5 - P95", 13),
    ("Change", 7),
    ("95 % interval", 16),
    ("Better", 7),
)
"""Headings and least widths [characters] of the printed table."""

PER_KRONE = (
    ("ens_mwh", "ENS MWh", 7),
    ("kile_mnok", "KILE MNOK", 9),
    ("person_h_electricity", "h power", 7),
    ("person_h_heat", "h heat", 6),
    ("person_h_water", "h water", 7),
    ("person_h_telecom", "h phone", 7),
)
"""Metrics, headings and least widths of the table per krone; h are person-hours."""

MOST_FAILURES = 5
"""Replications without a result that are named one by one."""

MANY = 1e4
"""Figures above are printed without decimals."""


@contextmanager
def progress_bar(console: Console, *, quiet: bool) -> Iterator[Callable[[RunProgress], None]]:
    """Show a progress bar while a run is computed; yields what to call with progress."""
    if quiet:
        yield lambda _: None
        return
    with Progress(
        TextColumn("Replications"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
    ) as bar:
        task = bar.add_task("", total=None)
        yield lambda now: bar.update(task, completed=now.done, total=now.total)


def print_comparison(console: Console, run: Run, *, option: str = "") -> None:
    """Print every scenario's table, write the figures and tables, and say where they are.

    ``option`` is what the commands named need to find the run.
    """
    manifest = run.manifest
    for scenario in manifest.scenarios:
        finished = len(run.complete_replications(scenario))
        print_failures(console, run, scenario)
        comparison = compare(run, scenario)
        console.print()
        console.print(
            f"[bold]{escape(manifest.names['en'][scenario])}[/bold]  {finished} of "
            f"{manifest.replications} replications, seed {manifest.seed}, same storms for every "
            f"portfolio"
        )
        print_table(console, comparison, run)
        print_per_krone(console, comparison, run)
        console.print(
            f"\nEnergy account of every replication closes within "
            f"{run.balance_residual(scenario):.0e} of demand (allowed {BALANCE_TOL:.0e}).",
            style="dim",
            highlight=False,
        )
        write_comparison(run, comparison)
        write_figures(run, scenario)
    estimated = f"{100 * manifest.estimated_share:.0f} %"
    console.print(
        "Mean over replications, with P5-P95 between them. Change: paired difference from the "
        "baseline with its 95 % interval; better: share of storms "
        "in which the portfolio beats the baseline.\n"
        f"{estimated} of the inputs are estimates (rows marked estimated, each table counting the "
        "same); see docs/model.md.",
        style="dim",
    )
    folder = _short(run.folder)
    console.print()
    console.print(
        f"Results:  {folder}  (tables as CSV, curves as SVG and PNG, Parquet, manifest)",
        markup=False,
        soft_wrap=True,
    )
    console.print(
        f"Why:      python3 run.py runs timeline {run.folder.name} --replication 0{option}",
        markup=False,
        soft_wrap=True,
    )
    console.print("Pages:    python3 run.py ui")


def print_failures(console: Console, run: Run, scenario: str) -> None:
    """Say which replications gave no result, why, and what that means for the figures."""
    left_out = run.left_out(scenario)
    if not left_out:
        return
    finished = len(run.complete_replications(scenario))
    share = len(left_out) / (len(left_out) + finished)
    console.print()
    console.print(
        f"{len(left_out)} of {len(left_out) + finished} replications gave no result and are left "
        "out under every portfolio, so that the others stay paired.",
        style="yellow",
    )
    if share > WARN_SHARE:
        console.print(
            f"That is {share:.0%}: the figures below are of the courses the model could follow, "
            "and may be far from those of all.",
            style="bold red",
        )
    shown = [(p, f) for p in run.manifest.portfolios for f in run.failures(scenario, p)]
    for portfolio, failure in shown[:MOST_FAILURES]:
        console.print(f"- {portfolio}: {failure}", markup=False, highlight=False, soft_wrap=True)
    if len(shown) > MOST_FAILURES:
        console.print(f"- and {len(shown) - MOST_FAILURES} more")
    console.print(f"Tracebacks: {_short(run.folder / LOG)}", markup=False, soft_wrap=True)


def print_table(console: Console, comparison: Comparison, run: Run) -> None:
    """Print one block a metric, one line a portfolio, within 80 columns."""
    manifest = run.manifest
    names = [manifest.names["en"][portfolio] for portfolio in manifest.portfolios]
    width = max(20, *(len(name) for name in names))
    for number, (metric, title, unit, decimals) in enumerate(SHOWN):
        table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), show_header=number == 0)
        table.add_column("Portfolio", width=width, no_wrap=True)
        for heading, least in COLUMNS:
            table.add_column(heading, justify="right", min_width=least, no_wrap=True)
        for portfolio, name in zip(manifest.portfolios, names, strict=True):
            table.add_row(escape(name), *_cells(comparison.row(metric, portfolio), unit, decimals))
        console.print(f"\n[bold]{title}[/bold], {unit}")
        console.print(table)


def print_per_krone(console: Console, comparison: Comparison, run: Run) -> None:
    """Print what each portfolio avoids in one crisis per million kroner a year."""
    manifest = run.manifest
    paid = [name for name in manifest.portfolios[1:] if manifest.annual_cost_mnok[name] > 0.0]
    if not paid:
        return
    names = [manifest.names["en"][portfolio] for portfolio in paid]
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("Portfolio", width=max(20, *(len(n) for n in names)), no_wrap=True)
    table.add_column("MNOK/yr", justify="right", min_width=7)
    for _, heading, least in PER_KRONE:
        table.add_column(heading, justify="right", min_width=least)
    for portfolio, name in zip(paid, names, strict=True):
        cost = manifest.annual_cost_mnok[portfolio]
        cells = [
            f"{avoided_per_mnok(comparison.row(metric, portfolio), cost)[0]:,.2f}"
            if metric in ("ens_mwh", "kile_mnok")
            else f"{avoided_per_mnok(comparison.row(metric, portfolio), cost)[0]:,.0f}"
            for metric, _, _ in PER_KRONE
        ]
        table.add_row(escape(name), f"{cost:,.0f}", *cells)
    console.print("\n[bold]Avoided in this crisis per MNOK a year[/bold], h are person-hours")
    console.print(table)


def _cells(row: Row, unit: str, decimals: int) -> list[str]:
    scale = SCALE.get(unit, 1.0)

    def text(value: float, sign: str = "") -> str:
        return f"{value * scale:{sign},.{decimals}f}"

    cells = [text(row.mean), f"{text(row.p5)} - {text(row.p95)}"]
    if not math.isnan(row.difference):
        cells.append(text(row.difference, "+"))
        cells.append(f"{text(row.difference_low, '+')} to {text(row.difference_high, '+')}")
        cells.append(f"{100 * row.better_share:.0f} %")
    return cells


def print_unfinished(
    console: Console, runs: Path, region: Region, choice: Choice, seed: int
) -> None:
    """Tell of runs with the same inputs that were stopped half-way."""
    for run in unfinished(runs, region, choice, seed):
        status = run.status
        console.print(
            f"An earlier run of the same was stopped after {status['done']} of {status['total']} "
            f"replications. Continue it with: {resume_command(run.folder)}",
            style="yellow",
            markup=False,
            soft_wrap=True,
        )


def print_runs(console: Console, runs: Sequence[Run]) -> None:
    """List runs with what they hold and how far they came."""
    if not runs:
        console.print("No runs yet. Start one with: python3 run.py")
        return
    table = Table("Run", "State", "Replications", "Scenarios", "Portfolios", "Seed")
    for run in runs:
        status, manifest = run.status, run.manifest
        table.add_row(
            run.folder.name,
            str(status["state"]),
            f"{status['done']} of {status['total']}",
            ", ".join(manifest.scenarios),
            ", ".join(manifest.portfolios),
            str(manifest.seed),
        )
    console.print(table)


def print_figures(console: Console, region: Region, figures: Sequence["Figure"]) -> None:
    """Print the calibration table; the source of each published figure under its line."""
    console.print(f"Region {region.region_id}: every table reads and fits together.\n")
    width = max(len(each.figure) for each in figures)
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("Figure", width=width, no_wrap=True)
    for heading in ("Model", "Published", "Deviation"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("Unit", no_wrap=True)
    for each in figures:
        has_published = not math.isnan(each.published)
        table.add_row(
            each.figure,
            _figure(each.model),
            _figure(each.published) if has_published else "",
            f"{100 * each.deviation:+.1f} %" if has_published else "",
            each.unit,
        )
    console.print(table, soft_wrap=True)
    console.print(
        "\nPublished figures and their sources. Where the deviation is 0, the figure is an input "
        "of the model and says nothing about it.",
        style="dim",
    )
    for each in figures:
        if not math.isnan(each.published):
            text = f"{each.figure} ({each.quality}): {each.source}"
            console.print(text, style="dim", markup=False, highlight=False)


def _figure(value: float) -> str:
    return f"{value:,.4g}" if abs(value) < MANY else f"{value:,.0f}"


def print_library(console: Console) -> None:
    """List the shipped scenarios, portfolios and measures."""
    from scenarios.read import (  # noqa: PLC0415 -- pydantic is slow to import
        list_measures,
        list_orders,
        list_portfolios,
        list_scenarios,
        load_measure,
        load_portfolio,
        load_scenario,
    )

    for heading, names, load in (
        ("Scenarios", list_scenarios(), load_scenario),
        ("Portfolios", list_portfolios(), load_portfolio),
        ("Orders of repair", list_orders(), load_portfolio),
        ("Measures", list_measures(), load_measure),
    ):
        table = Table("Id", heading, "What", title_justify="left")
        for name in names:
            entry = load(name)
            table.add_row(name, entry.name.en, entry.summary.en.strip())
        console.print(table)


def print_checks(console: Console, rows: Sequence["CheckRow"]) -> None:
    """Print the reference cases."""
    table = Table("Case", "Quantity", "Expected", "Got", "Tolerance", "")
    for row in rows:
        table.add_row(
            row.case,
            row.quantity,
            f"{row.expected:.8g}",
            f"{row.got:.8g}",
            f"{row.tolerance:.2g}",
            "ok" if row.ok else "[red]off[/red]",
        )
    console.print(table)
    good = sum(row.ok for row in rows)
    console.print(f"{good} of {len(rows)} quantities within their tolerance.")


def print_speed(console: Console, rows: Sequence["Speed"]) -> None:
    """Print the speed figures."""
    table = Table("Name", "Value", "Unit", "Peer", "Peer value", "Ratio")
    for row in rows:
        table.add_row(
            row.name,
            f"{row.value:,.4g}",
            row.unit,
            row.peer,
            "" if row.peer_value is None else f"{row.peer_value:,.4g}",
            "" if row.ratio is None else f"{row.ratio:,.3g}",
        )
    console.print(table)


def _short(path: Path) -> Path:
    """Give a path from the working directory where it lies below it."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
