import time
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from data.demand import demand_mw, mean_mw, normal_temperature, substation_shares
from data.region import SECTORS

OSLO = ZoneInfo("Europe/Oslo")
MONDAY = datetime(2023, 1, 16, tzinfo=OSLO)


def at(region, degc, hours=24):
    return np.full((hours, len(region.areas)), degc) + region.areas.temperature_offset_degc


def test_normal_year_gives_every_area_and_sector_its_annual_energy(region):
    start = datetime(2023, 1, 1, tzinfo=OSLO)
    power = demand_mw(region, start, 8760, normal_temperature(region, start, 8760))
    got = power.sum(axis=0) / 8760
    np.testing.assert_allclose(got, mean_mw(region), rtol=2e-4, atol=1e-9)
    assert mean_mw(region).sum() * 8.76 == pytest.approx(region.demand.annual_gwh.sum())


def test_household_is_its_line_times_its_mean(region):
    power = demand_mw(region, MONDAY, 24, at(region, -10.0))
    p = region.profiles
    rows = (p.profile_class == "household") & (p.season == "winter") & (p.day_type == "weekday")
    line = (p.a_per_degc * -10.0 + p.b)[rows][np.argsort(p.hour[rows])]
    sector = SECTORS.index("household")
    expected = line[:, None] * mean_mw(region)[None, :, sector]
    np.testing.assert_allclose(power[:, :, sector], expected)


def test_temperature_of_the_calendar_day_counts_not_of_the_hour(region):
    swing = at(region, -10.0) + np.where(np.arange(24) < 12, 5.0, -5.0)[:, None]
    steady = demand_mw(region, MONDAY, 24, at(region, -10.0))
    np.testing.assert_allclose(demand_mw(region, MONDAY, 24, swing), steady)


def test_each_day_has_its_own_temperature(region):
    two_days = np.concatenate([at(region, 0.0), at(region, -20.0)])
    power = demand_mw(region, MONDAY, 48, two_days).sum(axis=(1, 2))
    assert (power[24:] > power[:24] * 1.1).all()
    alone = demand_mw(region, datetime(2023, 1, 17, tzinfo=OSLO), 24, at(region, -20.0))
    np.testing.assert_allclose(power[24:], alone.sum(axis=(1, 2)))


def test_uncontrolled_charging_is_0_8_kw_a_car_on_winter_evenings(region):
    plain = replace(
        region, ev_charging=replace(region.ev_charging, smart_share=np.zeros(len(region.areas)))
    )
    power = demand_mw(plain, MONDAY, 24, at(region, -5.0))[:, :, SECTORS.index("ev_charging")]
    per_car_kw = power.sum(axis=1) * 1000 / region.ev_charging.electric_cars.sum()
    np.testing.assert_allclose(per_car_kw[17:22], 0.8, rtol=0.08)


def test_controlled_charging_moves_evening_load_to_the_night(region):
    sector = SECTORS.index("ev_charging")
    whole = np.ones(len(region.areas))
    smart = replace(region, ev_charging=replace(region.ev_charging, smart_share=whole))
    now = demand_mw(region, MONDAY, 24, at(region, 0.0))[:, :, sector].sum(axis=1)
    then = demand_mw(smart, MONDAY, 24, at(region, 0.0))[:, :, sector].sum(axis=1)
    assert then[18] < 0.3 * now[18]
    assert then[2] > 1.5 * now[2]


def test_demand_is_never_negative_between_minus_30_and_30_degrees(region):
    for start in (MONDAY, datetime(2023, 7, 3, tzinfo=OSLO)):
        for degc in (-30.0, 15.0, 25.0, 30.0):
            assert demand_mw(region, start, 168, at(region, degc, 168)).min() >= 0


def test_wrong_shape_of_temperature_is_refused(region):
    with pytest.raises(ValueError, match="shape"):
        demand_mw(region, MONDAY, 24, np.zeros((23, len(region.areas))))


def test_a_week_of_demand_takes_few_milliseconds(region):
    cold = at(region, -10.0, 168)
    spent = []
    for _ in range(9):
        begin = time.perf_counter()
        demand_mw(region, MONDAY, 168, cold)
        spent.append(time.perf_counter() - begin)
    assert min(spent) < 0.005


def test_substations_share_all_of_each_area(region):
    share = substation_shares(region)
    assert share.shape == (37, 120)
    np.testing.assert_allclose(share.sum(axis=1), 1.0, atol=1e-5)
    assert (share.sum(axis=0) > 0).all()
