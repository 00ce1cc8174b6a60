"""The load of an adequacy folder: hour by hour, or peaks and percentages in the RTS form."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from data.problems import Problem
from data.tables import FloatArray
from grid.adequacy.table import CsvTable, Limits, read_table

LOAD = "load.csv"
PERCENT_TABLES = ("weekly_peak_percent.csv", "daily_peak_percent.csv", "hourly_peak_percent.csv")
ANNUAL_PEAK = "annual_peak_mw"
ONE_AREA = "system"
"""Name of the only area where the load has the column load_mw."""

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
WEEKEND = DAYS[5:]
HOURS_PER_DAY = 24

LOAD_MW = Limits(unit="MW", remedy="Load is positive, in MW.")
PERCENT = Limits(unit="%", high=100.0, remedy="Percent of the peak, between 0 and 100.")
PERCENT_OR_SHARE = 1.5
"""A table of percentages whose largest is below this holds shares."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Load by hour, and what was understood about it.

    Attributes
    ----------
    area_ids : tuple of str
        Its columns.
    load_mw : ndarray, shape (hour, area)
        [MW]
    notes : tuple of str
        Defaults that were used.
    """

    area_ids: tuple[str, ...]
    load_mw: FloatArray
    notes: tuple[str, ...] = ()


def rts_season(week: int) -> str:
    """Season of a week where the table names none.

    References
    ----------
    .. [1] IEEE Committee Report, IEEE Reliability Test System, IEEE Trans. PAS-98 (1979)
       2047-2054, table 3: winter weeks 1-8 and 44-52, summer weeks 18-30.
    """
    if week <= 8 or week >= 44:  # noqa: PLR2004 -- weeks of the source
        return "winter"
    return "summer" if 18 <= week <= 30 else "spring_autumn"  # noqa: PLR2004 -- the same


def read_load(
    folder: Path,
    areas: CsvTable | None,
    area_ids: tuple[str, ...] | None,
    problems: list[Problem],
) -> Load | None:
    """Read the load in whichever form the folder has it.

    Parameters
    ----------
    folder : Path
        With ``load.csv``, or the three tables of percentages and peaks in ``areas.csv``.
    areas : CsvTable or None
        ``areas.csv`` if there is one.
    area_ids : tuple of str or None
        Its areas.
    problems : list of Problem
        Grows by what is wrong.

    Returns
    -------
    Load or None
        None if it cannot be used.
    """
    percents = [name for name in PERCENT_TABLES if (folder / name).is_file()]
    has_load = (folder / LOAD).is_file()
    if has_load and percents:
        problems.append(
            Problem(
                "two_loads",
                folder.name,
                f"{LOAD} and {', '.join(percents)}",
                f"either {LOAD} or the tables of percentages",
                "Remove one of them.",
            )
        )
        return None
    if has_load:
        return _hourly(folder / LOAD, areas, area_ids, problems)
    if percents:
        return _from_percentages(folder, areas, area_ids, problems)
    problems.append(
        Problem(
            "missing_load",
            folder.name,
            "neither",
            f"{LOAD}, or {', '.join(PERCENT_TABLES)} with {ANNUAL_PEAK} in areas.csv",
            "`run.py grid adequacy new FOLDER` writes an example.",
        )
    )
    return None


def check_hours(table: CsvTable) -> None:
    """Blame hours that are missing, out of order or there twice; they start at 0 or 1."""
    limits = Limits(whole=True, unit="h")
    hours = table.numbers("hour", limits)
    if len(hours) == 0:
        table.problems.append(Problem("empty_table", table.file, "no rows", "one row per hour"))
        return
    if np.isnan(hours).any():
        return
    first = int(hours[0])
    if first not in (0, 1):
        table.blame(0, "hour", "hours_start", first, "0 or 1", "Count the hours of the period.")
        return
    expected = first
    seen: set[int] = set()
    for row, hour in enumerate(hours.astype(int).tolist()):
        if hour in seen:
            table.blame(row, "hour", "duplicate_hour", hour, f"{expected}: each hour once")
        elif hour != expected:
            missing = f"{expected} to {hour - 1}" if hour > expected else "hours in order"
            table.blame(row, "hour", "hours_missing", hour, f"{expected}", f"Missing: {missing}.")
        seen.add(hour)
        expected = hour + 1


def read_hourly(
    path: Path, columns: Sequence[str] | None, problems: list[Problem], limits: Limits
) -> tuple[tuple[str, ...], FloatArray] | None:
    """Read a table with one row per hour and one column per thing.

    Parameters
    ----------
    path : Path
        The file.
    columns : sequence of str or None
        Things that may have a column; None for any.
    problems : list of Problem
        Grows by what is wrong.
    limits : Limits
        Of the numbers.

    Returns
    -------
    tuple of str, ndarray of shape (hour, column)
        Or None if the file cannot be used.
    """
    table = read_table(
        path, problems, required=("hour",), optional=columns or (), others=columns is None
    )
    if table is None:
        return None
    check_hours(table)
    names = tuple(name for name in table.cells if name != "hour")
    if not names:
        problems.append(Problem("missing_column", f"{path.name} row 1", "hour", "hour and others"))
        return None
    return names, table.matrix(names, limits)


def _hourly(
    path: Path,
    areas: CsvTable | None,
    wanted: tuple[str, ...] | None,
    problems: list[Problem],
) -> Load | None:
    found = read_hourly(path, wanted, problems, LOAD_MW)
    if found is None:
        return None
    names, load_mw = found
    if areas is not None and areas.has(ANNUAL_PEAK):
        problems.append(
            Problem(
                "two_loads",
                f"{areas.file} column {ANNUAL_PEAK}",
                f"a peak, and {LOAD}",
                f"no peak beside {LOAD}",
                "The peak is that of the hours; empty the column.",
            )
        )
    if wanted is None:
        return Load(area_ids=(ONE_AREA,) if names == ("load_mw",) else names, load_mw=load_mw)
    whole = np.zeros((len(load_mw), len(wanted)))
    notes = []
    for column, name in enumerate(wanted):
        if name in names:
            whole[:, column] = load_mw[:, names.index(name)]
        else:
            notes.append(f"area {name} has no column in {LOAD}: no load")
    return Load(area_ids=wanted, load_mw=whole, notes=tuple(notes))


def _from_percentages(
    folder: Path,
    areas: CsvTable | None,
    area_ids: tuple[str, ...] | None,
    problems: list[Problem],
) -> Load | None:
    """Hourly load = annual peak x week % x day % x hour %."""
    before = len(problems)
    if areas is None or area_ids is None:
        problems.append(
            Problem(
                "missing_file",
                "areas.csv",
                "nothing",
                f"area_id and {ANNUAL_PEAK}",
                "The percentages need the annual peak of each area.",
            )
        )
    week_file, day_file, hour_file = (folder / name for name in PERCENT_TABLES)
    problems.extend(
        Problem("missing_file", path.name, "nothing", "this table")
        for path in (week_file, day_file, hour_file)
        if not path.is_file()
    )
    if len(problems) > before or areas is None or area_ids is None:
        return None
    weeks = read_table(
        week_file, problems, required=("week", "percent_of_annual_peak"), optional=("season",)
    )
    days = read_table(day_file, problems, required=("day", "percent_of_weekly_peak"))
    hours = read_table(hour_file, problems, required=("hour",), others=True)
    if weeks is None or days is None or hours is None:
        return None
    peaks_mw = areas.numbers(ANNUAL_PEAK, LOAD_MW)
    week_percent = _percent(weeks, "percent_of_annual_peak")
    day_percent = _percent(days, "percent_of_weekly_peak")
    _check_weeks_and_days(weeks, days)
    check_hours(hours)
    if len(hours) != HOURS_PER_DAY:
        problems.append(Problem("hours_missing", hours.file, f"{len(hours)} rows", "24 hours"))
    seasons = weeks.words("season")
    named = any(seasons)
    numbered = range(1, len(weeks) + 1)
    shape: dict[str, FloatArray] = {}
    for row, week in enumerate(numbered):
        season = seasons[row] or rts_season(week)
        for kind in ("weekday", "weekend"):
            column = f"{season}_{kind}"
            if column not in hours.cells:
                weeks.blame(
                    row, "season", "unknown_season", season, f"a column {column} in {hours.file}"
                )
            elif column not in shape:
                shape[column] = _percent(hours, column)
    if len(problems) > before:
        return None
    share = [
        week_percent[row] * day_percent[at] * shape[f"{seasons[row] or rts_season(week)}_{kind}"]
        for row, week in enumerate(numbered)
        for at, kind in enumerate("weekend" if day in WEEKEND else "weekday" for day in DAYS)
    ]
    load_mw = np.concatenate(share)[:, None] * peaks_mw / PERCENT.high**3
    notes = [] if named else ["seasons: those of the IEEE RTS-79 by number of week"]
    if max(week_percent) < PERCENT.high or max(day_percent) < PERCENT.high:
        notes.append("no week or day reaches 100 %: the annual peak is never reached")
    return Load(area_ids=area_ids, load_mw=load_mw, notes=tuple(notes))


def _percent(table: CsvTable, column: str) -> FloatArray:
    """Read a column of percentages, and say so if they look like shares."""
    values = table.numbers(column, PERCENT)
    if len(values) and 0.0 < np.nanmax(values, initial=0.0) < PERCENT_OR_SHARE:
        table.problems.append(
            Problem(
                "share_not_percent",
                f"{table.file} column {column}",
                f"at most {np.nanmax(values):g}",
                "percent, the largest normally 100",
                "Multiply by 100.",
            )
        )
    return values


def _check_weeks_and_days(weeks: CsvTable, days: CsvTable) -> None:
    numbers = weeks.words("week")
    for row, word in enumerate(numbers):
        if word != str(row + 1):
            weeks.blame(
                row, "week", "weeks_missing", word, f"{row + 1}", "Weeks 1, 2, ... in order."
            )
    if not numbers:
        weeks.problems.append(Problem("empty_table", weeks.file, "no rows", "one row per week"))
    if tuple(days.words("day")) != DAYS:
        days.problems.append(
            Problem(
                "days_missing",
                f"{days.file} column day",
                ", ".join(days.words("day")),
                ", ".join(DAYS),
                "One row a day, Monday first.",
            )
        )
