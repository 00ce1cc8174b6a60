"""What the command line prints of one course: its events, what stops when, and why."""

from collections.abc import Collection, Sequence

from rich.console import Console
from rich.table import Table

from data.problems import InputError, Problem, did_you_mean
from data.region import Region
from sim.event_log import ROOT, Event
from sim.state_log import STATE_KINDS
from sim.store import Run
from sim.timeline import Countdown, RecordedCourse, Stop, countdowns, stops, why
from ui.causes import BEFORE, said, through, why_said
from ui.naming import Names, read_names
from ui.texts import read_texts

FEW = 10
"""So many names are given as examples of what could be asked for."""


def recorded(
    run: Run, scenario: str | None, portfolio: str | None, replication: int
) -> RecordedCourse:
    """Read one course of a run.

    Raises
    ------
    InputError
        If the run has no such scenario or portfolio.
    """
    scenario = scenario or run.manifest.scenarios[0]
    portfolio = portfolio or run.manifest.portfolios[0]
    problems = [
        Problem(f"not_in_run_{kind}", f"--{kind}", name, " | ".join(known))
        for kind, name, known in (
            ("scenario", scenario, run.manifest.scenarios),
            ("portfolio", portfolio, run.manifest.portfolios),
        )
        if name not in known
    ]
    if problems:
        raise InputError(problems)
    return run.course(scenario, portfolio, replication)


def check_shown(kinds: Sequence[str], area: str | None, areas: Collection[str]) -> None:
    """Refuse kinds of state and an area there are not.

    Raises
    ------
    InputError
        With every problem found.
    """
    problems = [
        Problem("unknown_kind", "--kind", kind, " | ".join(STATE_KINDS))
        for kind in kinds
        if kind not in STATE_KINDS
    ]
    if area is not None and area not in areas:
        allowed = "an area_id of areas.csv"
        problems.append(Problem("unknown_area", "--area", area, allowed, did_you_mean(area, areas)))
    if problems:
        raise InputError(problems)


def english_names(region: Region) -> Names:
    """Names for the command line, which speaks English."""
    return read_names(region, read_texts("en"))


def print_events(console: Console, course: RecordedCourse) -> None:
    """Print the event log of one replication in order of time, each with its cause."""
    order = sorted(range(len(course.events)), key=lambda at: course.events[at].t_h)
    for at in order:
        event = course.events[at]
        console.print(
            f"{event.t_h:8.2f} h  {event.what:26} {event.asset_id:26} {event.area_id:7} "
            f"{_short_cause(course.events, event)}",
            highlight=False,
            markup=False,
            soft_wrap=True,
        )


def _short_cause(events: Sequence[Event], event: Event) -> str:
    """Say what struck, or the event before with its asset."""
    if event.because == ROOT:
        return event.cause
    before = events[event.because]
    link = f"{event.cause}{BEFORE}" if event.cause else ""
    return f"{link}{before.what} {before.asset_id}".strip()


def print_timeline(
    console: Console,
    course: RecordedCourse,
    names: Names,
    *,
    kinds: Sequence[str],
    area: str | None,
) -> None:
    """Print what stops when, why, and what ran down meanwhile."""
    shown = [stop for stop in stops(course, kinds) if area is None or stop.area_id in ("", area)]
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for heading in ("From h", "To h", "Lowest"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("What", overflow="fold")
    table.add_column("Why", overflow="fold")
    for stop in shown:
        table.add_row(
            f"{stop.from_h:.2f}",
            f"{stop.to_h:.2f}",
            f"{stop.lowest:.2f}",
            names(stop.asset_id),
            why_said(course.events, stop.lowest_event, names),
        )
    console.print("What stops when\n", highlight=False)
    console.print(table if shown else "Nothing fell below normal.", highlight=False)
    _print_countdowns(console, countdowns(course), names, area)


def _print_countdowns(
    console: Console, rows: Sequence[Countdown], names: Names, area: str | None
) -> None:
    rows = [row for row in rows if area is None or row.area_id in ("", area)]
    if not rows:
        return
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for heading in ("From h", "Lasts h", "Until h", "Left"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("Stock", overflow="fold")
    for row in rows:
        table.add_row(
            f"{row.from_h:.2f}",
            f"{row.promised_h:.1f}",
            f"{row.to_h:.2f}",
            "empty" if row.is_empty else f"{row.to_level:.0%}",
            f"{names.texts.known(f'stock.{row.kind}', row.kind)}: {names(row.stock_id)}",
        )
    console.print("\nBatteries, tanks and reservoirs that ran down\n", highlight=False)
    console.print(table, highlight=False)


def print_why(
    console: Console,
    course: RecordedCourse,
    names: Names,
    asset: str,
    t_h: float | None,
    *,
    known: Collection[str] = (),
) -> None:
    """Print the chain of causes of an asset's state, at a time or at its lowest.

    Parameters
    ----------
    known : collection of str
        Assets without a name that there are all the same: lines, sections.

    Raises
    ------
    InputError
        If there is no such asset.
    """
    states = stops(course)
    own = [stop for stop in states if stop.asset_id == asset]
    if not own:
        if names.knows(asset) or asset in known:
            console.print(f"No stop of {names(asset)} in this course.", highlight=False)
            return
        stopped = sorted({stop.asset_id for stop in states})
        among = f"Among those that stopped: {', '.join(stopped[:FEW])}." if stopped else ""
        near = did_you_mean(asset, {*stopped, *names.known, *known})
        remedy = " ".join(part for part in (near, among) if part)
        allowed = "a site, line, section, road or depot; function@area or service@area"
        raise InputError([Problem("unknown_asset", "--asset", asset, allowed, remedy)])
    links = _chain(course, own, asset, t_h)
    if not links:
        console.print(f"{names(asset)} is as it should be at {t_h:g} h.", highlight=False)
        return
    for depth, event in enumerate(links):
        link = through(event, names)
        line = f"{event.t_h:8.2f} h  {'  ' * depth}{said(event, names)}"
        console.print(
            f"{line}{BEFORE}{link}" if link else line,
            highlight=False,
            markup=False,
            soft_wrap=True,
        )


def _chain(
    course: RecordedCourse, own: Sequence[Stop], asset: str, t_h: float | None
) -> tuple[Event, ...]:
    if t_h is not None:
        return why(course, asset, t_h)
    lowest = min(own, key=lambda stop: (stop.lowest, stop.from_h))
    at = next(
        state.from_h
        for state in course.states
        if state.asset_id == asset and state.event == lowest.lowest_event
    )
    return why(course, asset, at)
