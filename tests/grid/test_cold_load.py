import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.read import load_region
from grid.cold_load import (
    HeatedPlaces,
    bus_pickup_mw,
    demand_factor,
    heating_mw_per_degc,
    pickup,
    region_heating,
)
from grid.net import SHED_CLASSES, winter_peak_mw

HOMES = HeatedPlaces(
    balance_degc=15.0,
    installed_degc=40.0,
    diversity_loss_h=0.5,
    delay_share=0.5,
    tau_h=np.array([[45.0, 90.0, 110.0]]),
    share=np.array([[0.5, 0.2, 0.3]]),
)
ONE_CLASS = HeatedPlaces(
    balance_degc=15.0,
    installed_degc=40.0,
    diversity_loss_h=0.5,
    delay_share=0.5,
    tau_h=np.array([[60.0]]),
    share=np.array([[1.0]]),
)
HOURS = np.linspace(0.0, 60.0, 121)

outages = st.floats(0.0, 200.0)
cold = st.floats(-35.0, 14.9)


def factor(outage_h, outdoor_degc, t_h=HOURS, share=0.6):
    return demand_factor(
        HOMES, 0, outage_h=outage_h, outdoor_degc=outdoor_degc, heating_share=share, t_h=t_h
    )


def test_a_long_outage_at_minus_5_doubles_the_heating():
    """20 degC of the 40 installed are used at -5: all heaters together draw twice that."""
    assert factor(48.0, -5.0, np.zeros(1), share=1.0) == pytest.approx([2.0], rel=1e-6)
    assert factor(48.0, -5.0, np.zeros(1), share=0.5) == pytest.approx([1.5], rel=1e-6)


def test_the_energy_is_what_full_heating_needs_to_warm_the_home_again():
    """The same home stepped through its outage and its return by the second."""
    rise, tau_h, outage_h, step_h = 25.0, 60.0, 8.0, 1.0 / 3600.0
    below = 0.0
    for _ in range(round(outage_h / step_h)):
        below += (rise - below) / tau_h * step_h
    drawn = 0.0
    while below > 0.0:
        below -= (40.0 - rise + below) / tau_h * step_h
        drawn += (40.0 - rise) * step_h
    energy = pickup(ONE_CLASS, 0, outage_h, rise).energy_degc_h
    assert energy == pytest.approx(drawn, rel=1e-3)


@pytest.mark.parametrize("outdoor_degc", [15.0, 20.0, 30.0])
def test_nothing_is_picked_up_in_summer(outdoor_degc):
    assert (factor(12.0, outdoor_degc) == 1.0).all()


@given(cold)
def test_nothing_is_picked_up_after_no_outage(outdoor_degc):
    assert (factor(0.0, outdoor_degc) == 1.0).all()


@given(outages, outages, cold)
def test_a_longer_outage_never_returns_lower(one, other, outdoor_degc):
    longer, shorter = max(one, other), min(one, other)
    assert (factor(longer, outdoor_degc) >= factor(shorter, outdoor_degc) - 1e-9).all()


@given(outages, cold, cold)
def test_colder_weather_never_returns_less_heating(outage_h, one, other):
    def heating(outdoor_degc):
        rise = float(HOMES.rise_degc(np.array(outdoor_degc)))
        return rise + pickup(HOMES, 0, outage_h, rise).extra_degc(HOURS)

    assert (heating(min(one, other)) >= heating(max(one, other)) - 1e-9).all()


@given(outages, cold)
def test_never_more_comes_back_than_was_not_delivered(outage_h, outdoor_degc):
    rise = float(HOMES.rise_degc(np.array(outdoor_degc)))
    back = pickup(HOMES, 0, outage_h, rise)
    assert 0.0 <= back.energy_degc_h <= rise * outage_h * (1 + 1e-9)
    assert rise + back.peak_degc <= HOMES.installed_degc + 1e-9


@given(st.floats(0.05, 50.0), cold)
def test_hourly_means_hold_the_same_energy_as_the_curve(outage_h, outdoor_degc):
    rise = float(HOMES.rise_degc(np.array(outdoor_degc)))
    back = pickup(HOMES, 0, outage_h, rise)
    edges_h = np.concatenate([[0.0, 0.3], np.arange(1.0, 4000.0)])
    means = back.hourly_degc(edges_h)
    assert means @ np.diff(edges_h) == pytest.approx(back.energy_degc_h, rel=1e-3, abs=1e-9)
    assert (means <= back.peak_degc * (1 + 1e-9)).all()
    assert (np.diff(means) <= 1e-9 * (1 + back.peak_degc)).all()


def test_nothing_more_comes_when_all_heating_runs_already():
    assert (factor(24.0, -25.0) == 1.0).all()
    assert (factor(24.0, -40.0) == 1.0).all()


def test_places_with_no_meaning_are_refused():
    with pytest.raises(ValueError, match="sum to 1"):
        HeatedPlaces(
            balance_degc=15.0,
            installed_degc=40.0,
            diversity_loss_h=0.5,
            delay_share=0.5,
            tau_h=np.array([[45.0]]),
            share=np.array([[0.5]]),
        )


def test_the_region_heats_at_its_dimensioning_temperature_with_a_reserve():
    region = load_region()
    homes = region_heating(region)
    need = homes.balance_degc - region.constants["dimensioning_temperature_degc"]
    assert 1.05 * need < homes.installed_degc < 1.3 * need
    peak = winter_peak_mw(region).sum()
    heating = float(heating_mw_per_degc(region).sum()) * need
    # A fifth to a half of a Norwegian winter peak is space heating by electricity.
    assert 0.2 * peak < heating < 0.5 * peak
    mild, cold_day = (bus_pickup_mw(region, SHED_CLASSES, 6.0, degc) for degc in (0.0, -20.0))
    assert 0.0 < cold_day.sum() < mild.sum() < heating
    assert not bus_pickup_mw(region, SHED_CLASSES, 6.0, 20.0).any()
