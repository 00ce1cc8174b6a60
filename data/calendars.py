"""Hours in Oslo: season, type of day, public holidays and the normal year's temperature."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from data.tables import FloatArray, IntArray

TIME_ZONE = "Europe/Oslo"

SEASONS = ("winter", "summer")
DAY_TYPES = ("weekday", "weekend")

# The published profiles know two seasons; the months are an estimate (heating season).
WINTER_MONTHS = (11, 12, 1, 2, 3)

# The calendar on which profiles have mean 1: not a leap year.
NORMAL_YEAR = 2023

# The normal temperature of a month is reached in its middle.
MID_MONTH_DAY = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class HourCalendar:
    """Calendar of consecutive hours in Oslo time, each array of shape (time,).

    Attributes
    ----------
    day : ndarray of int
        0 for the first calendar day touched, 1 for the next, ...
    season, day_type : ndarray of int
        Positions in ``SEASONS`` and ``DAY_TYPES``; public holidays are weekend.
    hour, month : ndarray of int
        Hour 0-23 and month 1-12.
    weekday : ndarray of int
        1 Monday to 7 Sunday; public holidays are 7.
    dates : tuple of date
        The calendar days, shape (day,).
    """

    day: IntArray
    season: IntArray
    day_type: IntArray
    hour: IntArray
    month: IntArray
    weekday: IntArray
    dates: tuple[date, ...]


def easter_sunday(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (Meeus, Jones and Butcher's algorithm).

    References
    ----------
    .. [1] J. Meeus, Astronomical Algorithms, 1991, ch. 8.
    """
    a, b, c = year % 19, year // 100, year % 100
    d, e = b // 4, b % 4
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = c // 4, c % 4
    x = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 22 * x) // 451
    month, day = divmod(h + x - 7 * m + 114, 31)
    return date(year, month, day + 1)


def public_holidays(year: int) -> frozenset[date]:
    """Public holidays of Norway (Act of 24 February 1995 no. 12; 1 and 17 May Act of 1947)."""
    easter = easter_sunday(year)
    movable = (-3, -2, 0, 1, 39, 49, 50)
    fixed = ((1, 1), (5, 1), (5, 17), (12, 25), (12, 26))
    return frozenset(
        {easter + timedelta(days=days) for days in movable}
        | {date(year, month, day) for month, day in fixed}
    )


def day_kinds(dates: tuple[date, ...]) -> tuple[IntArray, IntArray, IntArray]:
    """Season, day type and weekday of calendar days, as in ``HourCalendar``, shape (day,)."""
    holidays = {year: public_holidays(year) for year in sorted({day.year for day in dates})}
    weekday = np.array(
        [7 if day in holidays[day.year] else day.isoweekday() for day in dates], dtype=np.int64
    )
    season = np.array([day.month not in WINTER_MONTHS for day in dates], dtype=np.int64)
    return season, (weekday > 5).astype(np.int64), weekday  # noqa: PLR2004 -- Friday


def calendar_hours(start: datetime, hours: int) -> HourCalendar:
    """Calendar of ``hours`` consecutive hours from ``start``.

    Parameters
    ----------
    start : datetime
        With time zone; converted to Oslo time.
    hours : int
        At least 1. [h]

    Returns
    -------
    HourCalendar

    Raises
    ------
    ValueError
        If ``start`` has no time zone or there are no hours.
    """
    if start.tzinfo is None:
        raise ValueError("start has no time zone")
    if hours < 1:
        raise ValueError(f"{hours} hours")
    zone = ZoneInfo(TIME_ZONE)
    begin = start.astimezone(UTC)
    times = [(begin + timedelta(hours=hour)).astimezone(zone) for hour in range(hours)]
    all_dates = [time.date() for time in times]
    first = all_dates[0]
    dates = tuple(first + timedelta(days=days) for days in range((all_dates[-1] - first).days + 1))
    day = np.array([(each - first).days for each in all_dates], dtype=np.int64)
    season, day_type, weekday = day_kinds(dates)
    return HourCalendar(
        day=day,
        season=season[day],
        day_type=day_type[day],
        hour=np.array([time.hour for time in times], dtype=np.int64),
        month=np.array([each.month for each in dates], dtype=np.int64)[day],
        weekday=weekday[day],
        dates=dates,
    )


def normal_day_temperature(month_mean_degc: FloatArray, dates: tuple[date, ...]) -> FloatArray:
    """Give the normal mean temperature of days: straight lines between mid-months.

    Parameters
    ----------
    month_mean_degc : ndarray, shape (12,)
        January to December. [degC]
    dates : tuple of date
        Calendar days, shape (day,).

    Returns
    -------
    ndarray, shape (day,)
        [degC]
    """
    values = np.empty(len(dates))
    for at, day in enumerate(dates):
        before = day.replace(day=MID_MONTH_DAY)
        if day.day < MID_MONTH_DAY:
            before = (before.replace(day=1) - timedelta(days=1)).replace(day=MID_MONTH_DAY)
        after = (before + timedelta(days=31)).replace(day=MID_MONTH_DAY)
        part = (day - before).days / (after - before).days
        low, high = month_mean_degc[before.month - 1], month_mean_degc[after.month - 1]
        values[at] = low + part * (high - low)
    return values


def normal_year_days() -> tuple[date, ...]:
    """List the 365 days of the normal year."""
    first = date(NORMAL_YEAR, 1, 1)
    return tuple(first + timedelta(days=day) for day in range(365))
