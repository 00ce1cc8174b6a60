"""Weather over time and place, by hand-computed values."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.region import Areas
from scenarios.hazard_kinds import WindStorm
from scenarios.hazards import arrival_h, gust_ms, start_of, temperature_degc
from scenarios.read import load_scenario
from scenarios.schema import TemperaturePoint


def areas_at(x_m, y_m, wind_factor=None) -> Areas:
    n = len(x_m)
    text = np.array(["x"] * n)
    whole = np.zeros(n, dtype=np.int64)
    zero = np.zeros(n)
    return Areas(
        area_id=np.array([f"a{k}" for k in range(n)]),
        name=text,
        kind=text,
        kommunenummer=text,
        population=whole,
        households=whole,
        customers=whole,
        land_area_km2=zero,
        settlement=text,
        x_m=np.asarray(x_m, dtype=float),
        y_m=np.asarray(y_m, dtype=float),
        temperature_offset_degc=zero,
        wind_factor=np.ones(n) if wind_factor is None else np.asarray(wind_factor),
        source=text,
        quality=text,
        origin=text,
    )


def storm(**changes) -> WindStorm:
    values = {
        "kind": "wind_storm",
        "start_h": 10.0,
        "duration_h": 21.0,
        "peak_gust_ms": 30.0,
        "background_gust_ms": 6.0,
        "from_degree": 270.0,
        "front_speed_ms": 10.0,
    }
    return WindStorm(**values | changes)


ONE = areas_at([0.0], [0.0])


def test_the_gust_peaks_in_the_middle_at_the_height_asked_for():
    gust = gust_ms(storm(), ONE, 48)[:, 0]
    # The middle of the storm, 10 + 21/2 h, is the middle of hour 20.
    assert gust.argmax() == 20
    assert gust[20] == pytest.approx(30.0)
    # A quarter into the storm the squared sine is one half.
    assert gust_ms(storm(start_h=0.0, duration_h=2.0), ONE, 2)[:, 0] == pytest.approx([18.0, 18.0])


def test_it_blows_the_background_before_and_after():
    gust = gust_ms(storm(), ONE, 48)[:, 0]
    assert (gust[:10] == 6.0).all()
    assert (gust[31:] == 6.0).all()
    assert (gust[11:30] > 6.0).all()


def test_the_wind_factor_of_an_area_scales_its_peak_but_not_the_background():
    sheltered = areas_at([0.0, 0.0], [0.0, 0.0], [1.0, 0.5])
    gust = gust_ms(storm(), sheltered, 48)
    assert gust.max(axis=0) == pytest.approx([30.0, 15.0])
    assert gust.min(axis=0) == pytest.approx([6.0, 6.0])


def test_an_area_sheltered_below_the_background_sees_its_own_peak_only():
    gust = gust_ms(storm(), areas_at([0.0], [0.0], [0.1]), 48)
    assert gust == pytest.approx(np.full((48, 1), 3.0))


def test_severity_scales_the_peak_and_shift_moves_it():
    gust = gust_ms(storm(), ONE, 48, severity=1.5, shift_h=4.0)[:, 0]
    assert gust.argmax() == 24
    assert gust.max() == pytest.approx(45.0)


@pytest.mark.parametrize(
    ("from_degree", "x_m", "y_m"),
    [(270.0, 36_000.0, 0.0), (90.0, -36_000.0, 0.0), (0.0, 0.0, -36_000.0), (180.0, 0.0, 36_000.0)],
)
def test_the_front_travels_away_from_where_it_comes_from(from_degree, x_m, y_m):
    # 36 km at 10 m/s is one hour.
    places = areas_at([0.0, x_m], [0.0, y_m])
    assert arrival_h(storm(from_degree=from_degree), places) == pytest.approx([0.0, 1.0])


def test_a_front_from_the_south_west_reaches_the_built_in_region_there_first(region):
    hours = arrival_h(storm(from_degree=225.0, front_speed_ms=15.0), region.areas)
    first, last = region.areas.name[hours.argmin()], region.areas.name[hours.argmax()]
    assert hours.min() == 0.0
    assert 0.5 < hours.max() < 4.0
    x, y = region.areas.x_m, region.areas.y_m
    assert x[hours.argmin()] + y[hours.argmin()] < x[hours.argmax()] + y[hours.argmax()]
    assert first != last


def test_the_whole_gust_field_of_a_later_area_is_the_first_ones_later():
    # Two hours of travel: 72 km at 10 m/s.
    gust = gust_ms(storm(), areas_at([0.0, 72_000.0], [0.0, 0.0]), 60)
    assert gust[2:, 1] == pytest.approx(gust[:-2, 0])


@given(
    st.floats(1.0, 100.0),
    st.floats(0.0, 70.0),
    st.floats(0.0, 359.9),
    st.floats(0.2, 3.0),
    st.floats(-60.0, 60.0),
)
def test_gusts_stay_between_background_and_peak(duration_h, peak, degree, severity, shift_h):
    places = areas_at([0.0, 40_000.0, -20_000.0], [0.0, 9_000.0, 70_000.0], [0.6, 1.0, 1.3])
    one = storm(duration_h=duration_h, peak_gust_ms=peak, from_degree=degree)
    gust = gust_ms(one, places, 72, severity=severity, shift_h=shift_h)
    top = peak * severity * places.wind_factor
    assert gust.shape == (72, 3)
    assert (gust <= np.maximum(top, 0.0) + 1e-9).all()
    assert (gust >= np.minimum(6.0, top) - 1e-9).all()


def test_a_stronger_storm_blows_no_less_anywhere_at_any_time(region):
    weak = gust_ms(storm(), region.areas, 48, severity=0.9)
    strong = gust_ms(storm(), region.areas, 48, severity=1.1)
    assert (strong >= weak).all()


def with_temperature(*points, hours=10):
    scenario = load_scenario("ekstremvaer-kulde")
    course = tuple(TemperaturePoint(t_h=t, degc=degc) for t, degc in points)
    return scenario.model_copy(update={"temperature": course, "duration_h": hours})


def test_temperature_is_linear_between_points_and_taken_in_the_middle_of_the_hour(region):
    here = replace(region, areas=replace(ONE, temperature_offset_degc=np.array([-2.0])))
    degc = temperature_degc(with_temperature((0.0, 0.0), (10.0, -10.0)), here)[:, 0]
    assert degc == pytest.approx(-2.5 - np.arange(10))


def test_temperature_keeps_its_first_and_last_value_outside_the_points(region):
    here = replace(region, areas=ONE)
    degc = temperature_degc(with_temperature((4.0, -4.0), (6.0, -8.0)), here)[:, 0]
    assert degc[:4] == pytest.approx([-4.0] * 4)
    assert degc[4:6] == pytest.approx([-5.0, -7.0])
    assert degc[6:] == pytest.approx([-8.0] * 4)


def test_each_area_adds_its_own_offset(region):
    degc = temperature_degc(with_temperature((0.0, -5.0)), region)
    assert degc.shape == (10, len(region.areas))
    assert degc[3] == pytest.approx(-5.0 + region.areas.temperature_offset_degc)


def test_a_start_is_oslo_time_in_winter_and_in_summer():
    scenario = load_scenario("ekstremvaer-kulde")
    assert start_of(scenario).isoformat() == "2026-01-12T00:00:00+01:00"
    july = scenario.model_copy(update={"start": scenario.start.replace(month=7)})
    assert start_of(july).utcoffset().total_seconds() == 7200.0
