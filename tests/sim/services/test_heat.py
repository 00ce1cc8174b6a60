import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.services.heat import homes_in_weather, hours_below, merge_outages

START, LIMIT, MARGIN = 21.0, 15.0, 45.0


def homes(t_out, tau, margin=MARGIN):
    return homes_in_weather(
        np.atleast_2d(np.asarray(t_out, dtype=float)),
        np.atleast_2d(np.asarray(tau, dtype=float)),
        start_degc=START,
        limit_degc=LIMIT,
        heating_margin_degc=margin,
    )


def one(model, start_h, end_h):
    from_h, to_h = hours_below(model, np.array([0]), np.array([start_h]), np.array([end_h]))
    return from_h[0], to_h[0]


def test_constant_cold_follows_the_exponential():
    tau = 60.0
    fell = 2.5 + tau * np.log((START + 10.0) / (LIMIT + 10.0))
    indoor = -10.0 + 31.0 * np.exp(-50.0 / tau)
    warm = -10.0 + MARGIN
    back = 52.5 + tau * np.log((warm - indoor) / (warm - LIMIT))
    from_h, to_h = one(homes(np.full(168, -10.0), [tau]), 2.5, 52.5)
    assert from_h == pytest.approx([fell], rel=1e-12)
    assert to_h == pytest.approx([back], rel=1e-12)


def test_a_short_outage_leaves_homes_warm():
    from_h, to_h = one(homes(np.full(168, -10.0), [60.0]), 2.5, 8.0)
    assert np.isnan(from_h).all()
    assert np.isnan(to_h).all()


def test_no_home_falls_below_the_limit_in_mild_weather():
    from_h, _ = one(homes(np.full(168, 15.5), [5.0]), 0.0, 168.0)
    assert np.isnan(from_h).all()


def test_a_home_not_back_by_the_end_of_the_weather_is_cut_there():
    from_h, to_h = one(homes(np.full(48, -10.0), [20.0]), 0.0, 1000.0)
    assert np.isfinite(from_h).all()
    assert to_h == pytest.approx([48.0])


def test_heating_too_weak_for_the_cold_waits_for_milder_weather():
    weather = np.r_[np.full(60, -20.0), np.full(60, 5.0)]
    _, to_h = one(homes(weather, [30.0], margin=30.0), 0.0, 40.0)
    assert 60.0 < to_h[0] < 120.0


def test_a_warm_spell_during_the_outage_ends_the_cold():
    weather = np.r_[np.full(40, -10.0), np.full(80, 25.0)]
    from_h, to_h = one(homes(weather, [20.0]), 0.0, 120.0)
    at_40 = -10.0 + 31.0 * np.exp(-2.0)
    assert from_h == pytest.approx([20.0 * np.log(31.0 / 25.0)])
    assert to_h == pytest.approx([40.0 + 20.0 * np.log((25.0 - at_40) / 10.0)])


def test_lighter_homes_cool_first():
    from_h, _ = one(homes(np.full(168, -8.0), [30.0, 60.0, 90.0]), 0.0, 100.0)
    assert (np.diff(from_h) > 0.0).all()


def step_by_step(weather, tau, start_h, end_h, *, margin=MARGIN, dt=1 / 400):
    """Temperature marched in short exact steps, for comparison."""
    first = back = np.nan
    indoor = START
    for k in range(round(start_h / dt), round(len(weather) / dt)):
        t = k * dt
        outdoor = weather[int(t + 1e-9)]
        towards = outdoor if t < end_h - 1e-9 else outdoor + margin
        indoor = towards + (indoor - towards) * np.exp(-dt / tau)
        if t >= end_h - 1e-9:
            indoor = min(indoor, START)
        if np.isnan(first) and indoor < LIMIT:
            first = t + dt
        if not np.isnan(first) and indoor >= LIMIT and (np.isnan(back)) and t >= end_h - dt:
            back = t + dt
    return first, (len(weather) if np.isnan(back) and not np.isnan(first) else back)


