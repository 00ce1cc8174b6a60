"""What `run.py grid adequacy` prints: what was understood, both methods, how sure it is."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from grid.adequacy.read import Understood
from grid.adequacy.study import SYSTEM, Index, Study

NAMES = {
    "lole_h": "LOLE",
    "loee_mwh": "LOEE (EUE)",
    "lolf": "LOLF, frequency",
    "mean_duration_h": "Mean duration",
    "lolf_on_the_hour": "LOLF on full hours",
    "daily_peak_lole_days": "LOLE, daily peaks",
    "constant_peak_lolp": "LOLP, constant peak",
    "constant_peak_edns_mw": "EDNS, constant peak",
}
MANY_SE = 3.0
SMALL = 12
"""Decimals from which a number is written with an exponent."""

HOURS_OF_A_YEAR = (8736, 8760, 8784)


@contextmanager
def years_bar(console: Console, years: int, *, quiet: bool) -> Iterator[Callable[[int], None]]:
    """Show how many years are simulated; yields what to call with their number."""
    if quiet:
        yield lambda _: None
        return
    columns = TextColumn("Simulated years"), BarColumn(), MofNCompleteColumn()
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=years)
        yield lambda done: bar.update(task, completed=done)


def print_adequacy(console: Console, understood: Understood, study: Study) -> None:
    """Print an adequacy study."""
    _print_understood(console, understood)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("Index", no_wrap=True)
    for heading in ("Convolution", "Simulation", "+- 95 %", "Deviation", "Unit"):
        table.add_column(heading, justify="left" if heading == "Unit" else "right", no_wrap=True)
    last = ""
    for index in study.indices:
        if index.area != last and len(study.system.area_ids) > 1:
            table.add_row(f"[bold]{'Whole system' if index.area == SYSTEM else index.area}[/bold]")
        last = index.area
        table.add_row(NAMES[index.quantity], *_cells(index), index.unit)
    console.print(table, soft_wrap=True)
    for reason in study.missing:
        console.print(f"Not by convolution: {reason}.", style="dim", markup=False, soft_wrap=True)
    exact = study.exact
    if exact is not None:
        console.print(
            f"Convolution on a grid of {exact.step_mw:g} MW, capacities rounded by at most "
            f"{exact.rounding_mw:.2g} MW.",
            style="dim",
            soft_wrap=True,
        )
    console.print(
        f"Simulation: {len(study.years):,} years, seed {study.seed}; mean and half of its 95 % "
        "interval; deviation from the convolution in standard errors.",
        style="dim",
        soft_wrap=True,
    )
    _print_convergence(console, study)
    far = [i for i in study.indices if abs(i.deviation) > MANY_SE]
    if far:
        console.print(
            f"{len(far)} figure(s) deviate by more than {MANY_SE:g} standard errors: by chance "
            "that is one in 370. Try another seed.",
            style="yellow",
            soft_wrap=True,
        )


def adequacy_rows(study: Study) -> list[dict[str, Any]]:
    """Rows of a study for JSON, one per index and area."""
    return [
        {
            "quantity": index.quantity,
            "area": index.area,
            "unit": index.unit,
            "convolution": index.exact,
            "simulation": index.simulated,
            "standard_error": index.standard_error,
            "half_width_95": index.half_width,
            "deviation_standard_errors": index.deviation,
            "years": len(study.years),
            "seed": study.seed,
        }
        for index in study.indices
    ]


def _print_understood(console: Console, understood: Understood) -> None:
    system = understood.system
    hours = system.hours
    period = "a year" if hours in HOURS_OF_A_YEAR else "the period; all figures are per period"
    total_mw = system.load_mw.sum(axis=1)
    units = system.units
    parts = [
        f"Read: {', '.join(understood.files)}.",
        f"{len(system.area_ids)} area(s), {hours:,} hours ({period}), "
        f"peak {total_mw.max():,.1f} MW, energy {total_mw.sum():,.0f} MWh.",
        f"{len(units)} units, {system.installed_mw:,.1f} MW installed"
        f" ({100 * system.installed_mw / total_mw.max() - 100:+.1f} % of the peak);"
        f" {len(system.links)} link(s), {len(system.stores)} storage(s).",
    ]
    if system.certain_mw.any():
        parts.append(f"Certain generation up to {system.certain_mw.sum(axis=1).max():,.1f} MW.")
    parts += [f"Note: {note}." for note in understood.notes]
    for text in parts:
        console.print(text, markup=False, highlight=False, soft_wrap=True)
    console.print()


def _print_convergence(console: Console, study: Study) -> None:
    steps = [
        f"{each.years:,} years {each.lole_h:.4g} +- {each.half_width_h:.2g} h"
        for each in study.convergence
    ]
    console.print(f"LOLE after {'; '.join(steps)}.", style="dim", soft_wrap=True)
    last = study.convergence[-1] if study.convergence else None
    if last is not None and last.lole_h > 0.0 and last.half_width_h > 0.0:
        share = last.half_width_h / last.lole_h
        wanted = math.ceil(last.years * (share / 0.01) ** 2)
        console.print(
            f"The simulated LOLE is known to {100 * share:.1f} %; to 1 % it takes about "
            f"{wanted:,} years.",
            style="dim",
            soft_wrap=True,
        )
    elif last is not None:
        # Seeing none has a probability of 5 % at this rate (Poisson).
        most = math.log(20.0) / last.years
        console.print(
            f"No loss of load in any simulated year: fewer than about {most:.2g} events a year. "
            "More years may find some.",
            style="yellow",
            soft_wrap=True,
        )


def _cells(index: Index) -> list[str]:
    deviation = "" if math.isnan(index.deviation) else f"{index.deviation:+.2f}"
    return [
        _number(index.exact),
        _number(index.simulated),
        _number(index.half_width, digits=2),
        deviation,
    ]


def _number(value: float, digits: int = 7) -> str:
    if math.isnan(value):
        return ""
    if value == 0.0:
        return "0"
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    return f"{value:,.{decimals}f}" if decimals < SMALL else f"{value:.{digits - 1}e}"
