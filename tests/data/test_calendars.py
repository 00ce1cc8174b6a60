from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from data.calendars import (
    calendar_hours,
    easter_sunday,
    normal_day_temperature,
    normal_year_days,
    public_holidays,
)

OSLO = ZoneInfo("Europe/Oslo")


@pytest.mark.parametrize(
    "day",
    [date(2000, 4, 23), date(2008, 3, 23), date(2011, 4, 24), date(2024, 3, 31), date(2038, 4, 25)],
)
def test_easter_falls_on_its_known_sundays(day):
    assert easter_sunday(day.year) == day


def test_norway_has_twelve_holidays_in_2024():
    expected = "01-01 03-28 03-29 03-31 04-01 05-01 05-09 05-17 05-19 05-20 12-25 12-26"
    assert sorted(f"{day:%m-%d}" for day in public_holidays(2024)) == expected.split()


def test_holiday_counts_as_sunday_and_november_as_winter():
    calendar = calendar_hours(datetime(2024, 5, 1, tzinfo=OSLO), 48)
    assert calendar.weekday[0] == 7
    assert calendar.weekday[24] == 4
    assert calendar.day_type.tolist() == [1] * 24 + [0] * 24
    assert (calendar.season == 1).all()
    assert calendar_hours(datetime(2024, 11, 1, tzinfo=OSLO), 1).season[0] == 0


def test_hours_follow_oslo_clock_over_the_change_to_summer_time():
    calendar = calendar_hours(datetime(2024, 3, 31, tzinfo=OSLO), 24)
    assert calendar.hour.tolist() == [0, 1, *range(3, 24), 0]
    assert calendar.day.tolist() == [0] * 23 + [1]


def test_start_in_utc_is_read_on_the_oslo_clock():
    assert calendar_hours(datetime(2024, 1, 1, 23, tzinfo=UTC), 1).hour[0] == 0


def test_start_without_zone_or_no_hours_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        calendar_hours(datetime(2024, 1, 1), 1)  # noqa: DTZ001 -- what is tested
    with pytest.raises(ValueError, match="0 hours"):
        calendar_hours(datetime(2024, 1, 1, tzinfo=OSLO), 0)


def test_normal_temperature_is_the_month_value_at_mid_month_and_between_it_elsewhere():
    months = np.arange(12.0)
    days = (date(2023, 1, 15), date(2023, 2, 15), date(2023, 1, 1), date(2023, 12, 31))
    january, february, new_year, old_year = normal_day_temperature(months, days)
    assert (january, february) == (0.0, 1.0)
    assert new_year == pytest.approx(11 * 14 / 31)
    assert old_year == pytest.approx(11 * 15 / 31)


def test_normal_year_has_365_days():
    days = normal_year_days()
    assert (len(days), days[0], days[-1]) == (365, date(2023, 1, 1), date(2023, 12, 31))