def test_random_weather_agrees_with_marching_in_short_steps():
    rng = np.random.default_rng(11)
    hours = 96
    for _ in range(12):
        weather = rng.uniform(-18.0, 8.0, hours)
        tau = rng.uniform(8.0, 60.0)
        start_h, end_h = np.sort(rng.integers(0, hours * 4, 2)) / 4.0
        from_h, to_h = one(homes(weather, [tau]), start_h, end_h)
        first, back = step_by_step(weather, tau, start_h, end_h)
        assert from_h[0] == pytest.approx(first, abs=0.01, nan_ok=True)
        assert to_h[0] == pytest.approx(back, abs=0.01, nan_ok=True)


def test_many_outages_at_once_equal_each_alone():
    rng = np.random.default_rng(12)
    model = homes(rng.uniform(-15.0, 2.0, (4, 168)), rng.uniform(20.0, 90.0, (4, 3)))
    place = rng.integers(0, 4, 50)
    start_h = rng.uniform(0.0, 150.0, 50)
    end_h = start_h + rng.exponential(25.0, 50)
    together = hours_below(model, place, start_h, end_h)
    for k in range(50):
        alone = hours_below(model, place[[k]], start_h[[k]], end_h[[k]])
        assert alone[0][0] == pytest.approx(together[0][k], nan_ok=True, rel=1e-12)
        assert alone[1][0] == pytest.approx(together[1][k], nan_ok=True, rel=1e-12)


@settings(deadline=None)
@given(
    st.floats(0.0, 100.0),
    st.floats(0.0, 60.0),
    st.floats(0.0, 20.0),
    st.floats(2.0, 100.0),
    st.floats(-25.0, 14.0),
)
def test_a_longer_outage_is_never_cold_for_less_time(start_h, length_h, more_h, tau, outdoor):
    model = homes(np.full(168, outdoor), [tau])

    def cold_h(end_h):
        from_h, to_h = one(model, start_h, end_h)
        return 0.0 if np.isnan(from_h[0]) else to_h[0] - from_h[0]

    assert cold_h(start_h + length_h + more_h) >= cold_h(start_h + length_h) - 1e-9


def test_no_outage_at_all_gives_empty_arrays():
    none = np.array([])
    from_h, to_h = hours_below(homes(np.zeros(24), [30.0]), none.astype(int), none, none)
    assert from_h.shape == to_h.shape == (0, 1)


def test_outages_outside_time_are_refused():
    model = homes(np.zeros(24), [30.0])
    with pytest.raises(ValueError, match="outage"):
        one(model, -1.0, 2.0)
    with pytest.raises(ValueError, match="outage"):
        one(model, 3.0, 2.0)


def test_homes_without_meaning_are_refused():
    with pytest.raises(ValueError, match="positive"):
        homes(np.zeros(24), [0.0])
    with pytest.raises(ValueError, match="place"):
        homes(np.zeros((2, 24)), [[30.0]])
    with pytest.raises(ValueError, match="below"):
        homes_in_weather(
            np.zeros((1, 2)),
            np.ones((1, 1)),
            start_degc=15.0,
            limit_degc=15.0,
            heating_margin_degc=30.0,
        )


def test_outages_of_one_home_that_touch_are_joined():
    home, from_h, to_h = merge_outages(
        np.array([7, 2, 7, 7, 2]),
        np.array([5.0, 0.0, 1.0, 3.0, 9.0]),
        np.array([6.0, 4.0, 3.0, 4.0, 10.0]),
    )
    assert home.tolist() == [2, 2, 7, 7]
    assert from_h == pytest.approx([0.0, 9.0, 1.0, 5.0])
    assert to_h == pytest.approx([4.0, 10.0, 4.0, 6.0])


def test_a_gap_allowed_joins_more_and_an_outage_within_another_vanishes():
    home, from_h, to_h = merge_outages(
        np.array([1, 1, 1]), np.array([0.0, 2.0, 12.0]), np.array([10.0, 3.0, 13.0]), gap_h=2.0
    )
    assert (home.tolist(), from_h.tolist(), to_h.tolist()) == ([1], [0.0], [13.0])
