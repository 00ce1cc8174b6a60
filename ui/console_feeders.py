"""What ``grid feeders`` prints: what was understood, indices by formula and by simulation."""

import csv
import math
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from data.whole_file import whole_file
from grid.reliability.report import IndexRow
from grid.reliability.simulation import Simulated
from grid.reliability.study import Study

SHOWN_POINTS = 20
SHOWN_REMARKS = 20
DISAGREE = 3.0
"""Standard errors beyond which formula and simulation disagree."""

MANY = 1e5
"""Figures above are printed without decimals."""

SYSTEM_NAMES = {
    "saifi": "SAIFI, interruptions per customer",
    "saidi_h": "SAIDI, hours without supply per customer",
    "caidi_h": "CAIDI, hours per interruption",
    "asai": "ASAI, share of time with supply",
    "asui": "ASUI, share of time without",
    "ens_mwh": "ENS, energy not supplied",
    "aens_kwh": "AENS, the same per customer",
    "kile_nok": "KILE, cost of interruptions",
}
POINT_COLUMNS = (
    ("failure_rate_per_yr", "Interruptions 1/yr"),
    ("mean_outage_h", "Mean h"),
    ("outage_h_per_yr", "Hours h/yr"),
    ("ens_mwh_per_yr", "ENS MWh/yr"),
    ("kile_nok_per_yr", "KILE NOK/yr"),
)


def print_feeders(
    console: Console, study: Study, rows: Sequence[IndexRow], simulated: Simulated | None
) -> None:
    """Print a feeder study.

    Parameters
    ----------
    console : Console
    study : Study
    rows : sequence of IndexRow
        From `index_rows`.
    simulated : Simulated or None
        What the rows' simulated figures come from.
    """
    print_understood(console, study)
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("System")
    for heading in ("Analytical", "Simulated", "Std. error", "Deviation"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("Unit", no_wrap=True)
    system = [row for row in rows if not row.load_point]
    for row in system:
        table.add_row(
            SYSTEM_NAMES[row.index],
            _figure(row.analytical),
            _figure(row.simulated),
            _figure(row.standard_error),
            _deviation(row.deviation_in_standard_errors),
            row.unit,
        )
    console.print()
    console.print(table)
    if simulated is not None:
        _print_simulation(console, rows, simulated)
    _print_load_points(console, study, rows)


def print_understood(console: Console, study: Study) -> None:
    """Say what the tables hold, which defaults stand in, and what is unusual."""
    tables, loads = study.tables, study.system.loads
    sections = tables.sections
    transformers = int(np.isin(tables.load_points.transformer, ("repair", "replace")).sum())
    not_counted = int((loads.customers == 0.0).sum())
    lines = [
        f"{tables.folder}: every table reads and fits together.",
        f"{_count(study.feeders, 'feeder')} from {_count(len(tables.busbars), 'busbar')}, "
        f"{_count(len(sections), 'section')} ({np.nansum(sections.length_km):,.1f} km), "
        f"{_count(len(tables.ties), 'tie')}, {_count(transformers, 'transformer')}.",
        f"{_count(len(loads), 'load point')} with {loads.customers.sum():,.0f} customers, "
        f"{loads.mean_mw.sum():,.2f} MW on average and {loads.peak_mw.sum():,.2f} MW at their "
        "peaks" + (f"; {not_counted} without customers (ENS only)." if not_counted else "."),
    ]
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    if study.defaults:
        table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
        table.add_column("Default used", no_wrap=True)
        table.add_column("Value", justify="right", no_wrap=True)
        table.add_column("Unit", no_wrap=True)
        table.add_column("Rows", justify="right", no_wrap=True)
        table.add_column("Source")
        for each in study.defaults:
            table.add_row(
                each.name, f"{each.value:g}", each.unit, str(each.rows), escape(each.source)
            )
        console.print()
        console.print(table)
    remarks = tables.remarks
    if remarks:
        console.print("\nWorth a second look:", style="yellow")
    for remark in remarks[:SHOWN_REMARKS]:
        console.print(f"- {remark}", markup=False, highlight=False, soft_wrap=True)
    if len(remarks) > SHOWN_REMARKS:
        console.print(f"- and {len(remarks) - SHOWN_REMARKS} more of the same kinds")


def write_index_rows(rows: Sequence[IndexRow], path: Path) -> None:
    """Write every index as CSV, one row each; what there is none of is empty."""
    with whole_file(path) as part, part.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=[field.name for field in fields(IndexRow)])
        writer.writeheader()
        for row in rows:
            writer.writerow(
                {
                    name: "" if isinstance(value, float) and math.isnan(value) else value
                    for name, value in asdict(row).items()
                }
            )


def _print_simulation(console: Console, rows: Sequence[IndexRow], simulated: Simulated) -> None:
    deviations = [row.deviation_in_standard_errors for row in rows]
    known = [abs(each) for each in deviations if not math.isnan(each)]
    beyond = sum(each > DISAGREE for each in known)
    console.print(
        f"\nSimulated: {simulated.years:,} years, {simulated.failures:,} failures, of which "
        f"{simulated.overlapping:,} overlapped another (the analytical figures take one at a "
        f"time). Deviation in standard errors: {beyond} of {len(known)} indices of system and "
        f"load points are beyond {DISAGREE:g}; by chance alone about 0.3 % are.",
        style="dim",
        highlight=False,
    )


def _print_load_points(console: Console, study: Study, rows: Sequence[IndexRow]) -> None:
    by_point: dict[str, dict[str, IndexRow]] = {}
    for row in rows:
        if row.load_point:
            by_point.setdefault(row.load_point, {})[row.index] = row
    worst = sorted(by_point, key=lambda name: -by_point[name]["outage_h_per_yr"].analytical)
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("Load point", no_wrap=True)
    for _, heading in POINT_COLUMNS:
        table.add_column(heading, justify="right", no_wrap=True)
    for name in worst[:SHOWN_POINTS]:
        cells = [_figure(by_point[name][index].analytical) for index, _ in POINT_COLUMNS]
        table.add_row(escape(name), *cells)
    rest = len(worst) - SHOWN_POINTS
    console.print(
        "\nLoad points, analytical, most hours first"
        + (":" if rest <= 0 else f" ({SHOWN_POINTS} of {len(worst)}; --csv and --json give all):")
    )
    console.print(table)
    if (study.system.loads.kile_group >= 0).any():
        console.print(
            "\nKILE: cost functions of the regulation in prices of 2024, mean correction of the "
            "year, by the duration of each interruption.",
            style="dim",
        )


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _figure(value: float) -> str:
    if math.isnan(value):
        return ""
    return f"{value:,.0f}" if abs(value) >= MANY else f"{value:.6g}"


def _deviation(value: float) -> str:
    if math.isnan(value):
        return ""
    text = f"{value:+.1f} SE"
    return f"[red]{text}[/red]" if abs(value) > DISAGREE else text
