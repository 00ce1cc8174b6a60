"""What the command line prints: tables, progress, and where to look next."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from data.region import Region
from sim.compare import Comparison, Row, compare
from sim.ensemble import Progress as RunProgress
from sim.plan import Choice, unfinished
from sim.store import Run
from ui.exports import write_comparison, write_figures

if TYPE_CHECKING:
    from benchmarks.figures import Speed
    from data.calibration import Figure
    from sim.reference import CheckRow

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


def print_comparison(console: Console, run: Run) -> None:
    """Print every scenario's table, write the figures and tables, and say where they are."""
    manifest = run.manifest
    for scenario in manifest.scenarios:
        finished = len(run.complete_replications(scenario))
        comparison = compare(run, scenario)
        console.print()
        console.print(
            f"[bold]{manifest.names['en'][scenario]}[/bold]  {finished} of "
            f"{manifest.replications} replications, seed {manifest.seed}, same storms for every "
            f"portfolio"
        )
        console.print(comparison_table(comparison, run))
        write_comparison(run, comparison)
        write_figures(run, scenario)
    estimated = f"{100 * manifest.estimated_share:.0f} %"
    console.print(
        "Mean over replications, with P5-P95 between them. Change: paired difference from the "
        "baseline with its 95 % interval.\n"
        f"{estimated} of the inputs are estimates (rows marked estimated, each table counting the "
        "same); see docs/model.md.",
        style="dim",
    )
    folder = _short(run.folder)
    console.print()
    console.print(f"Results:  {folder}  (tables as CSV, curves as SVG and PNG, Parquet, manifest)")
    console.print(f"Why:      python3 run.py runs events {run.folder.name} --replication 0")
    console.print("Pages:    python3 run.py ui")


def comparison_table(comparison: Comparison, run: Run) -> Table:
    """Portfolios as columns, metrics as rows."""
    manifest = run.manifest
    table = Table(show_lines=True, expand=False)
    table.add_column("Metric")
    for number, portfolio in enumerate(manifest.portfolios):
        cost = manifest.annual_cost_mnok[portfolio]
        heading = manifest.names["en"][portfolio]
        table.add_column(
            heading if number == 0 else f"{heading}\n{cost:,.0f} MNOK/yr", justify="right"
        )
    for metric, name, unit, decimals in SHOWN:
        cells = [
            _cell(comparison.row(metric, portfolio), unit, decimals)
            for portfolio in manifest.portfolios
        ]
        table.add_row(f"{name}\n[{unit}]".replace("[", "\\["), *cells)
    return table


def _cell(row: Row, unit: str, decimals: int) -> str:
    scale = SCALE.get(unit, 1.0)

    def text(value: float, *, sign: bool = False) -> str:
        return f"{value * scale:{'+' if sign else ''},.{decimals}f}"

    lines = [text(row.mean), f"{text(row.p5)} - {text(row.p95)}"]
    if row.difference == row.difference:  # noqa: PLR0124 -- NaN marks the baseline
        lines.append(f"{text(row.difference, sign=True)}")
        low = text(row.difference_low, sign=True)
        lines.append(f"({low} to {text(row.difference_high, sign=True)})")
    return "\n".join(lines)


def print_unfinished(
    console: Console, runs: Path, region: Region, choice: Choice, seed: int
) -> None:
    """Tell of runs with the same inputs that were stopped half-way."""
    for run in unfinished(runs, region, choice, seed):
        status = run.status
        console.print(
            f"An earlier run of the same was stopped after {status['done']} of {status['total']} "
            f"replications. Continue it with: python3 run.py compare --resume {run.folder.name}",
            style="yellow",
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


def print_events(
    console: Console, run: Run, scenario: str | None, portfolio: str | None, replication: int
) -> None:
    """Print the event log of one replication."""
    events = run.events(
        scenario or run.manifest.scenarios[0],
        portfolio or run.manifest.portfolios[0],
        replication,
    )
    for event in events.to_pylist():
        console.print(
            f"{event['t_h']:8.2f} h  {event['what']:18} {event['asset_id']:24} "
            f"{event['area_id']:7} {event['cause']}",
            highlight=False,
            markup=False,
            soft_wrap=True,
        )


def print_figures(console: Console, region: Region, figures: Sequence["Figure"]) -> None:
    """Print the calibration table."""
    console.print(f"Region {region.region_id}: every table reads and fits together.")
    table = Table("Figure", "Model", "Published", "Unit", "Deviation", "Quality", "Source")
    for each in figures:
        has_published = each.published == each.published  # noqa: PLR0124 -- NaN is none
        table.add_row(
            each.figure,
            f"{each.model:,.4g}" if abs(each.model) < 1e4 else f"{each.model:,.0f}",
            (f"{each.published:,.4g}" if abs(each.published) < 1e4 else f"{each.published:,.0f}")
            if has_published
            else "",
            each.unit,
            f"{100 * each.deviation:+.1f} %" if has_published else "",
            each.quality,
            each.source,
        )
    console.print(table)


def print_library(console: Console) -> None:
    """List the shipped scenarios, portfolios and measures."""
    from scenarios.read import (  # noqa: PLC0415 -- pydantic is slow to import
        list_measures,
        list_portfolios,
        list_scenarios,
        load_measure,
        load_portfolio,
        load_scenario,
    )

    for heading, names, load in (
        ("Scenarios", list_scenarios(), load_scenario),
        ("Portfolios", list_portfolios(), load_portfolio),
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
